"""Contextify natives: other contexts of V8 in the same isolate, for `node:vm`.

Theory of operation. A context is made from the same snapshot as the main one, so its global object begins with all of
ours; `lib/internal/vm/contexts.js` takes away what is not JavaScript's own. What is looked up on a contextified
global object goes first to V8's interceptors, which are C callbacks here; each asks the context's *handler*, one
function in JavaScript, which knows the sandbox. Its answer is the value, or `nothing`: then V8 goes on as if nobody
had been asked.

What surprises people: Python holds no handle of a context. V8's heap alone ties sandbox, handler and context
together, so a context that no program can reach any more is collected. The handler is found through the interceptor
itself.

A binding's C interface has no names for the parts of `PropertyCallbackInfo`, and none for a context's security token.
Their places are those of V8 14.7, and are looked for (`_find_handler_offset`, `_token_slot`) rather than trusted.

Source: V8's `include/v8-template.h`, `include/v8-function-callback.h`, `include/v8-context.h`.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .natives import Natives

_pointer = ctypes.c_void_p
_size = ctypes.c_size_t
_bool = ctypes.c_bool
_int = ctypes.c_int

_SET_NAMED = "_ZN2v814ObjectTemplate10SetHandlerERKNS_33NamedPropertyHandlerConfigurationE"
_SET_INDEXED = "_ZN2v814ObjectTemplate10SetHandlerERKNS_35IndexedPropertyHandlerConfigurationE"
_CREATION_CONTEXT = "_ZN2v86Object18GetCreationContextEPNS_7IsolateE"
_SHOULD_THROW = "_ZN2v88internal18ShouldThrowOnErrorEPNS0_7IsolateE"
CANCEL_TERMINATION = "_ZN2v87Isolate24CancelTerminateExecutionEv"
_IS_TERMINATING = "_ZN2v87Isolate22IsExecutionTerminatingEv"

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "v8__Context__AllowCodeGenerationFromStrings": (None, _pointer, _bool),
    "v8__Context__Enter": (None, _pointer),
    "v8__Context__Exit": (None, _pointer),
    "v8__Context__New": (_pointer, _pointer, _pointer, _pointer, _pointer),
    "v8__Isolate__SetAllowWasmCodeGenerationCallback": (None, _pointer, _pointer),
    "v8__ObjectTemplate__New": (_pointer, _pointer, _pointer),
    _SET_NAMED: (None, _pointer, _pointer),
    _SET_INDEXED: (None, _pointer, _pointer),
    _CREATION_CONTEXT: (_pointer, _pointer, _pointer),
    _SHOULD_THROW: (_bool, _pointer),
    CANCEL_TERMINATION: (None, _pointer),
    _IS_TERMINATING: (_bool, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""

NAMES = ("makeContext", "runScriptIn", "compileFunctionIn", "setWebAssemblyFilter")

# What the handler is asked; the numbers are also in lib/internal/vm/contexts.js.
_GET, _SET, _QUERY, _DELETE, _ENUMERATE, _DEFINE, _DESCRIBE = range(7)

# V8's form of each: name or index, then what is special, then the callback's info; whether it was intercepted.
_NAMED = ctypes.CFUNCTYPE(ctypes.c_uint8, _pointer, _pointer)
_NAMED_WITH_VALUE = ctypes.CFUNCTYPE(ctypes.c_uint8, _pointer, _pointer, _pointer)
_INDEXED = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint32, _pointer)
_INDEXED_WITH_VALUE = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint32, _pointer, _pointer)
_ENUMERATOR = ctypes.CFUNCTYPE(None, _pointer)
_ALLOW_WEBASSEMBLY = ctypes.CFUNCTYPE(_bool, _pointer, _pointer)
_INTERCEPTED, _PASS = 0, 1  # v8::Intercepted
_HAS_NO_SIDE_EFFECT = 4

# Words of v8::PropertyCallbackInfo.
_RETURN_VALUE = 6
_INTERCEPTOR = 7

_GLOBAL_OBJECT_SLOT = 4  # of a native context: the global object behind its proxy
_HEADER = 2
_SCRATCH = 512

# The bits of v8::internal::PropertyDescriptor, and its three handles behind them.
_ENUMERABLE, _HAS_ENUMERABLE, _CONFIGURABLE, _HAS_CONFIGURABLE, _WRITABLE, _HAS_WRITABLE = (
    1 << bit for bit in range(6)
)

Method: TypeAlias = "Callable[[int], int | None]"


def _word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _set_word(address: int, value: int) -> None:
    ctypes.c_uint64.from_address(address).value = value


class Contexts:
    """The natives of `contextify` that deal with contexts, in the isolate and main context of `natives`."""

    def __init__(self, natives: Natives) -> None:
        self._natives = natives
        self._call = natives._call
        self._isolate = natives._isolate
        self._configurations: list[Any] | None = None
        self._callbacks: list[Any] = []
        self._handler_offset = 0
        self._token_slot = 0
        self._is_making = False
        self._nothing = 0

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        made = (self.make, self.run_script, self.compile_function, self.set_webassembly_filter)
        return dict(zip(NAMES, made, strict=True))

    # Contexts

    def make(self, info: int) -> int:
        """`makeContext(handler, nothing, allowStrings)`: a new context's global; a plain one without `handler`."""
        natives, call = self._natives, self._call
        handler, nothing, allow_strings = natives._arguments(info, 3)
        template = None
        if call.Value__IsObject(handler):
            if not self._nothing:
                self._nothing = natives._keep(nothing)
            template = self._template(handler)
        self._is_making = True
        try:
            context = call.Context__New(self._isolate, template, None, None)
        finally:
            self._is_making = False
        if not context:
            raise RuntimeError("V8 could not make a context")
        self._share_token(context)
        if not natives._integer(allow_strings):
            call.Context__AllowCodeGenerationFromStrings(context, False)
        target: int = call.Context__Global(context)
        if template and not self._handler_offset:
            self._find_handler_offset(context, target, handler)
        return target

    def set_webassembly_filter(self, info: int) -> None:
        """`setWebAssemblyFilter(function)`: it is asked, with a context's global, whether WebAssembly is compiled."""
        natives, call = self._natives, self._call
        function = natives._keep(natives._arguments(info, 1)[0])

        def callback(context: int, _source: int) -> bool:
            answer = natives._invoke(function, call.Context__Global(context))
            return answer is not None and natives._integer(answer) == 1

        pointer = _ALLOW_WEBASSEMBLY(callback)
        self._callbacks.append(pointer)
        call.Isolate__SetAllowWasmCodeGenerationCallback(self._isolate, pointer)

    def _share_token(self, context: int) -> None:
        """Let contexts see each other's global objects: V8 compares tokens, and now all have the same, `undefined`.

        That value never moves, so the garbage collector need not hear of the change.
        """
        main = self._natives._context
        token = _word(self._natives._undefined)
        if not self._token_slot:
            self._token_slot = self._find_token_slot(main)
            _set_word(_word(main) - 1 + 8 * self._token_slot, token)
        _set_word(_word(context) - 1 + 8 * self._token_slot, token)

    def _find_token_slot(self, context: int) -> int:
        """By default a context's token is its global object, which stands in one other slot only."""
        start = _word(context) - 1
        wanted = _word(start + 8 * _GLOBAL_OBJECT_SLOT)
        end = _HEADER + (_word(start + 8) >> 32)  # the second word is the number of slots, as a small integer
        found = [slot for slot in range(_GLOBAL_OBJECT_SLOT + 1, end) if _word(start + 8 * slot) == wanted]
        if len(found) != 1:
            raise RuntimeError("this V8 keeps a context's security token in another place")
        return found[0]

    def _context_of(self, target: int) -> int:
        """The context of a global object; the main one for anything that is none."""
        if not self._call.Value__IsObject(target):
            return self._natives._context
        context: int = getattr(self._call, _CREATION_CONTEXT)(target, self._isolate)
        return context

    # Interceptors

    def _template(self, handler: int) -> int:
        call = self._call
        if self._configurations is None:
            self._configurations = [self._named_callbacks(), self._indexed_callbacks()]
        template: int = call.ObjectTemplate__New(self._isolate, None)
        named, indexed = self._configurations
        for setter, words in (
            (_SET_NAMED, [*named, handler, _HAS_NO_SIDE_EFFECT]),
            (_SET_INDEXED, [*indexed, None, handler, _HAS_NO_SIDE_EFFECT]),  # None: an `indexOf` of one's own
        ):
            configuration = (_pointer * len(words))(*words)
            getattr(call, setter)(template, ctypes.addressof(configuration))
        return template

    def _named_callbacks(self) -> list[Any]:
        ask = self._ask
        return self._kept(
            _NAMED(lambda name, info: ask(info, _GET, name)),
            _NAMED_WITH_VALUE(lambda name, value, info: ask(info, _SET, name, value, self._is_strict())),
            _NAMED(lambda name, info: ask(info, _QUERY, name)),
            _NAMED(lambda name, info: ask(info, _DELETE, name)),
            _ENUMERATOR(lambda info: self._enumerate(info)),
            _NAMED_WITH_VALUE(lambda name, descriptor, info: ask(info, _DEFINE, name, *self._described(descriptor))),
            _NAMED(lambda name, info: ask(info, _DESCRIBE, name)),
        )

    def _indexed_callbacks(self) -> list[Any]:
        ask, number = self._ask, self._natives._number
        return self._kept(
            _INDEXED(lambda index, info: ask(info, _GET, number(index))),
            _INDEXED_WITH_VALUE(lambda index, value, info: ask(info, _SET, number(index), value, self._is_strict())),
            _INDEXED(lambda index, info: ask(info, _QUERY, number(index))),
            _INDEXED(lambda index, info: ask(info, _DELETE, number(index))),
            _ENUMERATOR(lambda info: None),  # the other one has told all
            _INDEXED_WITH_VALUE(
                lambda index, descriptor, info: ask(info, _DEFINE, number(index), *self._described(descriptor))),
            _INDEXED(lambda index, info: ask(info, _DESCRIBE, number(index))),
        )

    def _kept(self, *callbacks: Any) -> list[Any]:
        self._callbacks.extend(callbacks)
        return [ctypes.cast(callback, _pointer) for callback in callbacks]

    def _is_strict(self) -> int:
        strict = getattr(self._call, _SHOULD_THROW)(self._isolate)
        return self._natives._number(1 if strict else 0)

    def _ask(self, info: int, question: int, *args: int) -> int:
        """Ask the handler, and give V8 the answer."""
        if self._is_making:
            return _PASS
        natives = self._natives
        try:
            result = natives._invoke(self._handler(info), natives._number(question), *args)
            if result is None:
                return _INTERCEPTED  # the exception is pending
            answer = _word(result)
            if answer == _word(self._nothing):
                return _PASS
            if question not in (_SET, _DEFINE):  # whose return value says already that all is well
                _set_word(info + 8 * _RETURN_VALUE, answer)
            return _INTERCEPTED
        except Exception as exc:
            natives._throw(exc)
            return _INTERCEPTED

    def _enumerate(self, info: int) -> None:
        self._ask(info, _ENUMERATE)

    def _handler(self, info: int) -> int:
        interceptor = _word(info + 8 * _INTERCEPTOR) - 1
        local: int = self._call.Local__New(self._isolate, interceptor + self._handler_offset)
        return local

    def _find_handler_offset(self, context: int, target: int, handler: int) -> None:
        """Where an interceptor keeps its data: seen when one is called whose data is known."""
        found: list[int] = []

        def look(info: int, *_: int) -> int:
            interceptor = _word(info + 8 * _INTERCEPTOR) - 1
            found.extend(offset for offset in range(8, 128, 8) if _word(interceptor + offset) == _word(handler))
            return _PASS

        self._ask, ask = look, self._ask  # type: ignore[method-assign, assignment]
        self._configurations = None
        try:
            probe = self._template(handler)
            self._is_making = True
            other = self._call.Context__New(self._isolate, probe, None, None)
            self._is_making = False
            self._share_token(other)
            self._call.Object__Has(self._call.Context__Global(other), context, self._natives._string("a"))
        finally:
            self._ask = ask  # type: ignore[method-assign]
            self._configurations = None
        if not found:
            raise RuntimeError("this V8 keeps an interceptor's data in another place")
        self._handler_offset = found[0]

    def _described(self, descriptor: int) -> list[int]:
        """A v8::PropertyDescriptor as [bits, value, get, set]; what it does not have is undefined."""
        start = _word(descriptor)
        undefined = self._natives._undefined
        handles = [_word(start + 8 * index) or undefined for index in (1, 2, 3)]
        bits = _word(start) & 0x3F
        for index in (1, 2, 3):
            if _word(start + 8 * index):
                bits |= 0x40 << (index - 1)
        return [self._natives._number(bits), *handles]

    # Code

    def run_script(self, info: int) -> int | None:
        """`runScriptIn(global, source, filename, line, column, timeout)`: `[value]`, or `[]` when time was over."""
        natives, call = self._natives, self._call
        target, source, filename, line, column, timeout = natives._arguments(info, 6)
        context = self._context_of(target)
        origin = ctypes.create_string_buffer(_SCRATCH)
        natives._origin(origin, filename, natives._integer(line), natives._integer(column), False)
        limit = natives._integer(timeout)
        call.Context__Enter(context)
        try:
            script = call.Script__Compile(context, source, origin)
            if not script:
                return None
            result = self._run_limited(script, context, limit) if limit else call.Script__Run(script, context)
        finally:
            call.Context__Exit(context)
        if result is _TIMED_OUT:
            return natives._array([])
        return natives._array([result]) if result else None

    def _run_limited(self, script: int, context: int, limit: int) -> Any:
        """Run with the interpreter's lock given up, so that another thread can watch the time (`limit` ms)."""
        from threading import Event, Thread

        call, over = self._call, Event()
        fired = False

        def watch() -> None:
            nonlocal fired
            if not over.wait(limit / 1000):
                fired = True
                call.Isolate__TerminateExecution(self._isolate)

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        run = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer)(ctypes.cast(call.Script__Run, _pointer).value or 0)
        result = run(script, context)
        over.set()
        watcher.join()
        if not fired:
            return result
        getattr(call, CANCEL_TERMINATION)(self._isolate)
        return result or _TIMED_OUT

    def compile_function(self, info: int) -> int | None:
        """`compileFunctionIn(global, source, filename, parameters, line, column, extensions)`: the function."""
        natives, call = self._natives, self._call
        target, source, filename, parameters, line, column, extensions = natives._arguments(info, 7)
        names, objects = natives._list(parameters), natives._list(extensions)
        name_vector, object_vector = (_pointer * len(names))(*names), (_pointer * len(objects))(*objects)
        context = self._context_of(target)
        origin, compiled = ctypes.create_string_buffer(_SCRATCH), ctypes.create_string_buffer(_SCRATCH)
        natives._origin(origin, filename, natives._integer(line), natives._integer(column), False)
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, None)
        call.Context__Enter(context)
        try:
            function: int | None = call.ScriptCompiler__CompileFunction(
                context, compiled, len(names), ctypes.cast(name_vector, _pointer), len(objects),
                ctypes.cast(object_vector, _pointer), 0, 0)
            return function
        finally:
            call.Context__Exit(context)
            call.ScriptCompiler__Source__DESTRUCT(compiled)


_TIMED_OUT = object()
