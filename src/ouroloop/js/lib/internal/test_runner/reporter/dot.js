'use strict';

// dot: one character a test, and at the end all failures.

const { colors, errorLines, resultLine } = require('internal/test_runner/reporter/lines');

const MINIMUM = 20;

function columnsOf(stream) {
  return Math.max(stream.columns ?? MINIMUM, MINIMUM);
}

module.exports = async function* dot(source) {
  let count = 0;
  let columns = columnsOf(process.stdout);
  const failed = [];
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const palette = colors();
    yield type === 'test:pass' ? `${palette.green}.${palette.reset}` : `${palette.red}X${palette.reset}`;
    if (type === 'test:fail') failed.push(data);
    if (++count === columns) {
      yield '\n';
      columns = columnsOf(process.stdout);
      count = 0;
    }
  }
  yield '\n';
  if (failed.length === 0) return;
  const palette = colors();
  yield `\n${palette.red}Failed tests:${palette.white}\n\n`;
  for (const data of failed) yield `${resultLine('test:fail', data, 0)}${errorLines(data.details.error, 0)}`;
};
