"""What random programs are put together from: statements, blocks of them, and the places where they stand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


class Block(list["Piece"]):
    """Statements."""


@dataclass
class Piece:
    """A statement: text, and the blocks in it. `parts` holds strings and blocks in turn."""

    parts: list[str | Block]

    def render(self, indent: str) -> str:
        text = ""
        for part in self.parts:
            if isinstance(part, str):
                text += part
            else:
                inner = render(part, indent + "  ")
                text += f"\n{inner}{indent}" if inner else ""
        return f"{indent}{text}\n"

    def blocks(self) -> list[Block]:
        return [part for part in self.parts if isinstance(part, Block)]


def render(block: Block, indent: str = "") -> str:
    """The text of statements."""
    return "".join(piece.render(indent) for piece in block)


@dataclass(frozen=True)
class Place:
    """What is allowed where a statement stands."""

    depth: int
    awaits: bool = False
    yields: bool = False
    returns: bool = True
    loop: bool = False

    def inside(self, awaits: bool = False, yields: bool = False) -> Place:
        """The body of a function in here."""
        return Place(self.depth - 1, awaits, yields)

    def nested(self, loop: bool = False) -> Place:
        """A block of the same function."""
        return Place(self.depth - 1, self.awaits, self.yields, self.returns, loop or self.loop)


Parts = list["str | Block"]
Make = Callable[[Place], Parts]


class Maker:
    """What everything that makes statements needs. `quiet`: timers and immediates would race with what is under way."""

    random: random.Random
    quiet = False
    _label = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, *choices: str) -> str:
        """One of them; while it has to be quiet, one without a phase of the loop if there is such a one."""
        calm = [choice for choice in choices if not any(word in choice for word in _LOUD)] if self.quiet else []
        return self.random.choice(calm or choices)

    def label(self) -> int:
        self._label += 1
        return self._label

    def block(self, place: Place, least: int = 1) -> Block:
        raise NotImplementedError

    def value(self, place: Place) -> Parts:
        raise NotImplementedError

    def values(self, place: Place) -> Parts:
        """One to three, with commas."""
        found: Parts = []
        for _ in range(self.random.randint(1, 3)):
            found += [*self.value(place), ", "]
        return found

    def in_async(self, place: Place, parts: Parts) -> Parts:
        """`parts` as they are where `await` is allowed, else in an async function."""
        if place.awaits:
            return parts
        n = self.label()
        return ["(async () => { ", *parts, f" }})().then(() => log({n}), (x) => log({n}, x));"]

    def loop_place(self, place: Place) -> Place:
        return Place(place.depth - 1, True, place.yields, False, True)

    def body_place(self, place: Place) -> Place:
        """A callback's body after which a statement follows."""
        return Place(place.depth - 1, returns=False)


_LOUD = ("setImmediate", "timer", "turn(", "nap(")
EVENTS = ("'a'", "'b'")
