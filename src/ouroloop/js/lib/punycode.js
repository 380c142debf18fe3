'use strict';

// Punycode (RFC 3492): Unicode in the few characters that a domain may have. Deprecated; `URL` and
// `url.domainToASCII` do what is wanted, with the mapping and the checks that this lacks.
//
// Theory of operation. The basic (ASCII) characters come first, literally; then follow numbers, each saying how far
// on to insert the next character. A number is written in a base that adapts itself to those before it, so that most
// take few digits.

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const DELIMITER = '-';
const MAX_INT = 0x7FFFFFFF;

const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';
// eslint-disable-next-line no-control-regex
const NOT_ASCII = /[^\0-\x7f]/;
const SEPARATORS = /[\x2E\u3002\uFF0E\uFF61]/g;

const OVERFLOW = 'Overflow: input needs wider integers to process';
const NOT_BASIC = 'Illegal input >= 0x80 (not a basic code point)';
const INVALID = 'Invalid input';

/** The code points of a string; a lone surrogate is one. */
function ucs2decode(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

function ucs2encode(points) {
  return String.fromCodePoint(...points);
}

function digitOf(code) {
  const value = DIGITS.indexOf(String.fromCharCode(code).toLowerCase());
  return value === -1 ? BASE : value;
}

function adapt(delta, count, isFirst) {
  delta = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > (BASE - T_MIN) * T_MAX >> 1; k += BASE) delta = Math.floor(delta / (BASE - T_MIN));
  return Math.floor(k + (BASE - T_MIN + 1) * delta / (delta + SKEW));
}

const threshold = (k, bias) => Math.min(Math.max(k - bias, T_MIN), T_MAX);

function decode(input) {
  const lastDelimiter = Math.max(input.lastIndexOf(DELIMITER), 0);
  if (NOT_ASCII.test(input.slice(0, lastDelimiter))) throw new RangeError(NOT_BASIC);
  const output = ucs2decode(input.slice(0, lastDelimiter));
  let n = INITIAL_N;
  let i = 0;
  let bias = INITIAL_BIAS;
  for (let index = lastDelimiter > 0 ? lastDelimiter + 1 : 0; index < input.length;) {
    const previous = i;
    for (let weight = 1, k = BASE; ; k += BASE) {
      if (index >= input.length) throw new RangeError(INVALID);
      const digit = digitOf(input.charCodeAt(index++));
      if (digit >= BASE) throw new RangeError(INVALID);
      if (digit > Math.floor((MAX_INT - i) / weight)) throw new RangeError(OVERFLOW);
      i += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      if (weight > Math.floor(MAX_INT / (BASE - t))) throw new RangeError(OVERFLOW);
      weight *= BASE - t;
    }
    const count = output.length + 1;
    bias = adapt(i - previous, count, previous === 0);
    if (Math.floor(i / count) > MAX_INT - n) throw new RangeError(OVERFLOW);
    n += Math.floor(i / count);
    i %= count;
    output.splice(i++, 0, n);
  }
  return ucs2encode(output);
}

function encodeNumber(value, bias) {
  let text = '';
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias);
    if (value < t) return text + DIGITS[value];
    text += DIGITS[t + (value - t) % (BASE - t)];
    value = Math.floor((value - t) / (BASE - t));
  }
}

function encode(input) {
  const points = ucs2decode(input);
  const basic = points.filter((point) => point < INITIAL_N);
  let output = ucs2encode(basic);
  if (basic.length > 0) output += DELIMITER;
  let n = INITIAL_N;
  let delta = 0;
  let bias = INITIAL_BIAS;
  for (let handled = basic.length; handled < points.length; delta++, n++) {
    const next = points.reduce((least, point) => (point >= n && point < least ? point : least), MAX_INT);
    if (next - n > Math.floor((MAX_INT - delta) / (handled + 1))) throw new RangeError(OVERFLOW);
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n && ++delta > MAX_INT) throw new RangeError(OVERFLOW);
      if (point !== n) continue;
      output += encodeNumber(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
  }
  return output;
}

/** Each label of a domain, or of what follows the @ of an e-mail address. */
function mapDomain(text, mapLabel) {
  const at = text.indexOf('@');
  const name = at === -1 ? '' : text.slice(0, at + 1);
  const [domain] = at === -1 ? [text] : text.slice(at + 1).split('@');
  return name + domain.replace(SEPARATORS, '.').split('.').map(mapLabel).join('.');
}

function toUnicode(input) {
  return mapDomain(input, (label) => (label.startsWith('xn--') ? decode(label.slice(4).toLowerCase()) : label));
}

function toASCII(input) {
  return mapDomain(input, (label) => (NOT_ASCII.test(label) ? `xn--${encode(label)}` : label));
}

module.exports = {
  version: '2.1.0',
  ucs2: { decode: ucs2decode, encode: ucs2encode },
  decode,
  encode,
  toASCII,
  toUnicode,
};
