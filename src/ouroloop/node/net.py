"""net: TCP and Unix-domain servers and connections.

Theory of operation. A `Socket` is a Duplex stream over a loop's Tcp or Pipe handle; a `Server` makes one for each
connection it accepts. A name with several addresses is tried address by address, IPv6 and IPv4 by turns, each attempt
with a limited time, until one answers (`auto_select_family`).

The machinery of streams is only used where it is needed. As long as a socket is flowing and has nothing buffered, what
arrives goes from recv(2) straight to the 'data' listeners; as long as nothing is queued, `write` is one send(2). So an
echo, `socket.on("data", socket.write)`, touches no buffer at all, and what the kernel does not take is buffered,
counted and announced by 'drain' as in any stream.

What surprises people: a socket reads ahead before anybody listens, up to `high_water_mark`, then leaves the rest in the
kernel. When the other side ends, this side is ended too, unless `allow_half_open`. A socket that was idle for its
timeout only says so ('timeout'); it goes on living until somebody destroys it. And `server.close()` ends the listening;
the server's 'close' comes when the last of its connections is gone.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, Union

from ..loop.pipe import Pipe
from ..loop.tcp import Tcp
from . import environment
from .environment import Environment, require_callable
from .errors import NodeError, system_code
from .events import EventEmitter
from .stream import Duplex, StreamError

if TYPE_CHECKING:
    from .promise import Promise
    from .timers import Timeout

Handle = Union[Tcp, Pipe]
Callback = Callable[..., object]

_BACKLOG = 511
_KEEP_ALIVE_INTERVAL = 1
_KEEP_ALIVE_PROBES = 10

_auto_select_family = True
_auto_select_family_attempt_timeout = 250


class AddressInfo(NamedTuple):
    """Where one end of a connection is: `family` is "IPv4" or "IPv6"."""

    address: str
    family: str
    port: int


def is_ip(text: str) -> int:
    """4 or 6 when `text` is an IPv4 or IPv6 address, else 0."""
    if is_ipv4(text):
        return 4
    return 6 if is_ipv6(text) else 0


def is_ipv4(text: str) -> bool:
    """Whether `text` is an IPv4 address in dotted form, without leading zeros."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return isinstance(text, str)


def is_ipv6(text: str) -> bool:
    """Whether `text` is an IPv6 address, with or without a zone ("fe80::1%eth0")."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return isinstance(text, str)


def get_default_auto_select_family() -> bool:
    """Whether `connect` tries all addresses of a name where its options don't say."""
    return _auto_select_family


def set_default_auto_select_family(value: bool) -> None:
    """Set what `get_default_auto_select_family` returns."""
    global _auto_select_family
    _auto_select_family = bool(value)


def get_default_auto_select_family_attempt_timeout() -> int:
    """How many ms one address has to answer before the next is tried: 250 at first."""
    return _auto_select_family_attempt_timeout


def set_default_auto_select_family_attempt_timeout(value: int) -> None:
    """Set what `get_default_auto_select_family_attempt_timeout` returns; less than 10 becomes 10, as in Node."""
    global _auto_select_family_attempt_timeout
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"the time for one attempt must be a number of ms, 1 or more, not {value!r}")
    _auto_select_family_attempt_timeout = max(value, 10)


# Errors

def _system_error(cause: OSError, syscall: str, address: str | None = None, port: int | None = None) -> OSError:
    """`cause` with Node's fields: `code`, `syscall`, and `address` and `port` where they are known."""
    code = system_code(cause)
    fields: dict[str, Any] = {"code": code, "syscall": syscall}
    if address is not None:
        where = address if port is None else f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        reason = "" if syscall == "connect" else f": {os.strerror(cause.errno or 0).lower()}"  # the forms are Node's
        cause = OSError(cause.errno, f"{syscall} {code}{reason} {where}")
        fields["address"] = address
        if port is not None:
            fields["port"] = port
    vars(cause).update(fields)
    return cause


def _blocked_error(address: str) -> OSError:
    failure = OSError(errno.EPERM, f"IP({address}) is blocked by the block list")
    vars(failure).update(code="ERR_IP_BLOCKED", address=address)
    return failure


def _closed_error() -> StreamError:
    return StreamError("ERR_SOCKET_CLOSED", "Socket is closed")


def _closed_early_error() -> StreamError:
    return StreamError("ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established")


def checked_port(port: Any, name: str = "port") -> int:
    """The number of a port, given as an int or as digits. Raises `TypeError` or `ValueError` that says `name`."""
    number = int(port) if isinstance(port, str) and port.strip().isdecimal() else port
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"the {name} must be a number from 0 to 65535, not {port!r}")
    if not 0 <= number <= 65535:
        raise ValueError(f"the {name} must be a number from 0 to 65535, not {port!r}")
    return number


def _is_path(value: object) -> bool:
    """Whether a first argument names a Unix-domain socket: a string that is not a number."""
    return isinstance(value, os.PathLike) or (isinstance(value, str) and not value.strip().isdecimal())


def _arguments(
    args: Sequence[Any], keywords: Mapping[str, Any], names: Sequence[str]
) -> tuple[dict[str, Any], Callback | None]:
    """The forms that `connect` and `listen` take: (options, callback), (path, …, callback), (port, …, callback)."""
    rest = list(args)
    callback = rest.pop() if rest and callable(rest[-1]) else None
    while rest and rest[-1] is None:
        rest.pop()
    if rest and isinstance(rest[0], Mapping):
        return {**rest[0], **keywords}, callback
    options: dict[str, Any] = {}
    if rest and _is_path(rest[0]):
        options["path"] = rest.pop(0)
        names = [name for name in names[1:] if name != "host"]
    for name, value in zip(names, rest, strict=False):
        if name == "host" and isinstance(value, int):
            name = "backlog"
        if value is not None:
            options[name] = value
    if len(rest) > len(names):
        raise TypeError(f"too many arguments: {args!r}")
    return {**options, **keywords}, callback


# Sockets

_SOCKET_OPTIONS = frozenset((
    "allow_half_open", "high_water_mark", "no_delay", "keep_alive", "keep_alive_initial_delay", "timeout",
))  # fmt: skip
_CONNECT_OPTIONS = _SOCKET_OPTIONS | {
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
        self._connecting: _Connecting | None = None
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
        options, listener = _arguments(args, keywords, ("port", "host"))
        unknown = set(options) - _CONNECT_OPTIONS
        if unknown:
            raise TypeError(f"a connection has no option {', '.join(sorted(unknown))}")
        if options.get("path") is None:
            if options.get("port") is None:
                raise TypeError("to connect, name a port (with or without a host) or a path")
            options["port"] = checked_port(options["port"])
        if self.connecting or (self._handle is not None and not self.destroyed):
            raise OSError(errno.EISCONN, "the socket is connected, or being connected, already")
        connecting = _Connecting(self, options)
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
            self.destroy(_system_error(exc, "read"))

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
            self.destroy(_system_error(failure, "read"))
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
            self.destroy(_system_error(exc, "write"))
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
            callback(_closed_early_error() if self.destroyed else _closed_error())
            return

        def sent(failure: OSError | None) -> None:
            if failure is None:
                self._bytes_sent += size
                self._active()
                self._env.make_callback(callback, None)
            elif not self.destroyed:
                self._env.make_callback(callback, _system_error(failure, "write"))

        try:
            handle.write(data, sent)
        except OSError as exc:
            callback(_system_error(exc, "write"))

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
            self._env.make_callback(callback, _system_error(failure, "shutdown") if lost and failure else None)

        try:
            self._handle.shutdown(shut)
        except OSError as exc:
            callback(None if exc.errno == errno.ENOTCONN else _system_error(exc, "shutdown"))

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
            self.destroy(_closed_error())
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
                self._local = _info(self._handle.getsockname())
            except OSError:
                return None
        return self._local

    def _peer_info(self) -> AddressInfo | None:
        if self._peer is None and isinstance(self._handle, Tcp):
            try:
                self._peer = _info(self._handle.getpeername())
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


def _info(address: tuple[Any, ...]) -> AddressInfo:
    return AddressInfo(address[0], "IPv6" if ":" in address[0] else "IPv4", address[1])


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


class _Attempt(NamedTuple):
    address: str
    family: int


class _Connecting:
    """A connection on its way: the look-up, then one address after another."""

    __slots__ = ("_addresses", "_env", "_errors", "_handle", "_options", "_over", "_ref", "_socket", "_timer")

    def __init__(self, socket: Socket, options: Mapping[str, Any]) -> None:
        self._socket = socket
        self._env = socket._env
        self._options = options
        self._addresses: list[_Attempt] = []
        self._errors: list[OSError] = []
        self._handle: Handle | None = None
        self._timer: Timeout | None = None
        self._over = False
        self._ref = socket._referenced
        for name in ("local_address", "host"):
            value = options.get(name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a string, not {value!r}")
        if options.get("local_address") is not None and not is_ip(options["local_address"]):
            raise ValueError(f"local_address must be an IP address, not {options['local_address']!r}")
        if options.get("local_port") is not None:
            checked_port(options["local_port"], "local_port")
        if options.get("lookup") is not None:
            require_callable(options["lookup"])

    def start(self) -> None:
        if self._options.get("path") is not None:
            self._connect_path(os.fspath(self._options["path"]))
            return
        host = self._options.get("host") or "localhost"
        literal = is_ip(host)
        if literal:
            self._addresses = [_Attempt(host, literal)]
            self._env.next_tick(self._next)
        else:
            self._look_up(host)

    def ref(self, wanted: bool) -> None:
        self._ref = wanted
        if self._handle is not None:
            (self._handle.ref if wanted else self._handle.unref)()

    def give_up(self) -> None:
        """The socket was destroyed: nobody waits for a connection any more."""
        self._over = True
        self._drop_attempt()

    def _drop_attempt(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        handle, self._handle = self._handle, None
        if handle is not None and not handle.closing:
            handle.close()

    # Looking up

    def _look_up(self, host: str) -> None:
        from . import dns

        options = self._options
        lookup = options.get("lookup") or dns.lookup
        auto = options.get("auto_select_family")
        family = options.get("family") or 0
        every = (_auto_select_family if auto is None else auto) and not family and not options.get("local_address")
        lookup(
            host, partial(self._found_all if every else self._found, host),
            family=family, hints=options.get("hints") or 0, all=bool(every),
        )

    def _found(self, host: str, failure: OSError | None, address: Any = None, family: Any = None) -> None:
        if self._over:
            return
        self._socket.emit("lookup", failure, address, family, host)
        self._have_addresses(host, failure, [] if failure is not None else [_Attempt(address, family)])

    def _found_all(self, host: str, failure: OSError | None, found: Sequence[Any] | None = None) -> None:
        if self._over:
            return
        if failure is not None:
            self._socket.emit("lookup", failure, None, None, host)
        attempts = [_Attempt(*address) for address in found or ()]
        for attempt in attempts:
            self._socket.emit("lookup", None, attempt.address, attempt.family, host)
        self._have_addresses(host, failure, _by_turns(attempts))

    def _have_addresses(self, host: str, failure: OSError | None, addresses: list[_Attempt]) -> None:
        if self._over:
            return
        if failure is not None:
            self._socket._connect_failed(failure)
        elif not addresses:
            self._socket._connect_failed(OSError(errno.EADDRNOTAVAIL, f"connect: {host} has no address"))
        else:
            self._addresses = addresses
            self._next()

    # Attempts

    def _next(self) -> None:
        """Try the next address; without any left, fail."""
        while self._addresses:
            if self._over:
                return
            attempt = self._addresses.pop(0)
            if self._try(attempt):
                return
        if not self._over:
            self._over = True
            self._socket._connect_failed(_joined(self._errors))

    def _try(self, attempt: _Attempt) -> bool:
        port = self._options["port"]
        block_list = self._options.get("block_list")
        if block_list is not None and block_list.check(attempt.address, f"ipv{attempt.family}"):
            self._failed(attempt, _blocked_error(attempt.address), move_on=False)
            return False
        self._socket.emit("connectionAttempt", attempt.address, port, attempt.family)
        if self._over:
            return True
        handle = self._handle = Tcp(self._env.loop)
        if not self._ref:
            handle.unref()
        try:
            self._bind(handle, attempt.family)
            handle.connect((attempt.address, port), partial(self._answered, attempt, handle))
        except OSError as exc:
            self._failed(attempt, exc, move_on=False)
            return False
        if self._addresses:
            limit = self._options.get("auto_select_family_attempt_timeout") or _auto_select_family_attempt_timeout
            self._timer = self._env.timers.set(self._timed_out, max(limit, 10), (attempt,), repeat=False)
        return True

    def _bind(self, handle: Tcp, family: int) -> None:
        address, port = self._options.get("local_address"), self._options.get("local_port")
        if address is not None or port is not None:
            handle.bind((address or ("::" if family == 6 else "0.0.0.0"), int(port or 0)))

    def _answered(self, attempt: _Attempt, handle: Handle, failure: OSError | None) -> None:
        """From the loop."""
        if handle is not self._handle:
            return
        if failure is not None:
            self._env.make_callback(self._failed, attempt, failure)
            return
        if self._timer is not None:
            self._timer.close()
        self._over = True
        self._handle = None
        self._env.make_callback(self._socket._connected, handle)

    def _timed_out(self, attempt: _Attempt) -> None:
        self._socket.emit("connectionAttemptTimeout", attempt.address, self._options["port"], attempt.family)
        self._failed(attempt, OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)), tell=False)

    def _failed(self, attempt: _Attempt, failure: OSError, *, move_on: bool = True, tell: bool = True) -> None:
        self._drop_attempt()
        port = self._options["port"]
        failure = failure if hasattr(failure, "code") else _system_error(failure, "connect", attempt.address, port)
        self._errors.append(failure)
        if tell and self._addresses:
            self._socket.emit("connectionAttemptFailed", attempt.address, port, attempt.family, failure)
        if move_on:
            self._next()

    # Unix-domain sockets

    def _connect_path(self, path: str) -> None:
        handle = self._handle = Pipe(self._env.loop)
        if not self._ref:
            handle.unref()
        try:
            handle.connect(path, partial(self._path_answered, path, handle))
        except OSError as exc:
            self._env.next_tick(self._path_failed, path, exc)

    def _path_answered(self, path: str, handle: Handle, failure: OSError | None) -> None:
        if handle is not self._handle:
            return
        if failure is not None:
            self._env.make_callback(self._path_failed, path, failure)
            return
        self._over = True
        self._handle = None
        self._env.make_callback(self._socket._connected, handle)

    def _path_failed(self, path: str, failure: OSError) -> None:
        if not self._over:
            self._over = True
            self._drop_attempt()
            self._socket._connect_failed(_system_error(failure, "connect", path))


def _by_turns(found: list[_Attempt]) -> list[_Attempt]:
    """Addresses of the first one's family and of the other by turns, each family in its own order (RFC 8305)."""
    if not found:
        return []
    first = [attempt for attempt in found if attempt.family == found[0].family]
    other = [attempt for attempt in found if attempt.family != found[0].family]
    turns: list[_Attempt] = []
    for position in range(max(len(first), len(other))):
        turns += first[position : position + 1] + other[position : position + 1]
    return turns


def _joined(errors: list[OSError]) -> OSError:
    """One error for all attempts: the first one's kind, with all of them as `errors`."""
    first = errors[0]
    if len(errors) == 1:
        return first
    joined = OSError(first.errno, "; ".join(str(each.strerror) for each in errors))
    vars(joined).update(code=getattr(first, "code", None), syscall="connect", errors=errors)
    return joined


def create_connection(*args: Any, **options: Any) -> Socket:
    """A new socket, connecting: see `Socket.connect` for the forms and options, and `Socket` for its own options."""
    given, listener = _arguments(args, options, ("port", "host"))
    own = {name: given[name] for name in ("allow_half_open", "high_water_mark") if given.get(name) is not None}
    rest = {name: value for name, value in given.items() if name not in own}
    return Socket(**own).connect(rest, *((listener,) if listener is not None else ()))


connect = create_connection


# Servers

_LISTEN_OPTIONS = frozenset((
    "port", "host", "path", "backlog", "ipv6_only", "reuse_port", "readable_all", "writable_all", "exclusive",
))  # fmt: skip


class ServerError(NodeError, RuntimeError):
    """A server was used against its rules: ERR_SERVER_NOT_RUNNING, ERR_SERVER_ALREADY_LISTEN."""


class Server(EventEmitter):
    """Accepts connections. https://nodejs.org/api/net.html#class-netserver

    Options: `allow_half_open`, `pause_on_connect` (don't read yet), `no_delay`, `keep_alive`,
    `keep_alive_initial_delay` (ms), `high_water_mark` (bytes), `block_list`. `listener` is added for 'connection'.

    Events: 'listening', 'connection' (socket), 'drop' (info), 'error' (error), 'close'.
    """

    def __init__(
        self, options: Mapping[str, Any] | Callback | None = None, listener: Callback | None = None, **keywords: Any
    ) -> None:
        super().__init__()
        if callable(options):
            options, listener = None, options
        given = {**(options or {}), **keywords}
        self._env = environment.current()
        self._handle: Handle | None = None
        self._connections = 0
        self._path: str | None = None
        self._referenced = True
        self._starting = False
        self.max_connections: int | None = None
        """How many connections may be open at a time; more are dropped, with a 'drop' event. None: any number."""
        self.block_list: BlockList | None = given.pop("block_list", None)
        self.pause_on_connect = bool(given.pop("pause_on_connect", False))
        unknown = set(given) - _SOCKET_OPTIONS
        if unknown:
            raise TypeError(f"a server has no option {', '.join(sorted(unknown))}")
        self._socket_options = given
        if listener is not None:
            self.on("connection", listener)

    # Listening

    def listen(self, *args: Any, **keywords: Any) -> Self:
        """Listen.

        Forms: `listen(port, host, backlog, callback)`, `listen(path, backlog, callback)`, `listen(options, callback)`.
        Each part may be left out. Options, also as keywords: `port` (0 or none: any free one), `host` (all addresses),
        `path` (a Unix-domain socket), `backlog` (511), `ipv6_only`, `reuse_port`, `readable_all`, `writable_all`.
        `callback` is added for 'listening'. Failure is an 'error' event.

        Raises `ServerError` when it listens already, `TypeError` or `ValueError` for bad options.
        """
        options, callback = _arguments(args, keywords, ("port", "host", "backlog"))
        if self._handle is not None or self._starting:
            raise ServerError(
                "ERR_SERVER_ALREADY_LISTEN", "listen() was called more than once without close() in between"
            )
        unknown = set(options) - _LISTEN_OPTIONS
        if unknown:
            raise TypeError(f"listen() has no option {', '.join(sorted(unknown))}")
        if args and isinstance(args[0], Mapping) and not {"port", "path"} & set(options):
            raise TypeError("to listen, the options must have a port or a path")
        port = checked_port(options.get("port") or 0)
        backlog = options.get("backlog") or _BACKLOG
        if callback is not None:
            self.once("listening", callback)
        if options.get("path") is not None:
            self._listen_on_path(os.fspath(options["path"]), backlog, options)
            return self
        host = options.get("host")
        if host is None or is_ip(host):
            self._listen_on(host, port, backlog, options)
        else:
            self._look_up(host, port, backlog, options)
        return self

    def _look_up(self, host: str, port: int, backlog: int, options: Mapping[str, Any]) -> None:
        from . import dns

        self._starting = True

        def found(failure: OSError | None, address: str, family: int) -> None:
            if not self._starting:
                return
            self._starting = False
            if failure is not None:
                self.emit("error", failure)
            else:
                self._listen_on(address, port, backlog, options)

        dns.lookup(host, found)

    def _listen_on(self, host: str | None, port: int, backlog: int, options: Mapping[str, Any]) -> None:
        handle = Tcp(self._env.loop)
        settings = {name: bool(options.get(name)) for name in ("ipv6_only", "reuse_port")}
        try:
            if host is not None:
                handle.bind((host, port), **settings)
            else:
                handle = self._bind_to_all(handle, port, settings)
            handle.listen(backlog, self._on_connection)
        except OSError as exc:
            handle.close()
            self._fail_later(_system_error(exc, "listen", host if host is not None else "::", port))
            return
        self._listening(handle)

    def _bind_to_all(self, handle: Tcp, port: int, settings: Mapping[str, bool]) -> Tcp:
        """All IPv6 and IPv4 addresses; on a machine without IPv6, all IPv4 ones."""
        try:
            handle.bind(("::", port), **settings)
        except OSError as exc:
            if exc.errno not in (errno.EINVAL, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            handle.close()
            handle = Tcp(self._env.loop)
            handle.bind(("0.0.0.0", port), reuse_port=settings["reuse_port"])
        return handle

    def _listen_on_path(self, path: str, backlog: int, options: Mapping[str, Any]) -> None:
        handle = Pipe(self._env.loop)
        try:
            handle.bind(path)
            if options.get("readable_all") or options.get("writable_all"):
                handle.chmod(readable=bool(options.get("readable_all")), writable=bool(options.get("writable_all")))
            handle.listen(backlog, self._on_connection)
        except OSError as exc:
            handle.close()
            self._fail_later(_system_error(exc, "listen", path))
            return
        self._path = path
        self._listening(handle)

    def _listening(self, handle: Handle) -> None:
        self._handle = handle
        if not self._referenced:
            handle.unref()
        self._env.next_tick(self._emit_listening)

    def _emit_listening(self) -> None:
        if self._handle is not None:
            self.emit("listening")

    def _fail_later(self, failure: OSError) -> None:
        self._env.next_tick(self.emit, "error", failure)

    # Connections

    def _on_connection(self, failure: OSError | None) -> None:
        """From the loop: somebody connected."""
        self._env.make_callback(self._accept, failure)

    def _accept(self, failure: OSError | None) -> None:
        if self._handle is None:
            return
        if failure is not None:
            self.emit("error", _system_error(failure, "accept"))
            return
        client = self._handle.accept()
        if self._is_unwanted(client):
            return
        self._connections += 1
        accepted = Socket(handle=client, manual_start=self.pause_on_connect, **self._socket_options)
        accepted._server = self
        if self.pause_on_connect:
            accepted.pause()
        self.emit("connection", accepted)

    def _is_unwanted(self, client: Handle) -> bool:
        full = self.max_connections is not None and self._connections >= self.max_connections
        if not full and self.block_list is None:
            return False
        peer = _info(client.getpeername()) if isinstance(client, Tcp) else None
        blocked = self.block_list is not None and peer is not None and self.block_list.check(peer.address, peer.family)
        if not full and not blocked:
            return False
        local = _info(client.getsockname()) if isinstance(client, Tcp) else None
        client.close()
        self.emit("drop", {
            "local_address": local and local.address, "local_port": local and local.port,
            "local_family": local and local.family, "remote_address": peer and peer.address,
            "remote_port": peer and peer.port, "remote_family": peer and peer.family,
        })  # fmt: skip
        return True

    def _connection_ended(self) -> None:
        self._connections -= 1
        self._emit_close_if_done()

    def get_connections(self, callback: Callback | None = None) -> Promise[Any] | None:
        """How many connections are open: `callback(None, count)`, or a promise of the count."""
        if callback is None:
            from .promise import Promise

            return Promise.resolve(self._connections)
        require_callable(callback)
        self._env.next_tick(callback, None, self._connections)
        return None

    # Ending

    def close(self, callback: Callback | None = None) -> Self:
        """Accept no more. 'close' comes, and `callback(error)` is called, when the last connection has ended.

        The error is a `ServerError` when the server does not listen.
        """
        if callback is not None:
            require_callable(callback)
            running = self._handle is not None
            not_running = None if running else ServerError("ERR_SERVER_NOT_RUNNING", "Server is not running.")
            self.once("close", lambda: callback(not_running))
        self._starting = False
        handle, self._handle = self._handle, None
        if handle is not None and not handle.closing:
            handle.close()
        self._emit_close_if_done()
        return self

    def _emit_close_if_done(self) -> None:
        if self._handle is None and not self._connections:
            self._env.next_tick(self._emit_close)

    def _emit_close(self) -> None:
        if self._handle is None and not self._connections:
            self.emit("close")

    def ref(self) -> Self:
        """Let the program wait for this server; the default."""
        self._referenced = True
        if self._handle is not None:
            self._handle.ref()
        return self

    def unref(self) -> Self:
        """Let the program end without this server."""
        self._referenced = False
        if self._handle is not None:
            self._handle.unref()
        return self

    @property
    def listening(self) -> bool:
        """Whether it accepts connections."""
        return self._handle is not None

    def address(self) -> AddressInfo | str | None:
        """Where it listens: an `AddressInfo`, or the path of a Unix-domain socket; None when it does not."""
        if isinstance(self._handle, Tcp):
            return _info(self._handle.getsockname())
        return self._path if self._handle is not None else None


def create_server(
    options: Mapping[str, Any] | Callback | None = None, listener: Callback | None = None, **keywords: Any
) -> Server:
    """A new `Server`: `create_server(options, listener)`, either may be left out, options also as keywords."""
    return Server(options, listener, **keywords)


# Block lists

_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class BlockList:
    """Addresses that a server or a connection refuses. https://nodejs.org/api/net.html#class-netblocklist"""

    def __init__(self) -> None:
        self._networks: list[_Network] = []
        self.rules: list[str] = []
        """What was added, in words."""

    def add_address(self, address: str, family: str = "ipv4") -> None:
        """Refuse one address. Raises `ValueError` for what is not an address."""
        parsed = _parsed(address, family)
        self._networks.append(ipaddress.ip_network(parsed))
        self.rules.insert(0, f"Address: {_family_name(parsed)} {parsed}")

    def add_range(self, start: str, end: str, family: str = "ipv4") -> None:
        """Refuse all addresses from `start` to `end`. Raises `ValueError` unless `start` comes first."""
        first, last = _parsed(start, family), _parsed(end, family)
        if int(first) > int(last):
            raise ValueError(f"a range must start with its first address, not {start} to {end}")
        self._networks += ipaddress.summarize_address_range(first, last)
        self.rules.insert(0, f"Range: {_family_name(first)} {first}-{last}")

    def add_subnet(self, net: str, prefix: int, family: str = "ipv4") -> None:
        """Refuse all addresses that share their first `prefix` bits with `net`."""
        parsed = _parsed(net, family)
        self._networks.append(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False))
        self.rules.insert(0, f"Subnet: {_family_name(parsed)} {parsed}/{prefix}")

    def check(self, address: str, family: str = "ipv4") -> bool:
        """Whether `address` is refused, an IPv4 address also in its IPv6 form (::ffff:1.2.3.4). No address: False."""
        try:
            parsed = _parsed(address, family)
        except ValueError:
            return False
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return any(parsed in network or (mapped is not None and mapped in network) for network in self._networks)


def _parsed(address: str, family: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if family.lower() == "ipv6":
        return ipaddress.IPv6Address(address)
    if family.lower() == "ipv4":
        return ipaddress.IPv4Address(address)
    raise ValueError(f"the family must be 'ipv4' or 'ipv6', not {family!r}")


def _family_name(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return f"IPv{address.version}"
