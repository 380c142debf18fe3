// commander: command lines.
const assert = require('assert/strict');
const { Command, Option } = require('commander');
const program = new Command('tool').description('does things').version('1.2.3').exitOverride();
program.option('-p, --port <number>', 'the port', Number, 80).addOption(new Option('--mode <m>').choices(['a', 'b']));
let ran;
program.command('add <x> [more...]').alias('plus').action((x, more, options, command) => {
  ran = [x, more, command.optsWithGlobals().port];
});
program.parse(['node', 'tool', '--port', '99', 'plus', '1', '2', '3']);
assert.deepEqual(ran, ['1', ['2', '3'], 99]);
assert.throws(() => program.parse(['node', 'tool', '--mode', 'c', 'add', '1']), { code: 'commander.invalidArgument' });
console.log(program.helpInformation());
