"""Traces that no program made: large ones, and hostile ones."""

from __future__ import annotations

from ouroloop.loop.queue import READABLE
from ouroloop.xray.model import Job, Output, Pause, Place, Resource, Run, Sleep, Step, Trace, Watch

SOURCE = "\n".join(f"line({number});" for number in range(1, 101))


def large(runs: int) -> Trace:
    """A server's trace of so many runs: each turn sleeps, reads, ticks, awaits, reads a file and runs a timer."""
    trace = Trace("large.js", [], 1_700_000_000.0, 0, 0, 0, sources={"/large.js": SOURCE})
    trace.places = [Place("/large.js", line, 3, f"handler{line}") for line in range(1, 101)]
    now = 5_000_000
    trace.runs[0] = Run(0, 0, "", 1_000_000, 4_000_000, step="main", kind="main")
    trace.watches.append(Watch(2_000_000, 5, READABLE, "tcp"))
    number = 1
    while number < runs:
        turn = len(trace.turns) + 1
        trace.turns.append(now)
        began = now
        now += 20_000 + number * 7919 % 300_000
        trace.sleeps.append(Sleep(turn, began, now, -1, [(5, READABLE, "tcp")]))
        poll, macro = now, number
        for kind, type_name in (
                ("socket", "TCPWRAP"), ("tick", "TickObject"), ("await", "PROMISE"), ("file", "FSREQCALLBACK"),
                ("timer", "Timeout")):
            if number >= runs:
                break
            length = 1_000 + number * 104_729 % 60_000
            cause = max(0, number - 1 - number % 7)
            trace.resources[number] = Resource(
                number, type_name, cause, max(1_500_000, now - 5_000), place=number % 100, wait=1.0,
                destroyed=now + length)
            trace.runs[number] = Run(
                number, number, f"handler{number % 100 + 1}", now, now + length, turn=turn,
                step="timers" if kind == "timer" else "poll", place=number % 100, kind=kind,
                after=macro if kind in ("tick", "await") else -1)
            if kind == "file" and number % 3 == 0:
                trace.jobs.append(Job(
                    "fs.read", began, number, began + 5_000, f"thread{number % 4 + 1}", now - 1_000, now, run=number))
            now += length + 500
            number += 1
        trace.steps.append(Step("poll", turn, began, now))
        if turn % 50 == 0:
            trace.output.append(Output(poll + 100, 1, f"served {number}\n", macro))
        if turn % 400 == 0:
            trace.pauses.append(Pause("scavenge", now, now + 300_000))
            now += 300_000
    trace.duration = now + 1_000_000
    return trace


HOSTILE = (
    "</script><script>document.title='hacked'</script><!-- \u2028 \ud800 \u202e &amp; <img src=x onerror=alert(1)> "
    "\x1b[31mred")


def hostile() -> Trace:
    """Every text of this trace tries to get out of its place."""
    return Trace(
        f"/tmp/{HOSTILE}", [HOSTILE], 0.0, 9_000_000, 0, 3,
        places=[Place(HOSTILE, 1, 1, HOSTILE)],
        resources={1: Resource(1, HOSTILE, 0, 1_000_000, place=0, detail=HOSTILE)},
        runs={
            0: Run(0, 0, HOSTILE, 500_000, 2_000_000, step="main", kind="main"),
            1: Run(1, 1, HOSTILE, 3_000_000, 4_000_000, turn=1, step=HOSTILE, place=0, why=[0, 7])},
        turns=[2_500_000],
        steps=[Step(HOSTILE, 1, 2_600_000, 5_000_000)],
        sleeps=[Sleep(1, 2_600_000, 2_900_000, -1, [(3, READABLE, HOSTILE)])],
        jobs=[Job(HOSTILE, 1_100_000, 1, 1_200_000, HOSTILE, 2_000_000, 3_000_000)],
        watches=[Watch(1_000_000, 3, READABLE, HOSTILE)],
        pauses=[Pause(HOSTILE, 4_100_000, 4_200_000)],
        sources={HOSTILE: f"{HOSTILE}\nsecond"},
        sentences=[f"{HOSTILE} {{0}}"],
        output=[Output(3_500_000, 1, HOSTILE, 1)])
