// @babel/core: modern syntax to old.
const assert = require('assert/strict');
const { transformSync } = require('@babel/core');
const source = 'export const f = async ({ a, ...rest }) => a ?? (await rest.b)?.c; class X { #y = 1; get y() { return this.#y; } }';
const { code } = transformSync(source, {
  presets: [['@babel/preset-env', { targets: 'ie 11' }]], configFile: false, babelrc: false,
});
assert.match(code, /exports\.f = void 0/);
assert.doesNotMatch(code, /=>|\?\?|class X|#y/);
console.log(code.split('\n').length, code.slice(-200));
