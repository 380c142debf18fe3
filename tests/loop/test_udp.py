"""Udp: datagrams, sent, received, and to groups."""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Any

import pytest
from running import refusal, run, until_it_blocks

from ouroloop.loop import Idle, Loop, Timer, Udp

HERE = ("127.0.0.1", 0)
GROUP = "239.255.0.1"
GROUP6 = "ff01::1234"


def bound(loop: Loop, address: tuple[str, int] = HERE, **options: bool) -> Udp:
    handle = Udp(loop)
    handle.bind(address, **options)
    return handle


def expecting(handle: Udp, count: int) -> list[tuple[bytes, Any]]:
    """The next `count` datagrams that arrive at `handle`, which then stops."""
    got: list[tuple[bytes, Any]] = []

    def received(failure: OSError | None, data: bytes, address: Any, flags: int) -> None:
        assert failure is None
        assert flags == 0
        got.append((data, address))
        if len(got) == count:
            handle.recv_stop()

    handle.recv_start(received)
    return got


def option(handle: Udp, level: int, name: int) -> int:
    sock = socket.socket(fileno=handle.fileno())
    try:
        return sock.getsockopt(level, name)
    finally:
        sock.detach()


def full(loop: Loop) -> tuple[Udp, socket.socket]:
    """A handle whose next datagram must wait, and the socket that can make room."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    handle = Udp(loop)
    handle.open(near)
    until_it_blocks(lambda: handle.try_send(b"filler"))
    return handle, far


# Sending and receiving


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_datagram_arrives_with_the_address_it_came_from(loop: Loop, family: int) -> None:
    here: tuple[str, int] = ("::1", 0) if family == socket.AF_INET6 else HERE
    try:
        receiver, sender = bound(loop, here), bound(loop, here)
    except OSError:
        pytest.skip("no IPv6 here")
    got = expecting(receiver, 1)
    sent: list[OSError | None] = []
    sender.send(b"hello", receiver.getsockname(), sent.append)
    run(loop)
    assert sent == [None]
    assert got == [(b"hello", sender.getsockname())]


def test_several_buffers_are_one_datagram_and_an_empty_one_arrives_too(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    got = expecting(receiver, 3)
    sender.send([b"one", bytearray(b"two"), memoryview(b"three")], receiver.getsockname())
    sender.send(b"", receiver.getsockname())
    sender.send(b"x" * 65507, receiver.getsockname())
    run(loop)
    assert [data for data, _ in got] == [b"onetwothree", b"", b"x" * 65507]


def test_a_handle_that_was_never_bound_can_send_and_receive(loop: Loop) -> None:
    receiver, sender = Udp(loop), Udp(loop)
    got = expecting(receiver, 1)
    assert receiver.getsockname()[0] == "0.0.0.0"
    sender.send(b"x", ("127.0.0.1", receiver.getsockname()[1]))
    run(loop)
    assert got[0][1][1] == sender.getsockname()[1]


def test_the_callback_of_send_never_runs_inside_it_and_the_queue_counts_until_then(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    seen: list[Any] = []
    for size in (3, 4):
        sender.send(
            bytes(size), receiver.getsockname(),
            lambda failure: seen.append((failure, sender.send_queue_size, sender.send_queue_count)),
        )
    assert (seen, sender.send_queue_size, sender.send_queue_count) == ([], 7, 2)
    run(loop)
    assert seen == [(None, 4, 1), (None, 0, 0)]


def test_datagrams_that_do_not_fit_wait_and_leave_in_order(loop: Loop) -> None:
    handle, far = full(loop)
    far.setblocking(False)
    done: list[int] = []
    for number in range(3):
        handle.send(b"queued %d" % number, None, lambda _, number=number: done.append(number))
    loop.run("nowait")
    assert done == []
    assert handle.send_queue_count == 3
    assert refusal(lambda: handle.try_send(b"x")) == errno.EAGAIN
    got: list[bytes] = []

    def drain() -> None:
        until_it_blocks(lambda: got.append(far.recv(100)))

    idle = Idle(loop)
    idle.start(lambda: (drain(), done == [0, 1, 2] and idle.close()))
    run(loop)
    drain()
    assert [data for data in got if data != b"filler"] == [b"queued 0", b"queued 1", b"queued 2"]
    assert (handle.send_queue_size, handle.send_queue_count) == (0, 0)
    far.close()


def test_try_send_says_how_much_left(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    got = expecting(receiver, 2)
    assert sender.try_send(b"abc", receiver.getsockname()) == 3
    assert sender.try_send([b"ab", b"cd"], receiver.getsockname()) == 4
    run(loop)
    assert [data for data, _ in got] == [b"abc", b"abcd"]


def test_a_datagram_that_is_too_long_fails_alone(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    got = expecting(receiver, 1)
    results: list[int | None] = []
    sender.send(bytes(70_000), receiver.getsockname(), lambda failure: results.append(failure and failure.errno))
    sender.send(b"short", receiver.getsockname(), lambda failure: results.append(failure and failure.errno))
    assert refusal(lambda: sender.try_send(bytes(70_000), receiver.getsockname())) == errno.EAGAIN
    run(loop)
    assert results == [errno.EMSGSIZE, None]
    assert got[0][0] == b"short"
    assert refusal(lambda: sender.try_send(bytes(70_000), receiver.getsockname())) == errno.EMSGSIZE


def test_recv_stop_inside_the_callback_stops_at_once(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    for number in range(5):
        sender.try_send(b"%d" % number, receiver.getsockname())
    got = expecting(receiver, 2)
    run(loop)
    assert [data for data, _ in got] == [b"0", b"1"]
    got = expecting(receiver, 3)
    run(loop)
    assert [data for data, _ in got] == [b"2", b"3", b"4"]


def test_a_busy_port_does_not_hold_up_a_quiet_one(loop: Loop) -> None:
    busy, quiet, sender = bound(loop), bound(loop), bound(loop)
    order: list[str] = []
    busy.recv_start(lambda *_: (order.append("busy"), sender.try_send(b"x", busy.getsockname())))
    quiet.recv_start(lambda *_: (order.append("quiet"), busy.close(), quiet.close()))
    sender.try_send(b"x", busy.getsockname())
    sender.try_send(b"x", quiet.getsockname())
    run(loop)
    assert "quiet" in order
    assert order.count("busy") <= 64


def test_receiving_twice_is_refused(loop: Loop) -> None:
    handle = bound(loop)
    handle.recv_start(print)
    assert handle.active
    assert refusal(lambda: handle.recv_start(print)) == errno.EALREADY
    handle.recv_stop()
    assert not handle.active
    handle.recv_stop()


# Connected handles


def test_a_connected_handle_sends_without_an_address_and_hears_only_its_peer(loop: Loop) -> None:
    one, two, stranger = bound(loop), bound(loop), bound(loop)
    one.connect(two.getsockname())
    assert one.getpeername() == two.getsockname()
    got, heard = expecting(two, 1), expecting(one, 1)
    one.send(b"to two")
    stranger.try_send(b"unwanted", one.getsockname())
    two.try_send(b"wanted", one.getsockname())
    run(loop)
    assert got == [(b"to two", one.getsockname())]
    assert heard == [(b"wanted", two.getsockname())]


def test_an_address_is_needed_exactly_when_not_connected(loop: Loop) -> None:
    one, two = bound(loop), bound(loop)
    assert refusal(lambda: one.send(b"x")) == errno.EDESTADDRREQ
    assert refusal(lambda: one.try_send(b"x")) == errno.EDESTADDRREQ
    assert refusal(lambda: one.connect(None)) == errno.ENOTCONN
    one.connect(two.getsockname())
    assert refusal(lambda: one.send(b"x", two.getsockname())) == errno.EISCONN
    assert refusal(lambda: one.connect(two.getsockname())) == errno.EISCONN
    one.connect(None)
    assert refusal(one.getpeername) == errno.ENOTCONN
    assert refusal(lambda: one.send(b"x")) == errno.EDESTADDRREQ
    one.send(b"x", two.getsockname())
    run(loop)


def test_nobody_listening_is_told_to_the_receiver_and_receiving_goes_on(loop: Loop) -> None:
    one, two = bound(loop), bound(loop)
    address = two.getsockname()
    two.close()
    run(loop)
    one.connect(address)
    errors: list[int | None] = []
    got: list[bytes] = []

    def received(failure: OSError | None, data: bytes, sender: Any, flags: int) -> None:
        if failure is None:
            got.append(data)
            one.close()
            return
        errors.append(failure.errno)
        assert (data, sender, flags) == (b"", None, 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
            late.bind(address)
            late.sendto(b"here now", one.getsockname())

    one.recv_start(received)
    one.send(b"anybody?")
    run(loop)
    assert errors == [errno.ECONNREFUSED]
    assert got == [b"here now"]


# Binding


def test_a_port_is_free_at_once_after_close(loop: Loop) -> None:
    one = bound(loop)
    address = one.getsockname()
    assert refusal(lambda: bound(loop, address)) == errno.EADDRINUSE
    one.close()
    bound(loop, address)


def test_ports_are_shared_when_all_say_so(loop: Loop) -> None:
    one = bound(loop, reuse_address=True)
    assert bound(loop, one.getsockname(), reuse_address=True).getsockname() == one.getsockname()
    two = bound(loop, reuse_port=True)
    assert bound(loop, two.getsockname(), reuse_port=True).getsockname() == two.getsockname()


def test_ipv6_only_leaves_the_port_to_ipv4(loop: Loop) -> None:
    assert refusal(lambda: bound(loop, HERE, ipv6_only=True)) == errno.EINVAL
    try:
        six = bound(loop, ("::", 0), ipv6_only=True)
    except OSError:
        pytest.skip("no IPv6 here")
    bound(loop, ("0.0.0.0", six.getsockname()[1]))


def test_names_are_refused_not_looked_up(loop: Loop) -> None:
    for call in (
        lambda: bound(loop, ("localhost", 0)), lambda: Udp(loop).connect(("localhost", 1)),
        lambda: Udp(loop).send(b"x", ("localhost", 1)), lambda: Udp(loop).try_send(b"x", ("", 1)),
    ):
        assert refusal(call) == errno.EINVAL
    assert loop.active_requests == 0


def test_open_takes_over_a_socket_with_its_connection(loop: Loop) -> None:
    receiver = bound(loop)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(receiver.getsockname())
    handle = Udp(loop)
    handle.open(sock.detach())
    assert refusal(lambda: handle.open(0)) == errno.EBUSY
    got = expecting(receiver, 1)
    handle.send(b"x")
    run(loop)
    assert got == [(b"x", handle.getsockname())]


# Options and groups


def test_options_reach_the_socket(loop: Loop) -> None:
    handle = bound(loop)
    handle.set_broadcast(True)
    handle.set_ttl(17)
    handle.set_multicast_ttl(3)
    handle.set_multicast_loop(False)
    handle.set_multicast_interface("127.0.0.1")
    assert option(handle, socket.SOL_SOCKET, socket.SO_BROADCAST) == 1
    assert option(handle, socket.IPPROTO_IP, socket.IP_TTL) == 17
    assert option(handle, socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 3
    assert option(handle, socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP) == 0
    address = struct.pack("@I", option(handle, socket.IPPROTO_IP, socket.IP_MULTICAST_IF))
    assert socket.inet_ntoa(address) == "127.0.0.1"


def test_options_reach_an_ipv6_socket(loop: Loop) -> None:
    try:
        handle = bound(loop, ("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    handle.set_ttl(17)
    handle.set_multicast_ttl(3)
    handle.set_multicast_loop(False)
    handle.set_multicast_interface("::1%lo")
    assert option(handle, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) == 17
    assert option(handle, socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS) == 3
    assert option(handle, socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP) == 0
    assert option(handle, socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF) == socket.if_nametoindex("lo")


def test_bad_options_are_refused(loop: Loop) -> None:
    handle = bound(loop)
    for call in (
        lambda: handle.set_ttl(0), lambda: handle.set_ttl(256), lambda: handle.set_multicast_ttl(-1),
        lambda: handle.set_multicast_interface("eth0"), lambda: handle.set_multicast_interface("::1"),
        lambda: handle.set_membership("no group", None, "join"),
        lambda: handle.set_membership("127.0.0.1", None, "join"),
        lambda: handle.set_source_membership(GROUP, None, "::1", "join"),
    ):
        assert refusal(call) == errno.EINVAL
    for call in (lambda: Udp(loop).set_ttl(1), lambda: Udp(loop).set_broadcast(True), Udp(loop).getsockname):
        assert refusal(call) == errno.EBADF
    with pytest.raises(ValueError, match="'join' or 'leave'"):
        handle.set_membership(GROUP, None, "enter")  # type: ignore[arg-type]


def test_a_member_hears_the_group_until_it_leaves(loop: Loop) -> None:
    member, sender = bound(loop, ("0.0.0.0", 0)), bound(loop)
    sender.set_multicast_interface("127.0.0.1")
    target = (GROUP, member.getsockname()[1])
    member.set_membership(GROUP, "127.0.0.1", "join")
    assert refusal(lambda: member.set_membership(GROUP, "127.0.0.1", "join")) == errno.EADDRINUSE
    got = expecting(member, 1)
    sender.send(b"to all", target)
    run(loop)
    assert got == [(b"to all", sender.getsockname())]
    member.set_membership(GROUP, "127.0.0.1", "leave")
    assert refusal(lambda: member.set_membership(GROUP, "127.0.0.1", "leave")) == errno.EADDRNOTAVAIL
    got = expecting(member, 1)
    sender.send(b"to nobody", target)
    sender.send(b"to you", ("127.0.0.1", target[1]))
    run(loop)
    assert got == [(b"to you", sender.getsockname())]


def test_a_member_of_one_source_hears_no_other(loop: Loop) -> None:
    member, sender, other = bound(loop, ("0.0.0.0", 0)), bound(loop, ("127.0.0.1", 0)), bound(loop, ("127.0.0.2", 0))
    target = (GROUP, member.getsockname()[1])
    for handle in (sender, other):
        handle.set_multicast_interface("127.0.0.1")
    member.set_source_membership(GROUP, "127.0.0.1", "127.0.0.1", "join")
    got = expecting(member, 1)
    other.try_send(b"unwanted", target)
    sender.try_send(b"wanted", target)
    run(loop)
    assert got == [(b"wanted", sender.getsockname())]
    member.set_source_membership(GROUP, "127.0.0.1", "127.0.0.1", "leave")
    leave = lambda: member.set_source_membership(GROUP, "127.0.0.1", "127.0.0.1", "leave")  # noqa: E731
    assert refusal(leave) in (errno.EINVAL, errno.EADDRNOTAVAIL)


def test_ipv6_groups_can_be_joined_and_left(loop: Loop) -> None:
    try:
        member = bound(loop, ("::", 0))
        member.set_membership(GROUP6, "::1%lo", "join")
    except OSError:
        pytest.skip("no IPv6 here")
    assert refusal(lambda: member.set_membership(GROUP6, "::1%lo", "join")) == errno.EADDRINUSE
    member.set_membership(GROUP6, "::1%lo", "leave")
    assert refusal(lambda: member.set_membership(GROUP6, "::1%lo", "leave")) == errno.EADDRNOTAVAIL
    member.set_source_membership(GROUP6, "::1%lo", "::1", "join")
    assert refusal(lambda: member.set_source_membership(GROUP6, "::1%lo", "::1", "join")) == errno.EADDRNOTAVAIL
    member.set_source_membership(GROUP6, "::1%lo", "::1", "leave")
    with pytest.raises(OSError, match=r"."):
        member.set_source_membership(GROUP6, "::1%lo", "::1", "leave")


def test_an_ipv6_group_is_heard(loop: Loop) -> None:
    try:
        member, sender = bound(loop, ("::", 0)), bound(loop, ("::1", 0))
        target = (GROUP6, member.getsockname()[1])
        member.set_membership(GROUP6, "::1%lo", "join")
        sender.set_multicast_interface("::1%lo")
        sender.try_send(b"to all", target)
    except OSError as exc:
        pytest.skip(f"no IPv6 multicast on the loopback interface: {exc}")
    got = expecting(member, 1)
    run(loop)
    assert [data for data, _ in got] == [b"to all"]


def test_an_unbound_handle_that_joins_shares_its_port(loop: Loop) -> None:
    handle = Udp(loop)
    handle.set_membership(GROUP, "127.0.0.1", "join")
    assert option(handle, socket.SOL_SOCKET, socket.SO_REUSEADDR) == 1


# Closing, raising, losing


def test_closing_answers_queued_datagrams_with_ecanceled_and_then_calls_back(loop: Loop) -> None:
    handle, far = full(loop)
    seen: list[Any] = []
    handle.recv_start(lambda *_: seen.append("received"))
    for _ in range(2):
        handle.send(b"x", None, lambda failure: seen.append(failure and failure.errno))
    handle.close(lambda: seen.append("closed"))
    assert seen == []
    run(loop)
    assert seen == [errno.ECANCELED, errno.ECANCELED, "closed"]
    assert (handle.send_queue_size, handle.send_queue_count) == (0, 0)
    far.close()


def test_closing_inside_the_receive_callback_ends_it(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    for _ in range(3):
        sender.try_send(b"x", receiver.getsockname())
    seen: list[str] = []
    receiver.recv_start(lambda *_: (seen.append("received"), receiver.close(lambda: seen.append("closed"))))
    run(loop)
    assert seen == ["received", "closed"]


def test_a_closing_handle_refuses_everything(loop: Loop) -> None:
    handle = bound(loop)
    handle.close()
    for _ in range(2):
        assert refusal(lambda: handle.send(b"x", HERE)) == errno.EBADF
        assert refusal(lambda: handle.try_send(b"x", HERE)) == errno.EBADF
        assert refusal(handle.getsockname) == errno.EBADF
        for call in (
            lambda: handle.bind(HERE), lambda: handle.connect(HERE), lambda: handle.recv_start(print), handle.close,
            lambda: handle.set_membership(GROUP, None, "join"),
        ):
            assert refusal(call) == errno.EINVAL
        run(loop)


class Oops(Exception):
    pass


def raising(*_: Any) -> None:
    raise Oops


def test_a_callback_that_raises_keeps_no_other_from_running(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    seen: list[Any] = []
    for callback in (raising, seen.append, raising, seen.append):
        sender.send(b"xy", receiver.getsockname(), callback)
    for _ in range(2):
        with pytest.raises(Oops):
            loop.run()
    run(loop)
    assert seen == [None, None]
    assert (sender.send_queue_size, sender.send_queue_count, loop.active_requests) == (0, 0, 0)


def test_receiving_goes_on_after_its_callback_raised(loop: Loop) -> None:
    receiver, sender = bound(loop), bound(loop)
    caught: list[BaseException] = []
    loop.on_exception = lambda exc: (caught.append(exc), len(caught) == 3 and receiver.close())
    for _ in range(3):
        sender.try_send(b"x", receiver.getsockname())
    receiver.recv_start(raising)
    run(loop)
    assert len(caught) == 3


@pytest.mark.parametrize("duplicate", [False, True])
def test_a_socket_closed_behind_the_loops_back_gives_ebadf_and_does_not_spin(loop: Loop, duplicate: bool) -> None:
    receiver, sender = bound(loop), bound(loop)
    errors: list[int | None] = []
    receiver.recv_start(lambda failure, *_: errors.append(failure and failure.errno))
    loop.run("nowait")
    address, number = receiver.getsockname(), receiver.fileno()
    copies = [os.dup(number)] if duplicate else []
    os.close(number)
    if duplicate:
        sender.try_send(b"x", address)
    ticks = Timer(loop)
    ticks.start(lambda: loop.stop(), 30)
    turns = loop.turns
    loop.run()
    assert loop.turns - turns < 10
    if duplicate or loop.queue_name == "poll":
        assert errors == [errno.EBADF]
        assert not receiver.active
    receiver.close()
    ticks.close()
    run(loop)
    for copy in copies:
        os.close(copy)
