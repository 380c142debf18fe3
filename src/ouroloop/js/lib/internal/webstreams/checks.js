'use strict';

// What streams of several kinds check in the same way.

const { codes: { ERR_INVALID_STATE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');

function invalidState(message) {
  return new ERR_INVALID_STATE.TypeError(message);
}

/** `object[name]`, which must be a function if it is there; `label` is the object's name in the error. */
function optionalMethod(object, name, label) {
  const method = object[name];
  if (method !== undefined) validateFunction(method, `${label}.${name}`);
  return method;
}

module.exports = { invalidState, optionalMethod };
