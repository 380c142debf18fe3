'use strict';

// Which kind of view is this? Told by its brand, so a program cannot mislead it, and without a call into V8.

const nameGetter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

const classes = {
  __proto__: null, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView,
};
if (typeof Float16Array === 'function') classes.Float16Array = Float16Array;

/** 'Uint8Array' and the like; undefined for anything but a typed array. */
function typedArrayName(value) {
  return nameGetter.call(value);
}

/** The language's own class of a view: `Uint8Array` for a Buffer. */
function viewClass(view) {
  const name = nameGetter.call(view) ?? 'DataView';
  // V8 adds the newest class when the snapshot has been loaded.
  return classes[name] ?? (name === 'Float16Array' ? Float16Array : undefined);
}

module.exports = { typedArrayName, viewClass };
