"""ouroloop.Runtime: JavaScript inside a Python program.

Theory of operation. A runtime is a JavaScript world with a loop of its own, or the loop it is given. Data crosses by
copy: numbers, text, bytes, dates, and lists and dicts of such. Everything else is a stand-in: `JSObject`,
`JSFunction`, `JSPromise` here for what is JavaScript's; a function there for what is Python's. Calling in runs ticks
and microtasks before it returns; timers and I/O need the loop, which runs while something is awaited, and in `run()`.

What surprises people: while JavaScript runs and calls a function of Python, that function cannot call JavaScript in
turn (`EngineBusyError`): make it `async def`, or return. A JavaScript error is raised as `JavaScriptError`, with
JavaScript's stack; if it began as a Python exception, that is its `__cause__`.
"""

from __future__ import annotations

import asyncio
import datetime
import inspect
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Self

from ..loop import Loop, RunMode
from . import runtime as _runtime
from .engine import EngineBusyError
from .options import Options

__all__ = ["EngineBusyError", "JSFunction", "JSObject", "JSPromise", "JavaScriptError", "JavaScriptExit", "Runtime"]

_MAX_SAFE_INTEGER = 2**53 - 1
_MAX_WAIT = 0.05  # seconds: how long asyncio sleeps at most before it looks at our loop again


class JavaScriptError(Exception):
    """What JavaScript threw.

    `name` and `message` are the error's, `stack` is JavaScript's stack trace (None if a thing was thrown that is no
    error), `value` is what was thrown.
    """

    def __init__(self, name: str, message: str, stack: str | None, value: Any) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.message = message
        self.stack = stack
        self.value = value
        if stack:
            frames = [line for line in stack.splitlines() if line.lstrip().startswith("at ")]
            if frames:
                self.add_note("JavaScript stack:\n" + "\n".join(frames))


class JavaScriptExit(Exception):
    """JavaScript called `process.exit`. `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"JavaScript ended its process with exit code {code}")
        self.code = code


class Runtime:
    """A JavaScript runtime: a context manager.

    `argv` and `env` are `process.argv[2:]` and additions to `process.env`; `loop` is a loop to run on; `time_limit`
    (seconds) holds for each call into JavaScript that does not bring its own.
    """

    def __init__(
        self, *, argv: Sequence[str] = (), time_limit: float | None = None, loop: Loop | None = None,
    ) -> None:
        self.time_limit = time_limit
        self._owns_loop = loop is None
        self._functions: dict[int, Callable[..., Any]] = {}
        self._function_numbers: dict[int, int] = {}
        self._errors: dict[int, BaseException] = {}
        self._futures: dict[int, _Settlement] = {}
        self._released: list[int] = []
        self._last = 0
        self._failure: BaseException | None = None
        self.closed = False
        program = sys.argv[0] if os.path.isabs(sys.argv[0]) else sys.executable
        self._inner = _runtime.Runtime(
            [program, "", *argv], [], Options().values, loop, embedding=self)
        self._run = self._inner.engine.function("__embedding.run")
        self._keep = self._inner.engine.function("__embedding.keepAction")
        self._release = self._inner.engine.function("__embedding.release")
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
        return self._do("eval", source, filename, time_limit=time_limit)

    def require(self, specifier: str) -> Any:
        """What `require(specifier)` gives in the working folder: a core module, a package, or a file ("./x.cjs")."""
        return self._do("require", specifier)

    def import_(self, specifier: str) -> JSPromise:
        """`import(specifier)`: await it for the module's namespace."""
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
        try:
            alive = self._inner.loop.run(mode)
        except (_runtime.JavaScriptError, RuntimeError):
            self._raise_failure()
            raise
        self._raise_failure()
        return alive

    def wait(self, awaitable: JSPromise, *, time_limit: float | None = None) -> Any:
        """Run the loop until a promise is settled; its value.

        Raises `TimeoutError` when `time_limit` seconds were not enough, `RuntimeError` when nothing is left that
        could settle it.
        """
        self._check_open()
        settlement = awaitable._follow()
        loop = self._inner.loop
        deadline = None if time_limit is None else loop.now + int(time_limit * 1000)
        while not settlement.done:
            alive = self._turn("once") if deadline is None else self._step_until(deadline)
            if not alive and not settlement.done:
                raise RuntimeError("the promise can never be settled: nothing is left in the event loop")
        return settlement.result()

    def _step_until(self, deadline: int) -> bool:
        from ..loop import Timer

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
        encoded = [self._encode(arg) for arg in args]
        engine.enter()
        try:
            if self._released:
                released, self._released = self._released, []
                self._release(released)
            if limit is None:
                outcome = self._run(action, encoded)
            else:
                self._keep(action, encoded)
                outcome = engine.context.eval("__embedding.runKept()", timeout_ms=max(1, int(limit * 1000)))
            failed, value = outcome.to_python()
        except TimeoutError:
            raise TimeoutError(f"JavaScript took longer than its limit of {limit} s, and was stopped") from None
        except (_runtime.JavaScriptError, RuntimeError):  # stopped: by process.exit, or by an error nobody caught
            self._raise_failure()
            raise
        finally:
            engine.leave()
        self._raise_failure()
        if failed:
            raise self._error(value)
        return self._decode(value)

    def _check_open(self) -> None:
        if self.closed:
            raise RuntimeError("this runtime is closed: make another one")

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    # Values to JavaScript

    def _encode(self, value: Any) -> list[Any]:
        if value is None or isinstance(value, (bool, float, str)):
            return ["data", value]
        if isinstance(value, int):
            return ["data", value] if abs(value) <= _MAX_SAFE_INTEGER else ["bigint", str(value)]
        if isinstance(value, (bytes, bytearray, memoryview)):
            return ["bytes", bytes(value)]
        if isinstance(value, _Reference):
            if value._runtime is not self:
                raise ValueError(f"{value!r} belongs to another runtime")
            return ["reference", value._number]
        if isinstance(value, datetime.datetime):
            return ["date", value.timestamp() * 1000]
        if isinstance(value, Mapping):
            return ["dict", [[str(key), self._encode(item)] for key, item in value.items()]]
        if isinstance(value, (Sequence, set, frozenset)):
            return ["list", [self._encode(item) for item in value]]
        if callable(value):
            return self._encode_function(value)
        raise TypeError(
            f"{type(value).__name__} cannot be passed to JavaScript: give it data (numbers, text, bytes, dates, "
            "lists, dicts), "
            "a function, or something that came from JavaScript")

    def _encode_function(self, function: Callable[..., Any]) -> list[Any]:
        number = self._function_numbers.get(id(function))
        if number is None:
            number = self._last = self._last + 1
            self._functions[number] = function
            self._function_numbers[id(function)] = number
        is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
        return ["async" if is_async else "function", number, getattr(function, "__name__", type(function).__name__)]

    def _encode_exception(self, exc: BaseException) -> list[Any]:
        if isinstance(exc, JavaScriptError) and isinstance(exc.value, _Reference) and exc.value._runtime is self:
            return self._encode(exc.value)
        number = self._last = self._last + 1
        self._errors[number] = exc
        text = "".join(traceback.format_exception(exc))
        return ["error", [type(exc).__name__, str(exc), text], number]

    # Values from JavaScript

    def _decode(self, value: list[Any]) -> Any:
        kind, content, *rest = value
        if kind == "data":
            return content
        if kind == "function":
            return JSFunction(self, content, rest[0])
        if kind == "promise":
            return JSPromise(self, content, "Promise")
        return JSObject(self, content, rest[0])

    def _error(self, encoded: list[Any]) -> JavaScriptError:
        name, message, stack, value, number = encoded
        error = JavaScriptError(name, message, stack, self._decode(value))
        error.__cause__ = self._errors.get(int(number))
        return error

    # What JavaScript asks for (bindings/embedding.py)

    def call(self, number: int, args: list[Any]) -> list[Any]:
        """Call a function of Python: `[failed, encoded value]`."""
        try:
            return [0, self._encode(self._functions[number](*(self._decode(arg) for arg in args)))]
        except Exception as exc:
            return [1, self._encode_exception(exc)]

    def call_async(self, number: int, request: int, args: list[Any]) -> None:
        """Start an `async def`; its end goes to a request of JavaScript's."""
        try:
            coroutine = self._functions[number](*(self._decode(arg) for arg in args))
        except Exception as exc:
            encoded = self._encode_exception(exc)
            self._inner.loop.defer(self._inner.complete, request, 1, encoded)
            return
        _start(self, coroutine, lambda failed, value: self._inner.complete(request, failed, value))

    def settled(self, request: int, failed: bool, value: list[Any]) -> None:
        """A promise that Python awaits is settled."""
        settlement = self._futures.pop(request)
        if failed:
            settlement.settle(self._error(value), None)
        else:
            settlement.settle(None, self._decode(value))

    def uncaught(self, error: list[Any]) -> None:
        """JavaScript threw something that nobody caught; it is raised where Python called in."""
        self._failure = self._error(error)

    def exited(self, code: int) -> None:
        """JavaScript called `process.exit`."""
        if self._failure is None:
            self._failure = JavaScriptExit(code)

    # The end

    def close(self) -> None:
        """Give everything back.

        What came from the runtime can no longer be used. Closing a closed runtime does nothing.
        """
        if self.closed:
            return
        self._check_idle()
        self.closed = True
        self._functions.clear()
        self._function_numbers.clear()
        self._errors.clear()
        self._global = None
        del self._run, self._keep, self._release
        self._inner.close(self._owns_loop)

    def _check_idle(self) -> None:
        if self._inner.engine.depth:
            raise EngineBusyError("JavaScript is running: a runtime cannot be closed by a function that it called")

    def __repr__(self) -> str:
        return f"<ouroloop.Runtime{' closed' if self.closed else ''}>"


class _Reference:
    """Something of JavaScript's that Python holds."""

    __slots__ = ("__weakref__", "_name", "_number", "_runtime")

    def __init__(self, runtime: Runtime, number: int, name: str) -> None:
        self._runtime = runtime
        self._number = number
        self._name = name

    def __del__(self) -> None:
        if not self._runtime.closed:
            self._runtime._released.append(self._number)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Reference):
            return NotImplemented
        return self._runtime is other._runtime and self._number == other._number

    def __hash__(self) -> int:
        return hash((id(self._runtime), self._number))


class JSObject(_Reference):
    """An object of JavaScript's. Its properties are attributes and items; its methods are called on it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        runtime = self._runtime
        value = runtime._do("get", self, name)
        if isinstance(value, JSFunction):
            value._self = self
        elif value is None and not runtime._do("has", self, name):
            raise AttributeError(f"the JavaScript object {self._name} has no property {name!r}")
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SLOTS:
            object.__setattr__(self, name, value)
        else:
            self._runtime._do("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._runtime._do("delete", self, name)

    def __getitem__(self, key: str | int) -> Any:
        value = self._runtime._do("get", self, key)
        if value is None and not self._runtime._do("has", self, key):
            raise KeyError(key)
        if isinstance(value, JSFunction):
            value._self = self
        return value

    def __setitem__(self, key: str | int, value: Any) -> None:
        self._runtime._do("set", self, key, value)

    def __delitem__(self, key: str | int) -> None:
        self._runtime._do("delete", self, key)

    def __contains__(self, key: str | int) -> bool:
        return bool(self._runtime._do("has", self, key))

    def __iter__(self) -> Iterator[Any]:
        runtime = self._runtime
        return iter([runtime._decode(item) for item in runtime._do("list", self)])

    def __dir__(self) -> list[str]:
        return list(self._runtime._do("keys", self))

    def keys(self) -> list[str]:
        """The names of its own enumerable properties."""
        return list(self._runtime._do("keys", self))

    def to_python(self) -> Any:
        """A copy, as JSON would have it."""
        return self._runtime._do("copy", self)

    def __repr__(self) -> str:
        if self._runtime.closed:
            return f"<JavaScript {self._name} of a closed runtime>"
        if self._runtime._inner.engine.depth:
            return f"<JavaScript {self._name}>"
        return f"<JavaScript {self._runtime._do('describe', self)}>"


class JSFunction(JSObject):
    """A function of JavaScript's: call it. `call` takes `this` and a time limit, `new` constructs."""

    __slots__ = ("_self",)

    def __init__(self, runtime: Runtime, number: int, name: str) -> None:
        super().__init__(runtime, number, name)
        self._self: Any = None

    def __call__(self, *args: Any) -> Any:
        return self._runtime._do("call", self, self._self, args)

    def call(self, *args: Any, this: Any = None, time_limit: float | None = None) -> Any:
        """Call it with `this`, in at most `time_limit` seconds."""
        return self._runtime._do("call", self, self._self if this is None else this, args, time_limit=time_limit)

    def new(self, *args: Any) -> Any:
        """`new function(*args)`."""
        return self._runtime._do("construct", self, args)


class JSPromise(JSObject):
    """A promise of JavaScript's: await it, in asyncio or in a program on `ouroloop.node`; or `Runtime.wait` for it."""

    __slots__ = ()

    def _follow(self) -> _Settlement:
        runtime = self._runtime
        request = runtime._last = runtime._last + 1
        settlement = runtime._futures[request] = _Settlement()
        runtime._do("follow", self, request)
        return settlement

    def __await__(self) -> Generator[Any, Any, Any]:
        settlement = self._follow()
        if settlement.done:
            return settlement.result()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return (yield from _await_on_our_loop(settlement))
        return (yield from _await_in_asyncio(self._runtime, settlement).__await__())


_SLOTS = {"_runtime", "_number", "_name", "_self"}


class _Settlement:
    """What became of a promise, once it is known."""

    __slots__ = ("_error", "_value", "callback", "done")

    def __init__(self) -> None:
        self.done = False
        self._error: BaseException | None = None
        self._value: Any = None
        self.callback: Callable[[], object] | None = None

    def settle(self, error: BaseException | None, value: Any) -> None:
        self.done, self._error, self._value = True, error, value
        if self.callback is not None:
            self.callback()

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value


def _await_on_our_loop(settlement: _Settlement) -> Generator[Any, Any, Any]:
    """Await in a coroutine of `ouroloop.node`."""
    from ..node.promise import Promise

    def settle(resolve: Callable[[Any], object], _reject: object) -> None:
        settlement.callback = lambda: resolve(None)

    yield from Promise(settle).__await__()
    return settlement.result()


async def _await_in_asyncio(runtime: Runtime, settlement: _Settlement) -> Any:
    """Let our loop run beside asyncio's, which sleeps until ours has something to do."""
    ours = runtime._inner.loop
    while not settlement.done:
        alive = runtime._turn("nowait")
        if settlement.done:
            break
        if not alive and not _outstanding.get(id(runtime)):
            raise RuntimeError("the promise can never be settled: nothing is left in the event loop")
        due = ours.backend_timeout()
        await asyncio.sleep(_MAX_WAIT / 10 if due < 0 else min(due / 1000, _MAX_WAIT))
    return settlement.result()


_outstanding: dict[int, int] = {}  # by id of a runtime: how many of Python's coroutines JavaScript waits for


def _start(runtime: Runtime, coroutine: Awaitable[Any], tell: Callable[[int, list[Any]], object]) -> None:
    """Start a coroutine of Python that JavaScript waits for: as a task of asyncio, or on our loop."""

    async def follow() -> None:
        try:
            failed, value = 0, runtime._encode(await coroutine)
        except Exception as exc:
            failed, value = 1, runtime._encode_exception(exc)
        _outstanding[id(runtime)] -= 1
        tell(failed, value)

    _outstanding[id(runtime)] = _outstanding.get(id(runtime), 0) + 1
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        from ..node.promise import start

        runtime._inner.loop.defer(lambda: start(follow()))
        return
    task = loop.create_task(follow())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()
