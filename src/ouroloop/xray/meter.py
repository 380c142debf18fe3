"""A meter on a loop: how late it is, how busy, what it has to do. For who shows that while the program runs.

Theory of operation. A timer of the loop's own, not referenced, is due every 20 ms; how late its callback comes is how
long anything would have had to wait. The rest is counted by the loop anyway and only read here.

What surprises people: a loop that nobody lets go on cannot be measured meanwhile: the delay is known when it is over.
And lateness below a millisecond is mostly the timers' own grain.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING

from ..loop import Timer
from ..loop.pool_size import configured_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..js.runtime import Runtime
    from ..loop import Loop

_RESOLUTION = 20  # ms
_WINDOW = 500  # samples: ten seconds
_NS_OF_MS = 1_000_000


@dataclass(frozen=True)
class Reading:
    """What a loop did since the last reading. Delays are ns, of the last ten seconds; memory is bytes."""

    elapsed: int
    delay_median: int
    delay_high: int
    delay_most: int
    utilization: float
    turns_per_second: float
    handles: int
    requests: int
    pool_size: int
    pool_busy: int
    pool_queued: int
    memory: int
    heap: int | None


class Meter:
    """Measures `loop`; `runtime` is whose memory is asked for too."""

    def __init__(self, loop: Loop, runtime: Runtime | None = None) -> None:
        self._loop = loop
        self._runtime = runtime
        self.delays: deque[int] = deque(maxlen=_WINDOW)
        self.on_delay: Callable[[int], object] | None = None
        """Called with each delay that is measured (ns)."""
        self._due = 0
        self._fired = 0
        self._timer = Timer(loop)
        self._timer.unref()
        self._last = self._counts()
        self._timer.start(self._begin, 0)  # the loop's first turn, after the main program

    def _begin(self) -> None:
        self._last = self._counts()
        self._again()

    def _again(self) -> None:
        self._loop.update_time()
        self._timer.start(self._look, _RESOLUTION)
        self._due = self._timer._due * _NS_OF_MS

    def _look(self) -> None:
        delay = monotonic_ns() - self._due
        self._fired += 1
        self.delays.append(delay)
        if self.on_delay is not None:
            self.on_delay(delay)
        self._again()

    def _counts(self) -> tuple[int, int, int]:
        return monotonic_ns(), self._loop.idle_ns, self._loop.turns - self._fired

    def read(self) -> Reading:
        """What happened since the last reading."""
        began, idle_before, turns_before = self._last
        now, idle, turns = self._last = self._counts()
        elapsed = max(now - began, 1)
        delays = sorted(self.delays) or [0]
        size, busy, queued = pool_state(self._loop, self._runtime)
        return Reading(
            elapsed, delays[len(delays) // 2], delays[len(delays) * 99 // 100], delays[-1],
            min(max(1 - (idle - idle_before) / elapsed, 0.0), 1.0), max(turns - turns_before, 0) / elapsed * 1e9,
            self._loop.active_handles, requests_under_way(self._loop, self._runtime), size, busy, queued,
            resident_memory(), None if self._runtime is None else int(self._runtime.heap_usage()[1]))


def requests_under_way(loop: Loop, runtime: Runtime | None) -> int:
    """How many requests are outstanding, those included of which the loop counts only that there are some."""
    ring = None if runtime is None else runtime._ring
    return loop.active_requests + (0 if ring is None else ring.uncounted)


def pool_state(loop: Loop, runtime: Runtime | None) -> tuple[int, int, int]:
    """How many threads there may be, how many are busy, how many jobs stand in line; the ring's workers included."""
    pool = loop._pool
    size, busy, queued = configured_size(), 0, 0
    if pool is not None:
        busy, queued = pool._busy, len(pool._jobs) + len(pool._slow_waiting)
    ring = None if runtime is None else runtime._ring
    if ring is not None:
        under_way = ring.in_flight
        size += ring.size
        busy += min(under_way, ring.size)
        queued += max(under_way - ring.size, 0)
    return size, busy, queued


def resident_memory() -> int:
    """Bytes of the process that are in memory; where the system does not tell, the most there ever were."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
