'use strict';

// Percent-encoding as the URL standard has it: which characters are encoded depends on the part of the URL.
//
// Theory of operation. Each percent-encode set is a bit; a table has for every ASCII character the sets it is in.
// What is not ASCII is in all of them. Strings must be well-formed. Most need nothing and come back as they are.

const C0_CONTROL = 1;
const FRAGMENT = 2;
const QUERY = 4;
const SPECIAL_QUERY = 8;
const PATH = 16;
const USERINFO = 32;
const FORM = 64;

const sets = new Uint8Array(128);
/** The encoding of each byte. */
const encoded = Array.from({ length: 256 }, (_, code) => `%${code.toString(16).toUpperCase().padStart(2, '0')}`);

function put(characters, bits) {
  for (const character of characters) sets[character.charCodeAt(0)] |= bits;
}

for (let code = 0; code < 128; code++) {
  if (code < 32 || code === 127) sets[code] = C0_CONTROL | FRAGMENT | QUERY | SPECIAL_QUERY | PATH | USERINFO;
  if (!/[\w*.-]/.test(String.fromCharCode(code))) sets[code] |= FORM;
}
put(' "<>`', FRAGMENT);
put(' "#<>', QUERY | SPECIAL_QUERY | PATH | USERINFO);
put("'", SPECIAL_QUERY);
put('?^`{}', PATH | USERINFO);
put('/:;=@[\\]|', USERINFO);

function firstToEncode(text, set) {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || (sets[code] & set) !== 0) return i;
  }
  return -1;
}

/** The UTF-8 of a character that is not ASCII, percent-encoded. */
function encodeCharacter(point) {
  if (point < 0x800) return encoded[0xC0 | (point >> 6)] + encoded[0x80 | (point & 63)];
  const end = encoded[0x80 | ((point >> 6) & 63)] + encoded[0x80 | (point & 63)];
  if (point < 0x10000) return encoded[0xE0 | (point >> 12)] + end;
  return encoded[0xF0 | (point >> 18)] + encoded[0x80 | ((point >> 12) & 63)] + end;
}

/** `text` with the characters of `set` percent-encoded. */
function encode(text, set) {
  const first = firstToEncode(text, set);
  if (first === -1) return text;
  let result = '';
  let start = 0;
  for (let i = first; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128 && (sets[code] & set) === 0) continue;
    result += text.slice(start, i);
    if (code < 128) {
      result += encoded[code];
    } else {
      const point = text.codePointAt(i);
      result += encodeCharacter(point);
      if (point > 0xFFFF) i++;
    }
    start = i + 1;
  }
  return result + text.slice(start);
}

/** `text` as application/x-www-form-urlencoded. */
function encodeForm(text) {
  const result = encode(text, FORM);
  return result === text ? text : result.replaceAll('%20', '+');
}

function hexValue(code) {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The bytes of `bytes` with every well-formed %XX replaced by its byte. */
function decodeBytes(bytes) {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = bytes[i] === 37 ? hexValue(bytes[i + 1]) : -1;
    const low = high === -1 ? -1 : hexValue(bytes[i + 2]);
    if (low === -1) {
      result[length++] = bytes[i];
    } else {
      result[length++] = high * 16 + low;
      i += 2;
    }
  }
  return result.subarray(0, length);
}

/** `text` percent-decoded; what is malformed stays, bytes that are not UTF-8 become U+FFFD. */
function decode(text) {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    const { TextDecoder, TextEncoder } = require('internal/encoding');
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return decoder.decode(decodeBytes(new TextEncoder().encode(text)));
  }
}

module.exports = {
  C0_CONTROL, FRAGMENT, QUERY, SPECIAL_QUERY, PATH, USERINFO, sets, encode, encodeForm, decode, decodeBytes,
};
