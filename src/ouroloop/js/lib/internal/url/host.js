'use strict';

// Hosts of URLs: from what is written to their one normal form, as a string; `null` is failure.
//
// A host is an IPv6 address in brackets, or, of a special scheme, a domain or an IPv4 address (which may be written
// as hexadecimal, octal or with fewer than four parts), or an opaque string. Only domains that are not ASCII need
// Unicode's tables and go to Python; what is punycode (`xn--`) already is taken as it is, as in Node.

const { C0_CONTROL, decode, encode } = require('internal/url/percent_encoding');

const idna = internalBinding('idna');

// eslint-disable-next-line no-control-regex
const FORBIDDEN_IN_OPAQUE_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
// eslint-disable-next-line no-control-regex
const FORBIDDEN_IN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
// eslint-disable-next-line no-control-regex
const NOT_ASCII = /[^\0-\x7f]/;
const PUNYCODE_LABEL = /(?:^|\.)xn--/;
const IPV4 = /^(?:(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/;
const LAST_LABEL_IS_NUMBER = /(?:^|\.)(?:\d+|0[xX][\da-fA-F]*)\.?$/;

/** A domain in ASCII: mapped, lower case, punycode. '' if it is no domain. */
function domainToASCII(domain) {
  return NOT_ASCII.test(domain) ? idna.toASCII(domain) : domain.toLowerCase();
}

/** A number in an IPv4 address: decimal, 0x hexadecimal or 0 octal. NaN if it is none. */
function parseIPv4Number(text) {
  if (/^0[xX][\da-fA-F]*$/.test(text)) return text.length === 2 ? 0 : Number.parseInt(text, 16);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
}

function parseIPv4(text) {
  const parts = text.split('.');
  if (parts.length > 1 && parts[parts.length - 1] === '') parts.pop();
  if (parts.length > 4) return null;
  const numbers = parts.map(parseIPv4Number);
  const last = numbers.pop();
  // Written so that NaN fails.
  if (!(last < 256 ** (4 - numbers.length)) || !numbers.every((number) => number < 256)) return null;
  const address = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function parseIPv4InIPv6(text) {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return null;
  const [, a, b, c, d] = match.map(Number);
  if (a > 255 || b > 255 || c > 255 || d > 255) return null;
  return [a * 256 + b, c * 256 + d];
}

/** The pieces of one side of '::' as 16-bit numbers; null if something is wrong. */
function parsePieces(text, mayEndInIPv4) {
  if (text === '') return [];
  const pieces = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (/^[\da-fA-F]{1,4}$/.test(group)) {
      pieces.push(Number.parseInt(group, 16));
      continue;
    }
    const address = mayEndInIPv4 && i === groups.length - 1 ? parseIPv4InIPv6(group) : null;
    if (address === null) return null;
    pieces.push(...address);
  }
  return pieces;
}

/** The eight pieces of an IPv6 address, or null. */
function parseIPv6(text) {
  const gap = text.indexOf('::');
  if (gap === -1) {
    const pieces = parsePieces(text, true);
    return pieces?.length === 8 ? pieces : null;
  }
  const before = parsePieces(text.slice(0, gap), false);
  const after = parsePieces(text.slice(gap + 2), true);
  if (before === null || after === null || before.length + after.length > 7) return null;
  return [...before, ...new Array(8 - before.length - after.length).fill(0), ...after];
}

/** Where the longest run of zeros (two at least) begins and ends; the first of equals. */
function longestZeros(pieces) {
  let best = [-1, -1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - start > Math.max(1, best[1] - best[0])) best = [start, end];
    if (end > start) start = end;
  }
  return best;
}

function serializeIPv6(pieces) {
  const [start, end] = longestZeros(pieces);
  const hex = pieces.map((piece) => piece.toString(16));
  if (start === -1) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(end).join(':')}`;
}

function parseBracketed(text) {
  if (!text.endsWith(']')) return null;
  const pieces = parseIPv6(text.slice(1, -1));
  return pieces === null ? null : `[${serializeIPv6(pieces)}]`;
}

const isPlain = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-._~') isPlain[character.charCodeAt(0)] = 1;

/** Where a host that is its own normal form ends; -1 if that cannot be told cheaply. */
function endOfPlainHost(text, start) {
  let i = start;
  let label = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || isPlain[code] === 0) break;
    if (code === 46) label = i + 1;
  }
  const first = text.charCodeAt(label);
  const mayBeNumber = label === i || (first >= 48 && first <= 57);
  return mayBeNumber && !IPV4.test(text.slice(start, i)) ? -1 : i;
}

function parseDomain(text) {
  if (endOfPlainHost(text, 0) === text.length) return text;
  const domain = domainToASCII(decode(text));
  if (domain === '' || FORBIDDEN_IN_DOMAIN.test(domain)) return null;
  return LAST_LABEL_IS_NUMBER.test(domain) ? parseIPv4(domain) : domain;
}

/** The host that `text` means, serialized. */
function parseHost(text, isSpecial) {
  if (text.charCodeAt(0) === 91) return parseBracketed(text);
  if (isSpecial) return parseDomain(text);
  return FORBIDDEN_IN_OPAQUE_HOST.test(text) ? null : encode(text, C0_CONTROL);
}

function domainToUnicode(domain) {
  return PUNYCODE_LABEL.test(domain) ? idna.toUnicode(domain) : domain;
}

module.exports = { domainToUnicode, endOfPlainHost, parseHost };
