// p-limit: so many at a time.
import assert from 'node:assert/strict';
import pLimit from 'p-limit';
const limit = pLimit(2);
let now = 0, most = 0;
const log = [];
const work = async (n) => {
  most = Math.max(most, ++now);
  log.push(n);
  await new Promise((r) => setImmediate(r));
  now--;
  return n * 2;
};
const found = await Promise.all([1, 2, 3, 4, 5].map((n) => limit(work, n)));
assert.equal(most, 2);
console.log(found.join(), log.join(), limit.activeCount, limit.pendingCount);
