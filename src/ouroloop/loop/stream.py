"""Stream: what Tcp, Pipe and Tty have in common: reading, writing, listening, connecting.

Theory of operation. A stream watches its descriptor only for what somebody waits for: READABLE while reading or
listening, WRITABLE while bytes are queued or a connection is being made. A write is tried at once, since a socket's
buffer almost always has room; what does not fit is queued, in order, and written when the descriptor is writable.

What surprises people: the callback of a write never runs inside `write`, even when every byte left at once: it runs
in the pending step. And a stream that is only *writing* is not active; its outstanding requests keep the loop alive.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Union

from .errors import error
from .handle import Handle
from .queue import ERROR, HANGUP, INVALID, READABLE, WRITABLE
from .request import Request

if TYPE_CHECKING:
    from .loop import Loop

Data = Union[bytes, bytearray, memoryview]
ReadCallback = Callable[[Union[OSError, None], bytes], object]
DoneCallback = Callable[[Union[OSError, None]], object]

_READ_SIZE = 65536
_READS_PER_EVENT = 32
_IOV_MAX = 1024


class FileIO:
    """A plain descriptor (a pipe, a terminal) with the few methods of a socket that a stream uses."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def recv(self, size: int) -> bytes:
        return os.read(self._fd, size)

    def send(self, data: Data) -> int:
        return os.write(self._fd, data)

    def sendmsg(self, buffers: Sequence[Data]) -> int:
        return os.writev(self._fd, buffers)

    def shutdown(self, how: int) -> None:
        raise error(errno.ENOTCONN)

    def detach(self) -> int:
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self.detach())


class WriteRequest(Request):
    """A write under way (libuv's `uv_write_t`)."""

    __slots__ = ("buffers", "handles")

    def __init__(self, loop: Loop, buffers: list[Data], callback: DoneCallback | None) -> None:
        super().__init__(loop, callback)
        self.buffers = buffers
        self.handles: list[int] = []


class Stream(Handle):
    """libuv's `uv_stream_t`."""

    __slots__ = (
        "_connect_request", "_connection_callback", "_events", "_fd", "_io", "_read_callback", "_shutdown_request",
        "_writes", "write_queue_size",
    )

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._io: Any = None
        self._fd = -1
        self._events = 0
        self._read_callback: ReadCallback | None = None
        self._connection_callback: DoneCallback | None = None
        self._connect_request: Request | None = None
        self._shutdown_request: Request | None = None
        self._writes: deque[WriteRequest] | None = None
        self.write_queue_size = 0
        """How many bytes are queued and not yet written (uv_stream_get_write_queue_size)."""

    def fileno(self) -> int:
        """The descriptor (uv_fileno). Raises `OSError` EBADF when there is none."""
        if self._fd < 0 or self.closed:
            raise error(errno.EBADF)
        return self._fd

    def _adopt(self, io: Any) -> None:
        """Take over a socket (or `FileIO`) that is open and does not block."""
        self._io = io
        self._fd = io.fileno()

    def _want(self, events: int) -> None:
        if events != self._events:
            self.loop._watch(self._fd, events, self._on_event)
            self._events = events

    # Reading

    def read_start(self, callback: ReadCallback) -> None:
        """Call `callback(error, data)` for what arrives; `data` is b"" at the end (uv_read_start).

        After the end or an error nothing more is read. Reading again replaces the callback. Raises `OSError` EINVAL on a
        closing stream, ENOTCONN on one with no descriptor.
        """
        self._require_open()
        if self._fd < 0:
            raise error(errno.ENOTCONN)
        self._read_callback = callback
        self._want(self._events | READABLE)
        self._set_active()

    def read_stop(self) -> None:
        """Read no more for now; the kernel keeps what arrives until its buffer is full (uv_read_stop)."""
        if self._read_callback is not None:
            self._read_callback = None
            if not self._closing:
                self._want(self._events & ~READABLE)
            if self._connection_callback is None:
                self._set_inactive()

    def _do_read(self) -> None:
        recv = self._io.recv
        for _ in range(_READS_PER_EVENT):
            try:
                data = recv(_READ_SIZE)
            except BlockingIOError:
                return
            except OSError as exc:
                self._end_read(exc)
                return
            if not data:
                self._end_read(None)
                return
            callback = self._read_callback
            assert callback is not None
            callback(None, data)
            if len(data) < _READ_SIZE or self._read_callback is None:
                return

    def _end_read(self, exc: OSError | None) -> None:
        callback = self._read_callback
        self.read_stop()
        if callback is not None:
            callback(exc, b"")

    # Writing

    def write(self, data: Data | Sequence[Data], callback: DoneCallback | None = None) -> WriteRequest:
        """Write a buffer, or several as one, after all that is queued; then `callback(error)` (uv_write).

        The buffers must not be changed until then. Raises `OSError` EBADF when there is no descriptor or the stream is
        closing, EPIPE after `shutdown`.
        """
        if self._fd < 0 or self._closing:
            raise error(errno.EBADF)
        if self._shutdown_request is not None:
            raise error(errno.EPIPE)
        buffers: list[Data] = [data] if isinstance(data, (bytes, bytearray, memoryview)) else list(data)
        request = WriteRequest(self.loop, buffers, callback)
        return self._submit(request)

    def _submit(self, request: WriteRequest) -> WriteRequest:
        self.write_queue_size += sum(map(_size, request.buffers))
        if self._writes is None:
            self._writes = deque()
        self._writes.append(request)
        if len(self._writes) == 1 and self._connect_request is None:
            try:
                written = self._write_some(request)
            except OSError as exc:
                self._writes.popleft()
                self._forget_buffers(request)
                self.loop.defer(request._finish, exc)
                return request
            if written:
                self._writes.popleft()
                if request.callback is None:
                    request._finish()
                else:
                    self.loop.defer(request._finish, None)
                return request
        self._want(self._events | WRITABLE)
        return request

    def try_write(self, data: Data | Sequence[Data]) -> int:
        """Write what can be written at once and return how many bytes that was (uv_try_write).

        Raises `BlockingIOError` (EAGAIN) when that is none, or when writes are queued or a connection is being made.
        """
        if self._fd < 0 or self._closing:
            raise error(errno.EBADF)
        if self._writes or self._connect_request is not None:
            raise error(errno.EAGAIN)
        if isinstance(data, (bytes, bytearray, memoryview)):
            return self._io.send(data)  # type: ignore[no-any-return]
        return self._io.sendmsg(data[:_IOV_MAX])  # type: ignore[no-any-return]

    def _write_some(self, request: WriteRequest) -> bool:
        """Write until the request is done (True) or the descriptor is full (False). Raises `OSError`."""
        buffers = request.buffers
        while True:
            try:
                sent = self._send(request)
            except BlockingIOError:
                return False
            self.write_queue_size -= sent
            while buffers and sent >= _size(buffers[0]):
                sent -= _size(buffers[0])
                buffers.pop(0)
            if not buffers:
                return True
            if sent:
                buffers[0] = memoryview(buffers[0]).cast("B")[sent:]

    def _send(self, request: WriteRequest) -> int:
        """One system call's worth of `request`."""
        buffers = request.buffers
        if len(buffers) == 1:
            return self._io.send(buffers[0])  # type: ignore[no-any-return]
        return self._io.sendmsg(buffers[:_IOV_MAX]) if buffers else 0

    def _flush(self) -> None:
        writes = self._writes
        while writes:
            request = writes[0]
            try:
                if not self._write_some(request):
                    return
            except OSError as exc:
                self._fail_writes(exc)
                return
            writes.popleft()
            self._call_back(request, None)
        if not self._closing:
            self._want(self._events & ~WRITABLE)
            if self._shutdown_request is not None:
                self._finish_shutdown()

    def _fail_writes(self, exc: OSError) -> None:
        """No byte will leave any more: every queued write gets `exc`."""
        if not self._closing:
            self._want(self._events & ~WRITABLE)
        writes = self._writes
        while writes:
            request = writes.popleft()
            self._forget_buffers(request)
            self._call_back(request, exc)
        if self._shutdown_request is not None:
            shutdown, self._shutdown_request = self._shutdown_request, None
            self._call_back(shutdown, exc)

    def _forget_buffers(self, request: WriteRequest) -> None:
        self.write_queue_size -= sum(map(_size, request.buffers))
        request.buffers.clear()

    def _call_back(self, request: Request, exc: OSError | None) -> None:
        """Finish one of several requests: what its callback raises must not keep the others from theirs."""
        try:
            request._finish(exc)
        except BaseException as raised:
            if not self.loop._take(raised):
                raise

    def shutdown(self, callback: DoneCallback | None = None) -> Request:
        """When all queued writes are out, tell the other side that no more will come; then `callback(error)` (uv_shutdown).

        Raises `OSError` ENOTCONN when there is no connection, was a shutdown already, or the stream is closing.
        """
        if self._fd < 0 or self._closing or self._shutdown_request is not None:
            raise error(errno.ENOTCONN)
        request = self._shutdown_request = Request(self.loop, callback)
        if not self._writes and self._connect_request is None:
            self.loop.defer(self._finish_shutdown)
        return request

    def _finish_shutdown(self) -> None:
        request = self._shutdown_request
        if request is None or request.done:
            return
        failure: OSError | None = None
        try:
            self._io.shutdown(socket.SHUT_WR)
        except OSError as exc:
            failure = exc
        request._finish(failure)

    # Listening and connecting

    def _listen(self, callback: DoneCallback) -> None:
        self._connection_callback = callback
        self._want(self._events | READABLE)
        self._set_active()

    def _start_connect(self, code: int, request: Request) -> None:
        """`code` is what connect(2) answered."""
        self._connect_request = request
        if code in (0, errno.EINPROGRESS, errno.EINTR):
            self._want(self._events | WRITABLE)
        else:
            self.loop.defer(self._finish_connect, error(code))

    def _finish_connect(self, failure: OSError | None) -> None:
        request = self._connect_request
        if request is None:
            return
        self._connect_request = None
        if failure is not None:
            self._fail_writes(failure)
        elif not self._writes:
            self._want(self._events & ~WRITABLE)
            if self._shutdown_request is not None:
                self._finish_shutdown()
        request._finish(failure)

    def _on_connected(self) -> None:
        code = self._io.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == errno.EINPROGRESS:
            return
        if code:
            self._want(self._events & ~WRITABLE)
        self._finish_connect(error(code) if code else None)

    def _on_connection(self) -> None:
        """A listening stream is readable. Tcp and Pipe know how to accept."""
        raise NotImplementedError

    # Events

    def _on_event(self, events: int) -> None:
        if events & INVALID:
            self._on_lost()
            return
        if self._connection_callback is not None:
            self._on_connection()
            return
        if self._connect_request is not None:
            self._on_connected()
            return
        if self._read_callback is not None and events & (READABLE | ERROR | HANGUP):
            self._do_read()
        if self._writes and events & (WRITABLE | ERROR | HANGUP) and not self._closing:
            self._flush()

    def _on_lost(self) -> None:
        """Somebody closed the descriptor behind the loop's back: the number is no longer ours."""
        self._io.detach()
        self._fd = -1
        self._events = 0
        failure = error(errno.EBADF)
        if self._connection_callback is not None:
            callback, self._connection_callback = self._connection_callback, None
            self._set_inactive()
            callback(failure)
        elif self._connect_request is not None:
            self._finish_connect(failure)
        else:
            self._fail_lost(failure)

    def _fail_lost(self, failure: OSError) -> None:
        callback, self._read_callback = self._read_callback, None
        self._set_inactive()
        while self._writes:
            request = self._writes.popleft()
            self._forget_buffers(request)
            self._call_back(request, failure)
        if callback is not None:
            callback(failure, b"")

    # Closing

    def _stop_for_close(self) -> None:
        if self._fd >= 0:
            self.loop._queue.remove(self._fd)
        self._events = 0
        self._read_callback = None
        if self._connection_callback is not None:
            self._connection_callback = None
            self.loop._vacate(self._fd)

    def _release(self) -> None:
        if self._io is not None:
            self._io.close()
            self._fd = -1
        failure = error(errno.ECANCELED)
        connect, self._connect_request = self._connect_request, None
        if connect is not None:
            self._call_back(connect, failure)
        while self._writes:
            request = self._writes.popleft()
            self._forget_buffers(request)
            self._call_back(request, failure)
        shutdown, self._shutdown_request = self._shutdown_request, None
        if shutdown is not None and not shutdown.done:
            self._call_back(shutdown, failure)


def _size(data: Data) -> int:
    return data.nbytes if isinstance(data, memoryview) else len(data)
