"""Pipe: Unix-domain sockets, anonymous pipes, and descriptors that travel."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Inbox, refusal, run

from ouroloop.loop import Loop, Pipe, Tcp, Timer, Udp
from ouroloop.loop.pipe import pipe, socketpair


def opened(loop: Loop, fd: int, ipc: bool = False) -> Pipe:
    handle = Pipe(loop, ipc)
    handle.open(fd)
    return handle


def pair(loop: Loop, ipc: bool = False) -> tuple[Pipe, Pipe]:
    first, second = socketpair()
    return opened(loop, first, ipc), opened(loop, second, ipc)


# Names


@pytest.fixture(params=["path", "bytes", "abstract"])
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str | bytes:
    """Each kind of name."""
    if request.param == "abstract":
        return f"\0ouroloop-test-{os.getpid()}"
    path = str(tmp_path / "socket")
    return os.fsencode(path) if request.param == "bytes" else path


def test_a_server_and_a_client_meet_under_a_name(loop: Loop, name: str | bytes) -> None:
    server, client, inbox = Pipe(loop), Pipe(loop), Inbox()
    server.bind(name)
    seen: list[Any] = []

    def on_connection(failure: OSError | None) -> None:
        assert failure is None
        connection = server.accept()
        seen.append(("server side", connection.getsockname(), connection.getpeername()))
        connection.read_start(inbox)
        server.close()

    def on_connected(failure: OSError | None) -> None:
        seen.append(("client side", failure, client.getsockname(), client.getpeername()))
        client.write(b"hello")
        client.shutdown()

    server.listen(4, on_connection)
    client.connect(name, on_connected)
    run(loop)
    text = os.fsdecode(name)
    assert sorted(seen) == [("client side", None, "", text), ("server side", text, "")]
    assert inbox.data == b"hello"
    assert inbox.ended


def test_close_removes_the_path_at_once_and_refuses_further_clients(loop: Loop, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    server = Pipe(loop)
    server.bind(str(path))
    server.listen(4, lambda _: None)
    assert stat.S_ISSOCK(path.stat().st_mode)
    os.link(path, tmp_path / "other name")
    server.close()
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
        late.connect(str(tmp_path / "other name"))
    run(loop)


def test_close_removes_the_path_that_was_bound_even_from_another_folder(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = Pipe(loop)
    server.bind("socket")
    monkeypatch.chdir("/")
    server.close()
    run(loop)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_gone_already_does_not_trouble_close(loop: Loop, tmp_path: Path) -> None:
    server = Pipe(loop)
    server.bind(str(tmp_path / "socket"))
    (tmp_path / "socket").unlink()
    closed: list[bool] = []
    server.close(lambda: closed.append(True))
    run(loop)
    assert closed == [True]


def test_an_empty_name_lets_the_kernel_choose_an_abstract_one(loop: Loop) -> None:
    server = Pipe(loop)
    server.bind("")
    assert server.getsockname().startswith("\0")
    assert len(server.getsockname()) > 1


def test_bad_names_are_refused_at_once(loop: Loop, tmp_path: Path) -> None:
    for bad in ("x" * 108, "\0" + "x" * 108, "with\0inside"):
        assert refusal(lambda bad=bad: Pipe(loop).bind(bad)) == errno.EINVAL
        assert refusal(lambda bad=bad: Pipe(loop).connect(bad, print)) == errno.EINVAL
    assert refusal(lambda: Pipe(loop).connect("", print)) == errno.EINVAL
    assert refusal(lambda: Pipe(loop).bind(str(tmp_path / "no folder" / "socket"))) == errno.EACCES
    taken = Pipe(loop)
    taken.bind(str(tmp_path / "socket"))
    assert refusal(lambda: Pipe(loop).bind(str(tmp_path / "socket"))) == errno.EADDRINUSE
    assert refusal(lambda: taken.bind(str(tmp_path / "second"))) == errno.EINVAL
    assert loop.active_requests == 0


def test_errors_of_connect_come_to_its_callback(loop: Loop, tmp_path: Path) -> None:
    bound = Pipe(loop)
    bound.bind(str(tmp_path / "deaf"))
    seen: list[tuple[str, int | None]] = []

    def expect(name: str) -> None:
        client = Pipe(loop)
        client.connect(str(tmp_path / name), lambda failure: seen.append((name, failure and failure.errno)))
        client.write(b"x", lambda failure: seen.append((name + " write", failure and failure.errno)))

    expect("nothing")
    expect("deaf")
    assert seen == []
    run(loop)
    assert seen == [
        ("nothing", errno.ENOENT), ("deaf", errno.ECONNREFUSED),
        ("nothing write", errno.ECANCELED), ("deaf write", errno.ECANCELED),
    ]


def test_only_a_bound_pipe_without_ipc_can_listen(loop: Loop, tmp_path: Path) -> None:
    assert refusal(lambda: Pipe(loop).listen(1, print)) == errno.EINVAL
    with_ipc = Pipe(loop, ipc=True)
    with_ipc.bind(str(tmp_path / "socket"))
    assert refusal(lambda: with_ipc.listen(1, print)) == errno.EINVAL


def test_chmod_opens_the_name_to_every_user(loop: Loop, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    server = Pipe(loop)
    server.bind(str(path))
    for arguments, mode in (
        ({"readable": True}, 0o444), ({"writable": True}, 0o222), ({"readable": True, "writable": True}, 0o666),
    ):
        server.chmod(**arguments)
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert refusal(lambda: server.chmod()) == errno.EINVAL
    assert refusal(lambda: Pipe(loop).chmod(readable=True)) == errno.EBADF
    nameless, _ = pair(loop)
    assert refusal(lambda: nameless.chmod(readable=True)) == errno.EINVAL


# Descriptors that exist


def test_bytes_go_through_an_anonymous_pipe_in_one_direction(loop: Loop) -> None:
    reading, writing = pipe()
    reader, writer = opened(loop, reading), opened(loop, writing)
    assert (reader.is_readable, reader.is_writable) == (True, False)
    assert (writer.is_readable, writer.is_writable) == (False, True)
    assert refusal(lambda: reader.write(b"x")) == errno.EPIPE
    assert refusal(lambda: writer.read_start(print)) == errno.ENOTCONN
    inbox, data, written = Inbox(), os.urandom(1_000_000), []
    writer.write([data[:5], data[5:]], lambda failure: (written.append(failure), writer.close()))
    assert 0 < writer.write_queue_size < len(data)
    reader.read_start(inbox)
    run(loop)
    assert written == [None]
    assert inbox.data == data
    assert inbox.ended
    assert inbox.error is None


def test_a_pipe_whose_reader_is_gone_fails_the_write_without_spinning(loop: Loop) -> None:
    reading, writing = pipe()
    writer = opened(loop, writing)
    failures: list[int | None] = []
    writer.write(bytes(1_000_000), lambda failure: failures.append(failure and failure.errno))
    loop.run("nowait")
    assert failures == []
    os.close(reading)
    turns = loop.turns
    run(loop)
    assert failures == [errno.EPIPE]
    assert loop.turns - turns < 10


def test_a_plain_pipe_cannot_be_shut_down_in_one_direction(loop: Loop) -> None:
    reading, writing = pipe()
    writer = opened(loop, writing)
    failures: list[int | None] = []
    writer.shutdown(lambda failure: failures.append(failure and failure.errno))
    run(loop)
    assert failures == [errno.ENOTSOCK]
    os.close(reading)


def test_a_pair_of_sockets_talks_both_ways_and_ends_one_way(loop: Loop) -> None:
    one, two = pair(loop)
    first, second = Inbox(), Inbox()
    one.read_start(first)
    two.read_start(lambda failure, data: (second(failure, data), data or (two.write(b"bye"), two.shutdown())))
    one.write(b"hi")
    one.shutdown()
    run(loop)
    assert (bytes(first.data), bytes(second.data)) == (b"bye", b"hi")


def test_new_descriptors_are_not_inherited_and_block_only_if_asked(loop: Loop) -> None:
    for make, arguments in (
        (pipe, ("read_blocking", "write_blocking")), (socketpair, ("first_blocking", "second_blocking")),
    ):
        for wanted in ((False, False), (True, False), (False, True)):
            made = make(**dict(zip(arguments, wanted, strict=True)))
            assert tuple(os.get_blocking(fd) for fd in made) == wanted
            assert not any(os.get_inheritable(fd) for fd in made)
            for fd in made:
                os.close(fd)


def test_open_refuses_a_second_descriptor_and_one_that_is_not_open(loop: Loop) -> None:
    one, _ = pair(loop)
    assert refusal(lambda: one.open(0)) == errno.EBUSY
    reading, writing = pipe()
    os.close(reading)
    os.close(writing)
    assert refusal(lambda: Pipe(loop).open(reading)) == errno.EBADF


def test_a_regular_file_can_be_written_but_not_waited_for(loop: Loop, tmp_path: Path) -> None:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    handle = opened(loop, fd)
    done: list[OSError | None] = []
    handle.write(b"text", done.append)
    assert refusal(lambda: handle.read_start(print)) == errno.EPERM
    run(loop)
    assert done == [None]
    assert not handle.active
    assert (tmp_path / "file").read_bytes() == b"text"


def test_a_standard_descriptor_stays_open_when_its_handle_is_closed(loop: Loop) -> None:
    saved = os.dup(0)
    reading, writing = pipe()
    os.dup2(reading, 0)
    try:
        handle = opened(loop, 0)
        handle.close()
        run(loop)
        assert os.path.sameopenfile(0, reading)
    finally:
        os.dup2(saved, 0)
        for fd in (saved, reading, writing):
            os.close(fd)


def test_closing_answers_a_write_with_ecanceled_before_the_closing_callback(loop: Loop) -> None:
    one, _two = pair(loop)
    seen: list[Any] = []
    one.write(bytes(4_000_000), lambda failure: seen.append(failure and failure.errno))
    one.close(lambda: seen.append("closed"))
    run(loop)
    assert seen == [errno.ECANCELED, "closed"]


@pytest.mark.parametrize("duplicate", [False, True])
def test_an_end_closed_behind_the_loops_back_does_not_spin(loop: Loop, duplicate: bool) -> None:
    reading, writing = pipe()
    reader = opened(loop, reading)
    errors: list[int | None] = []
    reader.read_start(lambda failure, _: errors.append(failure and failure.errno))
    loop.run("nowait")
    copies = [os.dup(reading)] if duplicate else []
    os.close(reading)
    if duplicate:
        os.write(writing, b"x")
    ticks = Timer(loop)
    ticks.start(lambda: loop.stop(), 30)
    turns = loop.turns
    loop.run()
    assert loop.turns - turns < 10
    if duplicate or loop.queue_name == "poll":
        assert errors == [errno.EBADF]
    else:
        assert errors == []
    reader.close()
    ticks.close()
    run(loop)
    for fd in (*copies, writing):
        os.close(fd)


# Descriptors that travel


def test_handles_of_every_kind_arrive_as_what_they_were(loop: Loop) -> None:
    sender, receiver = pair(loop, ipc=True)
    server = Tcp(loop)
    server.bind(("127.0.0.1", 0))
    datagrams = Udp(loop)
    datagrams.bind(("127.0.0.1", 0))
    here, there = pair(loop)
    received: list[Any] = []
    kinds: list[str] = []

    def on_data(failure: OSError | None, data: bytes) -> None:
        while receiver.pending_count:
            kinds.append(receiver.pending_type)
            received.append(receiver.accept_pending())

    receiver.read_start(on_data)
    sender.write(b"tcp", handles=[server])
    sender.write(b"the rest", handles=[datagrams, there])
    sender.shutdown()
    run(loop)
    assert kinds == ["tcp", "udp", "pipe"]
    assert [type(handle) for handle in received] == [Tcp, Udp, Pipe]
    assert received[0].getsockname() == server.getsockname()
    assert received[1].getsockname() == datagrams.getsockname()
    inbox = Inbox()
    here.read_start(inbox)
    there.close()
    received[2].write(b"through the copy", lambda _: received[2].close())
    run(loop)
    assert inbox.data == b"through the copy"
    assert inbox.ended


def test_a_listening_socket_that_travelled_accepts_connections(loop: Loop) -> None:
    sender, receiver = pair(loop, ipc=True)
    server = Tcp(loop)
    server.bind(("127.0.0.1", 0))
    address = server.getsockname()
    accepted: list[Tcp] = []

    def on_data(_: OSError | None, data: bytes) -> None:
        if not data:
            return
        copy = receiver.accept_pending()
        assert isinstance(copy, Tcp)
        server.close()
        copy.listen(4, lambda _: (accepted.append(copy.accept()), copy.close()))
        with socket.create_connection(address) as client:
            client.sendall(b"x")

    receiver.read_start(on_data)
    sender.write(b"x", handles=[server])
    sender.shutdown()
    run(loop)
    assert len(accepted) == 1


def test_bytes_arrive_whole_and_in_order_around_the_descriptors(loop: Loop) -> None:
    sender, receiver = pair(loop, ipc=True)
    inbox = Inbox()
    receiver.read_start(inbox)
    expected = b""
    for number in range(40):
        data = bytes([number]) * 20_000
        expected += data
        sender.write([data[:7], data[7:]], handles=[sender] if number % 2 else [])
    sender.shutdown()
    run(loop)
    assert inbox.data == expected
    assert receiver.pending_count == 20


def test_descriptors_that_nobody_accepts_are_closed_with_the_pipe(loop: Loop) -> None:
    sender, receiver = pair(loop, ipc=True)
    receiver.read_start(Inbox())
    sender.write(b"x", handles=[sender] * 5)
    sender.shutdown()
    run(loop)
    assert receiver.pending_count == 5
    loop._reserve_descriptor()  # one that stays
    before = len(os.listdir("/proc/self/fd"))
    receiver.close()
    run(loop)
    assert len(os.listdir("/proc/self/fd")) == before - 6


def test_a_plain_descriptor_can_travel_and_be_taken_as_it_is(loop: Loop, tmp_path: Path) -> None:
    sender, receiver = pair(loop, ipc=True)
    receiver.read_start(Inbox())
    assert refusal(receiver.take_pending) == errno.EAGAIN
    assert refusal(receiver.accept_pending) == errno.EAGAIN
    assert receiver.pending_type == "unknown"
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    sender.write(b"x", handles=[fd])
    sender.shutdown()
    run(loop)
    assert receiver.pending_type == "file"
    assert refusal(receiver.accept_pending) == errno.EINVAL
    copy = receiver.take_pending()
    assert not os.get_inheritable(copy)
    os.write(copy, b"text")
    os.close(copy)
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"text"


def test_handles_cannot_travel_without_ipc_without_bytes_or_when_closed(loop: Loop) -> None:
    plain, _ = pair(loop)
    assert refusal(lambda: plain.write(b"x", handles=[plain])) == errno.EINVAL
    sender, _ = pair(loop, ipc=True)
    assert refusal(lambda: sender.write(b"", handles=[sender])) == errno.EINVAL
    reading, writing = pipe()
    no_socket = opened(loop, writing, ipc=True)
    assert refusal(lambda: no_socket.write(b"x", handles=[sender])) == errno.EINVAL
    os.close(reading)
    closed = Tcp(loop)
    assert refusal(lambda: sender.write(b"x", handles=[closed])) == errno.EBADF
    assert loop.active_requests == 0


def test_a_handle_closed_before_it_could_leave_fails_its_write(loop: Loop) -> None:
    sender, receiver = pair(loop, ipc=True)
    doomed = Tcp(loop)
    doomed.bind(("127.0.0.1", 0))
    results: list[int | None] = []
    sender.write(bytes(2_000_000), lambda failure: results.append(failure and failure.errno))
    sender.write(b"x", lambda failure: results.append(failure and failure.errno), handles=[doomed])
    doomed.close()
    receiver.read_start(Inbox())
    loop.run("nowait")
    while len(results) < 2:
        loop.run("once")
    assert results == [None, errno.EBADF]
    assert sender.is_writable
    assert receiver.pending_count == 0


# Anything at any time


class End:
    """One end of a pair that does random things, and keeps account of what it sent, got and was told."""

    def __init__(self, handle: Pipe, chance: random.Random) -> None:
        self.handle = handle
        self.chance = chance
        self.sent = bytearray()
        self.got = bytearray()
        self.ended = False
        self.closed = False
        self.quiet = False
        self.asked = 0
        self.answered: list[int] = []

    def act(self) -> None:
        if self.quiet:
            return
        choice = self.chance.random()
        with contextlib.suppress(OSError):  # refusals are part of the game
            if choice < 0.5:
                self.write(self.chance.choice([0, 1, 1000, 70_000, 300_000]))
            elif choice < 0.55:
                data = self.chance.randbytes(500)
                self.sent += data[: self.handle.try_write(data)]
            elif choice < 0.8:
                self.handle.read_start(self.read)
            elif choice < 0.9:
                self.handle.read_stop()
            elif choice < 0.93:
                self.handle.shutdown(self.answer())
                self.asked += 1
            elif choice < 0.95:
                self.handle.close(lambda: setattr(self, "closed", True))

    def write(self, size: int) -> None:
        data = bytes([self.chance.randrange(256)]) * size
        cut = self.chance.randrange(size + 1)
        self.handle.write([data[:cut], data[cut:]] if cut else data, self.answer())
        self.asked += 1
        self.sent += data

    def answer(self) -> Callable[[OSError | None], None]:
        number = self.asked

        def answered(_: OSError | None) -> None:
            assert not self.closed
            self.answered.append(number)
            if self.chance.random() < 0.2:
                self.act()

        return answered

    def read(self, failure: OSError | None, data: bytes) -> None:
        assert not self.handle.closing
        self.got += data
        self.ended = self.ended or (failure is None and not data)
        if self.chance.random() < 0.1:
            self.act()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_in_whatever_order_each_request_is_answered_once_and_bytes_arrive_as_sent(
    loop: Loop, seed: int
) -> None:
    chance = random.Random(seed)
    pairs = [tuple(End(handle, chance) for handle in pair(loop)) for _ in range(5)]
    ends = [end for two in pairs for end in two]
    for _ in range(150):
        for _ in range(3):
            chance.choice(ends).act()
        loop.run("nowait")
    for end in ends:
        end.quiet = True
        if end.handle.is_readable and not end.ended:
            end.handle.read_start(end.read)
        if end.handle.is_writable:
            end.handle.shutdown()
    run(loop)
    for end in ends:
        if not end.handle.closing:
            end.handle.close()
    run(loop)
    assert loop.active_requests == 0
    for one, two in [*pairs, *(reversed(two) for two in pairs)]:
        assert one.answered == list(range(one.asked))
        assert one.handle.write_queue_size == 0
        assert one.sent.startswith(two.got)
        if two.ended and not one.closed:
            assert one.sent == two.got
