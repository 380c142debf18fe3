// async: control flow with callbacks.
const assert = require('assert/strict');
const async = require('async');
const seen = [];
async.series([
  (done) => setTimeout(() => { seen.push('a'); done(null, 1); }, 2),
  (done) => setImmediate(() => { seen.push('b'); done(null, 2); }),
], (error, results) => {
  assert.deepEqual(results, [1, 2]);
  const queue = async.queue((task, done) => { seen.push(task); process.nextTick(done); }, 2);
  queue.push(['x', 'y', 'z']);
  queue.drain(async () => {
    const doubled = await async.mapLimit([1, 2, 3], 2, async (x) => x * 2);
    assert.deepEqual(doubled, [2, 4, 6]);
    console.log(seen.join(), doubled.join());
  });
});
