'use strict';

// Between strings and the memory of buffers, by natives that call V8's own routines; the way of long texts (see
// strings.js).
//
// A native costs some microseconds to call and next to nothing for a byte. To make the call cheap, only the ArrayBuffer
// and the string are passed: position and length lie in memory that both sides see, and the result comes back in it.
//
// Callers have checked all ranges; nothing here looks at them again.

const binding = internalBinding('buffer');

const kStringMaxLength = 0x1fffffe8;

let parameters;

function pass(position, length) {
  if (parameters === undefined) {
    parameters = new Float64Array(4);
    binding.shareParameters(parameters.buffer);
  }
  parameters[0] = position;
  parameters[1] = length;
}

function checkStringLength(length) {
  if (length <= kStringMaxLength) return;
  const { codes: { ERR_STRING_TOO_LONG } } = require('internal/errors');
  throw new ERR_STRING_TOO_LONG();
}

function utf8Slice(view, start, end) {
  checkStringLength(end - start);
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
  return parameters[0];
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
  return parameters[0];
}

function isUtf8(view) {
  pass(view.byteOffset, view.byteLength);
  binding.isUtf8(view.buffer);
  return parameters[0] === 1;
}

function isAscii(view) {
  pass(view.byteOffset, view.byteLength);
  binding.isAscii(view.buffer);
  return parameters[0] === 1;
}

/** @returns {number} where `needle` is in `view` from `start` on, -1 if it is not */
function find(view, needle, start) {
  pass(view.byteOffset + start, view.length - start);
  parameters[2] = needle.byteOffset;
  parameters[3] = needle.length;
  binding.find(view.buffer, needle.buffer);
  return parameters[0] < 0 ? -1 : parameters[0] + start;
}

module.exports = {
  checkStringLength,
  find,
  isAscii,
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
