'use strict';

// process.finalization: callbacks for objects that are still alive when the process ends.
//
// What surprises people: an object is held weakly. If it is collected before the end, its callback is not called at
// all.

const { validateObject, kValidateObjectAllowFunction } = require('internal/validators');
const { emitExperimentalWarning } = require('internal/util');

const entries = { exit: new Map(), beforeExit: new Map() }; // event -> WeakRef -> callback
let registry; // forgets what was collected

/** Call what is registered for `event`, in the order of registration. */
function run(event) {
  for (const [reference, fn] of entries[event]) {
    const object = reference.deref();
    if (event === 'exit') entries.exit.delete(reference);
    if (object !== undefined) fn(object, event);
  }
}

const listeners = { exit: () => run('exit'), beforeExit: () => run('beforeExit') };

function forget(reference) {
  for (const event of ['exit', 'beforeExit']) {
    if (entries[event].delete(reference) && entries[event].size === 0) process.removeListener(event, listeners[event]);
  }
}

function add(event, object, callback) {
  validateObject(object, 'obj', kValidateObjectAllowFunction);
  if (entries[event].size === 0) process.on(event, listeners[event]);
  registry ??= new FinalizationRegistry(forget);
  const reference = new WeakRef(object);
  entries[event].set(reference, callback);
  registry.register(object, reference, object);
}

function register(obj, fn) {
  emitExperimentalWarning('process.finalization.register');
  add('exit', obj, fn);
}

function registerBeforeExit(obj, fn) {
  emitExperimentalWarning('process.finalization.registerBeforeExit');
  add('beforeExit', obj, fn);
}

function unregister(obj) {
  emitExperimentalWarning('process.finalization.unregister');
  registry ??= new FinalizationRegistry(forget);
  registry.unregister(obj);
  for (const event of ['exit', 'beforeExit']) {
    for (const reference of entries[event].keys()) {
      if (reference.deref() === obj) forget(reference);
    }
  }
}

const create = () => ({ register, registerBeforeExit, unregister });

module.exports = { create };
