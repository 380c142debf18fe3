'use strict';

// tee(): two branches that get the chunks of one stream.
//
// Theory of operation. Whichever branch is pulled first has the stream read; the chunk goes to both. The stream is cancelled when both
// branches are. Chunks are not copied, except those of byte streams, whose buffers could not be owned by two; a byte
// stream is read into the view of whichever branch offers one, and the other branch gets a copy.
//
// Source: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamtee

const { nop, queueTask, settledPromise, then, withResolvers } = require('internal/webstreams/promises');
const { DefaultReaderCore, createReadable, readableCore } = require('internal/webstreams/readablestream');

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
      this.#readsAgain = false;
      this.each((controller) => controller.enqueue(value));
      this.#isReading = false;
      if (this.#readsAgain) this.#pull();
    });
  }

  close() {
    this.#isReading = false;
    this.each((controller) => controller.close());
    this.endCancel();
  }

  error() {
    this.#isReading = false;
  }
}

function tee(core) {
  const { ByteControllerCore, teeBytes } = require('internal/webstreams/readablebytestream');
  return core.controller instanceof ByteControllerCore ? teeBytes(core) : new DefaultTee(core).branches;
}

module.exports = { Tee, tee };
