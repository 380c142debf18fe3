'use strict';

// `import()` in code of `vm`: who is asked what it gives.
//
// Theory of operation. A script is compiled with a symbol, and when it imports, V8 shows that symbol again. A symbol of
// its own leads to the script's `importModuleDynamically`; two that all share say that there is none, or that the main
// program's loader is to do it. Code that V8 knows no script for (an `eval` from a microtask) goes by its context; in
// the main one that, too, means the loader.
//
// What surprises people: nothing here keeps anything alive. The symbol lives as long as V8 has the script's code, and
// with it what it leads to.

const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING, ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG,
    ERR_VM_MODULE_NOT_MODULE,
  },
} = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { emitExperimentalWarning } = require('internal/util');

const USE_MAIN_CONTEXT_DEFAULT_LOADER = Symbol('vm_dynamic_import_main_context_default');
const MISSING = Symbol('vm_dynamic_import_missing');
const DEFAULT_LOADER = Symbol('vm_dynamic_import_default');

const importers = new WeakMap(); // symbol or a context's global -> { option, referrer }

function check(option) {
  if (option === undefined || option === USE_MAIN_CONTEXT_DEFAULT_LOADER || typeof option === 'function') return;
  throw new ERR_INVALID_ARG_TYPE('options.importModuleDynamically', 'function', option);
}

/** What to compile with. `register` tells later whom a symbol of its own is for. */
function symbolFor(option, name) {
  check(option);
  if (option === undefined) return MISSING;
  if (option !== USE_MAIN_CONTEXT_DEFAULT_LOADER) return Symbol(name);
  emitExperimentalWarning('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER');
  return DEFAULT_LOADER;
}

/** `key` is what a script or module was compiled with, or the global object of a context. */
function register(key, option, referrer) {
  if (key !== MISSING && key !== DEFAULT_LOADER) importers.set(key, { option, referrer });
}

/** For the loader: the function that imports for what V8 shows; undefined if the loader itself is to do it. */
function importerFor(symbol, global) {
  if (symbol === MISSING) return refuse;
  if (symbol === DEFAULT_LOADER || (symbol === undefined && global === undefined)) return undefined;
  const found = importers.get(symbol ?? global);
  if (found?.option === USE_MAIN_CONTEXT_DEFAULT_LOADER) return undefined;
  if (found?.option === undefined) return refuse;
  return (specifier, attributes) => importBy(found, specifier, attributes);
}

async function refuse() {
  throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING();
}

async function importBy({ option, referrer }, specifier, attributes) {
  if (!getOptionValue('--experimental-vm-modules')) throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG();
  const result = await option(specifier, referrer, attributes, 'evaluation');
  if (internalBinding('types').isModuleNamespaceObject(result)) return result;
  const { isModule } = require('internal/vm/module');
  if (!isModule(result)) throw new ERR_VM_MODULE_NOT_MODULE();
  if (result.status === 'errored') throw result.error;
  return result.namespace;
}

module.exports = { USE_MAIN_CONTEXT_DEFAULT_LOADER, check, importerFor, register, symbolFor };
