'use strict';

// CryptoKey: what Web Crypto calls a key. It is a KeyObject and what may be done with it.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');

let isMaking = false;
let facts; // of a CryptoKey
let isCryptoKey;

class CryptoKey {
  #facts;

  static {
    facts = (key) => key.#facts;
    isCryptoKey = (value) => typeof value === 'object' && value !== null && #facts in value;
  }

  constructor() {
    if (!isMaking) throw new ERR_ILLEGAL_CONSTRUCTOR();
    isMaking = false;
  }

  static make(keyObject, algorithm, usages, extractable) {
    isMaking = true;
    const key = new CryptoKey();
    key.#facts = { keyObject, algorithm, usages, extractable };
    return key;
  }

  get type() {
    return of(this).keyObject.type;
  }

  get extractable() {
    return of(this).extractable;
  }

  get algorithm() {
    return of(this).algorithm;
  }

  get usages() {
    return of(this).usages;
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const { type, extractable, algorithm, usages } = this;
    const deeper = { ...options, depth: options.depth === null ? null : options.depth - 1 };
    return `CryptoKey ${inspect({ type, extractable, algorithm, usages }, deeper)}`;
  }
}

function of(key) {
  if (!isCryptoKey(key)) throw new ERR_INVALID_THIS('CryptoKey');
  return facts(key);
}

const makeCryptoKey = CryptoKey.make;
delete CryptoKey.make;

for (const name of ['type', 'extractable', 'algorithm', 'usages']) {
  Object.defineProperty(CryptoKey.prototype, name, kEnumerableProperty);
}
Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { __proto__: null, value: 'CryptoKey', configurable: true });

module.exports = { CryptoKey, isCryptoKey, makeCryptoKey, keyObjectOf: (key) => of(key).keyObject };
