"""module_loader: the files that `require` and `import` look at, in few and fat operations."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

on_read: Callable[[str], object] | None = None
"""Called with the path of each source file that is read (watch mode)."""


def read_source(path: str) -> str | int:
    """The text of a source file; bytes that are not UTF-8 become U+FFFD. A negative errno if it cannot be read."""
    if on_read is not None:
        on_read(path)
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode("utf-8", "replace")
    except OSError as exc:
        return -(exc.errno or errno.EIO)


def real_path(path: str) -> str | int:
    """`path` without symbolic links."""
    try:
        return os.path.realpath(path, strict=True)
    except OSError as exc:
        return -(exc.errno or errno.EIO)


def kind(path: str) -> int:
    """0 for a file, 1 for a directory, -1 for nothing."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return -1
    return 1 if mode & 0o170000 == 0o040000 else 0


OPERATIONS = {"readSource": read_source, "realPath": real_path, "kind": kind}
