'use strict';

// Primes: to make and to check them.

const hooks = require('internal/async_hooks');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateBoolean, validateFunction, validateInt32, validateObject } = require('internal/validators');
const { answer, evp, later, octets, refusal, viewed } = require('internal/crypto/util');

const EXPECTED = ['ArrayBuffer', 'TypedArray', 'Buffer', 'DataView', 'bigint'];

function numberOf(value, name) {
  if (typeof value === 'bigint') {
    if (value < 0) throw new ERR_OUT_OF_RANGE(name, '>= 0', value);
    return octets(value);
  }
  const view = viewed(value);
  if (view === undefined) throw new ERR_INVALID_ARG_TYPE(name, EXPECTED, value);
  return view;
}

const valueOf = (bytes) => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);

function prepare(size, options) {
  validateInt32(size, 'size', 1);
  validateObject(options, 'options');
  const { safe = false, bigint = false, add, rem } = options;
  validateBoolean(safe, 'options.safe');
  validateBoolean(bigint, 'options.bigint');
  const step = add === undefined ? null : numberOf(add, 'options.add');
  const remainder = rem === undefined ? null : numberOf(rem, 'options.rem');
  if (step !== null) checkStep(valueOf(step), remainder && valueOf(remainder), size);
  return { args: [size, safe, step, remainder], shape: bigint ? valueOf : (bytes) => bytes };
}

function checkStep(step, remainder, size) {
  if (step.toString(2).length > size) throw outOfRange('invalid options.add');
  if (remainder !== null && step <= remainder) throw outOfRange('invalid options.rem');
}

function outOfRange(message) {
  return refusal([message, 'ERR_OUT_OF_RANGE', '', '', []]);
}

function generatePrime(size, options, callback) {
  if (typeof options === 'function') [options, callback] = [{}, options];
  validateFunction(callback, 'callback');
  const { args, shape } = prepare(size, options);
  later('primeGenerate', args, shape, (error, prime) => {
    hooks.recorder?.called(callback);
    callback(error ?? undefined, prime);
  });
}

function generatePrimeSync(size, options = {}) {
  const { args, shape } = prepare(size, options);
  return shape(answer(evp().primeGenerate(...args)));
}

function prepareCheck(candidate, options) {
  const bytes = numberOf(candidate, 'candidate');
  validateObject(options, 'options');
  const { checks = 0 } = options;
  validateInt32(checks, 'options.checks', 0);
  return [bytes, checks];
}

function checkPrime(candidate, options = {}, callback = undefined) {
  if (typeof options === 'function') [options, callback] = [{}, options];
  validateFunction(callback, 'callback');
  const args = prepareCheck(candidate, options);
  later('primeCheck', args, (isPrime) => isPrime, (error, isPrime) => {
    hooks.recorder?.called(callback);
    callback(error ?? undefined, isPrime);
  });
}

function checkPrimeSync(candidate, options = {}) {
  return answer(evp().primeCheck(...prepareCheck(candidate, options)));
}

module.exports = { checkPrime, checkPrimeSync, generatePrime, generatePrimeSync };
