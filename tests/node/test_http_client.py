"""node.http, the client's side: against our own server, and against raw sockets that answer what they like."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import run_main as run

from ouroloop.node import net
from ouroloop.node.environment import Environment
from ouroloop.node.events import once
from ouroloop.node.http import client as http
from ouroloop.node.http import server as http_server
from ouroloop.node.http.protocol import HeaderError, ProtocolError
from ouroloop.node.promise import Promise
from ouroloop.node.stream import Readable
from ouroloop.node.timers import set_immediate, set_timeout
from ouroloop.node.timers_promises import set_timeout as sleep

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def closed(emitter: Any) -> Promise[None]:
    """The emitter's 'close', whatever comes before."""
    return Promise(lambda resolve, reject: emitter.once("close", lambda *args: resolve(None)))


async def listen(server: net.Server, *args: Any) -> int:
    server.listen(*(args or (0, "127.0.0.1")))
    await once(server, "listening")
    address = server.address()
    return address.port if isinstance(address, net.AddressInfo) else 0


def answering(*answers: bytes, end: bool = False, seen: list[bytes] | None = None) -> net.Server:
    """A server that answers the data it gets with each of `answers` in turn, the last one for ever."""

    def serve(socket: net.Socket) -> None:
        left = list(answers)
        socket.on("error", lambda error: None)

        def got(data: bytes) -> None:
            if seen is not None:
                seen.append(data)
            answer = left.pop(0) if len(left) > 1 else left[0]
            if end:
                socket.end(answer)
            else:
                socket.write(answer)

        socket.on("data", got)

    return net.create_server(serve)


def unreferenced() -> net.Server:
    """A server that answers OK, and keeps no program running."""
    return answering(OK).on("connection", lambda socket: socket.unref()).unref()


def stop(server: Any, *agents: http.Agent) -> None:
    for agent in (http.global_agent, *agents):
        agent.destroy()
    server.close()


async def body_of(response: Any) -> bytes:
    return b"".join([chunk async for chunk in response])


def record(log: list[Any], request: http.ClientRequest) -> None:
    """The events of a request and of its response, as they come."""

    def tell(name: str, *args: Any) -> None:
        detail = {"error": lambda e: (getattr(e, "code", None), str(getattr(e, "strerror", None) or e))}.get(name)
        log.append((name, detail(*args)) if detail else name)

    for event in ("socket", "continue", "upgrade", "timeout", "error", "abort", "finish", "close"):
        request.on(event, lambda *args, event=event: tell(event, *args))

    def response(message: Any) -> None:
        log.append(f"response {message.status_code}")
        for event in ("end", "aborted", "error", "close"):
            message.on(event, lambda *args, event=event: log.append(f"res {event} {message.complete}"))
        message.resume()

    request.on("response", response)
    request.on("information", lambda message: log.append(f"information {message.status_code}"))


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("options", "use", "expected"),
        [
            ({}, None, b"GET / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\n\r\n"),
            ({"agent": False}, None, b"GET / HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n"),
            ({"method": "POST"}, None,
             b"POST / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"),
            ({"method": "POST"}, lambda q: q.end("abc"),
             b"POST / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc"),
            ({"method": "post"}, lambda q: (q.write("abc"), q.end(b"d")),
             b"POST / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"),
            ({"method": "DELETE"}, None, b"DELETE / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\n\r\n"),
            ({"method": "PUT", "headers": {"Content-Length": 3}}, lambda q: (q.write("abc"), q.end()),
             b"PUT / HTTP/1.1\r\nContent-Length: 3\r\nHost: @\r\nConnection: keep-alive\r\n\r\nabc"),
            ({"path": "/a%20b?q=1", "auth": "u:p", "headers": {"X-A": ["1", "2"], "Host": "h.example"}}, None,
             b"GET /a%20b?q=1 HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\nHost: h.example\r\nAuthorization: Basic dTpw\r\n"
             b"Connection: keep-alive\r\n\r\n"),
            ({"headers": {"Connection": "close"}}, None, b"GET / HTTP/1.1\r\nConnection: close\r\nHost: @\r\n\r\n"),
            ({"headers": ["X-Y", "1", "X-Y", "2"]}, None,
             b"GET / HTTP/1.1\r\nX-Y: 1\r\nX-Y: 2\r\nConnection: keep-alive\r\n\r\n"),
            ({"method": "HEAD"}, None, b"HEAD / HTTP/1.1\r\nHost: @\r\nConnection: keep-alive\r\n\r\n"),
            ({"set_host": False}, None, b"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"),
            ({"method": "POST", "headers": {"Trailer": "T"}},
             lambda q: (q.write("x"), q.add_trailers({"T": "1"}), q.end()),
             b"POST / HTTP/1.1\r\nTrailer: T\r\nHost: @\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"1\r\nx\r\n0\r\nT: 1\r\n\r\n"),
        ],
    )  # fmt: skip
    def test_the_bytes_are_those_that_node_sends(
        self, env: Environment, options: dict[str, Any], use: Callable[[Any], Any] | None, expected: bytes
    ) -> None:
        seen: list[bytes] = []

        async def main() -> None:
            server = answering(OK, seen=seen)
            port = await listen(server)
            request = http.request({"host": "127.0.0.1", "port": port, **options})
            (use or (lambda q: q.end()))(request)
            request.on("response", lambda response: response.resume())
            request.on("error", lambda error: None)  # the answer to HEAD has a body here
            wanted = expected.replace(b"@", b"127.0.0.1:%d" % port)
            while len(b"".join(seen)) < len(wanted):
                await sleep(1)
            assert b"".join(seen) == wanted
            stop(server)

        run(env, main)

    @pytest.mark.parametrize(
        ("use", "framing"),
        [
            (lambda q: q.end("x"), b"Content-Length: 1\r\n\r\nx"),
            (lambda q: (q.write("x"), q.end()), b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
        ],
    )
    def test_a_body_of_a_method_without_one_is_framed(
        self, env: Environment, use: Callable[[Any], Any], framing: bytes
    ) -> None:
        """Node sends it bare: the server would take it for the next request."""
        seen: list[bytes] = []

        async def main() -> None:
            server = answering(OK, seen=seen)
            request = http.request({"port": await listen(server), "host": "127.0.0.1", "method": "DELETE"})
            use(request)
            await body_of(await request)
            stop(server)

        run(env, main)
        assert b"".join(seen).endswith(framing)

    def test_a_body_after_a_head_that_announced_none_is_refused(self, env: Environment) -> None:
        async def main() -> None:
            server = answering(OK)
            request = http.request(port=await listen(server), host="127.0.0.1")
            request.flush_headers()
            with pytest.raises(ValueError, match="announced no body"):
                request.write("x")
            await body_of(await request.end())
            stop(server)

        run(env, main)

    @pytest.mark.parametrize(
        ("url", "options"),
        [
            ("http://example.test", {"host": "example.test", "path": "/"}),
            ("http://u%40:p@Example.test:81/a b?c=ü#frag",
             {"host": "example.test", "port": 81, "path": "/a%20b?c=%C3%BC", "auth": "u@:p"}),
            ("http://[::1]:8080?x", {"host": "::1", "port": 8080, "path": "/?x"}),
            ("http://bücher.test/%41", {"host": "xn--bcher-kva.test", "path": "/%41"}),
        ],
    )  # fmt: skip
    def test_urls_become_options(self, url: str, options: dict[str, Any]) -> None:
        assert http.url_to_options(url) == {"protocol": "http:", **options}

    @pytest.mark.parametrize(
        ("args", "options", "kind", "text"),
        [
            (("https://localhost/",), {}, ValueError, "no HTTPS"), (("ftp://localhost/",), {}, ValueError, "ftp"),
            (("/no/host",), {}, ValueError, "Invalid URL"), ((5,), {}, TypeError, "URL"),
            ((), {"path": "/a b"}, HeaderError, "unescaped"), ((), {"path": "/a\r\nX: y"}, HeaderError, "unescaped"),
            ((), {"method": "B AD"}, HeaderError, "token"), ((), {"host": 5}, TypeError, "host"),
            ((), {"port": 99999}, ValueError, "65535"), ((), {"agent": 5}, TypeError, "agent"),
            ((), {"colour": 1}, TypeError, "colour"), ((), {"timeout": -1}, ValueError, "timeout"),
            ((), {"headers": {"X": "a\nb"}}, HeaderError, "Invalid character"),
            ((), {"headers": {"X Y": "a"}}, HeaderError, "token"), (("http://h/", "x", 5), {}, TypeError, "function"),
        ],
    )
    def test_what_cannot_be_sent_is_refused_at_once(
        self, env: Environment, args: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], text: str
    ) -> None:
        with pytest.raises(kind, match=text):
            http.request(*args, **options)


class TestWhatComesBack:
    def test_await_gives_the_response_and_iteration_its_body(self, env: Environment) -> None:
        async def main() -> None:
            server = http_server.create_server(lambda req, res: res.end(f"{req.method} {req.url}"))
            port = await listen(server)
            response = await http.get(f"http://127.0.0.1:{port}/path?x=1")
            assert (response.status_code, response.status_message, response.http_version) == (200, "OK", "1.1")
            assert response.headers["content-length"] == "13"
            assert await body_of(response) == b"GET /path?x=1"
            assert response.complete
            stop(server)

        run(env, main)

    def test_a_callback_gets_the_response(self, env: Environment) -> None:
        text: list[str] = []

        async def main() -> None:
            server = http_server.create_server(lambda req, res: res.end("hello"))
            port = await listen(server)

            def got(response: Any) -> None:
                response.set_encoding("utf-8").on("data", text.append).on("end", lambda: stop(server))

            http.get({"host": "127.0.0.1", "port": port}, got)

        run(env, main)
        assert text == ["hello"]

    def test_a_large_body_goes_there_and_back_in_chunks(self, env: Environment) -> None:
        payload = os.urandom(2_000_000)

        async def main() -> None:
            server = http_server.create_server(lambda req, res: req.pipe(res))
            request = http.request(port=await listen(server), host="127.0.0.1", method="POST")
            Readable.from_([payload[at : at + 50_000] for at in range(0, len(payload), 50_000)]).pipe(request)
            response = await request
            assert response.headers["transfer-encoding"] == "chunked"
            assert await body_of(response) == payload
            stop(server)

        run(env, main)

    def test_a_response_nobody_reads_stops_the_server_and_goes_on_when_read(self, env: Environment) -> None:
        written: list[int] = []

        async def main() -> None:
            def serve(req: Any, res: Any) -> None:
                def more() -> None:
                    while len(written) < 400:
                        written.append(1)
                        if not res.write(bytes(50_000)):
                            res.once("drain", more)
                            return
                    res.end()

                more()

            server = http_server.create_server(serve)
            response = await http.get(port=await listen(server), host="127.0.0.1")
            await sleep(60)
            before = len(written)
            assert before < 400
            assert response.readable_length < 400_000
            assert len(await body_of(response)) == 400 * 50_000
            stop(server)

        run(env, main)

    def test_a_body_without_a_length_goes_on_until_the_end(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = answering(b"HTTP/1.1 200 OK\r\n\r\nabc", end=True)
            request = http.get(port=await listen(server), host="127.0.0.1")
            record(log, request)
            await closed(request)
            stop(server)

        run(env, main)
        assert log == ["socket", "finish", "response 200", "res end True", "res close True", "close"]

    @pytest.mark.parametrize("answer", [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])  # fmt: skip
    def test_the_answer_to_head_has_no_body_whatever_it_says(self, env: Environment, answer: bytes) -> None:
        async def main() -> None:
            server = answering(answer)
            port = await listen(server)
            for number in range(2):
                request = http.request(port=port, host="127.0.0.1", method="HEAD").end()
                assert await body_of(await request) == b""
                await sleep(1)
                assert request.reused_socket == bool(number)
            stop(server)

        run(env, main)

    @pytest.mark.parametrize("status", [204, 304])
    def test_responses_without_body_end_at_once(self, env: Environment, status: int) -> None:
        async def main() -> None:
            server = answering(b"HTTP/1.1 %d X\r\n\r\n" % status)
            response = await http.get(port=await listen(server), host="127.0.0.1")
            assert response.status_code == status
            assert await body_of(response) == b""
            stop(server)

        run(env, main)

    def test_trailers_are_there_at_the_end(self, env: Environment) -> None:
        async def main() -> None:
            server = answering(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
            )
            response = await http.get(port=await listen(server), host="127.0.0.1")
            assert await body_of(response) == b"ok"
            assert response.trailers == {"x-sum": "7"}
            assert response.raw_trailers == ["X-Sum", "7"]
            stop(server)

        run(env, main)

    def test_a_response_split_at_every_byte_is_the_same_response(self, env: Environment) -> None:
        answer = b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        bodies: list[bytes] = []

        async def main() -> None:
            cuts = iter(range(1, len(answer)))

            def serve(socket: net.Socket) -> None:
                socket.set_no_delay()

                def got(data: bytes) -> None:
                    at = next(cuts)
                    socket.write(answer[:at])
                    set_immediate(set_immediate, socket.write, answer[at:])

                socket.on("data", got)

            server = net.create_server(serve)
            port = await listen(server)
            for _ in range(1, len(answer)):
                bodies.append(await body_of(await http.get(port=port, host="127.0.0.1")))
                await sleep(0)
            stop(server)

        run(env, main)
        assert bodies == [b"abc"] * (len(answer) - 1)

    def test_informational_responses_come_before_the_response(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = answering(
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            )
            request = http.get(port=await listen(server), host="127.0.0.1", agent=http.Agent())
            record(log, request)
            await closed(request)
            stop(server)

        run(env, main)
        assert log == [
            "socket", "finish", "continue", "information 100", "information 103", "response 200", "res end True",
            "res close True", "close",
        ]

    def test_expect_continue_sends_the_body_when_the_server_asks_for_it(self, env: Environment) -> None:
        async def main() -> None:
            server = http_server.create_server(lambda req, res: req.pipe(res))
            request = http.request(
                port=await listen(server), host="127.0.0.1", method="PUT", headers={"Expect": "100-continue"}
            )
            assert request.headers_sent
            request.on("continue", lambda: request.end("the body"))
            assert await body_of(await request) == b"the body"
            stop(server)

        run(env, main)

    def test_an_upgrade_gives_the_socket_and_what_was_read_of_the_new_protocol(self, env: Environment) -> None:
        async def main() -> None:
            def serve(req: Any, socket: net.Socket, head: bytes) -> None:
                socket.write(b"HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nfirst")
                socket.on("data", socket.write).on("end", lambda: socket.end())

            server = http_server.create_server().on("upgrade", serve)
            agent = http.Agent(keep_alive=True)
            request = http.get(
                port=await listen(server), host="127.0.0.1", agent=agent,
                headers={"Connection": "upgrade", "Upgrade": "echo"},
            )
            response, socket, head = await once(request, "upgrade")
            assert (response.status_code, response.headers["upgrade"], bytes(head)) == (101, "echo", b"first")
            assert agent.sockets == {}
            assert agent.total_socket_count == 0
            socket.write(b"second")
            assert await once(socket, "data") == [b"second"]
            socket.end()
            await closed(socket)
            stop(server)

        run(env, main)

    def test_an_upgrade_nobody_listens_for_closes_the_connection(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = answering(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
            request = http.get(
                port=await listen(server), host="127.0.0.1", headers={"Connection": "upgrade", "Upgrade": "x"}
            )
            for event in ("error", "response", "close"):
                request.on(event, lambda *args, event=event: log.append(event))
            await closed(request)
            stop(server)

        run(env, main)
        assert log == ["close"]

    def test_connect_gives_a_tunnel(self, env: Environment) -> None:
        seen: list[bytes] = []

        async def main() -> None:
            server = answering(b"HTTP/1.1 200 Established\r\n\r\n", b"through", seen=seen)
            request = http.request(port=await listen(server), host="127.0.0.1", method="CONNECT", path="far.test:1")
            request.end()
            response, socket, head = await once(request, "connect")
            assert (response.status_code, bytes(head)) == (200, b"")
            socket.write(b"x")
            assert await once(socket, "data") == [b"through"]
            socket.destroy()
            stop(server)

        run(env, main)
        assert seen[0].startswith(b"CONNECT far.test:1 HTTP/1.1\r\n")

    def test_a_response_without_a_listener_is_thrown_away(self, env: Environment) -> None:
        async def main() -> None:
            server = answering(OK)
            agent = http.Agent(keep_alive=True)
            request = http.get(port=await listen(server), host="127.0.0.1", agent=agent)
            await closed(request)
            assert list(map(len, agent.free_sockets.values())) == [1]
            stop(server, agent)

        run(env, main)

    def test_an_early_response_does_not_free_the_connection_before_the_request_is_out(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = answering(OK, b"")
            request = http.request(port=await listen(server), host="127.0.0.1", method="POST")
            record(log, request)
            request.write("part")
            set_timeout(request.end, 30, "rest")
            await closed(request)
            stop(server)

        run(env, main)
        assert log == ["socket", "response 200", "res end True", "res close True", "finish", "close"]

    def test_an_exception_in_a_response_listener_leaves_the_other_requests_alone(self, env: Environment) -> None:
        caught: list[BaseException] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))

        async def main() -> None:
            server = http_server.create_server(lambda req, res: res.end(req.url))
            port = await listen(server)

            def fail(response: Any) -> None:
                response.resume()
                raise ValueError("listener")

            bad = http.get(f"http://127.0.0.1:{port}/bad", fail)
            good = http.get(f"http://127.0.0.1:{port}/good")
            assert await body_of(await good) == b"/good"
            if not bad.closed:
                await closed(bad)
            stop(server)

        run(env, main)
        assert [str(error) for error in caught] == ["listener"]


HANG_UP = ("error", ("ECONNRESET", "socket hang up"))


class TestWhatGoesWrong:
    def outcome(self, env: Environment, server: net.Server | None, **options: Any) -> list[Any]:
        log: list[Any] = []
        then = options.pop("then", None)

        async def main() -> None:
            port = await listen(server) if server is not None else 1
            request = http.get(port=port, host="127.0.0.1", **options)
            record(log, request)
            if then is not None:
                then(request)
            await closed(request)
            await sleep(5)
            stop(server or net.create_server())

        run(env, main)
        return log

    def test_a_connection_that_ends_without_an_answer_is_a_hang_up(self, env: Environment) -> None:
        def serve(socket: net.Socket) -> None:
            socket.once("data", lambda data: socket.destroy())

        assert self.outcome(env, net.create_server(serve)) == ["socket", "finish", HANG_UP, "close"]

    def test_an_orderly_end_without_an_answer_is_a_hang_up_too(self, env: Environment) -> None:
        def serve(socket: net.Socket) -> None:
            socket.once("data", lambda data: socket.end())

        assert self.outcome(env, net.create_server(serve)) == ["socket", "finish", HANG_UP, "close"]

    def test_a_reset_is_econnreset(self, env: Environment) -> None:
        def serve(socket: net.Socket) -> None:
            socket.once("data", lambda data: socket.reset_and_destroy())

        log = self.outcome(env, net.create_server(serve))
        assert [entry[1][0] for entry in log if entry[0] == "error"] == ["ECONNRESET"]

    def test_a_body_that_is_cut_short_aborts_the_response(self, env: Environment) -> None:
        server = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", end=True)
        assert self.outcome(env, server) == [
            "socket", "finish", "response 200", "res aborted False", "close", "res error False", "res close False",
        ]

    def test_a_reset_within_the_body_fails_the_request_and_the_response(self, env: Environment) -> None:
        def serve(socket: net.Socket) -> None:
            def answer(data: bytes) -> None:
                socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                set_timeout(socket.reset_and_destroy, 10)

            socket.once("data", answer)

        log = self.outcome(env, net.create_server(serve))
        assert log[3][1][0] == "ECONNRESET"
        del log[3]
        assert log == [
            "socket", "finish", "response 200", "res aborted False", "close", "res error False", "res close False",
        ]

    def test_reading_a_body_that_is_cut_short_raises(self, env: Environment) -> None:
        raised: list[Any] = []

        async def main() -> None:
            server = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", end=True)
            response = await http.get(port=await listen(server), host="127.0.0.1")
            try:
                await body_of(response)
            except OSError as exc:
                raised.append(exc)
            assert response.aborted
            stop(server)

        run(env, main)
        assert [(error.errno, error.code, error.strerror) for error in raised] == [
            (errno.ECONNRESET, "ECONNRESET", "aborted")
        ]

    def test_what_is_not_http_is_a_parse_error(self, env: Environment) -> None:
        log = self.outcome(env, answering(b"garbage\r\n\r\n"))
        assert log[:2] == ["socket", "finish"]
        assert log[2][1][0] == "HPE_INVALID_CONSTANT"
        assert log[3:] == ["close"]

    def test_a_head_that_is_too_large_is_an_error(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = answering(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 3000 + b"\r\n\r\n")
            request = http.get(port=await listen(server), host="127.0.0.1", max_header_size=2000)
            request.on("error", errors.append)
            await closed(request)
            stop(server)

        run(env, main)
        assert [(type(error), error.code) for error in errors] == [(ProtocolError, "HPE_HEADER_OVERFLOW")]

    def test_a_second_answer_is_not_given_to_the_next_request(self, env: Environment) -> None:
        """Response smuggling: what comes without being asked for closes the connection."""
        bodies: list[bytes] = []

        async def main() -> None:
            server = answering(OK, OK.replace(b"ok", b"in"))
            port = await listen(server)
            agent = http.Agent(keep_alive=True)
            bodies.append(await body_of(await http.get(port=port, host="127.0.0.1", agent=agent)))
            await sleep(1)
            [[socket]] = agent.free_sockets.values()
            socket._handle.try_write(b"x")  # the server answers that with a response nobody waits for
            await closed(socket)
            request = http.get(port=port, host="127.0.0.1", agent=agent)
            bodies.append(await body_of(await request))
            assert not request.reused_socket
            stop(server, agent)

        run(env, main)
        assert bodies == [b"ok", b"ok"]

    def test_a_refused_connection(self, env: Environment) -> None:
        log = self.outcome(env, None)
        assert log == ["socket", ("error", ("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1")), "close"]

    def test_awaiting_a_request_that_fails_raises(self, env: Environment) -> None:
        raised: list[Any] = []

        async def main() -> None:
            try:
                await http.get("http://127.0.0.1:1/")
            except ConnectionRefusedError as exc:
                raised.append(exc)

        run(env, main)
        assert len(raised) == 1

    def test_an_error_nobody_listens_for_reaches_uncaught_exception(self, env: Environment) -> None:
        caught: list[Any] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))
        run(env, lambda: http.get("http://127.0.0.1:1/"))
        assert [type(error) for error in caught] == [ConnectionRefusedError]

    def test_a_timeout_is_told_and_destroy_ends_it(self, env: Environment) -> None:
        server = net.create_server(lambda socket: socket.resume().on("error", lambda error: None))
        log = self.outcome(env, server, timeout=20, then=lambda q: q.on("timeout", q.destroy))
        assert log == ["socket", "finish", "timeout", HANG_UP, "close"]

    def test_destroy_before_there_is_a_connection(self, env: Environment) -> None:
        assert self.outcome(env, None, then=lambda q: q.destroy()) == [HANG_UP, "close"]

    def test_destroy_with_an_error_gives_that_error(self, env: Environment) -> None:
        log = self.outcome(env, None, then=lambda q: q.destroy(ValueError("mine")))
        assert log == [("error", (None, "mine")), "close"]

    def test_abort_is_destroy_without_an_error(self, env: Environment) -> None:
        assert sorted(self.outcome(env, None, then=lambda q: q.abort())) == ["abort", "close"]

    def test_destroy_within_the_body_aborts_the_response(self, env: Environment) -> None:
        server = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        log = self.outcome(env, server, then=lambda q: q.on("response", lambda r: set_timeout(q.destroy, 5)))
        assert log == [
            "socket", "finish", "response 200", "res aborted False", "close", "res error False", "res close False",
        ]

    def test_destroying_a_response_closes_its_connection(self, env: Environment) -> None:
        async def main() -> None:
            server = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            agent = http.Agent(keep_alive=True)
            request = http.get(port=await listen(server), host="127.0.0.1", agent=agent)
            async for _ in await request:
                break
            if not request.closed:
                await closed(request)
            assert agent.total_socket_count == 0
            stop(server)

        run(env, main)

    def test_write_after_end_is_an_error(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = answering(OK)
            request = http.request(port=await listen(server), host="127.0.0.1", method="POST")
            request.on("error", errors.append)
            request.end("x")
            assert request.write("y") is False
            await closed(request)
            stop(server)

        run(env, main)
        assert [error.code for error in errors] == ["ERR_STREAM_WRITE_AFTER_END"]


class TestAgent:
    def slow_server(self) -> http_server.Server:
        return http_server.create_server(lambda req, res: set_timeout(res.end, 15, "x"))

    def test_no_more_than_max_sockets_and_the_others_wait(self, env: Environment) -> None:
        done: list[int] = []

        async def main() -> None:
            server = self.slow_server()
            agent = http.Agent(keep_alive=True, max_sockets=2)
            port = await listen(server)
            requests = [
                http.get(
                    {"host": "127.0.0.1", "port": port, "agent": agent},
                    lambda response, number=number: response.resume().on("end", lambda: done.append(number)),
                )
                for number in range(5)
            ]
            name = f"127.0.0.1:{port}:"
            assert [len(agent.sockets[name]), len(agent.requests[name]), agent.total_socket_count] == [2, 3, 2]
            await Promise.all([closed(request) for request in requests])
            assert agent.requests == {}
            assert agent.sockets == {}
            assert len(agent.free_sockets[name]) == 2
            assert await server.get_connections() == 2
            stop(server, agent)

        run(env, main)
        assert sorted(done) == [0, 1, 2, 3, 4]
        assert done[:2] == [0, 1]

    def test_max_total_sockets_holds_over_all_places(self, env: Environment) -> None:
        async def main() -> None:
            servers = [self.slow_server(), self.slow_server()]
            agent = http.Agent(max_total_sockets=1)
            ports = [await listen(server) for server in servers]
            requests = [http.get(port=port, host="127.0.0.1", agent=agent).on("response", lambda r: r.resume())
                        for port in ports * 2]  # fmt: skip
            assert agent.total_socket_count == 1
            await Promise.all([closed(request) for request in requests])
            assert agent.total_socket_count == 0
            for server in servers:
                stop(server)

        run(env, main)

    def test_without_keep_alive_each_request_has_a_connection_of_its_own(self, env: Environment) -> None:
        seen: list[Any] = []

        async def main() -> None:
            server = http_server.create_server(
                lambda req, res: (seen.append((req.headers["connection"], req.socket.remote_port)), res.end())
            )
            agent = http.Agent()
            port = await listen(server)
            for _ in range(2):
                request = http.get(port=port, host="127.0.0.1", agent=agent)
                await body_of(await request)
                if not request.closed:
                    await closed(request)
            assert (agent.sockets, agent.free_sockets, agent.total_socket_count) == ({}, {}, 0)
            stop(server)

        run(env, main)
        assert [connection for connection, _ in seen] == ["close", "close"]
        assert len({port for _, port in seen}) == 2

    @pytest.mark.parametrize(("scheduling", "expected"), [("lifo", 1), ("fifo", 0)])
    def test_scheduling_chooses_among_kept_connections(
        self, env: Environment, scheduling: str, expected: int
    ) -> None:
        async def main() -> None:
            delays = iter((5, 30, 1))
            server = http_server.create_server(lambda req, res: set_timeout(res.end, next(delays), "x"))
            agent = http.Agent(keep_alive=True, scheduling=scheduling)
            port = await listen(server)
            requests = []
            for _ in range(2):
                requests.append(http.get(port=port, host="127.0.0.1", agent=agent).on("response", lambda r: r.resume()))
                await sleep(2)
            sockets = [request.socket for request in requests]
            await closed(requests[1])
            request = http.get(port=port, host="127.0.0.1", agent=agent)
            [socket] = await once(request, "socket")
            assert sockets.index(socket) == expected
            await body_of(await request)
            stop(server, agent)

        run(env, main)

    def test_max_free_sockets_closes_what_is_too_much(self, env: Environment) -> None:
        async def main() -> None:
            server = self.slow_server()
            agent = http.Agent(keep_alive=True, max_free_sockets=1)
            port = await listen(server)
            requests = [http.get(port=port, host="127.0.0.1", agent=agent) for _ in range(3)]
            await Promise.all([closed(request) for request in requests])
            await sleep(5)
            assert list(map(len, agent.free_sockets.values())) == [1]
            assert agent.total_socket_count == 1
            stop(server, agent)

        run(env, main)

    def test_a_kept_connection_is_closed_after_the_agents_timeout(self, env: Environment) -> None:
        async def main() -> None:
            server = answering(OK)
            agent = http.Agent(keep_alive=True, timeout=20)
            await closed(http.get(port=await listen(server), host="127.0.0.1", agent=agent))
            [[socket]] = agent.free_sockets.values()
            await closed(socket)
            assert agent.free_sockets == {}
            stop(server)

        run(env, main)

    def test_the_servers_hint_limits_how_long_a_connection_is_kept(self, env: Environment) -> None:
        async def main() -> None:
            kept = {}
            for hint in (b"timeout=1", b"timeout=3", b"max=5"):
                server = answering(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: " + hint + b"\r\n\r\n"))
                agent = http.Agent(keep_alive=True)
                await closed(http.get(port=await listen(server), host="127.0.0.1", agent=agent))
                kept[hint] = [[socket.timeout for socket in sockets] for sockets in agent.free_sockets.values()]
                stop(server, agent)
            assert kept == {b"timeout=1": [], b"timeout=3": [[2000]], b"max=5": [[None]]}

        run(env, main)

    def test_a_kept_connection_that_the_server_closes_is_forgotten(self, env: Environment) -> None:
        async def main() -> None:
            sockets: list[net.Socket] = []

            def serve(socket: net.Socket) -> None:
                sockets.append(socket)
                socket.on("data", lambda data: socket.write(OK))

            server = net.create_server(serve)
            agent = http.Agent(keep_alive=True)
            port = await listen(server)
            await closed(http.get(port=port, host="127.0.0.1", agent=agent))
            [[kept]] = agent.free_sockets.values()
            sockets[0].end()
            await closed(kept)
            assert (agent.free_sockets, agent.total_socket_count) == ({}, 0)
            request = http.get(port=port, host="127.0.0.1", agent=agent)
            assert await body_of(await request) == b"ok"
            assert not request.reused_socket
            stop(server, agent)

        run(env, main)

    def test_a_request_on_a_connection_that_was_closed_meanwhile_is_econnreset(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            def serve(socket: net.Socket) -> None:
                socket.on("error", lambda error: None)
                socket.once("data", lambda data: (socket.write(OK), socket.once("data", lambda data: socket.destroy())))

            server = net.create_server(serve)
            agent = http.Agent(keep_alive=True)
            port = await listen(server)
            await closed(http.get(port=port, host="127.0.0.1", agent=agent))
            request = http.get(port=port, host="127.0.0.1", agent=agent)
            request.on("error", errors.append)
            await closed(request)
            assert request.reused_socket
            stop(server, agent)

        run(env, main)
        assert [error.code for error in errors] == ["ECONNRESET"]

    def test_kept_connections_let_the_program_end(self, env: Environment) -> None:
        async def main() -> None:
            server = unreferenced()
            await body_of(await http.get(port=await listen(server), host="127.0.0.1"))

        run(env, main)
        http.global_agent.destroy()

    def test_a_waiting_request_that_is_destroyed_gives_its_turn_up(self, env: Environment) -> None:
        async def main() -> None:
            server = self.slow_server()
            agent = http.Agent(keep_alive=True, max_sockets=1)
            port = await listen(server)
            first, second, third = (http.get(port=port, host="127.0.0.1", agent=agent) for _ in range(3))
            second.on("error", lambda error: None)
            second.destroy()
            assert await body_of(await third) == b"x"
            assert first.closed
            stop(server, agent)

        run(env, main)

    def test_a_failed_connection_lets_the_next_request_try(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            agent = http.Agent(max_sockets=1)
            requests = [http.get(port=1, host="127.0.0.1", agent=agent) for _ in range(3)]
            for request in requests:
                request.on("error", lambda error: log.append(error.code))
            await Promise.all([closed(request) for request in requests])
            assert agent.total_socket_count == 0

        run(env, main)
        assert log == ["ECONNREFUSED"] * 3

    def test_names_tell_places_apart(self) -> None:
        agent = http.Agent()
        assert agent.get_name({}) == "localhost::"
        assert agent.get_name({"host": "h", "port": 1, "local_address": "l", "family": 4}) == "h:1:l:4"
        assert agent.get_name({"socket_path": "/x"}) == "localhost:::/x"

    def test_200_requests_at_once(self, env: Environment) -> None:
        bodies: list[bytes] = []

        async def main() -> None:
            server = http_server.create_server(lambda req, res: res.end(req.url))
            port = await listen(server)
            agent = http.Agent(keep_alive=True, max_sockets=20)

            async def one(number: int) -> None:
                bodies.append(await body_of(await http.get(f"http://127.0.0.1:{port}/{number}", agent=agent)))

            await Promise.all([one(number) for number in range(200)])
            assert await server.get_connections() == 20
            stop(server, agent)

        run(env, main)
        assert sorted(bodies) == sorted(b"/%d" % number for number in range(200))

    def test_a_unix_domain_socket_is_a_place_too(self, env: Environment, tmp_path: Path) -> None:
        async def main() -> None:
            server = http_server.create_server(lambda req, res: res.end("local"))
            await listen(server, str(tmp_path / "http.sock"))
            response = await http.get(socket_path=str(tmp_path / "http.sock"), path="/")
            assert await body_of(response) == b"local"
            stop(server)

        run(env, main)

    def test_create_connection_may_come_from_the_program(self, env: Environment) -> None:
        asked: list[Any] = []

        async def main() -> None:
            server = answering(OK)
            port = await listen(server)

            def create(options: dict[str, Any]) -> net.Socket:
                asked.append((options["host"], options["port"]))
                return net.connect(port, "127.0.0.1")

            response = await http.get("http://elsewhere.test:5/", create_connection=create)
            assert await body_of(response) == b"ok"
            stop(server)

        run(env, main)
        assert asked == [("elsewhere.test", 5)]

    def test_an_agent_may_be_used_in_one_environment_after_another(self) -> None:
        for _ in range(2):
            with Environment() as env:

                async def main() -> None:
                    server = unreferenced()
                    request = http.get(port=await listen(server), host="127.0.0.1")
                    assert await body_of(await request) == b"ok"
                    assert not request.reused_socket

                run(env, main)
