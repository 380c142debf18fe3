"""A pipe for an experiment, which is over when that is.

Theory of operation. Most experiments with the system's queues need something to read from, and to write to when it
suits them; a pipe is the simplest thing that has both. Windows's pipes are of another kind (`iocp.py` makes its own).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """The descriptors to read from and to write to. Both are open when this ends, and are closed by it."""
    here, there = os.pipe()
    try:
        yield here, there
    finally:
        os.close(here)
        os.close(there)


def unread(descriptor: int) -> int:
    """How many bytes lie in a pipe."""
    import fcntl  # Windows has neither; the labs that ask can be loaded there, and say why they cannot run
    import termios

    count: int = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0]
    return count
