"""FsEvent: what happens to a watched file or directory is told, to every handle that watches it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ouroloop.loop import CHANGE, RENAME, FsEvent, Loop, Timer

Heard = list[tuple[str | None, int]]


def watch(loop: Loop, path: Path) -> tuple[FsEvent, Heard]:
    heard: Heard = []

    def on_event(error: OSError | None, filename: str | None, events: int) -> None:
        assert error is None
        heard.append((filename, events))

    handle = FsEvent(loop)
    handle.start(on_event, path)
    return handle, heard


def take(loop: Loop, heard: Heard) -> Heard:
    """What was heard since the last call. What happened before is in the kernel's queue already."""
    loop.run("nowait")
    taken = heard[:]
    heard.clear()
    return taken


def inotify_descriptors() -> int:
    return sum("inotify" in link for link in map(link_of, os.listdir("/proc/self/fd")))


def link_of(name: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return ""


def test_changes_in_a_directory(loop: Loop, tmp_path: Path) -> None:
    _, heard = watch(loop, tmp_path)
    file = tmp_path / "file"
    file.touch()
    assert take(loop, heard)[0] == ("file", RENAME)
    file.write_text("contents")
    assert set(take(loop, heard)) == {("file", CHANGE)}
    file.chmod(0o600)
    assert take(loop, heard) == [("file", CHANGE)]
    file.rename(tmp_path / "other")
    assert take(loop, heard) == [("file", RENAME), ("other", RENAME)]
    (tmp_path / "other").unlink()
    assert take(loop, heard) == [("other", RENAME)]
    (tmp_path / "subdirectory").mkdir()
    assert take(loop, heard) == [("subdirectory", RENAME)]
    (tmp_path / "subdirectory" / "deep").touch()
    assert take(loop, heard) == []


def test_a_watched_file_reports_its_own_name(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    _, heard = watch(loop, file)
    file.write_text("contents")
    assert set(take(loop, heard)) == {("file", CHANGE)}
    (tmp_path / "neighbour").touch()
    assert take(loop, heard) == []
    file.rename(tmp_path / "elsewhere")
    assert take(loop, heard) == [("file", RENAME)]


def test_a_deleted_file_is_told_and_then_silent(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    handle, heard = watch(loop, file)
    file.unlink()
    assert take(loop, heard) == [("file", CHANGE), ("file", RENAME), ("file", RENAME)]
    file.touch()
    assert take(loop, heard) == []
    handle.stop()
    assert not loop.alive


def test_a_deleted_directory_reports_its_own_name(loop: Loop, tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directory.mkdir()
    _, heard = watch(loop, Path(f"{directory}/"))
    directory.rmdir()
    assert take(loop, heard) == [("directory", RENAME), ("directory", RENAME)]


def test_names_that_are_not_utf_8(loop: Loop, tmp_path: Path) -> None:
    _, heard = watch(loop, tmp_path)
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff\xfe", os.O_CREAT))
    filename = take(loop, heard)[0][0]
    assert filename is not None
    assert os.fsencode(filename) == b"\xff\xfe"


def test_wakes_a_sleeping_loop(loop: Loop, tmp_path: Path) -> None:
    handle, heard = watch(loop, tmp_path)
    timer = Timer(loop)
    timer.start((tmp_path / "file").touch, 1)
    while not heard:
        loop.run("once")
    assert heard[0] == ("file", RENAME)
    handle.close()


def test_several_handles_on_one_path_all_hear(loop: Loop, tmp_path: Path) -> None:
    first, first_heard = watch(loop, tmp_path)
    _, second_heard = watch(loop, tmp_path)
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(tmp_path)
    _, third_heard = watch(loop, link)
    (tmp_path / "a").mkdir()
    assert take(loop, first_heard) == second_heard == third_heard == [("a", RENAME)]
    first.stop()
    (tmp_path / "b").mkdir()
    loop.run("nowait")
    assert first_heard == []
    assert second_heard == third_heard == [("a", RENAME), ("b", RENAME)]


def test_each_handle_reports_the_name_it_was_given(loop: Loop, tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    os.link(tmp_path / "one", tmp_path / "two")
    _, one = watch(loop, tmp_path / "one")
    _, two = watch(loop, tmp_path / "two")
    (tmp_path / "one").chmod(0o600)
    assert take(loop, one) == [("one", CHANGE)]
    assert two == [("two", CHANGE)]


def test_handles_stopped_in_a_callback_hear_nothing_more(loop: Loop, tmp_path: Path) -> None:
    heard: list[str] = []
    handles = [FsEvent(loop) for _ in range(4)]

    def callback(name: str) -> Callable[..., None]:
        def on_event(error: OSError | None, filename: str | None, events: int) -> None:
            heard.append(name)
            for handle in handles:
                handle.stop()

        return on_event

    for name, handle in zip("abcd", handles, strict=True):
        handle.start(callback(name), tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    loop.run("nowait")
    assert heard == ["a"]
    assert not loop.alive
    assert inotify_descriptors() == 0


def test_restarted_in_a_callback_old_events_are_not_told(loop: Loop, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    heard: list[str | None] = []
    handle = FsEvent(loop)

    def on_event(error: OSError | None, filename: str | None, events: int) -> None:
        heard.append(filename)
        if len(heard) == 1:
            handle.stop()
            handle.start(on_event, tmp_path / "b")

    handle.start(on_event, tmp_path / "a")
    (tmp_path / "a" / "first").mkdir()
    (tmp_path / "a" / "second").mkdir()
    loop.run("nowait")
    (tmp_path / "b" / "third").mkdir()
    loop.run("nowait")
    assert heard == ["first", "third"]


def test_a_raising_callback_loses_no_event(loop: Loop, tmp_path: Path) -> None:
    heard: list[str | None] = []
    handle = FsEvent(loop)

    def on_event(error: OSError | None, filename: str | None, events: int) -> None:
        heard.append(filename)
        raise ZeroDivisionError

    handle.start(on_event, tmp_path)
    for name in "abc":
        (tmp_path / name).mkdir()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            loop.run("once")
    assert heard == ["a", "b", "c"]


def test_many_events_at_once(loop: Loop, tmp_path: Path) -> None:
    _, heard = watch(loop, tmp_path)
    names = [f"a rather long name for a directory {number}" for number in range(3000)]
    for name in names:
        os.mkdir(tmp_path / name)
    while len(heard) < len(names):
        loop.run("once")
    assert [filename for filename, _ in heard] == names


def test_an_overflow_is_a_change_without_a_name(loop: Loop, tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100000:
        pytest.skip("this system's queue is too long to fill")
    _, heard = watch(loop, tmp_path)
    for _ in range(limit // 2 + 2):
        os.mkdir(tmp_path / "x")
        os.rmdir(tmp_path / "x")
    while heard[-1:] != [(None, CHANGE)]:
        loop.run("once")
    assert len(heard) == limit + 1


def test_one_inotify_descriptor_for_a_loop_closed_with_the_last_handle(loop: Loop, tmp_path: Path) -> None:
    assert inotify_descriptors() == 0
    handles = [watch(loop, tmp_path)[0] for _ in range(5)]
    handles.append(watch(loop, tmp_path.parent)[0])
    assert inotify_descriptors() == 1
    for handle in handles[:-1]:
        handle.stop()
        handle.stop()
    assert inotify_descriptors() == 1
    handles[-1].close()
    assert inotify_descriptors() == 0


def test_keeps_the_loop_alive_while_started(loop: Loop, tmp_path: Path) -> None:
    handle, _ = watch(loop, tmp_path)
    assert loop.alive
    handle.unref()
    assert not loop.alive
    handle.ref()
    handle.stop()
    assert not loop.alive


def test_getpath(loop: Loop, tmp_path: Path) -> None:
    handle, _ = watch(loop, tmp_path)
    assert handle.getpath() == str(tmp_path)
    handle.stop()
    with pytest.raises(OSError, match="Invalid argument"):
        handle.getpath()


def test_errors_at_start(loop: Loop, tmp_path: Path) -> None:
    handle = FsEvent(loop)
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError) as raised:
        handle.start(lambda *event: None, missing)
    assert raised.value.filename == str(missing)
    assert inotify_descriptors() == 0
    with pytest.raises(ValueError, match="NUL"):
        handle.start(lambda *event: None, "a\0b")
    assert inotify_descriptors() == 0
    handle.start(lambda *event: None, tmp_path)
    with pytest.raises(OSError, match="Invalid argument") as invalid:
        handle.start(lambda *event: None, tmp_path)
    assert invalid.value.errno == errno.EINVAL
    handle.close()
    with pytest.raises(OSError, match="Invalid argument"):
        handle.start(lambda *event: None, tmp_path)
