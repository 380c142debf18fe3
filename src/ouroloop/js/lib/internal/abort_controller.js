'use strict';

// AbortController and AbortSignal.
//
// Theory of operation. A signal that follows others (`any`) knows the signals it comes from in the end, its sources,
// and looks at them when asked. Only while somebody listens to it do the sources know it, to tell it when they
// abort. So it lives as long as its sources do if it is listened to, and else costs them nothing, however many are
// made of one signal.
//
// What surprises people: the timer of `timeout` keeps neither the process nor the signal alive, but a signal that
// somebody listens to, itself or through another that follows it, is kept until its time is over.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS } } = require('internal/errors');
const { kValidateObjectAllowObjects, validateObject, validateUint32 } = require('internal/validators');
const { DOMException } = require('internal/dom_exception');
const { customInspectSymbol, isObject } = require('internal/util');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');
const {
  Event, EventTarget, defineEventHandler, kEvents, kMaxEventTargetListeners, kNewListener, kRemoveListener,
  kResistStopPropagation, kTrustEvent, kWeakHandler, listenerCount,
} = require('internal/event_target');
const { TRANSFERABLE, defineTransferMode, kDeserialize, kTransfer } = require('internal/worker/js_transferable');

const kConstruct = Symbol('kConstruct');

const waiting = new Set(); // `timeout` signals that are kept until their time is over
let aborts = 0;
let forgottenTimers; // FinalizationRegistry: a signal that is gone needs no timer

let isAbortSignal;
let isTransferable;
let makeTransferable;
let abortSignal;
let upToDate;

class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason = undefined;
  #turn = 0; // which of all aborts it was
  #sources = undefined; // of a signal that follows others, until it has aborted
  #followers = undefined; // those that are listened to
  #isTimeout = false;
  #isTransferable = false;

  static {
    isAbortSignal = (value) => typeof value === 'object' && value !== null && #turn in value;
    isTransferable = (value) => isAbortSignal(value) && value.#isTransferable;
    makeTransferable = (signal) => {
      signal.#isTransferable = true;
      return signal;
    };

    upToDate = (value) => {
      if (!isAbortSignal(value)) throw new ERR_INVALID_THIS('AbortSignal');
      if (value.#sources !== undefined) value.#look();
      return value;
    };

    /** Abort `signal`, then tell its listeners and those of its followers, all of which have aborted by then. */
    abortSignal = (signal, reason) => {
      if (signal.#isAborted) return;
      const followers = signal.#followers === undefined ? [] : [...signal.#followers];
      signal.#mark(reason, ++aborts);
      for (const follower of followers) follower.#mark(reason, signal.#turn);
      signal.#tell();
      for (const follower of followers) follower.#tell();
    };
  }

  constructor(key = undefined) {
    if (key !== kConstruct) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
    this[kMaxEventTargetListeners] = 0; // many operations may share one signal
  }

  #mark(reason, turn) {
    this.#isAborted = true;
    this.#reason = reason;
    this.#turn = turn;
    this.#unfollow();
    this.#sources = undefined;
    waiting.delete(this);
  }

  #tell() {
    if (this[kEvents] !== undefined) this.dispatchEvent(new Event('abort', { [kTrustEvent]: true }));
  }

  /** Has a source aborted? The first that did gives the reason. */
  #look() {
    let first;
    for (const source of this.#sources) {
      if (source.#isAborted && (first === undefined || source.#turn < first.#turn)) first = source;
    }
    if (first !== undefined) this.#mark(first.#reason, first.#turn);
  }

  #follow() {
    for (const source of this.#sources) {
      source.#followers ??= new Set();
      source.#followers.add(this);
      source.#keep();
    }
  }

  #unfollow() {
    if (this.#sources === undefined) return;
    for (const source of this.#sources) {
      if (source.#followers?.delete(this)) source.#release();
    }
  }

  #keep() {
    if (this.#isTimeout && !this.#isAborted) waiting.add(this);
  }

  #release() {
    if (this.#isTimeout && !this.#followers?.size && listenerCount(this, 'abort') === 0) waiting.delete(this);
  }

  [kNewListener](size, type, listener, once, capture, passive, weak) {
    super[kNewListener](size, type, listener, once, capture, passive, weak);
    if (type !== 'abort' || this.#isAborted) return;
    if (this.#sources !== undefined) this.#follow();
    else if (!weak) this.#keep();
  }

  [kRemoveListener](size, type, listener, capture) {
    super[kRemoveListener](size, type, listener, capture);
    if (type !== 'abort' || size > 0) return;
    this.#release();
    this.#unfollow();
  }

  get aborted() {
    return upToDate(this).#isAborted;
  }

  get reason() {
    return upToDate(this).#reason;
  }

  throwIfAborted() {
    if (upToDate(this).#isAborted) throw this.#reason;
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, { aborted: this.aborted }, depth, options);
  }

  /** A transferred signal goes on working here. What aborts it is told to its double through a port. */
  [kTransfer]() {
    const type = 'internal/abort_controller:AbortSignal';
    if (this.aborted) return { type, data: { isAborted: true, reason: this.#reason } };
    const { port1, port2 } = new (require('internal/message_channel').MessageChannel)();
    port1.unref();
    this.addEventListener('abort', () => {
      port1.postMessage(this.#reason);
      port1.close();
    }, { once: true });
    return { type, data: { isAborted: false, port: port2 } };
  }

  static [kDeserialize]({ isAborted, reason, port }) {
    if (isAborted) return AbortSignal.abort(reason);
    const signal = new AbortSignal(kConstruct);
    port.onmessage = ({ data }) => abortSignal(signal, data);
    port.unref();
    return signal;
  }

  static abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    const signal = new AbortSignal(kConstruct);
    signal.#mark(reason, ++aborts);
    return signal;
  }

  static timeout(delay) {
    validateUint32(delay, 'delay', false);
    const signal = new AbortSignal(kConstruct);
    signal.#isTimeout = true;
    const reference = new WeakRef(signal);
    const { setTimeout, clearTimeout } = require('timers');
    const timer = setTimeout(() => {
      const target = reference.deref();
      if (target === undefined) return;
      abortSignal(target, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    }, delay);
    timer.unref();
    forgottenTimers ??= new FinalizationRegistry(clearTimeout);
    forgottenTimers.register(signal, timer);
    return signal;
  }

  static any(signals) {
    const list = toSignals(signals);
    const result = new AbortSignal(kConstruct);
    if (list.length === 0) return result;
    const aborted = list.find((signal) => signal.aborted);
    if (aborted !== undefined) {
      result.#mark(aborted.#reason, aborted.#turn);
      return result;
    }
    result.#sources = new Set();
    for (const signal of list) {
      for (const source of signal.#sources ?? [signal]) result.#sources.add(source);
    }
    return result;
  }
}

defineEnumerable(AbortSignal, 'aborted');
defineTag(AbortSignal);
defineEventHandler(AbortSignal.prototype, 'abort');
defineTransferMode(AbortSignal, TRANSFERABLE, isTransferable);

/** As Web IDL converts a sequence<AbortSignal>. */
function toSignals(signals) {
  const isIterable = isObject(signals) && typeof signals[Symbol.iterator] === 'function';
  if (!isIterable) rejectArgument('signals cannot be converted to sequence.');
  const list = [...signals];
  const wrong = list.findIndex((signal) => !isAbortSignal(signal));
  if (wrong >= 0) rejectArgument(`signals[${wrong}] is not of type AbortSignal.`);
  return list;
}

function rejectArgument(message) {
  const error = new TypeError(message);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

class AbortController {
  #signal = undefined;

  get signal() {
    return this.#signal ??= new AbortSignal(kConstruct);
  }

  abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    abortSignal(this.#signal ??= new AbortSignal(kConstruct), reason);
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, { signal: this.signal }, depth, options);
  }
}

defineEnumerable(AbortController, 'signal', 'abort');
defineTag(AbortController);

/** util.aborted: a promise that is fulfilled when `signal` aborts, for as long as `resource` lives. */
async function aborted(signal, resource) {
  if (!isAbortSignal(signal)) rejectArgument('signal is not of type AbortSignal.');
  validateObject(resource, 'resource', kValidateObjectAllowObjects);
  if (signal.aborted) return Promise.resolve(); // as late as the other promise, once that is fulfilled
  const { promise, resolve } = Promise.withResolvers();
  signal.addEventListener('abort', resolve, {
    __proto__: null, [kWeakHandler]: resource, once: true, [kResistStopPropagation]: true,
  });
  return promise;
}

/** util.transferableAbortSignal */
function transferableAbortSignal(signal) {
  if (!isAbortSignal(signal)) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  return makeTransferable(signal);
}

/** util.transferableAbortController */
function transferableAbortController() {
  const controller = new AbortController();
  makeTransferable(controller.signal);
  return controller;
}

module.exports = { AbortController, AbortSignal, aborted, transferableAbortController, transferableAbortSignal };
