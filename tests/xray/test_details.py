"""What each thing is about: the file, the address, the command, the signal; and which function of the program's ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from xray.tracing import traced

from ouroloop.xray.model import Run, Trace
from ouroloop.xray.reasons import sentence
from ouroloop.xray.text import render


def runs(trace: Trace, *names: str) -> list[Run]:
    """The first run of each of these functions."""
    return [next(run for run in trace.runs.values() if run.name == name) for name in names]


def details(trace: Trace, *names: str) -> list[str]:
    """What the runs of these functions are about."""
    return [trace.resources[run.resource].detail for run in runs(trace, *names)]


def test_files_and_hosts_are_told(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const fs = require('fs');
fs.stat('program.js', function statted() {});
fs.readFile('program.js', function read() {});
require('dns').lookup('localhost', function looked() {});
const fd = fs.openSync('program.js');
fs.read(fd, Buffer.alloc(4), function some() {});
""")
    stat, host, some = details(trace, "statted", "looked", "some")
    assert (stat, host) == ("program.js", "localhost")
    assert re.fullmatch(r"descriptor \d+", some)
    steps = [run for run in trace.runs.values() if run.kind == "file" and run.job >= 0]
    names = [trace.jobs[run.job].name for run in steps]
    assert sorted(names) == ["fs.close", "fs.fstat", "fs.open", "fs.read", "fs.read", "fs.stat"]
    assert trace.jobs[runs(trace, "read")[0].job].name == "fs.close"  # the last step of fs.readFile calls back


def test_what_is_lasting_says_what_it_is(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const server = require('net').createServer(function connected(socket) { socket.end(); }).listen(0, '127.0.0.1', () => {
  require('net').connect(server.address().port, '127.0.0.1', function made() {
    console.log(server.address().port);
    this.resume().on('end', function ended() { server.close(); });
  });
});
process.once('SIGUSR2', function signalled() {});
require('child_process').spawn('sleep', ['0.01']).on('exit', function left() { process.kill(process.pid, 'SIGUSR2'); });
const watcher = require('fs').watch('program.js', function changed() { watcher.close(); });
setTimeout(() => require('fs').utimesSync('program.js', 1, 1), 5);
const udp = require('dgram').createSocket('udp4').on('message', function got() { udp.close(); });
udp.bind(0, '127.0.0.1', () => udp.send('x', udp.address().port, '127.0.0.1'));
""")
    port = trace.output[0].text.strip()
    server, signalled, left, changed, udp = details(trace, "connected", "signalled", "left", "changed", "got")
    assert server == f"127.0.0.1:{port}"
    assert signalled == "SIGUSR2"
    assert re.fullmatch(r"\d+ \(sleep 0.01\)", left)
    assert changed == "program.js"
    assert re.fullmatch(r"127\.0\.0\.1:\d+", udp)
    sockets = {each.detail for each in trace.resources.values() if each.type == "TCPWRAP"}
    assert f"127.0.0.1:{port}" in sockets  # the client's peer
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", detail) for detail in sockets)


def test_python_says_it_likewise(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
from ouroloop.node import child_process, fs, http
def greet(request, response):
    response.end("hello")
def answered(response):
    response.resume()
    response.on("end", ended)
def ended():
    server.close()
def read(error, text):
    pass
server = http.create_server(greet)
server.listen(0, "127.0.0.1", lambda: (
    print(server.address().port), http.get(f"http://127.0.0.1:{server.address().port}/", answered)))
fs.read_file(__file__, read)
""", name="program.py")
    port = trace.output[0].text.strip()
    assert f"127.0.0.1:{port}" in {each.detail for each in trace.resources.values() if each.type == "TCPSERVERWRAP"}
    greeted, reading, ended = runs(trace, "greet", "read", "ended")
    assert (greeted.kind, ended.kind) == ("socket", "tick")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", trace.resources[greeted.resource].detail)
    assert greeted.descriptor >= 0
    assert trace.resources[reading.resource].detail.endswith("program.py")
    assert "Callback" not in {each.type for each in trace.resources.values()}


KINDS = {
    "pbkdf2": ("require('crypto').pbkdf2('a', 'b', 1, 8, 'sha1', function done() {})", "PBKDF2REQUEST", "crypto"),
    "scrypt": ("require('crypto').scrypt('a', 'b', 8, function done() {})", "SCRYPTREQUEST", "crypto"),
    "random": ("require('crypto').randomBytes(8, function done() {})", "RANDOMBYTESREQUEST", "crypto"),
    "hkdf": ("require('crypto').hkdf('sha1', 'a', 'b', 'c', 8, function done() {})", "DERIVEBITSREQUEST", "crypto"),
    "key pair": (
        "require('crypto').generateKeyPair('x25519', {}, function done() {})", "KEYPAIRGENREQUEST", "crypto"),
    "prime": ("require('crypto').checkPrime(7n, function done() {})", "CHECKPRIMEREQUEST", "crypto"),
    "gzip": ("require('zlib').gzip('x', function done() {})", "ZLIB", "zlib"),
    "lookup": ("require('dns').lookup('localhost', function done() {})", "GETADDRINFOREQWRAP", "dns"),
    "resolve": ("require('dns').resolve4('localhost', function done() {})", "QUERYWRAP", "dns"),
    "message": (
        "const { port1, port2 } = new MessageChannel(); port2.on('message', function done() { port1.close(); }); "
        "port1.postMessage(1)", "MESSAGECHANNEL", "message"),
    "exists": ("require('fs').exists('.', function done() {})", "FSREQCALLBACK", "file"),
    "exec": ("require('child_process').execFile('true', function done() {})", "PIPEWRAP", "closing"),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_work_has_its_own_name_and_function(name: str, tmp_path: Path) -> None:
    source, type, kind = KINDS[name]
    _, trace = traced(tmp_path, source)
    [run] = runs(trace, "done")
    assert (trace.resources[run.resource].type, run.kind) == (type, kind)
    assert trace.places[run.place].function == "done"


def test_the_end_is_a_run_too(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "process.on('exit', function ends() {})")
    [run] = runs(trace, "ends")
    assert (run.kind, run.step, run.outer) == ("exit", "exit", None)
    assert sentence(trace, run).startswith("The process ends")
    _, trace = traced(tmp_path, """
process.on('exit', function ends() {});
setTimeout(function leaves() { process.exit(3); }, 1);
""", code=3)
    run, leaves = runs(trace, "ends", "leaves")
    assert run.outer == leaves.number
    assert sentence(trace, run).startswith(f"#{leaves.number} ends the process")


def test_the_body_of_a_module_is_called_so(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "process.nextTick(() => {}); await 1;", name="program.mjs")
    [body] = runs(trace, "<module>")
    assert "An ES module's body runs as a microtask" in sentence(trace, body)


def test_a_reaction_is_called_as_the_function_that_was_given(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
const promise = Promise.resolve();
function outer() {
  promise.then(handler);
  promise.then(function named() {});
  promise.then((x) => x).finally(async function last() {});
  promise
    .then(
      function onALineOfItsOwn() {});
  promise.catch(null);
  waits();
}
async function waits() {
  await promise;
}
function handler() {}
outer();
""")
    names = [run.name for run in trace.runs.values() if run.kind == "await"]
    assert names[:6] == ["handler", "named", "", "onALineOfItsOwn", "", "waits"]
    assert "last" in names
    assert "outer" not in names


def test_a_function_without_a_name_is_not_called_as_the_one_around_it(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, """
setTimeout(function outer() {
  setTimeout(() => console.log('inner'), 1);
  setImmediate(() => {});
}, 1);
""")
    [outer] = runs(trace, "outer")
    inner = [run for run in trace.runs.values() if trace.causes(run)[:1] == [outer] and run.kind != "tick"]
    assert sorted((run.kind, run.name) for run in inner) == [("immediate", ""), ("timer", "")]
    assert {trace.places[run.place].line for run in inner} == {3, 4}


def test_text_has_the_operation_and_the_file(tmp_path: Path) -> None:
    _, trace = traced(tmp_path, "require('fs').readFile('program.js', function read() {})")
    text = render(trace)
    assert "file  open program.js  program.js:1  ← main" in text
    assert re.search(r"file read  close descriptor \d+  program\.js:1  ← file", text)


def test_a_number_is_written_out_whole() -> None:
    trace = Trace(
        "app.js", [], 0.0, 1, 0, 0, runs={1: Run(1, 1, "", 0, 1, why=[0, 12_345_678])}, sentences=["After #{0}."])
    assert sentence(trace, trace.runs[1]) == "After #12345678."
