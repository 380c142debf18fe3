// Timers: create many, let all fire. Arguments: how many, of how many durations.
'use strict';

const count = Number(process.argv[2]);
const durations = Number(process.argv[3]);

function fire(number, then) {
  let left = number;
  const fired = () => { if (!--left) then(); };
  for (let i = 0; i < number; i++) setTimeout(fired, (i % durations) + 1);
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
