"""The file operations: each as a plain call and on the pool, with its errors, and what the pool promises of them."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import socket
import stat as mode_of
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ouroloop.loop import Loop, Timer, fs

Call = Callable[..., Any]


@pytest.fixture(params=["sync", "pool"])
def call(request: pytest.FixtureRequest, loop: Loop) -> Call:
    """Runs an operation, here or on the pool, and returns its result or raises its error."""
    if request.param == "sync":
        return lambda function, *args: function(*args)

    def on_pool(function: Call, *args: Any) -> Any:
        outcome: list[Any] = []
        fs.submit(loop, lambda *got: outcome.append(got), function, *args)
        assert outcome == []
        loop.run()
        [(error, result)] = outcome
        if error is not None:
            raise error
        return result

    return on_pool


def failing(call: Call, *args: Any) -> OSError:
    with pytest.raises(OSError) as caught:
        call(*args)
    return caught.value


# Open files


def test_a_file_is_written_and_read_through_its_descriptor(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "file"
    fd = call(fs.open, path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    assert not os.get_inheritable(fd)
    assert call(fs.write, fd, b"hello") == 5
    assert call(fs.writev, fd, [b" ", b"world"]) == 6
    assert call(fs.pwrite, fd, b"J", 0) == 1
    assert call(fs.pwritev, fd, [b"W", b"O"], 6) == 2
    assert call(fs.pread, fd, 5, 6) == b"WOrld"
    first, second = bytearray(3), bytearray(20)
    assert call(fs.preadv, fd, [first, second], 0) == 11
    assert bytes(first + second[:8]) == b"Jello WOrld"
    assert call(fs.read, fd, 10) == b""
    os.lseek(fd, 0, os.SEEK_SET)
    assert call(fs.read, fd, 2) == b"Je"
    assert call(fs.readv, fd, [first]) == 3
    assert bytes(first) == b"llo"
    call(fs.fsync, fd)
    call(fs.fdatasync, fd)
    call(fs.ftruncate, fd, 3)
    call(fs.fchmod, fd, 0o600)
    call(fs.fchown, fd, -1, -1)
    info = call(fs.fstat, fd)
    assert (info.st_size, mode_of.S_IMODE(info.st_mode)) == (3, 0o600)
    call(fs.close, fd)
    assert failing(call, fs.close, fd).errno == errno.EBADF


def test_positions_beyond_4_gib_work(call: Call, tmp_path: Path) -> None:
    position = 5 * 2**30 + 7
    fd = fs.open(tmp_path / "sparse", os.O_RDWR | os.O_CREAT)
    try:
        assert call(fs.pwrite, fd, b"far", position) == 3
        assert call(fs.fstat, fd).st_size == position + 3
        assert call(fs.pread, fd, 10, position - 1) == b"\0far"
        buffer = bytearray(3)
        assert call(fs.preadv, fd, [buffer], position) == 3
        assert buffer == b"far"
    finally:
        fs.close(fd)


def test_errors_carry_errno_and_path(call: Call, tmp_path: Path) -> None:
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.write_bytes(b"")
    full = tmp_path / "full"
    (full / "child").mkdir(parents=True)
    cases: list[tuple[int, Any, tuple[Any, ...]]] = [
        (errno.ENOENT, fs.open, (gone,)), (errno.ENOENT, fs.stat, (gone,)), (errno.ENOENT, fs.lstat, (gone,)),
        (errno.ENOENT, fs.read_file, (gone,)), (errno.ENOENT, fs.readdir, (gone,)),
        (errno.ENOENT, fs.open_dir, (gone,)), (errno.ENOENT, fs.unlink, (gone,)), (errno.ENOENT, fs.rmdir, (gone,)),
        (errno.ENOENT, fs.chmod, (gone, 0o600)), (errno.ENOENT, fs.chown, (gone, -1, -1)),
        (errno.ENOENT, fs.lchown, (gone, -1, -1)), (errno.ENOENT, fs.utime, (gone, 1, 1)),
        (errno.ENOENT, fs.lutime, (gone, 1, 1)), (errno.ENOENT, fs.truncate, (gone, 0)),
        (errno.ENOENT, fs.readlink, (gone,)), (errno.ENOENT, fs.realpath, (gone,)), (errno.ENOENT, fs.access, (gone,)),
        (errno.ENOENT, fs.statfs, (gone,)), (errno.ENOENT, fs.rename, (gone, file)),
        (errno.ENOENT, fs.link, (gone, tmp_path / "new")), (errno.ENOENT, fs.copyfile, (gone, tmp_path / "new")),
        (errno.EEXIST, fs.mkdir, (file,)), (errno.EEXIST, fs.open, (file, os.O_CREAT | os.O_EXCL | os.O_WRONLY)),
        (errno.EEXIST, fs.symlink, ("x", file)), (errno.ENOTDIR, fs.readdir, (file,)),
        (errno.ENOTDIR, fs.stat, (file / "below",)), (errno.ENOTDIR, fs.rmdir, (file,)),
        (errno.EISDIR, fs.read_file, (tmp_path,)), (errno.EISDIR, fs.write_file, (tmp_path, b"x")),
        (errno.ENOTEMPTY, fs.rmdir, (full,)), (errno.EINVAL, fs.readlink, (file,)),
    ]
    for code, function, args in cases:
        error = failing(call, function, *args)
        assert error.errno == code, (function, error)
        assert os.fspath(error.filename) == os.fspath(args[1] if function is fs.symlink else args[0]) or (
            function is fs.symlink and error.filename2 == os.fspath(file)
        ), function


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_what_one_may_not_do_is_eacces(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.write_bytes(b"")
    path.chmod(0)
    assert failing(call, fs.open, path).errno == errno.EACCES
    assert failing(call, fs.access, path, os.R_OK).errno == errno.EACCES


def test_access_tells_what_one_may_do(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(0o600)
    call(fs.access, path)
    call(fs.access, path, os.R_OK | os.W_OK)
    error = failing(call, fs.access, path, os.X_OK)
    assert (error.errno, error.filename) == (errno.EACCES, os.fspath(path))


# Whole files


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 5_000_000])
def test_whole_files_of_any_size_come_back_as_they_went(call: Call, tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "file", os.urandom(size)
    call(fs.write_file, path, data)
    assert call(fs.read_file, path) == data
    call(fs.append_file, path, b"more", 0o666, True)
    assert call(fs.read_file, path) == data + b"more"
    call(fs.write_file, path, memoryview(b"short"))
    assert call(fs.read_file, path) == b"short"


def test_read_file_and_write_file_take_a_descriptor_where_it_stands(call: Call, tmp_path: Path) -> None:
    fd = fs.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    try:
        call(fs.write_file, fd, b"0123")
        call(fs.write_file, fd, b"456789")
        os.lseek(fd, 4, os.SEEK_SET)
        assert call(fs.read_file, fd) == b"456789"
        assert call(fs.read_file, fd) == b""
    finally:
        fs.close(fd)


def test_files_that_claim_to_be_empty_are_read_to_their_end(call: Call) -> None:
    assert os.stat("/proc/self/status").st_size == 0
    assert b"Pid:" in call(fs.read_file, "/proc/self/status")
    assert call(fs.read_file, "/dev/null") == b""


def test_a_pipe_is_read_to_its_end(loop: Loop) -> None:
    reader, writer = os.pipe()
    got: list[Any] = []
    fs.submit(loop, lambda error, data: got.append((error, data)), fs.read_file, reader)
    data = os.urandom(300_000)

    def feed() -> None:
        with open(writer, "wb") as file:
            file.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    loop.run()
    thread.join()
    os.close(reader)
    assert got == [(None, data)]


# Copying


def test_copyfile_copies_data_and_mode(call: Call, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    data = os.urandom(3_000_001)
    source.write_bytes(data)
    source.chmod(0o751)
    call(fs.copyfile, source, destination)
    assert destination.read_bytes() == data
    assert mode_of.S_IMODE(destination.stat().st_mode) == 0o751
    source.write_bytes(b"shorter")
    call(fs.copyfile, source, destination, fs.COPYFILE_FICLONE)
    assert destination.read_bytes() == b"shorter"
    call(fs.copyfile, source, source)
    assert source.read_bytes() == b"shorter"


def test_copyfile_with_excl_leaves_an_existing_file_alone(call: Call, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.write_bytes(b"new")
    destination.write_bytes(b"old")
    error = failing(call, fs.copyfile, source, destination, fs.COPYFILE_EXCL)
    assert (error.errno, error.filename, error.filename2) == (errno.EEXIST, str(source), str(destination))
    assert destination.read_bytes() == b"old"
    assert failing(call, fs.copyfile, source, destination, 8).errno == errno.EINVAL


def test_copyfile_removes_what_it_could_not_complete(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.write_bytes(b"data" * 1000)

    def fail(*args: Any) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "copy_file_range", fail)
    assert failing(call, fs.copyfile, source, destination).errno == errno.ENOSPC
    assert not destination.exists()


@pytest.mark.parametrize("without", [["copy_file_range"], ["copy_file_range", "sendfile"]])
def test_copyfile_finds_another_way_where_the_kernel_has_none(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: list[str]
) -> None:
    def refuse(*args: Any) -> int:
        raise OSError(errno.EXDEV, "not between these two")

    for name in without:
        monkeypatch.setattr(os, name, refuse)
    source, destination = tmp_path / "source", tmp_path / "destination"
    data = os.urandom(200_000)
    source.write_bytes(data)
    call(fs.copyfile, source, destination)
    assert destination.read_bytes() == data


def test_copyfile_of_a_forced_clone_fails_where_there_is_none(call: Call, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.write_bytes(b"data")
    errors = []
    try:
        call(fs.copyfile, source, destination, fs.COPYFILE_FICLONE_FORCE)
    except OSError as exc:
        errors.append(exc.errno)
    if errors:
        assert errors[0] in (errno.ENOTSUP, errno.ENOTTY, errno.EINVAL, errno.EXDEV)
        assert not destination.exists()
    else:
        assert destination.read_bytes() == b"data"


def test_copyfile_copies_what_proc_has_and_refuses_directories(call: Call, tmp_path: Path) -> None:
    call(fs.copyfile, "/proc/self/status", tmp_path / "status")
    assert b"Pid:" in (tmp_path / "status").read_bytes()
    error = failing(call, fs.copyfile, tmp_path, tmp_path / "copy")
    assert error.errno == errno.EISDIR
    assert not (tmp_path / "copy").exists()


def test_sendfile_sends_a_range(call: Call, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"0123456789")
    reader = fs.open(source)
    here, there = socket.socketpair()
    writer = fs.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        assert call(fs.sendfile, here.fileno(), reader, 2, 5) == 5
        assert there.recv(10) == b"23456"
        assert call(fs.sendfile, writer, reader, 7, 100) == 3  # O_APPEND: the kernel's sendfile(2) says EINVAL
        assert (tmp_path / "log").read_bytes() == b"789"
    finally:
        here.close()
        there.close()
        fs.close(reader)
        fs.close(writer)


# Names, times, directories


def test_names_are_made_changed_and_removed(call: Call, tmp_path: Path) -> None:
    first, second, third = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    first.write_bytes(b"x")
    call(fs.link, first, second)
    assert call(fs.stat, first).st_nlink == 2
    call(fs.rename, second, third)
    call(fs.unlink, first)
    call(fs.symlink, "3", first)
    assert call(fs.readlink, first) == "3"
    assert call(fs.readlink, os.fsencode(first)) == b"3"
    assert call(fs.realpath, first) == os.path.realpath(third)
    assert mode_of.S_ISLNK(call(fs.lstat, first).st_mode)
    assert mode_of.S_ISREG(call(fs.stat, first).st_mode)
    call(fs.chmod, third, 0o604)
    assert mode_of.S_IMODE(call(fs.stat, third).st_mode) == 0o604
    call(fs.chown, third, os.getuid(), -1)
    call(fs.lchown, first, -1, os.getgid())
    call(fs.truncate, third, 100)
    assert call(fs.stat, third).st_size == 100
    call(fs.mkdir, tmp_path / "d", 0o700)
    assert mode_of.S_IMODE(call(fs.stat, tmp_path / "d").st_mode) == 0o700
    call(fs.rmdir, tmp_path / "d")
    assert sorted(os.listdir(tmp_path)) == ["1", "3"]


def test_times_are_set_to_the_nanosecond_that_a_float_can_hold(call: Call, tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"")
    link.symlink_to(path)
    call(fs.utime, path, 1.000000001, 1700000000.25)
    assert (path.stat().st_atime_ns, path.stat().st_mtime_ns) == (1_000_000_001, 1_700_000_000_250_000_000)
    call(fs.lutime, link, 5, -1.5)
    assert (link.lstat().st_atime_ns, link.lstat().st_mtime_ns) == (5_000_000_000, -1_500_000_000)
    assert path.stat().st_atime_ns == 1_000_000_001
    fd = fs.open(path)
    call(fs.futime, fd, 7, 8.5)
    fs.close(fd)
    assert (path.stat().st_atime_ns, path.stat().st_mtime_ns) == (7_000_000_000, 8_500_000_000)
    assert failing(call, fs.utime, path, float("nan"), 1).errno == errno.EINVAL


def test_mkdtemp_makes_a_private_directory_of_a_new_name(call: Call, tmp_path: Path) -> None:
    names = {call(fs.mkdtemp, f"{tmp_path}/a-") for _ in range(5)}
    assert len(names) == 5
    for name in names:
        assert len(name) == len(f"{tmp_path}/a-") + 6
        assert mode_of.S_IMODE(os.stat(name).st_mode) == 0o700
    assert isinstance(call(fs.mkdtemp, os.fsencode(tmp_path) + b"/b-"), bytes)
    error = failing(call, fs.mkdtemp, tmp_path / "no" / "c-")
    assert (error.errno, error.filename) == (errno.ENOENT, f"{tmp_path}/no/c-XXXXXX")


def _one_of_each(directory: Path) -> socket.socket:
    (directory / "file").write_bytes(b"")
    (directory / "dir").mkdir()
    (directory / "link").symlink_to("nowhere")
    os.mkfifo(directory / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(directory)  # the path of a socket has little room
    try:
        listener.bind("socket")
    finally:
        os.chdir(here)
    return listener


def test_readdir_gives_sorted_entries_with_their_types(call: Call, tmp_path: Path) -> None:
    with _one_of_each(tmp_path):
        assert call(fs.readdir, tmp_path) == [
            ("dir", fs.DIRENT_DIR), ("fifo", fs.DIRENT_FIFO), ("file", fs.DIRENT_FILE), ("link", fs.DIRENT_LINK),
            ("socket", fs.DIRENT_SOCKET),
        ]
        assert call(fs.readdir_names, tmp_path) == ["dir", "fifo", "file", "link", "socket"]
    assert ("null", fs.DIRENT_CHAR) in call(fs.readdir, "/dev")
    assert call(fs.readdir, tmp_path / "dir") == []


def test_a_directory_is_read_piece_by_piece(call: Call, tmp_path: Path) -> None:
    names = {f"file-{n}" for n in range(100)}
    for name in names:
        (tmp_path / name).touch()
    directory = call(fs.open_dir, tmp_path)
    seen: list[str] = []
    while entries := call(directory.read, 7):
        assert len(entries) <= 7
        assert all(entry.type == fs.DIRENT_FILE for entry in entries)
        seen += [entry.name for entry in entries]
    assert len(seen) == 100
    assert set(seen) == names
    call(directory.close)
    assert failing(call, directory.read, 1).errno == errno.EBADF
    assert failing(call, directory.close).errno == errno.EBADF


def test_names_that_are_not_utf_8_come_and_go_unharmed(call: Call, tmp_path: Path) -> None:
    raw = b"caf\xe9-\xff"
    as_bytes = os.fsencode(tmp_path) + b"/" + raw
    as_text = f"{tmp_path}/{os.fsdecode(raw)}"
    call(fs.write_file, as_bytes, b"one")
    assert call(fs.read_file, as_text) == b"one"
    assert call(fs.readdir_names, tmp_path) == [os.fsdecode(raw)]
    assert call(fs.readdir, os.fsencode(tmp_path)) == [(raw, fs.DIRENT_FILE)]
    call(fs.rename, as_text, f"{tmp_path}/plain")
    assert call(fs.readdir_names, tmp_path) == ["plain"]


def test_statfs_describes_the_file_system(call: Call) -> None:
    info = call(fs.statfs, "/proc")
    assert info.type == 0x9FA0
    assert info.bsize > 0
    assert call(fs.statfs, b"/proc").type == 0x9FA0
    real = os.statvfs("/")
    assert call(fs.statfs, "/").blocks == real.f_blocks


# The pool


def test_a_queued_operation_can_be_cancelled(loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    seen: list[tuple[str, int | None]] = []
    fs.submit(loop, lambda error, fd: (seen.append(("open", error)), os.close(fd)), fs.open, fifo)
    request = fs.submit(loop, lambda error, _: seen.append(("write", error.errno)), fs.write_file, tmp_path / "x", b"")
    loop.run("nowait")
    request.cancel()
    with pytest.raises(OSError, match="busy") as caught:
        request.cancel()
    assert caught.value.errno == errno.EBUSY
    loop.run("once")
    assert seen == [("write", errno.ECANCELED)]
    writer = os.open(fifo, os.O_WRONLY)
    loop.run()
    os.close(writer)
    assert seen == [("write", errno.ECANCELED), ("open", None)]
    assert not (tmp_path / "x").exists()


def test_a_thread_held_by_a_fifo_does_not_hold_up_the_others(loop: Loop, tmp_path: Path) -> None:
    fifos = [tmp_path / f"fifo{n}" for n in range(3)]
    opened: list[int] = []
    for fifo in fifos:
        os.mkfifo(fifo)
        fs.submit(loop, lambda error, fd: opened.append(fd), fs.open, fifo)
    done: list[int] = []
    for round_ in range(1, 4):
        for _ in range(50):
            fs.submit(loop, lambda error, _: done.append(1), fs.stat, tmp_path)
        while len(done) < 50 * round_:
            loop.run("once")
    assert opened == []
    writers = [os.open(fifo, os.O_WRONLY) for fifo in fifos]
    loop.run()
    assert len(opened) == 3
    for fd in opened + writers:
        os.close(fd)


def test_all_threads_held_is_no_reason_to_wake_up_in_vain(loop: Loop, tmp_path: Path) -> None:
    fifos = [tmp_path / f"fifo{n}" for n in range(4)]
    opened: list[int] = []
    for fifo in fifos:
        os.mkfifo(fifo)
        fs.submit(loop, lambda error, fd: opened.append(fd), fs.open, fifo)
    done: list[object] = []
    fs.submit(loop, lambda error, info: done.append(info), fs.stat, tmp_path)
    timer = Timer(loop)
    timer.start(lambda: None, 50)
    while timer.active:
        loop.run("once")
    assert loop.pool.threads == 4
    assert not loop.pool.behind
    assert done == []
    writers = [os.open(fifo, os.O_WRONLY) for fifo in fifos]
    loop.run()
    assert len(done) == 1
    for fd in opened + writers:
        os.close(fd)


def test_what_is_done_is_delivered_while_the_next_operation_is_stuck(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    seen: list[str] = []
    fs.submit(loop, lambda error, info: seen.append("stat"), fs.stat, tmp_path)
    fs.submit(loop, lambda error, fd: (seen.append("open"), os.close(fd)), fs.open, fifo)
    while not seen:
        loop.run("once")
    assert seen == ["stat"]
    writer = os.open(fifo, os.O_WRONLY)
    loop.run()
    os.close(writer)
    assert seen == ["stat", "open"]


def test_a_stuck_operation_does_not_delay_the_loops_timers(loop: Loop, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    fds: list[int] = []
    fs.submit(loop, lambda error, fd: fds.append(fd), fs.open, fifo)
    fs.submit(loop, None, fs.stat, tmp_path)
    fired: list[int] = []
    timer = Timer(loop)
    timer.start(lambda: fired.append(loop.now), 20)
    started = loop.now
    loop.run("once")
    while not fired:
        loop.run("once")
    assert 20 <= fired[0] - started < 200
    writer = os.open(fifo, os.O_WRONLY)
    loop.run()
    os.close(writer)
    os.close(fds[0])


def test_files_wait_neither_for_the_loops_other_work_nor_for_long_jobs(loop: Loop, tmp_path: Path) -> None:
    """Also when the loop never sleeps, and a thread computes."""
    from ouroloop.loop import Idle

    gate = threading.Event()
    loop.queue_work(lambda: gate.wait(20))
    idle = Idle(loop)
    idle.start(lambda: None)
    done: list[object] = []
    for _ in range(3):
        fs.submit(loop, lambda error, info: done.append(info), fs.stat, tmp_path)
    for _ in range(1_000_000):
        loop.run("once")
        if len(done) == 3:
            break
    assert len(done) == 3
    gate.set()
    idle.close()
    loop.run()


def test_200_operations_at_once_all_succeed(loop: Loop, tmp_path: Path) -> None:
    results: dict[int, bytes] = {}

    def written(number: int, error: OSError | None) -> None:
        assert error is None
        path = tmp_path / str(number)
        fs.submit(loop, lambda error, data: results.__setitem__(number, data), fs.read_file, path)

    for number in range(200):
        fs.submit(
            loop, lambda error, _, n=number: written(n, error), fs.write_file, tmp_path / str(number), b"%d" % number
        )
    loop.run()
    assert results == {number: b"%d" % number for number in range(200)}


def test_operations_that_wait_are_shared_by_all_threads(loop: Loop) -> None:
    """Four that must meet: none can go on before the last has come."""
    meeting = threading.Barrier(4, timeout=20)
    errors: list[object] = []
    for _ in range(4):
        fs.submit(loop, lambda error, _: errors.append(error), meeting.wait)
    loop.run()
    assert errors == [None] * 4


def test_an_unused_result_of_a_removed_tree_leaves_nothing(tmp_path: Path) -> None:
    directory = fs.open_dir(tmp_path)
    shutil.rmtree(tmp_path)
    assert directory.read() == []
    directory.close()


@pytest.mark.parametrize("size", ["1", "3"])
def test_work_of_all_kinds_comes_back_whatever_is_cancelled(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    """Brief, slow and other jobs, short and long, submitted by callbacks; some are cancelled. Each comes back once."""
    monkeypatch.setenv("UV_THREADPOOL_SIZE", size)
    chance = random.Random(int(size))
    requests: list[Any] = []
    results: Counter[int] = Counter()
    cancelled: set[int] = set()

    def submit() -> None:
        number = len(requests)

        def done(error: OSError | None, result: object) -> None:
            results[number] += 1
            assert (error is not None) == (number in cancelled)
            if len(requests) < 500:
                submit()
            if chance.random() < 0.1:
                cancel(chance.randrange(len(requests)))

        duration = chance.choice([0, 0, 0.0005, 0.002])
        kind = chance.randrange(4)
        if kind == 0:
            requests.append(fs.submit(loop, done, fs.stat, "/"))
        elif kind == 1:
            requests.append(fs.submit(loop, done, time.sleep, duration))
        else:
            requests.append(loop.queue_work(lambda: time.sleep(duration), done, slow=kind == 2))

    def cancel(number: int) -> None:
        with contextlib.suppress(OSError):
            requests[number].cancel()
            cancelled.add(number)

    for _ in range(30):
        submit()
    loop.run()
    assert len(requests) >= 500
    assert results == Counter(range(len(requests)))
    assert cancelled


def test_more_buffers_than_one_system_call_takes_are_written_and_read(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "file"
    fd = call(fs.open, path, os.O_RDWR | os.O_CREAT)
    pieces = [b"%d," % number for number in range(3000)]
    whole = b"".join(pieces)
    assert call(fs.writev, fd, pieces) == len(whole)
    assert call(fs.pwritev, fd, pieces, 5) == len(whole)
    assert call(fs.read_file, path) == whole[:5] + whole
    buffers = [bytearray(1) for _ in range(3000)]
    read = call(fs.preadv, fd, buffers, 5)
    assert b"".join(buffers[:read]) == whole[:read]
    assert read == 1024
    os.lseek(fd, 5, os.SEEK_SET)
    assert call(fs.readv, fd, buffers) == 1024
    os.close(fd)
    reading = os.open(path, os.O_RDONLY)
    assert failing(call, fs.writev, reading, pieces).errno == errno.EBADF
    os.close(reading)


def test_a_vectored_write_that_fails_half_way_tells_how_far_it_came(call: Call) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    assert 0 < call(fs.writev, writer, [b"x" * 100] * 3000) < 300_000
    assert failing(call, fs.writev, writer, [b"x" * 5000] * 3000).errno == errno.EAGAIN
    os.close(reader)
    os.close(writer)
