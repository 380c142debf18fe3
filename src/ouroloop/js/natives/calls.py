"""V8's own C functions, called through ctypes.

Theory of operation. `call.Promise__State(promise)` is `v8__Promise__State` of the binding's extension module, found by
`symbols.py`. `FUNCTIONS` has the type of each; what one room alone needs stands there, and is declared by it. A handle
(`v8::Local`) is an address of a slot that holds a value; V8's small structures lie in memory that is made here.

What surprises people: there are no checks. A wrong argument ends the process.

Source: V8's `include/v8-*.h`; the C names are those of rusty_v8's `binding.cc`.
"""

from __future__ import annotations

import os
import sys

from . import c as ctypes
from .symbols import Symbols

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    Functions: TypeAlias = "dict[str, tuple[Any, ...]]"
    """Name: (result, arguments)."""

_pointer = ctypes.c_void_p
_int = ctypes.c_int
_bool = ctypes.c_bool
_size = ctypes.c_size_t
_text = ctypes.c_char_p
_double = ctypes.c_double

NEW_PRIMITIVE_ARRAY = "_ZN2v814PrimitiveArray3NewEPNS_7IsolateEi"
GET_MICROTASK_QUEUE = "_ZN2v87Context17GetMicrotaskQueueEv"
NEW_FROM_UTF8 = "_ZN2v86String11NewFromUtf8EPNS_7IsolateEPKcNS_13NewStringTypeEi"
PRIMITIVE_ARRAY_GET = "_ZN2v814PrimitiveArray3GetEPNS_7IsolateEi"
PRIMITIVE_ARRAY_LENGTH = "_ZNK2v814PrimitiveArray6LengthEv"
PRIMITIVE_ARRAY_SET = "_ZN2v814PrimitiveArray3SetEPNS_7IsolateEiNS_5LocalINS_9PrimitiveEEE"
CANCEL_TERMINATION = "_ZN2v87Isolate24CancelTerminateExecutionEv"

# name: (result, arguments). Those that begin with _Z are methods of V8's C++ classes: the first argument is `this`.
FUNCTIONS: Functions = {
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
    "v8__ObjectTemplate__New": (_pointer, _pointer, _pointer),
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
    GET_MICROTASK_QUEUE: (_pointer, _pointer),
    NEW_FROM_UTF8: (_pointer, _pointer, _pointer, _int, _int),
    NEW_PRIMITIVE_ARRAY: (_pointer, _pointer, _int),
    PRIMITIVE_ARRAY_GET: (_pointer, _pointer, _pointer, _int),
    PRIMITIVE_ARRAY_LENGTH: (_int, _pointer),
    PRIMITIVE_ARRAY_SET: (None, _pointer, _pointer, _int, _pointer),
    CANCEL_TERMINATION: (None, _pointer),
    "_ZN2v86String14NewFromTwoByteEPNS_7IsolateEPKtNS_13NewStringTypeEi": (_pointer, _pointer, _pointer, _int, _int),
    "u_setDataDirectory_77": (None, _text),
    "_ZN2v88internal9DateCache14ResetDateCacheENS_4base13TimezoneCache17TimeZoneDetectionE": (None, _pointer, _int),
    "_ZN2v88internal2V818GetCurrentPlatformEv": (_pointer,),
    "_ZN2v88internal7Version9GetStringENS_4base6VectorIcEE": (None, _pointer, _size),
    # The last argument is a structure of two words.
    "_ZN2v88internal8FlagList23SetFlagsFromCommandLineEPiPPcbNS1_11HelpOptionsE":
        (_int, _pointer, _pointer, _bool, _size, _text),
    "_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_": (None, _pointer, _pointer, _pointer),
}

_SET_FLAGS = next(name for name in FUNCTIONS if "SetFlagsFromCommandLine" in name)
_DO_NOT_EXIT = 1  # even for --help

_SCRATCH = 512  # bytes: more than any of V8's small structures that live on the C stack

memory_view = ctypes.pythonapi.PyMemoryView_FromMemory
memory_view.restype = ctypes.py_object
memory_view.argtypes = (_pointer, ctypes.c_ssize_t, _int)
_WRITABLE = 0x200  # PyBUF_WRITE

STARTUP_STATE = "_ZN2v88internal12_GLOBAL__N_117v8_startup_state_E"

_symbols: Symbols | None = None

# One for all, as each costs a class. Its functions have the interpreter to themselves, and V8's are short.
library = ctypes.pythonapi
"""The functions of the C library, and of whatever else this process has loaded."""

_can_set_flags = False  # for as long as the process lives, since they are not frozen


class _Caller:
    """V8's functions as attributes, without "v8__": `call.Promise__State(promise)`.

    Each is made callable when it is first asked for: most programs need a quarter of them. A type for each signature,
    as `ctypes.PYFUNCTYPE` makes one, would take ten times as long as to tell each function its own.
    """

    def __getattr__(self, name: str) -> Any:
        symbol = name if name in FUNCTIONS else f"v8__{name}"
        result, *arguments = FUNCTIONS[symbol]
        function = library._FuncPtr(address_of(symbol))
        function.restype = result
        function.argtypes = arguments
        setattr(self, name, function)
        return function


call = _Caller()


def declare(functions: Functions) -> None:
    """Have `functions` callable too: what one room alone needs."""
    FUNCTIONS.update(functions)


def load(path: str, every_name: Callable[[], Iterable[str]], flags: str) -> None:
    """Find V8's functions in the binding's extension module `path`, and set `flags`.

    `every_name` gives the names of all that will ever be asked for. Raises `SymbolsMissingError`.
    """
    global _symbols
    if _symbols is not None:
        return
    _symbols = Symbols(path, every_name)
    # Flags are frozen, on pain of death, as soon as anybody in this process has made an isolate.
    global _can_set_flags
    if ctypes.c_int.from_address(address_of(STARTUP_STATE)).value == 0:
        set_flags(f"{flags} --no-freeze-flags-after-init --no-verify-snapshot-checksum")
        _can_set_flags = True


def address_of(name: str) -> int:
    """Where something of V8's lies."""
    assert _symbols is not None, "load comes first"
    return _symbols.address(name)


def can_set_flags() -> bool:
    """Whether flags can be set although there is an isolate."""
    return _can_set_flags


def set_flags(flags: str) -> None:
    """Set V8's flags, for the whole process ("--stack-size=2000").

    Most heed only what is set before the first isolate.
    """
    data = flags.encode()
    call.V8__SetFlagsFromString(data, len(data))


NATIVES_SYNTAX = "--allow-natives-syntax"  # %DebugPrint(object)
_has_natives_syntax = False


def has_natives_syntax() -> bool:
    """Whether the program may call V8's own functions."""
    return _has_natives_syntax


def set_flags_from_command_line(flags: list[str]) -> list[str]:
    """Set V8's flags, as the words of a command line; those that V8 does not know, or whose value is none, are
    returned.

    V8 itself writes to standard error what is wrong with a value.
    """
    global _has_natives_syntax
    _has_natives_syntax |= any(flag.replace("_", "-") == NATIVES_SYNTAX for flag in flags)
    words = [b"ouro", *(flag.encode() for flag in flags)]
    count = ctypes.c_int(len(words))
    vector = (_text * (len(words) + 1))(*words)
    getattr(call, _SET_FLAGS)(ctypes.addressof(count), ctypes.addressof(vector), True, _DO_NOT_EXIT, None)
    return [(vector[index] or b"").decode() for index in range(1, count.value)]


_RLIMIT_AS = 9


def address_space_limit() -> int:
    """How many bytes of addresses this process may have (getrlimit(2), without the module `resource`)."""
    if sys.platform != "linux":
        return 1 << 64
    limits = (ctypes.c_uint64 * 2)()
    library["getrlimit"](_RLIMIT_AS, limits)
    return int(limits[0])


def set_intl_data(folder: str) -> None:
    """Let ICU look for its data file in `folder`. Only before the first isolate."""
    call.u_setDataDirectory_77(os.fsencode(folder))


def v8_version() -> str:
    """V8's version, such as "14.7.173.2"."""
    text = ctypes.create_string_buffer(128)
    call._ZN2v88internal7Version9GetStringENS_4base6VectorIcEE(text, len(text))
    return text.value.decode().split(" ")[0]


def memory(address: int, length: int) -> memoryview:
    """`length` bytes of memory at `address`, to read and to write in place.

    It must stay alive meanwhile: that is the caller's part.
    """
    view: memoryview = memory_view(address, length, _WRITABLE)
    return view


def scratch() -> ctypes.Array[ctypes.c_char]:
    """Memory for one of V8's small structures."""
    return ctypes.create_string_buffer(_SCRATCH)


def word(address: int) -> int:
    """The 8 bytes at `address`."""
    return ctypes.c_uint64.from_address(address).value


if sys.maxsize < 2**32:
    raise ImportError("Ouroloop's JavaScript needs a 64-bit Python")
