// mkdirp: folders, with those above.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { mkdirp } from 'mkdirp';
const made = await mkdirp('tmp-mkdirp/a/b/c');
assert.equal(fs.statSync('tmp-mkdirp/a/b/c').isDirectory(), true);
console.log(path.basename(made), mkdirp.sync('tmp-mkdirp/a'), await mkdirp('tmp-mkdirp/a/b').then(String));
fs.rmSync('tmp-mkdirp', { recursive: true });
