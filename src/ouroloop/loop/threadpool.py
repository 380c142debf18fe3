"""The thread pool: for what the operating system cannot do without blocking.

Theory of operation. A loop owns up to 4 threads (`UV_THREADPOOL_SIZE`, read at the first job, at most 1024), each started
when more jobs are under way than there are threads. Jobs wait in one queue, first come, first served. A finished job goes onto a list, and
the thread that finds the list unattended wakes the loop through its one wake-up descriptor; the loop calls back for
everything on the list at once, in the poll step.

Slow work (a name look-up may take seconds) must not occupy all threads while a file read waits behind it. libuv's rule:
at most half of the threads, rounded up, run slow work at a time; what is above that waits in a line of its own, and takes
its turn in the queue when a slow job ends.

What surprises people: only a job that no thread has taken yet can be cancelled; and a thread that is busy when the
loop is closed is not waited for longer than its job takes, which may be for ever: the threads are daemons, so the
process can still end.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .errors import error
from .request import Request

if TYPE_CHECKING:
    from .loop import Loop

_DEFAULT_SIZE = 4
_MAX_SIZE = 1024


def configured_size() -> int:
    """The number of threads that `UV_THREADPOOL_SIZE` asks for: 1 to 1024, 4 when it is unset, 1 when it is no number."""
    text = os.environ.get("UV_THREADPOOL_SIZE")
    if text is None:
        return _DEFAULT_SIZE
    try:
        return min(max(int(text), 1), _MAX_SIZE)
    except ValueError:
        return 1


class Work(Request):
    """A job for the pool (libuv's `uv_work_t`)."""

    __slots__ = ("_error", "_pool", "_result", "_slow", "_state", "name", "work")

    def __init__(
        self, pool: ThreadPool, work: Callable[[], Any], callback: Callable[..., object] | None, slow: bool, name: str
    ) -> None:
        super().__init__(pool._loop, callback)
        self._pool = pool
        self._slow = slow
        self._state = _QUEUED
        self._error: BaseException | None = None
        self._result: Any = None
        self.work = work
        self.name = name or getattr(work, "__name__", "work")

    def cancel(self) -> None:
        """Take the job out of the queue; its callback gets ECANCELED in the poll step (uv_cancel).

        Raises `OSError` EBUSY when a thread has taken it already.
        """
        if not self._pool._claim(self):
            raise error(errno.EBUSY)
        self._error = error(errno.ECANCELED)
        self._pool._finished(self)


_QUEUED, _TAKEN = 0, 1


class ThreadPool:
    """A loop's threads and the jobs they wait for."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[Work | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._size = 0
        self._outstanding = 0
        self._slow_running = 0
        self._slow_waiting: deque[Work] = deque()
        self._done: deque[Work] = deque()
        self._attended = False

    @property
    def threads(self) -> int:
        """How many threads have been started."""
        return len(self._threads)

    def submit(
        self, work: Callable[[], Any], callback: Callable[..., object] | None, *, slow: bool = False, name: str = ""
    ) -> Work:
        """Queue `work`; see `Loop.queue_work`."""
        job = Work(self, work, callback, slow, name)
        probe = self._loop.probe
        if probe is not None:
            probe.work_queued(job)
        if not self._size:
            self._size = configured_size()
        self._outstanding += 1
        if len(self._threads) < min(self._size, self._outstanding):
            self._start_thread()
        if slow and not self._may_run_slow(job):
            return job
        self._jobs.put(job)
        return job

    def _may_run_slow(self, job: Work) -> bool:
        with self._lock:
            if self._slow_running < (self._size + 1) // 2:
                self._slow_running += 1
                return True
            self._slow_waiting.append(job)
            return False

    def _start_thread(self) -> None:
        number = len(self._threads) + 1
        thread = threading.Thread(target=self._serve, name=f"thread{number}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        get = self._jobs.get
        while True:
            job = get()
            if job is None:
                return
            if self._claim(job):
                self._perform(job)
            if job._slow:
                self._slow_ended()

    def _claim(self, job: Work) -> bool:
        with self._lock:
            if job._state == _TAKEN:
                return False
            job._state = _TAKEN
            return True

    def _perform(self, job: Work) -> None:
        probe = self._loop.probe
        if probe is not None:
            probe.work_started(job)
        try:
            job._result = job.work()
        except BaseException as exc:
            job._error = exc
        if probe is not None:
            probe.work_finished(job)
        self._finished(job)

    def _slow_ended(self) -> None:
        with self._lock:
            if not self._slow_waiting:
                self._slow_running -= 1
                return
            job = self._slow_waiting.popleft()
        self._jobs.put(job)

    def _finished(self, job: Work) -> None:
        self._done.append(job)
        if not self._attended:
            self._attended = True
            self._loop._wakeup.mark(self._deliver)

    def _deliver(self) -> None:
        self._attended = False
        done = self._done
        probe = self._loop.probe
        for _ in range(len(done)):
            job = done.popleft()
            self._outstanding -= 1
            if probe is not None:
                probe.work_delivered(job)
            try:
                job._finish(job._error, job._result)
            except BaseException as exc:
                if not self._loop._take(exc):
                    self._redeliver()
                    raise

    def _redeliver(self) -> None:
        """A callback ended the run: what it kept from being delivered is for the next one."""
        if self._done and not self._attended:
            self._attended = True
            self._loop._wakeup.mark(self._deliver)

    def close(self) -> None:
        """End and join the threads. No job is outstanding then."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        probe = self._loop.probe
        if probe is not None:
            probe.threads_joined(self._loop, len(self._threads))
        self._threads.clear()
