'use strict';

// A Transform which becomes one when it is first used as one: most hashes and ciphers never are, and to make a stream
// costs more than to hash a few bytes.

const { Transform } = require('stream');

class LazyTransform {
  constructor(options) {
    this._options = options;
  }
}
Object.setPrototypeOf(LazyTransform.prototype, Transform.prototype);
Object.setPrototypeOf(LazyTransform, Transform);

for (const name of ['_readableState', '_writableState']) {
  Object.defineProperty(LazyTransform.prototype, name, {
    __proto__: null,
    get() {
      Transform.call(this, this._options);
      return this[name];
    },
    set(value) {
      Object.defineProperty(
        this, name, { __proto__: null, value, enumerable: true, configurable: true, writable: true });
    },
    enumerable: true,
    configurable: true,
  });
}

/** A class that may also be called without `new`. */
function callable(constructor, name) {
  function make(...args) {
    return Reflect.construct(constructor, args, new.target ?? make);
  }
  make.prototype = constructor.prototype;
  constructor.prototype.constructor = make;
  Object.setPrototypeOf(make, Object.getPrototypeOf(constructor));
  Object.defineProperty(make, 'name', { value: name });
  return make;
}

module.exports = { LazyTransform, callable };
