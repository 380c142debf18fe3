'use strict';

// What the functions of `fs` accept: paths, flags, options, times, buffers; and how it is checked.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE },
  uvException,
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateInt32, validateInteger, validateObject, validateOneOf,
  validateUint32, parseFileMode,
} = require('internal/validators');
const { isArrayBufferView, isUint8Array, isDate } = require('internal/util/types');
const { kEmptyObject } = require('internal/util');
const { fs: constants } = internalBinding('constants');

const {
  O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY, F_OK, X_OK, W_OK, R_OK, COPYFILE_EXCL,
  COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE,
} = constants;

const MAX_IO = 2 ** 31 - 1;

// Paths

function hasNull(path) {
  return typeof path === 'string' ? path.includes('\u0000') : path.includes(0);
}

/** A path as the operations take it: a string or bytes. */
function getValidatedPath(fileURLOrPath, name = 'path') {
  const isText = typeof fileURLOrPath === 'string';
  const path = isText ? fileURLOrPath : require('internal/url').toPathIfFileURL(fileURLOrPath);
  validatePath(path, name);
  return typeof path === 'string' && !path.isWellFormed() ? path.toWellFormed() : path;
}

function validatePath(path, name = 'path') {
  if (typeof path !== 'string' && !isUint8Array(path)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], path);
  }
  if (hasNull(path)) {
    throw new ERR_INVALID_ARG_VALUE(name, path, 'must be a string, Uint8Array, or URL without null bytes');
  }
}

/** A path as errors show it. */
function shown(path) {
  return typeof path === 'string' || path === undefined ? path : require('buffer').Buffer.from(path).toString();
}

function isFd(value) {
  return typeof value === 'number' && value >= 0 && value <= MAX_IO && Number.isInteger(value);
}

function getValidatedFd(fd, name = 'fd') {
  if (Object.is(fd, -0)) return 0;
  validateInt32(fd, name, 0);
  return fd;
}

// Flags and modes

const FLAGS = {
  '__proto__': null,
  'r': O_RDONLY,
  'rs': O_RDONLY | O_SYNC, 'sr': O_RDONLY | O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC, 'sr+': O_RDWR | O_SYNC,
  'w': O_TRUNC | O_CREAT | O_WRONLY,
  'wx': O_TRUNC | O_CREAT | O_WRONLY | O_EXCL, 'xw': O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL, 'xw+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  'a': O_APPEND | O_CREAT | O_WRONLY,
  'ax': O_APPEND | O_CREAT | O_WRONLY | O_EXCL, 'xa': O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  'as': O_APPEND | O_CREAT | O_WRONLY | O_SYNC, 'sa': O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL, 'xa+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC, 'sa+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
};

function stringToFlags(flags, name = 'flags') {
  if (typeof flags === 'number') {
    validateInt32(flags, name);
    return flags;
  }
  if (flags == null) return O_RDONLY;
  const number = FLAGS[flags];
  if (number === undefined) throw new ERR_INVALID_ARG_VALUE(name, flags);
  return number;
}

function getValidMode(mode, kind) {
  const [min, max, otherwise] = kind === 'copyFile' ?
    [0, COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE, 0] :
    [F_OK, F_OK | R_OK | W_OK | X_OK, F_OK];
  if (mode == null) return otherwise;
  validateInteger(mode, 'mode', min, max);
  return mode;
}

function validateSymlinkType(type) {
  validateOneOf(type, 'type', ['dir', 'file', 'junction', null, undefined]);
}

// Options

function assertEncoding(encoding) {
  if (encoding && encoding !== 'buffer' && !require('buffer').Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
}

/** Options that may also be just an encoding, or a callback in their place. */
function getOptions(options, defaults = kEmptyObject) {
  if (options == null || typeof options === 'function') return defaults;
  if (typeof options === 'string') {
    defaults = { ...defaults };
    defaults.encoding = options;
    options = defaults;
  } else if (typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', ['string', 'Object'], options);
  }
  if (options.encoding !== 'buffer') assertEncoding(options.encoding);
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  return options;
}

function copyObject(source) {
  const copy = {};
  for (const key in source) copy[key] = source[key];
  return copy;
}

// Times

function toUnixTimestamp(time, name = 'time') {
  // eslint-disable-next-line eqeqeq -- text that is a number counts as one
  if (typeof time === 'string' && +time == time) return +time;
  if (Number.isFinite(time)) return time < 0 ? Date.now() / 1000 : time; // as Node has it: before 1970 is now
  if (isDate(time)) return time.getTime() / 1000;
  throw new ERR_INVALID_ARG_TYPE(name, ['Date', 'Time in seconds'], time);
}

// Buffers

function validateOffsetLengthRead(offset, length, bufferLength) {
  if (offset < 0) throw new ERR_OUT_OF_RANGE('offset', '>= 0', offset);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  if (offset + length > bufferLength) throw new ERR_OUT_OF_RANGE('length', `<= ${bufferLength - offset}`, length);
}

function validateOffsetLengthWrite(offset, length, byteLength) {
  if (offset > byteLength) throw new ERR_OUT_OF_RANGE('offset', `<= ${byteLength}`, offset);
  if (length > byteLength - offset) throw new ERR_OUT_OF_RANGE('length', `<= ${byteLength - offset}`, length);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  validateInt32(length, 'length', 0);
}

const FARTHEST = 2 ** 63 - 1024;

/** A file position: -1 stands for "where the file is". */
function validatePosition(position, name, length) {
  if (position === undefined || position === null) return -1;
  if (typeof position === 'number') {
    validateInteger(position, name, -1);
    return position;
  }
  if (typeof position === 'bigint') {
    const max = 2n ** 63n - 1n - BigInt(length);
    if (!(position >= -1n && position <= max)) throw new ERR_OUT_OF_RANGE(name, `>= -1 && <= ${max}`, position);
    // As a float it must stay below 2 ** 63; so far out there is nothing anyway.
    return Math.min(Number(position), FARTHEST);
  }
  throw new ERR_INVALID_ARG_TYPE(name, ['integer', 'bigint'], position);
}

/** Where to write, or to read into several buffers. What cannot be a place is "where the file is", as for Node. */
const positionOrHere = (position) => (Number.isSafeInteger(position) ? position : -1);

function validateBufferArray(buffers, name = 'buffers') {
  if (!Array.isArray(buffers)) throw new ERR_INVALID_ARG_TYPE(name, 'ArrayBufferView[]', buffers);
  for (const buffer of buffers) {
    if (!isArrayBufferView(buffer)) throw new ERR_INVALID_ARG_TYPE(name, 'ArrayBufferView[]', buffers);
  }
  return buffers;
}

function validateStringAfterArrayBufferView(buffer, name) {
  if (typeof buffer !== 'string') {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], buffer);
  }
}

// rm

function validatedRm(options) {
  if (options === undefined) return kEmptyObject;
  validateObject(options, 'options');
  const { force, recursive, retryDelay, maxRetries } = options;
  if (force !== undefined) validateBoolean(force, 'options.force');
  if (recursive !== undefined) validateBoolean(recursive, 'options.recursive');
  if (retryDelay !== undefined) validateInt32(retryDelay, 'options.retryDelay', 0);
  if (maxRetries !== undefined) validateUint32(maxRetries, 'options.maxRetries');
  return options;
}

/** The error of an operation that answered a negative errno. */
function failure(errno, syscall, path, dest) {
  return uvException({ errno, syscall, path: shown(path), dest: shown(dest) });
}

/** `failure`, of an operation on the thread pool: there is no call on the stack that it could name. */
function lateFailure(errno, syscall, path, dest) {
  const limit = Error.stackTraceLimit;
  if (!Object.isFrozen(Error)) Error.stackTraceLimit = 0;
  const error = failure(errno, syscall, path, dest);
  if (limit !== Error.stackTraceLimit) Error.stackTraceLimit = limit;
  return error;
}

module.exports = {
  copyObject, failure, getOptions, getValidMode, getValidatedFd, getValidatedPath, isFd, lateFailure, parseFileMode,
  positionOrHere, shown, stringToFlags, toUnixTimestamp, validateBufferArray,
  validateOffsetLengthRead, validateOffsetLengthWrite, validatePath, validatePosition,
  validateStringAfterArrayBufferView, validateSymlinkType, validatedRm,
};
