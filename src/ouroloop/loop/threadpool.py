"""The thread pool: for what the operating system cannot do without blocking.

Theory of operation. A loop owns up to 4 threads (`UV_THREADPOOL_SIZE`, read at the first job, at most 1024), each
started when a job comes and all there are have work. Jobs wait in one queue, first come, first served; a thread takes
jobs until there are none. A finished job goes onto a list, and the thread that finds the list unattended wakes the loop
through its one wake-up descriptor; the loop calls back for everything on the list at once, in the poll step.

Slow work (a name look-up may take seconds) must not occupy all threads while a file read waits behind it. libuv's rule:
at most half of the threads, rounded up, run slow work at a time; what is above that waits in a line of its own, and
takes its turn in the queue when a slow job ends.

Brief work (file operations) mostly takes 1 to 10 µs, the data being in memory. Then threads in parallel only quarrel
about Python's lock: 4 threads do 130,000 stats a second, where one does up to 400,000. So brief jobs are begun when the
loop goes to sleep, by one thread, which tells the loop of a batch at a time, not of each. Whether they *are* brief is
measured, and watched: when such jobs spend their time waiting (for a disk, say) all threads share them; and while jobs
stand in line the loop looks in every ms (`look_after`): if nothing has come of them, another thread is called, and what
is finished is delivered.

What surprises people: only a job that no thread has taken yet can be cancelled; and a thread that is busy when the
loop is closed is not waited for longer than its job takes, which may be for ever: the threads are daemons, so the
process can still end.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from time import monotonic, sleep, thread_time

from .errors import error
from .pool_size import configured_size
from .request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .loop import Loop

_PATIENCE = 1
"""How long the loop sleeps at most, in ms, while brief jobs stand in line."""
_BATCH_TIME = 0.0003
"""How long a thread keeps finished brief jobs to itself at most, in seconds, while it has more of them."""
_BRIEF_WAIT = 50e-6
"""Brief jobs that wait longer than this, in seconds, on average, are not treated as such."""
_OTHER, _SLOW, _BRIEF = range(3)  # kinds of jobs
_NAP = 0.0001
"""How long `deliver_now` sleeps between looks, in seconds."""


class Work(Request):
    """A job for the pool (libuv's `uv_work_t`)."""

    __slots__ = ("_brief", "_error", "_kind", "_pool", "_result", "_slow", "name", "work")

    def __init__(
        self,
        pool: ThreadPool,
        work: Callable[[], Any],
        callback: Callable[..., object] | None,
        slow: bool,
        brief: bool,
        name: str,
    ) -> None:
        Request.__init__(self, pool._loop, callback)
        self._pool = pool
        self._slow = slow
        self._brief = brief
        self._kind = _BRIEF if brief else _SLOW if slow else _OTHER
        self._error: BaseException | None = None
        self._result: Any = None
        self.work = work
        self.name = name or getattr(work, "__name__", "work")

    def cancel(self) -> None:
        """Take the job out of the queue; its callback gets ECANCELED in the poll step (uv_cancel).

        Raises `OSError` EBUSY when a thread has taken it already.
        """
        self._pool._remove(self)
        self._error = error(errno.ECANCELED)
        self._pool._done.append(self)
        self._pool._report()


def _nobody_asked(failure: BaseException | None, result: object) -> None:
    """The callback of a job without one: that a system call failed is of no interest then; a mistake in the work is."""
    if failure is not None and not isinstance(failure, OSError):
        raise failure


class ThreadPool:
    """A loop's threads and the jobs they wait for."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._jobs: deque[Work] = deque()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._gates: list[threading.Lock] = []
        self._idle: list[int] = []
        self._ending = False
        self._size = 0
        self._busy = 0
        self._current: list[Work | None] = []
        self._seen: list[Work | None] = []
        self._slow_running = 0
        self._slow_waiting: deque[Work] = deque()
        self._brief_wait = 0.0
        self._done: deque[Work] = deque()
        self._attended = False
        self._waiting_since = 0
        self._outstanding = [0, 0, 0]  # jobs of each kind that are not over
        self.behind = False
        """Whether brief jobs may stand in line, so that the loop must `begin` and `look_after` them."""

    @property
    def threads(self) -> int:
        """How many threads have been started."""
        return len(self._threads)

    def submit(
        self,
        work: Callable[[], Any],
        callback: Callable[..., object] | None,
        *,
        slow: bool = False,
        brief: bool = False,
        name: str = "",
    ) -> Work:
        """Queue `work`; see `Loop.queue_work`."""
        job = Work(self, work, callback, slow, brief, name)
        probe = self._loop._probe
        if probe is not None:
            probe.work_queued(job)
        if not self._size:
            self._size = configured_size()
        self._count(job._kind, 1)
        if slow and not self._may_run_slow(job):
            return job
        self._jobs.append(job)
        if brief and self._brief_wait < _BRIEF_WAIT:
            self.behind = True
        elif self._busy < self._size:
            try:
                self._call_thread()
            except Exception:
                self._withdraw(job)
                raise
        return job

    @property
    def load(self) -> int:
        """How many threads are busy, or will be, with jobs that take long; all, while brief ones stand in line."""
        others, slow, brief = self._outstanding
        return self._size if brief else others + min(slow, (self._size + 1) // 2)

    def _count(self, kind: int, change: int) -> None:
        self._outstanding[kind] += change
        for tell in self._loop.on_load:
            tell(self.load)

    def _withdraw(self, job: Work) -> None:
        """There is no thread for it, nor can one be started: as if it had never been submitted."""
        self._jobs.remove(job)
        self._count(job._kind, -1)
        if job._slow:
            self._slow_ended()
        self._loop._active_requests -= 1

    def _call_thread(self) -> None:
        """Set a thread to work: the one that rested last, whose caches and free memory are warm.

        (Reads of 64 KiB are up to 3 times as fast as with threads that take turns.) When the system has no more
        threads to give, those that there are go on; if there is none, raises what `Thread.start` raised.
        """
        with self._lock:
            if self._busy >= self._size:
                return
            self._busy += 1
            number = self._idle.pop() if self._idle else -1
        if number >= 0:
            self._gates[number].release()
            return
        try:
            self._start_thread()
        except Exception:
            with self._lock:
                self._busy -= 1
            if not self._threads:
                raise

    def begin(self) -> None:
        """The loop is about to wait, and brief jobs may stand in line: see to it that a thread is at them."""
        if self._jobs and self._busy < self._size and not self._line_moves():
            self._call_thread()
        if not self._waiting_since:
            self._waiting_since = self._loop.now

    def _line_moves(self) -> bool:
        """Whether a thread is busy with something that is over in an instant, so that it takes the next job then."""
        return self._busy > 0 and self._busy > sum(job is not None and not job._brief for job in self._current)

    def patience(self, timeout: float) -> float:
        """How long the loop, which would sleep for `timeout` ms, may sleep; below 0: without limit."""
        return _PATIENCE if self.behind and not 0 <= timeout <= _PATIENCE else timeout

    def look_after(self, woken: bool) -> None:
        """The loop waited, and was `woken` or not. If no job was delivered for a ms, help.

        What was under way at the last look, and still is, no longer counts as brief, so that `begin` calls another
        thread; what is done is delivered.
        """
        if self._loop.now - self._waiting_since < (2 * _PATIENCE if woken else _PATIENCE):
            return
        self._waiting_since = 0
        for job, before in zip(self._current, self._seen, strict=False):
            if job is not None and job is before:
                job._brief = False
        self._seen = [*self._current]
        if not self._jobs or self._busy >= self._size:
            # Before the look at `_done`: a thread that still saw `behind` has put its job there by then.
            self.behind = False
        if self._done:
            self._report()

    def _may_run_slow(self, job: Work) -> bool:
        with self._lock:
            if self._slow_running < (self._size + 1) // 2:
                self._slow_running += 1
                return True
            self._slow_waiting.append(job)
            return False

    def _start_thread(self) -> None:
        number = len(self._threads)
        if not number and "MALLOC_ARENA_MAX" not in os.environ:
            # In glibc each thread has a heap of its own, which gives freed memory back to the kernel at once: each job
            # then pays for page faults. Python's lock lets one thread allocate at a time, so one heap does as well, and
            # 16 KiB files are read 115,000 to 125,000 times a second, not 70,000 to 120,000.
            from .libc import share_one_heap

            share_one_heap()
        gate = threading.Lock()
        gate.acquire()
        self._gates.append(gate)
        self._current.append(None)
        thread = threading.Thread(target=self._serve, args=(number,), name=f"thread{number + 1}", daemon=True)
        self._threads.append(thread)
        try:
            thread.start()
        except Exception:
            # Not so after an interrupt: then the thread runs.
            del self._threads[number], self._gates[number], self._current[number]
            raise

    def _serve(self, number: int) -> None:
        gate = self._gates[number]
        while not self._ending:
            self._work_off(number)
            gate.acquire()

    def _work_off(self, number: int) -> None:
        """Run jobs until there are none."""
        jobs, done, current = self._jobs, self._done, self._current
        began, cpu_began, ran = monotonic(), thread_time(), 0
        while True:
            # Removing it from the queue is what makes the job this thread's: no lock, and none to wait for.
            try:
                job = current[number] = jobs.popleft()
            except IndexError:
                if self._stay(number):
                    continue
                if done:
                    self._report()
                return
            probe = self._loop._probe
            if probe is not None:
                probe.work_started(job)
            try:
                job._result = job.work()
            except BaseException as exc:
                job._error = exc
            if probe is not None:
                probe.work_finished(job)
            done.append(job)
            ran += 1
            if jobs and job._brief and self.behind and monotonic() - began < _BATCH_TIME:
                continue
            if job._slow:
                self._slow_ended()
            staying = self._stay(number)
            self._report()
            now, cpu_now = monotonic(), thread_time()
            if job._brief:
                self._note_wait((now - began) / ran, (cpu_now - cpu_began) / ran)
            if not staying:
                return
            began, cpu_began, ran = now, cpu_now, 0

    def _note_wait(self, time: float, cpu_time: float) -> None:
        """Brief jobs took `time` seconds each, `cpu_time` of it on the processor; beyond 4 times that, they waited.

        (Four, because threads that only keep each other from running must not look like threads that wait for a disk.)
        """
        wait = min(max(time - 4 * cpu_time, 0.0), 10 * _BRIEF_WAIT)
        self._brief_wait += (wait - self._brief_wait) / 4

    def _stay(self, number: int) -> bool:
        """Whether there is still something to do. If not, the calling thread, `number`, counts as free from now on."""
        self._current[number] = None
        with self._lock:
            # First free, then the look: whoever adds a job does it the other way round, so one of the two sees it.
            self._busy -= 1
            if self._jobs:
                self._busy += 1
                return True
            self._idle.append(number)
            if self._ending:
                self._gates[number].release()
            return False

    def _remove(self, job: Work) -> None:
        """Take a job out of the line it stands in. Raises EBUSY when it stands in none."""
        if job._slow:
            with self._lock:
                if job in self._slow_waiting:
                    self._slow_waiting.remove(job)
                    return
        try:
            self._jobs.remove(job)
        except ValueError:
            raise error(errno.EBUSY) from None
        if job._slow:
            self._slow_ended()
            if self._jobs and self._busy < self._size:
                self._call_thread()

    def _slow_ended(self) -> None:
        with self._lock:
            if not self._slow_waiting:
                self._slow_running -= 1
                return
            job = self._slow_waiting.popleft()
        self._jobs.append(job)

    def _report(self) -> None:
        """See to it that the loop delivers what is done."""
        if not self._attended:
            self._attended = True
            self._loop._wakeup.mark(self._deliver)

    def arm(self) -> None:
        """The last run was cut short: see to the rest of what it should have delivered."""
        self._attended = False
        self.behind = bool(self._jobs)
        if self._done:
            self._report()

    def _deliver(self) -> None:
        self._attended = False
        self._waiting_since = 0
        loop, done = self._loop, self._done
        probe = loop._probe
        for _ in range(len(done)):
            if not done:  # a callback has had them delivered (`deliver_now`)
                return
            job = done[0]
            if probe is not None:
                probe.work_delivered(job)
            job.done = True
            loop._active_requests -= 1
            done.popleft()
            self._count(job._kind, -1)
            callback = job.callback or _nobody_asked
            try:
                callback(job._error, job._result)
            except BaseException as exc:
                if not loop._take(exc):
                    raise

    def deliver_now(self) -> bool:
        """Wait for jobs, and deliver those that are done, from within a callback of the loop, which stands still.

        False when no job is under way.
        """
        while not self._done:
            if not self._jobs and not self._busy and not self._done:
                return False
            self.begin()
            sleep(_NAP)
        self._deliver()
        return True

    def close(self) -> None:
        """End and join the threads. No job is outstanding then."""
        with self._lock:
            self._ending = True
            for number in self._idle:
                self._gates[number].release()
        for thread in self._threads:
            thread.join()
        probe = self._loop._probe
        if probe is not None:
            probe.threads_joined(self._loop, len(self._threads))
        self._threads.clear()
