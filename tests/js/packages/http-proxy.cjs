// http-proxy: requests, bodies and upgrades passed on; a target that is not there.
const assert = require('assert/strict');
const http = require('http');
const httpProxy = require('http-proxy');
const { WebSocketServer, WebSocket } = require('ws');
const target = http.createServer((req, res) => {
  let body = '';
  req.on('data', (part) => { body += part; }).on('end', () => {
    res.writeHead(203, { 'X-Target': req.headers['x-forwarded-host'] ? 'forwarded' : 'plain', 'Set-Cookie': ['a=1', 'b=2'] });
    res.end(`${req.method} ${req.url} ${body}`);
  });
});
const sockets = new WebSocketServer({ server: target, perMessageDeflate: false });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
const proxy = httpProxy.createProxyServer({});
const front = http.createServer((req, res) => {
  const port = req.url.startsWith('/down') ? 1 : target.address().port;
  proxy.web(req, res, { target: `http://127.0.0.1:${port}`, xfwd: true }, (error) => {
    res.writeHead(502);
    res.end(error.code);
  });
});
front.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head, { target: `ws://127.0.0.1:${target.address().port}` }));
target.listen(0, '127.0.0.1', () => front.listen(0, '127.0.0.1', async () => {
  const { port } = front.address();
  const ask = (method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ port, method, path }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => resolve(
        `${response.statusCode} ${text} ${response.headers['x-target']} ${response.headers['set-cookie']}`));
    });
    request.on('error', reject).end(body);
  });
  const first = await ask('GET', '/a?b');
  assert.match(first, /^203 GET \/a\?b/);
  console.log(first);
  console.log((await ask('POST', '/p', 'x'.repeat(100_000))).length);
  console.log(await ask('GET', '/down'));
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  client.on('open', () => client.send('hi'));
  client.on('message', (data) => {
    console.log(String(data));
    client.close();
  });
  client.on('close', () => {
    http.globalAgent.destroy();
    proxy.close();
    sockets.close();
    front.close(() => target.close(() => console.log('closed')));
  });
}));
