'use strict';

// How classes of the web look: in util.inspect, to Object.prototype.toString and to who lists their members.

/** `Name { ...fields }`, for an object's `[util.inspect.custom](depth, options)`. */
function inspectAs(object, name, fields, depth, options) {
  if (depth < 0) return object;
  const { inspect } = require('internal/util/inspect');
  const nested = { ...options, depth: options.depth == null ? null : options.depth - 1 };
  return `${name} ${inspect(fields, nested)}`;
}

function defineTag(Class) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag,
    { __proto__: null, value: Class.name, writable: false, enumerable: false, configurable: true });
}

/** Web IDL's members are enumerable; those of a JavaScript class are not. */
function defineEnumerable(Class, ...names) {
  for (const name of names) Object.defineProperty(Class.prototype, name, { __proto__: null, enumerable: true });
}

module.exports = { inspectAs, defineTag, defineEnumerable };
