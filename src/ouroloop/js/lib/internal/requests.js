'use strict';

// Requests: what JavaScript has asked the loop for and waits to hear of.
//
// Theory of operation. Functions do not cross between the languages. So a callback stays here, in a slot, and Python
// gets the slot's number; when the work is done it calls `complete(number, errno, result)`, the one way in from the
// loop for everything that was asked for once. Slots are used again, the last one freed first, so the table stays as
// small as the greatest number of requests under way. To async hooks, what stands in the slot is the resource.

const { current, exchange } = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const { afterCallback } = require('internal/process/task_queues');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

class Request {
  constructor(callback, type) {
    this.callback = callback;
    this.type = type;
    this.frame = current();
    this.asyncId = hooks.newAsyncId();
    this.triggerId = hooks.defaultTriggerAsyncId();
  }
}

const requests = [];
const free = [];

/** Keep `callback(errno, result)` of an asynchronous operation (about `detail`); the number is what Python is given. */
function start(callback, type = 'FSREQCALLBACK', detail = undefined) {
  const request = new Request(callback, type);
  if (hooks.enabled) {
    hooks.emitInit(request.asyncId, type, request.triggerId, request);
    if (detail !== undefined) hooks.recorder?.about(request.asyncId, detail);
  }
  const id = free.length > 0 ? free.pop() : requests.length;
  requests[id] = request;
  return id;
}

/** The number that `start` gives next: for who finds out only by asking whether there will be a request. */
function next() {
  return free.length > 0 ? free[free.length - 1] : requests.length;
}

/** Forget a request that failed before it was under way. */
function cancel(id) {
  hooks.emitDestroy(requests[id].asyncId);
  requests[id] = undefined;
  free.push(id);
}

/** Called by Python from the loop. */
function complete(id, errno, result) {
  const request = requests[id];
  requests[id] = undefined;
  free.push(id);
  const { asyncId } = request;
  const outer = exchange(request.frame);
  hooks.enter(asyncId, request.triggerId, request);
  let failure;
  if (errno < 0) {
    failure = tellFailure(request, errno, result);
  } else {
    try {
      request.callback(errno, result);
    } catch (error) {
      failure = [error, THROWN];
    }
  }
  if (failure !== undefined) {
    uncaught(failure[0], false, failure[1]);
    exchange(outer);
    if (hooks.destroyEnabled) hooks.emitDestroy(asyncId);
    return;
  }
  hooks.leave(asyncId);
  exchange(outer);
  afterCallback();
  if (hooks.destroyEnabled) hooks.emitDestroy(asyncId); // what it has queued is over too
}

/**
 * Tell of a failure: `[what the callback throws, where]`, or undefined. The error of a failed request has no frames, so
 * if a program throws it on, V8 alone knows where.
 */
function tellFailure(request, errno, result) {
  const outcome = internalBinding('errors').callCatching(tellRequest, request, [errno, result]);
  return outcome.length === 2 ? outcome : undefined;
}

function tellRequest(errno, result) {
  this.callback(errno, result);
}

/**
 * Wait for requests that begin from now on, until `isOver()` or there are none; the loop stands still meanwhile.
 * What else was due comes later.
 */
function completeUntil(isOver) {
  const { setImmediate } = require('timers');
  const before = new Set(requests);
  const take = (id, ...outcome) => {
    if (before.has(requests[id])) setImmediate(complete, id, ...outcome);
    else complete(id, ...outcome);
  };
  while (!isOver()) {
    const due = internalBinding('process').completeNow();
    if (due === null) return;
    for (const [name, ...args] of due) {
      if (name === 'complete') take(...args);
      else setImmediate(require('internal/handles').emit, ...args);
    }
    require('internal/fs/ring').deliver(take);
  }
}

module.exports = { start, next, cancel, complete, completeUntil, requests };
