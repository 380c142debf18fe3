"""zlib: gzip, deflate and raw deflate, in one go or as streams.

Theory of operation. A *codec* is given pieces of input and asked for pieces of output, and never makes much output at a
time, so that a small file that unpacks to a huge one is noticed early. The functions that work in one go (`gzip`,
`gunzip` ...) run a codec to its end in one job of the thread pool; zlib works there without Python's lock. A stream
(`create_gzip` ...) runs its codec one job after the other, for one chunk at a time, and waits while its reader is slow.

What surprises people: a gzip file may be several in a row, and unpacks to all of them together. What follows the end of
the compressed data is ignored if it cannot be another member: for gzip if it starts with a NUL byte (a tape's padding),
for the other formats always. And input that ends too early is an error, Z_BUF_ERROR, unless `finish_flush` is
`Z_SYNC_FLUSH`: then what could be unpacked is the result.

Options are keyword arguments: `level` (-1 to 9), `window_bits` (8 to 15), `mem_level` (1 to 9), `strategy`,
`dictionary` (bytes), `flush`, `finish_flush` (`Z_...`), `chunk_size` (bytes, 64 at least), `max_output_length` (bytes).
Not there: `params`, which changes the level in mid-stream, because Python's zlib cannot do that.
https://nodejs.org/api/zlib.html
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from . import environment
from .errors import NodeError
from .stream import Transform

if TYPE_CHECKING:
    from typing import Unpack

    from .promise import Promise

Data = str | bytes | bytearray | memoryview
Callback = Callable[..., object]
Format = Literal["gzip", "deflate", "deflate_raw", "gunzip", "inflate", "inflate_raw", "unzip"]

Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH, Z_BLOCK = 0, 1, 2, 3, 4, 5
Z_OK, Z_STREAM_END, Z_NEED_DICT = 0, 1, 2
Z_ERRNO, Z_STREAM_ERROR, Z_DATA_ERROR, Z_MEM_ERROR, Z_BUF_ERROR, Z_VERSION_ERROR = -1, -2, -3, -4, -5, -6
Z_NO_COMPRESSION, Z_BEST_SPEED, Z_BEST_COMPRESSION, Z_DEFAULT_COMPRESSION = 0, 1, 9, -1
Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED = 0, 1, 2, 3, 4
Z_MIN_WINDOWBITS, Z_MAX_WINDOWBITS, Z_DEFAULT_WINDOWBITS = 8, 15, 15
Z_MIN_CHUNK, Z_DEFAULT_CHUNK = 64, 16 * 1024
Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL, Z_DEFAULT_MEMLEVEL = 1, 9, 8
Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_LEVEL = -1, 9, -1

_CODES = {
    Z_NEED_DICT: "Z_NEED_DICT",
    Z_ERRNO: "Z_ERRNO",
    Z_STREAM_ERROR: "Z_STREAM_ERROR",
    Z_DATA_ERROR: "Z_DATA_ERROR",
    Z_MEM_ERROR: "Z_MEM_ERROR",
    Z_BUF_ERROR: "Z_BUF_ERROR",
    Z_VERSION_ERROR: "Z_VERSION_ERROR",
}

_GZIP = 16  # added to a window size, it asks zlib for gzip's header and trailer
_INPUT_STEP = 64 * 1024
_OUTPUT_STEP = 1024 * 1024
_STREAM_STEP = 64 * 1024  # output of one job for a stream: the trip to the pool costs as much as packing some KiB


class ZlibError(NodeError):
    """What zlib says is wrong with the data: `code` is its name ("Z_DATA_ERROR"), `errno` its number."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(_CODES.get(number, "Z_ERRNO"), message)
        self.errno = number


class BufferTooLargeError(NodeError, ValueError):
    """The output is longer than `max_output_length`."""

    def __init__(self, limit: int) -> None:
        super().__init__("ERR_BUFFER_TOO_LARGE", f"the output is larger than max_output_length, {limit} bytes")


class Options(TypedDict, total=False):
    """What the functions of this module take by keyword; the module's head says what each means."""

    level: int
    window_bits: int
    mem_level: int
    strategy: int
    dictionary: bytes | bytearray | memoryview
    flush: int
    finish_flush: int
    chunk_size: int
    max_output_length: int


_RANGES = {
    "level": (Z_MIN_LEVEL, Z_MAX_LEVEL),
    "window_bits": (Z_MIN_WINDOWBITS, Z_MAX_WINDOWBITS),
    "mem_level": (Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL),
    "strategy": (Z_DEFAULT_STRATEGY, Z_FIXED),
    "flush": (Z_NO_FLUSH, Z_BLOCK),
    "finish_flush": (Z_NO_FLUSH, Z_BLOCK),
    "chunk_size": (Z_MIN_CHUNK, sys.maxsize),
    "max_output_length": (1, sys.maxsize),
}


@dataclass(frozen=True, slots=True)
class _Settings:
    level: int = Z_DEFAULT_LEVEL
    window_bits: int = Z_DEFAULT_WINDOWBITS
    mem_level: int = Z_DEFAULT_MEMLEVEL
    strategy: int = Z_DEFAULT_STRATEGY
    dictionary: bytes | None = None
    flush: int = Z_NO_FLUSH
    finish_flush: int = Z_FINISH
    chunk_size: int = Z_DEFAULT_CHUNK
    max_output_length: int = sys.maxsize


_DEFAULTS = _Settings()


def _settings(form: Format, options: Options) -> _Settings:
    """The checked options. Raises `TypeError` and `ValueError` that say what was wrong."""
    if not options:
        return _DEFAULTS
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if name == "dictionary":
            if not isinstance(value, (bytes, bytearray, memoryview)):
                raise TypeError(f"dictionary must be bytes, not {type(value).__name__}")
            checked[name] = bytes(value)
            continue
        if name not in _RANGES:
            raise TypeError(f"there is no option {name!r}; there are dictionary, {', '.join(_RANGES)}")
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
        if name == "window_bits" and value == 0 and form in ("inflate", "gunzip", "unzip"):
            continue  # "as the header says": the largest window reads them all
        least, most = _RANGES[name]
        if name == "window_bits" and form == "gzip":
            least = 9
        if not least <= value <= most:
            raise ValueError(f"{name} must be from {least} to {most}, not {value}")
        checked[name] = value
    return _Settings(**checked)


# Codecs


class _Deflater:
    """The codec that compresses."""

    __slots__ = ("_flush", "_input", "_machine", "consumed")

    def __init__(self, form: Format, settings: _Settings) -> None:
        bits = settings.window_bits
        dictionary = settings.dictionary
        if form == "gzip":
            bits, dictionary = bits + _GZIP, None
        elif form == "deflate_raw":
            bits = -max(bits, 9)  # zlib has no raw window of 256 bytes
        arguments = (settings.level, zlib.DEFLATED, bits, settings.mem_level, settings.strategy)
        self._machine = zlib.compressobj(*arguments) if dictionary is None else zlib.compressobj(*arguments, dictionary)
        self._input = memoryview(b"")
        self._flush = Z_NO_FLUSH
        self.consumed = 0

    def feed(self, data: bytes | bytearray | memoryview, flush: int = Z_NO_FLUSH) -> None:
        """Take `data`, after the data before was read; then flush (`Z_...`)."""
        self._input = memoryview(data).cast("B")
        self._flush = flush

    def read(self, limit: int) -> bytes:
        """About `limit` bytes of output, or all there is without more input, which may be none."""
        output = b""
        while self._input and len(output) < limit:
            step, self._input = self._input[:_INPUT_STEP], self._input[_INPUT_STEP:]
            self.consumed += len(step)
            output += self._machine.compress(step)
        if not self._input and self._flush != Z_NO_FLUSH:
            output += self._machine.flush(self._flush)
            self._flush = Z_NO_FLUSH
        return output

    @property
    def at_end(self) -> bool:
        """Whether nothing can follow any more."""
        return False


class _Inflater:
    """The codec that unpacks."""

    __slots__ = ("_dictionary", "_finish", "_form", "_input", "_machine", "_window", "at_end", "consumed")

    def __init__(self, form: Format, settings: _Settings) -> None:
        self._form = form
        self._window = settings.window_bits
        self._dictionary = settings.dictionary
        self._machine = None if form == "unzip" else self._new_machine()
        self._input = memoryview(b"")
        self._finish = False
        self.at_end = False
        self.consumed = 0

    def _new_machine(self) -> zlib._Decompress:
        if self._form == "gunzip":
            return zlib.decompressobj(self._window + _GZIP)
        bits = -self._window if self._form == "inflate_raw" else self._window
        if self._dictionary is None:
            return zlib.decompressobj(bits)
        return zlib.decompressobj(bits, zdict=self._dictionary)

    def feed(self, data: bytes | bytearray | memoryview, flush: int = Z_NO_FLUSH) -> None:
        """Take `data`, after the data before was read; with `Z_FINISH` it is an error if it ends too early."""
        left = self._input
        self._input = memoryview(bytes(left) + data if left else data).cast("B")
        self._finish = flush == Z_FINISH

    def read(self, limit: int) -> bytes:
        """Up to `limit` bytes of output, none when there is none without more input. Raises `ZlibError`."""
        while not self.at_end:
            machine = self._machine or self._recognised()
            if machine is None:
                break
            if machine.eof:
                if not self._next_member():
                    return b""
                continue
            step = self._input[:_INPUT_STEP]
            try:
                output = machine.decompress(step, limit)
            except zlib.error as exc:
                raise self._explained(exc) from None
            used = len(step) - len(machine.unused_data if machine.eof else machine.unconsumed_tail)
            self.consumed += used
            self._input = self._input[used:]
            if output:
                return output
            if not self._input and not machine.eof:
                break
        if self._finish and not self.at_end:
            raise ZlibError("unexpected end of file", Z_BUF_ERROR)
        return b""

    def _recognised(self) -> zlib._Decompress | None:
        """unzip takes both formats; the first bytes tell. None while there are too few of them."""
        head = bytes(self._input[:2])
        if not head or head == b"\x1f":
            return None
        self._form = "gunzip" if head == b"\x1f\x8b" else "inflate"
        self._machine = self._new_machine()
        return self._machine

    def _next_member(self) -> bool:
        """The compressed data has ended: whether another gzip member follows. The rest is no longer looked at."""
        if not self._input:
            return False
        if self._form == "gunzip" and self._input[0] != 0:
            self._machine = self._new_machine()
            return True
        self.at_end = True
        self._input = memoryview(b"")
        return False

    def _explained(self, exc: zlib.error) -> ZlibError:
        found = re.match(r"Error (-?\d+) (while [^:]*)(?:: (.*))?", str(exc))
        if found is None:
            return ZlibError(str(exc), Z_DATA_ERROR)
        number, where, text = int(found[1]), found[2], found[3]
        if "zdict" in where:
            return ZlibError("Bad dictionary", Z_NEED_DICT)
        if number == Z_NEED_DICT:
            return ZlibError("Missing dictionary", Z_NEED_DICT)
        return ZlibError(text or _CODES.get(number, str(exc)), number)


_Codec = _Deflater | _Inflater
_COMPRESSING = ("gzip", "deflate", "deflate_raw")


def _codec(form: Format, settings: _Settings) -> _Codec:
    return _Deflater(form, settings) if form in _COMPRESSING else _Inflater(form, settings)


# In one go


def _job(form: Format, buffer: Data, options: Options) -> Callable[[], bytes]:
    settings = _settings(form, options)
    data = _bytes(buffer)

    def run() -> bytes:
        codec = _codec(form, settings)
        codec.feed(data, settings.finish_flush)
        left = settings.max_output_length
        pieces = []
        while piece := codec.read(min(_OUTPUT_STEP, left + 1)):
            left -= len(piece)
            if left < 0:
                raise BufferTooLargeError(settings.max_output_length)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    return run


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


def crc32(data: Data, value: int = 0) -> int:
    """The CRC-32 of `data` as gzip uses it; `value` is that of the data before, to go on from."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"value must be an integer, not {type(value).__name__}")
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"value must be from 0 to {0xFFFFFFFF}, not {value}")
    return zlib.crc32(_bytes(data), value)


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
        own: Any = {name: options.pop(name) for name in list(options) if name == "dictionary" or name in _RANGES}
        self._settings = _settings(form, own)
        self._codec = _codec(form, self._settings)
        self._job_name = f"zlib.{form}"
        self._held: Callable[[], None] | None = None
        super().__init__(**options)

    @property
    def bytes_written(self) -> int:
        """How many bytes of input have been worked on."""
        return self._codec.consumed

    def flush(self, kind: int | Callback = Z_FULL_FLUSH, callback: Callback | None = None) -> None:
        """Have all that was written so far come out, then `callback(error)`. Often used, it packs less well."""
        if callable(kind):
            callback, kind = kind, Z_FULL_FLUSH
        if not isinstance(kind, int) or not Z_NO_FLUSH <= kind <= Z_BLOCK:
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

    def close(self, callback: Callback | None = None) -> None:
        """Destroy the stream, then `callback()`."""
        if callback is not None:
            if self.closed:
                self._env.next_tick(callback)
            else:
                self.once("close", callback)
        self.destroy()

    def _transform(self, chunk: Any, callback: Callback) -> None:
        self._work(chunk, chunk.flush if isinstance(chunk, _FlushMark) else self._settings.flush, callback)

    def _flush(self, callback: Callback) -> None:
        self._work(b"", self._settings.finish_flush, callback)

    def _work(self, chunk: bytes | bytearray | memoryview, flush: int, callback: Callback) -> None:
        """Run the codec over `chunk`: job after job, as long as there is output and the reader keeps up."""
        codec, size = self._codec, self._settings.chunk_size

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
