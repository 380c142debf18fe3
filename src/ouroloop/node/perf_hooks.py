"""perf_hooks: how late the loop is, and how busy.

Theory of operation. A timer of the loop's own, which does not keep the program going, fires again and again; how far
apart two firings really are goes into a histogram that keeps three significant digits, so that it stays small. How long
the loop has slept it counts itself.

What surprises people: a delay has the timer's period in it, as in Node: an idle loop's is `resolution`, not 0.
"""

from __future__ import annotations

import math
from time import monotonic_ns
from typing import NamedTuple

from ..loop import Timer
from .environment import Environment, current

_DIGITS = 3
_NS_OF_MS = 1_000_000


class Utilization(NamedTuple):
    """How long a loop has slept (`idle`) and not slept (`active`), in ms, and the latter's share, 0 to 1."""

    idle: float
    active: float
    utilization: float


def event_loop_utilization(since: Utilization | None = None, until: Utilization | None = None) -> Utilization:
    """The current loop's utilization since it was made; since an earlier answer; or from one to another."""
    if since is not None and until is not None:
        return _share(until.idle - since.idle, until.active - since.active)
    loop = current().loop
    idle = loop.idle_ns / _NS_OF_MS
    active = (monotonic_ns() - loop.metrics.made_ns) / _NS_OF_MS - idle
    return _share(idle, active) if since is None else _share(idle - since.idle, active - since.active)


def _share(idle: float, active: float) -> Utilization:
    return Utilization(idle, active, active / (idle + active) if idle + active else 0.0)


class EventLoopDelay:
    """A histogram of delays in ns (Node's `IntervalHistogram`)."""

    def __init__(self, env: Environment, resolution: int) -> None:
        self._env = env
        self._resolution = resolution
        self._timer: Timer | None = None
        self._previous = 0
        self._counts: dict[int, int] = {}
        self.reset()

    def enable(self) -> bool:
        """Measure from now on. False if it does so already."""
        if self._timer is not None:
            return False
        self._timer = Timer(self._env.loop)
        self._timer.start(self._fired, self._resolution, self._resolution)
        self._timer.unref()
        self._previous = monotonic_ns()
        return True

    def disable(self) -> bool:
        """Measure no longer. False if it does not anyway."""
        if self._timer is None:
            return False
        self._timer.close()
        self._timer = None
        return True

    def reset(self) -> None:
        """Forget what was measured."""
        self._counts.clear()
        self.count = 0
        """How many delays there were."""
        self.min = self.max = 0
        """The shortest and the longest one; 0 while there is none."""
        self._sum = self._squares = 0

    def _fired(self) -> None:
        now = monotonic_ns()
        delay, self._previous = now - self._previous, now
        self.min = min(self.min or delay, delay)
        self.max = max(self.max, delay)
        self.count += 1
        self._sum += delay
        self._squares += delay * delay
        rounded = _rounded(delay)
        self._counts[rounded] = self._counts.get(rounded, 0) + 1

    @property
    def mean(self) -> float:
        """The mean delay; NaN while there is none."""
        return self._sum / self.count if self.count else math.nan

    @property
    def stddev(self) -> float:
        """The standard deviation; NaN while there is no delay."""
        return math.sqrt(max(self._squares / self.count - self.mean**2, 0)) if self.count else math.nan

    def percentile(self, percentile: float) -> int:
        """The delay below or at which `percentile` percent lie (above 0, to 100). Raises `ValueError`."""
        if not 0 < percentile <= 100:
            raise ValueError(f"a percentile is above 0 and at most 100, not {percentile!r}")
        wanted = max(math.ceil(self.count * percentile / 100), 1)
        for delay in sorted(self._counts):
            wanted -= self._counts[delay]
            if wanted <= 0:
                return delay
        return 0


def _rounded(value: int) -> int:
    """`value` with so many significant digits as are kept."""
    return round(value, _DIGITS - len(str(value)))


def monitor_event_loop_delay(resolution: int = 10) -> EventLoopDelay:
    """A histogram of the current loop's delay, to be enabled; a timer of `resolution` ms is what is measured.

    Raises `ValueError` for a resolution below 1 ms.
    """
    if resolution < 1:
        raise ValueError(f"resolution must be 1 ms or more, not {resolution!r}")
    return EventLoopDelay(current(), resolution)
