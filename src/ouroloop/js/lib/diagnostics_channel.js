'use strict';

// diagnostics_channel: named channels on which modules tell what they do, to whoever listens.
//
// Theory of operation. A channel without subscribers and stores costs one test. Lists of subscribers are replaced,
// never changed, so that who is added or removed by a subscriber does not change the publishing that is under way.
// What a subscriber throws becomes an uncaught exception in the next tick: to be watched must not break what is
// watched.
//
// What surprises people: a channel that nobody holds and nobody listens to is collected; the next `channel(name)`
// makes another one. Those that core modules make while the startup snapshot is built (where there is no WeakRef)
// live for ever.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');

const natives = internalBinding('util');

const known = new Map(); // name -> Channel, or a WeakRef to one
const references = new WeakMap(); // Channel -> its WeakRef
let collected; // FinalizationRegistry of their names

function isBuildingSnapshot() {
  return natives.getContinuationData === undefined;
}

function lookUp(name) {
  const found = known.get(name);
  return found instanceof WeakRef ? found.deref() : found;
}

/** Know a channel strongly as long as it is in use, weakly otherwise. */
function hold(target) {
  const { name } = target;
  if (target.hasSubscribers || isBuildingSnapshot()) {
    known.set(name, target);
    return;
  }
  let reference = references.get(target);
  if (reference === undefined) {
    reference = new WeakRef(target);
    references.set(target, reference);
    collected ??= new FinalizationRegistry(forget);
    collected.register(target, name);
  }
  known.set(name, reference);
}

function forget(name) {
  // Another channel may have the name by now.
  if (lookUp(name) === undefined) known.delete(name);
}

function throwLater(error) {
  process.nextTick(() => {
    throw error;
  });
}

class Channel {
  constructor(name) {
    this._subscribers = undefined; // an array that is replaced, never changed
    this._stores = undefined; // Map of AsyncLocalStorage -> what makes its store of a message
    this.name = name;
  }

  static [Symbol.hasInstance](value) {
    return Object.getPrototypeOf(value) === Channel.prototype;
  }

  get hasSubscribers() {
    return this._subscribers !== undefined || this._stores !== undefined;
  }

  subscribe(subscription) {
    validateFunction(subscription, 'subscription');
    this._subscribers = this._subscribers === undefined ? [subscription] : [...this._subscribers, subscription];
    keep(this);
  }

  unsubscribe(subscription) {
    const index = this._subscribers?.indexOf(subscription) ?? -1;
    if (index < 0) return false;
    this._subscribers = this._subscribers.length === 1 ? undefined : this._subscribers.toSpliced(index, 1);
    keep(this);
    return true;
  }

  bindStore(store, transform) {
    this._stores ??= new Map();
    this._stores.set(store, transform);
    keep(this);
  }

  unbindStore(store) {
    if (!this._stores?.delete(store)) return false;
    if (this._stores.size === 0) this._stores = undefined;
    keep(this);
    return true;
  }

  publish(message) {
    const subscribers = this._subscribers;
    if (subscribers === undefined) return;
    for (let i = 0; i < subscribers.length; i++) {
      try {
        const subscriber = subscribers[i];
        subscriber(message, this.name);
      } catch (error) {
        throwLater(error);
      }
    }
  }

  /** Publish `message` and call `fn`, both with the bound stores set. */
  runStores(message, fn, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    let run = () => {
      this.publish(message);
      return Reflect.apply(fn, thisArg, args);
    };
    for (const [store, transform] of this._stores ?? []) run = within(store, transform, message, run);
    return run();
  }
}

/** `run`, with a store made of the message; without it if that fails. */
function within(store, transform, message, run) {
  return () => {
    let value = message;
    try {
      if (transform) value = transform(message);
    } catch (error) {
      throwLater(error);
      return run();
    }
    return store.run(value, run);
  };
}

function keep(target) {
  if (lookUp(target.name) === target) hold(target);
}

function channel(name) {
  const found = lookUp(name);
  if (found !== undefined) return found;
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new ERR_INVALID_ARG_TYPE('channel', ['string', 'symbol'], name);
  }
  const made = new Channel(name);
  hold(made);
  return made;
}

function subscribe(name, subscription) {
  return channel(name).subscribe(subscription);
}

function unsubscribe(name, subscription) {
  return channel(name).unsubscribe(subscription);
}

function hasSubscribers(name) {
  return lookUp(name)?.hasSubscribers ?? false;
}

// Tracing

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

function channelFor(nameOrChannels, event) {
  if (typeof nameOrChannels === 'string') return channel(`tracing:${nameOrChannels}:${event}`);
  if (typeof nameOrChannels !== 'object' || nameOrChannels === null) {
    throw new ERR_INVALID_ARG_TYPE('nameOrChannels', ['string', 'TracingChannel', 'Object'], nameOrChannels);
  }
  const given = nameOrChannels[event];
  if (!(given instanceof Channel)) throw new ERR_INVALID_ARG_TYPE(`nameOrChannels.${event}`, 'Channel', given);
  return given;
}

class TracingChannel {
  constructor(nameOrChannels) {
    for (const event of EVENTS) {
      Object.defineProperty(this, event, { __proto__: null, value: channelFor(nameOrChannels, event) });
    }
  }

  get hasSubscribers() {
    return this.start.hasSubscribers || this.end.hasSubscribers || this.asyncStart.hasSubscribers ||
      this.asyncEnd.hasSubscribers || this.error.hasSubscribers;
  }

  subscribe(handlers) {
    for (const event of EVENTS) {
      if (handlers[event]) this[event].subscribe(handlers[event]);
    }
  }

  unsubscribe(handlers) {
    let done = true;
    for (const event of EVENTS) {
      if (handlers[event] && !this[event].unsubscribe(handlers[event])) done = false;
    }
    return done;
  }

  traceSync(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    return this.start.runStores(context, () => {
      try {
        const result = Reflect.apply(fn, thisArg, args);
        context.result = result;
        return result;
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const settle = () => {
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
    };
    const fulfilled = (result) => {
      context.result = result;
      settle();
      return result;
    };
    const rejected = (error) => {
      this.#fail(context, error);
      settle();
      return Promise.reject(error); // takes two microtasks more than to throw, as in Node
    };
    return this.start.runStores(context, () => {
      try {
        const result = Reflect.apply(fn, thisArg, args);
        const promise = result instanceof Promise ? result : Promise.resolve(result);
        return promise.then(fulfilled, rejected);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceCallback(fn, position = -1, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const callback = args.at(position);
    validateFunction(callback, 'callback');
    const trace = this;
    args.splice(position, 1, function(...outcome) {
      const [error, result] = outcome;
      if (error) trace.#fail(context, error);
      else context.result = result;
      // With stores, so that a callback finds its context even where it was lost on the way.
      return trace.asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback, this, outcome);
        } finally {
          trace.asyncEnd.publish(context);
        }
      });
    });
    return this.start.runStores(context, () => {
      try {
        return Reflect.apply(fn, thisArg, args);
      } catch (error) {
        this.#fail(context, error);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  #fail(context, error) {
    context.error = error;
    this.error.publish(context);
  }
}

function tracingChannel(nameOrChannels) {
  return new TracingChannel(nameOrChannels);
}

module.exports = { channel, hasSubscribers, subscribe, tracingChannel, unsubscribe, Channel };
