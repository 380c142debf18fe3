"""kqueue's two calls: kqueue(2), and kevent(2), which takes changes and gives events. On Linux, libkqueue's."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable
from typing import Any

from ..machine_code import checked, libc, system

READ, VNODE, PROCESS, SIGNAL, TIMER = -1, -4, -5, -6, -7
ADD, DELETE, ENABLE, ONESHOT, CLEAR, DISPATCH, ERROR = 0x1, 0x2, 0x4, 0x10, 0x20, 0x80, 0x4000
WRITTEN, DELETED, RENAMED = 0x2, 0x1, 0x20
EXIT, AND_STATUS = 0x8000_0000, 0x0400_0000 if sys.platform == "darwin" else 0
MICROSECONDS = 0x4 if sys.platform.startswith("freebsd") else 0x2
_SYSTEMS = ("darwin", "freebsd", "openbsd")


class Event(ctypes.Structure):
    """struct kevent: number, filter, flags, the filter's flags and data, and what we want to be told with it."""

    _fields_ = [
        ("ident", ctypes.c_size_t), ("filter", ctypes.c_short), ("flags", ctypes.c_ushort), ("fflags", ctypes.c_uint),
        ("data", ctypes.c_ssize_t), ("udata", ctypes.c_void_p),
        *([("ext", ctypes.c_uint64 * 4)] if sys.platform.startswith("freebsd") else []),
    ]


class Kqueue:
    """The two calls."""

    def __init__(self) -> None:
        self.kevent = library().kevent
        self.fd = checked(library().kqueue())
        self._events = (Event * 16)()

    def __enter__(self) -> Kqueue:
        return self

    def __exit__(self, *_: object) -> None:
        library().close(self.fd)
        if hasattr(library(), "libkqueue_drain_pending_close"):  # it has a thread that sees to it, some time later
            library().libkqueue_drain_pending_close()

    def change(self, *changes: Event) -> None:
        """Say what to watch. Raises OSError."""
        listed = (Event * len(changes))(*changes)
        checked(self.kevent(self.fd, listed, len(changes), None, 0, None))

    def wait(self, timeout: float | None = 0) -> list[Event]:
        """What has happened, after at most so many seconds."""
        end = None if timeout is None else _timespec(timeout)
        count = checked(self.kevent(self.fd, None, 0, self._events, 16, end))
        return [Event.from_buffer_copy(event) for event in self._events[:count]]

    def waiter(self) -> Callable[[], object]:
        """A wait that returns at once, with nothing of Python around the call."""
        kevent, fd, events, end = self.kevent, self.fd, self._events, _timespec(0)
        return lambda: kevent(fd, None, 0, events, 16, end)


def _timespec(seconds: float) -> bytes:
    return struct.pack("ql", 0, int(seconds * 1e9))


def library() -> Any:
    """What has the two calls: the C library, or libkqueue. Raises `LookupError`, which says why there is none."""
    if sys.platform.startswith(_SYSTEMS):
        return libc()
    if not sys.platform.startswith("linux"):
        other = "Windows's queue is `ouro lab iocp`" if sys.platform == "win32" else "its kqueue has other numbers"
        raise LookupError(f"This is {system()}: {other}.")
    try:
        return ctypes.CDLL("libkqueue.so.0", use_errno=True)
    except OSError:
        raise LookupError(
            "This is Linux, whose queue is epoll (`ouro lab epoll`); there is a library that makes a kqueue of it, "
            "libkqueue, and it is not installed.") from None
