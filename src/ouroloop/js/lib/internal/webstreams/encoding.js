'use strict';

// TextEncoderStream and TextDecoderStream: UTF-8 and other encodings, chunk by chunk.
//
// Theory of operation. Each is a TransformStream around an encoder or decoder. What surprises people: the end of a
// chunk may fall between the halves of a surrogate pair or inside a character's bytes; both keep the first part for
// the next chunk.
//
// Source: https://encoding.spec.whatwg.org/#streams

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol } = require('internal/util');
const { TextDecoder, TextEncoder } = require('internal/encoding');
const { defineEnumerable, inspectAs } = require('internal/util/class_looks');
const { TransformStream } = require('internal/webstreams/transformstream');

const isHigh = (unit) => unit >= 0xD800 && unit <= 0xDBFF;

class TextEncoderStream {
  #encoder = new TextEncoder();
  #transform;
  #high = ''; // a high surrogate that waits for its other half

  constructor() {
    this.#transform = new TransformStream({
      transform: (chunk, controller) => this.#encode(`${chunk}`, controller),
      flush: (controller) => {
        if (this.#high !== '') controller.enqueue(this.#encoder.encode('\uFFFD'));
      },
    });
  }

  static #of(stream) {
    if (typeof stream === 'object' && stream !== null && #transform in stream) return stream;
    throw new ERR_INVALID_THIS('TextEncoderStream');
  }

  #encode(chunk, controller) {
    if (chunk === '') return;
    let text = this.#high + chunk;
    this.#high = '';
    if (isHigh(text.charCodeAt(text.length - 1))) {
      this.#high = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (text !== '') controller.enqueue(this.#encoder.encode(text));
  }

  get encoding() {
    return this.#encoder.encoding;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [customInspectSymbol](depth, options) {
    const { encoding, readable, writable } = TextEncoderStream.#of(this);
    return inspectAs(this, 'TextEncoderStream', { encoding, readable, writable }, depth, options);
  }
}

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(encoding = 'utf-8', options = {}) {
    this.#decoder = new TextDecoder(encoding, options);
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        if (chunk === undefined) {
          throw new ERR_INVALID_ARG_TYPE('chunk', 'string', chunk);
        }
        const text = this.#decoder.decode(chunk, { stream: true });
        if (text !== '') controller.enqueue(text);
      },
      flush: (controller) => {
        const text = this.#decoder.decode();
        if (text === '') controller.terminate(); // at once; by itself the readable side would close a microtask later
        else controller.enqueue(text);
      },
    });
  }

  static #of(stream) {
    if (typeof stream === 'object' && stream !== null && #transform in stream) return stream;
    throw new ERR_INVALID_THIS('TextDecoderStream');
  }

  get encoding() {
    return this.#decoder.encoding;
  }

  get fatal() {
    return this.#decoder.fatal;
  }

  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [customInspectSymbol](depth, options) {
    const { encoding, fatal, ignoreBOM, readable, writable } = TextDecoderStream.#of(this);
    return inspectAs(this, 'TextDecoderStream', { encoding, fatal, ignoreBOM, readable, writable }, depth, options);
  }
}

defineEnumerable(TextEncoderStream, 'encoding', 'readable', 'writable');
defineEnumerable(TextDecoderStream, 'encoding', 'fatal', 'ignoreBOM', 'readable', 'writable');

module.exports = { TextEncoderStream, TextDecoderStream };
