// marked: Markdown.
import assert from 'node:assert/strict';
import { Marked } from 'marked';
const marked = new Marked({ gfm: true });
const html = marked.parse('# A *b*\n\n```js\nx < 1\n```\n\n- [x] done\n- ~~gone~~ <https://a.b>\n\n| h |\n|---|\n| c |\n');
assert.match(html, /<h1>A <em>b<\/em><\/h1>/);
marked.use({ async: true, renderer: { strong({ text }) { return `<loud>${text}</loud>`; } } });
console.log(html, await marked.parse('**x**'));
