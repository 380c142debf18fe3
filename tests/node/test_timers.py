"""Timers and immediates: what a program sees besides the order (for that see `test_order`)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ouroloop.node import timers_promises
from ouroloop.node.environment import Environment
from ouroloop.node.promise import Promise
from ouroloop.node.timers import (
    TIMEOUT_MAX,
    clear_immediate,
    clear_interval,
    clear_timeout,
    set_immediate,
    set_interval,
    set_timeout,
)


def test_a_timer_never_fires_early(env: Environment) -> None:
    late: list[float] = []

    def program() -> None:
        start = time.monotonic()
        for ms in (1, 5, 10, 20):
            set_timeout(lambda ms=ms: late.append((time.monotonic() - start) * 1000 - ms), ms)

    env.run(program)
    assert len(late) == 4
    assert min(late) > -1, "the loop's clock counts whole milliseconds"


def test_arguments_are_passed(env: Environment) -> None:
    seen: list[Any] = []

    def program() -> None:
        set_timeout(lambda *args: seen.append(args), 1, "a", 1)
        set_immediate(lambda *args: seen.append(args), "b", 2)
        interval = set_interval(lambda *args: (seen.append(args), clear_interval(interval)), 3, "c", 3)

    env.run(program)
    assert sorted(seen) == [("a", 1), ("b", 2), ("c", 3)]


@pytest.mark.parametrize("start", [set_timeout, set_interval, set_immediate])
def test_a_callback_must_be_callable(env: Environment, start: Any) -> None:
    with pytest.raises(TypeError, match="must be a function"):
        start("not a function")


@pytest.mark.parametrize(
    ("ms", "name"),
    [(TIMEOUT_MAX + 1, "TimeoutOverflowWarning"), (-1, "TimeoutNegativeWarning"), (float("nan"), "TimeoutNaNWarning")],
)
def test_durations_that_cannot_be_are_1_with_a_warning(env: Environment, ms: float, name: str) -> None:
    warnings: list[str] = []

    def program() -> None:
        env.process.on("warning", lambda warning: warnings.append(warning.name))
        assert set_timeout(lambda: None, ms).duration == 1

    env.run(program)
    assert warnings == [name]


def test_fractions_are_cut_off(env: Environment) -> None:
    def program() -> None:
        assert set_timeout(lambda: None, 2.9).duration == 2
        assert set_timeout(lambda: None, 0.1).duration == 1
        assert set_timeout(lambda: None, 0).duration == 1

    env.run(program)


def test_clearing_nothing_is_no_error(env: Environment) -> None:
    def program() -> None:
        timer, immediate = set_timeout(lambda: None, 1), set_immediate(lambda: None)
        for _ in range(2):
            clear_timeout(timer)
            clear_immediate(immediate)
        clear_timeout(None)
        clear_interval(None)
        clear_immediate(None)

    assert env.run(program) == 0


def test_a_cancelled_timer_does_not_keep_the_program(env: Environment) -> None:
    start = time.monotonic()

    def program() -> None:
        clear_timeout(set_timeout(lambda: None, 5000))
        set_timeout(lambda: None, 5000).close()
        clear_interval(set_interval(lambda: None, 5000))
        set_timeout(lambda: None, 5000).unref()
        set_immediate(lambda: None).unref()

    env.run(program)
    assert time.monotonic() - start < 2


def test_ref_and_unref_can_be_repeated_and_count_once(env: Environment) -> None:
    fired: list[str] = []

    def program() -> None:
        timer = set_timeout(fired.append, 5, "timer").unref().unref().ref()
        assert timer.has_ref()
        immediate = set_immediate(fired.append, "immediate").unref().unref().ref().ref()
        assert immediate.has_ref()

    env.run(program)
    assert fired == ["immediate", "timer"]


def test_an_unrefed_interval_ends_with_the_program(env: Environment) -> None:
    ticks: list[int] = []

    def program() -> None:
        set_interval(ticks.append, 1, 1).unref()
        set_timeout(lambda: None, 20)

    env.run(program)
    assert ticks


def test_an_interval_counts_from_the_start_of_the_call_before(env: Environment) -> None:
    starts: list[float] = []

    def step() -> None:
        starts.append(time.monotonic())
        time.sleep(0.03)
        if len(starts) == 4:
            clear_interval(interval)

    def program() -> None:
        nonlocal interval
        interval = set_interval(step, 40)

    interval: Any = None
    env.run(program)
    # Were it counted from the end of the call, three rounds would last 210 ms.
    assert 0.110 < starts[-1] - starts[0] < 0.205


def test_a_timer_cleared_in_its_own_callback_can_be_refreshed_no_more(env: Environment) -> None:
    fired: list[int] = []

    def step() -> None:
        fired.append(1)
        clear_timeout(timer)

    def program() -> None:
        nonlocal timer
        timer = set_timeout(step, 1)

    timer: Any = None
    env.run(program)
    assert fired == [1]


def test_many_timers_all_fire_in_order_of_their_durations(env: Environment) -> None:
    fired: list[int] = []

    def program() -> None:
        for n in range(3000):
            set_timeout(fired.append, 1 + n % 30, 1 + n % 30)
        time.sleep(0.05)

    env.run(program)
    assert len(fired) == 3000
    assert fired == sorted(fired)


def test_coroutine_functions_may_be_callbacks(env: Environment) -> None:
    seen: list[str] = []

    async def callback(name: str) -> None:
        await Promise.resolve()
        seen.append(name)

    def program() -> None:
        set_timeout(callback, 100, "timer")
        set_immediate(callback, "immediate")
        env.next_tick(callback, "tick")
        env.queue_microtask(callback, "microtask")

    env.run(program)
    assert seen == ["tick", "microtask", "immediate", "timer"]


def test_timers_as_promises(env: Environment) -> None:
    seen: list[Any] = []

    async def main() -> None:
        start = time.monotonic()
        assert await timers_promises.set_timeout(5) is None
        assert time.monotonic() - start > 0.003
        assert await timers_promises.set_timeout(1, "value") == "value"
        assert await timers_promises.set_immediate("now") == "now"
        async for value in timers_promises.set_interval(2, "again"):
            seen.append(value)
            if len(seen) == 3:
                break

    assert env.run(main) == 0
    assert seen == ["again"] * 3
    assert not env.loop.alive


def test_promised_timers_need_not_keep_the_program(env: Environment) -> None:
    def program() -> None:
        timers_promises.set_timeout(5000, ref=False, value=None)
        timers_promises.set_immediate(ref=False, value=None)

    start = time.monotonic()
    env.run(program)
    assert time.monotonic() - start < 2


def test_a_promised_interval_makes_up_for_what_was_missed(env: Environment) -> None:
    seen: list[int] = []

    async def main() -> None:
        async for _ in timers_promises.set_interval(2):
            seen.append(1)
            if len(seen) == 1:
                await timers_promises.set_timeout(30)
                start = time.monotonic()
            if len(seen) == 5:
                assert time.monotonic() - start < 0.02
                break

    assert env.run(main) == 0


def test_what_is_no_exception_keeps_no_other_timer_from_firing(env: Environment) -> None:
    seen: list[Any] = []

    def fail() -> None:
        raise BaseException("x")

    env.process.on("uncaughtException", lambda error, origin: seen.append(str(error)))
    set_timeout(fail, 1)
    set_timeout(seen.append, 1, "same time")
    set_timeout(seen.append, 10, "later")
    set_immediate(fail)
    set_immediate(seen.append, "immediate")
    assert env.run() == 0
    assert sorted(seen) == ["immediate", "later", "same time", "x", "x"]


def test_a_duration_must_be_a_number(env: Environment) -> None:
    for start in (set_timeout, set_interval):
        for ms in ("x", None):
            with pytest.raises(TypeError, match=f"must be a number of ms, not {ms!r}"):
                start(print, ms)  # type: ignore[arg-type]
    assert not env.loop.alive
