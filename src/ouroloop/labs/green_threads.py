"""A thread switch, made by hand.

What is a thread? To the processor there is no such thing. There are registers, among them one that says where the next
instruction is and one that says where the top of the stack is; and there is memory. All that a function needs to go on
later is in these: its variables lie on the stack, the addresses to return to lie on the stack, a few values are in
registers. Keep the registers, load others, and another goes on where it once was. That is a switch. An operating
system does it in the kernel, for threads; here it is done in twenty-odd instructions, in our own process, with no
kernel at all. Threads of this kind are called green threads. Go's goroutines are made so; Java's virtual threads and
Python's greenlets too, only that those share a stack, and copy away what is theirs of it.

    switch:  push the registers that a function must not lose
             running->sp = sp
             running = running->next
             sp = running->sp
             pop the registers            - another thread's, for the stack is
             ret                            another's; and it returns to where
                                            that one once called switch

The trick is in the last line. `switch` is called by one thread, and returns in another.

Only those registers need to be kept that a called function must leave as they were (on x86-64 six of sixteen, on
aarch64 twelve, and eight of floating point), since to its caller `switch` is a function like any other, and the
compiler has seen to the rest. A kernel that takes the processor from a program in the middle of anything must keep all
of them. This is one reason why to give way costs so much less than to be interrupted.

A new thread has a stack that looks as if it had called `switch` already: some values for the registers, and, as the
address to return to, the function that it is to run. Below each stack lies a page that nobody may touch, so that a
stack that overflows is a fault and not a neighbour's data.

The threads of this lab call a function that calls itself, each level deeper than the one before, and at each level they
give way. So each of them stops in the middle of a chain of calls, with all of its levels on its own stack. A generator
or an `async` function cannot do that: it can stop only in its own frame, and everything between it and the loop must
be written with `await`. That is the choice between green threads and coroutines: stacks of some KiB that any code can
run on, or frames of some hundred bytes and a word at each place where one may stop.

They run no Python, for Python keeps notes of its own about which stack it is on. What a green thread does is written in
machine code too, and Python only makes the stacks, starts the ring, and takes out of it who has finished.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from dataclasses import dataclass

from .catalogue import NotHere
from .machine_code import NOTHING, Repeater, code, libc, machine
from .stage import Stage, duration, size, times
from .stopwatch import fastest

WOULD = (
    "This lab would make stacks in memory of its own, and let several threads take turns on them by saving and loading "
    "registers, with no help from the kernel."
)

SWITCH = {
    "x86-64": """
        55              | push rbp
        53              | push rbx
        41 54           | push r12
        41 55           | push r13
        41 56           | push r14
        41 57           | push r15
        48 8b 07        | mov rax, [rdi]        who runs: its stack pointer, and who is next
        48 89 20        | mov [rax], rsp
        48 8b 40 08     | mov rax, [rax+8]
        48 89 07        | mov [rdi], rax        now that one runs
        48 8b 20        | mov rsp, [rax]
        41 5f           | pop r15
        41 5e           | pop r14
        41 5d           | pop r13
        41 5c           | pop r12
        5b              | pop rbx
        5d              | pop rbp
        c3              | ret
    """,
    "aarch64": """
        a9b67bfd        | stp x29, x30, [sp, #-160]!
        a90153f3        | stp x19, x20, [sp, #16]
        a9025bf5        | stp x21, x22, [sp, #32]
        a90363f7        | stp x23, x24, [sp, #48]
        a9046bf9        | stp x25, x26, [sp, #64]
        a90573fb        | stp x27, x28, [sp, #80]
        6d0627e8        | stp d8, d9, [sp, #96]
        6d072fea        | stp d10, d11, [sp, #112]
        6d0837ec        | stp d12, d13, [sp, #128]
        6d093fee        | stp d14, d15, [sp, #144]
        f9400001        | ldr x1, [x0]          who runs: its stack pointer, and who is next
        910003e2        | mov x2, sp
        f9000022        | str x2, [x1]
        f9400421        | ldr x1, [x1, #8]
        f9000001        | str x1, [x0]          now that one runs
        f9400022        | ldr x2, [x1]
        9100005f        | mov sp, x2
        6d493fee        | ldp d14, d15, [sp, #144]
        6d4837ec        | ldp d12, d13, [sp, #128]
        6d472fea        | ldp d10, d11, [sp, #112]
        6d4627e8        | ldp d8, d9, [sp, #96]
        a94573fb        | ldp x27, x28, [sp, #80]
        a9446bf9        | ldp x25, x26, [sp, #64]
        a94363f7        | ldp x23, x24, [sp, #48]
        a9425bf5        | ldp x21, x22, [sp, #32]
        a94153f3        | ldp x19, x20, [sp, #16]
        a8ca7bfd        | ldp x29, x30, [sp], #160
        d65f03c0        | ret
    """,
}
"""`void switch(Thread **running)`: called by one thread, returns in the next one."""

BODY = {
    "x86-64": """
        e8 13 00 00 00       | call dive
        49 8b 45 00          | mov rax, [r13+0]
        c7 40 10 01 00 00 00 | mov [rax+16], 1        it has finished
        4c 89 ef             | mov rdi, r13           and gives way from now on
        41 ff d6             | call r14
        eb f8                | jmp
        48 8b 45 00          | mov rax, [rbp+0]       dive: note who it is, and on which level
        88 18                | mov [rax], bl
        44 88 60 01          | mov [rax+1], r12b
        48 83 45 00 02       | add [rbp+0], 2
        4c 89 ef             | mov rdi, r13           give way
        41 ff d6             | call r14
        4d 39 fc             | cmp r12, r15           the deepest level?
        74 0c                | je up
        41 54                | push r12               its own level, on its own stack
        49 ff c4             | inc r12
        e8 dc ff ff ff       | call dive
        41 5c                | pop r12
        48 8b 45 00          | mov rax, [rbp+0]       up: note it again
        88 18                | mov [rax], bl
        44 88 60 01          | mov [rax+1], r12b
        48 83 45 00 02       | add [rbp+0], 2
        4c 89 ef             | mov rdi, r13           give way
        41 ff d6             | call r14
        c3                   | ret
    """,
    "aarch64": """
        94000007        | bl dive
        f94002c1        | ldr x1, [x22]
        d2800022        | mov x2, #1
        f9000822        | str x2, [x1, #16]     it has finished
        aa1603e0        | mov x0, x22           and gives way from now on
        d63f02e0        | blr x23
        17fffffe        | b
        f81f0ffe        | str x30, [sp, #-16]!  dive: where to return to, on its own stack
        f9400281        | ldr x1, [x20]
        39000033        | strb w19, [x1]        note who it is, and on which level
        39000435        | strb w21, [x1, #1]
        91000821        | add x1, x1, #2
        f9000281        | str x1, [x20]
        aa1603e0        | mov x0, x22           give way
        d63f02e0        | blr x23
        eb1802bf        | cmp x21, x24          the deepest level?
        540000a0        | b.eq up
        f81f0ff5        | str x21, [sp, #-16]!  its own level, on its own stack
        910006b5        | add x21, x21, #1
        97fffff4        | bl dive
        f84107f5        | ldr x21, [sp], #16
        f9400281        | ldr x1, [x20]         up: note it again
        39000033        | strb w19, [x1]
        39000435        | strb w21, [x1, #1]
        91000821        | add x1, x1, #2
        f9000281        | str x1, [x20]
        aa1603e0        | mov x0, x22           give way
        d63f02e0        | blr x23
        f84107fe        | ldr x30, [sp], #16
        d65f03c0        | ret
    """,
}
"""What a thread does, and it never returns: there is nobody to return to."""

_STACK = 64 << 10
_NAMES, _DEEPEST = "ABCD", 5
_LAPS = 10_000


class _Record(ctypes.Structure):
    """What `switch` knows of a thread."""

    _fields_ = (("sp", ctypes.c_uint64), ("next", ctypes.c_uint64), ("finished", ctypes.c_uint64))


class Thread:
    """A stack, and on it what `switch` left there, or would have."""

    def __init__(self, registers: list[int]) -> None:
        """`registers` lie on top of the new stack, as `switch` takes them from it."""
        self.stack = mmap.mmap(-1, _STACK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.bottom = ctypes.addressof(ctypes.c_char.from_buffer(self.stack))
        libc().mprotect(ctypes.c_void_p(self.bottom), ctypes.c_size_t(mmap.PAGESIZE), 0)  # the guard
        image = b"".join(value.to_bytes(8, "little") for value in registers)
        start = _STACK - len(image)
        self.stack[start:] = image
        self.record = _Record(self.bottom + start)

    def used(self) -> int:
        """How many bytes of the stack have ever been written to."""
        written = self.stack[mmap.PAGESIZE :].lstrip(b"\0")
        return len(written)


class Ring:
    """Threads that take turns. The first one is the one that makes the ring, on the stack that it has already."""

    def __init__(self, would: str = WOULD, notes: int = 2048) -> None:
        """With room for so many notes of levels. Raises `NotHere`."""
        if sys.platform == "win32":
            raise NotHere(
                would, "Windows keeps a stack's bounds in a block of its own, and has green threads of its own, fibers "
                "(CreateFiber, SwitchToFiber).")
        self._switch, self._body = code(SWITCH, would), code(BODY, would)
        self._give_way = self._switch.function(ctypes.c_void_p, result=None)
        self._notes = ctypes.create_string_buffer(2 * notes)
        self._end_of_notes = ctypes.c_uint64(ctypes.addressof(self._notes))
        self._own = _Record()
        self.running = ctypes.c_uint64(ctypes.addressof(self._own))
        self.threads: list[Thread] = []
        self._link()

    def spawn(self, name: str, deepest: int) -> Thread:
        """A new thread, which dives to that level and comes up again."""
        thread = Thread(self._registers(ord(name), deepest))
        last = self.threads[-1].record if self.threads else self._own
        last.next, thread.record.next = ctypes.addressof(thread.record), ctypes.addressof(self._own)
        self.threads.append(thread)
        return thread

    def _registers(self, name: int, deepest: int) -> list[int]:
        notes, ring = ctypes.addressof(self._end_of_notes), ctypes.addressof(self.running)
        if machine() == "x86-64":  # r15, r14, r13, r12, rbx, rbp, where to return to, and one for alignment
            return [deepest, self._switch.address, ring, 1, name, notes, self._body.address, 0]
        #      x29, x30,                x19,  x20,   x21, x22,  x23,                  x24
        return [0, self._body.address, name, notes, 1, ring, self._switch.address, deepest, *[0] * 12]

    def _link(self) -> None:
        records = [self._own, *(thread.record for thread in self.threads)]
        for record, following in zip(records, [*records[1:], self._own], strict=True):
            record.next = ctypes.addressof(following)

    def lap(self) -> None:
        """Give way. When this returns, each thread has run once."""
        self._give_way(ctypes.addressof(self.running))

    def run(self) -> list[tuple[str, int]]:
        """Let all run until they have finished: who noted which level, in this order."""
        while self.threads:
            self.lap()
            self.threads = [thread for thread in self.threads if not thread.record.finished]
            self._link()
        end = self._end_of_notes.value - ctypes.addressof(self._notes)
        noted = self._notes.raw[:end]
        return [(chr(name), level) for name, level in zip(noted[::2], noted[1::2], strict=True)]

    @property
    def address_of_switch(self) -> int:
        """Where the function begins. Its argument is the address of `running`."""
        return self._switch.address


def seconds_per_switch(repeater: Repeater, would: str = WOULD) -> tuple[float, float]:
    """What one switch costs, and what a call that does nothing costs. Raises `NotHere`."""
    ring = Ring(would)
    for name in _NAMES:
        ring.spawn(name, 1)
    for _ in range(4):  # now all have finished, and do nothing but give way
        ring.lap()
    nothing = code(NOTHING, would)
    laps, calls = fastest(
        repeater.loop(_LAPS, ring.address_of_switch, ctypes.addressof(ring.running)),
        repeater.loop(_LAPS, nothing.address))
    return laps / _LAPS / (len(_NAMES) + 1), calls / _LAPS


@dataclass
class Figures:
    """What the threads noted, and what it cost."""

    noted: list[tuple[str, int]]
    """Which thread was on which level, in this order."""
    reserved: int
    """Bytes of a stack."""
    used: dict[str, int]
    """Bytes of each stack that were ever written to."""
    switch: float
    """Seconds."""
    call: float
    """Seconds for a call of a function that does nothing."""


def measure() -> Figures:
    """Run four threads to their end, then measure a switch."""
    repeater, ring = Repeater(WOULD), Ring()
    threads = {name: ring.spawn(name, _DEEPEST) for name in _NAMES}
    noted = ring.run()
    used = {name: thread.used() for name, thread in threads.items()}
    return Figures(noted, _STACK, used, *seconds_per_switch(repeater))


def show(figures: Figures, stage: Stage) -> None:
    """Print who ran when, and what it means."""
    stage.heading("Four threads in a function that calls itself: the level, as they give way")
    for number, name in enumerate(_NAMES):
        levels = [str(level) if who == name else "·" for who, level in figures.noted]
        stage.line(f"  {name}  " + stage.styled("".join(levels), "abcd"[number]))
    stage.meaning(
        "Read it from left to right: they take turns, and each goes on where it was, in the middle of its own chain of "
        "calls. Where was a level kept meanwhile? On each thread's stack, between the addresses to return to.")
    stage.heading("What it costs")
    stage.bars([
        ("a call that does nothing", figures.call, duration(figures.call)),
        ("a switch of green threads", figures.switch, duration(figures.switch))])
    most = max(figures.used.values())
    stage.meaning(
        f"To switch costs {times(figures.switch / figures.call)} times a call, for it is one: registers are put onto "
        f"one stack and taken from another. Of each stack's {size(figures.reserved)}, {most} bytes were ever written "
        "to; the kernel gives memory only for pages that are touched, so ten thousand of these are no matter.")
