// zlib: what works at once, and data through streams. Arguments: gzip, gunzip or stream; bytes (of each), seconds.
'use strict';

const { Readable, Writable, pipeline } = require('node:stream');
const zlib = require('node:zlib');
const { measure } = require('./measure.js');

const [which, size, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const CHUNK = 64 * 1024;

/** Text that packs to about a quarter. */
function text(length) {
  let state = 1;
  const words = Array.from({ length: 2000 }, () => {
    state = (state * 48271) % 2147483647;
    return state.toString(36);
  });
  const parts = [];
  for (let have = 0; have < length; have += parts.at(-1).length + 1) {
    state = (state * 48271) % 2147483647;
    parts.push(words[Math.floor(Math.sqrt(state % 4_000_000))]);
  }
  return Buffer.from(parts.join(' ')).subarray(0, length);
}

const data = text(Math.min(size, 10_000_000));
const packed = zlib.gzipSync(data);
const count = Math.max(1, Math.floor(1_000_000 / size));

const batches = {
  gzip(done) {
    for (let each = 0; each < count; each++) zlib.gzipSync(data);
    done();
  },

  gunzip(done) {
    for (let each = 0; each < count; each++) zlib.gunzipSync(packed);
    done();
  },

  stream(done) {
    let left = size / CHUNK;
    let at = 0;
    let length = 0;
    const source = new Readable({
      read() {
        this.push(left-- > 0 ? data.subarray(at, at + CHUNK) : null);
        at = (at + CHUNK) % (data.length - CHUNK);
      },
    });
    const sink = new Writable({
      write(chunk, encoding, callback) {
        length += chunk.length;
        callback();
      },
    });
    pipeline(source, zlib.createGzip(), zlib.createGunzip(), sink, (error) => {
      if (error) throw error;
      if (length !== size) throw new Error('not all came through');
      done();
    });
  },
};

measure(which === 'stream' ? size / 1024 / 1024 : count, batches[which], seconds);
