'use strict';

// What the classes of the network convert and check as Web IDL has it, with the messages that Node's programs see.
//
// Theory of operation. A converter takes a value, the function's name for messages ("Headers.append") and the name of
// the argument, and returns the converted value or throws. Dictionaries are read member by member, in the order of
// their names, where each class needs one.

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { isObject, toUSVString } = require('internal/util');

/** A value as it stands in messages. */
function show(value) {
  if (typeof value === 'symbol') return `Symbol(${value.description})`;
  if (isObject(value)) return require('internal/util/inspect').inspect(value);
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function illegalInvocation(name) {
  const error = new ERR_INVALID_THIS(name);
  error.message = 'Illegal invocation';
  return error;
}

function requireArguments({ length }, least, context) {
  if (length >= least) return;
  const only = length === 0 ? '' : 'only ';
  throw new TypeError(`${context}: ${least} argument${least === 1 ? '' : 's'} required, but ${only}${length} found.`);
}

/** Text of characters up to U+00FF. */
function toByteString(value, context, argument) {
  if (typeof value === 'symbol') {
    throw new TypeError(`${context}: ${argument} is a symbol, which cannot be converted to a ByteString.`);
  }
  const text = `${value}`;
  const index = text.search(/[\u0100-\uffff]/);
  if (index === -1) return text;
  throw new TypeError('Cannot convert argument to a ByteString because the character at ' +
    `index ${index} has a value of ${text.charCodeAt(index)} which is greater than 255.`);
}

const toScalarString = (value) => toUSVString(`${value}`);

/** `value` as a dictionary; its members are for the caller to read. */
function toDictionary(value, context) {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw new TypeError(`${context}: Expected ${value} to be one of: Null, Undefined, Object.`);
}

function toEnumeration(value, allowed, context) {
  const text = `${value}`;
  if (allowed.includes(text)) return text;
  throw new TypeError(`${context}: ${text} is not an accepted type. Expected one of ${allowed.join(', ')}.`);
}

function requireInstance(value, Class, context, argument) {
  if (value instanceof Class) return value;
  throw new TypeError(`${context}: Expected ${argument} ("${show(value)}") to be an instance of ${Class.name}.`);
}

function requireIterable(value, context, argument) {
  if (isObject(value) && typeof value[Symbol.iterator] === 'function') return value;
  throw new TypeError(`${context}: ${argument} (${show(value)}) is not iterable.`);
}

/** An integer of 16 bits, of whatever number it was. */
const toUnsignedShort = (value) => Number(value) & 0xffff;

/** The looks of a class of the network in util.inspect: its name, and its fields at the depth that was asked for. */
function inspectFields(name, fields, depth, options) {
  options.depth ??= depth;
  const { formatWithOptions } = require('internal/util/inspect');
  return `${name} ${formatWithOptions(options, fields)}`;
}

module.exports = {
  illegalInvocation, inspectFields, requireArguments, requireInstance, requireIterable, show, toByteString,
  toDictionary, toEnumeration, toScalarString, toUnsignedShort,
};
