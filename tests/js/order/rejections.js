// Rejections that nobody handles, or not in time.
'use strict';
const log = console.log;

//// an unhandled rejection ends the program
process.on('exit', (code) => log('exit', code));
setTimeout(log, 50, 'never');
Promise.reject(new Error('bad'));
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));

//// a listener is told after the drain
process.on('unhandledRejection', (reason, promise) => log('unhandled', reason.message, promise instanceof Promise));
setImmediate(log, 'immediate');
Promise.reject(new Error('bad'));
process.nextTick(log, 'tick');
Promise.resolve().then(() => log('a')).then(() => log('b'));

//// handled in a microtask is in time
process.on('unhandledRejection', () => log('never'));
const p = Promise.reject(new Error('bad'));
queueMicrotask(() => p.catch((e) => log('caught', e.message)));

//// handled in a tick is in time
process.on('unhandledRejection', () => log('never'));
const p = Promise.reject(new Error('bad'));
process.nextTick(() => p.catch((e) => log('caught', e.message)));

//// handled in a tick of a microtask is in time
process.on('unhandledRejection', () => log('never'));
const p = Promise.reject(new Error('bad'));
queueMicrotask(() => process.nextTick(() => queueMicrotask(() => p.catch((e) => log('caught', e.message)))));

//// handled in an immediate is late
process.on('unhandledRejection', (reason) => log('unhandled', reason.message));
process.on('rejectionHandled', (promise) => log('handled', promise === p));
const p = Promise.reject(new Error('bad'));
setImmediate(() => {
  p.catch((e) => log('caught', e.message));
  log('immediate');
});

//// handled inside the listener
process.on('unhandledRejection', (reason, promise) => {
  log('unhandled', reason.message);
  promise.catch(() => log('caught'));
});
process.on('rejectionHandled', () => log('rejectionHandled'));
Promise.reject(new Error('bad'));
setImmediate(log, 'immediate');

//// several rejections are told in their order
process.on('unhandledRejection', (reason) => {
  log('unhandled', reason);
  process.nextTick(log, 'tick after', reason);
  queueMicrotask(() => log('micro after', reason));
});
for (const n of [1, 2, 3]) Promise.reject(n);

//// each then of a rejected promise is a promise of its own
process.on('unhandledRejection', (reason) => log('unhandled', reason));
const p = Promise.reject('x');
p.then(() => {});
p.then(() => {});
p.catch(() => log('caught'));

//// a rejection in a listener for rejections
process.on('unhandledRejection', (reason) => {
  log('unhandled', reason);
  if (reason < 3) Promise.reject(reason + 1);
});
Promise.reject(1);
setImmediate(log, 'immediate');

//// an error in a listener for rejections
process.on('unhandledRejection', (reason) => {
  log('unhandled', reason);
  throw new Error('in the listener');
});
process.on('uncaughtException', (e, origin) => log('caught', e.message, origin));
Promise.reject(1);
Promise.reject(2);
setImmediate(log, 'immediate');

//// without a listener the rejection is an uncaught error
process.on('uncaughtException', (e, origin) => log('caught', e.message, origin));
Promise.reject(new Error('bad'));
setImmediate(log, 'goes on');

//// a reason that is no error is wrapped
process.on('uncaughtException', (e, origin) => log(e.code, e.name, origin, e.message.split('\n').pop()));
Promise.reject('text');
Promise.reject(undefined);
Promise.reject({ a: 1 });
setImmediate(log, 'end');

//// the warnings of late handling
process.on('warning', (w) => log('warning', w.name, w.message.split('.')[0]));
process.on('unhandledRejection', () => log('unhandled'));
const p = Promise.reject(new Error('bad'));
setTimeout(() => p.catch(() => log('late')), 2);
setTimeout(log, 10, 'end');

//// an async function that throws
process.on('unhandledRejection', (reason) => log('unhandled', reason.message));
(async () => {
  await null;
  throw new Error('async');
})();
process.nextTick(log, 'tick');
setImmediate(log, 'immediate');

//// a rejection in a timer with another timer after it
process.on('unhandledRejection', (reason) => log('unhandled', reason));
setTimeout(() => {
  log('a');
  Promise.reject('a');
}, 1);
setTimeout(log, 1, 'b');

//// a rejection in an immediate with another after it
process.on('unhandledRejection', (reason) => log('unhandled', reason));
setImmediate(() => {
  log('a');
  Promise.reject('a');
  process.nextTick(log, 'tick');
});
setImmediate(log, 'b');

//// multiple resolutions tell nobody
process.on('multipleResolves', () => log('told'));
new Promise((resolve, reject) => {
  resolve(1);
  reject(new Error('ignored'));
}).then(log);

//// a rejection without a listener in beforeExit
process.on('exit', (code) => log('exit', code));
process.once('beforeExit', () => {
  log('beforeExit');
  Promise.reject(new Error('bad'));
});

//// exit in a listener for rejections
process.on('unhandledRejection', (reason) => {
  log('unhandled', reason);
  process.exit(3);
});
process.on('exit', (code) => log('exit', code));
Promise.reject('x');
setImmediate(log, 'never');

//// the capture of rejections of Promise.all
process.on('unhandledRejection', (reason) => log('unhandled', reason));
Promise.all([Promise.reject('a'), Promise.reject('b')]).catch((r) => log('caught', r));

//// a race lost by a rejection
process.on('unhandledRejection', (reason) => log('unhandled', reason));
const late = new Promise((_, reject) => setTimeout(reject, 2, 'late'));
Promise.race([Promise.resolve('first'), late]).then(log);
setTimeout(log, 5, 'end');

//// a promise rejected and handled in the same timer
process.on('unhandledRejection', () => log('never'));
setTimeout(() => {
  const p = Promise.reject(new Error('x'));
  process.nextTick(() => p.catch(() => log('caught')));
}, 1);

//// rejectionHandled comes by itself, after the drain
process.on('unhandledRejection', () => log('unhandled'));
process.on('rejectionHandled', () => log('rejectionHandled'));
const p = Promise.reject(1);
setTimeout(() => {
  p.catch(() => log('catch'));
  process.nextTick(log, 'tick');
  log('timer');
}, 1);

//// unhandled while the main program throws
process.on('uncaughtException', (e, origin) => log(origin, e.message));
Promise.reject(new Error('rejected'));
throw new Error('thrown');

//// the finally of a rejected promise is unhandled again
process.on('unhandledRejection', (reason) => log('unhandled', reason));
const p = Promise.reject('x');
p.finally(() => log('finally'));
p.catch(() => log('caught'));

//// for await that is left with a rejected promise
process.on('unhandledRejection', (reason) => log('unhandled', reason));
(async () => {
  try {
    for await (const x of [Promise.reject('a'), Promise.reject('b')]) log(x);
  } catch (e) {
    log('caught', e);
  }
})();

//// a listener handles rejections that are still to be told
const promises = [1, 2, 3].map((n) => Promise.reject(n));
process.on('unhandledRejection', (reason) => {
  log('unhandled', reason);
  if (reason === 2) for (const each of promises) each.catch((x) => log('caught', x));
});
process.on('rejectionHandled', () => log('handled late'));
process.on('exit', () => log('exit'));

//// a rejection in a domain is the domain's error
const domain = require('domain').create();
process.on('unhandledRejection', (reason) => log('unhandled', reason.message));
domain.on('error', (error) => log('domain', error.message));
domain.run(() => {
  Promise.reject(new Error('inside'));
  setTimeout(() => Promise.reject(new Error('inside later')), 1);
});
Promise.reject(new Error('outside'));
