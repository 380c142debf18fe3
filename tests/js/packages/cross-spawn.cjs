// cross-spawn: child processes.
const assert = require('assert/strict');
const spawn = require('cross-spawn');
const done = spawn.sync('sh', ['-c', 'echo out; echo err >&2; exit 3'], { encoding: 'utf8' });
assert.equal(done.status, 3);
const child = spawn('cat', [], { stdio: ['pipe', 'pipe', 'inherit'] });
let text = '';
child.stdout.on('data', (data) => { text += data; });
child.on('close', (code) => console.log(JSON.stringify([done.stdout, done.stderr, text, code])));
child.stdin.end('through cat');
