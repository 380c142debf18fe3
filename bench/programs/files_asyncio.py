"""File work with asyncio's thread pool, 4 threads: 32 operations under way at all times.

Arguments: "read_file" or "stat", seconds, a folder of files, "asyncio" or "uvloop".
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time
from typing import Any

AT_A_TIME = 32


def read_file(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


operation: Callable[[str], Any] = {"read_file": read_file, "stat": os.stat}[sys.argv[1]]
seconds, folder = float(sys.argv[2]), sys.argv[3]
paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
pool = ThreadPoolExecutor(4)
started = done = 0
start = perf_counter()


async def work(until: float) -> None:
    global started, done
    loop = asyncio.get_running_loop()
    while perf_counter() < until:
        started += 1
        await loop.run_in_executor(pool, operation, paths[started % len(paths)])
        done += 1


async def main() -> None:
    global done, start
    until = perf_counter() + seconds / 4
    await asyncio.gather(*(work(until) for _ in range(AT_A_TIME)))
    start, cpu, done = perf_counter(), process_time(), 0
    await asyncio.gather(*(work(start + seconds) for _ in range(AT_A_TIME)))
    print(json.dumps({"operations": done, "seconds": perf_counter() - start, "cpu": process_time() - cpu}))


if sys.argv[4] == "uvloop":
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
