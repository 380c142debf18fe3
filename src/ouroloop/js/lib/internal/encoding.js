'use strict';

// TextEncoder and TextDecoder (WHATWG Encoding Standard).
//
// A TextDecoder finds the encoding by its label and has a decoder of its own, from `internal/encoding/`, which keeps
// what a chunk leaves open; the byte order mark is taken off here. Only UTF-8 is encoded.

const {
  codes: {
    ERR_ENCODING_INVALID_ENCODED_DATA,
    ERR_ENCODING_NOT_SUPPORTED,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_THIS,
  },
} = require('internal/errors');
const {
  kValidateObjectAllowObjectsAndNull, validateObject, validateString,
} = require('internal/validators');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');
const { isAnyArrayBuffer, isUint8Array } = require('internal/util/types');
const strings = require('internal/buffer/strings');
const { Utf16BigEndianDecoder, Utf16Decoder, Utf8Decoder } = require('internal/encoding/unicode');
const { nameOf } = require('internal/encoding/labels');

const kMaxUtf8 = 3; // bytes for a code unit

/** How many code units `written` bytes of UTF-8 stand for, from the beginning of `text`. */
function unitsWritten(text, written) {
  let units = 0;
  for (let bytes = 0; bytes < written; units++) {
    const unit = text.charCodeAt(units);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else bytes += 3;
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(units + 1) & 0xfc00) === 0xdc00) {
      bytes += 1;
      units++;
    }
  }
  return units;
}

class TextEncoder {
  #isTextEncoder = true;

  static #check(value) {
    const isObject = typeof value === 'object' && value !== null;
    if (!isObject || !(#isTextEncoder in value)) throw new ERR_INVALID_THIS('TextEncoder');
  }

  get encoding() {
    TextEncoder.#check(this);
    return 'utf-8';
  }

  encode(input = '') {
    TextEncoder.#check(this);
    const text = `${input}`;
    const bytes = new Uint8Array(strings.utf8Length(text));
    strings.utf8Write(bytes, text, 0, bytes.length);
    return bytes;
  }

  encodeInto(src, dest) {
    TextEncoder.#check(this);
    validateString(src, 'src');
    if (!isUint8Array(dest)) throw new ERR_INVALID_ARG_TYPE('dest', 'Uint8Array', dest);
    const written = strings.utf8Write(dest, src, 0, dest.length);
    // With room left for any character, all has been written.
    const read = dest.length - written > kMaxUtf8 ? src.length : unitsWritten(src, written);
    return { read, written };
  }

  [customInspectSymbol](depth, options) {
    TextEncoder.#check(this);
    if (typeof depth === 'number' && depth < 0) return options.stylize('[TextEncoder]', 'special');
    return require('internal/util/inspect').inspect({ encoding: this.encoding }, options);
  }
}

function decoderOf(encoding, isFatal) {
  if (encoding === 'utf-8') return new Utf8Decoder(isFatal);
  if (encoding === 'utf-16le') return new Utf16Decoder(isFatal);
  if (encoding === 'utf-16be') return new Utf16BigEndianDecoder(isFatal);
  const { SingleByteDecoder, isSingleByte } = require('internal/encoding/single_byte');
  if (isSingleByte(encoding)) return new SingleByteDecoder(encoding, isFatal);
  const { MultiByteDecoder } = require('internal/encoding/multi_byte');
  return new MultiByteDecoder(encoding, isFatal);
}

function bytesOf(input, encoding) {
  if (ArrayBuffer.isView(input)) {
    return isUint8Array(input) ? input : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  if (isAnyArrayBuffer(input)) return input.byteLength === 0 ? new Uint8Array() : new Uint8Array(input);
  if (require('internal/encoding/single_byte').isSingleByte(encoding)) {
    throw new ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'ArrayBufferView'], input);
  }
  const name = encoding === 'utf-8' ? 'list' : 'input';
  const error = new TypeError(
    `The "${name}" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

class TextDecoder {
  #encoding;
  #isFatal;
  #ignoresMark;
  #decoder;
  #isAtStart = true;

  static #check(value) {
    const isObject = typeof value === 'object' && value !== null;
    if (!isObject || !(#decoder in value)) throw new ERR_INVALID_THIS('TextDecoder');
  }

  constructor(encoding = 'utf-8', options = undefined) {
    const label = `${encoding}`;
    const name = nameOf(label);
    if (options !== undefined) validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    // What has no decoder is not to be decoded: the standard's "replacement" stands for encodings that are a danger.
    if (name === undefined || name === 'replacement') throw new ERR_ENCODING_NOT_SUPPORTED(name ?? label);
    this.#encoding = name;
    this.#isFatal = Boolean(options?.fatal);
    this.#ignoresMark = Boolean(options?.ignoreBOM);
  }

  decode(input = new Uint8Array(), options = undefined) {
    TextDecoder.#check(this);
    const bytes = bytesOf(input, this.#encoding);
    if (options !== undefined) validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    const isLast = !options?.stream;
    this.#decoder ??= decoderOf(this.#encoding, this.#isFatal);
    const text = this.#decoder.decode(bytes, isLast);
    if (text === undefined) {
      this.#isAtStart = true;
      throw new ERR_ENCODING_INVALID_ENCODED_DATA(this.#encoding, undefined);
    }
    const isMarked = this.#isAtStart && !this.#ignoresMark && text.charCodeAt(0) === 0xfeff;
    this.#isAtStart = isLast || (this.#isAtStart && text === '');
    return isMarked ? text.slice(1) : text;
  }

  get encoding() {
    TextDecoder.#check(this);
    return this.#encoding;
  }

  get fatal() {
    TextDecoder.#check(this);
    return this.#isFatal;
  }

  get ignoreBOM() {
    TextDecoder.#check(this);
    return this.#ignoresMark;
  }

  [customInspectSymbol](depth, options) {
    TextDecoder.#check(this);
    if (typeof depth === 'number' && depth < 0) return options.stylize('[TextDecoder]', 'special');
    const shown = Object.assign(new (class TextDecoder {})(),
      { encoding: this.#encoding, fatal: this.#isFatal, ignoreBOM: this.#ignoresMark });
    return require('internal/util/inspect').inspect(shown, options);
  }
}

for (const [Class, members] of [
  [TextEncoder, ['encode', 'encodeInto', 'encoding']],
  [TextDecoder, ['decode', 'encoding', 'fatal', 'ignoreBOM']],
]) {
  for (const member of members) Object.defineProperty(Class.prototype, member, kEnumerableProperty);
  const tag = { __proto__: null, configurable: true, value: Class.name };
  Object.defineProperty(Class.prototype, Symbol.toStringTag, tag);
}

module.exports = { TextDecoder, TextEncoder };
