// ts-node: its command runs a program in TypeScript, and its types are checked.
const { spawnSync } = require('child_process');
const { writeFileSync } = require('fs');
const { join, dirname } = require('path');
const bin = join(dirname(require.resolve('ts-node')), 'bin.js');
const compilerOptions = { module: 'commonjs', strict: true, lib: ['es2022'], types: [] };
writeFileSync('tsconfig.json', JSON.stringify({ compilerOptions }));
const run = (source, ...options) => {
  writeFileSync('program.ts', `declare const console: any, process: any;\n${source}`);
  const command = [bin, ...options, 'program.ts', 'word'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  console.log(status, stdout.trim(), /TS\d+.*/.exec(stderr)?.[0] ?? '');
};
run('enum Size { Small = 1, Large } const size: Size = 2; console.log(Size[size], process.argv.slice(2));');
run("const size: number = 'large';");
run("const size: number = 'large'; console.log(size); export {};", '--transpile-only');
