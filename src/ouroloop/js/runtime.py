"""Runtime: JavaScript on a loop.

Theory of operation. A runtime has an engine and a loop. JavaScript keeps its own queues (`lib/internal/timers.js`,
`task_queues.js`); the loop holds one timer, one check watcher and one idle watcher for all of them. What the loop
calls enters JavaScript by one of a few functions (`processTimers`, `processImmediate`, `complete`, `emit`); each runs
ticks and microtasks before it returns, and handles the program's errors itself. Numbers that both languages need at
every step lie in memory that both can see.

What surprises people: JavaScript's functions never reach Python. A request is a number here, and so is a handle.
"""

from __future__ import annotations

import _thread
import errno
import os
import sys
from time import monotonic_ns, time

from ..loop import Check, Idle, Loop, Timer
from . import bundle, snapshot
from .bindings import operations_of
from .engine import Engine, JavaScriptError, has_intl, has_snapshot, memory, use_snapshot
from .natives.c import py_object, pythonapi
from .options import changed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from ..loop import Async, Handle
    from .bindings.stream_wrap import Streams
    from .natives.ring import Ring
    from .permission import Permission

# Places in the memory shared with lib/internal/timers.js.
_NOW, _DELAY = 0, 1
_IMMEDIATES, _REFERENCED_IMMEDIATES, _IDLE_RUNS, _QUIET = range(4)


# What the loop calls in JavaScript.
_ENTRIES = (
    "processTimers", "processImmediate", "complete", "emit", "read", "deliverFiles", "afterTasks", "runMain",
    "beforeExit", "exit", "embedding", "keepOrigins", "tellHolders",
)

_IMPORTERS = {"ouroloop.js.snapshot_builder", "ouroloop.xray.observer"}
"""They import what few programs need."""

_VARIABLES = (
    "FORCE_COLOR", "HOME", "NODE_CHANNEL_FD", "NODE_COMPILE_CACHE", "NODE_DEBUG", "NODE_PATH", "NODE_UNIQUE_ID",
)

__all__ = ["Exit", "JavaScriptError", "Runtime"]


class Exit(BaseException):
    """The program has ended itself (`process.exit`) in a process that goes on; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Runtime:
    """A JavaScript program's world. `options` are the command line's, as `--name`: value."""

    def __init__(
        self, argv: list[str], exec_argv: list[str], options: dict[str, Any], loop: Loop | None = None,
        embedding: Any = None, argv0: str | None = None, permission: Permission | None = None,
        recorder: Any = None,
    ) -> None:
        now = monotonic_ns()
        self.started_ns = bundle.BEGAN if embedding is None else now
        self.time_origin = time() * 1000 - (now - self.started_ns) / 1e6
        """When the process began, in ms since 1970."""
        self.milestones = {"nodeStart": now}
        self.embedding = embedding
        """The `ouroloop.Runtime` whose engine room this is; None for the command `ouro`."""
        self.recorder = recorder
        """Who records the program (`xray.recorder.Recorder`), or None."""
        self.on_end: list[Callable[[int], object]] = []
        """Called with the exit code when the process is about to end."""
        self.argv = argv
        self.argv0 = argv0 or (argv[0] if argv else "node")
        self.exec_path = argv[0] if argv else sys.executable
        self.exec_argv = exec_argv
        self.options = options
        self.permission = permission
        """What the program may touch; None: all that this process may."""
        self.loop = loop or Loop()
        self._operations: dict[int, Callable[..., Any]] = {}
        self.kept: list[object] = []
        """What else lives as long as this does."""
        self._timer = Timer(self.loop)
        self._timer.unref()  # until there is a timer that keeps the program going
        self.signals = Signals(self)
        self.handles: dict[int, Handle] = {}
        """What JavaScript's handles are, by their numbers; streams have a table of their own."""
        self.ports: Async | None = None
        """What stands in the loop for all message ports, once there are any."""
        self._streams: Streams | None = None
        self._ring: Ring | None = None
        self._check = Check(self.loop)
        self._idle = Idle(self.loop)
        self._task_timer: Timer | None = None
        self._started = self._tasks_run_at = self.loop.now
        _find_snapshot()
        self._reach("v8Start")
        self.engine = Engine(self._operation, self._natives)
        _open.add(self)
        self._reach("environment")
        self._check.start(self._run_immediates)
        self._check.unref()
        self._start()
        self._reach("bootstrapComplete")

    def _reach(self, milestone: str) -> None:
        """Note when the process got here, for `performance.nodeTiming`."""
        self.milestones.setdefault(milestone, monotonic_ns())

    def _start(self) -> None:
        engine = self.engine
        started = engine.guarded(engine.global_function("__start"))(self._facts()).as_v8_object()
        self._entries = {name: started.get(name).as_v8_function() for name in _ENTRIES}
        clock, counts = started.get("memory").to_python()
        self._clock = memory(int(clock), 16).cast("d")
        self._counts = memory(int(counts), 16).cast("i")
        if self.embedding is not None:
            self._entries = {name: engine.guarded(function) for name, function in self._entries.items()}
            self._entries["embedding"]()
        self.complete = self._entries["complete"]
        """`complete(number, errno, result)`: a request's end."""
        self.emit = self._entries["emit"]
        """`emit(number, *values)`: a handle's news."""
        self.read = self._entries["read"]
        """Have JavaScript read from handles that are ready (see `Streams`)."""

    def _facts(self) -> dict[str, Any]:
        """What JavaScript is to know of this process from the start."""
        return {
            "argv": self.argv, "argv0": self.argv0, "execArgv": self.exec_argv, "execPath": self.exec_path,
            "pid": os.getpid(), "cwd": self._cwd(), "environment": self._environment(),
            "isEmbedded": self.embedding is not None, "hasIntl": has_intl(), "options": changed(self.options),
            "isRecorded": self.recorder is not None,
            "loopStart": self._started, "processStart": list(divmod(self.started_ns, 1_000_000_000)),
        }

    def _cwd(self) -> str | None:
        """The working directory; None where it has none, or where it may be another one when JavaScript asks."""
        try:
            return os.getcwdb().decode("utf-8", "replace") if self.embedding is None else None
        except OSError:
            return None

    def _environment(self) -> dict[str, str | None] | None:
        """The variables that nearly every start asks for; None where somebody else may change them."""
        if self.embedding is not None:
            return None
        values = {name: os.environ.get(name) for name in _VARIABLES}
        return {name: value for name, value in values.items() if value is None or value.isascii()}

    def _natives(self, natives: Any) -> None:
        """The calls without arguments by which JavaScript's timers reach the loop."""
        actions = (
            self._schedule, self._timer.ref, self._timer.unref, self._immediates_begin, self._immediates_end,
            self._watch_tasks,
        )
        natives.add("timers", dict(zip(snapshot.TIMER_NATIVES, actions, strict=True)))
        natives.tell_near_heap_limit(self._out_of_memory)
        if self.permission is not None:
            from .guards import Guards

            natives.guards = Guards(self)

    @property
    def streams(self) -> Streams:
        """The open stream handles."""
        if self._streams is None:
            from .bindings.stream_wrap import Streams

            self._streams = Streams(self)
        return self._streams

    # Operations

    def _operation(self, number: int, *args: Any) -> Any:
        function = self._operations.get(number)
        if function is None:
            function = self._load_operation(number)
        return function(*args)

    def _load_operation(self, number: int) -> Callable[..., Any]:
        index = snapshot.binding_index(number)
        operations = operations_of(snapshot.BINDINGS[index], self)
        for _, each, function in snapshot.numbered(index, operations):
            self._operations[each] = function
        return self._operations[number]

    def open_ring(self, address: int) -> int:
        """Start the ring on JavaScript's memory: how many workers it may have, 0 if there can be none."""
        natives = self.engine.natives
        if self.loop.probe is not None or natives is None or not natives.has_machine_code:
            return 0
        from .natives.ring import Ring

        try:
            self._ring = Ring(self.loop, address, self._entries["deliverFiles"])
        except OSError:  # there is no descriptor or no thread left
            return 0
        return self._ring.size

    @property
    def ring(self) -> Ring:
        """The ring that JavaScript has opened."""
        assert self._ring is not None
        return self._ring

    def complete_now(self) -> list[list[Any]] | None:
        """Wait for the thread pool while JavaScript is on the stack, which cannot be entered then.

        The calls that were due, ["complete" or "emit", arguments …] each, beside those that the ring has; None when
        neither has anything to do.
        """
        due: list[list[Any]] = []
        complete, emit = self.complete, self.emit
        self.complete = lambda *args: due.append(["complete", *args])
        self.emit = lambda *args: due.append(["emit", *args])
        try:
            if self._ring is not None and self._ring.wait():
                return due
            return due if self.loop.pool.deliver_now() else None
        finally:
            self.complete, self.emit = complete, emit

    # Timers and immediates

    def _schedule(self) -> None:
        # JavaScript has read the clock since the loop did, and counts from there.
        self.loop.now = max(self.loop.now, self._started + int(self._clock[_NOW]))
        self._timer.start(self._run_timers, int(self._clock[_DELAY]))

    def _run_timers(self) -> None:
        now = self._clock[_NOW] = self.loop.now - self._started
        self._entries["processTimers"](now)

    def _immediates_begin(self) -> None:
        self._counts[_IDLE_RUNS] = 1
        self._idle.start(_nothing)

    def _watch_tasks(self) -> None:
        """V8's threads begin something that JavaScript awaits: stay alive for it, and look after it each ms."""
        if self._task_timer is None:
            self._task_timer = Timer(self.loop)
        self._task_timer.start(self._look_at_tasks, 1, 1)

    def _look_at_tasks(self) -> None:
        natives, timer = self.engine.natives, self._task_timer
        assert natives is not None
        assert timer is not None
        busy = natives.has_background_tasks()  # asked first: what ends meanwhile is run now, or at the next look
        self.run_tasks()
        if not busy:
            timer.stop()

    def run_tasks(self) -> None:
        """V8's own tasks, once a ms at most. Nothing but the loop's turning looks after them."""
        self._tasks_run_at = self.loop.now
        self.engine.enter()
        try:
            queued = self.engine.natives and self.engine.natives.run_tasks()
        finally:
            self.engine.leave()
        if queued is not None:
            self._entries["afterTasks"](queued)

    @property
    def has_immediates(self) -> bool:
        """Whether immediates wait for the check step."""
        return bool(self._counts[_IMMEDIATES])

    def _run_immediates(self) -> None:
        if self.loop.now != self._tasks_run_at:
            self.run_tasks()
        counts = self._counts
        if counts[_IMMEDIATES]:
            counts[_QUIET] = self.loop.is_quiet
            self._entries["processImmediate"]()
        if not counts[_REFERENCED_IMMEDIATES] and counts[_IDLE_RUNS]:
            self._immediates_end()

    def _immediates_end(self) -> None:
        self._counts[_IDLE_RUNS] = 0
        self._idle.stop()

    # The run

    def run(self) -> int:
        """Run the main program, then the loop until nothing is left; the exit code."""
        try:
            self._entries["runMain"]()
            self._reach("loopStart")
            while True:
                self.loop.run()
                self._entries["beforeExit"]()
                if not self.loop.alive:
                    break
            self._reach("loopExit")
            return int(self._entries["exit"]().to_python())
        except Exit as end:
            return end.code

    def exit(self, code: int) -> None:
        """What `process.exit` comes to: the process ends, or in an embedded runtime JavaScript is stopped."""
        if self.embedding is None:
            self.end(code)
        self.embedding.exited(code)

    def heap_usage(self) -> list[float]:
        """Bytes: the heap's size, what of it is in use, memory outside that belongs to it, of that array buffers."""
        assert self.engine.natives is not None
        total, _, _, _, used, _, _, external, *_ = self.engine.natives.heap_statistics()
        return [total, used, external, external]

    def active(self) -> list[list[Any]]:
        """What keeps the loop going, but for what JavaScript has as objects (`internal/stream_handle`):
        `[kind of handle or request, "handle" or "request"]`."""
        own = {*self.own_handles(), *self.streams.by_number.values()}
        found = [
            [type(handle).__name__, "handle"] for handle in self.loop.walk()
            if handle.active and handle.has_ref() and handle not in own
        ]
        count = self.loop.active_requests + (0 if self._ring is None else self._ring.uncounted)
        return [*found, *([["FSReqCallback", "request"]] * count)]

    def own_handles(self) -> set[Handle]:
        """The handles that stand for all of JavaScript's timers, immediates and message ports."""
        handles: set[Handle] = {self._timer, self._check, self._idle}
        return handles if self.ports is None else handles | {self.ports}

    def keep_origins(self) -> None:
        """Have JavaScript note where each thing is made that may keep the program from ending (see `holders`)."""
        self._entries["keepOrigins"]()

    def holders(self) -> dict[str, list[dict[str, Any]]]:
        """What keeps the loop going, as far as JavaScript knows it (`lib/internal/holders.js`)."""
        import json

        known: dict[str, list[dict[str, Any]]] = json.loads(self._entries["tellHolders"]().to_python())
        return known

    def close(self, with_loop: bool) -> None:
        """Give the engine and the loop's handles back, and the loop itself if it is ours."""
        own = [self._timer, self._check, self._idle, *([self._task_timer] if self._task_timer is not None else [])]
        for handle in list(self.loop.walk()) if with_loop else own:
            if not handle.closing:
                handle.close()
        if with_loop:
            self.loop.run()
        if self._ring is not None:
            self._ring.close()
            self._ring = None  # it has a function of JavaScript's, and the isolate lives as long as there is one
        if with_loop:
            self.loop.close()
        if self._streams is not None:
            self._streams.give_up_reading()
        self._entries.clear()
        self._operations.clear()
        del self.complete, self.emit, self.read
        self.engine.close()
        _open.discard(self)

    def _out_of_memory(self) -> None:
        """V8 is about to abort. Say what Node says, and end as it does."""
        import signal

        text = "\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"
        os.write(2, text.encode())
        self.tell_end(128 + signal.SIGABRT, "SIGABRT")
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGABRT)

    def tell_end(self, code: int, ended_by: str = "") -> None:
        """Tell who looks on that the process is about to end, and what breaks it off, if anything does."""
        if self.recorder is not None and ended_by:
            self.recorder.ended_by = ended_by
        for tell in self.on_end:
            tell(code)

    def end(self, code: int) -> NoReturn:
        """End the process with an exit code, at once: nothing of Python's own end is of use to a JavaScript program."""
        if self.engine.natives is not None and self.engine.natives.loader.compile_cache is not None:
            self.engine.natives.loader.compile_cache.persist()
        if self.engine.natives is not None and self.engine.natives.library is not None:
            self.engine.natives.library.persist()
        bundle.keep(with_modules=not sys.modules.keys() & _IMPORTERS)
        self.tell_end(code)
        if "ouroloop.loop.tty" in sys.modules:
            sys.modules["ouroloop.loop.tty"].reset_mode()
        os._exit(code & 0xFF)


class Signals:
    """The signals that a program listens for. Listening does not keep the loop going."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._watchers: dict[int, Any] = {}

    def open(self, handle: int, number: int) -> int:
        """Tell `handle` of each signal `number`. 0, or a negative errno."""
        from ..loop import Signal

        watcher = Signal(self._runtime.loop)
        try:
            watcher.start(lambda _: self._runtime.emit(handle), int(number))
        except OSError as exc:
            watcher.close()
            return -(exc.errno or errno.EINVAL)
        watcher.unref()
        self._watchers[int(handle)] = watcher
        return 0

    def close(self, handle: int) -> None:
        """End it; the signal does again what it did before."""
        self._watchers.pop(int(handle)).close()


_open: set[Runtime] = set()
"""Those that are not closed. What they have of V8's may be let go by their own thread alone, so nothing else does it:
not Python's collector, nor its end."""

_Py_IncRef = pythonapi.Py_IncRef
_Py_IncRef.argtypes = (py_object,)
_Py_IncRef.restype = None
_Py_IncRef(_open)  # there for good: Python's end clears the modules

_finding = _thread.allocate_lock()


def _find_snapshot() -> None:
    """Use the snapshot that is kept, or else make one."""
    with _finding:
        if not has_snapshot():
            use_snapshot(snapshot.kept() or _new_snapshot())


def _new_snapshot() -> bytes:
    from .snapshot_builder import build

    return build()


def _nothing() -> None:
    """An idle watcher's callback: that it runs is all."""
