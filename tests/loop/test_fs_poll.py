"""FsPoll: a file that changes between two looks is reported, by libuv's rules."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ouroloop.loop import FsPoll, Loop, Timer

Look = tuple[int | None, int | None, int | None]


def size(status: os.stat_result | None) -> int | None:
    return None if status is None else status.st_size


def poll(loop: Loop, path: Path, interval: int = 2) -> tuple[FsPoll, list[Look]]:
    """A started handle, and what it reports: errno, size before, size now."""
    heard: list[Look] = []
    handle = FsPoll(loop)

    def on_change(error: OSError | None, before: os.stat_result | None, now: os.stat_result | None) -> None:
        heard.append((error and error.errno, size(before), size(now)))

    handle.start(on_change, path, interval)
    return handle, heard


def look(loop: Loop) -> None:
    """Run until two more looks are over: the second began after now."""
    watchdog = Timer(loop)
    watchdog.start(lambda: pytest.fail("no look in 5 s"), 5000)
    for _ in range(2):
        while not loop.active_requests:
            loop.run("once")
        while loop.active_requests:
            loop.run("once")
    watchdog.close()


def test_the_first_look_reports_nothing(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")
    _, heard = poll(loop, tmp_path / "file")
    look(loop)
    look(loop)
    assert heard == []


def test_a_change_is_reported_with_both_statuses(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("abc")
    _, heard = poll(loop, file)
    look(loop)
    file.write_text("abcdef")
    look(loop)
    look(loop)
    assert heard[-1][0::2] == (None, 6)
    assert heard[0][:2] == (None, 3)


def test_a_change_of_mode_or_of_the_file_behind_the_name_is_a_change(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("abc")
    _, heard = poll(loop, file)
    look(loop)
    file.chmod(0o600)
    look(loop)
    assert heard == [(None, 3, 3)]
    (tmp_path / "other").write_text("abcd")
    (tmp_path / "other").rename(file)
    look(loop)
    assert heard == [(None, 3, 3), (None, 3, 4)]


def test_reading_a_file_is_no_change(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("abc")
    _, heard = poll(loop, file)
    look(loop)
    os.utime(file, ns=(1, file.stat().st_mtime_ns))
    heard.clear()
    look(loop)
    assert all(before == now for _, before, now in heard)


def test_an_error_is_reported_once_until_it_changes(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "directory" / "file"
    _, heard = poll(loop, file)
    look(loop)
    look(loop)
    assert heard == [(errno.ENOENT, None, None)]
    (tmp_path / "directory").touch()
    look(loop)
    assert heard[1:] == [(errno.ENOTDIR, None, None)]
    (tmp_path / "directory").unlink()
    look(loop)
    assert heard[2:] == [(errno.ENOENT, None, None)]


def test_a_file_that_appears_goes_and_comes_back(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    _, heard = poll(loop, file)
    look(loop)
    (tmp_path / "new").write_text("abc")
    (tmp_path / "new").rename(file)
    look(loop)
    file.unlink()
    look(loop)
    (tmp_path / "new").write_text("abcd")
    (tmp_path / "new").rename(file)
    look(loop)
    assert heard == [
        (errno.ENOENT, None, None), (None, None, 3), (errno.ENOENT, 3, None), (None, 3, 4),
    ]


def test_stopped_in_the_callback_it_looks_no_more(loop: Loop, tmp_path: Path) -> None:
    heard: list[OSError | None] = []
    handle = FsPoll(loop)

    def on_change(error: OSError | None, before: object, now: object) -> None:
        heard.append(error)
        handle.stop()

    handle.start(on_change, tmp_path / "missing", 1)
    assert not loop.run()
    assert len(heard) == 1


def test_a_look_that_is_under_way_when_stopped_is_not_reported(loop: Loop, tmp_path: Path) -> None:
    handle, heard = poll(loop, tmp_path / "missing")
    handle.stop()
    loop.run()
    assert heard == []


def test_restarted_while_a_look_is_under_way_it_hears_of_the_new_path_only(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    handle, heard = poll(loop, tmp_path / "missing")
    handle.stop()
    handle.start(lambda *look: heard.append((0, 0, 0)), tmp_path / "there", 2)
    look(loop)
    assert heard == []
    assert handle.getpath() == str(tmp_path / "there")


def test_keeps_the_loop_alive_while_started(loop: Loop, tmp_path: Path) -> None:
    handle, _ = poll(loop, tmp_path, interval=1000)
    assert handle.active
    while loop.active_requests:
        loop.run("once")
    assert loop.alive
    assert list(loop.walk()) == [handle], "its timer is nobody's business"
    handle.unref()
    assert not loop.alive
    handle.ref()
    handle.close()
    loop.run()
    assert not loop.alive


def test_starting_a_started_handle_does_nothing(loop: Loop, tmp_path: Path) -> None:
    handle, _ = poll(loop, tmp_path / "first")
    handle.start(lambda *look: None, tmp_path / "second", 5)
    assert handle.getpath() == str(tmp_path / "first")
    handle.stop()
    handle.stop()
    with pytest.raises(OSError, match="Invalid argument"):
        handle.getpath()


def test_what_cannot_be_started(loop: Loop, tmp_path: Path) -> None:
    handle = FsPoll(loop)
    with pytest.raises(ValueError, match="NUL"):
        handle.start(lambda *look: None, "a\0b", 1)
    assert not loop.alive
    handle.close()
    with pytest.raises(OSError, match="Invalid argument"):
        handle.start(lambda *look: None, tmp_path, 1)


def test_a_raising_callback_does_not_end_the_watch(loop: Loop, tmp_path: Path) -> None:
    handle = FsPoll(loop)

    def on_change(error: OSError | None, before: object, now: object) -> None:
        raise ZeroDivisionError

    handle.start(on_change, tmp_path / "file", 1)
    with pytest.raises(ZeroDivisionError):
        loop.run()
    (tmp_path / "file").touch()
    with pytest.raises(ZeroDivisionError):
        loop.run()
    assert handle.active


def test_the_interval_counts_from_the_beginning_of_a_look(loop: Loop, tmp_path: Path) -> None:
    poll(loop, tmp_path, interval=40)
    look(loop)
    began = loop.now
    look(loop)
    assert 60 <= loop.now - began <= 3000
