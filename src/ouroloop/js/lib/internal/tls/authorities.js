'use strict';

// Which authorities are trusted, and `tls.getCACertificates()`.
//
// Theory of operation. Lists of PEM come from Python (node/tls/roots.py) and are kept. The default list is Mozilla's
// and what NODE_EXTRA_CA_CERTS names, with the system's if `--use-system-ca` is given, until a program sets another.

const { getOptionValue } = require('internal/options');
const { isArrayBufferView } = require('internal/util/types');
const { validateArray, validateOneOf, validateString } = require('internal/validators');
const { warnOnce } = require('internal/util');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_CRYPTO_OPERATION_FAILED } } = require('internal/errors');

const { opensslError } = require('internal/tls/handle');

const binding = internalBinding('tls_wrap');

const lists = new Map();
let chosen;

function list(kind) {
  if (!lists.has(kind)) {
    const found = binding.certificates(kind, null);
    lists.set(kind, Object.freeze(kind === 'bundled' ? found : found.map(endedByLine)));
  }
  return lists.get(kind);
}

const endedByLine = (certificate) => `${certificate}\n`;

/** Those of the file that NODE_EXTRA_CA_CERTS names. */
function extra() {
  if (!lists.has('extra')) lists.set('extra', Object.freeze(readExtra(extraFile())));
  return lists.get('extra');
}

const extraFile = () => process.env.NODE_EXTRA_CA_CERTS;

function readExtra(path) {
  if (!path) return [];
  const found = binding.certificates('file', path);
  if (Array.isArray(found) && found.length > 0) return found.map(endedByLine);
  warn(path, found);
  return [];
}

function warn(path, errno) {
  const reason = typeof errno === 'number' ? systemReason(errno) : 'error:0480006C:PEM routines::no start line';
  warnOnce('NODE_EXTRA_CA_CERTS', `Ignoring extra certs from \`${path}\`, load failed: ${reason}`);
}

/** As OpenSSL words an error of the system's. */
function systemReason(errno) {
  const text = require('internal/uv').getErrorMap().get(errno)?.[1] ?? 'unknown error';
  const code = (0x80000000 - errno).toString(16).toUpperCase();
  return `error:${code}:system library::${text[0].toUpperCase()}${text.slice(1)}`;
}

function usesSystem() {
  return Boolean(getOptionValue('--use-system-ca')) || process.env.NODE_USE_SYSTEM_CA === '1';
}

function defaultAuthorities() {
  if (chosen !== undefined) return chosen;
  if (!lists.has('default')) {
    const base = getOptionValue('--use-openssl-ca') ? list('system') : list('bundled');
    const system = usesSystem() ? list('system') : [];
    lists.set('default', Object.freeze([...new Set([...base, ...system, ...extra()])]));
  }
  return lists.get('default');
}

function getCACertificates(type = 'default') {
  validateString(type, 'type');
  validateOneOf(type, 'type', ['default', 'system', 'bundled', 'extra']);
  switch (type) {
    case 'default': return defaultAuthorities();
    case 'extra': return extra();
    default: return list(type);
  }
}

const textOf = (certificate) => (typeof certificate === 'string' ? certificate :
  new TextDecoder().decode(certificate));

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;

function setDefaultCACertificates(certificates) {
  validateArray(certificates, 'certs');
  certificates.forEach((each, index) => {
    if (typeof each !== 'string' && !isArrayBufferView(each)) {
      throw new ERR_INVALID_ARG_TYPE(`certs[${index}]`, ['string', 'ArrayBufferView'], each);
    }
  });
  const found = certificates.flatMap((each) => textOf(each).match(CERTIFICATE) ?? []);
  if (found.length === 0 && certificates.length > 0) {
    throw new ERR_CRYPTO_OPERATION_FAILED('No valid certificates found in the provided array');
  }
  const refusal = binding.check(found);
  if (Array.isArray(refusal)) throw opensslError(refusal);
  chosen = Object.freeze([...new Set(found.map(endedByLine))]);
}

const rootCertificates = () => list('bundled');

module.exports = { defaultAuthorities, getCACertificates, setDefaultCACertificates, rootCertificates };
