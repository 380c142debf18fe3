"""Codec: what all formats have in common.

Theory of operation. A codec is given a piece of input (`feed`) and asked for pieces of output (`read`) until there are
no more; then it wants the next piece of input. It never makes much more output at a time than was asked for. It does
no I/O and knows no thread, but is to be used by one at a time.

What surprises people: input is not copied, so its memory must stay until `read` has returned nothing. After that
nothing of it is needed any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .constants import Z_DEFAULT_LEVEL, Z_DEFAULT_MEMLEVEL, Z_DEFAULT_STRATEGY, Z_DEFAULT_WINDOWBITS

Format = Literal[
    "gzip", "deflate", "deflate_raw", "gunzip", "inflate", "inflate_raw", "unzip",
    "brotli_compress", "brotli_decompress", "zstd_compress", "zstd_decompress",
]
Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Settings:
    """How a codec is to work: checked options."""

    level: int = Z_DEFAULT_LEVEL
    window_bits: int = Z_DEFAULT_WINDOWBITS
    mem_level: int = Z_DEFAULT_MEMLEVEL
    strategy: int = Z_DEFAULT_STRATEGY
    dictionary: bytes | None = None
    params: Mapping[int, int] = field(default_factory=dict)
    pledged_src_size: int | None = None


class Codec:
    """One stream of data in one format."""

    __slots__ = ("_flush", "_input", "at_end", "consumed")

    def __init__(self) -> None:
        self._input = memoryview(b"")
        self._flush = 0
        self.at_end = False
        """Whether the compressed data is over and something follows that does not belong to it."""
        self.consumed = 0
        """How many bytes of input have been worked on."""

    def feed(self, data: Bytes, flush: int = 0) -> None:
        """Take `data`, after the data before was read; `flush` is what the format's own constants say."""
        left = self._input
        self._input = memoryview(bytes(left) + data if left else data).cast("B")
        self._flush = flush

    def read(self, limit: int) -> bytes:
        """Up to `limit` bytes of output, none when there is none without more input. Raises `ZlibError`."""
        raise NotImplementedError

    def take_back(self) -> int:
        """Forget the input that was not worked on; how many bytes that was."""
        left = len(self._input)
        self._input = memoryview(b"")
        return left

    def reset(self) -> None:
        """Begin a new stream, with the same settings."""
        self._input = memoryview(b"")
        self.at_end = False

    def params(self, level: int, strategy: int) -> None:
        """Go on with another level and strategy, where the format has such."""

    def _keep_input(self) -> None:
        """Make what is left of the input our own: its memory may go."""
        if self._input:
            self._input = memoryview(bytes(self._input))
