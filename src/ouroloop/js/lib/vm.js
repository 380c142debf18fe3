'use strict';

// node:vm: compiling and running code, in this context or in another one.
//
// Theory of operation. V8 compiles a source for a context and runs it there; contexts and their sandboxes are in
// `internal/vm/contexts`. A Script keeps its source; V8's own cache makes compiling it again for each run cheap. What
// an error's stack begins with (the place, the line, a caret) is put there when the error leaves a run.
//
// What surprises people: code cache data is a mark that tells whether it fits a source; it makes nothing faster.
// `breakOnSigint`, `microtaskMode` and `measureMemory` need parts of V8 that are out of reach here.

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
const { isObject, kEmptyObject } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { notThere } = require('internal/not_there');
const contexts = require('internal/vm/contexts');
const imports = require('internal/vm/imports');
const codeCache = require('internal/vm/code_cache');
const { decorate, decorateStack } = require('internal/process/report_error');

const natives = internalBinding('contextify');

const DEFAULT_NAME = 'evalmachine.<anonymous>';


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

/** Call a native that compiles or runs; an error tells where it came from. */
function guarded(displayErrors, native, ...args) {
  const outcome = internalBinding('errors').callCatching(native, undefined, args);
  if (outcome === undefined) return undefined; // ended from outside
  if (outcome.length === 1) return outcome[0];
  const [error, place] = outcome;
  if (displayErrors) decorateStack(error, inSource(place, args));
  else decorate(error);
  throw error;
}

/** A place on the first line of a source that begins at a column of its own: that column is not in the line's text. */
function inSource(place, args) {
  const [, , file, line, column] = args.length === 6 && typeof args[0] !== 'string' ? args : [undefined, ...args];
  if (!Array.isArray(place) || place[0] !== file || place[1] !== line + 1 || typeof column !== 'number') return place;
  return [file, place[1], place[2] - column, place[3] - column, ...place.slice(4)];
}

class Script {
  #source;
  #filename;
  #line;
  #column;

  constructor(code, options = kEmptyObject) {
    code = `${code}`;
    options = asOptions(options);
    validateObject(options, 'options');
    const {
      filename = DEFAULT_NAME, lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false,
      importModuleDynamically, [codeCache.kDisplayErrors]: displayErrors = true,
    } = options;
    checkSource({ filename, lineOffset, columnOffset, cachedData, produceCachedData });
    imports.register(filename, importModuleDynamically, this);
    this.#source = code;
    this.#filename = filename;
    this.#line = lineOffset;
    this.#column = columnOffset;
    guarded(displayErrors, natives.runScript, code, filename, lineOffset, columnOffset, 1);
    if (cachedData !== undefined) this.cachedDataRejected = !codeCache.fits(cachedData, code);
    if (produceCachedData) {
      this.cachedData = codeCache.make(code);
      this.cachedDataProduced = true;
    }
    this.sourceURL = lastComment('sourceURL', code);
    this.sourceMapURL = lastComment('sourceMappingURL', code);
  }

  createCachedData() {
    return codeCache.make(this.#source);
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
    const result = guarded(
      displayErrors, natives.runScriptIn, global, this.#source, this.#filename, this.#line, this.#column, timeout);
    if (result?.length === 0) throw new ERR_SCRIPT_EXECUTION_TIMEOUT(timeout);
    return result?.[0];
  }
}

/** The value of the last magic comment of that name. */
function lastComment(name, code) {
  let value;
  for (const match of code.matchAll(new RegExp(`^[^\\S\\n]*//[#@] ${name}=(\\S+)[^\\S\\n]*$`, 'gm'))) value = match[1];
  return value;
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
  if (microtaskMode !== undefined) throw notThere('vm: microtaskMode');
  if (importModuleDynamically !== undefined) imports.check(importModuleDynamically);
  return contexts.makeContext(isPlain ? undefined : contextObject, strings, wasm);
}

// The functions

/** A Script from the arguments of one of the functions below. */
function scriptOf(code, options) {
  const { displayErrors } = options;
  if (displayErrors === undefined) return new Script(code, options);
  return new Script(code, { ...options, [codeCache.kDisplayErrors]: displayErrors });
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
  const compiled = guarded(
    true, natives.compileFunctionIn, global, code, filename, params ?? [], lineOffset, columnOffset, contextExtensions);
  imports.register(filename, importModuleDynamically, compiled);
  const key = `${params ?? ''}\0${code}`;
  if (cachedData !== undefined) compiled.cachedDataRejected = !codeCache.fits(cachedData, key);
  if (produceCachedData) {
    compiled.cachedDataProduced = true;
    compiled.cachedData = codeCache.make(key);
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
