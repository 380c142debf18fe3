'use strict';

// `Duplex.from(anything)`: streams, web streams, iterables, blobs, promises, pairs of `{ readable, writable }` and
// asynchronous functions. A function that takes an iterable of what is written and gives an iterable is a whole duplex;
// one that gives a promise is a writable whose 'finish' waits for that promise.

const Readable = require('internal/streams/readable');
const Writable = require('internal/streams/writable');
const Duplex = require('internal/streams/duplex');
const Facade = require('internal/streams/facade');
const from = require('internal/streams/from');
const eos = require('internal/streams/end-of-stream');
const { destroyer } = require('internal/streams/destroy');
const { AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE } } = require('internal/errors');
const {
  isDuplexNodeStream, isIterable, isNodeStream, isReadable, isReadableNodeStream, isReadableStream, isWritable,
  isWritableNodeStream, isWritableStream,
} = require('internal/streams/utils');

class Duplexify extends Duplex {}

function isBlob(value) {
  return typeof globalThis.Blob === 'function' && value instanceof globalThis.Blob;
}

function duplexify(body, name) {
  if (isDuplexNodeStream(body)) return body;
  if (isReadableNodeStream(body)) return fromPair({ readable: body });
  if (isWritableNodeStream(body)) return fromPair({ writable: body });
  if (isNodeStream(body)) return fromPair({ writable: false, readable: false });
  if (isReadableStream(body)) return fromPair({ readable: Readable.fromWeb(body) });
  if (isWritableStream(body)) return fromPair({ writable: Writable.fromWeb(body) });
  if (typeof body === 'function') return fromFunction(body, name);
  if (isBlob(body)) return duplexify(body.arrayBuffer());
  if (isIterable(body)) return from(Duplexify, body, { objectMode: true, writable: false });
  if (isReadableStream(body?.readable) && isWritableStream(body?.writable)) return Duplexify.fromWeb(body);
  if (typeof body?.writable === 'object' || typeof body?.readable === 'object') {
    return fromPair({
      readable: side(body.readable, isReadableNodeStream),
      writable: side(body.writable, isWritableNodeStream),
    });
  }
  if (typeof body?.then === 'function') return fromPromise(body);
  throw new ERR_INVALID_ARG_TYPE(name, [
    'Blob', 'ReadableStream', 'WritableStream', 'Stream', 'Iterable', 'AsyncIterable', 'Function',
    '{ readable, writable } pair', 'Promise',
  ], body);
}

function side(value, isFit) {
  if (!value) return undefined;
  return isFit(value) ? value : duplexify(value);
}

function fromPromise(promise) {
  const duplex = new Duplexify({ objectMode: true, writable: false, read() {} });
  promise.then((value) => {
    if (value != null) duplex.push(value);
    duplex.push(null);
  }, (error) => { destroyer(duplex, error); });
  return duplex;
}

function fromFunction(body, name) {
  const { value, write, final, destroy } = callWithInput(body);
  if (isDuplexNodeStream(value)) return value;
  if (isIterable(value)) return from(Duplexify, value, { objectMode: true, write, final, destroy });

  const then = value?.then;
  if (typeof then !== 'function') {
    throw new ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or AsyncFunction', name, value);
  }
  const promise = then.call(value, (result) => {
    if (result != null) throw new ERR_INVALID_RETURN_VALUE('nully', 'body', result);
  }, (error) => { destroyer(duplex, error); });
  const duplex = new Duplexify({
    objectMode: true,
    readable: false,
    write,
    final(callback) {
      final(async () => {
        try {
          await promise;
          process.nextTick(callback, null);
        } catch (error) {
          process.nextTick(callback, error);
        }
      });
    },
    destroy,
  });
  return duplex;
}

/** Calls `body` with an iterable of what will be written; each write is done when `body` asks for the next. */
function callWithInput(body) {
  let { promise, resolve } = Promise.withResolvers();
  const aborting = new AbortController();
  const { signal } = aborting;

  async function* input() {
    for (;;) {
      const { chunk, done, callback } = await promise;
      process.nextTick(callback);
      if (done) return;
      if (signal.aborted) throw new AbortError(undefined, { cause: signal.reason });
      ({ promise, resolve } = Promise.withResolvers());
      yield chunk;
    }
  }
  // `resolve` is spent until the iterable is asked again.
  function give(request) {
    const resolveOnce = resolve;
    resolve = null;
    resolveOnce(request);
  }

  return {
    value: body(input(), { signal }),
    write(chunk, encoding, callback) {
      give({ chunk, done: false, callback });
    },
    final(callback) {
      give({ done: true, callback });
    },
    destroy(error, callback) {
      aborting.abort();
      // Whoever waits for the next chunk gets the end, else it would wait for ever.
      if (resolve !== null) give({ done: true, callback() {} });
      callback(error);
    },
  };
}

function fromPair(pair) {
  const r = pair.readable && typeof pair.readable.read !== 'function' ? Readable.wrap(pair.readable) : pair.readable;
  const w = pair.writable;
  const readable = Boolean(isReadable(r));
  const writable = Boolean(isWritable(w));
  const facade = new Facade();
  facade.duplex = new Duplexify({
    readableObjectMode: Boolean(r?.readableObjectMode),
    writableObjectMode: Boolean(w?.writableObjectMode),
    readable,
    writable,
  });

  if (writable) {
    eos(w, (error) => {
      if (error) destroyer(r, error);
      facade.over(error);
    });
    facade.writeTo(w);
    w.on('finish', facade.finished);
  }
  if (readable) {
    eos(r, (error) => {
      if (error) destroyer(r, error);
      facade.over(error);
    });
    facade.readFrom(r);
  }
  facade.onDestroy((error, isOver) => {
    if (isOver) return;
    destroyer(w, error);
    destroyer(r, error);
  });
  return facade.duplex;
}

module.exports = duplexify;
