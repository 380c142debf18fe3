"""The recorder: a probe that remembers, and makes a trace of it when the program ends.

Theory of operation. The loop tells this probe of its turns, steps, sleep and jobs; JavaScript records its own callbacks
(`js/lib/internal/recorder.js`) and hands them over when the process ends. Both read the same clock, so that putting
them together means sorting by time. Only the last `limit` records of each kind are kept.

What surprises people: a program that a signal ends is told of too: SIGINT and SIGTERM that nobody listens for end it
only when the trace is written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from array import array
from collections import deque
from time import monotonic_ns, time
from typing import TYPE_CHECKING, Any

from ..loop import Probe, Signal
from .model import MAIN, Job, Output, Place, Resource, Run, Sleep, Step, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..loop import Loop, Work

_FIELDS = 8
_MADE, _ENTERED, _LEFT, _DESTROYED, _SETTLED, _WRITTEN = range(1, 7)


class Recorder(Probe):
    """Records one program; `on_end` gets the trace."""

    wants_steps = True

    def __init__(self, limit: int, on_end: Callable[[Trace], object]) -> None:
        self.limit = limit
        self.handle = 0
        self._on_end = on_end
        self._began = monotonic_ns()
        self._wall = time()
        self._turn = 0
        self._timeout = 0.0
        self._turns: deque[tuple[int, int]] = deque(maxlen=limit)
        self._steps: deque[Step] = deque(maxlen=limit)
        self._sleeps: deque[Sleep] = deque(maxlen=limit)
        self._jobs: dict[int, Job] = {}
        self._numbers = array("d")
        self._tables: dict[str, Any] = {"texts": [], "places": [], "dropped": 0}

    def watch(self, runtime: Any) -> None:
        """Record this runtime's loop, and let a signal end the program only when its trace is written."""
        runtime.loop.probe = self
        for number in (signal.SIGINT, signal.SIGTERM):
            watcher = Signal(runtime.loop)
            watcher.start(lambda number: self._interrupted(runtime, number), number)
            watcher.unref()

    def _interrupted(self, runtime: Any, number: int) -> None:
        runtime.emit(self.handle)
        self.finish(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    # What the loop tells

    def turn(self, loop: Loop, number: int) -> None:
        self._turn = number
        self._turns.append((number, monotonic_ns()))

    def step(self, loop: Loop, name: str, began: int, ended: int) -> None:
        self._steps.append(Step(name, self._turn, began, ended))

    def waiting(self, loop: Loop, timeout: float) -> None:
        self._timeout = timeout

    def slept(self, loop: Loop, began: int, ended: int, count: int) -> None:
        self._sleeps.append(Sleep(self._turn, began, ended, self._timeout))

    def work_queued(self, work: Work) -> None:
        self._jobs[id(work)] = Job(work.name, monotonic_ns())

    def work_started(self, work: Work) -> None:
        job = self._jobs[id(work)]
        job.started, job.thread = monotonic_ns(), threading.current_thread().name

    def work_finished(self, work: Work) -> None:
        self._jobs[id(work)].finished = monotonic_ns()

    def work_delivered(self, work: Work) -> None:
        job = self._jobs.pop(id(work))
        job.delivered = monotonic_ns()
        self._jobs[-len(self._jobs) - 1] = job

    # What JavaScript tells

    def take(self, numbers: bytes, tables: str) -> None:
        """JavaScript's records: `_FIELDS` numbers each, and the texts and places that they stand for."""
        self._numbers.frombytes(bytes(numbers))
        self._tables = json.loads(tables)

    def finish(self, code: int) -> None:
        """The process is about to end."""
        self._on_end(self._trace(code))

    def _trace(self, code: int) -> Trace:
        since = self._began
        ended = monotonic_ns()
        turns = list(self._turns)
        trace = Trace(
            sys.argv[0], sys.argv[1:], self._wall, ended - since, code, int(self._tables["dropped"]),
            places=[Place(file or "", line or 0, column or 0, name) for file, line, column, name in self._tables["places"]],
            turns=[at - since for _, at in turns], first_turn=turns[0][0] if turns else 1,
            steps=[Step(step.name, step.turn, step.began - since, step.ended - since) for step in self._steps],
            sleeps=[
                Sleep(each.turn, each.began - since, each.ended - since, each.timeout, each.woke)
                for each in self._sleeps],
            jobs=[_since(job, since) for job in self._jobs.values()],
        )
        self._add_runs(trace)
        return trace

    def _add_runs(self, trace: Trace) -> None:
        texts: list[str] = self._tables["texts"]
        numbers, since = self._numbers, self._began
        inside: list[Run] = []
        for at in range(0, len(numbers), _FIELDS):
            kind, moment, a, b, c, d = (int(number) for number in numbers[at : at + 6])
            moment -= since
            inner, outermost = int(numbers[at + 6]), int(numbers[at + 7])
            if kind == _ENTERED:
                outer = inside[-1].number if inside else None
                run = trace.runs[a] = Run(a, b, texts[c], moment, outer=outer)
                inside.append(run)
            elif kind == _LEFT:
                while inside and inside[-1].number >= a:
                    inside.pop().ended = moment
            elif kind == _MADE:
                trace.resources[a] = Resource(a, texts[b], c, moment, inner, d)
                run_of = trace.runs.get(c)
                if run_of is not None and run_of.place < 0:
                    run_of.place = outermost
            elif kind == _DESTROYED and a in trace.resources:
                trace.resources[a].destroyed = moment
            elif kind == _SETTLED and a in trace.resources:
                trace.resources[a].settled = moment
            elif kind == _WRITTEN:
                trace.output.append(Output(moment, a, texts[b], c))
        _place_in_turns(trace)


def _since(job: Job, since: int) -> Job:
    def shift(moment: int | None) -> int | None:
        return None if moment is None else moment - since

    return Job(
        job.name, job.queued - since, job.resource, shift(job.started), job.thread, shift(job.finished), shift(job.delivered))


def _place_in_turns(trace: Trace) -> None:
    """Which step each run was in, by time: both are in order."""
    steps = iter(sorted(trace.steps, key=lambda step: step.began))
    step = next(steps, None)
    for run in sorted(trace.runs.values(), key=lambda run: run.began):
        while step is not None and step.ended < run.began:
            step = next(steps, None)
        if step is not None and step.began <= run.began:
            run.turn, run.step = step.turn, step.name
        elif run.number == MAIN:
            run.step = "main"
