"""File work, ours: 32 operations under way at all times.

Arguments: "read_file" or "stat", seconds, a folder of files.
"""

import json
import os
import sys
from time import perf_counter, process_time
from typing import Any

from ouroloop.node import fs

AT_A_TIME = 32

operation, seconds, folder = getattr(fs, sys.argv[1]), float(sys.argv[2]), sys.argv[3]
paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
started = done = 0
under_way = AT_A_TIME
warm = False
start, cpu = perf_counter(), process_time()


def begin() -> None:
    global started
    started += 1
    operation(paths[started % len(paths)], finished)


def finished(error: Exception | None, result: Any) -> None:
    global done, under_way, warm, start, cpu
    if error is not None:
        raise error
    done += 1
    elapsed = perf_counter() - start
    if not warm and elapsed > seconds / 4:
        warm, done, start, cpu = True, 0, perf_counter(), process_time()
    elif warm and elapsed >= seconds:
        under_way -= 1
        if under_way == AT_A_TIME - 1:
            print(json.dumps({"operations": done, "seconds": elapsed, "cpu": process_time() - cpu}))
        return
    begin()


for _ in range(AT_A_TIME):
    begin()
