// react-dom/server: a page streamed to a browser while a part of it is still awaited.
const assert = require('assert/strict');
const http = require('http');
const { createElement: h, Suspense, use } = require('react');
const { renderToPipeableStream } = require('react-dom/server');
const server = http.createServer((req, res) => {
  const later = new Promise((resolve) => setTimeout(resolve, 20, 'loaded'));
  const Late = () => h('p', null, use(later));
  const { pipe } = renderToPipeableStream(h('main', null, h(Suspense, { fallback: h('i', null, 'wait') }, h(Late))), {
    onShellReady() {
      res.setHeader('Content-Type', 'text/html');
      pipe(res);
    },
  });
}).listen(0, '127.0.0.1', () => {
  http.get({ port: server.address().port, agent: false }, (response) => {
    const parts = [];
    response.setEncoding('utf8').on('data', (part) => parts.push(part)).on('end', () => {
      assert.match(parts[0], /<i>wait<\/i>/);
      assert.match(parts.slice(1).join(''), /<p>loaded<\/p>/);
      console.log(response.statusCode, response.headers['transfer-encoding'], parts[0]);
      server.close(() => console.log('closed'));
    });
  });
});
