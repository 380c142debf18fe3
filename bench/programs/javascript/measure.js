// How the JavaScript benchmarks measure: batches, until the time is up; what is done in the first quarter warms up.
'use strict';

/**
 * @param {number} operations what one batch does
 * @param {(done: () => void) => void} batch does them, then calls `done`
 * @param {number} seconds to run at least
 */
exports.measure = (operations, batch, seconds) => {
  let start = performance.now();
  let cpu = process.cpuUsage();
  let warm = false;
  let batches = 0;
  const done = () => {
    batches += 1;
    const elapsed = (performance.now() - start) / 1000;
    if (warm && elapsed >= seconds) {
      const { user, system } = process.cpuUsage(cpu);
      console.log(JSON.stringify({ operations: batches * operations, seconds: elapsed, cpu: (user + system) / 1e6 }));
      return;
    }
    if (!warm && elapsed >= seconds / 4) {
      warm = true;
      batches = 0;
      start = performance.now();
      cpu = process.cpuUsage();
    }
    setImmediate(batch, done);
  };
  batch(done);
};
