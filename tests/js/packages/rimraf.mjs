// rimraf: removes trees.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { rimraf, rimrafSync } from 'rimraf';
for (const name of ['a', 'b']) fs.mkdirSync(`tmp-rimraf/${name}/x/y`, { recursive: true });
fs.writeFileSync('tmp-rimraf/a/x/f', '');
assert.equal(await rimraf('tmp-rimraf/a'), true);
console.log(fs.existsSync('tmp-rimraf/a'), fs.existsSync('tmp-rimraf/b'), rimrafSync('tmp-rimraf'), fs.existsSync('tmp-rimraf'));
