"""Clock natives: the monotonic clock, read into memory that JavaScript sees.

Theory of operation. JavaScript shares a frame of three words of 64 bits; `readClock` writes seconds and nanoseconds
into the last two. Where there is machine code (`direct.py`) the C library's function is called, which asks the kernel
nothing: 0.05 us, where an operation took 3.

Source: clock_gettime(2), vdso(7).
"""

from __future__ import annotations

import time

from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ["shareClock", "readClock"]

_SECONDS, _NANOSECONDS = 1, 2  # places among the frame's words
_FRAME_SIZE = 24


def methods(
    call: Any, memory: Callable[[int, int], memoryview], directly: direct.Directly | None,
) -> dict[str, Callable[[int], int | None] | int]:
    """The natives by name, on V8's functions `call`."""
    cell = ctypes.c_uint64()  # where the frame is
    words = memoryview(bytearray(_FRAME_SIZE)).cast("q")

    def share_clock(info: int) -> None:
        nonlocal words
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        words = memory(cell.value, _FRAME_SIZE).cast("q")

    def read_clock(_info: int) -> None:
        words[_SECONDS], words[_NANOSECONDS] = divmod(time.monotonic_ns(), 1_000_000_000)

    if directly is None:
        return {"shareClock": share_clock, "readClock": read_clock}
    directly.keep(cell)
    read = directly.function(
        ctypes.CDLL(None).clock_gettime, [direct.constant(time.CLOCK_MONOTONIC), direct.inside(_SECONDS * 8)],
        cell=ctypes.addressof(cell))
    return {"shareClock": share_clock, "readClock": read}
