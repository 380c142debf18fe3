"""What the summary at the foot of the page says, in the page's terms: runs by their position.

Theory of operation. A *stretch* is what the loop could not interrupt: a callback, and the ticks and microtasks drained
after it. An event that arrives meanwhile waits until the loop looks again; how long it may have to is what each turn
took outside its sleep.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model import Run, Trace

_MOST = 10
"""Rows of each of the summary's tables."""
_BLOCKED = 10_000_000
"""From how many ns on a stretch is said to have blocked the loop."""
_LATE = 2_000_000
"""From how many ns on a timer is said to be late: the loop's clock counts in ms."""
_BOUNDS = tuple(limit * 1000 for limit in (
    50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000))
"""Of the histogram of delays, in ns."""


def digest(trace: Trace, runs: list[Run], run_at: dict[int, int]) -> dict[str, Any]:
    """The summary of a trace whose runs are in the order in which they began."""
    ends = [trace.duration if run.ended is None else run.ended for run in runs]
    asleep = sum(sleep.ended - sleep.began for sleep in trace.sleeps)
    whole = trace.duration - runs[0].began if runs else 0
    delays = _delays(trace)
    return {
        "asleep": asleep,
        "whole": whole,
        "utilization": (whole - asleep) / whole if whole else 0,
        "longest": sorted(range(len(runs)), key=lambda at: runs[at].began - ends[at])[:_MOST],
        "stretches": _stretches(runs, ends),
        "blocked": _BLOCKED,
        "delays": {"bounds": _BOUNDS, "counts": _counts(delays), **_percentiles(delays)},
        "late": _late(runs, ends),
        "pool": _pool(trace),
    }


def _stretches(runs: list[Run], ends: list[int]) -> list[list[int]]:
    """The longest: the position of the callback, when it began, how long it was, how many runs it consists of."""
    stretches: list[list[int]] = []
    for at, run in enumerate(runs):
        if run.outer is not None:
            continue
        if stretches and run.kind in ("tick", "await", "microtask") and run.turn == runs[stretches[-1][0]].turn:
            stretches[-1][2:] = ends[at] - stretches[-1][1], stretches[-1][3] + 1
        else:
            stretches.append([at, run.began, ends[at] - run.began, 1])
    return sorted(stretches, key=lambda stretch: -stretch[2])[:_MOST]


def _delays(trace: Trace) -> list[int]:
    slept: dict[int, int] = {}
    for sleep in trace.sleeps:
        slept[sleep.turn] = slept.get(sleep.turn, 0) + sleep.ended - sleep.began
    spans = enumerate(pairwise([*trace.turns, trace.duration] if trace.turns else []), trace.first_turn)
    return sorted(max(0, until - began - slept.get(turn, 0)) for turn, (began, until) in spans)


def _counts(delays: list[int]) -> list[int]:
    edges = [0, *(bisect_left(delays, bound) for bound in _BOUNDS), len(delays)]
    return [after - before for before, after in pairwise(edges)]


def _percentiles(delays: list[int]) -> dict[str, int]:
    if not delays:
        return {"median": 0, "p99": 0, "most": 0}
    last = len(delays) - 1
    return {"median": delays[last // 2], "p99": delays[last * 99 // 100], "most": delays[-1]}


def _late(runs: list[Run], ends: list[int]) -> list[list[int]]:
    """Timers that ran late: position, by how much, and which run kept the loop busy when each was due."""
    late = [
        [at, run.began - run.due, _culprit(runs, ends, run.due, at)]
        for at, run in enumerate(runs) if run.due is not None and run.began - run.due >= _LATE]
    return sorted(late, key=lambda row: -row[1])[:_MOST]


def _culprit(runs: list[Run], ends: list[int], due: int, until: int) -> int:
    """Of the runs between a due time and the timer's own, the longest; -1 if there was none."""
    first = bisect_left(runs, due, key=lambda run: run.began)
    if first > 0 and ends[first - 1] > due:
        first -= 1
    return max((at for at in range(first, until) if runs[at].outer is None), key=lambda at: ends[at] - runs[at].began,
               default=-1)


def _pool(trace: Trace) -> dict[str, Any]:
    busy: dict[str, int] = {}
    for job in trace.jobs:
        if job.started is not None and job.finished is not None:
            busy[job.thread] = busy.get(job.thread, 0) + job.finished - job.started
    waits = [job.started - job.queued for job in trace.jobs if job.started is not None]
    return {
        "size": trace.pool_size, "jobs": len(trace.jobs), "busy": sorted(busy.items()),
        "longestWait": max(waits, default=0), "saturated": _saturated(trace)}


def _saturated(trace: Trace) -> int:
    """How long jobs waited because every thread had one."""
    changes = [(job.queued, 1, 0) for job in trace.jobs]
    changes += [(job.started, -1, 1) for job in trace.jobs if job.started is not None]
    changes += [(job.finished, 0, -1) for job in trace.jobs if job.finished is not None]
    waiting = busy = total = last = 0
    for moment, more_waiting, more_busy in sorted(changes):
        if waiting > 0 and busy >= trace.pool_size:
            total += moment - last
        waiting, busy, last = waiting + more_waiting, busy + more_busy, moment
    return total
