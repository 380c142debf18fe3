"""EventEmitter: Node's semantics, in Python."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

from ouroloop.node import events
from ouroloop.node.environment import Environment
from ouroloop.node.events import EventEmitter, UnhandledError, error_monitor
from ouroloop.node.promise import Promise


@pytest.fixture
def emitter() -> EventEmitter:
    return EventEmitter()


def test_listeners_are_called_at_once_in_order_with_all_arguments(emitter: EventEmitter) -> None:
    calls: list[Any] = []
    emitter.on("x", lambda *args: calls.append(("first", *args)))
    emitter.on("x", lambda *args: calls.append(("second", *args)))
    assert emitter.emit("x", 1, 2) is True
    assert calls == [("first", 1, 2), ("second", 1, 2)]


def test_emit_tells_whether_somebody_listens(emitter: EventEmitter) -> None:
    assert emitter.emit("x") is False
    emitter.on("y", lambda: None)
    assert emitter.emit("x") is False
    assert emitter.emit("y") is True


def test_methods_that_change_listeners_can_be_chained(emitter: EventEmitter) -> None:
    def listener() -> None:
        pass

    assert (
        emitter.on("a", listener).add_listener("b", listener).once("c", listener).prepend_listener("d", listener)
        .prepend_once_listener("e", listener).off("a", listener).remove_listener("b", listener)
        .remove_all_listeners("c").set_max_listeners(3)
    ) is emitter
    assert emitter.event_names() == ["d", "e"]


def test_once_listens_once_even_if_the_listener_emits(emitter: EventEmitter) -> None:
    calls: list[int] = []

    def listener(n: int) -> None:
        calls.append(n)
        emitter.emit("x", n + 1)

    emitter.once("x", listener)
    emitter.emit("x", 1)
    emitter.emit("x", 5)
    assert calls == [1]
    assert emitter.event_names() == []


def test_prepend_goes_to_the_front(emitter: EventEmitter) -> None:
    calls: list[str] = []
    emitter.on("x", lambda: calls.append("on"))
    emitter.prepend_listener("x", lambda: calls.append("prepended"))
    emitter.prepend_once_listener("x", lambda: calls.append("once"))
    emitter.emit("x")
    emitter.emit("x")
    assert calls == ["once", "prepended", "on", "prepended", "on"]


def test_without_a_listener_on_and_once_are_decorators(emitter: EventEmitter) -> None:
    calls: list[str] = []

    @emitter.on("x")
    def always() -> None:
        calls.append("always")

    @emitter.once("x")
    def once() -> None:
        calls.append("once")

    emitter.emit("x")
    emitter.emit("x")
    assert calls == ["always", "once", "always"]
    assert emitter.listeners("x") == [always]
    once()
    assert calls[-1] == "once"


def test_a_listener_may_be_added_many_times_and_is_removed_once_each(emitter: EventEmitter) -> None:
    calls: list[str] = []

    def one() -> None:
        calls.append("one")

    def other() -> None:
        calls.append("other")

    emitter.on("x", one).on("x", other).on("x", one)
    emitter.off("x", one)
    emitter.emit("x")
    assert calls == ["one", "other"], "the one added last goes first"
    emitter.off("x", one).off("x", one)
    assert emitter.listeners("x") == [other]


def test_bound_methods_are_the_same_listener_each_time(emitter: EventEmitter) -> None:
    class Counter:
        count = 0

        def listener(self) -> None:
            self.count += 1

    counter, other = Counter(), Counter()
    emitter.on("x", counter.listener).on("x", other.listener)
    emitter.off("x", counter.listener)
    emitter.emit("x")
    assert (counter.count, other.count) == (0, 1)


def test_once_listeners_are_removed_by_the_function_given(emitter: EventEmitter) -> None:
    def listener() -> None:
        raise AssertionError("must not be called")

    emitter.once("x", listener)
    emitter.off("x", listener)
    assert emitter.emit("x") is False


def test_changes_during_emit_show_from_the_next_emit_on(emitter: EventEmitter) -> None:
    calls: list[str] = []

    def first() -> None:
        calls.append("first")
        emitter.off("x", second)
        emitter.on("x", third)

    def second() -> None:
        calls.append("second")

    def third() -> None:
        calls.append("third")

    emitter.on("x", first).on("x", second)
    emitter.emit("x")
    assert calls == ["first", "second"]
    emitter.off("x", first)
    emitter.emit("x")
    assert calls == ["first", "second", "third"]


def test_remove_all_listeners(emitter: EventEmitter) -> None:
    emitter.on("x", print).on("x", repr).on("y", print)
    emitter.remove_all_listeners("x")
    assert emitter.event_names() == ["y"]
    emitter.remove_all_listeners()
    assert emitter.event_names() == []


def test_listeners_raw_listeners_and_counts(emitter: EventEmitter) -> None:
    calls: list[str] = []
    emitter.on("x", print)
    emitter.once("x", calls.append)
    emitter.on("x", print)
    assert emitter.listeners("x") == [print, calls.append, print]
    raw = emitter.raw_listeners("x")
    assert raw[0] is print
    assert raw[1] is not calls.append
    assert raw[1].listener == calls.append  # type: ignore[attr-defined]
    assert emitter.listener_count("x") == 3
    assert emitter.listener_count("x", print) == 2
    assert emitter.listener_count("x", calls.append) == 1
    assert emitter.listener_count("y") == 0
    raw[1]("called")
    raw[1]("again")
    assert calls == ["called"]
    assert emitter.listener_count("x") == 2


def test_new_listener_is_told_before_the_listener_is_there(emitter: EventEmitter) -> None:
    seen: list[Any] = []
    emitter.on("newListener", lambda event, listener: seen.append((event, listener, emitter.listener_count(event))))
    emitter.on("x", print)
    emitter.once("x", repr)
    assert seen == [("x", print, 0), ("x", repr, 1)]


def test_remove_listener_is_told_after_the_listener_is_gone(emitter: EventEmitter) -> None:
    seen: list[Any] = []
    emitter.on("removeListener", lambda event, listener: seen.append((event, listener, emitter.listener_count(event))))
    emitter.on("x", print).once("x", repr).on("y", print)
    emitter.off("x", print)
    emitter.emit("x", 1)
    assert seen == [("x", print, 1), ("x", repr, 0)]
    emitter.on("y", repr)
    emitter.remove_all_listeners("y")
    assert seen[2:] == [("y", repr, 1), ("y", print, 0)]
    emitter.on("z", print)
    emitter.remove_all_listeners()
    assert seen[4:] == [("z", print, 0)]
    assert emitter.event_names() == []


def test_an_error_without_listener_is_raised(emitter: EventEmitter) -> None:
    error = ValueError("x")
    with pytest.raises(ValueError, match="x") as caught:
        emitter.emit("error", error)
    assert caught.value is error
    with pytest.raises(UnhandledError, match=r"Unhandled error. \('text'\)") as unhandled:
        emitter.emit("error", "text")
    assert unhandled.value.context == "text"
    with pytest.raises(UnhandledError):
        emitter.on("x", print).emit("error")


def test_an_error_with_a_listener_is_not_raised(emitter: EventEmitter) -> None:
    seen: list[Any] = []
    emitter.on("error", seen.append)
    error = ValueError("x")
    assert emitter.emit("error", error) is True
    assert seen == [error]


def test_the_error_monitor_sees_errors_first_and_handles_none(emitter: EventEmitter) -> None:
    seen: list[Any] = []
    emitter.on(error_monitor, lambda error: seen.append(("monitor", str(error))))
    with pytest.raises(ValueError, match="1"):
        emitter.emit("error", ValueError("1"))
    emitter.on("error", lambda error: seen.append(("listener", str(error))))
    emitter.emit("error", ValueError("2"))
    assert seen == [("monitor", "1"), ("monitor", "2"), ("listener", "2")]


def test_what_a_listener_raises_leaves_emit(emitter: EventEmitter) -> None:
    calls: list[str] = []

    def broken() -> None:
        raise ValueError("broken")

    emitter.on("x", broken).on("x", lambda: calls.append("after"))
    with pytest.raises(ValueError, match="broken"):
        emitter.emit("x")
    assert calls == []


@pytest.mark.parametrize("method", ["on", "once", "add_listener", "prepend_listener", "prepend_once_listener", "off"])
@pytest.mark.parametrize("listener", [None, "text", 3])
def test_a_listener_must_be_callable(emitter: EventEmitter, method: str, listener: object) -> None:
    with pytest.raises(TypeError, match="must be a function"):
        getattr(emitter, method)("x", listener)


def test_many_listeners_bring_one_warning(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    warnings: list[Any] = []

    def program() -> None:
        env.process.on("warning", warnings.append)
        emitter = EventEmitter()
        for _ in range(14):
            emitter.on("x", print)
        quiet = EventEmitter().set_max_listeners(0)
        wide = EventEmitter().set_max_listeners(14)
        for _ in range(14):
            quiet.on("x", print)
            wide.on("x", print)

    env.run(program)
    assert [warning.name for warning in warnings] == ["MaxListenersExceededWarning"]
    assert "11 x listeners added to [EventEmitter]. MaxListeners is 10" in str(warnings[0])
    assert capsys.readouterr().err.count("MaxListenersExceededWarning") == 1


def test_the_most_listeners_must_be_a_number(emitter: EventEmitter) -> None:
    assert emitter.get_max_listeners() == 10
    assert emitter.set_max_listeners(3).get_max_listeners() == 3
    for bad in (-1, "3", None, float("nan")):
        with pytest.raises(ValueError, match="0 or more"):
            emitter.set_max_listeners(bad)  # type: ignore[arg-type]


def test_a_coroutine_listener_that_fails_is_an_unhandled_rejection(env: Environment) -> None:
    unhandled: list[str] = []

    async def listener() -> None:
        raise ValueError("x")

    def program() -> None:
        env.process.on("unhandledRejection", lambda error, promise: unhandled.append(str(error)))
        EventEmitter().on("x", listener).emit("x")

    assert env.run(program) == 0
    assert unhandled == ["x"]


def test_with_capture_rejections_it_becomes_an_error_event(env: Environment) -> None:
    errors: list[str] = []

    async def listener() -> None:
        await Promise.resolve()
        raise ValueError("x")

    def program() -> None:
        emitter = EventEmitter(capture_rejections=True)
        emitter.on("error", lambda error: errors.append(str(error)))
        emitter.on("x", listener).emit("x")

    assert env.run(program) == 0
    assert errors == ["x"]


def test_a_failing_coroutine_that_listens_for_errors_does_not_go_in_circles(env: Environment) -> None:
    unhandled: list[str] = []
    calls: list[str] = []

    async def on_error(error: BaseException) -> None:
        calls.append(str(error))
        raise ValueError(f"again {len(calls)}")

    def program() -> None:
        env.process.on("unhandledRejection", lambda error, promise: unhandled.append(str(error)))
        emitter = EventEmitter(capture_rejections=True)
        emitter.on("error", on_error)
        emitter.emit("error", ValueError("first"))

    assert env.run(program) == 0
    assert calls == ["first", "again 1"]
    assert unhandled == ["again 2"]


def test_once_as_a_promise(env: Environment) -> None:
    emitter = EventEmitter()

    async def main() -> None:
        env.next_tick(emitter.emit, "x", 1, 2)
        assert await events.once(emitter, "x") == [1, 2]
        env.next_tick(emitter.emit, "error", ValueError("y"))
        with pytest.raises(ValueError, match="y"):
            await events.once(emitter, "x")
        env.next_tick(emitter.emit, "error", ValueError("z"))
        [error] = await events.once(emitter, "error")
        assert str(error) == "z"
        assert emitter.event_names() == []

    assert env.run(main) == 0


def test_on_as_an_iterator_keeps_what_comes_meanwhile(env: Environment) -> None:
    emitter = EventEmitter()
    seen: list[Any] = []

    async def main() -> None:
        iterator = events.on(emitter, "x", close=["done"])
        emitter.emit("x", 1)
        emitter.emit("x", 2)
        env.immediates.set(emitter.emit, ("x", 3))
        env.timers.set(emitter.emit, 5, ("done",), False)
        async for args in iterator:
            seen.extend(args)

    assert env.run(main) == 0
    assert seen == [1, 2, 3]
    assert emitter.event_names() == []


def test_on_as_an_iterator_raises_errors_after_what_came_before(env: Environment) -> None:
    emitter = EventEmitter()
    seen: list[Any] = []

    async def read(iterator: Any) -> None:
        async for args in iterator:
            seen.extend(args)

    async def main() -> None:
        iterator = events.on(emitter, "x")
        emitter.emit("x", 1)
        emitter.emit("error", ValueError("broken"))
        with pytest.raises(ValueError, match="broken"):
            await read(iterator)
        assert [args async for args in iterator] == []

    assert env.run(main) == 0
    assert seen == [1]


def test_leaving_the_iterator_removes_its_listeners(env: Environment) -> None:
    emitter = EventEmitter()

    async def main() -> None:
        env.next_tick(emitter.emit, "x")
        async for _ in events.on(emitter, "x"):
            break

    assert env.run(main) == 0
    assert emitter.event_names() == []


def test_subclasses_may_use_slots_and_cost_little(env: Environment) -> None:
    class Slotted(EventEmitter):
        __slots__ = ("value",)

    slotted = Slotted()
    assert not hasattr(slotted, "__dict__")
    assert sys.getsizeof(slotted) < 100
    assert [each for each in gc.get_referents(slotted) if isinstance(each, dict)] == [], "no table before a listener"
    slotted.on("x", print)
    assert slotted.listener_count("x") == 1


def test_any_hashable_name_will_do(emitter: EventEmitter) -> None:
    calls: list[Any] = []
    for name in (1, (1, 2), frozenset({"a"}), EventEmitter):
        emitter.on(name, calls.append)
        emitter.emit(name, name)
    assert calls == [1, (1, 2), frozenset({"a"}), EventEmitter]


def test_a_subclass_that_does_not_call_our_init_is_an_emitter_all_the_same() -> None:
    class Lazy(EventEmitter):
        def __init__(self) -> None:
            self.seen: list[int] = []

    lazy = Lazy()
    lazy.on("event", lazy.seen.append)
    assert lazy.emit("event", 1)
    assert lazy.seen == [1]
    with pytest.raises(AttributeError, match="'Lazy' object has no attribute 'missing'"):
        lazy.missing  # type: ignore[attr-defined]  # noqa: B018
