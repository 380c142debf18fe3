"""Timers, asyncio's: create many of 1 to 50 ms, let all fire. Arguments: how many, "asyncio" or "uvloop"."""

import asyncio
import json
import sys
from collections.abc import Callable
from time import perf_counter, process_time

count = int(sys.argv[1])
if sys.argv[2] == "uvloop":
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
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
        loop.call_later((i % 50 + 1) / 1000, fired)


def measure() -> None:
    start, cpu = perf_counter(), process_time()

    def done() -> None:
        print(json.dumps({"operations": count, "seconds": perf_counter() - start, "cpu": process_time() - cpu}))
        loop.stop()

    fire(count, done)


fire(count // 10, measure)
loop.run_forever()
loop.close()
