"""Natives of machine code, and those in Python that stand in for them on other processors: both tell the same."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from js.commands import OURO, WITHOUT_MACHINE_CODE, told

from ouroloop import Runtime
from ouroloop.js.natives import direct

COMMANDS = {"python": WITHOUT_MACHINE_CODE} | ({"machine code": OURO} if direct.available else {})


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request: pytest.FixtureRequest) -> list[str]:
    words: list[str] = request.param
    return words


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
def test_where_machine_code_cannot_be_python_does_all(question: str) -> None:
    source = """
        console.log(util.types.isProxy(0) || fs.statSync(`/`).dev);
        fs.readFile(`/dev/null`, (_, data) => console.log(data.length)); // by Python's pool
    """
    done = subprocess.run(
        [sys.executable, "-c",
         f"from ouroloop.js.natives import direct; direct.{question} = lambda *_: False\n"
         "direct.Directly = None  # must not be asked\n"
         f"from ouroloop.cli import main; main(['-e', {source!r}])"],
        capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"{os.stat('/').st_dev}\n0\n"


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


HEADS = r"""
const net = require('net');
const http = require('http');
const random = (() => { let seed = 7; return (n) => (seed = seed * 48271 % 2147483647) % n; })();
const pick = (...values) => values[random(values.length)];
const header = () => pick(
  'Host: a', 'hOST:b', 'Expect: 100-continue', 'X: \xe9\t\xa0 ', 'Y:', 'Z:  a:b ', 'Cookie: a=1', 'Cookie:b', 'W: 1',
  'Content-Length: 0', 'Connection: keep-alive', 'Connection: Keep-Alive, X', 'TE: trailers', 'Accept: */*', 'ETag: 1');
const head = () => {
  const lines = Array.from({ length: random(7) }, header);
  const first = pick(
    'GET / HTTP/1.1', 'PUT  /a%20b?c#d  HTTP/1.1', 'OPTIONS * HTTP/1.0', 'M-SEARCH http://h/ HTTP/1.1',
    'HEAD //x HTTP/1.1', 'GET /y HTTP/1.2');
  return [first, ...lines, '', ''].join('\r\n');
};
const bodies = ['', 'x', '\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'z'.repeat(70000)];
const facts = (request) => [
  'method', 'url', 'httpVersion', 'httpVersionMajor', 'httpVersionMinor', 'rawHeaders', 'headers', 'headersDistinct',
  'complete'].map((name) => request[name]);
const heard = [];
const server = http.createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1').on('data', (part) => { body += part; }).on('end', () => {
    heard.push(JSON.stringify([...facts(request), body.length, body.slice(0, 40)]));
    response.end(response.shouldKeepAlive ? 'kept' : 'last');
  });
});
const talk = (pieces) => new Promise((resolve) => {
  const socket = net.connect(server.address().port, '127.0.0.1');
  let text = '';
  socket.setNoDelay().setEncoding('latin1').on('data', (part) => {
    text += part;
    if (/kept|last|closed?\r\n/.test(text)) socket.destroy();
  });
  socket.on('error', () => {}).on('close', () => resolve(text.replace(/Date: [^\r]*/g, '')));
  const send = () => {
    if (pieces.length === 0) return;
    socket.write(pieces.shift(), 'latin1');
    setTimeout(send, 2);
  };
  send();
});
const both = async (text) => {
  const answers = [await talk([text])];
  const whole = heard.splice(0);
  const at = 1 + random(Math.min(text.length - 1, 30));
  answers.push(await talk([text.slice(0, at), text.slice(at)]));
  const pieces = heard.splice(0);
  const isSame = answers[0] === answers[1] && String(whole) === String(pieces);
  return isSame ? null : [text.slice(0, 200), answers, whole, pieces];
};
"""


def test_a_request_that_comes_whole_is_what_it_is_in_pieces(command: list[str], tmp_path: Path) -> None:
    source = HEADS + r"""
        server.listen(0, '127.0.0.1', async () => {
          const different = [];
          for (let i = 0; i < 120; i++) {
            const body = pick(...bodies);
            const post = `POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
            different.push(await both(body === '' ? head() : post));
          }
          say(different.filter((each) => each !== null));
          server.close();
        });
    """
    assert told(command, tmp_path, source) == []


def test_what_follows_a_request_is_not_lost(command: list[str], tmp_path: Path) -> None:
    source = r"""
        const net = require('net');
        const heard = [];
        const server = require('http').createServer((request, response) => {
          let size = 0;
          request.on('data', (part) => { size += part.length; });
          request.on('error', (error) => heard.push(error.code));
          request.on('end', () => { heard.push(`${request.url} ${size}`); response.end(); });
        });
        server.on('clientError', ({ code }, socket) => { heard.push(code); socket.destroy(); });
        const post = (url, size) => `POST ${url} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
        const get = 'GET /get HTTP/1.1\r\nHost: a\r\n\r\n';
        const pieces = [
          get, `${post('/1', 5)}ab`, 'c', `de${get}${post('/2', 3)}`, '12', `3${get}${get.slice(0, 9)}`,
          get.slice(9),
          `${post('/3', 1)}a\r\n\r\n`, `\r\n${get}`, `${post('/4', 2)}a`, 'b', '&\r\n'];
        server.listen(0, '127.0.0.1', () => {
          const socket = net.connect(server.address().port, '127.0.0.1');
          const send = () => {
            if (pieces.length === 0) return;
            socket.write(pieces.shift());
            setTimeout(send, 10);
          };
          socket.setNoDelay().resume().on('connect', send).on('error', () => {});
          socket.on('close', () => { say(heard); server.close(); });
        });
    """
    get = "/get 0"
    assert told(command, tmp_path, source) == [
        get, "/1 5", get, "/2 3", get, get, "/3 1", get, "/4 2", "HPE_INVALID_METHOD"]


def test_a_body_that_ends_early_is_an_error(command: list[str], tmp_path: Path) -> None:
    source = r"""
        const net = require('net');
        const http = require('http');
        const heard = [];
        const server = net.createServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end('HTTP/1.1 200 Fine\r\nContent-Length: 9\r\nX:  y \r\n\r\nabc'));
        });
        server.listen(0, '127.0.0.1', () => {
          http.get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
            heard.push(response.statusCode, response.statusMessage, response.rawHeaders);
            response.on('data', (part) => heard.push(String(part)));
            response.on('error', ({ code }) => heard.push(code));
            response.on('close', () => { say([...heard, response.complete]); server.close(); });
          });
        });
    """
    assert told(command, tmp_path, source) == [
        200, "Fine", ["Content-Length", "9", "X", "y"], "abc", "ECONNRESET", False]


def test_responses_to_one_client_are_told_apart(command: list[str], tmp_path: Path) -> None:
    source = r"""
        const net = require('net');
        const http = require('http');
        const answers = [
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab', 'HTTP/1.1 204\r\n\r\n',
          'HTTP/1.1 200 \r\ncontent-length:3\r\n\r\nabc',
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
          'HTTP/1.1 304 Old\r\nContent-Length: 7\r\n\r\n',
          'HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nd',
          'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
          'HTTP/1.1 200 OK\r\n\r\nto the end'];
        const methods = { 6: 'HEAD' };
        const server = net.createServer((socket) => {
          let at = 0;
          socket.on('error', () => {});
          socket.on('data', () => {
            socket.write(answers[at++]);
            if (at === answers.length) socket.end();
          });
        });
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ask = (method) => new Promise((resolve) => {
          http.request({ port: server.address().port, host: '127.0.0.1', agent, method }, (response) => {
            const { statusCode, statusMessage } = response;
            let body = '';
            response.on('data', (part) => { body += part; });
            response.on('end', () => resolve(`${statusCode} ${statusMessage} ${body} ${response.complete}`));
          }).on('error', ({ code }) => resolve(code)).end();
        });
        server.listen(0, '127.0.0.1', async () => {
          const got = [];
          for (const at of answers.keys()) got.push(await ask(methods[at] ?? 'GET'));
          say(got);
          agent.destroy();
          server.close();
        });
    """
    assert told(command, tmp_path, source) == [
        "200 OK ab true", "204   true", "200  abc true", "200 OK x true", "304 Old  true", "200 OK d true",
        "200 OK  true", "200 OK  true", "200 OK to the end true"]


def test_streams_that_are_ready_together_have_their_turns_apart(command: list[str], tmp_path: Path) -> None:
    source = r"""
        const net = require('net');
        const order = [];
        let sockets = [];
        const server = net.createServer((socket) => {
          const name = sockets.push(socket);
          socket.on('data', (bytes) => {
            order.push(`${name}:${bytes.length}`);
            process.nextTick(() => order.push('tick'));
            Promise.resolve().then(() => order.push('microtask'));
            // Those behind it are ready too: one is closed, another is not read from for now.
            if (name !== 1) return;
            sockets[1].destroy();
            sockets[2].pause();
            setImmediate(() => { order.push('immediate'); sockets[2].resume(); });
          });
          socket.on('end', () => { order.push(`${name} ended`); socket.end(); });
          if (name === 4) clients.forEach((client, i) => client.end('x'.repeat(i + 1)));
          if (name === 4) until(process.hrtime.bigint() + 20_000_000n);
        });
        const until = (time) => { while (process.hrtime.bigint() < time); };
        let clients = [];
        let open = 4;
        const closed = () => { if (--open === 0) { say(order); server.close(); } };
        server.listen(0, '127.0.0.1', async () => {
          for (let i = 0; i < 4; i++) {
            clients.push(net.connect(server.address().port, '127.0.0.1'));
            clients[i].resume().on('error', () => {}).on('close', closed);
            if (i < 3) await new Promise((resolve) => clients[i].once('connect', () => setTimeout(resolve, 5)));
          }
        });
    """
    order = told(command, tmp_path, source)
    data = [each for each in order if ":" in each]
    assert data == ["1:1", "4:4", "3:3"]
    for each in data:
        assert order[order.index(each) + 1 : order.index(each) + 3] == ["tick", "microtask"]
    assert order.index("immediate") < order.index("3:3")
    assert {"1 ended", "3 ended", "4 ended"} <= set(order)
