// zod: schemas with types.
import assert from 'node:assert/strict';
import { z } from 'zod';
const schema = z.object({
  name: z.string().min(2), age: z.coerce.number().int().positive(), tags: z.array(z.enum(['a', 'b'])).default([]),
}).strict().transform((x) => ({ ...x, known: true }));
assert.deepEqual(schema.parse({ name: 'Ann', age: '5' }), { name: 'Ann', age: 5, tags: [], known: true });
const wrong = await schema.safeParseAsync({ name: 'A', age: -1, tags: ['c'], x: 1 });
console.log(wrong.success, wrong.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('\n'));
