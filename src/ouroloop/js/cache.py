"""The user's cache folder: what can be made again at any time.

Theory of operation. One folder, `ouroloop` in the place the system has for caches (XDG Base Directory Specification; on
macOS `~/Library/Caches`); OUROLOOP_CACHE names another. A file's name is its key and holds every version it depends on,
so that nothing is ever stale: an old file is simply not asked for. A file appears whole or not at all. Where that place
cannot be written (a read-only home, none at all), the folder is one of the user's own in the system's temporary
folder; when that cannot be had either, what would have been kept is made anew each time, and nobody is told.
"""

# No annotations from the future here: the bundle imports this before it is there, and that module is in it.

import _imp
import os
import stat
import sys
from time import time as now


def fingerprint(data: str | bytes) -> str:
    """A short name for `data`, the same in every process; without what it takes to load `zlib` or `hashlib`."""
    # SipHash, by which Python itself knows sources.
    return _imp.source_hash(0, data if isinstance(data, bytes) else os.fsencode(data)).hex()


_folder: str | None = None


def folder() -> str:
    """The cache folder's path; it need not exist.

    It stays the same as long as the process lives: what is kept here is run, and a program may change the environment.
    """
    global _folder
    if _folder is None:
        _folder = _found()
    return _folder


def _found() -> str:
    named = os.environ.get("OUROLOOP_CACHE")
    if named:
        return _absolute(named)
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        usual = os.path.join(home, "Library", "Caches", "ouroloop")
    else:
        usual = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "ouroloop")
    return usual if _can_be_written(usual) else _temporary() or usual


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError:  # the working folder is gone
        return path


def _can_be_written(path: str) -> bool:
    """Whether the folder can be written, or could be made."""
    while not os.path.isdir(path):
        above = os.path.dirname(path)
        if above == path or os.path.lexists(path):
            return False
        path = above
    return os.access(path, os.W_OK | os.X_OK)


def _temporary() -> str | None:
    """A folder that nobody else can put anything into: what is kept here is run."""
    for place in (os.environ.get("TMPDIR") or "/tmp", "/dev/shm"):
        path = os.path.join(_absolute(place), f"ouroloop-{os.getuid()}")
        if _is_own(path) and os.access(path, os.W_OK | os.X_OK):
            return path
    return None


def _is_own(path: str) -> bool:
    """Whether there is, from now on, a folder of that path which only this user can write."""
    try:
        os.mkdir(path, mode=0o700)
    except FileExistsError:
        pass
    except OSError:
        return False
    status = os.lstat(path)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and status.st_mode & 0o077 == 0


def read(key: str) -> bytes | None:
    """What was kept under `key`; None if nothing was, or it cannot be read."""
    try:
        with open(os.path.join(folder(), key), "rb") as file:
            return file.read()
    except OSError:
        return None


_SEAL = 16  # bytes


def opened(key: str) -> tuple[int, int] | None:
    """What `seal` kept under `key`, untouched: an open file's descriptor, and how many bytes of it are the data's."""
    try:
        descriptor = os.open(os.path.join(folder(), key), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        length = status.st_size - _SEAL
        if length > 0 and os.pread(descriptor, _SEAL, length) == _sealed(length, int(status.st_mtime)):
            return descriptor, length
    except OSError:  # a folder, or a broken disk
        pass
    os.close(descriptor)
    return None


def _sealed(length: int, time: int) -> bytes:
    """What stands at the end of a file that is whole, and that nobody has written to since."""
    return length.to_bytes(_SEAL // 2, "little") + time.to_bytes(_SEAL // 2, "little", signed=True)


def seal(key: str, data: bytes) -> None:
    """Keep `data` under `key`, if that can be done, so that `opened` sees whether it is as it was.

    A checksum of a few MB would take as long as reading them. So the file tells when it was written: two seconds before
    it was, and who writes to it afterwards gives it another time.
    """
    time = int(now()) - 2
    write(key, data + _sealed(len(data), time), time)


def write(key: str, data: bytes, time: int | None = None) -> None:
    """Keep `data` under `key`, if that can be done; `time` is to be the file's, in seconds since 1970."""
    path = os.path.join(folder(), key)
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(folder(), mode=0o700, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            if time is not None:
                os.utime(file.fileno(), (time, time))
            os.fsync(file.fileno())  # or the name could be there before the data, when the system goes down
        os.replace(temporary, path)
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            pass


_KEPT = 30 * 24 * 3600  # seconds


def forget_old(prefix: str) -> None:
    """Remove what was kept under keys that begin with `prefix` more than 30 days ago."""
    try:
        with os.scandir(folder()) as entries:
            for entry in entries:
                if entry.name.startswith(prefix) and now() - entry.stat().st_mtime > _KEPT:
                    os.unlink(entry.path)
    except OSError:
        pass


def link(key: str, target: str) -> str | None:
    """Keep a symbolic link to `target` under `key`, wherever that can be done: its path, if it is there."""
    for place in (folder, _temporary):
        path = place()
        if path is not None and _is_link(os.path.join(path, key), target):
            return os.path.join(path, key)
    return None


def _is_link(path: str, target: str) -> bool:
    """Whether `path` is, from now on, a link to `target`."""
    try:
        if os.readlink(path) == target:
            return True
        os.unlink(path)
    except OSError:
        pass
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.symlink(target, path)
    except FileExistsError:  # another process was quicker
        return os.path.islink(path)
    except OSError:
        return False
    return True
