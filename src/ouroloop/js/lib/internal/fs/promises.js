'use strict';

// fs/promises and FileHandle.
//
// Theory of operation. `ask` turns one operation on the thread pool into a promise. What takes several steps (a whole
// file through a FileHandle, a tree) is an asynchronous function of such promises.
//
// What surprises people: closing a FileHandle waits for what is under way with it; and a FileHandle that is collected
// while it is open has its descriptor closed, with a warning, since that is a mistake of the program.

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const {
  codes: {
    ERR_FS_FILE_TOO_LARGE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_METHOD_NOT_IMPLEMENTED,
  },
  AbortError, aggregateTwoErrors,
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateBuffer, validateEncoding, validateInteger, validateObject,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { start } = require('internal/requests');
const {
  getOptions, getValidMode, getValidatedPath, lateFailure, parseFileMode, positionOrHere, stringToFlags,
  toUnixTimestamp, validateBufferArray, validateOffsetLengthRead, validateOffsetLengthWrite,
  validatePosition, validateStringAfterArrayBufferView, validateSymlinkType,
} = require('internal/fs/arguments');
const { addressOf } = require('internal/fs/calls');
const { ringOr } = require('internal/fs/ring');
const stats = require('internal/fs/stats');

const { fs: constants } = internalBinding('constants');

const kFd = Symbol('kFd');
const kRefs = Symbol('kRefs');
const kRef = Symbol('kRef');
const kUnref = Symbol('kUnref');
const kClosing = Symbol('kClosePromise');
const kLocked = Symbol('kLocked');
const CHUNK = 512 * 1024;
const READ_CHUNK = 64 * 1024;

/** A promise of what an operation on the pool answers. */
function ask(operation, syscall, path, dest, ...args) {
  return new Promise((resolve, reject) => {
    const id = start((errno, result) => {
      if (errno < 0) reject(new Failure(errno, syscall, path, dest));
      else resolve(result ?? undefined);
    });
    ringOr(`${operation}Async`)(id, ...args);
  }).then(undefined, fail);
}

/** What an operation has failed with: an errno, or an error that has no frames yet. */
class Failure {
  constructor(reason, syscall, path, dest) {
    this.error = typeof reason === 'number' ? lateFailure(reason, syscall, path, dest) : reason;
  }
}

/** The error gets its frames in a reaction, since there V8 knows who awaits the answer. */
function fail(reason) {
  if (!(reason instanceof Failure)) throw reason; // at once, for a bad argument
  Error.captureStackTrace(reason.error, fail);
  throw reason.error;
}

/** `ask`, of bytes at a FileHandle. */
function askAt(handle, operation, ...args) {
  return ask(operation, operation, undefined, undefined, handle.fd, ...args);
}

function askStat(operation, target, options, path) {
  const bigint = options?.bigint === true;
  const isForgiving = operation === 'stat' && options?.throwIfNoEntry === false;
  const slot = stats.takeSlot();
  return new Promise((resolve, reject) => {
    ringOr(`${operation}Async`)(start((errno) => {
      const found = errno < 0 ? undefined : stats.take(bigint, slot.words);
      stats.giveBack(slot);
      if (errno === 0) resolve(found);
      else if (isForgiving && (errno === stats.ENOENT || errno === stats.ENOTDIR)) resolve(undefined);
      else reject(new Failure(errno, operation, path));
    }), target, slot.address);
  }).then(undefined, fail);
}

// FileHandle

class FileHandle extends EventEmitter {
  constructor(fd) {
    super();
    this[kFd] = fd;
    this[kRefs] = 1;
    this[kClosing] = null;
    registry ??= new FinalizationRegistry(closeForgotten);
    registry.register(this, fd, this);
  }

  getAsyncId() {
    return -1;
  }

  get fd() {
    return this[kFd];
  }

  appendFile(data, options) {
    return within(writeFile, this, data, options);
  }

  chmod(mode) {
    return within(fchmod, this, mode);
  }

  chown(uid, gid) {
    return within(fchown, this, uid, gid);
  }

  datasync() {
    return within(fdatasync, this);
  }

  sync() {
    return within(fsync, this);
  }

  read(buffer, offset, length, position) {
    return within(read, this, buffer, offset, length, position);
  }

  readv(buffers, position) {
    return within(readv, this, buffers, position);
  }

  readFile(options) {
    return within(readFile, this, options);
  }

  readLines(options = undefined) {
    const { createInterface } = require('readline');
    return createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  stat(options) {
    return within(fstat, this, options);
  }

  truncate(length = 0) {
    return within(ftruncate, this, length);
  }

  utimes(atime, mtime) {
    return within(futimes, this, atime, mtime);
  }

  write(buffer, offset, length, position) {
    return within(write, this, buffer, offset, length, position);
  }

  writev(buffers, position) {
    return within(writev, this, buffers, position);
  }

  writeFile(data, options) {
    return within(writeFile, this, data, options);
  }

  close = () => {
    if (this[kFd] === -1) return Promise.resolve();
    if (this[kClosing] !== null) return this[kClosing];
    this[kRefs]--;
    if (this[kRefs] === 0) {
      this[kClosing] = closeHandle(this).finally(() => {
        this[kClosing] = undefined;
      });
    } else {
      this[kClosing] = new Promise((resolve, reject) => {
        this.closeResolve = resolve;
        this.closeReject = reject;
      }).finally(() => {
        this[kClosing] = undefined;
        delete this.closeResolve;
        delete this.closeReject;
      });
    }
    this.emit('close');
    return this[kClosing];
  };

  async [Symbol.asyncDispose]() {
    return this.close();
  }

  readableWebStream(options = kEmptyObject) {
    if (this[kFd] === -1) throw new ERR_INVALID_STATE('The FileHandle is closed');
    if (this[kClosing]) throw new ERR_INVALID_STATE('The FileHandle is closing');
    if (this[kLocked]) throw new ERR_INVALID_STATE('The FileHandle is locked');
    this[kLocked] = true;
    validateObject(options, 'options');
    const { autoClose = false, type = 'bytes' } = options;
    validateBoolean(autoClose, 'options.autoClose');
    if (type !== 'bytes') {
      process.emitWarning(
        'A non-"bytes" options.type has no effect. A byte-oriented steam is always created.', 'ExperimentalWarning');
    }
    const { ReadableStream } = require('internal/webstreams/readablestream');
    let controller;
    let isDone = false;
    const finish = async () => {
      if (isDone) return;
      isDone = true;
      this[kUnref]();
      if (autoClose) await this.close();
    };
    this[kRef]();
    const stream = new ReadableStream({
      type: 'bytes',
      autoAllocateChunkSize: 16384,
      start(given) {
        controller = given;
      },
      pull: async () => {
        const view = controller.byobRequest.view;
        const { bytesRead } = await this.read(view, 0, view.byteLength);
        if (isDone) return;
        if (bytesRead === 0) {
          controller.close();
          await finish();
        }
        controller.byobRequest?.respond(bytesRead);
      },
      cancel: finish,
    });
    this.once('close', () => {
      if (isDone) return;
      controller.close();
      controller.byobRequest?.respond(0);
      finish();
    });
    return stream;
  }

  createReadStream(options = undefined) {
    const { ReadStream } = require('internal/fs/streams');
    return new ReadStream(undefined, { ...options, fd: this });
  }

  createWriteStream(options = undefined) {
    const { WriteStream } = require('internal/fs/streams');
    return new WriteStream(undefined, { ...options, fd: this });
  }

  [kRef]() {
    this[kRefs]++;
  }

  [kUnref]() {
    this[kRefs]--;
    if (this[kRefs] === 0 && this.closeResolve) closeHandle(this).then(this.closeResolve, this.closeReject);
  }
}

let registry;

function closeForgotten(fd) {
  require('fs').closeSync(fd);
  process.emitWarning(`Closing file descriptor ${fd} on garbage collection`);
  process.emitWarning(
    'Closing a FileHandle object on garbage collection is deprecated. Please close FileHandle objects explicitly ' +
    'using FileHandle.prototype.close(). In the future, an error will be thrown if a file descriptor is closed ' +
    'during garbage collection.',
    'DeprecationWarning', 'DEP0137');
}

function closeHandle(handle) {
  const fd = handle[kFd];
  handle[kFd] = -1;
  registry.unregister(handle);
  return ask('close', 'close', undefined, undefined, fd);
}

/** Run an operation with a FileHandle, which is not closed meanwhile. */
async function within(operation, handle, ...args) {
  if (!(handle instanceof FileHandle) || handle[kFd] === undefined) {
    throw new ERR_INVALID_ARG_TYPE('filehandle', 'FileHandle', handle);
  }
  if (handle.fd === -1) {
    const error = new Error('file closed');
    error.code = 'EBADF';
    error.syscall = operation.name;
    throw error;
  }
  handle[kRef]();
  try {
    return await operation(handle, ...args);
  } finally {
    handle[kUnref]();
  }
}

/** Run an operation with a handle that is closed afterwards, whatever happens. */
async function thenClose(handle, operation) {
  let result;
  try {
    result = await operation();
  } catch (error) {
    try {
      await handle.close();
    } catch (closing) {
      throw aggregateTwoErrors(error, closing);
    }
    throw error;
  }
  await handle.close();
  return result;
}

function checkAborted(signal) {
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
}

// At a FileHandle

async function read(handle, bufferOrParams, offset, length, position) {
  let buffer = bufferOrParams;
  if (!isArrayBufferView(buffer)) {
    // read(options) or read()
    if (bufferOrParams !== undefined) validateObject(bufferOrParams, 'options', { nullable: true });
    ({
      buffer = Buffer.alloc(16384), offset = 0, length = buffer.byteLength - offset, position = null,
    } = bufferOrParams ?? kEmptyObject);
    validateBuffer(buffer);
  } else if (offset !== null && typeof offset === 'object') {
    // read(buffer, options)
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offset);
  }
  if (offset == null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  length ??= buffer.byteLength - offset;
  if (length === 0) return { __proto__: null, buffer, bytesRead: 0 };
  if (buffer.byteLength === 0) throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  validateOffsetLengthRead(offset, length, buffer.byteLength);
  const at = validatePosition(position, 'position', length);
  const bytesRead = await ask('read', 'read', undefined, undefined, handle.fd, addressOf(buffer, offset), length, at);
  return { __proto__: null, buffer, bytesRead };
}

async function readv(handle, buffers, position) {
  validateBufferArray(buffers);
  const at = positionOrHere(position);
  const bytesRead = await ask('readv', 'read', undefined, undefined, handle.fd, piecesOf(buffers), at);
  return { __proto__: null, bytesRead, buffers };
}

function piecesOf(buffers) {
  return buffers.flatMap((buffer) => [addressOf(buffer), buffer.byteLength]);
}

async function write(handle, buffer, offsetOrOptions, length, position) {
  if (buffer?.byteLength === 0) return { __proto__: null, bytesWritten: 0, buffer };
  if (!isArrayBufferView(buffer)) {
    validateStringAfterArrayBufferView(buffer, 'buffer');
    validateEncoding(buffer, length);
    const bytes = Buffer.from(buffer, length);
    const at = positionOrHere(offsetOrOptions);
    const bytesWritten = await askAt(handle, 'write', addressOf(bytes), bytes.length, at);
    return { __proto__: null, bytesWritten, buffer };
  }
  let offset = offsetOrOptions;
  if (typeof offset === 'object') {
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = offsetOrOptions ?? kEmptyObject);
  }
  if (offset == null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  if (typeof length !== 'number') length = buffer.byteLength - offset;
  validateOffsetLengthWrite(offset, length, buffer.byteLength);
  const at = positionOrHere(position);
  const bytesWritten = await askAt(handle, 'write', addressOf(buffer, offset), length, at);
  return { __proto__: null, bytesWritten, buffer };
}

async function writev(handle, buffers, position) {
  validateBufferArray(buffers);
  if (buffers.length === 0) return { __proto__: null, bytesWritten: 0, buffers };
  const at = positionOrHere(position);
  const bytesWritten = await ask('writev', 'write', undefined, undefined, handle.fd, piecesOf(buffers), at);
  return { __proto__: null, bytesWritten, buffers };
}

async function fstat(handle, options) {
  return await askStat('fstat', handle.fd, options);
}

async function fsync(handle) {
  return await ask('fsync', 'fsync', undefined, undefined, handle.fd);
}

async function fdatasync(handle) {
  return await ask('fdatasync', 'fdatasync', undefined, undefined, handle.fd);
}

async function ftruncate(handle, length = 0) {
  validateInteger(length, 'len');
  return await ask('ftruncate', 'ftruncate', undefined, undefined, handle.fd, Math.max(0, length));
}

async function fchmod(handle, mode) {
  mode = parseFileMode(mode, 'mode');
  return await ask('fchmod', 'fchmod', undefined, undefined, handle.fd, mode);
}

async function fchown(handle, uid, gid) {
  validateInteger(uid, 'uid', -1, 2 ** 32 - 1);
  validateInteger(gid, 'gid', -1, 2 ** 32 - 1);
  return await ask('fchown', 'fchown', undefined, undefined, handle.fd, uid, gid);
}

async function futimes(handle, atime, mtime) {
  const times = [toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime')];
  return await ask('futimes', 'futime', undefined, undefined, handle.fd, ...times);
}

// Whole files

async function readToEnd(handle, { signal, encoding }) {
  const { size } = await askStat('fstat', handle.fd);
  checkAborted(signal);
  if (size > 2 ** 31 - 1) throw new ERR_FS_FILE_TOO_LARGE(size);
  const chunks = [];
  let total = 0;
  for (;;) {
    checkAborted(signal);
    const want = size === 0 ? READ_CHUNK : Math.min(size - total, CHUNK);
    if (want <= 0) break;
    const buffer = Buffer.allocUnsafeSlow(want);
    const bytesRead = await ask('read', 'read', undefined, undefined, handle.fd, addressOf(buffer), want, -1);
    if (bytesRead === 0) break;
    total += bytesRead;
    chunks.push(bytesRead === want ? buffer : buffer.subarray(0, bytesRead));
  }
  checkAborted(signal);
  const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total);
  return encoding && encoding !== 'buffer' ? whole.toString(encoding) : whole;
}

async function readFile(path, options) {
  options = getOptions(options, { flag: 'r' });
  const flag = options.flag || 'r';
  if (path instanceof FileHandle) return readToEnd(path, options);
  checkAborted(options.signal);
  const handle = await open(path, flag, 0o666);
  return thenClose(handle, () => readToEnd(handle, options));
}

function isCustomIterable(data) {
  if (data?.[Symbol.asyncIterator] !== undefined) return true;
  return data?.[Symbol.iterator] !== undefined && !isArrayBufferView(data) && typeof data !== 'string';
}

async function writeAll(handle, data, signal, encoding) {
  checkAborted(signal);
  if (isCustomIterable(data)) {
    for await (const chunk of data) {
      checkAborted(signal);
      await writeBytes(handle, isArrayBufferView(chunk) ? chunk : Buffer.from(chunk, encoding || 'utf8'), signal);
      checkAborted(signal);
    }
    return;
  }
  await writeBytes(handle, data, signal);
}

async function writeBytes(handle, view, signal) {
  let offset = 0;
  while (offset < view.byteLength) {
    checkAborted(signal);
    const length = Math.min(CHUNK, view.byteLength - offset);
    offset += await ask('write', 'write', undefined, undefined, handle.fd, addressOf(view, offset), length, -1);
  }
}

async function writeFile(path, data, options) {
  options = getOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'w', flush: false });
  const flag = options.flag || 'w';
  const flush = options.flush ?? false;
  validateBoolean(flush, 'options.flush');
  if (!isArrayBufferView(data) && !isCustomIterable(data)) {
    validateStringAfterArrayBufferView(data, 'data');
    data = Buffer.from(data, options.encoding || 'utf8');
  }
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (path instanceof FileHandle) return writeAll(path, data, signal, options.encoding);
  checkAborted(signal);
  const handle = await open(path, flag, options.mode);
  return thenClose(handle, async () => {
    await writeAll(handle, data, signal, options.encoding);
    if (flush) await handle.sync();
  });
}

async function appendFile(path, data, options) {
  options = getOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'a', flush: false });
  return writeFile(path, data, { ...options, flag: options.flag || 'a' });
}

// By path

async function access(path, mode) {
  path = getValidatedPath(path);
  return await ask('access', 'access', path, undefined, path, getValidMode(mode, 'access'));
}

async function open(path, flags, mode) {
  path = getValidatedPath(path);
  const number = stringToFlags(flags);
  return new FileHandle(await ask('open', 'open', path, undefined, path, number, parseFileMode(mode, 'mode', 0o666)));
}

async function copyFile(source, destination, mode) {
  source = getValidatedPath(source, 'src');
  destination = getValidatedPath(destination, 'dest');
  return await ask('copyFile', 'copyfile', source, destination, source, destination, getValidMode(mode, 'copyFile'));
}

async function cp(source, destination, options) {
  const { cp, validateOptions } = require('internal/fs/cp');
  options = validateOptions(options);
  return cp(getValidatedPath(source, 'src'), getValidatedPath(destination, 'dest'), options);
}

async function rename(oldPath, newPath) {
  oldPath = getValidatedPath(oldPath, 'oldPath');
  newPath = getValidatedPath(newPath, 'newPath');
  return await ask('rename', 'rename', oldPath, newPath, oldPath, newPath);
}

async function truncate(path, length = 0) {
  const handle = await open(path, 'r+');
  return thenClose(handle, () => handle.truncate(length));
}

async function rm(path, options) {
  path = getValidatedPath(path);
  return await promised(require('fs').rm, path, options);
}

async function rmdir(path, options) {
  path = getValidatedPath(path);
  return await promised(require('fs').rmdir, path, ...(options === undefined ? [] : [options]));
}

/** A function of `fs` that takes a callback, as a promise. */
function promised(call, ...args) {
  return new Promise((resolve, reject) => {
    call(...args, (error, result) => (error ? reject(new Failure(error)) : resolve(result)));
  }).then(undefined, fail);
}

async function mkdir(path, options) {
  return await promised(require('fs').mkdir, path, options);
}

async function readdir(path, options) {
  return await promised(require('fs').readdir, path, options);
}

async function readlink(path, options) {
  return await promised(require('fs').readlink, path, options);
}

async function symlink(target, path, type) {
  validateSymlinkType(type);
  target = getValidatedPath(target, 'target');
  path = getValidatedPath(path);
  return await ask('symlink', 'symlink', target, path, target, path);
}

async function stat(path, options) {
  path = getValidatedPath(path);
  return await askStat('stat', path, options, path);
}

async function lstat(path, options) {
  path = getValidatedPath(path);
  return await askStat('lstat', path, options, path);
}

async function statfs(path, options) {
  return await promised(require('fs').statfs, path, options);
}

async function link(existingPath, newPath) {
  existingPath = getValidatedPath(existingPath, 'existingPath');
  newPath = getValidatedPath(newPath, 'newPath');
  return await ask('link', 'link', existingPath, newPath, existingPath, newPath);
}

async function unlink(path) {
  path = getValidatedPath(path);
  return await ask('unlink', 'unlink', path, undefined, path);
}

async function chmod(path, mode) {
  path = getValidatedPath(path);
  return await ask('chmod', 'chmod', path, undefined, path, parseFileMode(mode, 'mode'));
}

async function lchmod() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('lchmod()');
}

async function chown(path, uid, gid) {
  return await promised(require('fs').chown, path, uid, gid);
}

async function lchown(path, uid, gid) {
  return await promised(require('fs').lchown, path, uid, gid);
}

async function utimes(path, atime, mtime) {
  path = getValidatedPath(path);
  return await ask('utimes', 'utime', path, undefined, path, toUnixTimestamp(atime), toUnixTimestamp(mtime));
}

async function lutimes(path, atime, mtime) {
  path = getValidatedPath(path);
  return await ask('lutimes', 'lutime', path, undefined, path, toUnixTimestamp(atime), toUnixTimestamp(mtime));
}

/** Other than `fs.realpath`, which looks at each step itself, this is realpath(3). */
async function realpath(path, options) {
  return await promised(require('fs').realpath.native, path, options);
}

async function mkdtemp(prefix, options) {
  return await promised(require('fs').mkdtemp, prefix, options);
}

async function mkdtempDisposable(prefix, options) {
  const path = await mkdtemp(prefix, options);
  const full = require('path').resolve(process.cwd(), path);
  const remove = () => rm(full, { maxRetries: 0, recursive: true, force: true, retryDelay: 0 });
  return {
    __proto__: null,
    path,
    async remove() {
      await remove();
    },
    async [Symbol.asyncDispose]() {
      await remove();
    },
  };
}

async function opendir(path, options) {
  return await promised(require('fs').opendir, path, options);
}

async function* watch(filename, options) {
  yield* require('internal/fs/watchers').watchIterator(filename, options);
}

async function* glob(pattern, options) {
  const { Glob } = require('internal/fs/glob');
  yield* new Glob(pattern, options).glob();
}

module.exports = {
  exports: {
    access, copyFile, cp, glob, open, opendir, rename, truncate, rm, rmdir, mkdir, readdir, readlink, symlink, lstat,
    stat, statfs, link, unlink, chmod, lchmod, lchown, chown, utimes, lutimes, realpath, mkdtemp, mkdtempDisposable,
    writeFile, appendFile, readFile, watch, constants,
  },
  FileHandle, kRef, kUnref,
};
