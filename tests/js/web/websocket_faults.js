'use strict';

// Servers that do not speak WebSocket, or badly: what the program hears, and what the server is told in the close frame.

const http = require('http');
const crypto = require('crypto');

const log = console.log;
const bytes = (...list) => Buffer.from(list);
const FRAMES = {
  'a reserved bit': [bytes(0xc1, 1, 97)],
  'an unknown opcode': [bytes(0x83, 1, 97)],
  'a masked frame': [bytes(0x81, 0x81, 1, 2, 3, 4, 97)],
  'a continuation of nothing': [bytes(0x80, 1, 97)],
  'a message within a message': [bytes(0x01, 1, 97, 0x81, 1, 98)],
  'a ping in pieces': [bytes(0x09, 1, 97)],
  'a ping of 126': [bytes(0x89, 126, 0, 126), Buffer.alloc(126)],
  'text that is no UTF-8': [bytes(0x81, 2, 0xff, 0xfe)],
  'a close of one byte': [bytes(0x88, 1, 3)],
  'a close with a bad code': [bytes(0x88, 2, 3, 237)],
  'a close with bad text': [bytes(0x88, 3, 3, 232, 255)],
  'a length of 2 ** 63': [bytes(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255)],
  'a length of 2 ** 40': [bytes(0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0)],
  'a frame that breaks off': [bytes(0x81, 10, 97), 'end'],
  'no frame at all': ['end'],
};
const UPGRADE = '101 x\r\nUpgrade: websocket\r\nConnection: Upgrade';
const HEADS = {
  'a wrong accept': (accept) => `${UPGRADE}\r\nSec-WebSocket-Accept: ${accept}x`,
  'no accept': () => UPGRADE,
  'no upgrade': (accept) => `101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`,
  'another upgrade': (accept) => `101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`,
  'a plain answer': () => '200 OK\r\nContent-Length: 0',
  'a redirect': () => '302 x\r\nLocation: /\r\nContent-Length: 0',
  'an unknown extension': (accept) => `${UPGRADE}\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Extensions: x`,
  'an unknown protocol': (accept) => `${UPGRADE}\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: x`,
};
const good = (accept) => `${UPGRADE}\r\nSec-WebSocket-Accept: ${accept}`;

let head;
let frames;
let closing;

const server = http.createServer().on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  socket.on('error', () => {}).on('end', () => socket.end());
  socket.on('data', (data) => {
    if ((data[0] & 15) !== 8) return;
    const payload = data.subarray(6).map((byte, i) => byte ^ data[2 + i % 4]);
    closing = `${payload.readUInt16BE()} ${payload.subarray(2)}`;
  });
  socket.write(`HTTP/1.1 ${head(crypto.createHash('sha1').update(key).digest('base64'))}\r\n\r\n`);
  setTimeout(() => {
    for (const frame of frames) {
      if (frame === 'end') socket.end();
      else socket.write(frame);
    }
  }, 10);
});

const connect = () => new Promise((resolve) => {
  const told = [];
  closing = '';
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  socket.onopen = () => told.push('open');
  socket.onmessage = () => told.push('message');
  socket.onerror = () => told.push('error');
  socket.onclose = ({ code, reason, wasClean }) => {
    told.push(`close ${code} ${reason}${wasClean}`);
    setTimeout(() => resolve(`${told.join(', ')}; ${closing}`), 20);
  };
});

server.listen(0, '127.0.0.1', async () => {
  for (const name in FRAMES) {
    head = good;
    frames = FRAMES[name];
    log(`${name}: ${await connect()}`);
  }
  for (const name in HEADS) {
    head = HEADS[name];
    frames = ['end'];
    log(`${name}: ${await connect()}`);
  }
  const held = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout');
  log('held', held);
  server.close();
  server.closeAllConnections();
});
