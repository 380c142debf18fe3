'use strict';

// Core modules, as programs see them: which there are, and how they are called.

const { codes: { ERR_UNKNOWN_BUILTIN_MODULE } } = require('internal/errors');
const { MODULES: ABSENT, notThere } = require('internal/not_there');
const { warnOnce } = require('internal/util');

const { ids } = internalBinding('builtins');

const SCHEME_ONLY = new Set(['sea', 'sqlite', 'test', 'test/reporters']);

const present = new Set(ids.filter((id) => !id.startsWith('internal/')));
const all = new Set([...present, ...ABSENT]);
const withoutScheme = [...all].filter((id) => !SCHEME_ONLY.has(id)).sort();

function canBeRequiredWithoutScheme(id) {
  return all.has(id) && !SCHEME_ONLY.has(id);
}

/** Whether `request` names a core module, with or without `node:`. */
function canBeRequired(request) {
  if (request.startsWith('node:')) return all.has(request.slice(5));
  return canBeRequiredWithoutScheme(request);
}

function warnOfPunycode() {
  if (require('internal/util/caller').isCalledByPackage()) return;
  warnOnce('DEP0040', 'The `punycode` module is deprecated. Please use a userland alternative instead.',
    'DeprecationWarning', 'DEP0040');
}

/** The exports of a core module, by its name without `node:`. */
function load(id) {
  if (!all.has(id)) throw new ERR_UNKNOWN_BUILTIN_MODULE(`node:${id}`);
  if (!present.has(id)) throw notThere(`node:${id}`);
  if (id === 'punycode') warnOfPunycode();
  return require(id);
}

/** `module.builtinModules`. */
function names() {
  return [...withoutScheme, ...[...SCHEME_ONLY].map((id) => `node:${id}`)];
}

module.exports = { canBeRequired, canBeRequiredWithoutScheme, load, names };
