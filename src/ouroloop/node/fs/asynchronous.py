"""How a file operation that blocks becomes one that does not.

Theory of operation. Each operation of `fs` is written once, as a plain function that ends in `_sync`. `asynchronous`
makes the other form from it: the same parameters and a callback, which may come last in place of parameters left out,
as in Node (`fs.access(path, callback)`, `fs.access(path, mode, callback)`); without one the result is a promise. The
function runs on the thread pool, the callback in the loop.

What surprises people: arguments are checked before that, by their parameters' names (`_CHECKS`), so that a mistake
raises in the caller's own frame and not, later, in a callback. `checked` does the same for the blocking form.
"""

from __future__ import annotations

import codecs
import inspect
import math
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast, overload

from ...loop import fs as loop_fs
from .. import environment
from ..environment import Environment, require_callable
from .flags import parse

if TYPE_CHECKING:
    from ..promise import Promise

P = ParamSpec("P")
R = TypeVar("R")

_MAX_FD = 2**31 - 1


class Asynchronous(Protocol[P, R]):
    """A function that works on the thread pool: give a callback last, or await what it returns."""

    @overload
    def __call__(self, *args: P.args, **options: P.kwargs) -> Promise[R]: ...
    @overload
    def __call__(self, *args: Any, **options: Any) -> Any: ...


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, which raises at once for bad arguments."""
    check = _argument_check(inspect.signature(function))

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        check(args, options)
        return function(*args, **options)

    return call


def asynchronous(function: Callable[P, R]) -> Asynchronous[P, R]:
    """The form of `function`, whose name ends in `_sync` and which is `checked`, that does not block."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    most = len(positional)
    check = _argument_check(signature)
    run = inspect.unwrap(function)

    def call(*args: Any, callback: Callable[..., object] | None = None, **options: Any) -> Promise[Any] | None:
        if args and callable(args[-1]):
            callback, args = args[-1], args[:-1]
        elif len(args) == most + 1 and args[-1] is None:
            args = args[:-1]
        check(args, options)
        env = environment.current()
        if callback is None:
            deliver, promise = env.completion(None)
            loop_fs.submit(env.loop, deliver, run, *args, **options)
            return promise
        require_callable(callback)
        loop_fs.submit(env.loop, partial(env.make_callback, callback), run, *args, **options)
        return None

    call.__name__ = call.__qualname__ = function.__name__.removesuffix("_sync")
    call.__module__ = function.__module__
    call.__doc__ = f"{inspect.getdoc(function)}\n\nWorks on the thread pool: `callback(error, result)`, or await it."
    last = inspect.Parameter("callback", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*positional, last, *(p for p in parameters if p.kind is p.KEYWORD_ONLY)],
        return_annotation=f"Promise[{signature.return_annotation}] | None",
        __validate_parameters__=False,
    )
    return cast("Asynchronous[P, R]", call)


def _argument_check(signature: inspect.Signature) -> Callable[[tuple[Any, ...], dict[str, Any]], None]:
    """A function that raises unless arguments fit `signature` and `_CHECKS`."""
    parameters = list(signature.parameters.values())
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    least, most = sum(p.default is p.empty for p in positional), len(positional)
    by_place = [(place, _CHECKS[p.name], p.name) for place, p in enumerate(positional) if p.name in _CHECKS]
    by_name = {p.name: _CHECKS[p.name] for p in parameters if p.name in _CHECKS}

    def check(args: tuple[Any, ...], options: dict[str, Any]) -> None:
        given = len(args)
        if options or not least <= given <= most:
            signature.bind(*args, **options)
            for name, value in options.items():
                if name in by_name:
                    by_name[name](value, name)
        for place, require, name in by_place:
            if place >= given:
                break
            require(args[place], name)

    return check


def submit(env: Environment, callback: Callable[..., object], function: Callable[..., Any], *args: Any) -> None:
    """Run `function(*args)` on the pool, then `callback(error, result)` in the program."""
    loop_fs.submit(env.loop, partial(env.make_callback, callback), function, *args)


# What arguments must be


def require_path(value: Any, name: str) -> None:
    """Raise unless `value` can be a path: str, bytes or os.PathLike, without a NUL."""
    try:
        path = os.fspath(value)
    except TypeError:
        raise TypeError(f"{name} must be a path (str, bytes or os.PathLike), not {value!r}") from None
    if ("\0" if isinstance(path, str) else b"\0") in path:
        raise ValueError(f"{name} cannot have a NUL character in it: {value!r}")


def require_fd(value: Any, name: str) -> None:
    """Raise unless `value` can be a descriptor's number."""
    require_int(value, name)
    if not 0 <= value <= _MAX_FD:
        raise ValueError(f"{name} must be a descriptor's number, 0 or more, not {value!r}")


def require_int(value: Any, name: str) -> None:
    """Raise `TypeError` unless `value` is an int (and no bool)."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {value!r}")


def require_encoding(value: Any, name: str) -> None:
    """Raise unless `value` is None, "buffer" or the name of a text encoding."""
    if value is None or value == "buffer":
        return
    if not isinstance(value, str):
        raise TypeError(f"{name} must be None, 'buffer' or the name of a text encoding, not {value!r}")
    try:
        codecs.lookup(value)
        b"".decode(value)
    except LookupError:
        raise ValueError(f"{name} must be the name of a text encoding that Python knows, not {value!r}") from None


def require_data(value: Any, name: str) -> None:
    """Raise `TypeError` unless `value` is a str or has the bytes of a buffer."""
    if isinstance(value, (str, bytes, bytearray)):
        return
    try:
        memoryview(value).release()
    except TypeError:
        raise TypeError(f"{name} must be str or bytes-like, not {value!r}") from None


def require_time(value: Any, name: str) -> None:
    """Raise unless `value` is a point in time: finite seconds since 1970, or a datetime."""
    if isinstance(value, datetime):
        return
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be seconds since 1970 or a datetime, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number of seconds, not {value!r}")


def _path_or_fd(value: Any, name: str) -> None:
    if isinstance(value, int):
        require_fd(value, name)
    else:
        require_path(value, name)


def _length(value: Any, name: str) -> None:
    require_int(value, name)
    if value < 0:
        raise ValueError(f"{name} must be 0 or more bytes, not {value!r}")


def _count(value: Any, name: str) -> None:
    require_int(value, name)
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, not {value!r}")


def _position(value: Any, name: str) -> None:
    if value is not None:
        _length(value, name)


def _flags(value: Any, name: str) -> None:
    parse(value)


def _buffers(value: Any, name: str) -> None:
    for buffer in value:
        require_data(buffer, name)


def _filter(value: Any, name: str) -> None:
    if value is not None:
        require_callable(value)


_CHECKS: dict[str, Callable[[Any, str], None]] = {
    "path": require_path, "old_path": require_path, "new_path": require_path, "existing_path": require_path,
    "target": require_path, "source": require_path, "destination": require_path, "prefix": require_path,
    "file": _path_or_fd, "fd": require_fd, "out_fd": require_fd, "in_fd": require_fd,
    "mode": require_int, "uid": require_int, "gid": require_int,
    "buffer_size": _count, "length": _length, "offset": _length, "position": _position,
    "encoding": require_encoding, "flag": _flags, "flags": _flags, "data": require_data, "buffers": _buffers,
    "filter": _filter, "atime": require_time, "mtime": require_time,
}
