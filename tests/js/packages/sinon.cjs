// sinon: stubs, spies and false time.
const assert = require('assert/strict');
const sinon = require('sinon');
const thing = { f: (a) => a + 1, async g() { return 1; } };
const spy = sinon.spy(thing, 'g');
sinon.stub(thing, 'f').withArgs(3).returns(9);
console.log(thing.f(3), thing.f(1), spy.callCount, sinon.match({ a: 1 }).test({ a: 1, b: 2 }));
assert.throws(() => sinon.assert.calledWith(spy, 4), { name: 'AssertError' });
sinon.restore();
(async () => {
  const clock = sinon.useFakeTimers({ now: 1000 });
  const seen = [];
  setTimeout(() => seen.push('timeout', Date.now()), 50);
  setInterval(() => seen.push('interval'), 20);
  setImmediate(() => seen.push('immediate'));
  process.nextTick(() => seen.push('tick'));
  await clock.tickAsync(60);
  console.log(seen, performance.now(), process.hrtime());
  clock.restore();
  await thing.g();
})();
