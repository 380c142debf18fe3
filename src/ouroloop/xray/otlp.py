"""A trace as OpenTelemetry spans, and the loop's metrics, sent to a collector by OTLP over HTTP.

Theory of operation. The program is a span; each callback is one below that of the callback which asked for it, so that
a chain of causes is a path; jobs of the pool stand below who queued them. A promise's reaction is linked to the
callback that settled the promise. Spans are sent when the program has ended; metrics also meanwhile, every minute or as
OTEL_METRIC_EXPORT_INTERVAL says: the names are those of the semantic conventions for Node.js, the loop being Node's.

What surprises people: a child may begin after its parent has ended, for it was only asked for there. Where to send, for
how long to try and what the service is called is said by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_SERVICE_NAME …).

Source: OpenTelemetry's specification; "Semantic conventions for Node.js runtime metrics".
"""

from __future__ import annotations

import logging
import os
import statistics
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..js.options import OptionError
from .meter import Meter, pool_state, requests_under_way
from .model import MAIN
from .observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..js.runtime import Runtime
    from ..loop import Loop
    from ..node.environment import Environment
    from .model import Run, Trace

_BATCH = 500  # spans sent at once
_NS = 1e9
_BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]  # s
_SHUTDOWN = 10_000  # ms


def require() -> None:
    """Raise `OptionError` if what sends is not installed."""
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise OptionError(
            "--format otlp needs OpenTelemetry's packages; install them with pip install 'ouroloop[otlp]'") from None


def endpoint() -> str:
    """Where spans go."""
    given = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return given or "http://localhost:4318"


def _resource(program: str, arguments: list[str]) -> Any:
    from opentelemetry.sdk.resources import Resource

    attributes: dict[str, Any] = {
        "process.pid": os.getpid(), "process.command": program, "process.command_args": [program, *arguments],
        "process.runtime.name": "ouroloop", "process.runtime.version": __version__, "host.name": os.uname().nodename,
    }
    if "OTEL_SERVICE_NAME" not in os.environ and "service.name=" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        attributes["service.name"] = os.path.splitext(os.path.basename(program))[0] or "ouro"
    return Resource.create(attributes)


class _Complaints(logging.Handler):
    """What the senders would print: the last of it is why something was not sent."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


# Spans

def send(trace: Trace) -> str:
    """Send the spans; what is to be said of that. Raises `OSError` when the collector did not take them."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    complaints = _Complaints()
    exporter: Any = OTLPSpanExporter()
    spans = _spans(trace)
    for at in range(0, len(spans), _BATCH):
        if exporter.export(spans[at : at + _BATCH]) is not SpanExportResult.SUCCESS:
            raise OSError(f"{endpoint()}: {complaints.last or 'the collector did not take it'}")
    exporter.shutdown()
    return f"{len(spans):,} spans sent to {endpoint()}"


class _Kept:
    """A span processor that keeps what has ended."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Nothing is to be done."""

    def _on_ending(self, span: Any) -> None:
        """Nothing is to be done."""

    def on_end(self, span: Any) -> None:
        self.spans.append(span)

    def shutdown(self) -> None:
        """Nothing is to be done."""

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class _Tree:
    """Makes spans below one another."""

    def __init__(self, trace: Trace) -> None:
        from opentelemetry.sdk.trace import TracerProvider

        self._since = int(trace.began * _NS)
        self.kept = _Kept()
        provider = TracerProvider(resource=_resource(trace.program, trace.arguments), shutdown_on_exit=False)
        provider.add_span_processor(self.kept)  # type: ignore[arg-type]
        self._tracer = provider.get_tracer("ouroloop", __version__)

    def add(
        self, name: str, began: int, ended: int, parent: Any, attributes: dict[str, Any], cause: Any = None,
    ) -> Any:
        from opentelemetry.trace import Link, set_span_in_context

        links = [Link(cause.get_span_context())] if cause is not None else []
        context = set_span_in_context(parent) if parent is not None else None
        span = self._tracer.start_span(
            name, context=context, start_time=self._since + began, attributes=attributes, links=links)
        span.end(end_time=self._since + max(ended, began))
        return span


def _spans(trace: Trace) -> list[Any]:
    tree = _Tree(trace)
    root = tree.add(os.path.basename(trace.program), 0, trace.duration, None, {
        "process.exit.code": trace.exit_code, "ouroloop.turns": len(trace.turns),
        "ouroloop.records.dropped": trace.dropped})
    by_run: dict[int, Any] = {}
    for run in trace.in_order():
        resource = trace.resources.get(run.resource)
        parent = by_run.get(resource.cause, root) if resource is not None and run.number != MAIN else root
        settler = by_run.get(run.trigger)
        by_run[run.number] = tree.add(
            f"{run.kind} {run.name}".rstrip(), run.began, trace.end_of(run), parent,
            dict(_attributes(trace, run)), settler if settler is not parent else None)
    for job in trace.jobs:
        if job.started is None:
            continue
        resource = trace.resources.get(job.resource)
        parent = by_run.get(resource.cause, root) if resource is not None else root
        tree.add(job.name, job.started, trace.duration if job.finished is None else job.finished, parent, {
            "thread.name": job.thread, "ouroloop.kind": "job",
            "ouroloop.pool.waited": (job.started - job.queued) / _NS})
    for sleep in trace.sleeps:
        tree.add("asleep", sleep.began, sleep.ended, root, {
            "ouroloop.kind": "sleep", "ouroloop.turn": sleep.turn,
            "ouroloop.woken_by": [owner for _, _, owner in sleep.woke]})
    for pause in trace.pauses:
        tree.add(pause.kind, pause.began, pause.ended, root, {"ouroloop.kind": "memory"})
    return tree.kept.spans


def _attributes(trace: Trace, run: Run) -> Iterator[tuple[str, Any]]:
    yield from (("ouroloop.kind", run.kind), ("ouroloop.turn", run.turn), ("ouroloop.step", run.step))
    if run.name:
        yield "code.function.name", run.name
    if run.place >= 0:
        place = trace.places[run.place]
        yield from (("code.file.path", place.file), ("code.line.number", place.line))
    resource = trace.resources.get(run.resource)
    if resource is not None and resource.place >= 0:
        yield "ouroloop.scheduled_at", str(trace.places[resource.place])
    if resource is not None and resource.detail:
        yield "ouroloop.detail", resource.detail
    if run.due is not None:
        yield "ouroloop.timer.late", max(run.began - run.due, 0) / _NS


# Metrics

class Metrics(Observer):
    """Sends how a loop does, while it runs and once more at the end."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._complaints = _Complaints()

    def watch(self, runtime: Runtime) -> None:
        self._begin(runtime.loop, runtime, runtime.argv[1:])

    def watch_environment(self, env: Environment) -> None:
        import sys

        self._begin(env.loop, None, sys.argv)

    def _begin(self, loop: Loop, runtime: Runtime | None, words: list[str]) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        program, *arguments = words or [""]
        self._provider = MeterProvider(
            [PeriodicExportingMetricReader(OTLPMetricExporter())], _resource(program, arguments),
            shutdown_on_exit=False)
        _Instruments(self._provider.get_meter("ouroloop", __version__), loop, runtime)

    def finish(self, code: int) -> None:
        self._provider.shutdown(_SHUTDOWN)
        if self._complaints.last:
            text = f"ouro trace: the metrics are lost: {endpoint()}: {self._complaints.last}\n"
            os.write(2, text.encode("utf-8", "replace"))


class _Instruments:
    """What is measured. The senders' thread asks for it; numbers that change meanwhile are no harm."""

    def __init__(self, meter: Any, loop: Loop, runtime: Runtime | None) -> None:
        self._loop = loop
        self._measured = Meter(loop, runtime)
        self._began, self._idle = monotonic_ns(), loop.idle_ns
        self._last = self._began, self._idle
        histogram = meter.create_histogram(
            "ouroloop.eventloop.delay", "s", "How late the event loop was", explicit_bucket_boundaries_advisory=_BOUNDS)
        self._measured.on_delay = lambda ns: histogram.record(ns / _NS)

        def gauge(name: str, unit: str, description: str, ask: Callable[[], float]) -> None:
            from opentelemetry.metrics import Observation

            meter.create_observable_gauge(name, [lambda _: [Observation(ask())]], unit, description)

        for name, description, of in _DELAYS:
            gauge(f"nodejs.eventloop.delay.{name}", "s", description, lambda of=of: of(self._delays()))  # type: ignore[misc]
        gauge("nodejs.eventloop.utilization", "1", "Event loop utilization.", self._utilization)
        meter.create_observable_counter(
            "nodejs.eventloop.time", [self._times], "s",
            "Cumulative duration of time the event loop has been in each state.")
        gauge("ouroloop.pool.threads", "{thread}", "How many threads the pool may have",
              lambda: pool_state(loop, runtime)[0])
        gauge("ouroloop.pool.busy", "{thread}", "How many of them are at work", lambda: pool_state(loop, runtime)[1])
        gauge("ouroloop.pool.queued", "{job}", "How many jobs wait for one", lambda: pool_state(loop, runtime)[2])
        gauge("ouroloop.handles", "{handle}", "Handles that keep the loop alive", lambda: loop.active_handles)
        gauge("ouroloop.requests", "{request}", "Requests under way", lambda: requests_under_way(loop, runtime))

    def _delays(self) -> list[float]:
        return sorted(ns / _NS for ns in list(self._measured.delays)) or [0.0]

    def _utilization(self) -> float:
        (began, idle_before), now = self._last, (monotonic_ns(), self._loop.idle_ns)
        self._last = now
        return min(max(1 - (now[1] - idle_before) / max(now[0] - began, 1), 0.0), 1.0)

    def _times(self, _options: Any) -> Iterator[Any]:
        from opentelemetry.metrics import Observation

        idle = self._loop.idle_ns - self._idle
        active = monotonic_ns() - self._began - idle
        for state, ns in (("idle", idle), ("active", active)):
            yield Observation(max(ns, 0) / _NS, {"nodejs.eventloop.state": state})


def _percentile(share: float) -> Callable[[list[float]], float]:
    return lambda delays: delays[min(int(len(delays) * share), len(delays) - 1)]


_DELAYS: tuple[tuple[str, str, Callable[[list[float]], float]], ...] = (
    ("min", "Event loop minimum delay.", min), ("max", "Event loop maximum delay.", max),
    ("mean", "Event loop mean delay.", statistics.fmean), ("stddev", "Event loop standard deviation delay.",
                                                           statistics.pstdev),
    ("p50", "Event loop 50 percentile delay.", _percentile(0.5)),
    ("p90", "Event loop 90 percentile delay.", _percentile(0.9)),
    ("p99", "Event loop 99 percentile delay.", _percentile(0.99)),
)
