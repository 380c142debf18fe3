"""The file system: libuv's `uv_fs_*`, each one an ordinary function that blocks, and one way to run any on the pool.

Theory of operation. The operating system has no readiness for files: a read of one either returns or keeps its thread.
So each operation is written once, as a synchronous function, and `submit` runs it on the loop's thread pool:

    info = fs.stat("/etc/hosts")                                  # here and now
    request = fs.submit(loop, callback, fs.stat, "/etc/hosts")    # callback(error, info) in a later poll step

There is no second copy, so the two forms cannot differ. Where the standard library's function does just what libuv's
does (it retries EINTR, sets close-on-exec, raises `OSError` with the path), it *is* the function here.

What surprises people: an operation that a thread has begun cannot be cancelled, and an `open` of a FIFO that nobody
writes to keeps its thread until somebody does. `read_file` and `write_file` are one job each, not one for each
system call: three hand-overs between threads would cost more than the work. And a path may be `bytes`: Linux has file
names that no text encoding knows. As `str` those come and go with surrogate escapes, unharmed.
"""

from __future__ import annotations

import errno
import math
import os
import random
import stat as _mode
import struct
import sys
from contextlib import contextmanager, suppress
from functools import partial
from os import (
    close,
    fchmod,
    fdatasync,
    fsync,
    ftruncate,
    lstat,
    pread,
    pwrite,
    read,
    rmdir,
    stat,
    symlink,
    truncate,
    unlink,
    write,
)
from typing import NamedTuple

from .errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeAlias

    from _typeshed import ReadableBuffer, WriteableBuffer

    from .loop import Loop
    from .threadpool import Work

Path: TypeAlias = "str | bytes | os.PathLike[str] | os.PathLike[bytes]"

__all__ = [
    "COPYFILE_EXCL", "COPYFILE_FICLONE", "COPYFILE_FICLONE_FORCE", "DIRENT_BLOCK", "DIRENT_CHAR", "DIRENT_DIR",
    "DIRENT_FIFO", "DIRENT_FILE", "DIRENT_LINK", "DIRENT_SOCKET", "DIRENT_UNKNOWN", "Dir", "Dirent", "Path", "StatFs",
    "access", "append_file", "chmod", "chown", "close", "copyfile", "dirent_type", "fchmod", "fchown", "fdatasync",
    "fstat", "fsync",
    "ftruncate", "futime", "lchown", "link", "lstat", "lutime", "mkdir", "mkdtemp", "open", "open_dir", "pread",
    "preadv", "pwrite", "pwritev", "read", "read_file", "readdir", "readdir_names", "readlink", "readv", "realpath",
    "rename", "rmdir", "sendfile", "stat", "statfs", "submit", "symlink", "truncate", "unlink", "utime", "write",
    "write_file", "writev",
]

COPYFILE_EXCL = 1
"""`copyfile` fails with EEXIST if the destination exists."""
COPYFILE_FICLONE = 2
"""`copyfile` shares the data's blocks until one side writes, where the file system can; else it copies."""
COPYFILE_FICLONE_FORCE = 4
"""`copyfile` shares the data's blocks, and fails with ENOTSUP (or the system's own word) where it cannot."""

DIRENT_UNKNOWN, DIRENT_FILE, DIRENT_DIR, DIRENT_LINK, DIRENT_FIFO, DIRENT_SOCKET, DIRENT_CHAR, DIRENT_BLOCK = range(8)

_DIRENT_BY_MODE = {
    _mode.S_IFREG: DIRENT_FILE, _mode.S_IFDIR: DIRENT_DIR, _mode.S_IFLNK: DIRENT_LINK, _mode.S_IFIFO: DIRENT_FIFO,
    _mode.S_IFSOCK: DIRENT_SOCKET, _mode.S_IFCHR: DIRENT_CHAR, _mode.S_IFBLK: DIRENT_BLOCK,
}
_names: dict[Callable[..., Any], str] = {}
_FICLONE = 0x40049409
_IOV_MAX = 1024
_CHUNK = 1 << 16
_COPY_CHUNK = 1 << 30
_TEMPLATE_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_TEMPLATE_TRIES = 238_328
_CANNOT_COPY_RANGE = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY, errno.EBADF, errno.EIO}
)


def submit(
    loop: Loop, callback: Callable[[Any, Any], object] | None, function: Callable[..., Any], *args: Any, **options: Any
) -> Work:
    """Run `function(*args, **options)` on `loop`'s pool, then `callback(error, result)` in the poll step.

    Returns the request: its `cancel()` makes the error ECANCELED, or raises EBUSY when a thread has begun.
    """
    name = _names.get(function)
    if name is None:
        # `read_file_sync`, as a job, is no longer synchronous: it is `read_file`. And `stat_into` is `stat`.
        plain = getattr(function, "__name__", "operation").removesuffix("_sync").removesuffix("_into")
        name = _names[function] = f"fs.{plain.lstrip('_')}"
    return loop.pool.submit(partial(function, *args, **options), callback, brief=True, name=name)


# Files


def open(path: Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open or create a file; returns its descriptor, which no child process inherits (open(2))."""
    return os.open(path, flags, mode)


def fstat(fd: int) -> os.stat_result:
    """What `stat` tells, of an open file (fstat(2))."""
    return os.fstat(fd)


def readv(fd: int, buffers: Sequence[WriteableBuffer]) -> int:
    """Fill `buffers` from where the file stands; returns how many bytes came (readv(2)). Beyond the first 1024 none."""
    return os.readv(fd, buffers[:_IOV_MAX])


def preadv(fd: int, buffers: Sequence[WriteableBuffer], position: int) -> int:
    """`readv` from `position`, which does not move where the file stands (preadv(2))."""
    return os.preadv(fd, buffers[:_IOV_MAX], position)


def writev(fd: int, buffers: Sequence[ReadableBuffer]) -> int:
    """Write `buffers` where the file stands; returns how many bytes went (writev(2)); over 1024 take several calls."""
    if len(buffers) <= _IOV_MAX:
        return os.writev(fd, buffers)
    return _write_in_parts(buffers, lambda part, _: os.writev(fd, part))


def pwritev(fd: int, buffers: Sequence[ReadableBuffer], position: int) -> int:
    """`writev` at `position`, which does not move where the file stands (pwritev(2))."""
    if len(buffers) <= _IOV_MAX:
        return os.pwritev(fd, buffers, position)
    return _write_in_parts(buffers, lambda part, total: os.pwritev(fd, part, position + total))


def _write_in_parts(
    buffers: Sequence[ReadableBuffer], write_part: Callable[[Sequence[ReadableBuffer], int], int]
) -> int:
    """As far as it goes: an error after the first part is left to the next call."""
    total = 0
    for start in range(0, len(buffers), _IOV_MAX):
        part = buffers[start : start + _IOV_MAX]
        try:
            written = write_part(part, total)
        except OSError:
            if total:
                break
            raise
        total += written
        if written < sum(memoryview(buffer).nbytes for buffer in part):
            break
    return total


def read_file(path: Path | int, flags: int = os.O_RDONLY) -> bytes:
    """The whole file in one job: of a path, or of a descriptor from where it stands, which stays open.

    A regular file is read up to the size it has at the start; anything else (a pipe, a file in /proc) to its end.
    """
    if isinstance(path, int):
        return _read_to_end(path)
    fd = os.open(path, flags)
    try:
        return _read_to_end(fd)
    except OSError as exc:
        exc.filename = os.fspath(path)
        raise
    finally:
        os.close(fd)


def _read_to_end(fd: int) -> bytes:
    info = os.fstat(fd)
    size = info.st_size if _mode.S_ISREG(info.st_mode) else 0
    data = os.read(fd, size or _CHUNK)
    if len(data) == size or not data:
        return data
    chunks, have = [data], len(data)
    while have != size:
        data = os.read(fd, size - have if size else _CHUNK)
        if not data:
            break
        chunks.append(data)
        have += len(data)
    return b"".join(chunks)


def write_file(
    path: Path | int,
    data: ReadableBuffer,
    flags: int = os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    mode: int = 0o666,
    flush: bool = False,
) -> None:
    """Write all of `data` in one job: to a path, or to a descriptor where it stands.

    With `flush`, onto the disk (fsync). What was written before an error stays.
    """
    if isinstance(path, int):
        _write_all(path, data, flush)
        return
    fd = os.open(path, flags, mode)
    try:
        _write_all(fd, data, flush)
    except OSError as exc:
        exc.filename = os.fspath(path)
        raise
    finally:
        os.close(fd)


def append_file(path: Path | int, data: ReadableBuffer, mode: int = 0o666, flush: bool = False) -> None:
    """`write_file` at the end of what is there."""
    write_file(path, data, os.O_WRONLY | os.O_CREAT | os.O_APPEND, mode, flush)


def _write_all(fd: int, data: ReadableBuffer, flush: bool) -> None:
    with memoryview(data) as whole, whole.cast("B") as view:
        written, size = 0, len(view)
        while written < size:
            written += os.write(fd, view[written:] if written else view)
    if flush:
        os.fsync(fd)


def copyfile(source: Path, destination: Path, flags: int = 0) -> None:
    """Copy a file's data and permission bits (uv_fs_copyfile). `flags` are the COPYFILE_* ones.

    A destination that could not be completed is removed. A file copied onto itself stays as it is.
    Errors carry both paths.
    """
    try:
        _copyfile(source, destination, flags)
    except OSError as exc:
        exc.filename, exc.filename2 = os.fspath(source), os.fspath(destination)
        raise


def _copyfile(source: Path, destination: Path, flags: int) -> None:
    if flags & ~(COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE):
        raise error(errno.EINVAL)
    with _opened(os.open(source, os.O_RDONLY)) as reader:
        info = os.fstat(reader)
        if _mode.S_ISDIR(info.st_mode):
            raise error(errno.EISDIR)
        exclusive = os.O_EXCL if flags & COPYFILE_EXCL else 0
        with _opened(os.open(destination, os.O_WRONLY | os.O_CREAT | exclusive, info.st_mode & 0o7777)) as writer:
            there = os.fstat(writer)
            if os.path.samestat(info, there):
                return
            try:
                if _mode.S_ISREG(there.st_mode):
                    os.ftruncate(writer, 0)
                    _copy_mode(writer, info.st_mode & 0o7777)
                _copy_data(reader, writer, info.st_size, flags)
            except BaseException:
                if _mode.S_ISREG(there.st_mode):
                    with suppress(OSError):
                        os.unlink(destination)
                raise


@contextmanager
def _opened(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def _copy_mode(fd: int, mode: int) -> None:
    try:
        os.fchmod(fd, mode)
    except PermissionError as exc:
        # Some network file systems know no modes, and say so with EPERM even to the owner.
        if exc.errno != errno.EPERM or os.fstat(fd).st_uid != os.geteuid():
            raise


def _copy_data(reader: int, writer: int, size: int, flags: int) -> None:
    if flags & (COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE):
        try:
            return _clone(reader, writer)
        except OSError:
            if flags & COPYFILE_FICLONE_FORCE:
                raise
    # Files in /proc claim to be empty, and are so to copy_file_range.
    if size and (_copy_range(reader, writer) or _copy_sendfile(reader, writer)):
        return None
    while chunk := os.read(reader, _CHUNK):
        _write_all(writer, chunk, False)
    return None


def _clone(reader: int, writer: int) -> None:
    if not sys.platform.startswith("linux"):
        raise error(errno.ENOTSUP)
    from fcntl import ioctl

    ioctl(writer, _FICLONE, reader)


def _copy_range(reader: int, writer: int) -> bool:
    """Copy the rest inside the kernel. False if that is not possible here; what was copied until then counts."""
    if not hasattr(os, "copy_file_range"):
        return False
    try:
        while os.copy_file_range(reader, writer, _COPY_CHUNK):
            pass
    except OSError as exc:
        if exc.errno in _CANNOT_COPY_RANGE:
            return False
        raise
    return True


def _copy_sendfile(reader: int, writer: int) -> bool:
    """`_copy_range` for older kernels and between file systems."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        # The call takes an offset, or moves the descriptor's own position when there is none.
        while os.sendfile(writer, reader, None, _COPY_CHUNK):
            pass
    except OSError as exc:
        if exc.errno in _CANNOT_COPY_RANGE:
            return False
        raise
    return True


def sendfile(out_fd: int, in_fd: int, offset: int, length: int) -> int:
    """Send up to `length` bytes of `in_fd`, from `offset`, to `out_fd`; returns how many went (uv_fs_sendfile).

    Where the system cannot do it between these two, it is done by reading and writing.
    """
    try:
        return os.sendfile(out_fd, in_fd, offset, length)
    except OSError as exc:
        if exc.errno not in (errno.EINVAL, errno.EIO, errno.ENOTSOCK, errno.EXDEV, errno.ENOSYS):
            raise
    sent = 0
    while sent < length:
        chunk = os.pread(in_fd, min(_CHUNK, length - sent), offset + sent)
        if not chunk:
            break
        _write_all(out_fd, chunk, False)
        sent += len(chunk)
    return sent


def access(path: Path, mode: int = os.F_OK) -> None:
    """Raise `OSError` unless this process's real user may use `path` so (access(2)).

    `mode` is `os.F_OK` (is it there?), or of `R_OK`, `W_OK`, `X_OK` those wanted.
    """
    if os.access(path, mode):
        return
    os.stat(path)  # raises what kept us from the file itself
    if mode & os.W_OK and os.statvfs(path).f_flag & os.ST_RDONLY:
        raise error(errno.EROFS, os.fspath(path))
    raise error(errno.EACCES, os.fspath(path))


# Times, owners, permissions


def utime(path: Path, atime: float, mtime: float) -> None:
    """Set the times of last access and modification, in seconds since 1970 (utimensat(2))."""
    _set_times(path, atime, mtime, True)


def futime(fd: int, atime: float, mtime: float) -> None:
    """`utime` of an open file."""
    os.utime(fd, ns=(_nanoseconds(atime), _nanoseconds(mtime)))


def lutime(path: Path, atime: float, mtime: float) -> None:
    """`utime` of a symbolic link itself."""
    _set_times(path, atime, mtime, False)


def _set_times(path: Path, atime: float, mtime: float, follow: bool) -> None:
    times = _nanoseconds(atime), _nanoseconds(mtime)
    try:
        os.utime(path, ns=times, follow_symlinks=follow)
    except OSError as exc:
        exc.filename = os.fspath(path)  # the one call that leaves it out
        raise


def _nanoseconds(seconds: float) -> int:
    """Without loss: a float of today's seconds, times 10**9, would be rounded to 256 ns."""
    if not math.isfinite(seconds):
        raise error(errno.EINVAL)
    whole = math.floor(seconds)
    return whole * 1_000_000_000 + round((seconds - whole) * 1e9)


def chmod(path: Path, mode: int) -> None:
    """Set permission bits; of a symbolic link's target (chmod(2))."""
    os.chmod(path, mode)


def chown(path: Path, uid: int, gid: int) -> None:
    """Set owner and group; -1 leaves one as it is; follows symbolic links (chown(2))."""
    os.chown(path, uid, gid)


def fchown(fd: int, uid: int, gid: int) -> None:
    """`chown` of an open file."""
    os.fchown(fd, uid, gid)


def lchown(path: Path, uid: int, gid: int) -> None:
    """`chown` of a symbolic link itself."""
    os.lchown(path, uid, gid)


# Names


def mkdir(path: Path, mode: int = 0o777) -> None:
    """Make a directory (mkdir(2))."""
    os.mkdir(path, mode)


def mkdtemp(prefix: Path) -> str | bytes:
    """Make a directory for this user alone, named `prefix` and six random letters or digits; returns its path."""
    start = os.fspath(prefix)
    choose = random.SystemRandom().choices
    for _ in range(_TEMPLATE_TRIES):
        ending = "".join(choose(_TEMPLATE_LETTERS, k=6))
        path = start + ending if isinstance(start, str) else start + ending.encode()
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            continue
        except OSError as exc:
            exc.filename = start + "XXXXXX" if isinstance(start, str) else start + b"XXXXXX"
            raise
        return path
    raise error(errno.EEXIST, start)


def rename(old: Path, new: Path) -> None:
    """Give a file another name, replacing what has it, in one step (rename(2))."""
    os.rename(old, new)


def link(existing: Path, new: Path) -> None:
    """Give a file a second name (link(2))."""
    os.link(existing, new)


def readlink(path: Path) -> str | bytes:
    """A symbolic link's text; `bytes` for a path of `bytes` (readlink(2))."""
    name: Any = os.fspath(path)
    text: str | bytes = os.readlink(name)
    return text


def realpath(path: Path) -> str | bytes:
    """The absolute path without symbolic links, `.` and `..`; it must exist (realpath(3))."""
    if not os.fspath(path):
        raise error(errno.ENOENT, os.fspath(path))
    return os.path.realpath(path, strict=True)


# File systems


class StatFs(NamedTuple):
    """A file system: `type` is its magic number, sizes are in blocks of `bsize` bytes (statfs(2))."""

    type: int
    bsize: int
    frsize: int
    blocks: int
    bfree: int
    bavail: int
    files: int
    ffree: int


def statfs(path: Path) -> StatFs:
    """The file system that `path` is on. `type` is 0 where the system doesn't tell."""
    info = os.statvfs(path)
    return StatFs(
        _file_system_type(path), info.f_bsize, info.f_frsize, info.f_blocks, info.f_bfree, info.f_bavail,
        info.f_files, info.f_ffree,
    )


def _file_system_type(path: Path) -> int:
    """statvfs(3), all that the standard library has, leaves out the one field that statfs(2) has first."""
    if not sys.platform.startswith("linux"):
        return 0
    from .libc import buffer, call

    answer = buffer(256)
    call("statfs", os.fsencode(path), answer, filename=os.fspath(path))
    return int(struct.unpack_from("l", answer)[0])


# Directories


class Dirent(NamedTuple):
    """An entry of a directory: its name (`bytes` in a directory of a `bytes` path) and one of DIRENT_*."""

    name: Any
    type: int


class Dir:
    """An open directory, read piece by piece (libuv's `uv_dir_t`). One thread at a time."""

    __slots__ = ("_entries", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: Any = os.scandir(path)

    def read(self, count: int = 32) -> list[Dirent]:
        """Up to `count` further entries, in the directory's own order; none at its end. Raises EBADF when closed."""
        entries = self._entries
        if entries is None:
            raise error(errno.EBADF)
        found = []
        for entry in entries:
            found.append(Dirent(entry.name, dirent_type(entry)))
            if len(found) == count:
                break
        return found

    def close(self) -> None:
        """Give the descriptor back. Closing a closed one raises EBADF."""
        entries, self._entries = self._entries, None
        if entries is None:
            raise error(errno.EBADF)
        entries.close()


def open_dir(path: Path) -> Dir:
    """Open a directory for reading it piece by piece: for those with very many entries (opendir(3))."""
    return Dir(path)


def readdir(path: Path) -> list[Dirent]:
    """All entries with their types, without `.` and `..`, sorted by the bytes of their names (uv_fs_scandir)."""
    with os.scandir(path) as entries:
        found = [Dirent(entry.name, dirent_type(entry)) for entry in entries]
    found.sort(key=_sort_key)
    return found


def readdir_names(path: Path) -> list[Any]:
    """The names of `readdir`, without the types."""
    names: list[Any] = os.listdir(path)
    names.sort(key=os.fsencode)
    return names


def _sort_key(entry: Dirent) -> bytes:
    return os.fsencode(entry.name)


def dirent_type(entry: os.DirEntry[Any]) -> int:
    """The DIRENT_* of an entry of `os.scandir`.

    From what the directory itself says, without a call for each file, for the three kinds that nearly all are.
    """
    try:
        if entry.is_symlink():
            return DIRENT_LINK
        if entry.is_dir(follow_symlinks=False):
            return DIRENT_DIR
        if entry.is_file(follow_symlinks=False):
            return DIRENT_FILE
        return _DIRENT_BY_MODE.get(_mode.S_IFMT(entry.stat(follow_symlinks=False).st_mode), DIRENT_UNKNOWN)
    except OSError:
        return DIRENT_UNKNOWN  # gone since
