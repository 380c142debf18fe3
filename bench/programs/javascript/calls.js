// What programs ask of the runtime in passing, each many times a second. Arguments: which, seconds.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const util = require('node:util');
const v8 = require('node:v8');
const { measure } = require('./measure.js');

const COUNT = 10_000;
const rows = Array.from({ length: 20 }, (_, id) => ({
  id, name: `row ${id}`, tags: ['red', 'green'], when: new Date(id), nested: new Map([['key', { deep: true }]]),
}));
let sum = 0;

const batches = {
  // What module loaders, watchers and bundlers do.
  files(done) {
    for (let i = 0; i < COUNT / 4; i++) {
      sum += fs.statSync(__filename).size + fs.existsSync(`${__filename}.missing`);
      const fd = fs.openSync(__filename, 'r');
      sum += fs.fstatSync(fd).size;
      fs.closeSync(fd);
    }
    done();
  },

  clone(done) {
    for (let i = 0; i < COUNT / 100; i++) sum += structuredClone(rows).length;
    done();
  },

  serialize(done) {
    for (let i = 0; i < COUNT / 100; i++) sum += v8.deserialize(v8.serialize(rows)).length;
    done();
  },

  compare(done) {
    const copy = structuredClone(rows);
    for (let i = 0; i < COUNT / 100; i++) sum += util.isDeepStrictEqual(rows, copy);
    done();
  },

  inspect(done) {
    for (let i = 0; i < COUNT / 10; i++) sum += util.inspect(rows[i % rows.length]).length;
    done();
  },

  // What makes names: of cache entries, of requests.
  hash(done) {
    for (let i = 0; i < COUNT / 10; i++) {
      sum += crypto.createHash('sha256').update(`key ${i}`).digest('hex').length + crypto.randomUUID().length;
    }
    done();
  },

  // Clocks and the environment.
  clocks(done) {
    for (let i = 0; i < COUNT; i++) {
      sum += performance.now() + Number(process.hrtime.bigint() & 1n);
      if (process.env.NODE_ENV === 'production') sum++;
    }
    done();
  },
};

const share = { files: 4, clone: 100, serialize: 100, compare: 100, inspect: 10, hash: 10, clocks: 1 };
const which = process.argv[2];
measure(COUNT / share[which], batches[which], Number(process.argv[3]));
