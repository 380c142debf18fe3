'use strict';

// ReadStream and WriteStream: a file as a stream.
//
// Theory of operation. The streams call the functions of `fs` that their `fs` option names, or those of the module, or
// a FileHandle's; so a program that replaces those sees every call. A file is opened by `_construct`, before anything
// is read or written.

const { Buffer } = require('buffer');
const { Readable, Writable, finished } = require('stream');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_METHOD_NOT_IMPLEMENTED, ERR_SYSTEM_ERROR },
} = require('internal/errors');
const { validateBoolean, validateFunction, validateInteger } = require('internal/validators');
const { deprecate, kEmptyObject } = require('internal/util');
const { copyObject, getOptions, getValidatedFd, getValidatedPath, validatePath } = require('internal/fs/arguments');

const kFs = Symbol('kFs');
const kHandle = Symbol('kHandle');
const kIsPerformingIO = Symbol('kIsPerformingIO');
const kIoDone = Symbol('kIoDone');

/** The functions of `fs` by way of a FileHandle. */
function functionsOf(handle) {
  return {
    open: () => { throw new ERR_METHOD_NOT_IMPLEMENTED('open()'); },
    close(fd, callback) {
      handle[require('internal/fs/promises').kUnref]();
      handle.close().then(() => callback(), callback);
    },
    read(fd, buffer, offset, length, position, callback) {
      handle.read(buffer, offset, length, position).then(
        ({ bytesRead }) => process.nextTick(callback, null, bytesRead, buffer),
        (error) => process.nextTick(callback, error, 0, buffer));
    },
    write(fd, buffer, offset, length, position, callback) {
      handle.write(buffer, offset, length, position).then(
        ({ bytesWritten }) => process.nextTick(callback, null, bytesWritten, buffer),
        (error) => process.nextTick(callback, error, 0, buffer));
    },
    writev(fd, buffers, position, callback) {
      handle.writev(buffers, position).then(
        ({ bytesWritten }) => process.nextTick(callback, null, bytesWritten, buffers),
        (error) => process.nextTick(callback, error, 0, buffers));
    },
    fsync(fd, callback) {
      handle.sync().then(() => callback(), callback);
    },
  };
}

/** Take the `fd` and `fs` options: a stream on a path, a descriptor or a FileHandle. */
function takeSource(stream, options, needed) {
  const { FileHandle, kRef } = require('internal/fs/promises');
  if (options.fd == null) {
    stream[kFs] = options.fs || require('fs');
    if (options.fs) {
      for (const name of needed) validateFunction(stream[kFs][name], `options.fs.${name}`);
    }
    return null;
  }
  if (options.fd instanceof FileHandle) {
    if (options.fs) throw new ERR_METHOD_NOT_IMPLEMENTED('FileHandle with fs');
    stream[kHandle] = options.fd;
    stream[kFs] = functionsOf(options.fd);
    options.fd[kRef]();
    options.fd.on('close', () => stream.close());
    return options.fd.fd;
  }
  stream[kFs] = options.fs || require('fs');
  return getValidatedFd(options.fd);
}

function openFile(stream, callback) {
  if (typeof stream.fd === 'number') {
    callback();
    return;
  }
  // Old programs replace `open`; it then has to tell of 'open' itself.
  if (stream.open !== openBefore) {
    const emit = stream.emit;
    stream.emit = function(...args) {
      if (args[0] === 'open') {
        this.emit = emit;
        callback();
        Reflect.apply(emit, this, args);
      } else if (args[0] === 'error') {
        this.emit = emit;
        callback(args[1]);
      } else {
        Reflect.apply(emit, this, args);
      }
    };
    stream.open();
    return;
  }
  stream[kFs].open(stream.path, stream.flags, stream.mode, (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    stream.fd = fd;
    callback();
    stream.emit('open', stream.fd);
    stream.emit('ready');
  });
}

const openBefore = deprecate(
  function open() {}, 'ReadStream.prototype.open() and WriteStream.prototype.open() are deprecated', 'DEP0135');

function closeFile(stream, error, callback) {
  stream[kFs].close(stream.fd, (closing) => {
    callback(error || closing);
  });
  stream.fd = null;
}

function destroyFile(error, callback) {
  // Not while the system reads into a buffer, or writes one.
  if (this[kIsPerformingIO]) this.once(kIoDone, (failed) => closeFile(this, error || failed, callback));
  else if (this.fd === null || this.fd === undefined) callback(error);
  else closeFile(this, error, callback);
}

function defineAutoClose(constructor, state) {
  const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
  Object.defineProperty(constructor.prototype, 'autoClose', {
    __proto__: null,
    get() {
      if (this[state] === undefined) throw new ERR_INVALID_THIS(constructor.name);
      return this[state].autoDestroy;
    },
    set(value) {
      this[state].autoDestroy = value;
    },
  });
}

function checkRange(options, stream) {
  stream.start = options.start;
  stream.pos = undefined;
  if (stream.start !== undefined) {
    validateInteger(stream.start, 'start', 0);
    stream.pos = stream.start;
  }
}

// Reading

function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  options = copyObject(getOptions(options, kEmptyObject));
  if (options.highWaterMark === undefined) options.highWaterMark = 64 * 1024;
  if (options.autoDestroy === undefined) options.autoDestroy = options.autoClose ?? true;
  if (options.autoClose === false) options.autoDestroy = false;

  this.fd = takeSource(this, options, ['open', 'read', 'close']);
  if (this.fd === null) this.path = getValidatedPath(path);
  else if (path !== undefined && path !== null) this.path = typeof path === 'string' ? path : getValidatedPath(path);
  this.flags = options.flags === undefined ? 'r' : options.flags;
  this.mode = options.mode === undefined ? 0o666 : options.mode;
  checkRange(options, this);
  this.end = options.end ?? Infinity;
  this.bytesRead = 0;
  this[kIsPerformingIO] = false;
  if (this.end !== Infinity) {
    validateInteger(this.end, 'end', 0);
    if (this.start !== undefined && this.start > this.end) {
      throw new ERR_OUT_OF_RANGE('start', `<= "end" (here: ${this.end})`, this.start);
    }
  }
  Reflect.apply(Readable, this, [options]);
  if (options.encoding) this.setEncoding(options.encoding);
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);
defineAutoClose(ReadStream, '_readableState');

ReadStream.prototype.open = openBefore;

ReadStream.prototype._construct = function(callback) {
  openFile(this, callback);
};

ReadStream.prototype._read = function(size) {
  const wanted = this.pos === undefined ?
    Math.min(this.end - this.bytesRead + 1, size) : Math.min(this.end - this.pos + 1, size);
  if (wanted <= 0) {
    this.push(null);
    return;
  }
  const buffer = Buffer.allocUnsafeSlow(wanted);
  this[kIsPerformingIO] = true;
  this[kFs].read(this.fd, buffer, 0, wanted, this.pos, (error, bytesRead, read = buffer) => {
    this[kIsPerformingIO] = false;
    if (this.destroyed) {
      this.emit(kIoDone, error);
      return;
    }
    if (error) {
      require('internal/streams/destroy').errorOrDestroy(this, error);
      return;
    }
    if (bytesRead === 0) {
      this.push(null);
      return;
    }
    if (this.pos !== undefined) this.pos += bytesRead;
    this.bytesRead += bytesRead;
    if (bytesRead !== read.length) {
      // A short piece does not hold a large buffer.
      const piece = Buffer.allocUnsafeSlow(bytesRead);
      read.copy(piece, 0, 0, bytesRead);
      read = piece;
    }
    this.push(read);
  });
};

ReadStream.prototype._destroy = destroyFile;

ReadStream.prototype.close = function(callback) {
  if (typeof callback === 'function') finished(this, callback);
  this.destroy();
};

Object.defineProperty(ReadStream.prototype, 'pending', {
  __proto__: null,
  get() {
    return this.fd === null;
  },
  configurable: true,
});

// Writing

function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  options = copyObject(getOptions(options, kEmptyObject));
  options.decodeStrings = true;
  if (options.autoDestroy === undefined) options.autoDestroy = options.autoClose ?? true;
  if (options.autoClose === false) options.autoDestroy = false;

  this.fd = takeSource(this, options, ['open', 'close']);
  if (this.fd === null) {
    this.path = getValidatedPath(path);
    validatePath(this.path);
  } else if (path !== undefined && path !== null) {
    this.path = typeof path === 'string' ? path : getValidatedPath(path);
  }
  if (options.fs) checkWriters(options.fs, this);
  this.flush = options.flush ?? false;
  validateBoolean(this.flush, 'options.flush');
  this.flags = options.flags === undefined ? 'w' : options.flags;
  this.mode = options.mode === undefined ? 0o666 : options.mode;
  checkRange(options, this);
  this.bytesWritten = 0;
  this[kIsPerformingIO] = false;
  // Without a `writev`, chunks are written one by one; without a `write`, through `writev`.
  if (!this[kFs].writev) this._writev = null;
  if (!this[kFs].write) this._write = null;
  Reflect.apply(Writable, this, [options]);
  if (options.encoding) this.setDefaultEncoding(options.encoding);
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);
defineAutoClose(WriteStream, '_writableState');

function checkWriters(functions, stream) {
  const { write, writev, fsync } = functions;
  if (write) validateFunction(write, 'options.fs.write');
  if (writev) validateFunction(writev, 'options.fs.writev');
  if (!write && !writev) throw new ERR_INVALID_ARG_TYPE('options.fs.write', 'Function', write);
  if (stream.flush) validateFunction(fsync, 'options.fs.fsync');
}

WriteStream.prototype.open = openBefore;

WriteStream.prototype._construct = function(callback) {
  openFile(this, callback);
};

/** Writes `data`, a chunk or for `writev` a list of them, as often as it takes. */
function writeAll(stream, syscall, data, size, position, callback, retries = 0) {
  const wrote = (error, written, rest = data) => {
    if (error?.code === 'EAGAIN') {
      error = null;
      written = 0;
    }
    if (stream.destroyed || error) {
      callback(error || new ERR_SYSTEM_ERROR({ code: 'ECANCELED', message: 'destroyed', syscall }));
      return;
    }
    stream.bytesWritten += written;
    retries = written ? 0 : retries + 1;
    size -= written;
    if (position !== undefined) position += written;
    if (retries > 5) {
      callback(new Error(`${syscall} failed`));
    } else if (size) {
      const left = (syscall === 'write' ? rest : Buffer.concat(rest)).subarray(written);
      writeAll(stream, syscall, syscall === 'write' ? left : [left], size, position, callback, retries);
    } else {
      callback();
    }
  };
  if (syscall === 'write') stream[kFs].write(stream.fd, data, 0, size, position, wrote);
  else stream[kFs].writev(stream.fd, data, position, wrote);
}

function startWriting(stream, syscall, data, size, callback) {
  stream[kIsPerformingIO] = true;
  writeAll(stream, syscall, data, size, stream.pos, (error) => {
    stream[kIsPerformingIO] = false;
    const isAwaited = stream.destroyed; // by what closes the file
    callback(error);
    if (isAwaited) stream.emit(kIoDone, error);
  });
  if (stream.pos !== undefined) stream.pos += size;
}

WriteStream.prototype._write = function(data, encoding, callback) {
  startWriting(this, 'write', data, data.length, callback);
};

WriteStream.prototype._writev = function(data, callback) {
  const chunks = data.map(({ chunk }) => chunk);
  startWriting(this, 'writev', chunks, chunks.reduce((sum, chunk) => sum + chunk.length, 0), callback);
};

WriteStream.prototype._final = function(callback) {
  if (!this.flush) callback();
  else this[kFs].fsync(this.fd, callback);
};

WriteStream.prototype._destroy = destroyFile;

WriteStream.prototype.close = function(callback) {
  if (callback) {
    if (this.closed) {
      process.nextTick(callback);
      return;
    }
    this.on('close', callback);
  }
  // Without autoClose, 'finish' must still close the file.
  if (!this.autoClose) this.on('finish', this.destroy);
  this.end();
};

WriteStream.prototype.destroySoon = WriteStream.prototype.end;

Object.defineProperty(WriteStream.prototype, 'pending', {
  __proto__: null,
  get() {
    return this.fd === null;
  },
  configurable: true,
});

module.exports = { ReadStream, WriteStream };
