"""File natives: the system calls that `fs` makes and waits for, without arguments crossing.

Theory of operation. JavaScript writes what a call needs into memory that both sides see (a frame: numbers, a path that ends in NUL), calls
a native, and finds the result there: what the call gave, or a negative errno. So a call costs little more
than the system call itself. What is read or written lies in an ArrayBuffer, the only thing that is passed.

What surprises people: nothing is checked here; JavaScript has. Calls that may wait (for a pipe, say) let other threads run
meanwhile, the others do not: handing the interpreter over would cost more than they do.

Source: statx(2), open(2), read(2), pread(2), write(2), pwrite(2), access(2), close(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable
from typing import Any

_int = ctypes.c_int
_pointer = ctypes.c_void_p
_size = ctypes.c_size_t
_offset = ctypes.c_int64

Method = Callable[[int], int | None]

RESULT, FD, FLAGS, MODE = range(4)  # places among the frame's 32-bit integers
OFFSET, LENGTH, POSITION = 4, 5, 6  # and among its doubles, which lie in the same memory
STATS, SECOND_STATS, PATH = 256, 512, 1024
FRAME_SIZE = PATH + 4097  # a path of PATH_MAX bytes and its NUL

STATX_SIZE = 256
_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AT_EMPTY_PATH = 0x1000
_STATX_BASIC_STATS_AND_BTIME = 0xFFF
_pack_statx = struct.Struct("=IIQIIIHxxQQQQqIiqIiqIiqIiIIII").pack_into


def _library(lets_others_run: bool) -> Any:
    return ctypes.CDLL(None, use_errno=True) if lets_others_run else ctypes.PyDLL(None, use_errno=True)


def _function(library: Any, name: str, *arguments: Any, result: Any = _int) -> Any:
    function = library[name]
    function.argtypes, function.restype = arguments, result
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


_statx_arguments = (_int, _pointer, _int, ctypes.c_uint, _pointer)
_has_statx = hasattr(ctypes.CDLL(None), "statx")


def stat_into(path: bytes, address: int, follow: bool) -> int:
    """Write what `path` is to `address`. 0, or a negative errno. For the thread pool."""
    if _statx is None:
        return _portable(os.stat if follow else os.lstat, path, address)
    if _statx(_AT_FDCWD, path, 0 if follow else _AT_SYMLINK_NOFOLLOW, _STATX_BASIC_STATS_AND_BTIME, address):
        return -ctypes.get_errno()
    return 0


def fstat_into(fd: int, address: int) -> int:
    """`stat_into` of an open file."""
    if _statx is None:
        return _portable(os.fstat, fd, address)
    if _statx(fd, b"", _AT_EMPTY_PATH, _STATX_BASIC_STATS_AND_BTIME, address):
        return -ctypes.get_errno()
    return 0


def _portable(stat: Callable[[Any], os.stat_result], target: Any, address: int) -> int:
    try:
        info = stat(target)
    except OSError as exc:
        return -(exc.errno or errno.EIO)
    pack(memoryview((ctypes.c_char * STATX_SIZE).from_address(address)).cast("B"), 0, info)
    return 0


_statx: Any = _function(_library(True), "statx", *_statx_arguments) if _has_statx else None


def methods(call: Any, memory: Callable[[int, int], memoryview]) -> dict[str, Method]:
    """The natives by name, on V8's functions `call`."""
    argument, data = call.FunctionCallbackInfo__Get, call.ArrayBuffer__Data
    get_errno = ctypes.get_errno
    waiting, quick = _library(True), _library(False)
    open_ = _function(waiting, "open", _pointer, _int, _int)
    close = _function(quick, "close", _int)
    access = _function(quick, "access", _pointer, _int)
    read = _function(waiting, "read", _int, _pointer, _size, result=ctypes.c_ssize_t)
    write = _function(waiting, "write", _int, _pointer, _size, result=ctypes.c_ssize_t)
    pread = _function(waiting, "pread", _int, _pointer, _size, _offset, result=ctypes.c_ssize_t)
    pwrite = _function(waiting, "pwrite", _int, _pointer, _size, _offset, result=ctypes.c_ssize_t)
    statx = _function(quick, "statx", *_statx_arguments) if _has_statx else None
    frame = bytearray(FRAME_SIZE)
    integers = memoryview(frame)[:64].cast("i")
    doubles = memoryview(frame)[:64].cast("d")
    path = stats = 0

    def share_frame(info: int) -> None:
        nonlocal integers, doubles, path, stats
        address = data(argument(info, 0))
        integers, doubles = memory(address, 64).cast("i"), memory(address, 64).cast("d")
        path, stats = address + PATH, address + STATS

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
            integers[RESULT] = stat_into(ctypes.string_at(path), stats, not integers[FLAGS])
        else:
            answer(statx(_AT_FDCWD, path, integers[FLAGS], _STATX_BASIC_STATS_AND_BTIME, stats))

    def call_fstat(_info: int) -> None:
        integers[RESULT] = fstat_into(integers[FD], stats)

    def call_read(info: int) -> None:
        address = data(argument(info, 0)) + int(doubles[OFFSET])
        position = int(doubles[POSITION])
        if position < 0:
            answer(read(integers[FD], address, int(doubles[LENGTH])))
        else:
            answer(pread(integers[FD], address, int(doubles[LENGTH]), position))

    def call_write(info: int) -> None:
        address = data(argument(info, 0)) + int(doubles[OFFSET])
        position = int(doubles[POSITION])
        if position < 0:
            answer(write(integers[FD], address, int(doubles[LENGTH])))
        else:
            answer(pwrite(integers[FD], address, int(doubles[LENGTH]), position))

    return {
        "shareFrame": share_frame, "callOpen": call_open, "callClose": call_close, "callAccess": call_access,
        "callStat": call_stat, "callFstat": call_fstat, "callRead": call_read, "callWrite": call_write,
    }
