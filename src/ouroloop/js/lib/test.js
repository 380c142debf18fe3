'use strict';

// node:test: the functions that make tests. What they do is in `internal/test_runner`.

const { getHarness, makeHook, makeRunner, Suite, Test } = require('internal/test_runner/harness');
const { notThere } = require('internal/not_there');

const test = makeRunner(Test, 'test');
const suite = makeRunner(Suite, 'suite');

let mock;

function getTestContext() {
  return getHarness().currentTest?.context;
}

function run() {
  throw notThere('test.run()');
}

module.exports = test;
Object.assign(module.exports, {
  after: makeHook('after'),
  afterEach: makeHook('afterEach'),
  before: makeHook('before'),
  beforeEach: makeHook('beforeEach'),
  describe: suite,
  getTestContext,
  it: test,
  run,
  suite,
  test,
});

Object.defineProperties(module.exports, {
  mock: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      if (mock === undefined) {
        const { MockTracker } = require('internal/test_runner/mock');
        mock = new MockTracker();
      }
      return mock;
    },
  },
  snapshot: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    value: {
      __proto__: null,
      setDefaultSnapshotSerializers() {
        throw notThere('test.snapshot');
      },
      setResolveSnapshotPath() {
        throw notThere('test.snapshot');
      },
    },
  },
  assert: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return { __proto__: null, register: require('internal/test_runner/assertions').register };
    },
  },
});
