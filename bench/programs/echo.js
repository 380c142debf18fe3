// A TCP echo server, Node's. Prints its port as JSON.
'use strict';

const net = require('node:net');

const server = net.createServer((socket) => {
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
