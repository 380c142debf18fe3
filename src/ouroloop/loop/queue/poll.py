"""poll(2), the event queue that every POSIX system has.

Theory of operation. The kernel remembers nothing: the whole interest list is handed over at every wait, which makes
each wait cost time in proportion to it, and makes this the queue with the fewest surprises. It is the fallback, and
the second opinion in the tests.

What surprises people: a descriptor closed behind the loop's back is not forgotten but reported, as POLLNVAL, at every
wait; so it is dropped at once and its watcher told. A number that was closed and reused looks, to poll(2), like the
new file. The file's identity (device and inode), kept from when the watch began, tells them apart.
"""

from __future__ import annotations

import errno
import os
import select

from ..errors import error
from . import INVALID, Callback


class PollQueue:
    """Implements `Queue` on poll(2)."""

    name = "poll"

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: dict[int, tuple[int, tuple[int, int]]] = {}
        self.callbacks: dict[int, Callback] = {}
        self.changed: set[int] = set()
        self.lost: list[Callback] = []

    def set(self, fd: int, events: int, callback: Callback) -> None:
        """See `Queue.set`."""
        known = self._watched.get(fd)
        if known is None:
            if events:
                self._add(fd, events, callback)
            return
        if self.callbacks[fd] != callback:
            if _identity(fd) == known[1]:
                raise error(errno.EEXIST)
            self._lose(fd)
            self._add(fd, events, callback)
        elif not events:
            self.remove(fd)
        elif known[0] != events:
            self._poll.modify(fd, events)
            self._watched[fd] = (events, known[1])

    def _add(self, fd: int, events: int, callback: Callback) -> None:
        identity = _identity(fd)
        self._poll.register(fd, events)
        self._watched[fd] = (events, identity)
        self.callbacks[fd] = callback
        self.changed.add(fd)

    def remove(self, fd: int) -> None:
        """See `Queue.remove`."""
        if fd not in self._watched:
            return
        self._poll.unregister(fd)
        del self._watched[fd]
        del self.callbacks[fd]
        self.changed.add(fd)

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """See `Queue.wait`."""
        ready = self._poll.poll(None if timeout < 0 else timeout)
        if self.changed:
            self.changed.clear()
        for fd, events in ready:
            if events & INVALID:
                self._lose(fd)
        return ready

    def _lose(self, fd: int) -> None:
        """The file that `fd` stood for was closed behind the loop's back."""
        self.lost.append(self.callbacks[fd])
        self.remove(fd)

    def discard_stale(self, fd: int) -> None:
        """See `Queue.discard_stale`: here, `fd` may have become another file."""
        known = self._watched.get(fd)
        if known is not None and _identity(fd) != known[1]:
            self._lose(fd)

    def close(self) -> None:
        """See `Queue.close`: there is nothing to give back."""


def _identity(fd: int) -> tuple[int, int]:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino
