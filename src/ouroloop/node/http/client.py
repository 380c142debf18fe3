"""The HTTP client: requests. The agent that keeps their connections is in agent.py.

Theory of operation. A `ClientRequest` asks an `Agent` for a connection and gets one a tick later, or when another
request is done with its own.

What surprises people: a response must be read (or `resume()`d, or destroyed), or its connection is never free again;
with no 'response' listener the client throws the body away itself.

Beyond Node: a body given to a GET or DELETE is framed (Content-Length, or chunks), where Node sends the bare bytes,
which the server takes for the next request.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator, Mapping
from math import inf
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from .. import environment, net
from ..environment import require_callable
from ..promise import Promise
from ..stream import DEFAULT_HIGH_WATER_MARK
from .agent import CONNECTION_OPTIONS, DEFAULT_PORT, NO_AGENT, Agent, Channel, global_agent, hang_up
from .incoming import IncomingMessage
from .outgoing import HeadersSentError, OutgoingMessage, header_entry, header_pairs
from .protocol import MAX_HEADER_SIZE, check_header_name, request_line

Callback = Callable[..., object]

_BODILESS = frozenset(("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
_URL_SAFE = "/?#[]@!$&'()*+,;=:%-._~|{}^`\\\"<>"

_OPTIONS_FOR_SOCKET = CONNECTION_OPTIONS | {"socket_path", "create_connection"}
_REQUEST_OPTIONS = _OPTIONS_FOR_SOCKET | {
    "protocol", "host", "hostname", "port", "default_port", "method", "path", "headers", "auth", "agent", "timeout",
    "set_host", "set_default_headers", "max_header_size", "join_duplicate_headers",
}


class ClientRequest(OutgoingMessage):
    """A request on its way. https://nodejs.org/api/http.html#class-httpclientrequest

    `await` it for the response (after `end`). Events: 'socket' (socket), 'response' (response), 'continue',
    'information' (response), 'upgrade' and 'connect' (response, socket, head), 'timeout', 'drain', 'finish', 'abort',
    'error' (error), 'close'.
    """

    send_date = False
    aborted = False
    """Whether `abort` was called."""
    reused_socket = False
    """Whether the request was sent on a connection that had served another before."""
    upgraded = False
    """Whether the server changed the protocol."""
    response: IncomingMessage | None = None
    """The response, once its head is there."""
    _channel: Channel | None = None
    _name = ""
    _corks = 0
    _writing = False
    _told = False

    def __init__(self, options: Mapping[str, Any], callback: Callback | None = None) -> None:
        super().__init__()
        _check(options)
        self._env = environment.current()
        self._pending: list[Any] = []
        self._pending_end = False
        self._options_for_socket: dict[str, Any] = {}
        self._settings: list[tuple[str, tuple[Any, ...]]] = []
        agent = options.get("agent")
        self.agent: Agent | None = (
            None if agent is False else agent if agent is not None
            else None if options.get("create_connection") else global_agent
        )
        self.protocol = "http:"
        self.method = _method_of(options)
        self.path: str = options.get("path") or "/"
        self.host: str = options.get("hostname") or options.get("host") or "localhost"
        self.port: int = int(
            options.get("port") or options.get("default_port") or (self.agent or global_agent).default_port
        )
        self.timeout: int | None = options.get("timeout")
        """In ms; after so much silence of the connection there is a 'timeout'."""
        if self.timeout is None and self.agent is not None:
            self.timeout = self.agent.timeout
        self.max_header_size: int = options.get("max_header_size") or MAX_HEADER_SIZE
        self.join_duplicate_headers = bool(options.get("join_duplicate_headers"))
        self.use_chunked_encoding_by_default = self.method not in _BODILESS
        self.should_keep_alive = self.agent is not None and (self.agent.keep_alive or self.agent.max_sockets != inf)
        self._first_line = request_line(self.method, self.path)
        if callback is not None:
            require_callable(callback)
            self.once("response", callback)
        self._take_headers(options)
        self._ask_for_connection(options)

    def _take_headers(self, options: Mapping[str, Any]) -> None:
        headers = options.get("headers") or {}
        defaults = options.get("set_default_headers", True)
        if not isinstance(headers, Mapping):
            # A list is sent as it is, with nothing added but what the framing needs.
            self._store_header(self._first_line, [header_entry(name, value) for name, value in header_pairs(headers)])
            return
        for name, value in headers.items():
            if value is not None:
                self.set_header(name, value)
        if defaults and options.get("set_host", True) and not self.has_header("host"):
            host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
            default = options.get("default_port") or DEFAULT_PORT
            self.set_header("Host", host if self.port == default else f"{host}:{self.port}")
        if options.get("auth") and not self.has_header("authorization"):
            self.set_header("Authorization", "Basic " + base64.b64encode(options["auth"].encode()).decode())
        if not defaults:
            self._removed_connection = True
        if self.has_header("expect"):
            self._implicit_header()
            self._head_sent = True
            self._pending.append(self._header)

    def _ask_for_connection(self, options: Mapping[str, Any]) -> None:
        wanted = {
            name: value for name, value in options.items() if name in _OPTIONS_FOR_SOCKET and value is not None
        }
        wanted["host"] = self.host.strip("[]")
        wanted["port"] = self.port
        if self.agent is not None:
            self.agent.add_request(self, wanted)
            return
        self._options_for_socket = wanted
        create = options.get("create_connection") or NO_AGENT.create_connection
        self._env.next_tick(self._on_channel, Channel(create({"no_delay": True, **wanted}), None, ""))

    def _on_channel(self, channel: Channel) -> None:
        """A tick after the connection was found."""
        if self.destroyed:
            if channel.agent is None or channel.socket.connecting:
                channel.socket.destroy()
            else:
                channel.agent._freed(channel)
            return
        self._channel = channel
        channel.serve(self)
        for name, args in self._settings:
            getattr(channel.socket, name)(*args)
        socket = channel.socket
        self.emit("socket", socket)
        if self._channel is channel and not socket.destroyed:
            self._flush()

    # The head

    def _implicit_header(self) -> None:
        if self._header is not None:
            raise HeadersSentError("render")
        self._store_header(self._first_line, self._headers.values() if self._headers is not None else ())

    def _connection_lines(self, has_length: bool) -> bytes:
        if self.should_keep_alive:
            return b"Connection: keep-alive\r\n"
        self._last = True
        return b"Connection: close\r\n"

    def _framing_line(self, has_trailer: bool) -> bytes:
        if self.use_chunked_encoding_by_default or self.method == "CONNECT":
            return super()._framing_line(has_trailer)
        if self._content_length and not has_trailer and not self._removed_length:
            return b"Content-Length: %d\r\n" % self._content_length
        if (self._writing or has_trailer) and not self._removed_encoding:
            self.chunked_encoding = True
            return b"Transfer-Encoding: chunked\r\n"
        self._has_body = False
        return b""

    # The body

    def write(self, chunk: Any, callback: Callback | None = None, *, encoding: str = "utf-8") -> bool:
        """Send a piece of the body. Returns False when 'drain' should be waited for.

        Raises `TypeError` for what is neither bytes nor str, `ValueError` when the head is out and announced no body.
        """
        if not self._has_body and self._header is not None and not self.finished:
            raise ValueError(f"the head of this {self.method} request is sent and announced no body")
        self._writing = True
        return super().write(chunk, callback, encoding=encoding)

    def _send(self, parts: list[Any], *, end: bool) -> bool:
        if self._channel is not None and not self._corks:
            return self._channel.send(self, parts, end)
        self._pending += parts
        self._pending_end = self._pending_end or end
        return self.writable_length < DEFAULT_HIGH_WATER_MARK

    def _flush(self) -> None:
        """Send what was written before there was a connection."""
        channel = self._channel
        pending, self._pending = self._pending, []
        if channel is None or not (pending or self._pending_end):
            return
        go_on = channel.send(self, pending, self._pending_end)
        if go_on and self._need_drain:
            self._need_drain = False
            self.emit("drain")

    @property
    def writable_length(self) -> int:
        """How many bytes wait to be sent."""
        waiting = sum(len(part) for part in self._pending if not callable(part))
        return waiting + (self._channel.socket.writable_length if self._channel is not None else 0)

    def cork(self) -> None:
        """Hold back what is written until `uncork`, to send it as one piece."""
        self._corks += 1

    def uncork(self) -> None:
        """Undo one `cork`."""
        if self._corks:
            self._corks -= 1
            if not self._corks:
                self._flush()

    # The connection

    @property
    def socket(self) -> Any:
        """The connection; None until there is one."""
        return self._channel.socket if self._channel is not None else None

    connection = socket

    def set_timeout(self, ms: int, callback: Callback | None = None) -> Self:
        """Emit 'timeout' when nothing came or went on the connection for `ms`; `callback` is added for the next one."""
        if callback is not None:
            require_callable(callback)
            self.once("timeout", callback)
        self.timeout = ms
        return self._set("set_timeout", ms)

    def set_no_delay(self, enable: bool = True) -> Self:
        """See `net.Socket.set_no_delay`."""
        return self._set("set_no_delay", enable)

    def set_socket_keep_alive(self, enable: bool = False, initial_delay: int = 0) -> Self:
        """See `net.Socket.set_keep_alive`."""
        return self._set("set_keep_alive", enable, initial_delay)

    def _set(self, name: str, *args: Any) -> Self:
        if self._channel is not None:
            getattr(self._channel.socket, name)(*args)
        else:
            self._settings.append((name, args))
        return self

    # Ending early

    def abort(self) -> None:
        """The old name of `destroy`, without an 'error' event."""
        if not self.aborted:
            self.aborted = True
            self._env.next_tick(self.emit, "abort")
            self.destroy()

    def destroy(self, error: BaseException | None = None, callback: Callback | None = None) -> Self:
        """Give up, and close the connection: 'error' ("socket hang up" unless there is an `error`), then 'close'.

        When the response has begun, it is the response that fails.
        """
        if callback is not None:
            self._env.next_tick(callback, None)
        if self.destroyed:
            return self
        self.destroyed = True
        self.errored = error
        if self.response is not None:
            self.response._dump()
        channel = self._channel
        if channel is not None and channel.request is self:
            channel.socket.destroy(error)
        elif channel is None:
            failure = error or (None if self.aborted else hang_up())
            self._env.next_tick(self._give_up, failure)
        return self

    def _give_up(self, failure: BaseException | None) -> None:
        """There is no connection, and there will be none."""
        try:
            if failure is not None:
                self._tell_failure(failure)
        finally:
            self._close()

    def _tell_failure(self, failure: BaseException) -> None:
        if not self._told:
            self._told = True
            self.errored = failure
            self.emit("error", failure)

    # Waiting

    def __await__(self) -> Generator[Any, Any, IncomingMessage]:
        return self._answer().__await__()

    def _answer(self) -> Promise[IncomingMessage]:
        """A promise of the response."""
        promise, resolve, reject = Promise.with_resolvers()
        if self.response is not None:
            resolve(self.response)
        elif self.closed:
            reject(self.errored or hang_up())
        else:
            self.once("response", resolve)
            self.once("error", reject)
            self.once("close", lambda: reject(hang_up()))
        return promise

    def __repr__(self) -> str:
        return f"<ClientRequest {self.method} {self.host}:{self.port}{self.path}>"


def _method_of(options: Mapping[str, Any]) -> str:
    method = options.get("method") or "GET"
    check_header_name(method, "Method")
    return str(method).upper()


def _check(options: Mapping[str, Any]) -> None:
    """Raise `TypeError` or `ValueError` for options that make no sense."""
    for name, value in options.items():
        if name not in _REQUEST_OPTIONS:
            raise TypeError(f"a request has no option {name}")
        if value is None:
            continue
        if name in _TEXTS:
            if not isinstance(value, str):
                raise TypeError(f"{name} must be a str, not {value!r}")
            if name == "protocol" and value != "http:":
                _refuse_protocol(value)
        elif name == "port":
            net.checked_port(value)
        elif name == "agent":
            if value is not False and not hasattr(value, "add_request"):
                raise TypeError(f"agent must be an Agent, None or False, not {value!r}")
        elif name == "timeout" and (not isinstance(value, (int, float)) or not value >= 0):
            raise ValueError(f"timeout must be a number of ms, 0 or more, not {value!r}")


_TEXTS = frozenset(("protocol", "host", "hostname", "path", "auth"))


def _refuse_protocol(protocol: str) -> None:
    if protocol == "https:":
        raise ValueError(
            'Protocol "https:" is not supported: Python programs have no HTTPS in this version; use http: '
            "[ERR_INVALID_PROTOCOL]"
        )
    raise ValueError(f'Protocol "{protocol}" is not supported. Expected "http:" [ERR_INVALID_PROTOCOL]')


def url_to_options(url: str) -> dict[str, Any]:
    """The options for a request to `url`. Raises `ValueError` for what is not an absolute URL."""
    parts = urlsplit(url.strip())
    if not parts.scheme or not parts.hostname:
        raise ValueError(f"Invalid URL: {url!r}; it must look like http://host/path [ERR_INVALID_URL]")
    host = parts.hostname
    target = parts.path or "/"
    if parts.query or "?" in url.partition("#")[0]:
        target += f"?{parts.query}"
    options: dict[str, Any] = {
        "protocol": f"{parts.scheme}:",
        "host": host if host.isascii() else host.encode("idna").decode(),
        "path": quote(target, safe=_URL_SAFE),
    }
    if parts.port is not None:
        options["port"] = parts.port
    if parts.username is not None:
        options["auth"] = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return options


def request(
    url: str | Mapping[str, Any] | None = None, options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None, **keywords: Any,
) -> ClientRequest:
    """A request: `request(url, options, callback)`; each may be left out, options also as keywords. Call `end` on it.

    Options: `protocol`, `host` (or `hostname`), `port`, `path`, `method`, `headers` (a mapping, or a list that is sent
    as it is), `auth` ("user:password"), `agent` (an `Agent`; False: a connection of its own), `timeout` (ms),
    `set_host`, `set_default_headers`, `socket_path`, `create_connection`, `max_header_size` (bytes),
    `join_duplicate_headers`, and those of `net.connect`. `callback(response)` is added for 'response'.

    Raises `ValueError`, `TypeError` and `HeaderError` for what cannot be sent; what fails later is an 'error' event.
    """
    if callable(options) and callback is None:
        options, callback = None, options
    given: dict[str, Any] = {}
    if isinstance(url, str):
        given = url_to_options(url)
    elif isinstance(url, Mapping):
        given = dict(url)
    elif callable(url) and callback is None:
        callback = url
    elif url is not None:
        raise TypeError(f"the first argument must be a URL or options, not {url!r}")
    if isinstance(options, Mapping):
        given.update(options)
    given.update(keywords)
    return ClientRequest(given, callback)


def get(
    url: str | Mapping[str, Any] | None = None, options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None, **keywords: Any,
) -> ClientRequest:
    """`request`, ended at once: `http.get(url, callback)`, or `response = await http.get(url)`."""
    return request(url, options, callback, **keywords).end()
