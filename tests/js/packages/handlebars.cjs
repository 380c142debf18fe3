// handlebars: templates.
const assert = require('assert/strict');
const Handlebars = require('handlebars');
Handlebars.registerHelper('loud', (s) => new Handlebars.SafeString(`<b>${s.toUpperCase()}</b>`));
Handlebars.registerPartial('item', '<li>{{@index}} {{name}}</li>');
const template = Handlebars.compile('{{#each list}}{{> item}}{{else}}none{{/each}} {{loud title}} {{{raw}}} {{esc}}');
const html = template({ list: [{ name: 'a' }, { name: 'b' }], title: 'hi', raw: '<i>', esc: '<&>' });
assert.match(html, /<b>HI<\/b>/);
console.log(html, template({ list: [], title: '' }));
