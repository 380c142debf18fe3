'use strict';

// tls.Server: a net.Server that makes a TLSSocket of each connection.
//
// Theory of operation. 'connection' comes with the bare socket, 'secureConnection' when its handshake is over. What
// fails before that is told as 'tlsClientError', and no error of the socket's.

const net = require('net');
const { Buffer } = require('buffer');
const { captureRejectionSymbol } = require('events');
const {
  ConnResetException,
  codes: { ERR_INVALID_ARG_TYPE, ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS, ERR_TLS_REQUIRED_SERVER_NAME },
} = require('internal/errors');
const { validateFunction, validateNumber, validateString } = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { notThere } = require('internal/not_there');
const { TLSSocket, kErrorEmitted } = require('internal/tls/socket');
const { SecureContext, createSecureContext } = require('internal/tls/secure_context');
const { convertALPNProtocols } = require('internal/tls/protocols');

const kHandshakeTimeout = Symbol('handshake-timeout');
const kSNICallback = Symbol('snicallback');

const HANDSHAKE_TIMEOUT = 120_000; // ms

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') {
    listener = options;
    options = {};
  } else if (options == null || typeof options === 'object') {
    options ??= {};
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  this._contexts = [];
  this.requestCert = options.requestCert === true;
  this.rejectUnauthorized = options.rejectUnauthorized !== false;
  if (options.ALPNCallback) {
    validateFunction(options.ALPNCallback, 'options.ALPNCallback');
    if (options.ALPNProtocols) throw new ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS();
    this.ALPNCallback = options.ALPNCallback;
  }
  if (options.pskCallback) throw notThere('tls: pskCallback');
  if (options.enableTrace) throw notThere('tls: enableTrace');
  if (options.sessionTimeout) this.sessionTimeout = options.sessionTimeout;
  if (options.ALPNProtocols) convertALPNProtocols(options.ALPNProtocols, this);
  this.setSecureContext(options);
  this[kHandshakeTimeout] = options.handshakeTimeout || HANDSHAKE_TIMEOUT;
  this[kSNICallback] = options.SNICallback;
  validateNumber(this[kHandshakeTimeout], 'options.handshakeTimeout');
  if (this[kSNICallback]) validateFunction(this[kSNICallback], 'options.SNICallback');
  Reflect.apply(net.Server, this, [options, onConnection]);
  if (listener) this.on('secureConnection', listener);
}
Object.setPrototypeOf(Server.prototype, net.Server.prototype);
Object.setPrototypeOf(Server, net.Server);

function createServer(options, listener) {
  return new Server(options, listener);
}

function onConnection(below) {
  const socket = new TLSSocket(below, {
    secureContext: this._sharedCreds, isServer: true, server: this, requestCert: this.requestCert,
    rejectUnauthorized: this.rejectUnauthorized, handshakeTimeout: this[kHandshakeTimeout],
    ALPNProtocols: this.ALPNProtocols, ALPNCallback: this.ALPNCallback,
    SNICallback: this[kSNICallback] || sniOf(this),
    pauseOnConnect: this.pauseOnConnect, highWaterMark: this.highWaterMark,
  });
  socket.server = this;
  socket.on('secure', onSecure);
  socket.setTimeout(this[kHandshakeTimeout], socket._handleTimeout);
  socket[kErrorEmitted] = false;
  socket.on('close', onClose);
  socket.on('_tlsError', onTlsError);
  if (this.listenerCount('keylog') > 0) socket.on('keylog', (line) => this.emit('keylog', line, socket));
}

function onSecure() {
  const server = this._tlsOptions.server;
  if (this._requestCert) {
    const why = this._handle.query('verifyError');
    if (why === undefined) {
      this.authorized = true;
    } else {
      [this.authorizationError] = why;
      if (this._rejectUnauthorized) this.destroy();
    }
  }
  if (this.destroyed || !this._releaseControl()) return;
  server.emit('secureConnection', this);
}

function onTlsError(error) {
  if (this._controlReleased || this[kErrorEmitted]) return;
  this[kErrorEmitted] = true;
  this._tlsOptions.server.emit('tlsClientError', error, this);
}

function onClose() {
  if (this._controlReleased || this[kErrorEmitted]) return;
  this[kErrorEmitted] = true;
  this._tlsOptions.server.emit('tlsClientError', new ConnResetException('socket hang up'), this);
}

const sniOf = (server) => (
  server._contexts.length === 0 ? null : (name, answer) => chooseByName(server, name, answer));

function chooseByName(server, name, answer) {
  for (let i = server._contexts.length - 1; i >= 0; i--) {
    const [pattern, context] = server._contexts[i];
    if (pattern.test(name)) {
      answer(null, context);
      return;
    }
  }
  answer(null);
}

const CONTEXT_OPTIONS = [
  'pfx', 'key', 'passphrase', 'cert', 'clientCertEngine', 'ca', 'minVersion', 'maxVersion', 'secureProtocol', 'crl',
  'sigalgs', 'ciphers', 'ecdhCurve', 'dhparam', 'honorCipherOrder', 'secureOptions', 'sessionIdContext',
  'sessionTimeout', 'ticketKeys', 'privateKeyIdentifier', 'privateKeyEngine', 'allowPartialTrustChain',
  'certificateCompression',
];

Server.prototype.setSecureContext = function(options) {
  if (options === null || typeof options !== 'object') throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  for (const name of CONTEXT_OPTIONS) this[name] = options[name] || undefined;
  // The server's own order of ciphers counts, unless it is told otherwise.
  this.honorCipherOrder = options.honorCipherOrder !== undefined ? Boolean(options.honorCipherOrder) : true;
  this.sessionIdContext = options.sessionIdContext || sessionIdContext();
  if (options.sessionTimeout !== undefined) this.sessionTimeout = options.sessionTimeout;
  const chosen = {};
  for (const name of CONTEXT_OPTIONS) if (options[name] !== undefined) chosen[name] = options[name];
  this._sharedCreds = createSecureContext({
    ...chosen, honorCipherOrder: this.honorCipherOrder, sessionIdContext: this.sessionIdContext,
  });
};

/** Sessions of one program are not another's. */
function sessionIdContext() {
  return require('crypto').createHash('sha1').update(process.argv.join(' ')).digest('hex').slice(0, 32);
}

Server.prototype.getTicketKeys = function() {
  return this._sharedCreds.context.getTicketKeys();
};

Server.prototype.setTicketKeys = function(keys) {
  if (!isArrayBufferView(keys)) {
    throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], keys);
  }
  if (keys.byteLength !== 48) {
    const { AssertionError } = require('assert');
    throw new AssertionError({ message: 'Session ticket keys must be a 48-byte buffer', operator: 'strictEqual' });
  }
  this._sharedCreds.context.setTicketKeys(keys);
};

/** What the servers of a cluster have in common: a session goes on with whichever worker has the next connection. */
Server.prototype._getServerData = function() {
  return { ticketKeys: this.getTicketKeys().toString('hex') };
};

Server.prototype._setServerData = function(data) {
  this.setTicketKeys(Buffer.from(data.ticketKeys, 'hex'));
};

Server.prototype.addContext = function(servername, context) {
  if (!servername) throw new ERR_TLS_REQUIRED_SERVER_NAME();
  validateString(servername, 'servername');
  const labels = servername.replaceAll(/([.^$+?\-\\[\]{}])/g, '\\$1').replaceAll('*', '[^.]*');
  const chosen = context instanceof SecureContext ? context : createSecureContext(context);
  this._contexts.push([new RegExp(`^${labels}$`), chosen.context]);
};

Server.prototype[captureRejectionSymbol] = function(error, event, socket) {
  if (event === 'secureConnection') socket.destroy(error);
  else Reflect.apply(net.Server.prototype[captureRejectionSymbol], this, [error, event, socket]);
};

module.exports = { Server, createServer };
