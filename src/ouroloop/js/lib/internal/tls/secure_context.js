'use strict';

// SecureContext: keys, certificates, authorities and limits, checked here and kept by Python (bindings/tls_wrap.py).
//
// What surprises people: `ca` replaces the authorities that are trusted otherwise. And a cipher's name decides which
// list it belongs to: those of TLS 1.3 (TLS_…) are configured apart from the others.

const { Buffer } = require('buffer');
const { getOptionValue } = require('internal/options');
const { validateArray, validateInt32, validateInteger, validateString } = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { notThere } = require('internal/not_there');
const {
  codes: {
    ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_TLS_INVALID_PROTOCOL_METHOD, ERR_TLS_INVALID_PROTOCOL_VERSION, ERR_TLS_PROTOCOL_VERSION_CONFLICT,
  },
} = require('internal/errors');
const { opensslError } = require('internal/tls/handle');
const { defaultAuthorities } = require('internal/tls/authorities');

const binding = internalBinding('tls_wrap');

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const { SSL_OP_CIPHER_SERVER_PREFERENCE } = internalBinding('constants').crypto;

/** Methods of OpenSSL by which versions were chosen long ago. */
const METHODS = new Map([
  ['SSLv23', [undefined, 'TLSv1.2']], ['TLS', ['TLSv1', 'TLSv1.3']],
  ['TLSv1', ['TLSv1', 'TLSv1']], ['TLSv1_1', ['TLSv1.1', 'TLSv1.1']], ['TLSv1_2', ['TLSv1.2', 'TLSv1.2']],
]);

let freed;

/** Python forgets a context when nobody has it any more. */
function forgetLater(context, number) {
  freed ??= new FinalizationRegistry((each) => binding.freeContext(each));
  freed.register(context, number);
}

/** What holds the context's number; Node's is an object of OpenSSL's. */
class Context {
  constructor(least, most) {
    this.number = binding.newContext(least, most);
    forgetLater(this, this.number);
    Object.defineProperty(this, 'number', { enumerable: false });
  }

  configure(what, ...values) {
    const refusal = binding.configure(this.number, what, values);
    if (Array.isArray(refusal)) throw refused(refusal);
  }

  addCACert(certificate) {
    this.configure('authority', bytesOf(certificate, 'certificate'));
  }

  getTicketKeys() {
    return Buffer.from(binding.ticketKeys(this.number));
  }

  setTicketKeys(keys) {
    this.configure('ticketKeys', bytesOf(keys, 'keys'));
  }

  addCRL(list) {
    this.configure('revocations', bytesOf(list, 'crl'));
  }
}
Object.defineProperty(Context, 'name', { value: 'SecureContext' });

function refused(refusal) {
  if (refusal[1] === 'ERR_INVALID_ARG_VALUE') {
    return Object.assign(new TypeError(refusal[0]), { code: refusal[1] });
  }
  const error = opensslError(refusal);
  if (error.code === 'NONE') delete error.code;
  return error;
}

function versionOf(value, name, fallback) {
  if (value === undefined || value === null) return fallback;
  if (!VERSIONS.includes(value)) throw new ERR_TLS_INVALID_PROTOCOL_VERSION(value, name);
  return value;
}

function defaultMinVersion() {
  if (getOptionValue('--tls-min-v1.0')) return 'TLSv1';
  if (getOptionValue('--tls-min-v1.1')) return 'TLSv1.1';
  if (getOptionValue('--tls-min-v1.2')) return 'TLSv1.2';
  return getOptionValue('--tls-min-v1.3') ? 'TLSv1.3' : 'TLSv1.2';
}

function defaultMaxVersion() {
  if (getOptionValue('--tls-max-v1.3')) return 'TLSv1.3';
  return getOptionValue('--tls-max-v1.2') ? 'TLSv1.2' : 'TLSv1.3';
}

/** `[least, most]` of the versions that may be spoken. */
function versionsOf({ secureProtocol, minVersion, maxVersion }) {
  const tls = require('tls');
  if (secureProtocol === undefined || secureProtocol === null) {
    return [
      versionOf(minVersion, 'minimum', tls.DEFAULT_MIN_VERSION),
      versionOf(maxVersion, 'maximum', tls.DEFAULT_MAX_VERSION),
    ];
  }
  const given = minVersion ?? maxVersion;
  if (given !== undefined) throw new ERR_TLS_PROTOCOL_VERSION_CONFLICT(given, secureProtocol);
  validateString(secureProtocol, 'options.secureProtocol');
  const [, family] = /^(.+?)(?:_client|_server)?_method$/.exec(secureProtocol) ?? [];
  if (family === 'SSLv2' || family === 'SSLv3') throw new ERR_TLS_INVALID_PROTOCOL_METHOD(`${family} methods disabled`);
  if (!METHODS.has(family)) throw new ERR_TLS_INVALID_PROTOCOL_METHOD(`Unknown method: ${secureProtocol}`);
  const [least, most] = METHODS.get(family);
  return [least ?? tls.DEFAULT_MIN_VERSION, most];
}

function bytesOf(value, name) {
  if (typeof value === 'string') return Buffer.from(value);
  if (isArrayBufferView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], value);
}

const listOf = (value) => (Array.isArray(value) ? value : [value]);

const passphraseBytes = (value) => (value === undefined || value === null ? null : Buffer.from(value));

function addAuthorities(context, options) {
  if (options.ca) {
    for (const each of listOf(options.ca)) context.configure('authority', bytesOf(each, 'options.ca'));
  } else {
    context.configure('roots', defaultAuthorities());
  }
  if (options.allowPartialTrustChain) context.configure('partialChain');
}

function keyBytes(key) {
  if (key?.type === 'private' && typeof key.export === 'function') {
    return Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
  }
  return bytesOf(key, 'options.key');
}

function addIdentity(context, { cert, key, passphrase }) {
  if (cert) for (const each of listOf(cert)) context.configure('certificate', bytesOf(each, 'options.cert'));
  if (!key) return;
  for (const each of listOf(key)) {
    // With a passphrase of its own, in a list only.
    const isPair = Array.isArray(key) && each !== null && typeof each === 'object' && each.pem !== undefined;
    const phrase = isPair && each.passphrase !== undefined ? each.passphrase : passphrase;
    if (phrase !== undefined && phrase !== null) validateString(phrase, 'options.passphrase');
    context.configure('key', isPair ? bytesOf(each.pem, 'options.key') : keyBytes(each), passphraseBytes(phrase));
  }
}

function addPfx(context, { pfx, passphrase }) {
  for (const each of listOf(pfx)) {
    const isPair = each !== null && typeof each === 'object' && each.buf !== undefined;
    const phrase = isPair ? each.passphrase || passphrase : passphrase;
    if (phrase !== undefined && phrase !== null) validateString(phrase, 'options.passphrase');
    context.configure('pkcs12', bytesOf(isPair ? each.buf : each, 'options.pfx'), passphraseBytes(phrase));
  }
}

function setCiphers(context, ciphers, least, most) {
  if (ciphers !== undefined && ciphers !== null) validateString(ciphers, 'options.ciphers');
  const names = (ciphers || require('tls').DEFAULT_CIPHERS).split(':');
  const suites = names.filter((name) => name.startsWith('TLS_'));
  const others = names.filter((name) => !/^!?TLS_/.test(name) && name !== '');
  if (suites.length === 0 && others.length === 0) throw new ERR_INVALID_ARG_VALUE('options.ciphers', names);
  // Those of TLS 1.3 stay what they are if none is named. Without any other, nothing older can be spoken.
  if (suites.length > 0) context.configure('cipherSuites', Buffer.from(suites.join(':')));
  if (others.length > 0) context.configure('ciphers', Buffer.from(others.join(':')));
  else if (least !== 'TLSv1.3' && most === 'TLSv1.3') context.configure('versions', 'TLSv1.3', null);
}

function setKeyExchange(context, { ecdhCurve = require('tls').DEFAULT_ECDH_CURVE, dhparam, sigalgs }) {
  if (sigalgs !== undefined && sigalgs !== null) {
    validateString(sigalgs, 'options.sigalgs');
    if (sigalgs === '') throw new ERR_INVALID_ARG_VALUE('options.sigalgs', sigalgs);
    context.configure('signatureAlgorithms', Buffer.from(sigalgs));
  }
  validateString(ecdhCurve, 'options.ecdhCurve');
  if (ecdhCurve !== 'auto') context.configure('curves', Buffer.from(ecdhCurve));
  if (dhparam === undefined || dhparam === null) return;
  if (dhparam === 'auto') throw notThere("tls: dhparam 'auto'");
  context.configure('dhParameters', bytesOf(dhparam, 'options.dhparam'));
}

function refuseEngines({ privateKeyIdentifier, privateKeyEngine, clientCertEngine }) {
  for (const [name, value] of Object.entries({ privateKeyEngine, privateKeyIdentifier, clientCertEngine })) {
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') {
      throw new ERR_INVALID_ARG_TYPE(`options.${name}`, ['string', 'null', 'undefined'], value);
    }
    throw new ERR_CRYPTO_CUSTOM_ENGINE_NOT_SUPPORTED();
  }
}

function setTicketKeys(context, ticketKeys) {
  if (ticketKeys === undefined || ticketKeys === null) return;
  if (!isArrayBufferView(ticketKeys)) {
    throw new ERR_INVALID_ARG_TYPE('options.ticketKeys', ['Buffer', 'TypedArray', 'DataView'], ticketKeys);
  }
  if (ticketKeys.byteLength !== 48) {
    throw new ERR_INVALID_ARG_VALUE('options.ticketKeys', ticketKeys.byteLength, 'must be exactly 48 bytes');
  }
  context.setTicketKeys(ticketKeys);
}

function setSessions(context, { sessionIdContext, sessionTimeout, ticketKeys }) {
  if (sessionIdContext !== undefined && sessionIdContext !== null) {
    validateString(sessionIdContext, 'options.sessionIdContext');
    context.configure('sessionIdContext', Buffer.from(sessionIdContext));
  }
  setTicketKeys(context, ticketKeys);
  if (sessionTimeout !== undefined && sessionTimeout !== null) {
    validateInt32(sessionTimeout, 'options.sessionTimeout', 0);
    context.configure('sessionTimeout', sessionTimeout);
  }
}

function setOptions(context, { secureOptions, honorCipherOrder }) {
  if (secureOptions !== undefined && secureOptions !== null) {
    validateInteger(secureOptions, 'secureOptions');
    context.configure('options', secureOptions);
  }
  if (honorCipherOrder) context.configure('options', SSL_OP_CIPHER_SERVER_PREFERENCE);
}

function configure(context, options, least, most) {
  refuseEngines(options);
  addAuthorities(context, options);
  // First, as their security level decides which keys are too small.
  setCiphers(context, options.ciphers, least, most);
  addIdentity(context, options);
  setKeyExchange(context, options);
  if (options.crl) {
    for (const each of listOf(options.crl)) context.configure('revocations', bytesOf(each, 'options.crl'));
  }
  setSessions(context, options);
  if (options.pfx) addPfx(context, options);
  setOptions(context, options);
}

function SecureContext(secureProtocol, secureOptions, minVersion, maxVersion) {
  if (!(this instanceof SecureContext)) return new SecureContext(secureProtocol, secureOptions, minVersion, maxVersion);
  const [least, most] = versionsOf({ secureProtocol, minVersion, maxVersion });
  this.context = new Context(least, most);
  if (secureOptions) {
    validateInteger(secureOptions, 'secureOptions');
    this.context.configure('options', secureOptions);
  }
}

function createSecureContext(options) {
  options ||= {};
  if (options.certificateCompression !== undefined) {
    validateArray(options.certificateCompression, 'options.certificateCompression');
    throw notThere('tls: certificateCompression');
  }
  const made = new SecureContext(options.secureProtocol, options.secureOptions, options.minVersion, options.maxVersion);
  configure(made.context, options, ...versionsOf(options));
  return made;
}

module.exports = { Context, SecureContext, createSecureContext, defaultMaxVersion, defaultMinVersion };
