'use strict';
// Small tools that many modules share and that programs meet through `util`: promisify, deprecate, lazily loaded
// properties, names of encodings, signals and system errors.
//
// Nothing here runs before it is asked for. Warnings go through `process.emitWarning`, once for each code.

const uv = require('internal/uv');
const {
  codes: {
    ERR_OUT_OF_RANGE,
    ERR_UNKNOWN_SIGNAL,
  },
} = require('internal/errors');
const { validateFunction, validateNumber, validateOneOf, validateString } = require('internal/validators');

const customInspectSymbol = Symbol.for('nodejs.util.inspect.custom');
const kCustomPromisifiedSymbol = Symbol.for('nodejs.util.promisify.custom');
const customPromisifyArgs = Symbol('customPromisifyArgs');
const kIsEncodingSymbol = Symbol('kIsEncodingSymbol');

const kEmptyObject = Object.freeze({ __proto__: null });
const kEnumerableProperty = { __proto__: null, enumerable: true };

// ---- Warnings ----

const warnedCodes = new Set();
const warnings = new Set();

function isDeprecationSilent() {
  return process.noDeprecation === true;
}

function warnOfDeprecation(message, code, source) {
  if (code === undefined) {
    process.emitWarning(message, 'DeprecationWarning', source);
    return;
  }
  if (warnedCodes.has(code)) return;
  warnedCodes.add(code);
  process.emitWarning(message, 'DeprecationWarning', code, source);
}

/**
 * A function that warns at its first call, if `isActive` (when given) then says so.
 */
function deprecate(fn, message, code = undefined, { modifyPrototype = true, isActive = undefined } = kEmptyObject) {
  if (code !== undefined) validateString(code, 'code');
  let isWarned = false;
  function deprecated(...args) {
    if (!isWarned && !isDeprecationSilent() && (isActive === undefined || isActive())) {
      isWarned = true;
      warnOfDeprecation(message, code, deprecated);
    }
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  }
  Object.defineProperty(deprecated, 'length',
    { __proto__: null, value: fn.length, writable: false, enumerable: false, configurable: true });
  if (modifyPrototype) {
    Object.setPrototypeOf(deprecated, fn);
    // `instanceof` works with the original and the deprecated constructor alike.
    if (fn.prototype) deprecated.prototype = fn.prototype;
  }
  return deprecated;
}

function isPendingDeprecation() {
  return require('internal/options').getOptionValue('--pending-deprecation') === true && !isDeprecationSilent();
}

function pendingDeprecate(fn, message, code) {
  return deprecate(fn, message, code, { __proto__: null, isActive: isPendingDeprecation });
}

/** For classes that were once callable without `new`. */
function deprecateInstantiation(Constructor, code, ...args) {
  if (!isDeprecationSilent()) {
    warnOfDeprecation(`Instantiating ${Constructor.name} without the 'new' keyword has been deprecated.`, code);
  }
  return Reflect.construct(Constructor, args);
}

/** `process.emitWarning`, but once for each `key`: the warning's code or, where it has none, what it is about. */
function warnOnce(key, message, type, code, ctor) {
  if (warnings.has(key)) return;
  warnings.add(key);
  process.emitWarning(message, type, code, ctor);
}

function emitExperimentalWarning(feature, message = undefined, code = undefined, ctor = undefined) {
  warnOnce(feature, message ?? `${feature} is an experimental feature and might change at any time`,
    'ExperimentalWarning', code, ctor);
}

// ---- Functions ----

function assignFunctionName(name, fn) {
  const text = typeof name === 'symbol' ? `[${name.description}]` : name;
  return Object.defineProperty(fn, 'name', { __proto__: null, value: text, configurable: true });
}

function fulfilWith(values, names) {
  if (names === undefined || values.length < 2) return values[0];
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

/**
 * A function that returns a promise, from one whose last argument is `(error, value) => {}`. The original may bring its
 * own promise version under `promisify.custom`, or names for several values under `customPromisifyArgs`.
 */
function promisify(original) {
  validateFunction(original, 'original');
  if (original[kCustomPromisifiedSymbol]) return customPromisified(original[kCustomPromisifiedSymbol]);

  const names = original[customPromisifyArgs];
  function promisified(...args) {
    return new Promise((resolve, reject) => {
      const returned = Reflect.apply(original, this, [...args, (error, ...values) => {
        if (error) reject(error);
        else resolve(fulfilWith(values, names));
      }]);
      if (isPromise(returned)) warnOfPromisedPromise();
    });
  }
  Object.setPrototypeOf(promisified, Object.getPrototypeOf(original));
  Object.defineProperties(promisified, Object.getOwnPropertyDescriptors(original));
  return customPromisified(promisified);
}

function customPromisified(fn) {
  validateFunction(fn, 'util.promisify.custom');
  return Object.defineProperty(fn, kCustomPromisifiedSymbol,
    { __proto__: null, value: fn, writable: false, enumerable: false, configurable: true });
}

function isPromise(value) {
  return typeof value === 'object' && value !== null && require('internal/util/types').isPromise(value);
}

function warnOfPromisedPromise() {
  if (isDeprecationSilent()) return;
  warnOfDeprecation('Calling promisify on a function that returns a Promise is likely a mistake.', 'DEP0174');
}

promisify.custom = kCustomPromisifiedSymbol;

function once(callback, { preserveReturnValue = false } = kEmptyObject) {
  let isCalled = false;
  let returned;
  return function(...args) {
    if (isCalled) return returned;
    isCalled = true;
    const result = Reflect.apply(callback, this, args);
    if (preserveReturnValue) returned = result;
    return result;
  };
}

/** @returns {() => T} the result of the first call, computed once */
function getLazy(initialize) {
  let value;
  let isReady = false;
  return () => {
    if (!isReady) {
      value = initialize();
      isReady = true;
    }
    return value;
  };
}

// ---- Properties ----

/** Properties `keys` of `target` that load module `id` when first read. */
function defineLazyProperties(target, id, keys, enumerable = true) {
  for (const key of keys) {
    const become = (value) => Object.defineProperty(target, key,
      { __proto__: null, value, writable: true, enumerable, configurable: true });
    const get = assignFunctionName(key, function() {
      const value = require(id)[key];
      become(value);
      return value;
    });
    const set = assignFunctionName(key, function(value) { become(value); });
    Object.defineProperty(target, key, { __proto__: null, get, set, enumerable, configurable: true });
  }
}

// ---- Names ----

const encodings = new Map([
  ['utf8', 'utf8'], ['utf-8', 'utf8'],
  ['ucs2', 'utf16le'], ['ucs-2', 'utf16le'], ['utf16le', 'utf16le'], ['utf-16le', 'utf16le'],
  ['latin1', 'latin1'], ['binary', 'latin1'],
  ['base64', 'base64'], ['base64url', 'base64url'], ['hex', 'hex'], ['ascii', 'ascii'],
]);

/** @returns {string|undefined} the canonical name; nothing given means utf8, undefined means unknown */
function normalizeEncoding(encoding) {
  if (encoding === 'utf8' || encoding == null || encoding === '') return 'utf8';
  if (typeof encoding !== 'string') return undefined;
  return encodings.get(encoding) ?? encodings.get(encoding.toLowerCase());
}

const signalNumbers = () => internalBinding('constants').os.signals;

/** @returns {number} from a number of this system or a name in any case */
function convertToValidSignal(signal) {
  const signals = signalNumbers();
  if (typeof signal === 'number' && Object.values(signals).includes(signal)) return signal;
  const number = typeof signal === 'string' ? signals[signal.toUpperCase()] : undefined;
  if (number) return number;
  throw new ERR_UNKNOWN_SIGNAL(signal);
}

/** @returns {number} what a shell reports for a process that this signal ended */
function convertProcessSignalToExitCode(signalCode) {
  const signals = signalNumbers();
  validateOneOf(signalCode, 'signalCode', Object.keys(signals));
  return 128 + signals[signalCode];
}

function validateErrno(errno) {
  validateNumber(errno, 'err');
  if (errno >= 0 || !Number.isSafeInteger(errno)) throw new ERR_OUT_OF_RANGE('err', 'a negative integer', errno);
}

function getSystemErrorName(errno) {
  validateErrno(errno);
  return uv.errname(errno);
}

function getSystemErrorMessage(errno) {
  validateErrno(errno);
  return uv.errmessage(errno);
}

function getSystemErrorMap() {
  return new Map(uv.getErrorMap());
}

// ---- Odds and ends of one line each ----

function isError(value) {
  return Error.isError(value) || value instanceof Error;
}

function toUSVString(value) {
  return `${value}`.toWellFormed();
}

function removeColors(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[\d\d?m/g, '');
}

function isUnderNodeModules(path) {
  return /(^|[\\/])node_modules[\\/]/.test(path);
}

/** Whether `value` is what the language calls an object: functions are, null is not. */
function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function getCWDURL() {
  const { pathToFileURL } = require('internal/url');
  return pathToFileURL(`${process.cwd()}/`);
}

/** @returns {string|null} `10.0.0.1/8`, or null when the netmask has a hole */
function getCIDR(address, netmask, family) {
  const isIPv6 = family === 'IPv6';
  const groups = isIPv6 ? netmask.replace(/::$/, '').split(':') : netmask.split('.');
  const width = isIPv6 ? 16 : 8;
  const bits = groups.map((group) => Number.parseInt(group || '0', isIPv6 ? 16 : 10).toString(2).padStart(width, '0'))
    .join('');
  const ones = bits.lastIndexOf('1') + 1;
  return bits.slice(0, ones).includes('0') ? null : `${address}/${ones}`;
}


module.exports = {
  convertProcessSignalToExitCode,
  convertToValidSignal,
  customInspectSymbol,
  customPromisifyArgs,
  defineLazyProperties,
  deprecate,
  deprecateInstantiation,
  emitExperimentalWarning,
  getCIDR,
  getCWDURL,
  getLazy,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  isError,
  isObject,
  isUnderNodeModules,
  kEmptyObject,
  kEnumerableProperty,
  kIsEncodingSymbol,
  normalizeEncoding,
  once,
  pendingDeprecate,
  promisify,
  removeColors,
  toUSVString,
  warnOnce,
};
