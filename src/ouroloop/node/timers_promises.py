"""timers/promises: the timer functions, as things to await.

What surprises people: these have the names of the functions that take callbacks, as in Node, so import the module
rather than the names: `from ouroloop.node import timers_promises`, then `await timers_promises.set_timeout(1000)`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar, overload

from . import timers
from .promise import Promise

T = TypeVar("T")


@overload
def set_timeout(ms: float = 1) -> Promise[None]: ...
@overload
def set_timeout(ms: float, value: T, *, ref: bool = True) -> Promise[T]: ...
def set_timeout(ms: float = 1, value: object = None, *, ref: bool = True) -> Promise[Any]:
    """A promise of `value` in `ms` milliseconds; with `ref=False` the program may end before.

    https://nodejs.org/api/timers.html#timers-promises-api
    """
    promise: Promise[Any] = Promise()
    timer = timers.set_timeout(promise._resolve, ms, value)
    if not ref:
        timer.unref()
    return promise


@overload
def set_immediate() -> Promise[None]: ...
@overload
def set_immediate(value: T, *, ref: bool = True) -> Promise[T]: ...
def set_immediate(value: object = None, *, ref: bool = True) -> Promise[Any]:
    """A promise of `value` in the next check step."""
    promise: Promise[Any] = Promise()
    immediate = timers.set_immediate(promise._resolve, value)
    if not ref:
        immediate.unref()
    return promise


async def set_interval(ms: float = 1, value: T | None = None, *, ref: bool = True) -> AsyncIterator[T | None]:
    """`value` every `ms` milliseconds, for `async for`; leaving the loop ends it. What was missed is made up for."""
    missed = 0
    waiting: Promise[None] | None = None

    def fire() -> None:
        nonlocal missed
        missed += 1
        if waiting is not None:
            waiting._resolve()

    timer = timers.set_interval(fire, ms)
    if not ref:
        timer.unref()
    try:
        while True:
            if not missed:
                waiting = Promise()
                await waiting
            missed -= 1
            yield value
    finally:
        timer.close()
