'use strict';

// How messages between processes are written: a line of JSON each, or V8's format after its length in four bytes.
//
// Theory of operation. A codec's `write(message)` gives what is to be written, `read(bytes)` the messages that are
// complete with these bytes; what is left waits for more.

const { Buffer } = require('buffer');
const { StringDecoder } = require('string_decoder');
const { isArrayBufferView } = require('internal/util/types');

const LENGTH_SIZE = 4;

// What stands before a host object.
const VIEW = 0;
const OTHER = 1;

class JSONCodec {
  #decoder = new StringDecoder('utf8');
  #rest = '';

  write(message) {
    const text = `${JSON.stringify(message)}\n`;
    return text.isWellFormed() ? text : Buffer.from(text);
  }

  read(bytes) {
    const lines = `${this.#rest}${this.#decoder.write(Buffer.from(bytes))}`.split('\n');
    this.#rest = lines.pop();
    return lines.map((line) => JSON.parse(line));
  }

  forget() {
    this.#rest = '';
  }
}

let classes;

/** Made when first needed: `v8` is a large module. */
function serializers() {
  if (classes !== undefined) return classes;
  const v8 = require('v8');
  class Serializer extends v8.DefaultSerializer {
    _writeHostObject(object) {
      if (isArrayBufferView(object)) {
        this.writeUint32(VIEW);
        return super._writeHostObject(object);
      }
      this.writeUint32(OTHER);
      this.writeValue({ ...object });
      return undefined;
    }
  }
  class Deserializer extends v8.DefaultDeserializer {
    _readHostObject() {
      return this.readUint32() === VIEW ? super._readHostObject() : this.readValue();
    }
  }
  return classes = { Serializer, Deserializer };
}

class AdvancedCodec {
  #chunks = [];
  #length = 0;

  write(message) {
    const serializer = new (serializers().Serializer)();
    serializer.writeHeader();
    serializer.writeValue(message);
    const body = serializer.releaseBuffer();
    const head = Buffer.alloc(LENGTH_SIZE);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  }

  read(bytes) {
    this.#chunks.push(Buffer.from(bytes));
    this.#length += bytes.byteLength;
    const messages = [];
    while (this.#length >= LENGTH_SIZE) {
      if (this.#chunks[0].length < LENGTH_SIZE) this.#chunks = [Buffer.concat(this.#chunks)];
      const end = LENGTH_SIZE + this.#chunks[0].readUInt32BE(0);
      if (this.#length < end) break;
      const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      messages.push(parse(whole.subarray(LENGTH_SIZE, end)));
      this.#chunks = [whole.subarray(end)];
      this.#length -= end;
    }
    return messages;
  }

  forget() {
    this.#chunks = [];
    this.#length = 0;
  }
}

function parse(body) {
  const deserializer = new (serializers().Deserializer)(body);
  deserializer.readHeader();
  return deserializer.readValue();
}

function codecFor(mode) {
  return mode === 'advanced' ? new AdvancedCodec() : new JSONCodec();
}

module.exports = { codecFor };
