// react and react-dom/server: rendering to text and to a stream.
const assert = require('assert/strict');
const { createElement: h, useState, useMemo, Suspense, use } = require('react');
const { renderToString, renderToPipeableStream } = require('react-dom/server');
const { PassThrough } = require('stream');
const List = ({ items }) => {
  const [n] = useState(5);
  const shown = useMemo(() => items.filter((x) => x < n), [items, n]);
  return h('ul', { className: 'list', style: { color: 'red' } }, shown.map((x) => h('li', { key: x }, x, '<')));
};
const html = renderToString(h(List, { items: [1, 9, 2] }));
assert.equal(html, '<ul class="list" style="color:red"><li>1<!-- -->&lt;</li><li>2<!-- -->&lt;</li></ul>');
const later = new Promise((r) => setTimeout(r, 5, 'loaded'));
const Late = () => h('p', null, use(later));
const { pipe } = renderToPipeableStream(h(Suspense, { fallback: h('i', null, 'wait') }, h(Late)), {
  onAllReady() {
    let text = '';
    const out = new PassThrough();
    out.on('data', (data) => { text += data; });
    out.on('end', () => console.log(html, text));
    pipe(out);
  },
});
