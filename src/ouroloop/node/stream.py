"""Streams: data that comes, or goes, piece by piece, at the pace of the slower side.

Theory of operation. A `Readable` keeps what its source pushed until somebody takes it; a `Writable` keeps what was
written until its sink took it. Neither buffer is limited: at `high_water_mark` a Readable stops asking its source for
more, and `write` starts to answer False, which asks the writer to wait for 'drain'. `pipe` connects the two.
A Readable is paused at first; a 'data' listener, `pipe` or `resume` sets it flowing, a 'readable' listener takes it out
of flowing mode. An `async for` reads it chunk by chunk and destroys it on the way out.

A stream ends once: after 'end' and 'finish' (those it has), or at `destroy`, comes 'close', with 'error' before it if
there was one, and nothing after it. With `auto_destroy` (the default) a stream destroys itself at its end.

What surprises people: `write` never refuses data, it only asks to wait. Events that follow from a call inside the
program come in the next tick, not within the call. A source that is asked (`_read`) is not asked again until it has
pushed something.

To make a stream, subclass and write the underscore methods, or give functions to the constructor; these are called as
methods are, with the stream first: `Transform(transform=lambda self, chunk, callback: callback(None, chunk.upper()))`.
Sizes are in bytes, in characters after `set_encoding`, or in objects in `object_mode`.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from types import MethodType
from typing import Any, Self, TypeVar, cast

from . import environment
from .events import EventEmitter, Listener
from .promise import Promise

Done = Callable[..., object]
"""A callback that takes an error or None first."""

W = TypeVar("W", bound="Writable")

DEFAULT_HIGH_WATER_MARK = 64 * 1024
DEFAULT_OBJECT_HIGH_WATER_MARK = 16
_MAX_HIGH_WATER_MARK = 1 << 30


class StreamError(Exception):
    """A stream was used against its rules; `code` is Node's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _destroyed_error(what: str) -> StreamError:
    return StreamError("ERR_STREAM_DESTROYED", f"Cannot call {what} after a stream was destroyed")


def _premature_close() -> StreamError:
    return StreamError("ERR_STREAM_PREMATURE_CLOSE", "Premature close")


def _called_twice() -> StreamError:
    return StreamError("ERR_MULTIPLE_CALLBACK", "Callback called multiple times")


def _high_water_mark(given: int | None, object_mode: bool) -> int:
    if given is None:
        return DEFAULT_OBJECT_HIGH_WATER_MARK if object_mode else DEFAULT_HIGH_WATER_MARK
    if not isinstance(given, int) or given < 0:
        raise ValueError(f"high_water_mark must be an int, 0 or more, not {given!r}")
    return given


class Stream(EventEmitter):
    """What Readable and Writable share: how a stream is opened, fails and closes."""

    _read_state: _ReadState | None = None
    _write_state: _WriteState | None = None

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
                self._fail(error or _called_twice())
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
            cast(Readable, self)._maybe_read_more()
        if self._write_state is not None:
            writable = cast(Writable, self)
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
            self._env.next_tick(cast(Writable, self)._fail_buffered)
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
        try:
            if error is not None:
                self._emit_error(error)
        finally:
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


def _joined(chunks: Any) -> Any:
    return "".join(chunks) if isinstance(chunks[0], str) else b"".join(chunks)


class _ReadState:
    __slots__ = (
        "await_drain", "buffer", "data_emitted", "decoder", "emitted_readable", "enabled", "encoding", "end_emitted",
        "ended", "flowing", "high_water_mark", "length", "need_readable", "object_mode", "paused", "pipes",
        "readable_listening", "reading", "reading_more", "resume_scheduled", "sync",
    )

    def __init__(self, high_water_mark: int | None, object_mode: bool) -> None:
        self.object_mode = object_mode
        self.high_water_mark = _high_water_mark(high_water_mark, object_mode)
        self.enabled = True
        self.buffer: deque[Any] = deque()
        self.length = 0
        self.pipes: list[Writable] = []
        self.await_drain: set[Writable] | None = None
        self.flowing: bool | None = None
        self.paused = False
        self.ended = False
        self.end_emitted = False
        self.reading = False
        self.reading_more = False
        self.resume_scheduled = False
        self.sync = True  # within `_read`: what is pushed there goes to the buffer, so that no data comes from `read()`
        self.need_readable = False
        self.emitted_readable = False
        self.readable_listening = False
        self.data_emitted = False
        self.encoding: str | None = None
        self.decoder: codecs.IncrementalDecoder | None = None

    def how_much(self, n: int | None) -> int:
        """How much a `read(n)` gets now."""
        if (n is not None and n <= 0) or (not self.length and self.ended):
            return 0
        if self.object_mode:
            return 1
        if n is None:
            return len(self.buffer[0]) if self.flowing and self.length else self.length
        if n <= self.length:
            return n
        return self.length if self.ended else 0

    def take(self, n: int) -> Any:
        """The first `n` of the buffer."""
        buffer = self.buffer
        if self.object_mode or len(buffer[0]) == n:
            return buffer.popleft()
        if n >= self.length:
            whole = _joined(buffer)
            buffer.clear()
            return whole
        parts = []
        while n:
            first = buffer.popleft()
            if len(first) > n:
                buffer.appendleft(first[n:])
                first = first[:n]
            n -= len(first)
            parts.append(first)
        return parts[0] if len(parts) == 1 else _joined(parts)


class Readable(Stream):
    """A source of data. https://nodejs.org/api/stream.html#readable-streams

    Options: `high_water_mark` (how much to keep ready), `object_mode`, `encoding` (give str instead of bytes), the
    function `read`; `auto_destroy`, `emit_close`, and the functions `construct` and `destroy`.
    """

    def __init__(
        self, *, high_water_mark: int | None = None, object_mode: bool = False, encoding: str | None = None,
        read: Callable[..., object] | None = None, **options: Any,
    ) -> None:
        super().__init__(**options)
        self._read_state: _ReadState = _ReadState(high_water_mark, object_mode)
        if encoding is not None:
            self.set_encoding(encoding)
        if read is not None:
            self._set_functions(_read=read)

    # For those who make streams

    def _read(self, size: int) -> None:
        """Fetch about `size`, and `push` it, now or later. Not called again before something was pushed."""
        raise StreamError("ERR_METHOD_NOT_IMPLEMENTED", f"{type(self).__name__} has no _read method")

    def push(self, chunk: Any) -> bool:
        """Hand over what was fetched; None means the end. Returns whether to go on fetching."""
        state = self._read_state
        if chunk is None:
            state.reading = False
            self._push_end()
            return False
        if not state.object_mode:
            chunk = self._checked(chunk)
            if chunk is None:
                return False
        if state.ended:
            self._fail(StreamError("ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"))
            return False
        if self.destroyed or self.errored is not None:
            return False
        state.reading = False
        if state.decoder is not None and not isinstance(chunk, str):
            chunk = state.decoder.decode(chunk)
        if state.object_mode or chunk:
            self._add_chunk(chunk)
        else:
            self._maybe_read_more()
        return not state.ended and (state.length < state.high_water_mark or not state.length)

    def _checked(self, chunk: Any) -> Any:
        """`chunk` as bytes, or as the str that the decoder would have made of it; None if it is neither."""
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            return chunk
        if isinstance(chunk, str):
            encoding = self._read_state.encoding
            return chunk if encoding is not None else chunk.encode()
        self._fail(TypeError(f"a chunk must be bytes or str unless the stream is in object mode, not {chunk!r}"))
        return None

    def unshift(self, chunk: Any) -> bool:
        """Put back at the front what was read too much."""
        state = self._read_state
        if chunk is None:
            self.push(None)
            return False
        if not state.object_mode:
            chunk = self._checked(chunk)
            if chunk is None:
                return False
            if state.decoder is not None and not isinstance(chunk, str):
                chunk = bytes(chunk).decode(state.encoding or "utf-8", "replace")
        if state.object_mode or chunk:
            if state.end_emitted:
                self._fail(StreamError("ERR_STREAM_UNSHIFT_AFTER_END_EVENT", "stream.unshift() after end event"))
            elif not self.destroyed and self.errored is None:
                self._add_chunk(chunk, front=True)
        return not state.ended and (state.length < state.high_water_mark or not state.length)

    def _add_chunk(self, chunk: Any, front: bool = False) -> None:
        state = self._read_state
        events = self._events
        if state.flowing and not state.length and not state.sync and events is not None and "data" in events:
            state.await_drain = None
            state.data_emitted = True
            self.emit("data", chunk)
        else:
            state.length += 1 if state.object_mode else len(chunk)
            if front:
                state.buffer.appendleft(chunk)
            else:
                state.buffer.append(chunk)
            if state.need_readable:
                self._emit_readable()
        if not state.reading_more and self._constructed:
            state.reading_more = True
            self._env.ticks.append((self._read_more, ()))

    def _push_end(self) -> None:
        state = self._read_state
        if state.ended:
            return
        if state.decoder is not None:
            rest = state.decoder.decode(b"", True)
            if rest:
                state.buffer.append(rest)
                state.length += 1 if state.object_mode else len(rest)
        state.ended = True
        if state.sync:
            self._emit_readable()
        else:
            state.need_readable = False
            state.emitted_readable = True
            self._emit_readable_now()

    # Reading

    def read(self, n: int | None = None) -> Any:
        """Take `n` from the buffer, or all of it (in object mode: one). None: not there (yet); 'readable' tells."""
        state = self._read_state
        asked = n
        if n is not None and n > state.high_water_mark:
            state.high_water_mark = min(1 << (n - 1).bit_length(), _MAX_HIGH_WATER_MARK)
        if n != 0:
            state.emitted_readable = False
        elif state.need_readable and (state.length >= max(state.high_water_mark, 1) or state.ended):
            if not state.length and state.ended:
                self._end_readable()
            else:
                self._emit_readable()
            return None
        n = state.how_much(asked)
        if not n and state.ended:
            if not state.length:
                self._end_readable()
            return None
        if (
            not state.reading
            and (state.need_readable or not state.length or state.length - n < state.high_water_mark)
            and not (state.ended or self.destroyed or self.errored is not None or not self._constructed)
        ):
            self._ask()
            if not state.reading:
                n = state.how_much(asked)
        return self._take(n, asked)

    def _ask(self) -> None:
        state = self._read_state
        state.reading = state.sync = True
        if not state.length:
            state.need_readable = True
        try:
            self._read(state.high_water_mark)
        except Exception as exc:
            self._fail(exc)
        state.sync = False

    def _take(self, n: int, asked: int | None) -> Any:
        state = self._read_state
        if n > 0 and state.length:
            chunk = state.take(n)
            state.length -= n
            state.await_drain = None
        else:
            chunk = None
            state.need_readable = state.length <= state.high_water_mark
            n = 0
        if not state.length:
            if not state.ended:
                state.need_readable = True
            elif asked != n:
                self._end_readable()
        if chunk is not None and not self._error_emitted and not self._close_emitted:
            state.data_emitted = True
            self.emit("data", chunk)
        return chunk

    def _emit_readable(self) -> None:
        state = self._read_state
        state.need_readable = False
        if not state.emitted_readable:
            state.emitted_readable = True
            self._env.ticks.append((self._emit_readable_now, ()))

    def _emit_readable_now(self) -> None:
        state = self._read_state
        if not self.destroyed and self.errored is None and (state.length or state.ended):
            self.emit("readable")
            state.emitted_readable = False
        state.need_readable = not state.flowing and not state.ended and state.length <= state.high_water_mark
        self._flow()

    def _maybe_read_more(self) -> None:
        state = self._read_state
        if not state.reading_more and self._constructed:
            state.reading_more = True
            self._env.ticks.append((self._read_more, ()))

    def _read_more(self) -> None:
        """Fill the buffer up to the mark."""
        state = self._read_state
        while (
            not state.reading
            and not state.ended
            and (state.length < state.high_water_mark or (state.flowing and not state.length))
        ):
            before = state.length
            self.read(0)
            if state.length == before:
                break
        state.reading_more = False

    def _end_readable(self) -> None:
        state = self._read_state
        if not state.end_emitted:
            state.ended = True
            self._env.ticks.append((self._emit_end, ()))

    def _emit_end(self) -> None:
        state = self._read_state
        if self.errored is not None or self._close_emitted or state.end_emitted or state.length:
            return
        state.end_emitted = True
        self.emit("end")
        writing = self._write_state
        if writing is not None and isinstance(self, Duplex) and not self.allow_half_open and self.writable:
            self._env.next_tick(self._end_other_side)
        else:
            self._destroy_if_done()

    # Flowing

    def _add(self, event: Hashable, listener: Listener, prepend: bool) -> None:
        super()._add(event, listener, prepend)
        state = self._read_state
        if prepend:
            return
        if event == "data":
            state.readable_listening = self.listener_count("readable") > 0
            if state.flowing is not False:
                self.resume()
        elif event == "readable" and not state.end_emitted and not state.readable_listening:
            state.readable_listening = state.need_readable = True
            state.flowing = False
            state.emitted_readable = False
            if state.length:
                self._emit_readable()
            elif not state.reading:
                self._env.next_tick(self.read, 0)

    def _forget(self, events: dict[Hashable, Any], event: Hashable) -> None:
        super()._forget(events, event)
        if event == "readable":
            self._env.next_tick(self._update_listening)

    def _update_listening(self) -> None:
        state = self._read_state
        state.readable_listening = self.listener_count("readable") > 0
        if state.resume_scheduled and not state.paused:
            state.flowing = True
        elif self.listener_count("data"):
            self.resume()
        elif not state.readable_listening:
            state.flowing = None

    def resume(self) -> Self:
        """Let data flow: 'data' events from the next tick on. Without a listener it is thrown away."""
        state = self._read_state
        if not state.flowing:
            state.flowing = not state.readable_listening
            if not state.resume_scheduled:
                state.resume_scheduled = True
                self._env.next_tick(self._resume)
        state.paused = False
        return self

    def _resume(self) -> None:
        state = self._read_state
        if not state.reading:
            self.read(0)
        state.resume_scheduled = False
        self.emit("resume")
        self._flow()
        if state.flowing and not state.reading:
            self.read(0)

    def _flow(self) -> None:
        state = self._read_state
        while state.flowing and self.read() is not None:
            pass

    def pause(self) -> Self:
        """No more 'data' until `resume`; what comes is kept."""
        state = self._read_state
        if state.flowing is not False:
            state.flowing = False
            self.emit("pause")
        state.paused = True
        return self

    def is_paused(self) -> bool:
        """Whether `pause` was called, and `resume` not since."""
        return self._read_state.paused

    def set_encoding(self, encoding: str) -> Self:
        """Give str instead of bytes; characters split over chunks are put together. Raises `LookupError`."""
        state = self._read_state
        state.decoder = codecs.getincrementaldecoder(encoding)("replace")
        state.encoding = encoding
        text = "".join(state.decoder.decode(bytes(chunk)) for chunk in state.buffer)
        state.buffer.clear()
        if text:
            state.buffer.append(text)
        state.length = len(text)
        return self

    # Piping

    def pipe(self, destination: W, *, end: bool = True) -> W:
        """Write everything to `destination`, at its pace, and end it at the end (unless `end` is false). Returns it."""
        _Pipe(self, destination, end)
        return destination

    def unpipe(self, destination: Writable | None = None) -> Self:
        """Undo `pipe`, for all destinations or for one, and pause if none is left."""
        pipes = self._read_state.pipes
        if not pipes:
            return self
        if destination is None:
            self._read_state.pipes = []
            self.pause()
            for each in pipes:
                each.emit("unpipe", self)
        elif destination in pipes:
            pipes.remove(destination)
            if not pipes:
                self.pause()
            destination.emit("unpipe", self)
        return self

    # Iteration

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.iterator()

    async def iterator(self, *, destroy_on_return: bool = True) -> AsyncIterator[Any]:
        """Each chunk; leaving the loop destroys the stream, unless told otherwise. Raises the stream's error."""
        waiting: Promise[None] | None = None
        over = False
        error: BaseException | None = None

        def wake() -> None:
            if waiting is not None:
                waiting._resolve(None)

        def ended(failure: BaseException | None) -> None:
            nonlocal over, error
            over, error = True, failure
            wake()

        self.on("readable", wake)
        stop_watching = _watch_end(self, ended, writable=False)
        failed = True
        try:
            while True:
                chunk = None if self.destroyed else self.read()
                if chunk is not None:
                    failed = False
                    yield chunk
                    failed = True
                elif over:
                    if error is not None:
                        raise error
                    failed = False
                    return
                else:
                    waiting = Promise()
                    await waiting
        finally:
            if (failed or destroy_on_return) and (not over or error is not None or self._auto_destroy):
                self.destroy()
            self.remove_listener("readable", wake)
            stop_watching()

    @staticmethod
    def from_(source: Any, **options: Any) -> Readable:
        """A stream of what an iterable or an asynchronous iterable gives; in object mode unless told otherwise.

        A str or bytes is one chunk.
        """
        if isinstance(source, (str, bytes, bytearray)):
            source = (source,)
        return _FromIterable(source, **{"object_mode": True, "high_water_mark": 1, **options})

    # State

    @property
    def readable(self) -> bool:
        """Whether there may be something to read: neither ended, nor destroyed, nor failed."""
        state = self._read_state
        return state.enabled and not (state.end_emitted or self.destroyed or self.errored is not None)

    @property
    def readable_flowing(self) -> bool | None:
        """None: nobody has asked for data; True: flowing; False: paused."""
        return self._read_state.flowing

    @property
    def readable_length(self) -> int:
        """How much is kept ready."""
        return self._read_state.length

    @property
    def readable_high_water_mark(self) -> int:
        """How much to keep ready at most before the source is no longer asked."""
        return self._read_state.high_water_mark

    @property
    def readable_object_mode(self) -> bool:
        """Whether chunks are objects."""
        return self._read_state.object_mode

    @property
    def readable_encoding(self) -> str | None:
        """The encoding, if `set_encoding` was called."""
        return self._read_state.encoding

    @property
    def readable_ended(self) -> bool:
        """Whether 'end' was emitted."""
        return self._read_state.end_emitted

    @property
    def readable_did_read(self) -> bool:
        """Whether any data was taken."""
        return self._read_state.data_emitted

    @property
    def readable_aborted(self) -> bool:
        """Whether the stream was destroyed, or failed, before 'end'."""
        return (self.destroyed or self.errored is not None) and not self._read_state.end_emitted


class _FromIterable(Readable):
    """See `Readable.from_`."""

    def __init__(self, source: Any, **options: Any) -> None:
        super().__init__(**options)
        if hasattr(source, "__aiter__"):
            self._source: Any = aiter(source)
            self._asynchronous = True
        else:
            self._source = iter(source)
            self._asynchronous = False
        self._pulling = False

    def _read(self, size: int) -> None:
        if not self._pulling:
            self._pulling = True
            # An iterator may yield promises and the consumer may push back: a task copes with both.
            Promise.resolve(self._pull()).catch(self.destroy)

    async def _pull(self) -> None:
        while True:
            try:
                value = await anext(self._source) if self._asynchronous else next(self._source)
            except (StopIteration, StopAsyncIteration):
                self.push(None)
                return
            if isinstance(value, Promise):
                value = await value
            if value is None:
                raise TypeError("None marks the end of a stream: an iterable for one must not give it")
            if not self.push(value):
                self._pulling = False
                return

    def _destroy(self, error: BaseException | None, callback: Done) -> None:
        close = getattr(self._source, "aclose" if self._asynchronous else "close", None)
        if close is None:
            callback(error)
        elif self._asynchronous:
            Promise.resolve(close()).then(lambda _: callback(error), lambda second: callback(error or second))
        else:
            close()
            callback(error)


class _Pipe:
    """One `pipe`: what connects a Readable to one destination."""

    __slots__ = ("_at_end", "_source", "_to", "_undone", "_waits")

    def __init__(self, source: Readable, to: Writable, end: bool) -> None:
        self._source = source
        self._to = to
        self._undone = False
        self._waits = False
        state = source._read_state
        state.pipes.append(to)
        self._at_end = self._end if end else self._unpipe
        if state.end_emitted:
            source._env.next_tick(self._at_end)
        else:
            source.once("end", self._at_end)
        to.on("unpipe", self._on_unpipe)
        source.on("data", self._on_data)
        to.prepend_listener("error", self._on_error)
        to.once("close", self._on_close)
        to.once("finish", self._on_finish)
        to.emit("pipe", source)
        if to.writable_need_drain:
            self._pause()
        elif not state.flowing:
            source.resume()

    def _on_data(self, chunk: Any) -> None:
        if self._to.write(chunk) is False:
            self._pause()

    def _pause(self) -> None:
        state = self._source._read_state
        if not self._undone:
            if self._to in state.pipes:
                if state.await_drain is None:
                    state.await_drain = set()
                state.await_drain.add(self._to)
            self._source.pause()
        if not self._waits:
            self._waits = True
            self._to.on("drain", self._on_drain)

    def _on_drain(self) -> None:
        state = self._source._read_state
        if state.await_drain is not None:
            state.await_drain.discard(self._to)
        if not state.await_drain and self._source.listener_count("data"):
            self._source.resume()

    def _end(self) -> None:
        self._to.end()

    def _unpipe(self) -> None:
        self._source.unpipe(self._to)

    def _on_error(self, error: BaseException) -> None:
        self._unpipe()
        self._to.remove_listener("error", self._on_error)
        if self._to.listener_count("error"):
            return
        if self._to._error_emitted:  # we were its only listener: the error is nobody's, and must not pass in silence
            self._to.emit("error", error)
        else:
            self._to._fail(error)

    def _on_close(self, *_: Any) -> None:
        self._to.remove_listener("finish", self._on_finish)
        self._unpipe()

    def _on_finish(self) -> None:
        self._to.remove_listener("close", self._on_close)
        self._unpipe()

    def _on_unpipe(self, source: Readable) -> None:
        if source is not self._source or self._undone:
            return
        to = self._to
        to.remove_listener("close", self._on_close)
        to.remove_listener("finish", self._on_finish)
        to.remove_listener("drain", self._on_drain)
        to.remove_listener("error", self._on_error)
        to.remove_listener("unpipe", self._on_unpipe)
        source.remove_listener("end", self._at_end)
        source.remove_listener("data", self._on_data)
        self._undone = True
        if self._waits and source._read_state.await_drain and to.writable_need_drain:
            self._on_drain()


class _WriteState:
    __slots__ = (
        "after_write", "buffered", "clearing", "corked", "decode_strings", "enabled", "ended", "ending", "final_called",
        "finished", "high_water_mark", "length", "need_drain", "object_mode", "on_finish", "pending", "prefinished",
        "sync", "write_callback", "write_length", "writing",
    )

    def __init__(self, high_water_mark: int | None, object_mode: bool, decode_strings: bool) -> None:
        self.object_mode = object_mode
        self.decode_strings = decode_strings
        self.high_water_mark = _high_water_mark(high_water_mark, object_mode)
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
        self._write_state: _WriteState = _WriteState(high_water_mark, object_mode, decode_strings)
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
        if self._write_state.ending:
            error = StreamError("ERR_STREAM_WRITE_AFTER_END", "write after end")
        else:
            error = _destroyed_error("write")
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
            self._fail(_called_twice())
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
                callback(self.errored or _destroyed_error("write"))
        self._call_on_finish(self.errored or _destroyed_error("end"))

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
            error = StreamError("ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished")
        elif self.destroyed:
            error = _destroyed_error("end")
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
                self._fail(error or _called_twice())
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
        self._read_state = _ReadState(
            high_water_mark if high_water_mark is not None else readable_high_water_mark,
            object_mode or readable_object_mode,
        )
        self._write_state = _WriteState(
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
        return _watch_end(stream, callback, readable=readable, writable=writable, error=error)
    promise, resolve, reject = Promise.with_resolvers()
    _watch_end(stream, lambda failure: resolve(None) if failure is None else reject(failure),
               readable=readable, writable=writable, error=error)
    return promise


def _watch_end(
    stream: Stream, callback: Done, *, readable: bool | None = None, writable: bool | None = None, error: bool = True
) -> Callable[[], None]:
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
            self._call(_premature_close())


def pipeline(*stages: Any, callback: Done | None = None, end: bool = True) -> Any:
    """Pipe the stages together; `callback(error)` when all is through, or when one fails: then all are destroyed.

    The first stage may be an iterable or asynchronous iterable; the others may be functions: in the middle,
    `stage(chunks)` is an asynchronous generator; the last may be an `async def` whose result becomes the second
    argument of `callback`. The callback may also be the last positional argument. Without one, returns a promise
    (of that result); with one, the last stream.
    """
    if callback is None and len(stages) > 2 and callable(stages[-1]) and not _is_stage(stages[-1]):
        *stages, callback = stages  # type: ignore[assignment]
    if len(stages) < 2:
        raise ValueError("a pipeline needs at least two stages")
    if callback is not None:
        environment.require_callable(callback)
        return _Pipeline(callback, end).connect(stages)
    promise, resolve, reject = Promise.with_resolvers()
    _Pipeline(lambda error, value=None: resolve(value) if error is None else reject(error), end).connect(stages)
    return promise


def _is_stage(function: object) -> bool:
    """Whether a function at the end is a stage (asynchronous) or the callback."""
    from inspect import isasyncgenfunction, iscoroutinefunction

    return iscoroutinefunction(function) or isasyncgenfunction(function)


class _Pipeline:
    __slots__ = ("_callback", "_end", "_error", "_streams", "_value", "_waiting")

    def __init__(self, callback: Done, end: bool) -> None:
        self._callback = callback
        self._end = end
        self._error: BaseException | None = None
        self._value: Any = None
        self._waiting = 0
        self._streams: list[Stream] = []

    def connect(self, stages: Iterable[Any]) -> Any:
        source: Any = None
        *before, last = stages
        for stage in before:
            source = self._joined(source, stage)
        return self._finish_with(source, last)

    def _joined(self, source: Readable | None, stage: Any) -> Readable:
        """The stream that comes out of `stage` when `source` goes into it."""
        if not isinstance(stage, Stream):
            if callable(stage):
                stage = stage(source) if source is not None else stage()
            stage = Readable.from_(stage)
        elif source is not None:
            self._pipe(source, cast(Writable, stage), True)
        if not isinstance(stage, Readable):
            raise TypeError(f"nothing can be read from {stage!r}, so it must be the last stage")
        self._streams.append(stage)
        self._watch(stage, readable=True)
        return stage

    def _finish_with(self, source: Readable, last: Any) -> Any:
        if isinstance(last, Writable):
            self._streams.append(last)
            self._pipe(source, last, self._end)
            return last
        if not callable(last):
            raise TypeError(f"the last stage must be a writable stream or a function, not {last!r}")
        result = last(source)
        if hasattr(result, "__aiter__"):
            return self._joined(None, result)
        self._waiting += 1
        Promise.resolve(result).then(self._take_value, self._done)
        return last

    def _take_value(self, value: Any) -> None:
        self._value = value
        self._done(None)

    def _pipe(self, source: Readable, to: Writable, end: bool) -> None:
        source.pipe(to, end=end)
        if end or not isinstance(to, Readable):
            self._watch(to, readable=False)

    def _watch(self, stream: Stream, readable: bool) -> None:
        self._waiting += 1
        _watch_end(stream, self._done, readable=readable, writable=not readable)

    def _done(self, error: BaseException | None) -> None:
        self._waiting -= 1
        if error is not None and (
            self._error is None or getattr(self._error, "code", None) == "ERR_STREAM_PREMATURE_CLOSE"
        ):
            self._error = error
            for stream in self._streams:
                stream.destroy()
        if not self._waiting:
            environment.current().next_tick(self._call)

    def _call(self) -> None:
        if self._error is not None:
            self._callback(self._error)
        elif self._value is not None:
            self._callback(None, self._value)
        else:
            self._callback(None)
