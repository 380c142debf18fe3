"""The processes that a measurement starts: pinned to a core, bounded in time, and ended by their own id.

With two cores or more, a server has one and its client another, so that neither takes time from the other; the driver
sleeps meanwhile. File work is not pinned: its pool may use all cores, whichever peer's it is.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .measure import Failed, Unavailable

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(__file__).resolve().parent / "programs"
JAVASCRIPT = PROGRAMS / "javascript"

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


def _cores() -> tuple[set[int] | None, set[int] | None]:
    """The core for what is measured, and the one for its client; none to choose with a single core."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return ({cores[-1]}, {cores[0]}) if len(cores) > 1 else (None, None)


SERVER_CORE, CLIENT_CORE = _cores()


def environment(package: str = "") -> dict[str, str]:
    """What measured programs see: this checkout's `ouroloop`, or that in the folder `package`."""
    variables = dict(os.environ)
    paths = [package or str(ROOT / "src"), *filter(None, [variables.get("PYTHONPATH")])]
    variables["PYTHONPATH"] = os.pathsep.join(paths)
    variables.pop("OUROLOOP_LOG", None)
    return variables


def open_files_limit() -> int:
    """How many descriptors a process may have when it asks for all it can get."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def start(
    command: list[str], core: set[int] | None, many_files: bool = False, package: str = "",
) -> subprocess.Popen[str]:
    """Start `command` on `core`, with pipes."""

    def prepare() -> None:
        if core is not None:
            os.sched_setaffinity(0, core)
        if many_files:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(package), cwd=ROOT, preexec_fn=prepare,
        )
    except OSError as exc:
        raise Unavailable(f"cannot start {command[0]}: {exc.strerror}") from None


def end(process: subprocess.Popen[str]) -> str:
    """End a process that was started here; what it wrote as errors."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.communicate(timeout=5)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[1]


def run(command: list[str], timeout: float, core: set[int] | None, package: str = "") -> str:
    """The output of `command`. Raises `Failed` if it fails or takes longer than `timeout` seconds."""
    process = start(command, core, package=package)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise Failed(f"{_name(command)} was not done after {timeout:.0f} seconds") from None
    except BaseException:
        end(process)
        raise
    if process.returncode:
        raise Failed(f"{_name(command)} ended with {process.returncode}: {_last_line(errors)}")
    return output


def timed(command: list[str]) -> tuple[float, resource.struct_rusage]:
    """Seconds that a process lived on the measured core, and what it used. Raises `Failed`."""
    cores = os.sched_getaffinity(0) if SERVER_CORE else None
    if SERVER_CORE:
        os.sched_setaffinity(0, SERVER_CORE)
    devnull = os.open(os.devnull, os.O_RDWR)
    try:
        start = time.perf_counter()
        files = [(os.POSIX_SPAWN_DUP2, devnull, fd) for fd in range(3)]
        pid = os.posix_spawn(command[0], command, environment(), file_actions=files)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - start
    finally:
        os.close(devnull)
        if cores:
            os.sched_setaffinity(0, cores)
    if status:
        raise Failed(f"{_name(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, usage


def read_json(text: str, command: list[str]) -> dict[str, Any]:
    """The object a program prints as its last line."""
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise Failed(f"{_name(command)} printed no result") from None
    if not isinstance(found, dict):
        raise Failed(f"{_name(command)} printed no result")
    return found


def next_json(process: subprocess.Popen[str], command: list[str], timeout: float) -> dict[str, Any]:
    """The object in the next line of a running program. Raises `Failed` if none comes within `timeout` seconds."""
    assert process.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True)
    reader.start()
    reader.join(timeout)
    if reader.is_alive():
        process.kill()
        reader.join()
        raise Failed(f"{_name(command)} said nothing for {timeout:.0f} seconds")
    if not lines[0]:
        raise Failed(f"{_name(command)} ended: {_last_line(end(process))}")
    return read_json(lines[0], command)


@contextmanager
def server(command: list[str], many_files: bool = False) -> Iterator[tuple[int, int]]:
    """A running server, as (process id, port). Raises `Failed` if it does not start, or ends before it should."""
    process = start(command, SERVER_CORE, many_files)
    try:
        port = next_json(process, command, 20)["port"]
        yield process.pid, port
        if process.poll() is not None:
            raise Failed(f"{_name(command)} ended with {process.returncode}: {_last_line(end(process))}")
    finally:
        end(process)


def cpu_seconds(pid: int) -> float:
    """The processor time that all threads of a process have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def resident_kib(pid: int) -> int:
    """The memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_KIB


def _name(command: list[str]) -> str:
    return " ".join(os.path.basename(part) for part in command if not part.startswith("-"))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
