// acorn: parses JavaScript.
const assert = require('assert/strict');
const acorn = require('acorn');
const tree = acorn.parse('for await (const x of y) z?.[x] ?? 5n;', { ecmaVersion: 'latest', sourceType: 'module' });
assert.equal(tree.body[0].type, 'ForOfStatement');
assert.equal(tree.body[0].await, true);
assert.throws(() => acorn.parse('const = 1', { ecmaVersion: 2022 }), { name: 'SyntaxError', pos: 6 });
console.log(JSON.stringify(tree, (key, value) => (typeof value === 'bigint' ? `${value}n` : value)));
