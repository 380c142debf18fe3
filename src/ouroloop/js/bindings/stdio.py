"""stdio: writing to standard output and standard error, whole and at once."""

from __future__ import annotations

import errno
import os
import select


def write(fd: int, data: bytes) -> int:
    """Write all of `data`, waiting where the other side is slow. 0, or a negative errno."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            select.select([], [fd], [])
        except OSError as exc:
            return -(exc.errno or errno.EIO)
    return 0


def write_text(fd: int, text: str) -> int:
    """Write all of `text` as UTF-8. 0, or a negative errno."""
    return write(fd, text.encode("utf-8", "replace"))


OPERATIONS = {"write": write, "writeText": write_text}
