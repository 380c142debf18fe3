"""The snapshot: V8's heap after the core modules have run, made once and kept in the user's cache folder.

Theory of operation. Compiling and running the core modules takes some 100 ms; taking up a heap in which they have run
takes a few. The snapshot is kept under a key of everything it depends on: the versions, the platform, and the size
and time of each source file, or, where pip has put them, their hashes in pip's own list of what it installed (who
changes an installed file by hand removes that list, or the cache). One that is missing or stale is made anew
(`snapshot_builder.py`), one that is not whole too.

This is on the way of every start, so it imports little, and reads nothing twice: the file is mapped into memory, and
only V8 copies it.
"""

from __future__ import annotations

import os
import sys

from .. import __version__
from . import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODE_VERSION = "24.21.0"
"""The version of Node.js whose behaviour this runtime has; what `process.version` says, after a "v"."""

FOLDER = os.path.dirname(__file__)
LIBRARY = os.path.join(FOLDER, "lib")
_OPERATIONS_EACH = 256

BINDINGS = sorted(
    name.removesuffix(".py") for name in os.listdir(os.path.join(FOLDER, "bindings"))
    if name.endswith(".py") and name != "__init__.py"
)
"""The names of the bindings; an operation's number tells which it belongs to by the place in this list."""


TIMER_NATIVES = ("schedule", "ref", "unref", "immediatesBegin", "immediatesEnd", "watchTasks")
"""The natives that each runtime has of its own, by which JavaScript's timers reach the loop."""


class SnapshotError(Exception):
    """The snapshot cannot be made."""


def kept() -> tuple[int, int] | None:
    """The snapshot for this process, if there is one that is whole: an open file, and how many bytes of it."""
    return cache.opened(_key())


def keep(blob: bytes) -> None:
    """Keep a snapshot for the processes that come."""
    cache.forget_old("snapshot-")
    cache.seal(_key(), blob)


def _key() -> str:
    facts = "\n".join([__version__, NODE_VERSION, sys.version, FOLDER, _installation() or "\n".join(_sources())])
    return f"snapshot-{cache.fingerprint(facts)}-{sys.implementation.cache_tag}.bin"


def _installation() -> str:
    """What the list of what pip has installed comes to; "" for a working copy, whose files may change."""
    site = os.path.dirname(os.path.dirname(FOLDER))
    try:
        with open(os.path.join(site, f"ouroloop-{__version__}.dist-info", "RECORD"), "rb", buffering=0) as file:
            return cache.fingerprint(file.read())
    except OSError:
        return ""


def _sources() -> list[str]:
    facts = []
    folders = [FOLDER]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith((".js", ".py")):
                    status = entry.stat()
                    facts.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return sorted(facts)


def module_ids() -> list[str]:
    """The names of all core modules in `lib/`."""
    return sorted(
        os.path.relpath(os.path.join(folder, name), LIBRARY)[:-3].replace(os.sep, "/")
        for folder, _, names in os.walk(LIBRARY) for name in names if name.endswith(".js")
    )


_sources_kept: dict[str, str] = {}


def source(name: str) -> str:
    """The source of a core module."""
    if name in _sources_kept:
        return _sources_kept[name]
    with open(path_of(name), "rb", buffering=0) as file:
        return file.read().decode()


def path_of(name: str) -> str:
    """The file of a core module."""
    return os.path.join(LIBRARY, *f"{name}.js".split("/"))


def keep_sources() -> None:
    """Read all sources now: this process may not be able to later."""
    _sources_kept.update((name, source(name)) for name in module_ids())


def numbered(
    index: int, operations: dict[str, Callable[..., object]],
) -> Iterator[tuple[str, int, Callable[..., object]]]:
    """Each operation of the binding `index` with its number, which is the same in every process."""
    for position, key in enumerate(sorted(operations)):
        yield key, index * _OPERATIONS_EACH + position, operations[key]


def binding_index(number: int) -> int:
    """Which binding an operation belongs to."""
    return number // _OPERATIONS_EACH
