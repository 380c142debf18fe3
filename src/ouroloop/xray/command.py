"""The commands that look at a running program: `ouro trace`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from .recorder import Recorder

if TYPE_CHECKING:
    from .model import Trace

FORMATS = ("text", "json")
_LIMIT = 100_000


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ouro trace", description="Run a program and show what the event loop did.",
        usage="ouro trace [options] PROGRAM [arguments]")
    parser.add_argument("--format", choices=FORMATS, default="text", help="what to make of it (text)")
    parser.add_argument("-o", "--output", metavar="FILE", help="where it goes")
    parser.add_argument(
        "--limit", type=int, default=_LIMIT, metavar="N", help=f"keep the last N records ({_LIMIT})")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="the program and its arguments, as `ouro` takes them")
    return parser.parse_args(words)


def main(_name: str, words: list[str]) -> int:
    """Run the command; the exit code."""
    from ..js.command import run
    from ..js.options import parse

    given = _arguments(words)
    run(parse(given.program), Recorder(given.limit, lambda trace: _show(trace, given)))


def _show(trace: Trace, given: argparse.Namespace) -> None:
    from .text import render

    text = json.dumps(trace.to_json()) if given.format == "json" else render(trace)
    if given.output is None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        return
    with open(given.output, "w", encoding="utf-8") as file:
        file.write(text)
    sys.stderr.write(f"ouro trace: {os.path.relpath(given.output)} is written\n")
