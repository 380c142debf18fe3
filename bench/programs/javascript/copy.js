// A file copied by streams. Arguments: its size in MiB, a folder to work in.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const size = Number(process.argv[2]);
const from = path.join(process.argv[3], 'from');
const to = path.join(process.argv[3], 'to');
fs.writeFileSync(from, Buffer.alloc(size * 1024 * 1024, 'x'));

function copy(then) {
  const start = performance.now();
  fs.createReadStream(from).pipe(fs.createWriteStream(to)).on('close', () => {
    const seconds = (performance.now() - start) / 1000;
    if (fs.statSync(to).size !== size * 1024 * 1024) throw new Error('not all was copied');
    then(seconds);
  });
}

copy(() => copy((seconds) => console.log(JSON.stringify({ operations: size, seconds }))));
