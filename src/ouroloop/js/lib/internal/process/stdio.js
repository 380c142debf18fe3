'use strict';

// stdin, stdout and stderr: streams on descriptors 0, 1 and 2, each made when first read.
//
// Theory of operation. What kind of stream it is depends on what the descriptor is: a terminal, a file, a pipe.
// Writing to standard output waits until it is written, whatever it is, as Node does on POSIX systems, so that
// nothing is lost when a process ends.
//
// What surprises people: standard input keeps a process alive only while somebody reads it, though it looks open
// before.

const { Readable, Writable } = require('stream');
const { Buffer } = require('buffer');
const { errnoException } = require('internal/errors');
const hooks = require('internal/async_hooks');

const binding = internalBinding('stdio');
const streams = internalBinding('stream_wrap');

class SyncWriteStream extends Writable {
  constructor(fd, type) {
    super({ autoDestroy: true, decodeStrings: false, emitClose: false });
    this.fd = fd;
    this._type = type;
    this._isStdio = true;
    this.destroySoon = this.destroy;
  }

  _write(chunk, encoding, callback) {
    hooks.recorder?.written(this.fd, chunk);
    const errno = typeof chunk === 'string' && (encoding === 'utf8' || encoding === 'utf-8') && chunk.isWellFormed() ?
      binding.writeText(this.fd, chunk) :
      binding.write(this.fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    callback(errno < 0 ? errnoException(errno, 'write') : null);
  }

  _destroy(error, callback) {
    keepOpen.call(this, error, callback);
  }
}

/** A descriptor that is closed, or that nobody knows: what is written goes nowhere. */
class DummyWriter extends Writable {
  constructor(fd) {
    super({ decodeStrings: false, emitClose: false });
    this.fd = fd;
    this._isStdio = true;
  }

  _write(chunk, encoding, callback) {
    callback();
  }
}

function openWriter(fd) {
  const kind = streams.guessHandleType(fd);
  if (kind === 'TTY') {
    const { WriteStream } = require('tty');
    const stream = new WriteStream(fd);
    stream.unref();
    stream._type = 'tty';
    stream._isStdio = true;
    stream._write = SyncWriteStream.prototype._write;
    stream._writev = null;
    stream._destroy = keepOpen;
    return stream;
  }
  if (kind === 'INVALID' || kind === 'UNKNOWN') return new DummyWriter(fd);
  if (kind !== 'FILE') takeAsyncId(kind);
  return new SyncWriteStream(fd, kind === 'FILE' ? 'fs' : 'pipe');
}

/** In Node a pipe is a handle: programs see it by its async id. */
function takeAsyncId(kind) {
  const id = hooks.newAsyncId();
  if (hooks.hasHooks) hooks.emitInit(id, kind === 'TCP' ? 'TCPWRAP' : 'PIPEWRAP', hooks.defaultTriggerAsyncId(), {});
}

/** Standard streams are never closed: after `destroy` they are as before. */
function keepOpen(error, callback) {
  callback(error);
  this._undestroy();
  if (!this._writableState.emitClose) process.nextTick(() => this.emit('close'));
}

function openReader() {
  const fd = 0;
  const kind = streams.guessHandleType(fd);
  if (kind === 'TTY') {
    const { ReadStream } = require('tty');
    return releaseUntilRead(new ReadStream(fd));
  }
  if (kind === 'FILE') {
    const { ReadStream } = require('internal/fs/streams');
    return Object.assign(new ReadStream(null, { fd, autoClose: false }), { fd });
  }
  if (kind === 'PIPE' || kind === 'TCP') {
    const { Socket } = require('net');
    const stream = new Socket({ fd, readable: true, writable: false, manualStart: true });
    stream._type = 'pipe';
    return Object.assign(releaseUntilRead(stream), { fd });
  }
  const empty = new Readable({ read() {} });
  empty.push(null);
  return Object.assign(empty, { fd });
}

/** Only while it is read does it keep the process alive. */
function releaseUntilRead(stream) {
  stream.on('pause', () => {
    const handle = stream._handle;
    if (!handle?.reading) return;
    handle.reading = false;
    stream._readableState.reading = false;
    handle.readStop();
  });
  return stream;
}

function open(name) {
  if (name === 'stdin') return openReader();
  return openWriter(name === 'stdout' ? 1 : 2);
}

module.exports = { open };
