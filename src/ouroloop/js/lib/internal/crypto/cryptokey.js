'use strict';

// CryptoKey: what Web Crypto calls a key. It is a KeyObject and what may be done with it.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { CLONEABLE, kClone, kDeserialize, kTransferMode } = require('internal/worker/js_transferable');
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

  get [kTransferMode]() {
    return CLONEABLE;
  }

  [kClone]() {
    return { type: 'internal/crypto/cryptokey:CryptoKey', data: of(this) };
  }

  static [kDeserialize]({ keyObject, algorithm, usages, extractable }) {
    return makeCryptoKey(keyObject, algorithm, usages, extractable);
  }

  get type() {
    return of(this).keyObject.type;
  }

  get extractable() {
    return of(this).extractable;
  }

  // What a program does to these is nothing to the key.
  get algorithm() {
    const slots = of(this);
    return slots.shownAlgorithm ??= copyOf(slots.algorithm);
  }

  get usages() {
    const slots = of(this);
    return slots.shownUsages ??= [...slots.usages];
  }

  [customInspectSymbol](depth, options) {
    if (depth < 0) return this;
    const { inspect } = require('internal/util/inspect');
    const { keyObject: { type }, extractable, algorithm, usages } = of(this);
    const deeper = { ...options, depth: options.depth === null ? null : options.depth - 1 };
    return `CryptoKey ${inspect({ type, extractable, algorithm, usages }, deeper)}`;
  }
}

function copyOf({ publicExponent, hash, ...rest }) {
  return {
    ...rest,
    ...(publicExponent && { publicExponent: new Uint8Array(publicExponent) }),
    ...(hash && { hash: { ...hash } }),
  };
}

/** What a CryptoKey really is. */
function of(key) {
  if (!isCryptoKey(key)) throw new ERR_INVALID_THIS('CryptoKey');
  return facts(key);
}

const makeCryptoKey = CryptoKey.make;
delete CryptoKey.make;

for (const name of ['type', 'extractable', 'algorithm', 'usages']) {
  Object.defineProperty(CryptoKey.prototype, name, kEnumerableProperty);
}
Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag,
  { __proto__: null, value: 'CryptoKey', configurable: true });

module.exports = { CryptoKey, isCryptoKey, makeCryptoKey, keyObjectOf: (key) => of(key).keyObject, slotsOf: of };
