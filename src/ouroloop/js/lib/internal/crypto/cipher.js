'use strict';

// Ciphers: Cipheriv and Decipheriv for a message, publicEncrypt and its kin for a few bytes.
//
// Theory of operation. Both classes are one, which knows a cipher of Python's by number (`node/evp/cipher.py`). Text
// that comes out goes through one decoder, so that its encoding cannot be changed on the way.

const { Buffer } = require('buffer');
const { StringDecoder } = require('string_decoder');
const {
  codes: {
    ERR_CRYPTO_INVALID_STATE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateInt32, validateObject, validateString, validateUint32 } = require('internal/validators');
const { normalizeEncoding, warnOnce } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { LazyTransform, callable } = require('internal/streams/lazy_transform');
const { answer, bytesOf, evp, freeWith, refusal, showMethod } = require('internal/crypto/util');
const { asKeyObject, preparePrivate, preparePublic, prepareSecret } = require('internal/crypto/keys');

const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = internalBinding('constants').crypto;

const MOST_AT_ONCE = 2 ** 31 - 1; // bytes, exclusively: OpenSSL counts with an int

// Ciphers

function lengthOption(options, name) {
  const value = options?.[name];
  if (value == null) return undefined;
  if (value !== value >> 0 || value < 0) throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
  return value;
}

class CipherBase extends LazyTransform {
  #number;
  #decoder;
  #isFinished = false;

  constructor(isEncrypting, cipher, key, iv, options) {
    validateString(cipher, 'cipher');
    const secret = prepareSecret(key, 'key', options?.encoding ?? 'utf8');
    const vector = iv === null ? null : bytesOf(iv, 'iv', 'utf8');
    const tagLength = lengthOption(options, 'authTagLength');
    super(options);
    this.#number = answer(evp().cipher(cipher, isEncrypting, secret, vector, tagLength ?? null));
    freeWith(this, this.#number);
  }

  _transform(chunk, encoding, callback) {
    this.push(this.update(chunk, encoding));
    callback();
  }

  _flush(callback) {
    try {
      this.push(this.final());
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  update(data, inputEncoding, outputEncoding) {
    if (typeof data !== 'string' && !isArrayBufferView(data)) {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
    }
    const bytes = bytesOf(data, 'data', inputEncoding);
    const made = bytes.byteLength < MOST_AT_ONCE ? answer(evp().update(this.#number, bytes)) : null;
    // eslint-disable-next-line no-restricted-syntax
    if (made === null) throw new Error('Trying to add data in unsupported state');
    return this.#given(made, outputEncoding, false);
  }

  final(outputEncoding) {
    if (this.#isFinished) throw refusal(['Invalid state', 'ERR_CRYPTO_INVALID_STATE', '', '', []]);
    this.#isFinished = true;
    return this.#given(answer(evp().final(this.#number)), outputEncoding, true);
  }

  #given(bytes, encoding, isLast) {
    if (!encoding || encoding === 'buffer') return Buffer.from(bytes);
    if (this.#decoder === undefined) {
      this.#decoder = new StringDecoder(encoding);
    } else if (normalizeEncoding(encoding) !== this.#decoder.encoding) {
      throw new ERR_INVALID_ARG_VALUE('outputEncoding', encoding, `cannot be changed from '${this.#decoder.encoding}'`);
    }
    const text = this.#decoder.write(Buffer.from(bytes));
    return isLast ? text + this.#decoder.end() : text;
  }

  setAutoPadding(autoPadding) {
    if (!evp().setPadding(this.#number, autoPadding === undefined || Boolean(autoPadding))) {
      throw new ERR_CRYPTO_INVALID_STATE('setAutoPadding');
    }
    return this;
  }

  setAAD(aadbuf, options) {
    const bytes = bytesOf(aadbuf, 'aadbuf', options?.encoding ?? 'utf8');
    const length = lengthOption(options, 'plaintextLength');
    if (!answer(evp().setAad(this.#number, bytes, length ?? null))) throw new ERR_CRYPTO_INVALID_STATE('setAAD');
    return this;
  }

  static tagOf(cipher) {
    const tag = evp().getTag(cipher.#number);
    if (tag === null) throw new ERR_CRYPTO_INVALID_STATE('getAuthTag');
    return Buffer.from(tag);
  }

  static setTag(cipher, tag) {
    const taken = answer(evp().setTag(cipher.#number, tag));
    if (taken === 0) throw new ERR_CRYPTO_INVALID_STATE('setAuthTag');
    if (taken === 2) warnOfShortTag();
  }
}

const { tagOf, setTag } = CipherBase;

function warnOfShortTag() {
  warnOnce('DEP0182',
    'Using AES-GCM authentication tags of less than 128 bits without specifying the authTagLength option when ' +
    'initializing decryption is deprecated.', 'DeprecationWarning', 'DEP0182');
}

/** A class of its own, with what both have and what only it has. */
function cipherClass(name, isEncrypting, methods) {
  class Made extends CipherBase {
    constructor(cipher, key, iv, options) {
      super(isEncrypting, cipher, key, iv, options);
    }
  }
  const { prototype } = Made;
  for (const method of ['_transform', '_flush', 'update', 'final', 'setAutoPadding']) {
    showMethod(prototype, method, CipherBase.prototype[method]);
  }
  for (const method of Object.keys(methods)) showMethod(prototype, method, methods[method]);
  showMethod(prototype, 'setAAD', CipherBase.prototype.setAAD);
  Object.setPrototypeOf(prototype, LazyTransform.prototype);
  const made = callable(Made, name);
  Object.defineProperty(made, 'length', { value: 4, configurable: true });
  return made;
}

const Cipheriv = cipherClass('Cipheriv', true, {
  getAuthTag() {
    return tagOf(this);
  },
});

const Decipheriv = cipherClass('Decipheriv', false, {
  setAuthTag(tagbuf, encoding) {
    setTag(this, bytesOf(tagbuf, 'buffer', encoding));
    return this;
  },
});

function createCipheriv(cipher, key, iv, options) {
  return new Cipheriv(cipher, key, iv, options);
}

function createDecipheriv(cipher, key, iv, options) {
  return new Decipheriv(cipher, key, iv, options);
}

// What is known of ciphers

function getCiphers() {
  return evp().ciphers().names;
}

function getCipherInfo(nameOrNid, options) {
  if (typeof nameOrNid !== 'string' && typeof nameOrNid !== 'number') {
    throw new ERR_INVALID_ARG_TYPE('nameOrNid', ['string', 'number'], nameOrNid);
  }
  if (typeof nameOrNid === 'number') validateInt32(nameOrNid, 'nameOrNid');
  if (options !== undefined) validateObject(options, 'options');
  const { keyLength, ivLength } = options ?? {};
  if (keyLength !== undefined) validateUint32(keyLength, 'options.keyLength');
  if (ivLength !== undefined) validateUint32(ivLength, 'options.ivLength');
  const known = evp().cipherInfo(nameOrNid, keyLength ?? null, ivLength ?? null);
  return known === null ? undefined : shownInfo(known);
}

/** Without what the cipher does not have. */
function shownInfo({ mode, name, nid, block_size: blockSize, iv_length: ivLength, key_length: keyLength }) {
  return {
    mode, name, nid, ...(mode === 'stream' ? {} : { blockSize }), ...(ivLength === 0 ? {} : { ivLength }), keyLength,
  };
}

// Encryption by keys of two halves

function keyOptions(key) {
  if (typeof key !== 'object' || key === null || isArrayBufferView(key)) return {};
  return asKeyObject(key) === undefined ? key : {};
}

function transformer(step, prepare, defaultPadding) {
  return {
    [step](key, buffer) {
      const { padding = defaultPadding, encoding, oaepHash, oaepLabel } = keyOptions(key);
      if (oaepHash !== undefined) validateString(oaepHash, 'key.oaepHash');
      const label = oaepLabel === undefined ? null : bytesOf(oaepLabel, 'key.oaepLabel', encoding);
      const bytes = bytesOf(buffer, 'buffer', encoding);
      const isKnown = oaepHash === undefined || require('crypto').getHashes().includes(oaepHash.toLowerCase());
      if (!isKnown) throw invalidHash();
      const handle = prepare(key, step === 'publicEncrypt' || step === 'publicDecrypt' ? 'key' : 'privateKey');
      return Buffer.from(answer(evp().transform(step, handle.number, bytes, padding, oaepHash ?? null, label)));
    },
  }[step];
}

function invalidHash() {
  // eslint-disable-next-line no-restricted-syntax
  const error = new Error('Invalid digest used');
  error.code = 'ERR_OSSL_EVP_INVALID_DIGEST';
  return error;
}

module.exports = {
  Cipheriv, Decipheriv, createCipheriv, createDecipheriv, getCipherInfo, getCiphers,
  publicEncrypt: transformer('publicEncrypt', preparePublic, RSA_PKCS1_OAEP_PADDING),
  publicDecrypt: transformer('publicDecrypt', preparePublic, RSA_PKCS1_PADDING),
  privateEncrypt: transformer('privateEncrypt', preparePrivate, RSA_PKCS1_PADDING),
  privateDecrypt: transformer('privateDecrypt', preparePrivate, RSA_PKCS1_OAEP_PADDING),
};
