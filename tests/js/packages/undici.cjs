// undici: requests, pools, mocks and fetch as the package has them, over loopback.
'use strict';
const assert = require('node:assert');
const http = require('node:http');
const { once } = require('node:events');
const {
  Agent,
  Client,
  FormData,
  MockAgent,
  Pool,
  fetch,
  getGlobalDispatcher,
  interceptors,
  pipeline,
  request,
  setGlobalDispatcher,
  stream,
  upgrade,
  WebSocket,
  EventSource,
} = require('undici');
const { Writable, Readable } = require('node:stream');
(async () => {
  const server = http.createServer(async (req, res) => {
    if (req.url === '/slow') return;
    if (req.url === '/redirect') {
      res.writeHead(302, { location: '/end' });
      res.end();
      return;
    }
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    res.setHeader('content-type', 'application/json');
    res.end(
      JSON.stringify({
        method: req.method,
        url: req.url,
        body: Buffer.concat(chunks).toString().length,
        type: (req.headers['content-type'] ?? '').split(';')[0],
      }),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const { statusCode, headers, body } = await request(`${origin}/a?b=1`);
  console.log('request', statusCode, headers['content-type'], await body.json());
  console.log(
    'post',
    await (
      await request(`${origin}/p`, {
        method: 'POST',
        body: JSON.stringify({ a: 1 }),
        headers: { 'content-type': 'application/json' },
      })
    ).body.json(),
  );
  console.log(
    'stream body',
    await (await request(`${origin}/s`, { method: 'PUT', body: Readable.from(['a', 'b', 'c']) })).body.json(),
  );
  const answer = await fetch(`${origin}/f`, { method: 'POST', body: new URLSearchParams({ x: '1' }) });
  console.log('fetch', answer.status, answer.ok, await answer.json());
  const form = new FormData();
  form.set('name', 'value');
  console.log('form', (await (await fetch(`${origin}/form`, { method: 'POST', body: form })).json()).type);
  const redirected = await fetch(`${origin}/redirect`);
  console.log('redirect', redirected.redirected, (await redirected.json()).url);
  const parts = [];
  await stream(
    `${origin}/stream`,
    { method: 'GET', opaque: parts },
    ({ opaque }) =>
      new Writable({
        write(chunk, _, done) {
          opaque.push(chunk);
          done();
        },
      }),
  );
  console.log('stream', Buffer.concat(parts).toString());
  const client = new Client(origin, { pipelining: 4 });
  const found = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => client.request({ path: `/${n}`, method: 'GET' }).then(({ body }) => body.json())),
  );
  console.log('client', found.map((each) => each.url).join());
  const aborter = new AbortController();
  setTimeout(() => aborter.abort(), 20);
  await client
    .request({ path: '/slow', method: 'GET', signal: aborter.signal })
    .catch((error) => console.log('aborted', error.name, error.code));
  await client
    .request({ path: '/slow', method: 'GET', headersTimeout: 100 })
    .catch((error) => console.log('timeout', error.name, error.code));
  await client.close().catch(() => {});
  const pool = new Pool(origin, { connections: 2 });
  const all = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      pool.request({ path: `/pool${n}`, method: 'GET' }).then(({ body }) => body.json()),
    ),
  );
  console.log('pool', all.length, pool.stats.connected <= 2);
  await pool.close();
  const piped = [];
  await new Promise((resolve, reject) =>
    Readable.from(['hello'])
      .pipe(pipeline(`${origin}/pipe`, { method: 'POST' }, ({ body }) => body))
      .on('data', (c) => piped.push(c))
      .on('end', resolve)
      .on('error', reject),
  );
  console.log('pipeline', Buffer.concat(piped).toString());
  const mock = new MockAgent();
  mock.disableNetConnect();
  mock.get('http://mock.test').intercept({ path: '/x', method: 'GET' }).reply(418, { tea: true });
  const mocked = await request('http://mock.test/x', { dispatcher: mock });
  console.log('mock', mocked.statusCode, await mocked.body.json());
  const retrying = new Agent().compose(interceptors.retry({ maxRetries: 1, minTimeout: 1 }));
  console.log('compose', (await request(`${origin}/retry`, { dispatcher: retrying })).statusCode);
  await retrying.close();
  await request('http://127.0.0.1:1/').catch((error) => console.log('refused', error.code));
  await getGlobalDispatcher().close();
  server.closeAllConnections();
  server.close();
  await mock.close();
  console.log('done');
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
