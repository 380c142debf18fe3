'use strict';
// Deep equality, in the three kinds that `assert` and `util` offer.
//
// strict: same type, same class, same own enumerable properties (symbols too), same content, `Object.is` for
// primitives. loose: `==` for primitives, neither classes nor symbols matter. partial: like strict without classes, and
// the second value may leave out properties, entries and elements (what it has must come in the same order).
// What surprises: well-known constructors stand for prototypes, so `Object.create({})` strictly equals `{}`; errors
// compare by name, message, cause and errors even though those are not enumerable; promises and weak collections are
// equal only to themselves.

const types = require('internal/util/types');

const natives = internalBinding('util');

const kLoose = 0;
const kStrict = 1;
const kPartial = 2;

const hasOwn = Object.hasOwn;
const isEnumerable = (object, key) => Object.prototype.propertyIsEnumerable.call(object, key);
const tagOf = (value) => Object.prototype.toString.call(value);
const isObject = (value) => typeof value === 'object' && value !== null;
// The brand of a typed array, undefined for anything else.
const typedArrayBrand = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const brandOf = (view) => typedArrayBrand.call(view);

const wellKnownConstructors = new Set([
  Object, Function, Array, Number, Boolean, String, Symbol, BigInt, Date, Promise, RegExp, Error, ArrayBuffer, DataView,
  Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, BigUint64Array, BigInt64Array,
  Uint8ClampedArray, Float32Array, Float64Array, Map, Set, WeakMap, WeakSet,
]);
if (typeof Float16Array === 'function') wellKnownConstructors.add(Float16Array);

function haveSameClass(a, b) {
  const { constructor } = a;
  if (constructor === Object || wellKnownConstructors.has(constructor) ||
      (constructor !== undefined && !hasOwn(a, 'constructor'))) {
    return constructor === b.constructor;
  }
  return Object.getPrototypeOf(a) === Object.getPrototypeOf(b);
}

// Listing all keys of a long list only to drop its indices is dear; V8 can leave them out.
const kLongList = 64;
const kOnlyEnumerable = 2;
const isIndex = (key) => `${key >>> 0}` === key && key >>> 0 !== 2 ** 32 - 1;

/** The enumerable own keys that are no indices. */
function namedKeysOf(list) {
  if (list.length > kLongList && natives.getOwnNonIndexProperties !== undefined) {
    return natives.getOwnNonIndexProperties(list, kOnlyEnumerable).filter((key) => typeof key === 'string');
  }
  const keys = Object.keys(list);
  // Indices come first.
  let end = keys.length;
  while (end > 0 && !isIndex(keys[end - 1])) end--;
  return end === 0 ? keys : keys.slice(end);
}

function enumerableSymbolsOf(object) {
  const symbols = Object.getOwnPropertySymbols(object);
  return symbols.length === 0 ? symbols : symbols.filter((symbol) => isEnumerable(object, symbol));
}

function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

function areSameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

function areSameFloats(a, b, isStrict) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const isSame = isStrict ? Object.is(a[i], b[i]) : a[i] === b[i] || (a[i] !== a[i] && b[i] !== b[i]);
    if (!isSame) return false;
  }
  return true;
}

/** Whether `b` can be had from `a` by leaving elements out. */
function isSubsequence(a, b) {
  let at = 0;
  for (let i = 0; i < b.length; i++, at++) {
    while (at < a.length && !Object.is(a[at], b[i])) at++;
    if (at >= a.length) return false;
  }
  return true;
}

function isUnwrappedSame(a, b) {
  if (types.isNumberObject(a)) return types.isNumberObject(b) && Object.is(unwrap(Number, a), unwrap(Number, b));
  for (const [is, Class] of boxes) {
    if (is(a)) return is(b) && unwrap(Class, a) === unwrap(Class, b);
  }
  return false;
}

const unwrap = (Class, value) => Class.prototype.valueOf.call(value);
const boxes = [
  [types.isStringObject, String], [types.isBooleanObject, Boolean], [types.isBigIntObject, BigInt],
  [types.isSymbolObject, Symbol],
];

class Comparison {
  #mode;
  #skipsClass;
  // The pairs that are being compared right now: a circular reference equals only one that leads back to its partner.
  #actualPath = [];
  #expectedPath = [];

  constructor(mode, skipsClass) {
    this.#mode = mode;
    this.#skipsClass = skipsClass || mode !== kStrict;
  }

  areEqual(a, b) {
    if (a === b) return a !== 0 || this.#mode === kLoose || Object.is(a, b);
    if (isObject(a)) return isObject(b) && this.#areObjectsEqual(a, b);
    if (this.#mode !== kLoose) return Object.is(a, b);
    // eslint-disable-next-line eqeqeq
    return !isObject(b) && (a == b || (a !== a && b !== b));
  }

  #areObjectsEqual(a, b) {
    if (!this.#skipsClass && !haveSameClass(a, b)) return false;
    const tag = tagOf(a);
    if (tag !== tagOf(b)) return false;
    const aIndex = this.#actualPath.indexOf(a);
    const bIndex = this.#expectedPath.indexOf(b);
    if (aIndex !== -1 || bIndex !== -1) return aIndex === bIndex;
    this.#actualPath.push(a);
    this.#expectedPath.push(b);
    const result = this.#haveSameContent(a, b, tag);
    this.#actualPath.pop();
    this.#expectedPath.pop();
    return result;
  }

  #haveSameContent(a, b, tag) {
    if (Array.isArray(a)) return Array.isArray(b) && this.#areArraysEqual(a, b);
    if (Array.isArray(b)) return false;
    // Nearly everything, and the checks below are not free.
    if (tag === '[object Object]') return this.#haveSameProperties(a, b);
    if (ArrayBuffer.isView(a)) return ArrayBuffer.isView(b) && this.#areViewsEqual(a, b);
    if (ArrayBuffer.isView(b)) return false;
    if (types.isSet(a)) return types.isSet(b) && this.#areSetsEqual(a, b) && this.#haveSameProperties(a, b);
    if (types.isMap(a)) return types.isMap(b) && this.#areMapsEqual(a, b) && this.#haveSameProperties(a, b);
    if (types.isSet(b) || types.isMap(b)) return false;
    return this.#areOthersEqual(a, b) && this.#haveSameProperties(a, b);
  }

  #areOthersEqual(a, b) {
    if (types.isDate(a)) return types.isDate(b) && Object.is(unwrap(Date, a), unwrap(Date, b));
    if (types.isRegExp(a)) {
      return types.isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
    }
    if (types.isNativeError(a) || a instanceof Error) {
      return (types.isNativeError(b) || b instanceof Error) && this.#areErrorsEqual(a, b);
    }
    if (types.isAnyArrayBuffer(a)) return types.isAnyArrayBuffer(b) && this.#areBytesEqual(a, b);
    if (types.isBoxedPrimitive(a)) return isUnwrappedSame(a, b);
    if (types.isKeyObject(a) || types.isCryptoKey(a)) return this.#areKeysEqual(a, b);
    if (types.isWeakMap(a) || types.isWeakSet(a) || types.isPromise(a)) return false;
    if (isURL(a)) return isURL(b) && a.href === b.href;
    return !(
      types.isDate(b) || types.isRegExp(b) || types.isNativeError(b) || b instanceof Error ||
      types.isAnyArrayBuffer(b) || types.isBoxedPrimitive(b) || types.isKeyObject(b) || types.isCryptoKey(b) ||
      types.isWeakMap(b) || types.isWeakSet(b) || types.isPromise(b)
    );
  }

  #areErrorsEqual(a, b) {
    return this.#isHiddenSame(a, b, 'message') &&
      this.#isHiddenSame(a, b, 'name') &&
      this.#isHiddenSame(a, b, 'cause') &&
      this.#isHiddenSame(a, b, 'errors');
  }

  // Enumerable ones take part in the comparison of properties.
  #isHiddenSame(a, b, key) {
    if (isEnumerable(a, key) || isEnumerable(b, key)) return isEnumerable(a, key) && isEnumerable(b, key);
    if (this.#mode === kPartial) {
      if (key !== 'name' && !hasOwn(b, key)) return true;
      if (b[key] === undefined) return hasOwn(a, key);
    } else if ((key === 'cause' || key === 'errors') && hasOwn(a, key) !== hasOwn(b, key)) {
      return false;
    }
    return this.areEqual(a[key], b[key]);
  }

  #areKeysEqual(a, b) {
    if (types.isKeyObject(a)) return types.isKeyObject(b) && a.equals(b);
    const { KeyObject } = require('crypto');
    return types.isCryptoKey(b) &&
      a.extractable === b.extractable &&
      this.areEqual(a.algorithm, b.algorithm) &&
      this.areEqual(a.usages, b.usages) &&
      KeyObject.from(a).equals(KeyObject.from(b));
  }

  #areViewsEqual(a, b) {
    const brand = brandOf(a);
    if (brand !== brandOf(b)) return false;
    if (brand?.startsWith('Float') ? !this.#areFloatsEqual(a, b) : !this.#areBytesEqual(a, b)) return false;
    return this.#haveSameNamedProperties(a, b);
  }

  #areFloatsEqual(a, b) {
    return this.#mode === kPartial ? isSubsequence(a, b) : areSameFloats(a, b, this.#mode === kStrict);
  }

  #areBytesEqual(a, b) {
    if (this.#mode !== kPartial) return a.byteLength === b.byteLength && areSameBytes(bytesOf(a), bytesOf(b));
    return types.isTypedArray(a) ? isSubsequence(a, b) : isSubsequence(bytesOf(a), bytesOf(b));
  }

  #areArraysEqual(a, b) {
    if (this.#mode === kPartial) return this.#isListPart(a, b) && this.#haveSameNamedProperties(a, b);
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      if (a[i] === undefined || b[i] === undefined) {
        if (hasOwn(a, i) !== hasOwn(b, i)) return false;
      }
      if (!this.areEqual(a[i], b[i])) return false;
    }
    return this.#haveSameNamedProperties(a, b);
  }

  #isListPart(a, b) {
    if (a.length < b.length) return false;
    let at = 0;
    for (let i = 0; i < b.length; i++) {
      if (!hasOwn(b, i)) continue;
      while (at < a.length && !(hasOwn(a, at) && this.areEqual(a[at], b[i]))) at++;
      if (at === a.length) return false;
      at++;
    }
    return true;
  }

  #haveSameNamedProperties(a, b) {
    return this.#areSamePropertiesOf(a, b, namedKeysOf(a), namedKeysOf(b));
  }

  #haveSameProperties(a, b) {
    return this.#areSamePropertiesOf(a, b, Object.keys(a), Object.keys(b));
  }

  #areSamePropertiesOf(a, b, aKeys, bKeys) {
    if (this.#mode !== kPartial && aKeys.length !== bKeys.length) return false;
    // First the cheap part, since it may spare a deep comparison.
    for (const key of bKeys) {
      if (!isEnumerable(a, key)) return false;
    }
    if (this.#mode !== kLoose && !this.#haveSameSymbols(a, b)) return false;
    for (const key of bKeys) {
      if (!this.areEqual(a[key], b[key])) return false;
    }
    return true;
  }

  #haveSameSymbols(a, b) {
    const bSymbols = enumerableSymbolsOf(b);
    if (this.#mode !== kPartial && enumerableSymbolsOf(a).length !== bSymbols.length) return false;
    return bSymbols.every((symbol) => isEnumerable(a, symbol) && this.areEqual(a[symbol], b[symbol]));
  }

  #areSizesPossible(a, b) {
    return this.#mode === kPartial ? a.size >= b.size : a.size === b.size;
  }

  /** Whether equality of this primitive with something not identical is out of the question. */
  #isFinal(value) {
    return !isObject(value) && this.#mode !== kLoose;
  }

  // What both sets hold pairs up by itself; only the rest is searched.
  #areSetsEqual(a, b) {
    if (!this.#areSizesPossible(a, b)) return false;
    const wanted = [];
    for (const item of b) {
      if (a.has(item)) continue;
      if (this.#isFinal(item)) return false;
      wanted.push(item);
    }
    if (wanted.length === 0) return true;
    const free = new Set();
    for (const item of a) {
      if (!b.has(item)) free.add(item);
    }
    return wanted.every((item) => this.#take(free, (candidate) => this.areEqual(candidate, item)));
  }

  #areMapsEqual(a, b) {
    if (!this.#areSizesPossible(a, b)) return false;
    const wanted = [];
    const taken = new Set();
    for (const entry of b) {
      const [key, value] = entry;
      if (a.has(key) && this.areEqual(a.get(key), value)) {
        taken.add(key);
        continue;
      }
      if (this.#isFinal(key)) return false;
      wanted.push(entry);
    }
    if (wanted.length === 0) return true;
    const free = new Set();
    for (const entry of a) {
      if (!taken.has(entry[0])) free.add(entry);
    }
    return wanted.every(([key, value]) => this.#take(free, (candidate) =>
      this.areEqual(candidate[0], key) && this.areEqual(candidate[1], value)));
  }

  #take(free, fits) {
    for (const candidate of free) {
      if (fits(candidate)) return free.delete(candidate);
    }
    return false;
  }
}

function isURL(value) {
  return require('internal/url').isURL(value);
}

function compare(a, b, mode, skipsClass) {
  return new Comparison(mode, skipsClass).areEqual(a, b);
}

function isDeepEqual(a, b) {
  return compare(a, b, kLoose, true);
}

/** @param {boolean | { skipPrototype?: boolean }} [options] whether the objects' classes may differ */
function isDeepStrictEqual(a, b, options = undefined) {
  return compare(a, b, kStrict, typeof options === 'object' ? options?.skipPrototype === true : options === true);
}

/** Whether all that `expected` says is true of `actual`. */
function isPartialStrictEqual(actual, expected) {
  return compare(actual, expected, kPartial, true);
}

module.exports = { isDeepEqual, isDeepStrictEqual, isPartialStrictEqual };
