'use strict';

// node:v8: serialization in V8's own format, and what V8 tells of itself.
//
// Theory of operation. The format is written and read by V8; Serializer and Deserializer are the face of its own
// classes, whose underscored methods a subclass may replace: V8 asks them about what it does not know
// (`natives/serdes.py`). Statistics and flags come from V8 too.
//
// What surprises people: `deserialize` gives views on the memory of the buffer it was given. Heap snapshots,
// coverage and profiles need parts of V8 that are out of reach here; each says so in one clear error.

const {
  codes: {
    ERR_CONSTRUCT_CALL_REQUIRED, ERR_FEATURE_UNAVAILABLE_ON_PLATFORM, ERR_INVALID_ARG_TYPE, ERR_NOT_BUILDING_SNAPSHOT,
  },
} = require('internal/errors');
const { Buffer } = require('buffer');
const { validateFunction, validateOneOf, validateString, validateUint32 } = require('internal/validators');
const { isAnyArrayBuffer, isSharedArrayBuffer } = require('internal/util/types');
const { viewClass } = require('internal/views');
const { createHook, onInit, onBefore, onAfter, onSettled } = require('internal/promise_hooks');

const binding = internalBinding('v8');
const util = internalBinding('util');

// Serializer and Deserializer

// Those are V8's own (`natives/serdes.py`).

const kNumber = Symbol('kNumber'); // under which the natives know it

let forgotten; // tells of serializers and deserializers that nobody can reach any more

function keepNumber(owner, number, drop) {
  owner[kNumber] = number;
  forgotten ??= new FinalizationRegistry((forget) => forget());
  forgotten.register(owner, () => drop(number), owner);
}

function checkNew(target, name) {
  if (target !== undefined) return;
  const error = new ERR_CONSTRUCT_CALL_REQUIRED(name);
  error.message = `Class constructor ${name} cannot be invoked without 'new'`;
  throw error;
}

function argumentError(message) {
  const error = new ERR_INVALID_ARG_TYPE('argument', 'object', undefined);
  error.message = message;
  return error;
}

function hide(object, key, value) {
  Object.defineProperty(object, key, { __proto__: null, value, writable: true });
}

/** Message ports, the only host objects there are, could be among the values as soon as one was made. */
function mayHavePorts() {
  return require('internal/message_channel').Port.wasMade;
}

/** What V8 asks while it writes; `find(number)` gives the Serializer that is at work. */
function questionsOnWriting(find) {
  const throwError = (message, number) => { throw find(number)._getDataCloneError(message); };
  const refuse = (object, number) => {
    const { noSideEffectsToString } = require('internal/no_side_effects_to_string');
    throwError(`${noSideEffectsToString(object)} could not be cloned.`, number);
  };
  return {
    __proto__: null,
    throwError,
    isHostObject: (object) => require('internal/message_channel').Port.isPort(object),
    writeHostObject(object, number) {
      const serializer = find(number);
      if (typeof serializer._writeHostObject !== 'function') refuse(object, number);
      serializer._writeHostObject(object);
      return true;
    },
    sharedBufferId(buffer, number) {
      const serializer = find(number);
      if (typeof serializer._getSharedArrayBufferId !== 'function') refuse(buffer, number);
      return serializer._getSharedArrayBufferId(buffer) >>> 0;
    },
  };
}

/** What V8 asks while it reads; `find(number)` gives the Deserializer that is at work. */
function questionsOnReading(find) {
  return {
    __proto__: null,
    readHostObject(number) {
      const deserializer = find(number);
      if (typeof deserializer._readHostObject !== 'function') throw new Error('Unable to deserialize cloned data.');
      const object = deserializer._readHostObject();
      if (typeof object === 'object' && object !== null) return object;
      if (typeof object === 'function') return object;
      throw new TypeError('readHostObject must return an object');
    },
  };
}

/** A function, because one that is called without `new` must get Node's error. */
function Serializer() {
  checkNew(new.target, 'Serializer');
  hide(this, kNumber, undefined);
  hide(this, kViewsAreHostObjects, false);
}

const kViewsAreHostObjects = Symbol('kViewsAreHostObjects');

/** The number of a serializer of V8's, which there is from the first that is written until the buffer is released. */
function begun(serializer) {
  if (serializer[kNumber] !== undefined) return serializer[kNumber];
  const weakly = new WeakRef(serializer); // V8's part holds the questions, and must not keep this alive
  const { dropSerializer, newSerializer, treatViewsAsHostObjects } = binding;
  const number = newSerializer(questionsOnWriting(() => weakly.deref()), mayHavePorts());
  keepNumber(serializer, number, dropSerializer);
  treatViewsAsHostObjects(number, serializer[kViewsAreHostObjects]);
  return number;
}

const serializerMethods = {
  writeHeader() {
    binding.writeHeader(begun(this));
  },

  /** Throws what `_getDataCloneError` makes of the message if the value cannot be cloned. */
  writeValue(value) {
    binding.writeValue(begun(this), value);
    return true;
  },

  releaseBuffer() {
    const number = begun(this);
    const { dropSerializer, releaseBuffer } = binding;
    const bytes = Buffer.from(releaseBuffer(number));
    forgotten.unregister(this);
    this[kNumber] = undefined;
    dropSerializer(number);
    return bytes;
  },

  transferArrayBuffer(id, arrayBuffer) {
    if (!isAnyArrayBuffer(arrayBuffer)) throw argumentError('arrayBuffer must be an ArrayBuffer');
    binding.transferOnWriting(begun(this), id >>> 0, arrayBuffer);
  },

  writeUint32(value) {
    binding.writeUint32(begun(this), value >>> 0);
  },

  writeUint64(high, low) {
    binding.writeUint64(begun(this), high >>> 0, low >>> 0);
  },

  writeDouble(value) {
    binding.writeDouble(begun(this), +value);
  },

  writeRawBytes(source) {
    if (!ArrayBuffer.isView(source)) throw argumentError('source must be a TypedArray or a DataView');
    binding.writeRawBytes(begun(this), source.buffer, source.byteOffset, source.byteLength);
  },

  _setTreatArrayBufferViewsAsHostObjects(flag) {
    this[kViewsAreHostObjects] = Boolean(flag);
    if (this[kNumber] !== undefined) binding.treatViewsAsHostObjects(this[kNumber], Boolean(flag));
  },
};

/** @param {Buffer | TypedArray | DataView} buffer what `Serializer#releaseBuffer` gave */
function Deserializer(buffer) {
  checkNew(new.target, 'Deserializer');
  if (!ArrayBuffer.isView(buffer)) throw argumentError('buffer must be a TypedArray or a DataView');
  this.buffer = buffer;
  hide(this, kSource, buffer.buffer);
  hide(this, kNumber, undefined);
  const weakly = new WeakRef(this);
  const { newDeserializer, dropDeserializer } = binding;
  const questions = questionsOnReading(() => weakly.deref());
  const number = newDeserializer(buffer.buffer, buffer.byteOffset, buffer.byteLength, questions);
  keepNumber(this, number, dropDeserializer);
}

const kSource = Symbol('kSource'); // the memory that is read from must not go

function readOrThrow(value, method) {
  if (value === undefined) throw new Error(`${method}() failed`);
  return value;
}

const deserializerMethods = {
  readHeader() {
    binding.readHeader(this[kNumber]);
    return true;
  },

  readValue() {
    return binding.readValue(this[kNumber]);
  },

  getWireFormatVersion() {
    return binding.wireFormatVersion(this[kNumber]);
  },

  transferArrayBuffer(id, arrayBuffer) {
    if (!isAnyArrayBuffer(arrayBuffer)) throw argumentError('arrayBuffer must be an ArrayBuffer or SharedArrayBuffer');
    binding.transferOnReading(this[kNumber], id >>> 0, arrayBuffer, isSharedArrayBuffer(arrayBuffer));
  },

  readUint32() {
    return readOrThrow(binding.readUint32(this[kNumber]), 'ReadUint32');
  },

  readUint64() {
    return readOrThrow(binding.readUint64(this[kNumber]), 'ReadUint64');
  },

  readDouble() {
    return readOrThrow(binding.readDouble(this[kNumber]), 'ReadDouble');
  },

  /** Where in `buffer` the bytes begin. */
  _readRawBytes(length) {
    return readOrThrow(binding.readRawBytes(this[kNumber], length), 'ReadRawBytes');
  },

  readRawBytes(length) {
    const offset = this._readRawBytes(length);
    return Buffer.from(this.buffer.buffer, this.buffer.byteOffset + offset, length);
  },
};

for (const [Class, methods] of [[Serializer, serializerMethods], [Deserializer, deserializerMethods]]) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { __proto__: null, value, writable: true, configurable: true });
  }
}
Serializer.prototype._getDataCloneError = Error;

// In the order of the numbers that stand for them.
const VIEWS = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, DataView, Buffer, BigInt64Array, BigUint64Array,
];
const BUFFER = VIEWS.indexOf(Buffer);

function viewNumber(view) {
  if (Buffer.isBuffer(view)) return BUFFER;
  const number = VIEWS.indexOf(viewClass(view));
  return number === -1 ? VIEWS.length : number; // Float16Array, which is not there when the snapshot is made
}

/** Writes views, which it treats as host objects, as their part of the buffer alone. */
class DefaultSerializer extends Serializer {
  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view) {
    const number = ArrayBuffer.isView(view) ? viewNumber(view) : -1;
    if (number === -1) {
      const { inspect } = require('internal/util/inspect');
      throw new this._getDataCloneError(`Unserializable host object: ${inspect(view)}`);
    }
    this.writeUint32(number);
    this.writeUint32(view.byteLength);
    this.writeRawBytes(view);
  }
}

class DefaultDeserializer extends Deserializer {
  _readHostObject() {
    const View = VIEWS[this.readUint32()] ?? Float16Array;
    const length = this.readUint32();
    const offset = this.buffer.byteOffset + this._readRawBytes(length);
    const { buffer } = this.buffer;
    if (View === Buffer) return Buffer.from(buffer, offset, length);
    const size = View.BYTES_PER_ELEMENT ?? 1;
    if (offset % size === 0) return new View(buffer, offset, length / size);
    return new View(buffer.slice(offset, offset + length), 0, length / size);
  }
}

/** What stands for a serializer or deserializer that V8 has and nobody sees, when V8 has a question. */
function standIn(Class, number, buffer) {
  return Object.create(Class.prototype, { [kNumber]: { value: number, writable: true }, buffer: { value: buffer } });
}

const whenWriting = questionsOnWriting((number) => standIn(DefaultSerializer, number));
const whenReading = questionsOnReading((number) => standIn(DefaultDeserializer, number, beingRead));
let beingRead;

/** What `new DefaultSerializer()` writes, in one call. */
function serialize(value) {
  return Buffer.from(binding.serialize(value, whenWriting, mayHavePorts()));
}

/** What `new DefaultDeserializer(buffer)` reads, in one call. */
function deserialize(buffer) {
  if (!ArrayBuffer.isView(buffer)) throw argumentError('buffer must be a TypedArray or a DataView');
  const outer = beingRead;
  beingRead = buffer;
  try {
    return binding.deserialize(buffer.buffer, buffer.byteOffset, buffer.byteLength, whenReading);
  } finally {
    beingRead = outer;
  }
}

// What V8 tells

/** Bytes, and a few counts. Source: v8::HeapStatistics, whose fields come in their order in memory. */
function getHeapStatistics() {
  const [
    total, executable, physical, available, used, limit, malloced, external, peakMalloced, zapsGarbage, nativeContexts,
    detachedContexts, totalGlobalHandles, usedGlobalHandles,
  ] = util.getHeapStatistics();
  return {
    total_heap_size: total,
    total_heap_size_executable: executable,
    total_physical_size: physical,
    total_available_size: available,
    used_heap_size: used,
    heap_size_limit: limit,
    malloced_memory: malloced,
    peak_malloced_memory: peakMalloced,
    does_zap_garbage: zapsGarbage % 256, // a byte, with what lies beside it
    number_of_native_contexts: nativeContexts,
    number_of_detached_contexts: detachedContexts,
    total_global_handles_size: totalGlobalHandles,
    used_global_handles_size: usedGlobalHandles,
    external_memory: external,
  };
}

/** Sizes in bytes of each of V8's spaces. */
function getHeapSpaceStatistics() {
  return binding.getHeapSpaceStatistics().map(([name, size, used, available, physical]) => ({
    space_name: name,
    space_size: size,
    space_used_size: used,
    space_available_size: available,
    physical_space_size: physical,
  }));
}

function getHeapCodeStatistics() {
  const [code, bytecode, source, profiler] = binding.getHeapCodeStatistics();
  return {
    code_and_metadata_size: code,
    bytecode_and_metadata_size: bytecode,
    external_script_source_size: source,
    cpu_profiler_metadata_size: profiler,
  };
}

function getCppHeapStatistics(type = 'detailed') {
  validateOneOf(type, 'type', ['brief', 'detailed']);
  throw unavailable('v8.getCppHeapStatistics()');
}

/**
 * A number that changes with V8's version and flags: data made by `vm.Script#createCachedData` fits only if it is
 * the same.
 */
function cachedDataVersionTag() {
  return binding.cachedDataVersionTag();
}

/** Flags for V8, such as '--trace-gc'. Most are heeded only before the first JavaScript runs. */
function setFlagsFromString(flags) {
  validateString(flags, 'flags');
  binding.setFlagsFromString(flags);
  const aborting = /--(no-?)?abort[-_]on[-_]uncaught[-_]exception/.exec(flags);
  if (aborting) require('internal/process/execution').abortOnUncaughtException(aborting[1] === undefined);
}

/** Whether every character has a code below 256. V8 may nevertheless keep the string in two bytes a character. */
function isStringOneByteRepresentation(content) {
  validateString(content, 'content');
  return /^[\x00-\xff]*$/.test(content); // eslint-disable-line no-control-regex
}

// What is out of reach

function unavailable(feature) {
  return new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(feature);
}

/** Without NODE_V8_COVERAGE there is no coverage to take or stop: then these do nothing, as in Node. */
function takeCoverage() {}

function stopCoverage() {}

function getHeapSnapshot(options) { // eslint-disable-line no-unused-vars
  throw unavailable('v8.getHeapSnapshot()');
}

function writeHeapSnapshot(path, options) { // eslint-disable-line no-unused-vars
  require('internal/process/permission').demandFile('fs.write', path ?? process.cwd());
  throw unavailable('v8.writeHeapSnapshot()');
}

function setHeapSnapshotNearHeapLimit(limit) {
  validateUint32(limit, 'limit', true);
  throw unavailable('v8.setHeapSnapshotNearHeapLimit()');
}

function queryObjects(constructor) {
  validateFunction(constructor, 'constructor');
  throw unavailable('v8.queryObjects()');
}

function startCpuProfile() {
  throw unavailable('v8.startCpuProfile()');
}

class GCProfiler {
  start() {
    throw unavailable('v8.GCProfiler');
  }

  stop() {}
}

/** A program's own startup snapshot cannot be built here, so this is what Node has when none is being built. */
const startupSnapshot = {
  addDeserializeCallback() {
    throw new ERR_NOT_BUILDING_SNAPSHOT();
  },
  addSerializeCallback() {
    throw new ERR_NOT_BUILDING_SNAPSHOT();
  },
  setDeserializeMainFunction() {
    throw new ERR_NOT_BUILDING_SNAPSHOT();
  },
  isBuildingSnapshot() {
    return false;
  },
};

module.exports = {
  cachedDataVersionTag,
  getHeapSnapshot,
  getHeapStatistics,
  getHeapSpaceStatistics,
  getHeapCodeStatistics,
  getCppHeapStatistics,
  setFlagsFromString,
  Serializer,
  Deserializer,
  DefaultSerializer,
  DefaultDeserializer,
  deserialize,
  takeCoverage,
  stopCoverage,
  serialize,
  writeHeapSnapshot,
  promiseHooks: { createHook, onInit, onBefore, onAfter, onSettled },
  queryObjects,
  startupSnapshot,
  setHeapSnapshotNearHeapLimit,
  GCProfiler,
  isStringOneByteRepresentation,
  startCpuProfile,
};
