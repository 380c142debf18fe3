'use strict';

// Query strings to objects and back.
//
// What surprises people: this is not URLSearchParams. Parsing gives an object without prototype, in which a name that
// comes twice has an array; what cannot be decoded is kept rather than refused; stringifying leaves out nothing, but
// an object or function as a value becomes ''. `parse` and `stringify` call `unescape` and `escape` as they are on
// the module, so that a program can replace them.

const { codes: { ERR_INVALID_URI } } = require('internal/errors');

const IS_ENCODED = /%[\da-f]{2}/i;
// What `escape` leaves as it is.
const isUnescaped = new Uint8Array(128);
for (let code = 0; code < 128; code++) isUnescaped[code] = Number(/[\w!'()*.~-]/.test(String.fromCharCode(code)));

function needsEscape(text) {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || isUnescaped[code] === 0) return true;
  }
  return false;
}

function qsEscape(text) {
  if (typeof text !== 'string') text = typeof text === 'object' ? String(text) : `${text}`;
  if (!needsEscape(text)) return text;
  return encodeURIComponent(text.isWellFormed() ? text : withPairedSurrogates(text));
}

/** Any surrogate makes a pair with whatever follows it, as it always has here. */
function withPairedSurrogates(text) {
  return text.replace(/([\ud800-\udfff])([^]?)/g, (_, first, second) => {
    if (second === '') throw new ERR_INVALID_URI();
    return String.fromCodePoint(0x10000 + (((first.charCodeAt(0) & 0x3FF) << 10) | (second.charCodeAt(0) & 0x3FF)));
  });
}

/** The bytes of `text`, one for a character, with %XX decoded. */
function unescapeBuffer(text, decodeSpaces) {
  const { Buffer } = require('buffer');
  const { decodeBytes } = require('internal/url/percent_encoding');
  const bytes = Buffer.from(decodeSpaces ? text.replaceAll('+', ' ') : text, 'latin1');
  return Buffer.from(decodeBytes(bytes));
}

function qsUnescape(text, decodeSpaces) {
  try {
    return decodeURIComponent(text);
  } catch {
    return querystring.unescapeBuffer(text, decodeSpaces).toString();
  }
}

// ---- stringify ----

function stringify(obj, sep, eq, options) {
  if (obj === null || typeof obj !== 'object') return '';
  sep ||= '&';
  eq ||= '=';
  const encode = typeof options?.encodeURIComponent === 'function' ? options.encodeURIComponent : querystring.escape;
  let fields = '';
  for (const key of Object.keys(obj)) {
    const value = obj[key];
    const head = encode(key) + eq;
    if (!Array.isArray(value)) {
      fields += (fields === '' ? '' : sep) + head + encodedValue(value, encode);
      continue;
    }
    for (let i = 0; i < value.length; i++) {
      fields += (fields === '' ? '' : sep) + head + encodedValue(value[i], encode);
    }
  }
  return fields;
}

function encodedValue(value, encode) {
  switch (typeof value) {
    case 'string':
      return encode(value);
    case 'number':
      return Number.isFinite(value) ? encode(`${value}`) : '';
    case 'bigint':
      return encode(`${value}`);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return '';
  }
}

// ---- parse ----

function add(obj, name, value) {
  const current = obj[name];
  if (current === undefined) obj[name] = value;
  else if (Array.isArray(current)) current.push(value);
  else obj[name] = [current, value];
}

/** The function that decodes a name or value in `qs`, if there is something to decode. */
function decoderOf(options, qs) {
  const given = options?.decodeURIComponent;
  const decode = typeof given === 'function' ? given : querystring.unescape;
  const isOwn = decode === qsUnescape;
  if (isOwn && !qs.includes('%')) return qs.includes('+') ? withSpaces : asIs;
  return (text) => {
    text = withSpaces(text);
    return isOwn && !IS_ENCODED.test(text) ? text : decoded(text, decode);
  };
}

const asIs = (text) => text;
const withSpaces = (text) => (text.includes('+') ? text.replaceAll('+', ' ') : text);

function decoded(text, decode) {
  try {
    return decode(text);
  } catch {
    return querystring.unescape(text, true);
  }
}

function limitOf(options) {
  const maxKeys = options?.maxKeys;
  if (typeof maxKeys !== 'number') return 1000;
  return maxKeys > 0 ? maxKeys : Infinity;
}

function parse(qs, sep, eq, options) {
  const obj = { __proto__: null };
  if (typeof qs !== 'string' || qs.length === 0) return obj;
  sep = sep ? `${sep}` : '&';
  eq = eq ? `${eq}` : '=';
  const decode = decoderOf(options, qs);
  let left = limitOf(options);
  let equals = -1;
  for (let start = 0; start < qs.length && left > 0; left--) {
    let end = sep === '' ? -1 : qs.indexOf(sep, start);
    if (end === -1) end = qs.length;
    const field = start;
    start = end + sep.length;
    if (field === end) continue;
    if (equals < field) equals = qs.indexOf(eq, field);
    if (equals === -1) equals = qs.length;
    if (equals >= end) add(obj, decode(qs.slice(field, end)), '');
    else add(obj, decode(qs.slice(field, equals)), decode(qs.slice(equals + eq.length, end)));
  }
  return obj;
}

const querystring = module.exports = {
  unescapeBuffer,
  unescape: qsUnescape,
  escape: qsEscape,
  stringify,
  encode: stringify,
  parse,
  decode: parse,
};
