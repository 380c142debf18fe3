"""The HTTP server.

Theory of operation. A `Server` is a `net.Server` whose connections are no sockets but `Connection`s (connection.py): a
loop handle, and the little that HTTP needs to know about it. Nothing is waited for with a timer of its own: one timer
for each server looks at all connections now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ...loop.tcp import Tcp
from ...loop.timer import Timer
from .. import net
from ..errors import NodeError
from .connection import Connection
from .incoming import IncomingMessage
from .protocol import MAX_HEADER_SIZE, MAX_HEADERS_COUNT, RequestParser, date_line

Listener = Callable[..., object]

_OPTIONS = {
    "connections_checking_interval": 30_000,
    "headers_timeout": None,
    "join_duplicate_headers": False,
    "keep_alive_timeout": 5_000,
    "keep_alive_timeout_buffer": 1_000,
    "max_header_size": MAX_HEADER_SIZE,
    "request_timeout": 300_000,
    "require_host_header": True,
    "should_upgrade_callback": None,
}
_LINGER = 2_000  # ms
_LONGEST_SWEEP = 1_000  # ms


class RequestTimeoutError(NodeError):
    """A request took too long to arrive; `status` is what a server answers."""

    status = 408

    def __init__(self) -> None:
        super().__init__("ERR_HTTP_REQUEST_TIMEOUT", "Request timeout")


class Server(net.Server):
    """Node's `http.Server`. https://nodejs.org/api/http.html#class-httpserver

    Options, beside those of `net.Server`: `headers_timeout` (ms a head may take to arrive; 60,000),
    `request_timeout` (ms a whole request may take; 300,000), `connections_checking_interval` (ms between two looks at
    those; 30,000), `keep_alive_timeout` (ms an idle connection stays open; 5,000), `keep_alive_timeout_buffer` (ms
    on top of what the client is told; 1,000), `max_header_size` (bytes; 16 KiB), `require_host_header`,
    `join_duplicate_headers`, `should_upgrade_callback`.

    Events, beside those of `net.Server`: 'request' (req, res), 'checkContinue' (req, res), 'checkExpectation' (req,
    res), 'clientError' (error, socket), 'connect' and 'upgrade' (req, socket, head), 'dropRequest' (req, socket),
    'timeout' (socket).
    """

    def __init__(
        self, options: Mapping[str, Any] | Listener | None = None, listener: Listener | None = None, **keywords: Any
    ) -> None:
        if callable(options):
            options, listener = None, options
        given = {**(options or {}), **keywords}
        own = {name: given.pop(name, default) for name, default in _OPTIONS.items()}
        _check(own)
        super().__init__({"no_delay": True, **given})
        self.require_host_header: bool = own["require_host_header"]
        """Whether an HTTP/1.1 request without a Host header is answered with 400."""
        self._join_duplicate_headers: bool = own["join_duplicate_headers"]
        self._unusual = self._join_duplicate_headers  # requests need a second look
        self._max_header_size: int = own["max_header_size"] or MAX_HEADER_SIZE
        self._max_headers_count: int | None = None
        self.request_timeout: int = own["request_timeout"]
        """In ms; 0: no limit. Later than this an incomplete request is answered with 408."""
        headers_timeout = own["headers_timeout"]
        self.headers_timeout: int = min(60_000, self.request_timeout) if headers_timeout is None else headers_timeout
        """In ms; 0: no limit. Later than this an incomplete head is answered with 408."""
        self.connections_checking_interval: int = own["connections_checking_interval"]
        """In ms: how often the two limits above are looked at."""
        self._keep_alive_timeout: int = own["keep_alive_timeout"]
        self.keep_alive_timeout_buffer: int = own["keep_alive_timeout_buffer"]
        """In ms, on top of `keep_alive_timeout`: so that we don't close just when the client sends."""
        self._max_requests_per_socket = 0
        self.http_allow_half_open = False
        """Whether a client that has ended its side still gets the responses that are not there yet."""
        self.timeout = 0
        """In ms; after so much silence a connection is closed, or 'timeout' emitted if somebody listens; 0: never."""
        self._upgrade_wanted: Callable[..., object] | None = own["should_upgrade_callback"]
        self._connections_open: dict[Connection, None] = {}
        self._parsers: list[RequestParser] = []
        self._tail = b""
        self._tail_until = -1
        self._sweeper: Timer | None = None
        self._next_check = 0
        if listener is not None:
            self.on("request", listener)

    # Settings that the hot path has prepared for

    @property
    def keep_alive_timeout(self) -> int:
        """In ms: how long an idle connection stays open; 0: for ever."""
        return self._keep_alive_timeout

    @keep_alive_timeout.setter
    def keep_alive_timeout(self, value: int) -> None:
        self._keep_alive_timeout = value
        self._tail_until = -1

    @property
    def max_requests_per_socket(self) -> int:
        """How many requests a connection serves: the answer to the last one asks to close it, more get 503. 0: any."""
        return self._max_requests_per_socket

    @max_requests_per_socket.setter
    def max_requests_per_socket(self, value: int) -> None:
        self._max_requests_per_socket = value
        self._tail_until = -1
        self._unusual = value > 0 or self._join_duplicate_headers

    @property
    def max_header_size(self) -> int:
        """In bytes; a larger head is answered with 431."""
        return self._max_header_size

    @property
    def max_headers_count(self) -> int | None:
        """How many headers a request may have; 0: any number; None: 1000. More are answered with 431."""
        return self._max_headers_count

    @max_headers_count.setter
    def max_headers_count(self, value: int | None) -> None:
        self._max_headers_count = value
        self._parsers.clear()

    def _new_parser(self) -> RequestParser:
        count = MAX_HEADERS_COUNT if self._max_headers_count is None else self._max_headers_count
        return RequestParser(self._max_header_size, count)

    @property
    def join_duplicate_headers(self) -> bool:
        """Whether `headers` of requests joins also the values of headers that must not be repeated."""
        return self._join_duplicate_headers

    @join_duplicate_headers.setter
    def join_duplicate_headers(self, value: bool) -> None:
        self._join_duplicate_headers = value
        self._unusual = value or self._max_requests_per_socket > 0

    # Connections

    def _accept(self, failure: OSError | None) -> None:
        if failure is not None or self._handle is None:
            super()._accept(failure)
            return
        tcp: Any = self._handle.accept()
        if self._is_unwanted(tcp):
            return
        self._connections += 1
        if isinstance(tcp, Tcp):
            self._set_options(tcp)
        connection = Connection(self, tcp)
        self._connections_open[connection] = None
        if self._sweeper is None:
            self._start_sweeping()
        if self.timeout:
            connection.socket.set_timeout(self.timeout)
        if self._events is not None and "connection" in self._events:
            self.emit("connection", connection.socket)

    def _set_options(self, tcp: Tcp) -> None:
        options = self._socket_options
        try:
            if options.get("no_delay"):
                tcp.nodelay(True)
            if options.get("keep_alive"):
                tcp.keepalive(True, options.get("keep_alive_initial_delay", 0) // 1000)
        except OSError:
            pass  # the other side is gone already, which reading will tell

    def _should_upgrade(self, req: IncomingMessage) -> bool:
        if self._upgrade_wanted is not None:
            return bool(self._upgrade_wanted(req))
        return self.listener_count("upgrade") > 0

    # What all heads have in common

    def _head_tail(self) -> bytes:
        """The lines that end most heads, but for the length; made anew once a second."""
        if self._env.loop.now >= self._tail_until:
            self._tail = b"".join((date_line(), b"Connection: keep-alive\r\n", self._keep_alive_line()))
            self._tail_until = self._env.loop.now + 1000 - time.time_ns() // 1_000_000 % 1000
        return self._tail

    def _keep_alive_line(self) -> bytes:
        if not self.keep_alive_timeout:
            return b""
        most = b", max=%d" % self.max_requests_per_socket if self.max_requests_per_socket > 0 else b""
        return b"Keep-Alive: timeout=%d%b\r\n" % (self.keep_alive_timeout // 1000, most)

    # Timeouts

    def _start_sweeping(self) -> None:
        self._sweeper = Timer(self._env.loop)
        self._sweeper.unref()
        self._next_check = self._env.loop.now + self.connections_checking_interval
        self._sweep_later()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            return
        period = min(self.connections_checking_interval, _LONGEST_SWEEP)
        if self.keep_alive_timeout:
            period = min(period, (self.keep_alive_timeout + self.keep_alive_timeout_buffer) // 8)
        self._sweeper.start(self._sweep, max(period, 10))

    def _sweep(self) -> None:
        """Look at all connections: close those idle for too long, answer those that take too long with 408."""
        if not self._connections_open:
            assert self._sweeper is not None
            self._sweeper.close()
            self._sweeper = None
            return
        now = self._env.loop.now
        check = now >= self._next_check
        if check:
            self._next_check = now + self.connections_checking_interval
        idle_since = now - (self.keep_alive_timeout + self.keep_alive_timeout_buffer)
        for connection in list(self._connections_open):
            if connection._lingering:
                if now - connection._since > _LINGER:
                    self._env.make_callback(connection.destroy)
            elif connection._started:
                if check and self._is_late(connection, now):
                    connection._handle(iter((RequestTimeoutError(),)))
            elif (
                self.keep_alive_timeout and connection.current is None and connection._since <= idle_since
                and not connection.tcp.write_queue_size
            ):
                self._env.make_callback(connection.destroy)
        self._sweep_later()

    def _is_late(self, connection: Connection, now: int) -> bool:
        age = now - connection._started
        if self.request_timeout and age > self.request_timeout:
            return True
        in_head = connection._parser is None or connection._parser.in_head
        return bool(self.headers_timeout) and in_head and age > self.headers_timeout

    def set_timeout(self, ms: int = 0, callback: Listener | None = None) -> Server:
        """Set `timeout` for the connections to come; `callback(socket)` is added for 'timeout'."""
        self.timeout = ms
        if callback is not None:
            self.on("timeout", callback)
        return self

    # Ending

    def close(self, callback: Listener | None = None) -> Server:
        """Accept no more, and close the connections that are idle. See `net.Server.close`."""
        self.close_idle_connections()
        super().close(callback)
        return self

    def close_idle_connections(self) -> None:
        """Close all connections on which no request is arriving or waiting for its response."""
        for connection in list(self._connections_open):
            idle = not connection._started and connection.current is None and not connection.tcp.write_queue_size
            if idle or connection._lingering:
                connection.destroy()

    def close_all_connections(self) -> None:
        """Close all connections, whatever they are doing; those that changed their protocol are not among them."""
        for connection in list(self._connections_open):
            connection.destroy()

    def _connection_ended(self) -> None:
        super()._connection_ended()
        if not self._connections_open and self._sweeper is not None:
            self._sweeper.close()
            self._sweeper = None


def _check(options: Mapping[str, Any]) -> None:
    """Raise `TypeError` or `ValueError` for options that make no sense."""
    for name in (
        "connections_checking_interval", "headers_timeout", "keep_alive_timeout", "keep_alive_timeout_buffer",
        "max_header_size", "request_timeout",
    ):  # fmt: skip
        value = options[name]
        if value is None and name == "headers_timeout":
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} must be an int, not {value!r}")
        if value < 0:
            raise ValueError(f"{name} must be 0 or more, not {value!r}")
    headers, request = options["headers_timeout"], options["request_timeout"]
    if headers is not None and request and headers > request:
        raise ValueError(f"headers_timeout must be at most request_timeout ({request}), not {headers}")


def create_server(
    options: Mapping[str, Any] | Listener | None = None, listener: Listener | None = None, **keywords: Any
) -> Server:
    """A new `Server`: `create_server(options, listener)`; either may be left out, options also as keywords.

    `listener(req, res)`, which may be an `async def`, is added for 'request'.
    """
    return Server(options, listener, **keywords)
