// zone.js: patches promises, timers, ticks and emitters, and follows what they call.
const assert = require('assert/strict');
require('zone.js');
const zone = Zone.current.fork({
  name: 'inner',
  onHandleError(delegate, current, target, error) {
    console.log('handled', error.message);
    return false;
  },
});
zone.run(() => {
  const tell = (what) => () => console.log(what, Zone.current.name);
  setTimeout(() => { tell('timeout')(); throw new Error('thrown'); }, 1);
  Promise.resolve().then(tell('promise'));
  setImmediate(tell('immediate'));
  process.nextTick(tell('tick'));
  require('fs').readFile(__filename, () => setTimeout(tell('after reading'), 5));
});
assert.equal(Zone.current.name, '<root>');
