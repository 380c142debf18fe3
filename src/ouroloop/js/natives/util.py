"""Util natives: what `node:util` and its types ask V8 about values.

Theory of operation. `util.types` asks a method of `v8::Value` each; the rest looks into promises, proxies and
collections, which JavaScript cannot do itself without their noticing.

What surprises people: two things have no C function that names them, and are looked for in V8's memory: the extras
object (`getContinuationData`), and the cache of the time zone (`resetTimezone`).

Source: V8's `include/v8-value.h`, `include/v8-object.h`, `include/v8-promise.h`, `include/v8-proxy.h`.
"""

from __future__ import annotations

import os

from . import c as ctypes
from . import calls, direct
from .calls import address_of, declare, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .realm import Realm

Native: TypeAlias = "Callable[[int], int | None] | int"

_pointer = ctypes.c_void_p
_bool = ctypes.c_bool

_METHODS = (
    "getPromiseDetails", "getProxyDetails", "previewEntries", "getConstructorName", "getOwnNonIndexProperties",
    "detachArrayBuffer", "collectGarbage", "getHeapStatistics", "resetTimezone",
)

# Those that V8 itself has made: name here, name in V8's extras object.
_EXTRAS = {
    "getContinuationData": "getContinuationPreservedEmbedderData",
    "setContinuationData": "setContinuationPreservedEmbedderData",
}

NAMES = (*_METHODS, *_EXTRAS)

# The questions of `util.types` that only V8 can answer: name in JavaScript, method of v8::Value.
TYPE_CHECKS = {
    name: f"_ZNK2v85Value{len(name)}{name[0].upper()}{name[1:]}Ev"
    for name in (
        "isArgumentsObject", "isArrayBuffer", "isBigIntObject", "isBooleanObject", "isDate", "isExternal",
        "isGeneratorFunction", "isGeneratorObject", "isMap", "isMapIterator", "isModuleNamespaceObject",
        "isNativeError", "isNumberObject", "isPromise", "isProxy", "isRegExp", "isSet", "isSetIterator",
        "isSharedArrayBuffer", "isStringObject", "isSymbolObject", "isWeakMap", "isWeakSet",
    )
}

FUNCTIONS: dict[str, tuple[Any, ...]] = dict.fromkeys(TYPE_CHECKS.values(), (_bool, _pointer))
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

DATE_CACHE = "_ZTVN2v88internal9DateCacheE"  # the table of its virtual methods, by which it is recognized
_RESET_DATE_CACHE = "_ZN2v88internal9DateCache14ResetDateCacheENS_4base13TimezoneCache17TimeZoneDetectionE"
_REDETECT = 1
_PROPERTY_NAMES = next(name for name in calls.FUNCTIONS if "GetPropertyNames" in name)
_EXTRAS_SLOT = 70  # of a native context of V8 14.7
_ISOLATE_SIZE = 131072  # bytes: no more than v8::internal::Isolate has


class Util:
    """The natives of `util` and `types`, in machine code where `directly` makes some."""

    def __init__(self, realm: Realm, directly: direct.Directly | None) -> None:
        self._realm = realm
        self._call = realm.call
        self._directly = directly

    def methods(self) -> dict[str, Native]:
        """The natives of `util`, but for those that V8 has made, by name."""
        methods: dict[str, Native] = {name: getattr(self, name) for name in _METHODS}
        if self._directly is not None:
            name_of = self._call._ZN2v86Object18GetConstructorNameEv
            methods["getConstructorName"] = self._directly.function(name_of, [direct.argument(0)], direct.TO_VALUE)
        return methods

    def type_checks(self) -> dict[str, Native]:
        """The natives of `types`, by name."""
        return {name: self._type_check(symbol) for name, symbol in TYPE_CHECKS.items()}

    def _type_check(self, symbol: str) -> Native:
        if self._directly is not None:
            return self._directly.function(address_of(symbol), [direct.argument(0)], direct.TO_BOOLEAN)
        check, get, boolean = getattr(self._call, symbol), self._call.FunctionCallbackInfo__Get, self._call.Boolean__New
        isolate = self._realm.isolate
        return lambda info: boolean(isolate, check(get(info, 0)))

    def getPromiseDetails(self, info: int) -> int:
        """`[state, result]`; 0 pending, 1 fulfilled, 2 rejected."""
        call, promise = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        state = call.Promise__State(promise)
        return self._realm.array([self._realm.number(state), *([call.Promise__Result(promise)] if state else [])])

    def getProxyDetails(self, info: int) -> int | None:
        """`[target, handler]`; undefined for what is no proxy."""
        call, value = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        if not call.Value__IsProxy(value):
            return None
        return self._realm.array([call.Proxy__GetTarget(value), call.Proxy__GetHandler(value)])

    def previewEntries(self, info: int) -> int | None:
        """`[entries, whether they are keys and values in turn]` of a map, a set or an iterator of one."""
        call, value = self._call, self._call.FunctionCallbackInfo__Get(info, 0)
        is_key_value = ctypes.c_bool()
        entries = call._ZN2v86Object14PreviewEntriesEPb(value, ctypes.addressof(is_key_value))
        return entries and self._realm.array([entries, call.Boolean__New(self._realm.isolate, is_key_value.value)])

    def getConstructorName(self, info: int) -> int:
        """The name that V8 gives the class of an object."""
        local: int = self._call._ZN2v86Object18GetConstructorNameEv(self._call.FunctionCallbackInfo__Get(info, 0))
        return local

    def getOwnNonIndexProperties(self, info: int) -> int | None:
        """`getOwnNonIndexProperties(object, filter)`.

        The keys that are no array indices; filter 0 all, 2 enumerable.
        """
        value, which = self._realm.arguments(info, 2)
        keys: int | None = getattr(self._call, _PROPERTY_NAMES)(
            value, self._realm.context, 0, self._realm.integer(which), 1, 0)
        return keys

    def detachArrayBuffer(self, info: int) -> None:
        """Take an ArrayBuffer's memory away."""
        self._call.ArrayBuffer__Detach(self._call.FunctionCallbackInfo__Get(info, 0), self._realm.undefined)

    def collectGarbage(self, _info: int) -> None:
        """Collect all that can be, now."""
        self._call.Isolate__LowMemoryNotification(self._realm.isolate)

    def getHeapStatistics(self, _info: int) -> int:
        """The figures of `v8.getHeapStatistics`, in V8's order."""
        return self._realm.array([self._realm.number(value) for value in self._realm.heap_statistics()])

    def resetTimezone(self, _info: int) -> int:
        """Have V8 find out anew in which time zone it is. Whether that could be done."""
        cache = self._find_date_cache()
        if cache:
            getattr(self._call, _RESET_DATE_CACHE)(cache, _REDETECT)
        return self._call.Boolean__New(self._realm.isolate, cache != 0)  # type: ignore[no-any-return]

    def _find_date_cache(self) -> int:
        """The isolate's `DateCache`, or 0. No C function here names it; so the isolate's memory is looked through.

        Words may be no addresses at all, so they are followed by way of a file, whose reads fail where memory ends.
        """
        mark = address_of(DATE_CACHE) + 16  # where an object's pointer to its virtual methods points
        try:
            with open("/proc/self/mem", "rb", buffering=0) as file:
                memory = os.pread(file.fileno(), _ISOLATE_SIZE, self._realm.isolate)
                for candidate in memoryview(memory).cast("Q"):
                    if candidate % 8 == 0 and _reads(file.fileno(), candidate, mark):
                        return int(candidate)
        except OSError:
            pass
        return 0


def _reads(descriptor: int, address: int, value: int) -> bool:
    """Whether the memory at `address` can be read, and holds `value`."""
    try:
        return os.pread(descriptor, 8, address) == value.to_bytes(8, "little")
    except (OSError, OverflowError):
        return False


def extra(realm: Realm, name: str) -> int | None:
    """The function that V8 has made for a name of `util`, if that is one."""
    return realm.get(_extras(realm), _EXTRAS[name]) if name in _EXTRAS else None


def _extras(realm: Realm) -> int:
    """V8's extras object, which holds functions that V8 makes for embedders in each context.

    It is a slot of the native context that no C function here names; so its slots are looked through, beginning with
    the one where it was found last.
    """
    call, context = realm.call, realm.context
    start = word(context) - 1  # heap objects are tagged by their lowest bit
    name = realm.string("getContinuationPreservedEmbedderData")
    for number in (_EXTRAS_SLOT, *range(2, 512)):
        slot = start + 8 * number
        if word(slot) & 1 and call.Data__IsValue(slot) and call.Value__IsObject(slot):
            local = call.Local__New(realm.isolate, slot)
            if call.Object__Has(local, context, name) == 1:
                return local  # type: ignore[no-any-return]
    raise RuntimeError("this V8 has no continuation-preserved embedder data")
