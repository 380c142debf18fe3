'use strict';

// Contexts for `vm`: a sandbox object and the global object that stands for it.
//
// Theory of operation. A contextified sandbox has a context of V8 of its own. Its global object shows what the
// sandbox has: every look-up, assignment, definition and deletion on it is first put to the *handler* below
// (js/contextify_natives.py), which answers from the sandbox, or with NOTHING; then V8 goes on with the real global
// object, where JavaScript's own globals live. So `x = 1` inside makes a property of the sandbox, and `Array` inside
// is that context's own Array.
//
// What surprises people: a value keeps the context it was made in; an array from inside is no `instanceof Array`
// outside.

const promiseHooks = require('internal/promise_hooks');

const natives = internalBinding('contextify');

const NOTHING = Symbol('nothing');

// The questions, as in js/contextify_natives.py.
const GET = 0;
const SET = 1;
const QUERY = 2;
const DELETE = 3;
const ENUMERATE = 4;
const DEFINE = 5;
const DESCRIBE = 6;

// V8's property attributes.
const READ_ONLY = 1;
const DONT_ENUM = 2;
const DONT_DELETE = 4;

/** What a context has before any program touches it. */
const GLOBALS = [
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean',
  'String',
  'Symbol', 'Date', 'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError',
  'SyntaxError', 'TypeError', 'URIError', 'globalThis', 'JSON', 'Math', 'Intl', 'ArrayBuffer', 'Atomics', 'Uint8Array',
  'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'BigUint64Array', 'BigInt64Array',
  'Uint8ClampedArray', 'Float32Array', 'Float64Array', 'DataView', 'Map', 'BigInt', 'Set', 'Iterator', 'WeakMap',
  'WeakSet', 'Proxy', 'Reflect', 'FinalizationRegistry', 'WeakRef', 'decodeURI', 'decodeURIComponent', 'encodeURI',
  'encodeURIComponent', 'escape', 'unescape', 'eval', 'isFinite', 'isNaN', 'SuppressedError', 'DisposableStack',
  'AsyncDisposableStack', 'Float16Array', 'SharedArrayBuffer', 'WebAssembly', 'Temporal', 'gc',
];

/** V8's console, which without an inspector does nothing. */
const CONSOLE = [
  'debug', 'error', 'info', 'log', 'warn', 'dir', 'dirxml', 'table', 'trace', 'group', 'groupCollapsed', 'groupEnd',
  'clear',
  'count', 'countReset', 'assert', 'profile', 'profileEnd', 'time', 'timeLog', 'timeEnd', 'timeStamp', 'context',
  'createTask',
];

/** Runs first in each new context, whose global object begins as a copy of the main one's. */
const PREPARE = `((kept, methods) => {
  for (const key of Reflect.ownKeys(globalThis)) if (!kept.includes(key)) delete globalThis[key];
  const console = {};
  for (const name of methods) console[name] = { [name]() {} }[name];
  Object.defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true });
})`;

const globals = new WeakMap(); // contextified object -> global object of its context

function describe(object, key) {
  for (let each = object; each !== null; each = Reflect.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function attributesOf({ writable, enumerable, configurable, get }) {
  const isReadOnly = get === undefined && writable === false;
  return (isReadOnly ? READ_ONLY : 0) | (enumerable ? 0 : DONT_ENUM) | (configurable ? 0 : DONT_DELETE);
}

class Handler {
  global; // the context's global object, once there is one
  #sandbox;

  constructor(sandbox) {
    this.#sandbox = sandbox;
  }

  /** The function that answers V8's questions. */
  get answer() {
    const handler = this; // eslint-disable-line consistent-this
    const questions = [];
    questions[GET] = (key) => handler.#get(key);
    questions[SET] = (key, value, isStrict) => handler.#set(key, value, isStrict === 1);
    questions[QUERY] = (key) => handler.#query(key);
    questions[DELETE] = (key) => handler.#delete(key);
    questions[ENUMERATE] = () => Reflect.ownKeys(handler.#sandbox);
    questions[DEFINE] = (key, bits, value, get, set) => handler.#define(key, bits, value, get, set);
    questions[DESCRIBE] = (key) => handler.#describe(key);
    return (question, key, ...rest) => {
      if (handler.global === undefined) return NOTHING;
      return questions[question](typeof key === 'number' ? `${key}` : key, ...rest);
    };
  }

  #get(key) {
    const sandbox = this.#sandbox;
    if (!(key in sandbox)) return NOTHING;
    const value = sandbox[key];
    return value === sandbox ? this.global : value;
  }

  #set(key, value, isStrict) {
    const sandbox = this.#sandbox;
    const descriptor = describe(sandbox, key);
    const own = this.#ownOfGlobal(key);
    if (descriptor?.writable === false || (own !== undefined && own.writable === false)) return NOTHING;
    const isDeclared = descriptor !== undefined || own !== undefined;
    // An assignment to a name that nobody declared: in strict code V8 throws.
    if (!isDeclared && isStrict && typeof value !== 'function') return NOTHING;
    if (!isDeclared && typeof key === 'symbol') return NOTHING;
    sandbox[key] = value;
    return descriptor?.set !== undefined || descriptor?.get !== undefined ? value : NOTHING;
  }

  /** The real global object's own property. While it is looked at, nobody is asked. */
  #ownOfGlobal(key) {
    const { global } = this;
    this.global = undefined;
    try {
      return Reflect.getOwnPropertyDescriptor(global, key);
    } finally {
      this.global = global;
    }
  }

  #query(key) {
    const descriptor = Reflect.getOwnPropertyDescriptor(this.#sandbox, key);
    return descriptor === undefined ? NOTHING : attributesOf(descriptor);
  }

  #delete(key) {
    return Reflect.deleteProperty(this.#sandbox, key) ? NOTHING : false;
  }

  #describe(key) {
    return Reflect.getOwnPropertyDescriptor(this.#sandbox, key) ?? NOTHING;
  }

  #define(key, bits, value, get, set) {
    const sandbox = this.#sandbox;
    const own = this.#ownOfGlobal(key);
    // What cannot be changed on the global object is not to be changed here.
    const isFixed = own !== undefined && own.configurable === false && own.writable === false;
    if (isFixed && !Object.hasOwn(sandbox, key)) return NOTHING;
    Reflect.defineProperty(sandbox, key, toDescriptor(bits, value, get, set));
    return NOTHING;
  }
}

/** V8's form of a descriptor: two bits for each attribute (whether, and whether told), one for each value. */
function toDescriptor(bits, value, get, set) {
  const descriptor = { __proto__: null };
  if (bits & 2) descriptor.enumerable = (bits & 1) !== 0;
  if (bits & 8) descriptor.configurable = (bits & 4) !== 0;
  if (bits & 32) descriptor.writable = (bits & 16) !== 0;
  if (bits & 64) descriptor.value = value;
  if (bits & 128) descriptor.get = get;
  if (bits & 256) descriptor.set = set;
  return descriptor;
}

let withoutWebAssembly; // the global objects of contexts where none is compiled

function forbidWebAssembly(global) {
  if (withoutWebAssembly === undefined) {
    const globals = withoutWebAssembly = new WeakSet();
    natives.setWebAssemblyFilter((each) => (globals.has(each) ? 0 : 1));
  }
  withoutWebAssembly.add(global);
}

function prepare(global) {
  const [run] = natives.runScriptIn(global, PREPARE, 'node:internal/vm', 0, 0, 0);
  run(GLOBALS, CONSOLE);
  require('internal/disable_proto').restrictPrototype(global.Object.prototype);
}

/** Give `sandbox` a context; without one, make a plain context, whose global object is the result. */
function makeContext(sandbox, allowsStrings, allowsWebAssembly) {
  if (sandbox === undefined) {
    const global = natives.makeContext(undefined, NOTHING, allowsStrings ? 1 : 0);
    prepare(global);
    if (!allowsWebAssembly) forbidWebAssembly(global);
    promiseHooks.cover(global);
    globals.set(global, global);
    return global;
  }
  const handler = new Handler(sandbox);
  const global = natives.makeContext(handler.answer, NOTHING, allowsStrings ? 1 : 0);
  prepare(global);
  if (!allowsWebAssembly) forbidWebAssembly(global);
  handler.global = global;
  promiseHooks.cover(global);
  globals.set(sandbox, global);
  return sandbox;
}

function isContext(object) {
  return globals.has(object);
}

/** The global object of a contextified object's context. */
function globalOf(object) {
  return globals.get(object);
}

module.exports = { globalOf, isContext, makeContext };
