'use strict';

// What the files of crypto share: bytes of arguments, errors of OpenSSL, numbers of Python's things, and jobs.
//
// Theory of operation. `internalBinding('evp')` does the work. An operation that OpenSSL refuses gives a list, which
// `answer` throws as the error that Node has for it. What has a number in Python is freed when the object that holds
// it cannot be reached any more.

const { Buffer } = require('buffer');
const errors = require('internal/errors');
const { ERR_INVALID_ARG_TYPE } = errors.codes;
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const hooks = require('internal/async_hooks');
const { start } = require('internal/requests');
const { notThere } = require('internal/not_there');

const binding = internalBinding('evp');

let isThere;

/** The binding; an error where OpenSSL's functions cannot be had. */
function evp() {
  isThere ??= binding.isThere();
  if (!isThere) throw notThere('This part of crypto');
  return binding;
}

const BUFFERS = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];

/** The bytes of a view or an ArrayBuffer; undefined for anything else. */
function viewed(value) {
  if (isArrayBufferView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** The bytes of text or of a view; `expected` is what an error says that `name` may be. */
function bytesOf(value, name, encoding, expected = ['string', ...BUFFERS]) {
  if (typeof value === 'string') return Buffer.from(value, Buffer.isEncoding(encoding) ? encoding : 'utf8');
  const view = viewed(value);
  if (view === undefined) throw new ERR_INVALID_ARG_TYPE(name, expected, value);
  return view;
}

/** The kind of error that a code is of. */
function baseOf(code) {
  const known = errors.codes[code]?.prototype;
  return [RangeError, TypeError].find((base) => known instanceof base) ?? Error;
}

/** The error for what OpenSSL, or what stands before it, refused. */
function refusal([message, code, library, reason, stack]) {
  const error = new (library === '' ? baseOf(code) : Error)(message);
  if (stack.length > 0) error.opensslErrorStack = stack;
  if (library !== '') Object.assign(error, { library, reason });
  if (code !== '') error.code = code;
  return error;
}

/** The result of an operation. */
function answer(result) {
  if (Array.isArray(result)) throw refusal(result);
  return result;
}

/** Text in an encoding, or a Buffer. */
function encoded(bytes, encoding) {
  const buffer = Buffer.from(bytes);
  return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
}

let freed; // FinalizationRegistry

/** See that Python forgets a number when nobody can reach its `owner`. */
function freeWith(owner, number) {
  freed ??= new FinalizationRegistry((each) => binding.free(each));
  freed.register(owner, number);
}

/** What async hooks call an operation on the thread pool. */
const REQUESTS = {
  __proto__: null, hkdf: 'DERIVEBITSREQUEST', derive: 'DERIVEBITSREQUEST', generate: 'KEYPAIRGENREQUEST',
  sign: 'SIGNREQUEST', verify: 'SIGNREQUEST', primeGenerate: 'RANDOMPRIMEREQUEST', primeCheck: 'CHECKPRIMEREQUEST',
};

/**
 * Do an operation on the thread pool, and call back with an error or what `shape` makes of the result. What is in
 * `kept` lives as long.
 */
function later(name, args, shape, callback, ...kept) {
  evp().later(start((errno, result) => {
    kept.length = 0;
    hooks.recorder?.called(callback);
    let value;
    try {
      value = shape(answer(result));
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, value);
  }, REQUESTS[name] ?? 'CRYPTOREQUEST'), name, args);
}

/** The same as a promise. */
function promised(name, args, shape, ...kept) {
  return new Promise((resolve, reject) => {
    later(name, args, shape, (error, value) => (error ? reject(error) : resolve(value)), ...kept);
  });
}

/** The bytes of a BigInt that is not negative, the highest first. */
function octets(value) {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** A method that is enumerable, as those of Node's older classes are. */
function showMethod(prototype, name, value) {
  Object.defineProperty(prototype, name, {
    __proto__: null, value, writable: true, configurable: true, enumerable: true,
  });
}

module.exports = {
  BUFFERS, answer, bytesOf, encoded, evp, freeWith, later, octets, promised, refusal, showMethod, viewed,
};
