"""`ouro --watch-loop`: the panel tells the truth, costs little, and leaves the terminal as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import termios
import time
from pathlib import Path

import pytest
from js.commands import OURO, environment, run, write
from running import run as run_loop

from ouroloop.loop import Loop, Timer
from ouroloop.xray.meter import Meter
from ouroloop.xray.panel import one_line, panel
from ouroloop.xray.style import Style, columns

GIVE_BACK = b"\x1b7\x1b[r\x1b[999;1H\x1b[3A\x1b[J\x1b8"

BUSY = """
    setInterval(() => { const until = Date.now() + 60; while (Date.now() < until); }, 100);
    setTimeout(() => { console.log('end'); process.exit(3); }, 2500);
"""


def on_terminal(program: Path, rows: int = 24, number: int = 0, width: int = 80) -> tuple[bytes, int]:
    """What a program under --watch-loop writes to a terminal, and its exit code; `number`: a signal after a while."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(program.parent)
        os.execve(OURO[0], [*OURO, "--watch-loop", program.name], environment(TERM="xterm"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, width, 0, 0))
    written, began = b"", time.monotonic()
    while time.monotonic() - began < 20:
        if number and b"busy" in written:
            os.kill(pid, number)
            number = 0
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        with contextlib.suppress(OSError):
            if chunk := os.read(terminal, 65536):
                written += chunk
                continue
        break
    os.close(terminal)
    return written, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_the_panel_is_drawn_below_and_the_terminal_given_back(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": BUSY})
    written, code = on_terminal(tmp_path / "app.js")
    assert code == 3
    assert b"\x1b[1;20r" in written  # the program's lines scroll above
    assert written.count(b"turns/s") >= 3
    assert written.rstrip().endswith(GIVE_BACK)
    assert re.search(rb"end\r\n", written)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_terminal_is_given_back_whatever_ends_the_program(number: int, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": BUSY})
    written, code = on_terminal(tmp_path / "app.js", number=number)
    assert code == -number
    assert written.rstrip().endswith(GIVE_BACK)


@pytest.mark.parametrize(("rows", "width"), [(8, 80), (24, 30)])
def test_a_terminal_of_few_rows_or_columns_gets_lines(rows: int, width: int, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": BUSY})
    written, _ = on_terminal(tmp_path / "app.js", rows, width=width)
    assert b"\x1b[1;" not in written
    assert written.count(b"ouro: delay p50 ") >= 2


@pytest.mark.parametrize("name", ["app.js", "app.py"])
def test_where_there_is_no_terminal_a_line_comes_each_second(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"app.js": BUSY, "app.py": """
import time
from ouroloop.node import process, set_interval, set_timeout
set_interval(time.sleep, 100, 0.06)
def end():
    print('end')
    process.exit(3)
set_timeout(end, 2500)
"""})
    done = run(OURO, "--watch-loop", name, folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "end\n")
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    found = re.fullmatch(
        r"ouro: delay p50 \S+ .s, p99 (\S+) ms \| busy (\d+)% \| \d+ turns/s \| \d+ handles?, \d+ requests? \| "
        r"pool \d of \d+ busy, \d+ queued \| memory \d+ MB(, heap \d+ MB)?", lines[-1])
    assert found, lines
    assert 40 <= float(found[1]) <= 200
    assert 40 <= int(found[2]) <= 85


def test_it_does_not_keep_a_program_from_ending(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "setTimeout(() => console.log('end'), 50)", "app.py": "print('end')"})
    for name in ("app.js", "app.py"):
        done = run(OURO, "--watch-loop", name, folder=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_the_meter_measures_delay_utilization_and_the_pool(loop: Loop) -> None:
    meter = Meter(loop)
    readings = []

    def busy() -> None:
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            pass

    timer, end = Timer(loop), Timer(loop)
    timer.start(busy, 50)
    for _ in range(6):
        loop.queue_work(lambda: time.sleep(0.5))

    def read() -> None:
        readings.append(meter.read())

    end.start(read, 400)
    run_loop(loop)
    reading = readings[0]
    assert 60_000_000 <= reading.delay_most <= 200_000_000
    assert 0.2 <= reading.utilization <= 0.75
    assert (reading.pool_busy, reading.pool_queued, reading.requests) == (4, 2, 6)
    assert reading.memory > 1_000_000
    assert reading.heap is None


def test_the_panel_fits_into_any_width() -> None:
    loop = Loop()
    reading = Meter(loop).read()
    for width in (40, 60, 80, 200):
        lines = panel(reading, "app.js", 5, [0.5] * 40, Style(width))
        assert len(lines) == 4
        assert all(columns(line) <= width for line in lines)
    one = dataclasses.replace(reading, handles=1, requests=1)
    assert "| 1 handle, 1 request |" in one_line(one)
    assert "1 handle   1 request  " in panel(one, "app.js", 5, [], Style(80))[-1]
    assert one_line(reading).count("\n") == 0
    for handle in loop.walk():
        handle.close()
    loop.run()
    loop.close()


def test_it_costs_less_than_three_percent_of_a_processor(tmp_path: Path) -> None:
    write(tmp_path, {"app.js": "setTimeout(() => {}, 4000)"})

    def cost(*options: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(OURO, *options, "app.js", folder=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    without = min(cost() for _ in range(2))
    assert min(cost("--watch-loop") for _ in range(2)) - without < 0.03 * 4
