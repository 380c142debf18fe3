"""What goes into the page of a trace, and that it can do no harm there."""

from __future__ import annotations

import json
import re

from xray import page_traces

from ouroloop.xray.model import Place, Resource, Run, Trace
from ouroloop.xray.page import to_html
from ouroloop.xray.page.columns import columns


def embedded(html: str) -> str:
    found = re.search(r'<script type="application/json" id="trace">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found[1]


def small() -> Trace:
    return Trace(
        "a.js", [], 0.0, 100, 0, 0, places=[Place("/a.js", 50, 7, "f")],
        resources={7: Resource(7, "Immediate", 0, 20, place=0)},
        runs={0: Run(0, 0, "", 10, 30, kind="main"), 3: Run(3, 7, "f", 60, None, kind="immediate")},
        sources={"/a.js": "\n".join(f"line {number}" for number in range(1, 101))})


def test_hostile_text_can_neither_end_its_block_nor_break_the_file() -> None:
    html = to_html(page_traces.hostile())
    assert html.encode("utf-8")
    block = embedded(html)
    assert block.isascii() and "<" not in block
    assert page_traces.HOSTILE in json.loads(block)["texts"]
    title = re.search(r"<title>(.*?)</title>", html)
    assert title is not None and "<" not in title[1]
    assert html.count("<script") == 2


def test_the_policy_names_the_only_script_and_nothing_is_loaded() -> None:
    html = to_html(small())
    assert "default-src 'none'" in html and "script-src 'sha256-" in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    assert "{{" not in html.replace("{{ a brace", "").split("<script type")[0]


def test_runs_are_in_order_by_position_and_times_are_differences() -> None:
    found = columns(small())
    assert found["runs"]["number"] == [0, 3]
    assert found["runs"]["began"] == [10, 50] and found["runs"]["length"] == [20, -1]
    assert found["runs"]["resource"] == [-1, 0] and found["resources"]["cause"] == {"all": 0, "count": 1}


def test_of_the_sources_only_lines_near_a_place_go_along() -> None:
    [[_, lines]] = columns(small())["sources"]
    assert [number for number, _ in lines] == list(range(38, 63))
    assert lines[12] == (50, "line 50")


def test_of_a_line_that_never_ends_the_part_around_the_place_is_kept() -> None:
    trace = small()
    trace.places = [Place("/a.js", 1, 50_000, "f")]
    trace.sources = {"/a.js": "a" * 49_999 + "HERE" + "b" * 50_000}
    [[_, [(number, line)]]] = columns(trace)["sources"]
    assert number == 1 and len(line) < 500 and "HERE" in line


def test_what_was_dropped_leaves_no_position_behind() -> None:
    trace = small()
    trace.runs[3].resource = 99
    trace.runs[3].outer = trace.runs[3].trigger = trace.runs[3].after = 42
    trace.resources[7].cause = 41
    found = columns(trace)
    none = {"all": -1, "count": 2}
    assert [found["runs"][name] for name in ("resource", "outer", "trigger", "after")] == [none] * 4
    assert found["resources"]["cause"] == {"all": -1, "count": 1}
