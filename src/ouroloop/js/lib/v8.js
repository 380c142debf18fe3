'use strict';

// node:v8: serialization in V8's own format, and what V8 tells of itself.
//
// Theory of operation. The format is written and read in JavaScript (`internal/serdes`); Serializer and Deserializer
// are its public face, whose underscored methods a subclass may replace. Statistics and flags come from V8.
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
const { kTransferMode, TRANSFERABLE } = require('internal/worker/js_transferable');
const { viewClass } = require('internal/views');
const { ValueReader, ValueWriter } = require('internal/serdes');
const { createHook, onInit, onBefore, onAfter, onSettled } = require('internal/promise_hooks');

const util = internalBinding('util');

// Serializer and Deserializer

const kWriter = Symbol('kWriter');
const kReader = Symbol('kReader');

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
  Object.defineProperty(object, key, { __proto__: null, value });
}

/** A function, because one that is called without `new` must get Node's error. */
function Serializer() {
  checkNew(new.target, 'Serializer');
  const delegate = {
    __proto__: null,
    isHostObject: (object) => (object[kTransferMode] & TRANSFERABLE) !== 0,
    writeHostObject: (object) => {
      if (typeof this._writeHostObject === 'function') return this._writeHostObject(object);
      const { noSideEffectsToString } = require('internal/no_side_effects_to_string');
      throw delegate.cloneError(`${noSideEffectsToString(object)} could not be cloned.`);
    },
    sharedBufferId: (buffer) => this._getSharedArrayBufferId?.(buffer),
    cloneError: (message) => this._getDataCloneError(message),
  };
  hide(this, kWriter, new ValueWriter(delegate));
}

const serializerMethods = {
  writeHeader() {
    this[kWriter].writeHeader();
  },

  /** Throws what `_getDataCloneError` makes of the message if the value cannot be cloned. */
  writeValue(value) {
    this[kWriter].write(value);
    return true;
  },

  releaseBuffer() {
    return this[kWriter].release();
  },

  transferArrayBuffer(id, arrayBuffer) {
    if (!require('internal/util/types').isAnyArrayBuffer(arrayBuffer)) {
      throw argumentError('arrayBuffer must be an ArrayBuffer');
    }
    this[kWriter].transfer(id >>> 0, arrayBuffer);
  },

  writeUint32(value) {
    this[kWriter].writeVarint(value >>> 0);
  },

  writeUint64(high, low) {
    this[kWriter].writeVarint64(BigInt(high >>> 0) << 32n | BigInt(low >>> 0));
  },

  writeDouble(value) {
    this[kWriter].writeDouble(+value);
  },

  writeRawBytes(source) {
    if (!ArrayBuffer.isView(source)) throw argumentError('source must be a TypedArray or a DataView');
    this[kWriter].writeBytes(source);
  },

  _setTreatArrayBufferViewsAsHostObjects(flag) {
    this[kWriter].viewsAreHostObjects = Boolean(flag);
  },
};

/** @param {Buffer | TypedArray | DataView} buffer what `Serializer#releaseBuffer` gave */
function Deserializer(buffer) {
  checkNew(new.target, 'Deserializer');
  if (!ArrayBuffer.isView(buffer)) throw argumentError('buffer must be a TypedArray or a DataView');
  this.buffer = buffer;
  hide(this, kReader, new ValueReader(buffer, {
    __proto__: null,
    readHostObject: () => this._readHostObject?.(),
    sharedBuffer: () => undefined,
  }));
}

function readOrThrow(value, method) {
  if (value === undefined) throw new Error(`${method}() failed`);
  return value;
}

const deserializerMethods = {
  readHeader() {
    this[kReader].readHeader();
    return true;
  },

  readValue() {
    return this[kReader].read();
  },

  getWireFormatVersion() {
    return this[kReader].version;
  },

  transferArrayBuffer(id, arrayBuffer) {
    if (!require('internal/util/types').isAnyArrayBuffer(arrayBuffer)) {
      throw argumentError('arrayBuffer must be an ArrayBuffer or SharedArrayBuffer');
    }
    this[kReader].transfer(id >>> 0, arrayBuffer);
  },

  readUint32() {
    return readOrThrow(this[kReader].readVarint(), 'ReadUint32');
  },

  readUint64() {
    const value = readOrThrow(this[kReader].readVarint64(), 'ReadUint64');
    return [Number(value >> 32n), Number(value & 0xFFFFFFFFn)];
  },

  readDouble() {
    return readOrThrow(this[kReader].readDouble(), 'ReadDouble');
  },

  /** Where in `buffer` the bytes begin. */
  _readRawBytes(length) {
    return readOrThrow(this[kReader].skip(length), 'ReadRawBytes');
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
if (typeof Float16Array === 'function') VIEWS.push(Float16Array);
const BUFFER = VIEWS.indexOf(Buffer);

function viewNumber(view) {
  if (Buffer.isBuffer(view)) return BUFFER;
  return VIEWS.indexOf(viewClass(view));
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
    const View = VIEWS[this.readUint32()];
    const length = this.readUint32();
    const offset = this.buffer.byteOffset + this._readRawBytes(length);
    const { buffer } = this.buffer;
    if (View === Buffer) return Buffer.from(buffer, offset, length);
    const size = View.BYTES_PER_ELEMENT ?? 1;
    if (offset % size === 0) return new View(buffer, offset, length / size);
    return new View(buffer.slice(offset, offset + length), 0, length / size);
  }
}

function serialize(value) {
  const serializer = new DefaultSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

function deserialize(buffer) {
  const deserializer = new DefaultDeserializer(buffer);
  deserializer.readHeader();
  return deserializer.readValue();
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
  return internalBinding('v8').getHeapSpaceStatistics().map(([name, size, used, available, physical]) => ({
    space_name: name,
    space_size: size,
    space_used_size: used,
    space_available_size: available,
    physical_space_size: physical,
  }));
}

function getHeapCodeStatistics() {
  const [code, bytecode, source, profiler] = internalBinding('v8').getHeapCodeStatistics();
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
  return internalBinding('v8').cachedDataVersionTag();
}

/** Flags for V8, such as '--trace-gc'. Most are heeded only before the first JavaScript runs. */
function setFlagsFromString(flags) {
  validateString(flags, 'flags');
  internalBinding('v8').setFlagsFromString(flags);
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
