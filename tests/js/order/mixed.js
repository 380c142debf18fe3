// All of it together.
'use strict';
const log = console.log;
const fs = require('fs');

//// the classic
setTimeout(() => log('timeout'), 0);
process.nextTick(() => log('tick'));
Promise.resolve().then(() => log('promise'));
(async () => {
  log('async');
  await null;
  log('await');
})();
log('main');

//// from a read to an immediate to a timer to a tick
fs.readFile(__filename, () => {
  log('read');
  setImmediate(() => {
    log('immediate');
    setTimeout(() => {
      log('timeout');
      process.nextTick(() => {
        log('tick');
        Promise.resolve().then(() => log('promise'));
      });
    }, 1);
  });
});

//// everything in an I/O callback
fs.stat(__filename, () => {
  setTimeout(log, 0, 'timeout');
  setImmediate(() => {
    log('immediate');
    process.nextTick(log, 'tick of immediate');
  });
  process.nextTick(() => {
    log('tick');
    process.nextTick(log, 'tick 2');
    setImmediate(log, 'immediate of tick');
  });
  Promise.resolve().then(() => {
    log('promise');
    setImmediate(log, 'immediate of promise');
    process.nextTick(log, 'tick of promise');
  });
  log('stat');
});

//// two rings of immediates and microtasks
const ring = (name, n) => {
  if (!n) return;
  log(name, n);
  queueMicrotask(() => log(name, n, 'micro'));
  setImmediate(ring, name, n - 1);
};
ring('a', 3);
ring('b', 3);

//// a queue that works two at a time
const work = (name, turns) => new Promise((resolve) => {
  const next = () => {
    if (!turns--) return resolve(name);
    setImmediate(next);
  };
  log('start', name);
  next();
});
const queue = [['a', 3], ['b', 1], ['c', 2], ['d', 1]];
const worker = async (id) => {
  while (queue.length) log(id, 'did', await work(...queue.shift()));
  log(id, 'idle');
};
worker(1);
worker(2);

//// a mutex
let locked = Promise.resolve();
const exclusive = (f) => {
  const run = locked.then(f);
  locked = run.catch(() => {});
  return run;
};
for (const n of [1, 2, 3]) {
  exclusive(async () => {
    log('in', n);
    await new Promise((r) => setImmediate(r));
    if (n === 2) throw new Error('two');
    log('out', n);
  }).catch((e) => log('caught', e.message));
}

//// retry with a timer between
let n = 0;
const flaky = async () => {
  if (++n < 3) throw new Error(`try ${n}`);
  return 'worked';
};
(async () => {
  for (;;) {
    try {
      log(await flaky());
      break;
    } catch (e) {
      log(e.message);
      await new Promise((r) => setTimeout(r, 1));
    }
  }
})();

//// a timeout race with clean-up
const race = async (ms) => {
  let timer;
  try {
    return await Promise.race([
      new Promise((r) => setImmediate(r, 'work')),
      new Promise((_, j) => { timer = setTimeout(j, ms, new Error('timeout')); }),
    ]);
  } finally {
    clearTimeout(timer);
    log('cleared');
  }
};
race(1000).then(log);

//// an emitter that waits for its listeners
const { EventEmitter, once } = require('events');
const e = new EventEmitter();
(async () => {
  setImmediate(() => e.emit('a', 1));
  const [a] = await once(e, 'a');
  log('a', a);
  process.nextTick(() => e.emit('b', 2));
  const [b] = await once(e, 'b');
  log('b', b);
})();

//// a semaphore of promises and ticks
let free = 2;
const waiting = [];
const acquire = async () => {
  if (free) return void free--;
  await new Promise((r) => waiting.push(r));
};
const release = () => {
  const next = waiting.shift();
  if (next) process.nextTick(next);
  else free++;
};
for (let i = 0; i < 5; i++) {
  (async () => {
    await acquire();
    log('got', i);
    setImmediate(() => {
      log('release', i);
      release();
    });
  })();
}

//// errors in every phase
process.on('uncaughtException', (e) => log('caught', e.message));
process.on('unhandledRejection', (e) => log('unhandled', e.message));
const bad = (m) => { throw new Error(m); };
setTimeout(bad, 1, 'timeout');
setImmediate(() => fs.stat(__filename, () => bad('stat')));
process.nextTick(bad, 'tick');
queueMicrotask(() => bad('micro'));
Promise.resolve().then(() => bad('then'));
(async () => {
  await null;
  bad('async');
})();
const end = performance.now() + 5;
while (performance.now() < end);

//// a generator of ticks, consumed by immediates
async function* ticks() {
  for (let i = 0; i < 3; i++) {
    await new Promise((r) => process.nextTick(r));
    log('tick', i);
    yield i;
  }
}
(async () => {
  for await (const i of ticks()) {
    await new Promise((r) => setImmediate(r));
    log('immediate', i);
  }
})();

//// a message channel
const { port1, port2 } = new MessageChannel();
port2.on('message', (m) => {
  log('message', m.n);
  process.nextTick(log, 'tick', m.n);
  queueMicrotask(() => log('micro', m.n));
  if (m.n === 3) port2.close();
});
port2.on('close', () => log('close'));
for (const n of [1, 2, 3]) port1.postMessage({ n });
log('main');

//// a structured clone is at once
const a = { date: new Date(0), map: new Map([[1, new Set([2])]]), nested: {} };
a.self = a;
const b = structuredClone(a);
log(b.self === b, b.date.getTime(), b.map.get(1).has(2), b !== a);

//// queueMicrotask in exit of a tick of beforeExit
process.once('beforeExit', () => {
  log('beforeExit');
  process.nextTick(() => {
    log('tick');
    queueMicrotask(() => {
      log('micro');
      setTimeout(log, 1, 'timeout');
    });
  });
});
process.on('exit', () => log('exit'));

//// require in callbacks
fs.writeFileSync('m.js', 'console.log("loaded"); process.nextTick(console.log, "tick of m"); exports.x = 1;');
setImmediate(() => {
  log('before');
  log(require('./m.js').x);
  log('after');
});
setImmediate(log, 'next');

//// eval and new Function
process.nextTick(() => eval('Promise.resolve().then(() => log("eval"))'));
new Function('log', 'setImmediate(log, "function")')(log);
log((0, eval)('typeof require'), eval('typeof require'));

//// console methods
console.group('group');
console.log('inside %s %d', 'text', 5);
console.groupEnd();
console.table([{ a: 1, b: 'x' }]);
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
console.count();
console.count('x');
console.count();

//// process.stdout writes in order
process.stdout.write('a\n', () => log('written'));
log('b');
process.stdout.write('c\n');
process.nextTick(log, 'tick');

//// a proxy for a promise
const p = new Proxy(Promise.resolve(1), {});
(async () => {
  try {
    await p;
  } catch (e) {
    log(e.constructor.name);
  }
  log('after');
})();

//// label and loop with awaits
(async () => {
  outer: for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      await null;
      if (j === 1) continue outer;
      if (i === 2) break outer;
      log(i, j);
    }
  }
  switch (await 2) {
    case await 1: log('one');
    case await 2: log('two');
    default: log('default');
  }
})();
