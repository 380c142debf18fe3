"""V8's startup data: the heap that every isolate of this process begins with.

Theory of operation. V8 carries the snapshot of a bare heap in its own image, and a structure beside it that tells where
that lies and how long it is. The binding can be given another snapshot, of which it makes a copy for each isolate:
800 page faults, 2 ms, and memory for it all. So the structure is made to tell of our snapshot, which lies mapped as the
file that it is: V8 reads it where it is.

What surprises people: the loader has made the structure read-only, so its page is opened for that moment. An isolate
asks it again for each context that it makes. So it tells of one snapshot for as long as the process lives, and no new
snapshot can be made from V8's own heap any more.
"""

from __future__ import annotations

import os

from . import c as ctypes
from . import calls

_STRUCTURE = "_ZN2v88internalL4blobE"  # const char* data; int raw_size
_V8S_OWN = "_ZN2v88internalL9blob_dataE"
NAMES = (_STRUCTURE, _V8S_OWN)
"""What is needed of V8."""

_SIZE = 16  # bytes, of the structure

_READ, _WRITE = 1, 2
_PRIVATE = 2
_DONT_NEED = 4
_MAP_FAILED = 2**64 - 1

# Not the module mmap: it takes as long to load as all of this.
_mmap, _mprotect, _madvise = calls.library["mmap"], calls.library["mprotect"], calls.library["madvise"]
_mmap.restype = ctypes.c_void_p
_mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64)
_mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class StartupData:
    """A snapshot in memory that stays: bytes, or a file's own memory."""

    def __init__(self, address: int, length: int, owner: bytes | None) -> None:
        self.address = address
        self.length = length
        self._owner = owner

    @classmethod
    def of_bytes(cls, data: bytes) -> StartupData:
        """The snapshot `data`."""
        return cls(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0, len(data), data)

    @classmethod
    def of_file(cls, descriptor: int, length: int) -> StartupData:
        """The first `length` bytes of an open file, which must not be changed as long as this process lives.

        Raises `OSError`.
        """
        address: int = _mmap(None, length, _READ, _PRIVATE, descriptor, 0)
        if address == _MAP_FAILED:
            raise OSError("mmap")
        return cls(address, length, None)

    def lend(self) -> bool:
        """Have V8 begin with this from now on. False where V8's structure is not to be had."""
        structure = calls.address_of(_STRUCTURE)
        if calls.word(structure) != calls.address_of(_V8S_OWN):
            return False
        page = os.sysconf("SC_PAGESIZE")
        start = structure - structure % page
        size = structure + _SIZE - start
        if _mprotect(start, size, _READ | _WRITE):
            return False
        ctypes.c_uint64.from_address(structure).value = self.address
        ctypes.c_int.from_address(structure + 8).value = self.length
        _mprotect(start, size, _READ)
        return True

    def rest(self) -> None:
        """V8 has read it, and will seldom read it again: what lies in a file is no longer to take memory here."""
        if self._owner is None:
            _madvise(self.address, self.length, _DONT_NEED)

    def copy(self) -> bytes:
        """All of it."""
        return ctypes.string_at(self.address, self.length)
