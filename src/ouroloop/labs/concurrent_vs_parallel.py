"""Concurrent is not parallel.

Concurrent: several things are under way. Parallel: several things happen at the same instant. A cook who puts potatoes
on, cuts onions meanwhile, and looks after the potatoes now and then, is concurrent; two cooks are parallel. The one
cook is as fast as the two as long as most of the work is done by the stove. If all of it is cutting onions, the one
cook may change from board to board at will: it takes as long as it takes, and a little longer.

A program's stove is everything that is not the processor: the disk, the network, a database, a clock. While a program
waits for these it needs no processor and no thread, only somebody who remembers what is to be done afterwards. That is
what an event loop is: one thread, a list of what is waited for, and for each of these the place where to go on.

This lab does two kinds of work, three times each. Four tasks that wait, four tasks that compute; first one after the
other, then concurrently on one thread, then in parallel in four processes.

    serially       1111 2222 3333 4444
    concurrently   1234 1234 1234 1234     one thread, taking turns
    in parallel    1111                    four processes, on as many
                   2222                    processors as there are
                   3333
                   4444

The loop that runs the tasks concurrently is part of this file, and has fifteen lines. A task is a generator that says
for how long it has to wait; the loop keeps the tasks in a heap by the time at which they want to go on, sleeps until
the first is due, and lets it run until it says the next time. There is no more to it: timers, sockets and files in a
real loop differ only in who says that it is time.

Why processes, and not threads? Because in most Pythons only one thread at a time may run Python code (there is a lock,
the GIL). For tasks that wait, threads do as well as a loop, with a stack for each; for tasks that compute in Python
they do no better than one thread. JavaScript has made the same choice by itself: one thread, a loop, and for what
computes, workers that share next to nothing.
"""

from __future__ import annotations

import heapq
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .child import fresh_python
from .stage import Span, Stage, duration, times
from .work import amount_for, compute, processors

_TASKS, _PIECES = 4, 3
_WAIT = 0.03  # seconds
_COMPUTE = 0.01
_ROUNDS = 3
"""Of computing: of each way the quickest counts, as others may have had the processors meanwhile."""


@dataclass
class Run:
    """One kind of work, done in one way. Times are in seconds from its begin."""

    lanes: list[list[Span]]
    """What each task did, and when."""
    processor_time: float
    """Seconds of processors, all together."""

    @property
    def elapsed(self) -> float:
        """From the begin to the end of the last task."""
        return max(span.end for lane in self.lanes for span in lane)

    @property
    def processors(self) -> float:
        """How many processors were at work, on average."""
        return self.processor_time / self.elapsed

    @property
    def most_at_once(self) -> int:
        """How many tasks were under way at the same instant: waiting, or at their piece of computing."""
        edges = sorted((time, change) for lane in self.lanes for span in lane for time, change in (
            (span.begin, 1), (span.end, -1)))
        under_way = most = 0
        for _, change in edges:
            under_way += change
            most = max(most, under_way)
        return most


@dataclass
class Figures:
    """The runs, by kind of work and way."""

    runs: dict[str, dict[str, Run]]
    available: int
    """Processors that we may use."""
    start: float
    """Seconds until the four processes were ready."""


# Tasks, and two ways to run them on one thread

class Task:
    """Work in pieces: `steps` yields how many seconds to wait before the next one."""

    def __init__(self, kind: str, amount: int) -> None:
        self.kind = kind
        self.steps = _waiting() if kind == "waiting" else _computing(amount)
        self.spans: list[Span] = []
        self._waits_since: float | None = None

    def step(self) -> float | None:
        """Go on until the task has to wait; the time at which to go on again, or None if it has finished."""
        begin = time.perf_counter()
        if self._waits_since is not None and self.kind == "waiting":
            self.spans.append(Span(self._waits_since, begin, self.kind))
        try:
            wait = next(self.steps)
        except StopIteration:
            return None
        self._waits_since = end = time.perf_counter()
        if self.kind == "computing":
            self.spans.append(Span(begin, end, self.kind))
        return end + wait


def _waiting() -> Iterator[float]:
    for _ in range(_PIECES):
        yield _WAIT


def _computing(amount: int) -> Iterator[float]:
    for _ in range(_PIECES):
        compute(amount)
        yield 0  # give way to others


def _sleep_until(due: float) -> None:
    time.sleep(max(0.0, due - time.perf_counter()))


def serially(tasks: list[Task]) -> None:
    """Run each task to its end before the next begins."""
    for task in tasks:
        while (due := task.step()) is not None:
            _sleep_until(due)


def concurrently(tasks: list[Task]) -> None:
    """Run all tasks at once: an event loop that knows nothing but time."""
    now = time.perf_counter()
    waiting = [(now, number, task) for number, task in enumerate(tasks)]
    started = len(tasks)
    while waiting:
        due, _, task = heapq.heappop(waiting)
        _sleep_until(due)
        again = task.step()
        if again is not None:
            started += 1  # who waits for the same time as another is behind it
            heapq.heappush(waiting, (again, started, task))


# Parallel: processes

def work() -> None:
    """What each of the processes does: a task for each line that it reads, which says of which kind and how much."""
    print("ready", flush=True)
    for line in sys.stdin:
        kind, amount = line.split()
        task = Task(kind, int(amount))
        before = time.process_time()
        serially([task])
        spans = [(span.begin, span.end) for span in task.spans]
        print(json.dumps({"spans": spans, "processor_time": time.process_time() - before}), flush=True)


class _Workers:
    """Processes that wait for a task. Their clock and ours are one."""

    def __init__(self) -> None:
        begin = time.perf_counter()
        self._processes = [
            subprocess.Popen(
                fresh_python(work), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            for _ in range(_TASKS)]
        self._hear()
        self.start = time.perf_counter() - begin

    def _hear(self) -> list[str]:
        """A line of each."""
        return [process.stdout.readline() for process in self._processes if process.stdout]

    def run(self, kind: str, amount: int) -> Run:
        """A task in each."""
        begin = time.perf_counter()
        for process in self._processes:
            if process.stdin:
                process.stdin.write(f"{kind} {amount}\n")
        reports = [json.loads(line) for line in self._hear()]
        lanes = [[Span(first, last, kind) for first, last in report["spans"]] for report in reports]
        return _run_since(begin, lanes, sum(report["processor_time"] for report in reports))

    def end(self) -> None:
        """They have read all there is."""
        for process in self._processes:
            process.communicate()


def _run_since(begin: float, lanes: list[list[Span]], processor_time: float) -> Run:
    moved = [[Span(span.begin - begin, span.end - begin, span.kind) for span in lane] for lane in lanes]
    return Run(moved, processor_time)


def measure() -> Figures:
    """Do both kinds of work, each in three ways."""
    amount, workers = amount_for(_COMPUTE), _Workers()
    try:
        runs = {"waiting": _three_ways(workers, "waiting", amount)}
        rounds = [_three_ways(workers, "computing", amount) for _ in range(_ROUNDS)]
    finally:
        workers.end()
    runs["computing"] = {way: min((ways[way] for ways in rounds), key=lambda run: run.elapsed) for way in rounds[0]}
    return Figures(runs, processors(), workers.start)


def _three_ways(workers: _Workers, kind: str, amount: int) -> dict[str, Run]:
    return {
        "serially": _on_one_thread(serially, kind, amount),
        "concurrently": _on_one_thread(concurrently, kind, amount),
        "in parallel": workers.run(kind, amount),
    }


def _on_one_thread(run: Callable[[list[Task]], None], kind: str, amount: int) -> Run:
    tasks = [Task(kind, amount) for _ in range(_TASKS)]
    begin, before = time.perf_counter(), time.process_time()
    run(tasks)
    return _run_since(begin, [task.spans for task in tasks], time.process_time() - before)


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Draw who did what when, and say what pays."""
    for kind, ways in figures.runs.items():
        stage.heading(f"Four tasks that are {kind}, {_PIECES} pieces each")
        lanes: list[tuple[str, list[Span]]] = []
        for number, (way, run) in enumerate(ways.items()):
            if number:
                lanes.append(("", []))
            lanes += [(f"{'' if task else way:<12} {task + 1}", lane) for task, lane in enumerate(run.lanes)]
        stage.timeline(lanes, max(run.elapsed for run in ways.values()), ("computing", "waiting"))
    stage.heading("How long it took")
    rows = []
    for kind, ways in figures.runs.items():
        for way, run in ways.items():
            ratio = f"{run.elapsed / ways['serially'].elapsed:.2f}"
            rows.append((f"{kind}, {way}", duration(run.elapsed), ratio, f"{run.processors:.2f}"))
    stage.table(["", "time", "of serial", "processors at work"], rows)
    _say(figures, stage)


def _say(figures: Figures, stage: Stage) -> None:
    waiting, computing = figures.runs["waiting"], figures.runs["computing"]
    serial, loop, parallel = (run.elapsed for run in computing.values())
    stage.meaning(
        f"A task that waits needs no processor. One thread had {waiting['concurrently'].most_at_once} waits under way "
        "at once, "
        f"and was done {times(waiting['serially'].elapsed / waiting['concurrently'].elapsed)} times as soon as "
        "serially. Four processes could do no better.")
    at_work = computing["in parallel"].processors
    stage.meaning(
        f"A task that computes needs a processor, and one thread has one: to take turns took {loop / serial:.2f} of "
        "the serial "
        f"time. In four processes, on {figures.available} processor{'s' if figures.available > 1 else ''}, it took "
        f"{parallel / serial:.2f} of it, for on average {at_work:.1f} processors were at work for us. "
        + ("" if at_work > 1.2 else "(There is only one, or others had them. Try again when the machine is free.) ")
        + f"To start the processes took {duration(figures.start)}, which is not in these figures.")
