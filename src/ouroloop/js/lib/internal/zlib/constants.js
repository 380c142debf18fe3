'use strict';

// zlib's numbers: those of the three libraries, and the modes, by which Node numbers the formats.

const { zlib, brotli, zstd } = internalBinding('constants').zlib;

const modes = {
  DEFLATE: 1,
  INFLATE: 2,
  GZIP: 3,
  GUNZIP: 4,
  DEFLATERAW: 5,
  INFLATERAW: 6,
  UNZIP: 7,
  BROTLI_DECODE: 8,
  BROTLI_ENCODE: 9,
  ZSTD_COMPRESS: 10,
  ZSTD_DECOMPRESS: 11,
};

const constants = { __proto__: null };
for (const [name, value] of Object.entries({ ...zlib, ...modes, Z_MAX_CHUNK: Infinity, ...brotli, ...zstd })) {
  Object.defineProperty(constants, name, { __proto__: null, enumerable: true, value });
}

/** Names of zlib's results, both ways. */
const codes = {};
for (const name of [
  'Z_OK', 'Z_STREAM_END', 'Z_NEED_DICT', 'Z_ERRNO', 'Z_STREAM_ERROR', 'Z_DATA_ERROR', 'Z_MEM_ERROR', 'Z_BUF_ERROR',
  'Z_VERSION_ERROR',
]) {
  codes[name] = zlib[name];
  codes[zlib[name]] = name;
}
Object.freeze(codes);

module.exports = { constants, codes, modes };
