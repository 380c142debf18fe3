// Files read at once, one after another. Arguments: seconds, a folder of files.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { measure } = require('./measure.js');

const folder = process.argv[3];
const paths = fs.readdirSync(folder).map((name) => path.join(folder, name));

measure(paths.length * 10, (done) => {
  for (let i = 0; i < 10; i++) for (const name of paths) fs.readFileSync(name);
  done();
}, Number(process.argv[2]));
