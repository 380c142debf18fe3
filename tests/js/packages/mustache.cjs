// mustache: templates without logic.
const assert = require('assert/strict');
const mustache = require('mustache');
const text = mustache.render('{{#list}}{{name}}{{^last}}, {{/last}}{{/list}}{{{raw}}}{{> part}}', {
  list: [{ name: 'a' }, { name: '<b>', last: true }], raw: '<i>',
}, { part: '{{raw}}' });
assert.equal(text, 'a, &lt;b&gt;<i>&lt;i&gt;');
console.log(text);
