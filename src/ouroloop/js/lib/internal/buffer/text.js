'use strict';

// The encodings of buffers: for each, how to turn bytes to text and text to bytes.
//
// An encoding is an object with `name`, `byteLength(string)`, `slice(view, start, end)` and `write(view, string,
// start, end)`, which returns the number of bytes written; ranges have been checked by the caller. Decoding is
// lenient: base64 takes both alphabets and skips what is in neither, hex stops at the first pair that is none, latin1
// keeps the low byte.

const strings = require('internal/buffer/strings');
const { checkStringLength } = require('internal/buffer/memory');

function range(view, start, end) {
  if (start === 0 && end === view.length) return view;
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

// Below this, a call of V8's decoders costs more than a loop.
const kShort = 48;

const sameLength = (string) => string.length;

function asciiSlice(view, start, end) {
  const masked = new Uint8Array(end - start);
  for (let i = start; i < end; i++) masked[i - start] = view[i] & 0x7f;
  return strings.latin1Slice(masked, 0, masked.length);
}

// ---- hex ----

function hexSlice(view, start, end) {
  checkStringLength((end - start) * 2);
  return range(view, start, end).toHex();
}

function hexDigit(unit) {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function hexWrite(view, string, start, end) {
  const count = Math.min(string.length >> 1, end - start);
  if (count < kShort) return hexWriteValid(view, string, start, count);
  try {
    const digits = string.length === count * 2 ? string : string.slice(0, count * 2);
    return range(view, start, start + count).setFromHex(digits).written;
  } catch {
    return hexWriteValid(view, string, start, count);
  }
}

function hexWriteValid(view, string, start, count) {
  for (let i = 0; i < count; i++) {
    const high = hexDigit(string.charCodeAt(2 * i));
    const low = hexDigit(string.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return i;
    view[start + i] = (high << 4) | low;
  }
  return count;
}

// ---- base64 ----

const kUrlAlphabet = { __proto__: null, alphabet: 'base64url', omitPadding: true };

function base64Slice(view, start, end) {
  checkStringLength(Math.ceil((end - start) / 3) * 4);
  return range(view, start, end).toBase64();
}

function base64urlSlice(view, start, end) {
  checkStringLength(Math.ceil((end - start) * 4 / 3));
  return range(view, start, end).toBase64(kUrlAlphabet);
}

/** As many bytes as so many characters can give; fewer come when some of them are to be skipped. */
function base64Length(string) {
  let { length } = string;
  if (length === 0) return 0;
  if (string.charCodeAt(length - 1) === 0x3d) length--;
  if (length > 1 && string.charCodeAt(length - 1) === 0x3d) length--;
  return Math.floor(length * 3 / 4);
}

function base64Write(view, string, start, end) {
  // V8's decoder writes whole groups of three bytes, so it is of use only when all fits.
  if (string.length < kShort || end - start < base64Length(string)) return base64WriteValid(view, string, start, end);
  const isUrl = string.includes('-') || string.includes('_');
  try {
    return range(view, start, end).setFromBase64(string, isUrl ? kUrlAlphabet : undefined).written;
  } catch {
    return base64WriteValid(view, string, start, end);
  }
}

function base64Digit(unit) {
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x47;
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  if (unit >= 0x30 && unit <= 0x39) return unit + 4;
  if (unit === 0x2b || unit === 0x2d) return 62;
  return unit === 0x2f || unit === 0x5f ? 63 : -1;
}

function base64WriteValid(view, string, start, end) {
  const { length } = string;
  let at = start;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < length && at < end; i++) {
    const unit = string.charCodeAt(i) & 0xff;
    if (unit === 0x3d) break;
    const digit = base64Digit(unit);
    if (digit < 0) continue;
    bits = (bits << 6) | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      view[at++] = bits >> held;
      bits &= 0xff;
    }
  }
  return at - start;
}

// ---- The table ----

const { latin1Slice, latin1Write, ucs2Slice, ucs2Write, utf8Length, utf8Slice, utf8Write } = strings;

const encodings = {
  __proto__: null,
  utf8: { name: 'utf8', byteLength: utf8Length, slice: utf8Slice, write: utf8Write },
  utf16le: { name: 'utf16le', byteLength: (string) => string.length * 2, slice: ucs2Slice, write: ucs2Write },
  latin1: { name: 'latin1', byteLength: sameLength, slice: latin1Slice, write: latin1Write },
  ascii: { name: 'ascii', byteLength: sameLength, slice: asciiSlice, write: latin1Write },
  base64: { name: 'base64', byteLength: base64Length, slice: base64Slice, write: base64Write },
  base64url: { name: 'base64url', byteLength: base64Length, slice: base64urlSlice, write: base64Write },
  hex: { name: 'hex', byteLength: (string) => string.length >>> 1, slice: hexSlice, write: hexWrite },
};

const names = new Map([
  ['utf8', encodings.utf8], ['utf-8', encodings.utf8],
  ['ucs2', encodings.utf16le], ['ucs-2', encodings.utf16le],
  ['utf16le', encodings.utf16le], ['utf-16le', encodings.utf16le],
  ['latin1', encodings.latin1], ['binary', encodings.latin1],
  ['ascii', encodings.ascii], ['base64', encodings.base64], ['base64url', encodings.base64url], ['hex', encodings.hex],
]);

/** @returns the encoding of that name, in any case; undefined if there is none */
function findEncoding(name) {
  return names.get(name) ?? names.get(`${name}`.toLowerCase());
}

module.exports = { encodings, findEncoding };
