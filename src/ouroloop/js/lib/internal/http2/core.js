'use strict';

// HTTP/2: servers and `connect`, which make a session (`internal/http2/session`) of each socket.

const EventEmitter = require('events');
const net = require('net');
const { codes: { ERR_HTTP2_SOCKET_BOUND } } = require('internal/errors');
const { validateFunction, validateObject, validateUint32 } = require('internal/validators');
const { promisify } = require('internal/util');
const timers = require('timers');
const { constants } = require('internal/http2/constants');
const headersOf = require('internal/http2/util');
const { ClientHttp2Session, ServerHttp2Session, kOptions, kSession } = require('internal/http2/session');
const { hide } = require('internal/http2/stream');

const { NGHTTP2_REFUSED_STREAM } = constants;

const kCompat = Symbol('compat');

// Servers

const http1 = () => require('_http_server');

/** A connection of a server's, once it is secure if it has to be. */
function sessionOnConnection(server, options, socket) {
  socket.on('error', () => {});
  if (options.allowHTTP1 === true && (socket.alpnProtocol === false || socket.alpnProtocol === 'http/1.1')) {
    const { _connectionListener } = require('_http_server');
    return Reflect.apply(_connectionListener, server, [socket]);
  }
  if (socket.encrypted && socket.alpnProtocol !== 'h2') {
    refuseProtocol(server, options, socket);
    return undefined;
  }
  const session = new ServerHttp2Session(options, socket, server);
  server.sessions.add(session);
  session.on('stream', (...args) => {
    if (!server.emit('stream', ...args) && session.listenerCount('stream') === 1) args[0].close(NGHTTP2_REFUSED_STREAM);
  });
  session.on('error', (error) => server.emit('sessionError', error, session));
  session.on('close', () => server.sessions.delete(session));
  if (server.timeout) {
    session.setTimeout(server.timeout);
    session.on('timeout', () => {
      if (!server.emit('timeout', session)) session.destroy();
    });
  }
  if (Array.isArray(options.origins) && session.encrypted) session.origin(...options.origins);
  server.emit('session', session);
  return session;
}

/** A client that did not choose HTTP/2. */
function refuseProtocol(server, options, socket) {
  const timeout = options.unknownProtocolTimeout ?? 10000;
  const timer = timers.setTimeout(() => socket.destroy(), timeout).unref();
  socket.once('close', () => timers.clearTimeout(timer));
  if (server.emit('unknownProtocol', socket)) return;
  socket.end('HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n' +
    'Missing ALPN Protocol, expected `h2` to be available.\n' +
    'If this is a HTTP request: The server was not configured with the `allowHTTP1` option or a listener for the ' +
    '`unknownProtocol` event.\n');
}

function checkServerOptions(options) {
  if (options !== undefined) validateObject(options, 'options');
  options = { ...options };
  if (options.settings !== undefined) {
    validateObject(options.settings, 'options.settings');
    headersOf.validateSettings(options.settings);
  }
  if (options.maxSessionInvalidFrames !== undefined) {
    validateUint32(options.maxSessionInvalidFrames, 'maxSessionInvalidFrames');
  }
  if (options.maxSessionRejectedStreams !== undefined) {
    validateUint32(options.maxSessionRejectedStreams, 'maxSessionRejectedStreams');
  }
  if (options.unknownProtocolTimeout !== undefined) {
    validateUint32(options.unknownProtocolTimeout, 'unknownProtocolTimeout');
  } else {
    options.unknownProtocolTimeout = 10000;
  }
  const { Http2ServerRequest, Http2ServerResponse } = require('internal/http2/compat');
  const http = require('http');
  options.settings ??= {};
  options.Http1IncomingMessage ??= http.IncomingMessage;
  options.Http1ServerResponse ??= http.ServerResponse;
  options.Http2ServerRequest ??= Http2ServerRequest;
  options.Http2ServerResponse ??= Http2ServerResponse;
  return options;
}

/** What both kinds of servers have. */
function setUp(server, options, listener) {
  server[kOptions] = options;
  server.sessions = new Set();
  hide(server, ['sessions']);
  server.timeout = 0;
  server.on('newListener', (event) => {
    if (event !== 'request' || server[kCompat]) return;
    server[kCompat] = true;
    const { onServerStream } = require('internal/http2/compat');
    server.on('stream', (stream, headers, flags, raw) =>
      onServerStream(server, options.Http2ServerRequest, options.Http2ServerResponse, stream, headers, flags, raw));
  });
  if (typeof listener === 'function') server.on('request', listener);
}

/** What both kinds of servers can do. */
const withSessions = (Server) => class extends Server {
  setTimeout(msecs, callback) {
    this.timeout = msecs;
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.on('timeout', callback);
    }
    return this;
  }

  updateSettings(settings) {
    headersOf.assertIsObject(settings, 'settings');
    headersOf.validateSettings(settings);
    this[kOptions].settings = { ...this[kOptions].settings, ...settings };
  }

  close(callback) {
    super.close(callback);
    closeSessions(this);
    return this;
  }

  [EventEmitter.captureRejectionSymbol](error, event, ...args) {
    if (!rejected(error, event, args)) super[EventEmitter.captureRejectionSymbol](error, event, ...args);
  }
};

class Http2Server extends withSessions(net.Server) {
  constructor(options, listener) {
    options = checkServerOptions(options);
    super(options, (socket) => sessionOnConnection(this, options, socket));
    setUp(this, options, listener);
  }

  async [Symbol.asyncDispose]() {
    return require('util').promisify(net.Server.prototype.close).call(this);
  }
}

/** A listener's promise was rejected: whoever waits for an answer gets one, if it can still be given. */
function rejected(error, event, [stream, response]) {
  if (event === 'stream') {
    if (stream.headersSent) {
      stream.destroy(error);
    } else {
      stream.respond({ ':status': 500 });
      stream.end();
    }
    return true;
  }
  if (event !== 'request') return false;
  if (response.headersSent) {
    response.destroy(error);
    return true;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end();
  return true;
}

function closeSessions(server) {
  for (const session of server.sessions) session.close();
}

let SecureServer;

/** Made when it is first wanted: TLS takes a while to load. */
function secureServer() {
  if (SecureServer !== undefined) return SecureServer;
  const tls = require('tls');
  class Http2SecureServer extends withSessions(tls.Server) {
    constructor(options, listener) {
      options = checkServerOptions(options);
      if (!options.ALPNCallback) {
        options.ALPNProtocols = options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
      }
      super(options, (socket) => sessionOnConnection(this, options, socket));
      if (options.allowHTTP1 === true) {
        Reflect.apply(http1().storeHTTPOptions, this, [{
          ...options, IncomingMessage: options.Http1IncomingMessage, ServerResponse: options.Http1ServerResponse,
          ...options.http1Options,
        }]);
        http1().setUpServer(this, options);
      }
      setUp(this, options, listener);
      this.on('tlsClientError', (error, socket) => {
        if (!this.emit('clientError', error, socket)) socket.destroy(error);
      });
    }

    close(callback) {
      if (this[kOptions].allowHTTP1 === true) http1().httpServerPreClose(this);
      return super.close(callback);
    }

    closeAllConnections() {
      if (this[kOptions].allowHTTP1 === true) {
        Reflect.apply(http1().Server.prototype.closeAllConnections, this, []);
      }
      closeSessions(this);
    }

    closeIdleConnections() {
      if (this[kOptions].allowHTTP1 !== true) return;
      Reflect.apply(http1().Server.prototype.closeIdleConnections, this, []);
    }
  }
  return SecureServer = Http2SecureServer;
}

function createServer(options, handler) {
  if (typeof options === 'function') {
    handler = options;
    options = {};
  }
  return new Http2Server(options, handler);
}

function createSecureServer(options, handler) {
  return new (secureServer())(options, handler);
}

function performServerHandshake(socket, options = {}) {
  if (socket[kSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
  return new ServerHttp2Session(checkServerOptions(options), socket, undefined);
}

// Clients

function connect(authority, options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = undefined;
  }
  headersOf.assertIsObject(options, 'options');
  options = { ...options };
  if (options.settings !== undefined) headersOf.validateSettings(options.settings);
  headersOf.assertIsArray(options.remoteCustomSettings, 'options.remoteCustomSettings');
  if (typeof authority === 'string') authority = new URL(authority);
  headersOf.assertIsObject(authority, 'authority', ['string', 'Object', 'URL']);
  const protocol = authority.protocol || options.protocol || 'https:';
  const isPortGiven = authority.port !== '' && authority.port !== undefined;
  const port = `${isPortGiven ? authority.port : protocol === 'http:' ? 80 : 443}`;
  let host = 'localhost';
  if (authority.hostname) {
    host = authority.hostname;
    if (host[0] === '[') host = host.slice(1, -1);
  } else if (authority.host) {
    host = authority.host;
  }
  let socket;
  if (typeof options.createConnection === 'function') {
    socket = options.createConnection(authority, options);
  } else if (protocol === 'http:') {
    socket = net.connect({ port, host, ...options });
  } else if (protocol === 'https:') {
    const tls = require('tls');
    const name = net.isIP(host) ? undefined : { servername: host };
    socket = tls.connect({ ALPNProtocols: ['h2'], ...name, ...options, port, host });
  } else {
    const { codes: { ERR_HTTP2_UNSUPPORTED_PROTOCOL } } = require('internal/errors');
    throw new ERR_HTTP2_UNSUPPORTED_PROTOCOL(protocol);
  }
  if (socket[kSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
  const session = new ClientHttp2Session(options, socket);
  session.authority = options.servername && !net.isIP(options.servername) ?
    withPort(options.servername, authority.port) : `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  session.protocol = protocol;
  if (typeof listener === 'function') session.once('connect', listener);
  return session;
}

const withPort = (name, port) => (port ? `${name}:${port}` : name);

Object.defineProperty(connect, promisify.custom, {
  __proto__: null,
  value: { connect: (authority, options) => new Promise((resolve, reject) => {
    const session = connect(authority, options, () => {
      session.removeListener('error', reject);
      resolve(session);
    });
    session.once('error', reject);
  }) }.connect,
});

module.exports = {
  connect, constants, createServer, createSecureServer, getDefaultSettings: headersOf.getDefaultSettings,
  getPackedSettings: headersOf.getPackedSettings, getUnpackedSettings: headersOf.getUnpackedSettings,
  performServerHandshake, sensitiveHeaders: headersOf.sensitiveHeaders,
};
