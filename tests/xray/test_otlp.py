"""`ouro trace --format otlp`: a collector gets the callbacks as spans, causes as parents, and the loop's metrics."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from js.commands import OURO, run, write

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="pip install '.[otlp]' brings it")

TRACE = [*OURO, "trace", "--format", "otlp"]


class Collector:
    """Takes what comes, and tells what that was."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def resources(self, kind: str) -> list[Any]:
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        made = {"traces": ExportTraceServiceRequest, "metrics": ExportMetricsServiceRequest}[kind]
        found: list[Any] = []
        for path, body in self.bodies:
            if path == f"/v1/{kind}":
                message: Any = made()
                message.ParseFromString(body)
                found += message.resource_spans if kind == "traces" else message.resource_metrics
        return found

    def spans(self) -> dict[str, Any]:
        """Spans by their names."""
        return {span.name: span for span in all_spans(self)}

    def metrics(self) -> dict[str, Any]:
        """The last of each metric."""
        return {
            metric.name: metric for each in self.resources("metrics") for scope in each.scope_metrics
            for metric in scope.metrics}


def values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


PROGRAM = """\
setTimeout(function first() {
  const until = Date.now() + 60;
  while (Date.now() < until);
  setImmediate(function second() {
    require('crypto').pbkdf2('a', 'b', 1000, 32, 'sha256', function third() { console.log('done'); });
  });
}, 200);
"""


def test_callbacks_are_spans_below_the_one_that_asked_for_them(collector: Collector, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": PROGRAM})
    done = run(TRACE, "app.js", folder=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert (done.returncode, done.stdout) == (0, "done\n"), done
    spans = collector.spans()
    count = len(list(all_spans(collector)))
    assert done.stderr.startswith(f"ouro trace: {count:,} spans sent to {collector.url}\n")
    root, main, first, second = (spans[name] for name in ("app.js", "main", "timer first", "immediate second"))
    assert root.parent_span_id == b""
    assert main.parent_span_id == root.span_id
    assert first.parent_span_id == main.span_id
    assert second.parent_span_id == first.span_id
    assert {span.trace_id for span in all_spans(collector)} == {root.trace_id}
    assert 59e6 <= first.end_time_unix_nano - first.start_time_unix_nano <= 1e9
    told = values(first.attributes)
    assert told["code.function.name"] == "first"
    assert (told["code.file.path"], told["code.line.number"]) == (str(tmp_path / "app.js"), 1)
    assert told["ouroloop.scheduled_at"] == f"{tmp_path / 'app.js'}:1:1"
    assert told["ouroloop.step"] == "timers"
    assert values(spans["crypto.pbkdf2"].attributes)["thread.name"].startswith("thread")
    resource = values(collector.resources("traces")[0].resource.attributes)
    assert resource["service.name"] == "app"
    assert resource["process.command"] == "app.js"


def all_spans(collector: Collector) -> Iterator[Any]:
    for each in collector.resources("traces"):
        for scope in each.scope_spans:
            yield from scope.spans


def test_every_parent_is_there_and_spans_lie_within_the_program(collector: Collector, tmp_path: Path) -> None:
    write(tmp_path, {"app.mjs": """
        import fs from 'node:fs/promises';
        await Promise.all(Array.from({ length: 400 }, async () => { await null; await fs.stat('.'); }));"""})
    run(TRACE, "app.mjs", folder=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    spans = list(all_spans(collector))
    known = {span.span_id for span in spans}
    root = collector.spans()["app.mjs"]
    assert len(spans) > 1000  # more than one batch
    assert len(known) == len(spans)
    for span in spans:
        assert span is root or span.span_id == root.span_id or span.parent_span_id in known
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
        assert all(link.span_id in known for link in span.links)


def test_the_loops_metrics_have_the_names_of_the_conventions(collector: Collector, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": """
        const until = () => { const end = Date.now() + 50; while (Date.now() < end); };
        const timer = setInterval(until, 100);
        setTimeout(() => clearInterval(timer), 1000);"""})
    run(TRACE, "app.js", folder=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_METRIC_EXPORT_INTERVAL="300")
    metrics = collector.metrics()
    assert sum(path == "/v1/metrics" for path, _ in collector.bodies) >= 3  # while it ran, and at its end
    names = {f"nodejs.eventloop.delay.{name}" for name in ("min", "max", "mean", "stddev", "p50", "p90", "p99")}
    names |= {"nodejs.eventloop.utilization", "nodejs.eventloop.time", "ouroloop.eventloop.delay"}
    names |= {"ouroloop.pool.threads", "ouroloop.pool.busy", "ouroloop.pool.queued", "ouroloop.handles"}
    assert names <= set(metrics)
    most = metrics["nodejs.eventloop.delay.max"].gauge.data_points[0].as_double
    assert 0.02 <= most <= 0.5
    assert metrics["nodejs.eventloop.delay.max"].unit == "s"
    times = {
        values(point.attributes)["nodejs.eventloop.state"]: point.as_double
        for point in metrics["nodejs.eventloop.time"].sum.data_points}
    assert times["idle"] == pytest.approx(times["active"], rel=0.7)
    assert 0.9 <= sum(times.values()) <= 4
    histogram = metrics["ouroloop.eventloop.delay"].histogram.data_points[0]
    assert histogram.count >= 10
    assert histogram.max == pytest.approx(most, rel=0.5)


def test_openTelemetrys_own_variables_are_heard(collector: Collector, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": ""})
    run(TRACE, "app.js", folder=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="shop",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=test")
    resource = values(collector.resources("traces")[0].resource.attributes)
    assert (resource["service.name"], resource["deployment.environment"]) == ("shop", "test")


def test_a_collector_that_refuses_costs_a_message_and_no_more(tmp_path: Path) -> None:
    collector = Collector(400)
    try:
        write(tmp_path, {"app.js": "process.exitCode = 6"})
        done = run(TRACE, "app.js", folder=tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    finally:
        collector.close()
    assert done.returncode == 6
    assert f" is lost: {collector.url}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_packages_it_says_what_to_install(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "console.log(1)"})
    script = "import sys; sys.modules['opentelemetry'] = None; from ouroloop.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "trace", "--format", "otlp", "app.js"], cwd=tmp_path, capture_output=True,
        text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr == (
        "ouro trace: --format otlp needs OpenTelemetry's packages; install them with pip install 'ouroloop[otlp]'\n")
