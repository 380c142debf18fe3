"""Promise: a result that is not there yet, and the coroutines that await it.

Theory of operation. A promise is pending, then fulfilled or rejected, once. What waits for it, a `then` callback or a
coroutine, is never called on the spot: settling queues a microtask for each. `await promise` costs exactly one
microtask, as in JavaScript; a promise resolved with another promise takes two more, as there.

What surprises people: an `async def` of Python does nothing until somebody drives it. `await coroutine()` runs it in
place; handing it to any function here that takes a promise (`Promise.resolve`, `Promise.all` …) starts it as a task of
its own, which runs at once up to its first await.
"""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from functools import partial
from typing import Any, Generic, TypeVar

from . import environment

T = TypeVar("T")

PENDING, FULFILLED, REJECTED = "pending", "fulfilled", "rejected"


class AggregateError(Exception):
    """What `Promise.any` rejects with when every promise was rejected; `errors` holds the reasons in order."""

    def __init__(self, errors: list[BaseException]) -> None:
        super().__init__("All promises were rejected")
        self.errors = errors


class Promise(Generic[T]):
    """JavaScript's Promise. `executor(resolve, reject)` is called at once; what it raises rejects the promise."""

    __slots__ = ("__weakref__", "_env", "_handled", "_reactions", "_resolved", "_value", "state")

    def __init__(
        self, executor: Callable[[Callable[[Any], None], Callable[[BaseException], None]], object] | None = None
    ) -> None:
        self._env = environment.current()
        self.state = PENDING
        """"pending", "fulfilled" or "rejected"."""
        self._value: Any = None
        self._resolved = False
        self._handled = False
        self._reactions: list[Callable[[Promise[Any]], object]] | None = None
        if executor is not None:
            environment.require_callable(executor)
            try:
                executor(self._resolve, self._reject)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as exc:
                self._reject(exc)

    # Settling

    def _resolve(self, value: Any = None) -> None:
        if self._resolved:
            return
        self._resolved = True
        if value is self:
            self._settle(REJECTED, TypeError("Chaining cycle detected for promise"))
        elif isinstance(value, Promise):
            self._env.queue_microtask(value._react, self._adopt)
        elif isinstance(value, Coroutine):
            self._env.queue_microtask(start(value)._react, self._adopt)
        else:
            self._settle(FULFILLED, value)

    def _reject(self, reason: BaseException) -> None:
        if not self._resolved:
            self._resolved = True
            self._settle(REJECTED, as_exception(reason))

    def _adopt(self, other: Promise[Any]) -> None:
        self._settle(other.state, other._value)

    def _settle(self, state: str, value: Any) -> None:
        self.state = state
        self._value = value
        reactions, self._reactions = self._reactions, None
        if reactions is not None:
            for reaction in reactions:
                self._env.microtasks.append((reaction, (self,)))
        elif state is REJECTED and not self._handled:
            self._env.rejected_unhandled(self)

    def _react(self, reaction: Callable[[Promise[Any]], object]) -> None:
        """Call `reaction(self)` as a microtask once this promise is settled."""
        if self.state is PENDING:
            if self._reactions is None:
                self._reactions = [reaction]
            else:
                self._reactions.append(reaction)
        else:
            self._env.microtasks.append((reaction, (self,)))
            if self.state is REJECTED and not self._handled:
                self._env.rejection_handled(self)
        self._handled = True

    # What programs use

    def then(
        self, on_fulfilled: Callable[[T], Any] | None = None, on_rejected: Callable[[BaseException], Any] | None = None
    ) -> Promise[Any]:
        """A promise of what the callback returns, once this one is settled.

        Raises `TypeError` when a callback is neither None nor callable.
        """
        for given in (on_fulfilled, on_rejected):
            if given is not None:
                environment.require_callable(given)
        derived: Promise[Any] = Promise()

        def react(settled: Promise[Any]) -> None:
            callback: Callable[[Any], Any] | None = on_fulfilled if settled.state is FULFILLED else on_rejected
            if callback is None:
                derived._resolved = True
                derived._settle(settled.state, settled._value)
                return
            try:
                result = callback(settled._value)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as exc:
                derived._reject(exc)
            else:
                derived._resolve(result)

        self._react(react)
        return derived

    def catch(self, on_rejected: Callable[[BaseException], Any]) -> Promise[Any]:
        """`then` for errors alone."""
        return self.then(None, on_rejected)

    def finally_(self, callback: Callable[[], Any]) -> Promise[Any]:
        """Call `callback()` either way; the result stays what it was unless `callback` fails."""

        def fulfilled(value: T) -> Promise[Any]:
            return Promise.resolve(callback()).then(lambda _: value)

        def rejected(reason: BaseException) -> Promise[Any]:
            def again(_: Any) -> Any:
                raise reason

            return Promise.resolve(callback()).then(again)

        return self.then(fulfilled, rejected)

    def __await__(self) -> Generator[Promise[T], Any, T]:
        result: T = yield self
        return result

    def __repr__(self) -> str:
        return f"<Promise {self.state}{'' if self.state is PENDING else f': {self._value!r}'}>"

    @staticmethod
    def resolve(value: Any = None) -> Promise[Any]:
        """`value` itself if it is a promise; a coroutine is started; anything else makes a fulfilled promise."""
        if isinstance(value, Promise):
            return value
        if isinstance(value, Coroutine):
            return start(value)
        if isinstance(value, Awaitable):
            return start(_wait_for(value))
        promise: Promise[Any] = Promise()
        promise._resolve(value)
        return promise

    @staticmethod
    def reject(reason: BaseException) -> Promise[Any]:
        """A promise rejected with `reason`."""
        promise: Promise[Any] = Promise()
        promise._reject(reason)
        return promise

    @staticmethod
    def with_resolvers() -> tuple[Promise[Any], Callable[[Any], None], Callable[[BaseException], None]]:
        """A promise and the two functions that settle it."""
        promise: Promise[Any] = Promise()
        return promise, promise._resolve, promise._reject

    @staticmethod
    def all(promises: Iterable[Any]) -> Promise[list[Any]]:
        """The results of all, in their order; rejected as soon as one is."""
        return _gather(promises, lambda p: p._value, stop_on=REJECTED)

    @staticmethod
    def all_settled(promises: Iterable[Any]) -> Promise[list[dict[str, Any]]]:
        """For each a dict: `{"status": "fulfilled", "value": …}` or `{"status": "rejected", "reason": …}`."""

        def outcome(p: Promise[Any]) -> dict[str, Any]:
            return {"status": p.state, "value" if p.state is FULFILLED else "reason": p._value}

        return _gather(promises, outcome, stop_on=None)

    @staticmethod
    def any(promises: Iterable[Any]) -> Promise[Any]:
        """The first result; rejected with `AggregateError` when there is none."""
        return _gather(promises, lambda p: p._value, stop_on=FULFILLED)

    @staticmethod
    def race(promises: Iterable[Any]) -> Promise[Any]:
        """Settled as the first of them is."""
        derived: Promise[Any] = Promise()
        for promise in promises:
            Promise.resolve(promise).then(derived._resolve, derived._reject)
        return derived


def _gather(
    promises: Iterable[Any], outcome: Callable[[Promise[Any]], Any], stop_on: str | None
) -> Promise[Any]:
    """The outcomes of all in order, unless one's state is `stop_on`: then that one's."""
    derived: Promise[Any] = Promise()
    waiting = [Promise.resolve(promise) for promise in promises]
    outcomes: list[Any] = [None] * len(waiting)
    left = len(waiting)

    def finish() -> None:
        if stop_on is FULFILLED:
            derived._reject(AggregateError(outcomes))
        else:
            derived._resolve(outcomes)

    def react(position: int, settled: Promise[Any]) -> None:
        nonlocal left
        if settled.state is stop_on:
            (derived._resolve if stop_on is FULFILLED else derived._reject)(settled._value)
            return
        outcomes[position] = outcome(settled)
        left -= 1
        if not left:
            finish()

    for position, promise in enumerate(waiting):
        promise._react(partial(react, position))
    if not waiting:
        finish()
    return derived


def as_exception(reason: object) -> BaseException:
    """Promises are rejected with exceptions; anything else is wrapped, as Node wraps it when it reports it."""
    if isinstance(reason, BaseException):
        return reason
    return TypeError(f"a promise was rejected with {reason!r}, which is not an exception")


async def _wait_for(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def start(coroutine: Coroutine[Any, Any, T]) -> Promise[T]:
    """Run a coroutine up to its first await, the rest in microtasks; a promise of what it returns."""
    task = _Task(coroutine)
    task.step(None)
    return task.promise


class _Task:
    """A coroutine under way."""

    __slots__ = ("_context", "_coroutine", "promise")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self.promise: Promise[Any] = Promise()

    def step(self, settled: Promise[Any] | None) -> None:
        coroutine = self._coroutine
        try:
            if settled is None:
                awaited = self._context.run(coroutine.send, None)
            elif settled.state is FULFILLED:
                awaited = self._context.run(coroutine.send, settled._value)
            else:
                awaited = self._context.run(coroutine.throw, settled._value)
        except StopIteration as stop:
            self.promise._resolve(stop.value)
            return
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as exc:
            self.promise._reject(exc)
            return
        if not isinstance(awaited, Promise):
            awaited = Promise.reject(
                TypeError(
                    f"cannot await {awaited!r} here: it belongs to another event loop; "
                    "await promises and coroutines of ouroloop.node"
                )
            )
        awaited._react(self.step)
