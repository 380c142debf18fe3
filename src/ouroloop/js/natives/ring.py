"""The ring: a thread pool in machine code, for system calls of `fs` that may wait.

Theory of operation. What Linux has as io_uring is built here of threads. JavaScript owns a piece of memory with two
rings. It fills a slot (the number of a system call, six arguments, room for a path), puts the slot's number into the
first ring, and goes on. A worker, a thread whose code is written below, takes the number (`lock cmpxchg`), makes the
call (`syscall`), writes the result into the slot and the slot's number into the second ring, and writes to an eventfd,
unless that was done and nobody has looked since. The loop watches the eventfd, and calls JavaScript once for all that
is done. No Python runs in a worker, so Python's lock is not asked for: a `stat` takes 3 us in place of 12. Workers
without work sleep in futex(2) on the first ring's end, and are woken by JavaScript, which sees how many do.

Before, one of them looks out for work for some 35 us: to be woken takes longer, and a program that awaits one call
after the other asks again sooner. (`await stat` takes 11 us so, and 55 without, where Node takes 37; for less of the
processor's time too. With 20 us it stayed slow after a pause, since the loop's thread takes longer to wake; with 45,
programs that ask every 40 us pay half as much again of the processor's time, for nothing.) When nothing came for long,
a worker looks half as long the next time; when it came soon, as long as ever.

What surprises people: between two threads only the order of writes counts. A number is put into a ring before the
ring's end moves; x86 keeps that order, and so does V8 where `Atomics` are used. An entry of the second ring is 0 until
it is written, since its place is reserved before. The workers block all signals, as libuv's do. A call may wait for
ever (to open a FIFO, say), and the kernel would write its answer into memory that is gone with the runtime: so a worker
that does not end when it should is cancelled, at whatever it is. It can be, since it holds no lock of the C library's.
Only x86-64 is spoken here; elsewhere, and where somebody looks at the loop (`Loop.probe`), the pool in Python does the
work.

Source: futex(2), eventfd(2), syscall(2), pthreads(7); Intel's manual, volume 3, 8.2 (memory ordering).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` without its enums, which take 3 ms to make
import errno
import itertools
import os

from ...loop.pool_size import configured_size
from ...loop.queue import READABLE
from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ...loop import Loop

SLOTS = 256
SLOT_SIZE = 1024  # bytes
# Places in the memory, in bytes; what different threads write lies 64 bytes apart. `ring.js` has the same.
_TAKEN, _SUBMITTED, _FINISHED = 0, 64, 128  # how many slots were taken, submitted, finished: counts of 32 bits
_SLEEPING, _ENDING, _ATTENDED, _EVENT, _ONE, _BUSY, _IN_FLIGHT = 192, 196, 200, 204, 208, 216, 220
_LOOKING, _PATIENCE, _MOST_PATIENCE = 224, 228, 232
_FIRST_RING = 256
_SECOND_RING = _FIRST_RING + 4 * SLOTS
_FIRST_SLOT = 4096
SIZE = _FIRST_SLOT + SLOTS * SLOT_SIZE
_RESULT = 56  # in a slot, behind the number and the arguments

_STACK_SIZE = 64 * 1024  # bytes
_NAP = 100  # us, between looks
_GRACE = 1000  # naps that workers have to end by themselves
_CANCEL_ASYNCHRONOUS = 1
_CLOCK = "0f 31 48 c1 e2 20 48 09 d0"  # rdtsc; shl rdx, 32; or rax, rdx: the processor's clock, in rax
_LOOK = 90_000  # that clock's ticks: 23 to 45 us, a little more than the kernel takes to wake the loop's thread
_WRITE, _OPEN, _CLOSE, _READLINK, _FUTEX, _GETDENTS64 = 1, 2, 3, 89, 202, 217  # system calls
_LIST, _RESOLVE = 4096, 4097  # stand for several (`_list_directory`, `_resolve_path`)
_FUTEX_WAIT, _FUTEX_WAKE = 128, 129  # within this process


def _int(number: int) -> bytes:
    return number.to_bytes(4, "little", signed=True)


class _Worker(bytearray):
    """The instructions of a worker. rbx: the memory; rbp: the slot; r12: the slot's number; r13: when work ran out."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def label(self, name: str) -> None:
        self._labels[name] = len(self)

    def jump(self, code: str, target: str) -> None:
        """A jump, or with a condition's code a conditional one, by 32 bits."""
        self += bytes.fromhex(code) + bytes(4)
        self._jumps.append((len(self), target))

    def on_memory(self, code: str, offset: int) -> None:
        """An instruction whose last byte names rbx as the base of an address, followed by the distance."""
        self += bytes.fromhex(code) + _int(offset)

    def code(self, text: str, *numbers: int) -> None:
        self += bytes.fromhex(text) + b"".join(map(_int, numbers))

    def finished(self) -> bytes:
        for end, target in self._jumps:
            self[end - 4 : end] = _int(self._labels[target] - end)
        return bytes(self)


def _worker(set_cancel_type: int) -> bytes:
    """void *worker(void *memory), given the address of pthread_setcanceltype(3)"""
    at = _Worker()
    at.code("53 55 41 54 41 55 48 89 fb")  # push rbx, rbp, r12, r13; mov rbx, rdi
    at.code("48 83 ec 08")  # sub rsp, 8: the stack is aligned as calls want it
    at.code("bf", _CANCEL_ASYNCHRONOUS)  # mov edi, CANCEL_ASYNCHRONOUS
    at.code("31 f6")  # xor esi, esi
    at.code("48 b8" + set_cancel_type.to_bytes(8, "little").hex())  # mov rax, set_cancel_type
    at.code("ff d0 48 83 c4 08")  # call rax; add rsp, 8

    at.label("next")
    at.on_memory("8b 83", _TAKEN)  # mov eax, [taken]
    at.on_memory("8b 8b", _SUBMITTED)  # mov ecx, [submitted]
    at.code("39 c8")  # cmp eax, ecx
    at.jump("0f 84", "empty")  # je
    at.code("89 c6 81 e6", SLOTS - 1)  # mov esi, eax; and esi, SLOTS - 1
    at.on_memory("44 8b a4 b3", _FIRST_RING)  # mov r12d, [rbx + rsi * 4 + the first ring]
    at.code("8d 50 01")  # lea edx, [rax + 1]
    at.on_memory("f0 0f b1 93", _TAKEN)  # lock cmpxchg [taken], edx: it is ours if nobody else took it
    at.jump("0f 85", "next")  # jne
    at.code("49 69 ec", SLOT_SIZE)  # imul rbp, r12, SLOT_SIZE
    at.on_memory("48 8d ac 2b", _FIRST_SLOT)  # lea rbp, [rbx + rbp + the first slot]

    at.code("48 8b 45 00 48 8b 7d 08 48 8b 75 10 48 8b 55 18")  # mov rax, [rbp]; rdi, rsi, rdx from behind it
    at.code("4c 8b 55 20 4c 8b 45 28 4c 8b 4d 30")  # mov r10, r8, r9
    at.code("3d", _LIST)  # cmp eax, LIST
    at.jump("0f 84", "list")  # je
    at.code("3d", _RESOLVE)  # cmp eax, RESOLVE
    at.jump("0f 84", "resolve")  # je
    at.code("0f 05")  # syscall
    at.label("called")
    at.code("48 89 45" + f"{_RESULT:02x}")  # mov [rbp + RESULT], rax

    at.code("b8", 1)  # mov eax, 1
    at.on_memory("f0 0f c1 83", _FINISHED)  # lock xadd [finished], eax: our place in the second ring
    at.code("25", SLOTS - 1)  # and eax, SLOTS - 1
    at.code("41 8d 4c 24 01")  # lea ecx, [r12 + 1]
    at.on_memory("89 8c 83", _SECOND_RING)  # mov [rbx + rax * 4 + the second ring], ecx
    at.code("b8", 1)  # mov eax, 1
    at.on_memory("87 83", _ATTENDED)  # xchg [attended], eax
    at.code("85 c0")  # test eax, eax
    at.jump("0f 85", "next")  # jne: the loop knows
    at.on_memory("8b bb", _EVENT)  # mov edi, [event]
    at.on_memory("48 8d b3", _ONE)  # lea rsi, [one]
    at.code("ba", 8)  # mov edx, 8
    at.code("b8", _WRITE)  # mov eax, write
    at.code("0f 05")  # syscall
    at.jump("e9", "next")

    at.label("empty")
    at.on_memory("83 bb", _ENDING)  # cmp dword [ending], 0
    at += b"\0"
    at.jump("0f 85", "end")  # jne
    at.code(_CLOCK)
    at.code("49 89 c5")  # mov r13, rax
    at.code("b8", 1)  # mov eax, 1
    at.on_memory("87 83", _LOOKING)  # xchg [looking], eax
    at.code("85 c0")  # test eax, eax
    at.jump("0f 85", "sleep")  # jne: another worker looks out

    at.label("look")
    at.on_memory("39 8b", _SUBMITTED)  # cmp [submitted], ecx
    at.jump("0f 85", "seen")  # jne
    at.code("f3 90 0f 31 44 29 e8")  # pause; rdtsc; sub eax, r13d
    at.on_memory("3b 83", _PATIENCE)  # cmp eax, [patience]
    at.jump("0f 82", "look")  # jb
    at.code("31 c0")  # xor eax, eax
    at.on_memory("87 83", _LOOKING)  # xchg [looking], eax: and now a last look (JavaScript writes, then looks)
    at.on_memory("39 8b", _SUBMITTED)  # cmp [submitted], ecx
    at.jump("0f 85", "soon")  # jne

    at.label("sleep")
    at.on_memory("f0 ff 83", _SLEEPING)  # lock inc dword [sleeping]
    at.on_memory("48 8d bb", _SUBMITTED)  # lea rdi, [submitted]
    at.code("be", _FUTEX_WAIT)  # mov esi, FUTEX_WAIT
    at.code("89 ca 45 31 d2")  # mov edx, ecx: unless it has changed; xor r10d, r10d: without limit
    at.code("b8", _FUTEX)  # mov eax, futex
    at.code("0f 05")  # syscall
    at.on_memory("f0 ff 8b", _SLEEPING)  # lock dec dword [sleeping]
    at.code(_CLOCK)
    at.code("4c 29 e8")  # sub rax, r13: how long there was no work
    at.on_memory("8b 93", _MOST_PATIENCE)  # mov edx, [most patience]
    at.code("01 d2 48 39 d0")  # add edx, edx; cmp rax, rdx
    at.jump("0f 82", "soon")  # jb
    at.on_memory("d1 ab", _PATIENCE)  # shr dword [patience], 1
    at.jump("e9", "next")

    at.label("seen")
    at.code("31 c0")  # xor eax, eax
    at.on_memory("87 83", _LOOKING)  # xchg [looking], eax: before the work is taken
    at.label("soon")
    at.on_memory("8b 93", _MOST_PATIENCE)  # mov edx, [most patience]
    at.on_memory("89 93", _PATIENCE)  # mov [patience], edx
    at.jump("e9", "next")

    _list_directory(at)
    _resolve_path(at)

    at.label("end")
    at.code("31 c0 41 5d 41 5c 5d 5b c3")  # xor eax, eax; pop r13, r12, rbp, rbx; ret
    return at.finished()


def _list_directory(at: _Worker) -> None:
    """A directory in one job, as libuv has it: open(path, flags), getdents64 into a buffer as often as it takes, close.

    The slot has path, flags, buffer and its size; the result is how many bytes came, or a negative errno: EINVAL where
    the buffer is too small. The first two arguments make room for the descriptor and for how it ended.
    """
    at.label("list")
    at.code("b8", _OPEN)  # mov eax, open
    at.code("0f 05 85 c0")  # syscall; test eax, eax
    at.jump("0f 88", "called")  # js
    at.code("48 89 45 08")  # mov [rbp + 8], rax: the descriptor
    at.label("list more")
    at.code("48 8b 7d 08 48 8b 75 18 48 8b 55 20")  # mov rdi, [rbp + 8]; rsi, where to; rdx, how much room there is
    at.code("b8", _GETDENTS64)  # mov eax, getdents64
    at.code("0f 05 85 c0")  # syscall; test eax, eax
    at.jump("0f 8e", "list ends")  # jle: nothing more, or an error
    at.code("48 01 45 18 48 29 45 20")  # add [rbp + 24], rax; sub [rbp + 32], rax
    at.jump("e9", "list more")
    at.label("list ends")
    at.code("48 89 45 10 48 8b 7d 08")  # mov [rbp + 16], rax; mov rdi, [rbp + 8]
    at.code("b8", _CLOSE)  # mov eax, close
    at.code("0f 05 48 8b 45 10 48 85 c0")  # syscall; mov rax, [rbp + 16]; test rax, rax
    at.jump("0f 88", "called")  # js
    at.code("48 8b 45 28 48 2b 45 20")  # mov rax, [rbp + 40]: its size; sub rax, [rbp + 32]: the room that is left
    at.jump("e9", "called")


def _resolve_path(at: _Worker) -> None:
    """A path without links, in one job, as libuv has it: the kernel tells it of a descriptor that is opened for that.

    The slot has path, flags, buffer and its size; behind the arguments are 32 bytes to write the name of the link in
    /proc/self/fd to. The result is the length, a negative errno of open(2), or 0 where the kernel does not tell.
    """
    at.label("resolve")
    at.code("b8", _OPEN)  # mov eax, open
    at.code("0f 05 85 c0")  # syscall; test eax, eax
    at.jump("0f 88", "called")  # js
    at.code("48 89 45 08")  # mov [rbp + 8], rax: the descriptor
    at.code("4c 8d 45 5f 41 c6 00 00")  # lea r8, [rbp + 95]; mov byte [r8], 0: the name is written from its end
    at.code("b9", 10)  # mov ecx, 10
    at.label("digit")
    at.code("31 d2 f7 f1 80 c2 30")  # xor edx, edx; div ecx; add dl, '0'
    at.code("49 ff c8 41 88 10 85 c0")  # dec r8; mov [r8], dl; test eax, eax
    at.jump("0f 85", "digit")  # jne
    at.code("48 b8" + b"self/fd/".hex() + "49 89 40 f8")  # mov rax, "self/fd/"; mov [r8 - 8], rax
    at.code("48 b8" + b"\0\0/proc/".hex() + "49 89 40 f0")  # mov rax, "/proc/", behind two NULs; mov [r8 - 16], rax
    at.code("49 8d 78 f2")  # lea rdi, [r8 - 14]
    at.code("48 8b 75 18 48 8b 55 20")  # mov rsi, [rbp + 24]; mov rdx, [rbp + 32]
    at.code("b8", _READLINK)  # mov eax, readlink
    at.code("0f 05 48 89 45 10 48 8b 7d 08")  # syscall; mov [rbp + 16], rax; mov rdi, [rbp + 8]
    at.code("b8", _CLOSE)  # mov eax, close
    at.code("0f 05 48 8b 45 10 48 85 c0")  # syscall; mov rax, [rbp + 16]; test rax, rax
    at.jump("0f 89", "called")  # jns
    at.code("31 c0")  # xor eax, eax
    at.jump("e9", "called")


class Ring:
    """The workers on one runtime's memory (at `address`, `SIZE` bytes of zeros); `deliver` is called by the loop.

    The first worker is there from the start. Raises `OSError` where there is no thread or no descriptor to be had.
    """

    def __init__(self, loop: Loop, address: int, deliver: Callable[[], object]) -> None:
        self._loop = loop
        self._address = address
        self._deliver = deliver
        self._words = (ctypes.c_uint32 * (_FIRST_RING // 4)).from_address(address)
        self._threads: list[int] = []
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._code = direct.writable()
        code = _worker(ctypes.cast(_library.pthread_setcanceltype, ctypes.c_void_p).value or 0)
        ctypes.memmove(self._code, code, len(code))
        direct.make_executable(self._code)
        self._words[_EVENT // 4] = self._event
        self._words[_ONE // 4] = 1
        self._words[_MOST_PATIENCE // 4] = _LOOK if len(os.sched_getaffinity(0)) > 1 else 0
        self._is_busy = False
        self.size = configured_size()
        if not self.start_worker():
            self._release()
            raise OSError(errno.EAGAIN, "pthread_create")
        loop._queue.set(self._event, READABLE, self._on_ready)
        loop.on_load.append(self._note_load)
        if loop._pool is not None:
            self._note_load(loop._pool.load)

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return self._words[_IN_FLIGHT // 4]

    def start_worker(self) -> bool:
        """One more thread, and whether there is one. Where the system has no more to give, those there are go on."""
        thread, attributes = ctypes.c_ulong(), ctypes.create_string_buffer(64)
        _library.pthread_attr_init(attributes)
        _library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_STACK_SIZE))
        before = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
        try:
            failed = _library.pthread_create(
                ctypes.byref(thread), attributes, ctypes.c_void_p(self._code), ctypes.c_void_p(self._address))
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, before)
            _library.pthread_attr_destroy(attributes)
        if not failed:
            self._threads.append(thread.value)
        return not failed

    def begin(self) -> None:
        """From none to some calls under way: they keep the loop going."""
        if not self._is_busy:
            self._is_busy = True
            self._loop._active_requests += 1

    def _on_ready(self, _events: int) -> None:
        try:
            os.read(self._event, 8)
        except BlockingIOError:
            pass
        try:
            self._deliver()
        except BaseException:
            os.write(self._event, b"\x01\0\0\0\0\0\0\0")  # what it left undelivered is for the next turn
            raise
        finally:
            if self._is_busy and not self.in_flight:
                self._is_busy = False
                self._loop._active_requests -= 1

    def wait(self) -> bool:
        """Wait until a call is done. False when none is under way."""
        while self.in_flight:
            if self._words[_ATTENDED // 4]:
                return True
            _library.usleep(_NAP)
        return False

    def _note_load(self, count: int) -> None:
        self._words[_BUSY // 4] = count

    @property
    def uncounted(self) -> int:
        """How many more calls are under way than the loop counts requests for."""
        return self.in_flight - self._is_busy

    def close(self) -> None:
        """End the workers. Those that do not end within 0.1 s, since their calls wait, are cut short."""
        self._words[_ENDING // 4] = 1
        going = self._threads
        for nap in itertools.count():
            going = [each for each in going if _library.pthread_tryjoin_np(ctypes.c_ulong(each), None)]
            if not going:
                break
            if nap == _GRACE:
                for thread in going:
                    _library.pthread_cancel(ctypes.c_ulong(thread))
            _library.syscall(
                ctypes.c_long(_FUTEX), ctypes.c_void_p(self._address + _SUBMITTED), _FUTEX_WAKE, len(going))
            _library.usleep(_NAP)
        self._loop._queue.remove(self._event)
        if self._is_busy:
            self._loop._active_requests -= 1
        self._loop.on_load.remove(self._note_load)
        self._release()

    def _release(self) -> None:
        os.close(self._event)
        direct.release(self._code)


_library = ctypes.CDLL(None)
