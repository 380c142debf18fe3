'use strict';

// Buffer, and what stands beside it in `node:buffer`.
//
// A Buffer is a Uint8Array with methods for text, numbers and search; the methods that turn bytes to text and numbers
// are in `internal/buffer` and below. `Buffer` itself is a plain function, so that it can be called without `new`,
// which is deprecated; the instances are made by `FastBuffer`, with which it shares the prototype.
//
// What surprises people: `slice` shares memory, unlike `Uint8Array.prototype.slice`; small Buffers lie side by side
// in one ArrayBuffer, so `buffer.buffer` is rarely just this Buffer's bytes.

const {
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_BUFFER_SIZE,
    ERR_MISSING_ARGS,
    ERR_OUT_OF_RANGE,
    ERR_UNKNOWN_ENCODING,
  },
  genericNodeError,
} = require('internal/errors');
const { validateArray, validateInteger, validateNumber, validateString } = require('internal/validators');
const { customInspectSymbol, defineLazyProperties, deprecate, kIsEncodingSymbol } = require('internal/util');
const { isAnyArrayBuffer, isTypedArray, isUint8Array } = require('internal/util/types');
const { FastBuffer, checkString, methods, pooled, pooledText } = require('internal/buffer');
const { encodings, findEncoding } = require('internal/buffer/text');
const search = require('internal/buffer/search');
const utf8 = require('internal/buffer/utf8');
const { utf8Slice } = require('internal/buffer/strings');
const { kStringMaxLength } = require('internal/buffer/memory');

const kMaxLength = Number.MAX_SAFE_INTEGER;
const { fill: fillBytes, set: setBytes } = Uint8Array.prototype;

let inspectMaxBytes = 50;

// ---- Making buffers ----

const kDeprecation = 'Buffer() is deprecated due to security and usability issues. Please use the ' +
  'Buffer.alloc(), Buffer.allocUnsafe(), or Buffer.from() methods instead.';
const kDeprecationChecks = 10000;
let deprecationChecks = 0;

/** Warn, once; but not of calls made by packages. */
function warnOfConstructor() {
  // Looking at the stack is slow, and a program that has called so often from packages alone will go on so.
  if (deprecationChecks >= kDeprecationChecks) return;
  deprecationChecks++;
  const isPending = require('internal/options').getOptionValue('--pending-deprecation');
  if (!isPending && require('internal/util/caller').isCalledByPackage()) return;
  deprecationChecks = kDeprecationChecks;
  process.emitWarning(kDeprecation, 'DeprecationWarning', 'DEP0005');
}

function Buffer(arg, encodingOrOffset, length) {
  warnOfConstructor();
  if (typeof arg !== 'number') return Buffer.from(arg, encodingOrOffset, length);
  if (typeof encodingOrOffset === 'string') throw new ERR_INVALID_ARG_TYPE('string', 'string', arg);
  return Buffer.alloc(arg);
}

Object.defineProperty(Buffer, Symbol.species, {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get() { return FastBuffer; },
});

Buffer.poolSize = 64 * 1024;

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromString(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (isUint8Array(value) || Array.isArray(value)) return fromArrayLike(value);
    if (isAnyArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf?.();
    if (primitive != null && primitive !== value && (typeof primitive === 'string' || typeof primitive === 'object')) {
      return from(primitive, encodingOrOffset, length);
    }
    const buffer = fromObject(value, encodingOrOffset);
    if (buffer !== undefined) return buffer;
  }
  throw new ERR_INVALID_ARG_TYPE(
    'first argument', ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'], value);
};

function encodingOf(name) {
  if (typeof name !== 'string' || name.length === 0) return encodings.utf8;
  const encoding = findEncoding(name);
  if (encoding === undefined) throw new ERR_UNKNOWN_ENCODING(name);
  return encoding;
}

function fromString(string, encodingName) {
  const encoding = encodingOf(encodingName);
  if (string.length === 0) return new FastBuffer();
  const pooledBelow = Buffer.poolSize >>> 1;
  // Three bytes are the most that a code unit can need: so there is no need to count, for short texts.
  let limit = string.length * 3;
  if (encoding !== encodings.utf8 || limit >= pooledBelow) limit = encoding.byteLength(string);
  if (limit < pooledBelow) return pooledText(string, encoding.write, limit, Buffer.poolSize);
  const buffer = new FastBuffer(limit);
  const written = encoding.write(buffer, string, 0, limit);
  return written === limit ? buffer : new FastBuffer(buffer.buffer, 0, written);
}

function fromArrayLike(value) {
  const length = Math.trunc(value.length);
  if (!(length > 0)) return new FastBuffer();
  const buffer = allocate(length);
  if (isTypedArray(value) || Array.isArray(value)) setBytes.call(buffer, value);
  else for (let i = 0; i < length; i++) buffer[i] = value[i];
  return buffer;
}

function fromArrayBuffer(memory, byteOffset, length) {
  const offset = byteOffset === undefined ? 0 : +byteOffset || 0;
  const most = memory.byteLength - offset;
  if (most < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  // Left open, the length follows a memory that is resized.
  if (length === undefined) return new FastBuffer(memory, offset);
  const wanted = +length;
  if (wanted > most) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
  return new FastBuffer(memory, offset, wanted > 0 ? wanted : 0);
}

function fromObject(value, encodingName) {
  if (value.length !== undefined || isAnyArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? fromArrayLike(value) : new FastBuffer();
  }
  if (value.type === 'Buffer' && Array.isArray(value.data)) return fromArrayLike(value.data);
  const primitive = typeof value[Symbol.toPrimitive] === 'function' ? value[Symbol.toPrimitive]('string') : undefined;
  return typeof primitive === 'string' ? fromString(primitive, encodingName) : undefined;
}

/** A Buffer of so many bytes, of which none has been used. */
function allocate(size) {
  return size > 0 && size < Buffer.poolSize >>> 1 ? pooled(size, Buffer.poolSize) : new FastBuffer(size);
}

Buffer.copyBytesFrom = function copyBytesFrom(view, offset, length) {
  if (!isTypedArray(view)) throw new ERR_INVALID_ARG_TYPE('view', ['TypedArray'], view);
  const viewLength = view.length;
  if (viewLength === 0) return new FastBuffer();
  let start = 0;
  let end = viewLength;
  if (offset !== undefined || length !== undefined) {
    if (offset !== undefined) {
      validateInteger(offset, 'offset', 0);
      if (offset >= viewLength) return new FastBuffer();
      start = offset;
    }
    if (length !== undefined) {
      validateInteger(length, 'length', 0);
      end = Math.min(start + length, viewLength);
    }
  }
  const part = view.subarray(start, end);
  return fromArrayLike(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
};

// A method, not a function, since it makes what it is called on.
Object.defineProperty(Buffer, 'of', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  writable: true,
  value: { of(...items) {
    const buffer = allocate(items.length);
    for (let i = 0; i < items.length; i++) buffer[i] = items[i];
    return buffer;
  } }.of,
});

function checkSize(size) {
  validateNumber(size, 'size', 0, kMaxLength);
}

Buffer.alloc = function alloc(size, fill, encoding) {
  checkSize(size);
  const buffer = new FastBuffer(size);
  return fill !== undefined && fill !== 0 && size > 0 ? fillWith(buffer, fill, 0, buffer.length, encoding) : buffer;
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  checkSize(size);
  return allocate(size);
};

Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  checkSize(size);
  return new FastBuffer(size);
};

function SlowBuffer(size) {
  checkSize(size);
  return new FastBuffer(size);
}

Object.setPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(SlowBuffer, Uint8Array);

// ---- Questions ----

Buffer.isBuffer = function isBuffer(value) {
  return value instanceof Buffer;
};

const typedArrayLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length').get;

/** The true length, whatever property of that name somebody has put on the array. */
function lengthOf(bytes) {
  return typedArrayLength.call(bytes);
}

function requireBytes(value, name) {
  if (!isUint8Array(value)) throw new ERR_INVALID_ARG_TYPE(name, ['Buffer', 'Uint8Array'], value);
}

Buffer.compare = function compare(buf1, buf2) {
  requireBytes(buf1, 'buf1');
  requireBytes(buf2, 'buf2');
  return buf1 === buf2 ? 0 : search.compare(buf1, 0, buf1.length, buf2, 0, buf2.length);
};

Buffer.isEncoding = function isEncoding(encoding) {
  return typeof encoding === 'string' && encoding.length !== 0 && findEncoding(encoding) !== undefined;
};
Buffer[kIsEncodingSymbol] = Buffer.isEncoding;

Buffer.concat = function concat(list, length) {
  validateArray(list, 'list');
  if (list.length === 0) return new FastBuffer();
  if (length === undefined) {
    length = 0;
    for (const item of list) if (isUint8Array(item)) length += lengthOf(item);
  } else {
    validateInteger(length, 'length', 0);
  }
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    requireBytes(list[i], `list[${i}]`);
    at += copyBytes(list[i], buffer, at, 0, lengthOf(list[i]));
  }
  // What a pool's memory held before is nobody's business.
  if (at < length) fillBytes.call(buffer, 0, at, length);
  return buffer;
};

Buffer.byteLength = function byteLength(string, encoding) {
  if (typeof string === 'string') {
    if (string.length === 0) return 0;
    return (encoding ? findEncoding(encoding) ?? encodings.utf8 : encodings.utf8).byteLength(string);
  }
  if (ArrayBuffer.isView(string) || isAnyArrayBuffer(string)) return string.byteLength;
  throw new ERR_INVALID_ARG_TYPE('string', ['string', 'Buffer', 'ArrayBuffer'], string);
};

// ---- The prototype ----

FastBuffer.prototype.constructor = Buffer;
Buffer.prototype = FastBuffer.prototype;
Object.setPrototypeOf(Buffer, Uint8Array);
Object.assign(Buffer.prototype, methods);

Object.defineProperty(Buffer.prototype, 'parent', {
  __proto__: null,
  enumerable: true,
  get() { return this instanceof Buffer ? this.buffer : undefined; },
});

Object.defineProperty(Buffer.prototype, 'offset', {
  __proto__: null,
  enumerable: true,
  get() { return this instanceof Buffer ? this.byteOffset : undefined; },
});

/** A whole number as it is; of anything else what can be made of it, rounded down, and 0 if that is too large. */
function toInteger(value) {
  if (Number.isInteger(value)) return value;
  const number = Math.floor(+value);
  return Number.isSafeInteger(number) ? number : 0;
}

function copyBytes(source, target, targetStart, sourceStart, sourceEnd) {
  const count = Math.min(sourceEnd - sourceStart, target.byteLength - targetStart, lengthOf(source) - sourceStart);
  if (count <= 0) return 0;
  const bytes = isUint8Array(target) ? target : new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  const isWhole = sourceStart === 0 && count === lengthOf(source);
  const part = isWhole ? source : new Uint8Array(source.buffer, source.byteOffset + sourceStart, count);
  setBytes.call(bytes, part, targetStart);
  return count;
}

Buffer.prototype.copy = function copy(target, targetStart, sourceStart, sourceEnd) {
  requireBytes(this, 'source');
  if (!ArrayBuffer.isView(target)) throw new ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  const at = targetStart === undefined ? 0 : toInteger(targetStart);
  if (at < 0) throw new ERR_OUT_OF_RANGE('targetStart', '>= 0', at);
  const start = sourceStart === undefined ? 0 : toInteger(sourceStart);
  if (start < 0 || start > this.length) throw new ERR_OUT_OF_RANGE('sourceStart', `>= 0 && <= ${this.length}`, start);
  const end = sourceEnd === undefined ? this.length : toInteger(sourceEnd);
  if (end < 0) throw new ERR_OUT_OF_RANGE('sourceEnd', '>= 0', end);
  return at >= target.byteLength || start >= end ? 0 : copyBytes(this, target, at, start, end);
};

Buffer.prototype.toString = function toString(encoding, start, end) {
  if (arguments.length === 0) return utf8Slice(this, 0, this.length);
  const { length } = this;
  const from = start > 0 ? Math.trunc(start) : 0;
  if (from >= length) return '';
  const to = end === undefined || end > length ? length : Math.trunc(end) || 0;
  if (to <= from) return '';
  if (encoding === undefined) return utf8Slice(this, from, to);
  const found = findEncoding(encoding);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  return found.slice(this, from, to);
};

Buffer.prototype.equals = function equals(otherBuffer) {
  requireBytes(this, 'this');
  requireBytes(otherBuffer, 'otherBuffer');
  return this === otherBuffer || search.equals(this, otherBuffer);
};

Buffer.prototype[customInspectSymbol] = function inspect(recurseTimes, ctx) {
  const { length } = this;
  const shown = Math.max(0, Math.min(inspectMaxBytes, length));
  let text = encodings.hex.slice(this, 0, shown).replace(/(.{2})/g, '$1 ').trim();
  const remaining = length - shown;
  if (remaining > 0) text += ` ... ${remaining} more byte${remaining > 1 ? 's' : ''}`;
  if (ctx) {
    const extras = inspectExtras(this, ctx);
    if (extras !== '') text += length === 0 ? extras : `, ${extras}`;
  }
  return `<${nameOf(this)} ${text}>`;
};
Buffer.prototype.inspect = Buffer.prototype[customInspectSymbol];

function nameOf(buffer) {
  try {
    return buffer.constructor.name || 'Buffer';
  } catch {
    return 'Buffer';
  }
}

const kLongList = 4096;
const [kAllProperties, kOnlyEnumerable] = [0, 2];

/** The names of properties that are no bytes, which come last; V8 can skip the bytes where they are many. */
function nonIndexKeys(buffer, withHidden) {
  const { getOwnNonIndexProperties } = internalBinding('util');
  if (buffer.length > kLongList && getOwnNonIndexProperties !== undefined) {
    return getOwnNonIndexProperties(buffer, withHidden ? kAllProperties : kOnlyEnumerable);
  }
  const keys = Reflect.ownKeys(buffer).slice(buffer.length);
  return withHidden ? keys : keys.filter((key) => Object.prototype.propertyIsEnumerable.call(buffer, key));
}

/** The properties that somebody has put on a buffer, as `inspect` shows them. */
function inspectExtras(buffer, ctx) {
  const keys = nonIndexKeys(buffer, ctx.showHidden);
  if (keys.length === 0) return '';
  const extras = { __proto__: null };
  for (const key of keys) extras[key] = buffer[key];
  const { inspect } = require('internal/util/inspect');
  const text = inspect(extras, { ...ctx, breakLength: Infinity, compact: true });
  return text.slice('[Object: null prototype] { '.length, -' }'.length);
}

Buffer.prototype.compare = function compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
  requireBytes(this, 'this');
  requireBytes(target, 'target');
  if (arguments.length === 1) return Buffer.compare(this, target);
  const tStart = offsetOr(targetStart, 0, 'targetStart', Number.MAX_SAFE_INTEGER);
  const tEnd = offsetOr(targetEnd, target.length, 'targetEnd', target.length);
  const sStart = offsetOr(sourceStart, 0, 'sourceStart', Number.MAX_SAFE_INTEGER);
  const sEnd = offsetOr(sourceEnd, this.length, 'sourceEnd', this.length);
  if (sStart >= sEnd) return tStart >= tEnd ? 0 : -1;
  if (tStart >= tEnd) return 1;
  return search.compare(this, sStart, sEnd, target, tStart, tEnd);
};

function offsetOr(value, byDefault, name, max) {
  if (value === undefined) return byDefault;
  validateInteger(value, name, 0, max);
  return value;
}

function findValue(buffer, value, byteOffset, encodingName, isForwards) {
  if (!ArrayBuffer.isView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  }
  const bytes = bytesOf(buffer);
  let name = encodingName;
  let offset = byteOffset;
  if (typeof offset === 'string') {
    name = offset;
    offset = undefined;
  }
  offset = Math.trunc(Math.max(-0x80000000, Math.min(0x7fffffff, +offset))) + 0; // no -0
  if (Number.isNaN(offset)) offset = isForwards ? 0 : bytes.length;
  if (typeof value === 'number') return search.findByte(bytes, (value >>> 0) & 0xff, offset, isForwards);
  const encoding = name === undefined ? encodings.utf8 : findEncoding(name);
  if (typeof value === 'string') {
    if (encoding === undefined) throw new ERR_UNKNOWN_ENCODING(name);
    return search.find(bytes, fromString(value, encoding.name), offset, isForwards, encoding === encodings.utf16le);
  }
  if (isUint8Array(value)) return search.find(bytes, value, offset, isForwards, encoding === encodings.utf16le);
  throw new ERR_INVALID_ARG_TYPE('value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
}

Buffer.prototype.indexOf = function indexOf(value, byteOffset, encoding) {
  return findValue(this, value, byteOffset, encoding, true);
};

Buffer.prototype.lastIndexOf = function lastIndexOf(value, byteOffset, encoding) {
  return findValue(this, value, byteOffset, encoding, false);
};

Buffer.prototype.includes = function includes(value, byteOffset, encoding) {
  return findValue(this, value, byteOffset, encoding, true) !== -1;
};

// ---- Filling and writing ----

Buffer.prototype.fill = function fill(value, offset, end, encoding) {
  return fillWith(this, value, offset, end, encoding);
};

function fillWith(buffer, value, offset, end, encoding) {
  if (typeof value === 'string') {
    if (offset === undefined || typeof offset === 'string') {
      encoding = offset;
      offset = 0;
      end = buffer.length;
    } else if (typeof end === 'string') {
      encoding = end;
      end = buffer.length;
    }
  }
  const encodingFound = typeof value === 'string' ? fillEncoding(encoding) : undefined;
  const start = offsetOr(offset, 0, 'offset');
  const stop = offset === undefined ? buffer.length : offsetOr(end, buffer.length, 'end', buffer.length);
  // A `length` that somebody has put on the buffer can claim more than there is.
  if (stop > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS();
  if (start >= stop) return buffer;
  if (ArrayBuffer.isView(value)) return repeat(buffer, bytesOf(value), start, stop, value);
  if (typeof value !== 'string') return fillBytes.call(buffer, +value & 0xff, start, stop);
  if (value.length === 0) return fillBytes.call(buffer, 0, start, stop);
  return repeat(buffer, fromString(value, encodingFound.name), start, stop, value);
}

function fillEncoding(name) {
  const encoding = name == null || name === '' ? encodings.utf8 : findEncoding(name);
  if (encoding !== undefined) return encoding;
  validateString(name, 'encoding');
  throw new ERR_UNKNOWN_ENCODING(name);
}

function bytesOf(view) {
  return isUint8Array(view) ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function repeat(buffer, pattern, start, end, value) {
  if (pattern.length === 0) throw new ERR_INVALID_ARG_VALUE('value', value);
  const first = Math.min(pattern.length, end - start);
  setBytes.call(buffer, pattern.subarray(0, first), start);
  // Each round doubles what there is.
  for (let done = first; done < end - start; done *= 2) {
    buffer.copyWithin(start + done, start, start + Math.min(done, end - start - done));
  }
  return buffer;
}

Buffer.prototype.write = function write(string, offset, length, encoding) {
  const size = this.length;
  if (offset === undefined) return this.utf8Write(string, 0, size);
  let start = 0;
  let count = size;
  if (length === undefined && typeof offset === 'string') {
    encoding = offset;
  } else {
    validateInteger(offset, 'offset', 0, size);
    start = offset;
    count = size - offset;
    if (typeof length === 'string') {
      encoding = length;
    } else if (length !== undefined) {
      validateInteger(length, 'length', 0, size);
      count = Math.min(length, count);
    }
  }
  if (!encoding) return this.utf8Write(string, start, count);
  const found = findEncoding(encoding);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  checkString(string);
  return found.write(this, string, start, start + count);
};

Buffer.prototype.toJSON = function toJSON() {
  const { length } = this;
  const data = [];
  for (let i = 0; i < length; i++) data.push(this[i]);
  return { type: 'Buffer', data };
};

// ---- Parts ----

function toPosition(value, length) {
  const position = Math.trunc(value);
  if (position === 0 || Number.isNaN(position)) return 0;
  return position < 0 ? Math.max(0, position + length) : Math.min(position, length);
}

Buffer.prototype.subarray = function subarray(start, end) {
  const { length } = this;
  const from = toPosition(start, length);
  const to = end === undefined ? length : toPosition(end, length);
  return new FastBuffer(this.buffer, this.byteOffset + from, to > from ? to - from : 0);
};

Buffer.prototype.slice = function slice(start, end) {
  return this.subarray(start, end);
};

function swap(buffer, size) {
  const { length } = buffer;
  if (length % size !== 0) throw new ERR_INVALID_BUFFER_SIZE(`${size * 8}-bits`);
  for (let i = 0; i < length; i += size) {
    for (let a = i, b = i + size - 1; a < b; a++, b--) {
      const byte = buffer[a];
      buffer[a] = buffer[b];
      buffer[b] = byte;
    }
  }
  return buffer;
}

Buffer.prototype.swap16 = function swap16() {
  return swap(this, 2);
};

Buffer.prototype.swap32 = function swap32() {
  return swap(this, 4);
};

Buffer.prototype.swap64 = function swap64() {
  return swap(this, 8);
};

Buffer.prototype.toLocaleString = Buffer.prototype.toString;

// ---- Beside Buffer ----

function requireInput(input) {
  if (isTypedArray(input)) return bytesOf(input);
  // One that is detached has no bytes, and lets no view be made.
  if (isAnyArrayBuffer(input)) return input.byteLength === 0 ? new Uint8Array() : new Uint8Array(input);
  throw new ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
}

function isUtf8(input) {
  return utf8.isUtf8(requireInput(input));
}

function isAscii(input) {
  return utf8.isAscii(requireInput(input));
}

const kTranscodable = new Set([encodings.utf8, encodings.utf16le, encodings.latin1, encodings.ascii]);

function transcodingError(code, errno) {
  return genericNodeError(`Unable to transcode Buffer [${code}]`, { code, errno });
}

/** The text in `source`, with U+FFFD for what is none, and whether it was all text. */
function decodeStrictly(source, from, to) {
  if (from === encodings.utf8) return { text: utf8Slice(source, 0, source.length), isText: utf8.isUtf8(source) };
  if (from === encodings.utf16le) {
    const text = from.slice(source, 0, source.length & ~1);
    if (to === encodings.utf8) return { text, isText: text.isWellFormed() };
    // ICU's converter, which Node uses for the rest, sees that half a code unit is left.
    const isOdd = source.length % 2 === 1 && to === from;
    const units = isOdd ? `${text.replace(/[\ud800-\udbff]$/, '')}\ufffd` : text;
    return { text: units.toWellFormed(), isText: true };
  }
  const text = encodings.latin1.slice(source, 0, source.length);
  if (from === encodings.latin1 || to === encodings.utf16le) return { text, isText: true };
  return { text: text.replace(/[\x80-\xff]/g, '\ufffd'), isText: true };
}

/** A question mark for each character that cannot be had; but nothing for those that cannot be seen. */
function substitute(text, unmappable) {
  return text.replace(unmappable, (character) => (/\p{Default_Ignorable_Code_Point}/u.test(character) ? '' : '?'));
}

function transcode(source, fromEncoding, toEncoding) {
  requireBytes(source, 'source');
  if (source.length === 0) return Buffer.alloc(0);
  const [from, to] = [fromEncoding, toEncoding].map((name) => (name ? findEncoding(name) : encodings.utf8));
  if (!kTranscodable.has(from) || !kTranscodable.has(to)) throw transcodingError('U_ILLEGAL_ARGUMENT_ERROR', 1);
  const { text, isText } = decodeStrictly(source, from, to);
  const isWide = (from === encodings.utf8 && to === encodings.utf16le) ||
    (from === encodings.utf16le && to === encodings.utf8);
  if (isWide && (!isText || text === '')) throw transcodingError('U_INVALID_CHAR_FOUND', 10);
  if (to === encodings.latin1) return fromString(substitute(text, /[^\0-\xff]/gu), 'latin1');
  // eslint-disable-next-line no-control-regex
  if (to === encodings.ascii) return fromString(substitute(text, /[^\0-\x7f]/gu), 'latin1');
  return fromString(text, to.name);
}

function invalidCharacter(message) {
  const { DOMException } = require('internal/dom_exception');
  return new DOMException(message, 'InvalidCharacterError');
}

function btoa(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const text = `${input}`;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) throw invalidCharacter('Invalid character');
  const bytes = fromString(text, 'latin1');
  return encodings.base64.slice(bytes, 0, bytes.length);
}

// Nothing wrong but that there is one character too many (or too few).
const kOneLeft = /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]={0,2}$/;

function atob(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const text = `${input}`;
  const bytes = allocate(Math.ceil(text.length * 3 / 4) + 3);
  let written;
  try {
    ({ written } = bytes.setFromBase64(text));
  } catch {
    throw invalidCharacter(kOneLeft.test(text.replace(/[\t\n\f\r ]/g, '')) ?
      'The string to be decoded is not correctly encoded.' : 'Invalid character');
  }
  return encodings.latin1.slice(bytes, 0, written);
}

const constants = Object.defineProperties({}, {
  MAX_LENGTH: { __proto__: null, value: kMaxLength, writable: false, enumerable: true },
  MAX_STRING_LENGTH: { __proto__: null, value: kStringMaxLength, writable: false, enumerable: true },
});

module.exports = {
  Buffer,
  SlowBuffer: deprecate(SlowBuffer, 'SlowBuffer() is deprecated. Please use Buffer.allocUnsafeSlow()', 'DEP0030'),
  transcode,
  isUtf8,
  isAscii,
  kMaxLength,
  kStringMaxLength,
  btoa,
  atob,
};

Object.defineProperties(module.exports, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  INSPECT_MAX_BYTES: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() { return inspectMaxBytes; },
    set(value) {
      validateNumber(value, 'INSPECT_MAX_BYTES', 0);
      inspectMaxBytes = value;
    },
  },
});

defineLazyProperties(module.exports, 'internal/blob', ['Blob', 'resolveObjectURL']);
defineLazyProperties(module.exports, 'internal/file', ['File']);
