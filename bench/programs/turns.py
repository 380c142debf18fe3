"""Turns of the loop, ours: a chain of immediates, each of which sets the next. Argument: seconds to run at least."""

import json
import sys
from time import perf_counter, process_time

from ouroloop.node import set_immediate

BATCH = 10_000
seconds = float(sys.argv[1])
left = BATCH
batches = -1  # the first warms up
start = cpu = 0.0


def step() -> None:
    global left, batches, start, cpu
    left -= 1
    if left:
        set_immediate(step)
        return
    left = BATCH
    batches += 1
    if not batches:
        start, cpu = perf_counter(), process_time()
    elapsed = perf_counter() - start
    if not batches or elapsed < seconds:
        set_immediate(step)
        return
    print(json.dumps({"operations": batches * BATCH, "seconds": elapsed, "cpu": process_time() - cpu}))


set_immediate(step)
