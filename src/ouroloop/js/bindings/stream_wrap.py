"""stream_wrap: pipes and terminals, as handles that JavaScript reads from and writes to.

Theory of operation. JavaScript makes a number (`internal/handles`) and opens a handle under it; what arrives is told
to that number as `(errno, bytes)`, where no bytes mean the end. Writes and shutdowns are requests.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...loop import Stream
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/stream_handle` and `tty`."""
    streams = runtime.streams if runtime is not None else Streams(runtime)
    return {
        "openPipe": streams.open_pipe, "openTty": streams.open_tty, "readStart": streams.read_start,
        "readStop": streams.read_stop, "write": streams.write, "shutdown": streams.shutdown,
        "close": streams.close, "ref": streams.ref,
        "setRawMode": streams.set_raw_mode,
        "getWindowSize": streams.get_window_size, "watchSize": streams.watch_size, "guessHandleType": guess_handle_type,
        "isTTY": lambda fd: guess_handle_type(fd) == "TTY", "writableLength": streams.writable_length,
    }


def guess_handle_type(fd: int) -> str:
    """"TTY", "PIPE", "TCP", "UDP", "FILE", "UNKNOWN" or "INVALID"."""
    import os

    from ...loop import guess_handle

    try:
        os.fstat(int(fd))
    except (OSError, OverflowError):
        return "INVALID"
    return guess_handle(int(fd)).upper()


class Streams:
    """The open stream handles of a runtime, by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.by_number: dict[int, Stream] = {}

    def open_pipe(self, handle: int, fd: int) -> int:
        from ...loop import Pipe

        pipe = Pipe(self._runtime.loop)
        try:
            pipe.open(int(fd))
        except OSError as exc:
            pipe.close()
            return -(exc.errno or errno.EINVAL)
        self.by_number[int(handle)] = pipe
        return 0

    def open_tty(self, handle: int, fd: int) -> int:
        from ...loop import Tty

        try:
            self.by_number[int(handle)] = Tty(self._runtime.loop, int(fd))
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def read_start(self, handle: int) -> int:
        emit = self._runtime.emit

        def arrived(error: OSError | None, data: bytes) -> None:
            if error is not None:
                emit(handle, -(error.errno or errno.EIO), None)
            else:
                emit(handle, 0, data or None)

        try:
            self.by_number[int(handle)].read_start(arrived)
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def read_stop(self, handle: int) -> None:
        stream = self.by_number.get(int(handle))
        if stream is not None:
            stream.read_stop()

    def write(self, handle: int, request: int, data: bytes) -> int:
        """1 when all is written at once, 0 when the request will tell, or a negative errno."""
        stream = self.by_number[int(handle)]
        try:
            try:
                written = stream.try_write(data)
            except BlockingIOError:
                written = 0
            if written == len(data):
                return 1
            stream.write(data[written:], lambda error: self._runtime.complete(request, _errno(error), None))
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return 0

    def writable_length(self, handle: int) -> int:
        stream = self.by_number.get(int(handle))
        return 0 if stream is None else stream.write_queue_size

    def shutdown(self, handle: int, request: int) -> int:
        try:
            self.by_number[int(handle)].shutdown(lambda error: self._runtime.complete(request, _errno(error), None))
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return 0

    def close(self, handle: int, request: int) -> None:
        stream = self.by_number.pop(int(handle), None)
        if stream is None:
            self._runtime.loop.defer(self._runtime.complete, request, 0, None)
        else:
            stream.close(lambda: self._runtime.complete(request, 0, None))

    def ref(self, handle: int, referenced: bool) -> None:
        stream = self.by_number.get(int(handle))
        if stream is not None:
            (stream.ref if referenced else stream.unref)()

    def set_raw_mode(self, handle: int, raw: bool) -> int:
        try:
            self.by_number[int(handle)].set_mode("raw" if raw else "normal")  # type: ignore[attr-defined]
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def get_window_size(self, handle: int) -> list[int] | int:
        try:
            return list(self.by_number[int(handle)].get_winsize())  # type: ignore[attr-defined]
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)

    def watch_size(self, handle: int, listener: int) -> None:
        """Tell `listener` `(columns, rows)` of each new size of the terminal."""
        self.by_number[int(handle)].resize_start(  # type: ignore[attr-defined]
            lambda columns, rows: self._runtime.emit(listener, columns, rows))


def _errno(error: OSError | None) -> int:
    return 0 if error is None else -(error.errno or errno.EIO)
