"""The summary: what a trace comes to.

Theory of operation. Pure functions of a trace, for text and page alike. A *block* is what keeps the loop from turning:
one callback of the loop's with all that was drained after it; its culprit is the longest run in it.

What surprises people: utilisation counts time outside of the event queue, whether anything of the program ran or not,
as `performance.eventLoopUtilization` does; and a delay is what the loop was late for a turn, not what a callback took.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .culprits import RunsByTime
from .kinds import DRAINED
from .reasons import LATE

if TYPE_CHECKING:
    from .model import Trace

_BLOCKING = 10_000_000  # ns
_LONGEST = 10
_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # ms


@dataclass(slots=True)
class Block:
    """The loop stood still for `duration` ns from `began` on; `culprit` is the run that took most of it (`share`)."""

    began: int
    duration: int
    culprit: int
    share: int


@dataclass(slots=True)
class Late:
    """A timer that ran `late` ns after it was due, and the run that took most of that time (-1: no single one)."""

    run: int
    late: int
    culprit: int = -1


@dataclass(slots=True)
class Function:
    """All runs of a function: how many, ns in total and the longest."""

    place: int
    name: str
    kind: str
    count: int = 0
    total: int = 0
    longest: int = 0


@dataclass(slots=True)
class Pool:
    """The thread pool: how many jobs, ns that they took and that they waited for a thread, how much of its threads'
    time they used (0 to 1), and how many jobs stood in line at most."""

    jobs: int = 0
    busy: int = 0
    waited: int = 0
    longest_wait: int = 0
    longest_wait_job: int = -1
    saturation: float = 0
    longest_line: int = 0
    threads: int = 0


@dataclass(slots=True)
class Summary:
    """What a trace comes to. Times are ns; runs, jobs and places are numbers of the trace's."""

    duration: int
    turns: int
    runs: int
    slept: int
    utilization: float
    """How much of the time of the loop it did not sleep, 0 to 1."""
    paused: int
    """Time for collecting memory."""
    pauses: int
    longest: list[int] = field(default_factory=list)
    """The runs that took longest."""
    functions: list[Function] = field(default_factory=list)
    """The functions that took longest in total."""
    blocks: list[Block] = field(default_factory=list)
    """What blocked the loop, the longest first."""
    late: list[Late] = field(default_factory=list)
    """Timers that fired late, the latest first."""
    delays: list[tuple[float, int]] = field(default_factory=list)
    """The histogram of how long the loop was kept from turning: an upper bound in ms (inf: the last), and how often."""
    pool: Pool = field(default_factory=Pool)


def summarize(trace: Trace) -> Summary:
    """What a trace comes to."""
    slept = sum(sleep.ended - sleep.began for sleep in trace.sleeps)
    turning = sum(step.ended - step.began for step in trace.steps if step.turn or step.name == "timers")
    blocks = _blocks(trace)
    summary = Summary(
        trace.duration, len(trace.turns), len(trace.runs), slept, 1 - slept / turning if turning else 0.0,
        sum(pause.ended - pause.began for pause in trace.pauses), len(trace.pauses))
    longest = sorted(trace.runs.values(), key=trace.length_of, reverse=True)[:_LONGEST]
    summary.longest = [run.number for run in longest]
    summary.functions = _functions(trace)
    summary.blocks = sorted(
        (block for block in blocks if block.duration >= _BLOCKING), key=lambda block: block.duration, reverse=True)
    summary.late = _late(trace)
    summary.delays = _histogram([block.duration for block in blocks])
    summary.pool = _pool(trace)
    return summary


def _blocks(trace: Trace) -> list[Block]:
    """Each callback of the loop's with what was drained after it."""
    blocks: list[Block] = []
    for run in trace.in_order():
        if run.outer is not None:
            continue
        ended = trace.end_of(run)
        if run.kind not in DRAINED or not blocks:
            blocks.append(Block(run.began, ended - run.began, run.number, ended - run.began))
            continue
        block = blocks[-1]
        block.duration = ended - block.began
        if ended - run.began > block.share:
            block.culprit, block.share = run.number, ended - run.began
    return blocks


def _functions(trace: Trace) -> list[Function]:
    known: dict[tuple[int, str, str], Function] = {}
    for run in trace.runs.values():
        if run.place < 0 and not run.name:
            continue
        key = run.place, run.name, run.kind
        function = known.setdefault(key, Function(*key))
        function.count += 1
        length = trace.length_of(run)
        function.total += length
        function.longest = max(function.longest, length)
    return sorted(known.values(), key=lambda function: function.total, reverse=True)[:_LONGEST]


def _late(trace: Trace) -> list[Late]:
    by_time = RunsByTime(trace)
    found = []
    for run in trace.runs.values():
        if run.due is None or run.began - run.due <= LATE:
            continue
        late = Late(run.number, run.began - run.due)
        guilty, share = by_time.culprit(run.due, run.began)
        if guilty is not None and share > late.late / 4:
            late.culprit = guilty.number
        found.append(late)
    return sorted(found, key=lambda late: late.late, reverse=True)


def _histogram(durations: list[int]) -> list[tuple[float, int]]:
    counts = [0] * (len(_BOUNDS) + 1)
    for duration in durations:
        counts[next((index for index, bound in enumerate(_BOUNDS) if duration < bound * 1e6), len(_BOUNDS))] += 1
    return list(zip([*map(float, _BOUNDS), float("inf")], counts, strict=True))


def _pool(trace: Trace) -> Pool:
    pool = Pool(len(trace.jobs), threads=trace.pool_size)
    changes: list[tuple[int, int]] = []
    span_began, span_ended = trace.duration, 0
    for number, job in enumerate(trace.jobs):
        started = job.started if job.started is not None else trace.duration
        finished = job.finished if job.finished is not None else trace.duration
        pool.busy += max(finished - started, 0)
        waited = started - job.queued
        pool.waited += waited
        if waited > pool.longest_wait:
            pool.longest_wait, pool.longest_wait_job = waited, number
        changes += [(job.queued, 1), (started, -1)]
        span_began, span_ended = min(span_began, job.queued), max(span_ended, finished)
    line = 0
    for _, change in sorted(changes):
        line += change
        pool.longest_line = max(pool.longest_line, line)
    if span_ended > span_began:
        pool.saturation = min(1.0, pool.busy / ((span_ended - span_began) * max(trace.pool_size, 1)))
    return pool
