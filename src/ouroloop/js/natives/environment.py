"""Environment natives: one variable of the process's, looked up without Python.

Theory of operation. JavaScript shares a frame: a word for the result, and from `_NAME` on a name that ends in NUL.
`findVariable` leaves the address of the value there, 0 if there is none; `variableText` makes a string of it. Python
sees to it that the C library's environment is that of `os.environ`. Programs ask for NODE_ENV and the like again and
again: 0.15 us, where the operation takes 3. Only where there is machine code (`direct.py`).

Source: getenv(3).
"""

from __future__ import annotations

from . import c as ctypes
from . import direct
from .calls import NEW_FROM_UTF8, library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ["shareFrame", "findVariable", "variableText"]

_RESULT, _NAME = 0, 8  # offsets in bytes
_TO_ITS_NUL = -1 & 0xFFFFFFFF  # as a length of C's `int`


def methods(call: Any, isolate: int, directly: direct.Directly | None) -> dict[str, Callable[[int], int | None] | int]:
    """The natives by name, on V8's functions `call`; none where Python would have to run."""
    if directly is None:
        return {}
    cell = ctypes.c_uint64()  # where the frame is
    directly.keep(cell)
    frame = ctypes.addressof(cell)

    def share_frame(info: int) -> None:
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))

    text: list[direct.Source] = [
        direct.constant(isolate), direct.word(_RESULT), direct.constant(0), direct.constant(_TO_ITS_NUL)]
    return {
        "shareFrame": share_frame,
        "findVariable": directly.function(library.getenv, [direct.inside(_NAME)], cell=frame),
        "variableText": directly.function(
            getattr(call, NEW_FROM_UTF8), text, direct.TO_VALUE, frame),
    }
