// @noble/ed25519: an ES module, required; its signatures and node:crypto's are each other's.
const assert = require('assert/strict');
const crypto = require('crypto');
const ed = require('@noble/ed25519');
(async () => {
  const secret = new Uint8Array(32).fill(7);
  const message = Buffer.from('message');
  const x = Buffer.from(await ed.getPublicKeyAsync(secret));
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') };
  const key = crypto.createPublicKey({ key: jwk, format: 'jwk' });
  const signature = await ed.signAsync(message, secret);
  assert(crypto.verify(null, message, key, signature));
  assert(await ed.verifyAsync(signature, message, x));
  signature[3] ^= 1;
  assert(!await ed.verifyAsync(signature, message, x));
  console.log(x.toString('hex'));
})();
