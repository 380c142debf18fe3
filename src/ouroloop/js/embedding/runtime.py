"""ouroloop.Runtime: a JavaScript world with a loop of its own, or the loop it is given.

Theory of operation. Every call into JavaScript is an action of `lib/internal/embedding.js` (`_do`); it runs ticks and
microtasks before it returns; timers and I/O need the loop, which runs while something is awaited, and in `run()`. What
JavaScript asks in turn (call a function, a promise is settled, nobody caught this) comes in by `bindings/embedding.py`.
To stop JavaScript, for a time limit, `process.exit` or a `KeyboardInterrupt`, it is terminated, and recovers with the
next call.

What surprises people: while JavaScript runs and calls a function of Python, that function cannot call JavaScript in
turn (`EngineBusyError`): make it `async def`, or return. `KeyboardInterrupt` and the like are no errors: they stop
JavaScript and come out as themselves. A runtime belongs to the thread that made it.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Mapping, Sequence

from ...loop import Loop, RunMode, Timer
from .. import engine as _engine
from .. import runtime as _runtime
from ..engine import EngineBusyError
from ..options import Options
from ..permission import Permission
from .awaiting import Settlement, start_coroutine
from .stand_ins import JavaScriptExit, JSObject, JSPromise
from .values import Values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, Self

    from ..time_limit import TimeLimit

_MAX_WAIT = 0.05  # seconds: how long asyncio sleeps at most before it looks at our loop again
_LONGEST = 2**31 / 1000  # seconds: more than this is no limit that anybody would see reached
_CALLS_BETWEEN_TASKS = 1024


class Runtime:
    """A JavaScript runtime: a context manager.

    `argv` is `process.argv[2:]`; `loop` is a loop to run on, as `ouroloop.node.current().loop`, in place of one of its
    own; `time_limit` (seconds) holds for each call into JavaScript that does not bring its own. It belongs to the
    thread that makes it.

    With `permissions`, JavaScript may touch nothing but what they name: `{"fs.read": ["/data/*"], "net": True}`, by
    the scopes of `process.permission` (Node's documentation, "Permissions"); all else throws ERR_ACCESS_DENIED. They
    hold for files, the network and other programs, `require` and `import_` among them; not for Python's functions. What
    it changes in `process.env` is its own then.
    """

    closed = True  # until it is made

    def __init__(
        self, *, argv: Sequence[str] = (), time_limit: float | None = None, loop: Loop | None = None,
        permissions: Mapping[str, Sequence[str] | bool] | None = None,
    ) -> None:
        _milliseconds(time_limit)
        if isinstance(argv, str) or not isinstance(argv, Sequence) or not all(isinstance(word, str) for word in argv):
            raise TypeError("argv takes a list of texts: the words after the program's name")
        if loop is not None and not isinstance(loop, Loop):
            raise TypeError(f"loop takes an ouroloop.loop.Loop, not {type(loop).__name__}")
        self.time_limit = time_limit
        self._owns_loop = loop is None
        self._values = Values(self)
        self._futures: dict[int, Settlement] = {}
        self._released: list[int] = []
        self._outstanding = 0  # of Python's coroutines: those that JavaScript waits for
        self._calls = 0
        self._failure: BaseException | None = None
        self._time_limit: TimeLimit | None = None
        self._must_recover = False  # JavaScript was stopped in the midst of something
        program = sys.argv[0] if os.path.isabs(sys.argv[0]) else sys.executable
        self._inner = _runtime.Runtime(
            [program, "", *argv], [], {**Options().values, "--permission": permissions is not None}, loop,
            embedding=weakref.proxy(self) if self._owns_loop else self,  # whoever has the loop can run it
            permission=None if permissions is None else Permission.of_scopes(permissions))
        self.closed = False
        self._run = self._inner.engine.function("__embedding.run")
        self._recover = self._inner.engine.function("__embedding.recover")
        self._release = self._inner.engine.function("__embedding.release")
        self._inner.kept += self._run, self._recover, self._release
        self._global: JSObject | None = None

    @property
    def loop(self) -> Loop:
        """The event loop that the runtime's timers and I/O live on."""
        return self._inner.loop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # Calling in

    def eval(self, source: str, *, filename: str = "<eval>", time_limit: float | None = None) -> Any:
        """Run a script; the value of its last statement."""
        _check_text(source, "a script is text")
        _check_text(filename, "a file's name is text")
        return self._do("eval", source, filename, time_limit=time_limit)

    def require(self, specifier: str) -> Any:
        """What `require(specifier)` gives in the working folder: a core module, a package, or a file ("./x.cjs")."""
        _check_text(specifier, "require takes a module's name, as text")
        return self._do("require", specifier)

    def import_(self, specifier: str) -> JSPromise:
        """`import(specifier)`: await it for the module's namespace."""
        _check_text(specifier, "import_ takes a module's name, as text")
        promise: JSPromise = self._do("import", specifier)
        return promise

    @property
    def globals(self) -> JSObject:
        """JavaScript's `globalThis`: set a name on it, and JavaScript has it."""
        if self._global is None:
            self._global = self._do("global")
        return self._global

    def run(self) -> None:
        """Run the loop until nothing is left to wait for. Raises what JavaScript threw and did not catch."""
        self._check_open()
        self._turn("default")

    def _turn(self, mode: RunMode) -> bool:
        """Run the loop; whether anything is left. Raises what nobody caught."""
        if self._inner.engine.depth:
            raise EngineBusyError(
                "JavaScript is running: a function that it called cannot run the loop. Make the function `async def` "
                "and await what you need")
        if self._must_recover:
            self._do("recover")
        try:
            alive = self._inner.loop.run(mode)
        except (_runtime.JavaScriptError, RuntimeError):
            self._raise_failure()
            raise
        self._raise_failure()
        return alive

    def _turn_for(self, settlement: Settlement) -> float | None:
        """Do what is due, beside another loop: in how many seconds to come again; None when the promise is settled."""
        self._check_open()
        alive = self._turn("nowait")
        if settlement.done:
            return None
        if not alive and not self._outstanding:
            raise self._never_settled()
        due = self._inner.loop.backend_timeout()
        return _MAX_WAIT / 10 if due < 0 else min(due / 1000, _MAX_WAIT)

    def _never_settled(self) -> RuntimeError:
        message = "the promise can never be settled: nothing is left in the event loop"
        if self._outstanding:
            message += (
                ". A Python function that JavaScript has called still awaits something; if that is of ouroloop.node, "
                "make the runtime on its loop: Runtime(loop=ouroloop.node.current().loop)")
        return RuntimeError(message)

    def wait(self, awaitable: JSPromise, *, time_limit: float | None = None) -> Any:
        """Run the loop until a promise is settled; its value.

        Raises `TimeoutError` when `time_limit` seconds were not enough, `RuntimeError` when nothing is left that
        could settle it.
        """
        self._check_open()
        if not isinstance(awaitable, JSPromise):
            raise TypeError(f"wait takes a promise of JavaScript's, not {type(awaitable).__name__}")
        if awaitable._ouroloop_runtime is not self:
            raise ValueError(f"{awaitable!r} belongs to another runtime")
        limit = _milliseconds(time_limit)
        settlement = awaitable._follow()
        loop = self._inner.loop
        deadline = None if limit is None else loop.now + limit
        while not settlement.done:
            alive = self._turn("once") if deadline is None else self._step_until(deadline)
            if not alive and not settlement.done:
                raise self._never_settled()
        return settlement.result()

    def _step_until(self, deadline: int) -> bool:
        loop = self._inner.loop
        if loop.now >= deadline:
            raise TimeoutError("the promise was not settled in time")
        timer = Timer(loop)
        timer.start(lambda: None, max(1, deadline - loop.now))
        timer.unref()
        alive = loop.alive
        self._turn("once")
        timer.close()
        return alive

    def _do(self, action: str, *args: Any, time_limit: float | None = None) -> Any:
        """One thing for JavaScript to do: an action of lib/internal/embedding.js."""
        self._check_open()
        engine = self._inner.engine
        limit = self.time_limit if time_limit is None else time_limit
        limit_ms = _milliseconds(limit)
        self._calls += 1
        if self._calls % _CALLS_BETWEEN_TASKS == 0 and not engine.depth:
            self._inner.run_tasks()  # where only calls are made, nobody else lets V8 tell what it has collected
        encoded = [self._values.encode(arg) for arg in args]
        engine.enter()
        try:
            if self._must_recover:
                self._must_recover = False
                self._recover()
            if self._released:
                released, self._released = self._released, []
                self._release(released)
            outcome = self._run(action, encoded) if limit_ms is None else self._run_limited(limit_ms, action, encoded)
            failed, value = outcome.to_python()
        except TimeoutError:
            self._raise_failure()
            raise TimeoutError(f"JavaScript took longer than its limit of {limit} s, and was stopped") from None
        except (_runtime.JavaScriptError, RuntimeError):  # stopped: by process.exit, or by an error nobody caught
            self._raise_failure()
            raise
        finally:
            engine.leave()
        self._raise_failure()
        if failed:
            raise self._values.error(value)
        return self._values.decode(value)

    def _run_limited(self, limit_ms: int, *args: Any) -> Any:
        natives = self._inner.engine.natives
        assert natives is not None
        if self._time_limit is None:
            self._time_limit = natives.time_limit()
        self._time_limit.start(limit_ms)
        is_over = True
        try:
            outcome = self._run(*args)
        finally:
            is_over = self._time_limit.stop()
            if is_over:
                natives.cancel_termination()
                self._must_recover = True
                raise TimeoutError
        return outcome

    def _check_open(self) -> None:
        if self.closed:
            raise RuntimeError("this runtime is closed: make another one")
        if not self._inner.engine.belongs_here:
            raise RuntimeError(
                "this runtime belongs to the thread that made it: use it there, or make another one in this thread")
        _engine.check_not_forked()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is None:
            return
        natives = self._inner.engine.natives
        if natives is not None and self._must_recover and not self._inner.engine.depth:
            natives.cancel_termination()
        raise failure

    # What JavaScript asks for (bindings/embedding.py)

    def call(self, number: int, args: list[Any]) -> list[Any]:
        """Call a function of Python: `[failed, encoded value]`."""
        try:
            return [0, self._values.encode(self._values.function(number)(*(self._values.decode(arg) for arg in args)))]
        except Exception as exc:
            return [1, self._values.encode_exception(exc)]
        except BaseException as exc:
            self._interrupt(exc)
            return [0, ["data", None]]

    def _interrupt(self, exc: BaseException) -> None:
        """Stop JavaScript; `exc` is raised where Python called in."""
        self._failure = exc
        self._stop()

    def _stop(self) -> None:
        """Stop JavaScript, and the loop with it."""
        self._must_recover = True
        self._stop_loop()
        natives = self._inner.engine.natives
        assert natives is not None
        natives.terminate()

    def call_async(self, number: int, request: int, args: list[Any]) -> None:
        """Start an `async def`; its end goes to a request of JavaScript's."""
        try:
            coroutine = self._values.function(number)(*(self._values.decode(arg) for arg in args))
        except Exception as exc:
            encoded = self._values.encode_exception(exc)
            self._inner.loop.defer(self._complete, request, 1, encoded)
            return
        except BaseException as exc:
            self._interrupt(exc)
            return
        start_coroutine(self, coroutine, lambda failed, value: self._complete(request, failed, value))

    def _complete(self, request: int, failed: int, value: list[Any]) -> None:
        if not self.closed:
            self._inner.complete(request, failed, value)

    def settled(self, request: int, failed: bool, value: list[Any]) -> None:
        """A promise that Python awaits is settled."""
        settlement = self._futures.pop(request)
        if failed:
            settlement.settle(self._values.error(value), None)
        else:
            settlement.settle(None, self._values.decode(value))

    def uncaught(self, error: list[Any]) -> None:
        """JavaScript threw something that nobody caught; it is raised where Python called in."""
        if self._failure is None:
            self._failure = self._values.error(error)
        self._stop_loop()

    def _stop_loop(self) -> None:
        if self._inner.loop.running:
            self._inner.loop.stop()

    def exited(self, code: int) -> None:
        """JavaScript called `process.exit`."""
        if self._failure is None:
            self._failure = JavaScriptExit(code)
        self._stop()

    def forget(self, number: int) -> None:
        """JavaScript has no more use for a function or an exception of Python's."""
        self._values.forget(number)

    # The end

    def close(self) -> None:
        """Give everything back.

        What came from the runtime can no longer be used. Closing a closed runtime does nothing.
        """
        if self.closed:
            return
        self._check_open()
        self._check_idle()
        self.closed = True
        self._values.clear()
        self._global = None
        if self._time_limit is not None:
            self._time_limit.close()
        del self._run, self._recover, self._release
        self._inner.kept.clear()
        self._inner.close(self._owns_loop)

    def __del__(self) -> None:
        """Nobody can reach it any more, nor run its loop: close it, if this is its thread."""
        if self.closed or not self._owns_loop or sys.is_finalizing() or _engine.is_forked():
            return
        engine = self._inner.engine
        if engine.belongs_here and not engine.depth:
            self.close()

    def _check_idle(self) -> None:
        if self._inner.engine.depth:
            raise EngineBusyError("JavaScript is running: a runtime cannot be closed by a function that it called")

    def __repr__(self) -> str:
        return f"<ouroloop.Runtime{' closed' if self.closed else ''}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Runtime cannot be copied or pickled: make another one")


def _check_text(value: object, rule: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{rule}, not {type(value).__name__}")


def _milliseconds(limit: float | None) -> int | None:
    """A time limit in whole ms. Raises `TypeError` or `ValueError` for what is none."""
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, (int, float)):
        raise TypeError(f"a time limit is a number of seconds, not {type(limit).__name__}")
    if not limit >= 0:
        raise ValueError(f"a time limit is a number of seconds, not {limit}")
    return int(min(limit, _LONGEST) * 1000)
