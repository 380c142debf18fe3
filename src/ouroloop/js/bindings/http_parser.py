"""http_parser: the parser of HTTP/1 (`node/http/protocol.py`, which both languages share), for JavaScript.

Theory of operation. JavaScript makes a number for each parser. `feed` returns what the bytes meant, as one flat list
that crosses at once: for each event a code for its kind, then what belongs to it (see `_FLAT`). Headers cross as one
text, names and values in turn with a line end between, and are taken apart when a program looks at them.

What surprises people: what a socket reads goes no way round by JavaScript (`consume`), unless JavaScript has read it
itself, and then most of it is not for this parser (lib/internal/http/whole_message.js). Nearly every read is one
request, whole: that crosses as a text (its URL, then its headers), a number, and its body if it has one, for a third of
a list's cost.
"""

from __future__ import annotations

from .stream_wrap import END, errno_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...node.http.protocol import RequestParser, ResponseParser
    from ..runtime import Runtime

_REQUEST, _RESPONSE, _BODY, _END, _UPGRADE, _ERROR = range(6)
_KEEP_ALIVE, _IS_UPGRADE, _COMPLETE = 1 << 8, 1 << 9, 1 << 10  # beside the HAS_ bits of protocol.py
# Beside these, in the numbers of a request that crosses as a text.
_IS_IDLE, _MINOR_VERSION, _METHOD, _SIZE = 1 << 11, 12, 16, 24  # the last is how many bytes it was
_MINOR_VERSIONS = {"1.0": 0, "1.1": 1 << _MINOR_VERSION}


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/http/parser`."""
    parsers = Parsers(runtime)
    return {
        "open": parsers.open, "close": parsers.close, "feed": parsers.feed, "finish": parsers.finish,
        "requestSent": parsers.request_sent, "refuseUpgrade": parsers.refuse_upgrade, "consume": parsers.consume,
        "unconsume": parsers.unconsume,
    }


class Parsers:
    """The open parsers of a runtime, by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._by_number: dict[int, RequestParser | ResponseParser] = {}
        self._upgrades: dict[int, tuple[Any, Any]] = {}
        self._methods: dict[str, int] = {}
        self._last = 0

    def open(self, is_request: bool, max_header_size: int, max_headers_count: int, is_lenient: bool) -> int:
        """A new parser's number. `max_header_size` is in bytes; a lenient one lets pass what llhttp can let pass."""
        from ...node.http.protocol import RequestParser, ResponseParser

        self._last += 1
        parser = (RequestParser if is_request else ResponseParser)(int(max_header_size), int(max_headers_count))
        if is_lenient:
            parser.be_lenient()
        self._by_number[self._last] = parser
        return self._last

    def close(self, number: int) -> None:
        """Forget a parser."""
        self._by_number.pop(int(number), None)
        self._upgrades.pop(int(number), None)

    def request_sent(self, number: int, method: str) -> None:
        """What the next response is the answer to."""
        self._by_number[int(number)].request_sent(method)  # type: ignore[union-attr]

    def feed(self, number: int, data: bytes) -> list[Any]:
        """How many bytes `data` has, what state the parser is in after it (`_state`), and its events."""
        number = int(number)
        parser = self._by_number[number]
        was_idle = parser.idle
        return self._list(number, data, was_idle, parser.feed(data))

    def _list(self, number: int, data: bytes, was_idle: bool, events: list[Any]) -> list[Any]:
        parser = self._by_number[number]
        flat = self._flat(number, events)
        if events and events[-1].__class__.__name__ == "ProtocolError":
            flat += (_position(parser, events[-1].code, data) if was_idle else 0, data)
        flat[:0] = (len(data), _state(parser))
        return flat

    def consume(self, number: int, handle: int) -> None:
        """From here on a stream handle tells what its bytes mean: what `feed` returns, or one request as a text."""
        from ...node.http.protocol import END_OF_MESSAGE, METHODS, RequestHead

        number = int(number)
        parser = self._by_number[number]
        parse = parser.feed
        methods = self._methods = self._methods or {name: place << _METHOD for place, name in enumerate(METHODS)}

        handle = int(handle)
        emit = self._runtime.emit

        def read(error: OSError | None, data: bytes) -> None:
            if not data:
                emit(handle, END if error is None else errno_of(error))
                return
            was_idle = parser.idle
            events: list[Any] = parse(data)
            count = len(events)
            if count and (head := events[0]).__class__ is RequestHead and (
                (count == 1 and head.complete)
                or (count == 3 and events[1].__class__ is bytes and events[2] is END_OF_MESSAGE)
            ):
                version, method = _MINOR_VERSIONS.get(head.version), methods.get(head.method)
                if version is not None and method is not None and not head.upgrade:
                    # As a float: larger whole numbers than 32 bits cross as a BigInt.
                    bits = float(head.flags | head.keep_alive * _KEEP_ALIVE | (count == 1) * _COMPLETE
                                 | parser.idle * _IS_IDLE | version | method | len(data) << _SIZE)
                    text = f"{head.url}\n{_raw_headers(head.raw_headers)}"
                    if count == 1:
                        emit(handle, text, bits)
                    else:
                        emit(handle, text, bits, events[1])
                    return
            emit(handle, self._list(number, data, was_idle, events))

        self._runtime.streams.decode(handle, read)

    def unconsume(self, handle: int) -> None:
        """A handle tells its bytes again."""
        self._runtime.streams.decode(int(handle), None)

    def finish(self, number: int) -> list[Any]:
        """The other side sends no more."""
        number = int(number)
        return [0, 1, *self._flat(number, self._by_number[number].finish())]

    def refuse_upgrade(self, number: int) -> list[Any]:
        """Go on after an upgrade that nobody wants as if it had not been asked for."""
        number = int(number)
        head, upgrade = self._upgrades.pop(number)
        parser = self._by_number[number]
        flat = self._flat(number, parser.refuse_upgrade(head, upgrade))  # type: ignore[union-attr]
        if head.complete:
            flat[:0] = (_END, "")  # a head that asks for an upgrade was told of as one that something follows
        return [0, _state(parser), *flat]

    def _flat(self, number: int, events: list[Any]) -> list[Any]:
        flat: list[Any] = []
        head = None
        for event in events:
            if event.__class__ is bytes:
                flat += (_BODY, event)
                continue
            kind = event.__class__.__name__
            flat += _FLAT[kind](event)
            if kind == "RequestHead":
                head = event
            elif kind == "Upgrade":
                self._upgrades[number] = (head, event)
        return flat


def _state(parser: RequestParser | ResponseParser) -> int:
    """0 within a message, 1 between two, 2 if it is moreover as good as new."""
    return parser.idle + (parser.idle and parser.reusable)


def _raw_headers(raw: list[bytes]) -> str:
    text = b"\n".join(raw)
    if b" \n" in text or b"\t\n" in text or text[-1:] in (b" ", b"\t"):  # blanks at the end belong to no value
        text = b"\n".join([part.strip(b" \t") for part in raw])
    return text.decode("latin-1")


def _position(parser: RequestParser | ResponseParser, code: str, data: bytes) -> int:
    from ...node.http.protocol import error_position

    if code != "HPE_HEADER_OVERFLOW":
        return error_position(type(parser), data)
    before = parser.max_headers_count + 1  # lines of the head before the name that is one too many
    lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n", before + 1)
    if not parser.max_headers_count or len(lines) <= before:
        return len(data)
    return sum(map(len, lines[:before])) + 2 * before + lines[before].find(b":") + 1


def _flags(head: Any) -> int:
    flags: int = (
        head.flags | head.keep_alive * _KEEP_ALIVE | head.upgrade * _IS_UPGRADE | head.complete * _COMPLETE)
    return flags


def _request(head: Any) -> tuple[Any, ...]:
    return _REQUEST, head.method, head.url, head.version, _raw_headers(head.raw_headers), _flags(head)


_FLAT: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "RequestHead": _request,
    "ResponseHead": lambda head: (
        _RESPONSE, head.status, head.status_message, head.version, _raw_headers(head.raw_headers), _flags(head)),
    "End": lambda end: (_END, _raw_headers(end.raw_trailers)),
    "Upgrade": lambda upgrade: (_UPGRADE, upgrade.data),
    "ProtocolError": lambda error: (_ERROR, error.code, error.reason, error.status),
}
