"""PythonProgram: what a program of `ouroloop.node` runs, when, and what had asked for it, for the recorder.

Theory of operation. The queues, promises and emitters of an environment that is recorded (`python_queues.py`) tell of
what is put into them, and when it runs. What the loop calls (a descriptor that is ready, a job that is done, a child
that has ended) begins a run, which ends with the loop's next call, or where ticks and microtasks begin to be drained.
The records (`records.py`) are those of JavaScript, so that one reader makes a trace of both.

What surprises people: a run that was ended to drain the queues goes on as a new one if more happens on behalf of the
same resource. And records are packed in place: a server's time goes here.
"""

from __future__ import annotations

import gc
from array import array
from struct import Struct
from time import monotonic_ns
from types import CodeType, CoroutineType
from typing import TYPE_CHECKING, Any

from ..loop import FsEvent, FsPoll, Handle, Pipe, Process, Signal, Tcp, Tty, Udp
from .holders import address_of, describe
from .model import MAIN, Output
from .python_places import PythonPlaces
from .python_queues import take_over, wrap_requests
from .records import (
    CALLED,
    CLOSING,
    DESTROYED,
    ENTERED,
    FIELDS,
    FOLLOWED,
    LEFT,
    MADE,
    MAIN_RESOURCE,
    NO_DESCRIPTOR,
    NO_PLACE,
    NO_RUN,
    READIED,
    STARTED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..loop import Loop, Work
    from ..node.environment import Environment
    from ..node.promise import Promise
    from .recorder import Recorder

_RECORD = Struct(f"{FIELDS}d")  # packed in place it takes a third of the time of an array's `extend`
_PLACE = Struct("d")  # the last number of it
_SIZE = _RECORD.size  # bytes
_PART = 4096 * _SIZE
_pack = _RECORD.pack_into
_NOWHERE = -1

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
    """One program under the recorder, of which its environment and the loop tell."""

    def __init__(self, recorder: Recorder, env: Environment) -> None:
        self.env = env
        self._recorder = recorder
        self._part = bytearray(_PART)
        self._at = 0  # where in it the next record goes
        self._entered_at = _NOWHERE  # where the run that began last is
        self._entered = NO_RUN
        self._texts: dict[str, int] = {}
        self.places = PythonPlaces(recorder.places)
        self._handles: dict[Handle, int] = {}  # that are not closed
        self._described: set[int] = set()  # of which it is known what they are about
        self._called: dict[CodeType, int] = {}  # places of functions, but of none that is a core module's
        self._known = NO_RUN  # a run of which it is known which function of the program's it is
        self.rejections: dict[Promise[Any], tuple[int, int]] = {}  # to be told of: in which run, and where
        self._last = MAIN_RESOURCE
        self._last_run = MAIN
        self._last_outer = MAIN
        self._runs: list[int] = []
        self._served = 0  # the resource that the loop serves
        self._is_serving = False  # whether its run goes on: it is the outermost one
        take_over(self)
        gc.callbacks.append(self._collecting)

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._recorder.pause_begins()
        else:
            self._recorder.pause_ends(f"generation {info['generation']}")

    # Records

    def record(
        self, kind: int, a: float, b: float = 0, c: float = 0, d: float = 0, place: int = NO_PLACE,
    ) -> None:
        """One more record; what the numbers are stands in `records.py`."""
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
            MADE, self._last, self._text(type), self.run() if cause is None else cause, wait,
            self.places.of_caller() if place is None else place)
        return self._last

    def begin(self, resource: int, place: int = NO_PLACE, descriptor: int = NO_DESCRIPTOR) -> None:
        """A callback of a resource begins."""
        self._last_run = self._entered = run = self._last_run + 1
        self._runs.append(run)
        self._entered_at = self._at
        self.record(ENTERED, run, resource, descriptor, 0, place)

    def end(self) -> None:
        """The callback that began last ends."""
        if self._runs:
            run = self._runs.pop()
            if not self._runs:
                self._last_outer = run
            self.record(LEFT, run)

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
        self.begin(resource, self.places.of_function(callback) if place is None else place)
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
        if place != NO_PLACE:
            self._known = run
            if run == self._entered and self._entered_at != _NOWHERE:
                _PLACE.pack_into(self._part, self._entered_at + _SIZE - _PLACE.size, place)
            else:
                self.record(CALLED, run, 0, 0, 0, place)

    def _find_called(self, callback: Any) -> int:
        place = self.places.of_function(callback)
        if place != NO_PLACE and self.places.is_core(place):
            place = NO_PLACE
        code = getattr(callback, "__code__", None)
        if code is not None and not hasattr(callback, "listener"):
            self._called[code] = place
        return place

    def readied(self, resource: int) -> None:
        """A reaction may run now, since its promise was settled."""
        self.record(READIED, resource, self.run())

    def started(self, resource: int, due: int, repeats: bool) -> None:
        """A timer was started; it is due at `due`, in ms of the loop's clock."""
        self.record(STARTED, resource, due * 1e6, self.run(), repeats)

    def destroyed(self, resource: int) -> None:
        """A resource will not call back any more."""
        self.record(DESTROYED, resource, self.run())

    def written(self, descriptor: int, text: str) -> None:
        """The program has written to its standard output or error."""
        output, run = self._recorder.output, self.run()
        last = output[-1] if output else None
        if last is not None and (last.run, last.descriptor) == (run, descriptor) and not last.text.endswith("\n"):
            self._recorder.wrote_on(text)  # `print` writes the end of a line by itself
        else:
            self._recorder.wrote(Output(monotonic_ns(), descriptor, text, run))

    def is_to_be_told(self, promise: Promise[Any]) -> None:
        """The program will be told of a promise's rejection, or that it was handled, when the queues are drained."""
        self.rejections[promise] = self.run(), self.places.of_caller()

    def tell(self, event: str, promise: Promise[Any], emit: Callable[[Promise[Any]], None]) -> None:
        """It is told of that now, by `emit`."""
        run, place = self.rejections.pop(promise)
        self.call(self.made(event, place=place, cause=run), emit, (promise,), NO_PLACE)

    def begin_main(self) -> None:
        """The main program begins."""
        self._runs.append(MAIN)
        self.record(ENTERED, MAIN, MAIN_RESOURCE, NO_DESCRIPTOR)

    # What the loop calls

    def serve(self, resource: int, descriptor: int = NO_DESCRIPTOR) -> None:
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
        _pack(self._part, at, FOLLOWED, monotonic_ns(), run, resource, descriptor, before, NO_PLACE)
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
            type, monotonic_ns(), self.run(), 0, self.places.of_caller(), 0]

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

    def serve_handle(self, handle: Any, descriptor: int = NO_DESCRIPTOR) -> None:
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
            wrap_requests(self)

    def closing(self, handle: Handle) -> None:
        """A handle was asked to close."""
        number = self._handles.get(handle, 0)
        if number:
            if number not in self._described and isinstance(handle, _ADDRESSED):
                self._describe(handle, number)
            self._described.add(number)  # others are stopped by now
            self.record(CLOSING, number, self.run())

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
