// yargs: command lines.
import assert from 'node:assert/strict';
import yargs from 'yargs';
const make = () => yargs().scriptName('tool').exitProcess(false).locale('en')
  .option('size', { alias: 's', type: 'number', default: 3 }).option('v', { type: 'count' })
  .command('get <url>', 'gets it', (y) => y.positional('url', { type: 'string' }), () => {});
const found = await make().parseAsync('get x.org -vv --size 7 --no-color rest');
assert.equal(found.size, 7);
console.log(JSON.stringify(found));
console.log(await make().getHelp());
