'use strict';

// EventTarget and Event, as the DOM standard has them, with Node's additions.
//
// Theory of operation. A target keeps, for each type, a list of listeners in the order they were added; a listener is one by
// its callback and its `capture` flag. `dispatchEvent` calls those that were there when it began. What a listener
// throws does not reach the dispatcher: it becomes an uncaught exception in the next tick.

const {
  codes: {
    ERR_EVENT_RECURSION, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { validateAbortSignal, validateObject, validateString } = require('internal/validators');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty } = require('internal/util');
const EventEmitter = require('events');

const { kMaxEventTargetListeners, kMaxEventTargetListenersWarned } = EventEmitter;

const kIsEventTarget = Symbol.for('nodejs.event_target');
const kIsNodeEventTarget = Symbol('kIsNodeEventTarget');
const kEvents = Symbol('kEvents');
const kIsBeingDispatched = Symbol('kIsBeingDispatched');
const kStop = Symbol('kStop');
const kTarget = Symbol('kTarget');
const kHandlers = Symbol('khandlers');
const kWeakHandler = Symbol('kWeak');
const kResistStopPropagation = Symbol('kResistStopPropagation');
const kTrustEvent = Symbol('kTrustEvent');
const kNewListener = Symbol('kNewListener');
const kRemoveListener = Symbol('kRemoveListener');
const kCreateEvent = Symbol('kCreateEvent');

// Event

const NONE = 0;
const AT_TARGET = 2;

const isEvent = (value) => typeof value?.[kTarget] !== 'undefined' || value instanceof Event;

function inspectEvent(event, depth, options, name, properties) {
  if (depth < 0) return name;
  const { inspect } = require('internal/util/inspect');
  const inner = { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth };
  return `${name} ${inspect(properties, inner)}`;
}

class Event {
  #type;
  #bubbles = false;
  #cancelable = false;
  #composed = false;
  #defaultPrevented = false;
  #timestamp = internalBinding('performance').now();
  #propagationStopped = false;
  [kTarget] = null;
  [kIsBeingDispatched] = false;
  [kStop] = false;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (options != null) validateObject(options, 'options', { allowArray: true, allowFunction: true });
    this.#bubbles = !!options?.bubbles;
    this.#cancelable = !!options?.cancelable;
    this.#composed = !!options?.composed;
    this.#type = `${type}`;
    if (options?.[kTrustEvent]) trusted.add(this);
  }

  initEvent(type, bubbles = false, cancelable = false) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (this[kIsBeingDispatched]) return;
    this.#type = `${type}`;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
  }

  [customInspectSymbol](depth, options) {
    return inspectEvent(this, depth, options, this.constructor.name, {
      type: this.#type,
      defaultPrevented: this.#defaultPrevented,
      cancelable: this.#cancelable,
      timeStamp: this.#timestamp,
    });
  }

  stopImmediatePropagation() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    // Other listeners of the same target are not called.
    this.#propagationStopped = true;
    this[kStop] = true;
  }

  preventDefault() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    if (this.#cancelable && !passive.has(this)) this.#defaultPrevented = true;
  }

  get target() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this[kTarget];
  }

  get currentTarget() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? this[kTarget] : null;
  }

  get srcElement() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this[kTarget];
  }

  get type() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#type;
  }

  get cancelable() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#cancelable;
  }

  get defaultPrevented() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#cancelable && this.#defaultPrevented;
  }

  get timeStamp() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#timestamp;
  }

  composedPath() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? [this[kTarget]] : [];
  }

  get returnValue() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return !this.#cancelable || !this.#defaultPrevented;
  }

  get bubbles() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#bubbles;
  }

  get composed() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#composed;
  }

  get eventPhase() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this[kIsBeingDispatched] ? AT_TARGET : NONE;
  }

  get cancelBubble() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    return this.#propagationStopped;
  }

  set cancelBubble(value) {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    if (value) this.#propagationStopped = true;
  }

  stopPropagation() {
    if (!(#type in this)) throw new ERR_INVALID_THIS('Event');
    this.#propagationStopped = true;
  }

  static NONE = NONE;
  static CAPTURING_PHASE = 1;
  static AT_TARGET = AT_TARGET;
  static BUBBLING_PHASE = 3;
}

const trusted = new WeakSet();
const passive = new WeakSet(); // events that a passive listener is being told of

// `isTrusted` is an own property, by the standard; its getter is one and the same for all.
const isTrustedDescriptor = Object.getOwnPropertyDescriptor({
  get isTrusted() {
    return trusted.has(this);
  },
}, 'isTrusted');
Object.defineProperty(Event.prototype, 'isTrusted', { __proto__: null, ...isTrustedDescriptor, enumerable: true, configurable: true });

Object.defineProperties(Event.prototype, {
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'Event' },
  ...Object.fromEntries([
    'initEvent', 'stopImmediatePropagation', 'preventDefault', 'target', 'currentTarget', 'srcElement', 'type', 'cancelable',
    'defaultPrevented', 'timeStamp', 'composedPath', 'returnValue', 'bubbles', 'composed', 'eventPhase', 'cancelBubble',
    'stopPropagation',
  ].map((name) => [name, kEnumerableProperty])),
});
for (const [name, value] of [['NONE', 0], ['CAPTURING_PHASE', 1], ['AT_TARGET', 2], ['BUBBLING_PHASE', 3]]) {
  const descriptor = { __proto__: null, value, writable: false, configurable: false, enumerable: true };
  Object.defineProperty(Event, name, descriptor);
  Object.defineProperty(Event.prototype, name, descriptor);
}

class CustomEvent extends Event {
  #detail = null;

  constructor(type, options) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    if (!(#detail in this)) throw new ERR_INVALID_THIS('CustomEvent');
    return this.#detail;
  }
}
Object.defineProperties(CustomEvent.prototype, {
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'CustomEvent' },
  detail: kEnumerableProperty,
});

// Listeners

class Listener {
  constructor(callback, { once, capture, passive, signal, isNodeStyle, weak, resist }) {
    this.original = callback;
    this.once = once;
    this.capture = capture;
    this.passive = passive;
    this.signal = signal;
    this.isNodeStyle = isNodeStyle;
    this.resist = resist;
    this.removed = false;
    this.isWeak = weak !== undefined;
    if (this.isWeak) {
      this.original = new WeakRef(callback);
      // Whoever owns the callback keeps it alive for as long as it lives itself.
      let kept = weakCallbacks.get(weak);
      if (kept === undefined) weakCallbacks.set(weak, kept = []);
      kept.push(callback);
    }
  }

  get callback() {
    return this.isWeak ? this.original.deref() : this.original;
  }

  same(callback, capture) {
    return this.callback === callback && this.capture === capture;
  }
}

const weakCallbacks = new WeakMap();

function initEventTarget(self) {
  self[kEvents] = new Map();
  self[kMaxEventTargetListeners] = undefined;
  self[kMaxEventTargetListenersWarned] = false;
  self[kHandlers] = new Map();
}

function checkThis(value) {
  if (!isEventTarget(value)) throw new ERR_INVALID_THIS('EventTarget');
}

function isUsable(listener) {
  if (typeof listener === 'function' || typeof listener?.handleEvent === 'function') return true;
  if (listener == null) return false;
  if (typeof listener === 'object') return true;
  throw new ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
}

function readOptions(options) {
  if (typeof options === 'boolean') return { capture: options };
  if (options === null) return kEmptyObject;
  validateObject(options, 'options', { allowArray: true, allowFunction: true });
  return {
    once: Boolean(options.once),
    capture: Boolean(options.capture),
    passive: Boolean(options.passive),
    signal: options.signal,
    weak: options[kWeakHandler],
    isNodeStyle: Boolean(options[kIsNodeStyle]),
    resist: options[kResistStopPropagation] ?? false,
  };
}

const kIsNodeStyle = Symbol('kIsNodeStyleListener');

class EventTarget {
  static [kIsEventTarget] = true;

  constructor() {
    initEventTarget(this);
  }

  [kNewListener](size, type) {
    if (this[kMaxEventTargetListenersWarned]) return;
    const limit = this[kMaxEventTargetListeners] ?? EventEmitter.defaultMaxListeners;
    if (limit <= 0 || size <= limit) return;
    this[kMaxEventTargetListenersWarned] = true;
    const { inspect } = require('internal/util/inspect');
    const warning = new Error(
      `Possible EventTarget memory leak detected. ${size} ${String(type)} listeners added to ` +
      `${inspect(this, { depth: -1 })}. MaxListeners is ${limit}. Use events.setMaxListeners() to increase limit`);
    warning.name = 'MaxListenersExceededWarning';
    warning.target = this;
    warning.type = type;
    warning.count = size;
    process.emitWarning(warning);
  }

  [kRemoveListener]() {}

  addEventListener(type, listener, options = kEmptyObject) {
    checkThis(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    const settings = readOptions(options);
    const { once = false, capture = false, signal } = settings;
    validateAbortSignal(signal, 'options.signal');
    if (!isUsable(listener)) {
      // As browsers do; but a listener that is nothing is nearly always a mistake.
      const warning = new Error(`addEventListener called with ${listener} which has no effect.`);
      warning.name = 'AddEventListenerArgumentTypeWarning';
      warning.target = this;
      warning.type = type;
      process.emitWarning(warning);
      return;
    }
    type = `${type}`;
    if (signal) {
      if (signal.aborted) return;
      signal.addEventListener('abort', () => this.removeEventListener(type, listener, options), { once: true, [kWeakHandler]: this, [kResistStopPropagation]: true });
    }
    let list = this[kEvents].get(type);
    if (list === undefined) this[kEvents].set(type, list = []);
    if (list.some((each) => each.same(listener, capture))) return;
    list.push(new Listener(listener, { ...settings, once, capture }));
    this[kNewListener](list.length, type, listener, once, capture, settings.passive, settings.weak);
  }

  removeEventListener(type, listener, options = kEmptyObject) {
    checkThis(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    if (!isUsable(listener)) return;
    type = `${type}`;
    const capture = typeof options === 'boolean' ? options : options?.capture === true || Boolean(options?.capture);
    removeWhere(this, type, (each) => each.same(listener, capture));
  }

  dispatchEvent(event) {
    checkThis(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('event');
    if (!(event instanceof Event)) throw new ERR_INVALID_ARG_TYPE('event', 'Event', event);
    if (event[kIsBeingDispatched]) throw new ERR_EVENT_RECURSION(event.type);
    dispatch(this, event, event.type, event);
    return event.defaultPrevented !== true;
  }

  [kCreateEvent](value, type) {
    return new NodeCustomEvent(type, { detail: value });
  }

  [customInspectSymbol](depth, options) {
    checkThis(this);
    return inspectEvent(this, depth, options, this.constructor.name, {});
  }
}

class NodeCustomEvent extends Event {
  constructor(type, options) {
    super(type, options);
    if (options?.detail) this.detail = options.detail;
  }
}

Object.defineProperties(EventTarget.prototype, {
  addEventListener: kEnumerableProperty,
  removeEventListener: kEnumerableProperty,
  dispatchEvent: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'EventTarget' },
});

function removeWhere(target, type, matches) {
  const list = target[kEvents].get(type);
  const position = list === undefined ? -1 : list.findIndex(matches);
  if (position < 0) return;
  const [listener] = list.splice(position, 1);
  listener.removed = true;
  if (list.length === 0) target[kEvents].delete(type);
  target[kRemoveListener](list.length, type, listener.callback, listener.capture);
}

/** Call a target's listeners. `value` is what Node-style ones get; an Event is made for the others if there is none. */
function dispatch(target, value, type, event) {
  if (event !== undefined) {
    event[kTarget] = target;
    event[kIsBeingDispatched] = true;
  }
  const list = target[kEvents].get(type);
  if (list !== undefined) {
    for (const listener of [...list]) {
      if (listener.removed) continue;
      if (event?.[kStop] && !listener.resist) continue;
      if (listener.once) removeWhere(target, type, (each) => each === listener);
      event = callListener(target, listener, value, type, event);
    }
  }
  if (event !== undefined) event[kIsBeingDispatched] = false;
}

function callListener(target, listener, value, type, event) {
  const { callback } = listener;
  if (callback === undefined) return event; // weakly held, and gone
  let arg = value;
  if (!listener.isNodeStyle) {
    if (event === undefined) {
      event = target[kCreateEvent](value, type);
      event[kTarget] = target;
      event[kIsBeingDispatched] = true;
    }
    arg = event;
  }
  try {
    if (listener.passive && event) passive.add(event);
    const result = typeof callback === 'function' ? Reflect.apply(callback, target, [arg]) : callback.handleEvent?.(arg);
    if (result !== undefined && result !== null) follow(result);
  } catch (error) {
    emitUncaught(error);
  } finally {
    if (listener.passive && event) passive.delete(event);
  }
  return event;
}

function follow(promise) {
  const { then } = promise;
  if (typeof then === 'function') Reflect.apply(then, promise, [undefined, emitUncaught]);
}

function emitUncaught(error) {
  process.nextTick(() => {
    throw error;
  });
}

// NodeEventTarget: an EventTarget that also has an EventEmitter's methods

class NodeEventTarget extends EventTarget {
  static [kIsNodeEventTarget] = true;
  static defaultMaxListeners = 10;

  setMaxListeners(n) {
    EventEmitter.setMaxListeners(n, this);
  }

  getMaxListeners() {
    return this[kMaxEventTargetListeners] ?? EventEmitter.defaultMaxListeners;
  }

  eventNames() {
    return [...this[kEvents].keys()];
  }

  listenerCount(type) {
    return this[kEvents].get(`${type}`)?.length ?? 0;
  }

  off(type, listener, options) {
    this.removeEventListener(type, listener, options);
    return this;
  }

  removeListener(type, listener, options) {
    this.removeEventListener(type, listener, options);
    return this;
  }

  on(type, listener) {
    this.addEventListener(type, listener, { [kIsNodeStyle]: true });
    return this;
  }

  addListener(type, listener) {
    return this.on(type, listener);
  }

  emit(type, arg) {
    validateString(type, 'type');
    const had = this.listenerCount(type) > 0;
    dispatch(this, arg, type);
    return had;
  }

  once(type, listener) {
    this.addEventListener(type, listener, { once: true, [kIsNodeStyle]: true });
    return this;
  }

  removeAllListeners(type) {
    if (type !== undefined) this[kEvents].delete(`${type}`);
    else this[kEvents].clear();
    return this;
  }
}

Object.defineProperties(NodeEventTarget.prototype, Object.fromEntries([
  'setMaxListeners', 'getMaxListeners', 'eventNames', 'listenerCount', 'off', 'removeListener', 'on', 'addListener', 'once',
  'emit', 'removeAllListeners',
].map((name) => [name, kEnumerableProperty])));

// on<event> attributes

/** Define `onNAME` on a prototype: a listener that can be assigned. */
function defineEventHandler(emitter, name, event = name) {
  const property = `on${name}`;
  function get() {
    return this[kHandlers]?.get(event)?.handler ?? null;
  }
  function set(value) {
    if (!this[kHandlers]) initEventTarget(this);
    let wrapped = this[kHandlers].get(event);
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) value = null;
    if (wrapped === undefined) {
      if (value === null) return;
      wrapped = function(...args) {
        if (typeof wrapped.handler !== 'function') return undefined;
        return Reflect.apply(wrapped.handler, this, args);
      };
      this[kHandlers].set(event, wrapped);
      wrapped.handler = value;
      this.addEventListener(event, wrapped);
    } else if (value === null) {
      this[kHandlers].delete(event);
      this.removeEventListener(event, wrapped);
    } else {
      wrapped.handler = value;
    }
  }
  Object.defineProperty(get, 'name', { value: `get ${property}` });
  Object.defineProperty(set, 'name', { value: `set ${property}` });
  Object.defineProperty(emitter, property, { __proto__: null, get, set, configurable: true, enumerable: true });
}

function isEventTarget(value) {
  return value?.constructor?.[kIsEventTarget] === true || value?.[kEvents] instanceof Map;
}

function isNodeEventTarget(value) {
  return value?.constructor?.[kIsNodeEventTarget] === true;
}

function listenersOf(target, type) {
  return (target[kEvents]?.get(`${type}`) ?? []).map((each) => each.callback);
}

function initNodeEventTarget(self) {
  initEventTarget(self);
}

module.exports = {
  Event, CustomEvent, EventTarget, NodeEventTarget, defineEventHandler, initEventTarget, initNodeEventTarget,
  isEventTarget, isNodeEventTarget, isEvent, listenersOf, dispatch, kCreateEvent, kEvents, kNewListener, kRemoveListener,
  kResistStopPropagation, kTrustEvent, kWeakHandler, kIsNodeStyle,
};
