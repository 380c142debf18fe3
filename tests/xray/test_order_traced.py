"""The table of order under `ouro trace`: programs do as they do without it, and the trace has what they printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.order.table import Outcome, Program, groups, programs, record
from node.test_order import PROGRAMS
from twins import Program as Twin
from twins import by_name, dedented
from xray.tracing import traced_program

from ouroloop.xray.model import Trace

_PYTHON_PRELUDE = """
import os, time
from ouroloop.node import *
from ouroloop.node import environment
from ouroloop.node.stream import *
from ouroloop.node.events import EventEmitter, once
from ouroloop.node.promise import AggregateError, Promise
class ProgramError(Exception): pass
def log(*words): print(" ".join(map(str, words)))
def io(callback): environment.current().request(lambda error, result: callback(), os.getcwd)
def fail(word): raise ProgramError(word)
error, text, go = ProgramError, str, Promise.resolve
def busy(ms): time.sleep(ms / 1000)
"""

TABLE = [(program, record(group).get(program.name)) for group in groups() for program in programs(group)]


@pytest.mark.parametrize(("program", "expected"), TABLE, ids=[f"{p.group}: {p.name}" for p, _ in TABLE])
def test_a_program_that_is_recorded_does_what_it_does_without(
    program: Program, expected: Outcome, tmp_path: Path,
) -> None:
    found, trace = traced_program(program, tmp_path)
    assert found == expected, found.errors[-2000:]
    assert trace.exit_code == found.code
    _check_output(trace, found)
    _check_order(trace)
    _check_time(trace)


@pytest.mark.parametrize("twin", PROGRAMS, ids=by_name)
def test_a_python_program_that_is_recorded_does_what_it_does_without(twin: Twin, tmp_path: Path) -> None:
    program = Program("Python", twin.name, {"main.py": _PYTHON_PRELUDE + dedented(twin.python)})
    found, trace = traced_program(program, tmp_path)
    assert (" | ".join(found.output.splitlines()), found.code) == (twin.order, twin.code), found.errors[-2000:]
    _check_output(trace, found)
    _check_order(trace)
    _check_time(trace)


def _check_output(trace: Trace, found: Outcome) -> None:
    written = "".join(output.text for output in trace.output if output.descriptor == 1)
    assert written.removesuffix("\n") == found.output
    for output in trace.output:
        run = trace.runs[output.run]
        # What no callback did (a listener for uncaught errors) is put down to the run before.
        assert run.began <= output.time
        later = [each for each in trace.runs.values() if run.began < each.began < output.time and each.outer is None]
        assert run.ended is None or run.ended >= output.time or not later


def _check_order(trace: Trace) -> None:
    runs = sorted(trace.runs.values(), key=lambda run: run.number)
    assert [run.began for run in runs] == sorted(run.began for run in runs)
    for run in runs:
        assert run.kind
        assert run.step, run
        if run.number:
            resource = trace.resources[run.resource]
            assert resource.made <= run.began
            assert trace.runs[resource.cause].began <= resource.made
        if run.outer is not None:
            outer = trace.runs[run.outer]
            assert outer.began <= run.began
            assert outer.ended is None or run.ended is None or run.ended <= outer.ended
    for kind, steps in STEPS.items():
        assert {run.step for run in runs if run.kind == kind and run.outer is None} <= steps


STEPS = {"timer": {"timers"}, "interval": {"timers"}, "immediate": {"check"}, "closing": {"closing"}, "main": {"main"}}


def _check_time(trace: Trace) -> None:
    ended = 0
    for step in trace.steps:
        assert step.began >= ended
        ended = max(ended, step.ended)
    turns = dict(enumerate([*trace.turns, trace.duration], trace.first_turn))
    for step in trace.steps:
        assert step.turn == 0 or turns[step.turn] <= step.began <= step.ended <= turns[step.turn + 1], step
    spent = sum(step.ended - step.began for step in trace.steps)
    assert spent == pytest.approx(trace.duration, rel=0.05)
