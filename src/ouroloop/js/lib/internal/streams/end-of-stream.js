'use strict';

// `finished(stream, options, callback)`: calls back once, when the stream is no longer readable and no longer writable,
// has failed, or was closed before its time (ERR_STREAM_PREMATURE_CLOSE). If the stream promises a 'close' it waits for
// that. A stream that is over already has its verdict at the call; the callback comes in the next tick.
// Listeners stay after the callback (a late 'error' then has a listener); the function returned removes them.

const { AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_STREAM_PREMATURE_CLOSE } } = require('internal/errors');
const { kEmptyObject } = require('internal/util');
const { validateAbortSignal, validateBoolean, validateFunction, validateObject } = require('internal/validators');
const {
  isClosed, isNodeStream, isReadable, isReadableErrored, isReadableFinished, isReadableNodeStream, isReadableStream,
  isRequest, isWritable, isWritableErrored, isWritableFinished, isWritableNodeStream, isWritableStream,
  kIsClosedPromise, willEmitClose,
} = require('internal/streams/utils');

const frames = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');

const nop = () => {};

/** Whoever waits is called back once, in the context of the call of `finished`. */
function once(callback) {
  if (hooks.enabled) callback = require('async_hooks').AsyncResource.bind(callback, 'STREAM_END_OF_STREAM');
  const frame = frames.current();
  let called = false;
  return function(...args) {
    if (called) return;
    called = true;
    const outer = frames.exchange(frame);
    try {
      Reflect.apply(callback, this, args);
    } finally {
      frames.exchange(outer);
    }
  };
}

function eos(stream, options, callback) {
  if (arguments.length === 2) {
    callback = options;
    options = kEmptyObject;
  } else if (options == null) {
    options = kEmptyObject;
  } else {
    validateObject(options, 'options');
  }
  validateFunction(callback, 'callback');
  validateAbortSignal(options.signal, 'options.signal');
  callback = once(callback);

  if (isReadableStream(stream) || isWritableStream(stream)) return watchWebStream(stream, options, callback);
  if (!isNodeStream(stream)) {
    throw new ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  }
  return watch(stream, options, callback);
}

function watch(stream, options, callback) {
  const readable = options.readable ?? isReadableNodeStream(stream);
  const writable = options.writable ?? isWritableNodeStream(stream);
  const { _writableState: writing, _readableState: reading } = stream;

  // Only a 'close' that stands for all we wait for is worth waiting for.
  let awaitsClose = willEmitClose(stream) &&
    isReadableNodeStream(stream) === readable && isWritableNodeStream(stream) === writable;
  let writableFinished = isWritableFinished(stream, false);
  let readableFinished = isReadableFinished(stream, false);

  function onfinish() {
    writableFinished = true;
    if (stream.destroyed) awaitsClose = false;
    if (awaitsClose && (!stream.readable || readable)) return;
    if (!readable || readableFinished) callback.call(stream);
  }
  function onlegacyfinish() {
    if (!stream.writable) onfinish();
  }
  function onend() {
    readableFinished = true;
    if (stream.destroyed) awaitsClose = false;
    if (awaitsClose && (!stream.writable || writable)) return;
    if (!writable || writableFinished) callback.call(stream);
  }
  function onerror(error) {
    callback.call(stream, error);
  }
  function failure() {
    const error = isWritableErrored(stream) || isReadableErrored(stream);
    return error && typeof error !== 'boolean' ? error : undefined;
  }
  function isPremature() {
    if (readable && !readableFinished && isReadableNodeStream(stream, true) && !isReadableFinished(stream, false)) {
      return true;
    }
    return writable && !writableFinished && !isWritableFinished(stream, false);
  }
  /** What to report of a stream that is over; only one that was closed may have been closed too early. */
  function verdict(isClose) {
    return failure() || (isClose && isPremature() ? new ERR_STREAM_PREMATURE_CLOSE() : undefined);
  }
  function call(error) {
    if (error) callback.call(stream, error);
    else callback.call(stream);
  }
  function onclose() {
    call(verdict(true));
  }
  function onrequest() {
    stream.req.on('finish', onfinish);
  }

  const listeners = [];
  function listen(event, listener) {
    listeners.push(event, listener);
    stream.on(event, listener);
  }
  function cleanup() {
    callback = nop;
    for (let i = 0; i < listeners.length; i += 2) stream.removeListener(listeners[i], listeners[i + 1]);
    stream.req?.removeListener?.('finish', onfinish);
  }
  function abort() {
    const abandoned = callback;
    cleanup();
    abandoned.call(stream, new AbortError(undefined, { cause: options.signal.reason }));
  }

  const closed = isClosed(stream);
  if (closed || isOver()) {
    // Nothing more to wait for, but a late 'error' shall not bring the process down.
    if (options.error !== false) listen('error', nop);
    process.nextTick(call, verdict(closed));
    return cleanup;
  }
  if (options.signal) {
    if (options.signal.aborted) {
      process.nextTick(abort);
      return cleanup;
    }
    callback = abortable(options.signal, abort, callback);
  }

  if (isRequest(stream)) {
    listen('complete', onfinish);
    if (!awaitsClose) listen('abort', onclose);
    if (stream.req) onrequest();
    else listen('request', onrequest);
  } else if (writable && !writing) {
    listen('end', onlegacyfinish);
    listen('close', onlegacyfinish);
  }
  if (!awaitsClose && typeof stream.aborted === 'boolean') listen('aborted', onclose);
  listen('end', onend);
  listen('finish', onfinish);
  if (options.error !== false) listen('error', onerror);
  listen('close', onclose);
  return cleanup;

  function isOver() {
    if (writing?.errorEmitted || reading?.errorEmitted) return !awaitsClose;
    if (!readable && (!awaitsClose || isReadable(stream)) && (writableFinished || isWritable(stream) === false) &&
        !writing?.pendingcb) {
      return true;
    }
    if (!writable && (!awaitsClose || isWritable(stream)) && (readableFinished || isReadable(stream) === false)) {
      return true;
    }
    return reading && stream.req && stream.aborted;
  }
}

/** A callback that stops listening to the signal. */
function abortable(signal, abort, callback) {
  const listening = require('events').addAbortListener(signal, abort);
  return function(...args) {
    listening[Symbol.dispose]();
    Reflect.apply(callback, this, args);
  };
}

function watchWebStream(stream, options, callback) {
  let aborted = false;
  function abort() {
    aborted = true;
    callback.call(stream, new AbortError(undefined, { cause: options.signal.reason }));
  }
  if (options.signal?.aborted) process.nextTick(abort);
  else if (options.signal) callback = abortable(options.signal, abort, callback);

  function onsettled(...args) {
    if (!aborted) process.nextTick(() => Reflect.apply(callback, stream, args));
  }
  stream[kIsClosedPromise].promise.then(onsettled, onsettled);
  return nop;
}

function finished(stream, options) {
  options ??= kEmptyObject;
  let autoCleanup = false;
  if (options.cleanup) {
    validateBoolean(options.cleanup, 'cleanup');
    autoCleanup = options.cleanup;
  }
  return new Promise((resolve, reject) => {
    const cleanup = eos(stream, options, (error) => {
      if (autoCleanup) cleanup();
      if (error) reject(error);
      else resolve();
    });
  });
}

module.exports = eos;
eos.finished = finished;
