"""Instructions, with nothing in between.

Python is a program that runs your program. It reads its bytecode, decides, calls functions of C. Underneath, though,
everything that happens on this machine is instructions, a few bytes each, which the processor fetches from memory and
does. There is nothing to stop us from writing such bytes ourselves: a page of memory is asked for, the bytes are put
into it, the page is declared to be code, and then Python's ctypes calls it as it would call a function of C. Adding two
numbers takes five bytes, and one of them is `ret`.

With that door open, this lab executes what no Python function does.

- `syscall` (on aarch64: `svc`) enters the kernel. Before there was this instruction, programs raised an interrupt in
software, `int 0x80`: they pretended that a device had called. The old door is still there on many kernels, for 32-bit
programs. It is slower, since the processor does what it does for a real interrupt: it looks the number up in a table,
changes stacks, and saves more.
- `cpuid` asks the processor who it is. It is also a way to find out where you are: in a virtual machine it is not the
processor that answers. The instruction is one that a hypervisor must see, so the machine leaves your whole world,
kernel included, the hypervisor makes an answer up, and you come back. The measurement shows it: what takes some tens of
ns on bare metal takes a microsecond or fifty.
- `rdtsc` (on aarch64: the register `cntvct_el0`) reads a counter that goes up all the time. It needs no privilege and
takes a few ns. All clocks of a modern system are made of it.

Which brings us to the trick at the end. Programs ask for the time so often that going to the kernel for it would be a
pity. So the kernel puts a small library of its own into every process, the vDSO: two or three pages of code, and a page
of numbers that it keeps up to date. `clock_gettime` reads the counter and these numbers and computes the time without
ever leaving your process. It is a system call that is none. An event loop asks for the time at every turn; it can
afford to because of this.

    your process                                the kernel
      clock_gettime ──▶ [vdso] code
                          rdtsc
                          [vvar] numbers   ◀──  written at each tick
      clock_gettime by `syscall`  ───────────▶  the same numbers, the long way
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from .catalogue import NotHere
from .child import Child
from .machine_code import (
    NOTHING,
    WORD,
    Code,
    Listings,
    Repeater,
    address_of,
    code,
    libc,
    machine,
    place_named,
    place_of,
    system,
)
from .stage import Stage, duration, times
from .stopwatch import fastest

WOULD = (
    "This lab would put instructions into a page of memory and execute them: an addition, a system call, the "
    "processor's identity and its counter; and measure each, and the clock with and without the kernel."
)

ADD = {
    "x86-64": """
        48 8d 04 37     | lea rax, [rdi+rsi]    the result is the sum of the two arguments
        c3              | ret
    """,
    "win32 x86-64": """
        48 8d 04 11     | lea rax, [rcx+rdx]
        c3              | ret
    """,
    "aarch64": """
        8b010000        | add x0, x0, x1
        d65f03c0        | ret
    """,
}

GETPID = {
    "linux x86-64": """
        b8 27 00 00 00  | mov eax, 39           getpid, for 64-bit programs
        0f 05           | syscall
        c3              | ret
    """,
    "linux aarch64": """
        d2801588        | mov x8, #172
        d4000001        | svc #0
        d65f03c0        | ret
    """,
    "darwin x86-64": """
        b8 14 00 00 02  | mov eax, 0x2000014
        0f 05           | syscall
        c3              | ret
    """,
    "darwin aarch64": """
        d2800290        | mov x16, #20
        d4001001        | svc #0x80
        d65f03c0        | ret
    """,
}

GETPID_BY_INTERRUPT = {
    "linux x86-64": """
        b8 14 00 00 00  | mov eax, 20           getpid, for 32-bit programs: the old door has the old numbers
        cd 80           | int 0x80
        c3              | ret
    """,
}

CLOCK = {
    "linux x86-64": """
        b8 e4 00 00 00  | mov eax, 228          clock_gettime
        0f 05           | syscall
        c3              | ret
    """,
    "linux aarch64": """
        d2800e28        | mov x8, #113
        d4000001        | svc #0
        d65f03c0        | ret
    """,
    "darwin x86-64": """
        b8 74 00 00 02  | mov eax, 0x2000074    gettimeofday
        0f 05           | syscall
        c3              | ret
    """,
    "darwin aarch64": """
        d2800e90        | mov x16, #116
        d4001001        | svc #0x80
        d65f03c0        | ret
    """,
}

COUNTER = {
    "x86-64": """
        0f 31           | rdtsc                 into two registers, 32 bits each
        48 c1 e2 20     | shl rdx, 32
        48 09 d0        | or rax, rdx
        c3              | ret
    """,
    "aarch64": """
        d53be040        | mrs x0, cntvct_el0
        d65f03c0        | ret
    """,
}

IDENTITY = {
    "x86-64": """
        53              | push rbx              cpuid answers in it, too, and it belongs to the caller
        89 f8           | mov eax, edi          the question
        31 c9           | xor ecx, ecx
        0f a2           | cpuid
        89 06           | mov [rsi], eax        the answer: 16 bytes
        89 5e 04        | mov [rsi+4], ebx
        89 4e 08        | mov [rsi+8], ecx
        89 56 0c        | mov [rsi+12], edx
        5b              | pop rbx
        c3              | ret
    """,
    "win32 x86-64": """
        53              | push rbx
        49 89 d0        | mov r8, rdx
        89 c8           | mov eax, ecx
        31 c9           | xor ecx, ecx
        0f a2           | cpuid
        41 89 00        | mov [r8], eax
        41 89 58 04     | mov [r8+4], ebx
        41 89 48 08     | mov [r8+8], ecx
        41 89 50 0c     | mov [r8+12], edx
        5b              | pop rbx
        c3              | ret
    """,
    "linux aarch64": """
        d5380000        | mrs x0, midr_el1      forbidden to programs; Linux catches the fault and answers
        d65f03c0        | ret
    """,
}

_CALLS = 2_000
_FEW_CALLS = 50
_HYPERVISOR_BIT = 1 << 31


@dataclass
class Figures:
    """What the instructions answered, and what each cost, in seconds."""

    page: str
    """Where the first code lies, as the system lists it."""
    total: int
    """40 and 2, added."""
    pids: dict[str, int] = field(default_factory=dict)
    """What each way of asking for the process id answered."""
    no_interrupt: str = ""
    """Why there is no software interrupt here, if there is none."""
    processor: str = ""
    hypervisor: str | None = None
    """Who else answers `cpuid`; None if nobody, or if there is no saying."""
    ticks_per_second: float = 0.0
    costs: dict[str, float] = field(default_factory=dict)
    vdso: str = ""
    """Where the kernel's own code lies in this process, as the system lists it."""


Loops = dict[str, tuple[int, Any, tuple[int, ...]]]
"""What to measure, by name: how many calls, of what (code, or an address), with which arguments."""


def measure() -> Figures:
    """Execute and measure."""
    repeater, nothing, add = Repeater(WOULD), code(NOTHING, WOULD), code(ADD, WOULD)
    loops: Loops = {"a call that does nothing": (_CALLS, nothing, ())}
    figures = Figures(place_of(add.address) or f"{add.address:#x}", add.function(WORD, WORD)(40, 2))
    counter = code(COUNTER, WOULD)
    figures.ticks_per_second = _ticks_per_second(counter)
    loops["the processor's counter"] = (_CALLS, counter, ())
    _ask_who(figures, loops)
    _ask_for_pid(figures, loops)
    _ask_for_time(figures, loops)
    actions = [
        repeater.loop(count, function if isinstance(function, int) else function.address, *arguments)
        for count, function, arguments in loops.values()]
    measured = fastest(*actions)
    for (name, (count, _, _)), seconds in zip(loops.items(), measured, strict=True):
        figures.costs[name] = seconds / count
    return figures


def _existing(listings: Listings) -> Code | None:
    try:
        return code(listings, WOULD)
    except NotHere:
        return None


def _ask_for_pid(figures: Figures, loops: Loops) -> None:
    """By the instruction; by the old interrupt, in a child first, since where it is not served it is a fault."""
    figures.pids["os.getpid"] = os.getpid()
    by_instruction, by_interrupt = _existing(GETPID), _existing(GETPID_BY_INTERRUPT)
    if by_instruction is not None:
        figures.pids[_door()] = by_instruction.function()()
        loops[f"getpid by {_door()}"] = (_CALLS, by_instruction, ())
    if by_interrupt is None:
        figures.no_interrupt = f"{system()} on {machine()} has no software interrupt that serves system calls."
    elif Child(lambda: b"%d" % by_interrupt.function()()).wait()[1]:
        figures.no_interrupt = "This kernel serves no 32-bit programs, so `int 0x80` is a fault (a child died of it)."
    else:
        figures.pids["int 0x80"] = by_interrupt.function()()
        loops["getpid by int 0x80"] = (_CALLS, by_interrupt, ())


def _ask_for_time(figures: Figures, loops: Loops) -> None:
    """By the function of the C library, and by the instruction."""
    if sys.platform == "win32":
        kernel32, ntdll = ctypes.CDLL("kernel32"), ctypes.CDLL("ntdll")
        loops["the clock, in our own process"] = (
            _CALLS, address_of(kernel32.QueryPerformanceCounter), (ctypes.addressof(_TIME),))
        loops["a system call (NtYieldExecution)"] = (_CALLS, address_of(ntdll.NtYieldExecution), ())
        return
    by_instruction = code(CLOCK, WOULD)
    where = ctypes.addressof(_TIME)
    arguments = (where, 0) if sys.platform == "darwin" else (time.CLOCK_MONOTONIC, where)
    function = libc().gettimeofday if sys.platform == "darwin" else libc().clock_gettime
    loops["the clock, in our own process"] = (_CALLS, address_of(function), arguments)
    loops["the clock, by the kernel"] = (_CALLS, by_instruction, arguments)
    figures.vdso = place_named("[vdso]")


_TIME = ctypes.create_string_buffer(16)
_ANSWER = ctypes.create_string_buffer(16)


def _ask_who(figures: Figures, loops: Loops) -> None:
    if machine() == "aarch64" and not _lets_programs_ask():
        return
    identity = _existing(IDENTITY)
    if identity is None:
        return
    if machine() == "aarch64":
        number = identity.function()()
        figures.processor = f"implementer {number >> 24 & 0xFF:#x}, part {number >> 4 & 0xFFF:#x}"
        loops["the processor's identity"] = (_FEW_CALLS, identity, ())
        return
    ask = identity.function(ctypes.c_uint32, ctypes.c_void_p)

    def answer(question: int) -> bytes:
        ask(question, ctypes.addressof(_ANSWER))
        return _ANSWER.raw

    has_brand = _word(answer(0x80000000), 0) >= 0x80000004
    brand = b"".join(answer(0x80000002 + part) for part in range(3)) if has_brand else b""
    vendor = answer(0)
    text = brand or vendor[4:8] + vendor[12:16] + vendor[8:12]
    figures.processor = " ".join(text.rstrip(b"\0 ").decode(errors="replace").split())
    if _word(answer(1), 2) & _HYPERVISOR_BIT:
        figures.hypervisor = answer(0x40000000)[4:].rstrip(b"\0").decode(errors="replace") or "one without a name"
    loops["cpuid"] = (_FEW_CALLS, identity, (0, ctypes.addressof(_ANSWER)))


def _word(answer: bytes, number: int) -> int:
    return int.from_bytes(answer[4 * number : 4 * number + 4], "little")


def _lets_programs_ask() -> bool:
    """Whether Linux on aarch64 answers in the processor's place (HWCAP_CPUID)."""
    if sys.platform != "linux":
        return False
    hardware_capabilities, identity = 16, 1 << 11
    return bool(libc().getauxval(hardware_capabilities) & identity)


def _ticks_per_second(counter: Code) -> float:
    read = counter.function(result=ctypes.c_uint64)
    first, begin = read(), time.perf_counter()
    time.sleep(0.05)
    last, end = read(), time.perf_counter()
    return float((last - first) / (end - begin))


def _door() -> str:
    return "syscall" if machine() == "x86-64" else "svc"


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print the answers, the costs, and what they mean."""
    stage.heading("Code that we wrote, in a page that may be executed")
    stage.line(f"  {figures.page}", "code")
    stage.line(f"  40 + 2 = {figures.total}")
    stage.heading("Who are we? The process id, asked for in several ways")
    stage.table(["by", "answer"], figures.pids.items())
    if figures.no_interrupt:
        stage.note(figures.no_interrupt)
    stage.heading("Who is the processor?")
    stage.line(f"  {figures.processor or 'It tells no program here.'}")
    stage.line(f"  its counter goes up {figures.ticks_per_second:,.0f} times a second")
    stage.heading("What each costs")
    costs = sorted(figures.costs.items(), key=lambda cost: cost[1])
    stage.bars([(name, seconds, duration(seconds)) for name, seconds in costs], logarithmic=True)
    _say_doors(figures, stage)
    _say_hypervisor(figures, stage)
    _say_clock(figures, stage)


def _say_doors(figures: Figures, stage: Stage) -> None:
    old, new = figures.costs.get("getpid by int 0x80"), figures.costs.get("getpid by syscall")
    if old and new:
        stage.meaning(
            f"Both doors lead to the same kernel, and to the same answer. By the interrupt it takes {times(old / new)} "
            "times as long as by the instruction that was made for it."
            + (" That is more than the interrupt's own price, some two to five times. (The kernel takes more care at "
               "the old door than at the new one, and in a virtual machine the hypervisor may have a hand in it.)"
               if old > 10 * new and figures.hypervisor else ""))


def _say_hypervisor(figures: Figures, stage: Stage) -> None:
    cost = figures.costs.get("cpuid")
    if cost is None:
        return
    ratio = times(cost / figures.costs["the processor's counter"])
    if figures.hypervisor is None:
        stage.meaning(f"`cpuid` says that nobody stands between us and the processor; it takes {duration(cost)}.")
        return
    stage.meaning(
        f"`cpuid` takes {ratio} times as long as reading the counter, for it is not the processor that answers. We are "
        f"in a virtual machine, its hypervisor says that it is \"{re.sub(r'[^ -~]', '?', figures.hypervisor)}\", and "
        "each `cpuid` leaves this whole machine, kernel included, and comes back.")


def _say_clock(figures: Figures, stage: Stage) -> None:
    own = figures.costs["the clock, in our own process"]
    kernel = figures.costs.get("the clock, by the kernel") or figures.costs["a system call (NtYieldExecution)"]
    if figures.vdso:
        stage.line()
        stage.line(f"  {figures.vdso}", "code")
    stage.meaning(
        f"The time, by the function that everybody calls, takes {duration(own)}; a system call takes "
        f"{duration(kernel)}, {times(kernel / own)} times as long. "
        + (_NO_CALL if kernel > 2 * own else "So here the function asks the kernel after all: this clock source cannot "
           "be read by programs, as in some virtual machines."))


_NO_CALL = (
    "So the function cannot have asked the kernel. It computed the time right here, of the processor's counter and of "
    "numbers that the kernel keeps up to date in a page that we may read."
)
