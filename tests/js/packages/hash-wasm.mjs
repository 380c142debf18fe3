// hash-wasm: hashes in WebAssembly.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { argon2id, bcrypt, blake3, createSHA256, md5, sha3, xxhash64 } from 'hash-wasm';
console.log(await md5('a'), await sha3('a', 256), await xxhash64('a'), await blake3(Buffer.from('abc')));
const salt = new Uint8Array(16);
console.log(await argon2id({ password: 'p', salt, parallelism: 1, iterations: 2, memorySize: 256, hashLength: 16 }));
console.log(await bcrypt({ password: 'p', salt, costFactor: 4, outputType: 'encoded' }));
const hash = (await createSHA256()).init();
for (let i = 0; i < 100; i++) hash.update(`chunk ${i}`);
const whole = Array.from({ length: 100 }, (_, i) => `chunk ${i}`).join('');
assert.equal(hash.digest(), createHash('sha256').update(whole).digest('hex'));
