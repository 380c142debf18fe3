"""What can be wrong with the data, the settings, or the length of the output."""

from __future__ import annotations

from ..errors import NodeError
from .constants import (
    Z_BUF_ERROR,
    Z_DATA_ERROR,
    Z_ERRNO,
    Z_MEM_ERROR,
    Z_NEED_DICT,
    Z_STREAM_ERROR,
    Z_VERSION_ERROR,
)

CODES = {
    Z_NEED_DICT: "Z_NEED_DICT",
    Z_ERRNO: "Z_ERRNO",
    Z_STREAM_ERROR: "Z_STREAM_ERROR",
    Z_DATA_ERROR: "Z_DATA_ERROR",
    Z_MEM_ERROR: "Z_MEM_ERROR",
    Z_BUF_ERROR: "Z_BUF_ERROR",
    Z_VERSION_ERROR: "Z_VERSION_ERROR",
}


class ZlibError(NodeError):
    """What a library says is wrong with the data: `code` is its name ("Z_DATA_ERROR"), `errno` its number."""

    def __init__(self, message: str, number: int, code: str | None = None) -> None:
        super().__init__(code or CODES.get(number, "Z_ERRNO"), message)
        self.errno = number


class InitializationError(NodeError, ValueError):
    """A library refuses what it is asked to work with."""

    def __init__(self, message: str) -> None:
        super().__init__("ERR_ZLIB_INITIALIZATION_FAILED", message)


class BufferTooLargeError(NodeError, ValueError):
    """The output is longer than `max_output_length`."""

    def __init__(self, limit: int) -> None:
        super().__init__("ERR_BUFFER_TOO_LARGE", f"the output is larger than max_output_length, {limit} bytes")


def cut_short() -> ZlibError:
    """The error for input that ends too early, whatever its format."""
    return ZlibError("unexpected end of file", Z_BUF_ERROR)
