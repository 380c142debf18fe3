"""Running Node's own tests with a runtime, and judging each by its exit code.

Theory of operation. A test is one file of the suite's `test/` folder and one process: it passes when it exits with
0 in time. It is started as Node's runner (`tools/test.py`) starts it: from the suite's root, with the flags of the
file's `// Flags:` line on the command line and the variables of its `// Env:` line, with a temporary folder of its own.
It leads a process group of its own, which is killed when the test ends, whatever it left running.

What surprises people: a test that finds something missing on the system prints `1..0 # Skipped` and exits with 0. That
is no pass, and it is counted apart.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue

from .areas import area

EXPECTED = Path(__file__).with_name("expected.txt")
FOLDERS = ("parallel", "es-module", "sequential", "async-hooks", "module-hooks", "message")

PASSED, SKIPPED, FAILED, TIMEOUT = "passed", "skipped", "failed", "timeout"

_FLAGS = re.compile(r"//\s+Flags:(.*)")
_ENV = re.compile(r"//\s+Env:(.*)")
_SKIPPED = re.compile(rb"^1\.\.0 # Skipped", re.MULTILINE)
_REASON = re.compile(r"^\s*(?:\[?\w*(?:Error|Exception)\b.*|ouro: .*|Fatal .*)$", re.MULTILINE)
_OUTPUT_LIMIT = 256 * 1024


@dataclass(frozen=True)
class Test:
    """A file of the suite; `name` is its path below `test/`, such as `parallel/test-fs-stat.js`."""

    name: str
    path: Path
    flags: list[str]
    env: dict[str, str]

    @property
    def public(self) -> bool:
        """Whether it does without Node's private parts."""
        return not any(flag.replace("_", "-") == "--expose-internals" for flag in self.flags)

    @property
    def area(self) -> str:
        return area(self.name)


@dataclass(frozen=True)
class Outcome:
    """What became of one test; `seconds` is wall time."""

    test: Test
    status: str
    seconds: float
    code: int | None
    output: str

    @property
    def reason(self) -> str:
        """The line of the output that best says why it failed."""
        if self.status == TIMEOUT:
            return f"not done after {self.seconds:.0f} s"
        found = _REASON.search(self.output)
        lines = self.output.strip().splitlines()
        text = found[0].strip() if found else lines[-1].strip() if lines else "no output"
        ended = "" if self.code == 1 or self.code is None else f" (exit {self.code})"
        return text[:160] + ended


@dataclass
class Runtime:
    """How to start a program: a command line, and whether it understands Node's flags."""

    command: list[str]
    takes_flags: bool = True

    @classmethod
    def parse(cls, text: str | None, takes_flags: bool = True) -> Runtime:
        """From a command line; `None` is this checkout's `ouro`. Raises `FileNotFoundError` for what is no program."""
        if text is None:
            beside = Path(sys.executable).with_name("ouro")
            text = shlex.quote(str(beside)) if beside.exists() else "ouro"
        program, *rest = shlex.split(text)
        found = shutil.which(program)
        if found is None:
            raise FileNotFoundError(f"{program} is not a program")
        return cls([os.path.abspath(found), *rest], takes_flags)

    def version(self) -> str:
        """What `--version` prints first."""
        done = subprocess.run([self.command[0], "--version"], capture_output=True, text=True, timeout=60, check=False)
        return (done.stdout.strip().splitlines() or ["unknown version"])[0]


def read_test(suite: Path, name: str) -> Test:
    """A test with what its head says."""
    path = suite / "test" / name
    source = path.read_text(encoding="utf8", errors="replace")
    flags = _FLAGS.search(source)
    env = _ENV.search(source)
    pairs = [pair.split("=", 1) for pair in env[1].split()] if env else []
    return Test(name, path, flags[1].split() if flags else [], dict(pairs))


def find_tests(suite: Path, folders: Iterable[str] = ("parallel",)) -> list[Test]:
    """The public tests of some folders, by name. Raises `FileNotFoundError` if this is no checkout of the suite."""
    found = []
    for folder in folders:
        names = sorted(path.name for path in (suite / "test" / folder).iterdir())
        found += [read_test(suite, f"{folder}/{name}") for name in names if re.fullmatch(r"test-.*\.m?js", name)]
    return [test for test in found if test.public]


def read_expected() -> set[str]:
    """The names of the tests that are to pass."""
    return set(EXPECTED.read_text().split()) if EXPECTED.exists() else set()


def write_expected(names: Iterable[str]) -> None:
    EXPECTED.write_text("".join(f"{name}\n" for name in sorted(names)))


@dataclass
class Runner:
    """Runs tests of one suite with one runtime, `jobs` at a time, each for `timeout` seconds at most."""

    suite: Path
    runtime: Runtime
    jobs: int = 2
    timeout: float = 30.0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, tests: Iterable[Test], done: Callable[[Outcome], None] = lambda outcome: None) -> list[Outcome]:
        """All outcomes, in the order of `tests`; `done` sees each as it comes, on one of the threads."""
        with tempfile.TemporaryDirectory(prefix="ouro-", ignore_cleanup_errors=True) as folder:
            threads: SimpleQueue[int] = SimpleQueue()
            for thread in range(self.jobs):
                threads.put(thread)

            def run_one(test: Test) -> Outcome:
                thread = threads.get()
                try:
                    outcome = self._run_one(test, Path(folder), thread)
                finally:
                    threads.put(thread)
                done(outcome)
                return outcome

            with ThreadPoolExecutor(self.jobs) as pool:
                try:
                    return list(pool.map(run_one, tests))
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise

    def _run_one(self, test: Test, folder: Path, thread: int) -> Outcome:
        own = folder / str(next(self._numbers))
        own.mkdir()
        flags = test.flags if self.runtime.takes_flags else []
        command = [*self.runtime.command, *flags, str(test.path)]
        start = time.monotonic()
        code, output = run_group(command, self.suite, _environment(test, own, thread), self.timeout)
        seconds = time.monotonic() - start
        _remove(own)
        status = TIMEOUT if code is None else FAILED if code else SKIPPED if _SKIPPED.search(output) else PASSED
        return Outcome(test, status, seconds, code, output.decode("utf8", "replace"))


def _environment(test: Test, folder: Path, thread: int) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items()
        if not name.startswith("NODE_") and name not in {"FORCE_COLOR", "NO_COLOR"}
    }
    own = {
        "NODE_TEST_KNOWN_GLOBALS": "0", "NODE_TEST_DIR": str(folder), "TEST_THREAD_ID": str(thread),
        "TEST_SERIAL_ID": str(thread), "TEST_PARALLEL": "1",
    }
    return inherited | own | test.env


def _remove(folder: Path) -> None:
    """Remove a test's folder, also where the test took away the permission to."""

    def allow(function: Callable[[str], object], path: str, error: object) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            os.chmod(path, 0o700, follow_symlinks=os.chmod not in os.supports_follow_symlinks)
            function(path)

    shutil.rmtree(folder, onerror=allow)


def run_group(command: list[str], cwd: Path, env: dict[str, str], timeout: float) -> tuple[int | None, bytes]:
    """The exit code (`None`: not done after `timeout` seconds) and the first 256 KiB of stdout and stderr.

    The process group is killed before its leader is reaped: until then nobody else can have its number.
    """
    process = subprocess.Popen(
        command, cwd=cwd, env=env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = bytearray()
    pidfd = os.pidfd_open(process.pid)
    ended = False
    try:
        ended = _read_until_exit(process.stdout.fileno(), pidfd, output, time.monotonic() + timeout)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        os.close(pidfd)
        code = process.wait()
        _read_rest(process.stdout.fileno(), output)
        process.stdout.close()
    return (code if ended else None), bytes(output[:_OUTPUT_LIMIT])


def _read_until_exit(fd: int, pidfd: int, output: bytearray, deadline: float) -> bool:
    """Collect output until the process ends: then true; or until the deadline."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        selector.register(pidfd, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            ready = {key.fd for key, _ in selector.select(left)}
            if pidfd in ready:
                return True
            if fd not in ready:
                continue
            data = os.read(fd, 65536)
            if not data:
                selector.unregister(fd)
            elif len(output) < _OUTPUT_LIMIT:
                output += data
    return False


def _read_rest(fd: int, output: bytearray) -> None:
    """What is left in the pipe; a process that left the group may still hold its other end, and is not waited for."""
    os.set_blocking(fd, False)
    with contextlib.suppress(BlockingIOError):
        while len(output) < _OUTPUT_LIMIT and (data := os.read(fd, 65536)):
            output += data
