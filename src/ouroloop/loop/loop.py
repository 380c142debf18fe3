"""The loop: one turn after another, until nothing is left to wait for.

Theory of operation. The order is libuv's since 1.45. Once, before the first turn (run mode "default" only): due timers.
Then each turn:

    pending    callbacks put off from an earlier step
    idle       idle watchers
    prepare    prepare watchers
    poll       sleep in the event queue until something is ready or a timer is due, then call back for what is ready;
               after that the callbacks put off in this very step, up to 8 rounds
    check      check watchers
    closing    release closed handles and call their closing callbacks
    timers     update the clock, then due timers

The poll step does not sleep while an idle handle is active, a callback is pending, a handle is closing or `stop` was
called; it sleeps at most until the next timer. The loop is alive while a handle is active and referenced, a request is
outstanding, or something is pending or closing.

What surprises people: timers come *last* in a turn, not first; `now` stands still within a step; and an error raised by
a callback does not vanish: it goes to `on_exception`, and without one it leaves `run`, which may be called again and
goes on with what had not run yet.
"""

from __future__ import annotations

import errno
import os
from _heapq import heapify, heappop, heappush  # without the file in Python around it, of which nothing is needed
from time import monotonic_ns

from .async_ import Wakeup
from .errors import error
from .handle import Handle
from .probe import STEPS, timed, timed_wait
from .queue import INVALID, READABLE, new_queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Literal, TypeAlias

    from .probe import Probe
    from .threadpool import ThreadPool, Work
    from .timer import Timer
else:
    from _collections import deque

RunMode: TypeAlias = "Literal['default', 'once', 'nowait']"

# libuv's figures. Bounds are what keeps one step from starving the others: a callback that puts off a callback that
# puts off a callback, or descriptors that are ready again before the last of them was served.
_PENDING_ROUNDS = 8
_POLL_ROUNDS = 48
_FULL_BATCH = 1024
_MAX_SLEEP = 0x7FFFFFFF


class Metrics:
    """What a loop counts (uv_metrics_info).

    It stands apart since Python keeps up to 30 attributes of an object in one place: with more, a turn takes a tenth
    longer.
    """

    __slots__ = ("events", "events_waiting", "made_ns")

    def __init__(self) -> None:
        self.made_ns = monotonic_ns()
        """When the loop was made, in ns of the monotonic clock."""
        self.events = 0
        """How many events the queue has told of."""
        self.events_waiting = 0
        """How many of them when it was not to sleep."""


class Loop:
    """An event loop (libuv's `uv_loop_t`).

    `queue` names the operating system's event queue ("epoll", "poll"); by default the variable OUROLOOP_QUEUE, else the
    best there is. A loop belongs to the thread that runs it; only `Async.send` may be called from others.
    """

    def __init__(self, queue: str | None = None) -> None:
        self._queue = new_queue(queue)
        self._handles: dict[Handle, None] = {}
        self._active_handles = 0
        self._active_requests = 0
        self._timers: list[tuple[int, int, Timer]] = []
        self._timers_started = 0
        self._dead_timers = 0
        self._reserve = -1
        self._pending: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._idle: dict[Handle, tuple[Callable[[], object]]] = {}
        self._prepare: dict[Handle, tuple[Callable[[], object]]] = {}
        self._check: dict[Handle, tuple[Callable[[], object]]] = {}
        self._closing: list[Handle] = []
        self._after_poll: list[Callable[[], object]] = []
        self._hook_failure: BaseException | None = None
        self._stopped = False
        self._running = False
        self._cut_short = False
        self.closed = False
        self.turns = 0
        self.idle_ns = 0
        """How long the poll step has slept, in ns (uv_metrics_idle_time)."""
        self.metrics = Metrics()
        self._probe: Probe | None = None
        self.on_load: list[Callable[[int], object]] = []
        """Called with the pool's `load` whenever that has changed."""
        self.on_exception: Callable[[BaseException], object] | None = None
        """Called with each error that a callback raises; SystemExit and KeyboardInterrupt always leave `run`."""
        self.reader: Callable[[list[int]], object] | None = None
        """Somebody who reads descriptors himself, and many at once for less: see `Stream.read_start`."""
        self.now = 0
        """The cached time in ms, from an arbitrary start, never going back (uv_now)."""
        self.update_time()
        self._wakeup = Wakeup(self)
        self._pool: ThreadPool | None = None

    # The turn

    def run(self, mode: RunMode = "default") -> bool:
        """Run until the loop is no longer alive ("default"), for one turn that may sleep ("once"), or one that may not
        ("nowait"). Returns whether it is still alive (uv_run).

        Raises `OSError` EBUSY when the loop is running already, EINVAL when it is closed, and whatever a callback
        raised and `on_exception` did not take.
        """
        if mode not in ("default", "once", "nowait"):
            raise ValueError(f"mode must be 'default', 'once' or 'nowait', not {mode!r}")
        if self.closed:
            raise error(errno.EINVAL)
        if self._running:
            raise error(errno.EBUSY)
        if self._cut_short:
            self._wakeup.arm()
            if self._pool is not None:
                self._pool.arm()
        self._running = self._cut_short = True
        try:
            alive = self._run(mode)
            self._cut_short = False
            return alive
        except BaseException:
            failure, self._hook_failure = self._hook_failure, None
            if failure is not None:
                raise failure  # noqa: B904
            raise
        finally:
            self._running = False
            self._stopped = False

    def _run(self, mode: RunMode) -> bool:
        alive: object = self.alive
        if not alive:
            self.update_time()
        elif mode == "default" and not self._stopped:
            self.update_time()
            self._run_timers()
        while alive and not self._stopped:
            self.turns += 1
            if self._probe is not None:
                self._probe.turn(self, self.turns)
            can_sleep = mode == "default" or (mode == "once" and not self._pending and not self._idle)
            if self._pending:
                self._run_pending()
            if self._idle:
                self._run_watchers(self._idle)
            if self._prepare:
                self._run_watchers(self._prepare)
            self._poll(self.backend_timeout() if can_sleep and not self._idle else 0)
            if self._pending:
                self._run_new_pending()
            if self._check:
                self._run_watchers(self._check)
            if self._closing:
                self._run_closing()
            now = self.now = monotonic_ns() // 1_000_000
            if self._timers and self._timers[0][0] <= now:
                self._run_timers()
            alive = self._active_handles or self._active_requests or self._pending or self._closing
            if mode != "default":
                break
        return bool(alive)

    def _run_pending(self) -> None:
        pending = self._pending
        for _ in range(len(pending)):
            callback, args = pending.popleft()
            try:
                callback(*args)
            except BaseException as exc:
                if not self._take(exc):
                    raise

    def _run_new_pending(self) -> None:
        """What was put off in the poll step itself runs right after it; what that puts off too, for some rounds."""
        for _ in range(_PENDING_ROUNDS):
            self._run_pending()
            if not self._pending:
                break

    def _run_watchers(self, watchers: dict[Handle, tuple[Callable[[], object]]]) -> None:
        for handle, entry in reversed(list(watchers.items())) if len(watchers) > 1 else [*watchers.items()]:
            if watchers.get(handle) is not entry:
                continue
            try:
                entry[0]()
            except BaseException as exc:
                if not self._take(exc):
                    raise

    def _poll(self, timeout: float) -> None:
        queue, pool = self._queue, self._pool
        probe = self._probe
        if probe is not None:
            probe.waiting(self, timeout)
        began = monotonic_ns() if timeout else 0
        for _ in range(_POLL_ROUNDS):
            ready = self._wait_beside(pool, timeout) if pool is not None and pool.behind else queue.wait(timeout)
            now = monotonic_ns()
            self.now = now // 1_000_000
            waited, began = began, 0
            if waited:
                self.idle_ns += now - waited
            if ready:  # most turns of a busy program bring nothing
                self.metrics.events += len(ready)
                if not waited:
                    self.metrics.events_waiting += len(ready)
                if queue.readers and (probe is None or probe.takes_batches):
                    self._hand_out_together(ready)
                else:
                    self._hand_out(ready)
            if queue.lost:
                self._tell_lost()
            if len(ready) < _FULL_BATCH:
                break
            timeout = 0
        if self._after_poll:
            self._run_late()

    def _hand_out(self, ready: Sequence[tuple[int, int]]) -> None:
        queue, probe = self._queue, self._probe
        callbacks, changed = queue.callbacks, queue.changed
        for token, what in ready:
            if changed and token in changed:
                continue
            callback = callbacks.get(token)
            if callback is None:
                queue.discard_stale(token)
                continue
            if probe is not None:
                probe.ready(self, token, what)
            try:
                callback(what)
            except BaseException as exc:
                if not self._take(exc):
                    raise

    def _hand_out_together(self, ready: list[tuple[int, int]]) -> None:
        """As `_hand_out`; but readers (`_read_together`) that stand beside each other are given to their taker at once.

        That costs 0.1 us for each, where calling it back would cost 1.
        """
        readers = self._queue.readers
        batch = [number for fd, what in ready if what == READABLE and (number := readers.get(fd, 0))]
        if len(batch) == len(ready):
            if batch:
                self._give(batch)
            return
        batch.clear()
        for pair in ready:
            number = readers.get(pair[0], 0) if pair[1] == READABLE else 0
            if number and pair[0] not in self._queue.changed:
                batch.append(number)
                continue
            if batch:
                self._give(batch)
                batch = []
            self._hand_out((pair,))
        if batch:
            self._give(batch)

    def _give(self, batch: list[int]) -> None:
        assert self.reader is not None
        try:
            self.reader(batch)
        except BaseException as exc:
            if not self._take(exc):
                raise

    def _wait_beside(self, pool: ThreadPool, timeout: float) -> list[tuple[int, int]]:
        """`Queue.wait` while jobs stand in line in the pool: look after them about every ms."""
        due = self.now + timeout
        while True:
            pool.begin()
            ready = self._queue.wait(pool.patience(timeout))
            self.now = monotonic_ns() // 1_000_000
            pool.look_after(bool(ready))
            if timeout > 0:
                timeout = max(due - self.now, 0)
            if ready or not timeout:
                return ready

    def _run_late(self) -> None:
        """What comes last in the poll step: signals and ended child processes, after the data that came before them."""
        late, self._after_poll = self._after_poll, []
        for position, callback in enumerate(late):
            if self._probe is not None:
                self._probe.calls_late(self, getattr(callback, "__self__", None))
            try:
                callback()
            except BaseException as exc:
                if not self._take(exc):
                    # With this one: it knows what it has done, and an interrupt may have come before it began.
                    self._after_poll = late[position:] + self._after_poll
                    raise

    def _tell_lost(self) -> None:
        lost, self._queue.lost = self._queue.lost, []
        for callback in lost:
            self.defer(callback, INVALID)

    def _run_closing(self) -> None:
        closing, self._closing = self._closing, []
        while closing:
            handle = closing.pop()
            try:
                handle._release()
            except BaseException as exc:
                if not self._take(exc):
                    self._closing = [*closing, handle, *self._closing]
                    raise
            try:
                del self._handles[handle]
                handle.closed = True
                if self._probe is not None:
                    self._probe.handle_closed(handle)
                callback, handle._close_callback = handle._close_callback, None
                if callback is not None:
                    callback()
            except BaseException as exc:
                if not self._take(exc):
                    self._closing = closing + self._closing
                    raise

    def _run_timers(self) -> None:
        heap, now = self._timers, self.now
        ready: deque[tuple[Timer, int]] = deque()
        while heap and heap[0][0] <= now:
            _, start_id, timer = heappop(heap)
            if timer._start_id != start_id:
                self._dead_timers -= 1
                continue
            timer._set_inactive()
            ready.append((timer, start_id))
        while ready:
            timer, start_id = ready.popleft()
            if timer._start_id != start_id:
                continue
            timer._start_id = -1
            callback = timer._callback
            assert callback is not None
            if self._probe is not None:
                self._probe.timer_due(self, timer._due)
            if timer._repeat:
                timer.again()
            try:
                callback()
            except BaseException as exc:
                if not self._take(exc):
                    self._put_back(ready)
                    raise

    def _put_back(self, ready: deque[tuple[Timer, int]]) -> None:
        """Due timers that have not run, because a callback ended the run, are for the next one."""
        for timer, start_id in ready:
            if timer._start_id == start_id:
                heappush(self._timers, (timer._due, start_id, timer))
                timer._set_active()

    def _take(self, exc: BaseException) -> bool:
        """Give `exc` to the hook. False when it must leave `run`; what the hook itself raises leaves in its place."""
        if self.on_exception is None or isinstance(exc, (SystemExit, KeyboardInterrupt)):
            return False
        if self._hook_failure is not None:
            return False
        try:
            self.on_exception(exc)
        except BaseException as failure:
            self._hook_failure = failure
            return False
        return True

    # What keeps it going

    @property
    def probe(self) -> Probe | None:
        """Who is told what the loop does (`loop/probe.py`), or None."""
        return self._probe

    @probe.setter
    def probe(self, probe: Probe | None) -> None:
        self._probe = probe
        for name in STEPS:
            self.__dict__.pop(name, None)
        self._queue.__dict__.pop("wait", None)
        if probe is not None and probe.wants_steps:
            self.__dict__.update({name: timed(self, probe, name) for name in STEPS})
            self._queue.__dict__["wait"] = timed_wait(self, probe, self._queue.wait)

    @property
    def alive(self) -> bool:
        """Whether something is left to wait for (uv_loop_alive)."""
        return bool(self._active_handles or self._active_requests or self._pending or self._closing)

    def step_name(self, watchers: object) -> str:
        """Which step calls these watchers."""
        return "idle" if watchers is self._idle else "prepare" if watchers is self._prepare else "check"

    @property
    def is_quiet(self) -> bool:
        """Whether only time can bring news: no request is outstanding, nothing is put off or closing, and no descriptor
        is watched but the loop's own. Nobody would notice if the poll step were left out.
        """
        return not (
            self._active_requests or self._pending or self._closing or self._after_poll or self._probe is not None
            or len(self._queue.callbacks) > 1 or self._queue.lost
        )

    @property
    def pool(self) -> ThreadPool:
        """The threads for what would block; made when first asked for."""
        if self._pool is None:
            from .threadpool import ThreadPool

            self._pool = ThreadPool(self)
        return self._pool

    @property
    def active_handles(self) -> int:
        """How many handles are active and referenced."""
        return self._active_handles

    @property
    def active_requests(self) -> int:
        """How many requests are outstanding."""
        return self._active_requests

    @property
    def queue_name(self) -> str:
        """The operating system's event queue that the loop sleeps in: "epoll", "poll"."""
        return self._queue.name

    @property
    def wakeup_fd(self) -> int:
        """The descriptor through which other threads wake the loop."""
        return self._wakeup.fileno()

    def backend_timeout(self) -> int:
        """How long the poll step would sleep now: ms, 0 for not at all, -1 for without limit (uv_backend_timeout)."""
        if self._stopped or self._pending or self._idle or self._closing or self._after_poll or self._queue.lost:
            return 0
        if not self._active_handles and not self._active_requests:
            return 0
        heap = self._timers
        while heap and heap[0][2]._start_id != heap[0][1]:
            heappop(heap)
            self._dead_timers -= 1
        if not heap:
            return -1
        return min(max(heap[0][0] - self.now, 0), _MAX_SLEEP)

    @property
    def running(self) -> bool:
        """Whether `run` is going on."""
        return self._running

    def stop(self) -> None:
        """Let `run` return after the turn it is in, without sleeping in it; or before its first one (uv_stop)."""
        self._stopped = True

    def update_time(self) -> None:
        """Read the clock into `now`, as each turn does: for after a long computation (uv_update_time)."""
        self.now = monotonic_ns() // 1_000_000

    def walk(self) -> Iterator[Handle]:
        """All handles that are not closed, in the order they were made (uv_walk)."""
        yield from list(self._handles)

    def defer(self, callback: Callable[..., object], *args: Any) -> None:
        """Call `callback(*args)` in the next pending step: the next turn's, or the one that ends this poll step."""
        self._pending.append((callback, args))

    def queue_work(
        self, work: Callable[[], Any], callback: Callable[[BaseException | None, Any], object] | None = None, *,
        slow: bool = False, brief: bool = False, name: str = "",
    ) -> Work:
        """Run `work()` on the thread pool, then `callback(error, result)` in the poll step (uv_queue_work).

        `slow` marks work that waits for a slow outside party (a name server): it may take only half of the threads.
        `brief` marks work that mostly takes some µs, such as a file operation: more of it is done with fewer threads.
        `name` is for those who watch.
        """
        return self.pool.submit(work, callback, slow=slow, brief=brief, name=name)

    def close(self) -> None:
        """Join the pool's threads and give back every descriptor (uv_loop_close).

        Raises `OSError` EBUSY while a handle is not closed or a request is outstanding; `walk` tells which.
        Closing a closed loop does nothing.
        """
        if self.closed:
            return
        if self._running or self._handles or self._active_requests or self._pending:
            raise error(errno.EBUSY)
        self.closed = True
        if self._pool is not None:
            self._pool.close()
        self._wakeup.close()
        self._queue.close()
        if self._reserve >= 0:
            os.close(self._reserve)
        if self._probe is not None:
            self._probe.closed(self)

    # For handles

    def _reserve_descriptor(self) -> int:
        """A descriptor of /dev/null, kept for when the process has run out of them."""
        if self._reserve < 0:
            self._reserve = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        return self._reserve

    def _give_up_reserve(self, accept: Callable[[], tuple[int, Any]]) -> bool:
        """Out of descriptors: use the reserve to accept and drop all connections that wait. False if that fails too."""
        if self._reserve < 0:
            return False
        os.close(self._reserve)
        self._reserve = -1
        dropped = False
        try:
            while True:
                os.close(accept()[0])
                dropped = True
        except BlockingIOError:
            dropped = True
        except OSError:
            pass
        try:
            self._reserve_descriptor()
        except OSError:
            pass
        return dropped

    def _vacate(self, fd: int) -> None:
        """End the file behind `fd` now (a listening port is free at once), but keep its number until it is closed."""
        os.dup2(self._reserve_descriptor(), fd, inheritable=False)

    def _add_timer(self, due: int, timer: Timer) -> int:
        start_id = self._timers_started
        self._timers_started = start_id + 1
        heappush(self._timers, (due, start_id, timer))
        return start_id

    def _drop_timer(self) -> None:
        self._dead_timers += 1
        if self._dead_timers > 64 and self._dead_timers * 2 > len(self._timers):
            self._timers[:] = [entry for entry in self._timers if entry[2]._start_id == entry[1] and entry[2]._active]
            heapify(self._timers)
            self._dead_timers = 0

    def _watch(self, fd: int, events: int, callback: Callable[[int], None]) -> None:
        """Have `callback(events)` called when `fd` is ready for `events`; 0 stops. See `Queue.set`."""
        self._queue.set(fd, events, callback)
        if self._probe is not None:
            self._probe.watched(self, fd, events, type(getattr(callback, "__self__", callback)).__name__)

    def give_up_readers(self) -> None:
        """Nobody is `reader` any more, and every stream reads its descriptor itself."""
        self.reader = None
        self._queue.readers.clear()

    def _read_together(self, fd: int, callback: Callable[[int], None], number: int) -> None:
        """While `callback` watches `fd`, let `reader` hear when it is ready for nothing but reading. 0: no longer."""
        if not number:
            self._queue.readers.pop(fd, None)
        elif self._queue.callbacks.get(fd) == callback:
            self._queue.readers[fd] = number
            if self._probe is not None:
                self._probe.read_together(self, fd, number)

    def __repr__(self) -> str:
        return (
            f"<Loop {self._queue.name} handles={self._active_handles} requests={self._active_requests}"
            f"{' closed' if self.closed else ''}>"
        )
