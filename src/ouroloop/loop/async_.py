"""Async: the one way to reach a loop from another thread.

Theory of operation. A loop asleep in its event queue can only be woken by a descriptor, so each loop owns one (an
eventfd where there is one, else a pipe) and watches it. `Async.send` marks its handle as pending and, if nobody has
done so since the loop last looked, writes to that descriptor: any number of sends of any number of handles cost one
write and one wake-up. The loop reads the descriptor first and looks at the marks afterwards, so no send is lost.

What surprises people: sends coalesce. The callback runs at least once after a send, not once for each.
"""

from __future__ import annotations

import os
from _thread import RLock
from _weakref import ref

from .handle import Handle
from .queue import READABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from .loop import Loop
else:
    from _collections import deque  # for `collections`, `threading` and `weakref` every start would take 4 ms more


class Wakeup:
    """A loop's wake-up descriptor and the marks of what woke it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._awake = False
        self._marked: deque[Callable[[], object]] = deque()
        # Reentrant: a Python signal handler may send while this thread is sending.
        self._lock = RLock()
        if hasattr(os, "eventfd"):
            self._reader = self._writer = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self._reader, self._writer = os.pipe()
            os.set_blocking(self._reader, False)
            os.set_blocking(self._writer, False)
        loop._queue.set(self._reader, READABLE, self._on_readable)
        _wakeups.add(ref(self, _wakeups.discard))

    def fileno(self) -> int:
        """The end that the loop watches."""
        return self._reader

    def mark(self, callback: Callable[[], object]) -> None:
        """Have `callback` called in the loop's next poll step. For any thread; coalescing is the caller's task.

        When the run is ended by what it raises, or by an interrupt just before it, the next run calls it once more.
        """
        self._marked.append(callback)
        if not self._awake:
            self._wake()

    def _wake(self) -> None:
        self._awake = True
        # A sender that was overtaken by `close` must not write to what has the descriptor's number by then.
        with self._lock:
            if self._writer < 0:
                return
            try:
                os.write(self._writer, b"\x01\0\0\0\0\0\0\0")
            except BlockingIOError:
                pass

    def _on_readable(self, events: int) -> None:
        try:
            os.read(self._reader, 4096)
        except BlockingIOError:
            pass
        self._awake = False
        marked = self._marked
        for _ in range(len(marked)):
            try:
                marked[0]()
            except BaseException as exc:
                if not self._loop._take(exc):
                    raise
            marked.popleft()

    def arm(self) -> None:
        """The last run was cut short, perhaps by an interrupt between any two steps above: wake up for its rest."""
        self._awake = False
        if self._marked:
            self._wake()

    def close(self) -> None:
        """Give the descriptors back."""
        self._loop._queue.remove(self._reader)
        with self._lock:
            reader, writer, self._writer = self._reader, self._writer, -1
            os.close(reader)
            if writer != reader:
                os.close(writer)


_wakeups: set[ref[Wakeup]] = set()


def _after_fork_in_child() -> None:
    """A thread that held a lock at the fork is not here to release it; without this the child could not even exit."""
    for weak in [*_wakeups]:
        wakeup = weak()
        if wakeup is not None:
            wakeup._lock = RLock()


os.register_at_fork(after_in_child=_after_fork_in_child)


class Async(Handle):
    """libuv's `uv_async_t`: active, and so keeping the loop alive, from the start."""

    __slots__ = ("_callback", "_sent")

    def __init__(self, loop: Loop, callback: Callable[[], object]) -> None:
        super().__init__(loop)
        self._callback = callback
        self._sent = False
        self._set_active()

    def send(self) -> None:
        """Have the callback called in the loop's thread, in its next poll step. For any thread, at any time.

        Sends before the callback runs become one. A send to a closing handle does nothing.
        """
        if self._sent or self._closing:
            return
        self._sent = True
        self.loop._wakeup.mark(self._deliver)

    def _deliver(self) -> None:
        if self._sent:
            self._sent = False
            if not self._closing:
                self._callback()
