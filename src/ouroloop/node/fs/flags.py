"""How a file is opened: Node's words for open(2)'s flags, and the numbers programs need."""

from __future__ import annotations

import os
import stat as _stat
from typing import Final

from ...loop import fs as loop_fs

F_OK: Final = os.F_OK
"""For `access`: is it there?"""
R_OK: Final = os.R_OK
"""For `access`: may it be read?"""
W_OK: Final = os.W_OK
"""For `access`: may it be written?"""
X_OK: Final = os.X_OK
"""For `access`: may it be executed, or searched?"""

_WORDS = {
    "r": os.O_RDONLY,
    "r+": os.O_RDWR,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "w+": os.O_RDWR | os.O_CREAT | os.O_TRUNC,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "a+": os.O_RDWR | os.O_CREAT | os.O_APPEND,
}


def _all_words() -> dict[str, int]:
    """Each of `_WORDS` also with x (fail if the file exists) and s (write through to the disk)."""
    words = dict(_WORDS)
    for word, flags in _WORDS.items():
        letter, plus = word[0], word[1:]
        if letter != "r":
            words[f"{letter}x{plus}"] = words[f"x{letter}{plus}"] = flags | os.O_EXCL
        if letter != "w":
            words[f"{letter}s{plus}"] = words[f"s{letter}{plus}"] = flags | os.O_SYNC
    return words


_WORDS = _all_words()


def parse(flags: str | int) -> int:
    """open(2)'s flags for Node's word ("r", "w+", "ax" …); a number is taken as it is.

    https://nodejs.org/api/fs.html#file-system-flags
    """
    if isinstance(flags, int):
        return flags
    try:
        return _WORDS[flags]
    except (KeyError, TypeError):
        raise ValueError(f"flags must be one of {', '.join(sorted(_WORDS))}, or a number; not {flags!r}") from None


class constants:
    """`fs.constants`: the numbers of the operating system. https://nodejs.org/api/fs.html#fs-constants"""

    F_OK, R_OK, W_OK, X_OK = F_OK, R_OK, W_OK, X_OK

    COPYFILE_EXCL = loop_fs.COPYFILE_EXCL
    COPYFILE_FICLONE = loop_fs.COPYFILE_FICLONE
    COPYFILE_FICLONE_FORCE = loop_fs.COPYFILE_FICLONE_FORCE

    O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
    O_CREAT, O_EXCL, O_TRUNC, O_APPEND = os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND
    O_NOCTTY, O_DIRECTORY, O_NOFOLLOW = os.O_NOCTTY, os.O_DIRECTORY, os.O_NOFOLLOW
    O_SYNC, O_DSYNC, O_NONBLOCK = os.O_SYNC, os.O_DSYNC, os.O_NONBLOCK

    S_IFMT, S_IFREG, S_IFDIR, S_IFCHR = 0o170000, _stat.S_IFREG, _stat.S_IFDIR, _stat.S_IFCHR
    S_IFBLK, S_IFIFO, S_IFLNK, S_IFSOCK = _stat.S_IFBLK, _stat.S_IFIFO, _stat.S_IFLNK, _stat.S_IFSOCK
    S_IRWXU, S_IRUSR, S_IWUSR, S_IXUSR = _stat.S_IRWXU, _stat.S_IRUSR, _stat.S_IWUSR, _stat.S_IXUSR
    S_IRWXG, S_IRGRP, S_IWGRP, S_IXGRP = _stat.S_IRWXG, _stat.S_IRGRP, _stat.S_IWGRP, _stat.S_IXGRP
    S_IRWXO, S_IROTH, S_IWOTH, S_IXOTH = _stat.S_IRWXO, _stat.S_IROTH, _stat.S_IWOTH, _stat.S_IXOTH

    UV_DIRENT_UNKNOWN, UV_DIRENT_FILE = loop_fs.DIRENT_UNKNOWN, loop_fs.DIRENT_FILE
    UV_DIRENT_DIR, UV_DIRENT_LINK = loop_fs.DIRENT_DIR, loop_fs.DIRENT_LINK
    UV_DIRENT_FIFO, UV_DIRENT_SOCKET = loop_fs.DIRENT_FIFO, loop_fs.DIRENT_SOCKET
    UV_DIRENT_CHAR, UV_DIRENT_BLOCK = loop_fs.DIRENT_CHAR, loop_fs.DIRENT_BLOCK
