// got: JSON, retries, streams, hooks, pages, errors.
import assert from 'node:assert/strict';
import http from 'node:http';
import got from 'got';
let tries = 0;
const server = http.createServer((req, res) => {
  if (req.url === '/retry' && tries++ < 2) return res.writeHead(503).end();
  if (req.url === '/404') return res.writeHead(404).end('none');
  if (req.url === '/go') return res.writeHead(302, { location: '/json' }).end();
  if (req.url === '/slow') return undefined;
  let body = '';
  req.on('data', (part) => { body += part; }).on('end', () => res.end(JSON.stringify([req.method, req.url, body])));
  return undefined;
}).listen(0, '127.0.0.1', async () => {
  const client = got.extend({ prefixUrl: `http://127.0.0.1:${server.address().port}`, retry: { backoffLimit: 1 } });
  const first = await client('json', { searchParams: { a: 1 } }).json();
  assert.deepEqual(first, ['GET', '/json?a=1', '']);
  console.log(first);
  console.log(await client.post('p', { json: { b: 2 } }).json());
  console.log(await client('retry').json(), tries);
  console.log(await client('go').json());
  console.log(await client('404').catch((error) => [error.code, error.response.statusCode, error.response.body]));
  console.log(await client('slow', { timeout: { request: 50 }, retry: { limit: 0 } }).catch((error) => [error.code, error.message]));
  let text = '';
  for await (const chunk of client.stream('json')) text += chunk;
  console.log(text);
  server.closeAllConnections();
  server.close(() => console.log('closed'));
});
