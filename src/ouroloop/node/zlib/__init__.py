"""zlib: gzip, deflate and raw deflate, Brotli and Zstandard, in one go or as streams.

Theory of operation. A *codec* (`codec.py`, and one file for each library) is given pieces of input and asked for pieces
of output, and never makes much output at a time, so that a small file that unpacks to a huge one is noticed early. The
functions that work in one go (`gzip`, `gunzip` ...) run a codec to its end in one job of the thread pool; the libraries
work there without Python's lock. A stream (`create_gzip` ...) runs its codec one job after the other, for one chunk at
a time, and waits while its reader is slow. JavaScript's `zlib` runs the same codecs.

What surprises people: a gzip file may be several in a row, and unpacks to all of them together. What follows the end of
the compressed data is ignored if it cannot be another member: for gzip if it starts with a NUL byte (a tape's padding),
for the other formats always. And input that ends too early is an error, Z_BUF_ERROR, unless `finish_flush` is
`Z_SYNC_FLUSH`: then what could be unpacked is the result.

Options are keyword arguments: `level` (-1 to 9), `window_bits` (8 to 15), `mem_level` (1 to 9), `strategy`,
`dictionary` (bytes), `flush`, `finish_flush` (`Z_...`), `chunk_size` (bytes, 64 at least), `max_output_length` (bytes).
Brotli and Zstandard have `params` instead of the first four: a value for each `BROTLI_PARAM_...`, `ZSTD_c_...`
(`BROTLI` and `ZSTD` hold the numbers); Zstandard's compressor also `pledged_src_size` (bytes).
https://nodejs.org/api/zlib.html
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from .. import environment
from ..errors import NodeError
from ..stream import Transform
from .codec import Codec, Format, Settings
from .constants import (
    BROTLI,
    BROTLI_OPERATION_EMIT_METADATA,
    BROTLI_OPERATION_FINISH,
    BROTLI_OPERATION_FLUSH,
    BROTLI_OPERATION_PROCESS,
    Z_BEST_COMPRESSION,
    Z_BEST_SPEED,
    Z_BLOCK,
    Z_BUF_ERROR,
    Z_DATA_ERROR,
    Z_DEFAULT_CHUNK,
    Z_DEFAULT_COMPRESSION,
    Z_DEFAULT_LEVEL,
    Z_DEFAULT_MEMLEVEL,
    Z_DEFAULT_STRATEGY,
    Z_DEFAULT_WINDOWBITS,
    Z_ERRNO,
    Z_FILTERED,
    Z_FINISH,
    Z_FIXED,
    Z_FULL_FLUSH,
    Z_HUFFMAN_ONLY,
    Z_MAX_LEVEL,
    Z_MAX_MEMLEVEL,
    Z_MAX_WINDOWBITS,
    Z_MEM_ERROR,
    Z_MIN_CHUNK,
    Z_MIN_LEVEL,
    Z_MIN_MEMLEVEL,
    Z_MIN_WINDOWBITS,
    Z_NEED_DICT,
    Z_NO_COMPRESSION,
    Z_NO_FLUSH,
    Z_OK,
    Z_PARTIAL_FLUSH,
    Z_RLE,
    Z_STREAM_END,
    Z_STREAM_ERROR,
    Z_SYNC_FLUSH,
    Z_VERSION_ERROR,
    ZLIB,
    ZSTD,
    ZSTD_ERRORS,
    ZSTD_e_continue,
    ZSTD_e_end,
    ZSTD_e_flush,
)
from .errors import BufferTooLargeError, InitializationError, ZlibError

if TYPE_CHECKING:
    from typing import Unpack

    from ..promise import Promise

__all__ = [
    "BROTLI",
    "BROTLI_OPERATION_EMIT_METADATA",
    "BROTLI_OPERATION_FINISH",
    "BROTLI_OPERATION_FLUSH",
    "BROTLI_OPERATION_PROCESS",
    "ZLIB",
    "ZSTD",
    "ZSTD_ERRORS",
    "Z_BEST_COMPRESSION",
    "Z_BEST_SPEED",
    "Z_BLOCK",
    "Z_BUF_ERROR",
    "Z_DATA_ERROR",
    "Z_DEFAULT_CHUNK",
    "Z_DEFAULT_COMPRESSION",
    "Z_DEFAULT_LEVEL",
    "Z_DEFAULT_MEMLEVEL",
    "Z_DEFAULT_STRATEGY",
    "Z_DEFAULT_WINDOWBITS",
    "Z_ERRNO",
    "Z_FILTERED",
    "Z_FINISH",
    "Z_FIXED",
    "Z_FULL_FLUSH",
    "Z_HUFFMAN_ONLY",
    "Z_MAX_LEVEL",
    "Z_MAX_MEMLEVEL",
    "Z_MAX_WINDOWBITS",
    "Z_MEM_ERROR",
    "Z_MIN_CHUNK",
    "Z_MIN_LEVEL",
    "Z_MIN_MEMLEVEL",
    "Z_MIN_WINDOWBITS",
    "Z_NEED_DICT",
    "Z_NO_COMPRESSION",
    "Z_NO_FLUSH",
    "Z_OK",
    "Z_PARTIAL_FLUSH",
    "Z_RLE",
    "Z_STREAM_END",
    "Z_STREAM_ERROR",
    "Z_SYNC_FLUSH",
    "Z_VERSION_ERROR",
    "BufferTooLargeError",
    "Codec",
    "Data",
    "Format",
    "InitializationError",
    "NodeError",
    "Options",
    "Settings",
    "ZSTD_e_continue",
    "ZSTD_e_end",
    "ZSTD_e_flush",
    "ZlibError",
    "ZlibStream",
    "brotli_compress",
    "brotli_compress_sync",
    "brotli_decompress",
    "brotli_decompress_sync",
    "crc32",
    "create_brotli_compress",
    "create_brotli_decompress",
    "create_deflate",
    "create_deflate_raw",
    "create_gunzip",
    "create_gzip",
    "create_inflate",
    "create_inflate_raw",
    "create_unzip",
    "create_zstd_compress",
    "create_zstd_decompress",
    "deflate",
    "deflate_raw",
    "deflate_raw_sync",
    "deflate_sync",
    "gunzip",
    "gunzip_sync",
    "gzip",
    "gzip_sync",
    "inflate",
    "inflate_raw",
    "inflate_raw_sync",
    "inflate_sync",
    "new_codec",
    "run",
    "unzip",
    "unzip_sync",
    "versions",
    "zstd_compress",
    "zstd_compress_sync",
    "zstd_decompress",
    "zstd_decompress_sync",
]

Data = str | bytes | bytearray | memoryview
Callback = Callable[..., object]

_OUTPUT_STEP = 1024 * 1024
_STREAM_STEP = 64 * 1024  # output of one job for a stream: the trip to the pool costs as much as packing some KiB


class Options(TypedDict, total=False):
    """What the functions of this module take by keyword; the module's head says what each means."""

    level: int
    window_bits: int
    mem_level: int
    strategy: int
    dictionary: bytes | bytearray | memoryview
    params: Mapping[int, int]
    pledged_src_size: int
    flush: int
    finish_flush: int
    chunk_size: int
    max_output_length: int


_SIZES = {
    "chunk_size": (Z_MIN_CHUNK, sys.maxsize),
    "max_output_length": (1, sys.maxsize),
}
_ZLIB_RANGES = {
    "level": (Z_MIN_LEVEL, Z_MAX_LEVEL),
    "window_bits": (Z_MIN_WINDOWBITS, Z_MAX_WINDOWBITS),
    "mem_level": (Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL),
    "strategy": (Z_DEFAULT_STRATEGY, Z_FIXED),
    "flush": (Z_NO_FLUSH, Z_BLOCK),
    "finish_flush": (Z_NO_FLUSH, Z_BLOCK),
    **_SIZES,
}
_BROTLI_RANGES = {
    "flush": (BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_EMIT_METADATA),
    "finish_flush": (BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_EMIT_METADATA),
    **_SIZES,
}
_ZSTD_RANGES = {
    "pledged_src_size": (0, sys.maxsize),
    "flush": (ZSTD_e_continue, ZSTD_e_end),
    "finish_flush": (ZSTD_e_continue, ZSTD_e_end),
    **_SIZES,
}


@dataclass(frozen=True, slots=True)
class _Library:
    """What differs between the three families of formats."""

    ranges: dict[str, tuple[int, int]]
    finish: int
    full_flush: int
    has_params: bool

    def flushes(self) -> tuple[int, int]:
        return self.ranges["flush"]


_ZLIB = _Library(_ZLIB_RANGES, Z_FINISH, Z_FULL_FLUSH, False)
_BROTLI = _Library(_BROTLI_RANGES, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH, True)
_ZSTD = _Library(_ZSTD_RANGES, ZSTD_e_end, ZSTD_e_flush, True)


def _library(form: Format) -> _Library:
    return _BROTLI if form.startswith("brotli") else _ZSTD if form.startswith("zstd") else _ZLIB


@dataclass(frozen=True, slots=True)
class _Options:
    """All options, checked: the codec's, and those for who runs it."""

    codec: Settings
    flush: int
    finish_flush: int
    chunk_size: int = Z_DEFAULT_CHUNK
    max_output_length: int = sys.maxsize


_DEFAULTS = _Options(Settings(), Z_NO_FLUSH, Z_FINISH)


def _checked(form: Format, options: Options) -> _Options:
    """The checked options. Raises `TypeError` and `ValueError` that say what was wrong."""
    library = _library(form)
    if not options and library is _ZLIB:
        return _DEFAULTS
    checked: dict[str, Any] = {"flush": 0, "finish_flush": library.finish}
    for name, value in options.items():
        if value is not None:
            checked[name] = _checked_option(form, library, name, value)
    own = {name: checked.pop(name) for name in _RUNNING & checked.keys()}
    return _Options(Settings(**checked), **own)


_RUNNING = frozenset(("flush", "finish_flush", "chunk_size", "max_output_length"))


def _checked_option(form: Format, library: _Library, name: str, value: Any) -> Any:
    if name == "dictionary":
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"dictionary must be bytes, not {type(value).__name__}")
        return bytes(value)
    if name == "params" and library.has_params:
        return {int(number): int(setting) for number, setting in value.items()}
    if name not in library.ranges:
        raise TypeError(f"there is no option {name!r}; there are dictionary, {', '.join(library.ranges)}")
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    least, most = library.ranges[name]
    if name == "window_bits":
        if value == 0 and form in ("inflate", "gunzip", "unzip"):
            return most  # "as the header says": the largest window reads them all
        least += form == "gzip"
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value}")
    return value


def new_codec(form: Format, settings: Settings) -> Codec:
    """A codec for one stream of data. Raises `InitializationError`."""
    codec_class = _classes.get(form)
    if codec_class is None:
        codec_class = _classes[form] = _find_class(form)
    return codec_class(form, settings)


_classes: dict[str, Callable[[Format, Settings], Codec]] = {}


def _find_class(form: Format) -> Callable[[Format, Settings], Codec]:
    """The class for a format; its library is loaded when it is first needed."""
    if form.startswith("brotli"):
        from . import libbrotli

        return libbrotli.BrotliEncoder if form == "brotli_compress" else libbrotli.BrotliDecoder
    if form.startswith("zstd"):
        from . import libzstd

        return libzstd.ZstdCompressor if form == "zstd_compress" else libzstd.ZstdDecompressor
    from . import libz

    return libz.Deflater if form in _DEFLATING else libz.Inflater


_DEFLATING = ("gzip", "deflate", "deflate_raw")


def versions() -> dict[str, str]:
    """The versions of the libraries."""
    from importlib import metadata

    from zlib_ng import zlib_ng

    from . import libzstd

    return {
        "zlib": f"{zlib_ng.ZLIB_RUNTIME_VERSION}.zlib-ng", "brotli": metadata.version("brotli"),
        "zstd": libzstd.VERSION,
    }


# In one go


def run(codec: Codec, data: bytes | bytearray | memoryview, finish_flush: int, max_output_length: int) -> bytes:
    """All that `codec` makes of `data`. Raises `ZlibError`, and `BufferTooLargeError` past the limit."""
    codec.feed(data, finish_flush)
    left = max_output_length
    pieces = []
    while piece := codec.read(min(_OUTPUT_STEP, left + 1)):
        left -= len(piece)
        if left < 0:
            raise BufferTooLargeError(max_output_length)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _job(form: Format, buffer: Data, options: Options) -> Callable[[], bytes]:
    checked = _checked(form, options)
    data = _bytes(buffer)
    return lambda: run(new_codec(form, checked.codec), data, checked.finish_flush, checked.max_output_length)


def _bytes(buffer: Data) -> bytes | bytearray | memoryview:
    if isinstance(buffer, str):
        return buffer.encode()
    if isinstance(buffer, memoryview):
        return buffer if buffer.c_contiguous else buffer.tobytes()
    if isinstance(buffer, (bytes, bytearray)):
        return buffer
    raise TypeError(f"the data must be a str or bytes, not {type(buffer).__name__}")


def _start(form: Format, buffer: Data, callback: Callback | None, options: Options) -> Promise[bytes] | None:
    return environment.current().request(callback, _job(form, buffer, options), name=f"zlib.{form}")


def gzip(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Compress `buffer` to a gzip file (RFC 1952), on the thread pool; `callback(error, compressed)`."""
    return _start("gzip", buffer, callback, options)


def gzip_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`gzip`, here and now."""
    return _job("gzip", buffer, options)()


def deflate(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Compress `buffer` to zlib's format (RFC 1950), on the thread pool; `callback(error, compressed)`."""
    return _start("deflate", buffer, callback, options)


def deflate_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`deflate`, here and now."""
    return _job("deflate", buffer, options)()


def deflate_raw(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Compress `buffer` with no header or trailer (RFC 1951), on the thread pool; `callback(error, compressed)`."""
    return _start("deflate_raw", buffer, callback, options)


def deflate_raw_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`deflate_raw`, here and now."""
    return _job("deflate_raw", buffer, options)()


def gunzip(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Unpack a gzip file, all of its members, on the thread pool; `callback(error, data)`.

    The error is a `ZlibError` for bad data, a `BufferTooLargeError` for more than `max_output_length` bytes.
    """
    return _start("gunzip", buffer, callback, options)


def gunzip_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`gunzip`, here and now."""
    return _job("gunzip", buffer, options)()


def inflate(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Unpack what `deflate` made, on the thread pool; `callback(error, data)`. Errors as with `gunzip`."""
    return _start("inflate", buffer, callback, options)


def inflate_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`inflate`, here and now."""
    return _job("inflate", buffer, options)()


def inflate_raw(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Unpack what `deflate_raw` made, on the thread pool; `callback(error, data)`. Errors as with `gunzip`."""
    return _start("inflate_raw", buffer, callback, options)


def inflate_raw_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`inflate_raw`, here and now."""
    return _job("inflate_raw", buffer, options)()


def unzip(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Unpack what `gzip` or `deflate` made, on the thread pool; `callback(error, data)`. Errors as with `gunzip`."""
    return _start("unzip", buffer, callback, options)


def unzip_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`unzip`, here and now."""
    return _job("unzip", buffer, options)()


def brotli_compress(
    buffer: Data, callback: Callback | None = None, **options: Unpack[Options],
) -> Promise[bytes] | None:
    """Compress `buffer` with Brotli (RFC 7932), on the thread pool; `callback(error, compressed)`."""
    return _start("brotli_compress", buffer, callback, options)


def brotli_compress_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`brotli_compress`, here and now."""
    return _job("brotli_compress", buffer, options)()


def brotli_decompress(
    buffer: Data, callback: Callback | None = None, **options: Unpack[Options],
) -> Promise[bytes] | None:
    """Unpack what `brotli_compress` made, on the thread pool; `callback(error, data)`. Errors as with `gunzip`."""
    return _start("brotli_decompress", buffer, callback, options)


def brotli_decompress_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`brotli_decompress`, here and now."""
    return _job("brotli_decompress", buffer, options)()


def zstd_compress(buffer: Data, callback: Callback | None = None, **options: Unpack[Options]) -> Promise[bytes] | None:
    """Compress `buffer` with Zstandard (RFC 8878), on the thread pool; `callback(error, compressed)`."""
    return _start("zstd_compress", buffer, callback, options)


def zstd_compress_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`zstd_compress`, here and now."""
    return _job("zstd_compress", buffer, options)()


def zstd_decompress(
    buffer: Data, callback: Callback | None = None, **options: Unpack[Options],
) -> Promise[bytes] | None:
    """Unpack what `zstd_compress` made, on the thread pool; `callback(error, data)`. Errors as with `gunzip`."""
    return _start("zstd_decompress", buffer, callback, options)


def zstd_decompress_sync(buffer: Data, **options: Unpack[Options]) -> bytes:
    """`zstd_decompress`, here and now."""
    return _job("zstd_decompress", buffer, options)()


def crc32(data: Data, value: int = 0) -> int:
    """The CRC-32 of `data` as gzip uses it; `value` is that of the data before, to go on from."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"value must be an integer, not {type(value).__name__}")
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"value must be from 0 to {0xFFFFFFFF}, not {value}")
    from zlib_ng import zlib_ng

    return zlib_ng.crc32(_bytes(data), value)


# Streams


class _FlushMark(bytes):
    """An empty chunk that asks for a flush, in line with the chunks before and after it."""

    flush: int


class ZlibStream(Transform):
    """What `create_gzip` and its like return: data goes in, and comes out packed or unpacked.

    Beyond this module's options it takes those of `Transform`. What is wrong with the data is an 'error' event with a
    `ZlibError`, after the data that could be unpacked.
    """

    def __init__(self, form: Format, **options: Any) -> None:
        names = {"dictionary", "params", *_library(form).ranges}
        own: Any = {name: options.pop(name) for name in list(options) if name in names}
        self._library = _library(form)
        self._settled = _checked(form, own)
        self._codec = new_codec(form, self._settled.codec)
        self._job_name = f"zlib.{form}"
        self._held: Callable[[], None] | None = None
        super().__init__(**options)

    @property
    def bytes_written(self) -> int:
        """How many bytes of input have been worked on."""
        return self._codec.consumed

    def flush(self, kind: int | Callback | None = None, callback: Callback | None = None) -> None:
        """Have all that was written so far come out, then `callback(error)`. Often used, it packs less well.

        `kind` is Z_FULL_FLUSH if it is not given, and what comes next to it for Brotli and Zstandard.
        """
        if callable(kind):
            callback, kind = kind, None
        if kind is None:
            kind = self._library.full_flush
        least, most = self._library.flushes()
        if not isinstance(kind, int) or not least <= kind <= most:
            raise ValueError(f"kind must be one of the Z_..._FLUSH constants, not {kind!r}")
        if self.writable_finished:
            if callback is not None:
                self._env.next_tick(callback, None)
        elif self.writable_ended:
            if callback is not None:
                done = callback
                self.once("end", lambda: done(None))
        else:
            mark = _FlushMark()
            mark.flush = kind
            self.write(mark, callback)

    def params(self, level: int, strategy: int, callback: Callback | None = None) -> None:
        """Go on with another level and strategy for what is written from now on, then `callback(error)`."""
        for name, value in (("level", level), ("strategy", strategy)):
            least, most = _ZLIB_RANGES[name]
            if not least <= value <= most:
                raise ValueError(f"{name} must be from {least} to {most}, not {value}")

        def flushed(error: Exception | None = None) -> None:
            if error is None:
                self._codec.params(level, strategy)
            if callback is not None:
                callback(error)

        self.flush(Z_SYNC_FLUSH, flushed)

    def reset(self) -> None:
        """Begin a new stream of data, with the same options. Only while nothing is under way."""
        self._codec.reset()

    def close(self, callback: Callback | None = None) -> None:
        """Destroy the stream, then `callback()`."""
        if callback is not None:
            if self.closed:
                self._env.next_tick(callback)
            else:
                self.once("close", callback)
        self.destroy()

    def _transform(self, chunk: Any, callback: Callback) -> None:
        self._work(chunk, chunk.flush if isinstance(chunk, _FlushMark) else self._settled.flush, callback)

    def _flush(self, callback: Callback) -> None:
        self._work(b"", self._settled.finish_flush, callback)

    def _work(self, chunk: bytes | bytearray | memoryview, flush: int, callback: Callback) -> None:
        """Run the codec over `chunk`: job after job, as long as there is output and the reader keeps up."""
        codec, size = self._codec, self._settled.chunk_size

        def job() -> tuple[list[bytes], bool, ZlibError | None]:
            pieces: list[bytes] = []
            room = max(_STREAM_STEP, size)
            try:
                while room > 0:
                    piece = codec.read(size)
                    if not piece:
                        return pieces, True, None
                    pieces.append(piece)
                    room -= len(piece)
            except ZlibError as exc:
                return pieces, True, exc
            return pieces, False, None

        def first_job() -> tuple[list[bytes], bool, ZlibError | None]:
            codec.feed(chunk, flush)
            return job()

        def worked(error: BaseException | None, result: Any) -> None:
            if self.destroyed:
                callback(None)
                return
            if error is not None:
                callback(error)
                return
            pieces, done, problem = result
            go_on = True
            for piece in pieces:
                go_on = self.push(piece)
            if problem is not None:
                callback(problem)
            elif codec.at_end:
                self.push(None)
                callback(None)
            elif done:
                callback(None)
            elif go_on or self.destroyed:
                queue(job)
            else:
                self._held = lambda: queue(job)

        def queue(work: Callable[[], Any]) -> None:
            env = self._env
            env.loop.queue_work(
                work, lambda error, result: env.make_callback(worked, error, result), name=self._job_name
            )

        queue(first_job)

    def _read(self, size: int) -> None:
        held, self._held = self._held, None
        if held is not None:
            held()
        else:
            super()._read(size)


def create_gzip(**options: Any) -> ZlibStream:
    """A stream that packs to a gzip file."""
    return ZlibStream("gzip", **options)


def create_deflate(**options: Any) -> ZlibStream:
    """A stream that packs to zlib's format."""
    return ZlibStream("deflate", **options)


def create_deflate_raw(**options: Any) -> ZlibStream:
    """A stream that packs with no header or trailer."""
    return ZlibStream("deflate_raw", **options)


def create_gunzip(**options: Any) -> ZlibStream:
    """A stream that unpacks a gzip file, all of its members."""
    return ZlibStream("gunzip", **options)


def create_inflate(**options: Any) -> ZlibStream:
    """A stream that unpacks zlib's format."""
    return ZlibStream("inflate", **options)


def create_inflate_raw(**options: Any) -> ZlibStream:
    """A stream that unpacks data with no header or trailer."""
    return ZlibStream("inflate_raw", **options)


def create_unzip(**options: Any) -> ZlibStream:
    """A stream that unpacks gzip or zlib's format, whichever comes."""
    return ZlibStream("unzip", **options)


def create_brotli_compress(**options: Any) -> ZlibStream:
    """A stream that packs with Brotli."""
    return ZlibStream("brotli_compress", **options)


def create_brotli_decompress(**options: Any) -> ZlibStream:
    """A stream that unpacks Brotli."""
    return ZlibStream("brotli_decompress", **options)


def create_zstd_compress(**options: Any) -> ZlibStream:
    """A stream that packs with Zstandard."""
    return ZlibStream("zstd_compress", **options)


def create_zstd_decompress(**options: Any) -> ZlibStream:
    """A stream that unpacks Zstandard."""
    return ZlibStream("zstd_decompress", **options)
