"""`python -m tests.js.order.record --node PATH`: record what the programs print under Node.

    python -m tests.js.order.record --node /usr/bin/node                  all groups
    python -m tests.js.order.record --node /usr/bin/node timers streams   some

Each program is run several times, every second time on one core only. One whose output varies is named and not
recorded, and the exit code is 1: it does not belong here, or must be made exact.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ..commands import NODE
from .table import Outcome, Program, groups, programs, run, write_outcomes


def outcomes(command: list[str], times: int, program: Program) -> set[Outcome]:
    """All that a program was seen to do."""
    found = set()
    one_core = [taskset, "-c", str(min(os.sched_getaffinity(0)))] if (taskset := shutil.which("taskset")) else []
    for number in range(times):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found.add(run(program, [*(one_core if number % 2 else []), *command], Path(folder)))
            except subprocess.TimeoutExpired:
                found.add(Outcome("(does not end)", -1))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Record; 1 if a program varies."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.js.order.record", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    parser.add_argument("--node", default=NODE, metavar="PATH", help="Node's binary (or the variable OUROLOOP_NODE)")
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often each is run (20)")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), metavar="N", help="how many at a time")
    options = parser.parse_args(arguments)
    if options.node is None:
        parser.error("give Node's binary with --node")
    varying = 0
    for group in groups():
        if options.groups and group.stem not in options.groups:
            continue
        found = programs(group)
        with ThreadPoolExecutor(options.jobs) as pool:
            seen = dict(zip(found, pool.map(partial(outcomes, [options.node], options.times), found), strict=True))
        for program, each in seen.items():
            if len(each) > 1:
                varying += 1
                print(f"{group.name}: {program.name!r} varies:", *(f"\n--- {one.code}\n{one.output}" for one in each))
        exact = {program.name: each.pop() for program, each in seen.items() if len(each) == 1}
        write_outcomes(group.with_suffix(".out"), exact)
        print(f"{group.name}: {len(found)} programs")
    return 1 if varying else 0


if __name__ == "__main__":
    sys.exit(main())
