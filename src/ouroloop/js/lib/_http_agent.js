'use strict';

// _http_agent: Agent, which keeps connections and hands them to requests.
//
// Theory of operation. A key (`getName`) says which connections are alike. For each key there are `sockets` in use,
// `freeSockets` kept open, and `requests` that wait because there are `maxSockets` already. A socket that a request is
// done with emits 'free'; the agent gives it to the next request, keeps it, or destroys it.
//
// What surprises people: a kept socket does not keep the process alive, and goes when the server says it will.

const EventEmitter = require('events');
const net = require('net');
const { AsyncResource } = require('async_hooks');
const { getLazy, kEmptyObject } = require('internal/util');
const { validateNumber, validateOneOf, validateString } = require('internal/validators');

const kOptions = Symbol('kOptions'); // of the connection that a waiting request wants
const kResource = Symbol('kResource');
const kKeylog = Symbol('kKeylog'); // the listener, while there is one

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  this.options = { __proto__: null, ...options };
  this.options.noDelay ??= true;
  // A path would be taken for a socket's.
  this.options.path = null;
  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  this.requests = { __proto__: null };
  this.sockets = { __proto__: null };
  this.freeSockets = { __proto__: null };
  this.keepAliveMsecs = this.options.keepAliveMsecs || 1000;
  this.keepAlive = this.options.keepAlive || false;
  this.maxSockets = this.options.maxSockets || Agent.defaultMaxSockets;
  this.maxFreeSockets = this.options.maxFreeSockets || 256;
  this.scheduling = this.options.scheduling || 'lifo';
  this.maxTotalSockets = this.options.maxTotalSockets;
  this.totalSocketCount = 0;
  this.agentKeepAliveTimeoutBuffer = validBuffer(this.options.agentKeepAliveTimeoutBuffer);
  validateOneOf(this.scheduling, 'scheduling', ['fifo', 'lifo']);
  if (this.maxTotalSockets !== undefined) validateNumber(this.maxTotalSockets, 'maxTotalSockets', 1);
  else this.maxTotalSockets = Infinity;
  this.on('free', freed);
  // Sockets tell the keys of TLS only while somebody wants to hear of them.
  this.on('newListener', maybeEnableKeylog);
}
Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Agent, EventEmitter);

Agent.defaultMaxSockets = Infinity;

const validBuffer = (value) => (Number.isFinite(value) && value >= 0 ? value : 1000);

function maybeEnableKeylog(event) {
  if (event !== 'keylog') return;
  this.removeListener('newListener', maybeEnableKeylog);
  const agent = this;
  this[kKeylog] = function(line) { agent.emit('keylog', line, this); };
  for (const sockets of Object.values(this.sockets)) for (const socket of sockets) socket.on('keylog', this[kKeylog]);
}

/** A request is done with its socket. */
function freed(socket, options) {
  const name = this.getName(options);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const waiting = this.requests[name];
  if (waiting?.length > 0) {
    const request = waiting.shift();
    if (waiting.length === 0) delete this.requests[name];
    const resource = request[kResource];
    if (resource) resource.runInAsyncScope(() => assign(this, request, socket));
    else assign(this, request, socket);
    return;
  }
  const request = socket._httpMessage;
  if (!request || !request.shouldKeepAlive || !this.keepAlive || !hasRoomToKeep(this, name) ||
      !this.keepSocketAlive(socket)) {
    socket.destroy();
    return;
  }
  this.freeSockets[name] ??= [];
  socket._httpMessage = null;
  this.removeSocket(socket, options);
  socket.once('error', onFreeError);
  this.freeSockets[name].push(socket);
}

/** How many connections there are under a name, in use and kept. */
function countOf(agent, name) {
  return (agent.freeSockets[name]?.length ?? 0) + (agent.sockets[name]?.length ?? 0);
}

function hasRoomToKeep(agent, name) {
  return agent.totalSocketCount <= agent.maxTotalSockets && countOf(agent, name) <= agent.maxSockets &&
    (agent.freeSockets[name]?.length ?? 0) < agent.maxFreeSockets;
}

const hasRoomForOneMore = (agent, name) => countOf(agent, name) < agent.maxSockets;

const countInUse = (agent) => Object.values(agent.sockets).reduce((count, { length }) => count + length, 0);

/** A kept socket has failed: nobody is waiting for it. */
function onFreeError() {
  this.destroy();
}

function assign(agent, request, socket) {
  request.onSocket(socket);
  const timeout = agent.options.timeout || 0;
  if (request.timeout === undefined || request.timeout === timeout) return;
  socket.setTimeout(request.timeout);
}

function isUsable(socket) {
  return !socket.destroyed && !(socket.writableEnded || socket.readableEnded);
}

function completeOptions(agent, request, options) {
  options = { __proto__: null, ...options, ...agent.options };
  if (options.socketPath) options.path = options.socketPath;
  if (request.timeout !== undefined) options.timeout = request.timeout;
  if (!options.servername && options.servername !== '') options.servername = serverName(options, request);
  return options;
}

/** The name that TLS asks for: the one of the Host header, unless that is an address. */
function serverName(options, request) {
  const header = request.getHeader('host');
  if (!header) return options.host;
  validateString(header, 'options.headers.host');
  const name = header[0] === '[' ? header.slice(1, header.indexOf(']')) : header.split(':', 1)[0];
  return net.isIP(name) ? '' : name;
}

Object.assign(Agent.prototype, {
  createConnection(...args) {
    return net.createConnection(...args);
  },

  getName(options = kEmptyObject) {
    let name = options.host || 'localhost';
    name += ':';
    if (options.port) name += options.port;
    name += ':';
    if (options.localAddress) name += options.localAddress;
    if (options.family === 4 || options.family === 6) name += `:${options.family}`;
    if (options.socketPath) name += `:${options.socketPath}`;
    return name;
  },

  addRequest(request, options, port, localAddress) {
    // As it was called long ago.
    if (typeof options === 'string') options = { __proto__: null, host: options, port, localAddress };
    options = completeOptions(this, request, options);
    const name = this.getName(options);
    this.sockets[name] ??= [];
    const socket = takeFree(this, name);
    if (socket !== undefined) {
      this.reuseSocket(socket, request);
      this.sockets[name].push(socket);
      assign(this, request, socket);
      return;
    }
    if (hasRoomForOneMore(this, name) && this.totalSocketCount < this.maxTotalSockets) {
      this.createSocket(request, options, (error, made) => {
        if (error) request.onSocket(made, error);
        else assign(this, request, made);
      });
      return;
    }
    request[kOptions] = options;
    request[kResource] = new AsyncResource('QueuedRequest');
    (this.requests[name] ??= []).push(request);
  },

  createSocket(request, options, callback) {
    options = completeOptions(this, request, options);
    const name = this.getName(options);
    options._agentKey = name;
    options.encoding = null;
    let isCalled = false;
    const created = (error, socket) => {
      if (isCalled) return;
      isCalled = true;
      if (error) {
        callback(error);
        return;
      }
      (this.sockets[name] ??= []).push(socket);
      this.totalSocketCount++;
      watch(this, socket, options);
      callback(null, socket);
    };
    // Kept alive by this agent, so TCP keep-alive is on from the start.
    if (this.keepAlive) options.keepAlive = this.keepAlive;
    if (this.keepAliveMsecs) options.keepAliveInitialDelay = this.keepAliveMsecs;
    const socket = this.createConnection(options, created);
    if (socket) created(null, socket);
  },

  removeSocket(socket, options) {
    const name = this.getName(options);
    const lists = [this.sockets];
    if (!socket.writable) lists.push(this.freeSockets);
    for (const list of lists) removeFrom(this, list, name, socket);
    if (countInUse(this) >= this.maxTotalSockets) return;
    const next = [name, ...Object.keys(this.requests)].find(
      (key) => this.requests[key]?.length > 0 && hasRoomForOneMore(this, key));
    if (next === undefined) return;
    const request = this.requests[next][0];
    const wanted = request[kOptions];
    this.createSocket(request, wanted, (error, made) => {
      if (error) request.onSocket(null, error);
      else made.emit('free');
    });
  },

  keepSocketAlive(socket) {
    socket.setKeepAlive(true, this.keepAliveMsecs);
    socket.unref();
    let timeout = this.options.timeout || 0;
    const hint = /^timeout=(\d+)/.exec(socket._httpMessage?.res?.headers['keep-alive'])?.[1];
    if (hint !== undefined) {
      const kept = Number(hint) * 1000 - this.agentKeepAliveTimeoutBuffer;
      if (kept <= 0) return false;
      if (timeout === 0 || kept < timeout) timeout = kept;
    }
    if (socket.timeout !== timeout) socket.setTimeout(timeout);
    return true;
  },

  reuseSocket(socket, request) {
    socket.removeListener('error', onFreeError);
    request.reusedSocket = true;
    socket.ref();
  },

  destroy() {
    for (const list of [this.freeSockets, this.sockets]) {
      for (const sockets of Object.values(list)) for (const socket of [...sockets]) socket.destroy();
    }
  },
});

function takeFree(agent, name) {
  const free = agent.freeSockets[name];
  if (free === undefined) return undefined;
  let socket;
  while (free.length > 0 && socket === undefined) {
    const next = agent.scheduling === 'fifo' ? free.shift() : free.pop();
    if (isUsable(next)) socket = next;
  }
  if (free.length === 0) delete agent.freeSockets[name];
  return socket;
}

function removeFrom(agent, list, name, socket) {
  const sockets = list[name];
  const place = sockets === undefined ? -1 : sockets.indexOf(socket);
  if (place === -1) return;
  sockets.splice(place, 1);
  if (sockets.length === 0) delete list[name];
}

/** The events of a socket that the agent needs as long as it has it. */
function watch(agent, socket, options) {
  const onFree = () => agent.emit('free', socket, options);
  const leave = () => {
    agent.totalSocketCount--;
    agent.removeSocket(socket, options);
  };
  const onTimeout = () => {
    // A request has a timeout of its own; here a kept socket has waited long enough.
    for (const sockets of Object.values(agent.freeSockets)) {
      if (sockets.includes(socket)) {
        socket.destroy();
        return;
      }
    }
  };
  const onRemove = () => {
    leave();
    socket.removeListener('close', leave);
    socket.removeListener('free', onFree);
    socket.removeListener('timeout', onTimeout);
    socket.removeListener('agentRemove', onRemove);
  };
  socket.on('free', onFree);
  socket.on('close', leave);
  socket.on('timeout', onTimeout);
  socket.on('agentRemove', onRemove);
  if (agent[kKeylog]) socket.on('keylog', agent[kKeylog]);
}

const globalAgent = getLazy(() => new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }));
let chosen;

module.exports = {
  Agent,
  get globalAgent() {
    return chosen ?? globalAgent();
  },
  set globalAgent(value) {
    chosen = value;
  },
};
