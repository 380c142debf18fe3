// @rollup/wasm-node: bundles modules, with its parser in WebAssembly.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { rollup } from '@rollup/wasm-node';
fs.mkdirSync('tmp-rollup', { recursive: true });
fs.writeFileSync('tmp-rollup/a.js', 'import { used } from "./b.js"; console.log(used(2));');
fs.writeFileSync('tmp-rollup/b.js', 'export const used = (x) => x * 21; export const unused = "shaken off";');
const bundle = await rollup({ input: 'tmp-rollup/a.js' });
const { output } = await bundle.generate({ format: 'iife' });
await bundle.close();
assert.doesNotMatch(output[0].code, /shaken/);
console.log(output[0].code);
