"""Readiness, the BSDs' and macOS's way: one queue for all that can happen.

epoll knows files. A timer, a signal, a child process that ends, a file that changes: on Linux each of these has to be
made a file first (timerfd, signalfd, pidfd, inotify) to be waited for with the others. kqueue, which is older, begins
at the other end. What is waited for is a pair: a number, and a filter that says what the number means.

    filter            the number is        and the event tells
    EVFILT_READ       a descriptor         how many bytes there are
    EVFILT_WRITE      a descriptor         how much room there is
    EVFILT_TIMER      any you like         how often it has gone off
    EVFILT_PROC       a process            that it forked, or ended
    EVFILT_SIGNAL     a signal             how often it came
    EVFILT_VNODE      an open file         written, renamed, deleted ...

There are two calls. `kqueue` makes a queue. `kevent` does the rest, both directions at once: it takes a list of changes
and gives a list of events, both of the same form. A loop that has ten things to change before it sleeps makes one call,
where with epoll it makes eleven.

Level is the default; EV_CLEAR makes it an edge, EV_ONESHOT reports once and forgets, EV_DISPATCH reports once and
stays, silent, until it is enabled again. And there are the traps.

- To close a descriptor takes its entries out: no stale event comes through a duplicate, as it does with epoll. But
nobody is told, either. Whoever still waits for it waits for ever.
- Events come in lists. What you do about the first may close the descriptor of the second, and the next `open` may
get its number; the event in your hand is then somebody else's. (epoll's as well.)
- A process may be gone before you ask for its end. That is an error, and has to be taken for the event.
- A child process does not inherit the queue. After `fork`, make a new one and say everything again.

Linux has no kqueue. There is a library, libkqueue, that makes one of epoll and its kin; if it is installed (on Debian,
the package libkqueue0, where a release has it), this lab runs on that, and says so, and some of what it finds is then
epoll's.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .calls.kqueue import (
    ADD,
    AND_STATUS,
    CLEAR,
    DELETE,
    DELETED,
    DISPATCH,
    ENABLE,
    EXIT,
    MICROSECONDS,
    ONESHOT,
    PROCESS,
    READ,
    RENAMED,
    SIGNAL,
    TIMER,
    VNODE,
    WRITTEN,
    Event,
    Kqueue,
    library,
)
from .catalogue import NotHere
from .child import Child
from .crowd import Size, WakeUp, compare, show_costs, wake_up
from .pipes import pipe, unread
from .stage import Stage, duration, times
from .stopwatch import fastest, repeated, typical

WOULD = (
    "This lab would watch descriptors by level, by edge and once, a timer, a process, a signal and a file, all by one "
    "call, walk into kqueue's traps, and measure a wait with 10 to 10,000 descriptors against poll(2)."
)

_SHORT = 100e-6
_HANG = 0.05
_CHANGES = 100
_SENT = 3


@dataclass
class Filtered:
    """Something that is no readiness of a descriptor, and the event that told it."""

    what: str
    did: str
    told: str
    number: int
    """The event's data, or its flags."""


@dataclass
class Figures:
    """What each experiment gave."""

    emulated: bool
    """By libkqueue."""
    modes: dict[str, list[int]]
    """By way of watching: the bytes that were reported at each of `STEPS`; 0 if nothing was."""
    filters: list[Filtered]
    waits: int
    after_close: int
    """Reports in so many waits, of a descriptor that was closed while a duplicate of it lives."""
    silence: float
    """Seconds of a wait for it, which we ended."""
    mistaken: tuple[int, int]
    """Of an event in a list whose descriptor was closed and its number given away: the bytes that it tells, and the
    bytes that there are."""
    too_late: str
    """What is said of a process that is gone."""
    inherited: bool
    """Whether a child process has the queue."""
    one_by_one: float
    """Seconds for one change, by a call of its own."""
    together: float
    """The same, by a call for many."""
    timers: dict[str, float]
    """Seconds taken where 0.1 ms was wanted."""
    python: float | None
    """Seconds for a wait by Python's `select.kqueue`, where it has one."""
    sizes: list[Size]
    wakes: WakeUp


def measure() -> Figures:
    """Watch all that can be watched."""
    try:
        library()
    except LookupError as exc:
        raise NotHere(WOULD, str(exc.args[0])) from None
    emulated = sys.platform.startswith("linux")
    waits, reports, silence = _closed()
    ways = {"level": (0, 0), "edge (EV_CLEAR)": (CLEAR, 0), "EV_ONESHOT": (ONESHOT, ADD | ONESHOT),
            "EV_DISPATCH": (DISPATCH, ENABLE | DISPATCH)}
    one_by_one, together = _changes()
    return Figures(
        emulated=emulated, modes={name: _mode(*flags) for name, flags in ways.items()},
        filters=[_timer_counts(), _process_ends(), _signal_comes(), *_file_changes()],
        waits=waits, after_close=reports, silence=silence, mistaken=_mistaken(), too_late=_too_late(),
        inherited=_inherited(), one_by_one=one_by_one, together=together, timers=_timers(), python=_python(),
        sizes=compare(_watch), wakes=wake_up(_receive))


# Level, edge, once

STEPS = ("4 bytes come", "2 are read", "2 more come", "told again")


def _mode(flags: int, again: int) -> list[int]:
    """The bytes reported after each step. The last tells the queue again, if it has to be told."""
    with pipe() as (here, there), Kqueue() as queue:
        queue.change(Event(here, READ, ADD | flags))
        reported = []
        for step in (
            lambda: os.write(there, b"abcd"), lambda: os.read(here, 2), lambda: os.write(there, b"ef"),
            lambda: queue.change(*([Event(here, READ, again)] if again else [])),
        ):
            step()
            reported.append(sum(event.data for event in queue.wait()))
    return reported


# Other filters

def _timer_counts() -> Filtered:
    with Kqueue() as queue:
        queue.change(Event(7, TIMER, ADD, MICROSECONDS, 1_000))
        time.sleep(0.0105)
        times_off = queue.wait(1)[0].data
        queue.change(Event(7, TIMER, DELETE))
    return Filtered("a timer, 1 ms", "slept for 10.5 ms", f"it went off {times_off} times", times_off)


def _process_ends() -> Filtered:
    with Kqueue() as queue:
        with subprocess.Popen(
                [sys.executable, "-Sc", "import sys; sys.stdin.read(); sys.exit(3)"], stdin=subprocess.PIPE) as child:
            queue.change(Event(child.pid, PROCESS, ADD | ONESHOT, EXIT | AND_STATUS))
            if child.stdin:
                child.stdin.close()
            event = queue.wait(10)[0]
        status = os.waitstatus_to_exitcode(event.data) if os.WIFEXITED(event.data) else -1
    return Filtered("a process", "let it exit(3)", f"it ended, with {status}", status)


def _signal_comes() -> Filtered:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    with Kqueue() as queue:
        queue.change(Event(signal.SIGUSR1, SIGNAL, ADD))
        for _ in range(_SENT):
            os.kill(os.getpid(), signal.SIGUSR1)
        came = sum(event.data for event in queue.wait(1))
        queue.change(Event(signal.SIGUSR1, SIGNAL, DELETE))
    signal.signal(signal.SIGUSR1, before)
    told = f"it came, {came}" if came else "nothing"
    return Filtered("SIGUSR1, which we ignore", f"sent it {_SENT} times", told, came)


def _file_changes() -> list[Filtered]:
    found = []
    with tempfile.TemporaryDirectory(prefix="ouroloop-") as folder, Kqueue() as queue:
        path = Path(folder, "file")
        path.write_text("x")
        fd = os.open(path, os.O_RDONLY)
        queue.change(Event(fd, VNODE, ADD | CLEAR, WRITTEN | RENAMED | DELETED))
        for did, flag, action in (
            ("wrote to it", WRITTEN, lambda: path.write_text("xyz")),
            ("renamed it", RENAMED, lambda: path.rename(path.with_name("new"))),
            ("deleted it", DELETED, lambda: path.with_name("new").unlink()),
        ):
            action()
            flags = 0
            for event in queue.wait(0.2):
                flags |= event.fflags
            found.append(Filtered("a file", did, _flags(flags), flags & flag))
        queue.change(Event(fd, VNODE, DELETE))
        os.close(fd)
    return found


def _flags(flags: int) -> str:
    names = {WRITTEN: "NOTE_WRITE", RENAMED: "NOTE_RENAME", DELETED: "NOTE_DELETE"}
    return ", ".join(name for flag, name in names.items() if flags & flag) or "nothing"


# What goes wrong

def _closed(waits: int = 100) -> tuple[int, int, float]:
    """A descriptor is closed; a duplicate lives on, and bytes come."""
    here, there = os.pipe()
    with Kqueue() as queue:
        queue.change(Event(here, READ, ADD))
        copy = os.dup(here)
        library().close(here)
        os.write(there, b"x")
        reports = sum(bool(queue.wait()) for _ in range(waits))
        begin = time.perf_counter()
        queue.wait(_HANG)
        silence = time.perf_counter() - begin
        os.close(copy)
    os.close(there)
    return waits, reports, silence


def _mistaken() -> tuple[int, int]:
    """Two events in a list. What we do about the one closes the other's descriptor, and its number is given away."""
    first, to_first = os.pipe()
    second, to_second = os.pipe()
    with Kqueue() as queue:
        queue.change(Event(first, READ, ADD), Event(second, READ, ADD))
        os.write(to_first, b"end")
        os.write(to_second, b"four")
        events = {event.ident: event.data for event in queue.wait()}
        new, to_new = os.pipe()
        os.dup2(new, second)
        told = events[second]
        there_are = unread(second)
    for fd in (first, to_first, second, to_second, new, to_new):
        os.close(fd)
    return told, there_are


def _too_late() -> str:
    child = Child(lambda: b"")
    child.wait()
    with Kqueue() as queue:
        try:
            queue.change(Event(child.pid, PROCESS, ADD, EXIT))
        except OSError as exc:
            return errno.errorcode[exc.errno or 0]
    return "nothing"


def _inherited() -> bool:
    with Kqueue() as queue:
        def look() -> bytes:
            try:
                os.fstat(queue.fd)
            except OSError:
                return b""
            return b"x"

        return Child(look).wait()[0] == b"x"


# Costs

def _changes() -> tuple[float, float]:
    """Set and forget a timer for many numbers, by a call for each and by one for all."""
    with Kqueue() as queue:
        adds = [Event(number, TIMER, ADD, 0, 60_000) for number in range(_CHANGES)]
        deletes = [Event(number, TIMER, DELETE) for number in range(_CHANGES)]
        listed = (Event * (2 * _CHANGES))(*adds, *deletes)
        each = [ctypes.byref(listed, place * ctypes.sizeof(Event)) for place in range(2 * _CHANGES)]
        kevent, fd = queue.kevent, queue.fd

        def one_by_one() -> None:
            for change in each:
                kevent(fd, change, 1, None, 0, None)

        own, all_at_once = fastest(one_by_one, lambda: kevent(fd, listed, 2 * _CHANGES, None, 0, None))
    return own / 2 / _CHANGES, all_at_once / 2 / _CHANGES


def _timers() -> dict[str, float]:
    """Asked for 0.1 ms, by a timer in the queue and by the wait's own end."""
    with Kqueue() as queue:
        def timer() -> None:
            queue.change(Event(1, TIMER, ADD | ONESHOT, MICROSECONDS, int(_SHORT * 1e6)))
            queue.wait(None)

        return {"EVFILT_TIMER": typical(timer), "kevent's timeout": typical(lambda: queue.wait(_SHORT))}


def _python(calls: int = 200) -> float | None:
    if not hasattr(select, "kqueue"):
        return None
    here, there = os.pipe()
    os.write(there, b"x")
    python: Any = select
    queue = python.kqueue()
    queue.control([python.kevent(here)], 0)

    taken = fastest(repeated(lambda: queue.control(None, 16, 0), calls))[0] / calls
    queue.close()
    os.close(here)
    os.close(there)
    return taken


@contextlib.contextmanager
def _watch(descriptors: list[int], ready: int) -> Iterator[Callable[[], object]]:
    with Kqueue() as queue:
        queue.change(*(Event(fd, READ, ADD) for fd in descriptors))
        yield queue.waiter()


@contextlib.contextmanager
def _receive(fd: int) -> Iterator[Callable[[], object]]:
    with Kqueue() as queue:
        queue.change(Event(fd, READ, ADD))

        def receive() -> None:
            queue.wait(None)
            os.read(fd, 1)

        yield receive


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print what was told, what went wrong, what it costs, and what that means."""
    if figures.emulated:
        stage.note(
            "This is Linux, and its kernel has no kqueue: here it is libkqueue's, a library that makes one of epoll "
            "and its kin. Where it differs from a BSD's, that is said.")
    _show_modes(figures, stage)
    _show_filters(figures, stage)
    _show_wrongs(figures, stage)
    stage.heading("Time: 0.1 ms is wanted")
    stage.table(["by", "taken"], [(name, duration(taken)) for name, taken in figures.timers.items()])
    stage.heading("Changes: a call for each, or one for all")
    stage.bars([
        ("one by one", figures.one_by_one, duration(figures.one_by_one)),
        (f"{2 * _CHANGES:,} in a call", figures.together, duration(figures.together))])
    stage.meaning(
        f"Setting or forgetting a timer takes {times(figures.one_by_one / figures.together)} times as long by a call "
        "of its own. (The call is made by Python here, which is most of the difference.)")
    show_costs(stage, "kevent", figures.sizes, figures.wakes)
    if figures.python is not None:
        stage.meaning(f"By Python's own `select.kqueue`, a wait takes {duration(figures.python)}.")


def _show_modes(figures: Figures, stage: Stage) -> None:
    stage.heading("Level, edge, once: how many bytes does kevent report?")
    stage.table(
        ["watched by", *STEPS],
        [(name, *(count or "-" for count in row)) for name, row in figures.modes.items()])
    stage.meaning(
        "Unlike epoll's, the event says how much there is. By edge, what was left is not reported until more comes: "
        "a program that reads less than that number, and waits, hangs. ONESHOT has forgotten the descriptor after one "
        "report, DISPATCH has it still, and is silent; both are told again here.")


def _show_filters(figures: Figures, stage: Stage) -> None:
    stage.heading("One call for all that can happen")
    stage.table(["watched", "we", "and were told"], [(one.what, one.did, one.told) for one in figures.filters], left=3)
    came = next(one.number for one in figures.filters if one.what.startswith("SIGUSR1"))
    stage.meaning(
        "Each of these is a number and a filter, in the queue with all the others; on Linux each has to be made a "
        "descriptor first. "
        + (f"The signal is counted ({came}), even though the process ignores it." if came >= _SENT else
           f"libkqueue makes the signal's event in a handler of its own, and that had {came} for us of {_SENT}."))


def _show_wrongs(figures: Figures, stage: Stage) -> None:
    stage.heading("What goes wrong")
    told, there_are = figures.mistaken
    stage.table(["", ""], [
        ("a descriptor closed, a duplicate lives", f"{figures.after_close} of {figures.waits} waits report it"),
        ("a wait for it", f"{duration(figures.silence)}; we would have ended it after {duration(_HANG)}"),
        ("an event whose number was given away", f"it tells {told} bytes, and there are {there_are}"),
        ("watch a process that is gone", figures.too_late),
        ("a child process has the queue", "yes" if figures.inherited else "no"),
    ], left=2)
    if figures.after_close == 0:
        stage.meaning(
            "With the descriptor its entry is gone, whoever has a duplicate: nothing stale comes, as it does with "
            "epoll. But whoever waits for it is told nothing, for ever. Tell your own waiters before you close.")
    else:
        stage.meaning(
            "A kernel's kqueue drops the entry when its descriptor is closed. This one is made of epoll, which keeps "
            "it as long as a duplicate lives; so the stale reports are epoll's.")
    stage.meaning(
        "Events in a list are of the moment at which the list was made. So look before each whether what it is about "
        "is still there: the loop keeps a callback for each descriptor, and asks whether it is the same.")
