'use strict';
// The public module `util`: a collection; what is more than a few lines has a file of its own under internal/util.

const errors = require('internal/errors');
const { TextDecoder, TextEncoder } = require('internal/encoding');
const { codes: { ERR_FALSY_VALUE_REJECTION, ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED } } = errors;
const { validateBoolean, validateFunction, validateString } = require('internal/validators');
const { isDeepStrictEqual } = require('internal/util/comparisons');
const { debuglog } = require('internal/util/debuglog');
const { diff } = require('internal/util/diff');
const { format, formatWithOptions, inspect, stripVTControlCharacters } = require('internal/util/inspect');
const { getCallSites } = require('internal/util/call_sites');
const { MIMEParams, MIMEType } = require('internal/mime');
const { parseArgs } = require('internal/util/parse_args/parse_args');
const { styleText } = require('internal/util/style_text');
const types = require('internal/util/types');
const {
  convertProcessSignalToExitCode,
  defineLazyProperties,
  deprecate,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  promisify,
  toUSVString,
} = require('internal/util');

const { getOwnPropertyDescriptors } = Object;

function callBackWithRejection(reason, callback) {
  if (reason) return callback(reason);
  // A falsy reason would look like success.
  const error = new ERR_FALSY_VALUE_REJECTION(reason);
  Error.captureStackTrace(error, callBackWithRejection);
  return callback(error);
}

/** The promise is turned into a tick, so that what `callback` throws is an uncaught exception and no rejection. */
function callbackify(original) {
  validateFunction(original, 'original');
  function callbackified(...args) {
    const callback = args.pop();
    validateFunction(callback, 'last argument');
    const bound = callback.bind(this);
    Reflect.apply(original, this, args).then(
      (value) => process.nextTick(bound, null, value),
      (reason) => process.nextTick(callBackWithRejection, reason, bound));
  }
  const descriptors = getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === 'number') descriptors.length.value++;
  if (typeof descriptors.name.value === 'string') descriptors.name.value += 'Callbackified';
  for (const descriptor of Object.values(descriptors)) Object.setPrototypeOf(descriptor, null);
  return Object.defineProperties(callbackified, descriptors);
}

function inherits(ctor, superCtor) {
  if (ctor == null) throw new ERR_INVALID_ARG_TYPE('ctor', 'Function', ctor);
  if (superCtor == null) throw new ERR_INVALID_ARG_TYPE('superCtor', 'Function', superCtor);
  if (superCtor.prototype === undefined) {
    throw new ERR_INVALID_ARG_TYPE('superCtor.prototype', 'Object', superCtor.prototype);
  }
  Object.defineProperty(ctor, 'super_', { __proto__: null, value: superCtor, writable: true, configurable: true });
  Object.setPrototypeOf(ctor.prototype, superCtor.prototype);
}

function _extend(target, source) {
  return source === null || typeof source !== 'object' ? target : Object.assign(target, source);
}

function parseEnv(content) {
  validateString(content, 'content');
  return { __proto__: null, ...internalBinding('process').parseEnvFile(content) };
}

/** No signal can stop the engine in the middle of JavaScript, so there would be nothing to trace. */
function setTraceSigInt(enable) {
  validateBoolean(enable, 'enable');
  if (enable) throw new ERR_METHOD_NOT_IMPLEMENTED('util.setTraceSigInt()');
}

module.exports = {
  _errnoException(...args) {
    return errors.errnoException(...args);
  },
  _exceptionWithHostPort(...args) {
    return errors.exceptionWithHostPort(...args);
  },
  _extend: deprecate(_extend, 'The `util._extend` API is deprecated. Please use Object.assign() instead.', 'DEP0060'),
  callbackify,
  convertProcessSignalToExitCode,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  styleText,
  formatWithOptions,
  getCallSites,
  getSystemErrorMap,
  getSystemErrorName,
  getSystemErrorMessage,
  inherits,
  inspect,
  isArray: deprecate(
    Array.isArray, 'The `util.isArray` API is deprecated. Please use `Array.isArray()` instead.', 'DEP0044'),
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters,
  toUSVString,
};
defineLazyProperties(
  module.exports, 'internal/abort_controller', ['transferableAbortSignal', 'transferableAbortController', 'aborted']);
Object.assign(module.exports, {
  types,
  parseEnv,
  parseArgs,
  TextDecoder,
  TextEncoder,
  MIMEType,
  MIMEParams,
  diff,
  setTraceSigInt,
});
