"""The lab `iocp`: packets from a port. It measures on Windows alone; what it says of figures is tested everywhere."""

from __future__ import annotations

import ctypes
import io
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.calls.iocp import Overlapped, Packet
from ouroloop.labs.catalogue import NotHere, load
from ouroloop.labs.crowd import Size
from ouroloop.labs.iocp import CANCELLED, INVALID_PARAMETER, PENDING, Figures, show
from ouroloop.labs.stage import Stage


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("iocp").figures


def told(**changed: Any) -> str:
    """What the lab prints of figures made up."""
    made_up = {
        "wine": None, "posted": [7, 8, 9], "taken": [7, 8, 9], "began": PENDING, "steps": [-1, 2, -1, 2],
        "at_once": (0, 1), "skipped": 0, "no_bytes": (False, True), "notes": ("our own notes", "somebody's mail"),
        "cancelled": CANCELLED, "closed": 0xC000014B, "second_port": INVALID_PARAMETER, "woken": 1,
        "shares": [0, 0, 0, 20], "millisecond": 0.0156, "wake": 9e-6,
        "sizes": [Size(10, 1e-6, 3e-6), Size(10_000, 1.1e-6, 3e-3)], **changed}
    out = io.StringIO()
    show(Figures(**made_up), Stage(out, colour=False, width=80, fancy=True))
    return out.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="this is Windows")
def test_elsewhere_it_says_what_it_would_do_and_what_there_is() -> None:
    with pytest.raises(NotHere, match=r"would post packets .* Completion ports are Windows's"):
        load("iocp").measure()


def test_the_structures_are_windows_s() -> None:
    """Sizes and places of Windows's headers, 64-bit."""
    assert (ctypes.sizeof(Overlapped), Overlapped.offset.offset, Overlapped.event.offset) == (32, 16, 24)
    assert (ctypes.sizeof(Packet), Packet.overlapped.offset, Packet.status.offset, Packet.bytes.offset) == (
        32, 8, 16, 24)


def test_what_it_says_is_made_of_the_figures() -> None:
    text = told()
    assert [line for line in text.splitlines() if len(line) > 80] == []
    words = " ".join(text.split())
    assert "ReadFile says FALSE and 997 (ERROR_IO_PENDING)" in words
    assert "thread 4 20 packets" in words
    assert "a read, cancelled a packet: STATUS_CANCELLED" in words
    assert "the wait ends at a tick" in words
    assert "WSAPoll takes 1,000 times as long" in words
    assert "somebody has made the system's clock finer" in " ".join(told(millisecond=0.0011).split())
    assert "had 20 of 20, for the port wakes whoever came last" in words
    assert "had 5 of 20; Windows's port wakes" in " ".join(told(shares=[5, 5, 5, 5]).split())
    assert "This is Wine 8.0, which has Windows's calls and not its kernel" in " ".join(told(wine="8.0").split())
    assert "a read whose file is closed no packet" in " ".join(told(closed=0).split())


def test_a_read_is_told_when_it_is_done_and_only_if_it_was_asked_for(figures: Any) -> None:
    assert figures.began == PENDING
    assert figures.steps == [-1, 2, -1, 2]
    assert figures.taken == figures.posted


def test_a_read_that_is_done_at_once_has_a_packet_all_the_same(figures: Any) -> None:
    assert figures.at_once == (0, 1)
    assert figures.skipped == 0
    assert figures.no_bytes == (False, True)


def test_what_goes_wrong_goes_wrong_as_it_is_told(figures: Any) -> None:
    assert figures.notes == ("our own notes", "somebody's mail")
    assert figures.cancelled == CANCELLED
    assert figures.second_port == INVALID_PARAMETER


def test_one_packet_wakes_one_thread(figures: Any) -> None:
    assert figures.woken == 1
    assert sum(figures.shares) == 20
    if not figures.wine:  # Wine's port takes turns
        assert max(figures.shares) > 10


def test_a_wait_costs_the_same_whatever_is_watched_and_poll_grows_with_it(figures: Any) -> None:
    few, many = figures.sizes[0], figures.sizes[-1]
    assert many.queue < few.queue * many.watched / few.watched / 20
