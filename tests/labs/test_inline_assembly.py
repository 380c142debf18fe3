"""The lab `inline-assembly`: the instructions ran, and cost what the text says they cost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ouroloop.labs.machine_code import machine
from ouroloop.labs.stage import duration


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("inline-assembly").figures


def test_the_code_ran_in_a_page_that_may_be_executed_and_not_written(figures: Any) -> None:
    assert figures.total == 42
    if sys.platform == "linux":
        assert " r-xp " in figures.page


def test_every_door_leads_to_the_same_kernel(figures: Any) -> None:
    assert set(figures.pids.values()) == {os.getpid()}
    assert ("int 0x80" in figures.pids) != bool(figures.no_interrupt)
    if sys.platform != "win32":
        assert len(figures.pids) >= 2


def test_the_counter_is_read_for_far_less_than_a_system_call(figures: Any) -> None:
    call, counter = figures.costs["a call that does nothing"], figures.costs["the processor's counter"]
    assert call < counter
    assert figures.ticks_per_second > 1e6
    if sys.platform == "linux":
        assert figures.costs[f"getpid by {'syscall' if machine() == 'x86-64' else 'svc'}"] > 1.5 * counter


def test_the_interrupt_is_the_slower_door(figures: Any) -> None:
    if "int 0x80" not in figures.pids:
        pytest.skip(figures.no_interrupt)
    assert figures.costs["getpid by int 0x80"] > 1.3 * figures.costs["getpid by syscall"]


def test_the_text_follows_the_clock(figures: Any, lab: Callable[[str], Any]) -> None:
    """Whether the clock is read without the kernel depends on the machine; what is said of it, on the figures."""
    own, kernel = figures.costs["the clock, in our own process"], figures.costs["the clock, by the kernel"]
    assert ("cannot have asked the kernel" in " ".join(lab("inline-assembly").plain.split())) == (kernel > 2 * own)
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if figures.vdso and source.exists() and source.read_text().strip() == "tsc":
        assert kernel > 2 * own


def test_an_identity_that_a_hypervisor_makes_up_is_dear(figures: Any) -> None:
    if figures.hypervisor is None:
        pytest.skip("there is no hypervisor, or none that says so")
    assert figures.costs["cpuid"] > 5 * figures.costs["the processor's counter"]


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    for name, seconds in figures.costs.items():
        assert f"{name} " in lab("inline-assembly").plain
        assert duration(seconds) in lab("inline-assembly").plain
