'use strict';

// Servers that break HTTP, and what the client of `http` and `fetch` say to it: each ends, and holds nothing.

const http = require('http');
const net = require('net');
const fs = require('fs');

const log = console.log;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const zipped = Buffer.from('1f8b0800000000000003cb48cdc9c957c8183124009e50947df0000000', 'hex');
const RESET = Symbol('reset');
const ENDLESS = Symbol('endless');
const ok = (headers, body = '') => `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${body}`;
const gzip = (body) => [ok(`Content-Encoding: gzip\r\nContent-Length: ${body.length}`), body];
const moved = (place) => [`HTTP/1.1 302 x\r\n${place}Content-Length: 0\r\n\r\n`];
const chunked = (body) => ok('Transfer-Encoding: chunked', body);
const ANSWERS = {
  'no status line': ['garbage\r\n\r\n'],
  'another protocol': ['SSH-2.0-OpenSSH\r\n'],
  'a status that is no number': ['HTTP/1.1 abc OK\r\n\r\n'],
  'a version of the future': ['HTTP/9.9 200 OK\r\n\r\n'],
  'binary': [Buffer.from([0x16, 3, 1, 0, 5, 255, 254, 0, 0])],
  'nothing': [],
  'half a status line': ['HTTP/1.1 20'],
  'half a head': ['HTTP/1.1 200 OK\r\nA: b\r\n'],
  'a reset in the head': ['HTTP/1.1 200 OK\r\nA: b\r\n', RESET],
  'headers that never end': ['HTTP/1.1 200 OK\r\n', ENDLESS],
  'a body too short': [ok('Content-Length: 10', 'abc')],
  'a body too long': [ok('Content-Length: 2\r\nConnection: close', 'abcdef')],
  'a reset in the body': [ok('Content-Length: 10', 'abc'), RESET],
  'two lengths': [ok('Content-Length: 3\r\nContent-Length: 4', 'abcd')],
  'a length that is no number': [ok('Content-Length: abc', 'abc')],
  'a length that is negative': [ok('Content-Length: -3', 'abc')],
  'length and chunks': [ok('Content-Length: 3\r\nTransfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n')],
  'chunks and length': [ok('Transfer-Encoding: chunked\r\nContent-Length: 3', '3\r\nabc\r\n0\r\n\r\n')],
  'chunks of garbage': [chunked('zz\r\nabc\r\n0\r\n\r\n')],
  'a chunk too long': [chunked('2\r\nabcdef\r\n0\r\n\r\n')],
  'chunks that break off': [chunked('3\r\nabc\r\n5\r\nx')],
  'a reset in the chunks': [chunked('3\r\nabc\r\n'), RESET],
  'a chunk of 2 ** 72': [chunked('ffffffffffffffffff\r\nabc')],
  'a space before the colon': [ok('A : b\r\nContent-Length: 1', 'a')],
  'a line without a colon': [ok('Abcdef\r\nContent-Length: 1', 'a')],
  'a bad line after a length': [ok('Content-Length: 1\r\nAbcdef', 'a')],
  'a NUL in a header': [ok('A: b\0c\r\nContent-Length: 1', 'a')],
  'a body for 204': ['HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc'],
  'continue and no end': ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(3)],
  'an upgrade nobody asked for': ['HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  'bare line feeds': ['HTTP/1.1 200 OK\nContent-Length: 1\n\na'],
  'gzip that is none': gzip(Buffer.from('abc')),
  'gzip that breaks off': gzip(zipped.subarray(0, 20)),
  'gzip with a wrong sum': gzip(Buffer.concat([zipped.subarray(0, -8), Buffer.alloc(8)])),
  'gzip and garbage after it': gzip(Buffer.concat([zipped, Buffer.from('abc')])),
  'brotli that is none': [ok('Content-Encoding: br\r\nContent-Length: 3', 'abc')],
  'an unknown coding': [ok('Content-Encoding: zzz\r\nContent-Length: 3', 'abc')],
  'a redirect to itself': moved('Location: /\r\n'),
  'a redirect to no URL': moved('Location: http://[\r\n'),
  'a redirect to another scheme': moved('Location: ftp://a/\r\n'),
  'a redirect to nowhere': moved(''),
};

/** Writes headers as long as somebody takes them. */
function writeForever(socket) {
  const more = () => {
    while (!socket.destroyed && socket.write(`X${'y'.repeat(1000)}: z\r\n`));
  };
  socket.on('drain', more);
  more();
}

const serve = (pieces) => new Promise((resolve) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}).once('data', async () => {
      for (const piece of pieces) {
        if (piece === ENDLESS) {
          writeForever(socket);
          return;
        }
        if (piece === RESET) {
          await later(20);
          socket.resetAndDestroy();
          return;
        }
        socket.write(piece);
      }
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1', () => resolve(server));
});

const askHttp = (port) => new Promise((resolve) => {
  const told = [];
  const request = http.get({ port, host: '127.0.0.1' }, (response) => {
    let size = 0;
    told.push(response.statusCode);
    response.on('data', (part) => { size += part.length; }).on('aborted', () => told.push('aborted'));
    response.on('end', () => told.push(`end of ${size}`));
    response.on('error', (error) => told.push(`response ${error.code} ${error.message}`));
    response.on('close', () => told.push(`closed, ${response.complete}`));
  });
  request.on('error', (error) => told.push(`${error.code} ${error.message}`));
  request.on('upgrade', (response, socket) => {
    told.push('upgrade');
    socket.destroy();
  });
  request.on('close', () => setTimeout(() => resolve(told.join('; ')), 10));
});

const askFetch = async (port) => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return `${response.status} ${(await response.text()).length}`;
  } catch ({ name, message, cause }) {
    return `${name} ${message}; ${cause.name} ${cause.code} ${cause.message}`;
  }
};

const descriptors = () => fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;

(async () => {
  let before;
  for (const name in ANSWERS) {
    const server = await serve(ANSWERS[name]);
    const { port } = server.address();
    log(`${name}\n  http: ${await askHttp(port)}\n  fetch: ${await askFetch(port)}`);
    await new Promise((resolve) => server.close(resolve));
    before ??= descriptors();
  }
  log('descriptors lost:', Math.max(0, descriptors() - before));
})();
