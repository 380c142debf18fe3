"""`watch` and `watch_file`: told when a file changes.

Theory of operation. `watch` is the kernel's notification (inotify), one handle of the loop for each watcher.
`watch_file` looks at the file again and again, one look for all who watch the same path.

What surprises people: see `loop/fs_event.py`; above all that `watch` follows the file and not its name, and that one
change may come as several events.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from ...loop.fs import Path
from ...loop.fs_event import RENAME, FsEvent
from ...loop.fs_poll import FsPoll
from .. import environment
from ..environment import require_callable
from ..events import EventEmitter
from .asynchronous import require_encoding, require_int, require_path
from .stats import Stats

if TYPE_CHECKING:
    from ..environment import Environment

Listener = Callable[..., object]

_NOTHING = os.stat_result((0,) * 10)


class FSWatcher(EventEmitter):
    """Emits 'change' (event type, file name), 'error' and 'close'. https://nodejs.org/api/fs.html#class-fsfswatcher

    The event type is "rename" (a name came, went or changed) or "change". The name is None when the kernel lost count.
    """

    def __init__(self, path: Path, persistent: bool, encoding: str | None) -> None:
        super().__init__()
        self._env = environment.current()
        self._as_bytes = encoding == "buffer"
        self._handle: FsEvent | None = FsEvent(self._env.loop)
        try:
            self._handle.start(self._on_event, path)
        except BaseException:
            self._handle.close()
            raise
        if not persistent:
            self._handle.unref()

    def _on_event(self, failure: OSError | None, filename: str | None, events: int) -> None:
        if failure is not None:
            self._env.make_callback(self._fail, failure)
            return
        name: Any = os.fsencode(filename) if self._as_bytes and filename is not None else filename
        self._env.make_callback(self.emit, "change", "rename" if events & RENAME else "change", name)

    def _fail(self, failure: OSError) -> None:
        self.close()
        self.emit("error", failure)

    def close(self) -> None:
        """Watch no longer; 'close' follows. A closed watcher may be closed."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()
            self._env.next_tick(self.emit, "close")

    def ref(self) -> Self:
        """Let the program wait for this watcher; the default."""
        if self._handle is not None:
            self._handle.ref()
        return self

    def unref(self) -> Self:
        """Let the program end without this watcher."""
        if self._handle is not None:
            self._handle.unref()
        return self


def watch(
    path: Path, listener: Listener | None = None, *, persistent: bool = True, recursive: bool = False,
    encoding: str | None = None,
) -> FSWatcher:
    """Watch a file or a directory's entries; `listener(event_type, filename)` hears of 'change'.

    Raises at once if there is no such file. `recursive` is not there: it raises `NotImplementedError`.
    https://nodejs.org/api/fs.html#fswatchfilename-options-listener
    """
    require_path(path, "path")
    require_encoding(encoding, "encoding")
    if recursive:
        raise NotImplementedError(
            "watch(recursive=True) is not available: watch each directory (readdir with recursive=True lists them)"
        )
    watcher = FSWatcher(path, persistent, encoding)
    if listener is not None:
        watcher.on("change", listener)
    return watcher


class StatWatcher(EventEmitter):
    """Emits 'change' (now, before), each a `Stats`. https://nodejs.org/api/fs.html#class-fsstatwatcher"""

    def __init__(self, env: Environment, path: Any, interval: int) -> None:
        super().__init__()
        self._env = env
        self._last = _NOTHING
        self._handle = FsPoll(env.loop)
        self._handle.start(self._on_change, path, interval)

    def _on_change(
        self, failure: OSError | None, before: os.stat_result | None, now: os.stat_result | None
    ) -> None:
        """A file that is not there is one of zeros."""
        last, self._last = before or self._last, now or _NOTHING
        self._env.make_callback(self.emit, "change", Stats(self._last), Stats(last if failure or before else _NOTHING))

    def _stop(self) -> None:
        self._handle.close()

    def ref(self) -> Self:
        """Let the program wait for this watcher; the default."""
        self._handle.ref()
        return self

    def unref(self) -> Self:
        """Let the program end without this watcher."""
        self._handle.unref()
        return self


_watchers: dict[tuple[int, str], StatWatcher] = {}


def watch_file(path: Path, listener: Listener, *, persistent: bool = True, interval: int = 5007) -> StatWatcher:
    """Look at a file every `interval` ms; `listener(now, before)` hears of a change, each a `Stats`.

    A file that is not there is one whose numbers are all 0. The first who watches a path sets the interval.
    https://nodejs.org/api/fs.html#fswatchfilefilename-options-listener
    """
    require_path(path, "path")
    require_int(interval, "interval")
    require_callable(listener)
    env = environment.current()
    key = _key(env, path)
    watcher = _watchers.get(key)
    if watcher is None:
        watcher = _watchers[key] = StatWatcher(env, os.path.abspath(path), interval)
        if not persistent:
            watcher.unref()
    watcher.on("change", listener)
    return watcher


def unwatch_file(path: Path, listener: Listener | None = None) -> None:
    """No longer tell `listener` of a file's changes; without one, nobody."""
    require_path(path, "path")
    key = _key(environment.current(), path)
    watcher = _watchers.get(key)
    if watcher is None:
        return
    if listener is None:
        watcher.remove_all_listeners("change")
    else:
        watcher.remove_listener("change", listener)
    if not watcher.listener_count("change"):
        del _watchers[key]
        watcher._stop()


def _key(env: Environment, path: Path) -> tuple[int, str]:
    return id(env), os.fsdecode(os.path.abspath(path))
