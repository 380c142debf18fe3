'use strict';

// Between strings and bytes: UTF-8, UTF-16 and latin1, as the WHATWG Encoding Standard wants them.
//
// JavaScript has no way to make a string of bytes but one character at a time, at 3 to 5 ns each. Natives (memory.js)
// have; where they are of machine code, a call costs 0.05 us, and they do nearly all. Elsewhere it costs 2 us, so short
// texts go through WebAssembly's memory (see string_module.js): 100 bytes in 0.1 us, 1000 in 0.25, copying included.
//
// Bytes that are no UTF-8 become U+FFFD, one for each maximal subpart; lone surrogates become EF BF BD. Writing never
// splits a character: what does not fit whole is left out. Callers have checked all ranges.

const memory = require('internal/buffer/memory');
const stringModule = require('internal/buffer/string_module');
const { kUnits } = stringModule;

// The most bytes, or code units, that take the short way.
const kShort = 0x8000;
// Writing latin1 goes unit by unit, so there the natives are sooner worth their price.
const kShortLatin1 = 0xc00;
// From here on decoding is worth while where natives are cheap.
const kWorthDecoding = 64;
// Up to here a loop is faster than `TypedArray.prototype.set`.
const kLoop = 48;

const { set } = Uint8Array.prototype;

let wasm;
let bytes;
let units;
let decoded;
let decodedBytes;
let isTried = false;

function start() {
  isTried = true;
  if (memory.isCheap()) {
    units = new Uint16Array(kShort / 2 + 2);
    bytes = new Uint8Array(units.buffer);
    decoded = new Uint16Array(kShort);
    decodedBytes = new Uint8Array(decoded.buffer);
    return false;
  }
  wasm = stringModule.start();
  if (wasm === undefined) return false;
  const { buffer } = wasm.memory;
  bytes = new Uint8Array(buffer);
  units = new Uint16Array(buffer);
  decoded = new Uint16Array(buffer, kUnits);
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
  if (!isShort(length)) return (length < kWorthDecoding ? memory.utf8Slice : nativeSlice)(view, start, end);
  copyIn(view, start, length);
  if (length === 0 || wasm.isAscii(length)) return wasm.fromUtf8(0, length);
  const count = decode(length);
  // V8's decoder takes 2.5 to 5 ns a byte where this takes 1; but it knows what to make of errors.
  return count < 0 ? wasm.fromUtf8(0, length) : wasm.fromUtf16(kUnits, count);
}

/** UTF-8 by a native, but for what is decoded here twice as fast. */
function nativeSlice(view, start, end) {
  const length = end - start;
  if (length > kShort || !memory.isCheap() || memory.isAsciiPart(view, start, length)) {
    return memory.utf8Slice(view, start, end);
  }
  copyIn(view, start, length);
  bytes.fill(0, length, length + 3);
  const count = decode(length);
  return count < 0 ? memory.utf8Slice(view, start, end) : memory.ucs2Slice(decodedBytes, 0, count);
}

/** Decode the bytes in the memory; @returns {number} of code units, -1 if something is wrong with them */
function decode(length) {
  let count = 0;
  let i = 0;
  while (i < length) {
    const first = bytes[i];
    if (first < 0x80) {
      decoded[count++] = first;
      i++;
      continue;
    }
    const second = bytes[i + 1];
    if (first < 0xc2 || (second & 0xc0) !== 0x80) return -1;
    if (first < 0xe0) {
      decoded[count++] = ((first & 0x1f) << 6) | (second & 0x3f);
      i += 2;
      continue;
    }
    const third = bytes[i + 2];
    if ((third & 0xc0) !== 0x80) return -1;
    if (first < 0xf0) {
      const unit = ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
      if (unit < 0x800 || (unit & 0xf800) === 0xd800) return -1;
      decoded[count++] = unit;
      i += 3;
      continue;
    }
    const fourth = bytes[i + 3];
    const point = ((first & 0x0f) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
    if ((fourth & 0xc0) !== 0x80 || point < 0x10000 || point > 0x10ffff) return -1;
    decoded[count++] = 0xd7c0 + (point >> 10);
    decoded[count++] = 0xdc00 | (point & 0x3ff);
    i += 4;
  }
  // There are zeros behind the end (`isAscii` puts them there), so a character that is cut off has been found wanting.
  return count;
}

function utf8Write(view, string, start, end) {
  if (start === end) return 0;
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
  if (!isShort(length)) return memory.latin1Slice(view, start, end);
  copyIn(view, start, length);
  wasm.widen(length);
  return wasm.fromUtf16(kUnits, length);
}

function latin1Write(view, string, start, end) {
  const { length } = string;
  const count = Math.min(length, end - start);
  if (length > kShortLatin1) {
    memory.latin1Write(view, string, start, count);
    return count;
  }
  if (isShort(length)) {
    wasm.toUtf16(string, 0);
  } else if (memory.isCheap()) {
    memory.ucs2Write(bytes, string, 0, count);
  } else {
    memory.latin1Write(view, string, start, count);
    return count;
  }
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
