"""Pipe: streams within one machine: Unix-domain sockets, anonymous pipes, and any other stream descriptor.

Theory of operation. A `Pipe` is a stream over a Unix-domain socket that is made at `bind` or `connect`, or over a
descriptor that exists (`open`): a pipe's end, one of a pair of sockets, a process's standard input. A name is a path,
or, on Linux, begins with NUL and lives in the kernel's abstract name space. With `ipc=True` descriptors can travel
along with the bytes (SCM_RIGHTS, unix(7)): each arrives before the callback that brings the first of its bytes, and
waits in the pipe until it is accepted.

What surprises people: a path that was bound stays in the file system when its socket is gone; `close` removes it, a
crash does not. And errors of `connect` come to its callback, even those that connect(2) answers at once.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
import socket
import stat
from collections import deque

from .errors import error
from .handle import Handle
from .handle_type import guess_handle
from .request import Request
from .stream import IOV_MAX, Data, DoneCallback, FileIO, Stream, WriteRequest, buffers_of, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .loop import Loop
    from .tcp import Tcp
    from .udp import Udp

Name = str | bytes

_LONGEST_NAME = 108
_DESCRIPTORS_AT_ONCE = 253
_DESCRIPTOR_SIZE = array.array("i").itemsize


class _IpcSocket(socket.socket):
    """A socket that keeps the descriptors which arrive with the bytes."""

    __slots__ = ("received",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.received: deque[int] = deque()

    def recv(self, size: int, flags: int = 0) -> bytes:
        space = socket.CMSG_SPACE(_DESCRIPTORS_AT_ONCE * _DESCRIPTOR_SIZE)
        data, messages, _, _ = self.recvmsg(size, space, flags | getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        for level, kind, payload in messages:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self.received.extend(array.array("i", payload[: len(payload) - len(payload) % _DESCRIPTOR_SIZE]))
        return data


class Pipe(Stream):
    """libuv's `uv_pipe_t`. Names are paths, or abstract names that begin with NUL."""

    __slots__ = ("_path", "ipc")

    def __init__(self, loop: Loop, ipc: bool = False) -> None:
        super().__init__(loop)
        self._path: str | None = None
        self.ipc = ipc
        """Whether descriptors can be passed through this pipe."""

    def _new_socket(self, *args: Any, **kwargs: Any) -> socket.socket:
        sock = (_IpcSocket if self.ipc else socket.socket)(*args, **kwargs)
        sock.setblocking(False)
        return sock

    def open(self, fd: int) -> None:
        """Take over a descriptor: a pipe's, a socket's, a terminal's (uv_pipe_open). It will not block, and is closed
        with the handle.

        Raises `OSError` EBUSY when the handle has a descriptor already, EBADF for one that is not open.
        """
        self._require_open()
        if self._fd >= 0:
            raise error(errno.EBUSY)
        mode = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            self._adopt_open(self._new_socket(fileno=fd))
        else:
            os.set_blocking(fd, False)
            self._adopt_open(FileIO(fd), readable=mode != os.O_WRONLY, writable=mode != os.O_RDONLY)

    # Servers and clients

    def bind(self, name: Name) -> None:
        """Bind to `name` (uv_pipe_bind2); an empty one lets Linux choose an abstract name.

        Raises `OSError`: EINVAL for a name that is too long or a pipe that has a descriptor, EADDRINUSE, EACCES also
        for a folder that does not exist.
        """
        self._require_open()
        name = checked(name)
        if self._fd >= 0:
            raise error(errno.EINVAL)
        sock = self._new_socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(name)
        except OSError as exc:
            sock.close()
            if exc.errno == errno.ENOENT:
                raise error(errno.EACCES, os.fsdecode(name)) from None
            raise
        self._adopt(sock)
        if name and not name.startswith(b"\0"):
            self._path = os.path.abspath(os.fsdecode(name))

    def listen(self, backlog: int, callback: DoneCallback) -> None:
        """Listen, and call `callback(error)` for each connection, which then must be accepted (uv_listen).

        Raises `OSError` EINVAL for a pipe that is not bound, or that passes descriptors.
        """
        self._require_open()
        if self._fd < 0 or self.ipc:
            raise error(errno.EINVAL)
        self.loop._reserve_descriptor()
        self._io.listen(backlog)
        self._listen(callback)

    def _new_connection(self, fd: int, peer: Any) -> Pipe:
        client = Pipe(self.loop)
        client._adopt_open(client._new_socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fd))
        return client

    def connect(self, name: Name, callback: DoneCallback) -> Request:
        """Connect to what listens at `name`, then `callback(error)` (uv_pipe_connect2).

        The callback gets ENOENT when there is no such path, ECONNREFUSED when nobody listens there. Raises `OSError`:
        EINVAL for a name that is empty or too long, EALREADY while connecting.
        """
        self._require_open()
        name = checked(name)
        if not name:
            raise error(errno.EINVAL)
        if self._connect_request is not None:
            raise error(errno.EALREADY)
        if self._fd < 0:
            self._adopt(self._new_socket(socket.AF_UNIX, socket.SOCK_STREAM))
        code = self._io.connect_ex(name)
        request = Request(self.loop, callback)
        self._start_connect(code, request)
        return request

    def getsockname(self) -> str:
        """The name this pipe is bound to; "" for none. Raises `OSError` EBADF when there is no descriptor."""
        return self._name_by("getsockname")

    def getpeername(self) -> str:
        """The name the other side is bound to; "" for none. Raises `OSError` EBADF, ENOTCONN."""
        return self._name_by("getpeername")

    def _name_by(self, method: str) -> str:
        self.fileno()
        if isinstance(self._io, FileIO):
            raise error(errno.ENOTSOCK)
        name = getattr(self._io, method)()
        return os.fsdecode(name) if isinstance(name, (str, bytes)) else ""

    def chmod(self, *, readable: bool = False, writable: bool = False) -> None:
        """Let every user connect: a pipe's name that is bound can be read and written by all (uv_pipe_chmod).

        Raises `OSError`: EBADF when there is no descriptor, EINVAL when nothing is asked for or the pipe has no path,
        and what chmod(2) answers.
        """
        path = self._path if self._path is not None else self.getsockname()
        if not path or path.startswith("\0") or not (readable or writable):
            raise error(errno.EINVAL)
        os.chmod(path, (0o444 if readable else 0) | (0o222 if writable else 0))

    # Passing descriptors

    def write(
        self, data: Data | Sequence[Data], callback: DoneCallback | None = None, handles: Sequence[Handle | int] = ()
    ) -> WriteRequest:
        """As `Stream.write`; `handles` (handles, or plain descriptors) travel with the first byte (uv_write2).

        A handle must stay open until then; if it is closed before it could leave, the write fails with EBADF. Raises
        `OSError` EINVAL for handles on a pipe that was not made with `ipc=True`, or with no byte to travel with.
        """
        if not handles:
            return super().write(data, callback)
        if not self._writable:
            raise self._unwritable()
        buffers = buffers_of(data)
        if not isinstance(self._io, _IpcSocket) or not size_of(buffers) or len(handles) > _DESCRIPTORS_AT_ONCE:
            raise error(errno.EINVAL)
        _descriptors(handles)
        return self._submit(WriteRequest(self.loop, buffers, callback, handles))

    def _send(self, request: WriteRequest) -> int:
        if not request.handles:
            return super()._send(request)
        rights = array.array("i", _descriptors(request.handles))
        sent: int = self._io.sendmsg(request.buffers[:IOV_MAX], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        request.handles = ()
        return sent

    @property
    def pending_count(self) -> int:
        """How many descriptors have arrived and wait to be accepted (uv_pipe_pending_count)."""
        return len(self._io.received) if isinstance(self._io, _IpcSocket) else 0

    @property
    def pending_type(self) -> str:
        """What the first of them is, as `guess_handle` calls it; "unknown" if there is none (uv_pipe_pending_type)."""
        return guess_handle(self._io.received[0]) if self.pending_count else "unknown"

    def accept_pending(self) -> Tcp | Pipe | Udp:
        """The first descriptor that waits, as a handle of its type (uv_accept).

        Raises `BlockingIOError` if there is none, `OSError` EINVAL if no handle fits it; then `take_pending` does.
        """
        kind = self.pending_type
        if not self.pending_count:
            raise error(errno.EAGAIN)
        if kind not in ("tcp", "pipe", "udp"):
            raise error(errno.EINVAL)
        from .tcp import Tcp
        from .udp import Udp

        handle = Tcp(self.loop) if kind == "tcp" else Udp(self.loop) if kind == "udp" else Pipe(self.loop)
        handle.open(self.take_pending())
        return handle

    def take_pending(self) -> int:
        """The first descriptor that waits, whatever it is; it is the caller's now. Raises `BlockingIOError` if none."""
        if not self.pending_count:
            raise error(errno.EAGAIN)
        return self._io.received.popleft()  # type: ignore[no-any-return]

    # Closing

    def _stop_for_close(self) -> None:
        path, self._path = self._path, None
        if path is not None:
            # Before the socket goes: afterwards the name could be somebody else's. Gone already is as good.
            with contextlib.suppress(OSError):
                os.unlink(path)
        super()._stop_for_close()

    def _release(self) -> None:
        while self.pending_count:
            os.close(self.take_pending())
        super()._release()


def pipe(*, read_blocking: bool = False, write_blocking: bool = False) -> tuple[int, int]:
    """A new anonymous pipe: the descriptors to read from and to write to, not inherited (uv_pipe). Raises `OSError`."""
    reader, writer = os.pipe()
    os.set_blocking(reader, read_blocking)
    os.set_blocking(writer, write_blocking)
    return reader, writer


def socketpair(*, first_blocking: bool = False, second_blocking: bool = False) -> tuple[int, int]:
    """A new pair of connected Unix-domain stream sockets, not inherited (uv_socketpair). Raises `OSError`."""
    first, second = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    first.setblocking(first_blocking)
    second.setblocking(second_blocking)
    return first.detach(), second.detach()


def checked(name: Name) -> bytes:
    """`name` in bytes. Raises `OSError` EINVAL for one that no Unix-domain socket can have."""
    raw = os.fsencode(name)
    abstract = raw.startswith(b"\0")
    if len(raw) > (_LONGEST_NAME if abstract else _LONGEST_NAME - 1) or (b"\0" in raw and not abstract):
        raise OSError(errno.EINVAL, f"not a name for a Unix-domain socket ({len(raw)} bytes)", os.fsdecode(raw))
    return raw


def _descriptors(handles: Sequence[Handle | int]) -> list[int]:
    """Raises `OSError` EBADF for a handle that has none any more."""
    return [handle if isinstance(handle, int) else handle.fileno() for handle in handles]  # type: ignore[attr-defined]
