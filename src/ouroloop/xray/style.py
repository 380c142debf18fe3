"""How text is shown where it goes: its width, and whether it may have colours and lines.

Theory of operation. A terminal has colours unless NO_COLOR or TERM=dumb says no; anything else has none unless
FORCE_COLOR says yes, which outdoes NO_COLOR, as in Node. Its width is COLUMNS, else the terminal's own, else 80.

What surprises people: a character may take two columns (CJK, most emoji) or none (what combines with the one before).
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST, _USUAL, _MOST = 40, 80, 200
_CODES = {
    "bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36,
    "bold red": "1;31",
}

Part = tuple[str, str]
"""A text, and the name of its colour or ""."""


@dataclass(frozen=True)
class Style:
    """Where a text goes to."""

    width: int = _USUAL
    has_colors: bool = False

    @classmethod
    def of(cls, descriptor: int | None) -> Style:
        """What fits a descriptor; None: a file, which nobody widens."""
        return cls(_width(descriptor), _has_colors(descriptor))

    def paint(self, text: str, color: str) -> str:
        """`text` in a colour, where there are any."""
        return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if color and self.has_colors and text else text

    def line(self, parts: list[Part], tail: Part = ("", "")) -> str:
        """`parts` on one line, cut where it would be too long, and `tail` at its right end."""
        room = self.width - (columns(tail[0]) + 2 if tail[0] else 0)
        texts, used = [], 0
        for text, color in parts:
            fitting = cut(text, room - used)
            used += columns(fitting)
            texts.append(self.paint(fitting, color))
            if fitting != text:
                break
        if tail[0]:
            texts.append(" " * (self.width - used - columns(tail[0])) + self.paint(*tail))
        return "".join(texts).rstrip()

    def wrapped(self, texts: list[str], head: Part = ("", "")) -> Iterator[str]:
        """Short texts behind a heading, as many on a line as fit."""
        room, begin = self.width - columns(head[0]), self.paint(*head)
        line = ""
        for text in texts:
            longer = f"{line} · {text}" if line else text
            if line and columns(longer) > room:
                yield begin + line
                begin, longer = " " * columns(head[0]), text
            line = longer
        yield begin + cut(line, room)


def _is_terminal(descriptor: int | None) -> bool:
    try:
        return descriptor is not None and os.isatty(descriptor)
    except OSError:
        return False


def _has_colors(descriptor: int | None) -> bool:
    forced = os.environ.get("FORCE_COLOR")
    if forced is not None:
        return forced not in ("0", "false")
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return _is_terminal(descriptor)


def _width(descriptor: int | None) -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return min(max(int(told), _LEAST), _MOST)
    try:
        width = os.get_terminal_size(descriptor).columns if descriptor is not None else 0
    except OSError:
        width = 0
    return min(max(width or _USUAL, _LEAST), _MOST)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, room: int) -> str:
    """As much of a text as fits into `room` columns, with "…" where something is missing."""
    if columns(text) <= room:
        return text
    kept, used = "", 0
    for character in text:
        used += _columns_of(character)
        if used > room - 1:
            break
        kept += character
    return f"{kept}…" if room > 0 else ""


def printable(text: str) -> str:
    """A program's own text on one line, with nothing in it that a terminal obeys."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def shown(file: str) -> str:
    """A file's name as somebody in this folder would say it."""
    try:
        relative = os.path.relpath(file) if os.path.isabs(file) else file
    except OSError:  # there is no working directory any more
        relative = file
    return printable(file if relative.startswith("..") else relative)


def counted(count: int, name: str) -> str:
    """How many of something: "1 handle", "2,000 handles"."""
    return f"{count:,} {name}{'s' * (count != 1)}"


def duration(ns: float) -> str:
    """A length of time in a few characters: "32 us", "8.23 ms", "58.1 ms", "2.61 s"."""
    if ns < 999_500:
        return f"{ns / 1e3:.0f} us"
    if ns < 9_995_000:
        return f"{ns / 1e6:.2f} ms"
    if ns < 99_950_000:
        return f"{ns / 1e6:.1f} ms"
    if ns < 999_500_000:
        return f"{ns / 1e6:.0f} ms"
    return f"{ns / 1e9:.2f} s" if ns < 99.995e9 else f"{ns / 1e9:,.0f} s"
