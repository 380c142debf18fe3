'use strict';

// How objects of our own classes take part in structured cloning.
//
// Theory of operation. A class that wants more than "copy the enumerable properties" has an accessor `kTransferMode`
// on its prototype: `CLONEABLE`, `TRANSFERABLE`, both, or `NEITHER`; undefined on objects that only inherit the
// prototype and lack its brand. A cloneable object's `[kClone]()` and a transferable one's `[kTransfer]()` return `{
// type: 'module id:exported class', data }`. The receiving side calls that class's static `[kDeserialize](data)`.
// Within a process `data` is handed over as it is, so it must be fresh or never change; between processes it is
// serialized.
//
// The marks that programs can put on any object (`worker_threads.markAsUncloneable` ...) are kept here too.

const { isObject } = require('internal/util');

const kTransferMode = Symbol('kTransferMode');
const kClone = Symbol('kClone');
const kTransfer = Symbol('kTransfer');
const kDeserialize = Symbol('kDeserialize');

const NEITHER = 0;
const TRANSFERABLE = 1;
const CLONEABLE = 2;

/** Give `Class.prototype` its transfer mode; `isBranded(object)` tells real instances. */
function defineTransferMode(Class, mode, isBranded) {
  Object.defineProperty(Class.prototype, kTransferMode, {
    __proto__: null,
    configurable: true,
    get() { return isBranded(this) ? mode : undefined; },
  });
}

/** The object that `{ type, data }` stands for. */
function deserialize({ type, data }) {
  const colon = type.indexOf(':');
  const Class = require(type.slice(0, colon))[type.slice(colon + 1)];
  return Class[kDeserialize](data);
}

let uncloneable;
let untransferable;

function markAsUncloneable(object) {
  if (!isObject(object) || ArrayBuffer.isView(object)) return;
  if (require('internal/util/types').isAnyArrayBuffer(object)) return;
  uncloneable ??= new WeakSet();
  uncloneable.add(object);
}

function isMarkedAsUncloneable(object) {
  return uncloneable !== undefined && uncloneable.has(object);
}

function markAsUntransferable(object) {
  if (!isObject(object)) return;
  untransferable ??= new WeakSet();
  untransferable.add(object);
}

function isMarkedAsUntransferable(object) {
  return untransferable !== undefined && isObject(object) && untransferable.has(object);
}

module.exports = {
  kTransferMode, kClone, kTransfer, kDeserialize,
  NEITHER, TRANSFERABLE, CLONEABLE,
  defineTransferMode,
  deserialize,
  markAsUncloneable,
  isMarkedAsUncloneable,
  markAsUntransferable,
  isMarkedAsUntransferable,
};
