"""Programs run by `ouro trace`, and what was recorded of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from js.commands import OURO, run
from js.order.table import Outcome, Program
from js.order.table import run as run_program

from ouroloop.xray.model import Job, Output, Pause, Place, Resource, Run, Sleep, Step, Trace, Watch

TRACE = [*OURO, "trace", "--format", "json", "-o", "trace.json"]

_LISTS: dict[str, Any] = {
    "places": Place, "steps": Step, "sleeps": Sleep, "jobs": Job, "watches": Watch, "pauses": Pause, "output": Output,
}


def read(path: Path) -> Trace:
    """The trace that was written to a file."""
    found = json.loads(path.read_text(encoding="utf-8"))
    for name, kind in _LISTS.items():
        found[name] = [kind(**each) for each in found[name]]
    found["resources"] = {int(number): Resource(**each) for number, each in found["resources"].items()}
    found["runs"] = {int(number): Run(**each) for number, each in found["runs"].items()}
    names = {each.name for each in dataclasses.fields(Trace)}
    return Trace(**{name: value for name, value in found.items() if name in names})


def traced_program(program: Program, folder: Path, *options: str) -> tuple[Outcome, Trace]:
    """A program of the table of order: what it printed, and its trace."""
    outcome = run_program(program, [*TRACE, *options], folder)
    return outcome, read(folder / "trace.json")


def traced(
    folder: Path, source: str, *options: str, name: str = "program.js", code: int = 0, **env: str,
) -> tuple[str, Trace]:
    """What a program prints, and its trace."""
    (folder / name).write_text(source, encoding="utf-8")
    done = run([*TRACE, *options], name, folder=folder, **env)
    assert done.returncode == code, done
    return done.stdout, read(folder / "trace.json")
