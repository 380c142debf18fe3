"""The lab `syscall`: what it says of the three levels is true of the figures it prints."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.machine_code import machine
from ouroloop.labs.stage import duration

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the levels have other names on Windows")


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("syscall").figures


def test_each_level_wrote_its_line(figures: Any) -> None:
    instruction = "the syscall instruction" if machine() == "x86-64" else "the svc instruction"
    lines = [f"  hello, by {by}\n" for by in (instruction, "the C library", "Python's os.write", "Python's print")]
    assert [level.wrote for level in figures.levels] == [*map(len, lines)]


def test_each_level_tells_the_same_mistake(figures: Any) -> None:
    assert {level.errno for level in figures.levels} == {errno.EBADF}
    assert "-9 in a register" in figures.levels[0].failure


def test_the_kernel_s_door_costs_more_than_a_call_and_each_level_more_than_the_one_below(figures: Any) -> None:
    instruction, library, os_write, printed = [level.seconds for level in figures.levels]
    assert instruction > 3 * figures.empty_call
    assert library > 0.7 * instruction
    assert os_write > library
    assert printed > 1.5 * os_write


def test_a_buffer_saves_most_of_the_price(figures: Any) -> None:
    assert figures.buffered < figures.levels[-1].seconds / 2


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    for level in figures.levels:
        assert duration(level.seconds) in lab("syscall").plain
        assert level.failure in lab("syscall").plain
