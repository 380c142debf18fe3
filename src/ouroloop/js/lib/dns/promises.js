'use strict';

// dns/promises: names to addresses, as promises. What it does is in `internal/dns`.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateString } = require('internal/validators');
const dns = require('internal/dns');

const { CODES, QUERIES, ResolverBase, getDefaultResolver } = dns;

/** The promise of what `ask(settle)` tells. */
function promised(ask) {
  return new Promise((resolve, reject) => {
    ask((error, result) => (error ? reject(error) : resolve(result)));
  });
}

function lookup(hostname, options) {
  if (hostname) validateString(hostname, 'hostname');
  if (options != null && typeof options !== 'object' && typeof options !== 'number') {
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  }
  const checked = dns.lookupOptions(options);
  return promised((settle) => dns.lookup(hostname, checked, (error, found) => {
    if (error || checked.all) settle(error, found);
    else settle(null, found[0] ?? { address: null, family: checked.family === 6 ? 6 : 4 });
  }));
}

function lookupService(address, port) {
  dns.validateService(address, port, arguments.length);
  return promised((settle) => dns.lookupService(address, port, settle));
}

class Resolver extends ResolverBase {}

function asker(method, resolverOf) {
  return { [method](name, options) {
    validateString(name, 'name');
    const isWithTtl = Boolean(options?.ttl) && (method === 'resolve4' || method === 'resolve6');
    return promised((settle) => resolverOf(this)._query(method, name, isWithTtl, settle));
  } }[method];
}

function resolve(resolver, hostname, type = 'A') {
  return asker(dns.methodFor(type), () => resolver)(hostname);
}

for (const method of Object.keys(QUERIES)) Resolver.prototype[method] = asker(method, (resolver) => resolver);
Resolver.prototype.resolve = function(hostname, type) {
  return resolve(this, hostname, type);
};

module.exports = {
  lookup,
  lookupService,
  Resolver,
  getDefaultResultOrder: dns.getDefaultResultOrder,
  setDefaultResultOrder: dns.setDefaultResultOrder,
  setServers: dns.setDefaultServers,
  ...CODES,
  getServers: () => getDefaultResolver().getServers(),
  resolve: (hostname, type) => resolve(getDefaultResolver(), hostname, type),
  ...Object.fromEntries(Object.keys(QUERIES).map((method) => [method, asker(method, getDefaultResolver)])),
};
