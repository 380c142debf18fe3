'use strict';

// URLSearchParams: the query of an URL as a list of names and values, or such a list on its own.
//
// Theory of operation. The list is flat: name, value, name, value. Params that belong to an URL tell it of each change
// (`#changed`); the URL writes its query again when it is next read.

const { codes: {
  ERR_ARG_NOT_ITERABLE, ERR_INVALID_THIS, ERR_INVALID_TUPLE, ERR_MISSING_ARGS,
} } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { customInspectSymbol, isObject, removeColors, toUSVString } = require('internal/util');
const { decode, encodeForm } = require('internal/url/percent_encoding');

const inspect = (value, options) => require('internal/util/inspect').inspect(value, options);

function decodeForm(text) {
  return decode(text.includes('+') ? text.replaceAll('+', ' ') : text);
}

/** @returns {string[]} names and values in turn, of application/x-www-form-urlencoded text */
function parseForm(text) {
  const list = [];
  const { length } = text;
  const isEncoded = text.includes('%') || text.includes('+');
  let equals = -1;
  for (let start = 0, end; start < length; start = end + 1) {
    end = text.indexOf('&', start);
    if (end === -1) end = length;
    if (end === start) continue;
    if (equals < start) {
      equals = text.indexOf('=', start);
      if (equals === -1) equals = length;
    }
    const isPair = equals < end;
    const name = text.slice(start, isPair ? equals : end);
    const value = isPair ? text.slice(equals + 1, end) : '';
    if (isEncoded) list.push(decodeForm(name), decodeForm(value));
    else list.push(name, value);
  }
  return list;
}

function serializeForm(list) {
  let text = '';
  for (let i = 0; i < list.length; i += 2) {
    text += `${i === 0 ? '' : '&'}${encodeForm(list[i])}=${encodeForm(list[i + 1])}`;
  }
  return text;
}

function listOfPairs(pairs) {
  const list = [];
  for (const pair of pairs) {
    if (!isObject(pair) || typeof pair[Symbol.iterator] !== 'function') throw invalidTuple();
    const items = Array.from(pair, toUSVString);
    if (items.length !== 2) throw invalidTuple();
    list.push(...items);
  }
  return list;
}

function invalidTuple() {
  return new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
}

function listOfRecord(record) {
  const list = [];
  let isWellFormed = true;
  for (const key of Reflect.ownKeys(record)) {
    if (!Object.prototype.propertyIsEnumerable.call(record, key)) continue;
    const name = toUSVString(key);
    if (name !== key) isWellFormed = false;
    list.push(name, toUSVString(record[key]));
  }
  return isWellFormed ? list : withoutDuplicates(list);
}

/** Of keys that became equal when they were made well-formed, the first one's place and the last one's value count. */
function withoutDuplicates(list) {
  const values = new Map();
  for (let i = 0; i < list.length; i += 2) values.set(list[i], list[i + 1]);
  return [...values].flat();
}

/** `items` between braces: in one line if they fit. */
function block(head, items, separator, breakLength) {
  const length = items.reduce((sum, item) => sum + removeColors(item).length + separator.length, -separator.length);
  if (length > breakLength) return `${head} {\n  ${items.join(`,\n  `)} }`;
  return `${head} { ${items.join(separator)} }`;
}

function innerOptions(recurseTimes, options) {
  return recurseTimes === null ? { ...options } : { ...options, depth: recurseTimes - 1 };
}

let attach;
let setQuery;

class URLSearchParams {
  #list;
  #changed = null;

  static {
    attach = (params, changed) => {
      params.#changed = changed;
    };
    setQuery = (params, query) => {
      params.#list = parseForm(query);
    };
  }

  constructor(init = undefined) {
    if (init === undefined) this.#list = [];
    else if (isObject(init)) this.#list = URLSearchParams.#listOf(init);
    else this.#list = URLSearchParams.#listOfText(toUSVString(init));
  }

  static #listOfText(text) {
    return parseForm(text.charCodeAt(0) === 63 ? text.slice(1) : text);
  }

  static #listOf(init) {
    const method = init[Symbol.iterator];
    if (#list in init && method === URLSearchParams.prototype.entries) return init.#list.slice();
    if (method === undefined || method === null) return listOfRecord(init);
    if (typeof method !== 'function') throw new ERR_ARG_NOT_ITERABLE('Query pairs');
    return listOfPairs(init);
  }

  static #check(params, given, ...names) {
    if (!isObject(params) || !(#list in params)) throw new ERR_INVALID_THIS('URLSearchParams');
    if (given < names.length) throw new ERR_MISSING_ARGS(...names);
  }

  get size() {
    URLSearchParams.#check(this);
    return this.#list.length / 2;
  }

  append(name, value) {
    URLSearchParams.#check(this, arguments.length, 'name', 'value');
    this.#list.push(toUSVString(name), toUSVString(value));
    this.#changed?.();
  }

  delete(name, value = undefined) {
    URLSearchParams.#check(this, arguments.length, 'name');
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    this.#keep((eachName, eachValue) => eachName !== name || (value !== undefined && eachValue !== value));
    this.#changed?.();
  }

  /** Remove the pairs that `test` does not want, in place: iterators go on. */
  #keep(test) {
    const list = this.#list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (!test(list[i], list[i + 1])) continue;
      list[kept] = list[i];
      list[kept + 1] = list[i + 1];
      kept += 2;
    }
    list.length = kept;
  }

  #indexOf(name) {
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) return i;
    }
    return -1;
  }

  get(name) {
    URLSearchParams.#check(this, arguments.length, 'name');
    const index = this.#indexOf(toUSVString(name));
    return index === -1 ? null : this.#list[index + 1];
  }

  getAll(name) {
    URLSearchParams.#check(this, arguments.length, 'name');
    name = toUSVString(name);
    const list = this.#list;
    const values = [];
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) values.push(list[i + 1]);
    }
    return values;
  }

  has(name, value = undefined) {
    URLSearchParams.#check(this, arguments.length, 'name');
    if (value === undefined) return this.#indexOf(toUSVString(name)) !== -1;
    return this.getAll(name).includes(toUSVString(value));
  }

  set(name, value) {
    URLSearchParams.#check(this, arguments.length, 'name', 'value');
    name = toUSVString(name);
    value = toUSVString(value);
    const index = this.#indexOf(name);
    if (index === -1) {
      this.#list.push(name, value);
    } else {
      this.#list[index + 1] = value;
      let isFirst = true;
      this.#keep((eachName) => eachName !== name || (isFirst && !(isFirst = false)));
    }
    this.#changed?.();
  }

  /** By name, in the order of UTF-16 code units; pairs of one name stay in their order. */
  sort() {
    URLSearchParams.#check(this);
    const list = this.#list;
    const pairs = [];
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
    pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    for (const [i, [name, value]] of pairs.entries()) {
      list[2 * i] = name;
      list[2 * i + 1] = value;
    }
    this.#changed?.();
  }

  entries() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'entries');
  }

  forEach(callback, thisArg = undefined) {
    URLSearchParams.#check(this);
    validateFunction(callback, 'callback');
    for (let i = 0; i < this.#list.length; i += 2) {
      Reflect.apply(callback, thisArg, [this.#list[i + 1], this.#list[i], this]);
    }
  }

  keys() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'keys');
  }

  values() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(() => this.#list, 'values');
  }

  toString() {
    URLSearchParams.#check(this);
    return serializeForm(this.#list);
  }

  [customInspectSymbol](recurseTimes, options) {
    URLSearchParams.#check(this);
    if (typeof recurseTimes === 'number' && recurseTimes < 0) return options.stylize('[Object]', 'special');
    const list = this.#list;
    const { name } = this.constructor;
    if (list.length === 0) return `${name} {}`;
    const inner = innerOptions(recurseTimes, options);
    const shown = [];
    for (let i = 0; i < list.length; i += 2) shown.push(`${inspect(list[i], inner)} => ${inspect(list[i + 1], inner)}`);
    return block(name, shown, ', ', options.breakLength);
  }
}

function enumerable(target, names) {
  for (const name of names) Object.defineProperty(target, name, { __proto__: null, enumerable: true });
}

enumerable(URLSearchParams.prototype, [
  'size', 'append', 'delete', 'get', 'getAll', 'has', 'set', 'sort', 'entries', 'forEach', 'keys', 'values', 'toString',
]);
Object.defineProperties(URLSearchParams.prototype, {
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'URLSearchParams' },
  [Symbol.iterator]: {
    __proto__: null, configurable: true, writable: true, value: URLSearchParams.prototype.entries,
  },
});

class URLSearchParamsIterator {
  #getList;
  #kind;
  #index = 0;

  constructor(getList, kind) {
    this.#getList = getList;
    this.#kind = kind;
  }

  #at(list, index) {
    if (this.#kind === 'keys') return list[index];
    return this.#kind === 'values' ? list[index + 1] : [list[index], list[index + 1]];
  }

  next() {
    if (!isObject(this) || !(#kind in this)) throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    const list = this.#getList();
    const index = this.#index;
    if (index >= list.length) return { value: undefined, done: true };
    this.#index += 2;
    return { value: this.#at(list, index), done: false };
  }

  [customInspectSymbol](recurseTimes, options) {
    if (!isObject(this) || !(#kind in this)) throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    if (typeof recurseTimes === 'number' && recurseTimes < 0) return options.stylize('[Object]', 'special');
    const inner = innerOptions(recurseTimes, options);
    const list = this.#getList();
    const shown = [];
    for (let i = this.#index; i < list.length; i += 2) shown.push(inspect(this.#at(list, i), inner));
    return block(this[Symbol.toStringTag], shown, ', ', options.breakLength);
  }
}

// As Web IDL wants its iterators: no class of their own to be seen.
delete URLSearchParamsIterator.prototype.constructor;
Object.setPrototypeOf(URLSearchParamsIterator.prototype,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
enumerable(URLSearchParamsIterator.prototype, ['next']);
Object.defineProperty(URLSearchParamsIterator.prototype, Symbol.toStringTag,
  { __proto__: null, configurable: true, value: 'URLSearchParams Iterator' });

module.exports = { URLSearchParams, attach, enumerable, setQuery };
