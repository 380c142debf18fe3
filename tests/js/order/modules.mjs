// ES modules as main programs, and what import() does.
const log = console.log;

//// an ES module's microtasks come before its ticks
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
log('main');

//// ticks set by microtasks of the module
process.nextTick(log, 'tick 1');
queueMicrotask(() => {
  log('micro');
  process.nextTick(log, 'tick 2');
});
setImmediate(log, 'immediate');

//// top-level await and ticks
process.nextTick(log, 'tick 1');
await null;
log('after await');
process.nextTick(log, 'tick 2');
await null;
log('after second await');
await new Promise((r) => setImmediate(r));
log('after immediate');

//// top-level await of a tick
await new Promise((r) => process.nextTick(r));
log('a');
queueMicrotask(() => log('micro'));
process.nextTick(log, 'tick');
log('b');

//// top-level await of a timer
import { setTimeout as sleep } from 'node:timers/promises';
log(await sleep(2, 'slept'));
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));

//// a top-level await that never ends
process.on('exit', (code) => log('exit', code));
log('waits');
await new Promise(() => {});
log('never');

//// an error in a module
process.on('exit', (code) => log('exit', code));
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
throw new Error('bad');

//// an error in a module with a handler
process.on('uncaughtException', (e, origin) => log('caught', e.message, origin));
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
setImmediate(log, 'immediate');
throw new Error('bad');

//// a rejection in a module
process.on('unhandledRejection', (e) => log('unhandled', e.message));
Promise.reject(new Error('bad'));
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));
setImmediate(log, 'immediate');

//// dependencies run first, in order
import './b.mjs';
import './a.mjs';
console.log('main');
//// + a.mjs
import './b.mjs';
console.log('a');
//// + b.mjs
console.log('b');

//// a cycle
import { b } from './b.mjs';
export const a = 'a';
console.log('main', b);
setImmediate(() => console.log(globalThis.late()));
//// + b.mjs
import { a } from './main.mjs';
export const b = 'b';
try {
  console.log(a);
} catch (e) {
  console.log(e.name);
}
globalThis.late = () => a;

//// dependencies with top-level await
import './slow.mjs';
import './quick.mjs';
console.log('main');
//// + slow.mjs
console.log('slow 1');
await null;
console.log('slow 2');
//// + quick.mjs
console.log('quick 1');
await null;
console.log('quick 2');

//// ticks of dependencies
import './a.mjs';
import './b.mjs';
console.log('main');
process.nextTick(console.log, 'tick main');
//// + a.mjs
console.log('a');
process.nextTick(console.log, 'tick a');
queueMicrotask(() => console.log('micro a'));
//// + b.mjs
console.log('b');
process.nextTick(console.log, 'tick b');
queueMicrotask(() => console.log('micro b'));

//// live bindings and namespaces
import * as ns from './counter.mjs';
import { n, add } from './counter.mjs';
add();
console.log(n, ns.n, Object.keys(ns).join(), ns[Symbol.toStringTag], Object.isSealed(ns));
try {
  ns.n = 5;
} catch (e) {
  console.log(e.name);
}
//// + counter.mjs
export let n = 0;
export const add = () => { n++; };
export default 'd';

//// CommonJS from a module
import cjs, { named } from './c.cjs';
import { createRequire } from 'node:module';
console.log(cjs.named, named, createRequire(import.meta.url)('./c.cjs') === cjs);
//// + c.cjs
console.log('cjs', typeof require, typeof module, this === exports);
exports.named = 'yes';

//// import() of a module runs it once
log('main');
const [a, b] = await Promise.all([import('./m.mjs'), import('./m.mjs')]);
log(a === b, a.x);
//// + m.mjs
console.log('m');
export const x = 1;

//// import() of a builtin
const os = await import('node:os');
log(typeof os.cpus, os.default === (await import('os')).default);
process.nextTick(log, 'tick');
queueMicrotask(() => log('micro'));

//// import() that fails
for (const name of ['./none.mjs', 'no-such-package', 'node:none', './bad.mjs', './throws.mjs']) {
  try {
    await import(name);
  } catch (e) {
    log(name, e.code ?? e.name);
  }
}
//// + bad.mjs
const = 5;
//// + throws.mjs
throw new RangeError('on purpose');

//// a module that throws stays bad
for (let i = 0; i < 2; i++) await import('./bad.mjs').catch((e) => log(e.message));
//// + bad.mjs
console.log('once');
throw new Error('bad');

//// import of JSON and of a data URL
import data from './d.json' with { type: 'json' };
console.log(data.list.join());
console.log((await import('data:text/javascript,export default 6*7')).default);
//// + d.json
{ "list": [1, 2, 3] }

//// import.meta
console.log(import.meta.url.startsWith('file:///'), import.meta.filename.endsWith('main.mjs'));
console.log(import.meta.dirname === process.cwd(), import.meta.resolve('./x.mjs').endsWith('/x.mjs'));
console.log(import.meta.resolve('node:fs'), typeof require, typeof this, import.meta.main);

//// export forms
import def, { renamed, c, inner } from './e.mjs';
console.log(def(), renamed, new c().x, inner.v);
//// + e.mjs
export default function () { return 'default'; }
const local = 'local';
export { local as renamed };
export class c { x = 1; }
export * as inner from './f.mjs';
//// + f.mjs
export const v = 'v';

//// a require of a module
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const m = require('./m.mjs');
log(m.x, m.default);
try {
  require('./tla.mjs');
} catch (e) {
  log(e.code);
}
//// + m.mjs
export const x = 1;
export default 'd';
//// + tla.mjs
await null;
export const y = 1;

//// timers, immediates and microtasks after top-level await
await null;
setImmediate(() => {
  log('immediate');
  process.nextTick(log, 'tick of immediate');
  queueMicrotask(() => log('micro of immediate'));
});
process.nextTick(() => {
  log('tick');
  queueMicrotask(() => log('micro of tick'));
});
Promise.resolve().then(() => log('then'));
log('main');

//// for await at the top level
async function* g() {
  yield 1;
  process.nextTick(log, 'tick');
  yield 2;
}
for await (const x of g()) log(x);
log('done');

//// beforeExit and exit of a module
let n = 0;
process.on('beforeExit', () => {
  log('beforeExit', ++n);
  if (n < 2) import('./late.mjs');
});
process.on('exit', (code) => log('exit', code));
//// + late.mjs
console.log('late');

//// process.exit in a module
process.on('exit', (code) => log('exit', code));
queueMicrotask(() => log('never'));
process.exit(4);

//// a module that throws: its error comes four microtasks later, before the ticks
process.on('uncaughtException', (error, origin) => log(error.message, origin));
process.nextTick(log, 'tick');
let n = 0;
queueMicrotask(function next() {
  log(++n);
  if (n < 6) queueMicrotask(next);
});
throw new Error('bad');

//// two who import a module while it arrives
for (const name of ['first', 'second', 'third']) import('./other.mjs').then(() => log(name));
//// + other.mjs
let n = 0;
queueMicrotask(function next() {
  console.log(++n);
  if (n < 8) queueMicrotask(next);
});

//// imported again and again while it comes
globalThis.out = [];
globalThis.clock = 0;
// Asks for a module in each of 24 microtasks, the first time for another one if there is one; tells when it came.
const ask = (name, first = name) => new Promise((resolve) => {
  out = [];
  clock = 0;
  (function step() {
    const begun = clock;
    const came = (sign) => out.push(`${begun}${sign}${clock}`);
    import(begun === 0 ? first : name).then(() => came('>'), () => came('!'));
    if (begun === 24) setImmediate(() => resolve(out.join(' ')));
    else Promise.resolve().then(() => { clock++; step(); });
  })();
});
for (const name of [
  'node:path', './leaf.mjs?alone', './above.mjs', './waits.mjs', './throws.mjs', './throws.cjs', './wrong.mjs', './syntax.mjs',
]) log(name, await ask(name));
log('below', await ask('./leaf.mjs?1', './above.mjs?1'));
log('above', await ask('./above.mjs?2', './leaf.mjs?2'));
log('below what is wrong', await ask('./leaf.mjs?3', './wrong.mjs?3'));
//// + leaf.mjs
out.push(`leaf@${clock}`);
//// + above.mjs
import './leaf.mjs';
out.push(`above@${clock}`);
//// + waits.mjs
await null;
await null;
out.push(`waits@${clock}`);
//// + throws.mjs
throw new Error('module');
//// + throws.cjs
throw new Error('script');
//// + wrong.mjs
import { no } from './leaf.mjs';
//// + syntax.mjs
let (

//// a module asked for while another one that imports it comes
globalThis.out = [];
let clock = 0;
(function step() {
  const begun = clock;
  import(begun === 0 ? './above.mjs' : './leaf.mjs').then(() => out.push(`${begun}>${clock}`));
  if (begun === 16) setImmediate(() => log(out.join(' ')));
  else Promise.resolve().then(() => { clock++; step(); });
})();
//// + leaf.mjs
out.push('leaf');
//// + above.mjs
import './leaf.mjs';
out.push('above');

//// a module's error, and a domain whose handler throws: a rejection
import domain from 'node:domain';
process.on('unhandledRejection', (error) => log('unhandled', error.message));
process.on('uncaughtException', (error) => log('uncaught', error.message));
const d = domain.create();
d.on('error', (error) => {
  log('domain', error.message);
  throw new Error('of the handler');
});
d.run(() => {
  throw new Error('first');
});
