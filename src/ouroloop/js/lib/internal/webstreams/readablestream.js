'use strict';

// ReadableStream, its default reader and default controller. Byte streams are in `readablebytestream.js`.
//
// Theory of operation. What programs hold (ReadableStream, ...) is a shell around a core, where the standard's
// algorithms live under shorter names. A core knows at most one reader core: that of a reader, an iterator, a branch
// or a pipe. A read request is anything with `chunk(value)`, `close()` and `error(reason)`; exactly one of them is
// called, perhaps before `read` returns.
//
// What surprises people: a source is pulled until `highWaterMark` chunks wait, before anybody reads. An error drops
// what waits, a close does not.
//
// Source: https://streams.spec.whatwg.org/#rs

const {
  codes: {
    ERR_ARG_NOT_ITERABLE, ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS,
  },
} = require('internal/errors');
const { customInspectSymbol, isObject } = require('internal/util');
const {
  kValidateObjectAllowObjects, kValidateObjectAllowObjectsAndNull, validateAbortSignal, validateObject,
} = require('internal/validators');
const { kTransfer, kDeserialize, TRANSFERABLE, defineTransferMode } = require('internal/worker/js_transferable');
const { invalidState, optionalMethod } = require('internal/webstreams/checks');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');
const {
  LazyPromise, asyncCall, markHandled, nop, promiseCall, rejectedWith, resolvedWith, settledPromise, startPromise, then,
  withResolvers,
} = require('internal/webstreams/promises');
const { ChunkQueue, Strategy } = require('internal/webstreams/queuingstrategies');
const { isWritableStream, writableCore } = require('internal/webstreams/writablestream');

const kIsDisturbed = Symbol.for('nodejs.stream.disturbed');
const kIsErrored = Symbol.for('nodejs.stream.errored');
const kIsReadable = Symbol.for('nodejs.stream.readable');
const kIsClosedPromise = Symbol.for('nodejs.webstream.isClosedPromise');
const kControllerErrorFunction = Symbol.for('nodejs.webstream.controllerErrorFunction');

const kFromCore = Symbol('kFromCore'); // lets a constructor take a core
const kNothing = Symbol('kNothing');


// Cores

class ReadableCore {
  state = 'readable'; // then 'closed' or 'errored'
  storedError = undefined;
  reader = null;
  controller = null;
  isDisturbed = false;
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

  cancel(reason) {
    this.isDisturbed = true;
    if (this.state === 'closed') return resolvedWith();
    if (this.state === 'errored') return rejectedWith(this.storedError);
    this.close();
    this.reader?.closeIntoRequests();
    return then(this.controller.cancel(reason), () => undefined);
  }

  close() {
    this.state = 'closed';
    this.#closed?.resolve();
    const { reader } = this;
    if (reader === null) return;
    reader.becameClosed();
    for (const request of reader.takeRequests()) request.close();
  }

  error(error) {
    this.state = 'errored';
    this.storedError = error;
    this.#closed?.reject(error);
    const { reader } = this;
    if (reader === null) return;
    reader.becameErrored(error);
    for (const request of [...reader.takeRequests(), ...reader.takeIntoRequests()]) request.error(error);
  }
}

/** Part of what reads from a core; subclasses keep requests for chunks, or for the filling of views. */
class ReaderCore {
  core;
  closed = new LazyPromise();

  constructor(core) {
    this.core = core;
    core.reader = this;
    if (core.state === 'closed') this.closed.resolve();
    else if (core.state === 'errored') this.closed.reject(core.storedError);
  }

  becameClosed() {
    this.closed.resolve();
  }

  becameErrored(error) {
    this.closed.reject(error);
  }

  takeRequests() {
    return [];
  }

  takeIntoRequests() {
    return [];
  }

  closeIntoRequests() {}

  cancel(reason) {
    return this.core.cancel(reason);
  }

  release() {
    const { core } = this;
    if (core === undefined) return;
    const error = invalidState('Reader released');
    if (this.closed.isPending) this.closed.reject(error);
    else this.closed = LazyPromise.rejected(error);
    core.controller.release();
    core.reader = null;
    this.core = undefined;
    const requests = [...this.takeRequests(), ...this.takeIntoRequests()];
    if (requests.length === 0) return;
    const released = invalidState('Releasing reader');
    for (const request of requests) request.error(released);
  }
}

class DefaultReaderCore extends ReaderCore {
  requests = [];

  takeRequests() {
    const { requests } = this;
    this.requests = [];
    return requests;
  }

  read(request) {
    const { core } = this;
    core.isDisturbed = true;
    if (core.state === 'readable') core.controller.pullFor(request);
    else if (core.state === 'closed') request.close();
    else request.error(core.storedError);
  }

  /** A chunk that waits, at once; otherwise kNothing. */
  take() {
    const { core } = this;
    core.isDisturbed = true;
    return core.state === 'readable' ? core.controller.take() : kNothing;
  }
}

/** A read request that is a promise of `{ value, done }`. */
class PromisedRead {
  #resolvers = withResolvers();

  get promise() {
    return this.#resolvers.promise;
  }

  chunk(value) {
    this.#resolvers.resolve({ value, done: false });
  }

  close(value = undefined) {
    this.#resolvers.resolve({ value, done: true });
  }

  error(error) {
    this.#resolvers.reject(error);
  }
}

class DefaultControllerCore {
  // Declared, so that setters on Object.prototype are not met.
  core;
  pullSource;
  cancelSource;
  highWaterMark;
  size;
  onpulled;
  onfailed;
  queue = new ChunkQueue();
  isStarted = false;
  isCloseRequested = false;
  #isPulling = false;
  #pullsAgain = false;

  /** `pull` may be undefined; it and `cancel` return promises. */
  constructor(core, pull, cancel, highWaterMark, size) {
    this.core = core;
    core.controller = this;
    this.pullSource = pull;
    this.cancelSource = cancel;
    this.highWaterMark = highWaterMark;
    this.size = size;
    this.onpulled = () => this.#pulled();
    this.onfailed = (error) => this.error(error);
  }

  start(startAlgorithm) {
    then(startPromise(startAlgorithm), () => {
      this.isStarted = true;
      this.pullIfNeeded();
    }, this.onfailed);
  }

  get canEnqueue() {
    return !this.isCloseRequested && this.core.state === 'readable';
  }

  get desiredSize() {
    const { state } = this.core;
    if (state === 'errored') return null;
    return state === 'closed' ? 0 : this.highWaterMark - this.queue.total;
  }

  get hasBackpressure() {
    return !this.#wantsChunk();
  }

  #wantsChunk() {
    if (!this.canEnqueue || !this.isStarted) return false;
    return this.core.reader?.requests?.length > 0 || this.highWaterMark - this.queue.total > 0;
  }

  pullIfNeeded() {
    if (this.pullSource === undefined || !this.#wantsChunk()) return;
    if (this.#isPulling) {
      this.#pullsAgain = true;
      return;
    }
    this.#isPulling = true;
    then(this.pullSource(), this.onpulled, this.onfailed);
  }

  #pulled() {
    this.#isPulling = false;
    if (!this.#pullsAgain) return;
    this.#pullsAgain = false;
    this.pullIfNeeded();
  }

  /** The next chunk goes to `request`. The stream must be readable. */
  pullFor(request) {
    if (!this.queue.isEmpty) {
      request.chunk(this.take());
      return;
    }
    this.core.reader.requests.push(request);
    this.pullIfNeeded();
  }

  take() {
    const chunk = this.takeForPipe();
    if (chunk !== kNothing) this.pullIfNeeded();
    return chunk;
  }

  /** The same for a pipe, which calls `pullIfNeeded` itself when it has taken what it can. */
  takeForPipe() {
    const { queue } = this;
    if (queue.isEmpty) return kNothing;
    const chunk = queue.shift();
    if (this.isCloseRequested && queue.isEmpty) {
      this.#clearAlgorithms();
      this.core.close();
    }
    return chunk;
  }

  enqueue(chunk) {
    if (!this.canEnqueue) return;
    const requests = this.core.reader?.requests;
    if (requests?.length > 0) requests.shift().chunk(chunk);
    else this.#add(chunk);
    this.pullIfNeeded();
  }

  #add(chunk) {
    try {
      this.queue.push(chunk, this.size === undefined ? 1 : this.size(chunk));
    } catch (error) {
      this.error(error);
      throw error;
    }
  }

  close() {
    if (!this.canEnqueue) return;
    this.isCloseRequested = true;
    if (!this.queue.isEmpty) return;
    this.#clearAlgorithms();
    this.core.close();
  }

  error(error) {
    if (this.core.state !== 'readable') return;
    this.queue.reset();
    this.#clearAlgorithms();
    this.core.error(error);
  }

  cancel(reason) {
    this.queue.reset();
    const result = this.cancelSource(reason);
    this.#clearAlgorithms();
    return result;
  }

  release() {}

  #clearAlgorithms() {
    this.pullSource = this.cancelSource = this.size = undefined;
  }
}

// Shells

let coreOf;

class ReadableStream {
  #core;

  static {
    coreOf = (stream) => (isObject(stream) && #core in stream ? stream.#core : undefined);
  }

  constructor(source = {}, strategy = {}) {
    const core = source === kFromCore ? strategy : new ReadableCore();
    this.#core = core;
    core.stream = this;
    if (source !== kFromCore) setUpFromSource(core, source, strategy);
  }

  static from(iterable) {
    return fromIterable(iterable);
  }

  get locked() {
    return checkStream(this).reader !== null;
  }

  cancel(reason = undefined) {
    const core = coreOf(this);
    if (core === undefined) return rejectedWith(new ERR_INVALID_THIS('ReadableStream'));
    if (core.reader !== null) return rejectedWith(invalidState('ReadableStream is locked'));
    return core.cancel(reason);
  }

  getReader(options = {}) {
    checkStream(this);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    const mode = options?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== 'byob') throw new ERR_INVALID_ARG_VALUE('options.mode', mode);
    const { ReadableStreamBYOBReader } = require('internal/webstreams/readablebytestream');
    return new ReadableStreamBYOBReader(this);
  }

  pipeThrough(transform, options = {}) {
    const core = checkStream(this);
    const readable = transform?.readable;
    if (!isReadableStream(readable)) throw new ERR_INVALID_ARG_TYPE('transform.readable', 'ReadableStream', readable);
    const writable = transform.writable;
    if (!isWritableStream(writable)) throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', writable);
    const pipeOptions = toPipeOptions(options);
    if (core.reader !== null) throw invalidState('The ReadableStream is locked');
    if (writableCore(writable).writer !== null) throw invalidState('The WritableStream is locked');
    markHandled(require('internal/webstreams/pipe').pipe(core, writableCore(writable), pipeOptions));
    return readable;
  }

  pipeTo(destination, options = {}) {
    try {
      const core = checkStream(this);
      if (!isWritableStream(destination)) {
        throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', destination);
      }
      const pipeOptions = toPipeOptions(options);
      if (core.reader !== null) throw invalidState('The ReadableStream is locked');
      if (writableCore(destination).writer !== null) throw invalidState('The WritableStream is locked');
      return require('internal/webstreams/pipe').pipe(core, writableCore(destination), pipeOptions);
    } catch (error) {
      return rejectedWith(error);
    }
  }

  tee() {
    const core = checkStream(this);
    if (core.reader !== null) throw invalidState('ReadableStream is locked');
    return require('internal/webstreams/tee').tee(core);
  }

  values(options = {}) {
    const core = checkStream(this);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    const preventCancel = Boolean(options?.preventCancel);
    if (core.reader !== null) throw invalidState('ReadableStream is locked');
    return new ReadableStreamAsyncIterator(new DefaultReaderCore(core), preventCancel);
  }

  get [kIsDisturbed]() {
    return coreOf(this)?.isDisturbed;
  }

  get [kIsErrored]() {
    return coreOf(this)?.state === 'errored';
  }

  get [kIsReadable]() {
    return coreOf(this)?.state === 'readable';
  }

  get [kIsClosedPromise]() {
    return coreOf(this)?.closed;
  }

  [kControllerErrorFunction](error) {
    coreOf(this)?.controller.error(error);
  }

  [kTransfer]() {
    return require('internal/webstreams/transfer').transferReadable(this);
  }

  static [kDeserialize](port) {
    return require('internal/webstreams/transfer').readableFromPort(port);
  }

  [customInspectSymbol](depth, options) {
    const { state, controller } = checkStream(this);
    const supportsBYOB = !(controller instanceof DefaultControllerCore);
    return inspectAs(this, this.constructor.name, { locked: this.locked, state, supportsBYOB }, depth, options);
  }
}

function checkStream(stream) {
  const core = coreOf(stream);
  if (core === undefined) throw new ERR_INVALID_THIS('ReadableStream');
  return core;
}

function toPipeOptions(options) {
  validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
  const preventAbort = Boolean(options?.preventAbort);
  const preventCancel = Boolean(options?.preventCancel);
  const preventClose = Boolean(options?.preventClose);
  const signal = options?.signal;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  return { preventAbort, preventCancel, preventClose, signal };
}

function setUpFromSource(core, source, strategy) {
  validateObject(source, 'source', kValidateObjectAllowObjects);
  const queuing = new Strategy(strategy);
  const chunkSize = source.autoAllocateChunkSize;
  const cancel = optionalMethod(source, 'cancel', 'source');
  const pull = optionalMethod(source, 'pull', 'source');
  const start = optionalMethod(source, 'start', 'source');
  const type = source.type === undefined ? undefined : `${source.type}`;
  if (type === 'bytes') {
    const { setUpByteSource } = require('internal/webstreams/readablebytestream');
    setUpByteSource(core, source, { start, pull, cancel, chunkSize }, queuing);
    return;
  }
  if (type !== undefined) throw new ERR_INVALID_ARG_VALUE('source.type', source.type);
  const shell = new ReadableStreamDefaultController(kFromCore);
  const controller = new DefaultControllerCore(
    core,
    pull && (() => promiseCall(pull, source, shell)),
    cancel ? (reason) => asyncCall(cancel, source, reason) : settledPromise,
    queuing.highWaterMark(1), queuing.size);
  attachController(shell, controller);
  controller.start(start && (() => Reflect.apply(start, source, [shell])));
}

/** A stream on functions that return promises; `start` may be undefined. */
function createReadable(start, pull, cancel, highWaterMark = 1, size = undefined) {
  const core = new ReadableCore();
  const stream = new ReadableStream(kFromCore, core);
  new DefaultControllerCore(core, pull, cancel, highWaterMark, size).start(start);
  return stream;
}

let readerOf;

class ReadableStreamDefaultReader {
  #core;

  static {
    readerOf = (reader) => (isObject(reader) && #core in reader ? reader.#core : undefined);
  }

  constructor(stream) {
    const core = coreOf(stream);
    if (core === undefined) throw new ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
    if (core.reader !== null) throw invalidState('ReadableStream is locked');
    this.#core = new DefaultReaderCore(core);
  }

  read() {
    const reader = readerOf(this);
    if (reader === undefined) return rejectedWith(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    if (reader.core === undefined) return rejectedWith(invalidState('The reader is not attached to a stream'));
    const value = reader.take();
    if (value !== kNothing) return resolvedWith({ done: false, value });
    const request = new PromisedRead();
    reader.read(request);
    return request.promise;
  }

  releaseLock() {
    checkReader(this).release();
  }

  get closed() {
    return readerOf(this)?.closed.promise ?? rejectedWith(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
  }

  cancel(reason = undefined) {
    const reader = readerOf(this);
    if (reader === undefined) return rejectedWith(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    if (reader.core === undefined) return rejectedWith(invalidState('The reader is not attached to a stream'));
    return reader.cancel(reason);
  }

  [customInspectSymbol](depth, options) {
    const { core, requests, closed } = checkReader(this);
    return inspectAs(this, this.constructor.name,
      { stream: core?.stream, readRequests: requests.length, close: closed.promise }, depth, options);
  }
}

function checkReader(reader) {
  const core = readerOf(reader);
  if (core === undefined) throw new ERR_INVALID_THIS('ReadableStreamDefaultReader');
  return core;
}

let controllerOf;
let attachController;

class ReadableStreamDefaultController {
  #core;

  static {
    controllerOf = (controller) => (isObject(controller) && #core in controller ? controller.#core : undefined);
    attachController = (shell, core) => { shell.#core = core; };
  }

  constructor(key = undefined) {
    if (key !== kFromCore) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get desiredSize() {
    return checkController(this).desiredSize;
  }

  close() {
    const controller = checkController(this);
    if (!controller.canEnqueue) throw invalidState('Controller is already closed');
    controller.close();
  }

  enqueue(chunk = undefined) {
    const controller = checkController(this);
    if (!controller.canEnqueue) throw invalidState('Controller is already closed');
    controller.enqueue(chunk);
  }

  error(error = undefined) {
    checkController(this).error(error);
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, {}, depth, options);
  }
}

function checkController(controller) {
  const core = controllerOf(controller);
  if (core === undefined) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
  return core;
}

// Iteration

/** Answers `next()`; the end of the stream, or an error, ends the iteration too and releases the stream. */
class IteratorRead extends PromisedRead {
  #iteration;

  constructor(iteration) {
    super();
    this.#iteration = iteration;
  }

  chunk(value) {
    this.#iteration.current = undefined;
    super.chunk(value);
  }

  close() {
    this.#iteration.end();
    super.close();
  }

  error(error) {
    this.#iteration.end();
    super.error(error);
  }
}

/**
 * The steps of an iterator, one after the other. As in Node, a step that finds none before it has no microtask of its
 * own, and one that was answered while it was asked still counts as under way for the next.
 */
class Iteration {
  current = undefined; // the promise of the last step, as long as it has not ended
  #hasBegun = false;
  #isFinished = false;
  #reader;
  #preventCancel;

  constructor(reader, preventCancel) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
  }

  next() {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.current ??= settledPromise();
    }
    if (this.current !== undefined) return this.#after(() => this.#read());
    const value = this.#isFinished ? kNothing : this.#reader.take();
    return value === kNothing ? this.current = this.#read() : resolvedWith({ done: false, value });
  }

  return(value) {
    return this.current === undefined ? this.current = this.#return(value) : this.#after(() => this.#return(value));
  }

  end() {
    this.current = undefined;
    this.#isFinished = true;
    this.#reader.release();
  }

  #after(step) {
    return this.current = then(this.current, step, step);
  }

  #read() {
    if (this.#isFinished) return resolvedWith({ value: undefined, done: true });
    const request = new IteratorRead(this);
    this.#reader.read(request);
    return request.promise;
  }

  #return(value) {
    const result = { done: true, value };
    if (this.#isFinished) return resolvedWith(result);
    this.#isFinished = true;
    const reader = this.#reader;
    const cancelled = this.#preventCancel ? undefined : reader.cancel(value);
    reader.release();
    return cancelled === undefined ? resolvedWith(result) : then(cancelled, () => result);
  }
}

let iterationOf;

class ReadableStreamAsyncIterator {
  #iteration;

  static {
    iterationOf = (iterator) => (isObject(iterator) && #iteration in iterator ? iterator.#iteration : undefined);
  }

  constructor(reader, preventCancel) {
    this.#iteration = new Iteration(reader, preventCancel);
  }

  next() {
    return iterationOf(this)?.next() ?? rejectedWith(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
  }

  return(value) {
    return iterationOf(this)?.return(value) ?? rejectedWith(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
  }
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function*() {}.prototype));

Object.setPrototypeOf(ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);
delete ReadableStreamAsyncIterator.prototype.constructor;
defineEnumerable(ReadableStreamAsyncIterator, 'next', 'return');

// ReadableStream.from

function getIterator(iterable) {
  const method = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator];
  if (typeof method !== 'function') throw new ERR_ARG_NOT_ITERABLE(require('internal/util/inspect').inspect(iterable));
  const iterator = Reflect.apply(method, iterable, []);
  if (!isObject(iterator)) throw invalidState('The iterator method must return an object');
  return { iterator, next: iterator.next };
}

/**
 * Iterators of both kinds go the same way, as in Node: what `next` returns is awaited, and so is its value if it is an
 * object, which may be a promise. The next pull waits for the former alone.
 */
function fromIterable(iterable) {
  const { iterator, next } = getIterator(iterable);
  let controller;

  const enqueue = (chunk) => controller.enqueue(chunk);
  const fail = (error) => controller.error(error);

  function accept(result) {
    try {
      if (!isObject(result)) {
        throw invalidState('The promise returned by the iterator.next() method must fulfill with an object');
      }
      if (result.done) controller.close();
      else if (isObject(result.value)) then(resolvedWith(result.value), enqueue, fail);
      else enqueue(result.value);
    } catch (error) {
      fail(error);
    }
  }

  function pull() {
    const step = promiseCall(next, iterator);
    then(step, accept, nop);
    return step;
  }

  async function cancel(reason) {
    const method = iterator.return;
    if (method === undefined || method === null) return;
    const result = await Reflect.apply(method, iterator, [reason]);
    if (!isObject(result)) {
      throw invalidState('The promise returned by the iterator.return() method must fulfill with an object');
    }
  }

  const stream = createReadable(undefined, pull, cancel, 0);
  controller = coreOf(stream).controller;
  return stream;
}

const isReadableStream = (value) => coreOf(value) !== undefined;

defineEnumerable(
  ReadableStream, 'locked', 'cancel', 'getReader', 'pipeThrough', 'pipeTo', 'tee', 'values');
Object.defineProperty(ReadableStream, 'from', { __proto__: null, enumerable: true });
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator,
  { __proto__: null, value: ReadableStream.prototype.values, writable: true, enumerable: false, configurable: true });
defineEnumerable(ReadableStreamDefaultReader, 'closed', 'cancel', 'read', 'releaseLock');
defineEnumerable(ReadableStreamDefaultController, 'desiredSize', 'close', 'enqueue', 'error');
for (const Class of [ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController]) defineTag(Class);
defineTransferMode(ReadableStream, TRANSFERABLE, isReadableStream);

module.exports = {
  ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController,
  DefaultReaderCore, PromisedRead, ReadableCore, ReaderCore, createReadable, isReadableStream, kFromCore, kNothing,
  readableCore: coreOf,
};
