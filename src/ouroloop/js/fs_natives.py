"""File natives: the system calls that `fs` makes and waits for, without arguments crossing.

Theory of operation. JavaScript writes what a call needs into memory that both sides see (a frame: numbers, a path that
ends in NUL), calls a native, and finds the result there: what the call gave, or a negative errno. So a call costs
little more than the system call itself. What is read or written lies at an address, or in an ArrayBuffer that is
passed: asking for the address of one that is used once would cost more.

What surprises people: nothing is checked here; JavaScript has. Calls that may wait (for a pipe, say) let other threads
run meanwhile, the others do not: handing the interpreter over would cost more than they do.

Source: statx(2), open(2), read(2), pread(2), write(2), pwrite(2), access(2), close(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

_pointer = ctypes.c_void_p
_size = ctypes.c_size_t
_offset = ctypes.c_int64

Method: TypeAlias = "Callable[[int], int | None]"

RESULT, FD, FLAGS, MODE, LENGTH = range(5)  # places among the frame's 32-bit integers
OFFSET, POSITION = 4, 5  # and among its doubles, which lie in the same memory
STATS, SECOND_STATS, PATH = 256, 512, 1024
FRAME_SIZE = PATH + 4097  # a path of PATH_MAX bytes and its NUL

STATX_SIZE = 256
_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AT_EMPTY_PATH = 0x1000
_STATX_BASIC_STATS_AND_BTIME = 0xFFF
_pack_statx = struct.Struct("=IIQIIIHxxQQQQqIiqIiqIiqIiIIII").pack_into


def _library(lets_others_run: bool) -> Any:
    """The C library.

    Arguments are not declared, which would cost 0.1 us each: Python's numbers go as C's `int`, what is wider as a
    ctypes object.
    """
    return ctypes.CDLL(None, use_errno=True) if lets_others_run else ctypes.PyDLL(None, use_errno=True)


def _long(function: Any) -> Any:
    function.restype = ctypes.c_ssize_t
    return function


def pack(target: memoryview, offset: int, info: os.stat_result) -> None:
    """A `stat_result` in the form that statx(2) has. Where the birth time is not known, the change time stands."""
    atime, mtime, ctime = (divmod(ns, 1_000_000_000) for ns in (info.st_atime_ns, info.st_mtime_ns, info.st_ctime_ns))
    birth = divmod(getattr(info, "st_birthtime_ns", info.st_ctime_ns), 1_000_000_000)
    _pack_statx(
        target, offset, _STATX_BASIC_STATS_AND_BTIME, info.st_blksize, 0, info.st_nlink, info.st_uid, info.st_gid,
        info.st_mode, info.st_ino, info.st_size, info.st_blocks, 0, *atime, 0, *birth, 0, *ctime, 0, *mtime, 0,
        os.major(info.st_rdev), os.minor(info.st_rdev), os.major(info.st_dev), os.minor(info.st_dev),
    )


_statx: Any = getattr(_library(True), "statx", None)


def stat_into(path: bytes, address: int, follow: bool) -> int:
    """Write what `path` is to `address`. 0, or a negative errno. For the thread pool."""
    if _statx is None:
        return _portable(os.stat if follow else os.lstat, path, address)
    if _statx(_AT_FDCWD, path, 0 if follow else _AT_SYMLINK_NOFOLLOW, _STATX_BASIC_STATS_AND_BTIME, _pointer(address)):
        return -ctypes.get_errno()
    return 0


def fstat_into(fd: int, address: int) -> int:
    """`stat_into` of an open file."""
    if _statx is None:
        return _portable(os.fstat, fd, address)
    if _statx(fd, b"", _AT_EMPTY_PATH, _STATX_BASIC_STATS_AND_BTIME, _pointer(address)):
        return -ctypes.get_errno()
    return 0


def _portable(stat: Callable[[Any], os.stat_result], target: Any, address: int) -> int:
    try:
        info = stat(target)
    except OSError as exc:
        return -(exc.errno or errno.EIO)
    pack(memoryview((ctypes.c_char * STATX_SIZE).from_address(address)).cast("B"), 0, info)
    return 0


def methods(call: Any, memory: Callable[[int, int], memoryview]) -> dict[str, Method]:
    """The natives by name, on V8's functions `call`."""
    argument, data = call.FunctionCallbackInfo__Get, call.ArrayBuffer__Data
    get_errno = ctypes.get_errno
    waiting, quick = _library(True), _library(False)
    open_, read, write = waiting.open, _long(waiting.read), _long(waiting.write)
    pread, pwrite = _long(waiting.pread), _long(waiting.pwrite)
    close, access, statx = quick.close, quick.access, getattr(quick, "statx", None)
    # Made once and used by each call: only one thread calls these.
    path, stats, target, size, position = _pointer(), _pointer(), _pointer(), _size(), _offset()
    frame = bytearray(FRAME_SIZE)
    integers = memoryview(frame)[:64].cast("i")
    doubles = memoryview(frame)[:64].cast("d")

    def share_frame(info: int) -> None:
        nonlocal integers, doubles
        address = data(argument(info, 0))
        integers, doubles = memory(address, 64).cast("i"), memory(address, 64).cast("d")
        path.value, stats.value = address + PATH, address + STATS

    def answer(result: int) -> None:
        integers[RESULT] = result if result >= 0 else -get_errno()

    def call_open(_info: int) -> None:
        answer(open_(path, integers[FLAGS] | os.O_CLOEXEC, integers[MODE]))

    def call_close(_info: int) -> None:
        answer(close(integers[FD]))

    def call_access(_info: int) -> None:
        answer(access(path, integers[MODE]))

    def call_stat(_info: int) -> None:
        if statx is None:
            integers[RESULT] = stat_into(ctypes.string_at(path.value or 0), stats.value or 0, not integers[FLAGS])
        else:
            answer(statx(_AT_FDCWD, path, integers[FLAGS], _STATX_BASIC_STATS_AND_BTIME, stats))

    def call_fstat(_info: int) -> None:
        if statx is None:
            integers[RESULT] = fstat_into(integers[FD], stats.value or 0)
        else:
            answer(statx(integers[FD], b"", _AT_EMPTY_PATH, _STATX_BASIC_STATS_AND_BTIME, stats))

    def aim() -> int:
        """What to read or write, but for where it is in memory; the result is the position in the file."""
        size.value = integers[LENGTH]
        position.value = at = int(doubles[POSITION])
        return at

    def read_there() -> None:
        answer(read(integers[FD], target, size) if aim() < 0 else pread(integers[FD], target, size, position))

    def write_there() -> None:
        answer(write(integers[FD], target, size) if aim() < 0 else pwrite(integers[FD], target, size, position))

    def at_address(transfer: Callable[[], None]) -> Method:
        def call_at_address(_info: int) -> None:
            target.value = int(doubles[OFFSET])
            transfer()

        return call_at_address

    def in_buffer(transfer: Callable[[], None]) -> Method:
        def call_in_buffer(info: int) -> None:
            target.value = data(argument(info, 0)) + int(doubles[OFFSET])
            transfer()

        return call_in_buffer

    return {
        "shareFrame": share_frame, "callOpen": call_open, "callClose": call_close, "callAccess": call_access,
        "callStat": call_stat, "callFstat": call_fstat, "callRead": at_address(read_there),
        "callWrite": at_address(write_there), "callReadIn": in_buffer(read_there),
        "callWriteIn": in_buffer(write_there),
    }
