'use strict';

// StringDecoder: text from chunks of bytes, where a character may lie across two chunks.
//
// The bytes at a chunk's end that begin a character (in base64: less than a group of three) are kept for the next
// chunk. `end` gives what is left as it is: U+FFFD for a part of a UTF-8 character, half a surrogate pair as that
// half.
//
// `lastChar`, `lastNeed` and `lastTotal` tell of what is kept; old streams code looks at them.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_UNKNOWN_ENCODING } } = require('internal/errors');
const { Buffer } = require('buffer');
const { encodings, findEncoding } = require('internal/buffer/text');

const kDecoder = Symbol('kNativeDecoder');
const kMostKept = 4;

/** How many bytes at the end of `bytes` are to be kept, when so many at its beginning were. */
const incompleteLengths = new Map([
  [encodings.utf8, utf8IncompleteLength],
  [encodings.utf16le, utf16IncompleteLength],
  [encodings.base64, (bytes) => bytes.length % 3],
  [encodings.base64url, (bytes) => bytes.length % 3],
]);

/** How many bytes a lead byte promises; unlike a decoder, this believes those that are never right. */
function promisedLength(lead) {
  if (lead >= 0xf8 || lead < 0xc0) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function utf8IncompleteLength(bytes) {
  const { length } = bytes;
  for (let present = 1; present <= 3 && present <= length; present++) {
    const byte = bytes[length - present];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return promisedLength(byte) > present ? present : 0;
  }
  return 0;
}

/** What has been kept is filled up first, whatever it becomes; then half a unit is kept, or else half a pair. */
function utf16IncompleteLength(bytes, keptLength) {
  const { length } = bytes;
  const first = keptLength === 0 ? 0 : keptLength === 1 ? 2 : 4;
  if (length < first) return length;
  if (length % 2 === 1) return 1;
  return length > first && (bytes[length - 1] & 0xfc) === 0xd8 ? 2 : 0;
}

/** How many bytes a character has that begins with `kept`. */
function totalLength(encoding, kept) {
  if (kept.length === 0) return 0;
  if (encoding === encodings.utf8) return promisedLength(kept[0]);
  if (encoding === encodings.utf16le) return kept.length > 1 ? 4 : 2;
  return 3;
}

class Decoder {
  encoding;
  kept = new Uint8Array();
  #incompleteLength;

  constructor(encoding) {
    this.encoding = encoding;
    this.#incompleteLength = incompleteLengths.get(encoding);
  }

  write(chunk) {
    if (this.#incompleteLength === undefined) return this.encoding.slice(chunk, 0, chunk.length);
    const bytes = this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk]);
    const count = this.#incompleteLength(bytes, this.kept.length);
    const end = bytes.length - count;
    if (count > 0 || this.kept.length > 0) this.kept = Uint8Array.prototype.slice.call(bytes, end);
    return end === 0 ? '' : this.encoding.slice(bytes, 0, end);
  }

  end() {
    const { kept } = this;
    if (kept.length === 0) return '';
    this.kept = new Uint8Array();
    return this.encoding.slice(kept, 0, kept.length);
  }

  get total() {
    return totalLength(this.encoding, this.kept);
  }
}

function StringDecoder(encoding) {
  const found = encoding == null || encoding === '' ? encodings.utf8 :
    typeof encoding === 'string' ? findEncoding(encoding) : undefined;
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  this.encoding = found.name;
  this[kDecoder] = new Decoder(found);
}

function decoderOf(value) {
  const decoder = value?.[kDecoder];
  if (decoder === undefined) throw new ERR_INVALID_THIS('StringDecoder');
  return decoder;
}

StringDecoder.prototype.write = function write(buf) {
  if (typeof buf === 'string') return buf;
  if (!ArrayBuffer.isView(buf)) throw new ERR_INVALID_ARG_TYPE('buf', ['Buffer', 'TypedArray', 'DataView'], buf);
  const bytes = buf instanceof Uint8Array ? buf : new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
  return decoderOf(this).write(bytes);
};

StringDecoder.prototype.end = function end(buf) {
  const text = buf === undefined ? '' : this.write(buf);
  return text + decoderOf(this).end();
};

/** From here on, as if nothing had come before. */
StringDecoder.prototype.text = function text(buf, offset) {
  decoderOf(this).end();
  return this.write(buf.slice(offset));
};

function defineGetter(name, get) {
  Object.defineProperty(StringDecoder.prototype, name, { __proto__: null, configurable: true, enumerable: true, get });
}

defineGetter('lastChar', function() {
  const bytes = Buffer.alloc(kMostKept);
  bytes.set(decoderOf(this).kept);
  return bytes;
});

defineGetter('lastNeed', function() {
  const decoder = decoderOf(this);
  return decoder.total - decoder.kept.length;
});

defineGetter('lastTotal', function() {
  return decoderOf(this).total;
});

module.exports = { StringDecoder };
