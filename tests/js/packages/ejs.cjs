// ejs: templates made into functions.
const assert = require('assert/strict');
const ejs = require('ejs');
const text = '<ul><% for (const x of list) { %><li><%= x %></li><% } %></ul><%- raw %>';
const html = ejs.render(text, { list: ['a', '<b>'], raw: '<i>' });
assert.equal(html, '<ul><li>a</li><li>&lt;b&gt;</li></ul><i>');
ejs.render('<%= await p %>', { p: Promise.resolve('later') }, { async: true }).then((x) => console.log(html, x));
