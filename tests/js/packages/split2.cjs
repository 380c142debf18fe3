// split2: a stream of lines.
const assert = require('assert/strict');
const { Readable } = require('stream');
const split = require('split2');
const lines = [];
Readable.from(['{"a":1}\n{"a"', ':2}\n', '{"a":3}']).pipe(split(JSON.parse)).on('data', (x) => lines.push(x.a)).on('end', () => {
  assert.deepEqual(lines, [1, 2, 3]);
  console.log(lines.join());
});
