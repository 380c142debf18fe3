"""Completion on Windows: packets from a port.

Windows NT has had this since version 3.5, of 1994, when Unix had `select`. There is no call that says "you may read
now". You begin a read, into a buffer of yours, and go on; when it is done, the kernel puts a packet into a queue, the
completion port, with which you associated the file before.

    ReadFile(file, buffer, 4096, ..., overlapped)
       │                                    FALSE, ERROR_IO_PENDING
       ▼                                    (it has begun)
    the driver, in its own time, fills the buffer
       │
       ▼           ┌────────────────────────────────────────┐
    the port ────▶ │ key 7 │ the overlapped │ status │ bytes │ ...
                   └────────────────────────────────────────┘
       ▲                                            │
    threads that wait in GetQueuedCompletionStatus ◀┘

The key is a number of yours, given when the file was associated: whose is it? The OVERLAPPED is a piece of your memory,
given with the read: which one is it? Programs put their own data behind it and have no other table. Anybody may post a
packet, too, which is how another thread wakes a loop.

The port is made for threads. It knows how many of those that take packets from it are running, lets no more of them run
than you said, and wakes the one that waits for the shortest time, whose stack is still in the cache. One packet
wakes one thread: there is no herd.

What goes wrong is what goes wrong with completion (`ouro lab io-uring`), and some more:

- A read that is done at once says so, and a packet comes all the same. A program that handles both handles it twice. It
can be switched off for a file (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
- Buffer and OVERLAPPED are the kernel's until the packet is there, even if you cancel, even if you close the file.
- A file has one port, for ever.
- The wait's timeout is counted in ticks of the system's clock, 15.6 ms unless somebody has made it finer.
- To ask for nothing is a trick: a read of no bytes is done when there is something to read. That is readiness, made of
completion. libuv does so for pipes, and for `uv_poll` it asks the driver of sockets (AFD).
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .calls.iocp import PATIENCE, Buffer, Overlapped, Packet, Pipe, Port, kernel32
from .catalogue import NotHere
from .crowd import Size, compare, show_costs
from .machine_code import system, wine
from .stage import Stage, duration
from .stopwatch import fastest, typical

WOULD = (
    "This lab would post packets to a port, begin reads from a pipe and see when they are done, handle one twice, "
    "cancel one, reuse a buffer too soon, see which of several threads a packet wakes, and measure a wait with 10 to "
    "10,000 sockets against WSAPoll."
)

PENDING, INVALID_PARAMETER = 997, 87
CANCELLED, BROKEN = 0xC0000120, 0xC000014B
_THREADS, _PACKETS = 4, 20


@dataclass
class Figures:
    """What each experiment gave."""

    wine: str | None
    """Its version, where the port is Wine's."""
    posted: list[int]
    """Keys, as they were put in."""
    taken: list[int]
    began: int
    """What ReadFile says when there is nothing to read."""
    steps: list[int]
    """Bytes that a packet told at each of `STEPS`; -1 where there was no packet."""
    at_once: tuple[int, int]
    """Of a read that is done at once: what ReadFile says, and packets."""
    skipped: int
    """Packets, when they are switched off for that."""
    no_bytes: tuple[bool, bool]
    """Whether a read of no bytes is done before something comes, and after."""
    notes: tuple[str, str]
    """What was in the buffer that we used again, before and after the packet."""
    cancelled: int
    """The status of the packet of a read that was cancelled."""
    closed: int
    """The same, of one whose file was closed; 0 if no packet came."""
    second_port: int
    """What is said of a file that has a port already."""
    woken: int
    """Threads that one packet woke."""
    shares: list[int]
    """How many packets each thread took, one after the other."""
    millisecond: float
    """Seconds that a wait of 1 ms takes."""
    wake: float
    """Seconds from a post to a thread that sleeps."""
    sizes: list[Size]


def measure() -> Figures:
    """Use a port."""
    if sys.platform != "win32":
        own = "`ouro lab io-uring` is Linux's of the same kind" if sys.platform.startswith("linux") else (
            "`ouro lab kqueue` is this system's queue, of the other kind")
        raise NotHere(WOULD, f"Completion ports are Windows's, and this is {system()}; {own}.")
    posted, taken = _posted()
    began, steps = _steps()
    woken, shares = _threads()
    return Figures(
        wine=wine(), posted=posted, taken=taken, began=began, steps=steps, at_once=_at_once(False),
        skipped=_at_once(True)[1], no_bytes=_no_bytes(), notes=_buffer(), cancelled=_ended(Pipe.cancel),
        closed=_ended(lambda pipe, _: pipe.close()), second_port=_second_port(), woken=woken, shares=shares,
        millisecond=_typical_wait(), wake=_wake(), sizes=compare(_watch))


# Packets

def _posted() -> tuple[list[int], list[int]]:
    keys = [7, 8, 9]
    with Port() as port:
        for key in keys:
            port.post(key)
        return keys, [packet.key for packet in port.take()]


STEPS = ("a read of 2 begins", "4 bytes come", "we wait again", "another read of 2")


def _steps() -> tuple[int, list[int]]:
    buffer = ctypes.create_string_buffer(2)
    first, second = Overlapped(), Overlapped()
    with Port() as port, Pipe() as pipe:
        port.associate(pipe.here, 1)
        began = pipe.read(buffer, 2, first)
        told = [_bytes_of(port.take())]
        pipe.send(b"abcd")
        told += [_bytes_of(port.take(PATIENCE)), _bytes_of(port.take())]
        pipe.read(buffer, 2, second)
        told.append(_bytes_of(port.take(PATIENCE)))
        return began, told


def _bytes_of(packets: list[Packet]) -> int:
    return packets[0].bytes if packets else -1


def _at_once(skips: bool) -> tuple[int, int]:
    """The bytes are there before we ask."""
    buffer, overlapped = ctypes.create_string_buffer(1), Overlapped()
    with Port() as port, Pipe() as pipe:
        port.associate(pipe.here, 1)
        if skips:
            pipe.skip_packets()
        pipe.send(b"x")
        said = pipe.read(buffer, 1, overlapped)
        return said, len(port.take(50))


def _no_bytes() -> tuple[bool, bool]:
    overlapped = Overlapped()
    with Port() as port, Pipe() as pipe:
        port.associate(pipe.here, 1)
        pipe.read(None, 0, overlapped)
        before = bool(port.take())
        pipe.send(b"x")
        return before, bool(port.take(PATIENCE))


# What goes wrong

def _buffer() -> tuple[str, str]:
    """We begin a read, and then keep something else in its buffer."""
    buffer, overlapped = ctypes.create_string_buffer(32), Overlapped()
    with Port() as port, Pipe() as pipe:
        port.associate(pipe.here, 1)
        pipe.read(buffer, 32, overlapped)
        buffer.value = b"our own notes"
        before = buffer.value.decode()
        pipe.send(b"somebody's mail")
        port.take(PATIENCE)
    return before, buffer.value.decode()


def _ended(end: Callable[[Pipe, Overlapped], object]) -> int:
    """A read is under way, and we end it. The status that its packet tells."""
    buffer, overlapped = ctypes.create_string_buffer(1), Overlapped()
    with Port() as port, Pipe() as pipe:
        port.associate(pipe.here, 1)
        pipe.read(buffer, 1, overlapped)
        end(pipe, overlapped)
        packets = port.take(1_000)
        return packets[0].status if packets else 0


def _second_port() -> int:
    with Port() as first, Port() as second, Pipe() as pipe:
        first.associate(pipe.here, 1)
        try:
            second.associate(pipe.here, 1)
        except OSError as exc:
            return exc.errno or 0
    return 0


# Threads

def _threads() -> tuple[int, list[int]]:
    """Some wait. Packets are posted, each when the one before is done: how many wake for the first, who has them?"""
    shares = [0] * _THREADS
    done = threading.Semaphore(0)
    with Port(running=1) as port:
        def work(own: int) -> None:
            while any(packet.key for packet in port.take(PATIENCE, 1)):
                shares[own] += 1
                done.release()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(_THREADS)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)  # nothing tells whether a thread waits at a port already
        woken = 0
        for number in range(_PACKETS):
            port.post(1)
            done.acquire(timeout=PATIENCE / 1000)
            time.sleep(0.002)  # until it waits again
            woken = woken if number else sum(shares)
        for _ in threads:
            port.post(0)
        for thread in threads:
            thread.join()
    return woken, shares


# Costs

def _typical_wait(waits: int = 20) -> float:
    with Port() as port:
        return typical(lambda: port.take(1), waits)


def _wake(turns: int = 200) -> float:
    """Half a round trip between two threads, each of which sleeps at a port of its own."""
    with Port() as here, Port() as there:
        def answer() -> None:
            while any(packet.key for packet in there.take(PATIENCE)):
                here.post(1)

        def trips() -> None:
            for _ in range(turns):
                there.post(1)
                here.take(PATIENCE)

        thread = threading.Thread(target=answer)
        thread.start()
        taken = fastest(trips, rounds=5)[0]
        there.post(0)
        thread.join()
    return taken / turns / 2


@contextlib.contextmanager
def _watch(descriptors: list[int], ready: int) -> Iterator[Callable[[], object]]:
    """A read under way on each socket; the one that is ready is asked each time, for no bytes."""
    sockets = ctypes.CDLL("ws2_32")
    buffer, flags = Buffer(), ctypes.c_uint32()
    under_way = [Overlapped() for _ in descriptors]
    local = bytes([2, 0, 0, 0, 127, 0, 0, 1]) + bytes(8)  # struct sockaddr_in, any port
    with Port() as port:
        for fd, overlapped in zip(descriptors, under_way, strict=True):
            port.associate(ctypes.c_void_p(fd), fd)
            if fd != ready:
                sockets.bind(ctypes.c_void_p(fd), local, len(local))
                sockets.WSARecv(
                    ctypes.c_void_p(fd), ctypes.byref(buffer), 1, None, ctypes.byref(flags), ctypes.byref(overlapped),
                    None)
        receive, take, own = sockets.WSARecv, port.taker(), ctypes.c_void_p(ready)
        last = ctypes.byref(under_way[descriptors.index(ready)])

        def wait() -> None:
            receive(own, ctypes.byref(buffer), 1, None, ctypes.byref(flags), last, None)
            take()

        yield wait
        for fd in descriptors:
            kernel32().CancelIoEx(ctypes.c_void_p(fd), None)
        time.sleep(0.1)  # their memory is the kernel's until they have ended


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print what came when, what went wrong, and what it costs."""
    if figures.wine:
        stage.note(
            f"This is Wine {figures.wine}, which has Windows's calls and not its kernel: a process, the wineserver, "
            "keeps the port, and each call asks it. What happens is Windows's; what it costs is Wine's.")
    stage.heading("A read from a pipe: when is there a packet?")
    stage.table(["", *STEPS], [("packet", *("-" if told < 0 else f"{told} bytes" for told in figures.steps))])
    stage.meaning(
        f"ReadFile says FALSE and {figures.began}"
        + (" (ERROR_IO_PENDING): it has begun. " if figures.began == PENDING else ". ")
        + "The packet tells that 2 bytes are in our buffer. Two more were there, and nothing was said of them: nobody "
        "had asked.")
    stage.meaning(
        f"Posted by hand, {_listed(figures.posted)} come as {_listed(figures.taken)}: the port is a queue.")
    _show_wrongs(figures, stage)
    stage.heading(f"{_THREADS} threads wait, of which one may run; {_PACKETS} packets, one after the other")
    stage.bars([(f"thread {number + 1}", share, f"{share} packets") for number, share in enumerate(figures.shares)])
    stage.meaning(
        f"The first packet woke {figures.woken}: no herd. The busiest thread had {max(figures.shares)} of {_PACKETS}"
        + (", for the port wakes whoever came last." if max(figures.shares) > _PACKETS / 2 else
           "; Windows's port wakes whoever came last, and this one took turns.")
        + f" (A wake-up takes {duration(figures.wake)}.)")
    stage.meaning(
        f"A wait of 1 ms takes {duration(figures.millisecond)}: "
        + ("the wait ends at a tick of the system's clock." if figures.millisecond > 2e-3 else
           "Wine's waits are Linux's, which has no such ticks." if figures.wine else
           "somebody has made the system's clock finer."))
    show_costs(stage, "a port", figures.sizes, None, "WSAPoll")


def _listed(keys: list[int]) -> str:
    return ", ".join(map(str, keys))


def _show_wrongs(figures: Figures, stage: Stage) -> None:
    stage.heading("What goes wrong")
    said, packets = figures.at_once
    before, after = figures.notes
    empty_before, empty_after = figures.no_bytes
    stage.table(["", ""], [
        ("a read that is done at once", f"ReadFile says {'done' if said == 0 else said}; packets: {packets}"),
        ("  with packets for that switched off", f"packets: {figures.skipped}"),
        ("a buffer used too soon: was", before), ("  and when the packet came", after),
        ("a read, cancelled", _status(figures.cancelled)),
        ("a read whose file is closed", _status(figures.closed)),
        ("a second port for a file", f"Windows error {figures.second_port}"),
        ("a read of no bytes is done", f"before something comes: {_yes(empty_before)}; after: {_yes(empty_after)}"),
    ], left=2)
    stage.meaning(
        "Each operation has its packet, whatever becomes of it: done at once, cancelled, or its file closed. That is "
        "the rule to live by: until the packet is there, buffer and OVERLAPPED are not yours. The last line is the "
        "trick by which a loop of readiness is made on a port.")


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _status(status: int) -> str:
    names = {0: "no packet", CANCELLED: "a packet: STATUS_CANCELLED", BROKEN: "a packet: STATUS_PIPE_BROKEN"}
    return names.get(status, f"a packet: status {status:#x}")
