// socket.io and socket.io-client: rooms, acknowledgements and bytes, by polling and by WebSocket.
const assert = require('assert/strict');
const http = require('http');
const { Server } = require('socket.io');
const { io } = require('socket.io-client');
const server = http.createServer();
const all = new Server(server);
all.on('connection', (socket) => {
  socket.join('room');
  socket.on('double', (n, answer) => answer(n * 2));
  socket.on('bytes', (bytes) => all.to('room').emit('bytes', Buffer.concat([bytes, Buffer.from('!')])));
});
function talk(port, transports) {
  return new Promise((resolve, reject) => {
    const client = io(`http://127.0.0.1:${port}`, { transports, forceNew: true });
    client.on('connect_error', reject);
    client.on('connect', async () => {
      assert.equal(await client.emitWithAck('double', 21), 42);
      client.on('bytes', (bytes) => {
        console.log(transports.join(), client.io.engine.transport.name, String(bytes));
        client.on('disconnect', (reason) => resolve(console.log(reason)));
        client.close();
      });
      client.emit('bytes', Buffer.from('hi'));
    });
  });
}
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  await talk(port, ['polling']);
  await talk(port, ['websocket']);
  http.globalAgent.destroy();
  all.close(() => console.log('closed'));
});
