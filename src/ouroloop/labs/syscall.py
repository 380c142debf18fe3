"""Three ways down to the kernel.

A program cannot write to your terminal. It has memory to compute in, and nothing else: the terminal, the disk and the
network belong to the kernel, and the processor sees to it that nobody else touches them. What a program can do is ask.
It puts a number into a register, which says what it wants (on x86-64 Linux 1 is "write"), arguments into others, and
executes one instruction: `syscall` on x86-64, `svc` on aarch64. The processor then does three things at once: it raises
its privilege, remembers where it was, and jumps to an address that the kernel has set down when the machine started.
The program's code is not running any more; the kernel's is. It looks at the number, does what is asked if it may be,
puts the answer into a register and goes back.

    your code        print("hello")                     the language
    the C library    write(1, "hello\\n", 6)             a function, like others
    the instruction  rax=1 rdi=1 rsi=... rdx=6 syscall  the door
    - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
    the kernel       its function for write, then the terminal's driver

Everything above the dotted line is convenience. This lab writes a line at each of the three levels, with no help from
those above: the instruction, put into memory by hand; the C library's `write`; Python's `print`. Then it measures what
each adds, by writing one byte to /dev/null, whose driver does nothing at all.

And it makes each of them fail, since that is where the levels differ most. The kernel knows no exceptions. It answers
-9, and that is all. The C library makes of it a result of -1 and a variable, `errno`, which holds 9. Python makes of
that an exception of the class OSError, with a text. Every "EBADF" that you have seen in Node or in Python was a small
negative number in a register.

On macOS the numbers are others (4 is "write", with 0x2000000 for "a BSD call" on x86-64), and failure is told by the
processor's carry flag. On Windows the numbers change with every release: nobody is to use them but `ntdll.dll`, and the
door that lasts is a function, `WriteFile` of kernel32. So this lab reads the instruction and its number from ntdll's
own code, and executes a copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .machine_code import NOTHING, WORD, Code, Repeater, address_of, code, libc, machine, system, wine
from .stage import Stage, duration, times
from .stopwatch import fastest

WOULD = (
    "This lab would write a line to standard output by the processor's own instruction, by the C library, and by "
    "Python, and measure what each costs."
)

WRITE = {
    "linux x86-64": """
        b8 01 00 00 00  | mov eax, 1            write; C has put fd, address and length where the kernel wants them
        0f 05           | syscall
        c3              | ret
    """,
    "linux aarch64": """
        d2800808        | mov x8, #64           write
        d4000001        | svc #0
        d65f03c0        | ret
    """,
    "darwin x86-64": """
        b8 04 00 00 02  | mov eax, 0x2000004    write, of the BSD calls
        0f 05           | syscall
        73 03           | jae done              carry clear: it went well
        48 f7 d8        | neg rax               else rax is errno; make it look as Linux's
        c3              | ret                   done:
    """,
    "darwin aarch64": """
        d2800090        | mov x16, #4           write
        d4001001        | svc #0x80
        54000043        | b.cc done             carry clear: it went well
        cb0003e0        | neg x0, x0
        d65f03c0        | ret                   done:
    """,
}
"""`long write(long fd, const char *bytes, long length)`, answering as Linux does: the count, or minus errno."""

_BYTE = ctypes.create_string_buffer(b"x")
_CALLS = 2_000
_NO_DESCRIPTOR = 9_999


@dataclass
class Level:
    """One way to write."""

    name: str
    wrote: int
    """Bytes, of the line on standard output."""
    failure: str
    """What comes back for a descriptor that is not open."""
    errno: int | None
    seconds: float = 0.0
    """For one byte to the null device."""


Measured = tuple[Level, Callable[[], object]]
"""A level, and what writes a byte to the null device `_CALLS` times."""


@dataclass
class Figures:
    """From the lowest level up."""

    levels: list[Level]
    buffered: float
    """Seconds for a print that stays in Python's buffer."""
    empty_call: float
    """Seconds for a call of a C function that does nothing, 0 if unknown."""
    missing: str = ""
    """Why the lowest level is not here, if it is not."""


def measure() -> Figures:
    """Write the three lines, and measure."""
    sys.stdout.flush()
    return _measure_on_windows() if sys.platform == "win32" else _measure_on_unix()


def _measure_on_unix() -> Figures:
    raw, repeater, nothing = code(WRITE, WOULD), Repeater(WOULD), code(NOTHING, WOULD)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        levels = [_raw(raw, repeater, null), _library(repeater, null), _os_write(null), _print(null)]
        return _measured(levels, null, repeater.loop(_CALLS, nothing.address))
    finally:
        os.close(null)


def _measured(levels: list[Measured], null: int, empty_calls: Callable[[], object] | None) -> Figures:
    """Measure all levels in turn, then a print that stays in the buffer."""
    loops = [loop for _, loop in levels]
    times = [time / _CALLS for time in fastest(*loops, _prints(null, False), empty_calls or (lambda: None))]
    for (level, _), time in zip(levels, times, strict=False):
        level.seconds = time
    buffered, empty_call = times[len(levels) :]
    return Figures([level for level, _ in levels], buffered, empty_call if empty_calls else 0.0)


def _raw(raw: Code, repeater: Repeater, null: int) -> Measured:
    write = raw.function(WORD, ctypes.c_char_p, WORD)
    line = _line(f"the {'syscall' if machine() == 'x86-64' else 'svc'} instruction")
    wrote = write(1, line, len(line))
    answer = write(_NO_DESCRIPTOR, b"", 0)
    level = Level("the instruction", wrote, f"{answer} in a register", -answer)
    return level, repeater.loop(_CALLS, raw.address, null, ctypes.addressof(_BYTE), 1)


def _library(repeater: Repeater, null: int) -> Measured:
    write = libc().write
    line = _line("the C library")
    wrote = write(1, line, len(line))
    answer = write(_NO_DESCRIPTOR, b"", 0)
    failure = ctypes.get_errno()
    level = Level("the C library's write", wrote, f"{answer}, and errno is {failure}", failure)
    return level, repeater.loop(_CALLS, address_of(write), null, ctypes.addressof(_BYTE), 1)


def _os_write(null: int) -> Measured:
    def loop() -> None:
        write = os.write
        for _ in range(_CALLS):
            write(null, b"x")

    wrote = os.write(1, _line("Python's os.write"))
    failure = _failure(lambda: os.write(_NO_DESCRIPTOR, b""))
    return Level("Python's os.write", wrote, _as_raised(failure), failure.errno), loop


def _print(null: int) -> Measured:
    line = _line("Python's print").decode()
    print(line, end="", flush=True)
    failure = _failure(_print_to_nowhere)
    return Level("Python's print", len(line), _as_raised(failure), failure.errno), _prints(null, True)


def _print_to_nowhere() -> None:
    """Print to a descriptor that was open when the file was made, and is no more."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    file = open(descriptor, "w", closefd=False)  # noqa: SIM115
    os.close(descriptor)
    try:
        print("x", file=file, flush=True)
    finally:
        with contextlib.suppress(OSError):
            file.close()  # tries to write once more


def _prints(null: int, flush: bool) -> Callable[[], object]:
    """What prints characters to the null device, each sent on its way at once or not."""
    def loop() -> None:
        with open(null, "w", closefd=False) as file:
            for _ in range(_CALLS):
                print(end="x", file=file, flush=flush)

    return loop


def _line(by: str) -> bytes:
    return f"  hello, by {by}\n".encode()


def _failure(call: Any) -> OSError:
    try:
        call()
    except OSError as exc:
        return exc
    raise AssertionError(f"descriptor {_NO_DESCRIPTOR} is open")


def _as_raised(failure: OSError) -> str:
    return f"{type(failure).__name__}: [Errno {failure.errno}] {failure.strerror}"


# Windows: NtWriteFile by a copy of its own instructions, WriteFile or WriteConsoleW, and Python

_STUBS = {
    "x86-64": (b"\x4c\x8b\xd1\xb8", 4, b"\x0f\x05\xc3"),  # mov r10, rcx; mov eax, NUMBER; …; syscall; ret
    "aarch64": (b"", 0, b"\xc0\x03\x5f\xd6"),  # svc NUMBER; ret
}


def _measure_on_windows() -> Figures:
    import msvcrt

    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    kernel32.GetStdHandle.restype = ctypes.c_void_p
    null = os.open(os.devnull, os.O_WRONLY)
    null_handle = ctypes.c_void_p(msvcrt.get_osfhandle(null))  # type: ignore[attr-defined, unused-ignore]
    try:
        stub, missing = _nt_write_file()
        levels = [_raw_on_windows(stub, kernel32, null_handle)] if stub is not None else []
        levels += [_write_file(kernel32, null_handle), _os_write(null), _print(null)]
        figures = _measured(levels, null, None)
    finally:
        os.close(null)
    figures.missing = missing
    return figures


def _nt_write_file() -> tuple[Any, str]:
    """A copy of ntdll's NtWriteFile, in a page of our own; or None, and why its code is not what it should be."""
    ntdll = ctypes.CDLL("ntdll")
    if wine():
        return None, "This is Wine: its system calls are Linux's, and ntdll's numbers mean nothing to Linux."
    own = ctypes.string_at(address_of(ntdll.NtWriteFile), 24)
    begin, length, end = _STUBS.get(machine(), (b"?", 0, b""))
    number = own[len(begin) : len(begin) + (length or 4)]
    if not own.startswith(begin) or end not in own:
        return None, "Another program has changed ntdll's code (virus scanners do), so the number is not there."
    copy = Code(begin + number + end)
    arguments = [ctypes.c_void_p] * 5 + [ctypes.c_char_p, ctypes.c_ulong] + [ctypes.c_void_p] * 2
    return copy.function(*arguments, result=ctypes.c_ulong), ""


def _raw_on_windows(write: Any, kernel32: Any, null: Any) -> Measured:
    status_block = (ctypes.c_void_p * 2)()
    where = ctypes.addressof(status_block)
    line = _line("the system call instruction")
    write(ctypes.c_void_p(kernel32.GetStdHandle(-11)), None, None, None, where, line, len(line), None, None)
    wrote = status_block[1] or 0
    answer = write(ctypes.c_void_p(0xBAD0), None, None, None, where, b"", 0, None, None)

    def loop() -> None:
        for _ in range(_CALLS):
            write(null, None, None, None, where, b"x", 1, None, None)

    return Level("the instruction (by ctypes)", wrote, f"{answer:#x}, an NTSTATUS", None), loop


def _write_file(kernel32: Any, null: Any) -> Measured:
    out, count, mode = ctypes.c_void_p(kernel32.GetStdHandle(-11)), ctypes.c_ulong(), ctypes.c_ulong()
    is_console = bool(kernel32.GetConsoleMode(out, ctypes.byref(mode)))
    line = _line(f"kernel32's {'WriteConsoleW' if is_console else 'WriteFile'}")
    if is_console:  # a console takes UTF-16
        kernel32.WriteConsoleW(out, line.decode(), len(line), ctypes.byref(count), None)
    else:
        kernel32.WriteFile(out, line, len(line), ctypes.byref(count), None)
    wrote = count.value
    kernel32.WriteFile(ctypes.c_void_p(0xBAD0), b"", 0, ctypes.byref(count), None)
    failure = ctypes.get_last_error()  # type: ignore[attr-defined, unused-ignore]

    def loop() -> None:
        for _ in range(_CALLS):
            kernel32.WriteFile(null, b"x", 1, ctypes.byref(count), None)

    name = "kernel32's WriteFile (by ctypes)"
    return Level(name, wrote, f"0, and GetLastError() is {failure}", None), loop


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print the costs, the failures, and what they mean."""
    levels = figures.levels
    if figures.missing:
        stage.note(f"The lowest level is missing here. {figures.missing}")
    stage.heading("One byte to the null device, by each level")
    stage.bars([(level.name, level.seconds, duration(level.seconds)) for level in levels])
    lowest, printed = levels[0], levels[-1]
    stage.meaning(
        f"On {system()}, {lowest.name} takes {duration(lowest.seconds)}"
        + (f", {times(lowest.seconds / figures.empty_call)} times a call of a function that does nothing "
           f"({duration(figures.empty_call)})" if figures.empty_call else "")
        + f": the price of the kernel's door. {levels[1].name[0].upper()}{levels[1].name[1:]} takes "
        f"{times(levels[1].seconds / lowest.seconds)} times as long, Python's print "
        f"{times(printed.seconds / lowest.seconds)} times.")
    stage.meaning(
        f"A print that stays in Python's buffer takes {duration(figures.buffered)}; one that is flushed takes "
        f"{times(printed.seconds / figures.buffered)} times as long. That is why streams have buffers: not to ask is "
        "the cheapest way of asking.")
    stage.heading("The same mistake: writing to a descriptor that is not open")
    stage.table(["level", "what comes back"], [(level.name, level.failure) for level in levels], left=2)
    number = printed.errno or errno.EBADF
    stage.meaning(
        f"{number} is {errno.errorcode[number]}. The kernel answers with a number, C keeps it in `errno`, a language "
        "makes an exception of it. The errno of Node's errors is this number, with its sign.")
