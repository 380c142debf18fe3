'use strict';
// What `util.types` offers: is this value what it seems, whatever its prototype says?
//
// Every check looks at the brand inside the object, so none can be deceived and none runs a program's code. Views are
// told apart by the getter behind `%TypedArray%.prototype[Symbol.toStringTag]`, which reads the brand; the rest asks
// V8. Primitives never cross into V8. Crypto keys are objects of a module which may never load: until it does and
// registers its checks, no key can exist.

const binding = internalBinding('types');

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayTag = Object.getOwnPropertyDescriptor(TypedArrayPrototype, Symbol.toStringTag).get;

const { toString } = Function.prototype;
const asyncStart = /^async(?![\p{ID_Continue}$])/u;
// So may begin an arrow function whose parameter, or a method whose name, is "async".
const ambiguousStart = /^async\s*(?:\(|=>|\/)/;

// V8's own check is out of reach; the text of a function cannot be forged either.
function isAsyncFunction(value) {
  if (typeof value !== 'function') return false;
  const text = toString.call(value);
  if (!asyncStart.test(text)) return false;
  return !ambiguousStart.test(text) || Object.getPrototypeOf(value) !== Function.prototype;
}

const isObject = (value) => typeof value === 'object' && value !== null;
const tagOf = (value) => typedArrayTag.call(value);

function isBoxedPrimitive(value) {
  return isObject(value) && (
    binding.isNumberObject(value) ||
    binding.isStringObject(value) ||
    binding.isBooleanObject(value) ||
    binding.isBigIntObject(value) ||
    binding.isSymbolObject(value)
  );
}

let keyChecks;

module.exports = {
  isExternal(value) { return isObject(value) && binding.isExternal(value); },
  isDate(value) { return isObject(value) && binding.isDate(value); },
  isArgumentsObject(value) { return isObject(value) && binding.isArgumentsObject(value); },
  isBigIntObject(value) { return isObject(value) && binding.isBigIntObject(value); },
  isBooleanObject(value) { return isObject(value) && binding.isBooleanObject(value); },
  isNumberObject(value) { return isObject(value) && binding.isNumberObject(value); },
  isStringObject(value) { return isObject(value) && binding.isStringObject(value); },
  isSymbolObject(value) { return isObject(value) && binding.isSymbolObject(value); },
  isBoxedPrimitive,
  isNativeError(value) { return isObject(value) && binding.isNativeError(value); },
  isRegExp(value) { return isObject(value) && binding.isRegExp(value); },
  isAsyncFunction,
  isGeneratorFunction(value) { return typeof value === 'function' && binding.isGeneratorFunction(value); },
  isGeneratorObject(value) { return isObject(value) && binding.isGeneratorObject(value); },
  isPromise(value) { return isObject(value) && binding.isPromise(value); },
  isMap(value) { return isObject(value) && binding.isMap(value); },
  isSet(value) { return isObject(value) && binding.isSet(value); },
  isMapIterator(value) { return isObject(value) && binding.isMapIterator(value); },
  isSetIterator(value) { return isObject(value) && binding.isSetIterator(value); },
  isWeakMap(value) { return isObject(value) && binding.isWeakMap(value); },
  isWeakSet(value) { return isObject(value) && binding.isWeakSet(value); },
  isArrayBuffer(value) { return isObject(value) && binding.isArrayBuffer(value); },
  isDataView(value) { return ArrayBuffer.isView(value) && tagOf(value) === undefined; },
  isSharedArrayBuffer(value) { return isObject(value) && binding.isSharedArrayBuffer(value); },
  isProxy(value) { return (isObject(value) || typeof value === 'function') && binding.isProxy(value); },
  isModuleNamespaceObject(value) { return isObject(value) && binding.isModuleNamespaceObject(value); },
  isAnyArrayBuffer(value) {
    return isObject(value) && (binding.isArrayBuffer(value) || binding.isSharedArrayBuffer(value));
  },
  isArrayBufferView: ArrayBuffer.isView,
  isTypedArray(value) { return tagOf(value) !== undefined; },
  isUint8Array(value) { return tagOf(value) === 'Uint8Array'; },
  isUint8ClampedArray(value) { return tagOf(value) === 'Uint8ClampedArray'; },
  isUint16Array(value) { return tagOf(value) === 'Uint16Array'; },
  isUint32Array(value) { return tagOf(value) === 'Uint32Array'; },
  isInt8Array(value) { return tagOf(value) === 'Int8Array'; },
  isInt16Array(value) { return tagOf(value) === 'Int16Array'; },
  isInt32Array(value) { return tagOf(value) === 'Int32Array'; },
  isFloat16Array(value) { return tagOf(value) === 'Float16Array'; },
  isFloat32Array(value) { return tagOf(value) === 'Float32Array'; },
  isFloat64Array(value) { return tagOf(value) === 'Float64Array'; },
  isBigInt64Array(value) { return tagOf(value) === 'BigInt64Array'; },
  isBigUint64Array(value) { return tagOf(value) === 'BigUint64Array'; },
  isKeyObject(value) { return keyChecks !== undefined && keyChecks.isKeyObject(value); },
  isCryptoKey(value) { return keyChecks !== undefined && keyChecks.isCryptoKey(value); },
};

/** For the crypto module: `{ isKeyObject, isCryptoKey }`. Hidden, since programs see this object as `util.types`. */
Object.defineProperty(module.exports, 'registerKeyChecks', {
  __proto__: null,
  value(checks) { keyChecks = checks; },
});
