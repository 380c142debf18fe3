// postcss: style sheets through plugins.
const assert = require('assert/strict');
const postcss = require('postcss');
const plugin = { postcssPlugin: 'x', Declaration: (d) => { if (d.prop === 'size') d.replaceWith({ prop: 'width', value: d.value }, { prop: 'height', value: d.value }); } };
postcss([plugin]).process('a { size: 5px; color: red }\n@media (x) { b { size: 1em } }', { from: undefined }).then((result) => {
  assert.doesNotMatch(result.css, /size/);
  console.log(result.css);
  assert.throws(() => postcss.parse('a {'), { name: 'CssSyntaxError' });
});
