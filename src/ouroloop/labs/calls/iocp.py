"""A completion port's calls (CreateIoCompletionPort, PostQueuedCompletionStatus, GetQueuedCompletionStatusEx), and a
named pipe to use it on, whose ReadFile begins a read and does not wait for it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from itertools import count
from typing import Any

PATIENCE = 5_000
"""Milliseconds that we wait for a packet that is to come."""
_OVERLAPPED_FILE, _DUPLEX, _READ_AND_WRITE, _EXISTING = 0x4000_0000, 0x3, 0xC000_0000, 3
_NO_PACKET_ON_SUCCESS = 1
_NO_HANDLE = ctypes.c_void_p(-1).value


class Overlapped(ctypes.Structure):
    """OVERLAPPED, 32 bytes: one operation under way."""

    _fields_ = [
        ("status", ctypes.c_size_t), ("transferred", ctypes.c_size_t), ("offset", ctypes.c_uint64),
        ("event", ctypes.c_void_p)]


class Packet(ctypes.Structure):
    """OVERLAPPED_ENTRY, 32 bytes: one operation done."""

    _fields_ = [
        ("key", ctypes.c_size_t), ("overlapped", ctypes.c_size_t), ("status", ctypes.c_uint32),
        ("_rest_of_a_pointer", ctypes.c_uint32), ("bytes", ctypes.c_uint32)]


class Buffer(ctypes.Structure):
    """WSABUF."""

    _fields_ = [("length", ctypes.c_uint32), ("address", ctypes.c_void_p)]


def kernel32() -> Any:
    """Handles are pointers, which ctypes would cut to 32 bits."""
    library = ctypes.CDLL("kernel32", use_last_error=True)
    library.CreateIoCompletionPort.restype = library.CreateNamedPipeW.restype = ctypes.c_void_p
    library.CreateFileW.restype = ctypes.c_void_p
    return library


def _last_error() -> int:
    return int(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]


class Port:
    """The calls of a completion port."""

    def __init__(self, running: int = 0) -> None:
        """`running`: how many threads may run with packets of it; 0 for as many as there are processors."""
        self._kernel32 = kernel32()
        made = self._kernel32.CreateIoCompletionPort(ctypes.c_void_p(_NO_HANDLE), None, ctypes.c_size_t(0), running)
        self.handle = ctypes.c_void_p(self._checked(made))
        self._packets, self._count = (Packet * 16)(), ctypes.c_uint32()

    def __enter__(self) -> Port:
        return self

    def __exit__(self, *_: object) -> None:
        self._kernel32.CloseHandle(self.handle)

    def associate(self, handle: ctypes.c_void_p, key: int) -> None:
        """What is done with the file from now on is told here, with that key. Raises OSError."""
        self._checked(self._kernel32.CreateIoCompletionPort(handle, self.handle, ctypes.c_size_t(key), 0))

    def post(self, key: int) -> None:
        """Put a packet in by hand."""
        self._checked(self._kernel32.PostQueuedCompletionStatus(self.handle, 0, ctypes.c_size_t(key), None))

    def take(self, timeout: int = 0, most: int = 16) -> list[Packet]:
        """The packets, after at most so many milliseconds."""
        packets = (Packet * most)()
        number = ctypes.c_uint32()
        is_there = self._kernel32.GetQueuedCompletionStatusEx(
            self.handle, packets, most, ctypes.byref(number), timeout, False)
        return list(packets[: number.value]) if is_there else []

    def taker(self) -> Callable[[], object]:
        """What takes the packets that are there, with nothing of Python around the call."""
        call, handle, packets, number = (
            self._kernel32.GetQueuedCompletionStatusEx, self.handle, self._packets, ctypes.byref(self._count))
        return lambda: call(handle, packets, 16, number, PATIENCE, False)

    @staticmethod
    def _checked(result: Any) -> Any:
        if not result:
            raise OSError(_last_error(), f"Windows error {_last_error()}")
        return result


class Pipe:
    """A pipe: our end, whose operations overlap, and the other one, whose calls wait."""

    _numbers = count()

    def __init__(self) -> None:
        self._kernel32 = kernel32()
        name = f"\\\\.\\pipe\\ouroloop-{os.getpid()}-{next(self._numbers)}"
        here = self._kernel32.CreateNamedPipeW(name, _DUPLEX | _OVERLAPPED_FILE, 0, 1, 4096, 4096, 0, None)
        there = self._kernel32.CreateFileW(name, _READ_AND_WRITE, 0, None, _EXISTING, 0, None)
        if _NO_HANDLE in (here, there):
            raise OSError(_last_error(), f"Windows error {_last_error()}")
        self.here, self._there = ctypes.c_void_p(here), ctypes.c_void_p(there)

    def __enter__(self) -> Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._kernel32.CloseHandle(self._there)

    def close(self) -> None:
        """Close our end."""
        if self.here.value is not None:
            self._kernel32.CloseHandle(self.here)
            self.here = ctypes.c_void_p()

    def read(self, buffer: Any, length: int, overlapped: Overlapped) -> int:
        """Begin a read: 0 if it is done already, or Windows's error; ERROR_IO_PENDING if it has begun."""
        is_done = self._kernel32.ReadFile(self.here, buffer, length, None, ctypes.byref(overlapped))
        return 0 if is_done else _last_error()

    def send(self, data: bytes) -> None:
        """Write at the other end."""
        self._kernel32.WriteFile(self._there, data, len(data), ctypes.byref(ctypes.c_uint32()), None)

    def cancel(self, overlapped: Overlapped) -> None:
        """Ask for the end of an operation."""
        self._kernel32.CancelIoEx(self.here, ctypes.byref(overlapped))

    def skip_packets(self) -> None:
        """No packet for what is done at once."""
        self._kernel32.SetFileCompletionNotificationModes(self.here, _NO_PACKET_ON_SUCCESS)
