"""node.net: servers and sockets."""

from __future__ import annotations

import errno
import os
import random
import socket as py_socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import run_main as run

from ouroloop.node import net
from ouroloop.node.environment import Environment
from ouroloop.node.events import once
from ouroloop.node.net import connecting
from ouroloop.node.promise import Promise
from ouroloop.node.stream import pipeline
from ouroloop.node.timers import set_timeout
from ouroloop.node.timers_promises import set_timeout as sleep

MB = 1024 * 1024


async def listening(server: net.Server, *args: Any, **options: Any) -> int:
    server.listen(*(args or (0, "127.0.0.1")), **options)
    await once(server, "listening")
    address = server.address()
    return address.port if isinstance(address, net.AddressInfo) else 0


def record(log: list[Any], emitter: Any, *events: str) -> None:
    for event in events:
        emitter.on(event, lambda *args, event=event: log.append((event, *args)))


async def end_of(emitter: Any) -> bool:
    [had_error] = await once_close(emitter)
    return bool(had_error)


def once_close(emitter: Any) -> Promise[list[Any]]:
    """`events.once(…, "close")` that an 'error' on the way does not reject."""
    return Promise(lambda resolve, reject: emitter.once("close", lambda *args: resolve(list(args))))


class TestConversation:
    def test_events_of_a_client_come_in_order(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.end(b"bye"))
            port = await listening(server)
            client = net.connect(port, "127.0.0.1", lambda: log.append("listener"))
            assert client.ready_state == "opening"
            assert client.connecting
            assert client.pending
            record(log, client, "connect", "ready", "data", "end", "finish", "close")
            await once(client, "close")
            assert client.ready_state == "closed"
            server.close()

        run(env, main)
        assert log == [
            "listener", ("connect",), ("ready",), ("data", b"bye"), ("end",), ("finish",), ("close", False),
        ]

    def test_an_echo_through_write_as_a_listener_returns_every_byte(self, env: Environment) -> None:
        payload = os.urandom(3 * MB)
        received = bytearray()

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            client = net.connect(await listening(server), "127.0.0.1")
            client.on("data", received.extend)
            client.write(payload)
            client.on("data", lambda data: client.end() if len(received) == len(payload) else None)
            assert not await end_of(client)
            assert client.bytes_written == len(payload)
            assert client.bytes_read == len(payload)
            server.close()

        run(env, main)
        assert bytes(received) == payload

    def test_small_writes_arrive_in_order_around_a_full_kernel_buffer(self, env: Environment) -> None:
        expected = b"".join(b"%06d;" % number for number in range(150_000))
        received: list[bytes] = []

        def serve(socket: net.Socket) -> None:
            socket.pause()
            set_timeout(socket.resume, 30)
            socket.on("data", received.append)

        async def main() -> None:
            server = net.create_server(serve)
            client = net.connect(await listening(server), "127.0.0.1")
            await once(client, "connect")
            for number in range(150_000):
                client.write(b"%06d;" % number)
            client.end()
            await once(client, "close")
            server.close()

        run(env, main)
        assert b"".join(received) == expected

    def test_what_is_written_before_the_connection_is_sent_after_it(self, env: Environment) -> None:
        received: list[bytes] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", received.append))
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            assert client.write("first ")
            assert client.bytes_written == 6
            client.write("second ")
            client.on("connect", lambda: client.end("third"))
            await once(client, "close")
            server.close()

        run(env, main)
        assert b"".join(received) == b"first second third"

    def test_end_right_after_connect_still_sends_what_was_written(self, env: Environment) -> None:
        received: list[bytes] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", received.append))
            client = net.connect(await listening(server), "127.0.0.1")
            client.end("all")
            await once(client, "close")
            server.close()

        run(env, main)
        assert received == [b"all"]

    def test_write_callbacks_come_in_order_and_after_the_call(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.resume())
            client = net.connect(await listening(server), "127.0.0.1")
            await once(client, "connect")
            client.write(b"a", lambda error: log.append(("a", error)))
            client.write(b"b")
            client.write(b"c", lambda error: log.append(("c", error)))
            log.append("called")
            client.end(lambda error=None: log.append("ended"))
            await once(client, "close")
            server.close()

        run(env, main)
        assert log == ["called", ("a", None), ("c", None), "ended"]

    def test_set_encoding_puts_split_characters_together(self, env: Environment) -> None:
        text: list[str] = []

        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            client = net.connect(port, "127.0.0.1").set_no_delay()
            [socket] = await once(server, "connection")
            socket.set_encoding("utf-8").on("data", text.append)
            client.write(b"\xe2\x82")
            await once(client, "ready") if client.connecting else None
            await sleep(20)
            client.end(b"\xac!")
            await once(socket, "close")
            server.close()

        run(env, main)
        assert text == ["€!"]

    def test_async_iteration_reads_to_the_end(self, env: Environment) -> None:
        received = bytearray()

        async def main() -> None:
            server = net.create_server(lambda socket: socket.end(b"x" * MB))
            async for chunk in net.connect(await listening(server), "127.0.0.1"):
                received.extend(chunk)
            server.close()

        run(env, main)
        assert len(received) == MB

    def test_a_socket_pipes_into_another(self, env: Environment) -> None:
        """A proxy: 2 MB through three sockets."""
        payload = os.urandom(2 * MB)
        received = bytearray()

        async def main() -> None:
            origin = net.create_server(lambda socket: socket.end(payload))
            origin_port = await listening(origin)

            def proxy(inner: net.Socket) -> None:
                outer = net.connect(origin_port, "127.0.0.1")
                pipeline(outer, inner, callback=lambda error, *rest: None)

            server = net.create_server(proxy)
            client = net.connect(await listening(server), "127.0.0.1")
            client.on("data", received.extend)
            await once(client, "close")
            server.close()
            origin.close()

        run(env, main)
        assert bytes(received) == payload

    def test_200_clients_at_once_each_get_their_own_echo(self, env: Environment) -> None:
        answers: dict[int, bytes] = {}

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            port = await listening(server)
            closed = []
            for number in range(200):
                client = net.connect(port, "127.0.0.1")
                client.write(b"%d" % number)

                def got(data: bytes, client: net.Socket = client, number: int = number) -> None:
                    answers[number] = data
                    client.end()

                client.on("data", got)
                closed.append(once(client, "close"))
            await Promise.all(closed)
            server.close()

        run(env, main)
        assert answers == {number: b"%d" % number for number in range(200)}


class TestBackpressure:
    def test_write_returns_false_at_the_mark_and_drain_follows(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            accepted: list[net.Socket] = []
            server = net.create_server(accepted.append, pause_on_connect=True)
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            await once(client, "connect")
            while not (sockets := accepted):
                await sleep(1)
            [socket] = sockets
            writes = 0
            while client.write(bytes(16 * 1024)):
                writes += 1
                assert writes < 10_000
            assert client.writable_length >= client.writable_high_water_mark == 64 * 1024
            assert client.writable_length < 64 * 1024 + 16 * 1024
            assert client.writable_need_drain
            client.on("drain", lambda: log.append(client.writable_length))
            await sleep(20)
            assert log == []
            socket.resume()
            await once(client, "drain")
            client.end()
            await once(client, "close")
            server.close()

        run(env, main)
        assert log == [0]

    def test_one_write_beyond_the_mark_returns_false_even_if_the_kernel_takes_it(self, env: Environment) -> None:
        async def main() -> None:
            server = net.create_server(lambda socket: socket.resume())
            client = net.connect(await listening(server), "127.0.0.1")
            await once(client, "connect")
            assert client.write(bytes(64 * 1024 - 1))
            assert not client.write(bytes(64 * 1024))
            await once(client, "drain")
            client.destroy()
            server.close()

        run(env, main)

    def test_a_paused_socket_reads_ahead_to_the_mark_and_no_further(self, env: Environment) -> None:
        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            [socket] = await once(server, "connection")
            socket.pause()
            for _ in range(64):
                client.write(bytes(64 * 1024))
            await sleep(50)
            assert 64 * 1024 <= socket.readable_length < 256 * 1024
            assert client.writable_length > 0
            received = 0
            async for chunk in socket:
                received += len(chunk)
                if received == 64 * 64 * 1024:
                    break
            client.destroy()
            server.close()

        run(env, main)

    def test_pausing_in_a_data_listener_stops_data_and_resuming_loses_none(self, env: Environment) -> None:
        received: list[bytes] = []
        while_paused: list[int] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.end(b"z" * MB))
            client = net.connect(await listening(server), "127.0.0.1")
            resumed = 0

            def got(data: bytes) -> None:
                nonlocal resumed
                assert not client.is_paused()
                received.append(data)
                if resumed < 5:
                    resumed += 1
                    client.pause()
                    seen = len(received)
                    set_timeout(lambda: (while_paused.append(len(received) - seen), client.resume()), 5)

            client.on("data", got)
            await once(client, "end")
            server.close()

        run(env, main)
        assert while_paused == [0] * 5
        assert len(b"".join(received)) == MB


class TestShortCuts:
    """Data and writes take a short way when they can; whatever happens in between, no byte is lost or out of place."""

    @pytest.mark.parametrize("seed", range(12))
    def test_bytes_arrive_once_and_in_order_whatever_the_two_sides_do(self, env: Environment, seed: int) -> None:
        chance = random.Random(seed)
        sent = bytearray()
        received = bytearray()
        total = 1_500_000

        def send(client: net.Socket) -> None:
            """Write pieces of any size in any way, until it is too much."""
            go_on = True
            while go_on and len(sent) < total and chance.random() < 0.98:
                size = chance.choice((1, 10, 1000, 5000, 70_000))
                piece = chance.randbytes(size)
                sent.extend(piece)
                way = chance.random()
                if way < 0.6:
                    go_on = client.write(piece)
                elif way < 0.7:
                    go_on = client.write(piece, lambda error: None)
                elif way < 0.8:
                    go_on = client.write(bytearray(piece))
                else:
                    client.cork()
                    half = size // 2
                    client.write(piece[:half])
                    go_on = client.write(piece[half:])
                    client.uncork()
            if len(sent) >= total:
                client.end()
            elif go_on or not client.writable_need_drain:
                set_timeout(send, 1, client)
            else:
                client.once("drain", lambda: send(client))

        def receive(socket: net.Socket) -> None:
            def got(data: bytes) -> None:
                received.extend(data)
                way = chance.random()
                if way < 0.05:
                    socket.pause()
                    set_timeout(socket.resume, 1)
                elif way < 0.1:
                    socket.pause()
                    socket.resume()
                elif way < 0.15:
                    socket.on("data", ignore)
                elif way < 0.3:
                    socket.remove_listener("data", ignore)
                elif way < 0.35:
                    cut = chance.randrange(len(data) + 1)
                    del received[len(received) - cut :]
                    socket.unshift(data[len(data) - cut :])
                elif way < 0.4:
                    socket.remove_listener("data", got)
                    socket.pause()
                    set_timeout(lambda: socket.on("data", got).resume(), 1)
                elif way < 0.43:
                    socket.remove_listener("data", got)
                    socket.on("readable", readable)

            def readable() -> None:
                while (data := socket.read()) is not None:
                    received.extend(data)
                    if chance.random() < 0.2:
                        socket.remove_listener("readable", readable)
                        socket.on("data", got)
                        return

            def ignore(data: bytes) -> None:
                pass

            socket.on("data", got)

        async def main() -> None:
            server = net.create_server(receive)
            client = net.connect(await listening(server), "127.0.0.1")
            send(client)
            await once(client, "close")
            server.close()

        run(env, main)
        assert len(received) == len(sent)
        assert received == sent

    def short_cut(self, env: Environment, use: Callable[[net.Socket, net.Socket], Any]) -> None:
        """Call `use(client, socket)` when data has flowed both ways, so that both sides take the short way."""

        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            [socket] = await once(server, "connection")
            echo = socket.write
            socket.on("data", echo)
            answers: list[bytes] = []
            client.on("data", answers.append)
            for count in range(1, 5):
                client.write(b"x")
                while len(answers) < count:
                    await sleep(1)
            socket.remove_listener("data", echo)
            client.remove_all_listeners("data")
            await use(client, socket)
            client.destroy()
            server.close()

        run(env, main)

    def test_a_listener_added_later_gets_data_too(self, env: Environment) -> None:
        first: list[bytes] = []
        second: list[bytes] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            client.on("data", first.append)
            for expected, listeners in ((1, [first]), (2, [first]), (3, [first, second]), (4, [first, second])):
                if expected == 3:
                    client.on("data", second.append)
                socket.write(b"y")
                while any(not each or len(first) < expected for each in listeners):
                    await sleep(1)

        self.short_cut(env, use)
        assert (len(first), len(second)) == (4, 2)

    def test_a_listener_that_is_removed_hears_no_more(self, env: Environment) -> None:
        got: list[bytes] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            client.on("data", got.append)
            for _ in range(2):
                socket.write(b"y")
                before = len(got)
                while len(got) == before:
                    await sleep(1)
            client.remove_listener("data", got.append)
            socket.write(b"unheard")
            while client.bytes_read < 4 + 2 + 7:
                await sleep(1)

        self.short_cut(env, use)
        assert got == [b"y", b"y"]

    def test_set_encoding_counts_from_the_next_data_on(self, env: Environment) -> None:
        got: list[Any] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            client.on("data", got.append)
            for count in range(1, 5):
                if count == 3:
                    client.set_encoding("utf-8")
                socket.write(b"y")
                while len(got) < count:
                    await sleep(1)

        self.short_cut(env, use)
        assert got == [b"y", b"y", "y", "y"]

    def test_a_corked_socket_holds_back(self, env: Environment) -> None:
        got: list[bytes] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            socket.on("data", got.append)
            client.write(b"1")
            client.cork()
            client.write(b"2")
            client.write(b"3")
            assert client.writable_length == 2
            client.uncork()
            while len(b"".join(got)) < 3:
                await sleep(1)

        self.short_cut(env, use)
        assert b"".join(got) == b"123"

    def test_nothing_is_sent_after_end_or_destroy(self, env: Environment) -> None:
        got: list[bytes] = []
        errors: list[Any] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            socket.on("data", got.append).on("error", errors.append)
            client.on("error", errors.append)
            client.write(b"last")
            client.end()
            assert client.write(b"late") is False
            await once_close(client)
            socket.destroy()
            assert socket.write(b"later") is False
            await once_close(socket)

        self.short_cut(env, use)
        assert b"".join(got) in (b"last", b"")
        assert [error.code for error in errors] == ["ERR_STREAM_WRITE_AFTER_END"]

    def test_a_write_with_a_callback_keeps_its_place(self, env: Environment) -> None:
        got: list[bytes] = []
        told: list[Any] = []

        async def use(client: net.Socket, socket: net.Socket) -> None:
            socket.on("data", got.append)
            for number in range(20):
                client.write(b"%d," % number, told.append if number % 3 == 0 else None)
            while len(b"".join(got)) < 50:
                await sleep(1)

        self.short_cut(env, use)
        assert b"".join(got) == b"".join(b"%d," % number for number in range(20))
        assert told == [None] * 7


class TestEnding:
    def test_the_other_sides_end_ends_this_side_too(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            def serve(socket: net.Socket) -> None:
                socket.resume()
                record(log, socket, "end", "finish", "close")

            server = net.create_server(serve)
            client = net.connect(await listening(server), "127.0.0.1", lambda: client.end())
            await once(client, "close")
            server.close()
            await once(server, "close")

        run(env, main)
        assert log == [("end",), ("finish",), ("close", False)]

    def test_with_allow_half_open_a_side_answers_after_the_other_ended(self, env: Environment) -> None:
        received: list[bytes] = []

        async def main() -> None:
            def serve(socket: net.Socket) -> None:
                socket.resume()
                socket.on("end", lambda: (states.append(socket.ready_state), set_timeout(socket.end, 10, b"late")))

            states: list[str] = []
            server = net.create_server({"allow_half_open": True}, serve)
            client = net.connect(await listening(server), "127.0.0.1", lambda: client.end(b"question"))
            client.on("data", received.append)
            await once(client, "close")
            assert states == ["writeOnly"]
            server.close()

        run(env, main)
        assert received == [b"late"]

    def test_destroy_with_an_error_emits_it_then_close_with_had_error(self, env: Environment) -> None:
        log: list[Any] = []
        reason = ValueError("enough")

        async def main() -> None:
            server = net.create_server(lambda socket: socket.resume().on("error", lambda error: None))
            client = net.connect(await listening(server), "127.0.0.1")
            await once(client, "connect")
            record(log, client, "error", "close")
            client.destroy(reason)
            assert log == []
            assert await end_of(client)
            server.close()

        run(env, main)
        assert log == [("error", reason), ("close", True)]

    def test_destroy_while_connecting_emits_close_and_never_connects(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            for host in ("127.0.0.1", "localhost"):
                client = net.connect(port, host)
                record(log, client, "connect", "error", "close")
                client.destroy()
                assert not client.connecting
                await once(client, "close")
            server.close()

        run(env, main)
        assert log == [("close", False), ("close", False)]

    def test_a_writer_is_told_when_the_socket_is_destroyed_before_it_connects(self, env: Environment) -> None:
        told: list[Any] = []

        async def main() -> None:
            client = net.connect(1, "127.0.0.1")
            client.write(b"x", told.append)
            client.destroy()
            await once(client, "close")

        run(env, main)
        assert [error.code for error in told] == ["ERR_SOCKET_CLOSED_BEFORE_CONNECTION"]

    def test_destroy_soon_sends_all_first(self, env: Environment) -> None:
        received = bytearray()

        async def main() -> None:
            def serve(socket: net.Socket) -> None:
                socket.write(bytes(MB))
                socket.destroy_soon()

            server = net.create_server(serve)
            client = net.connect(await listening(server), "127.0.0.1")
            client.on("data", received.extend)
            await once(client, "close")
            server.close()

        run(env, main)
        assert len(received) == MB

    def test_reset_and_destroy_resets_the_other_side(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.once("data", lambda _: socket.reset_and_destroy()))
            client = net.connect(await listening(server), "127.0.0.1")
            client.write(b"x")
            client.resume()
            client.on("error", errors.append)
            assert await end_of(client)
            server.close()

        run(env, main)
        assert [(type(error), error.code, error.syscall) for error in errors] == [
            (ConnectionResetError, "ECONNRESET", "read")
        ]

    def test_writing_to_a_connection_that_is_gone_is_an_error_not_a_crash(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.once("data", lambda _: socket.reset_and_destroy()))
            client = net.connect(await listening(server), "127.0.0.1")
            client.on("error", errors.append)
            await once(client, "connect")
            for _ in range(1000):
                if client.destroyed:
                    break
                client.write(b"more")
                await sleep(1)
            server.close()

        run(env, main)
        assert len(errors) == 1
        assert errors[0].errno in (errno.ECONNRESET, errno.EPIPE)

    def test_write_after_end_is_an_error(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.resume())
            client = net.connect(await listening(server), "127.0.0.1")
            client.on("error", errors.append)
            await once(client, "connect")
            client.end()
            assert client.write(b"late") is False
            await once_close(client)
            server.close()

        run(env, main)
        assert [error.code for error in errors] == ["ERR_STREAM_WRITE_AFTER_END"]

    def test_writing_to_a_socket_that_was_never_connected_fails(self, env: Environment) -> None:
        told: list[Any] = []
        errors: list[Any] = []

        async def main() -> None:
            socket = net.Socket()
            socket.on("error", errors.append)
            socket.write(b"abc", told.append)
            await once_close(socket)

        run(env, main)
        assert [error.code for error in told + errors] == ["ERR_SOCKET_CLOSED", "ERR_SOCKET_CLOSED"]


class TestConnecting:
    @pytest.fixture
    def unused_port(self) -> int:
        with py_socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def test_a_refused_connection_says_who_refused(self, env: Environment, unused_port: int) -> None:
        errors: list[Any] = []

        async def main() -> None:
            client = net.connect(unused_port, "127.0.0.1")
            client.on("error", errors.append)
            assert await end_of(client)

        run(env, main)
        [error] = errors
        assert isinstance(error, ConnectionRefusedError)
        assert (error.code, error.syscall, error.address, error.port) == (  # type: ignore[attr-defined]
            "ECONNREFUSED", "connect", "127.0.0.1", unused_port,
        )
        assert f"connect ECONNREFUSED 127.0.0.1:{unused_port}" in str(error)

    def test_an_error_nobody_listens_for_reaches_uncaught_exception(self, env: Environment, unused_port: int) -> None:
        caught: list[BaseException] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))
        run(env, lambda: net.connect(unused_port, "127.0.0.1"))
        assert [type(error) for error in caught] == [ConnectionRefusedError]

    def test_a_name_that_does_not_exist_is_enotfound(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            client = net.connect(1, "no-such-name.invalid")
            record(log, client, "lookup", "error", "close")
            await once_close(client)

        run(env, main)
        assert [event for event, *_ in log] == ["lookup", "error", "close"]
        assert log[1][1].syscall == "getaddrinfo"
        assert log[1][1].hostname == "no-such-name.invalid"
        assert log[1][1].code in ("ENOTFOUND", "EAI_AGAIN")

    def lookup(self, *addresses: tuple[str, int]) -> Callable[..., None]:
        def look_up(host: str, callback: Callable[..., object], *, all: bool = False, **options: Any) -> None:
            set_timeout(callback, 1, None, *([addresses] if all else addresses[0]))

        return look_up

    def test_addresses_are_tried_until_one_answers(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.end())
            port = await listening(server)
            lookup = self.lookup(("127.0.0.2", 4), ("127.0.0.3", 4), ("127.0.0.1", 4))
            client = net.connect(port, "many.test", lookup=lookup)
            client.on("connectionAttempt", lambda address, port, family: log.append(address))
            client.on("connectionAttemptFailed", lambda address, port, family, error: log.append(error.code))
            client.resume()
            await once(client, "connect")
            assert client.remote_address == "127.0.0.1"
            await once(client, "close")
            server.close()

        run(env, main)
        assert log == ["127.0.0.2", "ECONNREFUSED", "127.0.0.3", "ECONNREFUSED", "127.0.0.1"]

    def test_without_auto_select_family_only_the_first_address_is_tried(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            lookup = self.lookup(("127.0.0.2", 4), ("127.0.0.1", 4))
            client = net.connect(port=port, host="many.test", lookup=lookup, auto_select_family=False)
            client.on("error", errors.append)
            await once_close(client)
            server.close()

        run(env, main)
        assert [error.address for error in errors] == ["127.0.0.2"]

    def test_when_no_address_answers_the_error_holds_all(self, env: Environment, unused_port: int) -> None:
        errors: list[Any] = []

        async def main() -> None:
            lookup = self.lookup(("127.0.0.2", 4), ("127.0.0.3", 4))
            client = net.connect(unused_port, "many.test", lookup=lookup)
            client.on("error", errors.append)
            await once_close(client)

        run(env, main)
        [error] = errors
        assert isinstance(error, ConnectionRefusedError)
        assert error.code == "ECONNREFUSED"  # type: ignore[attr-defined]
        assert [each.address for each in error.errors] == ["127.0.0.2", "127.0.0.3"]  # type: ignore[attr-defined]

    def test_an_address_that_does_not_answer_is_given_up_after_its_time(self, env: Environment) -> None:
        """A listener whose queue is full lets connections hang, as a far host that drops packets does."""
        log: list[Any] = []
        full = py_socket.socket()
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = []
        for _ in range(3):
            filler = py_socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
            fillers.append(filler)

        async def main() -> None:
            server = net.create_server(lambda socket: socket.end())
            await listening(server, port, "127.0.0.1")
            client = net.connect(
                port=port, host="many.test", lookup=self.lookup(("127.0.0.2", 4), ("127.0.0.1", 4)),
                auto_select_family_attempt_timeout=30,
            )
            client.on("connectionAttemptTimeout", lambda address, port, family: log.append(address))
            client.resume()
            await once(client, "connect")
            log.append(client.remote_address)
            await once(client, "close")
            server.close()

        run(env, main)
        for filler in (*fillers, full):
            filler.close()
        assert log == ["127.0.0.2", "127.0.0.1"]

    def test_families_take_turns(self) -> None:
        found = [connecting.Attempt(*pair) for pair in (("a", 6), ("b", 6), ("c", 6), ("d", 4), ("e", 4))]
        assert [attempt.address for attempt in connecting.by_turns(found)] == ["a", "d", "b", "e", "c"]

    def test_a_local_address_and_port_are_used(self, env: Environment, unused_port: int) -> None:
        async def main() -> None:
            server = net.create_server(lambda socket: socket.end())
            port = await listening(server)
            client = net.connect(port=port, host="127.0.0.1", local_address="127.0.0.9", local_port=unused_port)
            client.resume()
            await once(client, "connect")
            assert (client.local_address, client.local_port, client.local_family) == ("127.0.0.9", unused_port, "IPv4")
            assert client.address() == net.AddressInfo("127.0.0.9", "IPv4", unused_port)
            await once(client, "close")
            server.close()

        run(env, main)

    def test_a_closed_socket_may_be_connected_again(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", lambda data: socket.end(data)))
            port = await listening(server)
            client = net.Socket()
            client.on("data", log.append).on("close", lambda had_error: log.append(had_error))
            for number in range(3):
                client.connect(port, "127.0.0.1", lambda number=number: client.write(b"%d" % number))
                with pytest.raises(OSError, match="already"):
                    client.connect(port, "127.0.0.1")
                await once_close(client)
                assert client.bytes_read == client.bytes_written == 1
            server.close()

        run(env, main)
        assert log == [b"0", False, b"1", False, b"2", False]

    @pytest.mark.parametrize(
        ("args", "kind", "text"),
        [
            ((), TypeError, "port"), (({},), TypeError, "port"), ((70000,), ValueError, "65535"),
            ((-1,), ValueError, "65535"), (({"port": 1, "colour": 2},), TypeError, "colour"),
            (({"port": 1, "local_address": "here"},), ValueError, "local_address"),
            (({"port": 1, "host": 5},), TypeError, "host"), ((1.5,), TypeError, "port"),
        ],
    )
    def test_bad_arguments_are_refused_at_once(
        self, env: Environment, args: tuple[Any, ...], kind: type[Exception], text: str
    ) -> None:
        with pytest.raises(kind, match=text):
            net.connect(*args)

    def test_a_blocked_address_is_not_connected_to(self, env: Environment, unused_port: int) -> None:
        errors: list[Any] = []
        blocked = net.BlockList()
        blocked.add_subnet("127.0.0.0", 8)

        async def main() -> None:
            client = net.connect(port=unused_port, host="127.0.0.1", block_list=blocked)
            client.on("error", errors.append)
            await once_close(client)

        run(env, main)
        assert [error.code for error in errors] == ["ERR_IP_BLOCKED"]


class TestTime:
    def test_an_idle_socket_emits_timeout_and_lives_on(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            client = net.connect(await listening(server), "127.0.0.1")
            client.set_timeout(20, lambda: log.append("listener"))
            assert client.timeout == 20
            client.on("timeout", lambda: log.append("timeout"))
            await once(client, "timeout")
            assert not client.destroyed
            client.write(b"x")
            assert await once(client, "data") == [b"x"]
            client.end()
            await once(client, "close")
            server.close()

        run(env, main)
        assert log[:2] == ["listener", "timeout"]

    def test_traffic_puts_the_timeout_off(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            client = net.connect(await listening(server), "127.0.0.1")
            await once(client, "connect")
            client.set_timeout(200)
            client.on("timeout", lambda: log.append("timeout"))
            for _ in range(15):
                client.write(b"x")
                await once(client, "data")
                await sleep(20)
            assert log == []
            client.set_timeout(0)
            client.destroy()
            server.close()

        run(env, main)
        assert log == []

    def test_a_connection_that_takes_too_long_times_out(self, env: Environment) -> None:
        async def main() -> None:
            client = net.connect(port=1, host="slow.test", timeout=10, lookup=lambda *args, **options: None)
            waiting = set_timeout(pytest.fail, 10_000, "no timeout")  # the socket's own timer lets a program end
            await once(client, "timeout")
            waiting.close()
            client.destroy()
            await once(client, "close")

        run(env, main)


class TestServer:
    def test_listen_takes_port_host_backlog_options_path_or_nothing(self, env: Environment, tmp_path: Path) -> None:
        async def main() -> None:
            a, b, c = (str(tmp_path / name) for name in "abc")
            forms: list[tuple[tuple[Any, ...], dict[str, Any], str | None]] = [
                ((), {}, None), ((0,), {}, None), (("0",), {}, None), ((0, "127.0.0.1"), {}, None),
                ((0, "127.0.0.1", 5), {}, None), ((0, 5), {}, None), ((0, None, 5), {}, None),
                (({"port": 0, "host": "localhost"},), {}, None), ((), {"port": 0, "host": "::1"}, None),
                ((a,), {}, a), ((Path(b), 5), {}, b), (({"path": c},), {}, c),
            ]
            for args, options, path in forms:
                server = net.create_server()
                called: list[bool] = []
                server.listen(*args, lambda called=called: called.append(True), **options)
                await once(server, "listening")
                assert called == [True]
                address = server.address()
                if isinstance(address, net.AddressInfo):
                    assert path is None
                    assert address.port > 0
                else:
                    assert path is not None
                    assert address == path
                server.close()
                await once(server, "close")
                assert server.address() is None

        run(env, main)

    def test_the_default_address_takes_both_families(self, env: Environment) -> None:
        seen: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: (seen.append(socket.remote_family), socket.end()))
            server.listen(0)
            await once(server, "listening")
            port = server.address().port  # type: ignore[union-attr]
            for host in ("127.0.0.1", "::1"):
                client = net.connect(port, host).resume()
                await once(client, "close")
            server.close()

        run(env, main)
        assert seen == ["IPv6", "IPv6"]

    def test_a_port_in_use_is_an_error_event(self, env: Environment) -> None:
        errors: list[Any] = []

        async def main() -> None:
            first = net.create_server()
            port = await listening(first)
            second = net.create_server()
            second.on("error", errors.append)
            second.listen(port, "127.0.0.1")
            assert errors == []
            await once(second, "error")
            assert not second.listening
            first.close()
            await once(first, "close")
            second.listen(port, "127.0.0.1")
            await once(second, "listening")
            second.close()

        run(env, main)
        assert [(error.code, error.syscall) for error in errors] == [("EADDRINUSE", "listen")]

    def test_listening_twice_and_bad_options_are_refused_at_once(self, env: Environment) -> None:
        async def main() -> None:
            server = net.create_server()
            await listening(server)
            with pytest.raises(net.ServerError, match="more than once"):
                server.listen(0)
            server.close()
            for args, kind in ((({},), TypeError), ((-1,), ValueError), (({"port": 0, "hue": 1},), TypeError)):
                with pytest.raises(kind):
                    net.create_server().listen(*args)
            with pytest.raises(TypeError, match="colour"):
                net.create_server(colour=1)

        run(env, main)

    def test_closing_a_server_that_does_not_listen_tells_the_callback(self, env: Environment) -> None:
        told: list[Any] = []
        run(env, lambda: net.create_server().close(told.append))
        assert [error.code for error in told] == ["ERR_SERVER_NOT_RUNNING"]

    def test_close_comes_when_the_last_connection_is_gone(self, env: Environment) -> None:
        log: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            client.write(b"1")
            await once(client, "data")
            assert await server.get_connections() == 1
            server.close(lambda error: log.append(("server closed", error)))
            assert not server.listening
            client.write(b"2")
            assert await once(client, "data") == [b"2"]
            refused = net.connect(port, "127.0.0.1")
            refused.on("error", lambda error: log.append(error.code))
            await once_close(refused)
            log.append("client ends")
            client.end()
            await once(server, "close")

        run(env, main)
        assert log == ["ECONNREFUSED", "client ends", ("server closed", None)]

    def test_more_than_max_connections_are_dropped(self, env: Environment) -> None:
        drops: list[Any] = []

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            server.max_connections = 1
            server.on("drop", drops.append)
            port = await listening(server)
            first = net.connect(port, "127.0.0.1")
            first.write(b"x")
            await once(first, "data")
            second = net.connect(port, "127.0.0.1")
            second.resume()
            second.on("error", lambda error: None)
            await once_close(second)
            first.write(b"y")
            assert await once(first, "data") == [b"y"]
            first.end()
            server.close()

        run(env, main)
        assert [(drop["remote_address"], drop["local_family"]) for drop in drops] == [("127.0.0.1", "IPv4")]

    def test_unref_lets_the_program_end(self, env: Environment) -> None:
        async def main() -> None:
            server = net.create_server()
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            [socket] = await once(server, "connection")
            for each in (server, client, socket):
                each.unref()

        run(env, main)

    def test_an_exception_in_a_listener_leaves_the_other_connections_alone(self, env: Environment) -> None:
        caught: list[BaseException] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))

        def serve(socket: net.Socket) -> None:
            def got(data: bytes) -> None:
                if data == b"bad":
                    raise ValueError("listener")
                socket.write(data)

            socket.on("data", got)

        async def main() -> None:
            server = net.create_server(serve)
            port = await listening(server)
            good, bad = net.connect(port, "127.0.0.1"), net.connect(port, "127.0.0.1")
            bad.write(b"bad")
            while not caught:
                await sleep(1)
            for client in (good, bad):
                client.write(b"good")
                assert await once(client, "data") == [b"good"]
                client.end()
            server.close()

        run(env, main)
        assert [str(error) for error in caught] == ["listener"]

    def test_an_exception_in_the_connection_listener_leaves_the_server_running(self, env: Environment) -> None:
        caught: list[BaseException] = []
        env.process.on("uncaughtException", lambda error, origin: caught.append(error))

        def serve(socket: net.Socket) -> None:
            socket.end()
            if len(caught) < 2:
                raise ValueError("listener")

        async def main() -> None:
            server = net.create_server(serve)
            port = await listening(server)
            for _ in range(4):
                await once(net.connect(port, "127.0.0.1").resume(), "close")
            server.close()

        run(env, main)
        assert len(caught) == 2

    def test_a_coroutine_may_serve(self, env: Environment) -> None:
        async def serve(socket: net.Socket) -> None:
            async for chunk in socket:
                socket.end(chunk.upper())
                break

        async def main() -> None:
            server = net.create_server(serve)
            client = net.connect(await listening(server), "127.0.0.1")
            client.write("shout")
            assert await once(client, "data") == [b"SHOUT"]
            await once(client, "close")
            server.close()

        run(env, main)


class TestUnixDomain:
    def test_a_path_serves_as_an_address(self, env: Environment, tmp_path: Path) -> None:
        path = str(tmp_path / "server.sock")

        async def main() -> None:
            server = net.create_server(lambda socket: socket.on("data", socket.write))
            server.listen(path)
            await once(server, "listening")
            assert server.address() == path
            client = net.connect(path)
            client.write(b"x" * MB)
            received = 0

            def got(data: bytes) -> None:
                nonlocal received
                received += len(data)
                if received == MB:
                    client.end()

            client.on("data", got)
            await once(client, "close")
            assert received == MB
            assert client.remote_address is None
            server.close()
            await once(server, "close")
            assert not os.path.exists(path)

        run(env, main)

    def test_a_path_nobody_listens_at_is_enoent(self, env: Environment, tmp_path: Path) -> None:
        errors: list[Any] = []

        async def main() -> None:
            client = net.connect(path=tmp_path / "none")
            client.on("error", errors.append)
            assert await end_of(client)

        run(env, main)
        assert [(type(error), error.code, error.address) for error in errors] == [
            (FileNotFoundError, "ENOENT", str(tmp_path / "none"))
        ]

    def test_a_socket_can_be_made_of_a_descriptor(self, env: Environment) -> None:
        async def main() -> None:
            ours, theirs = py_socket.socketpair()
            with theirs:
                socket = net.Socket(fd=ours.detach())
                theirs.send(b"hi")
                assert await once(socket, "data") == [b"hi"]
                socket.end(b"ho")
                await once(socket, "finish")
                assert theirs.recv(10) == b"ho"
                socket.destroy()
                await once(socket, "close")

        run(env, main)


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "version"),
        [
            ("127.0.0.1", 4), ("::1", 6), ("fe80::1%eth0", 6), ("::ffff:1.2.3.4", 6), ("127.0.0.01", 0), ("1.2.3", 0),
            ("256.0.0.1", 0), ("", 0), ("localhost", 0), ("::1::", 0), (" 1.2.3.4", 0),
        ],
    )
    def test_is_ip(self, text: str, version: int) -> None:
        assert net.is_ip(text) == version
        assert net.is_ipv4(text) == (version == 4)
        assert net.is_ipv6(text) == (version == 6)

    def test_a_block_list_knows_addresses_ranges_and_subnets(self) -> None:
        blocked = net.BlockList()
        blocked.add_address("1.2.3.4")
        blocked.add_range("10.0.0.1", "10.0.0.10")
        blocked.add_subnet("8592:757c:efae:4e45::", 64, "ipv6")
        assert blocked.check("1.2.3.4")
        assert not blocked.check("1.2.3.5")
        assert blocked.check("10.0.0.3")
        assert not blocked.check("10.0.0.11")
        assert blocked.check("::ffff:a00:3", "ipv6")
        assert blocked.check("8592:757c:efae:4e45:1::", "IPv6")
        assert not blocked.check("nonsense")
        assert blocked.rules == [
            "Subnet: IPv6 8592:757c:efae:4e45::/64", "Range: IPv4 10.0.0.1-10.0.0.10", "Address: IPv4 1.2.3.4",
        ]
        with pytest.raises(ValueError, match=r"10\.0\.0\.9"):
            blocked.add_range("10.0.0.9", "10.0.0.1")
