'use strict';

// process.binding(): what old programs use of Node's innermost parts.
//
// Theory of operation. The names are those that Node 24 still gives. Tables of facts (`constants`, `uv`, `config`) and
// the type checks of `util` are there, and `spawn_sync`. Of the others only the name is: asking for anything in them is
// one clear error, since nothing here is made as Node makes it below its modules.

const { pendingDeprecate } = require('internal/util');
const { notThere } = require('internal/not_there');

const UTIL = [
  'isArrayBuffer', 'isAsyncFunction', 'isDate', 'isExternal', 'isMap', 'isMapIterator', 'isNativeError', 'isPromise',
  'isRegExp', 'isSet', 'isSetIterator', 'isAnyArrayBuffer', 'isArrayBufferView', 'isDataView', 'isTypedArray',
  'isUint8Array',
];

const NAME_ONLY = new Set([
  'buffer', 'cares_wrap', 'contextify', 'fs', 'fs_event_wrap', 'icu', 'inspector', 'js_stream', 'os', 'pipe_wrap',
  'process_wrap', 'stream_wrap', 'tcp_wrap', 'tls_wrap', 'tty_wrap', 'udp_wrap', 'zlib',
]);

const makers = {
  __proto__: null,
  config: () => ({
    isDebugBuild: false, openSSLIsBoringSSL: false, hasOpenSSL: true, fipsMode: false,
    hasIntl: typeof Intl === 'object', hasTracing: false, hasNodeOptions: true, hasInspector: false,
    noBrowserGlobals: false, bits: 64, getDefaultLocale: () => Intl.DateTimeFormat().resolvedOptions().locale,
  }),
  constants: () => internalBinding('constants'),
  natives: () => {
    const { ids, source } = internalBinding('builtins');
    const natives = {};
    for (const id of ids) {
      Object.defineProperty(natives, id, { get: () => source(id), enumerable: true, configurable: true });
    }
    return natives;
  },
  spawn_sync: () => require('internal/child_process/spawn_sync'),
  util: () => {
    const types = require('internal/util/types');
    return Object.fromEntries(UTIL.map((name) => [name, types[name]]));
  },
  uv: () => {
    const { errname, getErrorMap } = require('internal/uv');
    const told = pendingDeprecate(errname,
      "Directly calling process.binding('uv').errname(<val>) is being deprecated. Please make sure to use " +
      'util.getSystemErrorName() instead.', 'DEP0119');
    const codes = [...getErrorMap()].map(([number, [name]]) => [`UV_${name}`, number]);
    return { errname: told, getErrorMap, ...Object.fromEntries(codes) };
  },
};

/** A binding of which only the name is there. */
function refusing(name) {
  const refuse = (target, key) => {
    if (typeof key === 'symbol' || key === 'then' || key === 'constructor') return undefined;
    throw notThere(`process.binding('${name}').${key}`);
  };
  return new Proxy({ __proto__: null }, { get: refuse });
}

const bindings = new Map();

function binding(name) {
  require('internal/process/permission').refuse('process.binding');
  name = String(name);
  let found = bindings.get(name);
  if (found !== undefined) return found;
  if (Object.hasOwn(makers, name)) found = makers[name]();
  else if (NAME_ONLY.has(name)) found = refusing(name);
  else throw new Error(`No such module: ${name}`);
  bindings.set(name, found);
  return found;
}

module.exports = { binding };
