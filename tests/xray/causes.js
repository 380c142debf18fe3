'use strict';
// Programs that log who has asked for each of their callbacks, for test_causes.py. A callback that `by` makes prints
// `name < cause`: its own name, and the name of the callback that ran when it was made. What goes on after an `await`
// says the same by `on`.
const fs = require('fs');
const net = require('net');
const http = require('http');
let now = 'main';
const say = (name, cause) => console.log(`${name} < ${cause}`);
function by(name, callback = () => {}) {
  const cause = now;
  return function(...args) {
    const before = now;
    now = name;
    say(name, cause);
    try {
      return Reflect.apply(callback, this, args);
    } finally {
      now = before;
    }
  };
}
function on(name, cause) {
  now = name;
  say(name, cause);
}
//// ticks
process.nextTick(by('a', () => process.nextTick(by('b', () => process.nextTick(by('c'))))));
process.nextTick(by('d'));
//// microtasks
queueMicrotask(by('a', () => {
  queueMicrotask(by('b'));
  process.nextTick(by('c', () => queueMicrotask(by('d'))));
}));
//// promises
Promise.resolve().then(by('a', () => { Promise.resolve().then(by('b', () => Promise.resolve().then(by('c')))); }));
new Promise((resolve) => setTimeout(by('t', resolve), 2)).then(by('d'));
//// a promise that a timer of another one resolves
let release;
const promise = new Promise((resolve) => { release = resolve; });
setTimeout(by('first', () => promise.then(by('waits'))), 2);
setTimeout(by('second', () => release()), 10);
//// await
async function work() {
  on('work', 'main');
  const before = now;
  await null;
  on('one', before);
  await new Promise((resolve) => setTimeout(by('timer', resolve), 2));
  on('two', 'one');
  setImmediate(by('immediate'));
}
work();
now = 'main';
setTimeout(by('other'), 1);
//// await in a loop
async function count() {
  let last = 'main';
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    on(`turn${i}`, last);
    last = `turn${i}`;
  }
}
count();
//// two async functions that go on in turn
async function each(name) {
  let last = 'main';
  for (let i = 0; i < 3; i++) {
    await null;
    on(`${name}${i}`, last);
    process.nextTick(by(`${name}tick${i}`));
    last = `${name}${i}`;
  }
}
each('x');
each('y');
//// an async function that awaits another
async function inner() {
  await new Promise((resolve) => setTimeout(resolve, 1));
  on('inner', 'main');
  setTimeout(by('set by inner'), 1);
}
async function outer() {
  await inner();
  on('outer', 'main');
  process.nextTick(by('tick of outer'));
}
outer();
//// timers and immediates
setTimeout(by('a', () => {
  setTimeout(by('b', () => setImmediate(by('c', () => setTimeout(by('d'), 1)))), 1);
  setImmediate(by('e'));
}), 1);
//// an interval
let left = 3;
const interval = setInterval(by('interval', () => {
  process.nextTick(by('tick'));
  if (--left === 0) {
    clearInterval(interval);
    setTimeout(by('after'), 1);
  }
}), 2);
//// a timer that is refreshed goes on being its maker's
const timer = setTimeout(by('late'), 200);
setTimeout(by('refresh', () => timer.refresh()), 2);
//// timers of one duration
for (const name of ['a', 'b', 'c']) setTimeout(by(name, () => setImmediate(by(`${name}2`))), 3);
//// a file is read
fs.readFile(__filename, by('read', () => {
  setTimeout(by('t'), 1);
  setImmediate(by('i'));
  fs.stat('.', by('stat', () => process.nextTick(by('tick'))));
}));
//// files, one in another
fs.open(__filename, by('open', (_, fd) => {
  fs.fstat(fd, by('fstat', () => {
    fs.read(fd, Buffer.alloc(10), 0, 10, 0, by('read', () => fs.close(fd, by('close'))));
  }));
}));
//// fs/promises
const { readFile, stat } = require('fs/promises');
async function load() {
  await readFile(__filename);
  on('read', 'main');
  process.nextTick(by('tick'));
  await stat('.');
  on('stat', 'read');
}
load();
//// a server and a client
const server = net.createServer(by('connection', (socket) => {
  socket.on('data', by('server has data', (data) => socket.end(data)));
})).listen(0, '127.0.0.1', by('listening', () => {
  const client = net.connect(server.address().port, '127.0.0.1', by('connected', () => client.write('hello')));
  client.on('data', by('client has data', () => process.nextTick(by('tick'))));
  client.on('close', by('closed', () => setTimeout(by('timer', () => server.close(by('server is closed'))), 20)));
}));
//// an http server and its client
const server = http.createServer(by('request', (request, response) => {
  setTimeout(by('later', () => response.end('done')), 2);
})).listen(0, '127.0.0.1', by('listening', () => {
  http.get({ port: server.address().port, host: '127.0.0.1', agent: false }, by('response', (response) => {
    response.resume();
    response.on('end', () => server.close());
    setImmediate(by('immediate'));
  }));
}));
//// an http server that answers at once, asked twice
const server = http.createServer(by('request', (request, response) => {
  process.nextTick(by('tick'));
  response.end('done');
})).listen(0, '127.0.0.1', by('listening', () => {
  ask(by('first', () => ask(by('second', () => server.close()))));
}));
function ask(callback) {
  http.get({ port: server.address().port, host: '127.0.0.1', agent: false }, (response) => {
    response.resume();
    response.on('end', callback);
  });
}
//// a child process
const { execFile, spawn } = require('child_process');
execFile('true', by('ended', () => {
  const child = spawn('echo', ['hello']);
  child.on('exit', by('exited', () => setImmediate(by('immediate'))));
}));
//// AsyncResource
const { AsyncResource } = require('async_hooks');
let resource;
setTimeout(by('maker', () => {
  resource = new AsyncResource('Mine');
  setTimeout(by('caller', () => {
    resource.runInAsyncScope(() => { on('inside', 'maker'); process.nextTick(by('tick')); });
  }), 1);
}), 1);
//// AsyncResource.bind
const { AsyncResource } = require('async_hooks');
const EventEmitter = require('events');
const emitter = new EventEmitter();
setImmediate(by('binds', () => emitter.on('event', AsyncResource.bind(by('listener')))));
setTimeout(by('emits', () => emitter.emit('event')), 5);
//// an EventEmitter is called by who emits
const EventEmitter = require('events');
const emitter = new EventEmitter();
emitter.on('event', (name) => process.nextTick(by(`tick of ${name}`)));
setTimeout(by('timer', () => emitter.emit('event', 'timer')), 1);
setImmediate(by('immediate', () => emitter.emit('event', 'immediate')));
//// events.once
const { once, EventEmitter } = require('events');
const emitter = new EventEmitter();
async function wait() {
  await once(emitter, 'event');
  on('got it', 'main');
  setImmediate(by('immediate'));
}
wait();
setTimeout(by('timer', () => emitter.emit('event')), 1);
//// streams
const { Readable, Transform, pipeline } = require('stream');
const upper = new Transform({ transform(chunk, encoding, done) { setImmediate(by('transformed', () => done(null, chunk))); } });
now = 'main';
pipeline(Readable.from(['a']), upper, by('over'));
upper.on('data', () => process.nextTick(by('tick')));
//// a stream of a file
const stream = fs.createReadStream(__filename, { highWaterMark: 1 << 20 });
stream.on('close', by('closed', () => setTimeout(by('timer'), 1)));
stream.resume();
//// AbortSignal.timeout
AbortSignal.timeout(3).addEventListener('abort', by('aborted', () => process.nextTick(by('tick'))));
setTimeout(by('keeps it alive'), 20);
//// a message channel
const { port1, port2 } = new MessageChannel();
port2.on('message', by('message', () => { setImmediate(by('immediate', () => port1.close())); }));
port1.postMessage('hello');
//// timers/promises
const { setTimeout: sleep, setImmediate: soon } = require('timers/promises');
async function run() {
  await sleep(1);
  on('slept', 'main');
  await soon();
  on('soon', 'slept');
  setTimeout(by('t'), 1);
}
run();
//// an async iterator
async function* numbers() {
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield i;
  }
}
async function consume() {
  let last = 'main';
  for await (const number of numbers()) {
    on(`number${number}`, last);
    setImmediate(by(`immediate${number}`));
    last = `number${number}`;
  }
}
consume();
//// a rejection that is caught
Promise.reject(new Error('bad')).catch(by('caught', () => process.nextTick(by('tick'))));
//// zlib and crypto on the pool
require('zlib').gzip('hello', by('zipped', () => setImmediate(by('immediate'))));
require('crypto').randomBytes(8, by('random', () => process.nextTick(by('tick'))));
//// a datagram
const socket = require('dgram').createSocket('udp4');
socket.on('message', by('message', () => socket.close(by('closed'))));
socket.bind(0, '127.0.0.1', by('bound', () => socket.send('hello', socket.address().port, '127.0.0.1', by('sent'))));
//// dns
require('dns').lookup('127.0.0.1', by('found', () => setImmediate(by('immediate'))));
//// what an exit listener cannot ask for
process.on('beforeExit', by('beforeExit', function once() { if (!once.done) setTimeout(by('more'), 1); once.done = true; }));
//// a rejection that nobody handles, and that is handled late
setTimeout(by('timer', () => {
  process.on('unhandledRejection', by('told', (error, rejected) => setImmediate(by('immediate', () => {
    process.on('rejectionHandled', by('late', () => process.nextTick(by('tick'))));
    rejected.catch(() => {});
  }))));
  Promise.reject(new Error('bad'));
}), 1);
