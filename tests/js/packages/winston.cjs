// winston: logs through streams.
const assert = require('assert/strict');
const { Writable } = require('stream');
const winston = require('winston');
const lines = [];
const stream = new Writable({ write(data, e, done) { lines.push(String(data).trim()); done(); } });
const { combine, printf, splat, errors } = winston.format;
const logger = winston.createLogger({
  level: 'info', format: combine(errors(), splat(), printf((i) => `${i.level}: ${i.message}`)),
  transports: [new winston.transports.Stream({ stream })],
});
logger.info('hello %s', 'you');
logger.debug('never');
logger.error(new Error('bad'));
logger.on('finish', () => setImmediate(() => {
  assert.equal(lines.length, 2);
  console.log(lines.join('|'));
}));
logger.end();
