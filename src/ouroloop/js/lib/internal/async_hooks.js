'use strict';

// What is known of each asynchronous resource: ids, which one is running, and the hooks of `createHook`.
//
// Theory of operation. Ids are numbers that only grow. Whatever runs a resource's callback (a timer, a tick, a
// request) calls `enter` before and `leave` after; what was running meanwhile stands on a stack. That is done always,
// since it costs a few ns; hooks are told while there are any (`enabled`). One that is enabled or disabled by another
// one is so when all the telling under way is over, also of what hooks themselves start.
//
// What surprises people: V8's promise hooks are out of reach here, so promises are no resources. There are no PROMISE
// events, `promiseResolve` is never called, and in a promise's reaction `executionAsyncId()` is that of what ran the
// microtasks. `AsyncLocalStorage` needs none of this and does follow promises (`internal/async_context_frame`).

const async_id_symbol = Symbol('asyncId');
const trigger_async_id_symbol = Symbol('triggerId');

const BOOTSTRAP_ID = 1; // the main program's

let hooks = []; // those enabled
let lastId = BOOTSTRAP_ID;

let runningId = BOOTSTRAP_ID;
let runningTrigger = 0;
let runningResource;
const outer = []; // id, trigger, resource of what was running when something else was entered

let rootResource;
let defaultTrigger = -1;

function newAsyncId() {
  return ++lastId;
}

function executionAsyncId() {
  return runningId;
}

function triggerAsyncId() {
  return runningTrigger;
}

function executionAsyncResource() {
  return runningResource ?? (rootResource ??= {});
}

function defaultTriggerAsyncId() {
  return defaultTrigger < 0 ? runningId : defaultTrigger;
}

/** Run `block` with another default trigger. */
function withDefaultTrigger(id, block, ...args) {
  const before = defaultTrigger;
  defaultTrigger = id;
  try {
    return block(...args);
  } finally {
    defaultTrigger = before;
  }
}

/** A resource's callback is about to run. One with the id 0 is nobody's business: no hook is told. */
function enter(id, trigger, resource) {
  outer.push(runningId, runningTrigger, runningResource);
  runningId = id;
  runningTrigger = trigger;
  runningResource = resource;
  if (state.enabled && id !== 0) tell('before', id);
}

/** It has run. Need not be called when it threw: `clearStack` makes up for it. */
function leave(id) {
  if (outer.length === 0) return; // cleared by an error that was handled meanwhile
  if (state.enabled && id !== 0) tell('after', id);
  runningResource = outer.pop();
  runningTrigger = outer.pop();
  runningId = outer.pop();
}

/** Nothing is running any more: an error left all that was, or the main program has ended. */
function clearStack() {
  while (outer.length > 0) leave(runningId);
  runningId = 0;
  runningTrigger = 0;
  runningResource = undefined;
}

// Telling

let tellings = 0; // how many are under way, one inside the other
let listAfterwards; // the hooks there will be once they are over

function tell(event, ...args) {
  const list = hooks;
  tellings++;
  for (let i = 0; i < list.length; i++) {
    if (list[i][event] !== undefined) guarded(list[i], event, args);
  }
  if (--tellings > 0 || listAfterwards === undefined) return;
  setHooks(listAfterwards);
  listAfterwards = undefined;
}

function guarded(hook, event, args) {
  try {
    hook[event](...args);
  } catch (error) {
    fatal(error);
  }
}

/** An error in a hook cannot be handled by the program: it ends the process. */
function fatal(error) {
  process._rawDebug(typeof error?.stack === 'string' ? error.stack : new Error(String(error)).stack);
  if (require('internal/options').getOptionValue('--abort-on-uncaught-exception')) process.abort();
  process.exit(1);
}

function emitInit(id, type, trigger, resource) {
  tell('init', id, type, trigger, resource);
}

let destroyed = [];

/** Destroy hooks are told later: they must not run inside of whatever destroys. */
function emitDestroy(id) {
  if (!state.destroyEnabled || id <= 0) return;
  if (destroyed.length === 0) scheduleSilently(tellDestroyed);
  destroyed.push(id);
}

/** An immediate of which no hook is told: to tell of it would need another one, and so on for ever. */
function scheduleSilently(callback) {
  const { enabled } = state;
  state.enabled = false;
  const immediate = require('timers').setImmediate(callback).unref();
  state.enabled = enabled;
  immediate[async_id_symbol] = 0;
}

/** Called before the immediates of a turn, and by an immediate of its own if there are no others. */
function tellDestroyed() {
  while (destroyed.length > 0) {
    const ids = destroyed;
    destroyed = [];
    for (const id of ids) tell('destroy', id);
  }
}

// Hooks

function enable(hook) {
  const list = listAfterwards ?? hooks;
  if (!list.includes(hook)) replaceHooks([...list, hook]);
}

function disable(hook) {
  const list = listAfterwards ?? hooks;
  if (list.includes(hook)) replaceHooks(list.filter((each) => each !== hook));
}

function replaceHooks(list) {
  if (tellings > 0) listAfterwards = list;
  else setHooks(list);
}

function setHooks(list) {
  hooks = list;
  state.enabled = list.length > 0;
  state.destroyEnabled = list.some((hook) => hook.destroy !== undefined);
}

const state = {
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
  enter,
  leave,
  clearStack,
  emitInit,
  emitDestroy,
  tellDestroyed,
  enable,
  disable,
};

module.exports = state;
