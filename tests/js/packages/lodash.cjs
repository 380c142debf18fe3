// lodash: a bit of everything.
const assert = require('assert/strict');
const _ = require('lodash');
assert.deepEqual(_.chunk([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
assert.deepEqual(_.merge({ a: { b: 1 } }, { a: { c: [2] } }), { a: { b: 1, c: [2] } });
assert.equal(_.template('<%= a %>-<%- b %>')({ a: 1, b: '<' }), '1-&lt;');
const copy = _.cloneDeep({ m: new Map([[1, new Set([2])]]), d: new Date(0), r: /x/gi, b: Buffer.from('ab') });
assert.equal(_.isEqual(copy.m, new Map([[1, new Set([2])]])), true);
const calls = [];
const late = _.debounce((x) => calls.push(x), 5);
late(1);
late(2);
setTimeout(() => console.log(calls.join(), _.camelCase('some words here'), _.groupBy([1.2, 1.8, 2.1], Math.floor)), 60);
