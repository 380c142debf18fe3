'use strict';

// Hooks into the lives of promises: V8 tells of each that it is made, of its reaction before and after it runs, and
// that it is settled.
//
// Theory of operation. V8 has one function for each event in each context. There may be several hooks for an event, so
// what V8 gets is a function that calls them in turn; or none, and then it does nothing at all. Contexts of `vm` get
// the same functions as the main one: those there are, and those that are made later.
//
// What surprises people: what a hook throws would be lost in V8, so it is handed on as uncaught from here. And a hook
// that itself makes promises hears of these too, for ever.

const { validatePlainFunction } = require('internal/validators');

const EVENTS = ['init', 'before', 'after', 'settled']; // in V8's order

const hooks = { __proto__: null, init: [], before: [], after: [], settled: [] }; // the lists are never changed in place
let functions = [undefined, undefined, undefined, undefined];
let others = []; // weak references to the global objects of `vm`'s contexts
let pruneAt = 64;

function runnerOf(list) {
  if (list.length === 0) return undefined;
  if (list.length === 1) return guarded(list[0]);
  const guards = list.map(guarded);
  return (promise, parent) => {
    for (let i = 0; i < guards.length; i++) guards[i](promise, parent);
  };
}

function guarded(hook) {
  return (promise, parent) => {
    try {
      hook(promise, parent);
    } catch (error) {
      require('internal/process/execution').uncaught(error);
    }
  };
}

function update() {
  functions = EVENTS.map((event) => runnerOf(hooks[event]));
  const { setPromiseHooks } = internalBinding('contextify');
  setPromiseHooks(...functions, undefined);
  for (const reference of others) {
    const global = reference.deref();
    if (global !== undefined) setPromiseHooks(...functions, global);
  }
}

/** A new context of `vm`, by its global object. */
function cover(global) {
  if (others.length >= pruneAt) {
    others = others.filter((reference) => reference.deref() !== undefined);
    pruneAt = Math.max(64, others.length * 2);
  }
  others.push(new WeakRef(global));
  if (functions.some((each) => each !== undefined)) internalBinding('contextify').setPromiseHooks(...functions, global);
}

/** Add a hook for each of some events; a function that takes them away again. */
function add(list) {
  for (const [event, hook] of list) hooks[event] = [...hooks[event], hook];
  update();
  return () => {
    for (const [event, hook] of list) {
      const index = hooks[event].indexOf(hook);
      if (index >= 0) hooks[event] = hooks[event].toSpliced(index, 1);
    }
    list = [];
    update();
  };
}

function makeOn(event) {
  return (hook) => {
    validatePlainFunction(hook, `${event}Hook`);
    const remove = add([[event, hook]]);
    return function stop() {
      remove();
    }.bind();
  };
}

function createHook(callbacks = {}) {
  const list = [];
  for (const event of EVENTS) {
    const hook = callbacks[event];
    if (hook === undefined || hook === null) continue;
    validatePlainFunction(hook, `${event}Hook`);
    list.push([event, hook]);
  }
  return add(list);
}

module.exports = {
  cover,
  createHook,
  onInit: makeOn('init'),
  onBefore: makeOn('before'),
  onAfter: makeOn('after'),
  onSettled: makeOn('settled'),
};
