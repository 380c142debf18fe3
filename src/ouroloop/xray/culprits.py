"""Culprits: who took the time between two moments of a trace.

Theory of operation. Runs that no other one contains follow each other, as pauses for collecting memory do. So those of
a time are found by bisection, the longest of them by a tree (`spans.py`), and what they took together by sums that were
made once: a trace of a hundred thousand late timers asks as many times.

What surprises people: the first and the last run of a time may reach beyond it, and only the part inside counts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from .spans import Spans

if TYPE_CHECKING:
    from .model import Pause, Run, Trace


class RunsByTime:
    """Runs that no other one contains, in order, to find those of a time."""

    def __init__(self, trace: Trace) -> None:
        self._runs = sorted(
            (run for run in trace.runs.values() if run.outer is None), key=lambda run: (run.began, run.number))
        self._began = [run.began for run in self._runs]
        self._end_of = trace.end_of
        lengths = [trace.end_of(run) - run.began for run in self._runs]
        self._spans = Spans(lengths)
        self._sums = [0, *accumulate(lengths)]

    def culprit(self, began: int, ended: int) -> tuple[Run | None, int]:
        """The run that took most of a time, and how much of it (ns)."""
        first, end = max(0, bisect_right(self._began, began) - 1), bisect_left(self._began, ended)
        found, most = None, 0
        for index in (first, self._spans.longest(first + 1, end - 1), end - 1):  # the outer ones may reach beyond it
            if not first <= index < end:
                continue
            run = self._runs[index]
            share = self._share(run, began, ended)
            if share > most:
                found, most = run, share
        return found, most

    def busy(self, began: int, ended: int) -> int:
        """How much of a time runs took, all together."""
        first, last = max(0, bisect_right(self._began, began) - 1), bisect_left(self._began, ended)
        if first >= last:
            return 0
        outer = {first, last - 1}
        inside = self._sums[last - 1] - self._sums[min(first + 1, last - 1)]
        return inside + sum(max(self._share(self._runs[index], began, ended), 0) for index in outer)

    def _share(self, run: Run, began: int, ended: int) -> int:
        return min(self._end_of(run), ended) - max(run.began, began)


class PausesByTime:
    """The pauses for collecting memory, none of which overlap."""

    def __init__(self, trace: Trace) -> None:
        self._pauses = sorted(trace.pauses, key=lambda pause: pause.began)
        self._began = [pause.began for pause in self._pauses]
        self._ended = [pause.ended for pause in self._pauses]
        self._spans = Spans([pause.ended - pause.began for pause in self._pauses])

    def longest(self, began: int, ended: int) -> Pause | None:
        """The longest that is in a time."""
        index = self._spans.longest(bisect_right(self._ended, began), bisect_left(self._began, ended))
        return self._pauses[index] if index >= 0 else None
