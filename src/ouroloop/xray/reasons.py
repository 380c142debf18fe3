"""Reasons: why a run ran when it did, by the rules of the loop, in one sentence.

Theory of operation. For each kind of run there is a rule that says when it may run (check comes after poll and before
timers; ticks are drained before microtasks), and the trace says what was the case: who asked for it, in which step
that was, when it was due, which job or descriptor brought it. A sentence is a template with {0}, {1} … for numbers (a
run is #{0}), so that a hundred thousand runs share a few hundred sentences.

What surprises people: a timer that is late is so because of somebody else. The culprit is the run that took most of
the time between when it was due and when it ran; where the collector of memory took more of it, that is said instead.

Source: libuv's design overview (https://docs.libuv.org/en/v1.x/design.html); Node's "The event loop".
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from ..loop.queue import READABLE, WRITABLE
from .culprits import PausesByTime, RunsByTime
from .model import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Resource, Run, Trace

MODULE = "<module>"
"""The name of a module's body."""
LATE = 2_000_000
"""Timers that run this much after they were due, in ns, are late: the loop's clock has whole ms."""
_LONG_WAIT = 1_000_000  # ns that a job waits for a thread
_OF_THE_POOL = frozenset(("file", "dns", "crypto", "zlib", "work"))
_OF_DESCRIPTORS = frozenset(("server", "socket", "pipe", "udp", "http", "watcher", "message"))
_STEP_NAMES = {"": "outside of the loop", "main": "by the main program", "exit": "at the end of the program"}

Words = tuple[str, list[float]]
"""A template, and its numbers."""


def explain(trace: Trace) -> None:
    """Give every run its `why`, and the trace its `sentences`."""
    known: dict[str, int] = {sentence: number for number, sentence in enumerate(trace.sentences)}
    reasons = _Reasons(trace)
    for run in trace.runs.values():
        template, numbers = reasons.of(run)
        number = known.setdefault(template, len(known))
        run.why = [number, *numbers]
    trace.sentences = list(known)


def sentence(trace: Trace, run: Run) -> str:
    """Why a run ran when it did, once `explain` has been called; "" if it has not."""
    if not run.why:
        return ""
    number, *values = run.why
    return trace.sentences[int(number)].format(*(f"{value:.12g}" for value in values))


def name_of(trace: Trace, run: Run) -> str:
    """A run's function and place: "busy() at app.js:3"."""
    place = trace.places[run.place] if run.place >= 0 else None
    where = f" at {os.path.basename(place.file)}:{place.line}" if place is not None else ""
    if run.number == MAIN:
        return "the main program"
    if place is not None and run.name == MODULE:
        return f"the module {os.path.basename(place.file)}"
    name = f"{run.name}()" if run.name else f"a function of kind “{run.kind}”" if place is None else "a function"
    return f"{name}{where}"


def _ms(ns: float) -> float:
    """ns as ms, in three figures or so."""
    ms = ns / 1e6
    return round(ms, 3) if ms < 1 else round(ms, 1) if ms < 100 else round(ms)


def _text(text: str) -> str:
    """Text in a template."""
    return text.replace("{", "{{").replace("}", "}}")


class _Reasons:
    """Tells reasons of one trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._by_time = RunsByTime(trace)
        self._timers = sorted(
            (run for run in trace.runs.values() if run.kind in ("timer", "interval") and run.outer is None),
            key=lambda run: run.began)
        self._rivals = self._timers_by_origin()
        self._early = {
            self._cause_number(run): run for run in reversed(self._timers) if run.turn == 0}
        self._pauses = PausesByTime(trace)
        self._work_began = sorted(job.started for job in trace.jobs if job.started is not None)
        self._work_ended = sorted(job.finished for job in trace.jobs if job.finished is not None)
        self._sleep_ends = [sleep.ended for sleep in trace.sleeps]
        self._rules: dict[str, Callable[[Run], Words]] = {
            "main": self._main, "tick": self._tick, "microtask": self._microtask, "await": self._await,
            "rejection": self._rejection,
            "timer": self._timer, "interval": self._timer, "immediate": self._immediate, "closing": self._closing,
            "process": self._late_in_poll, "signal": self._late_in_poll, "exit": self._exit,
        }

    def of(self, run: Run) -> Words:
        """Why it ran when it did."""
        if run.outer is not None and run.kind not in ("timer", "immediate", "main", "exit", "rejection"):
            return (
                "It was called by #{0} itself, while that ran: its scope is another resource's, but no queue was "
                "between them.", [run.outer])
        rule = self._rules.get(run.kind)
        if rule is not None:
            return rule(run)
        if run.kind in _OF_THE_POOL or run.job >= 0:
            return self._pool(run)
        if run.kind in _OF_DESCRIPTORS:
            return self._descriptor(run)
        return self._called_by_loop(run)

    def _resource(self, run: Run) -> Resource | None:
        return self._trace.resources.get(run.resource)

    def _cause(self, run: Run) -> Run | None:
        resource = self._resource(run)
        return None if resource is None else self._trace.runs.get(resource.cause)

    def _main(self, run: Run) -> Words:
        return "The main program runs first, to its end; the loop turns only then.", []

    # What is drained

    def _tick(self, run: Run) -> Words:
        cause = self._cause(run)
        if cause is not None and cause.kind in ("await", "microtask"):
            return (
                "This tick was asked for by #{0}, a microtask. Microtasks are drained to the last before ticks have "
                "their turn again, and all of this before the loop goes on.", [cause.number])
        if cause is not None and cause.kind == "tick" and cause.after == run.after:
            return (
                "This tick was asked for by #{0}, another tick: their queue is drained to the last, with what is added "
                "meanwhile, before microtasks have their turn, and before the loop goes on.", [cause.number])
        if run.after == MAIN:
            return (
                "This tick ran as soon as the main program had ended: ticks are drained first, then microtasks, and "
                "only then the loop begins.", [])
        if run.after >= 0:
            return (
                "This tick ran right after callback #{0}: ticks are drained after each single callback, before "
                "microtasks, and before the loop calls anything else.", [run.after])
        return "Ticks are drained after each callback, before microtasks and before the loop goes on.", []

    def _drained(self, run: Run) -> Words:
        if run.after == MAIN:
            return "after the main program, once its ticks were done", []
        if run.after >= 0:
            return "after callback #{%d}, once its ticks were done", [run.after]
        return "after a callback, once its ticks were done", []

    def _microtask(self, run: Run) -> Words:
        when, numbers = self._drained(run)
        return f"Microtasks are drained {_numbered(when, 0)}, and before the loop goes on.", numbers

    def _await(self, run: Run) -> Words:
        resource, (text, numbers) = self._resource(run), self._drained(run)
        if run.name == MODULE:
            return (
                "An ES module's body runs as a microtask, once all that it imports has been evaluated: so microtasks "
                "that it asks for come before its ticks.", [])
        if resource is None or run.trigger < 0:
            return f"Who waits for a promise that is settled goes on as a microtask, {_numbered(text, 0)}.", numbers
        if run.trigger == resource.cause:
            return (
                "What it waits for was settled already, so it waited for nothing but the microtask queue, which is "
                f"drained {_numbered(text, 0)}.", numbers)
        settler = self._trace.runs.get(run.trigger)
        if settler is not None and settler.kind in ("await", "microtask") and settler.after == run.after >= 0:
            return (
                "What it waits for was settled by #{0}, a microtask too: it went to the end of their queue, which is "
                "drained to the last before anything else runs.", [run.trigger])
        return (
            "What it waits for was settled by #{0}; who waits for a promise goes on as a microtask, "
            f"{_numbered(text, 1)}.", [run.trigger, *numbers])

    def _rejection(self, run: Run) -> Words:
        resource, cause = self._resource(run), self._cause(run)
        where = "" if cause is None else " in #{0}"
        numbers: list[float] = [] if cause is None else [cause.number]
        if resource is not None and resource.type == "rejectionHandled":
            return (
                f"A promise whose rejection had been told of got its handler after all{where}: “rejectionHandled” is "
                "told once ticks and microtasks are drained.", numbers)
        return (
            f"A promise was rejected{where}, and had no handler when ticks and microtasks were drained: only then is "
            "“unhandledRejection” told.", numbers)

    # Timers

    def _timer(self, run: Run) -> Words:
        resource = self._resource(run)
        if resource is None or run.due is None:
            return "Timers that are due run at the end of each turn, after check and closing.", []
        late = run.began - run.due
        kind = "interval" if run.kind == "interval" else "timer"
        if late > LATE:
            return self._late(run, kind, resource.wait, late)
        if run.turn == 0:
            return (
                f"The {{0}} ms {kind} was due already when the loop began: due timers run once before the first turn.",
                [resource.wait])
        return (
            f"The {{0}} ms {kind} was due; timers are the last step of a turn, after poll, check and closing.",
            [resource.wait])

    def _late(self, run: Run, kind: str, wait: float, late: int) -> Words:
        assert run.due is not None
        found, share = self._by_time.culprit(run.due, run.began)
        pause = self._pauses.longest(run.due, run.began)
        beginning = f"The {{0}} ms {kind} was {{1}} ms late"
        overslept = self._overslept(run.due, run.began)
        if overslept > late / 2:
            return (
                f"{beginning}: the loop was asleep, and the system woke it {{2}} ms after the time that it had asked "
                "for.", [wait, _ms(late), _ms(overslept)])
        if pause is not None and pause.ended - pause.began > late / 2:
            return (
                f"{beginning}: memory was collected ({_text(pause.kind)}) for {{2}} ms.",
                [wait, _ms(late), _ms(pause.ended - pause.began)])
        if found is not None and share > late / 4:
            length = (found.ended or run.began) - found.began
            much = "" if share > late / 2 else "among others, "
            return (
                f"{beginning}: {much}callback #{{2}}, {_text(name_of(self._trace, found))}, ran for {{3}} ms, and "
                "nothing else can run meanwhile.", [wait, _ms(late), found.number, _ms(length)])
        together = self._by_time.busy(run.due, run.began)
        if together > late / 2:
            return (
                f"{beginning}: no single callback took that long, but many did together ({{2}} ms).",
                [wait, _ms(late), _ms(together)])
        return (
            f"{beginning}: callbacks took {{2}} ms of that, the rest went to the loop itself, or to what else this "
            "machine had to do.", [wait, _ms(late), _ms(together)])

    def _overslept(self, due: int, began: int) -> int:
        """How much of the time from `due` on the loop was asleep, with nothing to wake it."""
        at = bisect_right(self._sleep_ends, due)
        if at == len(self._sleep_ends):
            return 0
        sleep = self._trace.sleeps[at]
        return max(min(sleep.ended, began) - due, 0) if sleep.began <= due and sleep.timeout >= 0 else 0

    # Check and closing

    def _immediate(self, run: Run) -> Words:
        cause = self._cause(run)
        if cause is None:
            return "Immediates run in the check step, right after poll.", []
        timer = self._rival(run, cause)
        if cause.step == "poll" and timer is not None:
            return (
                "This immediate ran before the {0} ms timer (#{1}) because both were scheduled in the poll step, and "
                "check comes before timers.", [self._wait(timer), timer.number])
        if cause.step == "check":
            return (
                "It was asked for in the check step, by #{0}; immediates that are queued there wait for the next "
                "turn's check, so that poll has its turn in between.", [cause.number])
        if cause.step == "exit" or cause.kind == "exit":
            return "Nothing was left to do, and #{0} asked for it: the loop turns once more for it.", [cause.number]
        if cause.step == "main":
            return self._immediate_of_main(run, cause)
        if cause.step in ("timers", "closing"):
            return (
                f"It was asked for in the {cause.step} step, by #{{0}}; the next check step is the next turn's, after "
                "a poll that does not sleep, since an immediate waits.", [cause.number])
        return (
            "It was asked for by #{0}, in the same turn: check comes right after poll.", [cause.number])

    def _immediate_of_main(self, run: Run, cause: Run) -> Words:
        earlier = self._early.get(cause.number)
        if earlier is not None and earlier.began < run.began:
            return (
                "#{2} asked for both, and the {0} ms timer (#{1}) came first: it was due before the first turn, and "
                "check is in the first turn. Had the program been faster, this would have been first.",
                [self._wait(earlier), earlier.number, cause.number])
        who = "The main program asked for it" if cause.number == MAIN else "#{0} asked for it, before the loop began"
        return (
            f"{who}: it ran in the first turn's check step, after a poll that did not sleep, since an immediate waits.",
            [cause.number])

    def _rival(self, run: Run, cause: Run) -> Run | None:
        """A timer that was set in the same step and ran later, though it could have been expected first."""
        timers = self._rivals.get((cause.turn, cause.step), [])
        at = bisect_right(timers, run.began, key=lambda timer: timer.began)
        return timers[at] if at < len(timers) and timers[at].turn <= run.turn + 1 else None

    def _timers_by_origin(self) -> dict[tuple[int, str], list[Run]]:
        """The shortest timers, by the turn and step in which they were set."""
        found: dict[tuple[int, str], list[Run]] = {}
        for timer in self._timers:
            cause = self._cause(timer)
            if cause is not None and self._wait(timer) <= 1:
                found.setdefault((cause.turn, cause.step), []).append(timer)
        return found

    def _wait(self, run: Run) -> float:
        resource = self._resource(run)
        return 0 if resource is None else resource.wait

    def _cause_number(self, run: Run) -> int:
        resource = self._resource(run)
        return -1 if resource is None else resource.cause

    def _closing(self, run: Run) -> Words:
        resource = self._resource(run)
        closer = -1 if resource is None else resource.closer
        who = "A handle was closed by #{0}" if closer >= 0 else "A handle was closed"
        return (
            f"{who}: what it owned is given back, and its callback called, in the closing step, after check, however "
            "early in the turn it was asked to.", [closer] if closer >= 0 else [])

    # Poll

    def _pool(self, run: Run) -> Words:
        if run.job < 0:
            return self._answered(run)
        job = self._trace.jobs[run.job]
        if job.started is None or job.finished is None or job.delivered is None:
            return self._answered(run)
        waited, took = job.started - job.queued, job.finished - job.started
        numbers = [_ms(took), _ms(waited), _ms(job.delivered - job.finished)]
        middle = "it was taken up {1} ms after it was asked for"
        if waited > _LONG_WAIT:
            guilty, share = self._by_time.culprit(job.queued, job.started)
            if self._busy_at(job.queued) >= self._trace.pool_size:
                middle = "it had waited {1} ms in line, since all threads were busy"
            elif guilty is not None and share > waited / 2:
                middle = "it had waited {1} ms in line: the main thread kept the interpreter, in callback #{3}"
                numbers.append(guilty.number)
        late = job.delivered - job.finished
        guilty, share = self._by_time.culprit(job.finished, job.delivered)
        because = ""
        if late > _LONG_WAIT and guilty is not None and share > late / 2:
            because = f", since #{{{len(numbers)}}} was running"
            numbers.append(guilty.number)
        return (
            f"Its job ({_text(job.name)}) was done on {_text(job.thread)} in {{0}} ms ({middle}); what threads have "
            f"done is told to the loop in its poll step, {{2}} ms later here{because}.", numbers)

    def _busy_at(self, moment: int) -> int:
        """How many of the pool's threads were at work."""
        return bisect_right(self._work_began, moment) - bisect_left(self._work_ended, moment)

    def _answered(self, run: Run) -> Words:
        return f"What it had asked for was done; that is told in the {_text(run.step or 'poll')} step.", []

    def _descriptor(self, run: Run) -> Words:
        if run.step != "poll":
            return self._called_by_loop(run)
        what = self._event(run)
        at = bisect_right(self._sleep_ends, run.began) - 1
        sleep = self._trace.sleeps[at] if at >= 0 else None
        if sleep is None or sleep.turn != run.turn:
            return f"{what[0].upper()}{what[1:]}, as the system's event queue told in the poll step.", []
        slept, count = _ms(sleep.ended - sleep.began), len(sleep.woke)
        of = " (descriptor {2})" if run.descriptor >= 0 else ""
        how = "had slept in the system's event queue for {0} ms" if slept else (
            "had asked the system's event queue without sleeping")
        return (
            f"{what[0].upper()}{what[1:]}{of}: the loop {how}, which told of {{1}} descriptor"
            + ("s" if count != 1 else "") + " then.",
            [slept, count, *([run.descriptor] if of else [])])

    def _event(self, run: Run) -> str:
        """What the event queue has told of a run's descriptor."""
        resource = self._resource(run)
        type, about = ("", "") if resource is None else (resource.type, resource.detail)
        at = f" at {_text(about)}" if about else ""
        if type.endswith("CONNECTWRAP"):
            return "the connection had been made, or had failed"
        if type in ("WRITEWRAP", "SHUTDOWNWRAP", "UDPSENDWRAP"):
            return "the system had taken what was to be sent"
        if run.kind in ("socket", "pipe", "udp"):
            return self._readiness(run)
        return {
            "server": f"a connection had arrived{at}", "watcher": f"something had changed{at}",
            "message": "a message had come",
        }.get(run.kind, "there was something to read or to write")

    def _readiness(self, run: Run) -> str:
        name = {"socket": "connection", "pipe": "pipe", "udp": "socket"}[run.kind]
        at = bisect_right(self._sleep_ends, run.began) - 1
        masks = [mask for fd, mask, _ in self._trace.sleeps[at].woke if fd == run.descriptor] if at >= 0 else []
        if not masks:
            return f"the {name} could be read or written"
        if masks[0] & WRITABLE and not masks[0] & READABLE:
            return f"the {name} could be written to again"
        if run.kind == "udp":
            return "a datagram had arrived"
        return f"the {name} had something to read, data or its end"

    def _late_in_poll(self, run: Run) -> Words:
        resource = self._resource(run)
        about = f" ({_text(resource.detail)})" if resource is not None and resource.detail else ""
        what = f"A child process{about} has ended" if run.kind == "process" else f"A signal{about} has come"
        if run.step == "poll":
            return f"{what}; that is told last in the poll step, after all data that came before it.", []
        return self._called_by_loop(run)

    def _exit(self, run: Run) -> Words:
        resource = self._resource(run)
        if resource is not None and resource.type == "beforeExit":
            return "Nothing was left that the loop waits for: “beforeExit”, when more may be asked for.", []
        if run.outer is not None:
            return "#{0} ends the process: “exit” is told at once, and nothing else will run.", [run.outer]
        return "The process ends: “exit” is told last, and what is asked for now will not run.", []

    def _called_by_loop(self, run: Run) -> Words:
        if run.step == "pending":
            return (
                "What it waited for was done at once, but its callback was put off, so that it never comes before "
                "whoever asked has returned: such callbacks are called first in a turn, and again right after poll.",
                [])
        where = _STEP_NAMES.get(run.step, f"in the {_text(run.step)} step")
        return f"It was called {where}.", []


def _numbered(template: str, first: int) -> str:
    """A template's part, with the number of its number."""
    return template % first if "%d" in template else template
