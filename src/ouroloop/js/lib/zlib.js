'use strict';

// zlib: gzip, deflate, Brotli and Zstandard.
//
// Theory of operation. The libraries are Python's side's (`node/zlib`, which Python programs use, too). What works in
// one go is one operation, from the options to the result; `gzip` and its like do it on the thread pool. Streams are in
// `internal/zlib/streams`.

const { Buffer } = require('buffer');
const { codes: { ERR_BUFFER_TOO_LARGE, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { validateFunction, validateUint32 } = require('internal/validators');
const { constants, codes, modes } = require('internal/zlib/constants');
const hooks = require('internal/async_hooks');
const { errorFrom, initializationError, place, startWith } = require('internal/zlib/handle');
const { KINDS, runningOf, settingsOf } = require('internal/zlib/options');
const classes = require('internal/zlib/streams');

const binding = internalBinding('zlib');

const INPUT_TYPES = ['Buffer', 'TypedArray', 'DataView'];

/** `data` as a view. */
function bytesOf(data, name, types) {
  if (isArrayBufferView(data)) return data;
  if (typeof data === 'string') return Buffer.from(data);
  if (isAnyArrayBuffer(data)) return Buffer.from(data);
  throw new ERR_INVALID_ARG_TYPE(name, types, data);
}

function crc32(data, value = 0) {
  if (typeof data !== 'string' && !isArrayBufferView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', [...INPUT_TYPES, 'string'], data);
  }
  validateUint32(value, 'value');
  const bytes = bytesOf(data);
  return binding.crc32(place(bytes), bytes.byteLength, value);
}

// In one go

function failure(told, running) {
  const [code] = told;
  if (code === 'ERR_BUFFER_TOO_LARGE') return new ERR_BUFFER_TOO_LARGE(running.maxOutputLength);
  return code === 'ERR_ZLIB_INITIALIZATION_FAILED' ? initializationError(told) : errorFrom(told);
}

/** Whether only a stream can tell what is asked for. */
function needsStream({ info, rejectGarbageAfterEnd }) {
  return info || rejectGarbageAfterEnd;
}

function limitOf({ maxOutputLength }) {
  return maxOutputLength === Number.MAX_SAFE_INTEGER ? null : maxOutputLength;
}

function convertSync(Class, mode, data, options) {
  const settings = settingsOf(mode, options);
  const running = runningOf(mode, options);
  const bytes = bytesOf(data, 'buffer', ['string', ...INPUT_TYPES, 'ArrayBuffer']);
  if (needsStream(running)) {
    const engine = new Class(options);
    const buffer = engine._processChunk(bytes, running.finishFlush);
    return running.info ? { buffer, engine } : buffer;
  }
  const result = binding.convert(
    KINDS[mode].form, settings, running.finishFlush, limitOf(running), place(bytes), bytes.byteLength);
  if (Array.isArray(result)) throw failure(result, running);
  return Buffer.from(result);
}

function convert(Class, mode, data, options, callback) {
  const settings = settingsOf(mode, options);
  const running = runningOf(mode, options);
  validateFunction(callback, 'callback');
  const bytes = bytesOf(data ?? '', 'chunk', ['string', ...INPUT_TYPES]);
  if (needsStream(running)) {
    collect(new Class(options), bytes, callback);
    return;
  }
  const id = startWith(bytes, (result) => {
    hooks.recorder?.called(callback);
    if (Array.isArray(result)) callback(failure(result, running));
    else callback(null, Buffer.from(result));
  });
  binding.convertAsync(
    id, KINDS[mode].form, settings, running.finishFlush, limitOf(running), place(bytes), bytes.byteLength);
}

/** All that a stream makes of `bytes`. */
function collect(engine, bytes, callback) {
  const pieces = [];
  let length = 0;
  engine.on('data', (piece) => {
    pieces.push(piece);
    length += piece.length;
    if (length > engine._maxOutputLength) engine.destroy(new ERR_BUFFER_TOO_LARGE(engine._maxOutputLength));
  });
  engine.on('error', (error) => callback(error));
  engine.on('end', () => {
    const buffer = Buffer.concat(pieces, length);
    callback(null, engine._info ? { buffer, engine } : buffer);
  });
  engine.end(bytes);
}

function makeConverter(Class, mode) {
  return function asyncBufferWrapper(buffer, options, callback) {
    if (typeof options === 'function') [options, callback] = [undefined, options];
    return convert(Class, mode, buffer, options, callback);
  };
}

function makeSyncConverter(Class, mode) {
  return function syncBufferWrapper(buffer, options) {
    return convertSync(Class, mode, buffer, options);
  };
}

module.exports = { crc32, ...classes };

for (const [name, className, mode] of [
  ['deflate', 'Deflate', modes.DEFLATE], ['gzip', 'Gzip', modes.GZIP], ['deflateRaw', 'DeflateRaw', modes.DEFLATERAW],
  ['unzip', 'Unzip', modes.UNZIP], ['inflate', 'Inflate', modes.INFLATE], ['gunzip', 'Gunzip', modes.GUNZIP],
  ['inflateRaw', 'InflateRaw', modes.INFLATERAW], ['brotliCompress', 'BrotliCompress', modes.BROTLI_ENCODE],
  ['brotliDecompress', 'BrotliDecompress', modes.BROTLI_DECODE], ['zstdCompress', 'ZstdCompress', modes.ZSTD_COMPRESS],
  ['zstdDecompress', 'ZstdDecompress', modes.ZSTD_DECOMPRESS],
]) {
  module.exports[name] = makeConverter(classes[className], mode);
  module.exports[`${name}Sync`] = makeSyncConverter(classes[className], mode);
}

for (const [name, Class] of Object.entries(classes)) {
  const makerName = `create${name}`;
  const { [makerName]: make } = { [makerName](options) {
    return new Class(options);
  } };
  Object.defineProperty(module.exports, makerName,
    { __proto__: null, configurable: true, enumerable: true, value: make });
}

Object.defineProperties(module.exports, {
  constants: { __proto__: null, enumerable: true, value: constants },
  codes: { __proto__: null, enumerable: true, value: codes },
});

// The names from before there was `constants`.
for (const [name, value] of Object.entries(constants)) {
  if (!name.startsWith('BROTLI')) Object.defineProperty(module.exports, name, { __proto__: null, value });
}
