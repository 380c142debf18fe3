'use strict';

// structuredClone(), and the copying behind every message that is posted.
//
// Theory of operation. Where a browser writes a value to bytes and reads them back, this copies the graph in one walk;
// `seen` maps each source object to its copy, which keeps cycles and shared references. Objects are told apart by
// their brand, with `Object.prototype.toString` as a hint that costs little.
// What is transferred may be taken from its owner only when nothing can fail any more, so during the walk a `Pending`
// stands for it; afterwards the transfers are made and `settle` puts the results in their places.
//
// What surprises people: functions, symbols and proxies cannot be cloned, classes are lost (an instance becomes a
// plain object), getters are run and their values copied, and a view brings its whole buffer along.

const {
  isAnyArrayBuffer, isArgumentsObject, isArrayBuffer, isBigIntObject, isBooleanObject, isDate, isExternal,
  isGeneratorObject, isMap, isMapIterator, isModuleNamespaceObject, isNativeError, isNumberObject, isPromise, isProxy,
  isRegExp, isSet, isSetIterator, isSharedArrayBuffer, isStringObject, isSymbolObject, isWeakMap, isWeakSet,
} = require('internal/util/types');
const {
  kTransferMode, kClone, kTransfer, TRANSFERABLE, CLONEABLE, deserialize, isMarkedAsUncloneable,
  isMarkedAsUntransferable,
} = require('internal/worker/js_transferable');
const { typedArrayName, viewClass } = require('internal/views');
const { noSideEffectsToString } = require('internal/no_side_effects_to_string');

const { toString } = Object.prototype;
const typedArrayKeys = Object.getPrototypeOf(Uint8Array.prototype).keys;
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
const dateValue = Date.prototype.getTime;
const booleanValue = Boolean.prototype.valueOf;
const numberValue = Number.prototype.valueOf;
const stringValue = String.prototype.valueOf;
const bigintValue = BigInt.prototype.valueOf;

const errors = { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function dataCloneError(message) {
  const { DOMException } = require('internal/dom_exception');
  return new DOMException(message, 'DataCloneError');
}

const cannotClone = (value) => dataCloneError(`${noSideEffectsToString(value)} could not be cloned.`);

/** Stands for an object that is being transferred, or for a view of such a buffer. */
class Pending {
  constructor(source, settle) {
    this.source = source;
    this.settle = settle;
    this.result = undefined;
  }
}

function clone(value, seen) {
  switch (typeof value) {
    case 'object':
      return value === null ? null : seen.get(value) ?? cloneObject(value, seen);
    case 'function':
    case 'symbol':
      throw cannotClone(value);
    default:
      return value;
  }
}

function cloneObject(value, seen) {
  if (isProxy(value)) {
    if (value === require('internal/process/object').environment) return cloneProperties(value, {}, seen);
    throw cannotClone(value);
  }
  const mode = value[kTransferMode];
  if (mode !== undefined) return clonePlatformObject(value, mode, seen);
  if (isMarkedAsUncloneable(value) && !isAnyArrayBuffer(value)) {
    throw dataCloneError('Cannot clone object of unsupported type.');
  }
  if (Array.isArray(value)) return cloneArray(value, seen);
  const tag = toString.call(value);
  if (tag === '[object Object]') return cloneProperties(value, {}, seen);
  if (ArrayBuffer.isView(value)) return cloneView(value, seen);
  const kind = kinds[tag];
  if (kind?.is(value)) return remember(value, kind.copy(value, seen), seen);
  return cloneByBrand(value, tag, seen);
}

function remember(value, copy, seen) {
  seen.set(value, copy);
  return copy;
}

function clonePlatformObject(value, mode, seen) {
  if (mode & CLONEABLE) return remember(value, deserialize(value[kClone]()), seen);
  throw dataCloneError(mode & TRANSFERABLE ?
    'Object that needs transfer was found in message but not listed in transferList' :
    'Cannot clone object of unsupported type.');
}

/** An assignment, unless that would reach a setter that something inherited has. */
function setOwn(object, key, value) {
  if (key in object) {
    Object.defineProperty(object, key,
      { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

function cloneProperties(value, copy, seen) {
  seen.set(value, copy);
  const keys = Object.keys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    // A getter may have deleted what comes after it.
    if (i > 0 && !Object.hasOwn(value, key)) continue;
    setOwn(copy, key, clone(value[key], seen));
  }
  return copy;
}

function isDense(array, keys) {
  return keys.length === array.length && (keys.length === 0 || keys[keys.length - 1] === `${array.length - 1}`);
}

function cloneArray(value, seen) {
  const { length } = value;
  const keys = Object.keys(value);
  if (!isDense(value, keys)) return cloneProperties(value, new Array(length), seen);
  const copy = [];
  seen.set(value, copy);
  for (let i = 0; i < length; i++) {
    if (i < value.length && Object.hasOwn(value, i)) copy[i] = clone(value[i], seen);
  }
  copy.length = length;
  return copy;
}

function cloneMap(value, seen) {
  const copy = remember(value, new Map(), seen);
  const entries = [];
  mapForEach.call(value, (item, key) => entries.push(key, item));
  for (let i = 0; i < entries.length; i += 2) copy.set(clone(entries[i], seen), clone(entries[i + 1], seen));
  return copy;
}

function cloneSet(value, seen) {
  const copy = remember(value, new Set(), seen);
  const entries = [];
  setForEach.call(value, (item) => entries.push(item));
  for (const item of entries) copy.add(clone(item, seen));
  return copy;
}

function dataProperty(object, key) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  return descriptor !== undefined && 'value' in descriptor ? descriptor : undefined;
}

function cloneError(value, seen) {
  const Class = errors[value.name] ?? Error;
  const message = dataProperty(value, 'message');
  const cause = dataProperty(value, 'cause');
  const { stack } = value;
  const copy = message === undefined ? new Class() : new Class(`${message.value}`);
  seen.set(value, copy);
  if (cause !== undefined) {
    Object.defineProperty(copy, 'cause', {
      __proto__: null, value: clone(cause.value, seen), writable: true, enumerable: false, configurable: true,
    });
  }
  copy.stack = typeof stack === 'string' ? stack : undefined;
  return copy;
}

function cloneBuffer(value) {
  if (value.detached) throw dataCloneError('An ArrayBuffer is detached and could not be cloned.');
  const { byteLength, maxByteLength } = value;
  const copy = value.resizable ? new ArrayBuffer(byteLength, { maxByteLength }) : new ArrayBuffer(byteLength);
  new Uint8Array(copy).set(new Uint8Array(value));
  return copy;
}

/** Does the view grow with its resizable buffer? JavaScript can only find out by trying. */
function isLengthTracking(view) {
  const { buffer, byteLength, BYTES_PER_ELEMENT: step = 1 } = view;
  const before = buffer.byteLength;
  const reachesEnd = view.byteOffset + byteLength + step > before;
  if (!reachesEnd || isSharedArrayBuffer(buffer)) return reachesEnd && buffer.growable;
  if (before + step <= buffer.maxByteLength) {
    buffer.resize(before + step);
    const grew = view.byteLength > byteLength;
    buffer.resize(before);
    return grew;
  }
  const tail = new Uint8Array(buffer).slice(-step);
  buffer.resize(before - tail.length);
  try {
    return view.byteLength > 0;
  } catch {
    return false; // a DataView that ends beyond its buffer
  } finally {
    buffer.resize(before);
    new Uint8Array(buffer).set(tail, before - tail.length);
  }
}

function isOutOfBounds(view) {
  try {
    if (typedArrayName(view) === undefined) void view.byteLength;
    else typedArrayKeys.call(view);
    return false;
  } catch {
    return true;
  }
}

function cloneView(value, seen) {
  const { buffer } = value;
  if (buffer.resizable && isOutOfBounds(value)) throw cannotClone(value);
  const Class = viewClass(value);
  const copy = clone(buffer, seen);
  const offset = buffer.detached ? 0 : value.byteOffset;
  const length = (buffer.resizable || buffer.growable) && isLengthTracking(value) ?
    undefined :
    value.length ?? value.byteLength;
  if (copy instanceof Pending) {
    return remember(value, new Pending(value, () => new Class(copy.result, offset, length)), seen);
  }
  return remember(value, new Class(copy, offset, length), seen);
}

// What toString says, how to make sure of it, and how to copy. (A view has many names and is asked for before.)
const kinds = {
  '__proto__': null,
  '[object Map]': { is: isMap, copy: cloneMap },
  '[object Set]': { is: isSet, copy: cloneSet },
  '[object Date]': { is: isDate, copy: (value) => new Date(dateValue.call(value)) },
  '[object RegExp]': { is: isRegExp, copy: (value) => new RegExp(value.source, value.flags) },
  '[object Error]': { is: isNativeError, copy: cloneError },
  '[object ArrayBuffer]': { is: isArrayBuffer, copy: cloneBuffer },
  // Its memory is shared by definition; so may be the object be.
  '[object SharedArrayBuffer]': { is: isSharedArrayBuffer, copy: (value) => value },
  '[object Boolean]': { is: isBooleanObject, copy: (value) => Object(booleanValue.call(value)) },
  '[object Number]': { is: isNumberObject, copy: (value) => Object(numberValue.call(value)) },
  '[object String]': { is: isStringObject, copy: (value) => Object(stringValue.call(value)) },
  '[object BigInt]': { is: isBigIntObject, copy: (value) => Object(bigintValue.call(value)) },
};

const uncloneable = {
  '__proto__': null,
  '[object Promise]': isPromise,
  '[object WeakMap]': isWeakMap,
  '[object WeakSet]': isWeakSet,
  '[object Generator]': isGeneratorObject,
  '[object AsyncGenerator]': isGeneratorObject,
  '[object Map Iterator]': isMapIterator,
  '[object Set Iterator]': isSetIterator,
  '[object Module]': isModuleNamespaceObject,
  '[object Symbol]': isSymbolObject,
  '[object Arguments]': isArgumentsObject,
};

// V8 has no brand check for these; their tag is inherited from a prototype that programs do not touch.
const uncloneableTag = new RegExp(`^\\[object (?:${[
  'WeakRef', 'FinalizationRegistry', 'Array Iterator', 'String Iterator', 'RegExp String Iterator', 'Iterator Helper',
  'Wrap for valid iterator', 'Intl\\..*', 'WebAssembly\\.(?!Module\\]).*', 'Temporal\\..*', 'DisposableStack',
  'AsyncDisposableStack',
].join('|')})\\]$`);

function isUncloneable(value, tag = toString.call(value)) {
  if (uncloneable[tag]?.(value) || isExternal(value)) return true;
  return uncloneableTag.test(tag) && !Object.hasOwn(value, Symbol.toStringTag);
}

/** For what says something unusual of itself: a built-in in disguise, one that cannot be cloned, or a plain object. */
function cloneByBrand(value, tag, seen) {
  if (isUncloneable(value, tag)) throw cannotClone(value);
  for (const { is, copy } of Object.values(kinds)) {
    if (is(value)) return remember(value, copy(value, seen), seen);
  }
  // A compiled module cannot change, and there is no way to make another from it.
  if (tag === '[object WebAssembly.Module]' && !Object.hasOwn(value, Symbol.toStringTag)) return value;
  return cloneProperties(value, {}, seen);
}

// Transfer

function pendingBuffer(buffer) {
  if (buffer.detached || isMarkedAsUntransferable(buffer)) {
    throw dataCloneError('Cannot transfer object of unsupported type.');
  }
  return new Pending(buffer, () => {
    try {
      return buffer.transfer();
    } catch {
      throw dataCloneError('Cannot transfer object of unsupported type.'); // a WebAssembly.Memory's
    }
  });
}

function pendingFor(object, sourcePort) {
  if (isArrayBuffer(object)) return pendingBuffer(object);
  if (object === sourcePort && object !== undefined) throw dataCloneError('Transfer list contains source port');
  if (!(object?.[kTransferMode] & TRANSFERABLE)) throw dataCloneError('Found invalid value in transferList.');
  if (isMarkedAsUntransferable(object)) throw dataCloneError('Cannot transfer object of unsupported type.');
  return new Pending(object, () => deserialize(object[kTransfer]()));
}

function nameOf(object) {
  return isArrayBuffer(object) ? 'ArrayBuffer' : internalBinding('util').getConstructorName(object);
}

/** `copy`'s entries with the results where there were `Pending`s. */
function settle(copy) {
  const now = (value) => (value instanceof Pending ? value.result : value);
  if (copy instanceof Map) {
    const entries = [...copy];
    copy.clear();
    for (const [key, value] of entries) copy.set(now(key), now(value));
  } else if (copy instanceof Set) {
    const values = [...copy];
    copy.clear();
    for (const value of values) copy.add(now(value));
  } else if (copy instanceof Error) {
    copy.cause = now(copy.cause);
  } else {
    for (const key of Object.keys(copy)) {
      if (copy[key] instanceof Pending) Object.defineProperty(copy, key, { __proto__: null, value: copy[key].result });
    }
  }
}

const isMemory = (object) => isArrayBuffer(object) || ArrayBuffer.isView(object);
const isPlatformObject = (object) => !isMemory(object);

/**
 * The copy of `value` and, in the order of `transferList`, what became of the objects in it.
 * Throws before anything has been taken from its owner if `value` cannot be cloned.
 */
function cloneAndTransfer(value, transferList, sourcePort) {
  const seen = new Map();
  for (const object of transferList) {
    if (seen.has(object)) throw dataCloneError(`Transfer list contains duplicate ${nameOf(object)}`);
    seen.set(object, pendingFor(object, sourcePort));
  }
  const copy = clone(value, seen);
  const pending = [...seen.values()].filter((entry) => entry instanceof Pending);
  // Objects may refuse; buffers do not. Views come after their buffers.
  const [objects, memory] = [isPlatformObject, isMemory].map((is) => pending.filter(({ source }) => is(source)));
  for (const entry of [...objects, ...memory]) entry.result = entry.settle();
  for (const entry of seen.values()) {
    if (!(entry instanceof Pending)) settle(entry);
  }
  return {
    value: copy instanceof Pending ? copy.result : copy,
    transferred: pending.slice(0, transferList.length).map((entry) => entry.result),
  };
}

/** A copy of `value`, of which nothing is transferred. */
function cloneValue(value) {
  return clone(value, new Map());
}

// The global

function conversionError(message) {
  const error = new TypeError(`Failed to execute 'structuredClone': ${message}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}

function toTransferList(transfer) {
  if (transfer === undefined) return [];
  const iterate = typeof transfer === 'object' && transfer !== null ? transfer[Symbol.iterator] : undefined;
  if (typeof iterate !== 'function') throw conversionError('transfer in Options cannot be converted to sequence.');
  const list = [...transfer];
  const index = list.findIndex((object) => object === null || !['object', 'function'].includes(typeof object));
  if (index !== -1) throw conversionError(`transfer in Options[${index}] is not an object.`);
  return list;
}

/**
 * A deep copy of `value`; what `options.transfer` lists is moved instead.
 * Source: HTML standard, section "Structured data".
 */
function structuredClone(value, options) {
  if (arguments.length === 0) {
    const { codes: { ERR_MISSING_ARGS } } = require('internal/errors');
    throw new ERR_MISSING_ARGS('The value argument must be specified');
  }
  if (options == null) return cloneValue(value);
  if (typeof options !== 'object' && typeof options !== 'function') {
    throw conversionError('Options cannot be converted to a dictionary');
  }
  const transferList = toTransferList(options.transfer);
  return transferList.length === 0 ? cloneValue(value) : cloneAndTransfer(value, transferList).value;
}

module.exports = { structuredClone, cloneValue, cloneAndTransfer, dataCloneError };
