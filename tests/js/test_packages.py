"""Packages from npm do with `ouro` what they do with Node 24. See `packages/programs.py`."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from js.order.table import read_outcomes
from js.packages.programs import NAMES, RECORD, Unavailable, installed, run_program

EXPECTED = read_outcomes(RECORD)


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder where the packages are."""
    try:
        return installed()
    except Unavailable as exc:
        pytest.skip(str(exc))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.timeout(1000)
def test_a_package_does_what_it_does_with_node(name: str, command: list[str], packages: Path) -> None:
    found = run_program(name, command, packages)
    expected = EXPECTED[name]
    if found != expected:
        lines = difflib.unified_diff(expected.lines(), found.lines(), "Node", "here", lineterm="")
        pytest.fail("\n".join([name, *lines, found.errors[-2000:]]), pytrace=False)
