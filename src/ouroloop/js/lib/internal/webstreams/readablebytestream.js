'use strict';

// Byte streams: a ReadableStream of type 'bytes', its BYOB ("bring your own buffer") reader, and its controller.
//
// Theory of operation. A reader hands over a view to be filled, which becomes a `PullInto`: the view's buffer and how
// much of it is filled. `controller.byobRequest` shows the source the first of these; what is enqueued instead waits
// in a queue of byte ranges and is copied into the next view. Buffers are owned by one at a time: whatever is handed
// over is detached where it came from.
//
// What surprises people: a view comes back as another view, on another buffer object, of the same memory.
//
// Source: https://streams.spec.whatwg.org/#rbs-controller

const {
  codes: {
    ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE,
  },
} = require('internal/errors');
const { customInspectSymbol, isObject } = require('internal/util');
const { kValidateObjectAllowObjectsAndNull, validateObject } = require('internal/validators');
const { viewClass } = require('internal/views');
const { isMarkedAsUntransferable } = require('internal/worker/js_transferable');
const { invalidState } = require('internal/webstreams/checks');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');
const { asyncCall, promiseCall, rejectedWith, settledPromise, startPromise, then } =
  require('internal/webstreams/promises');
const {
  PromisedRead, ReadableCore, ReadableStream, ReaderCore, kFromCore, kNothing, readableCore,
} = require('internal/webstreams/readablestream');


/** The buffer's memory as another buffer; this one is detached. */
function take(buffer) {
  // The pool of Buffer belongs to many.
  if (isMarkedAsUntransferable(buffer)) throw new TypeError('ArrayBuffer is not detachable and could not be cloned.');
  return buffer.transfer();
}

/** A view that is being filled. */
class PullInto {
  // Declared, so that setters on Object.prototype are not met.
  buffer;
  bufferLength;
  byteOffset;
  byteLength;
  View;
  elementSize;
  minimum;
  owner;
  filled = 0;

  constructor(buffer, byteOffset, byteLength, View, minimum, owner) {
    this.buffer = buffer;
    this.bufferLength = buffer.byteLength;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.View = View;
    this.elementSize = View.BYTES_PER_ELEMENT ?? 1;
    this.minimum = minimum * this.elementSize;
    this.owner = owner; // 'byob', 'default' (made for autoAllocateChunkSize) or 'none' (its reader was released)
  }

  get rest() {
    return new Uint8Array(this.buffer, this.byteOffset + this.filled, this.byteLength - this.filled);
  }

  toView() {
    return new this.View(take(this.buffer), this.byteOffset, this.filled / this.elementSize);
  }
}

class BYOBReaderCore extends ReaderCore {
  intoRequests = [];

  takeIntoRequests() {
    const { intoRequests } = this;
    this.intoRequests = [];
    return intoRequests;
  }

  closeIntoRequests() {
    for (const request of this.takeIntoRequests()) request.close(undefined);
  }

  readInto(view, minimum, request) {
    const { core } = this;
    core.isDisturbed = true;
    if (core.state === 'errored') request.error(core.storedError);
    else core.controller.pullInto(view, minimum, request);
  }
}

class ByteControllerCore {
  // Declared, so that setters on Object.prototype are not met.
  core;
  pullSource;
  cancelSource;
  highWaterMark;
  chunkSize;
  onpulled;
  onfailed;
  isStarted = false;
  isCloseRequested = false;
  pending = []; // PullIntos
  shell = undefined;
  #queue = []; // { buffer, byteOffset, byteLength }
  #total = 0;
  #byobRequest = null;
  #isPulling = false;
  #pullsAgain = false;

  constructor(core, pull, cancel, highWaterMark, chunkSize) {
    this.core = core;
    core.controller = this;
    this.pullSource = pull;
    this.cancelSource = cancel;
    this.highWaterMark = highWaterMark;
    this.chunkSize = chunkSize;
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
    return state === 'closed' ? 0 : this.highWaterMark - this.#total;
  }

  get byobRequest() {
    if (this.#byobRequest === null && this.pending.length > 0) {
      this.#byobRequest = new ReadableStreamBYOBRequest(kFromCore, this, this.pending[0].rest);
    }
    return this.#byobRequest;
  }

  #invalidateRequest() {
    if (this.#byobRequest !== null) invalidate(this.#byobRequest);
    this.#byobRequest = null;
  }

  // Pulling

  #wantsChunk() {
    if (!this.canEnqueue || !this.isStarted) return false;
    const { reader } = this.core;
    return reader?.requests?.length > 0 || reader?.intoRequests?.length > 0 || this.highWaterMark - this.#total > 0;
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

  /** The next chunk goes to `request`, of a default reader. */
  pullFor(request) {
    if (this.#total > 0) {
      request.chunk(this.take());
      return;
    }
    if (this.chunkSize !== undefined) {
      try {
        const buffer = new ArrayBuffer(this.chunkSize);
        this.pending.push(new PullInto(buffer, 0, this.chunkSize, Uint8Array, 1, 'default'));
      } catch (error) {
        request.error(error);
        return;
      }
    }
    this.core.reader.requests.push(request);
    this.pullIfNeeded();
  }

  /** Fill `view` with at least `minimum` elements. */
  pullInto(view, minimum, request) {
    const { core } = this;
    let pull;
    try {
      const View = viewClass(view);
      const { byteOffset, byteLength } = view;
      pull = new PullInto(take(view.buffer), byteOffset, byteLength, View, minimum, 'byob');
    } catch (error) {
      request.error(error);
      return;
    }
    if (this.pending.length > 0) {
      this.pending.push(pull);
      core.reader.intoRequests.push(request);
      return;
    }
    if (core.state === 'closed') {
      request.close(new pull.View(pull.buffer, pull.byteOffset, 0));
      return;
    }
    if (this.#total > 0 && this.#fill(pull)) {
      const filled = pull.toView();
      this.#queueDrained();
      request.chunk(filled);
      return;
    }
    if (this.isCloseRequested) {
      const error = invalidState('ReadableStream closed');
      this.error(error);
      request.error(error);
      return;
    }
    this.pending.push(pull);
    core.reader.intoRequests.push(request);
    this.pullIfNeeded();
  }

  // The queue

  #push(buffer, byteOffset, byteLength) {
    this.#queue.push({ buffer, byteOffset, byteLength });
    this.#total += byteLength;
  }

  #pushCopy(buffer, byteOffset, byteLength) {
    this.#push(buffer.slice(byteOffset, byteOffset + byteLength), 0, byteLength);
  }

  #resetQueue() {
    this.#queue = [];
    this.#total = 0;
  }

  #queueDrained() {
    if (this.#total === 0 && this.isCloseRequested) {
      this.#clearAlgorithms();
      this.core.close();
    } else {
      this.pullIfNeeded();
    }
  }

  /** What is first in the queue; kNothing if nothing is. */
  take() {
    if (this.#total === 0) return kNothing;
    const { buffer, byteOffset, byteLength } = this.#queue.shift();
    this.#total -= byteLength;
    this.#queueDrained();
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** Bytes reach a pipe through read requests alone. */
  takeForPipe() {
    return kNothing;
  }

  /** Copy from the queue into `pull`; is it now as full as was asked for? */
  #fill(pull) {
    const most = pull.filled + Math.min(this.#total, pull.byteLength - pull.filled);
    const aligned = most - most % pull.elementSize;
    const isReady = aligned >= pull.minimum;
    let left = (isReady ? aligned : most) - pull.filled;
    while (left > 0) {
      const head = this.#queue[0];
      const count = Math.min(left, head.byteLength);
      new Uint8Array(pull.buffer, pull.byteOffset + pull.filled, count)
        .set(new Uint8Array(head.buffer, head.byteOffset, count));
      if (head.byteLength === count) {
        this.#queue.shift();
      } else {
        head.byteOffset += count;
        head.byteLength -= count;
      }
      this.#total -= count;
      pull.filled += count;
      left -= count;
    }
    return isReady;
  }

  /** PullIntos that could be filled from the queue; they have left `pending`. */
  #fillPending() {
    const filled = [];
    while (this.pending.length > 0 && this.#total > 0 && this.#fill(this.pending[0])) filled.push(this.#shiftPending());
    return filled;
  }

  #shiftPending() {
    this.#invalidateRequest();
    return this.pending.shift();
  }

  #commit(pull) {
    const { reader, state } = this.core;
    const requests = pull.owner === 'default' ? reader.requests : reader.intoRequests;
    const request = requests.shift();
    const view = pull.toView();
    if (state === 'closed') request.close(view);
    else request.chunk(view);
  }

  // What the source does

  enqueue(chunk) {
    if (!this.canEnqueue) return;
    const { byteOffset, byteLength } = chunk;
    const buffer = take(chunk.buffer);
    const [first] = this.pending;
    if (first !== undefined) {
      if (first.buffer.detached) throw invalidState('Destination ArrayBuffer is detached');
      this.#invalidateRequest();
      first.buffer = take(first.buffer);
      if (first.owner === 'none') this.#requeue(first);
    }
    const { reader } = this.core;
    if (reader?.requests !== undefined) this.#enqueueForDefault(reader, buffer, byteOffset, byteLength);
    else this.#push(buffer, byteOffset, byteLength);
    if (reader?.intoRequests !== undefined) this.#commitAll(this.#fillPending());
    this.pullIfNeeded();
  }

  #enqueueForDefault(reader, buffer, byteOffset, byteLength) {
    while (reader.requests.length > 0 && this.#total > 0) reader.requests.shift().chunk(this.take());
    if (reader.requests.length === 0) {
      this.#push(buffer, byteOffset, byteLength);
      return;
    }
    if (this.pending.length > 0) this.#shiftPending();
    reader.requests.shift().chunk(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #commitAll(pulls) {
    for (const pull of pulls) this.#commit(pull);
  }

  /** What was put into a view whose reader has left goes to the queue. */
  #requeue(pull) {
    if (pull.filled > 0) this.#pushCopy(pull.buffer, pull.byteOffset, pull.filled);
    this.#shiftPending();
  }

  close() {
    if (!this.canEnqueue) return;
    if (this.#total > 0) {
      this.isCloseRequested = true;
      return;
    }
    const [first] = this.pending;
    if (first !== undefined && first.filled % first.elementSize !== 0) {
      const error = invalidState('Partial read');
      this.error(error);
      throw error;
    }
    this.#clearAlgorithms();
    this.core.close();
  }

  error(error) {
    if (this.core.state !== 'readable') return;
    this.#clearPending();
    this.#resetQueue();
    this.#clearAlgorithms();
    this.core.error(error);
  }

  respond(count) {
    const [first] = this.pending;
    if (this.core.state === 'closed') {
      if (count !== 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', count);
    } else {
      if (count === 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', count);
      if (first.filled + count > first.byteLength) throw new ERR_INVALID_ARG_VALUE.RangeError('bytesWritten', count);
    }
    first.buffer = take(first.buffer);
    this.#respond(count);
  }

  respondWithNewView(view) {
    const [first] = this.pending;
    const { byteLength, byteOffset, buffer } = view;
    if ((this.core.state === 'closed') !== (byteLength === 0)) throw invalidState('View is not zero-length');
    if (first.byteOffset + first.filled !== byteOffset || first.bufferLength !== buffer.byteLength ||
        first.filled + byteLength > first.byteLength) {
      throw new ERR_INVALID_ARG_VALUE.RangeError('view', view);
    }
    first.buffer = take(buffer);
    this.#respond(byteLength);
  }

  #respond(count) {
    this.#invalidateRequest();
    if (this.core.state === 'closed') this.#respondClosed();
    else this.#respondReadable(count);
    this.pullIfNeeded();
  }

  #respondClosed() {
    if (this.pending[0].owner === 'none') this.#shiftPending();
    const requests = this.core.reader?.intoRequests;
    if (requests === undefined) return;
    this.#commitAll(Array.from(requests, () => this.#shiftPending()));
  }

  #respondReadable(count) {
    const [pull] = this.pending;
    pull.filled += count;
    if (pull.owner === 'none') {
      this.#requeue(pull);
      this.#commitAll(this.#fillPending());
      return;
    }
    if (pull.filled < pull.minimum) return;
    this.#shiftPending();
    const remainder = pull.filled % pull.elementSize;
    if (remainder > 0) {
      this.#pushCopy(pull.buffer, pull.byteOffset + pull.filled - remainder, remainder);
      pull.filled -= remainder;
    }
    this.#commitAll([pull, ...this.#fillPending()]);
  }

  // What the stream does

  cancel(reason) {
    this.#clearPending();
    this.#resetQueue();
    const result = this.cancelSource(reason);
    this.#clearAlgorithms();
    return result;
  }

  release() {
    const [first] = this.pending;
    if (first === undefined) return;
    first.owner = 'none';
    this.pending = [first];
  }

  #clearPending() {
    this.#invalidateRequest();
    this.pending = [];
  }

  #clearAlgorithms() {
    this.pullSource = this.cancelSource = undefined;
  }
}


// Shells

let requestOf;
let invalidate;

class ReadableStreamBYOBRequest {
  #controller;
  #view;

  static {
    requestOf = (request) => (isObject(request) && #view in request ?
      { controller: request.#controller, view: request.#view } :
      undefined);
    invalidate = (request) => {
      request.#controller = undefined;
      request.#view = null;
    };
  }

  constructor(key = undefined, controller = undefined, view = undefined) {
    if (key !== kFromCore) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#controller = controller;
    this.#view = view;
  }

  get view() {
    return checkRequest(this).view;
  }

  respond(bytesWritten) {
    const { controller, view } = checkRequest(this);
    if (controller === undefined) throw invalidState('This BYOB request has been invalidated');
    const count = Math.trunc(bytesWritten);
    if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER)) {
      throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
    }
    if (view.buffer.detached) throw invalidState('Viewed ArrayBuffer is detached');
    controller.respond(count);
  }

  respondWithNewView(view) {
    const { controller } = checkRequest(this);
    checkView(view, 'view');
    if (controller === undefined) throw invalidState('This BYOB request has been invalidated');
    if (view.buffer.detached) throw invalidState('Viewed ArrayBuffer is detached');
    controller.respondWithNewView(view);
  }

  [customInspectSymbol](depth, options) {
    const { view, controller } = checkRequest(this);
    return inspectAs(this, this.constructor.name, { view, controller: controller?.shell }, depth, options);
  }
}

function checkRequest(request) {
  const parts = requestOf(request);
  if (parts === undefined) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
  return parts;
}

function checkView(view, name) {
  if (!ArrayBuffer.isView(view)) throw new ERR_INVALID_ARG_TYPE(name, ['Buffer', 'TypedArray', 'DataView'], view);
}

const isEmpty = (view) => view.buffer.detached || view.byteLength === 0 || view.buffer.byteLength === 0;

let controllerOf;
let attachController;

class ReadableByteStreamController {
  #core;

  static {
    controllerOf = (controller) => (isObject(controller) && #core in controller ? controller.#core : undefined);
    attachController = (shell, core) => {
      shell.#core = core;
      core.shell = shell;
    };
  }

  constructor(key = undefined) {
    if (key !== kFromCore) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get byobRequest() {
    return checkController(this).byobRequest;
  }

  get desiredSize() {
    return checkController(this).desiredSize;
  }

  close() {
    const controller = checkController(this);
    checkOpen(controller);
    controller.close();
  }

  enqueue(chunk) {
    const controller = checkController(this);
    checkView(chunk, 'buffer');
    if (isEmpty(chunk)) throw invalidState('chunk ArrayBuffer is zero-length or detached');
    checkOpen(controller);
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
  if (core === undefined) throw new ERR_INVALID_THIS('ReadableByteStreamController');
  return core;
}

function checkOpen({ canEnqueue, isCloseRequested }) {
  if (!canEnqueue) throw invalidState(`${isCloseRequested ? 'Controller' : 'ReadableStream'} is already closed`);
}

let readerOf;

class ReadableStreamBYOBReader {
  #core;

  static {
    readerOf = (reader) => (isObject(reader) && #core in reader ? reader.#core : undefined);
  }

  constructor(stream) {
    const core = readableCore(stream);
    if (core === undefined) throw new ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
    if (core.reader !== null) throw invalidState('ReadableStream is locked');
    if (!(core.controller instanceof ByteControllerCore)) {
      throw new ERR_INVALID_ARG_VALUE('stream', stream, 'must be a byte stream');
    }
    this.#core = new BYOBReaderCore(core);
  }

  async read(view, options = {}) {
    const reader = checkReader(this);
    const minimum = toMinimum(view, options);
    if (reader.core === undefined) throw invalidState('The reader is not attached to a stream');
    const request = new PromisedRead();
    reader.readInto(view, minimum, request);
    return request.promise;
  }

  releaseLock() {
    checkReader(this).release();
  }

  get closed() {
    return readerOf(this)?.closed.promise ?? rejectedWith(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
  }

  cancel(reason = undefined) {
    const reader = readerOf(this);
    if (reader === undefined) return rejectedWith(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
    if (reader.core === undefined) return rejectedWith(invalidState('The reader is not attached to a stream'));
    return reader.cancel(reason);
  }

  [customInspectSymbol](depth, options) {
    const { core, intoRequests, closed } = checkReader(this);
    return inspectAs(this, this.constructor.name,
      { stream: core?.stream, readIntoRequests: intoRequests.length, close: closed.promise }, depth, options);
  }
}

function checkReader(reader) {
  const core = readerOf(reader);
  if (core === undefined) throw new ERR_INVALID_THIS('ReadableStreamBYOBReader');
  return core;
}

/** The number of elements of `view` that have to be filled. */
function toMinimum(view, options) {
  checkView(view, 'view');
  validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
  const { min = 1 } = options ?? {};
  const minimum = Math.trunc(min);
  if (!(minimum >= 0 && minimum <= Number.MAX_SAFE_INTEGER)) throw new ERR_INVALID_ARG_VALUE('options.min', min);
  if (isEmpty(view)) throw invalidState('View or Viewed ArrayBuffer is zero-length or detached');
  if (minimum === 0) throw new ERR_INVALID_ARG_VALUE('options.min', min, 'must be greater than 0');
  if (view.length !== undefined) {
    if (minimum > view.length) throw new ERR_OUT_OF_RANGE('options.min', '<= view.length', min);
  } else if (minimum > view.byteLength) {
    throw new ERR_OUT_OF_RANGE('options.min', '<= view.byteLength', min);
  }
  return minimum;
}

function toChunkSize(size) {
  if (size === undefined) return undefined;
  const count = Math.trunc(size);
  if (!(count > 0 && count <= Number.MAX_SAFE_INTEGER)) {
    throw new ERR_INVALID_ARG_VALUE('source.autoAllocateChunkSize', size);
  }
  return count;
}

/** Make `core` the core of a byte stream on the methods of `source`. */
function setUpByteSource(core, source, { start, pull, cancel, chunkSize }, queuing) {
  queuing.refuseSize();
  const shell = new ReadableByteStreamController(kFromCore);
  const controller = new ByteControllerCore(
    core,
    pull && (() => promiseCall(pull, source, shell)),
    cancel ? (reason) => asyncCall(cancel, source, reason) : settledPromise,
    queuing.highWaterMark(0), toChunkSize(chunkSize));
  attachController(shell, controller);
  controller.start(start && (() => Reflect.apply(start, source, [shell])));
}

/** A byte stream on functions that return promises. */
function createReadableBytes(pull, cancel) {
  const core = new ReadableCore();
  const stream = new ReadableStream(kFromCore, core);
  const controller = new ByteControllerCore(core, pull, cancel, 0, undefined);
  attachController(new ReadableByteStreamController(kFromCore), controller);
  controller.start(undefined);
  return stream;
}

defineEnumerable(ReadableStreamBYOBRequest, 'view', 'respond', 'respondWithNewView');
defineEnumerable(ReadableByteStreamController, 'byobRequest', 'desiredSize', 'close', 'enqueue', 'error');
defineEnumerable(ReadableStreamBYOBReader, 'closed', 'cancel', 'read', 'releaseLock');
for (const Class of [ReadableStreamBYOBRequest, ReadableByteStreamController, ReadableStreamBYOBReader]) {
  defineTag(Class);
}

module.exports = {
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableByteStreamController,
  BYOBReaderCore, ByteControllerCore, createReadableBytes, setUpByteSource,
};
