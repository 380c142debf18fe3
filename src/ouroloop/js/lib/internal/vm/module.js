'use strict';

// vm.Module, vm.SourceTextModule and vm.SyntheticModule: ES modules that a program makes and links itself.
//
// Theory of operation. V8 has the module; a handle (js/natives/vm_module.py) stands for it. Linking is two steps: each
// module is told which modules its requests mean (`linkRequests`, or `link`, which asks a function), and then V8 links
// the whole graph at once (`instantiate`). V8 knows a module's status; only what it cannot know (that a linker is being
// asked, or has failed) is kept here.
//
// What surprises people: a synthetic module is two ES modules that are made up. One has the variables, and a function
// that sets them, which can be called once it is linked, before it runs. The other exports the variables under their
// names, and is the one that is seen.

const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_MODULE_LINK_MISMATCH,
    ERR_SCRIPT_EXECUTION_TIMEOUT, ERR_VM_MODULE_ALREADY_LINKED, ERR_VM_MODULE_CACHED_DATA_REJECTED,
    ERR_VM_MODULE_CANNOT_CREATE_CACHED_DATA, ERR_VM_MODULE_DIFFERENT_CONTEXT, ERR_VM_MODULE_LINK_FAILURE,
    ERR_VM_MODULE_NOT_MODULE, ERR_VM_MODULE_STATUS,
  },
} = require('internal/errors');
const {
  validateArray, validateBoolean, validateFunction, validateInt32, validateObject, validateString, validateUint32,
} = require('internal/validators');
const { customInspectSymbol, kEmptyObject } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const contexts = require('internal/vm/contexts');
const imports = require('internal/vm/imports');
const codeCache = require('internal/vm/code_cache');
const { guarded } = require('internal/vm/guarded');

const natives = internalBinding('vm_module');

const STATUSES = ['unlinked', 'linking', 'linked', 'evaluating', 'evaluated', 'errored']; // V8's numbers

const FULFILLED = 1;
const REJECTED = 2;

// From V8's modules to ours

const byHash = new Map(); // V8's hash of a module -> weak references to the modules of that hash
const wrappers = new WeakMap(); // the symbol that a module is compiled with -> the module
let forgotten; // FinalizationRegistry of hashes

/** As long as V8 has the module's code, it has the symbol, and so the wrapper lives. */
function remember(wrapper, symbol, handle) {
  wrappers.set(symbol, wrapper);
  const hash = natives.hash(handle);
  const list = byHash.get(hash) ?? [];
  list.push(new WeakRef(wrapper));
  byHash.set(hash, list);
  forgotten ??= new FinalizationRegistry(prune);
  forgotten.register(wrapper, hash);
}

function prune(hash) {
  const list = byHash.get(hash)?.filter((reference) => reference.deref() !== undefined) ?? [];
  if (list.length === 0) byHash.delete(hash);
  else byHash.set(hash, list);
}

let isListening = false;

function listenToImportMeta() {
  if (isListening) return;
  isListening = true;
  natives.setImportMetaCallback((hash, handle, meta) => {
    for (const reference of byHash.get(hash) ?? []) {
      const wrapper = reference.deref();
      if (wrapper !== undefined && natives.isSame(wrapper[kHandle], handle)) wrapper[kInitializeImportMeta]?.(meta);
    }
  });
}

// The base

const kHandle = Symbol('kWrap');
const kInitializeImportMeta = Symbol('kInitializeImportMeta');
const kLink = Symbol('kLink');
const kLinked = Symbol('kLinked'); // modules, in the order of the requests

const numbers = new WeakMap(); // context -> how many modules without a name it has
const MAIN = {};

function nameFor(context) {
  const number = numbers.get(context ?? MAIN) ?? 0;
  numbers.set(context ?? MAIN, number + 1);
  return `vm:module(${number})`;
}

/** `[handle, requests]` */
function compile(source, identifier, line, column, context, symbol) {
  listenToImportMeta();
  const global = context && contexts.globalOf(context);
  const place = { filename: identifier, line, column };
  return guarded(false, place, natives.compile, source, identifier, line, column, global, symbol);
}

class Module {
  #identifier;
  #context;
  #own; // a status that V8 cannot know
  #error;

  constructor(token, identifier, context) {
    if (token !== kHandle) throw new TypeError('Module is not a constructor');
    this.#identifier = identifier;
    this.#context = context;
    this[kLinked] = undefined;
  }

  static #check(value) {
    if (!isModule(value)) throw new ERR_INVALID_THIS('Module');
  }

  static isModule(value) {
    return typeof value === 'object' && value !== null && #own in value;
  }

  /** While a linker is asked. */
  static setLinking(module) {
    module.#own = 'linking';
  }

  static setAsked(module) {
    module.#own = undefined;
  }

  static setFailed(module, error) {
    module.#own = 'errored';
    module.#error = error;
  }

  get identifier() {
    Module.#check(this);
    return this.#identifier;
  }

  get context() {
    Module.#check(this);
    return this.#context;
  }

  get namespace() {
    Module.#check(this);
    if (['unlinked', 'linking'].includes(this.status)) {
      throw new ERR_VM_MODULE_STATUS('must not be unlinked or linking');
    }
    return natives.namespace(this[kHandle]);
  }

  get status() {
    Module.#check(this);
    return this.#own ?? STATUSES[natives.status(this[kHandle])];
  }

  get error() {
    Module.#check(this);
    if (this.status !== 'errored') throw new ERR_VM_MODULE_STATUS('must be errored');
    return this.#own === undefined ? natives.error(this[kHandle]) : this.#error;
  }

  async link(linker) {
    Module.#check(this);
    validateFunction(linker, 'linker');
    if (this.status === 'linked') throw new ERR_VM_MODULE_ALREADY_LINKED();
    if (this.status !== 'unlinked') throw new ERR_VM_MODULE_STATUS('must be unlinked');
    await this[kLink](linker);
    instantiate(this);
  }

  evaluate(options = kEmptyObject) {
    try {
      Module.#check(this);
      return evaluate(this, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [customInspectSymbol](depth, options) {
    Module.#check(this);
    if (typeof depth === 'number' && depth < 0) return `[${this.constructor?.name ?? 'Module'}]`;
    const shown = Object.create(this.constructor.prototype);
    for (const key of ['status', 'identifier', 'context']) {
      Object.defineProperty(shown, key, { __proto__: null, value: this[key], enumerable: true });
    }
    return require('internal/util/inspect').inspect(shown, { ...options, customInspect: false });
  }
}

const { isModule, setLinking, setAsked, setFailed } = Module;
for (const name of ['isModule', 'setLinking', 'setAsked', 'setFailed']) delete Module[name];

/** Every module that V8 will link when it links `root`. */
function graphOf(root) {
  const graph = [root];
  for (const module of graph) {
    for (const each of module[kLinked] ?? []) if (!graph.includes(each)) graph.push(each);
  }
  return graph;
}

/** Have V8 link a module and all below it. */
function instantiate(root) {
  if (root.status !== 'unlinked') return;
  const graph = graphOf(root).flatMap((module) => [module, ...(module[kParts] ?? [])]);
  for (const module of graph) checkLinked(module, root);
  const handles = graph.map((module) => module[kHandle]);
  const linked = graph.map((module) => (module[kLinked] ?? []).map((each) => each[kHandle]));
  const global = root.context && contexts.globalOf(root.context);
  natives.instantiate(handles, linked, global);
}

const kParts = Symbol('kParts'); // what a synthetic module is made of

function checkLinked(module, root) {
  if (module[kLinked] !== undefined) return;
  if (module === root) throw new ERR_VM_MODULE_LINK_FAILURE('module is not linked');
  const { specifier } = module.moduleRequests[0] ?? {};
  if (specifier === undefined) return;
  throw new ERR_VM_MODULE_LINK_FAILURE(
    `request for '${specifier}' can not be resolved on module '${module.identifier}' that is not linked`);
}

function evaluate(module, options) {
  validateObject(options, 'options');
  const { timeout, breakOnSigint = false } = options;
  if (timeout !== undefined) validateUint32(timeout, 'options.timeout', true);
  validateBoolean(breakOnSigint, 'options.breakOnSigint');
  if (!['linked', 'evaluated', 'errored'].includes(module.status)) {
    throw new ERR_VM_MODULE_STATUS('must be one of linked, evaluated, or errored');
  }
  if (breakOnSigint) throw require('internal/not_there').notThere('vm: breakOnSigint');
  const global = module.context && contexts.globalOf(module.context);
  const [promise] = natives.evaluate(module[kHandle], global, timeout ?? 0) ?? [];
  if (promise === undefined) throw new ERR_SCRIPT_EXECUTION_TIMEOUT(timeout);
  return module.context && contexts.hasOwnMicrotasks(module.context) ? ours(promise) : promise;
}

/** A promise of ours for one whose reactions would wait for a queue that nobody runs any more. */
function ours(promise) {
  const [state, value] = internalBinding('util').getPromiseDetails(promise);
  if (state === FULFILLED) return Promise.resolve(value);
  if (state === REJECTED) {
    promise.catch(() => {});
    return Promise.reject(value);
  }
  return new Promise((resolve, reject) => promise.then(resolve, reject));
}

function contextOf(options) {
  const { context } = options;
  if (context === undefined) return undefined;
  validateObject(context, 'context');
  if (!contexts.isContext(context)) throw new ERR_INVALID_ARG_TYPE('options.context', 'vm.Context', context);
  return context;
}

function identifierOf(options, context) {
  const { identifier } = options;
  if (identifier === undefined) return nameFor(context);
  validateString(identifier, 'options.identifier');
  return identifier;
}

// From source

class SourceTextModule extends Module {
  #source;
  #requests;
  #specifiers;

  constructor(sourceText, options = kEmptyObject) {
    validateString(sourceText, 'sourceText');
    validateObject(options, 'options');
    const {
      lineOffset = 0, columnOffset = 0, initializeImportMeta, importModuleDynamically, cachedData,
    } = options;
    validateInt32(lineOffset, 'options.lineOffset');
    validateInt32(columnOffset, 'options.columnOffset');
    if (initializeImportMeta !== undefined) validateFunction(initializeImportMeta, 'options.initializeImportMeta');
    imports.check(importModuleDynamically);
    if (cachedData !== undefined && !isArrayBufferView(cachedData)) {
      throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
    }
    const context = contextOf(options);
    super(kHandle, identifierOf(options, context), context);
    if (cachedData !== undefined && !codeCache.fits(cachedData, sourceText)) {
      throw new ERR_VM_MODULE_CACHED_DATA_REJECTED();
    }
    this.#source = sourceText;
    const symbol = Symbol(this.identifier);
    imports.register(symbol, importModuleDynamically, this);
    const [handle, requests] = compile(sourceText, this.identifier, lineOffset, columnOffset, context, symbol);
    this[kHandle] = handle;
    this[kInitializeImportMeta] = initializeImportMeta && ((meta) => initializeImportMeta(meta, this));
    remember(this, symbol, this[kHandle]);
    for (const key of [kLinked, kHandle, kInitializeImportMeta]) hide(this, key);
    this.#requests = requestsOf(requests);
  }

  static #check(value) {
    if (!(isModule(value) && #source in value)) throw new ERR_INVALID_THIS('SourceTextModule');
  }

  get moduleRequests() {
    return this.#requests;
  }

  get dependencySpecifiers() {
    this.#specifiers ??= Object.freeze(this.#requests.map(({ specifier }) => specifier));
    return this.#specifiers;
  }

  linkRequests(modules) {
    SourceTextModule.#check(this);
    if (this.status !== 'unlinked') throw new ERR_VM_MODULE_STATUS('must be unlinked');
    validateArray(modules, 'modules');
    const { length } = this.#requests;
    if (modules.length !== length) {
      throw new ERR_MODULE_LINK_MISMATCH(`Expected ${length} modules, got ${modules.length}`);
    }
    for (const module of modules) this.#checkLinkable(module);
    this.#checkSameness(modules);
    this[kLinked] = [...modules];
  }

  instantiate() {
    SourceTextModule.#check(this);
    if (this.status !== 'unlinked') throw new ERR_VM_MODULE_STATUS('must be unlinked');
    instantiate(this);
  }

  hasTopLevelAwait() {
    SourceTextModule.#check(this);
    return require('internal/modules/esm_syntax').hasTopLevelAwait(this.#source);
  }

  hasAsyncGraph() {
    SourceTextModule.#check(this);
    if (['unlinked', 'linking'].includes(this.status)) throw new ERR_VM_MODULE_STATUS('must be instantiated');
    return graphOf(this).some((module) => module instanceof SourceTextModule && module.hasTopLevelAwait());
  }

  createCachedData() {
    SourceTextModule.#check(this);
    if (['evaluating', 'evaluated', 'errored'].includes(this.status)) {
      throw new ERR_VM_MODULE_CANNOT_CREATE_CACHED_DATA();
    }
    return codeCache.make(this.#source);
  }

  /** What is asked for twice, as a module and as its source, must be one module. */
  #checkSameness(modules) {
    const known = new Map();
    this.#requests.forEach(({ specifier, attributes }, index) => {
      const entries = Object.entries(attributes);
      const key = `ModuleCacheKey("${specifier}"${entries.map(([name, value]) => `, ${name}: ${value}`).join('')})`;
      const first = known.get(key) ?? index;
      if (modules[first] !== modules[index]) {
        throw new ERR_MODULE_LINK_MISMATCH(
          `Module request '${key}' at index ${first} must be linked to the same module requested at index ${index}`);
      }
      known.set(key, first);
    });
  }

  #checkLinkable(module) {
    if (!isModule(module)) throw new ERR_VM_MODULE_NOT_MODULE();
    if (module.context !== this.context) throw new ERR_VM_MODULE_DIFFERENT_CONTEXT();
  }

  async [kLink](linker) {
    setLinking(this);
    try {
      const found = this.#requests.map(async ({ specifier, attributes }) => {
        const module = await linker(specifier, this, { attributes, assert: attributes });
        this.#checkLinkable(module);
        if (module.status === 'errored') {
          throw new ERR_VM_MODULE_LINK_FAILURE(
            `request for '${specifier}' resolved to an errored module`, module.error);
        }
        if (module.status === 'unlinked') await module[kLink](linker);
        return module;
      });
      this[kLinked] = await Promise.all(found);
    } catch (error) {
      setFailed(this, error);
      throw error;
    }
    setAsked(this);
  }
}

function hide(object, key) {
  Object.defineProperty(object, key, { __proto__: null, enumerable: false });
}

function requestsOf(list) {
  const requests = [];
  for (let i = 0; i < list.length; i += 3) {
    const attributes = { __proto__: null };
    for (let j = 0; j < list[i + 1].length; j += 2) attributes[list[i + 1][j]] = list[i + 1][j + 1];
    requests.push(Object.freeze({
      __proto__: null, specifier: list[i], attributes: Object.freeze(attributes), phase: list[i + 2],
    }));
  }
  return Object.freeze(requests);
}

// From values

class SyntheticModule extends Module {
  #places = new Map(); // export's name -> number of its variable
  #set;

  constructor(exportNames, evaluateCallback, options = kEmptyObject) {
    if (!Array.isArray(exportNames) || exportNames.some((name) => typeof name !== 'string')) {
      throw new ERR_INVALID_ARG_TYPE('exportNames', 'Array of unique strings', exportNames);
    }
    exportNames.forEach((name, index) => {
      if (exportNames.indexOf(name) < index) {
        throw new ERR_INVALID_ARG_VALUE(`exportNames.${name}`, name, 'is duplicated');
      }
    });
    validateFunction(evaluateCallback, 'evaluateCallback');
    validateObject(options, 'options');
    const context = contextOf(options);
    super(kHandle, identifierOf(options, context), context);
    exportNames.forEach((name, index) => this.#places.set(name, index));
    const variables = compileVariables(exportNames.length, context);
    const symbol = Symbol(this.identifier);
    [this[kHandle]] = compile(sourceOfExports(exportNames), this.identifier, 0, 0, context, symbol);
    this[kInitializeImportMeta] = (meta) => {
      meta.evaluate = () => Reflect.apply(evaluateCallback, this, []);
    };
    remember(this, symbol, this[kHandle]);
    this[kParts] = [{ [kHandle]: variables, [kLinked]: [] }];
    this[kLinked] = this[kParts];
    for (const key of [kLinked, kHandle, kInitializeImportMeta, kParts]) hide(this, key);
    natives.instantiate(
      [this[kHandle], variables], [[variables], []], context && contexts.globalOf(context));
    this.#set = natives.namespace(variables).set;
  }

  link() {
    if (!(isModule(this) && #set in this)) throw new ERR_INVALID_THIS('SyntheticModule');
  }

  setExport(name, value) {
    if (!(isModule(this) && #set in this)) throw new ERR_INVALID_THIS('SyntheticModule');
    validateString(name, 'name');
    const place = this.#places.get(name);
    if (place === undefined) throw new ReferenceError(`Export '${name}' is not defined in module`);
    this.#set(place, value);
  }
}

/** The module with the variables, which are undefined until they are set. */
function compileVariables(count, context) {
  const variables = Array.from({ length: count }, (_, index) => `v${index}`);
  const cases = variables.map((variable, index) => `case ${index}: ${variable} = value; break;`).join('');
  const declaration = count === 0 ? '' : `export var ${variables};`;
  const source = `${declaration} export function set(place, value) { switch (place) { ${cases} } }`;
  return compile(source, 'node:internal/vm/synthetic', 0, 0, context, undefined)[0];
}

function sourceOfExports(names) {
  const list = names.map((name, index) => `v${index} as ${JSON.stringify(name)}`);
  return `export { ${list} } from "variables"; import.meta.evaluate();`;
}

/** With --experimental-vm-modules `node:vm` has these. */
function addTo(vm) {
  Object.assign(vm, { Module, SourceTextModule, SyntheticModule });
}

module.exports = { SourceTextModule, SyntheticModule, addTo, isModule };
