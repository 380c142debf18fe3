"""The lab `interrupts`: the counters went up for what was done, and each layer costs more than the one above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.labs.stage import duration


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("interrupts").figures


def test_a_device_interrupts_for_what_it_has_read(figures: Any) -> None:
    """The machine is not ours alone, so counters may grow by more."""
    if figures.hidden or not figures.disk_line:
        pytest.skip(figures.no_disk or "this system shows no line of its disk")
    disk = figures.phases["disk"]
    assert disk.hard[figures.disk_line] >= disk.operations / 2
    assert disk.from_devices >= disk.hard[figures.disk_line]


def test_a_datagram_over_loopback_is_a_softirq(figures: Any) -> None:
    if figures.hidden:
        pytest.skip("this system shows no counters")
    network = figures.phases["network"]
    assert network.soft["NET_RX"] >= network.operations / 2


def test_each_layer_costs_more_than_the_one_above(figures: Any) -> None:
    layers = figures.layers
    assert layers["a read from the kernel's cache"] > layers["a system call"]
    assert layers["waking a process in epoll_wait"] > 2 * layers["a system call"]
    if not figures.no_disk:
        assert layers["a read from the disk"] > 3 * layers["a read from the kernel's cache"]


def test_what_is_printed_are_the_figures(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("interrupts").plain
    for name, seconds in figures.layers.items():
        assert f"{name} " in plain
        assert duration(seconds) in plain
    if not figures.hidden:
        assert f"{figures.phases['network'].soft['NET_RX']:,} times NET_RX" in " ".join(plain.split())
