"""The stopwatch: how the labs measure, on machines that have other things to do as well.

Theory of operation. What is to be compared is run in turn, A B A B, in many short rounds, and of each the fastest round
counts: whatever else the machine does makes rounds longer, never shorter, and no one of them is measured in a worse
hour than the others. What sleeps has no fastest time that means anything, and is measured by the median.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def fastest(*actions: Callable[[], object], rounds: int = 15) -> list[float]:
    """The shortest time that each action took, in seconds. They are run in turn."""
    times = [float("inf")] * len(actions)
    for _ in range(rounds):
        for number, action in enumerate(actions):
            begin = time.perf_counter()
            action()
            times[number] = min(times[number], time.perf_counter() - begin)
    return times


def typical(action: Callable[[], object], count: int = 50) -> float:
    """The median of the times that an action takes, in seconds."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def repeated(action: Callable[[], object], count: int) -> Callable[[], None]:
    """What does an action so many times."""
    def loop() -> None:
        for _ in range(count):
            action()

    return loop
