"""Natives: the functions that JavaScript needs to be made on V8's own C interface.

Theory of operation. An operation (`bindings/`) gets copies of its arguments. A native gets the values themselves: it
can ask a promise for its state, compile a source as a function, link ES modules, give the address of a buffer's
memory. JavaScript asks for each by group and name (`internalBinding(group)[name]`) when it first needs it; who makes
which group stands in `names` and in `Natives._methods`.

`calls.py` is V8's C interface, `symbols.py` finds it, `realm.py` is what all natives do with values. Natives that only
hand their arguments on to a C function need no Python at all: `direct.py` writes them in machine code. The other files
are the groups: what is in each says its first line.

What surprises people: a native may enter JavaScript again (to link a module, to run microtasks), which the binding may
not. It is also cheaper than an operation: 0.2 us, and 0.15 us for each argument looked at.
"""

from __future__ import annotations

from . import calls, errors, loader, microtasks, startup_data
from .calls import call, memory
from .realm import Realm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..guards import Guards
    from . import direct
    from .contextify import Contexts
    from .library import Library
    from .vm_module import VmModules

Native: TypeAlias = "Callable[[int], int | None] | int"
"""What a JavaScript function is made of: a method that gets the call's information, or the address of machine code."""


# What lib/internal/buffer/strings.js needs, and can do without; and machine code without optimization is made of 16 KB
# of functions that have become warm, not of 4, which a start comes to: that took 0.3 ms for nothing.
_FLAGS = "--experimental-wasm-stringref --baseline-batch-compilation-threshold=16384"


def load(path: str) -> None:
    """Find V8's functions in the binding's extension module `path`. Raises `SymbolsMissingError`."""
    calls.load(path, _every_name, _FLAGS)


def _every_name() -> list[str]:
    """The names of all that is needed of V8."""
    from . import buffer, contextify, promise, recorder, script, serdes, util  # noqa: F401  each declares its own

    return [*calls.FUNCTIONS, calls.STARTUP_STATE, util.DATE_CACHE, *startup_data.NAMES]


def names() -> dict[str, list[str]]:
    """The names of all natives by group, but for those that `Natives.add` adds."""
    from . import (
        buffer,
        clock,
        contextify,
        crypto,
        environment,
        fs,
        http,
        library,
        promise,
        recorder,
        script,
        serdes,
        socket,
        util,
        vm_module,
    )

    return {
        "builtins": library.NAMES,
        "memory": ["address"],
        "util": [*util.NAMES],
        "types": [*util.TYPE_CHECKS],
        "errors": [*errors.NAMES],
        "microtasks": [*microtasks.NAMES],
        "contextify": [*loader.CONTEXTIFY_NAMES, *contextify.NAMES, *script.NAMES, *promise.NAMES],
        "module_wrap": [*loader.NAMES],
        "vm_module": [*vm_module.NAMES],
        "buffer": [*buffer.methods(call, 0, memory, None)],
        "clock": clock.NAMES,
        "crypto": crypto.NAMES,
        "fs": [*fs.methods(call, memory, None)],
        "http": http.NAMES,
        "process": environment.NAMES,
        "recorder": recorder.NAMES,
        "socket": socket.NAMES,
        "v8": serdes.NAMES,
    }


_IN_MACHINE_CODE = frozenset({
    "util", "types", "buffer", "clock", "crypto", "fs", "http", "socket", "process", "recorder",
})


class Natives(Realm):
    """A realm whose JavaScript can ask for natives. Each is made when it is first looked at."""

    def __init__(self, find_code_tag: Callable[[], int] | None) -> None:
        super().__init__()
        self._find_code_tag = find_code_tag
        self.library: Library | None = None
        self._directly: direct.Directly | None = None
        self._is_begun = False
        self._contexts: Contexts | None = None
        self._made_vm_modules: VmModules | None = None
        self._groups: dict[str, Mapping[str, Native]] = {}
        self.loader = loader.Loader(self, self._vm_modules)
        self.guards: Guards | None = None
        """What asks before a file is touched, if that is to be (`js/guards.py`)."""

    @property
    def has_machine_code(self) -> bool:
        """Whether natives are of machine code, once one was made."""
        return self._directly is not None

    def watch_collector(self, began: Callable[[], None], ended: Callable[[str, int, int], None]) -> bool:
        """Have `began()` and `ended(name, kind, flags)` called around each of the collector's pauses. False where that
        cannot be."""
        from .recorder import watch_collector

        return watch_collector(self, began, ended)

    def install(self, target: str) -> None:
        """Make the object that is the global variable `target` have `make(group, name)`, which gives a native."""
        self.set(self.get(self.call.Context__Global(self.context), target), "make", self.function(self._make))

    def add(self, group: str, actions: dict[str, Callable[[], None]]) -> None:
        """One more group, of functions that take nothing and give nothing; the cheapest way into Python."""
        self._groups[group] = {name: _ignoring_info(action) for name, action in actions.items()}

    def _make(self, info: int) -> int | None:
        group, name = (self.to_str(argument) for argument in self.arguments(info, 2))
        methods = self._groups.get(group)
        if methods is None:
            if group in _IN_MACHINE_CODE and not self._is_begun:
                self._is_begun = True
                self._directly = self._make_directly(info)
            methods = self._groups[group] = self._methods(group)
            if self._directly is not None:
                self._directly.seal()
        if name not in methods and group == "contextify":  # `node:vm`, which few programs need
            methods = self._groups[group] = self._contextify_methods()
        native = methods.get(name)
        if native is None:
            return self._extra(name) if group == "util" else None
        return self._direct(native) if isinstance(native, int) else self.function(native)

    def _methods(self, group: str) -> Mapping[str, Native]:
        if group == "memory":
            return {"address": self.address}
        if group == "builtins":
            return self._library().methods()
        if group in ("util", "types"):
            from .util import Util

            made = Util(self, self._directly)
            return made.methods() if group == "util" else made.type_checks()
        if group == "errors":
            return errors.Errors(self).methods()
        if group == "microtasks":
            return microtasks.Microtasks(self).methods()
        if group == "contextify":
            return self.loader.contextify_methods()
        if group == "module_wrap":
            return self.loader.methods()
        if group == "vm_module":
            return self._vm_modules().methods()
        if group == "buffer":
            from . import buffer

            return buffer.methods(call, self.isolate, memory, self._directly)
        if group == "clock":
            from . import clock

            return clock.methods(call, memory, self._directly)
        if group == "crypto":
            from .crypto import Crypto

            return Crypto(call, memory, self._directly, self.to_str, self.number).methods()
        if group == "fs":
            return self._fs_methods()
        if group == "http":
            from . import http

            return http.methods(call, self.isolate, self._directly)
        if group == "socket":
            from . import socket

            return socket.methods(call, self.isolate, self._directly)
        if group == "process":
            from . import environment

            # With permissions, the C library's variables are not the program's.
            return environment.methods(call, self.isolate, self._directly if self.guards is None else None)
        if group == "recorder":
            from .recorder import Places

            return Places(self, self._directly).methods()
        if group == "v8":
            from .serdes import Serdes

            return Serdes(self).methods()
        raise KeyError(group)

    def _library(self) -> Library:
        """The core modules that are not in the snapshot."""
        if self.library is None:
            from .library import Library

            self.library = Library(self, self._find_code_tag)
        return self.library

    def _fs_methods(self) -> Mapping[str, Native]:
        from . import fs

        if self.guards is None:
            return fs.methods(call, memory, self._directly)
        from ..guards import guarded_natives

        return guarded_natives(fs.methods(call, memory, None), call, memory, self.guards)

    def _contextify_methods(self) -> Mapping[str, Native]:
        from .promise import PromiseHooks
        from .script import Scripts

        contexts = self._all_contexts()
        return {
            **self.loader.contextify_methods(), **contexts.methods(), **Scripts(self, contexts).methods(),
            **PromiseHooks(self, contexts.context_of).methods(),
        }

    def _extra(self, name: str) -> int | None:
        from .util import extra

        return extra(self, name)

    def _all_contexts(self) -> Contexts:
        """The contexts of `node:vm`."""
        if self._contexts is None:
            from .contextify import Contexts

            self._contexts = Contexts(self)
        return self._contexts

    def _vm_modules(self) -> VmModules:
        """Modules that a program links itself, and what modules ask for."""
        if self._made_vm_modules is None:
            from .vm_module import VmModules

            self._made_vm_modules = VmModules(self, self._all_contexts())
        return self._made_vm_modules

    def _make_directly(self, info: int) -> direct.Directly | None:
        """What makes natives of machine code, if that can be."""
        from . import direct

        call, isolate = self.call, self.isolate
        truths = (call.Boolean__New(isolate, False), call.Boolean__New(isolate, True))
        if not (direct.available and direct.is_allowed() and direct.fits(call, info, truths[1], self.undefined)):
            return None
        return direct.Directly(call, truths)

    def _direct(self, address: int) -> int:
        """A JavaScript function for machine code (`direct.py`)."""
        function: int = self.call.Function__New(self.context, address, None, 0, 0, 0)
        return function


def _ignoring_info(action: Callable[[], None]) -> Callable[[int], None]:
    return lambda _info: action()
