"""Queues of a Python program that tell the recorder: ticks, microtasks, timers, immediates, promises, emitters.

Theory of operation. To be recorded, an environment changes its class and its queues: what is put into them gets a
number and is wrapped, so that it tells when it runs. Promises, emitters and HTTP's connections are wrapped as a whole,
at their classes.

What surprises people: nothing of `node/` knows of this, and nothing there costs more when nobody looks.
"""

from __future__ import annotations

import io
import sys
from collections import deque
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from ..loop import Handle
from ..node import environment, events, promise
from ..node.environment import Environment, require_callable
from ..node.timers import Immediate, Immediates, Timeout, Timers
from .model import MAIN
from .records import NO_PLACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .python_program import PythonProgram

_NODE = environment.__name__.rpartition(".")[0]


def take_over(program: PythonProgram) -> None:
    """Have an environment, and what it has written to, tell `program` of what happens."""
    env = program.env
    env.__class__ = _Environment
    env.__dict__["program"] = program
    env.ticks = _Ticks(program)
    env.microtasks = _Microtasks(program)
    for queue, its_class in ((env.timers, _Timers), (env.immediates, _Immediates)):
        queue.__dict__["program"] = program
        queue.__class__ = its_class
    _wrap_promises(program)
    _wrap_emitters(program)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _Written(program, stream, descriptor))


class _Call:
    """A callback that tells when it runs."""

    __slots__ = ("callback", "place", "program", "resource")

    def __init__(
        self, program: PythonProgram, resource: int, callback: Callable[..., Any], place: int | None = None,
    ) -> None:
        self.program, self.resource, self.callback, self.place = program, resource, callback, place

    def __call__(self, *args: Any) -> None:
        self.program.call(self.resource, self.callback, args, self.place)


class _Reaction(_Call):
    """What waits for a promise."""

    __slots__ = ()


class _Served:
    """What the loop calls back; its run goes on already, unless nobody knows on whose behalf it is."""

    __slots__ = ("callback", "program")

    def __init__(self, program: PythonProgram, callback: Callable[..., Any]) -> None:
        self.program, self.callback = program, callback

    def __call__(self, *args: Any) -> None:
        program, callback = self.program, self.callback
        if program._runs or program._served:
            program.called(callback)
            result = callback(*args)
            if isinstance(result, CoroutineType):
                program.env.adopt(result)
            return
        owner = getattr(callback, "__self__", None)
        if owner is not program.env.process or not args:
            writes = isinstance(getattr(owner, "_handle", None), Handle)
            program.call(program.made("WRITEWRAP" if writes else "Callback"), callback, args)
        elif args[0] in ("beforeExit", "exit"):
            program.call(program.made(args[0], place=NO_PLACE, cause=MAIN), callback, args, NO_PLACE)
        else:
            program.call(program.made("SIGNALWRAP"), callback, args, NO_PLACE)


class _Environment(Environment):
    """An environment that is recorded."""

    program: PythonProgram

    def drain(self) -> None:
        self.program.end_served()
        super().drain()

    def make_callback(self, callback: Callable[..., object], *args: Any) -> None:
        if callback is not environment._nothing:
            callback = _Served(self.program, callback)
        super().make_callback(callback, *args)

    def rejected_unhandled(self, promise: promise.Promise[Any]) -> None:
        super().rejected_unhandled(promise)
        self.program.is_to_be_told(promise)

    def rejection_handled(self, promise: promise.Promise[Any]) -> None:
        if promise in self.rejections:
            del self.program.rejections[promise]
        elif promise in self._reported:
            self.program.is_to_be_told(promise)
        super().rejection_handled(promise)

    def tell_rejection(self, promise: promise.Promise[Any]) -> None:
        self.program.tell("unhandledRejection", promise, super().tell_rejection)

    def tell_rejection_handled(self, promise: promise.Promise[Any]) -> None:
        self.program.tell("rejectionHandled", promise, super().tell_rejection_handled)

    def start_main(self, main: Any) -> None:
        self.program.begin_main()
        try:
            super().start_main(main)
        finally:
            self.program.end()


class _Queue(deque[Any]):
    """A queue of an environment that is recorded."""

    def __init__(self, program: PythonProgram) -> None:
        super().__init__()
        self._program = program


class _Ticks(_Queue):
    """The ticks."""

    def append(self, entry: Any) -> None:
        callback, args = entry
        super().append((_Call(self._program, self._program.made("TickObject"), callback), args))


class _Microtasks(_Queue):
    """The microtasks."""

    def append(self, entry: Any) -> None:
        callback, args = entry
        if isinstance(callback, _Reaction):
            self._program.readied(callback.resource)
        else:
            is_promises = getattr(callback, "__module__", "") == promise.__name__
            callback = _Call(
                self._program, self._program.made("PROMISE" if is_promises else "Microtask"), callback)
        super().append((callback, args))


class _Timers(Timers):
    """The timers of an environment that is recorded."""

    program: PythonProgram

    def set(self, callback: Callable[..., object], ms: float, args: tuple[Any, ...], repeat: bool) -> Timeout:
        require_callable(callback)
        return super().set(_Call(self.program, 0, callback), ms, args, repeat)

    def _insert(self, timeout: Timeout, start: int) -> None:
        call = timeout._callback
        if isinstance(call, _Call):
            if not call.resource:
                call.resource = self.program.made("Timeout", timeout.duration)
            self.program.started(call.resource, start + timeout.duration, timeout._repeat)
        super()._insert(timeout, start)

    def clear(self, timeout: Timeout) -> None:
        _tell_cleared(self.program, timeout)
        super().clear(timeout)


class _Immediates(Immediates):
    """The immediates of an environment that is recorded."""

    program: PythonProgram

    def set(self, callback: Callable[..., object], args: tuple[Any, ...]) -> Immediate:
        require_callable(callback)
        return super().set(_Call(self.program, self.program.made("Immediate"), callback), args)

    def clear(self, immediate: Immediate) -> None:
        _tell_cleared(self.program, immediate)
        super().clear(immediate)


def _tell_cleared(program: PythonProgram, each: Timeout | Immediate) -> None:
    if isinstance(each._callback, _Call) and not each._destroyed:
        program.destroyed(each._callback.resource)


class _Written(io.TextIOWrapper):
    """Standard output or error, of which the recorder hears."""

    def __init__(self, program: PythonProgram, stream: io.TextIOWrapper, descriptor: int) -> None:
        super().__init__(
            stream.buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering,
            write_through=stream.write_through)
        self._program = program
        self._descriptor = descriptor

    def write(self, text: str, /) -> int:
        count = super().write(text)
        self._program.written(self._descriptor, text)
        return count


def _wrap_promises(program: PythonProgram) -> None:
    react = promise.Promise._react

    def recorded(self: promise.Promise[Any], reaction: Callable[..., object]) -> None:
        task = getattr(reaction, "__self__", None)
        where = program.places.of_coroutine(task._coroutine) if isinstance(task, promise._Task) else None
        react(self, _Reaction(program, program.made("PROMISE", place=where), reaction, _place_of(program, reaction)))

    promise.Promise._react = recorded  # type: ignore[method-assign]


def _place_of(program: PythonProgram, reaction: Any) -> int:
    """Where the function stands that the program gave to `then`; -1 for what is not known here."""
    code, cells = getattr(reaction, "__code__", None), getattr(reaction, "__closure__", None)
    if code is None or cells is None or "on_fulfilled" not in code.co_freevars:
        return NO_PLACE
    return program.places.of_function(cells[code.co_freevars.index("on_fulfilled")].cell_contents)


def _wrap_emitters(program: PythonProgram) -> None:
    emit = events.EventEmitter.emit

    def recorded(self: events.EventEmitter, event: Any, *args: Any) -> bool:
        found = self._events.get(event) if self._events is not None else None
        if found is not None:
            for listener in found if found.__class__ is tuple else (found,):
                program.called(listener)
        return emit(self, event, *args)

    events.EventEmitter.emit = recorded  # type: ignore[method-assign]


def wrap_requests(program: PythonProgram) -> None:
    """Servers call the listener of a request themselves, so its name comes from what goes by it. If there is HTTP."""
    if f"{_NODE}.http.connection" not in sys.modules:
        return
    from ..node.http.connection import Connection
    from ..node.http.protocol import RequestHead

    dispatch = Connection._dispatch
    if dispatch.__name__ == "recorded":
        return

    def told(connection: Connection, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            if event.__class__ is RequestHead:
                listeners = connection.server._events
                listener: Any = listeners.get("request") if listeners is not None else None
                if listener is not None and listener.__class__ is not tuple:
                    program.called(listener)
            yield event

    def recorded(self: Connection, events: Iterator[Any]) -> None:
        dispatch(self, told(self, events))

    Connection._dispatch = recorded  # type: ignore[method-assign]
