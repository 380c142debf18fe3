// markdown-it: Markdown by a chain of rules.
const assert = require('assert/strict');
const loaded = require('markdown-it');
const MarkdownIt = loaded.default ?? loaded;
const html = new MarkdownIt({ html: false, linkify: true, typographer: true }).render(
  '# Title\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n"Quotes" and www.example.org <b>\n\n1. x\n   - y\n',
);
assert.match(html, /<h1>Title<\/h1>/);
console.log(html);
