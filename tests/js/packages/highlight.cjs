// highlight.js: 190 grammars and big regular expressions.
const assert = require('assert/strict');
const hljs = require('highlight.js');
const { value } = hljs.highlight('const x = async () => `a${1 + 2}`; // end', { language: 'javascript' });
assert.match(value, /hljs-keyword/);
console.log(value, hljs.highlightAuto('def f(x):\n    return "text"').language, hljs.listLanguages().length > 100);
