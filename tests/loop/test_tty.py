"""Tty, on pseudo-terminals; and guess_handle."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import refusal, run

from ouroloop.loop import Loop, Timer, Tty, guess_handle, reset_mode


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A pseudo-terminal: its master side, where the person sits, and its slave side, where the program sits."""
    master, slave = pty.openpty()
    yield master, slave
    for fd in (master, slave):
        with contextlib.suppress(OSError):  # a test may have closed it
            os.close(fd)


def local_flags(fd: int) -> int:
    return int(termios.tcgetattr(fd)[3])


def comparable(fd: int) -> list[Any]:
    return termios.tcgetattr(fd)


def test_a_line_is_read_as_it_is_typed_and_written_as_the_terminal_shows_it(
    loop: Loop, terminal: tuple[int, int]
) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    lines: list[bytes] = []
    tty.read_start(lambda _, data: (lines.append(data), tty.read_stop()))
    os.write(master, b"typed\r")
    run(loop)
    assert lines == [b"typed\n"]
    assert os.read(master, 100) == b"typed\r\n"
    tty.write(b"shown\n")
    run(loop)
    assert os.read(master, 100) == b"shown\r\n"


def test_the_descriptor_it_was_made_from_keeps_blocking_and_stays_open(loop: Loop, terminal: tuple[int, int]) -> None:
    _master, slave = terminal
    tty = Tty(loop, slave)
    assert tty.fileno() != slave
    assert os.get_blocking(tty.fileno()) is False
    assert os.get_blocking(slave) is True
    tty.close()
    run(loop)
    assert os.isatty(slave)


def test_each_side_of_access_is_kept(loop: Loop, terminal: tuple[int, int]) -> None:
    name = os.ttyname(terminal[1])
    for access, readable, writable in ((os.O_RDONLY, True, False), (os.O_WRONLY, False, True), (os.O_RDWR, True, True)):
        fd = os.open(name, access | os.O_NOCTTY)
        tty = Tty(loop, fd)
        assert (tty.is_readable, tty.is_writable) == (readable, writable)
        os.close(fd)


def test_what_does_not_fit_waits_until_the_terminal_takes_it(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    tty.set_mode("io")
    written: list[OSError | None] = []
    tty.write(bytes(100_000), written.append)
    loop.run("nowait")
    assert 0 < tty.write_queue_size < 100_000
    assert written == []
    os.set_blocking(master, False)
    got = 0
    for _ in range(10_000):
        try:
            got += len(os.read(master, 65536))
        except BlockingIOError:
            loop.run("nowait")
        if got == 100_000:
            break
    run(loop)
    assert got == 100_000
    assert written == [None]


def test_the_master_side_works_through_a_duplicate_and_ends_when_the_slave_is_gone(
    loop: Loop, terminal: tuple[int, int]
) -> None:
    master, slave = terminal
    tty = Tty(loop, master)
    pieces: list[bytes] = []
    errors: list[OSError | None] = []
    tty.read_start(lambda failure, data: (pieces.append(data), errors.append(failure)))
    tty.write(b"to the program\r")
    loop.run("once")
    assert os.read(slave, 100) == b"to the program\n"
    os.write(slave, b"bye\n")
    os.close(slave)
    turns = loop.turns
    run(loop)
    assert b"".join(pieces) == b"to the program\r\nbye\r\n"
    assert errors[-1] is None
    assert pieces[-1] == b""
    assert loop.turns - turns < 20
    assert os.get_blocking(master) is True


def test_a_reader_learns_that_the_master_side_is_gone(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    ends: list[tuple[int | None, bytes]] = []
    tty.read_start(lambda failure, data: ends.append((failure and failure.errno, data)))
    os.close(master)
    run(loop)
    assert ends in ([(None, b"")], [(errno.EIO, b"")])
    assert not tty.active


# Modes


def test_raw_mode_gives_each_key_at_once_and_normal_mode_puts_all_back(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    before = comparable(slave)
    assert tty.mode == "normal"
    tty.set_mode("raw")
    assert tty.mode == "raw"
    assert not local_flags(slave) & (termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    assert comparable(slave)[1] & termios.OPOST
    keys: list[bytes] = []
    tty.read_start(lambda _, data: (keys.append(data), tty.read_stop()))
    os.write(master, b"\x03")
    run(loop)
    assert keys == [b"\x03"]
    tty.set_mode("normal")
    assert comparable(slave) == before


def test_io_mode_translates_nothing(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    before = comparable(slave)
    tty.set_mode("io")
    tty.write(b"a\nb")
    run(loop)
    assert os.read(master, 100) == b"a\nb"
    tty.set_mode("raw")
    tty.write(b"a\nb")
    run(loop)
    assert os.read(master, 100) == b"a\r\nb"
    tty.set_mode("normal")
    assert comparable(slave) == before


def test_close_and_reset_mode_put_back_what_was_found(loop: Loop, terminal: tuple[int, int]) -> None:
    slave = terminal[1]
    before = comparable(slave)
    tty = Tty(loop, slave)
    tty.set_mode("raw")
    assert comparable(slave) != before
    reset_mode()
    assert comparable(slave) == before
    tty.set_mode("io")
    assert comparable(slave) != before
    tty.close()
    assert comparable(slave) == before
    run(loop)
    reset_mode()


def test_the_end_of_the_process_puts_the_mode_back(queue: str, terminal: tuple[int, int]) -> None:
    slave = terminal[1]
    before = comparable(slave)
    program = (
        "import sys, termios\n"
        "from ouroloop.loop import Loop, Tty\n"
        "tty = Tty(Loop(), 0)\n"
        "tty.set_mode('raw')\n"
        "print(termios.tcgetattr(0)[3] & termios.ECHO)\n"
        "sys.exit(3)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], stdin=slave, capture_output=True, timeout=30, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (ended.returncode, ended.stdout.strip()) == (3, b"0"), ended.stderr
    assert comparable(slave) == before


def test_a_terminal_that_is_gone_does_not_trouble_close(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    tty.set_mode("raw")
    loop._reserve_descriptor()  # or it gets the number that the fixture closes again
    os.close(master)
    closed: list[bool] = []
    tty.close(lambda: closed.append(True))
    run(loop)
    assert closed == [True]


def test_an_unknown_mode_is_refused(loop: Loop, terminal: tuple[int, int]) -> None:
    tty = Tty(loop, terminal[1])
    with pytest.raises(ValueError, match="'normal', 'raw' or 'io'"):
        tty.set_mode("cooked")  # type: ignore[arg-type]
    tty.close()
    assert refusal(lambda: tty.set_mode("raw")) == errno.EBADF


def test_the_window_size_is_width_and_height(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", 40, 132, 0, 0))
    assert tty.get_winsize() == (132, 40)
    tty.close()
    assert refusal(tty.get_winsize) == errno.EBADF


def test_what_is_no_terminal_is_refused_and_leaves_no_handle(loop: Loop, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    for fd in (reading, file):
        assert refusal(lambda fd=fd: Tty(loop, fd)) == errno.EINVAL
    for fd in (reading, writing, file):
        os.close(fd)
    assert refusal(lambda: Tty(loop, reading)) == errno.EBADF
    assert list(loop.walk()) == []


# guess_handle


def test_guess_handle_knows_each_kind(terminal: tuple[int, int], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDWR)
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    folder = os.open(tmp_path, os.O_RDONLY)
    null = os.open(os.devnull, os.O_RDWR)
    kinds = [
        (terminal[0], "tty"), (terminal[1], "tty"), (reading, "pipe"), (writing, "pipe"), (fifo, "pipe"),
        (file, "file"), (null, "file"), (folder, "unknown"),
    ]
    for family, kind, guess in (
        (socket.AF_INET, socket.SOCK_STREAM, "tcp"), (socket.AF_INET, socket.SOCK_DGRAM, "udp"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "pipe"), (socket.AF_UNIX, socket.SOCK_DGRAM, "unknown"),
    ):
        kinds.append((socket.socket(family, kind).detach(), guess))
    assert [guess_handle(fd) for fd, _ in kinds] == [guess for _, guess in kinds]
    for fd, _ in kinds[2:]:
        os.close(fd)
    assert guess_handle(kinds[-1][0]) == "unknown"
    assert guess_handle(-1) == "unknown"


RESIZED = """
import fcntl, sys, termios
from ouroloop.loop import Loop, Timer, Tty

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
loop = Loop()
tty = Tty(loop, 0)
limit = Timer(loop)

def on_resize(width, height):
    print(width, height, flush=True)
    if width == 132:
        tty.close()
        limit.close()

tty.resize_start(on_resize)
print("ready", flush=True)
limit.start(lambda: sys.exit("no SIGWINCH came"), 20_000)
loop.run()
loop.close()
"""


def test_a_new_size_of_the_terminal_is_told_by_sigwinch(queue: str, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    with subprocess.Popen(
        [sys.executable, "-c", RESIZED], stdin=slave, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for width, height in ((80, 24), (132, 50)):
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            assert child.stdout.readline() == f"{width} {height}\n"
        assert child.wait(20) == 0


def test_the_size_is_not_told_after_resize_stop(loop: Loop, terminal: tuple[int, int]) -> None:
    master, slave = terminal
    tty = Tty(loop, slave)
    told: list[tuple[int, int]] = []
    tty.resize_start(lambda *size: told.append(size))
    assert not loop.alive
    limit = Timer(loop)
    limit.start(loop.stop, 10_000)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.kill(os.getpid(), signal.SIGWINCH)
    loop.run("once")
    assert told == [(80, 24)]
    tty.resize_stop()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 132, 0, 0))
    os.kill(os.getpid(), signal.SIGWINCH)
    loop.run("nowait")
    assert told == [(80, 24)]


def test_a_terminal_that_cannot_be_opened_leaves_no_handle(
    loop: Loop, terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        patch.setattr(os, "dup", full)
        with pytest.raises(OSError, match="too many"):
            Tty(loop, terminal[1])
    assert list(loop.walk()) == []
    loop.close()
    with pytest.raises(OSError, match="Invalid"):
        Tty(loop, terminal[1])
