"""The turn: its order, what keeps it going, and what happens to errors."""

from __future__ import annotations

import errno
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.loop import Async, Check, Handle, Idle, Loop, Prepare, RunMode, Tcp, Timer, queue


class Boom(Exception):
    pass


def boom() -> None:
    raise Boom


def once(handle: Check | Idle | Prepare, callback: Callable[[], object]) -> None:
    """Start a loop watcher that runs one time."""

    def run() -> None:
        handle.stop()
        callback()

    handle.start(run)


def after(loop: Loop, ms: int, callback: Callable[[], object]) -> Timer:
    timer = Timer(loop)
    timer.start(callback, ms)
    return timer


# Order


def test_a_turn_runs_its_steps_in_libuvs_order(loop: Loop) -> None:
    seen: list[str] = []
    reader, writer = os.pipe()
    os.write(writer, b"x")

    def on_readable(events: int) -> None:
        seen.append("poll")
        loop._queue.remove(reader)

    def first_turn() -> None:
        seen.append("timer before the first turn")
        loop.defer(seen.append, "pending")
        once(Idle(loop), lambda: seen.append("idle"))
        once(Prepare(loop), lambda: seen.append("prepare"))
        once(Check(loop), lambda: seen.append("check"))
        Timer(loop).close(lambda: seen.append("closing"))
        loop._watch(reader, queue.READABLE, on_readable)
        after(loop, 0, lambda: seen.append("timer"))

    after(loop, 0, first_turn)
    loop.run()
    os.close(reader)
    os.close(writer)
    assert seen == ["timer before the first turn", "pending", "idle", "prepare", "poll", "check", "closing", "timer"]


def test_modes_once_and_nowait_run_no_timers_before_the_turn(loop: Loop) -> None:
    seen: list[str] = []
    after(loop, 0, lambda: seen.append("timer"))
    once(Check(loop), lambda: seen.append("check"))
    loop.run("nowait")
    assert seen == ["check", "timer"]


def test_callbacks_put_off_while_polling_run_right_after_it_up_to_eight_rounds(loop: Loop) -> None:
    seen: list[object] = []

    def again(round_: int) -> None:
        seen.append(round_)
        if round_ < 10:
            loop.defer(again, round_ + 1)

    loop.queue_work(lambda: None, lambda error, result: again(0))
    check = Check(loop)
    check.start(lambda: seen.append("check") if seen and "check" not in seen else None)
    check.unref()
    loop.run()
    assert seen == [*range(9), "check", 9, 10]


def test_a_callback_put_off_in_the_pending_step_waits_for_a_later_one(loop: Loop) -> None:
    seen: list[str] = []
    loop.defer(lambda: (seen.append("first"), loop.defer(seen.append, "second")))
    once(Idle(loop), lambda: seen.append("idle"))
    loop.run()
    assert seen == ["first", "idle", "second"]


def test_the_loop_watcher_started_last_runs_first(loop: Loop) -> None:
    seen: list[int] = []
    for number in (1, 2, 3):
        once(Check(loop), lambda number=number: seen.append(number))
    loop.run("nowait")
    assert seen == [3, 2, 1]


@pytest.mark.parametrize("kind", [Idle, Prepare, Check])
def test_a_loop_watcher_started_anew_in_its_step_waits_for_the_next(
    loop: Loop, kind: type[Idle | Prepare | Check]
) -> None:
    seen: list[str] = []
    later, sooner = kind(loop), kind(loop)

    def on_later() -> None:
        seen.append("later")

    def on_sooner() -> None:
        seen.append("sooner")
        later.stop()
        later.start(on_later)

    later.start(on_later)
    sooner.start(on_sooner)
    loop.run("nowait")
    assert seen == ["sooner"]
    sooner.stop()
    loop.run("nowait")
    assert seen == ["sooner", "later"]


def test_a_loop_watcher_stopped_by_another_in_the_same_step_does_not_run(loop: Loop) -> None:
    seen: list[str] = []
    victim = Check(loop)
    victim.start(lambda: seen.append("victim"))
    once(Check(loop), victim.stop)
    loop.run("nowait")
    assert seen == []


def test_the_handle_closed_last_is_called_back_first(loop: Loop) -> None:
    seen: list[int] = []
    for number in (1, 2, 3):
        Timer(loop).close(lambda number=number: seen.append(number))
    loop.run()
    assert seen == [3, 2, 1]


def test_closing_callbacks_always_run_in_the_closing_step(loop: Loop) -> None:
    seen: list[str] = []
    timer = Timer(loop)

    def in_check() -> None:
        seen.append("check")
        timer.close(lambda: seen.append("closed"))
        after(loop, 0, lambda: (Timer(loop).close(lambda: seen.append("closed, next turn")), seen.append("timer")))

    once(Check(loop), in_check)
    assert loop.run("nowait")
    assert seen == ["check", "closed", "timer"]
    loop.run()
    assert seen == ["check", "closed", "timer", "closed, next turn"]
    assert timer.closed


# Timers


def test_timers_run_by_due_time_and_ties_by_start_order(loop: Loop) -> None:
    seen: list[str] = []
    for name, ms in (("c", 5), ("a", 1), ("d", 5), ("b", 1)):
        after(loop, ms, lambda name=name: seen.append(name))
    time.sleep(0.01)
    loop.run()
    assert seen == ["a", "b", "c", "d"]


def test_restarting_a_timer_moves_it_behind_its_equals(loop: Loop) -> None:
    seen: list[str] = []
    first = after(loop, 5, lambda: seen.append("first"))
    after(loop, 5, lambda: seen.append("second"))
    first.start(lambda: seen.append("first"), 5)
    loop.run()
    assert seen == ["second", "first"]


def test_a_timer_started_by_a_timer_waits_for_the_next_turn(loop: Loop) -> None:
    turns: list[int] = []
    after(loop, 1, lambda: (turns.append(loop.turns), after(loop, 0, lambda: turns.append(loop.turns))))
    loop.run()
    assert turns[1] == turns[0] + 1


def test_a_due_timer_stopped_by_another_due_timer_does_not_run(loop: Loop) -> None:
    seen: list[str] = []
    after(loop, 1, lambda: victim.stop())
    victim = after(loop, 1, lambda: seen.append("victim"))
    time.sleep(0.005)
    loop.run()
    assert seen == []


def test_a_due_timer_restarted_by_another_due_timer_waits_for_its_new_time(loop: Loop) -> None:
    seen: list[int] = []
    after(loop, 1, lambda: (seen.append(loop.turns), victim.start(lambda: seen.append(loop.turns), 0)))
    victim = after(loop, 1, lambda: seen.append(-1))
    time.sleep(0.005)
    loop.run()
    assert len(seen) == 2
    assert seen[1] > seen[0]


def test_a_repeating_timer_repeats_until_stopped(loop: Loop) -> None:
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == 3:
            timer.stop()

    timer = Timer(loop)
    timer.start(tick, 1, repeat=2)
    assert timer.repeat == 2
    loop.run()
    assert count == 3
    assert not timer.active


def test_again_uses_the_repeat_value_and_needs_a_start(loop: Loop) -> None:
    timer = Timer(loop)
    with pytest.raises(OSError) as caught:
        timer.again()
    assert caught.value.errno == errno.EINVAL
    timer.start(timer.stop, 10_000, repeat=3)
    timer.again()
    assert timer.due_in <= 3
    loop.run()


def test_due_in_counts_down_by_the_loops_clock(loop: Loop) -> None:
    timer = after(loop, 50, lambda: None)
    assert timer.due_in == 50
    loop.now += 20
    assert timer.due_in == 30
    loop.now += 100
    assert timer.due_in == 0


def test_a_timer_refuses_negative_times(loop: Loop) -> None:
    with pytest.raises(ValueError, match="-1"):
        Timer(loop).start(lambda: None, -1)


def test_many_stopped_timers_leave_nothing_behind(loop: Loop) -> None:
    timer = Timer(loop)
    for _ in range(10_000):
        timer.start(lambda: None, 1000)
    timer.stop()
    assert len(loop._timers) < 200
    assert loop.run() is False


def test_now_stands_still_within_a_step(loop: Loop) -> None:
    before = loop.now
    time.sleep(0.005)
    assert loop.now == before
    loop.update_time()
    assert loop.now >= before + 5


# What keeps the loop going


def test_a_loop_with_nothing_to_do_is_not_alive(loop: Loop) -> None:
    assert not loop.alive
    assert loop.run() is False
    assert loop.turns == 0


def test_only_active_and_referenced_handles_keep_the_loop_alive(loop: Loop) -> None:
    timer = Timer(loop)
    assert not loop.alive
    timer.start(lambda: None, 60_000)
    assert loop.alive
    timer.unref()
    timer.unref()
    assert not loop.alive
    assert not timer.has_ref()
    timer.ref()
    timer.ref()
    assert loop.active_handles == 1
    timer.stop()
    assert not loop.alive


def test_an_outstanding_request_keeps_the_loop_alive(loop: Loop) -> None:
    seen: list[object] = []
    loop.queue_work(lambda: 7, lambda error, result: seen.append((error, result)))
    assert loop.active_requests == 1
    assert loop.run() is False
    assert seen == [(None, 7)]


def test_a_closing_handle_keeps_the_loop_alive_until_its_callback_ran(loop: Loop) -> None:
    seen: list[bool] = []
    timer = Timer(loop)
    timer.unref()
    timer.close(lambda: seen.append(timer.closed))
    assert loop.alive
    loop.run()
    assert seen == [True]


def test_closing_twice_is_an_error(loop: Loop) -> None:
    timer = Timer(loop)
    timer.close()
    with pytest.raises(OSError, match="Invalid") as caught:
        timer.close()
    assert caught.value.errno == errno.EINVAL


def test_a_closing_handle_cannot_be_started(loop: Loop) -> None:
    for handle in (Timer(loop), Idle(loop), Tcp(loop)):
        handle.close()
        with pytest.raises(OSError, match="Invalid"):
            if isinstance(handle, Timer):
                handle.start(boom, 0)
            elif isinstance(handle, Idle):
                handle.start(boom)
            else:
                handle.bind(("127.0.0.1", 0))
    loop.run()


def test_walk_names_every_handle_that_is_not_closed(loop: Loop) -> None:
    timer, check = Timer(loop), Check(loop)
    assert list(loop.walk()) == [timer, check]
    timer.close()
    loop.run()
    assert list(loop.walk()) == [check]


def test_stop_ends_the_run_after_this_turn(loop: Loop) -> None:
    seen: list[str] = []
    once(Check(loop), lambda: seen.append("check"))
    after(loop, 0, loop.stop)
    after(loop, 60_000, boom)
    assert loop.run() is True
    assert seen == []
    loop.run("nowait")
    assert seen == ["check"]


def test_stop_before_run_lets_one_run_return_at_once(loop: Loop) -> None:
    after(loop, 0, boom)
    loop.stop()
    assert loop.run() is True
    with pytest.raises(Boom):
        loop.run()


@pytest.mark.parametrize("reason", ["idle", "pending", "closing", "stop"])
def test_the_poll_step_does_not_sleep_while_something_waits(loop: Loop, reason: str) -> None:
    after(loop, 60_000, boom)
    assert loop.backend_timeout() > 0
    if reason == "idle":
        Idle(loop).start(lambda: None)
    elif reason == "pending":
        loop.defer(lambda: None)
    elif reason == "closing":
        Timer(loop).close()
    else:
        loop.stop()
    assert loop.backend_timeout() == 0


def test_the_poll_step_sleeps_until_the_next_timer_or_for_ever(loop: Loop) -> None:
    assert loop.backend_timeout() == 0
    Async(loop, lambda: None)
    assert loop.backend_timeout() == -1
    after(loop, 30, boom)
    assert loop.backend_timeout() == 30


def test_the_poll_step_asks_for_whole_milliseconds(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    if loop.queue_name != "epoll":
        pytest.skip("poll(2) takes ms, epoll's seconds are rounded up")
    asked: list[float] = []

    class Epoll:
        def poll(self, seconds: float, count: int) -> list[tuple[int, int]]:
            asked.append(seconds)
            return []

    times = [*range(1, 3000), 0x7FFFFFFF]
    loop._queue.wait(0)  # which tells the kernel what is waited for
    with monkeypatch.context() as patch:
        patch.setattr(loop._queue, "_epoll", Epoll())
        for ms in [0, *times]:
            loop._queue.wait(ms)
    assert asked[0] == 0
    # As Python does it: to ns, and up to the next ms.
    assert [-(-math.ceil(seconds * 1e9) // 1_000_000) for seconds in asked[1:]] == times


def test_mode_once_sleeps_for_one_event(loop: Loop) -> None:
    seen: list[str] = []
    after(loop, 20, lambda: seen.append("timer"))
    assert loop.run("once") is False
    assert seen == ["timer"]


def test_mode_nowait_never_sleeps(loop: Loop) -> None:
    after(loop, 60_000, boom)
    start = time.monotonic()
    assert loop.run("nowait") is True
    assert time.monotonic() - start < 30


def test_a_running_loop_cannot_be_run_again(loop: Loop) -> None:
    seen: list[int | None] = []

    def nested() -> None:
        try:
            loop.run()
        except OSError as exc:
            seen.append(exc.errno)

    after(loop, 0, nested)
    loop.run()
    assert seen == [errno.EBUSY]


def test_an_unknown_run_mode_is_refused(loop: Loop) -> None:
    with pytest.raises(ValueError, match="forever"):
        loop.run("forever")  # type: ignore[arg-type]


def test_a_loop_with_open_handles_refuses_to_close(loop: Loop) -> None:
    timer = Timer(loop)
    with pytest.raises(OSError, match="busy") as caught:
        loop.close()
    assert caught.value.errno == errno.EBUSY
    timer.close()
    loop.run()
    loop.close()
    loop.close()
    with pytest.raises(OSError, match="Invalid"):
        loop.run()
    with pytest.raises(OSError, match="Invalid"):
        Timer(loop)


# Errors


def work_done(loop: Loop) -> None:
    loop.queue_work(lambda: None, lambda error, result: boom())


def readable(loop: Loop) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")

    def on_readable(events: int) -> None:
        loop._queue.remove(reader)
        os.close(reader)
        os.close(writer)
        handle.close()
        boom()

    loop._watch(reader, queue.READABLE, on_readable)
    handle = Async(loop, lambda: None)


PLACES: dict[str, Callable[[Loop], object]] = {
    "timer": lambda loop: after(loop, 0, boom),
    "idle": lambda loop: once(Idle(loop), boom),
    "prepare": lambda loop: once(Prepare(loop), boom),
    "check": lambda loop: once(Check(loop), boom),
    "pending": lambda loop: loop.defer(boom),
    "closing": lambda loop: Timer(loop).close(boom),
    "work": work_done,
    "async": lambda loop: Async(loop, boom).send(),
    "poll": readable,
}


def twice(loop: Loop, place: str) -> list[str]:
    """Something that raises, and something beside it that must not be lost."""
    seen: list[str] = []
    PLACES[place](loop)
    if place == "closing":
        Timer(loop).close(lambda: seen.append("beside"))
    elif place == "pending":
        loop.defer(seen.append, "beside")
    elif place in ("work", "poll"):
        loop.queue_work(lambda: None, lambda error, result: seen.append("beside"))
    elif place == "async":
        beside = Async(loop, lambda: (seen.append("beside"), beside.close()))
        beside.send()
    else:
        after(loop, 3, lambda: seen.append("beside"))
    return seen


def close_asyncs(loop: Loop) -> None:
    for handle in loop.walk():
        if isinstance(handle, Async) and not handle.closing:
            handle.close()


@pytest.mark.parametrize("place", PLACES)
def test_what_a_callback_raises_leaves_run_and_nothing_beside_it_is_lost(loop: Loop, place: str) -> None:
    seen = twice(loop, place)
    with pytest.raises(Boom):
        loop.run()
    if place == "async":
        loop.run("nowait")
        close_asyncs(loop)
    loop.run()
    assert seen == ["beside"]


@pytest.mark.parametrize("place", PLACES)
def test_the_hook_gets_what_a_callback_raises_and_the_loop_goes_on(loop: Loop, place: str) -> None:
    caught: list[BaseException] = []

    loop.on_exception = caught.append
    seen = twice(loop, place)
    if place == "async":
        after(loop, 5, lambda: close_asyncs(loop))
    loop.run()
    assert [type(exc) for exc in caught] == [Boom]
    assert seen == ["beside"]


def test_exit_and_interrupt_leave_run_even_with_a_hook(loop: Loop) -> None:
    loop.on_exception = lambda exc: None
    for kind in (SystemExit, KeyboardInterrupt):

        def end(kind: type[BaseException] = kind) -> None:
            raise kind

        after(loop, 0, end)
        with pytest.raises(kind):
            loop.run()


@pytest.mark.parametrize("mode", ["default", "once", "nowait"])
def test_a_timer_that_raises_leaves_those_due_with_it_to_the_next_run(loop: Loop, mode: RunMode) -> None:
    seen: list[str] = []
    after(loop, 0, boom)
    beside = after(loop, 0, lambda: seen.append("beside"))
    stopped = after(loop, 0, lambda: seen.append("stopped"))
    with pytest.raises(Boom):
        loop.run(mode)
    assert beside.active
    assert loop.alive
    assert loop.backend_timeout() == 0
    stopped.stop()
    assert not loop.run(mode)
    assert seen == ["beside"]


@pytest.mark.parametrize("place", PLACES)
def test_what_the_hook_raises_leaves_run_and_nothing_beside_it_is_lost(loop: Loop, place: str) -> None:
    taken: list[BaseException] = []

    def hook(exc: BaseException) -> None:
        taken.append(exc)
        raise SystemExit(3)

    loop.on_exception = hook
    seen = twice(loop, place)
    with pytest.raises(SystemExit) as caught:
        loop.run()
    assert isinstance(caught.value.__context__, Boom)
    assert [type(exc) for exc in taken] == [Boom]
    if place == "async":
        loop.run("nowait")
        close_asyncs(loop)
    loop.run()
    assert seen == ["beside"]


@pytest.mark.parametrize("moment", ["read", "write"])
def test_an_interrupt_in_the_middle_of_a_wake_up_loses_nothing(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    seen: list[str] = []
    handle = Async(loop, lambda: (seen.append("sent"), handle.close()))
    real = getattr(os, moment)

    def interrupted(fd: int, *args: Any) -> Any:
        if fd == loop.wakeup_fd:
            if moment == "read":
                real(fd, *args)
            raise KeyboardInterrupt
        return real(fd, *args)

    if moment == "read":
        handle.send()
    else:
        loop.defer(handle.send)
    with monkeypatch.context() as patch:
        patch.setattr(os, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            loop.run()
    loop.queue_work(lambda: None, lambda error, result: seen.append("worked"))
    loop.run()
    assert sorted(seen) == ["sent", "worked"]


# Async


def test_a_sender_overtaken_by_the_loops_end_writes_nowhere(loop: Loop) -> None:
    number, mark = loop.wakeup_fd, loop._wakeup.mark
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    loop.close()
    os.dup2(writer, number)
    mark(lambda: None)
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    for fd in (reader, writer, number):
        os.close(fd)


def test_sends_coalesce_and_none_is_lost(loop: Loop) -> None:
    calls: list[int] = []
    handle = Async(loop, lambda: calls.append(loop.turns))
    for _ in range(100):
        handle.send()
    loop.run("once")
    assert len(calls) == 1
    handle.send()
    loop.run("once")
    assert len(calls) == 2


def test_a_send_from_another_thread_wakes_a_sleeping_loop(loop: Loop) -> None:
    total = 2000
    sent = 0
    seen: list[int] = []

    def receive() -> None:
        seen.append(sent)
        if sent == total:
            handle.close()

    def send() -> None:
        nonlocal sent
        for _ in range(total):
            sent += 1
            handle.send()

    handle = Async(loop, receive)
    thread = threading.Thread(target=send)
    thread.start()
    loop.run()
    thread.join()
    assert seen[-1] == total


def test_a_send_to_a_closing_handle_does_nothing(loop: Loop) -> None:
    seen: list[str] = []
    handle = Async(loop, lambda: seen.append("called"))
    handle.send()
    handle.close(lambda: seen.append("closed"))
    handle.send()
    loop.run()
    assert seen == ["closed"]


def test_an_async_handle_is_active_from_the_start(loop: Loop) -> None:
    handle: Handle = Async(loop, lambda: None)
    assert handle.active
    handle.unref()
    assert loop.run() is False
