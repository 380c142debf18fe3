// pug: templates by indentation.
const assert = require('assert/strict');
const pug = require('pug');
const html = pug.render('doctype html\nmixin item(x)\n  li(class={on: x > 1})= x\nul\n  each n in list\n    +item(n)\n  else\n    p none\n', { list: [1, 2] });
assert.equal(html, '<!DOCTYPE html><ul><li>1</li><li class="on">2</li></ul>');
console.log(html);
