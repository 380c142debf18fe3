'use strict';

// New keys: pairs for every algorithm, and secret ones.

const {
  codes: { ERR_INCOMPATIBLE_OPTION_PAIR, ERR_INVALID_ARG_VALUE, ERR_MISSING_OPTION },
} = require('internal/errors');
const {
  validateFunction, validateInt32, validateInteger, validateObject, validateOneOf, validateString, validateUint32,
  validateBuffer,
} = require('internal/validators');
const hooks = require('internal/async_hooks');
const { customPromisifyArgs } = require('internal/util');
const { answer, evp, later, refusal } = require('internal/crypto/util');
const {
  Handle, PrivateKeyObject, SecretKeyObject, parseKeyEncoding, publicObject, writtenPrivateKey,
  writtenPublicKey,
} = require('internal/crypto/keys');

const CURVES_AS_TYPES = [
  'ed25519', 'ed448', 'x25519', 'x448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87',
  'ml-kem-512', 'ml-kem-768', 'ml-kem-1024',
];

/** How to check the options for each type of key, and what Python needs of them. */
const KINDS = {
  __proto__: null,
  'rsa': rsaOptions,
  'rsa-pss': (options) => ({ ...rsaOptions(options), ...pssOptions(options) }),
  'dsa': dsaOptions,
  'ec': ecOptions,
  'dh': dhOptions,
  ...Object.fromEntries(CURVES_AS_TYPES.map((name) => [name, () => ({})])),
};

function rsaOptions(options) {
  validateObject(options, 'options');
  const { modulusLength, publicExponent } = options;
  validateUint32(modulusLength, 'options.modulusLength');
  if (publicExponent != null) validateUint32(publicExponent, 'options.publicExponent');
  return { modulusLength, publicExponent: publicExponent ?? 0x10001 };
}

function pssOptions({ saltLength, hashAlgorithm, mgf1HashAlgorithm, hash, mgf1Hash }) {
  if (saltLength != null) validateInt32(saltLength, 'options.saltLength', 0);
  const digest = hashAlgorithm === undefined ? hash : hashAlgorithm;
  const maskDigest = mgf1HashAlgorithm === undefined ? mgf1Hash : mgf1HashAlgorithm;
  if (digest !== undefined) checkDigest(digest, 'options.hashAlgorithm');
  if (maskDigest !== undefined) checkDigest(maskDigest, 'options.mgf1HashAlgorithm', 'MGF1 digest');
  return { saltLength: saltLength ?? null, hashAlgorithm: digest ?? null, mgf1HashAlgorithm: maskDigest ?? null };
}

function checkDigest(name, option, what = 'digest') {
  validateString(name, option);
  const { getHashes } = require('crypto');
  if (getHashes().some((each) => each.toLowerCase() === name.toLowerCase())) return;
  throw refusal([`Invalid ${what}: ${name}`, 'ERR_CRYPTO_INVALID_DIGEST', '', '', []]);
}

function dsaOptions(options) {
  validateObject(options, 'options');
  const { modulusLength, divisorLength } = options;
  validateUint32(modulusLength, 'options.modulusLength');
  if (divisorLength != null) validateInt32(divisorLength, 'options.divisorLength', 0);
  return { modulusLength, divisorLength: divisorLength ?? null };
}

function ecOptions(options) {
  validateObject(options, 'options');
  const { namedCurve, paramEncoding } = options;
  validateString(namedCurve, 'options.namedCurve');
  if (paramEncoding != null && paramEncoding !== 'named' && paramEncoding !== 'explicit') {
    throw new ERR_INVALID_ARG_VALUE('options.paramEncoding', paramEncoding);
  }
  const curve = answer(evp().curveName(namedCurve));
  if (curve === null) throw refusal(['Invalid EC curve name', 'ERR_CRYPTO_INVALID_CURVE', '', '', []]);
  return { namedCurve: curve, paramEncoding: paramEncoding ?? 'named' };
}

function dhOptions(options) {
  validateObject(options, 'options');
  const { group, primeLength, prime, generator } = options;
  if (group != null) {
    for (const name of ['prime', 'primeLength', 'generator']) {
      if (options[name] != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('group', name);
    }
    validateString(group, 'options.group');
    const known = answer(evp().groupPrime(group));
    if (known === null) throw refusal(['Unknown DH group', 'ERR_CRYPTO_UNKNOWN_DH_GROUP', '', '', []]);
    return { prime: known, generator: 2 };
  }
  if (prime != null) {
    if (primeLength != null) throw new ERR_INCOMPATIBLE_OPTION_PAIR('prime', 'primeLength');
    validateBuffer(prime, 'options.prime');
  } else if (primeLength != null) {
    validateInt32(primeLength, 'options.primeLength', 0);
  } else {
    throw new ERR_MISSING_OPTION('At least one of the group, prime, or primeLength options');
  }
  if (generator != null) validateInt32(generator, 'options.generator', 0);
  return { prime: prime ?? null, primeLength: primeLength ?? null, generator: generator ?? 2 };
}

/** What a new pair is given back as: for each half a function of its handle. */
function forms(kind, options = {}) {
  return {
    publicKey: form(options.publicKeyEncoding, 'publicKeyEncoding', (encoding) => {
      const parsed = encoding.format === 'jwk' ? encoding :
        parseKeyEncoding(encoding, kind, true, 'options.publicKeyEncoding');
      return (handle) => (parsed.format === 'jwk' ? answer(evp().jwk(handle.number, false)) :
        writtenPublicKey(handle, parsed.format, parsed.type));
    }) ?? publicObject,
    privateKey: form(options.privateKeyEncoding, 'privateKeyEncoding', (encoding) => {
      const { format, type, cipher, passphrase } = encoding.format === 'jwk' ? encoding :
        parseKeyEncoding(encoding, kind, false, 'options.privateKeyEncoding');
      return (handle) => (format === 'jwk' ? answer(evp().jwk(handle.number, true)) :
        writtenPrivateKey(handle, format, type, cipher, passphrase));
    }) ?? ((handle) => new PrivateKeyObject(handle)),
  };
}

function form(encoding, name, make) {
  if (encoding == null) return undefined;
  if (typeof encoding !== 'object') throw new ERR_INVALID_ARG_VALUE(`options.${name}`, encoding);
  return make(encoding);
}

function prepareJob(kind, options) {
  validateString(kind, 'type');
  if (options !== undefined) validateObject(options, 'options');
  const { publicKey, privateKey } = forms(kind, options);
  const check = KINDS[kind];
  if (check === undefined) throw new ERR_INVALID_ARG_VALUE('type', kind, 'must be a supported key type');
  const args = [kind, check(options)];
  const shape = (made) => {
    const handle = new Handle(made);
    return { publicKey: publicKey(handle), privateKey: privateKey(handle) };
  };
  return { args, shape };
}

function generateKeyPairSync(type, options) {
  const { args, shape } = prepareJob(type, options);
  return shape(answer(evp().generate(...args)));
}

function generateKeyPair(type, options, callback) {
  if (typeof options === 'function') [options, callback] = [undefined, options];
  validateFunction(callback, 'callback');
  const { args, shape } = prepareJob(type, options);
  later('generate', args, shape, (error, pair) => {
    hooks.recorder?.called(callback);
    if (error) callback(error);
    else callback(null, pair.publicKey, pair.privateKey);
  });
}
Object.defineProperty(generateKeyPair, customPromisifyArgs, {
  __proto__: null, value: ['publicKey', 'privateKey'], enumerable: false,
});

// Secret keys

function secretLength(type, options) {
  validateString(type, 'type');
  validateObject(options, 'options');
  const { length } = options;
  if (type === 'hmac') validateInteger(length, 'options.length', 8, 2 ** 31 - 1);
  else if (type === 'aes') validateOneOf(length, 'options.length', [128, 192, 256]);
  else throw new ERR_INVALID_ARG_VALUE('type', type, 'must be a supported key type');
  return Math.floor(length / 8);
}

function generateKeySync(type, options) {
  return new SecretKeyObject(require('crypto').randomBytes(secretLength(type, options)));
}

function generateKey(type, options, callback) {
  if (typeof options === 'function') [options, callback] = [undefined, options];
  validateFunction(callback, 'callback');
  const length = secretLength(type, options);
  require('crypto').randomBytes(length, (error, bytes) => {
    hooks.recorder?.called(callback);
    if (error) callback(error);
    else callback(null, new SecretKeyObject(bytes));
  });
}


module.exports = { generateKey, generateKeyPair, generateKeyPairSync, generateKeySync };
