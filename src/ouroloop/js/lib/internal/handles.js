'use strict';

// Handles: what the loop tells of again and again (a pipe's data, a watcher's changes, a signal).
//
// Theory of operation. As with requests, functions stay here and Python has a number. `open(listener, type)` gives
// the number; Python calls `emit(number, ...values)`, and ticks and microtasks follow; `close(number)` ends it.
// `type` is what async hooks know the handle by.

const { current, exchange } = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const { afterCallback } = require('internal/process/task_queues');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

class Handle {
  constructor(listener) {
    this.listener = listener;
    this.frame = current();
    this.asyncId = hooks.newAsyncId();
    this.triggerId = hooks.defaultTriggerAsyncId();
  }
}

const handles = new Map(); // number -> Handle
let last = 0;

/** A number for a handle whose news `listener(...values)` gets. */
function open(listener, type = 'PIPEWRAP') {
  const handle = new Handle(listener);
  handles.set(++last, handle);
  if (hooks.enabled) hooks.emitInit(handle.asyncId, type, handle.triggerId, handle);
  return last;
}

function close(id) {
  const handle = handles.get(id);
  if (handle === undefined) return;
  handles.delete(id);
  hooks.emitDestroy(handle.asyncId);
}

/** Called by Python from the loop. News of a handle that was closed meanwhile is dropped. */
function emit(id, ...values) {
  const handle = handles.get(id);
  if (handle === undefined) return;
  const outer = exchange(handle.frame);
  hooks.enter(handle.asyncId, handle.triggerId, handle);
  try {
    handle.listener(...values);
  } catch (error) {
    uncaught(error, false, THROWN);
    exchange(outer);
    return;
  }
  hooks.leave(handle.asyncId);
  exchange(outer);
  afterCallback();
}

module.exports = { open, close, emit };
