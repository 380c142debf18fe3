'use strict';

// `t.assert`: the functions of `assert`, each counted by the test's plan, and those that a program registers.

const { validateFunction, validateString } = require('internal/validators');
const { notThere } = require('internal/not_there');

const NAMES = [
  'deepEqual', 'deepStrictEqual', 'doesNotMatch', 'doesNotReject', 'doesNotThrow', 'equal', 'fail', 'ifError', 'match',
  'notDeepEqual', 'notDeepStrictEqual', 'notEqual', 'notStrictEqual', 'partialDeepStrictEqual', 'rejects',
  'strictEqual', 'throws',
];

let registered;

function all() {
  if (registered !== undefined) return registered;
  const assert = require('assert');
  registered = new Map(NAMES.map((name) => [name, assert[name]]));
  registered.set('snapshot', () => {
    throw notThere('t.assert.snapshot()');
  });
  registered.set('fileSnapshot', () => {
    throw notThere('t.assert.fileSnapshot()');
  });
  return registered;
}

function register(name, fn) {
  validateString(name, 'name');
  validateFunction(fn, 'fn');
  all().set(name, fn);
}

/** The assertions of a test; `count` is called for each, and `this` in those of a program is the test's context. */
function assertionsFor(context, count) {
  const assertions = { __proto__: null };
  for (const [name, fn] of all()) {
    assertions[name] = (...args) => {
      count();
      return Reflect.apply(fn, context, args);
    };
  }
  // Its message tells the expression of the call, so it must know where that was.
  assertions.ok ??= function ok(...args) {
    count();
    require('internal/assert/utils').innerOk(ok, args.length, ...args);
  };
  return assertions;
}

module.exports = { assertionsFor, register };
