"""How to keep a hundred thousand timers.

A server that has a hundred thousand connections has at least as many timers: one for each connection that may fall
silent, one for each request that may take too long. Nearly all of them are cancelled, since nearly all goes well. So
three things have to be quick: to insert one, to cancel one, and to find those that are due. What must not happen is
that all of them are looked at. There are three ways that are in use.

A heap: a tree in an array, in which each timer is due no later than the two below it. So the first of all is on top;
nothing more is sorted. To insert or to take one out, a timer moves up or down a level at a time, and a tree of n has
log n levels. libuv has a heap, as have Go and asyncio (which has no quick way to cancel, and leaves the dead in it).

A wheel: a dial with 64 slots, one for each of the next 64 ms. A timer due in 20 ms is put 20 slots ahead, and as the
hand comes to a slot, all in it are due. For timers that are due later there is a second wheel, each slot of which has
64 ms in it, and a third, and a fourth. When a slower hand moves on, its slot is emptied into the faster wheels. No
timer is ever compared with another one; each is moved at most once for each wheel, and compared with the clock. The
Linux kernel has wheels, and so has Tokio, in Rust.

    wheel 0   64 slots of    1 ms    ▓░░░░░░░░░░░░░░░   ← a hand each
    wheel 1   64 slots of   64 ms    ░░▓░░░░░░░░░░░░░
    wheel 2   64 slots of   4.1 s    ░░░░░▓░░░░░░░░░░
    wheel 3   64 slots of  4.4 min   ▓░░░░░░░░░░░░░░░

Lists by duration. Node's way, and the simplest one. Look at a real program: it has a hundred thousand timers, but only
five or six durations. One that is set later, with the same duration, is due later; so for each duration a list will do,
to which one appends, and whose first is due first. A heap is needed only for the lists, and that is a heap of six.

There is a price, and a surprise. The price: with as many durations as timers it is a heap with lists of one. The
surprise: two timers of different durations, both due, do not run in the order in which they were due, but list by list.

All three are written here, in the same language and in the same manner, and do the same work on a clock that is only a
number. A heap that Python has in C would be several times as quick as any of these; what is to be seen is not which one
is quick, but what becomes of each as there are more.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .stage import Stage, duration, times

SIZES = (100, 1_000, 10_000, 100_000)
_COUNTED = SIZES[:3]
_MANY = 10_000
_DURATIONS = (2_000, 5_000, 10_000, 30_000, 60_000, 120_000)  # ms
_OPERATIONS = ("insert", "cancel", "expire")


class Timer:
    """Something that is due at a time, in ms."""

    __slots__ = ("due", "duration", "place")

    def __init__(self, due: int, duration: int) -> None:
        self.due, self.duration = due, duration
        self.place: Any = None
        """Where it is, for whoever keeps it."""


class Timers(Protocol):
    """What all three do."""

    def insert(self, timer: Timer) -> None:
        """Keep it."""

    def cancel(self, timer: Timer) -> None:
        """Keep it no longer."""

    def expire(self, now: int) -> list[Timer]:
        """Those that are due at `now`, which are not kept any more."""


class Heap:
    """A binary heap in which each entry knows its place, so that it can be taken out of the middle."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def insert(self, timer: Any) -> None:
        timer.place = len(self.entries)
        self.entries.append(timer)
        self._up(timer)

    def cancel(self, timer: Any) -> None:
        last = self.entries.pop()
        if last is not timer:
            self._put(last, timer.place)
            self._up(last)
            self.down(last)

    def expire(self, now: int) -> list[Timer]:
        expired = []
        while self.entries and not now < self.entries[0].due:
            expired.append(self.entries[0])
            self.cancel(self.entries[0])
        return expired

    def _put(self, entry: Any, place: int) -> None:
        self.entries[place] = entry
        entry.place = place

    def _up(self, entry: Any) -> None:
        entries, place = self.entries, entry.place
        while place:
            above = entries[(place - 1) >> 1]
            if not entry.due < above.due:
                break
            place, from_there = above.place, place
            self._put(above, from_there)
        self._put(entry, place)

    def down(self, entry: Any) -> None:
        """Let an entry sink that is due later now."""
        entries, place, count = self.entries, entry.place, len(self.entries)
        while (below := 2 * place + 1) < count:
            if below + 1 < count and entries[below + 1].due < entries[below].due:
                below += 1
            if not entries[below].due < entry.due:
                break
            self._put(entries[below], place)
            place = below
        self._put(entry, place)


class Wheel:
    """Wheels of 64 slots; a slot of each has all 64 of the one below.

    A timer belongs to the wheel of the highest six bits in which its time differs from now. So all on one wheel are
    due before all on the next, and a slot that is not empty is ahead of the hand.
    """

    BITS, WHEELS = 6, 4

    def __init__(self) -> None:
        self.now = 0
        self.moved = 0
        """How often a timer came down to a faster wheel."""
        self._slots: list[list[dict[Timer, None]]] = [[{} for _ in range(1 << self.BITS)] for _ in range(self.WHEELS)]
        self._occupied = [0] * self.WHEELS

    def insert(self, timer: Timer) -> None:
        wheel = ((self.now ^ timer.due).bit_length() - 1) // self.BITS
        number = timer.due >> wheel * self.BITS & (1 << self.BITS) - 1
        timer.place = wheel, number
        self._slots[wheel][number][timer] = None
        self._occupied[wheel] |= 1 << number

    def cancel(self, timer: Timer) -> None:
        wheel, number = timer.place
        slot = self._slots[wheel][number]
        del slot[timer]
        if not slot:
            self._occupied[wheel] ^= 1 << number

    def expire(self, now: int) -> list[Timer]:
        expired: list[Timer] = []
        while (first := self._first_slot()) is not None and first[0] <= now:
            self.now, wheel, number = first
            slot, self._slots[wheel][number] = self._slots[wheel][number], {}
            self._occupied[wheel] ^= 1 << number
            for timer in slot:
                if timer.due <= self.now:
                    expired.append(timer)
                else:
                    self.moved += 1
                    self.insert(timer)
        self.now = now
        return expired

    def _first_slot(self) -> tuple[int, int, int] | None:
        """The time at which the next slot begins that is not empty; its wheel; its number."""
        for wheel, occupied in enumerate(self._occupied):
            if occupied:
                number = (occupied & -occupied).bit_length() - 1
                above = (wheel + 1) * self.BITS
                return self.now >> above << above | number << wheel * self.BITS, wheel, number
        return None


@dataclass(eq=False)
class DurationList:
    """All timers of a duration, in the order in which they were set, which is that in which they are due."""

    due: int
    """When the first is due, or was when it was still there."""
    timers: OrderedDict[Timer, None] = field(default_factory=OrderedDict)
    place: int = 0


class Lists:
    """A list for each duration, and a heap of these lists."""

    def __init__(self) -> None:
        self.lists: dict[int, DurationList] = {}
        self._queue = Heap()

    def insert(self, timer: Timer) -> None:
        found = self.lists.get(timer.duration)
        if found is None:
            found = self.lists[timer.duration] = DurationList(timer.due)
            self._queue.insert(found)
        found.timers[timer] = None

    def cancel(self, timer: Timer) -> None:
        found = self.lists[timer.duration]
        del found.timers[timer]
        if not found.timers:
            del self.lists[timer.duration]
            self._queue.cancel(found)

    def expire(self, now: int) -> list[Timer]:
        expired: list[Timer] = []
        while (queue := self._queue.entries) and not now < queue[0].due:
            self._expire_list(queue[0], now, expired)
        return expired

    def _expire_list(self, first: DurationList, now: int, expired: list[Timer]) -> None:
        while first.timers:
            timer = next(iter(first.timers))
            if now < timer.due:
                first.due = timer.due
                self._queue.down(first)
                return
            expired.append(timer)
            self.cancel(timer)


KINDS: dict[str, Callable[[], Timers]] = {"heap": Heap, "wheel": Wheel, "lists": Lists}


# What is measured

Costs = dict[str, float]
"""Seconds for one timer, by operation."""


@dataclass
class Figures:
    """The costs of few durations and of many, and what was done for them."""

    costs: dict[str, dict[int, Costs]]
    """By kind, and by how many timers there were, with six durations."""
    many: dict[str, Costs]
    """By kind: with a duration for each timer."""
    compared: dict[str, dict[int, float]]
    """How often two times were compared, for one timer that was inserted and expired, with a duration for each."""
    compared_few: dict[str, dict[int, float]]
    """The same with six durations."""
    moved: float
    """How often a timer of the wheel came down to a faster one, on average."""
    order: dict[str, list[str]]
    """In which order four timers expired, that were all due: by kind, the durations."""


def measure() -> Figures:
    """Have all three do the same work."""
    collects = gc.isenabled()
    gc.disable()  # it would count as much as what it comes across
    try:
        costs = {
            kind: {count: _costs(make, count, _few) for count in SIZES} for kind, make in KINDS.items()}
        many = {kind: _costs(make, _MANY, _different) for kind, make in KINDS.items()}
    finally:
        if collects:
            gc.enable()
    compared, compared_few = (
        {kind: {count: _comparisons(make, count, choose) for count in _COUNTED} for kind, make in KINDS.items()}
        for choose in (_different, _few))
    order = {kind: _order(make) for kind, make in KINDS.items()}
    return Figures(costs, many, compared, compared_few, _moves(), order)


def _few(count: int) -> list[int]:
    """Durations as a server has them."""
    return random.Random(1).choices(_DURATIONS, k=count)


def _different(count: int) -> list[int]:
    """No two durations are the same."""
    return random.Random(1).sample(range(_DURATIONS[0], _DURATIONS[-1]), count)


def _timers(durations: Sequence[int]) -> list[Timer]:
    """They were all set within one second."""
    return [Timer(1_000 * number // len(durations) + after, after) for number, after in enumerate(durations)]


def _costs(make: Callable[[], Timers], count: int, choose: Callable[[int], list[int]]) -> Costs:
    """Insert so many, cancel every other one, let the rest expire; as often as it takes to have 10,000, at least."""
    best = dict.fromkeys(_OPERATIONS, float("inf"))
    durations = choose(count)
    for _ in range(3 if count < SIZES[-1] else 1):
        total = dict.fromkeys(_OPERATIONS, 0.0)
        repeats = max(1, SIZES[2] // count)
        for _ in range(repeats):
            _add_round(total, make(), _timers(durations))
        for operation in _OPERATIONS:
            each = count if operation == "insert" else count / 2
            best[operation] = min(best[operation], total[operation] / repeats / each)
    return best


def _add_round(total: Costs, kept: Timers, timers: list[Timer]) -> None:
    shuffled = random.Random(2).sample(timers, len(timers))
    half = len(timers) // 2
    last = max(timer.due for timer in timers)
    steps = max(1, len(timers) // 50)
    moments = [last * step // steps for step in range(1, steps + 1)]
    begin = _clock()
    for timer in timers:
        kept.insert(timer)
    inserted = _clock()
    for timer in shuffled[:half]:
        kept.cancel(timer)
    cancelled = _clock()
    expired = sum(len(kept.expire(now)) for now in moments)
    end = _clock()
    if expired != len(timers) - half:
        raise RuntimeError(f"{expired} timers expired, of {len(timers) - half}")
    for operation, taken in zip(_OPERATIONS, (inserted - begin, cancelled - inserted, end - cancelled), strict=True):
        total[operation] += taken


_is_fine = sys.platform != "win32" and time.get_clock_info("thread_time").resolution < 1e-5  # 15.6 ms, and says 100 ns
_clock = time.thread_time if _is_fine else time.perf_counter
"""The processor's time of this thread, where the system tells it finely enough: others do not lengthen it."""


class _Counted(int):
    """A time that counts how often it is compared."""

    count = 0

    def __lt__(self, other: int) -> bool:
        _Counted.count += 1
        return int(self) < int(other)

    def __le__(self, other: int) -> bool:
        _Counted.count += 1
        return int(self) <= int(other)

    def __ge__(self, other: int) -> bool:
        """Which Python asks of the right side first, if that is of the more special kind."""
        return _Counted(other) <= self


def _comparisons(make: Callable[[], Timers], count: int, choose: Callable[[int], list[int]]) -> float:
    _Counted.count = 0
    kept, timers = make(), _timers(choose(count))
    for timer in timers:
        timer.due = _Counted(timer.due)
        kept.insert(timer)
    last = max(int(timer.due) for timer in timers)
    for step in range(1, 101):
        kept.expire(_Counted(last * step // 100))
    return _Counted.count / count


def _moves() -> float:
    wheel = Wheel()
    for timer in _timers(_different(_MANY)):
        wheel.insert(timer)
    wheel.expire(2 * _DURATIONS[-1])
    return wheel.moved / _MANY


def _order(make: Callable[[], Timers]) -> list[str]:
    kept = make()
    for begin, after in ((0, 100), (20, 100), (50, 40), (70, 40)):
        kept.insert(Timer(begin + after, after))
    return [f"{timer.duration} ms, due at {timer.due}" for timer in kept.expire(1_000)]


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print what a timer costs, as there are more of them."""
    stage.heading(f"One timer of many, with {len(_DURATIONS)} durations: the processor's time")
    rows: list[tuple[str, ...]] = []
    for operation in _OPERATIONS:
        for kind, by_size in figures.costs.items():
            rows.append((f"{operation}, {kind}", *(duration(by_size[count][operation]) for count in SIZES)))
    stage.table(["timers", *(f"{count:,}" for count in SIZES)], rows)
    few, most = SIZES[0], SIZES[-1]
    growth = {kind: by_size[most]["expire"] / by_size[few]["expire"] for kind, by_size in figures.costs.items()}
    stage.meaning(
        f"With a thousand times as many timers, to let one expire costs {times(growth['heap'])} times as much in the "
        f"heap, {times(growth['wheel'])} times in the wheel, {times(growth['lists'])} times in the lists. "
        + ("The wheel has even less to do for each, as more of them lie in one slot. " if growth["wheel"] < 1 else "")
        + "(What grows without anything more being done is the way to memory: so many fit in no cache any more.)")
    stage.heading("How often two times are compared, for a timer that is inserted and expires")
    rows = []
    for what, table in (("six durations", figures.compared_few), ("all different", figures.compared)):
        for kind, by_count in table.items():
            rows.append((f"{what}, {kind}", *(times(by_count[count]) for count in _COUNTED)))
    stage.table(["timers", *(f"{count:,}" for count in _COUNTED)], rows)
    heap = figures.compared["heap"]
    stage.meaning(
        f"In the heap it is some more for each factor of ten ({times(heap[_COUNTED[1]] - heap[_COUNTED[0]])} and "
        f"{times(heap[_COUNTED[2]] - heap[_COUNTED[1]])}): that is the logarithm. The wheel puts nobody in order. It "
        f"compares with the clock, and moves each {times(figures.moved)} times. The lists compare with the clock, and "
        "hardly anything else, as long as there are few.")
    stage.heading(f"{_MANY:,} timers, no two durations the same")
    stage.bars([
        (f"{operation}, {kind}", costs[operation], duration(costs[operation]))
        for operation in _OPERATIONS for kind, costs in figures.many.items()])
    of_six, many = figures.costs["lists"][_MANY], figures.many["lists"]
    stage.meaning(
        "Here each timer has a list of its own, and to insert one costs "
        f"{times(many['insert'] / of_six['insert'])} times what it costs with six durations. It does not hurt Node: "
        "durations are whole ms there, and a program that sets timers by the thousand sets them for the same time.")
    stage.heading("Four timers that are all due: who is first?")
    same = figures.order["heap"] == figures.order["wheel"]
    rows = [("heap, wheel" if same else "heap", *map(_due, figures.order["heap"]))]
    rows += [("lists", *map(_due, figures.order["lists"]))]
    stage.table(["", "1st", "2nd", "3rd", "4th"], rows, left=5)
    stage.meaning(
        "The lists run one after the other, so a timer may run before another that was due before it. In Node it is so "
        "too, if the loop is late enough to find both.")


def _due(text: str) -> str:
    return text.replace(", due at ", " → ")
