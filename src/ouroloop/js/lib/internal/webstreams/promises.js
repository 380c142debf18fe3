'use strict';

// Promises as the streams standard handles them: a program that patches `Promise.prototype.then` sees and breaks
// nothing.
//
// Theory of operation. Many of the standard's promises (`closed`, `ready`) are never looked at. `LazyPromise` keeps
// only the state of one and makes the promise when somebody asks. That changes nothing else, for a rejection of these
// never counts as unhandled.

const call = Function.prototype.call;
const then = call.bind(Promise.prototype.then);
const resolvedWith = Promise.resolve.bind(Promise);
const rejectedWith = Promise.reject.bind(Promise);
const withResolvers = Promise.withResolvers.bind(Promise);

const nop = () => {};

let settled;

/** A promise that was fulfilled with undefined; always the same one. */
function settledPromise() {
  return settled ??= Promise.resolve();
}

function markHandled(promise) {
  then(promise, undefined, nop);
}

function queueTask(task) {
  then(settledPromise(), task);
}

/**
 * What `method` returns, as a promise; a rejected one if it throws. This is for what is called for every chunk: a
 * promise is taken as it is. `asyncCall` resolves another promise with it, two microtasks later.
 */
function promiseCall(method, self, ...args) {
  try {
    const result = Reflect.apply(method, self, args);
    return result === undefined ? settledPromise() : resolvedWith(result);
  } catch (error) {
    return rejectedWith(error);
  }
}

async function asyncCall(method, self, ...args) {
  return Reflect.apply(method, self, args);
}

/**
 * A promise of what `start` returned. A promise is resolved with it, not taken for it: that is two microtasks
 * later.
 */
function startPromise(start) {
  const result = start?.();
  return new Promise((resolve) => resolve(result));
}

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

class LazyPromise {
  #state = PENDING;
  #reason;
  #resolvers;

  get isPending() {
    return this.#state === PENDING;
  }

  get promise() {
    if (this.#resolvers === undefined) {
      this.#resolvers = withResolvers();
      markHandled(this.#resolvers.promise);
      if (this.#state === FULFILLED) this.#resolvers.resolve();
      if (this.#state === REJECTED) this.#resolvers.reject(this.#reason);
    }
    return this.#resolvers.promise;
  }

  resolve() {
    if (this.#state !== PENDING) return;
    this.#state = FULFILLED;
    this.#resolvers?.resolve();
  }

  reject(reason) {
    if (this.#state !== PENDING) return;
    this.#state = REJECTED;
    this.#reason = reason;
    this.#resolvers?.reject(reason);
  }

  static resolved() {
    const lazy = new LazyPromise();
    lazy.resolve();
    return lazy;
  }

  static rejected(reason) {
    const lazy = new LazyPromise();
    lazy.reject(reason);
    return lazy;
  }
}

module.exports = {
  LazyPromise, asyncCall, markHandled, nop, promiseCall, queueTask, rejectedWith, resolvedWith, settledPromise,
  startPromise, then, withResolvers,
};
