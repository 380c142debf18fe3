// nyc: it measures a program by getting into every program that is started, by spawn and by spawnSync.
const fs = require('fs');
const { spawnSync } = require('child_process');

fs.writeFileSync('package.json', '{ "name": "measured" }');
fs.writeFileSync('other.js', 'console.log("other");\nif (process.argv.length > 9) console.log("never");\n');
fs.writeFileSync('main.js', `
const { spawn, spawnSync } = require('child_process');
console.log(spawnSync(process.execPath, ['other.js'], { encoding: 'utf8' }).stdout);
spawn(process.execPath, ['main2.js'], { stdio: 'inherit' });
`);
fs.writeFileSync('main2.js', 'module.exports = (a) => (a ? 1 : 2);\nconsole.log(module.exports(1));\n');
const nyc = require.resolve('nyc/bin/nyc.js');
const run = spawnSync(process.execPath, [nyc, '--reporter=text', 'node', 'main.js'], { encoding: 'utf8' });
console.log(run.stdout + run.stderr, run.status);
