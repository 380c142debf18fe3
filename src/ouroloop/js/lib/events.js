'use strict';

// events: EventEmitter, and what belongs to it.
//
// Theory of operation. `_events` maps an event's name to a listener or, for several, an array of them; programs look
// into it, so its form is part of the interface. An array is copied before its listeners are called, never while it is changed: who is added or
// removed by a listener does not change the emit that is under way.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNHANDLED_ERROR }, AbortError } = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInteger, validateNumber, validateObject,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const kCapture = Symbol('kCapture');
const kErrorMonitor = Symbol('events.errorMonitor');
const kShapeMode = Symbol('shapeMode');
const kMaxEventTargetListeners = Symbol('events.maxEventTargetListeners');
const kMaxEventTargetListenersWarned = Symbol('events.maxEventTargetListenersWarned');
const kWatermarkData = Symbol.for('nodejs.watermarkData');
const kRejection = Symbol.for('nodejs.rejection');

let defaultMaxListeners = 10;

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;

EventEmitter.init = function(options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
    this[kShapeMode] = false;
  } else {
    this[kShapeMode] = true;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections) {
    validateBoolean(options.captureRejections, 'options.captureRejections');
    this[kCapture] = Boolean(options.captureRejections);
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
};

Object.defineProperty(EventEmitter.prototype, kCapture, { __proto__: null, value: false, writable: true, enumerable: false });

// Rejections of listeners that are asynchronous functions

function addCatch(emitter, promise, type, args) {
  try {
    const { then } = promise;
    if (typeof then !== 'function') return;
    Reflect.apply(then, promise, [undefined, (error) => {
      // In a tick: an error thrown here would only reject another promise.
      process.nextTick(emitRejection, emitter, error, type, args);
    }]);
  } catch (error) {
    emitter.emit('error', error);
  }
}

function emitRejection(emitter, error, type, args) {
  if (typeof emitter[kRejection] === 'function') {
    emitter[kRejection](error, type, ...args);
    return;
  }
  // Not captured again: that would never end.
  const captured = emitter[kCapture];
  try {
    emitter[kCapture] = false;
    emitter.emit('error', error);
  } finally {
    emitter[kCapture] = captured;
  }
}

// Emitting

function unhandled(emitter, error) {
  if (error instanceof Error) {
    addEmittedAt(emitter, error);
    throw error;
  }
  const { inspect } = require('internal/util/inspect');
  let text;
  try {
    text = inspect(error);
  } catch {
    text = error;
  }
  const wrapped = new ERR_UNHANDLED_ERROR(text);
  wrapped.context = error;
  throw wrapped;
}

/** Tell in an error's stack, should it end the process, where it was emitted. */
function addEmittedAt(emitter, error) {
  try {
    const capture = {};
    Error.captureStackTrace(capture, EventEmitter.prototype.emit);
    const { stack } = error;
    if (typeof stack !== 'string' || error[kEmittedAt] !== undefined) return;
    Object.defineProperty(error, kEmittedAt, { __proto__: null, value: { emitter, stack: capture.stack }, configurable: true });
  } catch {
    // An error that lets nothing be added to it is thrown as it is.
  }
}

const kEmittedAt = Symbol('kEmittedAt');

EventEmitter.prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === 'error') {
    if (events !== undefined && events[kErrorMonitor] !== undefined) this.emit(kErrorMonitor, ...args);
    if (events === undefined || events.error === undefined) unhandled(this, args.length > 0 ? args[0] : undefined);
  } else if (events === undefined) {
    return false;
  }
  const handler = events[type];
  if (handler === undefined) return false;
  if (typeof handler === 'function') {
    const result = Reflect.apply(handler, this, args);
    if (result !== undefined && result !== null && this[kCapture]) addCatch(this, result, type, args);
    return true;
  }
  const listeners = handler.slice();
  for (let i = 0; i < listeners.length; i++) {
    const result = Reflect.apply(listeners[i], this, args);
    if (result !== undefined && result !== null && this[kCapture]) addCatch(this, result, type, args);
  }
  return true;
};

// Adding

function checkListener(listener) {
  validateFunction(listener, 'listener');
}

function add(target, type, listener, prepend) {
  checkListener(listener);
  let events = target._events;
  let existing;
  if (events === undefined) {
    events = target._events = { __proto__: null };
    target._eventsCount = 0;
  } else {
    if (events.newListener !== undefined) {
      target.emit('newListener', type, listener.listener ?? listener);
      events = target._events; // a listener may have replaced it
    }
    existing = events[type];
  }
  if (existing === undefined) {
    events[type] = listener;
    ++target._eventsCount;
    return target;
  }
  if (typeof existing === 'function') {
    existing = events[type] = prepend ? [listener, existing] : [existing, listener];
  } else if (prepend) {
    existing.unshift(listener);
  } else {
    existing.push(listener);
  }
  const limit = getMaxListenersOf(target);
  if (limit > 0 && existing.length > limit && !existing.warned) warnLeak(target, type, existing);
  return target;
}

function warnLeak(target, type, existing) {
  existing.warned = true;
  const { inspect } = require('internal/util/inspect');
  const warning = new Error(
    `Possible EventEmitter memory leak detected. ${existing.length} ${String(type)} listeners ` +
    `added to ${inspect(target, { depth: -1 })}. MaxListeners is ${getMaxListenersOf(target)}. Use emitter.setMaxListeners() to increase limit`);
  warning.name = 'MaxListenersExceededWarning';
  warning.emitter = target;
  warning.type = type;
  warning.count = existing.length;
  process.emitWarning(warning);
}

EventEmitter.prototype.addListener = function addListener(type, listener) {
  return add(this, type, listener, false);
};

EventEmitter.prototype.on = EventEmitter.prototype.addListener;

EventEmitter.prototype.prependListener = function prependListener(type, listener) {
  return add(this, type, listener, true);
};

function onceWrapper(target, type, listener) {
  let fired = false;
  const wrapped = function(...args) {
    if (fired) return undefined;
    target.removeListener(type, wrapped);
    fired = true;
    return Reflect.apply(listener, target, args);
  };
  wrapped.listener = listener;
  return wrapped;
}

EventEmitter.prototype.once = function once(type, listener) {
  checkListener(listener);
  this.on(type, onceWrapper(this, type, listener));
  return this;
};

EventEmitter.prototype.prependOnceListener = function prependOnceListener(type, listener) {
  checkListener(listener);
  this.prependListener(type, onceWrapper(this, type, listener));
  return this;
};

// Removing

EventEmitter.prototype.removeListener = function removeListener(type, listener) {
  checkListener(listener);
  const events = this._events;
  const list = events?.[type];
  if (list === undefined) return this;
  if (list === listener || list.listener === listener) {
    this._eventsCount -= 1;
    if (this[kShapeMode]) {
      events[type] = undefined;
    } else if (this._eventsCount === 0) {
      this._events = { __proto__: null };
    } else {
      delete events[type];
    }
    if (events.removeListener) this.emit('removeListener', type, list.listener || listener);
    return this;
  }
  if (typeof list === 'function') return this;
  const position = list.findLastIndex((each) => each === listener || each.listener === listener);
  if (position < 0) return this;
  if (position === 0) list.shift();
  else list.splice(position, 1);
  if (list.length === 1) events[type] = list[0];
  if (events.removeListener !== undefined) this.emit('removeListener', type, listener);
  return this;
};

EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    forget(this, arguments.length === 0 ? undefined : type, arguments.length === 0);
    return this;
  }
  if (arguments.length === 0) {
    for (const key of Reflect.ownKeys(events)) {
      if (key !== 'removeListener') this.removeAllListeners(key);
    }
    this.removeAllListeners('removeListener');
    this._events = { __proto__: null };
    this._eventsCount = 0;
    this[kShapeMode] = false;
    return this;
  }
  const listeners = events[type];
  if (typeof listeners === 'function') {
    this.removeListener(type, listeners);
  } else if (listeners !== undefined) {
    for (let i = listeners.length - 1; i >= 0; i--) this.removeListener(type, listeners[i]);
  }
  return this;
};

/** Without anyone to tell: forget one event's listeners, or all. */
function forget(target, type, all) {
  if (all) {
    target._events = { __proto__: null };
    target._eventsCount = 0;
  } else if (target._events[type] !== undefined) {
    if (--target._eventsCount === 0) target._events = { __proto__: null };
    else delete target._events[type];
  }
  target[kShapeMode] = false;
}

// Asking

function listenersOf(target, type, unwrap) {
  const handler = target._events?.[type];
  if (handler === undefined) return [];
  if (typeof handler === 'function') return [unwrap ? handler.listener || handler : handler];
  return unwrap ? handler.map((each) => each.listener || each) : handler.slice();
}

EventEmitter.prototype.listeners = function listeners(type) {
  return listenersOf(this, type, true);
};

EventEmitter.prototype.rawListeners = function rawListeners(type) {
  return listenersOf(this, type, false);
};

function listenerCount(type, listener) {
  const handler = this._events?.[type];
  if (handler === undefined) return 0;
  if (typeof handler === 'function') {
    if (listener == null) return 1;
    return listener === handler || listener === handler.listener ? 1 : 0;
  }
  if (listener == null) return handler.length;
  return handler.filter((each) => each === listener || each.listener === listener).length;
}

EventEmitter.prototype.listenerCount = listenerCount;

EventEmitter.prototype.eventNames = function eventNames() {
  return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
};

// How many are too many

function getMaxListenersOf(target) {
  return target._maxListeners === undefined ? defaultMaxListeners : target._maxListeners;
}

EventEmitter.prototype.setMaxListeners = function setMaxListeners(n) {
  validateNumber(n, 'setMaxListeners', 0);
  this._maxListeners = n;
  return this;
};

EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return getMaxListenersOf(this);
};

function isEventTarget(value) {
  return typeof value?.addEventListener === 'function' && typeof value.dispatchEvent === 'function';
}

function setMaxListeners(n = defaultMaxListeners, ...targets) {
  validateNumber(n, 'setMaxListeners', 0);
  if (targets.length === 0) {
    defaultMaxListeners = n;
    return;
  }
  const { isEventTarget: isOurs } = require('internal/event_target');
  for (const target of targets) {
    if (isOurs(target)) {
      target[kMaxEventTargetListeners] = n;
      target[kMaxEventTargetListenersWarned] = false;
    } else if (typeof target.setMaxListeners === 'function') {
      target.setMaxListeners(n);
    } else {
      throw new ERR_INVALID_ARG_TYPE('eventTargets', ['EventEmitter', 'EventTarget'], target);
    }
  }
}

function getMaxListeners(target) {
  if (typeof target?.getMaxListeners === 'function') return getMaxListenersOf(target);
  if (typeof target?.[kMaxEventTargetListeners] === 'number') return target[kMaxEventTargetListeners];
  throw new ERR_INVALID_ARG_TYPE('emitter', ['EventEmitter', 'EventTarget'], target);
}

function getEventListeners(target, type) {
  if (typeof target?.listeners === 'function') return target.listeners(type);
  if (isEventTarget(target)) return require('internal/event_target').listenersOf(target, type);
  throw new ERR_INVALID_ARG_TYPE('emitter', ['EventEmitter', 'EventTarget'], target);
}

function staticListenerCount(emitter, type) {
  if (typeof emitter.listenerCount === 'function') return emitter.listenerCount(type);
  return Reflect.apply(listenerCount, emitter, [type]);
}

// Waiting for an event

function listen(target, name, listener, { once = false, ...flags } = kEmptyObject) {
  if (typeof target.on === 'function') {
    if (once) target.once(name, listener);
    else target.on(name, listener);
  } else if (isEventTarget(target) || typeof target.addEventListener === 'function') {
    target.addEventListener(name, listener, { once, ...flags });
  } else {
    throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', target);
  }
}

function unlisten(target, name, listener, flags) {
  if (typeof target.removeListener === 'function') target.removeListener(name, listener);
  else if (typeof target.removeEventListener === 'function') target.removeEventListener(name, listener, flags);
  else throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', target);
}

/** A promise of the arguments of the next `name`. */
async function once(emitter, name, options = kEmptyObject) {
  validateObject(options, 'options');
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  return new Promise((resolve, reject) => {
    const settle = (finish, value) => {
      unlisten(emitter, name, resolver);
      if (typeof emitter.removeListener === 'function') emitter.removeListener('error', onError);
      if (signal !== undefined) unlisten(signal, 'abort', onAbort);
      finish(value);
    };
    const onError = (error) => settle(reject, error);
    const resolver = (...args) => settle(resolve, args);
    const onAbort = () => settle(reject, new AbortError(undefined, { cause: signal?.reason }));
    listen(emitter, name, resolver, { once: true, [require('internal/event_target').kResistStopPropagation]: true });
    if (name !== 'error' && typeof emitter.once === 'function') emitter.once('error', onError);
    if (signal !== undefined) {
      listen(signal, 'abort', onAbort, { once: true, [require('internal/event_target').kResistStopPropagation]: true });
    }
  });
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

/** An asynchronous iterator over the arguments of each `name`. */
function on(emitter, name, options = kEmptyObject) {
  validateObject(options, 'options');
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const highWaterMark = options.highWaterMark ?? options.highWatermark ?? Number.MAX_SAFE_INTEGER;
  validateInteger(highWaterMark, 'options.highWaterMark', 1);
  const lowWaterMark = options.lowWaterMark ?? options.lowWatermark ?? 1;
  validateInteger(lowWaterMark, 'options.lowWaterMark', 1);

  const unconsumed = [];
  const waiting = [];
  const registered = [];
  let isPaused = false;
  let error = null;
  let isFinished = false;

  const add = (target, type, listener, flags) => {
    listen(target, type, listener, flags);
    registered.push([target, type, listener, flags]);
  };

  const iterator = Object.setPrototypeOf({
    next() {
      if (unconsumed.length > 0) {
        const value = unconsumed.shift();
        if (isPaused && unconsumed.length < lowWaterMark) {
          emitter.resume();
          isPaused = false;
        }
        return Promise.resolve({ value, done: false });
      }
      if (error !== null) {
        const rejected = Promise.reject(error);
        error = null;
        return rejected;
      }
      if (isFinished) return close();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return() {
      return close();
    },
    throw(thrown) {
      if (!thrown || !(thrown instanceof Error)) {
        throw new ERR_INVALID_ARG_TYPE('EventEmitter.AsyncIterator', 'Error', thrown);
      }
      onError(thrown);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [kWatermarkData]: {
      get size() {
        return unconsumed.length;
      },
      get low() {
        return lowWaterMark;
      },
      get high() {
        return highWaterMark;
      },
      get isPaused() {
        return isPaused;
      },
    },
  }, AsyncIteratorPrototype);

  function onEvent(...args) {
    if (waiting.length > 0) {
      waiting.shift().resolve({ value: args, done: false });
      return;
    }
    unconsumed.push(args);
    if (!isPaused && unconsumed.length > highWaterMark) {
      isPaused = true;
      emitter.pause();
    }
  }

  function onError(failure) {
    if (waiting.length > 0) waiting.shift().reject(failure);
    else error = failure;
    close();
  }

  function close() {
    for (const [target, type, listener, flags] of registered.splice(0)) unlisten(target, type, listener, flags);
    isFinished = true;
    const done = { value: undefined, done: true };
    for (const each of waiting.splice(0)) each.resolve(done);
    return Promise.resolve(done);
  }

  add(emitter, name, onEvent, { [require('internal/event_target').kResistStopPropagation]: true });
  if (name !== 'error' && typeof emitter.on === 'function') add(emitter, 'error', onError);
  for (const closing of options.close ?? []) add(emitter, closing, close);
  if (signal !== undefined) {
    add(signal, 'abort', () => onError(new AbortError(undefined, { cause: signal.reason })), {
      once: true, [require('internal/event_target').kResistStopPropagation]: true,
    });
  }
  return iterator;
}

/** Hear of a signal's abort even if another listener stops it; the result takes the listener away. */
function addAbortListener(signal, listener) {
  if (signal === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  validateAbortSignal(signal, 'signal');
  validateFunction(listener, 'listener');
  let remove;
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    const { kResistStopPropagation } = require('internal/event_target');
    signal.addEventListener('abort', listener, { __proto__: null, once: true, [kResistStopPropagation]: true });
    remove = () => signal.removeEventListener('abort', listener);
  }
  return {
    __proto__: null,
    [Symbol.dispose]() {
      remove?.();
    },
  };
}

// Together

module.exports = EventEmitter;
Object.assign(EventEmitter, {
  addAbortListener, once, on, getEventListeners, getMaxListeners, EventEmitter, usingDomains: false,
  captureRejectionSymbol: kRejection, errorMonitor: kErrorMonitor, setMaxListeners, listenerCount: staticListenerCount,
});
for (const name of ['captureRejectionSymbol', 'errorMonitor']) {
  Object.defineProperty(EventEmitter, name, { writable: false, configurable: false });
}

Object.defineProperties(EventEmitter, {
  captureRejections: {
    __proto__: null,
    get() {
      return EventEmitter.prototype[kCapture];
    },
    set(value) {
      validateBoolean(value, 'EventEmitter.captureRejections');
      EventEmitter.prototype[kCapture] = value;
    },
    enumerable: true,
  },
  defaultMaxListeners: {
    __proto__: null,
    enumerable: true,
    get() {
      return defaultMaxListeners;
    },
    set(value) {
      validateNumber(value, 'defaultMaxListeners', 0);
      defaultMaxListeners = value;
    },
  },
  kMaxEventTargetListeners: { __proto__: null, value: kMaxEventTargetListeners, enumerable: false },
  kMaxEventTargetListenersWarned: { __proto__: null, value: kMaxEventTargetListenersWarned, enumerable: false },
  kEmittedAt: { __proto__: null, value: kEmittedAt, enumerable: false },
  EventEmitterAsyncResource: {
    __proto__: null,
    enumerable: true,
    configurable: true,
    get: () => require('internal/event_emitter_async_resource').EventEmitterAsyncResource,
    set: undefined,
  },
});
