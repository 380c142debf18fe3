'use strict';

// Requests: what JavaScript has asked the loop for and waits to hear of.
//
// Theory of operation. Functions do not cross between the languages. So a callback stays here, in a slot, and Python gets
// the slot's number; when the work is done it calls `complete(number, errno, result)`, the one way in from the loop for
// everything that was asked for once. Slots are used again, the last one freed first, so the table stays as small as
// the greatest number of requests under way.

const { current, exchange } = require('internal/async_context_frame');
const { afterCallback } = require('internal/process/task_queues');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

const callbacks = [];
const frames = [];
const free = [];

/** Keep `callback(errno, result)` for an asynchronous operation; the number is what Python is given. */
function start(callback) {
  const id = free.length > 0 ? free.pop() : callbacks.length;
  callbacks[id] = callback;
  frames[id] = current();
  return id;
}

/** Forget a request that failed before it was under way. */
function cancel(id) {
  callbacks[id] = undefined;
  frames[id] = undefined;
  free.push(id);
}

/** Called by Python from the loop. */
function complete(id, errno, result) {
  const callback = callbacks[id];
  const outer = exchange(frames[id]);
  cancel(id);
  try {
    callback(errno, result);
  } catch (error) {
    exchange(outer);
    uncaught(error, false, THROWN);
    return;
  }
  exchange(outer);
  afterCallback();
}

module.exports = { start, cancel, complete };
