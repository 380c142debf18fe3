"""`opendir`: a directory read entry by entry, for those with very many of them.

Theory of operation. A `Dir` fetches `buffer_size` entries at a time on the pool and hands them out one by one. Reads,
and the close, that are asked for while one is under way wait in line, so they never meet in the pool.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

from ...loop import error
from ...loop import fs as loop_fs
from ...loop.fs import Path
from .. import environment
from .asynchronous import asynchronous, checked
from .stats import Dirent

if TYPE_CHECKING:
    from ..promise import Promise

__all__ = ["Dir", "opendir", "opendir_sync"]


class Dir:
    """An open directory. https://nodejs.org/api/fs.html#class-fsdir

    `async for entry in directory` (or a plain `for`, which blocks) goes through it and closes it at the end.
    """

    def __init__(self, path: Any, buffer_size: int, recursive: bool) -> None:
        self.path = path
        """As it was given to `opendir`."""
        self._buffer_size = buffer_size
        self._recursive = recursive
        self._entries: deque[Dirent] = deque()
        self._below: deque[Any] = deque()
        self._open: loop_fs.Dir | None = loop_fs.open_dir(path)
        self._closed = False
        self._waiting: deque[Callable[[], object]] | None = None

    def _fetch(self) -> None:
        """Get further entries; none means the end."""
        while self._open is not None and not self._entries:
            found = self._open.read(self._buffer_size)
            for name, kind in found:
                self._entries.append(Dirent(name, self._open.path, kind))
                if self._recursive and kind == loop_fs.DIRENT_DIR:
                    self._below.append(os.path.join(self._open.path, name))
            if not found:
                if not self._below:
                    return
                self._open.close()
                self._open = None
                self._open = loop_fs.open_dir(self._below.popleft())

    def _give_back(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()

    def read_sync(self) -> Dirent | None:
        """The next entry, None at the end. Raises EBADF on a closed directory, EBUSY while a `read` is under way."""
        self._require_idle()
        if not self._entries:
            self._fetch()
        return self._entries.popleft() if self._entries else None

    def close_sync(self) -> None:
        """Give the descriptor back. Raises EBADF on a closed directory, EBUSY while a `read` is under way."""
        self._require_idle()
        self._closed = True
        self._give_back()

    def _require_idle(self) -> None:
        if self._closed:
            raise error(errno.EBADF)
        if self._waiting is not None:
            raise error(errno.EBUSY)

    def read(self, callback: Callable[..., object] | None = None) -> Promise[Dirent | None] | None:
        """The next entry, None at the end: `callback(error, entry)`, or await it."""
        env = environment.current()
        if self._closed:
            raise error(errno.EBADF)
        deliver, promise = env.completion(callback)

        def next_entry() -> None:
            if self._entries:
                env.loop.defer(done, None, None)
            else:
                loop_fs.submit(env.loop, done, self._fetch)

        def done(failure: BaseException | None, _: object) -> None:
            entry = self._entries.popleft() if failure is None and self._entries else None
            self._next()
            deliver(failure, entry)

        self._in_turn(next_entry)
        return promise

    def close(self, callback: Callable[..., object] | None = None) -> Promise[None] | None:
        """Give the descriptor back, after the reads under way: `callback(error, None)`, or await it."""
        env = environment.current()
        if self._closed:
            raise error(errno.EBADF)
        self._closed = True
        deliver, promise = env.completion(callback)

        def done(failure: BaseException | None, _: object) -> None:
            self._next()
            deliver(failure, None)

        self._in_turn(lambda: loop_fs.submit(env.loop, done, self._give_back))
        return promise

    def _in_turn(self, job: Callable[[], object]) -> None:
        if self._waiting is None:
            self._waiting = deque()
            job()
        else:
            self._waiting.append(job)

    def _next(self) -> None:
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._waiting = None

    def __iter__(self) -> Iterator[Dirent]:
        try:
            while (entry := self.read_sync()) is not None:
                yield entry
        finally:
            if not self._closed:
                self.close_sync()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Dirent:
        reading = self.read()
        assert reading is not None
        try:
            entry = await reading
        except BaseException:
            await self._close_quietly()
            raise
        if entry is None:
            await self._close_quietly()
            raise StopAsyncIteration
        return entry

    async def _close_quietly(self) -> None:
        if not self._closed:
            closing = self.close()
            assert closing is not None
            await closing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if not self._closed:
            self.close_sync()


@checked
def opendir_sync(
    path: Path, encoding: str | None = None, *, buffer_size: int = 32, recursive: bool = False
) -> Dir:
    """Open a directory to read it entry by entry, `buffer_size` of them fetched at a time.

    With `recursive` its subdirectories too; with the encoding "buffer" names are `bytes`.
    """
    return Dir(os.fsencode(path) if encoding == "buffer" else os.fspath(path), buffer_size, recursive)


opendir = asynchronous(opendir_sync)
