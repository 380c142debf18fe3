'use strict';

// Handles: what the loop tells of again and again (a pipe's data, a watcher's changes, a signal).
//
// Theory of operation. As with requests, functions stay here and Python has a number. `open(listener)` gives the number;
// Python calls `emit(number, ...values)`, and ticks and microtasks follow; `close(number)` ends it.

const { current, exchange } = require('internal/async_context_frame');
const { afterCallback } = require('internal/process/task_queues');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

const listeners = new Map(); // number -> { listener, frame }
let last = 0;

/** A number for a handle whose news `listener(...values)` gets. */
function open(listener) {
  listeners.set(++last, { listener, frame: current() });
  return last;
}

function close(id) {
  listeners.delete(id);
}

/** Called by Python from the loop. News of a handle that was closed meanwhile is dropped. */
function emit(id, ...values) {
  const entry = listeners.get(id);
  if (entry === undefined) return;
  const outer = exchange(entry.frame);
  try {
    entry.listener(...values);
  } catch (error) {
    exchange(outer);
    uncaught(error, false, THROWN);
    return;
  }
  exchange(outer);
  afterCallback();
}

module.exports = { open, close, emit };
