// Chunks through streams. Arguments: which, seconds.
'use strict';

const { Readable, Transform, Writable, pipeline } = require('node:stream');
const { measure } = require('./measure.js');

const COUNT = 5_000;
const CHUNK = Buffer.alloc(16 * 1024);

const source = (options, chunk) => {
  let left = COUNT;
  return new Readable({ ...options, read() { this.push(left-- ? chunk : null); } });
};
const sink = (options) => new Writable({ ...options, write(chunk, encoding, done) { done(); } });
const ended = (done) => (error) => {
  if (error) throw error;
  done();
};

const batches = {
  pipe(done) {
    source({}, CHUNK).pipe(sink({})).on('finish', done);
  },

  transform(done) {
    const transform = new Transform({
      objectMode: true,
      transform(chunk, encoding, callback) { callback(null, { n: chunk.n + 1 }); },
    });
    pipeline(source({ objectMode: true }, { n: 1 }), transform, sink({ objectMode: true }), ended(done));
  },

  async loop(done) {
    let bytes = 0;
    for await (const chunk of source({}, CHUNK)) bytes += chunk.length;
    done(bytes);
  },
};

measure(COUNT, batches[process.argv[2]], Number(process.argv[3]));
