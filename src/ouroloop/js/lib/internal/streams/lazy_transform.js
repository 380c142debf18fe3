'use strict';

// A Transform that becomes a stream when somebody treats it as one. `crypto` makes its hashes of this: most are only
// given data and asked for a digest, and setting up two stream states would cost more than the hash.

const Transform = require('internal/streams/transform');

function LazyTransform(options) {
  this._options = options;
}
Object.setPrototypeOf(LazyTransform.prototype, Transform.prototype);
Object.setPrototypeOf(LazyTransform, Transform);

function wake(stream) {
  Transform.call(stream, stream._options);
  stream._writableState.decodeStrings = false;
}

for (const name of ['_readableState', '_writableState']) {
  Object.defineProperty(LazyTransform.prototype, name, {
    __proto__: null,
    get() {
      wake(this);
      return this[name];
    },
    set(value) {
      Object.defineProperty(this, name, {
        __proto__: null, value, enumerable: true, configurable: true, writable: true,
      });
    },
    configurable: true,
    enumerable: true,
  });
}

module.exports = LazyTransform;
