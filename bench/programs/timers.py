"""Timers, ours: create many of 1 to 50 ms, let all fire. Argument: how many."""

import json
import sys
from collections.abc import Callable
from time import perf_counter, process_time

from ouroloop.node import set_timeout

count = int(sys.argv[1])
left = 0


def fire(number: int, then: Callable[[], object]) -> None:
    global left
    left = number

    def fired() -> None:
        global left
        left -= 1
        if not left:
            then()

    for i in range(number):
        set_timeout(fired, i % 50 + 1)


def measure() -> None:
    start, cpu = perf_counter(), process_time()

    def done() -> None:
        print(json.dumps({"operations": count, "seconds": perf_counter() - start, "cpu": process_time() - cpu}))

    fire(count, done)


fire(count // 10, measure)
