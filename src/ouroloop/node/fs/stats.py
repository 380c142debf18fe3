"""What there is to know of a file: `Stats`, and of a directory's entry: `Dirent`."""

from __future__ import annotations

import os
import stat as _stat
from datetime import datetime, timedelta, timezone
from typing import Any

from ...loop import fs as loop_fs

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017


class Stats:
    """A file's status. https://nodejs.org/api/fs.html#class-fsstats

    Each of the times `atime`, `mtime`, `ctime` comes in three forms: `mtime_ns` (int, exact), `mtime_ms` (float) and
    `mtime` (datetime in UTC).
    """

    __slots__ = ("_info",)

    def __init__(self, info: os.stat_result) -> None:
        self._info = info

    dev = property(lambda self: self._info.st_dev, doc="The device that the file is on.")
    ino = property(lambda self: self._info.st_ino, doc="The file's number on its device.")
    mode = property(lambda self: self._info.st_mode, doc="Kind and permission bits.")
    nlink = property(lambda self: self._info.st_nlink, doc="How many names it has.")
    uid = property(lambda self: self._info.st_uid, doc="The owner's number.")
    gid = property(lambda self: self._info.st_gid, doc="The group's number.")
    rdev = property(lambda self: getattr(self._info, "st_rdev", 0), doc="Of a device file: which device it stands for.")
    size = property(lambda self: self._info.st_size, doc="In bytes.")
    blksize = property(lambda self: getattr(self._info, "st_blksize", 4096), doc="The good size of a read, in bytes.")
    blocks = property(lambda self: getattr(self._info, "st_blocks", 0), doc="Space taken, in units of 512 bytes.")

    atime_ns = property(lambda self: self._info.st_atime_ns, doc="Last access, ns since 1970.")
    mtime_ns = property(lambda self: self._info.st_mtime_ns, doc="Last change of the contents, ns since 1970.")
    ctime_ns = property(lambda self: self._info.st_ctime_ns, doc="Last change of the status, ns since 1970.")
    atime_ms = property(lambda self: self._info.st_atime_ns / 1e6, doc="Last access, ms since 1970.")
    mtime_ms = property(lambda self: self._info.st_mtime_ns / 1e6, doc="Last change of the contents, ms since 1970.")
    ctime_ms = property(lambda self: self._info.st_ctime_ns / 1e6, doc="Last change of the status, ms since 1970.")
    atime = property(lambda self: _datetime(self._info.st_atime_ns), doc="Last access.")
    mtime = property(lambda self: _datetime(self._info.st_mtime_ns), doc="Last change of the contents.")
    ctime = property(lambda self: _datetime(self._info.st_ctime_ns), doc="Last change of the status.")

    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return _stat.S_ISREG(self._info.st_mode)

    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return _stat.S_ISDIR(self._info.st_mode)

    def is_symbolic_link(self) -> bool:
        """Whether it is a symbolic link: only `lstat` finds one."""
        return _stat.S_ISLNK(self._info.st_mode)

    def is_fifo(self) -> bool:
        """Whether it is a FIFO."""
        return _stat.S_ISFIFO(self._info.st_mode)

    def is_socket(self) -> bool:
        """Whether it is a socket."""
        return _stat.S_ISSOCK(self._info.st_mode)

    def is_block_device(self) -> bool:
        """Whether it is a block device."""
        return _stat.S_ISBLK(self._info.st_mode)

    def is_character_device(self) -> bool:
        """Whether it is a character device."""
        return _stat.S_ISCHR(self._info.st_mode)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stats) and self._info == other._info

    def __hash__(self) -> int:
        return hash(self._info)

    def __repr__(self) -> str:
        return f"<Stats mode={self.mode:#o} size={self.size} mtime={self.mtime.isoformat()}>"


def _datetime(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)


class Dirent:
    """An entry of a directory. https://nodejs.org/api/fs.html#class-fsdirent"""

    __slots__ = ("_type", "name", "parent_path")

    def __init__(self, name: Any, parent_path: Any, kind: int) -> None:
        self.name = name
        """str, or bytes where that was asked for."""
        self.parent_path = parent_path
        """The directory that it is an entry of."""
        self._type = kind

    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self._type == loop_fs.DIRENT_FILE

    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self._type == loop_fs.DIRENT_DIR

    def is_symbolic_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self._type == loop_fs.DIRENT_LINK

    def is_fifo(self) -> bool:
        """Whether it is a FIFO."""
        return self._type == loop_fs.DIRENT_FIFO

    def is_socket(self) -> bool:
        """Whether it is a socket."""
        return self._type == loop_fs.DIRENT_SOCKET

    def is_block_device(self) -> bool:
        """Whether it is a block device."""
        return self._type == loop_fs.DIRENT_BLOCK

    def is_character_device(self) -> bool:
        """Whether it is a character device."""
        return self._type == loop_fs.DIRENT_CHAR

    def __repr__(self) -> str:
        return f"<Dirent {self.name!r} in {self.parent_path!r}>"
