"""Order: JavaScript programs print exactly what they print under Node 24. See `order/table.py`."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from js.order.table import Outcome, Program, groups, programs, record, run

TABLE = [(program, record(group).get(program.name)) for group in groups() for program in programs(group)]


@pytest.mark.parametrize(("program", "expected"), TABLE, ids=[f"{p.group}: {p.name}" for p, _ in TABLE])
def test_the_order_is_nodes(program: Program, expected: Outcome | None, command: list[str], tmp_path: Path) -> None:
    assert expected is not None, "not recorded yet: python -m tests.js.order.record --node PATH"
    found = run(program, command, tmp_path)
    if found != expected:
        lines = difflib.unified_diff(expected.lines(), found.lines(), "Node", "here", lineterm="")
        pytest.fail("\n".join([program.files[program.main], *lines, found.errors[-2000:]]), pytrace=False)
