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


def test_observers_are_told_of_the_collectors_pauses(command: list[str], tmp_path: Path) -> None:
    entries, names, is_over = told(command, tmp_path, """
        const { PerformanceObserver } = require('perf_hooks');
        const seen = [];
        const observer = new PerformanceObserver((list) => {
          for (const { name, entryType, detail, startTime, duration } of list.getEntries()) {
            seen.push([name, entryType, detail.kind, detail.flags, startTime > 0 && duration > 0]);
          }
        });
        observer.observe({ entryTypes: ['gc'] });
        const grow = () => { for (let i = 0, list = []; i < 300000; i++) list.push({ i }); };
        grow();
        setTimeout(() => {
          const count = seen.length;
          observer.disconnect();
          grow();
          setTimeout(() => {
            say([seen, PerformanceObserver.supportedEntryTypes.includes('gc'), seen.length === count]);
          }, 20);
        }, 50);""")
    assert len(entries) > 0
    assert all(entry[:2] == ["gc", "gc"] and entry[2] in (1, 2, 4, 8, 16) and entry[4] for entry in entries)
    assert names is True
    assert is_over is True


def test_observers_are_told_of_http_requests_on_both_sides(command: list[str], tmp_path: Path) -> None:
    entries = told(command, tmp_path, """
        const http = require('http');
        const { PerformanceObserver } = require('perf_hooks');
        const seen = {};
        const observer = new PerformanceObserver((list) => {
          for (const { name, detail, duration } of list.getEntries()) {
            seen[name] = { ...detail, tookLong: duration > 10 };
            delete detail.res.headers.date;
          }
          if (Object.keys(seen).length < 2) return;
          observer.disconnect();
          server.close();
          seen.port = port;
          say(seen);
        });
        observer.observe({ type: 'http' });
        let port;
        const server = http.createServer((request, response) => {
          response.setHeader('X-A', '1');
          request.resume().on('end', () => setTimeout(() => response.end('hello'), 20));
        }).listen(0, '127.0.0.1', () => {
          ({ port } = server.address());
          http.request({ host: '127.0.0.1', port, path: '/x?y=1', method: 'POST', headers: { 'X-B': '2' } },
            (response) => response.resume()).end('text');
        });""")
    client, server, host = entries["HttpClient"], entries["HttpRequest"], f"127.0.0.1:{entries['port']}"
    assert client["req"] == {"method": "POST", "url": f"http://{host}/x?y=1", "headers": {"x-b": "2", "host": host}}
    assert (client["res"]["statusCode"], client["res"]["statusMessage"]) == (200, "OK")
    assert client["res"]["headers"]["x-a"] == "1"
    assert (server["req"]["method"], server["req"]["url"], server["req"]["headers"]["x-b"]) == ("POST", "/x?y=1", "2")
    assert server["res"] == {"statusCode": 200, "statusMessage": "OK", "headers": {"x-a": "1"}}
    assert client["tookLong"]
    assert server["tookLong"]
