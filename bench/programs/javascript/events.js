// Events emitted, of emitters with one to four listeners. Argument: seconds.
'use strict';

const { EventEmitter } = require('node:events');
const { measure } = require('./measure.js');

const COUNT = 100_000;
let sum = 0;
const emitters = [1, 2, 3, 4].map((listeners) => {
  const emitter = new EventEmitter();
  for (let i = 0; i < listeners; i++) emitter.on('event', (a, b) => { sum += a + b; });
  return emitter;
});

measure(COUNT, (done) => {
  for (let i = 0; i < COUNT; i++) emitters[i & 3].emit('event', i, 1);
  done();
}, Number(process.argv[2]));
