'use strict';

// tls.connect: a client, its connection and the decision whether to trust the server.

const { ConnResetException } = require('internal/errors');
const { validateFunction, validateNumber } = require('internal/validators');
const { isIP, normalizeArgs } = require('internal/net');
const { TLSSocket, kIsVerified } = require('internal/tls/socket');
const { getOptionValue } = require('internal/options');
const { warnOnce } = require('internal/util');

const kConnectOptions = Symbol('connect-options');

/** Codes of a chain that ends at somebody unknown here, who may be known to the machine. */
const MAY_BE_LOCAL = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function trustsEverybody() {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return false;
  warnOnce('NODE_TLS_REJECT_UNAUTHORIZED',
    "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections " +
    'and HTTPS requests insecure by disabling certificate verification.');
  return true;
}

/** `(options)`, `(port, host, options)`, `(path, options)`, each with a callback; later options win. */
function optionsOf(args) {
  const [options, callback] = normalizeArgs(args);
  const more = args.find((each, index) => index > 0 && each !== null && typeof each === 'object');
  return [more === undefined ? options : { ...options, ...more }, callback];
}

function connect(...args) {
  const [given, callback] = optionsOf(args);
  const tls = require('tls');
  const options = {
    rejectUnauthorized: !trustsEverybody(), ciphers: tls.DEFAULT_CIPHERS, checkServerIdentity: tls.checkServerIdentity,
    minDHSize: 1024, ...given,
  };
  if (!options.keepAlive) options.singleUse = true;
  validateFunction(options.checkServerIdentity, 'options.checkServerIdentity');
  validateNumber(options.minDHSize, 'options.minDHSize', 1);
  options.rejectUnauthorized = options.rejectUnauthorized !== false;
  const socket = new TLSSocket(options.socket, {
    allowHalfOpen: options.socket ? options.socket.allowHalfOpen : Boolean(options.allowHalfOpen),
    secureContext: options.secureContext || tls.createSecureContext(options),
    isServer: false, requestCert: true, rejectUnauthorized: options.rejectUnauthorized, session: options.session,
    ALPNProtocols: options.ALPNProtocols, requestOCSP: options.requestOCSP, enableTrace: options.enableTrace,
    pskCallback: options.pskCallback, highWaterMark: options.highWaterMark, onread: options.onread,
    signal: options.signal,
  });
  socket[kConnectOptions] = options;
  if (callback) socket.once('secureConnect', callback);
  socket._releaseControl();
  if (options.session) socket.setSession(options.session);
  if (options.servername) setServername(socket, options.servername);
  if (!options.socket) {
    if (options.timeout) socket.setTimeout(options.timeout);
    if (!socket.destroyed) socket.connect(options); // by a signal, it may be
  }
  socket.on('secure', onSecure);
  socket.prependListener('end', onEnd);
  if (options.socket) socket._start();
  return socket;
}

function setServername(socket, name) {
  if (isIP(name)) {
    warnOnce('DEP0123',
      'Setting the TLS ServerName to an IP address is not permitted by RFC 6066. ' +
      'This will be ignored in a future version.',
      'DeprecationWarning', 'DEP0123');
  }
  socket.setServername(name);
}

function verifyError([code, text]) {
  const hint = MAY_BE_LOCAL.has(code) && !getOptionValue('--use-system-ca') ?
    '; if the root CA is installed locally, try running Node.js with --use-system-ca' : '';
  // eslint-disable-next-line no-restricted-syntax
  return Object.assign(new Error(text + hint), { code });
}

function whyNotTrusted(socket, options) {
  const found = socket._handle.query('verifyError');
  if (found !== undefined) return verifyError(found);
  if (socket.isSessionReused()) return undefined;
  const host = options.servername || options.host || options.socket?._host || 'localhost';
  return options.checkServerIdentity(host, socket.getPeerCertificate(true));
}

function onSecure() {
  const options = this[kConnectOptions];
  if (this[kIsVerified]) return;
  const error = whyNotTrusted(this, options);
  this[kIsVerified] = true;
  if (error) {
    this.authorized = false;
    this.authorizationError = error.code || error.message;
    if (options.rejectUnauthorized) {
      this.destroy(error);
      return;
    }
  } else {
    this.authorized = true;
  }
  this.removeListener('end', onEnd);
  this.secureConnecting = false;
  this.emit('secureConnect');
}

/** The other side has gone before there was a secure connection. */
function onEnd() {
  if (this._hadError || this._secureEstablished) return;
  const { path, host, port, localAddress } = this[kConnectOptions];
  this._hadError = true;
  const error = new ConnResetException(
    'Client network socket disconnected before secure TLS connection was established');
  this.destroy(Object.assign(error, { path, host, port, localAddress }));
}

module.exports = { connect };
