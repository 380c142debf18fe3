"""epoll's three calls: epoll_create1(2), epoll_ctl(2), epoll_wait(2); and epoll_pwait2, whose timeout is finer."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable

from ..machine_code import checked, libc, machine

ADD, DELETE, MODIFY = 1, 2, 3
IN, ONESHOT, EDGE, EXCLUSIVE = 0x1, 1 << 30, 1 << 31, 1 << 28
_PWAIT2 = 441


class Event(ctypes.Structure):
    """struct epoll_event: which events, and what we want to be told with them. On x86-64 it has no gap."""

    _pack_ = 1 if machine() == "x86-64" else 8
    _fields_ = [("events", ctypes.c_uint32), ("data", ctypes.c_uint64)]


class Epoll:
    """The three calls."""

    def __init__(self) -> None:
        self._libc = libc()
        self.fd = checked(self._libc.epoll_create1(os.O_CLOEXEC))
        self._events = (Event * 16)()

    def __enter__(self) -> Epoll:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def control(self, operation: int, fd: int, events: int = IN) -> None:
        """Put a descriptor in, change its events, take it out."""
        checked(self._libc.epoll_ctl(self.fd, operation, fd, ctypes.byref(Event(events, fd))))

    def wait(self, timeout: int = 0, most: int = 16) -> list[int]:
        """The descriptors that are ready, after at most so many milliseconds."""
        count = checked(self._libc.epoll_wait(self.fd, self._events, most, timeout))
        return [event.data for event in self._events[:count]]

    def wait_exactly(self, seconds: float) -> None:
        """epoll_pwait2: its timeout is in nanoseconds."""
        timeout = struct.pack("qq", 0, int(seconds * 1e9))
        checked(self._libc.syscall(_PWAIT2, self.fd, self._events, 16, timeout, None, ctypes.c_size_t(8)))

    def waiter(self) -> Callable[[], object]:
        """A wait that returns at once, with nothing of Python around the call."""
        wait, fd, events = self._libc.epoll_wait, self.fd, self._events
        return lambda: wait(fd, events, 16, 0)
