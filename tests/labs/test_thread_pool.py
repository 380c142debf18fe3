"""The lab `thread-pool`: four threads are too few for sixteen waits, and no help for what holds the lock."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest

from ouroloop.labs.stage import duration
from ouroloop.labs.thread_pool import Pool, run_all


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("thread-pool").figures


def test_a_pool_does_each_job_once_and_no_more_at_once_than_it_has_threads() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def action() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    jobs = run_all(3, [action] * 100)
    assert len([job for job in jobs if job.queued <= job.started <= job.ended]) == 100
    assert {job.thread for job in jobs} <= {0, 1, 2}
    assert 1 <= most <= 3


def test_jobs_are_started_in_the_order_in_which_they_came() -> None:
    done: list[int] = []
    run_all(1, [lambda number=number: done.append(number) for number in range(20)])  # type: ignore[misc]
    assert done == list(range(20))


def test_a_pool_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    pool = Pool(4)
    assert threading.active_count() == before + 4
    pool.end()
    assert threading.active_count() == before


def test_sixteen_waits_take_four_threads_four_times_as_long(figures: Any) -> None:
    took = {size: max(job.ended for job in jobs) for size, jobs in figures.waits.items()}
    assert took[4] >= 4 * 0.02
    assert took[4] > 1.5 * took[16]
    assert max(job.delay for job in figures.waits[4]) > 2.5 * 0.02


def test_a_brief_job_waits_behind_slow_ones_if_all_threads_have_one(figures: Any) -> None:
    assert figures.behind[4] > 0.055
    assert figures.behind[4] > 2 * figures.behind[16]


def test_the_queue_grows_as_the_load_does_and_without_end_above_all_there_is(figures: Any) -> None:
    low, _, high = figures.loads
    assert fmean(high.delays) > 1.5 * fmean(low.delays)
    assert fmean(high.delays[-10:]) > 2 * fmean(high.delays[:10])


def test_python_code_has_one_processor_at_the_most_and_who_lets_go_of_the_lock_what_he_gets(figures: Any) -> None:
    at_work = {name: runs[4].processor_time / runs[4].elapsed for name, runs in figures.computing.items()}
    if figures.has_lock:
        assert at_work["Python code"] < 1.2
    assert all(processors < figures.available + 0.2 for processors in at_work.values())
    for name, runs in figures.computing.items():
        if at_work[name] > 1.5:
            assert runs[4].elapsed < runs[1].elapsed


def test_python_code_in_a_pool_delays_the_loop(figures: Any) -> None:
    if not figures.has_lock:
        pytest.skip("this Python has no GIL")
    assert figures.late["Python code"] > sys.getswitchinterval() / 2
    assert figures.late["Python code"] > 2 * figures.late["nothing"]


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("thread-pool").plain
    for late in [*figures.late.values(), *figures.behind.values()]:
        assert duration(late) in plain
    for name, runs in figures.computing.items():
        assert name in plain
        assert all(duration(run.elapsed) in plain for run in runs.values())
