"""The HTTP server: requests, responses, connections."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.node import Promise, clear_interval, http, net, set_immediate, set_interval, set_timeout
from ouroloop.node.environment import Environment
from ouroloop.node.http import HeadersSentError

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Client:
    """A raw connection: what comes is kept, `until` waits for it."""

    def __init__(self, port: Any) -> None:
        self.received = bytearray()
        self.ended = False
        self._waiting: list[tuple[Callable[[], bool], Callable[[Any], None]]] = []
        self.socket = net.create_connection(port) if isinstance(port, str) else net.create_connection(port, "127.0.0.1")
        self.socket.on("data", self._on_data)
        self.socket.on("end", self._on_end)
        self.socket.on("error", lambda error: None)
        self.socket.on("close", lambda *_: self._on_end())

    def _on_data(self, data: bytes) -> None:
        self.received += data
        self._look()

    def _on_end(self) -> None:
        self.ended = True
        self._look()

    def _look(self) -> None:
        for waiting in list(self._waiting):
            if waiting[0]():
                self._waiting.remove(waiting)
                waiting[1](bytes(self.received))

    def _when(self, true: Callable[[], bool]) -> Promise[bytes]:
        promise, resolve, _ = Promise.with_resolvers()
        self._waiting.append((true, resolve))
        self._look()
        return promise

    def send(self, data: bytes) -> Client:
        self.socket.write(data)
        return self

    def until(self, text: bytes, times: int = 1) -> Promise[bytes]:
        return self._when(lambda: self.received.count(text) >= times)

    def end(self) -> Promise[bytes]:
        return self._when(lambda: self.ended)


def run(env: Environment, listener: Any, client: Callable[[Any], Any], **options: Any) -> Any:
    """Run a server and `client(server)` against it; what that returns."""
    result: list[Any] = []

    async def main() -> None:
        server = http.create_server(options, listener)
        listening, resolve, _ = Promise.with_resolvers()
        server.listen(0, "127.0.0.1", resolve)
        await listening
        server.port = server.address().port
        try:
            result.append(await client(server))
        finally:
            server.close_all_connections()
            server.close()

    assert env.run(main) == 0
    return result[0]


async def ask(server: Any, data: bytes = GET) -> bytes:
    """What the server answers until it closes, or until the client is sure that it has it all."""
    client = Client(server.port)
    client.send(data.replace(b"Host: a\r\n", b"Host: a\r\nConnection: close\r\n", 1))
    return await client.end()


def without_date(answer: bytes) -> bytes:
    start = answer.find(b"Date: ")
    assert start >= 0
    return answer[:start] + answer[answer.index(b"\r\n", start) + 2 :]


def event(emitter: Any, name: str) -> Promise[Any]:
    promise, resolve, _ = Promise.with_resolvers()
    emitter.once(name, lambda *args: resolve(args))
    return promise


def sleep(ms: int) -> Promise[None]:
    promise, resolve, _ = Promise.with_resolvers()
    set_timeout(resolve, ms, None)
    return promise


# Heads and framing, byte for byte as Node 24 sends them


def test_a_short_answer_is_one_piece_with_a_length(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.set_header("Content-Type", "text/plain")
        res.end(b"Hello, World!")

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).until(b"World!")

    assert without_date(run(env, listener, client)) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
        b"Content-Length: 13\r\n\r\nHello, World!"
    )


def answer_of(env: Environment, listener: Any, request: bytes = GET, **options: Any) -> bytes:
    """The whole answer to one request of a connection that is closed after it, without its Date."""
    return without_date(run(env, listener, lambda server: ask(server, request), **options))


CLOSE = b"Connection: close\r\n"


def wrote(res: Any, *chunks: Any) -> None:
    for chunk in chunks:
        res.write(chunk)
    res.end()


@pytest.mark.parametrize(
    ("respond", "answer"),
    [
        (lambda res: res.end(), b"HTTP/1.1 200 OK\r\n" + CLOSE + b"Content-Length: 0\r\n\r\n"),
        (lambda res: res.end("ä"), b"HTTP/1.1 200 OK\r\n" + CLOSE + b"Content-Length: 2\r\n\r\n\xc3\xa4"),
        (lambda res: res.end(bytearray(b"x")), b"HTTP/1.1 200 OK\r\n" + CLOSE + b"Content-Length: 1\r\n\r\nx"),
        (
            lambda res: wrote(res, "one", b"three"),
            b"HTTP/1.1 200 OK\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n",
        ),
        (
            lambda res: (res.set_header("content-length", 3), wrote(res, "abc")),
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n" + CLOSE + b"\r\nabc",
        ),
        (lambda res: res.write_head(204).end("x"), b"HTTP/1.1 204 No Content\r\n" + CLOSE + b"\r\n"),
        (lambda res: res.write_head(304).end(), b"HTTP/1.1 304 Not Modified\r\n" + CLOSE + b"\r\n"),
        (
            lambda res: res.write_head(299, "Fine", {"X": "1"}).end(),
            b"HTTP/1.1 299 Fine\r\nX: 1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            lambda res: res.write_head(200, ["A", "1", "A", "2"]).end(),
            b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            lambda res: (res.set_header("Set-Cookie", ["a=1", "b=2"]), res.set_header("Age", 7), res.end()),
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nAge: 7\r\n"
            + CLOSE
            + b"Content-Length: 0\r\n\r\n",
        ),
        (
            lambda res: (res.set_header("A", "1"), res.write_head(200, {"a": "2", "B": "3"}).end("x")),
            b"HTTP/1.1 200 OK\r\na: 2\r\nB: 3\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        ),
        (
            lambda res: (res.write("x"), res.add_trailers({"T": "y"}), res.end()),
            b"HTTP/1.1 200 OK\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: y\r\n\r\n",
        ),
        (
            lambda res: (res.append_header("A", "1"), res.append_header("a", "2"), res.end()),
            b"HTTP/1.1 200 OK\r\na: 1\r\na: 2\r\n" + CLOSE + b"Content-Length: 0\r\n\r\n",
        ),
        (
            lambda res: (setattr(res, "status_code", 404), res.end("no")),
            b"HTTP/1.1 404 Not Found\r\n" + CLOSE + b"Content-Length: 2\r\n\r\nno",
        ),
    ],
)
def test_the_head_says_how_the_body_is_framed(env: Environment, respond: Any, answer: bytes) -> None:
    assert answer_of(env, lambda req, res: respond(res)) == answer


def test_head_gets_no_body(env: Environment) -> None:
    answer = answer_of(env, lambda req, res: res.end("abc"), GET.replace(b"GET", b"HEAD"))
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def test_http_1_0_gets_no_chunks_and_is_closed(env: Environment) -> None:
    answer = answer_of(env, lambda req, res: wrote(res, "a", "b"), b"GET / HTTP/1.0\r\n\r\n")
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab"


def test_http_1_0_is_kept_alive_when_asked_for_and_possible(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.set_header("Content-Length", "1")
        res.end("x")

    async def client(server: Any) -> bytes:
        request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        return await Client(server.port).send(request + request).until(b"\r\n\r\nx", 2)

    assert run(env, listener, client).count(b"Connection: keep-alive\r\n") == 2


def test_date_can_be_left_out(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.send_date = False
        res.end()

    answer = run(env, listener, ask)
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


# What programs must not do


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("a b", "x", "ERR_INVALID_HTTP_TOKEN"),
        ("", "x", "ERR_INVALID_HTTP_TOKEN"),
        ("a:", "x", "ERR_INVALID_HTTP_TOKEN"),
        ("a\r\n", "x", "ERR_INVALID_HTTP_TOKEN"),
        ("a", "x\r\nSet-Cookie: y", "ERR_INVALID_CHAR"),
        ("a", "x\ny", "ERR_INVALID_CHAR"),
        ("a", "x\0", "ERR_INVALID_CHAR"),
        ("a", "\u20ac", "ERR_INVALID_CHAR"),
        ("a", ["ok", "x\r\n"], "ERR_INVALID_CHAR"),
    ],
)
def test_a_header_cannot_break_out_of_its_line(env: Environment, name: str, value: Any, code: str) -> None:
    raised = []

    def listener(req: Any, res: Any) -> None:
        for set_it in (
            lambda: res.set_header(name, value), lambda: res.write_head(200, {name: value}),
            lambda: res.add_trailers({name: value}), lambda: res.append_header(name, value),
        ):
            with pytest.raises(http.HeaderError) as info:
                set_it()
            raised.append(info.value.code)
        res.end()

    assert answer_of(env, listener).startswith(b"HTTP/1.1 200")
    assert raised == [code] * 4


def test_misuse_raises_at_once(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        with pytest.raises(ValueError, match="Invalid status code"):
            res.write_head(99)
        with pytest.raises(http.HeaderError, match="status message"):
            res.write_head(200, "a\r\nb: c")
        with pytest.raises(TypeError, match="Invalid value None"):
            res.set_header("a", None)
        with pytest.raises(TypeError, match="chunk must be bytes or str"):
            res.write(5)
        with pytest.raises(TypeError, match="chunk must be bytes or str"):
            res.end({})
        res.write_head(200)
        assert res.headers_sent
        for late in (
            lambda: res.set_header("a", "b"), lambda: res.write_head(200), lambda: res.remove_header("a"),
            lambda: res.append_header("a", "b"), lambda: res.write_continue(),
        ):
            with pytest.raises(HeadersSentError):
                late()
        res.end("done")

    assert answer_of(env, listener).endswith(b"4\r\ndone\r\n0\r\n\r\n")


def test_strict_content_length_is_checked(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.strict_content_length = True
        res.set_header("Content-Length", 3)
        with pytest.raises(ValueError, match="ERR_HTTP_CONTENT_LENGTH_MISMATCH"):
            res.write("abcd")
        res.destroy()

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).end()

    assert run(env, listener, client) == b""


def test_writing_after_the_end_is_an_error_event(env: Environment) -> None:
    errors = []

    def listener(req: Any, res: Any) -> None:
        res.on("error", lambda error: errors.append(error.code))
        res.end("x")
        assert res.write("y") is False

    assert answer_of(env, listener).endswith(b"\r\n\r\nx")
    assert errors == ["ERR_STREAM_WRITE_AFTER_END"]


# Requests


def test_a_request_shows_its_head(env: Environment) -> None:
    seen: dict[str, Any] = {}

    def listener(req: Any, res: Any) -> None:
        seen.update(
            method=req.method, url=req.url, version=req.http_version, headers=req.headers, raw=req.raw_headers,
            distinct=req.headers_distinct["x"], address=req.socket.remote_address, complete=req.complete,
        )
        res.end()

    run(env, listener, lambda server: ask(
        server,
        b"PUT /a?b HTTP/1.1\r\nHost: a\r\nX: 1 \r\nx: 2\r\nCookie: a\r\nCookie: b\r\nSet-Cookie: c\r\n"
        b"Age: 1\r\nAge: 2\r\n\r\n",
    ))  # fmt: skip
    assert seen == {
        "method": "PUT", "url": "/a?b", "version": "1.1",
        "headers": {
            "host": "a", "connection": "close", "x": "1, 2", "cookie": "a; b", "set-cookie": ["c"], "age": "1",
        },
        "raw": [
            "Host", "a", "Connection", "close", "X", "1", "x", "2", "Cookie", "a", "Cookie", "b", "Set-Cookie", "c",
            "Age", "1", "Age", "2",
        ],
        "distinct": ["1", "2"], "address": "127.0.0.1", "complete": True,
    }  # fmt: skip


POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
BODIES = {
    "length": POST + b"Content-Length: 6\r\n\r\nabcdef",
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n4\r\ncdef\r\n0\r\nT: x\r\n\r\n",
}


@pytest.mark.parametrize("framing", BODIES)
def test_a_body_can_be_listened_to(env: Environment, framing: str) -> None:
    def listener(req: Any, res: Any) -> None:
        body = bytearray()
        req.on("data", body.extend)
        req.on("end", lambda: res.end(bytes(body) + b" " + repr(req.trailers).encode()))

    trailers = b"{'t': 'x'}" if framing == "chunks" else b"{}"
    assert answer_of(env, listener, BODIES[framing]).endswith(b"\r\n\r\nabcdef " + trailers)


@pytest.mark.parametrize("framing", BODIES)
def test_a_body_can_be_iterated_over_later(env: Environment, framing: str) -> None:
    async def listener(req: Any, res: Any) -> None:
        await sleep(20)
        res.end(b"".join([chunk async for chunk in req]))

    assert answer_of(env, listener, BODIES[framing]).endswith(b"\r\n\r\nabcdef")


def test_a_body_can_be_piped_to_the_response(env: Environment) -> None:
    answer = answer_of(env, lambda req, res: req.pipe(res), BODIES["length"])
    assert answer.endswith(b"6\r\nabcdef\r\n0\r\n\r\n")


def test_a_body_nobody_reads_is_thrown_away(env: Environment) -> None:
    body = b"x" * 500_000
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(request + request + GET).until(b"\r\n\r\nok", 3)

    assert run(env, lambda req, res: res.end("ok"), client).count(b"200 OK") == 3


def test_a_body_nobody_reads_yet_stops_the_reading(env: Environment) -> None:
    size = 20_000_000
    held: list[Any] = []

    async def client(server: Any) -> int:
        client = Client(server.port)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        client.send(bytes(size))
        while not held:
            await sleep(5)
        await sleep(50)
        req, res = held
        assert client.socket.writable_length > size // 2
        assert req._size < 200_000
        received = 0
        async for chunk in req:
            received += len(chunk)
        res.end("ok")
        await client.until(b"ok")
        return received

    assert run(env, lambda req, res: held.extend((req, res)), client) == size


def test_requests_keep_their_order_whatever_their_answers_take(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        delay = {"/1": 30, "/2": 0, "/3": 10}[req.url]
        if delay:
            set_timeout(res.end, delay, req.url)
        else:
            res.end(req.url)

    async def client(server: Any) -> bytes:
        requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in (1, 2, 3))
        return await Client(server.port).send(requests).until(b"/3")

    answer = run(env, listener, client)
    assert [line for line in answer.split(b"\r\n") if line.startswith(b"/")][:1] == [b"/1HTTP/1.1 200 OK"]
    assert answer.index(b"/1") < answer.index(b"/2") < answer.index(b"/3")


def test_five_thousand_pipelined_requests_are_answered_in_order(env: Environment) -> None:
    count = 5000

    async def client(server: Any) -> bytes:
        requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(count))
        return await Client(server.port).send(requests).until(b"<%d>" % (count - 1))

    def listener(req: Any, res: Any) -> None:
        text = f"<{req.url[1:]}>"
        if int(req.url[1:]) % 7:
            res.end(text.encode())
        else:
            set_immediate(res.end, text)

    answer = run(env, listener, client)
    assert [int(part.partition(b">")[0]) for part in answer.split(b"<")[1:]] == list(range(count))


# Responses


def test_finish_and_close_follow_the_end(env: Environment) -> None:
    events = []

    def listener(req: Any, res: Any) -> None:
        res.on("finish", lambda: events.append(("finish", res.writable_finished)))
        res.on("close", lambda: events.append(("close", res.destroyed)))
        res.end("x", lambda error: events.append(("callback", error)))
        events.append(("ended", res.writable_ended, res.writable_finished))

    answer_of(env, listener)
    assert events == [("ended", True, False), ("callback", None), ("finish", True), ("close", True)]


def test_a_client_that_leaves_closes_the_response_and_aborts_the_request(env: Environment) -> None:
    events = []

    async def client(server: Any) -> None:
        client = Client(server.port).send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        req, res = await event(server, "request")
        req.on("aborted", lambda: events.append("aborted"))
        req.on("error", lambda error: events.append(type(error).__name__))
        closed = event(res, "close")
        client.socket.reset_and_destroy()
        await closed
        await sleep(1)
        assert req.destroyed
        assert res.destroyed
        assert not res.writable_finished

    run(env, None, client)
    assert sorted(events) == ["ConnectionResetError", "aborted"]


def test_a_client_that_never_reads_costs_no_more_than_the_high_water_mark(env: Environment) -> None:
    chunk = b"x" * 10_000
    size = 30_000_000
    state: dict[str, Any] = {"written": 0, "asked": 0}

    def listener(req: Any, res: Any) -> None:
        state["asked"] += 1

        def fill() -> None:
            while state["written"] < size:
                state["written"] += len(chunk)
                if not res.write(chunk):
                    return
            res.end()

        state["res"] = res
        res.on("drain", fill)
        fill()

    async def client(server: Any) -> None:
        client = net.create_connection(server.port, "127.0.0.1").pause()
        client.write(GET)
        await event(server, "request")
        await sleep(50)
        written = state["written"]
        assert written < 20_000_000
        await sleep(50)
        assert state["written"] == written
        assert state["res"].writable_length < 64 * 1024 + 2 * len(chunk)
        assert state["res"].writable_need_drain
        received = 0
        async for chunk_read in client:
            received += len(chunk_read)
            if chunk_read.endswith(b"0\r\n\r\n"):
                break
        assert received > size

    run(env, listener, client)


def test_pipelined_requests_of_a_client_that_never_reads_are_not_all_read(env: Environment) -> None:
    body = b"x" * 100_000
    asked = 0

    def listener(req: Any, res: Any) -> None:
        nonlocal asked
        asked += 1
        res.end(body)

    async def client(server: Any) -> None:
        client = Client(server.port)
        client.socket.pause()
        client.send(GET * 4000)
        await sleep(150)
        before = asked
        assert 0 < before < 300
        [connection] = server._connections_open
        assert connection.write_queue_size < 1_000_000
        client.socket.resume()
        while asked < 4000:
            await sleep(5)

    run(env, listener, client)


def test_what_is_written_in_one_callback_leaves_in_one_piece(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        set_timeout(lambda: (res.write("a"), res.write("b"), res.end("c")), 1)

    async def client(server: Any) -> list[bytes]:
        pieces: list[bytes] = []
        client = Client(server.port).send(GET)
        client.socket.on("data", pieces.append)
        await client.until(b"0\r\n\r\n")
        return pieces

    assert len(run(env, listener, client)) == 1


def test_flush_headers_sends_the_head_alone(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.flush_headers()
        responses.append(res)

    async def client(server: Any) -> tuple[bytes, bytes]:
        client = Client(server.port).send(GET)
        head = await client.until(b"\r\n\r\n")
        responses[0].end("body")
        return head, await client.until(b"body")

    responses: list[Any] = []

    head, whole = run(env, listener, client)
    assert head.endswith(b"Transfer-Encoding: chunked\r\n\r\n")
    assert whole.startswith(head)


def test_information_comes_before_the_answer(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.write_processing()
        res.write_early_hints({"link": ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload"], "x": "y"})
        with pytest.raises(ValueError, match="Link header"):
            res.write_early_hints({"link": "nonsense"})
        res.end("x")

    answer = answer_of(env, listener)
    assert answer.startswith(
        b"HTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style, </b.js>; rel=preload\r\nx: y\r\n\r\n"
        b"HTTP/1.1 200 OK\r\n"
    )


# Expectations


EXPECT = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"


def test_an_expectation_is_met_unless_somebody_checks(env: Environment) -> None:
    async def listener(req: Any, res: Any) -> None:
        res.end(b"".join([chunk async for chunk in req]))

    async def client(server: Any) -> bytes:
        client = Client(server.port).send(EXPECT)
        await client.until(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await client.send(b"abc").until(b"abc")

    assert run(env, listener, client).count(b"HTTP/1.1 200 OK") == 1


def test_who_checks_an_expectation_may_refuse_it(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        server.on("checkContinue", lambda req, res: res.write_head(413).end())
        return await Client(server.port).send(EXPECT).end()

    answer = run(env, lambda req, res: res.destroy(), client)
    assert answer.startswith(b"HTTP/1.1 413 Payload Too Large\r\n")
    assert b"Connection: close\r\n" in answer


def test_another_expectation_can_be_checked(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        server.on("checkExpectation", lambda req, res: res.end("fine"))
        return await Client(server.port).send(EXPECT.replace(b"100-continue", b"x") + b"abc").until(b"fine")

    assert run(env, lambda req, res: res.destroy(), client).startswith(b"HTTP/1.1 200")


# Other protocols


def test_an_upgrade_hands_the_socket_over(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        @server.on("upgrade")
        def upgrade(req: Any, sock: Any, head: bytes) -> None:
            assert req.headers["upgrade"] == "echo"
            sock.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + head)
            sock.on("data", sock.write)
            sock.on("end", sock.end)

        client = Client(server.port)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst")
        await client.until(b"first")
        client.send(b" second")
        await client.until(b"second")
        client.socket.end()
        return await client.end()

    assert run(env, None, client) == b"HTTP/1.1 101 Switching Protocols\r\n\r\nfirst second"


def test_an_upgrade_nobody_wants_is_a_request_like_any_other(env: Environment) -> None:
    answer = answer_of(
        env, lambda req, res: res.end(str(req.upgrade)),
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n",
    )
    assert answer.endswith(b"\r\n\r\nFalse")


def test_should_upgrade_callback_decides(env: Environment) -> None:
    async def client(server: Any) -> list[bytes]:
        server.on("upgrade", lambda req, sock, head: sock.end(b"upgraded"))
        request = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        return [
            await Client(server.port).send(request % b"/yes").end(),
            await Client(server.port).send(request % b"/no").until(b"\r\n\r\nplain"),
        ]

    yes, no = run(
        env, lambda req, res: res.end("plain"), client, should_upgrade_callback=lambda req: req.url == "/yes"
    )
    assert yes == b"upgraded"
    assert no.startswith(b"HTTP/1.1 200 OK")


def test_connect_hands_the_socket_over_or_closes(env: Environment) -> None:
    request = b"CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\nbytes"

    async def client(server: Any) -> list[bytes]:
        first = await Client(server.port).send(request).end()
        server.on("connect", lambda req, sock, head: sock.end(req.url.encode() + head))
        return [first, await Client(server.port).send(request).end()]

    assert run(env, None, client) == [b"", b"b:80bytes"]


# Time


def test_an_idle_connection_is_closed_after_the_keep_alive_timeout(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).end()

    answer = run(
        env, lambda req, res: res.end("x"), client, keep_alive_timeout=40, keep_alive_timeout_buffer=0
    )
    assert answer.endswith(b"\r\n\r\nx")


def test_a_connection_at_work_outlives_the_keep_alive_timeout(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        set_timeout(res.end, 150, "late")

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).end()

    answer = run(env, listener, client, keep_alive_timeout=30, keep_alive_timeout_buffer=0)
    assert answer.endswith(b"\r\n\r\nlate")


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"headers_timeout": 30}, b""),
        ({"headers_timeout": 30}, b"GET / HTTP/1.1\r\nHo"),
        ({"headers_timeout": 20, "request_timeout": 40}, EXPECT.replace(b"Expect: 100-continue\r\n", b"") + b"a"),
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_request_that_takes_too_long_is_answered_with_408(env: Environment, options: Any, sent: bytes) -> None:
    async def client(server: Any) -> bytes:
        client = Client(server.port)
        if sent:
            client.send(sent)
        return await client.end()

    answer = run(env, lambda req, res: None, client, connections_checking_interval=10, **options)
    assert answer == b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"


def test_a_silent_connection_is_closed_after_the_servers_timeout(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        server.set_timeout(30)
        return await Client(server.port).send(GET).end()

    assert run(env, lambda req, res: None, client) == b""


def test_a_timeout_that_somebody_hears_closes_nothing(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.set_timeout(20, lambda sock: res.end("too late"))

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).until(b"too late")

    assert run(env, listener, client).startswith(b"HTTP/1.1 200 OK")


# Connections


def test_a_client_error_can_be_answered_by_the_program(env: Environment) -> None:
    errors = []

    async def client(server: Any) -> bytes:
        @server.on("clientError")
        def client_error(error: Any, sock: Any) -> None:
            errors.append(error.code)
            sock.end(b"HTTP/1.1 400 My Own\r\n\r\n")

        return await Client(server.port).send(GET + b"nonsense\r\n\r\n").end()

    answer = run(env, lambda req, res: res.end("x"), client)
    assert answer.endswith(b"xHTTP/1.1 400 My Own\r\n\r\n")
    assert errors == ["HPE_INVALID_METHOD"]


def test_a_connection_serves_so_many_requests_and_no_more(env: Environment) -> None:
    dropped = []

    async def client(server: Any) -> bytes:
        server.max_requests_per_socket = 2
        server.on("dropRequest", lambda req, sock: dropped.append(req.url))
        return await Client(server.port).send(GET * 3).until(b"0\r\n\r\n")

    first, second, third = run(env, lambda req, res: res.end("x"), client).split(b"HTTP/1.1 ")[1:]
    assert b"Keep-Alive: timeout=5, max=2\r\n" in first
    assert second.startswith(b"200 OK\r\n")
    assert b"Connection: close\r\n" in second
    assert third.startswith(b"503 Service Unavailable\r\n")
    assert dropped == ["/"]


def test_close_waits_for_the_request_under_way(env: Environment) -> None:
    events = []

    async def client(server: Any) -> None:
        idle = Client(server.port).send(GET)
        await idle.until(b"\r\n\r\n")
        busy = Client(server.port).send(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        _, res = await event(server, "request")
        closed = event(server, "close")
        server.close(lambda error: events.append(error))
        await idle.end()
        assert events == []
        res.end("done")
        assert (await busy.end()).endswith(b"done")
        await closed

    run(env, lambda req, res: None if req.url == "/slow" else res.end(), client)
    assert events == [None]


def test_close_all_connections_aborts_what_is_under_way(env: Environment) -> None:
    async def client(server: Any) -> bytes:
        client = Client(server.port).send(GET)
        await event(server, "request")
        server.close_all_connections()
        return await client.end()

    assert run(env, lambda req, res: None, client) == b""


def test_the_connection_event_gives_a_socket(env: Environment) -> None:
    sockets = []

    async def client(server: Any) -> None:
        server.on("connection", sockets.append)
        await Client(server.port).send(GET).until(b"ok")

    def listener(req: Any, res: Any) -> None:
        assert sockets == [req.socket]
        assert res.socket is req.socket
        res.end("ok")

    run(env, listener, client)
    assert isinstance(sockets[0], net.Socket)


def test_destroying_the_socket_ends_the_connection(env: Environment) -> None:
    closed = []

    def listener(req: Any, res: Any) -> None:
        req.socket.on("close", lambda had_error: closed.append("socket"))
        res.on("close", lambda: closed.append("response"))
        req.socket.destroy()

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).end()

    assert run(env, listener, client) == b""
    assert sorted(closed) == ["response", "socket"]


def test_a_server_listens_on_a_path(env: Environment, tmp_path: Any) -> None:
    path = str(tmp_path / "socket")

    async def main() -> None:
        server = http.create_server(lambda req, res: res.end("by path"))
        server.listen(path)
        await event(server, "listening")
        answer = await Client(path).send(GET).until(b"by path")
        assert answer.startswith(b"HTTP/1.1 200 OK")
        server.close_all_connections()
        server.close()

    assert env.run(main) == 0
    assert not os.path.exists(path)


def test_an_error_of_the_listener_ends_the_program_unless_somebody_takes_it(env: Environment) -> None:
    taken = []
    env.process.on("uncaughtException", lambda error, origin: taken.append(str(error)))

    def listener(req: Any, res: Any) -> None:
        if req.url == "/bad":
            raise ValueError("mine")
        res.end("fine")

    async def client(server: Any) -> bytes:
        bad = Client(server.port).send(b"GET /bad HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = await Client(server.port).send(GET).until(b"fine")
        bad.socket.destroy()
        return answer

    assert run(env, listener, client).startswith(b"HTTP/1.1 200 OK")
    assert taken == ["mine"]


def test_a_coroutine_may_be_the_listener(env: Environment) -> None:
    async def listener(req: Any, res: Any) -> None:
        await sleep(5)
        res.end("later")

    assert answer_of(env, listener).endswith(b"later")


def test_a_response_may_be_the_end_of_a_pipeline(env: Environment) -> None:
    from ouroloop.node.stream import Readable, pipeline

    finished = []

    def listener(req: Any, res: Any) -> None:
        pipeline(Readable.from_([b"a", b"b"]), res, lambda error, *_: finished.append(error))

    assert answer_of(env, listener).endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    assert finished == [None]


def test_an_end_before_the_answer_loses_it_unless_half_open_is_allowed(env: Environment) -> None:
    async def client(server: Any) -> list[bytes]:
        answers = []
        for allowed in (False, True):
            server.http_allow_half_open = allowed
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                raw.sendall(GET)
                raw.shutdown(socket.SHUT_WR)
                await sleep(80)
                raw.settimeout(5)
                answers.append(raw.recv(1000))
        return answers

    def listener(req: Any, res: Any) -> None:
        set_timeout(res.end, 20, "late")

    lost, got = run(env, listener, client)
    assert lost == b""
    assert got.endswith(b"\r\n\r\nlate")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"keep_alive_timeout": -1}, ValueError),
        ({"max_header_size": "1"}, TypeError),
        ({"headers_timeout": 10, "request_timeout": 5}, ValueError),
        ({"no_such_option": 1}, TypeError),
    ],
)
def test_bad_options_are_refused(env: Environment, options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        http.create_server(options)


def test_max_header_size_is_kept(env: Environment) -> None:
    async def client(server: Any) -> list[bytes]:
        small = GET.replace(b"Host: a", b"Host: a\r\nX: " + b"x" * 60)
        large = GET.replace(b"Host: a", b"Host: a\r\nX: " + b"x" * 300)
        return [(await ask(server, small))[:12], (await ask(server, large))[:12]]

    assert run(env, lambda req, res: res.end(), client, max_header_size=200) == [b"HTTP/1.1 200", b"HTTP/1.1 431"]


def test_idle_connections_share_a_parser(env: Environment) -> None:
    async def client(server: Any) -> None:
        clients = [Client(server.port).send(GET) for _ in range(50)]
        for each in clients:
            await each.until(b"ok")
        assert len(server._connections_open) == 50
        assert all(connection._parser is None for connection in server._connections_open)
        assert len(server._parsers) == 1

    run(env, lambda req, res: res.end(b"ok"), client)


def test_a_write_that_never_leaves_tells_its_callback(env: Environment) -> None:
    told = []

    def listener(req: Any, res: Any) -> None:
        res.write("x", told.append)
        res.destroy()
        res.write("y", told.append)

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET).end()

    assert run(env, listener, client) == b""
    assert [type(error).__name__ for error in told] == ["ConnectionResetError", "StreamError"]


def test_what_is_corked_leaves_at_uncork(env: Environment) -> None:
    async def listener(req: Any, res: Any) -> None:
        res.cork()
        res.write("a")
        await sleep(20)
        seen.append(bytes(clients[0].received))
        res.end("b")
        res.uncork()

    seen: list[bytes] = []
    clients: list[Client] = []

    async def client(server: Any) -> bytes:
        clients.append(Client(server.port).send(GET))
        return await clients[0].until(b"0\r\n\r\n")

    assert run(env, listener, client).endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    assert seen == [b""]


def test_a_program_may_close_the_connection_by_a_header(env: Environment) -> None:
    def listener(req: Any, res: Any) -> None:
        res.set_header("Connection", "close")
        res.end("x")

    async def client(server: Any) -> bytes:
        return await Client(server.port).send(GET * 3).end()

    assert run(env, listener, client).count(b"200 OK") == 1


def test_settings_of_a_running_server_take_effect(env: Environment) -> None:
    async def client(server: Any) -> list[bytes]:
        many = GET.replace(b"Host: a\r\n", b"Host: a\r\nAge: 1\r\nAge: 2\r\n")
        answers = [await Client(server.port).send(many).until(b"\r\n\r\n1")]
        server.keep_alive_timeout = 7000
        server.join_duplicate_headers = True
        answers.append(await Client(server.port).send(many).until(b"\r\n\r\n1, 2"))
        server.max_headers_count = 2
        answers.append(await Client(server.port).send(many).end())
        return answers

    first, second, third = run(env, lambda req, res: res.end(req.headers["age"].encode()), client)
    assert b"Keep-Alive: timeout=5\r\n" in first
    assert b"Keep-Alive: timeout=7\r\n" in second
    assert third.startswith(b"HTTP/1.1 431 ")


def test_a_listener_that_raises_at_each_of_many_pipelined_requests_answers_them_all(env: Environment) -> None:
    errors: list[str] = []
    env.process.on("uncaughtException", lambda error, origin: errors.append(str(error)))

    def listener(req: Any, res: Any) -> None:
        res.end("ok")
        raise ValueError("after the answer")

    async def client(server: Any) -> None:
        await Client(server.port).send(GET * 1500).until(b"\r\n\r\nok", 1500)

    run(env, listener, client)
    assert errors == ["after the answer"] * 1500


def test_a_reset_does_not_end_a_server_that_has_looked_at_the_socket(env: Environment) -> None:
    closed: list[str] = []

    def listener(req: Any, res: Any) -> None:
        assert req.socket.remote_address == "127.0.0.1"
        res.on("close", lambda: closed.append(req.url))
        if req.url == "/writes":
            more = set_interval(lambda: clear_interval(more) if res.destroyed else res.write(b"x" * 100_000), 1)

    async def client(server: Any) -> None:
        for path in ("/writes", "/waits"):
            rude = Client(server.port).send(GET.replace(b"/", path.encode(), 1))
            await event(server, "request")
            await sleep(20)
            rude.socket.reset_and_destroy()
        while len(closed) < 2:
            await sleep(5)

    run(env, listener, client)
    assert closed == ["/writes", "/waits"]


KEPT_HEADS: list[tuple[dict[str, Any], Any, bytes]] = [
    (
        {"X-Kept": "1"}, b"hello",
        b"X-Kept: 1|Connection: keep-alive|Keep-Alive: timeout=5|Transfer-Encoding: chunked||5|hello|0||",
    ),
    ({"X-Kept": "2"}, "", b"X-Kept: 2|Connection: keep-alive|Keep-Alive: timeout=5|Transfer-Encoding: chunked||0||"),
    ({"Content-Length": "5"}, "hello", b"Content-Length: 5|Connection: keep-alive|Keep-Alive: timeout=5||hello"),
    ({"Content-Length": 5}, "hello", b"Content-Length: 5|Connection: keep-alive|Keep-Alive: timeout=5||hello"),
    ({"X": 1, "Content-Length": 0}, None, b"X: 1|Content-Length: 0|Connection: keep-alive|Keep-Alive: timeout=5||"),
    (
        {"Set-Cookie": ["a=1", "b=2"], "Content-Length": "0"}, None,
        b"Set-Cookie: a=1|Set-Cookie: b=2|Content-Length: 0|Connection: keep-alive|Keep-Alive: timeout=5||",
    ),
]


@pytest.mark.parametrize(("headers", "body", "expected"), KEPT_HEADS)
def test_equal_headers_make_equal_heads_the_first_time_and_from_what_is_kept(
    env: Environment, headers: dict[str, Any], body: Any, expected: bytes
) -> None:
    def respond(req: Any, res: Any) -> None:
        if req.url == "/last":
            res.write_head(200, {"Connection": "close"}).end()
        else:
            res.write_head(200, dict(headers)).end(body)

    async def client(server: Any) -> bytes:
        answers: bytes = await Client(server.port).send(GET * 3 + GET.replace(b"/ ", b"/last ", 1)).end()
        return answers

    answers = [without_date(text) for text in run(env, respond, client).split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert answers[:3] == [expected.replace(b"|", b"\r\n")] * 3
    assert len(answers) == 4


def test_a_header_value_of_true_is_refused_though_it_equals_1(env: Environment) -> None:
    errors: list[type[BaseException]] = []

    def respond(req: Any, res: Any) -> None:
        try:
            res.write_head(200, {"X-Number": 1 if req.url == "/" else True, "Connection": "close"})
        except TypeError as exc:
            errors.append(type(exc))
        res.end()

    async def client(server: Any) -> None:
        await ask(server)
        await ask(server, GET.replace(b"/ ", b"/true ", 1))

    run(env, respond, client)
    assert errors == [TypeError]
