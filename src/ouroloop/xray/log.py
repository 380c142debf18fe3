"""The log: every step of the loop as a line, headed by the thread that speaks (`ouro --log`, OUROLOOP_LOG=1).

Theory of operation. The log is a probe that prints, and a stand-in for standard output that gives the program's own
lines the same heading, so that who said what, and when, stands in one column. Lines leave whole, one write each, since
several threads speak.

What surprises people: JavaScript writes to the descriptor itself, so the lines of a program in it have no heading; each
line of the log leaves at once there, so that the order is true. When the log cannot be written (its reader has gone,
the disk is full), it falls silent, and the program goes on: looking must not change what is looked at. The program's
own prints fail as ever.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Self, TextIO

from ..loop import Probe
from ..loop.queue import DISCONNECT, ERROR, HANGUP, INVALID, PRIORITIZED, READABLE, WRITABLE
from .observer import Observer

if TYPE_CHECKING:
    from ..js.runtime import Runtime
    from ..loop import Loop, Work
    from ..node.environment import Environment

_EVENT_NAMES = {
    READABLE: "readable", WRITABLE: "writable", PRIORITIZED: "priority data", ERROR: "error", HANGUP: "hang-up",
    DISCONNECT: "disconnected", INVALID: "closed",
}


def describe(events: int) -> str:
    """A mask of events in words."""
    return " and ".join(name for bit, name in _EVENT_NAMES.items() if events & bit) or "nothing"


def _speaker() -> str:
    name = threading.current_thread().name
    return "main" if name == "MainThread" else name


class HeadedOutput:
    """Standard output, every line headed by the name of the thread that prints it."""

    def __init__(self, target: TextIO) -> None:
        self.target = target
        self._lock = threading.RLock()
        self._started: dict[str, str] = {}

    def write(self, text: str) -> int:
        """Print the complete lines of `text`; keep the rest until its line ends."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        speaker = _speaker()
        with self._lock:
            lines = (self._started.pop(speaker, "") + text).split("\n")
            rest = lines.pop()
            if rest:
                self._started[speaker] = rest
            if lines:
                self.target.write("".join(f"{speaker:<9}| {line}\n" for line in lines))
        return len(text)

    def say(self, text: str) -> None:
        """Print `text` as a line of its own; a line that its speaker has begun ends before it."""
        with self._lock:
            self.write(f"\n{text}\n" if _speaker() in self._started else f"{text}\n")

    def flush(self) -> None:
        """Print what is complete."""
        self.target.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        """`write` each."""
        for line in lines:
            self.write(line)

    def finish(self) -> None:
        """Print lines that were begun and never ended."""
        for speaker, rest in list(self._started.items()):
            self.target.write(f"{speaker:<9}| {rest}\n")
        self._started.clear()
        self.target.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.finish()
        self.target.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self.target)

    def __getattr__(self, name: str) -> object:
        return getattr(self.target, name)


io.TextIOBase.register(HeadedOutput)


class Log(Probe):
    """Prints what a loop reports."""

    def __init__(self, out: HeadedOutput, flushes: bool = False) -> None:
        self._out = out
        self._flushes = flushes

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # ValueError: the program has closed its standard output
            self._out.say(text)
            if self._flushes:
                self._out.flush()

    def turn(self, loop: Loop, number: int) -> None:
        self._say(f"===== TICK {number} =====")

    def waiting(self, loop: Loop, timeout: float) -> None:
        if timeout:
            limit = "until something is ready" if timeout < 0 else f"for {timeout} ms at most"
            self._say(f"poll: asleep in {loop.queue_name}, {limit}")

    def watched(self, loop: Loop, fd: int, events: int, owner: str) -> None:
        if events:
            self._say(f"registered with {loop.queue_name}: {owner} on descriptor {fd}, for {describe(events)}")
        else:
            self._say(f"taken off {loop.queue_name}: {owner} on descriptor {fd}")

    def ready(self, loop: Loop, fd: int, events: int) -> None:
        what = "a wake-up from another thread" if fd == loop.wakeup_fd else f"descriptor {fd} is {describe(events)}"
        self._say(f"ready: {what}")

    def timer_due(self, loop: Loop, due: int) -> None:
        self._say(f"timers: one is due, {loop.now - due} ms late" if loop.now > due else "timers: one is due, on time")

    def work_queued(self, work: Work) -> None:
        self._say(f"queued for the thread pool: {work.name}")

    def work_started(self, work: Work) -> None:
        self._say(f"took {work.name}")

    def work_finished(self, work: Work) -> None:
        self._say(f"finished {work.name}")

    def work_delivered(self, work: Work) -> None:
        self._say(f"delivering the result of {work.name}")

    def threads_joined(self, loop: Loop, count: int) -> None:
        self._say(f"{count} pool thread{'s' * (count != 1)} joined")

    def closed(self, loop: Loop) -> None:
        self._say("FINISHED")
        with contextlib.suppress(OSError, ValueError):
            self._out.finish()


class Logger(Observer):
    """Logs a program's loop on standard output; without one there is nothing to do."""

    def __init__(self) -> None:
        self._finish: Callable[[], object] = list

    def watch(self, runtime: Runtime) -> None:
        if sys.stdout is not None:
            loop = runtime.loop
            log = loop.probe = Log(HeadedOutput(sys.stdout), flushes=True)
            self._finish = lambda: log.closed(loop)

    def watch_environment(self, env: Environment) -> None:
        if sys.stdout is not None:
            install(env.loop, sys.stdout)

    def finish(self, code: int) -> None:
        self._finish()


def install(loop: Loop, target: TextIO) -> None:
    """Log `loop`, and head what the program prints."""
    out = HeadedOutput(target)
    sys.stdout = out
    loop.probe = Log(out)
