'use strict';

// HandleStream: a Duplex on a handle of the loop, a pipe or a terminal.
//
// Theory of operation. Reading starts when somebody reads and stops when the buffer is full; writes that the kernel
// takes at once are done at once. The stream keeps the process alive while it reads; `unref` ends that.

const { Duplex } = require('stream');
const { Buffer } = require('buffer');
const { errnoException } = require('internal/errors');
const handles = require('internal/handles');
const { start, cancel } = require('internal/requests');

const binding = internalBinding('stream_wrap');

class HandleStream extends Duplex {
  #number;
  #isReading = false;

  /** `open(number)` opens the handle under a number; 0 or a negative errno. */
  constructor(open, options) {
    super({ allowHalfOpen: false, emitClose: true, autoDestroy: true, decodeStrings: true, ...options });
    const number = handles.open((errno, bytes) => this.#arrived(errno, bytes));
    const errno = open === undefined ? 0 : open(number);
    if (errno < 0) {
      handles.close(number);
      throw errnoException(errno, 'open');
    }
    this.#number = number;
    this.bytesRead = 0;
    this.bytesWritten = 0;
    this.connecting = false;
    if (options?.readable === false) {
      this.push(null);
      this.read();
    }
  }

  /** The handle's number, for operations on it. */
  get handle() {
    return this.#number;
  }

  get pending() {
    return false;
  }

  get readyState() {
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  #arrived(errno, bytes) {
    if (errno < 0) {
      this.destroy(errnoException(errno, 'read'));
      return;
    }
    if (bytes === null || bytes === undefined) {
      this.push(null);
      this.read(0);
      return;
    }
    this.bytesRead += bytes.byteLength;
    if (!this.push(Buffer.from(bytes))) this.#stop();
  }

  #stop() {
    if (!this.#isReading) return;
    this.#isReading = false;
    binding.readStop(this.#number);
  }

  _read() {
    if (this.#isReading || this.destroyed) return;
    this.#isReading = true;
    const errno = binding.readStart(this.#number);
    if (errno < 0) this.destroy(errnoException(errno, 'read'));
  }

  pause() {
    if (this.#isReading && !this.destroyed) this.#stop();
    return super.pause();
  }

  _write(chunk, encoding, callback) {
    const id = start((errno) => callback(errno < 0 ? errnoException(errno, 'write') : null), 'WRITEWRAP');
    const outcome = binding.write(this.#number, id, chunk);
    if (outcome === 0) {
      this.bytesWritten += chunk.length;
      return;
    }
    cancel(id);
    if (outcome < 0) {
      callback(errnoException(outcome, 'write'));
      return;
    }
    this.bytesWritten += chunk.length;
    callback();
  }

  _final(callback) {
    const id = start(() => callback(), 'SHUTDOWNWRAP');
    if (binding.shutdown(this.#number, id) < 0) {
      cancel(id);
      callback();
    }
  }

  _destroy(error, callback) {
    this.#isReading = false;
    const id = start(() => {
      handles.close(this.#number);
      callback(error);
    });
    binding.close(this.#number, id);
  }

  ref() {
    binding.ref(this.#number, true);
    return this;
  }

  unref() {
    binding.ref(this.#number, false);
    return this;
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }
}

const pipeOf = (fd, options) => new HandleStream((number) => binding.openPipe(number, fd), options);

module.exports = { HandleStream, pipeOf };
