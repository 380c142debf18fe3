"""Machine code: instructions as bytes, put into memory that may be executed, and called from Python.

Theory of operation. A listing is a text, each line an instruction's bytes and, after a bar, what they mean: the bytes
are what runs, the words are for the reader (the tests have a disassembler compare the two). On x86-64 an instruction
has 1 to 15 bytes; on aarch64 each has four, written as one number. To run, bytes need a page that the processor may
fetch instructions from: it is mapped writable, filled, then made executable, and never both at once, since systems
that guard against injected code refuse such pages. Python's ctypes calls it as it calls any C function.

`repeat` is a loop in machine code that calls a function again and again: a call from Python costs some 300 ns, which
is more than many of the things that the labs measure.

What surprises people: on aarch64 the processor may still hold old instructions for those addresses, as its instruction
cache does not watch writes; x86-64's does.

Sources: System V ABI, AMD64 supplement, 3.2; Procedure Call Standard for the Arm 64-bit Architecture, 6; mprotect(2).
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .catalogue import NotHere

Listings = Mapping[str, str]
"""The same piece of code for each processor, by `machine()`, or for each system and processor: "linux x86-64".

Windows passes arguments in other registers than Unix does on x86-64.
"""

WORD = ctypes.c_ssize_t
"""What a register holds, as a signed number."""


def machine() -> str:
    """The processor's architecture: x86-64, aarch64, or what the system calls it. 32-bit Pythons have neither."""
    own = os.environ.get("PROCESSOR_ARCHITECTURE") if sys.platform == "win32" else None  # of this process: it may be
    name = (own or platform.machine()).lower()  # emulated, and platform.machine() is the machine's
    names = {"x86_64": "x86-64", "amd64": "x86-64", "arm64": "aarch64", "aarch64": "aarch64"}
    return names.get(name, name) if sys.maxsize > 2**32 else f"32-bit {name}"


def system() -> str:
    """The operating system, as a person says it."""
    return {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)


def wine() -> str | None:
    """Wine's version, where that is what Windows's calls are made of."""
    if sys.platform != "win32":
        return None
    version = getattr(ctypes.CDLL("ntdll"), "wine_get_version", None)
    if version is None:
        return None
    version.restype = ctypes.c_char_p
    return str(version().decode())


def listing(text: str) -> bytes:
    """The bytes of a listing."""
    code = bytearray()
    for line in text.splitlines():
        for digits in line.partition("|")[0].split():
            code += bytes.fromhex(digits)[::-1]  # four bytes are one number, its low byte first
    return bytes(code)


class Code:
    """Machine code in memory of its own. It may be called while this object lives, or a function made of it."""

    def __init__(self, code: bytes) -> None:
        self.size = len(code)
        if sys.platform == "win32":
            self.address = _map_on_windows(code)
        else:
            self._pages = mmap.mmap(-1, len(code), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self._pages[: len(code)] = code
            self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._pages))
            _make_executable(self.address, len(self._pages))

    def function(self, *arguments: Any, result: Any = WORD) -> Any:
        """The code as a function of these C types. Other threads of Python run meanwhile."""
        function = ctypes.CFUNCTYPE(result, *arguments)(self.address)
        function.code = self  # type: ignore[attr-defined]  # which lives as long
        return function


def code(listings: Listings, would: str) -> Code:
    """The code for this processor, ready to run. Raises `NotHere`, with what the lab would do, if there is none."""
    text = listings.get(f"{sys.platform} {machine()}") or listings.get(machine())
    if text is None:
        spoken = ", ".join(listings)
        raise NotHere(would, f"Its machine code is written for these: {spoken}. This is {sys.platform} {machine()}.")
    try:
        return Code(listing(text))
    except OSError as exc:
        raise NotHere(would, f"{system()} lets this process run no code of its own: {exc.strerror}.") from None


def libc() -> Any:
    """The C library that this process has loaded; a call that fails leaves its errno to `ctypes.get_errno`."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """What a call of `libc` returned. Raises OSError, with errno, if that is negative."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def address_of(function: Any) -> int:
    """Where a C function begins."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _make_executable(address: int, size: int) -> None:
    mprotect = libc().mprotect
    mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if mprotect(address, size, mmap.PROT_READ | mmap.PROT_EXEC) != 0:
        raise OSError(ctypes.get_errno(), f"mprotect says \"{os.strerror(ctypes.get_errno())}\"")
    if machine() == "aarch64":
        _forget_old_instructions(address, size)


def _forget_old_instructions(address: int, size: int) -> None:
    """Make the instruction cache look at memory again. Linux has done so in mprotect, where this is not to be found."""
    if sys.platform == "darwin":
        libc().sys_icache_invalidate(ctypes.c_void_p(address), ctypes.c_size_t(size))
        return
    try:
        clear = ctypes.CDLL("libgcc_s.so.1").__getattr__("__clear_cache")
    except (OSError, AttributeError):
        return
    clear(ctypes.c_void_p(address), ctypes.c_void_p(address + size))


def _map_on_windows(code: bytes) -> int:
    """VirtualAlloc, then VirtualProtect: the same two steps."""
    commit_and_reserve, read_write, execute_read = 0x3000, 0x04, 0x20
    kernel32 = ctypes.CDLL("kernel32")
    kernel32.VirtualAlloc.restype = ctypes.c_void_p
    address = kernel32.VirtualAlloc(None, ctypes.c_size_t(len(code)), commit_and_reserve, read_write)
    if not address:
        raise OSError(0, "VirtualAlloc failed")
    ctypes.memmove(address, code, len(code))
    where, old = ctypes.c_void_p(address), ctypes.c_ulong()
    if not kernel32.VirtualProtect(where, ctypes.c_size_t(len(code)), execute_read, ctypes.byref(old)):
        raise OSError(0, "VirtualProtect failed")
    kernel32.FlushInstructionCache(ctypes.c_void_p(kernel32.GetCurrentProcess()), where, ctypes.c_size_t(len(code)))
    return int(address)


# What the kernel has promised

def place_of(address: int) -> str:
    """The line of /proc/self/maps that an address falls into; empty if there is none."""
    for line in _maps():
        begin, end = (int(number, 16) for number in line.split()[0].split("-"))
        if begin <= address < end:
            return line
    return ""


def place_named(name: str) -> str:
    """The line of /proc/self/maps that ends with a name; empty if there is none."""
    return next((line for line in _maps() if line.endswith(name)), "")


def _maps() -> list[str]:
    try:
        return [" ".join(line.split()) for line in Path("/proc/self/maps").read_text().splitlines()]
    except OSError:
        return []


# The loop that calls

REPEAT = {
    "x86-64": """
        53              | push rbx              these five belong to the caller:
        41 54           | push r12              keep them, and give them back
        41 55           | push r13
        41 56           | push r14
        41 57           | push r15
        48 89 fb        | mov rbx, rdi          how often
        49 89 f4        | mov r12, rsi          what
        49 89 d5        | mov r13, rdx          with which three arguments
        49 89 ce        | mov r14, rcx
        4d 89 c7        | mov r15, r8
        4c 89 ef        | mov rdi, r13          again:
        4c 89 f6        | mov rsi, r14
        4c 89 fa        | mov rdx, r15
        41 ff d4        | call r12
        48 ff cb        | dec rbx
        75 ef           | jne again
        41 5f           | pop r15
        41 5e           | pop r14
        41 5d           | pop r13
        41 5c           | pop r12
        5b              | pop rbx
        c3              | ret
    """,
    "win32 x86-64": """
        53              | push rbx
        41 54           | push r12
        41 55           | push r13
        41 56           | push r14
        41 57           | push r15
        48 89 cb        | mov rbx, rcx          how often
        49 89 d4        | mov r12, rdx          what
        4d 89 c5        | mov r13, r8           with which three arguments
        4d 89 ce        | mov r14, r9
        4c 8b 7c 24 50  | mov r15, [rsp+80]
        48 83 ec 20     | sub rsp, 32           room that the called function may use
        4c 89 e9        | mov rcx, r13          again:
        4c 89 f2        | mov rdx, r14
        4d 89 f8        | mov r8, r15
        41 ff d4        | call r12
        48 ff cb        | dec rbx
        75 ef           | jne again
        48 83 c4 20     | add rsp, 32
        41 5f           | pop r15
        41 5e           | pop r14
        41 5d           | pop r13
        41 5c           | pop r12
        5b              | pop rbx
        c3              | ret
    """,
    "aarch64": """
        a9bc7bfd        | stp x29, x30, [sp, #-64]!
        a90153f3        | stp x19, x20, [sp, #16]
        a9025bf5        | stp x21, x22, [sp, #32]
        f9001bf7        | str x23, [sp, #48]
        aa0003f3        | mov x19, x0           how often
        aa0103f4        | mov x20, x1           what
        aa0203f5        | mov x21, x2           with which three arguments
        aa0303f6        | mov x22, x3
        aa0403f7        | mov x23, x4
        aa1503e0        | mov x0, x21           again:
        aa1603e1        | mov x1, x22
        aa1703e2        | mov x2, x23
        d63f0280        | blr x20
        f1000673        | subs x19, x19, #1
        54ffff61        | b.ne again
        f9401bf7        | ldr x23, [sp, #48]
        a9425bf5        | ldp x21, x22, [sp, #32]
        a94153f3        | ldp x19, x20, [sp, #16]
        a8c47bfd        | ldp x29, x30, [sp], #64
        d65f03c0        | ret
    """,
}
"""`word repeat(word count, word (*function)(word, word, word), word a, word b, word c)`"""

NOTHING = {"x86-64": "c3 | ret", "aarch64": "d65f03c0 | ret"}
"""A function that does nothing."""


class Repeater:
    """Calls a function again and again, in a loop of machine code."""

    def __init__(self, would: str) -> None:
        """Raises `NotHere`."""
        self._code = code(REPEAT, would)
        self._repeat = self._code.function(WORD, ctypes.c_void_p, WORD, WORD, WORD)

    def loop(self, count: int, function: int, *arguments: int) -> Callable[[], object]:
        """What calls the function at that address `count` times, to be measured by the stopwatch."""
        words = [*arguments, 0, 0, 0][:3]
        return lambda: self._repeat(count, function, *words)
