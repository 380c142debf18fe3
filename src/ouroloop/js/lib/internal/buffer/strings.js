'use strict';

// Between strings and bytes: UTF-8, UTF-16 and latin1, as the WHATWG Encoding Standard wants them.
//
// JavaScript has no way to make a string of bytes but one character at a time, at 3 to 5 ns each. WebAssembly's string
// instructions (the "stringref" proposal, which V8 has behind a flag) call V8's own routines on a WebAssembly memory: 100 bytes
// in 0.1 us, 1000 in 0.25, copying to and from that memory included. So short texts go through such a memory, and long
// ones by the natives (memory.js), which need no copy but cost 2 us. Where WebAssembly is not to be had, all go that way.
//
// Bytes that are no UTF-8 become U+FFFD, one for each maximal subpart; lone surrogates become EF BF BD. Writing never splits a
// character: what does not fit whole is left out. Callers have checked all ranges.

const memory = require('internal/buffer/memory');

// The most bytes, or code units, that take the short way: as UTF-8, three times as many fit into one page.
const kShort = 0x4000;
// Each byte of latin1 is made a code unit by a loop, so the natives are sooner worth their price.
const kShortLatin1 = 0xc00;
// Up to here a loop is faster than `TypedArray.prototype.set`.
const kLoop = 48;

const { set } = Uint8Array.prototype;

// ---- The WebAssembly module ----

/** A section or body: its length in bytes (LEB128), then what it holds. */
function sized(...content) {
  const body = content.flat(Infinity);
  const { length } = body;
  return length < 0x80 ? [length, ...body] : [(length & 0x7f) | 0x80, length >> 7, ...body];
}

const name = (text) => sized(Array.from(text, (character) => character.charCodeAt(0)));

function moduleBytes() {
  const [kI32, kStringRef, kFunction] = [0x7f, 0x67, 0x60];
  const [kTypes, kFunctions, kMemories, kExports, kCode] = [1, 3, 5, 7, 10];
  const [kExportFunction, kExportMemory] = [0, 2];
  const [kLocalGet, kEnd, kStringPrefix] = [0x20, 0x0b, 0xfb];
  // The instructions by the second byte of their number; the third is 1. All but the last name a memory, 0.
  const [kNewWtf16, kMeasureWtf8, kEncodeWtf16, kNewLossyUtf8, kEncodeLossyUtf8] = [0x81, 0x84, 0x87, 0x8b, 0x8d];
  const onMemory = (instruction) => sized(0, kLocalGet, 0, kLocalGet, 1, kStringPrefix, instruction, 1, 0, kEnd);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d], ...[1, 0, 0, 0],
    kTypes, ...sized(3,
      kFunction, 2, kI32, kI32, 1, kStringRef,
      kFunction, 2, kStringRef, kI32, 1, kI32,
      kFunction, 1, kStringRef, 1, kI32),
    kFunctions, ...sized(5, 0, 1, 0, 1, 2),
    kMemories, ...sized(1, 0, 1),
    kExports, ...sized(6,
      name('memory'), kExportMemory, 0,
      name('fromUtf8'), kExportFunction, 0,
      name('toUtf8'), kExportFunction, 1,
      name('fromUtf16'), kExportFunction, 2,
      name('toUtf16'), kExportFunction, 3,
      name('utf8Length'), kExportFunction, 4),
    kCode, ...sized(5,
      onMemory(kNewLossyUtf8), onMemory(kEncodeLossyUtf8), onMemory(kNewWtf16), onMemory(kEncodeWtf16),
      sized(0, kLocalGet, 0, kStringPrefix, kMeasureWtf8, 1, kEnd)),
  ]);
}

let wasm;
let bytes;
let units;
let isTried = false;

function start() {
  isTried = true;
  try {
    const { Module, Instance } = WebAssembly;
    wasm = new Instance(new Module(moduleBytes())).exports;
  } catch {
    return false; // no flag, no JIT, or no WebAssembly
  }
  bytes = new Uint8Array(wasm.memory.buffer);
  units = new Uint16Array(wasm.memory.buffer);
  return true;
}

/** Is this short, and is there a short way? */
function isShort(length) {
  return length <= kShort && (wasm !== undefined || (!isTried && start()));
}

// ---- To and from the page ----

function copyIn(view, start, length) {
  if (length > kLoop) set.call(bytes, new Uint8Array(view.buffer, view.byteOffset + start, length));
  else for (let i = 0; i < length; i++) bytes[i] = view[start + i];
}

function copyOut(view, start, length) {
  if (length > kLoop) set.call(view, new Uint8Array(wasm.memory.buffer, 0, length), start);
  else for (let i = 0; i < length; i++) view[start + i] = bytes[i];
  return length;
}

// ---- Conversions: `*Write` returns the number of bytes written ----

function utf8Slice(view, start, end) {
  const length = end - start;
  if (!isShort(length)) return memory.utf8Slice(view, start, end);
  copyIn(view, start, length);
  return wasm.fromUtf8(0, length);
}

function utf8Write(view, string, start, end) {
  if (!isShort(string.length)) return memory.utf8Write(view, string, start, end - start);
  const length = wasm.toUtf8(string, 0);
  const room = end - start;
  if (length <= room) return copyOut(view, start, length);
  let whole = room;
  while ((bytes[whole] & 0xc0) === 0x80) whole--;
  return copyOut(view, start, whole);
}

function utf8Length(string) {
  return isShort(string.length) ? wasm.utf8Length(string) : memory.utf8Length(string);
}

function latin1Slice(view, start, end) {
  const length = end - start;
  if (length > kShortLatin1 || !isShort(length)) return memory.latin1Slice(view, start, end);
  for (let i = 0; i < length; i++) units[i] = view[start + i];
  return wasm.fromUtf16(0, length);
}

function latin1Write(view, string, start, end) {
  const { length } = string;
  const count = Math.min(length, end - start);
  if (length > kShortLatin1 || !isShort(length)) {
    memory.latin1Write(view, string, start, count);
    return count;
  }
  wasm.toUtf16(string, 0);
  for (let i = 0; i < count; i++) view[start + i] = units[i];
  return count;
}

function ucs2Slice(view, start, end) {
  const count = (end - start) >> 1;
  if (!isShort(count)) return memory.ucs2Slice(view, start, count);
  copyIn(view, start, count * 2);
  return wasm.fromUtf16(0, count);
}

function ucs2Write(view, string, start, end) {
  const count = Math.min(string.length, (end - start) >> 1);
  if (isShort(string.length)) {
    wasm.toUtf16(string, 0);
    return copyOut(view, start, count * 2);
  }
  memory.ucs2Write(view, string, start, count);
  return count * 2;
}

module.exports = { latin1Slice, latin1Write, ucs2Slice, ucs2Write, utf8Length, utf8Slice, utf8Write };
