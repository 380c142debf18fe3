"""IoHandle: what every handle over one descriptor has in common: streams and UDP sockets.

Theory of operation. Such a handle owns a descriptor from the moment it is made until the closing step, and watches it
only for what somebody waits for. Requests that are over already (a write that left at once) are answered together in
the pending step, in the order in which they were over, and in any case before the closing callback.

What surprises people: the descriptor may be closed by somebody else while the handle lives. As soon as the event queue
notices, the handle is *lost*: it answers everything it owes with EBADF and never touches the number again, which may
be another file's by now. And the descriptors 0, 1 and 2 are never closed, as in libuv: the next file opened would
become the process's standard input or output.
"""

from __future__ import annotations

import errno
import os

from .errors import error
from .handle import Handle
from .request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

    from .loop import Loop

_LAST_STANDARD_DESCRIPTOR = 2


class IoRequest(Request):
    """A request of an `IoHandle`; `failure` is what its callback will be told."""

    __slots__ = ("failure",)
    failure: OSError | None


class IoHandle(Handle):
    """A handle over one descriptor (libuv's `uv__io_t` with its handle)."""

    __slots__ = ("_events", "_fd", "_finished", "_io")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._io: Any = None
        self._fd = -1
        self._events = 0
        self._finished: list[IoRequest] = []

    def fileno(self) -> int:
        """The descriptor (uv_fileno). Raises `OSError` EBADF when there is none, or the handle is closing."""
        if self._fd < 0 or self._closing:
            raise error(errno.EBADF)
        return self._fd

    def set_blocking(self, blocking: bool) -> None:
        """Let the descriptor block, or not, in every process that shares its open file (uv_stream_set_blocking).

        Raises `OSError` EBADF when there is no descriptor.
        """
        os.set_blocking(self.fileno(), blocking)

    def _adopt(self, io: Any) -> None:
        """Take over a socket, or what behaves like one."""
        self._io = io
        self._fd = io.fileno()

    def _taken(self, sock: socket.socket | int) -> socket.socket:
        """A socket, or a socket's descriptor, that somebody gives this handle; it does not block from now on.

        Raises `OSError` EBUSY when the handle has one already, EINVAL when it is closing, ENOTSOCK.
        """
        self._require_open()
        if self._fd >= 0:
            raise error(errno.EBUSY)
        if isinstance(sock, int):
            import socket

            sock = socket.socket(fileno=sock)
        sock.setblocking(False)
        return sock

    # Watching

    def _want(self, events: int) -> None:
        """Watch for `events` from now on. Raises `OSError` only if nothing was watched before.

        A handle that is lost and does not know yet changes nothing: the number may be another handle's.
        """
        if events == self._events:
            return
        on_event = self._on_event
        if self._events and self.loop._queue.callbacks.get(self._fd) != on_event:
            return
        self.loop._watch(self._fd, events, on_event)
        self._events = events

    def _on_event(self, events: int) -> None:
        """The descriptor is ready for `events`, or lost."""
        raise NotImplementedError

    def _on_lost(self) -> None:
        """Somebody closed the descriptor behind the loop's back."""
        if self._fd >= 0:
            self._disown()
            self._fail_lost(error(errno.EBADF))

    def _fail_lost(self, failure: OSError) -> None:
        """Answer everything with `failure`, unless the handle is closing and will answer with ECANCELED."""
        raise NotImplementedError

    def _lost_by(self, failure: OSError) -> bool:
        """Whether a system call failed because the descriptor is no longer ours; then everything is answered."""
        if self._fd < 0 or not self._tells_of_loss(failure):
            return False
        if self._events:
            self._unwatch()
        self._on_lost()
        return True

    def _tells_of_loss(self, failure: OSError) -> bool:
        if failure.errno != errno.EBADF:
            return failure.errno == errno.ENOTSOCK
        try:
            os.fstat(self._fd)
        except OSError:
            return True
        return False

    def _check_number(self) -> None:
        """Ready, but nothing there: the event may be that of a file whose number is another file's by now."""
        queue = self.loop._queue
        if queue.callbacks.get(self._fd) == self._on_event and not queue.is_current(self._fd):
            self._unwatch()
            self._on_lost()

    def _disown(self) -> None:
        """The number is no longer ours: never touch it again."""
        self._io.detach()
        self._fd = -1
        self._events = 0

    # Finished requests

    def _complete(self, request: IoRequest, failure: OSError | None) -> None:
        """`request` is over; its callback is called in the pending step."""
        request.failure = failure
        if not self._finished:
            self.loop.defer(self._settle)
        self._finished.append(request)

    def _settle(self) -> None:
        """Call back for the requests that are over."""
        finished, self._finished = self._finished, []
        for position, request in enumerate(finished, 1):
            try:
                request._finish(request.failure)
            except BaseException as exc:
                if not self.loop._take(exc):
                    self._finished[:0] = finished[position:]
                    self.loop.defer(self._settle)
                    raise

    def _call_back(self, request: Request, failure: OSError | None) -> None:
        """Finish one of several requests: what its callback raises must not keep the others from theirs."""
        try:
            request._finish(failure)
        except BaseException as exc:
            if not self.loop._take(exc):
                raise

    # Closing

    def _stop_for_close(self) -> None:
        if self._fd < 0:
            return
        if self._events and not self._unwatch():
            self._disown()
            return
        if self._fd > _LAST_STANDARD_DESCRIPTOR:
            # The other side sees the end at once, and an address is free, as with libuv. Out of descriptors, that waits
            # until the closing step.
            try:
                self.loop._vacate(self._fd)
            except OSError:
                pass

    def _unwatch(self) -> bool:
        """Watch for nothing any more; whether the descriptor is still ours."""
        queue, self._events = self.loop._queue, 0
        if queue.callbacks.get(self._fd) != self._on_event:
            return False
        current = queue.is_current(self._fd)
        queue.remove(self._fd)
        return current

    def _release(self) -> None:
        """May raise what a callback raised; called again, it goes on with what is left."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        if fd <= _LAST_STANDARD_DESCRIPTOR:
            self._io.detach()
            return
        # close(2) gives the number up even when it fails, and nobody is left who could do something about a failure.
        try:
            self._io.close()
        except OSError:
            pass
