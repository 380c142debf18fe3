'use strict';

// `pipeline(source, ...transforms, destination, callback)`: connects streams (ours and web ones), iterables and
// functions, and answers for all of them: the first failure destroys every part, and the callback comes once, when
// everything is over.
// `finishCount` counts what is still under way (two for a pipe: its source and its destination). A premature close
// or an abort is often only the echo of an error elsewhere, so a real error replaces it.

const eos = require('internal/streams/end-of-stream');
const Duplex = require('internal/streams/duplex');
const PassThrough = require('internal/streams/passthrough');
const Readable = require('internal/streams/readable');
const destroying = require('internal/streams/destroy');
const {
  AbortError, aggregateTwoErrors,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE, ERR_MISSING_ARGS, ERR_STREAM_DESTROYED, ERR_STREAM_PREMATURE_CLOSE,
    ERR_STREAM_UNABLE_TO_PIPE,
  },
} = require('internal/errors');
const { once } = require('internal/util');
const { validateAbortSignal, validateFunction } = require('internal/validators');
const {
  isClosed, isDestroyed, isIterable, isNodeStream, isReadable, isReadableFinished, isReadableNodeStream,
  isReadableStream, isTransformStream, isWebStream,
} = require('internal/streams/utils');

const PREMATURE = 'ERR_STREAM_PREMATURE_CLOSE';

/** Whether an error may only be the consequence of another one. */
function isEcho(error) {
  return error.code === PREMATURE || error.name === 'AbortError';
}

/** Watches one part; what it returns destroys that part unless it is over, and forgets it. */
function destroyer(stream, reading, writing) {
  let finished = false;
  stream.on('close', () => { finished = true; });
  const cleanup = eos(stream, { readable: reading, writable: writing }, (error) => { finished = !error; });
  return {
    destroy(error) {
      if (finished) return;
      finished = true;
      destroying.destroyer(stream, error || new ERR_STREAM_DESTROYED('pipe'));
    },
    cleanup,
  };
}

function makeAsyncIterable(value) {
  if (isIterable(value)) return value;
  // An old stream without an iterator of its own.
  if (isReadableNodeStream(value)) return fromReadable(value);
  throw new ERR_INVALID_ARG_TYPE('val', ['Readable', 'Iterable', 'AsyncIterable'], value);
}

async function* fromReadable(stream) {
  yield* Readable.prototype[Symbol.asyncIterator].call(stream);
}

async function pumpToNode(iterable, writable, finish, { end }) {
  let error;
  let wake = null;
  function resume(failure) {
    if (failure) error = failure;
    const awake = wake;
    wake = null;
    awake?.();
  }
  const wait = () => new Promise((resolve, reject) => {
    const settle = () => (error ? reject(error) : resolve());
    if (error) settle();
    else wake = settle;
  });

  writable.on('drain', resume);
  const cleanup = eos(writable, { readable: false }, resume);
  try {
    if (writable.writableNeedDrain) await wait();
    for await (const chunk of iterable) {
      if (!writable.write(chunk)) await wait();
    }
    if (end) {
      writable.end();
      await wait();
    }
    finish();
  } catch (failure) {
    finish(error !== failure ? aggregateTwoErrors(error, failure) : failure);
  } finally {
    cleanup();
    writable.off('drain', resume);
  }
}

async function pumpToWeb(iterable, stream, finish, { end }) {
  const writer = (isTransformStream(stream) ? stream.writable : stream).getWriter();
  try {
    for await (const chunk of iterable) {
      await writer.ready;
      writer.write(chunk).catch(() => {});
    }
    await writer.ready;
    if (end) await writer.close();
    finish();
  } catch (error) {
    try {
      await writer.abort(error);
      finish(error);
    } catch (failure) {
      finish(failure);
    }
  }
}

function pipe(source, destination, finish, finishOnlyHandleError, { end }) {
  let ended = false;
  destination.on('close', () => {
    if (!ended) finishOnlyHandleError(new ERR_STREAM_PREMATURE_CLOSE());
  });
  source.pipe(destination, { end: false });
  if (end) {
    const endDestination = () => {
      ended = true;
      destination.end();
    };
    if (isReadableFinished(source)) process.nextTick(endDestination);
    else source.once('end', endDestination);
  } else {
    finish();
  }

  eos(source, { readable: true, writable: false }, (error) => {
    const state = source._readableState;
    if (error?.code === PREMATURE && state?.ended && !state.errored && !state.errorEmitted) {
      // Some streams close before 'end' although they have all their data: then the end is still to come.
      source.once('end', finish).once('error', finish);
    } else {
      finish(error);
    }
  });
  return eos(destination, { readable: false, writable: true }, finish);
}

class Pipeline {
  #streams;
  #callback;
  #outerSignal;
  #stopListening;
  #endsLast;
  #aborting = null;
  #lastCleanups = [];
  #destroys = [];
  #finishCount = 0;
  #error;
  #value;

  constructor(streams, callback, options) {
    this.#streams = streams;
    this.#callback = callback;
    this.#outerSignal = options?.signal;
    this.#endsLast = options?.end !== false;
    validateAbortSignal(this.#outerSignal, 'options.signal');
  }

  start() {
    if (this.#outerSignal) {
      this.#stopListening = require('events').addAbortListener(this.#outerSignal, this.#abort);
    }
    let result;
    for (let i = 0; i < this.#streams.length; i++) result = this.#connect(this.#streams[i], i, result);
    if (this.#aborting?.signal.aborted || this.#outerSignal?.aborted) process.nextTick(this.#abort);
    return result;
  }

  #abort = () => {
    this.#finish(new AbortError(undefined, { cause: this.#outerSignal?.reason }), false);
  };

  #finishOne = (error) => {
    this.#finish(error, --this.#finishCount === 0);
  };

  #finishOnlyHandleError = (error) => {
    this.#finish(error, false);
  };

  #finish(error, final) {
    if (error && (!this.#error || isEcho(this.#error))) this.#error = error;
    if (!this.#error && !final) return;
    while (this.#destroys.length > 0) this.#destroys.shift()(this.#error);
    this.#stopListening?.[Symbol.dispose]();
    this.#aborting?.abort();
    if (!final) return;
    if (!this.#error) for (const cleanup of this.#lastCleanups) cleanup();
    process.nextTick(this.#callback, this.#error, this.#value);
  }

  /** The signal that functions get; few pipelines have any. */
  get #signal() {
    if (!this.#aborting) {
      const { AbortController } = require('internal/abort_controller');
      this.#aborting = new AbortController();
      if (this.#error) this.#aborting.abort();
    }
    return this.#aborting.signal;
  }

  /** Connects part `i` to what came before it; returns what the next part reads. */
  #connect(stream, i, previous) {
    const isLast = i === this.#streams.length - 1;
    const place = { i, isLast, end: !isLast || this.#endsLast };
    if (isNodeStream(stream)) {
      const next = this.#streams[i + 1];
      if (isNodeStream(next) && (isDestroyed(next) || isClosed(next))) throw new ERR_STREAM_UNABLE_TO_PIPE();
      this.#watch(stream, place);
    }
    if (i === 0) return this.#source(stream);
    if (typeof stream === 'function') return this.#callFunction(stream, place, previous);
    if (isNodeStream(stream)) return this.#toNode(stream, place, previous);
    if (isWebStream(stream)) return this.#toWeb(stream, place, previous);
    return Duplex.from(stream);
  }

  #watch(stream, { i, isLast, end }) {
    if (end) {
      const { destroy, cleanup } = destroyer(stream, !isLast, i > 0);
      this.#destroys.push(destroy);
      if (isReadable(stream) && isLast) this.#lastCleanups.push(cleanup);
    }
    const onError = (error) => {
      if (error && !isEcho(error)) this.#finishOnlyHandleError(error);
    };
    stream.on('error', onError);
    if (isReadable(stream) && isLast) this.#lastCleanups.push(() => stream.removeListener('error', onError));
  }

  #source(stream) {
    if (typeof stream === 'function') {
      const result = stream({ signal: this.#signal });
      if (isIterable(result)) return result;
      throw new ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or Stream', 'source', result);
    }
    if (isIterable(stream) || isReadableNodeStream(stream) || isTransformStream(stream)) return stream;
    return Duplex.from(stream);
  }

  #callFunction(stream, place, previous) {
    const input = makeAsyncIterable(isTransformStream(previous) ? previous.readable : previous);
    const result = stream(input, { signal: this.#signal });
    if (place.isLast) return this.#lastResult(result, place);
    if (!isIterable(result, true)) {
      throw new ERR_INVALID_RETURN_VALUE('AsyncIterable', `transform[${place.i - 1}]`, result);
    }
    return result;
  }

  /** What the last function gives can be read, and its value is the pipeline's. */
  #lastResult(result, { end }) {
    const output = new PassThrough({ objectMode: true });
    const then = result?.then;
    if (typeof then === 'function') {
      this.#finishCount++;
      then.call(result, (value) => {
        this.#value = value;
        if (value != null) output.write(value);
        if (end) output.end();
        process.nextTick(this.#finishOne);
      }, (error) => {
        output.destroy(error);
        process.nextTick(this.#finishOne, error);
      });
    } else if (isIterable(result, true)) {
      this.#pump(pumpToNode, result, output, end);
    } else if (isReadableStream(result) || isTransformStream(result)) {
      this.#pump(pumpToNode, result.readable || result, output, end);
    } else {
      throw new ERR_INVALID_RETURN_VALUE('AsyncIterable or Promise', 'destination', result);
    }
    const { destroy, cleanup } = destroyer(output, false, true);
    this.#destroys.push(destroy);
    this.#lastCleanups.push(cleanup);
    return output;
  }

  #pump(pump, iterable, stream, end) {
    this.#finishCount++;
    pump(iterable, stream, this.#finishOne, { end });
  }

  #toNode(stream, { isLast, end }, previous) {
    if (isReadableNodeStream(previous)) {
      this.#finishCount += 2;
      const cleanup = pipe(previous, stream, this.#finishOne, this.#finishOnlyHandleError, { end });
      if (isReadable(stream) && isLast) this.#lastCleanups.push(cleanup);
    } else if (isTransformStream(previous) || isReadableStream(previous)) {
      this.#pump(pumpToNode, previous.readable || previous, stream, end);
    } else if (isIterable(previous)) {
      this.#pump(pumpToNode, previous, stream, end);
    } else {
      throw notReadable(previous);
    }
    return stream;
  }

  #toWeb(stream, { end }, previous) {
    if (isReadableNodeStream(previous)) this.#pump(pumpToWeb, makeAsyncIterable(previous), stream, end);
    else if (isReadableStream(previous) || isIterable(previous)) this.#pump(pumpToWeb, previous, stream, end);
    else if (isTransformStream(previous)) this.#pump(pumpToWeb, previous.readable, stream, end);
    else throw notReadable(previous);
    return stream;
  }
}

function notReadable(value) {
  return new ERR_INVALID_ARG_TYPE(
    'val', ['Readable', 'Iterable', 'AsyncIterable', 'ReadableStream', 'TransformStream'], value);
}

function pipelineImpl(streams, callback, options) {
  if (streams.length === 1 && Array.isArray(streams[0])) [streams] = streams;
  if (streams.length < 2) throw new ERR_MISSING_ARGS('streams');
  return new Pipeline(streams, callback, options).start();
}

function pipeline(...streams) {
  validateFunction(streams[streams.length - 1], 'streams[stream.length - 1]');
  const callback = once(streams.pop());
  return pipelineImpl(streams, callback);
}

module.exports = { pipelineImpl, pipeline };
