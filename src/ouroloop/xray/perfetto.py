"""A trace for Perfetto (https://ui.perfetto.dev) and chrome://tracing: Chrome's trace-event format, as JSON.

Theory of operation. The program is a process; the loop's thread and each of the pool's are its threads; so are, beside
the real ones, the memory collector's pauses, which would else stand across the callbacks that they interrupt. A turn, a
step, a sleep, a callback, a job is a complete event ("X"); they lie in one another as they did in time. A cause is a
flow: it begins ("s") in the callback that asked, passes through the pool's job if there was one ("t"), and ends ("f")
in the callback that came of it.

What surprises people: times are microseconds, with three decimals so that no nanosecond is lost; a flow's end is tied
to the slice around it at that very time, so each lies within one. What had not ended when the program did ends there.

Source: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMh4h6I0nSsKchNAySU;
Perfetto's "External trace formats".
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .model import MAIN
from .text import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Job, Run, Trace

PROCESS = 1
LOOP_THREAD, COLLECTOR_THREAD, FIRST_POOL_THREAD = 1, 2, 10

_Event = dict[str, Any]


def to_perfetto(trace: Trace) -> _Event:
    """What is to be written as JSON."""
    return {
        "traceEvents": list(_events(trace)),
        "displayTimeUnit": "ms",
        "otherData": {
            "program": trace.program, "arguments": " ".join(trace.arguments), "began": trace.began,
            "exit code": trace.exit_code, "records dropped": trace.dropped,
        },
    }


def _events(trace: Trace) -> Iterator[_Event]:
    threads = {name: FIRST_POOL_THREAD + index for index, name in enumerate(_pool_threads(trace))}
    yield _named("process_name", 0, os.path.basename(trace.program))
    yield from _thread("event loop", LOOP_THREAD)
    for name, number in threads.items():
        yield from _thread(f"pool {name}", number)
    if trace.pauses:
        yield from _thread("memory collector", COLLECTOR_THREAD)
    yield from _loop_events(trace)
    for pause in trace.pauses:
        yield _slice(pause.kind, "memory", COLLECTOR_THREAD, pause.began, pause.ended)
    for number, job in enumerate(trace.jobs):
        yield from _job_events(trace, job, number, threads)
    yield from _flows(trace, _jobs_by_resource(trace), threads)


def _pool_threads(trace: Trace) -> list[str]:
    names = {job.thread for job in trace.jobs if job.started is not None}
    return sorted(names, key=lambda name: (len(name), name))


def _named(what: str, thread: int, name: str) -> _Event:
    return {"ph": "M", "name": what, "pid": PROCESS, "tid": thread, "args": {"name": name}}


def _thread(name: str, number: int) -> Iterator[_Event]:
    yield _named("thread_name", number, name)
    yield {"ph": "M", "name": "thread_sort_index", "pid": PROCESS, "tid": number, "args": {"sort_index": number}}


def _us(ns: int) -> float:
    return ns / 1000


def _slice(name: str, category: str, thread: int, began: int, ended: int, **arguments: Any) -> _Event:
    event: _Event = {
        "ph": "X", "name": name, "cat": category, "pid": PROCESS, "tid": thread, "ts": _us(began),
        "dur": _us(max(ended - began, 0)),
    }
    if arguments:
        event["args"] = arguments
    return event


# The loop's thread

def _loop_events(trace: Trace) -> list[_Event]:
    """All slices of the loop's thread. What was told of a little after what it lies in was over is cut to that."""
    events = sorted(_loop_slices(trace), key=lambda event: (event["ts"], -event["dur"]))
    around: list[float] = []  # ends of the slices that go on, the innermost last
    for event in events:
        while around and around[-1] <= event["ts"]:
            around.pop()
        if around:
            event["dur"] = round(min(event["dur"], around[-1] - event["ts"]), 3)
        around.append(event["ts"] + event["dur"])
    return events


def _loop_slices(trace: Trace) -> Iterator[_Event]:
    bounds = [*trace.turns, _end_of_turns(trace)]
    for index, began in enumerate(trace.turns):
        yield _slice(f"turn {trace.first_turn + index}", "turn", LOOP_THREAD, began, bounds[index + 1])
    for step in trace.steps:
        yield _slice(step.name, "step", LOOP_THREAD, step.began, step.ended)
    for sleep in trace.sleeps:
        woke = ", ".join(f"{owner} ({descriptor})" for descriptor, _, owner in sleep.woke)
        told = {"timeout (ms)": sleep.timeout, "woken by": woke}
        yield _slice("asleep", "sleep", LOOP_THREAD, sleep.began, sleep.ended, **told)
    for run in trace.runs.values():
        yield _run_event(trace, run)


def _end_of_turns(trace: Trace) -> int:
    """The last turn is over when the loop has run dry."""
    last = trace.steps[-1] if trace.steps else None
    if last is not None and trace.turns and last.name == "exit" and last.began >= trace.turns[-1]:
        return last.began
    return trace.duration


def _run_event(trace: Trace, run: Run) -> _Event:
    kind = kind_of(trace, run)
    resource = trace.resources.get(run.resource)
    arguments: dict[str, Any] = {"run": run.number}
    if resource is not None:
        arguments["cause"] = resource.cause
        if resource.place >= 0:
            arguments["scheduled at"] = str(trace.places[resource.place])
        if resource.detail:
            arguments["about"] = resource.detail
        if resource.wait:
            arguments["set to (ms)"] = resource.wait
    if run.place >= 0:
        arguments["function at"] = str(trace.places[run.place])
    return _slice(f"{kind} {run.name}".rstrip(), kind, LOOP_THREAD, run.began, trace.end_of(run), **arguments)


# The pool

def _job_events(trace: Trace, job: Job, number: int, threads: dict[str, int]) -> Iterator[_Event]:
    if job.started is None:
        return
    ended = trace.duration if job.finished is None else job.finished
    yield _slice(
        job.name, "pool", threads[job.thread], job.started, ended,
        **{"waited for a thread (us)": _us(job.started - job.queued), "job": number})


def _jobs_by_resource(trace: Trace) -> dict[int, Job]:
    return {job.resource: job for job in trace.jobs if job.resource >= 0 and job.started is not None}


# Causes

def _flows(trace: Trace, jobs: dict[int, Job], threads: dict[str, int]) -> Iterator[_Event]:
    """For each callback an arrow from the one that asked for it. Only a request's first callback passes by its job."""
    for run in trace.runs.values():
        resource = trace.resources.get(run.resource)
        cause = None if resource is None else trace.runs.get(resource.cause)
        if run.number == MAIN or resource is None or cause is None:
            continue
        asked = min(max(resource.made, cause.began), trace.end_of(cause))
        if asked > run.began:
            continue  # a reaction that ran before its promise was seen
        yield _flow("s", run.number, LOOP_THREAD, asked)
        job = jobs.get(resource.number)
        if job is not None and job.started is not None and asked <= job.started <= run.began:
            yield _flow("t", run.number, threads[job.thread], job.started)
        yield _flow("f", run.number, LOOP_THREAD, run.began)


def _flow(phase: str, number: int, thread: int, at: int) -> _Event:
    event: _Event = {
        "ph": phase, "id": number, "name": "cause", "cat": "cause", "pid": PROCESS, "tid": thread, "ts": _us(at),
    }
    return event | {"bp": "e"} if phase == "f" else event
