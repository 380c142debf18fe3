'use strict';

// Tests and suites: what runs, in which order, and how each one ends.
//
// Theory of operation. Tests form a tree under the root. A test is created, then started: it waits until its parent
// has a free place (`concurrency`), runs its hooks and its function, waits for its subtests, and finishes. Results
// are told in the order in which tests were started, whatever the order in which they finished: a finished test is
// kept until all before it were told (`#flush`). A suite's function runs when the suite is created and only creates;
// its tests start when the suite runs.
//
// What surprises people: a test without hooks starts synchronously when its turn comes. A test that ends by time or
// signal does not stop its function; it only is not waited for any more, and its subtests are cancelled. What a test
// left behind and fails later belongs to nobody: it is told as a warning (`harness.js`).

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateAbortSignal, validateNumber, validateString, validateUint32 } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { TIMEOUT_MAX } = require('internal/timers');
const { SuiteContext, TestContext } = require('internal/test_runner/contexts');
const { FAILURE, Hook, failure, invoke, isTestFailure, watch } = require('internal/test_runner/hook');
const { Plan } = require('internal/test_runner/plan');

const CANCELLED = 'test did not finish before its parent and was cancelled';
const TOO_LATE = 'test could not be started because its parent finished';

let lastId = 0;

function milliseconds() {
  return Number(process.hrtime.bigint()) / 1e6;
}

const noop = () => {};

// Options

function checkConcurrency(concurrency) {
  if (concurrency == null || typeof concurrency === 'boolean') return;
  if (typeof concurrency !== 'number') {
    throw new ERR_INVALID_ARG_TYPE('options.concurrency', ['boolean', 'number'], concurrency);
  }
  validateUint32(concurrency, 'options.concurrency', true);
}

function concurrencyOf(option, parent) {
  if (option === true) return Infinity;
  if (option === false) return 1;
  return option ?? parent?.concurrency ?? 1;
}

function timeoutOf(option, parent) {
  if (option == null) return parent?.timeout ?? Infinity;
  if (option !== Infinity) validateNumber(option, 'options.timeout', 0, TIMEOUT_MAX);
  return option;
}

function tagsOf(tags, parent) {
  const inherited = parent?.tags ?? [];
  if (tags === undefined) return inherited;
  if (!Array.isArray(tags)) throw new ERR_INVALID_ARG_TYPE('options.tags', 'Array', tags);
  tags.forEach((tag, index) => validateString(tag, `options.tags[${index}]`));
  return [...new Set([...inherited, ...tags.map((tag) => tag.toLowerCase())])];
}

const isPlainObject = (value) => typeof value === 'object' && value !== null && !(value instanceof RegExp) &&
  !(value instanceof Error);

/** What `expectFailure` says, as { label, match }; undefined for nothing. */
function expectationOf(option) {
  if (option === undefined || option === false) return undefined;
  if (typeof option === 'string') return { label: option };
  if (!isPlainObject(option)) {
    return typeof option === 'function' || typeof option === 'object' ? { match: option } : {};
  }
  const keys = Object.keys(option);
  if (keys.length === 0) {
    throw new ERR_INVALID_ARG_VALUE('options.expectFailure', option, 'must not be an empty object');
  }
  return keys.every((key) => key === 'label' || key === 'match') ? { ...option } : { match: option };
}

class Test {
  subtests = [];
  hooks = { __proto__: null, before: [], after: [], beforeEach: [], afterEach: [] };
  passed = false;
  error = null;
  cancelled = false;
  runOnlySubtests = false;
  startTime;
  endTime;
  number = 0; // by the order of starting
  #controller;
  #stopped;
  #waiting = []; // subtests that have no place yet
  #active = 0;
  #unfinished = 0;
  #idle; // called when no subtest is unfinished any more
  #started = 0;
  #ready = new Map(); // finished subtests that are not told yet, by number
  #next = 1; // the number to be told next
  #isStartTold = false;
  #isTold = false;
  #diagnostics = [];
  #plan;
  #mock;
  #message; // of skip or todo
  #context;

  constructor(harness, parent, name, options, fn, location) {
    const { concurrency, timeout, skip, todo, only, signal, plan, tags, expectFailure } = options;
    checkConcurrency(concurrency);
    validateAbortSignal(signal, 'options.signal');
    this.harness = harness;
    this.parent = parent;
    this.root = parent?.root ?? this;
    this.name = name;
    this.location = location;
    this.nesting = parent === null ? -1 : parent.nesting + 1;
    this.id = lastId++;
    this.concurrency = concurrencyOf(concurrency, parent);
    this.timeout = timeoutOf(timeout, parent);
    this.ownTimeout = timeout ?? Infinity;
    this.tags = tagsOf(tags, parent);
    this.only = Boolean(only);
    this.isNeverOnly = only === false;
    this.skipped = skip !== undefined && skip !== false && skip !== '';
    this.isTodo = (todo !== undefined && todo !== false && todo !== '') || Boolean(parent?.isTodo);
    this.expectation = expectationOf(expectFailure) ?? parent?.expectation;
    this.outerSignal = signal;
    this.fn = this.skipped || signal?.aborted ? noop : fn;
    if (typeof skip === 'string') this.#message = skip;
    else if (typeof todo === 'string') this.#message = todo;
    if (plan !== undefined) this.#plan = new Plan(plan);
  }

  get type() {
    return 'test';
  }

  get isFinished() {
    return this.endTime !== undefined;
  }

  /** How many ms it may take. */
  get timeLimit() {
    return this.timeout;
  }

  /** Whether it takes no subtests any more. */
  get isClosed() {
    return this.isFinished;
  }

  get fullName() {
    return this.namePath.join(' > ') || this.name;
  }

  /** The names from the top to this one. */
  get namePath() {
    return this.parent === null ? [] : [...this.parent.namePath, this.name];
  }

  get signal() {
    return this.#abort().signal;
  }

  #abort() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.cancelled) this.#controller.abort();
    }
    return this.#controller;
  }

  /** A promise that rejects when the test is cancelled. */
  get stopped() {
    if (this.#stopped === undefined) {
      this.#stopped = Promise.withResolvers();
      this.#stopped.promise.catch(noop);
      if (this.cancelled) this.#stopped.reject(this.error);
    }
    return this.#stopped.promise;
  }

  get context() {
    return this.#context ??= this.makeContext();
  }

  makeContext() {
    return new TestContext(this);
  }

  get publicError() {
    const { error } = this;
    return isTestFailure(error) ? error.cause : error;
  }

  get mock() {
    if (this.#mock === undefined) {
      const { MockTracker } = require('internal/test_runner/mock');
      this.#mock = new MockTracker();
    }
    return this.#mock;
  }

  /** Call a function as a part of this test. */
  runInScope(fn, self, ...args) {
    return this.harness.storage.run(this, fn.bind(self), ...args);
  }

  // What the test's function may do

  diagnostic(message) {
    this.#diagnostics.push(message);
  }

  log(message) {
    const { name, nesting, id } = this;
    this.harness.tell('test:log', { name, nesting, testId: id, parentId: this.parent?.id, message, ...this.location });
  }

  skip(message) {
    this.skipped = true;
    this.#message = message?.toString();
  }

  todo(message) {
    this.isTodo = true;
    this.#message = message?.toString();
  }

  setPlan(plan) {
    if (this.#plan !== undefined) {
      throw failure('cannot set plan more than once', FAILURE.CODE);
    }
    this.#plan = plan;
  }

  countForPlan() {
    this.#plan?.count();
  }

  addHook(name, fn, options) {
    const hook = new Hook(name, fn, options, this.harness.caller());
    this.hooks[name].push(hook);
    if (name === 'before' && this.startTime !== undefined) {
      hook.run(this).catch((error) => this.fail(failure(error.cause, FAILURE.CODE)));
    }
  }

  // Creating and starting

  createSubtest(Kind, name, options, fn, location) {
    if (typeof name === 'function') [name, options, fn] = [undefined, undefined, name];
    else if (name !== null && typeof name === 'object') [name, options, fn] = [undefined, name, options];
    if (typeof options === 'function') [options, fn] = [undefined, options];
    const title = typeof name === 'string' && name !== '' ? name : fn?.name || '<anonymous>';
    if (typeof fn !== 'function') fn = noop;

    let parent = this; // eslint-disable-line consistent-this
    while (parent.isClosed && parent.parent !== null) parent = parent.parent;
    const test = new Kind(this.harness, parent, title, options ?? kEmptyObject, fn, location);
    parent.subtests.push(test);
    if (parent !== this) test.fail(failure(TOO_LATE, FAILURE.PARENT_FINISHED));
    if (test.only) this.harness.noteOnly(parent);
    return test;
  }

  get hasPlace() {
    return this.#active < this.concurrency;
  }

  /** Run, now or when the parent has a place. The promise of the end. */
  async start() {
    const { parent } = this;
    if (this.number > 0 || this.isFinished) return undefined;
    if (this.harness.isFilteredOut(this)) {
      this.endTime = milliseconds();
      parent.subtests.splice(parent.subtests.indexOf(this), 1);
      return undefined;
    }
    this.number = ++parent.#started;
    parent.#unfinished++;
    if (parent.parent === null) this.harness.keepAlive();
    this.#tell('test:enqueue', { type: this.type });
    if (!parent.hasPlace) await new Promise((place) => parent.#waiting.push({ test: this, place }));
    else parent.#active++;
    if (this.isFinished) return undefined; // cancelled meanwhile
    this.#tell('test:dequeue', { type: this.type });
    this.startTime = milliseconds();
    if (this.outerSignal?.aborted) this.cancel(failure(this.outerSignal.reason, FAILURE.ABORTED));
    await this.run();
    return undefined;
  }

  async run() {
    if (this.error !== null || this.skipped) {
      await undefined; // so that many of them do not call each other
      this.pass();
      this.finish();
      return;
    }
    const end = watch(this.timeLimit, this.outerSignal, (error) => this.cancel(error));
    try {
      if (this.parent.hooks.before.length > 0) await this.parent.runHooks('before');
      if (this.hasHooks('beforeEach')) await this.runHooks('beforeEach');
      await this.runBody();
    } catch (error) {
      if (error?.failureType === FAILURE.TIMEOUT) this.cancel(error);
      else this.fail(isTestFailure(error) ? error : failure(error, FAILURE.CODE));
    }
    for (const name of ['afterEach', 'after']) {
      try {
        if (this.hasHooks(name)) await this.runHooks(name);
      } catch (error) {
        this.fail(error);
      }
    }
    end();
    this.finish();
  }

  /** The function, and what must hold after it. */
  async runBody() {
    await invoke(this.fn, this, this.context, this.stopped);
    if (this.#unfinished > 0) await Promise.race([this.#subtestsDone(), this.stopped]);
    const kept = this.#plan?.check();
    if (kept) await Promise.race([kept, this.stopped]);
    this.pass();
  }

  #subtestsDone() {
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  hasHooks(name) {
    return this.hooksFor(name).length > 0;
  }

  /** The hooks that are to run, in order: those for each test come from all its ancestors. */
  hooksFor(name) {
    if (!name.endsWith('Each')) return this.hooks[name];
    const ancestors = [];
    for (let { parent } = this; parent !== null; parent = parent.parent) ancestors.push(parent);
    if (name === 'beforeEach') ancestors.reverse();
    return ancestors.flatMap((test) => test.hooks[name]);
  }

  async runHooks(name) {
    for (const hook of this.hooksFor(name)) await hook.run(this);
  }

  // Ending

  pass() {
    if (this.error !== null) return;
    if (this.expectation !== undefined && !this.skipped && !this.isTodo) {
      this.#setError(failure('test was expected to fail but passed', FAILURE.EXPECTED));
      return;
    }
    this.passed = true;
  }

  fail(error) {
    if (this.error !== null) return;
    if (this.expectation === undefined || this.skipped || this.cancelled) {
      this.#setError(error);
      return;
    }
    const mismatch = this.#mismatch(error);
    if (mismatch === undefined) {
      this.error = error;
      this.passed = true;
    } else {
      this.#setError(mismatch);
    }
  }

  #setError(error) {
    this.passed = false;
    this.error = error;
  }

  /** Why an error is not the expected one; undefined if it is. */
  #mismatch(error) {
    const { match } = this.expectation;
    if (match === undefined) return undefined;
    try {
      require('assert').throws(() => {
        throw isTestFailure(error) ? error.cause : error;
      }, match);
      return undefined;
    } catch (cause) {
      const told = failure('The test failed, but the error did not match the expected validation', FAILURE.CODE);
      told.cause = cause;
      return told;
    }
  }

  cancel(error = failure(CANCELLED, FAILURE.CANCELLED_BY_PARENT)) {
    if (this.isFinished || this.error !== null) return;
    if (this.outerSignal?.aborted) error = failure(this.outerSignal.reason, FAILURE.ABORTED);
    this.cancelled = true;
    this.fail(error);
    this.abort();
  }

  /** Let nobody wait for the function any more. */
  abort() {
    this.#stopped?.reject(this.error);
    this.#controller?.abort();
  }

  finish(pendingError) {
    if (this.isFinished) return;
    this.endTime = milliseconds();
    this.startTime ??= this.endTime;
    this.#finishSubtests(pendingError);
    this.#mock?.reset();
    const { parent } = this;
    const details = { ...this.details(), passed: this.passed };
    this.#tell('test:complete', { testNumber: this.number, details, ...this.directive() });
    parent.#ended(this);
  }

  #finishSubtests(pendingError) {
    for (const test of [...this.subtests]) {
      if (test.isFinished) continue;
      if (test.number === 0) {
        test.number = ++this.#started;
        this.#unfinished++;
      }
      test.cancel(pendingError);
      test.finish(pendingError);
    }
    const failed = this.subtests.filter((test) => !test.passed && !test.isTodo).length;
    if (failed > 0) this.#failFor(failed);
  }

  #failFor(failed) {
    if (this.error !== null) return;
    this.passed = false;
    this.fail(failure(`${failed} subtest${failed > 1 ? 's' : ''} failed`, FAILURE.SUBTESTS));
  }

  #ended(test) {
    this.#unfinished--;
    this.#ready.set(test.number, test);
    this.#flush();
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#active--;
    else waiting.place();
    if (this.#unfinished > 0) return;
    this.#idle?.();
    if (this.parent === null) this.harness.allEnded();
  }

  // Telling

  get #isTurn() {
    return this.parent === null || (this.parent.#next === this.number && this.parent.#isTurn);
  }

  #flush() {
    if (!this.#isTurn) return;
    for (let test = this.#ready.get(this.#next); test !== undefined; test = this.#ready.get(this.#next)) {
      this.#ready.delete(this.#next);
      test.#report();
      this.#next++;
      this.subtests.find((each) => each.number === this.#next)?.#flush();
    }
  }

  #report() {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#flush();
    if (this.#started > 0) {
      const { nesting, location } = this;
      this.harness.tell('test:plan', { nesting: nesting + 1, count: this.#started, ...location });
    }
    this.#tellStart();
    this.harness.count(this);
    this.#tell(this.passed ? 'test:pass' : 'test:fail', {
      testNumber: this.number, details: this.details(), ...this.classname(), ...this.directive(),
    });
    for (const message of this.#diagnostics) this.#tellDiagnostic(message);
  }

  #tellDiagnostic(message) {
    const { nesting, location } = this;
    this.harness.tell('test:diagnostic', { nesting, message, level: 'info', ...location });
  }

  #tellStart() {
    if (this.#isStartTold || this.parent === null) return;
    this.#isStartTold = true;
    this.parent.#tellStart();
    this.#tell('test:start', {});
  }

  #tell(type, data) {
    if (type !== 'test:enqueue' && type !== 'test:dequeue' && type !== 'test:complete') this.#tellStart();
    const { nesting, name, id, tags } = this;
    this.harness.tell(type, { nesting, name, testId: id, parentId: this.parent.id, tags, ...data, ...this.location });
  }

  classname() {
    return this.nesting > 0 ? { classname: this.parent.name } : {};
  }

  details() {
    const details = { __proto__: null, duration_ms: this.duration, type: this.type, ...this.classname() };
    if (this.error !== null && !this.passed) details.error = this.error;
    return details;
  }

  get duration() {
    return Number(((this.endTime ?? milliseconds()) - this.startTime).toFixed(6));
  }

  directive() {
    if (this.skipped) return { skip: this.#message || true };
    if (this.isTodo) return { todo: this.#message || true };
    if (this.expectation !== undefined) return { expectFailure: this.expectation.label || true };
    return {};
  }

  /** Of the root: what is told at the end. */
  tellEnd(counts, duration) {
    const { location } = this;
    this.#flush();
    if (this.error !== null) {
      this.harness.tell('test:fail', {
        nesting: 0, name: this.root.entryFile, testNumber: this.#started + 1, testId: this.id,
        details: { duration_ms: duration, error: this.error }, ...(this.failedHook?.location ?? location),
      });
    }
    this.harness.tell('test:plan', { nesting: 0, count: this.#started, ...location });
    for (const message of [...this.#diagnostics, ...counts]) {
      this.harness.tell('test:diagnostic', { nesting: 0, message, level: 'info', ...location });
    }
  }
}

class Suite extends Test {
  #built;
  #isBuilt = false;
  buildFailed = false;

  constructor(...args) {
    super(...args);
    this.#built = this.#build();
    this.#built.catch(noop);
  }

  get type() {
    return 'suite';
  }

  makeContext() {
    return new SuiteContext(this);
  }

  /** What a suite inherits is the limit of each of its tests. */
  get timeLimit() {
    return this.ownTimeout;
  }

  async #build() {
    try {
      await this.runInScope(this.fn, this.context, this.context);
    } catch (error) {
      this.buildFailed = true;
      throw error;
    } finally {
      this.#isBuilt = true;
    }
  }

  get isClosed() {
    return this.#isBuilt || this.isFinished;
  }

  async runBody() {
    await Promise.race([this.#built, this.stopped]);
    this.isRunning = true;
    await this.runHooks('before');
    await Promise.race([Promise.all([...this.subtests].map((test) => test.start())), this.stopped]);
    this.passUnlessSubtestsFailed();
  }

  /** Whether a suite passes is known once its subtests are. */
  passUnlessSubtestsFailed() {
    if (this.subtests.every((test) => test.passed || test.isTodo)) this.pass();
  }

  hooksFor(name) {
    return name.endsWith('Each') ? [] : super.hooksFor(name);
  }
}

/** The top of the tree: what the file's own hooks belong to. It runs nothing itself. */
class Root extends Test {
  constructor(harness, location) {
    const timeout = Number(require('internal/options').getOptionValue('--test-timeout')) || undefined;
    super(harness, null, '<root>', { timeout }, noop, location);
    this.startTime = milliseconds();
    this.entryFile = location.file;
  }

  async runHooks(name) {
    for (const hook of this.hooksFor(name)) {
      this.failedHook = hook;
      await hook.run(this);
    }
    this.failedHook = undefined;
  }

  /** Cancel what has not ended. */
  finish(pendingError) {
    if (this.isFinished) return;
    for (const test of [...this.subtests]) {
      if (test.isFinished) continue;
      test.cancel(pendingError);
      test.finish(pendingError);
    }
    this.endTime = milliseconds();
    this.passed = this.error === null && this.subtests.every((test) => test.passed || test.isTodo);
  }
}

Test.Subtest = Test;

module.exports = { Root, Suite, Test };
