"""A trace knows who asked for each callback: as the programs of causes.js and causes_python.txt say
themselves.

A line `name < cause` is printed by the callback `name`, which the callback `cause` asked for. The run that printed it
must lead back to a run that printed `cause`: through core modules' own callbacks, which print nothing, but past no
other callback of the program's.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from js.order.table import Program, programs
from xray.tracing import traced_program

from ouroloop.xray.model import MAIN, Trace

FOLDER = Path(__file__).parent
_PYTHON = [
    Program("Python", program.name, {"main.py": text})
    for program in programs(FOLDER / "causes_python.txt") for text in program.files.values()]
PROGRAMS = [*programs(FOLDER / "causes.js"), *_PYTHON]


def _claims(trace: Trace) -> list[tuple[int, str, str]]:
    """Each line that was printed: in which run, by whom, and who is said to be the cause."""
    found = []
    for output in trace.output:
        for line in output.text.splitlines():
            name, _, cause = line.partition(" < ")
            found.append((output.run, name, cause))
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=[f"{program.group}: {program.name}" for program in PROGRAMS])
def test_the_recorded_causes_are_the_programs(program: Program, tmp_path: Path) -> None:
    outcome, trace = traced_program(program, tmp_path)
    assert (outcome.code, outcome.errors.count("Error")) == (0, 0), outcome.errors
    claims = _claims(trace)
    assert claims
    assert [f"{name} < {cause}" for _, name, cause in claims] == outcome.output.splitlines()
    names: defaultdict[int, set[str]] = defaultdict(set)
    names[MAIN].add("main")
    for run, name, cause in claims:
        assert cause in _who_asked(trace, names, run), (name, cause, run)
        names[run].add(name)


def _who_asked(trace: Trace, names: dict[int, set[str]], number: int) -> set[str]:
    """The names of the first run on the way back that has any; a function that is called in a run is its run's."""
    within = names.get(number, set())
    for run in trace.causes(trace.runs[number]):
        if names.get(run.number):
            return within | names[run.number]
    return within
