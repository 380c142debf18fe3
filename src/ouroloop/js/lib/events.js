'use strict';

// events: EventEmitter, and the functions that work on emitters and event targets alike.
//
// Theory of operation. `_events` maps an event's name to its listener or, for several, to an array of them; programs
// look into it, so its form is part of the interface. An emit walks the array as it found it. While one is under way
// (`kEmitting` counts them), listeners may be added at the end, which it does not see; every other change is made to
// a copy.
//
// What surprises people: an 'error' nobody listens for is thrown by `emit`, whatever it is. `once` adds a wrapper,
// whose `listener` is the one that was given. The object that was made as `_events` by a subclass keeps its keys
// (`kShapeMode`).

const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNHANDLED_ERROR } } = require('internal/errors');
const { validateBoolean, validateFunction, validateNumber } = require('internal/validators');
const hooks = require('internal/async_hooks');
const { noteEmission } = require('internal/events/emission');

const kCapture = Symbol('kCapture');
const kEmitting = Symbol('events.emitting');
const kErrorMonitor = Symbol('events.errorMonitor');
const kMaxEventTargetListeners = Symbol('events.maxEventTargetListeners');
const kMaxEventTargetListenersWarned = Symbol('events.maxEventTargetListenersWarned');
const kRejection = Symbol.for('nodejs.rejection');
const kShapeMode = Symbol('shapeMode');

let defaultMaxListeners = 10;

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

module.exports = EventEmitter;

const { prototype } = EventEmitter;

prototype._events = undefined;
prototype._eventsCount = 0;
prototype._maxListeners = undefined;
Object.defineProperty(prototype, kCapture, { __proto__: null, value: false, writable: true });

function initialize(emitter, options) {
  if (emitter._events === undefined || emitter._events === Object.getPrototypeOf(emitter)._events) {
    emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
    emitter[kShapeMode] = false;
  } else {
    emitter[kShapeMode] = true;
  }
  emitter._maxListeners ||= undefined;
  if (options?.captureRejections) {
    validateBoolean(options.captureRejections, 'options.captureRejections');
    emitter[kCapture] = true;
  } else {
    emitter[kCapture] = prototype[kCapture];
  }
}

// How many listeners are too many

function limitOf(emitter) {
  return emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners;
}

prototype.setMaxListeners = function setMaxListeners(n) {
  validateNumber(n, 'setMaxListeners', 0);
  this._maxListeners = n;
  return this;
};

prototype.getMaxListeners = function getMaxListeners() {
  return limitOf(this);
};

function warnOfLeak(emitter, type, list) {
  list.warned = true;
  const { inspect } = require('internal/util/inspect');
  const warning = new Error(
    `Possible EventEmitter memory leak detected. ${list.length} ${String(type)} listeners added to ` +
    `${inspect(emitter, { depth: -1 })}. MaxListeners is ${limitOf(emitter)}. ` +
    'Use emitter.setMaxListeners() to increase limit');
  warning.name = 'MaxListenersExceededWarning';
  warning.emitter = emitter;
  warning.type = type;
  warning.count = list.length;
  process.emitWarning(warning);
}

// Emitting

prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === 'error') {
    if (events?.[kErrorMonitor] !== undefined) this.emit(kErrorMonitor, ...args);
    if (events?.error === undefined) {
      const er = toThrown(this, args[0]);
      throw er; // Unhandled 'error' event
    }
  }
  const handler = events?.[type];
  if (handler === undefined) return false;
  if (typeof handler === 'function') {
    if (hooks.recorder !== undefined) hooks.recorder.called(handler);
    const result = Reflect.apply(handler, this, args);
    if (result !== undefined && result !== null) followResult(this, result, type, args);
    return true;
  }
  const { length } = handler;
  handler[kEmitting]++;
  try {
    for (let i = 0; i < length; i++) {
      if (hooks.recorder !== undefined) hooks.recorder.called(handler[i]);
      const result = Reflect.apply(handler[i], this, args);
      if (result !== undefined && result !== null) followResult(this, result, type, args);
    }
  } finally {
    handler[kEmitting]--;
  }
  return true;
};

/** What an 'error' that nobody listens for makes `emit` throw. */
function toThrown(emitter, error) {
  if (error instanceof Error) {
    noteEmission(error, emitter, prototype.emit);
    return error;
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
  return wrapped;
}

/** A listener gave something back: if that is a promise and rejections are captured, hear of its rejection. */
function followResult(emitter, result, type, args) {
  if (!emitter[kCapture]) return;
  try {
    const { then } = result;
    if (typeof then !== 'function') return;
    // In a tick, since what is thrown in a reaction would only reject another promise.
    Reflect.apply(then, result, [undefined, (error) => process.nextTick(emitRejection, emitter, error, type, args)]);
  } catch (error) {
    emitter.emit('error', error);
  }
}

function emitRejection(emitter, error, type, args) {
  if (typeof emitter[kRejection] === 'function') {
    emitter[kRejection](error, type, ...args);
    return;
  }
  const captured = emitter[kCapture];
  try {
    emitter[kCapture] = false; // an 'error' listener's own rejection would lead here again, for ever
    emitter.emit('error', error);
  } finally {
    emitter[kCapture] = captured;
  }
}

// Adding

function checkListener(listener) {
  if (typeof listener !== 'function') validateFunction(listener, 'listener');
}

function add(emitter, type, listener, isFirst) {
  checkListener(listener);
  let events = emitter._events;
  if (events === undefined) {
    events = emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (events.newListener !== undefined) {
    emitter.emit('newListener', type, listener.listener ?? listener);
    events = emitter._events; // a listener may have put another in its place
  }
  const existing = events[type];
  if (existing === undefined) {
    events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof existing === 'function' ?
    pair(existing, listener, isFirst) :
    extend(existing, listener, isFirst);
  if (list !== existing) events[type] = list;
  const limit = limitOf(emitter);
  if (limit > 0 && list.length > limit && !list.warned) warnOfLeak(emitter, type, list);
  return emitter;
}

function pair(existing, listener, isFirst) {
  const list = isFirst ? [listener, existing] : [existing, listener];
  list[kEmitting] = 0;
  return list;
}

/** The list with one more listener: the same list where no emit under way could see the change. */
function extend(existing, listener, isFirst) {
  if (!isFirst) {
    existing.push(listener);
    return existing;
  }
  const list = changeable(existing);
  list.unshift(listener);
  return list;
}

/** `list` itself, or a copy if an emit is walking it. A list that a program made has no count, and is copied. */
function changeable(list) {
  if (list[kEmitting] === 0) return list;
  const copy = list.slice();
  copy[kEmitting] = 0;
  if (list.warned) copy.warned = true;
  return copy;
}

prototype.addListener = function addListener(type, listener) {
  return add(this, type, listener, false);
};

prototype.on = prototype.addListener;

prototype.prependListener = function prependListener(type, listener) {
  return add(this, type, listener, true);
};

function wrapOnce(emitter, type, listener) {
  checkListener(listener);
  const state = { hasFired: false }; // in an object: V8 is slow with a captured variable that changes
  const wrapper = function(...args) {
    if (state.hasFired) return undefined;
    state.hasFired = true;
    emitter.removeListener(type, wrapper);
    return Reflect.apply(listener, emitter, args);
  };
  wrapper.listener = listener;
  return wrapper;
}

prototype.once = function once(type, listener) {
  this.on(type, wrapOnce(this, type, listener));
  return this;
};

prototype.prependOnceListener = function prependOnceListener(type, listener) {
  this.prependListener(type, wrapOnce(this, type, listener));
  return this;
};

// Removing

prototype.removeListener = function removeListener(type, listener) {
  checkListener(listener);
  const events = this._events;
  const existing = events?.[type];
  if (existing === undefined) return this;
  if (existing === listener || existing.listener === listener) {
    dropEvent(this, events, type);
    if (events.removeListener !== undefined) this.emit('removeListener', type, existing.listener ?? listener);
    return this;
  }
  if (typeof existing === 'function') return this;
  const position = lastPosition(existing, listener);
  if (position < 0) return this;
  events[type] = without(existing, position);
  if (events.removeListener !== undefined) this.emit('removeListener', type, listener);
  return this;
};

prototype.off = prototype.removeListener;

function lastPosition(list, listener) {
  for (let i = list.length - 1; i >= 0; i--) {
    if (list[i] === listener || list[i].listener === listener) return i;
  }
  return -1;
}

function without(existing, position) {
  const list = changeable(existing);
  if (position === list.length - 1) list.pop();
  else if (position === 0) list.shift();
  else list.splice(position, 1);
  return list.length === 1 ? list[0] : list;
}

/** The last listener of `type` is gone. */
function dropEvent(emitter, events, type) {
  emitter._eventsCount--;
  if (emitter[kShapeMode]) events[type] = undefined;
  else if (emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete events[type];
}

prototype.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  const isAll = arguments.length === 0;
  if (events.removeListener === undefined) {
    if (isAll) reset(this);
    else if (events[type] !== undefined) dropUntold(this, events, type);
    return this;
  }
  if (isAll) {
    for (const key of Reflect.ownKeys(events)) {
      if (key !== 'removeListener') this.removeAllListeners(key);
    }
    this.removeAllListeners('removeListener');
    reset(this);
    return this;
  }
  const existing = events[type];
  if (typeof existing === 'function') {
    this.removeListener(type, existing);
  } else if (existing !== undefined) {
    const list = events[type] = changeable(existing);
    for (let i = list.length - 1; i >= 0; i--) this.removeListener(type, list[i]);
  }
  return this;
};

function reset(emitter) {
  emitter._events = { __proto__: null };
  emitter._eventsCount = 0;
  emitter[kShapeMode] = false;
}

function dropUntold(emitter, events, type) {
  if (--emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete events[type];
  emitter[kShapeMode] = false;
}

// Asking

prototype.listeners = function listeners(type) {
  const events = this._events;
  if (events === undefined) return [];
  const handler = events[type];
  if (typeof handler === 'function') return [handler.listener ?? handler];
  if (handler === undefined) return [];
  const list = handler.slice();
  for (let i = 0; i < list.length; i++) {
    const { listener } = list[i];
    if (listener !== undefined) list[i] = listener;
  }
  return list;
};

prototype.rawListeners = function rawListeners(type) {
  const handler = this._events?.[type];
  if (handler === undefined) return [];
  return typeof handler === 'function' ? [handler] : handler.slice();
};

prototype.listenerCount = function listenerCount(type, listener) {
  const events = this._events;
  if (events === undefined) return 0;
  const handler = events[type];
  if (typeof handler === 'function') {
    return listener == null || listener === handler || listener === handler.listener ? 1 : 0;
  }
  if (handler === undefined) return 0;
  if (listener == null) return handler.length;
  return handler.filter((each) => each === listener || each.listener === listener).length;
};

prototype.eventNames = function eventNames() {
  return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
};

// Emitters and event targets alike

function isEventTarget(value) {
  return require('internal/event_target').isEventTarget(value);
}

function rejectTarget(value) {
  throw new ERR_INVALID_ARG_TYPE('emitter', ['EventEmitter', 'EventTarget'], value);
}

function getEventListeners(emitterOrTarget, type) {
  if (typeof emitterOrTarget.listeners === 'function') return emitterOrTarget.listeners(type);
  if (!isEventTarget(emitterOrTarget)) rejectTarget(emitterOrTarget);
  return require('internal/event_target').listenersOf(emitterOrTarget, type);
}

function getMaxListeners(emitterOrTarget) {
  if (typeof emitterOrTarget?.getMaxListeners === 'function') return limitOf(emitterOrTarget);
  if (typeof emitterOrTarget?.[kMaxEventTargetListeners] !== 'number') rejectTarget(emitterOrTarget);
  return emitterOrTarget[kMaxEventTargetListeners];
}

function listenerCount(emitterOrTarget, type) {
  if (typeof emitterOrTarget.listenerCount === 'function') return emitterOrTarget.listenerCount(type);
  if (!isEventTarget(emitterOrTarget)) rejectTarget(emitterOrTarget);
  return require('internal/event_target').listenerCount(emitterOrTarget, type);
}

function setMaxListenersOf(target, n) {
  if (isEventTarget(target)) {
    target[kMaxEventTargetListeners] = n;
    target[kMaxEventTargetListenersWarned] = false;
  } else if (typeof target.setMaxListeners === 'function') {
    target.setMaxListeners(n);
  } else {
    throw new ERR_INVALID_ARG_TYPE('eventTargets', ['EventEmitter', 'EventTarget'], target);
  }
}

// Together. The order is that in which programs that list the properties find them.

function lazyEventEmitterAsyncResource() {
  return require('internal/event_emitter_async_resource').EventEmitterAsyncResource;
}

EventEmitter.addAbortListener = require('internal/events/abort_listener').addAbortListener;
EventEmitter.once = require('internal/events/awaiting').once;
EventEmitter.on = require('internal/events/awaiting').on;
Object.assign(EventEmitter, { getEventListeners, getMaxListeners, listenerCount, EventEmitter, usingDomains: false });
EventEmitter.captureRejectionSymbol = kRejection;
Object.defineProperty(EventEmitter, 'captureRejections', {
  __proto__: null,
  enumerable: true,
  get() {
    return prototype[kCapture];
  },
  set(value) {
    validateBoolean(value, 'EventEmitter.captureRejections');
    prototype[kCapture] = value;
  },
});
Object.defineProperty(EventEmitter, 'EventEmitterAsyncResource', {
  __proto__: null, get: lazyEventEmitterAsyncResource, set: undefined, enumerable: true, configurable: true,
});
EventEmitter.errorMonitor = kErrorMonitor;
Object.defineProperties(EventEmitter, {
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
  kMaxEventTargetListeners: { __proto__: null, value: kMaxEventTargetListeners },
  kMaxEventTargetListenersWarned: { __proto__: null, value: kMaxEventTargetListenersWarned },
});
EventEmitter.setMaxListeners = function(n = defaultMaxListeners, ...eventTargets) {
  validateNumber(n, 'setMaxListeners', 0);
  if (eventTargets.length === 0) defaultMaxListeners = n;
  for (const target of eventTargets) setMaxListenersOf(target, n);
};
EventEmitter.init = function(options) {
  initialize(this, options);
};
