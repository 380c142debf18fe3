"""IncomingMessage: a request as a server gets it, a response as a client gets it.

Theory of operation. An incoming message is a `Readable` of its body, but most are never read: a GET has no body, and
what has one is often answered by its URL alone. So only the head is there at first, as the parser made it. Text,
dicts and the stream's state are made when a program touches them; until then the body's pieces wait in a list, and
when that list is full the connection is no longer read.

What surprises people: a body that nobody reads is thrown away once the response is finished, so that the next request
of the connection can be reached (Node does the same).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ..events import EventEmitter
from ..stream import DEFAULT_HIGH_WATER_MARK, Readable
from ..stream.readable import ReadState
from .protocol import RequestHead, ResponseHead, distinct_headers, header_dict, raw_strings

if TYPE_CHECKING:
    from ..environment import Environment


class Source(Protocol):
    """What an incoming message asks of the connection it came from."""

    env: Environment

    @property
    def socket(self) -> Any:
        """The connection as programs see it."""

    def resume_body(self, message: IncomingMessage) -> None:
        """`message` has room for more of its body."""

    def destroy(self, error: BaseException | None = None) -> None:
        """Close the connection now."""


class _LazyReadState:
    """A stream's state, made at the first look at it; then it hides this descriptor."""

    def __get__(self, message: IncomingMessage | None, owner: type) -> Any:
        return None if message is None else message._become_stream()


class IncomingMessage(Readable):
    """Node's `http.IncomingMessage`. Made by servers and clients, not by programs."""

    # What `Stream.__init__` would set for each object.
    _auto_destroy = True
    _emit_close = True
    _error_emitted = False
    _close_emitted = False
    _constructed = True
    _destroy_late = None
    destroyed = False
    closed = False
    errored: BaseException | None = None
    _read_state: Any = _LazyReadState()

    aborted = False
    """Whether the connection ended before the message did."""
    _chunks: list[bytes] | None = None
    _size = 0
    _dumped = False
    _lost = False
    _consuming = False
    _raw_headers: list[str] | None = None
    _headers: dict[str, Any] | None = None
    _raw_trailers: list[str] | None = None
    join_duplicate_headers = False
    """Whether `headers` joins also the values of headers that must not be repeated."""

    def __init__(self, head: RequestHead | ResponseHead, source: Source) -> None:
        self._events = None
        self._options = None
        self._head: Any = head
        self._source: Any = source
        self.complete = head.complete
        """Whether the message has been received to its end."""
        self._streaming = False  # whether it has a stream's state

    @property
    def _env(self) -> Environment:  # type: ignore[override]
        return self._source.env  # type: ignore[no-any-return]

    # The head

    @property
    def method(self) -> str | None:
        """The request's method; None for a response."""
        return getattr(self._head, "method", None)

    @property
    def url(self) -> str:
        """The request's target as it came: "/path?query"; empty for a response."""
        return getattr(self._head, "url", "")

    @url.setter
    def url(self, value: str) -> None:
        self._head.url = value

    @property
    def status_code(self) -> int | None:
        """The response's status; None for a request."""
        return getattr(self._head, "status", None)

    @property
    def status_message(self) -> str | None:
        """The response's reason phrase; None for a request."""
        return getattr(self._head, "status_message", None)

    @property
    def http_version(self) -> str:
        """"1.1" or "1.0"."""
        return self._head.version  # type: ignore[no-any-return]

    @property
    def http_version_major(self) -> int:
        """The 1 of 1.0."""
        return int(self._head.version.partition(".")[0])

    @property
    def http_version_minor(self) -> int:
        """The 0 of 1.0."""
        return int(self._head.version.partition(".")[2])

    @property
    def upgrade(self) -> bool:
        """Whether the message changes the protocol."""
        return self._head.upgrade  # type: ignore[no-any-return]

    @property
    def raw_headers(self) -> list[str]:
        """The headers as received, flat: name, value, name, value."""
        if self._raw_headers is None:
            self._raw_headers = raw_strings(self._head.raw_headers)
        return self._raw_headers

    @property
    def headers(self) -> dict[str, Any]:
        """Names in lower case to values; duplicates are joined, Set-Cookie is a list. See `protocol.header_dict`."""
        if self._headers is None:
            self._headers = header_dict(self.raw_headers, self.join_duplicate_headers)
        return self._headers

    @property
    def headers_distinct(self) -> dict[str, list[str]]:
        """Names in lower case to lists of values."""
        return distinct_headers(self.raw_headers)

    @property
    def raw_trailers(self) -> list[str]:
        """The trailers as received, flat; empty until the body has ended."""
        return self._raw_trailers or []

    @property
    def trailers(self) -> dict[str, Any]:
        """As `headers`."""
        return header_dict(self.raw_trailers, self.join_duplicate_headers)

    @property
    def trailers_distinct(self) -> dict[str, list[str]]:
        """As `headers_distinct`."""
        return distinct_headers(self.raw_trailers)

    # The connection

    @property
    def socket(self) -> Any:
        """The connection the message came by."""
        return self._source.socket

    connection = socket

    def set_timeout(self, ms: int, callback: Callable[..., object] | None = None) -> IncomingMessage:
        """Emit 'timeout' here when nothing has come or gone for `ms` milliseconds; the socket is not closed then."""
        if callback is not None:
            self.on("timeout", callback)
        self.socket.set_timeout(ms)
        return self

    # The body

    def _become_stream(self) -> ReadState:
        state = ReadState(DEFAULT_HIGH_WATER_MARK, False)
        self.__dict__["_read_state"] = state
        self._streaming = True
        state.reading_more = True  # nothing is read ahead before a program asks
        chunks, self._chunks = self._chunks, None
        self._size = 0
        for chunk in chunks or ():
            self.push(chunk)
        if self.complete:
            self.push(None)
        return state

    def _receive(self, chunk: bytes) -> bool:
        """A piece of the body is here. Returns whether there is room for more."""
        if self._dumped or self.destroyed:
            return True
        if self._streaming:
            return self.push(chunk)
        if self._chunks is None:
            self._chunks = []
        self._chunks.append(chunk)
        self._size += len(chunk)
        return self._size < DEFAULT_HIGH_WATER_MARK

    def _receive_end(self, raw_trailers: list[bytes]) -> None:
        """The body has ended."""
        self.complete = True
        if raw_trailers:
            self._raw_trailers = raw_strings(raw_trailers)
        if self._streaming:
            self.push(None)

    def _read(self, size: int) -> None:
        if not self._consuming:
            self._consuming = True
            self._read_state.reading_more = False
        self._source.resume_body(self)

    def _dump(self) -> None:
        """Nobody will read the rest: throw it away as it comes."""
        if self._consuming or self._dumped:
            return
        self._dumped = True
        if self._streaming:
            if not self._read_state.resume_scheduled:
                self.resume()
        else:
            self._chunks = None
            self._size = 0
        self._source.resume_body(self)

    def _abort(self, error: BaseException) -> None:
        """The connection is gone."""
        self._lost = True
        if self.destroyed:
            return
        if self._streaming:
            self.destroy(error)
        else:
            self.destroyed = self.closed = True
            self.aborted = not self.complete

    def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        if not self._read_state.end_emitted or not self.complete:
            self.aborted = True
            EventEmitter.emit(self, "aborted")
            if not self._lost:
                self._source.destroy(error)
        # An error is told only to those who listen: a client that goes away is no reason to end a server.
        callback(error if self.listener_count("error") else None)

    def __repr__(self) -> str:
        return f"<IncomingMessage {self._head!r}>"
