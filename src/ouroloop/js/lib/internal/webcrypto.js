'use strict';

// The global `crypto`: random values and digests. Keys are not in this version.

const { createHash, randomFillSync, randomUUID } = require('crypto');
const { notThere } = require('internal/not_there');

function bytesOf(data) {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

class SubtleCrypto {
  async digest(algorithm, data) {
    const name = typeof algorithm === 'string' ? algorithm : algorithm?.name;
    const known = { '__proto__': null, 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }[`${name}`.toUpperCase()];
    const { DOMException } = require('internal/dom_exception');
    if (known === undefined) throw new DOMException('Unrecognized algorithm name', 'NotSupportedError');
    const digest = createHash(known).update(bytesOf(data)).digest();
    return digest.buffer.slice(digest.byteOffset, digest.byteOffset + digest.length);
  }
}

for (const name of ['encrypt', 'decrypt', 'sign', 'verify', 'generateKey', 'deriveKey', 'deriveBits', 'importKey', 'exportKey', 'wrapKey', 'unwrapKey']) {
  Object.defineProperty(SubtleCrypto.prototype, name, {
    __proto__: null, configurable: true, enumerable: true, writable: true, value: async () => { throw notThere(`crypto.subtle.${name}()`); },
  });
}

const MOST_RANDOM_VALUES = 65536; // bytes in one call

class Crypto {
  #subtle = new SubtleCrypto();

  get subtle() {
    return this.#subtle;
  }

  getRandomValues(array) {
    const { DOMException } = require('internal/dom_exception');
    const { isTypedArray, isFloat32Array, isFloat64Array } = require('internal/util/types');
    if (!isTypedArray(array) || isFloat32Array(array) || isFloat64Array(array)) {
      throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    }
    if (array.byteLength > MOST_RANDOM_VALUES) {
      throw new DOMException(
        `The requested length exceeds ${MOST_RANDOM_VALUES.toLocaleString('en-US')} bytes`, 'QuotaExceededError');
    }
    return randomFillSync(array, 0);
  }

  randomUUID(options) {
    return randomUUID(options);
  }
}
Object.defineProperty(Crypto.prototype, Symbol.toStringTag, { __proto__: null, value: 'Crypto', configurable: true });

module.exports = { crypto: new Crypto(), Crypto, SubtleCrypto };
