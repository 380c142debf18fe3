'use strict';

// module: the Module class of CommonJS, with what programs may ask about modules of both kinds.

const { Module } = require('internal/modules/cjs/loader');
const builtins = require('internal/modules/builtins');
const { notThere } = require('internal/not_there');
const { validateString } = require('internal/validators');

Module.builtinModules = Object.freeze(builtins.names());

Module.isBuiltin = function isBuiltin(name) {
  return typeof name === 'string' && builtins.canBeRequired(name);
};

Module.syncBuiltinESMExports = function syncBuiltinESMExports() {
  require('internal/modules/esm/loader').syncBuiltinExports();
};

Module.findSourceMap = (path) => require('internal/source_map').findSourceMap(path);

Module.findPackageJSON = require('internal/modules/package_json_reader').findPackageJSON;

Module.register = function register() {
  throw notThere('module.register()');
};

Module.registerHooks = require('internal/modules/customization_hooks').registerHooks;

Module.stripTypeScriptTypes = function stripTypeScriptTypes() {
  throw notThere('module.stripTypeScriptTypes()');
};

// The compile cache is Node's way to start sooner; having none is one of the answers that it may give.
const compileCacheStatus = Object.freeze({ __proto__: null, FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 });
Module.constants = Object.freeze({ __proto__: null, compileCacheStatus });
Module.enableCompileCache = function enableCompileCache(options) {
  const directory = typeof options === 'object' && options !== null ? options.directory : options;
  if (directory !== undefined) validateString(directory, 'cacheDir');
  return { status: compileCacheStatus.DISABLED };
};
Module.getCompileCacheDir = () => undefined;
Module.flushCompileCache = () => {};

Module.getSourceMapsSupport = () => require('internal/source_map').getSupport();

Module.setSourceMapsSupport = function setSourceMapsSupport(enabled, options) {
  require('internal/source_map').setSupport(enabled, options);
};

Object.defineProperty(Module, 'SourceMap', {
  __proto__: null, configurable: true, enumerable: true, get: () => require('internal/source_map').SourceMap,
});

module.exports = Module;
