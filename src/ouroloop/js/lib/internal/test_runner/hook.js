'use strict';

// Running what a test author wrote: a test's function or a hook, called in one of three ways, with an end by time or
// signal.

const { codes: { ERR_TEST_FAILURE } } = require('internal/errors');
const { validateAbortSignal, validateFunction, validateNumber, validateObject } = require('internal/validators');
const { addAbortListener } = require('internal/events/abort_listener');
const { kEmptyObject } = require('internal/util');
const { TIMEOUT_MAX, Timeout, insert, clear } = require('internal/timers');
const { isPromise } = require('internal/util/types');

/** Why a test failed (`failureType`). */
const FAILURE = Object.freeze({
  __proto__: null,
  ABORTED: 'testAborted',
  CALLBACK_AND_PROMISE: 'callbackAndPromisePresent',
  CANCELLED_BY_PARENT: 'cancelledByParent',
  CODE: 'testCodeFailure',
  EXPECTED: 'expectedFailure',
  HOOK: 'hookFailed',
  MULTIPLE_CALLBACKS: 'multipleCallbackInvocations',
  PARENT_FINISHED: 'parentAlreadyFinished',
  SUBTESTS: 'subtestsFailed',
  TIMEOUT: 'testTimeoutFailure',
});

/** The error that says why a test failed. Its stack shows the program's part alone. */
function failure(cause, type) {
  let error;
  try {
    error = new ERR_TEST_FAILURE(cause, type);
  } catch { // a value whose inspection throws
    const { inspect } = require('internal/util/inspect');
    error = new ERR_TEST_FAILURE(inspect(cause, { customInspect: false }), type);
    error.cause = cause;
  }
  if (typeof error.stack === 'string') error.stack = error.stack.replace(OWN_FRAMES, '');
  return error;
}

const OWN_FRAMES = /\n {4}at (?:.*\(node:.*|node:.*|<anonymous>:1:1)(?=\n|$)/g;

function isTestFailure(error) {
  return error?.code === 'ERR_TEST_FAILURE' && 'failureType' in error;
}

/** Start a timer that mocks of timers do not reach. */
function startTimer(callback, delay, { isReferenced = true, repeats = false } = kEmptyObject) {
  const timer = new Timeout(callback, delay, undefined, repeats, isReferenced);
  insert(timer, timer._idleTimeout);
  return timer;
}

/** Call `stop(error)` when `timeout` ms are over or `signal` aborts. Returns what ends the watch. */
function watch(timeout, signal, stop) {
  const timed = Number.isFinite(timeout);
  let timer;
  if (timed) {
    const expire = () => stop(failure(`test timed out after ${timeout}ms`, FAILURE.TIMEOUT));
    timer = startTimer(expire, timeout, { isReferenced: false });
  }
  const listener = signal && addAbortListener(signal, () => stop(failure(signal.reason, FAILURE.ABORTED)));
  return () => {
    if (timed) clear(timer);
    listener?.[Symbol.dispose]();
  };
}

/**
 * Call `fn` as a part of `test` with `context`, which is its `this` too. One that declares another parameter gets a
 * callback. Settles as the function does, or as `stopped` rejects.
 */
async function invoke(fn, test, context, stopped) {
  if (fn.length < 2) {
    const result = test.runInScope(fn, context, context);
    // Whether it is a thenable is for the race to find out: `then` is to be read once only.
    if (typeof result === 'object' && result !== null) await Promise.race([result, stopped]);
    return;
  }
  const { promise, resolve, reject } = Promise.withResolvers();
  let calls = 0;
  const done = (error) => {
    calls++;
    if (calls > 1) throw failure('callback invoked multiple times', FAILURE.MULTIPLE_CALLBACKS);
    if (error) reject(error);
    else resolve();
  };
  const result = test.runInScope(fn, context, context, done);
  if (isPromise(result)) {
    result.catch(() => {});
    throw failure('passed a callback but also returned a Promise', FAILURE.CALLBACK_AND_PROMISE);
  }
  await Promise.race([promise, stopped]);
}

class Hook {
  #name;
  #fn;
  #timeout;
  #signal;
  #outcome; // of a hook that runs once

  constructor(name, fn = () => {}, options = kEmptyObject, location = undefined) {
    validateFunction(fn, 'fn');
    validateObject(options, 'options');
    const { signal, timeout } = options;
    if (timeout != null && timeout !== Infinity) validateNumber(timeout, 'options.timeout', 0, TIMEOUT_MAX);
    validateAbortSignal(signal, 'options.signal');
    this.#name = name;
    this.location = location;
    this.#fn = fn;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  /** Run it for `test`; what fails is a hook failure. */
  run(test) {
    if (this.#name.endsWith('Each')) return this.#run(test);
    return this.#outcome ??= this.#run(test);
  }

  async #run(test) {
    const { promise: stopped, reject } = Promise.withResolvers();
    stopped.catch(() => {});
    const end = watch(this.#timeout ?? test.timeout, this.#signal, reject);
    try {
      if (this.#signal?.aborted) throw failure(this.#signal.reason, FAILURE.ABORTED);
      await invoke(this.#fn, test, test.context, stopped);
      if (this.#signal?.aborted) throw failure(this.#signal.reason, FAILURE.ABORTED);
    } catch (error) {
      const told = failure(`failed running ${this.#name} hook`, FAILURE.HOOK);
      if (error?.failureType !== FAILURE.TIMEOUT) told.cause = isTestFailure(error) ? error.cause : error;
      throw told;
    } finally {
      end();
    }
  }
}

module.exports = { FAILURE, Hook, failure, invoke, isTestFailure, startTimer, watch };
