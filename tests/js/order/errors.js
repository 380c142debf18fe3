// Errors that nobody catches, and those who are told.
'use strict';
const log = console.log;

//// an error in the program ends it
process.on('exit', (code) => log('exit', code, process.exitCode));
setImmediate(log, 'never');
process.nextTick(log, 'never');
throw new Error('bad');

//// a handler keeps the program alive
process.on('uncaughtException', (error, origin) => {
  log('caught', error.message, origin);
});
setImmediate(log, 'immediate');
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
throw new Error('bad');

//// a monitor looks on only
process.on('uncaughtExceptionMonitor', (error, origin) => log('monitor', error.message, origin));
process.on('exit', (code) => log('exit', code));
throw new Error('bad');

//// a monitor comes before the handlers
process.on('uncaughtException', (e) => log('first', e.message));
process.on('uncaughtException', (e) => log('second', e.message));
process.on('uncaughtExceptionMonitor', (e) => log('monitor', e.message));
setTimeout(() => { throw new Error('bad'); }, 1);

//// an error in the handler ends the program with 7
process.on('uncaughtException', (e) => {
  log('caught', e.message);
  throw new Error('in the handler');
});
process.on('exit', (code) => log('exit', code));
setTimeout(log, 50, 'never');
throw new Error('bad');

//// once, then the default
process.once('uncaughtException', (e) => log('caught', e.message));
process.on('exit', (code) => log('exit', code));
setTimeout(() => { throw new Error('first'); }, 1);
setTimeout(() => { throw new Error('second'); }, 5);
setTimeout(log, 10, 'never');

//// anything may be thrown
process.on('uncaughtException', (e) => log(typeof e, String(e)));
setImmediate(() => { throw 'text'; });
setImmediate(() => { throw undefined; });
setImmediate(() => { throw null; });
setImmediate(() => { throw 5; });
setImmediate(() => { throw { toString: () => 'object' }; });

//// an error in an exit handler
process.on('exit', (code) => {
  log('first', code);
  throw new Error('bad');
});
process.on('exit', (code) => log('second', code));

//// a capture callback takes all
process.setUncaughtExceptionCaptureCallback((e) => log('captured', e.message));
process.on('uncaughtException', () => log('never'));
log(process.hasUncaughtExceptionCaptureCallback());
setImmediate(() => { throw new Error('bad'); });
setImmediate(log, 'goes on');

//// an emitter without a listener for its error
const { EventEmitter } = require('events');
process.on('uncaughtException', (e) => log('caught', e.message, e.code));
setImmediate(() => new EventEmitter().emit('error', new Error('mine')));
setImmediate(() => new EventEmitter().emit('error', 'text'));
setImmediate(log, 'end');

//// an error in a listener stops the others
const { EventEmitter } = require('events');
process.on('uncaughtException', (e) => log('caught', e.message));
const e = new EventEmitter();
e.on('x', () => log('first'));
e.on('x', () => { throw new Error('second'); });
e.on('x', () => log('never'));
setImmediate(() => e.emit('x'));
setImmediate(() => log('next'));

//// an error between ticks and timers
process.on('uncaughtException', (e) => log('caught', e.message));
process.nextTick(() => {
  queueMicrotask(() => log('micro'));
  setImmediate(log, 'immediate');
  throw new Error('tick');
});
process.nextTick(log, 'second tick');
setTimeout(() => {
  process.nextTick(() => { throw new Error('tick of a timer'); });
  process.nextTick(log, 'tick 2 of the timer');
}, 1);
setTimeout(log, 1, 'second timer');

//// an error in a Promise executor is a rejection
process.on('uncaughtException', () => log('never'));
new Promise(() => { throw new Error('executor'); }).catch((e) => log('caught', e.message));

//// a handler that sets work
process.on('uncaughtException', (e) => {
  log('caught', e.message);
  setImmediate(log, 'immediate of the handler');
  process.nextTick(log, 'tick of the handler');
  Promise.resolve().then(() => log('micro of the handler'));
});
process.nextTick(log, 'tick of the program');
throw new Error('main');

//// a syntax error in a required file
const fs = require('fs');
fs.writeFileSync('broken.js', 'const = 5;');
try {
  require('./broken.js');
} catch (e) {
  log(e.name, e.message);
}

//// a module that throws is loaded again
const fs = require('fs');
fs.writeFileSync('bad.js', 'console.log("loading"); throw new Error("bad");');
for (let i = 0; i < 2; i++) {
  try {
    require('./bad.js');
  } catch (e) {
    log(e.message);
  }
}

//// removing the handler
const f = (e) => {
  log('caught', e.message);
  process.off('uncaughtException', f);
};
process.on('uncaughtException', f);
process.on('exit', (code) => log('exit', code));
setImmediate(() => { throw new Error('1'); });
setImmediate(() => { throw new Error('2'); });
setImmediate(log, 'never');

//// an error in beforeExit is caught like any other
process.on('uncaughtException', (e) => log('caught', e.message));
process.once('beforeExit', () => { throw new Error('bad'); });
process.on('exit', (code) => log('exit', code));

//// a stack overflow is caught
const deep = () => deep() + 1;
try {
  deep();
} catch (e) {
  log(e.name, e.message);
}
setImmediate(log, 'goes on');

//// errors with a cause and aggregates
try {
  throw new Error('outer', { cause: new TypeError('inner') });
} catch (e) {
  log(e.message, e.cause.name, e.cause.message);
}
log(new AggregateError([1, 2], 'many').errors.join());

//// queueMicrotask errors one after another
process.on('uncaughtException', (e) => log('caught', e.message));
for (let i = 0; i < 3; i++) {
  queueMicrotask(() => {
    queueMicrotask(() => log('nested', i));
    throw new Error(i);
  });
}
process.nextTick(log, 'tick');

//// an immediate that throws is followed at once by those of the next turn
process.on('uncaughtException', (error) => log('caught', error.message));
setImmediate(() => {
  setImmediate(() => log('next'));
  process.nextTick(() => log('tick'));
  queueMicrotask(() => log('micro'));
  throw new Error('bad');
});

//// an interval that throws while another timer is due
const busy = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
process.on('uncaughtException', (error) => log('caught', error.message));
let left = 3;
const every = setInterval(() => {
  busy(2.2);
  if (!left--) {
    clearInterval(every);
    return;
  }
  setTimeout(() => log('other'), 6);
  busy(7.2);
  throw new Error('bad');
}, 1);
busy(2.2);

//// the last microtasks come after 'exit', unless a listener throws
process.on('uncaughtException', (error) => log('caught', error.message));
process.on('exit', () => {
  log('exit');
  process.nextTick(() => log('never'));
  queueMicrotask(() => log('never either'));
  throw new Error('bad');
});

//// an error in a port's listener, or in a tick after it, keeps no other port from its turn
process.on('uncaughtException', (e) => log('uncaught', e.message));
for (const n of [1, 2, 3]) {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', () => {
    log('message', n);
    port2.close();
    process.nextTick(() => {
      log('tick', n);
      throw new Error(`tick ${n}`);
    });
    if (n === 2) throw new Error(`listener ${n}`);
  });
  port2.on('close', () => log('close', n));
  port1.postMessage(n);
}

//// a domain that was entered and never left is warned of when the program comes to rest
process.on('warning', (w) => log(w.code, w.message));
const domain = require('domain');
let rests = 0;
process.on('beforeExit', () => {
  log('rest', domain._stack.length);
  if (rests++ === 0) setImmediate(log, 'immediate');
});
Promise.resolve().then(() => domain.create().enter());

//// a domain and a microtask that throws: it has left the domain by then
process.on('uncaughtException', (error, origin) => log('uncaught', error.message, origin));
const d = require('domain').create();
d.on('error', (error) => log('domain', error.message));
d.run(() => queueMicrotask(() => {
  log(process.domain === d);
  throw new Error('x');
}));

//// a domain's handler that throws: the domain around it has that
const domain = require('domain');
const outer = domain.create();
outer.on('error', (error) => log('outer', error.message));
const inner = domain.create();
inner.on('error', (error) => {
  log('inner', error.message, process.domain === outer, domain._stack.length);
  throw new Error('of the handler');
});
const fail = (message) => () => {
  throw new Error(message);
};
setTimeout(() => outer.run(() => inner.run(fail('once'))), 1);
setTimeout(() => outer.run(() => inner.run(() => inner.run(fail('twice')))), 5);
setTimeout(() => outer.run(() => inner.run(() => outer.run(() => inner.run(fail('between'))))), 10);
