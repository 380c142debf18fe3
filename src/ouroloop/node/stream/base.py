"""What all streams share: how they are opened, fail and close. The theory stands in `__init__.py`."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, Self, cast

from .. import environment
from ..errors import NodeError
from ..events import EventEmitter

if TYPE_CHECKING:
    from .readable import Readable, ReadState
    from .writable import Writable, WriteState

Done = Callable[..., object]
"""A callback that takes an error or None first."""

DEFAULT_HIGH_WATER_MARK = 64 * 1024
DEFAULT_OBJECT_HIGH_WATER_MARK = 16


class StreamError(NodeError):
    """A stream was used against its rules."""


def destroyed_error(what: str) -> StreamError:
    """What a call on a stream that is destroyed gets."""
    return StreamError("ERR_STREAM_DESTROYED", f"Cannot call {what} after a stream was destroyed")


def write_after_end() -> StreamError:
    """What a write after `end` gets."""
    return StreamError("ERR_STREAM_WRITE_AFTER_END", "write after end")


def already_finished() -> StreamError:
    """What an `end` after the stream has finished gets."""
    return StreamError("ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished")


def premature_close() -> StreamError:
    """What who waits for a stream's end gets if it was closed before."""
    return StreamError("ERR_STREAM_PREMATURE_CLOSE", "Premature close")


def called_twice() -> StreamError:
    """What an implementation gets that calls back twice."""
    return StreamError("ERR_MULTIPLE_CALLBACK", "Callback called multiple times")


def checked_high_water_mark(given: int | None, object_mode: bool) -> int:
    """A limit in bytes (or objects). Raises `ValueError` if it is none."""
    if given is None:
        return DEFAULT_OBJECT_HIGH_WATER_MARK if object_mode else DEFAULT_HIGH_WATER_MARK
    if not isinstance(given, int) or given < 0:
        raise ValueError(f"high_water_mark must be an int, 0 or more, not {given!r}")
    return given


class Stream(EventEmitter):
    """What Readable and Writable share: how a stream is opened, fails and closes."""

    _read_state: ReadState | None = None
    _write_state: WriteState | None = None

    def __init__(
        self, *, auto_destroy: bool = True, emit_close: bool = True, construct: Done | None = None,
        destroy: Done | None = None, **rest: Any,
    ) -> None:
        if rest:
            raise TypeError(f"{type(self).__name__} has no option {', '.join(rest)}")
        super().__init__()
        self._env = environment.current()
        self._auto_destroy = auto_destroy
        self._emit_close = emit_close
        self._error_emitted = False
        self._close_emitted = False
        self.destroyed = False
        """Whether the stream was destroyed, or destroyed itself."""
        self.closed = False
        """Whether its resources have been given back."""
        self.errored: BaseException | None = None
        """The error that destroyed it."""
        self._set_functions(_construct=construct, _destroy=destroy)
        self._constructed = True
        self._destroy_late: Callable[[BaseException | None], None] | None = None
        if type(self)._construct is not Stream._construct or construct is not None:
            self._constructed = False
            self._env.next_tick(self._run_construct)

    def _set_functions(self, **functions: Done | None) -> None:
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, MethodType(function, self))

    # For those who make streams

    def _construct(self, callback: Done) -> None:
        """Open what the stream needs, then `callback(error)`; until then it neither reads nor writes."""
        callback(None)

    def _destroy(self, error: BaseException | None, callback: Done) -> None:
        """Give everything back, then `callback(error)`."""
        callback(error)

    # Opening

    def _run_construct(self) -> None:
        called = False

        def constructed(error: BaseException | None = None) -> None:
            nonlocal called
            if called:
                self._fail(error or called_twice())
                return
            called = True
            self._constructed = True
            if self._destroy_late is not None:
                self._destroy_late(error)
            elif error is not None:
                self._fail(error, in_call=True)
            else:
                self._env.next_tick(self._after_construct)

        try:
            self._construct(lambda error=None: self._env.next_tick(constructed, error))
        except Exception as exc:
            self._env.next_tick(constructed, exc)

    def _after_construct(self) -> None:
        if self._read_state is not None and self._read_state.need_readable:
            cast("Readable", self)._maybe_read_more()
        if self._write_state is not None:
            writable = cast("Writable", self)
            if not self._write_state.writing:
                writable._clear_buffer()
            writable._finish_maybe()

    # Closing

    def destroy(self, error: BaseException | None = None, callback: Done | None = None) -> Self:
        """Give everything back; then emit 'error' (with an `error`) and 'close'. Only the first call counts."""
        if self.destroyed:
            if callback is not None:
                callback(None)
            return self
        if error is not None and self.errored is None:
            self.errored = error
        self.destroyed = True
        writing = self._write_state
        if writing is not None and (writing.buffered or writing.on_finish):
            self._env.next_tick(cast("Writable", self)._fail_buffered)
        if self._constructed:
            self._run_destroy(error, callback)
        else:
            self._destroy_late = lambda late: self._run_destroy(error or late, callback)
        return self

    def _run_destroy(self, error: BaseException | None, callback: Done | None) -> None:
        called = False

        def done(error: BaseException | None = None) -> None:
            nonlocal called
            if called:
                return
            called = True
            if error is not None and self.errored is None:
                self.errored = error
            self.closed = True
            if callback is not None:
                callback(error)
            self._env.next_tick(self._emit_error_and_close, error)

        try:
            self._destroy(error, done)
        except Exception as exc:
            done(exc)

    def _emit_error_and_close(self, error: BaseException | None) -> None:
        if error is not None:
            self._emit_error(error)  # an error nobody listens for is raised here: then there is no 'close', as in Node
        self._close_emitted = True
        if self._emit_close:
            self.emit("close")

    def _emit_error(self, error: BaseException) -> None:
        if not self._error_emitted:
            self._error_emitted = True
            self.emit("error", error)

    def _fail(self, error: BaseException, in_call: bool = False) -> None:
        """The stream cannot go on (`in_call`: found out within a call from the program)."""
        if self.destroyed:
            return
        if self._auto_destroy:
            self.destroy(error)
            return
        if self.errored is None:
            self.errored = error
        if in_call:
            self._env.next_tick(self._emit_error, error)
        else:
            self._emit_error(error)

    def _destroy_if_done(self) -> None:
        """Both sides may have come to their end."""
        reading, writing = self._read_state, self._write_state
        if (
            self._auto_destroy
            and (reading is None or reading.end_emitted or not reading.enabled)
            and (writing is None or writing.finished or not writing.enabled)
        ):
            self.destroy()
