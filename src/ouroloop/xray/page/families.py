"""The families of kinds: a reader cannot tell two dozen colours apart, so nine families have one each."""

from __future__ import annotations

FAMILIES = {
    "main": ("main", "exit"),
    "timer": ("timer", "interval"),
    "immediate": ("immediate",),
    "tick": ("tick",),
    "promise": ("await", "microtask", "rejection"),
    "network": ("server", "socket", "pipe", "http", "udp"),
    "work": ("file", "dns", "crypto", "zlib", "work"),
    "closing": ("closing",),
    "other": ("process", "signal", "watcher", "message", "resource"),
}
"""The page's colours, in the order of its legend, and the kinds that have them."""

_FAMILY_OF = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}


def family_of(kind: str) -> str:
    """The family of a kind of run."""
    return _FAMILY_OF.get(kind, "other")
