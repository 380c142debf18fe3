"""Assembly: what was recorded becomes a trace.

Theory of operation. Records come in the order in which they were made, and times of all of them are of one clock. So
one walk over the records makes resources and runs; a second one over runs and steps, both in order, tells in which
step each run was, what it was drained after, which job or descriptor brought it. Nothing here guesses: what the records
do not tell stays open.

What surprises people: records that were dropped leave runs without a resource, and resources whose run is not there.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..loop.pool_size import configured_size
from .kinds import DRAINED, kind_of
from .model import MAIN, Job, Output, Pause, Place, Resource, Run, Sleep, Step, Trace, Watch
from .reasons import explain
from .records import (
    CALLED,
    CLOSING,
    DESTROYED,
    ENTERED,
    FIELDS,
    FOLLOWED,
    LEFT,
    MADE,
    READIED,
    SETTLED,
    STARTED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .recorder import Recorder

_CAPITAL = re.compile(r"_([a-z])")  # what JavaScript has in place of an underscore
_TAKERS = ("then", "catch", "finally")
_GIVEN = re.compile(
    r"(?:then|catch|finally)?\s*\(\s*(?:(?:async\s+)?function\s*\*?\s*([\w$]+)|([A-Za-z_$][\w$]*)\s*[,)])")
_BRIEF = 50_000  # ns: a step in which nothing ran is told of only if it took longer
_GAP = 1_000_000  # ns
_MOST_SOURCE = 4_000_000  # bytes of a file


def assemble(recorder: Recorder, code: int, ended: int) -> Trace:
    """The trace of what was recorded until `ended` (ns of the monotonic clock)."""
    since = recorder.began
    turns = list(recorder.turns)
    trace = Trace(
        (recorder.words or ["[stdin]"])[0], recorder.words[1:], recorder.wall, ended - since, code, recorder.dropped,
        places=list(recorder.places), turns=[at - since for _, at in turns], first_turn=turns[0][0] if turns else 1,
        sleeps=_sleeps(recorder),
        jobs=[_job(job, since, recorder.language) for job in recorder.jobs],
        watches=[Watch(each.time - since, each.descriptor, each.events, each.owner) for each in recorder.watches],
        pauses=[Pause(each.kind, each.began - since, each.ended - since) for each in recorder.pauses],
        output=[Output(each.time - since, each.descriptor, each.text, each.run) for each in recorder.output],
        language=recorder.language, ended_by=recorder.ended_by, pool_size=configured_size(),
    )
    steps = [Step(name, turn, began - since, ended - since) for name, turn, began, ended in recorder.steps]
    numbers = _Records(recorder, trace)
    numbers.walk()
    _add_steps(trace, steps)
    trace.sources = recorder.sources | _sources(trace.places)
    _place_in_steps(trace)
    _name_kinds(trace)
    _relate(trace, numbers.readied)
    _inherit_places(trace)
    _add_descriptors(trace, recorder, numbers.opened)
    _add_jobs(trace, [(at - since, fd) for at, fd in recorder.ready_events])
    _add_details(trace, recorder.details)
    explain(trace)
    return trace


def _sleeps(recorder: Recorder) -> list[Sleep]:
    """The loop's sleep, and whose the descriptors were that woke it."""
    since, owners = recorder.began, dict(recorder.owners)
    watches = iter(list(recorder.watches))
    watch = next(watches, None)
    sleeps = []
    for turn, began, ended, timeout, ready in list(recorder.sleeps):
        while watch is not None and watch.time <= ended:
            owners[watch.descriptor] = watch.owner if watch.events else ""
            watch = next(watches, None)
        woke = [(fd, mask, owners.get(fd, "")) for fd, mask in zip(ready[::2], ready[1::2], strict=True)]
        sleeps.append(Sleep(turn, began - since, ended - since, timeout, woke))
    return sleeps


def _job(job: Job, since: int, language: str) -> Job:
    def shift(moment: int | None) -> int | None:
        return None if moment is None else moment - since

    name = _CAPITAL.sub(lambda found: found[1].upper(), job.name) if language == "JavaScript" else job.name
    return Job(
        name, job.queued - since, job.resource, shift(job.started), job.thread, shift(job.finished),
        shift(job.delivered), detail=job.detail)


class _Records:
    """The walk over the records of the program's floor."""

    def __init__(self, recorder: Recorder, trace: Trace) -> None:
        self._recorder = recorder
        self._trace = trace
        self._inside: list[Run] = []
        self.readied: dict[int, int] = {}
        """The run that let a reaction run, where that is known of the reaction itself."""
        self.opened: dict[int, int] = {}
        """The number by which Python knows a handle, or 0, by resource."""

    def walk(self) -> None:
        """Make runs and resources."""
        since = self._recorder.began
        take: dict[int, Callable[..., None]] = {
            MADE: self._made, ENTERED: self._entered, LEFT: self._left, DESTROYED: self._destroyed,
            SETTLED: self._settled, STARTED: self._started, CALLED: self._called, CLOSING: self._closing,
            READIED: self._readied, FOLLOWED: self._followed,
        }
        for number, (type, moment, cause, wait, place, handle) in self._recorder.lasting.items():
            self._trace.resources[number] = Resource(number, type, int(cause), int(moment) - since, int(place), wait)
            self.opened[number] = int(handle)
        for part in self._recorder.records:
            for at in range(0, len(part), FIELDS):
                kind, moment, *numbers = part[at : at + FIELDS]
                take[int(kind)](int(moment) - since, *numbers)

    def _made(self, moment: int, number: float, type: float, cause: float, wait: float, place: float) -> None:
        text = self._recorder.texts[int(type)]
        resource = Resource(int(number), text, int(cause), moment, int(place))
        if text == "PROMISE":
            resource.parent = int(wait) or -1
        else:
            resource.wait = wait
        self._trace.resources[resource.number] = resource

    def _followed(
        self, moment: int, number: float, resource: float, descriptor: float, before: float, place: float,
    ) -> None:
        """One run ended, and another began."""
        self._left(moment, before)
        self._entered(moment, number, resource, descriptor, 0, place)

    def _entered(
        self, moment: int, number: float, resource: float, descriptor: float, _: float, place: float,
    ) -> None:
        outer = self._inside[-1].number if self._inside else None
        run = Run(int(number), int(resource), "", moment, outer=outer, descriptor=int(descriptor))
        self._trace.runs[run.number] = run
        self._inside.append(run)
        self._name(run, int(place))

    def _name(self, run: Run, number: int) -> None:
        if number < 0:
            return
        place = self._trace.places[number]
        if not place.is_core:
            run.place, run.name = number, place.function
        elif run.place < 0:
            run.name = place.function

    def _left(self, moment: int, number: float, *_: float) -> None:
        while self._inside and self._inside[-1].number >= number:
            self._inside.pop().ended = moment

    def _destroyed(self, moment: int, number: float, *_: float) -> None:
        if (resource := self._trace.resources.get(int(number))) is not None:
            resource.destroyed = moment

    def _settled(self, moment: int, number: float, run: float, *_: float) -> None:
        if (resource := self._trace.resources.get(int(number))) is not None:
            resource.settled, resource.settler = moment, int(run)

    def _started(self, moment: int, number: float, due: float, _run: float, repeats: float, _place: float) -> None:
        if (resource := self._trace.resources.get(int(number))) is not None:
            resource.due.append((moment, int(due) - self._recorder.began))
            resource.repeats = bool(repeats)

    def _called(self, _moment: int, number: float, _b: float, _c: float, _d: float, place: float) -> None:
        run = self._trace.runs.get(int(number))
        if run is not None and run.place < 0:
            self._name(run, int(place))

    def _readied(self, moment: int, number: float, run: float, *_: float) -> None:
        if (resource := self._trace.resources.get(int(number))) is not None:
            resource.settled, self.readied[resource.number] = moment, int(run)

    def _closing(self, moment: int, number: float, run: float, *_: float) -> None:
        if (resource := self._trace.resources.get(int(number))) is not None:
            resource.closing, resource.closer = moment, int(run)


def _add_steps(trace: Trace, steps: list[Step]) -> None:
    """The loop's steps, and what comes before, between and after its turns."""
    began_at = [run.began for run in trace.in_order()]
    for step in steps:
        at = bisect_right(began_at, step.began)
        is_busy = at < len(began_at) and began_at[at] < step.ended
        if is_busy or step.name == "poll" or step.ended - step.began > _BRIEF:
            trace.steps.append(step)
    main = trace.runs.get(MAIN)
    first = steps[0].began if steps else None
    if trace.turns and trace.first_turn == 1:
        first = min(first or trace.turns[0], trace.turns[0])
    last = max((step.ended for step in steps), default=None)
    others: list[Step] = []
    if main is not None:
        after_main = first if first is not None else _end_of(trace, "beforeExit", "exit")
        others += [Step("start", 0, 0, main.began), Step("main", 0, main.began, after_main)]
        last = after_main if last is None else last
    if last is not None:
        others.append(Step("exit", 0, last, trace.duration))
    others += _pauses_between(trace, steps)
    steps = sorted([*trace.steps, *others], key=lambda step: (step.began, step.ended))
    trace.steps = _with_gaps(steps, dict(enumerate(trace.turns, trace.first_turn)))


def _with_gaps(steps: list[Step], turns: dict[int, int]) -> list[Step]:
    """Time between steps is the loop's own, a few us; if it is more, the system let something else run.

    `turns`: when each began.
    """
    whole: list[Step] = []
    for step in steps:
        if whole and step.began - whole[-1].ended > _GAP:
            whole.append(_gap(whole[-1], step, turns.get(step.turn, 0)))
        whole.append(step)
    return whole


def _gap(before: Step, after: Step, began: int) -> Step:
    """What is between two steps, of which the later one's turn began at `began`; the longer part is told of."""
    if began - before.ended > after.began - began:
        return Step("between", before.turn, before.ended, began)
    return Step("between", after.turn, max(before.ended, began), after.began)


def _end_of(trace: Trace, *types: str) -> int:
    """When the program's end began."""
    ends = [
        run.began for run in trace.runs.values()
        if (resource := trace.resources.get(run.resource)) is not None and resource.type in types]
    return min(ends, default=trace.duration)


def _pauses_between(trace: Trace, steps: list[Step]) -> list[Step]:
    """Where the loop has run dry, and a 'beforeExit' listener has given it more to do."""
    ends = [
        run for run in trace.runs.values()
        if (resource := trace.resources.get(run.resource)) is not None and resource.type == "beforeExit"]
    found = []
    for run in ends:
        before = max((step.ended for step in steps if step.ended <= run.began), default=None)
        after = min((step.began for step in steps if step.began >= (run.ended or run.began)), default=None)
        if before is not None and after is not None:
            found.append(Step("exit", 0, before, after))
    return found


def _place_in_steps(trace: Trace) -> None:
    """Which step each run was in, by time: both are in order, and steps do not overlap."""
    began = [step.began for step in trace.steps]
    for run in trace.runs.values():
        at = bisect_right(began, run.began) - 1
        if at >= 0 and run.began <= trace.steps[at].ended:
            run.step, run.turn = trace.steps[at].name, trace.steps[at].turn


def _name_kinds(trace: Trace) -> None:
    for run in trace.runs.values():
        resource = trace.resources.get(run.resource)
        if run.number == MAIN:
            run.kind = "main"
        elif resource is not None:
            run.kind = "interval" if resource.repeats else kind_of(resource.type)
            if run.step == "closing" and run.outer is None and run.kind not in DRAINED:
                run.kind = "closing"
        else:
            run.kind = "resource"


def _relate(trace: Trace, readied: dict[int, int]) -> None:
    """What each run was drained after, what made it ready, and when timers were due."""
    last = -1
    handlers = _Handlers(trace)
    for run in trace.in_order():
        resource = trace.resources.get(run.resource)
        if run.kind not in DRAINED:
            if run.outer is None:
                last = run.number
        elif run.outer is None:
            run.after = last
        if resource is None:
            continue
        run.trigger = readied.get(run.resource, resource.cause)
        if resource.parent >= 0:
            parent = trace.resources.get(resource.parent)
            run.trigger = parent.settler if parent is not None else -1
        if run.kind in ("timer", "interval"):
            started = [due for at, due in resource.due if at <= run.began]
            run.due = started[-1] if started else None
        elif run.kind == "await" and resource.place >= 0 and run.place < 0:
            handler = handlers.of(resource.place)
            run.name = _function_of(trace, resource) if handler is None else handler
            run.place = resource.place


class _Handlers:
    """Functions that were given to `then`, `catch` and `finally`, as they are called in the source.

    V8 tells only where that was. At an `await`, it is the function around it that goes on.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._lines: dict[str, list[str]] = {}
        self._known: dict[int, str | None] = {}

    def of(self, number: int) -> str | None:
        """The name of the function that was given at a place, "" if it has none; None where nothing was given."""
        if number not in self._known:
            self._known[number] = self._find(self._trace.places[number])
        return self._known[number]

    def _find(self, place: Place) -> str | None:
        if place.file not in self._lines:
            self._lines[place.file] = self._trace.sources.get(place.file, "").split("\n")
        lines = self._lines[place.file][place.line - 1 : place.line + 2]
        if not lines:
            return None
        before, here = lines[0][: place.column - 1], lines[0][place.column - 1 :]
        is_call = here.startswith(_TAKERS) or (here.startswith("(") and before.endswith(_TAKERS))
        if not is_call:
            return None
        found = _GIVEN.match("\n".join([here, *lines[1:]]))
        name = (found[1] or found[2] or "") if found is not None else ""
        return "" if name in ("null", "undefined") else name


def _inherit_places(trace: Trace) -> None:
    """What core modules ask for by themselves, the program has asked for where it asked for what they do it for."""
    for resource in sorted(trace.resources.values(), key=lambda each: each.made):
        cause = trace.runs.get(resource.cause)
        maker = trace.resources.get(cause.resource) if cause is not None else None
        if resource.place < 0 and maker is not None:
            resource.place, resource.is_inherited = maker.place, True


def _function_of(trace: Trace, resource: Resource) -> str:
    return trace.places[resource.place].function if resource.place >= 0 else ""


def _add_descriptors(trace: Trace, recorder: Recorder, opened: dict[int, int]) -> None:
    for run in trace.runs.values():
        if run.descriptor < 0 and run.step == "poll" and run.resource in opened:
            run.descriptor = recorder.readers.get(opened[run.resource], -1)


def _add_jobs(trace: Trace, ready: list[tuple[int, int]]) -> None:
    """Which run a job was delivered to, or a descriptor brought: the first one that began before anything else did."""
    runs = [run for run in trace.in_order() if run.outer is None and run.kind not in DRAINED and run.step == "poll"]
    began = [run.began for run in runs]
    delivered = [(job.delivered, position) for position, job in enumerate(trace.jobs) if job.delivered is not None]
    moments = sorted([(at, -1, fd) for at, fd in ready] + [(at, position, -1) for at, position in delivered])
    ends = {step.began: step.ended for step in trace.steps if step.name == "poll"}
    starts = sorted(ends)
    for index, (at, position, fd) in enumerate(moments):
        step = bisect_right(starts, at) - 1
        end = ends[starts[step]] if step >= 0 else at
        if index + 1 < len(moments):
            end = min(end, moments[index + 1][0])
        first = bisect_right(began, at)
        if first == len(runs) or began[first] > end:
            continue
        run = runs[first]
        if position < 0:
            run.descriptor = fd
            continue
        run.job = position
        trace.jobs[position].run, trace.jobs[position].resource = run.number, run.resource


def _add_details(trace: Trace, details: dict[int, str]) -> None:
    """What resources are about: as was told, or as the job was that did their work."""
    for number, text in details.items():
        if (resource := trace.resources.get(number)) is not None:
            resource.detail = text
    for job in trace.jobs:
        resource = trace.resources.get(job.resource)
        if resource is not None and not resource.detail:
            resource.detail = job.detail


def _sources(places: list[Place]) -> dict[str, str]:
    """The text of each of the program's files."""
    texts = {}
    for file in {place.file for place in places if not place.is_core}:
        path = unquote(file.removeprefix("file://")) if file.startswith("file://") else file
        if not os.path.isabs(path):  # code that was not in a file, by whatever name
            continue
        try:
            if os.path.isfile(path) and os.path.getsize(path) <= _MOST_SOURCE:
                with open(path, encoding="utf-8", errors="replace") as source:
                    texts[file] = source.read()
        except (OSError, ValueError):
            continue
    return texts
