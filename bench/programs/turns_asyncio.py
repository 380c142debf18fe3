"""Turns of the loop, asyncio's: a chain of `call_soon`. Arguments: seconds to run at least, "asyncio" or "uvloop"."""

import asyncio
import json
import sys
from time import perf_counter, process_time

BATCH = 10_000
seconds = float(sys.argv[1])
if sys.argv[2] == "uvloop":
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
left = BATCH
batches = -1  # the first warms up
start = cpu = 0.0


def step() -> None:
    global left, batches, start, cpu
    left -= 1
    if left:
        loop.call_soon(step)
        return
    left = BATCH
    batches += 1
    if not batches:
        start, cpu = perf_counter(), process_time()
    elapsed = perf_counter() - start
    if not batches or elapsed < seconds:
        loop.call_soon(step)
        return
    print(json.dumps({"operations": batches * BATCH, "seconds": elapsed, "cpu": process_time() - cpu}))
    loop.stop()


loop.call_soon(step)
loop.run_forever()
loop.close()
