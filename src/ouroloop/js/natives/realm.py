"""A realm: one isolate of V8's with its main context, and what every native does with JavaScript's values there.

Theory of operation. Handles (`v8::Local`) that are made during a call from JavaScript die with it, so what is to last
is kept as a `v8::Global` (`keep`). A function for JavaScript is a V8 function whose C callback is a method in Python,
called with the call's `FunctionCallbackInfo` (`function`).

What surprises people: an exception in JavaScript that a native meets stays pending in V8; the native just returns.

Source: V8's `include/v8-function-callback.h`, `include/v8-persistent-handle.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import CANCEL_TERMINATION, GET_MICROTASK_QUEUE, NEW_PRIMITIVE_ARRAY, PRIMITIVE_ARRAY_SET, call, scratch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..time_limit import TimeLimit

_pointer = ctypes.c_void_p
_size = ctypes.c_size_t

_CALLBACK = ctypes.CFUNCTYPE(None, _pointer)
_NEAR_HEAP_LIMIT = ctypes.CFUNCTYPE(_size, _pointer, _size, _size)

_QUEUE_HEAD = 48  # bytes of a v8::internal::MicrotaskQueue, with how many there are and where they begin
_HEAP_STATISTICS = 24  # size_t fields, more than v8::HeapStatistics has


class _HandleScope:
    def __init__(self, call: Any, isolate: int) -> None:
        self._call = call
        self._isolate = isolate
        self._scope = scratch()

    def __enter__(self) -> None:
        self._call.HandleScope__CONSTRUCT(self._scope, self._isolate)

    def __exit__(self, *_: object) -> None:
        self._call.HandleScope__DESTRUCT(self._scope)


class Realm:
    """The isolate and context in which this is made, while JavaScript is on the stack."""

    def __init__(self) -> None:
        self.call = call
        self.isolate: int = call.Isolate__GetCurrent()
        self.context = self.keep(call.Isolate__GetCurrentContext(self.isolate))
        self.undefined = self.keep(call.Undefined(self.isolate))
        self.callbacks: list[Any] = []
        """What ctypes made must outlive the isolate."""
        self._platform: int = call._ZN2v88internal2V818GetCurrentPlatformEv()
        self._handle_template = 0

    def tell_near_heap_limit(self, tell: Callable[[], None]) -> None:
        """Have `tell()` called when the heap is nearly full, where V8 would soon abort the process."""

        def callback(_data: int, current: int, _initial: int) -> int:
            tell()
            return current

        pointer = _NEAR_HEAP_LIMIT(callback)
        self.callbacks.append(pointer)
        self.call._ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_(self.isolate, pointer, None)

    def enter_isolate(self) -> None:
        """Make this the isolate that V8 works in, until `exit_isolate`."""
        self.call.Isolate__Enter(self.isolate)

    def exit_isolate(self) -> None:
        """V8 works again in the isolate that it worked in before."""
        self.call.Isolate__Exit(self.isolate)

    def run_tasks(self) -> bool | None:
        """Run what V8 has posted for this isolate: finalizers, and `Atomics.waitAsync` that timed out.

        Whether that queued microtasks; `None` if there was nothing. Only while no JavaScript is on the stack.
        """
        pump = self.call.Platform__PumpMessageLoop
        before = self._microtasks()
        if not pump(self._platform, self.isolate, False):
            return None
        while pump(self._platform, self.isolate, False):
            pass
        return self._microtasks() != before

    def _microtasks(self) -> bytes:
        """What V8's queue of microtasks says of itself: it is not the same when one has been queued."""
        queue: int = getattr(self.call, GET_MICROTASK_QUEUE)(self.context)
        return ctypes.string_at(queue, _QUEUE_HEAD)

    def has_background_tasks(self) -> bool:
        """Whether threads of V8's are at work for this isolate, on WebAssembly for example."""
        pending: bool = self.call.Isolate__HasPendingBackgroundTasks(self.isolate)
        return pending

    def terminate(self) -> None:
        """Stop JavaScript as soon as it goes on; no `catch` or `finally` of it runs."""
        self.call.Isolate__TerminateExecution(self.isolate)

    def time_limit(self) -> TimeLimit:
        """Terminates JavaScript when its time is over."""
        from ..time_limit import TimeLimit

        terminate = ctypes.cast(self.call.Isolate__TerminateExecution, _pointer).value or 0
        return TimeLimit(terminate, self.isolate)

    def cancel_termination(self) -> None:
        """Forget what is left of `terminate`, if JavaScript came to its end before it was stopped."""
        getattr(self.call, CANCEL_TERMINATION)(self.isolate)

    # The heap

    def heap_space_statistics(self) -> list[list[Any]]:
        """For each space of the heap: its name, then bytes: size, in use, available, in memory."""
        found = []
        for index in range(self.call.Isolate__NumberOfHeapSpaces(self.isolate)):
            fields = (_size * 8)()  # v8::HeapSpaceStatistics: a name and four sizes
            self.call.Isolate__GetHeapSpaceStatistics(self.isolate, ctypes.cast(fields, _pointer), index)
            found.append([ctypes.string_at(fields[0]).decode(), *(float(value) for value in fields[1:5])])
        return found

    def heap_code_statistics(self) -> list[float]:
        """Bytes of code, of bytecode (each with its metadata), of external sources, of the CPU profiler's metadata."""
        fields = (_size * 8)()
        self.call.Isolate__GetHeapCodeAndMetadataStatistics(self.isolate, ctypes.cast(fields, _pointer))
        return [float(value) for value in fields[:4]]

    def heap_statistics(self) -> list[int]:
        """The fields of v8::HeapStatistics, in its order; bytes, but for the last few, which count."""
        fields = (_size * _HEAP_STATISTICS)()
        self.call.Isolate__GetHeapStatistics(self.isolate, ctypes.cast(fields, _pointer))
        return list(fields)

    # Values

    def keep(self, local: int) -> int:
        """A handle that outlives the call; it can be used wherever a local one can."""
        kept: int = self.call.Global__New(self.isolate, local)
        return kept

    def handle_scope(self) -> _HandleScope:
        """Handles made inside end with it: for what is called from Python, not from JavaScript."""
        return _HandleScope(self.call, self.isolate)

    def string(self, text: str) -> int:
        """A JavaScript string; lone surrogates as they are."""
        try:
            data = text.encode()
        except UnicodeEncodeError:  # lone surrogates
            data = text.encode("utf-16-le", "surrogatepass")
            made: int = self.call._ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi(
                self.isolate, data, 0, len(data) // 2)
            return made
        local: int = self.call.String__NewFromUtf8(self.isolate, data, 0, len(data))
        return local

    def to_str(self, local: int) -> str:
        """The text of a JavaScript string; lone surrogates as they are."""
        call, view = self.call, scratch()
        call.String__ValueView__CONSTRUCT(view, self.isolate, local)
        try:
            data, length = call.String__ValueView__data(view), call.String__ValueView__length(view)
            if not length:
                return ""
            if call.String__ValueView__is_one_byte(view):
                return ctypes.string_at(data, length).decode("latin-1")
            return ctypes.string_at(data, length * 2).decode("utf-16-le", "surrogatepass")
        finally:
            call.String__ValueView__DESTRUCT(view)

    def number(self, value: float) -> int:
        """A JavaScript number."""
        local: int = self.call.Number__New(self.isolate, value)
        return local

    def integer(self, local: int) -> int:
        """The value of a JavaScript number; 0 for anything else."""
        call = self.call
        return int(call.Number__Value(local)) if call.Value__IsNumber(local) else 0

    def array(self, values: list[int]) -> int:
        """A JavaScript array."""
        call = self.call
        array: int = call.Array__New(self.isolate, len(values))
        for index, value in enumerate(values):
            call.Object__SetIndex(array, self.context, index, value)
        return array

    def elements(self, array: int) -> list[int]:
        """The elements of a JavaScript array."""
        call, context = self.call, self.context
        length = int(call.Number__Value(self.get(array, "length")))
        return [call.Object__GetIndex(array, context, index) for index in range(length)]

    def handle(self, data: int) -> int:
        """An object that stands for something of V8's that is no JavaScript value, and keeps it alive."""
        call = self.call
        if not self._handle_template:
            template = call.ObjectTemplate__New(self.isolate, None)
            call.ObjectTemplate__SetInternalFieldCount(template, 1)
            self._handle_template = self.keep(template)
        handle: int = call.ObjectTemplate__NewInstance(self._handle_template, self.context)
        call.Object__SetInternalField(handle, 0, data)
        return handle

    def unwrap(self, handle: int) -> int:
        """What a handle stands for."""
        data: int = self.call.Object__GetInternalField(handle, 0)
        return data

    def get(self, target: int, name: str) -> int:
        """`target[name]`."""
        local: int = self.call.Object__Get(target, self.context, self.string(name))
        return local

    def set(self, target: int, name: str, value: int) -> None:
        """`target[name] = value`."""
        self.call.Object__Set(target, self.context, self.string(name), value)

    def invoke(self, function: int, *args: int) -> int | None:
        """Call a JavaScript function; None when it threw, and then the exception is pending."""
        vector = (_pointer * len(args))(*args)
        result: int | None = self.call.Function__Call(
            function, self.context, self.undefined, len(args), ctypes.cast(vector, _pointer))
        return result

    def throw(self, exception: BaseException) -> None:
        """Have JavaScript throw an `Error` that tells of `exception`."""
        text = f"{type(exception).__name__}: {exception}"
        make = self.call.Exception__Error
        if "RecursionError" in text:  # ctypes has another error around it: here Python's limit was met before V8's
            text, make = "Maximum call stack size exceeded", self.call.Exception__RangeError
        self.call.Isolate__ThrowException(self.isolate, make(self.string(text)))

    def address(self, info: int) -> int:
        """`address(arrayBuffer)`: where its memory lies, as a number."""
        return self.number(self.call.ArrayBuffer__Data(self.call.FunctionCallbackInfo__Get(info, 0)) or 0)

    # Functions for JavaScript

    def function(self, method: Callable[[int], int | None]) -> int:
        """A JavaScript function that calls `method(info)`, which returns a handle or None for undefined."""
        get_return_value = self.call.FunctionCallbackInfo__GetReturnValue
        set_value = self.call.ReturnValue__Value__Set

        def callback(info: int) -> None:
            try:
                result = method(info)
            except Exception as exc:
                self.throw(exc)
                return
            if result is not None:
                set_value(ctypes.byref(ctypes.c_void_p(get_return_value(info))), result)

        pointer = _CALLBACK(callback)
        self.callbacks.append(pointer)
        function: int = self.call.Function__New(self.context, pointer, None, 0, 0, 0)
        return function

    def arguments(self, info: int, count: int) -> list[int]:
        """The first arguments of a call from JavaScript."""
        get = self.call.FunctionCallbackInfo__Get
        return [get(info, index) for index in range(count)]

    # Sources

    def origin(
        self, buffer: Any, name: int, line: int, column: int, is_module: bool, options: int | None = None,
    ) -> None:
        """Make the v8::ScriptOrigin of a source in `buffer`."""
        self.call.ScriptOrigin__CONSTRUCT(
            buffer, name, line, column, False, -1, None, False, False, is_module, options)

    def host_defined_options(self, symbol: int) -> int | None:
        """What a script is compiled with, so that its `import()` is known by `symbol`; None for no symbol."""
        call = self.call
        if not call.Value__IsSymbol(symbol):
            return None
        options: int = getattr(call, NEW_PRIMITIVE_ARRAY)(self.isolate, 1)
        getattr(call, PRIMITIVE_ARRAY_SET)(options, self.isolate, 0, symbol)
        return options

    def import_attributes(self, attributes: int, stride: int) -> int:
        """Import attributes as [key, value, key, value …].

        V8 gives them with positions (`stride` 3), or without (2).
        """
        call = self.call
        length = call.FixedArray__Length(attributes)
        return self.array([
            call.FixedArray__Get(attributes, index + offset) for index in range(0, length, stride) for offset in (0, 1)
        ])
