"""A trace as columns: what the page's scripts read.

Theory of operation. A table of 100,000 rows is parsed fast when each of its columns is one list of small integers. So
times go as differences from the row before, texts as numbers in one list, a column of which all rows are the same as
that one value, and runs refer to each other by their position in the order in which they began, which is the order of
everything on the page. Of the sources only the lines near a place go along.

What surprises people: -1 stands for "there is none", in every column that can have none.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..kinds import KINDS, kind_of
from ..model import OWNERS
from .digest import digest
from .families import FAMILIES, family_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model import Job, Place, Resource, Run, Trace

_NONE = -1
_AROUND = 12
"""Lines of source that are shown on either side of a place."""
_LONGEST_LINE = 400
"""Letters of a line of source; of a longer one, as minified files have, the part around the place is shown."""


class _Texts:
    """Texts as numbers; each is kept once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def numbers(self, texts: Iterable[str]) -> list[int]:
        return [self.number(text) for text in texts]

    def list(self) -> list[str]:
        return list(self._numbers)


def columns(trace: Trace) -> dict[str, Any]:
    """All that the page shows, as JSON has it."""
    texts = _Texts()
    runs = sorted(trace.runs.values(), key=lambda run: (run.began, run.number))
    resources = sorted(trace.resources.values(), key=lambda resource: (resource.made, resource.number))
    run_at = {run.number: at for at, run in enumerate(runs)}
    resource_at = {resource.number: at for at, resource in enumerate(resources)}
    return {
        "program": trace.program, "arguments": trace.arguments, "began": trace.began, "duration": trace.duration,
        "exitCode": trace.exit_code, "dropped": trace.dropped, "firstTurn": trace.first_turn,
        "language": trace.language, "endedBy": trace.ended_by, "stillRuns": trace.still_runs,
        "poolSize": trace.pool_size,
        "families": list(FAMILIES), "kinds": [[kind, family_of(kind)] for kind in KINDS], "sentences": trace.sentences,
        "runs": _brief(_runs(runs, run_at, resource_at, texts)),
        "resources": _brief(_resources(resources, run_at, resource_at, texts)),
        "types": _types(resources),
        "turns": _differences(trace.turns),
        "steps": {
            "name": texts.numbers(step.name for step in trace.steps), "turn": [step.turn for step in trace.steps],
            **_spans([(step.began, step.ended) for step in trace.steps])},
        "sleeps": {
            "turn": [sleep.turn for sleep in trace.sleeps], "timeout": [sleep.timeout for sleep in trace.sleeps],
            "woke": [
                [[fd, mask, OWNERS.get(owner, owner)] for fd, mask, owner in sleep.woke] for sleep in trace.sleeps],
            **_spans([(sleep.began, sleep.ended) for sleep in trace.sleeps])},
        "jobs": _jobs(trace.jobs, run_at, resource_at, texts),
        "watches": {
            "time": _differences([watch.time for watch in trace.watches]),
            "descriptor": [watch.descriptor for watch in trace.watches],
            "events": [watch.events for watch in trace.watches],
            "owner": texts.numbers(OWNERS.get(watch.owner, watch.owner) for watch in trace.watches)},
        "pauses": {
            "kind": texts.numbers(pause.kind for pause in trace.pauses),
            **_spans([(pause.began, pause.ended) for pause in trace.pauses])},
        "output": {
            "time": _differences([output.time for output in trace.output]),
            "descriptor": [output.descriptor for output in trace.output],
            "text": texts.numbers(output.text for output in trace.output),
            "run": [run_at.get(output.run, _NONE) for output in trace.output]},
        "places": {
            "file": texts.numbers(place.file for place in trace.places), "line": [place.line for place in trace.places],
            "column": [place.column for place in trace.places],
            "function": texts.numbers(place.function for place in trace.places)},
        "sources": [
            [texts.number(file), lines] for file, text in trace.sources.items()
            if (lines := _lines_near(text, [place for place in trace.places if place.file == file]))],
        "digest": digest(trace, runs, run_at),
        "texts": texts.list(),
    }


def _brief(table: dict[str, list[Any]]) -> dict[str, Any]:
    """A table whose columns of one value only are that value and how often."""
    return {
        name: {"all": column[0], "count": len(column)} if column and column.count(column[0]) == len(column) else column
        for name, column in table.items()}


def _types(resources: list[Resource]) -> list[tuple[str, int]]:
    return [(name, _kind_number(kind_of(name))) for name in dict.fromkeys(resource.type for resource in resources)]


def _differences(numbers: list[int]) -> list[int]:
    return [after - before for before, after in pairwise([0, *numbers])]


def _spans(spans: list[tuple[int, int]]) -> dict[str, list[int]]:
    return {"began": _differences([began for began, _ in spans]), "length": [ended - began for began, ended in spans]}


def _span(began: int, until: int | None) -> int:
    return _NONE if until is None else until - began


def _position(number: int | None, positions: dict[int, int]) -> int:
    return _NONE if number is None else positions.get(number, _NONE)


def _runs(runs: list[Run], run_at: dict[int, int], resource_at: dict[int, int], texts: _Texts) -> dict[str, list[Any]]:
    return {
        "number": _differences([run.number for run in runs]),
        "kind": [_kind_number(run.kind) for run in runs],
        "resource": [resource_at.get(run.resource, _NONE) for run in runs],
        "name": texts.numbers(run.name for run in runs),
        "began": _differences([run.began for run in runs]),
        "length": [_span(run.began, run.ended) for run in runs],
        "outer": [_position(run.outer, run_at) for run in runs],
        "turn": _differences([run.turn for run in runs]),
        "step": texts.numbers(run.step for run in runs),
        "place": [run.place for run in runs],
        "why": [run.why for run in runs],
        "after": [_position(run.after, run_at) for run in runs],
        "trigger": [_position(run.trigger, run_at) for run in runs],
        "due": [_NONE if run.due is None else run.due for run in runs],
        "job": [run.job for run in runs],
        "descriptor": [run.descriptor for run in runs],
    }


def _kind_number(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else _NONE


def _resources(
        resources: list[Resource], run_at: dict[int, int], resource_at: dict[int, int], texts: _Texts,
) -> dict[str, list[Any]]:
    types: dict[str, int] = {}
    return {
        "number": _differences([resource.number for resource in resources]),
        "type": [types.setdefault(resource.type, len(types)) for resource in resources],
        "cause": [_position(resource.cause, run_at) for resource in resources],
        "made": _differences([resource.made for resource in resources]),
        "place": [resource.place for resource in resources],
        "wait": [resource.wait for resource in resources],
        "repeats": [int(resource.repeats) for resource in resources],
        "destroyed": [_span(resource.made, resource.destroyed) for resource in resources],
        "settled": [_span(resource.made, resource.settled) for resource in resources],
        "closing": [_span(resource.made, resource.closing) for resource in resources],
        "settler": [_position(resource.settler, run_at) for resource in resources],
        "parent": [_position(resource.parent, resource_at) for resource in resources],
        "detail": texts.numbers(resource.detail for resource in resources),
        "due": [
            [moment - resource.made for start in resource.due for moment in start] if resource.due else 0
            for resource in resources],
    }


def _jobs(jobs: list[Job], run_at: dict[int, int], resource_at: dict[int, int], texts: _Texts) -> dict[str, list[int]]:
    return {
        "name": texts.numbers(job.name for job in jobs),
        "resource": [resource_at.get(job.resource, _NONE) for job in jobs],
        "thread": texts.numbers(job.thread for job in jobs),
        "queued": _differences([job.queued for job in jobs]),
        "started": [_span(job.queued, job.started) for job in jobs],
        "finished": [_span(job.queued, job.finished) for job in jobs],
        "delivered": [_span(job.queued, job.delivered) for job in jobs],
        "run": [_position(job.run, run_at) for job in jobs],
    }


def _lines_near(text: str, places: list[Place]) -> list[tuple[int, str]]:
    """The lines of a source that are near a place, numbered from 1."""
    lines = re.split(r"\r\n|[\n\r\u2028\u2029]", text)
    columns_of = {place.line: place.column for place in places}
    wanted = {
        number for place in places for number in range(place.line - _AROUND, place.line + _AROUND + 1)
        if 1 <= number <= len(lines)}
    return [(number, _short(lines[number - 1], columns_of.get(number, 1))) for number in sorted(wanted)]


def _short(line: str, column: int) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    first = max(0, column - _LONGEST_LINE // 4)
    return ("…" if first else "") + line[first : first + _LONGEST_LINE] + "…"
