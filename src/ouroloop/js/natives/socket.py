"""Socket natives: send(2), for what the kernel takes at once, and recv(2), for what it has.

Theory of operation. JavaScript shares a frame of four words of 64 bits: the result, a descriptor, a position and a
length. It calls `callSend` with memory of its own in which text or bytes lie, or `callReceive` with memory to fill: the
machine code (`direct.py`) asks the kernel, and no Python runs. A write of 170 bytes so takes 3 us less than by way of
the operation `stream_wrap.write`, which stays for what has to wait, and for where there is no machine code.

What surprises people: the descriptor is the loop's and does not block, so the result may be -EAGAIN or less than all.

Source: send(2), recv(2).
"""

from __future__ import annotations

from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ["shareFrame", "callSend", "callReceive"]

_FD, _POSITION, _LENGTH = 8, 16, 24  # offsets in the frame; the result comes first
_SENDTO, _RECVFROM = 44, 45  # on x86-64
_DONTWAIT, _NOSIGNAL = 0x40, 0x4000


def methods(call: Any, isolate: int, directly: direct.Directly | None) -> dict[str, Callable[[int], int | None] | int]:
    """The natives by name, on V8's functions `call`."""
    cell = ctypes.c_uint64()  # where the frame is

    def share_frame(info: int) -> int:
        """Take the frame; whether there are `callSend` and `callReceive`."""
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        return int(call.Boolean__New(isolate, directly is not None))

    if directly is None:
        return {"shareFrame": share_frame}
    directly.keep(cell)
    nothing = direct.constant(0)

    def call_with(number: int, flags: int) -> int:
        sources = [direct.word(_FD), direct.memory(0, _POSITION), direct.word(_LENGTH), direct.constant(flags)]
        return directly.kernel(number, [*sources, nothing, nothing], ctypes.addressof(cell))

    return {
        "shareFrame": share_frame, "callSend": call_with(_SENDTO, _DONTWAIT | _NOSIGNAL),
        "callReceive": call_with(_RECVFROM, _DONTWAIT),
    }
