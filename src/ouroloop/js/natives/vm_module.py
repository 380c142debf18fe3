"""VM module natives: ES modules that a program makes and links itself, for `vm.SourceTextModule` and its kin.

Theory of operation. A `v8::Module` is no JavaScript value, so JavaScript gets a *handle*: an object with one internal
field, which holds the module. The handle keeps its module alive, and Python holds nothing, so what no program can
reach any more is collected, and its context with it.

What surprises people: the binding has no function that tells what a module imports. V8 asks for each import when it
links; so a module's requests are got by linking it with a module that cannot be linked. V8 then takes all of it back.

Source: V8's `include/v8-script.h`, `src/objects/source-text-module.cc`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import scratch, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .contextify import Contexts
    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int

_RESOLVE = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer)
_EAGER_REQUEST_STRIDE = 3  # import attributes in a static import: key, value, position
_UNLINKED = 0
_UNLINKABLE = "import 'itself'"

NAMES = (
    "compile", "instantiate", "evaluate", "namespace", "status", "error", "hash", "isSame", "setImportMetaCallback",
)

Method: TypeAlias = "Callable[[int], int | None]"


class VmModules:
    """The natives of `vm_module`, in the isolate of `realm`."""

    def __init__(self, realm: Realm, contexts: Contexts) -> None:
        self._realm = realm
        self._call = realm.call
        self._contexts = contexts
        self._on_import_meta = 0
        self._unlinkable = 0

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        made = (
            self.compile, self.instantiate, self.evaluate, self.namespace, self.status, self.error, self.hash,
            self.is_same, self.set_import_meta_callback)
        return dict(zip(NAMES, made, strict=True))

    def _first(self, info: int) -> int:
        """The module of the first argument."""
        return self._realm.unwrap(self._call.FunctionCallbackInfo__Get(info, 0))

    def compile(self, info: int) -> int | None:
        """`compile(source, identifier, line, column, global, symbol)`: `[handle, requests]`.

        For each import there is its specifier, its attributes, `[key, value, key, value …]`, and its phase.
        """
        call, realm = self._call, self._realm
        source, identifier, line, column, target, symbol = realm.arguments(info, 6)
        context = self._contexts.context_of(target)
        where = (realm.integer(line), realm.integer(column))
        options = realm.host_defined_options(symbol)
        module = self._compile(source, identifier, *where, context, options)
        if not module:
            return None
        requests = self.requests(module)
        if call.Module__GetStatus(module) != _UNLINKED:  # it has no requests that would have kept it from being linked
            module = self._compile(source, identifier, *where, context, options)
        return realm.array([realm.handle(module), requests]) if module else None

    def _compile(self, source: int, name: int, line: int, column: int, context: int, options: int | None) -> int | None:
        call, realm = self._call, self._realm
        origin, compiled = scratch(), scratch()
        realm.origin(origin, name, line, column, True, options)
        call.ScriptCompiler__Source__CONSTRUCT(compiled, source, origin, None)
        call.Context__Enter(context)
        try:
            module: int | None = call.ScriptCompiler__CompileModule(realm.isolate, compiled, 0, 0)
            return module
        finally:
            call.Context__Exit(context)
            call.ScriptCompiler__Source__DESTRUCT(compiled)

    def requests(self, module: int) -> int:
        """The array of a module's requests: `[specifier, attributes, phase, specifier …]`."""
        call, realm = self._call, self._realm
        found, length = realm.array([]), 0
        unlinkable = self._unlinkable = self._unlinkable or realm.keep(self._compile_unlinkable())

        def note(phase: str, specifier: int, attributes: int) -> None:
            """Put a request into the array at once: its handles die with V8's call."""
            nonlocal length
            for value in (
                specifier, realm.import_attributes(attributes, _EAGER_REQUEST_STRIDE), realm.string(phase),
            ):
                call.Object__SetIndex(found, realm.context, length, value)
                length += 1

        def resolve(_context: int, specifier: int, attributes: int, referrer: int) -> int | None:
            if word(referrer) != word(module):
                realm.throw(RuntimeError("not to be linked"))
                return None
            note("evaluation", specifier, attributes)
            return unlinkable

        def resolve_source(_context: int, specifier: int, attributes: int, _referrer: int) -> int:
            note("source", specifier, attributes)
            return found  # any object

        catch = scratch()
        call.TryCatch__CONSTRUCT(catch, realm.isolate)
        try:
            call.Module__InstantiateModule(
                module, realm.context, _RESOLVE(resolve), _RESOLVE(resolve_source))
        finally:
            call.TryCatch__DESTRUCT(catch)
        return found

    def _compile_unlinkable(self) -> int:
        realm = self._realm
        name = realm.string("node:internal/unlinkable")
        module = self._compile(realm.string(_UNLINKABLE), name, 0, 0, realm.context, None)
        assert module is not None  # its source is well-formed
        return module

    def instantiate(self, info: int) -> None:
        """`instantiate(handles, linked, global)`: link the first module of a graph.

        `linked` has for each of `handles` the handles of what it imports, in the order of its requests.
        """
        call, realm = self._call, self._realm
        handles, linked, target = realm.arguments(info, 3)
        modules = [realm.unwrap(handle) for handle in realm.elements(handles)]
        imported = [iter(realm.elements(each)) for each in realm.elements(linked)]

        def resolve(_context: int, _specifier: int, _attributes: int, referrer: int) -> int | None:
            wanted = word(referrer)
            index = next(index for index, module in enumerate(modules) if word(module) == wanted)
            return realm.unwrap(next(imported[index]))

        def resolve_source(_context: int, specifier: int, _attributes: int, _referrer: int) -> None:
            realm.throw(NotImplementedError(f"the source of '{realm.to_str(specifier)}' cannot be imported"))

        call.Module__InstantiateModule(
            modules[0], self._contexts.context_of(target), _RESOLVE(resolve), _RESOLVE(resolve_source))

    def evaluate(self, info: int) -> int | None:
        """`evaluate(handle, global, timeout)`: `[promise]`, or `[]` when time was over."""
        realm = self._realm
        handle, target, timeout = realm.arguments(info, 3)
        context = self._contexts.context_of(target)
        return self._contexts.run_in(context, realm.integer(timeout), "Module__Evaluate", realm.unwrap(handle))

    def namespace(self, info: int) -> int:
        """The module's namespace object."""
        namespace: int = self._call.Module__GetModuleNamespace(self._first(info))
        return namespace

    def status(self, info: int) -> int:
        """0 uninstantiated, 1 instantiating, 2 instantiated, 3 evaluating, 4 evaluated (or waiting), 5 errored."""
        return self._realm.number(self._call.Module__GetStatus(self._first(info)))

    def error(self, info: int) -> int:
        """What an errored module threw."""
        exception: int = self._call.Module__GetException(self._first(info))
        return exception

    def hash(self, info: int) -> int:
        """A number by which to look for a module; several may have the same."""
        return self._realm.number(self._call.Module__GetIdentityHash(self._first(info)))

    def is_same(self, info: int) -> int:
        """Whether two handles are of one module."""
        first, second = (self._realm.unwrap(handle) for handle in self._realm.arguments(info, 2))
        return self._call.Boolean__New(  # type: ignore[no-any-return]
            self._realm.isolate, word(first) == word(second))

    def set_import_meta_callback(self, info: int) -> None:
        """`function(hash, handle, meta)` is called when one of these modules first uses `import.meta`."""
        self._on_import_meta = self._realm.keep(self._call.FunctionCallbackInfo__Get(info, 0))

    def initialize_import_meta(self, module: int, meta: int) -> None:
        """Called for a module that is not the loader's."""
        realm = self._realm
        number = realm.number(self._call.Module__GetIdentityHash(module))
        if self._on_import_meta:
            realm.invoke(self._on_import_meta, number, realm.handle(module), meta)
