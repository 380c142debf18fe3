"""Captures what the guide shows of this machine: `python docs/capture.py [NAME …] [--suite FOLDER] [--node PATH]`.

Without options, what the labs print and what the X-ray tells of its chapter's programs, or those that are named (the
X-ray's are `trace` and `why`). A lab that cannot run here keeps what was captured where it could; if there is nothing,
what it says of that. With `--suite`, a checkout of denoland/node_test, how many tests Node's own suite has in each
area; with `--node`, which names its modules have, and which of them ours have.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
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


XRAY = {"trace": ["--format", "text"], "why": ["--after", "0.2"]}
"""What is asked of the X-ray, of the first program in its chapter and of the second."""


def look(name: str) -> str:
    """What the X-ray tells of its program in the chapter."""
    chapter = (DOCS / "floors" / "xray.md").read_text(encoding="utf8")
    programs = re.findall(r"^```js\n(.*?)^```$", chapter, re.DOTALL | re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "program.js").write_text(programs[list(XRAY).index(name)], encoding="utf8")
        done = subprocess.run(
            [sys.executable, "-m", "ouroloop", name, *XRAY[name], "program.js"], capture_output=True, text=True,
            check=True, cwd=folder)
    return done.stderr


def names(*command: str) -> dict[str, list[str]]:
    """The public names of each core module of a runtime."""
    done = subprocess.run(
        [*command, DOCS / "names.cjs"], capture_output=True, text=True, check=True, cwd=DOCS.parent / "src")
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def count_tests(suite: Path) -> None:
    """Keep how many tests a suite has in each area."""
    counts = Counter(test.area for test in runner.find_tests(suite))
    version = re.findall(r"\d+\.\d+\.\d+", (suite / "node_version.ts").read_text())[0]
    lines = [f"version {version}\n", *(f"{name} {count}\n" for name, count in sorted(counts.items()))]
    (DOCS / "captured" / "node-tests.txt").write_text("".join(lines), encoding="utf8")


def compare_names(node: str) -> None:
    """Keep which names Node's modules have, and which ours."""
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    both = {"version": version, "node": names(node), "ours": names(sys.executable, "-m", "ouroloop")}
    (DOCS / "captured" / "names.json").write_text(json.dumps(both, indent=0) + "\n", encoding="utf8")


def main() -> None:
    """Capture what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--suite", type=Path, metavar="FOLDER")
    parser.add_argument("--node", metavar="PATH")
    arguments = parser.parse_args()
    if arguments.suite:
        count_tests(arguments.suite)
    if arguments.node:
        compare_names(arguments.node)
    for name in arguments.names or ([] if arguments.suite or arguments.node else [*LINES, *XRAY]):
        if name in XRAY:
            (DOCS / "captured" / f"{name}.txt").write_text(look(name), encoding="utf8")
        else:
            capture(name)


if __name__ == "__main__":
    main()
