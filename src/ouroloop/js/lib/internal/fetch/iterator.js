'use strict';

// Iteration of Headers and FormData: pairs by their place in a list that may change meanwhile.
//
// Theory of operation. An iterator keeps a place, not an item: each step looks at the list as it is then. So a pair
// that was removed makes the next one move up and be passed over, as the standard has it.

const { requireArguments } = require('internal/fetch/webidl');

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/** Gives `Class` its keys, values, entries, forEach and Symbol.iterator; `pairsOf(object)` checks and lists. */
function defineIteration(Class, pairsOf) {
  const { name } = Class;
  class PairIterator {
    #object;
    #pick;
    #place = 0;

    constructor(object, pick) {
      this.#object = object;
      this.#pick = pick;
    }

    static step(iterator) {
      if (typeof iterator !== 'object' || iterator === null || !(#object in iterator)) {
        throw new TypeError(`'next' called on an object that does not implement interface ${name} Iterator.`);
      }
      const pairs = pairsOf(iterator.#object);
      if (iterator.#place >= pairs.length) return { value: undefined, done: true };
      return { value: iterator.#pick(pairs[iterator.#place++]), done: false };
    }
  }
  const prototype = Object.create(IteratorPrototype, {
    [Symbol.toStringTag]: { __proto__: null, value: `${name} Iterator`, configurable: true },
  });
  const { next } = { next() {
    return PairIterator.step(this);
  } };
  Object.defineProperty(prototype, 'next',
    { __proto__: null, value: next, writable: true, enumerable: true, configurable: true });

  function iterate(object, pick) {
    pairsOf(object);
    const iterator = new PairIterator(object, pick);
    Object.setPrototypeOf(iterator, prototype);
    return iterator;
  }

  const methods = {
    keys() {
      return iterate(this, ([key]) => key);
    },
    values() {
      return iterate(this, ([, value]) => value);
    },
    entries() {
      return iterate(this, ([key, value]) => [key, value]);
    },
    forEach(callback, thisArg = undefined) {
      pairsOf(this);
      requireArguments(arguments, 1, `${name}.forEach`);
      if (typeof callback !== 'function') {
        throw new TypeError(`Failed to execute 'forEach' on '${name}': parameter 1 is not of type 'Function'.`);
      }
      for (const [key, value] of iterate(this, (pair) => pair)) Reflect.apply(callback, thisArg, [value, key, this]);
    },
  };
  for (const key of Object.keys(methods)) {
    Object.defineProperty(Class.prototype, key,
      { __proto__: null, value: methods[key], writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.iterator,
    { __proto__: null, value: methods.entries, writable: true, enumerable: false, configurable: true });
}

module.exports = { defineIteration };
