"""`ouro --watch-loop`: how the loop does, in a panel below the program's output, while it runs.

Theory of operation. Twice a second what the meter reads is drawn into the terminal's last lines. They are kept free by
a scroll region: what the program writes scrolls above, and is not looked at. Where standard error is no terminal, or a
very small one, there is a line each second instead.

What surprises people: a signal may end the program at any moment, without a word. So another process, a shell that
waits for the end of a pipe, gives the terminal back its lines when this one has not done so.
"""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING

from ..loop import Timer
from .meter import Meter, Reading
from .observer import Observer
from .style import Style, columns, counted, duration, printable

if TYPE_CHECKING:
    from ..js.runtime import Runtime
    from ..loop import Loop
    from ..node.environment import Environment
    from .style import Part

_HEIGHT = 4
_LEAST_ROWS, _LEAST_COLUMNS = 12, 40
_PERIOD = 500  # ms
_LINE_PERIOD = 1000
_HISTORY = 40
_BARS = "▁▂▃▄▅▆▇█"
_LATE, _VERY_LATE = 10_000_000, 50_000_000  # ns
_BUSY, _VERY_BUSY = 0.7, 0.9

_SAVE, _RESTORE, _WHOLE_SCREEN, _CLEAR_LINE, _CLEAR_BELOW = "\x1b7", "\x1b8", "\x1b[r", "\x1b[2K", "\x1b[J"
_GIVE_BACK = f"{_SAVE}{_WHOLE_SCREEN}\x1b[999;1H\x1b[{_HEIGHT - 1}A{_CLEAR_BELOW}{_RESTORE}"
"""Wherever the last lines are by now: they are cleared, and scroll with the others again."""


class Panel(Observer):
    """Shows one loop."""

    def __init__(self) -> None:
        self._program = ""
        self._meter: Meter | None = None
        self._timer: Timer | None = None
        self._rows = 0
        self._began = monotonic()
        self._history: list[float] = []
        self._guard = -1

    def watch(self, runtime: Runtime) -> None:
        self._program = os.path.basename(runtime.argv[1]) if len(runtime.argv) > 1 else ""
        self._begin(runtime.loop, Meter(runtime.loop, runtime))

    def watch_environment(self, env: Environment) -> None:
        self._program = os.path.basename(sys.argv[0])
        self._begin(env.loop, Meter(env.loop))

    def _begin(self, loop: Loop, meter: Meter) -> None:
        self._meter = meter
        period = _PERIOD if _rows() >= _LEAST_ROWS else _LINE_PERIOD
        self._timer = Timer(loop)
        self._timer.unref()
        self._timer.start(self._show, period, period)

    def _show(self) -> None:
        assert self._meter is not None
        reading = self._meter.read()
        self._history = [*self._history[1 - _HISTORY :], reading.utilization]
        rows = _rows()
        if rows < _LEAST_ROWS:
            self._give_back()
            self._write(f"{one_line(reading)}\n")
            return
        text = "" if rows == self._rows else self._reserve(rows)
        lines = panel(reading, self._program, monotonic() - self._began, self._history, Style.of(2))
        drawn = "".join(
            f"\x1b[{rows - _HEIGHT + 1 + index};1H{_CLEAR_LINE}{line}" for index, line in enumerate(lines))
        self._write(f"{text}{_SAVE}{drawn}{_RESTORE}")

    def _reserve(self, rows: int) -> str:
        """Make room at the lower end of a terminal of so many rows."""
        before = _GIVE_BACK if self._rows else ""
        self._rows = rows
        if self._guard < 0:
            self._guard = _start_guard()
        region = f"{_SAVE}\x1b[1;{rows - _HEIGHT}r{_RESTORE}"
        return before + "\n" * _HEIGHT + f"\x1b[{_HEIGHT}A" + region

    def _give_back(self) -> None:
        if self._rows:
            self._rows = 0
            self._write(_GIVE_BACK)

    def finish(self, code: int) -> None:
        self._give_back()
        if self._guard >= 0:
            os.write(self._guard, b"done\n")
            os.close(self._guard)

    def _write(self, text: str) -> None:
        try:
            os.write(2, text.encode("utf-8", "replace"))
        except OSError:  # nobody looks any more, or not now
            return


def _rows() -> int:
    """How many rows the terminal on standard error has; 0 if there is none, or none that is wide enough."""
    try:
        size = os.get_terminal_size(2)
    except OSError:
        return 0
    if os.environ.get("TERM") == "dumb" or 0 < size.columns < _LEAST_COLUMNS:
        return 0
    return size.lines


def _start_guard() -> int:
    """A process that gives the terminal back when this one ends without having done so; the descriptor to tell it."""
    reader, writer = os.pipe()
    text = _GIVE_BACK.replace("\x1b", "\\033")
    script = f'read -r word; [ "$word" ] || printf \'{text}\' >&2'
    try:
        os.posix_spawn(
            "/bin/sh", ["sh", "-c", script], os.environ, setsid=True,
            file_actions=[(os.POSIX_SPAWN_DUP2, reader, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    except OSError:  # then there is none
        os.close(writer)
        writer = -1
    finally:
        os.close(reader)
    return writer


# What is shown

def _share(value: float) -> str:
    return f"{value:.0%}".rjust(4)


def _bytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count < 10e9 else f"{count / 1e9:,.1f} GB"


def _alarm(value: float, high: float, very_high: float) -> str:
    return "bold red" if value >= very_high else "yellow" if value >= high else ""


def _held(reading: Reading, separator: str) -> str:
    return f"{counted(reading.handles, 'handle')}{separator}{counted(reading.requests, 'request')}"


def one_line(reading: Reading) -> str:
    """A reading for a log."""
    heap = "" if reading.heap is None else f", heap {_bytes(reading.heap)}"
    return (
        f"ouro: delay p50 {duration(reading.delay_median)}, p99 {duration(reading.delay_high)} | "
        f"busy {reading.utilization:.0%} | {reading.turns_per_second:,.0f} turns/s | {_held(reading, ', ')} | "
        f"pool {reading.pool_busy} of {reading.pool_size} busy, "
        f"{reading.pool_queued:,} queued | memory {_bytes(reading.memory)}{heap}")


def panel(reading: Reading, program: str, seconds: float, history: list[float], style: Style) -> list[str]:
    """A reading for people: as many lines as the panel has."""
    title = f"── {printable(program) or 'ouro'} ── {seconds:,.0f} s "
    rule = title + "─" * max(style.width - columns(title), 0)
    bars = "".join(_BARS[min(int(share * len(_BARS)), len(_BARS) - 1)] for share in history)
    delay: list[Part] = [("  delay  ", "dim")]
    for name, ns in (("p50", reading.delay_median), ("p99", reading.delay_high), ("most", reading.delay_most)):
        delay += [(f"{name} ", "dim"), (duration(ns).rjust(7), _alarm(ns, _LATE, _VERY_LATE)), ("   ", "")]
    heap = "" if reading.heap is None else f" heap {_bytes(reading.heap)}"
    return [
        style.line([(rule, "dim")]),
        style.line([*delay, ("memory", "dim"), (f" {_bytes(reading.memory)}{heap}", "")]),
        style.line([
            ("  loop   ", "dim"),
            (f"{_share(reading.utilization)} busy", _alarm(reading.utilization, _BUSY, _VERY_BUSY)),
            (f"   {reading.turns_per_second:>8,.0f} turns/s", ""), (f"   {bars}", "cyan")]),
        style.line([
            ("  holds  ", "dim"), (_held(reading, "   "), ""),
            ("   pool ", "dim"), (f"{reading.pool_busy} of {reading.pool_size} busy", ""),
            (f"   {reading.pool_queued:,} queued", _alarm(reading.pool_queued, 1, 100))]),
    ]
