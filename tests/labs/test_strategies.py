"""The lab `strategies`: all waits end, and threads are the dearest of all ways to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.stage import duration, size
from ouroloop.labs.strategies import WAYS, Watch, by_threads


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("strategies").figures


def test_each_way_is_done_or_says_why_not(figures: Any) -> None:
    assert {*figures.runs, *figures.missing} == set(WAYS)
    assert "callbacks" in figures.runs
    assert all(reason for reason in figures.missing.values())


def test_all_waits_come_to_their_end_and_are_under_way_at_once_where_that_is_cheap(figures: Any) -> None:
    for way, run in figures.runs.items():
        assert run.ended == figures.count
        if way != "threads":
            assert run.at_once == figures.count
            assert [span.kind for span in run.spans] == ["starting", "waiting", "going on"]


def test_threads_come_in_batches(figures: Any) -> None:
    threads = figures.runs["threads"]
    assert 100 < threads.at_once <= figures.count
    assert len(threads.spans) >= 3 * figures.count / 2_500


def test_a_thread_is_more_work_than_anything_that_the_program_keeps_itself(figures: Any) -> None:
    work = {way: run.processor_time for way, run in figures.runs.items()}
    for way in ("callbacks", "futures", "asyncio's tasks"):
        assert work["threads"] > 5 * work[way]
    assert work["callbacks"] / 2 < work["futures"] < 20 * work["callbacks"]


def test_a_stack_is_more_room_than_a_frame_and_a_thread_s_the_most(figures: Any) -> None:
    room = {way: run.room for way, run in figures.runs.items()}
    if None in room.values():
        pytest.skip("this system does not tell")
    assert room["callbacks"] < room["futures"] < 4_096
    assert room["threads"] > 4 * room["asyncio's tasks"]
    if "green threads" in room:
        assert room["asyncio's tasks"] < room["green threads"] < room["threads"]


def test_if_the_system_allows_fewer_threads_there_are_more_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def start_if_there_is_room(thread: threading.Thread) -> None:
        if threading.active_count() > before + 3:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr("ouroloop.labs.strategies._WAIT_OF_THREADS", 0.05)
    before, size_before = threading.active_count(), threading.stack_size()
    monkeypatch.setattr(threading.Thread, "start", start_if_there_is_room)
    watch = Watch()
    try:
        by_threads(10, watch)
    finally:
        threading.stack_size(size_before)
    run = watch.run()
    assert run.ended == 10
    assert run.at_once <= 4
    assert [span.kind for span in run.spans].count("waiting") >= 3


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("strategies").plain
    for way, run in figures.runs.items():
        assert f"{way} " in plain
        assert duration(run.processor_time / figures.count) in plain
        assert f"{run.at_once:,}" in plain
        if run.room:
            assert size(run.room) in plain
    for way, reason in figures.missing.items():
        assert f"{way}: not here. {reason}"[:60] in plain
