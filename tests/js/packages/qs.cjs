// qs: nested query strings.
const assert = require('assert/strict');
const qs = require('qs');
assert.deepEqual(qs.parse('a[b][c]=1&d[]=2&d[]=3&e=%20x'), { a: { b: { c: '1' } }, d: ['2', '3'], e: ' x' });
console.log(qs.stringify({ a: { b: [1, 2], c: null }, d: 'ü&' }, { encodeValuesOnly: true }));
