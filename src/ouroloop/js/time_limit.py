"""TimeLimit: stops JavaScript that takes too long, while it holds the interpreter's lock.

Theory of operation. While JavaScript runs, no Python thread does, so nobody in Python can watch the time. The operating
system can: a POSIX timer calls V8's own `TerminateExecution`, on a thread that exists only when the time is over.
Setting it costs one system call.

What surprises people: the thread may come a moment after JavaScript has ended in time, and would stop whatever runs
then. So `stop` returns only when it has come, or will not come any more.

Source: timer_create(2), timer_settime(2), sigevent(3type).
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from time import sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CLOCK_MONOTONIC = 1
_SIGEV_THREAD = 2
_ARRIVAL = 0.02  # seconds in which that thread surely comes


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

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return bool(self.s == 0 and self.ns == 0)


_NEVER = _Times(0, 0, 0, 0)


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "timer_create") else ctypes.CDLL("librt.so.1", use_errno=True)


def pause() -> None:
    """The plain way to wait for a call of `terminate`."""
    sleep(_ARRIVAL)


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

    def stop(self, wait: Callable[[], None] = pause) -> bool:
        """Stop counting; whether the time was over. If it was, `wait()` returns when `terminate` has been called."""
        left = _Times()
        self._check(_library().timer_gettime(self._timer, ctypes.byref(left)))
        if left.is_over:
            wait()
            return True
        self._set(_NEVER, ctypes.byref(left))
        if not left.is_over:
            return False
        pause()  # over between the two calls: whether `terminate` will be called cannot be told
        return True

    def _set(self, times: _Times, left: Any) -> None:
        self._check(_library().timer_settime(self._timer, 0, ctypes.byref(times), left))

    def _check(self, result: int) -> None:
        if result:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def close(self) -> None:
        """Give the timer back."""
        _library().timer_delete(self._timer)
