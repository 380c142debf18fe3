// koa: middleware that awaits, bodies of several kinds, errors.
const assert = require('assert/strict');
const http = require('http');
const { Readable } = require('stream');
const Koa = require('koa');
const app = new Koa();
app.on('error', (error) => console.log('told', error.message));
app.use(async (ctx, next) => {
  await next();
  ctx.set('X-After', 'yes');
});
app.use(async (ctx) => {
  switch (ctx.path) {
    case '/json': ctx.body = { q: ctx.query, method: ctx.method }; break;
    case '/stream': ctx.type = 'text'; ctx.body = Readable.from(['a', 'b', 'c']); break;
    case '/buffer': ctx.body = Buffer.from('bytes'); break;
    case '/throw': ctx.throw(418, 'teapot'); break;
    case '/bad': throw new Error('bad');
    case '/empty': ctx.body = null; break;
    case '/cookie': ctx.cookies.set('a', 'b'); ctx.body = String(ctx.cookies.get('c')); break;
    default:
  }
});
const server = app.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = (path) => new Promise((resolve) => http.get({ port, path, headers: { Cookie: 'c=d' } }, (response) => {
    let text = '';
    response.on('data', (part) => { text += part; }).on('end', () => {
      const { date, connection, ...rest } = response.headers;
      resolve(`${response.statusCode} ${JSON.stringify(text)} ${JSON.stringify(rest)}`);
    });
  }));
  const first = await ask('/json?a=1&a=2');
  assert.match(first, /"x-after":"yes"/);
  console.log(first);
  for (const path of ['/stream', '/buffer', '/throw', '/bad', '/empty', '/cookie', '/none']) console.log(await ask(path));
  http.globalAgent.destroy();
  server.close(() => console.log('closed'));
});
