// jose: everything that Web Crypto has: signatures, encryption, agreement, wrapping, and keys in all formats.
import * as jose from 'jose';

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);
const secret = bytes('0123456789abcdef0123456789abcdef');

const token = await new jose.SignJWT({ a: 1 }).setProtectedHeader({ alg: 'HS256' }).setIssuedAt(1700000000)
  .setIssuer('me').setExpirationTime(4000000000).sign(secret);
console.log(token, await jose.jwtVerify(token, secret, { issuer: 'me' }));
await jose.jwtVerify(token, secret, { issuer: 'you' }).catch((error) => console.log(error.code, error.message));

for (const alg of ['RS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  const signed = await new jose.CompactSign(bytes('hello')).setProtectedHeader({ alg }).sign(privateKey);
  const jwk = await jose.exportJWK(publicKey);
  const again = await jose.importPKCS8(await jose.exportPKCS8(privateKey), alg);
  const spki = await jose.importSPKI(await jose.exportSPKI(publicKey), alg);
  for (const key of [publicKey, spki, await jose.importJWK(jwk, alg)]) {
    console.log(alg, text((await jose.compactVerify(signed, key)).payload), key.type, key.algorithm.name);
  }
  console.log(Object.keys(jwk), again.type, (await jose.calculateJwkThumbprint(jwk)).length);
}

const symmetric = [['dir', 'A256GCM'], ['A256KW', 'A128CBC-HS256'], ['A256GCMKW', 'A192GCM'], ['PBES2-HS256+A128KW', 'A256GCM']];
for (const [alg, enc] of symmetric) {
  const sealed = await new jose.CompactEncrypt(bytes('sealed')).setProtectedHeader({ alg, enc }).encrypt(secret);
  const opened = await jose.compactDecrypt(sealed, secret, { keyManagementAlgorithms: [alg] });
  console.log(alg, enc, text(opened.plaintext));
}
for (const alg of ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW']) {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg);
  const sealed = await new jose.EncryptJWT({ z: 1 }).setProtectedHeader({ alg, enc: 'A128GCM' }).encrypt(publicKey);
  console.log(alg, (await jose.jwtDecrypt(sealed, privateKey)).payload);
  const spoilt = `${sealed.slice(0, -3)}AAA`;
  await jose.jwtDecrypt(spoilt, privateKey).catch((error) => console.log(error.code, error.message));
}
