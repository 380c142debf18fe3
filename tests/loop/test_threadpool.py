"""The thread pool: when threads start, who runs what, what can be cancelled, and how results come back."""

from __future__ import annotations

import errno
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from ouroloop.loop import Check, Loop, Probe, Work
from ouroloop.loop.pool_size import configured_size


class Gate:
    """Work that a test holds back until it opens the gate."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.entered = threading.Semaphore(0)

    def wait(self) -> str:
        self.entered.release()
        assert self._open.wait(20)
        return threading.current_thread().name

    def await_entered(self, count: int) -> None:
        for _ in range(count):
            assert self.entered.acquire(timeout=20)

    def open(self) -> None:
        self._open.set()


def test_threads_start_when_first_needed(loop: Loop) -> None:
    assert loop.pool.threads == 0
    loop.queue_work(lambda: None)
    assert loop.pool.threads == 1
    loop.run()
    loop.queue_work(lambda: None)
    loop.run()
    assert loop.pool.threads == 1


def test_there_are_four_threads_and_no_more(loop: Loop) -> None:
    gate = Gate()
    names: list[str] = []
    for _ in range(10):
        loop.queue_work(gate.wait, lambda error, name: names.append(name))
    gate.await_entered(4)
    assert not gate.entered.acquire(timeout=0.05)
    gate.open()
    loop.run()
    assert loop.pool.threads == 4
    assert len(names) == 10
    assert set(names) == {"thread1", "thread2", "thread3", "thread4"}


@pytest.mark.parametrize(
    ("text", "size"), [(None, 4), ("1", 1), ("8", 8), ("1024", 1024), ("5000", 1024), ("0", 1), ("-3", 1), ("many", 1)]
)
def test_the_size_comes_from_the_environment_and_is_capped(
    monkeypatch: pytest.MonkeyPatch, text: str | None, size: int
) -> None:
    if text is None:
        monkeypatch.delenv("UV_THREADPOOL_SIZE", raising=False)
    else:
        monkeypatch.setenv("UV_THREADPOOL_SIZE", text)
    assert configured_size() == size


def test_the_size_is_read_when_the_first_job_comes(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "2")
    gate = Gate()
    for _ in range(5):
        loop.queue_work(gate.wait)
    gate.await_entered(2)
    gate.open()
    loop.run()
    assert loop.pool.threads == 2


def test_jobs_run_in_the_order_they_came(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    ran: list[int] = []
    for number in range(50):
        loop.queue_work(lambda number=number: ran.append(number))  # type: ignore[misc]
    loop.run()
    assert ran == list(range(50))


def test_what_work_raises_is_given_to_its_callback(loop: Loop) -> None:
    seen: list[object] = []

    def fail() -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", "file")

    loop.queue_work(fail, lambda error, result: seen.append((error, result)))
    loop.run()
    [(error, result)] = seen  # type: ignore[misc]
    assert isinstance(error, FileNotFoundError)
    assert error.filename == "file"
    assert result is None


def test_a_queued_job_can_be_cancelled_and_gets_ecanceled_in_the_poll_step(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    gate = Gate()
    ran: list[str] = []
    seen: list[tuple[str, int | None]] = []

    def note(name: str) -> Callable[..., object]:
        return lambda error, result: seen.append((name, error.errno if error else None))

    first = loop.queue_work(gate.wait, note("first"))
    gate.await_entered(1)
    second = loop.queue_work(lambda: ran.append("second"), note("second"))
    second.cancel()
    assert seen == []
    loop.run("once")
    assert seen == [("second", errno.ECANCELED)]
    for job in (first, second):
        with pytest.raises(OSError, match="busy") as caught:
            job.cancel()
        assert caught.value.errno == errno.EBUSY
    gate.open()
    loop.run()
    assert ran == []
    assert seen == [("second", errno.ECANCELED), ("first", None)]


def test_slow_work_takes_half_of_the_threads_at_most(loop: Loop) -> None:
    gate = Gate()
    done: list[str] = []
    for _ in range(10):
        loop.queue_work(gate.wait, lambda error, result: done.append("slow"), slow=True)
    gate.await_entered(2)
    for _ in range(20):
        loop.queue_work(lambda: None, lambda error, result: done.append("fast"))
    while len(done) < 20:
        loop.run("once")
    assert done == ["fast"] * 20
    assert not gate.entered.acquire(blocking=False)
    gate.open()
    loop.run()
    assert Counter(done) == {"fast": 20, "slow": 10}


def test_a_cancelled_slow_job_gives_its_place_to_the_next(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    gate = Gate()
    seen: list[tuple[int, bool]] = []
    jobs = [
        loop.queue_work(gate.wait, lambda error, result, n=n: seen.append((n, error is None)), slow=True)  # type: ignore[misc]
        for n in range(4)
    ]
    gate.await_entered(1)
    jobs[1].cancel()
    jobs[3].cancel()
    gate.open()
    loop.run()
    assert sorted(seen) == [(0, True), (1, False), (2, True), (3, False)]
    loop.queue_work(lambda: None, lambda error, result: seen.append((4, error is None)), slow=True)
    loop.run()
    assert seen[-1] == (4, True)


def test_however_many_jobs_finish_the_loop_is_woken_once(loop: Loop) -> None:
    class Wakeups(Probe):
        count = 0

        def ready(self, loop: Loop, fd: int, events: int) -> None:
            self.count += fd == loop.wakeup_fd

    finished = threading.Semaphore(0)
    delivered: list[int] = []
    jobs = [
        loop.queue_work(lambda: finished.release(), lambda error, result, n=n: delivered.append(n))  # type: ignore[misc]
        for n in range(32)
    ]
    for _ in jobs:
        assert finished.acquire(timeout=20)
    while len(loop.pool._done) < 32:
        threading.Event().wait(0.001)
    loop.probe = probe = Wakeups()
    loop.run("nowait")
    assert len(delivered) == 32
    assert probe.count == 1


def test_results_are_delivered_in_the_poll_step(loop: Loop) -> None:
    seen: list[str] = []
    loop.queue_work(lambda: None, lambda error, result: (seen.append("work"), loop.defer(seen.append, "pending")))
    check = Check(loop)
    check.start(lambda: seen.append("check") if seen else None)
    check.unref()
    loop.run()
    assert seen == ["work", "pending", "check"]


def test_a_probe_hears_of_a_job_from_queue_to_delivery(loop: Loop) -> None:
    heard: list[tuple[str, str, str]] = []

    class Listener(Probe):
        def _hear(self, what: str, work: Work) -> None:
            heard.append((what, work.name, threading.current_thread().name))

        def work_queued(self, work: Work) -> None:
            self._hear("queued", work)

        def work_started(self, work: Work) -> None:
            self._hear("started", work)

        def work_finished(self, work: Work) -> None:
            self._hear("finished", work)

        def work_delivered(self, work: Work) -> None:
            self._hear("delivered", work)

    loop.probe = Listener()
    loop.queue_work(lambda: None, name="job")
    loop.run()
    assert heard == [
        ("queued", "job", "MainThread"), ("started", "job", "thread1"), ("finished", "job", "thread1"),
        ("delivered", "job", "MainThread"),
    ]


def test_closing_the_loop_joins_the_threads(queue: str) -> None:
    loop = Loop()
    before = threading.active_count()
    for _ in range(4):
        loop.queue_work(lambda: None)
    loop.run()
    assert threading.active_count() == before + loop.pool.threads
    loop.close()
    assert threading.active_count() == before


# What goes wrong


def no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.parametrize("slow", [False, True])
def test_a_job_for_which_no_thread_can_be_started_is_refused(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    with monkeypatch.context() as patch:
        no_more_threads(patch)
        for _ in range(5):
            with pytest.raises(RuntimeError):
                loop.queue_work(lambda: None, slow=slow)
    assert not loop.alive
    results: list[object] = []
    loop.queue_work(lambda: "later", lambda error, result: results.append(result), slow=slow)
    loop.run()
    assert results == ["later"]


def test_when_no_further_thread_can_be_started_those_there_are_do_the_work(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    results: list[object] = []
    loop.queue_work(gate.wait, lambda error, result: results.append(result))
    gate.await_entered(1)
    no_more_threads(monkeypatch)
    for _ in range(5):
        loop.queue_work(lambda: "done", lambda error, result: results.append(result))
    gate.open()
    loop.run()
    assert results == ["thread1"] + ["done"] * 5
    assert loop.pool.threads == 1


def test_a_mistake_in_work_that_has_no_callback_is_not_lost(loop: Loop) -> None:
    def mistaken() -> None:
        raise LookupError

    def failing() -> None:
        raise FileNotFoundError

    loop.queue_work(failing)
    loop.run()
    loop.queue_work(mistaken)
    with pytest.raises(LookupError):
        loop.run()
    assert not loop.alive


def test_a_callback_can_have_jobs_delivered_while_the_loop_stands_still() -> None:
    loop = Loop()
    order: list[str] = []

    def first(_error: object, _result: object) -> None:
        order.append("first begins")
        loop.queue_work(lambda: None, lambda *_: order.append("inner"))
        while "inner" not in order:
            assert loop.pool.deliver_now()
        order.append("first ends")

    loop.queue_work(lambda: None, first)
    loop.queue_work(lambda: None, lambda *_: order.append("second"))
    loop.run()
    assert not loop.pool.deliver_now()
    assert order.index("first begins") < order.index("inner") < order.index("first ends")
    assert order.count("second") == 1
    assert len(order) == 4
    loop.close()
