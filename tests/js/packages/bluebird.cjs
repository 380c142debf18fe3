// bluebird: promises with a scheduler of their own.
const assert = require('assert/strict');
const Bluebird = require('bluebird');
const log = [];
Bluebird.resolve(1).then(() => log.push('bluebird'));
Promise.resolve(1).then(() => log.push('native'));
process.nextTick(() => log.push('tick'));
Bluebird.map([3, 2, 1], (x) => Bluebird.delay(x, x * 10), { concurrency: 2 })
  .tap((v) => assert.deepEqual(v, [30, 20, 10]))
  .reduce((a, b) => a + b, 0)
  .then((sum) => Bluebird.promisify(require('fs').stat)(__filename).then((s) => [sum, s.isFile()]))
  .then((v) => console.log(v.join(), log.join()));
