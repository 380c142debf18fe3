'use strict';

// What is known of each asynchronous resource: ids, and the hooks of `createHook`.
//
// Theory of operation. Ids are numbers that only grow. A stack holds which resource is running; it is kept only as long as hooks
// or ids are asked for by somebody (`enabled`). Timers, ticks, immediates and AsyncResources tell of themselves.

const hooks = []; // those enabled
const stack = [];
let lastId = 1;
let rootResource;

const async_id_symbol = Symbol('asyncId');
const trigger_async_id_symbol = Symbol('triggerId');

function newAsyncId() {
  return ++lastId;
}

function executionAsyncId() {
  return stack.length === 0 ? (state.isMainDone ? 0 : 1) : stack[stack.length - 1].id;
}

function triggerAsyncId() {
  return stack.length === 0 ? 0 : stack[stack.length - 1].trigger;
}

function executionAsyncResource() {
  if (stack.length === 0) return rootResource ??= {};
  return stack[stack.length - 1].resource;
}

let defaultTrigger;

function defaultTriggerAsyncId() {
  return defaultTrigger ?? executionAsyncId();
}

/** Run `block` with another default trigger. */
function withDefaultTrigger(id, block, ...args) {
  const outer = defaultTrigger;
  defaultTrigger = id;
  try {
    return block(...args);
  } finally {
    defaultTrigger = outer;
  }
}

const state = {
  hooks,
  isMainDone: false,
  enabled: false,
  destroyEnabled: false,
  async_id_symbol,
  trigger_async_id_symbol,
  newAsyncId,
  executionAsyncId,
  triggerAsyncId,
  executionAsyncResource,
  defaultTriggerAsyncId,
  withDefaultTrigger,
  emitInit,
  emitBefore,
  emitAfter,
  emitDestroy,
  emitPromiseResolve,
  clearStack,
  update,
};

/** A hook was enabled or disabled. */
function update() {
  state.enabled = hooks.length > 0;
  state.destroyEnabled = hooks.some((hook) => hook.destroy !== undefined);
}

/** An error in a hook cannot be handled by the program: it ends the process. */
function guarded(hook, name, ...args) {
  try {
    hook[name](...args);
  } catch (error) {
    process._rawDebug(typeof error?.stack === 'string' ? error.stack : String(error));
    if (process.listenerCount?.('exit') >= 0) process.reallyExit(1);
  }
}

function emitInit(id, type, trigger, resource) {
  for (const hook of [...hooks]) if (hook.init) guarded(hook, 'init', id, type, trigger, resource);
}

function emitBefore(id, trigger, resource) {
  stack.push({ id, trigger, resource });
  for (const hook of [...hooks]) if (hook.before) guarded(hook, 'before', id);
}

function emitAfter(id) {
  for (const hook of [...hooks]) if (hook.after) guarded(hook, 'after', id);
  while (stack.length > 0 && stack.pop().id !== id);
}

let destroyed = [];

function emitDestroy(id) {
  if (!state.destroyEnabled) return;
  if (destroyed.length === 0) require('timers').setImmediate(tellDestroyed).unref();
  destroyed.push(id);
}

function tellDestroyed() {
  const ids = destroyed;
  destroyed = [];
  for (const id of ids) {
    for (const hook of [...hooks]) if (hook.destroy) guarded(hook, 'destroy', id);
  }
}

function emitPromiseResolve(id) {
  for (const hook of [...hooks]) if (hook.promiseResolve) guarded(hook, 'promiseResolve', id);
}

function clearStack() {
  stack.length = 0;
}

module.exports = state;
