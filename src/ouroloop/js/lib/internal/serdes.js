'use strict';

// V8's value serialization format, version 15: what `v8.serialize` writes, so that such buffers pass between
// processes and Node.
//
// Theory of operation. A value is a tag byte and what the tag calls for; numbers are varints (7 bits a byte, low bits
// first) or doubles, objects end with a tag and a count. Every object gets the next id when it is first met; a later
// meeting is written as a reference to the id. The writer's `delegate` decides about host objects and makes the
// errors; the reader's, about host objects.
//
// What surprises people: a view is written after its buffer, which takes the id before it; the text of a two-byte
// string is aligned; an array of doubles has its integers written as doubles.
//
// Source: V8, src/objects/value-serializer.h (the tags and their meaning)

const {
  isBigIntObject, isBooleanObject, isDate, isMap, isNativeError, isNumberObject, isProxy, isRegExp, isSet,
  isSharedArrayBuffer, isStringObject,
} = require('internal/util/types');
const { isLengthTracking, isUncloneable } = require('internal/structured_clone');
const { typedArrayName } = require('internal/views');
const { noSideEffectsToString } = require('internal/no_side_effects_to_string');
const { latin1Slice } = require('internal/buffer/strings');

const VERSION = 15;
const OLDEST = 13;

const tag = (character) => character.charCodeAt(0);
const TAG = {
  __proto__: null,
  VERSION: 0xFF,
  PADDING: 0,
  OBJECT_COUNT: tag('?'),
  HOLE: tag('-'),
  UNDEFINED: tag('_'),
  NULL: tag('0'),
  TRUE: tag('T'),
  FALSE: tag('F'),
  INT32: tag('I'),
  UINT32: tag('U'),
  DOUBLE: tag('N'),
  BIGINT: tag('Z'),
  UTF8: tag('S'),
  ONE_BYTE: tag('"'),
  TWO_BYTE: tag('c'),
  REFERENCE: tag('^'),
  OBJECT: tag('o'),
  END_OBJECT: tag('{'),
  SPARSE_ARRAY: tag('a'),
  END_SPARSE_ARRAY: tag('@'),
  DENSE_ARRAY: tag('A'),
  END_DENSE_ARRAY: tag('$'),
  DATE: tag('D'),
  TRUE_OBJECT: tag('y'),
  FALSE_OBJECT: tag('x'),
  NUMBER_OBJECT: tag('n'),
  BIGINT_OBJECT: tag('z'),
  STRING_OBJECT: tag('s'),
  REGEXP: tag('R'),
  MAP: tag(';'),
  END_MAP: tag(':'),
  SET: tag('\''),
  END_SET: tag(','),
  BUFFER: tag('B'),
  RESIZABLE_BUFFER: tag('~'),
  TRANSFERRED_BUFFER: tag('t'),
  SHARED_BUFFER: tag('u'),
  VIEW: tag('V'),
  ERROR: tag('r'),
  HOST_OBJECT: tag('\\'),
};

const VIEWS = [
  ['b', Int8Array], ['B', Uint8Array], ['C', Uint8ClampedArray], ['w', Int16Array], ['W', Uint16Array],
  ['d', Int32Array], ['D', Uint32Array], ['f', Float32Array], ['F', Float64Array], ['q', BigInt64Array],
  ['Q', BigUint64Array], ['?', DataView],
];
if (typeof Float16Array === 'function') VIEWS.push(['h', Float16Array]);
const viewTags = new Map(VIEWS.map(([character, View]) => [View.name, tag(character)]));
const viewsByTag = new Map(VIEWS.map(([character, View]) => [tag(character), View]));
const LENGTH_TRACKING = 1;
const RESIZABLE = 2;

const ERRORS = [
  ['E', EvalError], ['R', RangeError], ['F', ReferenceError], ['S', SyntaxError], ['T', TypeError], ['U', URIError],
];
const errorTags = new Map(ERRORS.map(([character, Class]) => [Class.name, tag(character)]));
const errorsByTag = new Map(ERRORS.map(([character, Class]) => [tag(character), Class]));
const ERROR_MESSAGE = tag('m');
const ERROR_CAUSE = tag('c');
const ERROR_STACK = tag('s');
const ERROR_END = tag('.');

const REGEXP_FLAGS = ['g', 'i', 'm', 'y', 'u', 's', 'l', 'd', 'v']; // bit 0 first; 'l' is V8's own

// Shorter texts are faster copied here than by a native.
const SHORT = 64;
const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

const kOneByte = /^[\x00-\xff]*$/; // eslint-disable-line no-control-regex
const kIndex = /^(?:0|[1-9]\d{0,9})$/;
const MAX_INDEX = 2 ** 32 - 2;

const isInt32 = (number) => (number | 0) === number && !Object.is(number, -0);
const isIndex = (key) => key.charCodeAt(0) <= 0x39 && kIndex.test(key) && +key <= MAX_INDEX;

class ValueWriter {
  #bytes = Buffer.allocUnsafeSlow(64);
  #size = 0;
  #ids = new Map();
  #transferred = new Map();
  #delegate;
  viewsAreHostObjects = false;

  /** @param {{ writeHostObject, isHostObject, sharedBufferId, cloneError }} delegate */
  constructor(delegate) {
    this.#delegate = delegate;
  }

  release() {
    const bytes = Buffer.from(this.#bytes.buffer.transfer(this.#size));
    this.#bytes = Buffer.allocUnsafeSlow(64);
    this.#size = 0;
    return bytes;
  }

  transfer(id, buffer) {
    this.#transferred.set(buffer, id);
  }

  // Raw data

  #reserve(count) {
    const start = this.#size;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    this.#size = needed;
    return start;
  }

  writeByte(byte) {
    const start = this.#reserve(1); // first: it may replace #bytes
    this.#bytes[start] = byte;
  }

  /** Are the characters all below 256? Then they are written; otherwise nothing is. */
  #writeShortText(text) {
    const { length } = text;
    const start = this.#reserve(2 + length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0xFF) {
        this.#size = start;
        return false;
      }
      bytes[start + 2 + i] = unit;
    }
    bytes[start] = TAG.ONE_BYTE;
    bytes[start + 1] = length;
    return true;
  }

  /** An integer of at most 53 bits. */
  writeVarint(number) {
    while (number >= 0x80) {
      this.writeByte(number % 0x80 | 0x80);
      number = Math.floor(number / 0x80);
    }
    this.writeByte(number);
  }

  writeVarint64(number) {
    while (number >= 0x80n) {
      this.writeByte(Number(number & 0x7Fn) | 0x80);
      number >>= 7n;
    }
    this.writeByte(Number(number));
  }

  writeDouble(number) {
    const start = this.#reserve(8);
    doubles[0] = number;
    this.#bytes.set(doubleBytes, start);
  }

  writeBytes(view) {
    const start = this.#reserve(view.byteLength);
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), start);
  }

  writeHeader() {
    this.writeByte(TAG.VERSION);
    this.writeByte(VERSION);
  }

  // Values

  write(value) {
    switch (typeof value) {
      case 'undefined':
        this.writeByte(TAG.UNDEFINED);
        break;
      case 'boolean':
        this.writeByte(value ? TAG.TRUE : TAG.FALSE);
        break;
      case 'number':
        this.#writeNumber(value);
        break;
      case 'bigint':
        this.writeByte(TAG.BIGINT);
        this.#writeBigInt(value);
        break;
      case 'string':
        this.#writeString(value);
        break;
      case 'object':
        if (value === null) this.writeByte(TAG.NULL);
        else this.#writeObject(value);
        break;
      default:
        this.#refuse(value);
    }
  }

  #refuse(value) {
    throw this.#delegate.cloneError(`${noSideEffectsToString(value)} could not be cloned.`);
  }

  #writeNumber(number) {
    if (isInt32(number)) {
      this.writeByte(TAG.INT32);
      this.writeVarint(((number << 1) ^ (number >> 31)) >>> 0);
    } else {
      this.writeByte(TAG.DOUBLE);
      this.writeDouble(number);
    }
  }

  /** Sign and length in bytes (a multiple of 8) in one varint, then the bytes, low ones first. */
  #writeBigInt(number) {
    let left = number < 0n ? -number : number;
    const digits = [];
    for (; left > 0n; left >>= 64n) digits.push(left & 0xFFFFFFFFFFFFFFFFn);
    this.writeVarint(digits.length * 16 + (number < 0n ? 1 : 0));
    for (const digit of digits) {
      const start = this.#reserve(8);
      this.#bytes.writeBigUInt64LE(digit, start);
    }
  }

  #writeString(text) {
    const { length } = text;
    if (length <= SHORT && this.#writeShortText(text)) return;
    if (kOneByte.test(text)) {
      this.writeByte(TAG.ONE_BYTE);
      this.writeVarint(length);
      const start = this.#reserve(length);
      this.#bytes.latin1Write(text, start, length);
      return;
    }
    const size = length * 2;
    const lengthOfSize = Math.max(1, Math.ceil(Math.log2(size + 1) / 7));
    if ((this.#size + 1 + lengthOfSize) % 2 === 1) this.writeByte(TAG.PADDING);
    this.writeByte(TAG.TWO_BYTE);
    this.writeVarint(size);
    const start = this.#reserve(size);
    this.#bytes.ucs2Write(text, start, size);
  }

  #writeObject(object) {
    if (isProxy(object)) this.#refuse(object);
    const isView = ArrayBuffer.isView(object);
    if (isView && !this.viewsAreHostObjects && !this.#ids.has(object)) this.#writeObject(object.buffer);
    const id = this.#ids.get(object);
    if (id !== undefined) {
      this.writeByte(TAG.REFERENCE);
      this.writeVarint(id);
      return;
    }
    this.#ids.set(object, this.#ids.size);
    if (isView) this.#writeView(object);
    else if (Array.isArray(object)) this.#writeArray(object);
    else this.#writeByKind(object);
  }

  #writeByKind(object) {
    const tag = Object.prototype.toString.call(object);
    const isUnremarkable = tag === '[object Object]';
    const write = isUnremarkable ? undefined : this.#kindOf(object, tag);
    if (write !== undefined) write();
    else if (this.#delegate.isHostObject(object)) this.#writeHostObject(object);
    else if (!isUnremarkable && isUncloneable(object)) this.#refuse(object);
    else this.#writePlain(object);
  }

  #kindOf(object, tag) {
    if (tag === '[object Date]' && isDate(object)) return () => this.#writeTaggedDouble(TAG.DATE, object.getTime());
    if (object instanceof ArrayBuffer) return () => this.#writeBuffer(object);
    if (isSharedArrayBuffer(object)) return () => this.#writeSharedBuffer(object);
    if (isMap(object)) return () => this.#writeMap(object);
    if (isSet(object)) return () => this.#writeSet(object);
    if (isDate(object)) return () => this.#writeTaggedDouble(TAG.DATE, object.getTime());
    if (isRegExp(object)) return () => this.#writeRegExp(object);
    if (isNativeError(object)) return () => this.#writeError(object);
    return this.#boxOf(object);
  }

  #boxOf(object) {
    if (isBooleanObject(object)) {
      return () => this.writeByte(Boolean.prototype.valueOf.call(object) ? TAG.TRUE_OBJECT : TAG.FALSE_OBJECT);
    }
    if (isNumberObject(object)) {
      return () => this.#writeTaggedDouble(TAG.NUMBER_OBJECT, Number.prototype.valueOf.call(object));
    }
    if (isBigIntObject(object)) {
      return () => {
        this.writeByte(TAG.BIGINT_OBJECT);
        this.#writeBigInt(BigInt.prototype.valueOf.call(object));
      };
    }
    if (isStringObject(object)) {
      return () => {
        this.writeByte(TAG.STRING_OBJECT);
        this.#writeString(String.prototype.valueOf.call(object));
      };
    }
    return undefined;
  }

  #writeTaggedDouble(byte, number) {
    this.writeByte(byte);
    this.writeDouble(number);
  }

  #writeHostObject(object) {
    this.writeByte(TAG.HOST_OBJECT);
    this.#delegate.writeHostObject(object);
  }

  /** Keys and values; those deleted by a getter on the way are left out. Returns how many there were. */
  #writeProperties(object, keys) {
    let count = 0;
    for (const key of keys) {
      if (!Object.hasOwn(object, key)) continue;
      if (isIndex(key)) this.#writeNumber(+key);
      else this.#writeString(key);
      this.write(object[key]);
      count++;
    }
    return count;
  }

  #writePlain(object) {
    this.writeByte(TAG.OBJECT);
    const count = this.#writeProperties(object, Object.keys(object));
    this.writeByte(TAG.END_OBJECT);
    this.writeVarint(count);
  }

  #writeArray(array) {
    const { length } = array;
    const keys = Object.keys(array);
    const isDense = keys.length >= length && (length === 0 || keys[length - 1] === `${length - 1}`);
    this.writeByte(isDense ? TAG.DENSE_ARRAY : TAG.SPARSE_ARRAY);
    this.writeVarint(length);
    if (isDense) this.#writeElements(array, length);
    const count = this.#writeProperties(array, isDense ? keys.slice(length) : keys);
    this.writeByte(isDense ? TAG.END_DENSE_ARRAY : TAG.END_SPARSE_ARRAY);
    this.writeVarint(count);
    this.writeVarint(length);
  }

  #writeElements(array, length) {
    if (array.every((element) => typeof element === 'number') && !array.every(isInt32)) {
      for (let i = 0; i < length; i++) this.#writeTaggedDouble(TAG.DOUBLE, array[i]);
      return;
    }
    for (let i = 0; i < length; i++) {
      if (Object.hasOwn(array, i)) this.write(array[i]);
      else this.writeByte(TAG.HOLE);
    }
  }

  #writeMap(map) {
    const entries = [];
    Map.prototype.forEach.call(map, (value, key) => entries.push(key, value));
    this.writeByte(TAG.MAP);
    for (const entry of entries) this.write(entry);
    this.writeByte(TAG.END_MAP);
    this.writeVarint(entries.length);
  }

  #writeSet(set) {
    const entries = [];
    Set.prototype.forEach.call(set, (value) => entries.push(value));
    this.writeByte(TAG.SET);
    for (const entry of entries) this.write(entry);
    this.writeByte(TAG.END_SET);
    this.writeVarint(entries.length);
  }

  #writeRegExp(regexp) {
    this.writeByte(TAG.REGEXP);
    this.#writeString(regexp.source);
    this.writeVarint([...regexp.flags].reduce((bits, flag) => bits | 1 << REGEXP_FLAGS.indexOf(flag), 0));
  }

  #writeError(error) {
    const message = Object.getOwnPropertyDescriptor(error, 'message');
    const cause = Object.getOwnPropertyDescriptor(error, 'cause');
    this.writeByte(TAG.ERROR);
    const prototype = errorTags.get(error.name);
    if (prototype !== undefined) this.writeByte(prototype);
    if (message !== undefined && 'value' in message) {
      this.writeByte(ERROR_MESSAGE);
      this.#writeString(`${message.value}`);
    }
    const { stack } = error;
    if (typeof stack === 'string') {
      this.writeByte(ERROR_STACK);
      this.#writeString(stack);
    }
    if (cause !== undefined && 'value' in cause) {
      this.writeByte(ERROR_CAUSE);
      this.write(cause.value);
    }
    this.writeByte(ERROR_END);
  }

  #writeBuffer(buffer) {
    const id = this.#transferred.get(buffer);
    if (id !== undefined) {
      this.writeByte(TAG.TRANSFERRED_BUFFER);
      this.writeVarint(id);
      return;
    }
    if (buffer.detached) throw this.#delegate.cloneError('An ArrayBuffer is detached and could not be cloned.');
    this.writeByte(buffer.resizable ? TAG.RESIZABLE_BUFFER : TAG.BUFFER);
    this.writeVarint(buffer.byteLength);
    if (buffer.resizable) this.writeVarint(buffer.maxByteLength);
    this.writeBytes(new Uint8Array(buffer));
  }

  #writeSharedBuffer(buffer) {
    const id = this.#delegate.sharedBufferId(buffer);
    if (id === undefined) this.#refuse(buffer);
    this.writeByte(TAG.SHARED_BUFFER);
    this.writeVarint(id);
  }

  #writeView(view) {
    if (this.viewsAreHostObjects) {
      this.#writeHostObject(view);
      return;
    }
    const { buffer } = view;
    const isResizable = Boolean(buffer.resizable || buffer.growable);
    const isTracking = isResizable && isLengthTracking(view);
    this.writeByte(TAG.VIEW);
    this.writeByte(viewTags.get(typedArrayName(view) ?? 'DataView'));
    this.writeVarint(view.byteOffset);
    this.writeVarint(isTracking ? 0 : view.byteLength);
    this.writeVarint((isResizable ? RESIZABLE : 0) | (isTracking ? LENGTH_TRACKING : 0));
  }
}

class InvalidDataError extends Error {
  constructor() {
    super('Unable to deserialize cloned data.');
  }
}
Object.defineProperty(InvalidDataError.prototype, 'constructor', { __proto__: null, value: Error });

const KEYS = 61; // so many names of properties are remembered, one for each place

function isText(text, bytes, start, size) {
  if (text.length !== size) return false;
  for (let i = 0; i < size; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

class ValueReader {
  #bytes;
  #at = 0;
  #objects = [];
  #transferred = new Map();
  #keys = [];
  #delegate;
  version = 0;

  /** @param {{ readHostObject, sharedBuffer }} delegate */
  constructor(view, delegate) {
    this.#bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    this.#delegate = delegate;
  }

  transfer(id, buffer) {
    this.#transferred.set(id, buffer);
  }

  // Raw data; undefined where there is none

  readByte() {
    return this.#bytes[this.#at++];
  }

  /** The place of the next `count` bytes, which are passed over. */
  skip(count) {
    if (count > this.#bytes.length - this.#at) return undefined;
    const start = this.#at;
    this.#at += count;
    return start;
  }

  readVarint() {
    const first = this.#bytes[this.#at];
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    let number = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.readByte();
      if (byte === undefined) return undefined;
      if (factor <= 2 ** 28) number += (byte & 0x7F) * factor;
      if (byte < 0x80) return number % 2 ** 32;
    }
  }

  readVarint64() {
    let number = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.readByte();
      if (byte === undefined) return undefined;
      number |= BigInt(byte & 0x7F) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, number);
    }
  }

  readDouble() {
    const start = this.skip(8);
    if (start === undefined) return undefined;
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.#bytes[start + i];
    return doubles[0];
  }

  readHeader() {
    if (this.#bytes[this.#at] === TAG.VERSION) {
      this.#at++;
      this.version = this.readVarint() ?? Infinity;
    }
    if (this.version >= OLDEST && this.version <= VERSION) return;
    throw new Error('Unable to deserialize cloned data due to invalid or unsupported version.');
  }

  // Values

  read() {
    const value = this.#readValue(this.#readTag());
    // A view comes after its buffer.
    if (this.#bytes[this.#at] !== TAG.VIEW) return value;
    if (!(value instanceof ArrayBuffer) && !isSharedArrayBuffer(value)) return value;
    this.#at++;
    return this.#readView(value);
  }

  #need(value) {
    if (value === undefined) throw new InvalidDataError();
    return value;
  }

  #readTag() {
    let byte;
    do byte = this.#need(this.readByte()); while (byte === TAG.PADDING);
    return byte;
  }

  #varint() {
    return this.#need(this.readVarint());
  }

  #double() {
    return this.#need(this.readDouble());
  }

  #readValue(byte) {
    switch (byte) {
      case TAG.OBJECT_COUNT:
        this.#varint();
        return this.read();
      case TAG.UNDEFINED: return undefined;
      case TAG.NULL: return null;
      case TAG.TRUE: return true;
      case TAG.FALSE: return false;
      case TAG.INT32: return this.#readInt32();
      case TAG.UINT32: return this.#varint();
      case TAG.DOUBLE: return this.#double();
      case TAG.BIGINT: return this.#readBigInt();
      case TAG.UTF8:
      case TAG.ONE_BYTE:
      case TAG.TWO_BYTE: return this.#readText(byte);
      case TAG.REFERENCE: return this.#need(this.#objects[this.#varint()]);
      default: return this.#readObject(byte);
    }
  }

  #readInt32() {
    const number = this.#varint();
    return (number >>> 1) ^ -(number & 1);
  }

  #readBigInt() {
    const bits = this.#varint();
    const start = this.#need(this.skip(bits >>> 1));
    let number = 0n;
    for (let i = (bits >>> 1) - 1; i >= 0; i--) number = number << 8n | BigInt(this.#bytes[start + i]);
    return bits & 1 ? -number : number;
  }

  #readText(byte) {
    const size = this.#varint();
    const start = this.#need(this.skip(size));
    if (byte === TAG.ONE_BYTE) return latin1Slice(this.#bytes, start, start + size);
    if (byte === TAG.UTF8) return this.#bytes.utf8Slice(start, start + size);
    if (size % 2 === 1) throw new InvalidDataError();
    return this.#bytes.ucs2Slice(start, start + size);
  }

  /** A property's name: mostly one that was read before. */
  #readKey(byte) {
    if (byte !== TAG.ONE_BYTE) return this.#readValue(byte);
    const size = this.#varint();
    const start = this.#need(this.skip(size));
    if (size === 0 || size > SHORT) return latin1Slice(this.#bytes, start, start + size);
    const bytes = this.#bytes;
    const place = (size * 31 + bytes[start] * 7 + bytes[start + size - 1]) % KEYS;
    const known = this.#keys[place];
    if (known !== undefined && isText(known, bytes, start, size)) return known;
    return this.#keys[place] = latin1Slice(bytes, start, start + size);
  }

  #readString() {
    const value = this.#readValue(this.#readTag());
    if (typeof value !== 'string') throw new InvalidDataError();
    return value;
  }

  #add(object) {
    this.#objects.push(object);
    return object;
  }

  #readObject(byte) {
    switch (byte) {
      case TAG.OBJECT: return this.#readPlain();
      case TAG.DENSE_ARRAY: return this.#readDenseArray();
      case TAG.SPARSE_ARRAY: return this.#readSparseArray();
      case TAG.DATE: return this.#add(new Date(this.#double()));
      case TAG.TRUE_OBJECT: return this.#add(Object(true));
      case TAG.FALSE_OBJECT: return this.#add(Object(false));
      case TAG.NUMBER_OBJECT: return this.#add(Object(this.#double()));
      case TAG.BIGINT_OBJECT: return this.#add(Object(this.#readBigInt()));
      case TAG.STRING_OBJECT: return this.#add(Object(this.#readString()));
      case TAG.REGEXP: return this.#readRegExp();
      case TAG.MAP: return this.#readMap();
      case TAG.SET: return this.#readSet();
      case TAG.BUFFER: return this.#readBuffer(this.#varint(), undefined);
      case TAG.RESIZABLE_BUFFER: return this.#readResizableBuffer();
      case TAG.TRANSFERRED_BUFFER: return this.#add(this.#need(this.#transferred.get(this.#varint())));
      case TAG.SHARED_BUFFER: return this.#readSharedBuffer();
      case TAG.ERROR: return this.#readError();
      case TAG.HOST_OBJECT: return this.#readHostObject();
      default: throw new InvalidDataError();
    }
  }

  #readSharedBuffer() {
    const id = this.#varint();
    return this.#add(this.#need(this.#transferred.get(id) ?? this.#delegate.sharedBuffer(id)));
  }

  #readHostObject() {
    const id = this.#objects.push(undefined) - 1;
    const object = this.#delegate.readHostObject();
    if (object === undefined) throw new InvalidDataError();
    this.#objects[id] = object;
    return object;
  }

  /** Properties of `object` up to the tag `end`; how many there were must agree with the number after it. */
  #readProperties(object, end) {
    let count = 0;
    for (;;) {
      const byte = this.#readTag();
      if (byte === end) break;
      const key = this.#readKey(byte);
      if (typeof key !== 'string' && typeof key !== 'number') throw new InvalidDataError();
      const value = this.read();
      if (key in object) {
        Object.defineProperty(object, key,
          { __proto__: null, value, writable: true, enumerable: true, configurable: true });
      } else {
        object[key] = value;
      }
      count++;
    }
    if (this.#varint() !== count) throw new InvalidDataError();
  }

  #readPlain() {
    const object = this.#add({});
    this.#readProperties(object, TAG.END_OBJECT);
    return object;
  }

  #readDenseArray() {
    const length = this.#varint();
    if (length > this.#bytes.length - this.#at) throw new InvalidDataError();
    const array = this.#add([]);
    for (let i = 0; i < length; i++) {
      if (this.#bytes[this.#at] === TAG.HOLE) this.#at++;
      else array[i] = this.read();
    }
    array.length = length;
    this.#readProperties(array, TAG.END_DENSE_ARRAY);
    if (this.#varint() !== length) throw new InvalidDataError();
    return array;
  }

  #readSparseArray() {
    const length = this.#varint();
    const array = this.#add([]);
    array.length = length;
    this.#readProperties(array, TAG.END_SPARSE_ARRAY);
    if (this.#varint() !== length) throw new InvalidDataError();
    return array;
  }

  #readMap() {
    const map = this.#add(new Map());
    const entries = this.#readEntries(TAG.END_MAP);
    if (entries.length % 2 === 1) throw new InvalidDataError();
    for (let i = 0; i < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
    return map;
  }

  #readSet() {
    const set = this.#add(new Set());
    for (const value of this.#readEntries(TAG.END_SET)) set.add(value);
    return set;
  }

  #readEntries(end) {
    const entries = [];
    for (;;) {
      const before = this.#at;
      if (this.#readTag() === end) break;
      this.#at = before;
      entries.push(this.read());
    }
    if (this.#varint() !== entries.length) throw new InvalidDataError();
    return entries;
  }

  #readRegExp() {
    const source = this.#readString();
    const bits = this.#varint();
    const flags = REGEXP_FLAGS.filter((flag, index) => bits & 1 << index).join('');
    try {
      return this.#add(new RegExp(source, flags));
    } catch {
      throw new InvalidDataError();
    }
  }

  #readResizableBuffer() {
    const size = this.#varint();
    const most = this.#varint();
    if (size > most) throw new InvalidDataError();
    return this.#readBuffer(size, { maxByteLength: most });
  }

  #readBuffer(size, options) {
    const start = this.#need(this.skip(size));
    const buffer = new ArrayBuffer(size, options);
    new Uint8Array(buffer).set(this.#bytes.subarray(start, start + size));
    return this.#add(buffer);
  }

  #readView(buffer) {
    const View = this.#need(viewsByTag.get(this.#need(this.readByte())));
    const offset = this.#varint();
    const size = this.#varint();
    const flags = this.version >= 14 ? this.#varint() : 0;
    const elementSize = View.BYTES_PER_ELEMENT ?? 1;
    const isInside = offset <= buffer.byteLength && size <= buffer.byteLength - offset;
    if (!isInside || offset % elementSize !== 0 || size % elementSize !== 0) throw new InvalidDataError();
    return this.#add(new View(buffer, offset, flags & LENGTH_TRACKING ? undefined : size / elementSize));
  }

  #readError() {
    const id = this.#objects.push(undefined) - 1;
    let Class = Error;
    let message;
    let stack;
    let error;
    const make = () => error ??= this.#objects[id] = message === undefined ? new Class() : new Class(message);
    for (let byte = this.#readTag(); byte !== ERROR_END; byte = this.#readTag()) {
      if (byte === ERROR_MESSAGE) {
        message = this.#readString();
      } else if (byte === ERROR_CAUSE) {
        const value = (make(), this.read()); // which may refer to the error
        Object.defineProperty(error, 'cause',
          { __proto__: null, value, writable: true, enumerable: false, configurable: true });
      } else if (byte === ERROR_STACK) {
        stack = this.#readString();
      } else {
        Class = this.#need(errorsByTag.get(byte));
      }
    }
    make().stack = stack;
    return error;
  }
}

module.exports = { ValueReader, ValueWriter };
