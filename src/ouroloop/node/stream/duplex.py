"""Duplex and Transform: streams that are both, with independent sides or with one made of the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Done, Stream, StreamError
from .readable import Readable, ReadState
from .writable import Writable, WriteState


class Duplex(Readable, Writable):
    """A source and a sink in one, such as a socket: two independent sides.

    Options: those of both; `readable_high_water_mark`, `writable_object_mode` … for one side only;
    `readable=False` or `writable=False` for a side that is not there; `allow_half_open=False` ends the writable side
    when the readable one ends.
    """

    def __init__(
        self, *, high_water_mark: int | None = None, object_mode: bool = False,
        readable_high_water_mark: int | None = None, writable_high_water_mark: int | None = None,
        readable_object_mode: bool = False, writable_object_mode: bool = False,
        allow_half_open: bool = True, readable: bool = True, writable: bool = True, decode_strings: bool = True,
        encoding: str | None = None, read: Callable[..., object] | None = None,
        write: Callable[..., object] | None = None, writev: Callable[..., object] | None = None,
        final: Callable[..., object] | None = None, **options: Any,
    ) -> None:
        Stream.__init__(self, **options)
        self._read_state = ReadState(
            high_water_mark if high_water_mark is not None else readable_high_water_mark,
            object_mode or readable_object_mode,
        )
        self._write_state = WriteState(
            high_water_mark if high_water_mark is not None else writable_high_water_mark,
            object_mode or writable_object_mode, decode_strings,
        )
        self.allow_half_open = allow_half_open
        """Whether the writable side stays open when the readable one has ended."""
        if encoding is not None:
            self.set_encoding(encoding)
        if not readable:
            self._read_state.enabled = False
            self._read_state.ended = self._read_state.end_emitted = True
        if not writable:
            self._write_state.enabled = False
            self._write_state.ending = self._write_state.ended = self._write_state.finished = True
        self._set_functions(_read=read, _write=write, _writev=writev, _final=final)

    def _after_end(self) -> None:
        if self.writable and not self.allow_half_open:
            self._env.next_tick(self._end_other_side)
        else:
            self._destroy_if_done()

    def _end_other_side(self) -> None:
        if self.writable and not self.destroyed:
            self.end()


class Transform(Duplex):
    """A duplex whose output is made of its input: a compressor, a cipher.

    Options: those of `Duplex`, and the functions `transform(self, chunk, callback)` and `flush(self, callback)`; their
    callback takes an error and the output, if any; `push` gives more.
    """

    def __init__(
        self, *, transform: Callable[..., object] | None = None, flush: Callable[..., object] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._waiting: Done | None = None
        self._read_state.sync = False
        self._set_functions(_transform=transform, _flush=flush)

    def _transform(self, chunk: Any, callback: Done) -> None:
        """Make output of `chunk`, then `callback(error, output)`."""
        raise StreamError("ERR_METHOD_NOT_IMPLEMENTED", f"{type(self).__name__} has no _transform method")

    _flush: Callable[[Done], object] | None = None
    """The input has ended: `callback(error, output)` with what is left."""

    def _write(self, chunk: Any, callback: Done) -> None:
        reading = self._read_state
        before = reading.length

        def transformed(error: BaseException | None = None, output: Any = None) -> None:
            if error is not None:
                callback(error)
                return
            if output is not None:
                self.push(output)
            if (
                reading.ended or self._write_state.ended
                or reading.length in (before, 0) or reading.length < reading.high_water_mark
            ):
                callback(None)
            else:
                self._waiting = callback  # the reader is slow: go on when it asks for more

        self._transform(chunk, transformed)

    def _final(self, callback: Done) -> None:
        if self._flush is None or self.destroyed:
            self.push(None)
            callback(None)
            return

        def flushed(error: BaseException | None = None, output: Any = None) -> None:
            if error is not None:
                callback(error)
                return
            if output is not None:
                self.push(output)
            self.push(None)
            callback(None)

        self._flush(flushed)

    def _read(self, size: int) -> None:
        callback, self._waiting = self._waiting, None
        if callback is not None:
            callback(None)


class PassThrough(Transform):
    """A transform that changes nothing: useful to count, or to tie things together."""

    def _transform(self, chunk: Any, callback: Done) -> None:
        callback(None, chunk)
