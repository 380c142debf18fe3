"""A trace as text: what it tells, in a width that fits, with colours only where they are wanted."""

from __future__ import annotations

import os
import re

import pytest
from xray.traces import MS, busy, small

from ouroloop.xray.model import MAIN, Resource, Run, Sleep
from ouroloop.xray.style import Style, columns, cut, duration, printable
from ouroloop.xray.text import render


def test_a_callback_is_told_with_its_kind_name_length_line_and_cause() -> None:
    line = next(line for line in render(small()).splitlines() if "onTimeout" in line)
    assert re.search(r"20\.000 .*timer onTimeout 10 ms  app\.js:12  ← main +200 ms$", line)


def test_turns_steps_and_callbacks_are_a_tree() -> None:
    tree = [re.sub(r"  +(\d[\d.]* (us|ms|s))?$", "", line[13:]) for line in render(small()).splitlines()[3:]]
    assert tree[: tree.index("")] == [
        "main program",
        "thread1: fs.read_file, which waited 1.00 ms for it",
        "turn 1",
        "├ poll",
        "│ └ asleep for the 9 ms to the next timer",
        "└ timers",
        "  └ timer onTimeout 10 ms  app.js:12  ← main",
        "    └ tick  app.js:14  ← timer onTimeout",  # it ran after the timer, before the loop went on
        "turn 2",
        "└ poll",
        "  └ file onRead  read_file  app.js:12  ← main",
    ]


def test_what_the_program_s_end_cut_short_took_until_then() -> None:
    trace = small()
    main = trace.runs[MAIN]
    trace.runs, trace.turns, trace.steps, main.ended = {MAIN: main}, [], [], None
    text = render(trace)
    assert re.search(rf"main program +{re.escape(duration(trace.duration - main.began))}$", text, re.MULTILINE)
    assert "Loop  never turned" in text
    assert f"{duration(trace.duration - main.began)}  main program" in text.partition("Longest callbacks")[2]


def test_the_summary_says_what_blocked_the_loop_which_timers_were_late_and_why() -> None:
    trace = small()
    trace.resources[5] = Resource(5, "Timeout", MAIN, 6 * MS, 0, 100)
    trace.runs[4] = Run(
        4, 5, "later", 223 * MS, 224 * MS, turn=1, step="timers", kind="timer", trigger=MAIN, due=106 * MS)
    text = render(trace)
    summary = text[text.index("Loop  ") :].splitlines()
    assert summary[1] == "Pool  1 job on 4 threads · busy 12% of the time · up to 1 in line"
    assert summary[summary.index("Longest callbacks") + 1] == "    200 ms  timer onTimeout  app.js:12  at 20.0 ms"
    block = summary.index("What kept the loop from turning for 10 ms or more") + 1
    assert summary[block].startswith("    202 ms  timer onTimeout  app.js:12")
    late = summary.index("Late timers") + 1
    assert summary[late] == "    117 ms  timer later  app.js:12  because of timer onTimeout  app.js:12"
    assert any(re.fullmatch(r" +200 to 500 ms  █+ 1", line) for line in summary)


@pytest.mark.parametrize("width", [40, 60, 80, 132])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    trace = small()
    trace.runs[1].name = "漢字の名前" * 20
    for line in render(trace, Style(width)).splitlines():
        assert columns(line) <= width, line


def test_without_colors_there_is_no_escape_and_with_them_a_long_callback_is_red() -> None:
    assert "\x1b" not in render(small(), Style())
    assert "\x1b[1;31m200 ms\x1b[0m" in render(small(), Style(has_colors=True))


def test_what_repeats_is_folded_and_counted() -> None:
    text = render(busy(5000))
    assert len(text.splitlines()) <= 20
    assert "… 4,999 more like this, 20.00 s in all, the longest 4.00 ms" in text


def test_turns_that_take_turns_are_folded_too_and_one_that_takes_longer_is_shown() -> None:
    trace = busy(1000)
    for number in range(2, 1001, 2):
        trace.runs[number].name = "other"
    trace.runs[500].ended = trace.runs[500].began + 50 * MS
    text = render(trace)
    assert "… 497 more like those above" in text
    assert "… 500 more like those above" in text
    assert re.search(r"interval other 5 ms  app\.js:2  ← main +50\.0 ms", text)
    assert len(text.splitlines()) < 40


def test_what_differs_is_not_folded() -> None:
    trace = busy(10)
    for number in range(1, 11):
        trace.runs[number].name = f"beat{number}"
    text = render(trace)
    assert "more like" not in text
    assert all(f"beat{number}" in text for number in range(1, 11))


def test_what_was_dropped_is_told() -> None:
    trace = small()
    trace.dropped = 4812
    assert "The first 4,812 records were dropped (--limit keeps more)" in render(trace)


@pytest.mark.parametrize(("variables", "terminal", "expected"), [
    ({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, True, False),
    ({"FORCE_COLOR": "1"}, False, True), ({"FORCE_COLOR": "0"}, True, False),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, True),
])
def test_colors_are_for_terminals_and_those_who_ask(
    variables: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reader, writer = os.openpty() if terminal else os.pipe()
    try:
        assert Style.of(writer).has_colors is expected
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(("told", "expected"), [("132", 132), ("10", 40), ("x", 80), ("0", 80)])
def test_the_width_is_what_COLUMNS_says(told: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", told)
    assert Style.of(None).width == expected


def test_wide_characters_take_two_columns_and_are_not_halved() -> None:
    assert columns("漢字ab") == 6
    assert columns("e\N{COMBINING ACUTE ACCENT}") == 1
    assert cut("漢字ab", 4) == "漢…"
    assert cut("漢字", 4) == "漢字"


def test_a_name_cannot_command_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc") == "a�[2Jb�c"
    trace = small()
    trace.runs[1].name = "\x1b[2J"
    assert "\x1b" not in render(trace)


@pytest.mark.parametrize(("ns", "expected"), [
    (0, "0 us"), (999_499, "999 us"), (999_500, "1.00 ms"), (9_994_000, "9.99 ms"), (12_340_000, "12.3 ms"),
    (234 * MS, "234 ms"), (999.6 * MS, "1.00 s"), (2_610 * MS, "2.61 s"), (1_234_000 * MS, "1,234 s")])
def test_lengths_of_time_are_short(ns: int, expected: str) -> None:
    assert duration(ns) == expected


def test_a_sleep_says_whether_the_loop_slept_and_for_whom() -> None:
    trace = small()
    trace.sleeps = [
        Sleep(1, 10 * MS, 10 * MS, 0, [(5, 1, "Tcp")]), Sleep(1, 11 * MS, 13 * MS, 1), Sleep(1, 13 * MS, 19 * MS, 6),
        Sleep(2, 231 * MS, 235 * MS, -1, [(5, 1, "Tcp")])]
    lines = [re.sub(r"^[│├└ ]+", "", line[13:]) for line in render(trace).splitlines()]
    assert [line.split("  ")[0] for line in lines if line.startswith(("asleep", "the queue"))] == [
        "the queue told of a socket", "asleep for a moment, to look after the pool",
        "asleep for the 6 ms to the next timer", "asleep, woken by a socket"]
