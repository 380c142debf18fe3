"""Environment: what Node puts on top of a loop.

Theory of operation. An environment has a loop, two queues and a `process`. After every single callback that comes from
the loop, the queues are drained: all `next_tick` callbacks first, then all microtasks, again until both are empty; then
promises that were rejected and found no handler are reported. `make_callback` is the one gate from the loop into a
program: every module calls a program's functions through it (or does the same three steps in line, where speed counts).

What surprises people: a callback that raises is *not* followed by a drain. If an 'uncaughtException' listener takes the
error, what was queued runs after the next callback, at the latest at the start of the next check step: exactly as in
Node. Only the main program's own error is followed by a drain at once.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from types import CoroutineType
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ..loop import Loop
from .errors import add_note

if TYPE_CHECKING:
    from .process import Process
    from .promise import Promise
    from .timers import Immediates, Timers

Callback = Callable[..., object]

_BAD_HANDLER = 7
_UNSETTLED_MAIN = 13


class Environment:
    """A loop with Node's queues (Node's `node::Environment`).

    Modules of `ouroloop.node` work in the environment that is current when they are called; `with Environment():` makes
    one current for a block, and closes it at the end.
    """

    def __init__(self, loop: Loop | None = None, argv: list[str] | None = None) -> None:
        from .process import Process
        from .timers import Immediates, Timers

        self.loop = loop or Loop()
        self.loop.on_exception = self.uncaught_exception
        self.ticks: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self.microtasks: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self.rejections: dict[Promise[Any], None] = {}
        self._reported: WeakSet[Promise[Any]] = WeakSet()
        self._handled_late: deque[Promise[Any]] = deque()
        self.timers: Timers = Timers(self)
        self.immediates: Immediates = Immediates(self)
        self.process: Process = Process(self, argv)
        self._outer: Environment | None = None
        self._main: Promise[Any] | None = None
        self._main_coroutine: CoroutineType[Any, Any, Any] | None = None
        self._pid = os.getpid()
        self.running = False
        """Whether `run` is under way."""
        self.ever_run = False
        """Whether `run` was called."""
        self.main_called = False
        """Whether the program has called its main function itself, through `ouroloop.node.run`."""

    # The queues

    def next_tick(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` after the callback that runs now, before all microtasks."""
        require_callable(callback)
        self.ticks.append((callback, args))

    def queue_microtask(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` after the callback that runs now and all ticks."""
        require_callable(callback)
        self.microtasks.append((callback, args))

    def drain(self) -> None:
        """Run ticks, then microtasks, until there are none; then report unhandled rejections.

        What a tick raises leaves this method, and the rest stays queued; what a microtask raises does not.
        """
        ticks, microtasks = self.ticks, self.microtasks
        while True:
            while ticks:
                callback, args = ticks.popleft()
                result = callback(*args)
                if result is not None:
                    self.adopt(result)
            while microtasks:
                callback, args = microtasks.popleft()
                try:
                    result = callback(*args)
                    if result is not None:
                        self.adopt(result)
                except BaseException as exc:
                    self.uncaught_exception(exc)
            if not ticks and not ((self.rejections or self._handled_late) and self._process_rejections()):
                return

    def make_callback(self, callback: Callback, *args: Any) -> None:
        """Call into the program from the loop: `callback(*args)`, then drain."""
        try:
            result = callback(*args)
            if result is not None:
                self.adopt(result)
            if self.ticks or self.microtasks or self.rejections:
                self.drain()
        except BaseException as exc:
            self.uncaught_exception(exc)

    def run_next_ticks(self) -> None:
        """`make_callback` without a callback: drain what is queued (Node's `runNextTicks`)."""
        self.make_callback(_nothing)

    def adopt(self, result: object) -> None:
        """A callback may be an `async def`: start the coroutine that it returned. Other results are ignored."""
        if isinstance(result, CoroutineType):
            from .promise import start

            start(result)

    def request(
        self, callback: Callback | None, work: Callable[..., Any], *args: Any, slow: bool = False, name: str = "",
    ) -> Promise[Any] | None:
        """Run `work(*args)` on the thread pool, then `callback(error, result)`; without one, return a promise."""
        deliver, promise = self.completion(callback)
        self.loop.queue_work((lambda: work(*args)) if args else work, deliver, slow=slow, name=name)
        return promise

    def completion(self, callback: Callback | None) -> tuple[Callable[[Any, Any], None], Promise[Any] | None]:
        """What every asynchronous function ends with.

        A function `deliver(error, result)` for the loop to call, and the promise to return: None if there is a
        callback.
        """
        if callback is not None:
            require_callable(callback)
            target = callback
            return (lambda error, result=None: self.make_callback(target, error, result)), None
        from .promise import Promise

        promise: Promise[Any] = Promise()

        def settle(error: BaseException | None, result: Any = None) -> None:
            if error is None:
                promise._resolve(result)
            else:
                promise._reject(error)
            self.run_next_ticks()

        return settle, promise

    # Errors

    def rejected_unhandled(self, promise: Promise[Any]) -> None:
        """`promise` was rejected and nobody waits for it (yet)."""
        self.rejections[promise] = None

    def rejection_handled(self, promise: Promise[Any]) -> None:
        """Somebody now waits for a promise that was rejected before."""
        if promise in self.rejections:
            del self.rejections[promise]
        elif promise in self._reported:
            self._reported.discard(promise)
            self._handled_late.append(promise)
            self.ticks.append((_nothing, ()))  # so that this callback is followed by a drain

    def _process_rejections(self) -> bool:
        while self._handled_late:
            self.tell_rejection_handled(self._handled_late.popleft())
        rejections, self.rejections = self.rejections, {}
        for promise in rejections:
            self._reported.add(promise)
            self.tell_rejection(promise)
        return bool(self.ticks or self.microtasks or self.rejections)

    def tell_rejection_handled(self, promise: Promise[Any]) -> None:
        """A rejection that was told of has been handled: the program is told that too, or the user is."""
        process = self.process
        if not process.emit("rejectionHandled", promise):
            process.emit_warning("Promise rejection was handled asynchronously", "PromiseRejectionHandledWarning")

    def tell_rejection(self, promise: Promise[Any]) -> None:
        """Nobody has handled that `promise` was rejected: the program is told, or ends."""
        if not self.process.emit("unhandledRejection", promise._value, promise):
            if promise is not self._main:
                add_note(promise._value, "It rejected a promise that nobody awaited, and that has no handler.")
            self.uncaught_exception(promise._value, "unhandledRejection")

    def uncaught_exception(self, exc: BaseException, origin: str = "uncaughtException") -> None:
        """Hand `exc` to the program's 'uncaughtException' listeners; without any, report it and end with exit code 1.

        Raises `SystemExit` in the latter case. A `SystemExit` or `KeyboardInterrupt` is no error: it is raised again.
        """
        if isinstance(exc, (SystemExit, KeyboardInterrupt)):
            raise exc
        process = self.process
        process.emit("uncaughtExceptionMonitor", exc, origin)
        if process.listener_count("uncaughtException"):
            try:
                process.emit("uncaughtException", exc, origin)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as second:
                process.report(second)
                process.leave(_BAD_HANDLER)
            self.immediates.set(_nothing, ())
            return
        process.report(exc)
        process.exit_by_error()

    # Running

    def run(self, main: Callable[[], Any] | Coroutine[Any, Any, Any] | None = None) -> int:
        """Call `main`, run the loop until nothing is left, and return the exit code.

        `main` may be a coroutine function. 'beforeExit' and 'exit' are emitted as in Node.
        """
        process = self.process
        self.running = self.ever_run = True
        generator_hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=self._finish_generator)
        try:
            try:
                self.start_main(main)
            except BaseException as exc:
                self.uncaught_exception(exc)
            self.run_next_ticks()
            while True:
                self.loop.run()
                process.emit_before_exit()
                if not self.loop.alive:
                    break
            if self._main is not None and self._main.state == "pending" and process.exit_code is None:
                place = self._place()
                sys.stderr.write(f"Warning: main() never finished: what it awaits{place} can no longer happen\n")
                process.exit_code = _UNSETTLED_MAIN
            process.emit_exit()
        except SystemExit as exc:
            process.take_system_exit(exc)
        finally:
            self.running = False
            sys.set_asyncgen_hooks(*generator_hooks)
        return process.exit_code or 0

    def start_main(self, main: Callable[[], Any] | Coroutine[Any, Any, Any] | None) -> None:
        """Call `main` and, if it is a coroutine function, let `run` see to it that it finishes."""
        result = main() if callable(main) else main
        if isinstance(result, CoroutineType):
            from .promise import start

            self._main_coroutine = result
            self._main = start(result)

    def _place(self) -> str:
        """Where the main function stands."""
        coroutine = self._main_coroutine
        frame = coroutine.cr_frame if coroutine is not None else None
        return f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""

    def _finish_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """An asynchronous generator was dropped before its end (`break` does that): let it run its `finally`."""
        from .promise import Promise

        if self.running:
            self.microtasks.append((Promise.resolve, (generator.aclose(),)))
        else:
            Promise.resolve(generator.aclose())

    def warn_if_never_run(self) -> None:
        """At the end of the process: tell of a program whose work nobody started."""
        if not self.ever_run and os.getpid() == self._pid and (self.ticks or self.microtasks or self.loop.alive):
            sys.stderr.write(
                "Warning: the program has set up work, but its loop was never run; "
                "start it with `ouro PROGRAM.py`, or call ouroloop.node.run() at its end\n"
            )

    def close(self) -> None:
        """Close every handle that is left, let their closing callbacks run, and close the loop.

        Does nothing in a forked child: it shares the kernel's queue with its parent, whose descriptors it would remove.
        """
        loop = self.loop
        if loop.closed or os.getpid() != self._pid:
            return
        loop.on_exception = None
        for handle in loop.walk():
            if not handle.closing:
                handle.close()
        while loop.run("once"):
            pass
        loop.close()

    def __enter__(self) -> Environment:
        global _current
        self._outer, _current = _current, self
        return self

    def __exit__(self, *exc_info: object) -> None:
        global _current
        _current = self._outer
        self.close()


_current: Environment | None = None


def current() -> Environment:
    """The environment that functions of `ouroloop.node` work in; made when first needed."""
    global _current
    if _current is None:
        _current = Environment()
        atexit.register(_current.warn_if_never_run)
    return _current


def require_callable(callback: object) -> None:
    """Raise `TypeError` unless `callback` can be called."""
    if not callable(callback):
        raise TypeError(f"the callback must be a function, not {callback!r}")


def _nothing() -> None:
    pass
