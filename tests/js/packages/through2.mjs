// through2: transforms, on readable-stream.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import * as loaded from 'through2';
const through = loaded.default ?? loaded.through2 ?? loaded.through;
const seen = [];
Readable.from([Buffer.from('ab'), Buffer.from('cd')])
  .pipe(through(function (chunk, encoding, done) {
    this.push(String(chunk).toUpperCase());
    setImmediate(done);
  }, function (done) { this.push('!'); done(); }))
  .on('data', (x) => seen.push(String(x)))
  .on('end', () => {
    assert.equal(seen.join(''), 'ABCD!');
    console.log(seen.join(''));
  });
