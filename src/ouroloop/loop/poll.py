"""Poll: watch a descriptor that somebody else owns.

Theory of operation. For libraries that do their own input and output (a name resolver, a database client) and only
want to be told when a descriptor is ready. The handle watches the number but does not own it: its user opens it, closes
it, and should `stop` the handle before closing it.

Users forget. So before each call the handle makes sure of two things: that the number still stands for the file that
the watch began with, and that what the queue reported is still true (a callback earlier in the batch may have read the
data). If the file was closed, or its number now belongs to another file, the callback gets EBADF once and the handle
stops: it never hears of a file that is not its own.

What surprises people: on an error or a hangup every watched event is reported, as if the descriptor were ready; the
next read or write then tells what is wrong. And the watch is level-triggered: data that is left unread is reported
again in the next turn.
"""

from __future__ import annotations

import errno
import os

from .errors import error
from .handle import Handle
from .queue import DISCONNECT, ERROR, HANGUP, PRIORITIZED, READABLE, WRITABLE, is_ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .loop import Loop

PollCallback: TypeAlias = "Callable[[OSError | None, int], object]"

_ALL_EVENTS = READABLE | WRITABLE | PRIORITIZED | DISCONNECT


class Poll(Handle):
    """libuv's `uv_poll_t`. One descriptor can be watched by one handle at a time."""

    __slots__ = ("_callback", "_events", "_fd")

    def __init__(self, loop: Loop, fd: int) -> None:
        """Watch `fd`, which is set to not block, as in libuv. Raises `OSError` EBADF when it is not open."""
        os.set_blocking(fd, False)
        super().__init__(loop)
        self._fd = fd
        self._events = 0
        self._callback: PollCallback | None = None

    def fileno(self) -> int:
        """The descriptor's number (uv_fileno)."""
        return self._fd

    def start(self, events: int, callback: PollCallback) -> None:
        """Call `callback(error, events)` whenever one of `events` is true (uv_poll_start).

        `events` is a mask of READABLE, WRITABLE, PRIORITIZED (urgent data) and DISCONNECT (the other side will send no
        more); 0 stops. Starting a started handle replaces events and callback. The callback's error is EBADF, once,
        when the file was closed behind the loop's back; the handle is stopped then.

        Raises `OSError`: EINVAL on a closing handle, EBADF when the descriptor is not open, EPERM when it is of a kind
        that is always ready (a regular file), EEXIST when another handle watches it. `ValueError` for other events.
        """
        self._require_open()
        if events & ~_ALL_EVENTS:
            raise ValueError(f"events is a mask of READABLE, WRITABLE, PRIORITIZED and DISCONNECT, not {events:#x}")
        if not events:
            self.stop()
            return
        if self._active and not self._is_current():
            self.stop()
        self.loop._watch(self._fd, events, self._on_event)
        self._events = events
        self._callback = callback
        self._set_active()

    def stop(self) -> None:
        """Watch no longer; then the descriptor may be closed (uv_poll_stop). A stopped handle may be stopped."""
        if self._active:
            self.loop._watch(self._fd, 0, self._on_event)
            self._set_inactive()

    def _is_current(self) -> bool:
        queue = self.loop._queue
        return queue.callbacks.get(self._fd) == self._on_event and queue.is_current(self._fd)

    def _on_event(self, what: int) -> None:
        if not self._active:
            return
        if not self._is_current():
            self._on_lost()
            return
        now = is_ready(self._fd, self._events)
        if not now:
            return
        events = now & self._events
        if now & (ERROR | HANGUP):
            events = self._events
        assert self._callback is not None
        self._callback(None, events)

    def _on_lost(self) -> None:
        self.stop()
        assert self._callback is not None
        self._callback(error(errno.EBADF), 0)

    def _stop_for_close(self) -> None:
        self.stop()
