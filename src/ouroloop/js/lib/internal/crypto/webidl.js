'use strict';

// What Web Crypto does with arguments: it counts and checks them, and makes of an algorithm's name or dictionary one
// whose members are all there (https://w3c.github.io/webcrypto/#algorithm-normalization).
//
// Theory of operation. `PARAMETERS` says for each operation which algorithms there are, and the dictionary that each
// takes; `DICTIONARIES` says which members those have, in WebIDL's order; a `?` is behind those that may be missing.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, ERR_MISSING_OPTION },
} = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView, isUint8Array } = require('internal/util/types');
const { DOMException } = require('internal/dom_exception');
const { emitExperimentalWarning } = require('internal/util');
const { isCryptoKey } = require('internal/crypto/cryptokey');

const DICTIONARIES = {
  __proto__: null,
  Algorithm: [],
  AesCbcParams: ['iv'],
  AesCtrParams: ['counter', 'length'],
  AeadParams: ['additionalData?', 'iv', 'tagLength?'],
  AesKeyGenParams: ['length'],
  AesDerivedKeyParams: ['length'],
  ContextParams: ['context?'],
  EcdsaParams: ['hash'],
  EcdhKeyDeriveParams: ['public'],
  EcKeyGenParams: ['namedCurve'],
  EcKeyImportParams: ['namedCurve'],
  HkdfParams: ['hash', 'info', 'salt'],
  HmacImportParams: ['hash', 'length?'],
  HmacKeyGenParams: ['hash', 'length?'],
  Pbkdf2Params: ['hash', 'iterations', 'salt'],
  RsaHashedImportParams: ['hash'],
  RsaHashedKeyGenParams: ['modulusLength', 'publicExponent', 'hash'],
  RsaOaepParams: ['label?'],
  RsaPssParams: ['saltLength'],
};

const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'SHA3-256', 'SHA3-384', 'SHA3-512'];
const RSA = ['RSASSA-PKCS1-v1_5', 'RSA-PSS', 'RSA-OAEP'];
const AES = ['AES-CBC', 'AES-CTR', 'AES-GCM', 'AES-KW'];
const EDWARDS = ['Ed25519', 'Ed448', 'X25519', 'X448'];
const EXPERIMENTAL = new Set(['SHA3-256', 'SHA3-384', 'SHA3-512', 'Ed448', 'X448', 'ChaCha20-Poly1305']);

const each = (names, dictionary) => Object.fromEntries(names.map((name) => [name, dictionary]));

const encryption = {
  'RSA-OAEP': 'RsaOaepParams', 'AES-CBC': 'AesCbcParams', 'AES-CTR': 'AesCtrParams', 'AES-GCM': 'AeadParams',
  'ChaCha20-Poly1305': 'AeadParams',
};
const signing = {
  'RSASSA-PKCS1-v1_5': 'Algorithm', 'RSA-PSS': 'RsaPssParams', 'ECDSA': 'EcdsaParams', 'HMAC': 'Algorithm',
  'Ed25519': 'Algorithm', 'Ed448': 'ContextParams',
};

const PARAMETERS = {
  __proto__: null,
  'digest': each(HASHES, 'Algorithm'),
  'encrypt': encryption,
  'decrypt': encryption,
  'sign': signing,
  'verify': signing,
  'generateKey': {
    ...each(RSA, 'RsaHashedKeyGenParams'), ...each(AES, 'AesKeyGenParams'), ...each(EDWARDS, 'Algorithm'),
    'ECDSA': 'EcKeyGenParams', 'ECDH': 'EcKeyGenParams', 'HMAC': 'HmacKeyGenParams', 'ChaCha20-Poly1305': 'Algorithm',
  },
  'importKey': {
    ...each(RSA, 'RsaHashedImportParams'), ...each(AES, 'Algorithm'), ...each(EDWARDS, 'Algorithm'),
    'ECDSA': 'EcKeyImportParams', 'ECDH': 'EcKeyImportParams', 'HMAC': 'HmacImportParams', 'HKDF': 'Algorithm',
    'PBKDF2': 'Algorithm', 'ChaCha20-Poly1305': 'Algorithm',
  },
  'deriveBits': {
    ECDH: 'EcdhKeyDeriveParams', X25519: 'EcdhKeyDeriveParams', X448: 'EcdhKeyDeriveParams', HKDF: 'HkdfParams',
    PBKDF2: 'Pbkdf2Params',
  },
  'wrapKey': { 'AES-KW': 'Algorithm' },
  'unwrapKey': { 'AES-KW': 'Algorithm' },
  'get key length': {
    ...each(AES, 'AesDerivedKeyParams'), 'HMAC': 'HmacImportParams', 'HKDF': 'Algorithm', 'PBKDF2': 'Algorithm',
    'ChaCha20-Poly1305': 'Algorithm',
  },
};

const KINDS = {
  __proto__: null,
  iv: 'BufferSource', counter: 'BufferSource', additionalData: 'BufferSource', label: 'BufferSource',
  salt: 'BufferSource', info: 'BufferSource', context: 'BufferSource',
  public: 'CryptoKey', publicExponent: 'Uint8Array', hash: 'hash', namedCurve: 'text',
}; // the other members are numbers

function failed(name, message, cause) {
  return new DOMException(message, cause === undefined ? { name } : { name, cause });
}

/** `algorithm` for an operation, with all its members. */
function normalize(algorithm, operation) {
  const given = typeof algorithm === 'object' && algorithm !== null ? algorithm : { name: algorithm };
  const prefix = "Failed to normalize algorithm: passed algorithm cannot be converted to 'Algorithm' because";
  if (given.name === undefined && given === algorithm) throw missingMember(prefix, 'name', 'Algorithm');
  const wanted = `${given.name}`;
  const table = PARAMETERS[operation];
  const name = Object.keys(table).find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (name === undefined) throw failed('NotSupportedError', 'Unrecognized algorithm name');
  if (EXPERIMENTAL.has(name)) emitExperimentalWarning(`The ${name} Web Crypto API algorithm`);
  return { name, ...membersOf(given, table[name]) };
}

function membersOf(given, dictionary) {
  const prefix = `Failed to normalize algorithm: passed algorithm cannot be converted to '${dictionary}' because`;
  const found = {};
  for (const entry of DICTIONARIES[dictionary]) {
    const isOptional = entry.endsWith('?');
    const member = isOptional ? entry.slice(0, -1) : entry;
    const value = given[member];
    if (value !== undefined) found[member] = converted(value, member, dictionary);
    else if (!isOptional) throw missingMember(prefix, member, dictionary);
  }
  return found;
}

function missingMember(prefix, member, dictionary) {
  const error = new ERR_MISSING_OPTION(member);
  error.message = `${prefix} '${member}' is required in '${dictionary}'.`;
  return error;
}

function converted(value, member, dictionary) {
  const context = `'${member}' of '${dictionary}'`;
  switch (KINDS[member]) {
    case 'BufferSource': return bytes(value, context);
    case 'CryptoKey':
      if (!isCryptoKey(value)) throw wrongType(`${context} is not of type CryptoKey.`);
      return value;
    case 'Uint8Array':
      if (!isUint8Array(value)) throw wrongType(`${context} is not of type Uint8Array.`);
      return new Uint8Array(value);
    case 'hash': return hashOf(value, dictionary);
    case 'text': return `${value}`;
    default: return Number(value);
  }
}

function hashOf(value, dictionary) {
  const wanted = `${typeof value === 'object' && value !== null ? value.name : value}`;
  if (!wanted.toUpperCase().startsWith('SHA')) {
    throw failed('NotSupportedError', `Only SHA hashes are supported in ${dictionary}`);
  }
  return { name: normalize(value, 'digest').name };
}

function wrongType(message) {
  const error = new ERR_INVALID_ARG_TYPE('argument', 'object', undefined);
  error.message = message;
  return error;
}

/** A copy of a BufferSource's bytes. */
function bytes(value, context) {
  if (isArrayBufferView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (isAnyArrayBuffer(value)) return new Uint8Array(value).slice();
  throw wrongType(`${context} is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
}

// Arguments

const ORDINALS = ['1st', '2nd', '3rd', '4th', '5th', '6th', '7th'];
const FORMATS = new Set(['raw', 'raw-public', 'raw-secret', 'raw-seed', 'pkcs8', 'spki', 'jwk']);
const USAGES = [
  'encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey', 'encapsulateKey',
  'encapsulateBits', 'decapsulateKey', 'decapsulateBits',
];

const CONVERTERS = {
  __proto__: null,
  any: (value) => value,
  boolean: Boolean,
  bytes,
  key(value, context) {
    if (!isCryptoKey(value)) throw wrongType(`${context} is not of type CryptoKey.`);
    return value;
  },
  format(value, context) {
    if (FORMATS.has(value)) return value;
    throw wrongValue(`${context} '${value}' is not a valid enum value of type KeyFormat.`);
  },
  usages(value, context) {
    if (typeof value !== 'object' || value === null || typeof value[Symbol.iterator] !== 'function') {
      throw wrongType(`${context} can not be converted to sequence.`);
    }
    const given = [...value].map((usage, index) => {
      if (USAGES.includes(usage)) return usage;
      throw wrongValue(`${context}[${index}] '${usage}' is not a valid enum value of type KeyUsage.`);
    });
    return USAGES.filter((usage) => given.includes(usage));
  },
  length: (value) => (value == null ? null : Number(value) >>> 0),
};

function wrongValue(message) {
  const error = new ERR_INVALID_ARG_VALUE('argument', undefined);
  error.message = message;
  return error;
}

/** The arguments of `method`, converted as `kinds` say; a `?` is behind those that may be missing. */
function convertArguments(method, args, kinds, interfaceName = 'SubtleCrypto') {
  const prefix = `Failed to execute '${method}' on '${interfaceName}':`;
  const needed = kinds.filter((kind) => !kind.endsWith('?')).length;
  if (args.length < needed) {
    const error = new ERR_MISSING_ARGS('argument');
    error.message = `${prefix} ${needed} argument${needed === 1 ? '' : 's'} required, but only ${args.length} present.`;
    throw error;
  }
  return kinds.map((kind, index) =>
    CONVERTERS[kind.replace('?', '')](args[index], `${prefix} ${ORDINALS[index]} argument`));
}

module.exports = { PARAMETERS, bytes, convertArguments, failed, normalize };
