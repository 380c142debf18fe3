'use strict';

// How a stream dies. `destroy(error)` marks both sides at once, waits for a pending construction, calls `_destroy`, and
// when that calls back, a tick later: 'error' (at most once in a stream's life), then 'close'.
// Construction is here too, for destroying may have to wait for it: nothing is read or written before `_construct`
// called back, and its callback counts a tick after it was called.

const { aggregateTwoErrors, AbortError, codes: { ERR_MULTIPLE_CALLBACK } } = require('internal/errors');
const { kIsDestroyed, isDestroyed, isFinished, isRequest, isServerRequest } = require('internal/streams/utils');
const {
  kState, kOnConstructed, AUTO_DESTROY, CLOSE_EMITTED, CLOSED, CONSTRUCTED, DESTROYED, EMIT_CLOSE, ERROR_EMITTED,
} = require('internal/streams/state');

const kDestroy = Symbol('kDestroy');

// A package may put a plain object where our states are, so bits are read where they are, and names else.
const NAMES = new Map([
  [DESTROYED, 'destroyed'], [CLOSED, 'closed'], [CLOSE_EMITTED, 'closeEmitted'], [ERROR_EMITTED, 'errorEmitted'],
  [CONSTRUCTED, 'constructed'], [AUTO_DESTROY, 'autoDestroy'], [EMIT_CLOSE, 'emitClose'],
]);

function is(state, bit) {
  if (!state) return false;
  const flags = state[kState];
  return flags !== undefined ? (flags & bit) !== 0 : Boolean(state[NAMES.get(bit)]);
}

function mark(state, bit) {
  if (!state) return;
  if (state[kState] !== undefined) state[kState] |= bit;
  else state[NAMES.get(bit)] = true;
}

function either(stream, bit) {
  return is(stream._writableState, bit) || is(stream._readableState, bit);
}

function markBoth(stream, bit) {
  mark(stream._writableState, bit);
  mark(stream._readableState, bit);
}

/** The first error stays. Its stack is read now, while it still costs little memory to make it. */
function keepError(stream, error) {
  if (!error) return;
  void error.stack;
  const { _writableState: writing, _readableState: reading } = stream;
  if (writing && !writing.errored) writing.errored = error;
  if (reading && !reading.errored) reading.errored = error;
}

function destroy(error, callback) {
  if (either(this, DESTROYED)) {
    if (typeof callback === 'function') callback();
    return this;
  }
  keepError(this, error);
  markBoth(this, DESTROYED);
  const state = this._writableState || this._readableState;
  if (is(state, CONSTRUCTED)) {
    callDestroy(this, error, callback);
  } else {
    this.once(kDestroy, (constructError) => callDestroy(this, aggregateTwoErrors(constructError, error), callback));
  }
  return this;
}

function callDestroy(stream, error, callback) {
  let called = false;
  function onDestroy(failure) {
    if (called) return;
    called = true;
    keepError(stream, failure);
    markBoth(stream, CLOSED);
    if (typeof callback === 'function') callback(failure);
    if (failure) process.nextTick(emitErrorAndClose, stream, failure);
    else process.nextTick(emitClose, stream);
  }
  try {
    stream._destroy(error || null, onDestroy);
  } catch (thrown) {
    onDestroy(thrown);
  }
}

function emitErrorAndClose(stream, error) {
  emitError(stream, error);
  emitClose(stream);
}

function emitClose(stream) {
  markBoth(stream, CLOSE_EMITTED);
  if (either(stream, EMIT_CLOSE)) stream.emit('close');
}

function emitError(stream, error) {
  if (either(stream, ERROR_EMITTED)) return;
  markBoth(stream, ERROR_EMITTED);
  stream.emit('error', error);
}

/** What `net.Socket#connect` needs to use a stream again. */
function undestroy() {
  const { _readableState: reading, _writableState: writing } = this;
  for (const state of [reading, writing]) {
    if (!state) continue;
    state.constructed = true;
    state.closed = state.closeEmitted = state.destroyed = state.errorEmitted = false;
    state.errored = null;
  }
  if (reading) {
    reading.reading = false;
    reading.ended = reading.endEmitted = reading.readable === false;
  }
  if (writing) {
    writing.finalCalled = writing.prefinished = false;
    writing.ended = writing.ending = writing.finished = writing.writable === false;
  }
}

/** A failure of the stream itself: destroys it if it destroys itself, else only tells. `sync`: tell a tick later. */
function errorOrDestroy(stream, error, sync) {
  if (either(stream, DESTROYED)) return;
  if (either(stream, AUTO_DESTROY)) {
    stream.destroy(error);
  } else if (error) {
    keepError(stream, error);
    if (sync) process.nextTick(emitError, stream, error);
    else emitError(stream, error);
  }
}

function construct(stream) {
  if (typeof stream._construct !== 'function') return;
  const { _readableState: reading, _writableState: writing } = stream;
  if (reading) reading.constructed = false;
  if (writing) writing.constructed = false;
  process.nextTick(callConstruct, stream);
}

function callConstruct(stream) {
  let called = false;
  function onConstruct(error) {
    if (called) {
      errorOrDestroy(stream, error ?? new ERR_MULTIPLE_CALLBACK());
      return;
    }
    called = true;
    markBoth(stream, CONSTRUCTED);
    if (either(stream, DESTROYED)) stream.emit(kDestroy, error);
    else if (error) errorOrDestroy(stream, error, true);
    else afterConstruct(stream);
  }
  try {
    stream._construct((error) => { process.nextTick(onConstruct, error); });
  } catch (thrown) {
    process.nextTick(onConstruct, thrown);
  }
}

function afterConstruct(stream) {
  stream._readableState?.[kOnConstructed](stream);
  stream._writableState?.[kOnConstructed](stream);
}

function emitErrorAndCloseLegacy(stream, error) {
  stream.emit('error', error);
  process.nextTick(emitCloseLegacy, stream);
}

function emitCloseLegacy(stream) {
  stream.emit('close');
}

/** `stream.destroy(stream, error)`: destroys whatever it is. */
function destroyer(stream, error) {
  if (!stream || isDestroyed(stream)) return;
  if (!error && !isFinished(stream)) error = new AbortError();
  if (isServerRequest(stream)) {
    stream.socket = null;
    stream.destroy(error);
  } else if (isRequest(stream)) {
    stream.abort();
  } else if (isRequest(stream.req)) {
    stream.req.abort();
  } else if (typeof stream.destroy === 'function') {
    stream.destroy(error);
  } else if (typeof stream.close === 'function') {
    stream.close();
  } else if (error) {
    process.nextTick(emitErrorAndCloseLegacy, stream, error);
  } else {
    process.nextTick(emitCloseLegacy, stream);
  }
  if (!stream.destroyed) stream[kIsDestroyed] = true;
}

module.exports = { construct, destroy, destroyer, errorOrDestroy, keepError, undestroy };
