"""The table of order: small programs, what each prints under Node 24, and its exit code.

A group is a file of programs and, beside it, a file of what they print. In `timers.js`, a line `//// name` begins a
program, a line `//// + path` another file of the same program, and what stands before the first name opens every
program. In `timers.out`, the same lines stand above what was printed, and `//// exit code 7` below it, if it was not 0.
`record.py` writes the `.out` files.

Every program is a process of its own, in a folder of its own. The thread pool has one thread, so that jobs end in the
order in which they were given. Standard error does not count.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent

_MARK = "//// "
_FILE_MARK = "//// + "
_EXIT_MARK = "//// exit code "


@dataclass(frozen=True)
class Outcome:
    """What a program printed, and its exit code. What it printed as errors is kept, but does not count."""

    output: str
    code: int
    errors: str = field(default="", compare=False)

    def lines(self) -> list[str]:
        return [*self.output.splitlines(), f"exit code {self.code}"]


@dataclass(frozen=True)
class Program:
    """A program and its files; the first, `main.js` or `main.mjs`, is the one that is started."""

    group: str
    name: str
    files: dict[str, str] = field(hash=False)

    @property
    def main(self) -> str:
        return next(iter(self.files))


def groups() -> list[Path]:
    """The files of programs."""
    return sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.mjs")])


def programs(group: Path) -> list[Program]:
    """The programs of a group. Raises `ValueError` if two have one name."""
    opening, *parts = _split(group.read_text(encoding="utf8"))
    found = []
    for name, source in parts:
        (_, text), *others = _split(source, _FILE_MARK)
        files = {f"main{group.suffix}": opening[1] + text} | dict(others)
        found.append(Program(group.stem, name, files))
    if len({program.name for program in found}) < len(found):
        raise ValueError(f"{group}: two programs have the same name")
    return found


def _split(text: str, mark: str = _MARK) -> list[tuple[str, str]]:
    """What stands before the first mark, then each mark's name with what follows it."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines(keepends=True):
        if line.startswith(mark) and not (mark == _MARK and line.startswith((_FILE_MARK, _EXIT_MARK))):
            found.append((line[len(mark) :].strip(), []))
        else:
            found[-1][1].append(line)
    return [(name, "".join(lines)) for name, lines in found]


def record(group: Path) -> dict[str, Outcome]:
    """What was recorded of a group, by the programs' names."""
    return read_outcomes(group.with_suffix(".out"))


def read_outcomes(path: Path) -> dict[str, Outcome]:
    """What is in a `.out` file; nothing, if there is none."""
    return {name: _outcome(text) for name, text in _split(path.read_text(encoding="utf8"))[1:]} if path.exists() else {}


def _outcome(text: str) -> Outcome:
    output, _, code = text.partition(_EXIT_MARK)
    return Outcome(output.removesuffix("\n"), int(code or 0))


def write_outcomes(path: Path, outcomes: dict[str, Outcome]) -> None:
    """Write a `.out` file."""
    parts = [
        f"{_MARK}{name}\n{found.output}\n" + (f"{_EXIT_MARK}{found.code}\n" if found.code else "")
        for name, found in outcomes.items()
    ]
    path.write_text("".join(parts), encoding="utf8")


def run(program: Program, command: list[str], folder: Path, timeout: float = 30) -> Outcome:
    """Run a program in `folder`, which is made for it. Raises `subprocess.TimeoutExpired`."""
    for name, text in program.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NODE_", "FORCE_COLOR"))}
    with started([*command, program.main], folder, inherited | {"UV_THREADPOOL_SIZE": "1"}) as process:
        output, errors = (data.decode("utf8", "replace") for data in process.communicate(timeout=timeout))
    return Outcome(output.removesuffix("\n"), process.returncode, errors)


@contextlib.contextmanager
def started(command: list[str], folder: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process, which is killed if it is still there at the end, with what it has started."""
    process = subprocess.Popen(
        command, cwd=folder, env=env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
