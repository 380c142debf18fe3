"""Brotli (RFC 7932).

Theory of operation. The `brotli` package's own functions know four of the parameters and say nothing of what was wrong.
But its extension module holds Brotli's whole C library, whose functions are called here, through ctypes: every
parameter, dictionaries, and the decoder's errors.

What surprises people: bytes after the end of the data are no other member, they are ignored.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from typing import Any

from .codec import Codec, Format, Settings
from .constants import BROTLI_OPERATION_FINISH, BROTLI_OPERATION_PROCESS
from .errors import InitializationError, ZlibError, cut_short

_ERROR, _SUCCESS, _NEEDS_INPUT, _NEEDS_OUTPUT = range(4)
_QUALITY = 1
_MAX_QUALITY = 11
_RAW_DICTIONARY = 0
_COMPRESSION_FAILED = -1
_LEAST_OUTPUT = 64 * 1024
_LIKELY_RATIO = 8

_library: ctypes.CDLL | None = None


def _load() -> ctypes.CDLL:
    """Brotli's C functions. Raises `InitializationError` where the package keeps them to itself."""
    global _library
    if _library is not None:
        return _library
    import _brotli  # type: ignore[import-not-found]

    library = ctypes.CDLL(_brotli.__file__)
    cursor = ctypes.POINTER(c_size_t)
    stream = [c_void_p, c_int, cursor, c_void_p, cursor, c_void_p, cursor]
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "BrotliEncoderCreateInstance": (c_void_p, [c_void_p] * 3),
        "BrotliEncoderSetParameter": (c_int, [c_void_p, c_int, c_uint32]),
        "BrotliEncoderCompressStream": (c_int, stream),
        "BrotliEncoderHasMoreOutput": (c_int, [c_void_p]),
        "BrotliEncoderDestroyInstance": (None, [c_void_p]),
        "BrotliEncoderPrepareDictionary": (
            c_void_p, [c_int, c_size_t, c_char_p, c_int, c_void_p, c_void_p, c_void_p]),
        "BrotliEncoderAttachPreparedDictionary": (c_int, [c_void_p, c_void_p]),
        "BrotliEncoderDestroyPreparedDictionary": (None, [c_void_p]),
        "BrotliDecoderCreateInstance": (c_void_p, [c_void_p] * 3),
        "BrotliDecoderSetParameter": (c_int, [c_void_p, c_int, c_uint32]),
        "BrotliDecoderDecompressStream": (c_int, stream[:1] + stream[2:]),
        "BrotliDecoderAttachDictionary": (c_int, [c_void_p, c_int, c_size_t, c_char_p]),
        "BrotliDecoderGetErrorCode": (c_int, [c_void_p]),
        "BrotliDecoderErrorString": (c_char_p, [c_int]),
        "BrotliDecoderDestroyInstance": (None, [c_void_p]),
    }
    try:
        for name, (result, arguments) in signatures.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError:
        raise InitializationError("this build of the brotli package does not show Brotli's C functions") from None
    _library = library
    return library


class _BrotliCodec(Codec):
    """What both directions have in common: a state in C, and buffers that it reads and writes."""

    __slots__ = ("_at", "_data", "_library", "_output", "_settings", "_state")

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._state: int | None = None
        self._library = _load()
        self._settings = settings
        self._data = b""
        self._at = 0
        self._output = ctypes.create_string_buffer(0)
        self.reset()

    def reset(self) -> None:
        super().reset()
        self._destroy()
        self._data, self._at = b"", 0
        self._state = self._create()

    def __del__(self) -> None:
        self._destroy()

    def _create(self) -> int:
        raise NotImplementedError

    def _destroy(self) -> None:
        raise NotImplementedError

    def feed(self, data: bytes | bytearray | memoryview, flush: int = 0) -> None:
        self._data = self._data[self._at :] + bytes(data)
        self._at = 0
        self._flush = flush

    def take_back(self) -> int:
        left = len(self._data) - self._at
        self._data, self._at = b"", 0
        return left

    def _run(self, function: Any, leading: tuple[Any, ...], limit: int) -> tuple[int, bytes]:
        """Call `function`: its result, and the output it made."""
        limit = min(limit, max(_LEAST_OUTPUT, _LIKELY_RATIO * len(self._data)))  # a short text needs no large buffer
        if len(self._output) < limit:
            self._output = ctypes.create_string_buffer(limit)
        data = c_char_p(self._data)
        start = ctypes.cast(data, c_void_p).value or 0
        left, space = c_size_t(len(self._data) - self._at), c_size_t(limit)
        source, target = c_void_p(start + self._at), c_void_p(ctypes.addressof(self._output))
        result = function(*leading, byref(left), byref(source), byref(space), byref(target), None)
        used = len(self._data) - left.value - self._at
        self._at += used
        self.consumed += used
        return result, ctypes.string_at(self._output, limit - space.value)


class BrotliEncoder(_BrotliCodec):
    """The codec that compresses."""

    __slots__ = ("_is_over", "_prepared")

    def __init__(self, _form: Format, settings: Settings) -> None:
        self._is_over = False
        self._prepared: int | None = None
        super().__init__(settings)

    def _create(self) -> int:
        library = self._library
        state: int = library.BrotliEncoderCreateInstance(None, None, None)
        self._state = state
        self._is_over = False
        for name, value in self._settings.params.items():
            if not library.BrotliEncoderSetParameter(state, name, value & 0xFFFFFFFF):
                raise InitializationError("Initialization failed")
        dictionary = self._settings.dictionary
        if dictionary is not None:
            quality = min(self._settings.params.get(_QUALITY, _MAX_QUALITY), _MAX_QUALITY)
            self._prepared = library.BrotliEncoderPrepareDictionary(
                _RAW_DICTIONARY, len(dictionary), dictionary, quality, None, None, None)
            if not self._prepared or not library.BrotliEncoderAttachPreparedDictionary(state, self._prepared):
                raise InitializationError("Failed to attach brotli dictionary")
        return state

    def _destroy(self) -> None:
        if self._state is not None:
            self._library.BrotliEncoderDestroyInstance(self._state)
            self._state = None
        if self._prepared is not None:
            self._library.BrotliEncoderDestroyPreparedDictionary(self._prepared)
            self._prepared = None

    def read(self, limit: int) -> bytes:
        library = self._library
        while not self._is_over:
            before = self._at
            ok, output = self._run(library.BrotliEncoderCompressStream, (self._state, self._flush), limit)
            if not ok:
                raise ZlibError("Compression failed", _COMPRESSION_FAILED, "ERR_BROTLI_COMPRESSION_FAILED")
            if output:
                return output
            if self._at == len(self._data) and not library.BrotliEncoderHasMoreOutput(self._state):
                self._is_over = self._flush == BROTLI_OPERATION_FINISH
                self._flush = BROTLI_OPERATION_PROCESS
                return b""
            if self._at == before:
                break
        return b""


class BrotliDecoder(_BrotliCodec):
    """The codec that unpacks."""

    __slots__ = ("_is_over",)

    def __init__(self, _form: Format, settings: Settings) -> None:
        self._is_over = False
        super().__init__(settings)

    def _create(self) -> int:
        library = self._library
        state: int = library.BrotliDecoderCreateInstance(None, None, None)
        self._state = state
        self._is_over = False
        for name, value in self._settings.params.items():
            if not library.BrotliDecoderSetParameter(state, name, value & 0xFFFFFFFF):
                raise InitializationError("Initialization failed")
        dictionary = self._settings.dictionary
        if dictionary is not None and not library.BrotliDecoderAttachDictionary(
                state, _RAW_DICTIONARY, len(dictionary), dictionary):
            raise InitializationError("Failed to attach brotli dictionary")
        return state

    def _destroy(self) -> None:
        if self._state is not None:
            self._library.BrotliDecoderDestroyInstance(self._state)
            self._state = None

    def read(self, limit: int) -> bytes:
        if not self._is_over:
            result, output = self._run(self._library.BrotliDecoderDecompressStream, (self._state,), limit)
            if result == _ERROR:
                number = self._library.BrotliDecoderGetErrorCode(self._state)
                name = self._library.BrotliDecoderErrorString(number).decode()
                raise ZlibError("Decompression failed", number, f"ERR_{name}")
            self._is_over = result == _SUCCESS
            if output:
                return output
        if self._is_over:
            self.at_end = self.take_back() > 0
        elif self._flush == BROTLI_OPERATION_FINISH:
            raise cut_short()
        return b""
