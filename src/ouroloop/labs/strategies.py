"""Ten thousand waits.

Ten thousand clients are connected, and most of them say nothing most of the time. That was called the C10k problem
once, in 1999, when a server had a thread or a process for each client and could not have ten thousand of those. What
does a wait need? Somebody must remember what is to be done afterwards, and somebody must know when. There are four
answers to the first, and they are the history of server programs in the last thirty years.

    thread      its stack remembers; the kernel knows when, and switches
    green       its stack remembers; the program knows when, and switches
    callback    a function remembers, with what it has captured; a loop
                calls it
    coroutine   a frame remembers, an object of some hundred bytes; a loop
                resumes it

A thread is the most convenient of all: one writes what is to be done, line by line, and may be stopped anywhere. It is
paid for with a stack, and with the kernel's own notes and stack for it; and the kernel has to be asked for each. A
green thread is as convenient and keeps its own stack, but nobody else knows of it: it costs no system call to switch,
and it must not make one that blocks. A callback is the cheapest, and to write a program of many steps with it is to cut
the program into pieces by hand. A future, with `async` and `await`, has the compiler cut it, and costs a little more
than the callback, as it keeps the pieces of one program together.

Here each of them does the same: ten thousand waits are begun, one after the other; all of them are under way at once;
and they end, one after the other, as they were begun. Each way has a process of its own, in which nothing else happened
before. What is measured is how long it takes to begin one, what the processor had to do for it from begin to end, and
how much memory there is behind one wait when all are under way. Threads are begun in batches of 2,500, or as many as
the system allows; the rest has to wait for the next batch. (Ten thousand at once are possible, but they need more than
four times as long, and all others on the machine notice.) And their waits are longer, since it takes so long to begin
them that the first would be over before the last has begun.

What surprises people: ten thousand threads are no longer a problem of memory, a machine of today has that many. The
problem is to begin them, and to wake them all at once. In Python each of them then needs the lock, and a thread that
waits for the lock asks for it again every 5 ms: ten thousand who ask can keep a machine busy for half a minute. (They
did, before this lab let the waits end one after the other.)
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from .catalogue import NotHere
from .child import fresh_python
from .memory import kernel_stacks, page_tables, private_memory
from .stage import Span, Stage, duration, size, times

WOULD = "This lab would have ten thousand waits under way at once, by threads, green threads, callbacks and futures."

COUNT = 10_000
_WAIT = 0.3  # seconds
_WAIT_OF_THREADS = 0.8
"""So that all of a batch are begun before the first is over."""
_STACK = 256 << 10
_BATCH = 2_500
_PATIENCE = 120  # seconds


@dataclass
class Run:
    """The waits, by one of the ways. Times are in seconds since the begin."""

    spans: list[Span]
    """Starting, waiting, and going on; again for each batch, if there were some."""
    at_once: int
    """How many waits were under way at once."""
    ended: int
    """How many waits came to their end."""
    processor_time: float
    memory: int | None
    """Bytes, when all were under way: what this process alone has written to, and its page tables."""
    kernel_memory: int | None
    """Bytes of its stacks in the kernel that came meanwhile."""

    def took(self, kind: str) -> float:
        """How long it was starting, waiting, or going on, all together."""
        return sum(span.end - span.begin for span in self.spans if span.kind == kind)

    @property
    def room(self) -> float | None:
        """Bytes behind one wait."""
        return None if self.memory is None else (self.memory + (self.kernel_memory or 0)) / self.at_once


@dataclass
class Figures:
    """The runs."""

    count: int
    wait: float
    """Seconds that each wait takes; those of threads take longer."""
    runs: dict[str, Run]
    missing: dict[str, str]
    """Why one could not be done, by the way's name."""


class Watch:
    """Looks at the clock and at the memory while one of the ways is at work."""

    def __init__(self) -> None:
        self.over: list[float] = []
        """When each wait was over."""
        self._spans: list[Span] = []
        self._at_once = 0
        self._taken: tuple[int | None, int | None] = None, None
        self._work, self._begin = time.process_time(), time.perf_counter()
        self.begin()

    def begin(self) -> None:
        """Now waits are going to be begun."""
        self._over_before = len(self.over)
        self._memory, self._kernel = _memory(), kernel_stacks()
        self._since = self._started = time.perf_counter()

    def wait_is_over(self) -> None:
        """What is to be done after each wait: next to nothing. Any thread may call it."""
        self.over.append(time.perf_counter())

    def all_are_under_way(self, count: int) -> None:
        """So many waits have been begun."""
        self._started = time.perf_counter()
        at_once = count - (len(self.over) - self._over_before)
        if at_once > self._at_once:
            self._at_once = at_once
            self._taken = _growth(self._memory, _memory()), _growth(self._kernel, kernel_stacks())

    def all_are_over(self) -> None:
        """Those have ended."""
        end = time.perf_counter()
        first = max(self._started, min(self.over[self._over_before:]))
        marks = [moment - self._begin for moment in (self._since, self._started, first, end)]
        self._spans += [Span(marks[place], marks[place + 1], kind) for place, kind in enumerate(_KINDS)]

    def run(self) -> Run:
        """What came of it."""
        return Run(self._spans, self._at_once, len(self.over), time.process_time() - self._work, *self._taken)


_KINDS = ("starting", "waiting", "going on")


def _memory() -> int | None:
    private, tables = private_memory(), page_tables()
    return None if private is None or tables is None else private + tables


def _growth(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)


# The ways

def by_threads(count: int, watch: Watch) -> None:
    """A thread for each wait, some thousand at a time, or as many as the system allows."""
    threading.stack_size(_STACK)

    def wait() -> None:
        time.sleep(_WAIT_OF_THREADS)
        watch.wait_is_over()

    left = count
    while left:
        watch.begin()
        threads = _start_threads(wait, min(left, _BATCH))
        watch.all_are_under_way(len(threads))
        for thread in threads:
            thread.join()
        watch.all_are_over()
        left -= len(threads)


def _start_threads(action: Callable[[], None], count: int) -> list[threading.Thread]:
    """So many threads, or as many as the system allows, if that is any."""
    threads: list[threading.Thread] = []
    for _ in range(count):
        thread = threading.Thread(target=action)
        try:
            thread.start()
        except RuntimeError:  # can't start new thread
            if not threads:
                raise
            break
        threads.append(thread)
    return threads


def by_green_threads(count: int, watch: Watch) -> None:
    """Each waits in the midst of a call, on a stack of its own. As all wait equally long, the first is due first."""
    from .green_threads import Ring

    watch.begin()
    ring = Ring(WOULD, notes=2 * count)
    for _ in range(count):
        ring.spawn("A", 1)
    ring.lap()  # each runs until it gives way
    begun = time.perf_counter()
    watch.all_are_under_way(count)
    time.sleep(max(0.0, begun + _WAIT - time.perf_counter()))
    watch.over += [time.perf_counter()] * (len(ring.run()) - count)  # it has noted two levels for each
    watch.all_are_over()


def by_callbacks(count: int, watch: Watch) -> None:
    """A timer of our loop for each."""
    if sys.platform == "win32":
        raise NotHere(WOULD, "Ouroloop's loop stands on epoll and poll, and Windows has neither.")
    from ouroloop.loop import Loop, Timer

    watch.begin()
    loop = Loop()
    for _ in range(count):
        loop.update_time()
        Timer(loop).start(watch.wait_is_over, round(_WAIT * 1_000))
    watch.all_are_under_way(count)
    loop.run()
    watch.all_are_over()


def by_futures(count: int, watch: Watch) -> None:
    """A coroutine for each, polled by the executor of the lab `futures`."""
    from .futures import Executor, Frame, Reactor, Sleep

    async def wait() -> None:
        await Sleep(reactor, _WAIT)
        watch.wait_is_over()

    async def look() -> None:
        watch.all_are_under_way(count)

    watch.begin()
    reactor = Reactor()
    executor = Executor(reactor)
    for _ in range(count):
        executor.spawn(Frame(wait()))
    executor.spawn(Frame(look()))  # its first poll is after all others' first
    executor.run()
    watch.all_are_over()


def by_asyncio(count: int, watch: Watch) -> None:
    """A task of asyncio's for each."""
    import asyncio

    async def wait() -> None:
        await asyncio.sleep(_WAIT)
        watch.wait_is_over()

    async def wait_for_all() -> None:
        tasks = [asyncio.create_task(wait()) for _ in range(count)]
        await asyncio.sleep(0)  # each runs until it waits
        watch.all_are_under_way(count)
        for task in tasks:
            await task

    asyncio.run(asyncio.sleep(0))  # so that what asyncio takes for itself is there before
    watch.begin()
    asyncio.run(wait_for_all())
    watch.all_are_over()


WAYS: dict[str, Callable[[int, Watch], None]] = {
    "threads": by_threads,
    "green threads": by_green_threads,
    "callbacks": by_callbacks,
    "futures": by_futures,
    "asyncio's tasks": by_asyncio,
}

def work(way: str, count: str) -> None:
    """What each of the processes does: one of the ways; it prints what came of it."""
    try:
        watch = Watch()
        WAYS[way](int(count), watch)
        print(json.dumps(asdict(watch.run())), flush=True)
    except NotHere as exc:
        print(json.dumps({"missing": exc.because}), flush=True)


def measure(count: int = COUNT) -> Figures:
    """Have each way do it, in a process of its own."""
    figures = Figures(count, _WAIT, {}, {})
    for way in WAYS:
        done = subprocess.run(
            fresh_python(work, way, str(count)), capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode:
            figures.missing[way] = (done.stderr.strip() or "it does not say why").splitlines()[-1]
            continue
        report = json.loads(done.stdout)
        if "missing" in report:
            figures.missing[way] = report["missing"]
        else:
            figures.runs[way] = Run(**{**report, "spans": [Span(**span) for span in report["spans"]]})
    if not figures.runs:
        raise NotHere(WOULD, " ".join(figures.missing.values()))
    return figures


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Draw who began, waited and went on when; then work and memory."""
    stage.heading(f"{figures.count:,} waits")
    runs = figures.runs
    stage.timeline([(way, run.spans) for way, run in runs.items()], kinds=_KINDS)
    for way, reason in figures.missing.items():
        stage.note(f"{way}: not here. {reason}")
    stage.line()
    stage.table(["", "to begin one", "work for one", "at once"], [
        (way, duration(run.took("starting") / figures.count), duration(run.processor_time / figures.count),
         f"{run.at_once:,}") for way, run in runs.items()])
    works = {way: run.processor_time for way, run in runs.items()}
    least, most = min(works, key=works.__getitem__), max(works, key=works.__getitem__)
    ratio = times(works[most] / works[least])
    stage.meaning(
        "All of them wait equally well, for a wait needs no processor. What differs is to begin and to end. The "
        f"{most} had the processor work {ratio} times as long as the {least}. (\"Work\" is all that the processor did, "
        "in the kernel too, for one wait from begin to end.)")
    _show_memory(figures, stage)


def _show_memory(figures: Figures, stage: Stage) -> None:
    stage.heading("Memory behind one wait")
    rooms = {way: run.room for way, run in figures.runs.items() if run.room}
    if not rooms:
        stage.note("This system does not tell how much a process has written to and shares with nobody; Linux does.")
        return
    stage.bars([(way, room, size(room)) for way, room in rooms.items()])
    least, most = min(rooms, key=rooms.__getitem__), max(rooms, key=rooms.__getitem__)
    text = "" if least == most else (
        f"With the {most}, {times(rooms[most] / rooms[least])} times as much is behind a wait as with the {least}. ")
    kernel = figures.runs["threads"].kernel_memory if "threads" in figures.runs else None
    if kernel:
        threads = figures.runs["threads"]
        text += (
            f"Of a thread's, {size(kernel / threads.at_once)} are its stack in the kernel, which no program can make "
            "smaller. ")
    if "green threads" in rooms:
        text += (
            f"A green thread's stack has a page at the least, and a page is all that these use. All {figures.count:,} "
            f"together take {size(figures.count * rooms['green threads'])}. ")
    stage.meaning(
        f"{text}So ten thousand of any kind are possible today; a million are not, of threads. The room, and the work "
        "to begin one, decide what a program dares to wait for.")
