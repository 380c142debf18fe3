'use strict';

// module.registerHooks: functions that take part in resolving and loading modules, of `require` and of `import`.
//
// Theory of operation. Hooks stand in a chain: the last one registered is asked first, and asks the next by
// `nextResolve` or `nextLoad`; behind the first one registered stands the default step, which the loader gives. A
// hook that answers without asking further must say so (`shortCircuit`).
//
// What surprises people: what a hook puts into the context is there for all that come after it, even if it
// calls `nextLoad(url)` without a context.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_INVALID_RETURN_PROPERTY_VALUE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');

const chains = { resolve: [], load: [] };

/** Whether there is any hook of this kind ('resolve', 'load'). */
const has = (kind) => chains[kind].length > 0;

class ModuleResolveContext {
  constructor(parentURL, importAttributes, conditions) {
    this.parentURL = parentURL;
    this.importAttributes = importAttributes;
    this.conditions = conditions;
  }
}

class ModuleLoadContext {
  constructor(format, importAttributes, conditions) {
    this.format = format;
    this.importAttributes = importAttributes;
    this.conditions = conditions;
  }
}

let lastId = -1;
const kId = Symbol('kModuleHooksIdKey');

class ModuleHooks {
  constructor(resolve, load) {
    this.resolve = resolve;
    this.load = load;
    this[kId] = Symbol(`module-hook-${++lastId}`);
    for (const kind of ['resolve', 'load']) {
      if (this[kind] !== undefined) chains[kind].push(this);
    }
  }

  deregister() {
    for (const kind of ['resolve', 'load']) chains[kind] = chains[kind].filter((each) => each !== this);
  }
}

function registerHooks(hooks) {
  const { resolve, load } = hooks;
  if (resolve !== undefined) validateFunction(resolve, 'hooks.resolve');
  if (load !== undefined) validateFunction(load, 'hooks.load');
  return new ModuleHooks(resolve, load);
}

/** Ask a chain. `check(result)` throws for a result that cannot be. */
function ask(kind, argument, context, defaultStep, check) {
  const hooks = chains[kind].map((each) => each[kind]);
  const step = (index, before) => (argument, given) => {
    const isNew = given !== undefined && given !== before;
    const context = isNew ? Object.assign(Object.create(before), before, given) : before;
    if (index < 0) return defaultStep(argument, context);
    const hook = hooks[index];
    let isPassedOn = false;
    const next = step(index - 1, context);
    const result = hook(argument, context, (...args) => {
      isPassedOn = true;
      return next(...args);
    });
    if (!isPassedOn && result?.shortCircuit !== true) {
      throw new ERR_INVALID_RETURN_PROPERTY_VALUE('true', kind, 'shortCircuit', result?.shortCircuit);
    }
    check(result);
    return result;
  };
  return step(hooks.length - 1, context)(argument);
}

function checkResolved(result) {
  const { url, format } = result ?? {};
  if (typeof url !== 'string') throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a URL string', 'resolve', 'url', url);
  if (format !== undefined && format !== null && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', 'resolve', 'format', format);
  }
}

function checkLoaded(result) {
  const { source, format } = result ?? {};
  if (format !== undefined && format !== null && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', 'load', 'format', format);
  }
  if (typeof source === 'string' || isAnyArrayBuffer(source) || isArrayBufferView(source)) return;
  if ((source === null || source === undefined) && (format === 'builtin' || format === 'commonjs')) return;
  throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string, an ArrayBuffer, or a TypedArray', 'load', 'source', source);
}

/** What a specifier means: `{ url, format, importAttributes }`. `defaultStep(specifier, context)` comes last. */
function resolve(specifier, parentURL, importAttributes, conditions, defaultStep) {
  const context = new ModuleResolveContext(parentURL, importAttributes, conditions);
  return ask('resolve', specifier, context, defaultStep, checkResolved);
}

/** The conditions that a hook has put in the place of `usual`, as a Set; undefined if none. */
function changedConditions({ conditions }, usual) {
  if (conditions === usual || conditions === undefined) return undefined;
  if (!Array.isArray(conditions)) throw new ERR_INVALID_ARG_VALUE('conditions', conditions, 'expected an array');
  return new Set(conditions);
}

/** What is at a URL: `{ source, format }`, the source as text or null, that of WebAssembly as it is. */
function load(url, format, importAttributes, conditions, defaultStep) {
  const context = new ModuleLoadContext(format, importAttributes, conditions);
  const { source, format: found } = ask('load', url, context, defaultStep, checkLoaded);
  return { source: found === 'wasm' ? source : toText(source), format: found };
}

function toText(source) {
  if (typeof source === 'string') return source;
  if (source === null || source === undefined) return null;
  const { Buffer } = require('buffer');
  const bytes = isArrayBufferView(source) ? [source.buffer, source.byteOffset, source.byteLength] : [source];
  return Buffer.from(...bytes).toString();
}

module.exports = { changedConditions, has, load, registerHooks, resolve, toText };
