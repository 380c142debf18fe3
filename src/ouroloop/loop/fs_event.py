"""FsEvent: told by the kernel when a file or directory changes.

Theory of operation. Linux's inotify(7), by way of libc.py. A loop has one inotify descriptor, opened with the first
handle and closed with the last; the kernel gives each watched inode a number, and several handles may share one. An
event becomes RENAME (something appeared, went or changed its name) or CHANGE (contents or attributes), as in libuv.

What surprises people: what is watched is the inode, not the path. A file that is replaced (an editor's "save": write a
new file, rename it over the old) is gone, with RENAME, and the new one is not watched: watch the directory for that.
One change makes several events; subdirectories are not included. When the kernel's queue overflows, what was lost is
unknown: every handle then hears of a CHANGE with no filename.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections import deque

from .errors import error
from .handle import Handle
from .queue import READABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from .loop import Loop

RENAME = 1
CHANGE = 2

FsEventCallback: TypeAlias = "Callable[[OSError | None, str | None, int], object]"

_IN_MODIFY, _IN_ATTRIB = 0x002, 0x004
_IN_MOVED, _IN_CREATE, _IN_DELETE, _IN_DELETE_SELF, _IN_MOVE_SELF = 0x0C0, 0x100, 0x200, 0x400, 0x800
_IN_Q_OVERFLOW = 0x4000
_CHANGES = _IN_MODIFY | _IN_ATTRIB
_WATCHED = _CHANGES | _IN_MOVED | _IN_CREATE | _IN_DELETE | _IN_DELETE_SELF | _IN_MOVE_SELF

_HEADER = struct.Struct("iIII")
_READ_SIZE = 65536


class FsEvent(Handle):
    """libuv's `uv_fs_event_t`."""

    __slots__ = ("_callback", "_inotify", "_name", "_path", "_wd")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._callback: FsEventCallback | None = None
        self._inotify: _Inotify | None = None
        self._path = ""
        self._name = ""
        self._wd = -1

    def start(self, callback: FsEventCallback, path: str | bytes | os.PathLike[Any]) -> None:
        """Call `callback(error, filename, events)` for each change; `events` is RENAME or CHANGE (uv_fs_event_start).

        `filename` is the name inside a watched directory, or the watched file's or directory's own name, or None when
        the kernel lost count.

        Raises `OSError`: EINVAL on a closing or started handle, ENOENT, EACCES, ENOSPC or EMFILE at the user's limits.
        """
        self._require_open()
        if self._active:
            raise error(errno.EINVAL)
        name = os.fsencode(path)
        inotify = _Inotify.of(self.loop)
        try:
            self._wd = inotify.add(self, name)
        finally:
            inotify.close_if_unused()
        self._inotify = inotify
        self._callback = callback
        self._path = os.fsdecode(name)
        self._name = os.path.basename(self._path.rstrip("/"))
        self._set_active()

    def stop(self) -> None:
        """Watch no longer (uv_fs_event_stop). A stopped handle may be stopped."""
        inotify, self._inotify = self._inotify, None
        if inotify is not None:
            inotify.remove(self, self._wd)
            inotify.close_if_unused()
            self._wd = -1
            self._set_inactive()

    def getpath(self) -> str:
        """The watched path (uv_fs_event_getpath). Raises `OSError` EINVAL when the handle is stopped."""
        if not self._active:
            raise error(errno.EINVAL)
        return self._path

    def _stop_for_close(self) -> None:
        self.stop()


class _Inotify:
    """A loop's inotify descriptor."""

    _by_loop: dict[Loop, _Inotify] = {}  # noqa: RUF012

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        from .libc import call

        self._call = call
        self._handles: dict[int, dict[FsEvent, None]] = {}
        self._events: deque[tuple[FsEvent, int, str | None, int]] = deque()
        self._fd = call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)
        loop._watch(self._fd, READABLE, self._on_readable)

    @classmethod
    def of(cls, loop: Loop) -> _Inotify:
        inotify = cls._by_loop.get(loop)
        if inotify is None:
            inotify = cls._by_loop[loop] = cls(loop)
        return inotify

    def add(self, handle: FsEvent, path: bytes) -> int:
        if b"\0" in path:
            raise ValueError(f"a path cannot have a NUL character in it: {path!r}")
        wd = self._call("inotify_add_watch", self._fd, path, _WATCHED, filename=os.fsdecode(path))
        self._handles.setdefault(wd, {})[handle] = None
        return wd

    def remove(self, handle: FsEvent, wd: int) -> None:
        handles = self._handles[wd]
        del handles[handle]
        if not handles:
            del self._handles[wd]
            with contextlib.suppress(OSError):  # the inode is gone, and the kernel has forgotten it
                self._call("inotify_rm_watch", self._fd, wd)

    def close_if_unused(self) -> None:
        if not self._handles:
            del self._by_loop[self._loop]
            self._loop._queue.remove(self._fd)
            os.close(self._fd)

    # Events

    def _on_readable(self, events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._fd, _READ_SIZE)
            for wd, mask, name in _parse(data):
                self._collect(wd, mask, name)
        self._dispatch()

    def _collect(self, wd: int, mask: int, name: bytes) -> None:
        if mask & _IN_Q_OVERFLOW:
            self._events.extend((handle, wd, None, CHANGE) for wd in self._handles for handle in self._handles[wd])
            return
        events = (CHANGE if mask & _CHANGES else 0) | (RENAME if mask & ~_CHANGES else 0)
        filename = os.fsdecode(name) if name else ""
        self._events.extend((handle, wd, filename, events) for handle in self._handles.get(wd, ()))

    def _dispatch(self) -> None:
        """Call back for what was collected; an error that ends the run leaves the rest for the next one."""
        events = self._events
        while events:
            handle, wd, filename, what = events.popleft()
            if handle._wd != wd or handle._inotify is not self:
                continue
            assert handle._callback is not None
            try:
                handle._callback(None, handle._name if filename == "" else filename, what)
            except BaseException as exc:
                if not self._loop._take(exc):
                    if events:
                        self._loop.defer(self._dispatch)
                    raise


def _parse(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 0
    while position < len(data):
        wd, mask, _, length = _HEADER.unpack_from(data, position)
        position += _HEADER.size
        yield wd, mask, data[position : position + length].rstrip(b"\0")
        position += length
