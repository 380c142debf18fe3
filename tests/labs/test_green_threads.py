"""The lab `green-threads`: the threads took turns, each on its own stack, for the price of a call or some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.catalogue import NotHere
from ouroloop.labs.green_threads import Ring
from ouroloop.labs.stage import duration


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("green-threads").figures


def test_the_threads_take_turns(figures: Any) -> None:
    assert "".join(name for name, _ in figures.noted) == "ABCD" * 10


def test_each_thread_knows_its_level_when_it_comes_up_again(figures: Any) -> None:
    for thread in "ABCD":
        assert [level for name, level in figures.noted if name == thread] == [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]


def test_who_has_finished_is_taken_out_and_the_others_go_on() -> None:
    try:
        ring = Ring()
    except NotHere as exc:
        pytest.skip(str(exc))
    ring.spawn("A", 1)
    ring.spawn("B", 3)
    assert "".join(name for name, _ in ring.run()) == "ABAB" + "BBBB"
    assert ring.threads == []


def test_a_deeper_thread_needs_more_of_its_stack() -> None:
    try:
        ring = Ring()
    except NotHere as exc:
        pytest.skip(str(exc))
    shallow, deep = ring.spawn("A", 1), ring.spawn("B", 50)
    ring.run()
    assert shallow.used() < deep.used() < 4096


def test_a_switch_is_no_system_call(figures: Any, lab: Callable[[str], Any]) -> None:
    """It costs some calls of functions, and far less than the cheapest of system calls."""
    assert figures.call < figures.switch < 30 * figures.call
    assert figures.switch < lab("syscall").figures.levels[0].seconds / 2


def test_a_stack_is_hardly_touched(figures: Any) -> None:
    assert max(figures.used.values()) < figures.reserved / 16


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("green-threads").plain
    assert duration(figures.switch) in plain
    for thread in "ABCD":
        row = "".join(str(level) if name == thread else "·" for name, level in figures.noted)
        assert f"  {thread}  {row}" in plain
