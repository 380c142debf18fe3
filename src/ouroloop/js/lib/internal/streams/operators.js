'use strict';

// The helpers on Readable that take a function for every chunk: `map`, `filter`, `forEach` and so on. Most of them are
// `map` in some dress: it reads ahead, runs up to `concurrency` calls at once, keeps up to `highWaterMark` results, and
// gives them in the order of the chunks. Those that give values give them as a new Readable; the others as a promise.

const { AbortError, codes: { ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateAbortSignal, validateFunction, validateInteger, validateObject } = require('internal/validators');
const { finished } = require('internal/streams/end-of-stream');
const { addAbortSignalNoValidate } = require('internal/streams/add-abort-signal');
const { isNodeStream, isWritable } = require('internal/streams/utils');

const SKIP = Symbol('kEmpty');
const END = Symbol('kEof');

function checkOptions(options) {
  if (options != null) validateObject(options, 'options');
  if (options?.signal != null) validateAbortSignal(options.signal, 'options.signal');
}

function abortError(signal) {
  return new AbortError(undefined, { cause: signal.reason });
}

function compose(stream, options) {
  checkOptions(options);
  if (isNodeStream(stream) && !isWritable(stream)) {
    throw new ERR_INVALID_ARG_VALUE('stream', stream, 'must be writable');
  }
  const composed = require('internal/streams/compose')(this, stream);
  if (options?.signal) addAbortSignalNoValidate(options.signal, composed);
  return composed;
}

function map(fn, options) {
  validateFunction(fn, 'fn');
  checkOptions(options);
  const concurrency = options?.concurrency != null ? Math.floor(options.concurrency) : 1;
  const ahead = options?.highWaterMark != null ? Math.floor(options.highWaterMark) : concurrency - 1;
  validateInteger(concurrency, 'options.concurrency', 1);
  validateInteger(ahead, 'options.highWaterMark', 0);
  return new Mapping(this, fn, options?.signal, concurrency, concurrency + ahead).results();
}

class Mapping {
  #stream;
  #fn;
  #signal;
  #concurrency;
  #limit;
  #queue = [];
  #running = 0;
  #done = false;
  #wakeReader = null;
  #wakeWriter = null;

  constructor(stream, fn, signal, concurrency, limit) {
    this.#stream = stream;
    this.#fn = fn;
    this.#signal = AbortSignal.any(signal ? [signal] : []);
    this.#concurrency = concurrency;
    this.#limit = limit;
  }

  async *results() {
    this.#pump();
    const queue = this.#queue;
    try {
      for (;;) {
        while (queue.length > 0) {
          const value = await queue[0];
          if (value === END) return;
          if (this.#signal.aborted) throw new AbortError();
          if (value !== SKIP) yield value;
          queue.shift();
          this.#wakeIfRoom();
        }
        await new Promise((resolve) => { this.#wakeWriter = resolve; });
      }
    } finally {
      this.#done = true;
      this.#wakeReader?.();
      this.#wakeReader = null;
    }
  }

  async #pump() {
    try {
      for await (const chunk of this.#stream) {
        if (this.#done) return;
        if (this.#signal.aborted) throw new AbortError();
        const result = this.#call(chunk);
        if (result === SKIP) continue;
        this.#add(result);
        if (!this.#done && (this.#queue.length >= this.#limit || this.#running >= this.#concurrency)) {
          await new Promise((resolve) => { this.#wakeReader = resolve; });
        }
      }
      this.#queue.push(END);
    } catch (error) {
      this.#add(Promise.reject(error));
    } finally {
      this.#done = true;
      this.#tellWriter();
    }
  }

  #call(chunk) {
    try {
      const result = this.#fn(chunk, { signal: this.#signal });
      return result === SKIP ? SKIP : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #add(result) {
    this.#running++;
    result.then(this.#finishedOne, this.#failedOne);
    this.#queue.push(result);
    this.#tellWriter();
  }

  #finishedOne = () => {
    this.#running--;
    this.#wakeIfRoom();
  };

  #failedOne = () => {
    this.#done = true;
    this.#finishedOne();
  };

  #wakeIfRoom() {
    if (!this.#wakeReader || this.#done) return;
    if (this.#running >= this.#concurrency || this.#queue.length >= this.#limit) return;
    this.#wakeReader();
    this.#wakeReader = null;
  }

  #tellWriter() {
    this.#wakeWriter?.();
    this.#wakeWriter = null;
  }
}

function filter(fn, options) {
  validateFunction(fn, 'fn');
  return map.call(this, async (value, context) => (await fn(value, context) ? value : SKIP), options);
}

async function some(fn, options = undefined) {
  for await (const _ of filter.call(this, fn, options)) return true;
  return false;
}

async function every(fn, options = undefined) {
  validateFunction(fn, 'fn');
  return !(await some.call(this, async (...args) => !(await fn(...args)), options));
}

async function find(fn, options) {
  for await (const value of filter.call(this, fn, options)) return value;
  return undefined;
}

async function forEach(fn, options) {
  validateFunction(fn, 'fn');
  async function call(value, context) {
    await fn(value, context);
    return SKIP;
  }
  for await (const _ of map.call(this, call, options));
}

async function reduce(reducer, initialValue, options) {
  validateFunction(reducer, 'reducer');
  checkOptions(options);
  let empty = arguments.length < 2;
  if (options?.signal?.aborted) {
    const error = abortError(options.signal);
    this.once('error', () => {}); // the promise carries it
    await finished(this.destroy(error));
    throw error;
  }
  const aborting = new AbortController();
  const { signal } = aborting;
  if (options?.signal) {
    options.signal.addEventListener('abort', () => aborting.abort(), { once: true });
  }
  let nothingRead = true;
  try {
    for await (const value of this) {
      nothingRead = false;
      if (options?.signal?.aborted) throw new AbortError();
      if (empty) {
        initialValue = value;
        empty = false;
      } else {
        initialValue = await reducer(initialValue, value, { signal });
      }
    }
    if (nothingRead && empty) throw new ReduceOfEmpty();
  } finally {
    aborting.abort();
  }
  return initialValue;
}

class ReduceOfEmpty extends ERR_MISSING_ARGS {
  constructor() {
    super('reduce');
    this.message = 'Reduce of an empty stream requires an initial value';
  }
}

async function toArray(options) {
  checkOptions(options);
  const chunks = [];
  for await (const chunk of this) {
    if (options?.signal?.aborted) throw abortError(options.signal);
    chunks.push(chunk);
  }
  return chunks;
}

function flatMap(fn, options) {
  const values = map.call(this, fn, options);
  return (async function* flatMap() {
    for await (const value of values) yield* value;
  })();
}

function toCount(number) {
  const count = Number(number);
  if (Number.isNaN(count)) return 0;
  if (count < 0) throw new ERR_OUT_OF_RANGE('number', '>= 0', count);
  return count;
}

function drop(number, options = undefined) {
  checkOptions(options);
  let left = toCount(number);
  const source = this;
  return (async function* drop() {
    if (options?.signal?.aborted) throw new AbortError();
    for await (const value of source) {
      if (options?.signal?.aborted) throw new AbortError();
      if (left-- <= 0) yield value;
    }
  })();
}

function take(number, options = undefined) {
  checkOptions(options);
  let left = toCount(number);
  const source = this;
  return (async function* take() {
    if (options?.signal?.aborted) throw new AbortError();
    for await (const value of source) {
      if (options?.signal?.aborted) throw new AbortError();
      if (left-- > 0) yield value;
      // Not waiting for one more chunk when enough was taken.
      if (left <= 0) return;
    }
  })();
}

module.exports = {
  compose,
  streamReturningOperators: { drop, filter, flatMap, map, take },
  promiseReturningOperators: { every, forEach, reduce, toArray, some, find },
};
