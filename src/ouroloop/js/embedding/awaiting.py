"""Promises of JavaScript's awaited in Python, and coroutines of Python's awaited in JavaScript.

Theory of operation. Each side has a loop: JavaScript that of its runtime; Python asyncio's, that of `ouroloop.node`, or
none. Where there are two, the runtime's is turned from the other, whenever something of its is due (`_turn_for`); where
both are the same, a promise of `ouroloop.node` is resolved and nothing else is needed.

What surprises people: while nothing is awaited and nobody calls `run()`, JavaScript's timers and I/O stand still.
"""

from __future__ import annotations

import asyncio

from ...loop import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any

    from ...node.environment import Environment
    from .runtime import Runtime

_tasks: set[asyncio.Task[None]] = set()


class Settlement:
    """What became of a promise, once it is known."""

    __slots__ = ("_error", "_value", "callback", "done")

    def __init__(self) -> None:
        self.done = False
        self._error: BaseException | None = None
        self._value: Any = None
        self.callback: Callable[[], object] | None = None

    def settle(self, error: BaseException | None, value: Any) -> None:
        """The promise is settled: with an error, or with a value."""
        self.done, self._error, self._value = True, error, value
        if self.callback is not None:
            self.callback()

    def result(self) -> Any:
        """The value; or raises the error."""
        if self._error is not None:
            raise self._error
        return self._value


def await_on_our_loop(runtime: Runtime, settlement: Settlement) -> Generator[Any, Any, Any]:
    """Await in a coroutine of `ouroloop.node`. If the program has a loop of its own, the runtime's runs beside it."""
    from ...node import environment
    from ...node.promise import Promise

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


def _turn_beside(runtime: Runtime, settlement: Settlement, program: Environment, timer: Timer) -> None:
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


async def await_in_asyncio(runtime: Runtime, settlement: Settlement) -> Any:
    """Let our loop run beside asyncio's, which sleeps until ours has something to do."""
    while not settlement.done and (due := runtime._turn_for(settlement)) is not None:
        await asyncio.sleep(due)
    return settlement.result()


def start_coroutine(runtime: Runtime, coroutine: Awaitable[Any], tell: Callable[[int, list[Any]], object]) -> None:
    """Start a coroutine of Python that JavaScript waits for: as a task of asyncio, or on our loop."""

    async def follow() -> None:
        try:
            failed, value = 0, runtime._values.encode(await coroutine)
        except BaseException as exc:
            failed, value = 1, runtime._values.encode_exception(exc)
            if not isinstance(exc, Exception):  # cancelled, for one: both JavaScript and Python are to know
                raise
        finally:
            runtime._outstanding -= 1
            tell(failed, value)

    runtime._outstanding += 1
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        from ...node.promise import start

        runtime._inner.loop.defer(lambda: start(follow()))
        return
    task = loop.create_task(follow())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
