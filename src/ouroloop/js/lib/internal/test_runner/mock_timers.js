'use strict';

// Mock timers: a clock that a test moves.
//
// Theory of operation. `enable` puts other functions where programs find timers: on the global object, on `timers`
// and on `timers/promises`. Those note what is to run when; `tick` moves the clock and runs what is due, earliest
// first, and what was started first among those that are due at once. `Date` tells that clock's time.
//
// What surprises people: a program that took `setTimeout` out of a module before keeps the real one.

const { AbortError, codes: { ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE } } = require('internal/errors');
const {
  validateAbortSignal, validateNumber, validateObject, validateStringArray,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { TIMEOUT_MAX } = require('internal/timers');

const APIS = ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'scheduler.wait', 'AbortSignal.timeout'];

/** What a mocked `setTimeout` returns. */
class MockTimeout {
  #timers;
  #isReferenced = true;

  constructor(timers, callback, delay, args, isInterval) {
    this.#timers = timers;
    this.callback = callback;
    this.delay = delay;
    this.args = args;
    this.isInterval = isInterval;
  }

  hasRef() {
    return this.#isReferenced;
  }

  ref() {
    this.#isReferenced = true;
    return this;
  }

  unref() {
    this.#isReferenced = false;
    return this;
  }

  refresh() {
    this.#timers.restart(this);
    return this;
  }

  close() {
    this.#timers.clear(this);
    return this;
  }

  [Symbol.dispose]() {
    this.close();
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }
}

/** Whether one timer runs before another. */
const isBefore = (a, b) => a.due < b.due || (a.due === b.due && a.id < b.id);

class Clock {
  now = 0;
  #pending = new Set();
  #lastId = 0;

  start(callback, delay, args = [], isInterval = false) {
    delay = Math.trunc(Number(delay)) || 0;
    if (!(delay >= 1 && delay <= TIMEOUT_MAX)) delay = 1;
    return this.#add(new MockTimeout(this, callback, delay, args, isInterval));
  }

  /** An immediate comes before every timer. */
  startImmediate(callback, args = []) {
    const timer = new MockTimeout(this, callback, 0, args, false);
    timer.isImmediate = true;
    return this.#add(timer);
  }

  #add(timer) {
    timer.id = ++this.#lastId;
    timer.due = this.now + timer.delay;
    this.#pending.add(timer);
    return timer;
  }

  restart(timer) {
    if (this.#pending.has(timer)) timer.due = this.now + timer.delay;
  }

  clear(timer) {
    if (timer === undefined || timer === null) return;
    if (typeof timer === 'object') {
      this.#pending.delete(timer);
      return;
    }
    for (const each of this.#pending) {
      if (each.id === Number(timer)) this.#pending.delete(each);
    }
  }

  #first(time) {
    let first;
    for (const timer of this.#pending) {
      if (timer.due > time) continue;
      if (first === undefined || isBefore(timer, first)) first = timer;
    }
    return first;
  }

  tick(time) {
    const end = this.now + time;
    for (let timer = this.#first(end); timer !== undefined; timer = this.#first(end)) {
      this.now = Math.max(this.now, timer.due);
      if (timer.isInterval) timer.due = this.now + timer.delay;
      else this.#pending.delete(timer);
      Reflect.apply(timer.callback, timer, timer.args);
    }
    this.now = end;
  }

  /** When the last timer that waits now is due; undefined if there is none. */
  get last() {
    let last;
    for (const { due } of this.#pending) last = Math.max(last ?? due, due);
    return last;
  }
}

function makeDate(clock) {
  const Original = Date;
  function MockDate(...args) {
    if (new.target === undefined) return new Original(clock.now).toString();
    const target = new.target === MockDate ? Original : new.target;
    return Reflect.construct(Original, args.length === 0 ? [clock.now] : args, target);
  }
  const descriptors = Object.getOwnPropertyDescriptors(Original);
  Object.defineProperties(MockDate, {
    ...descriptors,
    now: { ...descriptors.now, value: function now() {
      return clock.now;
    } },
    toString: { __proto__: null, configurable: true, writable: true, value: () => Original.toString() },
    isMock: { __proto__: null, configurable: true, writable: true, value: true },
  });
  return MockDate;
}

/** Timers as promises, on a clock. */
class Promised {
  #clock;

  constructor(clock) {
    this.#clock = clock;
  }

  setTimeout = (delay, value, options = kEmptyObject) =>
    this.#settle((resolve) => this.#clock.start(() => resolve(value), delay), options);

  setImmediate = (value, options = kEmptyObject) =>
    this.#settle((resolve) => this.#clock.startImmediate(() => resolve(value)), options);

  wait = (delay, options) => this.setTimeout(delay, undefined, options);

  async #settle(start, options) {
    validateObject(options, 'options');
    const { signal } = options;
    validateAbortSignal(signal, 'options.signal');
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
    const { promise, resolve, reject } = Promise.withResolvers();
    const timer = start(resolve);
    const onAbort = () => {
      this.#clock.clear(timer);
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    signal?.addEventListener('abort', onAbort, { __proto__: null, once: true });
    try {
      return await promise;
    } finally {
      // Also an abort that comes between the timer and this is one.
      // eslint-disable-next-line no-unsafe-finally
      if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
      signal?.removeEventListener('abort', onAbort);
    }
  }

  setInterval = (delay, value, options = kEmptyObject) => this.#iterate(delay, value, options);

  async* #iterate(delay, value, options) {
    validateObject(options, 'options');
    const { signal } = options;
    validateAbortSignal(signal, 'options.signal');
    const check = () => {
      if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
    };
    check();
    let passed = 0;
    let wake;
    const timer = this.#clock.start(() => {
      passed++;
      wake?.();
    }, delay, [], true);
    const onAbort = () => wake?.();
    signal?.addEventListener('abort', onAbort, { __proto__: null, once: true });
    try {
      for (;;) {
        if (passed === 0) {
          check();
          await new Promise((resolve) => {
            wake = resolve;
          });
        }
        for (; passed > 0; passed--) yield value;
        check();
      }
    } finally {
      this.#clock.clear(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

function replacementsFor(api, clock) {
  const starter = (repeats) => (callback, delay, ...args) => clock.start(callback, delay, args, repeats);
  const clear = (timer) => clock.clear(timer);
  const promised = new Promised(clock);
  const timers = require('timers');
  const promises = require('timers/promises');
  const everywhere = (name, value) => [[globalThis, name, value], [timers, name, value]];
  switch (api) {
    case 'setTimeout':
    case 'setInterval':
      return [
        ...everywhere(api, starter(api === 'setInterval')), ...everywhere(api.replace('set', 'clear'), clear),
        [promises, api, promised[api]],
      ];
    case 'setImmediate':
      return [
        ...everywhere(api, (callback, ...args) => clock.startImmediate(callback, args)),
        ...everywhere('clearImmediate', clear), [promises, api, promised.setImmediate],
      ];
    case 'Date':
      return [[globalThis, 'Date', makeDate(clock)]];
    case 'scheduler.wait':
      return [[promises.scheduler, 'wait', promised.wait]];
    default: // AbortSignal.timeout
      return [[AbortSignal, 'timeout', (delay) => {
        const controller = new AbortController();
        clock.start(() => {
          controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
        }, delay, []);
        return controller.signal;
      }]];
  }
}

class MockTimers {
  #clock;
  #replaced = []; // [object, name, descriptor or undefined]

  enable(options = kEmptyObject) {
    validateObject(options, 'options');
    if (this.#clock !== undefined) throw new ERR_INVALID_STATE('MockTimers is already enabled!');
    if (globalThis.Date.isMock) throw new ERR_INVALID_STATE('Date is already being mocked!');
    const { apis = APIS, now = 0 } = options;
    validateStringArray(apis, 'options.apis');
    for (const api of apis) {
      if (!APIS.includes(api)) throw new ERR_INVALID_ARG_VALUE('options.apis', api, `option ${api} is not supported`);
    }
    const start = now instanceof Date ? now.getTime() : now;
    checkTime(start, 'now');
    this.#clock = new Clock();
    this.#clock.now = start;
    for (const api of apis.length === 0 ? APIS : apis) {
      for (const [object, name, value] of replacementsFor(api, this.#clock)) this.#replace(object, name, value);
    }
  }

  #replace(object, name, value) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    this.#replaced.push([object, name, descriptor]);
    Object.defineProperty(object, name, {
      __proto__: null, configurable: true, writable: true, enumerable: descriptor?.enumerable ?? true, value,
    });
  }

  reset() {
    if (this.#clock === undefined) return;
    this.#clock = undefined;
    for (const [object, name, descriptor] of this.#replaced.reverse()) {
      if (descriptor === undefined) delete object[name];
      else Object.defineProperty(object, name, descriptor);
    }
    this.#replaced = [];
  }

  [Symbol.dispose]() {
    this.reset();
  }

  tick(time = 1) {
    this.#check();
    checkTime(time, 'time');
    this.#clock.tick(time);
  }

  setTime(time = 0) {
    validateNumber(time, 'time');
    this.#check();
    checkTime(time, 'time');
    this.#clock.now = time;
  }

  runAll() {
    this.#check();
    const { last } = this.#clock;
    if (last !== undefined) this.#clock.tick(last - this.#clock.now);
  }

  #check() {
    if (this.#clock === undefined) {
      throw new ERR_INVALID_STATE('You should enable MockTimers first by calling the .enable function');
    }
  }
}

function checkTime(time, name) {
  validateNumber(time, name);
  if (time < 0 || Number.isNaN(time)) throw new ERR_INVALID_ARG_VALUE(name, 'positive integer', time);
}

module.exports = { MockTimers };
