"""deflate (RFC 1951), alone, in zlib's format (RFC 1950) and in gzip's (RFC 1952).

Theory of operation. The work is zlib-ng's, through the `zlib-ng` package, which looks like Python's own `zlib` and is
twice as fast. It cannot change the level in mid-stream; so `params` ends what there is at a whole byte and goes on with
a second compressor, which begins with the window of the first. The header has been written then, and the trailer, a
checksum of all data, is made here (`_Continued`).

What surprises people: a gzip file may be several in a row, and unpacks to all of them together. What follows the end of
the compressed data is ignored if it cannot be another member: for gzip if it starts with a NUL byte (a tape's padding),
for the other formats always.
"""

from __future__ import annotations

import re
from typing import Protocol

from zlib_ng import zlib_ng as zlib

from .codec import Bytes, Codec, Format, Settings
from .constants import Z_DATA_ERROR, Z_FINISH, Z_NEED_DICT, Z_NO_FLUSH, Z_SYNC_FLUSH
from .errors import CODES, ZlibError, cut_short

_GZIP = 16  # added to a window size, it asks zlib for gzip's header and trailer
_INPUT_STEP = 64 * 1024
_WINDOW = 32 * 1024
_Error: type[Exception] = zlib.error  # type: ignore[assignment]  # its stub says it is a function


class _Compressor(Protocol):
    def compress(self, data: bytes | memoryview, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


class _Continued:
    """Goes on where another compressor was stopped."""

    def __init__(self, raw: _Compressor, form: Format, trailer: bytes) -> None:
        self._raw = raw
        self._form = form
        order = "little" if form == "gzip" else "big"
        self._check = int.from_bytes(trailer[:4], order)  # type: ignore[arg-type]
        self._length = int.from_bytes(trailer[4:], "little")

    def compress(self, data: bytes | memoryview, /) -> bytes:
        if self._form == "gzip":
            self._check = zlib.crc32(data, self._check)
            self._length += len(data)
        elif self._form == "deflate":
            self._check = zlib.adler32(data, self._check)
        return self._raw.compress(data)

    def flush(self, mode: int = Z_FINISH, /) -> bytes:
        output = self._raw.flush(mode)
        return output + self.trailer() if mode == Z_FINISH else output

    def trailer(self) -> bytes:
        """The end of a stream that ends here."""
        if self._form == "gzip":
            return self._check.to_bytes(4, "little") + (self._length & 0xFFFFFFFF).to_bytes(4, "little")
        return self._check.to_bytes(4, "big") if self._form == "deflate" else b""


class Deflater(Codec):
    """The codec that compresses."""

    __slots__ = ("_form", "_is_fed", "_is_over", "_level", "_machine", "_ready", "_settings", "_strategy", "_window")

    def __init__(self, form: Format, settings: Settings) -> None:
        super().__init__()
        self._form = form
        self._settings = settings
        self._level, self._strategy = settings.level, settings.strategy
        self._machine: _Compressor | None = None  # takes a quarter of a MiB, so it is made when it is needed
        self._ready = memoryview(b"")
        self._window = b""
        self._is_fed = False
        self._is_over = False

    def feed(self, data: Bytes, flush: int = 0) -> None:
        """Empty data counts: a flush that follows it is not the same as the flush before, and tells something again."""
        super().feed(data, flush)
        self._is_fed = True

    def _new_machine(self) -> _Compressor:
        bits, dictionary = self._settings.window_bits, self._settings.dictionary
        if self._form == "gzip":
            bits, dictionary = bits + _GZIP, None
        elif self._form == "deflate_raw":
            bits = self._raw_bits()
        return self._compressor(bits, dictionary)

    def _raw_bits(self) -> int:
        return -max(self._settings.window_bits, 9)  # zlib has no raw window of 256 bytes

    def _compressor(self, bits: int, dictionary: bytes | None) -> _Compressor:
        arguments = (self._level, zlib.DEFLATED, bits, self._settings.mem_level, self._strategy)
        return zlib.compressobj(*arguments) if dictionary is None else zlib.compressobj(*arguments, dictionary)

    def read(self, limit: int) -> bytes:
        """`limit` bytes of output, or all there is without more input, which may be none."""
        if self._machine is None:
            self._machine = self._new_machine()
        if self._is_over:  # what comes after the end cannot be told apart from nothing
            self._flush, self._is_fed = Z_NO_FLUSH, False
            self.take_back()
        pieces: list[bytes | memoryview] = [self._ready] if self._ready else []
        have = len(self._ready)
        while have < limit and (self._input or self._is_fed or self._flush != Z_NO_FLUSH):
            piece = self._step(self._machine)
            pieces.append(piece)
            have += len(piece)
        output = bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)
        if have <= limit:
            self._ready = memoryview(b"")
            return output
        self._ready = memoryview(output)[limit:]
        return output[:limit]

    def _step(self, machine: _Compressor) -> bytes:
        self._is_fed = False
        if self._input:
            step, self._input = self._input[:_INPUT_STEP], self._input[_INPUT_STEP:]
            self.consumed += len(step)
            last = bytes(step[-_WINDOW:])
            self._window = last if len(last) == _WINDOW else (self._window + last)[-_WINDOW:]
            return machine.compress(step)
        flush, self._flush = self._flush, Z_NO_FLUSH
        self._is_over = flush == Z_FINISH
        return machine.compress(b"") if flush == Z_NO_FLUSH else machine.flush(flush)

    def params(self, level: int, strategy: int) -> None:
        """Go on with another level and strategy. Not while there is input that was not worked on."""
        if (level, strategy) == (self._level, self._strategy):
            return
        self._level, self._strategy = level, strategy
        machine = self._machine
        if machine is None or self._is_over:
            return
        self._ready = memoryview(bytes(self._ready) + machine.flush(Z_SYNC_FLUSH))
        if isinstance(machine, _Continued):
            trailer = machine.trailer()
        else:
            size = {"gzip": 8, "deflate": 4}.get(self._form, 0)
            trailer = machine.copy().flush(Z_FINISH)[-size:] if size else b""  # type: ignore[attr-defined]
        self._machine = _Continued(self._compressor(self._raw_bits(), self._window or None), self._form, trailer)

    def reset(self) -> None:
        super().reset()
        self._machine = None
        self._ready = memoryview(b"")
        self._window = b""
        self._is_fed = self._is_over = False


class Inflater(Codec):
    """The codec that unpacks."""

    __slots__ = ("_dictionary", "_form", "_known", "_machine", "_window")

    def __init__(self, form: Format, settings: Settings) -> None:
        super().__init__()
        self._form = form
        self._known: Format | None = None if form == "unzip" else form
        self._window = settings.window_bits
        self._dictionary = settings.dictionary
        self._machine = None if form == "unzip" else self._new_machine(form)

    def _new_machine(self, form: Format) -> zlib._Decompress:
        if form == "gunzip":
            return zlib.decompressobj(self._window + _GZIP)
        bits = -self._window if form == "inflate_raw" else self._window
        if self._dictionary is None:
            return zlib.decompressobj(bits)
        return zlib.decompressobj(bits, zdict=self._dictionary)

    def read(self, limit: int) -> bytes:
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
            except _Error as exc:
                raise _explained(exc) from None
            used = len(step) - len(machine.unused_data if machine.eof else machine.unconsumed_tail)
            self.consumed += used
            self._input = self._input[used:]
            if output:
                return output
            if not self._input and not machine.eof:
                break
        if self._flush == Z_FINISH and not self.at_end:
            raise cut_short()
        self._keep_input()
        return b""

    def _recognised(self) -> zlib._Decompress | None:
        """unzip takes both formats; the first bytes tell. None while there are too few of them."""
        head = bytes(self._input[:2])
        if not head or head == b"\x1f":
            return None
        self._known = "gunzip" if head == b"\x1f\x8b" else "inflate"
        self._machine = self._new_machine(self._known)
        return self._machine

    def _next_member(self) -> bool:
        """The compressed data has ended: whether another gzip member follows. The rest is no longer looked at."""
        if not self._input:
            return False
        if self._known == "gunzip" and self._input[0] != 0:
            self._machine = self._new_machine(self._known)
            return True
        self.at_end = True
        self._input = memoryview(b"")
        return False

    def reset(self) -> None:
        super().reset()
        self._known = None if self._form == "unzip" else self._form
        self._machine = None if self._form == "unzip" else self._new_machine(self._form)


def _explained(exc: Exception) -> ZlibError:
    found = re.match(r"Error (-?\d+) (while [^:]*)(?:: (.*))?", str(exc))
    if found is None:
        return ZlibError(str(exc), Z_DATA_ERROR)
    number, where, text = int(found[1]), found[2], found[3]
    if "zdict" in where:
        return ZlibError("Bad dictionary", Z_NEED_DICT)
    if number == Z_NEED_DICT:
        return ZlibError("Missing dictionary", Z_NEED_DICT)
    return ZlibError(text or CODES.get(number, str(exc)), number)
