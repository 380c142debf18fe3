"""poll(2), the event queue that every POSIX system has.

Theory of operation. The kernel remembers nothing: the whole interest list is handed over at every wait, which makes
each wait cost time in proportion to it, and makes this the queue with the fewest surprises. It is the fallback, and
the second opinion in the tests.

What surprises people: a descriptor closed behind the loop's back is not forgotten but reported, as POLLNVAL, at every
wait; so it is dropped at once and its watcher told. A number that was closed and reused looks, to poll(2), like the
new file. The file's identity (device, inode, access mode), kept from when the watch began, tells them apart; but it
is the same for any two eventfds, timerfds or the like, which have no inode of their own. And poll(2) calls a regular
file ready at any time, which would spin the loop: such files are refused with EPERM, as epoll does.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat

from ..errors import error
from . import INVALID, Callback

Identity = tuple[int, int, int]


class PollQueue:
    """Implements `Queue` on poll(2)."""

    name = "poll"

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: dict[int, tuple[int, Identity]] = {}
        self.callbacks: dict[int, Callback] = {}
        self.changed: set[int] = set()
        self.lost: list[Callback] = []
        self.readers: dict[int, int] = {}

    def set(self, fd: int, events: int, callback: Callback) -> None:
        """See `Queue.set`."""
        known = self._watched.get(fd)
        if known is None:
            if events:
                self._add(fd, events, callback)
            return
        if self.callbacks[fd] != callback:
            if events:
                self._replace(fd, events, callback)
        elif not events:
            self.remove(fd)
        elif known[0] != events:
            if not self.is_current(fd):
                self._lose(fd)
                return
            self._poll.modify(fd, events)
            self._watched[fd] = (events, known[1])

    def _add(self, fd: int, events: int, callback: Callback) -> None:
        if not _can_be_waited_for(fd):
            raise error(errno.EPERM)
        identity = _identity(fd)
        self._poll.register(fd, events)
        self._watched[fd] = (events, identity)
        self.callbacks[fd] = callback
        self.changed.add(fd)

    def _replace(self, fd: int, events: int, callback: Callback) -> None:
        """Somebody else watches this number: its file was closed behind the loop's back, or it is still the same."""
        if _identity(fd) == self._watched[fd][1]:
            raise error(errno.EEXIST)
        self._lose(fd)
        self._add(fd, events, callback)

    def is_current(self, fd: int) -> bool:
        """See `Queue.is_current`."""
        try:
            return _identity(fd) == self._watched[fd][1]
        except OSError:
            return False

    def remove(self, fd: int) -> None:
        """See `Queue.remove`."""
        if fd not in self._watched:
            return
        self._poll.unregister(fd)
        del self._watched[fd]
        del self.callbacks[fd]
        self.readers.pop(fd, None)
        self.changed.add(fd)

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """See `Queue.wait`."""
        ready = self._poll.poll(None if timeout < 0 else timeout)
        if self.changed:
            self.changed.clear()
        for fd, events in ready:
            if events & INVALID or not self.is_current(fd):
                self._lose(fd)
        return ready

    def _lose(self, fd: int) -> None:
        """The file that `fd` stood for was closed behind the loop's back."""
        self.lost.append(self.callbacks[fd])
        self.remove(fd)

    def discard_stale(self, fd: int) -> None:
        """See `Queue.discard_stale`: here, `fd` may have become another file."""
        if fd in self._watched and not self.is_current(fd):
            self._lose(fd)

    def close(self) -> None:
        """See `Queue.close`: there is nothing to give back."""


def _identity(fd: int) -> Identity:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino, fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE


def _can_be_waited_for(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
