// execa: child processes by promises and streams.
import assert from 'node:assert/strict';
import { execa, $ } from 'execa';
const { stdout, exitCode } = await execa('sh', ['-c', 'cat; echo more'], { input: 'given\n' });
assert.equal(exitCode, 0);
const failed = await execa('sh', ['-c', 'echo bad >&2; exit 4'], { reject: false });
const lines = [];
for await (const line of execa('printf', ['a\nb\nc\n'])) lines.push(line);
const piped = await $`echo hello`.pipe`tr a-z A-Z`;
console.log(JSON.stringify([stdout, failed.exitCode, failed.stderr, lines, piped.stdout]));
