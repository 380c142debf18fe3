// webpack: bundles, with names for chunks told in comments (read in a vm context without code generation).
const assert = require('assert/strict');
const fs = require('fs');
const path = require('path');
const webpack = require('webpack');
fs.mkdirSync('tmp-webpack/src', { recursive: true });
fs.writeFileSync('tmp-webpack/src/a.js', `
  import { b, unused } from './b.js';
  console.log(b(2));
  import(/* webpackChunkName: "lazy" */ './c.js').then((c) => console.log(c.default));`);
fs.writeFileSync('tmp-webpack/src/b.js', 'export const b = (x) => x * 2; export const unused = 1;');
fs.writeFileSync('tmp-webpack/src/c.js', 'export default "lazy";');
const output = { path: path.resolve('tmp-webpack/out') };
webpack({ mode: 'development', devtool: 'source-map', target: 'node', entry: './tmp-webpack/src/a.js', output }, (error, stats) => {
  assert.equal(error, null);
  console.log(stats.hasErrors(), stats.toJson().assets.map(({ name, size }) => [name, size]));
  require(path.resolve('tmp-webpack/out/main.js'));
  webpack({ mode: 'none', entry: './tmp-webpack/none.js', output }, (_, again) => {
    console.log(again.toJson().errors[0].message.split('\n')[0].replaceAll(process.cwd(), '.'));
    fs.rmSync('tmp-webpack', { recursive: true });
  });
});
