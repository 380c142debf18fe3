"""A trace as Chrome's trace events: well-formed, nested, with flows that bind. (Rules: "Trace Event Format".)"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from xray.traces import MS, recorded, small

from ouroloop.xray.model import Pause
from ouroloop.xray.perfetto import to_perfetto

NEEDED = {
    "X": {"name", "cat", "pid", "tid", "ts", "dur"}, "M": {"name", "pid", "args"},
    "s": {"name", "cat", "pid", "tid", "ts", "id"}, "t": {"name", "cat", "pid", "tid", "ts", "id"},
    "f": {"name", "cat", "pid", "tid", "ts", "id", "bp"},
}
METADATA = {"process_name", "thread_name", "thread_sort_index"}

BUSY_PROGRAM = """
    const fs = require('fs');
    fs.readFile(__filename, () => setImmediate(() => process.nextTick(() => {})));
    setTimeout(async () => { await 1; await new Promise((go) => setTimeout(go, 5)); }, 3);
    require('crypto').pbkdf2('a', 'b', 5000, 32, 'sha256', () => {});
    require('child_process').execFile('true', () => {});
"""

BUSY_PYTHON = """
from ouroloop.node import crypto, fs, next_tick, set_immediate, set_timeout

def on_read(error, text):
    set_immediate(next_tick, print)

async def main():
    await fs.stat(".")
    fs.read_file(__file__, "utf8", on_read)
    crypto.pbkdf2(b"a", b"b", 5000, 32, "sha256", lambda error, key: None)
    set_timeout(print, 3)
"""


def check_form(document: Any) -> None:
    assert set(document) <= {"traceEvents", "displayTimeUnit", "otherData"}
    assert document["displayTimeUnit"] in ("ms", "ns")
    for event in document["traceEvents"]:
        assert set(event) >= NEEDED[event["ph"]], event
        if event["ph"] == "M":
            assert event["name"] in METADATA
        else:
            assert isinstance(event["ts"], float | int)
            assert event["ts"] >= 0
        assert event.get("dur", 0) >= 0


def slices(document: Any) -> dict[int, list[tuple[int, int, str]]]:
    """Of each thread, the slices in ns: (begin, end, name)."""
    found = defaultdict(list)
    for event in document["traceEvents"]:
        if event["ph"] == "X":
            began = round(event["ts"] * 1000)
            found[event["tid"]].append((began, began + round(event["dur"] * 1000), event["name"]))
    return found


def check_nesting(document: Any) -> None:
    """Two slices of a thread lie apart or one in the other: else the viewers drop one."""
    for thread in slices(document).values():
        open_until: list[tuple[int, str]] = []
        for began, ended, name in sorted(thread, key=lambda each: (each[0], -each[1])):
            while open_until and open_until[-1][0] <= began:
                open_until.pop()
            assert not open_until or ended <= open_until[-1][0], f"{name} goes beyond {open_until[-1][1]}"
            open_until.append((ended, name))


def check_flows(document: Any) -> int:
    """Each flow begins once and ends once, in time's order, each point within a slice of its thread; how many."""
    points = defaultdict(list)
    for event in document["traceEvents"]:
        if event["ph"] in "stf":
            points[event["id"]].append(event)
    by_thread = slices(document)
    for flow in points.values():
        phases = [event["ph"] for event in flow]
        assert phases in (["s", "f"], ["s", "t", "f"])
        assert [event["ts"] for event in flow] == sorted(event["ts"] for event in flow)
        for event in flow:
            at = round(event["ts"] * 1000)
            assert any(began <= at <= ended for began, ended, _ in by_thread[event["tid"]]), event
    return len(points)


def test_a_small_trace_is_well_formed_nested_and_its_causes_bind() -> None:
    document = json.loads(json.dumps(to_perfetto(small())))
    check_form(document)
    check_nesting(document)
    assert check_flows(document) == 3


def test_names_of_threads_and_of_the_process() -> None:
    named = {
        (event["name"], event["tid"]): event["args"].get("name")
        for event in to_perfetto(small())["traceEvents"] if event["ph"] == "M"}
    assert named["process_name", 0] == "app.js"
    assert named["thread_name", 1] == "event loop"
    assert named["thread_name", 10] == "pool thread1"


def test_a_request_flows_through_the_job_that_was_made_for_it() -> None:
    events = [event for event in to_perfetto(small())["traceEvents"] if event.get("id") == 3]
    assert [(event["ph"], event["tid"], event["ts"]) for event in events] == [
        ("s", 1, 5000), ("t", 10, 6000), ("f", 1, 231_000)]


def test_what_the_end_cut_short_ends_there() -> None:
    trace = small()
    trace.runs[3].ended = None
    trace.jobs[0].finished = None
    ends = {name: ended for thread in slices(to_perfetto(trace)).values() for _, ended, name in thread}
    assert ends["file onRead"] == ends["fs.read_file"] == trace.duration


def test_pauses_of_the_collector_stand_beside_the_callbacks_that_they_interrupt() -> None:
    trace = small()
    trace.pauses.append(Pause("scavenge", 100 * MS, 300 * MS))
    check_nesting(to_perfetto(trace))


def test_a_recorded_python_program_is_well_formed_nested_and_its_causes_bind(tmp_path: Path) -> None:
    document = recorded(tmp_path, BUSY_PYTHON, kind="perfetto", name="app.py")
    check_form(document)
    check_nesting(document)
    assert check_flows(document) >= 6


@pytest.mark.parametrize("source", [BUSY_PROGRAM, "process.exit(0)", ""])
def test_a_recorded_program_is_well_formed_nested_and_its_causes_bind(source: str, tmp_path: Path) -> None:
    document = recorded(tmp_path, source, kind="perfetto")
    check_form(document)
    check_nesting(document)
    flows = check_flows(document)
    assert flows >= (10 if source == BUSY_PROGRAM else 0)
