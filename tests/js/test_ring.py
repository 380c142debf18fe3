"""Asynchronous file operations: on the ring's threads of machine code, on the pool in Python, and under Node."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from js.commands import COMMANDS, WITHOUT_MACHINE_CODE, told

from ouroloop import JavaScriptExit, Runtime
from ouroloop.js.natives import direct
from ouroloop.loop import Loop

EACH = COMMANDS | {"ouro without machine code": WITHOUT_MACHINE_CODE}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the paths and /proc are Linux's")


@pytest.fixture(params=EACH.values(), ids=EACH.keys())
def each(request: pytest.FixtureRequest) -> list[str]:
    words: list[str] = request.param
    return words


@pytest.mark.parametrize("threads", ["1", "4", "64"])
def test_more_calls_than_there_are_slots_all_come_back_with_what_is_theirs(
    each: list[str], threads: str, tmp_path: Path,
) -> None:
    source = """
        const wrong = [];
        let left = 0;
        const expect = (isRight, what) => { if (!isRight) wrong.push(what); if (--left === 0) say(wrong); };
        for (let i = 0; i < 20; i++) fs.writeFileSync(`file${i}`, String(i).repeat(i + 1));
        for (let round = 0; round < 3000; round++) {
          const i = round % 20;
          const size = (i + 1) * String(i).length;
          left += 4;
          fs.stat(`file${i}`, (error, stats) => expect(stats?.size === size, ['stat', i, error]));
          fs.readFile(`file${i}`, 'latin1', (error, text) => expect(text === String(i).repeat(i + 1), ['read', i]));
          fs.access(`none${i}`, (error) => expect(error?.path === `none${i}` && error.code === 'ENOENT', ['none', i]));
          fs.open(`file${i}`, (error, fd) => fs.close(fd, (failure) => expect(!error && !failure, ['open', i])));
        }
    """
    assert told(each, tmp_path, source, UV_THREADPOOL_SIZE=threads) == []


def test_a_call_that_waits_keeps_one_thread_and_no_more(each: list[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    source = """
        const order = [];
        fs.open('fifo', 'r', (error, fd) => { order.push('opened'); fs.close(fd, () => say(order)); });
        let left = 50;
        const next = () => {
          if (--left > 0) return fs.stat('.', next);
          order.push('stats');
          fs.open('fifo', 'w', (error, fd) => fs.close(fd, () => {}));
        };
        fs.stat('.', next);
    """
    assert told(each, tmp_path, source) == ["stats", "opened"]


def test_with_one_thread_a_call_that_waits_holds_up_the_others(each: list[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    source = """
        const order = [];
        fs.open('fifo', 'r', (error, fd) => { order.push('opened'); });
        fs.stat('.', () => { order.push('stat'); say(order); });
        setTimeout(() => {
          order.push('timer');
          require('child_process').execFile('sh', ['-c', ': > fifo']);
        }, 100);
    """
    assert told(each, tmp_path, source, UV_THREADPOOL_SIZE="1") == ["timer", "opened", "stat"]


def test_files_stand_in_line_behind_what_takes_the_pool_long(each: list[str], tmp_path: Path) -> None:
    source = """
        const order = [];
        const done = (name) => { order.push(name); if (order.length === 3) say(order); };
        fs.stat('.', () => {
          require('crypto').pbkdf2('a', 'b', 400_000, 64, 'sha512', () => done('pbkdf2'));
          fs.stat('.', () => done('stat'));
          setTimeout(() => done('timer'), 5);
        });
    """
    assert told(each, tmp_path, source, UV_THREADPOOL_SIZE="1") == ["timer", "pbkdf2", "stat"]


def test_paths_that_have_no_room_and_those_that_are_no_text_work_too(each: list[str], tmp_path: Path) -> None:
    source = """
        const deep = Array(12).fill('d'.repeat(100)).join('/');
        fs.mkdirSync(deep, { recursive: true });
        const sizes = [];
        const name = Buffer.from([0x66, 0xff, 0x66]);
        fs.writeFile(`${deep}/f`, 'abc', () => fs.stat(`${deep}/f`, (error, stats) => {
          sizes.push(stats.size);
          fs.rename(`${deep}/f`, 'g', (error) => fs.writeFile(name, 'abcd', () => fs.stat(name, (failure, stats) => {
            sizes.push(error, stats.size);
            fs.writeFile('\\u00e4\\u{1f40d}', 'abcde', () => fs.stat('\\u00e4\\u{1f40d}', (_, stats) => {
              say([...sizes, stats.size]);
            }));
          })));
        }));
    """
    assert told(each, tmp_path, source) == [3, None, 4, 5]


def test_calls_that_stand_in_line_come_back_whatever_else_there_is_to_do(each: list[str], tmp_path: Path) -> None:
    source = """
        let count = 0;
        for (let i = 0; i < 2000; i++) fs.stat('.', () => count++);
        for (let i = 0; i < 4; i++) require('crypto').pbkdf2('a', 'b', 20_000, 64, 'sha512', () => count++);
        fs.readdir('.', () => count++);
        process.on('exit', () => say(count));
    """
    assert told(each, tmp_path, source) == 2005


def test_a_turn_of_the_loop_has_only_the_calls_that_were_done_when_it_began(each: list[str], tmp_path: Path) -> None:
    source = """
        let [most, now, left] = [0, 0, 3000];
        const next = () => fs.stat('.', () => { now++; if (--left > 0) next(); });
        for (let i = 0; i < 32; i++) next();
        (function look() {
          most = Math.max(most, now);
          now = 0;
          if (left > 0) setImmediate(look);
          else say(most <= 32);
        })();
    """
    assert told(each, tmp_path, source) is True


def test_links_modes_and_pieces_are_what_was_asked_for(each: list[str], tmp_path: Path) -> None:
    source = """
        const { promisify } = require('util');
        const asked = (name, ...args) => promisify(fs[name])(...args);
        (async () => {
          await asked('writeFile', 'file', 'abcdef');
          await asked('link', 'file', 'link');
          await asked('symlink', 'file', 'symlink');
          await asked('chmod', 'file', 0o640);
          await asked('chown', 'file', process.getuid(), process.getgid());
          const modes = [fs.statSync('link').mode & 0o777, fs.lstatSync('symlink').isSymbolicLink()];
          const fd = await asked('open', 'symlink', 'r+');
          await asked('fchmod', fd, 0o600);
          await asked('fchown', fd, -1, -1);
          const pieces = [Buffer.alloc(2), Buffer.alloc(0), Buffer.alloc(3)];
          const counts = [
            (await asked('writev', fd, Array.from('XYZ', (letter) => Buffer.from(letter)), 1)).bytesWritten,
            (await asked('readv', fd, pieces, 1)).bytesRead, (await asked('readv', fd, pieces, null)).bytesRead,
          ];
          await asked('close', fd);
          const many = Array.from({ length: 100 }, () => Buffer.alloc(2000, 'm'));
          const large = await asked('open', 'large', 'w');
          counts.push((await asked('writev', large, many)).bytesWritten);
          const failed = await asked('link', 'none', 'x').catch(({ code, path, dest }) => [code, path, dest]);
          say([modes, fs.statSync('file').mode & 0o777, counts, String(Buffer.concat(pieces)), failed]);
        })();
    """
    assert told(each, tmp_path, source) == [
        [0o640, True], 0o600, [3, 5, 5, 200_000], "aXYZe", ["ENOENT", "none", "x"]]


def test_directories_and_links_are_read_whatever_their_size_and_their_names(each: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "large").mkdir(parents=True)
    for number in range(2000):
        (folder / "large" / f"file-with-a-long-name-{number}").touch()
    for name in (b"Z", b"a", "\u00fc".encode(), "\uffee".encode(), "\U0001f40d".encode(), b"\xff"):
        (folder / os.fsdecode(name)).touch()
    (folder / "link").symlink_to("x" * 900)
    (folder / "short").symlink_to("\u00e4\u00df")
    source = """
        const { readdir, readlink } = fs.promises;
        (async () => {
          const typed = await readdir('folder', { withFileTypes: true });
          say([
            await readdir('folder'), typed.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name),
            (await readdir('folder', 'buffer')).at(-1).toString('hex'), (await readdir('folder/large')).length,
            await readdir('folder/a').catch(({ code, syscall }) => [code, syscall]),
            (await readlink('folder/link')).length, await readlink('folder/short'),
            await readlink('folder/short', 'hex'), await readlink('folder/a').catch(({ code }) => code),
          ]);
        })();
    """
    assert told(each, tmp_path, source) == [
        ["Z", "a", "large", "link", "short", "\u00fc", "\uffee", "\U0001f40d", "\ufffd"], ["link", "short"], "ff", 2000,
        ["ENOTDIR", "scandir"], 900, "\u00e4\u00df", "c3a4c39f", "EINVAL"]


def test_a_promise_of_what_has_no_answer_gives_undefined(each: list[str], tmp_path: Path) -> None:
    source = """
        const { access, chmod, link, mkdir, open, rename, rmdir, symlink, truncate, unlink, utimes } = fs.promises;
        (async () => {
          fs.writeFileSync('file', 'abc');
          const handle = await open('file', 'r+');
          const given = [
            await access('file'), await chmod('file', 0o600), await link('file', 'link'), await rename('link', 'other'),
            await unlink('other'), await symlink('file', 'symlink'), await mkdir('folder'), await rmdir('folder'),
            await truncate('file', 2), await utimes('file', 1, 1), await handle.chmod(0o600), await handle.sync(),
            await handle.datasync(), await handle.truncate(1), await handle.utimes(1, 1), await handle.close(),
          ];
          fs.mkdir('.', { recursive: true }, (...args) => say([given.filter((value) => value !== undefined), args]));
        })();
    """
    assert told(each, tmp_path, source) == [[], [None]]


def test_times_are_set_and_a_negative_number_is_now(each: list[str], tmp_path: Path) -> None:
    source = """
        const { lutimes, open, stat, lstat, utimes } = fs.promises;
        const times = async (asked) => {
          await utimes('file', 1, 1);
          await asked();
          return (await stat('file')).mtimeMs;
        };
        (async () => {
          fs.writeFileSync('file', '');
          fs.symlinkSync('file', 'link');
          const handle = await open('file', 'r+');
          await lutimes('link', 5, 6.5);
          const set = [
            await times(() => utimes('file', 1, 2.25)), await times(() => handle.utimes(1, new Date(-1250))),
            await times(() => utimes('file', 1, '-3')), await times(() => utimes('file', 1, 3.9999999999)),
            (await lstat('link')).mtimeMs,
          ];
          await handle.close();
          const now = await times(() => utimes('file', 1, -2));
          const failed = [];
          for (const [path, time] of [['none', 1], ['file', 1e300]]) {
            await utimes(path, time, 1).catch(({ code }) => failed.push(code));
          }
          say([set, Date.now() - now < 60_000, failed]);
        })();
    """
    set_to, is_now, failed = told(each, tmp_path, source)
    assert (is_now, failed) == (True, ["ENOENT", "EINVAL"])
    assert [round(each) for each in set_to] == [2250, -1250, -3000, 4000, 6500]


def test_a_path_without_links_is_found_as_the_c_library_finds_it(each: list[str], tmp_path: Path) -> None:
    source = """
        const { realpath } = fs.promises;
        const native = (path) => new Promise((resolve) => {
          fs.realpath.native(path, (error, found) => resolve(found ?? error.code));
        });
        (async () => {
          fs.mkdirSync('deep/er', { recursive: true });
          fs.symlinkSync('../deep', 'deep/link');
          fs.symlinkSync('loop', 'loop');
          fs.writeFileSync('file (deleted)', '');
          fs.writeFileSync('\\u00e4\\u{1f40d}', '');
          const long = 'deep/../'.repeat(60) + 'deep';
          const strange = ['file (deleted)', '\\u00e4\\u{1f40d}', long, '/proc/self/cwd'];
          const found = [];
          for (const path of ['deep/link/er/.././link/er', 'deep/', ...strange]) {
            found.push(await realpath(path), await native(path));
          }
          const failed = [];
          for (const path of ['', 'none', 'file (deleted)/x', 'loop']) {
            await realpath(path).catch(({ code, syscall, path: at }) => failed.push(code, syscall, at === path));
            failed.push(await native(path));
          }
          say([found.map((path) => path.slice(process.cwd().length)), (await realpath('.', 'buffer')).length, failed]);
        })();
    """
    found, length, failed = told(each, tmp_path, source)
    expected = ("/deep/er", "/deep", "/file (deleted)", "/\u00e4\U0001f40d", "/deep", "")
    assert found == [path for path in expected for _ in range(2)]
    assert length == len(str(tmp_path.resolve()))
    assert failed == [
        word for code in ("ENOENT", "ENOENT", "ENOTDIR", "ELOOP") for word in (code, "realpath", True, code)]


def test_what_a_pipe_is_called_is_no_path(each: list[str], tmp_path: Path) -> None:
    source = "fs.promises.realpath('/proc/self/fd/1').catch(({ code }) => say(code));"
    assert told(each, tmp_path, source) == "ENOENT"


def test_new_directories_have_names_of_their_own_and_are_private(each: list[str], tmp_path: Path) -> None:
    source = """
        const { mkdtemp } = fs.promises;
        (async () => {
          const made = await Promise.all(Array.from({ length: 300 }, () => mkdtemp('\\u00e4-')));
          const asBytes = await mkdtemp(Buffer.from('b-'), 'buffer');
          say([
            new Set(made).size, made.every((name) => /^\\u00e4-[A-Za-z0-9]{6}$/.test(name)),
            made.every((name) => (fs.statSync(name).mode & 0o777) === 0o700),
            String(asBytes.subarray(0, 2)), asBytes.length,
            await mkdtemp('none/x').catch(({ code, syscall }) => [code, syscall]),
          ]);
        })();
    """
    assert told(each, tmp_path, source) == [300, True, True, "b-", 8, ["ENOENT", "mkdtemp"]]


def test_a_file_system_is_told_as_the_waiting_form_tells_it(each: list[str], tmp_path: Path) -> None:
    source = """
        const { statfs } = fs.promises;
        const still = ({ type, bsize, frsize, blocks, files }) => [type, bsize, frsize, blocks, files].map(String);
        (async () => {
          say([
            still(await statfs('.')), still(fs.statfsSync('.')), still(await statfs('.', { bigint: true })),
            await statfs('none').catch(({ code }) => code),
          ]);
        })();
    """
    first, second, third, failed = told(each, tmp_path, source)
    assert first == second == third
    assert failed == "ENOENT"


def test_a_file_is_written_by_the_functions_that_a_program_sees(each: list[str], tmp_path: Path) -> None:
    source = """
        const called = [];
        for (const name of ['open', 'write', 'fsync', 'close']) {
          const original = fs[name];
          fs[name] = (...args) => { called.push(name); return original(...args); };
        }
        const controller = new AbortController();
        fs.writeFile('file', 'abc', { flush: true }, () => fs.appendFile('file', '', () => {
          const { signal } = controller;
          fs.writeFile('file', 'abc', { signal }, (error) => say([called, error.name, fs.statSync('file').size]));
          controller.abort();
        }));
    """
    steps = ["open", "write", "fsync", "close", "open", "write", "close", "open", "close"]
    assert told(each, tmp_path, source) == [steps, "AbortError", 0]


def test_stack_traces_do_not_tell_of_the_ring(each: list[str], tmp_path: Path) -> None:
    assert told(each, tmp_path, "fs.stat('.', () => say(new Error().stack.includes('takeFinished')));") is False


def test_requests_under_way_are_told_of(each: list[str], tmp_path: Path) -> None:
    source = """
        for (let i = 0; i < 3; i++) fs.stat('.', () => {});
        say(process.getActiveResourcesInfo().filter((name) => name === 'FSReqCallback').length);
    """
    assert told(each, tmp_path, source) == 3


def test_buffers_that_nobody_else_holds_are_filled_while_memory_is_collected(each: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 64)
    source = """
        let left = 400;
        const wrong = [];
        for (let i = 0; i < 400; i++) {
          fs.readFile('file', (error, data) => {
            if (!data.every((byte, at) => byte === (at & 255))) wrong.push(i);
            if (--left === 0) say(wrong);
          });
          new ArrayBuffer(1 << 20);
        }
    """
    assert told(each, tmp_path, source) == []


def test_a_runtime_whose_program_ended_itself_in_a_callback_can_be_closed(tmp_path: Path) -> None:
    js = Runtime()
    stat = js.require("fs").stat
    js.eval("""(stat, path) => {
        for (let i = 0; i < 50; i++) stat(path, () => i === 3 && process.exit(7));
        for (const end = Date.now() + 50; Date.now() < end;); // until all are done
    }""")(stat, str(tmp_path))
    with pytest.raises(JavaScriptExit):
        js.run()
    js.close()


@pytest.mark.skipif(not direct.available, reason="a thread of Python's cannot be ended")
def test_a_runtime_is_closed_while_a_call_waits_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    loop = Loop()
    with Runtime(loop=loop) as js:
        js.eval("globalThis.n = 0")
        js.eval("(fs, path) => { fs.open(path, 'r', () => {}); fs.stat('.', () => { n++; }); }")(
            js.require("fs"), str(tmp_path / "fifo"))
        before = len(os.listdir("/proc/self/task"))
        while not js.eval("n"):
            loop.run("once")
    assert len(os.listdir("/proc/self/task")) < before
    loop.run("nowait")  # what was closed comes to its end
    loop.close()
    with Runtime() as js:
        assert js.wait(js.require("fs/promises").access(str(tmp_path))) is None


def test_a_runtime_that_is_closed_leaves_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    def used() -> tuple[int, int]:
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

    def use() -> None:
        with Runtime() as js:
            assert js.wait(js.require("fs/promises").readFile(str(tmp_path / "file"), "utf8")) == "content"

    (tmp_path / "file").write_text("content")
    use()
    before = used()
    for _ in range(3):
        use()
    assert used() == before


def test_a_runtime_that_is_closed_lets_another_go_on() -> None:
    source = "for (let i = 0; i < 300; i++) process.getBuiltinModule('fs').stat('.', () => { n++; })"
    first, second = Runtime(), Runtime()
    for js in (first, second):
        js.eval("globalThis.n = 0")
        js.eval(source)
        js.loop.run()
    second.close()
    first.eval(source)
    first.loop.run()
    assert first.eval("n") == 600
    first.close()


def test_all_runtimes_on_a_loop_are_told_of_the_load_of_its_pool() -> None:
    source = "process.getBuiltinModule('fs').stat('.', () => {})"
    with Runtime() as first:
        first.eval(source)
        second = Runtime(loop=first.loop)
        second.eval(source)
        first.loop.run()
        told_both = len(first.loop.on_load)
        second.close()
        assert (told_both, len(first.loop.on_load)) in ((2, 1), (0, 0))  # or there is no ring here


def test_without_a_thread_for_the_ring_the_pool_does_the_work(tmp_path: Path) -> None:
    none = (
        "from ouroloop.js.natives import ring; ring._library.pthread_create = lambda *_: 11; "
        "from ouroloop.cli import main; main()")
    source = "fs.stat('.', (error, stats) => fs.readFile(__filename, () => say([error, stats.isDirectory()])));"
    assert told([sys.executable, "-c", none], tmp_path, source) == [None, True]
