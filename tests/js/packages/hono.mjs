// hono on @hono/node-server: a server of Request and Response.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { serve } from '@hono/node-server';
const app = new Hono();
app.use(async (c, next) => {
  await next();
  c.header('X-After', 'yes');
});
app.get('/t/:name', (c) => c.text(`hello ${c.req.param('name')} ${c.req.query('q')}`));
app.get('/json', (c) => c.json({ a: 1 }, 201));
app.post('/echo', async (c) => c.json({ got: await c.req.json() }));
app.get('/stream', (c) => stream(c, async (s) => {
  await s.write('one ');
  await s.write('two');
}));
app.get('/bad', () => { throw new Error('bad'); });
app.onError((error, c) => c.text(`caught ${error.message}`, 500));
assert.equal(await (await app.request('/t/x?q=1')).text(), 'hello x 1');
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, async ({ port }) => {
  const ask = (method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ port, method, path }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => {
        const { date, ...rest } = response.headers;
        resolve(`${response.statusCode} ${text} ${JSON.stringify(rest)}`);
      });
    });
    request.on('error', reject).end(body);
  });
  for (const path of ['/t/you?q=2', '/json', '/stream', '/bad', '/none']) console.log(await ask('GET', path));
  console.log(await ask('POST', '/echo', '{"b":[2]}'));
  http.globalAgent.destroy();
  server.close(() => console.log('closed'));
});
