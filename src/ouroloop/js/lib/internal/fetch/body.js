'use strict';

// Bodies: what a request or response carries, and the methods by which a program reads it.
//
// Theory of operation. A Body has either `parts` (bytes and Blobs, which can be sent again after a redirect) or only a
// stream. The stream of parts is made when somebody asks for it; reading a whole body goes through it too, so that
// `body`, `bodyUsed` and `locked` tell the truth.
//
// What surprises people: without a body, reading gives the empty text as often as one likes, and `bodyUsed` stays
// false.

const { isObject } = require('internal/util');
const { isAnyArrayBuffer, isArrayBuffer } = require('internal/util/types');
const { defineEnumerable } = require('internal/util/class_looks');
const { Blob, isBlob } = require('internal/blob');
const { URLSearchParams } = require('internal/url');
const { Buffer } = require('buffer');
const { ReadableStream, isReadableStream, readableCore } = require('internal/webstreams/readablestream');
const { isFormData } = require('internal/fetch/formdata');
const { toScalarString } = require('internal/fetch/webidl');

const UNUSABLE = 'Body is unusable: Body has already been read';

const sizeOf = (part) => (isBlob(part) ? part.size : part.byteLength);

/** Chunks of the parts; each chunk is its reader's own. */
async function* chunksOf(parts) {
  for (const part of parts) {
    if (isBlob(part)) yield* part.stream();
    else if (part.byteLength > 0) yield new Uint8Array(part);
  }
}

/** What a program may yield as the chunk of a body. */
function toChunk(value) {
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value)) : new Uint8Array(value);
}

/** A byte stream of what an (async) iterator gives. */
function streamOf(iterator) {
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const chunk = toChunk(value);
        if (chunk.byteLength === 0) continue;
        controller.enqueue(chunk);
        return;
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

class Body {
  #stream;

  /** `parts` is null for a body that is only a stream. */
  constructor(parts, stream) {
    this.parts = parts;
    this.length = parts === null ? null : parts.reduce((size, part) => size + sizeOf(part), 0);
    this.#stream = stream;
  }

  get stream() {
    return this.#stream ??= streamOf(chunksOf(this.parts));
  }

  /** What is to be sent, chunk by chunk. */
  chunks() {
    return this.parts === null ? this.stream : chunksOf(this.parts);
  }

  get isUsed() {
    return this.#stream !== undefined && readableCore(this.#stream).isDisturbed;
  }

  get isUnusable() {
    return this.isUsed || (this.#stream !== undefined && Boolean(readableCore(this.#stream).reader));
  }

  /** A second body of the same bytes; this one's stream is another one afterwards. */
  clone() {
    if (this.#stream === undefined) return new Body(this.parts);
    const [first, second] = ReadableStream.prototype.tee.call(this.#stream);
    this.#stream = first;
    return new Body(this.parts, second);
  }

  /** A new body with this one's bytes, which has them from now on. */
  moved() {
    if (this.#stream === undefined) {
      // Whoever looks at the old one is to see that it was read.
      const stream = this.stream;
      void stream.getReader();
      readableCore(stream).isDisturbed = true;
      return new Body(this.parts);
    }
    const { TransformStream } = require('internal/webstreams/transformstream');
    return new Body(this.parts, this.#stream.pipeThrough(new TransformStream()));
  }

  /** All of its bytes. */
  async read() {
    const reader = this.stream.getReader();
    const chunks = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return Buffer.concat(chunks);
      if (!(value instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
      chunks.push(value);
    }
  }

  cancel(reason) {
    const core = readableCore(this.stream);
    if (!core.reader) this.stream.cancel(reason).catch(() => {});
  }
}

function fromObject(object, keepsAlive) {
  if (isReadableStream(object)) {
    if (keepsAlive) throw new TypeError('keepalive');
    const { isDisturbed, reader } = readableCore(object);
    if (isDisturbed || reader) {
      throw new TypeError('Response body object should not be disturbed or locked');
    }
    return [new Body(null, object), null];
  }
  if (isBlob(object)) return [new Body([object]), object.type || null];
  if (isFormData(object)) {
    const { boundary, parts } = require('internal/fetch/multipart').serialize(object);
    return [new Body(parts), `multipart/form-data; boundary=${boundary}`];
  }
  if (object instanceof URLSearchParams) {
    return [new Body([Buffer.from(`${object}`)]), 'application/x-www-form-urlencoded;charset=UTF-8'];
  }
  if (isArrayBuffer(object)) return [new Body([new Uint8Array(object.slice())]), null];
  if (ArrayBuffer.isView(object)) {
    return [new Body([new Uint8Array(object.buffer, object.byteOffset, object.byteLength).slice()]), null];
  }
  if (typeof object[Symbol.asyncIterator] !== 'function') return null;
  if (keepsAlive) throw new TypeError('keepalive');
  return [new Body(null, streamOf(object[Symbol.asyncIterator]())), null];
}

/** `[body, type]` of a BodyInit. */
function extractBody(object, keepsAlive = false) {
  const extracted = isObject(object) && !(isAnyArrayBuffer(object) && !isArrayBuffer(object)) ?
    fromObject(object, keepsAlive) : null;
  return extracted ?? [new Body([Buffer.from(toScalarString(object))]), 'text/plain;charset=UTF-8'];
}

// ---- What a program reads it by ----

/** The MIME type of a list of headers, null for none. */
function mimeTypeOf(list) {
  const value = list.get('content-type');
  if (value === null) return null;
  const { MIMEType } = require('internal/mime');
  let found = null;
  let charset = null;
  for (const [each] of value.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^,"])+/g)) {
    const type = MIMEType.parse(each);
    if (type === null || type.essence === '*/*') continue;
    if (found?.essence !== type.essence) charset = null;
    const own = type.params.get('charset');
    if (own !== null) charset = own;
    else if (charset !== null) type.params.set('charset', charset);
    found = type;
  }
  return found;
}

const decode = (bytes) => new (require('internal/encoding').TextDecoder)().decode(bytes);

function toFormData(bytes, type) {
  const { FormData } = require('internal/fetch/formdata');
  const form = new FormData();
  switch (type?.essence) {
    case 'multipart/form-data':
      try {
        require('internal/fetch/multipart').parse(bytes, type.params.get('boundary'), form);
      } catch (error) {
        throw new TypeError('Failed to parse body as FormData.', { cause: error });
      }
      return form;
    case 'application/x-www-form-urlencoded':
      for (const [name, value] of new URLSearchParams(decode(bytes))) form.append(name, value);
      return form;
    default:
      throw new TypeError(
        'Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
  }
}

/** `bytes` in memory of their own. */
function owned(bytes) {
  return bytes.byteLength === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

/**
 * Gives `Class` what Request and Response have in common. `partsOf(object)` checks that it is one, and gives its body
 * (or null) and its list of headers.
 */
function defineBody(Class, partsOf) {
  async function consume(object, convert) {
    const { body, headers } = partsOf(object);
    if (body === null) return convert(new Uint8Array(0), headers);
    if (body.isUnusable) throw new TypeError(UNUSABLE);
    return convert(await body.read(), headers);
  }
  const members = {
    get body() {
      return partsOf(this).body?.stream ?? null;
    },
    get bodyUsed() {
      return partsOf(this).body?.isUsed ?? false;
    },
    blob() {
      return consume(this, (bytes, headers) => new Blob([bytes], { type: mimeTypeOf(headers)?.toString() ?? '' }));
    },
    arrayBuffer() {
      return consume(this, (bytes) => owned(bytes).buffer);
    },
    text() {
      return consume(this, decode);
    },
    json() {
      return consume(this, (bytes) => JSON.parse(decode(bytes)));
    },
    formData() {
      return consume(this, (bytes, headers) => toFormData(bytes, mimeTypeOf(headers)));
    },
    bytes() {
      return consume(this, owned);
    },
  };
  Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(members));
  defineEnumerable(Class, ...Object.keys(members));
}

module.exports = { Body, defineBody, extractBody, mimeTypeOf };
