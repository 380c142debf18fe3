"""Signal: call back when the process gets a signal.

Theory of operation. A signal interrupts the process anywhere, so what may be done there is next to nothing. While
anybody watches a signal, the process has one pipe (`_Hub`): Python's handler, in C, writes the signal's number into
it at every delivery. Each loop with active watchers watches the pipe's other end. The loop that reads a number hands
it to all watchers, to those of other loops through their wake-up, and each loop calls its watchers back last in its
poll step, after the data that came before the signal.

What surprises people: two equal signals that arrive while the first is not yet delivered are one; the kernel merges
them, not we. A handler can be installed in the main thread only (Python's rule), so the first watcher of a signal must
be started there, though its loop may run elsewhere. And while SIGINT is watched, Ctrl-C raises no KeyboardInterrupt;
what was installed before comes back with the last `stop`.
"""

from __future__ import annotations

import _thread
import errno
import fcntl
import os

from .errors import error
from .handle import Handle
from .queue import READABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections import deque
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .loop import Loop
else:  # what a program that writes to a terminal would wait 4 ms for: `signal` makes enums of its numbers
    import _signal as signal
    from _collections import deque

SignalCallback: TypeAlias = "Callable[[int], object]"

_READ_SIZE = 65536
_GET_PIPE_SIZE: int | None = getattr(fcntl, "F_GETPIPE_SZ", None)


class Watcher:
    """Somebody who wants to know of one signal, in one loop. `caught` is called in the loop's thread."""

    __slots__ = ("caught", "loop", "receiver", "signum")

    def __init__(self, loop: Loop, caught: SignalCallback) -> None:
        self.loop = loop
        self.caught = caught
        self.signum = 0
        """What it watches now; 0 for nothing."""
        self.receiver: _Receiver | None = None

    def start(self, signum: int) -> None:
        """Watch `signum`. Raises what `Signal.start` raises."""
        _hub.add(self, signum)

    def stop(self) -> None:
        """Watch no longer; may be called twice."""
        if self.signum:
            _hub.remove(self)


class _Receiver:
    """A loop's side: the signals that were caught for its watchers, until the end of its poll step."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.watchers = 0
        self.caught: deque[tuple[Watcher, int]] = deque()
        self._marked = False
        self._late = False

    def on_readable(self, events: int) -> None:
        """The pipe is not read before the end of the poll step: an error raised before that then loses nothing."""
        self._put_off()

    def wake(self) -> None:
        """Another reader of the pipe caught something for this loop. For any thread that holds the hub's lock."""
        if not self._marked:
            self._marked = True
            self.loop._wakeup.mark(self._on_wakeup)

    def _on_wakeup(self) -> None:
        self._marked = False
        self._put_off()

    def _put_off(self) -> None:
        if not self._late:
            self._late = True
            self.loop._after_poll.append(self._dispatch)

    def _dispatch(self) -> None:
        self._late = False
        _hub.read(self)
        caught = self.caught
        for _ in range(len(caught)):
            watcher, signum = caught.popleft()
            if watcher.signum != signum:
                continue
            try:
                watcher.caught(signum)
            except BaseException as exc:
                if not self.loop._take(exc):
                    if caught:
                        self._put_off()
                    raise


class _Hub:
    """The process's side. Its lock is never held while a callback runs."""

    def __init__(self) -> None:
        self._lock = _thread.RLock()
        self._watchers: dict[int, dict[Watcher, None]] = {}
        self._receivers: dict[Loop, _Receiver] = {}
        self._previous_handlers: dict[int, Any] = {}
        self._orphaned: set[int] = set()
        self._reader = self._writer = -1
        self._previous_wakeup_fd = -1
        self._capacity = 0
        self._overflowed = False
        self._seen: set[int] = set()

    def add(self, watcher: Watcher, signum: int) -> None:
        if signum not in signal.valid_signals() or signum in (signal.SIGKILL, signal.SIGSTOP):
            raise error(errno.EINVAL)
        with self._lock:
            self._distribute(None)
            self._install(signum)
            watcher.signum = signum
            watcher.receiver = self._receiver_of(watcher.loop)
            self._watchers.setdefault(signum, {})[watcher] = None

    def remove(self, watcher: Watcher) -> None:
        signum, receiver = watcher.signum, watcher.receiver
        assert receiver is not None
        with self._lock:
            self._distribute(None)
            watcher.signum = 0
            watcher.receiver = None
            receiver.watchers -= 1
            if not receiver.watchers:
                del self._receivers[receiver.loop]
                receiver.loop._queue.remove(self._reader)
            watchers = self._watchers[signum]
            del watchers[watcher]
            if not watchers:
                del self._watchers[signum]
                self._retire(signum)

    def _receiver_of(self, loop: Loop) -> _Receiver:
        receiver = self._receivers.get(loop)
        if receiver is None:
            receiver = self._receivers[loop] = _Receiver(loop)
            loop._watch(self._reader, READABLE, receiver.on_readable)
        receiver.watchers += 1
        return receiver

    # The handler

    def _install(self, signum: int) -> None:
        self._orphaned.discard(signum)
        if signum in self._previous_handlers:
            return
        try:
            self._open()
            previous = signal.signal(signum, self._handle)
        except ValueError:
            raise RuntimeError(
                f"the first watcher of signal {signum} must be started in the main thread: "
                "Python installs signal handlers nowhere else"
            ) from None
        self._previous_handlers[signum] = signal.SIG_DFL if previous is None else previous
        signal.siginterrupt(signum, False)

    def _retire(self, signum: int) -> None:
        """Nobody watches `signum` any more: put back what was there before, if need be by the main thread."""
        import threading

        if threading.current_thread() is threading.main_thread():
            self._restore(signum)
        else:
            self._orphaned.add(signum)
            _thread.interrupt_main(signum)  # type: ignore[arg-type]

    def _restore(self, signum: int) -> None:
        self._orphaned.discard(signum)
        if signum in self._previous_handlers:
            signal.signal(signum, self._previous_handlers.pop(signum))
        if not self._previous_handlers:
            self._close()

    def _handle(self, signum: int, frame: object) -> None:
        """Python's part of the handler: it runs in the main thread, some time after the C part."""
        if signum in self._watchers:
            self._seen.add(signum)
            return
        with self._lock:
            if signum in self._watchers or signum not in self._previous_handlers:
                return
            asked_for = signum in self._orphaned
            self._restore(signum)
        if not asked_for:
            signal.raise_signal(signum)

    # The pipe

    def _open(self) -> None:
        if self._reader >= 0:
            return
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        try:
            self._previous_wakeup_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        except BaseException:
            os.close(reader)
            os.close(writer)
            raise
        self._reader, self._writer = reader, writer
        self._capacity = fcntl.fcntl(writer, _GET_PIPE_SIZE) if _GET_PIPE_SIZE is not None else _READ_SIZE

    def _close(self) -> None:
        current = signal.set_wakeup_fd(self._previous_wakeup_fd)
        if current != self._writer:
            signal.set_wakeup_fd(current)
        os.close(self._reader)
        os.close(self._writer)
        self._reader = self._writer = -1
        self._overflowed = False
        self._seen.clear()

    def read(self, reader: _Receiver) -> None:
        """Hand what is in the pipe to all watchers. `reader` looks itself at what is for its own loop."""
        with self._lock:
            self._distribute(reader)

    def _distribute(self, reader: _Receiver | None) -> None:
        if self._reader < 0:
            return
        signums = self._read_pipe()
        for signum in signums:
            for watcher in self._watchers.get(signum, ()):
                receiver = watcher.receiver
                assert receiver is not None
                receiver.caught.append((watcher, signum))
                if receiver is not reader:
                    receiver.wake()
        if signums and self._previous_wakeup_fd >= 0:
            try:
                os.write(self._previous_wakeup_fd, signums)
            except OSError:
                pass

    def _read_pipe(self) -> bytearray:
        """All signals since the last call. Of those that came while the pipe was full, each kind is told once."""
        signums = bytearray()
        try:
            while len(signums) < self._capacity:
                chunk = os.read(self._reader, _READ_SIZE)
                signums += chunk
                if len(chunk) < _READ_SIZE:
                    break
        except BlockingIOError:
            pass
        self._seen.difference_update(signums)
        full = len(signums) >= self._capacity
        if self._seen and (full or self._overflowed):
            unwritten, self._seen = self._seen, set()
            signums += bytes(unwritten)
        self._overflowed = full
        return signums


_hub = _Hub()


class Signal(Handle):
    """libuv's `uv_signal_t`. Any number of handles, in any number of loops, may watch the same signal."""

    __slots__ = ("_callback", "_once", "_watcher")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._callback: SignalCallback | None = None
        self._once = False
        self._watcher = Watcher(loop, self._on_caught)

    @property
    def signum(self) -> int:
        """The signal that the handle watches; 0 when it is stopped."""
        return self._watcher.signum

    def start(self, callback: SignalCallback, signum: int) -> None:
        """Call `callback(signum)` at every delivery of the signal (uv_signal_start). A started handle is started anew.

        Raises `OSError` EINVAL on a closing handle, for a number that is no signal and for SIGKILL and SIGSTOP, which
        nobody can catch; `RuntimeError` when this is the first watcher of the signal and this is not the main thread.
        """
        self._start(callback, signum, once=False)

    def start_oneshot(self, callback: SignalCallback, signum: int) -> None:
        """Like `start`, for the next delivery only: the handle is stopped when its callback runs."""
        self._start(callback, signum, once=True)

    def _start(self, callback: SignalCallback, signum: int, *, once: bool) -> None:
        self._require_open()
        if not self._active or self._watcher.signum != signum:
            self.stop()
            self._watcher.start(signum)
        self._callback = callback
        self._once = once
        self._set_active()

    def stop(self) -> None:
        """Watch no longer; signals that were caught but not yet told are dropped. A stopped handle may be stopped."""
        self._watcher.stop()
        self._set_inactive()

    def _on_caught(self, signum: int) -> None:
        callback = self._callback
        assert callback is not None
        if self._once:
            self.stop()
        callback(signum)

    def _stop_for_close(self) -> None:
        self.stop()
