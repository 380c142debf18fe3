"""Programs of the web's globals, and what Node 24 prints for them.

Ports and times differ from run to run; they are made alike.

    python -m tests.js.web.record --node PATH [NAME ...]      record again
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from ..commands import NODE, run

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.js"))
FLAGS = {"event_source": ["--experimental-eventsource"]}


def printed(command: list[str], name: str) -> str:
    """What a program prints, with ports and times made alike."""
    done = run([*command, *FLAGS.get(name, [])], FOLDER / f"{name}.js", folder=FOLDER)
    assert done.returncode == 0, done
    text = re.sub(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT", "DATE", done.stdout)
    return re.sub(r":\d{5}\b", ":PORT", text)


def expected(name: str) -> str:
    """What Node prints."""
    return (FOLDER / f"{name}.out").read_text(encoding="utf8")


def main(arguments: list[str] | None = None) -> int:
    """Record."""
    parser = argparse.ArgumentParser(prog="python -m tests.js.web.record", description="Record what they print.")
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--node", default=NODE, required=NODE is None, metavar="PATH")
    options = parser.parse_args(arguments)
    for name in options.names:
        text = printed([os.path.abspath(options.node)], name)
        (FOLDER / f"{name}.out").write_text(text, encoding="utf8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
