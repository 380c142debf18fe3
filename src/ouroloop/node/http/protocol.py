"""HTTP/1.1 without any I/O: bytes in, events out; and the bytes of what is to be sent.

Theory of operation. `RequestParser` (a server's side) and `ResponseParser` (a client's side) wrap llhttp, the parser
that Node uses, by way of `httptools`. `feed(data)` returns what the bytes meant, a list of events in order:

    RequestHead or ResponseHead    a message began; if its `complete` is set, it has no body and is over already
    bytes                          a piece of its body, chunked framing removed
    End                            its end, with the trailers
    Upgrade                        after a head whose `upgrade` is set: the bytes behind it, in another protocol
    ProtocolError                  always the last one: nothing after it can be trusted, close the connection

`finish()` tells the parser that the other side will send no more. Nothing here calls back into a program, so a program
can do to a connection what it likes while its events are handed out.

What surprises people: everything about one message may come in one event (a GET), and several messages in one feed
(pipelining). llhttp keeps no data, so a head is bounded here: its size is counted as Node counts it, the bytes of the
URL, the header names and the values. And header values are bytes on the wire without an encoding; like Node, this
module reads and writes them as Latin-1.

The other half serialises: every line of a head is checked for what would let a value break out of it (response
splitting).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from time import time
from typing import Any, Union

from httptools import HttpRequestParser, HttpResponseParser
from httptools.parser.errors import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserInvalidStatusError,
    HttpParserInvalidURLError,
    HttpParserUpgrade,
)

from ..errors import NodeError

Data = Union[bytes, bytearray, memoryview]

MAX_HEADER_SIZE = 16 * 1024
"""In bytes: Node's default for a head, and for the trailers. A larger one is answered with 431."""

MAX_HEADERS_COUNT = 1000
"""How many headers a message may have: Node's default. More are answered with 431. 0: no limit."""

MAX_CHUNK_EXTENSIONS = 16 * 1024
"""In bytes, for each chunk. More is answered with 413."""

STATUS_CODES = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a Teapot",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    509: "Bandwidth Limit Exceeded",
    510: "Not Extended",
    511: "Network Authentication Required",
}
"""The reason phrase of each status code (Node's `http.STATUS_CODES`)."""

METHODS = (
    "ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE",
    "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE",
    "PUT", "QUERY", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK",
    "UNSUBSCRIBE",
)
"""The methods that the parser takes (Node's `http.METHODS`)."""


class ProtocolError(NodeError):
    """What was received is not HTTP, or more of it than is allowed.

    `code` is Node's ("HPE_INVALID_METHOD"), `reason` says what is wrong, `status` is what a server answers: 400, 413
    (chunk extensions too large) or 431 (head too large).
    """

    def __init__(self, code: str, reason: str, status: int = 400) -> None:
        super().__init__(code, f"Parse Error: {reason}")
        self.reason = reason
        self.status = status


class Upgrade:
    """The other side speaks another protocol from here on; `data` is what it has sent of that."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"Upgrade({self.data!r})"


class End:
    """The end of a message; `raw_trailers` is a flat list: name, value, name, value."""

    __slots__ = ("raw_trailers",)

    def __init__(self, raw_trailers: list[bytes]) -> None:
        self.raw_trailers = raw_trailers

    def __repr__(self) -> str:
        return f"End({self.raw_trailers!r})"


END_OF_MESSAGE = End([])
"""The End of every message without trailers."""

HAS_HOST = 1
HAS_CONNECTION = 2
HAS_EXPECT = 4
HAS_UPGRADE = 8
HAS_CONTENT_LENGTH = 16
HAS_TRANSFER_ENCODING = 32
HAS_TE = 64

_FLAGS = {
    b"host": HAS_HOST,
    b"connection": HAS_CONNECTION,
    b"expect": HAS_EXPECT,
    b"upgrade": HAS_UPGRADE,
    b"content-length": HAS_CONTENT_LENGTH,
    b"transfer-encoding": HAS_TRANSFER_ENCODING,
    b"te": HAS_TE,
}


class _Head:
    """What the heads of requests and responses have in common."""

    __slots__ = ("complete", "flags", "keep_alive", "raw_headers", "upgrade", "version")

    complete: bool
    """The message is over: it has no body, and no End event follows."""
    flags: int
    """Which of the headers that matter to the protocol are there: a mask of this module's HAS_ constants."""
    keep_alive: bool
    """Whether the connection may be used for another message after this one."""
    raw_headers: list[bytes]
    """As received, flat: name, value, name, value. Values may have blanks at their end; see `raw_strings`."""
    upgrade: bool
    """The message asks for, or announces, another protocol; an Upgrade event follows instead of a body."""
    version: str
    """"1.1", "1.0" …"""

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header called `name` (in lower case), or None."""
        raw = self.raw_headers
        for position in range(0, len(raw), 2):
            if raw[position].lower() == name:
                return raw[position + 1].strip(b" \t")
        return None

    @property
    def headers(self) -> dict[str, Any]:
        """The headers as Node's `headers` has them: see `header_dict`. Made anew at each call."""
        return header_dict(raw_strings(self.raw_headers))


class RequestHead(_Head):
    """A request's first line and headers."""

    __slots__ = ("method", "plain", "url")

    method: str
    plain: bool
    """HTTP/1.1, kept alive, and not HEAD: nothing about it changes how the response is framed."""
    url: str
    """The request target as it came, such as "/path?query"."""

    def __repr__(self) -> str:
        return f"<RequestHead {self.method} {self.url} HTTP/{self.version}>"


class ResponseHead(_Head):
    """A response's first line and headers. One with a status below 200 (but 101) is informational: another follows."""

    __slots__ = ("status", "status_message", "until_close")

    status: int
    status_message: str
    until_close: bool
    """The body has no length: it goes on until the connection ends."""

    @property
    def informational(self) -> bool:
        """Whether the response proper is still to come (100 Continue, 103 Early Hints)."""
        return self.status < 200 and self.status != 101

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status} {self.status_message} HTTP/{self.version}>"


Event = Union[RequestHead, ResponseHead, bytes, End, Upgrade, ProtocolError]

# llhttp's reasons, and the code that Node gives for each: httptools passes on the reason only.
_PAUSED = "Pause on CONNECT/Upgrade"
_CODES = {
    "Data after `Connection: close`": "HPE_CLOSED_CONNECTION",
    "Missing expected CR after chunk data": "HPE_CR_EXPECTED",
    "Missing expected CR after chunk extension name": "HPE_CR_EXPECTED",
    "Missing expected CR after chunk extension value": "HPE_CR_EXPECTED",
    "Missing expected CR after chunk size": "HPE_CR_EXPECTED",
    "Missing expected CR after header value": "HPE_CR_EXPECTED",
    "Missing expected CR after response line": "HPE_CR_EXPECTED",
    "Chunk size overflow": "HPE_INVALID_CHUNK_SIZE",
    "Invalid character in chunk size": "HPE_INVALID_CHUNK_SIZE",
    "Expected HTTP/, RTSP/ or ICE/": "HPE_INVALID_CONSTANT",
    "Invalid word encountered": "HPE_INVALID_CONSTANT",
    "Content-Length can't be present with Transfer-Encoding": "HPE_INVALID_CONTENT_LENGTH",
    "Content-Length overflow": "HPE_INVALID_CONTENT_LENGTH",
    "Invalid character in Content-Length": "HPE_INVALID_CONTENT_LENGTH",
    "Empty Content-Length": "HPE_INVALID_CONTENT_LENGTH",
    "Content-Length already present": "HPE_UNEXPECTED_CONTENT_LENGTH",
    "Duplicate Content-Length": "HPE_UNEXPECTED_CONTENT_LENGTH",
    "Invalid header field char": "HPE_INVALID_HEADER_TOKEN",
    "Invalid header token": "HPE_INVALID_HEADER_TOKEN",
    "Invalid header value char": "HPE_INVALID_HEADER_TOKEN",
    "Unexpected whitespace after header value": "HPE_INVALID_HEADER_TOKEN",
    "Expected space after method": "HPE_INVALID_METHOD",
    "Invalid method encountered": "HPE_INVALID_METHOD",
    "Invalid method for HTTP/x.x request": "HPE_INVALID_METHOD",
    "Invalid response status": "HPE_INVALID_STATUS",
    "Invalid status code": "HPE_INVALID_STATUS",
    "Response overflow": "HPE_INVALID_STATUS",
    "Invalid `Transfer-Encoding` header value": "HPE_INVALID_TRANSFER_ENCODING",
    "Transfer-Encoding can't be present with Content-Length": "HPE_INVALID_TRANSFER_ENCODING",
    "Request has invalid `Transfer-Encoding`": "HPE_INVALID_TRANSFER_ENCODING",
    "Expected CRLF after version": "HPE_INVALID_VERSION",
    "Expected HTTP/2 Connection Preface": "HPE_INVALID_VERSION",
    "Expected dot": "HPE_INVALID_VERSION",
    "Expected space after version": "HPE_INVALID_VERSION",
    "Invalid HTTP version": "HPE_INVALID_VERSION",
    "Invalid major version": "HPE_INVALID_VERSION",
    "Invalid minor version": "HPE_INVALID_VERSION",
    "Missing expected LF after header value": "HPE_LF_EXPECTED",
    "Pause on PRI/Upgrade": "HPE_PAUSED_H2_UPGRADE",
    _PAUSED: "HPE_PAUSED_UPGRADE",
    "Expected LF after CR": "HPE_STRICT",
    "Expected LF after chunk data": "HPE_STRICT",
    "Expected LF after chunk size": "HPE_STRICT",
    "Expected LF after headers": "HPE_STRICT",
    "Invalid character in chunk extensions": "HPE_STRICT",
    "Invalid character in chunk extensions name": "HPE_STRICT",
    "Invalid character in chunk extensions value": "HPE_STRICT",
    "Invalid character in chunk extensions quoted value": "HPE_STRICT",
    "Invalid quoted-pair in chunk extensions quoted value": "HPE_STRICT",
    "Unexpected space after start line": "HPE_UNEXPECTED_SPACE",
}

_CODES_BY_CLASS: dict[type[HttpParserError], str] = {
    HttpParserInvalidMethodError: "HPE_INVALID_METHOD",
    HttpParserInvalidStatusError: "HPE_INVALID_STATUS",
    HttpParserInvalidURLError: "HPE_INVALID_URL",
}

_IDLE, _HEAD, _BODY, _CHUNKED = range(4)
_PIECE = 1024
_ENDLESS = 1 << 64
_FEW = 16  # names and values: so few headers are not worth counting, unless the limit is lower still


class _Parser:
    """What both sides have in common. Its on_ methods are called by httptools, within `feed`."""

    __slots__ = (
        "_bounded", "_counted", "_events", "_failed", "_failure", "_few", "_flags", "_head", "_in_chunk",
        "_is_lenient", "_left", "_parser", "_progress", "_raw", "_state", "_trailers", "idle", "max_header_size",
        "max_headers_count", "reusable",
    )

    _parser: Any
    _head: Any

    def __init__(self, max_header_size: int = MAX_HEADER_SIZE, max_headers_count: int = MAX_HEADERS_COUNT) -> None:
        self.max_header_size = max_header_size
        self.max_headers_count = max_headers_count
        self._events: list[Event] = []
        self._state = _IDLE
        self._raw: list[bytes] = []
        self._flags = 0
        self._trailers: list[bytes] | None = None
        self._counted = 0
        self._bounded = False
        self._in_chunk = False
        self._progress = False
        self._left = 0  # how many bytes of body are certain to come
        self._few = min(2 * max_headers_count, _FEW) if max_headers_count else _FEW
        self._failure: ProtocolError | None = None
        self._failed = False
        self._is_lenient = False
        self.idle = True
        """Whether the parser is between two messages."""
        self.reusable = True
        """Whether, moreover, nothing of the past matters: the parser may be used for another connection."""

    @property
    def in_head(self) -> bool:
        """Whether a head has begun and is not complete."""
        return self._state == _HEAD

    def be_lenient(self) -> None:
        """Let pass what llhttp can let pass: requests that may be smuggled through (Node's `insecureHTTPParser`)."""
        self._is_lenient = True
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_chunked_length=True, lenient_keep_alive=True, lenient_transfer_encoding=True,
            lenient_version=True, lenient_data_after_close=True, lenient_optional_lf_after_cr=True,
            lenient_optional_cr_before_lf=True, lenient_optional_crlf_after_chunk=True,
            lenient_spaces_after_chunk_size=True)

    # Feeding

    def feed(self, data: Data) -> list[Event]:
        """The events that `data` completes. After a ProtocolError or an Upgrade nothing more may be fed."""
        events: list[Event] = []
        self._events = events
        size, state = len(data), self._state
        if (self._counted + size <= self.max_header_size and state != _CHUNKED) or (
            state == _BODY and size <= self._left
        ):
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as stop:
                self._upgraded(bytes(data[stop.args[0] :]))
            except HttpParserError as exc:
                self._fail(exc)
            if self._state == _HEAD:
                self._counted += size
            return events
        if state == _CHUNKED and size <= _PIECE:
            self._feed_piece(data)
            return events
        self._feed_bounded(memoryview(data))
        return _joined(events)

    def _feed(self, data: Data) -> None:
        """Feed without counting."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as stop:
            self._upgraded(bytes(data[stop.args[0] :]))
        except HttpParserError as exc:
            self._fail(exc)

    def _feed_bounded(self, view: memoryview) -> None:
        """More than a head may have: in pieces, so that what exceeds a limit is noticed in time."""
        piece = min(_PIECE, max(64, self.max_header_size // 4))
        self._bounded = True
        position = 0
        parser = self._parser
        while position < len(view) and not self._failed and self._parser is parser:
            step = max(piece, self._left) if self._state == _BODY else piece
            if self._feed_piece(view[position : position + step]):
                rest = view[position + step :]
                upgrade = self._events[-1]
                assert isinstance(upgrade, Upgrade)
                upgrade.data += bytes(rest)
                break
            position += step
        self._bounded = False

    def _feed_piece(self, data: Data) -> bool:
        """Feed and count. Returns whether the protocol changed."""
        events = self._events
        before = len(events)
        self._progress = False
        self._feed(data)
        if self._failed:
            return False
        if events and events[-1].__class__ is Upgrade:
            return True
        if self._progress or self._state in (_IDLE, _BODY):
            self._counted = 0  # where in the piece it began is not known
        elif self._state == _HEAD:
            self._counted += len(data)
            if self._counted - 2 * len(self._raw) - 32 >= self.max_header_size:
                self._overflow("HPE_HEADER_OVERFLOW", "Header overflow", 431)
        else:
            self._count_framing(len(data) - sum(len(e) for e in events[before:] if e.__class__ is bytes))
        return False

    def _count_framing(self, size: int) -> None:
        """`size` bytes were neither body nor told of: part of a chunk's first line, or of the trailers."""
        self._counted += size
        if self._in_chunk and self._counted >= self.max_header_size:
            self._overflow("HPE_HEADER_OVERFLOW", "Header overflow", 431)
        elif self._counted > MAX_CHUNK_EXTENSIONS:
            self._overflow("HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow", 413)

    def _overflow(self, code: str, reason: str, status: int) -> None:
        self._failed = True
        self.idle = self.reusable = False
        self._events.append(ProtocolError(code, reason, status))

    def _fail(self, exc: HttpParserError) -> None:
        if isinstance(exc.__context__, _Refused):
            self._parser = exc.__context__.parser
            return
        self._failed = True
        self.idle = self.reusable = False
        if self._failure is not None:
            self._events.append(self._failure)
            return
        if isinstance(exc, HttpParserCallbackError):
            raise exc
        reason = str(exc)
        code = _CODES.get(reason) or _CODES_BY_CLASS.get(type(exc)) or _guess_code(reason)
        self._events.append(ProtocolError(code, reason))

    def _upgraded(self, rest: bytes) -> None:
        self._state = _IDLE
        self.idle = True
        self.reusable = False
        self._events.append(Upgrade(rest))

    def _eof_error(self) -> ProtocolError:
        self._failed = True
        self.idle = self.reusable = False
        return ProtocolError("HPE_INVALID_EOF_STATE", "Invalid EOF state")

    # Called by httptools

    def on_message_begin(self) -> None:
        self._state = _HEAD
        self.idle = False
        self._counted = 0
        self._progress = True
        self._flags = 0
        self._raw = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state == _HEAD:
            raw = self._raw
            raw.append(name)
            raw.append(value)
            self._flags |= _FLAGS.get(name.lower(), 0)
            return
        if self._trailers is None:
            self._trailers = []
        self._trailers += (name, value)
        if len(self._trailers) > 2 * self.max_headers_count > 0:
            self._refuse()

    def _check_size(self, first_line: int) -> None:
        """The head is complete: count as Node does."""
        raw, count = self._raw, self.max_headers_count
        if len(raw) > 2 * count > 0 or first_line + sum(map(len, raw)) >= self.max_header_size:
            self._refuse()

    def _refuse(self) -> None:
        self._failure = ProtocolError("HPE_HEADER_OVERFLOW", "Header overflow", 431)
        raise self._failure

    def on_body(self, data: bytes) -> None:
        self._left -= len(data)
        self._events.append(data)

    def on_chunk_header(self) -> None:
        self._progress = self._in_chunk = True

    def on_chunk_complete(self) -> None:
        self._progress = True
        self._in_chunk = False

    def on_message_complete(self) -> None:
        self._state = _IDLE
        self.idle = True
        head = self._head
        self.reusable = head.keep_alive
        self._counted = 0
        trailers = self._trailers
        if trailers is not None:
            self._trailers = None
            self._events.append(End(trailers))
            return
        events: list[Any] = self._events
        if events and events[-1] is head:
            head.complete = True
        elif not head.complete:
            events.append(END_OF_MESSAGE)


class RequestParser(_Parser):
    """A server's side. `max_header_size` is in bytes; `max_headers_count` of 0 means no limit."""

    __slots__ = ("_silent", "_url")

    def __init__(self, max_header_size: int = MAX_HEADER_SIZE, max_headers_count: int = MAX_HEADERS_COUNT) -> None:
        super().__init__(max_header_size, max_headers_count)
        self._url = b""
        self._head: RequestHead | None = None
        self._silent = False
        self._parser = HttpRequestParser(self)

    def finish(self) -> list[Event]:
        """The other side sends no more: a ProtocolError if it stopped within a message, else nothing."""
        return [] if self._state == _IDLE or self._failed else [self._eof_error()]

    def refuse_upgrade(self, head: RequestHead, upgrade: Upgrade) -> list[Event]:
        """Go on after `head` and `upgrade` as if no other protocol had been asked for.

        The events are the request's body, if it has one. What came together with its end is dropped, as in Node: it may
        be that protocol's.
        """
        lines = [b"POST / HTTP/", head.version.encode(), b"\r\n"]
        raw = head.raw_headers
        for position in range(0, len(raw), 2):
            if raw[position].lower() in (b"content-length", b"transfer-encoding"):
                lines += (raw[position], b":", raw[position + 1], b"\r\n")
        lines += (b"Connection: keep-alive\r\n\r\n" if head.keep_alive else b"Connection: close\r\n\r\n",)
        head.complete = False
        self._silent = True
        self._head = head
        self._events = []
        self._parser = HttpRequestParser(_Refused(self, self._parser))
        if self._is_lenient:
            self.be_lenient()
        self._feed(b"".join(lines))
        self._silent = False
        if self._state == _IDLE:
            head.complete = True
            return []
        return self.feed(upgrade.data) if upgrade.data else []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_headers_complete(self) -> None:
        if self._silent:
            self._state = _CHUNKED if self._flags & HAS_TRANSFER_ENCODING else _BODY
            self._left = 0
            self._url = b""
            return
        parser = self._parser
        url, flags, raw = self._url, self._flags, self._raw
        if self._bounded or len(raw) > self._few:
            self._check_size(len(url))
        head = self._head = RequestHead()
        method = parser.get_method()
        head.method = _METHOD_NAMES.get(method) or method.decode()
        head.url = url.decode("latin-1")
        head.raw_headers = raw
        head.flags = flags
        head.complete = False
        head.keep_alive = keep_alive = parser.should_keep_alive()
        # With no Connection header, only HTTP/1.1 keeps a connection: asking for the version costs 0.2 µs.
        head.version = "1.1" if keep_alive and not flags & HAS_CONNECTION else parser.get_http_version()
        head.plain = keep_alive and method != b"HEAD" and head.version == "1.1"
        head.upgrade = False
        if flags & HAS_UPGRADE or method == b"CONNECT":
            head.upgrade = head.complete = parser.should_upgrade()
        self._url = b""
        self._counted = 0
        self._progress = True
        self._state = _CHUNKED if flags & HAS_TRANSFER_ENCODING else _BODY
        self._left = int(head.header(b"content-length") or 0) if flags & HAS_CONTENT_LENGTH else 0
        self._events.append(head)


class _Refused(Exception):
    """Raised at the end of a request whose upgrade was refused, and told until then of what comes in its place."""

    def __init__(self, told: RequestParser, parser: HttpRequestParser) -> None:
        super().__init__()
        self.parser = parser
        """The one that goes on from there."""
        self._told = told
        self.on_headers_complete = told.on_headers_complete
        self.on_message_begin = told.on_message_begin
        self.on_header = told.on_header
        self.on_body = told.on_body
        self.on_chunk_header = told.on_chunk_header
        self.on_chunk_complete = told.on_chunk_complete

    def on_message_complete(self) -> None:
        self._told.on_message_complete()
        raise self


_METHOD_NAMES = {name.encode(): name for name in METHODS}


class ResponseParser(_Parser):
    """A client's side. Call `request_sent(method)` for each request, in order, before its response is fed."""

    __slots__ = ("_message", "_methods")

    def __init__(self, max_header_size: int = MAX_HEADER_SIZE, max_headers_count: int = MAX_HEADERS_COUNT) -> None:
        super().__init__(max_header_size, max_headers_count)
        self._message = b""
        self._head: ResponseHead | None = None
        self._methods: deque[str] = deque()
        self._parser = HttpResponseParser(self)

    def request_sent(self, method: str) -> None:
        """The next response answers a request of this method: one to HEAD has no body, a 2xx to CONNECT is a tunnel."""
        self._methods.append(method)

    def feed(self, data: Data) -> list[Event]:
        """See `_Parser.feed`."""
        if self._methods and self._methods[0] in ("HEAD", "CONNECT") and self._state not in (_BODY, _CHUNKED):
            return self._feed_bodiless(bytes(data))
        return super().feed(data)

    def _feed_bodiless(self, data: bytes) -> list[Event]:
        """The answer to HEAD or CONNECT has no body whatever its headers say, which llhttp cannot be told here.

        So it gets line by line, and is replaced by a new one after the head.
        """
        method = self._methods[0]
        events: list[Event] = []
        position = 0
        while position < len(data):
            end = data.find(b"\n", position) + 1 or len(data)
            events += super().feed(data[position:end])
            position = end
            last = events[-1] if events else None
            if isinstance(last, Upgrade):
                last.data += data[position:]
                return events
            if isinstance(last, ProtocolError):
                return events
            if isinstance(last, ResponseHead) and not last.informational:
                rest = data[position:]
                if self._end_bodiless(method, last):
                    return [*events, Upgrade(rest)]
                return events + self.feed(rest) if rest else events
        return events

    def _end_bodiless(self, method: str, head: ResponseHead) -> bool:
        """The head that answers a request of `method` is there. Returns whether what follows is a tunnel."""
        tunnel = method == "CONNECT" and 200 <= head.status < 300
        if method == "CONNECT" and not tunnel:
            return False
        head.upgrade = tunnel
        if not head.complete:
            self._methods.popleft()
            head.complete = True
            head.until_close = False
            self._parser = HttpResponseParser(self)
            self._state = _IDLE
            self.idle = True
        return tunnel

    def finish(self) -> list[Event]:
        """The other side sends no more: the End of a body without a length; within a message, a ProtocolError."""
        if self._state == _IDLE or self._failed:
            return []
        if self._state == _BODY and self._head is not None and self._head.until_close:
            self._state = _IDLE
            self.idle = True
            return [END_OF_MESSAGE]
        return [self._eof_error()]

    def _fail(self, exc: HttpParserError) -> None:
        """llhttp stops after any 101. One that names no other protocol is an answer like others, and the last."""
        if self._head is None or self._head.status != 101 or str(exc) != _PAUSED:
            super()._fail(exc)
            return
        self._parser = HttpResponseParser(self)
        if self._state != _IDLE:
            self.on_message_complete()
        self.reusable = False

    def on_status(self, message: bytes) -> None:
        self._message += message

    def on_headers_complete(self) -> None:
        parser = self._parser
        if self._bounded or len(self._raw) > self._few:
            self._check_size(len(self._message))
        head = self._head = ResponseHead()
        head.status = status = parser.get_status_code()
        head.status_message = self._message.decode("latin-1")
        head.raw_headers = self._raw
        head.flags = flags = self._flags
        head.complete = False
        head.keep_alive = parser.should_keep_alive()
        head.version = parser.get_http_version()
        head.upgrade = status == 101 and parser.should_upgrade()
        head.until_close = not head.keep_alive and not flags & HAS_CONTENT_LENGTH and not self._is_chunked(head)
        self._message = b""
        self._counted = 0
        self._progress = True
        self._state = _CHUNKED if flags & HAS_TRANSFER_ENCODING and not head.until_close else _BODY
        if head.until_close:
            self._left = _ENDLESS
        else:
            self._left = int(head.header(b"content-length") or 0) if flags & HAS_CONTENT_LENGTH else 0
        self._events.append(head)

    def _is_chunked(self, head: ResponseHead) -> bool:
        if not head.flags & HAS_TRANSFER_ENCODING:
            return False
        raw = head.raw_headers
        last = [v for n, v in zip(raw[::2], raw[1::2], strict=True) if n.lower() == b"transfer-encoding"][-1]
        return last.strip().lower().endswith(b"chunked")

    def on_message_complete(self) -> None:
        head = self._head
        if head is not None and not head.informational and self._methods:
            self._methods.popleft()
        super().on_message_complete()


def error_position(parser: type[RequestParser] | type[ResponseParser], data: bytes) -> int:
    """How many bytes of `data`, which begins a message and is not HTTP, are right: Node's `bytesParsed`.

    llhttp knows, and httptools does not pass it on, so the shortest piece that is refused is looked for.
    """
    position: int = bisect_left(range(1, len(data)), True, key=lambda size: any(
        isinstance(event, ProtocolError) for event in parser().feed(data[:size])))
    return position


def _guess_code(reason: str) -> str:
    for word, code in (
        ("Content-Length", "HPE_INVALID_CONTENT_LENGTH"), ("Transfer-Encoding", "HPE_INVALID_TRANSFER_ENCODING"),
        ("url", "HPE_INVALID_URL"), ("method", "HPE_INVALID_METHOD"),
        ("header", "HPE_INVALID_HEADER_TOKEN"), ("chunk", "HPE_INVALID_CHUNK_SIZE"), ("version", "HPE_INVALID_VERSION"),
    ):
        if word in reason:
            return code
    return "HPE_INTERNAL"


def _joined(events: list[Event]) -> list[Event]:
    """Pieces of body that follow each other made one."""
    result: list[Event] = []
    pieces: list[bytes] = []
    for event in events:
        if event.__class__ is bytes:
            pieces.append(event)
            continue
        if pieces:
            result.append(b"".join(pieces))
            pieces = []
        result.append(event)
    if pieces:
        result.append(b"".join(pieces))
    return result


# Headers as programs see them

FIRST_WINS = frozenset((
    "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since",
    "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after",
    "server", "user-agent",
))  # fmt: skip
"""Headers that must not be repeated: of several, the first counts. In lower case."""


def raw_strings(raw: list[bytes]) -> list[str]:
    """A flat list of names and values as text, the values without blanks around them (Node's `rawHeaders`)."""
    return [part.decode("latin-1").strip(" \t") for part in raw]


def header_dict(raw: Sequence[str], join_duplicates: bool = False) -> dict[str, Any]:
    """Names in lower case to values, as Node's `headers`.

    Of several headers of one name the values are joined with ", " ("; " for Cookie), but Set-Cookie is always a list,
    and of those that must not be repeated (Content-Type, Host …) the first one wins, unless `join_duplicates`.
    """
    headers: dict[str, Any] = {}
    for position in range(0, len(raw) - 1, 2):
        name = raw[position].lower()
        value = raw[position + 1]
        if name not in headers:
            headers[name] = [value] if name == "set-cookie" else value
        elif name == "set-cookie":
            headers[name].append(value)
        elif name == "cookie":
            headers[name] += "; " + value
        elif join_duplicates or name not in FIRST_WINS:
            headers[name] += ", " + value
    return headers


def distinct_headers(raw: Sequence[str]) -> dict[str, list[str]]:
    """Names in lower case to the list of their values (Node's `headersDistinct`)."""
    headers: dict[str, list[str]] = {}
    for position in range(0, len(raw) - 1, 2):
        headers.setdefault(raw[position].lower(), []).append(raw[position + 1])
    return headers


# Writing

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_BAD_TARGET = re.compile(r"[^\x21-\xff]")
_LINES_KEPT = 1024

_status_lines: dict[tuple[int, str], bytes] = {}


class HeaderError(NodeError, ValueError):
    """What must not stand in a head: ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR, ERR_UNESCAPED_CHARACTERS …"""


def check_header_name(name: object, label: str = "Header name") -> None:
    """Raise `HeaderError`, or `TypeError` for what is not a str, unless `name` is a token (RFC 9110 5.1)."""
    if not isinstance(name, str):
        raise TypeError(f"{label} must be a str, not {name!r} [ERR_INVALID_HTTP_TOKEN]")
    if _TOKEN.fullmatch(name) is None:
        raise HeaderError(
            "ERR_INVALID_HTTP_TOKEN", f"{label} must be a valid HTTP token, not {name!r} [ERR_INVALID_HTTP_TOKEN]"
        )


def check_header_value(name: str, value: str) -> None:
    """Raise `HeaderError` if `value` has what must not stand in a header: a line end, NUL, beyond Latin-1."""
    if not isinstance(value, str):
        raise TypeError(f"The value of the header {name!r} must be a str or a number, not {value!r}")
    bad = _BAD_VALUE.search(value)
    if bad is not None:
        raise HeaderError(
            "ERR_INVALID_CHAR",
            f"Invalid character {bad.group()!r} at position {bad.start()} in header content [{name!r}]; "
            "percent-encode text beyond Latin-1 [ERR_INVALID_CHAR]",
        )


def header_line(name: str, value: str | int) -> bytes:
    """`name: value` and the line end, checked. Raises `HeaderError` or `TypeError`."""
    check_header_name(name)
    text = _text(name, value)
    check_header_value(name, text)
    return f"{name}: {text}\r\n".encode("latin-1")


def _text(name: str, value: object) -> str:
    """What is not a str as one: numbers as they print, bytes as Latin-1. Nothing else is a header's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    raise TypeError(
        f"The value of the header {name!r} must be a str, a number or a list of them, not {value!r} "
        "[ERR_HTTP_INVALID_HEADER_VALUE]"
    )


def header_lines(headers: Iterable[tuple[str, Any]]) -> list[bytes]:
    """One line for each header and each value of a list; several cookies are joined with "; ", as Node does."""
    lines = []
    for name, value in headers:
        if isinstance(value, (list, tuple)):
            if len(value) > 1 and name.lower() == "cookie":
                lines.append(header_line(name, "; ".join(value)))
            else:
                lines += [header_line(name, one) for one in value]
        else:
            lines.append(header_line(name, value))
    return lines


def status_line(status: int, message: str | None = None) -> bytes:
    """`HTTP/1.1 200 OK` and the line end. Raises `ValueError` for a status outside 100 to 999, `HeaderError`."""
    key = (status, message or "")
    line = _status_lines.get(key)
    if line is not None:
        return line
    if not isinstance(status, int) or not 100 <= status <= 999:
        raise ValueError(f"Invalid status code: {status!r}; it must be 100 to 999 [ERR_HTTP_INVALID_STATUS_CODE]")
    text = message or STATUS_CODES.get(status, "unknown")
    if _BAD_VALUE.search(text):
        raise HeaderError("ERR_INVALID_CHAR", f"Invalid character in the status message {text!r} [ERR_INVALID_CHAR]")
    line = f"HTTP/1.1 {status} {text}\r\n".encode("latin-1")
    if len(_status_lines) >= _LINES_KEPT:
        _status_lines.clear()
    _status_lines[key] = line
    return line


def request_line(method: str, target: str) -> bytes:
    """`GET /path HTTP/1.1` and the line end.

    Raises `HeaderError` for a method that is no token (ERR_INVALID_HTTP_TOKEN), a target with blanks, control
    characters or characters beyond Latin-1 (ERR_UNESCAPED_CHARACTERS).
    """
    check_header_name(method, "Method")
    if _BAD_TARGET.search(target) or not target:
        raise HeaderError(
            "ERR_UNESCAPED_CHARACTERS",
            f"Request path contains unescaped characters: {target!r}; percent-encode them [ERR_UNESCAPED_CHARACTERS]",
        )
    return f"{method} {target} HTTP/1.1\r\n".encode("latin-1")


def chunk(data: Data) -> tuple[Data, ...]:
    """`data`, which must not be empty, as one chunk of a chunked body, in parts."""
    return b"%x\r\n" % len(data), data, b"\r\n"


def last_chunk(trailers: bytes = b"") -> bytes:
    """The end of a chunked body. `trailers` are header lines, as `header_lines` makes them, joined."""
    return b"0\r\n" + trailers + b"\r\n"


_date_second = 0
_date_line = b""


def date_line() -> bytes:
    """`Date: …` and the line end; made anew once a second."""
    global _date_second, _date_line
    now = int(time())
    if now != _date_second:
        from email.utils import formatdate  # 10 ms, for servers only

        _date_second = now
        _date_line = f"Date: {formatdate(now, usegmt=True)}\r\n".encode("ascii")
    return _date_line
