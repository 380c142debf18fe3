"""PythonProgram: what a program of `ouroloop.node` runs, when, and what had asked for it, for the recorder.

Theory of operation. To be recorded, an environment changes its class and its queues: what is put into them gets a
number and is wrapped, so that it tells when it runs. Promises and emitters are wrapped as a whole, at their classes.
What the loop calls (a descriptor that is ready, a job that is done, a child that has ended) begins a run, which ends
with the loop's next call, or where ticks and microtasks begin to be drained. The records are JavaScript's
(`js/lib/internal/recorder.js`), so that one reader makes a trace of both.

What surprises people: nothing of `node/` knows of this, and nothing there costs more when nobody looks. A coroutine's
place is where it stands while it waits, in the innermost coroutine that it awaits.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import sysconfig
from array import array
from collections import deque
from struct import Struct
from time import monotonic_ns
from types import CodeType, CoroutineType, FrameType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from ..loop import FsEvent, FsPoll, Handle, Pipe, Process, Signal, Tcp, Tty, Udp
from ..node import environment, events, promise
from ..node.environment import Environment
from ..node.timers import Immediate, Immediates, Timeout, Timers
from .holders import address_of, describe
from .model import MAIN, Output, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..loop import Loop, Work
    from .recorder import Recorder

_MADE, _ENTERED, _LEFT, _DESTROYED, _SETTLED, _STARTED, _CALLED, _CLOSING, _READIED, _FOLLOWED = range(1, 11)
_RECORD = Struct("7d")  # packed in place it takes a third of the time of an array's `extend`
_PLACE = Struct("d")  # the last number of it
_SIZE = _RECORD.size  # bytes
_PART = 4096 * _SIZE
_pack = _RECORD.pack_into
_NOWHERE = -1
_NO_PLACE = -1
_NO_RUN = -1
_MAIN_RESOURCE = 1

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_NODE = environment.__name__.rpartition(".")[0]
_PACKAGES = os.sep + "site-packages" + os.sep

_HANDLES: dict[type, str] = {
    Tcp: "TCPWRAP", Pipe: "PIPEWRAP", Tty: "TTYWRAP", Udp: "UDPWRAP", Process: "PROCESSWRAP", Signal: "SIGNALWRAP",
    FsEvent: "FSEVENTWRAP", FsPoll: "STATWATCHER",
}
_ADDRESSED = (Tcp, Pipe, Udp)
_JOBS = {
    "fs": "FSREQCALLBACK", "dns": "GETADDRINFOREQWRAP", "zlib": "ZLIB", "crypto": "RANDOMBYTESREQUEST",
}
"""What async hooks call a job, by the beginning of its name."""


class PythonProgram:
    """One program under the recorder; its environment tells by the classes below."""

    def __init__(self, recorder: Recorder, env: Environment) -> None:
        self.env = env
        self._recorder = recorder
        self._part = bytearray(_PART)
        self._at = 0  # where in it the next record goes
        self._entered_at = _NOWHERE  # where the run that began last is
        self._entered = _NO_RUN
        self._texts: dict[str, int] = {}
        self._places: dict[tuple[CodeType, int], int] = {}
        self._own: dict[CodeType, bool] = {}
        self._handles: dict[Handle, int] = {}  # that are not closed
        self._described: set[int] = set()  # of which it is known what they are about
        self._codes: dict[CodeType, int] = {}  # places of functions
        self._called: dict[CodeType, int] = {}  # likewise, but of none that is a core module's
        self._known = _NO_RUN  # a run of which it is known which function of the program's it is
        self._last = _MAIN_RESOURCE
        self._last_run = MAIN
        self._last_outer = MAIN
        self._runs: list[int] = []
        self._served = 0  # the resource that the loop serves
        self._is_serving = False  # whether its run goes on: it is the outermost one
        self._take_over(env)

    def _take_over(self, env: Environment) -> None:
        env.__class__ = _Environment
        env.__dict__["program"] = self
        env.ticks = _Ticks(self)
        env.microtasks = _Microtasks(self)
        for queue, its_class in ((env.timers, _Timers), (env.immediates, _Immediates)):
            queue.__dict__["program"] = self
            queue.__class__ = its_class
        _wrap_promises(self)
        _wrap_emitters(self)
        gc.callbacks.append(self._collecting)
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stream = getattr(sys, name)
            if isinstance(stream, io.TextIOWrapper):
                setattr(sys, name, _Written(self, stream, descriptor))

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._recorder.pause_begins()
        else:
            self._recorder.pause_ends(f"generation {info['generation']}")

    # Records

    def record(
        self, kind: int, a: float, b: float = 0, c: float = 0, d: float = 0, place: int = _NO_PLACE,
    ) -> None:
        """One more record; what the numbers are stands in `assembly.py`."""
        at = self._at
        _pack(self._part, at, kind, monotonic_ns(), a, b, c, d, place)
        self._at = at = at + _SIZE
        if at == _PART:
            self.flush()

    def flush(self) -> None:
        """Hand over what was recorded."""
        if not self._at:
            return
        part = array("d")
        part.frombytes(memoryview(self._part)[: self._at])
        self._at, self._entered_at = 0, _NOWHERE
        self._recorder.add(part)

    def _text(self, text: str) -> int:
        number = self._texts.get(text)
        if number is None:
            number = self._texts[text] = len(self._recorder.texts)
            self._recorder.texts.append(text)
        return number

    def made(self, type: str, wait: float = 0, place: int | None = None, cause: int | None = None) -> int:
        """A resource that will call back; its number. `cause` is the run that made it, if not the one that goes on."""
        self._last += 1
        self.record(
            _MADE, self._last, self._text(type), self.run() if cause is None else cause, wait,
            self.place_of_caller() if place is None else place)
        return self._last

    def begin(self, resource: int, place: int = _NO_PLACE, descriptor: int = -1) -> None:
        """A callback of a resource begins."""
        self._last_run = self._entered = run = self._last_run + 1
        self._runs.append(run)
        self._entered_at = self._at
        self.record(_ENTERED, run, resource, descriptor, 0, place)

    def end(self) -> None:
        """The callback that began last ends."""
        if self._runs:
            run = self._runs.pop()
            if not self._runs:
                self._last_outer = run
            self.record(_LEFT, run)

    def run(self) -> int:
        """The run in which something happens."""
        if self._runs:
            return self._runs[-1]
        if self._served:  # it was ended to drain the queues, and goes on
            self.serve(self._served)
            return self._runs[-1]
        return self._last_outer

    def call(
        self, resource: int, callback: Callable[..., Any], args: tuple[Any, ...], place: int | None = None,
    ) -> None:
        """Run a callback of a resource; a coroutine that it returns is started in its run."""
        self.begin(resource, self.place_of(callback) if place is None else place)
        try:
            result = callback(*args)
            if isinstance(result, CoroutineType):
                self.env.adopt(result)
        finally:
            self.end()

    def called(self, callback: Any) -> None:
        """A function is called in the run that goes on; only the program's are of interest, and of these the first."""
        run = self._runs[-1] if self._runs else self.run()
        if run == self._known:
            return
        place = self._called.get(getattr(callback, "__code__", None))  # type: ignore[arg-type]
        if place is None:
            place = self._find_called(callback)
        if place != _NO_PLACE:
            self._known = run
            if run == self._entered and self._entered_at != _NOWHERE:
                _PLACE.pack_into(self._part, self._entered_at + _SIZE - _PLACE.size, place)
            else:
                self.record(_CALLED, run, 0, 0, 0, place)

    def _find_called(self, callback: Any) -> int:
        place = self.place_of(callback)
        if place != _NO_PLACE and self._recorder.places[place].file.startswith("node:"):
            place = _NO_PLACE
        code = getattr(callback, "__code__", None)
        if code is not None and not hasattr(callback, "listener"):
            self._called[code] = place
        return place

    def readied(self, resource: int) -> None:
        """A reaction may run now, since its promise was settled."""
        self.record(_READIED, resource, self.run())

    def started(self, resource: int, due: int, repeats: bool) -> None:
        """A timer was started; it is due at `due`, in ms of the loop's clock."""
        self.record(_STARTED, resource, due * 1e6, self.run(), repeats)

    def destroyed(self, resource: int) -> None:
        """A resource will not call back any more."""
        self.record(_DESTROYED, resource, self.run())

    def written(self, descriptor: int, text: str) -> None:
        """The program has written to its standard output or error."""
        output, run = self._recorder.output, self.run()
        last = output[-1] if output else None
        if last is not None and (last.run, last.descriptor) == (run, descriptor) and not last.text.endswith("\n"):
            self._recorder.wrote_on(text)  # `print` writes the end of a line by itself
        else:
            self._recorder.wrote(Output(monotonic_ns(), descriptor, text, run))

    def begin_main(self) -> None:
        """The main program begins."""
        self._runs.append(MAIN)
        self.record(_ENTERED, MAIN, _MAIN_RESOURCE, -1)

    # What the loop calls

    def serve(self, resource: int, descriptor: int = -1) -> None:
        """The loop calls something back; `descriptor` is what the event queue has told of."""
        runs = self._runs
        if not self._is_serving or len(runs) != 1:
            self.end_served()
            self._served, self._is_serving = resource, True
            self.begin(resource, descriptor=descriptor)
            return
        before = self._last_outer = runs[0]
        self._served = resource
        self._last_run = self._entered = runs[0] = run = self._last_run + 1
        at = self._entered_at = self._at
        # As `record` does it, which would take a third more here, where a server's time goes.
        _pack(self._part, at, _FOLLOWED, monotonic_ns(), run, resource, descriptor, before, _NO_PLACE)
        self._at = at = at + _SIZE
        if at == _PART:
            self.flush()

    def end_served(self) -> None:
        """That is over, or ticks and microtasks have their turn."""
        if self._is_serving:
            self._is_serving = False
            while self._runs:
                self.end()

    def serve_nothing(self) -> None:
        """The step is over."""
        self.end_served()
        self._served = 0

    def handle_made(self, handle: Handle) -> None:
        """A handle of the loop's was made."""
        type = _HANDLES.get(handle.__class__)
        if type is None:
            return
        self._last += 1
        self._handles[handle] = self._last
        self._recorder.lasting[self._last] = [
            type, monotonic_ns(), self.run(), 0, self.place_of_caller(), 0]

    def ready(self, loop: Loop, fd: int, _events: int) -> None:
        """A descriptor is ready: its handle will be called. In place of the recorder's own `ready`."""
        owner: Any = getattr(loop._queue.callbacks.get(fd), "__self__", None)
        number = self._handles.get(owner, 0)
        if number in self._described:
            self.serve(number, fd)
        else:
            self.serve_handle(owner, fd)
        reader = getattr(getattr(owner, "_read_callback", None), "__self__", None)
        listener = getattr(reader, "_listener", None)
        if listener is not None:
            self.called(listener)

    def serve_handle(self, handle: Any, descriptor: int = -1) -> None:
        """The loop calls a handle back."""
        number = self._handles.get(handle, 0)
        if number:
            self.serve(number, descriptor)
            if number not in self._described:
                self._describe(handle, number)
        else:
            self.serve_nothing()

    def _describe(self, handle: Any, number: int) -> None:
        """Note what a handle is about, now that it is in use."""
        self._described.add(number)
        has_address = isinstance(handle, _ADDRESSED)
        self._recorder.details[number] = address_of(handle) if has_address else describe(handle)[1]
        if getattr(handle, "_connection_callback", None) is not None:
            made = self._recorder.lasting.get(number)
            if made is not None:
                made[0] = "PIPESERVERWRAP" if isinstance(handle, Pipe) else "TCPSERVERWRAP"
            _wrap_requests(self)

    def closing(self, handle: Handle) -> None:
        """A handle was asked to close."""
        number = self._handles.get(handle, 0)
        if number:
            if number not in self._described and isinstance(handle, _ADDRESSED):
                self._describe(handle, number)
            self._described.add(number)  # others are stopped by now
            self.record(_CLOSING, number, self.run())

    def closed(self, handle: Handle) -> None:
        """It is closed, and its closing callback comes."""
        self.serve_handle(handle)
        number = self._handles.pop(handle, 0)
        if number:
            self._described.discard(number)
            self.destroyed(number)

    def job(self, work: Work) -> int:
        """A job for the pool was made; its number."""
        return self.made(_JOBS.get(work.name.partition(".")[0], "WORK"))

    # Places

    def _is_own(self, code: CodeType) -> bool:
        """Whether a function is none of the program's."""
        own = self._own.get(code)
        if own is None:
            file = code.co_filename
            own = self._own[code] = file.startswith((_OWN, "<")) or (
                file.startswith(_LIBRARY) and _PACKAGES not in file)
        return own

    def _number(self, code: CodeType, line: int) -> int:
        number = self._places.get((code, line))
        if number is None:
            file = "node:" + os.path.basename(code.co_filename) if self._is_own(code) else code.co_filename
            name = "" if code.co_name in ("<module>", "<lambda>") else code.co_name
            number = self._places[code, line] = len(self._recorder.places)
            self._recorder.places.append(Place(file, line, 1, name))
        return number

    def place_of_caller(self) -> int:
        """Where the program is; -1 if no function of its is running."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_back is not None:  # the outermost one is the command's
            if not self._is_own(frame.f_code):
                return self._number(frame.f_code, frame.f_lineno)
            frame = frame.f_back
        return _NO_PLACE

    def place_of(self, callback: Any) -> int:
        """Where a function stands; -1 if it is none of Python's."""
        callback = getattr(callback, "listener", callback)
        if isinstance(callback, MethodType):
            callback = callback.__func__
        if not isinstance(callback, FunctionType):
            return _NO_PLACE
        code = callback.__code__
        place = self._codes.get(code)
        if place is None:
            place = self._codes[code] = self._number(code, code.co_firstlineno)
        return place

    def place_of_coroutine(self, coroutine: Any) -> int:
        """Where a coroutine stands that waits."""
        while isinstance(inner := getattr(coroutine, "cr_await", None), CoroutineType):
            coroutine = inner
        frame = getattr(coroutine, "cr_frame", None)
        return _NO_PLACE if frame is None else self._number(frame.f_code, frame.f_lineno)


class _Call:
    """A callback that tells when it runs."""

    __slots__ = ("args", "callback", "place", "program", "resource")

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
            program.call(program.made(args[0], place=_NO_PLACE, cause=MAIN), callback, args, _NO_PLACE)
        else:
            program.call(program.made("SIGNALWRAP"), callback, args, _NO_PLACE)


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

    def start_main(self, main: Any) -> None:
        self.program.begin_main()
        try:
            super().start_main(main)
        finally:
            self.program.end()


class _Ticks(deque[Any]):
    """The ticks of an environment that is recorded."""

    def __init__(self, program: PythonProgram) -> None:
        super().__init__()
        self._program = program

    def append(self, entry: Any) -> None:
        callback, args = entry
        super().append((_Call(self._program, self._program.made("TickObject"), callback), args))


class _Microtasks(deque[Any]):
    """The microtasks of an environment that is recorded."""

    def __init__(self, program: PythonProgram) -> None:
        super().__init__()
        self._program = program

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
        if not callable(callback):
            environment.require_callable(callback)
        call = _Call(self.program, 0, callback)
        return super().set(call, ms, args, repeat)

    def _insert(self, timeout: Timeout, start: int) -> None:
        call = timeout._callback
        if isinstance(call, _Call):
            if not call.resource:
                call.resource = self.program.made("Timeout", timeout.duration)
            self.program.started(call.resource, start + timeout.duration, timeout._repeat)
        super()._insert(timeout, start)

    def clear(self, timeout: Timeout) -> None:
        if isinstance(timeout._callback, _Call) and not timeout._destroyed:
            self.program.destroyed(timeout._callback.resource)
        super().clear(timeout)


class _Immediates(Immediates):
    """The immediates of an environment that is recorded."""

    program: PythonProgram

    def set(self, callback: Callable[..., object], args: tuple[Any, ...]) -> Immediate:
        if not callable(callback):
            environment.require_callable(callback)
        return super().set(_Call(self.program, self.program.made("Immediate"), callback), args)

    def clear(self, immediate: Immediate) -> None:
        if isinstance(immediate._callback, _Call) and not immediate._destroyed:
            self.program.destroyed(immediate._callback.resource)
        super().clear(immediate)


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
        where = program.place_of_coroutine(task._coroutine) if isinstance(task, promise._Task) else None
        react(self, _Reaction(program, program.made("PROMISE", place=where), reaction, _place_of(program, reaction)))

    promise.Promise._react = recorded  # type: ignore[method-assign]


def _place_of(program: PythonProgram, reaction: Any) -> int:
    """Where the function stands that the program gave to `then`; -1 for what is not known here."""
    code, cells = getattr(reaction, "__code__", None), getattr(reaction, "__closure__", None)
    if code is None or cells is None or "on_fulfilled" not in code.co_freevars:
        return _NO_PLACE
    return program.place_of(cells[code.co_freevars.index("on_fulfilled")].cell_contents)


def _wrap_emitters(program: PythonProgram) -> None:
    emit = events.EventEmitter.emit

    def recorded(self: events.EventEmitter, event: Any, *args: Any) -> bool:
        found = self._events.get(event) if self._events is not None else None
        if found is not None:
            for listener in found if found.__class__ is tuple else (found,):
                program.called(listener)
        return emit(self, event, *args)

    events.EventEmitter.emit = recorded  # type: ignore[method-assign]


def _wrap_requests(program: PythonProgram) -> None:
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
