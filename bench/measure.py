"""What the figures are, and what follows from them.

Theory of operation. A benchmark is measured in rounds: in each, every peer once, one after the other (A B C A B C).
What the machine does meanwhile (other programs, heat, clocks) changes slowly, so it touches the peers of one round
alike, and the ratio within a round is steadier than any figure alone. The ratio reported is the median of the rounds'
ratios; their least and greatest say how far to trust it. A figure that was not measured does not exist: a peer that is
missing has no column, and one that failed has a reason in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

OURS = "ouroloop"
PEERS = ("asyncio", "uvloop", "node")
ITSELF = ("unrecorded", "probeless")
"""Peers that are Ouroloop too: without a recorder; and with a loop that has no place where one could be."""

Better = Literal["higher", "lower"]


class Unavailable(Exception):
    """Something a measurement needs is not on this machine; the text says what."""


class Failed(Exception):
    """A measurement was tried and went wrong; the text says how."""


@dataclass(frozen=True)
class Sample:
    """One measured figure, and what was observed beside it."""

    value: float
    beside: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """All samples of one benchmark."""

    name: str
    title: str
    unit: str
    better: Better
    samples: dict[str, list[float]] = field(default_factory=dict)
    beside: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, peer: str, sample: Sample) -> None:
        """One more round of `peer`."""
        self.samples.setdefault(peer, []).append(sample.value)
        for key, value in sample.beside.items():
            self.beside.setdefault(peer, {}).setdefault(key, []).append(value)

    def fail(self, peer: str, reason: str) -> None:
        """`peer` cannot be measured: what was measured of it before does not count."""
        self.failed[peer] = reason
        self.samples.pop(peer, None)
        self.beside.pop(peer, None)

    def median(self, peer: str) -> float:
        """The median of a peer's samples."""
        return median(self.samples[peer])

    def noise(self, peer: str) -> float:
        """How far a peer's own samples lie apart: (greatest - least) / median."""
        samples = self.samples[peer]
        middle = median(samples)
        return (max(samples) - min(samples)) / middle if middle else 0.0

    def ratios(self, peer: str) -> list[float]:
        """Ours against the peer's, round by round; above 1 we are better."""
        pairs = zip(self.samples[OURS], self.samples[peer], strict=True)
        if self.better == "higher":
            return [ours / theirs for ours, theirs in pairs]
        return [theirs / ours for ours, theirs in pairs]

    def as_json(self) -> dict[str, Any]:
        """All of it; `ratios` and `medians` follow from `samples`."""
        ratios = {}
        if OURS in self.samples:
            for peer in self.samples:
                if peer != OURS:
                    rounds = self.ratios(peer)
                    ratios[peer] = {"median": median(rounds), "min": min(rounds), "max": max(rounds)}
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "better": self.better,
            "samples": self.samples,
            "medians": {peer: self.median(peer) for peer in self.samples},
            "noise": {peer: self.noise(peer) for peer in self.samples},
            "ratios": ratios,
            "beside": {
                peer: {key: median(values) for key, values in found.items()} for peer, found in self.beside.items()
            },
            "missing": self.missing,
            "failed": self.failed,
        }
