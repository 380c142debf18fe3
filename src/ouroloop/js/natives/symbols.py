"""Where V8's C functions lie inside the wheel of v8-python.

Theory of operation. The binding's extension module carries all of V8, with the C interface that rusty_v8 puts over it
(`v8__Promise__State` and the like). The binding itself reaches a part of it only, copies every value, and cannot be
entered while JavaScript runs. The rest is found by the file's symbol table (`node/elf.py`); the exported `PyInit_v8`
tells by how much the file was moved when it was loaded, and that holds for its neighbours.

What surprises people: reading the table takes 0.1 s, so what was found is kept in the user's cache folder, under the
file's size and time.
"""

from __future__ import annotations

import marshal
import os
import sys

from .. import cache
from . import c as ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ANCHOR = "PyInit_v8"


class Symbols:
    """What the loaded extension module `path` holds. `every_name` gives all names that will ever be asked for."""

    def __init__(self, path: str, every_name: Callable[[], Iterable[str]]) -> None:
        self._path = path
        self._every_name = every_name
        status = os.stat(path)
        self._key = f"symbols-{status.st_size}-{status.st_mtime_ns}-{sys.implementation.cache_tag}.bin"
        self._offsets = _kept(self._key) or self._read()
        anchor = ctypes.cast(ctypes.PyDLL(path)[_ANCHOR], ctypes.c_void_p).value or 0
        self._base = anchor - self._offsets[_ANCHOR]

    def address(self, name: str) -> int:
        """Where in this process that is. Raises `elf.SymbolsMissingError` if it is not there."""
        if name not in self._offsets:  # what was kept is another version's
            self._offsets = self._read()
        return self._base + self._offsets[name]

    def _read(self) -> dict[str, int]:
        from ...node import elf  # rarely needed

        offsets = elf.offsets(self._path, [*self._every_name(), _ANCHOR])
        cache.write(self._key, marshal.dumps(offsets))
        return offsets


def _kept(key: str) -> dict[str, int]:
    try:
        offsets: dict[str, int] = marshal.loads(cache.read(key) or b"")
        return offsets if _ANCHOR in offsets else {}
    except (EOFError, ValueError, TypeError):
        return {}
