// pino: logs in JSON, to a stream and to a descriptor.
const assert = require('assert/strict');
const fs = require('fs');
const { Writable } = require('stream');
const pino = require('pino');
const lines = [];
const sink = new Writable({ write(data, e, done) { lines.push(JSON.parse(data)); done(); } });
const logger = pino({ base: { app: 'x' }, timestamp: false, redact: ['secret'] }, sink);
logger.child({ id: 5 }).info({ secret: 'no', a: 1 }, 'hello %s', 'you');
logger.error(new Error('bad'));
assert.equal(lines[0].secret, '[Redacted]');
assert.equal(lines[1].err.message, 'bad');
const file = pino({ base: null, timestamp: false }, pino.destination({ dest: 'tmp-pino.log', sync: true }));
file.warn('to a file');
console.log(JSON.stringify(lines[0]), fs.readFileSync('tmp-pino.log', 'utf8').trim());
fs.unlinkSync('tmp-pino.log');
