// express: middleware, routers, parameters, bodies, static files and errors, over loopback.
const assert = require('assert/strict');
const fs = require('fs');
const http = require('http');
const express = require('express');
fs.mkdirSync('tmp-express', { recursive: true });
fs.writeFileSync('tmp-express/a.txt', 'a file');
fs.utimesSync('tmp-express/a.txt', 1e9, 1e9);
const app = express();
app.use((req, res, next) => { res.set('X-One', '1'); next(); });
app.use('/files', express.static('tmp-express'));
app.use(express.json(), express.urlencoded({ extended: true }), express.text());
app.get('/hello/:name', (req, res) => res.send(`hello ${req.params.name} ${req.query.q}`));
app.get('/json', (req, res) => res.status(201).json({ ip: req.ip, host: req.hostname, path: req.path }));
app.get('/go', (req, res) => res.redirect('/json'));
app.get('/cookie', (req, res) => res.cookie('a', 'b', { httpOnly: true }).type('txt').send('c'));
app.get('/bad', async () => { throw new Error('bad'); });
app.get('/file', (req, res) => res.sendFile('a.txt', { root: 'tmp-express' }));
const router = express.Router();
router.route('/x').put((req, res) => res.json(req.body)).delete((req, res) => res.sendStatus(204));
app.use('/api', router);
app.use((error, req, res, next) => res.status(500).send(`caught ${error.message}`));
function ask(port, method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
        const { etag, location, 'content-type': type, 'x-one': one, 'set-cookie': cookie } = response.headers;
        resolve(JSON.stringify([response.statusCode, text, type, etag, location, one, cookie]));
      });
    });
    request.on('error', reject).end(body);
  });
}
const server = app.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const json = { 'Content-Type': 'application/json' };
  const first = await ask(port, 'GET', '/hello/you?q=1');
  assert.match(first, /hello you 1/);
  console.log(first);
  for (const path of ['/json', '/go', '/cookie', '/bad', '/file', '/files/a.txt', '/files/none', '/none']) {
    console.log(await ask(port, 'GET', path));
  }
  console.log(await ask(port, 'HEAD', '/hello/you'));
  console.log(await ask(port, 'PUT', '/api/x', '{"a":[1,2]}', json));
  console.log(await ask(port, 'PUT', '/api/x', '{"a":[1', json));
  console.log(await ask(port, 'PUT', '/api/x', 'a=1&b[c]=2', { 'Content-Type': 'application/x-www-form-urlencoded' }));
  console.log(await ask(port, 'DELETE', '/api/x'));
  const { etag } = await new Promise((resolve) => http.get({ port, path: '/json' }, (r) => resolve(r.resume().headers)));
  console.log(await ask(port, 'GET', '/json', undefined, { 'If-None-Match': etag, Host: `localhost:${port}` }));
  http.globalAgent.destroy();
  server.close(() => {
    fs.rmSync('tmp-express', { recursive: true });
    console.log('closed');
  });
});
