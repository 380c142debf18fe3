// connect with morgan and helmet: a chain of middleware, a log, headers for safety.
const assert = require('assert/strict');
const http = require('http');
const connect = require('connect');
const helmet = require('helmet');
const morgan = require('morgan');
const app = connect();
const lines = [];
app.use(morgan(':method :url :status :res[content-length]', { stream: { write: (line) => lines.push(line.trim()) } }));
app.use(helmet());
app.use('/sub', (req, res) => res.end(`sub ${req.url} ${req.originalUrl}`));
app.use('/bad', (req, res, next) => next(new Error('bad')));
app.use('/caught', (req, res, next) => next(Object.assign(new Error('mine'), { mine: true })));
app.use((error, req, res, next) => {
  if (!error.mine) return next(error);
  res.statusCode = 502;
  return res.end('caught');
});
app.use((req, res) => { res.setHeader('Content-Length', 4); res.end('last'); });
const silent = console.error;
console.error = () => {};
const server = http.createServer(app).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = (path) => new Promise((resolve) => http.get({ port, path }, (response) => {
    let text = '';
    response.on('data', (part) => { text += part; }).on('end', () => {
      const { date, ...rest } = response.headers;
      resolve([response.statusCode, text.split('\n')[0], path === '/' ? JSON.stringify(rest) : '']);
    });
  }));
  const first = await ask('/');
  assert.equal(first[1], 'last');
  console.log(first.join(' '));
  for (const path of ['/sub/x?y', '/bad', '/caught']) console.log((await ask(path)).join(' '));
  http.globalAgent.destroy();
  server.close(() => {
    console.error = silent;
    console.log(lines.join('\n'));
  });
});
