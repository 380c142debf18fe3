// The end of a program.
'use strict';
const log = console.log;

//// beforeExit, then exit
process.on('beforeExit', (code) => log('beforeExit', code));
process.on('exit', (code) => log('exit', code));
setImmediate(log, 'immediate');

//// beforeExit may revive the program
let n = 0;
process.on('beforeExit', () => {
  log('beforeExit', ++n);
  if (n < 3) setTimeout(log, 1, 'revived');
});
process.on('exit', () => log('exit'));

//// ticks and microtasks of beforeExit run, and are no revival
process.on('beforeExit', () => {
  log('beforeExit');
  process.nextTick(log, 'tick');
  queueMicrotask(() => log('micro'));
});
process.on('exit', () => log('exit'));

//// an immediate of beforeExit is a revival
let n = 0;
process.on('beforeExit', () => {
  log('beforeExit', ++n);
  if (n === 1) setImmediate(log, 'immediate');
});

//// an unreferenced timer of beforeExit is none
process.on('beforeExit', () => {
  log('beforeExit');
  setTimeout(log, 1, 'never').unref();
});

//// nothing set by exit runs
process.on('exit', () => {
  log('exit');
  process.nextTick(log, 'never');
  queueMicrotask(() => log('never'));
  setImmediate(log, 'never');
  setTimeout(log, 0, 'never');
});

//// process.exit ends at once
process.on('exit', (code) => log('exit', code));
process.on('beforeExit', () => log('never'));
process.nextTick(log, 'never');
log('before');
process.exit(5);
log('never');

//// process.exit in a tick
process.on('exit', (code) => log('exit', code));
process.nextTick(() => {
  log('tick');
  process.exit();
});
process.nextTick(log, 'never');
queueMicrotask(() => log('never'));

//// process.exit inside try and finally
process.on('exit', (code) => log('exit', code));
try {
  process.exit(2);
} finally {
  log('never');
}

//// process.exit in an exit handler
process.on('exit', (code) => {
  log('first', code);
  process.exit(9);
});
process.on('exit', (code) => log('second', code));

//// exitCode is the code
process.on('exit', (code) => log('exit', code, process.exitCode));
process.exitCode = 4;

//// exitCode set in exit
process.on('exit', (code) => {
  log('exit', code);
  process.exitCode = 6;
});

//// exitCode set in beforeExit
process.once('beforeExit', (code) => {
  log('beforeExit', code);
  process.exitCode = 11;
});
process.on('exit', (code) => log('exit', code));

//// exit with a text, a wrong text and undefined
process.on('exit', (code) => log('exit', code, typeof code));
for (const wrong of ['x', 1.5, {}, true]) {
  try {
    process.exitCode = wrong;
  } catch (e) {
    log(e.code);
  }
}
process.exitCode = '12';
process.exit();

//// exit and once
process.once('exit', () => log('once'));
process.on('exit', () => log('on'));
process.prependListener('exit', () => log('first'));

//// the code of an uncaught error can be seen but not kept
process.on('exit', (code) => {
  log('exit', code);
  process.exitCode = 0;
});
throw new Error('bad');

//// process.exit with timers pending
setTimeout(log, 1000, 'never');
setInterval(log, 1000, 'never');
setImmediate(() => {
  log('immediate');
  process.exit(0);
});
setImmediate(log, 'never');

//// an unresolved await lets the program end with 0 in CommonJS
process.on('exit', (code) => log('exit', code));
(async () => {
  log('waits');
  await new Promise(() => {});
  log('never');
})();

//// beforeExit is not called after process.exit, and exit only once
let n = 0;
process.on('beforeExit', () => log('beforeExit'));
process.on('exit', () => {
  log('exit', ++n);
  if (n < 5) process.exit();
});
setTimeout(() => process.exit(1), 1);

//// emit of exit by hand
process.on('exit', (code) => log('exit', code));
process.emit('exit', 99);
log('main');

//// a signal to oneself
process.on('SIGUSR2', (name, number) => {
  log(name, number);
  clearInterval(interval);
});
const interval = setInterval(() => {}, 1000);
process.kill(process.pid, 'SIGUSR2');
log('main');

//// process.emitWarning comes by a tick
process.on('warning', (w) => log('warning', w.name, w.message, w.code));
process.nextTick(log, 'tick before');
process.emitWarning('careful', { type: 'Odd', code: 'X1' });
process.nextTick(log, 'tick after');
log('main');

//// a rejection in an exit listener
process.on('unhandledRejection', (error) => log('unhandled', error.message));
process.on('exit', (code) => {
  log('exit', code);
  queueMicrotask(() => log('micro'));
  Promise.reject(new Error('late'));
});

//// a listener of 'exit' that throws stops process.exit, and the end tells of it again
process.on('uncaughtException', (error) => log('uncaught', error.message));
process.on('beforeExit', (code) => log('beforeExit', code));
process.on('exit', (code) => log('exit', code));
process.once('exit', () => {
  throw new Error('x');
});
process.nextTick(() => process.exit(3));
