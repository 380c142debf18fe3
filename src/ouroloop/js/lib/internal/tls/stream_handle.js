'use strict';

// DuplexHandle: a handle on a Duplex that has none, such as another protocol's stream.

const { Buffer } = require('buffer');
const { setImmediate } = require('timers');
const { UV_ECANCELED, UV_EPIPE } = require('internal/uv');
const { codes: { ERR_STREAM_WRAP } } = require('internal/errors');
const { END } = require('internal/stream_handle');

class DuplexHandle {
  owner = undefined;
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  onread = () => {};
  #stream;

  constructor(stream) {
    this.#stream = stream;
    stream.pause();
    stream.on('data', (chunk) => {
      if (typeof chunk === 'string' || stream.readableObjectMode) {
        stream.destroy(new ERR_STREAM_WRAP());
        return;
      }
      const { buffer, byteOffset, byteLength } = chunk;
      this.bytesRead += byteLength;
      this.onread(buffer.slice(byteOffset, byteOffset + byteLength));
    });
    stream.once('end', () => this.onread(END));
  }

  readStart() {
    this.#stream.resume();
    return 0;
  }

  readStop() {
    this.#stream.pause();
    return 0;
  }

  /** Write a string, bytes, or an array of these. */
  write(data, callback) {
    if (this.#stream.destroyed || this.#stream.writableEnded) return UV_EPIPE;
    const bytes = Array.isArray(data) ? Buffer.concat(data.map(bytesOf)) : bytesOf(data);
    this.bytesWritten += bytes.byteLength;
    // Who reads is to see it before who wrote goes on.
    this.#stream.write(bytes, (error) => setImmediate(callback, error ? error.errno ?? UV_ECANCELED : 0));
    return 1;
  }

  shutdown(callback) {
    if (this.#stream.destroyed) return UV_EPIPE;
    this.#stream.end(() => callback(0));
    return 0;
  }

  close(callback) {
    this.#stream.destroy();
    process.nextTick(callback);
  }

  get writeQueueSize() {
    return this.#stream.writableLength;
  }
}

function bytesOf(data) {
  if (typeof data === 'string') return Buffer.from(data);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

module.exports = { DuplexHandle };
