'use strict';

// Readable: a source of data, its buffer, and its two modes. Flowing (`state.flowing`): every chunk goes out as 'data'.
// Paused: 'readable' tells that `read()` will give something. `_read` is called until the buffer holds
// `highWaterMark`, never twice without a `push` between. What is pushed inside `_read` always goes through the
// buffer (SYNC), so that `read()` gives it to its caller.
// Surprising: a 'readable' listener stops the flow even when there are 'data' listeners, and 'end' comes only after
// everything was read.

const { Stream } = require('internal/streams/legacy');
const { Buffer } = require('buffer');
const { StringDecoder } = require('string_decoder');
const { addAbortSignal } = require('internal/streams/add-abort-signal');
const destroying = require('internal/streams/destroy');
const eos = require('internal/streams/end-of-stream');
const Pipe = require('internal/streams/pipe');
const { validateObject } = require('internal/validators');
const {
  AbortError, aggregateTwoErrors,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE, ERR_STREAM_PUSH_AFTER_EOF,
    ERR_STREAM_UNSHIFT_AFTER_END_EVENT, ERR_UNKNOWN_ENCODING,
  },
} = require('internal/errors');
const { isWritable } = require('internal/streams/utils');
const {
  kState, kOnConstructed,
  OBJECT_MODE, ERROR_EMITTED, AUTO_DESTROY, DESTROYED, CLOSE_EMITTED, ERRORED, CONSTRUCTED,
  defineFlags, defineSlot, defineTristate, defineDefaultEncoding, defineSharedState, initialFlags, getHighWaterMark,
} = require('internal/streams/state');

const kDecoderValue = Symbol('kDecoderValue');
const kEncodingValue = Symbol('kEncodingValue');

const ENDED = 1 << 9;
const END_EMITTED = 1 << 10;
const READING = 1 << 11;
const SYNC = 1 << 12;
const NEED_READABLE = 1 << 13;
const EMITTED_READABLE = 1 << 14;
const READABLE_LISTENING = 1 << 15;
const RESUME_SCHEDULED = 1 << 16;
const MULTI_AWAIT_DRAIN = 1 << 17;
const READING_MORE = 1 << 18;
const DATA_EMITTED = 1 << 19;
const DEFAULT_UTF8 = 1 << 20;
const DECODER = 1 << 21;
const ENCODING = 1 << 22;
const HAS_FLOWING = 1 << 23;
const FLOWING = 1 << 24;
const HAS_PAUSED = 1 << 25;
const PAUSED = 1 << 26;
const DATA_LISTENING = 1 << 27;
const END_SCHEDULED = 1 << 28;

/** `read()` without a size; greater than any size that `read` takes. */
const ALL = 0x7fffffff;
const MAX_HIGH_WATER_MARK = 0x40000000;
/** How many used slots stay at the front of the buffer before it is moved up. */
const SPENT_SLOTS = 1024;

const nothing = () => null;

function ReadableState(options, stream, isDuplex) {
  const objectMode = Boolean(options?.objectMode || (isDuplex && options?.readableObjectMode));
  this[kState] = initialFlags(options, objectMode) | SYNC;
  this.highWaterMark = getHighWaterMark(this, options, 'readableHighWaterMark', isDuplex);
  this.buffer = [];
  this.bufferIndex = 0;
  this.length = 0;
  this.pipes = [];
  this.awaitDrainWriters = null;

  const defaultEncoding = options?.defaultEncoding;
  if (defaultEncoding == null || defaultEncoding === 'utf8' || defaultEncoding === 'utf-8') {
    this[kState] |= DEFAULT_UTF8;
  } else if (Buffer.isEncoding(defaultEncoding)) {
    this.defaultEncoding = defaultEncoding;
  } else {
    throw new ERR_UNKNOWN_ENCODING(defaultEncoding);
  }
  if (options?.encoding) {
    this.decoder = new StringDecoder(options.encoding);
    this.encoding = options.encoding;
  }
}

Object.defineProperty(ReadableState.prototype, 'pipesCount', {
  __proto__: null,
  get() { return this.pipes.length; },
});

ReadableState.prototype[kOnConstructed] = function onConstructed(stream) {
  if ((this[kState] & NEED_READABLE) !== 0) maybeReadMore(stream, this);
};

defineSharedState(ReadableState.prototype);
defineFlags(ReadableState.prototype, {
  ended: ENDED,
  endEmitted: END_EMITTED,
  reading: READING,
  sync: SYNC,
  needReadable: NEED_READABLE,
  emittedReadable: EMITTED_READABLE,
  readableListening: READABLE_LISTENING,
  resumeScheduled: RESUME_SCHEDULED,
  multiAwaitDrain: MULTI_AWAIT_DRAIN,
  readingMore: READING_MORE,
  dataEmitted: DATA_EMITTED,
});
defineDefaultEncoding(ReadableState.prototype, DEFAULT_UTF8);
defineSlot(ReadableState.prototype, 'decoder', DECODER, kDecoderValue, nothing);
defineSlot(ReadableState.prototype, 'encoding', ENCODING, kEncodingValue, nothing);
defineTristate(ReadableState.prototype, 'flowing', HAS_FLOWING, FLOWING, null);
defineTristate(ReadableState.prototype, 'paused', HAS_PAUSED, PAUSED, false);

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  this._events ??= {
    close: undefined, error: undefined, data: undefined, end: undefined, readable: undefined,
  };
  this._readableState = new ReadableState(options, this, false);
  if (options) {
    if (typeof options.read === 'function') this._read = options.read;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal) addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  if (this._construct != null) destroying.construct(this);
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

// In: push and unshift

function canPushMore(state) {
  return (state[kState] & ENDED) === 0 && (state.length < state.highWaterMark || state.length === 0);
}

function pushNull(stream, state) {
  state[kState] &= ~READING;
  onEnd(stream, state);
  return false;
}

function pushObject(stream, state, chunk, encoding) {
  if (chunk === null) return pushNull(stream, state);
  const flags = state[kState];
  if ((flags & ENDED) !== 0) return pushAfterEnd(stream);
  if ((flags & (DESTROYED | ERRORED)) !== 0) return false;
  state[kState] = flags & ~READING;
  if ((flags & DECODER) !== 0 && !encoding) chunk = state[kDecoderValue].write(chunk);
  addChunk(stream, state, chunk, false);
  return canPushMore(state);
}

function pushBytes(stream, state, chunk, encoding) {
  if (chunk === null) return pushNull(stream, state);
  if (typeof chunk === 'string') {
    encoding ||= state.defaultEncoding;
    if (state.encoding !== encoding) {
      chunk = Buffer.from(chunk, encoding);
      encoding = '';
    }
  } else if (chunk instanceof Buffer) {
    encoding = '';
  } else if (ArrayBuffer.isView(chunk)) {
    chunk = bufferOver(chunk);
    encoding = '';
  } else if (chunk !== undefined) {
    return refuse(stream, chunk);
  }

  if (!chunk || chunk.length <= 0) return nothingPushed(stream, state);
  const flags = state[kState];
  if ((flags & ENDED) !== 0) return pushAfterEnd(stream);
  if ((flags & (DESTROYED | ERRORED)) !== 0) return false;
  state[kState] = flags & ~READING;
  if ((flags & DECODER) !== 0 && !encoding) {
    chunk = state[kDecoderValue].write(chunk);
    if (chunk.length === 0) return nothingPushed(stream, state);
  }
  addChunk(stream, state, chunk, false);
  return canPushMore(state);
}

function nothingPushed(stream, state) {
  state[kState] &= ~READING;
  maybeReadMore(stream, state);
  return canPushMore(state);
}

function pushAfterEnd(stream) {
  destroying.errorOrDestroy(stream, new ERR_STREAM_PUSH_AFTER_EOF());
  return false;
}

function refuse(stream, chunk) {
  destroying.errorOrDestroy(
    stream, new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk));
  return false;
}

/** A string of one encoding as the stream gives data out: a string of its encoding, or bytes. */
function recode(state, chunk, encoding) {
  const bytes = Buffer.from(chunk, encoding);
  return state.encoding ? bytes.toString(state.encoding) : bytes;
}

function bufferOver(view) {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function unshiftObject(stream, state, chunk) {
  return chunk === null ? pushNull(stream, state) : putBack(stream, state, chunk);
}

function unshiftBytes(stream, state, chunk, encoding) {
  if (chunk === null) return pushNull(stream, state);
  if (typeof chunk === 'string') {
    encoding ||= state.defaultEncoding;
    if (state.encoding !== encoding) chunk = recode(state, chunk, encoding);
  } else if (ArrayBuffer.isView(chunk)) {
    if (!(chunk instanceof Buffer)) chunk = bufferOver(chunk);
  } else if (chunk !== undefined) {
    return refuse(stream, chunk);
  }
  return chunk && chunk.length > 0 ? putBack(stream, state, chunk) : canPushMore(state);
}

function putBack(stream, state, chunk) {
  const flags = state[kState];
  if ((flags & END_EMITTED) !== 0) destroying.errorOrDestroy(stream, new ERR_STREAM_UNSHIFT_AFTER_END_EVENT());
  else if ((flags & (DESTROYED | ERRORED)) !== 0) return false;
  else addChunk(stream, state, chunk, true);
  return canPushMore(state);
}

function addChunk(stream, state, chunk, front) {
  const mask = FLOWING | SYNC | DATA_LISTENING;
  if ((state[kState] & mask) === (FLOWING | DATA_LISTENING) && state.length === 0) {
    forgetDrain(state);
    state[kState] |= DATA_EMITTED;
    stream.emit('data', chunk);
  } else {
    state.length += (state[kState] & OBJECT_MODE) !== 0 ? 1 : chunk.length;
    if (!front) state.buffer.push(chunk);
    else if (state.bufferIndex > 0) state.buffer[--state.bufferIndex] = chunk;
    else state.buffer.unshift(chunk);
    if ((state[kState] & NEED_READABLE) !== 0) emitReadable(stream, state);
  }
  maybeReadMore(stream, state);
}

function forgetDrain(state) {
  if ((state[kState] & MULTI_AWAIT_DRAIN) !== 0) state.awaitDrainWriters.clear();
  else state.awaitDrainWriters = null;
}

/** The source has no more: what the decoder still holds is the last chunk. */
function onEnd(stream, state) {
  if ((state[kState] & ENDED) !== 0) return;
  const rest = state.decoder?.end();
  if (rest?.length) {
    state.buffer.push(rest);
    state.length += (state[kState] & OBJECT_MODE) !== 0 ? 1 : rest.length;
  }
  state[kState] |= ENDED;
  if ((state[kState] & SYNC) !== 0) {
    emitReadable(stream, state);
  } else {
    state[kState] = (state[kState] & ~NEED_READABLE) | EMITTED_READABLE;
    emitReadableNow(stream);
  }
}

// Out: read

function readSize(size) {
  if (size === undefined) return ALL;
  const wanted = Number.isInteger(size) ? size : Number.parseInt(size, 10);
  if (wanted > MAX_HIGH_WATER_MARK) throw new ERR_OUT_OF_RANGE('size', '<= 1GiB', wanted);
  return Number.isNaN(wanted) ? ALL : wanted;
}

function nextPowerOfTwo(n) {
  return n <= 1 ? 1 : 2 ** (32 - Math.clz32(n - 1));
}

/** How much `read(wanted)` gets now. */
function available(state, wanted) {
  const flags = state[kState];
  if (wanted <= 0 || (state.length === 0 && (flags & ENDED) !== 0)) return 0;
  if ((flags & OBJECT_MODE) !== 0) return 1;
  if (wanted === ALL) {
    return (flags & FLOWING) !== 0 && state.length ? state.buffer[state.bufferIndex].length : state.length;
  }
  if (wanted <= state.length) return wanted;
  return (flags & ENDED) !== 0 ? state.length : 0;
}

function read(size) {
  const state = this._readableState;
  const wanted = readSize(size);
  if (wanted !== ALL && wanted > state.highWaterMark) state.highWaterMark = nextPowerOfTwo(wanted);
  if (wanted !== 0) {
    state[kState] &= ~EMITTED_READABLE;
  } else if ((state[kState] & NEED_READABLE) !== 0 && readableDue(state)) {
    if (state.length === 0 && (state[kState] & ENDED) !== 0) endReadable(this, state);
    else emitReadable(this, state);
    return null;
  }

  let n = available(state, wanted);
  if (n === 0 && (state[kState] & ENDED) !== 0) {
    if (state.length === 0) endReadable(this, state);
    return null;
  }
  if (shouldAsk(state, n)) {
    ask(this, state);
    if ((state[kState] & READING) === 0) n = available(state, wanted);
  }
  return take(this, state, n, wanted);
}

/** Whether `read(0)` has only to tell that there is something. */
function readableDue(state) {
  if ((state[kState] & ENDED) !== 0) return true;
  return state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0;
}

function shouldAsk(state, n) {
  const flags = state[kState];
  if ((flags & (ENDED | READING | DESTROYED | ERRORED | CONSTRUCTED)) !== CONSTRUCTED) return false;
  return (flags & NEED_READABLE) !== 0 || state.length === 0 || state.length - n < state.highWaterMark;
}

function ask(stream, state) {
  state[kState] |= state.length === 0 ? READING | SYNC | NEED_READABLE : READING | SYNC;
  try {
    stream._read(state.highWaterMark);
  } catch (error) {
    destroying.errorOrDestroy(stream, error);
  }
  state[kState] &= ~SYNC;
}

function take(stream, state, n, wanted) {
  const chunk = n > 0 ? fromList(n, state) : null;
  if (chunk === null) {
    if (state.length <= state.highWaterMark) state[kState] |= NEED_READABLE;
    n = 0;
  } else {
    state.length -= n;
    forgetDrain(state);
  }
  if (state.length === 0) {
    if ((state[kState] & ENDED) === 0) state[kState] |= NEED_READABLE;
    else if (wanted !== n) endReadable(stream, state);
  }
  if (chunk !== null && (state[kState] & (ERROR_EMITTED | CLOSE_EMITTED)) === 0) {
    state[kState] |= DATA_EMITTED;
    stream.emit('data', chunk);
  }
  return chunk;
}

/** Takes the first `n` (in object mode: one) off the buffer. */
function fromList(n, state) {
  if (state.length === 0) return null;
  const { buffer } = state;
  const first = buffer[state.bufferIndex];
  if ((state[kState] & OBJECT_MODE) !== 0) return dropFirst(state, first);
  if (!n || n >= state.length) return takeAll(state);
  if (n === first.length) return dropFirst(state, first);
  if (n < first.length) {
    buffer[state.bufferIndex] = first.slice(n);
    return first.slice(0, n);
  }
  return takeAcross(n, state);
}

function dropFirst(state, first) {
  const { buffer } = state;
  const next = state.bufferIndex + 1;
  if (next === buffer.length) {
    buffer.length = 0;
    state.bufferIndex = 0;
  } else if (next > SPENT_SLOTS) {
    buffer.splice(0, next);
    state.bufferIndex = 0;
  } else {
    buffer[state.bufferIndex] = null;
    state.bufferIndex = next;
  }
  return first;
}

function takeAll(state) {
  const { buffer, bufferIndex } = state;
  const chunks = bufferIndex === 0 ? buffer : buffer.slice(bufferIndex);
  const whole = joined(chunks, state, state.length);
  buffer.length = 0;
  state.bufferIndex = 0;
  return whole;
}

function joined(chunks, state, length) {
  if ((state[kState] & DECODER) !== 0) return chunks.join('');
  if (chunks.length === 0) return Buffer.alloc(0);
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
}

function takeAcross(n, state) {
  const parts = [];
  let missing = n;
  while (missing > 0) {
    const first = state.buffer[state.bufferIndex];
    if (first.length > missing) {
      parts.push(first.slice(0, missing));
      state.buffer[state.bufferIndex] = first.slice(missing);
      break;
    }
    missing -= first.length;
    parts.push(dropFirst(state, first));
  }
  return joined(parts, state, n);
}

// Telling: 'readable' and 'end'

function emitReadable(stream, state) {
  state[kState] &= ~NEED_READABLE;
  if ((state[kState] & EMITTED_READABLE) !== 0) return;
  state[kState] |= EMITTED_READABLE;
  process.nextTick(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if ((state[kState] & (DESTROYED | ERRORED)) === 0 && (state.length || (state[kState] & ENDED) !== 0)) {
    stream.emit('readable');
    state[kState] &= ~EMITTED_READABLE;
  }
  if ((state[kState] & (FLOWING | ENDED)) === 0 && state.length <= state.highWaterMark) state[kState] |= NEED_READABLE;
  flow(stream);
}

function maybeReadMore(stream, state) {
  if ((state[kState] & (READING_MORE | READING | CONSTRUCTED)) !== CONSTRUCTED) return;
  state[kState] |= READING_MORE;
  process.nextTick(readMore, stream, state);
}

/** Fills the buffer up to the mark, as long as the source gives at once. */
function readMore(stream, state) {
  while (
    (state[kState] & (READING | ENDED)) === 0 &&
    (state.length < state.highWaterMark || ((state[kState] & FLOWING) !== 0 && state.length === 0))
  ) {
    const before = state.length;
    stream.read(0);
    if (state.length === before) break;
  }
  state[kState] &= ~READING_MORE;
}

function endReadable(stream, state) {
  if ((state[kState] & (END_EMITTED | END_SCHEDULED)) !== 0) return;
  state[kState] |= ENDED | END_SCHEDULED;
  process.nextTick(emitEnd, state, stream);
}

function emitEnd(state, stream) {
  state[kState] &= ~END_SCHEDULED;
  if ((state[kState] & (ERRORED | CLOSE_EMITTED | END_EMITTED)) !== 0 || state.length !== 0) return;
  state[kState] |= END_EMITTED;
  stream.emit('end');
  if (stream.writable && stream.allowHalfOpen === false) process.nextTick(endWritable, stream);
  else if ((state[kState] & AUTO_DESTROY) !== 0 && writableIsDone(stream._writableState)) stream.destroy();
}

function writableIsDone(state) {
  return !state || (state.autoDestroy && (state.finished || state.writable === false));
}

function endWritable(stream) {
  if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
}

// Flowing

function resume(stream, state) {
  if ((state[kState] & READING) === 0) stream.read(0);
  state[kState] &= ~RESUME_SCHEDULED;
  stream.emit('resume');
  flow(stream);
  if ((state[kState] & (FLOWING | READING)) === FLOWING) stream.read(0);
}

function flow(stream) {
  const state = stream._readableState;
  while ((state[kState] & FLOWING) !== 0 && stream.read() !== null);
}

function onDataListener(stream, state) {
  state[kState] |= DATA_LISTENING;
  if (stream.listenerCount('readable') > 0) state[kState] |= READABLE_LISTENING;
  if ((state[kState] & (HAS_FLOWING | FLOWING)) !== HAS_FLOWING) stream.resume();
}

function onReadableListener(stream, state) {
  if ((state[kState] & (END_EMITTED | READABLE_LISTENING)) !== 0) return;
  state[kState] |= READABLE_LISTENING | NEED_READABLE | HAS_FLOWING;
  state[kState] &= ~(FLOWING | EMITTED_READABLE);
  if (state.length) emitReadable(stream, state);
  else if ((state[kState] & READING) === 0) process.nextTick(readNothing, stream);
}

function readNothing(stream) {
  stream.read(0);
}

/** The last 'readable' listener may have gone: then 'data' flows again. */
function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount('readable') > 0;
  if ((state[kState] & (HAS_PAUSED | PAUSED | RESUME_SCHEDULED)) === (HAS_PAUSED | RESUME_SCHEDULED)) {
    state[kState] |= HAS_FLOWING | FLOWING;
  } else if ((state[kState] & DATA_LISTENING) !== 0) {
    stream.resume();
  } else if ((state[kState] & READABLE_LISTENING) === 0) {
    state[kState] &= ~(HAS_FLOWING | FLOWING);
  }
}

// Iteration

async function* iterate(stream, options) {
  let wake = null;
  let error;
  function signal() {
    wake?.();
    wake = null;
  }
  stream.on('readable', signal);
  const stopWatching = eos(stream, { writable: false }, (failure) => {
    error = failure ? aggregateTwoErrors(error, failure) : null;
    signal();
  });
  const wait = (resolve) => { wake = resolve; };

  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (error) throw error;
      else if (error === null) return;
      else await new Promise(wait);
    }
  } catch (failure) {
    error = aggregateTwoErrors(error, failure);
    throw error;
  } finally {
    if (destroysAfter(stream, error, options)) {
      destroying.destroyer(stream, null);
    } else {
      stream.off('readable', signal);
      stopWatching();
    }
  }
}

/** `error` is undefined if the loop was left before the end, and null at the end. */
function destroysAfter(stream, error, options) {
  if (!error && options?.destroyOnReturn === false) return false;
  if (error === undefined) return true;
  const isHalfOpen = error === null && stream.allowHalfOpen !== false && isWritable(stream);
  return stream._readableState.autoDestroy && !isHalfOpen;
}

function iteratorOf(stream, options) {
  if (typeof stream.read !== 'function') stream = Readable.wrap(stream, { objectMode: true });
  const iterator = iterate(stream, options);
  iterator.stream = stream;
  return iterator;
}

Object.assign(Readable.prototype, {
  destroy: destroying.destroy,
  _undestroy: destroying.undestroy,

  _destroy(error, callback) {
    callback(error);
  },

  /** Hands over what was fetched; null is the end. Returns whether to go on fetching. */
  push(chunk, encoding) {
    const state = this._readableState;
    return (state[kState] & OBJECT_MODE) === 0 ?
      pushBytes(this, state, chunk, encoding) : pushObject(this, state, chunk, encoding);
  },

  /** Puts back at the front what was read too much. */
  unshift(chunk, encoding) {
    const state = this._readableState;
    return (state[kState] & OBJECT_MODE) === 0 ?
      unshiftBytes(this, state, chunk, encoding) : unshiftObject(this, state, chunk);
  },

  isPaused() {
    const state = this._readableState;
    return state.paused === true || state.flowing === false;
  },

  setEncoding(encoding) {
    const state = this._readableState;
    const decoder = new StringDecoder(encoding);
    state.decoder = decoder;
    state.encoding = decoder.encoding;
    let text = '';
    for (let i = state.bufferIndex; i < state.buffer.length; i++) text += decoder.write(state.buffer[i]);
    if ((state[kState] & ENDED) !== 0) text += decoder.end();
    state.buffer.length = 0;
    state.bufferIndex = 0;
    if (text !== '') state.buffer.push(text);
    state.length = text.length;
    return this;
  },

  read,

  _read(size) {
    throw new ERR_METHOD_NOT_IMPLEMENTED('_read()');
  },

  pipe(destination, options) {
    return Pipe.start(this, destination, options);
  },

  unpipe(destination) {
    Pipe.stop(this, destination);
    return this;
  },

  on(event, listener) {
    const result = Stream.prototype.on.call(this, event, listener);
    if (event === 'data') onDataListener(this, this._readableState);
    else if (event === 'readable') onReadableListener(this, this._readableState);
    return result;
  },

  removeListener(event, listener) {
    const result = Stream.prototype.removeListener.call(this, event, listener);
    // A tick later, so that replacing one listener by another does not start the flow.
    if (event === 'readable') process.nextTick(updateListening, this);
    else if (event === 'data' && this.listenerCount('data') === 0) this._readableState[kState] &= ~DATA_LISTENING;
    return result;
  },

  removeAllListeners(event) {
    const result = Reflect.apply(Stream.prototype.removeAllListeners, this, arguments);
    if (event === 'readable' || event === undefined) process.nextTick(updateListening, this);
    return result;
  },

  resume() {
    const state = this._readableState;
    if ((state[kState] & FLOWING) === 0) {
      state[kState] |= (state[kState] & READABLE_LISTENING) === 0 ? HAS_FLOWING | FLOWING : HAS_FLOWING;
      if ((state[kState] & RESUME_SCHEDULED) === 0) {
        state[kState] |= RESUME_SCHEDULED;
        process.nextTick(resume, this, state);
      }
    }
    state[kState] = (state[kState] | HAS_PAUSED) & ~PAUSED;
    return this;
  },

  pause() {
    const state = this._readableState;
    if ((state[kState] & (HAS_FLOWING | FLOWING)) !== HAS_FLOWING) {
      state[kState] = (state[kState] | HAS_FLOWING) & ~FLOWING;
      this.emit('pause');
    }
    state[kState] |= HAS_PAUSED | PAUSED;
    return this;
  },

  /** Reads from an emitter of the old kind ('data', 'end', `pause`, `resume`). */
  wrap(source) {
    let paused = false;
    source.on('data', (chunk) => {
      if (this.push(chunk) || !source.pause) return;
      paused = true;
      source.pause();
    });
    source.on('end', () => { this.push(null); });
    source.on('error', (error) => { destroying.errorOrDestroy(this, error); });
    source.on('close', () => { this.destroy(); });
    source.on('destroy', () => { this.destroy(); });
    this._read = () => {
      if (!paused || !source.resume) return;
      paused = false;
      source.resume();
    };
    for (const key of Object.keys(source)) {
      if (this[key] === undefined && typeof source[key] === 'function') this[key] = source[key].bind(source);
    }
    return this;
  },

  iterator(options) {
    if (options !== undefined) validateObject(options, 'options');
    return iteratorOf(this, options);
  },

  compose(stream, options) {
    return require('internal/streams/operators').compose.call(this, stream, options);
  },

  [Symbol.for('nodejs.rejection')](error) {
    this.destroy(error);
  },

  async [Symbol.asyncDispose]() {
    let error;
    if (!this.destroyed) {
      error = this.readableEnded ? null : new AbortError();
      this.destroy(error);
    }
    await new Promise((resolve, reject) => {
      eos(this, (failure) => (failure && failure !== error ? reject(failure) : resolve(null)));
    });
  },

  [Symbol.asyncIterator]() {
    return iteratorOf(this);
  },
});
Readable.prototype.addListener = Readable.prototype.on;
Readable.prototype.off = Readable.prototype.removeListener;

function getter(get) {
  return { __proto__: null, get };
}

Object.defineProperties(Readable.prototype, {
  readable: {
    __proto__: null,
    get() {
      const state = this._readableState;
      return Boolean(state) && state.readable !== false &&
        (state[kState] & (DESTROYED | ERROR_EMITTED | END_EMITTED)) === 0;
    },
    set(value) {
      if (this._readableState) this._readableState.readable = Boolean(value);
    },
  },
  readableDidRead: getter(function() { return this._readableState.dataEmitted; }),
  readableAborted: getter(function() {
    const state = this._readableState;
    return state.readable !== false &&
      (state[kState] & (DESTROYED | ERRORED)) !== 0 && (state[kState] & END_EMITTED) === 0;
  }),
  readableHighWaterMark: getter(function() { return this._readableState.highWaterMark; }),
  readableBuffer: getter(function() { return this._readableState?.buffer; }),
  readableFlowing: {
    __proto__: null,
    get() { return this._readableState.flowing; },
    set(value) {
      if (this._readableState) this._readableState.flowing = value;
    },
  },
  readableLength: getter(function() { return this._readableState.length; }),
  readableObjectMode: getter(function() { return this._readableState ? this._readableState.objectMode : false; }),
  readableEncoding: getter(function() { return this._readableState ? this._readableState.encoding : null; }),
  errored: getter(function() { return this._readableState ? this._readableState.errored : null; }),
  closed: getter(function() { return this._readableState ? this._readableState.closed : false; }),
  destroyed: {
    __proto__: null,
    get() { return this._readableState ? this._readableState.destroyed : false; },
    set(value) {
      if (this._readableState) this._readableState.destroyed = value;
    },
  },
  readableEnded: getter(function() { return this._readableState ? this._readableState.endEmitted : false; }),
});

Readable.ReadableState = ReadableState;
Readable._fromList = fromList;
Readable.from = (iterable, options) => require('internal/streams/from')(Readable, iterable, options);
Readable.fromWeb = (readableStream, options) =>
  require('internal/webstreams/adapters').newStreamReadableFromReadableStream(readableStream, options);
Readable.toWeb = (readable, options) =>
  require('internal/webstreams/adapters').newReadableStreamFromStreamReadable(readable, options);
Readable.wrap = (source, options) => new Readable({
  objectMode: source.readableObjectMode ?? source.objectMode ?? true,
  ...options,
  destroy(error, callback) {
    destroying.destroyer(source, error);
    callback(error);
  },
}).wrap(source);

module.exports = Readable;
