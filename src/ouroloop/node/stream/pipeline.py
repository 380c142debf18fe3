"""pipeline: pipes, with one place for the end and for errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .. import environment
from ..promise import Promise
from .base import Done, Stream
from .end_of_stream import watch_end
from .readable import Readable
from .writable import Writable


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
        watch_end(stream, self._done, readable=readable, writable=not readable)

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
