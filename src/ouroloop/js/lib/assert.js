'use strict';
// The assert module.
//
// All checks are methods of `Assert.prototype` that also work alone: `assert.equal` is that very function, called
// without options. An instance of `Assert` carries options (how to show differences, whether classes matter); its
// methods lose them when taken off it. Every failure names the public function as the place where its stack begins,
// so that the first frame is the caller's.

const {
  codes: {
    ERR_AMBIGUOUS_ARGUMENT,
    ERR_CONSTRUCT_CALL_REQUIRED,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_RETURN_VALUE,
    ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { validateFunction, validateOneOf } = require('internal/validators');
const { deprecate, kEmptyObject } = require('internal/util');
const { isPromise, isRegExp } = require('internal/util/types');
const AssertionError = require('internal/assert/assertion_error');
const { innerOk } = require('internal/assert/utils');

const kOptions = Symbol('options');
const kNothingThrown = Symbol('nothing thrown');

const isError = (value) => Error.isError(value) || value instanceof Error;
const isErrorClass = (fn) => Object.prototype.isPrototypeOf.call(Error, fn);
const matches = (regexp, text) => RegExp.prototype.exec.call(regexp, text) !== null;
const isLooselyEqual = (a, b) => a == b || (a !== a && b !== b); // eslint-disable-line eqeqeq

function inspect(value, options) {
  return require('internal/util/inspect').inspect(value, options);
}

// Loaded with the first deep comparison; most programs have none.
function comparisons() {
  return require('internal/util/comparisons');
}

/** Methods are also called with `assert` itself, or nothing at all, as `this`. */
function optionsOf(self) {
  return self?.[kOptions] ?? kEmptyObject;
}

/** @returns {never} */
function innerFail(failure) {
  if (isError(failure.message)) throw failure.message;
  throw new AssertionError(failure);
}

/** For a message that is ours although the caller gave none. */
function failWith(failure, generatedMessage) {
  const error = new AssertionError(failure);
  error.generatedMessage = generatedMessage;
  throw error;
}

function checkArguments(args) {
  if (args.length < 2) throw new ERR_MISSING_ARGS('actual', 'expected');
}

// ---- What throws, and what it throws ----

function describeOutcome(fn) {
  return fn === assert.rejects || fn === assert.doesNotReject ? 'rejection' : 'exception';
}

/** What the error and the expectation say of the same keys; its name is what the diff shows. */
class Comparison {
  constructor(object, keys, actual = undefined) {
    for (const key of keys) {
      if (!(key in object)) continue;
      const isMatched = actual !== undefined && typeof actual[key] === 'string' &&
        isRegExp(object[key]) && matches(object[key], actual[key]);
      this[key] = isMatched ? actual[key] : object[key];
    }
  }
}

function checkKeys(actual, expected, keys, message, fn, options) {
  for (const key of keys) {
    if (typeof actual[key] === 'string' && isRegExp(expected[key]) && matches(expected[key], actual[key])) continue;
    if (key in actual && comparisons().isDeepStrictEqual(actual[key], expected[key])) continue;
    if (message) innerFail({ actual, expected, message, operator: fn.name, stackStartFn: fn, diff: options.diff });
    const error = new AssertionError({
      actual: new Comparison(actual, keys),
      expected: new Comparison(expected, keys, actual),
      operator: 'deepStrictEqual',
      stackStartFn: fn,
      diff: options.diff,
    });
    throw Object.assign(error, { actual, expected, operator: fn.name });
  }
}

function checkAgainstObject(actual, expected, message, fn, options) {
  if (typeof actual !== 'object' || actual === null) {
    const error = new AssertionError(
      { actual, expected, message, operator: 'deepStrictEqual', stackStartFn: fn, diff: options.diff });
    error.operator = fn.name;
    throw error;
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push('name', 'message');
  else if (keys.length === 0) throw new ERR_INVALID_ARG_VALUE('error', expected, 'may not be an empty object');
  checkKeys(actual, expected, keys, message, fn, options);
}

function describeWrongClass(actual, Expected) {
  const start = `The error is expected to be an instance of "${Expected.name}". Received `;
  if (!isError(actual)) return `${start}"${inspect(actual, { depth: -1 })}"`;
  const name = actual.constructor?.name || actual.name;
  const received = name === Expected.name ?
    'an error with identical name but a different prototype.' : `"${name}"`;
  return start + received + (actual.message ? `\n\nError message:\n\n${actual.message}` : '');
}

function describeRefusal(actual, validate, result) {
  const name = validate.name ? `"${validate.name}" ` : '';
  const caught = isError(actual) ? `\n\nCaught error:\n\n${actual}` : '';
  return `The ${name}validation function is expected to return "true". Received ${inspect(result)}${caught}`;
}

/** @returns {string | undefined} what is wrong with `actual`, when `expected` is a function or a regular expression */
function findFault(actual, expected) {
  if (typeof expected !== 'function') {
    const text = String(actual);
    if (matches(expected, text)) return undefined;
    return `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return undefined;
  if (isErrorClass(expected)) return describeWrongClass(actual, expected);
  const result = Reflect.apply(expected, {}, [actual]);
  return result === true ? undefined : describeRefusal(actual, expected, result);
}

function checkException(actual, expected, message, fn, options) {
  if (typeof expected !== 'function' && !isRegExp(expected)) {
    checkAgainstObject(actual, expected, message, fn, options);
    return;
  }
  const fault = findFault(actual, expected);
  if (fault === undefined) return;
  failWith({
    actual, expected, message: message || fault, operator: fn.name, stackStartFn: fn, diff: options.diff,
  }, !message);
}

/** `throws(fn, 'text')` could mean an expected text: refused where it would be misunderstood. */
function checkNotAmbiguous(actual, text) {
  if (typeof actual === 'object' && actual !== null) {
    if (actual.message !== text) return;
    throw new ERR_AMBIGUOUS_ARGUMENT('error/message',
      `The error message "${actual.message}" is identical to the message.`);
  }
  if (actual === text) {
    throw new ERR_AMBIGUOUS_ARGUMENT('error/message', `The error "${actual}" is identical to the message.`);
  }
}

function expectError(options, fn, actual, args) {
  let [error, message] = args;
  if (typeof error === 'string') {
    if (args.length === 2) {
      throw new ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
    }
    checkNotAmbiguous(actual, error);
    message = error;
    error = undefined;
  } else if (error != null && typeof error !== 'object' && typeof error !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('error', ['Object', 'Error', 'Function', 'RegExp'], error);
  }
  if (actual === kNothingThrown) {
    const name = error?.name ? ` (${error.name})` : '';
    innerFail({
      actual: undefined,
      expected: error,
      operator: fn.name,
      message: `Missing expected ${describeOutcome(fn)}${name}${message ? `: ${message}` : '.'}`,
      stackStartFn: fn,
      diff: options.diff,
    });
  }
  if (error) checkException(actual, error, message, fn, options);
}

function isExpectedError(actual, expected) {
  if (typeof expected !== 'function') {
    if (isRegExp(expected)) return matches(expected, String(actual));
    throw new ERR_INVALID_ARG_TYPE('expected', ['Function', 'RegExp'], expected);
  }
  if (expected.prototype !== undefined && actual instanceof expected) return true;
  return !isErrorClass(expected) && Reflect.apply(expected, {}, [actual]) === true;
}

function expectNoError(options, fn, actual, args) {
  if (actual === kNothingThrown) return;
  let [error, message] = args;
  if (typeof error === 'string') {
    message = error;
    error = undefined;
  }
  if (error && !isExpectedError(actual, error)) throw actual;
  innerFail({
    actual,
    expected: error,
    operator: fn.name,
    message: `Got unwanted ${describeOutcome(fn)}${message ? `: ${message}` : '.'}\n` +
      `Actual message: "${actual?.message}"`,
    stackStartFn: fn,
    diff: options.diff,
  });
}

function runForError(fn) {
  validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return kNothingThrown;
}

function isThenable(value) {
  return isPromise(value) || (value !== null && typeof value === 'object' &&
    typeof value.then === 'function' && typeof value.catch === 'function');
}

function promiseOf(promiseFn) {
  if (isThenable(promiseFn)) return promiseFn;
  if (typeof promiseFn !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('promiseFn', ['Function', 'Promise'], promiseFn);
  }
  const result = promiseFn();
  if (!isThenable(result)) throw new ERR_INVALID_RETURN_VALUE('instance of Promise', 'promiseFn', result);
  return result;
}

async function awaitError(promiseFn) {
  const promise = promiseOf(promiseFn);
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return kNothingThrown;
}

// ---- Pieces of single checks ----

function checkMatch(self, string, regexp, message, fn, shouldMatch) {
  if (!isRegExp(regexp)) throw new ERR_INVALID_ARG_TYPE('regexp', 'RegExp', regexp);
  if (typeof string === 'string' && matches(regexp, string) === shouldMatch) return;
  if (isError(message)) throw message;
  const verdict = shouldMatch ? 'did not match' : 'was expected to not match';
  const fault = typeof string === 'string' ?
    `The input ${verdict} the regular expression ${inspect(regexp)}. Input:\n\n${inspect(string)}\n` :
    `The "string" argument must be of type string. Received type ${typeof string} (${inspect(string)})`;
  failWith({
    actual: string,
    expected: regexp,
    message: message || fault,
    operator: fn.name,
    stackStartFn: fn,
    diff: optionsOf(self).diff,
  }, !message);
}

function describeUnwantedError(error) {
  const isDescribed = typeof error === 'object' && typeof error.message === 'string';
  if (!isDescribed) return inspect(error);
  return error.message.length === 0 && error.constructor ? error.constructor.name : error.message;
}

/** The frames of the unwanted error follow those of the check, less those that both have. */
function joinStacks(stack, originalStack) {
  const start = originalStack.indexOf('\n    at');
  if (start === -1) return stack;
  const original = originalStack.slice(start + 1).split('\n');
  const own = stack.split('\n');
  for (const frame of original) {
    const shared = own.indexOf(frame);
    if (shared !== -1) return [...own.slice(0, shared), ...original].join('\n');
  }
  return [...own, ...original].join('\n');
}

const warnOfFailArguments = deprecate(() => {},
  'assert.fail() with more than one argument is deprecated. ' +
  'Please use assert.strictEqual() instead or only pass a message.', 'DEP0094');

// ---- The class ----

/**
 * @param {{ diff?: 'simple' | 'full', strict?: boolean, skipPrototype?: boolean }} [options] strict: the short names
 *   mean the strict checks; skipPrototype: deep equality ignores classes.
 */
function Assert(options) {
  if (!new.target) throw new ERR_CONSTRUCT_CALL_REQUIRED('Assert');
  const { diff = 'simple', strict = true, skipPrototype = false } = options ?? kEmptyObject;
  validateOneOf(diff, 'options.diff', ['simple', 'full']);
  this.AssertionError = AssertionError;
  Object.defineProperty(this, kOptions,
    { __proto__: null, value: { __proto__: null, diff, strict, skipPrototype }, enumerable: false });
  if (strict) {
    this.equal = this.strictEqual;
    this.deepEqual = this.deepStrictEqual;
    this.notEqual = this.notStrictEqual;
    this.notDeepEqual = this.notDeepStrictEqual;
  }
}

const checks = {
  fail(actual, expected, message, operator, stackStartFn) {
    const count = arguments.length;
    if (count <= 1) {
      const isDefault = actual == null;
      if (isError(actual)) throw actual;
      const error = new AssertionError({
        operator: 'fail',
        message: isDefault ? 'Failed' : actual,
        stackStartFn: stackStartFn ?? fail,
        diff: optionsOf(this).diff,
      });
      if (isDefault) error.generatedMessage = true;
      throw error;
    }
    warnOfFailArguments();
    innerFail({
      actual,
      expected,
      message,
      operator: operator ?? (count === 2 ? '!=' : 'fail'),
      stackStartFn: stackStartFn ?? fail,
      diff: optionsOf(this).diff,
    });
  },

  ok(...args) {
    innerOk(checks.ok, args.length, args[0], args[1], optionsOf(this).diff);
  },

  equal(actual, expected, message) {
    checkArguments(arguments);
    if (isLooselyEqual(actual, expected)) return;
    innerFail({ actual, expected, message, operator: '==', stackStartFn: equal, diff: optionsOf(this).diff });
  },

  notEqual(actual, expected, message) {
    checkArguments(arguments);
    if (!isLooselyEqual(actual, expected)) return;
    innerFail({ actual, expected, message, operator: '!=', stackStartFn: notEqual, diff: optionsOf(this).diff });
  },

  deepEqual(actual, expected, message) {
    checkArguments(arguments);
    if (comparisons().isDeepEqual(actual, expected)) return;
    innerFail(
      { actual, expected, message, operator: 'deepEqual', stackStartFn: deepEqual, diff: optionsOf(this).diff });
  },

  notDeepEqual(actual, expected, message) {
    checkArguments(arguments);
    if (!comparisons().isDeepEqual(actual, expected)) return;
    innerFail({
      actual, expected, message, operator: 'notDeepEqual', stackStartFn: notDeepEqual, diff: optionsOf(this).diff,
    });
  },

  deepStrictEqual(actual, expected, message) {
    checkArguments(arguments);
    const { diff, skipPrototype } = optionsOf(this);
    if (comparisons().isDeepStrictEqual(actual, expected, skipPrototype)) return;
    innerFail({ actual, expected, message, operator: 'deepStrictEqual', stackStartFn: deepStrictEqual, diff });
  },

  notDeepStrictEqual(actual, expected, message) {
    checkArguments(arguments);
    const { diff, skipPrototype } = optionsOf(this);
    if (!comparisons().isDeepStrictEqual(actual, expected, skipPrototype)) return;
    innerFail({ actual, expected, message, operator: 'notDeepStrictEqual', stackStartFn: notDeepStrictEqual, diff });
  },

  strictEqual(actual, expected, message) {
    checkArguments(arguments);
    if (Object.is(actual, expected)) return;
    innerFail(
      { actual, expected, message, operator: 'strictEqual', stackStartFn: strictEqual, diff: optionsOf(this).diff });
  },

  notStrictEqual(actual, expected, message) {
    checkArguments(arguments);
    if (!Object.is(actual, expected)) return;
    innerFail({
      actual, expected, message, operator: 'notStrictEqual', stackStartFn: notStrictEqual, diff: optionsOf(this).diff,
    });
  },

  partialDeepStrictEqual(actual, expected, message) {
    checkArguments(arguments);
    if (comparisons().isPartialStrictEqual(actual, expected)) return;
    innerFail({
      actual,
      expected,
      message,
      operator: 'partialDeepStrictEqual',
      stackStartFn: partialDeepStrictEqual,
      diff: optionsOf(this).diff,
    });
  },

  throws(fn, ...args) {
    expectError(optionsOf(this), throws, runForError(fn), args);
  },

  async rejects(promiseFn, ...args) {
    expectError(optionsOf(this), rejects, await awaitError(promiseFn), args);
  },

  doesNotThrow(fn, ...args) {
    expectNoError(optionsOf(this), doesNotThrow, runForError(fn), args);
  },

  async doesNotReject(promiseFn, ...args) {
    expectNoError(optionsOf(this), doesNotReject, await awaitError(promiseFn), args);
  },

  ifError(error) {
    if (error == null) return;
    const failure = new AssertionError({
      actual: error,
      expected: null,
      operator: 'ifError',
      message: `ifError got unwanted exception: ${describeUnwantedError(error)}`,
      stackStartFn: ifError,
      diff: optionsOf(this).diff,
    });
    if (typeof error.stack === 'string') failure.stack = joinStacks(failure.stack, error.stack);
    throw failure;
  },

  match(string, regexp, message) {
    checkMatch(this, string, regexp, message, match, true);
  },

  doesNotMatch(string, regexp, message) {
    checkMatch(this, string, regexp, message, doesNotMatch, false);
  },
};

const {
  fail, equal, notEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual, strictEqual, notStrictEqual,
  partialDeepStrictEqual, throws, rejects, doesNotThrow, doesNotReject, ifError, match, doesNotMatch,
} = checks;

Object.assign(Assert.prototype, checks);

const CallTracker = deprecate(require('internal/assert/calltracker'), 'assert.CallTracker is deprecated.', 'DEP0173');

// ---- The module ----

function ok(...args) {
  innerOk(ok, args.length, args[0], args[1]);
}

function strict(...args) {
  innerOk(strict, args.length, args[0], args[1]);
}

const assert = module.exports = ok;

Object.assign(assert, {
  AssertionError,
  CallTracker,
  ok,
  fail,
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  deepStrictEqual,
  notDeepStrictEqual,
  strictEqual,
  notStrictEqual,
  partialDeepStrictEqual,
  match,
  doesNotMatch,
  throws,
  rejects,
  doesNotThrow,
  doesNotReject,
  ifError,
  strict,
  Assert,
});

Object.assign(strict, assert, {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
