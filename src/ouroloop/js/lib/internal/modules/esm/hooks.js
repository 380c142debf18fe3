'use strict';

// module.register and --experimental-loader: hooks that may be asynchronous, and take part in what is imported.
//
// Theory of operation. Hooks stand in one chain for each kind ('resolve', 'load'); the last one registered is asked
// first and asks the next by `nextResolve` or `nextLoad`, behind the first stands Node's own step. A hooks module, and
// what it imports, is loaded into a module graph of its own (`loader.hooksGraph`). `import` awaits the chain. What
// cannot wait (`require`, `import.meta.resolve`, `register` itself) has microtasks run until the chain has answered.
//
// What surprises people: in Node hooks run on a thread of their own. Here they run on the program's: they share its
// globals and its event loop, a busy hook stops the program, and a hook that waits for anything but files cannot answer
// what cannot wait. `isMainThread` is false for them all the same, and what is given to `register` is cloned.

const { codes: {
  ERR_ASYNC_LOADER_REQUEST_NEVER_SETTLED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  ERR_INVALID_RETURN_PROPERTY_VALUE, ERR_INVALID_RETURN_VALUE, ERR_LOADER_CHAIN_INCOMPLETE,
} } = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');

const microtasks = internalBinding('microtasks');
const values = internalBinding('util');

const PENDING = 0;
const REJECTED = 2;

const chains = { resolve: [], load: [] }; // { hook, url }
let registering; // the promise of a registration under way

/** Whether there are hooks, or will be as soon as a registration has ended. */
// In parentheses, V8 compiles it with the snapshot: every program asks this.
const isActive = (() => chains.resolve.length > 0 || chains.load.length > 0 || registering !== undefined);

// Registering

/** `module.register(specifier, parentURL, { data, transferList })`, or with `parentURL` among the options. */
function register(specifier, parentURL = undefined, options) {
  require('internal/process/permission').demand('worker'); // Node runs them in one
  if (parentURL !== null && typeof parentURL === 'object' && !require('internal/url').isURL(parentURL)) {
    options = parentURL;
    parentURL = options.parentURL;
  }
  const { data, transferList } = options ?? {};
  const before = countWaiting();
  const promise = add(`${specifier}`, `${parentURL ?? 'data:'}`, cloneForHooks(data, transferList ?? []));
  drain(promise);
  const [state, result] = values.getPromiseDetails(promise);
  if (state === REJECTED) {
    promise.catch(() => {});
    throw result;
  }
  // It waits for something outside: whatever is imported from now on awaits it.
  if (state === PENDING && countWaiting() === before) throw new ERR_ASYNC_LOADER_REQUEST_NEVER_SETTLED();
}

/** The hooks' own copy of `data`. The ports among what is transferred do not keep the program alive. */
function cloneForHooks(data, transferList) {
  const { value, transferred } = require('internal/structured_clone').cloneAndTransfer(data, [...transferList]);
  const { MessagePort, neverKeepAlive } = require('internal/message_channel');
  for (const object of transferred) {
    if (object instanceof MessagePort) neverKeepAlive(object);
  }
  return value;
}

/** Load a hooks module and put its hooks into the chains. One after the other. */
function add(specifier, parentURL, data) {
  const before = registering;
  const promise = (async () => {
    await before;
    const { hooksGraph, importWithHooks } = require('internal/modules/esm/loader');
    const attributes = { __proto__: null };
    await addHooks(specifier, await importWithHooks(specifier, parentURL, attributes, hooksGraph), data);
  })();
  const end = () => {
    if (registering === promise) registering = undefined;
  };
  registering = promise;
  promise.then(end, end);
  return promise;
}

async function addHooks(url, { initialize, resolve, load, globalPreload }, data) {
  if (globalPreload !== undefined && initialize === undefined) warnGlobalPreload();
  if (resolve !== undefined) chains.resolve.push({ hook: resolve, url });
  if (load !== undefined) chains.load.push({ hook: load, url });
  await initialize?.(data);
}

let isGlobalPreloadTold = false;

function warnGlobalPreload() {
  if (isGlobalPreloadTold) return;
  isGlobalPreloadTold = true;
  process.emitWarning('`globalPreload` has been removed; use `initialize` instead.', 'UnsupportedWarning');
}

/** What --experimental-loader names, before the program. */
async function addFromCommandLine(specifiers) {
  warnOfOption(specifiers);
  const parentURL = require('internal/util').getCWDURL().href;
  for (const specifier of specifiers) await add(specifier, parentURL, undefined);
}

function warnOfOption(specifiers) {
  const calls = specifiers.map((specifier) => `register(${JSON.stringify(specifier)}, pathToFileURL("./"));`).join(' ');
  const program = 'import { register } from "node:module"; import { pathToFileURL } from "node:url"; ' + calls;
  process.emitWarning(
    '`--experimental-loader` may be removed in the future; instead use `register()`:\n' +
    `--import 'data:text/javascript,${program}'`, 'ExperimentalWarning');
}

// What cannot wait

const countWaiting = () => process.getActiveResourcesInfo().length;

/** Run microtasks, and wait for files, until a promise has settled or there is nothing of this kind left. */
function drain(promise) {
  require('internal/requests').completeUntil(() => {
    if (values.getPromiseDetails(promise)[0] === PENDING) microtasks.runNow();
    return values.getPromiseDetails(promise)[0] !== PENDING;
  });
}

/** The value of a promise, now. */
function now(promise) {
  const before = countWaiting();
  drain(promise);
  const [state, result] = values.getPromiseDetails(promise);
  if (state === PENDING) {
    if (countWaiting() === before) throw new ERR_ASYNC_LOADER_REQUEST_NEVER_SETTLED();
    const { notThere } = require('internal/not_there');
    throw notThere('A hook that awaits anything but files, inside require() or import.meta.resolve(),');
  }
  if (state !== REJECTED) return result;
  promise.catch(() => {});
  throw result;
}

// The chains

/** Warns who reads the old name of `importAttributes`. */
function withOldName(context) {
  return Object.defineProperty(context, 'importAssertions', {
    __proto__: null,
    configurable: true,
    get() {
      emitAssertionsWarning();
      return this.importAttributes;
    },
    set(value) {
      emitAssertionsWarning();
      this.importAttributes = value;
    },
  });
}

/** What a hook gives, `importAttributes` by its new name. */
function renamed(given) {
  const { value } = Object.getOwnPropertyDescriptor(given, 'importAssertions') ?? {};
  if (value === undefined) return given;
  emitAssertionsWarning();
  return { ...given, importAttributes: given.importAttributes ?? value };
}

let isAssertionsTold = false;

function emitAssertionsWarning() {
  if (isAssertionsTold) return;
  isAssertionsTold = true;
  process.emitWarning('Use `importAttributes` instead of `importAssertions`', 'ExperimentalWarning');
}

const KINDS = {
  resolve: {
    name: 'nextResolve',
    checkArgument(specifier, where) {
      if (typeof specifier !== 'string') throw new ERR_INVALID_ARG_TYPE(`${where} specifier`, 'string', specifier);
    },
  },
  load: {
    name: 'nextLoad',
    checkArgument(url, where) {
      if (typeof url !== 'string') throw new ERR_INVALID_ARG_TYPE(`${where} url`, 'a URL string', url);
      if (!URL.canParse(url)) throw new ERR_INVALID_ARG_VALUE(`${where} url`, url, 'should be a URL string');
    },
  },
};

/** Ask a chain: `{ result, where }`, the latter to say which hook gave a bad result. */
async function ask(kind, argument, context, defaultStep) {
  const { name, checkArgument } = KINDS[kind];
  const hooks = [{ hook: defaultStep, url: `node:internal/modules/esm/${kind}` }, ...chains[kind]];
  let last; // the hook that was asked last
  let isComplete = false;

  function stepTo(index, before) {
    const { hook, url } = hooks[index];
    const where = `${url} '${kind}' hook's ${name}()`;
    const next = async (...args) => {
      const [argument, given = before] = args;
      checkArgument(argument, where);
      if (given === null || typeof given !== 'object' || Array.isArray(given)) {
        throw new ERR_INVALID_ARG_TYPE(`${where} context`, 'object', given);
      }
      const context = given === before ? before : withOldName({ ...before, ...renamed(given) });
      last = url;
      isComplete ||= index === 0;
      const result = await hook(argument, context, index === 0 ? undefined : stepTo(index - 1, context));
      if (result === null || typeof result !== 'object') throw new ERR_INVALID_RETURN_VALUE('an object', where, result);
      isComplete ||= result.shortCircuit === true;
      return result;
    };
    return Object.defineProperty(next, 'name', { __proto__: null, value: name });
  }

  const result = await stepTo(hooks.length - 1, withOldName(context))(argument);
  const where = `${last} '${kind}'`;
  if (!isComplete) throw new ERR_LOADER_CHAIN_INCOMPLETE(where);
  return { result, where };
}

function checkFormat(format, where) {
  if (format !== undefined && format !== null && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', where, 'format', format);
  }
}

/** Wait for the registrations under way. */
async function ready() {
  while (registering !== undefined) await registering.catch(() => {});
}

/** What a specifier means: `{ url, format, importAttributes }`. `defaultStep(specifier, context)` comes last. */
async function resolve(specifier, parentURL, importAttributes, conditions, defaultStep) {
  const context = { conditions, importAttributes, parentURL };
  const { result, where } = await ask('resolve', specifier, context, defaultStep);
  const { url, format, importAttributes: attributes } = renamed(result);
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a URL string', where, 'url', url);
  }
  if (attributes !== undefined && (attributes === null || typeof attributes !== 'object')) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('an object', where, 'importAttributes', attributes);
  }
  checkFormat(format, where);
  return { url, format, importAttributes: attributes };
}

/** What is at a URL: `{ source, format }`, the source as the hooks gave it. */
async function load(url, format, importAttributes, defaultStep) {
  const { result, where } = await ask('load', url, { format, importAttributes }, defaultStep);
  const { source } = result;
  checkFormat(result.format, where);
  if (source !== undefined && source !== null && typeof source !== 'string' && !isAnyArrayBuffer(source) &&
      !isArrayBufferView(source)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE(
      'a string, an ArrayBuffer, or a TypedArray', where, 'source', source);
  }
  return { source, format: result.format };
}

module.exports = { addFromCommandLine, isActive, load, now, ready, register, resolve };
