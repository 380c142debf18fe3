'use strict';

// fs: files, by callbacks and synchronously. Promises are in `internal/fs/promises`, streams in `internal/fs/streams`.
//
// Theory of operation. Each function checks its arguments, then calls one operation of Python, in the form that waits
// or in the one that runs on the thread pool; the operation answers a negative errno when it fails, of which an error
// is made here. Buffers are named by their address in memory, so bytes are not copied; a buffer stays alive because the
// callback holds it.

const { Buffer } = require('buffer');
const {
  codes: { ERR_FS_FILE_TOO_LARGE, ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE, ERR_FS_EISDIR },
  AbortError, aggregateTwoErrors,
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInteger, validateObject, validateString, validateBuffer, validateEncoding,
} = require('internal/validators');
const {
  customPromisifyArgs, deprecate, kEmptyObject, promisify: { custom: kCustomPromisify }, warnOnce,
} = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const hooks = require('internal/async_hooks');
const { start } = require('internal/requests');
const {
  failure, getOptions, getValidMode, getValidatedFd, getValidatedPath, isFd, lateFailure, parseFileMode,
  positionOrHere, stringToFlags, toUnixTimestamp, validateBufferArray, validateOffsetLengthRead,
  validateOffsetLengthWrite, validatePosition, validateStringAfterArrayBufferView, validateSymlinkType, validatedRm,
} = require('internal/fs/arguments');
const calls = require('internal/fs/calls');
const ring = require('internal/fs/ring');
const inSteps = require('internal/fs/read/context');
const { addressOf } = calls;
const stats = require('internal/fs/stats');
const permission = require('internal/process/permission');

const binding = internalBinding('fs');
const { fs: constants, os: { errno: errnos } } = internalBinding('constants');
const { ENOENT, ENOTDIR } = stats;
const MAX_READ_FILE = 2 ** 31 - 1;

// Requests

/** The names of what a promise of it is fulfilled with (`util.promisify`). */
function namePromised(given, names) {
  Object.defineProperty(given, customPromisifyArgs, { __proto__: null, value: names, enumerable: false });
}

/** Tell a callback what comes of a promise; what it throws is no rejection. */
function tellLater(promise, callback) {
  promise.then(
    (result) => process.nextTick(callback, null, result), (error) => process.nextTick(callback, error));
}

function maybeCallback(callback) {
  validateFunction(callback, 'cb');
  return callback;
}

/** A request whose callback gets an error, or nothing. */
function plain(callback, syscall, path, dest) {
  return start((errno) => {
    hooks.recorder?.called(callback);
    if (errno < 0) callback(lateFailure(errno, syscall, path, dest));
    else callback(null);
  });
}

/** A request whose callback gets an error, or null and what came, perhaps converted. */
function giving(callback, syscall, path, convert) {
  return start((errno, result) => {
    hooks.recorder?.called(callback);
    if (errno < 0) callback(lateFailure(errno, syscall, path));
    else callback(null, convert === undefined ? result : convert(result));
  });
}

/** What an operation that waits has answered, or its error. */
function answer(result, syscall, path, dest) {
  if (typeof result === 'number' && result < 0) fail(result, syscall, path, dest);
  return result;
}

function fail(errno, syscall, path, dest) {
  const error = failure(errno, syscall, path, dest);
  Error.captureStackTrace(error, answer);
  throw error;
}

// Encodings of names

const asBytes = (encoding) => encoding != null && encoding !== 'utf8' && encoding !== 'utf-8';

function decodeName(name, encoding) {
  if (typeof name === 'string' || name === undefined || name === null) return name;
  const buffer = Buffer.from(name);
  return encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

// Is it there

function access(path, mode, callback) {
  if (typeof mode === 'function') {
    callback = mode;
    mode = constants.F_OK;
  }
  path = getValidatedPath(path);
  callback = maybeCallback(callback);
  ring.accessAsync(plain(callback, 'access', path), path, getValidMode(mode, 'access'));
}

function accessSync(path, mode) {
  path = getValidatedPath(path);
  answer(calls.access(path, getValidMode(mode, 'access')), 'access', path);
}

function exists(path, callback) {
  callback = maybeCallback(callback);
  try {
    path = getValidatedPath(path);
  } catch {
    callback(false);
    return;
  }
  ring.accessAsync(start((errno) => {
    hooks.recorder?.called(callback);
    callback(errno === 0);
  }), path, constants.F_OK);
}

Object.defineProperty(exists, kCustomPromisify, {
  __proto__: null,
  value: function exists(path) {
    return new Promise((resolve) => fs.exists(path, resolve));
  },
});

function existsSync(path) {
  try {
    path = getValidatedPath(path);
  } catch (error) {
    if (error?.code === 'ERR_INVALID_ARG_TYPE') warnExistsArgument();
    return false;
  }
  const errno = calls.access(path, constants.F_OK);
  if (errno === permission.ACCESS_DENIED) throw failure(errno);
  return errno === 0;
}

const warnExistsArgument = deprecate(
  () => {}, 'Passing invalid argument types to fs.existsSync is deprecated', 'DEP0187');

// Opening and closing

function open(path, flags, mode, callback) {
  path = getValidatedPath(path);
  if (arguments.length < 3) {
    callback = flags;
    flags = 'r';
    mode = 0o666;
  } else if (typeof mode === 'function') {
    callback = mode;
    mode = 0o666;
  } else {
    mode = parseFileMode(mode, 'mode', 0o666);
  }
  const flagsNumber = stringToFlags(flags);
  callback = maybeCallback(callback);
  ring.openAsync(giving(callback, 'open', path), path, flagsNumber, mode);
}

function openSync(path, flags, mode) {
  path = getValidatedPath(path);
  return answer(calls.open(path, stringToFlags(flags), parseFileMode(mode, 'mode', 0o666)), 'open', path);
}

function openAsBlob(path, options = kEmptyObject) {
  validateObject(options, 'options');
  const type = options.type || '';
  validateString(type, 'options.type');
  path = getValidatedPath(path);
  // Reading it later is what can fail; that there is no such file is told at once.
  const { createBlobFromFilePath } = require('internal/blob');
  return Promise.resolve(createBlobFromFilePath(path, { type }));
}

function close(fd, callback = throwIfFailed) {
  fd = getValidatedFd(fd);
  if (callback !== throwIfFailed) callback = maybeCallback(callback);
  ring.closeAsync(plain(callback, 'close'), fd);
}

function throwIfFailed(error) {
  if (error != null) throw error;
}

function closeSync(fd) {
  answer(calls.close(getValidatedFd(fd)), 'close');
}

// Reading and writing at a descriptor

/** The arguments of read and readSync, in all their forms: { buffer, offset, length, position }. */
function readArguments(buffer, offset, length, position) {
  if (offset === undefined || offset === null) {
    offset = 0;
  } else {
    validateInteger(offset, 'offset', 0);
  }
  if (length === undefined) length = buffer.byteLength - offset;
  length |= 0;
  if (position === undefined) position = null;
  return { offset, length, position };
}

function read(fd, buffer, offsetOrOptions, length, position, callback) {
  fd = getValidatedFd(fd);
  let offset = offsetOrOptions;
  let params = null;
  if (arguments.length <= 4) {
    if (arguments.length === 4) {
      // read(fd, buffer, options, callback)
      if (offsetOrOptions != null) validateObject(offsetOrOptions, 'options');
      callback = length;
      params = offsetOrOptions;
    } else if (arguments.length === 3) {
      if (!isArrayBufferView(buffer)) {
        // read(fd, options, callback)
        params = buffer;
        ({ buffer = Buffer.alloc(16384) } = params ?? kEmptyObject);
      }
      callback = offsetOrOptions;
    } else {
      // read(fd, callback)
      callback = buffer;
      buffer = Buffer.alloc(16384);
    }
    if (params != null) validateObject(params, 'options');
    ({ offset = 0, length = buffer?.byteLength - offset, position = null } = params ?? kEmptyObject);
  }
  validateBuffer(buffer);
  callback = maybeCallback(callback);
  ({ offset, length, position } = readArguments(buffer, offset, length, position));
  if (length === 0) {
    process.nextTick(() => callback(null, 0, buffer));
    return;
  }
  if (buffer.byteLength === 0) {
    throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  }
  validateOffsetLengthRead(offset, length, buffer.byteLength);
  const at = validatePosition(position, 'position', length);
  const id = start((errno, bytesRead) => {
    hooks.recorder?.called(callback);
    if (errno < 0) callback(lateFailure(errno, 'read'), 0, buffer);
    else callback(null, bytesRead, buffer);
  });
  ring.readAsync(id, fd, addressOf(buffer, offset), length, at);
}

namePromised(read, ['bytesRead', 'buffer']);

function readSync(fd, buffer, offsetOrOptions, length, position) {
  fd = getValidatedFd(fd);
  validateBuffer(buffer);
  let offset = offsetOrOptions;
  if (arguments.length <= 3 || (typeof offsetOrOptions === 'object' && offsetOrOptions !== null)) {
    if (offsetOrOptions != null) validateObject(offsetOrOptions, 'options');
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offsetOrOptions ?? kEmptyObject);
  }
  ({ offset, length, position } = readArguments(buffer, offset, length, position));
  if (length === 0) return 0;
  if (buffer.byteLength === 0) {
    throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  }
  validateOffsetLengthRead(offset, length, buffer.byteLength);
  const at = validatePosition(position, 'position', length);
  return answer(calls.read(fd, buffer, offset, length, at), 'read');
}

// Views that are smaller than this, on average, are sooner copied into one than named one by one.
const SMALL_PIECE = 1024;

/** What writes so many small views: `write`, given one that has all; undefined if they are not small, or too few. */
function inOne(buffers) {
  if (buffers.length < 4) return undefined;
  let size = 0;
  for (const buffer of buffers) size += buffer.byteLength;
  if (size > buffers.length * SMALL_PIECE) return undefined;
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const buffer of buffers) {
    whole.set(asBytesView(buffer), at);
    at += buffer.byteLength;
  }
  return whole;
}

function asBytesView(view) {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** [address, length, address, length ...] of several views. */
function piecesOf(buffers) {
  const pieces = [];
  for (const buffer of buffers) pieces.push(addressOf(buffer), buffer.byteLength);
  return pieces;
}

function vectored(name, syscall, isWriting) {
  return {
    async(fd, buffers, position, callback) {
      fd = getValidatedFd(fd);
      validateBufferArray(buffers);
      callback = maybeCallback(callback || position);
      if (isWriting && buffers.length === 0) {
        process.nextTick(callback, null, 0, buffers);
        return;
      }
      const whole = isWriting ? inOne(buffers) : undefined;
      const id = start((errno, count) => {
        void whole; // must live until now
        hooks.recorder?.called(callback);
        if (errno < 0) callback(lateFailure(errno, syscall), 0, buffers);
        else callback(null, count, buffers);
      });
      const at = positionOrHere(position);
      if (whole === undefined) ring[`${name}Async`](id, fd, piecesOf(buffers), at);
      else ring.writeAsync(id, fd, addressOf(whole), whole.length, at);
    },
    sync(fd, buffers, position) {
      fd = getValidatedFd(fd);
      validateBufferArray(buffers);
      if (isWriting && buffers.length === 0) return 0;
      const at = positionOrHere(position);
      const whole = isWriting ? inOne(buffers) : undefined;
      if (whole !== undefined) return answer(calls.write(fd, whole, 0, whole.length, at), syscall);
      return answer(binding[name](fd, piecesOf(buffers), at), syscall);
    },
  };
}

const vectoredRead = vectored('readv', 'read', false);
const vectoredWrite = vectored('writev', 'write', true);

function readv(fd, buffers, position, callback) {
  vectoredRead.async(fd, buffers, position, callback);
}

function readvSync(fd, buffers, position) {
  return vectoredRead.sync(fd, buffers, position);
}

function writev(fd, buffers, position, callback) {
  vectoredWrite.async(fd, buffers, position, callback);
}

function writevSync(fd, buffers, position) {
  return vectoredWrite.sync(fd, buffers, position);
}

namePromised(readv, ['bytesRead', 'buffers']);
namePromised(writev, ['bytesWritten', 'buffer']);

/** The range of a view that is to be written: { offset, length, position }. */
function writeRange(buffer, offsetOrOptions, length, position) {
  let offset = offsetOrOptions;
  if (typeof offset === 'object' && offset !== null) {
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offsetOrOptions);
  }
  if (offset == null || typeof offset === 'function') {
    offset = 0;
  } else {
    validateInteger(offset, 'offset', 0);
  }
  if (typeof length !== 'number') length = buffer.byteLength - offset;
  validateOffsetLengthWrite(offset, length, buffer.byteLength);
  return { offset, length, position: positionOrHere(position) };
}

function write(fd, buffer, offsetOrOptions, length, position, callback) {
  fd = getValidatedFd(fd);
  if (isArrayBufferView(buffer)) {
    callback = maybeCallback(callback || position || length || offsetOrOptions);
    if (typeof offsetOrOptions === 'object' && offsetOrOptions !== null) validateObject(offsetOrOptions, 'options');
    const range = writeRange(buffer, offsetOrOptions, length, position);
    const id = start((errno, written) => {
      hooks.recorder?.called(callback);
      if (errno < 0) callback(lateFailure(errno, 'write'), 0, buffer);
      else callback(null, written, buffer);
    });
    ring.writeAsync(id, fd, addressOf(buffer, range.offset), range.length, range.position);
    return;
  }
  validateStringAfterArrayBufferView(buffer, 'buffer');
  // write(fd, string[, position[, encoding]], callback)
  let encoding = length;
  let at = offsetOrOptions;
  if (typeof position !== 'function') {
    if (typeof offsetOrOptions === 'function') {
      position = offsetOrOptions;
      at = null;
      encoding = 'utf8';
    } else {
      position = typeof length === 'function' ? length : position;
      if (typeof length === 'function') encoding = 'utf8';
    }
  }
  validateEncoding(buffer, encoding);
  callback = maybeCallback(position);
  const text = buffer;
  const bytes = Buffer.from(text, encoding);
  const id = start((errno, written) => {
    void bytes; // must live until now
    hooks.recorder?.called(callback);
    if (errno < 0) callback(lateFailure(errno, 'write'), 0, text);
    else callback(null, written, text);
  });
  ring.writeAsync(id, fd, addressOf(bytes), bytes.length, positionOrHere(at));
}

namePromised(write, ['bytesWritten', 'buffer']);

function writeSync(fd, buffer, offsetOrOptions, length, position) {
  fd = getValidatedFd(fd);
  if (isArrayBufferView(buffer)) {
    const range = writeRange(buffer, offsetOrOptions, length, position);
    return answer(calls.write(fd, buffer, range.offset, range.length, range.position), 'write');
  }
  validateStringAfterArrayBufferView(buffer, 'buffer');
  validateEncoding(buffer, length);
  const bytes = Buffer.from(buffer, length);
  return answer(calls.write(fd, bytes, 0, bytes.length, positionOrHere(offsetOrOptions)), 'write');
}

// Whole files

function checkAborted(signal, callback) {
  if (!signal?.aborted) return true;
  callback(new AbortError(undefined, { cause: signal.reason }));
  return false;
}

function decoded(buffer, encoding) {
  return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
}

function readFile(path, options, callback) {
  callback ||= options;
  validateFunction(callback, 'cb');
  options = getOptions(options, { flag: 'r' });
  const { encoding, signal } = options;
  const target = isFd(path) ? path : getValidatedPath(path);
  const flags = stringToFlags(options.flag, 'options.flag');
  if (signal !== undefined && !checkAborted(signal, callback)) return;
  if (inSteps.isInSteps()) {
    inSteps.readInSteps(steps, target, flags, signal, (error, bytes) => {
      hooks.recorder?.called(callback);
      if (error) callback(error);
      else deliver(callback, bytes, encoding);
    });
    return;
  }
  const id = start((errno, result) => {
    if (signal?.aborted) callback(new AbortError(undefined, { cause: signal.reason }));
    else if (errno < 0) callback(wholeFailure(errno, 'read', target, result));
    else if (typeof result === 'number') callback(new ERR_FS_FILE_TOO_LARGE(result));
    else deliver(callback, Buffer.from(result), encoding);
  });
  binding.readFileAsync(id, target, flags);
}

const steps = { open, fstat, read, close };

function deliver(callback, bytes, encoding) {
  let result;
  try {
    result = decoded(bytes, encoding);
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, result);
}

/** What went wrong with a whole file: it could not be opened (`isOpening`), or not be read or written. */
function wholeFailure(errno, syscall, target, isOpening) {
  return isOpening ? lateFailure(errno, 'open', target) : lateFailure(errno, syscall);
}

const SCRATCH = 64 * 1024;
let scratch; // where files are read that become strings at once

function readFileSync(path, options) {
  const { encoding, flag } = getOptions(options, READING);
  const isOpen = isFd(path);
  const fd = isOpen ? path : fs.openSync(path, flag ?? 'r', 0o666);
  try {
    return readWhole(fd, encoding);
  } finally {
    if (!isOpen) fs.closeSync(fd);
  }
}

const READING = { flag: 'r' };

function readWhole(fd, encoding) {
  answer(calls.fstat(fd), 'fstat');
  const isText = encoding && encoding !== 'buffer';
  if (!stats.isPlainFile()) return readToEnd(fd, isText ? encoding : undefined);
  const size = stats.sizeOfFile();
  if (size > MAX_READ_FILE) throw new ERR_FS_FILE_TOO_LARGE(size);
  if (size === 0) return readToEnd(fd, isText ? encoding : undefined);
  const buffer = isText && size <= SCRATCH ? scratch ??= Buffer.allocUnsafeSlow(SCRATCH) : Buffer.allocUnsafeSlow(size);
  const readNext = buffer === scratch ? calls.read : calls.readIntoNew;
  let have = 0;
  while (have < size) {
    const count = answer(readNext(fd, buffer, have, size - have, -1), 'read');
    if (count === 0) break;
    have += count;
  }
  if (isText) return buffer.toString(encoding, 0, have);
  return have === size ? buffer : buffer.subarray(0, have);
}

/** All there is, of something that cannot tell how much that will be: a pipe, a file in /proc. */
function readToEnd(fd, encoding) {
  const chunks = [];
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(SCRATCH);
    const count = answer(calls.readIntoNew(fd, chunk, 0, SCRATCH), 'read');
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
  }
  const whole = Buffer.concat(chunks);
  return encoding ? whole.toString(encoding) : whole;
}

/** The bytes of what is to be written: a view as it is, a string encoded. */
function bytesOf(data, encoding) {
  if (isArrayBufferView(data)) return data;
  validateStringAfterArrayBufferView(data, 'data');
  return Buffer.from(data, encoding || 'utf8');
}

function writeOptions(options, flag) {
  const { encoding, mode, flag: given, flush = false, signal } = getOptions(options, WRITING);
  if (flush !== null) validateBoolean(flush, 'options.flush');
  return { encoding: encoding || 'utf8', mode: mode ?? 0o666, flag: given || flag, flush: flush === true, signal };
}

const WRITING = { encoding: 'utf8' };

function writeFile(path, data, options, callback) {
  callback ||= options;
  validateFunction(callback, 'cb');
  options = writeOptions(options, 'w');
  writeWhole(path, bytesOf(data, options.encoding), options, callback);
}

function writeWhole(path, bytes, options, callback) {
  const { flag, signal } = options;
  const target = isFd(path) ? path : getValidatedPath(path);
  stringToFlags(flag, 'options.flag');
  const mode = parseFileMode(options.mode, 'mode', 0o666);
  if (signal !== undefined && !checkAborted(signal, callback)) return;
  if (typeof target === 'number') {
    writeAll(target, bytes, 0, options, callback);
    return;
  }
  fs.open(target, flag, mode, (error, fd) => {
    if (error) callback(error);
    else writeAll(fd, bytes, 0, options, (failed) => closeAfter(fd, failed, callback));
  });
}

function closeAfter(fd, failed, callback) {
  fs.close(fd, (closing) => callback(aggregateTwoErrors(closing, failed)));
}

/** Write what comes after `offset`. By the functions that programs see, and may replace, as Node does. */
function writeAll(fd, bytes, offset, options, callback) {
  const { flush, signal } = options;
  if (signal !== undefined && !checkAborted(signal, callback)) return;
  fs.write(fd, bytes, offset, bytes.byteLength - offset, null, (error, written) => {
    if (error) callback(error);
    else if (offset + written < bytes.byteLength) writeAll(fd, bytes, offset + written, options, callback);
    else if (flush) fs.fsync(fd, callback);
    else callback(null);
  });
}

function writeFileSync(path, data, options) {
  writeWholeSync(path, data, writeOptions(options, 'w'));
}

function writeWholeSync(path, data, { encoding, flag, flush, mode }) {
  const bytes = bytesOf(data, encoding);
  const isOpen = isFd(path);
  const fd = isOpen ? path : fs.openSync(path, flag, mode);
  try {
    const size = bytes.byteLength;
    for (let done = 0; done < size;) done += answer(calls.writeOnce(fd, bytes, done, size - done), 'write');
    if (flush) fs.fsyncSync(fd);
  } finally {
    if (!isOpen) fs.closeSync(fd);
  }
}

function appendFile(path, data, options, callback) {
  callback = maybeCallback(callback || options);
  options = writeOptions(options, 'a');
  writeWhole(path, bytesOf(data, options.encoding), options, callback);
}

function appendFileSync(path, data, options) {
  writeWholeSync(path, data, writeOptions(options, 'a'));
}

// What stat tells

const isMissing = (errno) => errno === ENOENT || errno === ENOTDIR;

function statFunction(name, isForgiving = false) {
  return {
    async(target, options, callback, path) {
      const bigint = options?.bigint === true;
      const slot = stats.takeSlot();
      ring.ringOr(`${name}Async`)(start((errno) => {
        const found = errno < 0 ? undefined : stats.take(bigint, slot.words);
        stats.giveBack(slot);
        const isForgiven = isForgiving && options?.throwIfNoEntry === false && isMissing(errno);
        hooks.recorder?.called(callback);
        if (errno < 0 && !isForgiven) callback(lateFailure(errno, name, path));
        else callback(null, found);
      }), target, slot.address);
    },
    sync(target, options, path) {
      const errno = calls[name](target);
      if (errno === 0) return stats.take(options?.bigint === true);
      if (options?.throwIfNoEntry === false && isMissing(errno)) return undefined;
      return fail(errno, name, path);
    },
  };
}

const statOf = statFunction('stat', true);
const lstatOf = statFunction('lstat');
const fstatOf = statFunction('fstat');

function stat(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  statOf.async(path, options, callback, path);
}

function lstat(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  lstatOf.async(path, options, callback, path);
}

function fstat(fd, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  fd = getValidatedFd(fd);
  callback = maybeCallback(callback);
  fstatOf.async(fd, options, callback);
}

function statSync(path, options) {
  path = getValidatedPath(path);
  return statOf.sync(path, options, path);
}

function lstatSync(path, options) {
  path = getValidatedPath(path);
  return lstatOf.sync(path, options, path);
}

function fstatSync(fd, options) {
  return fstatOf.sync(getValidatedFd(fd), options);
}

function statfs(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'cb');
  path = getValidatedPath(path);
  ring.statfsAsync(giving(callback, 'statfs', path, (numbers) => stats.takeStatFs(numbers, options?.bigint)), path);
}

function statfsSync(path, options) {
  path = getValidatedPath(path);
  return stats.takeStatFs(answer(binding.statfs(path), 'statfs', path), options?.bigint);
}

// Directories

function mkdirOptions(options) {
  let mode = 0o777;
  let recursive = false;
  if (typeof options === 'number' || typeof options === 'string') {
    mode = parseFileMode(options, 'mode');
  } else if (options) {
    if (options.recursive !== undefined) {
      recursive = options.recursive;
      validateBoolean(recursive, 'options.recursive');
    }
    if (options.mode !== undefined) mode = parseFileMode(options.mode, 'options.mode');
  }
  return { mode, recursive };
}

function mkdir(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  path = getValidatedPath(path);
  callback = maybeCallback(callback);
  const { mode, recursive } = mkdirOptions(options);
  if (recursive) binding.makeTreeAsync(start((errno, first) => {
    if (errno < 0) callback(lateFailure(errno, 'mkdir', path));
    else if (first === null) callback(null);
    else callback(null, first);
  }), path, mode);
  else ring.mkdirAsync(plain(callback, 'mkdir', path), path, mode);
}

function mkdirSync(path, options) {
  path = getValidatedPath(path);
  const { mode, recursive } = mkdirOptions(options);
  if (!recursive) {
    answer(binding.mkdir(path, mode), 'mkdir', path);
    return undefined;
  }
  return answer(binding.makeTree(path, mode), 'mkdir', path) ?? undefined;
}

function prefixOf(prefix) {
  prefix = getValidatedPath(prefix, 'prefix');
  warnOfX(prefix);
  return prefix;
}

function warnOfX(prefix) {
  const endsInX = typeof prefix === 'string' ? prefix.endsWith('X') : prefix.at(-1) === 0x58;
  if (endsInX) {
    warnOnce('mkdtemp',
      'mkdtemp() templates ending with X are not portable. For details see: https://nodejs.org/api/fs.html');
  }
}

function template(prefix) {
  return typeof prefix === 'string' ? `${prefix}XXXXXX` : Buffer.concat([prefix, Buffer.from('XXXXXX')]);
}

function mkdtemp(prefix, options, callback) {
  callback = maybeCallback(typeof options === 'function' ? options : callback);
  const { encoding } = getOptions(options);
  prefix = prefixOf(prefix);
  ring.mkdtempAsync(
    giving(callback, 'mkdtemp', template(prefix), (name) => decodeName(name, encoding)), prefix, asBytes(encoding));
}

function mkdtempSync(prefix, options) {
  const { encoding } = getOptions(options);
  prefix = prefixOf(prefix);
  return decodeName(answer(binding.mkdtemp(prefix, asBytes(encoding)), 'mkdtemp', template(prefix)), encoding);
}

function mkdtempDisposableSync(prefix, options) {
  const folder = mkdtempSync(prefix, options);
  const full = require('path').resolve(process.cwd(), folder);
  const remove = () => rmSync(full, { maxRetries: 0, recursive: true, force: true, retryDelay: 0 });
  return { path: folder, remove, [Symbol.dispose]: remove };
}

/**
 * Names come as one text, with slashes between them: thousands of small strings would be slow to cross. As bytes, they
 * come one by one.
 */
function split(names) {
  if (typeof names !== 'string') return names;
  if (names === '') return [];
  return names.split('/');
}

function direntsOf([names, types], path, encoding) {
  const { Dirent } = require('internal/fs/dirent');
  return split(names).map((name, index) => new Dirent(decodeName(name, encoding), path, types.charCodeAt(index) - 48));
}

function readdir(path, options, callback) {
  callback = maybeCallback(typeof options === 'function' ? options : callback);
  options = getOptions(options);
  path = getValidatedPath(path);
  if (options.recursive != null) validateBoolean(options.recursive, 'options.recursive');
  const { encoding, withFileTypes } = options;
  if (options.recursive) {
    tellLater(readTree(path, options), callback);
    return;
  }
  const bytes = asBytes(encoding);
  if (withFileTypes) {
    const convert = (found) => direntsOf(found, path, encoding);
    ring.readdirTypesAsync(giving(callback, 'scandir', path, convert), path, bytes);
  } else {
    const convert = (names) => (bytes ? names.map((name) => decodeName(name, encoding)) : split(names));
    ring.readdirAsync(giving(callback, 'scandir', path, convert), path, bytes);
  }
}

/** All entries below a directory, level by level; names are relative to it. */
async function readTree(path, options) {
  const found = [];
  const pending = [''];
  const { join } = require('path');
  const base = typeof path === 'string' ? path : Buffer.from(path).toString();
  while (pending.length > 0) {
    const relative = pending.shift();
    const folder = relative === '' ? base : join(base, relative);
    const [names, types] = await new Promise((resolve, reject) => {
      const settle = (error, result) => (error ? reject(error) : resolve(result));
      ring.readdirTypesAsync(giving(settle, 'scandir', folder), folder, false);
    });
    collect(found, pending, names, types, relative, folder, options);
  }
  return found;
}

function collect(found, pending, names, types, relative, folder, { withFileTypes, encoding }) {
  const { Dirent } = require('internal/fs/dirent');
  const { join } = require('path');
  split(names).forEach((name, index) => {
    const inside = join(relative, name);
    const type = types.charCodeAt(index) - 48;
    if (withFileTypes) found.push(new Dirent(recode(name, encoding), folder, type));
    else found.push(recode(inside, encoding));
    if (type === constants.UV_DIRENT_DIR) pending.push(inside);
  });
}

function recode(name, encoding) {
  if (!asBytes(encoding)) return name;
  return decodeName(Buffer.from(name), encoding);
}

function readTreeSync(path, options) {
  const found = [];
  const pending = [''];
  const { join } = require('path');
  const base = typeof path === 'string' ? path : Buffer.from(path).toString();
  while (pending.length > 0) {
    const relative = pending.shift();
    const folder = relative === '' ? base : join(base, relative);
    const [names, types] = answer(binding.readdirTypes(folder, false), 'scandir', folder);
    collect(found, pending, names, types, relative, folder, options);
  }
  return found;
}

function readdirSync(path, options) {
  options = getOptions(options);
  path = getValidatedPath(path);
  if (options.recursive != null) validateBoolean(options.recursive, 'options.recursive');
  if (options.recursive) return readTreeSync(path, options);
  const { encoding } = options;
  const bytes = asBytes(encoding);
  if (options.withFileTypes) {
    return direntsOf(answer(binding.readdirTypes(path, bytes), 'scandir', path), path, encoding);
  }
  const names = answer(binding.readdir(path, bytes), 'scandir', path);
  return bytes ? names.map((name) => decodeName(name, encoding)) : split(names);
}

function rmdir(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  path = getValidatedPath(path);
  callback = maybeCallback(callback);
  if (wantsTree(options)) {
    lstat(path, (error, found) => {
      if (error) callback(error);
      else if (found.isDirectory()) rm(path, { ...options, force: false }, callback);
      else callback(lateFailure(-errnos.ENOTDIR, 'rmdir', path));
    });
    return;
  }
  ring.rmdirAsync(plain(callback, 'rmdir', path), path);
}

function rmdirSync(path, options) {
  path = getValidatedPath(path);
  if (wantsTree(options)) {
    if (!lstatOf.sync(path, undefined, path).isDirectory()) fail(-errnos.ENOTDIR, 'rmdir', path);
    rmSync(path, { ...options, force: false });
    return;
  }
  answer(binding.rmdir(path), 'rmdir', path);
}

function wantsTree(options) {
  if (options === undefined) return false;
  validateObject(options, 'options');
  if (options.recursive !== undefined) validateBoolean(options.recursive, 'options.recursive');
  if (options.recursive) warnRecursive();
  return options.recursive === true;
}

const warnRecursive = deprecate(
  () => {},
  'In future versions of Node.js, fs.rmdir(path, { recursive: true }) will be removed. ' +
    'Use fs.rm(path, { recursive: true }) instead',
  'DEP0147');

/** The options of rm, or the error that it is a directory and `recursive` is not set. */
function rmOptions(path, options, found) {
  const checked = { retryDelay: 100, maxRetries: 0, recursive: false, force: false, ...validatedRm(options) };
  if (found?.isDirectory() && !checked.recursive) {
    throw new ERR_FS_EISDIR({
      code: 'EISDIR', message: 'is a directory', path: shownPath(path), syscall: 'rm', errno: errnos.EISDIR,
    });
  }
  return checked;
}

const shownPath = (path) => (typeof path === 'string' ? path : Buffer.from(path).toString());

function rm(path, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  path = getValidatedPath(path);
  const { force } = validatedRm(options);
  callback = maybeCallback(callback);
  lstat(path, (error, found) => {
    if (error) {
      callback(force && error.code === 'ENOENT' ? null : error);
      return;
    }
    let checked;
    try {
      checked = rmOptions(path, options, found);
    } catch (refusal) {
      callback(refusal);
      return;
    }
    const { maxRetries, retryDelay, recursive } = checked;
    binding.rmAsync(start((errno) => {
      if (errno === 0 || (force && errno === ENOENT)) callback(null);
      else callback(lateFailure(errno, 'rm', path));
    }), path, maxRetries, retryDelay, recursive);
  });
}

function rmSync(path, options) {
  path = getValidatedPath(path);
  const { force } = validatedRm(options);
  const found = lstatOf.sync(path, { throwIfNoEntry: !force }, path);
  if (found === undefined) return;
  const { maxRetries, retryDelay, recursive } = rmOptions(path, options, found);
  const errno = binding.rm(path, maxRetries, retryDelay, recursive);
  if (errno < 0 && !(force && errno === ENOENT)) throw failure(errno, 'rm', path);
}

// Names

function rename(oldPath, newPath, callback) {
  callback = maybeCallback(callback);
  oldPath = getValidatedPath(oldPath, 'oldPath');
  newPath = getValidatedPath(newPath, 'newPath');
  ring.renameAsync(plain(callback, 'rename', oldPath, newPath), oldPath, newPath);
}

function renameSync(oldPath, newPath) {
  oldPath = getValidatedPath(oldPath, 'oldPath');
  newPath = getValidatedPath(newPath, 'newPath');
  answer(binding.rename(oldPath, newPath), 'rename', oldPath, newPath);
}

function link(existingPath, newPath, callback) {
  callback = maybeCallback(callback);
  existingPath = getValidatedPath(existingPath, 'existingPath');
  newPath = getValidatedPath(newPath, 'newPath');
  ring.linkAsync(plain(callback, 'link', existingPath, newPath), existingPath, newPath);
}

function linkSync(existingPath, newPath) {
  existingPath = getValidatedPath(existingPath, 'existingPath');
  newPath = getValidatedPath(newPath, 'newPath');
  answer(binding.link(existingPath, newPath), 'link', existingPath, newPath);
}

function symlink(target, path, type, callback) {
  if (callback === undefined) {
    callback = maybeCallback(type);
    type = undefined;
  } else {
    validateSymlinkType(type);
  }
  target = getValidatedPath(target, 'target');
  path = getValidatedPath(path);
  ring.symlinkAsync(plain(maybeCallback(callback), 'symlink', target, path), target, path);
}

function symlinkSync(target, path, type) {
  validateSymlinkType(type);
  target = getValidatedPath(target, 'target');
  path = getValidatedPath(path);
  answer(binding.symlink(target, path), 'symlink', target, path);
}

function unlink(path, callback) {
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  ring.unlinkAsync(plain(callback, 'unlink', path), path);
}

function unlinkSync(path) {
  path = getValidatedPath(path);
  answer(binding.unlink(path), 'unlink', path);
}

function readlink(path, options, callback) {
  callback = maybeCallback(typeof options === 'function' ? options : callback);
  const { encoding } = getOptions(options);
  path = getValidatedPath(path, 'oldPath');
  const convert = (name) => decodeName(name, encoding);
  ring.readlinkAsync(giving(callback, 'readlink', path, convert), path, asBytes(encoding));
}

function readlinkSync(path, options) {
  const { encoding } = getOptions(options);
  path = getValidatedPath(path, 'oldPath');
  return decodeName(answer(binding.readlink(path, asBytes(encoding)), 'readlink', path), encoding);
}

/** What `realpath` found, or [errno, where it failed]. */
function realpathFound(found, encoding, fail) {
  if (Array.isArray(found)) return fail(found[0], 'lstat', found[1]);
  return decodeName(found, encoding);
}

function realpath(path, options, callback) {
  callback = maybeCallback(typeof options === 'function' ? options : callback);
  const { encoding } = getOptions(options);
  path = getValidatedPath(path);
  const id = start((errno, found) => {
    let failed = errno < 0 ? lateFailure(errno, 'lstat', path) : null;
    const fail = (...args) => void (failed = lateFailure(...args));
    const result = failed === null ? realpathFound(found, encoding, fail) : undefined;
    if (failed === null) callback(null, result);
    else callback(failed);
  });
  binding.realpathAsync(id, path, asBytes(encoding));
}

realpath.native = (path, options, callback) => {
  callback = maybeCallback(typeof options === 'function' ? options : callback);
  const { encoding } = getOptions(options);
  path = getValidatedPath(path);
  ring.realpathNativeAsync(
    giving(callback, 'realpath', path, (name) => decodeName(name, encoding)), path, asBytes(encoding));
};

function realpathSync(path, options) {
  const { encoding } = getOptions(options);
  path = getValidatedPath(path);
  return realpathFound(answer(binding.realpath(path, asBytes(encoding)), 'lstat', path), encoding, fail);
}

realpathSync.native = (path, options) => {
  const { encoding } = getOptions(options);
  path = getValidatedPath(path);
  return decodeName(answer(binding.realpathNative(path, asBytes(encoding)), 'realpath', path), encoding);
};

// Modes, owners, times

function onPath(name, syscall, convert) {
  return [
    (path, callback, ...args) => ring[`${name}Async`](plain(callback, syscall, path), path, ...convert(...args)),
    (path, ...args) => answer(binding[name](path, ...convert(...args)), syscall, path),
  ];
}

const [chmodAsync, chmodWaiting] = onPath('chmod', 'chmod', (mode) => [mode]);

function chmod(path, mode, callback) {
  path = getValidatedPath(path);
  mode = parseFileMode(mode, 'mode');
  chmodAsync(path, maybeCallback(callback), mode);
}

function chmodSync(path, mode) {
  path = getValidatedPath(path);
  chmodWaiting(path, parseFileMode(mode, 'mode'));
}

function fchmod(fd, mode, callback) {
  fd = getValidatedFd(fd);
  mode = parseFileMode(mode, 'mode');
  ring.fchmodAsync(plain(maybeCallback(callback), 'fchmod'), fd, mode);
}

function fchmodSync(fd, mode) {
  answer(binding.fchmod(getValidatedFd(fd), parseFileMode(mode, 'mode')), 'fchmod');
}

function checkOwner(uid, gid) {
  validateInteger(uid, 'uid', -1, 2 ** 32 - 1);
  validateInteger(gid, 'gid', -1, 2 ** 32 - 1);
}

function chown(path, uid, gid, callback) {
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  checkOwner(uid, gid);
  ring.chownAsync(plain(callback, 'chown', path), path, uid, gid);
}

function chownSync(path, uid, gid) {
  path = getValidatedPath(path);
  checkOwner(uid, gid);
  answer(binding.chown(path, uid, gid), 'chown', path);
}

function fchown(fd, uid, gid, callback) {
  fd = getValidatedFd(fd);
  checkOwner(uid, gid);
  ring.fchownAsync(plain(maybeCallback(callback), 'fchown'), fd, uid, gid);
}

function fchownSync(fd, uid, gid) {
  fd = getValidatedFd(fd);
  checkOwner(uid, gid);
  answer(binding.fchown(fd, uid, gid), 'fchown');
}

function lchown(path, uid, gid, callback) {
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  checkOwner(uid, gid);
  ring.lchownAsync(plain(callback, 'lchown', path), path, uid, gid);
}

function lchownSync(path, uid, gid) {
  path = getValidatedPath(path);
  checkOwner(uid, gid);
  answer(binding.lchown(path, uid, gid), 'lchown', path);
}

function utimes(path, atime, mtime, callback) {
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  ring.utimesAsync(plain(callback, 'utime', path), path, toUnixTimestamp(atime), toUnixTimestamp(mtime));
}

function utimesSync(path, atime, mtime) {
  path = getValidatedPath(path);
  answer(binding.utimes(path, toUnixTimestamp(atime), toUnixTimestamp(mtime)), 'utime', path);
}

function futimes(fd, atime, mtime, callback) {
  fd = getValidatedFd(fd);
  atime = toUnixTimestamp(atime, 'atime');
  mtime = toUnixTimestamp(mtime, 'mtime');
  ring.futimesAsync(plain(maybeCallback(callback), 'futime'), fd, atime, mtime);
}

function futimesSync(fd, atime, mtime) {
  fd = getValidatedFd(fd);
  answer(binding.futimes(fd, toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime')), 'futime');
}

function lutimes(path, atime, mtime, callback) {
  callback = maybeCallback(callback);
  path = getValidatedPath(path);
  ring.lutimesAsync(plain(callback, 'lutime', path), path, toUnixTimestamp(atime), toUnixTimestamp(mtime));
}

function lutimesSync(path, atime, mtime) {
  path = getValidatedPath(path);
  answer(binding.lutimes(path, toUnixTimestamp(atime), toUnixTimestamp(mtime)), 'lutime', path);
}

// Sizes, and what is on the disk

function truncate(path, length, callback) {
  if (typeof path === 'number') throw new ERR_INVALID_ARG_TYPE('path', ['string', 'Buffer', 'URL'], path);
  if (typeof length === 'function') {
    callback = length;
    length = 0;
  } else if (length === undefined) {
    length = 0;
  }
  validateInteger(length, 'len');
  length = Math.max(0, length);
  callback = maybeCallback(callback);
  fs.open(path, 'r+', (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    ring.ftruncateAsync(start((errno) => {
      const failed = errno < 0 ? lateFailure(errno, 'ftruncate') : null;
      fs.close(fd, (closing) => callback(aggregateTwoErrors(closing, failed)));
    }), fd, length);
  });
}

function truncateSync(path, length) {
  if (typeof path === 'number') throw new ERR_INVALID_ARG_TYPE('path', ['string', 'Buffer', 'URL'], path);
  if (length === undefined) length = 0;
  validateInteger(length, 'len');
  const fd = fs.openSync(path, 'r+');
  try {
    fs.ftruncateSync(fd, length);
  } finally {
    fs.closeSync(fd);
  }
}

function ftruncate(fd, length = 0, callback) {
  if (typeof length === 'function') {
    callback = length;
    length = 0;
  }
  fd = getValidatedFd(fd);
  validateInteger(length, 'len');
  callback = maybeCallback(callback);
  ring.ftruncateAsync(plain(callback, 'ftruncate'), fd, Math.max(0, length));
}

function ftruncateSync(fd, length = 0) {
  fd = getValidatedFd(fd);
  validateInteger(length, 'len');
  answer(binding.ftruncate(fd, Math.max(0, length)), 'ftruncate');
}

function fsync(fd, callback) {
  fd = getValidatedFd(fd);
  callback = maybeCallback(callback);
  if (permission.isEnabled()) callback(permission.disabled('fsync'));
  else ring.fsyncAsync(plain(callback, 'fsync'), fd);
}

function fsyncSync(fd) {
  if (permission.isEnabled()) throw permission.disabled('fsync');
  answer(binding.fsync(getValidatedFd(fd)), 'fsync');
}

function fdatasync(fd, callback) {
  fd = getValidatedFd(fd);
  callback = maybeCallback(callback);
  if (permission.isEnabled()) callback(permission.disabled('fdatasync'));
  else ring.fdatasyncAsync(plain(callback, 'fdatasync'), fd);
}

function fdatasyncSync(fd) {
  if (permission.isEnabled()) throw permission.disabled('fdatasync');
  answer(binding.fdatasync(getValidatedFd(fd)), 'fdatasync');
}

// Copying

function copyFile(source, destination, mode, callback) {
  if (typeof mode === 'function') {
    callback = mode;
    mode = 0;
  }
  source = getValidatedPath(source, 'src');
  destination = getValidatedPath(destination, 'dest');
  callback = maybeCallback(callback);
  mode = getValidMode(mode, 'copyFile');
  binding.copyFileAsync(plain(callback, 'copyfile', source, destination), source, destination, mode);
}

function copyFileSync(source, destination, mode) {
  source = getValidatedPath(source, 'src');
  destination = getValidatedPath(destination, 'dest');
  answer(binding.copyFile(source, destination, getValidMode(mode, 'copyFile')), 'copyfile', source, destination);
}

function cp(source, destination, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  callback = maybeCallback(callback);
  const { cp, validateOptions } = require('internal/fs/cp');
  options = validateOptions(options);
  source = getValidatedPath(source, 'src');
  destination = getValidatedPath(destination, 'dest');
  tellLater(cp(source, destination, options), callback);
}

function cpSync(source, destination, options) {
  const { cpSync, validateOptions } = require('internal/fs/cp');
  options = validateOptions(options);
  cpSync(getValidatedPath(source, 'src'), getValidatedPath(destination, 'dest'), options);
}

// Finding

function glob(pattern, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  callback = maybeCallback(callback);
  const { Glob } = require('internal/fs/glob');
  tellLater(new Glob(pattern, options).collect(), callback);
}

function globSync(pattern, options) {
  const { Glob } = require('internal/fs/glob');
  return new Glob(pattern, options).globSync();
}

// Watching and streaming: in their own files, read when they are asked for

function watch(filename, options, listener) {
  return require('internal/fs/watchers').watch(filename, options, listener);
}

function watchFile(filename, options, listener) {
  return require('internal/fs/watchers').watchFile(filename, options, listener);
}

function unwatchFile(filename, listener) {
  require('internal/fs/watchers').unwatchFile(filename, listener);
}

function opendir(path, options, callback) {
  require('internal/fs/dir').opendir(path, options, callback);
}

function opendirSync(path, options) {
  return require('internal/fs/dir').opendirSync(path, options);
}

function createReadStream(path, options) {
  const { ReadStream } = require('internal/fs/streams');
  return new ReadStream(path, options);
}

function createWriteStream(path, options) {
  const { WriteStream } = require('internal/fs/streams');
  return new WriteStream(path, options);
}

const fs = module.exports = {
  appendFile, appendFileSync, access, accessSync, chown, chownSync, chmod, chmodSync, close, closeSync, copyFile,
  copyFileSync, cp, cpSync, createReadStream, createWriteStream, exists, existsSync, fchown, fchownSync, fchmod,
  fchmodSync, fdatasync, fdatasyncSync, fstat, fstatSync, fsync, fsyncSync, ftruncate, ftruncateSync, futimes,
  futimesSync, glob, globSync, lchown, lchownSync, lchmod: undefined, lchmodSync: undefined, link, linkSync, lstat,
  lstatSync, lutimes, lutimesSync, mkdir, mkdirSync, mkdtemp, mkdtempDisposableSync, mkdtempSync, open, openSync,
  openAsBlob, readdir, readdirSync, read, readSync, readv, readvSync, readFile, readFileSync, readlink, readlinkSync,
  realpath, realpathSync, rename, renameSync, rm, rmSync, rmdir, rmdirSync, stat, statfs, statSync, statfsSync, symlink,
  symlinkSync, truncate, truncateSync, unwatchFile, unlink, unlinkSync, utimes, utimesSync, watch, watchFile, writeFile,
  writeFileSync, write, writeSync, writev, writevSync, opendir, opendirSync,

  Stats: deprecate(stats.Stats, 'fs.Stats constructor is deprecated.', 'DEP0180'),
  constants,
};

function lazily(name, load, enumerable = true) {
  Object.defineProperty(fs, name, {
    __proto__: null,
    configurable: true,
    enumerable,
    get() {
      const value = load();
      Object.defineProperty(fs, name, { __proto__: null, value, writable: true, configurable: true, enumerable });
      return value;
    },
    set(value) {
      Object.defineProperty(fs, name, { __proto__: null, value, writable: true, configurable: true, enumerable });
    },
  });
}

for (const name of ['ReadStream', 'WriteStream']) lazily(name, () => require('internal/fs/streams')[name]);
lazily('FileReadStream', () => fs.ReadStream);
lazily('FileWriteStream', () => fs.WriteStream);
lazily('Dir', () => require('internal/fs/dir').Dir);
lazily('Dirent', () => require('internal/fs/dirent').Dirent);
lazily('Utf8Stream', () => require('internal/fs/utf8_stream').Utf8Stream);
fs._toUnixTimestamp = toUnixTimestamp;
for (const name of ['F_OK', 'R_OK', 'W_OK', 'X_OK']) {
  Object.defineProperty(fs, name, {
    __proto__: null, configurable: false, enumerable: false,
    get: deprecate(() => constants[name], `fs.${name} is deprecated, use fs.constants.${name} instead`, 'DEP0176'),
  });
}
Object.defineProperty(fs, 'promises', {
  __proto__: null, configurable: true, enumerable: true, get: () => require('internal/fs/promises').exports,
});
