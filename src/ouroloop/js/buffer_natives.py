"""Buffer natives: between JavaScript's strings and the memory of its buffers, by V8's own routines.

Theory of operation. `lib/internal/buffer/memory.js` calls these for texts that are long enough. Looking at an argument
costs more than converting a kilobyte, so a native gets the ArrayBuffer and the string only: position (in bytes) and
length lie in doubles of memory that both sides see (`shareParameters`), and a number that is the result comes back
in the first.

What surprises people: the ranges have been checked by JavaScript, and nothing is checked here.

Source: V8's `include/v8-primitive.h`.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

_pointer = ctypes.c_void_p
_int = ctypes.c_int
_size = ctypes.c_size_t

_NEW_FROM_UTF8 = "_ZN2v86String11NewFromUtf8EPNS_7IsolateEPKcNS_13NewStringTypeEi"
_NEW_FROM_ONE_BYTE = "_ZN2v86String14NewFromOneByteEPNS_7IsolateEPKhNS_13NewStringTypeEi"
_NEW_FROM_TWO_BYTE = "_ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi"
_WRITE_UTF8 = "_ZNK2v86String11WriteUtf8V2EPNS_7IsolateEPcmiPm"
_WRITE = "_ZNK2v86String7WriteV2EPNS_7IsolateEjjPti"
_UTF8_LENGTH = "_ZNK2v86String12Utf8LengthV2EPNS_7IsolateE"
_SET_DETACH_KEY = (
    "_ZN2v88internal13JSArrayBuffer12SetDetachKeyENS0_12DirectHandleIS1_EENS2_INS0_6ObjectEEEPNS0_7IsolateE")

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    _NEW_FROM_UTF8: (_pointer, _pointer, _pointer, _int, _int),
    _NEW_FROM_ONE_BYTE: (_pointer, _pointer, _pointer, _int, _int),
    _WRITE_UTF8: (_size, _pointer, _pointer, _pointer, _size, _int, _pointer),
    _WRITE: (None, _pointer, _pointer, ctypes.c_uint32, ctypes.c_uint32, _pointer, _int),
    _UTF8_LENGTH: (_size, _pointer, _pointer),
    _SET_DETACH_KEY: (None, _pointer, _pointer, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""

FLAGS = "--experimental-wasm-stringref"
"""What `lib/internal/buffer/strings.js` needs of V8, and can do without."""

_REPLACE_INVALID_UTF8 = 2
_VIEW_SIZE = 512

Method: TypeAlias = "Callable[[int], int | None]"


def methods(call: Any, isolate: int, memory: Callable[[int, int], memoryview]) -> dict[str, Method]:
    """The natives by name, on V8's functions `call`."""
    argument, data = call.FunctionCallbackInfo__Get, call.ArrayBuffer__Data
    write_utf8, write, utf8_length = getattr(call, _WRITE_UTF8), getattr(call, _WRITE), getattr(call, _UTF8_LENGTH)
    set_key = getattr(call, _SET_DETACH_KEY)
    parameters = memory(ctypes.addressof(_unshared), ctypes.sizeof(_unshared)).cast("d")

    def share_parameters(info: int) -> None:
        nonlocal parameters
        parameters = memory(data(argument(info, 0)), ctypes.sizeof(_unshared)).cast("d")

    def address(info: int) -> int:
        return (data(argument(info, 0)) or 0) + int(parameters[0])

    def slicer(make: Callable[[int, int, int, int], int | None]) -> Method:
        return lambda info: make(isolate, address(info), 0, int(parameters[1]))

    def utf8_write(info: int) -> None:
        parameters[0] = write_utf8(
            argument(info, 1), isolate, address(info), int(parameters[1]), _REPLACE_INVALID_UTF8, None)

    def ucs2_write(info: int) -> None:
        write(argument(info, 1), isolate, 0, int(parameters[1]), address(info), 0)

    def latin1_write(info: int) -> None:
        length = int(parameters[1])
        view = ctypes.create_string_buffer(_VIEW_SIZE)
        call.String__ValueView__CONSTRUCT(view, isolate, argument(info, 1))
        try:
            text = call.String__ValueView__data(view)
            if call.String__ValueView__is_one_byte(view):
                ctypes.memmove(address(info), text, length)
            else:
                memory(address(info), length)[:] = ctypes.string_at(text, length * 2)[::2]
        finally:
            call.String__ValueView__DESTRUCT(view)

    def find(info: int) -> None:
        start, length, needle_length = address(info), int(parameters[1]), int(parameters[3])
        found = _memmem(start, length, data(argument(info, 1)) + int(parameters[2]), needle_length)
        parameters[0] = found - start if found else -1

    def set_detach_key(info: int) -> None:
        set_key(argument(info, 0), argument(info, 1), isolate)

    def utf8_length_of(info: int) -> None:
        parameters[0] = utf8_length(argument(info, 0), isolate)

    def is_utf8(info: int) -> None:
        try:
            str(memory(address(info), int(parameters[1])), "utf-8")
        except UnicodeDecodeError:
            parameters[0] = 0
        else:
            parameters[0] = 1

    def is_ascii(info: int) -> None:
        parameters[0] = ctypes.string_at(address(info), int(parameters[1])).isascii()

    return {
        "shareParameters": share_parameters,
        "utf8Slice": slicer(getattr(call, _NEW_FROM_UTF8)),
        "latin1Slice": slicer(getattr(call, _NEW_FROM_ONE_BYTE)),
        "ucs2Slice": slicer(getattr(call, _NEW_FROM_TWO_BYTE)),
        "utf8Write": utf8_write,
        "latin1Write": latin1_write,
        "ucs2Write": ucs2_write,
        "utf8Length": utf8_length_of,
        "isUtf8": is_utf8,
        "isAscii": is_ascii,
        "find": find,
        "setDetachKey": set_detach_key,
    }


def _find_memmem() -> Callable[[int, int, int, int], int | None]:
    """memmem(3), which is in every C library but Windows'."""
    try:
        function = ctypes.PyDLL(None).memmem
    except (AttributeError, OSError, TypeError):
        return _slow_memmem
    function.restype = _pointer
    function.argtypes = (_pointer, _size, _pointer, _size)
    return function


def _slow_memmem(start: int, length: int, needle: int, needle_length: int) -> int | None:
    at = ctypes.string_at(start, length).find(ctypes.string_at(needle, needle_length))
    return None if at < 0 else start + at


_memmem = _find_memmem()
_unshared = (ctypes.c_double * 4)()
