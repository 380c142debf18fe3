'use strict';

// How a socket gets its connection.
//
// Theory of operation. A path is connected to at once. A name is looked up first; a literal address waits for the next
// tick, so that whoever called can listen for events. With several addresses of both families, one after the other is
// tried, each with a little time of its own, IPv6 and IPv4 in turn (RFC 8305); each attempt has a handle of its own,
// and the first that succeeds is the socket's.
//
// What surprises people: when all of several attempts fail, the error is an `AggregateError`; `errors` has them all.

const {
  codes: {
    ERR_INVALID_ADDRESS_FAMILY, ERR_INVALID_ARG_TYPE, ERR_INVALID_IP_ADDRESS, ERR_IP_BLOCKED, ERR_MISSING_ARGS,
    ERR_SOCKET_CONNECTION_TIMEOUT,
  },
  NodeAggregateError, exceptionWithHostPort,
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInt32, validateNumber, validatePort, validateString,
} = require('internal/validators');
const { UV_ECANCELED, UV_ETIMEDOUT } = require('internal/uv');
const hooks = require('internal/async_hooks');
const timers = require('internal/timers');
const { channel } = require('diagnostics_channel');
const { getOptionValue } = require('internal/options');
const { hasObserver, startPerf, stopPerf } = require('internal/perf/observe');
const { isIP, normalizeArgs, normalizedArgs, wrapConnectedHandle } = require('internal/net');
const { Pipe, TCP, SOCKET } = require('internal/stream_handle');
const { Socket, applyOptions, asyncIdSymbol, attach } = require('internal/net/socket');

const clientSockets = channel('net.client.socket');

const kConnectMeasure = Symbol('kPerfHooksNetConnectContext');

const DEFAULT_TIMEOUT = 250; // ms
const MINIMUM_TIMEOUT = 10;

// The default of `autoSelectFamily` is the command line's until it is set.
let autoSelectFamily;
let attemptTimeout;

function getDefaultAutoSelectFamily() {
  autoSelectFamily ??= getOptionValue('--network-family-autoselection') !== false;
  return autoSelectFamily;
}

function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectFamily = value;
}

function getDefaultAutoSelectFamilyAttemptTimeout() {
  attemptTimeout ??=
    Math.max(MINIMUM_TIMEOUT, getOptionValue('--network-family-autoselection-attempt-timeout') ?? DEFAULT_TIMEOUT);
  return attemptTimeout;
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  attemptTimeout = Math.max(MINIMUM_TIMEOUT, value);
}

/** `net.connect`. */
function createConnection(...args) {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  const socket = new Socket(options);
  if (clientSockets.hasSubscribers) clientSockets.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(normalized);
}

/** `Socket.prototype.connect`. */
function connect(socket, args) {
  const normalized = Array.isArray(args[0]) && args[0][normalizedArgs] ? args[0] : normalizeArgs(args);
  const [options, callback] = normalized;
  const { path } = options;
  if (path === undefined && options.port === undefined) throw new ERR_MISSING_ARGS(['options', 'port', 'path']);
  if (socket.write !== Socket.prototype.write) socket.write = Socket.prototype.write;
  if (socket.destroyed) {
    socket._handle = null;
    socket._peername = undefined;
    socket._sockname = undefined;
  }
  const isPipe = Boolean(path);
  if (!socket._handle) {
    socket._handle = isPipe ? new Pipe(SOCKET) : new TCP(SOCKET);
    attach(socket);
  }
  if (callback !== null) socket.once('connect', callback);
  socket._unrefTimer();
  socket.connecting = true;
  if (options.noDelay !== undefined) socket.setNoDelay(Boolean(options.noDelay));
  if (isPipe) {
    validateString(path, 'options.path');
    underSocket(socket, connectPipe, socket, path);
  } else {
    lookupAndConnect(socket, options);
  }
  return socket;
}

/** Run `block` such that what it starts is triggered by the socket, to async hooks. */
function underSocket(socket, block, ...args) {
  return hooks.withDefaultTrigger(socket[asyncIdSymbol], block, ...args);
}

function fail(socket, error) {
  socket.destroy(error);
}

/** Fail a tick later: nobody may listen yet. */
function failLater(socket, error) {
  process.nextTick(fail, socket, error);
}

// What is to be connected to

function lookupAndConnect(socket, options) {
  const plan = planOf(socket, options);
  const family = isIP(plan.host);
  if (family) {
    underSocket(socket, process.nextTick, () => {
      if (socket.connecting) underSocket(socket, connectOnce, socket, { address: plan.host, family }, plan);
    });
    return;
  }
  const lookup = lookupOf(options);
  const query = {
    family: typeof options.family === 'string' ? Number(options.family.replace(/^IPv/, '')) : options.family,
    hints: options.hints || 0,
  };
  if (query.family !== 4 && query.family !== 6 && query.hints === 0) query.hints = require('dns').ADDRCONFIG;
  socket._host = plan.host;
  plan.options = options;
  if (plan.autoSelectFamily && query.family !== 4 && query.family !== 6 && !plan.localAddress) {
    query.all = true;
    underSocket(socket, lookup, plan.host, query, (error, found) => onFoundAll(socket, plan, error, found));
  } else {
    underSocket(socket, lookup, plan.host, query,
      (error, address, family) => onFound(socket, plan, error, address, family));
  }
}

function lookupOf({ lookup }) {
  if (lookup != null) validateFunction(lookup, 'options.lookup');
  return lookup || require('dns').lookup;
}

/** `options`, checked. */
function planOf(socket, options) {
  const { host, localAddress, localPort, port } = options;
  if (host != null) validateString(host, 'options.host');
  if (localAddress && !isIP(localAddress)) throw new ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (typeof port !== 'number' && typeof port !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], port);
  }
  validatePort(port);
  let { autoSelectFamily, autoSelectFamilyAttemptTimeout: timeout } = options;
  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  else autoSelectFamily = getDefaultAutoSelectFamily();
  if (timeout != null) {
    validateInt32(timeout, 'options.autoSelectFamilyAttemptTimeout', 1);
    timeout = Math.max(MINIMUM_TIMEOUT, timeout);
  } else {
    timeout = getDefaultAutoSelectFamilyAttemptTimeout();
  }
  return { host: host || 'localhost', port: port | 0, localAddress, localPort, autoSelectFamily, timeout };
}

function onFound(socket, plan, error, address, family) {
  socket.emit('lookup', error, address, family, plan.host);
  if (!socket.connecting) return;
  if (error) failLater(socket, error);
  else if (typeof address !== 'string' || !isIP(address)) failLater(socket, new ERR_INVALID_IP_ADDRESS(address));
  else if (family !== 4 && family !== 6) failLater(socket, badFamily(family, plan));
  else {
    socket._unrefTimer();
    underSocket(socket, connectOnce, socket, { address, family }, plan);
  }
}

function badFamily(family, { options }) {
  return new ERR_INVALID_ADDRESS_FAMILY(family, options.host, options.port);
}

function onFoundAll(socket, plan, error, found) {
  if (!socket.connecting) return;
  if (error) {
    socket.emit('lookup', error, undefined, undefined, plan.host);
    failLater(socket, error);
    return;
  }
  const usable = [];
  for (const each of found) {
    const { address, family } = each;
    socket.emit('lookup', error, address, family, plan.host);
    if (!socket.connecting) return;
    if (isIP(address) && (family === 4 || family === 6)) usable.push({ address, family });
  }
  if (usable.length === 0) {
    const { address, family } = found[0] ?? {};
    failLater(socket, isIP(address) ? badFamily(family, plan) : new ERR_INVALID_IP_ADDRESS(address));
    return;
  }
  socket._unrefTimer();
  if (usable.length === 1) underSocket(socket, connectOnce, socket, usable[0], plan);
  else underSocket(socket, () => new Attempts(socket, inTurn(usable), plan).next());
}

/** Addresses of the first one's family and of the other, one of each in turn. */
function inTurn(addresses) {
  const isFirst = ({ family }) => family === addresses[0].family;
  const first = addresses.filter(isFirst);
  const second = addresses.filter((each) => !isFirst(each));
  const ordered = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) ordered.push(first[i]);
    if (i < second.length) ordered.push(second[i]);
  }
  return ordered;
}

// One connection

/** Bind the socket's handle to the local address that was asked for; an error, or undefined. */
function bindLocally(handle, family, { localAddress, localPort }) {
  if (!localAddress && !localPort) return undefined;
  const host = localAddress || (family === 4 ? '0.0.0.0' : '::');
  const errno = handle.bind(host, localPort || 0);
  return errno < 0 ? exceptionWithHostPort(errno, 'bind', host, localPort) : undefined;
}

const isBlocked = (socket, { address, family }) => socket.blockList?.check(address, `ipv${family}`) === true;

/** Why `connect` failed, with the local end. */
function connectError(errno, address, port, { localAddress, localPort } = {}) {
  const local = localAddress && localPort ? `${localAddress}:${localPort}` : localAddress;
  const error = exceptionWithHostPort(errno, 'connect', address, port, local || undefined);
  if (local) error.localAddress = localAddress;
  if (localPort) error.localPort = localPort;
  return error;
}

/** What `connect` answered at once, with the local end as the kernel tells it. */
function failedAtOnce(socket, errno, address, port) {
  const local = socket._getsockname();
  const details = local.address ? `${local.address}:${local.port}` : undefined;
  return exceptionWithHostPort(errno, 'connect', address, port, details);
}

/**
 * What a handle calls when it is connected or cannot be. Programs that play the network (`nock`, `msw`) put a `connect`
 * of their own on the handle, and call `oncomplete` as Node's handles do.
 */
class ConnectRequest {
  constructor(address, port, oncomplete) {
    this.address = address;
    this.port = port;
    this.oncomplete = oncomplete;
  }
}

function connectOnce(socket, { address, family }, plan) {
  const handle = socket._handle;
  const unbound = bindLocally(handle, family, plan);
  if (unbound) {
    socket.destroy(unbound);
    return;
  }
  if (isBlocked(socket, { address, family })) {
    socket.destroy(new ERR_IP_BLOCKED(address));
    return;
  }
  socket.emit('connectionAttempt', address, plan.port, family);
  const request = new ConnectRequest(address, plan.port,
    (status) => afterConnect(socket, handle, status, { address, port: plan.port, family, plan }));
  const errno = handle.connect(request, address, plan.port);
  if (errno) socket.destroy(failedAtOnce(socket, errno, address, plan.port));
  else measure(socket, address, plan.port);
}

function connectPipe(socket, path) {
  const handle = socket._handle;
  socket.emit('connectionAttempt', path, undefined, undefined);
  const request = new ConnectRequest(path, undefined,
    (status) => afterConnect(socket, handle, status, { address: path, port: undefined, plan: {} }));
  const errno = handle.connect(request, path);
  if (errno) socket.destroy(failedAtOnce(socket, errno, path, undefined));
}

function measure(socket, host, port) {
  if (hasObserver('net')) startPerf(socket, kConnectMeasure, { type: 'net', name: 'connect', detail: { host, port } });
}

function afterConnect(socket, handle, status, { address, port, family, plan }) {
  if (socket.destroyed) return;
  socket.connecting = false;
  socket._sockname = null;
  if (status !== 0) {
    const error = connectError(status, address, port, plan);
    socket.emit('connectionAttemptFailed', address, port, family, error);
    socket.destroy(error);
    return;
  }
  connected(socket);
}

function connected(socket) {
  socket.connecting = false;
  socket._sockname = null;
  socket._unrefTimer();
  applyOptions(socket);
  socket[wrapConnectedHandle]?.();
  socket.emit('connect');
  socket.emit('ready');
  // The first read, or the end at once.
  if (!socket.isPaused()) socket.read(0);
  if (socket[kConnectMeasure] && hasObserver('net')) stopPerf(socket, kConnectMeasure);
}

// One of several

class Attempts {
  #socket;
  #addresses;
  #plan;
  #position = 0;
  #timer = null;
  #errors = [];

  constructor(socket, addresses, plan) {
    this.#socket = socket;
    this.#addresses = addresses;
    this.#plan = plan;
    socket.autoSelectFamilyAttemptedAddresses = [];
  }

  next() {
    const socket = this.#socket;
    timers.clear(this.#timer);
    if (this.#position === this.#addresses.length) {
      this.#giveUp();
      return;
    }
    const { address, family } = this.#addresses[this.#position++];
    if (this.#position > 1) this.#renewHandle();
    const { port } = this.#plan;
    const handle = socket._handle;
    const unbound = bindLocally(handle, family, this.#plan);
    if (unbound) {
      this.#errors.push(unbound);
      this.next();
      return;
    }
    if (isBlocked(socket, { address, family })) {
      this.#failed(new ERR_IP_BLOCKED(address), address, family);
      return;
    }
    socket.emit('connectionAttempt', address, port, family);
    socket.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
    const request = new ConnectRequest(address, port, (status) => this.#completed(handle, status, address, family));
    const errno = handle.connect(request, address, port);
    if (errno) this.#failed(failedAtOnce(socket, errno, address, port), address, family);
    else this.#giveTime(handle, address, family);
  }

  #renewHandle() {
    this.#socket._handle?.close();
    this.#socket._handle = new TCP(SOCKET);
    attach(this.#socket);
  }

  #giveUp() {
    const errors = this.#errors;
    this.#socket.destroy(errors.length === 0 ? new ERR_SOCKET_CONNECTION_TIMEOUT() : new NodeAggregateError(errors));
  }

  #giveTime(handle, address, family) {
    const { port, timeout } = this.#plan;
    if (this.#position < this.#addresses.length) {
      this.#timer = setTimeout(() => {
        this.#socket.emit('connectionAttemptTimeout', address, port, family);
        this.#errors.push(connectError(UV_ETIMEDOUT, address, port, this.#plan));
        handle.close();
        if (this.#socket.connecting) this.next();
      }, timeout);
    }
    measure(this.#socket, address, port);
  }

  #completed(handle, status, address, family) {
    const socket = this.#socket;
    if (handle !== socket._handle) return; // another attempt is under way since
    timers.clear(this.#timer);
    if (status === 0) {
      if (!socket.destroyed) connected(socket);
      return;
    }
    const error = connectError(status, address, this.#plan.port, this.#plan);
    if (status === UV_ECANCELED) {
      this.#errors.push(error);
      this.#position = this.#addresses.length;
    }
    this.#failed(error, address, family);
  }

  #failed(error, address, family) {
    if (this.#errors.at(-1) !== error) this.#errors.push(error);
    this.#socket.emit('connectionAttemptFailed', address, this.#plan.port, family, error);
    if (this.#socket.connecting) this.next();
  }
}

module.exports = {
  connect, createConnection, getDefaultAutoSelectFamily, getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily, setDefaultAutoSelectFamilyAttemptTimeout,
};
