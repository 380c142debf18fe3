"""Microtask natives: V8's queue of microtasks, how it is filled and when it is run.

Theory of operation. V8 runs its microtasks when it is told to. JavaScript tells it at the end of every callback, by a
function that V8 itself has for that (`makeCheckpoint`), and fills the queue by another one (`makeEnqueue`): V8 reads
their names only while a flag is set. The same by V8's C interface (`run`, `enqueue`) costs ten times as much, and
always works.

What surprises people: a microtask that throws is told to nobody, as the binding has left out V8's message listeners. So
JavaScript catches what its microtasks throw.

Source: V8's `include/v8-microtask-queue.h`, `include/v8-isolate.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import GET_MICROTASK_QUEUE, NATIVES_SYNTAX, can_set_flags, declare, has_natives_syntax, scratch, set_flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .realm import Realm

    Method: TypeAlias = "Callable[[int], int | None]"

NAMES = ("run", "runNow", "makeCheckpoint", "enqueue", "makeEnqueue")

_RUN = "_ZN2v88internal14MicrotaskQueue13RunMicrotasksEPNS0_7IsolateE"

_pointer = ctypes.c_void_p
declare({_RUN: (ctypes.c_int, _pointer, _pointer)})

_EAGERLY = 2  # v8::ScriptCompiler::kEagerCompile


class Microtasks:
    """The natives of `microtasks`."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._call = realm.call
        self._isolate = realm.isolate

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        return {name: getattr(self, name) for name in NAMES}

    def run(self, _info: int) -> None:
        self._call.Isolate__PerformMicrotaskCheckpoint(self._isolate)

    def runNow(self, _info: int) -> None:
        """Run all microtasks, even if this is one of them: for what must have a promise's outcome at once."""
        queue: int = getattr(self._call, GET_MICROTASK_QUEUE)(self._realm.context)
        getattr(self._call, _RUN)(queue, self._isolate)

    def makeCheckpoint(self, _info: int) -> int | None:
        """A function that does what `run` does. Undefined where the flag can no longer be set."""
        return self._compile("%PerformMicrotaskCheckpoint()")

    def enqueue(self, info: int) -> None:
        """`enqueue(function)`: V8 will call it, in the context of now. It must not throw."""
        self._call.Isolate__EnqueueMicrotask(self._isolate, self._call.FunctionCallbackInfo__Get(info, 0))

    def makeEnqueue(self, _info: int) -> int | None:
        """A function that does what `enqueue` does. Undefined where the flag can no longer be set."""
        return self._compile("%EnqueueMicrotask(arguments[0])")

    def _compile(self, source: str) -> int | None:
        if not can_set_flags():
            return None
        call = self._call
        origin, compiled = scratch(), scratch()
        self._realm.origin(origin, self._realm.string("node:internal/process/task_queues"), 0, 0, False)
        set_flags(NATIVES_SYNTAX)
        try:
            call.ScriptCompiler__Source__CONSTRUCT(compiled, self._realm.string(source), origin, None)
            function: int = call.ScriptCompiler__CompileFunction(
                self._realm.context, compiled, 0, None, 0, None, _EAGERLY, 0)
            call.ScriptCompiler__Source__DESTRUCT(compiled)
        finally:
            if not has_natives_syntax():
                set_flags("--no-allow-natives-syntax")
        return function
