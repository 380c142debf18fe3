// yaml: YAML with comments kept.
import assert from 'node:assert/strict';
import { parse, parseDocument, stringify } from 'yaml';
assert.deepEqual(parse('a: 1\nb:\n  - x\n  - { y: !!set { z } }\n').a, 1);
const doc = parseDocument('# top\na: 1 # one\nb: [2, 3]\n');
doc.set('a', 5);
doc.addIn(['b'], 4);
console.log(String(doc), stringify({ text: 'two\nlines', list: [[], {}] }));
