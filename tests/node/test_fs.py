"""fs: Node's names, each in a form that blocks and one that does not, streams of files, and watching them."""

from __future__ import annotations

import errno
import inspect
import os
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ouroloop.node import fs
from ouroloop.node.environment import Environment
from ouroloop.node.events import once
from ouroloop.node.promise import Promise
from ouroloop.node.stream import PassThrough, pipeline

Call = Callable[..., Any]


def run(env: Environment, main: Callable[[], Any]) -> Any:
    """Run `async def main` to its end; its result or error."""
    outcome: list[Any] = []

    async def guarded() -> None:
        try:
            outcome.append((None, await main()))
        except BaseException as exc:
            outcome.append((exc, None))

    assert env.run(guarded) == 0
    [(error, result)] = outcome
    if error is not None:
        raise error
    return result


@pytest.fixture(params=["sync", "callback", "promise"])
def call(request: pytest.FixtureRequest, env: Environment) -> Call:
    """Calls a function of `fs` by name in one of its forms; returns its result or raises its error."""

    def sync(name: str, *args: Any, **options: Any) -> Any:
        return getattr(fs, f"{name}_sync")(*args, **options)

    def with_callback(name: str, *args: Any, **options: Any) -> Any:
        got: list[Any] = []
        assert getattr(fs, name)(*args, lambda *result: got.append(result), **options) is None
        assert got == []
        assert env.run() == 0
        [(error, result)] = got
        if error is not None:
            raise error
        return result

    def awaited(name: str, *args: Any, **options: Any) -> Any:
        async def main() -> Any:
            return await getattr(fs, name)(*args, **options)

        return run(env, main)

    return {"sync": sync, "callback": with_callback, "promise": awaited}[request.param]


# The pairs


def test_every_operation_has_both_forms_with_the_same_parameters_and_a_text() -> None:
    pairs = [name for name in fs.__all__ if name.endswith("_sync")]
    assert len(pairs) > 40
    for name in pairs:
        blocking, other = getattr(fs, name), getattr(fs, name.removesuffix("_sync"))
        own = inspect.signature(blocking).parameters
        both = dict(inspect.signature(other).parameters)
        assert both.pop("callback").default is None
        assert list(both) == list(own), name
        assert inspect.getdoc(blocking), name
        assert inspect.getdoc(other), name
        assert other.__name__ == name.removesuffix("_sync")


def test_the_callback_may_stand_in_place_of_what_is_left_out(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    seen: list[Any] = []
    fs.read_file(path, lambda error, data: seen.append(data))
    env.run()
    fs.read_file(path, "utf8", lambda error, data: seen.append(data))
    env.run()
    fs.read_file(path, encoding="utf8", callback=lambda error, data: seen.append(data))
    env.run()
    promise = fs.read_file(path, None)
    assert isinstance(promise, Promise)
    promise.then(seen.append)
    env.run()
    assert seen == [b"text", "text", "text", b"text"]


@pytest.mark.parametrize("form", ["", "_sync"])
@pytest.mark.parametrize(
    ("name", "arguments", "options", "kind", "words"),
    [
        ("stat", (5,), {}, TypeError, "path must be a path"), ("stat", (None,), {}, TypeError, "path must be"),
        ("stat", ("a\0b",), {}, ValueError, "NUL"), ("stat", (b"a\0b",), {}, ValueError, "NUL"),
        ("stat", (), {}, TypeError, "path"), ("stat", ("a", "b", "c"), {}, TypeError, "too many"),
        ("stat", ("a",), {"hue": 1}, TypeError, "hue"), ("close", ("1",), {}, TypeError, "fd must be an int"),
        ("close", (-1,), {}, ValueError, "0 or more"), ("open", ("a", "rw"), {}, ValueError, "flags must be one of"),
        ("read_file", ("a", "klingon"), {}, ValueError, "encoding"), ("read_file", (1.5,), {}, TypeError, "file"),
        ("read_file", ("a",), {"encoding": 7}, TypeError, "encoding"),
        ("write_file", ("a", 5), {}, TypeError, "data must be str or bytes"),
        ("write_file", ("a", None), {}, TypeError, "data must be str or bytes"),
        ("chmod", ("a", "777"), {}, TypeError, "mode must be an int"), ("read", (1, -1), {}, ValueError, "length"),
        ("rename", ("a", 1), {}, TypeError, "new_path"), ("cp", ("a", 1), {}, TypeError, "destination"),
        ("utimes", ("a", float("nan"), 1), {}, ValueError, "atime"),
        ("utimes", ("a", 1, "now"), {}, TypeError, "mtime"),
        ("opendir", ("a",), {"buffer_size": 0}, ValueError, "buffer_size"),
    ],
)
def test_bad_arguments_raise_at_once(
    env: Environment, form: str, name: str, arguments: Any, options: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        getattr(fs, name + form)(*arguments, **options)
    assert not env.loop.alive


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: fs.stat("a", callback=3), TypeError, "callback"), (lambda: fs.watch(1), TypeError, "path"),
        (lambda: fs.create_read_stream(None), TypeError, "path"),
        (lambda: fs.create_read_stream("a", start=-1), ValueError, "start"),
        (lambda: fs.create_read_stream("a", start=5, end=4), ValueError, "end"),
        (lambda: fs.create_write_stream("a", fd="1"), TypeError, "fd"),
        (lambda: fs.watch_file("a", None), TypeError, "callback"),
    ],
)
def test_bad_arguments_of_streams_and_watchers_raise_at_once(
    env: Environment, call: Call, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        call()
    assert not env.loop.alive


def test_errors_are_os_errors_with_errno_and_path(call: Call, tmp_path: Path) -> None:
    gone, file = tmp_path / "gone", tmp_path / "file"
    file.write_bytes(b"")
    for code, path, name, *rest in [
        (errno.ENOENT, gone, "stat"), (errno.ENOENT, gone, "read_file"), (errno.ENOENT, gone, "readdir"),
        (errno.ENOENT, gone, "opendir"), (errno.ENOENT, gone, "access"), (errno.ENOENT, gone, "utimes", 1, 1),
        (errno.ENOENT, gone, "rm"), (errno.EEXIST, file, "mkdir"), (errno.EEXIST, file, "open", "wx"),
        (errno.ENOTDIR, file, "readdir"), (errno.EISDIR, tmp_path, "read_file"), (errno.EISDIR, tmp_path, "rm"),
    ]:
        with pytest.raises(OSError) as caught:
            call(name, path, *rest)
        assert (caught.value.errno, caught.value.filename) == (code, str(path)), name


def test_an_error_nobody_awaits_is_an_unhandled_rejection(
    env: Environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fs.stat(tmp_path / "gone")
    assert env.run() == 1
    assert "gone" in capsys.readouterr().err


def test_ticks_and_microtasks_run_between_two_callbacks(env: Environment, tmp_path: Path) -> None:
    seen: list[str] = []

    def done(error: OSError | None, result: object) -> None:
        seen.append("callback")
        env.queue_microtask(seen.append, "microtask")
        env.next_tick(seen.append, "tick")

    for _ in range(3):
        fs.stat(tmp_path, done)
    env.run()
    assert seen == ["callback", "tick", "microtask"] * 3


# Files


def test_whole_files(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert call("write_file", path, "h\u00e9llo") is None
    assert call("read_file", path) == b"h\xc3\xa9llo"
    assert call("read_file", path, "utf8") == "h\u00e9llo"
    assert call("read_file", path, "latin-1") == "h\u00c3\u00a9llo"
    call("append_file", path, b"\xff!", flush=True)
    assert call("read_file", path, encoding="utf-8") == "h\u00e9llo\ufffd!"
    call("write_file", path, "x", flag="r+", encoding="utf-16-le")
    assert path.read_bytes()[:3] == b"x\0\xa9"
    with pytest.raises(FileExistsError):
        call("write_file", path, b"", flag="wx")
    assert call("read_file", "/proc/self/status").startswith(b"Name:")
    call("truncate", path)
    assert call("read_file", path, "utf8") == ""


def test_open_files(call: Call, tmp_path: Path) -> None:
    fd = call("open", tmp_path / "file", "w+", 0o600)
    assert call("write", fd, "text") == 4
    assert call("write", fd, b"TE", 0) == 2
    assert call("writev", fd, [b"1", b"2"]) == 2
    assert call("writev", fd, [b"3"], 6) == 1
    assert call("read", fd, 3, 0) == b"TEx"
    assert call("read", fd) == b"3"
    buffer = bytearray(2)
    assert call("readv", fd, [buffer], 4) == 2
    assert buffer == b"12"
    call("futimes", fd, 1.5, datetime(2000, 1, 1, tzinfo=timezone.utc))  # noqa: UP017
    call("fchmod", fd, 0o640)
    call("fchown", fd, -1, -1)
    stats = call("fstat", fd)
    assert (stats.size, stats.mode & 0o777, stats.atime_ms, stats.mtime_ms) == (7, 0o640, 1500, 946684800000)
    call("ftruncate", fd, 2)
    call("fdatasync", fd)
    call("fsync", fd)
    other = call("open", tmp_path / "other", "a")
    assert call("sendfile", other, fd, 0, 10) == 2
    call("close", fd)
    call("close", other)
    assert (tmp_path / "other").read_bytes() == b"TE"
    assert call("open", tmp_path / "file", os.O_RDONLY) == fd
    call("close", fd)


def test_positions_beyond_4_gib(call: Call, tmp_path: Path) -> None:
    fd = call("open", tmp_path / "sparse", "w+")
    assert call("write", fd, b"far", 2**32 + 5) == 3
    assert call("read", fd, 8, 2**32 + 4) == b"\0far"
    call("close", fd)
    assert call("stat", tmp_path / "sparse").size == 2**32 + 8


def test_stats_tell_kind_size_and_times(call: Call, tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"12345")
    link.symlink_to("file")
    call("utimes", path, 1.25, 2)
    stats = call("stat", link)
    assert stats.is_file()
    assert not stats.is_directory()
    assert stats.size == 5
    assert (stats.atime_ns, stats.mtime_ns) == (1_250_000_000, 2_000_000_000)
    assert (stats.atime_ms, stats.mtime) == (1250, datetime(1970, 1, 1, 0, 0, 2, tzinfo=timezone.utc))  # noqa: UP017
    assert stats.ino == path.stat().st_ino
    assert call("lstat", link).is_symbolic_link()
    call("lutimes", link, 9, 9)
    assert call("lstat", link).mtime_ms == 9000
    assert call("stat", tmp_path).is_directory()
    assert call("stat", "/dev/null").is_character_device()
    assert call("statfs", "/proc").type == 0x9FA0
    assert call("exists", path) is True
    assert call("exists", tmp_path / "gone") is False


def test_names(call: Call, tmp_path: Path) -> None:
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    one.write_bytes(b"1")
    call("link", one, two)
    call("symlink", "two", link)
    assert call("readlink", link) == "two"
    assert call("readlink", link, "buffer") == b"two"
    assert call("realpath", link) == os.path.realpath(two)
    call("rename", one, tmp_path / "three")
    call("unlink", two)
    with pytest.raises(FileNotFoundError):
        call("access", link)
    call("chmod", tmp_path / "three", 0o400)
    call("access", tmp_path / "three", fs.R_OK)
    call("chown", tmp_path / "three", -1, -1)
    call("lchown", link, -1, -1)
    call("copy_file", tmp_path / "three", two)
    with pytest.raises(FileExistsError):
        call("copy_file", tmp_path / "three", two, fs.constants.COPYFILE_EXCL)
    assert call("readdir", tmp_path) == ["link", "three", "two"]


def test_names_that_are_not_utf_8(call: Call, tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe"
    call("write_file", raw, b"x")
    [name] = call("readdir", tmp_path)
    assert os.fsencode(name) == b"\xff\xfe"
    assert call("read_file", tmp_path / name) == b"x"
    assert call("readdir", tmp_path, "buffer") == [b"\xff\xfe"]
    assert call("readdir", os.fsencode(tmp_path), with_file_types=True)[0].name == b"\xff\xfe"
    call("unlink", f"{tmp_path}/{name}")
    assert call("readdir", tmp_path) == []


# Directories and trees


def _tree(top: Path) -> None:
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / "b" / "deep").write_bytes(b"deep")
    (top / "a" / "file").write_bytes(b"file")
    (top / "a" / "link").symlink_to("file")
    (top / "z").write_bytes(b"z")


def test_readdir_lists_names_entries_and_whole_trees(call: Call, tmp_path: Path) -> None:
    _tree(tmp_path)
    assert call("readdir", tmp_path) == ["a", "z"]
    entries = call("readdir", tmp_path / "a", with_file_types=True)
    assert [(e.name, e.is_directory(), e.is_file(), e.is_symbolic_link()) for e in entries] == [
        ("b", True, False, False), ("file", False, True, False), ("link", False, False, True),
    ]
    assert {e.parent_path for e in entries} == {str(tmp_path / "a")}
    assert call("readdir", tmp_path, recursive=True) == ["a", "z", "a/b", "a/file", "a/link", "a/b/deep"]
    found = call("readdir", tmp_path, with_file_types=True, recursive=True)
    assert [(os.path.relpath(e.parent_path, tmp_path), e.name) for e in found][-1] == ("a/b", "deep")


def test_mkdir_makes_parents_and_tells_the_first(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c"
    with pytest.raises(FileNotFoundError):
        call("mkdir", path)
    assert call("mkdir", path, recursive=True) == str(tmp_path / "a")
    assert call("mkdir", path, recursive=True) is None
    assert call("mkdir", tmp_path / "d", 0o700) is None
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        call("mkdir", tmp_path / "file", recursive=True)
    with pytest.raises(NotADirectoryError):
        call("mkdir", tmp_path / "file" / "x" / "y", recursive=True)
    made = call("mkdtemp", tmp_path / "tmp-")
    assert os.path.isdir(made)
    assert made.startswith(f"{tmp_path}/tmp-")
    call("rmdir", made)
    assert not os.path.exists(made)


def test_rm_removes_trees_but_does_not_follow_links(call: Call, tmp_path: Path) -> None:
    _tree(tmp_path)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"")
    (tmp_path / "a" / "out").symlink_to(tmp_path / "kept")
    call("rm", tmp_path / "z")
    with pytest.raises(IsADirectoryError, match="recursive"):
        call("rm", tmp_path / "a")
    call("rm", tmp_path / "a", recursive=True)
    assert call("readdir", tmp_path, recursive=True) == ["kept", "kept/file"]
    with pytest.raises(FileNotFoundError):
        call("rm", tmp_path / "a", recursive=True)
    call("rm", tmp_path / "a", force=True)


def test_rm_tries_again_what_is_busy(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    tries: list[object] = []
    unlink = os.unlink

    def busy_twice(name: Any, **options: Any) -> None:
        tries.append(name)
        if len(tries) <= 2:
            raise OSError(errno.EBUSY, "busy")
        unlink(name, **options)

    monkeypatch.setattr(os, "unlink", busy_twice)
    call("rm", path, max_retries=2, retry_delay=1)
    assert len(tries) == 3
    path.write_bytes(b"")
    tries.clear()
    with pytest.raises(OSError, match="busy"):
        call("rm", path, max_retries=1, retry_delay=1)


def test_cp_copies_files_and_trees(call: Call, tmp_path: Path) -> None:
    _tree(tmp_path)
    source, destination = tmp_path / "a", tmp_path / "new" / "copy"
    with pytest.raises(IsADirectoryError, match="recursive"):
        call("cp", source, tmp_path / "copy")
    call("cp", source, destination, recursive=True, preserve_timestamps=True)
    assert call("readdir", destination, recursive=True) == ["b", "file", "link", "b/deep"]
    assert os.readlink(destination / "link") == str(source / "file")
    assert (destination / "file").stat().st_mtime_ns == (source / "file").stat().st_mtime_ns
    (destination / "file").write_bytes(b"changed")
    call("cp", source, destination, recursive=True, force=False)
    assert (destination / "file").read_bytes() == b"changed"
    with pytest.raises(FileExistsError):
        call("cp", source / "file", destination / "file", force=False, error_on_exist=True)
    call("cp", source / "file", destination / "file")
    assert (destination / "file").read_bytes() == b"file"
    call("cp", source, tmp_path / "followed", recursive=True, dereference=True)
    assert (tmp_path / "followed" / "link").read_bytes() == b"file"
    assert not (tmp_path / "followed" / "link").is_symlink()
    call("cp", source / "link", tmp_path / "same", verbatim_symlinks=True)
    assert os.readlink(tmp_path / "same") == "file"
    for wrong in [(source, source / "b" / "x"), (source, source), (source, tmp_path / "z"), (tmp_path / "z", source)]:
        with pytest.raises(OSError):
            call("cp", *wrong, recursive=True)
    assert not (source / "b" / "x").exists()


def test_cp_asks_its_filter_in_the_loops_thread(call: Call, tmp_path: Path) -> None:
    _tree(tmp_path)
    asked: list[tuple[str, str]] = []

    def keep(source: str, destination: str) -> bool:
        assert threading.current_thread() is threading.main_thread()
        asked.append((os.path.relpath(source, tmp_path), os.path.relpath(destination, tmp_path)))
        return not source.endswith("b")

    call("cp", tmp_path / "a", tmp_path / "copy", recursive=True, filter=keep)
    assert asked == [("a", "copy"), ("a/b", "copy/b"), ("a/file", "copy/file"), ("a/link", "copy/link")]
    assert call("readdir", tmp_path / "copy") == ["file", "link"]

    def fail(source: str, destination: str) -> bool:
        raise RuntimeError("no opinion")

    with pytest.raises(RuntimeError, match="no opinion"):
        call("cp", tmp_path / "a", tmp_path / "other", recursive=True, filter=fail)


def test_cp_awaits_its_filter(env: Environment, tmp_path: Path) -> None:
    _tree(tmp_path)

    async def keep(source: str, destination: str) -> bool:
        return (await fs.stat(source)).is_directory()

    run(env, lambda: fs.cp(tmp_path / "a", tmp_path / "copy", recursive=True, filter=keep))
    assert fs.readdir_sync(tmp_path / "copy", recursive=True) == ["b"]


def test_a_directory_is_read_entry_by_entry(env: Environment, tmp_path: Path) -> None:
    _tree(tmp_path)

    async def main() -> list[str]:
        names = [entry.name async for entry in await fs.opendir(tmp_path, recursive=True, buffer_size=1)]
        directory = await fs.opendir(tmp_path / "a")
        pending = [directory.read() for _ in range(4)]
        closed = directory.close()
        several = [entry.name if entry else "" for entry in await Promise.all(pending)]
        await closed
        with pytest.raises(OSError, match="Bad file"):
            directory.read()
        return [*sorted(names), *sorted(several)]

    assert run(env, main) == ["a", "b", "deep", "file", "link", "z", "", "b", "file", "link"]
    with fs.opendir_sync(tmp_path) as directory:
        assert sorted(entry.name for entry in directory) == ["a", "z"]
    with pytest.raises(OSError, match="Bad file"):
        directory.read_sync()


def test_an_entry_may_have_any_kind(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    [entry] = fs.readdir_sync(tmp_path, with_file_types=True)
    assert entry.is_fifo()
    others = [entry.is_file(), entry.is_directory(), entry.is_symbolic_link(), entry.is_socket()]
    assert not any([*others, entry.is_block_device(), entry.is_character_device()])


# Many at once


def test_200_operations_at_once(env: Environment, tmp_path: Path) -> None:
    async def one(number: int) -> int:
        path = tmp_path / str(number)
        await fs.write_file(path, "x" * number)
        assert len(await fs.read_file(path, "utf8")) == number
        size: int = (await fs.stat(path)).size
        await fs.unlink(path)
        return size

    async def main() -> Any:
        return await Promise.all([one(number) for number in range(200)])

    assert run(env, main) == list(range(200))
    assert os.listdir(tmp_path) == []


def test_a_fifo_holds_up_nobody_else(env: Environment, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    seen: list[Any] = []

    async def main() -> None:
        reading = fs.read_file(fifo, "utf8")
        for _ in range(20):
            assert (await fs.stat(tmp_path)).is_directory()
        seen.append("others")
        await fs.write_file(fifo, "through", flag="r+")
        seen.append(await reading)

    run(env, main)
    assert seen == ["others", "through"]


# Streams


def test_a_file_is_read_as_a_stream(env: Environment, tmp_path: Path) -> None:
    path, data = tmp_path / "file", os.urandom(300_000)
    path.write_bytes(data)

    async def main() -> None:
        stream = fs.create_read_stream(path)
        assert stream.pending
        [fd] = await once(stream, "open")
        assert (stream.fd, stream.pending) == (fd, False)
        chunks = [chunk async for chunk in stream]
        assert b"".join(chunks) == data
        assert max(map(len, chunks)) == 65536
        assert stream.bytes_read == 300_000
        assert stream.closed
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(fd)

    run(env, main)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "0123456789"), ({"start": 3}, "3456789"), ({"end": 3}, "0123"), ({"start": 2, "end": 2}, "2"),
        ({"start": 20}, ""), ({"start": 8, "end": 100}, "89"), ({"end": 6, "high_water_mark": 3}, "0123456"),
    ],
)
def test_a_stream_may_read_a_part(env: Environment, tmp_path: Path, options: dict[str, int], expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    async def main() -> str:
        return "".join([chunk async for chunk in fs.create_read_stream(path, "utf8", **options)])

    assert run(env, main) == expected


def test_a_stream_decodes_characters_cut_by_its_chunks(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("h\u00e9\u20ac\U0001f40d" * 50, encoding="utf-8")

    async def main() -> str:
        return "".join([chunk async for chunk in fs.create_read_stream(path, "utf8", high_water_mark=3)])

    assert run(env, main) == "h\u00e9\u20ac\U0001f40d" * 50


def test_a_stream_of_a_missing_file_is_an_error_event(env: Environment, tmp_path: Path) -> None:
    seen: list[Any] = []
    for stream in (fs.create_read_stream(tmp_path / "gone"), fs.create_write_stream(tmp_path / "gone" / "x")):
        stream.on("open", lambda fd: seen.append("open"))
        stream.on("error", lambda error: seen.append(error.errno))
        stream.on("close", lambda: seen.append("close"))
    env.run()
    assert sorted(map(str, seen)) == ["2", "2", "close", "close"]


def test_a_write_stream_asks_to_wait_and_says_when_to_go_on(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen: list[str] = []
    stream = fs.create_write_stream(path, high_water_mark=1000)

    def fill() -> None:
        while stream.bytes_written + stream.writable_length < 10_000:
            if not stream.write("x" * 300):
                stream.once("drain", fill)
                return
        stream.end("end")

    stream.on("drain", lambda: seen.append("drain"))
    for event in ("open", "ready", "finish", "close"):
        stream.on(event, lambda *args, event=event: seen.append(event))
    fill()
    env.run()
    assert seen[:2] == ["open", "ready"]
    assert seen[-2:] == ["finish", "close"]
    assert seen.count("drain") >= 5
    assert stream.bytes_written == path.stat().st_size >= 10_000
    assert path.read_bytes().endswith(b"xend")


def test_what_was_written_meanwhile_goes_in_one_job(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    stream = fs.create_write_stream(path)
    for number in range(3000):
        stream.write(f"{number}\n")
    stream.end()
    env.run()
    assert path.read_text() == "".join(f"{number}\n" for number in range(3000))
    assert stream.bytes_written == path.stat().st_size


def test_a_write_stream_may_write_in_the_middle_or_at_the_end(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    async def main() -> None:
        stream = fs.create_write_stream(path, flags="r+", start=3, flush=True)
        stream.write("ab")
        stream.end(b"c")
        await once(stream, "close")
        assert path.read_bytes() == b"012abc6789"
        await once(fs.create_write_stream(path, flags="a").end("!"), "close")

    run(env, main)
    assert path.read_bytes() == b"012abc6789!"


def test_streams_work_on_a_descriptor_and_may_leave_it_open(env: Environment, tmp_path: Path) -> None:
    fd = fs.open_sync(tmp_path / "file", "w+")

    async def main() -> str:
        writer = fs.create_write_stream(None, fd=fd, auto_close=False)
        writer.end("content")
        await once(writer, "finish")
        reader = fs.create_read_stream(None, "utf8", fd=fd, start=3, auto_close=False)
        text = "".join([chunk async for chunk in reader.iterator(destroy_on_return=False)])
        os.fstat(fd)
        return text

    assert run(env, main) == "tent"
    os.close(fd)


def test_a_stream_destroyed_during_a_read_closes_its_file_after_it(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1_000_000))
    seen: list[str] = []
    stream = fs.create_read_stream(path)
    stream.on("data", lambda chunk: seen.append("data"))
    stream.once("data", lambda chunk: env.next_tick(stream.destroy))
    stream.on("close", lambda: seen.append("close"))
    env.run()
    assert seen[-1] == "close"
    assert stream.bytes_read < 1_000_000
    assert stream.fd is None


def test_a_stream_closed_before_its_file_is_open_closes_it_then(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    seen: list[str] = []
    for stream in (fs.create_read_stream(path), fs.create_write_stream(tmp_path / "new")):
        stream.close(lambda error: seen.append(f"closed {error}"))
    env.run()
    assert seen == ["closed None"] * 2
    assert stream.fd is None


def test_streams_are_piped_at_the_pace_of_the_slower(env: Environment, tmp_path: Path) -> None:
    source, data = tmp_path / "source", os.urandom(1_000_000)
    source.write_bytes(data)
    reader = fs.create_read_stream(source, high_water_mark=16_384)
    slow = PassThrough(high_water_mark=1)
    held: list[int] = []
    slow.on("pipe", lambda readable: held.append(1))
    writer = fs.create_write_stream(tmp_path / "copy", high_water_mark=1)
    reader.on("data", lambda chunk: held.append(writer.writable_length + slow.writable_length))
    errors: list[Any] = []
    pipeline(reader, slow, writer, callback=lambda error, *_: errors.append(error))
    env.run()
    assert errors == [None]
    assert (tmp_path / "copy").read_bytes() == data
    assert max(held) <= 4 * 65_536


def test_a_full_disk_is_an_error_of_the_stream(env: Environment) -> None:
    errors: list[Any] = []
    stream = fs.create_write_stream("/dev/full")
    stream.on("error", lambda error: errors.append(error.errno))
    stream.end("x")
    env.run()
    assert errors == [errno.ENOSPC]
    assert stream.closed


# Watching


def test_watch_tells_of_changes_in_a_directory(env: Environment, tmp_path: Path) -> None:
    seen: list[tuple[str, Any]] = []
    watcher = fs.watch(tmp_path, lambda kind, name: seen.append((kind, name)))
    closed: list[bool] = []
    watcher.on("close", lambda: closed.append(True))

    async def main() -> None:
        await fs.write_file(tmp_path / "new", "x")
        while ("change", "new") not in seen:
            await once(watcher, "change")
        await fs.unlink(tmp_path / "new")
        while seen.count(("rename", "new")) < 2:
            await once(watcher, "change")
        watcher.close()
        watcher.close()

    run(env, main)
    assert seen[0] == ("rename", "new")
    assert closed == [True]


def test_watch_gives_names_as_bytes_and_need_not_keep_the_program_alive(env: Environment, tmp_path: Path) -> None:
    watcher = fs.watch(tmp_path, persistent=False, encoding="buffer")
    env.run()
    seen: list[Any] = []

    async def main() -> None:
        waiting = once(watcher.ref(), "change")
        fs.write_file_sync(os.fsencode(tmp_path) + b"/\xff", b"")
        seen.extend(await waiting)
        watcher.unref()

    run(env, main)
    assert seen == ["rename", b"\xff"]
    watcher.close()


def test_watch_raises_at_once_for_what_it_cannot_do(env: Environment, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fs.watch(tmp_path / "gone")
    with pytest.raises(NotImplementedError, match="recursive"):
        fs.watch(tmp_path, recursive=True)


def test_watch_file_compares_now_with_before(env: Environment, tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen: list[tuple[int, int]] = []
    others: list[int] = []

    def changed(now: fs.Stats, before: fs.Stats) -> None:
        seen.append((now.size, before.size))
        if len(seen) == 1:
            path.write_bytes(b"12345")
        elif len(seen) == 2:
            path.unlink()
        else:
            fs.unwatch_file(path)

    def other(now: fs.Stats, before: fs.Stats) -> None:
        others.append(now.size)
        fs.unwatch_file(path, other)

    fs.watch_file(path, changed, interval=5)
    fs.watch_file(path, other)
    env.run()
    assert seen == [(0, 0), (5, 0), (0, 5)]
    assert others == [0]
