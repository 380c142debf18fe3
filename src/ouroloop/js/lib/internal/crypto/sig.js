'use strict';

// Signatures: Sign and Verify, which take a message piece by piece, and sign() and verify(), which take all of it.
//
// Theory of operation. Sign and Verify hash what they get and have the hash signed; so they are for keys that sign a
// hash. Those that sign the message itself (Ed25519) are for the functions.

const { Buffer } = require('buffer');
const { Writable } = require('stream');
const {
  codes: {
    ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_SIGN_KEY_REQUIRED, ERR_CRYPTO_UNSUPPORTED_OPERATION, ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateEncoding, validateFunction, validateString } = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { callable } = require('internal/streams/lazy_transform');
const { answer, bytesOf, encoded, evp, later, refusal, showMethod } = require('internal/crypto/util');
const { preparePrivate, preparePublic } = require('internal/crypto/keys');

const hashes = internalBinding('crypto');

const WITHOUT_HASH = new Set(['ed25519', 'ed448']);
const isWithoutHash = (kind) => WITHOUT_HASH.has(kind) || /^(ml-dsa|slh-dsa)/.test(kind);

function intOption(options, name) {
  const value = options[name];
  if (value === undefined) return null;
  if (value === value >> 0) return value;
  throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
}

/** How a key is to sign: what Python's `Scheme` is made of. */
function schemeOf(algorithm, key) {
  const padding = intOption(key, 'padding');
  const salt = intOption(key, 'saltLength');
  const { dsaEncoding = 'der', context } = key;
  if (dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') {
    throw new ERR_INVALID_ARG_VALUE('options.dsaEncoding', dsaEncoding);
  }
  const bytes = context === undefined ? null : bytesOf(context, 'context');
  return [algorithm ?? null, padding, salt, dsaEncoding === 'ieee-p1363', bytes];
}

// Sign and Verify

class Signer extends Writable {
  #algorithm;
  #hash;

  constructor(algorithm, options) {
    validateString(algorithm, 'algorithm');
    super(options);
    this.#algorithm = algorithm;
    this.#hash = hashes.createHash(algorithm);
    if (this.#hash < 0) throw invalidDigest();
  }

  _write(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }

  update(data, encoding) {
    encoding = encoding === 'buffer' ? undefined : encoding;
    if (typeof data === 'string') validateEncoding(data, encoding);
    else if (!isArrayBufferView(data)) {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
    }
    this.#requireHash();
    hashes.update(this.#hash, bytesOf(data, 'data', encoding));
    return this;
  }

  #requireHash() {
    if (this.#hash === undefined) throw refusal(['Not initialised', 'ERR_CRYPTO_INVALID_STATE', '', '', []]);
  }

  #taken() {
    this.#requireHash();
    const digest = hashes.digest(this.#hash, null);
    this.#hash = undefined;
    return digest;
  }

  static sign(signer, options, encoding) {
    if (!options) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
    const handle = preparePrivate(options, 'privateKey');
    const scheme = schemeOf(signer.#algorithm, options);
    const digest = signer.#taken();
    if (isWithoutHash(handle.kind)) throw new ERR_CRYPTO_UNSUPPORTED_OPERATION();
    return encoded(answer(evp().sign(handle.number, digest, scheme, true)), encoding);
  }

  static verify(verifier, options, signature, encoding) {
    const handle = preparePublic(options, 'key');
    const scheme = schemeOf(verifier.#algorithm, options);
    const bytes = bytesOf(signature, 'signature', encoding);
    const digest = verifier.#taken();
    if (isWithoutHash(handle.kind)) throw new ERR_CRYPTO_UNSUPPORTED_OPERATION();
    return answer(evp().verify(handle.number, digest, bytes, scheme, true));
  }
}

function invalidDigest() {
  const error = new ERR_CRYPTO_INVALID_DIGEST('');
  error.message = 'Invalid digest';
  return error;
}

/** A class of its own, with what both have and its one method. */
function signerClass(name, method, work) {
  class Made extends Signer {}
  const { prototype } = Made;
  for (const each of ['_write', 'update']) showMethod(prototype, each, Signer.prototype[each]);
  showMethod(prototype, method, work);
  Object.setPrototypeOf(prototype, Writable.prototype);
  const made = callable(Made, name);
  Object.defineProperty(made, 'length', { value: 2, configurable: true });
  return made;
}

const Sign = signerClass('Sign', 'sign', function sign(options, encoding) {
  return Signer.sign(this, options, encoding);
});

const Verify = signerClass('Verify', 'verify', function verify(options, signature, sigEncoding) {
  return Signer.verify(this, options, signature, sigEncoding);
});

function createSign(algorithm, options) {
  return new Sign(algorithm, options);
}

function createVerify(algorithm, options) {
  return new Verify(algorithm, options);
}

// sign() and verify()

const known = new Set(); // names of hashes

/** The hash to sign with. That of RSA, DSA and ECDSA is SHA-256 where none is named. */
function digestFor(algorithm, handle) {
  if (algorithm == null) return isWithoutHash(handle.kind) ? null : 'sha256';
  if (known.has(algorithm)) return algorithm;
  const number = hashes.createHash(algorithm);
  if (number < 0) throw new ERR_CRYPTO_INVALID_DIGEST(algorithm);
  hashes.digest(number, null);
  known.add(algorithm);
  return algorithm;
}

function sign(algorithm, data, key, callback) {
  if (algorithm != null) validateString(algorithm, 'algorithm');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const bytes = bytesOf(data, 'data');
  if (!key) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  const scheme = schemeOf(undefined, key);
  const handle = preparePrivate(key, 'key');
  scheme[0] = digestFor(algorithm, handle);
  const args = [handle.number, bytes, scheme, false];
  if (callback === undefined) return Buffer.from(answer(evp().sign(...args)));
  later('sign', args, Buffer.from, callback, handle);
  return undefined;
}

function verify(algorithm, data, key, signature, callback) {
  if (algorithm != null) validateString(algorithm, 'algorithm');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const bytes = bytesOf(data, 'data');
  const scheme = schemeOf(undefined, key);
  const made = bytesOf(signature, 'signature');
  const handle = preparePublic(key, 'key');
  scheme[0] = digestFor(algorithm, handle);
  const args = [handle.number, bytes, made, scheme, false];
  if (callback === undefined) return answer(evp().verify(...args));
  later('verify', args, (isRight) => isRight, callback, handle);
  return undefined;
}

module.exports = { Sign, Verify, createSign, createVerify, sign, verify };
