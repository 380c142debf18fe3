"""Serdes natives: V8's own ValueSerializer and ValueDeserializer, for `v8.serialize` and the classes beside it.

Theory of operation. Each serializer that JavaScript has is a number here, and stands for a C++ object and its delegate.
V8 asks the delegate about what it does not know itself (host objects, shared memory) and has it make errors: these
questions are handed on to functions of JavaScript. A delegate is C++ too, an object whose first word points to a table
of its virtual methods; the tables are laid out here, of callbacks.

What surprises people: a method that JavaScript calls during such a question works on the serializer that is at work, so
what it writes lands in the middle of the value. What a question throws is pending in V8, which gives up then.

Source: V8's `include/v8-value-serializer.h` (the order of the virtual methods); Itanium C++ ABI, sections 2.5 and 3.1.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int
_bool = ctypes.c_bool
_size = ctypes.c_size_t
_uint32 = ctypes.c_uint32
_uint64 = ctypes.c_uint64
_double = ctypes.c_double

_ALLOW_JAVASCRIPT = "_ZN2v88internal24AllowJavascriptExecutionC1EPNS0_7IsolateE"
_NO_LONGER_ALLOW_JAVASCRIPT = "_ZN2v88internal24AllowJavascriptExecutionD1Ev"

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    _ALLOW_JAVASCRIPT: (None, _pointer, _pointer),
    _NO_LONGER_ALLOW_JAVASCRIPT: (None, _pointer),
    "v8__ArrayBuffer__New__with_byte_length": (_pointer, _pointer, _size),
    "v8__Value__BooleanValue": (_bool, _pointer, _pointer),
    "v8__ValueDeserializer__CONSTRUCT": (None, _pointer, _pointer, _pointer, _size, _pointer),
    "v8__ValueDeserializer__DESTRUCT": (None, _pointer),
    "v8__ValueDeserializer__GetWireFormatVersion": (_uint32, _pointer),
    "v8__ValueDeserializer__ReadDouble": (_bool, _pointer, _pointer),
    "v8__ValueDeserializer__ReadHeader": (_int, _pointer, _pointer),
    "v8__ValueDeserializer__ReadRawBytes": (_bool, _pointer, _size, _pointer),
    "v8__ValueDeserializer__ReadUint32": (_bool, _pointer, _pointer),
    "v8__ValueDeserializer__ReadUint64": (_bool, _pointer, _pointer),
    "v8__ValueDeserializer__ReadValue": (_pointer, _pointer, _pointer),
    "v8__ValueDeserializer__TransferArrayBuffer": (None, _pointer, _uint32, _pointer),
    "v8__ValueDeserializer__TransferSharedArrayBuffer": (None, _pointer, _uint32, _pointer),
    "v8__ValueSerializer__CONSTRUCT": (None, _pointer, _pointer, _pointer),
    "v8__ValueSerializer__DESTRUCT": (None, _pointer),
    "v8__ValueSerializer__Release": (None, _pointer, _pointer, _pointer),
    "v8__ValueSerializer__SetTreatArrayBufferViewsAsHostObjects": (None, _pointer, _bool),
    "v8__ValueSerializer__TransferArrayBuffer": (None, _pointer, _uint32, _pointer),
    "v8__ValueSerializer__WriteDouble": (None, _pointer, _double),
    "v8__ValueSerializer__WriteHeader": (None, _pointer),
    "v8__ValueSerializer__WriteRawBytes": (None, _pointer, _pointer, _size),
    "v8__ValueSerializer__WriteUint32": (None, _pointer, _uint32),
    "v8__ValueSerializer__WriteUint64": (None, _pointer, _uint64),
    "v8__ValueSerializer__WriteValue": (_int, _pointer, _pointer, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

_YES = 1  # as a MaybeBool
_JUST_TRUE, _JUST_FALSE, _NOTHING = 0x0101, 0x0001, 0  # as a v8::Maybe<bool>, which is two bytes
_OBJECT_SIZE = 64  # more than either C++ object has

NAMES = [
    "serialize", "newSerializer", "writeHeader", "writeValue", "releaseBuffer", "transferOnWriting",
    "writeUint32", "writeUint64", "writeDouble", "writeRawBytes", "treatViewsAsHostObjects",
    "deserialize", "newDeserializer", "readHeader", "readValue", "transferOnReading", "readUint32",
    "readUint64", "readDouble", "readRawBytes", "wireFormatVersion", "dropSerializer", "dropDeserializer",
]
"""The natives of the group `v8`."""

Method: TypeAlias = "Callable[[int], int | None]"


class _Work:
    """A serializer or deserializer, and its delegate, whose address is `address`."""

    def __init__(self, number: int, table: int, questions: int, has_host_objects: bool) -> None:
        self.number = number
        self.questions = questions
        self.has_host_objects = has_host_objects
        self.object = ctypes.create_string_buffer(_OBJECT_SIZE)
        self.delegate = (_uint64 * 1)(table)
        self.address = ctypes.addressof(self.delegate)
        self.start = 0  # where a deserializer's bytes are


class Serdes:
    """The natives of one isolate."""

    def __init__(self, realm: Realm) -> None:
        self._realm, self._call, self._isolate, self._context = realm, realm.call, realm.isolate, realm.context
        self._works: dict[int, _Work] = {}  # by number
        self._spare: dict[int, list[_Work]] = {}  # by table: of calls that begin and end
        self._by_address: dict[int, _Work] = {}
        self._last = 0
        self._kept: list[Any] = []
        self._serializer_table = self._deserializer_table = 0
        library = ctypes.PyDLL(None)
        self._realloc, self._free = library.realloc, library.free
        self._realloc.restype, self._realloc.argtypes = _pointer, (_pointer, _size)
        self._free.restype, self._free.argtypes = None, (_pointer,)

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {name: getattr(self, name) for name in NAMES}

    # Arguments

    def _argument(self, info: int, index: int) -> int:
        local: int = self._call.FunctionCallbackInfo__Get(info, index)
        return local

    def _number(self, info: int, index: int) -> float:
        value: float = self._call.Number__Value(self._argument(info, index))
        return value

    def _truth(self, info: int, index: int) -> bool:
        value: bool = self._call.Value__BooleanValue(self._argument(info, index), self._isolate)
        return value

    def _work(self, info: int) -> _Work:
        return self._works[int(self._number(info, 0))]

    # Delegates

    def _table(self, *methods: tuple[Any, Callable[..., Any]]) -> int:
        """A table of virtual methods: (result, argument types …) and what is called. Destructors are never called."""
        callbacks = [ctypes.CFUNCTYPE(*signature)(method) for signature, method in methods]
        table = (_pointer * (2 + len(callbacks)))(
            None, None, *(ctypes.cast(callback, _pointer) for callback in callbacks))
        self._kept += [callbacks, table]
        return ctypes.addressof(table)

    def _ask(self, this: int, question: str, *args: int) -> int | None:
        """What JavaScript's function gives; None if it threw."""
        work = self._by_address[this]
        answer: int | None = self._realm.invoke(
            self._realm.get(work.questions, question), *args, self._realm.number(work.number))
        return answer

    def _make_serializer_table(self) -> int:
        def throw_error(this: int, message: int) -> None:
            self._ask(this, "throwError", message)

        def has_host_objects(this: int, _isolate: int) -> bool:
            return self._by_address[this].has_host_objects

        def is_host_object(this: int, _isolate: int, thing: int) -> int:
            answer = self._ask(this, "isHostObject", thing)
            if not answer:
                return _NOTHING
            return _JUST_TRUE if self._call.Value__BooleanValue(answer, self._isolate) else _JUST_FALSE

        def write_host_object(this: int, _isolate: int, thing: int) -> int:
            return _JUST_TRUE if self._ask(this, "writeHostObject", thing) else _NOTHING

        def shared_buffer_id(this: int, _isolate: int, buffer: int) -> int:
            answer = self._ask(this, "sharedBufferId", buffer)
            return 1 | int(self._call.Number__Value(answer)) << 32 if answer else _NOTHING

        def wasm_module_id(_this: int, _isolate: int, _module: int) -> int:
            return _NOTHING

        def adopt_conveyor(_this: int, _isolate: int, _conveyor: int) -> bool:
            return False

        def reallocate(_this: int, old: int | None, size: int, actual: int) -> int | None:
            _size.from_address(actual).value = size
            found: int | None = self._realloc(old, size)
            return found

        def free(_this: int, old: int | None) -> None:
            self._free(old)

        return self._table(
            ((None, _pointer, _pointer), throw_error), ((_bool, _pointer, _pointer), has_host_objects),
            ((ctypes.c_uint16, _pointer, _pointer, _pointer), is_host_object),
            ((ctypes.c_uint16, _pointer, _pointer, _pointer), write_host_object),
            ((_uint64, _pointer, _pointer, _pointer), shared_buffer_id),
            ((_uint64, _pointer, _pointer, _pointer), wasm_module_id),
            ((_bool, _pointer, _pointer, _pointer), adopt_conveyor),
            ((_pointer, _pointer, _pointer, _size, _pointer), reallocate), ((None, _pointer, _pointer), free),
        )

    def _make_deserializer_table(self) -> int:
        allow = getattr(self._call, _ALLOW_JAVASCRIPT)
        no_longer_allow = getattr(self._call, _NO_LONGER_ALLOW_JAVASCRIPT)

        def read_host_object(this: int, _isolate: int) -> int | None:
            allowance = ctypes.create_string_buffer(_OBJECT_SIZE)
            allow(allowance, self._isolate)  # V8 forbids JavaScript while it reads
            try:
                return self._ask(this, "readHostObject")
            finally:
                no_longer_allow(allowance)

        def nothing(_this: int, _isolate: int, _id: int) -> None:
            return None

        def no_conveyor(_this: int, _isolate: int) -> None:
            return None

        return self._table(
            ((_pointer, _pointer, _pointer), read_host_object), ((_pointer, _pointer, _pointer, _uint32), nothing),
            ((_pointer, _pointer, _pointer, _uint32), nothing), ((_pointer, _pointer, _pointer), no_conveyor),
        )

    # Coming and going

    def _begin(self, table: int, questions: int, has_host_objects: bool = False) -> _Work:
        spare = self._spare.get(table)
        if spare:
            work = spare.pop()
            work.questions, work.has_host_objects = questions, has_host_objects
            return work
        self._last += 1
        work = _Work(self._last, table, questions, has_host_objects)
        self._works[work.number] = self._by_address[work.address] = work
        return work

    def _end(self, work: _Work) -> None:
        self._spare.setdefault(work.delegate[0], []).append(work)

    def _begin_serializer(self, questions: int, has_host_objects: bool) -> _Work:
        self._serializer_table = self._serializer_table or self._make_serializer_table()
        work = self._begin(self._serializer_table, questions, has_host_objects)
        self._call.ValueSerializer__CONSTRUCT(work.object, self._isolate, work.address)
        return work

    def _begin_deserializer(self, info: int, questions: int) -> _Work:
        """Of the bytes of the first argument, an ArrayBuffer, from the second, so many as the third says."""
        self._deserializer_table = self._deserializer_table or self._make_deserializer_table()
        work = self._begin(self._deserializer_table, questions)
        work.start = (self._call.ArrayBuffer__Data(self._argument(info, 0)) or 0) + int(self._number(info, 1))
        self._call.ValueDeserializer__CONSTRUCT(
            work.object, self._isolate, work.start, int(self._number(info, 2)), work.address)
        return work

    def _release(self, work: _Work) -> int:
        data, size = _pointer(), _size()
        self._call.ValueSerializer__Release(work.object, ctypes.byref(data), ctypes.byref(size))
        buffer: int = self._call.ArrayBuffer__New__with_byte_length(self._isolate, size.value)
        if size.value:
            ctypes.memmove(self._call.ArrayBuffer__Data(buffer), data, size.value)
        self._free(data)
        return buffer

    # Natives: writing

    def serialize(self, info: int) -> int | None:
        """`serialize(value, questions, has host objects)`: an ArrayBuffer; views are host objects."""
        call = self._call
        work = self._begin_serializer(self._argument(info, 1), self._truth(info, 2))
        try:
            call.ValueSerializer__SetTreatArrayBufferViewsAsHostObjects(work.object, True)
            call.ValueSerializer__WriteHeader(work.object)
            if call.ValueSerializer__WriteValue(work.object, self._context, self._argument(info, 0)) != _YES:
                return None
            return self._release(work)
        finally:
            call.ValueSerializer__DESTRUCT(work.object)
            self._end(work)

    def newSerializer(self, info: int) -> int:
        """`newSerializer(questions, has host objects)`: its number."""
        work = self._begin_serializer(self._realm.keep(self._argument(info, 0)), self._truth(info, 1))
        number: int = self._realm.number(work.number)
        return number

    def dropSerializer(self, info: int) -> None:
        self._drop(info, self._call.ValueSerializer__DESTRUCT)

    def _drop(self, info: int, destruct: Callable[[Any], None]) -> None:
        work = self._work(info)
        destruct(work.object)
        self._call.Global__Reset(work.questions)
        self._end(work)

    def writeHeader(self, info: int) -> None:
        self._call.ValueSerializer__WriteHeader(self._work(info).object)

    def writeValue(self, info: int) -> None:
        self._call.ValueSerializer__WriteValue(self._work(info).object, self._context, self._argument(info, 1))

    def releaseBuffer(self, info: int) -> int:
        return self._release(self._work(info))

    def transferOnWriting(self, info: int) -> None:
        self._call.ValueSerializer__TransferArrayBuffer(
            self._work(info).object, int(self._number(info, 1)), self._argument(info, 2))

    def writeUint32(self, info: int) -> None:
        self._call.ValueSerializer__WriteUint32(self._work(info).object, int(self._number(info, 1)))

    def writeUint64(self, info: int) -> None:
        high, low = int(self._number(info, 1)), int(self._number(info, 2))
        self._call.ValueSerializer__WriteUint64(self._work(info).object, high << 32 | low)

    def writeDouble(self, info: int) -> None:
        self._call.ValueSerializer__WriteDouble(self._work(info).object, self._number(info, 1))

    def writeRawBytes(self, info: int) -> None:
        """`writeRawBytes(number, ArrayBuffer, offset, length)`"""
        start = (self._call.ArrayBuffer__Data(self._argument(info, 1)) or 0) + int(self._number(info, 2))
        self._call.ValueSerializer__WriteRawBytes(self._work(info).object, start, int(self._number(info, 3)))

    def treatViewsAsHostObjects(self, info: int) -> None:
        self._call.ValueSerializer__SetTreatArrayBufferViewsAsHostObjects(
            self._work(info).object, self._truth(info, 1))

    # Natives: reading. What cannot be read is undefined.

    def deserialize(self, info: int) -> int | None:
        """`deserialize(ArrayBuffer, offset, length, questions)`: the value."""
        work = self._begin_deserializer(info, self._argument(info, 3))
        try:
            if self._call.ValueDeserializer__ReadHeader(work.object, self._context) != _YES:
                return None
            value: int | None = self._call.ValueDeserializer__ReadValue(work.object, self._context)
            return value
        finally:
            self._call.ValueDeserializer__DESTRUCT(work.object)
            self._end(work)

    def newDeserializer(self, info: int) -> int:
        """`newDeserializer(ArrayBuffer, offset, length, questions)`: its number."""
        work = self._begin_deserializer(info, self._realm.keep(self._argument(info, 3)))
        number: int = self._realm.number(work.number)
        return number

    def dropDeserializer(self, info: int) -> None:
        self._drop(info, self._call.ValueDeserializer__DESTRUCT)

    def readHeader(self, info: int) -> None:
        self._call.ValueDeserializer__ReadHeader(self._work(info).object, self._context)

    def readValue(self, info: int) -> int | None:
        value: int | None = self._call.ValueDeserializer__ReadValue(self._work(info).object, self._context)
        return value

    def transferOnReading(self, info: int) -> None:
        """`transferOnReading(number, id, buffer, whether it is shared)`"""
        name = "TransferSharedArrayBuffer" if self._truth(info, 3) else "TransferArrayBuffer"
        transfer = getattr(self._call, f"ValueDeserializer__{name}")
        transfer(self._work(info).object, int(self._number(info, 1)), self._argument(info, 2))

    def _read(self, info: int, name: str, target: Any) -> int | None:
        read = getattr(self._call, f"ValueDeserializer__{name}")
        if not read(self._work(info).object, ctypes.byref(target)):
            return None
        number: int = self._realm.number(target.value)
        return number

    def readUint32(self, info: int) -> int | None:
        return self._read(info, "ReadUint32", _uint32())

    def readUint64(self, info: int) -> int | None:
        """[high half, low half]"""
        target = _uint64()
        if not self._call.ValueDeserializer__ReadUint64(self._work(info).object, ctypes.byref(target)):
            return None
        halves: int = self._realm.array([
            self._realm.number(target.value >> 32), self._realm.number(target.value & 0xFFFFFFFF)])
        return halves

    def readDouble(self, info: int) -> int | None:
        return self._read(info, "ReadDouble", _double())

    def readRawBytes(self, info: int) -> int | None:
        """`readRawBytes(number, length)`: at which place of the deserializer's bytes they begin."""
        work, data = self._work(info), _pointer()
        length = int(self._number(info, 1))
        if not self._call.ValueDeserializer__ReadRawBytes(work.object, length, ctypes.byref(data)):
            return None
        place: int = self._realm.number((data.value or work.start) - work.start)
        return place

    def wireFormatVersion(self, info: int) -> int:
        version = self._call.ValueDeserializer__GetWireFormatVersion(self._work(info).object)
        number: int = self._realm.number(version)
        return number
