"""ELF: where functions lie inside a shared library that does not export them.

Theory of operation. Wheels carry whole C and C++ libraries inside an extension module, whose binding reaches a part of
them. The rest is there all the same: the file's symbol table names every function. `offsets` reads the table (System V
ABI, chapter 4); a symbol that is exported tells by how much the file was moved when it was loaded.

What surprises people: these symbols are local, so dlsym(3) does not find them. And a table of 95,000 symbols takes
0.1 s to read, so who asks at every start keeps the answer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable
from itertools import accumulate

_HEAD_SIZE = 64
_SHT_SYMTAB = 2
_SECTION = "<IIQQQQIIQQ"
_ENTRY = "<I4xQ8x"  # the offset of the name, and the value


class SymbolsMissingError(Exception):
    """A function cannot be found in the file."""


def offsets(path: str, names: Iterable[str]) -> dict[str, int]:
    """Where in the file `path`, as it will lie in memory, each of `names` is. Raises SymbolsMissingError."""
    with open(path, "rb", buffering=0) as file:
        texts, entries = _table(path, lambda start, size: os.pread(file.fileno(), size, start))
    values = dict(struct.iter_unpack(_ENTRY, entries))
    starts = _starts(texts)
    return {name: _value(path, name.encode(), texts, starts, values) for name in names}


def _starts(texts: bytes) -> dict[bytes, int]:
    """Where each name begins: one walk over all of them takes as long as to look for twenty."""
    names = texts.split(b"\0")
    return dict(zip(names, accumulate((len(name) + 1 for name in names), initial=0), strict=False))


def _table(path: str, read: Callable[[int, int], bytes]) -> tuple[bytes, bytes]:
    """The names, with a zero byte after each, and the entries."""
    head = read(0, _HEAD_SIZE)
    if head[:6] != b"\x7fELF\x02\x01":
        raise SymbolsMissingError(f"{path} is not a 64-bit ELF file; this needs Linux (x86-64 or aarch64)")
    offset = struct.unpack_from("<Q", head, 0x28)[0]
    size, count = struct.unpack_from("<HH", head, 0x3A)
    headers = read(offset, size * count)
    sections = [struct.unpack_from(_SECTION, headers, index * size) for index in range(count)]
    table = next((section for section in sections if section[1] == _SHT_SYMTAB), None)
    if table is None:
        raise SymbolsMissingError(f"{path} was stripped of its symbol table; reinstall it from PyPI")
    strings = sections[table[6]]
    return read(strings[4], strings[5]), read(table[4], table[5])


def _value(path: str, name: bytes, texts: bytes, starts: dict[bytes, int], values: dict[int, int]) -> int:
    start = starts.get(name, -1)
    while start not in values:  # or the name is the end of a longer one, which the linker has only once
        start = texts.find(name + b"\0", start + 1)
        if start < 0:
            raise SymbolsMissingError(
                f"{path} has no function {name.decode()}; Ouroloop needs the version that it pins: "
                "pip install -U ouroloop")
    return values[start]
