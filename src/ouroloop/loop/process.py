"""Process: a child process and its end.

Theory of operation. `spawn` starts the program (see spawn.py) and, where the kernel has it, opens a *pidfd*: a
descriptor that becomes readable when the process ends, so children are watched like everything else. On other kernels
SIGCHLD tells that some child of the loop may have ended, and all of them are looked at. Either way the child is reaped
(its zombie is taken out of the process table) and the exit callback called last in the poll step, after the output
that it wrote before.

What surprises people: the exit callback may come before the last of the child's output was *read*, and a grandchild may
hold the pipes open long after; who wants all output waits for the pipes' ends too. Closing the handle does not end the
child: it is no longer watched, and is reaped when another child is spawned or ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import threading

from .errors import error
from .handle import Handle
from .pipe import Pipe
from .queue import READABLE
from .signal import Watcher
from .stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeAlias

    from .loop import Loop
    from .spawn import Path

ExitCallback: TypeAlias = "Callable[[int, int], object]"
Stdio = int | Stream | None

_UNKNOWN_STATUS = 255

_abandoned: set[int] = set()
"""Children whose handles were closed before they ended."""
_abandoned_lock = threading.Lock()


class Process(Handle):
    """libuv's `uv_process_t`: active from `spawn` until the child has ended."""

    __slots__ = ("_children", "_exit_callback", "_late", "_pidfd", "pid")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self.pid = 0
        """The child's process id; 0 before `spawn`."""
        self._exit_callback: ExitCallback | None = None
        self._pidfd = -1
        self._children: _Children | None = None
        self._late = False

    def spawn(
        self, file: Path, args: Sequence[Path], *, env: Mapping[Any, Any] | None = None, cwd: Path | None = None,
        stdio: Sequence[Stdio] = (), uid: int | None = None, gid: int | None = None, detached: bool = False,
        exit_callback: ExitCallback | None = None,
    ) -> None:
        """Start `file`, then, when it has ended, call `exit_callback(exit_status, term_signal)` (uv_spawn).

        `file` is looked for in the child's PATH unless it has a slash in it. `args` is the whole argument list,
        `args[0]` included. `env` replaces the environment. `stdio[n]` says what the child's descriptor n is: None for
        /dev/null (above 2: nothing), a descriptor's number or an open stream to inherit it, or a `Pipe` that is not
        open yet, which becomes the other end of a new two-way pipe. A `detached` child leads its own session. `uid` and
        `gid` need the right to change them, and go with three stdio entries at most.

        `term_signal` is 0 unless a signal ended the child. A child that somebody else reaped has exit status 255.

        Raises `OSError`: what kept the program from starting (ENOENT, EACCES …), EINVAL on a closing handle or one with
        a child already, or for a pipe that cannot be opened; then nothing was started and the pipes are not open.
        """
        self._require_open()
        if self.pid or not args:
            raise error(errno.EINVAL)
        # Only programs that start others pay for loading ctypes: 1.5 ms.
        from .spawn import spawn

        _reap_abandoned()
        plumbing = _Plumbing(self.loop, stdio)
        try:
            self._start(lambda: spawn(
                file, args, env=env, cwd=cwd, fds=plumbing.child_ends, detached=detached, uid=uid, gid=gid
            ))
        except BaseException:
            plumbing.undo()
            raise
        self._exit_callback = exit_callback
        self._set_active()
        plumbing.finish()

    def _start(self, start: Callable[[], int]) -> None:
        if not has_pidfd():
            children = _Children.of(self.loop)
            children.add(self)
            try:
                self.pid = start()
            except BaseException:
                children.remove(self)
                raise
            self._children = children
            return
        # Make sure of a free descriptor number before there is a child to be watched with it.
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        pid = start()
        try:
            self._pidfd = os.pidfd_open(pid)
            self.loop._watch(self._pidfd, READABLE, self._on_readable)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._release()
            raise
        self.pid = pid

    def kill(self, signum: int) -> None:
        """Send the child a signal (uv_process_kill). Raises `OSError` ESRCH when it has ended or was not started."""
        if not self._active:
            raise error(errno.ESRCH)
        os.kill(self.pid, signum)

    # The end

    def _on_readable(self, events: int) -> None:
        if not self._late:
            self._late = True
            self.loop._after_poll.append(self._look)

    def _look(self) -> None:
        self._late = False
        if not self._active:
            return
        status = reap(self.pid)
        if status is not None:
            self._end(status)

    def _end(self, status: tuple[int, int]) -> None:
        self._unwatch()
        self._release()
        self._set_inactive()
        _reap_abandoned()
        if self._exit_callback is not None:
            self._exit_callback(*status)

    def _unwatch(self) -> None:
        if self._pidfd >= 0:
            self.loop._queue.remove(self._pidfd)
        if self._children is not None:
            self._children.remove(self)
            self._children = None

    def _stop_for_close(self) -> None:
        if self._active:
            self._unwatch()
            if reap(self.pid) is None:
                _abandoned.add(self.pid)

    def _release(self) -> None:
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


class _Children:
    """A loop's child processes where there is no pidfd: every SIGCHLD may mean any number of them."""

    _by_loop: dict[Loop, _Children] = {}  # noqa: RUF012

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._processes: dict[Process, None] = {}
        self._watcher = Watcher(loop, self._on_signal)

    @classmethod
    def of(cls, loop: Loop) -> _Children:
        children = cls._by_loop.get(loop)
        if children is None:
            children = cls(loop)
            children._watcher.start(signal.SIGCHLD)
            cls._by_loop[loop] = children
        return children

    def add(self, process: Process) -> None:
        self._processes[process] = None

    def remove(self, process: Process) -> None:
        del self._processes[process]
        if not self._processes:
            self._watcher.stop()
            del self._by_loop[self._loop]

    def _on_signal(self, signum: int) -> None:
        waiting = list(self._processes)
        for position, process in enumerate(waiting):
            try:
                process._look()
            except BaseException as exc:
                if not self._loop._take(exc):
                    self._loop._after_poll += [rest._look for rest in waiting[position + 1 :]]
                    raise


class _Plumbing:
    """The descriptors of a child to be: which it gets, and what is to be done about ours."""

    def __init__(self, loop: Loop, stdio: Sequence[Stdio]) -> None:
        self.child_ends: list[int] = []
        self._pairs: list[tuple[Pipe, socket.socket, socket.socket]] = []
        entries = [*stdio, *(None for _ in range(3 - len(stdio)))]
        try:
            for target, entry in enumerate(entries):
                self.child_ends.append(self._child_end(loop, target, entry))
        except BaseException:
            self.undo()
            raise

    def _child_end(self, loop: Loop, target: int, entry: Stdio) -> int:
        from .spawn import CLOSED, NULL

        if entry is None:
            return NULL if target <= 2 else CLOSED
        if isinstance(entry, int):
            return self._inherited(loop, target, entry)
        if entry._fd >= 0:
            return entry.fileno()
        if not isinstance(entry, Pipe) or entry.closing or any(entry is pipe for pipe, _, _ in self._pairs):
            raise error(errno.EINVAL)
        ours, theirs = socket.socketpair()
        self._pairs.append((entry, ours, theirs))
        return theirs.fileno()

    @staticmethod
    def _inherited(loop: Loop, target: int, fd: int) -> int:
        """Programs expect standard descriptors that block. One that this loop watches must not: it stays as it is."""
        if fd < 0:
            raise error(errno.EBADF)
        if target <= 2 and fd not in loop._queue.callbacks:
            os.set_blocking(fd, True)
        else:
            os.fstat(fd)
        return fd

    def finish(self) -> None:
        """The child runs: close its ends, and open the pipes on ours."""
        for pipe, ours, theirs in self._pairs:
            theirs.close()
            pipe.open(ours.detach())

    def undo(self) -> None:
        """There is no child."""
        for _, ours, theirs in self._pairs:
            ours.close()
            theirs.close()


def reap(pid: int) -> tuple[int, int] | None:
    """Take an ended child out of the process table: its exit status and signal; None while it runs."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return _UNKNOWN_STATUS, 0
    if not ended:
        return None
    if os.WIFSIGNALED(status):
        return 0, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), 0


def _reap_abandoned() -> None:
    if not _abandoned:
        return
    # Once reaped, the number may be another child's: no second thread may still have it on its list.
    with _abandoned_lock:
        for pid in list(_abandoned):
            if reap(pid) is not None:
                _abandoned.discard(pid)


_pidfd_works: bool | None = None


def has_pidfd() -> bool:
    """Whether this kernel (Linux since 5.3) has pidfds and lets us use them."""
    global _pidfd_works
    if _pidfd_works is None:
        _pidfd_works = False
        with contextlib.suppress(AttributeError, OSError):
            os.close(os.pidfd_open(os.getpid()))
            _pidfd_works = True
    return _pidfd_works


def kill(pid: int, signum: int) -> None:
    """Send a signal to any process (uv_kill); 0 only asks whether it could be sent.

    Raises `OSError`: ESRCH when there is no such process, EPERM, EINVAL for a number that is no signal.
    """
    os.kill(pid, signum)
