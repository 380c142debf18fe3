// js-yaml: YAML.
import assert from 'node:assert/strict';
import * as yaml from 'js-yaml';
const data = yaml.load('a: &x [1, 2.5, true, null]\nb: *x\nc: |\n  two\n  lines\nd: { e: 2024-01-02 }\n');
assert.deepEqual(data.a, [1, 2.5, true, null]);
console.log(JSON.stringify(data), yaml.dump({ list: [{ a: 1 }, 'text: x'], text: 'two\nlines\n' }));
