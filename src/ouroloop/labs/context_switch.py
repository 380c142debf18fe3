"""What it costs to give way.

There are four ways to have many things under way with few processors, and all of them come down to the same act: one
stops, another goes on. What differs is who decides, and how much has to be kept and loaded.

    process     the kernel   registers, kernel stack, and the page tables:
                             all of memory means something else afterwards
    thread      the kernel   registers, kernel stack; memory stays
    green       the program  the registers that a call must keep
    coroutine   the program  a frame: where it was, and its variables

To switch between processes or threads, one of them must be in the kernel. It may be there because it asked for
something that is not there yet, and sleeps: that is a voluntary switch. Or the timer interrupted it, and the kernel
found that others had waited for long enough: an involuntary one. The kernel counts both for each thread, and the two
numbers say a lot about a program. A server that waits for its clients has nearly all voluntary ones; one that computes
on a machine with too much to do has the others.

In the kernel, a switch is much like that of a green thread: registers are put onto the old kernel stack and taken from
the new one. What makes it dear is the way in and out, the choice of who is next, and what comes afterwards: if the page
tables are others, then the processor's small cache of them is of no use any more (or must be told apart by a tag), and
the caches are full of somebody else's data. That last part is in no measurement of this kind; it is paid later, bit by
bit, as misses.

Two threads play ping-pong here, over pipes, pinned to one processor: each writes a byte to the other and then reads
its own pipe; if that is empty, it sleeps, and the other runs. The same is done by two processes. The calls are made by
a loop of machine code, so Python has no part in it, nor its lock; and what the calls cost by themselves is measured
with a pipe to oneself, and taken off.

Then there is room. Each thread has a stack of its own, several MiB of addresses, of which the kernel fills only what is
touched, and a stack in the kernel, which is filled at once. Ten thousand threads are possible; but ten thousand
coroutines are nothing at all.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .catalogue import NotHere
from .child import Child
from .green_threads import Ring, seconds_per_switch
from .machine_code import WORD, Repeater, code
from .memory import private_memory
from .stage import Stage, duration, size, times
from .stopwatch import fastest

WOULD = (
    "This lab would let two processes, two threads, green threads and coroutines take turns, and measure what one "
    "switch of each costs, who counts it, and how much room each needs."
)

PING_PONG = {
    "linux x86-64": """
        53              | push rbx
        41 54           | push r12
        41 55           | push r13
        41 56           | push r14
        48 89 fb        | mov rbx, rdi          how often
        49 89 f4        | mov r12, rsi          the pipe to read from
        49 89 d5        | mov r13, rdx          the pipe to write to
        49 89 ce        | mov r14, rcx          where the byte is
        b8 01 00 00 00  | mov eax, 1            again: write
        4c 89 ef        | mov rdi, r13
        4c 89 f6        | mov rsi, r14
        ba 01 00 00 00  | mov edx, 1
        0f 05           | syscall
        b8 00 00 00 00  | mov eax, 0            read
        4c 89 e7        | mov rdi, r12
        4c 89 f6        | mov rsi, r14
        ba 01 00 00 00  | mov edx, 1
        0f 05           | syscall
        48 ff cb        | dec rbx
        75 d7           | jne again
        41 5e           | pop r14
        41 5d           | pop r13
        41 5c           | pop r12
        5b              | pop rbx
        c3              | ret
    """,
    "linux aarch64": """
        aa0003e9        | mov x9, x0            how often
        aa0103ea        | mov x10, x1           the pipe to read from
        aa0203eb        | mov x11, x2           the pipe to write to
        aa0303ec        | mov x12, x3           where the byte is
        d2800808        | mov x8, #64           again: write
        aa0b03e0        | mov x0, x11
        aa0c03e1        | mov x1, x12
        d2800022        | mov x2, #1
        d4000001        | svc #0
        d28007e8        | mov x8, #63           read
        aa0a03e0        | mov x0, x10
        aa0c03e1        | mov x1, x12
        d2800022        | mov x2, #1
        d4000001        | svc #0
        f1000529        | subs x9, x9, #1
        54fffea1        | b.ne again
        d65f03c0        | ret
    """,
}
"""`void ping_pong(long count, int read, int write, char *byte)`"""

_TURNS, _ROUNDS = 300, 25
_SENDS = 2_000
_BUSY = 0.15  # seconds
_THREADS = 32
_LEAST = 1e-9  # seconds


@dataclass
class Room:
    """What one of a kind takes, in bytes."""

    kind: str
    reserved: int | None
    """Addresses of its stack; None if it has none."""
    used: int | None
    """Memory; None if the system does not tell."""


@dataclass
class Figures:
    """Costs, counts and room."""

    costs: dict[str, float]
    """Seconds for one switch."""
    pipe_calls: float
    """Seconds for a write and a read of a byte, with nobody to switch to: taken off the costs."""
    turns: int
    waited: int
    """Voluntary switches that the kernel counted for us while we played `turns` turns of ping-pong."""
    preempted: int
    """Involuntary ones."""
    busy: float
    """Seconds that two processes computed for, on one processor."""
    involuntary: list[int]
    """Switches that the kernel counted for each of them."""
    rooms: list[Room]
    pinned: bool


def measure() -> Figures:
    """Play, count, and look how much room it takes."""
    if sys.platform == "win32":
        raise NotHere(WOULD, "It forks processes, and its machine code makes Unix's calls; Windows has neither.")
    repeater, play = Repeater(WOULD), code(PING_PONG, WOULD).function(WORD, WORD, WORD, ctypes.c_void_p, result=None)
    with _on_one_processor() as pinned:
        game = _Game(play)
        try:
            own, thread, process, coroutine = fastest(*game.actions, _coroutine_loop(), rounds=_ROUNDS)
            counted = game.switches()
        finally:
            game.end()
        involuntary = _compete()
    calls = own / _TURNS
    costs = {
        "a coroutine of Python": coroutine / _SENDS,
        "a green thread": seconds_per_switch(repeater, WOULD)[0],
        "a thread": max(thread / _TURNS - 2 * calls, _LEAST) / 2,
        "a process": max(process / _TURNS - 2 * calls, _LEAST) / 2,
    }
    rooms = [_room_of_coroutine(), _room_of_green_thread(), _room_of_thread(), _room_of_process()]
    return Figures(costs, calls, _TURNS, *counted, _BUSY, involuntary, rooms, pinned)


@contextmanager
def _on_one_processor() -> Iterator[bool]:
    """Keep this thread, and those it makes, on one processor, where the system lets us."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)


# Ping-pong

class _Game:
    """Two who answer, a process and a thread, and what plays with each, and with ourselves.

    Each answers until the pipe that it reads from has nobody who writes. So whichever of the three ends first, by
    Ctrl-C, say, nobody waits for it: who reads is told that nothing will come.
    """

    def __init__(self, play: Any) -> None:
        self._play = play
        self._byte = ctypes.create_string_buffer(b"x")
        there, back = os.pipe(), os.pipe()
        self._child = Child(lambda: self._answer_there(there, back))
        os.close(there[0])
        os.close(back[1])
        own, thread_there, thread_back = os.pipe(), os.pipe(), os.pipe()
        self._thread = threading.Thread(target=self._answer, args=(thread_there[0], thread_back[1]), daemon=True)
        self._thread.start()
        self._writing = [there[1], thread_there[1]]
        self._others = [back[0], *own, thread_there[0], *thread_back]
        self.actions: list[Callable[[], object]] = [
            lambda: self._turns(*own, _TURNS), lambda: self._turns(thread_back[0], thread_there[1], _TURNS),
            lambda: self._turns(back[0], there[1], _TURNS)]

    def _turns(self, reading: int, writing: int, count: int) -> None:
        self._play(count, reading, writing, ctypes.addressof(self._byte))

    def _answer(self, reading: int, writing: int) -> None:
        """Read before the first turn, and write after the last: so the two are never both awake."""
        while os.read(reading, 1):
            self._turns(reading, writing, _TURNS - 1)
            os.write(writing, b"x")

    def _answer_there(self, there: tuple[int, int], back: tuple[int, int]) -> bytes:
        for ours in (there[1], back[0]):
            os.close(ours)
        self._answer(there[0], back[1])
        return b""

    def switches(self) -> tuple[int, int]:
        """How many switches of ours the kernel counts in a round with the process: voluntary, and others."""
        import resource

        who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
        before = resource.getrusage(who)
        self.actions[2]()
        after = resource.getrusage(who)
        return after.ru_nvcsw - before.ru_nvcsw, after.ru_nivcsw - before.ru_nivcsw

    def end(self) -> None:
        """Have both end, and close the pipes."""
        for descriptor in self._writing:
            os.close(descriptor)
        self._thread.join()
        self._child.wait()
        for descriptor in self._others:
            os.close(descriptor)


def _coroutine_loop() -> Callable[[], object]:
    def routine() -> Any:
        while True:
            yield

    send = routine().send
    send(None)

    def loop() -> None:
        for _ in range(_SENDS):
            send(None)

    return loop


def _compete() -> list[int]:
    """Let two processes compute on one processor: how often each had to give way."""
    import resource

    def busy() -> bytes:
        end = time.monotonic() + _BUSY
        while time.monotonic() < end:
            pass
        return b"%d" % resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw

    return [int(child.wait()[0]) for child in [Child(busy), Child(busy)]]


# Room

def _room_of_coroutine() -> Room:
    async def routine() -> None:
        pass

    one = routine()
    taken = sys.getsizeof(one)
    one.close()
    return Room("coroutine", None, taken)


def _room_of_green_thread() -> Room:
    ring = Ring(WOULD)
    thread = ring.spawn("A", 5)
    ring.run()
    pages = -(-thread.used() // mmap.PAGESIZE)
    return Room("green thread", len(thread.stack), pages * mmap.PAGESIZE)


def _room_of_thread() -> Room:
    """What the process grows by, for each of some threads that wait."""
    before, end = private_memory(), threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(_THREADS)]
    try:
        for thread in threads:
            thread.start()
        after = private_memory()
    finally:
        end.set()
    for thread in threads:
        thread.join()
    used = None if before is None or after is None else max(after - before, 0) // _THREADS
    return Room("thread", threading.stack_size() or _most_stack(), used)


def _room_of_process() -> Room:
    """What a child that has done nothing yet has for itself; the rest is shared with its parent."""
    private = int(Child(lambda: b"%d" % (private_memory() or 0)).wait()[0])
    return Room("process (a fork of this one)", _most_stack(), private or None)


def _most_stack() -> int | None:
    """How large a stack may get, in bytes, if there is a limit."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return None if limit == resource.RLIM_INFINITY else limit


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print costs, counts, room, and what they mean."""
    costs = figures.costs
    stage.heading("One switch")
    cheapest_first = sorted(costs.items(), key=lambda cost: cost[1])
    stage.bars([(name, cost, duration(cost)) for name, cost in cheapest_first], logarithmic=True)
    ratio = costs["a process"] / costs["a thread"]
    stage.meaning(
        f"The kernel's switch of threads costs {times(costs['a thread'] / costs['a green thread'])} times that of "
        f"green threads. (A write and a read of a pipe, {duration(figures.pipe_calls)}, are taken off.) Processes take "
        f"{times(ratio)} times as long as threads, for their page tables are others"
        + (". That is hardly anything: processors of today tell the addresses of one from those of the other by a tag, "
           "and forget none of them." if ratio < 1.2 else ", and what the processor kept of them is lost."))
    if not figures.pinned:
        stage.note(
            "This system keeps nobody on one processor, so those two may have run on two, and what was measured is a "
            "wake-up of one by the other.")
    stage.heading("Who gave way, and why")
    stage.table(["", "voluntary", "involuntary"], [
        (f"{figures.turns} turns of ping-pong", figures.waited, figures.preempted),
        *((f"computing beside another, {duration(figures.busy)}", "", count) for count in figures.involuntary)])
    and_yet = _AT_ONCE if figures.preempted > figures.turns / 10 else "."
    stage.meaning(
        f"One that finds nothing to read sleeps of its own will{and_yet} One that computes is interrupted by the "
        "timer when another has waited for long enough; here that was every "
        f"{duration(figures.busy / max(1, sum(figures.involuntary)))} or so.")
    stage.heading("Room for one")
    stage.table(["", "addresses for a stack", "memory"], [
        (room.kind, "none" if room.reserved is None else size(room.reserved),
         "unknown" if room.used is None else size(room.used)) for room in figures.rooms])
    coroutine, green = figures.rooms[0].used or 0, figures.rooms[1].used or 0
    stage.meaning(
        f"10,000 coroutines take {size(10_000 * coroutine)}, 10,000 green threads {size(10_000 * green)}. A thread's "
        "memory is what it has touched; its stack in the kernel, 16 KiB on Linux, comes on top and is counted nowhere "
        "here.")


_AT_ONCE = (
    ". But often it did not come to that: our write woke the other one, and the kernel took the processor from us at "
    "once, as the other had waited for longer; when we ran again, its answer was there. Both kinds together make one "
    "switch for each turn."
)
