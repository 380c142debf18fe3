// eslint: finds and mends.
import assert from 'node:assert/strict';
import { ESLint, Linter } from 'eslint';
const rules = { 'no-unused-vars': 'error', 'prefer-const': 'warn', semi: 'error', eqeqeq: 'error' };
const source = 'let a = 1\nlet b = 2; if (a == b) { console.log(a) }\nfunction f(x) {}\n';
const linter = new Linter();
const found = linter.verify(source, [{ rules }]);
assert.equal(found.filter((m) => m.ruleId === 'prefer-const').length, 2);
console.log(found.map((m) => `${m.line}:${m.column} ${m.ruleId} ${m.message}`).join('\n'));
const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [{ rules }], fix: true });
const [result] = await eslint.lintText(source);
console.log(result.output, result.errorCount);
