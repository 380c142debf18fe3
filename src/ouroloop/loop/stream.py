"""Stream: what Tcp, Pipe and Tty have in common: reading, writing, listening, connecting.

Theory of operation. A stream watches its descriptor only for what somebody waits for: READABLE while reading or
listening, WRITABLE while bytes are queued or a connection is being made. A write is tried at once, since a socket's
buffer almost always has room; what does not fit is queued, in order, and written when the descriptor is writable.

One event reads at most 32 times and finishes at most 32 writes, so that one fast peer cannot hold up all others.

What surprises people: the callback of a write never runs inside `write`, even when every byte left at once: it runs
in the pending step. A stream that is only *writing* is not active; its outstanding requests keep the loop alive. And
a write that fails takes all queued ones with it, since a stream with a hole in it is worse than one that ends.
"""

from __future__ import annotations

import errno
import os

from .errors import error
from .io_handle import IoHandle, IoRequest
from .queue import ERROR, HANGUP, INVALID, READABLE, WRITABLE
from .request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence
    from typing import Any, Self, TypeAlias

    from .loop import Loop
else:
    from _collections import deque

Data = bytes | bytearray | memoryview
ReadCallback: TypeAlias = "Callable[[OSError | None, bytes], object]"
DoneCallback: TypeAlias = "Callable[[OSError | None], object]"

_READ_SIZE = 65536
_READS_PER_EVENT = 32
_WRITES_PER_EVENT = 32
_SHUT_WR = 1  # the same everywhere; a terminal need not import `socket`
IOV_MAX = 1024
_FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS)


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
        raise error(errno.ENOTSOCK)

    def listen(self, backlog: int) -> None:
        raise error(errno.ENOTSOCK)

    def detach(self) -> int:
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self.detach())


class WriteRequest(IoRequest):
    """A write under way (libuv's `uv_write_t`). `handles` are what travels with its first byte (see `Pipe.write`)."""

    __slots__ = ("buffers", "handles")

    def __init__(
        self, loop: Loop, buffers: list[Data], callback: DoneCallback | None, handles: Sequence[Any] = ()
    ) -> None:
        # What Request.__init__ does, without the call. A loop with an open stream is not closed.
        self.loop = loop
        self.callback = callback
        self.done = False
        loop._active_requests += 1
        self.buffers = buffers
        self.handles = handles


class Stream(IoHandle):
    """libuv's `uv_stream_t`."""

    ipc = False
    """Whether descriptors can travel on it."""

    __slots__ = (
        "_accepted", "_blocking_writes", "_connect_request", "_connection_callback", "_read_callback", "_read_size",
        "_readable", "_shutdown_request", "_writable", "_writes", "write_queue_size",
    )

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._readable = False
        self._writable = False
        self._blocking_writes = False
        self._read_callback: ReadCallback | None = None
        self._read_size = _READ_SIZE
        self._connection_callback: DoneCallback | None = None
        self._accepted: tuple[int, Any] | None = None
        self._connect_request: Request | None = None
        self._shutdown_request: Request | None = None
        self._writes: deque[WriteRequest] | None = None
        self.write_queue_size = 0
        """How many bytes are queued and not yet written (uv_stream_get_write_queue_size)."""

    @property
    def is_readable(self) -> bool:
        """Whether the stream can be read from: it is connected or connecting, and never failed (uv_is_readable)."""
        return self._readable

    @property
    def is_writable(self) -> bool:
        """Whether the stream can be written to: as above, and `shutdown` was not called (uv_is_writable)."""
        return self._writable

    def _adopt_open(self, io: Any, *, readable: bool = True, writable: bool = True) -> None:
        """Take over a descriptor with something at its other end."""
        self._adopt(io)
        self._readable = readable
        self._writable = writable

    @property
    def is_reading(self) -> bool:
        """Whether what arrives is read."""
        return self._read_callback is not None

    @property
    def read_size(self) -> int:
        """How many bytes are read at a time, at most."""
        return self._read_size

    # Reading

    def read_start(
        self, callback: ReadCallback, size: int = _READ_SIZE, together: int = 0,
    ) -> None:
        """Call `callback(error, data)` for what arrives, `size` bytes at most, b"" at the end (uv_read_start).

        After the end or an error nothing more is read. Reading again replaces the callback. Raises `OSError` EINVAL on
        a closing stream, ENOTCONN on one that has no other end to read from.

        `together` is a number under which `Loop.reader` knows the descriptor: when it is ready for nothing but reading,
        `reader(numbers)` is called instead, with the numbers of all such streams that have their turn now, and reads.
        It tells `read_failed` what read(2) gave, if that was no bytes. All else is as before.
        """
        self._require_open()
        if not self._readable:
            raise error(errno.ENOTCONN)
        self._want(self._events | READABLE)
        self._read_callback = callback
        self._read_size = size
        self._set_active()
        self.loop._read_together(self._fd, self._on_event, together)

    def read_failed(self, code: int) -> None:
        """read(2), called by somebody else, gave no bytes: `code` is an errno, or 0 for the end."""
        if self._read_callback is None:
            return
        if code:
            self._read_failed(error(code))
        else:
            self._end_read(None)

    def read_stop(self) -> None:
        """Read no more for now; the kernel keeps what arrives until its buffer is full (uv_read_stop)."""
        if self._read_callback is None:
            return
        self._read_callback = None
        self._set_inactive()
        if not self._closing:
            self._want(self._events & ~READABLE)

    def _do_read(self) -> None:
        recv, size = self._io.recv, self._read_size
        for _ in range(_READS_PER_EVENT):
            try:
                data = recv(size)
            except OSError as exc:
                self._read_failed(exc)
                return
            if not data:
                self._end_read(None)
                return
            callback = self._read_callback
            assert callback is not None
            callback(None, data)
            if len(data) < size or self._read_callback is None:
                return

    def _read_failed(self, exc: OSError) -> None:
        if isinstance(exc, BlockingIOError):
            self._check_number()
        elif not self._lost_by(exc):
            self._readable = self._writable = False
            self._end_read(exc)

    def _end_read(self, failure: OSError | None) -> None:
        callback = self._read_callback
        self.read_stop()
        if callback is not None:
            callback(failure, b"")

    # Writing

    def write(self, data: Data | Sequence[Data], callback: DoneCallback | None = None) -> WriteRequest:
        """Write a buffer, or several as one, after all that is queued; then `callback(error)` (uv_write).

        The buffers must not be changed until then. Raises `OSError` EBADF when there is no descriptor or the stream is
        closing, EPIPE when it cannot be written to (after `shutdown`, for example).
        """
        if not self._writable:
            raise self._unwritable()
        if type(data) is not bytes or self._writes or self._connect_request is not None:
            return self._submit(WriteRequest(self.loop, buffers_of(data), callback))
        # One buffer and nothing before it, the case of nearly every write: as `_submit`, in half the time (1 µs less).
        request = WriteRequest(self.loop, [data], callback)
        try:
            sent = self._io.send(data)
        except OSError as exc:
            return self._submit(request) if exc.errno in _FULL else self._refuse(request, exc)
        if sent < len(data):
            request.buffers[0] = memoryview(data)[sent:]
            return self._submit(request)
        if callback is None:
            request._finish()
        else:
            self._complete(request, None)
        return request

    def try_write(self, data: Data | Sequence[Data]) -> int:
        """Write what can be written at once and return how many bytes that was (uv_try_write).

        Raises `BlockingIOError` (EAGAIN) when that is none, or when writes are queued or a connection is being made;
        else as `write`, and what write(2) raises.
        """
        if self._writes or self._connect_request is not None:
            raise error(errno.EAGAIN)
        if not self._writable:
            raise self._unwritable()
        if isinstance(data, (bytes, bytearray, memoryview)):
            return self._io.send(data)  # type: ignore[no-any-return]
        return self._io.sendmsg(data[:IOV_MAX])  # type: ignore[no-any-return]

    @property
    def raw_write(self) -> Callable[[Data], int]:
        """The write(2) that `try_write` ends in, as a function to keep: 0.2 µs less for a write.

        Only for who knows, at each call, that the stream is writable and `write_queue_size` is 0.
        """
        return self._io.send  # type: ignore[no-any-return]

    def _unwritable(self) -> OSError:
        return error(errno.EBADF if self._fd < 0 or self._closing else errno.EPIPE)

    def _submit(self, request: WriteRequest) -> WriteRequest:
        self.write_queue_size += size_of(request.buffers)
        if self._writes is None:
            self._writes = deque()
        if self._writes or self._connect_request is not None:
            self._writes.append(request)
            return request
        try:
            if not self._write_some(request):
                self._want(self._events | WRITABLE)
                self._writes.append(request)
                return request
        except OSError as exc:
            self._forget_buffers(request)
            return self._refuse(request, exc)
        self._complete(request, None)
        return request

    def _refuse(self, request: WriteRequest, failure: OSError) -> WriteRequest:
        """The system took nothing of a write that was tried at once."""
        self._complete(request, failure)
        if self._tells_of_loss(failure):
            self.loop.defer(self._lost_by, failure)
        return request

    def _write_some(self, request: WriteRequest) -> bool:
        """Write until the request is done (True) or the descriptor is full (False). Raises `OSError`."""
        buffers = request.buffers
        while buffers:
            try:
                sent = self._send(request)
            except OSError as exc:
                if exc.errno in _FULL:
                    return False
                raise
            self.write_queue_size -= sent
            if not _drop_sent(buffers, sent) and not self._blocking_writes:
                return False
        return True

    def _send(self, request: WriteRequest) -> int:
        """One system call's worth of `request`."""
        buffers = request.buffers
        if len(buffers) == 1:
            return self._io.send(buffers[0])  # type: ignore[no-any-return]
        return self._io.sendmsg(buffers[:IOV_MAX])  # type: ignore[no-any-return]

    def _flush(self) -> None:
        writes = self._writes
        assert writes is not None
        for _ in range(_WRITES_PER_EVENT):
            if not writes:
                break
            request = writes[0]
            try:
                if not self._write_some(request):
                    break
            except OSError as exc:
                if self._lost_by(exc):
                    return
                self._fail_writes(exc)
                break
            writes.popleft()
            request.failure = None
            self._finished.append(request)
        if not writes:
            self._want(self._events & ~WRITABLE)
        self._settle()

    def _fail_writes(self, failure: OSError) -> None:
        """No byte will leave any more: every queued write is over with `failure`."""
        while self._writes:
            request = self._writes.popleft()
            self._forget_buffers(request)
            request.failure = failure
            self._finished.append(request)

    def _forget_buffers(self, request: WriteRequest) -> None:
        self.write_queue_size -= size_of(request.buffers)
        request.buffers.clear()

    def _settle(self) -> None:
        """Call back for the writes that are over; after the last one, shut down if that was asked for."""
        if self._finished:
            super()._settle()
        if self._shutdown_request is None or self._closing:
            return
        if not self._finished and not self._writes and self._connect_request is None:
            self._finish_shutdown()

    def shutdown(self, callback: DoneCallback | None = None) -> Request:
        """Once all queued writes are out, tell the other side that no more will come; then `callback(error)`.

        Raises `OSError` ENOTCONN when the stream cannot be written to: it has no connection, was shut down already, or
        is closing. A plain pipe has no such end: its callback gets ENOTSOCK (uv_shutdown).
        """
        if not self._writable or self._closing:
            raise error(errno.ENOTCONN)
        self._writable = False
        request = self._shutdown_request = Request(self.loop, callback)
        if not self._writes and self._connect_request is None:
            self.loop.defer(self._settle)
        return request

    def _finish_shutdown(self) -> None:
        request, self._shutdown_request = self._shutdown_request, None
        assert request is not None
        failure: OSError | None = None
        try:
            self._io.shutdown(_SHUT_WR)
        except OSError as exc:
            failure = exc
        request._finish(failure)

    # Listening

    def _listen(self, callback: DoneCallback) -> None:
        if self._accepted is None:
            self._want(self._events | READABLE)
        self._connection_callback = callback
        self._set_active()

    def accept(self) -> Self:
        """The connection that the callback of `listen` announced, as a new handle (uv_accept).

        No other is announced before this one is accepted. Raises `BlockingIOError` if there is none.
        """
        if self._accepted is None:
            raise error(errno.EAGAIN)
        (fd, peer), self._accepted = self._accepted, None
        if self._connection_callback is not None:
            self._want(self._events | READABLE)
        return self._new_connection(fd, peer)

    def _new_connection(self, fd: int, peer: Any) -> Self:
        raise NotImplementedError

    def _on_connection(self) -> None:
        """One for each turn, as in libuv: what the others have brought about comes in between."""
        callback = self._connection_callback
        if callback is None:
            return
        try:
            self._accepted = self._io._accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as exc:
            self._on_accept_failed(exc)
            return
        self._announce(callback)
        if self._accepted is not None:
            self._pause_listening()

    def _on_accept_failed(self, failure: OSError) -> None:
        if failure.errno in (errno.EMFILE, errno.ENFILE) and self.loop._give_up_reserve(self._io._accept):
            return
        if self._lost_by(failure):
            return
        callback = self._connection_callback
        assert callback is not None
        if failure.errno == errno.EINVAL:
            # It listens no more: somebody shut it down. Every wait would report it as ready.
            self._connection_callback = None
            self._want(0)
            self._set_inactive()
        callback(failure)

    def _announce(self, callback: DoneCallback) -> None:
        try:
            callback(None)
        except BaseException:
            self._drop_accepted()
            raise

    def _pause_listening(self) -> None:
        if self._closing:
            self._drop_accepted()
        else:
            self._want(self._events & ~READABLE)

    def _drop_accepted(self) -> None:
        """Nobody will accept the connection that was announced."""
        if self._accepted is not None:
            os.close(self._accepted[0])
            self._accepted = None

    # Connecting

    def _start_connect(self, code: int, request: Request) -> None:
        """`code` is what connect(2) answered."""
        self._connect_request = request
        self._readable = self._writable = True
        if code in (0, errno.EINPROGRESS, errno.EINTR):
            self._want(self._events | WRITABLE)
        else:
            self.loop.defer(self._finish_connect, error(code))

    def _on_connected(self) -> None:
        try:
            import socket

            code = self._io.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        except OSError as exc:
            if not self._lost_by(exc):
                self._finish_connect(exc)
            return
        if code != errno.EINPROGRESS:
            self._finish_connect(error(code) if code else None)

    def _finish_connect(self, failure: OSError | None) -> None:
        """The connect callback comes first; then, if it failed, queued writes are answered with ECANCELED."""
        request = self._connect_request
        if request is None or self._closing:
            return
        self._connect_request = None
        if failure is not None:
            self._fail_writes(error(errno.ECANCELED))
        if not self._writes:
            self._want(self._events & ~WRITABLE)
        if self._finished or self._shutdown_request is not None:
            self.loop.defer(self._settle)
        request._finish(failure)

    # Events

    def _on_event(self, events: int) -> None:
        if events == READABLE and self._read_callback is not None and self._connect_request is None:
            # By far the most frequent event: the first read without the loop of `_do_read`, which costs 0.3 µs.
            try:
                data = self._io.recv(self._read_size)
            except OSError as exc:
                self._read_failed(exc)
                return
            if not data:
                self._end_read(None)
                return
            self._read_callback(None, data)
            if len(data) == self._read_size and self._read_callback is not None:
                self._do_read()
            return
        if events & INVALID:
            self._on_lost()
            return
        if self._connection_callback is not None:
            self._on_connection()
            return
        if self._connect_request is not None:
            self._on_connected()
            return
        if events & (READABLE | ERROR) and self._read_callback is not None:
            self._do_read()
        if events & HANGUP and self._read_callback is not None:
            # Nothing left to read and nobody left to write: a terminal whose other side is gone says no more than this.
            # With something left to read, the end is for the next turn, after the immediates; but a channel's comes
            # before its child's exit, which this turn may tell.
            if not events & READABLE:
                self._end_read(None)
            elif self.ipc:
                self._do_read()
        if events & (WRITABLE | ERROR | HANGUP) and self._writes and not self._closing:
            self._flush()

    def _fail_lost(self, failure: OSError) -> None:
        if self._closing:
            return
        self._readable = self._writable = False
        read, self._read_callback = self._read_callback, None
        listen, self._connection_callback = self._connection_callback, None
        self._set_inactive()
        self._fail_writes(failure)
        connect, self._connect_request = self._connect_request, None
        shutdown, self._shutdown_request = self._shutdown_request, None
        if connect is not None:
            self.loop.defer(connect._finish, failure)
        self.loop.defer(self._settle)
        if shutdown is not None:
            self.loop.defer(shutdown._finish, failure)
        if listen is not None:
            listen(failure)
        elif read is not None:
            read(failure, b"")

    # Closing

    def _stop_for_close(self) -> None:
        super()._stop_for_close()
        self._readable = self._writable = False
        self._read_callback = None
        self._connection_callback = None

    def _release(self) -> None:
        super()._release()
        self._drop_accepted()
        canceled = error(errno.ECANCELED)
        connect, self._connect_request = self._connect_request, None
        if connect is not None:
            self._call_back(connect, canceled)
        self._fail_writes(canceled)
        self._settle()
        shutdown, self._shutdown_request = self._shutdown_request, None
        if shutdown is not None:
            self._call_back(shutdown, canceled)


def buffers_of(data: Data | Sequence[Data]) -> list[Data]:
    """`data` as a list of buffers. Raises `TypeError` for what is none, `ValueError` for a view with gaps."""
    if isinstance(data, bytes):
        return [data]
    buffers: list[Data] = [data] if isinstance(data, (bytearray, memoryview, str)) else list(data)
    for buffer in buffers:
        if not isinstance(buffer, (bytes, bytearray, memoryview)):
            raise TypeError(f"can write bytes, bytearray, memoryview or a list of these, not {type(buffer).__name__}")
        if isinstance(buffer, memoryview) and not buffer.c_contiguous:
            raise ValueError("a memoryview can be written only if it is contiguous: copy it with bytes() first")
    return buffers


def _drop_sent(buffers: list[Data], sent: int) -> bool:
    """Drop the first `sent` bytes of `buffers`; whether that was all that one system call was given."""
    limit = min(len(buffers), IOV_MAX)
    count = 0
    while count < limit:
        size = _size(buffers[count])
        if sent < size:
            if sent:
                buffers[count] = memoryview(buffers[count]).cast("B")[sent:]
            break
        sent -= size
        count += 1
    del buffers[:count]
    return count == limit


def size_of(buffers: list[Data]) -> int:
    """How many bytes all `buffers` have."""
    return sum(map(_size, buffers))


def _size(data: Data) -> int:
    return data.nbytes if isinstance(data, memoryview) else len(data)
