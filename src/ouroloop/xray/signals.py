"""Signals that nobody else listens for, heard in the loop.

Theory of operation. A handler of Python's own wakes the loop, which calls back in its poll step, when no callback of
the program's runs. A program that listens for the signal takes the handler's place, and gives it back when it is done.

What surprises people: Python's handlers wait until Python runs, and while JavaScript is busy it does not. So one that
is to end the program is there for one signal only: a second one ends the program at once, whatever it does.

Source: sigaction(2).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in js/command.py
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..loop import Loop

_SIZE, _FLAGS = 152, 136  # bytes: glibc's and musl's struct sigaction on 64-bit Linux, and where its flags are
_RESET_HANDLER = 0x80000000


def listen(loop: Loop, number: int, answer: Callable[[], object], once: bool = False) -> None:
    """Call `answer` in the loop's poll step when signal `number` comes; if `once`, a second one ends the process."""
    _signal.signal(number, lambda *_: loop._wakeup.mark(answer))
    if once:
        _reset_after_first(number)


def _reset_after_first(number: int) -> None:
    """Have the kernel take the handler away when it calls it, which Python has no word for."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return
    import ctypes

    sigaction = ctypes.CDLL(None).sigaction
    action = ctypes.create_string_buffer(_SIZE)
    if sigaction(number, None, action) == 0:
        flags = ctypes.c_uint32.from_buffer(action, _FLAGS)
        flags.value |= _RESET_HANDLER
        sigaction(number, action, None)
