"""Reasons: every kind of run has its sentence, and the sentence is true by the loop's rules."""

from __future__ import annotations

import dataclasses
import random
import re
import time
from pathlib import Path

import pytest
from xray.tracing import traced

from ouroloop.xray.culprits import RunsByTime
from ouroloop.xray.kinds import KINDS
from ouroloop.xray.model import MAIN, Job, Pause, Place, Resource, Run, Sleep, Step, Trace
from ouroloop.xray.reasons import explain, sentence

MS = 1_000_000


def reason(trace: Trace, name: str, kind: str = "") -> str:
    """Why the first run of a function ran when it did."""
    run = next(run for run in trace.runs.values() if run.name == name and kind in ("", run.kind))
    return sentence(trace, run)


def number(trace: Trace, name: str) -> int:
    return next(run.number for run in trace.runs.values() if run.name == name)


def test_an_immediate_comes_before_a_timer_that_was_set_in_the_same_poll_step(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
require('fs').stat('.', function poll() {
  setTimeout(function timer() {}, 0);
  setImmediate(function immediate() {});
});
""")
    assert reason(trace, "immediate") == (
        f"This immediate ran before the 1 ms timer (#{number(trace, 'timer')}) because both were scheduled in the poll "
        "step, and check comes before timers.")


def test_what_the_main_program_asks_for_says_so(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
process.nextTick(function tick() {});
Promise.resolve().then(function reaction() {});
queueMicrotask(function micro() {});
setImmediate(function immediate() {
  setImmediate(function next() {});
  process.nextTick(function tickOfImmediate() {});
});
const end = Date.now() + 30;
setTimeout(function timer() { setImmediate(function afterTimers() {}); }, 1);
while (Date.now() < end);
""")
    main = trace.runs[MAIN]
    assert sentence(trace, main) == "The main program runs first, to its end; the loop turns only then."
    assert "as soon as the main program had ended" in reason(trace, "tick")
    assert "after the main program, once its ticks were done" in reason(trace, "micro")
    assert "settled already" in next(sentence(trace, run) for run in trace.runs.values() if run.kind == "await")
    immediate = number(trace, "immediate")
    assert f"right after callback #{immediate}" in reason(trace, "tickOfImmediate")
    assert reason(trace, "next").startswith(f"It was asked for in the check step, by #{immediate}")
    assert f"asked for in the timers step, by #{number(trace, 'timer')}" in reason(trace, "afterTimers")
    timer = number(trace, "timer")
    if timer < immediate:
        assert f"the 1 ms timer (#{timer}) came first" in reason(trace, "immediate")
    assert "ms late: callback #0, the main program, ran for" in reason(trace, "timer")


def test_a_tick_that_a_microtask_asked_for_waits_for_all_microtasks(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "queueMicrotask(function micro() { process.nextTick(function tick() {}); });")
    assert f"asked for by #{number(trace, 'micro')}, a microtask" in reason(trace, "tick")


def test_who_awaits_learns_who_settled_the_promise(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
let release;
const promise = new Promise((resolve) => { release = resolve; });
async function waits() {
  await promise;
}
waits();
setTimeout(function settles() { release(); }, 5);
""")
    settles = number(trace, "settles")
    assert reason(trace, "waits", "await") == (
        f"What it waits for was settled by #{settles}; who waits for a promise goes on as a microtask, after callback "
        f"#{settles}, once its ticks were done.")


def test_a_timer_that_is_on_time_is_the_last_step_of_a_turn(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "setTimeout(function first() { setTimeout(function timer() {}, 60); }, 1);")
    run = next(run for run in trace.runs.values() if run.name == "timer")
    if run.due is not None and run.began - run.due < 2 * MS:
        assert reason(trace, "timer") == (
            "The 60 ms timer was due; timers are the last step of a turn, after poll, check and closing.")


def test_the_pools_work_says_where_it_was_done_and_how_long_it_waited(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const { pbkdf2 } = require('crypto');
pbkdf2('a', 'b', 400000, 32, 'sha256', function first() {});
pbkdf2('a', 'b', 1, 32, 'sha256', function second() {});
""", UV_THREADPOOL_SIZE="1")
    run = trace.runs[trace.jobs[1].run]
    assert "(crypto.pbkdf2) was done on thread1" in sentence(trace, run)
    assert "in line, since all threads were busy" in sentence(trace, run)


def test_sockets_and_closing_say_what_the_loop_was_told(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const server = require('net').createServer((socket) => socket.end('x')).listen(0, () => {
  require('net').connect(server.address().port).resume().on('close', () => server.close());
});
""")
    said = {run.kind: sentence(trace, run) for run in trace.runs.values() if run.outer is None}
    assert re.match(r"A connection had arrived at \[::\]:\d+ \(descriptor \d+\): the loop had ", said["server"])
    sentences = [sentence(trace, run) for run in trace.runs.values()]
    assert any("something to read, data or its end" in each for each in sentences)
    closing = next(run for run in trace.runs.values() if run.kind == "closing")
    closer = trace.resources[closing.resource].closer
    assert sentence(trace, closing).startswith(f"A handle was closed by #{closer}: ")
    assert trace.runs[closer].ended is not None
    assert any("“beforeExit”" in each for each in sentences)


def test_children_and_signals_come_last_in_poll(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
process.once('SIGUSR1', function heard() { clearInterval(timer); });
const timer = setInterval(() => {}, 1000);
require('child_process').spawn('true').on('exit', function ended() { process.kill(process.pid, 'SIGUSR1'); });
""")
    assert "A signal (SIGUSR1) has come; that is told last in the poll step" in reason(trace, "heard")
    process = next(run for run in trace.runs.values() if run.kind == "process")
    assert re.match(r"A child process \(\d+ \(true\)\) has ended; that is told last", sentence(trace, process))


def test_what_is_called_inside_of_another_run_says_so(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const resource = new (require('async_hooks').AsyncResource)('Mine');
setTimeout(function outer() { resource.runInAsyncScope(function inner() {}); }, 1);
""")
    assert f"called by #{number(trace, 'outer')} itself" in reason(trace, "inner")


def _late(*pauses: Pause) -> Trace:
    return Trace(
        "app.js", [], 0.0, 400 * MS, 0, 0, places=[Place("/app.js", 3, 1, "busy")], pauses=list(pauses),
        resources={2: Resource(2, "Timeout", MAIN, 1 * MS, wait=5), 3: Resource(3, "Timeout", MAIN, 1 * MS, wait=1)},
        runs={
            MAIN: Run(MAIN, 1, "", 0, 2 * MS, kind="main", step="main"),
            1: Run(1, 3, "busy", 3 * MS, 211 * MS, turn=1, step="timers", kind="timer", place=0, due=3 * MS),
            2: Run(2, 2, "", 211 * MS, 212 * MS, turn=1, step="timers", kind="timer", due=8 * MS),
        },
        turns=[3 * MS], steps=[Step("timers", 1, 3 * MS, 212 * MS)])


def test_a_late_timer_names_its_culprit() -> None:
    trace = _late()
    explain(trace)
    assert sentence(trace, trace.runs[2]) == (
        "The 5 ms timer was 203 ms late: callback #1, busy() at app.js:3, ran for 208 ms, and nothing else can run "
        "meanwhile.")
    trace = _late(Pause("mark-compact", 5 * MS, 190 * MS))
    explain(trace)
    assert sentence(trace, trace.runs[2]) == (
        "The 5 ms timer was 203 ms late: memory was collected (mark-compact) for 185 ms.")


@pytest.mark.parametrize("step", ["", "main", "pending", "poll", "check", "closing", "timers", "exit"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "main"])
def test_every_kind_of_run_has_a_sentence_wherever_it_runs(kind: str, step: str) -> None:
    trace = _late()
    trace.runs[2] = dataclasses.replace(trace.runs[2], kind=kind, step=step, due=None)
    explain(trace)
    told = sentence(trace, trace.runs[2])
    assert told.endswith(".")
    assert "{" not in told
    assert told[0].isupper()


def test_a_timer_that_is_late_because_the_system_woke_the_loop_late_says_so() -> None:
    trace = _late()
    trace.runs[1].ended = 4 * MS
    trace.sleeps = [Sleep(1, 4 * MS, 210 * MS, 4)]
    explain(trace)
    assert sentence(trace, trace.runs[2]) == (
        "The 5 ms timer was 203 ms late: the loop was asleep, and the system woke it 202 ms after the time that it had "
        "asked for.")


def test_a_timer_that_is_late_for_no_single_callback_tells_how_much_they_took_together() -> None:
    trace = _late()
    trace.runs = {MAIN: trace.runs[MAIN], 2: trace.runs[2]} | {
        10 + index: Run(10 + index, 3, "", (8 + 20 * index) * MS, (26 + 20 * index) * MS, turn=1, kind="immediate")
        for index in range(10)}
    explain(trace)
    assert sentence(trace, trace.runs[2]) == (
        "The 5 ms timer was 203 ms late: no single callback took that long, but many did together (180 ms).")
    trace.runs = {MAIN: trace.runs[MAIN], 2: trace.runs[2], 10: trace.runs[10]}
    explain(trace)
    assert "callbacks took 18 ms of that, the rest went to the loop itself" in sentence(trace, trace.runs[2])


def test_a_tick_of_a_tick_and_a_reaction_to_a_reaction_say_which_one(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
process.nextTick(function first() { process.nextTick(function second() {}); });
async function inner() { await null; }
async function outer() { await inner(); }
outer();
process.once('beforeExit', function before() { setImmediate(function revived() {}); });
""")
    assert reason(trace, "second").startswith(f"This tick was asked for by #{number(trace, 'first')}, another tick")
    assert reason(trace, "outer", "await") == (
        f"What it waits for was settled by #{number(trace, 'inner')}, a microtask too: it went to the end of their "
        "queue, which is drained to the last before anything else runs.")
    assert reason(trace, "revived").startswith(f"Nothing was left to do, and #{number(trace, 'before')} asked for it")


def test_a_trace_of_many_late_timers_and_immediates_is_soon_explained() -> None:
    """Guilty of all of them are the first two: who looks at every callback for each one takes minutes."""
    count = 20_000
    runs, resources = {MAIN: Run(MAIN, 1, "", 0, MS, kind="main", step="main")}, {}
    for number in range(1, count + 1):
        kind = "timer" if number % 2 else "immediate"
        resources[number + 1] = Resource(number + 1, kind, MAIN, 1, wait=number % 2)
        began = (10 if number == 1 else 40 if number == 2 else 70) * MS + number * 1000
        runs[number] = Run(
            number, number + 1, f"f{number}", began, began + (20 * MS if number < 3 else 500), turn=1, step="timers",
            kind=kind, due=2 * MS)
    pauses = [Pause("scavenge", number, number + 1) for number in range(count)]
    jobs = [Job("fs.stat", number, number + 1, 2 * MS + number, "thread1", 3 * MS) for number in range(count)]
    for number in range(1, count, 2):
        runs[number + 1].kind, runs[number + 1].job = ("file", number) if number % 4 == 1 else ("immediate", -1)
    trace = Trace("app.js", [], 0.0, 200 * MS, 0, 0, resources=resources, runs=runs, pauses=pauses, jobs=jobs)
    began = time.process_time()
    explain(trace)
    assert time.process_time() - began < 5
    assert "callback #1, f1(), ran for 20 ms" in sentence(trace, runs[5])


def test_the_culprit_is_the_one_who_took_most_of_the_time_between() -> None:
    chance = random.Random(1)
    began, runs = 0, {}
    for number in range(60):
        began += chance.randint(0, 30)
        length = chance.randint(0, 50)
        runs[number] = Run(number, 1, "", began, began + length)
        began += length
    by_time = RunsByTime(Trace("app.js", [], 0.0, began, 0, 0, runs=runs))
    for _ in range(500):
        first, last = sorted((chance.randint(0, began), chance.randint(0, began)))
        shares = [min(run.ended or 0, last) - max(run.began, first) for run in runs.values()]
        found, share = by_time.culprit(first, last)
        assert share == max(0, *shares)
        assert (found is None) == (share == 0)
        assert found is None or shares[found.number] == share
        assert by_time.busy(first, last) == sum(max(0, each) for each in shares)
