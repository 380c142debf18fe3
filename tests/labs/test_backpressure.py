"""The lab `backpressure`: the mark decides over memory, not over time, and the kernel stops who is not read."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ouroloop.labs.backpressure import Writable
from ouroloop.labs.stage import duration, size

CHUNK = 8 << 10


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("backpressure").figures


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    sender, receiver = socket.socketpair()
    with sender, receiver:
        sender.setblocking(False)
        yield sender, receiver


def test_everything_arrives_with_each_mark_and_without(figures: Any) -> None:
    for run in figures.runs:
        assert run.received == figures.total
        assert run.queued[-1][1] == 0


def test_the_queue_is_as_long_as_the_mark_allows_and_without_one_nearly_as_long_as_what_is_sent(figures: Any) -> None:
    without, *with_mark = figures.runs
    assert without.most > figures.total / 2
    for run in with_mark:
        assert run.mark <= run.most < run.mark + CHUNK


def test_the_time_is_the_reader_s(figures: Any) -> None:
    least = figures.total / CHUNK * 0.001
    assert all(least * 0.99 < run.elapsed for run in figures.runs)
    assert max(run.elapsed for run in figures.runs) < 2 * min(run.elapsed for run in figures.runs)


def test_a_lower_mark_is_reached_more_often(figures: Any) -> None:
    drains = [run.drains for run in figures.runs]
    assert drains[0] == 0
    assert drains == sorted(drains)
    assert drains[-1] > drains[1] > 0


def test_the_kernel_takes_something_for_somebody_who_does_not_read_and_then_no_more(figures: Any) -> None:
    kernel = figures.kernel
    assert 16 << 10 < kernel.accepted < 1 << 20
    assert 0 < kernel.read_until_writable <= kernel.accepted


def test_the_window_closes_and_opens_again(figures: Any) -> None:
    kernel = figures.kernel
    if not kernel.windows:
        pytest.skip("this system does not tell")
    windows = [window for _, window in kernel.windows]
    assert kernel.window_at_full is not None
    assert kernel.window_at_full < max(windows) / 4
    assert windows[-1] > kernel.window_at_full
    assert max(arrived for _, arrived in kernel.arrived) > 16 << 10
    assert (kernel.arrived[-1][1], kernel.sending[-1][1] < kernel.accepted / 2) == (0, True)


def test_write_says_when_to_stop_and_takes_what_comes_all_the_same(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    told: list[str] = []
    stream = Writable(sender, 1_000, lambda: told.append("drain"))
    sent = 0
    while stream.write(b"x" * 999):
        sent += 999
    sent += 999
    assert stream.length >= 1_000 or not sent
    assert not stream.write(b"x" * 999)
    sent, received = sent + 999, 0
    while received < sent:
        received += len(receiver.recv(1 << 20))
        stream.flush()
    assert (stream.length, told) == (0, ["drain"])
    stream.flush()
    assert told == ["drain"]


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("backpressure").plain
    for run in figures.runs:
        assert f"{size(run.most)}" in plain
        assert f"{duration(run.elapsed)}\n" in plain
    assert size(figures.kernel.accepted) in plain
