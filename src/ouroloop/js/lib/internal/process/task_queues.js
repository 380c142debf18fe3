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

const natives = internalBinding('errors');

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
    natives.runMicrotasks();
    if (--callsUntilMade <= 0) checkpoint = natives.makeCheckpoint() ?? natives.runMicrotasks;
    return;
  }
  try {
    checkpoint();
  } catch {
    checkpoint = undefined; // V8 has thrown its code away after a long time in which nobody called it
    runMicrotasks();
  }
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

function queueMicrotask(callback) {
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  const { AsyncResource } = hooks.enabled ? require('async_hooks') : {};
  const resource = AsyncResource && new AsyncResource('Microtask', { requireManualDestroy: true });
  const frame = frames.current();
  const task = () => {
    const outer = frames.exchange(frame);
    try {
      if (resource) resource.runInAsyncScope(callback);
      else callback();
    } catch (error) {
      require('internal/process/execution').uncaught(error);
    } finally {
      frames.exchange(outer);
      resource?.emitDestroy();
    }
  };
  resolved ??= Promise.resolve();
  if (hooks.recorder === undefined) Reflect.apply(then, resolved, [task]);
  else hooks.recorder.silently(() => Reflect.apply(then, resolved, [task]));
}

const { then } = Promise.prototype;
let resolved;

module.exports = { Queue, nextTick, queueMicrotask, runNextTicks, processTicksAndRejections, afterCallback };
