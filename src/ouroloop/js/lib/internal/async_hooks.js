'use strict';

// What is known of each asynchronous resource: ids, which one is running, and the hooks of `createHook`.
//
// Theory of operation. Ids are numbers that only grow. Whatever runs a resource's callback (a timer, a tick, a
// request) calls `enter` before and `leave` after; what was running meanwhile stands on a stack. That is done always,
// since it costs a few ns; hooks are told while there are any (`enabled`). One that is enabled or disabled by another
// one is so when all the telling under way is over, also of what hooks themselves start.
//
// Promises are resources while there is a hook that wants them: V8's promise hooks then give each its ids, when it is
// made or at the latest when its reaction runs, and a reaction is entered and left as any callback is.
//
// Whoever records what the program does (`internal/recorder`) is told too, of all but promises, which it has from V8
// itself: so a program sees nothing of it.
//
// What surprises people: `AsyncLocalStorage` needs none of this and does follow promises
// (`internal/async_context_frame`). And V8's hooks are taken away only when no reaction is running: one that was
// entered must be left.

// What promises and AsyncResources keep their ids under; timers have symbols of their own.
const async_id_symbol = Symbol('async_id_symbol');
const trigger_async_id_symbol = Symbol('trigger_async_id_symbol');

// What an AsyncHook has.
const symbols = {
  __proto__: null, init: Symbol('init'), before: Symbol('before'), after: Symbol('after'), destroy: Symbol('destroy'),
  promiseResolve: Symbol('promiseResolve'), noPromiseHook: Symbol('kNoPromiseHook'),
};

const BOOTSTRAP_ID = 1; // the main program's

let hooks = []; // those enabled
let recorder; // who records
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

function push(id, trigger, resource) {
  outer.push(runningId, runningTrigger, runningResource);
  runningId = id;
  runningTrigger = trigger;
  runningResource = resource;
}

function pop() {
  if (outer.length === 0) return; // cleared by an error that was handled meanwhile
  runningResource = outer.pop();
  runningTrigger = outer.pop();
  runningId = outer.pop();
}

/** A resource's callback is about to run. One with the id 0 is nobody's business: no hook is told. */
function enter(id, trigger, resource) {
  push(id, trigger, resource);
  if (state.enabled && id !== 0) tellEntered(id, resource);
}

/** It has run. Need not be called when it threw: `clearStack` makes up for it. */
function leave(id) {
  if (outer.length === 0) return;
  if (state.enabled && id !== 0) tellLeft(id);
  pop();
}

function tellEntered(id, resource) {
  recorder?.entered(id, resource);
  if (hooks.length > 0) tell(symbols.before, id);
}

function tellLeft(id) {
  if (hooks.length > 0) tell(symbols.after, id);
  recorder?.left(id);
}

/** Nothing is running any more: an error left all that was, or the main program has ended. */
function clearStack() {
  while (outer.length > 0) leave(runningId);
  recorder?.leftAll();
  runningId = 0;
  runningTrigger = 0;
  runningResource = undefined;
  reactions = 0;
}

// Promises

let stopPromiseHooks; // while V8 tells of promises
let wantsPromises = false; // whether any hook does
let reactions = 0; // how many are running, one inside the other

/** Give a promise its ids, unless it has them. */
function trackPromise(promise, parent) {
  if (promise[async_id_symbol] !== undefined) return;
  let trigger;
  if (parent === undefined) {
    trigger = defaultTriggerAsyncId();
  } else {
    trackPromise(parent);
    trigger = parent[async_id_symbol];
  }
  promise[async_id_symbol] = newAsyncId();
  promise[trigger_async_id_symbol] = trigger;
}

const promiseCallbacks = {
  __proto__: null,

  init(promise, parent) {
    if (!wantsPromises) return;
    trackPromise(promise, parent);
    const id = promise[async_id_symbol];
    tellOfPromise(symbols.init, id, 'PROMISE', promise[trigger_async_id_symbol], promise);
    if (state.destroyEnabled) destroyWhenCollected(promise, id);
  },

  before(promise) {
    trackPromise(promise);
    reactions++;
    push(promise[async_id_symbol], promise[trigger_async_id_symbol], promise);
    tellOfPromise(symbols.before, promise[async_id_symbol]);
  },

  after(promise) {
    trackPromise(promise);
    const id = promise[async_id_symbol];
    tellOfPromise(symbols.after, id);
    // One that was not entered began before there were hooks.
    if (runningId === id) pop();
    if (reactions > 0) reactions--;
    if (!wantsPromises) stopPromises();
  },

  settled(promise) {
    if (!wantsPromises) return;
    trackPromise(promise);
    tellOfPromise(symbols.promiseResolve, promise[async_id_symbol]);
  },
};

function listenToPromises() {
  stopPromiseHooks ??= require('internal/promise_hooks').createHook(promiseCallbacks);
}

function stopPromises() {
  if (reactions > 0) return;
  stopPromiseHooks?.();
  stopPromiseHooks = undefined;
}

function tellOfPromise(event, ...args) {
  if (wantsPromises) tellThose((hook) => hook[symbols.noPromiseHook] !== true, event, args);
}

// Telling

let tellings = 0; // how many are under way, one inside the other
let listAfterwards; // the hooks there will be once they are over

function tell(event, ...args) {
  tellThose(undefined, event, args);
}

/** Tell the hooks that `isMeant` picks. */
function tellThose(isMeant, event, args) {
  const list = hooks;
  tellings++;
  for (let i = 0; i < list.length; i++) {
    if (list[i][event] !== undefined && (isMeant === undefined || isMeant(list[i]))) guarded(list[i], event, args);
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
  recorder?.made(id, type, resource);
  if (hooks.length > 0) tell(symbols.init, id, type, trigger, resource);
}

let collected; // FinalizationRegistry of the ids of resources that are destroyed when they are collected

function destroyWhenCollected(resource, id) {
  collected ??= new FinalizationRegistry((collectedId) => emitDestroy(collectedId));
  collected.register(resource, id, resource);
}

/** It was destroyed by hand. */
function forgetCollected(resource) {
  collected?.unregister(resource);
}

let destroyed = [];

/** Destroy hooks are told later: they must not run inside of whatever destroys. The loop's next check step does it. */
function emitDestroy(id) {
  if (!state.destroyEnabled || id <= 0) return;
  if (destroyed.length === 0) require('internal/timers').awaitCheck(1);
  destroyed.push(id);
}

/** Called before the immediates of a turn. */
function tellDestroyed() {
  while (destroyed.length > 0) {
    const ids = destroyed;
    destroyed = [];
    require('internal/timers').awaitCheck(-1);
    for (const id of ids) tell(symbols.destroy, id);
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
  state.hasHooks = list.length > 0;
  state.enabled = state.hasHooks || recorder !== undefined;
  state.destroyEnabled = list.some((hook) => hook[symbols.destroy] !== undefined);
  wantsPromises = list.some((hook) => hook[symbols.noPromiseHook] !== true);
  if (wantsPromises) listenToPromises();
  else stopPromises();
}

/** Tell one that records, from now on; undefined: nobody does. */
function record(one) {
  state.recorder = recorder = one;
  setHooks(hooks);
}

const state = {
  enabled: false, // whether anybody is told
  hasHooks: false, // whether the program is
  destroyEnabled: false,
  recorder: undefined, // who records
  record,
  symbols,
  async_id_symbol,
  trigger_async_id_symbol,
  newAsyncId,
  executionAsyncId,
  triggerAsyncId,
  executionAsyncResource,
  defaultTriggerAsyncId,
  withDefaultTrigger,
  push,
  pop,
  enter,
  leave,
  clearStack,
  emitInit,
  emitDestroy,
  destroyWhenCollected,
  forgetCollected,
  tellDestroyed,
  enable,
  disable,
};

module.exports = state;
