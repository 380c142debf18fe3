"""Socket: one end of a connection. See the package for the theory of operation."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Self

from ...loop.pipe import Pipe
from ...loop.tcp import Tcp
from ..environment import Environment, require_callable
from ..stream import Duplex
from .address import (
    AddressInfo,
    Callback,
    Handle,
    arguments_of,
    checked_port,
    closed_early_error,
    closed_error,
    info_of,
    system_error,
)
from .connecting import Connecting

if TYPE_CHECKING:
    from ..timers import Timeout
    from .server import Server


_KEEP_ALIVE_INTERVAL = 1
_KEEP_ALIVE_PROBES = 10

SOCKET_OPTIONS = frozenset((
    "allow_half_open", "high_water_mark", "no_delay", "keep_alive", "keep_alive_initial_delay", "timeout",
))  # fmt: skip
"""What a socket may be given when it is made, and a server for its sockets."""
_CONNECT_OPTIONS = SOCKET_OPTIONS | {
    "port", "host", "path", "family", "hints", "lookup", "local_address", "local_port", "auto_select_family",
    "auto_select_family_attempt_timeout", "block_list",
}


class Socket(Duplex):
    """One end of a connection. https://nodejs.org/api/net.html#class-netsocket

    Options: `allow_half_open`, `high_water_mark` (bytes; 64 KiB), `no_delay`, `keep_alive`, `keep_alive_initial_delay`
    (ms), `handle` (a connected handle of the loop) or `fd` (a descriptor, owned by the socket from here on);
    `readable=False` or `writable=False` for a side that is not to be used.

    Events, besides a Duplex's: 'lookup' (error, address, family, host), 'connectionAttempt', 'connectionAttemptFailed',
    'connectionAttemptTimeout', 'connect', 'ready', 'timeout', and 'close' (had_error).
    """

    __slots__ = (
        "_bytes_sent", "_connecting", "_handle", "_keep_alive", "_late_write", "_listener", "_local", "_no_delay",
        "_peer", "_referenced", "_resetting", "_send_now", "_server", "_timer", "bytes_read", "connecting", "timeout",
    )  # fmt: skip

    def __init__(
        self, *, handle: Handle | None = None, fd: int | None = None, allow_half_open: bool = False,
        high_water_mark: int | None = None, no_delay: bool = False, keep_alive: bool = False,
        keep_alive_initial_delay: int = 0, manual_start: bool = False, readable: bool = True, writable: bool = True,
    ) -> None:
        super().__init__(
            allow_half_open=allow_half_open, high_water_mark=high_water_mark, emit_close=False, readable=readable,
            writable=writable,
        )
        self._handle: Handle | None = None
        self._server: Server | None = None
        self._connecting: Connecting | None = None
        self.connecting = False
        """Whether a connection is being made."""
        self.timeout: int | None = None
        """After how many idle ms there is a 'timeout'; None when `set_timeout` was not called."""
        self.bytes_read = 0
        """How many bytes have arrived."""
        self._bytes_sent = 0
        # The two short cuts. Each is set where the machinery finds that it would do no more than that, and taken back
        # by whatever could change it; touching nothing else saves a quarter of an echo's own time.
        self._listener: Callback | None = None  # takes all data as it comes
        self._send_now: Callable[[bytes], int] | None = None  # nothing is queued: sends what the kernel takes
        self._timer: Timeout | None = None
        self._referenced = True
        self._no_delay = no_delay
        self._keep_alive: int | None = keep_alive_initial_delay if keep_alive else None
        self._resetting = False
        self._late_write: Callback | None = None
        self._peer: AddressInfo | None = None
        self._local: AddressInfo | None = None
        if fd is not None:
            handle = _handle_of(self._env, fd)
        if handle is not None:
            self._adopt(handle)
            if readable and not manual_start:
                self.read(0)

    def _adopt(self, handle: Handle) -> None:
        """`handle` is connected: it is this socket's from now on."""
        self._handle = handle
        if not self._referenced:
            handle.unref()
        if self._no_delay:
            self.set_no_delay(True)
        if self._keep_alive is not None:
            self.set_keep_alive(True, self._keep_alive)

    # Connecting

    def connect(self, *args: Any, **keywords: Any) -> Self:
        """Connect: `connect(port, host, listener)`, `connect(path, listener)` or `connect(options, listener)`.

        Options, also as keywords: `port`, `host` ("localhost"), `path` (a Unix-domain socket), `local_address`,
        `local_port`, `family`, `hints`, `lookup` (instead of `dns.lookup`), `auto_select_family`,
        `auto_select_family_attempt_timeout` (ms), `block_list`, `timeout` (ms), `no_delay`, `keep_alive`,
        `keep_alive_initial_delay` (ms). `listener` is added for 'connect'. Failure is an 'error' event.
        A socket that was closed may be connected again.

        Raises `TypeError` or `ValueError` for bad options, `OSError` EISCONN for a socket that is in use.
        """
        options, listener = arguments_of(args, keywords, ("port", "host"))
        unknown = set(options) - _CONNECT_OPTIONS
        if unknown:
            raise TypeError(f"a connection has no option {', '.join(sorted(unknown))}")
        if options.get("path") is None:
            if options.get("port") is None:
                raise TypeError("to connect, name a port (with or without a host) or a path")
            options["port"] = checked_port(options["port"])
        if self.connecting or (self._handle is not None and not self.destroyed):
            raise OSError(errno.EISCONN, "the socket is connected, or being connected, already")
        connecting = Connecting(self, options)
        if self.destroyed:
            self._start_over()
        self._take_options(options)
        if listener is not None:
            self.once("connect", listener)
        self._connecting = connecting
        self.connecting = True
        connecting.start()
        return self

    def _start_over(self) -> None:
        """Become a new stream for the same listeners."""
        events, own_options = self._events, self._options
        mark = self._write_state.high_water_mark
        Duplex.__init__(self, allow_half_open=self.allow_half_open, high_water_mark=mark, emit_close=False)
        self._events, self._options = events, own_options
        self._peer = self._local = None
        self.bytes_read = self._bytes_sent = 0
        self._resetting = False
        if self.listener_count("data"):
            self.resume()

    def _take_options(self, options: Mapping[str, Any]) -> None:
        if options.get("timeout") is not None:
            self.set_timeout(options["timeout"])
        if options.get("no_delay"):
            self._no_delay = True
        if options.get("keep_alive"):
            self._keep_alive = options.get("keep_alive_initial_delay") or 0

    def _connected(self, handle: Handle) -> None:
        """From the loop: the connection is there."""
        self.connecting = False
        self._connecting = None
        self._adopt(handle)
        self._active()
        late, self._late_write = self._late_write, None
        if late is not None:
            late()
        self.emit("connect")
        self.emit("ready")
        if self.destroyed:
            return
        if self._read_state.reading:
            self._read(0)  # it was asked for while there was nothing to read from
        elif not self.is_paused():
            self.read(0)

    def _connect_failed(self, failure: BaseException) -> None:
        self.connecting = False
        self._connecting = None
        self.destroy(failure)

    # Reading

    def _read(self, size: int) -> None:
        handle = self._handle
        if handle is None or self.connecting:
            return  # once connected, it reads
        try:
            handle.read_start(self._on_read)
        except OSError as exc:
            self.destroy(system_error(exc, "read"))

    def _on_read(self, failure: OSError | None, data: bytes) -> None:
        """From the loop's read callback: the hot path of everything that receives."""
        env = self._env
        try:
            listener = self._listener
            if listener is None or not data:
                self._receive(failure, data)
            else:
                self.bytes_read += len(data)
                if self._timer is not None:
                    self._timer.refresh()
                result = listener(data)
                if result is not None and (result.__class__ is CoroutineType or self._options is not None):
                    self._take_result(result, "data", (data,))
            if env.ticks or env.microtasks or env.rejections:
                env.drain()
        except Exception as exc:
            env.uncaught_exception(exc)

    def _receive(self, failure: OSError | None, data: bytes) -> None:
        """The long way, through the stream's buffer; and a look at whether the short one will do from here on."""
        if not data:
            self._on_read_end(failure)
            return
        self.bytes_read += len(data)
        if self._timer is not None:
            self._timer.refresh()
        if not self.push(data) and self._handle is not None:
            self._handle.read_stop()
            return
        state = self._read_state
        found = self._events.get("data") if self._events is not None else None
        if (
            found is not None and found.__class__ is not tuple and state.flowing and not state.length
            and state.decoder is None and not state.resume_scheduled and not self.destroyed
        ):
            self._listener = found

    def _add(self, event: Hashable, listener: Callback, prepend: bool) -> None:
        self._listener = None
        super()._add(event, listener, prepend)

    def _forget(self, events: dict[Hashable, Any], event: Hashable) -> None:
        self._listener = None
        super()._forget(events, event)

    def pause(self) -> Self:
        """See `Readable.pause`."""
        self._listener = None
        return super().pause()

    def set_encoding(self, encoding: str) -> Self:
        """See `Readable.set_encoding`."""
        self._listener = None
        return super().set_encoding(encoding)

    def _on_read_end(self, failure: OSError | None) -> None:
        if failure is not None:
            self.destroy(system_error(failure, "read"))
            return
        self.push(None)
        self.read(0)

    # Writing

    def write(self, chunk: Any, callback: Callback | None = None, *, encoding: str = "utf-8") -> bool:
        """Send `chunk` (bytes or str); `write(chunk, callback)` calls back when it was handed to the kernel.

        Returns whether to go on; after False, wait for 'drain': what is queued has reached `high_water_mark`.
        """
        send = self._send_now
        if send is None or callback is not None or chunk.__class__ is not bytes:
            return self._write_slowly(chunk, callback, encoding)
        size = len(chunk)
        if size >= self._write_state.high_water_mark:
            return self._write_slowly(chunk, callback, encoding)
        try:
            sent = send(chunk)
        except BlockingIOError:
            sent = 0
        except OSError as exc:
            self.destroy(system_error(exc, "write"))
            return False
        self._bytes_sent += sent
        if self._timer is not None:
            self._timer.refresh()
        if sent == size:
            return True
        self._send_now = None
        return super().write(memoryview(chunk)[sent:])

    def _write_slowly(self, chunk: Any, callback: Callback | None, encoding: str) -> bool:
        state = self._write_state
        handle = self._handle
        busy = state.writing or state.ending or state.corked or self.destroyed or self._send_now is not None
        if (
            busy or handle is None or self.connecting or handle.write_queue_size or not handle.is_writable
            or callback is not None or not isinstance(chunk, (bytes, str))
        ):
            self._send_now = None
            return super().write(chunk, callback, encoding=encoding)
        self._send_now = handle.raw_write
        return Socket.write(self, chunk.encode(encoding) if isinstance(chunk, str) else chunk)

    def end(self, chunk: Any = None, callback: Callback | None = None, *, encoding: str = "utf-8") -> Self:
        """See `Writable.end`."""
        self._send_now = None
        return super().end(chunk, callback, encoding=encoding)

    def cork(self) -> None:
        """See `Writable.cork`."""
        self._send_now = None
        super().cork()

    def _write(self, chunk: Any, callback: Callback) -> None:
        self._send(chunk, len(chunk), callback)

    def _writev(self, chunks: Sequence[Any], callback: Callback) -> None:
        self._send(chunks, sum(map(len, chunks)), callback)

    def _send(self, data: Any, size: int, callback: Callback) -> None:
        if self.connecting:
            self._late_write = lambda: self._send(data, size, callback)
            return
        handle = self._handle
        if handle is None:
            callback(closed_early_error() if self.destroyed else closed_error())
            return

        def sent(failure: OSError | None) -> None:
            if failure is None:
                self._bytes_sent += size
                self._active()
                self._env.make_callback(callback, None)
            elif not self.destroyed:
                self._env.make_callback(callback, system_error(failure, "write"))

        try:
            handle.write(data, sent)
        except OSError as exc:
            callback(system_error(exc, "write"))

    def _final(self, callback: Callback) -> None:
        if self.connecting:
            self.once("connect", lambda: self._final(callback))
            return
        if self._handle is None:
            callback(None)
            return

        def shut(failure: OSError | None) -> None:
            if self.destroyed:
                return
            lost = failure is not None and failure.errno != errno.ENOTCONN
            self._env.make_callback(callback, system_error(failure, "shutdown") if lost and failure else None)

        try:
            self._handle.shutdown(shut)
        except OSError as exc:
            callback(None if exc.errno == errno.ENOTCONN else system_error(exc, "shutdown"))

    # Ending

    def _destroy(self, error: BaseException | None, callback: Callback) -> None:
        self.connecting = False
        self._listener = self._send_now = None
        self._clear_timer()
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.give_up()
        late, self._late_write = self._late_write, None
        if late is not None:
            late()  # finds that there is no connection, and says so to its writer
        handle, self._handle = self._handle, None
        closed = partial(self._env.make_callback, self.emit, "close", error is not None)
        if handle is None:
            callback(error)
            self._env.next_tick(self.emit, "close", error is not None)
        else:
            self._close_handle(handle, closed)
            callback(error)
        server, self._server = self._server, None
        if server is not None:
            server._connection_ended()

    def _close_handle(self, handle: Handle, closed: Callable[[], object]) -> None:
        if handle.closing:
            self._env.next_tick(closed)  # whoever empties the loop closed it
            return
        if self._resetting and isinstance(handle, Tcp):
            try:
                handle.close_reset(closed)
                return
            except OSError:
                pass  # it is being shut down already: an orderly end is all that is left
        handle.close(closed)

    def destroy_soon(self) -> None:
        """Destroy the socket when all that was written is out."""
        if self.writable:
            self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", self.destroy)

    def reset_and_destroy(self) -> Self:
        """End the connection with a reset (RST) and destroy the socket; while connecting, as soon as that is done."""
        if self.connecting:
            self.once("connect", self.reset_and_destroy)
        elif self._handle is None:
            self.destroy(closed_error())
        elif not isinstance(self._handle, Tcp):
            raise TypeError("only a TCP connection can be reset")
        else:
            self._resetting = True
            self.destroy()
        return self

    # Time

    def set_timeout(self, ms: int, listener: Callback | None = None) -> Self:
        """Emit 'timeout' when nothing was sent or received for `ms`; 0: never. `listener` is added for the next one.

        Raises `ValueError` for a negative time.
        """
        if not isinstance(ms, (int, float)) or not ms >= 0:
            raise ValueError(f"the timeout must be a number of ms, 0 or more, not {ms!r}")
        if listener is not None:
            require_callable(listener)
        if self.destroyed:
            return self
        self._clear_timer()
        self.timeout = int(ms)
        if not ms:
            if listener is not None:
                self.remove_listener("timeout", listener)
            return self
        self._timer = self._env.timers.set(self._on_timeout, ms, (), repeat=False).unref()
        if listener is not None:
            self.once("timeout", listener)
        return self

    def _clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _active(self) -> None:
        if self._timer is not None:
            self._timer.refresh()

    def _on_timeout(self) -> None:
        self.emit("timeout")

    # Settings

    def set_no_delay(self, enable: bool = True) -> Self:
        """Send small pieces at once instead of collecting them (TCP_NODELAY)."""
        self._no_delay = enable
        if isinstance(self._handle, Tcp):
            self._setting(self._handle.nodelay, enable)
        return self

    def set_keep_alive(self, enable: bool = False, initial_delay: int = 0) -> Self:
        """Probe the connection after `initial_delay` ms (whole seconds count; 0: the system's) without traffic."""
        self._keep_alive = initial_delay if enable else None
        if isinstance(self._handle, Tcp):
            delay = int(initial_delay) // 1000
            self._setting(self._handle.keepalive, enable, delay, _KEEP_ALIVE_INTERVAL, _KEEP_ALIVE_PROBES)
        return self

    @staticmethod
    def _setting(change: Callable[..., object], *args: Any) -> None:
        """What Node does with a setting that the system refuses: nothing. The connection may be gone already."""
        try:
            change(*args)
        except OSError:
            return

    def ref(self) -> Self:
        """Let the program wait for this socket; the default."""
        self._referenced = True
        if self._handle is not None:
            self._handle.ref()
        if self._connecting is not None:
            self._connecting.ref(True)
        return self

    def unref(self) -> Self:
        """Let the program end without this socket."""
        self._referenced = False
        if self._handle is not None:
            self._handle.unref()
        if self._connecting is not None:
            self._connecting.ref(False)
        return self

    # What is known of it

    @property
    def pending(self) -> bool:
        """Whether the socket is not connected yet (or no longer)."""
        return self._handle is None or self.connecting

    @property
    def ready_state(self) -> str:
        """"opening", "open", "readOnly", "writeOnly" or "closed"."""
        if self.connecting:
            return "opening"
        if self.readable:
            return "open" if self.writable else "readOnly"
        return "writeOnly" if self.writable else "closed"

    @property
    def bytes_written(self) -> int:
        """How many bytes were written, those that are still queued included."""
        return self._bytes_sent + self._write_state.length

    @property
    def buffer_size(self) -> int:
        """How many bytes are queued."""
        return self.writable_length

    def address(self) -> AddressInfo | None:
        """This end's address; None when there is none."""
        return self._local_info()

    def _local_info(self) -> AddressInfo | None:
        if self._local is None and isinstance(self._handle, Tcp):
            try:
                self._local = info_of(self._handle.getsockname())
            except OSError:
                return None
        return self._local

    def _peer_info(self) -> AddressInfo | None:
        if self._peer is None and isinstance(self._handle, Tcp):
            try:
                self._peer = info_of(self._handle.getpeername())
            except OSError:
                return None
        return self._peer

    @property
    def local_address(self) -> str | None:
        """This end's address."""
        info = self._local_info()
        return info.address if info is not None else None

    @property
    def local_port(self) -> int | None:
        """This end's port."""
        info = self._local_info()
        return info.port if info is not None else None

    @property
    def local_family(self) -> str | None:
        """This end's address family, "IPv4" or "IPv6"."""
        info = self._local_info()
        return info.family if info is not None else None

    @property
    def remote_address(self) -> str | None:
        """The other end's address."""
        info = self._peer_info()
        return info.address if info is not None else None

    @property
    def remote_port(self) -> int | None:
        """The other end's port."""
        info = self._peer_info()
        return info.port if info is not None else None

    @property
    def remote_family(self) -> str | None:
        """The other end's address family, "IPv4" or "IPv6"."""
        info = self._peer_info()
        return info.family if info is not None else None


def _handle_of(env: Environment, fd: int) -> Handle:
    """A handle over the socket (or pipe) that `fd` stands for."""
    try:
        sock = socket.socket(fileno=fd)
    except OSError as exc:
        if exc.errno != errno.ENOTSOCK:
            raise
        pipe = Pipe(env.loop)
        pipe.open(fd)
        return pipe
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        tcp = Tcp(env.loop)
        tcp.open(sock)
        return tcp
    pipe = Pipe(env.loop)
    pipe.open(sock.detach())
    return pipe


def create_connection(*args: Any, **options: Any) -> Socket:
    """A new socket, connecting: see `Socket.connect` for the forms and options, and `Socket` for its own options."""
    given, listener = arguments_of(args, options, ("port", "host"))
    own = {name: given[name] for name in ("allow_half_open", "high_water_mark") if given.get(name) is not None}
    rest = {name: value for name, value in given.items() if name not in own}
    return Socket(**own).connect(rest, *((listener,) if listener is not None else ()))


connect = create_connection
