'use strict';
// The checks that stand at the entrance of public functions.
//
// Each takes the value and the argument's name, returns nothing when the value will do, and otherwise throws exactly
// what Node throws: wrong type is ERR_INVALID_ARG_TYPE, right type but outside the range is ERR_OUT_OF_RANGE, anything
// else is ERR_INVALID_ARG_VALUE. Small enough for the JIT to put them into their callers.

const {
  codes: {
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_OUT_OF_RANGE,
    ERR_SOCKET_BAD_PORT,
    ERR_UNKNOWN_SIGNAL,
  },
} = require('internal/errors');

const kMaxUint32 = 2 ** 32 - 1;

function isInt32(value) {
  return value === (value | 0);
}

function checkInteger(value, name, min, max) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  if (!Number.isInteger(value)) throw new ERR_OUT_OF_RANGE(name, 'an integer', value);
  if (value < min || value > max) throw new ERR_OUT_OF_RANGE(name, `>= ${min} && <= ${max}`, value);
}

function validateInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  checkInteger(value, name, min, max);
}

function validateInt32(value, name, min = -2147483648, max = 2147483647) {
  checkInteger(value, name, min, max);
}

function validateUint32(value, name, positive = false) {
  checkInteger(value, name, positive ? 1 : 0, kMaxUint32);
}

function describeRange(min, max) {
  const bounds = [];
  if (min != null) bounds.push(`>= ${min}`);
  if (max != null) bounds.push(`<= ${max}`);
  return bounds.join(' && ');
}

function validateNumber(value, name, min = undefined, max = undefined) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  const isBounded = min != null || max != null;
  if ((min != null && value < min) || (max != null && value > max) || (isBounded && Number.isNaN(value))) {
    throw new ERR_OUT_OF_RANGE(name, describeRange(min, max), value);
  }
}

/** A file mode: a number, or its octal digits in a string. */
function parseFileMode(value, name, defaultValue = undefined) {
  value ??= defaultValue;
  if (typeof value === 'string') {
    if (!/^[0-7]+$/.test(value)) {
      throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a 32-bit unsigned integer or an octal string');
    }
    value = parseInt(value, 8);
  }
  validateUint32(value, name);
  return value;
}

function validateString(value, name) {
  if (typeof value !== 'string') throw new ERR_INVALID_ARG_TYPE(name, 'string', value);
}

function validateBoolean(value, name) {
  if (typeof value !== 'boolean') throw new ERR_INVALID_ARG_TYPE(name, 'boolean', value);
}

function validateFunction(value, name) {
  if (typeof value !== 'function') throw new ERR_INVALID_ARG_TYPE(name, 'function', value);
}

function validatePlainFunction(value, name) {
  if (typeof value !== 'function' || require('internal/util/types').isAsyncFunction(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'function', value);
  }
}

function validateUnion(value, name, union) {
  if (!union.includes(value)) throw new ERR_INVALID_ARG_TYPE(name, `('${union.join('|')}')`, value);
}

function validateOneOf(value, name, oneOf) {
  if (oneOf.includes(value)) return;
  const allowed = oneOf.map((item) => (typeof item === 'string' ? `'${item}'` : String(item))).join(', ');
  throw new ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${allowed}`);
}

const kValidateObjectNone = 0;
const kValidateObjectAllowNullable = 1 << 0;
const kValidateObjectAllowArray = 1 << 1;
const kValidateObjectAllowFunction = 1 << 2;
const kValidateObjectAllowObjects = kValidateObjectAllowArray | kValidateObjectAllowFunction;
const kValidateObjectAllowObjectsAndNull = kValidateObjectAllowObjects | kValidateObjectAllowNullable;

function isAllowedObject(value, options) {
  if (value === null) return (options & kValidateObjectAllowNullable) !== 0;
  if (Array.isArray(value)) return (options & kValidateObjectAllowArray) !== 0;
  if (typeof value === 'function') return (options & kValidateObjectAllowFunction) !== 0;
  return typeof value === 'object';
}

function validateObject(value, name, options = kValidateObjectNone) {
  if (!isAllowedObject(value, options)) throw new ERR_INVALID_ARG_TYPE(name, 'Object', value);
}

/** WebIDL's notion of a dictionary: nothing, or anything that can have properties. */
function validateDictionary(value, name) {
  if (value != null && typeof value !== 'object' && typeof value !== 'function') {
    throw new ERR_INVALID_ARG_TYPE(name, 'a dictionary', value);
  }
}

function validateArray(value, name, minLength = 0) {
  if (!Array.isArray(value)) throw new ERR_INVALID_ARG_TYPE(name, 'Array', value);
  if (value.length < minLength) {
    throw new ERR_INVALID_ARG_VALUE(name, value, `must have a length of at least ${minLength}`);
  }
}

function validateEach(list, name, validate) {
  validateArray(list, name);
  for (let i = 0; i < list.length; i++) validate(list[i], `${name}[${i}]`);
}

function validateStringArray(value, name) {
  validateEach(value, name, validateString);
}

function validateBooleanArray(value, name) {
  validateEach(value, name, validateBoolean);
}

/** Anything with `aborted` will do: polyfills of AbortSignal are welcome. */
function validateAbortSignal(signal, name) {
  if (signal === undefined) return;
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal);
  }
}

function validateBuffer(buffer, name = 'buffer') {
  if (!ArrayBuffer.isView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['Buffer', 'TypedArray', 'DataView'], buffer);
  }
}

function validateEncoding(data, encoding) {
  if (data.length % 2 === 0 || require('internal/util').normalizeEncoding(encoding) !== 'hex') return;
  throw new ERR_INVALID_ARG_VALUE('encoding', encoding, `is invalid for data of length ${data.length}`);
}

/** @returns {number} the port, from a number or a string of any notation that `Number` reads */
function validatePort(port, name = 'Port', allowZero = true) {
  const isText = typeof port === 'string' && port.trim().length > 0;
  const number = isText ? Number(port) : port;
  if ((typeof port !== 'number' && !isText) || number !== (number >>> 0) || number > 65535 ||
      (number === 0 && !allowZero)) {
    throw new ERR_SOCKET_BAD_PORT(name, port, allowZero);
  }
  return number | 0;
}

function validateSignalName(signal, name = 'signal') {
  validateString(signal, name);
  const { signals } = internalBinding('constants').os;
  if (signals[signal] !== undefined) return;
  if (signals[signal.toUpperCase()] !== undefined) {
    throw new ERR_UNKNOWN_SIGNAL(`${signal} (signals must use all capital letters)`);
  }
  throw new ERR_UNKNOWN_SIGNAL(signal);
}

function validateIgnorePattern(value, name) {
  if (typeof value === 'string') {
    if (value.length === 0) throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a non-empty string');
    return;
  }
  if (typeof value !== 'function' && !require('internal/util/types').isRegExp(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'RegExp', 'Function'], value);
  }
}

/** The `ignore` option of fs.watch: a pattern or a list of patterns. */
function validateIgnoreOption(value, name) {
  if (value == null) return;
  if (Array.isArray(value)) validateEach(value, name, validateIgnorePattern);
  else validateIgnorePattern(value, name);
}

// <uri>, then parameters with a token or a quoted string as their value (RFC 8288), one link in each string.
const kLink = /^(?:<[^>\r\n]*>)(?:\s*;\s*[^;"\s]+(?:=(")?[^;"\s]*\1)?)*$/;

function checkLink(value) {
  if (typeof value === 'string' && kLink.test(value)) return;
  throw new ERR_INVALID_ARG_VALUE('hints', value,
    'must be an array or string of format "</styles.css>; rel=preload; as=style"');
}

/** @returns {string} the value of a Link header */
function validateLinkHeaderValue(hints) {
  if (!Array.isArray(hints)) {
    checkLink(hints);
    return hints;
  }
  for (const link of hints) checkLink(link);
  return hints.join(', ');
}

module.exports = {
  isInt32,
  kValidateObjectAllowFunction,
  kValidateObjectAllowNullable,
  kValidateObjectAllowObjects,
  kValidateObjectAllowObjectsAndNull,
  parseFileMode,
  validateAbortSignal,
  validateArray,
  validateBoolean,
  validateBooleanArray,
  validateBuffer,
  validateDictionary,
  validateEncoding,
  validateFunction,
  validateIgnoreOption,
  validateInt32,
  validateInteger,
  validateLinkHeaderValue,
  validateNumber,
  validateObject,
  validateOneOf,
  validatePlainFunction,
  validatePort,
  validateSignalName,
  validateString,
  validateStringArray,
  validateUint32,
  validateUnion,
};
