"""TimeLimit: stops JavaScript that takes too long, while it holds the interpreter's lock.

Theory of operation. While JavaScript runs, no Python thread does, so nobody in Python can watch the time. The operating
system can: a POSIX timer calls V8's own `TerminateExecution`, on a thread that exists only when the time is over.
Setting it costs one system call.

What surprises people: the thread may come a moment after JavaScript has ended in time. `stop` says whether the timer
had gone off; then termination is taken back after a pause in which it must have arrived.

Source: timer_create(2), timer_settime(2), sigevent(3type).
"""

from __future__ import annotations

import ctypes
import functools
import os
from time import sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLOCK_MONOTONIC = 1
_SIGEV_THREAD = 2
_ARRIVAL = 0.01  # seconds


class _Event(ctypes.Structure):
    """struct sigevent."""

    _fields_ = [
        ("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int),
        ("function", ctypes.c_void_p), ("attributes", ctypes.c_void_p), ("_rest", ctypes.c_char * 32),
    ]


class _Times(ctypes.Structure):
    """struct itimerspec."""

    _fields_ = [
        ("interval_s", ctypes.c_long), ("interval_ns", ctypes.c_long), ("s", ctypes.c_long), ("ns", ctypes.c_long),
    ]


_NEVER = _Times(0, 0, 0, 0)


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "timer_create") else ctypes.CDLL("librt.so.1", use_errno=True)


class TimeLimit:
    """Calls the C function at address `terminate` with `isolate` when its time is over."""

    def __init__(self, terminate: int, isolate: int) -> None:
        self._timer = ctypes.c_void_p()
        event = _Event(isolate, 0, _SIGEV_THREAD, terminate, None, b"")
        self._check(_library().timer_create(_CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(self._timer)))

    def start(self, milliseconds: int) -> None:
        """Begin to count; 1 ms at least."""
        seconds, rest = divmod(max(1, milliseconds), 1000)
        self._set(_Times(0, 0, seconds, rest * 1_000_000), None)

    def stop(self) -> bool:
        """Stop counting; whether the time was over."""
        left = _Times()
        self._set(_NEVER, ctypes.byref(left))
        is_over = bool(left.s == 0 and left.ns == 0)
        if is_over:
            sleep(_ARRIVAL)
        return is_over

    def _set(self, times: _Times, left: Any) -> None:
        self._check(_library().timer_settime(self._timer, 0, ctypes.byref(times), left))

    def _check(self, result: int) -> None:
        if result:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def close(self) -> None:
        """Give the timer back."""
        _library().timer_delete(self._timer)
