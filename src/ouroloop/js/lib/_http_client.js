'use strict';

// _http_client: ClientRequest.
//
// Theory of operation. A request asks its agent for a socket (or makes one) and gets it in a later tick (`onSocket`);
// until then what is written waits. An Exchange (internal/http/exchange) is the request and its response on the socket.
//
// What surprises people: an error before the response is the request's; after it, the response's. A response that no
// listener takes is read and dropped. `destroy` without an error before the response is told, as "socket hang up".

const net = require('net');
const { OutgoingMessage, kHeaders, kUniqueHeaders } = require('_http_outgoing');
const { _checkIsHttpToken: isToken } = require('_http_common');
const agents = require('_http_agent');
const { Exchange, kListenForTimeout, kMeasure } = require('internal/http/exchange');
const { parseUniqueHeadersOption } = require('internal/http/headers');
const { Buffer } = require('buffer');
const {
  ConnResetException,
  codes: {
    ERR_HTTP_HEADERS_SENT, ERR_INVALID_ARG_TYPE, ERR_INVALID_HTTP_TOKEN, ERR_INVALID_PROTOCOL, ERR_UNESCAPED_CHARACTERS,
  },
} = require('internal/errors');
const { validateBoolean, validateInteger } = require('internal/validators');
const { isURL, urlToHttpOptions } = require('internal/url');
const { getTimerDuration } = require('internal/timers');
const { hasObserver, startPerf } = require('internal/perf/observe');
const { addAbortSignal, finished } = require('stream');
const { kEmptyObject, once } = require('internal/util');
const dc = require('diagnostics_channel');

const onCreated = dc.channel('http.client.request.created');
const onStart = dc.channel('http.client.request.start');
const onError = dc.channel('http.client.request.error');

const UNESCAPED = /[^\u0021-\u00ff]/;
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

function validateHost(host, name) {
  if (host !== null && host !== undefined && typeof host !== 'string') {
    throw new ERR_INVALID_ARG_TYPE(`options.${name}`, ['string', 'undefined', 'null'], host);
  }
  return host;
}

/** The arguments as one object, which inherits from nothing. */
function optionsOf(input, options, callback) {
  if (typeof input === 'string') {
    input = urlToHttpOptions(new URL(input));
  } else if (isURL(input)) {
    input = urlToHttpOptions(input);
  } else {
    callback = options;
    options = input;
    input = null;
  }
  if (typeof options === 'function') {
    callback = options;
    options = input || kEmptyObject;
  } else {
    options = Object.assign(input || {}, options);
  }
  return [options, callback];
}

function agentOf(options) {
  const { agent } = options;
  const standard = options._defaultAgent || agents.globalAgent;
  if (agent === false) return new standard.constructor();
  if (agent === null || agent === undefined) {
    return typeof options.createConnection === 'function' ? undefined : standard;
  }
  if (typeof agent.addRequest !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('options.agent', ['Agent-like Object', 'undefined', 'false'], agent);
  }
  return agent;
}

function ClientRequest(input, options, callback) {
  if (!(this instanceof ClientRequest)) return new ClientRequest(input, options, callback);
  OutgoingMessage.call(this);
  [options, callback] = optionsOf(input, options, callback);
  this.agent = agentOf(options);
  options = check(this, options);
  if (callback) this.once('response', callback);
  this.useChunkedEncodingByDefault = !BODILESS.has(this.method);
  decideKeepAlive(this);
  this[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
  takeHeaders(this, options);
  if (onCreated.hasSubscribers) onCreated.publish({ request: this });
  connect(this, options);
  if (onStart.hasSubscribers) onStart.publish({ request: this });
}
Object.setPrototypeOf(ClientRequest.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ClientRequest, OutgoingMessage);

/** Takes what the options say, or throws; the options of the connection. */
function check(request, options) {
  const { agent } = request;
  const defaultAgent = options._defaultAgent || agents.globalAgent;
  const protocol = options.protocol || defaultAgent.protocol;
  const expected = agent?.protocol ?? defaultAgent.protocol;
  if (options.path) {
    const path = String(options.path);
    if (UNESCAPED.test(path)) throw new ERR_UNESCAPED_CHARACTERS('Request path');
  }
  if (protocol !== expected) throw new ERR_INVALID_PROTOCOL(protocol, expected);
  const defaultPort = options.defaultPort || agent?.defaultPort;
  const port = options.port = options.port || defaultPort || 80;
  const host = options.host =
    validateHost(options.hostname, 'hostname') || validateHost(options.host, 'host') || 'localhost';
  request.socketPath = options.socketPath;
  if (options.timeout !== undefined) request.timeout = getTimerDuration(options.timeout, 'timeout');
  request.method = methodOf(options.method);
  if (options.maxHeaderSize !== undefined) validateInteger(options.maxHeaderSize, 'maxHeaderSize', 0);
  request.maxHeaderSize = options.maxHeaderSize;
  if (options.insecureHTTPParser !== undefined) {
    validateBoolean(options.insecureHTTPParser, 'options.insecureHTTPParser');
  }
  request.insecureHTTPParser = options.insecureHTTPParser;
  if (options.joinDuplicateHeaders !== undefined) {
    validateBoolean(options.joinDuplicateHeaders, 'options.joinDuplicateHeaders');
  }
  request.joinDuplicateHeaders = options.joinDuplicateHeaders;
  request[kPath] = options.path || '/';
  request._ended = false;
  request.res = null;
  request.aborted = false;
  request.timeoutCb = null;
  request.upgradeOrConnect = false;
  request.parser = null;
  request.maxHeadersCount = null;
  request.reusedSocket = false;
  request.host = host;
  request.protocol = protocol;
  request[kPort] = port;
  request[kDefaultPort] = defaultPort;
  if (request.agent) options = { ...options, port, host };
  return options;
}

const kPath = Symbol('kPath');
const kPort = Symbol('kPort');
const kDefaultPort = Symbol('kDefaultPort');
const kError = Symbol('kError');

function methodOf(method) {
  if (method !== undefined && method !== null && typeof method !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.method', 'string', method);
  }
  if (!method) return 'GET';
  if (!isToken(method)) throw new ERR_INVALID_HTTP_TOKEN('Method', method);
  return method.toUpperCase();
}

function decideKeepAlive(request) {
  const { agent } = request;
  request.shouldKeepAlive = agent !== undefined && (agent.keepAlive || Number.isFinite(agent.maxSockets));
  request._last = !request.shouldKeepAlive;
}

function takeHeaders(request, options) {
  const { headers } = options;
  if (options.setDefaultHeaders === false) {
    request._removedConnection = request._removedContLen = request._removedTE = true;
  }
  if (Array.isArray(headers)) {
    // All of the head is the program's own.
    request._storeHeader(firstLine(request), headers);
    return;
  }
  if (headers) for (const name of Object.keys(headers)) request.setHeader(name, headers[name]);
  const isHostSet = options.setHost !== undefined ? options.setHost : options.setDefaultHeaders !== false;
  if (options.host && isHostSet && !request.getHeader('host')) request.setHeader('Host', hostHeader(request));
  if (options.auth && !request.getHeader('Authorization')) {
    request.setHeader('Authorization', authorization(options.auth));
  }
  if (request.getHeader('expect')) {
    request._storeHeader(firstLine(request), request[kHeaders]);
  }
}

function hostHeader(request) {
  const { host, [kPort]: port } = request;
  const name = host.includes(':') && !host.startsWith('[') && net.isIPv6(host) ? `[${host}]` : host;
  return port && +port !== request[kDefaultPort] ? `${name}:${port}` : name;
}

const authorization = (auth) => `Basic ${Buffer.from(auth).toString('base64')}`;

const firstLine = (request) => `${request.method} ${request.path} HTTP/1.1\r\n`;

function connect(request, options) {
  if (options.signal) addAbortSignal(options.signal, request);
  // The signal is the request's, and so is the path: to a connection it would be a socket's.
  options = { ...options, signal: undefined };
  if (request.agent) {
    request.agent.addRequest(request, options);
    return;
  }
  options.path = options.socketPath;
  if (typeof options.createConnection !== 'function') {
    request.onSocket(net.createConnection(options));
    return;
  }
  const created = once((error, socket) => {
    if (error) process.nextTick(() => fail(request, error));
    else request.onSocket(socket);
  });
  try {
    const socket = options.createConnection(options, created);
    if (socket) created(null, socket);
  } catch (error) {
    created(error);
  }
}

/** An error of the request, unless it has had one. */
function fail(request, error) {
  if (onError.hasSubscribers) onError.publish({ request, error });
  request.emit('error', error);
}

Object.defineProperty(ClientRequest.prototype, 'path', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return this[kPath];
  },
  set(value) {
    const path = String(value);
    if (UNESCAPED.test(path)) throw new ERR_UNESCAPED_CHARACTERS('Request path');
    this[kPath] = path;
  },
});

Object.assign(ClientRequest.prototype, {
  _implicitHeader() {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('render');
    this._storeHeader(firstLine(this), this[kHeaders]);
  },

  _finish() {
    OutgoingMessage.prototype._finish.call(this);
    if (hasObserver('http')) measure(this);
  },

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(emitAbort, this);
    this.destroy();
  },

  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    // What was received has no reader any more.
    if (this.res) this.res._dump();
    this[kError] = error;
    this.socket?.destroy(error);
    return this;
  },

  onSocket(socket, error) {
    const exchange = socket && !error ? new Exchange(this, socket) : null;
    process.nextTick(takeSocket, this, socket, error, exchange);
  },

  _deferToConnect(method, args) {
    const call = () => {
      if (method) Reflect.apply(this.socket[method], this.socket, args);
    };
    const connected = () => {
      if (this.socket.connecting) this.socket.once('connect', call);
      else call();
    };
    if (this.socket) connected();
    else this.once('socket', connected);
  },

  setTimeout(ms, callback) {
    if (this._ended) return this;
    listenForTimeout(this);
    ms = getTimerDuration(ms, 'msecs');
    if (callback) this.once('timeout', callback);
    if (this.socket) setSocketTimeout(this.socket, ms);
    else this.once('socket', (socket) => setSocketTimeout(socket, ms));
    return this;
  },

  setNoDelay(noDelay) {
    this._deferToConnect('setNoDelay', [noDelay]);
  },

  setSocketKeepAlive(enable, initialDelay) {
    this._deferToConnect('setKeepAlive', [enable, initialDelay]);
  },

  [kListenForTimeout]() {
    listenForTimeout(this);
  },

  clearTimeout(callback) {
    this.setTimeout(0, callback);
  },
});

/** For observers: from when it is sent to when the head of its response is there. */
function measure(request) {
  const { method, path, protocol } = request;
  const url = `${protocol}//${hostHeader(request)}${path}`;
  startPerf(request, kMeasure, {
    type: 'http', name: 'HttpClient', detail: { req: { method, url, headers: request.getHeaders() } },
  });
}

function emitAbort(request) {
  request.emit('abort');
}

function takeSocket(request, socket, error, exchange) {
  if (!request.destroyed && !error) {
    exchange.start();
    request._flush();
    return;
  }
  const isUsable = socket && !error && request.agent && !socket.destroyed;
  if (!socket || isUsable) {
    exchange?.cancel();
    if (isUsable) socket.emit('free'); // nothing was sent on it: it can serve another request
    giveUp(request, error || request[kError]);
    return;
  }
  finished(socket.destroy(error || request[kError]), (failure) => {
    exchange?.cancel();
    const isEarly = failure?.code === 'ERR_STREAM_PREMATURE_CLOSE';
    giveUp(request, (isEarly ? undefined : failure) || error, socket._hadError);
  });
}

/** The request ends before it had a socket. */
function giveUp(request, error, isTold = false) {
  request.destroyed = true;
  if (!error && !request.res && !request.aborted && !isTold) error = new ConnResetException('socket hang up');
  if (error && !isTold) fail(request, error);
  request._closed = true;
  request.emit('close');
}

function setSocketTimeout(socket, ms) {
  if (socket.connecting) socket.once('connect', () => socket.setTimeout(ms));
  else socket.setTimeout(ms);
}

function emitRequestTimeout() {
  this._httpMessage?.emit('timeout');
}

/** The socket's silence is told as the request's 'timeout'. */
function listenForTimeout(request) {
  if (request.timeoutCb) return;
  request.timeoutCb = emitRequestTimeout;
  if (request.socket) request.socket.once('timeout', emitRequestTimeout);
  else request.once('socket', (socket) => socket.once('timeout', emitRequestTimeout));
}

module.exports = { ClientRequest };
