// ws: a WebSocket server and client: text, bytes, large messages, ping, closing, several at once.
const assert = require('assert/strict');
const http = require('http');
const { WebSocketServer, WebSocket } = require('ws');
const server = http.createServer((req, res) => res.end('plain'));
const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });
sockets.on('connection', (socket, request) => {
  console.log('open', request.url, request.headers.upgrade);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('close', (code, reason) => console.log('server closed', code, String(reason)));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws?a=1`, { perMessageDeflate: false });
  const large = 'x'.repeat(200_000);
  const got = [];
  client.on('open', () => {
    client.ping('p');
    for (const each of ['text é', Buffer.from([0, 255]), large, '']) client.send(each);
  });
  client.on('pong', (data) => console.log('pong', String(data)));
  client.on('message', (data, isBinary) => {
    got.push([data.length, isBinary]);
    if (got.length < 4) return;
    assert.deepEqual(got[2], [200_000, false]);
    console.log(JSON.stringify(got));
    client.close(4000, 'done');
  });
  client.on('close', (code, reason) => {
    console.log('client closed', code, String(reason));
    const wrong = new WebSocket(`ws://127.0.0.1:${port}/other`);
    wrong.on('error', (error) => {
      console.log(error.message);
      server.close(() => console.log('closed'));
      sockets.close();
    });
  });
});
