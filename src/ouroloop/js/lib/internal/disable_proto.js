'use strict';

// --disable-proto: objects without `__proto__`, or whose `__proto__` cannot be touched, in every context.

const { codes: { ERR_PROTO_ACCESS } } = require('internal/errors');
const { getOptionValue } = require('internal/options');

function refuse() {
  throw new ERR_PROTO_ACCESS();
}

/** Do to a context's Object.prototype what the command line says. */
function restrictPrototype(prototype) {
  const mode = getOptionValue('--disable-proto');
  if (mode === 'delete') {
    delete prototype.__proto__;
  } else if (mode === 'throw') {
    Reflect.defineProperty(prototype, '__proto__', {
      __proto__: null, get: refuse, set: refuse, enumerable: false, configurable: true,
    });
  }
}

module.exports = { restrictPrototype };
