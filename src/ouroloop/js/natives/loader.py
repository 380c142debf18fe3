"""Loader natives: what the loaders of a program's files compile, link and run, CommonJS and ES modules.

Theory of operation. A CommonJS file becomes a function (`compileFunction`); an ES module is a number in JavaScript, and
stands for a `v8::Module` that is kept here. V8 asks for a module's imports, for `import.meta` and for `import()` by
callbacks, which hand on to functions of JavaScript. Files go by way of the compile cache, where there is one.

What surprises people: V8's callbacks name a module by itself, so its number is found by its hash. Modules that no
loader has made are those of `node:vm` (`vm_module.py`).

Source: V8's `include/v8-script.h`, `include/v8-callbacks.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import PRIMITIVE_ARRAY_GET, PRIMITIVE_ARRAY_LENGTH, scratch, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ..compile_cache import CompileCache, Entry
    from .realm import Realm
    from .vm_module import VmModules

_pointer = ctypes.c_void_p

CONTEXTIFY_NAMES = ("compileFunction", "runScript")
NAMES = (
    "compileModule", "instantiateModule", "evaluateModule", "getModuleRequests", "getModuleNamespace",
    "getModuleStatus", "getModuleError", "setImportMetaCallback", "setImportModuleDynamicallyCallback",
)

COMMONJS = "CommonJS"
ESM = "ESM"
"""What a source is compiled as, in the names that the compile cache has for it."""

_WRAPPER = ("exports", "require", "module", "__filename", "__dirname")

_RESOLVE = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer)
_IMPORT_META = ctypes.CFUNCTYPE(None, _pointer, _pointer, _pointer)
_IMPORT_DYNAMICALLY = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer, _pointer)

Method: TypeAlias = "Callable[[int], int | None]"


class Loader:
    """The natives of `module_wrap`, and of `contextify` those that the loaders use."""

    def __init__(self, realm: Realm, vm_modules: Callable[[], VmModules]) -> None:
        self._realm = realm
        self._call = realm.call
        self._vm_modules = vm_modules
        self._modules: dict[int, int] = {}
        self._modules_by_hash: dict[int, list[int]] = {}
        self._on_import_meta = self._on_dynamic_import = 0
        self._wrapper: Any = None
        self.compile_cache: CompileCache | None = None
        """What is compiled of a program's files is kept there, if a program wants that."""

    def contextify_methods(self) -> dict[str, Method]:
        """The natives of `contextify`, by name."""
        return {name: getattr(self, name) for name in CONTEXTIFY_NAMES}

    def methods(self) -> dict[str, Method]:
        """The natives of `module_wrap`, by name."""
        return {name: getattr(self, name) for name in NAMES}

    # contextify

    def compileFunction(self, info: int) -> int | None:
        """`compileFunction(source, filename, parameters, lineOffset, columnOffset, isFile)`: the function with that
        body.

        Without parameters, it has those of a CommonJS module. A file's goes by way of the compile cache.
        """
        call = self._call
        source, filename, parameters, line, column, is_file = self._realm.arguments(info, 6)
        vector = self._vector(parameters)
        entry = self._cache_entry(is_file, COMMONJS, filename, source)
        origin, compiled = scratch(), scratch()
        self._realm.origin(origin, filename, self._realm.integer(line), self._realm.integer(column), False)
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, self._cached_data(entry))
        try:
            function: int | None = call.ScriptCompiler__CompileFunction(
                self._realm.context, compiled, len(vector), ctypes.cast(vector, _pointer), 0, None,
                entry.options if entry is not None else 0, 0)
            self._note_compiled(entry, function, compiled)
            return function
        finally:
            call.ScriptCompiler__Source__DESTRUCT(compiled)

    def _vector(self, parameters: int) -> Any:
        """Parameters' names for V8: an array's elements; of undefined, those of the wrapper, which each file has."""
        if self._call.Value__IsObject(parameters):
            names = self._realm.elements(parameters)
            return (_pointer * len(names))(*names)
        if self._wrapper is None:
            names = [self._realm.keep(self._realm.string(name)) for name in _WRAPPER]
            self._wrapper = (_pointer * len(names))(*names)
        return self._wrapper

    def _cache_entry(self, is_file: int, kind: str, name: int, source: int) -> Entry | None:
        """Where the compile cache has what is about to be compiled; None for what it does not keep."""
        if self.compile_cache is None or not self._realm.integer(is_file):
            return None
        text = self._realm.to_str(source).encode("utf-8", "surrogatepass")
        return self.compile_cache.look_up(kind, self._realm.to_str(name), text)

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
        source, filename, line, column, compile_only = self._realm.arguments(info, 5)
        origin = scratch()
        self._realm.origin(origin, filename, self._realm.integer(line), self._realm.integer(column), False)
        script = call.Script__Compile(self._realm.context, source, origin)
        if not script or self._realm.integer(compile_only):
            return None
        result: int | None = call.Script__Run(script, self._realm.context)
        return result

    # module_wrap

    def compileModule(self, info: int) -> int | None:
        """`compileModule(source, url, isFile, symbol)`: a number that stands for the module.

        The symbol, if it is one, comes back when the module calls `import()`.
        """
        call = self._call
        source, url, is_file, symbol = self._realm.arguments(info, 4)
        entry = self._cache_entry(is_file, ESM, url, source)
        origin, compiled = scratch(), scratch()
        self._realm.origin(origin, url, 0, 0, True, self._realm.host_defined_options(symbol))
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, self._cached_data(entry))
        try:
            module = call.ScriptCompiler__CompileModule(
                self._realm.isolate, compiled, entry.options if entry is not None else 0, 0)
            self._note_compiled(entry, module, compiled)
        finally:
            call.ScriptCompiler__Source__DESTRUCT(compiled)
        if not module:
            return None
        number = len(self._modules) + 1
        self._modules[number] = self._realm.keep(module)
        self._modules_by_hash.setdefault(call.Module__GetIdentityHash(module), []).append(number)
        return self._realm.number(number)

    def _module(self, info: int) -> int:
        return self._modules[self._realm.integer(self._call.FunctionCallbackInfo__Get(info, 0))]

    def _module_number(self, module: int) -> int | None:
        """The number of a module that `compileModule` has made; None for another one."""
        candidates = self._modules_by_hash.get(self._call.Module__GetIdentityHash(module), [])
        return next((number for number in candidates if word(self._modules[number]) == word(module)), None)

    def instantiateModule(self, info: int) -> int | None:
        """`instantiateModule(module, resolve)`: `resolve(specifier, attributes, referrer)` gives a module's number."""
        realm, resolver = self._realm, self._call.FunctionCallbackInfo__Get(info, 1)

        def resolve(_context: int, specifier: int, attributes: int, referrer: int) -> int | None:
            try:
                number = self._module_number(referrer)
                assert number is not None  # the loader links its own modules only
                result = realm.invoke(
                    resolver, specifier, realm.import_attributes(attributes, 3), realm.number(number))
                return self._modules[realm.integer(result)] if result else None
            except Exception as exc:
                realm.throw(exc)
                return None

        self._call.Module__InstantiateModule(self._module(info), realm.context, _RESOLVE(resolve), None)
        return None

    def evaluateModule(self, info: int) -> int | None:
        """Run a linked module; the promise of its end."""
        promise: int | None = self._call.Module__Evaluate(self._module(info), self._realm.context)
        return promise

    def getModuleRequests(self, info: int) -> int:
        """What a module imports: [specifier, attributes, phase, specifier …]."""
        return self._vm_modules().requests(self._module(info))

    def getModuleNamespace(self, info: int) -> int:
        """What `import * as` gives."""
        namespace: int = self._call.Module__GetModuleNamespace(self._module(info))
        return namespace

    def getModuleStatus(self, info: int) -> int:
        """0 uninstantiated, 1 instantiating, 2 instantiated, 3 evaluating, 4 evaluated (or waiting), 5 errored."""
        return self._realm.number(self._call.Module__GetStatus(self._module(info)))

    def getModuleError(self, info: int) -> int:
        """What a module threw."""
        exception: int = self._call.Module__GetException(self._module(info))
        return exception

    def setImportMetaCallback(self, info: int) -> None:
        """`function(module, meta)` is called when a module first uses `import.meta`."""
        self._on_import_meta = self._realm.keep(self._call.FunctionCallbackInfo__Get(info, 0))

        def callback(_context: int, module: int, meta: int) -> None:
            number = self._module_number(module)
            if number is None:
                self._vm_modules().initialize_import_meta(module, meta)
            else:
                self._realm.invoke(self._on_import_meta, self._realm.number(number), meta)

        pointer = _IMPORT_META(callback)
        self._realm.callbacks.append(pointer)
        self._call.Isolate__SetHostInitializeImportMetaObjectCallback(self._realm.isolate, pointer)

    def setImportModuleDynamicallyCallback(self, info: int) -> None:
        """`function(specifier, attributes, referrer, symbol, global)` returns the promise of `import()`.

        The referrer is a script's name; the symbol is what it was compiled with, if anything; the global is that of the
        context, if it is another one than ours.
        """
        self._on_dynamic_import = self._realm.keep(self._call.FunctionCallbackInfo__Get(info, 0))

        def callback(context: int, options: int, referrer: int, specifier: int, attributes: int) -> int | None:
            is_ours = word(context) == word(self._realm.context)
            target = self._realm.undefined if is_ours else self._call.Context__Global(context)
            promise = self._realm.invoke(
                self._on_dynamic_import, specifier, self._realm.import_attributes(attributes, 2), referrer,
                self._symbol_of(options), target)
            return promise if is_ours or promise is None else self._adopted(context, promise)

        pointer = _IMPORT_DYNAMICALLY(callback)
        self._realm.callbacks.append(pointer)
        self._call.Isolate__SetHostImportModuleDynamicallyCallback(self._realm.isolate, pointer)

    def _symbol_of(self, options: int) -> int:
        """The symbol of host-defined options, or `undefined`."""
        call = self._call
        if getattr(call, PRIMITIVE_ARRAY_LENGTH)(options) != 1:
            return self._realm.undefined
        symbol: int = getattr(call, PRIMITIVE_ARRAY_GET)(options, self._realm.isolate, 0)
        return symbol if call.Value__IsSymbol(symbol) else self._realm.undefined

    def _adopted(self, context: int, promise: int) -> int | None:
        """A promise of another context's own kind that becomes what `promise` becomes."""
        call = self._call
        resolver = call.Promise__Resolver__New(context)
        call.Promise__Resolver__Resolve(resolver, context, promise)
        adopted: int | None = call.Promise__Resolver__GetPromise(resolver)
        return adopted
