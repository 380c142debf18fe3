"""Timers and immediates, as Node keeps them.

Theory of operation. Timers of one duration wait in one list, in the order they were set, so the first of each list is
always the next due; the lists stand in a heap by due time, and one loop timer waits for the first. A timer costs an
append, cancelling one costs a deletion, whatever their number. Durations are at least 1 ms: `set_timeout(f, 0)` means
1.

Immediates run in the check step, just after poll. While there are any, an idle handle keeps the poll step from
sleeping.

What surprises people: all timers that are due run in one step, but ticks and microtasks are drained between each two;
an immediate set by an immediate waits for the next turn; and `set_timeout(f, 0)` against `set_immediate(f)` is a race
at start-up (has a millisecond passed?) but never inside an I/O callback: there, check comes first.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush, heapreplace
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ..loop import Check, Idle, Timer
from . import environment
from .environment import require_callable

if TYPE_CHECKING:
    from .environment import Environment

TIMEOUT_MAX = 2**31 - 1
"""The longest duration in ms; longer ones become 1 ms, with a warning, as in Node."""


class Timeout:
    """What `set_timeout` and `set_interval` return."""

    __slots__ = ("_args", "_callback", "_destroyed", "_list", "_ref", "_repeat", "_start", "_timers", "duration")

    def __init__(
        self, timers: Timers, callback: Callable[..., object], duration: int, args: tuple[Any, ...], repeat: bool
    ) -> None:
        self._timers = timers
        self._callback = callback
        self._args = args
        self._repeat = repeat
        self._destroyed = False
        self._ref = True
        self._start = 0
        self._list: _TimerList | None = None
        self.duration = duration
        """In ms."""

    def ref(self) -> Timeout:
        """Let the program wait for this timer; the default."""
        if not self._ref:
            self._ref = True
            if not self._destroyed:
                self._timers._count_ref(1)
        return self

    def unref(self) -> Timeout:
        """Let the program end without this timer."""
        if self._ref:
            self._ref = False
            if not self._destroyed:
                self._timers._count_ref(-1)
        return self

    def has_ref(self) -> bool:
        """Whether the program waits for this timer."""
        return self._ref

    def refresh(self) -> Timeout:
        """Start the duration again from now, also when the timer has already fired."""
        if self._callback is not None:
            self._timers._restart(self)
        return self

    def close(self) -> Timeout:
        """Cancel the timer."""
        self._timers.clear(self)
        return self


class Immediate:
    """What `set_immediate` returns."""

    __slots__ = ("_args", "_callback", "_destroyed", "_immediates", "_ref")

    def __init__(self, immediates: Immediates, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._immediates = immediates
        self._callback = callback
        self._args = args
        self._destroyed = False
        self._ref = True

    def ref(self) -> Immediate:
        """Let the program wait for it; the default."""
        if not self._ref:
            self._ref = True
            if not self._destroyed:
                self._immediates._count_ref(1)
        return self

    def unref(self) -> Immediate:
        """Let the program end, or sleep, without it."""
        if self._ref:
            self._ref = False
            if not self._destroyed:
                self._immediates._count_ref(-1)
        return self

    def has_ref(self) -> bool:
        """Whether the program waits for it."""
        return self._ref


class _TimerList:
    """All timers of one duration, the next due first."""

    __slots__ = ("duration", "timers")

    def __init__(self, duration: int) -> None:
        self.duration = duration
        self.timers: OrderedDict[Timeout, None] = OrderedDict()


class Timers:
    """An environment's timers."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._loop = env.loop
        self._handle = Timer(env.loop)
        self._handle.unref()
        self._lists: dict[int, _TimerList] = {}
        self._heap: list[tuple[int, int, _TimerList]] = []
        self._list_id = 0
        self._dropped = 0  # lists still in the heap though no longer in use
        self._next_expiry = math.inf
        self._refs = 0

    def set(self, callback: Callable[..., object], ms: float, args: tuple[Any, ...], repeat: bool) -> Timeout:
        """See `set_timeout` and `set_interval`."""
        if not callable(callback):
            require_callable(callback)
        try:
            duration = int(ms) if 1 <= ms <= TIMEOUT_MAX else self._duration(ms)
        except TypeError:
            raise TypeError(f"the duration must be a number of ms, not {ms!r}") from None
        timeout = Timeout(self, callback, duration, args, repeat)
        if not self._refs:
            self._handle.ref()
        self._refs += 1
        start = self._loop.now = monotonic_ns() // 1_000_000
        self._insert(timeout, start)
        return timeout

    def _duration(self, ms: float) -> int:
        if ms > TIMEOUT_MAX:
            self._env.process.emit_warning(
                f"{ms} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.",
                "TimeoutOverflowWarning",
            )
        elif ms < 0:
            self._env.process.emit_warning(
                f"{ms} is a negative number.\nTimeout duration was set to 1.", "TimeoutNegativeWarning"
            )
        elif ms != ms:
            self._env.process.emit_warning(
                f"{ms} is not a number.\nTimeout duration was set to 1.", "TimeoutNaNWarning"
            )
        return 1

    def clear(self, timeout: Timeout) -> None:
        """Cancel `timeout`; one that is done or cancelled may be cancelled."""
        if timeout._list is not None:
            del timeout._list.timers[timeout]
            timeout._list = None
        timeout._repeat = False
        if timeout._destroyed:
            return
        timeout._destroyed = True
        if timeout._ref:
            timer_list = self._lists.get(timeout.duration)
            if timer_list is not None and not timer_list.timers:
                self._drop(timer_list)
            self._count_ref(-1)

    def _drop(self, timer_list: _TimerList) -> None:
        """Forget an empty list, so that the next timer of its duration begins one with a due time of its own."""
        del self._lists[timer_list.duration]
        self._dropped += 1
        if self._dropped > 16 and self._dropped * 2 > len(self._heap):
            self._heap[:] = [entry for entry in self._heap if self._lists.get(entry[2].duration) is entry[2]]
            heapify(self._heap)
            self._dropped = 0

    def _restart(self, timeout: Timeout) -> None:
        if timeout._list is not None:
            timeout._list.timers.pop(timeout, None)
        if timeout._destroyed:
            timeout._destroyed = False
            if timeout._ref:
                self._count_ref(1)
        self._insert(timeout, self._now())

    def _count_ref(self, change: int) -> None:
        before, self._refs = self._refs, self._refs + change
        if not before:
            self._handle.ref()
        elif not self._refs:
            self._handle.unref()

    def _now(self) -> int:
        now = self._loop.now = monotonic_ns() // 1_000_000
        return now

    def _insert(self, timeout: Timeout, start: int) -> None:
        duration = timeout.duration
        timeout._start = start
        timer_list = self._lists.get(duration)
        if timer_list is None:
            expiry = start + duration
            timer_list = self._lists[duration] = _TimerList(duration)
            self._list_id += 1
            heappush(self._heap, (expiry, self._list_id, timer_list))
            if expiry < self._next_expiry:
                self._schedule(expiry)
        timer_list.timers[timeout] = None
        timeout._list = timer_list

    def _schedule(self, expiry: int) -> None:
        self._next_expiry = expiry
        self._handle.start(self._on_due, max(1, expiry - self._loop.now))

    def _on_due(self) -> None:
        env = self._env
        now = self._now()
        while True:
            try:
                self._process(now)
                break
            except BaseException as exc:
                env.uncaught_exception(exc)
        if self._heap:
            self._schedule(self._heap[0][0])
            self._now()  # the callbacks took time, and the poll step is to sleep that much less
        if env.ticks or env.microtasks or env.rejections:
            env.run_next_ticks()

    def _process(self, now: int) -> None:
        self._next_expiry = math.inf
        heap, env = self._heap, self._env
        ran_any = False
        while heap:
            expiry, _, timer_list = heap[0]
            if self._lists.get(timer_list.duration) is not timer_list:
                heappop(heap)
                self._dropped -= 1
                continue
            if expiry > now:
                return
            if ran_any:
                env.drain()
            ran_any = True
            self._process_list(timer_list, now)

    def _process_list(self, timer_list: _TimerList, now: int) -> None:
        """Run what is due of one list, the heap's first."""
        env, duration, timers = self._env, timer_list.duration, timer_list.timers
        ran_any = False
        while timers:
            timeout = next(iter(timers))
            if now - timeout._start < duration:
                expiry = max(timeout._start + duration, now + 1)
                self._list_id += 1
                heapreplace(self._heap, (expiry, self._list_id, timer_list))
                return
            if ran_any and (env.ticks or env.microtasks or env.rejections):
                env.drain()
                if timeout not in timers:
                    continue
            ran_any = True
            del timers[timeout]
            timeout._list = None
            start = self._now() if timeout._repeat else 0
            try:
                result = timeout._callback(*timeout._args)
                if result is not None:
                    env.adopt(result)
            finally:
                if timeout._repeat:
                    if timeout._list is None:
                        self._insert(timeout, start)
                elif timeout._list is None and not timeout._destroyed:
                    timeout._destroyed = True
                    if timeout._ref:
                        self._refs -= 1
                        if not self._refs:
                            self._handle.unref()
        if self._lists.get(duration) is timer_list:
            del self._lists[duration]
            heappop(self._heap)


class Immediates:
    """An environment's immediates."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._check = Check(env.loop)
        self._check.unref()
        self._idle = Idle(env.loop)
        self._queue: deque[Immediate] = deque()
        self._running: deque[Immediate] = deque()
        self._refs = 0

    def set(self, callback: Callable[..., object], args: tuple[Any, ...]) -> Immediate:
        """See `set_immediate`."""
        if not callable(callback):
            require_callable(callback)
        immediate = Immediate(self, callback, args)
        self._queue.append(immediate)
        if not self._refs:
            self._stay_awake()
        self._refs += 1
        return immediate

    def clear(self, immediate: Immediate) -> None:
        """Cancel `immediate`; one that has run may be cancelled."""
        if not immediate._destroyed:
            immediate._destroyed = True
            if immediate._ref:
                self._count_ref(-1)

    def _count_ref(self, change: int) -> None:
        self._refs += change
        if self._refs:
            self._stay_awake()
        else:
            self._idle.stop()

    def _stay_awake(self) -> None:
        """Be called in the next check step, and keep the poll step before it from sleeping."""
        if not self._check.active:
            self._check.start(self._on_check)
        if not self._idle.active:
            self._idle.start(_do_nothing)

    def _on_check(self) -> None:
        env = self._env
        if env.ticks or env.microtasks or env.rejections:
            env.run_next_ticks()  # left over from a callback that raised
        self._running, self._queue = self._queue, self._running
        while True:
            try:
                self._run()
                break
            except BaseException as exc:
                env.uncaught_exception(exc)
            if not self._running:
                # Node's way: when the last one raises, those set meanwhile need not wait for the next turn.
                self._running, self._queue = self._queue, self._running
        if env.ticks or env.microtasks or env.rejections:
            env.run_next_ticks()
        if not self._refs:
            self._idle.stop()
            if not self._queue:
                self._check.stop()

    def _run(self) -> None:
        env, running = self._env, self._running
        ran_any = False
        while running:
            if ran_any and (env.ticks or env.microtasks or env.rejections):
                env.drain()
            immediate = running.popleft()
            if immediate._destroyed:
                continue
            ran_any = True
            immediate._destroyed = True
            if immediate._ref:
                self._refs -= 1
            result = immediate._callback(*immediate._args)
            if result is not None:
                env.adopt(result)


def _do_nothing() -> None:
    """For an idle handle that only keeps the poll step from sleeping."""


def set_timeout(callback: Callable[..., object], ms: float = 1, *args: Any) -> Timeout:
    """Call `callback(*args)` once, when at least `ms` milliseconds have passed (1 to 2**31-1; else 1).

    Raises `TypeError` when `callback` is not callable. https://nodejs.org/api/timers.html
    """
    return (environment._current or environment.current()).timers.set(callback, ms, args, repeat=False)


def set_interval(callback: Callable[..., object], ms: float = 1, *args: Any) -> Timeout:
    """Call `callback(*args)` every `ms` milliseconds, counted from the start of the call before."""
    return (environment._current or environment.current()).timers.set(callback, ms, args, repeat=True)


def set_immediate(callback: Callable[..., object], *args: Any) -> Immediate:
    """Call `callback(*args)` in the check step of this turn, or of the next if that step is running."""
    return (environment._current or environment.current()).immediates.set(callback, args)


def clear_timeout(timeout: Timeout | None) -> None:
    """Cancel a timer; None and timers that are done are ignored."""
    if isinstance(timeout, Timeout):
        timeout._timers.clear(timeout)


clear_interval = clear_timeout


def clear_immediate(immediate: Immediate | None) -> None:
    """Cancel an immediate; None and immediates that have run are ignored."""
    if isinstance(immediate, Immediate):
        immediate._immediates.clear(immediate)
