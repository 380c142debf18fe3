'use strict';

// Server: what listens, on a port or a path, and makes a Socket of each connection.
//
// Theory of operation. `listen` binds at once when it can, and 'listening' or 'error' follow in a tick; a host name is
// looked up first. Without a host a server listens at every address, IPv6's and IPv4's if the machine has both.
//
// What surprises people: `close` only stops listening. 'close' comes when the last connection has ended too.

const EventEmitter = require('events');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_SERVER_ALREADY_LISTEN, ERR_SERVER_NOT_RUNNING,
  },
  errnoException, exceptionWithHostPort, uvExceptionWithHostPort,
} = require('internal/errors');
const { validateAbortSignal, validateFunction, validateNumber, validatePort } = require('internal/validators');
const { UV_EADDRINUSE, UV_EINVAL } = require('internal/uv');
const { promisify } = require('internal/util');
const hooks = require('internal/async_hooks');
const { channel, tracingChannel } = require('diagnostics_channel');
const { getDefaultHighWaterMark } = require('internal/streams/state');
const { BlockList } = require('internal/blocklist');
const { isIPv6, isPipeName, normalizeArgs, toNumber } = require('internal/net');
const { Pipe, TCP, StreamHandle, SERVER, IPV6_ONLY, REUSE_PORT } = require('internal/stream_handle');
const { Socket, asyncIdSymbol } = require('internal/net/socket');

const role = require('internal/cluster/role');

const stdio = internalBinding('stream_wrap');
const serverSockets = channel('net.server.socket');
const listening = tracingChannel('net.server.listen');

const DEFAULT_BACKLOG = 511;

function Server(options, connectionListener) {
  if (!(this instanceof Server)) return new Server(options, connectionListener);
  EventEmitter.call(this, typeof options === 'object' ? options ?? undefined : undefined);
  if (typeof options === 'function') {
    connectionListener = options;
    options = {};
  } else if (options == null || typeof options === 'object') {
    options = { ...options };
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  if (typeof connectionListener === 'function') this.on('connection', connectionListener);
  checkOptions(options);
  this._connections = 0;
  this[asyncIdSymbol] = -1;
  this._handle = null;
  this._usingWorkers = false;
  this._workers = [];
  this._unref = false;
  this._listeningId = 1;
  this.allowHalfOpen = options.allowHalfOpen || false;
  this.pauseOnConnect = Boolean(options.pauseOnConnect);
  this.noDelay = Boolean(options.noDelay);
  this.keepAlive = Boolean(options.keepAlive);
  this.keepAliveInitialDelay = ~~(options.keepAliveInitialDelay / 1000);
  this.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark();
  if (options.blockList) this.blockList = options.blockList;
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);

function checkOptions(options) {
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
    options.keepAliveInitialDelay = Math.max(0, options.keepAliveInitialDelay);
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
    if (options.highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark();
  }
  if (options.blockList && !BlockList.isBlockList(options.blockList)) {
    throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', options.blockList);
  }
}

// Listening

Server.prototype.listen = function(...args) {
  const [given, callback] = normalizeArgs(args);
  if (this._handle) throw new ERR_SERVER_ALREADY_LISTEN();
  if (listening.hasSubscribers) listening.asyncStart.publish({ server: this, options: given });
  if (callback !== null) this.once('listening', callback);
  const options = given._handle || given.handle || given;
  if (options instanceof StreamHandle) {
    this._handle = options;
    this[asyncIdSymbol] = options.getAsyncId();
    listenAt(this, { backlog: backlogOf(options, args) });
    return this;
  }
  closeOnAbort(this, options);
  listenBy(this, options, args);
  return this;
};

/** By what `options` name: a descriptor, a port, a path. */
function listenBy(server, options, args) {
  const backlog = backlogOf(options, args);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    listenIn(server, { fd: options.fd, backlog });
    return;
  }
  const port = portOf(options, args);
  if (typeof port === 'number' || typeof port === 'string') {
    validatePort(port, 'options.port');
    const flags = (options.ipv6Only === true ? IPV6_ONLY : 0) | (options.reusePort === true ? REUSE_PORT : 0);
    const place = { port: port | 0, backlog, flags, exclusive: options.exclusive || options.reusePort === true };
    if (options.host) lookupAndListen(server, options.host, place);
    else listenIn(server, place);
    return;
  }
  if (options.path && isPipeName(options.path)) {
    listenAtPath(server, options, backlog);
    return;
  }
  if (!('port' in options || 'path' in options)) {
    throw new ERR_INVALID_ARG_VALUE('options', options, 'must have the property "port" or "path"');
  }
  throw new ERR_INVALID_ARG_VALUE('options', options);
}

/** Any free port where none is given: `listen()`, `listen(null)`, `listen(callback)`. */
function portOf(options, args) {
  const isLeftOut = args.length === 0 || typeof args[0] === 'function' || options.port === null ||
    (options.port === undefined && 'port' in options);
  return isLeftOut ? 0 : options.port;
}

/** (port, backlog), (path, backlog), (port, host, backlog), or an option. */
function backlogOf(options, args) {
  return options.backlog || (args.length > 1 && toNumber(args[1])) || (args.length > 2 && toNumber(args[2])) || 0;
}

function closeOnAbort(server, { signal }) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  const onAbort = () => server.close();
  if (signal.aborted) {
    process.nextTick(onAbort);
    return;
  }
  const disposable = EventEmitter.addAbortListener(signal, onAbort);
  server.once('close', disposable[Symbol.dispose]);
}

function lookupAndListen(server, host, place) {
  const id = ++server._listeningId;
  require('dns').lookup(host, { family: 0 }, (error, address, family) => {
    if (server._listeningId !== id) return; // closed meanwhile
    if (error) {
      if (listening.hasSubscribers) listening.error.publish({ server, error });
      server.emit('error', error);
      return;
    }
    listenIn(server, { ...place, address, family: address ? family : 4 });
  });
}

function listenAtPath(server, options, backlog) {
  const isOpenToAll = options.readableAll || options.writableAll;
  if (isOpenToAll && options.path.startsWith('\0')) {
    throw new ERR_INVALID_ARG_VALUE(
      'options', options, 'can not set readableAll or writableAllt to true when path is abstract unix socket');
  }
  server._pipeName = options.path;
  const { exclusive, readableAll, writableAll } = options;
  listenIn(server, { path: options.path, backlog, exclusive, readableAll, writableAll });
  if (!server._handle || !isOpenToAll) return;
  const errno = server._handle.fchmod(Boolean(options.readableAll), Boolean(options.writableAll));
  if (errno) {
    server._handle.close();
    server._handle = null;
    throw errnoException(errno, 'uv_pipe_chmod');
  }
}

/** A handle bound to `place`, or a negative errno. */
function createServerHandle({ fd, path, address, port = 0, flags }) {
  if (typeof fd === 'number' && fd >= 0) return openedHandle(fd);
  const handle = path === undefined ? new TCP(SERVER) : new Pipe(SERVER);
  const errno = path === undefined ? handle.bind(address || '0.0.0.0', port, flags) : handle.bind(path);
  if (errno === 0) return handle;
  handle.close();
  return errno;
}

function openedHandle(fd) {
  const kind = stdio.guessHandleType(fd);
  if (kind !== 'TCP' && kind !== 'PIPE') return UV_EINVAL;
  const handle = kind === 'TCP' ? new TCP(SERVER) : new Pipe(SERVER);
  const errno = handle.open(fd);
  if (errno === 0) return handle;
  handle.close();
  return errno;
}

/** `handle` bound to every address: IPv6's, which takes IPv4's too, or IPv4's where there is no IPv6. */
function boundToAll(place) {
  const handle = createServerHandle({ ...place, address: '::', family: 6 });
  if (typeof handle !== 'number') {
    Object.assign(place, { address: '::', family: 6 });
    return handle;
  }
  Object.assign(place, { address: '0.0.0.0', family: 4, flags: place.flags & ~IPV6_ONLY });
  return createServerHandle(place);
}

/** Listen; a worker of a cluster shares its place with others, and its primary has the handle. */
function listenIn(server, place) {
  if (role.worker === undefined || place.exclusive) {
    listenAt(server, place);
    return;
  }
  const id = ++server._listeningId;
  const { path, fd, backlog, flags, readableAll, writableAll } = place;
  const { address = path ?? null, port = path === undefined ? null : -1 } = place;
  const addressType = place.family ?? (path !== undefined ? -1 : fd === undefined ? 4 : null);
  const query = { address, port, addressType, fd, flags, backlog, readableAll, writableAll };
  role.worker._getServer(server, query, (errno, handle) => {
    errno ||= boundElsewhere(handle, port);
    if (errno) {
      server.emit('error', exceptionWithHostPort(errno, 'bind', address, port));
      return;
    }
    if (server._listeningId !== id) { // closed meanwhile
      handle.close();
      return;
    }
    server._handle = handle;
    listenAt(server, place);
  });
}

/** A handle whose bind failed says so only by the port that it has. */
function boundElsewhere(handle, port) {
  if (!(port > 0) || !handle?.getsockname) return 0;
  const found = {};
  const errno = handle.getsockname(found);
  return errno || found.port === port ? errno : UV_EADDRINUSE;
}

function listenAt(server, place) {
  if (!server._handle) {
    const isAnywhere = !place.address && place.path === undefined && place.fd === undefined;
    const handle = isAnywhere ? boundToAll(place) : createServerHandle(place);
    if (typeof handle === 'number') {
      failLater(server, handle, place);
      return;
    }
    server._handle = handle;
  }
  const handle = server._handle;
  server[asyncIdSymbol] = handle.getAsyncId();
  handle.onconnection = (errno, client) => onConnection(server, errno, client);
  handle.owner = server;
  const errno = handle.listen(place.backlog || DEFAULT_BACKLOG);
  if (errno) {
    handle.close();
    server._handle = null;
    failLater(server, errno, place);
    return;
  }
  server._connectionKey = `${place.family ?? -1}:${place.path ?? place.address}:${place.port ?? -1}`;
  if (server._unref) server.unref();
  hooks.withDefaultTrigger(server[asyncIdSymbol], process.nextTick, emitListening, server);
}

function emitListening(server) {
  if (!server._handle) return; // closed meanwhile
  if (listening.hasSubscribers) listening.asyncEnd.publish({ server });
  server.emit('listening');
}

function failLater(server, errno, { path, address, port }) {
  const error = uvExceptionWithHostPort(errno, 'listen', path ?? address, path === undefined ? port : -1);
  if (listening.hasSubscribers) listening.error.publish({ server, error });
  hooks.withDefaultTrigger(server[asyncIdSymbol], process.nextTick, emitError, server, error);
}

function emitError(server, error) {
  server.emit('error', error);
}

// Connections

function onConnection(server, errno, client) {
  if (errno) {
    server.emit('error', errnoException(errno, 'accept'));
    return;
  }
  if (server.maxConnections != null && server._connections >= server.maxConnections) {
    drop(server, client);
    return;
  }
  if (server.blockList && isBlocked(server, client)) {
    client.close();
    return;
  }
  const socket = new Socket({
    handle: client,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  });
  if (server.noDelay) socket.setNoDelay(true);
  if (server.keepAlive) socket.setKeepAlive(true, server.keepAliveInitialDelay * 1000);
  server._connections++;
  socket.server = server;
  socket._server = server;
  server.emit('connection', socket);
  if (serverSockets.hasSubscribers) serverSockets.publish({ socket });
}

function drop(server, client) {
  const local = {};
  const remote = {};
  client.getsockname?.(local);
  client.getpeername?.(remote);
  client.close();
  if (local.address === undefined) {
    server.emit('drop');
    return;
  }
  server.emit('drop', {
    localAddress: local.address, localPort: local.port, localFamily: local.family,
    remoteAddress: remote.address, remotePort: remote.port, remoteFamily: remote.family,
  });
}

function isBlocked({ blockList }, client) {
  const remote = {};
  if (!client.getpeername || client.getpeername(remote) < 0) return false;
  return blockList.check(remote.address, isIPv6(remote.address) ? 'ipv6' : 'ipv4');
}

Server.prototype.getConnections = function(callback) {
  validateFunction(callback, 'callback');
  const tell = (error, count) =>
    hooks.withDefaultTrigger(this[asyncIdSymbol], process.nextTick, callback, error, count);
  if (this._usingWorkers) countElsewhere(this, tell);
  else tell(null, this._connections);
  return this;
};

/** With those that were sent to other processes. */
function countElsewhere(server, tell) {
  let left = server._workers.length + 1;
  let total = server._connections;
  const counted = (error, count) => {
    if (error) {
      left = -1;
      tell(error);
      return;
    }
    total += count;
    if (--left === 0) tell(null, total);
  };
  for (const list of server._workers) list.getConnections(counted);
  counted(null, 0);
}

/** From now on some connections are in another process; `list` knows them. */
Server.prototype._setupWorker = function(list) {
  this._usingWorkers = true;
  this._workers.push(list);
  list.once('exit', () => {
    this._workers.splice(this._workers.indexOf(list), 1);
  });
};

// Closing

Server.prototype.close = function(callback) {
  this._listeningId++;
  if (typeof callback === 'function') {
    if (this._handle) this.once('close', callback);
    else this.once('close', () => callback(new ERR_SERVER_NOT_RUNNING()));
  }
  if (this._handle) {
    this._handle.close();
    this._handle = null;
  }
  if (this._usingWorkers) closeElsewhere(this);
  else this._emitCloseIfDrained();
  return this;
};

/** Wait for the connections that are in other processes too. */
function closeElsewhere(server) {
  server._connections++; // so that it is not closed before they have answered
  let left = server._workers.length + 1;
  const closed = () => {
    if (--left > 0) return;
    server._connections--;
    server._emitCloseIfDrained();
  };
  for (const list of server._workers) list.close(closed);
  closed();
}

Server.prototype._emitCloseIfDrained = function() {
  if (this._handle || this._connections) return;
  hooks.withDefaultTrigger(this[asyncIdSymbol], process.nextTick, emitClose, this);
};

function emitClose(server) {
  server.emit('close');
}

Server.prototype[Symbol.asyncDispose] = async function() {
  if (this._handle) await Reflect.apply(promisify(this.close), this, []);
};

Server.prototype[EventEmitter.captureRejectionSymbol] = function(error, event, socket) {
  if (event === 'connection') socket.destroy(error);
  else this.emit('error', error);
};

// What it is

Object.defineProperty(Server.prototype, 'listening', {
  __proto__: null, configurable: true, enumerable: true, get() { return Boolean(this._handle); },
});

Server.prototype.address = function() {
  if (this._handle?.getsockname) {
    const found = {};
    const errno = this._handle.getsockname(found);
    if (errno) throw errnoException(errno, 'address');
    return { address: found.address, family: found.family, port: found.port };
  }
  return this._pipeName || null;
};

Server.prototype.ref = function() {
  this._unref = false;
  this._handle?.ref();
  return this;
};

Server.prototype.unref = function() {
  this._unref = true;
  this._handle?.unref();
  return this;
};

function createServer(options, connectionListener) {
  return new Server(options, connectionListener);
}

module.exports = { Server, createServer, createServerHandle };
