'use strict';

// Decoders of UTF-8 and UTF-16 for TextDecoder.
//
// `decode(bytes, isLast)` gives the text of this chunk, keeping back what the next may complete; undefined if there is
// something that is no text and the decoder is fatal. After that, and after the last chunk, it is as new.

const strings = require('internal/buffer/strings');
const utf8 = require('internal/buffer/utf8');

const kNone = new Uint8Array();

function join(first, second) {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** What is shared: the bytes kept back. */
class Decoder {
  #rest = kNone;
  #isFatal;

  constructor(isFatal) {
    this.#isFatal = isFatal;
  }

  decode(chunk, isLast) {
    const bytes = this.#rest.length === 0 ? chunk : join(this.#rest, chunk);
    const kept = isLast ? 0 : this.incompleteLength(bytes);
    const end = bytes.length - kept;
    this.#rest = kept === 0 ? kNone : bytes.slice(end);
    const text = this.textOf(bytes, end);
    if (!this.#isFatal || this.isValid(bytes, end, text)) return text;
    this.#rest = kNone;
    return undefined;
  }
}

class Utf8Decoder extends Decoder {
  incompleteLength(bytes) {
    return utf8.incompleteLength(bytes, 0, bytes.length);
  }

  textOf(bytes, end) {
    return strings.utf8Slice(bytes, 0, end);
  }

  isValid(bytes, end, text) {
    // A replacement character may have been in the bytes as one.
    return !text.includes('\ufffd') || utf8.isUtf8(bytes.subarray(0, end));
  }
}

class Utf16Decoder extends Decoder {
  incompleteLength(bytes) {
    const odd = bytes.length % 2;
    const last = bytes.length - odd - 1;
    return last > 0 && (bytes[this.highByte(last)] & 0xfc) === 0xd8 ? odd + 2 : odd;
  }

  /** Where the high byte is of the unit that ends at `last`. */
  highByte(last) {
    return last;
  }

  textOf(bytes, end) {
    const text = this.unitsOf(bytes, end & ~1);
    if (end % 2 === 0) return text.toWellFormed();
    // Half a unit is one error, together with half a pair before it.
    return `${text.replace(/[\ud800-\udbff]$/, '')}\ufffd`.toWellFormed();
  }

  unitsOf(bytes, end) {
    return strings.ucs2Slice(bytes, 0, end);
  }

  isValid(bytes, end, text) {
    if (!text.includes('\ufffd')) return true;
    return end % 2 === 0 && this.unitsOf(bytes, end).isWellFormed();
  }
}

class Utf16BigEndianDecoder extends Utf16Decoder {
  highByte(last) {
    return last - 1;
  }

  unitsOf(bytes, end) {
    const swapped = new Uint8Array(end);
    for (let i = 0; i < end; i += 2) {
      swapped[i] = bytes[i + 1];
      swapped[i + 1] = bytes[i];
    }
    return strings.ucs2Slice(swapped, 0, end);
  }
}

module.exports = { Utf16BigEndianDecoder, Utf16Decoder, Utf8Decoder };
