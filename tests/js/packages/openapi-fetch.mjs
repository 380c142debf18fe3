// openapi-fetch: a client of an API, over Request and Response.
import http from 'node:http';
import createClient from 'openapi-fetch';
const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('content-type', 'application/json');
  if (request.url === '/missing') response.statusCode = 404;
  response.end(JSON.stringify({ method: request.method, url: request.url, body, mark: request.headers['x-mark'] }));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` });
client.use({ onRequest({ request }) { request.headers.set('x-mark', 'm'); return request; } });
const { data, response } = await client.GET('/a/{id}', { params: { path: { id: 5 }, query: { t: ['a', 'b'] } } });
console.log(data, response.status);
console.log((await client.POST('/a', { body: { k: 1 } })).data);
console.log((await client.GET('/missing')).error);
console.log((await client.GET('/text', { parseAs: 'text' })).data);
server.closeAllConnections();
server.close();
