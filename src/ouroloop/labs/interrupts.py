"""How news from a device comes to a program that sleeps.

Your program waits for a byte. It stands in `epoll_wait`, it has no processor, it is not running. Who wakes it?

Say the byte is on a disk. The kernel's driver has written a command into memory, a list of "read these sectors into
that place", and has told the device so by writing to one of its registers. From then on the processor has nothing to do
with it. The device is a computer of its own, with firmware that finds the sectors, and it writes them into your
machine's memory by itself: that is DMA, direct memory access. When it is done, it interrupts. In old machines that was
a wire; today it is one more write to memory, to a special address that leads to the processor's interrupt controller
(MSI). The message says a number, and nothing else.

    device            firmware ─▶ DMA: the data ─▶ MSI: a number
    processor         ends its instruction, saves where it was, looks the
                      number up, enters the kernel
    hard interrupt    the driver's handler: "whose is it? mine. Later."
    soft interrupt    the driver's real work, at once after, interrupts on:
                      ends requests, takes packets through the protocols
    wake-up           whoever waits for it is made runnable: your thread is
                      put on a processor's queue
    your program      epoll_wait returns; the loop calls your callback

A handler runs with interrupts off, so it does next to nothing and leaves a note. The rest is done in a "softirq", which
is no interrupt at all but the kernel's way of saying "as soon as possible". The kernel counts both, in /proc/interrupts
and /proc/softirqs. This lab reads the counters, does something, and reads them again: first nothing, then reads from
the disk past the cache, then datagrams to itself, then short sleeps.

There is something to be learnt from what is not counted, too. A datagram over the loopback interface touches no device,
so there is no hardware interrupt; but the kernel takes the same road from the softirq on, as if a network card had
called. And an idle machine is not without interrupts: a timer wakes each processor that has something to do, hundreds
of times a second, which is how the kernel takes the processor from a program that will not give it back.

Last, the layers by what they cost. A read from the kernel's cache is a matter of a microsecond; to put a program to
sleep and to wake it takes several; a device takes as long as it takes. An event loop exists because of the distance
between the first of these figures and the last.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import random
import select
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .catalogue import NotHere
from .child import Child
from .stage import Stage, duration, times
from .stopwatch import typical

WOULD = (
    "This lab would count hardware interrupts while it reads from the disk, sends datagrams to itself and sleeps, and "
    "measure each layer from the system call to the device."
)

_BLOCK = 4096
_BLOCKS = 256
_DATAGRAMS = 1_000
_SLEEPS = 50
_OFTEN = 1_000
_ROUND_TRIPS = 500
_PATIENCE = 5
_SET_TIMER_SLACK = 29


@dataclass
class Phase:
    """What was counted while something was done."""

    what: str
    operations: int = 0
    seconds: float = 0.0
    hard: dict[str, int] = field(default_factory=dict)
    """Interrupts, by line of /proc/interrupts."""
    soft: dict[str, int] = field(default_factory=dict)
    """Softirqs, by name."""

    @property
    def from_devices(self) -> int:
        """Interrupts of devices. Their lines have numbers, the processors' own have names, but for aarch64's timer."""
        return sum(count for line, count in self.hard.items() if line.split()[0].isdigit() and "timer" not in line)


@dataclass
class Figures:
    """The phases, and the layers' costs in seconds."""

    phases: dict[str, Phase]
    layers: dict[str, float]
    no_disk: str = ""
    """Why there are no reads from the disk, if there are none."""
    disk_line: str = ""
    """The disk's line of /proc/interrupts, if it is known."""

    @property
    def hidden(self) -> bool:
        """Whether this system shows no counters, as in some containers."""
        return not any(phase.hard or phase.soft for phase in self.phases.values())


def measure() -> Figures:
    """Count and measure."""
    if sys.platform != "linux":
        where = "Windows's performance counters" if sys.platform == "win32" else "`powermetrics`, for root"
        raise NotHere(WOULD, f"It reads Linux's /proc/interrupts; on this system, the counts are in {where}.")
    figures = Figures({}, {"a system call": typical(os.getppid, _OFTEN)})
    with _counted(figures, "quiet", "nothing") as phase:
        time.sleep(0.1)
        phase.operations = 1
    _read_disk(figures)
    _send_datagrams(figures)
    _sleep(figures)
    figures.layers["waking a process in epoll_wait"] = _wake_up()
    return figures


@contextmanager
def _counted(figures: Figures, name: str, what: str) -> Iterator[Phase]:
    """Count while the body runs."""
    phase = figures.phases[name] = Phase(what)
    hard, soft, begin = _counters("interrupts"), _counters("softirqs"), time.perf_counter()
    yield phase
    phase.seconds = time.perf_counter() - begin
    phase.hard, phase.soft = _grown(hard, _counters("interrupts")), _grown(soft, _counters("softirqs"))


def _counters(name: str) -> dict[str, int]:
    """The sums over all processors, by line, of a file in /proc."""
    try:
        head, *lines = Path("/proc", name).read_text().splitlines()
    except (OSError, ValueError):
        return {}
    processors = len(head.split())
    counters = {}
    for line in lines:
        label, *rest = line.split()
        counts = [word for word in rest[:processors] if word.isdigit()]
        counters[f"{label.rstrip(':')} {' '.join(rest[len(counts):])}".strip()] = sum(map(int, counts))
    return counters


def _grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {line: count - before.get(line, 0) for line, count in after.items() if count > before.get(line, 0)}


# The disk

def _read_disk(figures: Figures) -> None:
    """Read one block from the kernel's cache, again and again, then all of them in random order past it."""
    with tempfile.NamedTemporaryFile(prefix="ouroloop-", dir=_folder_on_a_disk()) as file:
        file.write(os.urandom(_BLOCK * _BLOCKS))
        file.flush()
        os.fsync(file.fileno())
        buffer = mmap.mmap(-1, _BLOCK)  # begins at a page, as O_DIRECT demands
        figures.layers["a read from the kernel's cache"] = typical(
            lambda: os.preadv(file.fileno(), [buffer], 0), _OFTEN)
        if _is_in_memory(file.name):
            figures.no_disk = f"The folders for temporary files, {', '.join(_folders())}, lie in memory."
            return
        try:
            _read_directly(figures, file.name, buffer)
        except OSError as exc:
            figures.no_disk = f"The file system of {file.name} reads nothing past the cache ({exc.strerror})."


def _folders() -> list[str]:
    return [tempfile.gettempdir(), "/var/tmp"]


def _folder_on_a_disk() -> str:
    return next((folder for folder in _folders() if not _is_in_memory(folder)), tempfile.gettempdir())


def _is_in_memory(path: str) -> bool:
    """Whether there is nothing below a file system, as with tmpfs, of which many systems make /tmp."""
    try:
        device = os.stat(path).st_dev
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return True
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = [mount.partition(" - ")[2].split()[0] for mount in mounts if mount.split()[2] == number]
    return any(kind in ("tmpfs", "ramfs", "rootfs") for kind in kinds)


def _read_directly(figures: Figures, path: str, buffer: mmap.mmap) -> None:
    direct = os.open(path, os.O_RDONLY | os.O_DIRECT)
    try:
        os.preadv(direct, [buffer], 0)  # some file systems refuse only now
        figures.disk_line = _line_of(os.stat(direct).st_dev)
        _read_blocks(figures, direct, buffer)
    finally:
        os.close(direct)


def _read_blocks(figures: Figures, direct: int, buffer: mmap.mmap) -> None:
    order = random.sample(range(_BLOCKS), _BLOCKS)
    taken = []
    with _counted(figures, "disk", "reads of 4 KiB from the disk") as phase:
        for block in order:
            begin = time.perf_counter()
            os.preadv(direct, [buffer], block * _BLOCK)
            taken.append(time.perf_counter() - begin)
            if sum(taken) > 1:  # a slow disk; some reads are enough
                break
        phase.operations = len(taken)
    figures.layers["a read from the disk"] = statistics.median(taken)


def _line_of(device: int) -> str:
    """The line of /proc/interrupts that belongs to a block device: some part of its path in /sys is in it."""
    path = os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if not os.path.exists(path):
        return ""
    parts = [part for part in path.split("/") if part[-1:].isdigit() and len(part) > 3]
    lines = _counters("interrupts").items()
    found = {line: count for line, count in lines if any(part in line for part in parts[1:])}
    return max(found, key=found.__getitem__) if found else ""


# The network, the timer, the wake-up

def _send_datagrams(figures: Figures) -> None:
    """Send datagrams to ourselves, over the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.connect(own.getsockname())

        def there_and_back() -> None:
            own.send(b"x")
            own.recv(1)

        with _counted(figures, "network", "datagrams over loopback") as phase:
            figures.layers["a datagram to ourselves"] = typical(there_and_back, _DATAGRAMS)
            phase.operations = _DATAGRAMS


def _sleep(figures: Figures) -> None:
    """Sleep for 1 ms, many times. The kernel may be late by 50 us, to wake several at once; we ask it not to be."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_TIMER_SLACK, ctypes.c_ulong(1), 0, 0, 0)
    try:
        with _counted(figures, "timer", "sleeps of 1 ms") as phase:
            late = typical(lambda: time.sleep(0.001), _SLEEPS) - 0.001
            phase.operations = _SLEEPS
    finally:
        prctl(_SET_TIMER_SLACK, ctypes.c_ulong(0), 0, 0, 0)  # as it was
    figures.layers["from a timer's interrupt to us"] = max(late, 1e-9)


def _wake_up() -> float:
    """Half a round trip between two processes that sleep in epoll_wait until the other one calls."""
    here, there = os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK)

    def answer() -> bytes:
        with select.epoll() as queue:
            queue.register(there, select.EPOLLIN)
            for _ in range(_ROUND_TRIPS):
                queue.poll(_PATIENCE)
                os.eventfd_read(there)
                os.eventfd_write(here, 1)
        return b""

    child = Child(answer)
    try:
        with select.epoll() as queue:
            queue.register(here, select.EPOLLIN)

            def round_trip() -> None:
                os.eventfd_write(there, 1)
                queue.poll(_PATIENCE)
                os.eventfd_read(here)

            return typical(round_trip, _ROUND_TRIPS) / 2
    finally:
        child.wait()
        os.close(here)
        os.close(there)


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print the counters, the layers, and what they mean."""
    if figures.hidden:
        stage.note(
            "This system shows no counters in /proc/interrupts and /proc/softirqs; some containers hide them. The "
            "times below need none.")
    else:
        _show_counters(figures, stage)
    if figures.no_disk:
        stage.note(f"{figures.no_disk} So there are no reads from a disk.")
    stage.heading("Each layer, typically")
    layers = sorted(figures.layers.items(), key=lambda layer: layer[1])
    stage.bars([(name, seconds, duration(seconds)) for name, seconds in layers], logarithmic=True)
    cached, disk = figures.layers["a read from the kernel's cache"], figures.layers.get("a read from the disk")
    if disk is not None:
        stage.meaning(
            f"The device takes {times(disk / cached)} times as long as the cache. Meanwhile the processor could make "
            f"{disk / figures.layers['a system call']:,.0f} system calls; that is what a program loses that waits, and "
            "what a loop gains that does something else.")


def _show_counters(figures: Figures, stage: Stage) -> None:
    phases = figures.phases
    stage.heading("What was counted meanwhile, in the whole machine")
    heads = ["", *phases]
    rows: list[list[str]] = [
        ["operations", *("" if name == "quiet" else f"{phase.operations:,}" for name, phase in phases.items())],
        ["time", *(duration(phase.seconds) for phase in phases.values())]]
    for kind in ("hard", "soft"):
        names = _busiest([getattr(phase, kind) for phase in phases.values()], 5, figures.disk_line)
        rows.append([f"{kind} interrupts"] + [""] * len(phases))
        rows += [
            [f"  {_short(name)}", *(f"{getattr(phase, kind).get(name, 0):,}" for phase in phases.values())]
            for name in names]
    stage.table(heads, rows)
    _say_counters(figures, stage)


def _busiest(counts: list[dict[str, int]], most: int, always: str) -> list[str]:
    """The lines that grew most in any phase, and one that is to be there always."""
    peaks: dict[str, int] = {}
    for grown in counts:
        for name, count in grown.items():
            peaks[name] = max(peaks.get(name, 0), count + (10**9 if name == always else 0))
    return sorted(peaks, key=peaks.__getitem__, reverse=True)[:most]


def _short(name: str) -> str:
    label, _, rest = name.partition(" ")
    last = rest.split()[-1] if label.isdigit() and rest else rest
    return f"{label} {last}".strip()[:36]


def _say_counters(figures: Figures, stage: Stage) -> None:
    disk, network = figures.phases.get("disk"), figures.phases["network"]
    if disk is not None:
        count = disk.hard.get(figures.disk_line, 0) if figures.disk_line else disk.from_devices
        calls = disk.hard.get("CAL Function call interrupts", 0)
        whose = f"the disk's line, {_short(figures.disk_line)}," if figures.disk_line else "the devices' lines"
        stage.meaning(
            f"{disk.operations} reads from the disk, and {whose} went up by {count:,}. "
            + ("The device interrupts when it has written the data into memory." if count >= disk.operations / 2 else
               "That is fewer than the reads: several may share an interrupt, and a hypervisor may hide them.")
            + (" It interrupted one processor, and we ran on another: so the first one interrupted that in its turn, "
               "which is what CAL counts." if calls >= disk.operations / 2 else ""))
    received = network.soft.get("NET_RX", 0)
    stage.meaning(
        f"{network.operations:,} datagrams to ourselves: {received:,} times NET_RX, the kernel's "
        f"work for packets that come in, and {network.from_devices:,} interrupts of devices. Loopback is no device. "
        "(Whatever else runs on this machine is counted with us.)")
