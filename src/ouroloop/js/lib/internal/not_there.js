'use strict';

// Modules of Node that this version does not have. Requiring one gives one clear error.

const { codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM } } = require('internal/errors');

/** Core modules that exist in Node 24 and not here. */
const MODULES = new Set([
  '_stream_wrap', 'sea', 'sqlite',
]);

/** The error for a part of Node that is not here. */
function notThere(name) {
  const error = new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(name);
  error.message = `${name} is not in this version of Ouroloop (${process.versions.ouroloop})`;
  return error;
}

/** Refuse a file of TypeScript. */
function refuseTypeScript(filename) {
  throw notThere(`TypeScript (${filename})`);
}

module.exports = { MODULES, notThere, refuseTypeScript };
