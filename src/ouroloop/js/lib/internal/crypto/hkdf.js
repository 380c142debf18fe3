'use strict';

// HKDF (RFC 5869): keys from a key.

const {
  codes: { ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_INVALID_KEYLEN, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateFunction, validateInteger, validateString } = require('internal/validators');
const { answer, bytesOf, evp, later } = require('internal/crypto/util');
const { asKeyObject, handleOf } = require('internal/crypto/keys');

const hashes = internalBinding('crypto');
const LONGEST_INFO = 1024; // bytes
const MOST_BLOCKS = 255;
const EXPECTED = ['string', 'ArrayBuffer', 'TypedArray', 'DataView', 'Buffer'];

function secretOf(key) {
  const object = asKeyObject(key);
  const expected = ['string', 'SecretKeyObject', ...EXPECTED.slice(1)];
  if (object === undefined) return bytesOf(key, 'ikm', 'utf8', expected);
  if (object.type !== 'secret') throw new ERR_INVALID_ARG_TYPE('ikm', expected, key);
  return handleOf(object);
}

const sizes = new Map(); // name of a hash -> bytes

function sizeOf(name) {
  const size = sizes.get(name);
  if (size !== undefined) return size;
  const number = hashes.createHash(name);
  if (number < 0) throw new ERR_CRYPTO_INVALID_DIGEST(name);
  sizes.set(name, hashes.digest(number, null).byteLength);
  return sizes.get(name);
}

function prepare(digest, ikm, salt, info, length) {
  validateString(digest, 'digest');
  const secret = secretOf(ikm);
  const saltBytes = bytesOf(salt, 'salt', 'utf8', EXPECTED);
  const infoBytes = bytesOf(info, 'info', 'utf8', EXPECTED);
  validateInteger(length, 'length', 0, 2 ** 53 - 1);
  if (infoBytes.byteLength > LONGEST_INFO) {
    throw new ERR_OUT_OF_RANGE('info', `must not contain more than ${LONGEST_INFO} bytes`, infoBytes.byteLength);
  }
  if (length > MOST_BLOCKS * sizeOf(digest)) throw new ERR_CRYPTO_INVALID_KEYLEN();
  return [digest, secret, saltBytes, infoBytes, length];
}

function hkdf(digest, ikm, salt, info, length, callback) {
  const args = prepare(digest, ikm, salt, info, length);
  validateFunction(callback, 'callback');
  later('hkdf', args, (made) => made, callback);
}

function hkdfSync(digest, ikm, salt, info, length) {
  return answer(evp().hkdf(...prepare(digest, ikm, salt, info, length)));
}

module.exports = { hkdf, hkdfSync };
