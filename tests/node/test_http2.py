"""HTTP/2 without I/O: two sessions that exchange bytes, and bytes that no session would send."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from ouroloop.node.http2 import Event, Options, Session

MAGIC = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, DATA, PING = 4, 1, 0, 6
PADDING_ALIGNED, PADDING_MAX = 1, 2
WINDOW = 65535  # bytes, of a connection or a stream that says nothing else

#: How many values follow each event.
FIELDS = {
    Event.HEADERS: 5, Event.DATA: 2, Event.END: 1, Event.CLOSE: 2, Event.SETTINGS: 2, Event.SETTINGS_ACK: 0,
    Event.PING: 1, Event.PING_ACK: 1, Event.GOAWAY: 3, Event.ALTSVC: 3, Event.ORIGIN: 1, Event.FRAME_ERROR: 3,
    Event.WRITTEN: 1, Event.WANT_TRAILERS: 1, Event.ERROR: 2,
}


def head(*pairs: str) -> tuple[str, list[int]]:
    layout: list[int] = []
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        layout += (len(name), len(value), 0)
    return "".join(pairs), layout


GET = head(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "localhost")
OK = head(":status", "200")


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def events(session: Session) -> list[tuple[Any, ...]]:
    flat = session.take_events()
    told = []
    while flat:
        count = FIELDS[flat[0]] + 1
        told.append(tuple(flat[:count]))
        del flat[:count]
    return told


def kinds(told: list[tuple[Any, ...]]) -> list[int]:
    return [each[0] for each in told]


class Pair:
    """A client and a server, whose bytes go to the other at `exchange`."""

    def __init__(self, client: Options | None = None, server: Options | None = None) -> None:
        self.client = Session(True, client)
        self.server = Session(False, server)
        self.client.settings([])
        self.server.settings([])
        self.exchange()
        events(self.client)
        events(self.server)

    def exchange(self) -> None:
        while True:
            up = self.client.pending()
            if up:
                self.server.receive(up)
            down = self.server.pending()
            if down:
                self.client.receive(down)
            if not up and not down:
                return

    def request(self, *, end: bool = True) -> int:
        number = self.client.request(*GET, end, False)
        self.exchange()
        return number


@pytest.fixture
def pair() -> Any:
    made = Pair()
    yield made
    made.client.close()
    made.server.close()


def test_a_request_and_its_response(pair: Pair) -> None:
    number = pair.request()
    (told,) = [each for each in events(pair.server) if each[0] == Event.HEADERS]
    assert told[1] == number == 1
    assert told[4].split("\0")[:2] == [":method", "GET"]
    pair.server.respond(number, *OK, False, False)
    pair.server.write(number, [b"hello ", b"world"])
    pair.server.end(number)
    pair.exchange()
    told_client = events(pair.client)
    assert kinds(told_client) == [Event.HEADERS, Event.DATA, Event.END, Event.CLOSE]
    assert told_client[1][2] == b"hello world"
    assert told_client[3] == (Event.CLOSE, number, 0)


def test_trailers_are_asked_for_when_everything_else_is_sent(pair: Pair) -> None:
    number = pair.request()
    pair.server.respond(number, *OK, False, True)
    pair.server.write(number, [b"x"])
    pair.server.end(number)
    pair.exchange()
    assert events(pair.server)[-1] == (Event.WANT_TRAILERS, number)
    pair.server.send_trailers(number, *head("checksum", "1"))
    pair.exchange()
    assert ["checksum", "1"] in [each[4].split("\0") for each in events(pair.client) if each[0] == Event.HEADERS]


def test_no_more_than_its_window_is_sent_to_one_who_does_not_read(pair: Pair) -> None:
    number = pair.request()
    pair.server.respond(number, *OK, False, False)
    pair.server.write(number, [b"x" * 200_000])
    pair.exchange()
    received = sum(len(each[2]) for each in events(pair.client) if each[0] == Event.DATA)
    assert received == WINDOW
    assert Event.WRITTEN not in kinds(events(pair.server))
    pair.client.set_reading(number, True)
    pair.exchange()
    assert received + sum(len(each[2]) for each in events(pair.client) if each[0] == Event.DATA) == 200_000
    assert (Event.WRITTEN, number) in events(pair.server)


def test_one_slow_reader_does_not_stop_the_others(pair: Pair) -> None:
    slow, fast = pair.request(), pair.request()
    pair.client.set_reading(fast, True)
    for number in (slow, fast):
        pair.server.respond(number, *OK, False, False)
        pair.server.write(number, [b"x" * 200_000])
    pair.exchange()
    received = {slow: 0, fast: 0}
    for each in events(pair.client):
        if each[0] == Event.DATA:
            received[each[1]] += len(each[2])
    assert received == {slow: WINDOW, fast: 200_000}


def test_content_that_may_be_sent_goes_before_a_reset(pair: Pair) -> None:
    number = pair.request()
    pair.server.respond(number, *OK, False, False)
    pair.server.write(number, [b"last words"])
    pair.server.reset_stream(number, 8)
    pair.exchange()
    told = events(pair.client)
    assert (Event.DATA, number, b"last words") in told
    assert told[-1] == (Event.CLOSE, number, 8)


def test_a_promised_stream_brings_its_request(pair: Pair) -> None:
    number = pair.request()
    promised = pair.server.push(number, *GET)
    pair.exchange()
    assert promised == 2
    assert promised in [each[1] for each in events(pair.client) if each[0] == Event.HEADERS]


def test_a_goaway_tells_why_and_up_to_where(pair: Pair) -> None:
    number = pair.request()
    pair.server.goaway(2, 0, b"so long")
    pair.exchange()
    assert (Event.GOAWAY, 2, number, b"so long") in events(pair.client)


def test_pings_are_answered_with_what_they_carry(pair: Pair) -> None:
    pair.client.ping(b"12345678")
    pair.exchange()
    assert (Event.PING, b"12345678") in events(pair.server)
    assert (Event.PING_ACK, b"12345678") in events(pair.client)


def test_settings_that_are_not_of_the_protocol_are_told(pair: Pair) -> None:
    pair.client.settings([1244, 456])
    pair.exchange()
    assert [1244, 456] in [each[2] for each in events(pair.server) if each[0] == Event.SETTINGS]


def test_settings_are_told_as_they_were_when_they_came(pair: Pair) -> None:
    pair.client.settings([3, 7])
    pair.client.settings([3, 9])
    pair.exchange()
    assert [each[1][2] for each in events(pair.server) if each[0] == Event.SETTINGS] == [7, 9]


def test_too_many_headers_end_the_stream_with_enhance_your_calm() -> None:
    pair = Pair(server=Options(max_header_pairs=4))
    text, layout = GET
    pair.client.request(f"{text}onetoo-many", [*layout, 3, 8, 0], True, False)
    pair.exchange()
    assert (Event.CLOSE, 1, 11) in events(pair.client)
    assert Event.HEADERS not in kinds(events(pair.server))


def test_streams_beyond_the_memory_of_a_session_are_refused() -> None:
    pair = Pair(server=Options(max_memory=4096))
    for _ in range(3):
        pair.client.request(*GET, False, False)
    pair.exchange()
    assert kinds(events(pair.server)).count(Event.HEADERS) < 3
    assert (Event.CLOSE, 5, 11) in events(pair.client)


@pytest.mark.parametrize(("padding", "is_right"), [
    (PADDING_ALIGNED, lambda size: size % 8 == 0), (PADDING_MAX, lambda size: size > 200),
])
def test_content_is_padded_as_asked_for(padding: int, is_right: Any) -> None:
    pair = Pair(server=Options(padding=padding))
    number = pair.request()
    pair.server.respond(number, *OK, False, False)
    pair.server.pending()
    pair.server.write(number, [b"x"])
    assert is_right(len(pair.server.pending()))


def server_after_greeting(options: Options | None = None) -> Session:
    server = Session(False, options)
    server.settings([])
    server.receive(MAGIC + frame(SETTINGS, 0, 0))
    server.pending()
    events(server)
    return server


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(100)])
def test_bytes_that_are_no_http2_are_an_error(data: bytes) -> None:
    server = Session(False)
    server.receive(data)
    assert events(server) == [(Event.ERROR, -903, None)]


@pytest.mark.parametrize("data", [
    frame(PING, 0, 0, b"short"), frame(DATA, 0, 1, b"of no stream"), frame(SETTINGS, 1, 0, bytes(6)),
    frame(HEADERS, 5, 2, b"\x82"), b"\xff\xff\xff" + bytes(6),
])
def test_a_malformed_frame_ends_the_connection_with_a_goaway(data: bytes) -> None:
    server = server_after_greeting()
    server.receive(data)
    assert server.pending()[3] == 7
    assert not server.wants_read


def test_frames_without_content_or_end_are_not_taken_for_ever() -> None:
    server = server_after_greeting(Options(max_invalid_frames=10))
    server.receive(frame(HEADERS, 4, 1, b"\x82\x86\x84\x41\x01x"))
    server.receive(frame(DATA, 0, 1) * 11)  # one more than the option says, as in Node
    assert Event.ERROR not in kinds(events(server))
    server.receive(frame(DATA, 0, 1))
    assert events(server)[-1] == (Event.ERROR, -902, "ERR_HTTP2_TOO_MANY_INVALID_FRAMES")
