'use strict';

// Reading and writing numbers in buffers: the methods `readUInt8` to `writeDoubleBE` of `Buffer.prototype`.
//
// A method reads its first and last byte before anything else: `undefined` there is the one sign of a bad offset
// (outside, fractional, NaN), and only then is it worth finding out which. Floats and BigInts go through eight bytes
// of scratch memory; every processor that V8 is built for here is little-endian.

const {
  codes: { ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateNumber } = require('internal/validators');

let scratch;
let float32;
let float64;
let bigUint64;
let bigInt64;

// Made when first needed: memory made while the snapshot is built would be carried by it.
function makeScratch() {
  const memory = new ArrayBuffer(8);
  scratch = new Uint8Array(memory);
  float32 = new Float32Array(memory);
  float64 = new Float64Array(memory);
  bigUint64 = new BigUint64Array(memory);
  bigInt64 = new BigInt64Array(memory);
}

// ---- Complaints ----

/** `last` is the greatest value that would have been right. */
function throwBounds(value, last, name = 'offset') {
  if (Math.floor(value) !== value) {
    validateNumber(value, name);
    throw new ERR_OUT_OF_RANGE(name, 'an integer', value);
  }
  if (last < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS();
  throw new ERR_OUT_OF_RANGE(name, `>= ${name === 'offset' ? 0 : 1} and <= ${last}`, value);
}

function throwValue(value, min, max, size) {
  const n = typeof min === 'bigint' ? 'n' : '';
  if (size <= 4) throw new ERR_OUT_OF_RANGE('value', `>= ${min}${n} and <= ${max}${n}`, value);
  const bits = size * 8;
  const bounds = min == 0 ? // eslint-disable-line eqeqeq
    `>= 0${n} and < 2${n} ** ${bits}${n}` :
    `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
  throw new ERR_OUT_OF_RANGE('value', bounds, value);
}

// ---- Integers of one, two and four bytes ----

function readUInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) throwBounds(offset, this.length - 1);
  return value;
}

function readInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) throwBounds(offset, this.length - 1);
  return (value << 24) >> 24;
}

function readUInt16LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 2);
  return first | (last << 8);
}

function readUInt16BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 2);
  return (first << 8) | last;
}

function readInt16LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 2);
  return ((first | (last << 8)) << 16) >> 16;
}

function readInt16BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 1];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 2);
  return (((first << 8) | last) << 16) >> 16;
}

function readInt32LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 4);
  return first | (this[offset + 1] << 8) | (this[offset + 2] << 16) | (last << 24);
}

function readInt32BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 4);
  return (first << 24) | (this[offset + 1] << 16) | (this[offset + 2] << 8) | last;
}

function readUInt32LE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 4);
  return (first | (this[offset + 1] << 8) | (this[offset + 2] << 16) | (last << 24)) >>> 0;
}

function readUInt32BE(offset = 0) {
  validateNumber(offset, 'offset');
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) throwBounds(offset, this.length - 4);
  return ((first << 24) | (this[offset + 1] << 16) | (this[offset + 2] << 8) | last) >>> 0;
}

/** Looks at value and offset, in the order in which complaints are due; for one byte it is another. */
function checkWrite(buffer, value, offset, min, max, size) {
  if (size === 1) validateNumber(offset, 'offset');
  if (value > max || value < min) throwValue(value, min, max, size);
  validateNumber(offset, 'offset');
  const isInside = buffer[offset] !== undefined && buffer[offset + size - 1] !== undefined;
  if (!isInside) throwBounds(offset, buffer.length - size);
}

function writeByte(buffer, value, offset, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, 1);
  buffer[offset] = value;
  return offset + 1;
}

function write16LE(buffer, value, offset, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, 2);
  buffer[offset] = value;
  buffer[offset + 1] = value >>> 8;
  return offset + 2;
}

function write16BE(buffer, value, offset, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, 2);
  buffer[offset] = value >>> 8;
  buffer[offset + 1] = value;
  return offset + 2;
}

function write32LE(buffer, value, offset, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, 4);
  buffer[offset] = value;
  buffer[offset + 1] = value >>> 8;
  buffer[offset + 2] = value >>> 16;
  buffer[offset + 3] = value >>> 24;
  return offset + 4;
}

function write32BE(buffer, value, offset, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, 4);
  buffer[offset] = value >>> 24;
  buffer[offset + 1] = value >>> 16;
  buffer[offset + 2] = value >>> 8;
  buffer[offset + 3] = value;
  return offset + 4;
}

function writeUInt8(value, offset = 0) { return writeByte(this, value, offset, 0, 0xff); }
function writeInt8(value, offset = 0) { return writeByte(this, value, offset, -0x80, 0x7f); }
function writeUInt16LE(value, offset = 0) { return write16LE(this, value, offset, 0, 0xffff); }
function writeUInt16BE(value, offset = 0) { return write16BE(this, value, offset, 0, 0xffff); }
function writeInt16LE(value, offset = 0) { return write16LE(this, value, offset, -0x8000, 0x7fff); }
function writeInt16BE(value, offset = 0) { return write16BE(this, value, offset, -0x8000, 0x7fff); }
function writeUInt32LE(value, offset = 0) { return write32LE(this, value, offset, 0, 0xffffffff); }
function writeUInt32BE(value, offset = 0) { return write32BE(this, value, offset, 0, 0xffffffff); }
function writeInt32LE(value, offset = 0) { return write32LE(this, value, offset, -0x80000000, 0x7fffffff); }
function writeInt32BE(value, offset = 0) { return write32BE(this, value, offset, -0x80000000, 0x7fffffff); }

// ---- Integers of one to six bytes ----

function checkSize(size) {
  if (!(size >= 1 && size <= 6 && Number.isInteger(size))) throwBounds(size, 6, 'byteLength');
}

function checkRead(buffer, offset, size) {
  if (offset === undefined) throw new ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  checkSize(size);
  validateNumber(offset, 'offset');
  const isInside = buffer[offset] !== undefined && buffer[offset + size - 1] !== undefined;
  if (!isInside) throwBounds(offset, buffer.length - size);
}

function readUIntLE(offset, byteLength) {
  checkRead(this, offset, byteLength);
  let value = 0;
  for (let i = offset + byteLength - 1; i >= offset; i--) value = value * 0x100 + this[i];
  return value;
}

function readUIntBE(offset, byteLength) {
  checkRead(this, offset, byteLength);
  let value = 0;
  for (let i = offset; i < offset + byteLength; i++) value = value * 0x100 + this[i];
  return value;
}

/** The unsigned number of so many bytes, taken as two's complement. */
function toSigned(value, size) {
  return value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
}

function readIntLE(offset, byteLength) {
  return toSigned(readUIntLE.call(this, offset, byteLength), byteLength);
}

function readIntBE(offset, byteLength) {
  return toSigned(readUIntBE.call(this, offset, byteLength), byteLength);
}

function writeLE(buffer, value, offset, size, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, size);
  let rest = toBytesValue(value);
  for (let i = 0; i < size; i++) {
    buffer[offset + i] = rest;
    rest = Math.floor(rest / 0x100);
  }
  return offset + size;
}

function writeBE(buffer, value, offset, size, min, max) {
  value = +value;
  checkWrite(buffer, value, offset, min, max, size);
  let rest = toBytesValue(value);
  for (let i = size - 1; i >= 0; i--) {
    buffer[offset + i] = rest;
    rest = Math.floor(rest / 0x100);
  }
  return offset + size;
}

function toBytesValue(value) {
  return Number.isNaN(value) ? 0 : Math.trunc(value);
}

function writeUIntLE(value, offset, byteLength) {
  checkSize(byteLength);
  return writeLE(this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
}

function writeUIntBE(value, offset, byteLength) {
  checkSize(byteLength);
  return writeBE(this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
}

function writeIntLE(value, offset, byteLength) {
  checkSize(byteLength);
  const half = 2 ** (8 * byteLength - 1);
  return writeLE(this, value, offset, byteLength, -half, half - 1);
}

function writeIntBE(value, offset, byteLength) {
  checkSize(byteLength);
  const half = 2 ** (8 * byteLength - 1);
  return writeBE(this, value, offset, byteLength, -half, half - 1);
}

// ---- Floats and BigInts: bytes to scratch memory and back ----

function load(buffer, offset, size) {
  validateNumber(offset, 'offset');
  const isInside = buffer[offset] !== undefined && buffer[offset + size - 1] !== undefined;
  if (!isInside) throwBounds(offset, buffer.length - size);
  if (scratch === undefined) makeScratch();
}

function loadLE(buffer, offset, size) {
  load(buffer, offset, size);
  for (let i = 0; i < size; i++) scratch[i] = buffer[offset + i];
}

function loadBE(buffer, offset, size) {
  load(buffer, offset, size);
  for (let i = 0; i < size; i++) scratch[size - 1 - i] = buffer[offset + i];
}

function storeLE(buffer, offset, size) {
  for (let i = 0; i < size; i++) buffer[offset + i] = scratch[i];
  return offset + size;
}

function storeBE(buffer, offset, size) {
  for (let i = 0; i < size; i++) buffer[offset + i] = scratch[size - 1 - i];
  return offset + size;
}

function readFloatLE(offset = 0) {
  loadLE(this, offset, 4);
  return float32[0];
}

function readFloatBE(offset = 0) {
  loadBE(this, offset, 4);
  return float32[0];
}

function readDoubleLE(offset = 0) {
  loadLE(this, offset, 8);
  return float64[0];
}

function readDoubleBE(offset = 0) {
  loadBE(this, offset, 8);
  return float64[0];
}

function readBigUInt64LE(offset = 0) {
  loadLE(this, offset, 8);
  return bigUint64[0];
}

function readBigUInt64BE(offset = 0) {
  loadBE(this, offset, 8);
  return bigUint64[0];
}

function readBigInt64LE(offset = 0) {
  loadLE(this, offset, 8);
  return bigInt64[0];
}

function readBigInt64BE(offset = 0) {
  loadBE(this, offset, 8);
  return bigInt64[0];
}

function setFloat(buffer, value, offset) {
  value = +value;
  load(buffer, offset, 4);
  float32[0] = value;
}

function setDouble(buffer, value, offset) {
  value = +value;
  load(buffer, offset, 8);
  float64[0] = value;
}

function writeFloatLE(value, offset = 0) {
  setFloat(this, value, offset);
  return storeLE(this, offset, 4);
}

function writeFloatBE(value, offset = 0) {
  setFloat(this, value, offset);
  return storeBE(this, offset, 4);
}

function writeDoubleLE(value, offset = 0) {
  setDouble(this, value, offset);
  return storeLE(this, offset, 8);
}

function writeDoubleBE(value, offset = 0) {
  setDouble(this, value, offset);
  return storeBE(this, offset, 8);
}

function setBigInt(buffer, value, offset, min, max) {
  if (scratch === undefined) makeScratch();
  checkWrite(buffer, value, offset, min, max, 8);
  // Anything but a BigInt is a TypeError, which the assignment alone would not give for text.
  bigInt64[0] = typeof value === 'bigint' ? value : value | 0n;
}

function writeBigUInt64LE(value, offset = 0) {
  setBigInt(this, value, offset, 0n, 0xffffffffffffffffn);
  return storeLE(this, offset, 8);
}

function writeBigUInt64BE(value, offset = 0) {
  setBigInt(this, value, offset, 0n, 0xffffffffffffffffn);
  return storeBE(this, offset, 8);
}

function writeBigInt64LE(value, offset = 0) {
  setBigInt(this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
  return storeLE(this, offset, 8);
}

function writeBigInt64BE(value, offset = 0) {
  setBigInt(this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
  return storeBE(this, offset, 8);
}

/** All methods by name, in Node's order, those with a second spelling (`Uint` for `UInt`) under both. */
const methods = {
  readBigUInt64LE, readBigUInt64BE, readBigUint64LE: readBigUInt64LE, readBigUint64BE: readBigUInt64BE,
  readBigInt64LE, readBigInt64BE,
  writeBigUInt64LE, writeBigUInt64BE, writeBigUint64LE: writeBigUInt64LE, writeBigUint64BE: writeBigUInt64BE,
  writeBigInt64LE, writeBigInt64BE,
  readUIntLE, readUInt32LE, readUInt16LE, readUInt8, readUIntBE, readUInt32BE, readUInt16BE,
  readUintLE: readUIntLE, readUint32LE: readUInt32LE, readUint16LE: readUInt16LE, readUint8: readUInt8,
  readUintBE: readUIntBE, readUint32BE: readUInt32BE, readUint16BE: readUInt16BE,
  readIntLE, readInt32LE, readInt16LE, readInt8, readIntBE, readInt32BE, readInt16BE,
  writeUIntLE, writeUInt32LE, writeUInt16LE, writeUInt8, writeUIntBE, writeUInt32BE, writeUInt16BE,
  writeUintLE: writeUIntLE, writeUint32LE: writeUInt32LE, writeUint16LE: writeUInt16LE, writeUint8: writeUInt8,
  writeUintBE: writeUIntBE, writeUint32BE: writeUInt32BE, writeUint16BE: writeUInt16BE,
  writeIntLE, writeInt32LE, writeInt16LE, writeInt8, writeIntBE, writeInt32BE, writeInt16BE,
  readFloatLE, readFloatBE, readDoubleLE, readDoubleBE, writeFloatLE, writeFloatBE, writeDoubleLE, writeDoubleBE,
};

module.exports = { methods };
