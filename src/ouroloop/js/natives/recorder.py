"""Recorder natives: which of the program's functions is running, where a function stands, and the collector's pauses.

Theory of operation. Whoever records what asked for each callback needs a place in the program's sources, and often.
V8 can describe its stack (`v8::StackTrace`): `readPlace` goes down it past the frames of core modules, and writes
script, line and column of the first frame that is the program's into a frame of memory that JavaScript shares. Which
scripts are core's JavaScript tells by a table of bytes, one for each script's number, that lies there too. In machine
code (`direct.py`) that takes 2 to 4 us; from Python, 20.

That is too much for a server under load. So there is `readStack`, which takes 0.05 us: it goes along the frame pointers
and makes one number of all return addresses, and of the bytecode's place where the interpreter is the one to return
to. The same number means the same place, for as long as code stays where it is; when the collector may have moved or
freed some, it raises the `generation`, and JavaScript forgets what it knows.

What surprises people: nothing of this touches `Error`, so a program never sees that somebody looks. And the collector
calls back in the middle of whatever allocates, when nothing of V8's may be touched.

Source: V8's `include/v8-debug.h`, `include/v8-callbacks.h`.
"""

from __future__ import annotations

from . import c as ctypes
from . import direct
from .calls import address_of, declare, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int

NAMES = [
    "sharePlaces", "readPlace", "readFunction", "describeStack", "describeFunction", "readFrame", "learnFrames",
    "learnEntry", "readStack",
]

_CURRENT = "_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE"
_ADD_BEFORE, _ADD_AFTER = (
    f"_ZN2v88internal4Heap21AddGC{name}CallbackEPFvPNS_7IsolateENS_6GCTypeENS_15GCCallbackFlagsEPvES4_S6_"
    for name in ("Prologue", "Epilogue"))
_NEAR_LIMIT = "_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm"

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    _CURRENT: (_pointer, _pointer, _int, _int),
    _ADD_BEFORE: (None, _pointer, _pointer, _int, _pointer),
    _ADD_AFTER: (None, _pointer, _pointer, _int, _pointer),
    _NEAR_LIMIT: (None, _pointer, _pointer, ctypes.c_size_t),
    "v8__Function__ScriptId": (_int, _pointer),
    "v8__Function__GetScriptLineNumber": (_int, _pointer),
    "v8__Function__GetScriptColumnNumber": (_int, _pointer),
    "v8__Function__GetScriptOrigin": (None, _pointer, _pointer),
    "v8__StackFrame__GetScriptId": (_int, _pointer),
}
declare(FUNCTIONS)

Method: TypeAlias = "Callable[[int], int | None]"

TABLE = 64
"""Where in the frame the table of scripts begins, in bytes; before it come the results."""
SCRIPTS = 65536
"""How many scripts the table is for."""

_SCRIPT, _LINE, _COLUMN, _STACK, _GENERATION, _INTERPRETER, _IS_CUT = range(7)  # words of the frame
_CORE = 1  # in the table
_NOBODY = -1  # in place of a script: no frame is the program's
_FRAMES = 24  # as far as is looked
_DETAILED = 0x7F

_DEEPEST = 64  # frames: a deeper stack is not told apart
_FACTOR = 0x9E3779B97F4A7C15
_ENTRIES = (2, 4)  # what marks the frames by which C++ enters JavaScript
_MARK = -8  # where in a frame that stands
_BYTECODE, _OFFSET = -32, -40  # where in an interpreter's frame stands what runs, and where it is
_MOST_WORDS = 16  # of a frame of entry
_MOST_STACK = 1 << 23  # bytes

_TRACE, _COUNT, _INDEX, _FRAME = 0, 8, 16, 24  # places on the stack of the machine code

_ADD_TO_FIRST = b"\x48\x81\xc7"  # add rdi, and a number of 32 bits
_NEAR_START = 16  # bytes
_EVERY_COLLECTION = 0x1F
_OF_CODE = 0x1E  # all but scavenges, which look after what is young
_COLLECTIONS = {1: "scavenge", 2: "minor mark-sweep", 4: "mark-compact", 8: "incremental marking", 16: "weak callbacks"}
_COLLECTOR_CALLBACK = ctypes.CFUNCTYPE(None, _pointer, _int, _int, _pointer)


class Places:
    """The natives. `directly` is None where there is no machine code."""

    def __init__(self, realm: Realm, directly: direct.Directly | None) -> None:
        self._realm = realm
        self._directly = directly
        self._cell = ctypes.c_uint64()  # where the frame is
        self._next_exit = ctypes.c_int64()  # where in a frame of entry stands the frame by which JavaScript was left
        self._entry = 0

    def methods(self) -> dict[str, Method | int]:
        """The natives by name."""
        made: dict[str, Method | int] = {
            "sharePlaces": self.share, "describeStack": self.describe_stack, "describeFunction": self.describe_function,
        }
        if self._directly is None:
            return made | {"readPlace": self.read_place, "readFunction": self.read_function}
        self._directly.keep(self._cell)
        call, here = self._realm.call, ctypes.addressof(self._cell)
        given = [direct.argument(0)]
        steps = [
            (function, given)
            for function in (
                call.Function__ScriptId, call.Function__GetScriptLineNumber, call.Function__GetScriptColumnNumber)
        ]
        self._directly.keep(self._next_exit)
        return made | {
            "readFrame": self._directly.place(_frame_code(here)),
            "learnFrames": self.learn_frames, "learnEntry": self.learn_entry,
            "readStack": self._directly.place(_stack_code(here, ctypes.addressof(self._next_exit))),
            "readPlace": self._directly.place(_place_code(call, self._realm.isolate, here)),
            "readFunction": self._directly.sequence(steps, here),
        }

    def share(self, info: int) -> None:
        """`sharePlaces(arrayBuffer)`: the frame, with its table."""
        call = self._realm.call
        self._cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))

    # `readStack` is of use once it is known how V8 lays out its frames, which is found out, not taken for granted.

    def learn_frames(self, _info: int) -> int:
        """`learnFrames()`: after `readFrame()`, twice, by functions that never ran before, who calls last: is it well?

        Where both were returned to is the interpreter. The frame of entry is the outermost, and leads nowhere.
        """
        frame = (ctypes.c_uint64 * 8).from_address(self._cell.value)
        first, second = frame[_SCRIPT], frame[_LINE]
        self._entry = self._entry_of(frame[_COLUMN])
        watches = first == second and self._entry > 0 and watch_code(self._realm, self._raise_generation)
        if watches:
            frame[_INTERPRETER] = first
        return int(self._realm.call.Boolean__New(self._realm.isolate, watches))

    def learn_entry(self, _info: int) -> int:
        """`learnEntry()`: after `readFrame()` in a function that a native has called: whether all is well."""
        frame = (ctypes.c_uint64 * 8).from_address(self._cell.value)
        inner = self._entry_of(frame[_COLUMN])
        places = [
            place for place in range(2, _MOST_WORDS)
            if not word(self._entry - 8 * place) and self._leads_to_entry(inner, word(inner - 8 * place))]
        if len(places) == 1 and inner:
            self._next_exit.value = -8 * places[0]
        return int(self._realm.call.Boolean__New(self._realm.isolate, len(places) == 1))

    def _leads_to_entry(self, inner: int, frame: int) -> bool:
        return inner < frame < self._entry and self._entry_of(frame) == self._entry

    def _entry_of(self, frame: int) -> int:
        """The frame of entry that is next to a frame, outwards; 0 if there is none that can be found."""
        for _ in range(_DEEPEST):
            outer = word(frame)
            if not frame < outer < frame + _MOST_STACK or outer % 8:
                return 0
            frame = outer
            if word(frame + _MARK) in _ENTRIES:
                return frame
        return 0

    def _raise_generation(self) -> None:
        ctypes.c_uint32.from_address(self._cell.value + 8 * _GENERATION).value += 1

    def _write(self, *numbers: int) -> None:
        words = (ctypes.c_int64 * len(numbers)).from_address(self._cell.value)
        words[:] = [*numbers]

    def read_place(self, _info: int) -> None:
        """`readPlace()`: the program's innermost frame: script, line, column; script is -1 if there is none."""
        call = self._realm.call
        table = (ctypes.c_uint8 * SCRIPTS).from_address(self._cell.value + TABLE)
        for frame in self._frames():
            script = call.StackFrame__GetScriptId(frame)
            if script >= SCRIPTS or table[script] != _CORE:
                self._write(script, call.StackFrame__GetLineNumber(frame), call.StackFrame__GetColumn(frame))
                return
        self._write(_NOBODY)

    def read_function(self, info: int) -> None:
        """`readFunction(function)`: where it stands: script, line and column, which count from 0."""
        call = self._realm.call
        function = call.FunctionCallbackInfo__Get(info, 0)
        self._write(
            call.Function__ScriptId(function), call.Function__GetScriptLineNumber(function),
            call.Function__GetScriptColumnNumber(function))

    def _frames(self) -> list[int]:
        realm, call = self._realm, self._realm.call
        trace = getattr(call, _CURRENT)(realm.isolate, _FRAMES, _DETAILED)
        count = call.StackTrace__GetFrameCount(trace)
        return [call.StackTrace__GetFrame(trace, realm.isolate, index) for index in range(count)]

    def describe_stack(self, _info: int) -> int:
        """`describeStack()`: of each frame, innermost first: script, its name, the function's name."""
        realm, call = self._realm, self._realm.call
        described: list[int] = []
        for frame in self._frames():
            described += [
                realm.number(call.StackFrame__GetScriptId(frame)),
                call.StackFrame__GetScriptNameOrSourceURL(frame) or realm.undefined,
                call.StackFrame__GetFunctionName(frame) or realm.undefined,
            ]
        return realm.array(described)

    def describe_function(self, info: int) -> int:
        """`describeFunction(function)`: the name of the script that it stands in."""
        realm, origin = self._realm, (ctypes.c_uint64 * 16)()
        realm.call.Function__GetScriptOrigin(realm.arguments(info, 1)[0], ctypes.addressof(origin))
        return origin[0] or realm.undefined


def _place_code(call: Any, isolate: int, cell: int) -> bytes:
    """`Places.read_place` in machine code."""
    code = direct.Code()
    code.enter()
    code.set("rdi", isolate)
    code.set("rsi", _FRAMES)
    code.set("rdx", _DETAILED)
    code.call(direct.address_of(getattr(call, _CURRENT)))
    code.store("rax", "rsp", _TRACE)
    code.move("rdi", "rax")
    code.call(direct.address_of(call.StackTrace__GetFrameCount))
    code.cut("rax")
    code.store("rax", "rsp", _COUNT)
    code.set("rax", 0)
    code.store("rax", "rsp", _INDEX)
    again = len(code)
    code.load("rax", "rsp", _INDEX)
    code.compare("rax", "rsp", _COUNT)
    at_end = code.jump(direct.IF_NOT_BELOW)
    code.load("rdi", "rsp", _TRACE)
    code.set("rsi", isolate)
    code.load("rdx", "rsp", _INDEX)
    code.call(direct.address_of(call.StackTrace__GetFrame))
    code.store("rax", "rsp", _FRAME)
    code.move("rdi", "rax")
    code.call(direct.address_of(call.StackFrame__GetScriptId))
    code.cut("rax")
    code.increment("rsp", _INDEX)
    direct.frame(code, "rcx", cell)
    code.compare_with("rax", SCRIPTS)
    at_stranger = code.jump(direct.IF_NOT_BELOW)
    code.load_byte("rdx", "rcx", "rax", TABLE)
    code.compare_with("rdx", _CORE)
    code.jump(direct.IF_EQUAL, again)
    code.land(at_stranger)
    code.store("rax", "rcx", _SCRIPT * 8)
    for function, place in ((call.StackFrame__GetLineNumber, _LINE), (call.StackFrame__GetColumn, _COLUMN)):
        code.load("rdi", "rsp", _FRAME)
        code.call(direct.address_of(function))
        code.cut("rax")
        direct.frame(code, "rcx", cell)
        code.store("rax", "rcx", place * 8)
    code.leave()
    code.land(at_end)
    direct.frame(code, "rcx", cell)
    code.set("rax", _NOBODY)
    code.store("rax", "rcx", _SCRIPT * 8)
    code.leave()
    return bytes(code)


def _frame_code(cell: int) -> bytes:
    """Tell of the frame of who calls: where it is returned to, and where it is; what was told before moves on."""
    code = direct.Code()
    direct.frame(code, "rcx", cell)
    code.load("rax", "rcx", 8 * _SCRIPT)
    code.store("rax", "rcx", 8 * _LINE)
    code.load("rax", "rbp", 8)
    code.store("rax", "rcx", 8 * _SCRIPT)
    code.load("rax", "rbp")
    code.store("rax", "rcx", 8 * _COLUMN)
    return bytes(code) + b"\xc3"


def _stack_code(cell: int, next_exit: int) -> bytes:
    """A number for the stack: of return addresses, and of places in bytecode."""
    code = direct.Code()
    direct.frame(code, "r10", cell)
    code.load("r11", "r10", 8 * _INTERPRETER)
    code.set("r9", _FACTOR)
    code.set("rcx", _DEEPEST)
    code.set("rax", 0)
    code.move("r8", "rbp")
    again = len(code)
    code.load("rdx", "r8", 8)
    code.load("rsi", "r8")
    code.add_to("rax", "rdx")
    code.multiply("rax", "r9")
    code.fold("rax", "rdi")
    code.compare_both("rsi", "r8")
    astray = code.jump(direct.IF_NOT_ABOVE)
    code.compare_both("rdx", "r11")
    is_compiled = code.jump(direct.IF_NOT_EQUAL)
    for offset in (_BYTECODE, _OFFSET):
        code.add("rax", "rsi", offset)
        code.multiply("rax", "r9")
        code.fold("rax", "rdi")
    code.land(is_compiled)
    code.load("rdi", "rsi", _MARK)
    code.move("r8", "rsi")
    to_entry = []
    for mark in _ENTRIES:
        code.set("rdx", mark)
        code.compare_both("rdi", "rdx")
        to_entry.append(code.jump(direct.IF_EQUAL))
    code.decrement("rcx")
    code.jump(direct.IF_NOT_EQUAL, again)
    code.land(astray)
    code.set("rdx", 1)
    code.store("rdx", "r10", 8 * _IS_CUT)
    code += b"\xc3"
    for jump in to_entry:
        code.land(jump)
    code.set("rdx", next_exit)
    code.load("rdx", "rdx")
    code.add_to("r8", "rdx")
    code.load("r8", "r8")
    code.set("rdx", 0)
    code.compare_both("r8", "rdx")
    at_end = code.jump(direct.IF_EQUAL)
    code.decrement("rcx")
    code.jump(direct.IF_NOT_EQUAL, again)
    code.set("rdx", 1)
    code.land(at_end)
    code.store("rdx", "r10", 8 * _IS_CUT)
    code.store("rax", "r10", 8 * _STACK)
    return bytes(code) + b"\xc3"


def watch_code(realm: Realm, changed: Callable[[], None]) -> bool:
    """Have `changed()` called after each collection that may move or free code. False where that cannot be."""
    return _add_callback(realm, _ADD_AFTER, lambda *_: changed(), _OF_CODE)


def _add_callback(realm: Realm, name: str, function: Callable[..., None], kinds: int) -> bool:
    heap = _heap_of(realm.isolate)
    if not heap:
        return False
    pointer = _COLLECTOR_CALLBACK(function)
    realm.callbacks.append(pointer)
    getattr(realm.call, name)(heap, pointer, kinds, None)
    return True


def watch_collector(realm: Realm, began: Callable[[], None], ended: Callable[[str, int, int], None]) -> bool:
    """Have `began()` and then `ended(name, kind, flags)` called around each pause for V8's collector.

    `kind` and `flags` are V8's. False where that cannot be.
    """
    def before(_isolate: int, _kind: int, _flags: int, _data: int) -> None:
        began()

    def after(_isolate: int, kind: int, flags: int, _data: int) -> None:
        ended(_COLLECTIONS.get(kind, "collection"), kind, flags)

    return (
        _add_callback(realm, _ADD_BEFORE, before, _EVERY_COLLECTION)
        and _add_callback(realm, _ADD_AFTER, after, _EVERY_COLLECTION))


def _heap_of(isolate: int) -> int:
    """Where the isolate's heap lies: as far on as a method says that hands its call on to the heap. 0: not found."""
    if not direct.available:
        return 0
    code = ctypes.string_at(address_of(_NEAR_LIMIT), _NEAR_START)
    at = code.find(_ADD_TO_FIRST)
    if at < 0 or at + 7 > _NEAR_START:
        return 0
    return isolate + int.from_bytes(code[at + 3 : at + 7], "little")
