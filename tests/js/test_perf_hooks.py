"""perf_hooks on the loop: when the process reached what, how late and how busy the loop is, what its queue told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import told

CLOCK = "const { performance, monitorEventLoopDelay, createHistogram } = require('perf_hooks');"


def test_a_blocked_loop_shows_in_delay_and_utilization(command: list[str], tmp_path: Path) -> None:
    delay, busy, idle = told(command, tmp_path, CLOCK + """
        const histogram = monitorEventLoopDelay({ resolution: 5 });
        histogram.enable();
        setTimeout(() => {
          const before = performance.eventLoopUtilization();
          setTimeout(() => { const until = Date.now() + 200; while (Date.now() < until); }, 20);
          setTimeout(() => {
            const while_ = performance.eventLoopUtilization(before);
            say([histogram.max / 1e6, while_.active, while_.idle]);
            histogram.disable();
          }, 320);
        }, 20);""")
    assert 180 <= delay <= 1000
    assert 190 <= busy <= 1000
    assert 40 <= idle <= 200


def test_the_loops_metrics_count_turns_and_events(command: list[str], tmp_path: Path) -> None:
    first, later = told(command, tmp_path, CLOCK + """
        const first = performance.nodeTiming.uvMetricsInfo;
        const later = () => say([first, performance.nodeTiming.uvMetricsInfo]);
        fs.stat('.', () => fs.stat('.', () => setTimeout(later, 5)));
        """)
    assert first == {"loopCount": 0, "events": 0, "eventsWaiting": 0}
    assert later["loopCount"] >= 3
    assert later["events"] >= 2
    assert 0 <= later["eventsWaiting"] <= later["events"]


def test_milestones_come_in_their_order_and_count_from_the_process(command: list[str], tmp_path: Path) -> None:
    timing, now, since_origin, uptime, later = told(command, tmp_path, CLOCK + """
        const sinceOrigin = () => Date.now() - performance.timeOrigin;
        const uptime = () => process.uptime() * 1000;
        setImmediate(() => say([performance.nodeTiming, performance.now(), sinceOrigin(), uptime(),
          performance.now()]));""")
    order = [timing[name] for name in ("nodeStart", "v8Start", "environment", "bootstrapComplete", "loopStart")]
    assert order == sorted(order)
    assert order[0] > 0
    assert order[-1] < now
    assert timing["loopExit"] == -1
    assert since_origin == pytest.approx(now, abs=30)
    assert now - 5 <= uptime + timing["nodeStart"] <= later + 5


def test_histograms_are_called_by_their_names(command: list[str], tmp_path: Path) -> None:
    assert told(command, tmp_path, CLOCK + """
        const { inspect } = require('util');
        say([createHistogram(), monitorEventLoopDelay()].map((each) => inspect(each, { depth: -1 })));
        """) == ["[RecordableHistogram]", "[ELDHistogram]"]
