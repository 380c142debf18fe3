// msw: requests of fetch and of node:http that are answered by handlers and never leave the process.
import https from 'node:https';
import { http as rest, HttpResponse, graphql } from 'msw';
import { setupServer } from 'msw/node';
const server = setupServer(
  rest.get('https://api.test/user/:id', ({ params }) => HttpResponse.json({ id: params.id })),
  rest.post('https://api.test/login', async ({ request }) =>
    HttpResponse.json({ got: await request.json() }, { status: 201 }),
  ),
  rest.get('https://api.test/fails', () => HttpResponse.error()),
  graphql.query('Who', () => HttpResponse.json({ data: { who: 'me' } })),
);
server.listen({ onUnhandledRequest: 'error' });
server.events.on('request:match', ({ request }) => console.log('match', request.method, request.url));
console.log(await (await fetch('https://api.test/user/7')).json());
const answer = await fetch('https://api.test/login', {
  method: 'POST',
  body: JSON.stringify({ a: 1 }),
  headers: { 'content-type': 'application/json' },
});
console.log(answer.status, await answer.json());
await fetch('https://api.test/fails').catch((error) => console.log(error.name, error.message));
console.log(
  await (
    await fetch('https://api.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query Who { who }' }),
    })
  ).json(),
);
const text = await new Promise((resolve, reject) => {
  https.get('https://api.test/user/8', (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    response.on('end', () => resolve([response.statusCode, response.headers['content-type'], body]));
  }).on('error', reject);
});
console.log(text);
server.use(rest.get('https://api.test/user/:id', () => new HttpResponse(null, { status: 404 })));
console.log((await fetch('https://api.test/user/7')).status);
server.resetHandlers();
console.log((await fetch('https://api.test/user/7')).status);
server.close();
console.log('done');
