"""`ouro why` and SIGUSR2: what keeps a program from ending, with the lines that made it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from js.commands import OURO, environment, run, write

WHY = [*OURO, "why"]

HOLDING_JS = """\
const http = require('http');
const server = http.createServer(() => {});
server.listen(0, '127.0.0.1', () => require('net').connect(server.address().port, '127.0.0.1'));
setInterval(function tick() {}, 100000);
setTimeout(() => {}, 50000).unref();
function later() {
  for (let i = 0; i < 3; i++) setTimeout(() => {}, 30000);
}
later();
require('fs').watch('.', () => {});
require('child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
require('fs').open('fifo', () => {});
const socket = require('dgram').createSocket('udp4').bind(0, '127.0.0.1');
setTimeout(() => { console.log('ready'); }, 200);
"""

HOLDING_PY = """\
from ouroloop.node import child_process, fs, http, set_interval, set_timeout
server = http.create_server(lambda request, response: None)
server.listen(0, "127.0.0.1")
def tick():
    pass
set_interval(tick, 100000)
set_timeout(tick, 50000).unref()
def later():
    set_timeout(tick, 30000)
later()
watcher = fs.watch(".", lambda *news: None)
child_process.spawn("sleep", ["60"], stdio="ignore")
set_timeout(lambda: print("ready", flush=True), 200)
async def main():
    await fs.read_file("fifo")
"""


def start(command: list[str], program: str, folder: Path) -> subprocess.Popen[str]:
    """Start a program that says when it is ready."""
    process = subprocess.Popen(
        [*command, program], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(COLUMNS="120"))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def read_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """The lines on standard error up to the one that matches."""
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or not re.search(last, lines[-1]):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    return lines


def end(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> str:
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    return told


@pytest.fixture
def holding(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    write(tmp_path, {"app.js": HOLDING_JS, "app.py": HOLDING_PY})
    return tmp_path


EXPECTED_JS = {
    r"timer +every 100,000 ms, tick\(\), due in [\d,]+ ms +app\.js:4",
    r"timer +30,000 ms, the first due in [\d,]+ ms \(× 3\) +app\.js:7 in later",
    r"watcher +\. +app\.js:10", r"process +\d+ \(sleep 60\) +app\.js:11", r"file +a request under way +app\.js:12",
    r"server +listening on 127\.0\.0\.1:\d+ +app\.js:3",
    r"socket +127\.0\.0\.1:\d+, connected with 127\.0\.0\.1:\d+ +app\.js:3", r"udp +on 127\.0\.0\.1:\d+ +app\.js:13",
}
EXPECTED_PY = {
    r"timer +every 100,000 ms, tick\(\), due in [\d,]+ ms +app\.py:6",
    r"timer +30,000 ms, tick\(\), due in [\d,]+ ms +app\.py:9 in later", r"watcher +\. +app\.py:11",
    r"process +\d+ \(sleep 60\) +app\.py:12", r"work +fs\.read_file, on thread 1 +app\.py:15 in main",
    r"server +listening on 127\.0\.0\.1:\d+ +app\.py:3",
}


@pytest.mark.parametrize(("program", "expected"), [("app.js", EXPECTED_JS), ("app.py", EXPECTED_PY)])
def test_it_tells_each_thing_with_the_line_that_made_it(program: str, expected: set[str], holding: Path) -> None:
    process = start([*WHY, "--after", "0.5"], program, holding)
    assert process.stderr is not None
    head = process.stderr.readline()
    lines = [process.stderr.readline() for _ in expected]
    if program == "app.js":
        lines.append(process.stderr.readline())  # both ends of the connection
    end(process)
    assert re.fullmatch(rf"ouro why: {re.escape(program)} \(\d+\) is kept from ending by \d+ things:\n", head)
    for pattern in expected:
        assert any(re.fullmatch(f"  {pattern}\n", line) for line in lines), (pattern, lines)
    assert not any("50,000" in line for line in lines)  # it is not referenced


@pytest.mark.parametrize("program", ["app.js", "app.py"])
def test_sigusr2_makes_any_program_tell_what_is_known_and_how_to_know_more(program: str, holding: Path) -> None:
    process = start(OURO, program, holding)
    for _ in range(2):  # it goes on, and may be asked again
        process.send_signal(signal.SIGUSR2)
        lines = read_until(process, f"start it anew: ouro why {program}")
        text = "".join(lines)
        assert re.search(r"timer +every 100,000 ms, tick\(\), due in [\d,]+ ms\n", text)
        assert re.search(r"server +listening on 127\.0\.0\.1:\d+\n", text)
    assert end(process, signal.SIGTERM) == ""
    assert process.returncode == -signal.SIGTERM


PROGRAMS = {
    "app.js": """
process.on('SIGUSR2', () => { console.log('mine'); });
setInterval(() => {}, 1e5);
console.log('ready');
""",
    "app.py": """
from ouroloop.node import process, set_interval
process.on('SIGUSR2', lambda *_: print('mine', flush=True))
set_interval(print, 100000)
print('ready', flush=True)
""",
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("command", [OURO, WHY], ids=["ouro", "why"])
def test_a_program_that_listens_for_sigusr2_gets_it(program: str, command: list[str], tmp_path: Path) -> None:
    write(tmp_path, PROGRAMS)
    process = start(command, program, tmp_path)
    time.sleep(0.1)
    process.send_signal(signal.SIGUSR2)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    assert "timer" not in end(process)


def test_after_the_programs_own_listener_is_gone_sigusr2_asks_again(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": """
        process.on('SIGUSR2', () => {}); process.removeAllListeners('SIGUSR2');
        setInterval(() => {}, 1e5); console.log('ready');"""})
    process = start(OURO, "app.js", tmp_path)
    process.send_signal(signal.SIGUSR2)
    read_until(process, "start it anew")
    end(process)


def test_ctrl_c_tells_once_more_and_ends_the_program(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "setInterval(() => {}, 1e5); console.log('ready');"})
    process = start([*WHY, "--after", "1000"], "app.js", tmp_path)
    time.sleep(0.2)
    told = end(process, signal.SIGINT)
    assert process.returncode == -signal.SIGINT
    assert re.search(r"is kept from ending by 1 thing:\n  timer +every 100,000 ms, due in [\d,]+ ms +app\.js:1\n", told)


def test_end_ends_the_program_when_it_was_told(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "setInterval(() => {}, 1e5)"})
    done = run([*WHY, "--end", "--after=0.1"], "app.js", folder=tmp_path)
    assert done.returncode == -signal.SIGTERM
    assert "every 100,000 ms" in done.stderr


def test_the_time_counts_from_the_end_of_the_main_program(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "const until = Date.now() + 400; while (Date.now() < until); setTimeout(() => {}, 100)"})
    done = run([*WHY, "--after", "0.3"], "app.js", folder=tmp_path)
    assert done.returncode == 0
    assert re.fullmatch(r"ouro why: app\.js has ended by itself after \d\.\d s, with exit code 0\n", done.stderr)


def test_a_program_that_ends_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, {
        "app.js": "console.log(process.argv[2]); process.exitCode = 4", "app.py": "import sys\nsys.exit(4)"})
    for program in ("app.js", "app.py"):
        done = run(WHY, program, "--end", folder=tmp_path)
        assert (done.returncode, done.stdout) == (4, "--end\n" if program == "app.js" else "")
        assert done.stderr.endswith(" s, with exit code 4\n")


def test_lines_are_known_after_thousands_of_others_were_forgotten(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": """
        let left = 3000;
        setTimeout(function first() {}, 3000);
        (function next() {
          if (--left > 0) setImmediate(next);
          else setTimeout(function last() {}, 3000);
        })();"""})
    done = run([*WHY, "--end"], "app.js", folder=tmp_path)
    for place in (r"first\(\), due in [\d,]+ ms +app\.js:3", r"last\(\), due in [\d,]+ ms +app\.js:6 in next"):
        assert re.search(rf"timer +3,000 ms, {place}\n", done.stderr), done


def test_each_message_port_that_is_listened_to_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": """
        const { port1, port2 } = new MessageChannel();
        const channel = new BroadcastChannel('news');
        port1.onmessage = () => {};
        new BroadcastChannel('others').unref();"""})
    done = run([*WHY, "--end"], "app.js", folder=tmp_path)
    assert "is kept from ending by 2 things:" in done.stderr, done
    for line in (2, 3):
        assert re.search(rf"message port +app\.js:{line}\n", done.stderr), done


def test_of_many_alike_a_few_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": """
        const server = require('net').createServer(() => {}).listen(0, '127.0.0.1', () => {
          for (let i = 0; i < 50; i++) require('net').connect(server.address().port, '127.0.0.1');
        });"""})
    done = run([*WHY, "--end"], "app.js", folder=tmp_path)
    lines = done.stderr.splitlines()
    assert len(lines) <= 10
    assert "is kept from ending by 101 things:" in lines[0]
    assert any(re.search(r"socket +others \(× \d+\) +app\.js:\d", line) for line in lines)


@pytest.mark.parametrize(("words", "complaint"), [
    (["--after", "soon", "x.js"], "--after must be a number of seconds, 0 or more, not soon"),
    (["--after", "-1", "x.js"], "--after must be a number of seconds, 0 or more, not -1"),
    (["--after"], "--after needs a value: --after 5"),
])
def test_bad_options_end_with_9_and_one_line(words: list[str], complaint: str, tmp_path: Path) -> None:
    done: Any = run(WHY, *words, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (9, "", f"ouro why: {complaint}\n")
