// AsyncLocalStorage and async_hooks: which context a callback runs in.
'use strict';
const log = console.log;
const { AsyncLocalStorage, AsyncResource, executionAsyncId, createHook } = require('async_hooks');
const als = new AsyncLocalStorage();
const at = (name) => log(name, als.getStore());

//// every kind of callback keeps its context
als.run('in', () => {
  process.nextTick(at, 'tick');
  queueMicrotask(() => at('micro'));
  Promise.resolve().then(() => at('then'));
  (async () => {
    await null;
    at('await');
  })();
  setImmediate(() => {
    at('immediate');
    setTimeout(() => {
      at('timeout');
      require('fs').stat('.', () => at('stat'));
    }, 1);
  });
  at('sync');
});
at('out');

//// contexts nest and come back
als.run(1, () => {
  als.run(2, () => {
    at('inner');
    process.nextTick(at, 'tick');
    als.exit(() => {
      at('exit');
      queueMicrotask(() => at('micro'));
    });
  });
  at('outer');
});
at('out');

//// then runs in the context of then, not of the promise
let resolve;
const p = new Promise((r) => { resolve = r; });
als.run('then', () => p.then(() => at('reaction')));
als.run('resolve', () => resolve());

//// enterWith stays until the end of the callback
setImmediate(() => {
  als.enterWith('entered');
  at('a');
  process.nextTick(at, 'tick');
  setImmediate(at, 'later');
});
setImmediate(at, 'b');

//// async functions called in different contexts
const f = async () => {
  at('1');
  await null;
  at('2');
  await new Promise((r) => setImmediate(r));
  at('3');
};
als.run('a', f);
als.run('b', f);

//// generators run in the context of their caller
function* g() {
  while (true) {
    at('generator');
    yield;
  }
}
const it = als.run('made', () => {
  const it = g();
  it.next();
  return it;
});
als.run('called', () => it.next());
it.next();

//// an async generator
async function* g() {
  at('start');
  yield 1;
  at('second');
  yield 2;
}
const it = als.run('made', g);
(async () => {
  await als.run('a', () => it.next());
  await als.run('b', () => it.next());
  at('end');
})();

//// snapshot and bind
const snapshot = als.run('snap', () => AsyncLocalStorage.snapshot());
snapshot(() => at('snapshot'));
const bound = als.run('bound', () => AsyncLocalStorage.bind(() => at('bind')));
als.run('other', bound);
const resource = als.run('resource', () => new AsyncResource('Mine'));
resource.runInAsyncScope(() => at('resource'));

//// listeners run in the context of emit
const { EventEmitter } = require('events');
const e = new EventEmitter();
als.run('on', () => e.on('x', () => at('listener')));
als.run('emit', () => e.emit('x'));
e.emit('x');

//// timers that set timers
als.run('t', () => {
  const interval = setInterval(() => {
    at('interval');
    clearInterval(interval);
    setTimeout(() => {
      at('timeout');
      setImmediate(at, 'immediate');
    }, 1);
  }, 1);
});

//// an error leaves the context
process.on('uncaughtException', () => at('handler'));
als.run('bad', () => {
  setImmediate(() => { throw new Error('x'); });
});
setImmediate(at, 'next');

//// an unhandled rejection has its context
process.on('unhandledRejection', () => at('unhandled'));
als.run('rejecting', () => Promise.reject(new Error('x')));

//// two storages
const other = new AsyncLocalStorage();
als.run(1, () => other.run(2, () => setImmediate(() => log(als.getStore(), other.getStore()))));
setImmediate(() => log(als.getStore(), other.getStore()));

//// a stream's callbacks
const { Readable } = require('stream');
als.run('stream', () => {
  const r = Readable.from(['a']);
  r.on('data', () => at('data'));
  r.on('end', () => at('end'));
});

//// thenables
als.run('thenable', () => {
  (async () => {
    await { then(f) { at('then'); f(); } };
    at('after');
  })();
});

//// Promise.all and finally
als.run('all', () => Promise.all([1, Promise.resolve(2)]).finally(() => at('finally')).then(() => at('then')));
als.run('other', () => Promise.race([1]).then(() => at('race')));

//// run returns and throws through
log(als.run(1, () => 'value'));
try {
  als.run(1, () => { throw new Error('through'); });
} catch (e) {
  log(e.message, als.getStore());
}

//// disable
als.run(1, () => {
  als.disable();
  at('disabled');
  als.run(2, () => at('again'));
});

//// a default and a name
const named = new AsyncLocalStorage({ defaultValue: 'none', name: 'mine' });
log(named.getStore(), named.name);
named.run('x', () => log(named.getStore()));

//// hooks of timers and immediates
const seen = [];
const names = new Map();
createHook({
  init(id, type) {
    if (!['Immediate', 'Timeout'].includes(type)) return;
    names.set(id, type);
    seen.push(`init ${type}`);
  },
  before(id) { if (names.has(id)) seen.push(`before ${names.get(id)}`); },
  after(id) { if (names.has(id)) seen.push(`after ${names.get(id)}`); },
}).enable();
setImmediate(() => setTimeout(() => {}, 1));
process.on('exit', () => log(seen.join('\n')));

//// the id of the program is 1
log(executionAsyncId());
const resource = new AsyncResource('Mine');
log(resource.triggerAsyncId());
resource.runInAsyncScope(() => log(executionAsyncId() === resource.asyncId()));

//// what the main program enters ends with it
process.on('beforeExit', () => at('beforeExit'));
process.on('exit', () => at('exit'));
process.nextTick(() => at('tick'));
setImmediate(() => at('immediate'));
als.enterWith(1);
at('main');

//// what a beforeExit listener enters ends with it
let rests = 0;
process.on('beforeExit', () => {
  at('beforeExit');
  if (rests++ === 0) {
    als.enterWith(1);
    setImmediate(() => at('immediate'));
  }
});
process.on('exit', () => at('exit'));

//// a context does not outlast an error
process.on('uncaughtException', (error) => at(error.message));
process.on('beforeExit', () => at('beforeExit'));
process.on('exit', () => at('exit'));
als.run(1, () => process.nextTick(() => { throw new Error('tick'); }));
als.run(2, () => setImmediate(() => { throw new Error('immediate'); }));

//// a timer that is started again belongs to the context of that
const timer = als.run(1, () => setTimeout(() => at('timer'), 1));
setTimeout(() => als.run(2, () => timer.refresh()), 20);

//// finished() calls back in its caller's context
const { Writable, finished, pipeline, Readable } = require('stream');
const sink = () => new Writable({
  write(chunk, encoding, done) { done(); },
  final(done) { als.run('final', () => setImmediate(done)); },
});
const first = sink();
finished(first, () => at('finished'));
first.end('x');
const second = sink();
als.run(1, () => finished(second, () => at('finished')));
second.end('x');
pipeline(Readable.from(['a']), sink(), () => at('pipeline'));

//// the end of a pipe is in the context of pipeTo
let n = 0;
const source = new ReadableStream({
  pull(c) {
    als.enterWith('pull');
    if (n++) c.close();
    else c.enqueue(1);
  },
});
const sink = new WritableStream({ write(v) { log('write', v, als.getStore()); }, close() { log('close', als.getStore()); } });
als.run('pipe', () => source.pipeTo(sink)).then(() => log('piped'));

//// a microtask is a resource while there are hooks, or was ever a store
const next = () => new AsyncResource('x').asyncId();
const taken = () => {
  const before = next();
  queueMicrotask(() => log('inside', executionAsyncId() > 1));
  return next() - before - 1;
};
log(taken());
setImmediate(() => {
  const hook = createHook({ init() {} }).enable();
  const count = taken();
  hook.disable();
  log(count, taken());
  setImmediate(() => {
    als.run(1, () => {});
    log(taken());
  });
});

//// the next microtask has the frame of one that threw, if it has none of its own
process.on('uncaughtException', (error) => at(error.message));
queueMicrotask(() => {
  als.run(1, () => queueMicrotask(() => { throw new Error('in a frame'); }));
});
Promise.resolve().then(() => {}).then(() => at('next')).then(() => at('after that'));

//// a microtask without a frame that throws leaves the one that it entered
process.on('uncaughtException', (error) => at(error.message));
queueMicrotask(() => {
  als.enterWith(3);
  throw new Error('entered');
});
queueMicrotask(() => at('next'));
queueMicrotask(() => at('after that'));
Promise.resolve().then(() => at('then'));
setImmediate(() => at('immediate'));

//// the frame of a microtask that threw ends with the microtasks
process.on('uncaughtException', (error) => at(error.message));
process.on('beforeExit', () => at('beforeExit'));
process.nextTick(() => {
  queueMicrotask(() => {
    process.nextTick(() => at('tick'));
    als.enterWith(3);
    throw new Error('entered');
  });
});

//// a microtask is a resource where there is a frame, and after run() there is one
const taken = () => {
  const before = new AsyncResource('x').asyncId();
  queueMicrotask(() => {});
  return new AsyncResource('x').asyncId() - before - 1;
};
setTimeout(() => at(taken()), 50);
setTimeout(() => {
  als.run(0, () => at(taken()));
  at(taken());
  als.exit(() => at(taken()));
}, 5);
als.run(undefined, () => at(taken()));
at(taken());

//// standard output takes an id if it is a pipe
const next = () => new AsyncResource('x').asyncId();
const first = next();
void process.stdout;
log(next() - first);
