// An HTTP server that greets, Node's. Prints its port as JSON.
'use strict';

const http = require('node:http');

const HEADERS = { 'Content-Type': 'text/plain', 'Content-Length': '13' };

const server = http.createServer((request, response) => {
  response.writeHead(200, HEADERS);
  response.end('Hello, World!');
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
