// jsonwebtoken: tokens signed by secrets and by keys of two halves, in both of their forms.
const assert = require('assert/strict');
const crypto = require('crypto');
const jwt = require('jsonwebtoken');

const rsa = crypto.generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = crypto.createSecretKey('secret', 'utf8');
const ways = [
  ['HS256', 'secret', 'secret'], ['HS512', secret, secret], ['RS256', rsa.privateKey, rsa.publicKey],
  ['PS384', rsa.privateKey, rsa.publicKey], ['ES256', ec.privateKey, ec.publicKey],
];
for (const [algorithm, key, other] of ways) {
  const token = jwt.sign({ a: 1, iat: 1700000000 }, key, { algorithm, keyid: 'k' });
  console.log(algorithm, algorithm[0] === 'H' ? token : token.split('.').map((part) => part.length));
  assert.deepEqual(jwt.verify(token, other, { algorithms: [algorithm] }), { a: 1, iat: 1700000000 });
  assert.throws(() => jwt.verify(`${token.slice(0, -4)}AAAA`, other), { message: 'invalid signature' });
}
for (const [key, algorithm] of [['secret', 'RS256'], [ec.privateKey, 'RS256'], [rsa.privateKey, 'HS256']]) {
  try {
    jwt.sign({}, key, { algorithm });
  } catch (error) {
    console.log(error.message);
  }
}
jwt.sign({ x: 2, exp: 1, iat: 1 }, 'secret', (error, token) => {
  console.log(token);
  jwt.verify(token, 'secret', ({ name, message, expiredAt }) => console.log(name, message, expiredAt));
});
