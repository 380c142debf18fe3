"""The operations on files, each in two forms: `stat_sync` blocks, `stat` does not.

The blocking one is written out; the other is derived from it, see `asynchronous`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...loop import fs as loop_fs
from ...loop.fs import Path, StatFs
from .asynchronous import asynchronous, checked
from .flags import F_OK, parse
from .stats import Dirent, Stats

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Data = Any
"""str or anything with the bytes of a buffer."""
Time = float | datetime
"""Seconds since 1970, or a datetime."""


def _decoded(data: bytes, encoding: str | None) -> bytes | str:
    """What cannot be decoded becomes U+FFFD, as in Node."""
    if encoding is None or encoding == "buffer":
        return data
    return data.decode(encoding, "replace")


def _encoded(data: Data, encoding: str) -> ReadableBuffer:
    if isinstance(data, str):
        return data.encode(encoding)
    buffer: ReadableBuffer = data
    return buffer


def _named(path: Any, encoding: str | None) -> Any:
    """A name as the caller wants it: `bytes` for "buffer", else as its path came."""
    return os.fsencode(path) if encoding == "buffer" else path


# Whole files


@checked
def read_file_sync(file: Path | int, encoding: str | None = None, flag: str | int = "r") -> Any:
    """The whole contents of a path, or of a descriptor from where it stands: `bytes`, or `str` with an `encoding`.

    https://nodejs.org/api/fs.html#fsreadfilepath-options-callback
    """
    return _decoded(loop_fs.read_file(file, parse(flag)), encoding)


@checked
def write_file_sync(
    file: Path | int,
    data: Data,
    encoding: str = "utf-8",
    mode: int = 0o666,
    flag: str | int = "w",
    flush: bool = False,
) -> None:
    """Write `data`, str or bytes, in place of what a path has; or to a descriptor where it stands.

    With `flush` it is on the disk afterwards (fsync).
    """
    loop_fs.write_file(file, _encoded(data, encoding), parse(flag), mode, flush)


@checked
def append_file_sync(
    file: Path | int,
    data: Data,
    encoding: str = "utf-8",
    mode: int = 0o666,
    flag: str | int = "a",
    flush: bool = False,
) -> None:
    """Write `data` after what a file has; the file is made if need be."""
    loop_fs.write_file(file, _encoded(data, encoding), parse(flag), mode, flush)


read_file = asynchronous(read_file_sync)
write_file = asynchronous(write_file_sync)
append_file = asynchronous(append_file_sync)


# Open files


@checked
def open_sync(path: Path, flags: str | int = "r", mode: int = 0o666) -> int:
    """Open or create a file; the result is its descriptor. It is to be closed: nobody else does."""
    return loop_fs.open(path, parse(flags), mode)


@checked
def close_sync(fd: int) -> None:
    """Close a descriptor."""
    loop_fs.close(fd)


@checked
def read_sync(fd: int, length: int = 16384, position: int | None = None) -> bytes:
    """Up to `length` bytes, from `position` or from where the file stands; empty at the end. `readv` fills buffers."""
    if position is None:
        return loop_fs.read(fd, length)
    return loop_fs.pread(fd, length, position)


@checked
def write_sync(fd: int, data: Data, position: int | None = None, encoding: str = "utf-8") -> int:
    """Write `data` at `position` or where the file stands; the result is how many bytes went, which may be fewer."""
    buffer = _encoded(data, encoding)
    if position is None:
        return loop_fs.write(fd, buffer)
    return loop_fs.pwrite(fd, buffer, position)


@checked
def readv_sync(fd: int, buffers: Sequence[WriteableBuffer], position: int | None = None) -> int:
    """Fill one buffer after the other; the result is the number of bytes read, 0 at the end."""
    if position is None:
        return loop_fs.readv(fd, buffers)
    return loop_fs.preadv(fd, buffers, position)


@checked
def writev_sync(fd: int, buffers: Sequence[ReadableBuffer], position: int | None = None) -> int:
    """Write one buffer after the other; the result is how many bytes went, which may be fewer."""
    if position is None:
        return loop_fs.writev(fd, buffers)
    return loop_fs.pwritev(fd, buffers, position)


@checked
def sendfile_sync(out_fd: int, in_fd: int, offset: int, length: int) -> int:
    """Send up to `length` bytes of `in_fd`, from `offset`, to `out_fd`; the result is how many went."""
    return loop_fs.sendfile(out_fd, in_fd, offset, length)


@checked
def ftruncate_sync(fd: int, length: int = 0) -> None:
    """Make an open file `length` bytes long: cut it, or fill it up with zeros."""
    loop_fs.ftruncate(fd, length)


@checked
def fsync_sync(fd: int) -> None:
    """Wait until everything written to the file, and its status, is on the disk."""
    loop_fs.fsync(fd)


@checked
def fdatasync_sync(fd: int) -> None:
    """Wait until everything written to the file is on the disk."""
    loop_fs.fdatasync(fd)


open = asynchronous(open_sync)
close = asynchronous(close_sync)
read = asynchronous(read_sync)
write = asynchronous(write_sync)
readv = asynchronous(readv_sync)
writev = asynchronous(writev_sync)
sendfile = asynchronous(sendfile_sync)
ftruncate = asynchronous(ftruncate_sync)
fsync = asynchronous(fsync_sync)
fdatasync = asynchronous(fdatasync_sync)


# What is known of a file


@checked
def stat_sync(path: Path) -> Stats:
    """A file's status; of a symbolic link's target."""
    return Stats(loop_fs.stat(path))


@checked
def lstat_sync(path: Path) -> Stats:
    """A file's status; of a symbolic link itself."""
    return Stats(loop_fs.lstat(path))


@checked
def fstat_sync(fd: int) -> Stats:
    """An open file's status."""
    return Stats(loop_fs.fstat(fd))


@checked
def statfs_sync(path: Path) -> StatFs:
    """The file system that `path` is on: its type, block size, and how many blocks and files it has and has left."""
    return loop_fs.statfs(path)


@checked
def access_sync(path: Path, mode: int = F_OK) -> None:
    """Fail unless this process may use `path` so: F_OK (it is there), or of R_OK, W_OK, X_OK those wanted."""
    loop_fs.access(path, mode)


@checked
def exists_sync(path: Path) -> bool:
    """Whether there is such a file. Opening it, and taking the error, is better: it may go in between."""
    try:
        os.stat(path)
    except (OSError, ValueError):
        return False
    return True


stat = asynchronous(stat_sync)
lstat = asynchronous(lstat_sync)
fstat = asynchronous(fstat_sync)
statfs = asynchronous(statfs_sync)
access = asynchronous(access_sync)
exists = asynchronous(exists_sync)


# Permissions, owners, times


@checked
def chmod_sync(path: Path, mode: int) -> None:
    """Set permission bits."""
    loop_fs.chmod(path, mode)


@checked
def fchmod_sync(fd: int, mode: int) -> None:
    """Set an open file's permission bits."""
    loop_fs.fchmod(fd, mode)


@checked
def chown_sync(path: Path, uid: int, gid: int) -> None:
    """Set owner and group; -1 leaves one as it is."""
    loop_fs.chown(path, uid, gid)


@checked
def fchown_sync(fd: int, uid: int, gid: int) -> None:
    """Set an open file's owner and group."""
    loop_fs.fchown(fd, uid, gid)


@checked
def lchown_sync(path: Path, uid: int, gid: int) -> None:
    """Set a symbolic link's own owner and group."""
    loop_fs.lchown(path, uid, gid)


@checked
def utimes_sync(path: Path, atime: Time, mtime: Time) -> None:
    """Set the times of last access and change: seconds since 1970, or datetimes."""
    loop_fs.utime(path, _seconds(atime), _seconds(mtime))


@checked
def futimes_sync(fd: int, atime: Time, mtime: Time) -> None:
    """`utimes` of an open file."""
    loop_fs.futime(fd, _seconds(atime), _seconds(mtime))


@checked
def lutimes_sync(path: Path, atime: Time, mtime: Time) -> None:
    """`utimes` of a symbolic link itself."""
    loop_fs.lutime(path, _seconds(atime), _seconds(mtime))


def _seconds(time: Time) -> float:
    return time.timestamp() if isinstance(time, datetime) else time


@checked
def truncate_sync(path: Path, length: int = 0) -> None:
    """Make a file `length` bytes long: cut it, or fill it up with zeros."""
    loop_fs.truncate(path, length)


chmod = asynchronous(chmod_sync)
fchmod = asynchronous(fchmod_sync)
chown = asynchronous(chown_sync)
fchown = asynchronous(fchown_sync)
lchown = asynchronous(lchown_sync)
utimes = asynchronous(utimes_sync)
futimes = asynchronous(futimes_sync)
lutimes = asynchronous(lutimes_sync)
truncate = asynchronous(truncate_sync)


# Names


@checked
def rename_sync(old_path: Path, new_path: Path) -> None:
    """Give a file another name, replacing what has it, in one step."""
    loop_fs.rename(old_path, new_path)


@checked
def link_sync(existing_path: Path, new_path: Path) -> None:
    """Give a file a second name."""
    loop_fs.link(existing_path, new_path)


@checked
def symlink_sync(target: Path, path: Path) -> None:
    """Make `path` a symbolic link that says `target`."""
    loop_fs.symlink(target, path)


@checked
def readlink_sync(path: Path, encoding: str | None = None) -> Any:
    """What a symbolic link says; `bytes` with the encoding "buffer"."""
    return _named(loop_fs.readlink(path), encoding)


@checked
def realpath_sync(path: Path, encoding: str | None = None) -> Any:
    """The absolute path without symbolic links, `.` and `..`; `bytes` with the encoding "buffer"."""
    return _named(loop_fs.realpath(path), encoding)


@checked
def unlink_sync(path: Path) -> None:
    """Remove a name; the file goes with its last one."""
    loop_fs.unlink(path)


@checked
def copy_file_sync(source: Path, destination: Path, mode: int = 0) -> None:
    """Copy contents and permission bits. `mode`: constants.COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE."""
    loop_fs.copyfile(source, destination, mode)


rename = asynchronous(rename_sync)
link = asynchronous(link_sync)
symlink = asynchronous(symlink_sync)
readlink = asynchronous(readlink_sync)
realpath = asynchronous(realpath_sync)
unlink = asynchronous(unlink_sync)
copy_file = asynchronous(copy_file_sync)


# Directories


@checked
def mkdtemp_sync(prefix: Path, encoding: str | None = None) -> Any:
    """Make a directory for this user alone, named `prefix` and six random letters or digits; the result is its path."""
    return _named(loop_fs.mkdtemp(prefix), encoding)


@checked
def rmdir_sync(path: Path) -> None:
    """Remove an empty directory; for others there is `rm`."""
    loop_fs.rmdir(path)


@checked
def readdir_sync(
    path: Path, encoding: str | None = None, *, with_file_types: bool = False, recursive: bool = False
) -> list[Any]:
    """A directory's entries without `.` and `..`, sorted: names, or with `with_file_types` objects (`Dirent`).

    With `recursive` also those of its subdirectories, directory after directory, as paths relative to `path`.
    With the encoding "buffer", or a `path` of bytes, names are `bytes`.
    """
    top = _named(os.fspath(path), encoding)
    if not recursive:
        if with_file_types:
            return [Dirent(name, top, kind) for name, kind in loop_fs.readdir(top)]
        return loop_fs.readdir_names(top)
    found: list[Any] = []
    waiting = [top]
    for directory in waiting:
        for name, kind in loop_fs.readdir(directory):
            below = os.path.join(directory, name)
            found.append(Dirent(name, directory, kind) if with_file_types else os.path.relpath(below, top))
            if kind == loop_fs.DIRENT_DIR:
                waiting.append(below)
    return found


mkdtemp = asynchronous(mkdtemp_sync)
rmdir = asynchronous(rmdir_sync)
readdir = asynchronous(readdir_sync)
