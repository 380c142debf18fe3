'use strict';
// MIMEType and MIMEParams: MIME types as the WHATWG MIME Sniffing standard (section 4) parses and writes them.
// Broken parameters are passed over, only a broken type or subtype is an error. A parameter that stands twice counts
// the first time. Setting, unlike parsing, rejects what could not be written.

const { codes: { ERR_INVALID_MIME_SYNTAX } } = require('internal/errors');

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
const NOT_QUOTED_STRING = /[^\t\u0020-~\u0080-\u00FF]/;
const WHITESPACE_AT_START = /^[\t\n\r ]*/;
const WHITESPACE_AT_END = /[\t\n\r ]*$/;
const QUOTED_STRING = /"(?:[^"\\]|\\[^])*(?:"|\\?$)/y;

const trimEnd = (text) => text.replace(WHITESPACE_AT_END, '');

/** Node lower-cases ASCII only: U+212A KELVIN SIGN must not become `k`. */
const asciiLowerCase = (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Throws if `text` is no token. `whole` is what the message shows. */
function requireToken(text, what, whole = text) {
  const index = text.search(NOT_TOKEN);
  if (text === '' || index !== -1) throw new ERR_INVALID_MIME_SYNTAX(what, whole, index);
}

function parseEssence(text) {
  const start = WHITESPACE_AT_START.exec(text)[0].length;
  const slash = text.indexOf('/', start);
  if (slash === -1) throw new ERR_INVALID_MIME_SYNTAX('type', text, -1);
  const type = text.slice(start, slash);
  requireToken(type, 'type', text);
  const semicolon = text.indexOf(';', slash);
  const end = semicolon === -1 ? text.length : semicolon;
  const subtype = trimEnd(text.slice(slash + 1, end));
  requireToken(subtype, 'subtype', text);
  return { type: asciiLowerCase(type), subtype: asciiLowerCase(subtype), rest: text.slice(end + 1) };
}

/** The content of the quoted string at `position`, and where it ends. */
function readQuoted(text, position) {
  QUOTED_STRING.lastIndex = position;
  const [source] = QUOTED_STRING.exec(text);
  const isClosed = source.length > 1 && /^"(?:[^"\\]|\\[^])*"$/.test(source);
  const content = source.slice(1, isClosed ? -1 : undefined);
  return { value: content.replace(/\\([^])/g, '$1'), end: position + source.length };
}

function quoteIfNeeded(value) {
  if (value !== '' && !NOT_TOKEN.test(value)) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function defineAlias(prototype, alias, method) {
  Object.defineProperty(prototype, alias, {
    __proto__: null, configurable: true, value: prototype[method], writable: true,
  });
}

class MIMEParams {
  #parameters = new Map();
  // Text that is not yet parsed: most programs never look at parameters.
  #pending = null;

  static parsing(text) {
    const params = new MIMEParams();
    params.#pending = text;
    return params;
  }

  get #map() {
    if (this.#pending !== null) {
      const text = this.#pending;
      this.#pending = null;
      this.#parse(text);
    }
    return this.#parameters;
  }

  #parse(text) {
    for (let position = 0; position < text.length;) {
      position += WHITESPACE_AT_START.exec(text.slice(position))[0].length;
      const nameEnd = position + text.slice(position).search(/[;=]|$/);
      const name = asciiLowerCase(text.slice(position, nameEnd));
      position = nameEnd + 1;
      if (text[nameEnd] !== '=') continue;
      let value;
      if (text[position] === '"') {
        const quoted = readQuoted(text, position);
        ({ value } = quoted);
        const semicolon = text.indexOf(';', quoted.end);
        position = semicolon === -1 ? text.length : semicolon + 1;
      } else {
        const semicolon = text.indexOf(';', position);
        const end = semicolon === -1 ? text.length : semicolon;
        value = trimEnd(text.slice(position, end));
        position = end + 1;
        if (value === '') continue;
      }
      const isGood = name !== '' && !NOT_TOKEN.test(name) && !NOT_QUOTED_STRING.test(value);
      if (isGood && !this.#parameters.has(name)) this.#parameters.set(name, value);
    }
  }

  delete(name) {
    this.#map.delete(asciiLowerCase(`${name}`));
  }

  get(name) {
    return this.#map.get(asciiLowerCase(`${name}`)) ?? null;
  }

  has(name) {
    return this.#map.has(asciiLowerCase(`${name}`));
  }

  set(name, value) {
    const map = this.#map;
    name = `${name}`;
    value = `${value}`;
    requireToken(name, 'parameter name');
    const index = value.search(NOT_QUOTED_STRING);
    if (index !== -1) throw new ERR_INVALID_MIME_SYNTAX('parameter value', value, index);
    map.set(asciiLowerCase(name), value);
  }

  *entries() {
    yield* this.#map.entries();
  }

  *keys() {
    yield* this.#map.keys();
  }

  *values() {
    yield* this.#map.values();
  }

  toString() {
    return Array.from(this.#map, ([name, value]) => `${name}=${quoteIfNeeded(value)}`).join(';');
  }
}

const { parsing } = MIMEParams;
delete MIMEParams.parsing;
defineAlias(MIMEParams.prototype, Symbol.iterator, 'entries');
defineAlias(MIMEParams.prototype, 'toJSON', 'toString');

class MIMEType {
  #type;
  #subtype;
  #params;

  constructor(string) {
    const { type, subtype, rest } = parseEssence(`${string}`);
    this.#type = type;
    this.#subtype = subtype;
    this.#params = parsing(rest);
  }

  /** The type that `string` stands for, null if it stands for none. */
  static parse(string) {
    try {
      return new MIMEType(string);
    } catch (error) {
      if (error.code === 'ERR_INVALID_MIME_SYNTAX') return null;
      throw error;
    }
  }

  get type() {
    return this.#type;
  }

  set type(value) {
    value = `${value}`;
    requireToken(value, 'type');
    this.#type = asciiLowerCase(value);
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(value) {
    value = `${value}`;
    requireToken(value, 'subtype');
    this.#subtype = asciiLowerCase(value);
  }

  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }

  get params() {
    return this.#params;
  }

  toString() {
    const params = this.#params.toString();
    return params === '' ? this.essence : `${this.essence};${params}`;
  }
}
defineAlias(MIMEType.prototype, 'toJSON', 'toString');

module.exports = { MIMEParams, MIMEType };
