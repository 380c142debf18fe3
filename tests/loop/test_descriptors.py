"""Numbers that became other files behind the loop's back, and addresses that are none: nobody else's data, no spinning,
nothing left outstanding.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
from running import run

from ouroloop.loop import READABLE, Handle, Loop, Pipe, Poll, Tcp, Timer, Udp

Told = list[Any]


def datagrams() -> tuple[socket.socket, socket.socket]:
    """A bound socket, and one that sends to it."""
    receiver = socket.socket(type=socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = socket.socket(type=socket.SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    return receiver, sender


def streaming(loop: Loop, fd: int, told: Told) -> Handle:
    pipe = Pipe(loop)
    pipe.open(fd)
    pipe.read_start(lambda *what: told.append(what))
    return pipe


def receiving(loop: Loop, fd: int, told: Told) -> Handle:
    udp = Udp(loop)
    udp.open(fd)
    udp.recv_start(lambda *what: told.append(what))
    return udp


def polling(loop: Loop, fd: int, told: Told) -> Handle:
    poll = Poll(loop, fd)
    poll.start(READABLE, lambda *what: told.append(what))
    return poll


KINDS: dict[str, tuple[Callable[[], Any], Callable[[Loop, int, Told], Handle]]] = {
    "stream": (socket.socketpair, streaming), "udp": (datagrams, receiving), "poll": (socket.socketpair, polling),
}


def turns_in(loop: Loop, ms: int) -> int:
    before = loop.turns
    timer = Timer(loop)
    timer.start(loop.stop, ms)
    loop.run()
    timer.close()
    return loop.turns - before


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_that_became_a_file_the_loop_does_not_know_is_not_read(loop: Loop, kind: str) -> None:
    connected, handle_for = KINDS[kind]
    (old, old_peer), (new, new_peer) = connected(), connected()
    new.setblocking(False)
    told: Told = []
    fd = old.detach()
    handle = handle_for(loop, fd, told)
    loop.run("nowait")
    os.dup2(new.fileno(), fd)
    new_peer.send(b"for somebody else")
    assert turns_in(loop, 30) < 10
    # epoll forgot the closed file in silence; poll(2) shows the new one, and the queue must see the difference.
    assert [failure.errno for failure, *_ in told] == ([errno.EBADF] if loop.queue_name == "poll" else [])
    assert new.recv(100) == b"for somebody else"
    handle.close()
    run(loop)
    os.close(fd)
    for sock in (old_peer, new, new_peer):
        sock.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_file_that_lives_on_in_a_duplicate_does_not_spin_under_a_reused_number(loop: Loop, kind: str) -> None:
    connected, handle_for = KINDS[kind]
    (old, old_peer), (new, new_peer) = connected(), connected()
    new.setblocking(False)
    told: Told = []
    fd = old.detach()
    handle = handle_for(loop, fd, told)
    loop.run("nowait")
    duplicate = os.dup(fd)
    os.dup2(new.fileno(), fd)
    old_peer.send(b"what nobody can read")
    assert turns_in(loop, 30) < 10
    assert [failure.errno for failure, *_ in told] == ([errno.EBADF] if loop.queue_name == "epoll" else [])
    handle.close()
    run(loop)
    for number in (fd, duplicate):
        os.close(number)
    for sock in (old_peer, new, new_peer):
        sock.close()


@pytest.mark.parametrize("kind", [Tcp, Udp])
@pytest.mark.parametrize(
    "address",
    [("127.0.0.1", 65536), ("127.0.0.1", -1), ("127.0.0.1",), ("127.0.0.1", "80"), ("::1", 80, 0, 0, 0),
     ("::1", 80, -1), ("127.0.0.1", 80, 0), ("127.0.0.1\0", 80), ("localhost", 80), (None, 80)],
)
def test_what_is_no_address_is_refused_and_leaves_nothing_outstanding(
    loop: Loop, kind: type[Tcp | Udp], address: Any
) -> None:
    handle = kind(loop)
    attempts: list[Callable[[], object]] = [lambda: handle.bind(address)]
    if isinstance(handle, Udp):
        attempts += [
            lambda: handle.send(b"x", address), lambda: handle.try_send(b"x", address), lambda: handle.connect(address)
        ]
    else:
        attempts.append(lambda: handle.connect(address, lambda _: None))
    for attempt in attempts:
        with pytest.raises(OSError) as caught:
            attempt()
        assert caught.value.errno == errno.EINVAL
    assert not loop.alive


def test_an_address_of_another_family_is_a_system_error(loop: Loop) -> None:
    other = ("::1", 80)
    tcp, udp = Tcp(loop), Udp(loop)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    told: list[OSError | None] = []
    udp.send(b"x", other, told.append)
    run(loop)
    assert [failure and failure.errno for failure in told] == [errno.EAFNOSUPPORT]
    for attempt in (lambda: udp.try_send(b"x", other), lambda: udp.connect(other), lambda: tcp.connect(other, print)):
        with pytest.raises(OSError) as caught:
            attempt()
        assert caught.value.errno == errno.EAFNOSUPPORT
    assert not loop.alive
