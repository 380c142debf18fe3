'use strict';

// A test's plan: how many assertions and subtests there are to be.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateObject, validateUint32 } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { TIMEOUT_MAX, clear } = require('internal/timers');
const { FAILURE, failure, startTimer } = require('internal/test_runner/hook');

class Plan {
  #expected;
  #actual = 0;
  #wait; // false, true, or ms
  #met;

  constructor(count, options = kEmptyObject) {
    validateUint32(count, 'count');
    validateObject(options, 'options');
    const { wait = false } = options;
    if (typeof wait !== 'boolean' && typeof wait !== 'number') {
      throw new ERR_INVALID_ARG_TYPE('options.wait', ['boolean', 'number'], wait);
    }
    if (typeof wait === 'number') validateUint32(wait, 'options.wait');
    this.#expected = count;
    this.#wait = wait;
  }

  count() {
    this.#actual++;
    if (this.#actual === this.#expected) this.#met?.();
  }

  /** Throws if the plan was not kept; with `wait`, a promise of that. */
  check() {
    if (this.#actual === this.#expected) return undefined;
    if (this.#wait === false || this.#actual > this.#expected) throw this.#failure();
    return this.#await();
  }

  async #await() {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#met = resolve;
    let timer;
    if (this.#wait !== true) {
      timer = startTimer(() => reject(this.#timedOut()), Math.min(this.#wait, TIMEOUT_MAX));
    }
    try {
      await promise;
    } finally {
      if (timer) clear(timer);
    }
  }

  #timedOut() {
    return failure(
      `plan timed out after ${this.#wait}ms with ${this.#actual} assertions when expecting ${this.#expected}`,
      FAILURE.TIMEOUT);
  }

  #failure() {
    return failure(`plan expected ${this.#expected} assertions but received ${this.#actual}`, FAILURE.CODE);
  }
}

module.exports = { Plan };
