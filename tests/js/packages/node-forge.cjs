// node-forge: a certificate that it makes is read by X509Certificate, and signatures of either are right to the other.
const assert = require('assert/strict');
const crypto = require('crypto');
const forge = require('node-forge');

const keys = forge.pki.rsa.generateKeyPair({ bits: 1024, e: 0x10001 });
const certificate = forge.pki.createCertificate();
Object.assign(certificate, { publicKey: keys.publicKey, serialNumber: '01' });
certificate.validity.notBefore = new Date(0);
certificate.validity.notAfter = new Date(4e12);
const name = [{ name: 'commonName', value: 'name.test' }];
certificate.setSubject(name);
certificate.setIssuer(name);
certificate.sign(keys.privateKey, forge.md.sha256.create());

const read = new crypto.X509Certificate(forge.pki.certificateToPem(certificate));
console.log(read.subject, read.validTo, read.publicKey.asymmetricKeyType, read.publicKey.asymmetricKeyDetails);
const privateKey = crypto.createPrivateKey(forge.pki.privateKeyToPem(keys.privateKey));
console.log(read.checkHost('name.test'), read.checkHost('other.test'), read.checkIssued(read));
console.log(read.verify(read.publicKey), read.checkPrivateKey(privateKey));

const hash = forge.md.sha256.create().update('message');
const signature = Buffer.from(keys.privateKey.sign(hash), 'binary');
assert(crypto.verify('sha256', Buffer.from('message'), read.publicKey, signature));
const made = crypto.sign('sha256', Buffer.from('message'), privateKey).toString('binary');
assert(keys.publicKey.verify(hash.digest().bytes(), made));
const sealed = crypto.publicEncrypt(read.publicKey, Buffer.from('secret')).toString('binary');
console.log(keys.privateKey.decrypt(sealed, 'RSA-OAEP'));
const cipher = forge.cipher.createCipher('AES-GCM', 'a key of 16 byte');
cipher.start({ iv: 'iv of 12 byt' });
cipher.update(forge.util.createBuffer('plain'));
cipher.finish();
const decipher = crypto.createDecipheriv('aes-128-gcm', 'a key of 16 byte', 'iv of 12 byt');
decipher.setAuthTag(Buffer.from(cipher.mode.tag.bytes(), 'binary'));
console.log(decipher.update(cipher.output.bytes(), 'binary', 'utf8') + decipher.final('utf8'));
