"""finished: when is a stream done? The answer depends on its sides, its error, and on whether 'close' is to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import environment
from ..promise import Promise
from .base import Done, Stream, premature_close


def finished(
    stream: Stream, callback: Done | None = None, *, readable: bool | None = None, writable: bool | None = None,
    error: bool = True,
) -> Any:
    """`callback(error)` once `stream` has ended, finished, failed or was closed too early.

    `readable=False` or `writable=False` do not wait for that side; `error=False` leaves errors alone. Returns a
    function that stops watching; without a callback, a promise. https://nodejs.org/api/stream.html#streamfinishedstream-options-callback
    """
    if callback is not None:
        environment.require_callable(callback)
        return watch_end(stream, callback, readable=readable, writable=writable, error=error)
    promise, resolve, reject = Promise.with_resolvers()
    watch_end(stream, lambda failure: resolve(None) if failure is None else reject(failure),
               readable=readable, writable=writable, error=error)
    return promise


def watch_end(
    stream: Stream, callback: Done, *, readable: bool | None = None, writable: bool | None = None, error: bool = True
) -> Callable[[], None]:
    """`finished` with a callback: see there. Raises `TypeError` if that is no stream."""
    if not isinstance(stream, Stream):
        raise TypeError(f"a stream is needed, not {stream!r}")
    watch = _EndWatch(stream, callback, readable, writable)
    watch.start(error)
    return watch.stop


class _EndWatch:
    """One `finished`."""

    __slots__ = ("_callback", "_reading", "_stream", "_wait_read", "_wait_write", "_writing")

    def __init__(self, stream: Stream, callback: Done, readable: bool | None, writable: bool | None) -> None:
        self._stream = stream
        self._callback: Done | None = callback
        self._reading, self._writing = stream._read_state, stream._write_state
        self._wait_read = self._reading is not None if readable is None else readable
        self._wait_write = self._writing is not None if writable is None else writable

    @property
    def _read_done(self) -> bool:
        return not self._wait_read or self._reading is None or self._reading.end_emitted

    @property
    def _write_done(self) -> bool:
        return not self._wait_write or self._writing is None or self._writing.finished

    @property
    def _will_close(self) -> bool:
        """Whether 'close' is to come: then the end is told then."""
        stream = self._stream
        both = (self._reading is not None) == self._wait_read and (self._writing is not None) == self._wait_write
        return stream._auto_destroy and stream._emit_close and not stream.closed and not stream.destroyed and both

    def start(self, error: bool) -> None:
        stream = self._stream
        stream.on("end", self._on_side).on("finish", self._on_side).on("close", self._on_close)
        if error:
            stream.on("error", self._call)
        if stream.closed or stream._error_emitted or (self._read_done and self._write_done and not self._will_close):
            stream._env.next_tick(self._on_close)

    def stop(self) -> None:
        stream = self._stream
        self._callback = None
        for event, listener in (
            ("end", self._on_side), ("finish", self._on_side), ("close", self._on_close), ("error", self._call)
        ):
            stream.remove_listener(event, listener)

    def _call(self, error: BaseException | None) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback(error)

    def _on_side(self) -> None:
        if self._read_done and self._write_done and not self._will_close:
            self._call(None)

    def _on_close(self, *_: Any) -> None:
        if self._stream.errored is not None:
            self._call(self._stream.errored)
        elif self._read_done and self._write_done:
            self._call(None)
        else:
            self._call(premature_close())
