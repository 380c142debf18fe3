"""The operating system's event queue, one file for each.

Theory of operation. A loop blocks in exactly one place: `wait()`. A queue maps *tokens* to callbacks, and `wait`
returns pairs `(token, what)`; the loop calls `callbacks[token](what)` for each. Two families of systems fit:

- Readiness (epoll, kqueue, poll): the token is the descriptor and `what` is a mask of the constants below. Interest is
  level-triggered: what was not consumed is reported again by the next `wait`, so an event may be dropped safely.
- Completion (IOCP): sockets are watched through the AFD driver, which turns completions back into a readiness mask
  (what mio and wepoll do), so stream code does not know the difference; a pipe or file operation registers a token
  of its own, and `what` is the finished operation's result. A completion is reported once: such a queue keeps what
  the loop has not taken yet and returns it first from the next `wait`.

What surprises people: a registration belongs to the *open file description*, not to the descriptor (see epoll.py).
So each queue keeps `changed`: the tokens whose registration changed since the last `wait`. An event for one of those
was collected for the registration before, and the loop skips it. An event for a token that nobody registered is
*stale*: the loop tells the queue, which cleans itself (`discard_stale`). And a watcher whose descriptor turns out to
have been closed behind the loop's back lands in `lost`: the loop calls it once with INVALID, and from then on it must
not touch that number, which may be somebody else's by now.
"""

from __future__ import annotations

import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeAlias
else:
    Protocol = object

READABLE = 0x001
PRIORITIZED = 0x002
WRITABLE = 0x004
ERROR = 0x008
HANGUP = 0x010
INVALID = 0x020
DISCONNECT = 0x2000

Callback: TypeAlias = "Callable[[int], None]"


class Queue(Protocol):
    """What the loop asks of an operating system's event queue."""

    name: str
    callbacks: dict[int, Callback]
    changed: set[int]
    lost: list[Callback]
    readers: dict[int, int]
    """Of some of the watched descriptors, numbers that stay as long as their callbacks do."""

    def set(self, fd: int, events: int, callback: Callback) -> None:
        """Watch `fd` for `events` (a mask of this module's constants); 0 stops watching, if `callback` is the watcher.

        A watcher whose file was closed behind the loop's back becomes `lost`, instead of getting the number's new file.
        Raises `OSError`: EBADF for a descriptor that is not open, EPERM for one that cannot be waited for
        (a regular file), EEXIST when the same open file is already watched through this number.
        """

    def is_current(self, fd: int) -> bool:
        """Whether the watched `fd` still stands for the file it stood for when the watch began."""

    def remove(self, fd: int) -> None:
        """Forget `fd`. To be called before its descriptor is closed. Unknown descriptors are ignored."""

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """Block for `timeout` ms (negative: without limit) and return the `(token, what)` pairs that are ready."""

    def discard_stale(self, fd: int) -> None:
        """An event came for `fd`, which nobody watches, or which is not what it was: forget what the OS still holds."""

    def close(self) -> None:
        """Give the OS its descriptor back."""


def is_ready(fd: int, events: int) -> int:
    """What of `events` (and errors) is true of `fd` this very moment, by poll(2); INVALID for a closed descriptor."""
    probe = select.poll()
    probe.register(fd, events)
    ready = probe.poll(0)
    return ready[0][1] if ready else 0


def new_queue(name: str | None = None) -> Queue:
    """The best queue of this system, or the one called `name` or named by the variable `OUROLOOP_QUEUE`.

    Raises `ValueError` for a name that this system does not have.
    """
    name = name or os.environ.get("OUROLOOP_QUEUE") or None
    if name == "epoll" or (name is None and hasattr(select, "epoll")):
        if not hasattr(select, "epoll"):
            raise ValueError("OUROLOOP_QUEUE=epoll: this system has no epoll; it has: poll")
        from .epoll import EpollQueue

        return EpollQueue()
    if name == "poll" or name is None:
        from .poll import PollQueue

        return PollQueue()
    raise ValueError(f"OUROLOOP_QUEUE={name}: no such event queue; this system has: {', '.join(available())}")


def available() -> list[str]:
    """The names that `new_queue` takes on this system, the best first."""
    return ["epoll", "poll"] if hasattr(select, "epoll") else ["poll"]


__all__ = [
    "DISCONNECT", "ERROR", "HANGUP", "INVALID", "PRIORITIZED", "READABLE", "WRITABLE",
    "Callback", "Queue", "available", "is_ready", "new_queue",
]
