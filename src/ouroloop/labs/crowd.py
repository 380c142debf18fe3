"""A crowd: many descriptors of which one is ready, and what it takes to find that one.

Theory of operation. poll(2) is handed the list of all descriptors at each call, and the kernel asks each of them. A
queue that keeps the list in the kernel is told once. The crowd here are UDP sockets to which nobody sends, one
descriptor each on every system; the one that is ready has a byte that nobody reads, so every wait finds it. Both are
called by ctypes, in turn, and both would have come back at once.

What surprises people: a process may have 1,024 descriptors or fewer until it asks for more (RLIMIT_NOFILE); where it
may not have 10,000, the crowd is as large as can be.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from .child import Child
from .stage import Stage, duration, times
from .stopwatch import fastest, repeated

SIZES = (10, 1_000, 10_000)
_SPARE = 100
_CALLS, _ROUND_TRIPS = 20, 100
_LOOKS = 10_000
"""How many descriptors poll(2) looks at in a round: on a busy machine, only a short round is ever undisturbed."""
_READABLE = 0x100 if sys.platform == "win32" else 0x1


@dataclass
class Size:
    """What one wait costs, in seconds, with so many descriptors watched."""

    watched: int
    queue: float
    poll: float


@dataclass
class WakeUp:
    """Half a round trip to another process, in seconds: how long until one that sleeps has the byte."""

    queue: float
    blocking_read: float


Watcher = Callable[[list[int], int], contextlib.AbstractContextManager[Callable[[], object]]]
"""Has all descriptors watched, of which the one named last is ready; gives what waits once, and finds that one."""

Receiver = Callable[[int], contextlib.AbstractContextManager[Callable[[], object]]]
"""Has a descriptor watched; gives what waits for a byte by way of the queue, and takes it."""


def compare(watch: Watcher) -> list[Size]:
    """What a wait costs by a queue and by poll, with each size of the crowd."""
    sizes = []
    with _room_for(max(SIZES)) as room:
        for size in dict.fromkeys(min(size, room) for size in SIZES):
            with contextlib.ExitStack() as stack:
                quiet = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(size - 1)]
                here, there = (stack.enter_context(end) for end in socket.socketpair())
                there.send(b"x")
                descriptors = [own.fileno() for own in [*quiet, here]]
                wait = stack.enter_context(watch(descriptors, here.fileno()))
                polls = max(1, _LOOKS // size)
                queue, poll = fastest(repeated(wait, _CALLS), repeated(_poll(descriptors), polls))
                sizes.append(Size(size, queue / _CALLS, poll / polls))
    return sizes


class _PollFd(ctypes.Structure):
    _fields_ = [
        ("fd", ctypes.c_size_t if sys.platform == "win32" else ctypes.c_int),
        ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def _poll(descriptors: list[int]) -> Callable[[], object]:
    """poll(2) with that list; WSAPoll on Windows."""
    poll: Any = ctypes.CDLL("ws2_32").WSAPoll if sys.platform == "win32" else ctypes.CDLL(None).poll
    listed = (_PollFd * len(descriptors))(*(_PollFd(fd, _READABLE, 0) for fd in descriptors))
    length = ctypes.c_ulong(len(descriptors))
    return lambda: poll(listed, length, 0)


@contextlib.contextmanager
def _room_for(wanted: int) -> Iterator[int]:
    """Ask for so many descriptors; how many there may be."""
    if sys.platform == "win32":
        yield wanted
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = next(number for number in count(3) if not _is_open(number))
    more = wanted + open_now + _SPARE if hard == resource.RLIM_INFINITY else min(wanted + open_now + _SPARE, hard)
    allowed = max(soft, more)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (OSError, ValueError):
        allowed = soft
    try:
        yield min(wanted, allowed - open_now - _SPARE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


# A wake-up

def wake_up(receiver: Receiver) -> WakeUp:
    """Send a byte to a process that sends it back, and sleep until it is there."""
    here, there = socket.socketpair()

    def echo() -> bytes:
        here.close()
        while byte := there.recv(1):
            there.send(byte)
        return b""

    child = Child(echo)
    there.close()
    try:
        def trips(take: Callable[[], object]) -> Callable[[], object]:
            return repeated(lambda: (here.send(b"x"), take()), _ROUND_TRIPS)

        with receiver(here.fileno()) as receive:
            queue, blocking = fastest(trips(receive), trips(lambda: here.recv(1)))
    finally:
        here.close()
        child.wait()
    return WakeUp(queue / _ROUND_TRIPS / 2, blocking / _ROUND_TRIPS / 2)


# What it says

def show_costs(stage: Stage, name: str, sizes: list[Size], wakes: WakeUp | None, poll: str = "poll(2)") -> None:
    """Print what a wait and a wake-up cost."""
    stage.heading(f"One wait that finds one ready, by how many are watched: {name} and {poll}")
    stage.table(
        ["watched", name, poll, f"{poll} / {name}"],
        [(f"{size.watched:,}", duration(size.queue), duration(size.poll), times(size.poll / size.queue))
         for size in sizes], left=0)
    few, many = sizes[0], sizes[-1]
    stage.meaning(
        f"With {many.watched:,} watched instead of {few.watched}, {poll} takes {times(many.poll / few.poll)} times as "
        f"long, {name} {times(many.queue / few.queue)} times. {poll} looks at all of them to find one; {name} "
        f"is told when something happens, and has the one in a list.")
    if wakes is not None:
        stage.meaning(
            f"A wake-up, from another process's send until the byte is here, takes {duration(wakes.queue)} by "
            f"{name} and {duration(wakes.blocking_read)} by a read that blocks: "
            f"{times(wakes.queue / wakes.blocking_read)} times. That is what it costs to be able to wait for many.")
