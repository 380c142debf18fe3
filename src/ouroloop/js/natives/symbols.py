"""Where V8's C functions lie inside the wheel of v8-python.

Theory of operation. The binding's extension module carries all of V8, with the C interface that rusty_v8 puts over it
(`v8__Promise__State` and the like). The binding itself reaches a part of it only, copies every value, and cannot be
entered while JavaScript runs. The rest is there all the same: the file's symbol table names every function. This module
reads the table (ELF, System V ABI chapter 4), and gives the address of each function in this process.

What surprises people: these symbols are local, so dlsym(3) does not find them; but the exported `PyInit_v8` tells by
how much the file was moved when it was loaded, and that holds for its neighbours. Reading a table of 95,000 symbols
takes 0.1 s, so what was found is kept in the user's cache folder, under the file's size and time.
"""

from __future__ import annotations

import marshal
import os
import sys

from .. import cache
from . import c as ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable

_SHT_SYMTAB = 2
_SECTION = "<IIQQQQIIQQ"
_ANCHOR = "PyInit_v8"


class SymbolsMissingError(Exception):
    """V8's C functions cannot be found in this build of v8-python."""


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
        """Where in this process that is. Raises `SymbolsMissingError` if it is not there."""
        if name not in self._offsets:  # what was kept is another version's
            self._offsets = self._read()
        return self._base + self._offsets[name]

    def _read(self) -> dict[str, int]:
        offsets = _read(self._path, [*self._every_name(), _ANCHOR])
        cache.write(self._key, marshal.dumps(offsets))
        return offsets


def _kept(key: str) -> dict[str, int]:
    try:
        offsets: dict[str, int] = marshal.loads(cache.read(key) or b"")
        return offsets if _ANCHOR in offsets else {}
    except (EOFError, ValueError, TypeError):
        return {}


def _read(path: str, names: list[str]) -> dict[str, int]:
    import struct

    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x02\x01":
        raise SymbolsMissingError(
            f"{path} is not a 64-bit ELF file; JavaScript needs Linux (x86-64 or aarch64) in this version")
    offset = struct.unpack_from("<Q", data, 0x28)[0]
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from(_SECTION, data, offset + index * size) for index in range(count)]
    table = next((section for section in sections if section[1] == _SHT_SYMTAB), None)
    if table is None:
        raise SymbolsMissingError(f"{path} was stripped of its symbol table; reinstall v8-python from PyPI")
    strings = sections[table[6]]
    texts = data[strings[4] : strings[4] + strings[5]]
    entries = data[table[4] : table[4] + table[5]]
    from array import array

    text_offsets = array("I", entries)[0::6]  # an entry is 24 bytes; it begins with the offset of its name
    return {name: _value(name, texts, entries, text_offsets) for name in names}


def _value(name: str, texts: bytes, entries: bytes, text_offsets: array[int]) -> int:
    """What the symbol `name` stands for: its offset in the file as it will lie in memory."""
    wanted = b"\0" + name.encode() + b"\0"
    position = texts.find(wanted)
    while position >= 0:
        try:
            index = text_offsets.index(position + 1)
        except ValueError:  # the end of a longer name
            position = texts.find(wanted, position + 1)
            continue
        return int.from_bytes(entries[index * 24 + 8 : index * 24 + 16], "little")
    raise SymbolsMissingError(
        f"v8-python has no function {name}; Ouroloop needs the version that it pins: pip install -U ouroloop")
