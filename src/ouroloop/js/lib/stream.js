'use strict';

// `require('stream')` is the class Stream of old, and everything else hangs on it. The parts are in
// `internal/streams/`; here they are put together: the operators go onto Readable, for they need Readable to make
// their results.

const { Stream } = require('internal/streams/legacy');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');
const { Buffer } = require('buffer');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');
const { promisify: { custom: customPromisify } } = require('internal/util');
const state = require('internal/streams/state');
const questions = require('internal/streams/utils');
const eos = require('internal/streams/end-of-stream');
const { pipeline } = require('internal/streams/pipeline');
const { destroyer } = require('internal/streams/destroy');
const operators = require('internal/streams/operators');
const Readable = require('internal/streams/readable');
const promises = require('stream/promises');

const { isDestroyed, isDisturbed, isErrored, isReadable, isWritable } = questions;
Object.assign(Stream, { isDestroyed, isDisturbed, isErrored, isReadable, isWritable, Readable });

/** Puts an operator onto Readable; `deliver` makes a stream or a promise of what it gives. */
function defineOperator(name, operator, deliver) {
  function method(...args) {
    if (new.target) throw new ERR_ILLEGAL_CONSTRUCTOR();
    return deliver(Reflect.apply(operator, this, args));
  }
  Object.defineProperties(method, {
    name: { __proto__: null, value: operator.name, configurable: true },
    length: { __proto__: null, value: operator.length, configurable: true },
  });
  Object.defineProperty(Readable.prototype, name, {
    __proto__: null, value: method, enumerable: false, configurable: true, writable: true,
  });
}

for (const [name, operator] of Object.entries(operators.streamReturningOperators)) {
  defineOperator(name, operator, (values) => Readable.from(values));
}
for (const [name, operator] of Object.entries(operators.promiseReturningOperators)) {
  defineOperator(name, operator, (result) => Promise.resolve(result));
}
Readable.prototype.compose = operators.compose;

Object.assign(Stream, {
  Writable: require('internal/streams/writable'),
  Duplex: require('internal/streams/duplex'),
  Transform: require('internal/streams/transform'),
  PassThrough: require('internal/streams/passthrough'),
  duplexPair: require('internal/streams/duplexpair'),
  pipeline,
  addAbortSignal: require('internal/streams/add-abort-signal').addAbortSignal,
  finished: eos,
  destroy: destroyer,
  compose: require('internal/streams/compose'),
  setDefaultHighWaterMark: state.setDefaultHighWaterMark,
  getDefaultHighWaterMark: state.getDefaultHighWaterMark,
});

function definePromises(target, name, value) {
  Object.defineProperty(target, name, {
    __proto__: null, enumerable: true, configurable: name === 'promises', get: () => value,
  });
}
definePromises(Stream, 'promises', promises);
definePromises(pipeline, customPromisify, promises.pipeline);
definePromises(eos, customPromisify, promises.finished);

Stream.Stream = Stream;
Stream._isArrayBufferView = isArrayBufferView;
Stream._isUint8Array = isUint8Array;
Stream._uint8ArrayToBuffer = function _uint8ArrayToBuffer(chunk) {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
};

module.exports = Stream;
