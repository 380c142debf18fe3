'use strict';

// JavaScript's side of `ouroloop.Runtime`: values for Python, and Python's functions for JavaScript.
//
// Theory of operation. Data crosses by copy; what the binding cannot carry (it is nested too deeply, a string has a
// lone surrogate) as a flat table, of which each row is a single value or tells its items' rows. What is more than data
// (functions, promises, instances of classes, anything that refers to itself) stays here, in a table, and Python gets
// its number. Python does not get an error thrown: `run` answers [0, value] or [1, error], each value in the form that
// `encode` gives.

// What surprises people: the program may have broken the globals, so neither iteration nor methods of arrays and
// promises are relied on where every call passes.

const binding = internalBinding('embedding');

const { Buffer } = globalThis;
const { then } = Promise.prototype;

const byId = new Map(); // number -> { value, references }
const ids = new Map(); // value -> number
const MAX_DEPTH = 2000;
const MAX_NESTED = 40; // levels that the binding carries
const FIRST_DATE = -62135596800000; // those that Python has too
const TOO_LARGE = 1n << 10000n; // the binding goes by way of decimal digits, of which Python takes so many only
const LAST_DATE = 253402300799999;
let last = 0;

function mapped(list, change) {
  const result = [];
  for (let i = 0; i < list.length; i++) result[i] = change(list[i]);
  return result;
}

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

/** Whether a value is data, and of which kind: undefined, or what a nested copy can carry, or only a flat one. */
const NESTED = 1;
const FLAT = 2;

function kindOf(value, depth, above) {
  if (typeof value === 'string') return value.isWellFormed() ? NESTED : FLAT;
  if (typeof value === 'bigint') return value < TOO_LARGE && value > -TOO_LARGE ? NESTED : FLAT;
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return NESTED;
  if (depth > MAX_DEPTH || above.has(value)) return undefined;
  if (internalBinding('types').isProxy(value)) return undefined;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return NESTED;
  if (value instanceof Date) return value >= FIRST_DATE && value <= LAST_DATE ? NESTED : undefined;
  const isArray = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null) return undefined;
  if (internalBinding('types').isModuleNamespaceObject(value)) return undefined;
  above.add(value);
  const kind = isArray ? kindOfItems(value, depth + 1, above) : kindOfProperties(value, depth + 1, above);
  above.delete(value);
  return kind;
}

function kindOfItems(array, depth, above) {
  let kind = depth > MAX_NESTED ? FLAT : NESTED;
  for (let i = 0; i < array.length; i++) {
    const found = kindOf(array[i], depth, above);
    if (found === undefined) return undefined;
    if (found === FLAT) kind = FLAT;
  }
  return kind;
}

function kindOfProperties(object, depth, above) {
  let kind = depth > MAX_NESTED ? FLAT : NESTED;
  if (Object.getOwnPropertySymbols(object).length > 0) return undefined; // so is what only a symbol tells
  const keys = Object.getOwnPropertyNames(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (!('value' in property)) return undefined; // a getter is more than data
    const found = kindOf(property.value, depth, above);
    if (found === undefined) return undefined;
    if (found === FLAT || !key.isWellFormed()) kind = FLAT;
  }
  return kind;
}

function encodeString(value) {
  return value.isWellFormed() ? ['data', value] : ['utf16', new Uint8Array(Buffer.from(value, 'utf16le'))];
}

function encodeSingle(value) {
  if (typeof value === 'string') return encodeString(value);
  return typeof value === 'bigint' ? ['bigint', value.toString(16)] : ['data', value];
}

/** Data as a table. */
function flatten(data) {
  const rows = [];
  const toDo = [];
  const rowOf = (value) => {
    const isSingle = typeof value !== 'object' || value === null || ArrayBuffer.isView(value) ||
      value instanceof ArrayBuffer || value instanceof Date;
    if (!isSingle) toDo.push(value, rows.length);
    return rows.push(isSingle ? encodeSingle(value) : undefined) - 1;
  };
  rowOf(data);
  for (let i = 0; i < toDo.length; i += 2) {
    const value = toDo[i];
    rows[toDo[i + 1]] = Array.isArray(value) ?
      ['list', Array.from(value, rowOf)] :
      ['dict', Object.keys(value).map((key) => [encodeString(key), rowOf(value[key])])];
  }
  return rows;
}

/** [kind, ...]: 'data' by copy, 'utf16' and 'flat' too; 'function', 'promise', 'object' by number. */
function encode(value) {
  if (typeof value === 'string') return encodeString(value);
  const kind = kindOf(value, 0, new Set());
  if (kind === NESTED) return ['data', value];
  if (kind === FLAT) return ['flat', flatten(value)];
  if (typeof value === 'function') return ['function', keep(value), nameOf(value)];
  if (typeof value === 'symbol') return ['object', keep(value), 'Symbol'];
  if (internalBinding('types').isPromise(value)) {
    Reflect.apply(then, value, [undefined, () => {}]); // Python may look at it later
    return ['promise', keep(value)];
  }
  return ['object', keep(value), internalBinding('util').getConstructorName(value)];
}

function nameOf(target) {
  try {
    return `${target.name}`;
  } catch {
    return ''; // a getter that throws, a symbol
  }
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
const pythonFunctions = new Map(); // number -> WeakRef of the function that calls Python's
let registry;

/** When `target` is collected, Python is told that its number is free. */
function watch(target, number) {
  registry ??= new FinalizationRegistry((each) => {
    if (pythonFunctions.get(each)?.deref() !== undefined) return; // made anew meanwhile
    pythonFunctions.delete(each);
    binding.forget(each);
  });
  registry.register(target, number);
}

function decode(row) {
  const content = row[1];
  switch (row[0]) {
    case 'data': return content;
    case 'utf16': return Buffer.from(content).toString('utf16le');
    case 'bytes': return Buffer.from(content);
    case 'reference': return byId.get(content).value;
    case 'list': return mapped(content, decode);
    case 'dict': return objectOf(content, decode);
    case 'flat': return unflatten(content);
    case 'date': return new Date(content);
    case 'bigint': return content[0] === '-' ? -BigInt(content.slice(1)) : BigInt(content);
    case 'error': return pythonError(content, row[2]);
    default: return pythonFunction(content, row[2], row[0] === 'async');
  }
}

/** Put properties into `object`, from [key, item] pairs; `valueOf` gives an item's value. */
function fill(object, pairs, valueOf) {
  for (let i = 0; i < pairs.length; i++) {
    const key = decode(pairs[i][0]);
    const value = valueOf(pairs[i][1]);
    if (key in object) {
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    } else {
      object[key] = value;
    }
  }
  return object;
}

const objectOf = (pairs, valueOf) => fill({}, pairs, valueOf);

function unflatten(rows) {
  const made = mapped(rows, (row) => (row[0] === 'list' ? [] : row[0] === 'dict' ? {} : decode(row)));
  const valueOf = (number) => made[number];
  for (let i = 0; i < rows.length; i++) {
    const items = rows[i][1];
    if (rows[i][0] === 'list') for (let j = 0; j < items.length; j++) made[i][j] = made[items[j]];
    else if (rows[i][0] === 'dict') fill(made[i], items, valueOf);
  }
  return made[0];
}

function pythonError(content, number) {
  const error = new Error(decode(content[1]));
  error.name = content[0];
  Object.defineProperty(error, 'pythonTraceback',
    { value: decode(content[2]), writable: true, configurable: true, enumerable: false });
  pythonErrors.set(error, number);
  watch(error, number);
  return error;
}

/** The JavaScript function that calls a function of Python: the same one as long as it is in use. */
function pythonFunction(number, name, isAsync) {
  const known = pythonFunctions.get(number)?.deref();
  if (known !== undefined) return known;
  const call = isAsync ?
    (...args) => new Promise((resolve, reject) => {
      const { start } = require('internal/requests');
      const id = start((failed, result) => (failed ? reject : resolve)(decode(result)));
      binding.callAsync(number, id, mapped(args, encode));
    }) :
    (...args) => {
      const answer = binding.call(number, mapped(args, encode));
      const value = decode(answer[1]);
      if (answer[0]) throw value;
      return value;
    };
  Object.defineProperty(call, 'name', { value: name, configurable: true });
  pythonFunctions.set(number, new WeakRef(call));
  watch(call, number);
  return call;
}

// What Python asks for

let base; // the `require` of the folder that the runtime works in

function requireHere() {
  base ??= require('internal/modules/cjs/loader').Module.createRequire(`${process.cwd()}/`);
  return base;
}

/** Whether all items are there at once, so that none is asked for too early. */
function isWhole(target) {
  const types = internalBinding('types');
  return Array.isArray(target) || types.isMap(target) || types.isSet(target);
}

const actions = {
  __proto__: null,
  eval: (source, filename) => internalBinding('contextify').runScript(source, filename, 0, 0, 0),
  require: (specifier) => requireHere()(specifier),
  import: (specifier) => require('internal/modules/esm/loader').importModule(
    specifier, require('internal/util').getCWDURL().href),
  call: (target, self, args) => Reflect.apply(target, self, args),
  construct: (target, args) => Reflect.construct(target, args),
  get: (target, key) => target[key],
  set: (target, key, value) => {
    target[key] = value;
  },
  has: (target, key) => key in Object(target),
  delete: (target, key) => delete target[key],
  keys: (target) => Object.keys(target),
  list: (target) => (isWhole(target) ? mapped([...target], encode) : undefined),
  iterator(target) {
    if (typeof target[Symbol.iterator] !== 'function') throw new TypeError(`${describe(target)} is not iterable`);
    return target[Symbol.iterator]();
  },
  next(iterator) {
    const { done, value } = iterator.next();
    return done ? [true] : [false, encode(value)];
  },
  return: (iterator) => {
    iterator.return?.();
  },
  asyncIterator: (target) => (target[Symbol.asyncIterator] ?? target[Symbol.iterator]).call(target),
  async asyncNext(iterator) {
    const { done, value } = await iterator.next();
    return done ? [true] : [false, encode(await value)];
  },
  describe,
  global: () => globalThis,
  recover: () => {},
  copy: (target) => JSON.parse(JSON.stringify(target) ?? 'null'),
  follow: (promise, request) => {
    const tell = (failed) => (value) => binding.settled(request, failed, failed ? encodeError(value) : encode(value));
    Reflect.apply(then, promise, [tell(0), tell(1)]);
  },
};

/** JavaScript was stopped in the midst of something: let ticks, timers and immediates go on. */
function recover() {
  process._exiting = false; // after process.exit() too a runtime goes on
  require('internal/async_hooks').clearStack();
  require('internal/async_context_frame').set(undefined);
  require('internal/timers').recover();
}

/** Do one thing for Python: [0, encoded value] or [1, encoded error]. Ticks and microtasks follow. */
function run(name, args) {
  const { afterCallback } = require('internal/process/task_queues');
  let outcome;
  try {
    outcome = [0, encode(Reflect.apply(actions[name], undefined, mapped(args, decode)))];
  } catch (error) {
    if (error instanceof SyntaxError) require('internal/process/report_error').decorate(error);
    outcome = [1, encodeError(error)];
  }
  afterCallback();
  return outcome;
}

module.exports = { run, recover, release, encodeError };
