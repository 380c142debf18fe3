'use strict';

// dns: names to addresses, by the operating system or by asking name servers; what `dns` and `dns/promises` share.
//
// Theory of operation. `lookup` and `lookupService` ask the system, on the loop's threads: they know /etc/hosts and
// whatever else the machine is set up to ask. All others ask name servers, by c-ares. Each function is made once here,
// as `ask(arguments…, settle)`, where `settle(error, ...results)` comes later; the modules differ in how they tell.
//
// What surprises people: `net.connect` uses `lookup`, so `setServers` does not change what it finds.

const {
  codes: {
    ERR_DNS_SET_SERVERS_FAILED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_IP_ADDRESS, ERR_MISSING_ARGS,
  },
  dnsException,
} = require('internal/errors');
const {
  validateArray, validateBoolean, validateInt32, validateNumber, validateOneOf, validatePort, validateString,
  validateUint32,
} = require('internal/validators');
const hooks = require('internal/async_hooks');
const { start } = require('internal/requests');
const { getOptionValue } = require('internal/options');
const { hasObserver, startPerf, stopPerf } = require('internal/perf/observe');
const { isIP } = require('internal/net');
const { warnOnce } = require('internal/util');

const binding = internalBinding('cares_wrap');

// <netdb.h>
const ADDRCONFIG = 32;
const V4MAPPED = 8;
const ALL = 16;

const ORDERS = ['ipv4first', 'ipv6first', 'verbatim'];

const kMeasure = Symbol('kPerfHooksDnsLookupContext');

const DEFAULT_PORT = 53;

/** c-ares' errors. */
const CODES = {
  NODATA: 'ENODATA', FORMERR: 'EFORMERR', SERVFAIL: 'ESERVFAIL', NOTFOUND: 'ENOTFOUND', NOTIMP: 'ENOTIMP',
  REFUSED: 'EREFUSED', BADQUERY: 'EBADQUERY', BADNAME: 'EBADNAME', BADFAMILY: 'EBADFAMILY', BADRESP: 'EBADRESP',
  CONNREFUSED: 'ECONNREFUSED', TIMEOUT: 'ETIMEOUT', EOF: 'EOF', FILE: 'EFILE', NOMEM: 'ENOMEM',
  DESTRUCTION: 'EDESTRUCTION', BADSTR: 'EBADSTR', BADFLAGS: 'EBADFLAGS', NONAME: 'ENONAME', BADHINTS: 'EBADHINTS',
  NOTINITIALIZED: 'ENOTINITIALIZED', LOADIPHLPAPI: 'ELOADIPHLPAPI', ADDRGETNETWORKPARAMS: 'EADDRGETNETWORKPARAMS',
  CANCELLED: 'ECANCELLED',
};

// The order of addresses

let defaultOrder;

function getDefaultResultOrder() {
  defaultOrder ??= getOptionValue('--dns-result-order') || 'verbatim';
  return defaultOrder;
}

function setDefaultResultOrder(order) {
  validateOneOf(order, 'dnsOrder', ORDERS);
  defaultOrder = order;
}

function inOrder(found, order) {
  if (order === 'verbatim') return found;
  const first = order === 'ipv4first' ? 4 : 6;
  const isFirst = ({ family }) => family === first;
  return [...found.filter(isFirst), ...found.filter((each) => !isFirst(each))];
}

// lookup

function validateHints(hints) {
  if ((hints & ~(ADDRCONFIG | ALL | V4MAPPED)) !== 0) throw new ERR_INVALID_ARG_VALUE('hints', hints);
}

/** The options of `lookup`, checked. */
function lookupOptions(options) {
  const found = { hints: 0, family: 0, all: false, order: getDefaultResultOrder() };
  if (typeof options === 'number') {
    validateOneOf(options, 'family', [0, 4, 6]);
    found.family = options;
    return found;
  }
  if (options?.hints != null) {
    validateNumber(options.hints, 'options.hints');
    found.hints = options.hints >>> 0;
    validateHints(found.hints);
  }
  if (options?.family != null) {
    const named = { IPv4: 4, IPv6: 6 }[options.family];
    if (named === undefined) validateOneOf(options.family, 'options.family', [0, 4, 6]);
    found.family = named ?? options.family;
  }
  if (options?.all != null) {
    validateBoolean(options.all, 'options.all');
    found.all = options.all;
  }
  if (options?.verbatim != null) {
    validateBoolean(options.verbatim, 'options.verbatim');
    found.order = options.verbatim ? 'verbatim' : 'ipv4first';
  }
  if (options?.order != null) {
    validateOneOf(options.order, 'options.order', ORDERS);
    found.order = options.order;
  }
  return found;
}

function warnAboutHostname(hostname) {
  warnOnce('DEP0118',
    `The provided hostname "${hostname}" is not a valid hostname, and is supported in the dns module solely for ` +
    'compatibility.', 'DeprecationWarning', 'DEP0118');
}

class GetAddrInfoReqWrap {}
class GetNameInfoReqWrap {}
class QueryReqWrap {}

/** All addresses of a name: `settle(error, [{ address, family }])`. A literal one is its own, a tick later. */
function lookup(hostname, { family, hints, order }, settle) {
  if (!hostname) {
    warnAboutHostname(hostname);
    process.nextTick(settle, null, []);
    return {};
  }
  const literal = isIP(hostname);
  if (literal) {
    process.nextTick(settle, null, [{ address: hostname, family: literal }]);
    return {};
  }
  const request = new GetAddrInfoReqWrap();
  request.family = family;
  request.hostname = hostname;
  const id = start((errno, flat) => {
    if (errno) {
      settle(dnsException(errno, 'getaddrinfo', hostname));
      return;
    }
    const found = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ address: flat[i], family: flat[i + 1] });
    settle(null, inOrder(found, order));
    measured(request, { addresses: found.map(({ address }) => address) });
  }, 'GETADDRINFOREQWRAP', hostname);
  binding.getaddrinfo(id, hostname, family, hints);
  measure(request, 'lookup', { hostname, family, hints, verbatim: order === 'verbatim', order });
  return request;
}

function measure(request, name, detail) {
  if (hasObserver('dns')) startPerf(request, kMeasure, { type: 'dns', name, detail });
}

function measured(request, detail) {
  if (request[kMeasure] && hasObserver('dns')) stopPerf(request, kMeasure, { detail });
}

function validateService(address, port, count) {
  if (count < 2) throw new ERR_MISSING_ARGS('address', 'port');
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
}

/** The names of an address and a port: `settle(error, { hostname, service })`. */
function lookupService(address, port, settle) {
  const request = new GetNameInfoReqWrap();
  request.hostname = address;
  request.port = +port;
  const id = start((errno, names) => {
    if (errno) {
      settle(dnsException(errno, 'getnameinfo', address));
      return;
    }
    const [hostname, service] = names;
    settle(null, { hostname, service });
    measured(request, { hostname, service });
  }, 'GETNAMEINFOREQWRAP', address);
  binding.getnameinfo(id, address, +port);
  measure(request, 'lookupService', { host: address, port: +port });
  return request;
}

// Name servers

/** Methods of a resolver: Python's name for each, and what it is called in errors. */
const QUERIES = {
  resolveAny: ['resolve_any', 'queryAny'],
  resolve4: ['resolve4', 'queryA'],
  resolve6: ['resolve6', 'queryAaaa'],
  resolveCaa: ['resolve_caa', 'queryCaa'],
  resolveCname: ['resolve_cname', 'queryCname'],
  resolveMx: ['resolve_mx', 'queryMx'],
  resolveNs: ['resolve_ns', 'queryNs'],
  resolveTlsa: ['resolve_tlsa', 'queryTlsa'],
  resolveTxt: ['resolve_txt', 'queryTxt'],
  resolveSrv: ['resolve_srv', 'querySrv'],
  resolvePtr: ['resolve_ptr', 'queryPtr'],
  resolveNaptr: ['resolve_naptr', 'queryNaptr'],
  resolveSoa: ['resolve_soa', 'querySoa'],
  reverse: ['reverse', 'getHostByAddr'],
};

const BY_TYPE = {
  __proto__: null, ANY: 'resolveAny', A: 'resolve4', AAAA: 'resolve6', CAA: 'resolveCaa', CNAME: 'resolveCname',
  MX: 'resolveMx', NS: 'resolveNs', TXT: 'resolveTxt', SRV: 'resolveSrv', PTR: 'resolvePtr', NAPTR: 'resolveNaptr',
  SOA: 'resolveSoa', TLSA: 'resolveTlsa',
};

let lastResolver = 0;

const IPV6_WITH_PORT = /^\[([^[\]]*)\]/;
const HOST_AND_PORT = /(^.+?)(?::(\d+))?$/;

/** A server's address as c-ares takes it. Throws for what is none. */
function serverAddress(server, index) {
  validateString(server, `servers[${index}]`);
  if (isIP(server)) return server;
  const bracketed = IPV6_WITH_PORT.exec(server);
  if (bracketed && isIP(bracketed[1])) {
    const port = parseInt(server.replace(/^\[[^\]]*\]:?/, ''), 10) || DEFAULT_PORT;
    return `[${bracketed[1]}]:${port}`;
  }
  const [, host, port] = HOST_AND_PORT.exec(server) ?? [];
  if (host !== undefined && isIP(host)) return `${host}:${parseInt(port, 10) || DEFAULT_PORT}`;
  throw new ERR_INVALID_IP_ADDRESS(server);
}

/** c-ares' channel. It is made by the first operation on it. */
class ChannelWrap {
  #number = 0;
  #timeout;
  #tries;

  constructor(timeout, tries) {
    this.#timeout = timeout;
    this.#tries = tries;
  }

  #opened() {
    if (this.#number === 0) {
      this.#number = ++lastResolver;
      binding.newResolver(this.#number, this.#timeout, this.#tries);
    }
    return this.#number;
  }

  getServers() {
    return binding.getServers(this.#opened());
  }

  setServers(addresses) {
    return binding.setServers(this.#opened(), addresses);
  }

  setLocalAddress(ipv4, ipv6) {
    binding.setLocalAddress(this.#opened(), ipv4, ipv6);
  }

  query(id, operation, name, isWithTtl) {
    return binding.query(this.#opened(), id, operation, name, isWithTtl);
  }

  cancel() {
    if (this.#number !== 0) binding.cancel(this.#number);
  }
}

class ResolverBase {
  constructor(options = undefined) {
    const { timeout = -1, tries = 4, maxTimeout = 0 } = { ...options };
    validateInt32(timeout, 'options.timeout', -1);
    validateInt32(tries, 'options.tries', 1);
    validateUint32(maxTimeout, 'options.maxTimeout', false);
    const first = maxTimeout > 0 ? Math.min(timeout < 0 ? maxTimeout : timeout, maxTimeout) : timeout;
    this._handle = new ChannelWrap(first, tries);
  }

  getServers() {
    return this._handle.getServers() || [];
  }

  setServers(servers) {
    validateArray(servers, 'servers');
    const addresses = [];
    servers.forEach((server, index) => addresses.push(serverAddress(server, index)));
    if (!this._handle.setServers(addresses)) {
      throw new ERR_DNS_SET_SERVERS_FAILED('There are pending queries.', servers);
    }
  }

  setLocalAddress(ipv4, ipv6) {
    validateString(ipv4, 'ipv4');
    if (ipv6 !== undefined) validateString(ipv6, 'ipv6');
    const given = [ipv4, ipv6].filter((address) => address !== undefined);
    for (const address of given) if (!isIP(address)) throw invalidAddress();
    if (given.length === 2 && isIP(ipv4) === isIP(ipv6)) {
      throw genericArgument(`Cannot specify two IPv${isIP(ipv4)} addresses.`);
    }
    const of = (family, fallback) => given.find((address) => isIP(address) === family) ?? fallback;
    this._handle.setLocalAddress(of(4, '0.0.0.0'), of(6, '::0'));
  }

  cancel() {
    this._handle.cancel();
  }

  /** `settle(error, records)`. */
  _query(method, name, isWithTtl, settle) {
    const [operation, syscall] = QUERIES[method];
    const request = new QueryReqWrap();
    request.hostname = name;
    const id = start((code, result) => {
      hooks.recorder?.called(settle);
      if (code !== 0) {
        settle(dnsException(code, syscall, name));
        return;
      }
      settle(null, result);
      measured(request, { result });
    }, 'QUERYWRAP', `${operation} ${name}`);
    const failure = this._handle.query(id, operation, name, isWithTtl);
    if (failure) {
      require('internal/requests').cancel(id);
      throw dnsException(failure, syscall, name);
    }
    measure(request, syscall, { host: name, ttl: isWithTtl });
    return request;
  }
}

function genericArgument(message) {
  const error = new ERR_INVALID_ARG_VALUE('ipv6', '');
  error.message = message;
  return error;
}

function invalidAddress() {
  return genericArgument('Invalid IP address.');
}

/** The name of the method for the records that `resolve(name, type)` asks for. */
function methodFor(type) {
  if (typeof type !== 'string') throw new ERR_INVALID_ARG_TYPE('rrtype', 'string', type);
  const method = BY_TYPE[type];
  if (method === undefined) throw new ERR_INVALID_ARG_VALUE('rrtype', type);
  return method;
}

// The resolver of the modules' own functions, which `setServers` replaces the servers of.

let defaultResolver;

function getDefaultResolver() {
  defaultResolver ??= new ResolverBase();
  return defaultResolver;
}

/** The queries under way keep the servers that they had. */
function setDefaultServers(servers) {
  const resolver = new ResolverBase();
  resolver.setServers(servers);
  defaultResolver = resolver;
}

module.exports = {
  ADDRCONFIG, V4MAPPED, ALL, CODES, QUERIES, ResolverBase, getDefaultResolver, getDefaultResultOrder, lookup,
  lookupOptions, lookupService, methodFor, setDefaultResultOrder,
  setDefaultServers, validateService,
};
