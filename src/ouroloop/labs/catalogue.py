"""The catalogue: all labs, by group, in the order in which to read them, each with a line on what it shows.

Theory of operation. The list stands here, not in the labs, so that to print it loads none of them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from .stage import Stage

GROUPS: dict[str, dict[str, str]] = {
    "Hardware and kernel": {
        "syscall": "write a line at three levels, and the price of each",
        "inline-assembly": "our own instructions: two doors, cpuid, and the clock",
        "privilege": "touching what one must not, and how the processor knew",
        "interrupts": "from the device to epoll_wait, counted and measured",
        "context-switch": "what it costs to give way: process, thread, coroutine",
        "green-threads": "a stack switch by hand: own stacks, saved registers",
        "concurrent-vs-parallel": "the same work serially, on one thread, in processes",
    },
    "The operating system's queues": {
        "epoll": "Linux: told who is ready; level, edge, and the traps",
        "kqueue": "BSD and macOS: files, timers, processes, signals alike",
        "iocp": "Windows: told what is done; packets from a port",
        "io-uring": "Linux: two rings in shared memory; done, not ready",
    },
    "The loop and its kin": {
        "strategies": "10,000 waits by threads, callbacks, futures: the price",
        "event-loop": "the seven steps of a turn, and thirteen claims tested",
        "futures": "Rust's model built up: poll, waker, leaf, executor",
        "timers": "heap, wheel and lists by duration, up to 100,000",
        "backpressure": "a fast writer, a slow reader, and what holds it back",
        "thread-pool": "when four threads are too few, and when no help",
    },
}
"""Each group's labs, and what each shows."""

LINES = {name: line for labs in GROUPS.values() for name, line in labs.items()}
"""What each lab shows, by name."""


class Lab(Protocol):
    """What a lab's module has."""

    __doc__: str | None
    __file__: str | None

    def measure(self) -> Any:
        """Do it, and return the figures. Raises `NotHere` where it cannot be done."""

    def show(self, figures: Any, stage: Stage) -> None:
        """Print the figures, and what they mean."""


@dataclass
class NotHere(Exception):
    """This lab cannot be done on this system or processor."""

    would: str
    """What it would do, as a sentence."""
    because: str
    """Why it cannot be done here, as a sentence."""

    def __str__(self) -> str:
        return f"{self.would} {self.because}"


def load(name: str) -> Lab:
    """The lab of that name. Raises `LookupError`, with the nearest name."""
    if name not in LINES:
        near = difflib.get_close_matches(name.replace("_", "-").lower(), LINES, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else "`ouro lab` lists them all"
        raise LookupError(f"there is no lab {name}; {hint}")
    return cast("Lab", import_module(f"{__package__}.{name.replace('-', '_')}"))
