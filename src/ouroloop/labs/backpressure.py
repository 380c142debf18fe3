"""A fast writer and a slow reader.

A program reads a file and sends it to somebody. The disk gives a gigabyte a second, the other's line takes a megabyte.
Where is the rest? If the writer just goes on writing, it is in the writer's memory, in the queue of what has been
written and not been sent, and the queue grows until the file has ended or the memory has. Nothing is wrong with any
single line of such a program. It works in every test, since in tests the reader is fast.

What is missing is that the reader's slowness comes back to the source. That is backpressure, and it is made of one
answer and one event. A stream has a high-water mark. The writer is told whether the queue is above it (in Node, `write`
returns false). It is advice: what was written is taken all the same. A writer that takes the advice stops, and is told
to go on when the queue is empty (in Node, the event 'drain'). All of `pipe`, `pipeline` and `for await` is this, done
for you.

    source ──→ [ queue up to the mark ] ──→ kernel ──→ … ──→ reader
      ↑                   │
      └─── stop, go on ───┘

The mark costs memory, and what it buys is freedom from each other: as long as something is in the queue, the line has
something to send while the source is busy elsewhere. More than that buys nothing. The time that it takes is the slow
one's time, with any mark and without.

The kernel does the same with the sockets themselves. What a program sends goes into a buffer of the sender's kernel; it
is sent, and goes into a buffer of the receiver's, until the program there reads it. With each acknowledgement the
receiver tells how much room it has: the window. It never happens that the sender sends more than that. If the reader
reads nothing, the window closes, then the sender's buffer fills up, and then `send` says that it would block: EAGAIN.
For the network, the story is at an end here: the slowness of one process has stopped another, perhaps on the other side
of the world, with no loss. What the event loop adds is only not to wait: it keeps what could not be sent, asks to be
told when the socket is writable, and has to tell those above it. If that last step is forgotten, the chain is broken at
its last link.
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .stage import Stage, duration, size, times

_CHUNK = 8 << 10
_TOTAL = 3 << 20
_PERIOD = 0.001  # seconds
_FASTER = 4
"""The source gives so many chunks in the time in which the reader takes one."""
_MARKS = (None, 1 << 20, 256 << 10, 64 << 10, 16 << 10)
_DRAWN = 64 << 10
_BUFFER = 32 << 10
_KERNEL_CHUNK = 4 << 10
_MOMENT, _PATIENCE = 0.004, 1.0  # seconds
_PLACE_OF_WINDOW = 228
"""Of tcpi_snd_wnd in Linux's struct tcp_info, which has it since 5.4."""


@dataclass
class Run:
    """All of it sent, with a mark or none. Times are in seconds from the begin."""

    mark: int | None
    queued: list[tuple[float, float]]
    """When, and how many bytes were in the writer's queue."""
    drains: int
    """How often the source was told to go on."""
    received: int

    @property
    def elapsed(self) -> float:
        """When the reader had all."""
        return self.queued[-1][0]

    @property
    def most(self) -> float:
        """Bytes: the longest that the queue was."""
        return max(count for _, count in self.queued)


@dataclass
class Kernel:
    """What became of what was sent to somebody who does not read, and then reads: bytes, after each step.

    A step is a chunk that was sent, or one that was read. Where the system does not tell, there are none.
    """

    sending: list[tuple[float, float]]
    """In the sender's buffer, and not acknowledged."""
    arrived: list[tuple[float, float]]
    """In the receiver's buffer, and not read."""
    windows: list[tuple[float, float]]
    """How much more the receiver would take, as it told the sender last."""
    accepted: int = 0
    """How much `send` took until it said that it would block."""
    read_until_writable: int = 0
    """How much was then read until the sender was told that it may send."""
    window_at_full: int | None = None
    """The window when `send` said so, and the receiver had said all that it had to say."""


@dataclass
class Figures:
    """The runs by mark, and the kernel's part."""

    runs: list[Run]
    total: int
    kernel: Kernel


class Writable:
    """A stream to write to, as Node's: it takes whatever it is given, and says whether that was too much."""

    def __init__(self, sock: socket.socket, mark: int, on_drain: Callable[[], None]) -> None:
        self._sock, self._mark, self._on_drain = sock, mark, on_drain
        self._queue: deque[memoryview] = deque()
        self._must_drain = False
        self.length = 0

    def write(self, chunk: bytes) -> bool:
        """Queue it up, and send what can be sent. Returns whether to go on; if not, wait for `on_drain`."""
        self._queue.append(memoryview(chunk))
        self.length += len(chunk)
        self.flush()
        self._must_drain |= self.length >= self._mark
        return self.length < self._mark

    def flush(self) -> None:
        """Send as much as the kernel takes. For the loop, when the socket is writable."""
        while self._queue:
            try:
                sent = self._sock.send(self._queue[0])
            except BlockingIOError:
                return
            self.length -= sent
            if sent < len(self._queue[0]):
                self._queue[0] = self._queue[0][sent:]
            else:
                self._queue.popleft()
        if self._must_drain:
            self._must_drain = False
            self._on_drain()


class Source:
    """Gives some chunks in each period, unless it is told to stop."""

    def __init__(self, sock: socket.socket, mark: int | None) -> None:
        self.writable = Writable(sock, mark or sys.maxsize, self._go_on)
        self.left, self.drains = _TOTAL, 0
        self._may_write = True

    def _go_on(self) -> None:
        self.drains += 1
        self._may_write = True

    def give(self, chunks: int) -> None:
        """Write so many, or fewer."""
        for _ in range(chunks):
            if not self._may_write or not self.left:
                return
            self.left -= _CHUNK
            self._may_write = self.writable.write(bytes(bytearray(_CHUNK)))


@contextmanager
def _pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a TCP connection on the loopback, with small buffers in the kernel."""
    with socket.socket() as listener, socket.socket() as sender:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        sender.connect(listener.getsockname())
        receiver, _ = listener.accept()
        with receiver:
            sender.setblocking(False)
            receiver.setblocking(False)
            yield sender, receiver


def measure() -> Figures:
    """Send the same with each mark and without one; then see what the kernel keeps."""
    return Figures([_run(mark) for mark in _MARKS], _TOTAL, _watch_kernel())


def _run(mark: int | None) -> Run:
    """One thread for both ends. In each period the source gives some chunks, and the reader takes one."""
    with _pair() as (sender, receiver):
        source, received, queued = Source(sender, mark), 0, [(0.0, 0.0)]
        begin = due = time.perf_counter()
        while received < _TOTAL:
            source.give(_FASTER)
            queued.append((time.perf_counter() - begin, source.writable.length))
            due += _PERIOD
            time.sleep(max(0.0, due - time.perf_counter()))
            received += _receive(receiver, _CHUNK)
            source.writable.flush()  # a loop does it when it is told that the socket is writable
        queued.append((time.perf_counter() - begin, source.writable.length))
        return Run(mark, queued, source.drains, received)


def _receive(receiver: socket.socket, most: int) -> int:
    try:
        return len(receiver.recv(most))
    except BlockingIOError:
        return 0


# The kernel's part

def _watch_kernel() -> Kernel:
    """Send to somebody who does not read until the kernel takes no more; then have him read."""
    kernel = Kernel([], [], [])
    with _pair() as (sender, receiver), _watching(sender, selectors.EVENT_WRITE) as may_send:
        _fill(kernel, sender, receiver, may_send)
        kernel.window_at_full = _closed_window(sender)
        _fill(kernel, sender, receiver, may_send)  # what was acknowledged only now has left some room
        _read_all(kernel, sender, receiver, may_send)
    return kernel


def _fill(kernel: Kernel, sender: socket.socket, receiver: socket.socket, may_send: selectors.BaseSelector) -> None:
    while may_send.select(_MOMENT):  # in which the other end may acknowledge
        try:
            kernel.accepted += sender.send(bytes(_KERNEL_CHUNK))
        except BlockingIOError:
            return
        _note(kernel, sender, receiver)


def _read_all(
    kernel: Kernel, sender: socket.socket, receiver: socket.socket, may_send: selectors.BaseSelector,
) -> None:
    is_writable, left = False, kernel.accepted
    with _watching(receiver, selectors.EVENT_READ) as may_read:
        while left and may_read.select(_PATIENCE):
            count = _receive(receiver, _KERNEL_CHUNK)
            left -= count
            kernel.read_until_writable += 0 if is_writable else count
            is_writable = is_writable or bool(may_send.select(_MOMENT))
            _note(kernel, sender, receiver)


@contextmanager
def _watching(end: socket.socket, events: int) -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as selector:
        selector.register(end, events)
        yield selector


def _note(kernel: Kernel, sender: socket.socket, receiver: socket.socket) -> None:
    """What is in both buffers, and the window."""
    window = _window(sender)
    if window is None or sys.platform == "win32":
        return
    import fcntl
    import termios

    step = float(len(kernel.sending))
    for queue, end, ask in ((kernel.sending, sender, termios.TIOCOUTQ), (kernel.arrived, receiver, termios.FIONREAD)):
        queue.append((step, struct.unpack("i", fcntl.ioctl(end, ask, bytes(4)))[0]))
    kernel.windows.append((step, window))


def _window(sender: socket.socket) -> int | None:
    if sys.platform != "linux":
        return None
    info = sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(info) < _PLACE_OF_WINDOW + 4:
        return None
    window: int = struct.unpack_from("I", info, _PLACE_OF_WINDOW)[0]
    return window


def _closed_window(sender: socket.socket) -> int | None:
    """The window, when it has closed or nobody tells of it any more. (The sender asks after 200 ms.)"""
    end = time.monotonic() + _PATIENCE
    while (window := _window(sender)) and time.monotonic() < end:
        time.sleep(_MOMENT)
    return window


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Draw the queue with and without, then what the mark costs and buys, then the kernel's part."""
    with_mark = next(run for run in figures.runs if run.mark == _DRAWN)
    without = figures.runs[0]
    stage.heading(f"The writer's queue: {size(figures.total)}, from a source {_FASTER} times as fast as the reader")
    end = max(without.elapsed, with_mark.elapsed)
    stage.graph([("nobody asks", without.queued), (f"mark {size(_DRAWN)}", with_mark.queued)], size, duration(end))
    stage.meaning(
        f"The writer that does not look at what `write` returns had up to {size(without.most)} in memory; the one "
        f"that stops at the mark had {size(with_mark.most)}. The reader had all after {duration(without.elapsed)} and "
        f"{duration(with_mark.elapsed)}: it is the reader's time in both cases. And this source came to an end; one "
        "that does not fills the memory, sooner or later.")
    stage.heading("What the mark costs, and what it buys")
    stage.table(["high-water mark", "most in memory", "times told to go on", "time"], [
        ("none" if run.mark is None else size(run.mark), size(run.most), run.drains, duration(run.elapsed))
        for run in figures.runs])
    slowest, quickest = (choose(run.elapsed for run in figures.runs) for choose in (max, min))
    stage.meaning(
        f"The mark decides how much memory it takes, and not how long (the slowest took {times(slowest / quickest)} "
        "times as long as the quickest). A low one is paid for by more starts and stops. The queue may go over the "
        "mark by the chunk that reached it: the mark is advice, and it is given after the fact.")
    _show_kernel(figures.kernel, stage)


def _show_kernel(kernel: Kernel, stage: Stage) -> None:
    stage.heading(f"The kernel's part: somebody does not read, then does, {size(_KERNEL_CHUNK)} at a time")
    if kernel.sending:
        series = {"sender's buffer": kernel.sending, "receiver's buffer": kernel.arrived, "window": kernel.windows}
        stage.graph([*series.items()], size, f"{len(kernel.sending)} steps", 4)
    else:
        stage.note("How much is in which buffer, only Linux tells (SIOCOUTQ, FIONREAD, TCP_INFO).")
    closed = "" if kernel.window_at_full is None else (
        f" The window was down to {size(kernel.window_at_full)} then.")
    stage.meaning(
        f"The kernel took {size(kernel.accepted)} though nobody had read a byte: the receiver's buffer fills up, then "
        f"the sender's; then `send` says that it would block.{closed} {size(kernel.read_until_writable)} had to be "
        "read until the sender was told that it may go on: the receiver does not tell of each byte that is free again, "
        "nor the sender's kernel of each that is gone, or both would be busy with nothing else.")
