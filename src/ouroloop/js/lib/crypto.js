'use strict';

// crypto: hashes, HMAC, random values and keys from passwords; the rest is in `internal/crypto`, by Node's names of its
// parts.
//
// Theory of operation. The work is OpenSSL's, through Python's hashlib. A hash's state lives in Python under a number
// until its digest is taken; but as long as there is little to hash, it is kept here, and hashed in one call when the
// digest is asked for (`internal/crypto/calls`). What takes long (pbkdf2, scrypt, random bytes with a callback) runs on
// the thread pool.

const { Buffer } = require('buffer');
const { LazyTransform, callable } = require('internal/streams/lazy_transform');
const {
  codes: {
    ERR_CRYPTO_HASH_FINALIZED, ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH, ERR_INVALID_ARG_TYPE,
    ERR_OUT_OF_RANGE, ERR_CRYPTO_INVALID_SCRYPT_PARAMS, ERR_INCOMPATIBLE_OPTION_PAIR, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInt32, validateInteger, validateNumber, validateObject, validateString,
  validateUint32,
} = require('internal/validators');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { deprecate, pendingDeprecate } = require('internal/util');
const hooks = require('internal/async_hooks');
const { start } = require('internal/requests');
const { canDigest, digest: digestAtOnce, fillRandom } = require('internal/crypto/calls');
const { notThere } = require('internal/not_there');
const { X509Certificate } = require('internal/crypto/x509');
const {
  KeyObject, createPrivateKey, createPublicKey, createSecretKey, knowKeys, prepareSecret,
} = require('internal/crypto/keys');

const binding = internalBinding('crypto');
const MAX_INT = 2 ** 31 - 1;

/** The bytes of a key, salt or password. */
function bytesOf(value, name, encoding) {
  if (typeof value === 'string') return Buffer.from(value, encoding === 'buffer' ? 'utf8' : encoding);
  if (isArrayBufferView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (isAnyArrayBuffer(value)) return Buffer.from(value);
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
}

function unknownDigest() {
  return new Error('Digest method not supported');
}

// Hash and Hmac

const kNumber = Symbol('number');
const kAlgorithm = Symbol('algorithm');
const kFinished = Symbol('finished');
const kLength = Symbol('outputLength');
const kResult = Symbol('result');

const kKept = Symbol('kept');
const MOST_KEPT = 16 * 1024; // bytes: less is hashed in one call, at the end
const NOT_BEGUN = 0; // instead of a number: all that was given is in kKept
const NOTHING = new Uint8Array(0);
const UTF8_NAMES = new Set(['utf8', 'utf-8', 'buffer']); // 'buffer' says nothing of a text: that is UTF-8

class HashBase extends LazyTransform {
  _transform(chunk, encoding, callback) {
    this._add(chunk);
    callback();
  }

  _flush(callback) {
    this[kResult] = this.digest();
    this.push(this[kResult]);
    callback();
  }

  update(data, encoding) {
    if (this[kFinished]) throw new ERR_CRYPTO_HASH_FINALIZED();
    if (typeof data === 'string') {
      if ((encoding === undefined || UTF8_NAMES.has(encoding)) && data.isWellFormed()) {
        if (this[kNumber] === NOT_BEGUN) this._add(Buffer.from(data), true);
        else binding.updateText(this[kNumber], data);
      } else {
        this._add(Buffer.from(data, encoding === 'buffer' ? 'utf8' : encoding), true);
      }
    } else if (isArrayBufferView(data)) {
      this._add(data);
    } else {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
    }
    return this;
  }

  /** More to hash; bytes that are not this hash's own are copied if they are kept. */
  _add(bytes, isOwn = false) {
    if (this[kNumber] === NOT_BEGUN) {
      const kept = this[kKept];
      if (kept.byteLength + bytes.byteLength <= MOST_KEPT) {
        this[kKept] = kept === NOTHING && isOwn ? bytes : joined(kept, bytes);
        return;
      }
      this._begin();
    }
    binding.update(this[kNumber], bytes);
  }

  /** Python takes over. */
  _begin() {
    this[kNumber] = binding.createHash(this[kAlgorithm]);
    if (this[kKept].byteLength > 0) binding.update(this[kNumber], this[kKept]);
    this[kKept] = undefined;
  }

  _take(encoding) {
    this[kFinished] = true;
    if (this[kNumber] === NOT_BEGUN) {
      const made = digestAtOnce(this[kAlgorithm], this[kKept]);
      if (made !== undefined) return inEncoding(made, encoding);
      this._begin();
    }
    return inEncoding(finish(this[kNumber], this[kLength]), encoding);
  }
}

/** The digest of a state that Python has. */
function finish(number, length) {
  const bytes = binding.digest(number, length ?? null);
  if (typeof bytes !== 'number') return Buffer.from(bytes);
  const error = new Error('Unsupported state or unable to finalize hash');
  error.code = 'ERR_CRYPTO_HASH_FINALIZE';
  throw error;
}

function inEncoding(digest, encoding) {
  return encoding && encoding !== 'buffer' ? digest.toString(encoding) : digest;
}

function joined(first, second) {
  const whole = Buffer.allocUnsafe(first.byteLength + second.byteLength);
  whole.set(first);
  whole.set(new Uint8Array(second.buffer, second.byteOffset, second.byteLength), first.byteLength);
  return whole;
}

class HashClass extends HashBase {
  constructor(algorithm, options) {
    const isCopy = algorithm instanceof HashClass;
    if (!isCopy) validateString(algorithm, 'algorithm');
    const length = typeof options === 'object' && options !== null ? options.outputLength : undefined;
    if (length !== undefined) validateUint32(length, 'options.outputLength');
    super(options);
    if (isCopy) this._copyFrom(algorithm);
    else this._create(algorithm, length);
    this[kFinished] = false;
    this[kLength] = length ?? (isCopy ? algorithm[kLength] : undefined);
  }

  _create(algorithm, length) {
    this[kAlgorithm] = algorithm;
    if (length === undefined && canDigest(algorithm)) {
      this[kNumber] = NOT_BEGUN;
      this[kKept] = NOTHING;
      return;
    }
    const number = binding.createHash(algorithm);
    if (number < 0) throw unknownDigest();
    this[kNumber] = number;
  }

  _copyFrom(other) {
    this[kAlgorithm] = other[kAlgorithm];
    this[kNumber] = other[kNumber] === NOT_BEGUN ? NOT_BEGUN : binding.copy(other[kNumber]);
    this[kKept] = other[kKept]; // never changed, only replaced
  }

  copy(options) {
    if (this[kFinished]) throw new ERR_CRYPTO_HASH_FINALIZED();
    return new Hash(this, options);
  }

  digest(encoding) {
    if (this[kResult] !== undefined) return inEncoding(this[kResult], encoding); // its stream has ended
    if (this[kFinished]) throw new ERR_CRYPTO_HASH_FINALIZED();
    return this._take(encoding);
  }
}

class HmacClass extends HashBase {
  constructor(algorithm, key, options) {
    validateString(algorithm, 'hmac');
    const secret = prepareSecret(key, 'key', options?.encoding);
    super(options);
    const number = binding.createHmac(algorithm, secret);
    if (number < 0) throw new ERR_CRYPTO_INVALID_DIGEST(algorithm);
    this[kNumber] = number;
    this[kFinished] = false;
  }

  digest(encoding) {
    if (!this[kFinished]) return this._take(encoding);
    return encoding && encoding !== 'buffer' ? '' : Buffer.from('');
  }
}

const Hash = callable(HashClass, 'Hash');
const Hmac = callable(HmacClass, 'Hmac');

function createHash(algorithm, options) {
  return new Hash(algorithm, options);
}

function createHmac(hmac, key, options) {
  return new Hmac(hmac, key, options);
}

/** The digest of some data, in one call. */
function hash(algorithm, input, options = 'hex') {
  validateString(algorithm, 'algorithm');
  if (typeof input !== 'string' && !isArrayBufferView(input)) {
    throw new ERR_INVALID_ARG_TYPE('input', ['Buffer', 'TypedArray', 'DataView', 'string'], input);
  }
  if (typeof options !== 'string') validateObject(options, 'options');
  const { outputEncoding = 'hex', outputLength } = typeof options === 'string' ? { outputEncoding: options } : options;
  if (outputEncoding !== 'buffer') {
    validateString(outputEncoding, 'outputEncoding');
    if (!Buffer.isEncoding(outputEncoding)) throw new ERR_INVALID_ARG_VALUE('outputEncoding', outputEncoding);
  }
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const made = outputLength === undefined && canDigest(algorithm) ? digestAtOnce(algorithm, bytes) : undefined;
  if (made !== undefined) return inEncoding(made, outputEncoding);
  const number = binding.createHash(algorithm);
  if (number < 0) throw new Error(`Digest method ${algorithm} is not supported`);
  binding.update(number, bytes);
  const digest = binding.digest(number, outputLength ?? null);
  if (typeof digest !== 'number') return inEncoding(Buffer.from(digest), outputEncoding);
  throw new Error(`Output length ${outputLength} is invalid for ${algorithm}, which does not support XOF`);
}

// Random

const addressOf = (view, offset) => internalBinding('memory').address(view.buffer) + view.byteOffset + offset;

function checkSize(size, name = 'size') {
  validateNumber(size, name);
  if (!(size >= 0 && size <= MAX_INT)) throw new ERR_OUT_OF_RANGE(name, `>= 0 && <= ${MAX_INT}`, size);
  return size >>> 0;
}

function randomBytes(size, callback) {
  size = checkSize(size);
  if (callback !== undefined) validateFunction(callback, 'callback');
  const bytes = Buffer.from(new ArrayBuffer(size));
  if (callback === undefined) {
    fillRandom(bytes);
    return bytes;
  }
  binding.fillRandomAsync(startRandom(callback, bytes), addressOf(bytes, 0), size);
  return undefined;
}

/** A request of random bytes: `callback` gets what they are put into. */
function startRandom(callback, filled) {
  return start(() => {
    hooks.recorder?.called(callback);
    callback(null, filled);
  }, 'RANDOMBYTESREQUEST');
}

function viewOf(buffer) {
  if (isAnyArrayBuffer(buffer)) return new Uint8Array(buffer);
  if (isArrayBufferView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  throw new ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], buffer);
}

function fillRange(buffer, view, offset = 0, size = undefined) {
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  validateNumber(offset, 'offset');
  offset *= unit;
  if (!(offset >= 0 && offset <= view.length)) {
    throw new ERR_OUT_OF_RANGE('offset', `>= 0 && <= ${view.length}`, offset);
  }
  if (size === undefined) return { offset, size: view.length - offset };
  validateNumber(size, 'size');
  size = checkSize(size * unit);
  if (size + offset > view.length) throw new ERR_OUT_OF_RANGE('size + offset', `<= ${view.length}`, size + offset);
  return { offset, size };
}

function randomFillSync(buffer, offset, size) {
  const view = viewOf(buffer);
  const range = fillRange(buffer, view, offset, size);
  fillRandom(view.subarray(range.offset, range.offset + range.size));
  return buffer;
}

function randomFill(buffer, offset, size, callback) {
  const view = viewOf(buffer);
  if (typeof offset === 'function') [callback, offset, size] = [offset, 0, undefined];
  else if (typeof size === 'function') [callback, size] = [size, undefined];
  validateFunction(callback, 'callback');
  const range = fillRange(buffer, view, offset, size);
  binding.fillRandomAsync(startRandom(callback, buffer), addressOf(view, range.offset), range.size);
}

// Random bytes in stock, for what needs a few at a time: numbers and UUIDs, as in Node.
const STOCK = 4096;
let stock;
let stockUsed = STOCK;

/** So many random bytes (few), which nobody else gets. To be used before the next call. */
function takeRandom(count) {
  if (stockUsed + count > STOCK) {
    stock ??= Buffer.allocUnsafeSlow(STOCK);
    fillRandom(stock);
    stockUsed = 0;
  }
  taken.set(stock.subarray(stockUsed, stockUsed + count));
  stock.fill(0, stockUsed, stockUsed += count);
  return taken;
}

const taken = Buffer.alloc(16);

const RANGE = 2 ** 48 - 1;

function randomInt(min, max, callback) {
  const isFromZero = max === undefined || typeof max === 'function';
  if (isFromZero) [min, max, callback] = [0, min, max];
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (!Number.isSafeInteger(min)) throw new ERR_INVALID_ARG_TYPE('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw new ERR_INVALID_ARG_TYPE('max', 'a safe integer', max);
  if (max <= min) throw new ERR_OUT_OF_RANGE('max', `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (!(range <= RANGE)) throw new ERR_OUT_OF_RANGE(isFromZero ? 'max' : 'max - min', `<= ${RANGE}`, range);
  const limit = RANGE - (RANGE % range); // above it, small numbers would come more often
  let value;
  do value = takeRandom(6).readUIntBE(0, 6); while (value >= limit);
  const result = (value % range) + min;
  if (callback === undefined) {
    takeDraw();
    return result;
  }
  if (drawsLeft > 0) giveDraw(callback, result);
  else awaitDraws(callback, result);
  return undefined;
}

// In Node these numbers come from a store of 1024. Who calls back when it is empty waits for the pool to fill it.
const DRAWS = 1024;
let drawsLeft = 0;
let awaitingDraws = [];

function takeDraw() {
  if (drawsLeft === 0) drawsLeft = DRAWS;
  drawsLeft--;
}

function giveDraw(callback, result) {
  takeDraw();
  process.nextTick(callback, undefined, result);
}

function awaitDraws(callback, result) {
  awaitingDraws.push([callback, result]);
  if (awaitingDraws.length > 1) return;
  randomBytes(1, () => {
    drawsLeft = DRAWS;
    const all = awaitingDraws;
    awaitingDraws = [];
    for (const each of all) giveDraw(...each);
  });
}

function randomUUID(options) {
  if (options !== undefined) {
    validateObject(options, 'options');
    const { disableEntropyCache } = options;
    if (disableEntropyCache !== undefined) validateBoolean(disableEntropyCache, 'options.disableEntropyCache');
  }
  const bytes = options?.disableEntropyCache ? randomBytes(16) : takeRandom(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = bytes.toString('hex', 0, 16);
  const [start, rest] = [digits.slice(0, 16), digits.slice(16)];
  return `${start.slice(0, 8)}-${start.slice(8, 12)}-${start.slice(12)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

// Keys from passwords

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  password = bytesOf(password, 'password');
  salt = bytesOf(salt, 'salt');
  validateInt32(iterations, 'iterations', 1);
  validateInt32(keylen, 'keylen', 0);
  if (!knownDigests().has(digest.toLowerCase())) throw new ERR_CRYPTO_INVALID_DIGEST(digest);
  return [password, salt, iterations, keylen, digest];
}

let digests;

function knownDigests() {
  digests ??= new Set(getHashes().map((name) => name.toLowerCase()));
  return digests;
}

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') [callback, digest] = [digest, undefined];
  const args = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  binding.pbkdf2Async(start((errno, key) => {
    hooks.recorder?.called(callback);
    if (errno < 0) callback(new Error('Deriving bits failed'));
    else callback(null, Buffer.from(key));
  }, 'PBKDF2REQUEST'), ...args);
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  const key = binding.pbkdf2(...pbkdf2Arguments(password, salt, iterations, keylen, digest));
  if (typeof key === 'number') throw new Error('Deriving bits failed');
  return Buffer.from(key);
}

const MOST_SCRYPT_MEMORY = 32 * 1024 * 1024; // bytes, if a program does not say

/** Options and their longer names: either may be given. */
const SCRYPT_OPTIONS = [['N', 'cost', 16384], ['r', 'blockSize', 8], ['p', 'parallelization', 1]];

function scryptArguments(password, salt, keylen, options = {}) {
  password = bytesOf(password, 'password');
  salt = bytesOf(salt, 'salt');
  validateInt32(keylen, 'keylen', 0);
  const [cost, block, parallel] = SCRYPT_OPTIONS.map(([short, long, usual]) => {
    const [value, other] = [options?.[short], options?.[long]]; // each is looked at once
    if (value !== undefined) validateUint32(value, short);
    if (other === undefined) return value || usual;
    if (value !== undefined) throw new ERR_INCOMPATIBLE_OPTION_PAIR(short, long);
    validateUint32(other, long);
    return other || usual;
  });
  const { maxmem = 0 } = options ?? {};
  validateInteger(maxmem, 'maxmem', 0);
  const most = maxmem || MOST_SCRYPT_MEMORY;
  checkScrypt(cost, block, parallel, most);
  return [password, salt, keylen, cost, block, parallel, most];
}

/**
 * What OpenSSL refuses: a cost that is no power of two, numbers that are too large, and more memory than is allowed.
 */
function checkScrypt(cost, block, parallel, most) {
  if (cost < 2 || !Number.isInteger(Math.log2(cost))) throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS();
  const isTooLarge = parallel > (2 ** 30 - 1) / block || (16 * block <= 32 && cost >= 2 ** (16 * block));
  if (isTooLarge || 128 * block * (cost + 2 + parallel) > most) {
    throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS(
      'Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded');
  }
}

function scryptKey(bytes) {
  if (typeof bytes === 'number') throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS();
  return Buffer.from(bytes);
}

function scrypt(password, salt, keylen, options, callback) {
  if (typeof options === 'function') [callback, options] = [options, undefined];
  const args = scryptArguments(password, salt, keylen, options);
  validateFunction(callback, 'callback');
  binding.scryptAsync(start((errno, key) => {
    hooks.recorder?.called(callback);
    if (errno < 0) callback(new ERR_CRYPTO_INVALID_SCRYPT_PARAMS());
    else callback(null, scryptKey(key));
  }, 'SCRYPTREQUEST'), ...args);
}

function scryptSync(password, salt, keylen, options) {
  return scryptKey(binding.scrypt(...scryptArguments(password, salt, keylen, options)));
}

// The rest

function timingSafeEqual(a, b) {
  const check = (value, name) => {
    if (isAnyArrayBuffer(value) || isArrayBufferView(value)) return viewOf(value);
    throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
  };
  const first = check(a, 'buf1');
  const second = check(b, 'buf2');
  if (first.length !== second.length) throw new ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH();
  let difference = 0;
  for (let i = 0; i < first.length; i++) difference |= first[i] ^ second[i];
  return difference === 0;
}

function getHashes() {
  return binding.hashes();
}

function missing(name) {
  return { [name]: () => { throw notThere(`crypto.${name}`); } }[name];
}

function secureHeapUsed() {
  return { total: 0, used: 0, utilization: NaN, min: 2 }; // there is none
}

function setFips(value) {
  if (value) throw notThere('crypto.setFips()');
}

knowKeys();

module.exports = {
  ...require('internal/crypto/keygen'),
  ...require('internal/crypto/cipher'),
  ...require('internal/crypto/sig'),
  ...require('internal/crypto/diffiehellman'),
  ...require('internal/crypto/hkdf'),
  ...require('internal/crypto/prime'),
  get webcrypto() {
    return require('internal/webcrypto').crypto;
  },
  get subtle() {
    return require('internal/webcrypto').crypto.subtle;
  },
  getRandomValues: (array) => require('internal/webcrypto').crypto.getRandomValues(array),
  Hash: deprecate(Hash, 'crypto.Hash constructor is deprecated.', 'DEP0179'),
  Hmac: deprecate(Hmac, 'crypto.Hmac constructor is deprecated.', 'DEP0181'),
  KeyObject, X509Certificate, createHash, createHmac, createPrivateKey, createPublicKey, createSecretKey, getHashes,
  hash, pbkdf2, pbkdf2Sync, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, scrypt, scryptSync,
  secureHeapUsed, setFips, timingSafeEqual, constants: internalBinding('constants').crypto, getFips: () => 0,
  ...Object.fromEntries(
    ['argon2', 'argon2Sync', 'decapsulate', 'encapsulate', 'setEngine', 'Certificate']
      .map((name) => [name, missing(name)])),
};

for (const name of ['prng', 'pseudoRandomBytes', 'rng']) {
  Object.defineProperty(module.exports, name, {
    __proto__: null, configurable: true, enumerable: false, writable: true,
    value: pendingDeprecate(randomBytes, `crypto.${name} is deprecated.`, 'DEP0115'),
  });
}
