"""When four threads are too few, and when a pool is no help.

The kernel can tell when a socket has something to read. For a file it cannot: a read of a disk does not say "not yet",
it just takes its time, and so does a name look-up, which is a function of the C library. Whoever calls these from an
event loop stops it. So loops have a pool: some threads that do nothing but take the next job from a queue and let it
take its time. libuv's, and with it Node's and ours, has four threads (the variable UV_THREADPOOL_SIZE says otherwise),
for files, dns.lookup, and some of crypto and zlib.

    loop ──job──→ [ queue ] ──→ thread 1
                            ──→ thread 2     each takes the next one
                            ──→ thread 3     when it has done its last
                            ──→ thread 4
    loop ←─────── results ──────┘

How many should there be? It depends on what they do. If they compute, as many as there are processors, for more only
take turns. If they wait, as many as there are waits at the same time; a thread that sleeps costs no more than its room.
A pool that does both is never of the right size. The classic accident is this one: a name server does not answer, four
look-ups take all four threads for seconds, and a file that is in memory, and could be read in 20 µs, waits behind them.
Nothing is busy, and all stands still. (Since then libuv lets look-ups have only half of the threads.)

The time that a job waits in the queue is not proportional to the load. As long as the threads have time to spare it is
next to nothing; as they come near to having none, it grows without bounds, since what comes in a bunch can never be
made up for. A program that looks well at half its load says nothing about itself at nine tenths.

And then there is Python. Python code needs a lock, the GIL, which one thread at a time may have. Threads that wait let
go of it, so for waiting a pool is as good in Python as anywhere. So do a few functions written in C that take long and
touch nothing of Python's: the hashes of hashlib, zlib, most of what reads and writes. But Python code in a pool keeps
the lock, is no faster there, and, worse, fights for the lock with the loop, which it was meant to relieve: a thread
that wants it gets it after 5 ms (sys.getswitchinterval), and then again somebody else has it. JavaScript has no such
trouble, because no JavaScript runs in the pool at all. What computes in JavaScript stops the loop, and belongs in a
worker.
"""

from __future__ import annotations

import hashlib
import queue
import random
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, median

from .stage import Span, Stage, duration, times
from .work import compute, processors

_WAIT, _WAITS = 0.02, 16
_SLOW, _BRIEF = 0.06, 0.001
_SERVICE, _JOBS = 0.008, 60
_LOADS, _ROUNDS = (0.5, 0.9, 1.3), 4
_COMPUTE = 0.02
_BEAT, _BEATS = 0.002, 25
_NTH = ("1st job", "2nd job", "3rd job", "4th job")


@dataclass
class Job:
    """Something to do, and what became of it. Times are those of `perf_counter`."""

    action: Callable[[], object]
    queued: float
    thread: int = -1
    started: float = 0.0
    ended: float = 0.0

    @property
    def delay(self) -> float:
        """How long it was in the queue."""
        return self.started - self.queued


class Pool:
    """Threads that take the next job from a queue. Who breaks the program off (Ctrl-C) need not wait for them."""

    def __init__(self, size: int) -> None:
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(size)]
        for thread in self._threads:
            thread.start()

    def submit(self, action: Callable[[], object]) -> Job:
        """Put a job into the queue."""
        job = Job(action, time.perf_counter())
        self._queue.put(job)
        return job

    def end(self) -> None:
        """Wait until all is done."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        while (job := self._queue.get()) is not None:
            job.thread, job.started = number, time.perf_counter()
            job.action()
            job.ended = time.perf_counter()


def run_all(size: int, actions: Iterable[Callable[[], object]]) -> list[Job]:
    """Have a pool of that size do all this."""
    pool = Pool(size)
    jobs = [pool.submit(action) for action in actions]
    pool.end()
    return jobs


@dataclass
class Load:
    """Jobs that come one after the other, at random."""

    share: float
    """Of what four threads can do, how much comes."""
    delays: list[float]
    """Seconds in the queue, in the order in which they came."""


@dataclass
class Run:
    """Four jobs that compute, in seconds."""

    elapsed: float
    processor_time: float


@dataclass
class Figures:
    """All times are in seconds."""

    waits: dict[int, list[Job]]
    """Sixteen jobs that wait, by the pool's size. Their times count from the first one's."""
    behind: dict[int, float]
    """How long a brief job was in the queue, behind four slow ones, by the pool's size."""
    loads: list[Load]
    computing: dict[str, dict[int, Run]]
    """By what computes, and how many threads."""
    late: dict[str, float]
    """How late the loop's thread was, by what a pool of four did meanwhile: the median."""
    available: int
    """Processors that we may use."""
    has_lock: bool
    """Whether this Python has a GIL."""


def measure() -> Figures:
    """Let pools wait, queue up, compute, and see what the loop has of it."""
    return Figures(
        {size: _waits(size) for size in (4, 16)}, {size: _behind(size) for size in (4, 16)},
        _loads(), _computing(), _late(), processors(),
        getattr(sys, "_is_gil_enabled", lambda: True)())


# Waiting

def _waits(size: int) -> list[Job]:
    jobs = run_all(size, [lambda: time.sleep(_WAIT)] * _WAITS)
    begin = jobs[0].queued
    for job in jobs:
        job.queued, job.started, job.ended = job.queued - begin, job.started - begin, job.ended - begin
    return jobs


def _behind(size: int) -> float:
    jobs = run_all(size, [lambda: time.sleep(_SLOW)] * 4 + [lambda: time.sleep(_BRIEF)])
    return jobs[-1].delay


def _loads() -> list[Load]:
    """Of each load the round in which jobs waited least: others may have had the processors in the rest."""
    rounds = [[_load(share) for share in _LOADS] for _ in range(_ROUNDS)]
    return [min(same, key=lambda load: fmean(load.delays)) for same in zip(*rounds, strict=True)]


def _load(share: float) -> Load:
    """Jobs that come at random, and take a random time."""
    chance, pool, jobs = random.Random(7), Pool(4), []
    due = time.perf_counter()
    for _ in range(_JOBS):
        due += chance.expovariate(4 * share / _SERVICE)
        time.sleep(max(0.0, due - time.perf_counter()))
        takes = chance.expovariate(1 / _SERVICE)
        jobs.append(pool.submit(lambda takes=takes: time.sleep(takes)))  # type: ignore[misc]
    pool.end()
    return Load(share, [job.delay for job in jobs])


# Computing

def _kinds() -> dict[str, Callable[[], object]]:
    """What computes, each for about the same time."""
    data = random.Random(1).randbytes(256) * 256
    pieces: dict[str, Callable[[], object]] = {
        "Python code": lambda: compute(2_000),
        "hashlib.sha256": lambda: hashlib.sha256(data).digest(),
        "zlib.compress": lambda: zlib.compress(data, 6),
    }
    return {name: _for_a_time(piece) for name, piece in pieces.items()}


def _for_a_time(piece: Callable[[], object]) -> Callable[[], None]:
    took = []
    for _ in range(5):
        begin = time.perf_counter()
        piece()
        took.append(time.perf_counter() - begin)
    pieces = max(1, int(_COMPUTE / min(took)))

    def run() -> None:
        for _ in range(pieces):
            piece()

    return run


def _computing() -> dict[str, dict[int, Run]]:
    runs: dict[str, dict[int, Run]] = {}
    for name, action in _kinds().items():
        runs[name] = {}
        for size in (1, 4):
            begin, before = time.perf_counter(), time.process_time()
            run_all(size, [action] * 4)
            runs[name][size] = Run(time.perf_counter() - begin, time.process_time() - before)
    return runs


def _late() -> dict[str, float]:
    """A thread that wants to run every two ms, while a pool of four is at work."""
    return {"nothing": _lateness(None)} | {name: _lateness(action) for name, action in _kinds().items()}


def _lateness(action: Callable[[], object] | None) -> float:
    pool, is_over = Pool(4), threading.Event()

    def go_on() -> None:
        while action and not is_over.is_set():
            action()

    for _ in range(4):
        pool.submit(go_on)
    late = []
    for _ in range(_BEATS):
        due = time.perf_counter() + _BEAT
        time.sleep(_BEAT)
        late.append(time.perf_counter() - due)
    is_over.set()
    pool.end()
    return median(late)


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Draw who was at work when, and say when there should be more of them."""
    _show_waits(figures, stage)
    _show_queue(figures, stage)
    _show_computing(figures, stage)
    stage.heading("How late the loop's thread runs, while four threads of the pool compute")
    stage.bars([(name, late, duration(late)) for name, late in figures.late.items()], logarithmic=True)
    late = figures.late["Python code"]
    if figures.has_lock:
        stage.meaning(
            f"It wakes in time, but it needs the lock to go on, and the others have it: {duration(late)}, where the "
            f"interval at which one may ask for it is {duration(sys.getswitchinterval())}. Python code in a pool does "
            "not relieve the loop, it delays it. Code that lets go of the lock leaves only the question of who has a "
            "processor.")
    else:
        stage.meaning("This Python has no such lock: what delays the loop is only who has a processor.")


def _show_waits(figures: Figures, stage: Stage) -> None:
    stage.heading(f"{_WAITS} jobs that wait for {duration(_WAIT)} each")
    end = max(job.ended for jobs in figures.waits.values() for job in jobs)
    lanes: list[tuple[str, list[Span]]] = []
    for size, jobs in figures.waits.items():
        if lanes:
            lanes.append(("", []))
        names = [f"{size} threads", "", "", ""]
        lanes += [(f"{name:<10} {number + 1}", _lane(jobs, number)) for number, name in enumerate(names)]
    stage.timeline(lanes, end, _NTH)
    stage.note("(The pool of sixteen has twelve more such threads.)")
    took = {size: max(job.ended for job in jobs) for size, jobs in figures.waits.items()}
    longest = max(job.delay for job in figures.waits[4])
    stage.meaning(
        f"Four threads took {duration(took[4])}, sixteen {duration(took[16])}: {times(took[4] / took[16])} times as "
        f"long, with no processor at work. The last job of the four was in the queue for {duration(longest)}. For "
        "waiting, four threads are too few as soon as there are five waits.")


def _lane(jobs: list[Job], thread: int) -> list[Span]:
    own = [job for job in jobs if job.thread == thread]
    return [Span(job.started, job.ended, _NTH[min(number, 3)]) for number, job in enumerate(own)]


def _show_queue(figures: Figures, stage: Stage) -> None:
    stage.heading("In the queue")
    brief = f"{duration(_BRIEF)} of work behind 4 slow jobs"
    rows = [(f"{brief}, {size} threads", late) for size, late in figures.behind.items()]
    rows += [(f"4 threads with {load.share:.0%} to do, on average", fmean(load.delays)) for load in figures.loads]
    stage.bars([(name, late, duration(late)) for name, late in rows])
    low, _, high = figures.loads
    stage.meaning(
        f"A job behind four slow ones ({duration(_SLOW)}) waits for one of them to end, however brief it is. And the "
        f"queue knows no proportion: {times(high.share / low.share)} times the load, "
        f"{times(fmean(high.delays) / fmean(low.delays))} times the delay. With more to do than can be done it grows "
        f"for as long as that lasts: the first ten jobs waited for {duration(fmean(high.delays[:10]))}, the last ten "
        f"for {duration(fmean(high.delays[-10:]))}.")


def _show_computing(figures: Figures, stage: Stage) -> None:
    stage.heading("Four jobs that compute")
    stage.table(["", "1 thread", "4 threads", "of it", "processors at work"], [
        (name, duration(runs[1].elapsed), duration(runs[4].elapsed), f"{runs[4].elapsed / runs[1].elapsed:.2f}",
         f"{runs[4].processor_time / runs[4].elapsed:.2f}") for name, runs in figures.computing.items()])
    at_work = {name: runs[4].processor_time / runs[4].elapsed for name, runs in figures.computing.items()}
    most = max(at_work["hashlib.sha256"], at_work["zlib.compress"])
    python = at_work["Python code"]
    stage.meaning(
        f"Python code in four threads had {python:.2f} processors of {figures.available}"
        + (": one thread at a time has the lock." if figures.has_lock else ", for this Python has no lock.")
        + f" hashlib and zlib let go of it, and had up to {most:.2f}. "
        + ("" if most > 1.2 else "(There is only one, or others had them. Try again when the machine is free.) ")
        + "A pool helps work that waits, and work that computes without the lock, up to the number of processors.")
