'use strict';

// timers/promises: timers as promises, and an interval as an asynchronous iterator.
//
// Wrong arguments reject the promise; they are not thrown. An aborted signal clears its timer and rejects.

const { AbortError, codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { validateAbortSignal, validateBoolean, validateNumber, validateObject } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { Immediate, Timeout, clear, clearImmediate, insert } = require('internal/timers');

function check(delay, options) {
  if (delay !== undefined) validateNumber(delay, 'delay');
  validateObject(options, 'options');
  const { signal, ref = true } = options;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  if (ref !== undefined) validateBoolean(ref, 'options.ref');
  return { signal, ref };
}

/** Start a timer by `start(resolve)`; an abort of `signal` ends it by `stop(timer)`. */
function settleBy(signal, start, stop) {
  if (signal?.aborted) return Promise.reject(new AbortError(undefined, { cause: signal.reason }));
  const { promise, resolve, reject } = Promise.withResolvers();
  const timer = start(resolve);
  if (signal === undefined) return promise;
  const { kResistStopPropagation } = require('internal/event_target');
  const onAbort = () => {
    stop(timer);
    reject(new AbortError(undefined, { cause: signal.reason }));
  };
  signal.addEventListener('abort', onAbort, { __proto__: null, once: true, [kResistStopPropagation]: true });
  const forget = () => signal.removeEventListener('abort', onAbort);
  // As many microtasks after the timer as Node takes.
  const passedOn = new Promise((fulfil, fail) => promise.then(fulfil, fail));
  return new Promise((fulfil, fail) => passedOn.finally(forget).then(fulfil, fail));
}

function setTimeout(delay, value, options = kEmptyObject) {
  try {
    const { signal, ref } = check(delay, options);
    return settleBy(signal, (resolve) => {
      const timer = new Timeout(resolve, delay, [value], false, ref);
      insert(timer, timer._idleTimeout);
      return timer;
    }, clear);
  } catch (error) {
    return Promise.reject(error);
  }
}

function setImmediate(value, options = kEmptyObject) {
  try {
    const { signal, ref } = check(undefined, options);
    return settleBy(signal, (resolve) => {
      const immediate = new Immediate(resolve, [value]);
      if (!ref) immediate.unref();
      return immediate;
    }, clearImmediate);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Yields `value` for every interval that has passed, also for those that passed while nobody asked. */
async function* setInterval(delay, value, options = kEmptyObject) {
  const { signal, ref } = check(delay, options);
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  let passed = 0;
  let wake;
  const tick = () => {
    passed++;
    wake?.();
    wake = undefined;
  };
  const interval = new Timeout(tick, delay, undefined, true, ref);
  insert(interval, interval._idleTimeout);
  const onAbort = () => {
    clear(interval);
    wake?.(Promise.reject(new AbortError(undefined, { cause: signal.reason })));
    wake = undefined;
  };
  const { kResistStopPropagation } = require('internal/event_target');
  signal?.addEventListener('abort', onAbort, { __proto__: null, once: true, [kResistStopPropagation]: true });
  try {
    while (!signal?.aborted) {
      if (passed === 0) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      for (; passed > 0; passed--) yield value;
    }
    throw new AbortError(undefined, { cause: signal.reason });
  } finally {
    clear(interval);
    signal?.removeEventListener('abort', onAbort);
  }
}

const kKey = Symbol('constructor key');

class Scheduler {
  #isScheduler = true;

  constructor(key) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  static check(value) {
    if (value !== Object(value) || !(#isScheduler in value)) throw new ERR_INVALID_THIS('Scheduler');
  }

  yield() {
    Scheduler.check(this);
    return setImmediate();
  }

  wait(delay, options) {
    Scheduler.check(this);
    return setTimeout(delay, undefined, options);
  }
}

module.exports = { setTimeout, setImmediate, setInterval, scheduler: new Scheduler(kKey) };
