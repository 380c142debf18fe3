// terser: makes programs small.
const assert = require('assert/strict');
const { minify } = require('terser');
minify('function add(first, second) { const unused = 1; return first + second; } console.log(add(1, 2));', {
  toplevel: true, mangle: true, sourceMap: true,
}).then(({ code, map }) => {
  assert.equal(code, 'console.log(1+2);');
  console.log(code, JSON.parse(map).version);
});
