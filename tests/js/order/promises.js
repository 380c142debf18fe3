// Async functions, thenables and the combinators: how many turns of the microtask queue each takes.
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

//// await of a value, of a promise and of a thenable
clock();
(async () => {
  await 1;
  log('value');
  await Promise.resolve();
  log('promise');
  await { then(f) { log('then called'); f(); } };
  log('thenable');
})();

//// an async function runs at once up to its first await
async function f() {
  log('in');
  await null;
  log('later');
}
f().then(() => log('done'));
log('out');

//// returning a promise from an async function costs turns
clock();
(async () => 1)().then(() => log('value'));
(async () => Promise.resolve(1))().then(() => log('promise'));
(async () => await Promise.resolve(1))().then(() => log('awaited promise'));
(async () => ({ then(f) { f(); } }))().then(() => log('thenable'));

//// resolving a promise with a promise costs turns
clock();
new Promise((r) => r(1)).then(() => log('value'));
new Promise((r) => r(Promise.resolve())).then(() => log('promise'));
new Promise((r) => r({ then(f) { f(); } })).then(() => log('thenable'));
Promise.resolve(Promise.resolve()).then(() => log('Promise.resolve of a promise'));

//// returning a promise from then
clock();
Promise.resolve().then(() => 1).then(() => log('value'));
Promise.resolve().then(() => Promise.resolve(1)).then(() => log('promise'));
Promise.resolve().then(() => ({ then(f) { f(); } })).then(() => log('thenable'));

//// two async functions take turns
const f = async (name) => {
  for (let i = 0; i < 4; i++) {
    log(name, i);
    await i;
  }
  return name;
};
f('a').then(log);
f('b').then(log);

//// await in both branches of try and finally
const f = async (bad) => {
  try {
    await null;
    if (bad) throw new Error('bad');
    log('good');
    return 'returned';
  } catch (error) {
    await null;
    log('caught', error.message);
    return 'recovered';
  } finally {
    log('finally');
    await null;
    log('after finally');
  }
};
f(true).then(log);
f(false).then(log);
clock(6);

//// return in finally wins
const f = async () => {
  try {
    throw new Error('lost');
  } finally {
    await null;
    return 'won';
  }
};
f().then(log);

//// a thenable that throws, and one that resolves first and throws after
const bad = { then() { throw new Error('thrown'); } };
const late = { then(f) { f('resolved'); throw new Error('ignored'); } };
Promise.resolve(bad).then(log, (e) => log('rejected', e.message));
Promise.resolve(late).then(log, (e) => log('rejected', e.message));
(async () => {
  try {
    await bad;
  } catch (e) {
    log('await', e.message);
  }
  log('await', await late);
})();

//// a getter of then that throws rejects
const odd = { get then() { log('looked'); throw new Error('no then'); } };
Promise.resolve().then(() => odd).catch((e) => log('a', e.message));
(async () => odd)().catch((e) => log('b', e.message));
new Promise((r) => r(odd)).catch((e) => log('c', e.message));
log('main');

//// a thenable that resolves with a thenable
const inner = { then(f) { log('inner'); f('value'); } };
const outer = { then(f) { log('outer'); f(inner); } };
clock();
Promise.resolve(outer).then(log);
(async () => log('await', await outer))();

//// Promise.all keeps the order of its input
const after = (n, value) => {
  let p = Promise.resolve(value);
  for (let i = 0; i < n; i++) p = p.then((v) => v);
  return p.then((v) => { log('settled', v); return v; });
};
clock(7);
Promise.all([after(3, 'a'), after(1, 'b'), 'plain', after(2, 'c')]).then((v) => log(v.join()));

//// Promise.all rejects at the first rejection
const fail = (n) => {
  let p = Promise.resolve();
  for (let i = 0; i < n; i++) p = p.then(() => {});
  return p.then(() => { throw new Error(`after ${n}`); });
};
clock();
Promise.all([fail(3), fail(1), fail(2)]).catch((e) => log('all', e.message));

//// Promise.race, any, allSettled
const never = new Promise(() => {});
const no = (m) => Promise.reject(new Error(m));
clock();
Promise.race([never, no('x'), 1]).then(log, (e) => log('race', e.message));
Promise.any([no('a'), 2, 3]).then((v) => log('any', v));
Promise.any([no('a'), no('b')]).catch((e) => log('none', e.name, e.errors.map((x) => x.message).join()));
Promise.allSettled([no('c'), 4]).then((r) => log('settled', r.map((x) => x.status).join()));

//// empty combinators
clock(4);
Promise.all([]).then((v) => log('all', v.length));
Promise.allSettled([]).then((v) => log('allSettled', v.length));
Promise.any([]).catch((e) => log('any', e.constructor.name, e.message));
let raced = false;
Promise.race([]).then(() => { raced = true; });
setImmediate(() => log('race settled', raced));

//// Promise.withResolvers and Promise.try
const { promise, resolve } = Promise.withResolvers();
promise.then((v) => log('resolved', v));
Promise.try(() => { log('at once'); return 1; }).then((v) => log('try', v));
Promise.try(() => { throw new Error('bad'); }).catch((e) => log('caught', e.message));
resolve(5);
log('main');

//// a subclass of Promise and its then
class Loud extends Promise {
  then(a, b) {
    log('then');
    return super.then(a, b);
  }
}
const p = Loud.resolve(1);
log(p instanceof Loud, p.finally(() => {}) instanceof Loud);
(async () => {
  log('awaited', await p);
})();
clock(5);

//// await does not look at then of a native promise unless it is changed
const p = Promise.resolve(1);
let looked = 0;
Object.defineProperty(p, 'then', { get() { looked++; return Promise.prototype.then; } });
(async () => {
  await p;
  log('looked', looked);
})();

//// a species that is not a promise
class Odd extends Promise {
  static get [Symbol.species]() { return Promise; }
}
const q = Odd.resolve(1).then((v) => v + 1);
log(q instanceof Odd, q instanceof Promise);
q.then(log);

//// Promise.all with a subclass that counts
let made = 0;
class Counted extends Promise {
  constructor(executor) {
    super(executor);
    made++;
  }
}
Counted.all([1, Counted.resolve(2)]).then((v) => log(v.join(), made));
log(made);

//// rejections go through then without a handler
clock(5);
Promise.reject(new Error('far'))
  .then(() => log('not this'))
  .then(() => log('nor this'))
  .catch((e) => log('here', e.message))
  .then(() => log('goes on'));

//// nested async functions, each awaited
const a = async () => { log('a1'); await b(); log('a2'); };
const b = async () => { log('b1'); await c(); log('b2'); };
const c = async () => { log('c1'); await null; log('c2'); };
clock(6);
a().then(() => log('done'));

//// async arrow in array methods
(async () => {
  const found = await Promise.all([3, 1, 2].map(async (n) => {
    for (let i = 0; i < n; i++) await null;
    log('at', n);
    return n * 10;
  }));
  log(found.join());
})();

//// await in arguments, templates and destructuring
const v = async (x) => { log('get', x); return x; };
(async () => {
  log(await v(1), await v(2), `${await v(3)}${await v(4)}`);
  const { a = await v('default'), b } = { b: await v('b') };
  log(a, b);
  const [x = await v('x'), y] = [await v('first'), await v('second')];
  log(x, y);
})();

//// await using disposes in reverse order
(async () => {
  {
    await using a = { async [Symbol.asyncDispose]() { log('dispose a'); await null; log('a gone'); } };
    await using b = { async [Symbol.asyncDispose]() { log('dispose b'); } };
    using c = { [Symbol.dispose]() { log('dispose c'); } };
    log('body');
    queueMicrotask(() => log('micro'));
  }
  log('after');
})();

//// the error of a disposal suppresses that of the body
(async () => {
  try {
    await using a = { async [Symbol.asyncDispose]() { throw new Error('disposal'); } };
    throw new Error('body');
  } catch (e) {
    log(e.constructor.name, e.error.message, e.suppressed.message);
  }
})();

//// Array.fromAsync
async function* g() { yield 1; yield 2; }
clock(10);
Array.fromAsync(g()).then((v) => log('generator', v.join()));
Array.fromAsync([Promise.resolve('a'), 'b']).then((v) => log('array', v.join()));

//// util.aborted of a signal that has aborted
const { aborted } = require('util');
aborted(AbortSignal.abort(), {}).then(() => log('aborted'));
let steps = Promise.resolve();
for (let i = 0; i < 5; i++) steps = steps.then(() => log('step', i));

//// the first branch of a tee has the next chunk read before the second gets this one
let i = 0;
const source = {
  [Symbol.asyncIterator]: () => source,
  next() {
    const n = i;
    log('next', n);
    let chain = Promise.resolve();
    for (let k = 0; k < 5; k++) chain = chain.then(() => log('step', n, k));
    const then = (resolve) => {
      log('then');
      resolve(i++);
    };
    return i === 3 ? { done: true } : { value: { then }, done: false };
  },
};
for (const [n, branch] of ReadableStream.from(source).tee().entries()) {
  (async () => {
    for await (const value of branch) log('branch', n, value);
  })().then(() => log('done', n));
}
