'use strict';

// The compile cache: `module.enableCompileCache`, and what the environment says of it (NODE_COMPILE_CACHE and others).
//
// Theory of operation. Python has the cache (js/compile_cache.py); the loaders' own compilations go by way of it once
// it is turned on, and nothing turns it off again. It is written when the program ends.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { ACCESS_DENIED, accessDenied } = require('internal/process/permission');
const { getErrorMap } = require('internal/uv');

const binding = internalBinding('compile_cache');

const compileCacheStatus = Object.freeze({ __proto__: null, FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 });

const DISABLED = 'Disabled by NODE_DISABLE_COMPILE_CACHE';

const isOn = (name) => process.env[name] === '1';

function notGranted() {
  const { permission, resource } = accessDenied();
  const kind = permission === 'FileSystemRead' ? 'read' : 'write';
  return `Skipping compile cache because ${kind} permission for ${resource} is not granted`;
}

/** Turn it on: `{ status, message, directory }`, the last two where they mean something. */
function enable(directory, isPortable) {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) {
    binding.debug(`${DISABLED}.`);
    return { status: compileCacheStatus.DISABLED, message: DISABLED };
  }
  const known = getCompileCacheDir();
  if (known !== undefined) return { status: compileCacheStatus.ALREADY_ENABLED, directory: known };
  const errno = binding.enable(directory, `${process.version}-${process.arch}`, isPortable);
  if (errno === 0) return { status: compileCacheStatus.ENABLED, directory: require('path').resolve(directory) };
  if (errno === ACCESS_DENIED) return { status: compileCacheStatus.FAILED, message: notGranted() };
  const reason = getErrorMap().get(errno)?.[1] ?? 'unknown error';
  return { status: compileCacheStatus.FAILED, message: `Cannot create cache directory: ${reason}` };
}

/** Keep what V8 compiles of this program's files from now on. `options`: a folder, or `{ directory, portable }`. */
function enableCompileCache(options) {
  const { directory, portable } = typeof options === 'object' && options !== null ? options : { directory: options };
  if (directory !== undefined && typeof directory !== 'string') throw notAFolder(directory);
  const folder = directory || process.env.NODE_COMPILE_CACHE ||
    require('path').join(require('os').tmpdir(), 'node-compile-cache');
  return enable(folder, portable === undefined ? isOn('NODE_COMPILE_CACHE_PORTABLE') : Boolean(portable));
}

function notAFolder(value) {
  const error = new ERR_INVALID_ARG_TYPE('cacheDir', 'string', value);
  error.message = 'cacheDir should be a string';
  return error;
}

/** Write what was compiled until now. */
function flushCompileCache() {
  binding.flush();
}

/** Where the cache is; undefined if there is none. */
function getCompileCacheDir() {
  return binding.getDirectory() ?? undefined;
}

/** At start-up. */
function enableFromEnvironment() {
  const directory = process.env.NODE_COMPILE_CACHE;
  if (directory) enable(directory, isOn('NODE_COMPILE_CACHE_PORTABLE'));
}

module.exports = {
  compileCacheStatus, enableCompileCache, enableFromEnvironment, flushCompileCache, getCompileCacheDir,
};
