// axios: JSON, forms, streams, redirects, time limits, cancelling, errors, interceptors.
const assert = require('assert/strict');
const http = require('http');
const axios = require('axios');
const server = http.createServer((req, res) => {
  if (req.url === '/go') return res.writeHead(302, { Location: '/json' }).end();
  if (req.url === '/slow') return undefined;
  if (req.url === '/500') return res.writeHead(500).end('bad');
  let body = '';
  req.on('data', (part) => { body += part; }).on('end', () => {
    res.setHeader('Content-Type', 'application/json');
    const type = (req.headers['content-type'] ?? '').replace(/boundary=.*/, 'boundary');
    res.end(JSON.stringify({ method: req.method, url: req.url, type, x: req.headers['x-a'], body: body.replace(/[-\w]*axios[-\w]*/g, 'B').length }));
  });
  return undefined;
}).listen(0, '127.0.0.1', async () => {
  const client = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}`, proxy: false, decompress: false });
  client.interceptors.request.use((config) => { config.headers['X-A'] = 'in'; return config; });
  const { data, status } = await client.get('/json', { params: { a: [1, 2], b: 'c d' } });
  assert.equal(status, 200);
  console.log(data);
  console.log((await client.post('/p', { a: 1 })).data);
  console.log((await client.post('/p', new URLSearchParams({ a: 'b' }))).data);
  console.log((await client.get('/go')).data);
  console.log(await client.get('/500').catch((error) => [error.code, error.response.status, error.response.data]));
  console.log(await client.get('/slow', { timeout: 50 }).catch((error) => [error.code, error.message]));
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 20);
  console.log(await client.get('/slow', { signal: cancel.signal }).catch((error) => [error.code, axios.isCancel(error)]));
  const { data: stream } = await client.get('/json', { responseType: 'stream' });
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  console.log(size);
  server.closeAllConnections();
  server.close(() => console.log('closed'));
});
