// I/O callbacks and what runs between them. One thread in the pool: jobs end in the order they were given.
'use strict';
const log = console.log;
const fs = require('fs');

//// an immediate comes before a timer after I/O
fs.stat(__filename, () => {
  setTimeout(log, 0, 'timer');
  setImmediate(log, 'immediate');
  process.nextTick(log, 'tick');
  queueMicrotask(() => log('micro'));
  log('stat');
});

//// two callbacks with the queues drained between
fs.stat(__filename, () => {
  log('a');
  process.nextTick(log, 'tick a');
  queueMicrotask(() => log('micro a'));
});
fs.stat(__filename, () => {
  log('b');
  queueMicrotask(() => log('micro b'));
  process.nextTick(log, 'tick b');
});

//// callbacks come in the order of the calls
for (const [i, name] of ['stat', 'access', 'lstat', 'readdir', 'open'].entries()) {
  fs[name](__dirname, () => log(i, name));
}

//// readFile needs several turns
const order = [];
fs.readFile(__filename, () => order.push('readFile'));
fs.stat(__filename, () => order.push('stat'));
process.on('exit', () => log(order.join()));

//// nested I/O
fs.writeFile('x.txt', 'hello', (error) => {
  log('written', error);
  fs.readFile('x.txt', 'utf8', (error, text) => {
    log('read', text);
    fs.unlink('x.txt', (error) => {
      log('gone', error);
      fs.stat('x.txt', (error) => log(error.code, error.syscall));
    });
    process.nextTick(log, 'tick');
  });
});

//// an error comes to the callback, never at once
fs.readFile('not-there', (error) => log('callback', error.code, error.errno, error.syscall, error.path));
log('main');

//// wrong arguments throw at once
for (const f of [() => fs.stat(), () => fs.stat(5, () => {}), () => fs.stat('x'), () => fs.readFile('x', 'nope', () => {})]) {
  try {
    f();
  } catch (e) {
    log(e.code);
  }
}

//// promises of files
(async () => {
  await fs.promises.writeFile('y.txt', 'abc');
  log('written');
  const text = await fs.promises.readFile('y.txt', 'utf8');
  log(text);
  process.nextTick(log, 'tick');
  await fs.promises.rm('y.txt');
  log('removed');
  await fs.promises.stat('y.txt').catch((e) => log(e.code, e.syscall));
})();

//// a file handle
(async () => {
  const handle = await fs.promises.open('z.txt', 'w+');
  log((await handle.write('hello')).bytesWritten);
  log((await handle.stat()).size);
  const buffer = Buffer.alloc(5);
  log((await handle.read(buffer, 0, 5, 0)).bytesRead, buffer.toString());
  handle.on('close', () => log('closed event'));
  await handle.close();
  log('closed');
})();

//// immediates set in I/O run in the same turn, those of immediates in the next
fs.stat(__filename, () => {
  setImmediate(() => {
    log('immediate 1');
    setImmediate(log, 'immediate 3');
  });
  setImmediate(log, 'immediate 2');
});

//// timers set in I/O and due at once
fs.stat(__filename, () => {
  log('stat');
  setTimeout(log, 1, 'timer');
  const end = performance.now() + 5;
  while (performance.now() < end);
  setImmediate(log, 'immediate');
});

//// an error in an I/O callback
process.on('uncaughtException', (e) => log('caught', e.message));
fs.stat(__filename, () => {
  process.nextTick(log, 'tick');
  setImmediate(log, 'immediate');
  throw new Error('bad');
});

//// an error in an I/O callback ends the program
fs.stat(__filename, () => { throw new Error('bad'); });
process.on('exit', (code) => log('exit', code));

//// sync calls between async ones
fs.stat(__filename, () => log('async'));
log(fs.statSync(__filename).isFile());
fs.writeFileSync('s.txt', 'x');
log(fs.readFileSync('s.txt', 'utf8'), fs.existsSync('s.txt'));
fs.unlinkSync('s.txt');
log(fs.existsSync('s.txt'));

//// a directory walked with for await
fs.mkdirSync('d');
for (const n of ['a', 'b', 'c']) fs.writeFileSync(`d/${n}`, n);
(async () => {
  const names = [];
  for await (const entry of await fs.promises.opendir('d')) names.push(entry.name);
  log(names.sort().join());
  await fs.promises.rm('d', { recursive: true });
  log(fs.existsSync('d'));
})();

//// a chain of reads with immediates between
let n = 0;
const next = () => {
  if (n++ === 3) return;
  fs.stat(__filename, () => {
    log('stat', n);
    setImmediate(() => {
      log('immediate', n);
      next();
    });
    process.nextTick(log, 'tick', n);
  });
};
next();

//// lines of a file
const readline = require('readline');
fs.writeFileSync('l.txt', 'one\ntwo\r\nthree');
(async () => {
  for await (const line of readline.createInterface({ input: fs.createReadStream('l.txt') })) log(line);
  log('done');
})();

//// a child's events
const { spawn } = require('child_process');
const child = spawn('/bin/sh', ['-c', 'echo out; exit 3']);
let text = '';
child.stdout.on('data', (data) => { text += data; });
child.on('exit', (code) => log('exit', code));
child.on('close', (code) => log('close', code, JSON.stringify(text)));
child.on('spawn', () => log('spawn'));

//// a child that is not there
const { spawn } = require('child_process');
const child = spawn('/not/there');
child.on('error', (e) => log(e.code, e.syscall));
child.on('spawn', () => log('never'));
log('pid', child.pid);

//// a child's last output and its end: the immediates come between
const child = require('child_process').spawn('sh', ['-c', 'echo last']);
child.stdout.on('data', (data) => {
  log(String(data).trim());
  setImmediate(log, 'immediate');
  process.nextTick(log, 'tick');
});
child.stdout.on('end', () => log('end'));
child.on('close', (code) => log('close', code));
const end = performance.now() + 100; // it is through before anybody reads
while (performance.now() < end);

//// entries that were read already are promised without a tick
fs.mkdirSync('folder');
for (const name of ['a', 'b', 'c']) fs.writeFileSync(`folder/${name}`, '');
(async () => {
  const dir = await fs.promises.opendir('folder');
  await dir.read();
  dir.read().then(() => log('promised'));
  dir.read(() => log('called back'));
  process.nextTick(log, 'tick');
  dir.read().then((entry) => log(entry));
  dir.close().then(() => log('closed'));
})();

//// a child that its parent disconnects from has no 'close'
fs.writeFileSync('child.cjs', 'process.on("message", (value) => process.send(value));');
const child = require('child_process').fork('child.cjs');
for (const name of ['spawn', 'disconnect', 'exit', 'close', 'error']) child.on(name, () => log(name));
child.once('message', (value) => {
  log(value);
  process.nextTick(log, 'tick');
  child.disconnect();
  process.nextTick(() => {
    log('tick after');
    process.nextTick(log, 'and its own');
  });
});
child.send('hello', () => log('sent'));

//// a flush that comes last is the end of a zlib stream
const stream = require('zlib').createDeflateRaw({ level: 1 });
for (const name of ['data', 'finish', 'end', 'close']) stream.on(name, (x) => log(name, x?.toString('hex')));
stream.write('a', () => log('written'));
stream.flush(() => log('flushed'));
stream.end();

//// zlib needs the pool twice for one call, and once to find an error
const zlib = require('zlib');
const stats = (n) => {
  if (n === 6) return;
  fs.stat('.', () => {
    log('stat', n);
    stats(n + 1);
  });
};
stats(0);
zlib.deflate('x', () => log('deflate'));
zlib.gunzip('wrong', (error) => log(error.code));
fs.stat('.', () => log('last'));

//// random integers come from a store that the pool fills
const { randomInt } = require('crypto');
randomInt(5, () => log('first'));
fs.stat('.', () => {
  log('stat');
  randomInt(5, () => log('third'));
  process.nextTick(log, 'tick');
});
randomInt(5, () => log('second'));
process.nextTick(log, 'first tick');

//// a blob's stream lets turns of the loop pass
let turns = 0;
const turn = () => {
  log('immediate', turns);
  if (turns++ < 6) setImmediate(turn);
};
setImmediate(turn);
(async () => {
  for await (const chunk of new Blob(['ab', 'cde', 'f']).stream()) log(chunk.length);
  log('end');
})();

//// at which microtask a blob is read
let chain = Promise.resolve();
for (let i = 0; i < 9; i++) chain = chain.then(() => log(i));
for (const parts of [[], ['a'], ['a', 'b'], ['a', 'b', 'c']]) {
  for (const name of ['text', 'arrayBuffer', 'bytes']) new Blob(parts)[name]().then(() => log(name, parts.length));
}
