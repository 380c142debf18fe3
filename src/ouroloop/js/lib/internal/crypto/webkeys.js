'use strict';

// Keys of Web Crypto: for each algorithm how they are made, read and written.
//
// Theory of operation. A family (`FAMILIES`) has functions `generate`, `read` and `usages`; what it gives is a
// KeyObject and the algorithm that the CryptoKey is to show. JWKs are checked here before anybody reads the key in
// them.

const { Buffer } = require('buffer');
const { failed } = require('internal/crypto/webidl');
const { keyObjectOf, makeCryptoKey, slotsOf } = require('internal/crypto/cryptokey');
const { answer, evp, promised } = require('internal/crypto/util');
const {
  Handle, PrivateKeyObject, PublicKeyObject, SecretKeyObject, createPrivateKey, createPublicKey, handleOf, publicObject,
} = require('internal/crypto/keys');

const ENCRYPTION = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
const DERIVATION = ['deriveKey', 'deriveBits'];

/** Which usages a key may have, by its type. */
const USAGES = {
  __proto__: null,
  'RSASSA-PKCS1-v1_5': { public: ['verify'], private: ['sign'] },
  'RSA-PSS': { public: ['verify'], private: ['sign'] },
  'RSA-OAEP': { public: ['encrypt', 'wrapKey'], private: ['decrypt', 'unwrapKey'] },
  'ECDSA': { public: ['verify'], private: ['sign'] },
  'ECDH': { public: [], private: DERIVATION },
  'Ed25519': { public: ['verify'], private: ['sign'] },
  'Ed448': { public: ['verify'], private: ['sign'] },
  'X25519': { public: [], private: DERIVATION },
  'X448': { public: [], private: DERIVATION },
  'HMAC': { secret: ['sign', 'verify'] },
  'AES-CBC': { secret: ENCRYPTION },
  'AES-CTR': { secret: ENCRYPTION },
  'AES-GCM': { secret: ENCRYPTION },
  'AES-KW': { secret: ['wrapKey', 'unwrapKey'] },
  'ChaCha20-Poly1305': { secret: ENCRYPTION },
  'HKDF': { secret: DERIVATION },
  'PBKDF2': { secret: DERIVATION },
};

const CURVES = { '__proto__': null, 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
const BLOCK_BITS = {
  '__proto__': null, 'SHA-384': 1024, 'SHA-512': 1024, 'SHA3-256': 1088, 'SHA3-384': 832, 'SHA3-512': 576,
};
const blockBits = (hash) => BLOCK_BITS[hash.name] ?? 512;

function checkUsages(name, type, usages) {
  if (usages.some((usage) => !USAGES[name][type].includes(usage))) {
    throw failed('SyntaxError', `Unsupported key usage for ${name} key`);
  }
}

const invalidData = (cause) => failed('DataError', 'Invalid keyData', cause);
const operationFailed = (cause) =>
  failed('OperationError', 'The operation failed for an operation-specific reason', cause);

/** Read a key; what the reader refuses is bad data. */
function attempt(read) {
  try {
    return read();
  } catch (error) {
    throw invalidData(error);
  }
}

// JWKs

const HASH_NUMBERS = { '__proto__': null, 'SHA-1': '1', 'SHA-256': '256', 'SHA-384': '384', 'SHA-512': '512' };

/** The `alg` of a JWK for a key with this algorithm; undefined if it has none. */
function jwkAlgorithm({ name, hash, length }) {
  const number = HASH_NUMBERS[hash?.name];
  switch (name) {
    case 'HMAC': return number && `HS${number}`;
    case 'RSASSA-PKCS1-v1_5': return number && `RS${number}`;
    case 'RSA-PSS': return number && `PS${number}`;
    case 'RSA-OAEP': return number === '1' ? 'RSA-OAEP' : number && `RSA-OAEP-${number}`;
    case 'Ed25519': case 'Ed448': return name;
    case 'ChaCha20-Poly1305': return 'C20P';
    default: return name.startsWith('AES-') ? `A${length}${name.slice(4)}` : undefined;
  }
}

const USES = { __proto__: null, sign: 'sig', verify: 'sig' };

/** Whether a JWK is one for such a key. */
function checkJwk(jwk, kty, algorithm, isExtractable, usages) {
  if (typeof jwk !== 'object' || jwk === null || ArrayBuffer.isView(jwk) || !jwk.kty) throw invalidData();
  if (jwk.kty !== kty) throw failed('DataError', 'Invalid JWK "kty" Parameter');
  const use = USES[USAGES[algorithm.name].private?.[0] ?? USAGES[algorithm.name].secret[0]] ?? 'enc';
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) {
    throw failed('DataError', 'Invalid JWK "use" Parameter');
  }
  if (jwk.key_ops !== undefined) checkKeyOperations(jwk.key_ops, usages);
  if (jwk.ext === false && isExtractable) throw failed('DataError', 'JWK "ext" Parameter and extractable mismatch');
}

function checkKeyOperations(operations, usages) {
  if (!Array.isArray(operations)) throw failed('DataError', 'Invalid JWK "key_ops" Parameter');
  if (new Set(operations).size < operations.length) throw failed('DataError', 'Duplicate key operation');
  if (usages.some((usage) => !operations.includes(usage))) {
    throw failed('DataError', 'Key operations and usage mismatch');
  }
}

function checkJwkAlgorithm(jwk, algorithm) {
  if (jwk.alg === undefined) return;
  const expected = jwkAlgorithm(algorithm);
  if (expected !== undefined && jwk.alg !== expected && !(jwk.alg === 'EdDSA' && expected === 'Ed25519')) {
    throw failed('DataError', 'JWK "alg" does not match the requested algorithm');
  }
}

// Secret keys

function readSecret(format, data, algorithm, isExtractable, usages) {
  checkUsages(algorithm.name, 'secret', usages);
  if (usages.length === 0) throw failed('SyntaxError', 'Usages cannot be empty when importing a secret key.');
  const bytes = secretBytes(format, data, algorithm, isExtractable, usages);
  const shown = secretAlgorithm(algorithm, bytes.length * 8);
  if (format === 'jwk') checkJwkAlgorithm(data, shown);
  return { keyObject: new SecretKeyObject(bytes), algorithm: shown };
}

function secretBytes(format, data, algorithm, isExtractable, usages) {
  if (format === 'raw' || format === 'raw-secret') return Buffer.from(data);
  if (format !== 'jwk') {
    throw failed('NotSupportedError', `Unable to import ${algorithm.name} using ${format} format`);
  }
  checkJwk(data, 'oct', algorithm, isExtractable, usages);
  if (typeof data.k !== 'string') throw invalidData();
  return Buffer.from(data.k, 'base64url');
}

function secretAlgorithm({ name, hash, length }, bits) {
  if (name === 'HMAC') {
    if (bits === 0) throw failed('DataError', 'Zero-length key is not supported');
    if (length !== undefined && (length > bits || length <= bits - 8)) throw failed('DataError', 'Invalid key length');
    return { name, length: length ?? bits, hash };
  }
  if (name === 'ChaCha20-Poly1305') {
    if (bits !== 256) throw failed('DataError', 'Invalid key length');
    return { name };
  }
  if (![128, 192, 256].includes(bits)) throw failed('DataError', 'Invalid key length');
  return { name, length: bits };
}

function checkAesLength(length) {
  if (![128, 192, 256].includes(length)) throw failed('OperationError', 'AES key length must be 128, 192, or 256 bits');
}

/** How many bits a key of an algorithm has that is to be made or derived; null if that says nothing. */
function keyLength({ name, hash, length }) {
  if (name === 'HMAC') {
    if (length === 0) throw failed('OperationError', 'HmacKeyGenParams.length cannot be 0');
    return length ?? blockBits(hash);
  }
  if (name === 'ChaCha20-Poly1305') return 256;
  if (!name.startsWith('AES-')) return null;
  checkAesLength(length);
  return length;
}

function generateSecret(algorithm, isExtractable, usages) {
  checkUsages(algorithm.name, 'secret', usages);
  const length = keyLength(algorithm);
  if (usages.length === 0) throw failed('SyntaxError', 'Usages cannot be empty when creating a key.');
  const { randomBytes } = require('crypto');
  return new Promise((resolve, reject) => {
    randomBytes(Math.ceil(length / 8), (error, bytes) => {
      if (error) reject(operationFailed(error));
      else {
        const given = { ...algorithm, length: algorithm.name === 'HMAC' ? length : undefined };
        const shown = secretAlgorithm(given, bytes.length * 8);
        resolve(makeCryptoKey(new SecretKeyObject(bytes), shown, usages, isExtractable));
      }
    });
  });
}

/** What a key is derived from: bytes that never come out again. */
function readBase(format, data, { name }, isExtractable, usages) {
  if (format !== 'raw' && format !== 'raw-secret') {
    throw failed('NotSupportedError', `Unable to import ${name} using ${format} format`);
  }
  checkUsages(name, 'secret', usages);
  if (isExtractable) throw failed('SyntaxError', `${name} keys are not extractable`);
  if (usages.length === 0) throw failed('SyntaxError', 'Usages cannot be empty when importing a secret key.');
  return { keyObject: new SecretKeyObject(Buffer.from(data)), algorithm: { name } };
}

// Keys of two halves

/** How each family is called by OpenSSL and in JWKs, and what its keys show. */
const RSA = {
  kty: 'RSA',
  kind: () => 'rsa',
  shown({ name, hash }, key) {
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails;
    const digits = publicExponent.toString(16);
    const exponent = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
    return { name, modulusLength, publicExponent: new Uint8Array(exponent), hash };
  },
  options: ({ modulusLength, publicExponent }) =>
    ({ modulusLength, publicExponent: Number(`0x${Buffer.from(publicExponent).toString('hex')}`) }),
  check() {},
};

const EC = {
  kty: 'EC',
  kind: () => 'ec',
  shown: ({ name, namedCurve }) => ({ name, namedCurve }),
  options: ({ namedCurve }) => ({ namedCurve: CURVES[namedCurve], paramEncoding: 'named' }),
  check({ namedCurve }) {
    if (CURVES[namedCurve] === undefined) throw failed('NotSupportedError', 'Unrecognized namedCurve');
  },
  fitting({ namedCurve }, key) {
    if (key.asymmetricKeyDetails.namedCurve !== CURVES[namedCurve]) throw failed('DataError', 'Named curve mismatch');
  },
  checkJwk({ namedCurve }, jwk) {
    if (jwk.crv !== namedCurve) throw failed('DataError', 'JWK "crv" does not match the requested algorithm');
  },
  raw: ({ namedCurve }, data) => Handle.of(evp().fromPoint(CURVES[namedCurve], data)),
  written: (handle) => evp().point(handle.number),
};

const EDWARDS = {
  kty: 'OKP',
  kind: ({ name }) => name.toLowerCase(),
  shown: ({ name }) => ({ name }),
  options: () => ({}),
  check() {},
  checkJwk({ name }, jwk) {
    if (jwk.crv !== name) throw failed('DataError', 'JWK "crv" Parameter and algorithm name mismatch');
  },
  raw: ({ name }, data) => Handle.of(evp().fromRaw(name.toLowerCase(), data, false)),
  written: (handle) => answer(evp().raw(handle.number, false)),
};

const FAMILIES = {
  '__proto__': null,
  'RSASSA-PKCS1-v1_5': RSA, 'RSA-PSS': RSA, 'RSA-OAEP': RSA,
  'ECDSA': EC, 'ECDH': EC,
  'Ed25519': EDWARDS, 'Ed448': EDWARDS, 'X25519': EDWARDS, 'X448': EDWARDS,
};

function readHalf(format, data, algorithm, isExtractable, usages) {
  const family = FAMILIES[algorithm.name];
  family.check(algorithm);
  const keyObject = readers[format]?.(data, algorithm, isExtractable, usages, family);
  if (keyObject === undefined) {
    throw failed('NotSupportedError', `Unable to import ${algorithm.name} using ${format} format`);
  }
  if (keyObject.asymmetricKeyType !== family.kind(algorithm)) throw failed('DataError', 'Invalid key type');
  family.fitting?.(algorithm, keyObject);
  return { keyObject, algorithm: family.shown(algorithm, keyObject) };
}

const invalidKey = () => {
  // eslint-disable-next-line no-restricted-syntax
  return new Error('Invalid key data');
};

const readers = {
  __proto__: null,
  spki(data, { name }, isExtractable, usages) {
    checkUsages(name, 'public', usages);
    return attempt(() => createPublicKey({ key: data, format: 'der', type: 'spki' }));
  },
  pkcs8(data, { name }, isExtractable, usages) {
    checkUsages(name, 'private', usages);
    requirePrivateUsages(usages);
    return attempt(() => createPrivateKey({ key: data, format: 'der', type: 'pkcs8' }));
  },
  jwk(data, algorithm, isExtractable, usages, family) {
    checkJwk(data, family.kty, algorithm, isExtractable, usages);
    const isPrivate = data.d !== undefined;
    checkUsages(algorithm.name, isPrivate ? 'private' : 'public', usages);
    if (isPrivate) requirePrivateUsages(usages);
    family.checkJwk?.(algorithm, data);
    checkJwkAlgorithm(data, algorithm);
    return attempt(() => (isPrivate ? createPrivateKey : createPublicKey)({ key: data, format: 'jwk' }));
  },
  raw(data, algorithm, isExtractable, usages, family) {
    if (family.raw === undefined) return undefined;
    checkUsages(algorithm.name, 'public', usages);
    try {
      return new PublicKeyObject(family.raw(algorithm, data));
    } catch {
      throw invalidData(invalidKey());
    }
  },
};
readers['raw-public'] = readers.raw;

function requirePrivateUsages(usages) {
  if (usages.length === 0) throw failed('SyntaxError', 'Usages cannot be empty when importing a private key.');
}

async function generatePair(algorithm, isExtractable, usages) {
  const { name } = algorithm;
  const family = FAMILIES[name];
  const allowed = USAGES[name];
  const kinds = usages.filter((usage) => allowed.public.includes(usage) || allowed.private.includes(usage));
  if (kinds.length < usages.length) throw failed('SyntaxError', `Unsupported key usage for ${name} key`);
  family.check(algorithm);
  const secret = usages.filter((usage) => allowed.private.includes(usage));
  if (secret.length === 0) throw failed('SyntaxError', 'Usages cannot be empty when creating a key.');
  const words = [family.kind(algorithm), family.options(algorithm)];
  const handle = await promised('generate', words, (made) => new Handle(made))
    .catch(() => { throw operationFailed(); });
  const publicKey = publicObject(handle);
  const shown = family.shown(algorithm, publicKey);
  return {
    publicKey: makeCryptoKey(publicKey, { ...shown }, usages.filter((usage) => allowed.public.includes(usage)), true),
    privateKey: makeCryptoKey(new PrivateKeyObject(handle), shown, secret, isExtractable),
  };
}

// Together

function generateKey(algorithm, isExtractable, usages) {
  return (algorithm.name in FAMILIES ? generatePair : generateSecret)(algorithm, isExtractable, usages);
}

function importKey(format, data, algorithm, isExtractable, usages) {
  const { name } = algorithm;
  const read = name in FAMILIES ? readHalf : name === 'HKDF' || name === 'PBKDF2' ? readBase : readSecret;
  const made = read(format, data, algorithm, isExtractable, usages);
  return makeCryptoKey(made.keyObject, made.algorithm, usages, isExtractable);
}

function exportKey(format, key) {
  const keyObject = keyObjectOf(key);
  const { algorithm } = slotsOf(key);
  if (!USAGES[algorithm.name] || algorithm.name === 'HKDF' || algorithm.name === 'PBKDF2') {
    throw failed('NotSupportedError', `${algorithm.name} key export is not supported`);
  }
  if (!key.extractable) throw failed('InvalidAccessError', 'key is not extractable');
  const written = format === 'jwk' ? writtenJwk(slotsOf(key), keyObject) : writers[format]?.(keyObject, algorithm);
  if (written !== undefined) return written;
  throw failed('NotSupportedError', `Unable to export ${algorithm.name} ${key.type} key using ${format} format`);
}

function writtenJwk({ usages, extractable, algorithm }, keyObject) {
  const alg = jwkAlgorithm(algorithm);
  return {
    key_ops: usages, ext: extractable, ...(alg === undefined ? {} : { alg }), ...keyObject.export({ format: 'jwk' }),
  };
}

const bufferOf = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

const writers = {
  __proto__: null,
  spki: (key) => (key.type === 'public' ? bufferOf(key.export({ format: 'der', type: 'spki' })) : undefined),
  pkcs8: (key) => (key.type === 'private' ? bufferOf(key.export({ format: 'der', type: 'pkcs8' })) : undefined),
  raw(key, { name }) {
    if (key.type === 'secret') return bufferOf(key.export());
    const write = FAMILIES[name].written;
    return key.type === 'public' && write !== undefined ? write(handleOf(key)) : undefined;
  },
};
writers['raw-public'] = (key, algorithm) => (key.type === 'public' ? writers.raw(key, algorithm) : undefined);
writers['raw-secret'] = (key) => (key.type === 'secret' ? bufferOf(key.export()) : undefined);

/** The CryptoKey that a KeyObject is under an algorithm (`KeyObject.prototype.toCryptoKey`). */
function fromKeyObject(keyObject, algorithm, isExtractable, usages) {
  if (keyObject.type === 'secret') return importKey('raw', keyObject.export(), algorithm, isExtractable, usages);
  const format = keyObject.type === 'public' ? 'spki' : 'pkcs8';
  return importKey(format, keyObject.export({ format: 'der', type: format }), algorithm, isExtractable, usages);
}

module.exports = { USAGES, exportKey, fromKeyObject, generateKey, importKey, keyLength, operationFailed };
