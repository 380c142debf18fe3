// The queues. Arguments: which, seconds.
'use strict';

const { measure } = require('./measure.js');

const COUNT = 10_000;

const batches = {
  immediates(done) {
    let left = COUNT;
    const step = () => (--left ? setImmediate(step) : done());
    step();
  },

  immediate_batch(done) {
    let left = COUNT;
    const one = () => { if (!--left) done(); };
    for (let i = 0; i < COUNT; i++) setImmediate(one);
  },

  ticks(done) {
    let left = COUNT;
    const one = () => { if (!--left) done(); };
    for (let i = 0; i < COUNT; i++) process.nextTick(one);
  },

  tick_chain(done) {
    let left = COUNT;
    const step = () => (--left ? process.nextTick(step) : done());
    step();
  },

  microtasks(done) {
    let left = COUNT;
    const step = () => (--left ? queueMicrotask(step) : done());
    step();
  },

  promises(done) {
    let promise = Promise.resolve(0);
    for (let i = 0; i < COUNT; i++) promise = promise.then((n) => n + 1);
    promise.then(done);
  },

  async await(done) {
    const one = async (n) => n + 1;
    let n = 0;
    for (let i = 0; i < COUNT; i++) n = await one(n);
    done(n);
  },

  timers_cleared(done) {
    for (let i = 0; i < COUNT; i++) clearTimeout(setTimeout(done, 1000));
    done();
  },
};

measure(COUNT, batches[process.argv[2]], Number(process.argv[3]));
