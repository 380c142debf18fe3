'use strict';

// tee(): two branches that get the chunks of one stream.
//
// Theory of operation. Whichever branch is pulled first has the stream read; the chunk goes to both. The stream is
// cancelled when both branches are. Chunks are not copied, except those of byte streams, whose buffers could not be
// owned by two; a byte stream is read into the view of whichever branch offers one, and the other branch gets a copy.
//
// Source: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamtee

const { nop, queueTask, settledPromise, then, withResolvers } = require('internal/webstreams/promises');
const { DefaultReaderCore, createReadable, readableCore } = require('internal/webstreams/readablestream');
const { BYOBReaderCore, ByteControllerCore, createReadableBytes } =
  require('internal/webstreams/readablebytestream');

/** What both kinds of tee share: the two reasons to cancel, and the two branches. */
class Tee {
  isCancelled = [false, false];
  #reasons = [undefined, undefined];
  #cancelled = withResolvers();
  controllers = [];

  constructor(core) {
    this.core = core;
  }

  cancel(index, reason) {
    this.isCancelled[index] = true;
    this.#reasons[index] = reason;
    if (this.isCancelled[1 - index]) this.#cancelled.resolve(this.core.cancel(this.#reasons));
    return this.#cancelled.promise;
  }

  failCancel(error) {
    this.#cancelled.resolve(this.core.cancel(error));
  }

  endCancel() {
    if (!this.isCancelled[0] || !this.isCancelled[1]) this.#cancelled.resolve();
  }

  each(action) {
    for (let index = 0; index < 2; index++) {
      if (!this.isCancelled[index]) action(this.controllers[index], index);
    }
  }

  /** When the stream fails, so do both branches. */
  watch(reader, isCurrent = () => true) {
    then(reader.closed.promise, nop, (error) => {
      if (!isCurrent()) return;
      for (const controller of this.controllers) controller.error(error);
      this.endCancel();
    });
  }
}

class DefaultTee extends Tee {
  #isReading = false;
  #readsAgain = false;

  constructor(core) {
    super(core);
    this.reader = new DefaultReaderCore(core);
    const branches = [0, 1].map((index) => createReadable(
      undefined, () => this.#pull(), (reason) => this.cancel(index, reason)));
    this.controllers = branches.map((branch) => readableCore(branch).controller);
    this.branches = branches;
    this.watch(this.reader);
  }

  #pull() {
    if (this.#isReading) {
      this.#readsAgain = true;
    } else {
      this.#isReading = true;
      this.reader.read(this);
    }
    return settledPromise();
  }

  chunk(value) {
    // A microtask later, so that an error that comes with the chunk comes first.
    queueTask(() => {
      this.#isReading = false; // already now, as in Node: the first branch may have the next chunk read
      this.#readsAgain = false;
      this.each((controller) => controller.enqueue(value));
      if (this.#readsAgain) this.#pull();
    });
  }

  close() {
    // A tick later, as in Node: after the chunks that wait for their microtask.
    process.nextTick(() => {
      this.#isReading = false;
      this.each((controller) => controller.close());
      this.endCancel();
    });
  }

  error() {
    this.#isReading = false;
  }
}

function copyOf(view) {
  return new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

class ByteTee extends Tee {
  #reader;
  #isReading = false;
  #readsAgain = [false, false];

  constructor(core) {
    super(core);
    this.#useReader(DefaultReaderCore);
    this.branches = [0, 1].map((index) => createReadableBytes(
      () => this.#pull(index), (reason) => this.cancel(index, reason)));
    this.controllers = this.branches.map((branch) => readableCore(branch).controller);
  }

  #useReader(Reader) {
    if (this.#reader instanceof Reader) return;
    this.#reader?.release();
    const reader = this.#reader = new Reader(this.core);
    this.watch(reader, () => reader === this.#reader);
  }

  #pull(index) {
    if (this.#isReading) {
      this.#readsAgain[index] = true;
      return settledPromise();
    }
    this.#isReading = true;
    const request = this.controllers[index].byobRequest;
    if (request === null) this.#readChunk();
    else this.#readInto(request.view, index);
    return settledPromise();
  }

  #endRead() {
    this.#isReading = false;
    if (this.#readsAgain[0]) this.#pull(0);
    else if (this.#readsAgain[1]) this.#pull(1);
  }

  #copyOrFail(chunk) {
    try {
      return copyOf(chunk);
    } catch (error) {
      for (const controller of this.controllers) controller.error(error);
      this.failCancel(error);
      return undefined;
    }
  }

  #readChunk() {
    this.#useReader(DefaultReaderCore);
    this.#reader.read({
      chunk: (chunk) => queueTask(() => this.#share(chunk)),
      close: () => {
        this.#isReading = false;
        this.each((controller) => controller.close());
        for (const controller of this.controllers) {
          if (controller.pending.length > 0) controller.respond(0);
        }
        this.endCancel();
      },
      error: () => { this.#isReading = false; },
    });
  }

  #share(chunk) {
    this.#readsAgain = [false, false];
    const second = this.isCancelled.includes(true) ? chunk : this.#copyOrFail(chunk);
    if (second === undefined) return;
    if (!this.isCancelled[0]) this.controllers[0].enqueue(chunk);
    if (!this.isCancelled[1]) this.controllers[1].enqueue(second);
    this.#endRead();
  }

  #readInto(view, index) {
    this.#useReader(BYOBReaderCore);
    const own = this.controllers[index];
    const other = this.controllers[1 - index];
    this.#reader.readInto(view, 1, {
      chunk: (chunk) => queueTask(() => this.#shareView(chunk, index)),
      close: (chunk) => {
        this.#isReading = false;
        this.each((controller) => controller.close());
        if (chunk !== undefined) {
          if (!this.isCancelled[index]) own.respondWithNewView(chunk);
          if (!this.isCancelled[1 - index] && other.pending.length > 0) other.respond(0);
        }
        this.endCancel();
      },
      error: () => { this.#isReading = false; },
    });
  }

  #shareView(chunk, index) {
    this.#readsAgain = [false, false];
    const isOtherCancelled = this.isCancelled[1 - index];
    const copy = isOtherCancelled ? undefined : this.#copyOrFail(chunk);
    if (copy === undefined && !isOtherCancelled) return;
    if (!this.isCancelled[index]) this.controllers[index].respondWithNewView(chunk);
    if (!isOtherCancelled) this.controllers[1 - index].enqueue(copy);
    this.#endRead();
  }
}

function tee(core) {
  const TeeOfKind = core.controller instanceof ByteControllerCore ? ByteTee : DefaultTee;
  return new TeeOfKind(core).branches;
}

module.exports = { tee };
