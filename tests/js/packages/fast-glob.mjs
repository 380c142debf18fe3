// fast-glob: finds files by patterns, with streams over folders.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import glob from 'fast-glob';
fs.mkdirSync('tmp-glob/[odd] dir', { recursive: true });
for (const name of ['a.json', 'b.txt', '.hidden', '[odd] dir/é.txt']) fs.writeFileSync(`tmp-glob/${name}`, name);
fs.symlinkSync('a.json', 'tmp-glob/link.json');
const sorted = async (...args) => console.log((await glob(...args)).sort());
await sorted('tmp-glob/**', { dot: true, onlyFiles: false, markDirectories: true });
await sorted(['**/*.{json,txt}', '!b*'], { cwd: 'tmp-glob' });
await sorted(`tmp-glob/${glob.escapePath('[odd] dir')}/*`);
console.log((await glob('*.txt', { cwd: 'tmp-glob', stats: true })).map(({ name, stats }) => [name, stats.size]));
const streamed = [];
for await (const name of glob.stream('tmp-glob/*.json')) streamed.push(name);
assert.deepEqual(streamed.sort(), glob.sync('tmp-glob/*.json').sort());
fs.rmSync('tmp-glob', { recursive: true });
