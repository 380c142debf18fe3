// Streams: when their events come.
'use strict';
const log = console.log;
const { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished, compose } = require('stream');
const { pipeline: pipelined, finished: ended } = require('stream/promises');

//// Readable.from and its events
const r = Readable.from(['a', 'b', 'c']);
for (const name of ['data', 'end', 'close', 'resume', 'pause', 'readable']) {
  if (name !== 'readable') r.on(name, (x) => log(name, x ?? ''));
}
process.nextTick(log, 'tick');
setImmediate(log, 'immediate');

//// ticks and microtasks between chunks
const r = Readable.from(['a', 'b', 'c']);
r.on('data', (x) => {
  log(x);
  process.nextTick(log, 'tick', x);
  queueMicrotask(() => log('micro', x));
});

//// readable and read
const r = new Readable({ read() {} });
r.on('readable', () => {
  let x;
  while ((x = r.read()) !== null) log('read', String(x));
  log('null');
});
r.on('end', () => log('end'));
r.push('a');
r.push('b');
setImmediate(() => {
  r.push('c');
  r.push(null);
});

//// read is called when there is need
let n = 0;
const r = new Readable({
  highWaterMark: 2,
  read(size) {
    log('read', size);
    this.push(n < 4 ? String(n++) : null);
  },
});
r.on('data', (x) => log('data', String(x)));
r.on('end', () => log('end'));

//// pushes in a tick
let n = 0;
const r = new Readable({
  read() {
    process.nextTick(() => {
      log('push', n);
      this.push(n < 3 ? String(n++) : null);
    });
  },
});
r.on('data', (x) => log('data', String(x))).on('end', () => log('end')).on('close', () => log('close'));

//// write, its callback, drain and finish
const w = new Writable({
  highWaterMark: 3,
  write(chunk, encoding, callback) {
    log('write', String(chunk));
    process.nextTick(callback);
  },
});
log(w.write('a', () => log('done a')));
log(w.write('bcd', () => log('done b')));
w.on('drain', () => {
  log('drain');
  w.end('e', () => log('ended'));
});
w.on('finish', () => log('finish'));
w.on('close', () => log('close'));

//// synchronous writes
const w = new Writable({
  write(chunk, encoding, callback) {
    log('write', String(chunk));
    callback();
  },
  final(callback) {
    log('final');
    callback();
  },
});
w.on('finish', () => log('finish')).on('close', () => log('close')).on('prefinish', () => log('prefinish'));
w.write('a', () => log('done a'));
w.write('b', () => log('done b'));
w.end(() => log('ended'));
log('main');
process.nextTick(log, 'tick');

//// cork and writev
const w = new Writable({
  writev(chunks, callback) {
    log('writev', chunks.map((c) => String(c.chunk)).join());
    callback();
  },
});
w.cork();
w.write('a');
w.write('b');
process.nextTick(() => {
  w.uncork();
  w.write('c');
  w.end('d');
});
w.on('finish', () => log('finish'));

//// pipe and backpressure
const r = Readable.from(['a', 'b', 'c', 'd']);
const w = new Writable({
  objectMode: true,
  highWaterMark: 1,
  write(chunk, encoding, callback) {
    log('write', chunk);
    setImmediate(callback);
  },
});
w.on('pipe', () => log('pipe')).on('unpipe', () => log('unpipe')).on('drain', () => log('drain'));
w.on('finish', () => log('finish'));
r.on('pause', () => log('pause')).on('resume', () => log('resume')).on('end', () => log('end'));
r.pipe(w);

//// a transform
const t = new Transform({
  transform(chunk, encoding, callback) {
    log('transform', String(chunk));
    callback(null, String(chunk).toUpperCase());
  },
  flush(callback) {
    log('flush');
    this.push('last');
    callback();
  },
});
t.on('data', (x) => log('data', String(x)));
for (const name of ['end', 'finish', 'close', 'prefinish']) t.on(name, () => log(name));
t.write('a');
t.write('b');
t.end();
log('main');

//// pipeline calls back once
pipeline(
  Readable.from(['a', 'b']),
  new PassThrough({ objectMode: true }),
  new Writable({ objectMode: true, write(x, e, callback) { log(x); callback(); } }),
  (error) => log('done', error),
);
setImmediate(log, 'immediate');

//// pipeline with an error in the middle
const r = Readable.from(['a', 'b', 'c']);
const t = new Transform({
  objectMode: true,
  transform(x, e, callback) { callback(x === 'b' ? new Error('bad') : null, x); },
});
const w = new Writable({ objectMode: true, write(x, e, callback) { log(x); callback(); } });
for (const [name, s] of Object.entries({ r, t, w })) {
  s.on('close', () => log(name, 'close', s.destroyed));
  s.on('error', (e) => log(name, 'error', e.message));
}
pipeline(r, t, w, (error) => log('done', error.message));

//// pipeline of async generators
(async () => {
  await pipelined(
    async function* () {
      yield 'a';
      await null;
      yield 'b';
    },
    async function* (source) {
      for await (const x of source) yield x + x;
    },
    async (source) => {
      for await (const x of source) log(x);
      log('sink done');
    },
  );
  log('pipeline done');
})();

//// pipeline aborted
const controller = new AbortController();
const r = new Readable({ read() {} });
r.push('a');
pipelined(r, new PassThrough(), { signal: controller.signal }).catch((e) => log(e.name, e.code, r.destroyed));
setImmediate(() => controller.abort());

//// finished
const r = Readable.from(['a']);
finished(r, (error) => log('finished', error));
r.on('end', () => log('end')).on('close', () => log('close'));
r.resume();

//// finished of a stream that is destroyed too early
const r = new Readable({ read() {} });
finished(r, (error) => log(error.code));
r.destroy();
ended(r).catch((e) => log('promise', e.code));

//// destroy with an error
const r = new Readable({
  read() {},
  destroy(error, callback) {
    log('destroy', error.message);
    process.nextTick(callback, error);
  },
});
r.on('error', (e) => log('error', e.message)).on('close', () => log('close')).on('end', () => log('never'));
r.destroy(new Error('bad'));
r.destroy(new Error('ignored'));
log('main', r.destroyed, r.closed);
queueMicrotask(() => log('micro'));
process.nextTick(log, 'tick');

//// an error that nobody listens for
process.on('uncaughtException', (e) => log('caught', e.message));
new Readable({ read() {} }).destroy(new Error('bad'));
process.nextTick(log, 'tick');
setImmediate(log, 'immediate');

//// for await over a stream
(async () => {
  for await (const x of Readable.from(['a', 'b', 'c'])) {
    log(x);
    process.nextTick(log, 'tick', x);
  }
  log('done');
})();

//// for await left early destroys the stream
const r = Readable.from(['a', 'b', 'c']);
r.on('close', () => log('close'));
(async () => {
  for await (const x of r) {
    log(x);
    break;
  }
  log('left', r.destroyed);
})();

//// for await over a stream that fails
const r = new Readable({ read() { this.push('a'); this.destroy(new Error('bad')); } });
(async () => {
  try {
    for await (const x of r) log(String(x));
  } catch (e) {
    log('caught', e.message);
  }
})();

//// write after end
const w = new Writable({ write(x, e, callback) { callback(); } });
w.on('error', (e) => log('error', e.code)).on('finish', () => log('finish')).on('close', () => log('close'));
w.end('a');
w.write('b', (e) => log('callback', e.code));
log('main');

//// a write that fails
const w = new Writable({ write(x, e, callback) { callback(new Error('bad')); } });
w.on('error', (e) => log('error', e.message)).on('close', () => log('close')).on('finish', () => log('never'));
w.write('a', (e) => log('callback a', e.message));
w.write('b', (e) => log('callback b', e?.message));
w.end((e) => log('end', e?.message));

//// construct
const w = new Writable({
  construct(callback) {
    log('construct');
    setImmediate(callback);
  },
  write(x, e, callback) {
    log('write', String(x));
    callback();
  },
});
w.on('finish', () => log('finish'));
w.write('a');
w.end('b');
log('main');

//// pause and resume
const r = Readable.from(['a', 'b', 'c']);
r.on('data', (x) => {
  log(x);
  if (x !== 'b') return;
  r.pause();
  log('paused', r.isPaused());
  setImmediate(() => {
    log('resume');
    r.resume();
  });
});
r.on('end', () => log('end'));

//// unpipe in the middle
const r = Readable.from(['a', 'b', 'c']);
const w = new Writable({
  objectMode: true,
  write(x, e, callback) {
    log('w', x);
    if (x === 'b') r.unpipe(w);
    callback();
  },
});
w.on('unpipe', () => {
  log('unpipe');
  setImmediate(() => r.on('data', (x) => log('r', x)));
});
r.pipe(w);

//// a duplex whose sides end one after another
const d = new Duplex({
  read() {},
  write(x, e, callback) {
    log('write', String(x));
    callback();
  },
  final(callback) {
    log('final');
    this.push('answer');
    this.push(null);
    callback();
  },
});
for (const name of ['data', 'end', 'finish', 'close']) d.on(name, (x) => log(name, String(x ?? '')));
d.end('question');

//// Duplex.from and compose
(async () => {
  const upper = Duplex.from(async function* (source) {
    for await (const x of source) yield String(x).toUpperCase();
  });
  for await (const x of Readable.from(['a', 'b']).compose(upper)) log(String(x));
  log('done');
})();

//// methods of arrays on streams
(async () => {
  const found = await Readable.from([1, 2, 3, 4])
    .filter(async (x) => { await null; log('filter', x); return x % 2; })
    .map((x) => { log('map', x); return x * 10; })
    .toArray();
  log(found.join());
  log(await Readable.from([1, 2, 3]).reduce((a, b) => a + b, 0));
  log(await Readable.from([1, 2, 3]).some((x) => x > 2));
})();

//// setEncoding and pieces of a character
const r = new Readable({ read() {} });
r.setEncoding('utf8');
r.on('data', (x) => log(x)).on('end', () => log('end'));
const euro = Buffer.from('€uro');
r.push(euro.subarray(0, 1));
setImmediate(() => {
  r.push(euro.subarray(1, 2));
  setImmediate(() => {
    r.push(euro.subarray(2));
    r.push(null);
  });
});

//// unshift
const r = new Readable({ read() {} });
r.push('world');
r.unshift('hello ');
r.push(null);
r.once('readable', () => {
  log(String(r.read(6)));
  r.unshift('HELLO ');
  log(String(r.read()));
});
r.on('end', () => log('end'));

//// a file copied by streams
const fs = require('fs');
fs.writeFileSync('in.txt', 'x'.repeat(200_000));
const r = fs.createReadStream('in.txt');
const w = fs.createWriteStream('out.txt');
r.on('open', () => log('r open')).on('ready', () => log('r ready')).on('close', () => log('r close'));
r.once('data', (x) => log('first', x.length)).on('end', () => log('r end'));
w.on('finish', () => log('w finish', w.bytesWritten));
r.pipe(w).on('close', () => log('w close', fs.statSync('out.txt').size));

//// a file that is not there
const fs = require('fs');
const r = fs.createReadStream('nothing.txt');
r.on('error', (e) => log('error', e.code)).on('close', () => log('close')).on('open', () => log('never'));
log('main');

//// PassThrough in both modes
const p = new PassThrough();
p.on('data', (x) => log('data', String(x)));
p.write('a');
log('wrote');
p.write('b');
process.nextTick(() => p.end('c'));
p.on('end', () => log('end'));

//// a web stream
const stream = new ReadableStream({
  start(c) { log('start'); c.enqueue('a'); },
  pull(c) {
    log('pull');
    c.enqueue('b');
    c.close();
  },
});
(async () => {
  for await (const x of stream) log(x);
  log('done');
})();
queueMicrotask(() => log('micro'));
process.nextTick(log, 'tick');

//// a web transform and its backpressure
const { readable, writable } = new TransformStream({
  transform(x, c) {
    log('transform', x);
    c.enqueue(x * 2);
  },
  flush() { log('flush'); },
});
(async () => {
  const writer = writable.getWriter();
  for (const x of [1, 2]) {
    await writer.ready;
    log('write', x);
    writer.write(x).then(() => log('written', x));
  }
  await writer.close();
  log('closed');
})();
(async () => {
  for await (const x of readable) log('read', x);
  log('read all');
})();

//// web streams piped
(async () => {
  const source = new ReadableStream({ pull(c) { c.enqueue(1); c.close(); } });
  const sink = new WritableStream({
    write(x) { log('write', x); },
    close() { log('close'); },
  });
  await source.pipeTo(sink);
  log('piped');
})();

//// teed web streams
const [a, b] = new ReadableStream({
  start(c) { for (const x of ['x', 'y']) c.enqueue(x); c.close(); },
}).tee();
(async () => { for await (const x of a) log('a', x); })();
(async () => { for await (const x of b) log('b', x); })();

//// a web stream that fails
const s = new ReadableStream({ pull(c) { c.error(new Error('bad')); } });
const reader = s.getReader();
reader.read().catch((e) => log('read', e.message));
reader.closed.catch((e) => log('closed', e.message));

//// a composition passes a chunk on in the same microtask
async function* each(source) {
  for await (const chunk of source) {
    log('each', chunk);
    yield chunk;
    log('after', chunk);
  }
}
const composed = Readable.from(['x', 'y']).compose(each);
for (const name of ['data', 'end', 'close']) composed.on(name, (value) => log(name, value));

//// a stream made from one of the web closes in the tick after its end
const source = new ReadableStream({
  pull(controller) {
    controller.enqueue('chunk');
    controller.close();
  },
});
const stream = Readable.fromWeb(source, { objectMode: true });
for (const name of ['data', 'end', 'close']) stream.on(name, (value) => log(name, value));
stream.on('end', () => process.nextTick(() => process.nextTick(() => log('two ticks later'))));

//// a pipe reads on until it has acted on the failure of its destination
let i = 0;
const source = new ReadableStream({
  pull(c) {
    log('pull', i);
    if (i++ === 4) c.error(new Error('source'));
    else c.enqueue(i);
  },
  cancel(x) { log('cancel', x.message); },
});
const sink = new WritableStream({
  async write(v, c) {
    log('write', v);
    await null;
    c.error(new Error('sink'));
    await null;
    await null;
  },
}, { highWaterMark: 3 });
source.pipeTo(sink).catch((x) => log('failed', x.message));

//// a rejected write and a source that goes on
let i = 0;
const source = new ReadableStream({
  pull(c) {
    log('pull', i);
    if (i++ === 2) c.error(new Error('source'));
    else c.enqueue(i);
  },
}, { highWaterMark: 0 });
const sink = new WritableStream({
  write(v) {
    log('write', v);
    return Promise.reject(new Error('sink'));
  },
}, { highWaterMark: 3 });
source.pipeTo(sink).catch((x) => log('failed', x.message));

//// what a byte stream says when it is closed, closing, failed
for (const end of ['close', 'closing', 'error']) {
  let c;
  new ReadableStream({ type: 'bytes', start(controller) { c = controller; } });
  if (end === 'closing') c.enqueue(new Uint8Array(1));
  c[end === 'error' ? end : 'close']();
  for (const act of [() => c.enqueue(new Uint8Array(1)), () => c.close()]) {
    try {
      act();
    } catch (e) {
      log(end, e.message);
    }
  }
}

//// an iterator that fails when its stream is destroyed adds its error
const iterable = (methods) => ({ [Symbol.asyncIterator]() { return this; }, async next() { return { value: 1 }; }, ...methods });
const told = (x) => (x.errors ? `${x.name}(${x.errors.map(told)}) ${x.message}` : x.message);
const destroyed = (name, source) => {
  const s = Readable.from(source);
  s.once('data', () => s.destroy(new Error('e')));
  s.on('error', (x) => log(name, told(x), told(s.errored))).on('close', () => log(name, 'close'));
};
destroyed('own', iterable({ async throw() { throw new Error('own'); } }));
destroyed('same', iterable({ async throw(x) { throw x; } }));
destroyed('return', iterable({ async throw() { return {}; }, async return() { throw new Error('own'); } }));
destroyed('delegated', (async function* () { yield* [1, 2, 3]; })());
