"""Bad HTTP against the server: Node 24's answers, never a traceback, never a hang, and the next client is served.

What is expected was recorded from Node 24; a test compares live when OUROLOOP_NODE names its binary.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from ouroloop.node import Promise, http, net, set_timeout
from ouroloop.node.environment import Environment

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
QUIET = 1000  # ms without a byte: nothing more will come


def get(*lines: bytes) -> bytes:
    return b"\r\n".join((b"GET / HTTP/1.1", b"Host: a", *lines, b"", b""))


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((b"POST / HTTP/1.1", b"Host: a", *lines, b"", body))


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

CASES: dict[str, bytes] = {
    # What must work
    "a plain request": GET,
    "two requests in one packet": GET + GET,
    "empty lines before a request": b"\r\n\r\n" + GET,
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/1.0 kept alive": b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "a body": post(b"Content-Length: 3", body=b"abc"),
    "chunks": CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "chunks with extensions and trailers": CHUNKED + b"3;a=b;c\r\nabc\r\n0\r\nX: y\r\n\r\n",
    "a quoted chunk extension": CHUNKED + b'3;a="b c"\r\nabc\r\n0\r\n\r\n',
    "an empty header value": get(b"X:"),
    "an absolute target": b"GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    "high bytes in a value": get(b"X: \xe4\xff"),
    "high bytes in the target": b"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab in a value": get(b"X: a\tb"),
    # The request line
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown method": b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in lower case": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of a forbidden character": b"GE(T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "a blank within the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "two blanks before the target": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "two blanks before the version": b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n",
    "a blank after the version": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "a tab instead of a blank": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a blank before the method": b" GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "DEL in the target": b"GET /\x7f HTTP/1.1\r\n" + HOST + b"\r\n",
    "a control character in the target": b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET / HTTP/0.9\r\n" + HOST + b"\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP/1": b"GET / HTTP/1\r\n" + HOST + b"\r\n",
    "HTTP/1.10": b"GET / HTTP/1.10\r\n" + HOST + b"\r\n",
    "HTTP/11.1": b"GET / HTTP/11.1\r\n" + HOST + b"\r\n",
    "a version in lower case": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "another protocol": b"GET / FTP/1.1\r\n" + HOST + b"\r\n",
    "RTSP": b"GET / RTSP/1.0\r\n" + HOST + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a response instead of a request": b"HTTP/1.1 200 OK\r\n\r\n",
    "a target without a slash": b"GET a HTTP/1.1\r\n" + HOST + b"\r\n",
    "an asterisk as the target": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT to a path": b"CONNECT /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    # Line ends
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare LF after the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bare LF after a header": b"GET / HTTP/1.1\r\nHost: a\n\r\n",
    "bare LF at the end of the head": b"GET / HTTP/1.1\r\nHost: a\r\n\n",
    "bare CR after the request line": b"GET / HTTP/1.1\rHost: a\r\n\r\n",
    "bare CR after a header": b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
    "bare CR within a value": get(b"X: a\rb"),
    "bare CR at the end of the head": b"GET / HTTP/1.1\r\nHost: a\r\n\rX",
    "CR CR LF": b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
    "LF before a request": b"\n" + GET,
    "CR before a request": b"\r" + GET,
    # Headers
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "an empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "two Hosts": get(b"Host: b"),
    "a blank before the colon": get(b"X : y"),
    "a tab before the colon": get(b"X\t: y"),
    "a blank before Content-Length's colon": post(b"Content-Length : 3", body=b"abc"),
    "a blank before Transfer-Encoding's colon": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "no colon": get(b"nonsense"),
    "an empty name": get(b": y"),
    "a folded value": get(b"X: a", b" b"),
    "a value folded with a tab": get(b"X: a", b"\tb"),
    "a folded first header": b"GET / HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n",
    "a folded Transfer-Encoding": post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"),
    "a folded Content-Length": post(b"Content-Length: 3", b" 4", body=b"abcd"),
    "NUL in a name": get(b"X\0: y"),
    "NUL in a value": get(b"X: a\0b"),
    "a control character in a value": get(b"X: a\x01b"),
    "DEL in a value": get(b"X: a\x7fb"),
    "a high byte in a name": get(b"X\xe4: y"),
    "a bracket in a name": get(b"X(a): y"),
    "a quote in a name": get(b'"X": y'),
    "a request within a header": get(b"GET / HTTP/1.1"),
    # Lengths
    "both lengths": post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "both lengths the other way round": post(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "two equal lengths": post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"),
    "two different lengths": post(b"Content-Length: 3", b"Content-Length: 4", body=b"abc" + SMUGGLED),
    "a list of equal lengths": post(b"Content-Length: 3, 3", body=b"abc"),
    "a negative length": post(b"Content-Length: -1"),
    "a length with a plus": post(b"Content-Length: +3", body=b"abc"),
    "a length in hexadecimal": post(b"Content-Length: 0x3", body=b"abc"),
    "a length that is no number": post(b"Content-Length: abc"),
    "a number and a word": post(b"Content-Length: 3 abc", body=b"abc"),
    "an empty length": post(b"Content-Length:", body=b"abc"),
    "a length with an underscore": post(b"Content-Length: 1_0", body=b"0123456789"),
    "a length with a point": post(b"Content-Length: 3.0", body=b"abc"),
    "a length of 2**64": post(b"Content-Length: 18446744073709551616"),
    "a length of 2**64 - 1": post(b"Content-Length: 18446744073709551615"),
    "a length of 30 digits": post(b"Content-Length: " + b"9" * 30),
    "a length with zeros before it": post(b"Content-Length: 0003", body=b"abc"),
    "a length with blanks around it": post(b"Content-Length: \t 3 \t", body=b"abc"),
    "a body longer than announced": post(b"Content-Length: 3", body=b"abcdef"),
    "a body shorter than announced": post(b"Content-Length: 10", body=b"abc"),
    "a body nobody announced": post(body=b"abc"),
    "a length for a GET": get(b"Content-Length: 3") + b"abc" + GET,
    # Transfer-Encoding
    "an unknown encoding": post(b"Transfer-Encoding: identity", body=b"abc"),
    "an encoding after chunked": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "an encoding before chunked": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunked in two headers": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "chunked, then identity in another header": post(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"
    ),
    "gzip, then chunked in another header": post(
        b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "chunked in capitals": post(b"Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n"),
    "chunked with a blank behind it": post(b"Transfer-Encoding: chunked ", body=b"0\r\n\r\n"),
    "chunked with a comma behind it": post(b"Transfer-Encoding: chunked,", body=b"0\r\n\r\n"),
    "chunked in quotes": post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "chunked with a letter too many": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked with a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "an empty encoding": post(b"Transfer-Encoding:", body=b"abc"),
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "chunked for a GET": get(b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
    # Chunks
    "a chunk size that is no number": CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a plus": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a blank before it": CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a blank behind it": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "an empty chunk size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk size of 2**64": CHUNKED + b"10000000000000000\r\nabc\r\n",
    "a chunk size of 2**64 - 1": CHUNKED + b"ffffffffffffffff\r\nabc\r\n",
    "a chunk size of 40 digits": CHUNKED + b"f" * 40 + b"\r\nabc\r\n",
    "a chunk size with zeros before it": CHUNKED + b"0000003\r\nabc\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk shorter than its size": CHUNKED + b"5\r\nabc\r\n0\r\n\r\n",
    "no line end after a chunk": CHUNKED + b"3\r\nabc0\r\n\r\n",
    "bare LF after a chunk size": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "bare LF after a chunk": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "bare CR after a chunk size": CHUNKED + b"3\rabc\r\n0\r\n\r\n",
    "bare LF after the last chunk": CHUNKED + b"0\n\r\n",
    "bare LF in a chunk extension": CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "NUL in a chunk extension": CHUNKED + b"3;a\0b\r\nabc\r\n0\r\n\r\n",
    "a semicolon and no extension": CHUNKED + b"3;\r\nabc\r\n0\r\n\r\n",
    "an open quote in an extension": CHUNKED + b'3;a="b\r\nabc\r\n0\r\n\r\n',
    "a bad trailer": CHUNKED + b"0\r\nX y\r\n\r\n",
    "a trailer with a blank before the colon": CHUNKED + b"0\r\nX : y\r\n\r\n",
    "a length as a trailer": CHUNKED + b"0\r\nContent-Length: 3\r\n\r\n" + GET,
    "an encoding as a trailer": CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n\r\n" + GET,
    "NUL in a trailer": CHUNKED + b"0\r\nX: \0\r\n\r\n",
    # Sizes
    "a target just small enough": b"GET /" + b"a" * 16300 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target too large": b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target without an end": b"GET /" + b"a" * 40000,
    "a value too large": get(b"X: " + b"a" * 20000),
    "a value without an end": b"GET / HTTP/1.1\r\nX: " + b"a" * 40000,
    "a name too large": get(b"a" * 20000 + b": x"),
    "a name without an end": b"GET / HTTP/1.1\r\n" + b"a" * 40000,
    "too many small headers": get(*[b"a%d: %d" % (n, n) for n in range(4000)]),
    "a thousand headers": get(*[b"a:"] * 999),
    "more than a thousand headers": get(*[b"a:"] * 1000),
    "a head just small enough": get(b"X: " + b"a" * 16375),
    "a head just too large": get(b"X: " + b"a" * 16380),
    "a large head after a small one": GET + get(b"X: " + b"a" * 20000),
    "a chunk extension too large": CHUNKED + b"3;a=" + b"b" * 20000 + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk extension without an end": CHUNKED + b"3;a=" + b"b" * 40000,
    "trailers too large": CHUNKED + b"0\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
    "a trailer without an end": CHUNKED + b"0\r\nX: " + b"a" * 40000,
    # Connections
    "a request after Connection: close": get(b"Connection: close") + GET,
    "a request after HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n" + GET,
    "nonsense after a request": GET + b"nonsense\r\n\r\n",
    "nonsense after Connection: close": get(b"Connection: close") + b"nonsense",
    "an unwanted upgrade": get(b"Connection: upgrade", b"Upgrade: x") + GET,
    "an unwanted upgrade with a body": post(
        b"Connection: upgrade", b"Upgrade: x", b"Content-Length: 3", body=b"abc" + GET
    ),
    "an unwanted upgrade with chunks": post(
        b"Connection: upgrade", b"Upgrade: x", b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n" + GET
    ),
    "an expectation": post(b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"),
    "another expectation": post(b"Expect: money", b"Content-Length: 3", body=b"abc"),
    "HEAD": b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n" + GET,
}

# What Node 24 answers when the connection is left open. Everything that is not here: "400; closed".
ANSWERS: dict[str, str] = {
    "a plain request": "200 GET / 0; open",
    "two requests in one packet": "200 GET / 0; 200 GET / 0; open",
    "empty lines before a request": "200 GET / 0; open",
    "HTTP/1.0": "200 GET / 0; closed",
    "HTTP/1.0 kept alive": "200 GET / 0; closed",
    "a body": "200 POST / 3; open",
    "chunks": "200 POST / 5; open",
    "chunks with extensions and trailers": "200 POST / 3; open",
    "a quoted chunk extension": "200 POST / 3; open",
    "an empty header value": "200 GET / 0; open",
    "an absolute target": "200 GET http://a/b 0; open",
    "high bytes in a value": "200 GET / 0; open",
    "a tab in a value": "200 GET / 0; open",
    "no version": "200 GET / 0; closed",
    "two blanks before the target": "200 GET / 0; open",
    "two blanks before the version": "200 GET / 0; open",
    "HTTP/2.0": "200 GET / 0; closed",
    "HTTP/0.9": "200 GET / 0; closed",
    "RTSP": "200 GET / 0; closed",
    "an asterisk as the target": "200 OPTIONS * 0; open",
    "CONNECT to a path": "closed",
    "CONNECT": "closed",
    "LF before a request": "200 GET / 0; open",
    "CR before a request": "200 GET / 0; open",
    "no Host": "400 0; closed",
    "an empty Host": "200 GET / 0; open",
    "two Hosts": "200 GET / 0; open",
    "a length of 2**64 - 1": "open",
    "a length with zeros before it": "200 POST / 3; open",
    "a length with blanks around it": "200 POST / 3; open",
    "a body shorter than announced": "open",
    "a length for a GET": "200 GET / 3; 200 GET / 0; open",
    "an encoding before chunked": "200 POST / 0; open",
    "gzip, then chunked in another header": "200 POST / 0; open",
    "chunked in capitals": "200 POST / 0; open",
    "chunked with a blank behind it": "200 POST / 0; open",
    "chunked in HTTP/1.0": "200 POST / 3; closed",
    "chunked for a GET": "200 GET / 3; open",
    "a chunk size of 2**64 - 1": "open",
    "a chunk size with zeros before it": "200 POST / 3; open",
    "a target just small enough": "200 GET 16301 0; open",
    "a target too large": "431; closed",
    "a target without an end": "431; closed",
    "a value too large": "431; closed",
    "a value without an end": "431; closed",
    "a name too large": "431; closed",
    "a name without an end": "431; closed",
    "too many small headers": "431; closed",
    "a thousand headers": "200 GET / 0; open",
    "more than a thousand headers": "431; closed",
    "a head just small enough": "200 GET / 0; open",
    "a head just too large": "431; closed",
    "a large head after a small one": "431; closed",
    "a chunk extension too large": "413; closed",
    "a chunk extension without an end": "413; closed",
    "trailers too large": "431; closed",
    "a trailer without an end": "431; closed",
    "an unwanted upgrade": "200 GET / 0; open",
    "an unwanted upgrade with a body": "200 POST / 3; open",
    "an unwanted upgrade with chunks": "200 POST / 3; open",
    "an expectation": "100; 200 POST / 3; open",
    "another expectation": "417 0; open",
    "HEAD": "200; 200 GET / 0; open",
}

# What it answers when the client ends its side, where that is not the same and "closed".
ANSWERS_AT_END: dict[str, str] = {
    "a length of 2**64 - 1": "400; closed",
    "a body shorter than announced": "400; closed",
    "a chunk size of 2**64 - 1": "400; closed",
}

def expected(*, end: bool) -> dict[str, str]:
    found = {}
    for name in CASES:
        held = ANSWERS.get(name, "400; closed")
        found[name] = ANSWERS_AT_END.get(name, held.replace("open", "closed")) if end else held
    return found


def parse(received: bytes) -> str:
    """What was received, in short: "200 GET / 0; 400; closed"."""
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1.1 (\d\d\d) ", head)
        if status is None:
            return f"nonsense: {head[:80]!r}"
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length is not None:
            size = int(length[1])
        else:
            size = len(received) if status[1] == b"200" and b"Connection: close" in head else 0
        if b"Transfer-Encoding: chunked" in head:
            size = received.find(b"0\r\n\r\n") + 5
        text, received = received[:size].decode("latin-1").strip(), received[size:]
        found.append(f"{status[1].decode()} {text}".strip())
    return "; ".join(found)


async def exchange(port: int, data: bytes, *, end: bool = False) -> str:
    """Send `data` (and end, if `end` is set) and wait until the server closes or has nothing more to say."""
    done, resolve, _ = Promise.with_resolvers()
    received = bytearray()
    client = net.create_connection({"port": port, "host": "127.0.0.1", "allow_half_open": True})
    client.on("error", lambda error: None)
    client.on("data", received.extend)
    client.on("end", lambda: resolve("closed"))
    client.on("close", lambda *_: resolve("closed"))
    client.on("data", lambda chunk: timer.refresh())
    timer = set_timeout(lambda: resolve("open"), QUIET if not end else 10 * QUIET)
    client.end(data) if end else client.write(data)
    how = await done
    timer.close()
    client.destroy()
    answers = parse(bytes(received))
    return f"{answers}; {how}" if answers else how


async def exchange_all(port: int, cases: Iterable[bytes], *, end: bool = False) -> list[str]:
    return await Promise.all([exchange(port, data, end=end) for data in cases])


def answer(req: Any, res: Any) -> None:
    size = 0

    def add(chunk: bytes) -> None:
        nonlocal size
        size += len(chunk)

    req.on("data", add)
    req.on("end", lambda: res.end(f"{req.method} {len(req.url) if len(req.url) > 20 else req.url} {size}"))


def serve(env: Environment, client: Callable[[int], Awaitable[Any]]) -> Any:
    """What `client` returns, while a server runs."""
    result: list[Any] = []

    async def main() -> None:
        server = http.create_server(answer)
        listening, resolve, _ = Promise.with_resolvers()
        server.listen(0, "127.0.0.1", resolve)
        await listening
        port = server.address().port
        try:
            result.append(await client(port))
            assert await exchange(port, get(b"Connection: close")) == "200 GET / 0; closed"
        finally:
            server.close_all_connections()
            server.close()

    assert env.run(main) == 0
    return result[0]


@pytest.mark.parametrize("end", [False, True], ids=["left open", "ended"])
def test_bad_requests_are_answered_as_node_answers_them(env: Environment, end: bool, capfd: Any) -> None:
    answers = serve(env, lambda port: exchange_all(port, CASES.values(), end=end))
    assert dict(zip(CASES, answers, strict=True)) == expected(end=end)
    assert capfd.readouterr().err == ""


def test_node_answers_the_same(env: Environment) -> None:
    node = os.environ.get("OUROLOOP_NODE")
    if not node:
        pytest.skip("OUROLOOP_NODE does not name a Node 24 binary to compare with")
    answers: list[list[str]] = []
    with subprocess.Popen([node, "-e", NODE_SERVER], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())

        async def main() -> None:
            for end in (False, True):
                answers.append(await exchange_all(port, CASES.values(), end=end))

        try:
            assert env.run(main) == 0
        finally:
            server.kill()
    for end, found in zip((False, True), answers, strict=True):
        assert dict(zip(CASES, found, strict=True)) == expected(end=end)


NODE_SERVER = """
const server = require('http').createServer((req, res) => {
  let size = 0;
  req.on('data', (chunk) => { size += chunk.length; });
  req.on('error', () => {});
  req.on('end', () => res.end(`${req.method} ${req.url.length > 20 ? req.url.length : req.url} ${size}`));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""

WHOLE = {
    "a length": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n",
}


@pytest.mark.parametrize("framing", WHOLE)
def test_an_end_at_any_byte_is_answered_and_closed(env: Environment, framing: str, capfd: Any) -> None:
    whole = WHOLE[framing]
    answers = serve(env, lambda port: exchange_all(port, [whole[:size] for size in range(len(whole) + 1)], end=True))
    assert answers == ["closed", *["400; closed"] * (len(whole) - 1), "200 POST /a 5; closed"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("framing", WHOLE)
def test_a_reset_at_any_byte_harms_nobody(env: Environment, framing: str, capfd: Any) -> None:
    whole = WHOLE[framing]

    def reset_after(port: int, size: int) -> Awaitable[Any]:
        closed, resolve, _ = Promise.with_resolvers()
        client = net.create_connection(port, "127.0.0.1")
        client.on("close", lambda *_: resolve(None))
        client.on("connect", lambda: client.write(whole[:size], lambda _: client.reset_and_destroy()))
        return closed

    async def reset_everywhere(port: int) -> int:
        for size in range(len(whole) + 1):
            await reset_after(port, size)
        return size

    assert serve(env, reset_everywhere) == len(whole)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("framing", WHOLE)
def test_a_request_may_come_in_any_two_packets(env: Environment, framing: str) -> None:
    whole = WHOLE[framing]

    async def in_two(port: int, size: int) -> str:
        received = bytearray()
        client = net.create_connection(port, "127.0.0.1").set_no_delay()
        answered, resolve, _ = Promise.with_resolvers()
        client.on("data", lambda chunk: (received.extend(chunk), resolve(None)))
        client.write(whole[:size], lambda _: set_timeout(client.write, 5, whole[size:]))
        await answered
        client.destroy()
        return parse(bytes(received))

    async def everywhere(port: int) -> Any:
        return await Promise.all([in_two(port, size) for size in range(1, len(whole))])

    assert set(serve(env, everywhere)) == {"200 POST /a 5"}


INSERTED = [b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"0", b"ffffffff", b";", b"\t"]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """`data` with a few bytes changed, lost, doubled or moved."""
    bytes_left = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(bytes_left))
        match chance.randrange(5):
            case 0:
                bytes_left[at] = chance.randrange(256)
            case 1:
                del bytes_left[at]
            case 2:
                bytes_left[at:at] = chance.choice(INSERTED)
            case 3:
                bytes_left[at:at] = bytes_left[at : at + chance.randrange(40)]
            case 4:
                chance.shuffle(bytes_left) if chance.random() < 0.05 else bytes_left.reverse()
    return bytes(bytes_left)


def test_any_nonsense_is_answered_or_closed(env: Environment, capfd: Any) -> None:
    chance = random.Random(20241124)
    seeds = [data for data in CASES.values() if len(data) < 1000] + list(WHOLE.values())
    cases = [mutated(chance, chance.choice(seeds)) for _ in range(600)]

    async def all_of_them(port: int) -> list[str]:
        found = []
        for start in range(0, len(cases), 100):
            found += await exchange_all(port, cases[start : start + 100], end=True)
        return found

    for data, answers in zip(cases, serve(env, all_of_them), strict=True):
        assert answers.endswith("closed"), data
        assert re.match(r"(?:(?:200|400|413|417|431)\b|100$|closed)", answers), (data, answers)
    assert capfd.readouterr().err == ""
