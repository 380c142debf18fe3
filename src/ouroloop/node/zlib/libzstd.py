"""Zstandard (RFC 8878): one frame.

Theory of operation. The work is libzstd's, through Python's `compression.zstd` (3.14) or its twin for older Pythons.

What surprises people: a second frame after the first is ignored, as in Node. And the error's text is all that Python
gives of an error of libzstd's; the number is found by it.
"""

from __future__ import annotations

import sys
from typing import Any

from .codec import Codec, Format, Settings
from .constants import ZSTD, ZSTD_ERRORS, ZSTD_e_continue, ZSTD_e_end
from .errors import InitializationError, ZlibError, cut_short

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

VERSION = zstd.zstd_version
"""libzstd's."""

_DICTIONARY_MAGIC = bytes.fromhex("37a430ec")
_LEAST_DICTIONARY = 8  # libzstd takes no notice of shorter ones
_LEVEL = ZSTD["ZSTD_c_compressionLevel"]
_BY_TEXT = {text: (number, f"ZSTD_error_{name}") for name, (number, text) in ZSTD_ERRORS.items()}


def _explained(exc: Exception) -> ZlibError:
    text = str(exc).partition(": ")[2]
    number, name = _BY_TEXT.get(text, _BY_TEXT["Error (generic)"])
    return ZlibError(text or str(exc), number, name)


def _dictionary(settings: Settings) -> zstd.ZstdDict | None:
    content = settings.dictionary
    if content is None or len(content) < _LEAST_DICTIONARY:
        return None
    return zstd.ZstdDict(content, is_raw=not content.startswith(_DICTIONARY_MAGIC))


class ZstdCompressor(Codec):
    """The codec that compresses."""

    __slots__ = ("_is_over", "_machine", "_ready", "_settings", "_size")

    def __init__(self, _form: Format, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._begin()

    def _begin(self) -> None:
        self._machine = self._new_machine()
        self._ready = memoryview(b"")
        self._is_over = False
        self._size = 0

    def _new_machine(self) -> zstd.ZstdCompressor:
        options = dict(self._settings.params)
        if _LEVEL in options:  # libzstd takes the nearest level there is; Python refuses
            least, most = zstd.CompressionParameter.compression_level.bounds()
            options[_LEVEL] = min(max(options[_LEVEL], least), most)
        try:
            machine = zstd.ZstdCompressor(options=options, zstd_dict=_dictionary(self._settings))
        except zstd.ZstdError as exc:
            raise _explained(exc) from None
        except ValueError:
            raise InitializationError("Setting parameter failed") from None
        if self._settings.pledged_src_size is not None:
            machine.set_pledged_input_size(self._settings.pledged_src_size)
        return machine

    def read(self, limit: int) -> bytes:
        if not self._ready:
            self._ready = memoryview(self._compressed())
        piece, self._ready = self._ready[:limit], self._ready[limit:]
        return bytes(piece)

    def _compressed(self) -> bytes:
        step, self._input = self._input, memoryview(b"")
        flush, self._flush = self._flush, ZSTD_e_continue
        if self._is_over or (not step and flush == ZSTD_e_continue):
            return b""
        self.consumed += len(step)
        self._size += len(step)
        if flush == ZSTD_e_end:
            self._is_over = True
            if self._settings.pledged_src_size not in (None, self._size):  # libzstd forgets it if all comes at once
                number, text = ZSTD_ERRORS["srcSize_wrong"]
                raise ZlibError(text, number, "ZSTD_error_srcSize_wrong")
        mode: Any = flush
        try:
            return self._machine.compress(step, mode)
        except zstd.ZstdError as exc:
            raise _explained(exc) from None

    def reset(self) -> None:
        super().reset()
        self._begin()


class ZstdDecompressor(Codec):
    """The codec that unpacks."""

    __slots__ = ("_machine", "_settings")

    def __init__(self, _form: Format, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._machine = self._new_machine()

    def _new_machine(self) -> zstd.ZstdDecompressor:
        try:
            return zstd.ZstdDecompressor(zstd_dict=_dictionary(self._settings), options=dict(self._settings.params))
        except zstd.ZstdError as exc:
            raise _explained(exc) from None
        except ValueError:
            raise InitializationError("Setting parameter failed") from None

    def read(self, limit: int) -> bytes:
        machine = self._machine
        if not machine.eof:
            step, self._input = self._input, memoryview(b"")
            try:
                output = machine.decompress(step, limit)
            except zstd.ZstdError as exc:
                raise _explained(exc) from None
            self.consumed += len(step)
            if machine.eof and machine.unused_data:
                self.consumed -= len(machine.unused_data)
                self.at_end = True
            if output:
                return output
        if machine.eof:
            self.at_end = self.at_end or self.take_back() > 0
        elif self._flush == ZSTD_e_end:
            raise cut_short()
        return b""

    def reset(self) -> None:
        super().reset()
        self._machine = self._new_machine()
