'use strict';

// Between Node's streams and the web's: what is behind `Readable.toWeb`, `Readable.fromWeb` and their siblings.
//
// Theory of operation. An adapter is the source or sink of one kind of stream and drives one of the other kind; both
// ends know of each other's errors. What surprises people: a Node stream that is destroyed early shows as an
// AbortError on the web side, and a Buffer arrives there as a Uint8Array of its own memory.

const { AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { kEmptyObject, normalizeEncoding } = require('internal/util');
const { isAnyArrayBuffer } = require('internal/util/types');
const { validateBoolean, validateObject, validateOneOf } = require('internal/validators');
const { destroyer } = require('internal/streams/destroy');
const finished = require('internal/streams/end-of-stream');
const { isDestroyed, isReadable, isWritable, isWritableEnded, isWritableNodeStream } =
  require('internal/streams/utils');
const { nop, withResolvers } = require('internal/webstreams/promises');
const { CountQueuingStrategy } = require('internal/webstreams/queuingstrategies');
const { ReadableStream, isReadableStream } = require('internal/webstreams/readablestream');
const { WritableStream, isWritableStream } = require('internal/webstreams/writablestream');

const kDecompressionError = /^(?:Z_|ERR__ERROR_)/;

/** An early end looks like an abort to the web, data that cannot be decompressed like a TypeError. */
function toWebError(error) {
  if (error?.code === 'ERR_STREAM_PREMATURE_CLOSE') return new AbortError(undefined, { cause: error });
  if (!kDecompressionError.test(error?.code)) return error;
  return Object.assign(new TypeError(undefined, { cause: error }), { code: error.code });
}

function closedWritable() {
  const stream = new WritableStream();
  stream.close();
  return stream;
}

function cancelledReadable(type) {
  const stream = new ReadableStream({ type });
  stream.cancel();
  return stream;
}

// From Node's to the web's

/**
 * @param {import('stream').Writable} streamWritable
 * @param {{ validateChunk?: Function }} [options]
 *   `validateChunk(chunk)` throws for a wrong chunk; with it, what
 *   `write` throws destroys the stream
 */
function newWritableStreamFromStreamWritable(streamWritable, { validateChunk } = kEmptyObject) {
  if (!isWritableNodeStream(streamWritable) && typeof streamWritable?._writableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('streamWritable', 'stream.Writable', streamWritable);
  }
  if (isDestroyed(streamWritable) || !isWritable(streamWritable)) return closedWritable();

  const { writableHighWaterMark: highWaterMark, writableObjectMode: objectMode } = streamWritable;
  let controller;
  let drained; // while the stream is full
  let closed; // while it is being ended

  const cleanup = finished(streamWritable, (error) => {
    cleanup();
    streamWritable.on('error', nop); // one that comes late has been dealt with
    if (error === undefined || error === null) {
      if (closed === undefined) controller.error(new AbortError());
      closed?.resolve();
      return;
    }
    const reason = toWebError(error);
    drained?.reject(reason);
    closed?.reject(reason);
    controller.error(reason);
  });

  streamWritable.on('drain', () => {
    drained?.resolve();
    drained = undefined;
  });

  function write(chunk) {
    const isBare = !objectMode && isAnyArrayBuffer(chunk);
    try {
      validateChunk?.(chunk);
      streamWritable.write(isBare ? new Uint8Array(chunk) : chunk);
    } catch (error) {
      if (validateChunk !== undefined) destroyer(streamWritable, error);
      throw error;
    }
    if (!streamWritable.writableNeedDrain) return undefined;
    drained = withResolvers();
    return drained.promise;
  }

  function close() {
    if (isWritableEnded(streamWritable)) return undefined;
    closed = withResolvers();
    streamWritable.end();
    return closed.promise;
  }

  return new WritableStream({
    start(given) { controller = given; },
    write,
    abort(reason) { destroyer(streamWritable, reason); },
    close,
  }, objectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark });
}

function byteSize(chunk) {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
}

function toReadableStrategy(streamReadable, { strategy, type }) {
  if (strategy !== undefined) return strategy;
  const { readableObjectMode: objectMode, readableHighWaterMark: highWaterMark } = streamReadable;
  return objectMode || type === 'bytes' ? { highWaterMark } : { highWaterMark, size: byteSize };
}

/** `options.strategy` replaces the stream's own high-water mark; `options.type` may be 'bytes'. */
function newReadableStreamFromStreamReadable(streamReadable, options = kEmptyObject) {
  if (typeof streamReadable?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('streamReadable', 'stream.Readable', streamReadable);
  }
  validateObject(options, 'options');
  const { type } = options;
  if (type !== undefined) validateOneOf(type, 'options.type', ['bytes', undefined]);
  if (isDestroyed(streamReadable) || !isReadable(streamReadable)) return cancelledReadable(type);

  const { readableObjectMode: objectMode } = streamReadable;
  let controller;
  let isCancelled = false;

  function ondata(chunk) {
    controller.enqueue(Buffer.isBuffer(chunk) && !objectMode ? new Uint8Array(chunk) : chunk);
    if (controller.desiredSize <= 0) streamReadable.pause();
  }

  streamReadable.pause();
  const cleanup = finished(streamReadable, (error) => {
    cleanup();
    streamReadable.on('error', nop); // one that comes late has been dealt with
    if (isCancelled) return;
    if (error) {
      controller.error(toWebError(error));
      return;
    }
    controller.close();
    controller.byobRequest?.respond(0);
  });
  streamReadable.on('data', ondata);

  return new ReadableStream({
    type,
    start(given) { controller = given; },
    pull() { streamReadable.resume(); },
    cancel(reason) {
      isCancelled = true;
      destroyer(streamReadable, reason);
    },
  }, toReadableStrategy(streamReadable, options));
}

/** `{ readable, writable }` for both sides of a Duplex. */
function newReadableWritablePairFromDuplex(duplex, options = kEmptyObject) {
  if (typeof duplex?._writableState !== 'object' || typeof duplex?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('duplex', 'stream.Duplex', duplex);
  }
  validateObject(options, 'options');
  const type = options.readableType ?? options.type;
  if (isDestroyed(duplex)) return { writable: closedWritable(), readable: cancelledReadable(type) };
  return {
    writable: isWritable(duplex) ? newWritableStreamFromStreamWritable(duplex, options) : closedWritable(),
    readable: isReadable(duplex) ?
      newReadableStreamFromStreamReadable(duplex, { __proto__: null, type }) :
      cancelledReadable(type),
  };
}

// From the web's to Node's

/** Call back, and destroy the stream if that throws: it must not be lost in a promise. */
function settle(stream, callback, error) {
  try {
    callback(error);
  } catch (thrown) {
    process.nextTick(() => destroyer(stream, thrown));
  }
}

/** The writing half of a Node stream on a writer: methods for `stream.Writable`'s options. */
class WriterHalf {
  isClosed = false;
  stream = undefined;
  #writer;
  #decodeStrings;
  #isPaired;

  /** `isPaired`: with a reading half. Such a stream is never closed by being destroyed, it is aborted. */
  constructor(writableStream, decodeStrings, isPaired = false) {
    this.#writer = writableStream.getWriter();
    this.#decodeStrings = decodeStrings;
    this.#isPaired = isPaired;
  }

  watch(stream) {
    this.stream = stream;
    this.#writer.closed.then(() => {
      this.isClosed = true;
    }, (error) => {
      this.isClosed = true;
      destroyer(stream, error);
    });
  }

  write(chunk, encoding, callback) {
    const value = typeof chunk === 'string' && this.#decodeStrings ? Buffer.from(chunk, encoding) : chunk;
    const done = (error) => settle(this.stream, callback, error);
    this.#writer.ready.then(() => this.#writer.write(value)).then(() => done(), done);
  }

  writev(chunks, callback) {
    const done = (error) => settle(this.stream, callback, error);
    this.#writer.ready
      .then(() => Promise.all(chunks.map(({ chunk }) => this.#writer.write(chunk))))
      .then(() => done(), done);
  }

  final(callback) {
    if (this.isClosed) {
      callback();
      return;
    }
    const done = (error) => settle(this.stream, callback, error);
    this.#writer.close().then(() => done(), done);
  }

  async end(error) {
    if (this.isClosed) return;
    if (!this.#isPaired && (error === null || error === undefined)) await this.#writer.close();
    else await this.#writer.abort(error);
  }
}

/** The reading half of a Node stream on a reader. */
class ReaderHalf {
  isClosed = false;
  stream = undefined;
  #reader;

  constructor(readableStream) {
    this.#reader = readableStream.getReader();
  }

  watch(stream) {
    this.stream = stream;
    this.#reader.closed.then(() => {
      this.isClosed = true;
    }, (error) => {
      this.isClosed = true;
      destroyer(stream, error);
    });
  }

  read() {
    const { stream } = this;
    this.#reader.read().then(({ value, done }) => {
      stream.push(done ? null : value);
    }, (error) => destroyer(stream, error));
  }

  async end(error) {
    if (!this.isClosed) await this.#reader.cancel(error);
  }
}

/** End the halves, then call back. What goes wrong meanwhile is nobody's concern any more. */
function endAll(stream, halves, error, callback) {
  if (halves.every((half) => half.isClosed)) {
    settle(stream, callback, error);
    return;
  }
  Promise.all(halves.map((half) => half.end(error)))
    .then(() => settle(stream, callback, error), () => settle(stream, callback, error));
}

function newStreamWritableFromWritableStream(writableStream, options = kEmptyObject) {
  if (!isWritableStream(writableStream)) {
    throw new ERR_INVALID_ARG_TYPE('writableStream', 'WritableStream', writableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  validateBoolean(decodeStrings, 'options.decodeStrings');

  const { Writable } = require('stream');
  const half = new WriterHalf(writableStream, decodeStrings && !objectMode);
  const writable = new Writable({
    highWaterMark,
    objectMode,
    decodeStrings,
    signal,
    write: (chunk, encoding, callback) => half.write(chunk, encoding, callback),
    writev: (chunks, callback) => half.writev(chunks, callback),
    final: (callback) => half.final(callback),
    destroy: (error, callback) => endAll(writable, [half], error, callback),
  });
  half.watch(writable);
  return writable;
}

function newStreamReadableFromReadableStream(readableStream, options = kEmptyObject) {
  if (!isReadableStream(readableStream)) {
    throw new ERR_INVALID_ARG_TYPE('readableStream', 'ReadableStream', readableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, encoding, objectMode = false, signal } = options;
  checkEncoding(encoding);
  validateBoolean(objectMode, 'options.objectMode');

  const { Readable } = require('stream');
  const half = new ReaderHalf(readableStream);
  const readable = new Readable({
    objectMode,
    highWaterMark,
    encoding,
    signal,
    read: () => half.read(),
    destroy: (error, callback) => endAll(readable, [half], error, callback),
  });
  half.watch(readable);
  return readable;
}

function checkEncoding(encoding) {
  if (encoding !== undefined && (typeof encoding !== 'string' || normalizeEncoding(encoding) === undefined)) {
    throw new ERR_INVALID_ARG_VALUE('options.encoding', encoding);
  }
}

function newStreamDuplexFromReadableWritablePair(pair = kEmptyObject, options = kEmptyObject) {
  validateObject(pair, 'pair');
  const { readable: readableStream, writable: writableStream } = pair;
  if (!isReadableStream(readableStream)) {
    throw new ERR_INVALID_ARG_TYPE('pair.readable', 'ReadableStream', readableStream);
  }
  if (!isWritableStream(writableStream)) {
    throw new ERR_INVALID_ARG_TYPE('pair.writable', 'WritableStream', writableStream);
  }
  validateObject(options, 'options');
  const { allowHalfOpen = false, objectMode = false, encoding, decodeStrings = true, highWaterMark, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  checkEncoding(encoding);

  const { Duplex } = require('stream');
  const writing = new WriterHalf(writableStream, decodeStrings && !objectMode, true);
  const reading = new ReaderHalf(readableStream);
  const duplex = new Duplex({
    allowHalfOpen: Boolean(allowHalfOpen),
    highWaterMark,
    objectMode,
    encoding,
    decodeStrings: Boolean(decodeStrings),
    signal,
    read: () => reading.read(),
    write: (chunk, chunkEncoding, callback) => writing.write(chunk, chunkEncoding, callback),
    writev: (chunks, callback) => writing.writev(chunks, callback),
    final: (callback) => writing.final(callback),
    destroy: (error, callback) => endAll(duplex, [writing, reading], error, callback),
  });
  writing.watch(duplex);
  reading.watch(duplex);
  return duplex;
}

module.exports = {
  newWritableStreamFromStreamWritable,
  newReadableStreamFromStreamReadable,
  newReadableWritablePairFromDuplex,
  newStreamWritableFromWritableStream,
  newStreamReadableFromReadableStream,
  newStreamDuplexFromReadableWritablePair,
};
