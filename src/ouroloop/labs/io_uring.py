"""Completion on Linux: two rings in memory that program and kernel share.

By readiness (epoll), the kernel says "you may read now", and you make the call. By completion, you say "read this,
into that place", go on, and are told when it has been done. For a socket the difference is a call more or less. For a
file it is one of kind: a file is always "ready", and a read may sleep on the disk all the same. That is why loops on
epoll have threads for files.

io_uring is a pair of rings. You write requests of 64 bytes into the first and move its tail. The kernel takes them from
its head. It writes answers of 16 bytes into the second and moves that one's tail; you take them from its head. Each
of the four numbers is written by one side alone, so nobody needs a lock, and both sides see the same memory, so nothing
is copied.

    you                                              the kernel
         ── tail ─▶ ┌───┬───┬───┬───┬───┬───┐ ─ head ─▶
                    │ A │ B │ C │   │   │   │   requests
                    └───┴───┴───┴───┴───┴───┘
         ◀─ head ── ┌───┬───┬───┬───┬───┬───┐ ◀─ tail ─
                    │ C │ A │   │   │   │   │   answers
                    └───┴───┴───┴───┴───┴───┘

Two system calls do it. `io_uring_setup` makes the rings (and `mmap` shows them to you); `io_uring_enter` says "there
are requests" or "let me sleep until there are answers", or both, for as many as you like. (A third,
`io_uring_register`, is for buffers and files that are used often.) With a thread of the kernel that watches the ring,
not even the second is needed.

What goes wrong with completion is of another kind than with readiness:

- The buffer is the kernel's until the answer is there. Use it for something else meanwhile, or free it, and what
comes is written over whatever is there now. With epoll, this cannot happen.
- Answers come in the order in which things are done. Nothing but the number that you put into a request says whose
answer it is.
- To close a descriptor ends nothing: the request has the file, not the number. To end it, cancel it, and wait for
both answers.
- The call succeeds and the request fails. There is no errno, only a negative number in an answer.
- It may be refused. The rings are a large door in the kernel's wall, and have had their share of holes; Docker's
filter of system calls has kept it shut since version 25, and an administrator may (`kernel.io_uring_disabled`). A
program that uses it needs another way as well. This lab has a child process shut the door on itself, to see what one
is told. (libuv, and so Node, has it for files behind a switch, UV_USE_IO_URING, and off.)
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .calls.io_uring import (
    CANCEL,
    HERE,
    KERNEL_THREAD,
    MANY,
    NOP,
    OVERFLOWN,
    POLL,
    READ,
    READABLE,
    SETUP,
    TIMEOUT,
    WRITE,
    Request,
    Ring,
)
from .catalogue import NotHere
from .child import Child
from .crowd import Size, WakeUp, compare, show_costs, wake_up
from .machine_code import Repeater, address_of, libc
from .pipes import pipe
from .stage import Stage, duration, times
from .stopwatch import fastest, typical

WOULD = (
    "This lab would put requests into a ring that it shares with Linux's kernel, draw where they stand, have them "
    "answered in another order, reuse a buffer too soon, and measure a wait with 10 to 10,000 descriptors against "
    "poll(2)."
)

_BATCH = 64
_SHORT = 100e-6


@dataclass
class Moment:
    """Where the rings stand."""

    what: str
    requests: str
    """By letter, in their places; a dot is an empty place."""
    answers: str
    numbers: tuple[int, int, int, int]
    """Heads and tails."""


@dataclass
class Overflow:
    """More answers than there are places."""

    requests: int
    places: int
    seen: int
    flagged: bool
    later: int
    """Answers that came when there was room."""


@dataclass
class Figures:
    """What each experiment gave."""

    moments: list[Moment]
    submitted: str
    answered: str
    modes: dict[str, list[bool]]
    """By request: whether there was an answer after each of `STEPS`."""
    notes: tuple[str, str]
    """What was in the buffer that we used again, before and after the answer."""
    after_close: tuple[int, int]
    """Of a read whose descriptor was closed, and its number given to another file: answers at once, and its result
    when a byte came."""
    bad: tuple[int, int]
    """Of a read from a descriptor that is not open: what the call says, and what the answer."""
    cancelled: dict[str, int]
    """The two results."""
    overflow: Overflow
    without_calls: int | None
    """Answers of 3 requests, without a call; None where the kernel has no thread for us."""
    refused: str
    """What a process is told whose filter of system calls does not let it."""
    timer: float
    """Seconds taken where 0.1 ms was wanted."""
    one_by_one: float
    """Seconds for one read of a byte from /dev/zero, by read(2)."""
    in_a_batch: float
    """The same, by a ring, many at once."""
    sizes: list[Size]
    wakes: WakeUp


def measure() -> Figures:
    """Do all of it, if the kernel lets us."""
    _look_for_rings()
    moments, submitted, answered = _order()
    one_by_one, in_a_batch = _batches()
    return Figures(
        moments=moments, submitted=submitted, answered=answered,
        modes={"poll, once": _poll_mode(0), "poll, many times": _poll_mode(MANY), "read": _read_mode()},
        notes=_buffer(), after_close=_after_close(), bad=_bad(), cancelled=_cancelled(), overflow=_overflow(),
        without_calls=_without_calls(), refused=_refused(), timer=_timer(), one_by_one=one_by_one,
        in_a_batch=in_a_batch, sizes=compare(_watch), wakes=wake_up(_receive))


def _look_for_rings() -> None:
    """Raises `NotHere`, with what has to be known of the refusal."""
    if not sys.platform.startswith("linux"):
        other = "Windows's ports (`ouro lab iocp`) are of this kind" if sys.platform == "win32" else (
            "this system's queue, `ouro lab kqueue`, tells of readiness")
        raise NotHere(WOULD, f"io_uring is Linux's; {other}.")
    try:
        Ring().__exit__()
    except OSError as exc:
        raise NotHere(WOULD, _why_refused(exc.errno or 0)) from None


def _why_refused(number: int) -> str:
    code = errno.errorcode.get(number, str(number))
    if number == errno.ENOSYS:
        return f"io_uring_setup says {code}: this kernel was built without it, or is older than 5.1, or is not Linux's."
    setting = _read("/proc/sys/kernel/io_uring_disabled").strip()
    if setting in ("1", "2"):
        return f"io_uring_setup says {code}, for kernel.io_uring_disabled is {setting}; an administrator can set it."
    if "Seccomp:\t2" in _read("/proc/self/status"):
        return (f"io_uring_setup says {code}: a filter of system calls (seccomp) does not let this process, as in "
                "containers. `docker run --security-opt seccomp=unconfined` has none.")
    return f"io_uring_setup says {code}."


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


# Order, and where the rings stand

def _order() -> tuple[list[Moment], str, str]:
    """A: read from a pipe. B: tell us in 5 ms. C: nothing. D: write to the pipe."""
    buffer = ctypes.create_string_buffer(b"x")
    moments = []
    with pipe() as (here, there), Ring() as ring:
        timeout = ctypes.create_string_buffer(struct.pack("qq", 0, 5_000_000))
        ring.fill_in(READ, ord("A"), here, ctypes.addressof(buffer), 1, HERE)
        ring.fill_in(TIMEOUT, ord("B"), address=ctypes.addressof(timeout), length=1)
        ring.fill_in(NOP, ord("C"))
        ring.fill_in(WRITE, ord("D"), there, ctypes.addressof(buffer), 1, HERE)
        moments.append(_moment(ring, "filled in, and nobody told"))
        ring.enter(4)
        moments.append(_moment(ring, "io_uring_enter(4 requests, no sleep)"))
        _until_answered(ring, 4)
        moments.append(_moment(ring, "a little later, with no call to the ring"))
        answered = "".join(chr(name) for name, _ in ring.take())
        moments.append(_moment(ring, "taken"))
    return moments, "ABCD", answered


def _moment(ring: Ring, what: str) -> Moment:
    waiting = range(ring.sq_head.value, ring.sq_tail.value)
    requests = "".join(chr(ring.slots[place].name) if place in waiting else "·" for place in range(ring.entries))
    there = {place % ring.answer_count for place in range(ring.cq_head.value, ring.cq_tail.value)}
    answers = "".join(chr(ring.answers[p].name) if p in there else "·" for p in range(ring.answer_count))
    numbers = (ring.sq_head.value, ring.sq_tail.value, ring.cq_head.value, ring.cq_tail.value)
    return Moment(what, requests, answers, numbers)


# Readiness by a ring, and completion

STEPS = ("4 bytes come", "2 are read", "2 more come")


def _poll_mode(many: int) -> list[bool]:
    with pipe() as (here, there), Ring() as ring:
        ring.fill_in(POLL, 1, here, length=many, special=READABLE)
        ring.enter(1)
        return [
            _answers_after(ring, lambda: os.write(there, b"abcd")), _answers_after(ring, lambda: os.read(here, 2)),
            _answers_after(ring, lambda: os.write(there, b"ef"))]


def _read_mode() -> list[bool]:
    """The read takes the 2 bytes itself."""
    buffer = ctypes.create_string_buffer(2)
    with pipe() as (here, there), Ring() as ring:
        ring.fill_in(READ, 1, here, ctypes.addressof(buffer), 2, HERE)
        ring.enter(1)
        return [
            _answers_after(ring, lambda: os.write(there, b"abcd")), _answers_after(ring, lambda: None),
            _answers_after(ring, lambda: os.write(there, b"ef"))]


def _answers_after(ring: Ring, action: Callable[[], object]) -> bool:
    action()
    ring.enter()
    return bool(ring.take())


# What goes wrong

def _buffer() -> tuple[str, str]:
    """We ask for a read, and then keep something else in its buffer."""
    buffer = ctypes.create_string_buffer(32)
    with pipe() as (here, there), Ring() as ring:
        ring.fill_in(READ, 1, here, ctypes.addressof(buffer), 32, HERE)
        ring.enter(1)
        buffer.value = b"our own notes"
        before = buffer.value.decode()
        os.write(there, b"somebody's mail")
        ring.enter(0, 1)
        ring.take()
    return before, buffer.value.decode()


def _after_close() -> tuple[int, int]:
    buffer = ctypes.create_string_buffer(8)
    with pipe() as (here, there), Ring() as ring:
        ring.fill_in(READ, 7, here, ctypes.addressof(buffer), 8, HERE)
        ring.enter(1)
        os.dup2(there, here)  # closes it, and the number stands for another file
        ring.enter()
        at_once = len(ring.take())
        os.write(there, b"x")
        ring.enter(0, 1)
        result = dict(ring.take())[7]
    return at_once, result


def _bad() -> tuple[int, int]:
    with Ring() as ring:
        ring.fill_in(READ, 1, 9_999)
        said = ring.enter(1, 1)
        return said, dict(ring.take())[1]


def _cancelled() -> dict[str, int]:
    buffer = ctypes.create_string_buffer(8)
    with pipe() as (here, _there), Ring() as ring:
        ring.fill_in(READ, 1, here, ctypes.addressof(buffer), 8, HERE)
        ring.fill_in(CANCEL, 2, address=1)
        ring.enter(2, 2)
        results = dict(ring.take())
    return {"the read": results[1], "its cancellation": results[2]}


def _overflow() -> Overflow:
    with Ring() as ring:
        requests = 3 * ring.entries
        for _ in range(3):
            for name in range(ring.entries):
                ring.fill_in(NOP, name)
            ring.enter(ring.entries)
        flagged = bool(ring.sq_flags.value & OVERFLOWN)
        seen = len(ring.take())
        ring.enter()
        return Overflow(requests, ring.answer_count, seen, flagged, len(ring.take()))


def _without_calls() -> int | None:
    """A thread of the kernel looks at the ring for us. It sleeps at first, and when there was nothing for 2 s."""
    try:
        ring = Ring(8, KERNEL_THREAD)
    except OSError:
        return None
    with ring:
        ring.fill_in(NOP)
        ring.wake_thread()
        _until_answered(ring, 1)
        ring.take()
        for name in range(3):
            ring.fill_in(NOP, name)
        _until_answered(ring, 3)
        return len(ring.take())


def _until_answered(ring: Ring, count: int) -> None:
    end = time.monotonic() + 2
    while len(ring.peek()) < count and time.monotonic() < end:
        time.sleep(0.0005)


_FILTER = (  # a program of four instructions for the kernel's own little machine
    (0x20, 0, 0, 0),  # load the system call's number
    (0x15, 0, 1, SETUP),  # if it is not this one, skip one
    (0x06, 0, 0, 0x0005_0000 | errno.EPERM),  # answer with an error
    (0x06, 0, 0, 0x7FFF_0000),  # let it through
)
_NO_NEW_PRIVILEGES, _SECCOMP, _SECCOMP_FILTER = 38, 22, 2


def shut_the_door() -> None:
    """Let this process, from now on, ask for no ring, as containers do. Raises OSError where there are no filters."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in _FILTER))
    described = struct.pack("HP", len(_FILTER), ctypes.addressof(program))
    libc().prctl(_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), *(ctypes.c_ulong(0),) * 3)
    if libc().prctl(_SECCOMP, ctypes.c_ulong(_SECCOMP_FILTER), described) != 0:
        raise OSError(ctypes.get_errno(), "no filter could be set")


def _refused() -> str:
    """A child process shuts the door on itself, and asks for a ring."""
    def ask() -> bytes:
        try:
            shut_the_door()
            Ring()
        except OSError as exc:
            return errno.errorcode[exc.errno or 0].encode()
        return b"a ring, all the same"

    return Child(ask).wait()[0].decode()


# Time and costs

def _timer() -> float:
    timeout = ctypes.create_string_buffer(struct.pack("qq", 0, int(_SHORT * 1e9)))
    with Ring() as ring:
        def wait() -> None:
            ring.fill_in(TIMEOUT, address=ctypes.addressof(timeout), length=1)
            ring.enter(1, 1)
            ring.take()

        return typical(wait)


def _batches(rounds: int = 20) -> tuple[float, float]:
    """Read from /dev/zero, by read(2) in a loop of machine code, and by a ring, whose requests stand there already."""
    zero = os.open("/dev/zero", os.O_RDONLY)
    buffer = ctypes.create_string_buffer(1)
    where = ctypes.addressof(buffer)
    with Ring(_BATCH) as ring:
        for _ in range(_BATCH):
            ring.fill_in(READ, fd=zero, address=where, length=1, offset=HERE)
        ring.sq_tail.value -= _BATCH

        def batches() -> None:
            for _ in range(rounds):
                ring.sq_tail.value += _BATCH
                ring.enter(_BATCH, _BATCH)
                ring.cq_head.value = ring.cq_tail.value

        count = _BATCH * rounds
        reads = Repeater(WOULD).loop(count, address_of(libc().read), zero, where, 1)
        one_by_one, in_a_batch = fastest(reads, batches)
    os.close(zero)
    return one_by_one / count, in_a_batch / count


@contextlib.contextmanager
def _watch(descriptors: list[int], ready: int) -> Iterator[Callable[[], object]]:
    """Ask for a poll of each; the one that is ready has to be asked for again, each time."""
    with Ring(_BATCH) as ring:
        for start in range(0, len(descriptors), _BATCH):
            batch = [fd for fd in descriptors[start : start + _BATCH] if fd != ready]
            for fd in batch:
                ring.fill_in(POLL, fd=fd, special=READABLE)
            ring.enter(len(batch))
        yield ring.again(Request(opcode=POLL, fd=ready, special=READABLE))


@contextlib.contextmanager
def _receive(fd: int) -> Iterator[Callable[[], object]]:
    buffer = ctypes.create_string_buffer(1)
    with Ring() as ring:
        yield ring.again(Request(opcode=READ, fd=fd, address=ctypes.addressof(buffer), length=1, offset=HERE))


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Draw the rings, print what went wrong and what it costs, and say what that means."""
    _show_rings(figures, stage)
    _show_kinds(figures, stage)
    _show_wrongs(figures, stage)
    stage.heading("The price of asking")
    stage.bars([
        ("read(2), one by one", figures.one_by_one, duration(figures.one_by_one)),
        (f"a ring, {_BATCH} at once", figures.in_a_batch, duration(figures.in_a_batch))])
    ratio = figures.in_a_batch / figures.one_by_one
    stage.meaning(
        f"One byte from /dev/zero takes {duration(figures.one_by_one)} by a system call, and "
        f"{duration(figures.in_a_batch)} by a ring: {times(ratio)} times. There was one call for {_BATCH}; but each "
        "request has work of its own, to be taken from a ring and answered in the other. "
        + ("What is saved is the door." if ratio < 1 else "Here that is more than the door costs: a ring pays where "
           "calls are dear, or where they would have to wait."))
    stage.meaning(
        f"A timer of 0.1 ms (IORING_OP_TIMEOUT, in nanoseconds) took {duration(figures.timer)}.")
    show_costs(stage, "io_uring", figures.sizes, figures.wakes)


def _show_rings(figures: Figures, stage: Stage) -> None:
    stage.heading("The rings. A: read from a pipe. B: 5 ms. C: nothing. D: write to the pipe.")
    for moment in figures.moments:
        sq_head, sq_tail, cq_head, cq_tail = moment.numbers
        stage.line(moment.what)
        stage.line(f"  requests {_cells(moment.requests)} head {sq_head}, tail {sq_tail}")
        stage.line(f"  answers  {_cells(moment.answers)} head {cq_head}, tail {cq_tail}")
    stage.meaning(
        f"Submitted: {' '.join(figures.submitted)}. Answered: {' '.join(figures.answered)}. A was asked for first, and "
        "had to wait for D, which came last. One call told of all four; none was made to take the answers.")
    if figures.without_calls is not None:
        stage.meaning(
            "With a thread of the kernel that looks at the ring (IORING_SETUP_SQPOLL), not even that one, once it is "
            f"awake: {figures.without_calls} of 3 requests were answered, and io_uring_enter was not called.")


def _cells(letters: str) -> str:
    return "│" + "│".join(letters) + "│"


def _show_kinds(figures: Figures, stage: Stage) -> None:
    stage.heading("Readiness and completion: when is there an answer?")
    stage.table(
        ["asked for", *STEPS],
        [(name, *("yes" if is_there else "-" for is_there in row)) for name, row in figures.modes.items()])
    stage.meaning(
        "Asked to poll, a ring does what epoll does: once, or by edge as often as something comes. Asked to read, it "
        "has read (the 2 bytes of the second step); and that was all that it was asked.")


def _show_wrongs(figures: Figures, stage: Stage) -> None:
    stage.heading("What goes wrong")
    before, after = figures.notes
    at_once, result = figures.after_close
    said, answer = figures.bad
    overflow = figures.overflow
    stage.table(["", ""], [
        ("a buffer used too soon: was", before), ("  and when the answer came", after),
        ("a descriptor closed: answers", at_once),
        ("  and when a byte came", f"result {result}: the byte was read"),
        ("a read of no descriptor: the call", f"{said}: one submitted, all well"),
        ("  its answer", f"{answer}, {_name(answer)}"),
        *((f"cancelled: {name}", f"{number}, {_name(number)}") for name, number in figures.cancelled.items()),
        (f"{overflow.requests} answers for {overflow.places} places", f"{overflow.seen} there, "
         f"{'and a flag' if overflow.flagged else 'no flag'}; {overflow.later} more on io_uring_enter"),
        ("a filter as in containers", f"io_uring_setup: {figures.refused}"),
    ], left=2)
    stage.meaning(
        "Until the answer is there, buffer and file are the kernel's: what you do to the buffer is lost or worse, and "
        "to close the number ends nothing. Cancel, wait for both answers, then close and free. Answers for which there "
        "is no place are kept by the kernel, but you have to ask for them. And a program must be ready to be refused.")


def _name(result: int) -> str:
    return errno.errorcode[-result] if result < 0 else "done"
