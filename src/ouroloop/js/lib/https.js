'use strict';

// https: http on tls.
//
// What surprises people: the agent keeps the sessions of TLS too, by the connection's name, so that the next connection
// to a host is made with less work. And what a certificate is checked by is part of that name.

const tls = require('tls');
const {
  inheritTransport, serverArguments, setUpServer, storeHTTPOptions, _connectionListener,
} = require('_http_server');
const { Agent: HttpAgent } = require('_http_agent');
const { ClientRequest } = require('_http_client');
const { urlToHttpOptions, isURL } = require('internal/url');
const { getLazy, kEmptyObject } = require('internal/util');

// Server

function Server(options, requestListener) {
  if (!(this instanceof Server)) return new Server(options, requestListener);
  [options, requestListener] = serverArguments(options, requestListener);
  const chosen = { noDelay: true, ...options };
  if (!chosen.ALPNProtocols && !chosen.ALPNCallback) chosen.ALPNProtocols = ['http/1.1'];
  Reflect.apply(storeHTTPOptions, this, [chosen]);
  Reflect.apply(tls.Server, this, [chosen, _connectionListener]);
  setUpServer(this, chosen, requestListener);
  this.on('tlsClientError', function onTlsClientError(error, socket) {
    if (!this.emit('clientError', error, socket)) socket.destroy(error);
  });
}
inheritTransport(Server, tls.Server);

function createServer(options, requestListener) {
  return new Server(options, requestListener);
}

// Agent

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  const chosen = { __proto__: null, ...options };
  chosen.defaultPort ??= 443;
  chosen.protocol ??= 'https:';
  Reflect.apply(HttpAgent, this, [chosen]);
  this.maxCachedSessions = this.options.maxCachedSessions ?? 100;
  this._sessionCache = { map: {}, list: [] };
}
Object.setPrototypeOf(Agent.prototype, HttpAgent.prototype);
Object.setPrototypeOf(Agent, HttpAgent);

/** What `createConnection` was called with: options, or a port, a host and options. */
function connectionOptions(port, host, options) {
  let chosen = {};
  if (port !== null && typeof port === 'object') chosen = { ...port };
  else if (host !== null && typeof host === 'object') chosen = { ...host };
  else if (options !== null && typeof options === 'object') chosen = { ...options };
  if (typeof port === 'number') chosen.port = port;
  if (typeof host === 'string') chosen.host = host;
  return chosen;
}

Agent.prototype.createConnection = function(port, host, options) {
  const chosen = connectionOptions(port, host, options);
  const key = chosen._agentKey;
  if (key) {
    const session = this._getSession(key);
    if (session) chosen.session = session;
  }
  const socket = tls.connect(chosen);
  if (chosen.timeout) socket.setTimeout(chosen.timeout);
  if (key) {
    socket.on('session', (session) => this._cacheSession(key, session));
    // One that did not work is not tried again.
    socket.once('close', (hadError) => {
      if (hadError) this._evictSession(key);
    });
  }
  return socket;
};

/** What makes connections of TLS alike beside what does for plain ones, in the order of the name. */
const NAMED = [
  'ca', 'cert', 'clientCertEngine', 'ciphers', 'key', 'pfx', 'rejectUnauthorized', 'servername', 'minVersion',
  'maxVersion', 'secureProtocol', 'crl', 'honorCipherOrder', 'ecdhCurve', 'dhparam', 'secureOptions',
  'sessionIdContext', 'sigalgs', 'privateKeyIdentifier', 'privateKeyEngine',
];
const NAMED_IF_GIVEN = new Set(['rejectUnauthorized', 'honorCipherOrder', 'secureOptions']);

function namePart(name, options) {
  const value = options[name];
  if (name === 'servername') return value && value !== options.host ? value : '';
  if (name === 'pfx' && Array.isArray(value)) {
    return value.map((each) => `:${each.buf || each}:${each.passphrase}`).join('');
  }
  if (NAMED_IF_GIVEN.has(name)) return value !== undefined ? value : '';
  return value ? (name === 'sigalgs' ? JSON.stringify(value) : value) : '';
}

Agent.prototype.getName = function(options = kEmptyObject) {
  let name = Reflect.apply(HttpAgent.prototype.getName, this, [options]);
  for (const each of NAMED) name += `:${namePart(each, options)}`;
  return name;
};

Agent.prototype._getSession = function(key) {
  return this._sessionCache.map[key];
};

Agent.prototype._cacheSession = function(key, session) {
  if (this.maxCachedSessions === 0) return;
  const { map, list } = this._sessionCache;
  if (map[key]) {
    map[key] = session;
    return;
  }
  if (list.length >= this.maxCachedSessions) delete map[list.shift()];
  list.push(key);
  map[key] = session;
};

Agent.prototype._evictSession = function(key) {
  const { map, list } = this._sessionCache;
  const place = list.indexOf(key);
  if (place === -1) return;
  list.splice(place, 1);
  delete map[key];
};

const globalAgent = getLazy(() => new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }));
let chosenAgent;

// Requests

function request(...args) {
  let options = {};
  if (typeof args[0] === 'string') options = urlToHttpOptions(new URL(args.shift()));
  else if (isURL(args[0])) options = urlToHttpOptions(args.shift());
  if (args[0] && typeof args[0] !== 'function') Object.assign(options, args.shift());
  options._defaultAgent = module.exports.globalAgent;
  return new ClientRequest(options, ...args);
}

function get(input, options, callback) {
  const made = request(input, options, callback);
  made.end();
  return made;
}

module.exports = { Agent, globalAgent: undefined, Server, createServer, get, request };

Object.defineProperty(module.exports, 'globalAgent', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: () => chosenAgent ?? globalAgent(),
  set(value) {
    chosenAgent = value;
  },
});
