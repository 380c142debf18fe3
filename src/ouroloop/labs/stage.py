"""The stage: what the labs print with, so that all of them look alike, 80 columns wide, in colour and without.

Theory of operation. A stage prints headings, prose, tables, bars, timelines and graphs. Text is wrapped and padded
first and coloured last, so the colours change no width. There are colours on a terminal that can show them, and none
where NO_COLOR is set (https://no-color.org) or where the output goes to a file. Drawings are made of block characters
and lines; where the output's encoding has none, each is written as the letter of ASCII that comes nearest. No fact is
told by colour alone.

What surprises people: in prose, as in the stories, a paragraph that is indented by four blanks is a drawing and stays
as it is, "- " begins an item, and `backquotes` mark code.
"""

from __future__ import annotations

import ctypes
import inspect
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import TextIO

WIDEST = 80
"""Columns."""

_COLOURS = {
    "strong": "1", "faint": "2", "code": "36", "title": "1;36",
    "a": "36", "b": "33", "c": "35", "d": "32", "e": "34", "f": "31",
}
_KINDS = "abcdef"
_FILLINGS = "█▒▓░▞▚"
_DRAWN = "█▌▄▁▒▓░▞▚─│┌┐└┘├┤┬┴┼·→←↑↓▶◀▲▼µ×…"
_IN_ASCII = str.maketrans(_DRAWN, "# ._=+:%*-|+++++++++.><^v><^vux.")


@dataclass
class Span:
    """A piece of a lane of a timeline: from when to when, in seconds, and of what kind."""

    begin: float
    end: float
    kind: str


class Stage:
    """What to print on. `colour`, `width` and `fancy` are found out if they are not given."""

    def __init__(
        self, out: TextIO | None = None, *, colour: bool | None = None, width: int | None = None,
        fancy: bool | None = None,
    ) -> None:
        self.out = sys.stdout if out is None else out
        self.colour = _shows_colour(self.out) if colour is None else colour
        self.width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns) if width is None else width
        self._is_fancy = _encodes(self.out, _DRAWN) if fancy is None else fancy

    # Text

    def write(self, text: str) -> None:
        """Print a text, as far as the output's encoding has it."""
        if not self._is_fancy:
            text = text.translate(_IN_ASCII).encode("ascii", "replace").decode()
        self.out.write(text)

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line, as it is."""
        self.write(self.styled(text.rstrip(" "), style) + "\n")

    def styled(self, text: str, style: str) -> str:
        """`text` in a style: strong, faint, code, title, or a kind's colour, a to f."""
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and style and text else text

    def title(self, name: str, line: str) -> None:
        """Begin: the lab's name and what it shows."""
        self.write(self.styled(name, "title") + f": {line}\n")
        self.line("─" * self.width, "faint")

    def heading(self, text: str) -> None:
        """Begin a part."""
        self.line()
        for line in textwrap.wrap(text, self.width):
            self.line(line, "strong")

    def prose(self, text: str, first: str = "", style: str = "") -> None:
        """Print paragraphs, wrapped. `first` stands before the first one; the rest is indented as far."""
        indent = " " * len(first)
        for number, paragraph in enumerate(_paragraphs(text)):
            if number and not paragraph.startswith("- "):
                self.line()
            if paragraph.startswith("    "):
                self.write(self._with_code(paragraph, style) + "\n")
                continue
            hang = "  " if paragraph.startswith("- ") else ""
            lines = textwrap.wrap(
                paragraph, self.width, initial_indent=indent if number else first, subsequent_indent=indent + hang,
                break_on_hyphens=False)
            self.write(self._with_code("\n".join(lines), style) + "\n")

    def meaning(self, text: str) -> None:
        """Say what the figures mean."""
        self.line()
        self.prose(text, "→ ")

    def note(self, text: str) -> None:
        """Say what has to be said about the figures: why one is missing, what was not looked at."""
        self.prose(text, style="faint")

    def _with_code(self, text: str, style: str) -> str:
        if not self.colour:
            return text
        text = re.sub(r"`([^`]+)`", lambda found: self.styled(found[1], "code"), text)
        return self.styled(text, style)

    # Drawings

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> None:
        """Print a table: the first `left` columns aligned left, the others right. The last one, if left, is wrapped.

        If no column has a heading, there is no row of them.
        """
        cells = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(line[column]) for line in [list(headings), *cells]) for column in range(len(headings))]
        before = sum(widths[:-1]) + 2 * (len(widths) - 1)
        if left >= len(widths):
            widths[-1] = min(widths[-1], max(16, self.width - before))
        if any(headings):
            self.line(_row(headings, widths, left), "faint")
        for row in cells:
            last = textwrap.wrap(row[-1], widths[-1]) or [""]
            self.line(_row([*row[:-1], last[0]], widths, left))
            for more in last[1:]:
                self.line(" " * before + more)

    def bars(self, rows: Sequence[tuple[str, float, str]], logarithmic: bool = False) -> None:
        """Print bars: each with its name, its length, and its figure as text. Logarithmic ones say so."""
        names = max(len(name) for name, _, _ in rows)
        figures = max(len(figure) for _, _, figure in rows)
        room = max(8, self.width - names - figures - 4)
        scale = _logarithmic([value for _, value, _ in rows]) if logarithmic else _linear([v for _, v, _ in rows])
        for name, value, figure in rows:
            bar = _bar(scale(value) * room)
            self.line(f"{name:<{names}}  {figure:>{figures}}  {self.styled(bar, 'a')}")
        if logarithmic:
            self.line("(logarithmic: equal steps are equal factors)".rjust(self.width), "faint")

    def timeline(
        self, lanes: Sequence[tuple[str, Sequence[Span]]], end: float | None = None, kinds: Sequence[str] = (),
    ) -> None:
        """Print what happened when: a row for each lane, time going right, a scale, and what the fillings mean.

        A lane without a name is an empty row. `end` is the time at the right edge, in seconds, so that several
        timelines can have one scale; `kinds` gives the fillings an order, so that they can have the same.
        """
        used = list(dict.fromkeys(span.kind for _, spans in lanes for span in spans))
        kinds = [*kinds, *(kind for kind in used if kind not in kinds)]
        names = max(len(name) for name, _ in lanes)
        room = self.width - names - 2
        end = max(span.end for _, spans in lanes for span in spans) if end is None else end
        for name, spans in lanes:
            if not name:
                self.line()
                continue
            row = self._lane(spans, kinds, room, room / end)
            self.line(f"{name:<{names}}  {row}")
        scale = f"{duration(end)}"
        self.line(f"{'':<{names}}  0{scale:>{room - 1}}", "faint")
        fillings = [f"{self._filling(kinds.index(kind))} {kind}" for kind in kinds if kind in used]
        self.line(f"{'':<{names}}  {'   '.join(fillings)}")

    def _lane(self, spans: Sequence[Span], kinds: Sequence[str], room: int, scale: float) -> str:
        """A lane; in each place, the kind that holds most of it."""
        row = []
        for place in range(room):
            begin, stop = place / scale, (place + 1) / scale
            shares = dict.fromkeys(kinds, 0.0)
            for span in spans:
                shares[span.kind] += max(0.0, min(stop, span.end) - max(begin, span.begin))
            kind = max(shares, key=shares.__getitem__)
            is_idle = shares[kind] < (stop - begin) / 4
            row.append(self.styled("·", "faint") if is_idle else self._filling(kinds.index(kind)))
        return "".join(row)

    def graph(
        self, series: Sequence[tuple[str, Sequence[tuple[float, float]]]], scale: Callable[[float], str],
        end: str, height: int = 6,
    ) -> None:
        """Print how values went, one graph below the other, all on one scale: of each its name and (time, value) pairs.

        `scale` says a value as text, `end` what is at the right edge. A value holds until the next one.
        """
        last = max(time for _, points in series for time, _ in points)
        top = max(value for _, points in series for _, value in points) or 1
        names = max(len(name) for name, _ in series)
        figures = max(len(scale(top)), 1)
        room = self.width - names - figures - 5
        for number, (name, points) in enumerate(series):
            if number:
                self.line()
            columns = _columns(points, room, last)
            for row in reversed(range(height)):
                levels = "".join(_level(value / top * height - row, row == 0 and value > 0) for value in columns)
                label = scale(top) if row == height - 1 else "0" if row == 0 else ""
                title = name if row == height - 1 else ""
                self.line(f"{title:<{names}}  {label:>{figures}} │ " + self.styled(levels.rstrip(), _KINDS[number % 6]))
        self.line(f"{'':<{names}}  {'':>{figures}}   0{end:>{room - 1}}", "faint")

    def _filling(self, number: int) -> str:
        return self.styled(_FILLINGS[number], _KINDS[number])


def story(module: object) -> str:
    """A lab's story: its module's docstring."""
    return inspect.cleandoc(getattr(module, "__doc__", None) or "Python was told to leave the stories out (-OO).")


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{_three(seconds / size)} {unit}"
    return f"{_three(seconds * 1e9)} ns"


def size(count: float) -> str:
    """A number of bytes in the unit that suits it."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{_three(count / factor)} {unit}"
    return f"{count:.0f} bytes"


def times(ratio: float) -> str:
    """A ratio, for people: 1.3, 14, 2,300."""
    return _three(ratio)


def _three(value: float) -> str:
    """Three significant figures at the most, and none that say nothing."""
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"


def _linear(values: Sequence[float]) -> Callable[[float], float]:
    most = max(values) or 1
    return lambda value: value / most


def _logarithmic(values: Sequence[float]) -> Callable[[float], float]:
    low = int(log10(min(values)) - (min(values) < 1)) - 0.2
    spread = log10(max(values)) - low
    return lambda value: (log10(value) - low) / spread


def _bar(length: float) -> str:
    whole = int(length)
    return "█" * whole + ("▌" if length - whole >= 0.5 or not whole else "")


def _columns(points: Sequence[tuple[float, float]], room: int, last: float) -> list[float]:
    """The greatest value in each of so many equal parts of the time."""
    columns = [-1.0] * room
    for time, value in points:
        place = min(room - 1, int(time / last * room)) if last else 0
        columns[place] = max(columns[place], value)
    for place, value in enumerate(columns):
        if value < 0:
            columns[place] = columns[place - 1] if place else 0.0
    return columns


def _level(height: float, is_some: bool) -> str:
    """A character that is filled as high as that; if `is_some`, at least a line."""
    if height >= 0.75:
        return "█"
    return "▄" if height >= 0.25 else "▁" if is_some else " "


def _row(cells: Sequence[str], widths: Sequence[int], left: int) -> str:
    return "  ".join(
        cell.ljust(width) if number < left else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True)))


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs and items of a text, each a single line; drawings as they are."""
    for block in re.split(r"\n[ ]*\n", inspect.cleandoc(text)):
        if block.startswith("    "):
            yield block.rstrip()
            continue
        for item in re.split(r"\n(?=- )", block):
            yield " ".join(item.split())


def _encodes(out: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _shows_colour(out: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return False
    return sys.platform != "win32" or _asks_windows_for_colour()


def _asks_windows_for_colour() -> bool:
    """Windows's console takes escape sequences when asked to (ENABLE_VIRTUAL_TERMINAL_PROCESSING)."""
    kernel32 = ctypes.CDLL("kernel32")
    kernel32.GetStdHandle.restype = ctypes.c_void_p
    handle, mode = ctypes.c_void_p(kernel32.GetStdHandle(-11)), ctypes.c_ulong()
    return bool(
        kernel32.GetConsoleMode(handle, ctypes.byref(mode)) and kernel32.SetConsoleMode(handle, mode.value | 4))
