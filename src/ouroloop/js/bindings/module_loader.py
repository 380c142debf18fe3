"""module_loader: the files that `require` and `import` look at, in few and fat operations."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

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


class RealPaths:
    """Paths without symbolic links. Folders are asked once: those of a program's files are few, and the same."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def find(self, path: str) -> str | int:
        """`path` without symbolic links; a negative errno if it has no end."""
        folder, _, name = path.rpartition("/")
        try:
            if not folder or not name:
                return os.path.realpath(path, strict=True)
            real = self._folders.get(folder)
            if real is None:
                real = self._folders[folder] = os.path.realpath(folder, strict=True)
            whole = f"{real.rstrip('/')}/{name}"
            is_link = os.lstat(whole).st_mode & 0o170000 == 0o120000
            return os.path.realpath(whole, strict=True) if is_link or name in (".", "..") else whole
        except OSError as exc:
            return -(exc.errno or errno.EIO)


def kind(path: str) -> int:
    """0 for a file, 1 for a directory, -1 for nothing."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return -1
    return 1 if mode & 0o170000 == 0o040000 else 0


def operations(_runtime: Any) -> dict[str, Callable[..., object]]:
    """For `internal/modules/cjs/loader` and the loader of ES modules."""
    return {"readSource": read_source, "realPath": RealPaths().find, "kind": kind}
