'use strict';

// AbortController and AbortSignal.
//
// Theory of operation. A signal that follows others (`any`) is held by nobody but its own listeners: sources know it weakly, and so does the timer of
// `timeout`; as long as a signal has a listener for 'abort', a set keeps it alive.

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS },
} = require('internal/errors');
const { validateAbortSignal, validateAbortSignalArray, validateObject, validateUint32 } = require('internal/validators');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');
const {
  Event, EventTarget, defineEventHandler, kNewListener, kRemoveListener, kTrustEvent, kWeakHandler, kResistStopPropagation,
} = require('internal/event_target');

const kAborted = Symbol('kAborted');
const kReason = Symbol('kReason');
const kTimeout = Symbol('kTimeout');
const kComposite = Symbol('kComposite');
const kSources = Symbol('kSources');
const kDependents = Symbol('kDependents');
const kKey = Symbol('constructor key');

const listened = new Set(); // signals whose listeners keep them alive
let timers; // FinalizationRegistry

function inspectWith(self, properties, depth, options) {
  if (depth < 0) return self;
  const { inspect } = require('internal/util/inspect');
  const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
  return `${self.constructor.name} ${inspect(properties, inner)}`;
}

function abortError(message = 'This operation was aborted', name = 'AbortError') {
  const { DOMException } = require('internal/dom_exception');
  return new DOMException(message, name);
}

function checkSignal(value) {
  if (value?.[kAborted] === undefined) throw new ERR_INVALID_THIS('AbortSignal');
}

class AbortSignal extends EventTarget {
  constructor(key) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
    this[kAborted] = false;
    this[kReason] = undefined;
    this[kComposite] = false;
  }

  get aborted() {
    checkSignal(this);
    return this[kAborted];
  }

  get reason() {
    checkSignal(this);
    return this[kReason];
  }

  throwIfAborted() {
    checkSignal(this);
    if (this[kAborted]) throw this[kReason];
  }

  [customInspectSymbol](depth, options) {
    return inspectWith(this, { aborted: this.aborted }, depth, options);
  }

  static abort(reason = abortError()) {
    return make(true, reason);
  }

  static timeout(delay) {
    validateUint32(delay, 'delay', false);
    const signal = make();
    signal[kTimeout] = true;
    const weak = new WeakRef(signal);
    const timer = require('timers').setTimeout(() => {
      const target = weak.deref();
      if (target !== undefined) abortSignal(target, abortError('The operation was aborted due to timeout', 'TimeoutError'));
      if (target !== undefined) listened.delete(target);
    }, delay);
    timer.unref();
    timers ??= new FinalizationRegistry((forgotten) => require('timers').clearTimeout(forgotten));
    timers.register(signal, timer);
    return signal;
  }

  static any(signals) {
    validateAbortSignalArray(signals, 'signals');
    const result = make();
    if (signals.length === 0) return result;
    result[kComposite] = true;
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      result[kAborted] = true;
      result[kReason] = aborted.reason;
      return result;
    }
    result[kSources] = new Set();
    const weak = new WeakRef(result);
    for (const signal of signals) {
      // Only what is no composite itself is followed: those are followed to their sources.
      const sources = signal[kComposite] ? [...(signal[kSources] ?? [])].map((each) => each.deref()).filter(Boolean) : [signal];
      for (const source of sources) {
        if ([...result[kSources]].some((each) => each.deref() === source)) continue;
        result[kSources].add(new WeakRef(source));
        source[kDependents] ??= new Set();
        source[kDependents].add(weak);
      }
    }
    return result;
  }

  [kNewListener](size, type, listener, once, capture, passive, weak) {
    super[kNewListener](size, type, listener, once, capture, passive, weak);
    const needsKeeping = (this[kTimeout] || this[kComposite]) && type === 'abort' && !this.aborted && !weak && size === 1;
    if (!needsKeeping) return;
    listened.add(this);
    for (const source of this[kSources] ?? []) {
      const signal = source.deref();
      if (signal?.[kTimeout]) listened.add(signal);
    }
  }

  [kRemoveListener](size, type, listener, capture) {
    super[kRemoveListener](size, type, listener, capture);
    if ((this[kTimeout] || this[kComposite]) && type === 'abort' && size === 0) listened.delete(this);
  }
}

Object.defineProperties(AbortSignal.prototype, {
  aborted: kEnumerableProperty,
  reason: kEnumerableProperty,
  throwIfAborted: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'AbortSignal' },
});
defineEventHandler(AbortSignal.prototype, 'abort');

function make(aborted = false, reason = undefined) {
  const signal = new AbortSignal(kKey);
  signal[kAborted] = aborted;
  signal[kReason] = reason;
  return signal;
}

/** Abort a signal, then those that follow it. */
function abortSignal(signal, reason) {
  if (signal[kAborted]) return;
  signal[kAborted] = true;
  signal[kReason] = reason;
  const following = [];
  for (const weak of signal[kDependents] ?? []) {
    const dependent = weak.deref();
    if (dependent === undefined || dependent[kAborted]) continue;
    dependent[kAborted] = true;
    dependent[kReason] = reason;
    following.push(dependent);
  }
  tell(signal);
  for (const dependent of following) tell(dependent);
}

function tell(signal) {
  listened.delete(signal);
  signal.dispatchEvent(new Event('abort', { [kTrustEvent]: true }));
}

class AbortController {
  #signal;

  get signal() {
    this.#check();
    this.#signal ??= make();
    return this.#signal;
  }

  #check() {
    if (!(#signal in this)) throw new ERR_INVALID_THIS('AbortController');
  }

  abort(reason = abortError()) {
    if (!(#signal in this)) throw new ERR_INVALID_THIS('AbortController');
    abortSignal(this.#signal ??= make(), reason);
  }

  [customInspectSymbol](depth, options) {
    return inspectWith(this, { signal: this.signal }, depth, options);
  }
}

Object.defineProperties(AbortController.prototype, {
  signal: kEnumerableProperty,
  abort: kEnumerableProperty,
  [Symbol.toStringTag]: { __proto__: null, writable: false, enumerable: false, configurable: true, value: 'AbortController' },
});
const { get: getSignal } = Object.getOwnPropertyDescriptor(AbortController.prototype, 'signal');
Object.defineProperty(AbortController.prototype, 'signal', {
  __proto__: null,
  enumerable: true,
  configurable: true,
  get: Object.getOwnPropertyDescriptor({
    get signal() {
      if (!(this instanceof AbortController)) throw new ERR_INVALID_THIS('AbortController');
      return Reflect.apply(getSignal, this, []);
    },
  }, 'signal').get,
});

/** util.aborted: a promise that is fulfilled when `signal` aborts, for as long as `resource` lives. */
async function aborted(signal, resource) {
  if (signal === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  validateAbortSignal(signal, 'signal');
  validateObject(resource, 'resource', { nullable: false, allowFunction: true, allowArray: true });
  if (signal.aborted) return undefined;
  const settled = Promise.withResolvers();
  const options = { __proto__: null, [kWeakHandler]: resource, once: true, [kResistStopPropagation]: true };
  signal.addEventListener('abort', settled.resolve, options);
  return settled.promise;
}

const transferableAbortSignal = (signal) => {
  if (signal?.[kAborted] === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  return signal;
};
const transferableAbortController = () => new AbortController();

module.exports = { AbortController, AbortSignal, aborted, transferableAbortSignal, transferableAbortController };
