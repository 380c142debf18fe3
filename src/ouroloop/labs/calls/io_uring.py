"""io_uring's two calls, io_uring_setup(2) and io_uring_enter(2), and the two rings that they are about."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable

from ..machine_code import checked, libc

SETUP, _ENTER = 425, 426
_RINGS_AT, _REQUESTS_AT = 0, 0x1000_0000
_SINGLE_MAPPING = 1
_WAIT, _WAKE_UP = 1, 2
KERNEL_THREAD = 2
OVERFLOWN = 2
NOP, POLL, TIMEOUT, CANCEL, READ, WRITE = 0, 6, 11, 14, 22, 23
READABLE, MANY = 1, 1
HERE = 2**64 - 1  # at the file's own position


class Params(ctypes.Structure):
    """struct io_uring_params: what was made, and where in the mappings each number stands."""

    _fields_ = [
        ("entries", ctypes.c_uint32), ("answers", ctypes.c_uint32), ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32), ("idle", ctypes.c_uint32), ("features", ctypes.c_uint32),
        ("_reserved", ctypes.c_uint32 * 4),
        *((f"sq_{name}", ctypes.c_uint32) for name in ("head", "tail", "mask", "entries", "flags", "dropped", "array")),
        ("_sq_rest", ctypes.c_uint32),
        ("_sq_address", ctypes.c_uint64),
        *((f"cq_{name}", ctypes.c_uint32) for name in ("head", "tail", "mask", "entries", "overflow", "cqes", "flags")),
        ("_cq_rest", ctypes.c_uint32),
        ("_cq_address", ctypes.c_uint64),
    ]


class Request(ctypes.Structure):
    """struct io_uring_sqe, 64 bytes."""

    _fields_ = [
        ("opcode", ctypes.c_uint8), ("flags", ctypes.c_uint8), ("priority", ctypes.c_uint16), ("fd", ctypes.c_int32),
        ("offset", ctypes.c_uint64), ("address", ctypes.c_uint64), ("length", ctypes.c_uint32),
        ("special", ctypes.c_uint32), ("name", ctypes.c_uint64), ("_rest", ctypes.c_uint64 * 3),
    ]


class Answer(ctypes.Structure):
    """struct io_uring_cqe, 16 bytes: the request's name, and what its system call would have returned, or -errno."""

    _fields_ = [("name", ctypes.c_uint64), ("result", ctypes.c_int32), ("flags", ctypes.c_uint32)]


class Ring:
    """Both rings. Raises OSError if the kernel refuses.

    We read the numbers that the kernel writes by plain loads. C has to say that what follows may not be read before
    (acquire) and that a tail may not be seen before its request (release); between two of ours, Python executes
    thousands of instructions, and x86-64 keeps that order by itself.
    """

    def __init__(self, entries: int = 8, flags: int = 0) -> None:
        params = Params(flags=flags, idle=2_000)
        self._syscall = libc().syscall
        self.fd = checked(self._syscall(SETUP, entries, ctypes.byref(params)))
        size = max(params.sq_array + params.entries * 4, params.cq_cqes + params.answers * ctypes.sizeof(Answer))
        self._mapped = [(_RINGS_AT, size), (_REQUESTS_AT, params.entries * ctypes.sizeof(Request))]
        rings, requests = self._addresses = [self._map(place, length) for place, length in self._mapped]
        number = ctypes.c_uint32.from_address
        self.sq_head, self.sq_tail = number(rings + params.sq_head), number(rings + params.sq_tail)
        self.cq_head, self.cq_tail = number(rings + params.cq_head), number(rings + params.cq_tail)
        self.sq_flags = number(rings + params.sq_flags)
        self.entries, self.answer_count = params.entries, params.answers
        self.slots = (Request * params.entries).from_address(requests)
        self.answers = (Answer * params.answers).from_address(rings + params.cq_cqes)
        for place in range(params.entries):  # which request stands at which place: we keep them in line
            number(rings + params.sq_array + 4 * place).value = place

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        for address, (_place, length) in zip(self._addresses, self._mapped, strict=True):
            libc().munmap(ctypes.c_void_p(address), ctypes.c_size_t(length))
        os.close(self.fd)

    def _map(self, place: int, length: int) -> int:
        call = libc().mmap
        call.restype = ctypes.c_void_p
        address = call(
            None, ctypes.c_size_t(length), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, self.fd,
            ctypes.c_long(place))
        return int(checked(-1 if address == ctypes.c_void_p(-1).value else address))

    def fill_in(
        self, opcode: int, name: int = 0, fd: int = -1, address: int = 0, length: int = 0, offset: int = 0,
        special: int = 0,
    ) -> None:
        """Write a request, and move the tail. Nobody is told."""
        request = self.slots[self.sq_tail.value % self.entries]
        ctypes.memset(ctypes.byref(request), 0, ctypes.sizeof(request))
        request.opcode, request.name, request.fd, request.address = opcode, name, fd, address
        request.length, request.offset, request.special = length, offset, special
        self.sq_tail.value += 1

    def enter(self, submit: int = 0, wait: int = 0) -> int:
        """Tell the kernel of so many requests, and sleep until there are so many answers."""
        return checked(self._syscall(_ENTER, self.fd, submit, wait, _WAIT, None, ctypes.c_size_t(0)))

    def wake_thread(self) -> None:
        """Wake the kernel's thread, if the ring has one."""
        checked(self._syscall(_ENTER, self.fd, 0, 0, _WAKE_UP, None, ctypes.c_size_t(0)))

    def take(self) -> list[tuple[int, int]]:
        """The answers that are there: names and results. No call is made."""
        found = self.peek()
        self.cq_head.value += len(found)
        return found

    def peek(self) -> list[tuple[int, int]]:
        """The same, and they stay."""
        places = range(self.cq_head.value, self.cq_tail.value)
        answers = [self.answers[place % self.answer_count] for place in places]
        return [(answer.name, answer.result) for answer in answers]

    def again(self, request: Request) -> Callable[[], object]:
        """What submits a request and waits for its answer: one call. It stands in every place already."""
        self.slots[:] = [request] * self.entries
        syscall, fd, tail, head, end = self._syscall, self.fd, self.sq_tail, self.cq_head, self.cq_tail

        def wait() -> None:
            tail.value += 1
            syscall(_ENTER, fd, 1, 1, _WAIT, None, 0)
            head.value = end.value

        return wait
