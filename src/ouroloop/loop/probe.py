"""The one interface through which the lower floors report what they do.

Theory of operation. A loop has at most one probe, `loop.probe`, and nobody looks by default: the loop then pays for one
comparison with None where it would report. A probe must not change anything, and may be called from pool threads.
"""

from __future__ import annotations

from time import monotonic_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .handle import Handle
    from .loop import Loop
    from .threadpool import Work


class Probe:
    """Does nothing; override what you want to hear of."""

    wants_steps = False
    """Whether `step` is to be called: the loop's steps are then wrapped, so that they cost nothing otherwise."""
    takes_batches = False
    """Whether streams may go on to be read together (`Stream.read_start`): `ready` is not called for them then."""

    def turn(self, loop: Loop, number: int) -> None:
        """Turn `number` (from 1) begins."""

    step_under_way: tuple[str, int] | None = None
    """The step that goes on: its name, as the turn's table has it, and when it began (ns of the monotonic clock)."""

    def step(self, loop: Loop, name: str, began: int, ended: int) -> None:
        """A step that had something to do is over."""

    def polled(
        self, loop: Loop, timeout: float, began: int, ended: int, ready: Sequence[tuple[int, int]],
    ) -> None:
        """The event queue was asked from `began` to `ended` (ns of the monotonic clock), blocking for `timeout` ms at
        most, and told of `ready`: descriptors and masks of events. Called as `step` is.
        """

    def handle_made(self, handle: Handle) -> None:
        """A handle of the loop's was made; it is not active yet."""

    def handle_closing(self, handle: Handle) -> None:
        """A handle was asked to close."""

    def handle_closed(self, handle: Handle) -> None:
        """What a handle owned was given back, and its closing callback comes."""

    def calls_late(self, loop: Loop, owner: object) -> None:
        """What comes last in the poll step is about to be called, for `owner`: a signal, a child that has ended."""

    def waiting(self, loop: Loop, timeout: float) -> None:
        """The loop is about to block in the event queue for `timeout` ms (0: not at all; negative: without limit)."""

    def watched(self, loop: Loop, fd: int, events: int, owner: str) -> None:
        """`owner` registered `fd` with the event queue for `events` (a mask; 0: no longer)."""

    def read_together(self, loop: Loop, fd: int, number: int) -> None:
        """`fd` is read together with others from now on; whoever reads knows it by `number`."""

    def ready(self, loop: Loop, fd: int, events: int) -> None:
        """The event queue reported `events` for `fd`."""

    def timer_due(self, loop: Loop, due: int) -> None:
        """A loop timer that was due at `due` (ms, on the loop's clock) runs."""

    def work_queued(self, work: Work) -> None:
        """A job entered the thread pool's queue."""

    def work_started(self, work: Work) -> None:
        """A pool thread, the calling one, took a job."""

    def work_finished(self, work: Work) -> None:
        """A pool thread, the calling one, finished a job."""

    def work_delivered(self, work: Work) -> None:
        """The loop is about to call a finished job's callback."""

    def threads_joined(self, loop: Loop, count: int) -> None:
        """`loop.close()` ended and joined `count` pool threads."""

    def closed(self, loop: Loop) -> None:
        """The loop is closed: its last word."""


STEPS = ("_run_pending", "_run_watchers", "_poll", "_run_closing", "_run_timers")
"""The loop's methods that are steps of its turn."""


def timed(loop: Loop, probe: Probe, method: str) -> Callable[..., Any]:
    """A step of the loop's that tells how long it took."""
    step = getattr(type(loop), method)
    name, tell = method.removeprefix("_run_").removeprefix("_"), probe.step

    def run(*args: Any) -> Any:
        began = monotonic_ns()
        called = name
        if args and name == "watchers":
            called = loop.step_name(args[0])
        probe.step_under_way = called, began
        try:
            return step(loop, *args)
        finally:
            tell(loop, called, began, monotonic_ns())

    return run


def timed_wait(
    loop: Loop, probe: Probe, wait: Callable[[float], list[tuple[int, int]]],
) -> Callable[[float], list[tuple[int, int]]]:
    """The event queue's `wait` that tells how long it took, and what it brought."""

    def run(timeout: float) -> list[tuple[int, int]]:
        began = monotonic_ns()
        ready = wait(timeout)
        probe.polled(loop, timeout, began, monotonic_ns(), ready)
        return ready

    return run
