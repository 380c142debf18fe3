// polka with send, serve-static and finalhandler: files, ranges, conditions, the last answer.
const assert = require('assert/strict');
const fs = require('fs');
const http = require('http');
const polka = require('polka');
const send = require('send');
const serveStatic = require('serve-static');
const finalhandler = require('finalhandler');
fs.mkdirSync('tmp-polka/sub', { recursive: true });
fs.writeFileSync('tmp-polka/a.html', '<p>0123456789</p>');
fs.writeFileSync('tmp-polka/sub/index.html', 'index');
fs.utimesSync('tmp-polka/a.html', 1e9, 1e9);
fs.utimesSync('tmp-polka/sub/index.html', 1e9, 1e9);
const files = serveStatic('tmp-polka', { extensions: ['html'] });
const app = polka();
app.get('/u/:id', (req, res) => res.end(`user ${req.params.id} ${req.query.x}`));
app.get('/send', (req, res) => send(req, '/a.html', { root: 'tmp-polka' }).pipe(res));
app.use('static', (req, res) => files(req, res, finalhandler(req, res)));
app.get('/end', (req, res) => finalhandler(req, res, { onerror: () => {} })(new Error('bad')));
app.listen(0, '127.0.0.1', async () => {
  const { port } = app.server.address();
  const ask = (path, headers = {}) => new Promise((resolve) => http.get({ port, path, headers }, (response) => {
    let text = '';
    response.on('data', (part) => { text += part; }).on('end', () => {
      const { date, etag, ...rest } = response.headers;
      resolve(`${response.statusCode} ${text.split('\n')[0]} ${JSON.stringify(rest)} ${Boolean(etag)}`);
    });
  }));
  const first = await ask('/u/5?x=y');
  assert.match(first, /user 5 y/);
  console.log(first);
  for (const path of ['/send', '/static/a', '/static/sub', '/static/sub/', '/static/none', '/none']) console.log(await ask(path));
  console.log(await ask('/send', { Range: 'bytes=3-5' }));
  console.log(await ask('/send', { Range: 'bytes=99-' }));
  console.log(await ask('/send', { 'If-Modified-Since': new Date(1e12).toUTCString() }));
  console.log((await ask('/end')).slice(0, 3));
  http.globalAgent.destroy();
  app.server.close(() => {
    fs.rmSync('tmp-polka', { recursive: true });
    console.log('closed');
  });
});
