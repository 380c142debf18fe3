"""Trace events: the file that --trace-event-categories and node:trace_events write, compared by names and phases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from js.commands import output, run

PROGRAM = """
console.time('t'); console.timeLog('t'); console.timeEnd('t'); console.count('c'); console.countReset('c');
process.on('unhandledRejection', () => {}); Promise.reject(1).catch(() => {}); Promise.reject(2);
"""


def events(file: Path, *categories: str) -> list[tuple[str, str]]:
    """Phase and name of each event of these categories, in the order in which they happened."""
    found = json.loads(file.read_text())["traceEvents"]
    return [
        (event["ph"], event["name"]) for event in sorted(found, key=lambda event: event["ts"])
        if event["cat"].split(",")[-1] in categories
    ]


@pytest.mark.parametrize(("categories", "expected"), [
    ("node.console", [("b", "time::t"), ("n", "time::t"), ("e", "time::t"), ("C", "count::c"), ("C", "count::c")]),
    ("node.promises.rejections", [("C", "rejections")] * 3),
])
def test_a_category_is_recorded(
    command: list[str], tmp_path: Path, categories: str, expected: list[tuple[str, str]],
) -> None:
    output(command, "--trace-event-categories", categories, "-e", PROGRAM, folder=tmp_path)
    assert sorted(events(tmp_path / "node_trace.1.log", categories)) == sorted(expected)


def test_a_program_turns_the_recording_on_and_off(command: list[str], tmp_path: Path) -> None:
    source = """
    const { createTracing, getEnabledCategories } = require('trace_events');
    const tracing = createTracing({ categories: ['node.module_timer'] });
    require('url'); tracing.enable(); require('path'); console.log(getEnabledCategories()); tracing.disable();
    require('os'); console.log(getEnabledCategories(), tracing.enabled);
    """
    words = ["--trace-event-file-pattern", "${pid}-${rotation}.json", "-e", source]
    assert output(command, *words, folder=tmp_path) == "node.module_timer\nundefined false\n"
    [file] = tmp_path.glob("*-1.json")
    assert events(file, "node.module_timer") == [("b", "require('path')"), ("e", "require('path')")]


def test_nothing_is_written_when_nobody_asked(command: list[str], tmp_path: Path) -> None:
    output(command, "-e", "require('trace_events'); performance.mark('m')", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_time_of_each_require_is_told(command: list[str], tmp_path: Path) -> None:
    done = run(command, "-e", "require('url')", folder=tmp_path, NODE_DEBUG="module_timer")
    [line] = [each for each in done.stderr.splitlines() if "[url]" in each]
    assert line.startswith("MODULE_TIMER ")
    assert line.endswith("ms")
