"""Poll: the right handle hears of the right file, also when its user closes descriptors behind the loop's back."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Iterator

import pytest

from ouroloop.loop import Loop, Timer
from ouroloop.loop.poll import Poll
from ouroloop.loop.queue import DISCONNECT, READABLE, WRITABLE


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    yield left, right
    left.close()
    right.close()


class Recorder:
    """Keeps what a Poll handle was told, errors by their errno."""

    def __init__(self) -> None:
        self.calls: list[tuple[int | None, int]] = []

    def __call__(self, error: OSError | None, events: int) -> None:
        self.calls.append((error.errno if error else None, events))


def turns(loop: Loop, count: int = 5) -> None:
    for _ in range(count):
        loop.run("nowait")


def test_reports_readable_until_the_data_is_read(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    poll, heard = Poll(loop, left.fileno()), Recorder()
    poll.start(READABLE, heard)
    turns(loop)
    assert heard.calls == []
    right.send(b"x")
    turns(loop, 3)
    assert heard.calls == [(None, READABLE)] * 3
    left.recv(10)
    turns(loop, 3)
    assert len(heard.calls) == 3


def test_reports_only_the_events_that_were_asked_for(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    right.send(b"x")
    poll, heard = Poll(loop, left.fileno()), Recorder()
    poll.start(WRITABLE, heard)
    turns(loop, 1)
    poll.start(READABLE, heard)
    turns(loop, 1)
    poll.start(READABLE | WRITABLE, heard)
    turns(loop, 1)
    assert heard.calls == [(None, WRITABLE), (None, READABLE), (None, READABLE | WRITABLE)]


def test_disconnect_is_told_while_the_other_direction_is_open(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    poll, heard = Poll(loop, left.fileno()), Recorder()
    poll.start(DISCONNECT, heard)
    turns(loop)
    assert heard.calls == []
    right.shutdown(socket.SHUT_WR)
    turns(loop, 1)
    assert heard.calls == [(None, DISCONNECT)]


def test_an_error_is_told_as_every_watched_event(loop: Loop) -> None:
    reader, writer = os.pipe()
    try:
        os.close(reader)
        poll, heard = Poll(loop, writer), Recorder()
        poll.start(WRITABLE, heard)
        turns(loop, 1)
        assert heard.calls == [(None, WRITABLE)]
        poll.stop()
    finally:
        os.close(writer)


def test_keeps_the_loop_alive_only_while_started(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    poll = Poll(loop, pair[0].fileno())
    assert not loop.alive
    poll.start(READABLE, Recorder())
    assert loop.alive
    poll.start(0, Recorder())
    assert not loop.alive
    assert not poll.active
    poll.stop()


def test_does_not_own_the_descriptor(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    poll = Poll(loop, left.fileno())
    poll.start(READABLE, Recorder())
    poll.close()
    turns(loop)
    assert poll.closed
    right.send(b"still open")
    assert left.recv(20) == b"still open"
    assert not os.get_blocking(left.fileno())


def test_a_raised_error_does_not_stop_the_watch(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    right.send(b"x")
    calls = 0

    def fail(error: OSError | None, events: int) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError

    Poll(loop, left.fileno()).start(READABLE, fail)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            loop.run("nowait")
    assert calls == 2


def test_data_read_by_an_earlier_callback_of_the_batch_is_not_reported(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    twin = left.dup()
    heard = []

    def read(name: str, sock: socket.socket) -> None:
        heard.append((name, sock.recv(10)))

    Poll(loop, left.fileno()).start(READABLE, lambda error, events: read("left", left))
    Poll(loop, twin.fileno()).start(READABLE, lambda error, events: read("twin", twin))
    right.send(b"once")
    turns(loop)
    assert len(heard) == 1
    assert heard[0][1] == b"once"
    twin.close()


# Errors at once


def test_a_closed_descriptor_is_refused(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(OSError, match="Bad file") as raised:
        Poll(loop, 987)
    assert raised.value.errno == errno.EBADF
    poll = Poll(loop, pair[0].fileno())
    pair[0].close()
    with pytest.raises(OSError, match="Bad file"):
        poll.start(READABLE, Recorder())
    assert not poll.active


def test_a_regular_file_is_refused(loop: Loop) -> None:
    with open(__file__, "rb") as file:
        poll = Poll(loop, file.fileno())
        with pytest.raises(PermissionError) as raised:
            poll.start(READABLE, Recorder())
    assert raised.value.errno == errno.EPERM
    assert not loop.alive


def test_one_descriptor_has_one_watcher(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    first, second = Poll(loop, left.fileno()), Poll(loop, left.fileno())
    heard = Recorder()
    first.start(READABLE, heard)
    with pytest.raises(FileExistsError):
        second.start(READABLE, Recorder())
    assert not second.active
    second.stop()
    right.send(b"x")
    turns(loop, 1)
    assert heard.calls == [(None, READABLE)]
    first.stop()
    second.start(READABLE, heard)
    turns(loop, 1)
    assert len(heard.calls) == 2


def test_unknown_events_and_closing_handles_are_refused(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    poll = Poll(loop, pair[0].fileno())
    with pytest.raises(ValueError, match="0x4000"):
        poll.start(0x4000, Recorder())
    poll.close()
    with pytest.raises(OSError, match="Invalid") as raised:
        poll.start(READABLE, Recorder())
    assert raised.value.errno == errno.EINVAL


# Closed behind the loop's back


def settle(loop: Loop, turns_at_most: int = 50) -> int:
    """Run with a watchdog timer: how many turns it took until nothing but the timer was left to wait for."""
    before = loop.turns
    watchdog = Timer(loop)
    watchdog.start(lambda: None, 30)
    while watchdog.active:
        loop.run("once")
    watchdog.close()
    taken = loop.turns - before
    assert taken < turns_at_most, "the loop spins"
    return taken


def test_closed_while_a_duplicate_lives_gets_ebadf_once(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    twin = left.dup()
    poll, heard = Poll(loop, left.fileno()), Recorder()
    poll.start(READABLE, heard)
    left.close()
    right.send(b"x")
    settle(loop)
    assert heard.calls == [(errno.EBADF, 0)]
    assert not poll.active
    twin.close()


def test_closed_before_stop_leaves_nothing_behind(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    twin = left.dup()
    poll, heard = Poll(loop, left.fileno()), Recorder()
    poll.start(READABLE, heard)
    left.close()
    poll.stop()
    right.send(b"x")
    settle(loop)
    assert heard.calls == []
    twin.close()


def test_reused_number_with_the_old_file_alive_reaches_neither_wrongly(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    fd, twin = left.fileno(), left.dup()
    poll, heard = Poll(loop, fd), Recorder()
    poll.start(READABLE, heard)
    other, far = socket.socketpair()
    far.send(b"not yours")
    os.dup2(other.fileno(), fd)
    right.send(b"old")
    settle(loop)
    assert heard.calls == [(errno.EBADF, 0)]
    assert other.recv(20) == b"not yours"
    for sock in (twin, other, far):
        sock.close()


def test_a_new_handle_on_a_reused_number_works_and_the_old_one_gets_ebadf(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    fd, twin = left.fileno(), left.dup()
    old, new = Poll(loop, fd), Poll(loop, fd)
    old_heard, new_heard = Recorder(), Recorder()
    old.start(READABLE, old_heard)
    other, far = socket.socketpair()
    os.dup2(other.fileno(), fd)
    new.start(READABLE, new_heard)
    settle(loop)
    assert (old_heard.calls, new_heard.calls) == ([(errno.EBADF, 0)], [])
    right.send(b"old")
    settle(loop)
    assert new_heard.calls == []
    far.send(b"new")
    turns(loop, 1)
    assert new_heard.calls == [(None, READABLE)]
    assert old_heard.calls == [(errno.EBADF, 0)]
    assert not old.active
    new.stop()
    for sock in (twin, other, far):
        sock.close()


def test_stopping_the_old_handle_before_it_is_told_leaves_the_new_one_alone(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, _ = pair
    fd = left.fileno()
    old, new = Poll(loop, fd), Poll(loop, fd)
    heard = Recorder()
    old.start(READABLE, heard)
    other, far = socket.socketpair()
    os.dup2(other.fileno(), fd)
    new.start(READABLE, heard)
    old.stop()
    far.send(b"x")
    turns(loop, 1)
    assert heard.calls == [(None, READABLE)]
    new.stop()
    other.close()
    far.close()


def test_closed_and_reused_in_the_same_batch(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    heard: list[tuple[str, int | None]] = []
    handles: list[Poll] = []
    reused: list[socket.socket] = []

    def on_ready(index: int, error: OSError | None) -> None:
        heard.append(("old", error.errno if error else None))
        handles[index].stop()
        if len(heard) > 1:
            return
        victim = pairs[1 - index][0]
        fd = victim.fileno()
        near, far = socket.socketpair()
        reused.extend((near, far))
        far.send(b"for the new one")
        os.dup2(near.fileno(), fd)
        new = Poll(loop, fd)
        new.start(READABLE, lambda error, events: heard.append(("new", os.read(fd, 20) and None)))
        handles.append(new)

    for index, (near, far) in enumerate(pairs):
        far.send(b"x")
        handle = Poll(loop, near.fileno())
        handle.start(READABLE, lambda error, events, index=index: on_ready(index, error))
        handles.append(handle)
    turns(loop)
    assert sorted(heard[1:], key=str) == [("new", None), ("old", errno.EBADF)]
    handles[2].stop()
    for sock in [*reused, *pairs[0], *pairs[1]]:
        sock.close()


def test_closed_and_reused_in_the_same_batch_by_an_unwatched_file(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    heard: list[int | None] = []
    handles: list[Poll] = []
    near, far = socket.socketpair()
    far.send(b"nobody watches this")

    def on_ready(index: int, error: OSError | None) -> None:
        heard.append(error.errno if error else None)
        if error is None:
            handles[index].stop()
            os.dup2(near.fileno(), pairs[1 - index][0].fileno())

    for index, (left, right) in enumerate(pairs):
        right.send(b"x")
        handle = Poll(loop, left.fileno())
        handle.start(READABLE, lambda error, events, index=index: on_ready(index, error))
        handles.append(handle)
    settle(loop)
    assert heard == [None, errno.EBADF]
    assert near.recv(30) == b"nobody watches this"
    for sock in [near, far, *pairs[0], *pairs[1]]:
        sock.close()


def test_the_two_ends_of_a_pipe_are_told_apart(loop: Loop) -> None:
    reader, writer = os.pipe()
    poll, heard = Poll(loop, reader), Recorder()
    poll.start(READABLE | WRITABLE, heard)
    twin = os.dup(reader)
    os.dup2(writer, reader)
    os.write(writer, b"x")
    settle(loop)
    assert heard.calls == [(errno.EBADF, 0)]
    for fd in (reader, writer, twin):
        os.close(fd)


def test_restarting_on_a_reused_number_watches_the_new_file(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    fd, twin = left.fileno(), left.dup()
    poll, heard = Poll(loop, fd), Recorder()
    poll.start(READABLE, heard)
    other, far = socket.socketpair()
    os.dup2(other.fileno(), fd)
    right.send(b"old")
    poll.start(READABLE | DISCONNECT, heard)
    settle(loop)
    assert heard.calls == []
    far.send(b"new")
    turns(loop, 1)
    assert heard.calls == [(None, READABLE)]
    poll.stop()
    for sock in (twin, other, far):
        sock.close()


def test_one_lost_watcher_does_not_harm_the_others(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(20)]
    recorders = [Recorder() for _ in pairs]
    for (left, _), recorder in zip(pairs, recorders, strict=True):
        Poll(loop, left.fileno()).start(READABLE, recorder)
    twins = [pairs[index][0].dup() for index in range(0, 20, 2)]
    for index in range(0, 20, 2):
        pairs[index][0].close()
    for _, right in pairs:
        right.send(b"x")
    turns(loop, 3)
    for index, recorder in enumerate(recorders):
        if index % 2:
            assert set(recorder.calls) == {(None, READABLE)}
        else:
            assert recorder.calls == [(errno.EBADF, 0)]
    for handle in loop.walk():
        handle.close()
    turns(loop)
    for sock in [*twins, *(sock for pair in pairs for sock in pair)]:
        sock.close()


def test_a_closed_descriptor_without_duplicates_never_spins(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    poll, heard = Poll(loop, pair[0].fileno()), Recorder()
    poll.start(READABLE, heard)
    pair[0].close()
    settle(loop)
    assert heard.calls in ([], [(errno.EBADF, 0)])
    poll.close()


class Chaos:
    """A user who opens, closes, duplicates and replaces descriptors at random, with handles started on them."""

    def __init__(self, loop: Loop, seed: int) -> None:
        self.loop = loop
        self.random = random.Random(seed)
        self.open: list[int] = []
        self.far: list[socket.socket] = []
        self.inodes: dict[Poll, int] = {}
        self.delivered = 0

    def open_pair(self) -> None:
        near, far = socket.socketpair()
        self.open.append(near.detach())
        self.far.append(far)

    def close_one(self) -> None:
        if self.open:
            os.close(self.open.pop(self.random.randrange(len(self.open))))

    def duplicate(self) -> None:
        if self.open:
            self.open.append(os.dup(self.random.choice(self.open)))

    def replace(self) -> None:
        if len(self.open) > 1:
            os.dup2(*self.random.sample(self.open, 2))

    def send(self) -> None:
        if self.far:
            try:
                self.random.choice(self.far).send(b"x", socket.MSG_DONTWAIT)
            except OSError:
                return

    def start(self) -> None:
        if not self.open:
            return
        poll = Poll(self.loop, self.random.choice(self.open))
        try:
            poll.start(READABLE, lambda error, events: self.on_event(poll, error))
        except FileExistsError:
            poll.close()
        else:
            self.inodes[poll] = os.fstat(poll.fileno()).st_ino

    def stop(self) -> None:
        if self.inodes:
            poll = self.random.choice(list(self.inodes))
            del self.inodes[poll]
            self.random.choice([poll.stop, poll.close])()

    def on_event(self, poll: Poll, error: OSError | None) -> None:
        assert poll in self.inodes, "told after it was stopped, or told of its end twice"
        if error is not None:
            assert error.errno == errno.EBADF
            assert not poll.active
            del self.inodes[poll]
            return
        assert os.fstat(poll.fileno()).st_ino == self.inodes[poll], "told of another handle's file"
        self.delivered += 1
        if self.random.random() < 0.5:
            os.read(poll.fileno(), 100)
        self.step()

    def step(self) -> None:
        self.random.choice([
            self.open_pair, self.close_one, self.duplicate, self.replace, self.send, self.send, self.start, self.start,
            self.stop,
        ])()

    def end(self) -> None:
        for fd in self.open:
            os.close(fd)
        for far in self.far:
            far.close()


@pytest.mark.parametrize("seed", range(40))
def test_no_wrong_delivery_whatever_the_user_does_with_the_descriptors(loop: Loop, seed: int) -> None:
    chaos = Chaos(loop, seed)
    for _ in range(300):
        chaos.step()
        if chaos.random.random() < 0.3:
            loop.run("nowait")
    for handle in loop.walk():
        if not handle.closing:
            handle.close()
    chaos.inodes.clear()
    loop.run()
    assert chaos.delivered
    assert [token for token, _ in loop._queue.wait(0)] == [], "stale registrations are left"
    chaos.end()
