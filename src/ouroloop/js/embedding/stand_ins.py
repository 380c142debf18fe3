"""What stands in Python for what is JavaScript's: objects, functions, promises, errors.

Theory of operation. A stand-in holds its runtime and a number by which JavaScript finds the thing itself; when Python
has no more use for it, the number goes back with the next call. Properties are attributes and items, and each look at
one is a call into JavaScript.

What surprises people: a method that was looked up keeps the object as its `this`, as in Python; and names that Python
itself looks up (`__len__` and the like) never reach JavaScript.
"""

from __future__ import annotations

import asyncio

from .awaiting import Settlement, await_in_asyncio, await_on_our_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator
    from typing import Any, NoReturn

    from .runtime import Runtime

_SLOTS = {"_ouroloop_runtime", "_ouroloop_number", "_ouroloop_name", "_ouroloop_self"}


class Reference:
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
        if not isinstance(other, Reference):
            return NotImplemented
        return self._ouroloop_runtime is other._ouroloop_runtime and self._ouroloop_number == other._ouroloop_number

    def __hash__(self) -> int:
        return hash((id(self._ouroloop_runtime), self._ouroloop_number))


class JSObject(Reference):
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
            yield from map(runtime._values.decode, items)
            return
        iterator = runtime._do("iterator", self)
        is_done = False
        try:
            while True:
                is_done, *value = runtime._do("next", iterator)
                if is_done:
                    return
                yield from map(runtime._values.decode, value)
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
                yield runtime._values.decode(item)

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

    def _follow(self) -> Settlement:
        runtime = self._ouroloop_runtime
        request = runtime._values.next_number()
        settlement = runtime._futures[request] = Settlement()
        runtime._do("follow", self, request)
        return settlement

    def __await__(self) -> Generator[Any, Any, Any]:
        settlement = self._follow()
        if settlement.done:
            return settlement.result()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return (yield from await_on_our_loop(self._ouroloop_runtime, settlement))
        return (yield from await_in_asyncio(self._ouroloop_runtime, settlement).__await__())


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
        value = None if isinstance(self.value, Reference) else self.value
        return type(self), (self.name, self.message, self.stack, value)


class JavaScriptExit(Exception):
    """JavaScript called `process.exit`. `code` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"JavaScript ended its process with exit code {code}")
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code,)
