"""Constants of the operating system, as Node's `os.constants` and `fs.constants` show them."""

from __future__ import annotations

import errno
import os
import signal
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def constants() -> dict[str, Any]:
    """The constants, by module."""
    return {"os": _os(), "fs": _fs(), "crypto": {}, "zlib": _zlib(), "trace": {}, "http": _http()}


def _http() -> dict[str, Any]:
    from ..node.http import protocol

    return {
        "METHODS": list(protocol.METHODS), "STATUS_CODES": protocol.STATUS_CODES,
        "flags": {name: getattr(protocol, name) for name in dir(protocol) if name.startswith("HAS_")},
    }


def _zlib() -> dict[str, Any]:
    from zlib_ng import zlib_ng

    from ..node import zlib

    major, minor, patch = map(int, str(zlib_ng.ZLIB_RUNTIME_VERSION).split(".")[:3])
    return {
        "zlib": zlib.ZLIB | {"ZLIB_VERNUM": major << 12 | minor << 8 | patch << 4}, "brotli": zlib.BROTLI,
        "zstd": zlib.ZSTD | {f"ZSTD_error_{name}": number for name, (number, _) in zlib.ZSTD_ERRORS.items()},
    }


def _os() -> dict[str, Any]:
    return {
        "UV_UDP_REUSEADDR": 4,
        "dlopen": {
            name: getattr(os, name)
            for name in ("RTLD_LAZY", "RTLD_NOW", "RTLD_GLOBAL", "RTLD_LOCAL", "RTLD_DEEPBIND") if hasattr(os, name)
        },
        "errno": {name: number for number, name in sorted(errno.errorcode.items(), key=lambda item: item[1])},
        "signals": _signals(),
        "priority": {
            "PRIORITY_LOW": 19, "PRIORITY_BELOW_NORMAL": 10, "PRIORITY_NORMAL": 0, "PRIORITY_ABOVE_NORMAL": -7,
            "PRIORITY_HIGH": -14, "PRIORITY_HIGHEST": -20,
        },
    }


def _signals() -> dict[str, int]:
    names = (
        "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE "
        "SIGALRM SIGTERM SIGCHLD SIGSTKFLT SIGCONT SIGSTOP SIGTSTP SIGBREAK SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ "
        "SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPOLL SIGLOST SIGPWR SIGINFO SIGSYS SIGUNUSED"
    )
    return {name: int(getattr(signal, name)) for name in names.split() if hasattr(signal, name)}


def _fs() -> dict[str, int]:
    found: dict[str, int] = {
        "UV_FS_SYMLINK_DIR": 1, "UV_FS_SYMLINK_JUNCTION": 2, "O_RDONLY": os.O_RDONLY, "O_WRONLY": os.O_WRONLY,
        "O_RDWR": os.O_RDWR, "UV_DIRENT_UNKNOWN": 0, "UV_DIRENT_FILE": 1, "UV_DIRENT_DIR": 2, "UV_DIRENT_LINK": 3,
        "UV_DIRENT_FIFO": 4, "UV_DIRENT_SOCKET": 5, "UV_DIRENT_CHAR": 6, "UV_DIRENT_BLOCK": 7,
        "EXTENSIONLESS_FORMAT_JAVASCRIPT": 0, "EXTENSIONLESS_FORMAT_WASM": 1,
    }
    for name in ["S_IFMT", "S_IFREG", "S_IFDIR", "S_IFCHR", "S_IFBLK", "S_IFIFO", "S_IFLNK", "S_IFSOCK"]:
        found[name] = 0o170000 if name == "S_IFMT" else getattr(stat, name)
    for name in (
        "O_CREAT", "O_EXCL", "UV_FS_O_FILEMAP", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_DIRECTORY", "O_NOATIME",
        "O_NOFOLLOW", "O_SYNC", "O_DSYNC", "O_SYMLINK", "O_DIRECT", "O_NONBLOCK",
    ):
        if name == "UV_FS_O_FILEMAP":
            found[name] = 0
        elif hasattr(os, name):
            found[name] = getattr(os, name)
    for name in (
        "S_IRWXU", "S_IRUSR", "S_IWUSR", "S_IXUSR", "S_IRWXG", "S_IRGRP", "S_IWGRP", "S_IXGRP", "S_IRWXO", "S_IROTH",
        "S_IWOTH", "S_IXOTH",
    ):
        found[name] = getattr(stat, name)
    found.update({"F_OK": 0, "R_OK": 4, "W_OK": 2, "X_OK": 1})
    found.update({
        "UV_FS_COPYFILE_EXCL": 1, "COPYFILE_EXCL": 1, "UV_FS_COPYFILE_FICLONE": 2, "COPYFILE_FICLONE": 2,
        "UV_FS_COPYFILE_FICLONE_FORCE": 4, "COPYFILE_FICLONE_FORCE": 4,
    })
    return found
