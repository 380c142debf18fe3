// ky: requests over fetch, with retries, hooks and a time limit.
import assert from 'node:assert/strict';
import http from 'node:http';
import ky from 'ky';
let failures = 0;
const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('content-type', 'application/json');
  if (request.url === '/silent') return;
  if (request.url === '/flaky' && failures++ < 2) response.statusCode = 503;
  if (request.url === '/missing') response.statusCode = 404;
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, body, type: headers['content-type'], accept: headers.accept, hook: headers['x-hook'] }));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}`;
console.log(await ky(`${base}/a`, { searchParams: { x: 1 } }).json());
console.log(await ky.post(`${base}/a`, { json: { a: 1 } }).json());
await assert.rejects(ky(`${base}/missing`), { name: 'HTTPError' });
console.log(await ky(`${base}/flaky`, { retry: { limit: 3, delay: () => 5 } }).json(), failures);
await assert.rejects(ky(`${base}/silent`, { timeout: 50 }), { name: 'TimeoutError' });
const hook = (request) => { request.headers.set('x-hook', 'yes'); };
console.log((await ky.extend({ hooks: { beforeRequest: [hook] } }).get(`${base}/h`).json()).hook);
const seen = [];
await ky(`${base}/a`, { onDownloadProgress: ({ percent }) => { seen.push(percent); } }).text();
console.log(seen.at(-1));
server.closeAllConnections();
server.close();
