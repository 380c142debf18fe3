"""Tcp, and what it shares with every stream."""

from __future__ import annotations

import errno
import os
import resource
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from running import Inbox, refusal, run, until_it_blocks

from ouroloop.loop import Check, Loop, Tcp, Timer

HERE = ("127.0.0.1", 0)


def after(loop: Loop, ms: int, callback: Callable[[], object]) -> None:
    timer = Timer(loop)
    timer.start(lambda: (timer.close(), callback()), ms)


def listening(loop: Loop, on_connection: Callable[[Tcp], object] | None = None, backlog: int = 128) -> Tcp:
    """A server on a free port; each connection is accepted and handed over."""
    server = Tcp(loop)
    server.bind(HERE)

    def connected(failure: OSError | None) -> None:
        assert failure is None
        client = server.accept()
        if on_connection is not None:
            on_connection(client)

    server.listen(backlog, connected)
    return server


def pair(loop: Loop) -> tuple[Tcp, Tcp]:
    """Two connected handles."""
    accepted: list[Tcp] = []
    errors: list[OSError | None] = []
    server = listening(loop, lambda client: (accepted.append(client), server.close()))
    client = Tcp(loop)
    client.connect(server.getsockname(), errors.append)
    run(loop)
    assert errors == [None]
    return client, accepted[0]


def with_peer(loop: Loop) -> tuple[Tcp, socket.socket]:
    """A connected handle, and a plain blocking socket at its other end."""
    with socket.create_server(HERE) as listener:
        client = Tcp(loop)
        errors: list[OSError | None] = []
        client.connect(listener.getsockname(), errors.append)
        peer = listener.accept()[0]
        run(loop)
    assert errors == [None]
    return client, peer


def code(failure: OSError | None) -> int | None:
    return None if failure is None else failure.errno


# Talking


def test_what_is_sent_comes_back_from_an_echo_server(loop: Loop) -> None:
    def echo(connection: Tcp) -> None:
        connection.read_start(lambda _, data: connection.write(data) if data else connection.close())

    server = listening(loop, echo)
    client, inbox = Tcp(loop), Inbox()

    def connected(failure: OSError | None) -> None:
        assert failure is None
        client.read_start(lambda failure, data: (inbox(failure, data), inbox.data == b"hello" and finish()))
        client.write(b"hello")

    def finish() -> None:
        client.close()
        server.close()

    client.connect(server.getsockname(), connected)
    run(loop)
    assert inbox.data == b"hello"


def test_ipv6_connects_and_knows_both_addresses(loop: Loop) -> None:
    server = Tcp(loop)
    try:
        server.bind(("::1", 0), ipv6_only=True)
    except OSError:
        pytest.skip("no IPv6 here")
    names: list[Any] = []

    def accepted(failure: OSError | None) -> None:
        connection = server.accept()
        names.append((connection.getpeername(), connection.getsockname()))
        connection.close()
        server.close()

    server.listen(1, accepted)
    client = Tcp(loop)
    client.connect(server.getsockname(), lambda _: names.append((client.getsockname(), client.getpeername())))
    run(loop)
    assert len(names) == 2
    assert names[0] == names[1]


def test_several_buffers_of_every_kind_arrive_as_one(loop: Loop) -> None:
    one, two = pair(loop)
    inbox = Inbox()
    two.read_start(inbox)
    numbers = memoryview(struct.pack("3H", 1, 2, 3)).cast("H")
    one.write([b"a", bytearray(b"bc"), b"", memoryview(b"xdefx")[1:4], numbers])
    one.shutdown()
    run(loop)
    assert inbox.data == b"abcdef" + numbers.tobytes()


def test_a_write_of_more_buffers_than_one_system_call_takes_arrives_whole(loop: Loop) -> None:
    one, two = pair(loop)
    inbox = Inbox()
    two.read_start(inbox)
    parts = [str(n).encode() for n in range(5000)]
    one.write(parts)
    one.shutdown()
    run(loop)
    assert inbox.data == b"".join(parts)


def test_megabytes_wait_in_the_queue_until_the_other_side_reads(loop: Loop) -> None:
    one, two = pair(loop)
    done: list[tuple[str, OSError | None, int]] = []
    first, second = os.urandom(7_000_001), os.urandom(3_000_000)
    one.write([first[:123], first[123:]], lambda failure: done.append(("first", failure, one.write_queue_size)))
    left = one.write_queue_size
    assert 0 < left < len(first)
    one.write(second, lambda failure: done.append(("second", failure, one.write_queue_size)))
    assert one.write_queue_size == left + len(second)
    loop.run("nowait")
    loop.run("nowait")
    assert done == []
    inbox = Inbox()
    two.read_start(inbox)
    one.shutdown(lambda failure: done.append(("shutdown", failure, one.write_queue_size)))
    run(loop)
    assert inbox.data == first + second
    assert [(name, failure) for name, failure, _ in done] == [("first", None), ("second", None), ("shutdown", None)]
    assert [size for _, _, size in done][1:] == [0, 0]


def test_a_write_callback_never_runs_inside_write(loop: Loop) -> None:
    one, _two = pair(loop)
    seen: list[str] = []
    one.write(b"x", lambda _: seen.append("callback"))
    seen.append("returned")
    run(loop)
    assert seen == ["returned", "callback"]


def test_write_callbacks_come_in_the_order_of_the_writes(loop: Loop) -> None:
    one, two = pair(loop)
    order: list[int] = []
    for number in range(100):
        one.write(bytes(100_000), lambda _, number=number: order.append(number))
    two.read_start(Inbox())
    one.shutdown()
    run(loop)
    assert order == list(range(100))


def test_try_write_says_how_much_left_and_refuses_when_full_or_queued(loop: Loop) -> None:
    one, two = pair(loop)
    assert one.try_write(b"abc") == 3
    assert one.try_write([b"de", b"f"]) == 3
    sizes = [6]
    until_it_blocks(lambda: sizes.append(one.try_write(bytes(1_000_000))))
    one.write(b"tail")
    with pytest.raises(BlockingIOError):
        one.try_write(b"x")
    inbox = Inbox()
    two.read_start(inbox)
    one.shutdown()
    run(loop)
    assert len(inbox.data) == sum(sizes) + 4
    assert inbox.data.endswith(b"tail")


@pytest.mark.parametrize("bad", ["text", [b"ok", "text"], [1, 2], memoryview(b"abcdef")[::2]])
def test_what_is_not_bytes_is_refused_and_leaves_nothing_outstanding(loop: Loop, bad: Any) -> None:
    one, _two = pair(loop)
    with pytest.raises((TypeError, ValueError)):
        one.write(bad)
    assert loop.active_requests == 0
    assert one.write_queue_size == 0


def test_an_empty_write_is_done_too(loop: Loop) -> None:
    one, _two = pair(loop)
    done: list[OSError | None] = []
    one.write(b"", done.append)
    one.write([], done.append)
    run(loop)
    assert done == [None, None]


# Ending


def test_after_shutdown_the_other_direction_can_be_read_to_the_end(loop: Loop) -> None:
    one, two = pair(loop)
    inbox = Inbox()
    one.read_start(inbox)
    one.write(b"question")
    one.shutdown()
    asked = Inbox()
    asked.at_end = lambda: (two.write(bytes(2_000_000)), two.shutdown())
    two.read_start(asked)
    run(loop)
    assert asked.data == b"question"
    assert len(inbox.data) == 2_000_000
    assert inbox.error is None


def test_after_shutdown_nothing_can_be_written(loop: Loop) -> None:
    one, _two = pair(loop)
    assert one.is_writable
    one.shutdown()
    assert not one.is_writable
    assert one.is_readable
    with pytest.raises(BrokenPipeError):
        one.write(b"x")
    with pytest.raises(BrokenPipeError):
        one.try_write(b"x")
    assert refusal(one.shutdown) == errno.ENOTCONN
    run(loop)


def test_shutdown_waits_for_the_callbacks_of_the_writes_before_it(loop: Loop) -> None:
    one, two = pair(loop)
    seen: list[str] = []
    one.write(b"x", lambda _: seen.append("write"))
    one.shutdown(lambda _: seen.append("shutdown"))
    inbox = Inbox()
    inbox.at_end = lambda: seen.append("end")
    two.read_start(inbox)
    run(loop)
    assert seen == ["write", "shutdown", "end"]


def test_a_shutdown_asked_for_in_a_write_callback_waits_for_the_write_made_there(loop: Loop) -> None:
    one, _two = pair(loop)
    seen: list[str] = []

    def again(_: OSError | None) -> None:
        one.write(b"y", lambda _: seen.append("second"))
        one.shutdown(lambda _: seen.append("shutdown"))

    one.write(b"x", again)
    run(loop)
    assert seen == ["second", "shutdown"]


def test_reading_ends_once_and_then_the_handle_is_not_active(loop: Loop) -> None:
    client, peer = with_peer(loop)
    ends: list[bytes] = []
    client.read_start(lambda _, data: ends.append(data))
    assert client.active
    peer.close()
    run(loop)
    assert ends == [b""]
    assert not client.active


def test_a_reset_reaches_the_reader_and_then_nothing_can_be_written(loop: Loop) -> None:
    client, peer = with_peer(loop)
    inbox = Inbox()
    client.read_start(inbox)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    run(loop)
    assert code(inbox.error) == errno.ECONNRESET
    assert not client.is_writable
    with pytest.raises(BrokenPipeError):
        client.write(b"x")


def test_writes_to_a_peer_that_is_gone_fail_without_spinning(loop: Loop) -> None:
    client, peer = with_peer(loop)
    failures: list[int | None] = []
    for _ in range(3):
        client.write(bytes(4_000_000), lambda failure: failures.append(code(failure)))
    peer.close()
    turns = loop.turns
    run(loop)
    assert len(failures) == 3
    assert set(failures) <= {errno.EPIPE, errno.ECONNRESET}
    assert client.write_queue_size == 0
    assert loop.turns - turns < 20


def test_close_reset_resets_the_connection(loop: Loop) -> None:
    client, peer = with_peer(loop)
    client.close_reset()
    run(loop)
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    peer.close()


def test_a_client_that_only_reads_learns_of_data_before_the_end(loop: Loop) -> None:
    client, peer = with_peer(loop)
    peer.sendall(b"last words")
    peer.close()
    pieces: list[bytes] = []
    client.read_start(lambda _, data: pieces.append(data))
    run(loop)
    assert pieces == [b"last words", b""]


def test_read_stop_leaves_the_data_in_the_kernel(loop: Loop) -> None:
    client, peer = with_peer(loop)
    pieces: list[bytes] = []

    def first(_: OSError | None, data: bytes) -> None:
        pieces.append(data)
        client.read_stop()

    client.read_start(first)
    peer.sendall(b"one")
    run(loop)
    peer.sendall(b"two")
    loop.run("nowait")
    assert pieces == [b"one"]
    client.read_start(first)
    run(loop)
    assert pieces == [b"one", b"two"]
    peer.close()


def test_one_fast_peer_does_not_hold_up_a_timer(loop: Loop) -> None:
    client, peer = with_peer(loop)
    peer.setblocking(False)
    got = 0
    done: list[int] = []

    def refill(_: OSError | None, data: bytes) -> None:
        nonlocal got
        got += len(data)
        until_it_blocks(lambda: peer.send(bytes(1_000_000)))

    client.read_start(refill)
    peer.send(b"x")
    after(loop, 20, lambda: (done.append(got), client.close()))
    run(loop)
    assert done
    assert done[0] > 1
    peer.close()


# Connecting


def test_a_refused_connection_is_told_to_the_callback(loop: Loop) -> None:
    with socket.create_server(HERE) as free:
        address = free.getsockname()
    client = Tcp(loop)
    seen: list[Any] = []
    client.connect(address, lambda failure: seen.append(code(failure)))
    client.write(b"x", lambda failure: seen.append(code(failure)))
    run(loop)
    assert seen == [errno.ECONNREFUSED, errno.ECANCELED]
    assert client.write_queue_size == 0


def test_what_is_written_while_connecting_leaves_when_connected(loop: Loop) -> None:
    inboxes: list[Inbox] = []

    def accepted(connection: Tcp) -> None:
        inboxes.append(Inbox())
        connection.read_start(inboxes[-1])
        server.close()

    server = listening(loop, accepted)
    client = Tcp(loop)
    seen: list[str] = []
    client.connect(server.getsockname(), lambda _: seen.append("connected"))
    client.write(b"early", lambda _: seen.append("written"))
    client.shutdown(lambda _: seen.append("shut down"))
    assert client.write_queue_size == 5
    with pytest.raises(BlockingIOError):
        client.try_write(b"x")
    run(loop)
    assert seen == ["connected", "written", "shut down"]
    assert inboxes[0].data == b"early"
    assert inboxes[0].ended


def test_connecting_twice_is_refused(loop: Loop) -> None:
    server = listening(loop, lambda _: server.close())
    client = Tcp(loop)
    client.connect(server.getsockname(), lambda _: None)
    assert refusal(lambda: client.connect(server.getsockname(), lambda _: None)) == errno.EALREADY
    run(loop)


@pytest.mark.parametrize("host", ["localhost", "example.com", "", "1.2.3", "::g"])
def test_a_name_is_not_looked_up_but_refused(loop: Loop, host: str) -> None:
    assert refusal(lambda: Tcp(loop).bind((host, 0))) == errno.EINVAL
    assert refusal(lambda: Tcp(loop).connect((host, 80), lambda _: None)) == errno.EINVAL
    assert loop.active_requests == 0


@contextmanager
def full_backlog() -> Iterator[tuple[Any, list[socket.socket]]]:
    """An address where the kernel answers no further connection attempt."""
    with socket.socket() as listener:
        listener.bind(HERE)
        listener.listen(0)
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            waiting.append(sock)
        try:
            yield listener.getsockname(), waiting
        finally:
            for sock in waiting:
                sock.close()


def test_a_connection_that_was_not_made_in_time_can_be_closed(loop: Loop) -> None:
    with full_backlog() as (address, _):
        client = Tcp(loop)
        seen: list[Any] = []
        client.connect(address, lambda failure: seen.append(("connect", code(failure))))
        client.write(b"x", lambda failure: seen.append(("write", code(failure))))
        client.shutdown(lambda failure: seen.append(("shutdown", code(failure))))
        after(loop, 20, lambda: client.close(lambda: seen.append("closed")))
        run(loop)
    canceled = errno.ECANCELED
    assert seen == [("connect", canceled), ("write", canceled), ("shutdown", canceled), "closed"]


# Listening


def test_connections_are_accepted_in_the_order_they_were_made(loop: Loop) -> None:
    order: list[int] = []

    def accepted(connection: Tcp) -> None:
        order.append(connection.getpeername()[1])
        connection.close()
        if len(order) == len(clients):
            server.close()

    server = listening(loop, accepted)
    clients = [socket.create_connection(server.getsockname()) for _ in range(20)]
    run(loop)
    assert order == [client.getsockname()[1] for client in clients]
    for client in clients:
        client.close()


def test_no_connection_is_announced_before_the_last_one_is_accepted(loop: Loop) -> None:
    server = Tcp(loop)
    server.bind(HERE)
    announced: list[OSError | None] = []
    server.listen(8, announced.append)
    clients = [socket.create_connection(server.getsockname()) for _ in range(3)]
    for _ in range(5):
        loop.run("nowait")
    assert announced == [None]
    first = server.accept()
    assert first.getpeername() == clients[0].getsockname()
    with pytest.raises(BlockingIOError):
        server.accept()
    loop.run("nowait")
    assert announced == [None, None]
    server.close()
    run(loop)
    for client in clients:
        client.close()


def test_an_announced_connection_that_nobody_accepts_is_closed_with_the_server(loop: Loop) -> None:
    server = Tcp(loop)
    server.bind(HERE)
    server.listen(8, lambda _: None)
    client = socket.create_connection(server.getsockname())
    loop.run("nowait")
    server.close()
    run(loop)
    client.settimeout(5)
    with client:
        assert client.recv(1) == b""


def test_a_listening_port_is_free_at_once_after_close(loop: Loop) -> None:
    for use in (lambda server: server.listen(1, lambda _: None), lambda _: None):
        server = Tcp(loop)
        server.bind(HERE)
        use(server)
        address = server.getsockname()
        server.close()
        other = Tcp(loop)
        other.bind(address)
        other.listen(1, lambda _: None)
        other.close()
        run(loop)


def test_a_port_in_use_is_told_at_once(loop: Loop) -> None:
    server = listening(loop)
    assert refusal(lambda: Tcp(loop).bind(server.getsockname())) == errno.EADDRINUSE


def test_several_servers_can_share_a_port_if_all_say_so(loop: Loop) -> None:
    one, two = Tcp(loop), Tcp(loop)
    one.bind(HERE, reuse_port=True)
    two.bind(one.getsockname(), reuse_port=True)
    one.listen(1, lambda _: None)
    two.listen(1, lambda _: None)
    assert one.getsockname() == two.getsockname()


def test_a_server_is_active_and_unref_lets_the_loop_end(loop: Loop) -> None:
    server = listening(loop)
    assert server.active
    assert loop.alive
    server.unref()
    assert not loop.alive
    run(loop)


def test_out_of_descriptors_clients_are_turned_away_and_later_ones_served(loop: Loop) -> None:
    served: list[Tcp] = []
    server = listening(loop, lambda connection: (served.append(connection), connection.close()))
    address = server.getsockname()
    clients = [socket.create_connection(address) for _ in range(3)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = os.dup(0)
    os.close(top)
    resource.setrlimit(resource.RLIMIT_NOFILE, (top, hard))
    try:
        assert refusal(lambda: os.dup(0)) == errno.EMFILE
        turns = loop.turns
        for _ in range(3):
            loop.run("nowait")
        assert served == []
        assert loop.turns - turns == 3
        for client in clients:
            client.settimeout(5)
            assert client.recv(1) == b""
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for client in clients:
        client.close()
    with socket.create_connection(address) as late:
        late.settimeout(5)
        loop.run("once")
        loop.run("nowait")
        assert len(served) == 1
        assert late.recv(1) == b""


# Closing


def test_closing_answers_everything_with_ecanceled_and_then_calls_back(loop: Loop) -> None:
    client, peer = with_peer(loop)
    seen: list[Any] = []
    client.read_start(lambda failure, data: seen.append(("read", data)))
    for name in ("one", "two"):
        client.write(bytes(8_000_000), lambda failure, name=name: seen.append((name, code(failure))))
    client.shutdown(lambda failure: seen.append(("shutdown", code(failure))))
    client.close(lambda: seen.append("closed"))
    assert seen == []
    run(loop)
    canceled = errno.ECANCELED
    assert seen == [("one", canceled), ("two", canceled), ("shutdown", canceled), "closed"]
    assert client.write_queue_size == 0
    peer.close()


def test_a_write_that_left_is_told_so_before_the_closing_callback_wherever_it_was_made(loop: Loop) -> None:
    one, _two = pair(loop)
    seen: list[Any] = []
    check = Check(loop)

    def in_check() -> None:
        check.close()
        one.write(b"x", lambda failure: seen.append(failure))
        one.close(lambda: seen.append("closed"))

    check.start(in_check)
    loop.run("nowait")
    run(loop)
    assert seen == [None, "closed"]


def test_closing_inside_each_callback_is_safe(loop: Loop) -> None:
    closed: list[str] = []

    def closing(handle: Tcp, name: str) -> Callable[..., None]:
        return lambda *_: handle.close(lambda: closed.append(name))

    one, peer = with_peer(loop)
    peer.sendall(bytes(300_000))
    one.write(bytes(8_000_000))
    one.read_start(closing(one, "read"))
    run(loop)
    peer.close()
    two, _ = pair(loop)
    two.write(b"x", closing(two, "write"))
    run(loop)
    three, _ = pair(loop)
    three.shutdown(closing(three, "shutdown"))
    run(loop)
    server = listening(loop)
    four = Tcp(loop)
    four.connect(server.getsockname(), closing(four, "connect"))
    four.write(b"x")
    after(loop, 10, closing(server, "server"))
    run(loop)
    assert closed == ["read", "write", "shutdown", "connect", "server"]


def test_a_server_can_be_closed_in_its_own_callback(loop: Loop) -> None:
    server = Tcp(loop)
    server.bind(HERE)
    calls: list[OSError | None] = []
    server.listen(8, lambda failure: (calls.append(failure), server.close()))
    clients = [socket.create_connection(server.getsockname()) for _ in range(3)]
    run(loop)
    assert calls == [None]
    for client in clients:
        client.close()


def test_a_closing_handle_refuses_everything(loop: Loop) -> None:
    one, _two = pair(loop)
    one.close()
    expected = {
        "write": errno.EBADF, "try_write": errno.EBADF, "shutdown": errno.ENOTCONN, "fileno": errno.EBADF,
        "read_start": errno.EINVAL, "bind": errno.EINVAL, "connect": errno.EINVAL, "listen": errno.EINVAL,
        "getsockname": errno.EBADF, "getpeername": errno.EBADF, "close": errno.EINVAL,
    }
    arguments: dict[str, tuple[Any, ...]] = {
        "write": (b"x",), "try_write": (b"x",), "read_start": (print,), "bind": (HERE,), "connect": (HERE, print),
        "listen": (1, print),
    }
    for _ in range(2):
        for name, number in expected.items():
            call = getattr(one, name)
            assert (name, refusal(lambda call=call, name=name: call(*arguments.get(name, ())))) == (name, number)
        run(loop)
    assert loop.active_requests == 0


def test_a_handle_with_no_connection_cannot_be_read_or_written(loop: Loop) -> None:
    for handle, number in ((Tcp(loop), errno.EBADF), (listening(loop), errno.EPIPE)):
        assert not handle.is_readable
        assert not handle.is_writable
        assert refusal(lambda handle=handle: handle.read_start(print)) == errno.ENOTCONN
        assert refusal(lambda handle=handle: handle.write(b"x")) == number
        assert refusal(handle.shutdown) == errno.ENOTCONN


def test_a_number_is_not_used_again_before_the_closing_callback(loop: Loop) -> None:
    one, _two = pair(loop)
    number = one.fileno()
    seen: list[bool] = []

    def closed() -> None:
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(number)
        seen.append(True)

    one.close(closed)
    probe = os.dup(0)
    assert probe != number
    os.close(probe)
    os.fstat(number)
    run(loop)
    assert seen == [True]


def test_an_event_collected_for_a_closed_handle_reaches_nobody(loop: Loop) -> None:
    ready = [with_peer(loop) for _ in range(10)]
    got: list[int] = []

    def first_one_closes_all_others(index: int) -> Callable[[OSError | None, bytes], None]:
        def read(_: OSError | None, data: bytes) -> None:
            got.append(index)
            for other, (handle, _) in enumerate(ready):
                if other != index and not handle.closing:
                    handle.close()
        return read

    for index, (handle, peer) in enumerate(ready):
        handle.read_start(first_one_closes_all_others(index))
        peer.sendall(b"x")
    loop.run("once")
    assert len(got) == 1
    for handle, peer in ready:
        if not handle.closing:
            handle.close()
        peer.close()
    run(loop)
    assert len(got) == 1


def test_new_connections_on_reused_numbers_get_only_their_own_data(loop: Loop) -> None:
    received: dict[int, bytes] = {}
    connections = 0

    def accepted(connection: Tcp) -> None:
        nonlocal connections
        serial = connections
        connections += 1
        received[serial] = b""

        def read(_: OSError | None, data: bytes) -> None:
            received[serial] += data
            if not data:
                connection.close()

        connection.read_start(read)

    server = listening(loop, accepted)
    for serial in range(60):
        with socket.create_connection(server.getsockname()) as sock:
            sock.sendall(b"%d;" % serial)
            loop.run("once")
    while len(list(loop.walk())) > 1:
        loop.run("once")
    server.close()
    run(loop)
    assert received == {serial: b"%d;" % serial for serial in range(60)}


# Callbacks that raise


class Oops(Exception):
    pass


def raising(*_: Any) -> None:
    raise Oops


def test_without_a_hook_what_a_callback_raises_leaves_run_and_nothing_else_is_lost(loop: Loop) -> None:
    client, peer = with_peer(loop)
    seen: list[Any] = []
    client.write(bytes(8_000_000), raising)
    client.write(b"x", raising)
    client.write(b"x", lambda failure: seen.append(code(failure)))
    client.shutdown(raising)
    client.close(lambda: seen.append("closed"))
    for _ in range(3):
        with pytest.raises(Oops):
            loop.run()
    run(loop)
    assert seen == [errno.ECANCELED, "closed"]
    assert client.closed
    assert not loop.alive
    peer.close()


def test_with_a_hook_every_callback_runs_though_others_raise(loop: Loop) -> None:
    caught: list[BaseException] = []
    loop.on_exception = caught.append
    one, two = pair(loop)
    seen: list[str] = []
    two.read_start(raising)
    for _ in range(3):
        one.write(b"x", raising)
        one.write(b"x", lambda _: seen.append("written"))
    one.shutdown(lambda _: seen.append("shut down"))
    run(loop)
    assert seen == ["written"] * 3 + ["shut down"]
    assert len(caught) >= 4
    assert all(isinstance(exc, Oops) for exc in caught)


def test_completed_writes_are_called_back_in_the_next_run_after_one_raised(loop: Loop) -> None:
    one, _two = pair(loop)
    seen: list[str] = []
    one.write(b"x", raising)
    one.write(b"x", lambda _: seen.append("written"))
    one.shutdown(lambda _: seen.append("shut down"))
    with pytest.raises(Oops):
        loop.run()
    assert seen == []
    run(loop)
    assert seen == ["written", "shut down"]


def test_a_connection_callback_that_raises_drops_its_connection_and_the_next_is_served(loop: Loop) -> None:
    caught: list[BaseException] = []
    loop.on_exception = caught.append
    server = Tcp(loop)
    server.bind(HERE)
    served: list[Tcp] = []

    def connected(_: OSError | None) -> None:
        if not caught:
            raise Oops
        served.append(server.accept())
        server.close()

    server.listen(8, connected)
    first = socket.create_connection(server.getsockname())
    second = socket.create_connection(server.getsockname())
    run(loop)
    assert len(caught) == 1
    assert len(served) == 1
    first.settimeout(5)
    assert first.recv(1) == b""
    assert served[0].getpeername() == second.getsockname()
    first.close()
    second.close()


# Descriptors closed behind the loop's back


@pytest.mark.parametrize("duplicate", [False, True])
@pytest.mark.parametrize("state", ["reading", "writing", "listening", "connecting"])
def test_a_descriptor_closed_behind_the_loops_back_gives_ebadf_and_no_spinning(
    loop: Loop, state: str, duplicate: bool
) -> None:
    errors: list[int | None] = []
    expected = 3 if state == "writing" else 1
    handle = Tcp(loop)
    other = socket.socket()
    with full_backlog() as (address, _):
        if state == "listening":
            handle.bind(HERE)
            handle.listen(1, lambda failure: errors.append(code(failure)))
            address = handle.getsockname()
        elif state == "connecting":
            handle.connect(address, lambda failure: errors.append(code(failure)))
        else:
            other.close()
            handle, other = with_peer(loop)
        if state == "reading":
            handle.read_start(lambda failure, _: errors.append(code(failure)))
        if state == "writing":
            handle.write(bytes(8_000_000), lambda failure: errors.append(code(failure)))
            handle.write(b"x", lambda failure: errors.append(code(failure)))
            handle.shutdown(lambda failure: errors.append(code(failure)))
        loop.run("nowait")
        assert errors == []
        number = handle.fileno()
        copies = [os.dup(number)] if duplicate else []
        os.close(number)

        other.setblocking(False)
        if duplicate and state == "reading":
            other.send(b"x")
        elif duplicate and state == "writing":
            until_it_blocks(lambda: other.recv(1_000_000))
        elif duplicate and state == "listening":
            other.connect_ex(address)
        turns = loop.turns
        after(loop, 40, loop.stop)
        loop.run()
        assert loop.turns - turns < 20
        # epoll forgets a closed descriptor in silence, and reports its duplicate's events: only these tell.
        told = loop.queue_name == "poll" or (duplicate and state != "connecting")
        assert errors == ([errno.EBADF] * expected if told else [])
        handle.close()
        run(loop)
        assert handle.closed
        assert loop.active_requests == 0
        if not told and state in ("writing", "connecting"):
            assert errors == [errno.ECANCELED] * expected
    for copy in copies:
        os.close(copy)
    other.close()


def test_closing_a_handle_whose_number_is_somebody_elses_by_now_leaves_that_alone(loop: Loop) -> None:
    one, peer = with_peer(loop)
    one.read_start(lambda *_: None)
    number = one.fileno()
    other = os.memfd_create("other")
    os.dup2(other, number)
    one.close()
    run(loop)
    assert one.closed
    assert os.path.sameopenfile(number, other)
    os.close(number)
    os.close(other)
    peer.close()


def test_a_handle_on_the_reused_number_is_not_disturbed_by_the_lost_one(loop: Loop) -> None:
    lost, lost_peer = with_peer(loop)
    errors: list[int | None] = []
    lost.read_start(lambda failure, _: errors.append(code(failure)))
    number = lost.fileno()
    fresh = socket.socket()
    sock = socket.socket(fileno=os.dup2(fresh.fileno(), number))
    fresh.close()
    with socket.create_server(HERE) as listener:
        sock.connect(listener.getsockname())
        peer = listener.accept()[0]
    heir = Tcp(loop)
    heir.open(sock)
    inbox = Inbox()
    heir.read_start(inbox)
    lost.close()
    peer.sendall(b"for the heir")
    peer.close()
    run(loop)
    assert inbox.data == b"for the heir"
    assert errors in ([], [errno.EBADF])
    lost_peer.close()


# Options


def test_options_set_before_there_is_a_socket_are_applied_to_it(loop: Loop) -> None:
    server = listening(loop, lambda _: server.close())
    client = Tcp(loop)
    client.nodelay(True)
    client.keepalive(True, 60, 5, 3)
    client.connect(server.getsockname(), lambda _: None)
    run(loop)
    sock = socket.socket(fileno=client.fileno())
    try:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
    finally:
        sock.detach()


def test_open_takes_over_a_socket_or_its_descriptor(loop: Loop) -> None:
    with socket.create_server(HERE) as listener:
        one, two = (socket.create_connection(listener.getsockname()) for _ in range(2))
        peers = [listener.accept()[0] for _ in range(2)]
    for taken, peer in ((one, peers[0]), (two.detach(), peers[1])):
        handle, inbox = Tcp(loop), Inbox()
        handle.open(taken)
        assert refusal(lambda handle=handle, taken=taken: handle.open(taken)) == errno.EBUSY
        peer.sendall(b"hi")
        peer.close()
        handle.read_start(inbox)
        run(loop)
        assert inbox.data == b"hi"
    reader, writer = os.pipe()
    assert refusal(lambda: Tcp(loop).open(reader)) == errno.ENOTSOCK
    os.close(reader)
    os.close(writer)


def test_set_blocking_changes_the_descriptor(loop: Loop) -> None:
    one, _two = pair(loop)
    assert os.get_blocking(one.fileno()) is False
    one.set_blocking(True)
    assert os.get_blocking(one.fileno()) is True
    with pytest.raises(OSError, match="Bad file"):
        Tcp(loop).set_blocking(True)


# Reading by somebody else


def test_streams_with_one_reader_are_ready_at_once_and_in_order(loop: Loop) -> None:
    pairs = [with_peer(loop) for _ in range(4)]
    told: list[Any] = []
    loop.reader = lambda numbers: told.append(numbers)
    for number, (client, _) in enumerate(pairs):
        client.read_start(lambda failure, data: told.append(data), together=0 if number == 2 else number + 1)
    for _, peer in pairs:
        peer.send(b"x")
    loop.run("once")
    assert told == [[1, 2], b"x", [4]]
    loop.run("nowait")
    assert told[3:] == [[1, 2, 4]], "what nobody read is ready again"
    pairs[0][0].read_stop()
    pairs[1][0].read_start(lambda failure, data: told.append((2, data)))
    loop.run("nowait")
    assert told[4:] == [(2, b"x"), [4]]
    loop.give_up_readers()
    loop.run("nowait")
    assert told[6:] == [b"x"]
    for client, peer in pairs:
        client.close()
        peer.close()
    loop.run()


@pytest.mark.parametrize(("given", "heard"), [(0, None), (errno.ECONNRESET, errno.ECONNRESET)])
def test_a_reader_tells_why_it_got_no_bytes(loop: Loop, given: int, heard: int | None) -> None:
    client, peer = with_peer(loop)
    told: list[Any] = []
    loop.reader = lambda numbers: client.read_failed(given)
    client.read_start(lambda failure, data: told.append((code(failure), data)), together=1)
    peer.send(b"x")
    loop.run("once")
    assert told == [(heard, b"")]
    assert not client.is_reading
    client.read_failed(given)
    assert len(told) == 1, "and only once"
    client.close()
    peer.close()
    loop.run()


def test_what_a_reader_raises_is_what_a_callback_raises(loop: Loop) -> None:
    client, peer = with_peer(loop)
    told: list[Any] = []

    def reader(numbers: list[int]) -> None:
        client.read_stop()
        raise ValueError(numbers)

    loop.reader = reader
    loop.on_exception = lambda exc: told.append(exc.args)
    client.read_start(lambda failure, data: None, together=7)
    peer.send(b"x")
    loop.run("once")
    assert told == [([7],)]
    client.close()
    peer.close()
    loop.run()
