// csv-parse: a transform stream, and its promise of records.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
const text = 'name,age\n"Ann, B.",5\nBob,"6"\n';
assert.deepEqual(parseSync(text, { columns: true })[0], { name: 'Ann, B.', age: '5' });
const rows = [];
for await (const row of Readable.from([text.slice(0, 9), text.slice(9)]).pipe(parse({ cast: true }))) rows.push(row);
console.log(JSON.stringify(rows));
