"""Server: listens, and makes a `Socket` of each connection. See the package for the theory of operation."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from ...loop.pipe import Pipe
from ...loop.tcp import Tcp
from .. import environment
from ..environment import require_callable
from ..errors import NodeError
from ..events import EventEmitter
from .address import AddressInfo, Callback, Handle, arguments_of, checked_port, info_of, is_ip, system_error
from .socket import SOCKET_OPTIONS, Socket

if TYPE_CHECKING:
    from ..promise import Promise
    from .block_list import BlockList


_BACKLOG = 511

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
        unknown = set(given) - SOCKET_OPTIONS
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
        options, callback = arguments_of(args, keywords, ("port", "host", "backlog"))
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
        from .. import dns

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
            self._fail_later(system_error(exc, "listen", host if host is not None else "::", port))
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
            self._fail_later(system_error(exc, "listen", path))
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
            self.emit("error", system_error(failure, "accept"))
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
        peer = info_of(client.getpeername()) if isinstance(client, Tcp) else None
        blocked = self.block_list is not None and peer is not None and self.block_list.check(peer.address, peer.family)
        if not full and not blocked:
            return False
        local = info_of(client.getsockname()) if isinstance(client, Tcp) else None
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
            from ..promise import Promise

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
            return info_of(self._handle.getsockname())
        return self._path if self._handle is not None else None


def create_server(
    options: Mapping[str, Any] | Callback | None = None, listener: Callback | None = None, **keywords: Any
) -> Server:
    """A new `Server`: `create_server(options, listener)`, either may be left out, options also as keywords."""
    return Server(options, listener, **keywords)
