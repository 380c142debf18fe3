// esbuild-wasm: a compiler in Go, as WebAssembly, in a process of its own.
const assert = require('assert/strict');
const esbuild = require('esbuild-wasm');
(async () => {
  const { code } = await esbuild.transform('const x: number = a?.b ?? 1; export { x as y };', {
    loader: 'ts', target: 'es2017', format: 'cjs', minify: true,
  });
  assert.doesNotMatch(code, /number|\?\./);
  console.log(code);
  await esbuild.stop();
})();
