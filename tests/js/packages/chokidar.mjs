// chokidar: watches files and folders.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import chokidar from 'chokidar';
fs.mkdirSync('tmp-chokidar/a', { recursive: true });
fs.writeFileSync('tmp-chokidar/a/one', '1');
const seen = [];
const watcher = chokidar.watch('tmp-chokidar');
watcher.on('all', (event, path) => seen.push(`${event} ${path}`));
await new Promise((resolve) => watcher.on('ready', resolve));
console.log(seen.sort().join('\n'));
const until = async (text) => {
  await new Promise((resolve) => {
    const look = setInterval(() => seen.includes(text) && resolve(clearInterval(look)), 5);
  });
  console.log(text);
  await new Promise((resolve) => setTimeout(resolve, 100)); // what happens at once is told once
};
fs.writeFileSync('tmp-chokidar/new', '1');
await until('add tmp-chokidar/new');
fs.appendFileSync('tmp-chokidar/new', '2');
await until('change tmp-chokidar/new');
fs.mkdirSync('tmp-chokidar/b');
await until('addDir tmp-chokidar/b');
fs.writeFileSync('tmp-chokidar/b/in', '');
await until('add tmp-chokidar/b/in');
fs.unlinkSync('tmp-chokidar/new');
await until('unlink tmp-chokidar/new');
await watcher.close();
assert.equal(watcher.closed, true);
fs.rmSync('tmp-chokidar', { recursive: true });
