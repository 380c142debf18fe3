'use strict';

// node:vm: compiling and running code, in this context or in another one.
//
// Theory of operation. V8 compiles a source once, and binds it to a context for each run; contexts and their sandboxes
// are in `internal/vm/contexts`. What an error's stack begins with (the place, the line, a caret) is put there when the
// error leaves a run.
//
// What surprises people: `breakOnSigint` and `measureMemory` need parts of V8 that are out of reach here. Module,
// SourceTextModule and SyntheticModule are there with --experimental-vm-modules only.

const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_SCRIPT_EXECUTION_TIMEOUT,
  },
} = require('internal/errors');
const {
  kValidateObjectAllowNullable, kValidateObjectAllowObjects, validateArray, validateBoolean, validateInt32,
  validateObject, validateOneOf,
  validateString, validateStringArray, validateUint32,
} = require('internal/validators');
const { Buffer } = require('buffer');
const { isObject, kEmptyObject } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { notThere } = require('internal/not_there');
const contexts = require('internal/vm/contexts');
const imports = require('internal/vm/imports');
const { guarded } = require('internal/vm/guarded');

const natives = internalBinding('contextify');

const DEFAULT_NAME = 'evalmachine.<anonymous>';
const kDisplayErrors = Symbol('displayErrors'); // an option for Script: that of the function that makes it


// Options

function checkSource({ filename, lineOffset, columnOffset, cachedData, produceCachedData }) {
  validateString(filename, 'options.filename');
  validateInt32(lineOffset, 'options.lineOffset');
  validateInt32(columnOffset, 'options.columnOffset');
  if (cachedData !== undefined && !isArrayBufferView(cachedData)) {
    throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
  }
  validateBoolean(produceCachedData, 'options.produceCachedData');
}

function checkRun(options) {
  validateObject(options, 'options');
  const { breakOnSigint, displayErrors = true, timeout } = options;
  if (timeout !== undefined) validateUint32(timeout, 'options.timeout', true);
  validateBoolean(displayErrors, 'options.displayErrors');
  if (breakOnSigint !== undefined) validateBoolean(breakOnSigint, 'options.breakOnSigint');
  if (breakOnSigint) throw notThere('vm: breakOnSigint');
  return { displayErrors, timeout };
}

const asOptions = (options) => (typeof options === 'string' ? { filename: options } : options);

// Running

/** What the natives want to know of `cachedData`: its buffer, and which part of that. */
function partsOf(cachedData) {
  if (cachedData === undefined) return [undefined, 0, 0];
  return [cachedData.buffer, cachedData.byteOffset, cachedData.byteLength];
}

/** V8's code cache for what was compiled, a Script's handle or a function. */
function createCodeCache(compiled) {
  const bytes = Buffer.alloc(natives.createCodeCache(compiled));
  const whole = new ArrayBuffer(bytes.length);
  natives.takeCodeCache(whole);
  bytes.set(new Uint8Array(whole));
  return bytes;
}

class Script {
  #handle;
  #origin;

  constructor(code, options = kEmptyObject) {
    code = `${code}`;
    options = asOptions(options);
    validateObject(options, 'options');
    const {
      filename = DEFAULT_NAME, lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false,
      importModuleDynamically, [kDisplayErrors]: displayErrors = true,
    } = options;
    checkSource({ filename, lineOffset, columnOffset, cachedData, produceCachedData });
    const symbol = imports.symbolFor(importModuleDynamically, filename);
    imports.register(symbol, importModuleDynamically, this);
    this.#origin = { filename, line: lineOffset, column: columnOffset };
    const [handle, isRejected, sourceURL, sourceMapURL] = guarded(
      displayErrors, this.#origin, natives.compileScript, code, filename, lineOffset, columnOffset, symbol,
      ...partsOf(cachedData));
    this.#handle = handle;
    if (cachedData !== undefined) this.cachedDataRejected = isRejected === 1;
    if (produceCachedData) {
      this.cachedData = createCodeCache(handle);
      this.cachedDataProduced = true;
    }
    this.sourceURL = sourceURL;
    this.sourceMapURL = sourceMapURL;
  }

  createCachedData() {
    return createCodeCache(this.#handle);
  }

  runInThisContext(options = kEmptyObject) {
    return this.#run(undefined, checkRun(options));
  }

  runInContext(contextifiedObject, options = kEmptyObject) {
    checkContext(contextifiedObject, 'contextifiedObject');
    return this.#run(contexts.globalOf(contextifiedObject), checkRun(options));
  }

  runInNewContext(contextObject, options = kEmptyObject) {
    return this.runInContext(createContext(contextObject, contextOptions(options)), options);
  }

  #run(global, { displayErrors, timeout = 0 }) {
    const result = guarded(displayErrors, this.#origin, natives.runScriptIn, this.#handle, global, timeout);
    if (result?.length === 0) throw new ERR_SCRIPT_EXECUTION_TIMEOUT(timeout);
    return result?.[0];
  }
}

function checkContext(object, name) {
  validateObject(object, name, kValidateObjectAllowObjects);
  if (!contexts.isContext(object)) throw new ERR_INVALID_ARG_TYPE(name, 'vm.Context', object);
}

// Contexts

function isContext(object) {
  validateObject(object, 'object', kValidateObjectAllowObjects);
  return contexts.isContext(object);
}

/** Of the options for `runInNewContext`, those of the context. */
function contextOptions(options) {
  if (options === undefined || options === null || typeof options !== 'object') return kEmptyObject;
  const { contextName, contextOrigin, contextCodeGeneration, microtaskMode } = options;
  if (contextName !== undefined) validateString(contextName, 'options.contextName');
  if (contextOrigin !== undefined) validateString(contextOrigin, 'options.contextOrigin');
  if (contextCodeGeneration !== undefined) {
    validateObject(contextCodeGeneration, 'options.contextCodeGeneration');
    const { strings, wasm } = contextCodeGeneration;
    if (strings !== undefined) validateBoolean(strings, 'options.contextCodeGeneration.strings');
    if (wasm !== undefined) validateBoolean(wasm, 'options.contextCodeGeneration.wasm');
  }
  return { name: contextName, origin: contextOrigin, codeGeneration: contextCodeGeneration, microtaskMode };
}

let lastContextNumber = 0;

function createContext(contextObject = {}, options = kEmptyObject) {
  const isPlain = contextObject === constants.DONT_CONTEXTIFY;
  if (!isPlain) {
    validateObject(contextObject, 'contextObject', kValidateObjectAllowObjects);
    if (contexts.isContext(contextObject)) return contextObject;
  }
  validateObject(options, 'options');
  const {
    name = `VM Context ${++lastContextNumber}`, origin, codeGeneration, microtaskMode, importModuleDynamically,
  } = options;
  validateString(name, 'options.name');
  if (origin !== undefined) validateString(origin, 'options.origin');
  if (codeGeneration !== undefined) validateObject(codeGeneration, 'options.codeGeneration');
  const { strings = true, wasm = true } = codeGeneration ?? kEmptyObject;
  validateBoolean(strings, 'options.codeGeneration.strings');
  validateBoolean(wasm, 'options.codeGeneration.wasm');
  validateOneOf(microtaskMode, 'options.microtaskMode', ['afterEvaluate', undefined]);
  imports.check(importModuleDynamically);
  const context = contexts.makeContext(isPlain ? undefined : contextObject, {
    allowsStrings: strings, allowsWebAssembly: wasm, hasOwnQueue: microtaskMode !== undefined,
  });
  imports.register(contexts.globalOf(context), importModuleDynamically, context);
  return context;
}

// The functions

/** A Script from the arguments of one of the functions below. */
function scriptOf(code, options) {
  const { displayErrors } = options;
  if (displayErrors === undefined) return new Script(code, options);
  return new Script(code, { ...options, [kDisplayErrors]: displayErrors });
}

function createScript(code, options) {
  return code instanceof Script ? code : new Script(code, options);
}

function runInThisContext(code, options) {
  options = asOptions(options) ?? kEmptyObject;
  return scriptOf(code, options).runInThisContext(options);
}

function runInContext(code, contextifiedObject, options) {
  checkContext(contextifiedObject, 'contextifiedObject');
  options = asOptions(options) ?? kEmptyObject;
  return scriptOf(code, options).runInContext(contextifiedObject, options);
}

function runInNewContext(code, contextObject, options) {
  options = asOptions(options) ?? kEmptyObject;
  const context = createContext(contextObject, contextOptions(options));
  return runInContext(code, context, options);
}

function compileFunction(code, params, options = kEmptyObject) {
  validateString(code, 'code');
  validateObject(options, 'options');
  if (params !== undefined) validateStringArray(params, 'params');
  const {
    filename = '', columnOffset = 0, lineOffset = 0, cachedData, produceCachedData = false, parsingContext,
    contextExtensions = [], importModuleDynamically,
  } = options;
  checkSource({ filename, lineOffset, columnOffset, cachedData, produceCachedData });
  if (parsingContext !== undefined && !(isObject(parsingContext) && contexts.isContext(parsingContext))) {
    throw new ERR_INVALID_ARG_TYPE('options.parsingContext', 'Context', parsingContext);
  }
  validateArray(contextExtensions, 'options.contextExtensions');
  contextExtensions.forEach((each, index) => {
    validateObject(each, `options.contextExtensions[${index}]`, kValidateObjectAllowNullable);
  });
  const global = parsingContext && contexts.globalOf(parsingContext);
  const symbol = imports.symbolFor(importModuleDynamically, filename);
  const [compiled, isRejected] = guarded(
    true, { filename, line: lineOffset, column: columnOffset }, natives.compileFunctionIn, global, code, filename,
    params ?? [], lineOffset, columnOffset, contextExtensions, symbol, ...partsOf(cachedData));
  imports.register(symbol, importModuleDynamically, compiled);
  if (cachedData !== undefined) compiled.cachedDataRejected = isRejected === 1;
  if (produceCachedData) {
    compiled.cachedDataProduced = true;
    compiled.cachedData = createCodeCache(compiled);
  }
  return compiled;
}

function measureMemory(options = kEmptyObject) {
  validateObject(options, 'options');
  const { mode = 'summary', execution = 'default' } = options;
  validateOneOf(mode, 'options.mode', ['summary', 'detailed']);
  validateOneOf(execution, 'options.execution', ['default', 'eager']);
  throw notThere('vm.measureMemory()');
}

const constants = Object.freeze({
  __proto__: null,
  USE_MAIN_CONTEXT_DEFAULT_LOADER: imports.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  DONT_CONTEXTIFY: Symbol('vm_context_no_contextify'),
});

module.exports = {
  Script,
  createContext,
  createScript,
  runInContext,
  runInNewContext,
  runInThisContext,
  isContext,
  compileFunction,
  measureMemory,
  constants,
};
