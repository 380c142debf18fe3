"""Script natives: scripts that are compiled once and run many times, for `vm.Script`, and V8's code cache.

Theory of operation. What V8 compiles is bound to no context; to run it, it is bound to one. JavaScript holds it by a
handle, an object with one internal field (`Realm.handle`). A code cache is bytes from which V8 need not compile
again, if it is of the same version with the same flags, and the source is the same.

What surprises people: natives give no bytes. So those of a code cache wait here until JavaScript has memory for them.

Source: V8's `include/v8-script.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import declare, scratch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .contextify import Contexts
    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "v8__Function__CreateCodeCache": (_pointer, _pointer),
    "v8__ScriptCompiler__CachedData__DELETE": (None, _pointer),
    "v8__ScriptCompiler__CachedData__NEW": (_pointer, _pointer, _int),
    "v8__ScriptCompiler__CompileUnboundScript": (_pointer, _pointer, _pointer, _int, _int),
    "v8__ScriptCompiler__Source__GetCachedData": (_pointer, _pointer),
    "v8__UnboundScript__BindToCurrentContext": (_pointer, _pointer),
    "v8__UnboundScript__CreateCodeCache": (_pointer, _pointer),
    "v8__UnboundScript__GetSourceMappingURL": (_pointer, _pointer),
    "v8__UnboundScript__GetSourceURL": (_pointer, _pointer),
    "v8__Value__IsFunction": (ctypes.c_bool, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

NAMES = ("compileScript", "runScriptIn", "compileFunctionIn", "createCodeCache", "takeCodeCache")

CONSUME_CODE_CACHE = 1  # v8::ScriptCompiler::CompileOptions

Method: TypeAlias = "Callable[[int], int | None]"


class CachedData(ctypes.Structure):
    """The beginning of v8::ScriptCompiler::CachedData."""

    _fields_ = (("data", _pointer), ("length", _int), ("rejected", ctypes.c_bool))


def take_code_cache(call: Any, address: int) -> bytes:
    """The bytes of a v8::ScriptCompiler::CachedData, which is given back."""
    cached = CachedData.from_address(address)
    data = ctypes.string_at(cached.data, cached.length)
    call.ScriptCompiler__CachedData__DELETE(address)
    return data


class Scripts:
    """The natives of `contextify` that deal with scripts and functions from source."""

    def __init__(self, realm: Realm, contexts: Contexts) -> None:
        self._realm = realm
        self._call = realm.call
        self._contexts = contexts
        self._code_cache = b""

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        made = (
            self.compile_script, self.run_script, self.compile_function, self.create_code_cache, self.take_code_cache)
        return dict(zip(NAMES, made, strict=True))

    def compile_script(self, info: int) -> int | None:
        """`compileScript(source, filename, line, column, symbol, cache, offset, length)`.

        `[handle, 1 if the code cache was rejected, sourceURL, sourceMappingURL]`. `cache` is an ArrayBuffer, or
        undefined.
        """
        call, realm = self._call, self._realm
        source, filename, line, column, symbol, *cache = realm.arguments(info, 8)
        place = (filename, realm.integer(line), realm.integer(column))
        with_cache = _Source(realm, source, place, symbol, cache)
        try:
            script = call.ScriptCompiler__CompileUnboundScript(
                realm.isolate, with_cache.address, with_cache.options, 0)
            if not script:
                return None
            return realm.array([
                realm.handle(script), realm.number(with_cache.is_rejected),
                call.UnboundScript__GetSourceURL(script), call.UnboundScript__GetSourceMappingURL(script),
            ])
        finally:
            with_cache.close()

    def run_script(self, info: int) -> int | None:
        """`runScriptIn(handle, global, timeout)`: as `Contexts.run_in`."""
        call, realm = self._call, self._realm
        handle, target, timeout = realm.arguments(info, 3)
        context = self._contexts.context_of(target)
        call.Context__Enter(context)
        try:
            script = call.UnboundScript__BindToCurrentContext(realm.unwrap(handle))
        finally:
            call.Context__Exit(context)
        return self._contexts.run_in(context, realm.integer(timeout), "Script__Run", script)

    def compile_function(self, info: int) -> int | None:
        """`compileFunctionIn(global, source, filename, parameters, line, column, extensions, symbol, cache, offset,
        length)`: `[function, 1 if the code cache was rejected]`.
        """
        call, realm = self._call, self._realm
        target, source, filename, parameters, line, column, extensions, symbol, *cache = realm.arguments(info, 11)
        names, objects = realm.elements(parameters), realm.elements(extensions)
        name_vector, object_vector = (_pointer * len(names))(*names), (_pointer * len(objects))(*objects)
        context = self._contexts.context_of(target)
        place = (filename, realm.integer(line), realm.integer(column))
        with_cache = _Source(realm, source, place, symbol, cache)
        call.Context__Enter(context)
        try:
            function = call.ScriptCompiler__CompileFunction(
                context, with_cache.address, len(names), ctypes.cast(name_vector, _pointer), len(objects),
                ctypes.cast(object_vector, _pointer), with_cache.options, 0)
            if not function:
                return None
            return realm.array([function, realm.number(with_cache.is_rejected)])
        finally:
            call.Context__Exit(context)
            with_cache.close()

    def create_code_cache(self, info: int) -> int:
        """`createCodeCache(handle or function)`: how many bytes there are to take."""
        call, realm = self._call, self._realm
        target = call.FunctionCallbackInfo__Get(info, 0)
        if call.Value__IsFunction(target):
            address = call.Function__CreateCodeCache(target)
        else:
            address = call.UnboundScript__CreateCodeCache(realm.unwrap(target))
        self._code_cache = take_code_cache(call, address)
        return realm.number(len(self._code_cache))

    def take_code_cache(self, info: int) -> None:
        """`takeCodeCache(arrayBuffer)`: they are written there."""
        call = self._call
        ctypes.memmove(
            call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0)), self._code_cache, len(self._code_cache))
        self._code_cache = b""


class _Source:
    """A v8::ScriptCompiler::Source, with a code cache if there is one: `[ArrayBuffer or undefined, offset, length]`."""

    def __init__(
        self, realm: Realm, source: int, place: tuple[int, int, int], symbol: int, cache: list[int],
    ) -> None:
        self._call = call = realm.call
        buffer, offset, length = cache
        cached = None
        if call.Value__IsObject(buffer):
            data = (call.ArrayBuffer__Data(buffer) or 0) + realm.integer(offset)
            cached = call.ScriptCompiler__CachedData__NEW(data, realm.integer(length))
        self.options = CONSUME_CODE_CACHE if cached else 0
        self._origin, self._source = scratch(), scratch()
        realm.origin(self._origin, *place, False, realm.host_defined_options(symbol))
        call.ScriptCompiler__Source__CONSTRUCT(self._source, source, self._origin, cached)  # the source owns `cached`
        self.address = ctypes.addressof(self._source)

    @property
    def is_rejected(self) -> bool:
        """Whether V8 compiled all the same."""
        if not self.options:
            return False
        return bool(CachedData.from_address(self._call.ScriptCompiler__Source__GetCachedData(self.address)).rejected)

    def close(self) -> None:
        """Give it back."""
        self._call.ScriptCompiler__Source__DESTRUCT(self.address)
