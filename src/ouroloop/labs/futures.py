"""What `await` is made of.

A function that waits in the middle has to be left there and entered there again. There are two ways: give it a stack of
its own (that is a thread, or a green thread), or turn it into an object that remembers in which of its parts it is.
Such an object is a state machine, and one can write it by hand:

    begin ──→ reading ──→ sleeping ──→ done

Rust has built the whole of its asynchronous programming on one question to such an object, and this lab builds it up
from nothing, in Python. The question is `poll`: go on as far as you can. There are two answers: `Ready`, with a value,
or `Pending`. Anything that can be asked so is a future. Nothing happens unless it is asked, so a future that nobody
polls is only a description of work; and to cancel one, forget it.

A future that answers "pending" must not be asked again and again: that would be busy waiting. So with the question
comes a `Waker`, and the answer "pending" is a promise: I have given your waker to somebody who will call it when it is
worth asking again. That is the contract, all of it.

    executor   has a queue of tasks, and polls those that were woken
    task       a future that nobody waits for but the executor
    leaf       a future at the bottom: it gives the waker to the reactor
    reactor    sleeps in the kernel's queue, and calls the wakers

Leaves are the only futures that know of the world. Those above just ask the ones below, hand the same waker down, and
pass "pending" up. A wake-up takes the other way: it does not touch what is in between, it only puts the task into the
queue, and the next poll finds its way down again to where it stopped.

To write the state machine by hand is tedious, so compilers do it. In Rust `async fn` becomes an enum with a variant for
each `await`, holding the variables that live across it. Python does the same with other means: a generator keeps its
frame when it yields, and the number of the instruction where it stopped is its state. Its `await` hands the future
upwards to whoever drives the coroutine. A dozen lines make it a future of Rust's kind, and then this executor cannot
tell it from the one that was made by hand.

JavaScript's promises are another kind. A promise is not work but the place where a result will be; the work runs
whether anybody looks or not. It calls those that wait for it, and so nobody polls. It is simpler to use; the price is a
place in memory for each step, and that there is nothing to forget: one cannot cancel a promise.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Coroutine, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from .stage import Stage, duration, size, times
from .stopwatch import fastest

_NAP = 0.02  # seconds
_CROWD = 200
_STEPS = 2_000


# The model: two answers, a waker, and the question

class Pending:
    """Not yet. Your waker is in good hands."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Done, and this came out."""

    value: Any = None


Poll = Pending | Ready
PENDING = Pending()


class Future:
    """Something that can be asked to go on."""

    __slots__ = ()

    def poll(self, waker: Waker) -> Poll:
        """Go on as far as possible. Who answers `PENDING` has seen to it that `waker.wake()` is called."""
        raise NotImplementedError

    def __await__(self) -> Generator[Future, Any, Any]:
        """Python's part: `await` hands the future upwards, and goes on with what comes back."""
        return (yield self)


class Waker:
    """Whom to call when it is worth asking again. To call it twice, or too late, does no harm."""

    def __init__(self, executor: Executor, task: Task) -> None:
        self._executor, self._task = executor, task

    def wake(self) -> None:
        """Have the task polled."""
        self._executor.queue_up(self._task)


@dataclass(eq=False)
class Task:
    """A future that the executor has taken on."""

    future: Future
    polls: int = 0
    is_queued: bool = False
    answer: Poll = PENDING


class Executor:
    """Polls those tasks that were woken; if there are none, lets the reactor sleep."""

    def __init__(self, reactor: Reactor) -> None:
        self.reactor = reactor
        self._queue: deque[Task] = deque()
        self._unfinished = 0

    def spawn(self, future: Future) -> Task:
        """Take on a future. It is polled for the first time when its turn comes."""
        task = Task(future)
        self._unfinished += 1
        self.queue_up(task)
        return task

    def queue_up(self, task: Task) -> None:
        """Poll this task, unless it is to be polled already, or has finished."""
        if not task.is_queued and task.answer is PENDING:
            task.is_queued = True
            self._queue.append(task)

    def run(self) -> int:
        """Run until all tasks have finished, or nobody is left who could wake one: how many have not finished."""
        while self._unfinished:
            while self._queue:
                self._poll(self._queue.popleft())
            if not self.reactor.wait():
                break
        return self._unfinished

    def _poll(self, task: Task) -> None:
        task.is_queued = False  # before it is polled: it may wake itself
        if task.answer is not PENDING:
            return  # it did, and was ready all the same
        task.polls += 1
        task.answer = task.future.poll(Waker(self, task))
        if task.answer is not PENDING:
            self._unfinished -= 1


class Reactor:
    """Knows who waits for what: times, and descriptors. The only one that ever sleeps."""

    def __init__(self) -> None:
        self._sleepers: list[tuple[float, int, Waker]] = []
        self._selector = selectors.DefaultSelector()
        self.registered = 0

    def wake_at(self, due: float, waker: Waker) -> None:
        """Call the waker at that time."""
        self.registered += 1
        heapq.heappush(self._sleepers, (due, self.registered, waker))

    def wake_when_readable(self, end: socket.socket, waker: Waker) -> None:
        """Call the waker, once, when there is something to read."""
        self.registered += 1
        self._selector.register(end, selectors.EVENT_READ, waker)

    def wait(self) -> bool:
        """Sleep until somebody is to be woken. Returns whether there is anybody to wait for."""
        if not self._sleepers and not self._selector.get_map():
            return False
        timeout = max(0.0, self._sleepers[0][0] - time.perf_counter()) if self._sleepers else None
        if self._selector.get_map():
            for key, _ in self._selector.select(timeout):
                self._selector.unregister(key.fileobj)
                key.data.wake()
        elif timeout:
            time.sleep(timeout)
        while self._sleepers and self._sleepers[0][0] <= time.perf_counter():
            heapq.heappop(self._sleepers)[2].wake()
        return True

    def close(self) -> None:
        """Give the descriptor back."""
        self._selector.close()


# Leaves

class Sleep(Future):
    """Ready when the time has come."""

    __slots__ = ("_due", "_reactor", "_seconds")

    def __init__(self, reactor: Reactor, seconds: float) -> None:
        self._reactor, self._seconds = reactor, seconds
        self._due: float | None = None

    def poll(self, waker: Waker) -> Poll:
        if self._due is None:
            self._due = time.perf_counter() + self._seconds  # it begins with the first question
            self._reactor.wake_at(self._due, waker)
        return Ready() if time.perf_counter() >= self._due else PENDING


class Message(Future):
    """Ready when something came; its value is what came."""

    __slots__ = ("_end", "_reactor")

    def __init__(self, reactor: Reactor, end: socket.socket) -> None:
        self._reactor, self._end = reactor, end

    def poll(self, waker: Waker) -> Poll:
        try:
            return Ready(self._end.recv(100))
        except BlockingIOError:
            self._reactor.wake_when_readable(self._end, waker)
            return PENDING


class Forgetful(Future):
    """A leaf that breaks the contract: it says "pending", and has not kept the waker."""

    __slots__ = ()

    def poll(self, waker: Waker) -> Poll:
        return PENDING


class Once(Future):
    """Pending once, and awake again at once: it gives way."""

    __slots__ = ("_was_asked",)

    def __init__(self) -> None:
        self._was_asked = False

    def poll(self, waker: Waker) -> Poll:
        if self._was_asked:
            return Ready()
        self._was_asked = True
        waker.wake()
        return PENDING


# The same work three times: read a message, then sleep, then answer

class ByHand(Future):
    """The state machine, written by hand: a state for each place where it may have to wait."""

    __slots__ = ("_end", "_leaf", "_reactor", "_text", "state")

    def __init__(self, reactor: Reactor, end: socket.socket) -> None:
        self._reactor, self._end = reactor, end
        self.state = "begin"
        self._leaf: Future | None = None
        self._text = b""

    def poll(self, waker: Waker) -> Poll:
        if self.state == "begin":
            self._leaf = Message(self._reactor, self._end)
            self.state = "reading"
        if self.state == "reading" and self._leaf:
            answer = self._leaf.poll(waker)
            if isinstance(answer, Pending):
                return PENDING
            self._text = answer.value
            self._leaf = Sleep(self._reactor, _NAP)
            self.state = "sleeping"
        if self.state == "sleeping" and self._leaf:
            if self._leaf.poll(waker) is PENDING:
                return PENDING
            self.state = "done"
        return Ready(self._text.upper())


def by_generator(reactor: Reactor, end: socket.socket) -> Generator[Future, Any, bytes]:
    """The same by a generator: what it waits for, it yields."""
    text: bytes = yield Message(reactor, end)
    yield Sleep(reactor, _NAP)
    return text.upper()


async def by_coroutine(reactor: Reactor, end: socket.socket) -> bytes:
    """The same by `async` and `await`."""
    text: bytes = await Message(reactor, end)
    await Sleep(reactor, _NAP)
    return text.upper()


class Frame(Future):
    """A generator or a coroutine of Python's as a future: what it hands up is polled until that is ready."""

    __slots__ = ("_leaf", "_routine")

    def __init__(self, routine: Generator[Future, Any, Any] | Coroutine[Future, Any, Any]) -> None:
        self._routine = routine
        self._leaf: Future | None = None

    def poll(self, waker: Waker) -> Poll:
        value = None
        while True:
            if self._leaf is not None:
                answer = self._leaf.poll(waker)
                if isinstance(answer, Pending):
                    return PENDING
                value = answer.value
            try:
                self._leaf = self._routine.send(value)
            except StopIteration as end:
                return Ready(end.value)

    @property
    def state(self) -> str:
        """Where it is: the instruction at which it stopped."""
        frame = getattr(self._routine, "gi_frame", None) or getattr(self._routine, "cr_frame", None)
        if frame is None:
            return "done"
        return "begin" if self._leaf is None else f"at {frame.f_lasti}"


@dataclass
class Diary:
    """A task of the three: its state after each poll, and what came out."""

    states: list[str]
    polls: int
    value: Any


class Watched(Future):
    """Notes the state of a future before it is first polled, and after each poll."""

    def __init__(self, future: ByHand | Frame) -> None:
        self._future = future
        self.states = [future.state]

    def poll(self, waker: Waker) -> Poll:
        answer = self._future.poll(waker)
        self.states.append(self._future.state)
        return answer


@dataclass
class Figures:
    """Polls, costs and room."""

    diaries: dict[str, Diary]
    registered_before: int
    """What had been asked of the reactor when the three had been made, but not polled."""
    crowd: int
    nap: float
    """Seconds that each of the crowd sleeps."""
    polls_with_wakers: int
    """Of all the crowd, together."""
    polls_without: int
    """If all were asked again and again until they were ready."""
    busy_with_wakers: float
    """Seconds of the processor."""
    busy_without: float
    stuck: int
    """Tasks that nobody woke again, of two, one of which had a leaf that keeps no waker."""
    polls_of_stuck: int
    step: dict[str, float]
    """Seconds for a poll that finds its way down, and "pending" up again."""
    rooms: dict[str, int]
    """Bytes."""


def measure() -> Figures:
    """Do the same three times, then ask a crowd in two ways, then break the contract, then look at the costs."""
    diaries, registered = _three_ways()
    polls_with, busy_with = _ask_who_was_woken()
    polls_without, busy_without = _ask_all()
    stuck, polls_of_stuck = _break_the_contract()
    return Figures(
        diaries, registered, _CROWD, _NAP, polls_with, polls_without, busy_with, busy_without, stuck, polls_of_stuck,
        _costs(), _rooms())


@contextmanager
def _executor() -> Iterator[Executor]:
    reactor = Reactor()
    yield Executor(reactor)
    reactor.close()


def _three_ways() -> tuple[dict[str, Diary], int]:
    with _executor() as executor, ExitStack() as sockets:
        reactor = executor.reactor
        pairs = [[sockets.enter_context(end) for end in socket.socketpair()] for _ in range(3)]
        for end, _ in pairs:
            end.setblocking(False)
        first, second, third = (end for end, _ in pairs)
        futures = {
            "by hand": Watched(ByHand(reactor, first)),
            "a generator": Watched(Frame(by_generator(reactor, second))),
            "a coroutine": Watched(Frame(by_coroutine(reactor, third))),
        }
        registered = reactor.registered
        tasks = {name: executor.spawn(future) for name, future in futures.items()}
        executor.spawn(Frame(_send_to([there for _, there in pairs], reactor)))
        executor.run()
    return {
        name: Diary(futures[name].states, task.polls, getattr(task.answer, "value", None))
        for name, task in tasks.items()}, registered


async def _send_to(ends: list[socket.socket], reactor: Reactor) -> None:
    await Sleep(reactor, _NAP)
    for end in ends:
        end.send(b"hello")


def _ask_who_was_woken() -> tuple[int, float]:
    with _executor() as executor:
        before = time.process_time()
        tasks = [executor.spawn(Sleep(executor.reactor, _NAP)) for _ in range(_CROWD)]
        executor.run()
        return sum(task.polls for task in tasks), time.process_time() - before


def _ask_all() -> tuple[int, float]:
    """An executor that knows of no wakers."""
    with _executor() as executor:
        futures: list[Future] = [Sleep(executor.reactor, _NAP) for _ in range(_CROWD)]
        nobody = Waker(executor, Task(futures[0]))
        polls, before = 0, time.process_time()
        while futures:
            polls += len(futures)
            futures = [future for future in futures if future.poll(nobody) is PENDING]
        return polls, time.process_time() - before


def _break_the_contract() -> tuple[int, int]:
    with _executor() as executor:
        forgotten = executor.spawn(Forgetful())
        executor.spawn(Sleep(executor.reactor, _NAP / 10))
        return executor.run(), forgotten.polls


class _Steps(Future):
    """By hand: gives way so many times."""

    __slots__ = ("_leaf", "_left")

    def __init__(self, count: int) -> None:
        self._left = count
        self._leaf = Once()

    def poll(self, waker: Waker) -> Poll:
        while self._left:
            if self._leaf.poll(waker) is PENDING:
                return PENDING
            self._left -= 1
            self._leaf = Once()
        return Ready()


def _yield_steps(count: int) -> Generator[Future, Any, None]:
    for _ in range(count):
        yield Once()


async def _await_steps(count: int) -> None:
    for _ in range(count):
        await Once()


def _costs() -> dict[str, float]:
    def run(future: Future) -> None:
        with _executor() as executor:
            executor.spawn(future)
            executor.run()

    costs = fastest(
        lambda: run(_Steps(_STEPS)), lambda: run(Frame(_yield_steps(_STEPS))), lambda: run(Frame(_await_steps(_STEPS))),
        rounds=9)
    return dict(zip(("by hand", "a generator", "a coroutine"), (cost / _STEPS for cost in costs), strict=True))


def _rooms() -> dict[str, int]:
    with _executor() as executor, socket.socket() as end:
        reactor, coroutine = executor.reactor, by_coroutine(executor.reactor, end)
        rooms = {
            "by hand": sys.getsizeof(ByHand(reactor, end)),
            "a generator": sys.getsizeof(by_generator(reactor, end)),
            "a coroutine": sys.getsizeof(coroutine),
        }
        coroutine.close()
    return rooms


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print the states, the polls, the costs."""
    stage.heading("Read a message, then sleep, then answer: the state after each poll")
    diaries = figures.diaries
    polls = max(len(diary.states) for diary in diaries.values())
    headings = ["made", *(f"poll {number}" for number in range(1, polls)), "came out"]
    stage.table(["", *headings], [
        (name, *diary.states, f"{diary.value.decode()}") for name, diary in diaries.items()], left=polls + 2)
    hand = diaries["by hand"]
    stage.meaning(
        f"All three were polled {hand.polls} times: to begin, when the message had come, when the time had come. What "
        "was by hand a word, is in Python's frames the number of the instruction at which it stopped. When they were "
        f"made, the reactor was asked for {figures.registered_before or 'nothing'}: a future that nobody polls does "
        "nothing.")
    stage.heading(f"{figures.crowd} tasks that sleep for {duration(figures.nap)}: how often they are polled")
    each = figures.polls_with_wakers / figures.crowd
    stage.bars([
        ("who was woken", figures.polls_with_wakers, f"{figures.polls_with_wakers:,}"),
        ("all, again and again", figures.polls_without, f"{figures.polls_without:,}")], logarithmic=True)
    stage.meaning(
        f"With wakers each task was asked {times(each)} times, {duration(figures.busy_with_wakers)} of work for the "
        f"processor. Without them it was busy for {duration(figures.busy_without)}, and no task was done any sooner. A "
        "waker is the difference between asking and being told.")
    stage.heading("A leaf that keeps no waker")
    stage.prose(
        f"Two tasks; one has such a leaf. It was polled {_count(figures.polls_of_stuck)}, answered \"pending\", and "
        f"the executor ended with {figures.stuck} task that nobody will ever wake. No error is raised; it only never "
        "goes on. In a real program, where something else always waits, nobody notices.")
    stage.heading("A poll, to the leaf and back; and the room it takes to have stopped there")
    stage.bars([(name, cost, f"{duration(cost)}, {size(figures.rooms[name])}") for name, cost in figures.step.items()])
    ratio = times(figures.step["a coroutine"] / figures.step["by hand"])
    stage.meaning(
        f"To stop and to go on takes about the same in all three (a coroutine {ratio} times the machine by hand): most "
        "of it is the executor, the waker and the leaf, in Python. In Rust a poll is a call and a jump by the state, "
        "and the compiler, which writes what we wrote by hand, knows how large the machine is: a task is one piece of "
        "memory, and no stack.")


def _count(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
