'use strict';

// `import()` in code of `vm`: what is to be done is known by the name of the script that asks.
//
// What surprises people: V8 tells the loader a script's name and nothing else here, so two scripts of one name share
// what the later one said.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING, ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG },
} = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { emitExperimentalWarning } = require('internal/util');

const USE_MAIN_CONTEXT_DEFAULT_LOADER = Symbol('vm_dynamic_import_main_context_default');

const byName = new Map(); // script name -> { option, referrer }

function check(option) {
  if (option === undefined || option === USE_MAIN_CONTEXT_DEFAULT_LOADER || typeof option === 'function') return;
  throw new ERR_INVALID_ARG_TYPE('options.importModuleDynamically', 'function', option);
}

function register(name, option, referrer) {
  check(option);
  if (option === USE_MAIN_CONTEXT_DEFAULT_LOADER) {
    emitExperimentalWarning('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER');
    byName.delete(name);
    return;
  }
  byName.set(name, { option, referrer });
}

/** For the loader: undefined, or the function that imports for the script of that name. */
function importerFor(name) {
  const found = byName.get(name);
  if (found === undefined) return undefined;
  return async (specifier, attributes) => {
    if (found.option === undefined) throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING();
    if (!getOptionValue('--experimental-vm-modules')) throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG();
    const result = await found.option(specifier, found.referrer, attributes, 'evaluation');
    return result?.namespace ?? result;
  };
}

module.exports = { USE_MAIN_CONTEXT_DEFAULT_LOADER, check, importerFor, register };
