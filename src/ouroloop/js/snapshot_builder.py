"""Making the snapshot: the core modules' sources as scripts, and what they are to know of this installation."""

from __future__ import annotations

import inspect
import json
import platform
import sys

from .. import __version__
from ..node import zlib
from . import bindings, engine, natives, snapshot
from .bindings.tls_wrap import openssl_version
from .constants import constants
from .options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_LAST = "internal/bootstrap/realm"

# Modules of which nearly every process runs the greater part. In the snapshot they are compiled; the functions of other
# modules are compiled when they are first called. `console.log({})` is 5 ms sooner for it, everything else 1.5 ms.
_COMPILED = frozenset({
    "events", "internal/async_context_frame", "internal/async_hooks", "internal/bootstrap/node", "internal/clock",
    "internal/console/constructor", "internal/fs/calls", "internal/handles", "internal/main",
    "internal/modules/builtins", "internal/modules/cjs/loader", "internal/modules/compile_cache",
    "internal/modules/customization_hooks", "internal/modules/esm_syntax", "internal/modules/package_json_reader",
    "internal/options", "internal/path/posix", "internal/path/segments", "internal/process/environment",
    "internal/process/execution", "internal/process/object", "internal/process/per_thread",
    "internal/process/permission", "internal/process/promises", "internal/process/stdio",
    "internal/process/task_queues", "internal/requests", "internal/streams/state", "internal/streams/writable",
    "internal/timers", "internal/trace_events", "internal/util/colors", "internal/util/inspect",
    "internal/util/inspect/format", "internal/util/inspect/kinds", "internal/util/inspect/layout",
    "internal/util/inspect/names", "internal/util/inspect/numbers", "internal/util/inspect/strings",
    "internal/util/types", "internal/validators", "timers",
})

# What the language itself has, as parameters of each module's body: a program may delete, replace or fake these
# globals (`Date`, `Promise`), and core modules go on with V8's own.
_INTRINSICS = (
    "Object", "Reflect", "Promise", "Symbol", "Array", "Error", "TypeError", "RangeError", "SyntaxError",
    "ReferenceError", "EvalError", "URIError", "AggregateError", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Proxy",
    "Function", "String", "Number", "Boolean", "BigInt", "JSON", "Math", "Date", "RegExp", "ArrayBuffer",
    "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array",
    "Int32Array", "Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
    "FinalizationRegistry", "parseInt", "parseFloat", "decodeURIComponent", "encodeURIComponent",
)
_PARAMETERS = ("exports", "require", "module", "process", "internalBinding", *_INTRINSICS)


def build() -> bytes:
    """A new snapshot, which is kept too. Raises `SnapshotError`."""
    try:
        scripts = [*_scripts()]  # all of them, before V8 is at work, since this imports much
        blob = engine.make_snapshot(scripts)
    except (ImportError, OSError, RuntimeError) as exc:
        raise snapshot.SnapshotError(
            f"the core modules cannot be made ready: {type(exc).__name__}: {exc} (pip install --force-reinstall "
            "ouroloop may mend that)") from exc
    snapshot.keep(blob)
    return blob


def _scripts() -> Iterator[tuple[str, str, bool]]:
    """What runs in the heap before the snapshot is taken, in order: name, source, and whether to compile it at once."""
    config = json.dumps(_config())
    yield "node:config", f"globalThis.__files = {{ __proto__: null }}; globalThis.__config = {config};", False
    for name in snapshot.module_ids():
        if name == _LAST:
            continue
        # On the source's first line, so that line numbers in stack traces are the file's.
        head = f"__files[{json.dumps(name)}] = function ({', '.join(_PARAMETERS)}) {{"
        yield f"node:{name}", f"{head}{snapshot.source(name)}\n}};", name in _COMPILED
    yield f"node:{_LAST}", snapshot.source(_LAST), True


def _config() -> dict[str, Any]:
    return {
        "version": f"v{snapshot.NODE_VERSION}",
        "versions": {
            "node": snapshot.NODE_VERSION, "ouroloop": __version__, "v8": engine.version(),
            "python": platform.python_version(), "uv": "1.51.0", "modules": "137", "unicode": "16.0",
            **zlib.versions(),
            "openssl": openssl_version(),
        },
        "platform": {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, sys.platform),
        "arch": {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
            platform.machine(), platform.machine()),
        "constants": constants(),
        "options": Options().values,
        "intrinsics": _INTRINSICS,
        "natives": {**natives.names(), "timers": snapshot.TIMER_NATIVES},
        "operations": {
            name: [
                (key, number, _parameters(function))
                for key, number, function in snapshot.numbered(index, bindings.operations_of(name, None))
            ]
            for index, name in enumerate(snapshot.BINDINGS)
        },
    }


def _parameters(function: Callable[..., Any]) -> int:
    """How many arguments JavaScript's form of an operation takes."""
    counted = getattr(function, "parameters", None)
    return len(inspect.signature(function).parameters) if counted is None else counted
