'use strict';

// dns: names to addresses, told to callbacks. What it does is in `internal/dns`.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction, validateString } = require('internal/validators');
const { customPromisifyArgs } = require('internal/util');
const hooks = require('internal/async_hooks');
const dns = require('internal/dns');

const { CODES, QUERIES, ResolverBase, getDefaultResolver } = dns;

function lookup(hostname, options, callback) {
  if (hostname) validateString(hostname, 'hostname');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  } else if (options != null && typeof options !== 'object' && typeof options !== 'number') {
    validateFunction(arguments.length === 2 ? options : callback, 'callback');
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  } else {
    validateFunction(callback, 'callback');
  }
  const checked = dns.lookupOptions(options);
  return dns.lookup(hostname, checked, (error, found) => {
    hooks.recorder?.called(callback);
    if (error) callback(error);
    else if (checked.all) callback(null, found);
    else if (found.length === 0) callback(null, null, checked.family === 6 ? 6 : 4);
    else callback(null, found[0].address, found[0].family);
  });
}

function lookupService(address, port, callback) {
  dns.validateService(address, port, arguments.length < 3 ? 0 : 3);
  validateFunction(callback, 'callback');
  return dns.lookupService(address, port, (error, found) => {
    hooks.recorder?.called(callback);
    if (error) callback(error, undefined, undefined);
    else callback(null, found.hostname, found.service);
  });
}

if (customPromisifyArgs !== undefined) {
  Object.defineProperty(lookup, customPromisifyArgs, { value: ['address', 'family'], enumerable: false });
  Object.defineProperty(lookupService, customPromisifyArgs, { value: ['hostname', 'service'], enumerable: false });
}

class Resolver extends ResolverBase {}

/** A method that asks `resolverOf(this)`. */
function asker(method, resolverOf) {
  return { [method](name, options, callback) {
    if (arguments.length === 2 || (callback === undefined && typeof options === 'function')) {
      callback = options;
      options = undefined;
    }
    validateString(name, 'name');
    validateFunction(callback, 'callback');
    const isWithTtl = Boolean(options?.ttl) && (method === 'resolve4' || method === 'resolve6');
    return resolverOf(this)._query(method, name, isWithTtl, callback);
  } }[method];
}

function resolve(resolver, hostname, type, callback) {
  if (typeof type === 'function') {
    callback = type;
    type = 'A';
  }
  return asker(dns.methodFor(type), () => resolver)(hostname, callback);
}

for (const method of Object.keys(QUERIES)) Resolver.prototype[method] = asker(method, (resolver) => resolver);
Resolver.prototype.resolve = function(hostname, type, callback) {
  return resolve(this, hostname, type, callback);
};

module.exports = {
  lookup,
  lookupService,
  Resolver,
  getDefaultResultOrder: dns.getDefaultResultOrder,
  setDefaultResultOrder: dns.setDefaultResultOrder,
  setServers: dns.setDefaultServers,
  ADDRCONFIG: dns.ADDRCONFIG,
  ALL: dns.ALL,
  V4MAPPED: dns.V4MAPPED,
  ...CODES,
  getServers: () => getDefaultResolver().getServers(),
  resolve: (hostname, type, callback) => resolve(getDefaultResolver(), hostname, type, callback),
  ...Object.fromEntries(Object.keys(QUERIES).map((method) => [method, asker(method, getDefaultResolver)])),
};

Object.defineProperty(module.exports, 'promises', {
  __proto__: null, configurable: true, enumerable: true, get: () => require('dns/promises'),
});
