"""What happens when a program touches what it must not.

An address in your program is not a place in the memory chips. It is a question, which the processor answers anew at
each access, by a table that the kernel keeps. The table is a tree: on most machines the top 9 bits of an address choose
a branch, the next 9 another, and so on four times over; what hangs at the end says where the page really lies, and a
few bits beside it say who may do what with it.

    address   47      39 38      30 29      21 20      12 11         0
              ├────────┤ ├────────┤ ├────────┤ ├────────┤ ├──────────┤
              table 4    table 3    table 2    table 1    byte in page
                                             └─▶ entry: frame number,
                                       present? writable? user? no-execute?

If the entry says "present", and what you do is allowed, the access happens, and the answer is kept in a small cache
(the TLB), so that the tree is seldom walked. If not, the processor stops the instruction half way. It writes the
address down (on x86-64 in the register cr2, on aarch64 in far_el1), makes an error code of what you tried and why it
was refused, raises its privilege, and enters the kernel, at the place that the kernel has set down for page faults.

Now the kernel looks into its own list of what it has promised you, which is /proc/self/maps. Most faults are no
mistakes at all: when you ask for memory you get a promise and no memory, and only the first touch of a page brings a
fault, upon which the kernel finds a frame, enters it, and lets your instruction try again. You never notice. But when
the list has nothing for this address, or something that forbids what you did, you are sent a signal, SIGSEGV, with all
that the processor had to say. A program that does not handle it dies of it.

Some things are not a matter of pages. An address has 64 bits, of which most machines look at 48 (or 57); one whose
other bits are not all alike is no address. And `hlt` stops the processor until an interrupt comes, and if programs
could do that, one of them could stop them all. The processor knows at any moment in which privilege level it is (on
x86-64 two bits, 3 for programs and 0 for the kernel), and refuses such an instruction at level 3 before it does
anything.

In this lab a child process does all of it, and handles the signal: it reads what the processor reported, writes another
address into the saved instruction pointer, and goes on as if nothing had been. V8 does the same for WebAssembly, where
each access beyond the end of memory is caught in this way, at no cost for those within it.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .catalogue import NotHere
from .child import Child
from .machine_code import NOTHING, code, libc, machine, place_of
from .stage import Stage, duration, times

WOULD = (
    "This lab would touch an address that is not mapped, write to a page that may only be read, execute data, read the "
    "kernel's memory, and stop the processor; and tell how the processor refused each."
)

READ = {
    "x86-64": """
        48 8b 07        | mov rax, [rdi]
        c3              | ret
    """,
    "aarch64": """
        f9400000        | ldr x0, [x0]
        d65f03c0        | ret
    """,
}
WRITE = {
    "x86-64": """
        48 89 07        | mov [rdi], rax
        c3              | ret
    """,
    "aarch64": """
        f9000000        | str x0, [x0]
        d65f03c0        | ret
    """,
}
EXECUTE = {"x86-64": "ff e7 | jmp rdi", "aarch64": "d61f0000 | br x0"}
PRIVILEGED = {
    "x86-64": """
        f4              | hlt
        c3              | ret
    """,
    "aarch64": """
        d5381000        | mrs x0, sctlr_el1     the register that turns the page tables on and off
        d65f03c0        | ret
    """,
}

_PAGE = mmap.PAGESIZE
_PAGES = 1024
_SIGNALS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL) if sys.platform != "win32" else ()


@dataclass
class Fault:
    """What the processor and the kernel reported. Numbers are None where the system does not tell."""

    what: str
    signal: str
    address: int | None = None
    """Which the instruction tried to reach; of an illegal one, its own."""
    trap: int | None = None
    """x86-64: the number of the exception; aarch64: its class."""
    code: int | None = None
    """x86-64: the error code; aarch64: the syndrome."""
    place: str = ""
    """The address's line in /proc/self/maps, if it has one."""


@dataclass
class Figures:
    """The faults, and what became of a fresh page."""

    unhandled: str
    """What a child died of that does not handle the signal."""
    faults: list[Fault]
    walk: list[int] = field(default_factory=list)
    """An address of ours, as the tables see it: four indices, and the byte within the page."""
    walked: int = 0
    before: int | None = None
    """The entry of /proc/self/pagemap before the first touch of a page; None if there is none."""
    after: int | None = None
    page_faults: int = 0
    """How many it took to fill `_PAGES` fresh pages."""
    first: float = 0.0
    """Seconds to fill a page for the first time, and once more."""
    second: float = 0.0


def measure() -> Figures:
    """Let a child fault, then touch fresh memory."""
    if sys.platform == "win32":
        return Figures("an access violation", _faults_on_windows())
    layout = _LAYOUTS.get(f"{sys.platform} {machine()}")
    if layout is None:
        raise NotHere(WOULD, f"It does not know how {sys.platform} {machine()} tells a signal handler what happened.")
    read = code(READ, WOULD)
    _, number = Child(lambda: b"%d" % read.function(ctypes.c_void_p)(16)).wait()
    report, _ = Child(lambda: json.dumps([asdict(fault) for fault in _faults(layout())]).encode()).wait()
    figures = Figures(signal.Signals(number).name, [Fault(**fault) for fault in json.loads(report)])
    _touch_fresh_pages(figures)
    return figures


# The child: what it does, and the handler that survives it

class _Layout:
    """Where a signal handler finds what happened: offsets in bytes."""

    siginfo_flag, address, has_wide_mask = 0x4, 16, True

    def instruction_pointer(self, context: int) -> int:
        """The address of the saved instruction pointer."""
        raise NotImplementedError

    def trap_and_code(self, context: int) -> tuple[int | None, int | None]:
        """The exception's number or class, and its error code or syndrome."""
        raise NotImplementedError


class _LinuxIntel(_Layout):
    def instruction_pointer(self, context: int) -> int:
        return context + 40 + 8 * 16  # gregs[REG_RIP]

    def trap_and_code(self, context: int) -> tuple[int | None, int | None]:
        return _quad(context + 40 + 8 * 20), _quad(context + 40 + 8 * 19)  # REG_TRAPNO, REG_ERR


class _LinuxArm(_Layout):
    def instruction_pointer(self, context: int) -> int:
        return context + 440

    def trap_and_code(self, context: int) -> tuple[int | None, int | None]:
        """The syndrome is in one of the records that follow the registers, each with its magic number and size."""
        record = context + 464
        while (magic := _quad(record) & 0xFFFFFFFF) != 0:
            if magic == 0x45535201:
                return _quad(record + 8) >> 26 & 0x3F, _quad(record + 8)
            record += _quad(record) >> 32
        return None, None


class _Mac(_Layout):
    siginfo_flag, address, has_wide_mask = 0x40, 24, False
    _instruction_pointer = {"x86-64": 144, "aarch64": 272}[machine()] if sys.platform == "darwin" else 0

    def instruction_pointer(self, context: int) -> int:
        return _quad(context + 48) + self._instruction_pointer

    def trap_and_code(self, context: int) -> tuple[int | None, int | None]:
        exception = _quad(context + 48)
        if machine() == "x86-64":
            return _quad(exception) & 0xFFFF, _quad(exception) >> 32
        syndrome = _quad(exception + 8) & 0xFFFFFFFF
        return syndrome >> 26, syndrome


_LAYOUTS = {
    "linux x86-64": _LinuxIntel, "linux aarch64": _LinuxArm, "darwin x86-64": _Mac, "darwin aarch64": _Mac,
}


def _quad(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def _faults(layout: _Layout) -> list[Fault]:
    """Do what must not be done; what was reported of each."""
    nothing = code(NOTHING, WOULD)
    caught: list[Fault] = []

    def handle(number: int, information: int, context: int) -> None:
        address = _quad(information + layout.address)
        name = signal.Signals(number).name
        caught.append(Fault("", name, address, *layout.trap_and_code(context), place_of(address)))
        where = layout.instruction_pointer(context)
        ctypes.c_uint64.from_address(where).value = nothing.address  # so the function returns

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(handle)
    _listen(handler, layout)
    readable = mmap.mmap(-1, _PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    readable[:4] = b"data"
    for what, listing, address in _misdeeds(readable):
        code(listing, WOULD).function(ctypes.c_void_p)(address)
        caught[-1].what = what
    return caught


def _misdeeds(readable: mmap.mmap) -> list[tuple[str, dict[str, str], int]]:
    """What is done, by which code, with which address. `readable` is a page that shall only be read."""
    page = ctypes.addressof(ctypes.c_char.from_buffer(readable))
    libc().mprotect(ctypes.c_void_p(page), ctypes.c_size_t(_PAGE), mmap.PROT_READ)
    kernel, impossible = (0xFFFFFFFF81000000, 1 << 62) if machine() == "x86-64" else (0xFFFF800008000000, 1 << 54)
    privileged = "execute hlt" if machine() == "x86-64" else "read sctlr_el1"
    return [
        ("read a field of a null pointer", READ, 16),
        ("write to a page that may only be read", WRITE, page),
        ("execute a page of data", EXECUTE, page),
        ("read the kernel's memory", READ, kernel),
        ("read an address that cannot be", READ, impossible),
        (privileged, PRIVILEGED, 0),
    ]


def _listen(handler: Any, layout: _Layout) -> None:
    """sigaction(2), which tells a handler more than Python's signal module does."""
    class Action(ctypes.Structure):
        _fields_ = (
            [("handler", ctypes.c_void_p), ("mask", ctypes.c_char * 128), ("flags", ctypes.c_int),
             ("restorer", ctypes.c_void_p)]
            if layout.has_wide_mask else
            [("handler", ctypes.c_void_p), ("mask", ctypes.c_uint32), ("flags", ctypes.c_int)])

    action = Action(handler=ctypes.cast(handler, ctypes.c_void_p), flags=layout.siginfo_flag)
    for number in _SIGNALS:
        libc().sigaction(number, ctypes.byref(action), None)


def _faults_on_windows() -> list[Fault]:
    """There, ctypes itself catches what the processor refuses, and makes an exception of it."""
    faults = []
    for what, listings, address in (
        ("read a field of a null pointer", _READ_ON_WINDOWS, 16),
        ("read the kernel's memory", _READ_ON_WINDOWS, 0xFFFFF80000000000),
        ("execute hlt", PRIVILEGED, 0),
    ):
        try:
            code(listings, WOULD).function(ctypes.c_void_p)(address)
        except OSError as exc:
            faults.append(Fault(what, str(exc)))
    return faults


_READ_ON_WINDOWS = {
    "x86-64": """
        48 8b 01        | mov rax, [rcx]
        c3              | ret
    """,
    "aarch64": READ["aarch64"],
}


# A page that is promised, and then there

def _touch_fresh_pages(figures: Figures) -> None:
    size = _PAGES * _PAGE
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    figures.walked, figures.walk = address, _indices(address)
    figures.before = _pagemap(address)
    faults = _minor_faults()
    figures.first = _seconds_to_fill(address, size) / _PAGES
    figures.page_faults = _minor_faults() - faults
    figures.second = min(_seconds_to_fill(address, size) for _ in range(3)) / _PAGES
    figures.after = _pagemap(address)
    memory.close()


def _indices(address: int) -> list[int]:
    """How a tree of four levels, with pages of 4 KiB, takes an address apart."""
    return [*(address >> shift & 511 for shift in (39, 30, 21, 12)), address & 4095]


def _seconds_to_fill(address: int, size: int) -> float:
    begin = time.perf_counter()
    ctypes.memset(address, 1, size)
    return time.perf_counter() - begin


def _minor_faults() -> int:
    import resource  # which Windows has not

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def _pagemap(address: int) -> int | None:
    """What the kernel tells of the page table's entry; the frame's number only to root."""
    try:
        with Path("/proc/self/pagemap").open("rb", buffering=0) as file:
            file.seek(address // _PAGE * 8)
            return int.from_bytes(file.read(8), "little")
    except OSError:
        return None


# What it says

_NO_PAGE_FAULT = 13
_EXCEPTIONS = {_NO_PAGE_FAULT: "general protection", 14: "page fault", 6: "invalid instruction"}
_CLASSES = {0x20: "instruction abort", 0x24: "data abort", 0x18: "system register", 0x00: "unknown instruction"}
_BITS = ((1, "present", "not present"), (2, "write", ""), (4, "user", "kernel"), (16, "instruction", ""))


def meaning_of(fault: Fault) -> str:
    """A fault's error code or syndrome, in words; nothing if it was not told."""
    if fault.trap is None or fault.code is None:
        return ""
    if machine() == "x86-64":
        name = _EXCEPTIONS.get(fault.trap, f"exception {fault.trap}")
        if fault.trap != 14:
            return f"{name} (no address)"
        bits = [yes if fault.code & bit else no for bit, yes, no in _BITS]
        return f"{name}, code {fault.code}: {', '.join(filter(None, bits))}"
    name = _CLASSES.get(fault.trap, f"class {fault.trap:#x}")
    if fault.trap not in (0x20, 0x24):
        return name
    kinds = {1: "not present", 2: "access flag", 3: "present, not permitted"}
    return f"{name}: {kinds.get(fault.code >> 2 & 15, 'other')}{', write' if fault.code & 64 else ''}"


_PRESENT = (
    "\"Not present\": the page tables have nothing there. \"Present\": there is something, and it forbids what was "
    "done, as the line of /proc/self/maps says."
)
_ON_X86 = (
    "\"User\": it was a program that did it. (Of addresses of the kernel, Linux on x86-64 always says \"present\", so "
    "that nobody learns what is there.) The last two never came as far as the page tables: the processor itself "
    "refused an address that cannot be, and an instruction that is not for programs."
)
_ON_ARM = (
    "(Of addresses of the kernel, Linux always says \"not present\", so that nobody learns what is there.) The last "
    "one never came as far as the page tables: the processor itself refused an instruction that is not for programs."
)


def show(figures: Figures, stage: Stage) -> None:
    """Print the faults, the entries, and what they mean."""
    stage.heading("A child that handles no signal")
    stage.line(f"  read address 16, and died of {figures.unhandled}")
    stage.heading("What the processor reported, for each thing that must not be done")
    for fault in figures.faults:
        stage.line(f"  {fault.what}", "strong")
        _show_fault(fault, stage)
    if any(fault.trap is not None for fault in figures.faults):
        stage.meaning(f"{_PRESENT} {_ON_X86 if machine() == 'x86-64' else _ON_ARM}")
    else:
        stage.note("What else the processor said, the page tables' reasons, this system keeps to itself.")
    if figures.first:
        _show_pages(figures, stage)


def _show_fault(fault: Fault, stage: Stage) -> None:
    told = meaning_of(fault)
    has_address = fault.address is not None and fault.trap != _NO_PAGE_FAULT
    address = f" at {fault.address:#x}" if has_address else ""
    stage.line(f"    {fault.signal}{address}" + (f": {told}" if told else ""))
    if has_address and sys.platform == "linux":
        stage.line(f"    {fault.place or 'no line in /proc/self/maps'}", "code")


def _show_pages(figures: Figures, stage: Stage) -> None:
    stage.heading("A fresh page: promised, and then there")
    tables = ", ".join(map(str, figures.walk[:4]))
    stage.line(f"  address {figures.walked:#x} = tables {tables}, byte {figures.walk[4]}")
    if figures.before is None or figures.after is None:
        stage.note("/proc/self/pagemap is not here, or not for us, so the entry is not to be seen.")
    else:
        rows = [(when, entry >> 63, _frame(entry)) for when, entry in (
            ("before the first touch", figures.before), ("after it", figures.after))]
        stage.table(["entry of the page table", "present", "frame in memory"], rows)
    stage.line()
    stage.bars([
        ("filling a page the first time", figures.first, duration(figures.first)),
        ("filling it again", figures.second, duration(figures.second))])
    stage.meaning(
        f"To fill {_PAGES:,} fresh pages took {figures.page_faults:,} page faults that nobody noticed, and the first "
        f"time {times(figures.first / figures.second)} times as long as the second. The same mechanism that kills a "
        "program gives it its memory.")


def _frame(entry: int) -> str:
    if not entry >> 63:
        return "none"
    frame = entry & (1 << 55) - 1
    return f"{frame:#x}" if frame else "told to root only"
