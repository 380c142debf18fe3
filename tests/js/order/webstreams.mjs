// Web streams: at which microtask each step comes, counted from the beginning of each small program (`name: step@n`).
// A step at 80 comes after the microtasks.
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';

let t = 0;
let counts = false;
let steps = [];
const count = () => {
  t++;
  if (counts && t < 80) queueMicrotask(count);
};
const start = () => {
  t = 0;
  counts = true;
  queueMicrotask(count);
};
const text = (x) => {
  if (x instanceof Error) return `${x.name}:${x.message}`;
  return typeof x === 'object' && x ? JSON.stringify(x) : String(x);
};
const L = (...words) => steps.push(`${words.map(text).join(' ')}@${t}`);
const tick = (v) => new Promise((r) => process.nextTick(r, v));
const imm = (v) => new Promise((r) => setImmediate(r, v));
const loop = async (stream, body) => {
  try {
    for await (const v of stream) {
      L('got', v);
      const r = body?.(v);
      if (r === 'break') break;
      if (r) await r;
    }
    L('end');
  } catch (e) {
    L('err', e);
  }
};
const run = async (programs) => {
  for (const [name, program] of Object.entries(programs)) {
    steps = [];
    await imm();
    await imm();
    start();
    await Promise.race([program(), new Promise((r) => setTimeout(r, 60))]);
    await imm();
    await imm();
    counts = false;
    await imm();
    console.log(`${name}: ${steps.join(' ')}`);
  }
};
process.on('uncaughtException', (e) => L('uncaught', e));
process.on('unhandledRejection', (e) => L('unhandled', e));

//// a source pulled while it is iterated
await run({
  startSync: () => loop(new ReadableStream({ start(c) { for (let i = 0; i < 3; i++) c.enqueue(i); c.close(); } })),
  startSync0: () => loop(new ReadableStream({ start(c) { c.close(); } })),
  startErr: () => loop(new ReadableStream({ start(c) { c.error(new Error('x')); } })),
  startAsync2: () => loop(new ReadableStream({ async start(c) { L('s'); await null; for (let i = 0; i < 3; i++) {
      c.enqueue(i); L('s', i); await null; } c.close(); } })),
  pullSync: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } })); },
  pullAsync: () => { let n = 0; return loop(new ReadableStream({ async pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } })); },
  pullAsyncAwait: () => { let n = 0; return loop(new ReadableStream({ async pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); await null; c.enqueue(n); } })); },
  pullAsyncTick: () => { let n = 0; return loop(new ReadableStream({ async pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); await tick(); c.enqueue(n); } })); },
  pullThenable: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); return { then(f) { L('then'); f(); } }; } })); },
  pullMicro: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); queueMicrotask(() => { L('enq'); c.enqueue(n); }); } })); },
  bodyTick: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }), () => tick()); },
  lateAfter: async () => { let n = 0; const s = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }); await imm(); start(); await loop(s); },
});

//// the loop ends early, or by an error
await run({
  pullErr: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 3) throw new Error('x'); c.enqueue(n); } })); },
  pullErrAsync: () => { let n = 0; return loop(new ReadableStream({ async pull(c) { L('pull', ++n);
      if (n === 3) throw new Error('x'); c.enqueue(n); } })); },
  pullErrC: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 3) return c.error(new Error('x')); c.enqueue(n); } })); },
  breakSync: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel(r) { L('cancel', r); } }), (v) => v === 2 && 'break'); },
  breakAsync: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      async cancel(r) { L('cancel', r); await null; L('cancelled'); } }), (v) => v === 2 && 'break'); },
  breakThrow: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel(r) { L('cancel', r); throw new Error('c'); } }), (v) => v === 2 && 'break'); },
  bodyThrow: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel(r) { L('cancel', r); } }), (v) => { if (v === 2) throw new Error('b'); }); },
  breakPrevent: () => { let n = 0; return loop(new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n);
      } }).values({ preventCancel: true }), (v) => v === 2 && 'break'); },
  late: async () => { let c; const s = new ReadableStream({ start(x) { c = x; } }); const p = loop(s); await imm();
      start(); c.enqueue('a'); await imm(); start(); c.enqueue('b'); c.enqueue('c'); await imm(); start(); c.close();
      await p; },
  lateErr: async () => { let c; const s = new ReadableStream({ start(x) { c = x; } }); const p = loop(s); await imm();
      start(); c.enqueue('a'); await imm(); start(); c.error(new Error('x')); await p; },
});

//// an iterator asked by hand
const mk = (k, mode, h) => { let n = 0; return new ReadableStream({ start(c) { if (mode === 'ready') { for (let i = 1;
    i <= k; i++) c.enqueue(i); c.close(); } if (mode === 'readyOpen') { for (let i = 1; i <= k; i++) c.enqueue(i);
    } }, ...(mode.startsWith('ready') ? {} : { pull(c) { L('pull', ++n); const go = () => {
    if (n > k) return c.close(); c.enqueue(n); };
    return mode === 'sync' ? go() : mode === 'micro' ? Promise.resolve().then(go) : mode === 'tick' ? tick().then(go) : imm().then(go); } }), cancel(r) { L('cancel', r); } }, { highWaterMark: h }); };
await run({
  iterMany: async () => { let n = 0; const it = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).values(); await Promise.all([1, 2, 3, 4, 5,
      6].map((i) => it.next().then((v) => L(i, v)))); },
  iterManyReady: async () => { const it = new ReadableStream({ start(c) { for (let i = 0; i < 4; i++) c.enqueue(i);
      c.close(); } }).values(); await Promise.all([1, 2, 3, 4, 5, 6].map((i) => it.next().then((v) => L(i, v)))); },
  iterReturn: async () => { let n = 0; const it = new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel() { L('cancel'); } }).values(); await Promise.all([it.next().then((v) => L(1, v)),
      it.return('r').then((v) => L(2, v)), it.next().then((v) => L(3, v)), it.return('q').then((v) => L(4, v))]); },
  iterReturnFirst: async () => { let n = 0; const it = new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel() { L('cancel'); } }).values(); await Promise.all([it.return('r').then((v) => L(2, v)),
      it.next().then((v) => L(3, v))]); },
  iterSeq: async () => { let n = 0; const it = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).values(); for (let i = 0; i < 5; i++) {
      await it.next().then((v) => L(i, v)); await imm(); start(); } },
  iterSeqReady: async () => { const it = new ReadableStream({ start(c) { for (let i = 0; i < 4; i++) c.enqueue(i);
      c.close(); } }).values(); await imm(); start(); for (let i = 0; i < 6; i++) { await it.next().then((v) => L(i,
      v)); await imm(); start(); } },
  iterErr: async () => { const it = new ReadableStream({ pull(c) { c.error(new Error('x')); } }).values();
      await Promise.all([1, 2, 3].map((i) => it.next().then((v) => L(i, v), (e) => L(i, e)))); },
  iterErrMid: async () => { let n = 0; const it = new ReadableStream({ pull(c) {
      if (++n === 3) c.error(new Error('x')); else c.enqueue(n); } }).values(); await Promise.all([1, 2, 3, 4,
      5].map((i) => it.next().then((v) => L(i, v), (e) => L(i, e)))); },
  iterRetDuring: async () => { let c; const it = new ReadableStream({ start(x) { c = x; }, cancel(r) { L('cancel', r);
      } }).values(); const a = it.next().then((v) => L(1, v)); const b = it.return('z').then((v) => L(2, v));
      await imm(); start(); c.enqueue('v'); await a; await b; },
  ret_after: async () => { const it = mk(3, 'sync', 1).values(); L(await it.next()); L(await it.return(1));
      L(await it.return(2)); L(await it.next()); L(await it.next()); },
  ret_fast: async () => { const it = mk(3, 'sync', 0).values(); L(await it.next()); L(await it.next());
      L(await it.return(2)); L(await it.next()); L(await it.next()); },
  err_after: async () => { let n = 0; const it = new ReadableStream({ pull(c) { if (n++ > 1) c.error(new Error('x'));
      else c.enqueue(n); } }, { highWaterMark: 0 }).values(); for (let i = 0; i < 6;
      i++) await it.next().then((v) => L(v), (v) => L(v)); },
});

//// a reader
await run({
  reader: async () => { let n = 0; const r = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).getReader(); r.closed.then(() => L('closed')); for (;;) {
      const x = await r.read(); L(x); if (x.done) break; } },
  readerMany: async () => { let n = 0; const r = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).getReader(); r.closed.then(() => L('closed'));
      await Promise.all([1, 2, 3, 4, 5].map((i) => r.read().then((v) => L(i, v)))); },
  readerReady: async () => { const r = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close();
      } }).getReader(); r.closed.then(() => L('closed')); await Promise.all([1, 2, 3,
      4].map((i) => r.read().then((v) => L(i, v)))); },
  readerCancel: async () => { let n = 0; const s = new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); },
      cancel(x) { L('cancel', x); return tick(); } }); const r = s.getReader(); r.closed.then(() => L('closed'));
      await r.read(); await r.cancel('y').then(() => L('cancelled')); },
  readerCancelThrow: async () => { const s = new ReadableStream({ cancel(x) { L('cancel', x); throw new Error('q');
      } }); const r = s.getReader(); r.closed.then(() => L('closed')); await r.cancel('y').then(() => L('cancelled'),
      (e) => L(e)); },
  readerRelease: async () => { const s = new ReadableStream({}); const r = s.getReader();
      r.closed.then(() => L('closed'), (e) => L('closed', e)); r.read().then((v) => L(v), (e) => L('read', e));
      r.releaseLock(); L('released'); r.closed.then(() => L('closed'), (e) => L('closed2', e)); },
  readerErr: async () => { let c; const s = new ReadableStream({ start(x) { c = x; } }); const r = s.getReader();
      r.closed.then(() => L('closed'), (e) => L('closed', e)); r.read().then((v) => L(v), (e) => L('read', e));
      c.error(new Error('x')); r.read().then((v) => L(v), (e) => L('read', e)); },
  readerStartReject: async () => { const s = new ReadableStream({ async start() { throw new Error('x'); } });
      const r = s.getReader(); r.closed.then(() => L('closed'), (e) => L('closed', e)); r.read().then((v) => L(v),
      (e) => L('read', e)); },
  startThenable: async () => { let n = 0; const s = new ReadableStream({ start() { return { then(f) { L('then'); f();
      } }; }, pull(c) { L('pull', ++n); c.enqueue(n); } }); const r = s.getReader(); await r.read().then((v) => L(v));
      },
  startPromiseR: async () => { let n = 0; const s = new ReadableStream({ start() { return Promise.resolve(); },
      pull(c) { L('pull', ++n); c.enqueue(n); } }); const r = s.getReader(); await r.read().then((v) => L(v)); },
  noReadThenable: async () => { let n = 0; new ReadableStream({ pull(c) { L('pull', ++n); c.enqueue(n); return {
      then(f) { L('then'); f(); } }; } }, { highWaterMark: 4 }); await imm(); },
});

//// ReadableStream.from
const gen = async function* (k = 3) { for (let i = 0; i < k; i++) { L('y', i); yield i; } L('gend'); };
await run({
  fromArray: () => loop(ReadableStream.from([1, 2, 3])),
  fromPromises: () => loop(ReadableStream.from([Promise.resolve(1), 2, tick(3)])),
  fromReject: () => loop(ReadableStream.from([Promise.resolve(1), Promise.reject(new Error('x')), 3])),
  fromGen: () => loop(ReadableStream.from(gen())),
  fromGenBreak: () => loop(ReadableStream.from((async function* () { try { yield 1; yield 2; } finally { L('fin');
      await null; L('fin2'); } })()), () => 'break'),
  fromSyncGen: () => loop(ReadableStream.from((function* () { try { L('y1'); yield 1; L('y2'); yield 2; } finally {
      L('fin'); } })())),
  fromGenThrow: () => loop(ReadableStream.from((async function* () { yield 1; throw new Error('g'); })())),
  fromIter: () => { let i = 0; return loop(ReadableStream.from({ [Symbol.asyncIterator]() { return { next() { L('n',
      i); return { value: i, done: i++ >= 2 }; } }; } })); },
  fromReader: async () => { const r = ReadableStream.from([1, 2]).getReader(); r.closed.then(() => L('closed'));
      for (let i = 0; i < 3; i++) L(await r.read()); },
  fromCancel: async () => { const s = ReadableStream.from((async function* () { try { yield 1; } finally { L('fin');
      } })()); await s.cancel('r').then(() => L('c')); const s2 = ReadableStream.from({ [Symbol.asyncIterator]() {
      return { next() { return { value: 1 }; }, return(v) { L('ret', v); return {}; } }; } });
      await s2.cancel('r').then(() => L('c')); },
});

//// tee
const b = (...x) => new Uint8Array(x);
const show = (v) => v instanceof Uint8Array ? '[' + v + ']' : v;
const bloop = async (s, body) => { try { for await (const v of s) { L('got', show(v)); if (body) { const r = body(v);
    if (r === 'break') break; } } L('end'); } catch (e) { L('err', e); } };
const mk = (k, mode, h) => { let n = 0; return new ReadableStream({ start(c) { if (mode === 'ready') { for (let i = 1;
    i <= k; i++) c.enqueue(i); c.close(); } if (mode === 'readyOpen') { for (let i = 1; i <= k; i++) c.enqueue(i);
    } }, ...(mode.startsWith('ready') ? {} : { pull(c) { L('pull', ++n); const go = () => {
    if (n > k) return c.close(); c.enqueue(n); };
    return mode === 'sync' ? go() : mode === 'micro' ? Promise.resolve().then(go) : mode === 'tick' ? tick().then(go) : imm().then(go); } }), cancel(r) { L('cancel', r); } }, { highWaterMark: h }); };
await run({
  tee: async () => { let n = 0; const [a, b] = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).tee(); await Promise.all([(async () => {
      for await (const v of a) L('a', v); L('a end'); })(), (async () => { for await (const v of b) L('b', v);
      L('b end'); })()]); },
  teeReaders: async () => { let n = 0; const [a, b] = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).tee(); const go = async (s, k) => { const r = s.getReader();
      r.closed.then(() => L(k, 'closed')); for (;;) { const x = await r.read(); L(k, x); if (x.done) return; } };
      await Promise.all([go(a, 'a'), go(b, 'b')]); },
  teeErr: async () => { let n = 0; const [a, b] = new ReadableStream({ pull(c) { if (++n === 2) throw new Error('x');
      c.enqueue(n); } }).tee(); await Promise.all([loop(a), loop(b)]); },
  teeCancel: async () => { const [a, b] = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { L('cancel', r);
      } }).tee(); a.cancel(1).then(() => L('a c')); await imm(); start(); await b.cancel(2).then(() => L('b c')); },
  teeOne: async () => { let n = 0; const [a, b] = new ReadableStream({ pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(n); } }).tee(); b.cancel(); await loop(a); },
  teeAsync: async () => { let n = 0; const [a, b] = new ReadableStream({ async pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); await null; c.enqueue(n); } }).tee(); await Promise.all([loop(a), loop(b)]); },
  bTee: async () => { let n = 0; const [x, y] = new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(b(n)); } }).tee(); await Promise.all([bloop(x), bloop(y)]); },
  bTeeByob: async () => { let n = 0; const [x, y] = new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 4) { c.close(); c.byobRequest?.respond(0); return; } c.enqueue(b(n)); } }).tee(); const go = async (s,
      k) => { const r = s.getReader({ mode: 'byob' }); for (;;) { const q = await r.read(new Uint8Array(2)); L(k,
      q.done, show(q.value)); if (q.done) return; } }; await Promise.all([go(x, 'x'), go(y, 'y')]); },
  teeCancelOneThenClose: async () => { const [a, b] = mk(2, 'sync', 1).tee(); b.cancel('b').then((v) => L('b', v));
      await loop(a); },
});

//// a writer
await run({
  write: async () => { const w = new WritableStream({ write(v) { L('write', v); }, close() { L('close');
      } }).getWriter(); w.ready.then(() => L('ready')); w.closed.then(() => L('closed'));
      w.write(1).then(() => L('w1')); w.ready.then(() => L('ready')); w.write(2).then(() => L('w2'));
      w.close().then(() => L('c')); await w.closed; },
  writeAsync: async () => { const w = new WritableStream({ async write(v) { L('write', v); await null; L('wrote', v);
      }, async close() { L('close'); } }).getWriter(); w.ready.then(() => L('ready'));
      w.closed.then(() => L('closed')); w.write(1).then(() => L('w1')); w.ready.then(() => L('ready'));
      w.write(2).then(() => L('w2')); w.close().then(() => L('c')); await w.closed; },
  writeErr: async () => { const w = new WritableStream({ write(v) { L('write', v); throw new Error('x'); }, abort(r) {
      L('abort', r); } }).getWriter(); w.ready.then(() => L('ready')); w.closed.catch((e) => L('closed', e));
      w.write(1).catch((e) => L('w1', e)); w.ready.catch((e) => L('ready', e)); w.write(2).catch((e) => L('w2', e));
      await w.close().catch((e) => L('c', e)); },
  writeCErr: async () => { const w = new WritableStream({ write(v, c) { L('write', v); c.error(new Error('x'));
      } }).getWriter(); w.closed.catch((e) => L('closed', e)); w.write(1).then(() => L('w1 ok'), (e) => L('w1', e));
      w.ready.catch((e) => L('ready', e)); w.write(2).catch((e) => L('w2', e)); await w.close().catch((e) => L('c',
      e)); },
  writeAbort: async () => { const w = new WritableStream({ write(v) { L('write', v); return tick(); }, abort(r) {
      L('abort', r); } }).getWriter(); w.closed.catch((e) => L('closed', e)); w.write(1).then(() => L('w1 ok'),
      (e) => L('w1', e)); w.write(2).catch((e) => L('w2', e)); await w.abort('r').then(() => L('aborted')); },
  writeAbortThrow: async () => { const w = new WritableStream({ abort(r) { L('abort', r); throw new Error('a');
      } }).getWriter(); w.closed.catch((e) => L('closed', e)); await w.abort('r').catch((e) => L('aborted', e)); },
  writeThenable: async () => { const w = new WritableStream({ write(v) { L('write', v); return { then(f) { L('then');
      f(); } }; } }).getWriter(); w.write(1).then(() => L('w1')); w.write(2).then(() => L('w2')); await w.close();
      L('c'); },
  writeCloseEmpty: async () => { const s = new WritableStream(); await s.close().then(() => L('c'));
      const s2 = new WritableStream({ close() { L('cl'); } }); await s2.close().then(() => L('c')); },
  writeStartReject: async () => { const w = new WritableStream({ async start() { throw new Error('s');
      } }).getWriter(); w.closed.catch((e) => L('closed', e)); w.ready.catch((e) => L('ready', e));
      await w.write(1).catch((e) => L('w1', e)); },
});

//// a TransformStream
const tr = async (t, vs = [1, 2]) => { const w = t.writable.getWriter(); w.ready.then(() => L('ready'),
    (e) => L('ready', e)); w.closed.then(() => L('w closed'), (e) => L('w closed', e));
    for (const v of vs) w.write(v).then(() => L('wrote', v), (e) => L('wrote', v, e));
    w.close().then(() => L('closed'), (e) => L('closed', e)); await loop(t.readable); };
await run({
  tIdentity: () => tr(new TransformStream()),
  tSync: () => tr(new TransformStream({ transform(v, c) { L('t', v); c.enqueue(v); } })),
  tAsync: () => tr(new TransformStream({ async transform(v, c) { L('t', v); await null; c.enqueue(v); } })),
  tFlushAsync: () => tr(new TransformStream({ transform(v, c) { L('t', v); c.enqueue(v); c.enqueue(-v); },
      async flush(c) { L('flush'); await null; c.enqueue('f'); } })),
  tStart: () => tr(new TransformStream({ async start(c) { c.enqueue('s'); await null; }, transform(v, c) { L('t', v);
      c.enqueue(v); } })),
  tThrow: () => tr(new TransformStream({ transform(v, c) { L('t', v); throw new Error('x'); } })),
  tErr: () => tr(new TransformStream({ transform(v, c) { L('t', v); c.error(new Error('x')); } })),
  tTerm: () => tr(new TransformStream({ transform(v, c) { L('t', v); c.enqueue(v); c.terminate(); } })),
  tHwm: () => tr(new TransformStream({ transform(v, c) { L('t', v); c.enqueue(v); } }, { highWaterMark: 4 }, {
      highWaterMark: 4 }), [1, 2, 3]),
  tCancelAsync: async () => { const t = new TransformStream({ async cancel(r) { L('cancel', r); await null; } });
      const w = t.writable.getWriter(); w.closed.then(() => L('w closed'), (e) => L('w closed', e));
      w.write(1).then(() => L('wrote'), (e) => L('wrote', e));
      await t.readable.cancel('r').then(() => L('cancelled')); },
  tAbort: async () => { const t = new TransformStream({ cancel(r) { L('cancel', r); } });
      const w = t.writable.getWriter(); w.closed.then(() => L('w closed'), (e) => L('w closed', e));
      w.write(1).then(() => L('wrote'), (e) => L('wrote', e)); loop(t.readable);
      await w.abort(new Error('r')).then(() => L('aborted')); },
  tBreak: async () => { const t = new TransformStream({ transform(v, c) { L('t', v); c.enqueue(v); }, cancel(r) {
      L('cancel', r); } }); const w = t.writable.getWriter(); w.closed.then(() => L('w closed'), (e) => L('w closed',
      e)); w.write(1).then(() => L('wrote'), (e) => L('wrote', e)); w.write(2).then(() => L('wrote'),
      (e) => L('wrote', e)); await loop(t.readable, () => 'break'); },
});

//// pipeTo
const src = (k = 3, extra = {}, s) => { let n = 0; return new ReadableStream({ pull(c) { L('pull', ++n);
    if (n > k) return c.close(); c.enqueue(n); }, cancel(r) { L('cancel', r); }, ...extra }, s); };
const snk = (extra = {}, s) => new WritableStream({ write(v) { L('write', v); }, close() { L('close'); }, abort(r) {
    L('abort', r); }, ...extra }, s);
const gen = async function* (k = 3) { for (let i = 0; i < k; i++) { L('y', i); yield i; } L('gend'); };
const b = (...x) => new Uint8Array(x);
const show = (v) => v instanceof Uint8Array ? '[' + v + ']' : v;
const bloop = async (s, body) => { try { for await (const v of s) { L('got', show(v)); if (body) { const r = body(v);
    if (r === 'break') break; } } L('end'); } catch (e) { L('err', e); } };
await run({
  pipe: () => src().pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)),
  pipeReady: () => new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close();
      } }).pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)),
  pipeAsync: () => src(3, { n: 0, async pull(c) { L('pull', ++this.n); await null; if (this.n > 3) return c.close();
      c.enqueue(this.n); } }).pipeTo(snk({ async write(v) { L('write', v); await null; } })).then(() => L('piped'),
      (e) => L('piped', e)),
  pipeTick: () => src().pipeTo(snk({ write(v) { L('write', v); return tick(); } })).then(() => L('piped'),
      (e) => L('piped', e)),
  pipeHwm: () => src(5).pipeTo(snk({}, { highWaterMark: 3 })).then(() => L('piped'), (e) => L('piped', e)),
  pipeErr: () => src(3, { n: 0, pull(c) { if (++this.n === 2) throw new Error('x'); c.enqueue(this.n);
      } }).pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)),
  pipeSinkErr: () => src().pipeTo(snk({ write(v) { L('write', v); throw new Error('w'); } })).then(() => L('piped'),
      (e) => L('piped', e)),
  pipePreventClose: () => src().pipeTo(snk(), { preventClose: true }).then(() => L('piped'), (e) => L('piped', e)),
  pipeAborted: async () => { const a = new AbortController(); a.abort(new Error('ab')); await src(9).pipeTo(snk(), {
      signal: a.signal }).then(() => L('piped'), (e) => L('piped', e)); },
  pipeClosed: async () => { const s = new ReadableStream({ start(c) { c.close(); } });
      await s.pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)); },
  pipeLate: async () => { let c; const s = new ReadableStream({ start(x) { c = x; } });
      const p = s.pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)); await imm(); start(); c.enqueue(1);
      await imm(); start(); c.enqueue(2); c.enqueue(3); await imm(); start(); c.enqueue(4); c.close(); await p; },
  pipeFrom: () => ReadableStream.from(gen()).pipeTo(snk()).then(() => L('piped'), (e) => L('piped', e)),
  through2: () => loop(src().pipeThrough(new TransformStream()).pipeThrough(new TransformStream())),
  throughAsync: () => loop(src().pipeThrough(new TransformStream({ async transform(v, c) { L('t', v); await null;
      c.enqueue(v * 10); }, async flush() { L('flush'); } }))),
  bPipe: () => { let n = 0; return new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(b(n)); } }).pipeTo(snk({ write(v) { L('write', show(v));
      } })).then(() => L('piped')); },
});

//// byte streams
const b = (...x) => new Uint8Array(x);
const show = (v) => v instanceof Uint8Array ? '[' + v + ']' : v;
const bloop = async (s, body) => { try { for await (const v of s) { L('got', show(v)); if (body) { const r = body(v);
    if (r === 'break') break; } } L('end'); } catch (e) { L('err', e); } };
await run({
  bStart: () => bloop(new ReadableStream({ type: 'bytes', start(c) { c.enqueue(b(1)); c.enqueue(b(2)); c.close(); } })),
  bPull: () => { let n = 0; return bloop(new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); c.enqueue(b(n)); } })); },
  bPullAsync: () => { let n = 0; return bloop(new ReadableStream({ type: 'bytes', async pull(c) { L('pull', ++n);
      if (n === 4) return c.close(); await null; c.enqueue(b(n)); } })); },
  bAuto: () => { let n = 0; return bloop(new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 4, pull(c) {
      L('pull', ++n); if (n === 4) { c.close(); c.byobRequest.respond(0); return; } c.byobRequest.view[0] = n;
      c.byobRequest.respond(1); } })); },
  bBreak: () => { let n = 0; return bloop(new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      c.enqueue(b(n)); }, cancel(r) { L('cancel', r); } }), () => 'break'); },
  bReader: async () => { let n = 0; const r = new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 4) { c.close(); c.byobRequest?.respond(0); return; } c.byobRequest.view[0] = n;
      c.byobRequest.respond(1); } }).getReader({ mode: 'byob' }); r.closed.then(() => L('closed')); for (;;) {
      const x = await r.read(new Uint8Array(2)); L(x.done, show(x.value)); if (x.done) break; } },
  bReaderEnq: async () => { let n = 0; const r = new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      c.enqueue(b(n, n, n)); } }).getReader({ mode: 'byob' }); for (let i = 0; i < 4; i++) {
      const x = await r.read(new Uint8Array(2)); L(x.done, show(x.value)); } await r.cancel().then(() => L('c')); },
  bErr: () => { let n = 0; return bloop(new ReadableStream({ type: 'bytes', pull(c) { L('pull', ++n);
      if (n === 2) throw new Error('x'); c.enqueue(b(n)); } })); },
});
