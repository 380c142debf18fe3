"""Programs that use npm packages, and how to run them.

Each program is a file here, named after its package, that checks what matters with `assert`; what it prints under Node
24 is recorded in `packages.out`. The packages, in the versions of `package.json`, are installed once, without their
scripts, into a folder of the system's temporary folder that is named after what `package.json` holds. A program runs in
a folder of its own inside that one, where `require` and `import` find the packages.

    python -m tests.js.packages.programs --node PATH [NAME ...]      record again
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..commands import NODE
from ..order.table import Outcome, Program, read_outcomes, run, write_outcomes

FOLDER = Path(__file__).parent
RECORD = FOLDER / "packages.out"
NAMES = sorted(path.name for path in [*FOLDER.glob("*.cjs"), *FOLDER.glob("*.mjs")])

_UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "ECONNRESET", "network")


class Unavailable(Exception):
    """The packages cannot be had here; the text says why."""


def installed() -> Path:
    """The folder with the packages in it. Raises `Unavailable`, or `RuntimeError` if npm fails."""
    contents = (FOLDER / "package.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"ouroloop-packages-{hashlib.sha256(contents).hexdigest()[:12]}"
    if (folder / "complete").exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_bytes(contents)
    done = subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True,
        timeout=900, check=False,
    )
    if done.returncode:
        if any(word in done.stderr for word in _UNREACHABLE):
            raise Unavailable("npm cannot reach its registry")
        raise RuntimeError(done.stderr)
    (folder / "complete").touch()
    return folder


def run_program(name: str, command: list[str], packages: Path, timeout: float = 120) -> Outcome:
    """What a program does. Raises `subprocess.TimeoutExpired`."""
    source = (FOLDER / name).read_text(encoding="utf8")
    with tempfile.TemporaryDirectory(dir=packages, ignore_cleanup_errors=True) as folder:
        return run(Program("packages", name, {name: source}), command, Path(folder), timeout)


def main(arguments: list[str] | None = None) -> int:
    """Record; 1 if a program fails or does not print the same twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.js.packages.programs", description="Record what they print.")
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--node", default=NODE, required=NODE is None, metavar="PATH")
    options = parser.parse_args(arguments)
    packages = installed()
    outcomes = read_outcomes(RECORD)
    wrong = 0
    for name in options.names:
        found = [run_program(name, [os.path.abspath(options.node)], packages) for _ in range(2)]
        if found[0] != found[1] or found[0].code:
            wrong += 1
            print(f"{name} varies or fails: {found[0]}")
        outcomes[name] = found[0]
    write_outcomes(RECORD, {name: outcomes[name] for name in NAMES if name in outcomes})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
