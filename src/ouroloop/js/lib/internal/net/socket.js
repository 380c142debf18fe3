'use strict';

// Socket: a Duplex on a handle of the loop: a connection, a pipe or a terminal.
//
// Theory of operation. Reading starts when somebody reads and stops when the buffer is full. A write goes down as one
// operation with all its chunks, and is over at once when the kernel takes it. What is asked for before there is a
// connection waits for 'connect'. How connections are made is in `internal/net/connect`.
//
// What surprises people: 'close' comes in the loop's closing step, not when `destroy` is called. And a socket that
// was destroyed can be connected again: `connect` brings it back with a new handle.

const { Duplex } = require('stream');
const { Buffer } = require('buffer');
const { FastBuffer } = require('internal/buffer');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_FD_TYPE, ERR_INVALID_HANDLE_TYPE,
    ERR_SOCKET_CLOSED, ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
  },
  errnoException, genericNodeError,
} = require('internal/errors');
const { validateFunction, validateInt32, validateNumber } = require('internal/validators');
const { UV_EBADF, UV_ENOTCONN } = require('internal/uv');
const hooks = require('internal/async_hooks');
const timers = require('internal/timers');
const { BlockList } = require('internal/blocklist');
const { Pipe, StreamHandle, TCP, END, READ_SIZE } = require('internal/stream_handle');
const { kMayPassBy, kPassedBy, kBeginWrite } = require('internal/streams/state');

const { async_id_symbol: asyncIdSymbol } = hooks;
const stdio = internalBinding('stream_wrap');

const kBytesRead = Symbol('kBytesRead');
const kBytesWritten = Symbol('kBytesWritten');
const kLastWriteQueueSize = Symbol('lastWriteQueueSize');
const kOnWriteFailed = Symbol('kOnWriteFailed'); // a function of whoever can go on without: true if it takes an errno
const kTimeout = Symbol('timeout');
const kHandle = Symbol('kHandle');
const kBuffer = Symbol('kBuffer');
const kBufferCallback = Symbol('kBufferCb');
const kBufferMaker = Symbol('kBufferGen');
const kSetNoDelay = Symbol('kSetNoDelay');
const kSetKeepAlive = Symbol('kSetKeepAlive');
const kKeepAliveTimes = Symbol('kKeepAliveTimes'); // s, s, how often
const kTypeOfService = Symbol('kSetTOS');
const kResetting = Symbol('resetAndClosing');

const TYPE_OF_SERVICE_MAX = 255;
const KEEP_ALIVE_INTERVAL = 1; // s
const KEEP_ALIVE_COUNT = 10;

function Socket(options) {
  if (!(this instanceof Socket)) return new Socket(options);
  options = checkedOptions(options);
  this.connecting = false;
  this[asyncIdSymbol] = -1;
  this._hadError = false;
  this[kHandle] = null;
  this._parent = null;
  this._host = null;
  this[kLastWriteQueueSize] = 0;
  this[kTimeout] = null;
  this[kBuffer] = null;
  this[kBufferCallback] = null;
  this[kBufferMaker] = null;
  this._closeAfterHandlingError = false;
  Duplex.call(this, options);
  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = '';
  this.server = null;
  this._server = null;
  this[kSetNoDelay] = Boolean(options.noDelay);
  this[kSetKeepAlive] = Boolean(options.keepAlive);
  this[kKeepAliveTimes] = [~~(options.keepAliveInitialDelay / 1000), KEEP_ALIVE_INTERVAL, KEEP_ALIVE_COUNT];
  this[kTypeOfService] = options.typeOfService;
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  if (options.blockList) this.blockList = options.blockList;
  this.on('end', onReadableStreamEnd);
  if (options.handle) this._handle = options.handle;
  else if (options.fd !== undefined) openDescriptor(this, options.fd);
  readInto(this, options.onread);
  attach(this);
  if (this._handle && options.readable !== false) startFlow(this, options);
}
Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);

function checkedOptions(options) {
  if (options?.objectMode) {
    throw new ERR_INVALID_ARG_VALUE('options.objectMode', options.objectMode, 'is not supported');
  }
  if (options?.readableObjectMode || options?.writableObjectMode) {
    const name = options.readableObjectMode ? 'readableObjectMode' : 'writableObjectMode';
    throw new ERR_INVALID_ARG_VALUE(`options.${name}`, options[name], 'is not supported');
  }
  if (options?.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    options = { ...options, keepAliveInitialDelay: Math.max(0, options.keepAliveInitialDelay) };
  }
  if (options?.typeOfService !== undefined) validateTypeOfService(options.typeOfService, 'options.typeOfService');
  if (typeof options === 'number') options = { fd: options };
  else options = { ...options };
  if (options.fd !== undefined) validateInt32(options.fd, 'fd', 0);
  if (options.blockList && !BlockList.isBlockList(options.blockList)) {
    throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', options.blockList);
  }
  options.allowHalfOpen = Boolean(options.allowHalfOpen);
  options.emitClose = false; // 'close' comes when the handle is closed
  options.autoDestroy = true;
  options.decodeStrings = false;
  return options;
}

/** A handle for an open descriptor, by what it is. */
function handleFor(fd) {
  switch (stdio.guessHandleType(fd)) {
    case 'PIPE': return new Pipe();
    case 'TCP': return new TCP();
    default: throw new ERR_INVALID_FD_TYPE(stdio.guessHandleType(fd));
  }
}

function openDescriptor(socket, fd) {
  const handle = handleFor(fd);
  const errno = handle.open(fd);
  if (errno < 0) {
    handle.close();
    throw errnoException(errno, 'open');
  }
  socket._handle = handle;
}

/** The option `onread`: a buffer to read into, or a function that makes one, and who is told. */
function readInto(socket, onread) {
  if (onread === null || typeof onread !== 'object' || typeof onread.callback !== 'function') return;
  const { buffer } = onread;
  if (typeof buffer !== 'function' && !ArrayBuffer.isView(buffer)) return;
  socket[kBuffer] = typeof buffer === 'function' ? true : buffer;
  if (typeof buffer === 'function') socket[kBufferMaker] = buffer;
  socket[kBufferCallback] = onread.callback;
}

/** Begin anew with a handle. */
function attach(socket) {
  if (!socket[kHandle]) return;
  socket._undestroy();
  listenTo(socket, socket[kHandle]);
}

/** Have the handle tell the socket. */
function listenTo(socket, handle) {
  socket._sockname = null;
  handle.owner = socket;
  handle.onread = (value) => onRead(socket, handle, value);
  socket[asyncIdSymbol] = handle.getAsyncId?.() ?? hooks.newAsyncId();
  if (socket[kBuffer] === true) socket[kBuffer] = socket[kBufferMaker]();
}

function startFlow(socket, options) {
  if (options.pauseOnCreate) {
    socket._handle.reading = false;
    socket._handle.readStop();
    socket.readableFlowing = false;
  } else if (!options.manualStart) {
    socket.read(0);
  }
}

// Reading

function onRead(socket, handle, value) {
  if (typeof value === 'number') {
    onReadEnd(socket, value);
    return;
  }
  if (socket.destroyed) return;
  socket._unrefTimer();
  const bytes = value instanceof FastBuffer ? value : new FastBuffer(value);
  const wantsMore = socket[kBuffer] ? fillBuffer(socket, bytes) : socket.push(bytes);
  if (wantsMore) return;
  handle.reading = false;
  if (!socket.destroyed) stopReading(socket, handle);
}

/** What arrived goes into the program's own buffer. False to read no more. */
function fillBuffer(socket, bytes) {
  const buffer = socket[kBuffer];
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(bytes);
  const wantsMore = Reflect.apply(socket[kBufferCallback], socket, [bytes.byteLength, buffer]) !== false;
  const make = socket[kBufferMaker];
  if (make && !socket.destroyed) {
    socket[kBuffer] = make();
    if (wantsMore && socket[kBuffer].byteLength !== buffer.byteLength && socket[kHandle]?.reading) {
      socket[kHandle].readStart(socket[kBuffer].byteLength);
    }
  }
  return wantsMore;
}

function onReadEnd(socket, errno) {
  if (errno !== END) {
    socket.destroy(errnoException(errno, 'read'));
    return;
  }
  if (socket._readableState.endEmitted) return;
  socket.push(null);
  socket.read(0); // with nothing to read, this is what emits 'end'
}

function onReadableStreamEnd() {
  if (!this.allowHalfOpen) this.write = writeAfterEnd;
}

/** What `write` is once the other side has ended and so the socket ends too. */
function writeAfterEnd(chunk, encoding, callback) {
  if (!this.writableEnded) return Reflect.apply(Duplex.prototype.write, this, arguments);
  if (typeof encoding === 'function') callback = encoding;
  const error = genericNodeError('This socket has been ended by the other party', { code: 'EPIPE' });
  if (typeof callback === 'function') hooks.withDefaultTrigger(this[asyncIdSymbol], process.nextTick, callback, error);
  this.destroy(error);
  return false;
}

function startReading(socket) {
  const handle = socket._handle;
  handle.reading = true;
  const errno = handle.readStart(socket[kBuffer] ? socket[kBuffer].byteLength : READ_SIZE);
  if (errno) socket.destroy(errnoException(errno, 'read'));
}

function stopReading(socket, handle) {
  const errno = handle.readStop();
  if (errno) socket.destroy(errnoException(errno, 'read'));
}

/** A socket with a buffer of the program's reads as soon as it may, not when somebody reads. */
function mayStartReading(socket) {
  return socket[kBuffer] && !socket.connecting && socket._handle && !socket._handle.reading;
}

Socket.prototype._read = function(n) {
  const handle = this[kHandle];
  if (this.connecting || !handle) this.once('connect', () => this._read(n));
  else if (!handle.reading) startReading(this);
};

Socket.prototype.read = function(n) {
  if (mayStartReading(this)) startReading(this);
  return Reflect.apply(Duplex.prototype.read, this, [n]);
};

Socket.prototype.pause = function() {
  const handle = this[kHandle];
  if (this[kBuffer] && !this.connecting && handle?.reading) {
    handle.reading = false;
    if (!this.destroyed) stopReading(this, handle);
  }
  return Reflect.apply(Duplex.prototype.pause, this, []);
};

Socket.prototype.resume = function() {
  if (mayStartReading(this)) startReading(this);
  return Reflect.apply(Duplex.prototype.resume, this, []);
};

// Writing

Socket.prototype._write = function(data, encoding, callback) {
  this._writeGeneric(false, data, encoding, callback);
};

Socket.prototype._writev = function(chunks, callback) {
  this._writeGeneric(true, chunks, '', callback);
};

/** Where `_write` and `_writev` meet. Some packages call it, and those that play the network (`nock`) replace it. */
Socket.prototype._writeGeneric = function(isMany, data, encoding, callback) {
  if (this.connecting) waitToWrite(this, isMany, data, encoding, callback);
  else if (isMany) writeNow(this, payloadsOf(data), callback);
  else writeNow(this, typeof data === 'string' ? textOrBytes(data, encoding) : data, callback);
};

function payloadsOf(chunks) {
  if (chunks.allBuffers) return chunks.map(({ chunk }) => chunk);
  return chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? textOrBytes(chunk, encoding) : chunk));
}

/** Text that is well formed crosses as it is, and Python makes UTF-8 of it. */
function textOrBytes(text, encoding) {
  switch (encoding) {
    case 'utf8': case 'utf-8': case undefined: case '':
      return text.isWellFormed() ? text : Buffer.from(text, 'utf8');
    default:
      return Buffer.from(text, encoding);
  }
}

function waitToWrite(socket, isMany, data, encoding, callback) {
  socket._pendingData = data;
  socket._pendingEncoding = encoding;
  const onClose = () => callback(new ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
  socket.once('connect', function connect() {
    socket.off('close', onClose);
    socket._writeGeneric(isMany, data, encoding, callback);
  });
  socket.once('close', onClose);
}

function writeNow(socket, data, callback) {
  socket._pendingData = null;
  socket._pendingEncoding = '';
  const handle = socket[kHandle];
  if (!handle) {
    callback(new ERR_SOCKET_CLOSED());
    return;
  }
  socket._unrefTimer();
  const before = handle.bytesWritten;
  const outcome = handle.write(data, (errno) => onWritten(socket, errno, callback));
  if (outcome < 0) {
    writeFailed(socket, outcome, callback);
  } else if (outcome === 0) {
    callback();
  } else {
    socket[kLastWriteQueueSize] = handle.bytesWritten - before;
  }
}

/**
 * Write text, or a list of texts and bytes, at once, past the stream's machinery, if nothing is under way in it. False
 * when something is, and nothing has happened then. `callback` comes a tick later when all was taken, and else as for
 * any write.
 */
function writeThrough(socket, data, callback) {
  const handle = socket[kHandle];
  const state = socket._writableState;
  if (!(handle instanceof StreamHandle) || socket.connecting || socket.write !== Duplex.prototype.write ||
      !state[kMayPassBy]() || (typeof data === 'string' && !data.isWellFormed())) {
    return false;
  }
  socket._unrefTimer();
  let onwrite;
  const before = handle.bytesWritten;
  const outcome = handle.write(data, (errno) => onWritten(socket, errno, onwrite));
  if (outcome === 0) {
    state[kPassedBy](socket, callback);
    return true;
  }
  const size = outcome < 0 ? 1 : handle.bytesWritten - before; // of a failed write nobody asks how large it was
  onwrite = state[kBeginWrite](size, callback);
  if (outcome < 0) onwrite(errnoException(outcome, 'write'));
  else socket[kLastWriteQueueSize] = size;
  return true;
}

/** Whether the socket's timeout is set. */
const hasTimeout = (socket) => socket[kTimeout] !== null;

function writeFailed(socket, errno, callback) {
  if (socket[kOnWriteFailed]?.(errno)) callback();
  else callback(errnoException(errno, 'write'));
}

function onWritten(socket, errno, callback) {
  if (errno < 0) {
    writeFailed(socket, errno, callback);
    return;
  }
  if (socket.destroyed) {
    callback(null);
    return;
  }
  socket._unrefTimer();
  socket[kLastWriteQueueSize] = 0;
  callback(null);
}

Socket.prototype._final = function(callback) {
  if (this.connecting) {
    this.once('connect', () => this._final(callback));
    return;
  }
  const handle = this[kHandle];
  if (!handle) {
    callback();
    return;
  }
  const errno = handle.shutdown(() => callback());
  if (errno === 1 || errno === UV_ENOTCONN) callback();
  else if (errno !== 0) callback(errnoException(errno, 'shutdown'));
};

Socket.prototype.end = function(data, encoding, callback) {
  Reflect.apply(Duplex.prototype.end, this, [data, encoding, callback]);
  return this;
};

// The end of it

Socket.prototype._destroy = function(exception, callback) {
  this.connecting = false;
  for (let socket = this; socket !== null; socket = socket._parent) timers.clear(socket[kTimeout]);
  if (this._handle) {
    closeWith(this, exception);
    callback(exception);
  } else {
    callback(exception);
    process.nextTick(emitClose, this);
  }
  leaveServer(this);
};

function emitClose(socket) {
  socket.emit('close', false);
}

function closeWith(socket, exception) {
  const hadError = Boolean(exception);
  socket[kBytesRead] = socket._handle.bytesRead;
  socket[kBytesWritten] = socket._handle.bytesWritten;
  if (socket[kResetting]) {
    socket[kResetting] = false;
    const errno = socket._handle.reset(() => socket.emit('close', hadError));
    if (errno) socket.emit('error', errnoException(errno, 'reset'));
    forgetHandle(socket);
  } else if (socket._closeAfterHandlingError) {
    // The handle is still there when an 'error' listener runs, a tick later.
    queueMicrotask(() => closeHandle(socket, hadError));
  } else {
    closeHandle(socket, hadError);
  }
}

function closeHandle(socket, hadError) {
  socket._handle.close(() => socket.emit('close', hadError));
  forgetHandle(socket);
}

function forgetHandle(socket) {
  socket._handle.onread = () => {};
  socket._handle = null;
  socket._sockname = null;
}

function leaveServer(socket) {
  const server = socket._server;
  if (!server) return;
  server._connections--;
  server._emitCloseIfDrained?.();
}

Socket.prototype.destroySoon = function() {
  if (this.writable) this.end();
  if (this.writableFinished) this.destroy();
  else this.once('finish', this.destroy);
};

Socket.prototype.resetAndDestroy = function() {
  if (!this._handle) {
    this.destroy(new ERR_SOCKET_CLOSED());
    return this;
  }
  if (!(this._handle instanceof TCP)) throw new ERR_INVALID_HANDLE_TYPE();
  if (this.connecting) this.once('connect', () => this._reset());
  else this._reset();
  return this;
};

Socket.prototype._reset = function() {
  this[kResetting] = true;
  return this.destroy();
};

// Idle sockets

Socket.prototype.setTimeout = function(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  msecs = timers.getTimerDuration(msecs, 'msecs');
  timers.clear(this[kTimeout]);
  if (msecs === 0) {
    this[kTimeout] = null;
    if (callback === undefined) return this;
    validateFunction(callback, 'callback');
    this.removeListener('timeout', callback);
    return this;
  }
  this[kTimeout] = timers.setUnrefTimeout(() => this._onTimeout(), msecs);
  if (callback !== undefined) {
    validateFunction(callback, 'callback');
    this.once('timeout', callback);
  }
  return this;
};

Socket.prototype._onTimeout = function() {
  const handle = this[kHandle];
  const last = this[kLastWriteQueueSize];
  if (last > 0 && handle) {
    // A large write that goes on is no idleness.
    const { writeQueueSize } = handle;
    if (last !== writeQueueSize) {
      this[kLastWriteQueueSize] = writeQueueSize;
      this._unrefTimer();
      return;
    }
  }
  this.emit('timeout');
};

/** Something happened: the time for 'timeout' begins anew. */
Socket.prototype._unrefTimer = function() {
  for (let socket = this; socket !== null; socket = socket._parent) {
    if (socket[kTimeout]) socket[kTimeout].refresh();
  }
};

// What the kernel is told

Socket.prototype.setNoDelay = function(enable) {
  const wanted = enable === undefined ? true : Boolean(enable);
  if (!this._handle) {
    this[kSetNoDelay] = wanted;
  } else if (this._handle.setNoDelay && wanted !== this[kSetNoDelay]) {
    this[kSetNoDelay] = wanted;
    this._handle.setNoDelay(wanted);
  }
  return this;
};

Socket.prototype.setKeepAlive = function(enable, initialDelay, interval, count) {
  const wanted = Boolean(enable);
  const times = [~~(initialDelay / 1000), ~~(interval / 1000) || KEEP_ALIVE_INTERVAL, ~~count || KEEP_ALIVE_COUNT];
  const isNew = wanted !== this[kSetKeepAlive] ||
    (wanted && !times.every((time, index) => time === this[kKeepAliveTimes][index]));
  if (this._handle && !this._handle.setKeepAlive) return this;
  this[kSetKeepAlive] = wanted;
  this[kKeepAliveTimes] = times;
  if (this._handle && isNew) this._handle.setKeepAlive(wanted, ...times);
  return this;
};

function validateTypeOfService(value, name) {
  if (Number.isNaN(value)) throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  validateInt32(value, name, 0, TYPE_OF_SERVICE_MAX);
}

Socket.prototype.setTypeOfService = function(value) {
  validateTypeOfService(value, 'tos');
  this[kTypeOfService] = value;
  if (!this._handle?.setTypeOfService) return this;
  const errno = this._handle.setTypeOfService(value);
  if (errno) throw errnoException(errno, 'setTypeOfService');
  return this;
};

Socket.prototype.getTypeOfService = function() {
  if (!this._handle?.getTypeOfService) return this[kTypeOfService] ?? 0;
  const value = this._handle.getTypeOfService();
  if (value === UV_EBADF) return this[kTypeOfService] ?? 0;
  if (value < 0) throw errnoException(value, 'getTypeOfService');
  return value;
};

/** What was asked for before there was a connection. */
function applyOptions(socket) {
  const handle = socket._handle;
  if (socket[kSetNoDelay] && handle.setNoDelay) handle.setNoDelay(true);
  if (socket[kSetKeepAlive] && handle.setKeepAlive) {
    handle.setKeepAlive(true, ...socket[kKeepAliveTimes]);
  }
  if (socket[kTypeOfService] !== undefined && handle.setTypeOfService) {
    handle.setTypeOfService(socket[kTypeOfService]);
  }
}

Socket.prototype.ref = function() {
  if (this._handle) this._handle.ref?.();
  else this.once('connect', this.ref);
  return this;
};

Socket.prototype.unref = function() {
  if (this._handle) this._handle.unref?.();
  else this.once('connect', this.unref);
  return this;
};

// What it is

Socket.prototype.address = function() {
  return this._getsockname();
};

Socket.prototype._getpeername = function() {
  if (!this._handle || !this._handle.getpeername || this.connecting) return this._peername || {};
  if (!this._peername) {
    const name = {};
    if (this._handle.getpeername(name) < 0) return name;
    this._peername = name;
  }
  return this._peername;
};

Socket.prototype._getsockname = function() {
  if (!this._handle?.getsockname) return {};
  if (!this._sockname) {
    this._sockname = {};
    this._handle.getsockname(this._sockname);
  }
  return this._sockname;
};

const lengthOf = (chunk, encoding) => (typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length);

function bytesWritten(socket) {
  let bytes = socket._bytesDispatched;
  const { writableBuffer } = socket;
  if (!writableBuffer) return undefined;
  for (const { chunk, encoding } of writableBuffer) bytes += lengthOf(chunk, encoding);
  const data = socket._pendingData;
  if (Array.isArray(data)) {
    for (const { chunk, encoding } of data) bytes += lengthOf(chunk, encoding);
  } else if (data) {
    bytes += lengthOf(data, socket._pendingEncoding);
  }
  return bytes;
}

function readyState(socket) {
  if (socket.connecting) return 'opening';
  if (socket.readable && socket.writable) return 'open';
  if (socket.readable) return 'readOnly';
  return socket.writable ? 'writeOnly' : 'closed';
}

const HIDDEN = new Set(['_connecting', 'pending', 'readyState', 'bufferSize']);

const getters = {
  _connecting: (socket) => socket.connecting,
  pending: (socket) => !socket._handle || socket.connecting,
  readyState,
  bytesRead: (socket) => (socket._handle ? socket._handle.bytesRead : socket[kBytesRead]),
  _bytesDispatched: (socket) => (socket._handle ? socket._handle.bytesWritten : socket[kBytesWritten]),
  bytesWritten,
  bufferSize: (socket) => (socket._handle ? socket.writableLength : undefined),
  remoteAddress: (socket) => socket._getpeername().address,
  remoteFamily: (socket) => socket._getpeername().family,
  remotePort: (socket) => socket._getpeername().port,
  localAddress: (socket) => socket._getsockname().address,
  localPort: (socket) => socket._getsockname().port,
  localFamily: (socket) => socket._getsockname().family,
};
for (const [name, read] of Object.entries(getters)) {
  Object.defineProperty(Socket.prototype, name, {
    __proto__: null, configurable: name === 'pending', enumerable: !HIDDEN.has(name), get() { return read(this); },
  });
}

Object.defineProperty(Socket.prototype, '_handle', {
  __proto__: null,
  get() { return this[kHandle]; },
  set(handle) { this[kHandle] = handle; },
});

Socket.prototype.connect = function(...args) {
  return require('internal/net/connect').connect(this, args);
};

module.exports = { Socket, attach, applyOptions, asyncIdSymbol, hasTimeout, kOnWriteFailed, listenTo, writeThrough };
