"""Captures what the labs print on this machine, for the guide: `python docs/capture.py [NAME …] [--suite NODE]`.

A lab that cannot run here keeps what was captured where it could; if there is nothing, what it says of that. With
`--suite`, also how many tests Node's own suite has in each area.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent / "src"), str(DOCS.parent)]

from ouroloop.labs.catalogue import LINES  # noqa: E402
from tests.conformance import runner  # noqa: E402


def capture(name: str) -> None:
    """Run a lab, and keep what it prints, without the lines that say where it lies."""
    command = [sys.executable, "-m", "ouroloop", "lab", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=DOCS.parent / "src")
    target = DOCS / "captured" / f"{name}.txt"
    if "\nNot here." in done.stdout and target.exists():
        print(f"{name} cannot run here: {target} stays as it is")
        return
    target.write_text(done.stdout.partition("\nthe story: ")[0], encoding="utf8")


def main() -> None:
    """Capture the labs that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help="labs")
    parser.add_argument("--suite", type=Path, help="a checkout of Node")
    arguments = parser.parse_args()
    for name in arguments.names or ([] if arguments.suite else LINES):
        capture(name)
    if arguments.suite:
        counts = Counter(test.area for test in runner.find_tests(arguments.suite))
        lines = [f"{name} {count}\n" for name, count in sorted(counts.items())]
        (DOCS / "captured" / "node-tests.txt").write_text("".join(lines), encoding="utf8")


if __name__ == "__main__":
    main()
