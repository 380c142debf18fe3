"""Readable: a source of data, its buffer, and its two modes."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..events import Listener
from ..promise import Promise
from .base import Done, Stream, StreamError, checked_high_water_mark
from .end_of_stream import watch_end
from .pipe import Pipe

if TYPE_CHECKING:
    from .writable import Writable

W = TypeVar("W", bound="Writable")

_MAX_HIGH_WATER_MARK = 1 << 30


def _joined(chunks: Any) -> Any:
    return "".join(chunks) if isinstance(chunks[0], str) else b"".join(chunks)


class ReadState:
    """What a stream that reads knows of itself."""
    __slots__ = (
        "await_drain", "buffer", "data_emitted", "decoder", "emitted_readable", "enabled", "encoding", "end_emitted",
        "ended", "flowing", "high_water_mark", "length", "need_readable", "object_mode", "paused", "pipes",
        "readable_listening", "reading", "reading_more", "resume_scheduled", "sync",
    )

    def __init__(self, high_water_mark: int | None, object_mode: bool) -> None:
        self.object_mode = object_mode
        self.high_water_mark = checked_high_water_mark(high_water_mark, object_mode)
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
        self._read_state: ReadState = ReadState(high_water_mark, object_mode)
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
        self._after_end()

    def _after_end(self) -> None:
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
        Pipe(self, destination, end)
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
        stop_watching = watch_end(self, ended, writable=False)
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
