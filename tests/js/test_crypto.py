"""node:crypto: keys, signatures, ciphers and secrets, and Web Crypto, as Node has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, write

PRELUDE = r"""
const crypto = require('crypto');
const { subtle } = globalThis.crypto;
const log = (...values) => console.log(...values);

/** What `f` throws. */
const refused = (f) => {
  try {
    return f();
  } catch (error) {
    return [error.name, error.code, error.message].join(' | ');
  }
};
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const pair = (...args) => crypto.generateKeyPairSync(...args);
"""

PROGRAMS = {
    "a key is the same in every form": (
        "const { privateKey, publicKey } = pair('rsa', { modulusLength: 1024 });"
        "for (const type of ['pkcs1', 'pkcs8']) for (const format of ['pem', 'der']) {"
        " const key = privateKey.export({ type, format });"
        " if (!crypto.createPrivateKey({ key, type, format }).equals(privateKey)) log(type, format); }"
        "for (const type of ['pkcs1', 'spki']) for (const format of ['pem', 'der']) {"
        " const key = publicKey.export({ type, format });"
        " if (!crypto.createPublicKey({ key, type, format }).equals(publicKey)) log(type, format); }"
        "for (const [curve] of [['P-256'], ['secp256k1'], ['P-521']]) { const ec = pair('ec', { namedCurve: curve });"
        " const key = ec.privateKey.export({ format: 'jwk' });"
        " if (!crypto.createPrivateKey({ key, format: 'jwk' }).equals(ec.privateKey)) log(curve); }"
        "log(publicKey.asymmetricKeyDetails, crypto.createPublicKey(privateKey).equals(publicKey));",
        "{ modulusLength: 1024, publicExponent: 65537n } true"),
    "an encrypted key opens with its passphrase alone": (
        "const { privateKey } = pair('ed25519');"
        "const key = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' });"
        "log(crypto.createPrivateKey({ key, passphrase: 'word' }).equals(privateKey));"
        "log(refused(() => crypto.createPrivateKey(key)).split(' | ')[1]);",
        "true\nERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED"),
    "signatures of all algorithms are right, and no others": (
        "const ways = [[pair('rsa', { modulusLength: 1024 }), 'sha256', {}],"
        " [pair('rsa', { modulusLength: 1024 }), 'RSA-SHA512',"
        "  { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 16 }],"
        " [pair('ec', { namedCurve: 'P-384' }), 'sha384', { dsaEncoding: 'ieee-p1363' }],"
        " [pair('ec', { namedCurve: 'P-256' }), 'sha256', {}], [pair('ed25519'), null, {}]];"
        "for (const [{ privateKey, publicKey }, hash, options] of ways) {"
        " const made = crypto.sign(hash, Buffer.from('text'), { key: privateKey, ...options });"
        " const check = (text) => crypto.verify(hash, Buffer.from(text), { key: publicKey, ...options }, made);"
        " const pieces = hash && crypto.createVerify(hash).update('te').update('xt')"
        "  .verify({ key: publicKey, ...options }, made);"
        " log(check('text'), check('test'), pieces); }",
        "true false true\ntrue false true\ntrue false true\ntrue false true\ntrue false null"),
    "a message with a tag that was changed is refused": (
        "const seal = (name, options) => { const key = Buffer.alloc(name === 'chacha20-poly1305' ? 32 : 16, 1);"
        " const cipher = crypto.createCipheriv(name, key, Buffer.alloc(12), options);"
        " const sealed = Buffer.concat([cipher.update('text'), cipher.final()]); const tag = cipher.getAuthTag();"
        " const open = (bytes) => { const d = crypto.createDecipheriv(name, key, Buffer.alloc(12), options);"
        "  d.setAuthTag(tag); return d.update(bytes, undefined, 'utf8') + d.final('utf8'); };"
        " log(open(sealed)); sealed[0] ^= 1; log(refused(() => open(sealed))); };"
        "seal('aes-128-gcm'); seal('aes-128-ccm', { authTagLength: 16 }); seal('chacha20-poly1305');",
        "\n".join(["text", "Error |  | Unsupported state or unable to authenticate data"] * 3)),
    "a cipher is a stream, and says what is wrong with its arguments": (
        "const make = (...args) => refused(() => crypto.createCipheriv(...args));"
        "log(make('none', Buffer.alloc(16), null)); log(make('aes-128-cbc', Buffer.alloc(15), Buffer.alloc(16)));"
        "log(make('aes-128-cbc', Buffer.alloc(16), Buffer.alloc(1)));"
        "const cipher = crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));"
        "cipher.on('data', (data) => log(hex(data))).end('text');",
        "Error | ERR_CRYPTO_UNKNOWN_CIPHER | Unknown cipher\n"
        "RangeError | ERR_CRYPTO_INVALID_KEYLEN | Invalid key length\n"
        "TypeError | ERR_CRYPTO_INVALID_IV | Invalid initialization vector\n128c33a0"),
    "both sides agree on a secret": (
        "for (const make of [() => crypto.createECDH('secp256k1'), () => crypto.getDiffieHellman('modp14'),"
        " () => crypto.createDiffieHellman(crypto.getDiffieHellman('modp5').getPrime())]) { const [a, b] ="
        " [make(), make()];"
        " const [of, ofOther] = [a.generateKeys(), b.generateKeys()];"
        " log(a.computeSecret(ofOther).equals(b.computeSecret(of))); }"
        "const [a, b] = [pair('x25519'), pair('x25519')];"
        "const one = crypto.diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey });"
        "crypto.diffieHellman({ privateKey: b.privateKey, publicKey: a.publicKey }, (error, other) =>"
        " log(one.equals(other)));",
        "true\ntrue\ntrue\ntrue"),
    "hkdf gives what RFC 5869 says": (
        "log(hex(crypto.hkdfSync('sha256', Buffer.alloc(22, 0x0b), Buffer.from('000102030405060708090a0b0c', 'hex'),"
        " Buffer.from('f0f1f2f3f4f5f6f7f8f9', 'hex'), 42)));",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
    "primes are made and known": (
        "log(crypto.checkPrimeSync(crypto.generatePrimeSync(64, { bigint: true })), crypto.checkPrimeSync(91n));"
        "crypto.generatePrime(32, { add: 12n, rem: 11n, bigint: true }, (error, prime) => log(error, prime % 12n));",
        "true false\nundefined 11n"),
    "Web Crypto has what the module has": (
        "(async () => { const usages = ['sign', 'verify'];"
        "const key = await subtle.importKey('raw', Buffer.alloc(32, 7), { name: 'HMAC', hash: 'SHA-256' },"
        " true, usages);"
        "log(hex(await subtle.sign('HMAC', key, Buffer.from('hello')))); log((await subtle.exportKey('jwk', key)).alg);"
        "const ec = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, usages);"
        "const way = { name: 'ECDSA', hash: 'SHA-256' }; const made = await subtle.sign(way, ec.privateKey,"
        " Buffer.from('a'));"
        "log(made.byteLength, await subtle.verify(way, ec.publicKey, made, Buffer.from('a')));"
        "await subtle.exportKey('jwk', ec.privateKey).catch((error) => log(error.name, error.message));"
        "ec.privateKey.usages.push('verify'); ec.privateKey.algorithm.name = 'HMAC';"
        "await subtle.sign('HMAC', ec.privateKey, made).catch((error) => log(error.name, error.message));"
        "log(structuredClone(key).algorithm.length, crypto.KeyObject.from(key).symmetricKeySize); })();",
        "290af183d08286ae740dfed386724985dc666de6350a8df2e8520307ae2503ed\nHS256\n64 true\n"
        "InvalidAccessError key is not extractable\nInvalidAccessError Key algorithm mismatch\n256 32"),
    "the counter of AES-CTR begins again within its own bits": (
        "(async () => { const key = await subtle.importKey('raw', Buffer.alloc(32, 7), 'AES-CTR', false, ['encrypt']);"
        "const counter = Buffer.alloc(16, 255); const zeros = new Uint8Array(32);"
        "const made = await subtle.encrypt({ name: 'AES-CTR', counter, length: 64 }, key, zeros);"
        "const again = await subtle.encrypt("
        " { name: 'AES-CTR', counter: Buffer.alloc(16, 0).fill(255, 0, 8), length: 64 }, key, zeros);"
        "log(hex(made.slice(16)) === hex(again.slice(0, 16))); })();",
        "true"),
    "a stream of a hash has ended, and digest tells it again": (
        "const hash = crypto.createHash('sha1'); hash.on('data', (data) => log(hash.digest('hex') ==="
        " hex(data))).end('a');",
        "true"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_crypto_does_what_node_does(name: str, command: list[str], tmp_path: Path) -> None:
    program, expected = PROGRAMS[name]
    write(tmp_path, {"program.js": PRELUDE + program})
    assert output(command, "program.js", folder=tmp_path) == expected + "\n"


def test_a_key_of_no_bytes_cannot_be_derived(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"derive.cjs": """
      const { pbkdf2, pbkdf2Sync } = require('node:crypto');
      try { pbkdf2Sync('a', 'b', 1, 0, 'sha1'); } catch (error) { console.log(error.message); }
      pbkdf2('a', 'b', 1, 0, 'sha1', (error) => console.log(error.message));
    """})
    assert output(command, "derive.cjs", folder=tmp_path) == "Deriving bits failed\n" * 2
