// File work, Node's: 32 operations under way at all times. Arguments: "read_file" or "stat", seconds, a folder of
// files.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const AT_A_TIME = 32;

const operation = { read_file: fs.readFile, stat: fs.stat }[process.argv[2]];
const seconds = Number(process.argv[3]);
const folder = process.argv[4];
const paths = fs.readdirSync(folder).sort().map((name) => path.join(folder, name));
let started = 0;
let done = 0;
let underWay = AT_A_TIME;
let warm = false;
let start = performance.now();
let cpu = process.cpuUsage();

function begin() {
  started += 1;
  operation(paths[started % paths.length], finished);
}

function finished(error) {
  if (error) throw error;
  done += 1;
  const elapsed = (performance.now() - start) / 1000;
  if (!warm && elapsed > seconds / 4) {
    warm = true;
    done = 0;
    start = performance.now();
    cpu = process.cpuUsage();
  } else if (warm && elapsed >= seconds) {
    underWay -= 1;
    if (underWay === AT_A_TIME - 1) {
      const { user, system } = process.cpuUsage(cpu);
      console.log(JSON.stringify({ operations: done, seconds: elapsed, cpu: (user + system) / 1e6 }));
    }
    return;
  }
  begin();
}

for (let i = 0; i < AT_A_TIME; i++) begin();
