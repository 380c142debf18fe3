'use strict';

// Contexts for `vm`: a sandbox object and the global object that stands for it.
//
// Theory of operation. A contextified sandbox has a context of V8 of its own. Its global object shows what the sandbox
// has: every look-up, assignment, definition and deletion on it comes first to js/natives/contextify.py, which looks at
// the sandbox, for all but reading by asking `answer` below. If nothing comes of that, V8 goes on with the real global
// object, where JavaScript's own globals live. So `x = 1` inside makes a property of the sandbox, and `Array` inside is
// that context's own Array.
//
// What surprises people: a value keeps the context it was made in; an array from inside is no `instanceof Array`
// outside. And in strict code nobody says whether `x` or `globalThis.x` is assigned to: V8 is let go on, which throws
// for the first; what it makes of the second is carried over to the sandbox afterwards (`settle`).

const { restrictPrototype } = require('internal/disable_proto');
const promiseHooks = require('internal/promise_hooks');

const natives = internalBinding('contextify');

const NOTHING = Symbol('nothing');
const LATER = Symbol('later'); // nothing, but ask to `settle`

const globals = new WeakMap(); // contextified object -> global object of its context
const withOwnMicrotasks = new WeakSet(); // contextified objects

function describe(object, key) {
  for (let each = object; each !== null; each = Reflect.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

/** The real global object's own property. */
const describeOwn = (sandbox, key) => natives.describeOwn(globals.get(sandbox), key);

const unsettled = []; // sandbox, key

function set(sandbox, key, value, isStrict) {
  const descriptor = describe(sandbox, key);
  if (descriptor?.writable === true && Object.hasOwn(sandbox, key)) {
    sandbox[key] = value;
    return NOTHING;
  }
  const own = describeOwn(sandbox, key);
  if (descriptor?.writable === false || (own !== undefined && own.writable === false)) return NOTHING;
  const isDeclared = descriptor !== undefined || own !== undefined;
  if (!isDeclared && isStrict === 1 && typeof value !== 'function') {
    unsettled.push(sandbox, key);
    return LATER;
  }
  if (!isDeclared && typeof key === 'symbol') return NOTHING;
  sandbox[key] = value;
  return descriptor?.set !== undefined || descriptor?.get !== undefined ? value : NOTHING;
}

/** What V8 has made of assignments that were left to it. */
function settle() {
  while (unsettled.length > 0) {
    const [sandbox, key] = unsettled.splice(0, 2);
    const own = describeOwn(sandbox, key);
    if (own !== undefined) Reflect.defineProperty(sandbox, key, own);
  }
}

function define(sandbox, key, bits, value, getter, setter) {
  const own = describeOwn(sandbox, key);
  // What cannot be changed on the global object is not to be changed here.
  const isFixed = own !== undefined && own.configurable === false && own.writable === false;
  if (isFixed && !Object.hasOwn(sandbox, key)) return NOTHING;
  Reflect.defineProperty(sandbox, key, toDescriptor(bits, value, getter, setter));
  return NOTHING;
}

/** In the order of the questions in js/natives/contextify.py. */
const ANSWERS = [
  (sandbox) => globals.get(sandbox),
  set,
  settle,
  (sandbox, key) => (Reflect.deleteProperty(sandbox, key) ? NOTHING : false),
  (sandbox) => Reflect.ownKeys(sandbox),
  define,
  (sandbox, key) => Reflect.getOwnPropertyDescriptor(sandbox, key) ?? NOTHING,
];

function answer(question, sandbox, key, ...rest) {
  return ANSWERS[question](sandbox, typeof key === 'number' ? `${key}` : key, ...rest);
}

let isListening = false;

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
    const known = withoutWebAssembly = new WeakSet();
    natives.setWebAssemblyFilter((each) => (known.has(each) ? 0 : 1));
  }
  withoutWebAssembly.add(global);
}

/** Give `sandbox` a context; without one, make a plain context, whose global object is the result. */
function makeContext(sandbox, { allowsStrings, allowsWebAssembly, hasOwnQueue }) {
  const flags = [allowsStrings ? 1 : 0, hasOwnQueue ? 1 : 0];
  if (!isListening) natives.setAnswer(answer, NOTHING, LATER);
  isListening = true;
  const global = natives.makeContext(sandbox, ...flags);
  promiseHooks.cover(global);
  restrictPrototype(natives.describeOwn(global, 'Object').value.prototype); // whatever `Object` the sandbox has
  if (!allowsWebAssembly) forbidWebAssembly(global);
  const object = sandbox ?? global;
  globals.set(object, global);
  if (hasOwnQueue) withOwnMicrotasks.add(object);
  return object;
}

function isContext(object) {
  return globals.has(object);
}

/** The global object of a contextified object's context. */
function globalOf(object) {
  return globals.get(object);
}

/** Whether a contextified object's context has microtasks of its own (`microtaskMode: 'afterEvaluate'`). */
function hasOwnMicrotasks(object) {
  return withOwnMicrotasks.has(object);
}

module.exports = { globalOf, hasOwnMicrotasks, isContext, makeContext };
