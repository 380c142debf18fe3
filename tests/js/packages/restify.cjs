// restify: routes, parsed queries and bodies, errors as JSON.
const assert = require('assert/strict');
const http = require('http');
const restify = require('restify');
const server = restify.createServer({ name: 'rest' });
server.use(restify.plugins.queryParser());
server.use(restify.plugins.bodyParser());
server.get('/h/:name', (req, res, next) => { res.send({ hello: req.params.name, q: req.query.q }); next(); });
server.post('/p', (req, res, next) => { res.send(201, req.body); next(); });
server.get('/e', (req, res, next) => next(Object.assign(new Error('bad'), { statusCode: 409 })));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = (method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ port, method, path, headers: body && { 'Content-Type': 'application/json' } }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => resolve(
        `${response.statusCode} ${text} ${response.headers.server} ${response.headers['content-type']}`));
    });
    request.on('error', reject).end(body);
  });
  const first = await ask('GET', '/h/you?q=1');
  assert.match(first, /"hello":"you"/);
  console.log(first);
  for (const path of ['/e', '/none']) console.log(await ask('GET', path));
  console.log(await ask('POST', '/p', '{"a":1}'));
  http.globalAgent.destroy();
  server.close(() => console.log('closed'));
});
