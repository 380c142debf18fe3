'use strict';

// `events.once` and `events.on`: events as a promise, and as an asynchronous iterator.
//
// Theory of operation. Both listen on an EventEmitter or an EventTarget, and on a signal, and take every listener
// away when they are done. On an emitter 'error' rejects (unless it is what is waited for); an EventTarget has no
// such event. The iterator keeps what was emitted and not yet asked for; above the high-water mark it pauses the
// emitter.

const { codes: { ERR_INVALID_ARG_TYPE }, AbortError } = require('internal/errors');
const { validateAbortSignal, validateInteger, validateObject } = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const kWatermarkData = Symbol.for('nodejs.watermarkData');

function resistant(flags) {
  return { ...flags, [require('internal/event_target').kResistStopPropagation]: true };
}

function listen(target, name, listener, flags = kEmptyObject) {
  if (typeof target.on === 'function') {
    if (flags.once) target.once(name, listener);
    else target.on(name, listener);
  } else if (typeof target.addEventListener === 'function') {
    target.addEventListener(name, listener, flags);
  } else {
    throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', target);
  }
}

function unlisten(target, name, listener, flags) {
  if (typeof target.removeListener === 'function') target.removeListener(name, listener);
  else if (typeof target.removeEventListener === 'function') target.removeEventListener(name, listener, flags);
  else throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', target);
}

function readSignal(options) {
  validateObject(options, 'options');
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  return signal;
}

/** A promise of the arguments of the next `name`. */
async function once(emitter, name, options = kEmptyObject) {
  const signal = readSignal(options);
  return new Promise((resolve, reject) => {
    const settle = (finish, value) => {
      unlisten(emitter, name, onEvent);
      if (typeof emitter.removeListener === 'function') emitter.removeListener('error', onError);
      if (signal !== undefined) unlisten(signal, 'abort', onAbort);
      finish(value);
    };
    const onEvent = (...args) => settle(resolve, args);
    const onError = (error) => settle(reject, error);
    const onAbort = () => settle(reject, new AbortError(undefined, { cause: signal.reason }));
    listen(emitter, name, onEvent, resistant({ once: true }));
    if (name !== 'error' && typeof emitter.once === 'function') emitter.once('error', onError);
    if (signal !== undefined) listen(signal, 'abort', onAbort, resistant({ once: true }));
  });
}

/** What was emitted and not yet asked for, and who asked for what was not yet emitted; one of them is always empty. */
class Backlog {
  #emitter;
  #high;
  #low;
  #events = [];
  #asking = [];
  #listeners = [];
  #isPaused = false;
  #error = null;
  #isFinished = false;

  constructor(emitter, high, low) {
    this.#emitter = emitter;
    this.#high = high;
    this.#low = low;
  }

  listen(target, name, listener, flags) {
    listen(target, name, listener, flags);
    this.#listeners.push([target, name, listener, flags]);
  }

  add(event) {
    if (this.#asking.length > 0) {
      this.#asking.shift().resolve({ value: event, done: false });
      return;
    }
    this.#events.push(event);
    if (!this.#isPaused && this.#events.length > this.#high) {
      this.#isPaused = true;
      this.#emitter.pause();
    }
  }

  next() {
    if (this.#events.length > 0) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#error !== null) {
      const rejected = Promise.reject(this.#error);
      this.#error = null;
      return rejected;
    }
    if (this.#isFinished) return this.close();
    return new Promise((resolve, reject) => this.#asking.push({ resolve, reject }));
  }

  #take() {
    const event = this.#events.shift();
    if (this.#isPaused && this.#events.length < this.#low) {
      this.#emitter.resume();
      this.#isPaused = false;
    }
    return event;
  }

  fail(error) {
    if (this.#asking.length > 0) this.#asking.shift().reject(error);
    else this.#error = error;
    this.close();
  }

  close() {
    for (const listener of this.#listeners.splice(0)) unlisten(...listener);
    this.#isFinished = true;
    const done = { value: undefined, done: true };
    for (const { resolve } of this.#asking.splice(0)) resolve(done);
    return Promise.resolve(done);
  }

  get size() {
    return this.#events.length;
  }

  get isPaused() {
    return this.#isPaused;
  }
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

function makeIterator(backlog, low, high) {
  const iterator = {
    next() {
      return backlog.next();
    },
    return() {
      return backlog.close();
    },
    throw(error) {
      if (!(error instanceof Error)) throw new ERR_INVALID_ARG_TYPE('EventEmitter.AsyncIterator', 'Error', error);
      backlog.fail(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [kWatermarkData]: {
      get size() {
        return backlog.size;
      },
      get low() {
        return low;
      },
      get high() {
        return high;
      },
      get isPaused() {
        return backlog.isPaused;
      },
    },
  };
  return Object.setPrototypeOf(iterator, AsyncIteratorPrototype);
}

/** An asynchronous iterator over the arguments of each `name`. */
function on(emitter, name, options = kEmptyObject) {
  const signal = readSignal(options);
  // "Watermark" was their name when they came.
  const high = options.highWaterMark ?? options.highWatermark ?? Number.MAX_SAFE_INTEGER;
  validateInteger(high, 'options.highWaterMark', 1);
  const low = options.lowWaterMark ?? options.lowWatermark ?? 1;
  validateInteger(low, 'options.lowWaterMark', 1);

  const backlog = new Backlog(emitter, high, low);
  const iterator = makeIterator(backlog, low, high);
  const fail = (error) => backlog.fail(error);
  const close = () => backlog.close();
  backlog.listen(emitter, name, (...args) => backlog.add(args), resistant());
  if (name !== 'error' && typeof emitter.on === 'function') backlog.listen(emitter, 'error', fail);
  const closing = options.close;
  if (closing?.length) for (const event of closing) backlog.listen(emitter, event, close);
  if (signal !== undefined) {
    const abort = () => fail(new AbortError(undefined, { cause: signal.reason }));
    backlog.listen(signal, 'abort', abort, resistant({ once: true }));
  }
  return iterator;
}

module.exports = { once, on };
