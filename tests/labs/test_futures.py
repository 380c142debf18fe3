"""The lab `futures`: the three ways are one, wakers save polls, and the contract is a contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ouroloop.labs.futures import PENDING, Executor, Forgetful, Frame, Future, Once, Poll, Reactor, Ready, Sleep, Waker
from ouroloop.labs.stage import duration


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("futures").figures


@pytest.fixture
def executor() -> Iterator[Executor]:
    reactor = Reactor()
    yield Executor(reactor)
    reactor.close()


def test_by_hand_and_by_the_compiler_the_machine_goes_through_the_same_states(figures: Any) -> None:
    assert {name: (diary.polls, diary.value) for name, diary in figures.diaries.items()} == dict.fromkeys(
        ("by hand", "a generator", "a coroutine"), (3, b"HELLO"))
    assert figures.diaries["by hand"].states == ["begin", "reading", "sleeping", "done"]
    for name in ("a generator", "a coroutine"):
        begin, first, second, end = figures.diaries[name].states
        assert (begin, end) == ("begin", "done")
        assert 0 < int(first.removeprefix("at ")) < int(second.removeprefix("at "))


def test_nothing_happens_to_a_future_that_is_not_polled(figures: Any) -> None:
    assert figures.registered_before == 0


def test_a_waker_saves_all_polls_but_two(figures: Any) -> None:
    assert figures.polls_with_wakers == 2 * figures.crowd
    assert figures.polls_without > 3 * figures.polls_with_wakers


def test_who_keeps_no_waker_is_never_polled_again(figures: Any, executor: Executor) -> None:
    assert (figures.stuck, figures.polls_of_stuck) == (1, 1)
    executor.spawn(Forgetful())
    assert executor.run() == 1


def test_a_task_that_is_woken_twice_is_polled_once_more(executor: Executor) -> None:
    class Twice(Future):
        def __init__(self) -> None:
            self.asked = 0

        def poll(self, waker: Waker) -> Poll:
            self.asked += 1
            waker.wake()
            waker.wake()
            return Ready() if self.asked == 2 else PENDING

    task = executor.spawn(Twice())
    assert executor.run() == 0
    assert task.polls == 2


def test_a_wake_up_after_the_end_does_no_harm(executor: Executor) -> None:
    task = executor.spawn(Once())
    executor.run()
    Waker(executor, task).wake()
    executor.run()
    assert task.polls == 2


def test_tasks_sleep_together(executor: Executor) -> None:
    begin = time.perf_counter()
    for _ in range(50):
        executor.spawn(Sleep(executor.reactor, 0.02))
    assert executor.run() == 0
    assert 0.02 <= time.perf_counter() - begin < 0.02 * 25


def test_what_a_coroutine_awaits_may_be_a_coroutine(executor: Executor) -> None:
    async def inner() -> int:
        await Once()
        return 20

    async def outer() -> int:
        return await inner() + await inner() + 2

    task = executor.spawn(Frame(outer()))
    executor.run()
    assert task.answer == Ready(42)
    assert task.polls == 3


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("futures").plain
    assert f"{figures.polls_with_wakers:,} " in plain
    assert f"{figures.polls_without:,} " in plain
    for name, cost in figures.step.items():
        assert f"{name} " in plain
        assert f"{duration(cost)}, {figures.rooms[name]} bytes" in plain
