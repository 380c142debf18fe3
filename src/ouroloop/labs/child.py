"""A child process that does one thing, reports, and may die of it.

Theory of operation. The process is forked, so the child has all that its parent has made, machine code included, and
starts in under a millisecond. It sends what it found through a pipe. What it leaves half done is gone with it, and so
is what a fault would have torn down.

What surprises people: only the thread that forks lives on in the child. The child does one thing and leaves at once,
by `_exit`, so that nothing of its parent's is written or closed twice. Windows has no fork; there, and where nothing
of the parent's is wanted, a lab starts another Python (`fresh_python`).
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

_ROOT = str(Path(__file__).parents[2])


class Child:
    """A process that runs `action`, which returns what to report."""

    def __init__(self, action: Callable[[], bytes]) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads may hold locks; none is taken here
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # until the child is one that it ends
            try:
                self.pid = os.fork()
                if self.pid == 0:
                    _be_child(action, writer, mask)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                os.close(writer)

    def wait(self) -> tuple[bytes, int]:
        """What it reported, and the number of the signal that it died of, or 0. Raises RuntimeError if it failed."""
        with open(self._reader, "rb") as file:
            report = file.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if code > 0:
            raise RuntimeError(f"a child process failed: {report.decode(errors='replace')}")
        return report, -code


def fresh_python(function: Callable[..., None], *words: str) -> list[str]:
    """The command that has a Python of its own call a function of a lab, with those words."""
    module, name = function.__module__, function.__name__
    quiet = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL)"  # Ctrl-C is for all of us, and told once
    code = f"{quiet}; import sys; sys.path.insert(0, {_ROOT!r}); from {module} import {name}; {name}(*sys.argv[1:])"
    return [sys.executable, "-c", code, *words]


def _be_child(action: Callable[[], bytes], writer: int, mask: Iterable[int]) -> None:
    """Run `action`, report, leave."""
    code = 0
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C is for all of us, and told once
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        faulthandler.disable()
        _leave_no_core()
        report = action()
    except BaseException as exc:  # nothing of the parent's may run any more
        code, report = 1, repr(exc).encode()
    os.write(writer, report)
    os._exit(code)


def _leave_no_core() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
