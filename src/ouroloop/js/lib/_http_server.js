'use strict';

// _http_server: Server and ServerResponse.
//
// Theory of operation. A Server is a `net.Server` with a Connection (internal/http/server_connection) for each socket.
// One timer looks at all connections now and then for requests that take too long to arrive.
//
// What surprises people: `server.timeout` is a socket's silence; `headersTimeout` and `requestTimeout` are how long a
// head or a request may take; `keepAliveTimeout` is how long an idle connection is kept, and the client is told.

const net = require('net');
const { captureRejectionSymbol } = require('events');
const { setInterval, clearInterval } = require('timers');
const { OutgoingMessage, kHeaders, kUniqueHeaders } = require('_http_outgoing');
const { IncomingMessage } = require('_http_incoming');
const { _checkInvalidHeaderChar: hasInvalidChar, chunkExpression } = require('_http_common');
const { STATUS_CODES } = require('internal/http/facts');
const { validateHeaderName, validateHeaderValue, parseUniqueHeadersOption } = require('internal/http/headers');
const {
  Connection, kServerResponse, kIncomingMessage, kConnections, kOptimizeEmptyRequests,
} = require('internal/http/server_connection');
const {
  codes: {
    ERR_HTTP_HEADERS_SENT, ERR_HTTP_INVALID_STATUS_CODE, ERR_HTTP_SOCKET_ASSIGNED, ERR_INVALID_ARG_VALUE,
    ERR_INVALID_CHAR, ERR_OUT_OF_RANGE,
  },
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInteger, validateLinkHeaderValue, validateObject,
} = require('internal/validators');
const { kEmptyObject, promisify } = require('internal/util');
const { hasObserver, startPerf, stopPerf } = require('internal/perf/observe');

const kMeasure = Symbol('kMeasure'); // what observers are told of a request
const kCheckingInterval = Symbol('kCheckingInterval');

// ServerResponse

function ServerResponse(request, options) {
  OutgoingMessage.call(this, options);
  if (request.method === 'HEAD') this._hasBody = false;
  this.req = request;
  this.sendDate = true;
  this._sent100 = false;
  this._expect_continue = false;
  if (request.httpVersionMajor < 1 || (request.httpVersionMajor === 1 && request.httpVersionMinor < 1)) {
    this.useChunkedEncodingByDefault = chunkExpression.test(request.headers?.te);
    this.shouldKeepAlive = false;
  }
  if (hasObserver('http')) {
    const { method, url, headers } = request;
    startPerf(this, kMeasure, { type: 'http', name: 'HttpRequest', detail: { req: { method, url, headers } } });
  }
}
Object.setPrototypeOf(ServerResponse.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ServerResponse, OutgoingMessage);

function onSocketClose() {
  const response = this._httpMessage;
  if (!response) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

/** Headers of a response that says something before the response proper, as lines. */
function informationLines(headers) {
  if (headers === undefined || headers === null) return '';
  let lines = '';
  const add = (name, value) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    lines += `${name}: ${value}\r\n`;
  };
  if (Array.isArray(headers)) {
    if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', headers);
    for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
  } else {
    for (const name of Object.keys(headers)) add(name, headers[name]);
  }
  return lines;
}

Object.assign(ServerResponse.prototype, {
  statusCode: 200,
  statusMessage: undefined,

  _finish() {
    if (this[kMeasure] !== undefined && hasObserver('http')) {
      const { statusCode, statusMessage } = this;
      stopPerf(this, kMeasure, { detail: { res: { statusCode, statusMessage, headers: this.getHeaders() } } });
    }
    OutgoingMessage.prototype._finish.call(this);
  },

  assignSocket(socket) {
    if (socket._httpMessage) throw new ERR_HTTP_SOCKET_ASSIGNED();
    socket._httpMessage = this;
    socket.on('close', onSocketClose);
    this.socket = socket;
    this.emit('socket', socket);
    this._flush();
  },

  detachSocket(socket) {
    socket.removeListener('close', onSocketClose);
    socket._httpMessage = null;
    this.socket = null;
  },

  writeInformation(statusCode, headers, callback) {
    if (typeof headers === 'function') {
      callback = headers;
      headers = undefined;
    }
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    validateInteger(statusCode, 'statusCode');
    if (statusCode < 100 || statusCode > 199 || statusCode === 101) throw new ERR_HTTP_INVALID_STATUS_CODE(statusCode);
    const line = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? 'unknown'}\r\n`;
    this._writeRaw(`${line}${informationLines(headers)}\r\n`, 'latin1', callback);
  },

  writeContinue(callback) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    this._writeRaw('HTTP/1.1 100 Continue\r\n\r\n', 'ascii', callback);
    this._sent100 = true;
  },

  writeProcessing(callback) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    this._writeRaw('HTTP/1.1 102 Processing\r\n\r\n', 'ascii', callback);
  },

  writeEarlyHints(hints, callback) {
    validateObject(hints, 'hints');
    if (hints.link === null || hints.link === undefined) return;
    const link = validateLinkHeaderValue(hints.link);
    if (link.length === 0) return;
    if (hasInvalidChar(link)) throw new ERR_INVALID_CHAR('header content', 'Link');
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    const { link: _, ...others } = hints;
    this._writeRaw(
      `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n${informationLines(others)}\r\n`, 'ascii', callback);
  },

  _implicitHeader() {
    this.writeHead(this.statusCode);
  },

  writeHead(statusCode, reason, headers) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    const asked = statusCode;
    statusCode |= 0;
    if (statusCode < 100 || statusCode > 999) throw new ERR_HTTP_INVALID_STATUS_CODE(asked);
    if (typeof reason === 'string') {
      this.statusMessage = reason;
    } else {
      this.statusMessage ||= STATUS_CODES[statusCode] || 'unknown';
      headers ??= reason;
    }
    this.statusCode = statusCode;
    const all = headersOf(this, headers);
    if (hasInvalidChar(this.statusMessage)) throw new ERR_INVALID_CHAR('statusMessage');
    if (statusCode === 204 || statusCode === 304 || statusCode < 200) this._hasBody = false;
    // The client may have sent its body or not: what follows cannot be told apart.
    if (this._expect_continue && !this._sent100) this.shouldKeepAlive = false;
    this._storeHeader(`HTTP/1.1 ${statusCode} ${this.statusMessage}\r\n`, all);
    return this;
  },
});
ServerResponse.prototype.writeHeader = ServerResponse.prototype.writeHead;

/** The headers of a response: those set before with those of `writeHead`, which win. */
function headersOf(response, given) {
  if (Array.isArray(given) && !Array.isArray(given[0]) && given.length % 2 !== 0) {
    throw new ERR_INVALID_ARG_VALUE('headers', given);
  }
  if (response[kHeaders] === null) return given;
  if (!given) return response[kHeaders];
  if (!Array.isArray(given)) {
    for (const name of Object.keys(given)) if (name) response.setHeader(name, given[name]);
    return response[kHeaders];
  }
  const pairs = Array.isArray(given[0]) ? given :
    given.flatMap((name, i) => (i % 2 === 0 ? [[name, given[i + 1]]] : []));
  for (const [name] of pairs) response.removeHeader(name);
  for (const [name, value] of pairs) if (name) response.appendHeader(name, value);
  return response[kHeaders];
}

// Server

const optional = (value, name, validate, ...rest) => {
  if (value !== undefined) validate(value, name, ...rest);
  return value;
};

/** Takes the options that http and https servers share. */
function storeHTTPOptions(options) {
  this[kIncomingMessage] = options.IncomingMessage || IncomingMessage;
  this[kServerResponse] = options.ServerResponse || ServerResponse;
  this.maxHeaderSize = optional(options.maxHeaderSize, 'maxHeaderSize', validateInteger, 0);
  this.insecureHTTPParser = optional(options.insecureHTTPParser, 'options.insecureHTTPParser', validateBoolean);
  this.requestTimeout = optional(options.requestTimeout, 'requestTimeout', validateInteger, 0) ?? 300_000;
  this.headersTimeout = optional(options.headersTimeout, 'headersTimeout', validateInteger, 0) ??
    Math.min(60_000, this.requestTimeout || 60_000);
  if (this.requestTimeout > 0 && this.headersTimeout > 0 && this.headersTimeout > this.requestTimeout) {
    throw new ERR_OUT_OF_RANGE('headersTimeout', '<= requestTimeout', options.headersTimeout);
  }
  this.keepAliveTimeout = optional(options.keepAliveTimeout, 'keepAliveTimeout', validateInteger, 0) ?? 5_000;
  const buffer = optional(options.keepAliveTimeoutBuffer, 'keepAliveTimeoutBuffer', validateInteger, 0);
  this.keepAliveTimeoutBuffer = buffer ?? 1_000;
  this.connectionsCheckingInterval =
    optional(options.connectionsCheckingInterval, 'connectionsCheckingInterval', validateInteger, 0) ?? 30_000;
  this.requireHostHeader = optional(options.requireHostHeader, 'options.requireHostHeader', validateBoolean) ?? true;
  this.joinDuplicateHeaders = optional(options.joinDuplicateHeaders, 'options.joinDuplicateHeaders', validateBoolean);
  this.rejectNonStandardBodyWrites =
    optional(options.rejectNonStandardBodyWrites, 'options.rejectNonStandardBodyWrites', validateBoolean) ?? false;
  this[kOptimizeEmptyRequests] =
    optional(options.optimizeEmptyRequests, 'options.optimizeEmptyRequests', validateBoolean) ?? false;
  this.shouldUpgradeCallback =
    optional(options.shouldUpgradeCallback, 'options.shouldUpgradeCallback', validateFunction) ??
    hasUpgradeListener;
}

function hasUpgradeListener() {
  return this.listenerCount('upgrade') > 0;
}

/** Begins to look after requests that take too long to arrive. */
function setupConnectionsTracking() {
  this[kConnections] ??= new Set();
  if (this[kCheckingInterval]) clearInterval(this[kCheckingInterval]);
  this[kCheckingInterval] = setInterval(checkConnections.bind(this), this.connectionsCheckingInterval).unref();
}

function checkConnections() {
  if (this.headersTimeout === 0 && this.requestTimeout === 0) return;
  const now = performance.now();
  for (const connection of this[kConnections]) connection.checkTime(now, this.headersTimeout, this.requestTimeout);
}

/** The arguments of `createServer` of http and https: `[options, requestListener]`. */
function serverArguments(options, requestListener) {
  if (typeof options === 'function') return [kEmptyObject, options];
  if (options == null) return [kEmptyObject, requestListener];
  validateObject(options, 'options');
  return [options, requestListener];
}

/** What http and https servers have in common, once each is a server of its transport. */
function setUpServer(server, options, requestListener) {
  if (requestListener) server.on('request', requestListener);
  // Whether a client that has sent its request may close its half while it waits.
  server.httpAllowHalfOpen = false;
  server.on('listening', setupConnectionsTracking);
  server.timeout = 0;
  server.maxHeadersCount = null;
  server.maxRequestsPerSocket = 0;
  server[kConnections] = new Set();
  server[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
}

function Server(options, requestListener) {
  if (!(this instanceof Server)) return new Server(options, requestListener);
  [options, requestListener] = serverArguments(options, requestListener);
  storeHTTPOptions.call(this, options);
  net.Server.call(this, {
    allowHalfOpen: true, noDelay: options.noDelay ?? true, keepAlive: options.keepAlive,
    keepAliveInitialDelay: options.keepAliveInitialDelay, highWaterMark: options.highWaterMark,
  });
  setUpServer(this, options, requestListener);
  this.on('connection', connectionListener);
}
/** What http and https servers do before they close. */
function httpServerPreClose(server) {
  server.closeIdleConnections();
  clearInterval(server[kCheckingInterval]);
}

const serverMethods = {
  closeAllConnections() {
    for (const connection of [...this[kConnections]]) connection.socket.destroy();
  },

  closeIdleConnections() {
    for (const connection of [...this[kConnections]]) if (connection.isIdle) connection.socket.destroy();
  },

  setTimeout(ms, callback) {
    this.timeout = ms;
    if (callback) this.on('timeout', callback);
    return this;
  },
};

/** Makes `Server` inherit from the server of its transport, and gives it what servers of HTTP have. */
function inheritTransport(Server, Transport) {
  Object.setPrototypeOf(Server.prototype, Transport.prototype);
  Object.setPrototypeOf(Server, Transport);
  Object.assign(Server.prototype, serverMethods, {
    close() {
      httpServerPreClose(this);
      Reflect.apply(Transport.prototype.close, this, arguments);
      return this;
    },
  });
  Object.defineProperty(Server.prototype, Symbol.asyncDispose, {
    __proto__: null,
    configurable: true,
    writable: true,
    async value() {
      await promisify(this.close).call(this);
    },
  });
}

inheritTransport(Server, net.Server);

Server.prototype[captureRejectionSymbol] = function(error, event, ...args) {
  if (event !== 'request') {
    net.Server.prototype[captureRejectionSymbol].call(this, error, event, ...args);
    return;
  }
  const [, response] = args;
  if (response.headersSent || response.writableEnded) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end(STATUS_CODES[500]);
};

function connectionListener(socket) {
  new Connection(this, socket).start();
}

module.exports = {
  STATUS_CODES, Server, ServerResponse, setupConnectionsTracking, storeHTTPOptions, inheritTransport, serverArguments,
  setUpServer, _connectionListener: connectionListener, kServerResponse, httpServerPreClose,
  kConnectionsCheckingInterval: kCheckingInterval,
};
