"""Natives: the few functions that JavaScript needs to be made on V8's own C interface.

Theory of operation. An operation (`bindings/`) gets copies of its arguments. A native gets the values themselves: it
can ask a promise for its state, compile a source as a function, link ES modules, give the address of a buffer's
memory. Each is a V8 function whose C callback is a Python method here, called through ctypes with the call's
`FunctionCallbackInfo`. A handle (`v8::Local`) is an address of a slot that holds a value; handles made during a call
die with it, so what is to last is kept as a `v8::Global`.

What surprises people: a native may enter JavaScript again (to link a module, to run microtasks), which the binding may
not. It is also cheaper than an operation: 0.2 us, and 0.15 us for each argument looked at. An exception in JavaScript
that a native meets stays pending in V8; the native just returns. Natives that only hand their arguments on to a C
function need no Python at all: `direct.py` writes them in machine code.

Source: V8's `include/v8-*.h`; the C names are those of rusty_v8's `binding.cc`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from . import (
    buffer_natives,
    contextify_natives,
    direct,
    environment_natives,
    promise_natives,
    script_natives,
    serdes_natives,
)
from .v8_symbols import addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from .compile_cache import CompileCache, Entry
    from .module_wrap_natives import ModuleWraps
    from .time_limit import TimeLimit

Native: TypeAlias = "Callable[[int], int | None] | int"
"""What a JavaScript function is made of: a method that gets the call's information, or the address of machine code."""

_pointer = ctypes.c_void_p
_int = ctypes.c_int
_bool = ctypes.c_bool
_size = ctypes.c_size_t
_text = ctypes.c_char_p
_double = ctypes.c_double

_NEW_PRIMITIVE_ARRAY = "_ZN2v814PrimitiveArray3NewEPNS_7IsolateEi"
_PRIMITIVE_ARRAY_GET = "_ZN2v814PrimitiveArray3GetEPNS_7IsolateEi"
_PRIMITIVE_ARRAY_LENGTH = "_ZNK2v814PrimitiveArray6LengthEv"

# name: (result, arguments). Those that begin with _Z are methods of V8's C++ classes: the first argument is `this`.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "v8__Array__New": (_pointer, _pointer, _int),
    "v8__ArrayBuffer__Data": (_pointer, _pointer),
    "v8__ArrayBuffer__Detach": (_int, _pointer, _pointer),
    "v8__Boolean__New": (_pointer, _pointer, _bool),
    "v8__Context__Global": (_pointer, _pointer),
    "v8__Data__IsValue": (_bool, _pointer),
    "v8__Exception__CreateMessage": (_pointer, _pointer, _pointer),
    "v8__Exception__Error": (_pointer, _pointer),
    "v8__Exception__RangeError": (_pointer, _pointer),
    "v8__FixedArray__Get": (_pointer, _pointer, _int),
    "v8__FixedArray__Length": (_int, _pointer),
    "v8__Function__Call": (_pointer, _pointer, _pointer, _pointer, _int, _pointer),
    "v8__Function__CreateCodeCache": (_pointer, _pointer),
    "v8__Function__New": (_pointer, _pointer, _pointer, _pointer, _int, _int, _int),
    "v8__FunctionCallbackInfo__Get": (_pointer, _pointer, _int),
    "v8__FunctionCallbackInfo__GetReturnValue": (_pointer, _pointer),
    "v8__FunctionCallbackInfo__Length": (_int, _pointer),
    "v8__Global__New": (_pointer, _pointer, _pointer),
    "v8__Global__Reset": (None, _pointer),
    "v8__HandleScope__CONSTRUCT": (None, _pointer, _pointer),
    "v8__HandleScope__DESTRUCT": (None, _pointer),
    "v8__Isolate__Enter": (None, _pointer),
    "v8__Isolate__EnqueueMicrotask": (None, _pointer, _pointer),
    "v8__Isolate__Exit": (None, _pointer),
    "v8__Isolate__GetCurrent": (_pointer,),
    "v8__Isolate__GetCurrentContext": (_pointer, _pointer),
    "v8__Isolate__GetHeapCodeAndMetadataStatistics": (_bool, _pointer, _pointer),
    "v8__Isolate__GetHeapSpaceStatistics": (_bool, _pointer, _pointer, _size),
    "v8__Isolate__NumberOfHeapSpaces": (_size, _pointer),
    "v8__Isolate__GetHeapStatistics": (None, _pointer, _pointer),
    "v8__Isolate__HasPendingBackgroundTasks": (_bool, _pointer),
    "v8__Isolate__LowMemoryNotification": (None, _pointer),
    "v8__Isolate__PerformMicrotaskCheckpoint": (None, _pointer),
    "v8__Isolate__SetHostImportModuleDynamicallyCallback": (None, _pointer, _pointer),
    "v8__Isolate__SetHostInitializeImportMetaObjectCallback": (None, _pointer, _pointer),
    "v8__Isolate__SetCaptureStackTraceForUncaughtExceptions": (None, _pointer, _bool, _int),
    "v8__Isolate__SetPromiseRejectCallback": (None, _pointer, _pointer),
    "v8__Isolate__TerminateExecution": (None, _pointer),
    "v8__Isolate__ThrowException": (_pointer, _pointer, _pointer),
    "v8__Local__New": (_pointer, _pointer, _pointer),
    "v8__Message__GetEndColumn": (_int, _pointer),
    "v8__Message__GetLineNumber": (_int, _pointer, _pointer),
    "v8__Message__GetScriptResourceName": (_pointer, _pointer),
    "v8__Message__GetSourceLine": (_pointer, _pointer, _pointer),
    "v8__Message__GetStackTrace": (_pointer, _pointer),
    "v8__Message__GetStartColumn": (_int, _pointer),
    "v8__Module__Evaluate": (_pointer, _pointer, _pointer),
    "v8__Module__GetException": (_pointer, _pointer),
    "v8__Module__GetIdentityHash": (_int, _pointer),
    "_ZNK2v88internal16SourceTextModule21GetSharedFunctionInfoEv": (_pointer, _pointer),
    "_ZN2v88internal14MicrotaskQueue13RunMicrotasksEPNS0_7IsolateE": (_int, _pointer, _pointer),
    "v8__Module__GetModuleNamespace": (_pointer, _pointer),
    "v8__Module__GetStatus": (_int, _pointer),
    "v8__Module__InstantiateModule": (_int, _pointer, _pointer, _pointer, _pointer),
    "v8__Null": (_pointer, _pointer),
    "v8__Number__New": (_pointer, _pointer, _double),
    "v8__Number__Value": (_double, _pointer),
    "v8__Object__Get": (_pointer, _pointer, _pointer, _pointer),
    "v8__Object__GetIndex": (_pointer, _pointer, _pointer, ctypes.c_uint32),
    "v8__Object__Has": (_int, _pointer, _pointer, _pointer),
    "v8__Object__Set": (_int, _pointer, _pointer, _pointer, _pointer),
    "v8__Object__SetIndex": (_int, _pointer, _pointer, ctypes.c_uint32, _pointer),
    "v8__ObjectTemplate__NewInstance": (_pointer, _pointer, _pointer),
    "v8__ObjectTemplate__SetInternalFieldCount": (None, _pointer, _int),
    "v8__Object__GetInternalField": (_pointer, _pointer, _int),
    "v8__Object__SetInternalField": (None, _pointer, _int, _pointer),
    "v8__Platform__PumpMessageLoop": (_bool, _pointer, _pointer, _bool),
    "v8__Promise__Resolver__GetPromise": (_pointer, _pointer),
    "v8__Promise__Resolver__New": (_pointer, _pointer),
    "v8__Promise__Resolver__Resolve": (_int, _pointer, _pointer, _pointer),
    "v8__Promise__Result": (_pointer, _pointer),
    "v8__Promise__State": (_int, _pointer),
    "v8__Proxy__GetHandler": (_pointer, _pointer),
    "v8__Proxy__GetTarget": (_pointer, _pointer),
    "v8__Proxy__IsRevoked": (_bool, _pointer),
    "v8__ReturnValue__Value__Set": (None, _pointer, _pointer),
    "v8__ScriptCompiler__CompileFunction": (_pointer, _pointer, _pointer, _size, _pointer, _size, _pointer, _int, _int),
    "v8__ScriptCompiler__CompileModule": (_pointer, _pointer, _pointer, _int, _int),
    "v8__ScriptCompiler__Source__CONSTRUCT": (None, _pointer, _pointer, _pointer, _pointer),
    "v8__ScriptCompiler__Source__DESTRUCT": (None, _pointer),
    "v8__ScriptOrigin__CONSTRUCT":
        (None, _pointer, _pointer, _int, _int, _bool, _int, _pointer, _bool, _bool, _bool, _pointer),
    "v8__Script__Compile": (_pointer, _pointer, _pointer, _pointer),
    "v8__Script__Run": (_pointer, _pointer, _pointer),
    "v8__StackFrame__GetColumn": (_int, _pointer),
    "v8__StackFrame__GetFunctionName": (_pointer, _pointer),
    "v8__StackFrame__GetLineNumber": (_int, _pointer),
    "v8__StackFrame__GetScriptNameOrSourceURL": (_pointer, _pointer),
    "v8__StackTrace__GetFrame": (_pointer, _pointer, _pointer, ctypes.c_uint32),
    "v8__StackTrace__GetFrameCount": (_int, _pointer),
    "v8__String__NewFromUtf8": (_pointer, _pointer, _text, _int, _int),
    "v8__String__ValueView__CONSTRUCT": (None, _pointer, _pointer, _pointer),
    "v8__String__ValueView__DESTRUCT": (None, _pointer),
    "v8__String__ValueView__data": (_pointer, _pointer),
    "v8__String__ValueView__is_one_byte": (_bool, _pointer),
    "v8__String__ValueView__length": (_int, _pointer),
    "v8__TryCatch__CONSTRUCT": (None, _pointer, _pointer),
    "v8__TryCatch__DESTRUCT": (None, _pointer),
    "v8__TryCatch__Exception": (_pointer, _pointer),
    "v8__TryCatch__HasTerminated": (_bool, _pointer),
    "v8__TryCatch__Message": (_pointer, _pointer),
    "v8__Undefined": (_pointer, _pointer),
    "v8__V8__SetFlagsFromString": (None, _text, _size),
    "v8__Value__IsNumber": (_bool, _pointer),
    "v8__Value__IsObject": (_bool, _pointer),
    "v8__Value__IsProxy": (_bool, _pointer),
    "v8__Value__IsString": (_bool, _pointer),
    "v8__Value__IsSymbol": (_bool, _pointer),
    "_ZN2v86Object14PreviewEntriesEPb": (_pointer, _pointer, _pointer),
    "_ZN2v86Object16GetPropertyNamesENS_5LocalINS_7ContextEEENS_17KeyCollectionModeENS_14PropertyFilterENS_11IndexFilterENS_17KeyConversionModeE":
        (_pointer, _pointer, _pointer, _int, _int, _int, _int),
    "_ZN2v86Object18GetConstructorNameEv": (_pointer, _pointer),
    _NEW_PRIMITIVE_ARRAY: (_pointer, _pointer, _int),
    _PRIMITIVE_ARRAY_GET: (_pointer, _pointer, _pointer, _int),
    _PRIMITIVE_ARRAY_LENGTH: (_int, _pointer),
    "_ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi": (_pointer, _pointer, _pointer, _int, _int),
    "u_setDataDirectory_77": (None, _text),
    "_ZN2v88internal9DateCache14ResetDateCacheENS_4base13TimezoneCache17TimeZoneDetectionE": (None, _pointer, _int),
    "_ZN2v88internal2V818GetCurrentPlatformEv": (_pointer,),
    "_ZN2v88internal7Version9GetStringENS_4base6VectorIcEE": (None, _pointer, _size),
    # The last argument is a structure of two words.
    "_ZN2v88internal8FlagList23SetFlagsFromCommandLineEPiPPcbNS1_11HelpOptionsE":
        (_int, _pointer, _pointer, _bool, _size, _text),
    "_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_": (None, _pointer, _pointer, _pointer),
    **buffer_natives.FUNCTIONS,
    **contextify_natives.FUNCTIONS,
    **promise_natives.FUNCTIONS,
    **script_natives.FUNCTIONS,
    **serdes_natives.FUNCTIONS,
}

_PROPERTY_NAMES = next(name for name in _FUNCTIONS if "GetPropertyNames" in name)
_SET_FLAGS = next(name for name in _FUNCTIONS if "SetFlagsFromCommandLine" in name)
_DO_NOT_EXIT = 1  # even for --help

COMMONJS = "CommonJS"
ESM = "ESM"
"""What a source is compiled as, in the names that the compile cache has for it."""

# The natives that are methods of `Natives`, by group.
_METHODS = {
    "util": (
        "getPromiseDetails", "getProxyDetails", "previewEntries", "getConstructorName", "getOwnNonIndexProperties",
        "address", "detachArrayBuffer", "collectGarbage", "getHeapStatistics", "resetTimezone",
    ),
    "errors": (
        "getMessage", "callCatching", "captureStackTraces", "setPromiseRejectCallback", "runMicrotasks",
        "runMicrotasksNow", "makeCheckpoint",
    ),
    "contextify": ("compileFunction", "runScript"),
    "module_wrap": (
        "compileModule", "instantiateModule", "evaluateModule", "getModuleRequests", "getModuleNamespace",
        "getModuleStatus", "getModuleError", "setImportMetaCallback", "setImportModuleDynamicallyCallback",
    ),
}

# Those of `util` that V8 itself has made: name here, name in V8's extras object.
_EXTRAS = {
    "getContinuationData": "getContinuationPreservedEmbedderData",
    "setContinuationData": "setContinuationPreservedEmbedderData",
}

_TYPE_CHECK = (_bool, _pointer)

# The questions of `util.types` that only V8 can answer: name in JavaScript, method of v8::Value.
_TYPE_CHECKS = {
    name: f"_ZNK2v85Value{len(name)}{name[0].upper()}{name[1:]}Ev"
    for name in (
        "isArgumentsObject", "isArrayBuffer", "isBigIntObject", "isBooleanObject", "isDate", "isExternal",
        "isGeneratorFunction",
        "isGeneratorObject", "isMap", "isMapIterator", "isModuleNamespaceObject", "isNativeError", "isNumberObject",
        "isPromise", "isProxy", "isRegExp", "isSet", "isSetIterator", "isSharedArrayBuffer", "isStringObject",
        "isSymbolObject", "isWeakMap", "isWeakSet",
    )
}

_CALLBACK = ctypes.CFUNCTYPE(None, _pointer)
_RESOLVE = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer)
_IMPORT_META = ctypes.CFUNCTYPE(None, _pointer, _pointer, _pointer)
_IMPORT_DYNAMICALLY = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer, _pointer)
_NEAR_HEAP_LIMIT = ctypes.CFUNCTYPE(_size, _pointer, _size, _size)


class _PromiseRejectMessage(ctypes.Structure):
    _fields_ = (("promise", _pointer), ("event", _int), ("value", _pointer))


_PROMISE_REJECT = ctypes.CFUNCTYPE(None, _PromiseRejectMessage)

_EAGERLY = 2  # v8::ScriptCompiler::kEagerCompile
_SCRATCH = 512  # bytes: more than any of V8's small structures that live on the C stack
_ISOLATE_SIZE = 131072  # bytes: no more than v8::internal::Isolate has
_HEAP_STATISTICS = 24  # size_t fields, more than v8::HeapStatistics has

memory_view = ctypes.pythonapi.PyMemoryView_FromMemory
memory_view.restype = ctypes.py_object
memory_view.argtypes = (_pointer, ctypes.c_ssize_t, _int)
_WRITABLE = 0x200  # PyBUF_WRITE

_STARTUP_STATE = "_ZN2v88internal12_GLOBAL__N_117v8_startup_state_E"
_DATE_CACHE = "_ZTVN2v88internal9DateCacheE"  # the table of its virtual methods, by which it is recognized
_RESET_DATE_CACHE = "_ZN2v88internal9DateCache14ResetDateCacheENS_4base13TimezoneCache17TimeZoneDetectionE"
_REDETECT = 1

_addresses: dict[str, int] = {}  # of V8's functions, and of what is no function

_can_set_flags = False  # for as long as the process lives, since they are not frozen


class _Caller:
    """V8's functions as attributes, without "v8__": `call.Promise__State(promise)`.

    Each is made callable when it is first asked for: that takes 15 us, and most programs need a quarter of them.
    """

    def __init__(self) -> None:
        self._types: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        symbol = name if name in _addresses else f"v8__{name}"
        signature = _FUNCTIONS.get(symbol, _TYPE_CHECK)
        made = self._types.get(signature)
        if made is None:
            made = self._types[signature] = ctypes.PYFUNCTYPE(*signature)
        function = made(_addresses[symbol])
        setattr(self, name, function)
        return function


_call = _Caller()


def load(path: str) -> None:
    """Find V8's functions in the binding's extension module `path`. Raises `SymbolsMissingError`."""
    if _addresses:
        return
    _addresses.update(addresses(path, [*_FUNCTIONS, *_TYPE_CHECKS.values(), _STARTUP_STATE, _DATE_CACHE]))
    # Flags are frozen, on pain of death, as soon as anybody in this process has made an isolate.
    global _can_set_flags
    if ctypes.c_int.from_address(_addresses[_STARTUP_STATE]).value == 0:
        set_flags(f"{buffer_natives.FLAGS} --no-freeze-flags-after-init --no-verify-snapshot-checksum")
        _can_set_flags = True


def set_flags(flags: str) -> None:
    """Set V8's flags, for the whole process ("--stack-size=2000").

    Most heed only what is set before the first isolate.
    """
    data = flags.encode()
    _call.V8__SetFlagsFromString(data, len(data))


def set_flags_from_command_line(flags: list[str]) -> list[str]:
    """Set V8's flags, as the words of a command line; those that V8 does not know, or whose value is none, are
    returned.

    V8 itself writes to standard error what is wrong with a value.
    """
    words = [b"ouro", *(flag.encode() for flag in flags)]
    count = ctypes.c_int(len(words))
    vector = (_text * (len(words) + 1))(*words)
    getattr(_call, _SET_FLAGS)(ctypes.addressof(count), ctypes.addressof(vector), True, _DO_NOT_EXIT, None)
    return [(vector[index] or b"").decode() for index in range(1, count.value)]


def set_intl_data(folder: str) -> None:
    """Let ICU look for its data file in `folder`. Only before the first isolate."""
    _call.u_setDataDirectory_77(os.fsencode(folder))


def v8_version() -> str:
    """V8's version, such as "14.7.173.2"."""
    text = ctypes.create_string_buffer(128)
    _call._ZN2v88internal7Version9GetStringENS_4base6VectorIcEE(text, len(text))
    return text.value.decode().split(" ")[0]


def memory(address: int, length: int) -> memoryview:
    """`length` bytes of memory at `address`, to read and to write in place.

    It must stay alive meanwhile: that is the caller's part.
    """
    view: memoryview = memory_view(address, length, _WRITABLE)
    return view


_kept: list[Any] = []  # callbacks of isolates that are no `Natives`


def run_at_import(scripts: Iterable[tuple[str, str, bool]]) -> list[str]:
    """Have `scripts` (name, source, whether to compile all at once) run at the next `import()` in the current isolate.

    Where one failed stands in the list that is returned, afterwards; the rest is not run then.
    """
    call, isolate, failed = _call, _call.Isolate__GetCurrent(), list[str]()

    def string(text: str) -> int:
        data = text.encode()
        local: int = call.String__NewFromUtf8(isolate, data, 0, len(data))
        return local

    def run(context: int, name: str, source: str) -> None:
        origin, catch = ctypes.create_string_buffer(_SCRATCH), ctypes.create_string_buffer(_SCRATCH)
        call.ScriptOrigin__CONSTRUCT(origin, string(name), 0, 0, False, -1, None, False, False, False, None)
        call.TryCatch__CONSTRUCT(catch, isolate)
        script = call.Script__Compile(context, string(source), origin)
        if not (script and call.Script__Run(script, context)):
            failed.append(f"{name}:{call.Message__GetLineNumber(call.TryCatch__Message(catch), context)}")
        call.TryCatch__DESTRUCT(catch)

    def callback(context: int, _options: int, _referrer: int, _specifier: int, _attributes: int) -> int:
        for name, source, at_once in scripts:
            if not failed:
                set_flags("--no-lazy" if at_once else "--lazy")
                run(context, name, source)
        set_flags("--lazy")
        promise: int = call.Promise__Resolver__GetPromise(call.Promise__Resolver__New(context))
        return promise

    _kept.append(_IMPORT_DYNAMICALLY(callback))
    call.Isolate__SetHostImportModuleDynamicallyCallback(isolate, _kept[-1])
    return failed


def names() -> dict[str, list[str]]:
    """The names of all natives by group, but for those that `Natives.add` adds."""
    from . import clock_natives, crypto_natives, fs_natives, module_wrap_natives, socket_natives

    return {
        **{group: [*methods] for group, methods in _METHODS.items()},
        "util": [*_METHODS["util"], *_EXTRAS],
        "types": [*_TYPE_CHECKS],
        "contextify": [
            *_METHODS["contextify"], *contextify_natives.NAMES, *script_natives.NAMES, *promise_natives.NAMES],
        "buffer": [*buffer_natives.methods(_call, 0, memory, None)],
        "clock": clock_natives.NAMES,
        "crypto": crypto_natives.NAMES,
        "process": environment_natives.NAMES,
        "socket": socket_natives.NAMES,
        "v8": serdes_natives.NAMES,
        "vm_module": [*module_wrap_natives.NAMES],
        "fs": [*fs_natives.methods(_call, memory, None)],
    }


class _HandleScope:
    def __init__(self, call: Any, isolate: int) -> None:
        self._call = call
        self._isolate = isolate
        self._scope = ctypes.create_string_buffer(_SCRATCH)

    def __enter__(self) -> None:
        self._call.HandleScope__CONSTRUCT(self._scope, self._isolate)

    def __exit__(self, *_: object) -> None:
        self._call.HandleScope__DESTRUCT(self._scope)


class Natives:
    """V8's own functions in one isolate and context, offered to JavaScript. Each is made when it is first looked at.

    Made while JavaScript is on the stack, in the isolate and context that are to have them.
    """

    def __init__(self) -> None:
        self._call = call = _call
        self._isolate: int = call.Isolate__GetCurrent()
        self._context = self._keep(call.Isolate__GetCurrentContext(self._isolate))
        self._undefined = self._keep(call.Undefined(self._isolate))
        self._platform: int = call._ZN2v88internal2V818GetCurrentPlatformEv()
        self._callbacks: list[Any] = []  # what ctypes made must outlive the isolate
        self._directly: direct.Directly | None = None
        self._is_begun = False
        self._modules: dict[int, int] = {}
        self._modules_by_hash: dict[int, list[int]] = {}
        self._handle_template = 0
        self._on_import_meta = self._on_dynamic_import = 0
        self._contexts: contextify_natives.Contexts | None = None
        self._made_module_wraps: ModuleWraps | None = None
        self.compile_cache: CompileCache | None = None
        """What is compiled of a program's files is kept there, if a program wants that."""
        self._groups: dict[str, Mapping[str, Native]] = {}

    def install(self, target: str) -> None:
        """Make the object that is the global variable `target` have `make(group, name)`, which gives a native."""
        self._set(self._get(self._call.Context__Global(self._context), target), "make", self._function(self._make))

    def add(self, group: str, actions: dict[str, Callable[[], None]]) -> None:
        """One more group, of functions that take nothing and give nothing; the cheapest way into Python."""
        self._groups[group] = {name: _ignoring_info(action) for name, action in actions.items()}

    def _make(self, info: int) -> int | None:
        if not self._is_begun:
            self._is_begun = True
            self._directly = self._make_directly(info)
        group, name = (self._to_str(argument) for argument in self._arguments(info, 2))
        if name in _EXTRAS:
            return self._get(self._extras(), _EXTRAS[name])
        methods = self._groups.get(group)
        if methods is None:
            methods = self._groups[group] = self._methods(group)
            if self._directly is not None:
                self._directly.seal()
        native = methods.get(name)
        if native is None:
            return None
        return self._direct(native) if isinstance(native, int) else self._function(native)

    def _methods(self, group: str) -> Mapping[str, Native]:
        if group == "types":
            return {name: self._type_check(symbol) for name, symbol in _TYPE_CHECKS.items()}
        if group == "buffer":
            return buffer_natives.methods(self._call, self._isolate, memory, self._directly)
        if group == "clock":
            from . import clock_natives

            return clock_natives.methods(self._call, memory, self._directly)
        if group == "fs":
            from . import fs_natives

            return fs_natives.methods(self._call, memory, self._directly)
        if group == "socket":
            from . import socket_natives

            return socket_natives.methods(self._call, self._isolate, self._directly)
        if group == "process":
            return environment_natives.methods(self._call, self._isolate, self._directly)
        if group == "vm_module":
            return self.module_wraps().methods()
        if group == "v8":
            return serdes_natives.Serdes(self, self._call, self._isolate, self._context).methods()
        if group == "crypto":
            from .crypto_natives import Crypto

            return Crypto(self._call, memory, self._directly, self._to_str, self._number).methods()
        methods: dict[str, Native] = {name: getattr(self, name) for name in _METHODS[group]}
        if group == "contextify":
            contexts = self.contexts()
            methods.update(contexts.methods())
            methods.update(script_natives.Scripts(self, contexts).methods())
            methods.update(promise_natives.PromiseHooks(self, contexts.context_of).methods())
        if group == "util" and self._directly is not None:
            name_of = self._call._ZN2v86Object18GetConstructorNameEv
            methods["getConstructorName"] = self._directly.function(name_of, [direct.argument(0)], direct.TO_VALUE)
        return methods

    def contexts(self) -> contextify_natives.Contexts:
        """The contexts of `node:vm`."""
        if self._contexts is None:
            self._contexts = contextify_natives.Contexts(self)
        return self._contexts

    def module_wraps(self) -> ModuleWraps:
        """Modules that a program links itself, and what modules ask for."""
        if self._made_module_wraps is None:
            from .module_wrap_natives import ModuleWraps

            self._made_module_wraps = ModuleWraps(self, self.contexts())
        return self._made_module_wraps

    def tell_near_heap_limit(self, tell: Callable[[], None]) -> None:
        """Have `tell()` called when the heap is nearly full, where V8 would soon abort the process."""

        def callback(_data: int, current: int, _initial: int) -> int:
            tell()
            return current

        pointer = _NEAR_HEAP_LIMIT(callback)
        self._callbacks.append(pointer)
        self._call._ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_(self._isolate, pointer, None)

    def enter_isolate(self) -> None:
        """Make this the isolate that V8 works in, until `exit_isolate`."""
        self._call.Isolate__Enter(self._isolate)

    def exit_isolate(self) -> None:
        """V8 works again in the isolate that it worked in before."""
        self._call.Isolate__Exit(self._isolate)

    def run_tasks(self) -> bool:
        """Run what V8 has posted for this isolate: finalizers, and `Atomics.waitAsync` that timed out.

        Whether there was anything. Only while no JavaScript is on the stack.
        """
        ran = False
        while self._call.Platform__PumpMessageLoop(self._platform, self._isolate, False):
            ran = True
        return ran

    def has_background_tasks(self) -> bool:
        """Whether threads of V8's are at work for this isolate, on WebAssembly for example."""
        pending: bool = self._call.Isolate__HasPendingBackgroundTasks(self._isolate)
        return pending

    def terminate(self) -> None:
        """Stop JavaScript as soon as it goes on; no `catch` or `finally` of it runs."""
        self._call.Isolate__TerminateExecution(self._isolate)

    def time_limit(self) -> TimeLimit:
        """Terminates JavaScript when its time is over."""
        from .time_limit import TimeLimit

        terminate = ctypes.cast(self._call.Isolate__TerminateExecution, _pointer).value or 0
        return TimeLimit(terminate, self._isolate)

    def cancel_termination(self) -> None:
        """Forget what is left of `terminate`, if JavaScript came to its end before it was stopped."""
        getattr(self._call, contextify_natives.CANCEL_TERMINATION)(self._isolate)

    # Values

    def _keep(self, local: int) -> int:
        """A handle that outlives the call; it can be used wherever a local one can."""
        kept: int = self._call.Global__New(self._isolate, local)
        return kept

    def handle_scope(self) -> _HandleScope:
        """Handles made inside end with it: for what is called from Python, not from JavaScript."""
        return _HandleScope(self._call, self._isolate)

    def _string(self, text: str) -> int:
        try:
            data = text.encode()
        except UnicodeEncodeError:  # lone surrogates
            data = text.encode("utf-16-le", "surrogatepass")
            made: int = self._call._ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi(
                self._isolate, data, 0, len(data) // 2)
            return made
        local: int = self._call.String__NewFromUtf8(self._isolate, data, 0, len(data))
        return local

    def _to_str(self, local: int) -> str:
        """The text of a JavaScript string; lone surrogates as they are."""
        call, view = self._call, ctypes.create_string_buffer(_SCRATCH)
        call.String__ValueView__CONSTRUCT(view, self._isolate, local)
        try:
            data, length = call.String__ValueView__data(view), call.String__ValueView__length(view)
            if not length:
                return ""
            if call.String__ValueView__is_one_byte(view):
                return ctypes.string_at(data, length).decode("latin-1")
            return ctypes.string_at(data, length * 2).decode("utf-16-le", "surrogatepass")
        finally:
            call.String__ValueView__DESTRUCT(view)

    def _number(self, value: float) -> int:
        local: int = self._call.Number__New(self._isolate, value)
        return local

    def _array(self, values: list[int]) -> int:
        call = self._call
        array: int = call.Array__New(self._isolate, len(values))
        for index, value in enumerate(values):
            call.Object__SetIndex(array, self._context, index, value)
        return array

    def _list(self, array: int) -> list[int]:
        call, context = self._call, self._context
        length = int(call.Number__Value(self._get(array, "length")))
        return [call.Object__GetIndex(array, context, index) for index in range(length)]

    def handle(self, data: int) -> int:
        """An object that stands for something of V8's that is no JavaScript value, and keeps it alive."""
        call = self._call
        if not self._handle_template:
            template = call.ObjectTemplate__New(self._isolate, None)
            call.ObjectTemplate__SetInternalFieldCount(template, 1)
            self._handle_template = self._keep(template)
        handle: int = call.ObjectTemplate__NewInstance(self._handle_template, self._context)
        call.Object__SetInternalField(handle, 0, data)
        return handle

    def unwrap(self, handle: int) -> int:
        """What a handle stands for."""
        data: int = self._call.Object__GetInternalField(handle, 0)
        return data

    def _get(self, target: int, name: str) -> int:
        local: int = self._call.Object__Get(target, self._context, self._string(name))
        return local

    def _set(self, target: int, name: str, value: int) -> None:
        self._call.Object__Set(target, self._context, self._string(name), value)

    def _invoke(self, function: int, *args: int) -> int | None:
        """Call a JavaScript function; None when it threw, and then the exception is pending."""
        vector = (_pointer * len(args))(*args)
        result: int | None = self._call.Function__Call(
            function, self._context, self._undefined, len(args), ctypes.cast(vector, _pointer))
        return result

    def _throw(self, exception: BaseException) -> None:
        text = f"{type(exception).__name__}: {exception}"
        make = self._call.Exception__Error
        if "RecursionError" in text:  # ctypes has another error around it: here Python's limit was met before V8's
            text, make = "Maximum call stack size exceeded", self._call.Exception__RangeError
        self._call.Isolate__ThrowException(self._isolate, make(self._string(text)))

    # Functions for JavaScript

    def _make_directly(self, info: int) -> direct.Directly | None:
        """What makes natives of machine code, if that can be."""
        call, isolate = self._call, self._isolate
        truths = (call.Boolean__New(isolate, False), call.Boolean__New(isolate, True))
        if not (direct.available and direct.is_allowed() and direct.fits(call, info, truths[1], self._undefined)):
            return None
        return direct.Directly(call, truths)

    def _direct(self, address: int) -> int:
        """A JavaScript function for machine code (`direct.py`)."""
        function: int = self._call.Function__New(self._context, address, None, 0, 0, 0)
        return function

    def _function(self, method: Callable[[int], int | None]) -> int:
        """A JavaScript function that calls `method(info)`, which returns a handle or None for undefined."""
        get_return_value = self._call.FunctionCallbackInfo__GetReturnValue
        set_value = self._call.ReturnValue__Value__Set

        def callback(info: int) -> None:
            try:
                result = method(info)
            except Exception as exc:
                self._throw(exc)
                return
            if result is not None:
                set_value(ctypes.byref(ctypes.c_void_p(get_return_value(info))), result)

        pointer = _CALLBACK(callback)
        self._callbacks.append(pointer)
        function: int = self._call.Function__New(self._context, pointer, None, 0, 0, 0)
        return function

    def _type_check(self, symbol: str) -> Native:
        check, get, boolean = getattr(self._call, symbol), self._call.FunctionCallbackInfo__Get, self._call.Boolean__New
        if self._directly is not None:
            return self._directly.function(check, [direct.argument(0)], direct.TO_BOOLEAN)
        isolate = self._isolate
        return lambda info: boolean(isolate, check(get(info, 0)))

    def _arguments(self, info: int, count: int) -> list[int]:
        get = self._call.FunctionCallbackInfo__Get
        return [get(info, index) for index in range(count)]

    def _extras(self) -> int:
        """V8's extras object, which holds functions that V8 makes for embedders in each context.

        It is a slot of the native context that no C function here names; so its slots are looked through.
        """
        call, context = self._call, self._context
        start = _word(context) - 1  # heap objects are tagged by their lowest bit
        name = self._string("getContinuationPreservedEmbedderData")
        for slot in range(start + 16, start + 16 + 8 * 512, 8):
            if _word(slot) & 1 and call.Data__IsValue(slot) and call.Value__IsObject(slot):
                local = call.Local__New(self._isolate, slot)
                if call.Object__Has(local, context, name) == 1:
                    return local  # type: ignore[no-any-return]
        raise RuntimeError("this V8 has no continuation-preserved embedder data")

    # util

    def getPromiseDetails(self, info: int) -> int:
        call, promise = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        state = call.Promise__State(promise)
        return self._array([self._number(state), *([call.Promise__Result(promise)] if state else [])])

    def getProxyDetails(self, info: int) -> int | None:
        call, value = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        if not call.Value__IsProxy(value):
            return None
        return self._array([call.Proxy__GetTarget(value), call.Proxy__GetHandler(value)])

    def previewEntries(self, info: int) -> int | None:
        call, value = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        is_key_value = ctypes.c_bool()
        entries = call._ZN2v86Object14PreviewEntriesEPb(value, ctypes.addressof(is_key_value))
        return entries and self._array([entries, call.Boolean__New(self._isolate, is_key_value.value)])

    def getConstructorName(self, info: int) -> int:
        local: int = self._call._ZN2v86Object18GetConstructorNameEv(self._call.FunctionCallbackInfo__Get(info, 0))
        return local

    def getOwnNonIndexProperties(self, info: int) -> int | None:
        """`getOwnNonIndexProperties(object, filter)`.

        The keys that are no array indices; filter 0 all, 2 enumerable.
        """
        value, which = self._arguments(info, 2)
        keys: int | None = getattr(self._call, _PROPERTY_NAMES)(value, self._context, 0, self._integer(which), 1, 0)
        return keys

    def address(self, info: int) -> int:
        return self._number(self._call.ArrayBuffer__Data(self._call.FunctionCallbackInfo__Get(info, 0)) or 0)

    def detachArrayBuffer(self, info: int) -> None:
        self._call.ArrayBuffer__Detach(self._call.FunctionCallbackInfo__Get(info, 0), self._undefined)

    def collectGarbage(self, _info: int) -> None:
        self._call.Isolate__LowMemoryNotification(self._isolate)

    def getHeapStatistics(self, _info: int) -> int:
        return self._array([self._number(value) for value in self.heap_statistics()])

    def heap_space_statistics(self) -> list[list[Any]]:
        """For each space of the heap: its name, then bytes: size, in use, available, in memory."""
        found = []
        for index in range(self._call.Isolate__NumberOfHeapSpaces(self._isolate)):
            fields = (_size * 8)()  # v8::HeapSpaceStatistics: a name and four sizes
            self._call.Isolate__GetHeapSpaceStatistics(self._isolate, ctypes.cast(fields, _pointer), index)
            found.append([ctypes.string_at(fields[0]).decode(), *(float(value) for value in fields[1:5])])
        return found

    def heap_code_statistics(self) -> list[float]:
        """Bytes of code, of bytecode (each with its metadata), of external sources, of the CPU profiler's metadata."""
        fields = (_size * 8)()
        self._call.Isolate__GetHeapCodeAndMetadataStatistics(self._isolate, ctypes.cast(fields, _pointer))
        return [float(value) for value in fields[:4]]

    def heap_statistics(self) -> list[int]:
        """The fields of v8::HeapStatistics, in its order; bytes, but for the last few, which count."""
        fields = (_size * _HEAP_STATISTICS)()
        self._call.Isolate__GetHeapStatistics(self._isolate, ctypes.cast(fields, _pointer))
        return list(fields)

    def resetTimezone(self, _info: int) -> int:
        """Have V8 find out anew in which time zone it is. Whether that could be done."""
        cache = self._find_date_cache()
        if cache:
            getattr(self._call, _RESET_DATE_CACHE)(cache, _REDETECT)
        return self._call.Boolean__New(self._isolate, cache != 0)  # type: ignore[no-any-return]

    def _find_date_cache(self) -> int:
        """The isolate's `DateCache`, or 0. No C function here names it; so the isolate's memory is looked through.

        Words may be no addresses at all, so they are followed by way of a file, whose reads fail where memory ends.
        """
        mark = _addresses[_DATE_CACHE] + 16  # where an object's pointer to its virtual methods points
        try:
            with open("/proc/self/mem", "rb", buffering=0) as file:
                for (word,) in struct.iter_unpack("<Q", os.pread(file.fileno(), _ISOLATE_SIZE, self._isolate)):
                    if word % 8 == 0 and _reads(file.fileno(), word, mark):
                        return int(word)
        except OSError:
            pass
        return 0

    # errors

    def _message(self, message: int) -> int:
        """[file, line, column where it begins, column where it ends, source line, frames] of a v8::Message."""
        call, context = self._call, self._context
        return self._array([
            call.Message__GetScriptResourceName(message), self._number(call.Message__GetLineNumber(message, context)),
            self._number(call.Message__GetStartColumn(message)), self._number(call.Message__GetEndColumn(message)),
            call.Message__GetSourceLine(message, context) or self._string(""),
            self._frames(call.Message__GetStackTrace(message)),
        ])

    def _frames(self, trace: int | None) -> int:
        """A v8::StackTrace as [function, file, line, column, function …]; [] if none was captured."""
        call = self._call
        if not trace:
            return self._array([])
        frames = [
            call.StackTrace__GetFrame(trace, self._isolate, index)
            for index in range(call.StackTrace__GetFrameCount(trace))
        ]
        return self._array([
            part for frame in frames for part in (
                call.StackFrame__GetFunctionName(frame) or self._undefined,
                call.StackFrame__GetScriptNameOrSourceURL(frame) or self._undefined,
                self._number(call.StackFrame__GetLineNumber(frame)), self._number(call.StackFrame__GetColumn(frame)),
            )
        ])

    def captureStackTraces(self, info: int) -> None:
        """`captureStackTraces(limit)`: from now on messages have frames, of where things are thrown."""
        limit = self._integer(self._call.FunctionCallbackInfo__Get(info, 0))
        self._call.Isolate__SetCaptureStackTraceForUncaughtExceptions(self._isolate, True, limit)

    def getMessage(self, info: int) -> int:
        """Where the error `arguments[0]` was made, as far as its stack tells."""
        error = self._call.FunctionCallbackInfo__Get(info, 0)
        return self._message(self._call.Exception__CreateMessage(self._isolate, error))

    def callCatching(self, info: int) -> int | None:
        """`callCatching(function, this, args)`: `[result]`, or `[exception, where it was thrown]`."""
        call, context = self._call, self._context
        function, this, args = self._arguments(info, 3)
        values = self._list(args)
        vector = (_pointer * len(values))(*values)
        catch = ctypes.create_string_buffer(_SCRATCH)
        call.TryCatch__CONSTRUCT(catch, self._isolate)
        try:
            result = call.Function__Call(function, context, this, len(values), ctypes.cast(vector, _pointer))
            if result:
                return self._array([result])
            if call.TryCatch__HasTerminated(catch):
                return None
            exception, message = call.TryCatch__Exception(catch), call.TryCatch__Message(catch)
            return self._array([exception, self._message(message) if message else self._undefined])
        finally:
            call.TryCatch__DESTRUCT(catch)

    def setPromiseRejectCallback(self, info: int) -> None:
        """`setPromiseRejectCallback(tell, tellMissed)`: `tell(event, promise, reason)` is called at each event.

        0 rejected without a handler, 1 handled later, 2 and 3 settled twice. What `tell` cannot be told, for example
        because the stack is full, `tellMissed([event, promise, reason, exception, place])` is told in a microtask.
        """
        call = self._call
        tell, tell_missed = (self._keep(local) for local in self._arguments(info, 2))
        missed: list[int] = []

        def make_up(_info: int) -> None:
            kept = missed.pop(0)
            self._invoke(tell_missed, kept)
            call.Global__Reset(kept)

        make_up_function = self._keep(self._function(make_up))

        def callback(message: _PromiseRejectMessage) -> None:
            event = (self._number(message.event), message.promise, message.value or self._undefined)
            catch = ctypes.create_string_buffer(_SCRATCH)
            call.TryCatch__CONSTRUCT(catch, self._isolate)
            try:
                if self._invoke(tell, *event) is not None or call.TryCatch__HasTerminated(catch):
                    return
                exception, place = call.TryCatch__Exception(catch), call.TryCatch__Message(catch)
                what = [*event, exception, self._message(place) if place else self._undefined]
                missed.append(self._keep(self._array(what)))
                call.Isolate__EnqueueMicrotask(self._isolate, make_up_function)
            finally:
                call.TryCatch__DESTRUCT(catch)

        pointer = _PROMISE_REJECT(callback)
        self._callbacks.append(pointer)
        self._call.Isolate__SetPromiseRejectCallback(self._isolate, pointer)

    def makeCheckpoint(self, _info: int) -> int | None:
        """A function that runs the microtasks as `runMicrotasks` does, at a tenth of the cost: V8's own, by its own
        name.

        V8 reads such names only while a flag is set. Undefined where the flag can no longer be set.
        """
        if not _can_set_flags:
            return None
        call = self._call
        origin, compiled = ctypes.create_string_buffer(_SCRATCH), ctypes.create_string_buffer(_SCRATCH)
        self._origin(origin, self._string("node:internal/process/task_queues"), 0, 0, False)
        set_flags("--allow-natives-syntax")
        try:
            call.ScriptCompiler__Source__CONSTRUCT(
                compiled, self._string("%PerformMicrotaskCheckpoint()"), origin, None)
            function: int = call.ScriptCompiler__CompileFunction(
                self._context, compiled, 0, None, 0, None, _EAGERLY, 0)
            call.ScriptCompiler__Source__DESTRUCT(compiled)
        finally:
            set_flags("--no-allow-natives-syntax")
        return function

    def runMicrotasks(self, _info: int) -> None:
        self._call.Isolate__PerformMicrotaskCheckpoint(self._isolate)

    def runMicrotasksNow(self, _info: int) -> None:
        """Run all microtasks, even if this is one of them: for what must have a promise's outcome at once."""
        queue = self._call._ZN2v87Context17GetMicrotaskQueueEv(self._context)
        self._call._ZN2v88internal14MicrotaskQueue13RunMicrotasksEPNS0_7IsolateE(queue, self._isolate)

    # contextify

    def _origin(
        self, buffer: Any, name: int, line: int, column: int, is_module: bool, options: int | None = None,
    ) -> None:
        self._call.ScriptOrigin__CONSTRUCT(
            buffer, name, line, column, False, -1, None, False, False, is_module, options)

    def host_defined_options(self, symbol: int) -> int | None:
        """What a script is compiled with, so that its `import()` is known by `symbol`; None for no symbol."""
        call = self._call
        if not call.Value__IsSymbol(symbol):
            return None
        options: int = getattr(call, _NEW_PRIMITIVE_ARRAY)(self._isolate, 1)
        getattr(call, promise_natives.PRIMITIVE_ARRAY_SET)(options, self._isolate, 0, symbol)
        return options

    def _symbol_of(self, options: int) -> int:
        """The symbol of host-defined options, or `undefined`."""
        call = self._call
        if getattr(call, _PRIMITIVE_ARRAY_LENGTH)(options) != 1:
            return self._undefined
        symbol: int = getattr(call, _PRIMITIVE_ARRAY_GET)(options, self._isolate, 0)
        return symbol if call.Value__IsSymbol(symbol) else self._undefined

    def _integer(self, local: int) -> int:
        """The value of a JavaScript number; 0 for anything else."""
        call = self._call
        return int(call.Number__Value(local)) if call.Value__IsNumber(local) else 0

    def compileFunction(self, info: int) -> int | None:
        """`compileFunction(source, filename, parameters, lineOffset, columnOffset, isFile)`: the function with that
        body.

        A file's goes by way of the compile cache.
        """
        call = self._call
        source, filename, parameters, line, column, is_file = self._arguments(info, 6)
        names = self._list(parameters)
        vector = (_pointer * len(names))(*names)
        entry = self._cache_entry(is_file, COMMONJS, filename, source)
        origin, compiled = ctypes.create_string_buffer(_SCRATCH), ctypes.create_string_buffer(_SCRATCH)
        self._origin(origin, filename, self._integer(line), self._integer(column), False)
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, self._cached_data(entry))
        try:
            function: int | None = call.ScriptCompiler__CompileFunction(
                self._context, compiled, len(names), ctypes.cast(vector, _pointer), 0, None,
                entry.options if entry is not None else 0, 0)
            self._note_compiled(entry, function, compiled)
            return function
        finally:
            call.ScriptCompiler__Source__DESTRUCT(compiled)

    def _cache_entry(self, is_file: int, kind: str, name: int, source: int) -> Entry | None:
        """Where the compile cache has what is about to be compiled; None for what it does not keep."""
        if self.compile_cache is None or not self._integer(is_file):
            return None
        text = self._to_str(source).encode("utf-8", "surrogatepass")
        return self.compile_cache.look_up(kind, self._to_str(name), text)

    def _cached_data(self, entry: Entry | None) -> int | None:
        return self.compile_cache.cached_data(entry) if self.compile_cache is not None and entry is not None else None

    def _note_compiled(self, entry: Entry | None, compiled: int | None, source: Any) -> None:
        if self.compile_cache is not None and entry is not None:
            self.compile_cache.note(entry, compiled, source)

    def runScript(self, info: int) -> int | None:
        """`runScript(source, filename, lineOffset, columnOffset, compileOnly)`.

        What the script's last statement gives.
        """
        call = self._call
        source, filename, line, column, compile_only = self._arguments(info, 5)
        origin = ctypes.create_string_buffer(_SCRATCH)
        self._origin(origin, filename, self._integer(line), self._integer(column), False)
        script = call.Script__Compile(self._context, source, origin)
        if not script or self._integer(compile_only):
            return None
        result: int | None = call.Script__Run(script, self._context)
        return result

    # module_wrap

    def compileModule(self, info: int) -> int | None:
        """`compileModule(source, url, isFile, symbol)`: a number that stands for the module.

        The symbol, if it is one, comes back when the module calls `import()`.
        """
        call = self._call
        source, url, is_file, symbol = self._arguments(info, 4)
        entry = self._cache_entry(is_file, ESM, url, source)
        origin, compiled = ctypes.create_string_buffer(_SCRATCH), ctypes.create_string_buffer(_SCRATCH)
        self._origin(origin, url, 0, 0, True, self.host_defined_options(symbol))
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, self._cached_data(entry))
        try:
            module = call.ScriptCompiler__CompileModule(
                self._isolate, compiled, entry.options if entry is not None else 0, 0)
            self._note_compiled(entry, module, compiled)
        finally:
            call.ScriptCompiler__Source__DESTRUCT(compiled)
        if not module:
            return None
        number = len(self._modules) + 1
        self._modules[number] = self._keep(module)
        self._modules_by_hash.setdefault(call.Module__GetIdentityHash(module), []).append(number)
        return self._number(number)

    def _module(self, info: int) -> int:
        return self._modules[self._integer(self._call.FunctionCallbackInfo__Get(info, 0))]

    def _module_number(self, module: int) -> int | None:
        """The number of a module that `compileModule` has made; None for another one."""
        candidates = self._modules_by_hash.get(self._call.Module__GetIdentityHash(module), [])
        return next((number for number in candidates if _word(self._modules[number]) == _word(module)), None)

    def instantiateModule(self, info: int) -> int | None:
        """`instantiateModule(module, resolve)`: `resolve(specifier, attributes, referrer)` gives a module's number."""
        resolver = self._call.FunctionCallbackInfo__Get(info, 1)

        def resolve(_context: int, specifier: int, attributes: int, referrer: int) -> int | None:
            try:
                number = self._module_number(referrer)
                assert number is not None  # the loader links its own modules only
                result = self._invoke(resolver, specifier, self._attributes(attributes, 3), self._number(number))
                return self._modules[self._integer(result)] if result else None
            except Exception as exc:
                self._throw(exc)
                return None

        self._call.Module__InstantiateModule(self._module(info), self._context, _RESOLVE(resolve), None)
        return None

    def _attributes(self, attributes: int, stride: int) -> int:
        """Import attributes as [key, value, key, value …].

        V8 gives them with positions (`stride` 3), or without (2).
        """
        call = self._call
        length = call.FixedArray__Length(attributes)
        return self._array([
            call.FixedArray__Get(attributes, index + offset) for index in range(0, length, stride) for offset in (0, 1)
        ])

    def evaluateModule(self, info: int) -> int | None:
        promise: int | None = self._call.Module__Evaluate(self._module(info), self._context)
        return promise

    def getModuleRequests(self, info: int) -> int:
        """What a module imports: [specifier, attributes, phase, specifier …]."""
        return self.module_wraps().requests(self._module(info))

    def getModuleNamespace(self, info: int) -> int:
        namespace: int = self._call.Module__GetModuleNamespace(self._module(info))
        return namespace

    def getModuleStatus(self, info: int) -> int:
        """0 uninstantiated, 1 instantiating, 2 instantiated, 3 evaluating, 4 evaluated (or waiting), 5 errored."""
        return self._number(self._call.Module__GetStatus(self._module(info)))

    def getModuleError(self, info: int) -> int:
        exception: int = self._call.Module__GetException(self._module(info))
        return exception

    def setImportMetaCallback(self, info: int) -> None:
        """`function(module, meta)` is called when a module first uses `import.meta`."""
        self._on_import_meta = self._keep(self._call.FunctionCallbackInfo__Get(info, 0))

        def callback(_context: int, module: int, meta: int) -> None:
            number = self._module_number(module)
            if number is None:
                self.module_wraps().initialize_import_meta(module, meta)
            else:
                self._invoke(self._on_import_meta, self._number(number), meta)

        pointer = _IMPORT_META(callback)
        self._callbacks.append(pointer)
        self._call.Isolate__SetHostInitializeImportMetaObjectCallback(self._isolate, pointer)

    def setImportModuleDynamicallyCallback(self, info: int) -> None:
        """`function(specifier, attributes, referrer, symbol, global)` returns the promise of `import()`.

        The referrer is a script's name; the symbol is what it was compiled with, if anything; the global is that of the
        context, if it is another one than ours.
        """
        self._on_dynamic_import = self._keep(self._call.FunctionCallbackInfo__Get(info, 0))

        def callback(context: int, options: int, referrer: int, specifier: int, attributes: int) -> int | None:
            is_ours = _word(context) == _word(self._context)
            target = self._undefined if is_ours else self._call.Context__Global(context)
            promise = self._invoke(
                self._on_dynamic_import, specifier, self._attributes(attributes, 2), referrer,
                self._symbol_of(options), target)
            return promise if is_ours or promise is None else self._adopted(context, promise)

        pointer = _IMPORT_DYNAMICALLY(callback)
        self._callbacks.append(pointer)
        self._call.Isolate__SetHostImportModuleDynamicallyCallback(self._isolate, pointer)

    def _adopted(self, context: int, promise: int) -> int | None:
        """A promise of another context's own kind that becomes what `promise` becomes."""
        call = self._call
        resolver = call.Promise__Resolver__New(context)
        call.Promise__Resolver__Resolve(resolver, context, promise)
        adopted: int | None = call.Promise__Resolver__GetPromise(resolver)
        return adopted


def _reads(descriptor: int, address: int, value: int) -> bool:
    """Whether the memory at `address` can be read, and holds `value`."""
    try:
        return os.pread(descriptor, 8, address) == value.to_bytes(8, "little")
    except (OSError, OverflowError):
        return False


def _ignoring_info(action: Callable[[], None]) -> Callable[[int], None]:
    return lambda _info: action()


def _word(address: int) -> int:
    """The 8 bytes at `address`."""
    return ctypes.c_uint64.from_address(address).value


if sys.maxsize < 2**32:
    raise ImportError("Ouroloop's JavaScript needs a 64-bit Python")
