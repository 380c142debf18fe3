"""Buffer natives: between JavaScript's strings and the memory of its buffers, by V8's own routines.

Theory of operation. `lib/internal/buffer/memory.js` calls these for texts that are long enough. A native gets
ArrayBuffers and strings as arguments, and numbers in memory that both sides see (`shareParameters`): position (in
bytes), length, and position and length of another buffer; a position becomes the address in memory. A number that is
the result comes back in the first word. Nearly all are made of machine code (`direct.py`) where there is any.

What surprises people: the ranges have been checked by JavaScript, and nothing is checked here.

Source: V8's `include/v8-primitive.h`.
"""

from __future__ import annotations

from . import c as ctypes
from . import direct
from .calls import NEW_FROM_UTF8, declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

_pointer = ctypes.c_void_p
_int = ctypes.c_int
_size = ctypes.c_size_t

_NEW_FROM_ONE_BYTE = "_ZN2v86String14NewFromOneByteEPNS_7IsolateEPKhNS_13NewStringTypeEi"
_NEW_FROM_TWO_BYTE = "_ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi"
_WRITE_UTF8 = "_ZNK2v86String11WriteUtf8V2EPNS_7IsolateEPcmiPm"
_WRITE = "_ZNK2v86String7WriteV2EPNS_7IsolateEjjPti"
_UTF8_LENGTH = "_ZNK2v86String12Utf8LengthV2EPNS_7IsolateE"
_IS_UTF8 = "_ZN7simdutf13validate_utf8EPKcm"
_IS_ASCII = "_ZN7simdutf14validate_asciiEPKcm"
_SET_DETACH_KEY = (
    "_ZN2v88internal13JSArrayBuffer12SetDetachKeyENS0_12DirectHandleIS1_EENS2_INS0_6ObjectEEEPNS0_7IsolateE")

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    _NEW_FROM_ONE_BYTE: (_pointer, _pointer, _pointer, _int, _int),
    _WRITE_UTF8: (_size, _pointer, _pointer, _pointer, _size, _int, _pointer),
    _WRITE: (None, _pointer, _pointer, ctypes.c_uint32, ctypes.c_uint32, _pointer, _int),
    _UTF8_LENGTH: (_size, _pointer, _pointer),
    _IS_UTF8: (ctypes.c_bool, _pointer, _size),
    _IS_ASCII: (ctypes.c_bool, _pointer, _size),
    _SET_DETACH_KEY: (None, _pointer, _pointer, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

_REPLACE_INVALID_UTF8 = 2
_VIEW_SIZE = 512

Method: TypeAlias = "Callable[[int], int | None]"
Native: TypeAlias = "Method | int"

_RESULT, _POSITION, _LENGTH, _OTHER_POSITION, _OTHER_LENGTH = range(5)  # the frame's words, of 64 bits each
_FRAME_SIZE = 40


def methods(
    call: Any, isolate: int, memory: Callable[[int, int], memoryview], directly: direct.Directly | None,
) -> dict[str, Native]:
    """The natives by name, on V8's functions `call`; made of machine code where that can be."""
    cell = ctypes.c_uint64()  # where the frame is
    frame = memoryview(bytearray(_FRAME_SIZE)).cast("q")
    set_key = getattr(call, _SET_DETACH_KEY)

    def share_parameters(info: int) -> int:
        """Take the frame; whether natives are of machine code, and so worth calling for a few bytes."""
        nonlocal frame
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        frame = memory(cell.value, _FRAME_SIZE).cast("q")
        return int(call.Boolean__New(isolate, directly is not None))

    def set_detach_key(info: int) -> None:
        argument = call.FunctionCallbackInfo__Get
        set_key(argument(info, 0), argument(info, 1), isolate)

    made = _through_python(call, isolate, memory, lambda: frame)
    if directly is not None:
        directly.keep(cell)
        made.update(_direct(call, isolate, directly, ctypes.addressof(cell)))
    return {"shareParameters": share_parameters, "setDetachKey": set_detach_key, **made}


def _direct(call: Any, isolate: int, directly: direct.Directly, cell: int) -> dict[str, Native]:
    """Those that only hand their arguments on."""
    here, there = direct.memory(0, _POSITION * 8), direct.memory(1, _OTHER_POSITION * 8)
    length, other_length = direct.word(_LENGTH * 8), direct.word(_OTHER_LENGTH * 8)
    isolate_, nothing = direct.constant(isolate), direct.constant(0)

    def number(function: Any, *sources: direct.Source) -> int:
        return directly.function(function, list(sources), direct.TO_FRAME, cell)

    def slicer(function: Any) -> int:
        return directly.function(function, [isolate_, here, nothing, length], direct.TO_VALUE, cell)

    def question(function: Any) -> int:
        return directly.function(function, [here, length], direct.TO_BOOLEAN, cell)

    return {
        "utf8Slice": slicer(getattr(call, NEW_FROM_UTF8)),
        "latin1Slice": slicer(getattr(call, _NEW_FROM_ONE_BYTE)),
        "ucs2Slice": slicer(getattr(call, _NEW_FROM_TWO_BYTE)),
        "utf8Write": number(
            getattr(call, _WRITE_UTF8), direct.argument(1), isolate_, here, length,
            direct.constant(_REPLACE_INVALID_UTF8), nothing),
        "ucs2Write": number(getattr(call, _WRITE), direct.argument(1), isolate_, nothing, length, here, nothing),
        "utf8Length": number(getattr(call, _UTF8_LENGTH), direct.argument(0), isolate_),
        "isUtf8": question(getattr(call, _IS_UTF8)),
        "isAscii": question(getattr(call, _IS_ASCII)),
        "compare": number(ctypes.CDLL(None).memcmp, here, there, length),
        "find": number(ctypes.CDLL(None).memmem, here, length, there, other_length),
        "findByte": number(ctypes.CDLL(None).memchr, here, other_length, length),
    }


def _through_python(
    call: Any, isolate: int, memory: Callable[[int, int], memoryview], frame: Callable[[], memoryview],
) -> dict[str, Native]:
    argument, data = call.FunctionCallbackInfo__Get, call.ArrayBuffer__Data
    boolean = call.Boolean__New
    write_utf8, write, utf8_length = getattr(call, _WRITE_UTF8), getattr(call, _WRITE), getattr(call, _UTF8_LENGTH)

    def address(info: int, index: int = 0) -> int:
        words, place = frame(), _OTHER_POSITION if index else _POSITION
        words[place] += data(argument(info, index)) or 0
        return int(words[place])

    def slicer(make: Callable[[int, int, int, int], int | None]) -> Method:
        return lambda info: make(isolate, address(info), 0, frame()[_LENGTH])

    def utf8_write(info: int) -> None:
        frame()[_RESULT] = write_utf8(
            argument(info, 1), isolate, address(info), frame()[_LENGTH], _REPLACE_INVALID_UTF8, None)

    def ucs2_write(info: int) -> None:
        write(argument(info, 1), isolate, 0, frame()[_LENGTH], address(info), 0)

    def latin1_write(info: int) -> None:
        length = frame()[_LENGTH]
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
        frame()[_RESULT] = _memmem(address(info), frame()[_LENGTH], address(info, 1), frame()[_OTHER_LENGTH]) or 0

    def find_byte(info: int) -> None:
        start = address(info)
        found = ctypes.string_at(start, frame()[_LENGTH]).find(frame()[_OTHER_LENGTH])
        frame()[_RESULT] = start + found if found >= 0 else 0

    def compare(info: int) -> None:
        length = frame()[_LENGTH]
        here, there = ctypes.string_at(address(info), length), ctypes.string_at(address(info, 1), length)
        frame()[_RESULT] = (here > there) - (here < there)

    def utf8_length_of(info: int) -> None:
        frame()[_RESULT] = utf8_length(argument(info, 0), isolate)

    def is_utf8(info: int) -> int:
        try:
            str(memory(address(info), frame()[_LENGTH]), "utf-8")
        except UnicodeDecodeError:
            return int(boolean(isolate, False))
        return int(boolean(isolate, True))

    def is_ascii(info: int) -> int:
        return int(boolean(isolate, ctypes.string_at(address(info), frame()[_LENGTH]).isascii()))

    return {
        "utf8Slice": slicer(getattr(call, NEW_FROM_UTF8)),
        "latin1Slice": slicer(getattr(call, _NEW_FROM_ONE_BYTE)),
        "ucs2Slice": slicer(getattr(call, _NEW_FROM_TWO_BYTE)),
        "utf8Write": utf8_write,
        "latin1Write": latin1_write,
        "ucs2Write": ucs2_write,
        "utf8Length": utf8_length_of,
        "isUtf8": is_utf8,
        "isAscii": is_ascii,
        "compare": compare,
        "find": find,
        "findByte": find_byte,
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
