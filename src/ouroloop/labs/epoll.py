"""Readiness: Linux's queue, by its own three calls.

A program that serves many asks one question again and again: which of these can I read from without waiting? Unix's
first answers, `select` and `poll`, are given the whole list at each call. The kernel copies it, asks every file in it,
and forgets it. With ten descriptors that is nothing. With ten thousand of which one has something to say, it is ten
thousand questions for one answer.

epoll turns it round. `epoll_create1` makes a list in the kernel; `epoll_ctl` puts a descriptor into it, once, and
leaves a note with the file: when something happens, put this entry into the ready list. `epoll_wait` takes from the
ready list what is there, or sleeps until there is something.

    interest list            ready list
    5  6  7  8  9 ...        7        <- put there by the file itself,
          │                  │           as data came in
          │                  ▼
      note with the      epoll_wait: "7 is readable"
      file: call back    then you read, by a call of your own

That is readiness: the kernel says that you may, and you do. (Completion, as in io_uring and Windows's ports, is the
other way: you say what you want done, and are told when it has been.)

The price of a list that remembers is that it may remember the wrong things. This lab walks into each trap:

- Level or edge. By level, an entry comes back as long as there is something to read; by edge (EPOLLET), once for each
arrival. If you read by edge, read until the kernel says EAGAIN. If you stop before that, what is left lies there, you
sleep, and the other side waits for your answer: a hang, which no error tells.
- A descriptor is a number; the entry belongs to the open file behind it. Close the number while a duplicate lives on
(in a child process, say), and the entry stays, reports a number that means nothing or something else by now, and no
call can take it out.
- The herd. Eight processes wait for one listening socket, one client comes, and all eight wake. EPOLLEXCLUSIVE wakes
one, or a few.
- Starvation. A program that reads until EAGAIN from somebody who never stops sending never comes back to the others.
- Time. `epoll_wait` counts in milliseconds. What is shorter is no time at all, or ten times as long.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .calls.epoll import ADD, DELETE, EDGE, EXCLUSIVE, IN, MODIFY, ONESHOT, Epoll
from .catalogue import NotHere
from .child import Child
from .crowd import Size, WakeUp, compare, show_costs, wake_up
from .machine_code import libc
from .pipes import pipe, unread
from .stage import Stage, duration, times
from .stopwatch import fastest, repeated, typical

WOULD = (
    "This lab would watch descriptors by level, by edge and once, walk into each of epoll's traps, and measure a wait "
    "with 10 to 10,000 descriptors against poll(2)."
)

_HANG = 50  # milliseconds that we give a wait that would last for ever
_HERD, _PATIENCE = 8, 5_000
_ENDLESS, _BUDGET = 10_000, 16
_SHORT = 100e-6


@dataclass
class Hang:
    """Read by edge, and not to the end."""

    left: int
    """Bytes that lie there."""
    waited: float
    """Seconds of a wait for them, which we ended."""
    reported: int


@dataclass
class Stale:
    """A descriptor closed while a duplicate of it lives."""

    waits: int
    reports: int
    """Waits that reported it after it had been closed."""
    removal: str
    """What EPOLL_CTL_DEL says."""
    removal_reused: str
    """What it says when another file has got the number."""
    after_last_close: int
    """Reports once the duplicate is closed as well."""


@dataclass
class Figures:
    """What each experiment gave."""

    modes: dict[str, list[bool]]
    """By way of watching: whether it is reported at each of `STEPS`."""
    hang: Hang
    stale: Stale
    herd: dict[str, int]
    """Of the processes that waited, how many were woken by one client; by how they watched."""
    drained: int
    """Reads from one who never stops, before another had its turn: when reading until EAGAIN."""
    budgeted: int
    """The same, when a turn is so many reads at most."""
    turns: str
    """Who is reported when two are always ready and we ask for one."""
    timers: dict[str, float | None]
    """Seconds taken where 0.1 ms was wanted, by call; None where the kernel has no such call."""
    python: tuple[float, float]
    """Seconds for a wait that returns at once: by ctypes, and by Python's `select.epoll`."""
    sizes: list[Size]
    wakes: WakeUp


def measure() -> Figures:
    """Walk into each trap."""
    if not sys.platform.startswith("linux"):
        other = "`ouro lab iocp` is Windows's" if sys.platform == "win32" else "`ouro lab kqueue` is this system's"
        raise NotHere(WOULD, f"epoll is Linux's; {other} answer to the same question.")
    ways = {"level": IN, "edge (EPOLLET)": IN | EDGE, "once (EPOLLONESHOT)": IN | ONESHOT}
    return Figures(
        modes={name: _mode(events) for name, events in ways.items()},
        hang=_hang(), stale=_stale(),
        herd={"EPOLLIN": _herd(IN), "EPOLLIN | EPOLLEXCLUSIVE": _herd(IN | EXCLUSIVE)},
        drained=_reads_before_the_other(_ENDLESS), budgeted=_reads_before_the_other(_BUDGET), turns=_turns(),
        timers=_timers(), python=_against_python(), sizes=compare(_watch), wakes=wake_up(_receive))


# Level, edge, once

STEPS = ("4 bytes come", "2 are read", "2 more come", "it is set again")


def _mode(events: int) -> list[bool]:
    """Whether the descriptor is reported after each step."""
    with pipe() as (here, there), Epoll() as queue:
        queue.control(ADD, here, events)
        reported = []
        for step in (
            lambda: os.write(there, b"abcd"), lambda: os.read(here, 2), lambda: os.write(there, b"ef"),
            lambda: queue.control(MODIFY, here, events),
        ):
            step()
            reported.append(queue.wait() == [here])
    return reported


def _hang() -> Hang:
    """A request of two parts; we read the first, and go back to wait, as one may by level."""
    with pipe() as (here, there), Epoll() as queue:
        queue.control(ADD, here, IN | EDGE)
        os.write(there, b"first second")
        queue.wait()
        os.read(here, 6)
        begin = time.perf_counter()
        reported = len(queue.wait(_HANG))
        waited = time.perf_counter() - begin
        left = unread(here)
    return Hang(left, waited, reported)


# The number and the file behind it

def _stale(waits: int = 100) -> Stale:
    here, there = os.pipe()
    with Epoll() as queue:
        queue.control(ADD, here)
        copy = os.dup(here)
        os.close(here)
        os.write(there, b"x")
        reports = sum(queue.wait() == [here] for _ in range(waits))
        removal = _error(lambda: queue.control(DELETE, here))
        os.dup2(there, here)  # the number stands for another file now
        removal_reused = _error(lambda: queue.control(DELETE, here))
        os.close(here)
        os.close(copy)
        after = len(queue.wait())
    os.close(there)
    return Stale(waits, reports, removal, removal_reused, after)


def _error(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as exc:
        return errno.errorcode[exc.errno or 0]
    return "nothing"


# The herd

def _herd(events: int) -> int:
    """Processes that wait for one listening socket, each by a queue of its own. How many does one client wake?"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def wait() -> bytes:
            with Epoll() as queue:
                queue.control(ADD, server.fileno(), events)
                queue.control(ADD, end[0])
                os.write(begin[1], b"x")
                return b"woken" if server.fileno() in queue.wait(_PATIENCE) else b""

        begin, end = os.pipe(), os.pipe()
        children = [Child(wait) for _ in range(_HERD)]
        for _ in children:
            os.read(begin[0], 1)
        for child in children:
            _until_asleep(child.pid)
        with socket.create_connection(server.getsockname()):
            os.write(end[1], b"x")  # wakes whoever still sleeps
            woken = sum(child.wait()[0] == b"woken" for child in children)
        for fd in (*begin, *end):
            os.close(fd)
    return woken


def _until_asleep(pid: int) -> None:
    """Until a process sleeps in its wait, which is all that is left for it to do."""
    end = time.monotonic() + _PATIENCE / 1000
    try:
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S" and time.monotonic() < end:
            time.sleep(0.001)
    except OSError:  # there is no /proc to tell; so much is enough as a rule
        time.sleep(0.02)


# Who comes next

def _reads_before_the_other(most: int) -> int:
    """Two are ready; behind the first is one who sends as fast as we read. Reads from it before the second's turn."""
    first, second = os.eventfd(1, os.EFD_NONBLOCK), os.eventfd(1, os.EFD_NONBLOCK)
    reads = 0
    with Epoll() as queue:
        queue.control(ADD, first, IN | EDGE)
        queue.control(ADD, second, IN | EDGE)
        for fd in queue.wait():
            if fd == second:
                break
            while reads < most:
                with contextlib.suppress(BlockingIOError):
                    os.eventfd_read(first)
                    reads += 1
                    os.eventfd_write(first, 1)
    os.close(first)
    os.close(second)
    return reads


def _turns() -> str:
    """Two are ready by level, and are never read; we ask for one at a time."""
    a, b = os.eventfd(1), os.eventfd(1)
    with Epoll() as queue:
        queue.control(ADD, a)
        queue.control(ADD, b)
        turns = "".join("AB"[queue.wait(0, 1) == [b]] for _ in range(8))
    os.close(a)
    os.close(b)
    return turns


# Time

def _timers() -> dict[str, float | None]:
    """Asked for 0.1 ms, each way there is."""
    with Epoll() as queue:
        exactly: float | None = None
        with contextlib.suppress(OSError):  # before Linux 5.11
            exactly = typical(lambda: queue.wait_exactly(_SHORT))
        return {
            "epoll_wait, 0 ms": typical(lambda: queue.wait(0)),
            "epoll_wait, 1 ms": typical(lambda: queue.wait(1)),
            "epoll_pwait2": exactly,
            "a timerfd in the queue": _timer_in_the_queue(queue),
        }


def _timer_in_the_queue(queue: Epoll) -> float:
    """A timer that is a descriptor, readable when its time has come."""
    timer = libc().timerfd_create(time.CLOCK_MONOTONIC, 0)
    queue.control(ADD, timer)

    def wait() -> None:
        libc().timerfd_settime(timer, 0, struct.pack("qqqq", 0, 0, 0, int(_SHORT * 1e9)), None)
        queue.wait(-1)

    taken = typical(wait)
    os.close(timer)
    return taken


# Costs

def _against_python(calls: int = 200) -> tuple[float, float]:
    ready = os.eventfd(1)
    with Epoll() as own, select.epoll() as python:
        own.control(ADD, ready)
        python.register(ready, select.EPOLLIN)

        ours, theirs = fastest(repeated(own.waiter(), calls), repeated(lambda: python.poll(0), calls))
    os.close(ready)
    return ours / calls, theirs / calls


@contextlib.contextmanager
def _watch(descriptors: list[int], ready: int) -> Iterator[Callable[[], object]]:
    with Epoll() as queue:
        for fd in descriptors:
            queue.control(ADD, fd)
        yield queue.waiter()


@contextlib.contextmanager
def _receive(fd: int) -> Iterator[Callable[[], object]]:
    with Epoll() as queue:
        queue.control(ADD, fd)

        def receive() -> None:
            queue.wait(-1)
            os.read(fd, 1)

        yield receive


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print what each trap did, what each wait costs, and what that means."""
    _show_modes(figures, stage)
    _show_stale(figures.stale, stage)
    _show_others(figures, stage)
    stage.heading("Time: 0.1 ms is wanted")
    stage.table(
        ["by", "taken"],
        [(name, "not in this kernel" if taken is None else duration(taken)) for name, taken in figures.timers.items()])
    coarse = figures.timers["epoll_wait, 1 ms"] or 0
    stage.meaning(
        f"In milliseconds, 0.1 is 0, which does not wait, or 1, which takes {times(coarse / _SHORT)} times too long. A "
        "loop with finer timers asks by `epoll_pwait2`, or has a timer among its descriptors. What comes on top is the "
        "wake-up, and up to 50 µs by which the kernel may be late, to wake several at once (timer slack).")
    show_costs(stage, "epoll_wait", figures.sizes, figures.wakes)
    own, python = figures.python
    stage.meaning(
        f"By ctypes, a wait that returns at once takes {duration(own)}; by Python's own `select.epoll`, "
        f"{duration(python)}. Both make the same call.")


def _show_modes(figures: Figures, stage: Stage) -> None:
    stage.heading("Level, edge, once: when does epoll_wait report the descriptor?")
    stage.table(
        ["watched by", *STEPS],
        [(name, *("yes" if is_reported else "-" for is_reported in row)) for name, row in figures.modes.items()])
    hang = figures.hang
    stage.meaning(
        "By level, it is reported as long as there is something to read. By edge, only when something comes, and 2 "
        "bytes that were left are not news. Once: one report, and silence until it is set again, so that one thread of "
        "many has it.")
    stage.meaning(
        f"The hang. By edge, 12 bytes came, and we read 6 and waited: {hang.reported} reports in "
        f"{duration(hang.waited)}, while {hang.left} bytes lay there. We ended the wait; a program would still be in "
        "it. By edge, read until EAGAIN.")


def _show_stale(stale: Stale, stage: Stage) -> None:
    stage.heading("A descriptor is closed while a duplicate of it lives")
    stage.table(["", ""], [
        (f"{stale.waits} waits after close", f"it is reported {stale.reports} times"),
        ("take it out (EPOLL_CTL_DEL)", stale.removal),
        ("take it out, when the number is another file's", stale.removal_reused),
        ("a wait after the duplicate is closed, too", f"{stale.after_last_close} reports")], left=2)
    stage.meaning(
        "The entry belongs to the open file, and the file lives as long as any descriptor of it, a child process's "
        "included. Until then every wait comes back at once, with a number that stands for nothing, and no call "
        "takes the entry out. So take a descriptor out before you close it. What helps afterwards is a new queue: "
        "that is what Ouroloop's loop does when it sees one of these errors.")


def _show_others(figures: Figures, stage: Stage) -> None:
    all_of_them, few = figures.herd.values()
    stage.heading(f"The herd: {_HERD} processes wait for one listening socket, and one client comes")
    stage.bars([(name, woken, f"{woken} woken") for name, woken in figures.herd.items()])
    stage.meaning(
        f"There is one connection to accept: {all_of_them - 1} of {all_of_them} woke for nothing. With EPOLLEXCLUSIVE "
        f"it was {few}. (The kernel promises one or more, and no fairness: the one who came last may get nearly all.)")
    stage.heading("Starvation: two are ready, and behind the first is one who never stops")
    stage.table(["a turn ends", "reads before the second's turn"], [
        (f"at EAGAIN, or {_ENDLESS:,} reads, as it never came", f"{figures.drained:,}"),
        (f"after {_BUDGET} reads", figures.budgeted)])
    stage.meaning(
        "A program that reads until EAGAIN lets all others wait for as long as one of them likes. Read so much and no "
        "more, remember "
        f"who was not finished, and go on. By level the kernel takes turns by itself: asked for one of two that are "
        f"always ready, it said {figures.turns}.")
