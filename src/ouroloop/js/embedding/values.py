"""How values cross between Python and JavaScript.

Theory of operation. Data crosses by copy, in a form that names its kind: `["data", 1]`, `["bytes", …]`, `["list", …]`;
what is nested deeply, or contains itself, goes as a flat table (`["flat", rows]`). Everything else is a stand-in: for
what is JavaScript's, an object of `stand_ins.py` with its number there; for a function or an exception of Python's, a
number here, kept until JavaScript has no more use for it (`forget`). The other half is `lib/internal/embedding.js`.

What surprises people: a whole number beyond 2**53 becomes a BigInt; text may hold lone surrogates, and goes as UTF-16
then, since V8's binding takes none.
"""

from __future__ import annotations

import datetime
import inspect
import math
import re
import traceback
import weakref
from collections.abc import Mapping, Sequence

from .stand_ins import JavaScriptError, JSFunction, JSObject, JSPromise, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .runtime import Runtime

_MAX_SAFE_INTEGER = 2**53 - 1
_MAX_NESTED = 10  # levels of lists and dicts; each is up to three on its way, of which V8's binding takes less than 100
_SURROGATES = re.compile("[\ud800-\udfff]")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class _NestedError(Exception):
    """A value is nested more deeply than is encoded level by level."""


class Values:
    """One runtime's values on their way, and what it holds of Python's for JavaScript."""

    def __init__(self, runtime: Runtime) -> None:
        self._find_runtime = weakref.ref(runtime)  # it has these values, and goes when nobody else has it
        self._functions: dict[int, Callable[..., Any]] = {}
        self._function_numbers: dict[int, int] = {}
        self._errors: dict[int, BaseException] = {}
        self._last = 0

    @property
    def _runtime(self) -> Runtime:
        runtime = self._find_runtime()
        assert runtime is not None, "it has called"
        return runtime

    def next_number(self) -> int:
        """A number that nothing else of this runtime has."""
        self._last += 1
        return self._last

    def function(self, number: int) -> Callable[..., Any]:
        """The function of Python's that JavaScript knows by this number."""
        return self._functions[number]

    def clear(self) -> None:
        """The runtime is closed."""
        self._functions.clear()
        self._function_numbers.clear()
        self._errors.clear()

    def encode(self, value: Any) -> list[Any]:
        """A value as JavaScript's side reads it: `[kind, content, …]`."""
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
        if isinstance(value, Reference):
            if value._ouroloop_runtime is not self._runtime:
                raise ValueError(f"{value!r} belongs to another runtime")
            return ["reference", value._ouroloop_number]
        if isinstance(value, datetime.date):
            return ["date", _milliseconds_since_1970(value)]
        if isinstance(value, BaseException):
            return self.encode_exception(value)
        if callable(value):
            return self._encode_function(value)
        raise TypeError(
            f"{type(value).__name__} cannot be passed to JavaScript: give it data (numbers, text, bytes, dates, "
            "lists, dicts), "
            "a function, or something that came from JavaScript")

    def _encode_function(self, function: Callable[..., Any]) -> list[Any]:
        number = self._function_numbers.get(id(function))
        if number is None:
            number = self.next_number()
            self._functions[number] = function
            self._function_numbers[id(function)] = number
        is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
        name = getattr(function, "__name__", type(function).__name__)
        return ["async" if is_async else "function", number, name if isinstance(name, str) else ""]

    def encode_exception(self, exc: BaseException) -> list[Any]:
        """An exception as JavaScript's side reads it. One that JavaScript threw goes back as what was thrown."""
        thrown = exc.value if isinstance(exc, JavaScriptError) else None
        if isinstance(thrown, Reference) and thrown._ouroloop_runtime is self._runtime:
            return ["reference", thrown._ouroloop_number]
        number = self.next_number()
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

    def decode(self, value: list[Any]) -> Any:
        """The value that JavaScript's side sent as `[kind, content, …]`."""
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
            return JSFunction(self._runtime, content, rest[0])
        if kind == "promise":
            return JSPromise(self._runtime, content, "Promise")
        return JSObject(self._runtime, content, rest[0])

    def _unflatten(self, rows: list[list[Any]]) -> Any:
        made: list[Any] = [
            [] if kind == "list" else {} if kind == "dict" else self.decode([kind, content]) for kind, content in rows]
        for target, (kind, content) in zip(made, rows, strict=True):
            if kind == "list":
                target.extend(made[int(number)] for number in content)
            elif kind == "dict":
                target.update((self.decode(key), made[int(number)]) for key, number in content)
        return made[0]

    def error(self, encoded: list[Any]) -> JavaScriptError:
        """The exception for what JavaScript threw."""
        name, message, stack, value, number = encoded
        error = JavaScriptError(name, message, stack, self.decode(value))
        error.__cause__ = self._errors.get(int(number))
        return error


def _is_list(value: Any) -> bool:
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return False
    return isinstance(value, (list, tuple, Sequence, set, frozenset))


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
