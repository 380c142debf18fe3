'use strict';

// X509Certificate: what is in a certificate, as text and dates. Keys of certificates are not there yet.

const { Buffer } = require('buffer');
const { isArrayBufferView } = require('internal/util/types');
const { customInspectSymbol } = require('internal/util');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { notThere } = require('internal/not_there');
const { opensslError } = require('internal/tls/handle');
const { shown } = require('internal/tls/certificate');

const binding = internalBinding('tls_wrap');

/** `key=value` lines, one for each value. */
function linesOf(entries, separator) {
  if (entries === undefined) return undefined;
  const lines = Object.entries(entries).flatMap(([key, value]) =>
    [value].flat().map((each) => `${key}${separator}${each}`));
  return lines.length === 0 ? undefined : lines.join('\n');
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
    throw notThere('x509.publicKey');
  }

  checkHost() {
    throw notThere('x509.checkHost()');
  }

  checkEmail() {
    throw notThere('x509.checkEmail()');
  }

  checkIP() {
    throw notThere('x509.checkIP()');
  }

  checkIssued() {
    throw notThere('x509.checkIssued()');
  }

  checkPrivateKey() {
    throw notThere('x509.checkPrivateKey()');
  }

  verify() {
    throw notThere('x509.verify()');
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
