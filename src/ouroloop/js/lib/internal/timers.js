'use strict';

// Timers and immediates: the queues behind `timers`.
//
// Theory of operation. All timers of one duration stand in one list, in the order they were started, which is the order
// they are due: starting one and stopping one cost the same however many there are. The lists stand in a heap by when
// their first timer is due, and one timer of the loop stands for all of them; Python calls `processTimers(now)` when it
// fires, and arms it again by what that returns. Immediates stand in one list that the check step takes over whole, so
// that those queued meanwhile wait for the next turn.
//
// What surprises people: after each timer, ticks and microtasks run. A list keeps its place in the heap while it is
// worked off, by the clock as it was read when the step began; only a timer not due by that makes the clock be read
// again.

const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateNumber } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const frames = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const { runNextTicks, afterCallback } = require('internal/process/task_queues');
const execution = require('internal/process/execution');
const monotonic = require('internal/clock');

const asyncIdSymbol = Symbol('asyncId');
const triggerAsyncIdSymbol = Symbol('triggerId');
const native = internalBinding('timers');

const TIMEOUT_MAX = 2 ** 31 - 1;
const kRefed = Symbol('refed');
const kHasPrimitive = Symbol('kHasPrimitive');
const kFrame = Symbol('asyncContextFrame');

// Places in the memory that is shared with Python (runtime.py).
const NOW = 0;
const DELAY = 1;
const IMMEDIATES = 0;
const REFERENCED_IMMEDIATES = 1;
const IDLE_RUNS = 2;
const QUIET = 3;
const TURNS_AT_ONCE = 64; // signals are looked at in between
const { operationsCalled } = internalBinding('builtins');
let clock; // Float64Array
let counts; // Int32Array
let loopStart; // when the loop began, in whole ms of the monotonic clock
let processStart; // when the process did: { seconds, nanoseconds }

/** The loop's time in ms, read anew. */
function now() {
  monotonic.read();
  const time = monotonic.seconds() * 1000 + Math.floor(monotonic.nanoseconds() / 1e6) - loopStart;
  clock[NOW] = time;
  return time;
}

/** The time since the process began in ms, as a float (`performance.now`). Has nothing to do with the loop's clock. */
function preciseNow() {
  monotonic.read();
  const { seconds, nanoseconds } = processStart;
  return (monotonic.seconds() - seconds) * 1000 + (monotonic.nanoseconds() - nanoseconds) / 1e6;
}

// Lists

class TimersList {
  constructor(expiry, duration) {
    this._idleNext = this;
    this._idlePrev = this;
    this.expiry = expiry;
    this.id = ++lastListId;
    this.duration = duration;
    this.heapIndex = -1;
  }

  // A list's neighbours would fill a screen.
  [customInspectSymbol](_, options) {
    return require('internal/util/inspect').inspect(this, { ...options, depth: 0, customInspect: false });
  }
}

let lastListId = Number.MIN_SAFE_INTEGER;
const lists = new Map(); // duration -> TimersList
const heap = []; // of TimersList
let nextExpiry = Infinity;
let armedFor = Infinity; // when the loop's timer fires; there may be nothing due then
let referenced = 0; // how many timers keep the loop alive
let isReferenced = false; // whether the loop's timer does, as far as the loop has been told
let isTellingSoon = false;

function append(list, timer) {
  const last = list._idlePrev;
  timer._idlePrev = last;
  timer._idleNext = list;
  last._idleNext = timer;
  list._idlePrev = timer;
}

function unlink(timer) {
  const { _idleNext: next, _idlePrev: previous } = timer;
  if (next) next._idlePrev = previous;
  if (previous) previous._idleNext = next;
  timer._idleNext = timer._idlePrev = null;
}

function earlier(a, b) {
  return a.expiry < b.expiry || (a.expiry === b.expiry && a.id < b.id);
}

function place(list, index) {
  heap[index] = list;
  list.heapIndex = index;
}

function siftUp(list, index) {
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!earlier(list, heap[parent])) break;
    place(heap[parent], index);
    index = parent;
  }
  place(list, index);
}

function siftDown(list, index) {
  const { length } = heap;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= length) break;
    if (child + 1 < length && earlier(heap[child + 1], heap[child])) child++;
    if (!earlier(heap[child], list)) break;
    place(heap[child], index);
    index = child;
  }
  place(list, index);
}

function removeFromHeap(list) {
  const index = list.heapIndex;
  if (index < 0) return;
  list.heapIndex = -1;
  const last = heap.pop();
  if (last === list) return;
  if (index > 0 && earlier(last, heap[(index - 1) >> 1])) siftUp(last, index);
  else siftDown(last, index);
}

/** Put a timer in line. `start` is when its time began, by the loop's clock. */
function insert(timer, duration, start = now()) {
  duration = Math.trunc(duration);
  timer._idleStart = start;
  if (hooks.recorder !== undefined && timer._destroyed === false) tellStarted(timer);
  let list = lists.get(duration);
  if (list === undefined) {
    const expiry = start + duration;
    list = new TimersList(expiry, duration);
    lists.set(duration, list);
    siftUp(list, heap.length);
    if (nextExpiry > expiry) {
      if (armedFor > expiry) schedule(duration);
      nextExpiry = expiry;
    }
  }
  append(list, timer);
}

function tellStarted(timer) {
  const due = timer._idleStart + Math.trunc(timer._idleTimeout);
  hooks.recorder.started(timer[asyncIdSymbol], due, timer._repeat !== null);
}

function schedule(delay) {
  clock[DELAY] = delay;
  native.schedule();
  armedFor = clock[NOW] + delay;
}

function count(change) {
  referenced += change;
  if (referenced > 0 === isReferenced || isTellingSoon) return;
  isTellingSoon = true;
  if (hooks.recorder === undefined) tellSoon();
  else hooks.recorder.silently(tellSoon);
}

async function tellSoon() {
  await undefined; // programs replace Promise and its `then`, but not this
  tellReference();
}

/**
 * Let the loop know whether its timer keeps it alive. It wants to know when this callback is over: a timer that is
 * started and stopped in the same one, as a time limit is, costs nothing.
 */
function tellReference() {
  isTellingSoon = false;
  isReferenced = referenced > 0;
  if (isReferenced) native.ref();
  else native.unref();
}

/** Take a timer out of its list; the list goes with its last one. */
function leave(timer) {
  const duration = Math.trunc(timer._idleTimeout);
  unlink(timer);
  const list = lists.get(duration);
  if (list !== undefined && list._idleNext === list) {
    removeFromHeap(list);
    lists.delete(duration);
    if (heap.length === 0) {
      // No list is left for the loop's timer to fire for; when it does, nothing is due.
      nextExpiry = Infinity;
    }
  }
}

// Running

/** What the loop's timer calls. */
function processTimers(time) {
  let next;
  armedFor = Infinity;
  // After an error it goes on by the same clock: what has become due since has no part in this turn.
  do next = execution.enter(runDue, time); while (next === execution.FAILED_CALL);
  if (next !== Infinity) {
    schedule(Math.max(1, next - clock[NOW])); // by the clock as it was last read, as the loop counts too
    tellReference();
  }
  afterCallback();
}

/** Run what is due; when the next is. */
function runDue(time) {
  nextExpiry = Infinity;
  let ranAny = false;
  for (let list = heap[0]; list !== undefined; list = heap[0]) {
    // What has become due while the others ran waits for the next turn: immediates come first.
    if (list.expiry > time) return nextExpiry = list.expiry;
    if (ranAny) runNextTicks();
    else ranAny = true;
    runList(list, time);
  }
  return Infinity;
}

function runList(list, time) {
  const { duration } = list;
  let ranAny = false;
  for (let timer = list._idleNext; timer !== list; timer = list._idleNext) {
    if (time - timer._idleStart < duration) {
      // Started, or started again, while this list was worked off.
      list.expiry = Math.max(timer._idleStart + duration, time + 1);
      list.id = ++lastListId;
      removeFromHeap(list);
      siftUp(list, heap.length);
      return;
    }
    if (ranAny) runNextTicks();
    else ranAny = true;
    if (timer._idleNext !== null) runTimer(timer); // else a tick has cleared it
  }
  if (lists.get(duration) === list) {
    removeFromHeap(list);
    lists.delete(duration);
  }
}

function runTimer(timer) {
  unlink(timer);
  if (!timer._onTimeout) {
    retire(timer);
    return;
  }
  const asyncId = timer[asyncIdSymbol];
  const outer = frames.exchange(timer[kFrame]);
  hooks.enter(asyncId, timer[triggerAsyncIdSymbol], timer);
  let start;
  if (timer._repeat) start = now();
  try {
    const args = timer._timerArgs;
    if (args === undefined) timer._onTimeout();
    else Reflect.apply(timer._onTimeout, timer, args);
  } finally {
    if (timer._repeat && timer._idleTimeout !== -1) {
      timer._idleTimeout = timer._repeat;
      insert(timer, timer._idleTimeout, start);
    } else if (!timer._idleNext && !timer._idlePrev && !timer._destroyed) {
      retire(timer);
    }
  }
  frames.exchange(outer); // after an error, whoever handles it is still in the timer's frame
  hooks.leave(asyncId);
}

/** A timer that has run, or is cleared, and is in no list. Only `refresh` brings it back. */
function retire(timer) {
  if (timer._destroyed) return;
  timer._destroyed = true;
  if (timer[kHasPrimitive]) delete knownById[timer[asyncIdSymbol]];
  if (timer[kRefed]) count(-1);
  hooks.recorder?.destroyed(timer[asyncIdSymbol]);
  if (hooks.destroyEnabled) hooks.emitDestroy(timer[asyncIdSymbol]);
}

// Timeout

const knownById = Object.create(null); // timers whose number a program has asked for

class Timeout {
  constructor(callback, after, args, isRepeat, isRefed) {
    if (after === undefined) after = 1;
    else after *= 1;
    if (!(after >= 1 && after <= TIMEOUT_MAX)) {
      warnDuration(after);
      after = 1;
    }
    this._idleTimeout = after;
    this._idlePrev = this;
    this._idleNext = this;
    this._idleStart = null;
    this._onTimeout = null;
    this._onTimeout = callback;
    this._timerArgs = args;
    this._repeat = isRepeat ? after : null;
    this._destroyed = false;
    this[kRefed] = isRefed;
    this[kHasPrimitive] = false;
    this[asyncIdSymbol] = hooks.newAsyncId();
    this[triggerAsyncIdSymbol] = hooks.defaultTriggerAsyncId();
    const frame = frames.current();
    if (frame !== undefined) this[kFrame] = frame;
    if (isRefed) count(1);
    if (hooks.enabled) hooks.emitInit(this[asyncIdSymbol], 'Timeout', this[triggerAsyncIdSymbol], this);
  }

  [customInspectSymbol](_, options) {
    return require('internal/util/inspect').inspect(this, { ...options, depth: 0, customInspect: false });
  }

  refresh() {
    if (this[kRefed]) start(this);
    else startUnreferenced(this);
    return this;
  }

  unref() {
    if (this[kRefed]) {
      this[kRefed] = false;
      if (!this._destroyed) count(-1);
    }
    return this;
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      if (!this._destroyed) count(1);
    }
    return this;
  }

  hasRef() {
    return this[kRefed];
  }

  close() {
    clear(this);
    return this;
  }

  [Symbol.dispose]() {
    clear(this);
  }

  [Symbol.toPrimitive]() {
    const id = this[asyncIdSymbol];
    if (!this[kHasPrimitive]) {
      this[kHasPrimitive] = true;
      knownById[id] = this;
    }
    return id;
  }
}

const hasWarned = { negative: false, nan: false };

function warnDuration(after) {
  if (after > TIMEOUT_MAX) {
    process.emitWarning(
      `${after} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`, 'TimeoutOverflowWarning');
  } else if (after < 0 && !hasWarned.negative) {
    hasWarned.negative = true;
    process.emitWarning(
      `${after} is a negative number.\nTimeout duration was set to 1.`, 'TimeoutNegativeWarning');
  } else if (Number.isNaN(after) && !hasWarned.nan) {
    hasWarned.nan = true;
    process.emitWarning(`${after} is not a number.\nTimeout duration was set to 1.`, 'TimeoutNaNWarning');
  }
}

/** Start `timer` (again) for its `_idleTimeout`, as one that keeps the loop alive. */
function start(timer) {
  restart(timer, true);
}

function startUnreferenced(timer) {
  restart(timer, false);
}

function restart(timer, isRefed) {
  const after = timer._idleTimeout;
  if (after < 0 || after === undefined) return;
  if (timer._idleNext && timer._idlePrev && timer._idleNext !== timer) leave(timer);
  insert(timer, after);
  const isNew = timer._destroyed !== false;
  if (isNew) {
    timer._destroyed = false;
    timer[asyncIdSymbol] = hooks.newAsyncId();
    timer[triggerAsyncIdSymbol] = hooks.defaultTriggerAsyncId();
    timer[kFrame] = frames.current();
    if (hooks.enabled) hooks.emitInit(timer[asyncIdSymbol], 'Timeout', timer[triggerAsyncIdSymbol], timer);
    if (hooks.recorder !== undefined) tellStarted(timer);
  }
  if (isRefed && (isNew || !timer[kRefed])) count(1);
  else if (!isRefed && !isNew && timer[kRefed]) count(-1);
  timer[kRefed] = isRefed;
}

function clear(timer) {
  if (timer?._onTimeout) {
    timer._onTimeout = null;
    remove(timer);
    return;
  }
  if (typeof timer === 'number' || typeof timer === 'string') {
    const known = knownById[timer];
    if (known === undefined) return;
    known._onTimeout = null;
    remove(known);
  }
}

/** Take a timer out of everything, for good (Node's unenroll). */
function remove(timer) {
  if (timer._destroyed) return;
  if (timer._idleNext !== timer) leave(timer); // one that runs is in no list, but the last one's list still goes now
  retire(timer);
  timer[kRefed] = null;
  timer._idleTimeout = -1;
}

// Immediates

class ImmediateList {
  head = null;
  tail = null;

  append(immediate) {
    if (this.tail !== null) {
      this.tail._idleNext = immediate;
      immediate._idlePrev = this.tail;
    } else {
      this.head = immediate;
    }
    this.tail = immediate;
  }

  remove(immediate) {
    if (immediate._idleNext) immediate._idleNext._idlePrev = immediate._idlePrev;
    if (immediate._idlePrev) immediate._idlePrev._idleNext = immediate._idleNext;
    if (immediate === this.head) this.head = immediate._idleNext;
    if (immediate === this.tail) this.tail = immediate._idlePrev;
    immediate._idleNext = null;
    immediate._idlePrev = null;
  }
}

const queue = new ImmediateList();
let unfinished = null; // what an immediate's error left of the list that was being worked off

class Immediate {
  constructor(callback, args) {
    this._idleNext = null;
    this._idlePrev = null;
    this._onImmediate = callback;
    this._argv = args;
    this._destroyed = false;
    this[kRefed] = false;
    this[asyncIdSymbol] = hooks.newAsyncId();
    this[triggerAsyncIdSymbol] = hooks.defaultTriggerAsyncId();
    const frame = frames.current();
    if (frame !== undefined) this[kFrame] = frame;
    if (hooks.enabled) hooks.emitInit(this[asyncIdSymbol], 'Immediate', this[triggerAsyncIdSymbol], this);
    this.ref();
    counts[IMMEDIATES]++;
    queue.append(this);
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      counts[REFERENCED_IMMEDIATES]++;
      if (counts[IDLE_RUNS] === 0) native.immediatesBegin();
    }
    return this;
  }

  unref() {
    if (this[kRefed] === true) {
      this[kRefed] = false;
      if (--counts[REFERENCED_IMMEDIATES] === 0) native.immediatesEnd();
    }
    return this;
  }

  hasRef() {
    return !!this[kRefed];
  }

  [Symbol.dispose]() {
    clearImmediate(this);
  }
}

function clearImmediate(immediate) {
  if (!immediate?._onImmediate || immediate._destroyed) return;
  counts[IMMEDIATES]--;
  immediate._destroyed = true;
  immediate.unref();
  immediate[kRefed] = null;
  hooks.recorder?.destroyed(immediate[asyncIdSymbol]);
  if (hooks.destroyEnabled) hooks.emitDestroy(immediate[asyncIdSymbol]);
  immediate._onImmediate = null;
  queue.remove(immediate);
}

/**
 * Something that is no immediate waits for the check step (1), or does no longer (-1). It does not keep the loop alive.
 */
function awaitCheck(change) {
  counts[IMMEDIATES] += change;
}

/** What the check step calls. */
function processImmediate() {
  if (hooks.destroyEnabled) hooks.tellDestroyed();
  afterCallback(); // what an error of before this step has left over
  // After an error of its own it goes on at once: with what is left of this turn, or if nothing is, with the next.
  const before = operationsCalled();
  let outcome;
  do {
    outcome = execution.enterOnProcess('processImmediate', runTurns, before);
  } while (outcome === execution.FAILED_CALL && !isBetweenTurns);
  if (isBetweenTurns) isBetweenTurns = false; // a tick's error: what it has left over begins the next turn
  else afterCallback();
}

let isBetweenTurns = false;

/**
 * Run the immediates of this turn. As long as nothing can happen but timers and more immediates, the turns that follow
 * are gone through here too: Python's loop would find nothing in them, at ten times the cost. `before` is how many
 * operations had been called when the step began: another one may have given the loop something.
 */
function runTurns(before) {
  for (let turn = 0; turn < TURNS_AT_ONCE; turn++) {
    runImmediates();
    if (counts[QUIET] === 0 || operationsCalled() !== before) return;
    if (hooks.destroyEnabled) return; // what was collected is told of in Python's loop; domains are entered anew
    isBetweenTurns = true;
    runNextTicks();
    isBetweenTurns = false;
    if (counts[REFERENCED_IMMEDIATES] === 0 || operationsCalled() !== before) return;
    if (heap.length > 0 && heap[0].expiry <= now()) return;
  }
}

function runImmediates() {
  // What is still to run when something throws is for another call.
  let rest = unfinished;
  if (rest === null) {
    rest = queue.head;
    queue.head = queue.tail = null;
  }
  let previous = null;
  try {
    while (rest !== null) {
      if (previous !== null) runNextTicks();
      if (rest._destroyed) { // a tick cleared it; the list goes on where it stood
        rest = previous._idleNext;
        continue;
      }
      previous = rest;
      try {
        runImmediate(previous);
      } finally {
        rest = previous._idleNext;
      }
    }
  } finally {
    unfinished = rest;
  }
}

function runImmediate(immediate) {
  current = immediate;
  immediate._destroyed = true;
  counts[IMMEDIATES]--;
  if (immediate[kRefed]) counts[REFERENCED_IMMEDIATES]--;
  immediate[kRefed] = null;
  const asyncId = immediate[asyncIdSymbol];
  const outer = frames.exchange(immediate[kFrame]);
  hooks.enter(asyncId, immediate[triggerAsyncIdSymbol], immediate);
  try {
    const args = immediate._argv;
    if (args === undefined) immediate._onImmediate();
    else immediate._onImmediate(...args);
  } finally {
    immediate._onImmediate = null;
    if (hooks.destroyEnabled) hooks.emitDestroy(asyncId);
    current = null;
  }
  frames.exchange(outer);
  hooks.leave(asyncId);
}

let current = null; // the immediate that runs

/** JavaScript was stopped, and no `finally` ran: what was to run after that is still to run. */
function recover() {
  if (current !== null) {
    unfinished = current._idleNext;
    current = null;
  }
  tellReference(); // what was to tell may have been stopped as well
  if (heap.length === 0) return;
  nextExpiry = heap[0].expiry;
  schedule(Math.max(1, nextExpiry - now()));
}

// The old, never public way to put a timeout on any object.

/** A timer that does not keep the process alive. */
function setUnrefTimeout(callback, after) {
  const timeout = new Timeout(callback, after, undefined, false, false);
  insert(timeout, timeout._idleTimeout);
  return timeout;
}

/** A checked duration in ms; one that is too long for a timer is cut, with a warning. */
function getTimerDuration(msecs, name) {
  validateNumber(msecs, name);
  if (msecs < 0 || !Number.isFinite(msecs)) throw new ERR_OUT_OF_RANGE(name, 'a non-negative finite number', msecs);
  if (msecs <= TIMEOUT_MAX) return msecs;
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${TIMEOUT_MAX}.`,
    'TimeoutOverflowWarning');
  return TIMEOUT_MAX;
}

function enroll(item, msecs) {
  msecs = getTimerDuration(msecs, 'msecs');
  if (item._idleNext) remove(item);
  item._idleTimeout = msecs;
  item._idleNext = item._idlePrev = item;
}

/** Once, at start-up: the memory shared with Python, by addresses. */
function initialize(facts) {
  clock = new Float64Array(2);
  counts = new Int32Array(4);
  const { address } = internalBinding('memory');
  loopStart = facts.loopStart;
  processStart = { seconds: facts.processStart[0], nanoseconds: facts.processStart[1] };
  return [address(clock.buffer), address(counts.buffer)];
}

/** What of this keeps the loop going, for `process.getActiveResourcesInfo`. */
function activeNames() {
  return [...Array(referenced).fill('Timeout'), ...Array(counts[REFERENCED_IMMEDIATES]).fill('Immediate')];
}

module.exports = {
  activeNames, lists, queue, async_id_symbol: asyncIdSymbol, awaitCheck, getTimerDuration,
  TIMEOUT_MAX, Timeout, Immediate, clear, clearImmediate, enroll, initialize, insert, kRefed, now, preciseNow,
  processImmediate, processTimers, recover, remove, setUnrefTimeout, start, startUnreferenced,
};
