// uuid: identifiers by chance, by name, by time.
import assert from 'node:assert/strict';
import { v1, v4, v5, v7, validate, version } from 'uuid';
assert.equal(v5('hello.example.com', v5.DNS), 'fdda765f-fc57-5604-a269-52a7df8164ec');
console.log([v1(), v4(), v7()].map((x) => [validate(x), version(x)].join(':')).join(), v4() !== v4());
