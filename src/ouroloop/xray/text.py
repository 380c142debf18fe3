"""A trace as text: turns as a tree, each callback with its cause, in a width that fits.

Theory of operation. Runs are told in the order in which they began, under the turn and the step they ran in; ticks and
promise reactions that ran after a callback, before the loop went on, stand below it. Times are ms since the program began.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .model import MAIN

if TYPE_CHECKING:
    from .model import Run, Trace

KINDS = {
    "Timeout": "timer", "Immediate": "immediate", "TickObject": "tick", "PROMISE": "await", "Microtask": "microtask",
    "FSREQCALLBACK": "file", "TCPWRAP": "socket", "TCPSERVERWRAP": "server", "PIPEWRAP": "pipe", "PROCESSWRAP": "process",
}


def render(trace: Trace) -> str:
    """The whole trace, as lines."""
    lines = [f"{os.path.basename(trace.arguments[0]) if trace.arguments else trace.program}: "
             f"{_ms(trace.duration)}, {len(trace.turns)} turns, {len(trace.runs)} callbacks, exit code {trace.exit_code}"]
    turn, step = -1, ""
    for run in sorted(trace.runs.values(), key=lambda run: run.began):
        if run.number != MAIN and run.turn != turn:
            turn, step = run.turn, ""
            lines.append(f"turn {turn}" if turn else "before the first turn")
        if run.step != step:
            step = run.step
            lines.append(f"  {step}")
        lines.append("    " + _line(trace, run))
    return "\n".join(lines)


def _line(trace: Trace, run: Run) -> str:
    resource = trace.resources.get(run.resource)
    kind = KINDS.get(resource.type, resource.type) if resource else "main"
    length = "" if run.ended is None else _ms(run.ended - run.began)
    place = trace.places[resource.place] if resource is not None and resource.place >= 0 else None
    name = run.name or (place.function if place else "")
    scheduled = f"  asked for at {os.path.basename(place.file)}:{place.line} by #{resource.cause}" if place and resource else ""
    return f"{run.began / 1e6:9.3f}  #{run.number} {kind} {name}  {length}{scheduled}"


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.3f} ms"
