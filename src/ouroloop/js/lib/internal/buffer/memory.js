'use strict';

// Between strings and the memory of buffers, by natives that call V8's own routines; the way of long texts (see
// strings.js).
//
// Only ArrayBuffers and strings are passed; positions and lengths lie in memory that both sides see, and the result
// comes back in it. Where natives are of machine code, a call costs 0.05 us; elsewhere some microseconds.
//
// Callers have checked all ranges; nothing here looks at them again.

const binding = internalBinding('buffer');

const kStringMaxLength = 0x1fffffe8;

// Places in the frame: words of 64 bits, whose lower half comes first.
const RESULT = 0;
const POSITION = 2; // becomes an address
const LENGTH = 4;
const OTHER_POSITION = 6;
const OTHER_LENGTH = 8;

let words;
let isOfMachineCode;

function share() {
  words = new Int32Array(10);
  isOfMachineCode = binding.shareParameters(words.buffer);
}

/** Is a call cheap, so that it pays for a few bytes too? */
function isCheap() {
  if (words === undefined) share();
  return isOfMachineCode;
}

function putLong(place, value) {
  words[place] = value;
  words[place + 1] = Math.floor(value / 0x100000000);
}

function getLong(place) {
  return words[place + 1] * 0x100000000 + (words[place] >>> 0);
}

function pass(position, length) {
  if (words === undefined) share();
  putLong(POSITION, position);
  putLong(LENGTH, length);
}

function checkStringLength(length) {
  if (length <= kStringMaxLength) return;
  const { codes: { ERR_STRING_TOO_LONG } } = require('internal/errors');
  throw new ERR_STRING_TOO_LONG();
}

// From here on it pays to look whether all is ASCII, of which a string is made three times as fast.
const kWorthALook = 256;

function utf8Slice(view, start, end) {
  checkStringLength(end - start);
  if (end - start >= kWorthALook && isCheap()) {
    pass(view.byteOffset + start, end - start);
    if (binding.isAscii(view.buffer)) return latin1Slice(view, start, end);
  }
  pass(view.byteOffset + start, end - start);
  return binding.utf8Slice(view.buffer);
}

function latin1Slice(view, start, end) {
  checkStringLength(end - start);
  pass(view.byteOffset + start, end - start);
  return binding.latin1Slice(view.buffer);
}

/** `length` counts code units here and in `ucs2Write`. */
function ucs2Slice(view, start, length) {
  checkStringLength(length);
  pass(view.byteOffset + start, length);
  return binding.ucs2Slice(view.buffer);
}

/** @returns {number} how many bytes were written: whole characters only, U+FFFD for a lone surrogate */
function utf8Write(view, string, start, length) {
  pass(view.byteOffset + start, length);
  binding.utf8Write(view.buffer, string);
  return getLong(RESULT);
}

function latin1Write(view, string, start, length) {
  pass(view.byteOffset + start, length);
  binding.latin1Write(view.buffer, string);
}

function ucs2Write(view, string, start, length) {
  pass(view.byteOffset + start, length);
  binding.ucs2Write(view.buffer, string);
}

function utf8Length(string) {
  pass(0, 0);
  binding.utf8Length(string);
  return getLong(RESULT);
}

function isUtf8(view) {
  pass(view.byteOffset, view.byteLength);
  return binding.isUtf8(view.buffer);
}

function isAscii(view) {
  pass(view.byteOffset, view.byteLength);
  return binding.isAscii(view.buffer);
}

function isAsciiPart(view, start, length) {
  pass(view.byteOffset + start, length);
  return binding.isAscii(view.buffer);
}

/** @returns {number} where `needle` is in `view` from `start` on, -1 if it is not */
function find(view, needle, start) {
  pass(view.byteOffset + start, view.length - start);
  putLong(OTHER_POSITION, needle.byteOffset);
  putLong(OTHER_LENGTH, needle.length);
  binding.find(view.buffer, needle.buffer);
  const found = getLong(RESULT);
  return found === 0 ? -1 : found - getLong(POSITION) + start;
}

function findByte(view, byte, start) {
  pass(view.byteOffset + start, view.length - start);
  words[OTHER_LENGTH] = byte;
  binding.findByte(view.buffer);
  const found = getLong(RESULT);
  return found === 0 ? -1 : found - getLong(POSITION) + start;
}

/** Less than 0, 0 or more, as `length` bytes of `a` sort before, with or after those of `b`. */
function compare(a, aStart, b, bStart, length) {
  pass(a.byteOffset + aStart, length);
  putLong(OTHER_POSITION, b.byteOffset + bStart);
  binding.compare(a.buffer, b.buffer);
  return words[RESULT];
}

module.exports = {
  checkStringLength,
  compare,
  find,
  findByte,
  isAscii,
  isAsciiPart,
  isCheap,
  isUtf8,
  kStringMaxLength,
  latin1Slice,
  latin1Write,
  ucs2Slice,
  ucs2Write,
  utf8Length,
  utf8Slice,
  utf8Write,
};
