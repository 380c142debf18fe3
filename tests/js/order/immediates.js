// Immediates: the check phase.
'use strict';
const log = console.log;

//// immediates run in order, after ticks and microtasks
setImmediate(log, 'i1');
setImmediate(log, 'i2');
queueMicrotask(() => log('micro'));
process.nextTick(log, 'tick');

//// the queues drain between two immediates
setImmediate(() => {
  log('i1');
  queueMicrotask(() => log('m1'));
  process.nextTick(log, 't1');
});
setImmediate(() => {
  log('i2');
  process.nextTick(log, 't2');
  queueMicrotask(() => log('m2'));
});

//// an immediate set by an immediate waits for the next turn
setImmediate(() => {
  log('a');
  setImmediate(() => {
    log('c');
    setImmediate(log, 'e');
  });
});
setImmediate(() => {
  log('b');
  setImmediate(log, 'd');
});

//// an immediate set by the tick of an immediate waits too
setImmediate(() => process.nextTick(() => {
  log('tick');
  setImmediate(log, 'next turn');
}));
setImmediate(() => Promise.resolve().then(() => {
  log('then');
  setImmediate(log, 'next turn too');
}));
setImmediate(log, 'this turn');

//// an immediate clears the next one
const a = setImmediate(() => {
  log('a');
  clearImmediate(b);
});
const b = setImmediate(log, 'never');
setImmediate(log, 'c');

//// an immediate clears the one after the next, and itself
const list = [0, 1, 2, 3].map((n) => setImmediate(() => {
  log(n);
  clearImmediate(list[n]);
  clearImmediate(list[n + 2]);
}));

//// cleared in the tick between
let c;
setImmediate(() => {
  log('a');
  process.nextTick(() => clearImmediate(c));
});
setImmediate(log, 'b');
c = setImmediate(log, 'never');

//// cleared before it can run
clearImmediate(setImmediate(log, 'never'));
const kept = setImmediate(log, 'kept');
clearImmediate(kept);
clearImmediate(kept);
log('main');

//// nested immediates cleared from the turn before
let inner;
setImmediate(() => {
  inner = setImmediate(log, 'never');
  setImmediate(log, 'inner');
});
setImmediate(() => {
  log('clear');
  clearImmediate(inner);
});

//// an unreferenced immediate alone does not run
setImmediate(log, 'never').unref();

//// an unreferenced immediate runs with others
setImmediate(log, 'a').unref();
setImmediate(log, 'b');

//// unref and ref again
const i = setImmediate(log, 'kept');
i.unref();
log(i.hasRef());
i.ref();
log(i.hasRef());

//// an error in an immediate leaves the rest
process.on('uncaughtException', (e) => {
  log('caught', e.message);
  setImmediate(log, 'set by the handler');
});
setImmediate(() => {
  process.nextTick(log, 'tick of the bad one');
  throw new Error('bad');
});
setImmediate(() => {
  log('good');
  process.nextTick(log, 'tick of the good one');
});

//// an error in a tick of an immediate
process.on('uncaughtException', (e) => log('caught', e.message));
setImmediate(() => {
  log('a');
  process.nextTick(() => { throw new Error('tick'); });
  process.nextTick(log, 'second tick');
});
setImmediate(log, 'b');

//// every immediate of a batch throws
process.on('uncaughtException', (e) => log('caught', e.message));
for (let i = 0; i < 4; i++) setImmediate(() => { throw new Error(i); });
setImmediate(log, 'end');

//// a timer that is due runs after the immediates of its turn
setImmediate(() => {
  setTimeout(log, 1, 'timer');
  const end = performance.now() + 5;
  while (performance.now() < end);
  setImmediate(log, 'second immediate');
});
setImmediate(log, 'first immediate');

//// turns counted by immediates
let n = 0;
const turn = () => {
  if (++n < 100) setImmediate(turn);
};
turn();
process.on('exit', () => log(n));

//// arguments
setImmediate((...args) => log(args.length, args.join()), 1, 2, 3, 4, 5, 6);

//// a promise resolved in an immediate
let resolve;
new Promise((r) => { resolve = r; }).then(() => log('then')).then(() => log('then 2'));
setImmediate(() => {
  resolve();
  process.nextTick(log, 'tick');
  log('a');
});
setImmediate(log, 'b');

//// await of turns
const { setImmediate: turn } = require('timers/promises');
const f = async (name) => {
  for (let i = 0; i < 3; i++) {
    log(name, i);
    await turn();
  }
};
f('a');
f('b');

//// an error in the next turn's immediates, run at once after an error: what they queued waits for the poll
process.on('uncaughtException', (error) => log('uncaught', error.message));
setImmediate(() => setImmediate(() => {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (value) => {
    log('message', value);
    port2.close();
  });
  port1.postMessage(1);
  setImmediate(() => log('immediate'));
  throw new Error('second');
}));
setImmediate(() => {
  throw new Error('first');
});

//// destroy hooks are no immediates: after an error the next turn's come at once
process.on('uncaughtException', (error) => log('uncaught', error.message));
require('async_hooks').createHook({ destroy() {} }).enable();
process.nextTick(() => {});
setImmediate(() => {
  setImmediate(log, 'immediate');
  setTimeout(log, 0, 'timer');
  const end = performance.now() + 3;
  while (performance.now() < end);
  throw new Error('x');
});

//// a domain that was entered and never left: the check step enters it too
process.on('warning', (warning) => log(warning.message));
const domain = require('domain');
const d = domain.create();
const where = (name) => log(name, process.domain === d, domain._stack.length);
setImmediate(where, 'immediate');
setImmediate(() => {
  process.nextTick(where, 'tick');
  setImmediate(where, 'immediate of the next turn');
});
process.on('beforeExit', () => where('beforeExit'));
try {
  d.run(() => {
    throw new Error('x');
  });
} catch {
  where('caught');
}

//// an error does not make what was destroyed be told earlier
const { createHook } = require('async_hooks');
const seen = new Map();
const told = [];
const tell = (event) => (id) => {
  if (seen.has(id)) told.push(`${event} ${seen.get(id)}`);
};
createHook({
  init(id, type) {
    if (type === 'Immediate') seen.set(id, seen.size);
  },
  before: tell('before'), after: tell('after'), destroy: tell('destroy'),
}).enable();
process.on('uncaughtException', () => told.push('uncaught'));
process.on('exit', () => log(told.join('\n')));
setImmediate(() => setImmediate(() => {}));
setImmediate(() => { throw new Error('immediate'); });
setImmediate(() => {
  process.nextTick(() => { throw new Error('tick'); });
  setImmediate(() => {});
});
