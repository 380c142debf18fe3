"""The recorder: a probe that remembers, and makes a trace of it when the program ends.

Theory of operation. The loop tells this probe of its turns, steps, sleep and jobs; what runs in them is told by the
program's own floor as lists of numbers (`records.py`), for JavaScript by `js/lib/internal/recorder.js`, for Python by
`python_program.py`. All read the same clock, so that putting them together means sorting by time (`assembly.py`). Only
the last `limit` records of each kind are kept.

What surprises people: a program that a signal ends is told of too: SIGINT and SIGTERM that nobody listens for end it
only when the trace is written. And a descriptor is held in reserve, since a program that has used up all of them has a
trace as well.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from array import array
from collections import deque
from contextlib import suppress
from copy import copy
from functools import partial
from itertools import chain
from sys import getrefcount
from time import monotonic_ns, time
from typing import TYPE_CHECKING, Any

from ..loop import Probe
from .assembly import assemble
from .model import Job, Output, Pause, Place, Watch
from .observer import Observer
from .records import FIELDS
from .signals import listen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..js.runtime import Runtime
    from ..loop import Handle, Loop, Work
    from ..node.environment import Environment
    from .model import Trace
    from .python_program import PythonProgram

_OURS_ALONE = 2  # references to a list that nobody else has, as `getrefcount` counts them
_TEXT_OF_RECORD, _MOST_TEXT = 100, 100_000
"""Characters of output that are kept for each record there may be, and of one write."""


class Recorder(Probe, Observer):
    """Records one program; `on_end` gets the trace."""

    wants_steps = True
    takes_batches = True

    def __init__(self, limit: int, on_end: Callable[[Trace], object], language: str = "JavaScript") -> None:
        self.limit = limit
        self.language = language
        self.words: list[str] = []
        """The program and its arguments, as they were given."""
        self.handle = 0
        """By which JavaScript is asked for what it has recorded since it last told."""
        self.began = monotonic_ns()
        self.wall = time()
        self.ended_by = ""
        self.dropped = 0
        self.turns: deque[tuple[int, int]] = deque(maxlen=limit)
        self.steps: deque[tuple[str, int, int, int]] = deque(maxlen=limit)
        """Name, turn, beginning and end of each."""
        self.sleeps: deque[tuple[int, int, int, float, array[int]]] = deque(maxlen=limit)
        """Turn, beginning, end, ms that it might last, and what was ready: descriptors, each with what for."""
        self.owners: dict[int, str] = {}
        """Whose the descriptors were that are watched since before the first watch that is kept."""
        self.jobs: deque[Job] = deque(maxlen=limit)
        self.watches: deque[Watch] = deque(maxlen=limit)
        self.ready_events: deque[tuple[int, int]] = deque(maxlen=limit)
        """When a descriptor that was ready was served, and which."""
        self.readers: dict[int, int] = {}
        """The descriptor of each stream that JavaScript reads, by JavaScript's number."""
        self.pauses: deque[Pause] = deque(maxlen=limit)
        self.output: deque[Output] = deque()
        self.sources: dict[str, str] = {}
        """The text of programs that are in no file, by their names."""
        self.records: deque[array[float]] = deque()
        self.lasting: dict[int, list[Any]] = {}
        """What may call back long after it was made: type, time, cause, wait, place, JavaScript's number of it."""
        self.details: dict[int, str] = {}
        """What a resource is about, where that is known."""
        self.texts: list[str] = []
        self.places: list[Place] = []
        self._on_end: Callable[[Trace], object] | None = on_end
        self._program: PythonProgram | None = None
        self._runtime: Runtime | None = None
        self._count = 0
        self._turn = 0
        self._under_way: dict[int, Job] = {}
        self._written = 0
        """Characters of output that are kept."""
        self._paused_at = 0
        self._reserve = -1
        self._collect: Callable[[], object] = list

    def watch(self, runtime: Runtime) -> None:
        """Record this runtime's loop, and let a signal end the program only when its trace is written."""
        self._know(runtime.loop)
        self._runtime = runtime
        self.words = runtime.argv[1:] if "--eval" not in runtime.options else ["[eval]", *runtime.argv[1:]]
        runtime.loop.probe = self
        if runtime.engine.natives is not None:
            runtime.engine.natives.watch_collector(self.pause_begins, self.pause_ends)
        self.hold(runtime.loop, lambda: runtime.emit(self.handle))

    def watch_environment(self, env: Environment) -> None:
        """Record a Python program's loop, likewise."""
        from .python_program import PythonProgram

        self.language = "Python"
        self.words = [*sys.argv]
        # Python's own answer to SIGINT is an exception, which ends the program in its own way.
        self.hold(env.loop, self._flush, (signal.SIGTERM, signal.SIGHUP))
        self._program = PythonProgram(self, env)
        self.__dict__["ready"] = self._program.ready
        self._know(env.loop)
        env.loop.probe = self

    def _know(self, loop: Loop) -> None:
        """What the loop watches already."""
        for fd, callback in loop._queue.callbacks.items():
            self.owners[fd] = type(getattr(callback, "__self__", callback)).__name__

    def hold(
        self, loop: Loop, collect: Callable[[], object],
        numbers: Sequence[int] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    ) -> None:
        """Let a signal that nobody listens for end the program only when its trace is written; a second one at once.

        `collect` brings the last records.
        """
        self._reserve = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._collect = collect

        def interrupted(number: int) -> None:
            collect()
            self.ended_by = signal.Signals(number).name
            self.finish(128 + number)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                listen(loop, number, partial(interrupted, number), once=True)

    def _flush(self) -> None:
        if self._program is not None:
            self._program.flush()

    # What the loop tells

    def turn(self, loop: Loop, number: int) -> None:
        self._turn = number
        self.turns.append((number, monotonic_ns()))

    def step(self, loop: Loop, name: str, began: int, ended: int) -> None:
        if self._program is not None:
            self._program.serve_nothing()
        self.steps.append((name, self._turn, began, ended))
        self.step_under_way = None

    def polled(
        self, loop: Loop, timeout: float, began: int, ended: int, ready: Sequence[tuple[int, int]],
    ) -> None:
        if timeout or ready:
            # A list of pairs is of many objects, which the collector of Python's would look through again and again.
            told = array("q", chain.from_iterable(ready))
            self.sleeps.append((self._turn, began if timeout else ended, ended, timeout, told))

    def watched(self, loop: Loop, fd: int, events: int, owner: str) -> None:
        if len(self.watches) == self.limit:
            first = self.watches[0]
            self.owners[first.descriptor] = first.owner if first.events else ""
        self.watches.append(Watch(monotonic_ns(), fd, events, owner))

    def read_together(self, loop: Loop, fd: int, number: int) -> None:
        if len(self.readers) > self.limit:
            del self.readers[next(iter(self.readers))]
        self.readers[number] = fd

    def ready(self, loop: Loop, fd: int, events: int) -> None:
        self.ready_events.append((monotonic_ns(), fd))

    def handle_made(self, handle: Handle) -> None:
        if self._program is not None:
            self._program.handle_made(handle)

    def handle_closing(self, handle: Handle) -> None:
        if self._program is not None:
            self._program.closing(handle)

    def handle_closed(self, handle: Handle) -> None:
        if self._program is not None:
            self._program.closed(handle)

    def calls_late(self, loop: Loop, owner: object) -> None:
        if self._program is not None:
            self._program.serve_handle(owner)

    def work_queued(self, work: Work) -> None:
        job = self._under_way[id(work)] = Job(work.name, monotonic_ns(), detail=_about(work))
        if self._program is not None:
            job.resource = self._program.job(work)
        self.jobs.append(job)

    def work_started(self, work: Work) -> None:
        job = self._under_way[id(work)]
        job.started, job.thread = monotonic_ns(), threading.current_thread().name

    def work_finished(self, work: Work) -> None:
        self._under_way[id(work)].finished = monotonic_ns()

    def work_delivered(self, work: Work) -> None:
        job = self._under_way.pop(id(work))
        job.delivered = monotonic_ns()
        if self._program is not None:
            self._program.serve(job.resource)

    # What the program's floor tells

    def pause_begins(self) -> None:
        """Memory is about to be collected."""
        self._paused_at = monotonic_ns()

    def pause_ends(self, kind: str, _kind: int = 0, _flags: int = 0) -> None:
        """Memory was collected."""
        self.pauses.append(Pause(kind, self._paused_at, monotonic_ns()))

    def take(self, numbers: memoryview[float], tables: str) -> None:
        """Records, and the texts, places and output that are new with them."""
        news = json.loads(tables)
        self.texts += news["texts"]
        for number, *made in news["lasting"]:
            self.lasting[int(number)] = made
        for number, text in news["details"]:
            self.details[int(number)] = text
        for table in (self.lasting, self.details):
            while len(table) > self.limit:
                del table[next(iter(table))]
        self.places += [Place(file or "", line, column, name) for file, line, column, name in news["places"]]
        self.sources.update(news["sources"])
        for moment, fd, text, run in news["output"]:
            self.wrote(Output(int(moment), fd, text, run))
        part = self._make_room(len(numbers))
        if part is not None and len(part) == len(numbers) and getrefcount(part) <= _OURS_ALONE:
            memoryview(part)[:] = numbers  # new memory would cost more than all that is put there
        else:
            part = array("d")
            part.frombytes(numbers.cast("B"))
        self._append(part)

    def describe_stream(self, number: int) -> str:
        """The address of a stream or socket of JavaScript's."""
        from .holders import address_of

        handle = self._runtime.streams.by_number.get(number) if self._runtime is not None else None
        return "" if handle is None else address_of(handle)

    def add(self, part: array[float]) -> None:
        """More records, of `FIELDS` numbers each."""
        self._make_room(len(part))
        self._append(part)

    def wrote(self, output: Output) -> None:
        """The program's output; what is older gives way, by number as by size."""
        if len(output.text) > _MOST_TEXT:
            output.text = f"{output.text[:_MOST_TEXT]}…"
        while self.output and self._written + len(output.text) > self.limit * _TEXT_OF_RECORD:
            self._written -= len(self.output.popleft().text)
        if len(self.output) == self.limit:
            self._written -= len(self.output.popleft().text)
        self.output.append(output)
        self._written += len(output.text)

    def wrote_on(self, text: str) -> None:
        """What was written last goes on."""
        last = self.output.pop()
        self._written -= len(last.text)
        last.text += text
        self.wrote(last)

    def _append(self, part: array[float]) -> None:
        self.records.append(part)
        self._count += len(part) // FIELDS

    def _make_room(self, size: int) -> array[float] | None:
        """Drop records that `size` new numbers leave no room for, the oldest first; the last list that was dropped."""
        dropped = None
        while self.records and self._count + size // FIELDS - len(self.records[0]) // FIELDS >= self.limit:
            dropped = self.records.popleft()
            self._count -= len(dropped) // FIELDS
            self.dropped += len(dropped) // FIELDS
        return dropped

    def count(self) -> int:
        """How many records there were until now."""
        return self.dropped + self._count + len(self.turns)

    def copy(self) -> Recorder:
        """What was recorded so far, by itself, for who makes a trace of it while the program goes on.

        To be called from the loop, when no callback of the program's runs.
        """
        self._collect()
        twin = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (deque, list, dict)):
                setattr(twin, name, copy(value))
        return twin

    def finish(self, code: int) -> None:
        """The process is about to end."""
        told, self._on_end = self._on_end, None
        if told is None:
            return
        if self._reserve >= 0:
            with suppress(OSError):  # the program may have closed it
                os.close(self._reserve)
        told(self.trace(code))

    def trace(self, code: int) -> Trace:
        """What was recorded so far."""
        self._flush()
        now = monotonic_ns()
        if self.step_under_way is not None:  # which the process ends in, or somebody looks in
            name, began = self.step_under_way
            self.steps.append((name, self._turn, began, now))
        return assemble(self, code, now)


def _about(work: Work) -> str:
    """The file that a job is about, or its descriptor."""
    if not work.name.startswith("fs.") or not isinstance(work.work, partial) or not work.work.args:
        return ""
    about = work.work.args[0]
    if isinstance(about, int):
        return f"descriptor {about}"
    return os.fsdecode(about) if isinstance(about, (str, bytes, os.PathLike)) else ""
