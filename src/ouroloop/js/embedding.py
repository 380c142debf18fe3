"""ouroloop.Runtime: JavaScript inside a Python program.

Theory of operation. A runtime is a JavaScript world with a loop of its own, or the loop it is given. Data crosses by
copy: numbers, text, bytes, dates, and lists and dicts of such, in a form that names its kind (`["bytes", …]`); what
is nested deeply goes as a flat table. Everything else is a stand-in: `JSObject`, `JSFunction`, `JSPromise` here for
what is JavaScript's; a function there for what is Python's, until JavaScript has no more use for it. Calling in runs
ticks and microtasks before it returns; timers and I/O need the loop, which runs while something is awaited, and in
`run()`.

What surprises people: while JavaScript runs and calls a function of Python, that function cannot call JavaScript in
turn (`EngineBusyError`): make it `async def`, or return. A JavaScript error is raised as `JavaScriptError`, with
JavaScript's stack; if it began as a Python exception, that is its `__cause__`. `KeyboardInterrupt` and the like are
no errors: they stop JavaScript and come out as themselves. A runtime belongs to the thread that made it.
"""

from __future__ import annotations

import asyncio
import datetime
import inspect
import math
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from threading import get_ident

from ..loop import Loop, RunMode, Timer
from . import engine as _engine
from . import runtime as _runtime
from .engine import EngineBusyError
from .options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
    from typing import Any, NoReturn, Self

    from ..node.environment import Environment
    from .time_limit import TimeLimit

__all__ = ["EngineBusyError", "JSFunction", "JSObject", "JSPromise", "JavaScriptError", "JavaScriptExit", "Runtime"]

_MAX_SAFE_INTEGER = 2**53 - 1
_MAX_NESTED = 10  # levels of lists and dicts; each is up to three on its way, of which V8's binding takes less than 100
_MAX_WAIT = 0.05  # seconds: how long asyncio sleeps at most before it looks at our loop again
_LONGEST = 2**31 / 1000  # seconds: more than this is no limit that anybody would see reached
_CALLS_BETWEEN_TASKS = 1024
_SURROGATES = re.compile("[\ud800-\udfff]")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


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

    def __reduce__(self) -> tuple[Any, ...]:
        value = None if isinstance(self.value, _Reference) else self.value
        return type(self), (self.name, self.message, self.stack, value)


class JavaScriptExit(Exception):
    """JavaScript called `process.exit`. `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"JavaScript ended its process with exit code {code}")
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code,)


class _NestedError(Exception):
    """A value is nested more deeply than is encoded level by level."""


class Runtime:
    """A JavaScript runtime: a context manager.

    `argv` is `process.argv[2:]`; `loop` is a loop to run on, as `ouroloop.node.current().loop`, in place of one of its
    own; `time_limit` (seconds) holds for each call into JavaScript that does not bring its own. It belongs to the
    thread that makes it.
    """

    def __init__(
        self, *, argv: Sequence[str] = (), time_limit: float | None = None, loop: Loop | None = None,
    ) -> None:
        _milliseconds(time_limit)
        if isinstance(argv, str) or not isinstance(argv, Sequence) or not all(isinstance(word, str) for word in argv):
            raise TypeError("argv takes a list of texts: the words after the program's name")
        if loop is not None and not isinstance(loop, Loop):
            raise TypeError(f"loop takes an ouroloop.loop.Loop, not {type(loop).__name__}")
        self.time_limit = time_limit
        self._thread = get_ident()
        self._owns_loop = loop is None
        self._functions: dict[int, Callable[..., Any]] = {}
        self._function_numbers: dict[int, int] = {}
        self._errors: dict[int, BaseException] = {}
        self._futures: dict[int, _Settlement] = {}
        self._released: list[int] = []
        self._outstanding = 0  # of Python's coroutines: those that JavaScript waits for
        self._calls = 0
        self._last = 0
        self._failure: BaseException | None = None
        self._time_limit: TimeLimit | None = None
        self._must_recover = False  # JavaScript was stopped in the midst of something
        self.closed = False
        program = sys.argv[0] if os.path.isabs(sys.argv[0]) else sys.executable
        self._inner = _runtime.Runtime(
            [program, "", *argv], [], Options().values, loop, embedding=self)
        self._run = self._inner.engine.function("__embedding.run")
        self._recover = self._inner.engine.function("__embedding.recover")
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

    def _turn_for(self, settlement: _Settlement) -> float | None:
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
        encoded = [self._encode(arg) for arg in args]
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
            raise self._error(value)
        return self._decode(value)

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
        if self._thread != get_ident():
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

    # Values to JavaScript

    def _encode(self, value: Any) -> list[Any]:
        try:
            return self._encode_nested(value, 0)
        except _NestedError:
            return ["flat", self._flatten(value)]

    def _encode_nested(self, value: Any, depth: int) -> list[Any]:
        if isinstance(value, Mapping):
            if depth == _MAX_NESTED:
                raise _NestedError
            return ["dict", [
                [self._encode_text(str(key)), self._encode_nested(item, depth + 1)] for key, item in value.items()]]
        if _is_list(value):
            if depth == _MAX_NESTED:
                raise _NestedError
            return ["list", [self._encode_nested(item, depth + 1) for item in value]]
        return self._encode_single(value)

    def _flatten(self, value: Any) -> list[list[Any]]:
        """A value as a table: a list or dict is a row of its items' numbers. What contains itself does so there too."""
        rows: list[list[Any]] = []
        numbers: dict[int, int] = {}
        to_do: list[tuple[list[Any], Any]] = []  # rows, and what belongs in them; it also keeps the values alive

        def number(item: Any) -> int:
            is_container = isinstance(item, Mapping) or _is_list(item)
            if is_container and id(item) in numbers:
                return numbers[id(item)]
            rows.append([] if is_container else self._encode_single(item))
            if is_container:
                numbers[id(item)] = len(rows) - 1
                to_do.append((rows[-1], item))
            return len(rows) - 1

        number(value)
        for row, item in to_do:  # grows meanwhile
            if isinstance(item, Mapping):
                pairs = [[self._encode_text(str(key)), number(each)] for key, each in item.items()]
                row.extend(["dict", pairs])
            else:
                row.extend(["list", [number(each) for each in item]])
        return rows

    def _encode_text(self, text: str) -> list[Any]:
        if text.isascii() or not _SURROGATES.search(text):
            return ["data", text]
        return ["utf16", text.encode("utf-16-le", "surrogatepass")]

    def _encode_single(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            return self._encode_text(value)
        if value is None or isinstance(value, (bool, float)):
            return ["data", value]
        if isinstance(value, int):
            return ["data", value] if abs(value) <= _MAX_SAFE_INTEGER else ["bigint", hex(value)]
        if isinstance(value, (bytes, bytearray, memoryview)):
            return ["bytes", bytes(value)]
        if isinstance(value, _Reference):
            if value._ouroloop_runtime is not self:
                raise ValueError(f"{value!r} belongs to another runtime")
            return ["reference", value._ouroloop_number]
        if isinstance(value, datetime.date):
            return ["date", _milliseconds_since_1970(value)]
        if isinstance(value, BaseException):
            return self._encode_exception(value)
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
        name = getattr(function, "__name__", type(function).__name__)
        return ["async" if is_async else "function", number, name if isinstance(name, str) else ""]

    def _encode_exception(self, exc: BaseException) -> list[Any]:
        thrown = exc.value if isinstance(exc, JavaScriptError) else None
        if isinstance(thrown, _Reference) and thrown._ouroloop_runtime is self:
            return ["reference", thrown._ouroloop_number]
        number = self._last = self._last + 1
        self._errors[number] = exc
        try:
            message, text = str(exc), "".join(traceback.format_exception(exc))
        except Exception as failure:  # the exception does not let itself be told
            message = text = f"<no text: {type(failure).__name__}>"
        return ["error", [type(exc).__name__, self._encode_text(message), self._encode_text(text)], number]

    def forget(self, number: int) -> None:
        """JavaScript has no more use for a function or an exception of Python's."""
        self._errors.pop(number, None)
        function = self._functions.pop(number, None)
        if function is not None:
            del self._function_numbers[id(function)]

    # Values from JavaScript

    def _decode(self, value: list[Any]) -> Any:
        kind, content, *rest = value
        if kind == "data":
            return content
        if kind == "utf16":
            return content.decode("utf-16-le", "surrogatepass")
        if kind == "bigint":
            return int(content, 16)
        if kind == "flat":
            return self._unflatten(content)
        if kind == "function":
            return JSFunction(self, content, rest[0])
        if kind == "promise":
            return JSPromise(self, content, "Promise")
        return JSObject(self, content, rest[0])

    def _unflatten(self, rows: list[list[Any]]) -> Any:
        made: list[Any] = [
            [] if kind == "list" else {} if kind == "dict" else self._decode([kind, content]) for kind, content in rows]
        for target, (kind, content) in zip(made, rows, strict=True):
            if kind == "list":
                target.extend(made[int(number)] for number in content)
            elif kind == "dict":
                target.update((self._decode(key), made[int(number)]) for key, number in content)
        return made[0]

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
            coroutine = self._functions[number](*(self._decode(arg) for arg in args))
        except Exception as exc:
            encoded = self._encode_exception(exc)
            self._inner.loop.defer(self._complete, request, 1, encoded)
            return
        except BaseException as exc:
            self._interrupt(exc)
            return
        _start(self, coroutine, lambda failed, value: self._complete(request, failed, value))

    def _complete(self, request: int, failed: int, value: list[Any]) -> None:
        if not self.closed:
            self._inner.complete(request, failed, value)

    def settled(self, request: int, failed: bool, value: list[Any]) -> None:
        """A promise that Python awaits is settled."""
        settlement = self._futures.pop(request)
        if failed:
            settlement.settle(self._error(value), None)
        else:
            settlement.settle(None, self._decode(value))

    def uncaught(self, error: list[Any]) -> None:
        """JavaScript threw something that nobody caught; it is raised where Python called in."""
        if self._failure is None:
            self._failure = self._error(error)
        self._stop_loop()

    def _stop_loop(self) -> None:
        if self._inner.loop.running:
            self._inner.loop.stop()

    def exited(self, code: int) -> None:
        """JavaScript called `process.exit`."""
        if self._failure is None:
            self._failure = JavaScriptExit(code)
        self._stop()

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
        self._functions.clear()
        self._function_numbers.clear()
        self._errors.clear()
        self._global = None
        if self._time_limit is not None:
            self._time_limit.close()
        del self._run, self._recover, self._release
        self._inner.close(self._owns_loop)

    def _check_idle(self) -> None:
        if self._inner.engine.depth:
            raise EngineBusyError("JavaScript is running: a runtime cannot be closed by a function that it called")

    def __repr__(self) -> str:
        return f"<ouroloop.Runtime{' closed' if self.closed else ''}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Runtime cannot be copied or pickled: make another one")


def _is_list(value: Any) -> bool:
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return False
    return isinstance(value, (list, tuple, Sequence, set, frozenset))


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


def _milliseconds_since_1970(value: datetime.date) -> float:
    """JavaScript's time; a day without a time is its beginning in UTC, as JavaScript has it."""
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
    elif value.tzinfo is None:
        try:
            return float(math.floor(value.timestamp() * 1000))
        except (ValueError, OverflowError):  # the first or last day there is, in some time zones
            value = value.replace(tzinfo=datetime.UTC)
    return float((value - _EPOCH) // datetime.timedelta(milliseconds=1))


class _Reference:
    """Something of JavaScript's that Python holds."""

    __slots__ = ("__weakref__", "_ouroloop_name", "_ouroloop_number", "_ouroloop_runtime")

    def __init__(self, runtime: Runtime, number: int, name: str) -> None:
        self._ouroloop_runtime = runtime
        self._ouroloop_number = number
        self._ouroloop_name = name

    def __del__(self) -> None:
        if not self._ouroloop_runtime.closed:
            self._ouroloop_runtime._released.append(self._ouroloop_number)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be copied or pickled: it stands for something in a JavaScript runtime")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Reference):
            return NotImplemented
        return self._ouroloop_runtime is other._ouroloop_runtime and self._ouroloop_number == other._ouroloop_number

    def __hash__(self) -> int:
        return hash((id(self._ouroloop_runtime), self._ouroloop_number))


class JSObject(_Reference):
    """An object of JavaScript's. Its properties are attributes and items; its methods are called on it."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if (name.startswith("__") and name.endswith("__")) or name in _SLOTS:
            raise AttributeError(name)
        runtime = self._ouroloop_runtime
        value = runtime._do("get", self, name)
        if isinstance(value, JSFunction):
            value._ouroloop_self = self
        elif value is None and not runtime._do("has", self, name):
            raise AttributeError(f"the JavaScript object {self._ouroloop_name} has no property {name!r}")
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SLOTS:
            object.__setattr__(self, name, value)
        else:
            self._ouroloop_runtime._do("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._ouroloop_runtime._do("delete", self, name)

    def __getitem__(self, key: str | int) -> Any:
        value = self._ouroloop_runtime._do("get", self, key)
        if value is None and not self._ouroloop_runtime._do("has", self, key):
            raise KeyError(key)
        if isinstance(value, JSFunction):
            value._ouroloop_self = self
        return value

    def __setitem__(self, key: str | int, value: Any) -> None:
        self._ouroloop_runtime._do("set", self, key, value)

    def __delitem__(self, key: str | int) -> None:
        self._ouroloop_runtime._do("delete", self, key)

    def __contains__(self, key: str | int) -> bool:
        return bool(self._ouroloop_runtime._do("has", self, key))

    def __iter__(self) -> Iterator[Any]:
        runtime = self._ouroloop_runtime
        items = runtime._do("list", self)
        if items is not None:
            yield from map(runtime._decode, items)
            return
        iterator = runtime._do("iterator", self)
        is_done = False
        try:
            while True:
                is_done, *value = runtime._do("next", iterator)
                if is_done:
                    return
                yield from map(runtime._decode, value)
        except JavaScriptError:
            is_done = True  # an iterator that has thrown is not told to end
            raise
        finally:
            if not is_done and not runtime.closed:
                runtime._do("return", iterator)

    async def __aiter__(self) -> AsyncIterator[Any]:
        runtime = self._ouroloop_runtime
        iterator = runtime._do("asyncIterator", self)
        while True:
            is_done, *value = await runtime._do("asyncNext", iterator)
            if is_done:
                return
            for item in value:
                yield runtime._decode(item)

    def __dir__(self) -> list[str]:
        return list(self._ouroloop_runtime._do("keys", self))

    def keys(self) -> list[str]:
        """The names of its own enumerable properties."""
        return list(self._ouroloop_runtime._do("keys", self))

    def to_python(self) -> Any:
        """A copy, as JSON would have it."""
        return self._ouroloop_runtime._do("copy", self)

    def __repr__(self) -> str:
        if self._ouroloop_runtime.closed:
            return f"<JavaScript {self._ouroloop_name or 'function'} of a closed runtime>"
        if self._ouroloop_runtime._inner.engine.depth:
            return f"<JavaScript {self._ouroloop_name}>"
        return f"<JavaScript {self._ouroloop_runtime._do('describe', self)}>"


class JSFunction(JSObject):
    """A function of JavaScript's: call it. `call` takes `this` and a time limit, `new` constructs."""

    __slots__ = ("_ouroloop_self",)

    def __init__(self, runtime: Runtime, number: int, name: str) -> None:
        super().__init__(runtime, number, name)
        self._ouroloop_self: Any = None

    def __call__(self, *args: Any) -> Any:
        return self._ouroloop_runtime._do("call", self, self._ouroloop_self, args)

    def call(self, *args: Any, this: Any = None, time_limit: float | None = None) -> Any:
        """Call it with `this`, in at most `time_limit` seconds."""
        this = self._ouroloop_self if this is None else this
        return self._ouroloop_runtime._do("call", self, this, args, time_limit=time_limit)

    def new(self, *args: Any) -> Any:
        """`new function(*args)`."""
        return self._ouroloop_runtime._do("construct", self, args)


class JSPromise(JSObject):
    """A promise of JavaScript's: await it, in asyncio or in a program on `ouroloop.node`; or `Runtime.wait` for it."""

    __slots__ = ()

    def _follow(self) -> _Settlement:
        runtime = self._ouroloop_runtime
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
            return (yield from _await_on_our_loop(self._ouroloop_runtime, settlement))
        return (yield from _await_in_asyncio(self._ouroloop_runtime, settlement).__await__())


_SLOTS = {"_ouroloop_runtime", "_ouroloop_number", "_ouroloop_name", "_ouroloop_self"}


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


def _await_on_our_loop(runtime: Runtime, settlement: _Settlement) -> Generator[Any, Any, Any]:
    """Await in a coroutine of `ouroloop.node`. If the program has a loop of its own, the runtime's runs beside it."""
    from ..node import environment
    from ..node.promise import Promise

    def settle(resolve: Callable[[Any], object], _reject: object) -> None:
        settlement.callback = lambda: resolve(None)

    promise: Promise[None] = Promise(settle)
    program = environment._current
    if program is None or not program.running or program.loop is runtime._inner.loop:
        yield from promise.__await__()
        return settlement.result()
    timer = Timer(program.loop)
    _turn_beside(runtime, settlement, program, timer)
    try:
        yield from promise.__await__()
    finally:
        timer.close()
    return settlement.result()


def _turn_beside(runtime: Runtime, settlement: _Settlement, program: Environment, timer: Timer) -> None:
    """Turn the runtime's loop whenever it has something to do, by a timer of the program's."""

    def turn() -> None:
        try:
            due = runtime._turn_for(settlement)
        except BaseException as exc:
            if not isinstance(exc, Exception):
                raise
            settlement.settle(exc, None)
            return
        if due is not None:
            start(max(1, int(due * 1000)))

    def start(ms: int) -> None:
        timer.start(lambda: program.make_callback(turn), ms)

    start(0)


async def _await_in_asyncio(runtime: Runtime, settlement: _Settlement) -> Any:
    """Let our loop run beside asyncio's, which sleeps until ours has something to do."""
    while not settlement.done and (due := runtime._turn_for(settlement)) is not None:
        await asyncio.sleep(due)
    return settlement.result()


def _start(runtime: Runtime, coroutine: Awaitable[Any], tell: Callable[[int, list[Any]], object]) -> None:
    """Start a coroutine of Python that JavaScript waits for: as a task of asyncio, or on our loop."""

    async def follow() -> None:
        try:
            failed, value = 0, runtime._encode(await coroutine)
        except BaseException as exc:
            failed, value = 1, runtime._encode_exception(exc)
            if not isinstance(exc, Exception):  # cancelled, for one: both JavaScript and Python are to know
                raise
        finally:
            runtime._outstanding -= 1
            tell(failed, value)

    runtime._outstanding += 1
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
