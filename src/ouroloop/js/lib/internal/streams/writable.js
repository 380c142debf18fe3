'use strict';

// Writable: one `_write` at a time; what is written meanwhile (or while corked, or not yet constructed) is buffered,
// and goes out as one `_writev` if there is one. `write` returns false once `highWaterMark` is reached; 'drain' comes
// when everything was written. `end`: the rest is written, `_final` called, 'prefinish', then 'finish'.
// Surprising: a callback of a write that finished inside `_write` comes a tick later, and callbacks that are the same
// function share one tick.

const { Stream } = require('internal/streams/legacy');
const { Buffer } = require('buffer');
const { addAbortSignal } = require('internal/streams/add-abort-signal');
const destroying = require('internal/streams/destroy');
const eos = require('internal/streams/end-of-stream');
const {
  AbortError,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_MULTIPLE_CALLBACK, ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE, ERR_STREAM_DESTROYED, ERR_STREAM_NULL_VALUES, ERR_STREAM_WRITE_AFTER_END,
    ERR_UNKNOWN_ENCODING,
  },
} = require('internal/errors');
const {
  kState, kErroredValue, kOnConstructed, kMayPassBy, kPassedBy, kBeginWrite,
  OBJECT_MODE, ERROR_EMITTED, AUTO_DESTROY, DESTROYED, CLOSE_EMITTED, ERRORED, CONSTRUCTED,
  defineFlags, defineSlot, defineTristate, defineDefaultEncoding, defineSharedState, initialFlags, getHighWaterMark,
  takeWriting,
} = require('internal/streams/state');

const kBufferedValue = Symbol('kBufferedValue');
const kWriteCbValue = Symbol('kWriteCbValue');
const kAfterWriteTickInfoValue = Symbol('kAfterWriteTickInfoValue');
const kOnFinishedValue = Symbol('kOnFinishedValue');

const SYNC = 1 << 9;
const FINAL_CALLED = 1 << 10;
const NEED_DRAIN = 1 << 11;
const ENDING = 1 << 12;
const FINISHED = 1 << 13;
const DECODE_STRINGS = 1 << 14;
const WRITING = 1 << 15;
const BUFFER_PROCESSING = 1 << 16;
const PREFINISHED = 1 << 17;
const ALL_BUFFERS = 1 << 18;
const ALL_NOOP = 1 << 19;
const ON_FINISHED = 1 << 20;
const HAS_WRITABLE = 1 << 21;
const WRITABLE = 1 << 22;
const CORKED = 1 << 23;
const DEFAULT_UTF8 = 1 << 24;
const WRITE_CB = 1 << 25;
const EXPECT_WRITE_CB = 1 << 26;
const AFTER_WRITE_TICK_INFO = 1 << 27;
const AFTER_WRITE_PENDING = 1 << 28;
const BUFFERED = 1 << 29;
const ENDED = 1 << 30;

/** How many used slots stay at the front of the buffer before it is moved up. */
const SPENT_SLOTS = 256;

function nop() {}

function WritableState(options, stream, isDuplex) {
  const objectMode = Boolean(options?.objectMode || (isDuplex && options?.writableObjectMode));
  this[kState] = initialFlags(options, objectMode) | SYNC | ALL_BUFFERS | ALL_NOOP;
  if (options?.decodeStrings !== false) this[kState] |= DECODE_STRINGS;
  this.highWaterMark = getHighWaterMark(this, options, 'writableHighWaterMark', isDuplex);

  const defaultEncoding = options?.defaultEncoding;
  if (!defaultEncoding || defaultEncoding === 'utf8' || defaultEncoding === 'utf-8') {
    this[kState] |= DEFAULT_UTF8;
  } else if (Buffer.isEncoding(defaultEncoding)) {
    this.defaultEncoding = defaultEncoding;
  } else {
    throw new ERR_UNKNOWN_ENCODING(defaultEncoding);
  }

  this.length = 0;
  this.corked = 0;
  this.onwrite = (error) => { onwrite(stream, error); };
  this.writelen = 0;
  this.bufferedIndex = 0;
  this.pendingcb = 0;
  this[kBufferedValue] = null;
}

Object.defineProperty(WritableState.prototype, 'bufferedRequestCount', {
  __proto__: null,
  get() { return (this[kState] & BUFFERED) === 0 ? 0 : this[kBufferedValue].length - this.bufferedIndex; },
});

WritableState.prototype[kOnConstructed] = function onConstructed(stream) {
  if ((this[kState] & WRITING) === 0) clearBuffer(stream, this);
  if ((this[kState] & ENDING) !== 0) finishMaybe(stream, this);
};

/** Whether nothing is under way, so that bytes may go out beside the stream. */
WritableState.prototype[kMayPassBy] = function mayPassBy() {
  const mustNotBe = WRITING | ERRORED | CORKED | BUFFERED | BUFFER_PROCESSING | DESTROYED | ENDING;
  return (this[kState] & (mustNotBe | CONSTRUCTED)) === CONSTRUCTED;
};

/** They went, all of them: `callback` comes a tick later, as after `_write`. */
WritableState.prototype[kPassedBy] = function passedBy(stream, callback) {
  this.pendingcb++;
  process.nextTick(afterWrite, stream, this, 1, callback);
};

/** They are on their way, or have failed: from here on a write like any other. What is to be called at its end. */
WritableState.prototype[kBeginWrite] = function beginWrite(size, callback) {
  this.pendingcb++;
  this.length += size;
  this.writelen = size;
  expectCallback(this, callback);
  this[kState] &= ~SYNC;
  if (this.length >= this.highWaterMark) this[kState] |= NEED_DRAIN;
  return this.onwrite;
};

WritableState.prototype.getBuffer = function getBuffer() {
  return (this[kState] & BUFFERED) === 0 ? [] : this[kBufferedValue].slice(this.bufferedIndex);
};

defineSharedState(WritableState.prototype);
defineFlags(WritableState.prototype, {
  finalCalled: FINAL_CALLED,
  needDrain: NEED_DRAIN,
  ending: ENDING,
  ended: ENDED,
  finished: FINISHED,
  decodeStrings: DECODE_STRINGS,
  writing: WRITING,
  sync: SYNC,
  bufferProcessing: BUFFER_PROCESSING,
  prefinished: PREFINISHED,
  allBuffers: ALL_BUFFERS,
  allNoop: ALL_NOOP,
});
defineTristate(WritableState.prototype, 'writable', HAS_WRITABLE, WRITABLE, undefined);
defineDefaultEncoding(WritableState.prototype, DEFAULT_UTF8);
defineSlot(WritableState.prototype, 'writecb', WRITE_CB, kWriteCbValue, () => nop);
defineSlot(WritableState.prototype, 'afterWriteTickInfo', AFTER_WRITE_TICK_INFO, kAfterWriteTickInfoValue, () => null);
defineSlot(WritableState.prototype, 'buffered', BUFFERED, kBufferedValue, () => []);

function Writable(options) {
  if (!(this instanceof Writable)) return new Writable(options);
  this._events ??= {
    close: undefined, error: undefined, prefinish: undefined, finish: undefined, drain: undefined,
  };
  this._writableState = new WritableState(options, this, false);
  if (options) {
    takeWriting(this, options);
    if (options.signal) addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  if (this._construct != null) destroying.construct(this);
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);

// A Duplex is a Writable too, though it inherits from Readable.
Object.defineProperty(Writable, Symbol.hasInstance, {
  __proto__: null,
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState instanceof WritableState;
  },
});

// In: write

/** Returns whether to go on writing, or the error. */
function write(stream, chunk, encoding, callback) {
  if (typeof callback !== 'function') callback = nop;
  const state = stream._writableState;
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  if ((state[kState] & OBJECT_MODE) === 0) {
    if (!encoding) encoding = (state[kState] & DEFAULT_UTF8) !== 0 ? 'utf8' : state.defaultEncoding;
    else if (!isEncodingOf(chunk, encoding)) throw new ERR_UNKNOWN_ENCODING(encoding);
    if (typeof chunk === 'string') {
      if ((state[kState] & DECODE_STRINGS) !== 0) {
        chunk = Buffer.from(chunk, encoding);
        encoding = 'buffer';
      }
    } else {
      if (!(chunk instanceof Buffer)) chunk = bufferOver(chunk);
      encoding = 'buffer';
    }
  }
  if ((state[kState] & (ENDING | DESTROYED)) !== 0) return refuse(stream, state, callback);
  state.pendingcb++;
  return writeOrBuffer(stream, state, chunk, encoding, callback);
}

function isEncodingOf(chunk, encoding) {
  return Buffer.isEncoding(encoding) || (encoding === 'buffer' && typeof chunk !== 'string');
}

function bufferOver(view) {
  if (ArrayBuffer.isView(view)) return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], view);
}

function refuse(stream, state, callback) {
  const error = (state[kState] & ENDING) !== 0 ? new ERR_STREAM_WRITE_AFTER_END() : new ERR_STREAM_DESTROYED('write');
  process.nextTick(callback, error);
  destroying.errorOrDestroy(stream, error, true);
  return error;
}

function writeOrBuffer(stream, state, chunk, encoding, callback) {
  const length = (state[kState] & OBJECT_MODE) !== 0 ? 1 : chunk.length;
  state.length += length;
  if ((state[kState] & (WRITING | ERRORED | CORKED | CONSTRUCTED)) !== CONSTRUCTED) {
    buffer(state, chunk, encoding, callback);
  } else {
    state.writelen = length;
    expectCallback(state, callback);
    stream._write(chunk, encoding, state.onwrite);
    state[kState] &= ~SYNC;
  }
  // Asked only now: what was written at once presses on nobody, however low the mark.
  const belowMark = state.length < state.highWaterMark || state.length === 0;
  if (!belowMark) state[kState] |= NEED_DRAIN;
  return belowMark && (state[kState] & (DESTROYED | ERRORED)) === 0;
}

function buffer(state, chunk, encoding, callback) {
  if ((state[kState] & BUFFERED) === 0) {
    state[kState] |= BUFFERED;
    state[kBufferedValue] = [];
  }
  state[kBufferedValue].push({ chunk, encoding, callback });
  if (encoding !== 'buffer') state[kState] &= ~ALL_BUFFERS;
  if (callback !== nop) state[kState] &= ~ALL_NOOP;
}

function expectCallback(state, callback) {
  if (callback === nop) {
    state[kState] = (state[kState] & ~WRITE_CB) | WRITING | SYNC | EXPECT_WRITE_CB;
  } else {
    state[kWriteCbValue] = callback;
    state[kState] |= WRITING | SYNC | EXPECT_WRITE_CB | WRITE_CB;
  }
}

// Out: the buffer

function clearBuffer(stream, state) {
  const idle = (state[kState] & (DESTROYED | BUFFER_PROCESSING | CORKED | BUFFERED | CONSTRUCTED)) ===
    (BUFFERED | CONSTRUCTED);
  if (!idle) return;
  state[kState] |= BUFFER_PROCESSING;
  if (state[kBufferedValue].length - state.bufferedIndex > 1 && stream._writev) writeTogether(stream, state);
  else writeOneByOne(stream, state);
  state[kState] &= ~BUFFER_PROCESSING;
}

function writeTogether(stream, state) {
  const requests = state[kBufferedValue];
  const first = state.bufferedIndex;
  state.pendingcb -= requests.length - first - 1;
  const callback = (state[kState] & ALL_NOOP) !== 0 ? nop : (error) => {
    for (let i = first; i < requests.length; i++) requests[i].callback(error);
  };
  const chunks = (state[kState] & ALL_NOOP) !== 0 && first === 0 ? requests : requests.slice(first);
  chunks.allBuffers = (state[kState] & ALL_BUFFERS) !== 0;

  state.writelen = state.length;
  expectCallback(state, callback);
  if ((state[kState] & DESTROYED) !== 0) state.onwrite(new ERR_STREAM_DESTROYED('write'));
  else stream._writev(chunks, state.onwrite);
  state[kState] &= ~SYNC;
  resetBuffer(state);
}

function writeOneByOne(stream, state) {
  const requests = state[kBufferedValue];
  let next = state.bufferedIndex;
  do {
    const { chunk, encoding, callback } = requests[next];
    requests[next++] = null;
    state.writelen = (state[kState] & OBJECT_MODE) !== 0 ? 1 : chunk.length;
    expectCallback(state, callback);
    if ((state[kState] & DESTROYED) !== 0) state.onwrite(new ERR_STREAM_DESTROYED('write'));
    else stream._write(chunk, encoding, state.onwrite);
    state[kState] &= ~SYNC;
  } while (next < requests.length && (state[kState] & WRITING) === 0);

  if (next === requests.length) {
    resetBuffer(state);
  } else if (next > SPENT_SLOTS) {
    requests.splice(0, next);
    state.bufferedIndex = 0;
  } else {
    state.bufferedIndex = next;
  }
}

function resetBuffer(state) {
  state[kBufferedValue] = null;
  state.bufferedIndex = 0;
  state[kState] = (state[kState] | ALL_BUFFERS | ALL_NOOP) & ~BUFFERED;
}

/** Fails everything that still waits. */
function errorBuffer(state) {
  if ((state[kState] & WRITING) !== 0) return;
  if ((state[kState] & BUFFERED) !== 0) {
    const requests = state[kBufferedValue];
    for (let i = state.bufferedIndex; i < requests.length; i++) {
      const { chunk, callback } = requests[i];
      state.length -= (state[kState] & OBJECT_MODE) !== 0 ? 1 : chunk.length;
      callback(state.errored ?? new ERR_STREAM_DESTROYED('write'));
    }
  }
  callFinished(state, state.errored ?? new ERR_STREAM_DESTROYED('end'));
  resetBuffer(state);
}

// Back: what `_write` reports

function onwrite(stream, error) {
  const state = stream._writableState;
  if ((state[kState] & EXPECT_WRITE_CB) === 0) {
    destroying.errorOrDestroy(stream, new ERR_MULTIPLE_CALLBACK());
    return;
  }
  const sync = (state[kState] & SYNC) !== 0;
  const callback = (state[kState] & WRITE_CB) !== 0 ? state[kWriteCbValue] : nop;
  if (callback !== nop) state[kWriteCbValue] = null;
  state[kState] &= ~(WRITING | EXPECT_WRITE_CB | WRITE_CB);
  state.length -= state.writelen;
  state.writelen = 0;

  if (error) {
    destroying.keepError(stream, error);
    if (sync) process.nextTick(failWrite, stream, state, error, callback);
    else failWrite(stream, state, error, callback);
    return;
  }
  if ((state[kState] & BUFFERED) !== 0) clearBuffer(stream, state);
  if (!sync) afterWrite(stream, state, 1, callback);
  else if (callback === nop) afterSilentWrite(stream, state);
  else afterSyncWrite(stream, state, callback);
}

function failWrite(stream, state, error, callback) {
  state.pendingcb--;
  callback(error);
  errorBuffer(state);
  destroying.errorOrDestroy(stream, error);
}

/** Nobody waits for this write: outside object mode a tick is spent only if there is a 'drain' to tell. */
function afterSilentWrite(stream, state) {
  const drained = (state[kState] & NEED_DRAIN) !== 0 && state.length === 0;
  const needsTick = drained || (state[kState] & OBJECT_MODE) !== 0;
  if (needsTick && (state[kState] & AFTER_WRITE_PENDING) === 0) {
    state[kState] |= AFTER_WRITE_PENDING;
    process.nextTick(afterWrite, stream, state, 1, nop);
    return;
  }
  state.pendingcb--;
  if ((state[kState] & ENDING) !== 0) finishMaybe(stream, state, true);
}

function afterSyncWrite(stream, state, callback) {
  const waiting = (state[kState] & AFTER_WRITE_TICK_INFO) !== 0 ? state[kAfterWriteTickInfoValue] : null;
  if (waiting !== null && waiting.cb === callback) {
    waiting.count++;
    return;
  }
  const info = { count: 1, cb: callback, stream, state };
  state[kAfterWriteTickInfoValue] = info;
  state[kState] |= AFTER_WRITE_PENDING | AFTER_WRITE_TICK_INFO;
  process.nextTick(afterWriteTick, info);
}

function afterWriteTick({ stream, state, count, cb }) {
  state[kState] &= ~AFTER_WRITE_TICK_INFO;
  state[kAfterWriteTickInfoValue] = null;
  afterWrite(stream, state, count, cb);
}

function afterWrite(stream, state, count, callback) {
  state[kState] &= ~AFTER_WRITE_PENDING;
  if ((state[kState] & (ENDING | NEED_DRAIN | DESTROYED)) === NEED_DRAIN && state.length === 0) {
    state[kState] &= ~NEED_DRAIN;
    stream.emit('drain');
  }
  while (count-- > 0) {
    state.pendingcb--;
    callback(null);
  }
  if ((state[kState] & DESTROYED) !== 0) errorBuffer(state);
  if ((state[kState] & ENDING) !== 0) finishMaybe(stream, state, true);
}

// The end

function canFinish(state) {
  const mustBe = ENDING | CONSTRUCTED;
  const mustNotBe = DESTROYED | ERRORED | FINISHED | WRITING | BUFFERED | ERROR_EMITTED | CLOSE_EMITTED;
  return (state[kState] & (mustBe | mustNotBe)) === mustBe && state.length === 0;
}

function finishMaybe(stream, state, sync) {
  if (!canFinish(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb++;
    process.nextTick(finishIfStill, stream, state);
  } else if (canFinish(state)) {
    state.pendingcb++;
    finish(stream, state);
  }
}

function finishIfStill(stream, state) {
  if (canFinish(state)) finish(stream, state);
  else state.pendingcb--;
}

function prefinish(stream, state) {
  if ((state[kState] & (PREFINISHED | FINAL_CALLED)) !== 0) return;
  if (typeof stream._final === 'function' && (state[kState] & DESTROYED) === 0) {
    state[kState] |= FINAL_CALLED;
    callFinal(stream, state);
  } else {
    state[kState] |= PREFINISHED | FINAL_CALLED;
    stream.emit('prefinish');
  }
}

function callFinal(stream, state) {
  let called = false;
  function onFinal(error) {
    if (called) {
      destroying.errorOrDestroy(stream, error ?? new ERR_MULTIPLE_CALLBACK());
      return;
    }
    called = true;
    state.pendingcb--;
    if (error) {
      callFinished(state, error);
      destroying.errorOrDestroy(stream, error, (state[kState] & SYNC) !== 0);
    } else if (canFinish(state)) {
      state[kState] |= PREFINISHED;
      stream.emit('prefinish');
      // Never in the same tick as `_final`, even if it called back at once.
      state.pendingcb++;
      process.nextTick(finish, stream, state);
    }
  }
  state[kState] |= SYNC;
  state.pendingcb++;
  try {
    stream._final(onFinal);
  } catch (error) {
    onFinal(error);
  }
  state[kState] &= ~SYNC;
}

function finish(stream, state) {
  state.pendingcb--;
  state[kState] |= FINISHED;
  callFinished(state, null);
  stream.emit('finish');
  if ((state[kState] & AUTO_DESTROY) !== 0 && readableIsDone(stream._readableState)) stream.destroy();
}

function readableIsDone(state) {
  return !state || (state.autoDestroy && (state.endEmitted || state.readable === false));
}

/** The callbacks given to `end`. */
function callFinished(state, error) {
  if ((state[kState] & ON_FINISHED) === 0) return;
  const callbacks = state[kOnFinishedValue];
  state[kOnFinishedValue] = null;
  state[kState] &= ~ON_FINISHED;
  for (const callback of callbacks) callback(error);
}

function afterEnd(state, callback, error) {
  if (error) {
    process.nextTick(callback, error);
  } else if ((state[kState] & ERRORED) !== 0) {
    process.nextTick(callback, state[kErroredValue]);
  } else if ((state[kState] & FINISHED) !== 0) {
    process.nextTick(callback);
  } else if ((state[kState] & ON_FINISHED) === 0) {
    state[kState] |= ON_FINISHED;
    state[kOnFinishedValue] = [callback];
  } else {
    state[kOnFinishedValue].push(callback);
  }
}

Object.assign(Writable.prototype, {
  pipe() {
    destroying.errorOrDestroy(this, new ERR_STREAM_CANNOT_PIPE());
  },

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = null;
    }
    return write(this, chunk, encoding, callback) === true;
  },

  cork() {
    const state = this._writableState;
    state[kState] |= CORKED;
    state.corked++;
  },

  uncork() {
    const state = this._writableState;
    if (!state.corked) return;
    state.corked--;
    if (state.corked === 0) state[kState] &= ~CORKED;
    if ((state[kState] & WRITING) === 0) clearBuffer(this, state);
  },

  setDefaultEncoding(encoding) {
    if (typeof encoding === 'string') encoding = encoding.toLowerCase();
    if (!Buffer.isEncoding(encoding)) throw new ERR_UNKNOWN_ENCODING(encoding);
    this._writableState.defaultEncoding = encoding;
    return this;
  },

  _write(chunk, encoding, callback) {
    if (!this._writev) throw new ERR_METHOD_NOT_IMPLEMENTED('_write()');
    this._writev([{ chunk, encoding }], callback);
  },

  _writev: null,

  end(chunk, encoding, callback) {
    const state = this._writableState;
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = encoding = null;
    } else if (typeof encoding === 'function') {
      callback = encoding;
      encoding = null;
    }
    let error;
    if (chunk != null) {
      const result = write(this, chunk, encoding);
      if (result instanceof Error) error = result;
    }
    if ((state[kState] & CORKED) !== 0) {
      state.corked = 1;
      this.uncork();
    }
    if (!error) {
      if ((state[kState] & (ERRORED | ENDING)) === 0) {
        state[kState] |= ENDING;
        finishMaybe(this, state, true);
        state[kState] |= ENDED;
      } else if ((state[kState] & FINISHED) !== 0) {
        error = new ERR_STREAM_ALREADY_FINISHED('end');
      } else if ((state[kState] & DESTROYED) !== 0) {
        error = new ERR_STREAM_DESTROYED('end');
      }
    }
    if (typeof callback === 'function') afterEnd(state, callback, error);
    return this;
  },
});

function getter(get) {
  return { __proto__: null, get };
}

Object.defineProperties(Writable.prototype, {
  closed: getter(function() { return this._writableState ? this._writableState.closed : false; }),
  destroyed: {
    __proto__: null,
    get() { return this._writableState ? this._writableState.destroyed : false; },
    set(value) {
      if (this._writableState) this._writableState.destroyed = value;
    },
  },
  writable: {
    __proto__: null,
    get() {
      const state = this._writableState;
      return Boolean(state) && state.writable !== false &&
        (state[kState] & (DESTROYED | ERRORED | ENDING | ENDED)) === 0;
    },
    set(value) {
      if (this._writableState) this._writableState.writable = Boolean(value);
    },
  },
  writableFinished: getter(function() { return this._writableState ? this._writableState.finished : false; }),
  writableObjectMode: getter(function() { return this._writableState ? this._writableState.objectMode : false; }),
  writableBuffer: getter(function() { return this._writableState?.getBuffer(); }),
  writableEnded: getter(function() { return this._writableState ? this._writableState.ending : false; }),
  writableNeedDrain: getter(function() {
    const state = this._writableState;
    return Boolean(state) && (state[kState] & (DESTROYED | ENDING | NEED_DRAIN)) === NEED_DRAIN;
  }),
  writableHighWaterMark: getter(function() { return this._writableState?.highWaterMark; }),
  writableCorked: getter(function() { return this._writableState ? this._writableState.corked : 0; }),
  writableLength: getter(function() { return this._writableState?.length; }),
  errored: getter(function() { return this._writableState ? this._writableState.errored : null; }),
  writableAborted: getter(function() {
    const state = this._writableState;
    return state.writable !== false &&
      (state[kState] & (DESTROYED | ERRORED)) !== 0 && (state[kState] & FINISHED) === 0;
  }),
});

Object.assign(Writable.prototype, {
  destroy(error, callback) {
    const state = this._writableState;
    if ((state[kState] & (BUFFERED | ON_FINISHED)) !== 0 && (state[kState] & DESTROYED) === 0) {
      process.nextTick(errorBuffer, state);
    }
    destroying.destroy.call(this, error, callback);
    return this;
  },

  _undestroy: destroying.undestroy,

  _destroy(error, callback) {
    callback(error);
  },

  [Symbol.for('nodejs.rejection')](error) {
    this.destroy(error);
  },

  async [Symbol.asyncDispose]() {
    let error;
    if (!this.destroyed) {
      error = this.writableFinished ? null : new AbortError();
      this.destroy(error);
    }
    await new Promise((resolve, reject) => {
      eos(this, (failure) => (failure && failure.name !== 'AbortError' ? reject(failure) : resolve(null)));
    });
  },
});

Writable.WritableState = WritableState;
Writable.fromWeb = (writableStream, options) =>
  require('internal/webstreams/adapters').newStreamWritableFromWritableStream(writableStream, options);
Writable.toWeb = (writable) =>
  require('internal/webstreams/adapters').newWritableStreamFromStreamWritable(writable);

module.exports = Writable;
