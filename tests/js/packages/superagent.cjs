// superagent and supertest: requests and expectations.
const assert = require('assert/strict');
const http = require('http');
const superagent = require('superagent');
const supertest = require('supertest');
const listener = (req, res) => {
  if (req.url === '/go') return res.writeHead(301, { Location: '/json' }).end();
  let body = '';
  req.on('data', (part) => { body += part; }).on('end', () => {
    res.writeHead(req.url === '/404' ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ method: req.method, url: req.url, body, type: req.headers['content-type'] }));
  });
  return undefined;
};
const server = http.createServer(listener).listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const { body } = await superagent.post(`${base}/p`).query({ q: 'x' }).send({ a: 1 });
  assert.equal(body.url, '/p?q=x');
  console.log(body);
  console.log((await superagent.get(`${base}/go`)).body);
  console.log(await superagent.get(`${base}/404`).catch((error) => [error.status, error.message]));
  await supertest(listener).get('/t').expect('Content-Type', /json/).expect(200);
  console.log(await supertest(server).put('/f').type('form').send({ a: 'b c' }).expect(200).then((r) => r.body));
  console.log(await supertest(listener).get('/404').expect(200).catch((error) => error.message));
  server.closeAllConnections();
  server.close(() => console.log('closed'));
});
