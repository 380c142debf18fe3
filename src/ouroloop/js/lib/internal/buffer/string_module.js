'use strict';

// A WebAssembly module that makes strings of the bytes in its memory, and bytes of strings.
//
// It has V8's string instructions (the "stringref" proposal, behind `--experimental-wasm-stringref`) as functions, and
// two loops over 8 or 16 bytes at a time. `start()` gives its exports, or undefined where V8 has no such flag, no JIT,
// or no SIMD:
//
//   fromUtf8(at, length), fromUtf16(at, units)   a string; what is no UTF-8 becomes U+FFFD, half pairs stay
//   toUtf8(string, at), toUtf16(string, at)      how many bytes or units it wrote; half pairs become U+FFFD in UTF-8
//   utf8Length(string)                           how many bytes `toUtf8` would write
//   isAscii(length)                              of the bytes at 0; destroys the 16 bytes behind them
//   widen(length)                                the bytes at 0 as units at `kUnits`
//
// Memory: three pages. What is converted begins at 0, what has been decoded at `kUnits`.

const kPages = 3;
const kUnits = 0x10000;

/** An unsigned number in LEB128. */
function leb(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** A section, body or name: its length, then what it holds. */
function sized(...content) {
  const body = content.flat(Infinity);
  return [...leb(body.length), ...body];
}

const text = (string) => sized(Array.from(string, (character) => character.charCodeAt(0)));

const [kI32, kV128, kStringRef] = [0x7f, 0x7b, 0x67];
const kEnd = 0x0b;
const localGet = (index) => [0x20, index];
const localSet = (index) => [0x21, index];
const localTee = (index) => [0x22, index];
const number = (value) => [0x41, value];
const [kAdd, kLessThan, kShiftLeft, kIsZero] = [0x6a, 0x49, 0x74, 0x45];
const loop = (...body) => [0x03, 0x40, ...body, kEnd];
const again = [0x0d, 0]; // if the value on the stack is not 0
const string = (instruction, ...memory) => [0xfb, instruction, 1, ...memory];
const simd = (instruction, ...operands) => [0xfd, instruction, ...operands];
const zero128 = simd(0x0c, ...new Uint8Array(16));
const [kLoad128, kLoadWidened, kStore128, kOr128, kHighBits] = [0x00, 0x02, 0x0b, 0x50, 0x64];

/** One of the string instructions that take two values and a memory. */
const stringFunction = (instruction) => sized(0, localGet(0), localGet(1), string(instruction, 0), kEnd);

const fromUtf8 = stringFunction(0x8b); // string.new_lossy_utf8
const toUtf8 = stringFunction(0x8d); // string.encode_lossy_utf8
const fromUtf16 = stringFunction(0x81); // string.new_wtf16
const toUtf16 = stringFunction(0x87); // string.encode_wtf16
const utf8Length = sized(0, localGet(0), string(0x84), kEnd); // string.measure_wtf8

/** From `i` on by `step`, while less than the first argument. */
const next = (i, step) => [localGet(i), number(step), kAdd, localTee(i), localGet(0), kLessThan, again];

const isAscii = sized(
  2, 1, kI32, 1, kV128,
  localGet(0), zero128, simd(kStore128, 0, 0),
  loop(
    localGet(2), localGet(1), simd(kLoad128, 0, 0), simd(kOr128), localSet(2),
    next(1, 16)),
  localGet(2), simd(kHighBits), kIsZero, kEnd);

const widen = sized(
  1, 1, kI32,
  loop(
    localGet(1), number(1), kShiftLeft, localGet(1), simd(kLoadWidened, 0, 0), simd(kStore128, 0, leb(kUnits)),
    next(1, 8)),
  kEnd);

function moduleBytes() {
  const types = [
    [0x60, 2, kI32, kI32, 1, kStringRef],
    [0x60, 2, kStringRef, kI32, 1, kI32],
    [0x60, 1, kStringRef, 1, kI32],
    [0x60, 1, kI32, 1, kI32],
    [0x60, 1, kI32, 0],
  ];
  const functions = [
    ['fromUtf8', 0, fromUtf8], ['toUtf8', 1, toUtf8], ['fromUtf16', 0, fromUtf16], ['toUtf16', 1, toUtf16],
    ['utf8Length', 2, utf8Length], ['isAscii', 3, isAscii], ['widen', 4, widen],
  ];
  const section = (id, count, content) => [id, ...sized(count, content)];
  return new Uint8Array([
    [0x00, 0x61, 0x73, 0x6d], [1, 0, 0, 0],
    section(1, types.length, types),
    section(3, functions.length, functions.map(([, type]) => type)),
    section(5, 1, [0, kPages]),
    section(7, functions.length + 1, [
      text('memory'), 2, 0, ...functions.map(([name], index) => [text(name), 0, index])]),
    section(10, functions.length, functions.map(([, , body]) => body)),
  ].flat(Infinity));
}

function start() {
  try {
    const { Instance, Module } = WebAssembly;
    return new Instance(new Module(moduleBytes())).exports;
  } catch {
    return undefined;
  }
}

module.exports = { kUnits, start };
