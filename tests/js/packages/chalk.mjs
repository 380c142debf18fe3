// chalk: colours.
import assert from 'node:assert/strict';
import chalk, { Chalk, supportsColor } from 'chalk';
const one = new Chalk({ level: 3 });
assert.equal(one.red('x'), '\u001b[31mx\u001b[39m');
assert.equal(chalk.level, 0);
console.log(JSON.stringify(one.bold.hex('#ff8800')(`a ${one.underline('b')} c`)), chalk.green('plain'), supportsColor);
