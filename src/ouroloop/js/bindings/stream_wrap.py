"""stream_wrap: connections, pipes and terminals, as handles that JavaScript reads from and writes to.

Theory of operation. JavaScript makes a number (`internal/handles`) and opens a handle under it. Its news is told to
that number: bytes that arrived, `END`, `CONNECTION` (to be taken with `accept`), `CLOSED`, or a negative errno. Writes,
connects and shutdowns are requests.

Where JavaScript can make the system call itself (natives/socket.py), it reads TCP connections too: it is told which are
ready, all at once, and tells what no bytes came of.

What surprises people: a write is tried at once, with all its chunks in one system call; what could not be written is a
request. And that an address is in use is said only when one listens or connects, as in libuv, not when one binds.
"""

from __future__ import annotations

import errno

from ..engine import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...loop import Stream
    from ..runtime import Runtime

END, CLOSED, CONNECTION = 0, 1, 2

_MOST_READY = 1024  # at once
_PLACE, _CODE, _LIST = range(3)  # places in the memory of those that are ready (see lib/internal/handles.js)

_IPV6_ONLY, _REUSE_PORT = 1, 2
_LINK_LOCAL = ("fe8", "fe9", "fea", "feb")


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/stream_handle`."""
    streams = runtime.streams if runtime is not None else Streams(runtime)
    return {
        "newTcp": streams.new_tcp, "newPipe": streams.new_pipe, "openTty": streams.open_tty, "open": streams.open,
        "bind": streams.bind, "bindPipe": streams.bind_pipe, "listen": streams.listen, "accept": streams.accept,
        "connect": streams.connect, "connectPipe": streams.connect_pipe, "readStart": streams.read_start,
        "readStop": streams.read_stop, "shareReady": streams.share_ready, "write": streams.write,
        "writeHandle": streams.write_handle, "shutdown": streams.shutdown, "close": streams.close,
        "reset": streams.reset, "ref": streams.ref,
        "socketName": streams.socket_name, "peerName": streams.peer_name, "noDelay": streams.no_delay,
        "keepAlive": streams.keep_alive, "chmod": streams.chmod, "fd": streams.fd,
        "setTypeOfService": streams.set_type_of_service, "getTypeOfService": streams.get_type_of_service,
        "setRawMode": streams.set_raw_mode, "getWindowSize": streams.get_window_size, "watchSize": streams.watch_size,
        "writableLength": streams.writable_length, "guessHandleType": guess_handle_type,
        "isTTY": lambda fd: guess_handle_type(fd) == "TTY",
    }


def guess_handle_type(fd: int) -> str:
    """"TTY", "PIPE", "TCP", "UDP", "FILE", "UNKNOWN" or "INVALID"."""
    import os

    from ...loop import guess_handle

    try:
        os.fstat(int(fd))
    except (OSError, OverflowError):
        return "INVALID"
    return guess_handle(int(fd)).upper()


class Streams:
    """The open stream handles of a runtime, by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.by_number: dict[int, Stream] = {}
        self.decoders: dict[int, Callable[[OSError | None, bytes], None]] = {}
        """Who gets what a handle reads instead of JavaScript (see `http_parser`)."""
        self._bind_failures: dict[int, OSError] = {}
        self._ready = memoryview(b"")

    # Opening

    def new_tcp(self, handle: int) -> None:
        """Make a TCP socket: see tcp(7)."""
        from ...loop import Tcp

        self.by_number[handle] = Tcp(self._runtime.loop)

    def new_pipe(self, handle: int, ipc: bool) -> None:
        """Make a pipe, which is a Unix-domain socket; with `ipc` it may pass handles."""
        from ...loop import Pipe

        self.by_number[handle] = Pipe(self._runtime.loop, ipc=ipc)

    def open_tty(self, handle: int, fd: int) -> int:
        """Make a terminal of a descriptor. 0, or a negative errno."""
        from ...loop import Tty

        try:
            self.by_number[handle] = Tty(self._runtime.loop, int(fd))
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def open(self, handle: int, fd: int) -> int:
        """Take over a descriptor."""
        return self._do(handle, "open", int(fd))

    # Servers and clients

    def bind(self, handle: int, host: str, port: int, flags: int) -> int:
        """Bind to an address. That it is taken is told by `listen` or `connect`, as libuv does."""
        flags = int(flags)
        try:
            self.by_number[handle].bind(  # type: ignore[attr-defined]
                (host, int(port)), ipv6_only=bool(flags & _IPV6_ONLY), reuse_port=bool(flags & _REUSE_PORT))
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                return -(exc.errno or errno.EINVAL)
            self._bind_failures[handle] = exc
        return 0

    def bind_pipe(self, handle: int, name: str) -> int:
        """Bind to a path. 0, or a negative errno."""
        return self._do(handle, "bind", name)

    def listen(self, handle: int, backlog: int) -> int:
        """Tell `handle` `CONNECTION`, or a negative errno, of each client."""
        failure = self._bind_failures.get(handle)
        if failure is not None:
            return -(failure.errno or errno.EADDRINUSE)
        emit = self._runtime.emit

        def arrived(error: OSError | None) -> None:
            emit(handle, CONNECTION if error is None else errno_of(error))

        return self._do(handle, "listen", int(backlog), arrived)

    def accept(self, handle: int, connection: int) -> int:
        """The connection that was announced, or the handle that came through a pipe, under a number of its own."""
        stream = self.by_number[handle]
        try:
            pending = getattr(stream, "pending_count", 0)
            self.by_number[connection] = stream.accept_pending() if pending else stream.accept()  # type: ignore[attr-defined]
        except OSError as exc:
            return -(exc.errno or errno.EAGAIN)
        return 0

    def connect(self, handle: int, request: int, host: str, port: int) -> int:
        """Connect to an IP address; `request` tells. 0, or a negative errno."""
        failure = self._bind_failures.get(handle)
        if failure is not None:
            self._runtime.loop.defer(self._runtime.complete, request, errno_of(failure), None)
            return 0
        return self._connect(handle, request, (host, int(port)))

    def connect_pipe(self, handle: int, request: int, name: str) -> int:
        """Connect to a path, as `connect` does."""
        return self._connect(handle, request, name)

    def _connect(self, handle: int, request: int, address: Any) -> int:
        return self._do(
            handle, "connect", address, lambda error: self._runtime.complete(request, errno_of(error), None))

    # Reading and writing

    def read_start(self, handle: int, size: int, is_read_there: bool = False) -> int:
        """Tell of what arrives, at most `size` bytes at a time. Or JavaScript reads it, and is told when to."""
        emit, stream = self._runtime.emit, self.by_number[handle]

        def arrived(error: OSError | None, data: bytes) -> None:
            emit(handle, data or (END if error is None else errno_of(error)))

        def arrived_with_handles(error: OSError | None, data: bytes) -> None:
            if data and stream.pending_count:  # type: ignore[attr-defined]
                emit(handle, data, stream.pending_type)  # type: ignore[attr-defined]
            else:
                arrived(error, data)

        reader = self.decoders.get(handle) or (arrived_with_handles if getattr(stream, "ipc", False) else arrived)
        try:
            stream.read_start(reader, int(size), int(handle) if is_read_there else 0)
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def share_ready(self, address: int) -> bool:
        """Where JavaScript looks for the handles that are ready. False when another's JavaScript reads on this loop."""
        loop = self._runtime.loop
        if loop.reader is not None:
            return False
        from array import array  # not above: it brings `collections`, and most programs read no socket

        self._array = array
        loop.reader = self._read_there
        self._ready = memory(int(address), 4 * (_LIST + _MOST_READY)).cast("i")
        return True

    def give_up_reading(self) -> None:
        """JavaScript is gone: what it would read is read here again, and told to nobody."""
        if self._runtime.loop.reader == self._read_there:
            self._runtime.loop.give_up_readers()

    def _read_there(self, handles: list[int]) -> None:
        """These are ready: let JavaScript read. Where it gets no bytes it stops, so that all is told in order."""
        # Numbers cross in memory: as arguments they would cost 0.3 us each.
        ready, read, end = self._ready, self._runtime.read, len(handles)
        ready[_LIST : _LIST + end] = self._array("i", handles)
        start = 0
        while start < end:
            ready[_PLACE] = start
            ready[_CODE] = end
            read()
            start = ready[_PLACE] + 1
            if not start:
                return
            stream = self.by_number.get(handles[start - 1])
            if stream is not None:
                stream.read_failed(-ready[_CODE])

    def decode(self, handle: int, reader: Callable[[OSError | None, bytes], None] | None) -> None:
        """From here on `reader` gets what the handle reads; None: JavaScript does again."""
        if reader is None:
            self.decoders.pop(handle, None)
        else:
            self.decoders[handle] = reader
        stream = self.by_number.get(handle)
        if stream is not None and stream.is_reading:
            self.read_start(handle, stream.read_size)

    def read_stop(self, handle: int) -> None:
        """Read no more until `read_start`."""
        stream = self.by_number.get(handle)
        if stream is not None:
            stream.read_stop()

    def write(self, handle: int, request: int, data: Any) -> int:
        """Write text, bytes, or a list of these. Twice their length in bytes when all is written; one more when
        the request will tell; or a negative errno."""
        stream = self.by_number.get(handle)
        if stream is None:
            return -errno.EBADF
        if type(data) is str:
            data = data.encode()
        try:
            if type(data) is bytes:
                size = len(data)
                written = 0 if stream.write_queue_size else stream.try_write(data)
                if written == size:
                    return size * 2
                data = memoryview(data)[written:]
            else:
                data = [chunk.encode() if type(chunk) is str else chunk for chunk in data]
                size = sum(map(len, data))
                data = _rest(data, 0 if stream.write_queue_size else stream.try_write(data))
                if not data:
                    return size * 2
        except BlockingIOError:
            pass
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        try:
            stream.write(data, lambda error: self._runtime.complete(request, errno_of(error), None))
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return size * 2 + 1

    def write_handle(self, handle: int, request: int, data: Any, sent: int) -> int:
        """As `write`, on a pipe, with a handle that travels with the first byte."""
        pipe: Any = self.by_number.get(handle)
        if pipe is None or sent not in self.by_number:
            return -errno.EBADF
        if type(data) is str:
            data = data.encode()
        try:
            pipe.write(
                data, lambda error: self._runtime.complete(request, errno_of(error), None), [self.by_number[sent]])
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return len(data) * 2 + 1

    def writable_length(self, handle: int) -> int:
        """How many bytes wait to be written."""
        stream = self.by_number.get(handle)
        return 0 if stream is None else stream.write_queue_size

    def shutdown(self, handle: int, request: int) -> int:
        """End the writing side when all is written; `request` tells. 0, or a negative errno."""
        if handle not in self.by_number:
            return -errno.EBADF
        try:
            self.by_number[handle].shutdown(lambda error: self._runtime.complete(request, errno_of(error), None))
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return 0

    # Closing

    def close(self, handle: int) -> None:
        """Close, and tell `handle` `CLOSED`."""
        self._bind_failures.pop(handle, None)
        emit, stream = self._runtime.emit, self.by_number.pop(handle, None)
        if stream is None:
            self._runtime.loop.defer(emit, handle, CLOSED)
        else:
            stream.close(lambda: emit(handle, CLOSED))

    def reset(self, handle: int) -> int:
        """Close with a reset instead of an orderly end."""
        failure = self._do(handle, "close_reset", lambda: self._runtime.emit(handle, CLOSED))
        if not failure:
            del self.by_number[handle]
        return failure

    def ref(self, handle: int, referenced: bool) -> None:
        """Whether the stream keeps the process from ending."""
        stream = self.by_number.get(handle)
        if stream is not None:
            (stream.ref if referenced else stream.unref)()

    # What it is, and how it behaves

    def fd(self, handle: int) -> int:
        """The descriptor; -1 when there is none."""
        try:
            return self.by_number[handle].fileno()
        except (KeyError, OSError):
            return -1

    def socket_name(self, handle: int) -> list[Any] | int:
        """Its own address, as `_name` has it."""
        return self._name(handle, "getsockname")

    def peer_name(self, handle: int) -> list[Any] | int:
        """The other side's address, as `_name` has it."""
        return self._name(handle, "getpeername")

    def _name(self, handle: int, method: str) -> list[Any] | int:
        """`[address, port]`, for IPv6 the number of the interface too where that is part of the address."""
        try:
            name = getattr(self.by_number[handle], method)()
        except KeyError:
            return -errno.EBADF
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return [name] if isinstance(name, str) else address_of(name)

    def no_delay(self, handle: int, enable: bool) -> int:
        """TCP_NODELAY: see tcp(7). 0, or a negative errno."""
        return self._do(handle, "nodelay", bool(enable))

    def keep_alive(self, handle: int, enable: bool, delay: int, interval: int, count: int) -> int:
        """SO_KEEPALIVE, times in seconds: see tcp(7). 0, or a negative errno."""
        return self._do(handle, "keepalive", bool(enable), int(delay), int(interval), int(count))

    def chmod(self, handle: int, readable: bool, writable: bool) -> int:
        """Let every user read or write the pipe. 0, or a negative errno."""
        return self._do(handle, "chmod", readable=readable, writable=writable)

    def _do(self, handle: int, method: str, *values: Any, **options: Any) -> int:
        """Call a stream's method: 0, or a negative errno."""
        try:
            getattr(self.by_number[handle], method)(*values, **options)
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def set_type_of_service(self, handle: int, value: int) -> int:
        """IP_TOS: see ip(7). 0, or a negative errno."""
        return self._do(handle, "set_type_of_service", int(value))

    def get_type_of_service(self, handle: int) -> int:
        """IP_TOS, or a negative errno."""
        try:
            return self.by_number[handle].get_type_of_service()  # type: ignore[attr-defined,no-any-return]
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)

    # Terminals

    def set_raw_mode(self, handle: int, raw: bool) -> int:
        """A terminal that gives each key as it is pressed. 0, or a negative errno."""
        return self._do(handle, "set_mode", "raw" if raw else "normal")

    def get_window_size(self, handle: int) -> list[int] | int:
        """`[columns, rows]`, or a negative errno."""
        try:
            return list(self.by_number[handle].get_winsize())  # type: ignore[attr-defined]
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)

    def watch_size(self, handle: int, listener: int) -> None:
        """Tell `listener` `(columns, rows)` of each new size of the terminal."""
        self.by_number[handle].resize_start(  # type: ignore[attr-defined]
            lambda columns, rows: self._runtime.emit(listener, columns, rows))


def address_of(name: tuple[Any, ...]) -> list[Any]:
    """`[host, port]` of a socket address; a link-local host names its interface."""
    host = name[0]
    if len(name) > 3 and name[3] and host.startswith(_LINK_LOCAL) and "%" not in host:
        import socket  # not at every start

        host = f"{host}%{socket.if_indextoname(name[3])}"
    return [host, name[1]]


def _rest(chunks: list[bytes], written: int) -> list[Any]:
    """`chunks` without their first `written` bytes."""
    for position, chunk in enumerate(chunks):
        if written < len(chunk):
            return [memoryview(chunk)[written:], *chunks[position + 1 :]]
        written -= len(chunk)
    return []


def errno_of(error: OSError | None) -> int:
    """A negative errno; 0 for no error."""
    return 0 if error is None else -(error.errno or errno.EIO)
