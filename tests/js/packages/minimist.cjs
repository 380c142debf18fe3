// minimist: arguments.
const assert = require('assert/strict');
const found = require('minimist')(['-abc', '--n=5', '--no-x', '--list', '1', '--list', '2', 'rest', '--', 'after']);
assert.deepEqual(found.list, [1, 2]);
console.log(JSON.stringify(found));
