"""epoll(7), Linux's event queue.

Theory of operation. The kernel holds the interest list. `set` enters a descriptor at once, which fails if it cannot
be waited for, but what it waits for is told by the next `wait`, before its one epoll_wait(2). Level-triggered.

So descriptors that are ready already come after those that became ready before that wait, in the order in which they
were set. That is libuv's order, and it shows: a client of two that connect hears its answer before the server reads
what the other one has sent.

What surprises people: the kernel's key is the pair (open file description, descriptor number), and it outlives the
descriptor. Close a registered descriptor of which a duplicate lives on (dup(2), a forked child) and epoll goes on
reporting the old number, while EPOLL_CTL_DEL answers EBADF, or ENOENT once the number is in use again: there is no
call that removes such an entry. Left alone it wakes every wait for ever. But each of those answers is a sure sign, so
whenever one is seen the queue is built anew from what is really watched (`_rebuild`): a new epoll descriptor has no
past. The same pair as a key has a good side: EPOLL_CTL_MOD finds an entry only if the number still stands for the very
file that was registered, which is how `is_current` can tell, where the file's inode could not (all eventfds share one).
"""

from __future__ import annotations

import errno
import select

from ..errors import error
from . import Callback

_MAX_EVENTS = 1024


class EpollQueue:
    """Implements `Queue` on epoll."""

    name = "epoll"

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._events: dict[int, int] = {}
        self.callbacks: dict[int, Callback] = {}
        self.changed: set[int] = set()
        self.lost: list[Callback] = []
        self.readers: dict[int, int] = {}
        self._untold: dict[int, None] = {}  # whose events the kernel is still to be told

    def fileno(self) -> int:
        """The epoll descriptor itself."""
        return self._epoll.fileno()

    def set(self, fd: int, events: int, callback: Callback) -> None:
        """See `Queue.set`."""
        known = self._events.get(fd)
        if known is None:
            if events:
                self._add(fd, events, callback)
            return
        if self.callbacks[fd] != callback:
            if events:
                self._replace(fd, events, callback)
        elif not events:
            self.remove(fd)
        elif known != events:
            self._modify(fd, events)

    def _modify(self, fd: int, events: int) -> None:
        self._events[fd] = events
        self._untold[fd] = None

    def _tell(self) -> None:
        untold, self._untold = self._untold, {}
        modify, events = self._epoll.modify, self._events
        for fd in untold:
            try:
                modify(fd, events[fd])
            except OSError:
                self._lose(fd)
                self._rebuild()
                return  # which has told it all

    def _add(self, fd: int, events: int, callback: Callback) -> None:
        try:
            self._epoll.register(fd, 0)
        except FileExistsError:
            self._rebuild()
            self._epoll.register(fd, 0)
        self._modify(fd, events)
        self.callbacks[fd] = callback
        self.changed.add(fd)

    def _replace(self, fd: int, events: int, callback: Callback) -> None:
        """Somebody else watches this number: its file was closed behind the loop's back, or it is still the same."""
        try:
            self._epoll.register(fd, events)
        except FileExistsError:
            raise error(errno.EEXIST) from None
        self._lose(fd)
        self._events[fd] = events
        self.callbacks[fd] = callback
        self._rebuild()

    def remove(self, fd: int) -> None:
        """See `Queue.remove`."""
        if fd not in self._events:
            return
        self._forget(fd)
        try:
            self._epoll.unregister(fd)
        except OSError:
            self._rebuild()

    def _forget(self, fd: int) -> None:
        del self._events[fd]
        del self.callbacks[fd]
        self.readers.pop(fd, None)
        self._untold.pop(fd, None)
        self.changed.add(fd)

    def is_current(self, fd: int) -> bool:
        """See `Queue.is_current`."""
        try:
            self._epoll.modify(fd, self._events[fd])
        except OSError:
            return False
        return True

    def wait(self, timeout: float) -> list[tuple[int, int]]:
        """See `Queue.wait`."""
        if self._untold:
            self._tell()
        # Python rounds up, and 67 / 1000 * 1000 is a little more than 67: without the half it would sleep for 68 ms.
        ready = self._epoll.poll(None if timeout < 0 else timeout and (timeout - 0.5) / 1000, _MAX_EVENTS)
        if self.changed:
            self.changed.clear()
        return ready

    def discard_stale(self, fd: int) -> None:
        """See `Queue.discard_stale`."""
        self._rebuild()

    def _rebuild(self) -> None:
        """Start with a new epoll descriptor. The old one is closed first, so that there is room for it."""
        for fd in [fd for fd in self._events if not self.is_current(fd)]:
            self._lose(fd)
        self._epoll.close()
        self._epoll = select.epoll()
        self._untold.clear()
        for fd, events in list(self._events.items()):
            try:
                self._epoll.register(fd, events)
            except OSError:
                self._lose(fd)

    def _lose(self, fd: int) -> None:
        """The file that `fd` stood for was closed behind the loop's back."""
        self.lost.append(self.callbacks[fd])
        self._forget(fd)

    def close(self) -> None:
        """See `Queue.close`."""
        self._epoll.close()
