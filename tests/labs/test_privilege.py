"""The lab `privilege`: each misdeed was refused, for the reason that the text gives."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.machine_code import machine
from ouroloop.labs.privilege import meaning_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells it in words")


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("privilege").figures


def fault(figures: Any, what: str) -> Any:
    return next(fault for fault in figures.faults if what in fault.what)


def test_who_does_not_handle_the_signal_dies_of_it(figures: Any) -> None:
    assert figures.unhandled in ("SIGSEGV", "SIGBUS")


def test_a_child_survives_all_six(figures: Any) -> None:
    assert len(figures.faults) == 6


def test_the_null_page_is_not_present(figures: Any) -> None:
    null = fault(figures, "null pointer")
    assert null.address == 16
    if null.code is not None:
        assert "not present" in meaning_of(null)


def test_a_page_that_may_only_be_read_is_present_and_refuses(figures: Any) -> None:
    refused = fault(figures, "may only be read")
    assert refused.address == fault(figures, "page of data").address
    if sys.platform == "linux":
        assert " r--p " in refused.place
        assert fault(figures, "null pointer").place == ""
    if refused.code is not None:
        assert ": present" in meaning_of(refused)
        assert "write" in meaning_of(refused)


@pytest.mark.skipif(machine() != "x86-64", reason="the bits are x86-64's")
def test_the_error_codes_are_those_of_the_manual(figures: Any) -> None:
    assert [f.trap for f in figures.faults[:4]] == [14] * 4
    assert fault(figures, "null pointer").code == 0b00100
    assert fault(figures, "may only be read").code == 0b00111
    assert fault(figures, "page of data").code == 0b10101
    assert fault(figures, "kernel").code & 0b00101 == 0b00101
    assert [f.trap for f in figures.faults[4:]] == [13, 13]


def test_a_page_is_there_once_it_is_touched(figures: Any) -> None:
    assert figures.page_faults >= 1000 * 4096 / os.sysconf("SC_PAGE_SIZE")
    assert figures.first > 1.5 * figures.second
    if figures.before is not None:
        assert (figures.before >> 63, figures.after >> 63) == (0, 1)


def test_an_address_is_its_indices(figures: Any) -> None:
    one, two, three, four, byte = figures.walk
    assert (one << 39 | two << 30 | three << 21 | four << 12 | byte) == figures.walked


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    for one in figures.faults:
        assert one.what in lab("privilege").plain
        assert meaning_of(one) in lab("privilege").plain
    assert f"{figures.page_faults:,} page faults" in " ".join(lab("privilege").plain.split())
