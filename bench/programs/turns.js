// Turns of the loop, Node's: a chain of immediates, each of which sets the next. Argument: seconds to run at least.
'use strict';

const BATCH = 10_000;
const seconds = Number(process.argv[2]);
let left = BATCH;
let batches = -1; // the first warms up
let start = 0;
let cpu;

function step() {
  left -= 1;
  if (left) {
    setImmediate(step);
    return;
  }
  left = BATCH;
  batches += 1;
  if (!batches) [start, cpu] = [performance.now(), process.cpuUsage()];
  const elapsed = (performance.now() - start) / 1000;
  if (!batches || elapsed < seconds) {
    setImmediate(step);
    return;
  }
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ operations: batches * BATCH, seconds: elapsed, cpu: (user + system) / 1e6 }));
}

setImmediate(step);
