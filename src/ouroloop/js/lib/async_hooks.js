'use strict';

// async_hooks: AsyncLocalStorage, AsyncResource, and hooks into the lives of asynchronous resources.
//
// Theory of operation. AsyncLocalStorage rests on frames that V8 carries along (`internal/async_context_frame`); it
// has nothing to do with hooks and costs nothing until a store is set. Hooks and ids are in `internal/async_hooks`.

const { codes: { ERR_ASYNC_CALLBACK, ERR_ASYNC_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_ASYNC_ID } } =
  require('internal/errors');
const { validateBoolean, validateFunction, validateObject, validateString } = require('internal/validators');
const { deprecate, kEmptyObject, kEnumerableProperty } = require('internal/util');
const frames = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');

// AsyncLocalStorage

class RunScope {
  #restore;

  constructor(restore) {
    this.#restore = restore;
  }

  dispose() {
    this.#restore?.();
    this.#restore = undefined;
  }

  [Symbol.dispose]() {
    this.dispose();
  }
}

class AsyncLocalStorage {
  #fallback; // the store where none is set
  #label;

  constructor(options = kEmptyObject) {
    validateObject(options, 'options');
    const { defaultValue, name = '' } = options;
    this.#fallback = defaultValue;
    this.#label = `${name}`;
  }

  /** `fn`, bound to the context of now. */
  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  /** A function that runs others in the context of now. */
  static snapshot() {
    const frame = frames.current();
    return function(fn, ...args) {
      const outer = frames.exchange(frame);
      try {
        return Reflect.apply(fn, this, args);
      } finally {
        frames.exchange(outer);
      }
    };
  }

  get name() {
    return this.#label;
  }

  getStore() {
    const frame = frames.current();
    if (frame === undefined) return this.#fallback;
    const store = frame.get(this);
    return store !== undefined || frame.has(this) ? store : this.#fallback;
  }

  /** Set the store for what is left of this callback, and all that it starts. */
  enterWith(store) {
    frames.set(frames.derive(frames.current(), this, store));
  }

  /** Forget the store, here and in all that shares this context. */
  disable() {
    frames.forget(this);
  }

  run(store, fn, ...args) {
    const restore = this.#enter(store);
    try {
      return Reflect.apply(fn, null, args);
    } finally {
      restore?.();
    }
  }

  exit(fn, ...args) {
    return this.run(undefined, fn, ...args);
  }

  /** As `run`, for a block: `using scope = storage.withScope(store)`. */
  withScope(store) {
    return new RunScope(this.#enter(store));
  }

  /** Set the store; a function that brings back what it was, unless that is the same. */
  #enter(store) {
    const outer = frames.current();
    const before = this.getStore();
    if (Object.is(before, store)) return undefined;
    const frame = frames.derive(outer, this, store);
    frames.set(frame);
    return () => {
      // Another storage's `enterWith` in between stays in force. And once there was a frame, there is one: microtasks
      // ask for that.
      if (outer !== undefined && frames.current() === frame) frames.set(outer);
      else this.enterWith(before);
    };
  }
}

// AsyncResource

const kFrame = Symbol('context_frame');
const { async_id_symbol: kAsyncId, trigger_async_id_symbol: kTriggerAsyncId } = hooks;

function validateTrigger(id) {
  if (!Number.isSafeInteger(id) || id < -1) throw new ERR_INVALID_ASYNC_ID('triggerAsyncId', id);
}

class AsyncResource {
  constructor(type, options = kEmptyObject) {
    validateString(type, 'type');
    const isNumber = typeof options === 'number';
    const given = isNumber ? options : options.triggerAsyncId;
    const trigger = given === undefined ? hooks.defaultTriggerAsyncId() : given;
    validateTrigger(trigger);
    this[kFrame] = frames.current();
    this[kAsyncId] = hooks.newAsyncId();
    this[kTriggerAsyncId] = trigger;
    if (!hooks.enabled) return;
    if (type.length === 0 && hooks.hasHooks) throw new ERR_ASYNC_TYPE(type);
    hooks.emitInit(this[kAsyncId], type, trigger, this);
    if (hooks.destroyEnabled && (isNumber || !options.requireManualDestroy)) {
      hooks.destroyWhenCollected(this, this[kAsyncId]);
    }
  }

  runInAsyncScope(fn, thisArg, ...args) {
    const id = this[kAsyncId];
    hooks.enter(id, this[kTriggerAsyncId], this);
    hooks.recorder?.called(fn);
    const outer = frames.exchange(this[kFrame]);
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      frames.exchange(outer);
      hooks.leave(id);
    }
  }

  emitDestroy() {
    hooks.forgetCollected(this);
    hooks.emitDestroy(this[kAsyncId]);
    return this;
  }

  asyncId() {
    return this[kAsyncId];
  }

  triggerAsyncId() {
    return this[kTriggerAsyncId];
  }

  /** `fn`, run in this resource's scope. Without `thisArg`, `this` is the caller's. */
  bind(fn, thisArg) {
    validateFunction(fn, 'fn');
    const call = (self, args) => this.runInAsyncScope(fn, self, ...args);
    if (thisArg !== undefined) {
      return describeBound((...args) => call(thisArg, args), fn, this, 'bound runInAsyncScope');
    }
    return describeBound(function(...args) {
      return call(this, args);
    }, fn, this, 'bound');
  }

  static bind(fn, type, thisArg) {
    type ||= fn.name || 'bound-anonymous-fn';
    return new AsyncResource(type).bind(fn, thisArg);
  }
}

/** What a bound function says of itself: as a function its length and name, and deprecated, its resource. */
function describeBound(bound, fn, resource, name) {
  const warns = (accessor) => deprecate(
    accessor, 'The asyncResource property on bound functions is deprecated', 'DEP0172');
  Object.defineProperty(bound, 'length', { __proto__: null, value: fn.length });
  Object.defineProperty(bound, 'name', { __proto__: null, value: name });
  return Object.defineProperty(bound, 'asyncResource', {
    __proto__: null,
    ...kEnumerableProperty,
    configurable: true,
    get: warns(() => resource),
    set: warns((other) => {
      resource = other;
    }),
  });
}

// Hooks

const EVENTS = ['init', 'before', 'after', 'destroy', 'promiseResolve'];

class AsyncHook {
  constructor(callbacks, trackPromises) {
    for (const event of EVENTS) this[hooks.symbols[event]] = callbacks[event];
    this[hooks.symbols.noPromiseHook] = trackPromises === false;
  }

  enable() {
    hooks.enable(this);
    return this;
  }

  disable() {
    hooks.disable(this);
    return this;
  }
}

function createHook({ init, before, after, destroy, promiseResolve, trackPromises }) {
  const callbacks = { init, before, after, destroy, promiseResolve };
  for (const event of EVENTS) {
    if (callbacks[event] !== undefined && typeof callbacks[event] !== 'function') {
      throw new ERR_ASYNC_CALLBACK(`hook.${event}`);
    }
  }
  if (trackPromises !== undefined) {
    validateBoolean(trackPromises, 'trackPromises');
    if (!trackPromises && promiseResolve !== undefined) {
      throw new ERR_INVALID_ARG_VALUE(
        'trackPromises', trackPromises, 'must not be false when promiseResolve is enabled');
    }
  }
  return new AsyncHook(callbacks, trackPromises);
}

// A provider's number is its place in Node's list.
const PROVIDERS = `
NONE DIRHANDLE DNSCHANNEL ELDHISTOGRAM FILEHANDLE FILEHANDLECLOSEREQ BLOBREADER FSEVENTWRAP FSREQCALLBACK
FSREQPROMISE GETADDRINFOREQWRAP GETNAMEINFOREQWRAP HEAPSNAPSHOT HTTP2SESSION HTTP2STREAM HTTP2PING HTTP2SETTINGS
HTTPINCOMINGMESSAGE HTTPCLIENTREQUEST LOCKS JSSTREAM JSUDPWRAP MESSAGEPORT PIPECONNECTWRAP PIPESERVERWRAP PIPEWRAP
PROCESSWRAP PROMISE QUERYWRAP QUIC_ENDPOINT QUIC_LOGSTREAM QUIC_SESSION QUIC_STREAM QUIC_UDP SHUTDOWNWRAP
SIGNALWRAP STATWATCHER STREAMPIPE TCPCONNECTWRAP TCPSERVERWRAP TCPWRAP TTYWRAP UDPSENDWRAP UDPWRAP SIGINTWATCHDOG
WORKER WORKERCPUPROFILE WORKERCPUUSAGE WORKERHEAPPROFILE WORKERHEAPSNAPSHOT WORKERHEAPSTATISTICS WRITEWRAP ZLIB
CHECKPRIMEREQUEST PBKDF2REQUEST KEYPAIRGENREQUEST KEYGENREQUEST KEYEXPORTREQUEST ARGON2REQUEST CIPHERREQUEST
DERIVEBITSREQUEST HASHREQUEST RANDOMBYTESREQUEST RANDOMPRIMEREQUEST SCRYPTREQUEST SIGNREQUEST TLSWRAP VERIFYREQUEST`;

const asyncWrapProviders = { __proto__: null };
for (const [number, name] of PROVIDERS.trim().split(/\s+/).entries()) asyncWrapProviders[name] = number;
Object.freeze(asyncWrapProviders);

module.exports = {
  get AsyncLocalStorage() {
    return AsyncLocalStorage;
  },
  createHook,
  executionAsyncId: hooks.executionAsyncId,
  triggerAsyncId: hooks.triggerAsyncId,
  executionAsyncResource: hooks.executionAsyncResource,
  asyncWrapProviders,
  AsyncResource,
};
