'use strict';

// A value as V8 writes it in its messages ("#<Promise> could not be cloned."): never runs a program's code.
//
// Accessors and proxies are not asked. A proxy shows as its target, an object by its constructor when its `toString`
// is Object's own, a long function with its middle left out.

const { isNativeError, isProxy } = require('internal/util/types');
const { typedArrayName } = require('internal/views');

const natives = internalBinding('util');

const functionToString = Function.prototype.toString;
const { toString } = Object.prototype;
const errorToString = Error.prototype.toString;

const LONGEST = 128;
const HEAD = 111;

function describeFunction(fn) {
  const source = functionToString.call(fn);
  return source.length > LONGEST ? `${source.slice(0, HEAD)}...<omitted>...${source.slice(-2)}` : source;
}

/** The value of a data property, own or inherited; undefined for anything that would run code. */
function dataProperty(object, key) {
  for (let holder = object; holder !== null && !isProxy(holder); holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

function describeError(error) {
  const name = dataProperty(error, 'name') ?? 'Error';
  const message = dataProperty(error, 'message') ?? '';
  return [name, message].filter((part) => part !== '').join(': ');
}

function builtinTag(object) {
  if (Array.isArray(object)) return 'Array';
  if (ArrayBuffer.isView(object) && !object.buffer.resizable) return typedArrayName(object) ?? 'DataView';
  return Symbol.toStringTag in object ? 'Object' : toString.call(object).slice(8, -1);
}

function describeObject(object) {
  const method = dataProperty(object, 'toString');
  if (method === errorToString || isNativeError(object)) return describeError(object);
  if (method === toString) {
    const constructor = dataProperty(object, 'constructor');
    const name = typeof constructor === 'function' ? dataProperty(constructor, 'name') : '';
    if (typeof name === 'string' && name !== '') return `#<${name}>`;
  }
  const tag = dataProperty(object, Symbol.toStringTag);
  return `[object ${typeof tag === 'string' ? tag : builtinTag(object)}]`;
}

function noSideEffectsToString(value) {
  while (isProxy(value)) [value] = natives.getProxyDetails(value);
  if (typeof value === 'function') return describeFunction(value);
  return typeof value === 'object' && value !== null ? describeObject(value) : String(value);
}

module.exports = { noSideEffectsToString };
