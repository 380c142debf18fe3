'use strict';

// fs.Utf8Stream: text into a file, fast; made for logs.
//
// Theory of operation. Texts are gathered in pieces of up to `maxWrite` characters. One piece is written at a time,
// once `minLength` characters wait; what comes meanwhile is gathered in further pieces. An error leaves the piece where
// it is: it is the first one to be written next time. It is no `Writable`: `write` never waits, and there is no
// callback for each text.
//
// What surprises people: `destroy` drops what waits, `end` writes it first. A short write is taken up again at a whole
// character.

const EventEmitter = require('events');
const { Buffer } = require('buffer');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_OPERATION_FAILED },
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateObject, validateOneOf, validateString, validateUint32,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const MAX_WRITE = 16 * 1024;
const HIGH_WATER_MARK = 16387;
const RETRY_DELAY = 100; // ms
const FUNCTIONS = ['write', 'writeSync', 'fsync', 'fsyncSync', 'close', 'open', 'openSync', 'mkdir', 'mkdirSync'];

const isBusy = (error) => error.code === 'EAGAIN' || error.code === 'EBUSY';

/** What is left of a piece of which `written` bytes are in the file; undefined means all. */
function rest(piece, written) {
  if (typeof piece !== 'string') return piece.subarray(written ?? piece.length);
  if (written === undefined || written >= Buffer.byteLength(piece)) return '';
  const bytes = Buffer.from(piece);
  while (written > 0 && (bytes[written] & 0xc0) === 0x80) written--;
  return bytes.toString('utf8', written);
}

class Utf8Stream extends EventEmitter {
  #fs;
  #fd = -1;
  #file = null;
  #settings;
  #highWaterMark;
  #retry;
  #pieces = [];
  #length = 0; // of all pieces
  #timer;
  #isWriting = false;
  #isOpening = false;
  #isReopening = false;
  #isEnding = false;
  #isDestroyed = false;
  #isFlushing = false;
  #isDrainDue = false;
  #isTaken = false; // the first piece is under way, or was and failed
  #isPartly = false; // the first piece is, and its rest follows

  constructor(options = kEmptyObject) {
    super();
    validateObject(options, 'options');
    const {
      fd, dest, minLength = 0, maxLength = 0, maxWrite = MAX_WRITE, periodicFlush = 0, sync = false, append = true,
      mkdir = false, mode, fsync = false, contentMode = 'utf8', retryEAGAIN = () => true, fs = kEmptyObject,
    } = options;
    this.#highWaterMark = Math.max(minLength || 0, HIGH_WATER_MARK);
    validateUint32(this.#highWaterMark, 'options.hwm');
    validateUint32(minLength, 'options.minLength');
    validateUint32(maxLength, 'options.maxLength');
    validateUint32(maxWrite, 'options.maxWrite');
    validateUint32(periodicFlush, 'options.periodicFlush');
    const switches = { sync, fsync, append, mkdir };
    for (const [name, value] of Object.entries(switches)) validateBoolean(value, `options.${name}`);
    validateOneOf(contentMode, 'options.contentMode', ['buffer', 'utf8']);
    validateFunction(retryEAGAIN, 'options.retryEAGAIN');
    validateObject(fs, 'options.fs');
    for (const name of FUNCTIONS) {
      if (fs[name] !== undefined) validateFunction(fs[name], `options.fs.${name}`);
    }
    const target = fd || dest;
    if (typeof target !== 'number' && typeof target !== 'string') {
      throw new ERR_INVALID_ARG_TYPE('fd', ['number', 'string'], target);
    }
    if (minLength >= maxWrite) {
      throw new ERR_INVALID_ARG_VALUE.RangeError(
        'minLength', minLength, `should be smaller than maxWrite (${maxWrite})`);
    }
    this.#fs = { ...require('fs'), ...fs };
    this.#retry = retryEAGAIN;
    this.#settings = { minLength, maxLength, maxWrite, periodicFlush, sync, append, mkdir, mode, fsync, contentMode };
    if (typeof target === 'number') {
      this.#fd = target;
      process.nextTick(() => this.emit('ready'));
    } else {
      this.#open(target);
    }
    if (periodicFlush) this.#timer = setInterval(() => this.flush(), periodicFlush).unref();
  }

  #checkAlive() {
    if (this.#isDestroyed) throw new ERR_INVALID_STATE('Utf8Stream is destroyed');
  }

  // Opening

  #open(file) {
    this.#isOpening = true;
    this.#isWriting = true;
    const { append, mkdir, mode, sync } = this.#settings;
    const flags = append ? 'a' : 'w';
    const folder = require('path').dirname(file);
    if (sync) {
      this.#openSync(file, flags, mode, mkdir ? folder : undefined);
      return;
    }
    const opened = (error, fd) => this.#opened(error, file, fd);
    const open = () => this.#fs.open(file, flags, mode, opened);
    if (!mkdir) {
      open();
      return;
    }
    this.#fs.mkdir(folder, { recursive: true }, (error) => {
      if (error) opened(error);
      else open();
    });
  }

  #openSync(file, flags, mode, folder) {
    let fd;
    try {
      if (folder !== undefined) this.#fs.mkdirSync(folder, { recursive: true });
      fd = this.#fs.openSync(file, flags, mode);
    } catch (error) {
      this.#opened(error);
      throw error;
    }
    this.#opened(null, file, fd);
  }

  #opened(error, file, fd) {
    const { sync, minLength } = this.#settings;
    const wasReopening = this.#isReopening;
    this.#isReopening = this.#isOpening = this.#isWriting = false;
    if (error) {
      if (!sync) this.emit('error', error);
      else process.nextTick(() => this.listenerCount('error') > 0 && this.emit('error', error));
      return;
    }
    this.#fd = fd;
    this.#file = file;
    if (sync) process.nextTick(() => this.emit('ready'));
    else this.emit('ready');
    if (this.#isDestroyed) return;
    if ((!this.#isWriting && this.#length > minLength) || this.#isFlushing) this.#writeNext();
    else if (wasReopening) process.nextTick(() => this.emit('drain'));
  }

  reopen(file) {
    this.#checkAlive();
    if (this.#isOpening) {
      this.once('ready', () => this.reopen(file));
      return;
    }
    if (this.#isEnding) return;
    if (!this.#file) {
      throw new ERR_OPERATION_FAILED('Unable to reopen a file descriptor, you must pass a file to SonicBoom');
    }
    if (file) this.#file = file;
    this.#isReopening = true;
    if (this.#isWriting) return;
    const before = this.#fd;
    this.once('ready', () => {
      if (before !== this.#fd) this.#fs.close(before, (error) => error && this.emit('error', error));
    });
    this.#open(this.#file);
  }

  // Writing

  write(data) {
    this.#checkAlive();
    const { contentMode, maxLength, maxWrite, minLength } = this.#settings;
    if (contentMode === 'utf8') validateString(data, 'data');
    else if (!Buffer.isBuffer(data)) throw new ERR_INVALID_ARG_TYPE('data', 'Buffer', data);
    const length = this.#length + data.length;
    if (maxLength && length > maxLength) {
      this.emit('drop', data);
      return this.#length < this.#highWaterMark;
    }
    this.#gather(data, maxWrite);
    this.#length = length;
    if (!this.#isWriting && length >= minLength) this.#writeNext();
    return this.#length < this.#highWaterMark;
  }

  #gather(data, maxWrite) {
    const last = this.#pieces.length - 1;
    const isOpen = last > 0 || (last === 0 && !this.#isTaken);
    if (!isOpen || this.#pieces[last].length + data.length > maxWrite) this.#pieces.push(data);
    else if (typeof data === 'string') this.#pieces[last] += data;
    else this.#pieces[last] = Buffer.concat([this.#pieces[last], data]);
  }

  #writeNext() {
    this.#isWriting = this.#isTaken = true;
    if (this.#pieces.length === 0) this.#pieces.push(this.#settings.contentMode === 'utf8' ? '' : Buffer.alloc(0));
    if (!this.#settings.sync) {
      this.#fs.write(this.#fd, this.#pieces[0], (error, written) => this.#written(error, written));
      return;
    }
    let written;
    try {
      written = this.#fs.writeSync(this.#fd, this.#pieces[0]);
    } catch (error) {
      this.#written(error);
      return;
    }
    this.#written(null, written);
  }

  #written(error, written) {
    if (error) {
      this.#failed(error);
      return;
    }
    this.emit('write', written);
    this.#take(written);
    const { fsync, minLength, sync } = this.#settings;
    if (this.#isDestroyed && !this.#isEnding) this.#drop();
    if (this.#isPartly) {
      this.#writeNext();
      return;
    }
    if (fsync) this.#fs.fsyncSync(this.#fd);
    if (this.#isReopening) {
      this.#isWriting = this.#isReopening = false;
      this.reopen();
    } else if (this.#length > minLength || (this.#length > 0 && (this.#isEnding || this.#isFlushing))) {
      this.#writeNext();
    } else {
      this.#settle(sync);
    }
  }

  /** Take what was written off the first piece. */
  #take(written) {
    const piece = this.#pieces[0];
    const left = rest(piece, written);
    this.#length -= piece.length - left.length;
    this.#isTaken = this.#isPartly = left.length > 0;
    if (this.#isPartly) this.#pieces[0] = left;
    else this.#pieces.shift();
  }

  /** All that had to be written is. */
  #settle(sync) {
    this.#isWriting = this.#isFlushing = false;
    if (this.#isEnding) {
      this.#close();
    } else if (!sync) {
      this.emit('drain');
    } else if (!this.#isDrainDue) {
      this.#isDrainDue = true;
      process.nextTick(() => {
        this.#isDrainDue = false;
        this.emit('drain');
      });
    }
  }

  #failed(error) {
    if (isBusy(error) && this.#retry(error, this.#pieces[0].length, this.#length - this.#pieces[0].length)) {
      if (this.#settings.sync) {
        pause(RETRY_DELAY);
        this.#writeNext();
      } else {
        setTimeout(() => this.#writeNext(), RETRY_DELAY);
      }
      return;
    }
    this.#isWriting = false;
    this.emit('error', error);
  }

  flush(callback) {
    if (callback !== undefined) validateFunction(callback, 'cb');
    if (this.#isDestroyed) {
      const error = new ERR_INVALID_STATE('Utf8Stream is destroyed');
      if (callback === undefined) throw error;
      callback(error);
      return;
    }
    if (this.#settings.minLength <= 0) {
      callback?.();
      return;
    }
    if (callback !== undefined) this.#afterDrain(callback);
    if (this.#isWriting) this.#isFlushing = true;
    else this.#writeNext();
  }

  #afterDrain(callback) {
    const onDrain = () => {
      this.off('error', onError);
      if (this.#settings.fsync) callback(null);
      // Closed meanwhile is as good.
      else this.#fs.fsync(this.#fd, (error) => callback(error?.code === 'EBADF' ? null : error));
    };
    const onError = (error) => {
      this.off('drain', onDrain);
      callback(error);
    };
    this.once('drain', onDrain);
    this.once('error', onError);
  }

  flushSync() {
    this.#checkAlive();
    if (this.#fd < 0) throw new ERR_INVALID_STATE('Invalid file descriptor');
    // A piece that is under way is not ours to write.
    const underWay = this.#isWriting ? this.#pieces.splice(0, 1) : [];
    try {
      while (this.#pieces.length > 0) this.#writePieceSync();
    } finally {
      this.#pieces.unshift(...underWay);
    }
    try {
      this.#fs.fsyncSync(this.#fd);
    } catch {
      // Not every file can be synchronised.
    }
  }

  #writePieceSync() {
    const piece = this.#pieces[0];
    try {
      this.#take(this.#fs.writeSync(this.#fd, piece));
    } catch (error) {
      if (!isBusy(error) || !this.#retry(error, piece.length, this.#length - piece.length)) throw error;
      pause(RETRY_DELAY);
    }
  }

  // The end

  end() {
    this.#checkAlive();
    if (this.#isOpening) {
      this.once('ready', () => this.end());
      return;
    }
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#isWriting) return;
    if (this.#length > 0 && this.#fd >= 0) this.#writeNext();
    else this.#close();
  }

  destroy() {
    if (!this.#isDestroyed) this.#close();
  }

  [Symbol.dispose]() {
    this.destroy();
  }

  #close() {
    if (this.#fd === -1) {
      this.once('ready', () => this.#close());
      return;
    }
    clearInterval(this.#timer);
    this.#isDestroyed = true;
    if (!this.#isWriting) this.#drop();
    if (this.#settings.fsync) this.#closeFile();
    else this.#fs.fsync(this.#fd, () => this.#closeFile());
  }

  #drop() {
    this.#pieces = [];
    this.#length = 0;
    this.#isTaken = this.#isPartly = false;
  }

  #closeFile() {
    const closed = (error) => {
      if (error) {
        this.emit('error', error);
        return;
      }
      if (this.#isEnding && !this.#isWriting) this.emit('finish');
      this.emit('close');
    };
    if (this.#fd === 1 || this.#fd === 2) process.nextTick(closed);
    else this.#fs.close(this.#fd, closed);
  }

  get append() { return this.#settings.append; }
  get contentMode() { return this.#settings.contentMode; }
  get fd() { return this.#fd; }
  get file() { return this.#file; }
  get fsync() { return this.#settings.fsync; }
  get maxLength() { return this.#settings.maxLength; }
  get minLength() { return this.#settings.minLength; }
  get mkdir() { return this.#settings.mkdir; }
  get mode() { return this.#settings.mode; }
  get periodicFlush() { return this.#settings.periodicFlush; }
  get sync() { return this.#settings.sync; }
  get writing() { return this.#isWriting; }
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

module.exports = { Utf8Stream };
