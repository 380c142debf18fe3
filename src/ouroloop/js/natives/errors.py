"""Error natives: where an error was thrown, and what becomes of promises that are rejected.

Theory of operation. JavaScript calls a program's functions by `callCatching`, which tells more of an exception than a
`catch` can: V8's message, with the source line and the frames of who threw it.

Source: V8's `include/v8-exception.h`, `include/v8-message.h`.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import scratch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int

NAMES = ("getMessage", "callCatching", "captureStackTraces", "setPromiseRejectCallback")

Method: TypeAlias = "Callable[[int], int | None]"


class _PromiseRejectMessage(ctypes.Structure):
    _fields_ = (("promise", _pointer), ("event", _int), ("value", _pointer))


_PROMISE_REJECT = ctypes.CFUNCTYPE(None, _PromiseRejectMessage)


class Errors:
    """The natives of `errors`."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._call = realm.call

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        return {name: getattr(self, name) for name in NAMES}

    def _message(self, message: int) -> int:
        """[file, line, column where it begins, column where it ends, source line, frames] of a v8::Message."""
        call, realm = self._call, self._realm
        return realm.array([
            call.Message__GetScriptResourceName(message),
            realm.number(call.Message__GetLineNumber(message, realm.context)),
            realm.number(call.Message__GetStartColumn(message)), realm.number(call.Message__GetEndColumn(message)),
            call.Message__GetSourceLine(message, realm.context) or realm.string(""),
            self._frames(call.Message__GetStackTrace(message)),
        ])

    def _frames(self, trace: int | None) -> int:
        """A v8::StackTrace as [function, file, line, column, function …]; [] if none was captured."""
        call, realm = self._call, self._realm
        if not trace:
            return realm.array([])
        frames = [
            call.StackTrace__GetFrame(trace, realm.isolate, index)
            for index in range(call.StackTrace__GetFrameCount(trace))
        ]
        return realm.array([
            part for frame in frames for part in (
                call.StackFrame__GetFunctionName(frame) or realm.undefined,
                call.StackFrame__GetScriptNameOrSourceURL(frame) or realm.undefined,
                realm.number(call.StackFrame__GetLineNumber(frame)), realm.number(call.StackFrame__GetColumn(frame)),
            )
        ])

    def captureStackTraces(self, info: int) -> None:
        """`captureStackTraces(limit)`: from now on messages have frames, of where things are thrown."""
        limit = self._realm.integer(self._call.FunctionCallbackInfo__Get(info, 0))
        self._call.Isolate__SetCaptureStackTraceForUncaughtExceptions(self._realm.isolate, True, limit)

    def getMessage(self, info: int) -> int:
        """Where the error `arguments[0]` was made, as far as its stack tells."""
        error = self._call.FunctionCallbackInfo__Get(info, 0)
        return self._message(self._call.Exception__CreateMessage(self._realm.isolate, error))

    def callCatching(self, info: int) -> int | None:
        """`callCatching(function, this, args)`: `[result]`, or `[exception, where it was thrown]`."""
        call, context = self._call, self._realm.context
        function, this, args = self._realm.arguments(info, 3)
        values = self._realm.elements(args)
        vector = (_pointer * len(values))(*values)
        catch = scratch()
        call.TryCatch__CONSTRUCT(catch, self._realm.isolate)
        try:
            result = call.Function__Call(function, context, this, len(values), ctypes.cast(vector, _pointer))
            if result:
                return self._realm.array([result])
            if call.TryCatch__HasTerminated(catch):
                return None
            exception, message = call.TryCatch__Exception(catch), call.TryCatch__Message(catch)
            return self._realm.array([exception, self._message(message) if message else self._realm.undefined])
        finally:
            call.TryCatch__DESTRUCT(catch)

    def setPromiseRejectCallback(self, info: int) -> None:
        """`setPromiseRejectCallback(tell, tellMissed)`: `tell(event, promise, reason)` is called at each event.

        0 rejected without a handler, 1 handled later, 2 and 3 settled twice. What `tell` cannot be told, for example
        because the stack is full, `tellMissed([event, promise, reason, exception, place])` is told in a microtask.
        """
        call = self._call
        tell, tell_missed = (self._realm.keep(local) for local in self._realm.arguments(info, 2))
        missed: list[int] = []

        def make_up(_info: int) -> None:
            kept = missed.pop(0)
            self._realm.invoke(tell_missed, kept)
            call.Global__Reset(kept)

        make_up_function = self._realm.keep(self._realm.function(make_up))

        def callback(message: _PromiseRejectMessage) -> None:
            event = (self._realm.number(message.event), message.promise, message.value or self._realm.undefined)
            catch = scratch()
            call.TryCatch__CONSTRUCT(catch, self._realm.isolate)
            try:
                if self._realm.invoke(tell, *event) is not None or call.TryCatch__HasTerminated(catch):
                    return
                exception, place = call.TryCatch__Exception(catch), call.TryCatch__Message(catch)
                what = [*event, exception, self._message(place) if place else self._realm.undefined]
                missed.append(self._realm.keep(self._realm.array(what)))
                call.Isolate__EnqueueMicrotask(self._realm.isolate, make_up_function)
            finally:
                call.TryCatch__DESTRUCT(catch)

        pointer = _PROMISE_REJECT(callback)
        self._realm.callbacks.append(pointer)
        self._call.Isolate__SetPromiseRejectCallback(self._realm.isolate, pointer)
