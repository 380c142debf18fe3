"""Each lab is run once, whatever is asked of its figures."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ouroloop.labs.calls.kqueue import Kqueue
from ouroloop.labs.catalogue import NotHere, load
from ouroloop.labs.stage import Stage


@dataclass
class Run:
    """What a lab measured, and what it printed of that."""

    figures: Any
    plain: str
    coloured: str


def shown(name: str, figures: Any, colour: bool) -> str:
    """What a lab prints of its figures."""
    out = io.StringIO()
    load(name).show(figures, Stage(out, colour=colour, width=80, fancy=True))
    return out.getvalue()


@functools.cache
def run_of(name: str) -> Run | NotHere:
    """Run a lab, once."""
    try:
        figures = load(name).measure()
    except NotHere as exc:
        return exc
    return Run(figures, shown(name, figures, False), shown(name, figures, True))


@pytest.fixture(scope="session", autouse=True)
def libkqueue() -> None:
    """What that library keeps for good, where there is one, is there before any test counts descriptors."""
    with contextlib.suppress(LookupError):
        Kqueue().__exit__()


@pytest.fixture
def lab() -> Callable[[str], Run]:
    """The run of a lab. The test is skipped where it cannot run."""

    def run(name: str) -> Run:
        result = run_of(name)
        if isinstance(result, NotHere):
            pytest.skip(str(result))
        return result

    return run
