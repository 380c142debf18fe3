// eventemitter3: an emitter of its own.
import assert from 'node:assert/strict';
import EventEmitter from 'eventemitter3';
const e = new EventEmitter();
const seen = [];
e.on('x', function (v) { seen.push([this.name, v]); }, { name: 'context' });
e.once('x', (v) => seen.push(['once', v]));
e.emit('x', 1);
e.emit('x', 2);
assert.equal(e.listenerCount('x'), 1);
console.log(JSON.stringify(seen));
