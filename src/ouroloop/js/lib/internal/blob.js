'use strict';

// Blob: bytes that never change, and that need not be in memory.
//
// A Blob is a list of parts. Making one copies what it is made from; slicing, copying and cloning share the parts. A
// part is a range of bytes here or of a file (`fs.openAsBlob`), which is read when it is asked for, and only if the
// file is still as it was.

const {
  codes: { ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS },
} = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { customInspectSymbol, kEmptyObject, kEnumerableProperty } = require('internal/util');
const { isAnyArrayBuffer } = require('internal/util/types');
const { CLONEABLE, defineTransferMode, kClone, kDeserialize } = require('internal/worker/js_transferable');
const strings = require('internal/buffer/strings');

/** A range of bytes in memory. */
class BytesPart {
  constructor(bytes) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  slice(start, end) {
    return new BytesPart(this.bytes.subarray(start, end));
  }

  async read() {
    return this.bytes;
  }

  * chunks() {
    if (this.length > 0) yield this;
  }
}

const kFileChunk = 64 * 1024;

/** A range of a file. */
class FilePart {
  constructor({ path, start, length, size, mtimeMs }) {
    Object.assign(this, { path, start, length, size, mtimeMs });
  }

  slice(start, end) {
    return new FilePart({ ...this, start: this.start + start, length: end - start });
  }

  async read() {
    const { open } = require('fs/promises');
    try {
      await using file = await open(this.path);
      const { size, mtimeMs } = await file.stat();
      if (size !== this.size || mtimeMs !== this.mtimeMs) throw new Error('The file has changed');
      const { buffer } = await file.read(new Uint8Array(this.length), 0, this.length, this.start);
      return buffer;
    } catch {
      const { DOMException } = require('internal/dom_exception');
      throw new DOMException('The blob could not be read', 'NotReadableError');
    }
  }

  /** An empty one is looked at too: the file may no longer be. */
  * chunks() {
    let start = 0;
    do {
      const end = Math.min(start + kFileChunk, this.length);
      yield this.slice(start, end);
      start = end;
    } while (start < this.length);
  }
}

// ---- What a Blob is made from ----

function toBytes(text) {
  const bytes = new Uint8Array(strings.utf8Length(text));
  strings.utf8Write(bytes, text, 0, bytes.length);
  return bytes;
}

function withNativeEndings(text) {
  return text.replace(/\r\n?|\n/g, process.platform === 'win32' ? '\r\n' : '\n');
}

function partsFrom(source, index, endings) {
  if (isBlob(source)) return partsOf(source);
  if (isAnyArrayBuffer(source)) return [new BytesPart(new Uint8Array(source).slice())];
  if (ArrayBuffer.isView(source)) {
    return [new BytesPart(new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice())];
  }
  if (typeof source === 'symbol') {
    const error = new TypeError(`Value[${index}] is a Symbol and cannot be converted to a string.`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }
  const text = `${source}`;
  return [new BytesPart(toBytes(endings === 'native' ? withNativeEndings(text) : text))];
}

function toSequence(sources) {
  const isObject = (typeof sources === 'object' && sources !== null) || typeof sources === 'function';
  if (isObject && typeof sources[Symbol.iterator] === 'function') return sources;
  const error = new TypeError('Value cannot be converted to sequence.');
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

/** A type may hold printable ASCII only. */
function toType(type) {
  const text = `${type}`;
  return /[^\x20-\x7e]/.test(text) ? '' : text.toLowerCase();
}

// ---- Blob ----

let make;
let isBlob;
let partsOf;

class Blob {
  #parts;
  #size;
  #type;

  static {
    make = (parts, type) => {
      const blob = new Blob();
      blob.#set(parts, type);
      return blob;
    };
    isBlob = (value) => typeof value === 'object' && value !== null && #parts in value;
    partsOf = (blob) => blob.#parts;
  }

  constructor(sources = [], options = kEmptyObject) {
    const sequence = toSequence(sources);
    validateDictionary(options, 'options');
    const { type = '', endings = 'transparent' } = options ?? kEmptyObject;
    const style = `${endings}`;
    if (style !== 'transparent' && style !== 'native') throw new ERR_INVALID_ARG_VALUE('options.endings', style);
    const parts = [];
    let index = 0;
    for (const source of sequence) parts.push(...partsFrom(source, index++, style));
    this.#set(parts, toType(type));
  }

  #set(parts, type) {
    this.#parts = parts;
    this.#size = parts.reduce((size, part) => size + part.length, 0);
    this.#type = type;
  }

  static #check(value) {
    if (!isBlob(value)) throw new ERR_INVALID_THIS('Blob');
  }

  get type() {
    Blob.#check(this);
    return this.#type;
  }

  get size() {
    Blob.#check(this);
    return this.#size;
  }

  slice(start = 0, end = this.size, type = '') {
    Blob.#check(this);
    const from = toPosition(start, this.#size);
    const to = toPosition(end, this.#size);
    return make(sliceParts(this.#parts, from, to), toType(type));
  }

  arrayBuffer() {
    return Blob.#read(this);
  }

  async text() {
    const buffer = await Blob.#read(this);
    const { TextDecoder } = require('internal/encoding');
    return new TextDecoder().decode(buffer);
  }

  async bytes() {
    return new Uint8Array(await Blob.#read(this));
  }

  /** A microtask for each part, and one between two. */
  static async #read(blob) {
    Blob.#check(blob);
    const bytes = new Uint8Array(blob.#size);
    let at = 0;
    for (const part of blob.#parts) {
      if (part !== blob.#parts[0]) await undefined;
      bytes.set(await part.read(), at);
      at += part.length;
    }
    return bytes.buffer;
  }

  stream() {
    Blob.#check(this);
    const { ReadableStream } = require('internal/webstreams/readablestream');
    return new ReadableStream(new BlobSource(chunksOf(this.#parts)), { highWaterMark: 0 });
  }

  textStream() {
    Blob.#check(this);
    const { TextDecoderStream } = require('internal/webstreams/encoding');
    return this.stream().pipeThrough(new TextDecoderStream());
  }

  [customInspectSymbol](depth, options) {
    return inspectAs('Blob', { size: this.size, type: this.type }, depth, options);
  }

  [kClone]() {
    Blob.#check(this);
    if (this.#parts.some((part) => part instanceof FilePart)) {
      throw new ERR_INVALID_STATE.TypeError('File-backed Blobs are not cloneable');
    }
    return { type: 'internal/blob:Blob', data: { parts: this.#parts.map((part) => part.bytes), type: this.#type } };
  }

  static [kDeserialize]({ parts, type }) {
    return make(parts.map((bytes) => new BytesPart(bytes)), type);
  }
}

for (const member of ['type', 'size', 'slice', 'arrayBuffer', 'text', 'bytes', 'stream', 'textStream']) {
  Object.defineProperty(Blob.prototype, member, kEnumerableProperty);
}
Object.defineProperty(Blob.prototype, Symbol.toStringTag, { __proto__: null, configurable: true, value: 'Blob' });
defineTransferMode(Blob, CLONEABLE, isBlob);

/** As `Array.prototype.slice` takes its arguments. */
function toPosition(value, size) {
  const position = Math.trunc(Number(value)) || 0;
  return position < 0 ? Math.max(size + position, 0) : Math.min(position, size);
}

/**
 * What a blob's stream reads. A pull goes on for as long as there is room, and lets a turn of the loop pass before it
 * reads on; to find that a chunk is over, and another follows, takes a turn as well.
 */
class BlobSource {
  type = 'bytes';
  #chunks;
  #next;
  #isBetween = false;
  #endPull;

  constructor(chunks) {
    this.#chunks = chunks;
  }

  pull(controller) {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#endPull = { resolve, reject };
    this.#read(controller);
    return promise;
  }

  cancel() {
    this.#finish();
  }

  #finish() {
    this.#endPull?.resolve();
    this.#endPull = undefined;
  }

  #read(controller) {
    if (this.#isBetween) {
      this.#isBetween = false;
      this.#readLater(controller);
      return;
    }
    const { value: chunk, done } = this.#next ?? this.#chunks.next();
    if (done) {
      controller.close();
      controller.byobRequest?.respond(0);
      this.#finish();
      return;
    }
    this.#next = this.#chunks.next();
    if (chunk.bytes !== undefined) this.#give(controller, chunk.bytes);
    else chunk.read().then((bytes) => this.#give(controller, bytes), (error) => this.#endPull?.reject(error));
  }

  #give(controller, bytes) {
    if (this.#endPull === undefined) return; // cancelled meanwhile
    if (bytes.length > 0) controller.enqueue(bytes.slice()); // the stream takes the memory away: it gets its own
    this.#isBetween = !this.#next.done;
    this.#readLater(controller);
  }

  #readLater(controller) {
    require('timers').setImmediate(() => {
      if (this.#endPull === undefined) return;
      if (controller.desiredSize < 0) this.#finish();
      else this.#read(controller);
    });
  }
}

function* chunksOf(parts) {
  for (const part of parts) yield* part.chunks();
}

function sliceParts(parts, from, to) {
  const sliced = [];
  let at = 0;
  for (const part of parts) {
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, part.length);
    const isEmptyInside = part.length === 0 && at >= from && at <= to;
    if (start < end || isEmptyInside) sliced.push(part.slice(start, Math.max(start, end)));
    at += part.length;
  }
  return sliced;
}

function inspectAs(name, shown, depth, options) {
  if (depth < 0) return options.stylize(`[${name}]`, 'special');
  const { inspect } = require('internal/util/inspect');
  return `${name} ${inspect(shown, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
}

// ---- Files, and Blobs by URL ----

/** A Blob of the file's bytes, which are not read yet. Throws if there is no such file. */
function createBlobFromFilePath(path, { type = '' } = kEmptyObject) {
  const { statSync } = require('fs');
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    const error = new TypeError('Unable to open file as blob');
    error.code = 'ERR_INVALID_ARG_VALUE';
    throw error;
  }
  const { size, mtimeMs } = stats;
  return make([new FilePart({ path, start: 0, length: size, size, mtimeMs })], type);
}

/** A Blob with the same bytes and type. */
function copy(blob) {
  return make(partsOf(blob), blob.type);
}

function resolveObjectURL(url) {
  const blob = require('internal/url/object_urls').resolve(`${url}`);
  return blob && copy(blob);
}

module.exports = { Blob, createBlobFromFilePath, inspectAs, isBlob, resolveObjectURL };
