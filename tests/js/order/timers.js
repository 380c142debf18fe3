// Timers: lists by duration, refresh, unref, clearing inside callbacks.
'use strict';
const log = console.log;
const busy = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

//// zero is one
setTimeout(log, 1, 'one');
setTimeout(log, 0, 'zero');
setTimeout(log, -5, 'negative');
setTimeout(log, undefined, 'none');
setTimeout(log, 'text', 'text');
setTimeout(log, 1.9, 'fraction');

//// timers of one duration keep their order
for (let i = 0; i < 5; i++) setTimeout(log, 3, i);

//// the shorter is first whatever the order of the calls
setTimeout(log, 30, 30);
setTimeout(log, 10, 10);
setTimeout(log, 20, 20);
busy(40);

//// ticks and microtasks after every timer of a list
for (const name of ['a', 'b', 'c']) {
  setTimeout(() => {
    log(name);
    queueMicrotask(() => log('micro', name));
    process.nextTick(log, 'tick', name);
  }, 2);
}

//// ticks and microtasks between lists that are due together
for (const ms of [30, 10, 20]) {
  setTimeout(() => {
    log(ms);
    queueMicrotask(() => log('micro', ms));
    process.nextTick(log, 'tick', ms);
  }, ms);
}
busy(40);

//// a timer set by a timer waits for the next turn
setTimeout(() => {
  log('first');
  setTimeout(log, 0, 'nested');
  setImmediate(log, 'immediate');
}, 1);
setTimeout(log, 1, 'second');
busy(5);

//// a timer set by a busy timer is not run in the same round
setTimeout(() => {
  log('a');
  setTimeout(log, 1, 'nested');
  busy(10);
}, 1);
setTimeout(log, 20, 'b');
busy(30);

//// clear one of the same list inside the list
const timers = [];
for (let i = 0; i < 4; i++) {
  timers.push(setTimeout(() => {
    log(i);
    clearTimeout(timers[i + 1]);
  }, 2));
}

//// clear all the others from the first
const timers = ['a', 'b', 'c'].map((name) => setTimeout(() => {
  log(name);
  timers.forEach(clearTimeout);
}, 2));
setTimeout(log, 4, 'still here');

//// clear a timer of another list that is due
setTimeout(() => {
  log('a');
  clearTimeout(later);
}, 2);
const later = setTimeout(log, 20, 'never');
busy(30);

//// an interval cleared inside its own callback
let n = 0;
const interval = setInterval(() => {
  log(++n);
  if (n === 3) clearInterval(interval);
}, 1);

//// an interval that throws goes on
process.on('uncaughtException', (e) => log('caught', e.message));
let n = 0;
const interval = setInterval(() => {
  if (++n === 3) clearInterval(interval);
  throw new Error(n);
}, 1);

//// an interval keeps its this and arguments
const interval = setInterval(function (a, b) {
  log(this === interval, a, b);
  clearInterval(this);
}, 1, 'a', 'b');

//// clearTimeout takes what clearInterval takes, and the other way round
const a = setTimeout(log, 1, 'never');
const b = setInterval(log, 1, 'never');
clearInterval(a);
clearTimeout(b);
clearTimeout(undefined);
clearTimeout(null);
clearTimeout({});
clearTimeout('x');
clearImmediate(undefined);
setTimeout(log, 5, 'end');

//// a timer's number clears it
const a = setTimeout(log, 1, 'never');
const b = setTimeout(log, 1, 'never');
clearTimeout(+a);
clearTimeout(String(+b));
setTimeout(log, 3, 'end');

//// refresh puts a timer behind those of its list
const a = setTimeout(log, 5, 'a');
setTimeout(log, 5, 'b');
a.refresh();

//// refresh inside the callback repeats
let n = 0;
const timer = setTimeout(() => {
  log(++n);
  if (n < 3) timer.refresh();
}, 1);

//// refresh of a timer that has fired starts it again
const a = setTimeout(log, 1, 'a');
setTimeout(() => {
  log('again');
  a.refresh();
}, 5);

//// refresh of a cleared timer does nothing
const a = setTimeout(log, 1, 'never');
clearTimeout(a);
log(a.refresh() === a);
setTimeout(log, 5, 'end');

//// an unreferenced timer does not keep the program alive
setTimeout(log, 500, 'never').unref();
setTimeout(log, 1, 'this');

//// an unreferenced timer runs while something else lives
setTimeout(log, 1, 'unreferenced').unref();
setTimeout(log, 10, 'referenced');

//// ref and unref count for nothing twice
const timer = setTimeout(log, 2, 'kept');
timer.unref();
timer.unref();
log(timer.hasRef());
timer.ref();
timer.ref();
log(timer.hasRef());

//// unref in a timer's own callback ends an interval
const interval = setInterval(() => {
  log('once');
  interval.unref();
}, 60);

//// an unreferenced timer of the same list as a referenced one
setTimeout(log, 2, 'a').unref();
setTimeout(log, 2, 'b');
setTimeout(log, 2, 'c').unref();
busy(5);

//// an error in a timer leaves the others of its list
process.on('uncaughtException', (e) => log('caught', e.message));
setTimeout(() => { throw new Error('bad'); }, 2);
setTimeout(() => {
  log('same list');
  process.nextTick(log, 'tick');
}, 2);
setTimeout(log, 20, 'other list');
busy(30);

//// an error in a timer without a handler ends the program
setTimeout(() => { throw new Error('bad'); }, 1);
setTimeout(log, 1, 'never');
process.on('exit', (code) => log('exit', code));

//// ticks of a timer that throws
process.on('uncaughtException', (e) => {
  log('caught', e.message);
  process.nextTick(log, 'tick of the handler');
});
setTimeout(() => {
  process.nextTick(log, 'tick of the timer');
  queueMicrotask(() => log('micro of the timer'));
  throw new Error('bad');
}, 1);
setTimeout(log, 1, 'next timer');
busy(5);

//// close is clear
const timer = setTimeout(log, 1, 'never');
log(timer.close() === timer);
setTimeout(log, 3, 'end');

//// dispose clears
{
  using timer = setTimeout(log, 1, 'never');
  using immediate = setImmediate(log, 'never');
}
setTimeout(log, 3, 'end');

//// too long is one
process.on('warning', (w) => log(w.name));
setTimeout(log, 2 ** 31, 'overflow');
setTimeout(log, Infinity, 'infinite');
setTimeout(log, NaN, 'not a number');

//// timers with different durations set at different times
setTimeout(log, 40, 'forty');
busy(20);
setTimeout(log, 39, 'thirty-nine, but later');
busy(50);

//// a list that is emptied and filled again
const f = (n) => {
  log(n);
  if (n) setTimeout(f, 2, n - 1);
};
setTimeout(f, 2, 3);

//// a thousand timers of twenty durations
const fired = [];
for (let i = 0; i < 1000; i++) setTimeout(() => fired.push(i), 1 + (i * 7) % 20);
busy(40);
setTimeout(() => {
  const by = new Map();
  fired.forEach((i) => by.set((i * 7) % 20, [...(by.get((i * 7) % 20) ?? []), i]));
  log(fired.length, by.size, [...by.values()].every((l) => l.every((x, i) => !i || l[i - 1] < x)));
}, 60);

//// promises of timers
const { setTimeout: sleep, setImmediate: turn } = require('timers/promises');
sleep(20, 'b').then(log);
sleep(1, 'a').then(log);
turn('immediate').then((v) => {
  log(v);
  process.nextTick(log, 'tick');
  Promise.resolve().then(() => log('micro'));
});
busy(30);

//// an aborted promise of a timer
const { setTimeout: sleep, setInterval: every } = require('timers/promises');
const controller = new AbortController();
sleep(10_000, null, { signal: controller.signal }).catch((e) => log(e.name, e.code, e.message));
(async () => {
  let n = 0;
  try {
    for await (const v of every(1, 'v', { signal: controller.signal })) {
      log(v, ++n);
      if (n === 3) controller.abort();
    }
  } catch (e) {
    log(e.name);
  }
})();

//// an interval of promises
const { setInterval: every } = require('timers/promises');
(async () => {
  let n = 0;
  for await (const v of every(1, 'v')) {
    log(v);
    if (++n === 3) break;
  }
  log('done');
})();

//// promisified by util
const { promisify } = require('util');
promisify(setTimeout)(1, 'timer').then(log);
promisify(setImmediate)('immediate').then(() => log('from immediate'));
busy(5);

//// scheduler
const { scheduler } = require('timers/promises');
(async () => {
  setImmediate(log, 'immediate');
  log('before');
  await scheduler.yield();
  log('yielded');
  await scheduler.wait(2);
  log('waited');
})();

//// a sleeping timer's microtasks before the next list
setTimeout(async () => {
  log('a1');
  await null;
  log('a2');
  await null;
  log('a3');
}, 2);
setTimeout(async () => {
  log('b1');
  await null;
  log('b2');
}, 20);
busy(30);

//// timers and immediates in a fixed rhythm
let n = 0;
const step = () => {
  if (++n > 3) return;
  setTimeout(() => {
    log('timer', n);
    setImmediate(() => {
      log('immediate', n);
      setTimeout(step, 1);
    });
  }, 1);
};
step();

//// the object of a timer
const t = setTimeout(() => {}, 5);
log(typeof t, t.constructor.name, t.hasRef(), typeof t[Symbol.toPrimitive]());
const i = setImmediate(() => {});
log(typeof i, i.constructor.name, i.hasRef());
log(t.unref() === t, t.ref() === t, i.unref() === i, i.ref() === i);

//// an interval that is due again waits for the next turn
let left = 3;
const interval = setInterval(() => {
  busy(5);
  log('interval', left);
  setImmediate(log, 'immediate', left);
  if (!--left) clearInterval(interval);
}, 1);
busy(5);

//// a timer that is due at once waits for the next turn when a timer set it
setTimeout(() => {
  setTimeout(log, 1, 'nested');
  setTimeout(log, 3, 'nested, other list');
  setImmediate(log, 'immediate');
  busy(10);
}, 1);
busy(5);

//// a timer refreshed by its callback waits for the next turn
let left = 2;
const timer = setTimeout(() => {
  log('timer', left);
  setImmediate(log, 'immediate', left);
  if (left--) timer.refresh();
  busy(5);
}, 1);
busy(5);

//// a timer set by the last referenced one, and not referenced itself
setTimeout(() => {
  log('last');
  setImmediate(() => log('immediate')).unref();
  setTimeout(() => log('set by it'), 1).unref();
  busy(3);
}, 1);
busy(9);
process.on('exit', () => log('exit'));

//// the same, set by a microtask after it
setTimeout(() => {
  log('last');
  Promise.resolve().then(() => {
    setTimeout(() => log('set by it'), 1).unref();
    busy(3);
  });
}, 1);
busy(9);
process.on('exit', () => log('exit'));

//// an interval of timers/promises that is aborted while it waits
const controller = new AbortController();
const { setInterval: every } = require('timers/promises');
(async () => {
  for await (const value of every(1000, 'value', { signal: controller.signal })) log(value);
})().catch((error) => log(error.name));
setImmediate(async () => {
  controller.abort();
  for (let n = 0; n < 6; n++) {
    await null;
    log(n);
  }
});

//// an error in a timer that has cleared itself: what is due next comes before its ticks
process.on('uncaughtException', (e) => log('uncaught', e.message));
const timer = setTimeout(() => {
  clearTimeout(timer);
  process.nextTick(log, 'tick');
  throw new Error('bad');
}, 1);
setTimeout(log, 2, 'next list');
busy(4);

//// an error in an interval while another timer is due
process.on('uncaughtException', (e) => log('uncaught', e.message));
let left = 2;
const interval = setInterval(() => {
  log('interval');
  process.nextTick(log, 'tick');
  if (--left === 0) clearInterval(interval);
  busy(3);
  throw new Error('bad');
}, 1);
setTimeout(log, 2, 'timer');
busy(4);
