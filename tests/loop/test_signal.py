"""Signal: every watcher hears of every signal, in every loop, and nothing is left installed afterwards."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from ouroloop.loop import Async, Check, Loop, Timer
from ouroloop.loop.poll import Poll
from ouroloop.loop.queue import READABLE
from ouroloop.loop.signal import Signal


@pytest.fixture(autouse=True)
def nothing_left_installed() -> Iterator[None]:
    """The handlers and the wake-up descriptor are what they were before."""
    kinds = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGTERM, signal.SIGRTMIN)
    before = [signal.getsignal(kind) for kind in kinds]
    yield
    assert [signal.getsignal(kind) for kind in kinds] == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.fixture
def other_loop(queue: str) -> Iterator[Loop]:
    loop = Loop()
    yield loop
    for handle in loop.walk():
        handle.close()
    while loop.run("nowait"):
        pass
    loop.close()


@pytest.fixture(autouse=True)
def handles_closed_first(loop: Loop, nothing_left_installed: None) -> Iterator[None]:
    """Signals are watched until the handles are closed: do it before the handlers are compared."""
    yield
    loop.on_exception = None
    for handle in loop.walk():
        if not handle.closing:
            handle.close()
    while loop.run("nowait"):
        pass


def run_until(loop: Loop, done: object, ms: int = 5000) -> None:
    """Run until the function `done` says so."""
    assert callable(done)
    watchdog = Timer(loop)
    watchdog.start(lambda: pytest.fail("not done in time"), ms)
    while not done():
        loop.run("once")
    watchdog.close()


def test_calls_back_with_the_signal(loop: Loop) -> None:
    heard: list[int] = []
    handle = Signal(loop)
    handle.start(heard.append, signal.SIGUSR1)
    assert handle.active
    assert handle.signum == signal.SIGUSR1
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.run("once")
    assert heard == [signal.SIGUSR1]


def test_keeps_the_loop_alive_while_started_and_referenced(loop: Loop) -> None:
    handle = Signal(loop)
    assert not loop.alive
    handle.start(lambda signum: None, signal.SIGUSR1)
    assert loop.alive
    handle.unref()
    assert not loop.alive
    handle.ref()
    handle.stop()
    handle.stop()
    assert not loop.alive


def test_every_watcher_of_a_signal_is_called_in_start_order(loop: Loop) -> None:
    heard: list[str] = []
    for name in "abc":
        Signal(loop).start(lambda signum, name=name: heard.append(name), signal.SIGUSR1)
    Signal(loop).start(lambda signum: heard.append("other"), signal.SIGUSR2)
    signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    assert heard == ["a", "b", "c"]


def test_signals_are_told_in_the_order_they_came_and_as_often(loop: Loop) -> None:
    heard: list[int] = []
    for kind in (signal.SIGUSR1, signal.SIGUSR2):
        Signal(loop).start(heard.append, kind)
    sent = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR2, signal.SIGUSR1]
    for kind in sent:
        signal.raise_signal(kind)
    loop.run("once")
    assert heard == sent


def test_oneshot_is_called_once_and_may_start_again(loop: Loop) -> None:
    heard: list[int] = []
    handle = Signal(loop)

    def again(signum: int) -> None:
        heard.append(signum)
        assert not handle.active
        if len(heard) == 1:
            handle.start_oneshot(again, signal.SIGUSR2)

    handle.start_oneshot(again, signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    signal.raise_signal(signal.SIGUSR2)
    loop.run("once")
    assert heard == [signal.SIGUSR1, signal.SIGUSR2]
    assert not handle.active
    assert not loop.alive


def test_starting_a_started_handle_changes_callback_and_signal(loop: Loop) -> None:
    heard: list[str] = []
    handle = Signal(loop)
    handle.start(lambda signum: heard.append("first"), signal.SIGUSR1)
    handle.start(lambda signum: heard.append("second"), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    handle.start(lambda signum: heard.append("third"), signal.SIGUSR2)
    signal.raise_signal(signal.SIGUSR2)
    loop.run("once")
    assert heard == ["second", "third"]
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_a_watcher_stopped_by_another_hears_nothing(loop: Loop) -> None:
    heard: list[str] = []
    first, second = Signal(loop), Signal(loop)

    def stop_second(signum: int) -> None:
        heard.append("first")
        second.close()

    first.start(stop_second, signal.SIGUSR1)
    second.start(lambda signum: heard.append("second"), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    assert heard == ["first"]


def test_a_signal_before_the_start_is_not_told(loop: Loop) -> None:
    heard: list[str] = []
    Signal(loop).start(lambda signum: heard.append("early"), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    Signal(loop).start(lambda signum: heard.append("late"), signal.SIGUSR1)
    loop.run("once")
    assert heard == ["early"]


def test_signals_come_last_in_the_poll_step(loop: Loop) -> None:
    order: list[str] = []
    reader, writer = os.pipe()
    Signal(loop).start(lambda signum: order.append("signal"), signal.SIGUSR1)
    poll = Poll(loop, reader)
    poll.start(READABLE, lambda error, events: order.append("data"))
    Check(loop).start(lambda: order.append("check"))
    signal.raise_signal(signal.SIGUSR1)
    os.write(writer, b"x")
    loop.run("once")
    assert order == ["data", "signal", "check"]
    poll.close()
    loop.run("nowait")
    os.close(reader)
    os.close(writer)


# No lost signals


def test_a_raising_callback_loses_no_signal(loop: Loop) -> None:
    heard: list[str] = []

    def fail(signum: int) -> None:
        heard.append("fails")
        raise ZeroDivisionError

    Signal(loop).start(fail, signal.SIGUSR1)
    Signal(loop).start(lambda signum: heard.append("other"), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            loop.run("once")
    loop.run("nowait")
    assert heard == ["fails", "other", "fails", "other"]


def test_with_an_exception_hook_all_watchers_are_called_in_one_step(loop: Loop) -> None:
    heard: list[str] = []
    errors: list[BaseException] = []
    loop.on_exception = errors.append

    def fail(signum: int) -> None:
        raise ZeroDivisionError

    Signal(loop).start(fail, signal.SIGUSR1)
    Signal(loop).start(lambda signum: heard.append("other"), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    assert heard == ["other"]
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_an_error_earlier_in_the_poll_step_loses_no_signal(loop: Loop) -> None:
    heard: list[int] = []
    Signal(loop).start(heard.append, signal.SIGUSR1)

    def fail() -> None:
        raise ZeroDivisionError

    Async(loop, fail).send()
    signal.raise_signal(signal.SIGUSR1)
    with pytest.raises(ZeroDivisionError):
        loop.run("once")
    run_until(loop, lambda: heard)
    assert heard == [signal.SIGUSR1]


def test_signals_during_a_long_callback_are_told_after_it(loop: Loop) -> None:
    heard: list[int] = []
    Signal(loop).start(heard.append, signal.SIGUSR1)
    timer = Timer(loop)

    def busy() -> None:
        for _ in range(100):
            os.kill(os.getpid(), signal.SIGUSR1)
            sum(range(100))
        assert heard == []

    timer.start(busy, 0)
    run_until(loop, lambda: heard)
    assert heard == [signal.SIGUSR1] * 100


def test_realtime_signals_from_another_process_are_all_told(loop: Loop) -> None:
    count = 2000
    heard: list[int] = []
    kind = signal.SIGRTMIN
    Signal(loop).start(heard.append, kind)
    program = f"import os\nfor _ in range({count}): os.kill({os.getpid()}, {int(kind)})"
    child = subprocess.Popen([sys.executable, "-S", "-c", program])
    run_until(loop, lambda: len(heard) >= count, 10000)
    assert child.wait() == 0
    assert heard == [kind] * count


def test_a_full_pipe_still_tells_each_kind_of_signal(loop: Loop) -> None:
    heard: dict[int, int] = {}

    def count(signum: int) -> None:
        heard[signum] = heard.get(signum, 0) + 1

    for kind in (signal.SIGUSR1, signal.SIGUSR2):
        Signal(loop).start(count, kind)
    for _ in range(66000):
        signal.raise_signal(signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR2)
    loop.run("once")
    loop.run("nowait")
    assert heard[signal.SIGUSR1] >= 65536
    assert heard[signal.SIGUSR2] == 1
    signal.raise_signal(signal.SIGUSR2)
    loop.run("once")
    assert heard[signal.SIGUSR2] == 2


# Several loops


def test_two_loops_in_one_thread_both_hear(loop: Loop, other_loop: Loop) -> None:
    heard: list[str] = []
    first, second = Signal(loop), Signal(other_loop)
    first.start(lambda signum: heard.append("first"), signal.SIGUSR1)
    second.start(lambda signum: heard.append("second"), signal.SIGUSR1)
    for _ in range(2):
        signal.raise_signal(signal.SIGUSR1)
    loop.run("once")
    assert heard == ["first"] * 2
    other_loop.run("once")
    assert heard == ["first"] * 2 + ["second"] * 2
    second.stop()


def test_a_loop_in_another_thread_hears_too(loop: Loop, other_loop: Loop) -> None:
    count = 200
    here: list[int] = []
    there: list[tuple[int, str]] = []
    remote = Signal(other_loop)

    def hear(signum: int) -> None:
        there.append((signum, threading.current_thread().name))
        if len(there) == count:
            remote.stop()

    remote.start(hear, signal.SIGRTMIN)
    thread = threading.Thread(target=other_loop.run, name="other")
    thread.start()
    local = Signal(loop)
    local.start(here.append, signal.SIGRTMIN)
    for _ in range(count):
        os.kill(os.getpid(), signal.SIGRTMIN)
    run_until(loop, lambda: len(here) >= count)
    thread.join(10)
    assert not thread.is_alive()
    assert here == [signal.SIGRTMIN] * count
    assert there == [(signal.SIGRTMIN, "other")] * count


def test_the_last_stop_in_another_thread_restores_the_handler(loop: Loop, other_loop: Loop) -> None:
    remote = Signal(other_loop)
    remote.start(lambda signum: remote.stop(), signal.SIGUSR1)
    thread = threading.Thread(target=other_loop.run)
    thread.start()
    os.kill(os.getpid(), signal.SIGUSR1)
    thread.join(10)
    assert not thread.is_alive()
    deadline = time.monotonic() + 5
    while signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL and time.monotonic() < deadline:
        pass
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_the_first_watcher_must_be_started_in_the_main_thread(loop: Loop) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            Signal(loop).start(lambda signum: None, signal.SIGUSR1)
        except RuntimeError as exc:
            errors.append(exc)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "must be started in the main thread" in str(errors[0])
    assert not loop.alive


# What was there before


def test_the_previous_handler_and_wakeup_descriptor_come_back(loop: Loop) -> None:
    heard: list[int] = []
    left, right = os.pipe()
    os.set_blocking(left, False)
    os.set_blocking(right, False)

    def previous(signum: int, frame: object) -> None:
        heard.append(-signum)

    signal.signal(signal.SIGUSR1, previous)
    signal.set_wakeup_fd(right)
    try:
        first, second = Signal(loop), Signal(loop)
        first.start(heard.append, signal.SIGUSR1)
        second.start(heard.append, signal.SIGUSR1)
        first.close()
        signal.raise_signal(signal.SIGUSR1)
        loop.run("once")
        assert heard == [signal.SIGUSR1]
        assert os.read(left, 10) == bytes([signal.SIGUSR1]), "its bytes are passed on"
        second.stop()
        signal.raise_signal(signal.SIGUSR1)
        assert heard == [signal.SIGUSR1, -signal.SIGUSR1]
        assert os.read(left, 10) == bytes([signal.SIGUSR1])
    finally:
        assert signal.set_wakeup_fd(-1) == right
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        os.close(left)
        os.close(right)


def test_keyboard_interrupt_comes_back_with_the_last_stop(loop: Loop) -> None:
    heard: list[int] = []
    handle = Signal(loop)
    handle.start(heard.append, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    loop.run("once")
    assert heard == [signal.SIGINT]
    handle.stop()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP, 0, -1, 65, 100000])
def test_what_cannot_be_caught_is_refused(loop: Loop, signum: int) -> None:
    handle = Signal(loop)
    with pytest.raises(OSError, match="Invalid argument") as raised:
        handle.start(lambda signum: None, signum)
    assert raised.value.errno == errno.EINVAL
    assert not handle.active


def test_a_closing_handle_is_refused(loop: Loop) -> None:
    handle = Signal(loop)
    handle.close()
    with pytest.raises(OSError, match="Invalid argument"):
        handle.start(lambda signum: None, signal.SIGUSR1)


def test_starting_and_stopping_many_times_leaks_nothing(loop: Loop) -> None:
    before = len(os.listdir("/proc/self/fd"))
    handle = Signal(loop)
    for _ in range(200):
        handle.start(lambda signum: None, signal.SIGUSR1)
        handle.stop()
    assert len(os.listdir("/proc/self/fd")) == before
