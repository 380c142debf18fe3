'use strict';

// CompressionStream and DecompressionStream: pairs of web streams around the streams of `zlib`.
//
// What surprises people: bytes after the end of the compressed data are an error here, which `zlib` by itself lets
// pass.

const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { customInspectSymbol } = require('internal/util');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');

const COMPRESSORS = {
  '__proto__': null,
  'deflate': 'createDeflate',
  'deflate-raw': 'createDeflateRaw',
  'gzip': 'createGzip',
  'brotli': 'createBrotliCompress',
};
const DECOMPRESSORS = {
  '__proto__': null,
  'deflate': 'createInflate',
  'deflate-raw': 'createInflateRaw',
  'gzip': 'createGunzip',
  'brotli': 'createBrotliDecompress',
};

function makePair(name, makers, format, options) {
  const maker = makers[format];
  if (maker === undefined) {
    const error = new ERR_INVALID_ARG_VALUE('format', format);
    error.message = `Failed to construct '${name}': 1st argument '${String(format)}' ` +
      'is not a valid enum value of type CompressionFormat.';
    throw error;
  }
  const { newReadableWritablePairFromDuplex } = require('internal/webstreams/adapters');
  return newReadableWritablePairFromDuplex(require('zlib')[maker](options), { validateChunk: refuseSharedMemory });
}

/** Shared memory may change while it is read. */
function refuseSharedMemory(chunk) {
  const { isSharedArrayBuffer } = require('internal/util/types');
  if (!isSharedArrayBuffer(ArrayBuffer.isView(chunk) ? chunk.buffer : chunk)) return;
  const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  throw new ERR_INVALID_ARG_TYPE('chunk', ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], chunk);
}

class CompressionStream {
  #pair;

  constructor(format) {
    this.#pair = makePair('CompressionStream', COMPRESSORS, format);
  }

  get readable() {
    return this.#pair.readable;
  }

  get writable() {
    return this.#pair.writable;
  }

  [customInspectSymbol](depth, options) {
    const { readable, writable } = this;
    return inspectAs(this, 'CompressionStream', { readable, writable }, depth, options);
  }
}

class DecompressionStream {
  #pair;

  constructor(format) {
    this.#pair = makePair('DecompressionStream', DECOMPRESSORS, format, { rejectGarbageAfterEnd: true });
  }

  get readable() {
    return this.#pair.readable;
  }

  get writable() {
    return this.#pair.writable;
  }

  [customInspectSymbol](depth, options) {
    const { readable, writable } = this;
    return inspectAs(this, 'DecompressionStream', { readable, writable }, depth, options);
  }
}

for (const Class of [CompressionStream, DecompressionStream]) {
  defineEnumerable(Class, 'readable', 'writable');
  defineTag(Class);
}

module.exports = { CompressionStream, DecompressionStream };
