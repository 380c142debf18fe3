"""The lab `event-loop`: each claim is judged by what its program printed, and both runtimes print the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ouroloop.labs.catalogue import NotHere
from ouroloop.labs.event_loop import CLAIMS, holds, measure, program_of

SEEN = {
    "Timers run first in each turn.": "timer",
    "setImmediate is always before setTimeout(f, 0).": "timer, immediate",
    "In an I/O callback, setImmediate is before setTimeout(f, 0).": "immediate, timer",
    "process.nextTick is a phase of the loop.": "immediate 1, tick, immediate 2",
    "Promises run when the phase is over.": "immediate 1, promise, immediate 2",
    "Ticks always run before promises.": "promise, tick",
    "I/O callbacks run in the pending phase.": "file, check",
    "setTimeout(f, 0) waits for 0 ms.": "1 ms, 0 ms",
    "The event loop runs on a thread of its own.": "the program ends, timer",
    "Poll waits only when no timer is set.": "it slept",
    "All I/O uses the thread pool.": "network went on, file waited",
    "An immediate set by an immediate runs in the same turn.": "timer, immediate",
    "An async function runs later.": "f begins, the caller goes on, f goes on",
}
"""What Node 24 prints."""


@pytest.fixture
def figures(lab: Callable[[str], Any]) -> Any:
    return lab("event-loop").figures


def test_the_turn_has_seven_steps_and_timers_are_the_last(figures: Any) -> None:
    assert figures.steps == [(0, "timers"), *(
        (1, step) for step in ("pending", "idle", "prepare", "poll", "check", "closing", "timers"))]


@pytest.mark.parametrize("number", range(len(CLAIMS)))
def test_a_claim_s_program_prints_what_node_24_prints(number: int, figures: Any) -> None:
    printed = figures.printed[number]
    assert set(printed.values()) == {SEEN[CLAIMS[number].said]}


def test_of_the_claims_one_is_true(figures: Any) -> None:
    true = [claim.said for claim, printed in zip(CLAIMS, figures.printed, strict=True) if holds(claim, printed)]
    assert true == ["In an I/O callback, setImmediate is before setTimeout(f, 0)."]


def test_a_claim_holds_only_if_it_does_everywhere() -> None:
    claim = CLAIMS[0]
    assert holds(claim, {"ouro": claim.predicts, "node": claim.predicts})
    assert not holds(claim, {"ouro": claim.predicts, "node": "timer"})


def test_each_program_and_what_it_printed_is_shown(figures: Any, lab: Callable[[str], Any]) -> None:
    plain = lab("event-loop").plain
    for claim, printed in zip(CLAIMS, figures.printed, strict=True):
        assert all(f"    {line}\n" in plain for line in program_of(claim).splitlines())
        assert f"if so       {claim.predicts}\n" in plain
        assert all(f" {text}\n" in plain for text in printed.values())


@pytest.mark.parametrize(("answer", "reason"), [
    ("echo v18.20.4", "The node of this machine is 18.20.4"), ("exit 1", "There is no node here."),
])
def test_a_node_that_is_too_old_or_broken_is_not_asked(
        answer: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\n{answer}\n")
    node.chmod(0o755)
    monkeypatch.setenv("OUROLOOP_NODE", str(node))
    monkeypatch.setattr("ouroloop.labs.event_loop.CLAIMS", CLAIMS[:1])
    try:
        figures = measure()
    except NotHere as exc:
        pytest.skip(str(exc))
    assert list(figures.printed[0]) == ["ouro"]
    assert figures.runtimes[1].unfit.startswith(reason)
