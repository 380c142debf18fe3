"""The HTTP protocol without I/O: what bytes mean, and the bytes of what is sent."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ouroloop.node.http import protocol
from ouroloop.node.http.protocol import (
    End,
    HeaderError,
    ProtocolError,
    RequestHead,
    RequestParser,
    ResponseHead,
    ResponseParser,
    Upgrade,
    header_dict,
    header_line,
    header_lines,
    request_line,
    status_line,
)

GET = b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
LENGTH = b"POST /b HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = (
    b"PUT /c HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\nU: 2 \r\n\r\n"
)


def plain(events: list[Any]) -> list[Any]:
    """Events as values that can be compared, pieces of body joined."""
    found: list[Any] = []
    for event in events:
        match event:
            case RequestHead():
                found.append((event.method, event.url, event.version, event.keep_alive, event.headers))
            case ResponseHead():
                found.append((event.status, event.status_message, event.version, event.keep_alive, event.headers))
            case bytes() if found and isinstance(found[-1], bytes):
                found[-1] += event
            case End():
                found.append(("end", protocol.raw_strings(event.raw_trailers)))
            case Upgrade() if found and isinstance(found[-1], Upgrade):
                found[-1].data += event.data
            case ProtocolError():
                found.append((event.code, event.status))
            case _:
                found.append(event)
    return found


def with_ends(events: list[Any]) -> list[Any]:
    """`plain`, with the end of messages without a body told as of the others."""
    spelt: list[Any] = []
    for event in events:
        spelt.append(event)
        if isinstance(event, (RequestHead, ResponseHead)) and event.complete and not event.upgrade:
            spelt.append(End([]))
    return plain(spelt)


# Requests


def test_a_request_without_a_body_is_one_event() -> None:
    parser = RequestParser()
    [head] = parser.feed(GET)
    assert isinstance(head, RequestHead)
    assert (head.method, head.url, head.version, head.complete) == ("GET", "/a", "1.1", True)
    assert (head.keep_alive, head.upgrade, head.plain) == (True, False, True)
    assert head.raw_headers == [b"Host", b"b"]
    assert head.header(b"host") == b"b"
    assert head.header(b"x") is None
    assert parser.idle
    assert parser.reusable


def test_a_body_comes_in_pieces_and_ends() -> None:
    parser = RequestParser()
    head, piece = parser.feed(LENGTH[:-2])
    assert isinstance(head, RequestHead)
    assert not head.complete
    assert not parser.idle
    assert piece == b"hel"
    rest, end = parser.feed(b"lo")
    assert rest == b"lo"
    assert isinstance(end, End)
    assert parser.idle


def test_chunks_are_unwrapped_and_trailers_told() -> None:
    events = plain(RequestParser().feed(CHUNKS))
    assert events[1:] == [b"abcde", ("end", ["T", "1", "U", "2"])]


MESSAGES = [GET, LENGTH, CHUNKS, b"HEAD * HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"]


def test_it_does_not_matter_where_the_data_is_split() -> None:
    data = b"".join(MESSAGES)
    whole = with_ends(RequestParser().feed(data))
    assert [event[0] for event in whole if isinstance(event, tuple) and len(event) == 5] == [
        "GET", "POST", "PUT", "HEAD", "GET",
    ]  # fmt: skip
    for at in range(1, len(data)):
        parser = RequestParser()
        assert with_ends(parser.feed(data[:at]) + parser.feed(data[at:])) == whole
    parser = RequestParser()
    assert with_ends([event for at in range(len(data)) for event in parser.feed(data[at : at + 1])]) == whole


def test_any_pieces_of_any_messages_mean_the_same() -> None:
    chance = random.Random(7)
    for _ in range(200):
        data = b"".join(chance.choices([*MESSAGES, LENGTH.replace(b"5", b"20000") + b"x" * 19_995], k=8))
        whole = with_ends(RequestParser().feed(data))
        parser = RequestParser()
        events: list[Any] = []
        at = 0
        while at < len(data):
            size = chance.choice([1, 3, 50, 1000, 5000, 30_000])
            events += parser.feed(data[at : at + size])
            at += size
        assert with_ends(events) == whole
        assert parser.idle


def test_a_parser_between_messages_may_serve_another_connection_unless_the_last_one_closed() -> None:
    parser = RequestParser()
    parser.feed(GET)
    assert parser.reusable
    parser.feed(GET.replace(b"Host", b"Connection: close\r\nHost"))
    assert parser.idle
    assert not parser.reusable
    assert plain(parser.feed(GET)) == [("HPE_CLOSED_CONNECTION", 400)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"FOO / HTTP/1.1\r\n", "HPE_INVALID_METHOD"),
        (b"GET /\x00 HTTP/1.1\r\n", "HPE_INVALID_URL"),
        (b"GET / HTTP/1.x\r\n", "HPE_INVALID_VERSION"),
        (b"GET / FTP/1.1\r\n", "HPE_INVALID_CONSTANT"),
        (b"GET / HTTP/1.1\r\nA B: c\r\n", "HPE_INVALID_HEADER_TOKEN"),
        (b"GET / HTTP/1.1\r\nA: \x00\r\n", "HPE_INVALID_HEADER_TOKEN"),
        (b"GET / HTTP/1.1\r\nA: b\n", "HPE_CR_EXPECTED"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n", "HPE_INVALID_CONTENT_LENGTH"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "HPE_UNEXPECTED_CONTENT_LENGTH"),
        (
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "HPE_INVALID_CONTENT_LENGTH",
        ),
        (
            b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HPE_INVALID_TRANSFER_ENCODING",
        ),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "HPE_INVALID_TRANSFER_ENCODING"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HPE_PAUSED_H2_UPGRADE"),
    ],
)
def test_what_is_not_http_has_nodes_code(data: bytes, code: str) -> None:
    parser = RequestParser()
    error = parser.feed(data)[-1]
    assert isinstance(error, ProtocolError)
    assert (error.code, error.status) == (code, 400)
    assert str(error) == f"Parse Error: {error.reason}"
    assert not parser.idle
    assert not parser.reusable


def test_an_end_within_a_request_is_an_error() -> None:
    for size in range(1, len(LENGTH)):
        parser = RequestParser()
        parser.feed(LENGTH[:size])
        assert plain(parser.finish()) == [("HPE_INVALID_EOF_STATE", 400)]
    for whole in (b"", b"\r\n", LENGTH, GET):
        parser = RequestParser()
        parser.feed(whole)
        assert parser.finish() == []


# Limits


def head_of(size: int) -> bytes:
    """A request whose head counts `size` bytes as Node counts: the target, names and values."""
    return b"GET / HTTP/1.1\r\nA: " + b"x" * (size - 2) + b"\r\n\r\n"


def test_a_head_is_limited_as_node_counts_it() -> None:
    limit = protocol.MAX_HEADER_SIZE
    assert isinstance(RequestParser().feed(head_of(limit - 1))[-1], RequestHead)
    assert plain(RequestParser().feed(head_of(limit))) == [("HPE_HEADER_OVERFLOW", 431)]


@pytest.mark.parametrize("piece", [1, 100, 1460, 65536])
@pytest.mark.parametrize(
    ("start", "code", "status"),
    [
        (b"GET /", "HPE_HEADER_OVERFLOW", 431),
        (b"GET / HTTP/1.1\r\nA: ", "HPE_HEADER_OVERFLOW", 431),
        (b"GET / HTTP/1.1\r\n", "HPE_HEADER_OVERFLOW", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;", "HPE_CHUNK_EXTENSIONS_OVERFLOW", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: ", "HPE_HEADER_OVERFLOW", 431),
        (GET + b"GET / HTTP/1.1\r\nA: ", "HPE_HEADER_OVERFLOW", 431),
    ],
)
def test_a_line_without_an_end_is_stopped_at_the_limit(start: bytes, code: str, status: int, piece: int) -> None:
    parser = RequestParser()
    data = start + b"a" * 100_000
    fed = 0
    last: Any = None
    while fed < len(data) and not isinstance(last, ProtocolError):
        last = ([None, *parser.feed(data[fed : fed + piece])])[-1]
        fed += piece
    assert plain([last]) == [(code, status)]
    assert fed <= max(protocol.MAX_HEADER_SIZE + 3000, piece)


def test_zeros_before_a_chunk_size_are_limited_too() -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert plain(RequestParser().feed(head + b"0" * 50_000))[-1] == ("HPE_CHUNK_EXTENSIONS_OVERFLOW", 413)


def test_a_large_chunked_body_has_no_limit() -> None:
    body = bytes(range(256)) * 4000
    data = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b"".join(b"%x\r\n%b\r\n" % (len(body), body) for _ in range(3)) + b"0\r\n\r\n"
    parser = RequestParser()
    events = [event for at in range(0, len(data), 65536) for event in parser.feed(data[at : at + 65536])]
    assert plain(events)[1:] == [body * 3, ("end", [])]


def test_many_small_chunks_have_no_limit() -> None:
    data = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;a=b\r\nx\r\n" * 20_000 + b"0\r\n\r\n"
    parser = RequestParser()
    events = [event for at in range(0, len(data), 65536) for event in parser.feed(data[at : at + 65536])]
    assert plain(events)[1:] == [b"x" * 20_000, ("end", [])]


@pytest.mark.parametrize("parser", [RequestParser, ResponseParser])
@pytest.mark.parametrize("limit", [1, 7, 20, 1000])
def test_the_number_of_headers_is_limited(parser: Any, limit: int) -> None:
    first = b"GET / HTTP/1.1\r\n" if parser is RequestParser else OK
    head = parser(max_headers_count=limit).feed(first + b"a:b\r\n" * limit + b"\r\n")[0]
    assert head.raw_headers == [b"a", b"b"] * limit
    too_many = first + b"a:b\r\n" * (limit + 1) + b"\r\n"
    assert plain(parser(max_headers_count=limit).feed(too_many)) == [("HPE_HEADER_OVERFLOW", 431)]
    head = parser(max_headers_count=0).feed(too_many)[0]
    assert len(head.raw_headers) == 2 * limit + 2


# Other protocols


UPGRADE = b"POST /u HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n"


def test_an_upgrade_is_told_with_what_follows() -> None:
    head, upgrade = RequestParser().feed(UPGRADE + b"abc")
    assert isinstance(head, RequestHead)
    assert isinstance(upgrade, Upgrade)
    assert head.upgrade
    assert upgrade.data == b"abc"


def test_a_refused_upgrade_is_a_message_like_any_other_but_for_what_comes_with_its_end() -> None:
    for at in range(len(UPGRADE), len(UPGRADE) + 3):
        parser = RequestParser()
        data = UPGRADE + b"abc" + GET
        head, upgrade = parser.feed(data[:at])
        assert isinstance(head, RequestHead)
        assert isinstance(upgrade, Upgrade)
        events = parser.refuse_upgrade(head, upgrade)
        events += parser.feed(data[at:])
        assert plain(events) == [b"abc", ("end", [])]
        assert parser.idle
        assert plain(parser.feed(GET))[0][:2] == ("GET", "/a")


def test_a_refused_upgrade_may_have_a_large_body() -> None:
    parser = RequestParser()
    head, upgrade = parser.feed(UPGRADE.replace(b"3", b"200000") + b"x" * 100)
    assert isinstance(head, RequestHead)
    assert isinstance(upgrade, Upgrade)
    events = parser.refuse_upgrade(head, upgrade)
    for _ in range(3):
        events += parser.feed(b"x" * 60_000)
    events += parser.feed(b"x" * 19_900 + GET)
    assert plain(events) == [b"x" * 200_000, ("end", [])]
    assert plain(parser.feed(GET))[0][:2] == ("GET", "/a")


def test_connect_is_always_an_upgrade() -> None:
    head, upgrade = RequestParser().feed(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nxyz")
    assert isinstance(head, RequestHead)
    assert isinstance(upgrade, Upgrade)
    assert (head.method, head.url, head.upgrade, upgrade.data) == ("CONNECT", "a:1", True, b"xyz")


# Responses


def answer_to(method: str, data: bytes, *, end: bool = False) -> list[Any]:
    parser = ResponseParser()
    parser.request_sent(method)
    events = parser.feed(data)
    if end:
        events += parser.finish()
    return events


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (OK + b"Content-Length: 3\r\n\r\nabc", [b"abc", ("end", [])]),
        (OK + b"Content-Length: 0\r\n\r\n", [("end", [])]),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n", [b"abc", ("end", ["T", "x"])]),
        (OK + b"\r\nabc", [b"abc", ("end", [])]),
        (OK + b"Transfer-Encoding: gzip\r\n\r\nabc", [b"abc", ("end", [])]),
        (b"HTTP/1.1 204 No Content\r\n\r\n", [("end", [])]),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", [("end", [])]),
        (OK + b"Content-Length: 3\r\n\r\nab", [b"ab", ("HPE_INVALID_EOF_STATE", 400)]),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", [b"abc", ("HPE_INVALID_EOF_STATE", 400)]),
    ],
)
def test_a_response_ends_where_its_framing_says(data: bytes, body: list[Any]) -> None:
    events = with_ends(answer_to("GET", data, end=True))
    assert events[0][0] in (200, 204, 304)
    assert events[1:] == body
    for at in range(1, len(data)):
        parser = ResponseParser()
        parser.request_sent("GET")
        assert with_ends(parser.feed(data[:at]) + parser.feed(data[at:]) + parser.finish()) == events


def test_information_comes_before_the_response() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    data += OK + b"Content-Length: 1\r\n\r\nx"
    events = answer_to("POST", data)
    heads = [event for event in events if isinstance(event, ResponseHead)]
    assert [(head.status, head.informational) for head in heads] == [(100, True), (103, True), (200, False)]
    assert plain(events)[-2:] == [b"x", ("end", [])]


def test_a_response_to_head_has_no_body() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi"
    for at in range(1, len(data)):
        parser = ResponseParser()
        parser.request_sent("HEAD")
        parser.request_sent("GET")
        events = parser.feed(data[:at]) + parser.feed(data[at:])
        heads = [event for event in events if isinstance(event, ResponseHead)]
        assert [(head.status, head.complete, head.keep_alive) for head in heads] == [
            (100, True, True), (200, True, True), (200, False, True),
        ]  # fmt: skip
        assert plain(events)[-2:] == [b"hi", ("end", [])]
        assert parser.idle


@pytest.mark.parametrize("head", [OK + b"\r\n", OK + b"Content-Length: 0\r\n\r\n", OK + b"Content-Length: 9\r\n\r\n"])
def test_a_success_of_connect_is_a_tunnel(head: bytes) -> None:
    *_, response, upgrade = answer_to("CONNECT", head + b"bytes")
    assert response.upgrade
    assert isinstance(upgrade, Upgrade)
    assert upgrade.data == b"bytes"


def test_a_failure_of_connect_is_a_response() -> None:
    events = answer_to("CONNECT", b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno")
    assert plain(events)[1:] == [b"no", ("end", [])]


def test_a_101_that_names_no_other_protocol_is_a_message_and_the_last() -> None:
    for field in (b"", b"Upgrade: x\r\n", b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"):
        parser = ResponseParser()
        parser.request_sent("GET")
        head, *rest = parser.feed(b"HTTP/1.1 101 x\r\n" + field + b"\r\nHTTP/1.1 200 OK\r\n\r\n")
        assert isinstance(head, ResponseHead)
        assert (head.status, head.upgrade, parser.idle, parser.reusable) == (101, False, True, False)
        assert head.complete or plain(rest) == [("end", [])]


def test_switching_protocols_ends_http() -> None:
    data = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 bytes"
    response, upgrade = answer_to("GET", data)
    assert isinstance(response, ResponseHead)
    assert isinstance(upgrade, Upgrade)
    assert response.upgrade
    assert upgrade.data == b"HTTP/1.1 bytes"


@pytest.mark.parametrize(
    "data",
    [b"nonsense", b"HTTP/1.1 xyz\r\n", b"HTTP/1.1 200 OK\r\nA B\r\n", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 2000 OK\r\n"],
)
def test_what_is_no_response_is_an_error(data: bytes) -> None:
    assert isinstance(answer_to("GET", data)[-1], ProtocolError)


def test_a_responses_head_is_limited() -> None:
    assert plain(answer_to("GET", OK + b"A: " + b"x" * 20_000))[-1] == ("HPE_HEADER_OVERFLOW", 431)
    assert plain(answer_to("HEAD", OK + b"A: " + b"x" * 20_000))[-1] == ("HPE_HEADER_OVERFLOW", 431)


# Headers


def test_duplicates_are_joined_or_dropped_as_node_does() -> None:
    raw = ["Host", "a", "host", "b", "X", "1", "x", "2"]
    raw += ["Cookie", "c", "cookie", "d", "Set-Cookie", "e", "set-cookie", "f"]
    assert header_dict(raw) == {"host": "a", "x": "1, 2", "cookie": "c; d", "set-cookie": ["e", "f"]}
    assert header_dict(raw, join_duplicates=True)["host"] == "a, b"
    assert protocol.distinct_headers(raw)["host"] == ["a", "b"]


def test_header_lines_are_checked() -> None:
    assert header_line("A", "b") == b"A: b\r\n"
    assert header_line("A", 5) == b"A: 5\r\n"
    assert header_line("A", "ä") == b"A: \xe4\r\n"
    assert header_lines([("A", ["b", "c"]), ("Cookie", ["d", "e"])]) == [b"A: b\r\n", b"A: c\r\n", b"Cookie: d; e\r\n"]
    for name in ("", " ", "a b", "a:", "ä", "a\n", "a\x00"):
        with pytest.raises(HeaderError, match="ERR_INVALID_HTTP_TOKEN"):
            header_line(name, "x")
    for value in ("\r", "\n", "\0", "\x7f", "\x1f", "\u0100"):
        with pytest.raises(HeaderError, match="ERR_INVALID_CHAR"):
            header_line("a", f"x{value}y")
    for wrong in (None, {}, True):
        with pytest.raises(TypeError):
            header_line("a", wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        header_line(5, "x")  # type: ignore[arg-type]


def test_status_lines_are_checked() -> None:
    assert status_line(200) == b"HTTP/1.1 200 OK\r\n"
    assert status_line(418, "Tea") == b"HTTP/1.1 418 Tea\r\n"
    assert status_line(599) == b"HTTP/1.1 599 unknown\r\n"
    for status in (0, 99, 1000, -1):
        with pytest.raises(ValueError, match="ERR_HTTP_INVALID_STATUS_CODE"):
            status_line(status)
    with pytest.raises(HeaderError):
        status_line(200, "a\r\nb")


def test_request_lines_are_checked() -> None:
    assert request_line("GET", "/a") == b"GET /a HTTP/1.1\r\n"
    for target in ("", "/a b", "/\r\n", "/\u0100", "/\x00"):
        with pytest.raises(HeaderError, match="ERR_UNESCAPED_CHARACTERS"):
            request_line("GET", target)
    with pytest.raises(HeaderError):
        request_line("GE T", "/")


def test_what_is_written_can_be_parsed() -> None:
    headers = header_lines([("Host", "b"), ("Transfer-Encoding", "chunked")])
    parts = [request_line("POST", "/a"), *headers, b"\r\n", *protocol.chunk(b"abc"), *protocol.chunk(b"d" * 300)]
    parts.append(protocol.last_chunk(header_line("T", "x")))
    assert plain(RequestParser().feed(b"".join(parts)))[1:] == [b"abc" + b"d" * 300, ("end", ["T", "x"])]


def test_the_date_is_an_http_date() -> None:
    import email.utils
    import time

    line = protocol.date_line()
    assert line.startswith(b"Date: ")
    assert line.endswith(b" GMT\r\n")
    assert abs(email.utils.parsedate_to_datetime(line[6:-2].decode()).timestamp() - time.time()) < 5
