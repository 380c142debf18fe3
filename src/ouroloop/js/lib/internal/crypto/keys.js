'use strict';

// KeyObject: keys, and reading them in every form that a program may have them in.
//
// Theory of operation. A secret key is bytes, kept here. A key of two halves is one of Python's (`node/evp/keys.py`),
// of which a `Handle` has the number; the KeyObject has the handle in a private field. `preparePrivate` and
// `preparePublic` make a handle of whatever the functions of crypto take for a key.

const { Buffer } = require('buffer');
const {
  codes: {
    ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS, ERR_CRYPTO_INVALID_JWK, ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateObject, validateOneOf, validateString } = require('internal/validators');
const { registerKeyChecks } = require('internal/util/types');
const { CLONEABLE, kClone, kDeserialize, kTransferMode } = require('internal/worker/js_transferable');
const { BUFFERS, answer, bytesOf, encoded, evp, freeWith, viewed } = require('internal/crypto/util');

/** A key of Python's. */
class Handle {
  constructor({ number, kind }) {
    this.number = number;
    this.kind = kind;
    freeWith(this, number);
  }

  static of(result) {
    return new Handle(answer(result));
  }
}

let handleOf; // of a KeyObject: a Handle, or the bytes of a secret key
let isKeyObject;

class KeyObject {
  #type;
  #handle;

  static {
    handleOf = (key) => key.#handle;
    isKeyObject = (value) => typeof value === 'object' && value !== null && #handle in value;
  }

  constructor(type, handle) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw new ERR_INVALID_ARG_VALUE('type', type);
    if (typeof handle !== 'object' || handle === null) throw new ERR_INVALID_ARG_TYPE('handle', 'object', handle);
    this.#type = type;
    this.#handle = handle;
  }

  get type() {
    return this.#type;
  }

  static from(key) {
    const { isCryptoKey, keyObjectOf } = require('internal/crypto/cryptokey');
    if (!isCryptoKey(key)) throw new ERR_INVALID_ARG_TYPE('key', 'CryptoKey', key);
    return keyObjectOf(key);
  }

  get [kTransferMode]() {
    return CLONEABLE;
  }

  [kClone]() {
    return { type: 'internal/crypto/keys:KeyObject', data: { type: this.#type, handle: this.#handle } };
  }

  static [kDeserialize]({ type, handle }) {
    return new KINDS[type](handle);
  }

  toCryptoKey(algorithm, extractable, keyUsages) {
    return require('internal/webcrypto').fromKeyObject(this, algorithm, extractable, keyUsages);
  }

  equals(otherKeyObject) {
    if (!isKeyObject(otherKeyObject)) throw new ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', otherKeyObject);
    if (otherKeyObject.type !== this.type) return false;
    const other = handleOf(otherKeyObject);
    if (this.type === 'secret') return Buffer.compare(this.#handle, other) === 0;
    return this.#handle.kind === other.kind && evp().equals(this.#handle.number, other.number) === true;
  }
}
Object.defineProperty(KeyObject.prototype, Symbol.toStringTag,
  { __proto__: null, value: 'KeyObject', configurable: true });

class SecretKeyObject extends KeyObject {
  constructor(bytes) {
    super('secret', bytes);
  }

  get symmetricKeySize() {
    return handleOf(this).length;
  }

  export(options) {
    if (options !== undefined) {
      validateObject(options, 'options');
      validateOneOf(options.format, 'options.format', [undefined, 'buffer', 'jwk']);
      if (options.format === 'jwk') return { kty: 'oct', k: handleOf(this).toString('base64url') };
    }
    return Buffer.from(handleOf(this));
  }
}

/** The number of Node's in what Python says is hexadecimal. */
function shownDetails(details) {
  if (details.publicExponent !== undefined) details.publicExponent = BigInt(`0x${details.publicExponent}`);
  return details;
}

class AsymmetricKeyObject extends KeyObject {
  #details;

  get asymmetricKeyType() {
    return handleOf(this).kind;
  }

  get asymmetricKeyDetails() {
    this.#details ??= shownDetails(evp().details(handleOf(this).number));
    return { ...this.#details };
  }
}

class PublicKeyObject extends AsymmetricKeyObject {
  constructor(handle) {
    super('public', handle);
  }

  export(options) {
    const handle = handleOf(this);
    if (options?.format === 'jwk') return answer(evp().jwk(handle.number, false));
    const { format, type } = parseKeyEncoding(options, handle.kind, true, 'options');
    return writtenPublicKey(handle, format, type);
  }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(handle) {
    super('private', handle);
  }

  export(options) {
    const handle = handleOf(this);
    if (options?.format === 'jwk') {
      if (options.passphrase !== undefined) {
        throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS('jwk', 'does not support encryption');
      }
      return answer(evp().jwk(handle.number, true));
    }
    const { format, type, cipher, passphrase } = parseKeyEncoding(options, handle.kind, false, 'options');
    return writtenPrivateKey(handle, format, type, cipher, passphrase);
  }
}

const KINDS = { __proto__: null, secret: SecretKeyObject, public: PublicKeyObject, private: PrivateKeyObject };

function writtenKey(bytes, format) {
  return encoded(answer(bytes), format === 'pem' ? 'utf8' : undefined);
}

function writtenPublicKey(handle, format, type) {
  return writtenKey(evp().writePublic(handle.number, format, type), format);
}

function writtenPrivateKey(handle, format, type, cipher, passphrase) {
  return writtenKey(evp().writePrivate(handle.number, format, type, cipher ?? null, passphrase ?? null), format);
}

// How keys are encoded

const optionName = (objectName, option) => (objectName === undefined ? option : `${objectName}.${option}`);

const FORMATS = new Set(['pem', 'der', 'jwk']);

function parseFormat(format, isInput, name) {
  if (format === undefined && isInput) return 'pem';
  if (!FORMATS.has(format)) throw new ERR_INVALID_ARG_VALUE(name, format);
  return format;
}

const ONLY_FOR = { __proto__: null, pkcs1: ['RSA', 'rsa'], sec1: ['EC', 'ec'] };

function parseType(type, isRequired, kind, isPublic, name) {
  if (type === undefined && !isRequired) return undefined;
  const isFitting = type === 'pkcs1' || (type === 'spki' && isPublic !== false) ||
    ((type === 'pkcs8' || type === 'sec1') && isPublic !== true);
  if (!isFitting) throw new ERR_INVALID_ARG_VALUE(name, type);
  const only = ONLY_FOR[type];
  if (only !== undefined && kind !== undefined && kind !== only[1]) {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, `can only be used for ${only[0]} keys`);
  }
  return type;
}

/** Whether text or bytes are there. */
function isText(value) {
  return typeof value === 'string' || viewed(value) !== undefined;
}

/**
 * What options say of a key's encoding. `kind` is the type of a key that is to be written, undefined for one that is to
 * be read; `isPublic` is undefined if it may be either.
 */
function parseKeyEncoding(options, kind, isPublic, objectName) {
  validateObject(options, 'options');
  const isInput = kind === undefined;
  const named = (option) => optionName(objectName, option);
  const format = parseFormat(options.format, isInput, named('format'));
  const isRequired = (!isInput || format === 'der') && format !== 'jwk';
  const type = parseType(options.type, isRequired, kind, isPublic, named('type'));
  if (isPublic === true) return { format, type };
  return { format, type, ...parseEncryption(options, format, type, isInput, named) };
}

function parseEncryption({ cipher, passphrase, encoding }, format, type, isInput, named) {
  if (!isInput) checkCipher(cipher, passphrase, format, type, named);
  const isWanted = isInput ? passphrase !== undefined : cipher != null;
  if (isWanted && !isText(passphrase)) throw new ERR_INVALID_ARG_VALUE(named('passphrase'), passphrase);
  return { cipher, passphrase: passphrase === undefined ? undefined : bytesOf(passphrase, 'key.passphrase', encoding) };
}

function checkCipher(cipher, passphrase, format, type, named) {
  if (cipher == null) {
    if (passphrase === undefined) return;
    throw new ERR_INVALID_ARG_VALUE(named('cipher'), cipher, 'is required when a passphrase is specified');
  }
  if (typeof cipher !== 'string') throw new ERR_INVALID_ARG_VALUE(named('cipher'), cipher);
  if (format === 'der' && (type === 'pkcs1' || type === 'sec1')) {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS(type, 'does not support encryption');
  }
}

// What is taken for a key

const KEY_TYPES = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject', 'CryptoKey'];
const PRIVATE_KEY_TYPES = [...KEY_TYPES, 'URL'];
const MATERIAL_TYPES = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'URL'];

/** The KeyObject that a KeyObject or CryptoKey is; undefined for anything else. */
function asKeyObject(value) {
  if (isKeyObject(value)) return value;
  const { isCryptoKey, keyObjectOf } = require('internal/crypto/cryptokey');
  return isCryptoKey(value) ? keyObjectOf(value) : undefined;
}

function requireType(key, type) {
  if (key.type !== type) throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, type);
}

/** The handle of a private key in any form. */
function preparePrivate(key, name = 'key') {
  return prepare(key, {
    name, isPublic: false, expected: PRIVATE_KEY_TYPES, take(object) {
      requireType(object, 'private');
      return handleOf(object);
    },
  });
}

/** The handle of a public key in any form, or of a private one, which has a public half. */
function preparePublic(key, name = 'key') {
  return prepare(key, {
    name, isPublic: undefined, expected: KEY_TYPES, take(object) {
      if (object.type === 'secret') throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE('secret', 'private or public');
      return handleOf(object);
    },
  });
}

function prepare(key, context) {
  const object = context.take && asKeyObject(key);
  if (object) return context.take(object);
  if (isText(key)) return read(bytesOf(key, context.name), { format: 'pem' }, context);
  if (typeof key !== 'object') throw new ERR_INVALID_ARG_TYPE(context.name, context.expected, key);
  if (!context.take && isKeyObject(key)) throw new ERR_INVALID_ARG_TYPE(context.name, context.expected, key);
  return prepareOptions(key, context);
}

function prepareOptions(key, context) {
  const { key: data, encoding, format } = key;
  if (isKeyObject(data) || asKeyObject(data) !== undefined) {
    if (context.take) return context.take(asKeyObject(data));
    throw new ERR_INVALID_ARG_TYPE(context.name, context.expected, data);
  }
  if (format === 'jwk') return readJwk(data, context);
  if (!isText(data)) throw new ERR_INVALID_ARG_TYPE(`${context.name}.key`, context.expected, data);
  const isPublic = context.isPublic === false ? false : undefined;
  return read(bytesOf(data, 'key', encoding), parseKeyEncoding(key, undefined, isPublic, context.name), context);
}

function read(bytes, { format, type, passphrase }, { isPublic }) {
  const operation = isPublic === false ? 'readPrivate' : 'readPublic';
  return Handle.of(evp()[operation](bytes, format, type ?? null, passphrase ?? null));
}

const JWK_KINDS = { __proto__: null, RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] };
const JWK_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'];
const CURVES = {
  __proto__: null, EC: ['P-256', 'secp256k1', 'P-384', 'P-521'], OKP: ['Ed25519', 'Ed448', 'X25519', 'X448'],
};

function readJwk(jwk, { isPublic, name }) {
  validateObject(jwk, `${name}.key`);
  const { kty } = jwk;
  if (kty === undefined) throw jwkError('Invalid JWK format');
  const members = JWK_KINDS[kty];
  if (members === undefined) throw jwkError(`${kty} is not a supported JWK key type`);
  if (kty in CURVES) validateOneOf(jwk.crv, `${name}.key.crv`, CURVES[kty]);
  const found = { kty };
  for (const member of members) {
    validateString(jwk[member], `${name}.key.${member}`);
    found[member] = jwk[member];
  }
  const isPrivate = isPublic === false;
  if (isPrivate) {
    for (const member of kty === 'RSA' ? JWK_PRIVATE : ['d']) {
      validateString(jwk[member], `${name}.key.${member}`);
      found[member] = jwk[member];
    }
  }
  return Handle.of(evp().readJwk(found, isPrivate));
}

function jwkError(message) {
  const error = new ERR_CRYPTO_INVALID_JWK();
  error.message = message;
  return error;
}

const SECRET_TYPES = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject', 'CryptoKey'];

/** The bytes of a secret key in any form. */
function prepareSecret(key, name, encoding) {
  const object = asKeyObject(key);
  if (object === undefined) return bytesOf(key, name, encoding, SECRET_TYPES);
  requireType(object, 'secret');
  return handleOf(object);
}

// Making them

function createSecretKey(key, encoding) {
  const expected = BUFFERS;
  const bytes = typeof key === 'string' ? Buffer.from(key, encoding) : bytesOf(key, 'key', undefined, expected);
  return new SecretKeyObject(Buffer.from(bytes));
}

function createPublicKey(key) {
  const handle = prepare(key, {
    name: 'key', isPublic: undefined, expected: KEY_TYPES, take(object) {
      requireType(object, 'private');
      return handleOf(object);
    },
  });
  return publicObject(handle);
}

/** The public key object of a handle, which may be that of a private key. */
function publicObject(handle) {
  return new PublicKeyObject(Handle.of(evp().publicOf(handle.number)));
}

function createPrivateKey(key) {
  const prepared = prepare(key, { name: 'key', isPublic: false, expected: MATERIAL_TYPES, take: undefined });
  return new PrivateKeyObject(prepared);
}

/** To be called when keys are first there. */
function knowKeys() {
  registerKeyChecks({ isKeyObject, isCryptoKey: (value) => require('internal/crypto/cryptokey').isCryptoKey(value) });
}

module.exports = {
  Handle, KeyObject, PrivateKeyObject, PublicKeyObject, SecretKeyObject, asKeyObject, createPrivateKey, createPublicKey,
  createSecretKey, handleOf, isKeyObject, knowKeys, parseKeyEncoding, preparePrivate, preparePublic, prepareSecret,
  publicObject, writtenPrivateKey, writtenPublicKey,
};
