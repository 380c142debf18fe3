// immer: new states from drafts, by proxies.
import assert from 'node:assert/strict';
import { applyPatches, current, enableMapSet, enablePatches, isDraft, produce, produceWithPatches } from 'immer';
enablePatches();
enableMapSet();
const base = { list: [{ t: 'a' }], map: new Map([['k', { n: 1 }]]), set: new Set(['x']) };
const [next, patches, inverse] = produceWithPatches(base, (draft) => {
  draft.list.push({ t: 'b' });
  draft.map.get('k').n++;
  draft.set.add('y');
  console.log(isDraft(draft.list), current(draft.list), draft);
});
console.log(next, patches);
assert.deepEqual(applyPatches(next, inverse), base);
assert.throws(() => next.list.push(1), TypeError);
console.log(produce(base, () => {}) === base, base);
