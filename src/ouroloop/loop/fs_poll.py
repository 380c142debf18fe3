"""FsPoll: notice that a file changed by looking at it again and again.

Theory of operation. Every `interval` ms the file's status is taken on the thread pool and compared with the one before.
It works where the kernel tells nothing (network file systems, /proc), and follows the path, not the inode: a file that
is replaced, or that does not exist yet, is no problem.

What surprises people: the first look reports nothing, it only remembers. A file that cannot be looked at is reported
once, with its error; so is its return. And two changes between two looks are one.
"""

from __future__ import annotations

import errno
import os

from .errors import error
from .handle import Handle
from .timer import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .loop import Loop

FsPollCallback: TypeAlias = "Callable[[OSError | None, os.stat_result | None, os.stat_result | None], object]"


class FsPoll(Handle):
    """libuv's `uv_fs_poll_t`."""

    __slots__ = ("_callback", "_error", "_interval", "_looked", "_path", "_previous", "_started", "_timer", "_watch")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._timer = _inner_timer(loop)
        self._callback: FsPollCallback | None = None
        self._path: str | bytes = ""
        self._interval = 0
        self._started = 0
        self._watch = 0
        self._looked = False
        self._error: int | None = None
        self._previous: os.stat_result | None = None

    def start(self, callback: FsPollCallback, path: str | bytes | os.PathLike[Any], interval: int) -> None:
        """Look at `path` every `interval` ms; call `callback(error, previous, current)` on a change (uv_fs_poll_start).

        `previous` and `current` are what `os.stat` returned; `previous` is None when there was no file before,
        `current` when there is an error. Starting a started handle does nothing. Raises `OSError` EINVAL on a closing
        handle, `ValueError` for a path with a NUL character.
        """
        self._require_open()
        if b"\0" in os.fsencode(path):
            raise ValueError(f"a path cannot have a NUL character in it: {path!r}")
        if self._active:
            return
        self._callback = callback
        self._path = os.fspath(path)
        self._interval = max(interval, 1)
        self._looked = False
        self._error = None
        self._previous = None
        self._set_active()
        self._look()

    def stop(self) -> None:
        """Look no longer (uv_fs_poll_stop). A stopped handle may be stopped."""
        self._watch += 1
        self._timer.stop()
        self._set_inactive()

    def getpath(self) -> str:
        """The watched path (uv_fs_poll_getpath). Raises `OSError` EINVAL when the handle is stopped."""
        if not self._active:
            raise error(errno.EINVAL)
        return os.fsdecode(self._path)

    def _look(self) -> None:
        path, watch = self._path, self._watch
        self._started = self.loop.now
        self.loop.queue_work(lambda: os.stat(path), lambda exc, now: self._seen(watch, exc, now), name="fs.stat")

    def _seen(self, watch: int, exc: BaseException | None, now: os.stat_result | None) -> None:
        if watch != self._watch:
            return
        elapsed = self.loop.now - self._started
        self._timer.start(self._look, self._interval - elapsed % self._interval)
        if exc is None:
            self._compare(now)
        elif isinstance(exc, OSError):
            self._report_error(exc)
        else:
            raise exc

    def _compare(self, now: os.stat_result | None) -> None:
        previous, self._previous = self._previous, now
        changed = self._looked and (self._error is not None or _differs(previous, now))
        self._looked = True
        self._error = None
        if changed:
            assert self._callback is not None
            self._callback(None, previous, now)

    def _report_error(self, exc: OSError) -> None:
        self._looked = True
        if self._error != exc.errno:
            self._error = exc.errno
            assert self._callback is not None
            self._callback(exc, self._previous, None)

    def _stop_for_close(self) -> None:
        self.stop()


def _inner_timer(loop: Loop) -> Timer:
    """A timer that is no handle of its own to those who walk the loop, nor keeps it alive."""
    timer = Timer(loop)
    timer.unref()
    del loop._handles[timer]
    return timer


def _differs(before: os.stat_result | None, now: os.stat_result | None) -> bool:
    return _essence(before) != _essence(now)


def _essence(status: os.stat_result | None) -> tuple[int, ...] | None:
    """What makes two looks equal: everything but the time of the last access and the number of links."""
    if status is None:
        return None
    return (
        status.st_ctime_ns, status.st_mtime_ns, status.st_size, status.st_mode, status.st_uid, status.st_gid,
        status.st_ino, status.st_dev,
    )
