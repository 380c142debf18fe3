// debug: logging by names, on stderr.
process.env.DEBUG = 'app:*,-app:no';
const assert = require('assert/strict');
const debug = require('debug');
const lines = [];
debug.log = (...words) => lines.push(require('util').format(...words));
const yes = debug('app:yes');
yes('hello %s %o', 'you', { a: 1 });
debug('app:no')('never');
assert.equal(lines.length, 1);
console.log(yes.enabled, debug('other').enabled, lines[0].replace(/\d{4}-\S+ /, ''));
