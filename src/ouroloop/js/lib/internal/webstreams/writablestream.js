'use strict';

// WritableStream, its writer and its controller.
//
// Theory of operation. What programs hold (WritableStream, ...) is a shell around a core, where the standard's
// algorithms live under shorter names. A core knows at most one writer: the core of a WritableStreamDefaultWriter, or
// a pipe (`pipe.js`) that has the same methods. A write request is anything with `resolve` and `reject`.
//
// What surprises people: an error does not come at once. While a write is under way the stream is 'erroring'; it is
// 'errored' when the sink has finished. And what a sink returns from `write` is waited for, so a slow sink slows its
// writer.
//
// Source: https://streams.spec.whatwg.org/#ws

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol, isObject } = require('internal/util');
const { kValidateObjectAllowObjects, validateObject } = require('internal/validators');
const { kTransfer, kDeserialize, TRANSFERABLE, defineTransferMode } = require('internal/worker/js_transferable');
const { invalidState, optionalMethod } = require('internal/webstreams/checks');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');
const {
  LazyPromise, asyncCall, promiseCall, rejectedWith, resolvedWith, settledPromise, startPromise, then, withResolvers,
} = require('internal/webstreams/promises');
const { ChunkQueue, Strategy } = require('internal/webstreams/queuingstrategies');

const kIsErrored = Symbol.for('nodejs.stream.errored');
const kIsWritable = Symbol.for('nodejs.stream.writable');
const kIsClosedPromise = Symbol.for('nodejs.webstream.isClosedPromise');
const kControllerErrorFunction = Symbol.for('nodejs.webstream.controllerErrorFunction');

const kFromCore = Symbol('kFromCore'); // lets a constructor take a core
const CLOSE = Symbol('close'); // the last entry of a queue


// Cores

class WritableCore {
  state = 'writable'; // then 'erroring', 'errored' or 'closed'
  storedError = undefined;
  writer = null;
  controller = null;
  writes = [];
  inFlightWrite = null;
  closeRequest = null;
  inFlightClose = null;
  pendingAbort = null;
  backpressure = false;
  stream = undefined;
  #closed = undefined;

  /** How the stream ends, for `stream.finished`. */
  get closed() {
    if (this.#closed !== undefined) return this.#closed;
    const closed = this.#closed = new LazyPromise();
    if (this.state === 'closed') closed.resolve();
    else if (this.state === 'errored') closed.reject(this.storedError);
    return closed;
  }

  get isClosing() {
    return this.closeRequest !== null || this.inFlightClose !== null;
  }

  get isOver() {
    return this.state === 'closed' || this.state === 'errored';
  }

  abort(reason) {
    if (this.isOver) return resolvedWith();
    this.controller.signalAbort(reason);
    if (this.isOver) return resolvedWith(); // by a listener of the signal
    if (this.pendingAbort !== null) return this.pendingAbort.promise;
    const wasErroring = this.state === 'erroring';
    this.pendingAbort = { ...withResolvers(), reason: wasErroring ? undefined : reason, wasErroring };
    const { promise } = this.pendingAbort;
    if (!wasErroring) this.startErroring(reason);
    return promise;
  }

  close() {
    if (this.isOver) return rejectedWith(invalidState('WritableStream is closed'));
    const request = this.closeRequest = withResolvers();
    if (this.backpressure && this.state === 'writable') this.writer?.becameReady();
    this.controller.close();
    return request.promise;
  }

  updateBackpressure(backpressure) {
    if (backpressure === this.backpressure) return;
    this.backpressure = backpressure; // before a pipe hears of it, which writes at once
    if (backpressure) this.writer?.becameBusy();
    else this.writer?.becameReady();
  }

  dealWithRejection(error) {
    if (this.state === 'writable') this.startErroring(error);
    else this.finishErroring();
  }

  startErroring(reason) {
    this.state = 'erroring';
    this.storedError = reason;
    this.writer?.becameErroring(reason);
    if (this.inFlightWrite === null && this.inFlightClose === null && this.controller.isStarted) this.finishErroring();
  }

  finishErroring() {
    this.state = 'errored';
    this.controller.queue.reset();
    const writes = this.writes;
    this.writes = [];
    for (const request of writes) request.reject(this.storedError);
    const abort = this.pendingAbort;
    this.pendingAbort = null;
    if (abort === null) {
      this.#rejectClosed();
    } else if (abort.wasErroring) {
      abort.reject(this.storedError);
      this.#rejectClosed();
    } else {
      this.#abortSink(abort);
    }
  }

  #abortSink(abort) {
    then(this.controller.abortSink(abort.reason), () => {
      abort.resolve();
      this.#rejectClosed();
    }, (error) => {
      abort.reject(error);
      this.#rejectClosed();
    });
  }

  #rejectClosed() {
    this.closeRequest?.reject(this.storedError);
    this.closeRequest = null;
    this.writer?.becameErrored(this.storedError);
    this.#closed?.reject(this.storedError);
  }

  finishWrite() {
    const request = this.inFlightWrite;
    this.inFlightWrite = null;
    request.resolve();
  }

  failWrite(error) {
    this.inFlightWrite.reject(error);
    this.inFlightWrite = null;
    this.dealWithRejection(error);
  }

  finishClose() {
    this.inFlightClose.resolve();
    this.inFlightClose = null;
    if (this.state === 'erroring') {
      this.storedError = undefined;
      this.pendingAbort?.resolve();
      this.pendingAbort = null;
    }
    this.state = 'closed';
    this.writer?.becameClosed();
    this.#closed?.resolve();
  }

  failClose(error) {
    this.inFlightClose.reject(error);
    this.inFlightClose = null;
    this.pendingAbort?.reject(error);
    this.pendingAbort = null;
    this.dealWithRejection(error);
  }

  /** Queue a chunk; `request` hears when it has been written. The stream must be writable. */
  write(chunk, size, request) {
    this.writes.push(request);
    this.controller.write(chunk, size);
  }
}

class WritableControllerCore {
  // Declared, so that setters on Object.prototype are not met.
  core;
  writeSink;
  closeSink;
  abortAlgorithm;
  highWaterMark;
  size;
  onwritten;
  onfailed;
  queue = new ChunkQueue();
  isStarted = false;
  shell = undefined;
  #abortController = undefined;
  #isAborted = false;
  #abortReason = undefined;

  constructor(core, write, close, abort, highWaterMark, size) {
    this.core = core;
    core.controller = this;
    this.writeSink = write;
    this.closeSink = close;
    this.abortAlgorithm = abort;
    this.highWaterMark = highWaterMark;
    this.size = size;
    this.onwritten = () => this.#written();
    this.onfailed = (error) => this.#failed(error);
  }

  start(startAlgorithm) {
    const { core } = this;
    core.updateBackpressure(this.hasBackpressure);
    then(startPromise(startAlgorithm), () => {
      this.isStarted = true;
      this.advance();
    }, (error) => {
      this.isStarted = true;
      core.dealWithRejection(error);
    });
  }

  get desiredSize() {
    return this.highWaterMark - this.queue.total;
  }

  get hasBackpressure() {
    return this.desiredSize <= 0;
  }

  get signal() {
    if (this.#abortController === undefined) {
      const { AbortController } = require('internal/abort_controller');
      this.#abortController = new AbortController();
      if (this.#isAborted) this.#abortController.abort(this.#abortReason);
    }
    return this.#abortController.signal;
  }

  signalAbort(reason) {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#abortReason = reason;
    this.#abortController?.abort(reason);
  }

  abortSink(reason) {
    const result = this.abortAlgorithm(reason);
    this.clearAlgorithms();
    return result;
  }

  clearAlgorithms() {
    this.writeSink = this.closeSink = this.abortAlgorithm = this.size = undefined;
  }

  sizeOf(chunk) {
    if (this.size === undefined) return 1;
    try {
      return this.size(chunk);
    } catch (error) {
      this.errorIfNeeded(error);
      return 1;
    }
  }

  write(chunk, size) {
    try {
      this.queue.push(chunk, size);
    } catch (error) {
      this.errorIfNeeded(error);
      return;
    }
    const { core } = this;
    if (core.state === 'writable' && !core.isClosing) core.updateBackpressure(this.hasBackpressure);
    this.advance();
  }

  close() {
    this.queue.push(CLOSE, 0);
    this.advance();
  }

  error(error) {
    this.clearAlgorithms();
    this.core.startErroring(error);
  }

  errorIfNeeded(error) {
    if (this.core.state === 'writable') this.error(error);
  }

  advance() {
    const { core, queue } = this;
    if (!this.isStarted || core.inFlightWrite !== null || core.isOver) return;
    if (core.state === 'erroring') {
      core.finishErroring();
      return;
    }
    if (queue.isEmpty) return;
    const chunk = queue.peek();
    if (chunk === CLOSE) {
      this.#processClose();
      return;
    }
    core.inFlightWrite = core.writes.shift();
    then(this.writeSink(chunk), this.onwritten, this.onfailed);
  }

  #written() {
    const { core } = this;
    core.finishWrite();
    this.queue.shift();
    if (core.state === 'writable' && !core.isClosing) core.updateBackpressure(this.hasBackpressure);
    this.advance();
  }

  #failed(error) {
    if (this.core.state === 'writable') this.clearAlgorithms();
    this.core.failWrite(error);
  }

  #processClose() {
    const { core } = this;
    core.inFlightClose = core.closeRequest;
    core.closeRequest = null;
    this.queue.shift();
    const closed = this.closeSink();
    this.clearAlgorithms();
    then(closed, () => core.finishClose(), (error) => core.failClose(error));
  }
}

class WriterCore {
  core;
  closed = new LazyPromise();
  ready = new LazyPromise();

  constructor(core) {
    this.core = core;
    core.writer = this;
    const { state } = core;
    if (state === 'closed') this.closed.resolve();
    else if (state === 'errored') this.closed.reject(core.storedError);
    if (state === 'erroring' || state === 'errored') this.ready.reject(core.storedError);
    else if (state === 'closed' || core.isClosing || !core.backpressure) this.ready.resolve();
  }

  becameBusy() {
    this.ready = new LazyPromise();
  }

  becameReady() {
    this.ready.resolve();
  }

  becameErroring(error) {
    if (this.ready.isPending) this.ready.reject(error);
    else this.ready = LazyPromise.rejected(error);
  }

  becameClosed() {
    this.closed.resolve();
  }

  becameErrored(error) {
    this.closed.reject(error);
  }

  get desiredSize() {
    const { core } = this;
    if (core.state === 'errored' || core.state === 'erroring') return null;
    return core.state === 'closed' ? 0 : core.controller.desiredSize;
  }

  write(chunk) {
    const { core } = this;
    if (core === undefined) return rejectedWith(invalidState('Writer is not bound to a WritableStream'));
    const size = core.controller.sizeOf(chunk);
    if (this.core !== core) return rejectedWith(invalidState('Mismatched WritableStreams')); // size() released the lock
    const { state } = core;
    if (state === 'errored') return rejectedWith(core.storedError);
    if (core.isClosing || state === 'closed') return rejectedWith(invalidState('WritableStream is closed'));
    if (state === 'erroring') return rejectedWith(core.storedError);
    const request = withResolvers();
    core.write(chunk, size, request);
    return request.promise;
  }

  release() {
    const { core } = this;
    if (core === undefined) return;
    const error = invalidState('Writer has been released');
    this.becameErroring(error);
    if (this.closed.isPending) this.closed.reject(error);
    else this.closed = LazyPromise.rejected(error);
    core.writer = null;
    this.core = undefined;
  }
}

// Shells


let coreOf;

class WritableStream {
  #core;

  static {
    coreOf = (stream) => (isObject(stream) && #core in stream ? stream.#core : undefined);
  }

  constructor(sink = {}, strategy = {}) {
    const core = sink === kFromCore ? strategy : new WritableCore();
    this.#core = core;
    core.stream = this;
    if (sink !== kFromCore) setUpFromSink(core, sink, strategy);
  }

  get locked() {
    return checkStream(this).writer !== null;
  }

  abort(reason = undefined) {
    const core = coreOf(this);
    if (core === undefined) return rejectedWith(new ERR_INVALID_THIS('WritableStream'));
    if (core.writer !== null) return rejectedWith(invalidState('WritableStream is locked'));
    return core.abort(reason);
  }

  close() {
    const core = coreOf(this);
    if (core === undefined) return rejectedWith(new ERR_INVALID_THIS('WritableStream'));
    if (core.writer !== null) return rejectedWith(invalidState('WritableStream is locked'));
    if (core.isClosing) return rejectedWith(invalidState('Failure closing WritableStream'));
    return core.close();
  }

  getWriter() {
    checkStream(this);
    return new WritableStreamDefaultWriter(this);
  }

  get [kIsErrored]() {
    return coreOf(this)?.state === 'errored';
  }

  get [kIsWritable]() {
    return coreOf(this)?.state === 'writable';
  }

  get [kIsClosedPromise]() {
    return coreOf(this)?.closed;
  }

  [kControllerErrorFunction](error) {
    coreOf(this)?.controller.errorIfNeeded(error);
  }

  [kTransfer]() {
    return require('internal/webstreams/transfer').transferWritable(this);
  }

  static [kDeserialize](port) {
    return require('internal/webstreams/transfer').writableFromPort(port);
  }

  [customInspectSymbol](depth, options) {
    const { state } = checkStream(this);
    return inspectAs(this, this.constructor.name, { locked: this.locked, state }, depth, options);
  }
}

function checkStream(stream) {
  const core = coreOf(stream);
  if (core === undefined) throw new ERR_INVALID_THIS('WritableStream');
  return core;
}

function setUpFromSink(core, sink, strategy) {
  const queuing = new Strategy(strategy);
  validateObject(sink, 'sink', kValidateObjectAllowObjects);
  const abort = optionalMethod(sink, 'abort', 'sink');
  const close = optionalMethod(sink, 'close', 'sink');
  const start = optionalMethod(sink, 'start', 'sink');
  const type = sink.type;
  const write = optionalMethod(sink, 'write', 'sink');
  if (type !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('type', type);
  const shell = new WritableStreamDefaultController(kFromCore);
  const controller = new WritableControllerCore(
    core,
    write ? (chunk) => promiseCall(write, sink, chunk, shell) : settledPromise,
    close ? () => asyncCall(close, sink) : settledPromise,
    abort ? (reason) => asyncCall(abort, sink, reason) : settledPromise,
    queuing.highWaterMark(1), queuing.size);
  attachController(shell, controller);
  controller.start(() => start && Reflect.apply(start, sink, [shell]));
}

/** A stream on functions that return promises. */
function createWritable(start, write, close, abort, highWaterMark = 1, size = undefined) {
  const core = new WritableCore();
  const stream = new WritableStream(kFromCore, core);
  new WritableControllerCore(core, write, close, abort, highWaterMark, size).start(start);
  return stream;
}

let writerOf;

class WritableStreamDefaultWriter {
  #core;

  static {
    writerOf = (writer) => (isObject(writer) && #core in writer ? writer.#core : undefined);
  }

  constructor(stream) {
    const core = coreOf(stream);
    if (core === undefined) throw new ERR_INVALID_ARG_TYPE('stream', 'WritableStream', stream);
    if (core.writer !== null) throw invalidState('WritableStream is locked');
    this.#core = new WriterCore(core);
  }

  get closed() {
    return writerOf(this)?.closed.promise ?? rejectedWith(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
  }

  get desiredSize() {
    const writer = checkWriter(this);
    if (writer.core === undefined) throw invalidState('Writer is not bound to a WritableStream');
    return writer.desiredSize;
  }

  get ready() {
    return writerOf(this)?.ready.promise ?? rejectedWith(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
  }

  abort(reason = undefined) {
    const writer = writerOf(this);
    if (writer === undefined) return rejectedWith(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    if (writer.core === undefined) return rejectedWith(invalidState('Writer is not bound to a WritableStream'));
    return writer.core.abort(reason);
  }

  close() {
    const writer = writerOf(this);
    if (writer === undefined) return rejectedWith(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    if (writer.core === undefined) return rejectedWith(invalidState('Writer is not bound to a WritableStream'));
    if (writer.core.isClosing) return rejectedWith(invalidState('Failure to close WritableStream'));
    return writer.core.close();
  }

  releaseLock() {
    checkWriter(this).release();
  }

  write(chunk = undefined) {
    const writer = writerOf(this);
    if (writer === undefined) return rejectedWith(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    return writer.write(chunk);
  }

  [customInspectSymbol](depth, options) {
    const writer = checkWriter(this);
    return inspectAs(this, this.constructor.name, {
      stream: writer.core?.stream,
      close: writer.closed.promise,
      ready: writer.ready.promise,
      desiredSize: writer.core && writer.desiredSize,
    }, depth, options);
  }
}

function checkWriter(writer) {
  const core = writerOf(writer);
  if (core === undefined) throw new ERR_INVALID_THIS('WritableStreamDefaultWriter');
  return core;
}

let controllerOf;
let attachController;

class WritableStreamDefaultController {
  #core;

  static {
    controllerOf = (controller) => (isObject(controller) && #core in controller ? controller.#core : undefined);
    attachController = (shell, core) => { shell.#core = core; };
  }

  constructor(key = undefined) {
    if (key !== kFromCore) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get signal() {
    return checkController(this).signal;
  }

  error(error = undefined) {
    checkController(this).errorIfNeeded(error);
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, { stream: checkController(this).core.stream }, depth, options);
  }
}

function checkController(controller) {
  const core = controllerOf(controller);
  if (core === undefined) throw new ERR_INVALID_THIS('WritableStreamDefaultController');
  return core;
}

const isWritableStream = (value) => coreOf(value) !== undefined;

defineEnumerable(WritableStream, 'locked', 'abort', 'close', 'getWriter');
defineEnumerable(
  WritableStreamDefaultWriter, 'closed', 'desiredSize', 'ready', 'abort', 'close', 'releaseLock', 'write');
defineEnumerable(WritableStreamDefaultController, 'signal', 'error');
for (const Class of [WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController]) defineTag(Class);
defineTransferMode(WritableStream, TRANSFERABLE, isWritableStream);

module.exports = {
  WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController,
  createWritable, isWritableStream, writableCore: coreOf,
};
