"""Crypto natives: random bytes of the kernel's, and hashes by OpenSSL's own function, without Python where that can be.

Theory of operation. JavaScript shares a frame of 64-bit words: the result, position and length of the bytes in an
ArrayBuffer that is passed, and which hash; the digest comes in the frame too, followed by its length. `digestAtOnce` is
OpenSSL's EVP_Digest, found in what Python's `_hashlib` is linked with; a hash is named by the address of its EVP_MD.

What surprises people: looking OpenSSL up takes a millisecond, so it is done when a hash is first asked for; only then
are there natives for it. Where there is no machine code (`direct.py`), or no such function, `digestType` knows no hash,
and JavaScript goes by way of the operations (`bindings/crypto.py`), which do the same.

Source: getrandom(2); EVP_DigestInit(3ossl).
"""

from __future__ import annotations

import os

from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

NAMES = ["shareFrame", "digestType", "fillRandom", "digestAtOnce"]

_pointer = ctypes.c_void_p

_RESULT, _POSITION, _LENGTH, _TYPE, _SIZE, _DIGEST = range(6)  # places in the frame
_FRAME_SIZE = 48 + 64  # a digest has 64 bytes at most
_GETRANDOM = 318

Native: TypeAlias = "Callable[[int], int | None] | int"


class Crypto:
    """The natives of one isolate. `text` gives a JavaScript string, `number` makes a number."""

    def __init__(
        self, call: Any, memory: Callable[[int, int], memoryview], directly: direct.Directly | None,
        text: Callable[[int], str], number: Callable[[float], int],
    ) -> None:
        self._call, self._memory, self._directly = call, memory, directly
        self._text, self._number = text, number
        self._cell = ctypes.c_uint64()  # where the frame is
        self._openssl: Any = None
        self._made: dict[str, Native] = {}

    def methods(self) -> dict[str, Native]:
        """The natives by name; `digestAtOnce` comes to them as soon as a hash was asked for that it can make."""
        made = self._made
        made.update({
            "shareFrame": self._share_frame, "digestType": self._digest_type, "fillRandom": self._fill_random})
        if self._directly is not None:
            self._directly.keep(self._cell)
            made["fillRandom"] = self._directly.kernel(
                _GETRANDOM, [direct.memory(0, _POSITION * 8), direct.word(_LENGTH * 8), direct.constant(0)],
                ctypes.addressof(self._cell))
        return made

    def _argument(self, info: int, index: int) -> int:
        local: int = self._call.FunctionCallbackInfo__Get(info, index)
        return local

    def _share_frame(self, info: int) -> None:
        self._cell.value = self._call.ArrayBuffer__Data(self._argument(info, 0))

    def _fill_random(self, info: int) -> None:
        words = self._memory(self._cell.value, _FRAME_SIZE).cast("q")
        length = words[_LENGTH]
        target = self._call.ArrayBuffer__Data(self._argument(info, 0)) + words[_POSITION]
        self._memory(target, length)[:] = os.urandom(length)
        words[_RESULT] = length

    def _digest_type(self, info: int) -> int:
        """The number of a hash for `digestAtOnce`; 0 if there is none of that name here, or none of one length."""
        if self._directly is None:
            return self._number(0)
        if self._openssl is None:
            self._load(self._directly)
        if not self._openssl:
            return self._number(0)
        found = self._openssl.EVP_MD_fetch(None, self._text(self._argument(info, 0)).encode(), None)
        is_extendable = found and self._openssl.EVP_MD_get_flags(_pointer(found)) & 2  # EVP_MD_FLAG_XOF
        return self._number(0 if is_extendable else found or 0)

    def _load(self, directly: direct.Directly) -> None:
        self._openssl = _find_openssl()
        if self._openssl:
            self._made["digestAtOnce"] = directly.function(
                self._openssl.EVP_Digest,
                [direct.memory(0, _POSITION * 8), direct.word(_LENGTH * 8), direct.inside(_DIGEST * 8),
                 direct.inside(_SIZE * 8), direct.word(_TYPE * 8), direct.constant(0)],
                direct.TO_FRAME, ctypes.addressof(self._cell), waits=True)
            directly.seal()


def _find_openssl() -> Any:
    """The library that Python's hashes come from; False if its functions cannot be had."""
    try:
        import _hashlib

        library = ctypes.CDLL(_hashlib.__file__)
        library.EVP_MD_fetch.restype = _pointer
        library.EVP_MD_fetch.argtypes = (_pointer, ctypes.c_char_p, ctypes.c_char_p)
        library.EVP_MD_get_flags.restype = ctypes.c_ulong
        _ = library.EVP_Digest
    except (ImportError, AttributeError, OSError):
        return False
    return library
