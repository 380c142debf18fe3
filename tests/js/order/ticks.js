// Ticks and microtasks.
'use strict';
const log = console.log;

//// ticks run after the program and before microtasks
queueMicrotask(() => log('microtask'));
process.nextTick(log, 'tick');
log('main');

//// a microtask's tick waits for all microtasks
queueMicrotask(() => {
  log('m1');
  process.nextTick(log, 't1');
  queueMicrotask(() => log('m3'));
});
queueMicrotask(() => log('m2'));

//// a tick's microtask waits for all ticks
process.nextTick(() => {
  log('t1');
  queueMicrotask(() => log('m1'));
  process.nextTick(log, 't3');
});
process.nextTick(log, 't2');

//// ticks and microtasks alternate until both are empty
const tick = (n) => {
  log('tick', n);
  if (n < 4) queueMicrotask(() => micro(n));
};
const micro = (n) => {
  log('micro', n);
  process.nextTick(tick, n + 1);
};
setImmediate(log, 'immediate');
process.nextTick(tick, 1);

//// ticks take arguments and keep their order
for (let i = 0; i < 5; i++) process.nextTick((...args) => log(args.join()), i, i * i, 'x');

//// ticks beyond one chunk of the queue keep their order
let seen = -1;
let wrong = 0;
for (let i = 0; i < 5000; i++) {
  process.nextTick((n) => {
    if (n !== seen + 1) wrong++;
    seen = n;
  }, i);
}
setImmediate(() => log(seen, wrong));

//// ticks set while ticks run come last
process.nextTick(() => {
  log('a');
  process.nextTick(() => {
    log('c');
    process.nextTick(log, 'e');
  });
});
process.nextTick(() => {
  log('b');
  process.nextTick(log, 'd');
});

//// promise reactions and queueMicrotask share one queue
Promise.resolve().then(() => log('p1'));
queueMicrotask(() => log('m1'));
Promise.resolve().then(() => log('p2'));
queueMicrotask(() => log('m2'));

//// a chain of then takes a turn of the queue for each link
Promise.resolve().then(() => log('a1')).then(() => log('a2')).then(() => log('a3'));
Promise.resolve().then(() => log('b1')).then(() => log('b2')).then(() => log('b3'));

//// then on a promise that is settled later keeps the order of the calls
let resolve;
const promise = new Promise((r) => { resolve = r; });
promise.then(() => log('first'));
promise.then(() => log('second'));
process.nextTick(() => {
  resolve();
  log('resolved');
});
promise.finally(() => log('third'));

//// the executor runs at once and its second resolve counts for nothing
new Promise((resolve, reject) => {
  log('executor');
  resolve('one');
  resolve('two');
  reject(new Error('three'));
  log('after');
}).then(log);
log('main');

//// ticks inside a then inside a tick
process.nextTick(() => {
  Promise.resolve().then(() => {
    log('then');
    process.nextTick(() => {
      log('inner tick');
      Promise.resolve().then(() => log('inner then'));
    });
  });
  process.nextTick(() => log('second tick'));
  log('tick');
});

//// queueMicrotask from a timer, a tick and an immediate
setTimeout(() => {
  queueMicrotask(() => log('timer micro'));
  process.nextTick(() => log('timer tick'));
  log('timer');
  setImmediate(() => {
    queueMicrotask(() => log('immediate micro'));
    process.nextTick(() => log('immediate tick'));
    log('immediate');
  });
}, 1);

//// recursive microtasks starve ticks and immediates
let left = 1000;
setImmediate(log, 'immediate');
process.nextTick(log, 'first tick');
const again = () => {
  if (--left) queueMicrotask(again);
  else log('microtasks done');
};
queueMicrotask(() => {
  process.nextTick(log, 'second tick');
  again();
});

//// recursive ticks starve microtasks and immediates
let left = 1000;
setImmediate(log, 'immediate');
queueMicrotask(() => log('microtask'));
const again = () => {
  if (--left) process.nextTick(again);
  else log('ticks done');
};
process.nextTick(again);

//// an error in a tick leaves the others to run
process.on('uncaughtException', (error) => log('caught', error.message));
process.nextTick(() => log('t1'));
process.nextTick(() => { throw new Error('bad'); });
process.nextTick(() => log('t2'));
queueMicrotask(() => log('micro'));
setImmediate(() => log('immediate'));

//// an error in a microtask leaves the others to run
process.on('uncaughtException', (error, origin) => log('caught', error.message, origin));
queueMicrotask(() => log('m1'));
queueMicrotask(() => { throw new Error('bad'); });
queueMicrotask(() => log('m2'));
process.nextTick(log, 'tick');
setImmediate(log, 'immediate');

//// two errors in microtasks with ticks set by both
process.on('uncaughtException', (error) => {
  log('caught', error.message);
  process.nextTick(log, `tick after ${error.message}`);
});
queueMicrotask(() => {
  process.nextTick(log, 'tick of 1');
  throw new Error('1');
});
queueMicrotask(() => {
  process.nextTick(log, 'tick of 2');
  throw new Error('2');
});
queueMicrotask(() => log('last'));

//// wrong callbacks throw at once
for (const wrong of [undefined, 'text', 1, {}]) {
  for (const f of [process.nextTick, queueMicrotask, setTimeout, setImmediate, setInterval]) {
    try {
      f(wrong);
      log(f.name, 'took it');
    } catch (error) {
      log(f.name, error.code, error.message);
    }
  }
}

//// this and arguments of callbacks
function show(...args) {
  log(this === undefined, this?.constructor?.name, args.length);
}
process.nextTick(show, 1, 2);
queueMicrotask(show);
setImmediate(show, 1, 2, 3);
setTimeout(show, 1, 1);

//// a tick in a then of a rejected promise
Promise.reject(new Error('no')).catch((error) => {
  log('caught', error.message);
  process.nextTick(log, 'tick');
  return 'value';
}).then((value) => log(value));
process.nextTick(log, 'first');

//// Promise.prototype.finally passes through what came
Promise.resolve(1).finally(() => 2).then((v) => log('value', v));
Promise.reject(new Error('x')).finally(() => 3).catch((e) => log('error', e.message));
Promise.resolve(4).finally(() => { throw new Error('y'); }).catch((e) => log('error', e.message));
Promise.resolve().then(() => log('1')).then(() => log('2')).then(() => log('3')).then(() => log('4'));
