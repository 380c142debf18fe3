"""zlib: the codecs of `node/zlib`, which both languages share, for JavaScript.

Theory of operation. JavaScript opens a codec and has a number for it. `write` gives it a piece of input, as a place in
memory, and starts a job on the thread pool; the request's result is `[state, consumed, error, pieces]`: what has come
out so far, and whether there is more (`more` starts the next job), or nothing without more input, or nothing ever.
What needs no stream (`gzipSync`, `gzip`) is one operation from its options to its result.

What surprises people: an error is a list, `[code, errno, message]`; it comes after the output before it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...node import zlib
from ...node.zlib import Codec, InitializationError, NodeError, Settings, ZlibError
from ..engine import memory

if TYPE_CHECKING:
    from ..runtime import Runtime

_MORE, _DONE, _END = range(3)
_DEFAULTS = Settings()
_JOB_OUTPUT = 64 * 1024  # of one job, in bytes: the trip to the pool costs as much as packing some KiB


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `zlib` and `internal/zlib/*`."""
    codecs = Codecs(runtime)
    return {
        "open": codecs.open, "close": codecs.close, "reset": codecs.reset, "params": codecs.params,
        "write": codecs.write, "more": codecs.more, "writeSync": codecs.write_sync, "step": codecs.step,
        "convert": codecs.convert, "convertAsync": codecs.convert_async, "crc32": crc32,
    }


def crc32(address: float, length: int, value: int) -> int:
    """The CRC-32 of some memory, on from `value`."""
    return zlib.crc32(_input(address, length), int(value))


def _input(address: float, length: int) -> memoryview | bytes:
    return memory(int(address), int(length)) if length else b""


def _settings(options: list[Any] | None) -> Settings:
    """What JavaScript checked: level, window bits, memory level, strategy, dictionary, parameters, pledged size."""
    if options is None:
        return _DEFAULTS
    level, window, mem_level, strategy, dictionary, params, pledged = options
    pairs = [int(number) for number in params]
    return Settings(
        int(level), int(window), int(mem_level), int(strategy), dictionary,
        dict(zip(pairs[::2], pairs[1::2], strict=True)), None if pledged is None else int(pledged))


def _error(exc: Exception) -> list[Any]:
    return [getattr(exc, "code", ""), getattr(exc, "errno", 0), str(exc)]


class Codecs:
    """The open codecs of a runtime, by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._by_number: dict[int, Codec] = {}
        self._last = 0

    def open(self, form: Any, options: list[Any] | None) -> int | list[Any]:
        """The number of a new codec."""
        try:
            codec = zlib.new_codec(form, _settings(options))
        except (InitializationError, ZlibError) as exc:
            return _error(exc)
        self._last += 1
        self._by_number[self._last] = codec
        return self._last

    def close(self, number: int) -> None:
        """Forget a codec. A job that is under way ends by itself."""
        self._by_number.pop(int(number), None)

    def reset(self, number: int) -> None:
        """Begin a new stream of data."""
        self._by_number[int(number)].reset()

    def params(self, number: int, level: int, strategy: int) -> None:
        """Another level and strategy from here on."""
        self._by_number[int(number)].params(int(level), int(strategy))

    def write(
        self, request: int, number: int, flush: int, address: float, length: int, first: int, size: int,
    ) -> None:
        """Start to work on some input. Output comes in pieces of `size` bytes, but for the first."""
        codec = self._by_number[int(number)]

        def job() -> list[Any]:
            codec.feed(_input(address, length), int(flush))
            return _output(codec, int(first), int(size))

        self._start(request, job)

    def more(self, request: int, number: int, size: int) -> None:
        """Go on with the same input."""
        codec = self._by_number[int(number)]
        self._start(request, lambda: _output(codec, int(size), int(size)))

    def _start(self, request: int, job: Callable[[], Any]) -> None:
        def done(error: BaseException | None, result: Any = None) -> None:
            if error is not None:
                raise error
            self._runtime.complete(request, 0, result)

        self._runtime.loop.queue_work(job, done, name="zlib")

    def write_sync(
        self, number: int, flush: int, address: float, length: int, first: int, size: int, room: float,
    ) -> list[Any]:
        """`write`, here and now, and all that comes of it, but not much more than `room` bytes."""
        codec = self._by_number[int(number)]
        codec.feed(_input(address, length), int(flush))
        return _output(codec, int(first), int(size), room)

    def step(
        self, number: int, flush: int, address: float, length: int, target: float, space: int,
    ) -> list[Any]:
        """One step into memory: how many bytes were written and how many of the input are left; or an error."""
        codec = self._by_number[int(number)]
        codec.feed(_input(address, length), int(flush))
        try:
            piece = codec.read(int(space)) if space else b""
        except ZlibError as exc:
            codec.take_back()
            return _error(exc)
        if piece:
            memory(int(target), len(piece))[:] = piece
        return [len(piece), codec.take_back()]

    def convert(
        self, form: Any, options: list[Any] | None, finish_flush: int, limit: float | None, address: float, length: int,
    ) -> bytes | list[Any]:
        """All that a codec makes of some memory, or the error."""
        try:
            codec = zlib.new_codec(form, _settings(options))
            most = sys.maxsize if limit is None else int(limit)
            output = zlib.run(codec, _input(address, length), int(finish_flush), most)
        except NodeError as exc:
            return _error(exc)
        return output

    def convert_async(
        self, request: int, form: Any, options: list[Any] | None, finish_flush: int, limit: float | None,
        address: float, length: int,
    ) -> None:
        """`convert`, on the thread pool.

        That it is over is told by another job, as in Node, where a stream does it all. So what the pool was given
        meanwhile comes first.
        """
        loop = self._runtime.loop

        def done(error: BaseException | None, result: Any = None) -> None:
            if error is not None:
                raise error
            if isinstance(result, list):  # an error of the data
                self._runtime.complete(request, 0, result)
            else:
                self._start(request, lambda: result)

        loop.queue_work(lambda: self.convert(form, options, finish_flush, limit, address, length), done, name="zlib")


def _output(codec: Codec, limit: int, size: int, room: float = _JOB_OUTPUT) -> list[Any]:
    """What `codec` has, in pieces of `size` bytes, the first of `limit`: `room` bytes of it, or a little more.

    What an error cuts short does not count, as in Node.
    """
    pieces: list[bytes] = []
    part = b""
    try:
        while room > 0 or part:
            piece = codec.read(limit)
            if not piece:
                return [_END if codec.at_end else _DONE, codec.consumed, None, [*pieces, part] if part else pieces]
            part += piece
            room -= len(piece)
            limit -= len(piece)
            if not limit:
                pieces.append(part)
                part, limit = b"", size
    except ZlibError as exc:
        return [_DONE, codec.consumed, _error(exc), pieces]
    return [_MORE, codec.consumed, None, pieces]
