'use strict';

// Handles: what the loop tells of again and again (a pipe's data, a watcher's changes, a signal).
//
// Theory of operation. As with requests, functions stay here and Python has a number. `open(listener, type)` gives
// the number; Python calls `emit(number, ...values)`, of three at most, and ticks and microtasks follow;
// `close(number)` ends it.
// What a handle can read itself it is asked to, with others that are ready too (`read`).
// A listener that has called nothing of the program returns NOTHING_CALLED, and nothing follows.
// `type` is what async hooks know the handle by, `resource` the object it is to them.

const { current, exchange } = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const { afterCallback } = require('internal/process/task_queues');
const { UV_EAGAIN } = require('internal/uv');
const { uncaught } = require('internal/process/execution');
const { THROWN } = require('internal/process/report_error');

class Handle {
  constructor(listener, resource, asyncId) {
    this.listener = listener;
    this.resource = resource ?? this;
    this.frame = current();
    this.asyncId = asyncId;
    this.triggerId = hooks.defaultTriggerAsyncId();
    this.end = undefined; // what it is told when it is closed
    this.endsQuietly = false;
  }
}

const natives = internalBinding('memory');

const ARRIVED = Symbol('ARRIVED'); // said to a handle of what it has read itself
const READS = 32; // from one handle before others have their turn, as in libuv
const MOST_READY = 1024; // as many as the loop asks the kernel for
const PLACE = 0;
const END = 1;
const LIST = 2; // where the numbers begin
const NOTHING_CALLED = Symbol('nothing called');

const handles = new Map(); // number -> Handle
let last = 0;

/** A number for a handle whose news `listener(...values)` gets. */
function open(listener, type = 'PIPEWRAP', resource = undefined, asyncId = hooks.newAsyncId()) {
  const handle = new Handle(listener, resource, asyncId);
  handles.set(++last, handle);
  if (hooks.enabled) {
    hooks.emitInit(handle.asyncId, type, handle.triggerId, handle.resource);
    hooks.recorder?.opened(handle.asyncId, type, last);
  }
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
  hooks.recorder?.destroyed(handle.asyncId);
  hooks.emitDestroy(handle.asyncId);
}

/** When it is told `end`, it is closed. Quietly: as nothing of the program is called, nothing follows. */
function endWith(id, end, isQuiet) {
  const handle = handles.get(id);
  handle.end = end;
  handle.endsQuietly = isQuiet;
}

/** Called by Python from the loop. News of a handle that was closed meanwhile is dropped. */
function emit(id, first, second, third) {
  const handle = handles.get(id);
  if (handle === undefined) return;
  if (handle.end === undefined || first !== handle.end) {
    tell(handle, first, second, third);
    return;
  }
  if (handle.endsQuietly) handle.listener(first);
  else tell(handle, first);
  close(id);
}

function tell(handle, first, second, third) {
  const outer = exchange(handle.frame);
  hooks.enter(handle.asyncId, handle.triggerId, handle.resource);
  let outcome;
  try {
    outcome = handle.listener(first, second, third);
  } catch (error) {
    uncaught(error, false, THROWN);
    exchange(outer);
    return;
  }
  hooks.leave(handle.asyncId);
  exchange(outer);
  if (outcome !== NOTHING_CALLED) afterCallback();
}

let ready; // Int32Array

/** Where in memory Python puts the numbers of handles that are ready, at most 1024, after two words (see `read`). */
function readyAddress() {
  ready ??= new Int32Array(LIST + MOST_READY);
  return natives.address(ready.buffer);
}

/**
 * Called by Python from the loop: handles of those in `ready`, from the place that its first word tells to that of its
 * second, can be read from. Stops where no bytes come, since Python is to tell that before others are read: the first
 * word then is the place, and the second the errno, 0 at the end of a stream. Else the first one is -1.
 */
function read() {
  const end = ready[END];
  for (let i = ready[PLACE]; i < end; i++) {
    const handle = handles.get(ready[LIST + i]);
    if (handle === undefined) continue; // one before it has closed it
    const errno = readFrom(handle);
    if (errno > 0) continue;
    ready[PLACE] = i;
    ready[END] = errno;
    return;
  }
  ready[PLACE] = -1;
}

/** 1 when there was something, and whoever listens was told; 0 at the end; or a negative errno. */
function readFrom(handle) {
  const { resource } = handle;
  for (let i = 0; i < READS && resource.isReading(); i++) {
    const size = resource.receive();
    if (size <= 0) return i > 0 && size === UV_EAGAIN ? 1 : size;
    tell(handle, ARRIVED, size);
    if (!resource.mayHaveMore(size)) break;
  }
  return 1;
}

module.exports = {
  ARRIVED, NOTHING_CALLED, open, close, endWith, emit, read, readyAddress, asyncId, handles, resources,
};
