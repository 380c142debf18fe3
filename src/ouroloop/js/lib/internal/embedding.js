'use strict';

// JavaScript's side of `ouroloop.Runtime`: values for Python, and Python's functions for JavaScript.
//
// Theory of operation. Data crosses by copy. What is more than data (functions, promises, instances of classes, anything
// that refers to itself) stays here, in a table, and Python gets its number. Python does not get an error thrown: `run` answers
// [0, value] or [1, error], each value in the form that `encode` gives.

const binding = internalBinding('embedding');

const byId = new Map(); // number -> { value, references }
const ids = new Map(); // value -> number
const MAX_DEPTH = 100;
let last = 0;

function keep(value) {
  let id = ids.get(value);
  if (id === undefined) {
    id = ++last;
    ids.set(value, id);
    byId.set(id, { value, references: 0 });
  }
  byId.get(id).references++;
  return id;
}

function release(released) {
  for (const id of released) {
    const entry = byId.get(id);
    if (--entry.references > 0) continue;
    byId.delete(id);
    ids.delete(entry.value);
  }
}

// To Python

function isData(value, depth, above) {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_DEPTH || above.has(value)) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) return true;
  const isArray = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null) return false;
  if (internalBinding('types').isProxy(value) || internalBinding('types').isModuleNamespaceObject(value)) return false;
  above.add(value);
  const items = isArray ? value : Object.values(Object.getOwnPropertyDescriptors(value));
  const all = items.every((item) => {
    if (!isArray && !('value' in item)) return false; // a getter is more than data
    return isData(isArray ? item : item.value, depth + 1, above);
  });
  above.delete(value);
  return all;
}

/** [kind, …]: 'data' by copy; 'function', 'promise', 'object' by number. */
function encode(value) {
  if (typeof value === 'string') return ['data', value.isWellFormed() ? value : value.toWellFormed()];
  if (isData(value, 0, new Set())) return ['data', value];
  if (typeof value === 'function') return ['function', keep(value), `${value.name}`];
  if (typeof value === 'symbol') return ['object', keep(value), 'Symbol'];
  if (internalBinding('types').isPromise(value)) {
    value.catch(() => {}); // Python may look at it later
    return ['promise', keep(value)];
  }
  return ['object', keep(value), internalBinding('util').getConstructorName(value)];
}

function encodeError(error) {
  const isObject = typeof error === 'object' && error !== null;
  const read = (name) => {
    try {
      const value = isObject ? error[name] : undefined;
      return value === undefined ? null : `${value}`;
    } catch {
      return null;
    }
  };
  const isError = isObject && (error instanceof Error || internalBinding('types').isNativeError(error));
  const message = isError ? read('message') ?? '' : describe(error);
  return [read('name') ?? '', message, isError ? read('stack') : null, encode(error), pythonErrors.get(error) ?? 0];
}

function describe(value) {
  try {
    return require('internal/util/inspect').inspect(value);
  } catch {
    return 'a value that cannot be described';
  }
}

// From Python

const pythonErrors = new WeakMap(); // error -> number of the Python exception

function decode([kind, a, b, c]) {
  switch (kind) {
    case 'data': return a;
    case 'bytes': return Buffer.from(a);
    case 'reference': return byId.get(a).value;
    case 'list': return a.map(decode);
    case 'dict': return Object.fromEntries(a.map(([key, value]) => [key, decode(value)]));
    case 'date': return new Date(a);
    case 'bigint': return BigInt(a);
    case 'error': return pythonError(a, b, c);
    default: return pythonFunction(a, b, kind === 'async');
  }
}

function pythonError([name, message, traceback], number) {
  const error = new Error(message);
  error.name = name;
  Object.defineProperty(error, 'pythonTraceback', { value: traceback, writable: true, configurable: true, enumerable: false });
  pythonErrors.set(error, number);
  return error;
}

/** A JavaScript function that calls a function of Python. */
function pythonFunction(number, name, isAsync) {
  const call = isAsync ?
    (...args) => new Promise((resolve, reject) => {
      const { start } = require('internal/requests');
      binding.callAsync(number, start((failed, result) => (failed ? reject : resolve)(decode(result))), args.map(encode));
    }) :
    (...args) => {
      const [failed, result] = binding.call(number, args.map(encode));
      if (failed) throw decode(result);
      return decode(result);
    };
  Object.defineProperty(call, 'name', { value: name, configurable: true });
  return call;
}

// What Python asks for

let base; // the `require` of the folder that the runtime works in

function requireHere() {
  base ??= require('internal/modules/cjs/loader').Module.createRequire(`${process.cwd()}/`);
  return base;
}

const actions = {
  __proto__: null,
  eval: (source, filename) => internalBinding('contextify').runScript(source, filename, 0, 0, 0),
  require: (specifier) => requireHere()(specifier),
  import: (specifier) => require('internal/modules/esm/loader').importModule(specifier, require('internal/url').pathToFileURL(`${process.cwd()}/`).href),
  call: (target, self, args) => Reflect.apply(target, self, args),
  construct: (target, args) => Reflect.construct(target, args),
  get: (target, key) => target[key],
  set: (target, key, value) => {
    target[key] = value;
  },
  has: (target, key) => key in Object(target),
  delete: (target, key) => delete target[key],
  keys: (target) => Object.keys(target),
  list: (target) => [...target].map(encode),
  describe,
  global: () => globalThis,
  copy: (target) => JSON.parse(JSON.stringify(target) ?? 'null'),
  follow: (promise, request) => {
    const tell = (failed) => (value) => binding.settled(request, failed, failed ? encodeError(value) : encode(value));
    promise.then(tell(0), tell(1));
  },
};

let waiting;

/** Keep what `runKept` is to do: for calls with a time limit. */
function keepAction(name, args) {
  waiting = [name, args];
}

function runKept() {
  const [name, args] = waiting;
  waiting = undefined;
  return run(name, args);
}

/** Do one thing for Python: [0, encoded value] or [1, encoded error]. Ticks and microtasks follow. */
function run(name, args) {
  const { afterCallback } = require('internal/process/task_queues');
  let outcome;
  try {
    outcome = [0, encode(actions[name](...args.map(decode)))];
  } catch (error) {
    if (error instanceof SyntaxError) require('internal/process/report_error').decorate(error);
    outcome = [1, encodeError(error)];
  }
  afterCallback();
  return outcome;
}

module.exports = { run, keepAction, runKept, release, encodeError };
