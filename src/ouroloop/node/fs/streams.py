"""Files as streams.

Theory of operation. A stream opens its file as it is made, and emits 'open' with the descriptor, then 'ready'. Each
read, and each write with all that has piled up behind it, is one job on the pool. A job under way holds the descriptor:
a stream that is destroyed then closes its file when the job is done.

What surprises people: `end` is the last byte that is read, not the one after it. Without `start` a stream reads and
writes where the descriptor stands, and moves it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...loop import fs as loop_fs
from ...loop.fs import Path
from ..stream import Readable, Writable
from ..stream.base import Done
from .asynchronous import require_encoding, require_fd, require_int, require_path, submit
from .flags import parse

if TYPE_CHECKING:
    from ..environment import Environment

_MAX_BUFFERS = 1024

class _File:
    """The descriptor behind a stream: opened, used by one job at a time, closed after it."""

    def __init__(self, stream: ReadStream | WriteStream, env: Environment, fd: int | None, auto_close: bool) -> None:
        self._stream = stream
        self._env = env
        self._auto_close = auto_close
        self._busy = False
        self._when_idle: Callable[[], None] | None = None
        self.fd = fd

    def open(self, path: Path | None, flags: int, mode: int, callback: Done) -> None:
        if self.fd is not None:
            callback(None)
            return

        def opened(error: BaseException | None, fd: int) -> None:
            if error is None:
                self.fd = fd
            callback(error)
            if error is None:
                self._stream.emit("open", fd)
                self._stream.emit("ready")

        submit(self._env, opened, loop_fs.open, path, flags, mode)

    def run(self, callback: Callable[..., object], function: Callable[..., Any], *args: Any) -> None:
        """`function(fd, *args)` on the pool, then `callback(error, result)`, unless the stream is destroyed by then."""
        self._busy = True

        def done(error: BaseException | None, result: Any) -> None:
            self._busy = False
            if self._when_idle is not None:
                self._when_idle()
            else:
                callback(error, result)

        submit(self._env, done, function, self.fd, *args)

    def close(self, error: BaseException | None, callback: Done) -> None:
        if self._busy:
            self._when_idle = lambda: self._close(error, callback)
        else:
            self._close(error, callback)

    def _close(self, error: BaseException | None, callback: Done) -> None:
        fd = self.fd
        if fd is None or not self._auto_close:
            callback(error)
            return
        self.fd = None
        submit(self._env, lambda failure, _: callback(error or failure), loop_fs.close, fd)


class ReadStream(Readable):
    """A file to read from. https://nodejs.org/api/fs.html#class-fsreadstream"""

    def __init__(
        self, path: Path | None, *, flags: str | int = "r", encoding: str | None = None, fd: int | None = None,
        mode: int = 0o666, auto_close: bool = True, start: int | None = None, end: int | None = None,
        high_water_mark: int = 64 * 1024, **options: Any,
    ) -> None:
        _require(path, fd, encoding, start)
        if end is not None:
            require_int(end, "end")
            if end < (start or 0):
                raise ValueError(f"end is the last byte to read: it must not be before start ({start}), but is {end}")
        self.path = path
        """As given; None for a descriptor."""
        self.bytes_read = 0
        """How many bytes have been read so far."""
        self._flags = parse(flags)
        self._mode = mode
        self._position = start
        self._left = None if end is None else end + 1 - (start or 0)
        super().__init__(
            high_water_mark=high_water_mark, encoding=None if encoding == "buffer" else encoding,
            auto_destroy=auto_close, **options,
        )
        self._file = _File(self, self._env, fd, auto_close)

    @property
    def fd(self) -> int | None:
        """The descriptor, None before 'open' and after it was closed."""
        return self._file.fd

    @property
    def pending(self) -> bool:
        """Whether the file is not open yet."""
        return self._file.fd is None

    def _construct(self, callback: Done) -> None:
        self._file.open(self.path, self._flags, self._mode, callback)

    def _read(self, size: int) -> None:
        size = max(size, self.readable_high_water_mark)
        if self._left is not None:
            size = min(size, self._left)
        if size == 0:
            self.push(None)
        elif self._position is None:
            self._file.run(self._on_read, loop_fs.read, size)
        else:
            self._file.run(self._on_read, loop_fs.pread, size, self._position)

    def _on_read(self, error: BaseException | None, data: bytes) -> None:
        if error is not None:
            self._fail(error)
            return
        count = len(data)
        self.bytes_read += count
        if self._position is not None:
            self._position += count
        if self._left is not None:
            self._left -= count
        self.push(data or None)

    def _destroy(self, error: BaseException | None, callback: Done) -> None:
        self._file.close(error, callback)

    def close(self, callback: Callable[..., object] | None = None) -> None:
        """Destroy the stream, then `callback(error)`."""
        if callback is not None:
            if self.closed:
                self._env.next_tick(callback, None)
            else:
                self.once("close", lambda: callback(self.errored))
        self.destroy()


class WriteStream(Writable):
    """A file to write to. https://nodejs.org/api/fs.html#class-fswritestream"""

    def __init__(
        self, path: Path | None, *, flags: str | int = "w", encoding: str = "utf-8", fd: int | None = None,
        mode: int = 0o666, auto_close: bool = True, start: int | None = None, flush: bool = False, **options: Any,
    ) -> None:
        _require(path, fd, encoding, start)
        self.path = path
        """As given; None for a descriptor."""
        self.bytes_written = 0
        """How many bytes have been written so far, those still waiting not counted."""
        self._encoding = encoding
        self._flags = parse(flags)
        self._mode = mode
        self._position = start
        self._flush = flush
        super().__init__(auto_destroy=auto_close, **options)
        self._file = _File(self, self._env, fd, auto_close)

    @property
    def fd(self) -> int | None:
        """The descriptor, None before 'open' and after it was closed."""
        return self._file.fd

    @property
    def pending(self) -> bool:
        """Whether the file is not open yet."""
        return self._file.fd is None

    def write(self, chunk: Any, callback: Done | None = None, *, encoding: str | None = None) -> bool:
        """See `Writable.write`; the default encoding of a str is the stream's own."""
        return super().write(chunk, callback, encoding=encoding or self._encoding)

    def _construct(self, callback: Done) -> None:
        self._file.open(self.path, self._flags, self._mode, callback)

    def _write(self, chunk: Any, callback: Done) -> None:
        self._write_all([chunk], callback)

    def _writev(self, chunks: list[Any], callback: Done) -> None:
        self._write_all(chunks, callback)

    def _write_all(self, chunks: list[Any], callback: Done) -> None:
        def written(error: BaseException | None, count: int) -> None:
            if error is None:
                self.bytes_written += count
                if self._position is not None:
                    self._position += count
            callback(error)

        self._file.run(written, _write_all, chunks, self._position)

    def _final(self, callback: Done) -> None:
        if self._flush:
            self._file.run(lambda error, _: callback(error), loop_fs.fsync)
        else:
            callback(None)

    def _destroy(self, error: BaseException | None, callback: Done) -> None:
        self._file.close(error, callback)

    def close(self, callback: Callable[..., object] | None = None) -> None:
        """Write what is left and destroy the stream, then `callback(error)`."""
        if callback is not None and self.closed:
            self._env.next_tick(callback, None)
            return
        if callback is not None:
            self.once("close", lambda: callback(self.errored))
        if not self._auto_destroy:
            self.on("finish", self.destroy)
        self.end()


def _write_all(fd: int, chunks: list[Any], position: int | None) -> int:
    """Write every byte, in as few calls as it takes; returns their number."""
    total = 0
    views = [memoryview(chunk).cast("B") for chunk in chunks]
    views.reverse()
    while views:
        batch = views[: -_MAX_BUFFERS - 1 : -1]
        count = os.writev(fd, batch) if position is None else os.pwritev(fd, batch, position + total)
        total += count
        while views and count >= len(views[-1]):
            count -= len(views.pop())
        if count:
            views[-1] = views[-1][count:]
    return total


def _require(path: Path | None, fd: int | None, encoding: str | None, start: int | None) -> None:
    if fd is not None:
        require_fd(fd, "fd")
    else:
        require_path(path, "path")
    require_encoding(encoding, "encoding")
    if start is not None:
        require_int(start, "start")
        if start < 0:
            raise ValueError(f"start must be 0 or more, not {start}")


def create_read_stream(
    path: Path | None, encoding: str | None = None, *, flags: str | int = "r", fd: int | None = None,
    mode: int = 0o666, auto_close: bool = True, start: int | None = None, end: int | None = None,
    high_water_mark: int = 64 * 1024, emit_close: bool = True,
) -> ReadStream:
    """A stream of what a file has: of `path`, or of the open `fd` (with `path` None).

    From byte `start` to byte `end`, that one included; `high_water_mark` bytes at a time. With an `encoding` the chunks
    are str. With `auto_close` False the descriptor stays open, also after an error.
    https://nodejs.org/api/fs.html#fscreatereadstreampath-options
    """
    return ReadStream(
        path, flags=flags, encoding=encoding, fd=fd, mode=mode, auto_close=auto_close, start=start, end=end,
        high_water_mark=high_water_mark, emit_close=emit_close,
    )


def create_write_stream(
    path: Path | None, encoding: str = "utf-8", *, flags: str | int = "w", fd: int | None = None,
    mode: int = 0o666, auto_close: bool = True, start: int | None = None, flush: bool = False,
    high_water_mark: int | None = None, emit_close: bool = True,
) -> WriteStream:
    """A stream into a file: to `path`, or to the open `fd` (with `path` None).

    From byte `start` (flags "r+" keep what is before it). With `flush` the data is on the disk before 'finish'.
    https://nodejs.org/api/fs.html#fscreatewritestreampath-options
    """
    return WriteStream(
        path, flags=flags, encoding=encoding, fd=fd, mode=mode, auto_close=auto_close, start=start, flush=flush,
        high_water_mark=high_water_mark, emit_close=emit_close,
    )
