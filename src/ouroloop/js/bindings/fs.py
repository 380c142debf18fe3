"""fs: the file operations, each in a form that waits and in one that runs on the thread pool.

Theory of operation. `loop.fs` has each operation once, as a function that blocks. Here it becomes two operations of
JavaScript: `rename(old, new)` returns its result, or a negative errno; `renameAsync(request, old, new)` returns at once
and tells the result to the request. The most frequent ones that wait are natives instead (`natives/fs.py`). Stats are
written into memory that JavaScript reads; buffers to be read into or written from are given as an address and a length,
so that the bytes are not copied.

What surprises people: a path is text or, for a Buffer, bytes. Names come back as text (what is not UTF-8 becomes
U+FFFD), or as bytes where the caller asks for that.
"""

from __future__ import annotations

import errno
import os
import stat
from functools import partial

from ...loop import fs
from ..engine import memory
from ..natives.fs import STATX_SIZE, fstat_into, pack, stat_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime

Path = str | bytes

_MAX_READ_FILE = 2**31 - 1
_MAX_LINKS = 40
_FILE_DIGIT = str(fs.DIRENT_FILE)

# What blocks: each of these raises OSError, or returns what JavaScript gets.

def _open(path: Path, flags: int, mode: int) -> int:
    return os.open(path, int(flags), int(mode))


def _close(fd: int) -> None:
    os.close(int(fd))


def _read(fd: int, address: float, length: int, position: float) -> int:
    """Read into memory; from where the file stands if `position` is negative."""
    view = memory(int(address), int(length))
    if position < 0:
        return os.readv(int(fd), [view])
    return os.preadv(int(fd), [view], int(position))


def _write(fd: int, address: float, length: int, position: float) -> int:
    view = memory(int(address), int(length))
    if position < 0:
        return os.write(int(fd), view)
    return os.pwrite(int(fd), view, int(position))


def _views(pieces: list[float]) -> list[memoryview]:
    return [memory(int(pieces[index]), int(pieces[index + 1])) for index in range(0, len(pieces), 2)]


def _readv(fd: int, pieces: list[float], position: float) -> int:
    if position < 0:
        return fs.readv(int(fd), _views(pieces))
    return fs.preadv(int(fd), _views(pieces), int(position))


def _writev(fd: int, pieces: list[float], position: float) -> int:
    if position < 0:
        return fs.writev(int(fd), _views(pieces))
    return fs.pwritev(int(fd), _views(pieces), int(position))


def _read_file(target: Path | float, flags: int) -> bytes | int:
    """A whole file; its size if that is too much. An error that names no file is one of reading."""
    if not isinstance(target, (str, bytes)):
        return fs.read_file(int(target))
    fd = os.open(target, int(flags), 0o666)
    try:
        size = os.fstat(fd).st_size
        return fs.read_file(fd) if size <= _MAX_READ_FILE else size
    finally:
        os.close(fd)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _readdir(path: Path, as_bytes: bool) -> list[bytes] | str:
    """Names; as text they come as one, with slashes between them."""
    names = fs.readdir_names(os.fsencode(path))
    return names if as_bytes else _text(b"/".join(names))


def _names_and_types(entries: list[fs.Dirent], as_bytes: bool) -> list[Any]:
    """Names as `_readdir` gives them, and a digit for the type (UV_DIRENT_*) of each."""
    names = [entry.name for entry in entries]
    return [names if as_bytes else _text(b"/".join(names)), "".join(map(str, [entry.type for entry in entries]))]


def _readdir_types(path: Path, as_bytes: bool) -> list[Any]:
    with os.scandir(os.fsencode(path)) as entries:
        found = sorted([(entry.name, _type_digit(entry)) for entry in entries])
    names = [name for name, _ in found]
    return [names if as_bytes else _text(b"/".join(names)), "".join([digit for _, digit in found])]


def _type_digit(entry: os.DirEntry[bytes]) -> str:
    if entry.is_file(follow_symlinks=False):  # most are
        return _FILE_DIGIT
    return str(fs.dirent_type(entry))


def _as_asked(path: str | bytes, as_bytes: bool) -> Path:
    return os.fsencode(path) if as_bytes else _text(os.fsencode(path))


def _readlink(path: Path, as_bytes: bool) -> Path:
    return _as_asked(fs.readlink(path), as_bytes)


def _realpath(path: Path, as_bytes: bool) -> Path | list[Any]:
    """The path without links, found step by step; or where that failed, and why: `[negative errno, path]`."""
    rest = os.path.abspath(os.fsencode(path)).split(b"/")[:0:-1]
    done, links = b"/", 0
    try:
        while rest:
            name = rest.pop()
            at = os.path.join(done, name)
            if name in (b"", b".", b".."):
                done = os.path.normpath(at)
            elif stat.S_ISLNK(os.lstat(at).st_mode):
                links += 1
                if links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), at)
                kind, text = os.stat(at).st_mode, os.readlink(at)
                if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
                    # In /proc, what such a link says is no path.
                    return _as_asked(os.path.join(done, text), as_bytes)
                rest += text.split(b"/")[::-1]
                done = b"/" if text.startswith(b"/") else done
            else:
                done = at
    except OSError as exc:
        return [_errno(exc), _as_asked(exc.filename or path, False)]
    return _as_asked(done, as_bytes)


def _realpath_native(path: Path, as_bytes: bool) -> Path:
    return _as_asked(fs.realpath(path), as_bytes)


def _mkdtemp(prefix: Path, as_bytes: bool) -> Path:
    return _as_asked(fs.mkdtemp(prefix), as_bytes)


def _mkdir(path: Path, mode: int) -> None:
    os.mkdir(path, int(mode))


def _make_tree(path: Path, mode: int) -> Path | None:
    """mkdir -p; the first directory that was made. The path is taken as it stands: `a/../b` makes `a` too."""
    name = os.fsencode(path)
    missing = [name]
    first = None
    while missing:
        at = missing[-1]
        try:
            os.mkdir(at, int(mode))
            first = first or at
        except FileNotFoundError:
            parent = os.path.dirname(at.rstrip(b"/"))
            if not parent or parent == at or first is not None:
                raise
            missing.append(parent)
            continue
        except FileExistsError as exc:
            if not os.path.isdir(at):
                # On the way there something is in the way; at its end it exists.
                raise (OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) if at != name else exc) from None
        missing.pop()
    return None if first is None else _text(first)


def _statfs(path: Path) -> list[float]:
    info = fs.statfs(path)
    return [info.type, info.bsize, info.frsize, info.blocks, info.bfree, info.bavail, info.files, info.ffree]


def _fsync(fd: int) -> None:
    os.fsync(int(fd))


def _fdatasync(fd: int) -> None:
    os.fdatasync(int(fd))


def _ftruncate(fd: int, length: float) -> None:
    os.ftruncate(int(fd), int(length))


def _remove_tree(path: Path, retries: int, delay: int, recursive: bool) -> None:
    """What `rm` does: a file, or with `recursive` a directory and all that is in it."""
    import time

    for attempt in range(int(retries) + 1):
        try:
            _remove(os.fsencode(path), recursive)
            return
        except OSError as exc:
            again = exc.errno in (errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOTEMPTY, errno.EPERM)
            if not recursive or not again or attempt == retries:
                raise
            time.sleep(delay * (attempt + 1) / 1000)


def _remove(path: bytes, recursive: bool) -> None:
    info = os.lstat(path)
    if (info.st_mode & 0o170000) != 0o040000:
        os.unlink(path)
        return
    if not recursive:
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove(entry.path, True)
            else:
                os.unlink(entry.path)
    os.rmdir(path)


# name: (what blocks, how many arguments)
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "access": (lambda path, mode: fs.access(path, int(mode)), 2),
    "open": (_open, 3),
    "close": (_close, 1),
    "read": (_read, 4),
    "write": (_write, 4),
    "readv": (_readv, 3),
    "writev": (_writev, 3),
    "readFile": (_read_file, 2),
    "readdir": (_readdir, 2),
    "readdirTypes": (_readdir_types, 2),
    "readlink": (_readlink, 2),
    "realpath": (_realpath, 2),
    "realpathNative": (_realpath_native, 2),
    "mkdtemp": (_mkdtemp, 2),
    "mkdir": (_mkdir, 2),
    "makeTree": (_make_tree, 2),
    "rename": (os.rename, 2),
    "link": (os.link, 2),
    "symlink": (os.symlink, 2),
    "unlink": (os.unlink, 1),
    "rmdir": (os.rmdir, 1),
    "rm": (_remove_tree, 4),
    "copyFile": (lambda source, target, flags: fs.copyfile(source, target, int(flags)), 3),
    "chmod": (lambda path, mode: os.chmod(path, int(mode)), 2),
    "fchmod": (lambda fd, mode: os.fchmod(int(fd), int(mode)), 2),
    "chown": (lambda path, uid, gid: os.chown(path, int(uid), int(gid)), 3),
    "fchown": (lambda fd, uid, gid: os.fchown(int(fd), int(uid), int(gid)), 3),
    "lchown": (lambda path, uid, gid: os.lchown(path, int(uid), int(gid)), 3),
    "utimes": (fs.utime, 3),
    "futimes": (lambda fd, atime, mtime: fs.futime(int(fd), atime, mtime), 3),
    "lutimes": (fs.lutime, 3),
    "truncate": (lambda path, length: os.truncate(path, int(length)), 2),
    "ftruncate": (_ftruncate, 2),
    "fsync": (_fsync, 1),
    "fdatasync": (_fdatasync, 1),
    "statfs": (_statfs, 1),
}

# What is waited for by natives (`natives/fs.py`); here is the other form alone.
_NATIVE = ("access", "open", "close", "read", "write", "readFile")


def _errno(exc: BaseException) -> int:
    """The negative errno of what an operation raised; what is not of the system is raised on."""
    if isinstance(exc, OSError):
        return -(exc.errno or errno.EIO)
    if isinstance(exc, (ValueError, OverflowError)):  # a path with a NUL, a number that does not fit
        return -errno.EINVAL
    raise exc


_READ_FILE_STEPS = 4


def _nothing() -> None:
    """A place in the pool's line."""


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `fs` and `internal/fs/*`."""
    files = Files(runtime)
    made: dict[str, Callable[..., Any]] = {}
    for name, (function, count) in _FUNCTIONS.items():
        made[name] = _waiting(function, count)
        made[f"{name}Async"] = files.on_pool(function, count)
    for name in _NATIVE:
        del made[name]
    made.update({
        "readFileAsync": files.read_file_async, "statAsync": files.stat_async,
        "lstatAsync": files.lstat_async, "fstatAsync": files.fstat_async,
        "openDir": files.open_dir, "openDirAsync": files.open_dir_async, "readDir": files.read_dir,
        "readDirAsync": files.read_dir_async, "closeDir": files.close_dir, "closeDirAsync": files.close_dir_async,
        "watch": files.watch, "watchStat": files.watch_stat, "unwatch": files.unwatch, "refWatch": files.ref_watch,
    })
    return made


def _counted(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    function.parameters = count  # type: ignore[attr-defined]  # JavaScript's form of it takes so many
    return function


def _waiting(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except (OSError, ValueError, OverflowError) as exc:
            return _errno(exc)

    return _counted(call, count)


class Files:
    """The operations that need the loop, or keep something between calls."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._dirs: dict[int, fs.Dir] = {}
        self._whole_files = 0  # that are being read on the pool
        self._watchers: dict[int, Any] = runtime.handles if runtime is not None else {}
        self._last = 0

    def on_pool(self, function: Callable[..., Any], count: int) -> Callable[..., Any]:
        """The operation that calls `function`, with `count` arguments, on the pool and completes a request."""
        def submit(request: int, *args: Any) -> None:
            fs.submit(self._runtime.loop, partial(self._done, request), function, *args)

        return _counted(submit, count + 1)

    def _done(self, request: int, error: BaseException | None, result: Any = None) -> None:
        if error is None:
            self._runtime.complete(request, 0, result)
        else:
            self._runtime.complete(request, _errno(error), getattr(error, "filename", None) is not None)

    def read_file_async(self, request: int, target: Path | float, flags: int) -> None:
        """A whole file, in one job of the pool. Node takes four (open, fstat, read, close), each of which ends
        in a poll step of its own: so other operations that are under way when it is done, and immediates that wait for
        the check step, are let past, as often as Node would have stood in line behind them.
        """
        loop = self._runtime.loop
        steps = _READ_FILE_STEPS
        self._whole_files += 1

        def done(error: BaseException | None, result: Any = None) -> None:
            nonlocal steps
            steps -= 1
            others = loop.active_requests - (self._whole_files - 1)  # this one is off the loop's list already
            if steps and error is None and (others > 0 or self._runtime.has_immediates):
                fs.submit(loop, lambda *_: done(None, result), _nothing)
                return
            self._whole_files -= 1
            self._done(request, error, result)

        fs.submit(loop, done, _read_file, target, flags)

    def stat_async(self, request: int, path: Path, address: float) -> None:
        """Write what statx(2) tells of `path` to `address`."""
        self._stat(request, stat_into, path.encode() if isinstance(path, str) else path, int(address), True)

    def lstat_async(self, request: int, path: Path, address: float) -> None:
        """The same for a link itself."""
        self._stat(request, stat_into, path.encode() if isinstance(path, str) else path, int(address), False)

    def fstat_async(self, request: int, fd: int, address: float) -> None:
        """The same for an open file."""
        self._stat(request, fstat_into, int(fd), int(address))

    def _stat(self, request: int, function: Callable[..., int], *args: Any) -> None:
        def done(error: BaseException | None, result: Any = None) -> None:
            self._runtime.complete(request, result if error is None else _errno(error), None)

        fs.submit(self._runtime.loop, done, function, *args)

    # Directories, read piece by piece

    def _keep_dir(self, directory: fs.Dir) -> int:
        self._last += 1
        self._dirs[self._last] = directory
        return self._last

    def open_dir(self, path: Path) -> int:
        """A directory's number, or a negative errno."""
        try:
            return self._keep_dir(fs.open_dir(os.fsencode(path)))
        except (OSError, ValueError) as exc:
            return _errno(exc)

    def open_dir_async(self, request: int, path: Path) -> None:
        """Complete `request` with a directory's number."""
        def done(error: BaseException | None, directory: Any = None) -> None:
            if error is not None:
                self._runtime.complete(request, _errno(error), None)
            else:
                self._runtime.complete(request, 0, self._keep_dir(directory))

        fs.submit(self._runtime.loop, done, fs.open_dir, os.fsencode(path))

    def _entries(self, number: int, as_bytes: bool, count: int) -> list[Any]:
        return _names_and_types(self._dirs[int(number)].read(int(count)), as_bytes)

    def read_dir(self, number: int, as_bytes: bool, count: int) -> list[Any] | int:
        """The next `count` entries, each a name and a type; or a negative errno."""
        try:
            return self._entries(number, as_bytes, count)
        except OSError as exc:
            return _errno(exc)

    def read_dir_async(self, request: int, number: int, as_bytes: bool, count: int) -> None:
        """Complete `request` with what `read_dir` gives."""
        self.on_pool(self._entries, 3)(request, number, as_bytes, count)

    def close_dir(self, number: int) -> int:
        """Forget a directory."""
        self._dirs.pop(int(number)).close()
        return 0

    def close_dir_async(self, request: int, number: int) -> None:
        """Complete `request` when a directory is closed."""
        self.on_pool(self._dirs.pop(int(number)).close, 0)(request)

    # Watching

    def watch(self, handle: int, path: Path) -> int:
        """Tell `handle` of changes: `(errno, "rename" or "change", name as bytes or None)`."""
        from ...loop import CHANGE, FsEvent

        def changed(error: OSError | None, name: str | None, events: int) -> None:
            errno_ = _errno(error) if error is not None else 0
            kind = "change" if events & CHANGE else "rename"
            self._runtime.emit(handle, errno_, kind, None if name is None else os.fsencode(name))

        watcher = FsEvent(self._runtime.loop)
        try:
            watcher.start(changed, path)
        except OSError as exc:
            watcher.close()
            return _errno(exc)
        self._watchers[int(handle)] = watcher
        return 0

    def watch_stat(self, handle: int, path: Path, interval: int, address: float) -> int:
        """Tell `handle` `(errno)` when what `stat` says of a path differs; the new and the old are at `address`."""
        from ...loop import FsPoll

        target = memory(int(address), 2 * STATX_SIZE)

        def tell(offset: int, info: os.stat_result | None) -> None:
            if info is None:
                target[offset : offset + STATX_SIZE] = bytes(STATX_SIZE)
            else:
                pack(target, offset, info)

        def changed(error: OSError | None, before: os.stat_result | None, now: os.stat_result | None) -> None:
            tell(0, now)
            tell(STATX_SIZE, before)
            self._runtime.emit(handle, _errno(error) if error is not None else 0)

        watcher = FsPoll(self._runtime.loop)
        watcher.start(changed, path, int(interval))
        self._watchers[int(handle)] = watcher
        return 0

    def unwatch(self, handle: int) -> None:
        """Watch no more."""
        watcher = self._watchers.pop(int(handle), None)
        if watcher is not None:
            watcher.close()

    def ref_watch(self, handle: int, referenced: bool) -> None:
        """Whether a watcher keeps the process from ending."""
        watcher = self._watchers.get(int(handle))
        if watcher is not None:
            (watcher.ref if referenced else watcher.unref)()
