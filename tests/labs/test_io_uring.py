"""The lab `io-uring`: answers come when things are done, and what goes wrong goes wrong as it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.catalogue import NotHere, load
from ouroloop.labs.child import Child
from ouroloop.labs.stage import duration, times


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("io-uring").figures


def test_the_rings_stand_where_the_drawing_says(figures: Any) -> None:
    filled, told, later, taken = figures.moments
    assert filled.requests == "ABCD····"
    assert filled.numbers == (0, 4, 0, 0)
    assert told.requests == later.requests == taken.requests == "········"
    assert told.numbers[:2] == (4, 4)
    assert later.numbers[2:] == (0, 4)
    assert taken.numbers == (4, 4, 4, 4)
    assert later.answers == f"{figures.answered}············"


def test_answers_come_in_the_order_in_which_things_are_done(figures: Any) -> None:
    place = figures.answered.index
    assert sorted(figures.answered) == sorted(figures.submitted)
    assert place("D") < place("A")
    assert place("C") < place("A")
    assert place("B") == 3


def test_a_kernel_thread_answers_without_a_call(figures: Any) -> None:
    assert figures.without_calls in (3, None)


def test_a_ring_can_poll_once_or_by_edge_and_a_read_is_answered_once(figures: Any) -> None:
    assert figures.modes == {
        "poll, once": [True, False, False], "poll, many times": [True, False, True], "read": [True, False, False]}


def test_a_buffer_is_the_kernel_s_until_the_answer_is_there(figures: Any) -> None:
    assert figures.notes == ("our own notes", "somebody's mail")


def test_to_close_the_number_ends_no_request(figures: Any) -> None:
    assert figures.after_close == (0, 1)


def test_the_call_succeeds_and_the_request_fails(figures: Any) -> None:
    assert figures.bad == (1, -9)
    assert figures.cancelled == {"the read": -125, "its cancellation": 0}


def test_answers_without_a_place_are_kept(figures: Any) -> None:
    overflow = figures.overflow
    assert overflow.seen == overflow.places < overflow.requests
    assert overflow.flagged
    assert overflow.seen + overflow.later == overflow.requests


@pytest.mark.usefixtures("figures")
def test_behind_a_filter_as_in_containers_it_says_so_and_what_it_would_do() -> None:
    def run() -> bytes:
        load("io-uring").shut_the_door()  # type: ignore[attr-defined]
        try:
            load("io-uring").measure()
        except NotHere as exc:
            return str(exc).encode()
        return b"it ran"

    told = Child(run).wait()[0].decode()
    assert "would put requests into a ring" in told
    assert "EPERM: a filter of system calls (seccomp)" in told


@pytest.mark.skipif(sys.platform == "linux", reason="this is Linux")
def test_elsewhere_it_names_what_that_system_has() -> None:
    with pytest.raises(NotHere, match="io_uring is Linux's"):
        load("io-uring").measure()


def test_a_request_in_a_ring_costs_about_as_much_as_a_call(figures: Any) -> None:
    assert figures.in_a_batch < 4 * figures.one_by_one


def test_a_timer_is_as_fine_as_it_was_asked_for(figures: Any) -> None:
    assert 100e-6 <= figures.timer < 1e-3


def test_a_wait_costs_the_same_whatever_is_watched_and_poll_grows_with_it(figures: Any) -> None:
    few, many = figures.sizes[0], figures.sizes[-1]
    crowd = many.watched / few.watched
    assert many.queue < few.queue * crowd / 20
    assert many.poll > 10 * many.queue


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("io-uring").plain
    for size in figures.sizes:
        assert duration(size.queue) in plain
        assert times(size.poll / size.queue) in plain
    assert f"Answered: {' '.join(figures.answered)}" in plain
    assert f"io_uring_setup: {figures.refused}" in plain
