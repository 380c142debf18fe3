'use strict';

// Ticks and microtasks: what runs after a callback, before the loop goes on.
//
// Theory of operation. Everything the loop calls ends with `afterCallback`: all ticks in turn, then all microtasks,
// again until both queues are empty; then promises that were rejected and have no handler are decided on, which may
// fill the queues again. Ticks are kept here; microtasks are V8's.
//
// What surprises people: a callback that throws is not followed by this. What it had queued waits for the next
// callback; whoever handles the error sees to it that there is one soon (`internal/process/execution`). And a tick
// that throws leaves the rest of the queue for that next callback too.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const frames = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const rejections = require('internal/process/promises');

const natives = internalBinding('microtasks');

const MINIMUM = 256;

/** A ring of callbacks that grows by doubling and keeps its memory. */
class Queue {
  #ring = new Array(MINIMUM);
  #mask = MINIMUM - 1;
  #head = 0;
  #tail = 0;

  get size() {
    return (this.#tail - this.#head) & this.#mask;
  }

  isEmpty() {
    return this.#head === this.#tail;
  }

  push(value) {
    this.#ring[this.#tail] = value;
    this.#tail = (this.#tail + 1) & this.#mask;
    if (this.#tail === this.#head) this.#grow();
  }

  shift() {
    const value = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    return value;
  }

  #grow() {
    const ring = this.#ring;
    const length = ring.length;
    const larger = new Array(length * 2);
    for (let i = 0; i < length; i++) larger[i] = ring[(this.#head + i) & this.#mask];
    this.#ring = larger;
    this.#mask = length * 2 - 1;
    this.#head = 0;
    this.#tail = length;
  }
}

class Tick {
  constructor(callback, args) {
    this.callback = callback;
    this.args = args;
    this.frame = frames.current();
    this.asyncId = hooks.newAsyncId();
    this.triggerId = hooks.defaultTriggerAsyncId();
  }
}

const queue = new Queue();
let left = 0; // ticks that an error has left in it

function nextTick(callback, ...args) {
  validateFunction(callback, 'callback');
  if (process._exiting) return;
  const tick = new Tick(callback, args.length === 0 ? undefined : args);
  if (hooks.enabled) hooks.emitInit(tick.asyncId, 'TickObject', tick.triggerId, tick);
  queue.push(tick);
}

let checkpoint;
let callsUntilMade = 8; // to make it takes as long as a dozen calls of the native, which is there already

/** Run all microtasks. What they throw is handled before. */
function runMicrotasks() {
  if (checkpoint === undefined) {
    natives.run();
    if (--callsUntilMade <= 0) checkpoint = natives.makeCheckpoint() ?? natives.run;
  } else {
    try {
      checkpoint();
    } catch {
      checkpoint = undefined; // V8 has thrown its code away after a long time in which nobody called it
      runMicrotasks();
    }
  }
  if (leaked !== undefined) forgetLeakedFrame();
}

/** Ticks, microtasks, rejections, until there is nothing left. What a tick throws leaves this function. */
function processTicksAndRejections() {
  do {
    while (!queue.isEmpty()) {
      const tick = queue.shift();
      const outer = frames.exchange(tick.frame);
      hooks.enter(tick.asyncId, tick.triggerId, tick);
      try {
        const { callback, args } = tick; // called from here, as stack traces show
        if (args === undefined) callback();
        else if (args.length === 1) callback(args[0]);
        else callback(...args);
      } finally {
        if (hooks.destroyEnabled) hooks.emitDestroy(tick.asyncId);
      }
      frames.exchange(outer);
      hooks.leave(tick.asyncId);
    }
    runMicrotasks();
  } while (!queue.isEmpty() || (rejections.arePending() && rejections.processRejections()));
  left = 0;
}

/** Run what is queued, in the manner of the end of a callback (Node's runNextTicks). */
function runNextTicks() {
  if (queue.isEmpty()) {
    runMicrotasks();
    if (queue.isEmpty() && !rejections.arePending()) return;
  }
  Reflect.apply(processTicksAndRejections, process, []); // stack traces name its receiver
}

/** The end of everything that the loop calls. Errors are handled here. */
function afterCallback() {
  try {
    runNextTicks();
  } catch (error) {
    require('internal/process/execution').uncaught(error, false, require('internal/process/report_error').THROWN);
  }
}

/** An error leaves what is queued to a later callback. */
function leave() {
  left = queue.size;
}

/**
 * V8 has run tasks of its own. If a program's code was among them (a finalizer), it is a callback like others. Most
 * only collect garbage: nobody can tell when, so that must not show by what an error has left.
 */
function afterTasks(hasQueued) {
  if (hasQueued || queue.size !== left) afterCallback();
}

// Microtasks

/** To V8, a microtask is a function and no promise. Where there are hooks or a context, it is a resource as well. */
function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  if (!hooks.hasHooks && frames.current() === undefined) {
    const task = hooks.recorder === undefined ? callback : hooks.recorder.microtask(callback);
    enqueue(() => runMicrotask(task));
    return;
  }
  const { AsyncResource } = require('async_hooks');
  const resource = new AsyncResource('Microtask', { requireManualDestroy: true });
  enqueue(() => runMicrotask(() => {
    try {
      resource.runInAsyncScope(callback);
    } finally {
      resource.emitDestroy();
    }
  }));
}

function runMicrotask(callback) {
  if (leaked !== undefined) takeLeakedFrame();
  try {
    callback();
  } catch (error) {
    require('internal/process/execution').uncaught(error);
    leakFrame();
  }
}

let leaked; // a frame
let stopAwaitingReaction;

/**
 * V8 ends the frame of a microtask that returns, not that of one that throws, as it does in Node: the next one has that
 * frame, unless it has one of its own. Here none throws. So the next one gets it when it begins, be it a reaction.
 */
function leakFrame() {
  leaked = frames.current();
  if (leaked === undefined) return;
  stopAwaitingReaction ??= require('internal/promise_hooks').onBefore(takeLeakedFrame);
}

function takeLeakedFrame() {
  if (frames.current() === undefined) frames.set(leaked);
  forgetLeakedFrame();
}

function forgetLeakedFrame() {
  leaked = undefined;
  stopAwaitingReaction();
  stopAwaitingReaction = undefined;
}

let enqueueQuickly;
let enqueuesUntilMade = 8;

function enqueue(callback) {
  if (enqueueQuickly === undefined) {
    natives.enqueue(callback);
    if (--enqueuesUntilMade <= 0) enqueueQuickly = natives.makeEnqueue() ?? natives.enqueue;
    return;
  }
  try {
    enqueueQuickly(callback);
  } catch {
    enqueueQuickly = undefined;
    enqueue(callback);
  }
}

module.exports = {
  Tick, Queue, nextTick, queueMicrotask, runNextTicks, afterCallback, afterTasks, leave,
};
