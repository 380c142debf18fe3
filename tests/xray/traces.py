"""Traces made by hand, and recorded ones, for the tests of their views."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from js.commands import OURO, run, write

from ouroloop.xray.model import MAIN, Job, Place, Resource, Run, Sleep, Step, Trace

MS = 1_000_000  # ns


def small() -> Trace:
    """Main sets a timer and reads a file; the timer blocks for 200 ms and makes a tick."""
    return Trace(
        "/home/somebody/app.js", ["--fast"], 1_700_000_000.0, 240 * MS, 3, 0,
        places=[Place("/home/somebody/app.js", 12, 3, ""), Place("/home/somebody/app.js", 14, 3, "slow")],
        resources={
            2: Resource(2, "Timeout", MAIN, 4 * MS, 0, 10), 3: Resource(3, "FSREQCALLBACK", MAIN, 5 * MS, 0),
            4: Resource(4, "TickObject", 1, 30 * MS, 1),
        },
        runs={
            MAIN: Run(MAIN, 1, "", 1 * MS, 8 * MS, step="main", kind="main"),
            1: Run(1, 2, "onTimeout", 20 * MS, 220 * MS, turn=1, step="timers", kind="timer", trigger=MAIN),
            2: Run(2, 4, "", 221 * MS, 222 * MS, turn=1, step="timers", kind="tick", trigger=1, after=1),
            3: Run(3, 3, "onRead", 231 * MS, 239 * MS, turn=2, step="poll", kind="file", trigger=MAIN, job=0),
        },
        turns=[9 * MS, 230 * MS],
        steps=[
            Step("start", 0, 0, 1 * MS), Step("main", 0, 1 * MS, 9 * MS),
            Step("poll", 1, 9 * MS, 19 * MS), Step("timers", 1, 19 * MS, 223 * MS),
            Step("poll", 2, 230 * MS, 240 * MS)],
        sleeps=[Sleep(1, 10 * MS, 19 * MS, 9)],
        jobs=[Job("fs.read_file", 5 * MS, 3, 6 * MS, "thread1", 7 * MS, 231 * MS)],
    )


def busy(rounds: int) -> Trace:
    """A timer in each of `rounds` turns, each like the one before."""
    turns = [(10 + 5 * index) * MS for index in range(rounds)]
    runs = {
        number: Run(
            number, 2, "beat", at + 1 * MS, at + 3 * MS, turn=number, step="timers", kind="interval", trigger=MAIN)
        for number, at in enumerate(turns, 1)}
    return Trace(
        "app.js", [], 0.0, turns[-1] + 5 * MS, 0, 0,
        places=[Place("app.js", 2, 1, "")], resources={2: Resource(2, "Timeout", MAIN, 1 * MS, 0, 5)},
        runs={MAIN: Run(MAIN, 1, "", 1 * MS, 2 * MS, kind="main"), **runs},
        turns=turns, steps=[Step("timers", n + 1, at + 1 * MS, at + 4 * MS) for n, at in enumerate(turns)],
    )


def recorded(folder: Path, source: str, *options: str, kind: str = "json", name: str = "app.js") -> Any:
    """What `ouro trace --format kind` writes of a program."""
    write(folder, {name: source})
    done = run([*OURO, "trace", "--format", kind, "-o", "out.json", *options], name, folder=folder)
    assert done.returncode == 0, done
    return json.loads((folder / "out.json").read_text())
