"""The lab `kqueue`: one call for all that can happen. On Linux, it needs libkqueue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.catalogue import NotHere, load
from ouroloop.labs.stage import duration, times


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("kqueue").figures


def test_where_there_is_none_it_says_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(NotHere, match=r"would watch descriptors .* Windows's queue is `ouro lab iocp`"):
        load("kqueue").measure()


def test_the_event_tells_how_much_there_is_by_each_way_of_watching(figures: Any) -> None:
    assert list(figures.modes.values()) == [[4, 2, 4, 4], [4, 0, 4, 0], [4, 0, 0, 4], [4, 0, 0, 4]]


def test_a_timer_a_process_a_signal_and_a_file_tell_what_happened(figures: Any) -> None:
    timer, process, came, written, renamed, deleted = (one.number for one in figures.filters)
    assert timer >= 10
    assert process == 3
    assert came >= (0 if figures.emulated else 3)
    assert written
    assert renamed
    assert deleted


def test_a_kernel_s_kqueue_forgets_what_was_closed_and_epoll_beneath_does_not(figures: Any) -> None:
    assert figures.after_close == (figures.waits if figures.emulated else 0)
    if not figures.emulated:
        assert figures.silence > 0.045


def test_an_event_may_be_of_a_number_that_was_given_away(figures: Any) -> None:
    assert figures.mistaken == (4, 0)


def test_a_process_that_is_gone_is_an_error_and_no_child_inherits_the_queue(figures: Any) -> None:
    assert figures.too_late == "ESRCH"
    assert not figures.inherited


def test_a_call_for_many_changes_is_cheaper_than_a_call_for_each(figures: Any) -> None:
    assert figures.together < figures.one_by_one


def test_a_wait_costs_the_same_whatever_is_watched_and_poll_grows_with_it(figures: Any) -> None:
    few, many = figures.sizes[0], figures.sizes[-1]
    crowd = many.watched / few.watched
    assert many.queue < few.queue * crowd / 20
    assert many.poll > 10 * many.queue


def test_timers_are_finer_than_a_millisecond(figures: Any) -> None:
    assert all(100e-6 <= taken < 1e-3 for taken in figures.timers.values())


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("kqueue").plain
    for size in figures.sizes:
        assert duration(size.queue) in plain
        assert times(size.poll / size.queue) in plain
    for one in figures.filters:
        assert one.told in plain
