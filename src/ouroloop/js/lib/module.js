'use strict';

// module: the Module class of CommonJS, with what programs may ask about modules of both kinds.

const { Module } = require('internal/modules/cjs/loader');
const builtins = require('internal/modules/builtins');
const { notThere } = require('internal/not_there');

Module.builtinModules = Object.freeze(builtins.names());

Module.isBuiltin = function isBuiltin(name) {
  return typeof name === 'string' && builtins.canBeRequired(name);
};

Module.syncBuiltinESMExports = function syncBuiltinESMExports() {
  require('internal/modules/esm/loader').syncBuiltinExports();
};

Module.findSourceMap = (path) => require('internal/source_map').findSourceMap(path);

Module.findPackageJSON = require('internal/modules/package_json_reader').findPackageJSON;

Module.register = (() => {
  // One parameter counts, as in Node.
  function register(specifier, parentURL = undefined, options) {
    require('internal/modules/esm/hooks').register(specifier, parentURL, options);
  }
  return register;
})();

Module.registerHooks = require('internal/modules/customization_hooks').registerHooks;

Module.stripTypeScriptTypes = function stripTypeScriptTypes() {
  throw notThere('module.stripTypeScriptTypes()');
};

const compileCache = require('internal/modules/compile_cache');

Module.constants = Object.freeze({ __proto__: null, compileCacheStatus: compileCache.compileCacheStatus });
Module.enableCompileCache = compileCache.enableCompileCache;
Module.flushCompileCache = compileCache.flushCompileCache;
Module.getCompileCacheDir = compileCache.getCompileCacheDir;

Module.getSourceMapsSupport = () => require('internal/source_map').getSupport();

Module.setSourceMapsSupport = function setSourceMapsSupport(enabled, options) {
  require('internal/source_map').setSupport(enabled, options);
};

Module.SourceMap = require('internal/source_map').SourceMap;

module.exports = Module;
