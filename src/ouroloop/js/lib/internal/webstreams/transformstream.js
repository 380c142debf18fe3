'use strict';

// TransformStream: a writable and a readable stream with a function between them.
//
// Theory of operation. A chunk is transformed only while the readable side wants something; until then the write
// waits (`backpressure`). That is why a new TransformStream does not take a chunk before somebody reads. Whichever
// side ends first decides how the other ends: `flush` runs on close, `cancel` on abort or cancel, one of them, once.
//
// Source: https://streams.spec.whatwg.org/#ts

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol, isObject } = require('internal/util');
const { kValidateObjectAllowObjects, validateObject } = require('internal/validators');
const { kTransfer, kDeserialize, TRANSFERABLE, defineTransferMode } = require('internal/worker/js_transferable');
const { invalidState, optionalMethod } = require('internal/webstreams/checks');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');
const { asyncCall, nop, promiseCall, settledPromise, then, withResolvers } = require('internal/webstreams/promises');
const { Strategy } = require('internal/webstreams/queuingstrategies');
const { createReadable, readableCore } = require('internal/webstreams/readablestream');
const { createWritable, writableCore } = require('internal/webstreams/writablestream');

const kFromCore = Symbol('kFromCore');


class TransformCore {
  readable;
  writable;
  readableCore;
  writableCore;
  algorithms;
  started;
  stream;
  backpressure = undefined;
  #backpressureChange = undefined;
  #finished = undefined; // of the cancel or flush that is under way

  /** `algorithms`: transform, flush and cancel return promises; `start()` may throw. */
  constructor(algorithms, writableStrategy, readableStrategy) {
    this.algorithms = algorithms;
    const started = withResolvers();
    const start = () => started.promise;
    this.writable = createWritable(
      start, (chunk) => this.#write(chunk), () => this.#close(), (reason) => then(this.#abort(reason), nop),
      writableStrategy.highWaterMark(1), writableStrategy.size);
    this.readable = createReadable(
      start, () => this.#pull(), (reason) => this.#cancelReadable(reason),
      readableStrategy.highWaterMark(0), readableStrategy.size);
    this.writableCore = writableCore(this.writable);
    this.readableCore = readableCore(this.readable);
    this.setBackpressure(true);
    this.started = started;
  }

  setBackpressure(backpressure) {
    this.#backpressureChange?.resolve();
    this.#backpressureChange = undefined;
    this.backpressure = backpressure;
  }

  #whenBackpressureChanges() {
    this.#backpressureChange ??= withResolvers();
    return this.#backpressureChange.promise;
  }

  #pull() {
    this.setBackpressure(false);
    return this.#whenBackpressureChanges();
  }

  #write(chunk) {
    if (!this.backpressure) return this.#transform(chunk);
    return then(this.#whenBackpressureChanges(), () => {
      const { state, storedError } = this.writableCore;
      if (state === 'erroring') throw storedError;
      return this.#transform(chunk);
    });
  }

  #transform(chunk) {
    const { transform } = this.algorithms;
    if (transform === undefined) return settledPromise();
    return then(transform(chunk), undefined, (error) => {
      this.error(error);
      throw error;
    });
  }

  enqueue(chunk) {
    const { controller } = this.readableCore;
    if (!controller.canEnqueue) throw invalidState('Unable to enqueue');
    try {
      controller.enqueue(chunk);
    } catch (error) {
      this.#failWritable(error);
      throw this.readableCore.storedError;
    }
    if (controller.hasBackpressure !== this.backpressure) this.setBackpressure(true);
  }

  error(error) {
    this.readableCore.controller.error(error);
    this.#failWritable(error);
  }

  #failWritable(error) {
    this.#clearAlgorithms();
    this.writableCore.controller.errorIfNeeded(error);
    this.#unblockWrite();
  }

  #unblockWrite() {
    if (this.backpressure) this.setBackpressure(false);
  }

  terminate() {
    this.readableCore.controller.close();
    this.#failWritable(invalidState('TransformStream has been terminated'));
  }

  #clearAlgorithms() {
    this.algorithms = { __proto__: null };
  }

  #close() {
    if (this.#finished !== undefined) return this.#finished.promise;
    const finished = this.#finished = withResolvers();
    const flushed = this.algorithms.flush();
    this.#clearAlgorithms();
    const { readableCore: readable } = this;
    then(flushed, () => {
      if (readable.state === 'errored') {
        finished.reject(readable.storedError);
      } else {
        readable.controller.close();
        finished.resolve();
      }
    }, (error) => {
      readable.controller.error(error);
      finished.reject(error);
    });
    return finished.promise;
  }

  #abort(reason) {
    const { readableCore: readable } = this;
    return this.#cancel(reason, readable, (error) => readable.controller.error(error));
  }

  #cancelReadable(reason) {
    const { writableCore: writable } = this;
    return this.#cancel(reason, writable, (error) => {
      writable.controller.errorIfNeeded(error);
      this.#unblockWrite();
    });
  }

  /** Run the transformer's `cancel`, then have `fail` end the other side, unless that has failed by itself. */
  #cancel(reason, other, fail) {
    if (this.#finished !== undefined) return this.#finished.promise;
    const finished = this.#finished = withResolvers();
    const cancelled = this.algorithms.cancel?.(reason) ?? settledPromise();
    this.#clearAlgorithms();
    then(cancelled, () => {
      if (other.state === 'errored') {
        finished.reject(other.storedError);
      } else {
        fail(reason);
        finished.resolve();
      }
    }, (error) => {
      fail(error);
      finished.reject(error);
    });
    return finished.promise;
  }
}

// Shells

let coreOf;

class TransformStream {
  #core;

  static {
    coreOf = (stream) => (isObject(stream) && #core in stream ? stream.#core : undefined);
  }

  constructor(transformer = {}, writableStrategy = {}, readableStrategy = {}) {
    if (transformer === kFromCore) this.#core = writableStrategy;
    else setUpFromTransformer((core) => { this.#core = core; }, this, transformer, writableStrategy, readableStrategy);
  }

  get readable() {
    return checkStream(this).readable;
  }

  get writable() {
    return checkStream(this).writable;
  }

  [kTransfer]() {
    const { readable, writable } = checkStream(this);
    const { transferReadable, transferWritable } = require('internal/webstreams/transfer');
    return {
      type: 'internal/webstreams/transformstream:TransformStream',
      data: { readable: transferReadable(readable).data, writable: transferWritable(writable).data },
    };
  }

  static [kDeserialize](ports) {
    const { readableFromPort, writableFromPort } = require('internal/webstreams/transfer');
    return new TransformStream(kFromCore, {
      readable: readableFromPort(ports.readable), writable: writableFromPort(ports.writable), backpressure: undefined,
    });
  }

  [customInspectSymbol](depth, options) {
    const { readable, writable, backpressure } = checkStream(this);
    return inspectAs(this, this.constructor.name, { readable, writable, backpressure }, depth, options);
  }
}

function checkStream(stream) {
  const core = coreOf(stream);
  if (core === undefined) throw new ERR_INVALID_THIS('TransformStream');
  return core;
}

function setUpFromTransformer(adopt, stream, transformer, writableStrategy, readableStrategy) {
  const writableQueuing = new Strategy(writableStrategy);
  const readableQueuing = new Strategy(readableStrategy);
  validateObject(transformer, 'transformer', kValidateObjectAllowObjects);
  const cancel = optionalMethod(transformer, 'cancel', 'transformer');
  const flush = optionalMethod(transformer, 'flush', 'transformer');
  const { readableType } = transformer;
  const start = optionalMethod(transformer, 'start', 'transformer');
  const transform = optionalMethod(transformer, 'transform', 'transformer');
  const { writableType } = transformer;
  if (readableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.readableType', readableType);
  if (writableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.writableType', writableType);
  const shell = new TransformStreamDefaultController(kFromCore);
  const core = new TransformCore({
    __proto__: null,
    transform: transform ?
      (chunk) => promiseCall(transform, transformer, chunk, shell) :
      (chunk) => promiseCall(core.enqueue, core, chunk),
    flush: flush ? () => asyncCall(flush, transformer, shell) : settledPromise,
    cancel: cancel && ((reason) => asyncCall(cancel, transformer, reason)),
  }, writableQueuing, readableQueuing);
  core.stream = stream;
  adopt(core);
  attachController(shell, core);
  core.started.resolve(start && Reflect.apply(start, transformer, [shell]));
}

let controllerOf;
let attachController;

class TransformStreamDefaultController {
  #core;

  static {
    controllerOf = (controller) => (isObject(controller) && #core in controller ? controller.#core : undefined);
    attachController = (shell, core) => { shell.#core = core; };
  }

  constructor(key = undefined) {
    if (key !== kFromCore) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get desiredSize() {
    return checkController(this).readableCore.controller.desiredSize;
  }

  enqueue(chunk = undefined) {
    checkController(this).enqueue(chunk);
  }

  error(reason = undefined) {
    checkController(this).error(reason);
  }

  terminate() {
    checkController(this).terminate();
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, { stream: checkController(this).stream }, depth, options);
  }
}

function checkController(controller) {
  const core = controllerOf(controller);
  if (core === undefined) throw new ERR_INVALID_THIS('TransformStreamDefaultController');
  return core;
}

const isTransformStream = (value) => coreOf(value) !== undefined;

defineEnumerable(TransformStream, 'readable', 'writable');
defineEnumerable(TransformStreamDefaultController, 'desiredSize', 'enqueue', 'error', 'terminate');
for (const Class of [TransformStream, TransformStreamDefaultController]) defineTag(Class);
defineTransferMode(TransformStream, TRANSFERABLE, isTransformStream);

module.exports = { TransformStream, TransformStreamDefaultController };
