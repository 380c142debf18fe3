'use strict';

// Handles: what the loop tells of again and again (a pipe's data, a watcher's changes, a signal).
//
// Theory of operation. As with requests, functions stay here and Python has a number. `open(listener, type)` gives
// the number; Python calls `emit(number, ...values)`, of three at most, and ticks and microtasks follow;
// `close(number)` ends it.
// `type` is what async hooks know the handle by, `resource` the object it is to them.

const { current, exchange } = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const { afterCallback } = require('internal/process/task_queues');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

class Handle {
  constructor(listener, resource) {
    this.listener = listener;
    this.resource = resource ?? this;
    this.frame = current();
    this.asyncId = hooks.newAsyncId();
    this.triggerId = hooks.defaultTriggerAsyncId();
  }
}

const handles = new Map(); // number -> Handle
let last = 0;

/** A number for a handle whose news `listener(...values)` gets. */
function open(listener, type = 'PIPEWRAP', resource = undefined) {
  const handle = new Handle(listener, resource);
  handles.set(++last, handle);
  if (hooks.enabled) hooks.emitInit(handle.asyncId, type, handle.triggerId, handle.resource);
  return last;
}

/** What async hooks know the handle by; -1 for one that is closed. */
function asyncId(id) {
  return handles.get(id)?.asyncId ?? -1;
}

/** The objects that handles are to async hooks. */
function resources() {
  return Array.from(handles.values(), (handle) => handle.resource);
}

function close(id) {
  const handle = handles.get(id);
  if (handle === undefined) return;
  handles.delete(id);
  hooks.emitDestroy(handle.asyncId);
}

/** Called by Python from the loop. News of a handle that was closed meanwhile is dropped. */
function emit(id, first, second, third) {
  const handle = handles.get(id);
  if (handle === undefined) return;
  const outer = exchange(handle.frame);
  hooks.enter(handle.asyncId, handle.triggerId, handle.resource);
  try {
    handle.listener(first, second, third);
  } catch (error) {
    uncaught(error, false, THROWN);
    exchange(outer);
    return;
  }
  hooks.leave(handle.asyncId);
  exchange(outer);
  afterCallback();
}

module.exports = { open, close, emit, asyncId, resources };
