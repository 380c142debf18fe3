// A tour of the loop: files, the thread pool, immediates, timers and a web request, all at once. `tour.py` is the same
// program in Python.
//
//     ouro examples/tour.js

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');

const FILE = path.join(__dirname, 'tour.txt');
const { log } = console;

function slowAnswer(request, response) {
  setTimeout(() => response.end('Hello from a slow server\n'), 2000);
}

function onFirstRead(error, text) {
  log(`First read: ${text.length} characters`);
  crypto.pbkdf2(`${text.length}`, 'salt', 200_000, 32, 'sha256', onEncrypted);
  fs.readFile(FILE, 'utf8', onNestedRead);
}

function onNestedRead(error, text) {
  log(`Nested read: ${text.length} characters`);
  setImmediate(() => log('Immediate, set in a file callback: runs in the check step of the same turn'));
}

function onSecondRead(error, text) {
  log(`Second read: ${text.length} characters`);
}

function onEncrypted(error, key) {
  log(`"Encrypted" the length: ${key.toString('hex').slice(0, 16)}…`);
}

function onThreeSeconds() {
  log('Timer: 3000 ms');
}

function onOneSecond() {
  log('Timer: 1000 ms');
  setTimeout(() => log('Timer: 500 ms, set by the one of 1000 ms'), 500);
}

function ask() {
  http.get(`http://127.0.0.1:${server.address().port}/slow`, async (response) => {
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    log(`Web: ${response.statusCode} ${Buffer.concat(chunks).toString().trim()}`);
    server.close();
  });
}

log('The main program starts');
const server = http.createServer(slowAnswer);
server.listen(0, '127.0.0.1', ask);
fs.readFile(FILE, 'utf8', onFirstRead);
fs.readFile(FILE, 'utf8', onSecondRead);
setImmediate(() => log('Immediate, set by the main program'));
setTimeout(onThreeSeconds, 3000);
setTimeout(onOneSecond, 1000);
log('The main program ends; the loop takes over');
