// EventEmitter, EventTarget and AbortController.
'use strict';
const log = console.log;
const { EventEmitter, once, on, addAbortListener } = require('events');

//// emit is synchronous and in order
const e = new EventEmitter();
e.on('x', () => log('first'));
e.prependListener('x', () => log('before'));
e.once('x', () => log('once'));
log('emit', e.emit('x'));
log('again', e.emit('x'), e.emit('y'));

//// a listener that is removed while an event is emitted still runs
const e = new EventEmitter();
const b = () => log('b');
e.on('x', () => {
  log('a');
  e.off('x', b);
  e.on('x', () => log('added'));
});
e.on('x', b);
e.emit('x');
log('--');
e.emit('x');

//// once removes before it calls
const e = new EventEmitter();
e.once('x', () => {
  log('once', e.listenerCount('x'));
  e.emit('x');
});
e.emit('x');

//// newListener and removeListener
const e = new EventEmitter();
e.on('newListener', (name, f) => log('new', name, typeof f, e.listenerCount(name)));
e.on('removeListener', (name) => log('removed', name, e.listenerCount(name)));
const f = () => {};
e.on('x', f);
e.once('x', f);
e.off('x', f);
e.removeAllListeners('x');
e.removeAllListeners();
log(e.eventNames().length);

//// events.once
const e = new EventEmitter();
(async () => {
  const [a, b] = await once(e, 'x');
  log('got', a, b);
})();
process.nextTick(() => {
  e.emit('x', 1, 2);
  log('emitted');
});

//// events.once rejects at an error
const e = new EventEmitter();
once(e, 'x').catch((error) => log('rejected', error.message));
once(e, 'error').then(([error]) => log('got', error.message));
process.nextTick(() => e.emit('error', new Error('bad')));

//// events.once aborted
const controller = new AbortController();
once(new EventEmitter(), 'x', { signal: controller.signal }).catch((e) => log(e.name, e.code));
setImmediate(() => {
  controller.abort();
  log('aborted');
});

//// events.on keeps what comes meanwhile
const e = new EventEmitter();
(async () => {
  for await (const [n] of on(e, 'x')) {
    log('got', n);
    process.nextTick(log, 'tick', n);
    if (n === 3) break;
  }
  log('left', e.listenerCount('x'));
})();
for (const n of [1, 2, 3, 4]) e.emit('x', n);
log('emitted');

//// events.on ends at its close event
const e = new EventEmitter();
(async () => {
  for await (const [n] of on(e, 'x', { close: ['end'] })) log('got', n);
  log('done');
})();
process.nextTick(() => {
  e.emit('x', 1);
  e.emit('x', 2);
  e.emit('end');
});

//// events.on fails at an error
const e = new EventEmitter();
(async () => {
  try {
    for await (const [n] of on(e, 'x')) log('got', n);
  } catch (error) {
    log('caught', error.message);
  }
})();
process.nextTick(() => {
  e.emit('x', 1);
  e.emit('error', new Error('bad'));
});

//// captured rejections
const e = new EventEmitter({ captureRejections: true });
e.on('x', async (n) => {
  await null;
  throw new Error(`bad ${n}`);
});
e.on('error', (error) => {
  log('error', error.message);
  process.nextTick(log, 'tick', error.message);
});
e.emit('x', 1);
e.emit('x', 2);
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));

//// captured rejections with a method
class Mine extends EventEmitter {
  constructor() { super({ captureRejections: true }); }
  [Symbol.for('nodejs.rejection')](error, name, ...args) { log('rejection', error.message, name, args.join()); }
}
const e = new Mine();
e.on('x', async () => { throw new Error('bad'); });
e.emit('x', 1, 2);
setImmediate(log, 'immediate');

//// errorMonitor sees errors first
const e = new EventEmitter();
e.on(EventEmitter.errorMonitor, (error) => log('monitor', error.message));
e.on('error', (error) => log('listener', error.message));
e.emit('error', new Error('bad'));

//// the warning of too many listeners
process.on('warning', (w) => log(w.name, w.type, w.count));
const e = new EventEmitter();
e.setMaxListeners(2);
for (let i = 0; i < 4; i++) e.on('x', () => {});
log('main');

//// raw listeners and symbols
const name = Symbol('name');
const e = new EventEmitter();
e.once(name, () => log('once'));
log(e.rawListeners(name)[0] === e.listeners(name)[0], e.eventNames()[0] === name);
e.rawListeners(name)[0]();
log(e.listenerCount(name));

//// EventTarget dispatches at once
const t = new EventTarget();
t.addEventListener('x', (event) => log('first', event.type, event.target === t));
t.addEventListener('x', { handleEvent(event) { log('object', this !== t, event.eventPhase); } });
t.addEventListener('x', () => log('once'), { once: true });
log(t.dispatchEvent(new Event('x')));
log(t.dispatchEvent(new Event('x', { cancelable: true })));

//// an error in a listener of an EventTarget comes by a tick
process.on('uncaughtException', (e) => log('caught', e.message));
const t = new EventTarget();
t.addEventListener('x', () => { throw new Error('bad'); });
t.addEventListener('x', () => log('second'));
queueMicrotask(() => log('micro'));
process.nextTick(log, 'tick');
t.dispatchEvent(new Event('x'));
log('main');

//// a rejection in a listener of an EventTarget
process.on('uncaughtException', (e) => log('caught', e.message));
process.on('unhandledRejection', (e) => log('unhandled', e.message));
const t = new EventTarget();
t.addEventListener('x', async () => { throw new Error('bad'); });
t.dispatchEvent(new Event('x'));
setImmediate(log, 'immediate');

//// preventDefault and stopImmediatePropagation
const t = new EventTarget();
t.addEventListener('x', (event) => { event.preventDefault(); event.stopImmediatePropagation(); });
t.addEventListener('x', () => log('never'));
const event = new Event('x', { cancelable: true });
log(t.dispatchEvent(event), event.defaultPrevented);

//// abort is synchronous
const controller = new AbortController();
const { signal } = controller;
signal.addEventListener('abort', () => log('listener', signal.reason.name));
signal.onabort = () => log('onabort');
controller.abort();
controller.abort();
log('after', signal.aborted);

//// any signal of several
const a = new AbortController();
const b = new AbortController();
const any = AbortSignal.any([a.signal, b.signal]);
any.addEventListener('abort', () => log('any', any.reason));
b.signal.addEventListener('abort', () => log('b'));
b.abort('because');
a.abort('too late');
log(any.reason);

//// addAbortListener runs even when propagation stops
const controller = new AbortController();
controller.signal.addEventListener('abort', (e) => e.stopImmediatePropagation());
addAbortListener(controller.signal, () => log('still'));
controller.signal.addEventListener('abort', () => log('never'));
controller.abort();

//// throwIfAborted and a reason
const signal = AbortSignal.abort(new Error('reason'));
try {
  signal.throwIfAborted();
} catch (e) {
  log(e.message);
}
log(signal.aborted, AbortSignal.abort().reason.name);

//// a timeout signal does not keep the program alive
AbortSignal.timeout(1000).addEventListener('abort', () => log('never'));
setTimeout(log, 1, 'end');

//// a timeout signal
const signal = AbortSignal.timeout(2);
signal.addEventListener('abort', () => log(signal.reason.name));
setTimeout(() => log('aborted', signal.aborted), 50);

//// static methods
const e = new EventEmitter();
const t = new EventTarget();
e.on('x', log);
t.addEventListener('x', log);
log(EventEmitter.listenerCount(e, 'x'), EventEmitter.getEventListeners(t, 'x').length, EventEmitter.getMaxListeners(e));

//// ticks between events emitted in a loop
const e = new EventEmitter();
e.on('x', (n) => process.nextTick(log, 'tick', n));
e.on('x', (n) => queueMicrotask(() => log('micro', n)));
e.on('x', (n) => log('event', n));
for (let i = 0; i < 3; i++) e.emit('x', i);

//// a port closes in the closing step
const { port1, port2 } = new MessageChannel();
port2.on('message', (value) => {
  log('message', value);
  setImmediate(() => log('immediate'));
  port2.close();
});
port2.on('close', () => log('close 2'));
port1.on('close', () => log('close 1'));
port1.postMessage('one');
port1.postMessage('two');

//// what waits at a port that closes is not delivered
const { port1, port2 } = new MessageChannel();
port2.on('message', (value) => log('message', value));
port2.on('close', () => log('close 2'));
port1.on('close', () => log('close 1'));
port1.postMessage('lost');
port2.close();
setImmediate(() => {
  log('immediate');
  setImmediate(() => log('next'));
});

//// a traced promise is rejected two microtasks later than it would be
const { tracingChannel } = require('diagnostics_channel');
const channel = tracingChannel('x');
channel.subscribe({ error: () => log('error'), asyncEnd: () => log('asyncEnd') });
channel.tracePromise(async () => { throw new Error('bad'); }).catch((error) => log(error.message));
(async () => {
  for (let n = 0; n < 6; n++) {
    await null;
    log(n);
  }
})();
