"""The C library, for the few calls that Python's own modules leave out: inotify(7), statfs(2), connect(2) to nowhere,
mallopt(3).

Whoever makes one of them imports this then, not before: few programs do, and loading ctypes takes 1.5 ms.
"""

from __future__ import annotations

import ctypes
import os

from .errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_library = ctypes.CDLL(None, use_errno=True)

buffer = ctypes.create_string_buffer
"""`buffer(size)`: memory for a call to write its answer to."""


def texts(values: Iterable[str]) -> ctypes.Array[ctypes.c_char_p]:
    """Texts as C has them: an array of pointers that ends with NULL."""
    encoded = [os.fsencode(value) for value in values]
    return (ctypes.c_char_p * (len(encoded) + 1))(*encoded, None)


def call(name: str, *args: Any, filename: str | bytes | None = None) -> int:
    """The result of a function that answers -1 when it fails. Then raises `OSError` with its errno, for `filename`."""
    result: int = getattr(_library, name)(*args)
    if result == -1:
        raise error(ctypes.get_errno(), filename)
    return result


_M_ARENA_MAX = -8


def share_one_heap() -> None:
    """Let threads that are still to come allocate from the heap of the main thread (mallopt(3), M_ARENA_MAX).

    Does nothing where the C library is not glibc. Whoever calls this heeds the user's own setting, MALLOC_ARENA_MAX.
    """
    mallopt = getattr(_library, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
