// p-queue: a queue with priorities and events.
import assert from 'node:assert/strict';
import PQueue from 'p-queue';
const queue = new PQueue({ concurrency: 1, autoStart: false });
const log = [];
queue.on('idle', () => log.push('idle'));
for (const [n, priority] of [[1, 0], [2, 5], [3, 1]]) queue.add(async () => log.push(n), { priority });
queue.start();
await queue.onIdle();
assert.equal(queue.size, 0);
console.log(log.join());
