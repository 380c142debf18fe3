'use strict';

// Headers, and the list beneath it.
//
// Theory of operation. A HeaderList keeps one entry a name, with the name as it was first written and its values
// joined; only `set-cookie` keeps each of its values. Headers is a HeaderList that a program may touch, as far as its
// guard lets it: those of a response that came from the network, or of `Response.error()`, never change.
//
// What surprises people: names are sorted when iterated and keep their letters' case when sent. Node forbids no names
// (`host`, `cookie` …) as browsers do.

const { customInspectSymbol, isObject } = require('internal/util');
const { isProxy } = require('internal/util/types');
const { _checkIsHttpToken: isToken } = require('_http_common');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { defineIteration } = require('internal/fetch/iterator');
const {
  illegalInvocation, inspectFields, requireArguments, requireIterable, toByteString,
} = require('internal/fetch/webidl');

const NOT_CONVERTED = 'Headers constructor: Argument 1 could not be converted to one of: ' +
  'sequence<sequence<ByteString>>, record<ByteString, ByteString>.';

class HeaderList {
  #entries = new Map(); // the name in lower case: [the name, the value]
  #cookies = [];
  #sorted = null;

  static copyOf(list) {
    const copy = new HeaderList();
    copy.#entries = new Map(Array.from(list.#entries, ([key, entry]) => [key, [...entry]]));
    copy.#cookies = [...list.#cookies];
    return copy;
  }

  append(name, value) {
    this.#sorted = null;
    const key = name.toLowerCase();
    if (key === 'set-cookie') this.#cookies.push(value);
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, [name, value]);
    else entry[1] += `${key === 'cookie' ? '; ' : ', '}${value}`;
  }

  set(name, value) {
    this.#sorted = null;
    const key = name.toLowerCase();
    if (key === 'set-cookie') this.#cookies = [value];
    this.#entries.set(key, [name, value]);
  }

  delete(name) {
    const key = name.toLowerCase();
    this.#sorted = null;
    if (key === 'set-cookie') this.#cookies = [];
    this.#entries.delete(key);
  }

  has(name) {
    return this.#entries.has(name.toLowerCase());
  }

  get(name) {
    return this.#entries.get(name.toLowerCase())?.[1] ?? null;
  }

  clear() {
    this.#entries.clear();
    this.#cookies = [];
    this.#sorted = null;
  }

  get cookies() {
    return this.#cookies;
  }

  /** `[name, value]` as the names were written; cookies one by one. */
  * written() {
    for (const [key, [name, value]] of this.#entries) {
      if (key !== 'set-cookie') yield [name, value];
      else for (const cookie of this.#cookies) yield [name, cookie];
    }
  }

  /** `{ name: value }`, for util.inspect. */
  toObject() {
    return Object.fromEntries(this.#entries.values());
  }

  /** `[name in lower case, value]`, sorted; cookies one by one. */
  get sorted() {
    return this.#sorted ??= this.#sort();
  }

  #sort() {
    const pairs = [];
    for (const key of [...this.#entries.keys()].sort()) {
      if (key !== 'set-cookie') pairs.push([key, this.#entries.get(key)[1]]);
      else for (const cookie of this.#cookies) pairs.push([key, cookie]);
    }
    return pairs;
  }
}

const trimmed = (value) => value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');

const isHeaderValue = (value) => !/[\0\n\r]/.test(value);

function invalidHeader(method, text, kind) {
  return new TypeError(`Headers.${method}: "${text}" is an invalid header ${kind}.`);
}

function checkName(name, method) {
  if (!isToken(name)) throw invalidHeader(method, name, 'name');
}

/** The members of a record: own keys, those of no proxy also when they are not enumerable. */
function recordOf(init) {
  const context = 'Headers constructor';
  const pairs = [];
  for (const key of Reflect.ownKeys(init)) {
    if (isProxy(init) && !Reflect.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    const name = toByteString(key, context, `Key ${String(key)} in init`);
    pairs.push([name, toByteString(init[key], context, `init["${name}"]`)]);
  }
  return pairs;
}

function sequenceOf(init) {
  const context = 'Headers constructor';
  const pairs = [];
  let index = 0;
  for (const each of init) {
    const argument = `init[${index++}]`;
    const pair = [];
    for (const item of requireIterable(each, context, argument)) {
      pair.push(toByteString(item, context, `${argument}[${pair.length}]`));
    }
    pairs.push(pair);
  }
  for (const { length } of pairs) {
    if (length !== 2) throw new TypeError(`${context}: expected name/value pair to be length 2, found ${length}.`);
  }
  return pairs;
}

let listOf;
let guardOf;
let make;
let fill;

class Headers {
  #list;
  #guard = 'none';

  static {
    listOf = (headers) => (isObject(headers) && #list in headers ? headers.#list : undefined);
    guardOf = (headers) => headers.#guard;
    make = (list, guard) => {
      const headers = new Headers();
      headers.#list = list;
      headers.#guard = guard;
      return headers;
    };
    fill = (headers, init) => {
      headers.#fill(init);
    };
  }

  constructor(init = undefined) {
    this.#list = new HeaderList();
    if (init !== undefined) this.#fill(init);
  }

  #fill(init) {
    if (!isObject(init)) throw new TypeError(NOT_CONVERTED);
    const { [Symbol.iterator]: iterator } = init;
    if (listOf(init) !== undefined && iterator === Headers.prototype[Symbol.iterator]) {
      for (const [name, value] of listOf(init).written()) this.#append(name, value);
      return;
    }
    const pairs = typeof iterator === 'function' ? sequenceOf(init) : recordOf(init);
    for (const [name, value] of pairs) this.#append(name, value);
  }

  #append(name, value) {
    value = trimmed(value);
    checkName(name, 'append');
    if (!isHeaderValue(value)) throw invalidHeader('append', value, 'value');
    this.#requireMutable();
    this.#list.append(name, value);
  }

  #requireMutable() {
    if (this.#guard === 'immutable') throw new TypeError('immutable');
  }

  static #check(value) {
    if (listOf(value) === undefined) throw illegalInvocation('Headers');
  }

  append(name, value) {
    Headers.#check(this);
    requireArguments(arguments, 2, 'Headers.append');
    name = toByteString(name, 'Headers.append', 'name');
    value = toByteString(value, 'Headers.append', 'value');
    this.#append(name, value);
  }

  delete(name) {
    Headers.#check(this);
    requireArguments(arguments, 1, 'Headers.delete');
    name = toByteString(name, 'Headers.delete', 'name');
    checkName(name, 'delete');
    this.#requireMutable();
    this.#list.delete(name);
  }

  get(name) {
    Headers.#check(this);
    requireArguments(arguments, 1, 'Headers.get');
    name = toByteString(name, 'Headers.get', 'name');
    checkName(name, 'get');
    return this.#list.get(name);
  }

  has(name) {
    Headers.#check(this);
    requireArguments(arguments, 1, 'Headers.has');
    name = toByteString(name, 'Headers.has', 'name');
    checkName(name, 'has');
    return this.#list.has(name);
  }

  set(name, value) {
    Headers.#check(this);
    requireArguments(arguments, 2, 'Headers.set');
    name = toByteString(name, 'Headers.set', 'name');
    value = trimmed(toByteString(value, 'Headers.set', 'value'));
    checkName(name, 'set');
    if (!isHeaderValue(value)) throw invalidHeader('set', value, 'value');
    this.#requireMutable();
    this.#list.set(name, value);
  }

  getSetCookie() {
    Headers.#check(this);
    return [...this.#list.cookies];
  }

  [customInspectSymbol](depth, options) {
    return inspectFields('Headers', this.#list.toObject(), depth, options);
  }
}

defineEnumerable(Headers, 'append', 'delete', 'get', 'has', 'set', 'getSetCookie');
defineIteration(Headers, (headers) => {
  const list = listOf(headers);
  if (list === undefined) throw illegalInvocation('Headers');
  return list.sorted;
});
defineTag(Headers);
defineTransferMode(Headers, NEITHER, (value) => listOf(value) !== undefined);

module.exports = { HeaderList, Headers, fillHeaders: fill, guardOf, headerListOf: listOf, makeHeaders: make };
