'use strict';

// node:stream/web: the web's streams (https://streams.spec.whatwg.org/). The classes are in `internal/webstreams`.

const { ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController } =
  require('internal/webstreams/readablestream');
const { ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableByteStreamController } =
  require('internal/webstreams/readablebytestream');
const { TransformStream, TransformStreamDefaultController } = require('internal/webstreams/transformstream');
const { WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter } =
  require('internal/webstreams/writablestream');
const { ByteLengthQueuingStrategy, CountQueuingStrategy } = require('internal/webstreams/queuingstrategies');
const { TextDecoderStream, TextEncoderStream } = require('internal/webstreams/encoding');
const { CompressionStream, DecompressionStream } = require('internal/webstreams/compression');

module.exports = {
  ReadableStream,
  ReadableStreamDefaultReader,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableByteStreamController,
  ReadableStreamDefaultController,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultWriter,
  WritableStreamDefaultController,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  TextEncoderStream,
  TextDecoderStream,
  CompressionStream,
  DecompressionStream,
};
