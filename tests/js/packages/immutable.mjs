// immutable: persistent collections.
import assert from 'node:assert/strict';
import { List, Map, Range, fromJS, is } from 'immutable';
const a = Map({ x: 1 }).set('y', List([1, 2]));
const b = a.updateIn(['y'], (l) => l.push(3));
assert.deepEqual(a.toJS(), { x: 1, y: [1, 2] });
assert.equal(is(b, fromJS({ x: 1, y: [1, 2, 3] })), true);
console.log(String(b), Range(1, Infinity).filter((x) => x % 3 === 0).map((x) => x * x).take(4).toArray().join());
