'use strict';

// vm: code that a program compiles itself.
//
// Theory of operation. V8 has one context here. Code for "this context" is compiled and run as any script. A "new context" is
// an object that stands for the globals: the code runs as a sloppy function inside `with` of a proxy of it, so that names are
// looked up there first, and assignments to unknown names land there.
//
// What surprises people: such code has this realm's own Array, Error and Object, and sees no other global than those; its top-level `var` and `function`
// become properties of the object, `let` and `const` do not. It is no sandbox for code that one does not trust; Node's is none either.

const {
  codes: { ERR_INVALID_ARG_TYPE },
} = require('internal/errors');
const {
  validateArray, validateBoolean, validateBuffer, validateInt32, validateObject, validateOneOf, validateString, validateStringArray, validateUint32,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { notThere } = require('internal/not_there');
const { decorate } = require('internal/process/report_error');

const natives = internalBinding('contextify');

const contexts = new WeakMap(); // contextified object -> its proxy

const constants = Object.freeze({
  __proto__: null,
  USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol('vm_dynamic_import_main_context_default'),
  DONT_CONTEXTIFY: Symbol('vm_context_no_contextify'),
});

function optionsOf(options) {
  if (typeof options === 'string') return { filename: options };
  validateObject(options, 'options');
  const { filename = 'evalmachine.<anonymous>', lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false } = options;
  validateString(filename, 'options.filename');
  validateInt32(lineOffset, 'options.lineOffset');
  validateInt32(columnOffset, 'options.columnOffset');
  if (cachedData !== undefined && !ArrayBuffer.isView(cachedData)) {
    throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
  }
  validateBoolean(produceCachedData, 'options.produceCachedData');
  return { filename, lineOffset, columnOffset, cachedData };
}

function checkRunOptions(options) {
  if (options === undefined || typeof options === 'string') return;
  validateObject(options, 'options');
  const { displayErrors = true, timeout, breakOnSigint = false } = options;
  validateBoolean(displayErrors, 'options.displayErrors');
  validateBoolean(breakOnSigint, 'options.breakOnSigint');
  if (timeout !== undefined) {
    validateUint32(timeout, 'options.timeout', true);
    throw notThere('the option `timeout` of vm');
  }
}

class Script {
  #code;
  #filename;
  #line;
  #column;

  constructor(code, options = kEmptyObject) {
    code = `${code}`;
    const { filename = 'evalmachine.<anonymous>', lineOffset = 0, columnOffset = 0, cachedData } = optionsOf(options);
    this.#code = code;
    this.#filename = filename;
    this.#line = lineOffset;
    this.#column = columnOffset;
    compileOnly(code, filename, lineOffset, columnOffset);
    if (cachedData !== undefined) this.cachedDataRejected = true;
    const map = /\/\/[#@] sourceMappingURL=(\S+)\s*$/.exec(code);
    this.sourceMapURL = map === null ? undefined : map[1];
  }

  runInThisContext(options) {
    checkRunOptions(options);
    return run(this.#code, this.#filename, this.#line, this.#column);
  }

  runInContext(contextifiedObject, options) {
    checkRunOptions(options);
    return runInside(proxyOf(contextifiedObject), this.#code, this.#filename, this.#line, this.#column);
  }

  runInNewContext(contextObject, options) {
    return this.runInContext(createContext(contextObject), options);
  }

  createCachedData() {
    return require('buffer').Buffer.alloc(0);
  }
}

function compileOnly(code, filename, line, column) {
  try {
    natives.runScript(code, filename, line, column, 1);
  } catch (error) {
    decorate(error);
    throw error;
  }
}

function run(code, filename, line, column) {
  return natives.runScript(code, filename, line, column, 0);
}

// Objects that stand for globals

/** The names that a new context has of itself. */
const INTRINSICS = new Set([
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean', 'String', 'Symbol', 'Date',
  'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'globalThis',
  'JSON', 'Math', 'Intl', 'ArrayBuffer', 'Atomics', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array',
  'Float32Array', 'Float64Array', 'Uint8ClampedArray', 'BigUint64Array', 'BigInt64Array', 'DataView', 'Map', 'BigInt', 'Set', 'Iterator', 'WeakMap', 'WeakSet',
  'WeakRef', 'Proxy', 'Reflect', 'FinalizationRegistry', 'decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape',
  'unescape', 'eval', 'isFinite', 'isNaN', 'SharedArrayBuffer', 'WebAssembly',
]);

function makeProxy(object) {
  const proxy = new Proxy(object, {
    has: (target, name) => typeof name === 'string',
    get(target, name) {
      if (name === Symbol.unscopables) return undefined;
      if (name === 'globalThis' && !(name in target)) return proxy;
      if (name in target) return target[name];
      if (INTRINSICS.has(name)) return globalThis[name];
      if (typeof name === 'string') throw new ReferenceError(`${name} is not defined`);
      return undefined;
    },
  });
  return proxy;
}

function createContext(contextObject = {}, options = kEmptyObject) {
  if (contextObject === constants.DONT_CONTEXTIFY) contextObject = {};
  if (isContext(contextObject)) return contextObject;
  validateObject(options, 'options');
  const { name, origin, codeGeneration, microtaskMode } = options;
  if (name !== undefined) validateString(name, 'options.name');
  if (origin !== undefined) validateString(origin, 'options.origin');
  if (codeGeneration !== undefined) validateObject(codeGeneration, 'options.codeGeneration');
  if (microtaskMode !== undefined) validateOneOf(microtaskMode, 'options.microtaskMode', ['afterEvaluate', undefined]);
  contexts.set(contextObject, makeProxy(contextObject));
  return contextObject;
}

function isContext(object) {
  validateObject(object, 'object', { allowArray: true, allowFunction: true });
  return contexts.has(object);
}

function proxyOf(object) {
  if (typeof object !== 'object' || object === null || !contexts.has(object)) {
    throw new ERR_INVALID_ARG_TYPE('contextifiedObject', 'vm.Context', object);
  }
  return contexts.get(object);
}

/** Run code where names are the properties of a proxy; the value of its last statement. */
function runInside(proxy, code, filename, line, column) {
  compileOnly(code, filename, line, column);
  const evaluate = natives.compileFunction(
    'with (globals) { return eval(code); }', filename, ['globals', 'code'], line, column);
  const names = declaredNames(code);
  return Reflect.apply(evaluate, proxy, [proxy, hoist(code, names, filename)]);
}

/** The names of a script's own `var`s and functions, as far as its outermost lines tell. */
function declaredNames(code) {
  const names = [];
  for (const [, name] of code.matchAll(/(?:^|[;\n}])[ \t]*(?:var|(?:async[ \t]+)?function\*?)[ \t]+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)) names.push(name);
  return names;
}

/** Source text whose declarations end up as properties of the globals. */
function hoist(code, names, filename) {
  const kept = names.map((name) => `try { globals[${JSON.stringify(name)}] = ${name}; } catch {}`).join(' ');
  const result = `\n//# sourceURL=${filename}`;
  if (names.length === 0) return code + result;
  return `let $value = eval(${JSON.stringify(code + result)}); ${kept} $value`;
}

function runInThisContext(code, options) {
  return new Script(code, options).runInThisContext(typeof options === 'string' ? undefined : options);
}

function runInContext(code, contextifiedObject, options) {
  proxyOf(contextifiedObject);
  return new Script(code, options).runInContext(contextifiedObject, typeof options === 'string' ? undefined : options);
}

function runInNewContext(code, contextObject, options) {
  return runInContext(code, createContext(contextObject), options);
}

function createScript(code, options) {
  return new Script(code, options);
}

function compileFunction(code, params, options = kEmptyObject) {
  validateString(code, 'code');
  validateObject(options, 'options');
  if (params !== undefined) validateStringArray(params, 'params');
  const { filename = '', columnOffset = 0, lineOffset = 0, cachedData, produceCachedData = false, parsingContext, contextExtensions = [] } = options;
  validateString(filename, 'options.filename');
  validateInt32(columnOffset, 'options.columnOffset');
  validateInt32(lineOffset, 'options.lineOffset');
  if (cachedData !== undefined) validateBuffer(cachedData, 'options.cachedData');
  validateBoolean(produceCachedData, 'options.produceCachedData');
  validateArray(contextExtensions, 'options.contextExtensions');
  if (parsingContext !== undefined) {
    if (!isContext(parsingContext)) throw new ERR_INVALID_ARG_TYPE('options.parsingContext', 'Context', parsingContext);
    throw notThere('the option `parsingContext` of vm.compileFunction()');
  }
  if (contextExtensions.length > 0) throw notThere('the option `contextExtensions` of vm.compileFunction()');
  try {
    return natives.compileFunction(code, filename, params ?? [], lineOffset, columnOffset);
  } catch (error) {
    decorate(error);
    throw error;
  }
}

function measureMemory() {
  return Promise.reject(notThere('vm.measureMemory()'));
}

module.exports = {
  Script, createContext, createScript, runInContext, runInNewContext, runInThisContext, isContext, compileFunction, measureMemory, constants,
};
