"""`python -m tests.conformance`: Node's own tests, run with `ouro` or any other runtime.

    git clone https://github.com/denoland/node_test      Node's tests; they are never part of this repository
    python -m tests.conformance --suite node_test        all public tests of test/parallel
    python -m tests.conformance --suite node_test --area timers,stream --list-failures
    python -m tests.conformance --suite node_test --show 'test-fs-stat*'
    python -m tests.conformance --suite node_test --update         writes the list of expected passes

Public tests are those that do without Node's private parts (`--expose-internals`). A name may be a whole one or a
pattern. The same with other runtimes, to compare:

    python -m tests.conformance --suite node_test --runtime node --output node.json
    python -m tests.conformance --suite node_test --runtime 'deno run -A --quiet' --no-flags
    python -m tests.conformance --suite node_test --runtime bun --no-flags
    python -m tests.conformance --suite node_test --against node.json      what differs from that run

The exit code is 1 when a test that expected.txt names did not pass, also when tried again alone (with other runtimes
than `ouro` the list does not count).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from threading import Lock

from .areas import AREAS
from .runner import (
    FAILED,
    FOLDERS,
    PASSED,
    SKIPPED,
    TIMEOUT,
    Outcome,
    Runner,
    Runtime,
    Test,
    find_tests,
    read_expected,
    write_expected,
)


def main(arguments: list[str] | None = None) -> int:
    """Run, print the table; 1 if an expected test is lost."""
    options = _parse(arguments)
    try:
        runtime = Runtime.parse(options.runtime, not options.no_flags)
        tests = _chosen(options, find_tests(options.suite, options.folder.split(",")))
    except FileNotFoundError as exc:
        sys.exit(f"conformance: {exc}")
    if not tests:
        sys.exit("conformance: no test is chosen")
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    print(f"{' '.join(runtime.command)} ({runtime.version()}): {len(tests)} public tests, {options.jobs} at a time")
    runner = Runner(options.suite, runtime, options.jobs, options.timeout)
    outcomes = runner.run(tests, _Progress(len(tests)))
    expected = read_expected() if options.runtime is None or options.update else set()
    lost = _lost(outcomes, expected)
    if lost:
        print(f"{len(lost)} expected tests did not pass; once more, one at a time")
        again = {outcome.test.name: outcome for outcome in Runner(options.suite, runtime, 1, options.timeout).run(lost)}
        outcomes = [again.get(outcome.test.name, outcome) for outcome in outcomes]
        lost = _lost(outcomes, expected)
    _report(options, outcomes)
    if options.update:
        run = {outcome.test.name for outcome in outcomes}
        write_expected(expected - run | {outcome.test.name for outcome in outcomes if outcome.status == PASSED})
        return 0
    for test in lost:
        print(f"lost: {test.name}")
    return 1 if lost else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these: names or patterns, such as 'test-fs-*'")
    parser.add_argument(
        "--suite", type=Path, default=os.environ.get("OUROLOOP_NODE_TEST"), metavar="FOLDER",
        help="a checkout of denoland/node_test (or the variable OUROLOOP_NODE_TEST)",
    )
    parser.add_argument("--runtime", metavar="COMMAND", help="the runtime under test (this checkout's ouro)")
    parser.add_argument("--no-flags", action="store_true", help="leave out Node's flags, for runtimes that refuse them")
    parser.add_argument("--area", metavar="NAMES", help=f"some of {', '.join(AREAS)}")
    parser.add_argument("--folder", default="parallel", metavar="NAMES", help=f"some of {', '.join(FOLDERS)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at a time")
    parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="for each test (30)")
    parser.add_argument("--list-failures", action="store_true", help="print the name and the reason of each failure")
    parser.add_argument("--show", action="store_true", help="print what the failures printed")
    parser.add_argument("--update", action="store_true", help="write expected.txt: what passed now")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the outcomes as JSON")
    parser.add_argument("--against", type=Path, metavar="FILE", help="list what differs from such a file")
    options = parser.parse_args(arguments)
    if options.suite is None:
        parser.error("give a checkout of denoland/node_test with --suite")
    options.suite = options.suite.resolve()
    unknown = set(options.area.split(",")) - set(AREAS) if options.area else set()
    if unknown:
        parser.error(f"there is no area {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    return options


def _chosen(options: argparse.Namespace, tests: list[Test]) -> list[Test]:
    if options.area:
        areas = set(options.area.split(","))
        tests = [test for test in tests if test.area in areas]
    if options.names:
        patterns = [Path(name).name for name in options.names]
        tests = [test for test in tests if any(fnmatch(test.path.name, f"{pattern}*") for pattern in patterns)]
    return tests


def _lost(outcomes: list[Outcome], expected: set[str]) -> list[Test]:
    return [found.test for found in outcomes if found.status != PASSED and found.test.name in expected]


class _Progress:
    """Says how far it is: in a line that the next overwrites, or, where nobody watches, every 30 seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._counts: Counter[str] = Counter()
        self._lock = Lock()
        self._next = time.monotonic() + 30

    def __call__(self, outcome: Outcome) -> None:
        with self._lock:
            self._counts[outcome.status] += 1
            counts = ", ".join(f"{number} {status}" for status, number in sorted(self._counts.items()))
            line = f"{self._counts.total()} of {self._total}: {counts}"
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\033[K{line}" + ("\n" if self._counts.total() == self._total else ""))
            elif time.monotonic() > self._next:
                self._next += 30
                sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


def _report(options: argparse.Namespace, outcomes: list[Outcome]) -> None:
    failures = [outcome for outcome in outcomes if outcome.status in (FAILED, TIMEOUT)]
    if options.show:
        for outcome in failures:
            print(f"\n===== {outcome.test.name}: {outcome.reason}\n{outcome.output}")
    if options.list_failures:
        for name in AREAS:
            for outcome in failures:
                if outcome.test.area == name:
                    print(f"{name}: {outcome.test.name}: {outcome.reason}")
    _print_table(outcomes)
    if options.output:
        found = {
            outcome.test.name: {
                "area": outcome.test.area, "status": outcome.status, "seconds": round(outcome.seconds, 2),
                "reason": outcome.reason if outcome in failures else "",
            }
            for outcome in outcomes
        }
        options.output.write_text(json.dumps(found, indent=1) + "\n")
    if options.against:
        _compare(json.loads(options.against.read_text()), outcomes)


def _print_table(outcomes: list[Outcome]) -> None:
    print(f"\n{'area':14}{'passed':>8}{'public':>8}{'':>8}{'skipped':>9}{'failed':>8}{'timeout':>9}")
    for name in AREAS:
        _print_row(name, [outcome for outcome in outcomes if outcome.test.area == name])
    _print_row("all", outcomes)


def _print_row(name: str, outcomes: list[Outcome]) -> None:
    if not outcomes:
        return
    counts = Counter(outcome.status for outcome in outcomes)
    share = f"{100 * counts[PASSED] / len(outcomes):.1f} %"
    print(
        f"{name:14}{counts[PASSED]:>8}{len(outcomes):>8}{share:>8}"
        f"{counts[SKIPPED]:>9}{counts[FAILED]:>8}{counts[TIMEOUT]:>9}"
    )


def _compare(theirs: dict[str, dict[str, str]], outcomes: list[Outcome]) -> None:
    """What passed in one of two runs only."""
    ours = {outcome.test.name: outcome.status for outcome in outcomes}
    both = sorted(ours.keys() & theirs.keys())
    for title, here in (("passed here only", True), ("passed there only", False)):
        names = [
            name for name in both
            if (ours[name] == PASSED) == here and (theirs[name]["status"] == PASSED) != here
        ]
        print(f"\n{title}: {len(names)}")
        for name in names:
            print(f"  {name}")


if __name__ == "__main__":
    sys.exit(main())
