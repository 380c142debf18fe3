// Async generators, for await and the iterator protocols.
'use strict';
const log = console.log;
const clock = (n = 8) => {
  let i = 0;
  const next = () => {
    if (i === n) return;
    log(`-- ${++i}`);
    queueMicrotask(next);
  };
  queueMicrotask(next);
};

//// an async generator does nothing before the first next
async function* g() {
  log('start');
  yield 1;
  log('end');
}
const it = g();
log('made');
it.next().then((r) => log(r.value, r.done));
log('asked');
it.next().then((r) => log(r.value, r.done));

//// three calls of next queue up
async function* g() {
  log('run');
  yield 'a';
  await null;
  yield 'b';
}
const it = g();
clock();
for (let i = 0; i < 4; i++) it.next().then((r) => log(i, r.value, r.done));

//// yield awaits its value
async function* g() {
  yield Promise.resolve('promise');
  yield { then(f) { f('thenable'); } };
  try {
    yield Promise.reject(new Error('rejected'));
  } catch (e) {
    log('inside', e.message);
  }
  return Promise.resolve('returned');
}
clock(16);
(async () => {
  const it = g();
  for (let i = 0; i < 4; i++) {
    const { value, done } = await it.next();
    log(value, done);
  }
})();

//// for await over an async generator
async function* g() {
  for (let i = 0; i < 3; i++) {
    log('make', i);
    yield i;
  }
}
clock(12);
(async () => {
  for await (const x of g()) log('got', x);
  log('done');
})();

//// for await over a sync iterable of promises
clock(12);
(async () => {
  for await (const x of [Promise.resolve('a'), 'b', new Promise((r) => queueMicrotask(() => r('c')))]) log(x);
  log('done');
})();

//// for await stops at a rejected promise in an array
(async () => {
  try {
    for await (const x of [1, Promise.reject(new Error('second')), 3]) log(x);
  } catch (e) {
    log('caught', e.message);
  }
})();

//// break calls return, and finally may await
async function* g() {
  try {
    yield 1;
    yield 2;
  } finally {
    log('cleanup');
    await null;
    log('cleaned');
  }
}
clock(10);
(async () => {
  for await (const x of g()) {
    log(x);
    break;
  }
  log('after');
})();

//// a throw in the body of for await closes the generator
async function* g() {
  try {
    yield 1;
  } finally {
    log('closed');
  }
}
(async () => {
  try {
    for await (const x of g()) throw new Error(`at ${x}`);
  } catch (e) {
    log(e.message);
  }
})();

//// return before the start never runs the body
async function* g() {
  log('never');
  yield 1;
}
const it = g();
it.return('early').then((r) => log(r.value, r.done));
it.next().then((r) => log(r.value, r.done));

//// throw into a suspended generator
async function* g() {
  while (true) {
    try {
      yield 'waiting';
    } catch (e) {
      log('inside', e.message);
      if (e.message === 'stop') return 'stopped';
    }
  }
}
(async () => {
  const it = g();
  log((await it.next()).value);
  log((await it.throw(new Error('go on'))).value);
  log((await it.throw(new Error('stop'))).value);
  try {
    await it.throw(new Error('too late'));
  } catch (e) {
    log('outside', e.message);
  }
})();

//// return with a promise waits for it
async function* g() {
  try {
    yield 1;
  } finally {
    log('finally');
  }
}
clock(10);
(async () => {
  const it = g();
  await it.next();
  const r = await it.return(Promise.resolve('later'));
  log(r.value, r.done);
})();

//// yield in finally delays return
async function* g() {
  try {
    yield 1;
  } finally {
    yield 'from finally';
  }
}
(async () => {
  const it = g();
  log((await it.next()).value);
  const r = await it.return('r');
  log(r.value, r.done);
  const s = await it.next();
  log(s.value, s.done);
})();

//// yield* of an async generator
async function* inner() {
  const got = yield 'i1';
  log('inner got', got);
  yield 'i2';
  return 'inner result';
}
async function* outer() {
  const result = yield* inner();
  log(result);
  yield 'o1';
}
clock(20);
(async () => {
  const it = outer();
  log((await it.next('lost')).value);
  log((await it.next('sent')).value);
  log((await it.next()).value);
  log((await it.next()).done);
})();

//// yield* of a sync iterable awaits its values
async function* g() {
  yield* [Promise.resolve(1), 2];
  yield* 'ab';
}
clock(16);
(async () => {
  for await (const x of g()) log(x);
})();

//// yield* passes throw and return on
const source = {
  [Symbol.asyncIterator]() { return this; },
  next(v) { log('next', v); return { value: 'n', done: false }; },
  throw(e) { log('throw', e.message); return Promise.resolve({ value: 't', done: false }); },
  return(v) { log('return', v); return { value: v, done: true }; },
};
async function* g() { yield* source; }
(async () => {
  const it = g();
  log((await it.next(1)).value);
  log((await it.throw(new Error('x'))).value);
  const r = await it.return(5);
  log(r.value, r.done);
})();

//// an iterator of one's own without return
const source = {
  [Symbol.asyncIterator]() {
    let i = 0;
    return { next: async () => { log('next'); return { value: i, done: i++ === 2 }; } };
  },
};
(async () => {
  for await (const x of source) log(x);
  for await (const x of source) { log('only', x); break; }
  log('done');
})();

//// an iterator whose next is not async
const source = {
  [Symbol.asyncIterator]() {
    let i = 0;
    return { next: () => ({ value: Promise.resolve(i), done: i++ === 2 }) };
  },
};
clock(6);
(async () => {
  for await (const x of source) log(x instanceof Promise, await x);
  log('done');
})();

//// an iterator result that is no object
const source = { [Symbol.asyncIterator]: () => ({ next: () => 5 }) };
(async () => {
  try {
    for await (const x of source) log(x);
  } catch (e) {
    log(e.constructor.name);
  }
})();

//// Symbol.asyncIterator before Symbol.iterator
const both = {
  async* [Symbol.asyncIterator]() { yield 'async'; },
  * [Symbol.iterator]() { yield 'sync'; },
};
(async () => {
  for await (const x of both) log(x);
  for (const x of both) log(x);
})();

//// two loops over one generator share it
async function* g() {
  for (let i = 0; i < 6; i++) yield i;
}
const it = g();
const read = async (name) => {
  for await (const x of it) log(name, x);
  log(name, 'done');
};
read('a');
read('b');

//// two generators in step
async function* g(name) {
  for (let i = 0; i < 3; i++) yield name + i;
}
const read = async (it) => { for await (const x of it) log(x); };
read(g('a'));
read(g('b'));

//// a generator that throws is done
async function* g() {
  yield 1;
  throw new Error('broken');
}
(async () => {
  const it = g();
  log((await it.next()).value);
  await it.next().catch((e) => log(e.message));
  log((await it.next()).done);
})();

//// ticks between the steps of a generator
async function* g() {
  for (let i = 0; i < 3; i++) {
    process.nextTick(log, 'tick', i);
    yield i;
  }
}
(async () => {
  for await (const x of g()) {
    log('got', x);
    await new Promise((r) => process.nextTick(r));
    log('past tick', x);
  }
})();

//// a generator that reads timers
const { setTimeout: sleep } = require('timers/promises');
async function* g() {
  for (const ms of [3, 1, 2]) {
    await sleep(ms);
    yield ms;
  }
}
(async () => {
  for await (const x of g()) {
    log(x);
    process.nextTick(log, 'tick', x);
  }
  log('done');
})();

//// sync generators closed by destructuring and by break
function* g() {
  try {
    yield 1;
    yield 2;
    yield 3;
  } finally {
    log('closed');
  }
}
const [a, b] = g();
log(a, b);
for (const x of g()) {
  log(x);
  if (x === 2) break;
}
log([...g()].join());

//// a generator as a scheduler of promises
const run = (gen) => new Promise((resolve, reject) => {
  const step = (method, v) => {
    const { value, done } = gen[method](v);
    if (done) return resolve(value);
    Promise.resolve(value).then((x) => step('next', x), (e) => step('throw', e));
  };
  step('next');
});
run((function* () {
  const a = yield Promise.resolve(1);
  const b = yield 2;
  try {
    yield Promise.reject(new Error('three'));
  } catch (e) {
    log('caught', e.message);
  }
  return a + b;
})()).then((v) => log('result', v));
clock(7);

//// iterator methods on generators
function* g() {
  for (let i = 1; ; i++) {
    log('make', i);
    yield i;
  }
}
log(g().filter((x) => x % 2).map((x) => x * 10).take(3).toArray().join());
