"""Natives of machine code, and those in Python that stand in for them on other processors: both tell the same."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ouroloop import Runtime
from ouroloop.js.natives import direct

_WITHOUT = "from ouroloop.js.natives import direct; direct.available = False; from ouroloop.cli import main; main()"

PYTHON = [sys.executable, "-c", _WITHOUT]
COMMANDS = {"python": PYTHON} | ({"machine code": [sys.executable, "-m", "ouroloop"]} if direct.available else {})


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request: pytest.FixtureRequest) -> list[str]:
    words: list[str] = request.param
    return words


def told(command: list[str], folder: Path, source: str) -> Any:
    """What a program in `folder` hands to `say`, as JSON."""
    program = folder / "program.js"
    program.write_text(f"const say = (value) => console.log(JSON.stringify(value));\n{source}")
    done = subprocess.run(
        [*command, str(program)], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert (done.stderr, done.returncode) == ("", 0)
    return json.loads(done.stdout)


def test_types_are_told_by_what_values_are(command: list[str], tmp_path: Path) -> None:
    source = """
        const { types } = require('util');
        const values = {
          isProxy: new Proxy({}, {}), isDate: new Date(0), isMap: new Map(), isSet: new Set(), isRegExp: /x/,
          isPromise: Promise.resolve(), isNumberObject: Object(1), isNativeError: new Error('x'),
          isArrayBuffer: new ArrayBuffer(1), isWeakMap: new WeakMap(), isGeneratorObject: (function* () {})(),
        };
        const names = Object.keys(values);
        say(names.map((name) => names.filter((other) => types[other](values[name]))));
    """
    assert told(command, tmp_path, source) == [
        ["isProxy"], ["isDate"], ["isMap"], ["isSet"], ["isRegExp"], ["isPromise"], ["isNumberObject"],
        ["isNativeError"], ["isArrayBuffer"], ["isWeakMap"], ["isGeneratorObject"]]


def test_files_are_read_and_written_where_it_was_said(command: list[str], tmp_path: Path) -> None:
    source = """
        const fs = require('fs');
        fs.writeFileSync('file', 'abcdef');
        const fd = fs.openSync('file', 'r+');
        const bytes = Buffer.alloc(6, '.');
        const counts = [
          fs.writeSync(fd, Buffer.from('XY'), 0, 2, 2), fs.readSync(fd, bytes, 1, 3, 1), fs.readSync(fd, bytes, 0, 1),
        ];
        const [byPath, byNumber] = [fs.statSync('file'), fs.fstatSync(fd)];
        const size = [byPath.size, byNumber.size, byPath.ino === byNumber.ino];
        fs.closeSync(fd);
        const codes = [() => fs.closeSync(fd), () => fs.openSync('none/x'), () => fs.accessSync('none'),
                       () => fs.readSync(fd, bytes), () => fs.statSync('x'.repeat(5000))].map((call) => {
          try { call(); } catch (error) { return error.code; }
        });
        say([fs.readFileSync('file', 'latin1'), bytes.toString(), counts, size, codes, fs.existsSync('file')]);
    """
    assert told(command, tmp_path, source) == [
        "abXYef", "abXY..", [2, 3, 1], [6, 6, True], ["EBADF", "ENOENT", "ENOENT", "EBADF", "ENAMETOOLONG"], True]


def test_a_file_is_not_handed_on_to_children(command: list[str], tmp_path: Path) -> None:
    source = """
        const fs = require('fs');
        const fd = fs.openSync('program.js');
        say(parseInt(/flags:\\s*(\\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))[1], 8) & 0o2000000);
    """
    if not Path("/proc/self/fdinfo").exists():
        pytest.skip("no /proc")
    assert told(command, tmp_path, source) == 0o2000000


@pytest.mark.parametrize("length", [3, 40, 300, 70_000])
def test_texts_go_into_buffers_and_come_back(command: list[str], tmp_path: Path, length: int) -> None:
    source = f"""
        const texts = ['plain text', 'Grüße', '日本語 😀', 'lone \\ud800 half'].map((text) => text.repeat({length}));
        say(texts.map((text) => [
          Buffer.from(text).toString() === text.toWellFormed(), Buffer.byteLength(text) === Buffer.from(text).length,
          Buffer.from(text, 'utf16le').toString('utf16le') === text,
          Buffer.from(text, 'latin1').toString('latin1') ===
            Array.from({{ length: text.length }}, (_, i) => String.fromCharCode(text.charCodeAt(i) & 255)).join(''),
        ].every(Boolean)));
    """
    assert told(command, tmp_path, source) == [True] * 4


def test_bytes_are_found_and_compared(command: list[str], tmp_path: Path) -> None:
    source = """
        const { isAscii, isUtf8 } = require('buffer');
        const whole = Buffer.alloc(100_000, 'abcdefgh').subarray(8);
        whole.write('needle é', 60_001);
        const other = Buffer.from(whole);
        other[90_000]++;
        say([
          whole.indexOf('needle'), whole.indexOf('needle', 60_002), whole.indexOf('abx'), whole.indexOf(0x6e, 5),
          whole.indexOf(0), whole.subarray(60_000).indexOf('needle'), whole.indexOf(Buffer.from('é')),
          whole.equals(other),
          Buffer.compare(whole, other), Buffer.compare(other, whole), whole.compare(Buffer.from(whole)),
          isAscii(whole), isAscii(whole.subarray(0, 60_000)), isUtf8(whole), isUtf8(whole.subarray(60_009)),
        ]);
    """
    assert told(command, tmp_path, source) == [
        60_001, -1, -1, 60_001, -1, 1, 60_008, False, -1, 1, 0, False, True, True, False]


def test_hashes_are_the_same_in_one_piece_and_in_many(command: list[str], tmp_path: Path) -> None:
    source = """
        const crypto = require('crypto');
        say(['md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'shake128'].map((name) => [0, 10, 20_000].map((size) => {
          const bytes = Buffer.alloc(size, 'some text');
          const inOne = crypto.createHash(name).update(bytes).digest('hex');
          const half = crypto.createHash(name).update(bytes.subarray(0, 7));
          const inTwo = half.copy().update(bytes.subarray(7)).digest('hex');
          return new Set([inOne, inTwo, crypto.hash(name, bytes)]).size;
        })));
    """
    assert told(command, tmp_path, source) == [[1, 1, 1]] * 6


def test_a_hash_keeps_what_it_was_given(command: list[str], tmp_path: Path) -> None:
    source = """
        const { createHash } = require('crypto');
        const bytes = Buffer.from('abc');
        const hash = createHash('sha1').update(bytes);
        bytes.fill(0);
        say(hash.digest('hex'));
    """
    assert told(command, tmp_path, source) == "a9993e364706816aba3e25717850c26c9cd0d89d"


def test_a_hash_is_a_stream_when_it_is_used_as_one(command: list[str], tmp_path: Path) -> None:
    source = """
        const hash = require('crypto').createHash('sha1');
        hash.setEncoding('hex').on('data', say);
        hash.write('a');
        hash.end('bc');
    """
    assert told(command, tmp_path, source) == "a9993e364706816aba3e25717850c26c9cd0d89d"


def test_random_bytes_are_given_once(command: list[str], tmp_path: Path) -> None:
    source = """
        const crypto = require('crypto');
        const names = new Set(Array.from({ length: 2000 }, () => crypto.randomUUID()));
        const bytes = Buffer.alloc(100_000);
        crypto.randomFillSync(bytes, 1000, 98_000);
        say([names.size, bytes.indexOf(Buffer.alloc(16), 1000) >= 98_984, new Set(bytes.subarray(1000, 99_000)).size]);
    """
    assert told(command, tmp_path, source) == [2000, True, 256]


def test_the_environment_is_the_process_s(command: list[str], tmp_path: Path) -> None:
    source = """
        process.env.OURO_TEST = 'Grüße';
        const before = [process.env.OURO_TEST, 'OURO_TEST' in process.env];
        delete process.env.OURO_TEST;
        process.env.OURO_EMPTY = '';
        say([...before, process.env.OURO_TEST ?? null, process.env.OURO_EMPTY, process.env['x'.repeat(1000)] ?? null,
             process.env.OURO_CHILD ?? require('child_process').execFileSync('sh', ['-c', 'echo "[$OURO_EMPTY]"'], {
               encoding: 'utf8' })]);
    """
    assert told(command, tmp_path, source) == ["Grüße", True, None, "", None, "[]\n"]


def test_clocks_agree(command: list[str], tmp_path: Path) -> None:
    source = """
        const [seconds, nanoseconds] = process.hrtime();
        const after = process.hrtime.bigint() - (BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
        const uptime = process.uptime() * 1000 - performance.now();
        const start = Date.now();
        setTimeout(() => {
          say([after >= 0n && after < 1_000_000_000n, Math.abs(uptime) < 1000, Date.now() - start >= 19]);
        }, 20);
    """
    assert told(command, tmp_path, source) == [True, True, True]


@pytest.mark.skipif(not direct.available, reason="no machine code for this processor")
def test_code_is_written_then_run_and_never_both() -> None:
    def permissions(address: int) -> str:
        for line in Path("/proc/self/maps").read_text().splitlines():
            span, rest, *_ = line.split(" ")
            start, end = (int(text, 16) for text in span.split("-"))
            if start <= address < end:
                return rest
        raise AssertionError("not mapped")

    frame = (ctypes.c_int64 * 1)(-1)
    cell = ctypes.c_uint64(ctypes.addressof(frame))
    function = ctypes.CDLL(None).getpid  # stands for those of V8, which are not called
    names = ("FunctionCallbackInfo__Get", "ArrayBuffer__Data", "FunctionCallbackInfo__GetReturnValue")
    made = direct.Directly(SimpleNamespace(**dict.fromkeys(names, function)), (cell.value, cell.value))
    address = made.kernel(39, [], ctypes.addressof(cell))  # getpid(2)
    assert permissions(address) == "rw-p"
    made.seal()
    assert permissions(address) == "r-xp"
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)(None)
    assert frame[0] == os.getpid()
    assert made.kernel(39, [], ctypes.addressof(cell)) // 4096 != address // 4096, "what is sealed is not written again"


@pytest.mark.skipif(not direct.available, reason="no machine code for this processor")
def test_this_v8_is_one_that_machine_code_knows() -> None:
    with Runtime() as js:
        natives = js._inner.engine.natives
        assert natives is not None
        assert natives._directly is not None


@pytest.mark.parametrize("question", ["is_allowed", "fits"])
def test_where_machine_code_cannot_be_the_natives_are_in_python(question: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c",
         f"from ouroloop.js.natives import direct; direct.{question} = lambda *_: False\n"
         "direct.Directly = None  # must not be asked\n"
         "from ouroloop.cli import main; main(['-p', 'util.types.isProxy(0) || fs.statSync(`/`).dev'])"],
        capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"{os.stat('/').st_dev}\n"


@pytest.mark.skipif(not direct.available, reason="no machine code for this processor")
def test_instructions_are_those_of_the_manual() -> None:
    """Each against the bytes that an assembler gives."""
    code = direct.Code()
    code.set("rdi", 1)
    code.set("r9", -1)
    code.move("rdi", "rbx")
    code.load("r10", "rax", 8)
    code.load("rcx", "rsp", 16)
    code.store("rax", "rsp", 64)
    code.address("rsi", "rax", 1024)
    code.add("rax", "rcx", 8)
    code.low_byte("rcx")
    assert code.hex(" ") == (
        "48 bf 01 00 00 00 00 00 00 00 49 b9 ff ff ff ff ff ff ff ff 48 89 df 4c 8b 90 08 00 00 00 "
        "48 8b 8c 24 10 00 00 00 48 89 84 24 40 00 00 00 48 8d b0 00 04 00 00 48 03 81 08 00 00 00 0f b6 c9")
