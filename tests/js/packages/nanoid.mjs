// nanoid: random names.
import assert from 'node:assert/strict';
import { customAlphabet, nanoid } from 'nanoid';
const all = new Set(Array.from({ length: 1000 }, () => nanoid()));
assert.equal(all.size, 1000);
console.log([...all].every((x) => /^[\w-]{21}$/.test(x)), customAlphabet('a', 5)());
