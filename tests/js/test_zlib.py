"""node:zlib: the formats, their errors, streams and what npm packages reach for, as Node has them."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import pytest
from js.commands import OURO, output, write

PRELUDE = r"""
const zlib = require('zlib');
const { promisify } = require('util');
const log = (...values) => console.log(...values);

/** What `f` returns, or what it throws. */
const told = (f) => {
  try {
    const value = f();
    return Buffer.isBuffer(value) ? value.toString() : value;
  } catch (error) {
    return [error.name, error.code, error.errno, error.message].join(' | ');
  }
};

/** Writes `chunks` to a stream, tells what comes out and how it ends. */
const through = (stream, chunks, done = log) => {
  const pieces = [];
  stream.on('data', (piece) => pieces.push(piece));
  stream.on('end', () => done('end', Buffer.concat(pieces).toString()));
  stream.on('error', (error) => done(error.code, Buffer.concat(pieces).toString()));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
};
const PAIRS = [
  ['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip'],
  ['brotliCompress', 'brotliDecompress'], ['zstdCompress', 'zstdDecompress'],
];
const maker = (name) => zlib[`create${name[0].toUpperCase()}${name.slice(1)}`];
const text = (size) => Buffer.from(Array.from({ length: size }, (_, at) => 97 + ((at * at * 31) >> 5) % 19));
"""

PROGRAMS = {
    "every format unpacks to what was packed": (
        "for (const size of [0, 1, 70000, 1500000]) for (const [pack, unpack] of PAIRS) { const data = text(size);"
        " if (!zlib[`${unpack}Sync`](zlib[`${pack}Sync`](data)).equals(data)) log(pack, unpack, size); } log('done');",
        "done"),
    "callbacks and promises have the result": (
        "let left = PAIRS.length; for (const [pack, unpack] of PAIRS) zlib[pack]('some text', (error, packed) =>"
        " promisify(zlib[unpack])(packed).then((data) => { if (String(data) !== 'some text') log(pack);"
        " if (--left === 0) log(Buffer.isBuffer(data)); })); log('later');",
        "later\ntrue"),
    "streams pass all formats on, piece by piece": (
        "const data = text(300000); let left = PAIRS.length; for (const [pack, unpack] of PAIRS) {"
        " const packer = maker(pack)(); let sizes = []; const pieces = [];"
        " packer.pipe(maker(unpack)()).on('data', (d) => { sizes.push(d.length); pieces.push(d); }).on('end', () => {"
        " if (!Buffer.concat(pieces).equals(data) || Math.max(...sizes) > 16384 || packer.bytesWritten !== 300000)"
        " log(pack); if (--left === 0) log('all'); });"
        " for (let at = 0; at < data.length; at += 7001) packer.write(data.subarray(at, at + 7001)); packer.end(); }",
        "all"),
    "all kinds of bytes and text are taken": (
        "const bytes = new Uint16Array([1, 2]); for (const data of ['ä', Buffer.from('b'), bytes, bytes.buffer,"
        " new DataView(bytes.buffer, 2)]) log(zlib.gunzipSync(zlib.gzipSync(data)).toString('hex'));"
        " log(told(() => zlib.gzipSync(5)));",
        "c3a4\n62\n01000200\n01000200\n0200\n"
        'TypeError | ERR_INVALID_ARG_TYPE |  | The "buffer" argument must be of type string or an instance of Buffer, '
        "TypedArray, DataView, or ArrayBuffer. Received type number (5)"),
    "bad data has zlib's errors": (
        "const g = zlib.gzipSync('hello'); const d = zlib.deflateSync('hello', { dictionary: Buffer.from('he') });"
        " log(told(() => zlib.gunzipSync('hello'))); log(told(() => zlib.gunzipSync(g.subarray(0, -3))));"
        " log(told(() => zlib.inflateSync(d)));"
        " log(told(() => zlib.inflateSync(d, { dictionary: Buffer.from('x') })));"
        " g[g.length - 6] ^= 1; log(told(() => zlib.gunzipSync(g))); log(zlib.codes.Z_DATA_ERROR, zlib.codes[-3]);",
        "Error | Z_DATA_ERROR | -3 | incorrect header check\nError | Z_BUF_ERROR | -5 | unexpected end of file\n"
        "Error | Z_NEED_DICT | 2 | Missing dictionary\nError | Z_NEED_DICT | 2 | Bad dictionary\n"
        "Error | Z_DATA_ERROR | -3 | incorrect data check\n-3 Z_DATA_ERROR"),
    "brotli and zstd have errors of their own": (
        "log(told(() => zlib.brotliDecompressSync('hello hello hello')));"
        " log(told(() => zlib.brotliDecompressSync(zlib.brotliCompressSync('hello').subarray(0, 5))));"
        " log(told(() => zlib.zstdDecompressSync('hello hello')));"
        " log(told(() => zlib.zstdDecompressSync(zlib.zstdCompressSync('hello').subarray(0, 8))));"
        " log(told(() => zlib.zstdCompressSync('hello', { pledgedSrcSize: 50 })));",
        "Error | ERR__ERROR_FORMAT_CL_SPACE | -6 | Decompression failed\n"
        "Error | Z_BUF_ERROR | -5 | unexpected end of file\n"
        "Error | ZSTD_error_prefix_unknown | 10 | Unknown frame descriptor\n"
        "Error | Z_BUF_ERROR | -5 | unexpected end of file\n"
        "Error | ZSTD_error_srcSize_wrong | 72 | Src size is incorrect"),
    "an error reaches the callback and the stream": (
        "zlib.inflate('hello', (error, result) => { log(error.code, result);"
        " through(zlib.createGunzip(), [zlib.gzipSync('hello'), 'rubbish']); });",
        "Z_DATA_ERROR undefined\nZ_DATA_ERROR hello"),
    "several members and padding": (
        "const g = zlib.gzipSync('hello'); log(told(() => zlib.gunzipSync(Buffer.concat([g, g]))));"
        " log(told(() => zlib.gunzipSync(Buffer.concat([g, Buffer.alloc(9)]))));"
        " log(told(() => zlib.gunzipSync(Buffer.concat([g, Buffer.from('rubbish')]))));"
        " const more = Buffer.concat([zlib.deflateSync('a'), g]); log(told(() => zlib.inflateSync(more)));"
        " log(told(() => zlib.inflateSync(more, { rejectGarbageAfterEnd: true })));"
        " through(zlib.createGunzip(), [g, Buffer.alloc(5)]);",
        "hellohello\nhello\nError | Z_DATA_ERROR | -3 | incorrect header check\na\n"
        "TypeError | ERR_TRAILING_JUNK_AFTER_STREAM_END |  | "
        "Trailing junk found after the end of the compressed stream\nend hello"),
    "the longest output may be limited": (
        "const g = zlib.gzipSync(Buffer.alloc(5e7)); const limit = { maxOutputLength: 1000 };"
        " log(told(() => zlib.gunzipSync(g, limit)));"
        " log(zlib.gunzipSync(zlib.gzipSync('x'.repeat(1000)), limit).length);"
        " zlib.gunzip(g, limit, (error) => log(error.code));"
        " log(told(() => zlib.gunzipSync(g, { ...limit, info: 1 })));",
        "RangeError | ERR_BUFFER_TOO_LARGE |  | Cannot create a Buffer larger than 1000 bytes\n1000\n"
        "RangeError | ERR_BUFFER_TOO_LARGE |  | Cannot create a Buffer larger than 1000 bytes\nERR_BUFFER_TOO_LARGE"),
    "options are checked": (
        "for (const options of [{ level: 10 }, { windowBits: 8 }, { chunkSize: 10 }, { chunkSize: Infinity },"
        " { memLevel: '1' }, { finishFlush: 9 }]) log(told(() => zlib.createGzip(options)));"
        " log(told(() => zlib.createBrotliCompress({ params: { 10000: 0 } })));"
        " log(told(() => zlib.createZstdCompress({ params: { 107: 130 } })));",
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "options.level" is out of range. '
        "It must be >= -1 and <= 9. Received 10\n"
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "options.windowBits" is out of range. '
        "It must be >= 9 and <= 15. Received 8\n"
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "options.chunkSize" is out of range. '
        "It must be >= 64. Received 10\n"
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "options.chunkSize" is out of range. '
        "It must be a finite number. Received Infinity\n"
        'TypeError | ERR_INVALID_ARG_TYPE |  | The "options.memLevel" property must be of type number. '
        "Received type string ('1')\n"
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "options.finishFlush" is out of range. '
        "It must be >= 0 and <= 5. Received 9\n"
        "RangeError | ERR_BROTLI_INVALID_PARAM |  | 10000 is not a valid Brotli parameter\n"
        "Error | ERR_ZLIB_INITIALIZATION_FAILED |  | Setting parameter failed"),
    "dictionaries and parameters have their effect": (
        "const dictionary = Buffer.from('lorem ipsum dolor sit amet'); for (const [pack, unpack] of PAIRS.slice(1)) {"
        " if (pack === 'gzip') continue; const packed = zlib[`${pack}Sync`](dictionary, { dictionary });"
        " log(packed.length < 20, told(() => zlib[`${unpack}Sync`](packed, { dictionary }))); }"
        " const data = text(20000); const { BROTLI_PARAM_QUALITY, ZSTD_c_compressionLevel } = zlib.constants;"
        " log(zlib.brotliCompressSync(data, { params: { [BROTLI_PARAM_QUALITY]: 0 } }).length >"
        " zlib.brotliCompressSync(data, { params: { [BROTLI_PARAM_QUALITY]: 11 } }).length,"
        " zlib.zstdCompressSync(data, { params: { [ZSTD_c_compressionLevel]: 1 } }).length >"
        " zlib.zstdCompressSync(data, { params: { [ZSTD_c_compressionLevel]: 19 } }).length);",
        "true lorem ipsum dolor sit amet\n" * 5 + "true true"),
    "a flush makes what was written come out": (
        "const one = (pack, unpack, next) => { const packer = maker(pack)(), unpacker = maker(unpack)();"
        " unpacker.setEncoding('utf8'); packer.pipe(unpacker).on('data', (part) => { log(pack, part);"
        " if (part === 'first') packer.end('last'); }).on('end', next); packer.write('first'); packer.flush(); };"
        " one('gzip', 'gunzip', () => one('brotliCompress', 'brotliDecompress', () =>"
        " one('zstdCompress', 'zstdDecompress', () => log('end'))));",
        "gzip first\ngzip last\nbrotliCompress first\nbrotliCompress last\nzstdCompress first\nzstdCompress last\nend"),
    "the level changes in mid-stream": (
        "const one = (pack, unpack, next) => {"
        " const stream = maker(pack)(); const pieces = []; stream.on('data', (d) => pieces.push(d));"
        " stream.on('end', () => { const all = Buffer.concat(pieces); log(pack, all.length > 3000, all.length < 6000,"
        " told(() => zlib[`${unpack}Sync`](all)) === first + second + first); next?.(); });"
        " const first = 'abcd'.repeat(1250), second = 'xyz'.repeat(1000); stream.write(first);"
        " stream.params(0, 0, () => { stream.write(second); stream.params(9, 0, () => stream.end(first)); }); };"
        " one('deflate', 'inflate', () => one('deflateRaw', 'inflateRaw'));",
        "deflate true true true\ndeflateRaw true true true"),
    "a stream begins anew after reset": (
        "const stream = zlib.createDeflate(); const pieces = []; stream.on('data', (d) => pieces.push(d));"
        " stream.write('lost'); stream.flush(() => { pieces.length = 0; stream.reset(); stream.end('kept'); });"
        " stream.on('end', () => log(told(() => zlib.inflateSync(Buffer.concat(pieces)))));",
        "kept"),
    "closing is told once and ends it": (
        "const stream = zlib.createGzip(); log(stream._closed); stream.write('x'); stream.close(() => {"
        " log('closed', stream._closed, stream._handle, stream.destroyed); stream.close(() => log('again')); });"
        " stream.on('close', () => log('close')); log(told(() => stream.reset()).split('\\n')[0]);",
        "false\nError | ERR_INTERNAL_ASSERTION |  | zlib binding closed\nclosed true null true\nclose\nagain"),
    "info gives the engine, too": (
        "const { buffer, engine } = zlib.gunzipSync(zlib.gzipSync('hello'), { info: true });"
        " log(String(buffer), engine instanceof zlib.Gunzip, engine.bytesWritten, engine._handle);"
        " zlib.deflate('hello', { info: true }, (error, { buffer, engine }) =>"
        " log(buffer.length, engine.bytesWritten));",
        "hello true 25 null\n13 5"),
    "classes are functions of old": (
        "function Mine(options) { zlib.Inflate.call(this, options); } require('util').inherits(Mine, zlib.Inflate);"
        " const mine = new Mine(); log(mine instanceof require('stream').Transform, mine.constructor.name);"
        " log(String(mine._processChunk(zlib.deflateSync('whole'), zlib.constants.Z_FINISH)));"
        " process.emitWarning = (message, name, code) => log(code, message); log(zlib.Gzip() instanceof zlib.Gzip);",
        "true Mine\nwhole\nDEP0184 Instantiating Gzip without the 'new' keyword has been deprecated.\ntrue"),
    "the handle works on memory, step by step": (
        "const stream = new zlib.Inflate({ chunkSize: 64 }); const packed = zlib.deflateSync('ab'.repeat(100));"
        " const parts = []; let at = 0, left = packed.length, room; do { const out = Buffer.alloc(64);"
        " stream._handle.writeSync(4, packed, at, left, out, 0, 64); const [space, rest] = stream._writeState;"
        " parts.push(out.subarray(0, 64 - space)); at += left - rest; left = rest; room = space; } while (room === 0);"
        " log(parts.map((part) => part.length).join(), left, String(Buffer.concat(parts)) === 'ab'.repeat(100));"
        " stream.close();",
        "64,64,64,8 0 true"),
    "crc32 goes on from a value": (
        "log(zlib.crc32('hello'), zlib.crc32('lo', zlib.crc32(Buffer.from('hel'))), zlib.crc32(''));"
        " log(told(() => zlib.crc32(5))); log(told(() => zlib.crc32('', -1)));",
        '907060870 907060870 0\nTypeError | ERR_INVALID_ARG_TYPE |  | The "data" argument must be of type string or an '
        "instance of Buffer, TypedArray, or DataView. Received type number (5)\n"
        'RangeError | ERR_OUT_OF_RANGE |  | The value of "value" is out of range. It must be >= 0 && <= 4294967295. '
        "Received -1"),
    "a slow reader stops the work": (
        "const stream = zlib.createGunzip(); stream.end(zlib.gzipSync(Buffer.alloc(2e7))); setTimeout(() => {"
        " log(stream.readableLength > 0, stream.readableLength < 500000); let length = 0;"
        " stream.on('data', (d) => length += d.length).on('end', () => log(length)); }, 300); stream.read(0);",
        "true true\n20000000"),
    "web streams compress, too": (
        "const { text: read } = require('stream/consumers'); (async () => { for (const format of ['gzip', 'deflate',"
        " 'deflate-raw', 'brotli']) log(format, await read(new Blob(['hello '.repeat(3)]).stream().pipeThrough("
        "new CompressionStream(format)).pipeThrough(new DecompressionStream(format))));"
        " try { await read(new Blob([zlib.gzipSync('a'), 'rubbish']).stream().pipeThrough("
        "new DecompressionStream('gzip'))); } catch (error) { log(error.name); } })();",
        "gzip hello hello hello \ndeflate hello hello hello \ndeflate-raw hello hello hello \n"
        "brotli hello hello hello \nTypeError"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_zlib(name: str, command: list[str], tmp_path: Path) -> None:
    program, expected = PROGRAMS[name]
    write(tmp_path, {"program.js": PRELUDE + program})
    assert output(command, "program.js", folder=tmp_path) == expected + "\n"


def test_other_programs_read_it_and_are_read(command: list[str], tmp_path: Path) -> None:
    data = b" ".join(b"%d" % (number * number) for number in range(50_000))
    write(tmp_path, {"in.gz": gzip.compress(data), "program.js": PRELUDE + (
        "const fs = require('fs'); const data = zlib.gunzipSync(fs.readFileSync('in.gz'));"
        " fs.writeFileSync('out.gz', zlib.gzipSync(data)); fs.writeFileSync('out.z', zlib.deflateSync(data));"
        " const stream = zlib.createDeflate(); stream.pipe(fs.createWriteStream('changed.z')); stream.write(data);"
        " stream.params(1, 0, () => stream.end(data));")})
    output(command, "program.js", folder=tmp_path)
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == data
    assert zlib.decompress((tmp_path / "out.z").read_bytes()) == data
    assert zlib.decompress((tmp_path / "changed.z").read_bytes()) == data * 2


def test_a_flush_after_an_empty_chunk_is_a_flush_again(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": PRELUDE + """
        const flushes = async (stream) => {
          const pieces = [];
          stream.on('data', (piece) => pieces.push(piece.toString('hex')));
          for (const chunk of ['data', '', null, '']) {
            if (chunk !== null) stream.write(Buffer.from(chunk));
            await new Promise((done) => stream.flush(zlib.constants.Z_SYNC_FLUSH, done));
            pieces.push('|');
          }
          log(pieces.join(' '));
        };
        flushes(zlib.createDeflateRaw()).then(() => zlib.createGzip().on('data', log).write(Buffer.alloc(0)));
    """})
    assert output(command, "a.js", folder=tmp_path) == (
        "4a492c4904000000ffff | 000000ffff | | 000000ffff |\n<Buffer 1f 8b 08 00 00 00 00 00 00 03>\n")


def test_streams_that_are_dropped_do_not_pile_up(tmp_path: Path) -> None:
    write(tmp_path, {"program.js": PRELUDE + (
        "let round = 0; const again = () => { for (let each = 0; each < 200; each++) zlib.createGzip().write('x');"
        " if (++round < 30) { gc(); setTimeout(again, 1); } else log(process.memoryUsage.rss()); }; again();")})
    found = int(re.sub(r"\D", "", output(OURO, "--expose-gc", "program.js", folder=tmp_path)))
    assert found < 500 * 2**20  # 6000 compressors have 1.6 GiB
