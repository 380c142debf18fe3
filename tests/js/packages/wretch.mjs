// wretch: fetch as a chain.
import assert from 'node:assert/strict';
import http from 'node:http';
import wretch from 'wretch';
const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('content-type', 'application/json');
  if (request.url === '/missing') response.statusCode = 404;
  response.end(JSON.stringify({ method: request.method, url: request.url, body, auth: request.headers.authorization }));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const api = wretch(`http://127.0.0.1:${server.address().port}`);
console.log(await api.get('/a').json());
console.log(await api.auth('Basic x').url('/p').post({ q: 1 }).json());
console.log(await api.get('/missing').notFound(() => 'not found').json());
await assert.rejects(api.get('/missing').json(), { status: 404 });
console.log((await api.url('/t').put('text').text()).length);
server.closeAllConnections();
server.close();
