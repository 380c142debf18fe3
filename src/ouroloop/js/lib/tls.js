'use strict';

// tls: TLS on the OpenSSL of Python's `cryptography`. The parts are in `internal/tls`.

const { getLazy } = require('internal/util');
const { getOptionValue } = require('internal/options');
const {
  SecureContext, createSecureContext, defaultMaxVersion, defaultMinVersion,
} = require('internal/tls/secure_context');
const authorities = require('internal/tls/authorities');
const { convertALPNProtocols } = require('internal/tls/protocols');
const { checkServerIdentity } = require('internal/tls/identity');
const { TLSSocket } = require('internal/tls/socket');
const { Server, createServer } = require('internal/tls/server');
const { connect } = require('internal/tls/connect');

const binding = internalBinding('tls_wrap');
const { crypto: constants } = internalBinding('constants');
const getCiphers = getLazy(() => binding.ciphers());

module.exports = {
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: undefined,
  DEFAULT_ECDH_CURVE: 'auto',
  DEFAULT_MIN_VERSION: undefined,
  DEFAULT_MAX_VERSION: undefined,
  getCiphers: () => [...getCiphers()],
  getCertificateCompressionAlgorithms: () => [],
  rootCertificates: undefined,
  getCACertificates: authorities.getCACertificates,
  setDefaultCACertificates: authorities.setDefaultCACertificates,
  convertALPNProtocols,
  checkServerIdentity,
  createSecureContext,
  SecureContext,
  TLSSocket,
  Server,
  createServer,
  connect,
};

/** What the command line says until a program sets it. */
function defaultedBy(name, read) {
  let value;
  Object.defineProperty(module.exports, name, {
    __proto__: null, configurable: true, enumerable: true,
    get: () => value ?? read(),
    set(given) { value = given; },
  });
}
defaultedBy('DEFAULT_CIPHERS', () => getOptionValue('--tls-cipher-list') || constants.defaultCoreCipherList);
defaultedBy('DEFAULT_MIN_VERSION', defaultMinVersion);
defaultedBy('DEFAULT_MAX_VERSION', defaultMaxVersion);

Object.defineProperty(module.exports, 'rootCertificates', {
  __proto__: null, configurable: false, enumerable: true, get: authorities.rootCertificates,
});
