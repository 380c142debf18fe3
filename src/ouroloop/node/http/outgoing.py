"""OutgoingMessage: the headers and the framing of what is sent; ServerResponse: a server's answer.

Theory of operation. A message's head is made at the last moment, by `write_head`, the first `write`, or `end`: then the
headers that frame the body are known, and a short answer leaves as one piece. Without a Content-Length of the
program's own, a body that is given to `end` whole gets one, and one that is written in pieces is sent in chunks.
Header lines are checked when they are set and kept as they will be sent (see protocol.py), so the usual head is a few
finished lines joined.

A response writes to its connection only in its turn: with pipelining, later ones collect their bytes until the
responses before them are done.

What surprises people: `write` answers False when more than the high-water mark waits to be sent, and 'drain' follows;
nothing is refused. `end` does not wait: 'finish' tells that all bytes are with the operating system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ..errors import NodeError
from ..stream import DEFAULT_HIGH_WATER_MARK, StreamError, Writable
from ..stream.base import already_finished, destroyed_error, write_after_end
from ..stream.writable import WriteState
from . import protocol
from .incoming import IncomingMessage
from .protocol import (
    HAS_TE,
    STATUS_CODES,
    HeaderError,
    check_header_name,
    date_line,
    header_line,
    header_lines,
    last_chunk,
    status_line,
)

if TYPE_CHECKING:
    from ..environment import Environment
    from .connection import Connection

Headers = Mapping[str, Any] | Iterable[Any]

_CLOSE = re.compile(r"(?:^|\W)close(?:$|\W)", re.IGNORECASE)
_CHUNKED = re.compile(r"(?:^|\W)chunked(?:$|\W)", re.IGNORECASE)
_LINK = re.compile(r"^(?:<[^>]*>)(?:\s*;\s*[^;\"\s]+(?:=(\")?[^;\"\s]*\1)?)*$")

# The headers that decide how the message is framed; one of them sends its head down the long way.
_FRAMING = frozenset(("connection", "transfer-encoding", "content-length", "date", "trailer", "keep-alive"))

Entry = tuple[str, str, Any, bytes, bool]
"""A header as kept: the name in lower case, the name, the value, the line (or lines) to send, whether it is framing."""

_entries: dict[tuple[str, str | int], Entry] = {}
_ENTRIES_KEPT = 1024
_LONGEST_KEPT = 256

_lengths: dict[int, bytes] = {}
_blocks: dict[tuple[Any, ...], tuple[bytes, bool]] = {}


class HeadersSentError(NodeError, RuntimeError):
    """The head has left already."""

    def __init__(self, what: str) -> None:
        code = "ERR_HTTP_HEADERS_SENT"
        super().__init__(code, f"Cannot {what} headers after they are sent to the client [{code}]")


def header_entry(name: str, value: Any) -> Entry:
    """Check a header and make its lines. Raises `TypeError` and `HeaderError`."""
    if value.__class__ is not str and value.__class__ is not int:
        check_header_name(name)
        if value is None:
            raise TypeError(f"Invalid value None for the header {name!r} [ERR_HTTP_INVALID_HEADER_VALUE]")
        key = name.lower()
        return (key, name, value, b"".join(header_lines(((name, value),))), key in _FRAMING)
    entry = _entries.get((name, value))
    if entry is None:
        line = header_line(name, value)
        key = name.lower()
        entry = (key, name, value, line, key in _FRAMING)
        if len(line) <= _LONGEST_KEPT:
            if len(_entries) >= _ENTRIES_KEPT:
                _entries.clear()
            _entries[name, value] = entry
    return entry


def _header_block(headers: dict[Any, Any]) -> tuple[bytes, bool] | None:
    """The lines of `headers` and whether a Content-Length is among them; None if the usual way must look at them.

    Answers of one kind have equal headers: their lines are kept, by the headers' contents.
    """
    key = tuple(headers.items())
    try:
        block = _blocks.get(key)
    except TypeError:  # a value is a list
        return None
    if block is not None:
        return block
    lines, framed, keep = b"", False, True
    for item in key:
        kind = item[1].__class__
        entry = _entries.get(item) if kind is str or kind is int else None
        if entry is None or (entry[4] and entry[0] != "content-length"):
            return None
        keep = keep and kind is str  # 1 and True are one key, and not one value
        lines += entry[3]
        framed = framed or entry[4]
    block = lines, framed
    if keep:
        if len(_blocks) >= _ENTRIES_KEPT:
            _blocks.clear()
        _blocks[key] = block
    return block


def length_lines(length: int) -> bytes:
    """`Content-Length: …` and the empty line that ends a head."""
    line = _lengths.get(length)
    if line is None:
        if len(_lengths) >= _ENTRIES_KEPT:
            _lengths.clear()
        line = _lengths[length] = b"Content-Length: %d\r\n\r\n" % length
    return line


def header_pairs(headers: Headers) -> list[tuple[str, Any]]:
    """What programs give as headers as pairs: a mapping, a flat list (name, value, name, value) or a list of pairs.

    Raises `ValueError` for a flat list of odd length.
    """
    if isinstance(headers, Mapping):
        return list(headers.items())
    listed = list(headers)
    if listed and isinstance(listed[0], (list, tuple)):
        return [(pair[0], pair[1]) for pair in listed]
    if len(listed) % 2:
        raise ValueError(f"a flat list of headers needs a value for each name, not {headers!r}")
    return list(zip(listed[::2], listed[1::2], strict=True))


class _LazyWriteState:
    """A stream's state, for those who look into streams (`pipeline`, `finished`); made at the first look."""

    def __get__(self, message: OutgoingMessage | None, owner: type) -> Any:
        if message is None:
            return None
        state = message.__dict__["_write_state"] = WriteState(DEFAULT_HIGH_WATER_MARK, False, True)
        message._plain = False
        state.ending = state.ended = message.finished
        state.finished = message._flushed
        return state


class _Setting:
    """An attribute that programs rarely set; one that does gets the long way (see `ServerResponse.end`)."""

    __slots__ = ("_default", "_name")

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, message: OutgoingMessage | None, owner: type) -> Any:
        return self._default if message is None else message.__dict__.get(self._name, self._default)

    def __set__(self, message: OutgoingMessage, value: Any) -> None:
        message.__dict__[self._name] = value
        message._plain = False


class OutgoingMessage(Writable):
    """What requests and responses have in common (Node's `http.OutgoingMessage`): headers, framing, trailers."""

    # What `Stream.__init__` would set for each object.
    _auto_destroy = True
    _emit_close = True
    _error_emitted = False
    _close_emitted = False
    _constructed = True
    _destroy_late = None
    errored: BaseException | None = None
    _write_state: Any = _LazyWriteState()

    finished = False
    """Whether `end` was called."""
    _flushed = False
    _destroyed = _closed = False
    send_date = _Setting(True)
    """Whether to send a Date header of our own."""
    should_keep_alive = _Setting(True)
    """Whether the connection may be used for another message after this one."""
    use_chunked_encoding_by_default = True
    """Whether a body of unknown length is sent in chunks; else it goes on until the connection is closed."""
    chunked_encoding = False
    """Whether the body is sent in chunks; decided with the head."""
    strict_content_length = _Setting(False)
    """Whether to raise `ValueError` when the body's length is not what Content-Length says."""
    _plain: bool  # nothing about the framing is out of the ordinary
    _last = False  # the connection closes after this message
    _has_body = True
    _head_sent = False
    _content_length: int | None = None
    _body_size = 0
    _trailer = b""
    _removed_connection = _removed_length = _removed_encoding = False
    _default_keep_alive = True
    _max_requests_reached = False
    _need_drain = False
    _end_callbacks: list[Callable[..., object]] | None = None

    def __init__(self) -> None:
        self._events = None
        self._options = None
        self._headers: dict[str, Entry] | None = None
        self._header: bytes | None = None  # the head, once it is made
        self._plain = False

    # Headers

    def set_header(self, name: str, value: Any) -> Self:
        """Set a header; several of one name when `value` is a list.

        Raises `HeaderError` for what must not be sent, `HeadersSentError` when it is too late, `TypeError`.
        """
        if self._header is not None:
            raise HeadersSentError("set")
        kind = value.__class__
        entry = _entries.get((name, value)) if kind is str or kind is int else None
        if entry is None:
            entry = header_entry(name, value)
        if self._headers is None:
            self._headers = {entry[0]: entry}
        else:
            self._headers[entry[0]] = entry
        if entry[4] and entry[0] != "content-length":
            self._plain = False
        return self

    def set_headers(self, headers: Mapping[str, Any]) -> Self:
        """`set_header` for each."""
        for name, value in headers.items():
            self.set_header(name, value)
        return self

    def append_header(self, name: str, value: Any) -> Self:
        """Add a value to a header, after those that are there."""
        if self._header is not None:
            raise HeadersSentError("append")
        known = self.get_header(name)
        if known is None:
            return self.set_header(name, value)
        before = list(known) if isinstance(known, (list, tuple)) else [known]
        return self.set_header(name, before + (list(value) if isinstance(value, (list, tuple)) else [value]))

    def get_header(self, name: str) -> Any:
        """The value as it was set; None if there is none."""
        entry = self._headers.get(name.lower()) if self._headers is not None else None
        return entry[2] if entry is not None else None

    def has_header(self, name: str) -> bool:
        """Whether the header was set."""
        return self._headers is not None and name.lower() in self._headers

    def get_headers(self) -> dict[str, Any]:
        """Names in lower case to values, of all headers that were set."""
        return {key: entry[2] for key, entry in (self._headers or {}).items()}

    def get_header_names(self) -> list[str]:
        """The names in lower case of all headers that were set."""
        return list(self._headers or ())

    def get_raw_header_names(self) -> list[str]:
        """The names as they were given."""
        return [entry[1] for entry in (self._headers or {}).values()]

    def remove_header(self, name: str) -> None:
        """Take a header back; Connection, Content-Length, Transfer-Encoding and Date are then not added either."""
        if self._header is not None:
            raise HeadersSentError("remove")
        key = name.lower()
        self._plain = False
        if key == "connection":
            self._removed_connection = True
        elif key == "content-length":
            self._removed_length = True
        elif key == "transfer-encoding":
            self._removed_encoding = True
        elif key == "date":
            self.send_date = False
        if self._headers is not None:
            self._headers.pop(key, None)

    @property
    def headers_sent(self) -> bool:
        """Whether the head is made: then it can no longer be changed."""
        return self._header is not None

    def add_trailers(self, trailers: Headers) -> None:
        """Headers to send after a chunked body; without chunks they are left out. Raises `HeaderError`."""
        self._trailer = b"".join(header_lines(header_pairs(trailers)))

    def _store_header(self, first_line: bytes, entries: Iterable[Entry]) -> None:
        """Make the head: what the program set, and what the framing needs. The order is Node's."""
        lines = [first_line]
        seen: set[str] = set()
        for key, _, value, line, framing in entries:
            lines.append(line)
            if framing:
                seen.add(key)
                self._match_header(key, value)
        if self.send_date and "date" not in seen:
            lines.append(date_line())
        if self.chunked_encoding and getattr(self, "status_code", 0) in (204, 304):
            # These have no body: the last chunk would be taken for the next response.
            self.chunked_encoding = self.should_keep_alive = False
        if self._removed_connection:
            self._last = not self.should_keep_alive
        elif "connection" not in seen:
            lines.append(self._connection_lines("content-length" in seen))
        if "content-length" not in seen and "transfer-encoding" not in seen:
            lines.append(self._framing_line("trailer" in seen))
        if not self.chunked_encoding and "trailer" in seen:
            raise HeaderError(
                "ERR_HTTP_TRAILER_INVALID",
                "Trailers are invalid with this transfer encoding: only a chunked body has them "
                "[ERR_HTTP_TRAILER_INVALID]",
            )
        lines.append(b"\r\n")
        self._header = b"".join(lines)

    def _match_header(self, key: str, value: Any) -> None:
        """A header that the program set decides about the framing."""
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        if key == "connection":
            self._removed_connection = False
            if _CLOSE.search(text):
                self._last = True
            else:
                self.should_keep_alive = True
        elif key == "transfer-encoding":
            self._removed_encoding = False
            if _CHUNKED.search(text):
                self.chunked_encoding = True
        elif key == "content-length":
            self._removed_length = False
            self._content_length = int(text) if text.isdecimal() else None
        elif key == "keep-alive":
            self._default_keep_alive = False

    def _connection_lines(self, has_length: bool) -> bytes:
        keep_alive = self.should_keep_alive and (has_length or self.use_chunked_encoding_by_default)
        if keep_alive and not self._max_requests_reached:
            return b"Connection: keep-alive\r\n" + (self._keep_alive_line() if self._default_keep_alive else b"")
        if not keep_alive:
            self._last = True
        return b"Connection: close\r\n"

    def _keep_alive_line(self) -> bytes:
        """`Keep-Alive: …`, or nothing."""
        return b""

    def _framing_line(self, has_trailer: bool) -> bytes:
        if not self._has_body:
            self.chunked_encoding = False
        elif not self.use_chunked_encoding_by_default:
            self._last = True
        elif not has_trailer and not self._removed_length and self._content_length is not None:
            return b"Content-Length: %d\r\n" % self._content_length
        elif not self._removed_encoding:
            self.chunked_encoding = True
            return b"Transfer-Encoding: chunked\r\n"
        else:
            self._last = True
        return b""

    # The body

    def _implicit_header(self) -> None:
        """Make the head with what was set so far."""
        raise NotImplementedError

    def _send(self, parts: list[Any], *, end: bool) -> bool:
        """Hand `parts` to the connection, in turn; `end` tells that they are the last. Returns whether to go on."""
        raise NotImplementedError

    def write(self, chunk: Any, callback: Callable[..., object] | None = None, *, encoding: str = "utf-8") -> bool:
        """Send a piece of the body, and the head before the first. Returns False when 'drain' should be waited for.

        Raises `TypeError` for what is neither bytes nor str. After `end` it is an 'error' event.
        """
        data = _data(chunk, encoding)
        if self.finished or self.destroyed:
            self._refuse_write(callback)
            return False
        self._count(len(data), False)
        if self._header is None:
            self._implicit_header()
        if not self._has_body:
            if callback is not None:
                self._env.next_tick(callback, None)
            return True
        parts = self._framed(data)
        if callback is not None:
            parts.append(callback)
        go_on = self._send(parts, end=False)
        if not go_on:
            self._need_drain = True
        return go_on

    def _framed(self, data: Any) -> list[Any]:
        parts: list[Any] = []
        if not self._head_sent:
            self._head_sent = True
            parts.append(self._header)
        if not data:
            return parts
        if self.chunked_encoding:
            parts += protocol.chunk(data)
        else:
            parts.append(data)
        return parts

    def _count(self, length: int, last: bool) -> None:
        if not self.strict_content_length:
            return
        self._body_size += length
        expected = self._content_length
        if expected is None:
            value = self.get_header("content-length")
            expected = int(value) if value is not None else None
        if expected is None or not self._has_body or self._removed_length or self.chunked_encoding:
            return
        if self._body_size > expected or (last and self._body_size != expected):
            raise ValueError(
                f"Response body's content-length of {self._body_size} bytes does not match the content-length of "
                f"{expected} bytes set in header [ERR_HTTP_CONTENT_LENGTH_MISMATCH]"
            )

    def end(self, chunk: Any = None, callback: Callable[..., object] | None = None, *, encoding: str = "utf-8") -> Self:
        """Send the last piece, if any; `callback(error)` when all is with the operating system.

        Ending again does nothing, ending again with data is an 'error' event. Raises `TypeError` as `write`.
        """
        if callable(chunk):
            chunk, callback = None, chunk
        data = b"" if chunk is None else _data(chunk, encoding)
        if self.finished or self.destroyed:
            self._end_again(bool(data), callback)
            return self
        self._count(len(data), True)
        if self._header is None:
            if self._has_body:
                self._content_length = len(data)
            self._implicit_header()
        parts = self._framed(data if self._has_body else b"")
        if self._has_body and self.chunked_encoding:
            parts.append(last_chunk(self._trailer))
        if callback is not None:
            self._when_ended(callback)
        self.finished = True
        self._mark_state(False)
        self._send(parts, end=True)
        return self

    def _when_ended(self, callback: Callable[..., object]) -> None:
        self._plain = False
        if self._end_callbacks is None:
            self._end_callbacks = []
        self._end_callbacks.append(callback)

    def _end_again(self, with_data: bool, callback: Callable[..., object] | None) -> None:
        if with_data:
            self._refuse_write(callback)
        elif callback is None:
            return
        elif self._flushed:
            self._env.next_tick(callback, already_finished())
        elif self.destroyed:
            self._env.next_tick(callback, destroyed_error("end"))
        else:
            self._when_ended(callback)

    def _refuse_write(self, callback: Callable[..., object] | None) -> None:
        if self.destroyed:
            if callback is not None:
                self._env.next_tick(callback, destroyed_error("write"))
            return
        self._env.next_tick(self._tell_refused, write_after_end(), callback)

    def _tell_refused(self, error: StreamError, callback: Callable[..., object] | None) -> None:
        if callback is not None:
            callback(error)
        if not self.destroyed:
            self.emit("error", error)

    def _mark_state(self, flushed: bool) -> None:
        """Keep the stream's state true, where somebody looks at it."""
        state = self.__dict__.get("_write_state")
        if state is not None:
            state.ending = state.ended = True
            state.finished = flushed

    def flush_headers(self) -> None:
        """Send the head now."""
        if self._header is None:
            self._implicit_header()
        if not self._head_sent and not self.finished and not self.destroyed:
            self._head_sent = True
            self._send([self._header], end=False)

    # When it is done

    def _all_flushed(self) -> None:
        """Every byte is with the operating system (called in a tick)."""
        if self._flushed or self.destroyed:
            return
        self._flushed = True
        self._mark_state(True)
        callbacks, self._end_callbacks = self._end_callbacks, None
        for callback in callbacks or ():
            callback(None)
        self.emit("finish")

    def _close(self) -> None:
        """Emit 'close', once."""
        if not self.closed:
            self.destroyed = self.closed = True
            self._close_emitted = True
            callbacks, self._end_callbacks = self._end_callbacks, None
            for callback in callbacks or ():
                callback(self.errored or destroyed_error("end"))
            self.emit("close")

    # State

    @property
    def destroyed(self) -> bool:
        """Whether nothing more can come of this message: it is done, or was given up."""
        return self._destroyed or (self._flushed and self._plain)

    @destroyed.setter
    def destroyed(self, value: bool) -> None:
        self._destroyed = value

    @property
    def closed(self) -> bool:
        """Whether 'close' was emitted."""
        return self._closed or (self._flushed and self._plain)

    @closed.setter
    def closed(self, value: bool) -> None:
        self._closed = value

    @property
    def writable(self) -> bool:
        """Whether more may be written."""
        return not self.finished and not self.destroyed

    @property
    def writable_ended(self) -> bool:
        """Whether `end` was called."""
        return self.finished

    @property
    def writable_finished(self) -> bool:
        """Whether every byte is with the operating system."""
        return self._flushed

    @property
    def writable_need_drain(self) -> bool:
        """Whether `write` answered False and 'drain' is still to come."""
        return not self.destroyed and not self.finished and self._need_drain

    @property
    def writable_high_water_mark(self) -> int:
        """From how many waiting bytes on `write` answers False."""
        return DEFAULT_HIGH_WATER_MARK


class ServerResponse(OutgoingMessage):
    """Node's `http.ServerResponse`. Made by a server for each request."""

    _pending: list[Any] | None = None
    _pending_size = 0
    _sent_continue = False
    _expects_continue = False

    def __init__(self, req: IncomingMessage, connection: Connection) -> None:
        self._events = None
        self._options = None
        self._headers = None
        self._header = None
        self._plain = True
        self.status_code = 200
        """The status to send."""
        self.status_message: str | None = None
        """The reason phrase to send; by default the status code's own."""
        self.req = req
        """The request that this answers."""
        self._connection: Connection | None = connection
        head = req._head
        if head.plain:
            return
        if head.method == "HEAD":
            self._has_body = self._plain = False
        if head.version != "1.1":
            te = (head.header(b"te") or b"") if head.flags & HAS_TE else b""
            self.use_chunked_encoding_by_default = _CHUNKED.search(te.decode("latin-1")) is not None
            self._plain = False
        if not head.keep_alive:
            self.should_keep_alive = False

    @property
    def _env(self) -> Environment:  # type: ignore[override]
        return self.req._env

    @property
    def socket(self) -> Any:
        """The connection; None when the response is done."""
        return self._connection.socket if self._connection is not None else None

    connection = socket

    # The head

    def write_head(self, status_code: int, *args: Any, headers: Headers | None = None) -> Self:
        """`write_head(status_code[, status_message][, headers])`: make the head; it leaves with the first data.

        Headers are a mapping, a flat list or a list of pairs; they come on top of those that were set.
        Raises `HeadersSentError`, `HeaderError`, and `ValueError` for a status outside 100 to 999.
        """
        if self._header is not None:
            raise HeadersSentError("write")
        if len(args) == 1 and self._plain_head(status_code, args[0]):
            return self
        message = self.status_message
        if args and (args[0] is None or isinstance(args[0], str)):
            message, args = args[0] or message, args[1:]
        if args:
            headers = args[0]
        first = status_line(status_code, message)
        self.status_code = status_code
        self.status_message = message or STATUS_CODES.get(status_code, "unknown")
        if status_code < 200 or status_code in (204, 304):
            self._has_body = False
        if self._expects_continue and not self._sent_continue:
            # The client may send its body or not: what follows cannot be told apart from the next request.
            self.should_keep_alive = False
        self._store_header(first, self._merged(headers))
        return self

    def _plain_head(self, status: int, headers: Any) -> bool:
        """The usual head, a dict of one-line headers after nothing that is out of the ordinary: what `_store_header`
        would make, without asking it. Returns whether it was that.
        """
        connection = self._connection
        if (
            headers.__class__ is not dict or not self._plain or self._headers is not None or connection is None
            or status.__class__ is not int or status < 200 or status == 204 or status == 304
        ):
            return False
        block = _header_block(headers)
        if block is None:
            return False
        lines, framed = block
        server = connection.server
        tail = server._tail if connection.tcp.loop.now < server._tail_until else server._head_tail()
        self.chunked_encoding = not framed
        end = b"\r\n" if framed else b"Transfer-Encoding: chunked\r\n\r\n"
        self._header = b"".join((status_line(status, self.status_message), lines, tail, end))
        self.status_code = status
        if self.status_message is None:
            self.status_message = STATUS_CODES.get(status, "unknown")
        return True

    def _merged(self, headers: Headers | None) -> Iterable[Entry]:
        """The headers that were set and those given to `write_head`, which win."""
        if not headers:
            return self._headers.values() if self._headers is not None else ()
        pairs = header_pairs(headers)
        if self._headers is None:
            return [header_entry(name, value) for name, value in pairs]
        if isinstance(headers, Mapping):
            for name, value in pairs:
                self.set_header(name, value)
        else:
            for name, _ in pairs:
                self._headers.pop(name.lower(), None)
            for name, value in pairs:
                self.append_header(name, value)
        return self._headers.values()

    def _implicit_header(self) -> None:
        self.write_head(self.status_code)

    def _write_information(self, status: int, headers: Headers | None) -> None:
        if self._header is not None:
            raise HeadersSentError("write")
        lines = header_lines(header_pairs(headers)) if headers else []
        self._send([b"".join((status_line(status), *lines, b"\r\n"))], end=False)

    def write_continue(self) -> None:
        """Send "100 Continue": the client may send the body."""
        self._write_information(100, None)
        self._sent_continue = True

    def write_processing(self) -> None:
        """Send "102 Processing"."""
        self._write_information(102, None)

    def write_early_hints(self, hints: Mapping[str, Any]) -> None:
        """Send "103 Early Hints" with `hints["link"]` (a str or a list) and other headers. Raises `ValueError`."""
        links = hints.get("link")
        if not links:
            return
        links = [links] if isinstance(links, str) else list(links)
        for link in links:
            if _LINK.match(link) is None:
                raise ValueError(f'a Link header looks like "</styles.css>; rel=preload; as=style", not {link!r}')
        rest = {name: value for name, value in hints.items() if name != "link"}
        self._write_information(103, {"Link": ", ".join(links), **rest})

    # The body

    def end(self, chunk: Any = None, callback: Callable[..., object] | None = None, *, encoding: str = "utf-8") -> Self:
        """See `OutgoingMessage.end`."""
        connection = self._connection
        status = self.status_code
        if (
            not self._plain or callback is not None or self._head_sent or self._trailer
            or connection is None or connection.current is not self
            or (status != 200 and (status < 200 or status == 204 or status == 304))
        ):
            return super().end(chunk, callback, encoding=encoding)
        if chunk.__class__ is str:
            chunk = chunk.encode(encoding)
        elif chunk.__class__ is not bytes or self.finished:
            return super().end(chunk, callback, encoding=encoding)
        self.finished = True
        length = len(chunk)
        if self._header is None:
            parts = self._whole(connection, chunk, length)
        elif not self.chunked_encoding:
            parts = [self._header, chunk]
        elif length:
            parts = [self._header, b"%x\r\n" % length, chunk, b"\r\n0\r\n\r\n"]
        else:
            parts = [self._header, b"0\r\n\r\n"]
        connection._finish_with(self, parts, length)
        return self

    def _whole(self, connection: Connection, chunk: bytes, length: int) -> list[Any]:
        """The usual answer in one piece: what `_store_header` would make, without asking it."""
        self._header = first = status_line(self.status_code, self.status_message)
        server = connection.server
        tail = server._tail if connection.tcp.loop.now < server._tail_until else server._head_tail()
        headers = self._headers
        if headers is None:
            return [first, tail, _lengths.get(length) or length_lines(length), chunk]
        lines = [entry[3] for entry in headers.values()]
        if "content-length" in headers:
            return [first, *lines, tail, b"\r\n", chunk]
        return [first, *lines, tail, _lengths.get(length) or length_lines(length), chunk]

    def _keep_alive_line(self) -> bytes:
        connection = self._connection
        return connection.server._keep_alive_line() if connection is not None else b""

    def _send(self, parts: list[Any], *, end: bool) -> bool:
        connection = self._connection
        if connection is None:
            return False
        if connection.current is self:
            return connection._write(parts, self if end else None)
        if self._pending is None:
            self._pending = []
        self._pending += parts
        size = sum(len(part) for part in parts if not callable(part))
        self._pending_size += size
        connection._held(size)
        return self._pending_size < DEFAULT_HIGH_WATER_MARK

    @property
    def writable_length(self) -> int:
        """How many bytes wait to be sent."""
        connection = self._connection
        return self._pending_size + (connection.write_queue_size if connection is not None else 0)

    def cork(self) -> None:
        """Hold back what is written until `uncork`, to send it as one piece."""
        if self._connection is not None:
            self._connection.cork()

    def uncork(self) -> None:
        """Undo one `cork`."""
        if self._connection is not None:
            self._connection.uncork()

    @property
    def writable_corked(self) -> int:
        """How many `cork` calls were not undone yet."""
        return self._connection._corks if self._connection is not None else 0

    def set_timeout(self, ms: int, callback: Callable[..., object] | None = None) -> Self:
        """Emit 'timeout' here when nothing has come or gone for `ms` milliseconds; the socket is not closed then."""
        if callback is not None:
            self.on("timeout", callback)
        if self._connection is not None:
            self._connection.socket.set_timeout(ms)
        return self

    def destroy(self, error: BaseException | None = None, callback: Callable[..., object] | None = None) -> Self:
        """Give up: the connection is closed."""
        if callback is not None:
            self._env.next_tick(callback, None)
        if self.destroyed:
            return self
        self.destroyed = True
        self.errored = error
        if self._connection is not None:
            self._connection.destroy(error)
        else:
            self._env.next_tick(self._close)
        return self


def _data(chunk: Any, encoding: str) -> Any:
    """What a program gives to write as bytes."""
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, str):
        return chunk.encode(encoding)
    if isinstance(chunk, (bytearray, memoryview)):
        return bytes(chunk)  # the program may change it before it has left
    raise TypeError(f"a chunk must be bytes or str, not {chunk!r}")
