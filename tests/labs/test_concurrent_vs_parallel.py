"""The lab `concurrent-vs-parallel`: when concurrency pays, and when only processors do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.concurrent_vs_parallel import Task, concurrently, serially
from ouroloop.labs.stage import duration


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("concurrent-vs-parallel").figures


def test_all_tasks_did_all_their_pieces(figures: Any) -> None:
    for ways in figures.runs.values():
        for run in ways.values():
            assert [len(lane) for lane in run.lanes] == [3, 3, 3, 3]


def test_one_thread_waits_for_all_at_once(figures: Any) -> None:
    waiting = figures.runs["waiting"]
    assert [run.most_at_once for run in waiting.values()] == [1, 4, 4]
    assert waiting["concurrently"].elapsed < 0.6 * waiting["serially"].elapsed
    assert waiting["concurrently"].processors < 0.5


def test_one_thread_computes_one_thing_at_a_time(figures: Any) -> None:
    computing = figures.runs["computing"]
    assert computing["serially"].most_at_once == computing["concurrently"].most_at_once == 1
    ratio = computing["concurrently"].processor_time / computing["serially"].processor_time
    assert 0.5 < ratio < 2


def test_taking_turns_interleaves_the_pieces(figures: Any) -> None:
    lanes = figures.runs["computing"]["concurrently"].lanes
    for piece in range(2):
        assert max(lane[piece].end for lane in lanes) <= min(lane[piece + 1].begin for lane in lanes)


def test_processes_compute_at_the_same_time_and_gain_what_processors_they_get(figures: Any) -> None:
    """How many they get is for the machine to say, which may have others to serve."""
    parallel = figures.runs["computing"]["in parallel"]
    assert parallel.most_at_once >= 2
    assert parallel.processors <= figures.available + 0.2
    if parallel.processors > 1.2:
        assert parallel.elapsed < parallel.processor_time


def test_the_little_loop_runs_tasks_in_the_order_in_which_they_are_due() -> None:
    tasks = [Task("computing", 10) for _ in range(3)]
    concurrently(tasks)
    pieces = sorted((span.begin, number) for number, task in enumerate(tasks) for span in task.spans)
    assert [number for _, number in pieces] == [0, 1, 2] * 3
    tasks = [Task("computing", 10) for _ in range(3)]
    serially(tasks)
    pieces = sorted((span.begin, number) for number, task in enumerate(tasks) for span in task.spans)
    assert [number for _, number in pieces] == [0] * 3 + [1] * 3 + [2] * 3


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("concurrent-vs-parallel").plain
    for kind, ways in figures.runs.items():
        for way, run in ways.items():
            assert f"{kind}, {way}" in plain
            assert duration(run.elapsed) in plain
