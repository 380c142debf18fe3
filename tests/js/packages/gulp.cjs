// gulp: tasks and streams of files, by its command.
const assert = require('assert/strict');
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
fs.mkdirSync('tmp-gulp/src', { recursive: true });
fs.writeFileSync('tmp-gulp/src/a.txt', 'text');
fs.writeFileSync('tmp-gulp/gulpfile.js', `
  const { dest, series, src } = require('gulp');
  const say = (done) => { console.log('said'); setTimeout(done, 2); };
  const copy = () => src('src/*.txt').pipe(dest('out'));
  exports.say = say;
  exports.default = series(say, copy);`);
const gulp = (...args) => spawnSync(
  process.execPath,
  [path.join(path.dirname(require.resolve('gulp')), 'bin/gulp.js'), '--gulpfile', 'tmp-gulp/gulpfile.js', ...args],
  { encoding: 'utf8' });
console.log(gulp('--tasks-simple').stdout);
const done = gulp();
assert.equal(done.status, 0, done.stderr);
console.log(done.stdout.match(/^(said|.*(?:Starting|Finished) '\w+')/gm).map((line) => line.replace(/^\[.*?\] /, '')));
console.log(fs.readFileSync('tmp-gulp/out/a.txt', 'utf8'));
fs.rmSync('tmp-gulp', { recursive: true });
