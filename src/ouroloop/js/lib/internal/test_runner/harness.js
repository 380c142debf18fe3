'use strict';

// The harness: what is around a run's tests, from the first one that is made to the summary.
//
// Theory of operation. There is one harness a process, made with the first test or hook. It knows which test is
// running (an AsyncLocalStorage, and an async hook for what fails later, where no storage is in force), takes errors
// that nobody caught, decides which tests are left out, counts, and gives events to the reporters.
//
// The run ends when the loop has nothing left, which is not before all tests have finished.
//
// What surprises people: a test that waits for what never comes waits for ever; a timeout is what ends it.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { Root, Suite, Test } = require('internal/test_runner/test');
const { FAILURE, failure, startTimer } = require('internal/test_runner/hook');
const { TIMEOUT_MAX, clear } = require('internal/timers');
const { TestsStream } = require('internal/test_runner/tests_stream');

const UNRESOLVED = 'Promise resolution is still pending but the event loop has already resolved';
const FAILED = 1;
const STACK_DEPTH = 30;

/** Tests made in one go are all known before the first one starts: then `only` can leave others out. */
const TICKS_BEFORE_START = 6;

class Harness {
  stream = new TestsStream();
  counts = { tests: 0, failed: 0, passed: 0, cancelled: 0, skipped: 0, todo: 0, topLevel: 0, suites: 0 };
  success = true;
  storage; // which test is running
  #owners = new WeakMap(); // asynchronous resource -> the test that made it
  #hook;
  #isReady = false;
  #ready;
  #hasEnded = false;
  #onlyMode = Boolean(getOptionValue('--test-only'));
  #namePatterns = patterns('--test-name-pattern');
  #skipPatterns = patterns('--test-skip-pattern');
  #listeners;
  #keeper; // a timer

  constructor() {
    const { AsyncLocalStorage, createHook } = require('async_hooks');
    this.storage = new AsyncLocalStorage();
    this.#hook = createHook({
      init: (id, type, trigger, resource) => {
        const test = this.storage.getStore();
        if (test !== undefined) this.#owners.set(resource, test);
      },
    }).enable();
    this.root = new Root(this, { line: 1, column: 1, file: entryFile() });
    this.#listeners = {
      uncaughtException: (error) => this.#uncaught(error, 'uncaughtException'),
      unhandledRejection: (error) => this.#uncaught(error, 'unhandledRejection'),
      beforeExit: () => this.#end(true),
      exit: () => this.#endNow(),
    };
    for (const [name, listener] of Object.entries(this.#listeners)) process.on(name, listener);
    this.#ready = this.#becomeReady();
    require('internal/test_runner/reporting').attach(this.stream, (error) => this.#reporterFailed(error));
  }

  async #becomeReady() {
    for (let i = 0; i < TICKS_BEFORE_START; i++) await undefined;
    this.#isReady = true;
  }

  get currentTest() {
    return this.storage.getStore();
  }

  /** What `test()` and `describe()` do. */
  add(Kind, name, options, fn) {
    const location = this.caller();
    const parent = this.currentTest ?? this.root;
    const test = parent.createSubtest(Kind, name, options, fn, location);
    if (test.parent instanceof Suite && !test.parent.isRunning) return Promise.resolve();
    return this.#start(test);
  }

  async #start(test) {
    if (!this.#isReady && test.parent === this.root) await this.#ready;
    await test.start();
  }

  addHook(name, fn, options) {
    (this.currentTest ?? this.root).addHook(name, fn, options);
  }

  /** The place in the program from which this was called, as events tell it. */
  caller() {
    const { capture } = require('internal/util/call_sites');
    let sites = [];
    try {
      sites = capture(STACK_DEPTH, this.caller);
    } catch {
      // A program's own Error.prepareStackTrace is running: there are no call sites then.
    }
    const nameOf = (each) => each.getScriptNameOrSourceURL() ?? (each.isEval() ? '' : 'node:');
    const site = sites.find((each) => !nameOf(each).startsWith('node:'));
    if (site === undefined || site.isEval()) return {};
    const name = nameOf(site);
    const file = name.startsWith('file:') ? require('internal/url').fileURLToPath(name) : name;
    return { line: site.getLineNumber(), column: site.getColumnNumber(), file };
  }

  // Which tests run

  noteOnly(parent) {
    if (parent === this.root || (parent instanceof Suite && !parent.isRunning)) this.#onlyMode = true;
  }

  isFilteredOut(test) {
    if (test.buildFailed) return false;
    if (test.parent.runOnlySubtests && !test.only) return true;
    if (this.#onlyMode && !isOnly(test)) return true;
    if (this.#skipPatterns !== undefined && isMatched(this.#skipPatterns, test)) return true;
    return this.#namePatterns !== undefined && !isNamed(this.#namePatterns, test);
  }

  // Telling

  tell(type, data) {
    this.stream.tell(type, data);
  }

  /** Count a test whose result is told. */
  count(test) {
    const { counts } = this;
    if (!test.passed && !test.isTodo && !test.skipped) this.success = false;
    if (test.nesting === 0) counts.topLevel++;
    if (test.type === 'suite') {
      counts.suites++;
      return;
    }
    counts.tests++;
    if (test.skipped) counts.skipped++;
    else if (test.isTodo) counts.todo++;
    else if (test.cancelled) counts.cancelled++;
    else if (test.passed) counts.passed++;
    else counts.failed++;
  }

  // Errors that nobody caught

  #uncaught(error, event) {
    const resource = require('async_hooks').executionAsyncResource();
    const test = this.currentTest ?? this.#owners.get(resource);
    if (test === undefined && !this.#isReady) throw error;
    if (test === undefined || test.isFinished) {
      this.root.diagnostic(describeStray(error, event, test));
      process.exitCode = FAILED;
      return;
    }
    test.fail(failure(error, event));
    test.abort();
  }

  /** Nothing can be told any more: the error ends the process. */
  #reporterFailed(error) {
    this.#stopListening();
    process.nextTick(() => {
      throw error;
    });
  }

  #stopListening() {
    for (const [name, listener] of Object.entries(this.#listeners)) process.removeListener(name, listener);
    this.#hook.disable();
  }

  // The end

  /** No test is unfinished: what the global `after` hooks close may be all that keeps the loop going. */
  allEnded() {
    clear(this.#keeper);
    this.#keeper = undefined;
    if (getOptionValue('--test-force-exit')) this.#endByForce();
    else if (this.root.hooks.after.length > 0) this.#runAfter();
  }

  /** --test-force-exit: end the process, whatever else keeps it going. */
  async #endByForce() {
    await this.#end();
    setImmediate(() => process.stdout.write('', () => process.exit()));
  }

  /** While a test is unfinished the loop goes on, as if there were something that could finish it. */
  keepAlive() {
    if (this.#keeper !== undefined) return;
    this.#keeper = startTimer(() => {}, TIMEOUT_MAX, { repeats: true });
  }

  #after;

  #runAfter() {
    return this.#after ??= this.root.runHooks('after').catch((error) => {
      this.root.fail(error);
      this.success = false;
    });
  }

  async #end() {
    if (this.#hasEnded) return;
    const { root } = this;
    if (root.subtests.length === 0) await root.runHooks('before').catch((error) => root.fail(error));
    else if (root.subtests.every((test) => test.isFinished || test.number === 0)) await undefined;
    root.finish(failure(UNRESOLVED, FAILURE.CANCELLED_BY_PARENT));
    await this.#runAfter();
    this.#summarize();
  }

  /** `process.exit` was called: there is no time for hooks. */
  #endNow() {
    if (this.#hasEnded) return;
    this.root.finish(failure(UNRESOLVED, FAILURE.CANCELLED_BY_PARENT));
    this.#summarize();
  }

  #summarize() {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopListening();
    const { counts, root } = this;
    const duration = root.duration;
    root.tellEnd([
      `tests ${counts.tests}`, `suites ${counts.suites}`, `pass ${counts.passed}`, `fail ${counts.failed}`,
      `cancelled ${counts.cancelled}`, `skipped ${counts.skipped}`, `todo ${counts.todo}`, `duration_ms ${duration}`,
    ], duration);
    if (!this.success) process.exitCode = FAILED;
    this.tell('test:summary', {
      __proto__: null, success: this.success, counts, duration_ms: duration, file: root.entryFile,
    });
    this.stream.end();
  }
}

function entryFile() {
  const program = process.argv[1];
  return program === undefined ? undefined : require('path').resolve(program);
}

function describeStray(error, event, test) {
  if (test === undefined) {
    return 'Error: A resource generated asynchronous activity after the test ended. This activity created the error ' +
      `"${error}" which triggered an ${event} event, caught by the test runner.`;
  }
  const { line, column, file = '' } = test.location;
  const place = `${require('path').relative(process.cwd(), file)}:${line}:${column}`;
  return `Error: Test "${test.name}" at ${place} generated asynchronous activity after the test ended. This activity ` +
    `created the error "${error}" and would have caused the test to fail, but instead triggered an ${event} event.`;
}

// Filters

const REGEXP = /^\/(.*)\/([a-z]*)$/s;

function toPattern(text) {
  const match = REGEXP.exec(text);
  return match === null ? new RegExp(text) : new RegExp(match[1], match[2]);
}

function patterns(option) {
  const values = getOptionValue(option);
  if (values === undefined || values.length === 0) return undefined;
  return [].concat(values).map(toPattern);
}

function isMatched(list, test) {
  const full = test.namePath.join(' ');
  return list.some((pattern) => test.name.search(pattern) >= 0 || full.search(pattern) >= 0);
}

const hasDescendant = (test, holds) => test.subtests.some((each) => holds(each) || hasDescendant(each, holds));

/** By name: the test itself, what holds it, or what it holds. */
function isNamed(list, test) {
  const matches = (each) => isMatched(list, each);
  for (let each = test; each.parent !== null; each = each.parent) {
    if (matches(each)) return true;
  }
  return hasDescendant(test, matches);
}

/** By `only`: a suite that has it runs whole, but one that has such tests inside runs only those. */
function isOnly(test) {
  const holdsOnly = (each) => hasDescendant(each, ({ only }) => only);
  if (test.only || holdsOnly(test)) return true;
  if (test.isNeverOnly) return false;
  const { parent } = test;
  if (parent.parent === null) return false;
  return parent instanceof Suite ? !holdsOnly(parent) && isOnly(parent) : true;
}

let harness;

function getHarness() {
  return harness ??= new Harness();
}

/** `test` and `describe`, each with its shorthands. */
function makeRunner(Kind, name) {
  const run = (title, options, fn) => getHarness().add(Kind, title, options, fn);
  const runner = { [name]: (name, options, fn) => run(name, options, fn) }[name];
  for (const keyword of ['expectFailure', 'skip', 'todo', 'only']) {
    runner[keyword] = (title, options, fn) => run(...withOption(keyword, title, options, fn));
  }
  return runner;
}

/** A call's arguments with one more option. */
function withOption(keyword, title, options, fn) {
  if (typeof title === 'function') [title, options, fn] = [undefined, undefined, title];
  else if (title !== null && typeof title === 'object') [title, options, fn] = [undefined, title, options];
  if (typeof options === 'function') [options, fn] = [undefined, options];
  if (options !== undefined && typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  return [title ?? '', { [keyword]: true, ...options }, fn];
}

function makeHook(name) {
  return (fn, options) => {
    getHarness().addHook(name, fn, options);
  };
}

module.exports = { Suite, Test, getHarness, makeHook, makeRunner };
