"""The lab `timers`: all three keep timers rightly, and cost what is said of them as there are more."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.stage import duration
from ouroloop.labs.timers import KINDS, SIZES, Lists, Timer


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("timers").figures


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_what_expires_is_what_is_due_and_was_not_cancelled(kind: str, seed: int) -> None:
    chance, kept = random.Random(seed), KINDS[kind]()
    there: set[Timer] = set()
    now = 0
    for _ in range(3_000):
        what = chance.random()
        if what < 0.6:
            after = chance.choice([1, 10, 63, 64, 65, 100, 4_096, 300_000, chance.randrange(1, 1_000_000)])
            timer = Timer(now + after, after)
            kept.insert(timer)
            there.add(timer)
        elif what < 0.9 and there:
            timer = chance.choice(sorted(there, key=lambda timer: (timer.due, id(timer))))
            kept.cancel(timer)
            there.remove(timer)
        else:
            now += chance.choice([0, 1, 5, 64, 1_000, 50_000])
            expired = kept.expire(now)
            assert len(expired) == len(set(expired))
            assert set(expired) == {timer for timer in there if timer.due <= now}
            there.difference_update(expired)
    assert set(kept.expire(10_000_000)) == there


@pytest.mark.parametrize("kind", ["heap", "wheel"])
def test_heap_and_wheel_expire_in_the_order_of_time(kind: str) -> None:
    kept, chance = KINDS[kind](), random.Random(3)
    for _ in range(500):
        after = chance.randrange(1, 100_000)
        kept.insert(Timer(after, after))
    times = [timer.due for timer in kept.expire(100_000)]
    assert len(times) == 500
    assert times == sorted(times)


def test_a_list_that_is_empty_is_gone() -> None:
    kept = Lists()
    first, second = Timer(10, 10), Timer(20, 20)
    kept.insert(first)
    kept.insert(second)
    kept.cancel(first)
    assert list(kept.lists) == [20]
    assert kept.expire(20) == [second]
    assert kept.lists == {}


def test_the_heap_compares_more_by_equal_steps_for_equal_factors(figures: Any) -> None:
    for table in (figures.compared, figures.compared_few):
        few, some, many = table["heap"].values()
        assert 4 < some - few < 9
        assert 4 < many - some < 9


def test_wheel_and_lists_compare_no_more_as_there_are_more(figures: Any) -> None:
    for table in (figures.compared, figures.compared_few):
        few, _, many = table["wheel"].values()
        assert many <= few < 8
    assert max(figures.compared_few["lists"].values()) < 3
    assert figures.compared["lists"][10_000] > 0.9 * figures.compared["heap"][10_000]
    assert 1 < figures.moved < 3


def test_what_grows_with_their_number_is_the_heap(figures: Any) -> None:
    most = SIZES[-1]
    assert figures.costs["heap"][most]["expire"] > 2 * figures.costs["lists"][most]["expire"]
    assert figures.costs["heap"][10_000]["cancel"] > 1.5 * figures.costs["lists"][10_000]["cancel"]
    assert figures.costs["heap"][10_000]["cancel"] > 1.5 * figures.costs["wheel"][10_000]["cancel"]
    growth = {kind: by_size[10_000]["expire"] / by_size[100]["expire"] for kind, by_size in figures.costs.items()}
    assert growth["heap"] > 1.3 * growth["lists"]


def test_lists_are_dear_when_no_two_durations_are_the_same(figures: Any) -> None:
    assert figures.many["lists"]["insert"] > 2 * figures.costs["lists"][10_000]["insert"]
    assert figures.many["lists"]["expire"] > 2 * figures.costs["lists"][10_000]["expire"]


def test_lists_expire_one_after_the_other(figures: Any) -> None:
    in_time = ["40 ms, due at 90", "100 ms, due at 100", "40 ms, due at 110", "100 ms, due at 120"]
    assert figures.order["heap"] == figures.order["wheel"] == in_time
    assert figures.order["lists"] == [in_time[0], in_time[2], in_time[1], in_time[3]]


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("timers").plain
    for by_size in figures.costs.values():
        for costs in by_size.values():
            assert all(duration(cost) in plain for cost in costs.values())
    assert f"{figures.compared['heap'][10_000]:.1f}" in plain
