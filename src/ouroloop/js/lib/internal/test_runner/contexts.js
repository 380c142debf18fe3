'use strict';

// What a test's function gets: the outside of a test (`t`) or of a suite.

const { validateFunction, validateNumber, validateObject } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { Plan } = require('internal/test_runner/plan');

const POLLING_INTERVAL = 50; // ms
const POLLING_TIMEOUT = 1000; // ms

class TestContext {
  #test;
  #assert;

  constructor(test) {
    this.#test = test;
  }

  get signal() {
    return this.#test.signal;
  }

  get name() {
    return this.#test.name;
  }

  get filePath() {
    return this.#test.root.entryFile;
  }

  get fullName() {
    return this.#test.fullName;
  }

  get error() {
    return this.#test.publicError;
  }

  get passed() {
    return this.#test.passed;
  }

  get attempt() {
    return 0;
  }

  get tags() {
    return this.#test.tags;
  }

  get workerId() {
    const id = Number(process.env.NODE_TEST_WORKER_ID);
    return id || undefined;
  }

  diagnostic(message) {
    this.#test.diagnostic(message);
  }

  log(message) {
    this.#test.log(message);
  }

  plan(count, options = kEmptyObject) {
    this.#test.setPlan(new Plan(count, options));
  }

  get assert() {
    const test = this.#test;
    return this.#assert ??= require('internal/test_runner/assertions').assertionsFor(this, () => test.countForPlan());
  }

  get mock() {
    return this.#test.mock;
  }

  runOnly(value) {
    this.#test.runOnlySubtests = !!value;
  }

  skip(message) {
    this.#test.skip(message);
  }

  todo(message) {
    this.#test.todo(message);
  }

  test(name, options, fn) {
    const test = this.#test;
    test.countForPlan();
    return test.createSubtest(test.constructor.Subtest, name, options, fn, test.harness.caller()).start();
  }

  before(fn, options) {
    this.#test.addHook('before', fn, options);
  }

  after(fn, options) {
    this.#test.addHook('after', fn, options);
  }

  beforeEach(fn, options) {
    this.#test.addHook('beforeEach', fn, options);
  }

  afterEach(fn, options) {
    this.#test.addHook('afterEach', fn, options);
  }

  /** The first result of `condition` that is no failure. */
  waitFor(condition, options = kEmptyObject) {
    validateFunction(condition, 'condition');
    validateObject(options, 'options');
    const { interval = POLLING_INTERVAL, timeout = POLLING_TIMEOUT } = options;
    validateNumber(interval, 'options.interval');
    validateNumber(timeout, 'options.timeout');
    return poll(condition, interval, timeout);
  }
}

function poll(condition, interval, timeout) {
  const { clear } = require('internal/timers');
  const { startTimer: start } = require('internal/test_runner/hook');
  const { promise, resolve, reject } = Promise.withResolvers();
  let cause;
  let next;
  let isOver = false;
  const end = start(() => {
    isOver = true;
    clear(next);
    // eslint-disable-next-line no-restricted-syntax
    const error = new Error('waitFor() timed out');
    if (cause !== undefined) error.cause = cause;
    reject(error);
  }, timeout);
  const attempt = async () => {
    try {
      const result = await condition();
      if (isOver) return;
      clear(end);
      resolve(result);
    } catch (error) {
      cause = error;
      if (!isOver) next = start(attempt, interval);
    }
  };
  next = start(attempt, interval);
  return promise;
}

class SuiteContext {
  #suite;

  constructor(suite) {
    this.#suite = suite;
  }

  get signal() {
    return this.#suite.signal;
  }

  get name() {
    return this.#suite.name;
  }

  get filePath() {
    return this.#suite.root.entryFile;
  }

  get fullName() {
    return this.#suite.fullName;
  }

  get passed() {
    return this.#suite.passed;
  }

  get attempt() {
    return 0;
  }

  diagnostic(message) {
    this.#suite.diagnostic(message);
  }

  log(message) {
    this.#suite.log(message);
  }
}

module.exports = { SuiteContext, TestContext };
