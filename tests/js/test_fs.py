"""JavaScript's `fs`: what Node's own tests do not look at."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from js.commands import OURO, output, told


def test_reads_go_into_the_slice_that_was_given_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abcdefgh")
    source = """
        const whole = Buffer.alloc(12, '.');
        const slice = whole.subarray(2, 10);
        const fd = fs.openSync('file');
        fs.readSync(fd, slice, 1, 2, 3);
        fs.read(fd, slice, 4, 2, 0, (error, count, buffer) => {
          say([whole.toString(), count, buffer === slice]);
        });
    """
    assert told(OURO, tmp_path, source) == ["...de.ab....", 2, True]


def test_buffers_survive_collections_while_they_are_written(tmp_path: Path) -> None:
    source = """
        const fd = fs.openSync('out', 'w');
        let left = 200;
        for (let i = 0; i < 200; i++) {
          fs.write(fd, Buffer.alloc(4096, i), 0, 4096, i * 4096, () => { if (--left === 0) check(); });
        }
        for (let i = 0; i < 2000; i++) new ArrayBuffer(65536);
        function check() {
          const data = fs.readFileSync('out');
          say(data.every((byte, at) => byte === (at >> 12)));
        }
    """
    assert told(OURO, tmp_path, source) is True


@pytest.mark.parametrize("place", ["2 ** 53", "2 ** 60", "1e300", "NaN", "Infinity", "1.5", "-5", "3n", "'3'"])
def test_what_is_no_place_is_where_the_file_is(place: str, tmp_path: Path) -> None:
    source = f"""
        const place = {place};
        const fd = fs.openSync('file', 'w+');
        const two = Buffer.from('ab');
        const counts = [fs.writeSync(fd, two, 0, 2, place), fs.writevSync(fd, [two, two], place),
          fs.readvSync(fd, [Buffer.alloc(3)], place)];
        fs.write(fd, two, 0, 2, place, (first, written) => fs.writev(fd, [two], place, async (second, more) => {{
          counts.push(written, more);
          const handle = await fs.promises.open('other', 'w+');
          counts.push((await handle.write(two, 0, 2, place)).bytesWritten);
          counts.push((await handle.writev([two], place)).bytesWritten);
          counts.push((await handle.readv([two], place)).bytesRead);
          await handle.close();
          say([first, second, counts, fs.readFileSync('file', 'utf8'), fs.readFileSync('other', 'utf8')]);
        }}));
    """
    assert told(OURO, tmp_path, source) == [None, None, [2, 4, 0, 2, 2, 2, 2, 0], "ab" * 5, "ab" * 2]


def test_a_read_that_fails_tells_its_buffer_too(tmp_path: Path) -> None:
    source = """
        const buffer = Buffer.alloc(4);
        fs.read(fs.openSync('.'), buffer, 0, 4, 0, (error, count, same) => say([error.code, count, same === buffer]));
    """
    assert told(OURO, tmp_path, source) == ["EISDIR", 0, True]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems insist on UTF-8")
def test_a_name_that_is_no_text_can_be_had_as_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff\xfe", "wb") as file:
        file.write(b"odd")
    source = """
        const [name] = fs.readdirSync('odd', 'buffer');
        const path = Buffer.concat([Buffer.from('odd/'), name]);
        say([fs.readdirSync('odd')[0], [...name], fs.readFileSync(path, 'utf8'), fs.statSync(path).size]);
    """
    assert told(OURO, tmp_path, source) == ["\ufffd\ufffd", [0xFF, 0xFE], "odd", 3]


def test_lone_surrogates_in_a_path_are_made_well_formed(tmp_path: Path) -> None:
    source = """
        fs.writeFileSync('a\\ud800b', 'x');
        say([fs.existsSync('a\\ufffdb'), fs.existsSync('a\\ud800b')]);
    """
    assert told(OURO, tmp_path, source) == [True, True]


def test_directories_of_ten_thousand_entries(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05}").touch()
    (folder / "folder").mkdir()
    source = """
        const names = fs.readdirSync('large');
        fs.readdir('large', { withFileTypes: true }, async (error, entries) => {
          let count = 0;
          for await (const entry of await fs.promises.opendir('large')) count += entry.isFile();
          const folders = entries.filter((entry) => entry.isDirectory());
          say([names.length, names[9999], folders.map(({ name }) => name), count]);
        });
    """
    assert told(OURO, tmp_path, source) == [10_001, "09999", ["folder"], 10_000]


def test_stats_say_what_the_system_says(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(12345))
    os.utime(path, ns=(-1_500_000_000, 2**33 * 10**9 + 123_456_789))
    source = """
        const numbers = fs.statSync('file');
        const exact = fs.statSync('file', { bigint: true });
        const nul = fs.statSync('/dev/null');
        say([numbers.size, numbers.ino, `${exact.dev}`, `${exact.atimeNs}`, `${exact.mtimeNs}`, numbers.atimeMs,
             numbers.mode, nul.rdev, numbers.birthtimeMs > 0]);
    """
    info, nul = path.stat(), os.stat("/dev/null")
    assert told(OURO, tmp_path, source) == [
        12345, info.st_ino, str(info.st_dev), str(info.st_atime_ns), str(info.st_mtime_ns), info.st_atime_ns / 1e6,
        info.st_mode, nul.st_rdev, True,
    ]
    assert stat.S_ISCHR(nul.st_mode)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_descriptors_are_not_inherited(tmp_path: Path) -> None:
    source = """
        fs.openSync('program.js');
        const { spawnSync } = require('child_process');
        say(spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout.includes('program.js'));
    """
    assert told(OURO, tmp_path, source) is False


def test_the_modes_of_access_on_fs_itself_are_deprecated(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const fs = require('fs');
        process.on('warning', ({ code, message }) => console.log(code, message));
        console.log(fs.F_OK, fs.R_OK, fs.W_OK, fs.X_OK, 'X_OK' in { ...fs });
    """)
    assert output(command, "--no-warnings", "a.js", folder=tmp_path) == (
        "0 4 2 1 false\nDEP0176 fs.F_OK is deprecated, use fs.constants.F_OK instead\n")
