'use strict';

// X509Certificate: what is in a certificate, as text and dates, its key, and whom it is of and by.

const { Buffer } = require('buffer');
const { isArrayBufferView } = require('internal/util/types');
const { customInspectSymbol } = require('internal/util');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateBoolean, validateObject, validateOneOf, validateString } = require('internal/validators');
const { opensslError } = require('internal/tls/handle');
const { shown } = require('internal/tls/certificate');
const { answer, evp } = require('internal/crypto/util');
const { Handle, PublicKeyObject, handleOf, isKeyObject } = require('internal/crypto/keys');

const binding = internalBinding('tls_wrap');

/** `key=value` lines, one for each value. */
function linesOf(entries, separator) {
  if (entries === undefined) return undefined;
  const lines = Object.entries(entries).flatMap(([key, value]) =>
    [value].flat().map((each) => `${key}${separator}${each}`));
  return lines.length === 0 ? undefined : lines.join('\n');
}

const SUBJECT_FLAGS = { __proto__: null, default: 0, always: 0x1, never: 0x20 };

/** Options of `checkHost` and the bit that OpenSSL has for each. */
const HOST_OPTIONS = [
  ['wildcards', true, 0x2], ['partialWildcards', true, 0x4], ['multiLabelWildcards', false, 0x8],
  ['singleLabelSubdomains', false, 0x10],
];

/** What X509_check_host(3) is to be told. */
function hostFlags(options = {}) {
  validateObject(options, 'options');
  const { subject = 'default' } = options;
  validateOneOf(subject, 'options.subject', Object.keys(SUBJECT_FLAGS));
  let flags = SUBJECT_FLAGS[subject];
  for (const [name, usual, bit] of HOST_OPTIONS) {
    const value = options[name] ?? usual;
    validateBoolean(value, `options.${name}`);
    if (value !== (name === 'wildcards' || name === 'partialWildcards')) flags |= bit;
  }
  return flags;
}

function requireKey(key, name, type) {
  if (!isKeyObject(key)) throw new ERR_INVALID_ARG_TYPE(name, 'KeyObject', key);
  if (key.type !== type) throw new ERR_INVALID_ARG_VALUE(name, key);
}

const SHOWN = [
  'subject', 'subjectAltName', 'issuer', 'infoAccess', 'validFrom', 'validTo', 'validFromDate', 'validToDate',
  'fingerprint', 'fingerprint256', 'fingerprint512', 'keyUsage', 'serialNumber', 'signatureAlgorithm',
  'signatureAlgorithmOid',
];

class X509Certificate {
  #found;
  #algorithm;
  #issuer;
  #publicKey;

  /** `buffer` is PEM or DER; `issuer` the certificate of who signed it, where that is known. */
  constructor(buffer, issuer = undefined) {
    if (typeof buffer === 'string') buffer = Buffer.from(buffer);
    if (!isArrayBufferView(buffer)) {
      throw new ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView'], buffer);
    }
    const answer = binding.describe(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    if (typeof answer[0] === 'string') throw opensslError(answer);
    this.#found = shown(answer[0]);
    this.#algorithm = answer.slice(1);
    this.#issuer = issuer instanceof X509Certificate ? issuer : undefined;
  }

  get subject() {
    return linesOf(this.#found.subject, '=');
  }

  get subjectAltName() {
    return this.#found.subjectaltname;
  }

  get issuer() {
    return linesOf(this.#found.issuer, '=');
  }

  get issuerCertificate() {
    return this.#issuer;
  }

  get infoAccess() {
    return linesOf(this.#found.infoAccess, ':');
  }

  get validFrom() {
    return this.#found.valid_from;
  }

  get validTo() {
    return this.#found.valid_to;
  }

  get validFromDate() {
    return new Date(this.#found.valid_from);
  }

  get validToDate() {
    return new Date(this.#found.valid_to);
  }

  get fingerprint() {
    return this.#found.fingerprint;
  }

  get fingerprint256() {
    return this.#found.fingerprint256;
  }

  get fingerprint512() {
    return this.#found.fingerprint512;
  }

  get keyUsage() {
    return this.#found.ext_key_usage;
  }

  get serialNumber() {
    return this.#found.serialNumber;
  }

  get signatureAlgorithm() {
    return this.#algorithm[0];
  }

  get signatureAlgorithmOid() {
    return this.#algorithm[1];
  }

  get raw() {
    return this.#found.raw;
  }

  get ca() {
    return this.#found.ca;
  }

  get publicKey() {
    this.#publicKey ??= new PublicKeyObject(Handle.of(evp().certificateKey(this.raw)));
    return this.#publicKey;
  }

  checkHost(name, options = undefined) {
    validateString(name, 'name');
    return this.#checked('host', name, hostFlags(options));
  }

  checkEmail(email, options = undefined) {
    validateString(email, 'email');
    return this.#checked('email', email, hostFlags(options));
  }

  checkIP(ip) {
    validateString(ip, 'ip');
    return this.#checked('ip', ip, 0);
  }

  #checked(kind, name, flags) {
    return answer(evp().certificateCheck(kind, this.raw, name, flags)) ?? undefined;
  }

  checkIssued(otherCert) {
    if (!(otherCert instanceof X509Certificate)) {
      throw new ERR_INVALID_ARG_TYPE('otherCert', 'X509Certificate', otherCert);
    }
    return answer(evp().certificateIssued(this.raw, otherCert.raw));
  }

  checkPrivateKey(pkey) {
    requireKey(pkey, 'pkey', 'private');
    return answer(evp().certificateHasKey(this.raw, handleOf(pkey).number));
  }

  verify(pkey) {
    requireKey(pkey, 'pkey', 'public');
    return answer(evp().certificateVerify(this.raw, handleOf(pkey).number));
  }

  toString() {
    const lines = this.raw.toString('base64').match(/.{1,64}/g).join('\n');
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  }

  toJSON() {
    return this.toString();
  }

  toLegacyObject() {
    return { ...this.#found };
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return this;
    const facts = Object.fromEntries(SHOWN.map((name) => [name, this[name]]));
    const { inspect } = require('internal/util/inspect');
    const deeper = options.depth === null ? null : options.depth - 1;
    return `X509Certificate ${inspect(facts, { ...options, depth: deeper })}`;
  }
}

/** The first of a chain in DER, each with the one that signed it. */
function certificateOf(chain) {
  return chain.reduceRight((issuer, raw) => new X509Certificate(Buffer.from(raw), issuer), undefined);
}

module.exports = { X509Certificate, certificateOf };
