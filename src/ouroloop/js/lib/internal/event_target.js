'use strict';

// Event, EventTarget, and NodeEventTarget, which has an EventEmitter's methods too.
//
// Theory of operation. A target has, for each type, a chain of listeners in the order they were added; a listener is
// known by its callback and its `capture` flag. There is no tree: a target is the whole path. What a listener throws
// does not reach who dispatches: it becomes an uncaught exception in the next tick.
//
// What surprises people, all of it as in Node: a listener added during a dispatch is called by it, unless the one
// that added it was the last; only the first listener sees the event as being dispatched (`currentTarget`,
// `eventPhase`). And `timeStamp` has whole milliseconds: a finer clock would cost more than all the rest of an
// event.

const hooks = require('internal/async_hooks');
const { codes: { ERR_EVENT_RECURSION, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_MISSING_ARGS } } =
  require('internal/errors');
const { validateAbortSignal, validateObject, validateString } = require('internal/validators');
const { customInspectSymbol, kEmptyObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const EventEmitter = require('events');

const { kMaxEventTargetListeners, kMaxEventTargetListenersWarned } = EventEmitter;

const kCreateEvent = Symbol('kCreateEvent');
const kEvents = Symbol('kEvents');
const kHandlers = Symbol('kHandlers');
const kIsEventTarget = Symbol.for('nodejs.event_target');
const kIsNodeEventTarget = Symbol('kIsNodeEventTarget');
const kIsNodeStyleListener = Symbol('kIsNodeStyleListener');
const kNewListener = Symbol('kNewListener');
const kRemoveListener = Symbol('kRemoveListener');
const kResistStopPropagation = Symbol('kResistStopPropagation');
const kTrustEvent = Symbol('kTrustEvent');
const kWeakHandler = Symbol('kWeak');

function inspectAs(name, properties, depth, options) {
  if (depth < 0) return name;
  const { inspect } = require('internal/util/inspect');
  const inner = { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth };
  return `${name} ${inspect(properties, inner)}`;
}

// Event

const NONE = 0;
const AT_TARGET = 2;

// The bits of an event's state.
const BUBBLES = 1;
const CANCELABLE = 2;
const COMPOSED = 4;
const PREVENTED = 8;
const PROPAGATION_STOPPED = 16;
const STOPPED = 32; // also for the other listeners of its target
const DISPATCHED = 64; // just now
const IN_PASSIVE_LISTENER = 128;
const TRUSTED = 256;

let isEvent;
let stateOf;
let changeState; // (event, bits to clear, bits to set)
let setTarget;

/** The event `value` is, or an error: methods can be called on anything. */
function self(value) {
  if (!isEvent(value)) throw new ERR_INVALID_THIS('Event');
  return value;
}

class Event {
  #type;
  #state = 0;
  #target = null;
  #time = Date.now();

  static {
    isEvent = (value) => typeof value === 'object' && value !== null && #state in value;
    stateOf = (event) => event.#state;
    changeState = (event, cleared, set) => {
      event.#state = event.#state & ~cleared | set;
    };
    setTarget = (event, target) => {
      event.#target = target;
    };
  }

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (options != null) this.#initialize(options);
    this.#type = `${type}`;
  }

  #initialize(options) {
    validateObject(options, 'options');
    this.#state = (options.bubbles ? BUBBLES : 0) | (options.cancelable ? CANCELABLE : 0) |
      (options.composed ? COMPOSED : 0) | (options[kTrustEvent] ? TRUSTED : 0);
  }

  initEvent(type, bubbles = false, cancelable = false) {
    self(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (this.#state & DISPATCHED) return;
    this.#type = `${type}`;
    changeState(this, BUBBLES | CANCELABLE, (bubbles ? BUBBLES : 0) | (cancelable ? CANCELABLE : 0));
  }

  [customInspectSymbol](depth, options) {
    const { type, defaultPrevented, cancelable, timeStamp } = self(this);
    return inspectAs(this.constructor.name, { type, defaultPrevented, cancelable, timeStamp }, depth, options);
  }

  stopImmediatePropagation() {
    changeState(self(this), 0, PROPAGATION_STOPPED | STOPPED);
  }

  preventDefault() {
    if ((self(this).#state & (CANCELABLE | IN_PASSIVE_LISTENER)) === CANCELABLE) this.#state |= PREVENTED;
  }

  get target() {
    return self(this).#target;
  }

  get currentTarget() {
    return self(this).#state & DISPATCHED ? this.#target : null;
  }

  get srcElement() {
    return self(this).#target;
  }

  get type() {
    return self(this).#type;
  }

  get cancelable() {
    return (self(this).#state & CANCELABLE) !== 0;
  }

  get defaultPrevented() {
    return (self(this).#state & (CANCELABLE | PREVENTED)) === (CANCELABLE | PREVENTED);
  }

  get timeStamp() {
    return Math.max(0, self(this).#time - internalBinding('performance').timeOrigin());
  }

  composedPath() {
    return self(this).#state & DISPATCHED ? [this.#target] : [];
  }

  get returnValue() {
    return !self(this).defaultPrevented;
  }

  set returnValue(value) {
    self(this);
    if (!value) this.preventDefault();
  }

  get bubbles() {
    return (self(this).#state & BUBBLES) !== 0;
  }

  get composed() {
    return (self(this).#state & COMPOSED) !== 0;
  }

  get eventPhase() {
    return self(this).#state & DISPATCHED ? AT_TARGET : NONE;
  }

  get cancelBubble() {
    return (self(this).#state & PROPAGATION_STOPPED) !== 0;
  }

  set cancelBubble(value) {
    self(this);
    if (value) this.#state |= PROPAGATION_STOPPED;
  }

  stopPropagation() {
    self(this).#state |= PROPAGATION_STOPPED;
  }

  get isTrusted() {
    return isEvent(this) && (this.#state & TRUSTED) !== 0;
  }
}

defineEnumerable(Event,
  'initEvent', 'stopImmediatePropagation', 'preventDefault', 'target', 'currentTarget', 'srcElement', 'type',
  'cancelable', 'defaultPrevented', 'timeStamp', 'composedPath', 'returnValue', 'bubbles', 'composed', 'eventPhase',
  'cancelBubble', 'stopPropagation');
defineTag(Event);
Object.defineProperty(Event.prototype, 'isTrusted', { __proto__: null, enumerable: true, configurable: false });
for (const [name, value] of Object.entries({ NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 })) {
  Object.defineProperty(Event, name, { __proto__: null, value, enumerable: true });
}

class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    if (!isEvent(this) || !(#detail in this)) throw new ERR_INVALID_THIS('CustomEvent');
    return this.#detail;
  }
}

defineEnumerable(CustomEvent, 'detail');
defineTag(CustomEvent);

// Listeners

const ONCE = 1;
const CAPTURE = 2;
const PASSIVE = 4;
const NODE_STYLE = 8; // gets the value that was emitted instead of an event
const RESISTS_STOP = 16; // is called even though another listener stopped the event

/** The chain of a type's listeners. It is a link of itself, the one before the first. */
class Chain {
  next = undefined;
  size = 0;
}

class Listener {
  next = undefined;
  isRemoved = false;

  constructor(previous, callback, flags) {
    this.previous = previous;
    this.held = callback;
    this.flags = flags;
  }

  get callback() {
    return this.held;
  }

  unlink() {
    this.isRemoved = true;
    this.previous.next = this.next;
    if (this.next !== undefined) this.next.previous = this.previous;
  }
}

const keptCallbacks = new WeakMap(); // keeper -> callbacks that live as long as it
let collected; // FinalizationRegistry of callbacks

/** A listener that does not keep its callback alive; its keeper does. When that is gone, so is the listener. */
class WeakListener extends Listener {
  constructor(previous, callback, flags, target, type, keeper) {
    super(previous, new WeakRef(callback), flags);
    this.keeper = new WeakRef(keeper);
    const kept = keptCallbacks.get(keeper);
    if (kept === undefined) keptCallbacks.set(keeper, new Set([callback]));
    else kept.add(callback);
    collected ??= new FinalizationRegistry(removeCollected);
    collected.register(callback, { listener: this, target: new WeakRef(target), type }, this);
  }

  get callback() {
    return this.held.deref();
  }

  unlink() {
    super.unlink();
    collected.unregister(this);
    const keeper = this.keeper.deref();
    if (keeper !== undefined) keptCallbacks.get(keeper).delete(this.callback);
  }
}

function removeCollected({ listener, target, type }) {
  const owner = target.deref();
  if (owner !== undefined && !listener.isRemoved) remove(owner, type, owner[kEvents].get(type), listener);
}

function remove(target, type, chain, listener) {
  const { callback, flags } = listener;
  listener.unlink();
  chain.size--;
  target[kRemoveListener](chain.size, type, callback, (flags & CAPTURE) !== 0);
}

function find(chain, callback, isCapture) {
  for (let each = chain?.next; each !== undefined; each = each.next) {
    if (each.callback === callback && ((each.flags & CAPTURE) !== 0) === isCapture) return each;
  }
  return undefined;
}

function append(target, type, chain, callback, flags, keeper) {
  let last = chain;
  while (last.next !== undefined) last = last.next;
  last.next = keeper === undefined ?
    new Listener(last, callback, flags) :
    new WeakListener(last, callback, flags, target, type, keeper);
  chain.size++;
}

/** Whether there may be something to call. Anything but a function, an object, null or undefined is an error. */
function isListener(listener) {
  if (typeof listener === 'function' || (typeof listener === 'object' && listener !== null)) return true;
  if (listener == null) return false;
  throw new ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
}

function warnOfNoEffect(target, type, listener) {
  const warning = new Error(`addEventListener called with ${listener} which has no effect.`);
  warning.name = 'AddEventListenerArgumentTypeWarning';
  warning.target = target;
  warning.type = type;
  process.emitWarning(warning);
}

function readFlags(options) {
  if (typeof options === 'boolean') return options ? CAPTURE : 0;
  if (options === null) return 0;
  if (typeof options !== 'object' && typeof options !== 'function') validateObject(options, 'options');
  return (options.once ? ONCE : 0) | (options.capture ? CAPTURE : 0) | (options.passive ? PASSIVE : 0) |
    (options[kIsNodeStyleListener] ? NODE_STYLE : 0) | (options[kResistStopPropagation] ? RESISTS_STOP : 0);
}

function readCapture(options) {
  return typeof options === 'boolean' ? options : Boolean(options?.capture);
}

function toType(value) {
  if (typeof value === 'string') return value;
  if (typeof value !== 'symbol') return `${value}`;
  const error = new TypeError('Value is a Symbol and cannot be converted to a string.');
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

/** Remove the listener when `signal` aborts. The signal does not keep the target alive. */
function removeOnAbort(signal, target, type, listener, options) {
  signal.addEventListener('abort', () => target.removeEventListener(type, listener, options), {
    __proto__: null, once: true, [kWeakHandler]: target, [kResistStopPropagation]: true,
  });
}

// EventTarget

function initEventTarget(target) {
  target[kEvents] = undefined;
  target[kMaxEventTargetListeners] = EventEmitter.defaultMaxListeners;
  target[kMaxEventTargetListenersWarned] = false;
  target[kHandlers] = undefined;
}

function isEventTarget(value) {
  return value?.constructor?.[kIsEventTarget] === true;
}

function checkTarget(value) {
  // Every target that went through its constructor passes this quick test.
  if (typeof value?.[kMaxEventTargetListeners] === 'number') return;
  if (!isEventTarget(value)) throw new ERR_INVALID_THIS('EventTarget');
}

class EventTarget {
  static [kIsEventTarget] = true;

  constructor() {
    initEventTarget(this);
  }

  [kNewListener](size, type, _listener, _once, _capture, _passive, _weak) {
    const limit = this[kMaxEventTargetListeners];
    if (limit > 0 && size > limit && !this[kMaxEventTargetListenersWarned]) warnOfLeak(this, size, type, limit);
  }

  [kRemoveListener](_size, _type, _listener, _capture) {}

  addEventListener(type, listener, options = kEmptyObject) {
    checkTarget(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    const flags = readFlags(options);
    const signal = options?.signal;
    const keeper = options?.[kWeakHandler];
    if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
    if (!isListener(listener)) {
      warnOfNoEffect(this, type, listener);
      return;
    }
    type = toType(type);
    if (signal !== undefined) {
      if (signal.aborted) return;
      removeOnAbort(signal, this, type, listener, options);
    }
    const events = this[kEvents] ??= new Map();
    let chain = events.get(type);
    if (chain === undefined) events.set(type, chain = new Chain());
    if (find(chain, listener, (flags & CAPTURE) !== 0) !== undefined) return;
    append(this, type, chain, listener, flags, keeper);
    this[kNewListener](
      chain.size, type, listener, (flags & ONCE) !== 0, (flags & CAPTURE) !== 0, (flags & PASSIVE) !== 0,
      keeper !== undefined);
  }

  removeEventListener(type, listener, options = kEmptyObject) {
    checkTarget(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    if (!isListener(listener)) return;
    type = toType(type);
    const chain = this[kEvents]?.get(type);
    const found = find(chain, listener, readCapture(options));
    if (found !== undefined) remove(this, type, chain, found);
  }

  dispatchEvent(event) {
    checkTarget(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('event');
    if (!isEvent(event)) throw new ERR_INVALID_ARG_TYPE('event', 'Event', event);
    if (stateOf(event) & DISPATCHED) throw new ERR_EVENT_RECURSION(event.type);
    dispatch(this, event, event.type, event);
    return !event.defaultPrevented;
  }

  /** The event for listeners that want one, when a bare value was emitted. */
  [kCreateEvent](value, type) {
    return new CustomEvent(type, { detail: value });
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this.constructor.name, {}, depth, options);
  }
}

defineEnumerable(EventTarget, 'addEventListener', 'removeEventListener', 'dispatchEvent');
defineTag(EventTarget);

function warnOfLeak(target, size, type, limit) {
  target[kMaxEventTargetListenersWarned] = true;
  const { inspect } = require('internal/util/inspect');
  const warning = new Error(
    `Possible EventTarget memory leak detected. ${size} ${type} listeners added to ` +
    `${inspect(target, { depth: -1 })}. MaxListeners is ${limit}. Use events.setMaxListeners() to increase limit`);
  warning.name = 'MaxListenersExceededWarning';
  warning.target = target;
  warning.type = type;
  warning.count = size;
  process.emitWarning(warning);
}

// Dispatching

function begin(event, target) {
  setTarget(event, target);
  changeState(event, 0, DISPATCHED);
  return event;
}

/** Call a target's listeners of `type`, with `value` or with the event, which is made when the first one needs it. */
function dispatch(target, value, type, event) {
  if (event !== undefined) begin(event, target);
  const chain = target[kEvents]?.get(type);
  let listener = chain?.next;
  while (listener !== undefined) {
    const { next, flags } = listener; // the next one now: this one may be removed and its neighbours change
    const isStopped = event !== undefined && (stateOf(event) & STOPPED) !== 0;
    if (!listener.isRemoved && (!isStopped || (flags & RESISTS_STOP) !== 0)) {
      const { callback } = listener;
      if (flags & ONCE) remove(target, type, chain, listener);
      if (flags & NODE_STYLE) {
        call(target, callback, value);
      } else {
        event ??= begin(target[kCreateEvent](value, type), target);
        callWithEvent(target, callback, event, flags);
      }
    }
    listener = next;
  }
  if (event !== undefined) changeState(event, DISPATCHED, 0);
}

function callWithEvent(target, callback, event, flags) {
  if (flags & PASSIVE) {
    changeState(event, 0, IN_PASSIVE_LISTENER);
    call(target, callback, event);
    changeState(event, IN_PASSIVE_LISTENER | DISPATCHED, 0);
  } else {
    call(target, callback, event);
    changeState(event, DISPATCHED, 0);
  }
}

/** Call a listener; a promise it returns is watched for its rejection. A weak one may be gone. */
function call(target, callback, argument) {
  hooks.recorder?.called(callback);
  try {
    const result = typeof callback === 'function' ?
      Reflect.apply(callback, target, [argument]) :
      callHandleEvent(callback, argument);
    if (result !== undefined && result !== null) followResult(result);
  } catch (error) {
    throwLater(error);
  }
}

async function callHandleEvent(listener, argument) {
  if (listener?.handleEvent) await Reflect.apply(listener.handleEvent, listener, [argument]);
}

function followResult(result) {
  const { then } = result;
  if (typeof then === 'function') Reflect.apply(then, result, [undefined, throwLater]);
}

function throwLater(error) {
  process.nextTick(() => {
    throw error;
  });
}

// NodeEventTarget

function checkNodeTarget(value) {
  if (!isNodeEventTarget(value)) throw new ERR_INVALID_THIS('NodeEventTarget');
}

class NodeEventTarget extends EventTarget {
  static [kIsNodeEventTarget] = true;
  static defaultMaxListeners = 10;

  setMaxListeners(n) {
    checkNodeTarget(this);
    EventEmitter.setMaxListeners(n, this);
  }

  getMaxListeners() {
    checkNodeTarget(this);
    return this[kMaxEventTargetListeners];
  }

  eventNames() {
    checkNodeTarget(this);
    return [...this[kEvents]?.keys() ?? []];
  }

  listenerCount(type) {
    checkNodeTarget(this);
    return listenerCount(this, `${type}`);
  }

  off(type, listener, options) {
    checkNodeTarget(this);
    this.removeEventListener(type, listener, options);
    return this;
  }

  removeListener(type, listener, options) {
    checkNodeTarget(this);
    this.removeEventListener(type, listener, options);
    return this;
  }

  on(type, listener) {
    checkNodeTarget(this);
    this.addEventListener(type, listener, { [kIsNodeStyleListener]: true });
    return this;
  }

  addListener(type, listener) {
    checkNodeTarget(this);
    this.addEventListener(type, listener, { [kIsNodeStyleListener]: true });
    return this;
  }

  emit(type, arg) {
    checkNodeTarget(this);
    validateString(type, 'type');
    const hadListeners = listenerCount(this, type) > 0;
    dispatch(this, arg, type);
    return hadListeners;
  }

  once(type, listener) {
    checkNodeTarget(this);
    this.addEventListener(type, listener, { once: true, [kIsNodeStyleListener]: true });
    return this;
  }

  removeAllListeners(type) {
    checkNodeTarget(this);
    if (type !== undefined) this[kEvents]?.delete(`${type}`);
    else this[kEvents]?.clear();
    return this;
  }
}

defineEnumerable(NodeEventTarget,
  'setMaxListeners', 'getMaxListeners', 'eventNames', 'listenerCount', 'off', 'removeListener', 'on', 'addListener',
  'once', 'emit', 'removeAllListeners');

// on<event> attributes

/**
 * Define `onNAME` on a prototype. The first value that is assigned takes a place among the listeners and keeps it;
 * later ones replace it there, and one that is no function leaves the place empty.
 */
function defineEventHandler(prototype, name, event = name) {
  const accessors = {
    get [`on${name}`]() {
      return this[kHandlers]?.get(event)?.handler ?? null;
    },
    set [`on${name}`](value) {
      const handlers = this[kHandlers] ??= new Map();
      const place = handlers.get(event);
      if (place !== undefined) {
        replaceHandler(this, event, place, value);
        return;
      }
      const eventHandler = makeEventHandler(value);
      handlers.set(event, eventHandler);
      this.addEventListener(event, eventHandler);
    },
  };
  const { get, set } = Object.getOwnPropertyDescriptor(accessors, `on${name}`);
  Object.defineProperty(prototype, `on${name}`, { __proto__: null, get, set, configurable: true, enumerable: true });
}

function makeEventHandler(handler) {
  function eventHandler(...args) {
    if (typeof eventHandler.handler !== 'function') return undefined;
    return Reflect.apply(eventHandler.handler, this, args);
  }
  eventHandler.handler = handler;
  return eventHandler;
}

/** An empty place counts as no listener: what depends on there being one (a port's `ref`) is told. */
function replaceHandler(target, event, place, value) {
  const chain = target[kEvents].get(event);
  if (typeof place.handler === 'function' && chain !== undefined) {
    target[kRemoveListener](--chain.size, event, place.handler, false);
  }
  place.handler = value;
  if (typeof value === 'function' && chain !== undefined) {
    target[kNewListener](++chain.size, event, value, false, false, false, false);
  }
}

function isNodeEventTarget(value) {
  return value?.constructor?.[kIsNodeEventTarget] === true;
}

/** The callbacks that listen for `type`. */
function listenersOf(target, type) {
  const callbacks = [];
  for (let each = target[kEvents]?.get(type)?.next; each !== undefined; each = each.next) {
    if (each.callback !== undefined) callbacks.push(each.callback);
  }
  return callbacks;
}

function listenerCount(target, type) {
  return target[kEvents]?.get(type)?.size ?? 0;
}

module.exports = {
  CustomEvent, Event, EventTarget, NodeEventTarget, defineEventHandler, dispatch, isEventTarget, kCreateEvent,
  kEvents, kMaxEventTargetListeners, kNewListener, kRemoveListener, kResistStopPropagation, kTrustEvent, kWeakHandler,
  listenerCount, listenersOf,
};
