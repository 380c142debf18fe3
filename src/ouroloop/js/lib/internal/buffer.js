'use strict';

// What a Buffer is made of: the class of its instances and the methods that need no `Buffer` function.
//
// Instances are made by `FastBuffer`, a subclass of Uint8Array whose prototype becomes `Buffer.prototype`. Small ones
// share a pool, an ArrayBuffer that is taken when first needed and left to its users when full. The `*Slice` and
// `*Write` methods are Node's inner ones, which programs have found: they check their ranges and convert, no more.

const { codes: { ERR_BUFFER_OUT_OF_BOUNDS } } = require('internal/errors');
const { markAsUntransferable } = require('internal/worker/js_transferable');
const { encodings } = require('internal/buffer/text');
const { methods: numberMethods } = require('internal/buffer/numbers');

const binding = internalBinding('buffer');

class FastBuffer extends Uint8Array {
  // Spelt out: V8 makes a typed array faster when it sees all the arguments.
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}

// ---- The pool ----

const kPoolKey = Symbol('pool');

let pool;
let poolBytes;
let poolOffset = 0;

function makeRoom(length, size) {
  if (pool !== undefined && length <= pool.byteLength - poolOffset) return;
  pool = new ArrayBuffer(size);
  poolBytes = new Uint8Array(pool);
  poolOffset = 0;
  // Others' bytes lie in it: who has one of the Buffers must not take the memory away from the rest.
  markAsUntransferable(pool);
  binding.setDetachKey(pool, kPoolKey);
}

function take(length) {
  const buffer = new FastBuffer(pool, poolOffset, length);
  // The next one begins where any typed array may begin.
  poolOffset = (poolOffset + length + 7) & ~7;
  return buffer;
}

/** A Buffer of `length` bytes in the pool; if a new pool is due, it gets `size` bytes. */
function pooled(length, size) {
  makeRoom(length, size);
  return take(length);
}

/** A Buffer in the pool with what `write` makes of the string, at most `limit` bytes. */
function pooledText(string, write, limit, size) {
  makeRoom(limit, size);
  return take(write(poolBytes, string, poolOffset, poolOffset + limit));
}

// ---- Inner conversions ----

// These three come from Node's C++ and bring no more than a code: no `[ERR_...]` at the head of their stack.
function complain(ErrorClass, code, message) {
  const error = new ErrorClass(message);
  error.code = code;
  throw error;
}

function checkView(view) {
  if (!ArrayBuffer.isView(view)) complain(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a buffer');
}

function checkString(string) {
  if (typeof string !== 'string') complain(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
}

function toIndex(value, byDefault) {
  if (value === undefined) return byDefault;
  const index = Math.trunc(+value) || 0;
  if (index < 0) complain(RangeError, 'ERR_OUT_OF_RANGE', 'Index out of range');
  return index;
}

/** The bytes of any view, since these methods take any. */
function bytesOf(view) {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function slicer({ slice }) {
  return function(start, end) {
    checkView(this);
    const bytes = bytesOf(this);
    const { length } = bytes;
    if (length === 0) return '';
    const from = toIndex(start, 0);
    const to = toIndex(end, length);
    if (to <= from) return '';
    if (to > length) complain(RangeError, 'ERR_OUT_OF_RANGE', 'Index out of range');
    return slice(bytes, from, to);
  };
}

/** For utf8, latin1 and ascii: a length beyond the end is an error. */
function strictWriter({ write }) {
  return function(string, offset = 0, length = this.byteLength - offset) {
    const size = this.byteLength;
    if (offset < 0 || offset > size) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
    if (length < 0 || length > size - offset) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
    checkView(this);
    checkString(string);
    const start = Math.trunc(+offset) || 0;
    return write(bytesOf(this), string, start, Math.min(size, start + (Math.trunc(+length) || 0)));
  };
}

/** For the others: it is cut to what there is. */
function writer({ write }) {
  return function(string, offset, length) {
    checkView(this);
    checkString(string);
    const start = toIndex(offset, 0);
    if (start > this.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
    const room = this.byteLength - start;
    return write(bytesOf(this), string, start, start + Math.min(toIndex(length, room), room));
  };
}

const { ascii, base64, base64url, hex, latin1, utf16le, utf8 } = encodings;

const innerMethods = {
  asciiSlice: slicer(ascii),
  base64Slice: slicer(base64),
  base64urlSlice: slicer(base64url),
  latin1Slice: slicer(latin1),
  hexSlice: slicer(hex),
  ucs2Slice: slicer(utf16le),
  utf8Slice: slicer(utf8),
  asciiWrite: strictWriter(ascii),
  base64Write: writer(base64),
  base64urlWrite: writer(base64url),
  latin1Write: strictWriter(latin1),
  hexWrite: writer(hex),
  ucs2Write: writer(utf16le),
  utf8Write: strictWriter(utf8),
};

module.exports = {
  FastBuffer,
  checkString,
  methods: { ...numberMethods, ...innerMethods },
  pooled,
  pooledText,
};
