"""Direct natives: functions of JavaScript that call a C function or the kernel, with no Python in between.

Theory of operation. A native written in Python costs 1 to 2 us, of which the interpreter takes nearly all. Many do no
more than hand their arguments on: to a method of V8's, to a function of the C library, to the kernel. For such a one a
few dozen bytes of machine code are written here, which V8 calls as it calls any callback. The code is laid out from a
description: where each argument comes from (`constant`, `word`, `inside`, `argument`, `memory`), and what becomes of
the result. Numbers cross in a frame, memory that JavaScript sees as an ArrayBuffer; its address is read from a cell, so
that it may be told later. `util.types.isProxy` takes 0.02 us in this way, and 1.8 us through Python.

What surprises people: the kernel is called by its own instruction, so a failed call gives a negative errno, which is
what libuv's users expect. A call that may wait lets other threads have the interpreter meanwhile (`waits`). V8 itself
writes machine code, so where it runs, this may too. Only x86-64 is spoken here; elsewhere `available` is false, and the
natives in Python, which do the same, are taken. So they are where this V8 does not keep values and results where the
code looks for them (`fits`), and where the system lets no process write code.

Code is written, then made fit to run, and never both at once: natives are made in groups, and `seal` ends a group.

Source: System V ABI, AMD64 supplement 3.2; Intel's manual, volume 2; V8's `include/v8-function-callback.h`.
"""

from __future__ import annotations

import os
import sys

from . import c as ctypes
from .calls import library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

available = sys.platform == "linux" and os.uname().machine == "x86_64" and sys.maxsize > 2**32
"""Whether natives can be made here."""


Source: TypeAlias = "tuple[str, int, int]"
"""Where an argument of the C function comes from: the kind, which of JavaScript's arguments or which number, and where
in the frame, in bytes."""


def constant(value: int) -> Source:
    """A number, the same at each call."""
    return "constant", value, 0


def word(offset: int) -> Source:
    """The 64 bits at `offset` of the frame."""
    return "word", 0, offset


def inside(offset: int) -> Source:
    """The address of `offset` in the frame."""
    return "inside", 0, offset


def argument(index: int) -> Source:
    """JavaScript's argument, as a handle."""
    return "argument", index, 0


def memory(index: int, offset: int) -> Source:
    """The address of the memory of JavaScript's argument, an ArrayBuffer, plus the frame's word at `offset`.

    It also takes the place of that word.
    """
    return "memory", index, offset


TO_FRAME, TO_VALUE, TO_BOOLEAN = range(3)
"""What becomes of a result: the frame's first word; a handle whose value is returned (none is `undefined`); a truth."""

_OF_JAVASCRIPT, _OF_THE_FRAME = ("argument", "memory"), ("word", "inside")
_READ, _WRITE, _EXECUTE = 1, 2, 4
_PRIVATE, _ANONYMOUS = 0x02, 0x20
_MAP_FAILED = 2**64 - 1
_NEAR = 4096  # bytes
_SIZE = 16384  # bytes, for some 70 natives
_ANY_FUNCTION = 0x7E57AB1EC0DE5EED  # stands for the function's address in code that is used again
_LOCALS = 80  # bytes on the stack: 8 handles or addresses, the result, the thread's state
_RESULT, _STATE = 64, 72
_INFO = "rbx"  # survives calls
_NUMBERS = {name: number for number, name in enumerate((
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11"))}
_FOR_FUNCTIONS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")
_FOR_THE_KERNEL = ("rdi", "rsi", "rdx", "r10", "r8", "r9")


def _quad(value: int) -> bytes:
    return value.to_bytes(8, "little")


IF_EQUAL, IF_NOT_EQUAL, IF_NOT_BELOW, IF_NOT_ABOVE = 0x84, 0x85, 0x83, 0x86
"""When a jump is made: after a comparison, of numbers without a sign."""


class Code(bytearray):
    """x86-64 instructions, one method for each that is needed. Registers by name; `base` is never rsp's or r12's."""

    def set(self, register: str, value: int) -> None:
        """register = value"""
        number = _NUMBERS[register]
        self += bytes((0x48 | number >> 3, 0xB8 | number & 7)) + _quad(value & 2**64 - 1)

    def move(self, target: str, source: str) -> None:
        """target = source"""
        self._two(0x89, source, target)

    def _two(self, operation: int, register: str, other: str) -> None:
        first, second = _NUMBERS[register], _NUMBERS[other]
        self += bytes((0x48 | (first >> 3) << 2 | second >> 3, operation, 0xC0 | (first & 7) << 3 | second & 7))

    def _at(self, operation: int, register: str, base: str, offset: int) -> None:
        number, where = _NUMBERS[register], _NUMBERS[base]
        self += bytes((0x48 | (number >> 3) << 2 | where >> 3, operation, 0x80 | (number & 7) << 3 | where & 7))
        if base == "rsp":
            self += b"\x24"
        self += offset.to_bytes(4, "little", signed=True)

    def load(self, register: str, base: str, offset: int = 0) -> None:
        """register = what lies at base + offset"""
        self._at(0x8B, register, base, offset)

    def store(self, register: str, base: str, offset: int = 0) -> None:
        """What lies at base + offset = register"""
        self._at(0x89, register, base, offset)

    def address(self, register: str, base: str, offset: int) -> None:
        """register = base + offset"""
        self._at(0x8D, register, base, offset)

    def add(self, register: str, base: str, offset: int) -> None:
        """register += what lies at base + offset"""
        self._at(0x03, register, base, offset)

    def call(self, function: int) -> None:
        """Call the function at that address."""
        self.set("rax", function)
        self += b"\xff\xd0"

    def kernel(self, number: int) -> None:
        """Make the system call of that number."""
        self.set("rax", number)
        self += b"\x0f\x05"

    def enter(self) -> None:
        """Keep what belongs to the caller, make room, and remember the first argument."""
        self += b"\x53"  # push rbx; now the stack is aligned as calls want it
        self += b"\x48\x83\xec" + bytes((_LOCALS,))
        self.move(_INFO, "rdi")

    def leave(self) -> None:
        """Return to the caller."""
        self += b"\x48\x83\xc4" + bytes((_LOCALS,)) + b"\x5b\xc3"

    def low_byte(self, register: str) -> None:
        """register = its lowest byte (of rax to rbx)"""
        number = _NUMBERS[register]
        self += bytes((0x0F, 0xB6, 0xC0 | number << 3 | number))

    def leave_if_zero(self, register: str) -> None:
        """Return to the caller if the register is 0."""
        self._two(0x85, register, register)
        end = Code()
        end.leave()
        self += bytes((0x75, len(end))) + end

    def cut(self, register: str) -> None:
        """register = its lower half (of rax to rdi)"""
        number = _NUMBERS[register]
        self += bytes((0x89, 0xC0 | number << 3 | number))

    def load_byte(self, register: str, base: str, index: str, offset: int) -> None:
        """register = the byte at base + index + offset (of rax to rdi, but for rsp and rbp; offset below 128)"""
        number, where, further = _NUMBERS[register], _NUMBERS[base], _NUMBERS[index]
        self += bytes((0x0F, 0xB6, 0x44 | number << 3, further << 3 | where, offset))

    def compare(self, register: str, base: str, offset: int = 0) -> None:
        """For the jump that follows: register with what lies at base + offset"""
        self._at(0x3B, register, base, offset)

    def compare_both(self, register: str, other: str) -> None:
        """For the jump that follows: register with another one"""
        self._two(0x39, other, register)

    def add_to(self, register: str, other: str) -> None:
        """register += other"""
        self._two(0x01, other, register)

    def multiply(self, register: str, other: str) -> None:
        """register *= other"""
        first, second = _NUMBERS[register], _NUMBERS[other]
        self += bytes((0x48 | (first >> 3) << 2 | second >> 3, 0x0F, 0xAF, 0xC0 | (first & 7) << 3 | second & 7))

    def fold(self, register: str, spare: str) -> None:
        """register ^= its upper half"""
        self.move(spare, register)
        number = _NUMBERS[spare]
        self += bytes((0x48 | number >> 3, 0xC1, 0xE8 | number & 7, 32))
        self._two(0x31, spare, register)

    def decrement(self, register: str) -> None:
        """register -= 1, for the jump that follows, too"""
        number = _NUMBERS[register]
        self += bytes((0x48 | number >> 3, 0xFF, 0xC8 | number & 7))

    def compare_with(self, register: str, value: int) -> None:
        """For the jump that follows: the register's lower half with a number (of rax to rdi)"""
        self += bytes((0x81, 0xF8 | _NUMBERS[register])) + value.to_bytes(4, "little")

    def increment(self, base: str, offset: int) -> None:
        """Add 1 to what lies at base + offset"""
        self._at(0xFF, "rax", base, offset)

    def jump(self, condition: int, target: int = -1) -> int:
        """Go on at `target` if the condition holds; without one, where `land` says, which gets what this returns."""
        self += bytes((0x0F, condition))
        here = len(self) + 4
        self += ((target - here) if target >= 0 else 0).to_bytes(4, "little", signed=True)
        return here

    def land(self, jump: int) -> None:
        """A jump that was made before leads here."""
        self[jump - 4 : jump] = (len(self) - jump).to_bytes(4, "little")

    def pick(self, register: str) -> None:
        """register = the word of that number of the table at rdx (rcx only)"""
        assert register == "rcx"
        self += b"\x48\x8b\x0c\xca"


class Directly:
    """Makes direct natives for one isolate, whose JavaScript must not run when this is gone.

    `call` has V8's functions, `truths` are handles of false and true.
    """

    def __init__(self, call: Any, truths: tuple[int, int]) -> None:
        self._get = address_of(call.FunctionCallbackInfo__Get)
        self._data = address_of(call.ArrayBuffer__Data)
        self._return_value = address_of(call.FunctionCallbackInfo__GetReturnValue)
        # false and true lie in V8's read-only space, so they never move.
        self._truths = (ctypes.c_uint64 * 2)(*(ctypes.c_uint64.from_address(handle).value for handle in truths))
        self._base, self._used = 0, _SIZE
        self._blocks: list[int] = []
        self._kept: list[object] = []
        self._forms: dict[Any, list[bytes]] = {}  # code without the function that it calls

    def function(
        self, function: Any, sources: list[Source], result: int = TO_FRAME, cell: int = 0, waits: bool = False,
    ) -> int:
        """The address of a callback that calls a C function, given as ctypes has it, or by address.

        At most six arguments.
        """
        key = (tuple(sources), result, cell, waits)
        if key not in self._forms:
            code = self._code(_ANY_FUNCTION, None, sources, result, cell, waits)
            self._forms[key] = code.split(_quad(_ANY_FUNCTION))
        before, after = self._forms[key]
        return self.place(before + _quad(address_of(function)) + after)

    def sequence(self, steps: list[tuple[Any, list[Source]]], cell: int) -> int:
        """The address of a callback that calls several C functions in turn; the frame's first words are their results.

        `memory` is for one of them only, and there for one argument.
        """
        code = Code()
        code.enter()
        for _, sources in steps:
            for place, source in enumerate(sources):
                if source[0] in _OF_JAVASCRIPT:
                    self._fetch(code, source, place * 8, cell)
        for number, (function, sources) in enumerate(steps):
            _pass(code, sources, _FOR_FUNCTIONS, cell)
            code.call(address_of(function))
            frame(code, "rcx", cell)
            code.store("rax", "rcx", number * 8)
        code.leave()
        return self.place(bytes(code))

    def returning(self, value: int) -> int:
        """The address of a C function that returns `value`."""
        code = Code()
        code.set("rax", value)
        return self.place(bytes(code) + b"\xc3")

    def kernel(self, number: int, sources: list[Source], cell: int, waits: bool = False) -> int:
        """The address of a callback that makes a system call; what it gives comes in the frame's first word."""
        return self.place(self._code(None, number, sources, TO_FRAME, cell, waits))

    def _code(
        self, function: int | None, number: int | None, sources: list[Source], result: int, cell: int, waits: bool,
    ) -> bytes:
        code = Code()
        code.enter()
        for place, source in enumerate(sources):
            if source[0] in _OF_JAVASCRIPT:
                self._fetch(code, source, place * 8, cell)
        if waits:
            code.call(address_of(ctypes.pythonapi.PyEval_SaveThread))
            code.store("rax", "rsp", _STATE)
        _pass(code, sources, _FOR_FUNCTIONS if function is not None else _FOR_THE_KERNEL, cell)
        if function is not None:
            code.call(function)
        else:
            code.kernel(number or 0)
        code.store("rax", "rsp", _RESULT)
        if waits:
            code.load("rdi", "rsp", _STATE)
            code.call(address_of(ctypes.pythonapi.PyEval_RestoreThread))
        self._give(code, result, cell)
        code.leave()
        return bytes(code)

    def _fetch(self, code: Code, source: Source, place: int, cell: int) -> None:
        """Put an argument of JavaScript's into its place on the stack."""
        kind, which, offset = source
        code.move("rdi", _INFO)
        code.set("rsi", which)
        code.call(self._get)
        if kind == "memory":
            code.move("rdi", "rax")
            code.call(self._data)
            frame(code, "rcx", cell)
            code.add("rax", "rcx", offset)
            code.store("rax", "rcx", offset)
        code.store("rax", "rsp", place)

    def _give(self, code: Code, result: int, cell: int) -> None:
        if result == TO_FRAME:
            code.load("rax", "rsp", _RESULT)
            frame(code, "rcx", cell)
            code.store("rax", "rcx")
            return
        code.move("rdi", _INFO)
        code.call(self._return_value)
        code.load("rcx", "rsp", _RESULT)
        if result == TO_VALUE:
            code.leave_if_zero("rcx")
            code.load("rcx", "rcx")
        else:
            code.low_byte("rcx")
            code.set("rdx", ctypes.addressof(self._truths))
            code.pick("rcx")
        code.store("rcx", "rax")

    def place(self, code: bytes) -> int:
        """Put code where the processor will find it."""
        if self._used + len(code) > _SIZE:
            self._open()
        start = self._used
        ctypes.memmove(self._base + start, code, len(code))
        self._used += -(-len(code) // 16) * 16
        return self._base + start

    def _open(self) -> None:
        """Get memory for more code."""
        self.seal()
        self._base = writable()
        self._blocks.append(self._base)
        self._used = 0

    def __del__(self) -> None:
        for block in self._blocks:
            release(block)

    def keep(self, thing: object) -> None:
        """Let something that the code refers to by address live as long as the code."""
        self._kept.append(thing)

    def seal(self) -> None:
        """Make what was written fit to run, and no longer to be written. To be called before any of it is."""
        self._used = _SIZE
        if self._base:
            make_executable(self._base)
        self._base = 0


def frame(code: Code, register: str, cell: int) -> None:
    """register = the address of the frame that the cell tells"""
    code.set(register, cell)
    code.load(register, register)


def _pass(code: Code, sources: list[Source], registers: tuple[str, ...], cell: int) -> None:
    """Put the arguments where the call expects them."""
    if any(kind in _OF_THE_FRAME for kind, _, _ in sources):
        frame(code, "rax", cell)
    for place, ((kind, value, offset), register) in enumerate(zip(sources, registers, strict=False)):
        if kind == "constant":
            code.set(register, value)
        elif kind == "word":
            code.load(register, "rax", offset)
        elif kind == "inside":
            code.address(register, "rax", offset)
        else:
            code.load(register, "rsp", place * 8)


def address_of(function: Any) -> int:
    """Where a C function is, given as ctypes has it, or by address."""
    return function if isinstance(function, int) else ctypes.cast(function, ctypes.c_void_p).value or 0


if available:
    # Not the module mmap: loading it takes 1 ms.
    _mmap = library["mmap"]
    _mmap.restype = ctypes.c_void_p
    _mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64)
    _munmap = library["munmap"]
    _munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    _mprotect = library["mprotect"]
    _mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def writable() -> int:
    """New memory to write code to, 16 KiB of it. Raises `OSError`."""
    address: int = _mmap(None, _SIZE, _READ | _WRITE, _PRIVATE | _ANONYMOUS, -1, 0)
    if address == _MAP_FAILED:
        raise OSError("mmap")
    return address


def make_executable(block: int) -> None:
    """From now on what was written there may run, and nothing be written. Raises `OSError`."""
    if _mprotect(block, _SIZE, _READ | _EXECUTE):
        raise OSError("mprotect")


def release(block: int) -> None:
    """Give memory back; nothing of it may run any more."""
    _munmap(block, _SIZE)


def is_allowed() -> bool:
    """Whether the system lets this process write code, which hardened ones do not."""
    try:
        block = writable()
    except OSError:
        return False
    try:
        make_executable(block)
    except OSError:
        return False
    finally:
        release(block)
    return True


def fits(call: Any, info: int, value: int, nothing: int) -> bool:
    """Whether this V8 has things where machine code looks for them, seen at a call that has no result yet.

    A handle (`value`) is the address of a word that is the value; a result is such a word, on the stack near what V8
    tells of the call (`info`). It is set by V8 here, to `value` and back to `nothing`, which is undefined's handle.
    """
    slot: int = call.FunctionCallbackInfo__GetReturnValue(info) or 0
    if slot % 8 or abs(slot - info) > _NEAR:
        return False
    result, place = ctypes.c_uint64.from_address(slot), ctypes.byref(ctypes.c_void_p(slot))
    for handle in (value, nothing):
        call.ReturnValue__Value__Set(place, handle)
        if result.value != ctypes.c_uint64.from_address(handle).value:
            return False
    return True
