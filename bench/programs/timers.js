// Timers, Node's: create many of 1 to 50 ms, let all fire. Argument: how many.
'use strict';

const count = Number(process.argv[2]);
let left = 0;

function fire(number, then) {
  left = number;
  const fired = () => {
    left -= 1;
    if (!left) then();
  };
  for (let i = 0; i < number; i++) setTimeout(fired, (i % 50) + 1);
}

fire(Math.floor(count / 10), () => {
  const start = performance.now();
  const cpu = process.cpuUsage();
  fire(count, () => {
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ operations: count, seconds, cpu: (user + system) / 1e6 }));
  });
});
