"""Writable: a sink for data, what waits for it, and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Self

from .base import (
    Done,
    Stream,
    StreamError,
    already_finished,
    called_twice,
    checked_high_water_mark,
    destroyed_error,
    write_after_end,
)


class WriteState:
    """What a stream that writes knows of itself."""
    __slots__ = (
        "after_write", "buffered", "clearing", "corked", "decode_strings", "enabled", "ended", "ending", "final_called",
        "finished", "high_water_mark", "length", "need_drain", "object_mode", "on_finish", "pending", "prefinished",
        "sync", "write_callback", "write_length", "writing",
    )

    def __init__(self, high_water_mark: int | None, object_mode: bool, decode_strings: bool) -> None:
        self.object_mode = object_mode
        self.decode_strings = decode_strings
        self.high_water_mark = checked_high_water_mark(high_water_mark, object_mode)
        self.enabled = True
        self.buffered: deque[tuple[Any, Done | None]] = deque()
        self.length = 0
        self.pending = 0  # callbacks not called yet: 'finish' comes after them
        self.on_finish: list[Done] = []
        self.after_write: list[Any] | None = None
        self.write_callback: Done | None = None
        self.write_length = 0
        self.writing = False
        self.sync = True
        self.clearing = False
        self.corked = 0
        self.need_drain = False
        self.ending = False
        self.ended = False
        self.final_called = False
        self.prefinished = False
        self.finished = False


class Writable(Stream):
    """A sink for data. https://nodejs.org/api/stream.html#writable-streams

    Options: `high_water_mark`, `object_mode`, `decode_strings` (give str to `_write` as bytes; the default), the
    functions `write`, `writev` and `final`; `auto_destroy`, `emit_close`, and the functions `construct` and `destroy`.
    """

    def __init__(
        self, *, high_water_mark: int | None = None, object_mode: bool = False, decode_strings: bool = True,
        write: Callable[..., object] | None = None, writev: Callable[..., object] | None = None,
        final: Callable[..., object] | None = None, **options: Any,
    ) -> None:
        super().__init__(**options)
        self._write_state: WriteState = WriteState(high_water_mark, object_mode, decode_strings)
        self._set_functions(_write=write, _writev=writev, _final=final)

    # For those who make streams

    def _write(self, chunk: Any, callback: Done) -> None:
        """Take `chunk`, then `callback(error)`. Not called again before."""
        if self._writev is None:
            raise StreamError("ERR_METHOD_NOT_IMPLEMENTED", f"{type(self).__name__} has no _write method")
        self._writev([chunk], callback)

    _writev: Callable[[list[Any], Done], object] | None = None
    """Take several chunks at once, if the sink can: a list of them, and the callback."""

    _final: Callable[[Done], object] | None = None
    """Everything is written: do what must come before 'finish', then `callback(error)`."""

    # Writing

    def write(self, chunk: Any, callback: Done | None = None, *, encoding: str = "utf-8") -> bool:
        """Write `chunk`; `callback(error)` when it is taken. False asks to wait for 'drain' before writing more.

        Raises `TypeError` for what is neither bytes nor str, unless in object mode. After `end` it is an 'error' event.
        """
        state = self._write_state
        if chunk is None:
            raise TypeError("None cannot be written; end() ends a stream")
        if not state.object_mode:
            if isinstance(chunk, str):
                if state.decode_strings:
                    chunk = chunk.encode(encoding)
            elif not isinstance(chunk, (bytes, bytearray, memoryview)):
                raise TypeError(f"a chunk must be bytes or str unless the stream is in object mode, not {chunk!r}")
        if state.ending or self.destroyed:
            self._refuse(callback)
            return False
        state.pending += 1
        length = 1 if state.object_mode else len(chunk)
        state.length += length
        go_on = state.length < state.high_water_mark
        if not go_on:
            state.need_drain = True
        if state.writing or state.corked or self.errored is not None or not self._constructed:
            state.buffered.append((chunk, callback))
        else:
            self._do_write(chunk, length, callback)
        return go_on and self.errored is None and not self.destroyed

    def _refuse(self, callback: Done | None) -> StreamError:
        error = write_after_end() if self._write_state.ending else destroyed_error("write")
        if callback is not None:
            self._env.next_tick(callback, error)
        self._fail(error, in_call=True)
        return error

    def _do_write(self, chunk: Any, length: int, callback: Done | None) -> None:
        state = self._write_state
        state.write_length = length
        state.write_callback = callback
        state.writing = state.sync = True
        self._write(chunk, self._written)
        state.sync = False

    def _written(self, error: BaseException | None = None, *_: Any) -> None:
        """The callback that `_write` gets."""
        state = self._write_state
        if not state.writing:
            self._fail(called_twice())
            return
        callback = state.write_callback
        state.writing = False
        state.write_callback = None
        state.length -= state.write_length
        state.write_length = 0
        if error is not None:
            if self.errored is None:
                self.errored = error
            if state.sync:
                self._env.next_tick(self._write_failed, error, callback)
            else:
                self._write_failed(error, callback)
            return
        if state.buffered:
            self._clear_buffer()
        if not state.sync:
            self._after_write([1, callback])
        elif state.after_write is not None and state.after_write[1] is callback:
            state.after_write[0] += 1
        else:
            state.after_write = [1, callback]
            self._env.ticks.append((self._after_write, (state.after_write,)))

    def _after_write(self, written: list[Any]) -> None:
        state = self._write_state
        if written is state.after_write:
            state.after_write = None
        if state.need_drain and not state.length and not state.ending and not self.destroyed:
            state.need_drain = False
            self.emit("drain")
        count, callback = written
        state.pending -= count
        if callback is not None:
            for _ in range(count):
                callback(None)
        if self.destroyed:
            self._fail_buffered()
        if state.ending:
            self._finish_maybe()

    def _write_failed(self, error: BaseException, callback: Done | None) -> None:
        self._write_state.pending -= 1
        if callback is not None:
            callback(error)
        self._fail_buffered()
        self._fail(error)

    def _fail_buffered(self) -> None:
        """Tell those who wait that nothing will be written any more."""
        state = self._write_state
        if state.writing:
            return
        buffered, state.buffered = state.buffered, deque()
        for chunk, callback in buffered:
            state.length -= 1 if state.object_mode else len(chunk)
            if callback is not None:
                callback(self.errored or destroyed_error("write"))
        self._call_on_finish(self.errored or destroyed_error("end"))

    def _call_on_finish(self, error: BaseException | None) -> None:
        callbacks, self._write_state.on_finish = self._write_state.on_finish, []
        for callback in callbacks:
            callback(error)

    def _clear_buffer(self) -> None:
        state = self._write_state
        buffered = state.buffered
        if not buffered or state.corked or state.clearing or self.destroyed or not self._constructed:
            return
        state.clearing = True
        if len(buffered) > 1 and self._writev is not None:
            self._write_several()
        else:
            while buffered and not state.writing:
                chunk, callback = buffered.popleft()
                self._do_write(chunk, 1 if state.object_mode else len(chunk), callback)
        state.clearing = False

    def _write_several(self) -> None:
        state = self._write_state
        buffered, state.buffered = state.buffered, deque()
        state.pending -= len(buffered) - 1
        callbacks = [callback for _, callback in buffered if callback is not None]

        def call_all(error: BaseException | None) -> None:
            for callback in callbacks:
                callback(error)

        state.write_length = state.length
        state.write_callback = call_all if callbacks else None
        state.writing = state.sync = True
        assert self._writev is not None
        self._writev([chunk for chunk, _ in buffered], self._written)
        state.sync = False

    def cork(self) -> None:
        """Keep what is written until as many `uncork`s, to hand it over at once."""
        self._write_state.corked += 1

    def uncork(self) -> None:
        """Undo one `cork`."""
        state = self._write_state
        if state.corked:
            state.corked -= 1
            if not state.writing:
                self._clear_buffer()

    # The end

    def end(self, chunk: Any = None, callback: Done | None = None, *, encoding: str = "utf-8") -> Self:
        """Write `chunk`, if given, and end: 'finish' (and `callback(error)`) when everything is taken."""
        if callable(chunk) and callback is None:
            chunk, callback = None, chunk
        state = self._write_state
        error: StreamError | None = None
        if chunk is not None:
            if state.ending or self.destroyed:
                error = self._refuse(None)
            else:
                self.write(chunk, encoding=encoding)
        if state.corked:
            state.corked = 1
            self.uncork()
        if error is not None:
            pass
        elif self.errored is None and not state.ending:
            state.ending = True
            self._finish_maybe(in_call=True)
            state.ended = True
        elif state.finished:
            error = already_finished()
        elif self.destroyed:
            error = destroyed_error("end")
        if callback is not None:
            if error is not None or state.finished:
                self._env.next_tick(callback, error)
            else:
                state.on_finish.append(callback)
        return self

    def _need_finish(self) -> bool:
        state = self._write_state
        return (
            state.ending and not state.finished and not state.length and not state.writing and not state.buffered
            and not self.destroyed and self._constructed and self.errored is None
            and not self._error_emitted and not self._close_emitted
        )

    def _finish_maybe(self, in_call: bool = False) -> None:
        state = self._write_state
        if not self._need_finish():
            return
        if not state.prefinished and not state.final_called:
            if self._final is not None and not self.destroyed:
                state.final_called = True
                self._call_final()
            else:
                state.prefinished = True
                self.emit("prefinish")
        if state.pending:
            return
        if in_call:
            state.pending += 1
            self._env.next_tick(self._finish_if_needed)
        elif self._need_finish():
            state.pending += 1
            self._finish()

    def _finish_if_needed(self) -> None:
        if self._need_finish():
            self._finish()
        else:
            self._write_state.pending -= 1

    def _call_final(self) -> None:
        state = self._write_state
        called = False

        def done(error: BaseException | None = None, *_: Any) -> None:
            nonlocal called
            if called:
                self._fail(error or called_twice())
                return
            called = True
            state.pending -= 1
            if error is not None:
                self._call_on_finish(error)
                self._fail(error, in_call=state.sync)
            elif self._need_finish():
                state.prefinished = True
                self.emit("prefinish")
                state.pending += 1
                self._env.next_tick(self._finish)

        state.sync = True
        state.pending += 1
        assert self._final is not None
        try:
            self._final(done)
        except Exception as exc:
            done(exc)
        state.sync = False

    def _finish(self) -> None:
        state = self._write_state
        state.pending -= 1
        state.finished = True
        self._call_on_finish(None)
        self.emit("finish")
        self._destroy_if_done()

    # State

    @property
    def writable(self) -> bool:
        """Whether it is safe to write: not ended, destroyed or failed."""
        state = self._write_state
        return state.enabled and not (state.ending or state.ended or self.destroyed or self.errored is not None)

    @property
    def writable_length(self) -> int:
        """How much waits to be taken."""
        return self._write_state.length

    @property
    def writable_high_water_mark(self) -> int:
        """From how much on `write` answers False."""
        return self._write_state.high_water_mark

    @property
    def writable_object_mode(self) -> bool:
        """Whether chunks are objects."""
        return self._write_state.object_mode

    @property
    def writable_need_drain(self) -> bool:
        """Whether `write` has answered False and 'drain' is still to come."""
        state = self._write_state
        return not self.destroyed and not state.ending and state.need_drain

    @property
    def writable_corked(self) -> int:
        """How many `uncork`s are missing."""
        return self._write_state.corked

    @property
    def writable_ended(self) -> bool:
        """Whether `end` was called."""
        return self._write_state.ending

    @property
    def writable_finished(self) -> bool:
        """Whether everything was taken after `end`; true just before 'finish'."""
        return self._write_state.finished

    @property
    def writable_aborted(self) -> bool:
        """Whether the stream was destroyed, or failed, before 'finish'."""
        return (self.destroyed or self.errored is not None) and not self._write_state.finished
