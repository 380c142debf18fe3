"""The lab `epoll`: each trap shut as it is told, and a wait does not grow with what is watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.stage import duration, times


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("epoll").figures


def test_by_level_again_and_again_by_edge_on_arrival_and_once_until_it_is_set_again(figures: Any) -> None:
    assert list(figures.modes.values()) == [
        [True, True, True, True], [True, False, True, True], [True, False, False, True]]


def test_what_is_left_by_edge_is_never_reported(figures: Any) -> None:
    assert (figures.hang.left, figures.hang.reported) == (6, 0)
    assert figures.hang.waited > 0.045


def test_a_duplicate_keeps_an_entry_that_nothing_takes_out(figures: Any) -> None:
    stale = figures.stale
    assert stale.reports == stale.waits
    assert (stale.removal, stale.removal_reused, stale.after_last_close) == ("EBADF", "ENOENT", 0)


def test_one_client_wakes_the_herd_but_for_the_flag_against_it(figures: Any) -> None:
    everybody, exclusive = figures.herd.values()
    assert everybody == 8
    assert 1 <= exclusive < everybody


def test_who_drains_starves_others_and_who_has_a_budget_does_not(figures: Any) -> None:
    assert figures.drained > 100 * figures.budgeted > 0
    assert figures.turns in ("ABABABAB", "BABABABA")


def test_milliseconds_are_too_coarse(figures: Any) -> None:
    none, millisecond, exactly, timer = figures.timers.values()
    assert none < 100e-6
    assert millisecond >= 1e-3
    for fine in (exactly, timer):
        assert fine is None or 100e-6 <= fine < millisecond


def test_a_wait_costs_the_same_whatever_is_watched_and_poll_grows_with_it(figures: Any) -> None:
    few, many = figures.sizes[0], figures.sizes[-1]
    crowd = many.watched / few.watched
    assert many.queue < few.queue * crowd / 20
    assert many.poll > few.poll * crowd / 20
    assert many.poll > 10 * many.queue


def test_a_wake_up_by_the_queue_costs_more_than_a_wait_that_need_not_sleep(figures: Any) -> None:
    assert figures.wakes.queue > figures.sizes[0].queue
    assert figures.wakes.queue < 10 * figures.wakes.blocking_read


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("epoll").plain
    for size in figures.sizes:
        assert f"{size.watched:,}" in plain
        assert duration(size.queue) in plain
        assert times(size.poll / size.queue) in plain
    assert f"it is reported {figures.stale.reports} times" in plain
    assert f"{list(figures.herd.values())[1]} woken" in plain
