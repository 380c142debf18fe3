// typescript: its compiler, compiling a project with errors, and running what comes out.
const assert = require('assert/strict');
const fs = require('fs');
const path = require('path');
const ts = require('typescript');
const write = (name, text) => {
  fs.mkdirSync(path.dirname(name), { recursive: true });
  fs.writeFileSync(name, text);
};
write('tmp-ts/tsconfig.json', JSON.stringify({ compilerOptions: { strict: true, target: 'es2022', module: 'commonjs', outDir: 'out', declaration: true, types: [] } }));
write('tmp-ts/src/shape.ts', 'export interface Shape { area(): number }\nexport abstract class Base implements Shape { abstract area(): number; }\n');
write('tmp-ts/src/main.ts', 'import { Base } from "./shape";\nenum Kind { A = 1, B }\nclass Square extends Base { constructor(private side: number) { super(); } area() { return this.side ** 2; } }\nexport const total = [1, 2, 3].map((n) => new Square(n).area()).reduce((a, b) => a + b, 0) + Kind.B;\nconst wrong: string = total;\n');
const { config } = ts.readConfigFile('tmp-ts/tsconfig.json', ts.sys.readFile);
const parsed = ts.parseJsonConfigFileContent(config, ts.sys, 'tmp-ts');
const program = ts.createProgram(parsed.fileNames, parsed.options);
const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
const texts = found.map((d) => {
  const { line } = d.file.getLineAndCharacterOfPosition(d.start);
  return `${path.basename(d.file.fileName)}:${line + 1} TS${d.code} ${ts.flattenDiagnosticMessageText(d.messageText, '\n')}`;
});
assert.deepEqual(texts, ["main.ts:5 TS2322 Type 'number' is not assignable to type 'string'."]);
const out = fs.existsSync('tmp-ts/out/main.js') ? 'tmp-ts/out' : 'tmp-ts/out/src';
console.log(texts[0], require(path.resolve(out, 'main.js')).total, fs.readFileSync(`${out}/shape.d.ts`, 'utf8'));
fs.rmSync('tmp-ts', { recursive: true });
