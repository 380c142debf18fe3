// glob: finds files by patterns.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { glob, globSync, globStream } from 'glob';
for (const name of ['a/x.js', 'a/b/y.js', 'a/b/z.txt', 'c/.hidden.js']) {
  fs.mkdirSync(path.dirname(`tmp-glob/${name}`), { recursive: true });
  fs.writeFileSync(`tmp-glob/${name}`, '');
}
assert.deepEqual((await glob('**/*.js', { cwd: 'tmp-glob' })).sort(), ['a/b/y.js', 'a/x.js']);
const streamed = [];
for await (const name of globStream('tmp-glob/{a,c}/*', { dot: true })) streamed.push(name);
console.log(streamed.sort().join(), globSync('tmp-glob/**/!(*.js)', { nodir: true }).join());
fs.rmSync('tmp-glob', { recursive: true });
