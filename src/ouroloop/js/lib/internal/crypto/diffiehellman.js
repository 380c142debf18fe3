'use strict';

// Secrets that two sides agree on: DiffieHellman with numbers, ECDH with points of a curve, diffieHellman() with keys.
//
// Theory of operation. The classes hold their numbers as bytes, the highest first; the arithmetic is Python's
// (`node/evp/exchange.py`).

const { Buffer } = require('buffer');
const {
  codes: {
    ERR_CRYPTO_ECDH_INVALID_FORMAT, ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY, ERR_CRYPTO_INCOMPATIBLE_KEY,
    ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE, ERR_CRYPTO_UNKNOWN_DH_GROUP, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateFunction, validateInt32, validateObject, validateString } = require('internal/validators');
const { deprecate } = require('internal/util');
const { answer, bytesOf, encoded, evp, later, refusal } = require('internal/crypto/util');
const { asKeyObject, handleOf, preparePrivate, preparePublic } = require('internal/crypto/keys');

const DH_GENERATOR = 2;

function failure(code, message) {
  return refusal([message, code, '', '', []]);
}

// Numbers

const kPrime = Symbol('prime');
const kGenerator = Symbol('generator');
const kPublic = Symbol('publicKey');
const kPrivate = Symbol('privateKey');

function hide(object, name, value) {
  Object.defineProperty(object, name, { __proto__: null, value, writable: true, configurable: true });
}

function begin(object, prime, generator) {
  hide(object, kPrime, Buffer.from(prime));
  hide(object, kGenerator, Buffer.from(generator));
  hide(object, kPublic, undefined);
  hide(object, kPrivate, undefined);
  Object.defineProperty(object, 'verifyError', {
    __proto__: null, value: answer(evp().groupCheck(object[kPrime], object[kGenerator])), enumerable: true,
  });
}

const power = (base, exponent, { [kPrime]: prime }, size = null) =>
  Buffer.from(answer(evp().modExp(base, exponent, prime, size)));

const dhMethods = {
  generateKeys(encoding) {
    this[kPrivate] ??= Buffer.from(evp().groupPrivate(this[kPrime]));
    this[kPublic] = power(this[kGenerator], this[kPrivate], this);
    return encoded(this[kPublic], encoding);
  },

  computeSecret(otherPublicKey, inputEncoding, outputEncoding) {
    const other = bytesOf(otherPublicKey, 'otherPublicKey', inputEncoding);
    if (this[kPrivate] === undefined) throw failure('ERR_CRYPTO_OPERATION_FAILED', 'Failed to compute shared secret');
    checkPublic(BigInt(`0x0${Buffer.from(other).toString('hex')}`), BigInt(`0x${this[kPrime].toString('hex')}`));
    return encoded(power(other, this[kPrivate], this, this[kPrime].length), outputEncoding);
  },

  getPrime(encoding) {
    return encoded(this[kPrime], encoding);
  },

  getGenerator(encoding) {
    return encoded(this[kGenerator], encoding);
  },

  getPublicKey(encoding) {
    if (this[kPublic] === undefined) {
      throw failure('ERR_CRYPTO_INVALID_STATE', 'No public key - did you forget to generate one?');
    }
    return encoded(this[kPublic], encoding);
  },

  getPrivateKey(encoding) {
    if (this[kPrivate] === undefined) {
      throw failure('ERR_CRYPTO_INVALID_STATE', 'No private key - did you forget to generate one?');
    }
    return encoded(this[kPrivate], encoding);
  },
};

function checkPublic(value, prime) {
  if (value <= 1n) throw failure('ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too small');
  if (value >= prime - 1n) throw failure('ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too large');
}

const dhSetters = {
  setPublicKey(key, encoding) {
    this[kPublic] = Buffer.from(bytesOf(key, 'key', encoding));
    return this;
  },

  setPrivateKey(key, encoding) {
    this[kPrivate] = Buffer.from(bytesOf(key, 'key', encoding));
    return this;
  },
};

function numberBytes(value) {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function badGenerator() {
  return refusal(['error:02800065:Diffie-Hellman routines::bad generator', 'ERR_OSSL_DH_BAD_GENERATOR',
                  'Diffie-Hellman routines', 'bad generator', []]);
}

function generatorOf(generator, encoding) {
  if (!generator) return numberBytes(DH_GENERATOR);
  if (typeof generator === 'number') {
    validateInt32(generator, 'generator');
    if (generator < 2) throw badGenerator();
    return numberBytes(generator);
  }
  if (typeof generator !== 'string' && !ArrayBuffer.isView(generator) && !(generator instanceof ArrayBuffer)) {
    throw new ERR_INVALID_ARG_TYPE(
      'generator', ['number', 'string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], generator);
  }
  const bytes = bytesOf(generator, 'generator', encoding);
  if (bytes.every((byte, index) => byte === 0 || (byte === 1 && index === bytes.length - 1))) throw badGenerator();
  return bytes;
}

function DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  if (!(this instanceof DiffieHellman)) return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
  if (typeof sizeOrKey !== 'number' && typeof sizeOrKey !== 'string' && !ArrayBuffer.isView(sizeOrKey) &&
      !(sizeOrKey instanceof ArrayBuffer)) {
    throw new ERR_INVALID_ARG_TYPE(
      'sizeOrKey', ['number', 'string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], sizeOrKey);
  }
  if (typeof sizeOrKey === 'number') validateInt32(sizeOrKey, 'sizeOrKey');
  if (keyEncoding && keyEncoding !== 'buffer' && !Buffer.isEncoding(keyEncoding)) {
    [genEncoding, generator, keyEncoding] = [generator, keyEncoding, false];
  }
  const base = generatorOf(generator, genEncoding || keyEncoding || 'buffer');
  const prime = typeof sizeOrKey === 'number' ?
    answer(evp().groupGenerate(sizeOrKey, Number(`0x${Buffer.from(base).toString('hex')}`))) :
    bytesOf(sizeOrKey, 'sizeOrKey', keyEncoding || 'buffer');
  begin(this, prime, base);
}
Object.assign(DiffieHellman.prototype, dhMethods, dhSetters);

function DiffieHellmanGroup(name) {
  if (!(this instanceof DiffieHellmanGroup)) return new DiffieHellmanGroup(name);
  if (typeof name !== 'string') {
    const error = new ERR_INVALID_ARG_TYPE('name', 'string', name);
    error.message = 'Group name must be a string';
    throw error;
  }
  const prime = answer(evp().groupPrime(name));
  if (prime === null) throw new ERR_CRYPTO_UNKNOWN_DH_GROUP();
  begin(this, prime, numberBytes(DH_GENERATOR));
}
Object.assign(DiffieHellmanGroup.prototype, dhMethods);

function createDiffieHellman(sizeOrKey, keyEncoding, generator, generatorEncoding) {
  return new DiffieHellman(sizeOrKey, keyEncoding, generator, generatorEncoding);
}

function getDiffieHellman(name) {
  return new DiffieHellmanGroup(name);
}

// Curves

const kCurve = Symbol('curve');
const FORMS = new Set(['compressed', 'uncompressed', 'hybrid']);

function formOf(format) {
  if (!format) return 'uncompressed';
  if (FORMS.has(format)) return format;
  throw new ERR_CRYPTO_ECDH_INVALID_FORMAT(format);
}

/** A point in another form. */
function converted(curve, point, form) {
  const made = evp().curveConvert(curve, point, form);
  if (Array.isArray(made)) throw failure('ERR_CRYPTO_OPERATION_FAILED', 'Failed to convert Buffer to EC_POINT');
  return made;
}

function knownCurve(name) {
  const known = answer(evp().curveName(name));
  if (known === null) throw failure('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
  return known;
}

function ECDH(curve) {
  if (!(this instanceof ECDH)) return new ECDH(curve);
  validateString(curve, 'curve');
  hide(this, kCurve, knownCurve(curve));
  hide(this, kPublic, undefined);
  hide(this, kPrivate, undefined);
}

Object.assign(ECDH.prototype, {
  computeSecret(otherPublicKey, inputEncoding, outputEncoding) {
    const other = bytesOf(otherPublicKey, 'otherPublicKey', inputEncoding);
    const point = evp().curveConvert(this[kCurve], other, 'uncompressed');
    if (Array.isArray(point)) throw new ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY();
    if (this[kPrivate] === undefined) throw failure('ERR_CRYPTO_OPERATION_FAILED', 'Failed to compute ECDH key');
    return encoded(answer(evp().curveSecret(this[kCurve], this[kPrivate], other)), outputEncoding);
  },

  setPrivateKey(key, encoding) {
    const bytes = bytesOf(key, 'key', encoding);
    const point = answer(evp().curvePublic(this[kCurve], bytes));
    if (point === null) throw failure('ERR_CRYPTO_INVALID_KEYTYPE', 'Private key is not valid for specified curve.');
    this[kPrivate] = withoutZeros(bytes);
    this[kPublic] = Buffer.from(point);
    return this;
  },

  setPublicKey: deprecate(function setPublicKey(key, encoding) {
    this[kPublic] = Buffer.from(converted(this[kCurve], bytesOf(key, 'key', encoding), 'uncompressed'));
    return this;
  }, 'ecdh.setPublicKey() is deprecated.', 'DEP0031'),

  getPrivateKey(encoding) {
    if (this[kPrivate] === undefined) throw failure('ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH private key');
    return encoded(this[kPrivate], encoding);
  },

  generateKeys(encoding, format) {
    const bytes = answer(evp().curveGenerate(this[kCurve]));
    this.setPrivateKey(bytes);
    return this.getPublicKey(encoding, format);
  },

  getPublicKey(encoding, format) {
    const form = formOf(format);
    if (this[kPublic] === undefined) throw failure('ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH public key');
    return encoded(form === 'uncompressed' ? this[kPublic] : converted(this[kCurve], this[kPublic], form), encoding);
  },
});

/** A number's bytes, of which the highest is not zero. */
function withoutZeros(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  return Buffer.from(bytes.subarray(Math.max(first, 0)));
}

ECDH.convertKey = function convertKey(key, curve, inputEncoding, outputEncoding, format) {
  validateString(curve, 'curve');
  const bytes = bytesOf(key, 'key', inputEncoding);
  const form = formOf(format);
  return encoded(converted(knownCurve(curve), bytes, form), outputEncoding);
};

function createECDH(curve) {
  return new ECDH(curve);
}

function getCurves() {
  return evp().curves().names.toSorted();
}

// Keys

const SUITABLE = new Set(['dh', 'ec', 'x25519', 'x448']);

function halfOf(key, name, prepare, isFitting) {
  const object = asKeyObject(key);
  if (object === undefined) return prepare(key, `options.${name}`);
  if (!isFitting(object.type)) {
    throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(object.type, name === 'privateKey' ? 'private' : 'private or public');
  }
  return handleOf(object);
}

function diffieHellman(options, callback) {
  validateObject(options, 'options');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const { privateKey, publicKey } = options;
  for (const [name, key] of [['privateKey', privateKey], ['publicKey', publicKey]]) {
    if (key === undefined) throw new ERR_INVALID_ARG_VALUE(`options.${name}`, key);
  }
  const other = halfOf(publicKey, 'publicKey', preparePublic, (type) => type !== 'secret');
  const own = halfOf(privateKey, 'privateKey', preparePrivate, (type) => type === 'private');
  if (own.kind !== other.kind || !SUITABLE.has(own.kind)) {
    throw new ERR_CRYPTO_INCOMPATIBLE_KEY('key types for Diffie-Hellman', `${own.kind} and ${other.kind}`);
  }
  const args = [own.number, other.number];
  if (callback === undefined) return Buffer.from(answer(evp().derive(...args)));
  later('derive', args, Buffer.from, callback, own, other);
  return undefined;
}

module.exports = {
  DiffieHellman, DiffieHellmanGroup, ECDH, createDiffieHellman, createDiffieHellmanGroup: getDiffieHellman, createECDH,
  diffieHellman, getCurves, getDiffieHellman,
};
