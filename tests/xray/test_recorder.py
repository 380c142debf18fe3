"""The recorder: what it keeps, how a program that is broken off has a trace too, and that nobody sees that it looks."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from js.commands import OURO, environment, run
from xray.tracing import TRACE, read, traced

import ouroloop
from ouroloop.xray import assembly, records
from ouroloop.xray.model import MAIN, Run, Step, Trace
from ouroloop.xray.reasons import sentence
from ouroloop.xray.summary import summarize

BUSY = """
function busy() {
  const end = Date.now() + 200;
  while (Date.now() < end);
}
setTimeout(busy, 1);
setTimeout(function late() {}, 5);
"""


def named(trace: Trace, name: str) -> Run:
    """The only run of a function."""
    found = [run for run in trace.runs.values() if run.name == name]
    assert len(found) == 1, (name, found)
    return found[0]


def where(trace: Trace, run: Run) -> str:
    """The file and the line of a run's function."""
    assert run.place >= 0
    place = trace.places[run.place]
    return f"{Path(place.file).name}:{place.line}"


def test_a_busy_callback_is_told_with_its_line_and_is_the_culprit_of_a_late_timer(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, BUSY)
    run, late = named(trace, "busy"), named(trace, "late")
    assert where(trace, run) == "program.js:2"
    assert run.ended is not None
    assert run.ended - run.began >= 199e6
    summary = summarize(trace)
    assert summary.blocks[0].culprit == run.number
    assert summary.late[0].run == late.number
    assert summary.late[0].culprit == run.number
    assert "busy() at program.js:2" in sentence(trace, late)


def test_a_busy_callback_of_python_is_told_likewise(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
import time
from ouroloop.node import set_timeout
def busy():
    time.sleep(0.2)
def late():
    pass
set_timeout(busy, 1)
set_timeout(late, 5)
""", name="program.py")
    run, late = named(trace, "busy"), named(trace, "late")
    assert where(trace, run) == "program.py:4"
    assert "busy() at program.py:4" in sentence(trace, late)
    assert trace.language == "Python"


@pytest.mark.parametrize(("source", "line"), [
    ("require('http').createServer(function busy(request, response) {\n block(); response.end();\n})", 2),
    ("require('net').createServer((socket) => {\n socket.on('data', function busy() { block(); socket.end(); });\n})",
     3),
    ("require('net').createServer(function busy(socket) { block(); socket.end(); })", 2),
], ids=["request", "data", "connection"])
def test_a_busy_listener_is_told_with_its_line(source: str, line: int, tmp_path: Path) -> None:
    _, trace = traced(tmp_path, f"""function block() {{ const end = Date.now() + 60; while (Date.now() < end); }}
const server = {source}.listen(0, () => {{
  const socket = require('net').connect(server.address().port, () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n'));
  socket.resume().on('close', () => server.close());
}});""")
    run = named(trace, "busy")
    assert where(trace, run) == f"program.js:{line}"
    assert run.number in {block.culprit for block in summarize(trace).blocks if block.duration >= 60e6}


def test_javascript_writes_the_records_that_python_reads() -> None:
    source = Path(ouroloop.__file__).parent / "js" / "lib" / "internal" / "recorder.js"
    written = dict(re.findall(r"^const ([A-Z_]+) = (-?\d+);", source.read_text(), re.MULTILINE))
    shared = {name: str(number) for name, number in vars(records).items() if name in written}
    assert shared == {name: written[name] for name in shared}
    kinds = {"MADE", "ENTERED", "LEFT", "DESTROYED", "SETTLED", "STARTED", "CALLED", "CLOSING"}
    assert kinds | {"FIELDS", "MAIN_RESOURCE", "NO_RUN", "NO_PLACE", "NO_DESCRIPTOR"} <= set(shared)


BROKEN_OFF = {
    "throws": ("setTimeout(function last() { throw new Error('bad'); }, 1)", 1),
    "exits": ("setTimeout(function last() { process.exit(3); }, 1)", 3),
    "throws at once": ("(function last() { throw new Error('bad'); })()", 1),
    "rejects": ("setTimeout(async function last() { throw new Error('bad'); }, 1)", 1),
    "exits in a listener": ("process.on('exit', () => process.exit(4)); setTimeout(function last() {}, 1)", 4),
}


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_a_program_that_is_broken_off_has_a_trace(name: str, tmp_path: Path) -> None:
    source, code = BROKEN_OFF[name]
    _, trace = traced(tmp_path, source, code=code)
    assert trace.exit_code == code
    assert sum(step.ended - step.began for step in trace.steps) == pytest.approx(trace.duration, rel=0.05)
    if name != "throws at once":
        assert named(trace, "last").kind == "timer"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("source", [
    "setInterval(() => {}, 5); console.log('ready')", "require('net').createServer().listen(0); console.log('ready')",
], ids=["interval", "server"])
def test_a_program_that_a_signal_ends_has_a_trace(number: signal.Signals, source: str, tmp_path: Path) -> None:
    (tmp_path / "program.js").write_text(source)
    with subprocess.Popen(
            [*TRACE, "program.js"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(10) == -number
    trace = read(tmp_path / "trace.json")
    assert (trace.ended_by, trace.exit_code) == (number.name, 128 + number)
    assert trace.runs[MAIN].ended is not None


LAST_WORDS = {
    "aborts": ("setTimeout(function last() { process.abort(); }, 1)", -signal.SIGABRT, "SIGABRT"),
    "becomes another": ("setTimeout(function last() { process.execve('/bin/true', ['true'], {}); }, 1)", 0, "execve"),
    "has no memory": (
        "const kept = [];"
        "setInterval(function last() { for (let i = 0; i < 3000; i++) kept.push(Array(999).fill(i)); })",
        -signal.SIGABRT, "SIGABRT"),
}


@pytest.mark.parametrize("name", LAST_WORDS)
def test_a_program_that_aborts_or_becomes_another_one_has_a_trace(name: str, tmp_path: Path) -> None:
    source, code, ended_by = LAST_WORDS[name]
    source = f"setInterval(() => {{ for (let i = 0; i < 3000; i++) setImmediate(() => {{}}); }}, 1);\n{source}"
    _, trace = traced(tmp_path, source, "--max-old-space-size=64", code=code)
    assert trace.ended_by == ended_by
    assert "last" in {run.name for run in trace.runs.values()}
    assert sum(step.ended - step.began for step in trace.steps) == pytest.approx(trace.duration, rel=0.05)


def test_a_program_that_listens_for_the_signal_gets_it(tmp_path: Path) -> None:
    output, trace = traced(tmp_path, """
process.on('SIGTERM', function heard() { clearInterval(timer); console.log('heard'); });
const timer = setInterval(() => {}, 1000);
process.kill(process.pid, 'SIGTERM');
""")
    assert output == "heard\n"
    assert trace.ended_by == ""
    assert [run.kind for run in trace.runs.values() if run.name == "heard"] == ["signal"]


def test_a_program_that_has_used_up_all_descriptors_has_a_trace(tmp_path: Path) -> None:
    (tmp_path / "program.js").write_text("""
const fs = require('fs');
let count = 0;
try {
  for (;;) { fs.openSync(__filename); count++; }
} catch (error) {
  console.log(error.code);
}
setTimeout(function last() {}, 1);
""")
    done = subprocess.run(
        [*TRACE, "program.js"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60,
        check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
    assert (done.stdout, done.returncode) == ("EMFILE\n", 0), done
    assert named(read(tmp_path / "trace.json"), "last").kind == "timer"


def test_a_program_that_closes_descriptors_it_did_not_open_has_a_trace(tmp_path: Path) -> None:
    output, trace = traced(tmp_path, """
const fs = require('fs');
for (let fd = 3; fd < 40; fd++) try { fs.closeSync(fd); } catch {}
console.log('closed');
""")
    assert output == "closed\n"
    assert trace.runs[MAIN].ended is not None


def test_a_program_that_tells_objects_how_to_become_json_has_no_say_in_its_trace(tmp_path: Path) -> None:
    output, trace = traced(tmp_path, """
Object.prototype.toJSON = () => 'no';
Array.prototype.toJSON = () => { throw new Error('no'); };
setTimeout(function last() { console.log('last'); }, 1);
""")
    assert output == "last\n"
    assert named(trace, "last").kind == "timer"


def test_only_the_last_records_are_kept_and_the_others_counted(tmp_path: Path) -> None:
    source = """
const server = require('net').createServer().listen(0);
let left = 40000;
function beat() {
  if (--left > 0) setImmediate(beat);
  else server.close();
}
beat();
"""
    _, trace = traced(tmp_path, source, "--limit", "5000")
    assert trace.dropped > 100_000
    assert 500 < len(trace.runs) < 6000
    assert max(trace.runs) > 39_000
    server = [each for each in trace.resources.values() if each.type == "TCPSERVERWRAP"]
    assert len(server) == 1, "what may call back long after it was made is kept"


def test_children_are_not_recorded(tmp_path: Path) -> None:
    output, trace = traced(tmp_path, """
const { execFileSync } = require('child_process');
console.log(execFileSync(process.execPath, ['-p', '1 + 1'], { encoding: 'utf8' }).trim());
""")
    assert output == "2\n"
    assert list(tmp_path.glob("*.json")) == [tmp_path / "trace.json"]
    assert len(trace.runs) < 5


SEEN = """
const hooks = require('async_hooks');
const { inspect } = require('util');
const seen = [];
function look(name) {
  seen.push([name, hooks.executionAsyncId() === 0, hooks.triggerAsyncId() === 0]);
}
look('main');
Promise.resolve().then(() => look('reaction'));
(async () => { await null; look('await'); })();
process.nextTick(look, 'tick');
setTimeout(look, 50, 'timer');
setImmediate(look, 'immediate');
const promise = Promise.resolve(1);
seen.push(inspect(promise), Reflect.ownKeys(promise), Error.stackTraceLimit, 'prepareStackTrace' in Error);
seen.push(Object.getOwnPropertyNames(globalThis).length, Reflect.ownKeys(setTimeout(() => {}, 1)).length);
function thrown() { return new Error('here').stack.split('\\n').length; }
seen.push(thrown());
setTimeout(() => {
  seen.push(hooks.executionAsyncId(), new hooks.AsyncResource('X').asyncId());
  seen.push(new Error('there').stack);
  try { new hooks.AsyncResource(''); seen.push('no type is fine'); } catch (error) { seen.push(error.code); }
}, 100);
process.on('exit', () => console.log(JSON.stringify(seen)));
"""


def test_a_program_does_not_see_that_it_is_recorded(tmp_path: Path) -> None:
    seen, _ = traced(tmp_path, SEEN)
    assert json.loads(seen) == json.loads(run(OURO, "program.js", folder=tmp_path).stdout)


def test_stacks_in_emitters_and_promises_are_what_they_are_without(tmp_path: Path) -> None:
    source = """
const { EventEmitter } = require('events');
const stacks = [];
const note = () => stacks.push(new Error('x').stack);
const emitter = new EventEmitter().on('a', note).once('a', note);
emitter.emit('a');
queueMicrotask(note);
Promise.resolve().then(note);
process.nextTick(note);
setTimeout(note, 1);
require('fs').stat('.', note);
require('fs').readFile(__filename, note);
(async () => { await require('fs/promises').stat('.'); note(); })();
process.on('exit', () => console.log(JSON.stringify(stacks.sort())));
"""
    found, _ = traced(tmp_path, source)
    without = json.loads(run(OURO, "program.js", folder=tmp_path).stdout)
    # Without a recorder files go by the ring, whose frames are others.
    assert [_program_frames(each) for each in json.loads(found)] == [_program_frames(each) for each in without]


def _program_frames(stack: str) -> list[str]:
    return [line for line in stack.splitlines() if "node:" not in line]


def test_pauses_of_the_collector_are_recorded(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "setTimeout(() => { gc(); }, 1)", "--expose-gc")
    full = [pause for pause in trace.pauses if pause.kind == "mark-compact"]
    assert full
    assert all(0 < pause.began < pause.ended < trace.duration for pause in trace.pauses)
    _, trace = traced(tmp_path, "import gc\ngc.collect()", name="program.py")
    assert "generation 2" in {pause.kind for pause in trace.pauses}


def test_jobs_of_the_pool_are_recorded_from_line_to_delivery(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const { pbkdf2 } = require('crypto');
for (let i = 0; i < 3; i++) pbkdf2('a', 'b', 20000, 32, 'sha256', function done() {});
""", UV_THREADPOOL_SIZE="1")
    jobs = [job for job in trace.jobs if job.name.startswith("crypto")]
    assert len(jobs) == 3
    for job in jobs:
        assert job.started is not None
        assert job.finished is not None
        assert job.delivered is not None
        assert job.queued <= job.started < job.finished <= job.delivered
        assert job.thread == "thread1"
        assert trace.jobs[trace.runs[job.run].job] is job
        assert trace.runs[job.run].resource == job.resource
    assert jobs[1].started >= (jobs[0].finished or 0)
    assert trace.pool_size == 1


def test_timers_tell_when_they_were_due_each_time(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
let left = 3;
const interval = setInterval(() => { if (--left === 0) clearInterval(interval); }, 10);
const refreshed = setTimeout(() => {}, 150);
setTimeout(() => refreshed.refresh(), 5);
const cleared = setTimeout(() => {}, 1000);
clearTimeout(cleared);
""")
    by_wait = {resource.wait: resource for resource in trace.resources.values() if resource.type == "Timeout"}
    assert by_wait[10].repeats
    assert len(by_wait[10].due) == 3
    assert len(by_wait[150].due) == 2
    for timer in by_wait.values():
        for at, due in timer.due:
            assert -100e6 <= due - at - timer.wait * 1e6 <= 2e6  # by the loop's clock: whole ms, told once a turn
    assert by_wait[1000].destroyed is not None
    assert by_wait[10].destroyed is not None
    assert not [run for run in trace.runs.values() if run.resource == by_wait[1000].number]


def test_what_woke_the_loop_is_recorded(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const server = require('net').createServer((socket) => socket.end('x')).listen(0, () => {
  require('net').connect(server.address().port).resume().on('close', () => server.close());
});
""")
    woke = {owner for sleep in trace.sleeps for _, _, owner in sleep.woke}
    assert "Tcp" in woke
    run = next(run for run in trace.runs.values() if run.kind == "server" and run.descriptor >= 0)
    assert any(watch.descriptor == run.descriptor and watch.events for watch in trace.watches)
    closing = [run for run in trace.runs.values() if run.kind == "closing"]
    assert closing
    assert all(trace.resources[run.resource].closing is not None for run in closing)


def test_sources_of_the_programs_files_are_in_the_trace(tmp_path: Path) -> None:
    (tmp_path / "other.js").write_text("module.exports = function other() { setImmediate(() => {}); };")
    source = "setTimeout(require('./other'), 1);"
    _, trace = traced(tmp_path, source)
    assert {os.path.basename(file): text for file, text in trace.sources.items()} == {
        "program.js": source, "other.js": (tmp_path / "other.js").read_text()}


@pytest.mark.parametrize("words", [
    ["-e", "setTimeout(() => {}, 1)"], ["--input-type=module", "-e", "import 'fs'; setTimeout(() => {}, 1)"],
])
def test_code_of_the_command_line_is_in_the_trace(words: list[str], tmp_path: Path) -> None:
    assert run(TRACE, *words, folder=tmp_path).returncode == 0
    trace = read(tmp_path / "trace.json")
    timer = next(run for run in trace.runs.values() if run.kind == "timer")
    assert trace.sources[trace.places[timer.place].file] == words[-1]


def test_code_that_only_bears_the_name_of_a_file_is_not_taken_for_that_file(tmp_path: Path) -> None:
    (tmp_path / "other.js").write_text("something else")
    _, trace = traced(tmp_path, """
require('vm').runInThisContext('setTimeout(function stranger() {}, 1)', { filename: 'other.js' });
""")
    assert where(trace, named(trace, "stranger")) == "other.js:1"
    assert "other.js" not in trace.sources


def test_a_timer_that_has_fired_and_is_refreshed_is_another_resource(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
let left = 2;
const timer = setTimeout(function fires() { if (--left > 0) timer.refresh(); }, 3);
""")
    first, second = [run for run in trace.runs.values() if run.name == "fires"]
    # It is refreshed while it runs, when it is not over yet.
    assert trace.resources[first.resource].due[0][1] <= first.began
    assert second.due is not None
    assert second.due <= second.began + 1e6
    _, trace = traced(tmp_path, """
const timer = setTimeout(function fires() {}, 3);
setTimeout(() => timer.refresh(), 60);
""")
    first, second = [run for run in trace.runs.values() if run.name == "fires"]
    assert first.resource != second.resource
    assert second.due is not None
    assert second.due <= second.began + 1e6


def test_the_body_of_an_es_module_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "a b.mjs").write_text("setTimeout(() => {}, 1); const end = Date.now() + 40; while (Date.now() < end);")
    _, trace = traced(tmp_path, "import './a b.mjs';\nsetImmediate(() => {});", name="main.mjs")
    files = {os.path.basename(trace.places[run.place].file) for run in trace.runs.values() if run.place >= 0}
    assert files == {"main.mjs", "a%20b.mjs"}
    culprit = trace.runs[summarize(trace).blocks[0].culprit]
    assert trace.places[culprit.place].file.endswith("main.mjs")
    assert {os.path.basename(file) for file in trace.sources} == {"main.mjs", "a%20b.mjs"}

def test_output_is_bounded_too(tmp_path: Path) -> None:
    _, trace = traced(
        tmp_path, "for (let i = 0; i < 50; i++) console.log(`${i} ${'x'.repeat(1000)}`)", "--limit", "100")
    assert sum(len(each.text) for each in trace.output) <= 100 * 100
    assert trace.output[-1].text.startswith("49 ")
    _, trace = traced(
        tmp_path, "for i in range(50):\n    print(i, 'x' * 1000)", "--limit", "100", name="program.py")
    assert sum(len(each.text) for each in trace.output) <= 100 * 100
    assert trace.output[-1].text.startswith("49 ")


def test_time_between_two_turns_belongs_to_the_one_in_which_most_of_it_was() -> None:
    steps = [Step("poll", 1, 0, 10_000_000), Step("poll", 2, 19_000_000, 20_000_000)]
    for began, expected in [(18_000_000, (1, 10_000_000, 18_000_000)), (11_000_000, (2, 11_000_000, 19_000_000))]:
        gap = assembly._with_gaps(steps, {1: 0, 2: began})[1]
        assert (gap.name, gap.turn, gap.began, gap.ended) == ("between", *expected)
