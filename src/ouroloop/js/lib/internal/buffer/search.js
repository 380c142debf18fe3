'use strict';

// Finding and comparing bytes.
//
// `find` looks for a run of bytes from a place on, forwards or backwards, at every step of one byte (or of two, for
// UTF-16, which matches at even places only). Forwards it jumps from one occurrence of the needle's first byte to the
// next with V8's own `indexOf`; where these turn out to be everywhere, it goes over to Horspool's skip table, or to
// the C library. Where a call of the C library is cheap (machine code, `memory.isCheap`), it looks for the bytes too,
// ten times as fast as V8.

const memory = require('internal/buffer/memory');

const { indexOf: indexOfByte, lastIndexOf: lastIndexOfByte } = Uint8Array.prototype;

const kFruitlessJumps = 64;
const kFruitlessCalls = 8; // as dear as those jumps
// Elsewhere `memmem` is called where there is so much to search that the call, some microseconds, does not count. It is
// five times as fast as V8's `indexOf` if the needle has some length, and no faster if it has not.
const kLong = 0x4000;
const kLongNeedle = 4;

function matches(haystack, at, needle) {
  for (let i = needle.length - 1; i >= 0; i--) if (haystack[at + i] !== needle[i]) return false;
  return true;
}

function findForwards(haystack, needle, from, step) {
  const isCheap = memory.isCheap();
  const isForNative = step === 1 && (isCheap || haystack.length - from >= kLong);
  if (isForNative && !isCheap && needle.length >= kLongNeedle) return memory.find(haystack, needle, from);
  const last = haystack.length - needle.length;
  let at = from;
  for (let left = isCheap ? kFruitlessCalls : kFruitlessJumps; left > 0; left--) {
    at = isCheap ? memory.findByte(haystack, needle[0], at) : indexOfByte.call(haystack, needle[0], at);
    if (at === -1 || at > last) return -1;
    if (at % step === 0 && matches(haystack, at, needle)) return at;
    at++;
  }
  return isForNative ? memory.find(haystack, needle, at) : findBySkipping(haystack, needle, at, step);
}

/** Horspool: the byte under the needle's end tells how far the needle can move on. */
function findBySkipping(haystack, needle, from, step) {
  const { length } = needle;
  const skip = new Uint32Array(256).fill(length);
  for (let i = 0; i < length - 1; i++) skip[needle[i]] = length - 1 - i;
  const end = haystack.length - length;
  for (let at = from; at <= end; at += skip[haystack[at + length - 1]]) {
    if (at % step === 0 && matches(haystack, at, needle)) return at;
  }
  return -1;
}

function findBackwards(haystack, needle, from, step) {
  let at = Math.min(from, haystack.length - needle.length);
  while (at >= 0) {
    at = lastIndexOfByte.call(haystack, needle[0], at);
    if (at === -1) return -1;
    if (at % step === 0 && matches(haystack, at, needle)) return at;
    at--;
  }
  return -1;
}

/** Where a search begins, for an offset that may count from the end or lie outside; -1: nowhere. */
function startOf(offset, length, needleLength, isForwards) {
  if (offset < 0) {
    if (offset + length >= 0) return offset + length;
    return isForwards || needleLength === 0 ? 0 : -1;
  }
  if (offset + needleLength <= length) return offset;
  if (needleLength === 0) return length;
  return isForwards ? -1 : length - 1;
}

function find(haystack, needle, offset, isForwards, isUtf16) {
  const length = isUtf16 ? haystack.length & ~1 : haystack.length;
  const start = startOf(offset, length, needle.length, isForwards);
  if (needle.length === 0) return start;
  if (start < 0 || needle.length > length || (isForwards && start + needle.length > length)) return -1;
  if (!isUtf16) return (isForwards ? findForwards : findBackwards)(haystack, needle, start, 1);
  if (needle.length < 2) return -1;
  const whole = needle.length % 2 === 0 ? needle : needle.subarray(0, needle.length - 1);
  return (isForwards ? findForwards : findBackwards)(haystack, whole, start - (start % 2), 2);
}

function findByte(haystack, byte, offset, isForwards) {
  const start = startOf(offset, haystack.length, 1, isForwards);
  if (start < 0) return -1;
  if (!isForwards) return lastIndexOfByte.call(haystack, byte, start);
  return memory.isCheap() ? memory.findByte(haystack, byte, start) : indexOfByte.call(haystack, byte, start);
}

const kWordsFrom = 64;
const kLoop = 24; // so many bytes are compared here sooner than by a call

/** Where `a` and `b` first differ, looking at `length` bytes. */
function mismatch(a, aStart, b, bStart, length) {
  let i = 0;
  if (length >= kWordsFrom && ((a.byteOffset + aStart) | (b.byteOffset + bStart)) % 4 === 0) {
    const words = length >> 2;
    const left = new Int32Array(a.buffer, a.byteOffset + aStart, words);
    const right = new Int32Array(b.buffer, b.byteOffset + bStart, words);
    while (i < words && left[i] === right[i]) i++;
    i *= 4;
  }
  while (i < length && a[aStart + i] === b[bStart + i]) i++;
  return i;
}

/** -1, 0 or 1, as the bytes of `a` sort before, with or after those of `b`. */
function compare(a, aStart, aEnd, b, bStart, bEnd) {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const length = Math.min(aLength, bLength);
  if (length > kLoop && memory.isCheap()) {
    return Math.sign(memory.compare(a, aStart, b, bStart, length) || aLength - bLength);
  }
  const at = mismatch(a, aStart, b, bStart, length);
  if (at < length) return a[aStart + at] < b[bStart + at] ? -1 : 1;
  return Math.sign(aLength - bLength);
}

function equals(a, b) {
  const { length } = a;
  if (length !== b.length) return false;
  if (length > kLoop && memory.isCheap()) return memory.compare(a, 0, b, 0, length) === 0;
  return mismatch(a, 0, b, 0, length) === length;
}

module.exports = { compare, equals, find, findByte };
