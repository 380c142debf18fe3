"""`ouro lab`: lists the labs, runs one, tells its story.

Theory of operation. A lab is loaded, measures, and shows what it measured; the title stands there before, since to
measure may take a second or two. What the command says of itself goes to standard error.
"""

from __future__ import annotations

import subprocess
import sys

from .catalogue import GROUPS, LINES, NotHere, load
from .stage import Stage, story

USAGE = """\
Usage: ouro lab                  list the labs
       ouro lab NAME             run one: it does the thing on this machine, prints what it measured, and what it means
       ouro lab NAME --explain   tell the story first

To run a program of the name lab: ouro ./lab
"""


_INVALID_ARGUMENT, _FAILED = 9, 1


class LabError(Exception):
    """What is wrong with the command line, or kept the lab from going on, as a line; and the exit code."""

    def __init__(self, message: str, code: int = _INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self.code = code


def run(words: list[str]) -> int:
    """Do what the words after `ouro lab` say; the exit code. Raises `LabError`."""
    if "-h" in words or "--help" in words:
        sys.stdout.write(USAGE)
        return 0
    explains = "--explain" in words
    names = [word for word in words if word != "--explain"]
    for name in names:
        if name.startswith("-"):
            raise LabError(f"bad option: {name} (see ouro lab --help)")
    if len(names) > 1:
        raise LabError("name one lab at a time")
    if names:
        return _run(names[0], explains)
    if explains:
        raise LabError("name the lab to explain; `ouro lab` lists them")
    _list(Stage())
    return 0


def _list(stage: Stage) -> None:
    width = max(map(len, LINES))
    stage.prose(
        "Experiments on how asynchronous code works, down to the hardware. Each does the thing on this machine.")
    for group, labs in GROUPS.items():
        if labs:
            stage.heading(group)
        for name, line in labs.items():
            stage.write(f"  {stage.styled(name.ljust(width), 'code')}  {line}\n")
    stage.line()
    stage.prose("`ouro lab NAME` runs one; `ouro lab NAME --explain` tells the story first.")


def _run(name: str, explains: bool) -> int:
    try:
        lab = load(name)
    except LookupError as exc:
        raise LabError(str(exc.args[0])) from None
    stage = Stage()
    stage.title(name, LINES[name])
    if explains:
        stage.line()
        stage.prose(story(lab))
        stage.line()
    stage.out.flush()
    try:
        figures = lab.measure()
    except NotHere as exc:
        stage.prose(f"Not here. {exc.because}\n\nElsewhere: {exc.would}")
    except BrokenPipeError:
        raise
    except (OSError, RuntimeError, MemoryError, subprocess.SubprocessError) as exc:  # what the system does not let us
        stage.out.flush()
        raise LabError(f"the lab {name} cannot go on: {_reason(exc)}", _FAILED) from exc
    else:
        lab.show(figures, stage)
    _end(stage, name, explains, lab.__file__)
    return 0


def _reason(refusal: Exception) -> str:
    """Why the system refused something, also where its own words say nothing."""
    if isinstance(refusal, BlockingIOError):  # EAGAIN, of fork
        return "this user may start no more processes (ulimit -u)"
    return "no memory is left" if isinstance(refusal, MemoryError) else str(refusal)


def _end(stage: Stage, name: str, explains: bool, file: str | None) -> None:
    stage.line()
    if not explains:
        stage.line(f"the story: ouro lab {name} --explain", "faint")
    if file:
        stage.line(f"the code:  {file}", "faint")
