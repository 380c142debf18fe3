"""Spans of time: which of many is the longest.

Theory of operation. A tree over the spans has in each node the longest of those below it, so that the longest of any
that follow each other is found in a few steps: a trace of a hundred thousand timers asks as many times who was guilty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Spans:
    """Spans by their lengths, in order."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lengths = lengths
        self._size = size = len(lengths)
        self._tree = tree = [0] * size + list(range(size))
        for node in range(size - 1, 0, -1):
            tree[node] = self._longer(tree[2 * node], tree[2 * node + 1])

    def _longer(self, one: int, other: int) -> int:
        """Of two that are as long, the first."""
        lengths = self._lengths
        if lengths[one] == lengths[other]:
            return min(one, other)
        return one if lengths[one] > lengths[other] else other

    def longest(self, first: int, end: int) -> int:
        """The number of the longest from number `first` on and before `end`; -1 if there is none."""
        if first >= end:
            return -1
        found, first, end = first, first + self._size, end + self._size
        while first < end:
            if first & 1:
                found = self._longer(found, self._tree[first])
                first += 1
            if end & 1:
                end -= 1
                found = self._longer(found, self._tree[end])
            first >>= 1
            end >>= 1
        return found
