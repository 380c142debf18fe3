"""Running scripts in a context that the binding adds to a snapshot.

Theory of operation. The binding runs one script there, and cannot be called meanwhile. So that script is an `import()`,
and V8's callback for it runs all others (`engine.make_snapshot`).
"""

from __future__ import annotations

from . import c as ctypes
from .calls import call, scratch, set_flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_pointer = ctypes.c_void_p

_IMPORT_DYNAMICALLY = ctypes.CFUNCTYPE(_pointer, _pointer, _pointer, _pointer, _pointer, _pointer)

_kept: list[Any] = []  # callbacks of isolates that are no `Realm`


def run_at_import(scripts: Iterable[tuple[str, str, bool]]) -> list[str]:
    """Have `scripts` (name, source, whether to compile all at once) run at the next `import()` in the current isolate.

    Where one failed stands in the list that is returned, afterwards; the rest is not run then.
    """
    isolate, failed = call.Isolate__GetCurrent(), list[str]()

    def string(text: str) -> int:
        data = text.encode()
        local: int = call.String__NewFromUtf8(isolate, data, 0, len(data))
        return local

    def run(context: int, name: str, source: str) -> None:
        origin, catch = scratch(), scratch()
        call.ScriptOrigin__CONSTRUCT(origin, string(name), 0, 0, False, -1, None, False, False, False, None)
        call.TryCatch__CONSTRUCT(catch, isolate)
        script = call.Script__Compile(context, string(source), origin)
        if not (script and call.Script__Run(script, context)):
            failed.append(f"{name}:{call.Message__GetLineNumber(call.TryCatch__Message(catch), context)}")
        call.TryCatch__DESTRUCT(catch)

    def run_all(context: int) -> None:
        for name, source, at_once in scripts:
            set_flags("--no-lazy" if at_once else "--lazy")
            run(context, name, source)
            if failed:
                break
        set_flags("--lazy")

    def callback(context: int, _options: int, _referrer: int, _specifier: int, _attributes: int) -> int:
        try:
            run_all(context)
        except Exception as exc:  # V8 gets its promise all the same, and does not know what to do without
            failed.append(f"{type(exc).__name__}: {exc}")
        promise: int = call.Promise__Resolver__GetPromise(call.Promise__Resolver__New(context))
        return promise

    _kept.append(_IMPORT_DYNAMICALLY(callback))
    call.Isolate__SetHostImportModuleDynamicallyCallback(isolate, _kept[-1])
    return failed
