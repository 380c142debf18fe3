"""Library natives: core modules that are not in the snapshot, compiled when a program first asks for one.

Theory of operation. A module's body is the function that its file holds. V8's code cache of it is in the bundle of what
programs have used (`js/bundle.py`), so that V8 parses nothing and compiles nothing again; for a module that is not
there, it is made when the program ends, of the functions that have run.

What surprises people: V8's code cache is of one version with one set of flags, so that is part of its name. Nothing is
kept of a program that sets flags of its own: there are too many of those.
"""

from __future__ import annotations

from .. import bundle
from ..snapshot import path_of, source
from . import c as ctypes
from .calls import scratch
from .script import CONSUME_CODE_CACHE, CachedData, take_code_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .realm import Realm

_pointer = ctypes.c_void_p

NAMES = ["compile", "source"]


class Library:
    """The natives of `builtins`.

    `find_tag()` tells apart what V8 compiles for different versions and flags; without it, nothing is kept.
    """

    def __init__(self, realm: Realm, find_tag: Callable[[], int] | None) -> None:
        self._realm = realm
        self._call = realm.call
        self._find_tag = find_tag
        self._tag = find_tag() if find_tag is not None else None
        self._parameters: Any = None
        self._compiled: dict[str, int] = {}

    def methods(self) -> dict[str, Callable[[int], int | None]]:
        """The natives by name."""
        return {"compile": self.compile, "source": self.source}

    def source(self, info: int) -> int:
        """`source(id)`: what a core module's file holds."""
        return self._realm.string(source(self._realm.to_str(self._call.FunctionCallbackInfo__Get(info, 0))))

    def compile(self, info: int) -> int | None:
        """`compile(id, parameters)`: the body of a core module; the parameters' names are the same each time."""
        call, realm = self._call, self._realm
        identifier, parameters = realm.arguments(info, 2)
        name = realm.to_str(identifier)
        if self._parameters is None:
            names = realm.elements(parameters)
            self._parameters = (_pointer * len(names))(*(realm.keep(each) for each in names))
        data = bundle.data(self._key(name)) if self._tag is not None else None
        cached = None if data is None else call.ScriptCompiler__CachedData__NEW(data, len(data))
        origin, text = scratch(), scratch()
        realm.origin(origin, realm.string(f"node:{name}"), 0, 0, False)
        read = bundle.with_a_descriptor(lambda: source(name))
        call.ScriptCompiler__Source__CONSTRUCT(text, realm.string(read), origin, cached)
        try:
            function: int | None = call.ScriptCompiler__CompileFunction(
                realm.context, text, len(self._parameters), ctypes.cast(self._parameters, _pointer), 0, None,
                0 if data is None else CONSUME_CODE_CACHE, 0)
            if function and not (data and self._was_taken(text)):
                self._compiled[name] = realm.keep(function)
            return function
        finally:
            call.ScriptCompiler__Source__DESTRUCT(text)

    def _key(self, name: str) -> str:
        return f"{name}.js {self._tag}"

    def _was_taken(self, text: Any) -> bool:
        return not CachedData.from_address(self._call.ScriptCompiler__Source__GetCachedData(text)).rejected

    def persist(self) -> None:
        """Put what was compiled anew into the bundle."""
        if self._find_tag is None or self._find_tag() != self._tag:
            return
        with self._realm.handle_scope():
            for name, function in self._compiled.items():
                code = take_code_cache(self._call, self._call.Function__CreateCodeCache(function))
                bundle.add(self._key(name), path_of(name), code)
        self._compiled.clear()
