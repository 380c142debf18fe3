'use strict';

// Options of zlib: checked, and in the form in which Python takes them.
//
// Theory of operation. A mode (a format and a direction) has a name that Python knows it by, and belongs to one of
// three libraries, which differ in their flush flags and settings. `settingsOf` gives what a codec is made with: a
// list, or null where all is at its default; `runningOf` gives what concerns who runs it.

const { Buffer, kMaxLength } = require('buffer');
const {
  codes: { ERR_BROTLI_INVALID_PARAM, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_ZSTD_INVALID_PARAM },
} = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { validateNumber } = require('internal/validators');
const { constants, modes } = require('internal/zlib/constants');

const {
  BROTLI_OPERATION_EMIT_METADATA, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_PROCESS,
  Z_BLOCK, Z_DEFAULT_CHUNK, Z_DEFAULT_LEVEL, Z_DEFAULT_MEMLEVEL, Z_DEFAULT_STRATEGY, Z_DEFAULT_WINDOWBITS, Z_FINISH,
  Z_FIXED, Z_FULL_FLUSH, Z_MAX_LEVEL, Z_MAX_MEMLEVEL, Z_MAX_WINDOWBITS, Z_MIN_CHUNK, Z_MIN_LEVEL, Z_MIN_MEMLEVEL,
  Z_MIN_WINDOWBITS, Z_NO_FLUSH, ZSTD_e_continue, ZSTD_e_end, ZSTD_e_flush,
} = constants;
const { DEFLATERAW, GUNZIP, GZIP, INFLATE, UNZIP, ZSTD_COMPRESS } = modes;

const ZLIB = {
  index: 0, flush: Z_NO_FLUSH, lastFlush: Z_BLOCK, finishFlush: Z_FINISH, fullFlush: Z_FULL_FLUSH,
  settings: zlibSettings,
};
const BROTLI = {
  index: 1, flush: BROTLI_OPERATION_PROCESS, lastFlush: BROTLI_OPERATION_EMIT_METADATA,
  finishFlush: BROTLI_OPERATION_FINISH, fullFlush: BROTLI_OPERATION_FLUSH, settings: brotliSettings,
};
const ZSTD = {
  index: 2, flush: ZSTD_e_continue, lastFlush: ZSTD_e_end, finishFlush: ZSTD_e_end, fullFlush: ZSTD_e_flush,
  settings: zstdSettings,
};

const KINDS = []; // by mode: { form, library }
for (const [mode, form, library] of [
  ['DEFLATE', 'deflate', ZLIB], ['INFLATE', 'inflate', ZLIB], ['GZIP', 'gzip', ZLIB], ['GUNZIP', 'gunzip', ZLIB],
  ['DEFLATERAW', 'deflate_raw', ZLIB], ['INFLATERAW', 'inflate_raw', ZLIB], ['UNZIP', 'unzip', ZLIB],
  ['BROTLI_DECODE', 'brotli_decompress', BROTLI], ['BROTLI_ENCODE', 'brotli_compress', BROTLI],
  ['ZSTD_COMPRESS', 'zstd_compress', ZSTD], ['ZSTD_DECOMPRESS', 'zstd_decompress', ZSTD],
]) {
  KINDS[modes[mode]] = { form, library };
}

/** Whether `number` is one; undefined and NaN stand for the default. */
function isGiven(number, name) {
  if (number === undefined || Number.isNaN(number)) return false;
  if (Number.isFinite(number)) return true;
  validateNumber(number, name);
  throw new ERR_OUT_OF_RANGE(name, 'a finite number', number);
}

function checkRange(number, name, least, most, byDefault) {
  if (!isGiven(number, name)) return byDefault;
  if (number >= least && number <= most) return number;
  throw new ERR_OUT_OF_RANGE(name, most === Infinity ? `>= ${least}` : `>= ${least} and <= ${most}`, number);
}

function checkDictionary(dictionary) {
  if (dictionary === undefined) return null;
  if (isArrayBufferView(dictionary)) {
    return new Uint8Array(dictionary.buffer, dictionary.byteOffset, dictionary.byteLength);
  }
  if (isAnyArrayBuffer(dictionary)) return Buffer.from(dictionary);
  throw new ERR_INVALID_ARG_TYPE('options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], dictionary);
}

function settingsList(level, windowBits, memLevel, strategy, dictionary, params, pledgedSize) {
  return [level, windowBits, memLevel, strategy, dictionary, params, pledgedSize];
}

function windowOf(options, mode) {
  const { windowBits } = options;
  const reads = mode === INFLATE || mode === GUNZIP || mode === UNZIP;
  // "As the header says": the largest window reads them all.
  if (reads && (windowBits == null || windowBits === 0)) return Z_DEFAULT_WINDOWBITS;
  const least = Z_MIN_WINDOWBITS + (mode === GZIP ? 1 : 0);
  const bits = checkRange(windowBits, 'options.windowBits', least, Z_MAX_WINDOWBITS, Z_DEFAULT_WINDOWBITS);
  return mode === DEFLATERAW ? Math.max(bits, 9) : bits; // zlib has no raw window of 256 bytes
}

function zlibSettings(options, mode) {
  const window = windowOf(options, mode);
  const level = checkRange(options.level, 'options.level', Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_LEVEL);
  const memLevel = checkRange(options.memLevel, 'options.memLevel', Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL, Z_DEFAULT_MEMLEVEL);
  const strategy = checkStrategy(options.strategy, 'options.strategy');
  return settingsList(level, window, memLevel, strategy, checkDictionary(options.dictionary), [], null);
}

function checkLevel(level, name = 'level') {
  return checkRange(level, name, Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_LEVEL);
}

function checkStrategy(strategy, name = 'strategy') {
  return checkRange(strategy, name, Z_DEFAULT_STRATEGY, Z_FIXED, Z_DEFAULT_STRATEGY);
}

/** `[key, value, key, value …]` */
function paramsList(params, last, InvalidParam) {
  const list = [];
  const seen = new Set();
  for (const name of Object.keys(params ?? {})) {
    const key = Number(name);
    if (!(key >= 0 && key <= last) || seen.has(key)) throw new InvalidParam(name);
    const value = params[name];
    if (typeof value !== 'number' && typeof value !== 'boolean') {
      throw new ERR_INVALID_ARG_TYPE('options.params[key]', 'number', value);
    }
    seen.add(key);
    list.push(key, Number(value));
  }
  return list;
}

function highest(prefix) {
  return Math.max(...Object.keys(constants).filter((name) => name.startsWith(prefix)).map((name) => constants[name]));
}

const LAST_BROTLI_PARAM = highest('BROTLI_PARAM_');
const LAST_ZSTD_C_PARAM = highest('ZSTD_c_');
const LAST_ZSTD_D_PARAM = highest('ZSTD_d_');

function brotliSettings(options) {
  const params = paramsList(options.params, LAST_BROTLI_PARAM, ERR_BROTLI_INVALID_PARAM);
  return settingsList(0, 0, 0, 0, checkDictionary(options.dictionary), params, null);
}

function zstdSettings(options, mode) {
  const last = mode === ZSTD_COMPRESS ? LAST_ZSTD_C_PARAM : LAST_ZSTD_D_PARAM;
  const params = paramsList(options.params, last, ERR_ZSTD_INVALID_PARAM);
  const { dictionary } = options; // what is no buffer is passed over
  return settingsList(
    0, 0, 0, 0, isArrayBufferView(dictionary) ? checkDictionary(dictionary) : null, params,
    mode === ZSTD_COMPRESS ? pledgedSizeOf(options) : null);
}

function pledgedSizeOf({ pledgedSrcSize }) {
  if (pledgedSrcSize === undefined) return null;
  if (typeof pledgedSrcSize === 'number' && pledgedSrcSize >= 0) return pledgedSrcSize;
  const isNumber = typeof pledgedSrcSize === 'number';
  const error = isNumber ? new ERR_OUT_OF_RANGE('pledgedSrcSize', '>= 0', pledgedSrcSize) :
    new ERR_INVALID_ARG_TYPE('pledgedSrcSize', 'number', pledgedSrcSize);
  error.message = `pledgedSrcSize must be ${isNumber ? 'non-negative' : 'a number'}`;
  throw error;
}

/** What a codec is made with. */
function settingsOf(mode, options) {
  return options ? KINDS[mode].library.settings(options, mode) : null;
}

/** How it is run: the sizes, the flush flags, and the rest that is no setting of the codec. */
function runningOf(mode, options) {
  const { library } = KINDS[mode];
  const { flush, finishFlush, lastFlush } = library;
  if (!options) {
    return {
      chunkSize: Z_DEFAULT_CHUNK, flush, finishFlush, maxOutputLength: kMaxLength, info: undefined,
      rejectGarbageAfterEnd: false,
    };
  }
  return {
    chunkSize: checkRange(options.chunkSize, 'options.chunkSize', Z_MIN_CHUNK, Infinity, Z_DEFAULT_CHUNK),
    flush: checkRange(options.flush, 'options.flush', flush, lastFlush, flush),
    finishFlush: checkRange(options.finishFlush, 'options.finishFlush', flush, lastFlush, finishFlush),
    maxOutputLength: checkRange(options.maxOutputLength, 'options.maxOutputLength', 1, kMaxLength, kMaxLength),
    info: options.info,
    rejectGarbageAfterEnd: options.rejectGarbageAfterEnd === true,
  };
}

module.exports = { KINDS, checkLevel, checkStrategy, runningOf, settingsOf };
