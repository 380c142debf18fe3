'use strict';

// The global `crypto` (https://w3c.github.io/webcrypto/): random values, and `subtle`, which does with CryptoKeys what
// the module crypto does with KeyObjects.
//
// Theory of operation. A method converts its arguments and the algorithm (`internal/crypto/webidl`), looks whether the
// key may be used so, and has the work done on the thread pool. Keys are in `internal/crypto/webkeys`.

const { Buffer } = require('buffer');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { randomFillSync, randomUUID } = require('crypto');
const { kEnumerableProperty } = require('internal/util');
const { isTypedArray, isFloat16Array, isFloat32Array, isFloat64Array } = require('internal/util/types');
const { notThere } = require('internal/not_there');
const { PARAMETERS, convertArguments, failed, normalize } = require('internal/crypto/webidl');
const { CryptoKey, keyObjectOf, makeCryptoKey, slotsOf } = require('internal/crypto/cryptokey');
const { promised } = require('internal/crypto/util');
const { handleOf, publicObject } = require('internal/crypto/keys');
const webkeys = require('internal/crypto/webkeys');

const { operationFailed } = webkeys;
const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PSS_PADDING } = internalBinding('constants').crypto;

const nameOfHash = ({ name }) => name.toLowerCase().replace(/^sha-/, 'sha');
const same = (value) => value;

/** Do work; whatever fails in it is an OperationError. */
function operate(name, args, ...kept) {
  return promised(name, args, same, ...kept).catch((error) => { throw operationFailed(error); });
}

function checkKey(key, name, usage, message = `Unable to use this key to ${usage}`) {
  if (slotsOf(key).algorithm.name !== name) throw failed('InvalidAccessError', 'Key algorithm mismatch');
  if (!slotsOf(key).usages.includes(usage)) throw failed('InvalidAccessError', message);
}

// Encryption

const COUNTER_SIZE = 16;
const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];
const WRAP_VECTOR = new Uint8Array(8).fill(0xa6);

const ciphers = {
  __proto__: null,

  'RSA-OAEP'(isEncrypting, { label }, key, data) {
    if (key.type !== (isEncrypting ? 'public' : 'private')) {
      throw failed('InvalidAccessError', 'The requested operation is not valid for the provided key');
    }
    const handle = handleOf(keyObjectOf(key));
    return operate('transform', [
      isEncrypting ? 'publicEncrypt' : 'privateDecrypt', handle.number, data, RSA_PKCS1_OAEP_PADDING,
      nameOfHash(slotsOf(key).algorithm.hash), label ?? null,
    ], handle);
  },

  'AES-CBC'(isEncrypting, { iv }, key, data) {
    if (iv.length !== COUNTER_SIZE) throw failed('OperationError', 'algorithm.iv must contain exactly 16 bytes');
    return crypt(isEncrypting, 'cbc', key, iv, data);
  },

  'AES-GCM'(isEncrypting, { iv, tagLength = 128, additionalData }, key, data) {
    if (!TAG_LENGTHS.includes(tagLength)) {
      throw failed('OperationError', `${tagLength} is not a valid AES-GCM tag length`);
    }
    const name = `aes-${slotsOf(key).algorithm.length}-gcm`;
    return sealed(isEncrypting, name, { iv, tagLength, additionalData }, key, data);
  },

  'ChaCha20-Poly1305'(isEncrypting, { iv, tagLength = 128, additionalData }, key, data) {
    if (iv.length !== 12) throw failed('OperationError', 'algorithm.iv must contain exactly 12 bytes');
    if (tagLength !== 128) throw failed('OperationError', `${tagLength} is not a valid ChaCha20-Poly1305 tag length`);
    return sealed(isEncrypting, 'chacha20-poly1305', { iv, tagLength, additionalData }, key, data);
  },

  async 'AES-CTR'(isEncrypting, { counter, length }, key, data) {
    if (counter.length !== COUNTER_SIZE) {
      throw failed('OperationError', 'algorithm.counter must contain exactly 16 bytes');
    }
    if (length === 0 || length > 128) {
      throw failed('OperationError', 'AES-CTR algorithm.length must be between 1 and 128');
    }
    const parts = counterParts(counter, length, data);
    const made = await Promise.all(parts.map(({ from, bytes }) => crypt(isEncrypting, 'ctr', key, from, bytes)));
    return made.length === 1 ? made[0] : toArrayBuffer(Buffer.concat(made.map((part) => new Uint8Array(part))));
  },

  'AES-KW': (isEncrypting, algorithm, key, data) => operate('cipherAtOnce', [
    `aes${slotsOf(key).algorithm.length}-wrap`, isEncrypting, secretOf(key), WRAP_VECTOR, data, null, 0,
  ]),
};

const secretOf = (key) => handleOf(keyObjectOf(key));

function crypt(isEncrypting, mode, key, iv, data) {
  const name = `aes-${slotsOf(key).algorithm.length}-${mode}`;
  return operate('cipherAtOnce', [name, isEncrypting, secretOf(key), iv, data, null, 0]);
}

function sealed(isEncrypting, cipher, { iv, tagLength, additionalData }, key, data) {
  const size = tagLength / 8;
  if (!isEncrypting && data.length < size) throw failed('OperationError', 'The provided data is too small.');
  return operate('cipherAtOnce', [cipher, isEncrypting, secretOf(key), iv, data, additionalData ?? null, size]);
}

/** The data in pieces within which the counter, the last `length` bits of the block, does not begin again at zero. */
function counterParts(counter, length, data) {
  const whole = BigInt(`0x${Buffer.from(counter).toString('hex')}`);
  const size = 1n << BigInt(length);
  const blocks = BigInt(Math.ceil(data.length / COUNTER_SIZE));
  // eslint-disable-next-line no-restricted-syntax
  if (blocks > size) throw operationFailed(new Error('Cipher job failed'));
  const untilZero = size - (whole & (size - 1n));
  if (blocks <= untilZero) return [{ from: counter, bytes: data }];
  const split = Number(untilZero) * COUNTER_SIZE;
  const restart = (whole & ~(size - 1n)).toString(16).padStart(2 * COUNTER_SIZE, '0');
  return [
    { from: counter, bytes: data.subarray(0, split) },
    { from: new Uint8Array(Buffer.from(restart, 'hex')), bytes: data.subarray(split) },
  ];
}

const toArrayBuffer = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

// Signatures

/** How a key signs: what Python's `Scheme` is made of. */
function schemeOf({ name, hash, saltLength, context }, key) {
  switch (name) {
    case 'ECDSA': return [nameOfHash(hash), null, null, true, null];
    case 'RSASSA-PKCS1-v1_5': return [nameOfHash(slotsOf(key).algorithm.hash), RSA_PKCS1_PADDING, null, false, null];
    case 'RSA-PSS': return [nameOfHash(slotsOf(key).algorithm.hash), RSA_PKCS1_PSS_PADDING, saltLength, false, null];
    default: return [null, null, null, false, context ?? null];
  }
}

// Secrets

const bits = {
  __proto__: null,

  PBKDF2({ hash, salt, iterations }, key, length) {
    checkLength(length);
    if (iterations === 0) throw failed('OperationError', 'iterations cannot be zero');
    if (length === 0) return new ArrayBuffer(0);
    return operate('pbkdf2', [secretOf(key), salt, iterations, length / 8, nameOfHash(hash)]);
  },

  HKDF({ hash, salt, info }, key, length) {
    checkLength(length);
    return operate('hkdf', [nameOfHash(hash), secretOf(key), salt, info, length / 8]);
  },

  async agreed({ public: other }, key, length) {
    if (key.type !== 'private') throw failed('InvalidAccessError', 'baseKey must be a private key');
    if (other.type !== 'public') throw failed('InvalidAccessError', 'algorithm.public must be a public key');
    if (slotsOf(other).algorithm.name !== slotsOf(key).algorithm.name) {
      throw failed('InvalidAccessError', 'key algorithm mismatch');
    }
    if (slotsOf(other).algorithm.namedCurve !== slotsOf(key).algorithm.namedCurve) {
      throw failed('InvalidAccessError', 'Named curve mismatch');
    }
    const [own, theirs] = [handleOf(keyObjectOf(key)), handleOf(keyObjectOf(other))];
    return shortened(await operate('derive', [own.number, theirs.number], own, theirs), length);
  },
};

function checkLength(length) {
  if (length === null) throw failed('OperationError', 'length cannot be null');
  if (length % 8 !== 0) throw failed('OperationError', 'length must be a multiple of 8');
}

/** The first `length` bits. */
function shortened(secret, length) {
  if (length === null) return secret;
  const size = Math.ceil(length / 8);
  if (secret.byteLength < size) throw failed('OperationError', 'derived bit length is too small');
  const cut = secret.slice(0, size);
  if (length % 8 !== 0) new Uint8Array(cut)[size - 1] &= 0xff << (8 - (length % 8));
  return cut;
}

function derived(algorithm, key, length) {
  return (bits[algorithm.name] ?? bits.agreed)(algorithm, key, length);
}

// The interfaces

let isMaking = false;

function checkMaking() {
  if (!isMaking) throw new ERR_ILLEGAL_CONSTRUCTOR();
}

class SubtleCrypto {
  #isSubtle = true;

  constructor() {
    checkMaking();
  }

  static check(value) {
    if (typeof value === 'object' && value !== null && #isSubtle in value) return;
    throw new ERR_INVALID_THIS('SubtleCrypto');
  }
}

const { check } = SubtleCrypto;
delete SubtleCrypto.check;

/** Define methods whose arguments are converted first. */
function define(methods) {
  for (const [name, kinds, work] of methods) {
    const method = {
      async [name](...args) {
        check(this);
        return work(...convertArguments(name, args, kinds));
      },
    }[name];
    const required = kinds.filter((kind) => !kind.endsWith('?')).length;
    Object.defineProperty(method, 'length', { value: required, configurable: true });
    Object.defineProperty(SubtleCrypto.prototype, name, {
      __proto__: null, value: method, writable: true, configurable: true, enumerable: true,
    });
  }
}

function encryption(usage) {
  return (algorithm, key, data) => {
    const normalized = normalize(algorithm, usage);
    checkKey(key, normalized.name, usage);
    return ciphers[normalized.name](usage === 'encrypt', normalized, key, data);
  };
}

const hmac = (key, data) => operate('hmac', [nameOfHash(slotsOf(key).algorithm.hash), secretOf(key), data]);

function signature(algorithm, key, data) {
  const normalized = normalize(algorithm, 'sign');
  checkKey(key, normalized.name, 'sign');
  if (normalized.name === 'HMAC') return hmac(key, data);
  const handle = handleOf(keyObjectOf(key));
  return operate('sign', [handle.number, data, schemeOf(normalized, key), false], handle);
}

async function verification(algorithm, key, made, data) {
  const normalized = normalize(algorithm, 'verify');
  checkKey(key, normalized.name, 'verify');
  if (normalized.name === 'HMAC') {
    const expected = new Uint8Array(await hmac(key, data));
    return expected.length === made.length && require('crypto').timingSafeEqual(expected, made);
  }
  const handle = handleOf(keyObjectOf(key));
  return operate('verify', [handle.number, data, made, schemeOf(normalized, key), false], handle);
}

function importedKey(format, data, algorithm, isExtractable, usages) {
  const normalized = normalize(algorithm, 'importKey');
  return webkeys.importKey(format, data, normalized, isExtractable, usages);
}

/** What wraps a key: an algorithm for that, or one that encrypts. */
function wrapping(algorithm, operation) {
  const name = typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm;
  const isWrapper = Object.keys(PARAMETERS[operation]).some((known) => known.toLowerCase() === `${name}`.toLowerCase());
  return normalize(algorithm, isWrapper ? operation : operation === 'wrapKey' ? 'encrypt' : 'decrypt');
}

async function wrapped(format, key, wrappingKey, algorithm) {
  const normalized = wrapping(algorithm, 'wrapKey');
  checkKey(wrappingKey, normalized.name, 'wrapKey');
  const exported = webkeys.exportKey(format, key);
  let data = format === 'jwk' ? Buffer.from(JSON.stringify(exported)) : new Uint8Array(exported);
  if (format === 'jwk' && normalized.name === 'AES-KW') { // which wraps whole words of 8 bytes
    data = Buffer.from(data.toString().padEnd(Math.ceil(data.length / 8) * 8));
  }
  return ciphers[normalized.name](true, normalized, wrappingKey, data);
}

async function unwrapped(format, data, wrappingKey, algorithm, keyAlgorithm, isExtractable, usages) {
  const normalized = wrapping(algorithm, 'unwrapKey');
  const wanted = normalize(keyAlgorithm, 'importKey');
  checkKey(wrappingKey, normalized.name, 'unwrapKey');
  const plain = await ciphers[normalized.name](false, normalized, wrappingKey, data);
  let material = new Uint8Array(plain);
  if (format === 'jwk') {
    try {
      material = JSON.parse(Buffer.from(plain).toString());
    } catch {
      throw failed('DataError', 'Invalid wrapped JWK key');
    }
  }
  return webkeys.importKey(format, material, wanted, isExtractable, usages);
}

async function derivedKey(algorithm, baseKey, keyAlgorithm, isExtractable, usages) {
  const normalized = normalize(algorithm, 'deriveBits');
  const wanted = normalize(keyAlgorithm, 'importKey');
  const length = webkeys.keyLength(normalize(keyAlgorithm, 'get key length'));
  checkKey(baseKey, normalized.name, 'deriveKey', 'baseKey does not have deriveKey usage');
  const secret = await derived(normalized, baseKey, length);
  return webkeys.importKey('raw', new Uint8Array(secret), wanted, isExtractable, usages);
}

function publicKeyOf(key, usages) {
  if (key.type === 'secret') throw failed('NotSupportedError', 'key must be a private key');
  if (key.type === 'public') throw failed('InvalidAccessError', 'key must be a private key');
  const allowed = webkeys.USAGES[slotsOf(key).algorithm.name].public;
  if (usages.some((usage) => !allowed.includes(usage))) {
    throw failed('SyntaxError', `Unsupported key usage for ${slotsOf(key).algorithm.name} key`);
  }
  return makeCryptoKey(publicObject(handleOf(keyObjectOf(key))), slotsOf(key).algorithm, usages, true);
}

define([
  ['encrypt', ['any', 'key', 'bytes'], encryption('encrypt')],
  ['decrypt', ['any', 'key', 'bytes'], encryption('decrypt')],
  ['sign', ['any', 'key', 'bytes'], signature],
  ['verify', ['any', 'key', 'bytes', 'bytes'], verification],
  ['digest', ['any', 'bytes'], (algorithm, data) =>
    operate('digest', [nameOfHash(normalize(algorithm, 'digest')), data])],
  ['generateKey', ['any', 'boolean', 'usages'], (algorithm, isExtractable, usages) =>
    webkeys.generateKey(normalize(algorithm, 'generateKey'), isExtractable, usages)],
  ['deriveKey', ['any', 'key', 'any', 'boolean', 'usages'], derivedKey],
  ['deriveBits', ['any', 'key', 'length?'], (algorithm, baseKey, length) => {
    const normalized = normalize(algorithm, 'deriveBits');
    checkKey(baseKey, normalized.name, 'deriveBits', 'baseKey does not have deriveBits usage');
    return derived(normalized, baseKey, length);
  }],
  ['importKey', ['format', 'any', 'any', 'boolean', 'usages'], (format, ...rest) => {
    const [data] = format === 'jwk' ? rest :
      convertArguments('importKey', [format, ...rest], ['any', 'bytes']).slice(1);
    return importedKey(format, data, ...rest.slice(1));
  }],
  ['exportKey', ['format', 'key'], (format, key) => webkeys.exportKey(format, key)],
  ['wrapKey', ['format', 'key', 'key', 'any'], wrapped],
  ['unwrapKey', ['format', 'bytes', 'key', 'any', 'any', 'boolean', 'usages'], unwrapped],
  ['getPublicKey', ['key', 'usages'], publicKeyOf],
]);

for (const name of ['encapsulateBits', 'encapsulateKey', 'decapsulateBits', 'decapsulateKey']) {
  Object.defineProperty(SubtleCrypto.prototype, name, {
    __proto__: null, configurable: true, enumerable: true, writable: true, value: async () => {
      throw notThere(`crypto.subtle.${name}()`);
    },
  });
}

const MOST_RANDOM_VALUES = 65536; // bytes in one call

class Crypto {
  #subtle = makeOne(SubtleCrypto);

  constructor() {
    checkMaking();
  }

  static check(value) {
    if (typeof value !== 'object' || value === null || !(#subtle in value)) throw new ERR_INVALID_THIS('Crypto');
  }

  get subtle() {
    checkCrypto(this);
    return this.#subtle;
  }

  getRandomValues(array) {
    checkCrypto(this);
    if (!isTypedArray(array) || isFloat16Array(array) || isFloat32Array(array) || isFloat64Array(array)) {
      throw failed('TypeMismatchError', 'The data argument must be an integer-type TypedArray');
    }
    if (array.byteLength > MOST_RANDOM_VALUES) {
      throw failed('QuotaExceededError',
        `The requested length exceeds ${MOST_RANDOM_VALUES.toLocaleString('en-US')} bytes`);
    }
    return randomFillSync(array, 0);
  }

  randomUUID(options) {
    checkCrypto(this);
    return randomUUID(options);
  }
}

const checkCrypto = Crypto.check;
delete Crypto.check;

/** `new` for classes that programs cannot make objects of. */
function makeOne(constructor) {
  const before = isMaking;
  isMaking = true;
  try {
    return new constructor();
  } finally {
    isMaking = before;
  }
}

for (const constructor of [Crypto, SubtleCrypto]) {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, {
    __proto__: null, value: constructor.name, configurable: true,
  });
}
for (const name of ['subtle', 'getRandomValues', 'randomUUID']) {
  Object.defineProperty(Crypto.prototype, name, kEnumerableProperty);
}

module.exports = {
  Crypto, CryptoKey, SubtleCrypto, crypto: makeOne(Crypto),
  fromKeyObject: (keyObject, algorithm, isExtractable, usages) => webkeys.fromKeyObject(
    keyObject, normalize(algorithm, 'importKey'), Boolean(isExtractable),
    convertArguments('toCryptoKey', [usages], ['usages'], 'KeyObject')[0]),
};
