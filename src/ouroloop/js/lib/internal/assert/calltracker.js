'use strict';
// assert.CallTracker: wraps functions and tells whether they ran as often as expected. Deprecated in favour of mocks.
//
// A wrapper is a Proxy of the function, so that it looks and behaves like the original; what is known of it is kept
// beside it.

const {
  codes: { ERR_INVALID_ARG_VALUE, ERR_UNAVAILABLE_DURING_EXIT },
  genericNodeError,
} = require('internal/errors');
const { validateUint32 } = require('internal/validators');
const AssertionError = require('internal/assert/assertion_error');

const doNothing = function() {};

class TrackedCalls {
  #calls = [];
  #expected;
  #name;
  #origin;

  constructor({ expected, name, origin }) {
    this.#expected = expected;
    this.#name = name;
    this.#origin = origin;
  }

  track(thisArg, args) {
    this.#calls.push(Object.freeze({ thisArg, arguments: Object.freeze([...args]) }));
  }

  reset() {
    this.#calls = [];
  }

  get calls() {
    return Object.freeze([...this.#calls]);
  }

  get failure() {
    const actual = this.#calls.length;
    const expected = this.#expected;
    if (actual === expected) return undefined;
    const name = this.#name;
    return {
      message: `Expected the ${name} function to be executed ${expected} time(s) but was executed ${actual} time(s).`,
      actual,
      expected,
      operator: name,
      stack: this.#origin,
    };
  }
}

class CallTracker {
  #tracked = new Map();

  #find(tracked) {
    const found = this.#tracked.get(tracked);
    if (found === undefined) throw new ERR_INVALID_ARG_VALUE('tracked', tracked, 'is not a tracked function');
    return found;
  }

  reset(tracked) {
    if (tracked !== undefined) this.#find(tracked).reset();
    else this.#tracked.forEach((one) => one.reset());
  }

  getCalls(tracked) {
    return this.#find(tracked).calls;
  }

  calls(fn, expected = 1) {
    if (process._exiting) throw new ERR_UNAVAILABLE_DURING_EXIT();
    if (typeof fn === 'number') {
      expected = fn;
      fn = doNothing;
    } else if (fn === undefined) {
      fn = doNothing;
    }
    validateUint32(expected, 'expected', true);
    const name = fn === doNothing ? 'calls' : fn.name || 'calls';
    const tracked = new TrackedCalls({ expected, name, origin: genericNodeError() });
    const proxy = new Proxy(fn, {
      __proto__: null,
      apply(target, thisArg, args) {
        tracked.track(thisArg, args);
        return Reflect.apply(target, thisArg, args);
      },
    });
    this.#tracked.set(proxy, tracked);
    return proxy;
  }

  report() {
    return [...this.#tracked.values()].map((tracked) => tracked.failure).filter((failure) => failure !== undefined);
  }

  verify() {
    const failures = this.report();
    if (failures.length === 0) return;
    const message = failures.length === 1 ?
      failures[0].message : 'Functions were not called the expected number of times';
    throw new AssertionError({ message, details: failures });
  }
}

module.exports = CallTracker;
