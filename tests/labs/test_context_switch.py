"""The lab `context-switch`: what is said of who is dear and who is cheap is true of the figures."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

import ouroloop.labs.context_switch as lab_
from ouroloop.labs.catalogue import NotHere
from ouroloop.labs.machine_code import WORD, code
from ouroloop.labs.stage import duration, size


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("context-switch").figures


def test_the_kernel_s_switches_cost_many_times_those_of_a_program(figures: Any) -> None:
    costs = figures.costs
    assert costs["a thread"] > 10 * costs["a green thread"]
    assert costs["a process"] > 10 * costs["a green thread"]
    assert costs["a thread"] > 3 * costs["a coroutine of Python"]


def test_on_one_processor_each_turn_is_a_switch_of_one_kind_or_the_other(figures: Any) -> None:
    if not figures.pinned:
        pytest.skip("the two may have run on two processors")
    assert figures.waited + figures.preempted >= 0.8 * figures.turns


def test_who_computes_beside_another_is_interrupted(figures: Any) -> None:
    if not figures.pinned:
        pytest.skip("each may have had a processor of its own")
    assert sum(figures.involuntary) >= 2


def test_a_game_of_ping_pong_may_end_at_any_time_whoever_is_gone() -> None:
    """Ctrl-C ends the one process at once, and the other in the middle of a turn."""
    try:
        play = code(lab_.PING_PONG, "").function(WORD, WORD, WORD, ctypes.c_void_p, result=None)
    except NotHere as exc:
        pytest.skip(str(exc))
    before = len(os.listdir("/dev/fd"))
    game = lab_._Game(play)
    process, thread = game.actions[2], game.actions[1]
    process()
    thread()
    os.kill(game._child.pid, signal.SIGINT)
    process()  # with nobody there to answer
    game.end()
    assert len(os.listdir("/dev/fd")) == before
    lab_._Game(play).end()


def test_a_coroutine_needs_less_room_than_a_stack_and_a_stack_less_than_a_process(figures: Any) -> None:
    coroutine, green, thread, process = figures.rooms
    assert coroutine.reserved is None
    assert coroutine.used < green.used / 4
    assert green.used < green.reserved
    if thread.reserved is not None:
        assert green.reserved < thread.reserved
    if process.used is not None:
        assert process.used > 4 * green.used


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("context-switch").plain
    for name, cost in figures.costs.items():
        assert f"{name} " in plain
        assert duration(cost) in plain
    assert size(figures.rooms[0].used) in plain
