// svelte: its compiler, and what it has compiled rendered on the server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { compile } from 'svelte/compiler';
import { render } from 'svelte/server';
const source = '<script>let { a = 1 } = $props(); let n = $state(2); let d = $derived(n * a);</script>\n' +
  '{#each [1, 2] as i}<p class:on={i > 1}>{i} {d}</p>{/each}<style>p { color: red }</style>';
const { js, css } = compile(source, { generate: 'server', filename: 'A.svelte' });
console.log(css.code);
fs.writeFileSync('tmp-svelte.mjs', js.code);
const { default: A } = await import(pathToFileURL('tmp-svelte.mjs'));
fs.unlinkSync('tmp-svelte.mjs');
console.log(render(A, { props: { a: 3 } }).body);
assert.throws(() => compile('{#if}', { filename: 'B.svelte' }), { name: 'CompileError' });
console.log(typeof createRequire(import.meta.url)('svelte').onMount);
