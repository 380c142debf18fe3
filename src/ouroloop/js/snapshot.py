"""The snapshot: V8's heap after the core modules have run, made once and kept in the user's cache folder.

Theory of operation. Compiling and running the core modules takes some 100 ms; taking up a heap in which they have run
takes a few. The snapshot is kept under a key of everything it depends on: the versions, the platform, and the size
and time of each source file. One that is missing or stale is made anew (`snapshot_builder.py`), one that is broken
too.

This is on the way of every start, so it imports little.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from zlib import crc32

from .. import __version__
from . import cache

NODE_VERSION = "24.21.0"
"""The version of Node.js whose behaviour this runtime has; what `process.version` says, after a "v"."""

FOLDER = os.path.dirname(__file__)
_OPERATIONS_EACH = 256

BINDINGS = sorted(
    name.removesuffix(".py") for name in os.listdir(os.path.join(FOLDER, "bindings"))
    if name.endswith(".py") and name != "__init__.py"
)
"""The names of the bindings; an operation's number tells which it belongs to by the place in this list."""


def load() -> bytes:
    """The snapshot for this process."""
    key = _key()
    kept = cache.read(key)
    if kept and crc32(memoryview(kept)[4:]) == int.from_bytes(kept[:4], "big"):
        return kept[4:]
    from .snapshot_builder import build

    blob = build()
    cache.forget_old("snapshot-")
    cache.write(key, crc32(blob).to_bytes(4, "big") + blob)
    return blob


def _key() -> str:
    facts = [__version__, NODE_VERSION, sys.version]
    folders = [FOLDER]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith((".js", ".py")):
                    status = entry.stat()
                    facts.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    facts.sort()
    return f"snapshot-{crc32(chr(10).join(facts).encode()):08x}-{sys.implementation.cache_tag}.bin"


def numbered(
    index: int, operations: dict[str, Callable[..., object]],
) -> Iterator[tuple[str, int, Callable[..., object]]]:
    """Each operation of the binding `index` with its number, which is the same in every process."""
    for position, key in enumerate(sorted(operations)):
        yield key, index * _OPERATIONS_EACH + position, operations[key]


def binding_index(number: int) -> int:
    """Which binding an operation belongs to."""
    return number // _OPERATIONS_EACH
