"""File natives: the system calls that `fs` makes and waits for, without arguments crossing.

Theory of operation. JavaScript writes what a call needs into memory that both sides see (a frame: numbers, a path that
ends in NUL), calls a native, and finds the result there: what the call gave, or a negative errno. Where there is
machine code (`direct.py`), no Python runs meanwhile: a `statSync` takes 0.6 of the time. What is read or written lies
at an address, or in an ArrayBuffer that is passed: asking for the address of one that is used once would cost more.

What surprises people: nothing is checked here; JavaScript has. Calls that may wait (for a pipe, say) let other threads
run meanwhile, the others do not: handing the interpreter over would cost more than they do.

Source: statx(2), open(2), read(2), pread(2), write(2), pwrite(2), access(2), close(2).
"""

from __future__ import annotations

import errno
import os

from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

_pointer = ctypes.c_void_p
_size = ctypes.c_size_t
_offset = ctypes.c_int64

Method: TypeAlias = "Callable[[int], int | None]"
Native: TypeAlias = "Method | int"

RESULT, FD, FLAGS, MODE, LENGTH, OFFSET, POSITION = range(7)  # the frame's words, of 64 bits each
STATS, PATH = 256, 1024  # offsets in bytes

STATX_SIZE = 256
_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AT_EMPTY_PATH = 0x1000
_STATX_BASIC_STATS_AND_BTIME = 0xFFF
_STATX_FORMAT = "=IIQIIIHxxQQQQqIiqIiqIiqIiIIII"
_pack_statx: Any = None  # made when first needed: most programs leave all this to the kernel


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
    global _pack_statx
    if _pack_statx is None:
        import struct

        _pack_statx = struct.Struct(_STATX_FORMAT).pack_into
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


def methods(call: Any, memory: Callable[[int, int], memoryview], directly: direct.Directly | None) -> dict[str, Native]:
    """The natives by name, on V8's functions `call`; made of machine code where that can be."""
    cell = ctypes.c_uint64()  # where the frame is

    def share_frame(info: int) -> None:
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        words = memory(cell.value, STATS).cast("q")
        words[RESULT], words[FD] = os.O_CLOEXEC, directly is not None

    if directly is not None and _statx is not None:
        directly.keep(cell)
        return {"shareFrame": share_frame, **_direct(call, directly, cell)}
    return {"shareFrame": share_frame, **_through_python(call, memory, cell)}


# The numbers of system calls on x86-64.
_READ, _WRITE, _OPEN, _CLOSE, _PREAD, _PWRITE, _ACCESS, _FUTEX, _STATX = 0, 1, 2, 3, 17, 18, 21, 202, 332
_FUTEX_WAKE = 129  # of this process's threads


def _direct(call_of_v8: Any, directly: direct.Directly, cell: ctypes.c_uint64) -> dict[str, Native]:
    def call(number: int, *sources: direct.Source, waits: bool = False) -> int:
        return directly.kernel(number, list(sources), ctypes.addressof(cell), waits)

    def word(place: int) -> direct.Source:
        return direct.word(place * 8)

    fd, size, position = word(FD), word(LENGTH), word(POSITION)
    path, stats = direct.inside(PATH), direct.inside(STATS)
    no_path = direct.constant(ctypes.addressof(_NO_PATH))
    there, inside = word(OFFSET), direct.memory(0, OFFSET * 8)
    everything = direct.constant(_STATX_BASIC_STATS_AND_BTIME)
    return {
        "callOpen": call(_OPEN, path, word(FLAGS), word(MODE), waits=True),
        "callClose": call(_CLOSE, fd),
        "callAccess": call(_ACCESS, path, word(MODE)),
        "callStat": call(_STATX, direct.constant(_AT_FDCWD), path, word(FLAGS), everything, stats),
        "callFstat": call(_STATX, fd, no_path, direct.constant(_AT_EMPTY_PATH), everything, stats),
        "callRead": call(_READ, fd, there, size, waits=True),
        "callReadAt": call(_PREAD, fd, there, size, position, waits=True),
        "callReadIn": call(_READ, fd, inside, size, waits=True),
        "callWrite": call(_WRITE, fd, there, size, waits=True),
        "callWriteAt": call(_PWRITE, fd, there, size, position, waits=True),
        "callWriteIn": call(_WRITE, fd, inside, size, waits=True),
        "callWake": call(_FUTEX, there, direct.constant(_FUTEX_WAKE), size),
        "addressOf": directly.function(
            call_of_v8.ArrayBuffer__Data, [direct.argument(0)], direct.TO_FRAME, ctypes.addressof(cell)),
    }


_NO_PATH = ctypes.create_string_buffer(1)


def _through_python(
    call: Any, memory: Callable[[int, int], memoryview], cell: ctypes.c_uint64,
) -> dict[str, Native]:
    argument, data = call.FunctionCallbackInfo__Get, call.ArrayBuffer__Data
    get_errno = ctypes.get_errno
    waiting, quick = _library(True), _library(False)
    open_, read, write = waiting.open, _long(waiting.read), _long(waiting.write)
    pread, pwrite = _long(waiting.pread), _long(waiting.pwrite)
    close, access = quick.close, quick.access
    statx: Any = getattr(quick, "statx", None)

    def native(system_call: Callable[[memoryview, int, int], int]) -> Method:
        """`system_call(words, the frame's address, the call's information)`"""

        def call_it(info: int) -> None:
            words = memory(cell.value, STATS).cast("q")
            result = system_call(words, cell.value, info)
            words[RESULT] = result if result >= 0 else -get_errno()

        return call_it

    def place(words: memoryview, info: int) -> int:
        return int(words[OFFSET] + data(argument(info, 0)))

    def stat(words: memoryview, frame: int) -> int:
        path, target = _pointer(frame + PATH), _pointer(frame + STATS)
        return int(statx(_AT_FDCWD, path, words[FLAGS], _STATX_BASIC_STATS_AND_BTIME, target))

    def no_ring(_info: int) -> None:
        raise NotImplementedError  # there is no ring without machine code

    def portable_stat(_info: int) -> None:
        words = memory(cell.value, STATS).cast("q")
        words[RESULT] = stat_into(ctypes.string_at(cell.value + PATH), cell.value + STATS, not words[FLAGS])

    def portable_fstat(_info: int) -> None:
        words = memory(cell.value, STATS).cast("q")
        words[RESULT] = fstat_into(words[FD], cell.value + STATS)

    def transfer(function: Any, words: memoryview, target: int) -> int:
        return int(function(words[FD], _pointer(target), _size(words[LENGTH])))

    def transfer_at(function: Any, words: memoryview) -> int:
        return int(function(words[FD], _pointer(words[OFFSET]), _size(words[LENGTH]), _offset(words[POSITION])))

    return {
        "callWake": no_ring, "addressOf": no_ring,
        "callOpen": native(lambda words, frame, _: open_(_pointer(frame + PATH), words[FLAGS], words[MODE])),
        "callClose": native(lambda words, _frame, _: close(words[FD])),
        "callAccess": native(lambda words, frame, _: access(_pointer(frame + PATH), words[MODE])),
        "callStat": portable_stat if statx is None else native(lambda words, frame, _: stat(words, frame)),
        "callFstat": portable_fstat if statx is None else native(lambda words, frame, _: statx(
            words[FD], b"", _AT_EMPTY_PATH, _STATX_BASIC_STATS_AND_BTIME, _pointer(frame + STATS))),
        "callRead": native(lambda words, _frame, _: transfer(read, words, words[OFFSET])),
        "callReadAt": native(lambda words, _frame, _: transfer_at(pread, words)),
        "callReadIn": native(lambda words, _frame, info: transfer(read, words, place(words, info))),
        "callWrite": native(lambda words, _frame, _: transfer(write, words, words[OFFSET])),
        "callWriteAt": native(lambda words, _frame, _: transfer_at(pwrite, words)),
        "callWriteIn": native(lambda words, _frame, info: transfer(write, words, place(words, info))),
    }
