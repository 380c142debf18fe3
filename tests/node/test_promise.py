"""Promise: what a program sees besides the order (for that see `test_order`)."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest

from ouroloop.node.environment import Environment
from ouroloop.node.promise import AggregateError, Promise
from ouroloop.node.timers import set_immediate, set_timeout


def test_a_promise_tells_its_state(env: Environment) -> None:
    pending, resolve, _ = Promise.with_resolvers()
    assert pending.state == "pending"
    assert repr(pending) == "<Promise pending>"
    resolve(3)
    assert pending.state == "fulfilled"
    assert repr(pending) == "<Promise fulfilled: 3>"
    rejected = Promise.reject(ValueError("x"))
    assert rejected.state == "rejected"
    rejected.catch(lambda error: None)
    env.drain()


def test_an_awaited_promise_gives_its_value_or_raises(env: Environment) -> None:
    async def main() -> None:
        assert await Promise.resolve(3) == 3
        with pytest.raises(KeyError):
            await Promise.reject(KeyError("x"))
        assert await Promise(lambda resolve, reject: set_timeout(resolve, 1, "later")) == "later"

    assert env.run(main) == 0


def test_a_rejection_needs_an_exception_and_gets_one(env: Environment) -> None:
    async def main() -> None:
        with pytest.raises(TypeError, match="rejected with 'text', which is not an exception"):
            await Promise(lambda resolve, reject: reject("text"))

    assert env.run(main) == 0


def test_coroutines_are_taken_for_promises(env: Environment) -> None:
    async def double(n: int) -> int:
        await Promise.resolve()
        return n * 2

    async def broken() -> None:
        raise ValueError("broken")

    async def main() -> None:
        assert await Promise.resolve(double(2)) == 4
        assert await Promise.all([double(1), double(2), 7]) == [2, 4, 7]
        assert await Promise.race([double(3)]) == 6
        assert await Promise.any([broken(), double(4)]) == 8
        assert await Promise.resolve().then(lambda _: double(5)) == 10
        outcomes = await Promise.all_settled([double(6), broken()])
        assert outcomes[0] == {"status": "fulfilled", "value": 12}
        assert outcomes[1]["status"] == "rejected"
        assert str(outcomes[1]["reason"]) == "broken"

    assert env.run(main) == 0


def test_any_collects_the_reasons(env: Environment) -> None:
    async def main() -> None:
        with pytest.raises(AggregateError, match="All promises were rejected") as caught:
            await Promise.any([Promise.reject(ValueError("a")), Promise.reject(KeyError("b"))])
        assert [type(error) for error in caught.value.errors] == [ValueError, KeyError]

    assert env.run(main) == 0


def test_an_await_of_something_foreign_says_so(env: Environment) -> None:
    class Foreign:
        def __await__(self) -> Any:
            yield "something else"

    async def main() -> None:
        with pytest.raises(TypeError, match="belongs to another event loop"):
            await Foreign()

    assert env.run(main) == 0


def test_awaitables_that_wrap_promises_work(env: Environment) -> None:
    class Wrapped:
        def __await__(self) -> Any:
            value = yield from Promise.resolve(1).__await__()
            return value + 1

    async def main() -> None:
        assert await Wrapped() == 2
        assert await Promise.resolve(Wrapped()) == 2

    assert env.run(main) == 0


def test_async_generators_and_context_managers_work(env: Environment) -> None:
    seen: list[Any] = []

    class Manager:
        async def __aenter__(self) -> str:
            await Promise.resolve()
            return "entered"

        async def __aexit__(self, *args: object) -> None:
            await Promise.resolve()
            seen.append("left")

    async def numbers() -> Any:
        for n in range(3):
            await Promise(lambda resolve, reject: set_immediate(resolve, None))
            yield n

    async def main() -> None:
        async with Manager() as value:
            seen.append(value)
            seen.extend([n async for n in numbers()])

    assert env.run(main) == 0
    assert seen == ["entered", 0, 1, 2, "left"]


def test_a_task_has_its_own_context_variables(env: Environment) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    seen: list[str] = []

    async def task(name: str) -> None:
        variable.set(name)
        await Promise.resolve()
        seen.append(variable.get())

    async def main() -> None:
        await Promise.all([task("a"), task("b")])
        seen.append(variable.get())

    env.run(main)
    assert seen == ["a", "b", "none"]


def test_finally_waits_for_what_it_returns(env: Environment) -> None:
    seen: list[str] = []

    async def cleanup() -> None:
        await Promise(lambda resolve, reject: set_timeout(resolve, 1, None))
        seen.append("cleaned")

    async def main() -> None:
        value = await Promise.resolve("value").finally_(cleanup)
        seen.append(value)

    env.run(main)
    assert seen == ["cleaned", "value"]


def test_a_main_that_waits_for_ever_ends_with_13(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        await Promise()

    assert env.run(main) == 13
    assert "main() never finished" in capsys.readouterr().err


def test_a_main_that_raises_ends_with_1(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        await Promise.resolve()
        raise ValueError("from main")

    assert env.run(main) == 1
    assert "ValueError: from main" in capsys.readouterr().err


def test_long_chains_do_not_use_up_the_stack(env: Environment) -> None:
    async def count() -> int:
        for n in range(20_000):
            await Promise.resolve(n)
        return n

    def chain() -> Promise[Any]:
        promise: Promise[Any] = Promise.resolve(0)
        for _ in range(20_000):
            promise = promise.then(lambda n: n + 1)
        return promise

    async def main() -> None:
        assert await Promise.all([count(), chain()]) == [19_999, 20_000]

    assert env.run(main) == 0


def test_a_coroutine_may_fail_with_what_is_no_exception(env: Environment) -> None:
    class Mine(BaseException):
        pass

    async def broken() -> None:
        await Promise.resolve()
        raise Mine("x")

    def fail(*_: Any) -> None:
        raise Mine("y")

    async def main() -> None:
        with pytest.raises(Mine, match="x"):
            await Promise.resolve(broken())
        with pytest.raises(Mine, match="y"):
            await Promise.resolve().then(fail)
        with pytest.raises(Mine, match="y"):
            await Promise(fail)

    assert env.run(main) == 0


def test_an_asynchronous_generator_that_is_left_cleans_up(env: Environment) -> None:
    seen: list[Any] = []

    async def numbers() -> Any:
        try:
            for number in range(5):
                yield number
        finally:
            seen.append("leaving")
            await Promise(lambda resolve, reject: set_timeout(resolve, 1))
            seen.append("left")

    async def main() -> None:
        async for number in numbers():
            seen.append(number)
            if number:
                break
        seen.append("main ends")

    assert env.run(main) == 0
    assert seen == [0, 1, "main ends", "leaving", "left"]


def test_what_is_no_function_is_refused_at_once(env: Environment) -> None:
    with pytest.raises(TypeError, match="must be a function, not 5"):
        Promise(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a function, not 'x'"):
        Promise.resolve().then(None, "x")  # type: ignore[arg-type]
    assert Promise.resolve(3).then(None, None).state == "pending"
