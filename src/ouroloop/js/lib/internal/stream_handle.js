'use strict';

// TCP, Pipe and TTY: the loop's streams as JavaScript sees them, and what `net.Socket` and `net.Server` stand on.
//
// Theory of operation. A handle is a number for which Python keeps the stream (bindings/stream_wrap.py). What arrives
// goes to `onread`: an ArrayBuffer or a Buffer, 0 at the end, or a negative errno; a server's connections go to
// `onconnection(errno, handle)`. The methods return 0 or a negative errno, as libuv's functions do.
//
// What surprises people: a write that the kernel takes at once is over when `write` returns, and its callback is not
// called. And `close` is over in the loop's closing step, with its callback; until then nothing more is told.

const { FastBuffer } = require('internal/buffer');
const handles = require('internal/handles');
const hooks = require('internal/async_hooks');
const { start, next } = require('internal/requests');
const { UV_EAGAIN, UV_EINTR } = require('internal/uv');
const calls = require('internal/socket_calls');
const { HandleWrap, named } = require('internal/handle_wrap');

const binding = internalBinding('stream_wrap');

const END = 0;
const CONNECTION = 2;

const SOCKET = 0;
const SERVER = 1;
const IPC = 2;

const READ_SIZE = 65536;
const SIZE_OF_REQUEST = 2 ** 24; // where its bytes stand in the number that comes with one

const NO_DESCRIPTOR = -1; // not asked for yet

let isReadyShared; // whether the loop tells which are ready

const IPV6_ONLY = 1;
const REUSE_PORT = 2;

/** Bytes from `start` to `end` in memory of their own. This way takes 0.25 us less than `slice`. */
function copyOf(bytes, start, end) {
  const copy = new FastBuffer(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

class StreamHandle extends HandleWrap {
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  writesUnderWay = 0;
  onread = undefined;
  onconnection = undefined;
  onbytes = undefined; // (bytes, size) of what this handle has read itself, instead of `onread`
  onrequest = undefined; // (text, bits, body) of a server's handle whose bytes Python parses
  #isReading = false;

  _tell(value, pending, body) {
    if (value === handles.ARRIVED) {
      this.bytesRead += pending;
      if (this.onbytes === undefined) this.onread(copyOf(calls.received(), 0, pending));
      else this.onbytes(calls.received(), pending);
    } else if (typeof value === 'string') {
      this.bytesRead += Math.floor(pending / SIZE_OF_REQUEST);
      this.onrequest(value, pending | 0, body);
    } else if (typeof value === 'object') {
      this.bytesRead += value.byteLength ?? value[0]; // of events, their bytes
      if (pending === undefined) this.onread(value);
      else this.onread(value, this._take(pending));
    } else if (value === CONNECTION) {
      this.onconnection(0, this._accept());
    } else if (this.onconnection !== undefined) {
      this.onconnection(value);
    } else {
      this.onread(value);
    }
  }

  get writeQueueSize() {
    return this.isOpen() ? binding.writableLength(this.number) : 0;
  }

  open(fd) {
    return this._located(binding.open(this.number, fd));
  }

  listen(backlog) {
    return this._located(binding.listen(this.number, backlog));
  }

  /** Tell of what arrives, at most `size` bytes at a time. */
  readStart(size = READ_SIZE) {
    const errno = binding.readStart(this.number, size, this._willReceive(size));
    this.#isReading = errno === 0;
    return errno;
  }

  readStop() {
    this.#isReading = false;
    return binding.readStop(this.number) ?? 0;
  }

  isReading() {
    return this.#isReading && this.isOpen();
  }

  /** Whether it reads itself, `size` bytes at most, when it is told that there is something. */
  _willReceive() {
    return false;
  }

  readsItself() {
    return this._willReceive(READ_SIZE);
  }

  /**
   * Write a string, bytes, or an array of these. 0 when all is written; 1 when `callback(errno)` will tell; or a
   * negative errno. A `handle` that travels with it needs a pipe of kind `IPC`.
   */
  write(data, callback, handle = undefined) {
    if (handle == null) return this._writeData(data, callback);
    return this._settleWrite(binding.writeHandle(this.number, next(), data, handle.number), callback);
  }

  _writeData(data, callback) {
    return this._settleWrite(binding.write(this.number, next(), data), callback);
  }

  /** As `write`, of what Python itself has: `operation(number, id)` writes it, and answers as `binding.write` does. */
  writeBy(operation, callback) {
    return this._settleWrite(operation(this.number, next()), callback);
  }

  /** `outcome` is what Python says of a write: a negative errno, or twice its bytes, and one if it is under way. */
  _settleWrite(outcome, callback) {
    if (outcome < 0) return outcome;
    const isAsync = outcome % 2;
    this.bytesWritten += (outcome - isAsync) / 2;
    if (isAsync === 0) return 0;
    this.writesUnderWay++;
    start((errno) => {
      this.writesUnderWay--;
      callback(errno);
    }, 'WRITEWRAP');
    return 1;
  }

  shutdown(callback) {
    const errno = binding.shutdown(this.number, next());
    if (errno === 0) start(callback, 'SHUTDOWNWRAP');
    return errno;
  }

  /** As `close`, with a reset. */
  reset(callback) {
    return this._closeBy(() => binding.reset(this.number), callback);
  }
}

/** Begin a request for `callback`, if `operation(number, id)` says that it is under way. */
function requestOn(handle, type, callback, operation) {
  const id = next();
  const errno = operation(handle.number, id);
  if (errno === 0) {
    if (hooks.enabled) hooks.withDefaultTrigger(handle.getAsyncId(), start, callback, type);
    else start(callback, type);
  }
  return errno;
}

class TCP extends StreamHandle {
  #kind;
  #fd = NO_DESCRIPTOR;
  #readSize = 0;

  /** `source`: the server whose connection it is, or the pipe that it came through. */
  constructor(kind = SOCKET, source = undefined) {
    super(kind === SERVER ? 'TCPSERVERWRAP' : 'TCPWRAP');
    this.#kind = kind;
    if (source === undefined) binding.newTcp(this.number);
    else this._located(binding.accept(source.number, this.number));
  }

  /** What `process.getActiveResourcesInfo` calls it. */
  get resourceName() {
    return this.#kind === SERVER ? 'TCPServerWrap' : 'TCPSocketWrap';
  }

  _accept() {
    return new TCP(SOCKET, this);
  }

  _willReceive(size) {
    if (!calls.canReceive(size)) return false;
    isReadyShared ??= binding.shareReady(handles.readyAddress());
    return isReadyShared;
  }

  readStart(size = READ_SIZE) {
    this.#readSize = size;
    return super.readStart(size);
  }

  /** How many bytes it has read into the memory of `socket_calls`; 0 at the end, or a negative errno. */
  receive() {
    return calls.receive(this.#descriptor(), this.#readSize);
  }

  /** Whether there may be more after `size` bytes were there. */
  mayHaveMore(size) {
    return size === this.#readSize;
  }

  #descriptor() {
    if (this.#fd < 0) this.#fd = binding.fd(this.number);
    return this.#fd;
  }

  /** What the kernel takes at once goes to it directly; the rest is Python's. */
  _writeData(data, callback) {
    if (this.writesUnderWay > 0 || !this.isOpen()) return super._writeData(data, callback);
    const size = calls.gather(data);
    if (size <= 0) return super._writeData(data, callback);
    const sent = calls.send(this.#descriptor(), size);
    if (sent < 0) return sent === UV_EAGAIN || sent === UV_EINTR ? super._writeData(data, callback) : sent;
    this.bytesWritten += sent;
    return sent === size ? 0 : super._writeData(calls.copy(sent, size), callback);
  }

  bind(host, port, flags = 0) {
    return binding.bind(this.number, host, port, flags);
  }

  connect(request, host, port) {
    const done = (status) => request.oncomplete(this._located(status), this, request, true, true);
    return requestOn(this, 'TCPCONNECTWRAP', done, (number, id) => binding.connect(number, id, host, port));
  }

  setNoDelay(enable) {
    return binding.noDelay(this.number, enable);
  }

  setKeepAlive(enable, seconds, interval = 1, count = 10) {
    return binding.keepAlive(this.number, enable, seconds, interval, count);
  }

  setTypeOfService(value) {
    return binding.setTypeOfService(this.number, value);
  }

  getTypeOfService() {
    return binding.getTypeOfService(this.number);
  }
}

named(TCP);

class Pipe extends StreamHandle {
  constructor(kind = SOCKET, source = undefined) {
    super(kind === SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP');
    if (source === undefined) binding.newPipe(this.number, kind === IPC);
    else this._located(binding.accept(source.number, this.number));
  }

  /** The handle of the given kind that came with what was read. */
  _take(kind) {
    if (kind === 'tcp') return new TCP(SOCKET, this);
    if (kind === 'pipe') return new Pipe(SOCKET, this);
    const { UDP } = require('internal/dgram');
    return new UDP(this);
  }

  get resourceName() {
    return 'PipeWrap';
  }

  _accept() {
    return new Pipe(SOCKET, this);
  }

  bind(name) {
    return binding.bindPipe(this.number, name);
  }

  connect(request, name) {
    const done = (status) => request.oncomplete(this._located(status), this, request, true, true);
    return requestOn(this, 'PIPECONNECTWRAP', done, (number, id) => binding.connectPipe(number, id, name));
  }

  fchmod(readable, writable) {
    return binding.chmod(this.number, readable, writable);
  }
}

class TTY extends StreamHandle {
  constructor(fd) {
    super('TTYWRAP');
    /** 0, or why it could not be opened. */
    this.errno = binding.openTty(this.number, fd);
    if (this.errno < 0) this.close();
  }

  get resourceName() {
    return 'TTYWrap';
  }

  getWindowSize() {
    return binding.getWindowSize(this.number);
  }

  setRawMode(flag) {
    return binding.setRawMode(this.number, flag);
  }

  /** Call `listener(columns, rows)` when the size changes. */
  watchSize(listener) {
    binding.watchSize(this.number, handles.open(listener, 'SIGNALWRAP'));
  }
}

module.exports = {
  StreamHandle, TCP, Pipe, TTY, SOCKET, SERVER, IPC, END, READ_SIZE, IPV6_ONLY, REUSE_PORT, copyOf,
};
