'use strict';

// DuplexHandle: a handle on a Duplex that has none, such as another protocol's stream.

const { Buffer } = require('buffer');
const { setImmediate } = require('timers');
const { UV_ECANCELED, UV_EPIPE } = require('internal/uv');
const { codes: { ERR_STREAM_WRAP } } = require('internal/errors');
const { END } = require('internal/stream_handle');

class DuplexHandle {
  reading = false;
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

  write(bytes, callback) {
    if (this.#stream.destroyed || this.#stream.writableEnded) return UV_EPIPE;
    // Who reads is to see it before who wrote goes on.
    this.#stream.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      (error) => setImmediate(callback, error ? error.errno ?? UV_ECANCELED : 0));
    return 1;
  }

  shutdown(callback) {
    if (this.#stream.destroyed) return UV_EPIPE;
    this.#stream.end(() => callback(0));
    return 0;
  }

  get writeQueueSize() {
    return this.#stream.writableLength;
  }
}

module.exports = { DuplexHandle };
