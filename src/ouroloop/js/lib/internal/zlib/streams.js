'use strict';

// The streams of zlib: Transforms whose work is done on the thread pool.
//
// Theory of operation. A chunk is worked on in jobs, one after the other (`ZlibHandle`); each brings some pieces of
// output. While the reader has enough, the next job waits for `_read`. A flush is an empty chunk of a special kind, in
// line with the chunks before and after it.
//
// What surprises people: the classes are functions, so that programs can inherit as they did before there were classes.
// And input behind the end of the compressed data ends the stream, silently unless `rejectGarbageAfterEnd` is set.

const { Buffer } = require('buffer');
const { Transform, finished } = require('stream');
const {
  codes: { ERR_BUFFER_TOO_LARGE, ERR_INTERNAL_ASSERTION, ERR_TRAILING_JUNK_AFTER_STREAM_END }, genericNodeError,
} = require('internal/errors');
const { deprecateInstantiation } = require('internal/util');
const { constants: { Z_BLOCK, Z_NO_FLUSH, Z_SYNC_FLUSH }, modes } = require('internal/zlib/constants');
const { ZlibHandle, errorFrom } = require('internal/zlib/handle');
const { KINDS, checkLevel, checkStrategy, runningOf, settingsOf } = require('internal/zlib/options');

const MORE = 0;
const END = 2;
const LEVEL = 0;
const STRATEGY = 3;

const kFlushFlag = Symbol('kFlushFlag');
const kError = Symbol('kError');
const kHeld = Symbol('kHeld');
const kOutput = Symbol('kOutput');

const flushMarks = []; // by flag

/** The chunk that asks for a flush. */
function flushMark(flag) {
  if (flushMarks[flag] === undefined) {
    flushMarks[flag] = Buffer.alloc(0);
    flushMarks[flag][kFlushFlag] = flag;
  }
  return flushMarks[flag];
}

function inherit(Class, Base) {
  Object.setPrototypeOf(Class.prototype, Base.prototype);
  Object.setPrototypeOf(Class, Base);
}

function ZlibBase(options, mode, settings = settingsOf(mode, options)) {
  const writeState = new Uint32Array(2);
  const handle = new ZlibHandle(mode, settings, writeState);
  const { library } = KINDS[mode];
  const running = runningOf(mode, options);
  if (options && (options.encoding || options.objectMode || options.writableObjectMode)) {
    options = { ...options, encoding: null, objectMode: false, writableObjectMode: false };
  }
  Transform.call(this, { autoDestroy: true, ...options });
  this.bytesWritten = 0;
  this._handle = handle;
  handle.onerror = (message, errno, code) => fail(this, genericNodeError(message, { errno, code }));
  this._outOffset = 0;
  this._chunkSize = running.chunkSize;
  this._defaultFlushFlag = running.flush;
  this._finishFlushFlag = running.finishFlush;
  this._defaultFullFlushFlag = library.fullFlush;
  this._flushBoundIdx = library.index;
  this._info = running.info;
  this._maxOutputLength = running.maxOutputLength;
  this._rejectGarbageAfterEnd = running.rejectGarbageAfterEnd;
  this._writeState = writeState;
  this[kError] = null;
  this[kHeld] = null;
}
inherit(ZlibBase, Transform);

Object.defineProperty(ZlibBase.prototype, '_closed', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return !this._handle;
  },
});

Object.defineProperty(ZlibBase.prototype, '_outBuffer', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { // nobody but programs that use `_handle.writeSync` needs it
    this[kOutput] ??= Buffer.allocUnsafe(this._chunkSize);
    return this[kOutput];
  },
  set(value) {
    this[kOutput] = value;
  },
});

function fail(stream, error) {
  stream.destroy(error);
  stream[kError] = error;
}

function checkOpen(stream) {
  if (!stream._handle) throw new ERR_INTERNAL_ASSERTION('zlib binding closed');
}

function closeHandle(stream) {
  stream._handle?.close();
  stream._handle = null;
}

ZlibBase.prototype.reset = function() {
  checkOpen(this);
  return this._handle.reset();
};

ZlibBase.prototype._flush = function(callback) {
  this._transform(Buffer.alloc(0), '', callback);
};

ZlibBase.prototype._final = function(callback) {
  callback();
};

ZlibBase.prototype.flush = function(kind, callback) {
  if (typeof kind === 'function' || (kind === undefined && !callback)) {
    callback = kind;
    kind = this._defaultFullFlushFlag;
  }
  if (this.writableFinished) {
    if (callback) process.nextTick(callback);
  } else if (this.writableEnded) {
    if (callback) this.once('end', callback);
  } else {
    this.write(flushMark(kind), '', callback);
  }
};

ZlibBase.prototype.close = function(callback) {
  if (callback) finished(this, callback);
  this.destroy();
};

ZlibBase.prototype._destroy = function(error, callback) {
  closeHandle(this);
  callback(error);
};

/** How much of what is held back a kind of flush brings out. */
function strengthOf(flag) {
  return flag === Z_BLOCK ? Z_NO_FLUSH + 0.5 : flag;
}

ZlibBase.prototype._transform = function(chunk, encoding, callback) {
  let flag = this._defaultFlushFlag;
  const { _writableState: state } = this;
  if (typeof chunk[kFlushFlag] === 'number') flag = chunk[kFlushFlag];
  const isLast = state.ending && state.length === chunk.byteLength; // which an earlier `flush` can be
  if (isLast && strengthOf(this._finishFlushFlag) >= strengthOf(flag)) flag = this._finishFlushFlag;
  processChunk(this, chunk, flag, callback);
};

ZlibBase.prototype._processChunk = function(chunk, flushFlag, callback) {
  if (typeof callback === 'function') processChunk(this, chunk, flushFlag, callback);
  else return processChunkSync(this, chunk, flushFlag);
};

ZlibBase.prototype._read = function(size) {
  const held = this[kHeld];
  if (held === null) {
    Transform.prototype._read.call(this, size);
    return;
  }
  this[kHeld] = null;
  held();
};

function processChunk(stream, chunk, flag, callback) {
  const handle = stream._handle;
  if (!handle) {
    process.nextTick(callback);
    return;
  }
  const size = stream._chunkSize;
  const processed = ([state, consumed, error, pieces]) => {
    if (stream.destroyed) {
      callback();
      return;
    }
    stream.bytesWritten += handle.progress(consumed);
    const goesOn = pushAll(stream, pieces);
    if (stream.destroyed) callback();
    else if (error) fail(stream, errorFrom(error));
    else if (state === END) endEarly(stream, callback);
    else if (state !== MORE) callback();
    else if (goesOn) next();
    else stream[kHeld] = next;
  };
  const next = () => {
    if (stream.destroyed) callback();
    else handle.more(chunk, size, processed);
  };
  handle.write(flag, chunk, size - stream._outOffset, size, processed);
}

/** Whether the reader wants more. */
function pushAll(stream, pieces) {
  const size = stream._chunkSize;
  let wanted = true;
  for (const piece of pieces) {
    stream._outOffset = (stream._outOffset + piece.byteLength) % size;
    wanted = stream.push(Buffer.from(piece));
    if (stream.destroyed) return false;
  }
  return wanted;
}

/** There is input that nothing can become of. */
function endEarly(stream, callback) {
  if (stream._rejectGarbageAfterEnd) {
    const error = new ERR_TRAILING_JUNK_AFTER_STREAM_END();
    stream.destroy(error);
    callback(error);
    return;
  }
  stream.push(null);
  callback();
}

function processChunkSync(stream, chunk, flag) {
  checkOpen(stream);
  const handle = stream._handle;
  const limit = stream._maxOutputLength;
  const size = stream._chunkSize;
  const [state, consumed, error, pieces] = handle.writeAll(flag, chunk, size - stream._outOffset, size, limit + 1);
  if (error) {
    fail(stream, errorFrom(error));
    throw stream[kError];
  }
  const buffers = pieces.map((piece) => Buffer.from(piece));
  const length = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  stream.bytesWritten = handle.progress(consumed);
  closeHandle(stream);
  if (length > limit) throw new ERR_BUFFER_TOO_LARGE(limit);
  if (state === END && stream._rejectGarbageAfterEnd) throw new ERR_TRAILING_JUNK_AFTER_STREAM_END();
  if (length === 0) return Buffer.alloc(0);
  stream._outOffset = (stream._outOffset + length) % size;
  return buffers.length === 1 ? buffers[0] : Buffer.concat(buffers, length);
}

// The classes

function Zlib(options, mode) {
  const settings = settingsOf(mode, options);
  ZlibBase.call(this, options, mode, settings);
  this._level = settings === null ? checkLevel(undefined) : settings[LEVEL];
  this._strategy = settings === null ? checkStrategy(undefined) : settings[STRATEGY];
  this._mode = mode;
}
inherit(Zlib, ZlibBase);

Zlib.prototype.params = function(level, strategy, callback) {
  checkLevel(level);
  checkStrategy(strategy);
  if (this._level === level && this._strategy === strategy) {
    process.nextTick(callback);
    return;
  }
  this.flush(Z_SYNC_FLUSH, () => {
    checkOpen(this);
    if (this._mode !== modes.GZIP) this._handle.params(level, strategy); // as in Node
    this._level = level;
    this._strategy = strategy;
    callback?.();
  });
};

function Brotli(options, mode) {
  ZlibBase.call(this, options, mode);
}
inherit(Brotli, ZlibBase);

/** A class of old, callable without `new`, of streams of one mode. */
function makeClass(name, Base, mode) {
  const { [name]: Class } = { [name]: function(options) {
    if (!(this instanceof Class)) return deprecateInstantiation(Class, 'DEP0184', options);
    Base.call(this, options, mode);
  } };
  inherit(Class, Base);
  return Class;
}

class Zstd extends ZlibBase {}

class ZstdCompress extends Zstd {
  constructor(options) {
    super(options, modes.ZSTD_COMPRESS);
  }
}

class ZstdDecompress extends Zstd {
  constructor(options) {
    super(options, modes.ZSTD_DECOMPRESS);
  }
}

module.exports = {
  Deflate: makeClass('Deflate', Zlib, modes.DEFLATE),
  Inflate: makeClass('Inflate', Zlib, modes.INFLATE),
  Gzip: makeClass('Gzip', Zlib, modes.GZIP),
  Gunzip: makeClass('Gunzip', Zlib, modes.GUNZIP),
  DeflateRaw: makeClass('DeflateRaw', Zlib, modes.DEFLATERAW),
  InflateRaw: makeClass('InflateRaw', Zlib, modes.INFLATERAW),
  Unzip: makeClass('Unzip', Zlib, modes.UNZIP),
  BrotliCompress: makeClass('BrotliCompress', Brotli, modes.BROTLI_ENCODE),
  BrotliDecompress: makeClass('BrotliDecompress', Brotli, modes.BROTLI_DECODE),
  ZstdCompress,
  ZstdDecompress,
};
