// hono: an application of the web's Request and Response, without a server.
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { stream, streamSSE } from 'hono/streaming';
const app = new Hono();
app.use('*', cors());
app.get('/', (c) => c.text('hi'));
app.post('/json', async (c) => c.json(await c.req.json()));
app.post('/form', async (c) => {
  const body = await c.req.parseBody();
  return c.text(`${Object.keys(body)} ${body.file.name} ${await body.file.text()}`);
});
app.get('/stream', (c) => stream(c, async (s) => {
  for (let i = 0; i < 3; i++) await s.write(`p${i}`);
}));
app.get('/sse', (c) => streamSSE(c, (s) => s.writeSSE({ data: 'x', event: 'e' })));
app.get('/redirect', (c) => c.redirect('/'));
app.get('/error', () => { throw new Error('x'); });
app.onError((error, c) => c.text(`E: ${error.message}`, 500));
app.get('/cookies', (c) => {
  c.header('Set-Cookie', 'a=1', { append: true });
  c.header('Set-Cookie', 'b=2', { append: true });
  return c.body('b');
});
const form = new FormData();
form.set('a', '1');
form.set('file', new File(['content'], 'n.txt'));
const json = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };
for (const [path, init] of [
  ['/'], ['/json', json], ['/form', { method: 'POST', body: form }], ['/stream'], ['/sse'], ['/redirect'], ['/error'],
  ['/cookies'], ['/none'],
]) {
  const response = await app.request(path, init);
  console.log(path, response.status, await response.text(), response.headers.getSetCookie(), response.headers.get('location'));
}
