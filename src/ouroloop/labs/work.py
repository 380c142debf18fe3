"""Work for processors: what the labs have them compute, and how many there are.

Theory of operation. The work is Python code that asks for no memory and calls nothing, so that it takes the same time
whenever it has a processor, and the lock, to itself.
"""

from __future__ import annotations

import os
import time


def compute(amount: int) -> int:
    """Compute something, so many times."""
    total = 0
    for number in range(amount):
        total += number & 7
    return total


def amount_for(seconds: float) -> int:
    """How much there is to compute in a time, if nobody else has the processor."""
    amount, best = 20_000, float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        compute(amount)
        best = min(best, time.perf_counter() - begin)
    return int(amount * seconds / best)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
