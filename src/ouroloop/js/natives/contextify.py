"""Contextify natives: other contexts of V8 in the same isolate, for `node:vm`.

Theory of operation. A context is made from the snapshot's first one, in which nothing has run (`engine.make_snapshot`).
What is looked up on a contextified global object goes first to V8's interceptors, which are C callbacks here. Each
looks at the sandbox; reading does so on V8's interface alone, the rest asks one function in JavaScript, `answer`
(`lib/internal/vm/contexts.js`). The outcome is a value, or `nothing`: then V8 goes on as if nobody had been asked.

What surprises people: Python holds no handle of a context. V8's heap alone ties sandbox and context together, so a
context that no program can reach any more is collected. The sandbox is found through the interceptor itself.

A binding's C interface has no names for the parts of `PropertyCallbackInfo`, and none for a context's security token.
Their places are those of V8 14.7, and are looked for (`_find_data_offset`, `_token_slot`) rather than trusted.

Source: V8's `include/v8-template.h`, `include/v8-function-callback.h`, `include/v8-context.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import GET_MICROTASK_QUEUE, declare, scratch, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .realm import Realm

_pointer = ctypes.c_void_p
_size = ctypes.c_size_t
_bool = ctypes.c_bool
_int = ctypes.c_int

_SET_NAMED = "_ZN2v814ObjectTemplate10SetHandlerERKNS_33NamedPropertyHandlerConfigurationE"
_SET_INDEXED = "_ZN2v814ObjectTemplate10SetHandlerERKNS_35IndexedPropertyHandlerConfigurationE"
_GET_REAL = "_ZN2v86Object20GetRealNamedPropertyENS_5LocalINS_7ContextEEENS1_INS_4NameEEE"
_CREATION_CONTEXT = "_ZN2v86Object18GetCreationContextEPNS_7IsolateE"
_EXCEPTION = "_ZN2v88internal17ExternalReference17exception_addressEPNS0_7IsolateE"
_SHOULD_THROW = "_ZN2v88internal18ShouldThrowOnErrorEPNS0_7IsolateE"
_IS_TERMINATING = "_ZN2v87Isolate22IsExecutionTerminatingEv"
_SET_UP_QUEUE = "_ZN2v88internal14MicrotaskQueue26SetUpDefaultMicrotaskQueueEPNS0_7IsolateE"
_PERFORM_CHECKPOINT = "_ZN2v88internal14MicrotaskQueue17PerformCheckpointEPNS_7IsolateE"

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "v8__Context__AllowCodeGenerationFromStrings": (None, _pointer, _bool),
    "v8__Context__Enter": (None, _pointer),
    "v8__Context__Exit": (None, _pointer),
    "v8__Context__New": (_pointer, _pointer, _pointer, _pointer, _pointer),
    "v8__Isolate__SetAllowWasmCodeGenerationCallback": (None, _pointer, _pointer),
    "v8__Integer__New": (_pointer, _pointer, _int),
    "v8__Object__GetOwnPropertyDescriptor": (_pointer, _pointer, _pointer, _pointer),
    "v8__Object__GetPropertyAttributes": (None, _pointer, _pointer, _pointer, _pointer),
    "v8__Object__HasOwnProperty": (_int, _pointer, _pointer, _pointer),
    _GET_REAL: (_pointer, _pointer, _pointer, _pointer),
    _SET_NAMED: (None, _pointer, _pointer),
    _SET_INDEXED: (None, _pointer, _pointer),
    _CREATION_CONTEXT: (_pointer, _pointer, _pointer),
    _EXCEPTION: (_pointer, _pointer),
    _SHOULD_THROW: (_bool, _pointer),
    _IS_TERMINATING: (_bool, _pointer),
    _SET_UP_QUEUE: (None, _pointer),
    _PERFORM_CHECKPOINT: (None, _pointer, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

NAMES = ("makeContext", "setWebAssemblyFilter", "setAnswer", "describeOwn")

# What `answer` is asked; the numbers are also in lib/internal/vm/contexts.js.
_SELF, _SET, _SETTLE, _DELETE, _ENUMERATE, _DEFINE, _DESCRIBE = range(7)

# V8's form of each: name or index, then what is special, then the callback's info; whether it was intercepted.
_NAMED = ctypes.CFUNCTYPE(ctypes.c_uint8, _pointer, _pointer)
_NAMED_WITH_VALUE = ctypes.CFUNCTYPE(ctypes.c_uint8, _pointer, _pointer, _pointer)
_INDEXED = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint32, _pointer)
_INDEXED_WITH_VALUE = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint32, _pointer, _pointer)
_ENUMERATOR = ctypes.CFUNCTYPE(None, _pointer)
_ALLOW_WEBASSEMBLY = ctypes.CFUNCTYPE(_bool, _pointer, _pointer)
_INTERCEPTED, _PASS = 0, 1  # v8::Intercepted
_HAS_NO_SIDE_EFFECT = 4

class _Info(ctypes.Structure):
    """v8::PropertyCallbackInfo, as far as it is of use."""

    _fields_ = (
        ("before", ctypes.c_uint64 * 6), ("return_value", ctypes.c_uint64), ("interceptor", ctypes.c_uint64),
    )


_GLOBAL_OBJECT_SLOT = 4  # of a native context: the global object behind its proxy
_HEADER = 2
_ISOLATE_SIZE = 65536  # bytes: less than v8::internal::Isolate has, and more than lie before its queue
_QUEUE_SIZE = 128  # bytes: no more than a v8::internal::MicrotaskQueue has

# The bits of v8::internal::PropertyDescriptor, and its three handles behind them.
_ENUMERABLE, _HAS_ENUMERABLE, _CONFIGURABLE, _HAS_CONFIGURABLE, _WRITABLE, _HAS_WRITABLE = (
    1 << bit for bit in range(6)
)

Method: TypeAlias = "Callable[[int], int | None]"


def _set_word(address: int, value: int) -> None:
    ctypes.c_uint64.from_address(address).value = value


class Contexts:
    """The natives of `contextify` that deal with contexts, in the isolate and main context of `realm`."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._call = realm.call
        self._isolate = realm.isolate
        self._configurations: list[Any] | None = None
        self._callbacks: list[Any] = []
        self._data_offset = 0
        self._token_slot = 0
        self._is_silent = False  # then no interceptor asks anything
        self._is_unsettled = False
        self._answer = self._nothing = self._later = 0
        self._exception: int = getattr(self._call, _EXCEPTION)(self._isolate)
        self._no_exception = word(self._exception)
        self._queues = MicrotaskQueues(realm)

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        made = (self.make, self.set_webassembly_filter, self.set_answer, self.describe_own)
        return dict(zip(NAMES, made, strict=True))

    # Contexts

    def make(self, info: int) -> int:
        """`makeContext(sandbox, allowStrings, ownMicrotasks)`: a new context's global; a plain one without `sandbox`.

        With `ownMicrotasks` it has a queue of its own, which is run when code was.
        """
        realm, call = self._realm, self._call
        sandbox, allow_strings, own_microtasks = realm.arguments(info, 3)
        template = self._template(sandbox) if call.Value__IsObject(sandbox) else None
        queue = self._queues.make() if realm.integer(own_microtasks) else None
        context = self._new(template, queue)
        self._share_token(context)
        if not realm.integer(allow_strings):
            call.Context__AllowCodeGenerationFromStrings(context, False)
        target: int = call.Context__Global(context)
        if template and not self._data_offset:
            self._find_data_offset(context, sandbox)
        return target

    def _new(self, template: int | None, queue: int | None) -> int:
        self._is_silent = True
        try:
            context: int | None = self._call.Context__New(self._isolate, template, None, queue)
        finally:
            self._is_silent = False
        if not context:
            raise RuntimeError("V8 could not make a context")
        return context

    def set_answer(self, info: int) -> None:
        """`setAnswer(answer, nothing, later)`: the function that is asked, and what it returns if V8 is to go on.

        `later`: and if it wants to see afterwards what V8 has done.
        """
        self._answer, self._nothing, self._later = (
            self._realm.keep(local) for local in self._realm.arguments(info, 3))

    def describe_own(self, info: int) -> int | None:
        """`describeOwn(global, key)`: the descriptor of the global object's own property, whatever the sandbox has."""
        target, key = self._realm.arguments(info, 2)
        self._is_silent = True
        try:
            descriptor: int | None = self._call.Object__GetOwnPropertyDescriptor(target, self._realm.context, key)
            return descriptor
        finally:
            self._is_silent = False

    def set_webassembly_filter(self, info: int) -> None:
        """`setWebAssemblyFilter(function)`: it is asked, with a context's global, whether WebAssembly is compiled."""
        realm, call = self._realm, self._call
        function = realm.keep(realm.arguments(info, 1)[0])

        def callback(context: int, _source: int) -> bool:
            answer = realm.invoke(function, call.Context__Global(context))
            return answer is not None and realm.integer(answer) == 1

        pointer = _ALLOW_WEBASSEMBLY(callback)
        self._callbacks.append(pointer)
        call.Isolate__SetAllowWasmCodeGenerationCallback(self._isolate, pointer)

    def _share_token(self, context: int) -> None:
        """Let contexts see each other's global objects: V8 compares tokens, and now all have the same, `undefined`.

        That value never moves, so the garbage collector need not hear of the change.
        """
        main = self._realm.context
        token = word(self._realm.undefined)
        if not self._token_slot:
            self._token_slot = self._find_token_slot(main)
            _set_word(word(main) - 1 + 8 * self._token_slot, token)
        _set_word(word(context) - 1 + 8 * self._token_slot, token)

    def _find_token_slot(self, context: int) -> int:
        """By default a context's token is its global object, which stands in one other slot only."""
        start = word(context) - 1
        wanted = word(start + 8 * _GLOBAL_OBJECT_SLOT)
        end = _HEADER + (word(start + 8) >> 32)  # the second word is the number of slots, as a small integer
        found = [slot for slot in range(_GLOBAL_OBJECT_SLOT + 1, end) if word(start + 8 * slot) == wanted]
        if len(found) != 1:
            raise RuntimeError("this V8 keeps a context's security token in another place")
        return found[0]

    def context_of(self, target: int) -> int:
        """The context of a global object; the main one for anything that is none."""
        if not self._call.Value__IsObject(target):
            return self._realm.context
        context: int = getattr(self._call, _CREATION_CONTEXT)(target, self._isolate)
        return context

    # Interceptors

    def _template(self, sandbox: int) -> int:
        call = self._call
        if self._configurations is None:
            self._configurations = [self._named_callbacks(), self._indexed_callbacks()]
        template: int = call.ObjectTemplate__New(self._isolate, None)
        named, indexed = self._configurations
        for setter, words in (
            (_SET_NAMED, [*named, sandbox, _HAS_NO_SIDE_EFFECT]),
            (_SET_INDEXED, [*indexed, None, sandbox, _HAS_NO_SIDE_EFFECT]),  # None: an `indexOf` of one's own
        ):
            configuration = (_pointer * len(words))(*words)
            getattr(call, setter)(template, ctypes.addressof(configuration))
        return template

    def _named_callbacks(self) -> list[Any]:
        ask, get, query = self._ask, self._get, self._query
        return self._kept(
            _NAMED(lambda name, info: get(name, info)),
            _NAMED_WITH_VALUE(lambda name, value, info: ask(info, _SET, name, value, self._is_strict())),
            _NAMED(lambda name, info: query(name, info)),
            _NAMED(lambda name, info: ask(info, _DELETE, name)),
            _ENUMERATOR(lambda info: self._enumerate(info)),
            _NAMED_WITH_VALUE(lambda name, descriptor, info: ask(info, _DEFINE, name, *self._described(descriptor))),
            _NAMED(lambda name, info: ask(info, _DESCRIBE, name)),
        )

    def _indexed_callbacks(self) -> list[Any]:
        ask, number, string, get, query = self._ask, self._realm.number, self._string, self._get, self._query
        return self._kept(
            _INDEXED(lambda index, info: get(string(index), info)),
            _INDEXED_WITH_VALUE(lambda index, value, info: ask(info, _SET, number(index), value, self._is_strict())),
            _INDEXED(lambda index, info: query(string(index), info)),
            _INDEXED(lambda index, info: ask(info, _DELETE, number(index))),
            _ENUMERATOR(lambda info: None),  # the other one has told all
            _INDEXED_WITH_VALUE(
                lambda index, descriptor, info: ask(info, _DEFINE, number(index), *self._described(descriptor))),
            _INDEXED(lambda index, info: ask(info, _DESCRIBE, number(index))),
        )

    def _string(self, index: int) -> int:
        return self._realm.string(str(index))

    def _kept(self, *callbacks: Any) -> list[Any]:
        self._callbacks.extend(callbacks)
        return [ctypes.cast(callback, _pointer) for callback in callbacks]

    def _is_strict(self) -> int:
        strict = getattr(self._call, _SHOULD_THROW)(self._isolate)
        return self._realm.number(1 if strict else 0)

    def _sandbox(self, words: _Info) -> int:
        local: int = self._call.Local__New(self._isolate, words.interceptor - 1 + self._data_offset)
        return local

    def _has_thrown(self) -> bool:
        return word(self._exception) != self._no_exception

    def _get(self, name: int, info: int) -> int:
        """What the sandbox has under a name, itself or by inheritance. Every read of a global variable comes here."""
        if self._is_silent:
            return _PASS
        if self._is_unsettled:
            self._settle()
        words = _Info.from_address(info)
        sandbox = self._sandbox(words)
        value = self._call._ZN2v86Object20GetRealNamedPropertyENS_5LocalINS_7ContextEEENS1_INS_4NameEEE(
            sandbox, self._realm.context, name)
        if value is None:
            return _INTERCEPTED if self._has_thrown() else _PASS
        answer = word(value)
        if answer == word(sandbox):  # inside, the global object stands for it
            itself = self._realm.invoke(self._answer, self._realm.number(_SELF), sandbox)
            answer = word(itself) if itself else answer
        words.return_value = answer
        return _INTERCEPTED

    def _query(self, name: int, info: int) -> int:
        """The attributes of the sandbox's own property."""
        if self._is_silent:
            return _PASS
        call, context = self._call, self._realm.context
        words = _Info.from_address(info)
        sandbox = self._sandbox(words)
        if call.Object__HasOwnProperty(sandbox, context, name) != 1:
            return _INTERCEPTED if self._has_thrown() else _PASS
        attributes = (_int * 2)()  # v8::Maybe: whether there is one, then the value
        call.Object__GetPropertyAttributes(sandbox, context, name, ctypes.addressof(attributes))
        words.return_value = word(call.Integer__New(self._isolate, attributes[1]))
        return _INTERCEPTED

    def _ask(self, info: int, question: int, *args: int) -> int:
        """Ask `answer`, and give V8 what it says."""
        if self._is_silent:
            return _PASS
        realm = self._realm
        try:
            words = _Info.from_address(info)
            result = realm.invoke(self._answer, realm.number(question), self._sandbox(words), *args)
            if result is None:
                return _INTERCEPTED  # the exception is pending
            answer = word(result)
            if answer == word(self._nothing):
                return _PASS
            if answer == word(self._later):
                self._is_unsettled = True
                return _PASS
            if question not in (_SET, _DEFINE):  # whose return value says already that all is well
                words.return_value = answer
            return _INTERCEPTED
        except Exception as exc:
            realm.throw(exc)
            return _INTERCEPTED

    def _settle(self) -> None:
        """Have `answer` look at what V8 made of an assignment that was left to it.

        Not before the next read, or the end: V8 itself asks in between.
        """
        self._is_unsettled = False
        self._realm.invoke(self._answer, self._realm.number(_SETTLE))

    def _enumerate(self, info: int) -> None:
        self._ask(info, _ENUMERATE)

    def _find_data_offset(self, context: int, sandbox: int) -> None:
        """Where an interceptor keeps its data: seen when one is called whose data is known."""
        found: list[int] = []

        def look(_name: int, info: int) -> int:
            interceptor = _Info.from_address(info).interceptor - 1
            found.extend(offset for offset in range(8, 128, 8) if word(interceptor + offset) == word(sandbox))
            return _PASS

        self._query, query = look, self._query  # type: ignore[method-assign, assignment]
        self._configurations = None
        try:
            other = self._new(self._template(sandbox), None)
            self._share_token(other)
            self._call.Object__Has(self._call.Context__Global(other), context, self._realm.string("a"))
        finally:
            self._query = query  # type: ignore[method-assign]
            self._configurations = None
        if not found:
            raise RuntimeError("this V8 keeps an interceptor's data in another place")
        self._data_offset = found[0]

    def _described(self, descriptor: int) -> list[int]:
        """A v8::PropertyDescriptor as [bits, value, get, set]; what it does not have is undefined."""
        start = word(descriptor)
        undefined = self._realm.undefined
        handles = [word(start + 8 * index) or undefined for index in (1, 2, 3)]
        bits = word(start) & 0x3F
        for index in (1, 2, 3):
            if word(start + 8 * index):
                bits |= 0x40 << (index - 1)
        return [self._realm.number(bits), *handles]

    # Code

    def run_in(self, context: int, limit: int, function: str, target: int) -> int | None:
        """Call V8's `function(target, context)`, then the context's own microtasks, in `limit` ms (0: no limit).

        `[value]`; `[]` when time was over; None when an exception is pending.
        """
        realm, call = self._realm, self._call
        queue = self._queues.of(context)
        call.Context__Enter(context)
        try:
            if limit:
                result = self._run_limited(limit, function, target, context, queue)
            else:
                result = getattr(call, function)(target, context)
                if queue and result:
                    self._queues.run(queue)
        finally:
            call.Context__Exit(context)
        if self._is_unsettled and result:
            self._settle()
        if result is _TIMED_OUT:
            return realm.array([])
        return realm.array([result]) if result else None

    def _run_limited(self, limit: int, function: str, target: int, context: int, queue: int | None) -> Any:
        """The same with a time limit."""
        realm, call = self._realm, self._call
        spin = self._compile_spin(context)
        time_limit = realm.time_limit()
        time_limit.start(limit)
        result = getattr(call, function)(target, context)
        if queue and result:
            self._queues.run(queue)

        def wait() -> None:
            """The call that ends JavaScript may be still to come. It would end anything, so it is given something."""
            if not getattr(call, _IS_TERMINATING)(self._isolate):
                _set_word(self._exception, self._no_exception)  # what was thrown too late
                call.Script__Run(spin, context)

        is_over = time_limit.stop(wait)
        time_limit.close()
        if not is_over:
            return result
        realm.cancel_termination()
        return _TIMED_OUT

    def _compile_spin(self, context: int) -> int:
        realm, call = self._realm, self._call
        origin = scratch()
        realm.origin(origin, realm.string("node:internal/vm/spin"), 0, 0, False)
        script: int = call.Script__Compile(context, realm.string("for (;;);"), origin)
        return script


class MicrotaskQueues:
    """Microtask queues that belong to one context, beside the isolate's own.

    V8 has a function that makes one, but the binding left it out. What is there makes the isolate's first queue, and
    says that it is the isolate's; so it is called again, and what it said is taken back. V8 finds queues by a ring of
    pointers, into which the new one is put. They are never given back.
    """

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._call = realm.call
        self._isolate = realm.isolate
        self._main = 0
        self._place = 0  # where the isolate has its queue
        self._has_others = False

    def of(self, context: int) -> int | None:
        """The queue of a context, if it is its own."""
        if not self._has_others:
            return None
        queue: int = getattr(self._call, GET_MICROTASK_QUEUE)(context)
        return None if queue == self._main else queue

    def run(self, queue: int) -> None:
        """Run the microtasks of a queue."""
        getattr(self._call, _PERFORM_CHECKPOINT)(queue, self._isolate)

    def make(self) -> int:
        """A new queue."""
        if not self._has_others:
            self._main = getattr(self._call, GET_MICROTASK_QUEUE)(self._realm.context)
            self._place = self._find_place()
            self._has_others = True
        getattr(self._call, _SET_UP_QUEUE)(self._isolate)
        queue = word(self._place)
        _set_word(self._place, self._main)
        following, preceding = self._links(queue)
        last = word(self._main + preceding)
        _set_word(queue + following, self._main)
        _set_word(queue + preceding, last)
        _set_word(last + following, queue)
        _set_word(self._main + preceding, queue)
        return queue

    def _find_place(self) -> int:
        places = [
            address for address in range(self._isolate, self._isolate + _ISOLATE_SIZE, 8)
            if word(address) == self._main
        ]
        if len(places) != 1:
            raise RuntimeError("this V8 keeps an isolate's microtask queue in another place")
        return places[0]

    def _links(self, queue: int) -> list[int]:
        """Where a queue has the next and the previous one: alone, it is both."""
        found = [offset for offset in range(0, _QUEUE_SIZE, 8) if word(queue + offset) == queue]
        if len(found) != 2:
            raise RuntimeError("this V8 links its microtask queues in another way")
        return found


_TIMED_OUT = object()
